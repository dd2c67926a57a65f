/* Clocks: which version counts, what a pack may name, what people read about the count, and the shipped ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "condset.h"

static TALLOC_CTX *mem;

static int set_up(void **state)
{
    (void)state;
    mem = mem_root(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    talloc_free(mem);
    return 0;
}

static const struct clock *clock_of(const char *id) { return pack_clock(condset(), condset_scope().pack, id); }
static int64_t at(int y, int m, int d, int hour) { return civil_to_us((struct civil){y, m, d}, hour, 0); }

static void version_of_the_day(void **state)
{
    (void)state;
    const struct clock *c = clock_of("dated");
    assert_non_null(c);
    assert_int_equal(pack_clock_at(c, INT64_C(1780000000000000))->term.hours, 1);
    assert_int_equal(pack_clock_at(c, INT64_C(1779999999999999))->term.hours, 24);
    assert_null(pack_clock_at(c, INT64_C(1778999999999999)));
    assert_null(clock_of("nowhere"));
    assert_null(pack_clock(condset(), &condset()->pack[0], "dated"));          /* core does not know what sme counts */
}

static void said(const char *id, int64_t start, const char *ja, const char *en)
{
    const struct clock *c = clock_of(id);
    assert_string_equal(pack_clock_say(mem, c, start, LANG_JA), ja);
    assert_string_equal(pack_clock_say(mem, c, start, LANG_EN), en);
}

static void in_words(void **state)
{
    (void)state;
    said("d30", at(2026, 6, 1, 9), "2026/06/01 を1日目とする暦日で30日目は 2026/06/30。", "2026/06/30 is day 30, counting 2026/06/01 as day 1.");
    said("d30", at(2026, 12, 1, 9), "2026/12/01 を1日目とする暦日で30日目は 2026/12/30。 閉庁日なので、次の開庁日 2027/01/04 まで。",
         "2026/12/30 is day 30, counting 2026/12/01 as day 1. It is closed, so until the next open day 2027/01/04.");
    said("n10", at(2026, 6, 1, 9), "2026/06/01 の翌日を1日目とする暦日で10日目は 2026/06/11。", "2026/06/11 is day 10, counting the day after 2026/06/01 as day 1.");
    said("o3", at(2026, 6, 5, 9), "2026/06/05 より後の開庁日で3日目は 2026/06/10。", "2026/06/10 is open day 3 after 2026/06/05.");
    said("o3f", at(2026, 6, 5, 9), "2026/06/05 から数える開庁日で3日目は 2026/06/09。", "2026/06/09 is open day 3, counting from 2026/06/05.");
    said("h72", at(2026, 6, 5, 9), "2026-06-05 09:00 から72時間。", "72 hours from 2026-06-05 09:00.");
}

/* The reading of "three to five days" and the terms of the law as the shipped pack has them. */
static void of_the_law(void **state)
{
    static const struct { const char *id; int days, hours, early; bool next; } want[] = {
        {"ppc_prompt", 5, 0, 3, false}, {"ppc_final_30", 30, 0, 23, true}, {"ppc_final_60", 60, 0, 46, true}, {"persons", 30, 0, 3, true}, {"entruster_prompt", 5, 0, 3, false},
        {"mn_prompt", 5, 0, 3, false}, {"mn_final_30", 30, 0, 23, true}, {"mn_final_60", 60, 0, 46, true}, {"pmark_prompt", 5, 0, 3, false}, {"pmark_final_30", 30, 0, 23, false},
        {"pmark_final_60", 60, 0, 46, false}, {"contract_at_once", 0, 1, 0, false},
    };
    const char *law = "law";
    struct pack_set *set = NULL;
    struct problem_vec problems;
    struct err e = {0};
    (void)state;
    assert_int_equal(pack_load(mem, "packs", &law, 1, NULL, 0, &set, &problems, &e), RC_OK);
    assert_non_null(set);
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        const struct clock *c = pack_clock(set, pack_by_id(set, "law"), want[i].id);
        assert_non_null(c);
        assert_int_equal(c->term.days, want[i].days);
        assert_int_equal(c->term.hours, want[i].hours);
        assert_int_equal(c->early, want[i].early);
        assert_int_equal(c->term.next, want[i].next);
        assert_int_equal(c->term.first, want[i].days != 0);
        assert_false(c->term.open);
    }
    const struct clock *final = pack_clock(set, pack_by_id(set, "law"), "ppc_final_30");
    assert_null(pack_clock_at(final, at(2022, 3, 31, 23)));
    assert_ptr_equal(pack_clock_at(final, at(2022, 4, 1, 0)), final);
    assert_true(pack_clock_early(final, at(2026, 12, 1, 9)) == at(2026, 12, 23, 0));
    assert_true(pack_clock_early(pack_clock(set, NULL, "contract_at_once"), at(2026, 12, 1, 9)) == 0);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(version_of_the_day), cmocka_unit_test(in_words), cmocka_unit_test(of_the_law)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
