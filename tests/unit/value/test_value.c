/* What people type, type by type: what it becomes, and what is refused with which code. */
#include "basetest.h"
#include "value/value.h"


static bool resolve(void *ctx, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several)
{
    (void)ctx;
    (void)target;
    *ret_several = strcmp(typed, "鈴木") == 0;
    *ret_id = 42;
    return strcmp(typed, "佐藤 花子") == 0;
}

/* Canonical text, or "!code" of the one trouble. */
static const char *reads(const struct field *f, const char *typed)
{
    struct value_ctx ctx = {.lang = LANG_JA, .resolve = resolve};
    struct trouble_vec t = VEC_INIT(mem);
    const char *text;
    bool ok = value_read(mem, &ctx, f, "x", typed, &text, &t);
    if (ok) {
        assert_int_equal(t.n, 0);
        return text ? text : "(unset)";
    }
    assert_int_equal(t.n, 1);
    assert_string_equal(t.v[0].path, "x");
    assert_non_null(strstr(t.v[0].text, f->label));        /* the refusal names the field */
    return mem_fmt(mem, "!%s", t.v[0].code);
}

struct pair { const char *typed, *want; };
#define EACH(field, ...) do { \
        const struct pair p_[] = {__VA_ARGS__}; \
        for (size_t i_ = 0; i_ < ARRAY_N(p_); i_++) \
            assert_string_equal(reads((field), p_[i_].typed), p_[i_].want); \
    } while (0)

static char *long_text(size_t n, const char *unit)
{
    struct buf *b = buf_new(mem, 1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_puts(b, unit);
    return b->p;
}

static void texts(void **state)
{
    struct field f = {.label = "持出し先", .type = FT_TEXT};
    (void)state;
    EACH(&f, {"", "(unset)"}, {"  　 ", "(unset)"}, {" 客先 ", "客先"}, {"か\xe3\x82\x99", "が"}, {"①㈱髙𠮷", "①㈱髙𠮷"}, {"a\nb", "!type"}, {"a\x01" "b", "!type"},
         {"\xff\xfe", "!type"}, {"a\x7f", "!type"});
    assert_string_equal(reads(&f, long_text(200, "髙")), long_text(200, "髙"));
    assert_string_equal(reads(&f, long_text(201, "髙")), "!length");
    f.has_max = f.has_min = true;
    f.max = 5;
    f.min = 2;
    EACH(&f, {"𠮷𠮷𠮷𠮷𠮷", "𠮷𠮷𠮷𠮷𠮷"}, {"𠮷𠮷𠮷𠮷𠮷𠮷", "!length"}, {"𠮷", "!length"});
    f = (struct field){.label = "理由", .type = FT_LONGTEXT};
    EACH(&f, {"一\r\n二\r三\t四", "一\n二\n三 四"}, {"a\x02", "!type"});
    assert_string_equal(reads(&f, long_text(10001, "a")), "!length");
    assert_int_equal(strlen(reads(&f, long_text(10000, "a"))), 10000);
}

static void patterns(void **state)
{
    struct field f = {.label = "値", .type = FT_TEXT, .pattern = "mac"};
    (void)state;
    EACH(&f, {"00:1a:2B:3c:4d:5e", "00:1a:2B:3c:4d:5e"}, {"００－１ａ－２Ｂ－３ｃ－４ｄ－５ｅ", "00-1a-2B-3c-4d-5e"}, {"00:1a:2b:3c:4d", "!pattern"}, {"00:1a:2b:3c:4d:5g", "!pattern"},
         {"00:1a:2b:3c:4d:5e:6f", "!pattern"}, {"00:1a-2b:3c:4d:5e", "!pattern"});
    f.pattern = "ip";
    EACH(&f, {"192.168.0.1", "192.168.0.1"}, {"192.168.0.256", "!pattern"}, {"192.168.0", "!pattern"}, {"1.2.3.4.5", "!pattern"}, {"fe80::1", "fe80::1"}, {"1..2.3", "!pattern"});
    f.pattern = "email";
    EACH(&f, {"ｓａｔｏ＠example.jp", "sato@example.jp"}, {"sato@@example.jp", "!pattern"}, {"sato@example", "!pattern"}, {"@example.jp", "!pattern"}, {"a b@example.jp", "!pattern"});
    f.pattern = "postal";
    EACH(&f, {"１００－０００１", "100-0001"}, {"1000001", "!pattern"}, {"100-00012", "!pattern"});
    f.pattern = "url_https";
    EACH(&f, {"https://example.jp/a", "https://example.jp/a"}, {"http://example.jp/", "!pattern"}, {"javascript:alert(1)", "!pattern"}, {"https://a b.jp/", "!pattern"});
}

static void numbers(void **state)
{
    struct field f = {.label = "台数", .type = FT_INT};
    (void)state;
    EACH(&f, {"１２３", "123"}, {"1,234", "1234"}, {"１，２３４", "1234"}, {"-5", "-5"}, {"+7", "7"}, {"007", "7"}, {"12a", "!type"}, {"1.5", "!type"}, {"十", "!type"},
         {"9223372036854775807", "9223372036854775807"}, {"9223372036854775808", "!type"});
    f.has_min = f.has_max = true;
    f.min = 1;
    f.max = 10;
    EACH(&f, {"0", "!range"}, {"1", "1"}, {"10", "10"}, {"11", "!range"});
    f = (struct field){.label = "金額", .type = FT_MONEY};
    EACH(&f, {"¥1,200", "1200"}, {"￥１，２００", "1200"}, {"1,200円", "1200"}, {"円", "!type"});
    f = (struct field){.label = "率", .type = FT_NUMBER};
    EACH(&f, {"1.50", "1.5"}, {"２．０", "2"}, {"0.10", "0.1"}, {"007.5", "7.5"}, {"-0.5", "-0.5"}, {".5", "!type"}, {"5.", "!type"}, {"1.2.3", "!type"}, {"1e5", "!type"}, {"-", "!type"});
    f = (struct field){.label = "月", .type = FT_MONTH};
    EACH(&f, {"４", "4"}, {"12", "12"}, {"0", "!range"}, {"13", "!range"});
}

static void yes_and_no(void **state)
{
    struct field f = {.label = "暗号化", .type = FT_BOOL};
    (void)state;
    EACH(&f, {"○", "1"}, {"◯", "1"}, {"×", "0"}, {"はい", "1"}, {"いいえ", "0"}, {"yes", "1"}, {"no", "0"}, {"true", "1"}, {"0", "0"}, {"有", "1"}, {"無", "0"}, {"たぶん", "!type"});
}

static void dates(void **state)
{
    struct field f = {.label = "返却日", .type = FT_DATE};
    (void)state;
    EACH(&f, {"2026-06-01", "2026-06-01"}, {"2026/6/1", "2026-06-01"}, {"２０２６年６月１日", "2026-06-01"}, {"令和8年6月1日", "2026-06-01"}, {"R8.6.1", "2026-06-01"},
         {"令和元年5月1日", "2019-05-01"}, {"平成31年4月30日", "2019-04-30"}, {"平成31年5月1日", "!type"}, {"令和1年4月30日", "!type"}, {"2026-02-29", "!type"}, {"2028-02-29", "2028-02-29"},
         {"2026-13-01", "!type"}, {"明日", "!type"});
    f = (struct field){.label = "返却日時", .type = FT_DATETIME};
    EACH(&f, {"2026-06-01 09:00", "1780272000000000"}, {"1780272000000000", "1780272000000000"}, {"2026/6/1", "1780239600000000"}, {"2026-06-01 25:00", "!type"});
    f = (struct field){.label = "期間", .type = FT_DURATION};
    EACH(&f, {"P3Y", "P3Y"}, {"3年", "P3Y"}, {"６か月", "P6M"}, {"6ヶ月", "P6M"}, {"14日", "P14D"}, {"2週", "P2W"}, {"P-3Y", "!type"}, {"3", "!type"}, {"P3X", "!type"},
         {"P", "!type"}, {"年", "!type"}, {"P007D", "P7D"}, {"P1000000D", "!type"}, {"PT30M", "!type"}, {"30分", "!type"});
    const struct value_ctx figure = {.hours = true};
    const struct pair hours[] = {{"PT30M", "PT30M"}, {"30分", "PT30M"}, {"２時間", "PT2H"}, {"P2M", "P2M"}, {"3年", "P3Y"}, {"PT3Y", NULL}, {"PT", NULL}, {"PT-1H", NULL}, {"P1H", NULL}};
    for (size_t i = 0; i < ARRAY_N(hours); i++) {
        struct trouble_vec bad = VEC_INIT(mem);
        const char *text = NULL;
        assert_int_equal(value_read(mem, &figure, &f, "f", hours[i].typed, &text, &bad), hours[i].want != NULL);
        assert_true(hours[i].want == NULL ? bad.n == 1 : text_eq(text, hours[i].want));
    }
}

static void choices(void **state)
{
    struct choice_opt opt[] = {{"usb", "USBメモリ", "USB stick"}, {"paper", "紙", "Paper"}};
    struct choice_set set = {.id = "media", .opt = opt, .n = 2};
    struct field f = {.label = "媒体", .type = FT_CHOICE, .of = &set};
    (void)state;
    EACH(&f, {"usb", "usb"}, {"USBメモリ", "usb"}, {"ＵＳＢメモリ", "usb"}, {"紙", "paper"}, {"paper ", "paper"}, {"usb stick", "usb"}, {"石版", "!option"}, {"usb,paper", "!option"});
    struct choice_opt turned[] = {{"yes", "受けない", "No"}, {"no", "受ける", "Yes"}};   /* an id before anybody's label */
    set = (struct choice_set){.id = "hit", .opt = turned, .n = 2};
    EACH(&f, {"yes", "yes"}, {"no", "no"}, {"No", "yes"}, {"Yes", "no"}, {"受ける", "no"});
}

static void references(void **state)
{
    struct form person = {.ident = "person"};
    struct field f = {.label = "承認者", .type = FT_PERSON, .ref = &person};
    (void)state;
    assert_true(value_is_ref(&f));
    EACH(&f, {"佐藤 花子", "42"}, {"鈴木", "!reference"}, {"誰か", "!reference"});
    f = (struct field){.label = "添付", .type = FT_FILE};
    EACH(&f, {"17", "17"}, {"-1", "!type"}, {"a", "!type"});
    f = (struct field){.label = "表", .type = FT_TABLE};
    EACH(&f, {"a", "!type"});
}

static void shown(void **state)
{
    struct field f = {.label = "金額", .type = FT_MONEY};
    (void)state;
    assert_string_equal(value_show(mem, &f, "1234567", LANG_JA), "1,234,567円");
    f.type = FT_INT;
    assert_string_equal(value_show(mem, &f, "-1234", LANG_JA), "-1,234");
    assert_string_equal(value_show(mem, &f, "123", LANG_JA), "123");
    f.pattern = "year";
    assert_string_equal(value_show(mem, &f, "2026", LANG_JA), "2026");
    f.pattern = NULL;
    f.type = FT_DATE;
    assert_string_equal(value_show(mem, &f, "2026-06-01", LANG_JA), "2026/06/01");
    f.type = FT_DATETIME;
    assert_string_equal(value_show(mem, &f, "1780272000000000", LANG_JA), "2026/06/01 09:00");
    f.type = FT_BOOL;
    assert_string_equal(value_show(mem, &f, "1", LANG_JA), "はい");
    f.type = FT_DURATION;
    assert_string_equal(value_show(mem, &f, "P3Y", LANG_JA), "3年");
    assert_string_equal(value_show(mem, &f, "P2M", LANG_JA), "2か月");
    assert_string_equal(value_show(mem, &f, "PT2M", LANG_JA), "2分");
    assert_string_equal(value_show(mem, &f, "PT1H", LANG_EN), "1 hours");
    assert_string_equal(value_show(mem, &f, "P1DT2H", LANG_JA), "P1DT2H");
    assert_string_equal(value_show(mem, &f, NULL, LANG_JA), "");
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts, set_up, tear_down), cmocka_unit_test_setup_teardown(patterns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down), cmocka_unit_test_setup_teardown(yes_and_no, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates, set_up, tear_down), cmocka_unit_test_setup_teardown(choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references, set_up, tear_down), cmocka_unit_test_setup_teardown(shown, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
