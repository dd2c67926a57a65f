/* Configuration: one table of options (conf.c) read from the command line (--name value) and the
 * environment (DAICHO_NAME); `daicho --help` and --print-config come from the same table. */
#ifndef BASE_CONF_H
#define BASE_CONF_H
#include "err.h"
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
    const char *log_level;
};
/* argv without the program and subcommand; unknown options are ERR_CONF. Owned by mem. */
MUST enum rc conf_read(TALLOC_CTX *mem, int argc, char **argv, struct conf **ret_conf, int *ret_rest, struct err *e);
void conf_print_help(void);
void conf_print(const struct conf *c);
#endif
