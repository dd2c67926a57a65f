/* verify, export, backup: the ledger from the command line. They open the house like the server does, so they refuse while it runs. */
#include <stdio.h>
#include "cmd/cmd.h"
#include "core/core.h"

static int done(struct core *core, enum rc rc, const struct err *e)
{
    core_close(core);
    if (rc == RC_OK)
        return 0;
    fprintf(stderr, "daicho: %s\n", e->detail);
    return 1;
}

static enum rc verify(struct core *core, struct ledger_report *rep, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(core, core, NULL, &r, e));
    enum rc rc = ledger_verify(r.db, core, core_vkey(core), rep, e);
    core_read_end(&r);
    return rc;
}

int cmd_verify(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct ledger_report rep = {0};
    struct err e = {0};
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    enum rc rc = verify(core, &rep, &e);
    if (rc == RC_OK && rep.problem == NULL)
        printf("検証しました。記録 %lld 件に改変・欠落はありません。\n%s", (long long)rep.entries, rep.checkpoint);
    if (rc == RC_OK && rep.problem != NULL)
        printf("検証に失敗しました。%s\n", msg_fill(core, LANG_JA, rep.problem, mem_fmt(core, "%lld", (long long)rep.first_bad), NULL));
    int code = rc == RC_OK && rep.problem != NULL ? 4 : 0;
    int end = done(core, rc, &e);
    return end ? end : code;
}

int cmd_export(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct reader r;
    struct err e = {0};
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    if (argc - rest != 1) {
        fputs("usage: daicho export [options] DIR\n", stderr);
        core_close(core);
        return 2;
    }
    enum rc rc = core_read_begin(core, core, NULL, &r, &e);
    if (rc == RC_OK) {
        rc = ledger_export(r.db, argv[rest], core_vkey(core), &e);
        core_read_end(&r);
    }
    return done(core, rc, &e);
}

int cmd_backup(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct err e = {0};
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    if (argc - rest != 1) {
        fputs("usage: daicho backup [options] DIR\n", stderr);
        core_close(core);
        return 2;
    }
    return done(core, core_backup(core, argv[rest], &e), &e);
}
