/* daicho oidc check: what works of the provider that --oidc names, in the order in which it is needed, until something does not. It opens no house, so
 * that it can be run before the first sign-in and beside a running server. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "core/core.h"

static void line(const char *what, bool ok, const char *detail) { printf("%s  %s%s%s\n", ok ? "○" : "×", what, detail ? ": " : "", detail ? detail : ""); }

static void conf_out(const struct oidc *o)
{
    const struct oidc_conf *c = oidc_conf(o);
    printf("\n確認先に登録する戻り先 (redirect URI): %s\n", oidc_redirect(o));
    printf("ログインIDとみなす項目: %s%s%s\n", c->claim, c->domain ? " から @" : "", c->domain ? mem_fmt((void *)(uintptr_t)c, "%s を除いたもの", c->domain) : "");
    printf("クライアントの秘密: %s\n", c->secret ? "あり" : "なし(PKCEだけ)");
    printf("組織のアカウントと結び付いた人のパスワード: %s\n", c->passwords ? "使える" : "使えない(システム管理者は使える)");
}

static int check(const struct conf *conf)
{
    MEM_SCOPE(mem, NULL);
    struct oidc *o;
    struct oidc_check c;
    struct err e = {0};
    if (oidc_open(mem, conf->oidc, conf->public_url, OIDC_BACK_PATH, &o, &e) != RC_OK) {
        line("設定ファイル", false, e.detail);
        return 1;
    }
    line("設定ファイル", true, conf->oidc);
    enum rc rc = oidc_check(o, mem, &c, &e);
    bool near = !c.apart_known || llabs(c.apart_us) < 60 * US_PER_S, tls = strncmp(oidc_conf(o)->issuer, "https://", 8) == 0;
    line(tls ? "接続と証明書、確認先の情報" : "接続(この機械の中なのでTLSなし)、確認先の情報", c.reached, c.reached ? oidc_conf(o)->issuer : e.detail);
    if (c.reached)
        line("署名の鍵", c.keys, c.keys ? mem_fmt(mem, "%d 本 (%s)", c.key_n, c.jwks) : e.detail);
    if (c.keys)
        line("時計", rc == RC_OK && near, rc != RC_OK ? e.detail : !c.apart_known ? "確認先は時刻を伝えていません" : mem_fmt(mem, "差は %lld 秒", (long long)(c.apart_us / US_PER_S)));
    conf_out(o);
    if (c.keys)
        puts("クライアントの登録とその秘密は、実際にサインインしてはじめて分かります。サインインできないときは、サーバーのログ(login.org)に理由が残ります。");
    return rc == RC_OK && near ? 0 : 1;
}

int cmd_oidc(int argc, char **argv)
{
    MEM_SCOPE(mem, NULL);
    struct conf *conf;
    struct err e = {0};
    int rest;
    if (conf_read(mem, argc - 1, argv + 1, &conf, &rest, &e) != RC_OK) {
        fprintf(stderr, "daicho: %s\n", e.detail);
        return 2;
    }
    rest++;
    signal(SIGPIPE, SIG_IGN);
    if (argc - rest != 1 || strcmp(argv[rest], "check") != 0) {
        fputs("usage: daicho oidc --oidc FILE --public-url URL check\n", stderr);
        return 2;
    }
    if (conf->oidc[0] == '\0') {
        fputs("組織のアカウント(OpenID Connect)の設定がありません。--oidc か DAICHO_OIDC で設定ファイルを指定してください。\n", stderr);
        return 2;
    }
    return check(conf);
}
