/* Dates: arithmetic, what people type, wareki at the borders of eras, fiscal years, times; holidays against the published list
 * (tests/data/holidays, 1970-2050) day by day. */
#include "basetest.h"

static const char *loose(const char *typed)
{
    struct civil c;
    char t[CIVIL_TEXT_N];
    if (!civil_read_loose(mem, str_of(typed), &c))
        return "refused";
    civil_text(c, t);
    return mem_strdup(mem, t);
}

static void days(void **state)
{
    (void)state;
    assert_int_equal(civil_days((struct civil){1970, 1, 1}), 0);
    assert_int_equal(civil_days((struct civil){2000, 3, 1}), 11017);
    struct civil before = {1899, 12, 31};
    for (int64_t d = civil_days(before) + 1; d < civil_days((struct civil){2110, 1, 1}); d++) {
        struct civil c = civil_from_days(d);
        assert_true(civil_ok(c) && civil_days(c) == d);
        assert_true((c.d == before.d + 1 && c.m == before.m) || c.d == 1);
        before = c;
    }
    assert_int_equal(civil_weekday((struct civil){2026, 11, 21}), 6);
    assert_int_equal(civil_weekday((struct civil){1969, 12, 28}), 0);
    assert_false(civil_ok((struct civil){2025, 2, 29}) || civil_ok((struct civil){1900, 2, 29}) || civil_ok((struct civil){2026, 13, 1}) ||
                 civil_ok((struct civil){2026, 4, 31}) || civil_ok((struct civil){2026, 0, 1}) || civil_ok((struct civil){2026, 1, 0}));
    assert_true(civil_ok((struct civil){2024, 2, 29}) && civil_ok((struct civil){2000, 2, 29}));
}

static void strict(void **state)
{
    (void)state;
    struct civil c;
    assert_true(civil_read(STR("2024-02-29"), &c) && c.y == 2024 && c.m == 2 && c.d == 29);
    assert_false(civil_read(STR("2025-02-29"), &c) || civil_read(STR("2026-6-01"), &c) || civil_read(STR("2026/06/01"), &c) ||
                 civil_read(STR("2026-06-01 "), &c) || civil_read(STR("-026-06-01"), &c));
}

static void typed(void **state)
{
    (void)state;
    static const char *const t[][2] = {
        {"2026-06-01", "2026-06-01"}, {"2026/6/1", "2026-06-01"}, {"２０２６年６月１日", "2026-06-01"}, {" 2026.6.1 ", "2026-06-01"},
        {"令和8年6月1日", "2026-06-01"}, {"R8.6.1", "2026-06-01"}, {"r8/6/1", "2026-06-01"}, {"令和元年5月1日", "2019-05-01"},
        {"平成31年4月30日", "2019-04-30"}, {"H31.4.30", "2019-04-30"}, {"㍻31年4月30日", "2019-04-30"}, {"昭和64年1月7日", "1989-01-07"},
        {"2026年6月1日(月)", "2026-06-01"},
        {"平成31年5月1日", "refused"}, {"令和元年4月30日", "refused"}, {"昭和64年1月8日", "refused"}, {"2026/2/29", "refused"},
        {"26/6/1", "refused"}, {"2026/6", "refused"}, {"2026/6/1x", "refused"}, {"6/1/2026", "refused"}, {"", "refused"}, {"昭和百年", "refused"},
    };
    for (size_t i = 0; i < ARRAY_N(t); i++)
        assert_string_equal(loose(t[i][0]), t[i][1]);
}

static void wareki(void **state)
{
    (void)state;
    assert_string_equal(civil_wareki(mem, (struct civil){2019, 4, 30}), "平成31年4月30日");
    assert_string_equal(civil_wareki(mem, (struct civil){2019, 5, 1}), "令和元年5月1日");
    assert_string_equal(civil_wareki(mem, (struct civil){1989, 1, 7}), "昭和64年1月7日");
    assert_string_equal(civil_wareki(mem, (struct civil){1989, 1, 8}), "平成元年1月8日");
    assert_string_equal(civil_wareki(mem, (struct civil){1926, 12, 24}), "大正15年12月24日");
    assert_string_equal(civil_wareki(mem, (struct civil){2026, 6, 1}), "令和8年6月1日");
}

static void months(void **state)
{
    (void)state;
    char t[CIVIL_TEXT_N];
    static const struct { struct civil from; int n; const char *to; } m[] = {
        {{2026, 1, 31}, 1, "2026-02-28"}, {{2024, 1, 31}, 1, "2024-02-29"}, {{2026, 3, 31}, -1, "2026-02-28"}, {{2026, 12, 1}, 1, "2027-01-01"},
        {{2026, 1, 15}, -13, "2024-12-15"}, {{2024, 2, 29}, 12, "2025-02-28"},
    };
    for (size_t i = 0; i < ARRAY_N(m); i++) {
        civil_text(civil_add_months(m[i].from, m[i].n), t);
        assert_string_equal(t, m[i].to);
    }
    assert_int_equal(civil_fiscal_year((struct civil){2026, 3, 31}, 4), 2025);
    assert_int_equal(civil_fiscal_year((struct civil){2026, 4, 1}, 4), 2026);
    assert_int_equal(civil_fiscal_year((struct civil){2026, 1, 1}, 1), 2026);
}

static void times(void **state)
{
    (void)state;
    int64_t us = 0, again = 0;
    assert_true(time_read(STR("2026-11-21T02:10:33.123456Z"), &us));
    assert_string_equal(time_text(mem, us), "2026-11-21T02:10:33.123456Z");
    assert_string_equal(time_local(mem, us), "2026-11-21 11:10");
    assert_false(time_read(STR("2026-11-21T02:10:33Z"), &us) || time_read(STR("2026-11-31T02:10:33.123456Z"), &us) ||
                 time_read(STR("2026-11-21T24:10:33.123456Z"), &us));
    assert_string_equal(time_text(mem, -1), "1969-12-31T23:59:59.999999Z");
    int64_t want = civil_to_us((struct civil){2026, 6, 1}, 9, 30);
    static const char *const same[] = {"2026-06-01 09:30", "2026/6/1 9:30", "2026-06-01T09:30", "令和8年6月1日 9時30分", "2026-06-01T09:30:00",
                                       "2026-06-01T00:30:00Z", "2026-06-01T09:30:00+09:00", "2026-05-31T20:30:00.000-04:00"};
    for (size_t i = 0; i < ARRAY_N(same); i++) {
        assert_true(datetime_read_loose(mem, str_of(same[i]), &again));
        assert_true(again == want);
    }
    static const char *const bad[] = {"2026-06-01", "2026-06-01 25:00", "2026-06-01 09:60", "2026-06-01T09:30:00+0900", "2026-06-01T09:30:00.Z",
                                      "2026-06-01T09:30:00Zx", "2026-02-30T09:30:00Z", "09:30"};
    for (size_t i = 0; i < ARRAY_N(bad); i++)
        assert_false(datetime_read_loose(mem, str_of(bad[i]), &again));
    struct civil c = civil_of_us(civil_to_us((struct civil){2026, 6, 1}, 0, 0));
    assert_true(c.d == 1);
    c = civil_of_us(civil_to_us((struct civil){2026, 6, 1}, 0, 0) - 1);
    assert_true(c.m == 5 && c.d == 31);
}

/* The list's own words for what the law calls otherwise. */
static bool same_name(const char *ours, const char *theirs)
{
    if (strstr(theirs, "振替休日") != NULL)
        return strcmp(ours, "振替休日") == 0;
    if (strcmp(theirs, "休日") == 0)
        return strcmp(ours, "国民の休日") == 0;
    if (strcmp(theirs, "休日（祝日扱い）") == 0)
        return strcmp(ours, "休日(祝日扱い)") == 0;
    return strstr(ours, theirs) != NULL || strstr(theirs, ours) != NULL;
}

static void holidays(void **state)
{
    (void)state;
    struct str data, line;
    struct map *list = map_new(mem);
    assert_int_equal(file_read(mem, "tests/data/holidays/holidays.yml", 1 << 20, &data, NULL), RC_OK);
    while (str_next(&data, '\n', &line))
        if (line.n > 12 && line.p[4] == '-')
            map_set(list, mem_strndup(mem, line.p, 10), mem_strndup(mem, line.p + 12, line.n - 12));
    assert_true(map_n(list) > 1300);
    int wrong = 0;
    for (int64_t d = civil_days((struct civil){1970, 1, 1}); d <= civil_days((struct civil){2050, 12, 31}); d++) {
        char t[CIVIL_TEXT_N];
        struct civil c = civil_from_days(d);
        civil_text(c, t);
        const char *theirs = map_get(list, t), *ours = civil_holiday(c);
        if ((theirs == NULL) != (ours == NULL) || (ours != NULL && !same_name(ours, theirs))) {
            print_error("%s: ours %s, theirs %s\n", t, ours ? ours : "-", theirs ? theirs : "-");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* What the list does not reach: the first years of the law, its ends, and both rules on the days between. */
static void holidays_beyond(void **state)
{
    (void)state;
    assert_null(civil_holiday((struct civil){1948, 7, 19}));
    assert_string_equal(civil_holiday((struct civil){1948, 9, 23}), "秋分の日");
    assert_null(civil_holiday((struct civil){1948, 4, 29}));
    assert_string_equal(civil_holiday((struct civil){1949, 1, 1}), "元日");
    assert_string_equal(civil_holiday((struct civil){1959, 4, 10}), "皇太子明仁親王の結婚の儀");
    assert_null(civil_holiday((struct civil){1966, 2, 11}));
    assert_string_equal(civil_holiday((struct civil){2099, 1, 1}), "元日");
    assert_null(civil_holiday((struct civil){2100, 1, 1}));
    assert_string_equal(civil_holiday((struct civil){2026, 9, 22}), "国民の休日");
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(days), CASE(strict), CASE(typed), CASE(wareki), CASE(months), CASE(times), CASE(holidays), CASE(holidays_beyond)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
