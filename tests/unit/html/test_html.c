/* The typed writer and the links: what is escaped, what is refused (an assert that ends the process), what the frame holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "html/html.h"

static const struct route_path HOME = {"/"}, REC = {"/r/{i}/history"}, FORM = {"/f/{s}/{i}"}, BAD = {"//evil/{s}"};

struct t { TALLOC_CTX *root; struct html *h; };

static int setup(void **state)
{
    TALLOC_CTX *root = mem_root(0);
    struct t *t = mem_new(root, struct t);
    t->root = root;
    t->h = html_new(root, LANG_JA, 1 << 20);
    html_open(t->h, E_HTML);
    html_open(t->h, E_BODY);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct t *t = *state;
    return talloc_free(t->root);
}

static const char *end(struct t *t)
{
    html_close(t->h, E_BODY);
    html_close(t->h, E_HTML);
    struct buf *b = html_done(t->h);
    assert_true(buf_ok(b));
    return b->p;
}

#define HAS(text, part) assert_non_null(strstr((text), (part)))
#define LACKS(text, part) assert_null(strstr((text), (part)))

/* True when fn ends in abort. */
static bool dies(void (*fn)(struct html *), struct html *h)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        fn(h);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void text_is_escaped(void **state)
{
    struct t *t = *state;
    html_open(t->h, E_P);
    html_attr(t->h, A_TITLE, "\"><script>alert(1)</script>'`");
    html_text(t->h, "<b>&\"'`\x01\x7f 日本");
    html_close(t->h, E_P);
    const char *s = end(t);
    HAS(s, "<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;\">&lt;b&gt;&amp;&quot;&#39;&#96;\xEF\xBF\xBD\xEF\xBF\xBD 日本</p>");
}

static void attributes_and_classes(void **state)
{
    struct t *t = *state;
    html_open(t->h, E_INPUT);
    html_attr(t->h, A_VALUE, NULL);
    html_flag(t->h, A_CHECKED, true);
    html_flag(t->h, A_DISABLED, false);
    html_attr_i64(t->h, A_MAX, -5);
    html_class(t->h, "a");
    html_class(t->h, "b");
    html_open(t->h, E_PRE);
    html_text(t->h, "\nx");
    html_close(t->h, E_PRE);
    const char *s = end(t);
    HAS(s, "<input checked=\"\" max=\"-5\" class=\"a b\"><pre>\n\nx</pre>");
    LACKS(s, "value");
    LACKS(s, "disabled");
}

static void links(void **state)
{
    struct t *t = *state;
    html_open(t->h, E_A);
    html_href(t->h, &FORM, URL_S("a/b \"<日"), URL_I(-7), URL_Q("q", "x&y=1"), URL_Q("none", ""), URL_QI("n", 3));
    html_text(t->h, "x");
    html_close(t->h, E_A);
    HAS(end(t), "<a href=\"/f/a%2Fb%20%22%3C%E6%97%A5/-7?q=x%26y%3D1&amp;n=3\">x</a>");
    assert_string_equal(url_make(t->root, &FORM, (struct url_arg[]){URL_S(".."), URL_I(1)}, 2), "/f/~/1");
    assert_string_equal(url_make(t->root, &FORM, (struct url_arg[]){URL_S(""), URL_I(1)}, 2), "/f/~/1");
    assert_true(url_is_local("/a?b=%0d"));
    static const char *const NO[] = {"//evil", "/\\evil", "http://evil", "javascript:alert(1)", "", "a", "/a\nb", "/a b", "/a\\b"};
    for (size_t i = 0; i < ARRAY_N(NO); i++)
        assert_false(url_is_local(NO[i]));
}

static void actions_carry_the_token(void **state)
{
    struct t *t = *state;
    html_open(t->h, E_FORM);
    html_action(t->h, &REC, "tok\"en", URL_I(5));
    html_class(t->h, "x");
    ui_button(t->h, "押す", "act", "go", true);
    html_close(t->h, E_FORM);
    html_open(t->h, E_FORM);
    html_action0(t->h, &HOME, NULL);
    html_close(t->h, E_FORM);
    const char *s = end(t);
    HAS(s, "<form action=\"/r/5/history\" method=\"post\" accept-charset=\"utf-8\" class=\"x\"><input type=\"hidden\" name=\"csrf\" value=\"tok&quot;en\">");
    HAS(s, "<form action=\"/\"></form>");
}

static void die_close(struct html *h) { html_open(h, E_P); html_close(h, E_DIV); }
static void die_late(struct html *h) { html_open(h, E_P); html_text(h, "x"); html_attr(h, A_ID, "y"); }
static void die_twice(struct html *h) { html_open(h, E_P); html_attr(h, A_ID, "x"); html_attr(h, A_ID, "y"); }
static void die_div_in_p(struct html *h) { html_open(h, E_P); html_open(h, E_DIV); }
static void die_form_in_form(struct html *h) { html_open(h, E_FORM); html_open(h, E_DIV); html_open(h, E_FORM); }
static void die_a_in_a(struct html *h) { html_open(h, E_A); html_open(h, E_SPAN); html_open(h, E_A); }
static void die_table_text(struct html *h) { html_open(h, E_TABLE); html_text(h, "x"); }
static void die_tr(struct html *h) { html_open(h, E_TABLE); html_open(h, E_TR); }
static void die_li(struct html *h) { html_open(h, E_LI); }
static void die_open(struct html *h) { html_done(h); }
static void die_url(struct html *h) { html_open(h, E_A); html_href(h, &BAD, URL_S("x")); }
static void die_args(struct html *h) { html_open(h, E_A); html_href(h, &REC, URL_S("x")); }
static void die_few(struct html *h) { html_open(h, E_A); html_href0(h, &REC); }
static void die_href(struct html *h) { html_open(h, E_A); html_attr(h, A_HREF, "javascript:alert(1)"); }
static void die_src(struct html *h) { html_open(h, E_IMG); html_attr(h, A_SRC, "http://evil"); }
static void die_local(struct html *h) { html_open(h, E_A); html_href_local(h, "//evil"); }
static void die_http(struct html *h) { html_open(h, E_A); html_href_https(h, "http://a.example/"); }
static void die_js(struct html *h) { html_open(h, E_A); html_href_https(h, "javascript:alert(1)"); }
static void die_asset(struct html *h) { html_open(h, E_IMG); html_asset(h, A_SRC, "nothing.png"); }
static void fine(struct html *h) { html_open(h, E_A); html_href_https(h, "https://www.ppc.go.jp/"); html_close(h, E_A); }

static void mistakes_end_the_process(void **state)
{
    struct t *t = *state;
    void (*const all[])(struct html *) = {die_close, die_late, die_twice, die_div_in_p, die_form_in_form, die_a_in_a, die_table_text, die_tr, die_li, die_open,
        die_url, die_args, die_few, die_href, die_src, die_local, die_http, die_js, die_asset};
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (!dies(all[i], t->h))
            fail_msg("case %zu did not abort", i);
    assert_false(dies(fine, t->h));
}

static void controls_are_tied(void **state)
{
    struct t *t = *state;
    struct ui_row r = {"amount", "金額", "円で", "数字で書いてください", true};
    ui_row_open(t->h, &r);
    ui_input(t->h, "text", "amount", "<1>", &r);
    ui_row_close(t->h, &r);
    ui_hidden(t->h, "version", "\"3\"");
    ui_hidden(t->h, "none", NULL);
    ui_problems(t->h, (struct ui_problem[]){{"amount", "x"}}, 1);
    ui_badge(t->h, UI_BAD, "遅れ");
    const char *s = end(t);
    HAS(s, "<label for=\"amount\" id=\"amount-label\">金額 <span class=\"must\">※必須</span></label>");
    HAS(s, "aria-required=\"true\" aria-invalid=\"true\" aria-describedby=\"amount-help amount-error\" value=\"&lt;1&gt;\"");
    HAS(s, "<p id=\"amount-error\" class=\"error\">数字で書いてください</p>");
    HAS(s, "<input type=\"hidden\" name=\"version\" value=\"&quot;3&quot;\">");
    HAS(s, "<input type=\"hidden\" name=\"none\" value=\"\">");
    HAS(s, "<a href=\"#amount\">x</a>");
    HAS(s, "×");
}

static void frame(void **state)
{
    struct t *t = *state;
    struct html *h = html_new(t->root, LANG_EN, 1 << 20);
    struct ui_nav nav = {"ui.menu", &HOME, NULL, true};
    ui_frame_open(h, &(struct ui_frame){.title = "</title><x>", .org = "A", .person = "B", .nav = &nav, .nav_n = 1, .as_of = 1, .logout = &HOME, .lang = &HOME});
    ui_frame_close(h);
    const char *s = html_done(h)->p;
    HAS(s, "<html lang=\"en\">");
    HAS(s, "<title>&lt;/title&gt;&lt;x&gt; - A</title>");
    HAS(s, "aria-current=\"page\"");
    HAS(s, asset_find("app.css")->hash);
    HAS(s, "<a href=\"#main\" class=\"skip\">");
    assert_null(asset_find("app.cs"));
}

static void limit_is_seen(void **state)
{
    struct t *t = *state;
    struct html *h = html_new(t->root, LANG_JA, 100);
    html_open(h, E_HTML);
    html_open(h, E_BODY);
    for (int i = 0; i < 100; i++)
        html_text(h, "abcdef");
    html_close(h, E_BODY);
    html_close(h, E_HTML);
    assert_false(buf_ok(html_done(h)));
}

/* The three corners by which a camera finds it, and a light border. */
static void a_code_for_cameras(void **state)
{
    struct t *t = *state;
    static const char uri[] = "otpauth://totp/kita:suzuki?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=kita";
    ui_qr(t->h, uri, "図<");
    html_close(t->h, E_BODY);
    html_close(t->h, E_HTML);
    const char *p = html_done(t->h)->p, *box = strstr(p, "viewBox=\"0 0 ");
    int64_t side;
    assert_non_null(box);
    assert_true(str_to_i64((struct str){box + 13, 2}, &side));
    assert_int_equal((side - 8 - 17) % 4, 0);                                /* versions are 4 modules apart */
    assert_non_null(strstr(p, "M4 4h7v1h-7z"));
    assert_non_null(strstr(p, mem_fmt(t->root, "M%d 4h7v1h-7z", (int)side - 11)));
    assert_non_null(strstr(p, mem_fmt(t->root, "M4 %dh7v1h-7z", (int)side - 5)));
    assert_null(strstr(p, "M3 "));
    assert_non_null(strstr(p, "aria-label=\"図&lt;\""));
    assert_null(strstr(p, "GEZD"));                                          /* the secret is text beside it, once */
}

static void no_leak(void **state)
{
    struct t *t = *state;
    size_t before = mem_blocks(t->root);
    for (int i = 0; i < 50; i++) {
        html_open(t->h, E_A);
        html_href(t->h, &REC, URL_I(i));
        html_msgf(t->h, "ui.as-of", "x", NULL);
        html_close(t->h, E_A);
    }
    assert_int_equal(mem_blocks(t->root), before);
}

int main(void)
{
    mem_init();
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {T(text_is_escaped), T(attributes_and_classes), T(links), T(actions_carry_the_token), T(mistakes_end_the_process),
        T(controls_are_tied), T(frame), T(limit_is_seen), T(a_code_for_cameras), T(no_leak)};
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
