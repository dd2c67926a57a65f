/* The tasks of schedules in chunks, on both engines: bounded, once each however often it is asked and wherever it is cut, after an outage no more
 * than the bound, and equal when rebuilt at every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_state.h"
#include "house.h"

#define MANY 450                  /* more than two chunks of 200 */

static const struct actor sys = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};

static int64_t noon(int day) { return civil_to_us((struct civil){2026, 6, day}, 12, 0); }

static int64_t number(const char *sql)
{
    struct sql *s = sql_new(house_mem);
    if (strcmp(sql, "ledger") == 0)
        sql_lit(s, "SELECT count(*) FROM ledger");
    else
        sql_lit(s, "SELECT count(*) FROM task WHERE name = 'sched:daily' AND state = 'open'");
    return house_number(s);
}

static void equal(void)
{
    char *difference = NULL;
    struct err e = {0};
    assert_int_equal(core_rebuild(house_core, true, &difference, &e), RC_OK);
    if (difference != NULL)
        fail_msg("rebuilt: %s", difference);
}

static bool step(void)
{
    return json_get_bool(house_good(&sys, "schedule.run", json_obj(house_mem))->body, "more");
}

static void in_chunks(bool on_pg)
{
    int chunks = 0;
    clock_scene_set(noon(1));
    assert_int_equal(house_open_as(on_pg, "[\"sched\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"}]"), 0);
    for (int i = 0; i < MANY; i++)
        (void)house_make("suzuki", "asset", mem_fmt(house_mem, "{\"name\":\"資産%d\",\"dept\":\"%lld\",\"confidentiality\":\"c0\"}", i, (long long)house_dept("営業一課")), NULL);
    core_settle(house_core);
    assert_int_equal(number("task"), 0);                 /* the day of adoption was looked at before there was anything */
    keeper_stop(house_core);
    clock_scene_set(noon(2));
    for (bool more = true; more; chunks++) {
        int64_t before = number("task");
        more = step();
        assert_true(number("task") - before <= 200);
        if (chunks == 0) {
            assert_true(more && number("task") > before);
            equal();
        }
    }
    assert_true(chunks > 2);
    assert_int_equal(number("task"), MANY);
    int64_t entries = number("ledger");
    assert_false(step());
    assert_int_equal(number("task"), MANY);
    assert_int_equal(number("ledger"), entries);         /* a day that was done writes nothing */
    equal();
    assert_int_equal(house_end(), 0);
}

static void chunks_on_sqlite(void **state) { (void)state; in_chunks(false); }
static void chunks_on_pg(void **state) { (void)state; in_chunks(true); }

/* Off for a year: of a daily schedule the last 35 days and today. */
static void outage(void **state)
{
    (void)state;
    clock_scene_set(noon(1));
    assert_int_equal(house_open_as(false, "[\"sched\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"}]"), 0);
    int64_t a = house_make("suzuki", "asset", mem_fmt(house_mem, "{\"name\":\"資産\",\"dept\":\"%lld\",\"confidentiality\":\"c0\"}", (long long)house_dept("営業一課")), NULL);
    core_settle(house_core);
    clock_scene_set(noon(1) + INT64_C(365) * US_PER_DAY);
    core_settle(house_core);
    assert_int_equal(number("task"), 36);
    assert_int_equal(house_tasks(a, "sched:daily", "kanri"), 36);
    equal();
    assert_int_equal(house_end(), 0);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(chunks_on_sqlite), cmocka_unit_test(outage), cmocka_unit_test(chunks_on_pg)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
