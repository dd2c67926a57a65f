/* The bounded buffer, hex and base64 with RFC 4648's vectors, vectors and the map. */
#include "basetest.h"

static void bounded(void **state)
{
    (void)state;
    struct buf *b = buf_new(mem, 10);
    buf_puts(b, "12345");
    buf_fmt(b, "%05d", 42);
    assert_true(buf_ok(b));
    assert_string_equal(b->p, "1234500042");
    buf_putc(b, 'x');
    assert_false(buf_ok(b));
    assert_string_equal(b->p, "1234500042");
    buf_reset(b);
    assert_true(buf_ok(b) && b->n == 0);
    buf_fmt(b, "%s", "longer than the ten");
    assert_false(buf_ok(b));
    buf_puts(b, "x");                                  /* once over, always over */
    assert_int_equal(b->n, 0);
    struct buf *big = buf_new(mem, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_putc(big, (char)('a' + i % 26));
    assert_int_equal(buf_slice(big).n, 100000);
    assert_int_equal(big->p[99999], 'a' + 99999 % 26);
}

static void integers(void **state)
{
    (void)state;
    struct buf *b = buf_new(mem, 100);
    buf_i64(b, INT64_MIN);
    buf_putc(b, ' ');
    buf_i64(b, 0);
    buf_putc(b, ' ');
    buf_i64(b, INT64_MAX);
    assert_string_equal(b->p, "-9223372036854775808 0 9223372036854775807");
}

static void base64(void **state)
{
    (void)state;
    static const char *const t[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm9-", "Zm 9", "Zg==\n"};
    uint8_t *p;
    size_t n;
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        assert_string_equal(b64_text(mem, (const uint8_t *)t[i][0], strlen(t[i][0])), t[i][1]);
        assert_true(b64_read(mem, str_of(t[i][1]), &p, &n));
        assert_int_equal(n, strlen(t[i][0]));
        assert_memory_equal(p, t[i][0], n);
    }
    for (size_t i = 0; i < ARRAY_N(bad); i++)
        assert_false(b64_read(mem, str_of(bad[i]), &p, &n));
}

static void hex(void **state)
{
    (void)state;
    const uint8_t raw[] = {0x00, 0x7f, 0xff};
    uint8_t back[3] = {1, 1, 1};
    assert_string_equal(hex_text(mem, raw, 3), "007fff");
    assert_true(hex_read(STR("007fff"), back, 3));
    assert_memory_equal(back, raw, 3);
    assert_false(hex_read(STR("007fff"), back, 2) || hex_read(STR("007FFF"), back, 3) || hex_read(STR("007ffg"), back, 3));
}

static void vectors(void **state)
{
    (void)state;
    VEC(int) v = VEC_INIT(mem);
    for (int i = 0; i < 1000; i++)
        *vec_push(&v) += i;                              /* a new item is zero */
    assert_int_equal(v.n, 1000);
    assert_int_equal(v.v[999], 999);
}

static void maps(void **state)
{
    (void)state;
    struct map *m = map_new(mem);
    int a, b;
    assert_null(map_get(m, "x"));
    for (int i = 0; i < 500; i++)
        map_set(m, mem_fmt(mem, "key%d", 499 - i), &a);
    map_set(m, "key7", &b);
    assert_int_equal(map_n(m), 500);
    assert_ptr_equal(map_get(m, "key7"), &b);
    assert_ptr_equal(map_get(m, "key8"), &a);
    assert_null(map_get(m, "key500"));
    assert_string_equal(map_key(m, 0), "key499");
    assert_ptr_equal(map_at(m, 492), &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(bounded), CASE(integers), CASE(base64), CASE(hex), CASE(vectors), CASE(maps)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
