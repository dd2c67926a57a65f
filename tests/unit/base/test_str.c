/* Slices, identifiers, UTF-8, normal forms, the search fold; contexts and their counts. */
#include "basetest.h"

static void slices(void **state)
{
    (void)state;
    struct str rest = str_of("a,,b"), part;
    assert_true(str_next(&rest, ',', &part) && str_is(part, "a"));
    assert_true(str_next(&rest, ',', &part) && str_is(part, ""));
    assert_true(str_next(&rest, ',', &part) && str_is(part, "b"));
    assert_false(str_next(&rest, ',', &part));
    rest = str_of("x,");
    assert_true(str_next(&rest, ',', &part) && str_is(part, "x"));
    assert_true(str_next(&rest, ',', &part) && part.n == 0);
    assert_false(str_next(&rest, ',', &part));
    assert_true(str_is(str_trim(str_of(" \t　佐藤 花子　\r\n")), "佐藤 花子"));
    assert_int_equal(str_trim(str_of("　 　")).n, 0);
    assert_true(str_starts(STR("abc"), "ab") && !str_starts(STR("a"), "ab"));
    assert_true(str_eq(str_of(NULL), STR("")) && !str_eq(STR("a"), STR("b")));
    assert_true(text_eq(NULL, NULL) && !text_eq(NULL, "") && text_eq("x", "x"));
}

static void numbers(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; int64_t v; } t[] = {
        {"0", true, 0}, {"-1", true, -1}, {"9223372036854775807", true, INT64_MAX}, {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0}, {"-9223372036854775809", false, 0}, {"", false, 0}, {"-", false, 0}, {"+1", false, 0},
        {" 1", false, 0}, {"1 ", false, 0}, {"1x", false, 0}, {"12345678901234567890", false, 0}, {"１", false, 0},
    };
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        int64_t v = 0;
        assert_int_equal(str_to_i64(str_of(t[i].text), &v), t[i].ok);
        assert_true(v == t[i].v || !t[i].ok);
    }
}

static void identifiers(void **state)
{
    (void)state;
    char longest[65];
    memset(longest, 'a', 64);
    longest[64] = '\0';
    assert_false(text_is_ident(longest));
    longest[63] = '\0';
    assert_true(text_is_ident(longest));
    assert_true(text_is_ident("a") && text_is_ident("f_person_2"));
    assert_false(text_is_ident("") || text_is_ident(NULL) || text_is_ident("_a") || text_is_ident("2a") || text_is_ident("A") ||
                 text_is_ident("a-b") || text_is_ident("a b") || text_is_ident("é"));
}

static void utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80", "\xe3\x81", "\xff"};
    size_t at = 99;
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        char text[8] = "ab";
        memcpy(text + 2, bad[i], strlen(bad[i]));
        assert_false(utf8_ok(text, 2 + strlen(bad[i]), &at));
        assert_int_equal(at, 2);
    }
    assert_true(utf8_ok("𠮷野家", strlen("𠮷野家"), &at));
    assert_false(utf8_ok("a\0b", 3, &at));
    assert_int_equal(at, 1);
    assert_int_equal(utf8_len("𠮷野a"), 3);
    uint32_t cp = 0;
    assert_int_equal(utf8_next("𠮷", 4, &cp), 4);
    assert_int_equal(cp, 0x20bb7);
    assert_int_equal(utf8_next("", 0, &cp), 0);
}

static void words(void **state)
{
    (void)state;
    assert_true(text_has_word("a bc d", "a"));
    assert_true(text_has_word("a bc d", "bc"));
    assert_true(text_has_word("a  bc d", "d"));
    assert_false(text_has_word("a bc d", "b"));
    assert_false(text_has_word("a bc d", "bc d"));
    assert_false(text_has_word("abc", "bc"));
    assert_false(text_has_word("a bc", ""));
    assert_false(text_has_word("", ""));
    assert_false(text_has_word(NULL, "a"));
    assert_true(text_has_word_n("a bc", (struct str){"bcd", 2}));
}

static void normal_forms(void **state)
{
    (void)state;
    assert_string_equal(text_nfc(mem, "か\xe3\x82\x99"), "が");
    assert_string_equal(text_nfc(mem, "①"), "①");
    assert_string_equal(text_nfkc(mem, "①２ｱﾞ㈱"), "12ア\xe3\x82\x99(株)");
    assert_string_equal(text_nfkc(mem, "\xef\xb7\xba"), "صلى الله عليه وسلم");      /* the longest expansion of one character */
    assert_string_equal(text_nfc(mem, ""), "");
}

static void folds(void **state)
{
    (void)state;
    static const char *const same[][2] = {{"サーバー", "ｻｰﾊﾞｰ"}, {"ＡＢＣ", "abc"}, {"ひらがな", "ヒラガナ"}, {"03‐1234", "03-1234"},
                                          {"03−1234", "03ー1234"}, {"1～2", "1〜2"}, {"㈱日本", "(株)日本"}, {"ガス", "がす"}};
    for (size_t i = 0; i < ARRAY_N(same); i++)
        assert_string_equal(text_fold(mem, same[i][0]), text_fold(mem, same[i][1]));
    assert_string_not_equal(text_fold(mem, "はし"), text_fold(mem, "ばし"));
    assert_string_not_equal(text_fold(mem, "東京"), text_fold(mem, "東亰"));
}

static void contexts(void **state)
{
    (void)state;
    size_t before = mem_blocks(mem);
    {
        MEM_SCOPE(tmp, mem);
        int *n = mem_array(tmp, int, 3);
        assert_int_equal(n[0] + n[1] + n[2], 0);
        assert_string_equal(mem_fmt(tmp, "%s-%d", "a", 1), "a-1");
        assert_string_equal(mem_strndup(tmp, "abcdef", 3), "abc");
        assert_memory_equal(mem_dup(tmp, "a\0b", 3), "a\0b", 3);
        assert_null(mem_strdup(tmp, NULL));
        assert_true(mem_blocks(mem) > before);
    }
    assert_int_equal(mem_blocks(mem), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(slices), CASE(numbers), CASE(identifiers), CASE(utf8), CASE(words), CASE(normal_forms), CASE(folds), CASE(contexts)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
