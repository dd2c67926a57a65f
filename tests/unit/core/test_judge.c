/* Judging when a condition cannot be computed: whom it concerns is unknown, with a reason; everybody else is judged. And judging everything once a
 * day finds nothing that judging step by step has missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/check_int.h"
#include "core/core_state.h"
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

/* Judges everything; subjects that the check's condition could not be computed for. */
static int64_t faults_of(const char *check)
{
    const struct json *args = house_obj("{\"full\":true}");
    int64_t n = 0;
    for (bool more = true; more;) {
        struct answer *ans;
        check_command(house_core, house_mem, "check.run", args, &ans);
        assert_int_equal(ans->rc, RC_OK);
        const struct json *f = json_get(ans->body, "faults");
        for (size_t i = 0; i < json_n(f); i++)
            n += strcmp(json_get_str(json_at(f, i), "check"), check) == 0 ? json_get_i64(json_at(f, i), "n", 0) : 0;
        args = ans->body;
        more = json_get_bool(args, "more");
    }
    return n;
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
    core_settle(house_core);
    assert_int_equal(faults_of("faulty:slow"), 4);                    /* the slow ones alone */
    assert_string_equal(state("faulty:slow", b), "na");
    rename_to(a, "済んだ");
    assert_string_equal(state("faulty:slow", a), "ok");
}

/* A server that is lost, a disk that is full: no verdict may come of that. Such a command fails as it did. */
static void only_conditions_are_kept_apart(void **st)
{
    struct answer *ans;
    (void)st;
    struct json *args = house_obj("{\"full\":true}");
    const struct actor sys = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};
    core_command(house_core, house_mem, &sys, "check.run", args, NULL, &ans);
    assert_int_equal(ans->rc, RC_FAIL);                               /* not asked to keep apart: the control */
    assert_int_equal(ans->err.code, ERR_DB);
    assert_int_equal(faults_of("faulty:figure"), 1);
    assert_int_equal(faults_of("faulty:sound"), 0);
    check_command(house_core, house_mem, "record.void", house_obj("{\"record\":1}"), &ans);
    assert_int_not_equal(ans->rc, RC_OK);
    assert_null(json_get(ans->body, "faults"));
}

/* ---- the daily judging of everything ---- */

static struct full_check last_day(void)
{
    struct full_check f;
    struct err e = {0};
    bool found;
    core_settle(house_core);
    struct reader r = house_reading("kanri");
    if (check_last(r.db, house_mem, &f, &found, &e) != RC_OK)
        fail_msg("%s", e.detail);
    core_read_end(&r);
    assert_true(found);
    return f;
}

/* Falsifies a verdict behind the house's back, and forgets that the day was judged. The writer rests: only this thread works. */
static void falsify(const char *check, int64_t subject, const char *to)
{
    struct tx *tx;
    struct err e = {0};
    bool fatal;
    core_settle(house_core);
    assert_int_equal(tx_begin(house_core->writer.db, &tx, &e), RC_OK);
    if (check != NULL)
        assert_int_equal(q_verdict_put(tx, check, subject, to, 1, 0, true, 0, NULL, &e), RC_OK);
    assert_int_equal(q_keep_put(tx, "checked_day", "{}", &e), RC_OK);
    assert_int_equal(tx_commit(tx, &fatal, &e), RC_OK);
    house_core->keeper.full_day[0] = '\0';
}

static void a_missed_verdict_is_counted(void **st)
{
    char today[CIVIL_TEXT_N];
    (void)st;
    int64_t a = asset("判定"), b = asset("未定");
    assert_string_equal(state("faulty:sound", a), "ok");
    falsify(NULL, 0, NULL);
    struct full_check f = last_day();
    civil_text(civil_of_us(f.at_us), today);
    assert_string_equal(f.day, today);
    assert_true(f.judged > 0);
    assert_int_equal(f.changed, 0);
    assert_int_equal(f.missed, 0);
    const struct { int64_t subject; const char *to, *which; } all[] = {
        {a, "bad", mem_fmt(house_mem, "faulty:sound %lld bad>ok", (long long)a)}, {b, "ok", mem_fmt(house_mem, "faulty:sound %lld ok>bad", (long long)b)},
        {999999, "bad", "faulty:sound 999999 ->gone"} /* of a record that there never was */};
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        falsify("faulty:sound", all[i].subject, all[i].to);
        f = last_day();
        assert_int_equal(f.changed, 1);
        assert_int_equal(f.missed, 1);
        assert_non_null(strstr(f.which, all[i].which));
    }
    assert_string_equal(state("faulty:sound", a), "ok");
    assert_string_equal(state("faulty:sound", b), "bad");
    assert_string_equal(state("faulty:sound", 999999), "-");
}

static void time_and_waiting_work_explain(void **st)
{
    static const struct { const char *was, *is, *why; int64_t next_us; bool todo, wide; int64_t changed, missed; } all[] = {
        {"ok", "ok", NULL, 0, false, false, 0, 0},  {"ok", "bad", NULL, 0, false, false, 1, 1}, {NULL, "ok", NULL, 0, false, false, 1, 1},
        {"ok", "bad", NULL, 100, false, false, 1, 0}, {"ok", "bad", NULL, 101, false, false, 1, 1}, {"ok", "bad", NULL, 0, true, false, 1, 0},
        {"ok", "bad", NULL, 0, false, true, 1, 0},  {"ok", "unknown", "steps 1", 0, false, false, 1, 0}};
    (void)st;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        struct work w = {.now_us = 100, .mem = house_mem};
        struct check k = {.key = "c"};
        struct q_verdict_get was = {.state = all[i].was, .next_us = all[i].next_us, .next_us_null = all[i].next_us == 0};
        struct full_count n = {.todo_waits = all[i].todo, .wide_waits = all[i].wide, .which = json_arr(house_mem)};
        full_count_change(&w, &k, &(struct eval){.state = all[i].is, .why = all[i].why}, all[i].was ? &was : NULL, &n);
        if (n.changed != all[i].changed || n.missed != all[i].missed)
            fail_msg("%zu: changed %lld missed %lld", i, (long long)n.changed, (long long)n.missed);
        assert_int_equal(json_n(n.which), n.missed);
    }
}

static bool on_pg;
static int house_open(void **st) { (void)st; return house_open_as(on_pg, "[\"faulty\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"}]"); }
static int house_close(void **st) { (void)st; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_figure_too_large), cmocka_unit_test(too_many_steps), cmocka_unit_test(only_conditions_are_kept_apart),
                                       cmocka_unit_test(a_missed_verdict_is_counted), cmocka_unit_test(time_and_waiting_work_explain)};
    int bad = cmocka_run_group_tests_name("judging on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("judging on PostgreSQL", tests, house_open, house_close);
}
