/* Configuration: one table of options (conf.c) read from the command line (--name value) and the
 * environment (DAICHO_NAME); `daicho --help` and --print-config come from the same table. */
#ifndef BASE_CONF_H
#define BASE_CONF_H
#include "err.h"
#include "str.h"
struct conf {
    const char *data_dir;        /* ./data: database, attachments, keys */
    const char *db_url;          /* empty: SQLite in data_dir; else a libpq connection string */
    const char *listen_addr;     /* 127.0.0.1 */
    int port;                    /* 8080 */
    int workers;                 /* 16 */
    const char *packs_dir;       /* shipped packs */
    const char *examples_dir;
    const char *highwater_dir;   /* default data_dir/highwater; put it on another disk */
    const char *public_url;      /* behind a TLS proxy: https://...; decides cookie prefix and HSTS */
    const char *trusted_proxy;   /* addresses, with commas, of those whose X-Forwarded-For is believed */
    const char *directory;       /* file that says where the directory (LDAP) is; empty: none */
    const char *oidc;            /* file that says who else signs people in (OpenID Connect); empty: nobody */
    const char *log_level;
};
/* argv without the program and subcommand; unknown options are ERR_CONF. Owned by mem. */
MUST enum rc conf_read(TALLOC_CTX *mem, int argc, char **argv, struct conf **ret_conf, int *ret_rest, struct err *e);
void conf_print_help(void);
void conf_print(const struct conf *c);

/* conf_file.c: a file of `key = value` lines, # begins a comment; value is never NULL and lives in mem. *ret_why: what is wrong with the line (ERR_CONF). */
typedef enum rc (*conf_line)(void *ctx, struct str name, const char *value, const char **ret_why, struct err *e);
MUST enum rc conf_lines(TALLOC_CTX *mem, const char *path, conf_line each, void *ctx, struct err *e);
/* One line, without its end, of a file that not everybody on the machine may read. */
MUST enum rc conf_secret(TALLOC_CTX *mem, const char *path, const char **ret, struct err *e);
bool conf_seconds(const char *v, int64_t *ret_us);          /* 1 to 60 */
bool conf_yes_no(const char *v, bool *ret);
#endif
