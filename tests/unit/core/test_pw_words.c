/* Which words a password may not lean on, in which spellings; and which passwords go through: a rule that refuses everything helps nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"

static TALLOC_CTX *mem;

static void names(void **state)
{
    static const struct { const char *password, *name; bool in; } all[] = {
        {"Suzuki-9x!", "suzuki", true}, {"sUZUKI9", "suzuki", true}, {"5uzuk1-x", "suzuki", true}, {"Ｓｕｚｕｋｉ-9", "suzuki", true}, {"Suzu-ki-9", "suzuki", false},
        {"鈴木-kaze", "鈴木", true}, {"鈴-木", "鈴木", false}, {"Suzuki-1", "すずき", true}, {"Suzuki-1", "スズキ", true}, {"すずき1", "スズキ", true}, {"ｽｽﾞｷ1", "すずき", true},
        {"Satou-77x", "さとう", true}, {"Sato-77x", "さとう", true}, {"Satoh-77x", "さとう", true}, {"Ono-1", "おおの", true}, {"Shinji-9", "しんじ", true}, {"Sinzi-9", "シンジ", true},
        {"Chiba-9", "ちば", true}, {"Tiba-9", "ちば", true}, {"Fujita-9", "ふじた", true}, {"Huzita-9", "ふじた", true}, {"Ishimatsu", "いしまつ", true}, {"Isimatu", "いしまつ", true},
        {"Junichi-9", "じゅんいち", true}, {"Zyuniti-9", "じゅんいち", true}, {"Honma-9", "ほんま", true}, {"Homma-9", "ほんま", true}, {"Hattori-9", "はっとり", true}, {"Nanba-9", "なんば", true},
        {"Namba-9", "なんば", true}, {"Hocchi-9", "ほっち", false}, {"Kaze-no-9x", "すずき", false}, {"Kaze-no-9x", "鈴木", false}, {"Ri-9-kaze", "り", false}, {"abc", "", false}, {"abc", NULL, false},
        {"Kita-9", "北商事", false}, {"北商事-9", "北商事", true}, {"Daicho!", "daicho", true}, {"D41cho!", "daicho", true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (password_has_name(mem, all[i].password, all[i].name) != all[i].in)
            fail_msg("%s in %s: %d", all[i].name ? all[i].name : "NULL", all[i].password, !all[i].in);
}

static void words(void **state)
{
    static const struct { const char *password, *word; } all[] = {
        {"Password-1", "password"}, {"P@ssw0rd!!2026", "password"}, {"p455w0rd-XYZ1", "password"}, {"Qwerty-2026!", "qwerty"}, {"Sakura2026!!", "sakura"}, {"2026!Sakura", "sakura"}, {"Admin-2026-x", "admin"},
        {"Welcome-2026", "welcome"}, {"1qaz-Abcdef!", "abcdef"}, {"Abcdef-12345", "abcdef"}, {"Aaaaaa-1111!", "aaaaa"}, {"Iloveyou-1!", "iloveyou"}, {"Zxcvbnm,.1A", "zxcvbnm"},
        {"Himitsu-no-kagi-1", NULL}, {"Kaze-no-9x", NULL}, {"Sakura-no-hanami-9", NULL}, {"Kita-2026-example", NULL}, {"Umi-2026-xyz", NULL}, {"Umi-2026-x", NULL}, {"Hajime-2026-sign", NULL},
        {"Atarashii-2027-x", NULL}, {"桜の花見-Abc1", NULL}, {"", NULL}, {"Pa-ss-wo-rd1", NULL}};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (!text_eq(password_common(mem, all[i].password), all[i].word) && (all[i].word != NULL || password_common(mem, all[i].password) != NULL))
            fail_msg("%s: %s", all[i].password, password_common(mem, all[i].password) ? password_common(mem, all[i].password) : "(nothing)");
}

int main(void)
{
    mem_init();
    mem = mem_root(0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(words)};
    int bad = cmocka_run_group_tests_name("words in passwords", tests, NULL, NULL);
    talloc_free(mem);
    return bad;
}
