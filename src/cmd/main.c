/* daicho: subcommands and start-up order. The only room that knows all others. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "api/api.h"
#include "cmd/cmd.h"
#include "core/core.h"
#include "http/http.h"
#include "page/page.h"

struct subcommand { const char *name; int (*run)(int argc, char **argv); const char *help; };
static const struct subcommand subcommands[];

static int fail(const struct err *e)
{
    fprintf(stderr, "daicho: %s\n", e->detail);
    MEM_SCOPE(tmp, NULL);
    fprintf(stderr, "%s\n", err_say(tmp, LANG_JA, e));
    return 1;
}

/* Lives as long as the program: the configuration, which core keeps a pointer to. */
static TALLOC_CTX *process;

/* argv[0] is the subcommand's name; options follow, then the rest from *ret_rest on. */
int cmd_open(int argc, char **argv, struct conf **ret_conf, struct core **ret_core, int *ret_rest)
{
    struct err e = {0};
    if (conf_read(process, argc - 1, argv + 1, ret_conf, ret_rest, &e) != RC_OK || core_open(NULL, *ret_conf, ret_core, &e) != RC_OK)
        return fail(&e);
    (*ret_rest)++;
    return 0;
}

static void level_set(const char *name)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < ARRAY_N(names); i++)
        if (strcmp(names[i], name) == 0)
            log_set_level((enum log_level)i);
}

static void signals_block(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void greet(struct core *core, const struct conf *conf, int port)
{
    printf("daicho: http://%s:%d\n", conf->listen_addr, port);
    if (core_setup_code(core) != NULL)
        printf("初期設定コード / set-up code: %s\n", core_setup_code(core));
    if (core_is_trial(core))
        printf("注意: データが一時的なファイルシステムにあります。試用の台帳として記録されます。\n");
    enum err_code no = core_writes_refused(core);
    if (no != ERR_NONE) {
        MEM_SCOPE(tmp, NULL);
        printf("注意: %s\n", err_say(tmp, LANG_JA, &(struct err){.code = no}));
    }
    fflush(stdout);
}

#ifdef DAICHO_SCENE
/* How many statements this request cost on its own thread: tests hold them against a table. */
static void statements_say(struct req *r)
{
    static _Thread_local int64_t before;
    int64_t now = db_statements_here();
    resp_header(r, "X-Daicho-Statements", mem_fmt(r, "%lld", (long long)(now - before)));
    before = now;
}
#endif

static int cmd_serve(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct http_server *server;
    struct err e = {0};
    sigset_t set;
    int rest, sig;
    signals_block(&set);
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    level_set(conf->log_level);
    bool https = strncmp(conf->public_url, "https://", 8) == 0;
    struct site site = {.core = core, .https = https};
    const struct route **route = mem_array(core, const struct route *, page_routes_n + api_routes_n);
    for (size_t i = 0; i < page_routes_n; i++)
        route[i] = &page_routes[i];
    for (size_t i = 0; i < api_routes_n; i++)
        route[page_routes_n + i] = &api_routes[i];
    struct http_conf hc = {.addr = conf->listen_addr, .port = conf->port, .workers = conf->workers, .https = https, .trusted_proxy = conf->trusted_proxy};
#ifdef DAICHO_SCENE
    hc.answered = statements_say;
#endif
    if (http_start(core, &hc, route, page_routes_n + api_routes_n, page_gate, &site, &server, &e) != RC_OK) {
        core_close(core);
        return fail(&e);
    }
    core_directory_nightly(core);
    greet(core, conf, http_port(server));
    sigwait(&set, &sig);
    http_stop(server);
    core_close(core);
    return 0;
}

static int cmd_example(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct err e = {0};
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    if (argc - rest < 2) {
        fputs("usage: daicho example [options] NAME PACK... \n", stderr);
        return 2;
    }
    const char *password = getenv("DAICHO_EXAMPLE_PASSWORD");
    char *dir = file_join(core, conf->examples_dir, argv[rest]);
    enum rc rc = example_load(core, dir, (const char *const *)(void *)(argv + rest + 1), (size_t)(argc - rest - 1), password ? password : "Kita-2026-example", &e);
    core_settle(core);
    core_close(core);
    return rc == RC_OK ? 0 : fail(&e);
}

static int cmd_rebuild_main(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct err e = {0};
    char *difference;
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    bool compare = argc > rest && strcmp(argv[rest], "compare") == 0;
    enum rc rc = core_rebuild(core, compare, &difference, &e);
    int code = rc != RC_OK ? fail(&e) : difference != NULL ? 3 : 0;
    if (rc == RC_OK)
        printf("%s\n", difference ? difference : "projections are equal");
    core_settle(core);
    core_close(core);
    return code;
}

static int cmd_help(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("daicho: runs an organisation's information-security and personal-information regulations\n\nusage: daicho COMMAND [options] [arguments]\n\n");
    for (size_t i = 0; subcommands[i].name != NULL; i++)
        printf("  %-10s %s\n", subcommands[i].name, subcommands[i].help);
    printf("\noptions (environment variable; default):\n");
    conf_print_help();
    return 0;
}

static const struct subcommand subcommands[] = {
    {"serve", cmd_serve, "serve the web pages and the API"},
    {"example", cmd_example, "load an example organisation into an empty data folder: NAME PACK..."},
    {"verify", cmd_verify, "verify the whole ledger and what it binds"},
    {"export", cmd_export, "write the ledger as a folder for the outsider's verifier: DIR"},
    {"rebuild", cmd_rebuild_main, "make the projections anew; `rebuild compare` only compares"},
    {"backup", cmd_backup, "verified copy of everything, also while serving: DIR [without-keys]"},
    {"restore", cmd_restore, "put a backup in place, or vouch for the data that is there: DIR|here [CHECKPOINT]"},
    {"pack", cmd_pack, "pack check [DIR], pack doc, pack reach [--role R] [--form F] [--json]: what a role may"},
    {"coverage", cmd_coverage, "what carries each duty: [--pack P] [--forms] [--json]"},
    {"directory", cmd_directory, "directory (LDAP) that --directory names: check | sync [--dry-run] [--fewer]"},
    {"oidc", cmd_oidc, "provider of sign-ins (OpenID Connect) that --oidc names: check"},
    {"rescue", cmd_rescue, "let somebody who is locked out in again: no second factor, a first password: LOGIN"},
    {"help", cmd_help, "this text"},
    {NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    struct err e = {0};
    mem_init();
    MEM_SCOPE(all, NULL);
    process = all;
    if (crypt_init(&e) != RC_OK)
        return fail(&e);
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    for (size_t i = 0; subcommands[i].name != NULL; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return subcommands[i].run(argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv);
    fprintf(stderr, "daicho: unknown command %s; try daicho help\n", name);
    return 2;
}
