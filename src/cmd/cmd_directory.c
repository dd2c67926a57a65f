/* daicho directory check: what works of the directory that --directory names, in the order in which it is needed, until something does not. It
 * opens no house, so that it can be run before the first sign-in and beside a running server.
 * daicho directory sync: people from it, now; while nothing serves. --dry-run only tells. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cmd/cmd.h"
#include "core/core.h"
#include "dir/dir.h"

static void line(const char *what, bool ok, const char *detail) { printf("%s  %s%s%s\n", ok ? "○" : "×", what, detail ? ": " : "", detail ? detail : ""); }

static const char *state_text(enum dir_state s)
{
    static const char *const text[] = {[DIR_ACTIVE] = "有効", [DIR_DISABLED] = "無効", [DIR_EXPIRED] = "期限切れ", [DIR_MUST_CHANGE] = "パスワードの変更待ち"};
    return text[s];
}

static void sample_out(const struct dir_person *p)
{
    const struct { const char *what, *is; } rows[] = {{"DN", p->dn}, {"識別子", p->key}, {"ログインID", p->login}, {"氏名", p->name}, {"ふりがな", p->kana}, {"メールアドレス", p->mail},
                                                      {"社員番号", p->code}, {"所属", p->department}, {"入社日", p->joined}, {"状態", state_text(p->state)}};
    printf("\n読み取った例 (1人目)\n");
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        printf("  %s: %s\n", rows[i].what, rows[i].is ? rows[i].is : "(なし)");
    for (size_t i = 0; i < p->group.n && i < 5; i++)
        printf("  グループ: %s\n", p->group.v[i]);
}

static int check(const struct conf *conf)
{
    MEM_SCOPE(mem, NULL);
    struct dir *d;
    struct dir_check c;
    struct err e = {0};
    if (dir_open(mem, conf->directory, &d, &e) != RC_OK) {
        line("設定ファイル", false, e.detail);
        return 1;
    }
    line("設定ファイル", true, conf->directory);
    const struct dir_conf *dc = dir_conf(d);
    enum rc rc = dir_check(d, mem, &c, &e);
    line(strstr(dc->url, "ldaps://") != NULL || dc->starttls ? "接続とTLS(証明書を確認しました)" : "接続(この機械の中なのでTLSなし)", c.reached, c.reached ? dc->url : e.detail);
    if (c.reached)
        line("読み取り用アカウントでの認証", c.bound, c.bound ? dc->bind_dn ? dc->bind_dn : "匿名" : e.detail);
    if (c.bound)
        line("検索の起点", c.base, c.base ? dc->base : e.detail);
    if (c.base)
        line("人の検索", rc == RC_OK && c.people > 0, rc != RC_OK ? e.detail : c.people > 0 ? mem_fmt(mem, "%lld 人", (long long)c.people) : "一人も見つかりません。filter を確かめてください");
    if (c.without_key + c.without_login > 0)
        printf("注意: 識別子(%s)のない人 %lld 人、ログインID(%s)のない人 %lld 人。この人たちは取り込みません。\n", dc->key, (long long)c.without_key, dc->login, (long long)c.without_login);
    if (c.sample != NULL)
        sample_out(c.sample);
    return rc == RC_OK && c.people > 0 ? 0 : 1;
}

static void plan_out(TALLOC_CTX *mem, const struct dir_plan *p)
{
    const struct { const char *what; int64_t n; } rows[] = {{"ディレクトリの人", p->seen}, {"新しく加える人", p->added}, {"ログインIDで結び付ける人", p->linked}, {"変わる人", p->changed},
                                                            {"無効になった・いなくなった人", p->off}, {"有効に戻った人", p->on}, {"変わらない人", p->same}, {"グループによる任命の提案", p->proposed}};
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        printf("%s: %lld %s\n", rows[i].what, (long long)rows[i].n, i + 1 < ARRAY_N(rows) ? "人" : "件");
    for (size_t i = 0; i < 20 && i < json_n(p->rows); i++) {
        const struct json *r = json_at(p->rows, i);
        printf("  %s %s\n", json_get_str(r, "login") ? json_get_str(r, "login") : mem_fmt(mem, "#%lld", (long long)json_get_i64(r, "person", 0)),
               json_get(r, "values") ? json_text(mem, json_get(r, "values")) : json_get_str(r, "state"));
    }
    if (json_n(p->rows) > 20)
        printf("  ほか %zu 人\n", json_n(p->rows) - 20);
}

static int sync_now(int argc, char **argv, bool dry, bool fewer)
{
    MEM_SCOPE(mem, NULL);
    struct conf *conf;
    struct core *core;
    struct dir_plan p;
    struct err e = {0};
    int rest;
    if (cmd_open(argc, argv, &conf, &core, &rest) != 0)
        return 1;
    int64_t t0 = clock_mono_us();
    enum rc rc = directory_plan(core, mem, fewer, &p, &e);
    int64_t looked = clock_mono_us() - t0;
    if (rc == RC_OK)
        plan_out(mem, &p);
    if (rc == RC_OK && !dry)
        rc = directory_apply(core, mem, &p, &e);
    for (size_t i = 0; rc == RC_OK && i < json_n(p.notes); i++)
        printf("注意 %s\n", json_str(json_at(p.notes, i)));
    if (rc == RC_OK && dry)
        printf("何も変えていません (調べる %.1f 秒)\n", (double)looked / 1e6);
    else if (rc == RC_OK)
        printf("取り込みました (調べる %.1f 秒、取り込む %.1f 秒)\n", (double)looked / 1e6, (double)(clock_mono_us() - t0 - looked) / 1e6);
    else
        fprintf(stderr, "daicho: %s\n%s\n", e.detail, err_say(mem, LANG_JA, &e));
    core_settle(core);
    core_close(core);
    return rc == RC_OK ? 0 : 1;
}

int cmd_directory(int argc, char **argv)
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
    signal(SIGPIPE, SIG_IGN);                  /* a server may go while it is written to */
    bool sync = argc > rest && strcmp(argv[rest], "sync") == 0, dry = false, fewer = false, known = sync || (argc - rest == 1 && strcmp(argv[rest], "check") == 0);
    for (int i = rest + 1; i < argc && known; i++) {
        dry = dry || strcmp(argv[i], "--dry-run") == 0;
        fewer = fewer || strcmp(argv[i], "--fewer") == 0;
        known = strcmp(argv[i], "--dry-run") == 0 || strcmp(argv[i], "--fewer") == 0;
    }
    if (!known) {
        fputs("usage: daicho directory --directory FILE check | sync [--dry-run] [--fewer]\n", stderr);
        return 2;
    }
    if (conf->directory[0] == '\0') {
        fputs("ディレクトリの設定がありません。--directory か DAICHO_DIRECTORY で設定ファイルを指定してください。\n", stderr);
        return 2;
    }
    return sync ? sync_now(argc, argv, dry, fewer) : check(conf);
}
