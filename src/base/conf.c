/* Configuration: one table of options; command line over environment over default. --help and --print-config come from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/conf.h"
#include "base/str.h"

struct option { const char *name, *env, *dflt, *help; size_t text_at, int_at; bool is_int; int64_t min, max; };
#define TEXT(n, en, d, h, f) {n, en, d, h, offsetof(struct conf, f), 0, false, 0, 0}
#define INT(n, en, d, h, f, lo, hi) {n, en, d, h, 0, offsetof(struct conf, f), true, lo, hi}
static const struct option options[] = {
    TEXT("data-dir", "DAICHO_DATA_DIR", "data", "folder of database, keys and attachments", data_dir),
    TEXT("db", "DAICHO_DB", "", "libpq connection string; empty: SQLite in the data folder", db_url),
    TEXT("listen", "DAICHO_LISTEN", "127.0.0.1", "address to listen on", listen_addr),
    INT("port", "DAICHO_PORT", "8080", "port; 0 takes a free one", port, 0, 65535),
    INT("workers", "DAICHO_WORKERS", "16", "worker threads", workers, 1, 256),
    TEXT("packs-dir", "DAICHO_PACKS_DIR", "packs", "shipped packs", packs_dir),
    TEXT("examples-dir", "DAICHO_EXAMPLES_DIR", "examples", "example organisations", examples_dir),
    TEXT("highwater-dir", "DAICHO_HIGHWATER_DIR", "", "folder of the high-water file; best on another disk", highwater_dir),
    TEXT("public-url", "DAICHO_PUBLIC_URL", "", "https://... when a TLS proxy stands in front", public_url),
    TEXT("trusted-proxy", "DAICHO_TRUSTED_PROXY", "", "addresses of proxies in front, with commas: their X-Forwarded-For tells who the client is", trusted_proxy),
    TEXT("directory", "DAICHO_DIRECTORY", "", "file that says where the directory (LDAP, Active Directory) is; empty: none", directory),
    TEXT("oidc", "DAICHO_OIDC", "", "file that says who else signs people in (OpenID Connect); empty: nobody", oidc),
    TEXT("log-level", "DAICHO_LOG_LEVEL", "info", "error, warn, info or debug", log_level),
};

static enum rc store(TALLOC_CTX *mem, struct conf *c, const struct option *o, const char *v, struct err *e)
{
    int64_t n;
    if (!o->is_int) {
        *(const char **)((char *)c + o->text_at) = mem_strdup(mem, v);
        return RC_OK;
    }
    if (!str_to_i64(str_of(v), &n) || n < o->min || n > o->max)
        return err_set_arg(e, ERR_CONF, o->name, "--%s %s is not a number from %lld to %lld", o->name, v, (long long)o->min, (long long)o->max);
    *(int *)((char *)c + o->int_at) = (int)n;
    return RC_OK;
}

static const struct option *by_name(const char *p, size_t n)
{
    for (size_t i = 0; i < ARRAY_N(options); i++)
        if (strlen(options[i].name) == n && memcmp(options[i].name, p, n) == 0)
            return &options[i];
    return NULL;
}

enum rc conf_read(TALLOC_CTX *mem, int argc, char **argv, struct conf **ret_conf, int *ret_rest, struct err *e)
{
    struct conf *c = mem_new(mem, struct conf);
    for (size_t i = 0; i < ARRAY_N(options); i++) {
        const char *env = getenv(options[i].env);
        TRY(store(c, c, &options[i], env && env[0] ? env : options[i].dflt, e));
    }
    int i = 0;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char *name = argv[i] + 2, *eq = strchr(name, '=');
        const struct option *o = by_name(name, eq ? (size_t)(eq - name) : strlen(name));
        if (o == NULL)
            return err_set_arg(e, ERR_CONF, argv[i], "unknown option %s", argv[i]);
        if (eq == NULL && i + 1 >= argc)
            return err_set_arg(e, ERR_CONF, argv[i], "%s needs a value", argv[i]);
        TRY(store(c, c, o, eq ? eq + 1 : argv[++i], e));
    }
    *ret_conf = c;
    *ret_rest = i;
    return RC_OK;
}

void conf_print_help(void)
{
    for (size_t i = 0; i < ARRAY_N(options); i++)
        printf("  --%-14s %s (%s; default: %s)\n", options[i].name, options[i].help, options[i].env, options[i].dflt[0] ? options[i].dflt : "none");
}

void conf_print(const struct conf *c)
{
    for (size_t i = 0; i < ARRAY_N(options); i++)
        if (options[i].is_int)
            printf("%s = %d\n", options[i].name, *(const int *)((const char *)c + options[i].int_at));
        else
            printf("%s = %s\n", options[i].name, *(const char *const *)((const char *)c + options[i].text_at));
}
