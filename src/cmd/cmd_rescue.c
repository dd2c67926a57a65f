/* daicho rescue LOGIN: whoever is locked out, also the last administrator, gets in again. It runs on the server's own machine while nothing
 * serves: whoever can do that could do everything anyway. The ledger tells it. */
#include <stdio.h>
#include "cmd/cmd.h"
#include "core/core.h"

int cmd_rescue(int argc, char **argv)
{
    struct conf *conf;
    struct core *core;
    struct err e = {0};
    bool factor = false;
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    if (argc - rest != 1) {
        fputs("usage: daicho rescue [options] LOGIN\n", stderr);
        core_close(core);
        return 2;
    }
    char *password = password_first(core);
    enum rc rc = core_rescue(core, core, argv[rest], password, &factor, &e);
    if (rc == RC_OK)
        printf("%s\n仮パスワード / first password: %s\n", factor ? "二段階のサインインを解除しました。" : "二段階のサインインは使われていませんでした。", password);
    else
        fprintf(stderr, "%s\n", err_say(core, LANG_JA, &e));
    core_settle(core);
    core_close(core);
    return rc == RC_OK ? 0 : 1;
}
