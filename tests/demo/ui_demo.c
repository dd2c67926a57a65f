/* A sample page of every component, for looking at it in a browser; not shipped. ui_demo PORT */
#include "http/http.h"
#include <stdlib.h>
#include <unistd.h>

static const struct route_path HOME = {"/"}, LIST = {"/list"}, FORM = {"/form"}, SHOW = {"/show"}, SAVE = {"/save"}, UP = {"/upload"};

static struct html *page(struct req *r, const char *title, const char *flash, int here)
{
    static struct ui_nav nav[] = {{"ホーム", &HOME, NULL, false}, {"台帳", &LIST, NULL, false}, {"申請", &FORM, NULL, false},
        {"事故", &SHOW, NULL, false}, {"教育", &LIST, NULL, false}, {"監査", &LIST, NULL, false}, {"委託先", &LIST, NULL, false},
        {"文書", &SHOW, NULL, false}, {"適合状況", &LIST, NULL, false}, {"年間計画", &LIST, NULL, false}, {"設定", &LIST, NULL, false}};
    struct ui_nav *mine = mem_dup(r, nav, sizeof(nav));
    mine[here].here = true;
    struct html *h = html_new(r, LANG_JA, 1024 * 1024);
    struct ui_frame f = {.title = title, .org = "株式会社みどり製作所", .person = "総務部　山田 太郎", .csrf = "token", .nav = mine, .nav_n = ARRAY_N(nav),
        .flash = flash, .logout = &SAVE, .lang = &SAVE, .home = &HOME};
    ui_frame_open(h, &f);
    ui_heading(h, 1, title);
    return h;
}

static void finish(struct req *r, struct html *h)
{
    ui_frame_close(h);
    resp_html(r, 200, html_done(h));
}

static void list(struct req *r, void *ctx)
{
    (void)ctx;
    static const char *const HEAD[] = {"番号", "件名", "所属", "申請者", "期限", "状態", "金額"};
    static const char *const NAME[] = {"ノートパソコンの社外持出し", "取引先へのデータ送付(暗号化)", "USBメモリの使用許可", "入退室カードの再発行"};
    static const char *const STATE[] = {"承認済", "確認待ち", "期限超過", "未判定"};
    struct html *h = page(r, "情報機器持出申請", NULL, 1);
    html_open(h, E_FORM);
    html_action0(h, &LIST, NULL);
    html_class(h, "conditions");
    html_open(h, E_LABEL);
    html_text(h, "語句");
    ui_input(h, "search", "q", "", NULL);
    html_close(h, E_LABEL);
    html_open(h, E_LABEL);
    html_text(h, "状態");
    ui_select(h, "state", (struct ui_opt[]){{"a", "承認済", false}, {"b", "確認待ち", false}}, 2, true, NULL);
    html_close(h, E_LABEL);
    ui_button(h, "検索", NULL, NULL, true);
    html_open(h, E_A);
    html_href0(h, &LIST);
    html_text(h, "条件を消す");
    html_close(h, E_A);
    html_close(h, E_FORM);
    html_open(h, E_DIV);
    html_class(h, "tools");
    for (size_t i = 0; i < 3; i++) {
        html_open(h, E_A);
        html_href0(h, &LIST);
        html_text(h, ((const char *const[]){"CSV (Excel用)", "CSV (UTF-8)", "新しく申請する"})[i]);
        html_close(h, E_A);
    }
    html_close(h, E_DIV);
    ui_pager(h, NULL, "/list?after=30", "全123件中 1～30件");
    ui_table_open(h, "申請の一覧");
    ui_table_head(h, HEAD, ARRAY_N(HEAD));
    for (int i = 0; i < 30; i++) {
        html_open(h, E_TR);
        html_open(h, E_TD);
        html_class(h, "nowrap");
        html_open(h, E_A);
        html_href0(h, &SHOW);
        html_text(h, mem_fmt(r, "SF-302-2026-%04d", 123 - i));
        html_close(h, E_A);
        html_close(h, E_TD);
        html_el(h, E_TD, NAME[i % 4]);
        html_el(h, E_TD, i % 3 ? "営業部 第一課" : "総務部");
        html_el(h, E_TD, i % 2 ? "佐藤 花子" : "髙橋 一郎");
        html_open(h, E_TD);
        html_class(h, "nowrap");
        html_text(h, mem_fmt(r, "2026年11月%d日", 30 - i % 28));
        html_close(h, E_TD);
        html_open(h, E_TD);
        ui_badge(h, (enum ui_tone)(1 + i % 4), STATE[i % 4]);
        html_close(h, E_TD);
        html_open(h, E_TD);
        html_class(h, "num");
        html_text(h, mem_fmt(r, "%d,%03d円", 10 + i, i * 7));
        html_close(h, E_TD);
        html_close(h, E_TR);
    }
    ui_table_close(h);
    finish(r, h);
}

static void rows(struct html *h)
{
    ui_heading(h, 2, "持ち出す機器");
    html_open(h, E_DIV);
    html_class(h, "scroll");
    html_open(h, E_TABLE);
    html_open(h, E_THEAD);
    html_open(h, E_TR);
    html_el(h, E_TH, "管理番号");
    html_el(h, E_TH, "種類");
    html_el(h, E_TH, "数量");
    html_el(h, E_TH, "");
    html_close(h, E_TR);
    html_close(h, E_THEAD);
    html_open(h, E_TBODY);
    html_attr(h, A_ID, "rows-items");
    html_flag(h, A_DATA_ROWS, true);
    for (int i = 0; i < 2; i++) {
        html_open(h, E_TR);
        html_flag(h, A_DATA_ROW, true);
        html_open(h, E_TD);
        ui_input(h, "text", "item_no", i ? "" : "PC-0123", NULL);
        html_close(h, E_TD);
        html_open(h, E_TD);
        ui_input(h, "text", "item_kind", i ? "" : "ノートパソコン", NULL);
        html_close(h, E_TD);
        html_open(h, E_TD);
        ui_input(h, "number", "item_n", "1", NULL);
        html_close(h, E_TD);
        html_open(h, E_TD);
        html_open(h, E_BUTTON);
        html_class(h, "link");
        html_attr(h, A_NAME, "delrow");
        html_attr_i64(h, A_VALUE, i);
        html_flag(h, A_DATA_DELROW, true);
        html_text(h, "行を消す");
        html_close(h, E_BUTTON);
        html_close(h, E_TD);
        html_close(h, E_TR);
    }
    html_close(h, E_TBODY);
    html_close(h, E_TABLE);
    html_close(h, E_DIV);
    html_open(h, E_BUTTON);
    html_class(h, "btn");
    html_attr(h, A_NAME, "addrow");
    html_attr(h, A_VALUE, "items");
    html_attr(h, A_DATA_ADDROW, "rows-items");
    html_text(h, "行を増やす");
    html_close(h, E_BUTTON);
}

static void form(struct req *r, void *ctx)
{
    (void)ctx;
    struct html *h = page(r, "情報機器持出申請書", NULL, 2);
    struct ui_row a = {"title", "件名", NULL, NULL, true}, b = {"date", "持出しの期間の初日", "土曜・日曜・祝日は選べません。", "期間の初日を入力してください。", true},
                  c = {"place", "持出し先", "会社名と所在地を書いてください。", NULL, false}, d = {"dept", "所属", NULL, NULL, true},
                  k = {"class", "機密区分", NULL, NULL, true}, g = {"media", "含まれるもの", NULL, NULL, false}, u = {"file", "添付", "10ファイルまで、合計50MBまで", NULL, false};
    ui_problems(h, (struct ui_problem[]){{"date", "期間の初日を入力してください。"}, {"", "第12条: 極秘の情報は持ち出せません。"}}, 2);
    html_open(h, E_FORM);
    html_action0(h, &UP, "token");
    html_attr(h, A_ENCTYPE, "multipart/form-data");
    html_flag(h, A_DATA_DIRTY, true);
    ui_row_open(h, &a);
    ui_input(h, "text", "title", "展示会でのデモ機", &a);
    ui_row_close(h, &a);
    ui_row_open(h, &b);
    ui_input(h, "date", "date", "", &b);
    ui_row_close(h, &b);
    ui_row_open(h, &c);
    ui_textarea(h, "place", "東京ビッグサイト\n東京都江東区有明3-11-1", &c);
    ui_row_close(h, &c);
    ui_row_open(h, &d);
    struct ui_opt opt[30];
    for (size_t i = 0; i < ARRAY_N(opt); i++)
        opt[i] = (struct ui_opt){mem_fmt(r, "%zu", i), mem_fmt(r, "営業部 第%zu課", i), i == 3};
    ui_select(h, "dept", opt, ARRAY_N(opt), true, &d);
    ui_row_close(h, &d);
    ui_row_open(h, &k);
    ui_checks(h, "radio", "class", (struct ui_opt[]){{"1", "極秘", false}, {"2", "社外秘", true}, {"3", "一般", false}}, 3, &k);
    ui_row_close(h, &k);
    ui_row_open(h, &g);
    ui_checks(h, "checkbox", "media", (struct ui_opt[]){{"1", "個人情報", true}, {"2", "特定個人情報(マイナンバー)", false}}, 2, &g);
    ui_row_close(h, &g);
    ui_row_open(h, &u);
    ui_input(h, "file", "file", NULL, &u);
    ui_row_close(h, &u);
    rows(h);
    html_open(h, E_DIV);
    html_class(h, "actions");
    ui_button(h, "申請する", "act", "apply", true);
    ui_button(h, "下書きとして保存", "act", "draft", false);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
    finish(r, h);
}

static void show(struct req *r, void *ctx)
{
    (void)ctx;
    struct html *h = page(r, "情報機器持出申請 SF-302-2026-0123", "申請を承認しました。", 3);
    ui_stamps(h, (struct ui_stamp[]){{"作成", "山田 太郎", "26.11.18", UI_GOOD, NULL}, {"所属長", "佐藤 花子", "26.11.19", UI_GOOD, "代理承認"},
        {"管理者", "髙橋 一郎", "2026-11-20", UI_BAD, "目的を具体的に"}, {"責任者", "小笠原 長治", NULL, UI_WARN, NULL}, {"代表", NULL, NULL, UI_PLAIN, NULL}}, 5);
    ui_kv_open(h);
    ui_kv(h, "件名", "展示会でのデモ機");
    ui_kv(h, "期間", "2026年11月24日(火) ～ 2026年11月27日(金)");
    ui_kv(h, "持出し先", "東京ビッグサイト\n東京都江東区有明3-11-1");
    ui_kv(h, "備考", "");
    ui_kv_close(h);
    ui_heading(h, 2, "変更履歴");
    ui_table_open(h, "変更履歴");
    ui_table_head(h, (const char *const[]){"日時", "だれが", "何を"}, 3);
    html_open(h, E_TR);
    html_el(h, E_TD, "2026-11-19 09:12");
    html_el(h, E_TD, "佐藤 花子");
    html_open(h, E_TD);
    html_text(h, "期間の終わり: ");
    html_el(h, E_DEL, "11月26日");
    html_text(h, " → ");
    html_el(h, E_INS, "11月27日");
    html_close(h, E_TD);
    html_close(h, E_TR);
    ui_table_close(h);
    html_open(h, E_FORM);
    html_action0(h, &SAVE, "token");
    html_class(h, "actions");
    ui_button(h, "承認する", "act", "approve", true);
    ui_button(h, "差し戻す", "act", "return", false);
    html_close(h, E_FORM);
    finish(r, h);
}

static void save(struct req *r, void *ctx)
{
    (void)ctx;
    resp_redirect(r, "/show");
}

int main(int argc, char **argv)
{
    mem_init();
    static const struct route R[] = {{.path = {"/"}, .fn = list}, {.path = {"/list"}, .fn = list}, {.path = {"/form"}, .fn = form},
        {.path = {"/show"}, .fn = show}, {.path = {"/save"}, .method = METHOD_POST, .fn = save},
        {.path = {"/upload"}, .method = METHOD_POST, .fn = save, .body_max = 50 * 1024 * 1024}};
    const struct route *v[ARRAY_N(R)];
    for (size_t i = 0; i < ARRAY_N(R); i++)
        v[i] = &R[i];
    TALLOC_CTX *root = mem_root(0);
    struct err e = {0};
    struct http_server *s;
    struct http_conf c = {.addr = "127.0.0.1", .port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0, .workers = 4};
    if (http_start(root, &c, v, ARRAY_N(v), NULL, NULL, &s, &e)) {
        log_err("demo", "-", &e);
        return 1;
    }
    pause();
    http_stop(s);
    return 0;
}
