/* CSV: quotes, line numbers, both encodings, limits; formula-safe writing; what CP932 cannot hold. */
#include "basetest.h"

static const struct csv_limit wide = {1 << 20, 1000, 10000, 1000};

static struct csv *read_ok(const char *p, size_t n)
{
    struct csv *c = NULL;
    struct err e = {0};
    enum rc rc = csv_read(mem, (struct str){p, n}, wide, &c, &e);
    if (rc != RC_OK)
        print_error("%s\n", e.detail);
    assert_int_equal(rc, RC_OK);
    return c;
}

static void quotes(void **state)
{
    (void)state;
    static const char text[] = "名前,備考\r\n\"佐藤, 花子\",\"二行\nある\"\n\"\"\"引用\"\"\",\r\nlast";
    struct csv *c = read_ok(text, sizeof text - 1);
    assert_int_equal(c->rows.n, 4);
    assert_false(c->was_cp932);
    assert_string_equal(c->rows.v[1].cell[0], "佐藤, 花子");
    assert_string_equal(c->rows.v[1].cell[1], "二行\nある");
    assert_int_equal(c->rows.v[1].line, 2);
    assert_int_equal(c->rows.v[2].line, 4);
    assert_string_equal(c->rows.v[2].cell[0], "\"引用\"");
    assert_string_equal(c->rows.v[2].cell[1], "");
    assert_int_equal(c->rows.v[3].n, 1);
    assert_int_equal(read_ok("", 0)->rows.n, 0);
    assert_string_equal(read_ok("\xef\xbb\xbf" "a", 4)->rows.v[0].cell[0], "a");
    assert_string_equal(read_ok(" a ,b", 5)->rows.v[0].cell[0], " a ");
}

static void cp932(void **state)
{
    (void)state;
    static const char text[] = "\x8d\x82\x8b\xb4,\xfb\xfc\x8d\xe8,\x87\x40,\xb1\n";       /* 高橋,髙崎,①,ｱ as Windows writes them */
    struct csv *c = read_ok(text, sizeof text - 1);
    assert_true(c->was_cp932);
    assert_string_equal(c->rows.v[0].cell[0], "高橋");
    assert_string_equal(c->rows.v[0].cell[1], "髙崎");
    assert_string_equal(c->rows.v[0].cell[2], "①");
    assert_string_equal(c->rows.v[0].cell[3], "ｱ");
}

static void refused(void **state)
{
    (void)state;
    static const struct { const char *text; size_t n; enum err_code code; const char *arg; } t[] = {
        {"a\n\"b\"c", 6, ERR_CSV, "2"}, {"a\n\nb\"c", 6, ERR_CSV, "3"}, {"\"a\n\n", 4, ERR_CSV, "3"},
        {"a,\xff\xff", 4, ERR_ENCODING, NULL}, {"a\0b", 3, ERR_ENCODING, NULL}, {"\xef\xbb\xbf" "a\x8d\x82", 6, ERR_ENCODING, "4"},
    };
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        struct csv *c = NULL;
        struct err e = {0};
        assert_int_equal(csv_read(mem, (struct str){t[i].text, t[i].n}, wide, &c, &e), RC_INVALID);
        assert_int_equal(e.code, t[i].code);
        if (t[i].arg != NULL)
            assert_string_equal(e.arg, t[i].arg);
    }
}

static void limits(void **state)
{
    (void)state;
    static const struct csv_limit tight[] = {{8, 9, 99, 9}, {99, 2, 99, 9}, {99, 9, 5, 9}, {99, 9, 99, 2}};
    static const char text[] = "a,b\nc,d\neee,f\n";
    struct csv *c = NULL;
    for (size_t i = 0; i < ARRAY_N(tight); i++) {
        struct err e = {0};
        assert_int_equal(csv_read(mem, str_of(text), tight[i], &c, &e), RC_INVALID);
        assert_int_equal(e.code, ERR_LIMIT);
    }
    assert_int_equal(csv_read(mem, str_of(text), (struct csv_limit){14, 3, 6, 3}, &c, NULL), RC_OK);
}

static void writes(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "b,c", "d\"e", "=1+1", "+81", "-1", "@x", "\tt", "f\ng", "", NULL, "0120", "＝1+1", "ー"};
    struct buf *b = buf_new(mem, 1000);
    for (size_t i = 0; i < ARRAY_N(cells); i++)
        csv_put(b, cells[i], i == 0);
    csv_end(b);
    assert_string_equal(b->p, "a,\"b,c\",\"d\"\"e\",\"'=1+1\",\"'+81\",\"'-1\",\"'@x\",\"'\tt\",\"f\ng\",,,0120,\"'＝1+1\",ー\r\n");
    struct csv *c = read_ok(b->p, b->n);
    assert_int_equal(c->rows.v[0].n, ARRAY_N(cells));
    assert_string_equal(c->rows.v[0].cell[2], "d\"e");
}

static void to_cp932(void **state)
{
    (void)state;
    size_t n, lost;
    char *t = cp932_from_utf8(mem, "髙①～", &n, &lost);
    assert_int_equal(lost, 0);
    assert_int_equal(n, 6);
    assert_memory_equal(t, "\xfb\xfc\x87\x40\x81\x60", 6);
    t = cp932_from_utf8(mem, "𠮷野家é", &n, &lost);
    assert_int_equal(lost, 2);
    assert_memory_equal(t, "\x81\xac\x96\xec\x89\xc6\x81\xac", 8);
    char *longer = mem_alloc(mem, 1, 30001, "char");
    for (int i = 0; i < 10000; i++)
        memcpy(longer + 3 * i, "野", 3);
    cp932_from_utf8(mem, longer, &n, &lost);
    assert_int_equal(n, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(quotes), CASE(cp932), CASE(refused), CASE(limits), CASE(writes), CASE(to_cp932)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
