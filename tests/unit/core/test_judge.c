/* Judging when a condition cannot be computed: whom it concerns is unknown, with a reason; everybody else is judged. And judging everything once a
 * day finds nothing that judging step by step has missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"
#include "house.h"

static int64_t asset(const char *name)
{
    return house_make("suzuki", "asset", mem_fmt(house_mem, "{\"name\":\"%s\",\"dept\":\"%lld\",\"confidentiality\":\"c0\"}", name, (long long)house_dept("営業一課")), NULL);
}

static struct q_verdict_get verdict(const char *check, int64_t subject)
{
    struct q_verdict_get v;
    struct err e = {0};
    bool found;
    core_settle(house_core);
    struct reader r = house_reading("kanri");
    if (q_verdict_get(r.db, house_mem, check, subject, &v, &found, &e) != RC_OK)
        fail_msg("%s", e.detail);
    core_read_end(&r);
    if (!found)
        v = (struct q_verdict_get){.state = "-"};
    return v;
}

static const char *state(const char *check, int64_t subject) { return verdict(check, subject).state; }

static void rename_to(int64_t record, const char *name)
{
    struct actor s = house_as("suzuki");
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "record", record);
    json_set(args, "values", house_obj(mem_fmt(house_mem, "{\"name\":\"%s\"}", name)));
    house_good(&s, "record.save", args);
    house_good(&s, "record.submit", args);
}

static size_t todo_n(void)
{
    struct q_todo_first_rows row;
    struct err e = {0};
    struct reader r = house_reading("kanri");
    assert_int_equal(q_todo_first(r.db, house_mem, 10, &row, &e), RC_OK);
    core_read_end(&r);
    return row.n;
}

static void one_figure_too_large(void **st)
{
    struct violators v = VEC_INIT(house_mem);
    struct err e = {0};
    (void)st;
    int64_t a = asset("名簿"), bad = asset("桁あふれ"), b = asset("図面"), open = asset("未定");
    assert_string_equal(state("faulty:figure", a), "ok");
    assert_string_equal(state("faulty:figure", bad), "unknown");
    assert_string_equal(state("faulty:figure", b), "ok");
    assert_string_equal(state("faulty:sound", bad), "ok");            /* its other checks, and everybody else's */
    assert_string_equal(state("faulty:sound", open), "bad");
    assert_string_equal(state("faulty:sound", a), "ok");
    assert_int_equal(todo_n(), 0);
    struct q_verdict_get why = verdict("faulty:figure", bad);
    assert_int_equal(strncmp(why.why, "error ", 6), 0);
    assert_int_equal(strlen(why.why), 6 + 8);
    assert_false(why.next_us_null);                                   /* asked again by time, should it have passed */
    struct reader r = house_reading("kanri");
    assert_int_equal(conformity_violators(&r, "faulty", "1", NULL, 10, &v, &e), RC_OK);
    assert_int_equal(v.n, 1);
    assert_int_equal(v.v[0].state, VERDICT_UNKNOWN);
    assert_non_null(strstr(v.v[0].why, why.why + 6));
    assert_non_null(strstr(v.v[0].why, "計算できない"));
    core_read_end(&r);
    rename_to(bad, "直した");
    assert_string_equal(state("faulty:figure", bad), "ok");
    assert_null(verdict("faulty:figure", bad).why);
    rename_to(bad, "桁あふれ");                                       /* for the tests below */
    assert_string_equal(state("faulty:figure", bad), "unknown");
}

static void too_many_steps(void **st)
{
    struct err e = {0};
    (void)st;
    int64_t a = asset("手間"), b = asset("手軽");
    assert_string_equal(state("faulty:slow", a), "unknown");
    assert_string_equal(state("faulty:slow", b), "na");
    assert_string_equal(state("faulty:sound", a), "ok");
    assert_int_equal(strncmp(verdict("faulty:slow", a).why, "steps ", 6), 0);
    assert_int_equal(todo_n(), 0);
    if (check_full(house_core, &e) != RC_OK)
        fail_msg("check_full: %s", e.detail);
    assert_string_equal(state("faulty:slow", a), "unknown");
    assert_string_equal(state("faulty:slow", b), "na");
    assert_string_equal(state("faulty:sound", b), "ok");
    for (int i = 0; i < 3; i++)
        asset("手間");
    struct answer *ans;                                               /* the fourth is not even asked: the condition is what is slow */
    core_settle(house_core);
    check_command(house_core, house_mem, "check.run", house_obj("{\"check\":\"faulty:slow\",\"after\":0}"), &ans);
    assert_int_equal(ans->rc, RC_OK);
    assert_int_equal(json_get_i64(json_at(json_get(ans->body, "faults"), 0), "n", 0), 4);
    assert_string_equal(state("faulty:slow", b), "na");
    rename_to(a, "済んだ");
    assert_string_equal(state("faulty:slow", a), "ok");
}

/* A server that is lost, a disk that is full: no verdict may come of that. Such a command fails as it did. */
static void only_conditions_are_kept_apart(void **st)
{
    struct answer *ans;
    (void)st;
    struct json *args = house_obj("{\"check\":\"faulty:figure\",\"after\":0}");
    const struct actor sys = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};
    core_command(house_core, house_mem, &sys, "check.run", args, NULL, &ans);
    assert_int_equal(ans->rc, RC_FAIL);                               /* not asked to keep apart: the control */
    assert_int_equal(ans->err.code, ERR_DB);
    check_command(house_core, house_mem, "check.run", args, &ans);
    assert_int_equal(ans->rc, RC_OK);
    assert_int_equal(json_n(json_get(ans->body, "faults")), 1);
    const struct json *f = json_at(json_get(ans->body, "faults"), 0);
    assert_string_equal(json_get_str(f, "check"), "faulty:figure");
    assert_int_equal(json_get_i64(f, "n", 0), 1);
    check_command(house_core, house_mem, "record.void", house_obj("{\"record\":1}"), &ans);
    assert_int_not_equal(ans->rc, RC_OK);
    assert_null(json_get(ans->body, "faults"));
}

static bool on_pg;
static int house_open(void **st) { (void)st; return house_open_as(on_pg, "[\"faulty\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"}]"); }
static int house_close(void **st) { (void)st; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_figure_too_large), cmocka_unit_test(too_many_steps), cmocka_unit_test(only_conditions_are_kept_apart)};
    int bad = cmocka_run_group_tests_name("judging on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("judging on PostgreSQL", tests, house_open, house_close);
}
