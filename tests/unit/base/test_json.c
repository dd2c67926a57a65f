/* JSON: what is refused, order and canonical form, borrowed children, values shared between trees with different lives. */
#include "basetest.h"

static void refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{\"a\":\"\\u0000\"}", "{'a':1}", "[1,]", "1", "\"x\"",
                                      "{\"a\":99999999999999999999}", "{\"a\":NaN}", "{\"a\":\"\\ud800\"}"};
    struct json *j = NULL;
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        struct err e = {0};
        if (json_read(mem, str_of(bad[i]), 1000, &j, &e) == RC_OK)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.code, ERR_JSON);
    }
    struct err e = {0};
    assert_int_equal(json_read(mem, STR("[1234567890]"), 11, &j, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_LIMIT);
}

/* What json_quote writes is read back as it was. */
static void quote(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "髙橋 𠮷", "\"", "\\", "a\"b\\\\c\"", "\n\t\r\x01\x1f\x7f", "</script>"};
    for (size_t i = 0; i < ARRAY_N(texts); i++) {
        struct buf *b = buf_new(mem, 1000);
        struct json *j = NULL;
        buf_putc(b, '[');
        json_quote(b, texts[i]);
        buf_putc(b, ']');
        assert_int_equal(json_read(mem, buf_slice(b), 1000, &j, NULL), RC_OK);
        assert_string_equal(json_str(json_at(j, 0)), texts[i]);
    }
    struct buf *b = buf_new(mem, 100);
    json_quote(b, "\n\"");
    assert_string_equal(b->p, "\"\\u000a\\\"\"");
}

static void depth(void **state)
{
    (void)state;
    char text[80];
    struct json *j = NULL;
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    assert_int_equal(json_read(mem, (struct str){text, 66}, 1000, &j, NULL), RC_INVALID);
    assert_int_equal(json_read(mem, (struct str){text + 1, 64}, 1000, &j, NULL), RC_OK);
    assert_int_equal(json_read(mem, STR("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]"), 1000, &j, NULL), RC_OK);
}

static void reads(void **state)
{
    (void)state;
    struct json *j = NULL;
    assert_int_equal(json_read(mem, STR("{\"b\":[1,null,\"x\",2.5],\"a\":{\"n\":-9223372036854775808,\"t\":true}}"), 1000, &j, NULL), RC_OK);
    const struct json *b = json_get(j, "b"), *a = json_get(j, "a");
    assert_int_equal(json_type(j), JSON_OBJ);
    assert_int_equal(json_n(j), 2);
    struct json_pos p = {0};
    assert_true(json_next(j, &p));
    assert_string_equal(p.key, "b");
    assert_ptr_equal(p.val, b);
    assert_true(json_next(j, &p));
    assert_string_equal(p.key, "a");
    assert_ptr_equal(p.val, a);
    assert_false(json_next(j, &p));
    p = (struct json_pos){0};
    assert_false(json_next(b, &p));                       /* an array has no pairs, nor has nothing */
    assert_false(json_next(NULL, &p));
    assert_int_equal(json_n(b), 4);
    assert_int_equal(json_type(json_at(b, 1)), JSON_NULL);
    assert_int_equal(json_type(json_at(b, 3)), JSON_REAL);
    assert_string_equal(json_str(json_at(b, 2)), "x");
    assert_null(json_at(b, 4));
    assert_true(json_get_i64(a, "n", 0) == INT64_MIN && json_get_bool(a, "t") && !json_get_bool(a, "none"));
    assert_int_equal(json_get_i64(a, "t", 7), 7);
    assert_null(json_get_str(a, "n"));
    assert_null(json_get(json_get(j, "none"), "deeper"));
    assert_int_equal(json_type(NULL), JSON_NULL);
    assert_int_equal(json_n(NULL), 0);
}

static void writes(void **state)
{
    (void)state;
    struct json *j = json_obj(mem), *arr = json_set_arr(j, "z");
    json_add_str(arr, "行\n\"");
    json_add_i64(arr, -1);
    json_set_bool(json_add_obj(arr), "y", true);
    json_add_arr(arr);
    json_set_str(j, "a", NULL);
    json_set_i64(j, "z2", 1);
    json_set_i64(j, "z2", 2);
    assert_string_equal(json_text(mem, j), "{\"z\":[\"行\\n\\\"\",-1,{\"y\":true},[]],\"a\":null,\"z2\":2}");
    assert_string_equal(json_canonical(mem, j), "{\"a\":null,\"z\":[\"行\\n\\\"\",-1,{\"y\":true},[]],\"z2\":2}");
    json_set_null(json_item(arr, 2), "x");
    json_set_obj(j, "o");
    json_set_i64(json_child(j, "o"), "k", 3);
    assert_string_equal(json_text(mem, json_get(j, "o")), "{\"k\":3}");
    assert_null(json_child(j, "none"));
    json_set_str(j, "bad", "\xff");
    assert_string_equal(json_get_str(j, "bad"), "\xef\xbf\xbd");
}

/* A value set into another tree lives as long as the longer of the two (the sanitizer watches). */
static void shared(void **state)
{
    (void)state;
    struct json *outer = json_obj(mem);
    {
        MEM_SCOPE(tmp, mem);
        struct json *inner = json_obj(tmp);
        json_set_str(inner, "k", "v");
        json_set(outer, "in", inner);
        json_add(json_set_arr(outer, "list"), inner);
    }
    assert_string_equal(json_text(mem, outer), "{\"in\":{\"k\":\"v\"},\"list\":[{\"k\":\"v\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(refused), CASE(quote), CASE(depth), CASE(reads), CASE(writes), CASE(shared)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
