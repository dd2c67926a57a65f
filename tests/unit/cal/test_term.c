/* Ends of terms against a second implementation (tests/tools/terms.py wrote tests/data/terms.csv): worked examples, each day of a year, 400 random
 * instants of 50 years; and the day on which to warn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "cal/cal.h"

static const struct cal_term terms[] = {          /* in the order of the file's columns */
    {.days = 30, .first = true, .next = true}, {.days = 60, .first = true, .next = true}, {.days = 5, .first = true}, {.days = 10},
    {.days = 10, .next = true}, {.days = 3, .open = true}, {.days = 3, .first = true, .open = true}, {.hours = 72},
};

static int64_t at(TALLOC_CTX *mem, struct str s)
{
    int64_t us = 0;
    if (!datetime_read_loose(mem, s, &us))
        fail_msg("%.*s", (int)s.n, s.p);
    return us;
}

static void as_the_second_says(void **state)
{
    TALLOC_CTX *mem = mem_root(0);
    struct str file, line, cell;
    size_t lines = 0;
    (void)state;
    assert_int_equal(file_read(mem, "tests/data/terms.csv", 1 << 20, &file, NULL), RC_OK);
    assert_true(str_next(&file, '\n', &line));
    while (str_next(&file, '\n', &line)) {
        if (line.n == 0)
            continue;
        assert_true(str_next(&line, ',', &cell));
        int64_t start = at(mem, cell);
        for (size_t i = 0; i < ARRAY_N(terms); i++) {
            assert_true(str_next(&line, ',', &cell));
            int64_t want = at(mem, cell), got = cal_deadline(&terms[i], start);
            if (got != want)
                fail_msg("term %zu from %s: %s, expected %.*s", i, time_local(mem, start), time_local(mem, got), (int)cell.n, cell.p);
        }
        lines++;
    }
    assert_true(lines > 700);
    talloc_free(mem);
}

static void to_the_moment(void **state)
{
    (void)state;
    struct civil known = {2026, 12, 1}, last = {2027, 1, 4};
    assert_true(cal_deadline(&terms[0], civil_to_us(known, 0, 0)) == civil_end_us(last));
    assert_true(cal_deadline(&terms[0], civil_end_us(known) - 1) == civil_end_us(last));
    assert_true(cal_deadline(&terms[7], 5) == 72 * INT64_C(3600) * US_PER_S + 5);
}

static void numbered_days(void **state)
{
    (void)state;
    int64_t start = civil_to_us((struct civil){2026, 6, 5}, 12, 0);                /* a Friday */
    assert_true(civil_days(cal_day(&terms[2], start, 3)) == civil_days((struct civil){2026, 6, 7}));
    assert_true(civil_days(cal_day(&terms[3], start, 1)) == civil_days((struct civil){2026, 6, 6}));
    assert_true(civil_days(cal_day(&terms[5], start, 1)) == civil_days((struct civil){2026, 6, 8}));
    assert_true(civil_days(cal_day(&terms[6], start, 1)) == civil_days((struct civil){2026, 6, 5}));
    assert_true(civil_days(cal_day(&terms[0], start, 30)) == civil_days((struct civil){2026, 7, 4}));       /* before it moves */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_second_says), cmocka_unit_test(to_the_moment), cmocka_unit_test(numbered_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
