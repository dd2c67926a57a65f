/* Property: whatever text is written into a page, an HTML5 parser (gumbo) finds exactly the elements that were opened, no on*
 * attribute and no address that is neither local nor https. 50,000 pages of hostile text; the seed is printed on failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <gumbo.h>
#include "html/html.h"

static const char *const BITS[] = {"<script>alert(1)</script>", "</title>", "</textarea>", "\"", "'", "`", "><img src=x onerror=alert(1)>", "<!--", "-->", "]]>", "&lt;",
    "&#x3c;", "javascript:alert(1)", " onload=x ", "<svg/onload=x>", "</p>", "</table>", "<td>", "<form>", "\n", "\r\n", "\t", "\x01", "\x7f", "日本", "\xF0\xA0\xAE\xB7",
    "=", "/", "\\", "?", "#", "%00", "//evil.example", "</select><b>", "</style>", "<a href=javascript:x>", "\xE2\x80\xA8", "&", "<", ">", "</script", "<?php", "${x}", "{{x}}"};

static uint64_t rng;
static uint32_t dice(uint32_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)(rng >> 33) % n;
}

static char *hostile(TALLOC_CTX *mem)
{
    struct buf *b = buf_new(mem, 4096);
    for (uint32_t n = dice(6); n > 0; n--)
        buf_puts(b, BITS[dice(ARRAY_N(BITS))]);
    return b->n ? b->p : mem_strdup(mem, "");
}

static const struct route_path R = {"/f/{s}/{i}"};
static size_t opened;

static void el(struct html *h, enum elem e) { html_open(h, e); opened++; }

static struct buf *page(TALLOC_CTX *m)
{
    struct html *h = html_new(m, LANG_JA, 1 << 20);
    opened = 0;
    el(h, E_HTML);
    el(h, E_HEAD);
    el(h, E_TITLE);
    html_text(h, hostile(m));
    html_close(h, E_TITLE);
    html_close(h, E_HEAD);
    el(h, E_BODY);
    html_attr(h, A_TITLE, hostile(m));
    for (uint32_t n = 1 + dice(4); n > 0; n--) {
        el(h, E_DIV);
        el(h, E_P);
        html_attr(h, A_DATA_CONFIRM, hostile(m));
        html_text(h, hostile(m));
        el(h, E_A);
        html_href(h, &R, URL_S(hostile(m)), URL_I(dice(9)), URL_Q("q", hostile(m)));
        html_text(h, hostile(m));
        html_close(h, E_A);
        html_close(h, E_P);
        el(h, E_TABLE);
        el(h, E_TBODY);
        el(h, E_TR);
        el(h, E_TD);
        html_text(h, hostile(m));
        html_close(h, E_TD);
        html_close(h, E_TR);
        html_close(h, E_TBODY);
        html_close(h, E_TABLE);
        el(h, E_TEXTAREA);
        html_text(h, hostile(m));
        html_close(h, E_TEXTAREA);
        el(h, E_SELECT);
        el(h, E_OPTION);
        html_attr(h, A_VALUE, hostile(m));
        html_text(h, hostile(m));
        html_close(h, E_OPTION);
        html_close(h, E_SELECT);
        el(h, E_SVG);
        el(h, E_TEXT);
        html_text(h, hostile(m));
        html_close(h, E_TEXT);
        html_close(h, E_SVG);
        html_close(h, E_DIV);
    }
    html_close(h, E_BODY);
    html_close(h, E_HTML);
    return html_done(h);
}

static bool address_ok(const char *v) { return (v[0] == '/' && v[1] != '/' && v[1] != '\\') || v[0] == '#' || strncmp(v, "https://", 8) == 0; }

/* Counts elements; *bad is set by a forbidden attribute. */
static size_t walk(const GumboNode *n, const char **bad)
{
    if (n->type != GUMBO_NODE_ELEMENT)
        return 0;
    size_t count = 1;
    const GumboElement *e = &n->v.element;
    for (unsigned i = 0; i < e->attributes.length; i++) {
        const GumboAttribute *a = e->attributes.data[i];
        bool url = text_eq(a->name, "href") || text_eq(a->name, "src") || text_eq(a->name, "action");
        if (strncmp(a->name, "on", 2) == 0 || text_eq(a->name, "style") || (url && !address_ok(a->value)))
            *bad = a->name;
    }
    for (unsigned i = 0; i < e->children.length; i++)
        count += walk(e->children.data[i], bad);
    return count;
}

static size_t parse(struct str s, const char **bad)
{
    GumboOutput *out = gumbo_parse_with_options(&kGumboDefaultOptions, s.p, s.n);
    size_t n = walk(out->root, bad);
    gumbo_destroy_output(&kGumboDefaultOptions, out);
    return n;
}

static void hostile_pages(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50000; seed++) {
        TALLOC_CTX *m = mem_root(0);
        const char *bad = NULL;
        rng = seed * UINT64_C(0x9E3779B97F4A7C15);
        struct buf *b = page(m);
        size_t n = parse(buf_slice(b), &bad);
        if (n != opened || bad)
            fail_msg("seed %llu: %zu elements for %zu, attribute %s\n%s", (unsigned long long)seed, n, opened, bad ? "bad" : "ok", b->p);
        talloc_free(m);
    }
}

/* The check itself sees what it should see. */
static void the_check_can_fail(void **state)
{
    (void)state;
    const char *bad = NULL;
    assert_int_equal(parse(STR("<html><head></head><body><p><b></b></p></body></html>"), &bad), 5);
    assert_null(bad);
    parse(STR("<p onclick=x>"), &bad);
    assert_non_null(bad);
    bad = NULL;
    parse(STR("<a href=javascript:x>"), &bad);
    assert_non_null(bad);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_pages), cmocka_unit_test(the_check_can_fail)};
    return cmocka_run_group_tests_name("hostile pages", tests, NULL, NULL);
}
