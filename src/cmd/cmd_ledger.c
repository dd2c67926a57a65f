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
    if (rc == RC_OK && rep.problem == NULL && rep.epochs > 1)
        printf("復元などによる世代の引継ぎが %lld 回あり、復元で失われたと記録されている記録は %lld 件です。\n", (long long)rep.epochs - 1, (long long)rep.lost);
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

static int refused(const struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    fprintf(stderr, "daicho: %s\n%s\n", e->detail, err_say(tmp, LANG_JA, e));
    return 1;
}

int cmd_backup(int argc, char **argv)
{
    struct conf *conf;
    struct err e = {0};
    struct backup_report rep;
    int rest;
    if (conf_read(NULL, argc - 1, argv + 1, &conf, &rest, &e) != RC_OK)
        return refused(&e);
    rest++;
    bool keys = argc - rest == 1;
    if (argc - rest < 1 || argc - rest > 2 || (!keys && strcmp(argv[rest + 1], "without-keys") != 0)) {
        fputs("usage: daicho backup [options] DIR [without-keys]\n", stderr);
        talloc_free(conf);
        return 2;
    }
    enum rc rc = core_backup(conf, argv[rest], keys, &rep, &e);
    if (rc == RC_OK) {
        printf("バックアップを作成し、検証しました: 記録 %lld 件、ファイル %lld 個、%lld バイト。\n", (long long)rep.entries, (long long)rep.files, (long long)rep.bytes);
        if (keys)
            printf("署名鍵を含みます。サーバーと同じ厳重さで保管してください。\n");
        if (rep.missing > 0)
            printf("注意: 添付ファイル %lld 個が失われているか壊れています。名前は manifest.json の missing にあります。\n", (long long)rep.missing);
    }
    talloc_free(conf);
    return rc != RC_OK ? refused(&e) : rep.missing > 0 ? 5 : 0;
}

static int restored(struct core *core)
{
    struct ledger_report rep;
    struct err e = {0};
    enum rc rc = verify(core, &rep, &e);
    if (rc != RC_OK || rep.problem != NULL) {
        fprintf(stderr, "daicho: %s %s\n", rep.problem ? rep.problem : e.detail, rep.detail ? rep.detail : "");
        core_close(core);
        return 4;
    }
    printf("復元し、検証しました: 記録 %lld 件、世代 %lld。復元で失われたと確認できた記録: %lld 件。\n検証鍵: %s\n", (long long)rep.entries, (long long)rep.epochs,
           (long long)rep.lost, core_vkey(core));
    if (!core_signin_key_fits(core))
        fprintf(stderr, "daicho: 二段階のサインインの鍵(keys/signin.key)がないか、別の家のものです。このままでは二段階の人は確認コードでサインインできません。"
                        "このデータの鍵を戻して起動し直すか、回復コードか管理者の解除(daicho rescue)で入り、登録し直してください。\n");
    core_close(core);
    return 0;
}

int cmd_restore(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct err e = {0};
    int rest;
    if (conf_read(NULL, argc - 1, argv + 1, &conf, &rest, &e) != RC_OK)
        return refused(&e);
    rest++;
    if (argc - rest < 1 || argc - rest > 2) {
        fputs("usage: daicho restore [options] DIR|here [NEWEST_CHECKPOINT_FILE]\n", stderr);
        talloc_free(conf);
        return 2;
    }
    bool here = strcmp(argv[rest], "here") == 0;
    enum rc rc = core_restore(conf, here ? NULL : argv[rest], argc - rest == 2 ? argv[rest + 1] : NULL, &e);
    if (rc == RC_OK)
        rc = core_open(NULL, conf, &core, &e);
    int code = rc == RC_OK ? restored(core) : refused(&e);
    talloc_free(conf);
    return code;
}
