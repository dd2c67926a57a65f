/* A record's content: reading from JSON, merging over what was, order, comparison, checks without a database. */
#include "basetest.h"
#include "value/value.h"

static struct choice_opt media_opt[] = {{"usb", "USB", NULL}, {"paper", "紙", NULL}};
static struct choice_set media = {.id = "media", .opt = media_opt, .n = 2};
static struct cond computed;
static struct field cols[] = {{.id = "asset", .path = "items.asset", .label = "資産", .type = FT_TEXT, .required = true}, {.id = "n", .path = "items.n", .label = "数", .type = FT_INT}};
static struct field fields[] = {
    {.id = "destination", .path = "destination", .col = "destination", .label = "持出し先", .type = FT_TEXT, .required = true},
    {.id = "items", .path = "items", .col = "items", .label = "明細", .type = FT_TABLE, .cols = cols, .cols_n = 2},
    {.id = "media", .path = "media", .col = "media", .label = "媒体", .type = FT_MULTI, .of = &media, .all_ticked = true},
    {.id = "level", .path = "sme.level", .col = "sme__level", .label = "機密性", .type = FT_TEXT, .value = &computed},
    {.id = "returned", .path = "returned", .col = "returned", .label = "返却日", .type = FT_DATE, .required = true, .stage = "close"},
    {.id = "sealed", .path = "sealed", .col = "sealed", .label = "署名", .type = FT_SIGN},
};
static const struct form form = {.id = "takeout", .ident = "takeout", .field = fields, .field_n = ARRAY_N(fields)};

static struct trouble_vec troubles;

static struct content *reading(const struct content *base, const char *text, bool replace)
{
    struct json *in;
    struct err e = {0};
    struct value_ctx ctx = {.lang = LANG_JA};
    assert_int_equal(json_read(mem, str_of(text), 1 << 20, &in, &e), RC_OK);
    troubles = (struct trouble_vec)VEC_INIT(mem);
    return content_read(mem, &ctx, &form, base, in, replace, &troubles);
}

static const char *text_of(const struct content *c)
{
    struct buf *b = buf_new(mem, 1 << 16);
    for (size_t i = 0; i < c->n; i++)
        buf_fmt(b, "%s%s=%s", i ? " " : "", c->v[i].path, c->v[i].text);
    return b->p ? b->p : "";
}

static void reads_in_form_order(void **state)
{
    (void)state;
    struct content *c = reading(NULL, "{\"media\":[\"紙\",\"usb\"],\"items[1].asset\":\"B\",\"items[0].n\":\"１２\",\"items[0].asset\":\"A\",\"destination\":\" 客先 \"}", true);
    assert_int_equal(troubles.n, 0);
    assert_string_equal(text_of(c), "destination=客先 items[0].asset=A items[0].n=12 items[1].asset=B media[0]=paper media[1]=usb");
    assert_int_equal(content_rows(c, "items"), 2);
    assert_int_equal(content_rows(c, "media"), 2);
    assert_null(content_get(c, "returned"));
}

static void rows_have_no_gaps(void **state)
{
    (void)state;
    struct content *c = reading(NULL, "{\"items[4].asset\":\"E\",\"items[2].asset\":\"C\",\"items[2].n\":\"3\"}", true);
    assert_string_equal(text_of(c), "items[0].asset=C items[0].n=3 items[1].asset=E");
}

static void merges_or_replaces(void **state)
{
    (void)state;
    struct content *c = reading(NULL, "{\"items\":[{\"asset\":\"A\"},{\"asset\":\"B\"}],\"destination\":\"客先\"}", true);
    assert_string_equal(text_of(reading(c, "{\"items[1].asset\":\"X\"}", false)), "destination=客先 items[0].asset=A items[1].asset=X");
    assert_string_equal(text_of(reading(c, "{\"items[0].asset\":\"X\"}", true)), "destination=客先 items[0].asset=X");
    assert_string_equal(text_of(reading(c, "{\"items\":[]}", false)), "destination=客先");
    assert_string_equal(text_of(reading(c, "{\"destination\":\"\"}", false)), "items[0].asset=A items[1].asset=B");
    assert_string_equal(text_of(c), "destination=客先 items[0].asset=A items[1].asset=B");            /* the base stays */
}

/* As many pairs as may come at once, two lists turn about and backwards: each list is put aside once, before its first row. */
static void many_pairs(void **state)
{
    (void)state;
    const struct content *base = reading(NULL, "{\"items\":[{\"asset\":\"old\",\"n\":7}],\"media\":[\"paper\"],\"destination\":\"kept\"}", false);
    struct json *in = json_obj(mem);
    for (int i = 499; i >= 0; i--) {
        json_set_i64(in, mem_fmt(mem, "items[%d].n", i), i);
        json_set_str(in, mem_fmt(mem, "media[%d]", i), "usb");
        json_set_str(in, mem_fmt(mem, "items[%d].asset", i), mem_fmt(mem, "a%d", i));
    }
    for (int i = 0; i < 2500; i++)
        json_set_i64(in, mem_fmt(mem, "items[%d].nothing", i), i);
    assert_int_equal(json_n(in), 4000);
    struct content *c = reading(base, json_text(mem, in), true);
    assert_int_equal(troubles.n, 2500);
    assert_int_equal(c->n, 1501);
    assert_string_equal(content_get(c, "destination"), "kept");
    for (int i = 0; i < 500; i++) {
        assert_string_equal(c->v[1 + 2 * i].path, mem_fmt(mem, "items[%d].asset", i));
        assert_string_equal(c->v[1 + 2 * i].text, mem_fmt(mem, "a%d", i));
        assert_string_equal(c->v[2 + 2 * i].text, mem_fmt(mem, "%d", i));
        assert_string_equal(c->v[1001 + i].path, mem_fmt(mem, "media[%d]", i));
    }
    c = reading(base, "{\"items[1].nothing\":1,\"items[0].n\":8}", true);    /* what is no column does not count as the first row */
    assert_null(content_get(c, "items[0].asset"));
    json_set_i64(in, "one more", 1);
    assert_string_equal(content_get(reading(base, json_text(mem, in), true), "items[0].asset"), "old");
    assert_string_equal(troubles.v[0].code, "length");
}

static void refuses(void **state)
{
    static const struct { const char *in, *code, *path; } bad[] = {
        {"{\"sme.level\":\"c2\"}", "computed", "sme.level"}, {"{\"colour\":\"red\"}", "unknown", "colour"}, {"{\"items[0].colour\":\"red\"}", "unknown", "items[0].colour"},
        {"{\"items[x].asset\":\"A\"}", "unknown", "items[x].asset"}, {"{\"items[0]\":{\"colour\":\"red\"}}", "unknown", "items[0].colour"},
        {"{\"items[999999].asset\":\"A\"}", "unknown", "items[999999].asset"}, {"{\"media\":[\"stone\"]}", "option", "media[0]"}, {"{\"items[0].n\":\"many\"}", "type", "items[0].n"},
        {"[1,2]", "unknown", "values"}, {"{\"destination\":{}}", "shape", "destination"}, {"{\"destination\":[1]}", "shape", "destination"},
        {"{\"items\":{\"a\":1}}", "shape", "items"}, {"{\"media\":[[1]]}", "shape", "media[0]"}, {"{\"items[0].n\":{}}", "shape", "items[0].n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        reading(NULL, bad[i].in, true);
        assert_int_equal(troubles.n, 1);
        assert_string_equal(troubles.v[0].code, bad[i].code);
        assert_string_equal(troubles.v[0].path, bad[i].path);
    }
}

static void difference(void **state)
{
    struct change_vec d = VEC_INIT(mem);
    (void)state;
    struct content *a = reading(NULL, "{\"destination\":\"A\",\"items[0].asset\":\"1\",\"items[0].n\":\"5\"}", true);
    struct content *b = reading(NULL, "{\"destination\":\"A\",\"items[0].asset\":\"2\",\"returned\":\"2026/6/1\"}", true);
    content_diff(mem, a, b, &d);
    assert_int_equal(d.n, 3);
    assert_string_equal(d.v[0].path, "items[0].asset");
    assert_string_equal(d.v[0].before, "1");
    assert_string_equal(d.v[0].after, "2");
    assert_string_equal(d.v[1].path, "items[0].n");
    assert_null(d.v[1].after);
    assert_string_equal(d.v[2].path, "returned");
    assert_null(d.v[2].before);
    d.n = 0;
    content_diff(mem, a, content_copy(mem, a), &d);
    assert_int_equal(d.n, 0);
}

static void checks(void **state)
{
    static const char *const submit[] = {"submit"}, *const all[] = {"submit", "close"};
    struct trouble_vec t = VEC_INIT(mem);
    (void)state;
    struct content *c = reading(NULL, "{\"items[0].n\":\"1\",\"media\":[\"usb\"]}", true);
    content_check(mem, &form, c, submit, 1, LANG_JA, &t);
    assert_int_equal(t.n, 3);                                   /* destination, the row's asset, the tick that is missing */
    assert_string_equal(t.v[0].path, "destination");
    assert_string_equal(t.v[1].path, "items[0].asset");
    assert_string_equal(t.v[2].path, "media");
    t.n = 0;
    c = reading(NULL, "{\"destination\":\"客先\",\"items[0].asset\":\"A\",\"media\":[\"usb\",\"paper\"]}", true);
    content_check(mem, &form, c, submit, 1, LANG_JA, &t);
    assert_int_equal(t.n, 0);
    content_check(mem, &form, c, all, 2, LANG_JA, &t);
    assert_int_equal(t.n, 1);
    assert_string_equal(t.v[0].path, "returned");
}

/* Only who acts signs: a tick becomes their signature; what is typed is refused, what is signed stays, an import can only claim. */
static void signatures(void **state)
{
    struct json *tick, *typed;
    struct err e = {0};
    int64_t person = 0, us = 0;
    struct value_ctx ctx = {.lang = LANG_JA, .sign = value_sign_text(mem, 12, 1780000000000000)}, nobody = {.lang = LANG_JA}, import = {.lang = LANG_JA, .sign_claim = true};
    (void)state;
    assert_null(value_sign_text(mem, 0, 5));
    assert_int_equal(json_read(mem, str_of("{\"sealed\":\"1\"}"), 1000, &tick, &e), RC_OK);
    assert_int_equal(json_read(mem, str_of("{\"sealed\":\"12@1780000000000000\"}"), 1000, &typed, &e), RC_OK);
    troubles = (struct trouble_vec)VEC_INIT(mem);
    (void)content_read(mem, &ctx, &form, NULL, typed, true, &troubles);
    assert_int_equal(troubles.n, 1);
    assert_string_equal(troubles.v[0].code, "sign");
    (void)content_read(mem, &nobody, &form, NULL, tick, true, &troubles);
    assert_int_equal(troubles.n, 2);
    struct content *c = content_read(mem, &ctx, &form, NULL, tick, true, &troubles);
    assert_int_equal(troubles.n, 2);
    assert_true(value_sign_read(content_get(c, "sealed"), &person, &us));
    assert_int_equal(person, 12);
    c = content_read(mem, &nobody, &form, c, typed, true, &troubles);           /* sent again as it stands, by somebody else */
    assert_int_equal(troubles.n, 2);
    assert_string_equal(content_get(c, "sealed"), "12@1780000000000000");
    c = content_read(mem, &import, &form, NULL, typed, true, &troubles);
    assert_int_equal(troubles.n, 2);
    assert_string_equal(content_get(c, "sealed"), "claim:12@1780000000000000");
    assert_false(value_sign_read(content_get(c, "sealed"), &person, &us));
    assert_non_null(strstr(value_show(mem, content_field(&form, "sealed", &(const struct field *){NULL}, &us), content_get(c, "sealed"), LANG_JA), "申告"));
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signatures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_in_form_order, set_up, tear_down), cmocka_unit_test_setup_teardown(rows_have_no_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_pairs, set_up, tear_down), cmocka_unit_test_setup_teardown(merges_or_replaces, set_up, tear_down), cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(difference, set_up, tear_down), cmocka_unit_test_setup_teardown(checks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
