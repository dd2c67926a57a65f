/* On which days something recurs: first days of periods, phases of fiscal years, leap days, turns of years, far ahead; and what is no rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "cal/cal.h"

#define DAYS 400
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

static struct civil on(const char *text)
{
    struct civil c;
    assert_true(civil_read(str_of(text), &c));
    return c;
}

/* "2026-06-01 2027-06-01": the days in [from, to] for one who adopted on `adopted`. */
static const char *days(const char *rrule, const char *adopted, int fiscal, const char *from, const char *to)
{
    struct civil day[DAYS];
    struct err e = {0};
    size_t n;
    char *out = mem_strdup(mem, "");
    assert_int_equal(cal_check(rrule), CAL_OK);
    assert_int_equal(cal_days(rrule, cal_phase(rrule, on(adopted), fiscal), on(from), on(to), day, DAYS, &n, &e), RC_OK);
    for (size_t i = 0; i < n; i++) {
        char text[CIVIL_TEXT_N];
        civil_text(day[i], text);
        out = mem_fmt(mem, "%s%s%s", out, i > 0 ? " " : "", text);
    }
    return out;
}

static void first_day_of_its_period(void **state)
{
    (void)state;
    assert_string_equal(days("FREQ=YEARLY;BYMONTH=6", "2026-06-10", 4, "2026-04-01", "2028-12-31"), "2026-06-01 2027-06-01 2028-06-01");
    assert_string_equal(days("FREQ=YEARLY;BYMONTH=4,10", "2026-06-10", 4, "2026-06-10", "2027-10-01"), "2026-10-01 2027-04-01 2027-10-01");
    assert_string_equal(days("FREQ=WEEKLY;BYDAY=MO", "2026-04-02", 4, "2026-04-02", "2026-04-20"), "2026-04-06 2026-04-13 2026-04-20");
    assert_string_equal(days("FREQ=WEEKLY", "2026-04-02", 4, "2026-03-30", "2026-04-13"), "2026-03-30 2026-04-06 2026-04-13");
    assert_string_equal(days("FREQ=DAILY", "2026-12-30", 4, "2026-12-30", "2027-01-02"), "2026-12-30 2026-12-31 2027-01-01 2027-01-02");
    assert_string_equal(days("FREQ=MONTHLY", "2026-11-15", 4, "2026-11-15", "2027-02-28"), "2026-12-01 2027-01-01 2027-02-01");
    assert_string_equal(days("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-15", 4, "2027-12-15", "2028-03-31"), "2027-12-31 2028-01-31 2028-02-29 2028-03-31");
    assert_string_equal(days("FREQ=MONTHLY;BYDAY=-1FR", "2027-01-15", 4, "2027-12-15", "2028-01-31"), "2027-12-31 2028-01-28");
}

/* A rule that names no month counts in the fiscal year, from the month in which it starts. */
static void fiscal_year_gives_the_phase(void **state)
{
    (void)state;
    assert_string_equal(days("FREQ=MONTHLY;INTERVAL=3", "2026-11-15", 4, "2026-11-15", "2027-10-31"), "2027-01-01 2027-04-01 2027-07-01 2027-10-01");
    assert_string_equal(days("FREQ=MONTHLY;INTERVAL=3", "2026-11-15", 3, "2026-11-15", "2027-10-31"), "2026-12-01 2027-03-01 2027-06-01 2027-09-01");
    assert_string_equal(days("FREQ=YEARLY", "2026-11-15", 4, "2026-11-15", "2028-12-31"), "2027-04-01 2028-04-01");
    assert_string_equal(days("FREQ=YEARLY", "2026-11-15", 1, "2026-11-15", "2028-12-31"), "2027-01-01 2028-01-01");
    assert_string_equal(days("FREQ=YEARLY;INTERVAL=3", "2026-11-15", 4, "2026-04-01", "2032-12-31"), "2026-04-01 2029-04-01 2032-04-01");
    assert_string_equal(days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-04-02", 4, "2026-03-01", "2026-04-30"), "2026-03-30 2026-04-13 2026-04-27");
}

static void leap_days_and_turns_of_years(void **state)
{
    (void)state;
    assert_string_equal(days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01", 4, "2026-01-01", "2036-12-31"), "2028-02-29 2032-02-29 2036-02-29");
    assert_string_equal(days("FREQ=DAILY", "2027-06-01", 4, "2028-02-28", "2028-03-01"), "2028-02-28 2028-02-29 2028-03-01");
    assert_string_equal(days("FREQ=WEEKLY;BYDAY=MO", "2026-06-01", 4, "2026-12-28", "2027-01-04"), "2026-12-28 2027-01-04");
    assert_string_equal(days("FREQ=WEEKLY;BYDAY=MO", "2026-06-01", 4, "2027-03-29", "2027-04-05"), "2027-03-29 2027-04-05");
    assert_string_equal(days("FREQ=MONTHLY", "2026-06-01", 4, "2027-03-31", "2027-04-30"), "2027-04-01");
}

/* Nothing stops silently: a century of every week and every day, without a gap. */
static void goes_on(void **state)
{
    struct civil day[DAYS], next;
    struct err e = {0};
    size_t n;
    bool found;
    (void)state;
    for (int y = 2026; y < 2126; y++) {
        struct civil from = {y, 1, 1}, to = {y, 12, 31};
        assert_int_equal(cal_days("FREQ=WEEKLY;BYDAY=MO", cal_phase("FREQ=WEEKLY;BYDAY=MO", on("2026-06-10"), 4), from, to, day, DAYS, &n, &e), RC_OK);
        assert_in_range(n, y == 2026 ? 40 : 52, 53);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(civil_weekday(day[i]), 1);
        assert_int_equal(cal_days("FREQ=YEARLY;BYMONTH=6", on("2026-04-01"), from, to, day, DAYS, &n, &e), RC_OK);
        assert_int_equal(n, 1);
        assert_true(day[0].m == 6 && day[0].d == 1);
    }
    assert_int_equal(cal_days("FREQ=DAILY", on("2026-04-01"), on("2100-01-01"), on("2100-12-31"), day, DAYS, &n, &e), RC_OK);
    assert_int_equal(n, 365);
    assert_int_equal(cal_next("FREQ=MONTHLY;INTERVAL=3", on("2026-04-01"), on("2036-12-31"), &next, &found, &e), RC_OK);
    assert_true(found && next.y == 2037 && next.m == 1 && next.d == 1);
    assert_int_equal(cal_next("FREQ=MONTHLY;INTERVAL=3", on("2026-04-01"), on("2037-01-01"), &next, &found, &e), RC_OK);
    assert_true(found && next.y == 2037 && next.m == 4 && next.d == 1);
}

/* A century of days for room of ten: the last ten. */
static void bounded(void **state)
{
    struct civil day[10];
    struct err e = {0};
    size_t n;
    (void)state;
    assert_int_equal(cal_days("FREQ=DAILY", on("2026-04-01"), on("2026-04-01"), on("2126-04-01"), day, 10, &n, &e), RC_OK);
    assert_int_equal(n, 10);
    assert_true(day[0].y == 2126 && day[0].m == 3 && day[0].d == 23);
    assert_true(day[9].y == 2126 && day[9].m == 4 && day[9].d == 1);
    assert_int_equal(cal_days("FREQ=DAILY", on("2026-04-01"), on("2026-04-01"), on("2126-04-01"), day, 0, &n, &e), RC_OK);
    assert_int_equal(n, 0);
}

static void no_rule(void **state)
{
    static const char *const bad[] = {"", ";", "FREQ", "FREQ=", "FREQ=HOURLY", "FREQ=yearly", "BYMONTH=6", "FREQ=YEARLY;", "FREQ=YEARLY;;BYMONTH=6", "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=0", "FREQ=YEARLY;BYMONTH=6,", "FREQ=YEARLY;BYMONTH=", "FREQ=YEARLY;BYMONTH=-1", "FREQ=MONTHLY;INTERVAL=0", "FREQ=MONTHLY;INTERVAL=1,2",
        "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=54MO", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=WEEKLY;BYDAY=M",
        "FREQ=YEARLY;RSCALE=CHINESE", "FREQ=YEARLY;BYHOUR=9", "FREQ=YEARLY;FREQ=DAILY", "FREQ=YEARLY;BYMONTH=6;BYMONTH=7", "FREQ=WEEKLY;WKST=1MO", "FREQ=YEARLY;BYYEARDAY=367",
        "FREQ=YEARLY;BYWEEKNO=54", "FREQ=YEARLY;BYSETPOS=x", "FREQ=YEARLY BYMONTH=6"};
    struct civil day;
    struct err e = {0};
    size_t n;
    bool found;
    (void)state;
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        if (cal_check(bad[i]) != CAL_RULE)
            fail_msg("taken for a rule: %s", bad[i]);
        assert_int_equal(cal_days(bad[i], on("2026-04-01"), on("2026-04-01"), on("2026-05-01"), &day, 1, &n, &e), RC_FAIL);
        assert_int_equal(cal_next(bad[i], on("2026-04-01"), on("2026-04-01"), &day, &found, &e), RC_FAIL);
    }
    assert_int_equal(cal_check("FREQ=YEARLY;COUNT=3"), CAL_ENDS);
    assert_int_equal(cal_check("FREQ=YEARLY;UNTIL=20300101"), CAL_ENDS);
    assert_int_equal(cal_check("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), CAL_NEVER);
    assert_int_equal(cal_check("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"), CAL_OK);
}

static void parts(void **state)
{
    (void)state;
    assert_int_equal(cal_freq("FREQ=DAILY"), CAL_DAILY);
    assert_int_equal(cal_freq("INTERVAL=2;FREQ=WEEKLY"), CAL_WEEKLY);
    assert_int_equal(cal_freq("FREQ=MONTHLY"), CAL_MONTHLY);
    assert_int_equal(cal_freq("FREQ=YEARLY"), CAL_YEARLY);
    assert_true(cal_has("FREQ=YEARLY;BYMONTH=6", "BYMONTH"));
    assert_false(cal_has("FREQ=YEARLY;BYMONTHDAY=6", "BYMONTH"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_day_of_its_period, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fiscal_year_gives_the_phase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leap_days_and_turns_of_years, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
