/* Imports in chunks (docs/decisions/0006), on both engines: seen by nobody until the last row is ready, then all at once; a row that does not hold any
 * more ends the whole; two at a time; cancelled; the same act sent twice. Every test leaves a house that a rebuild finds equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_state.h"
#include "house.h"

#define MANY 210                  /* more than one reading of rows, on any machine more than one command */

static const struct actor sys = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};

static struct json *items(const char *prefix, int n, int bad_at)
{
    struct json *rows = json_arr(house_mem);
    for (int i = 0; i < n; i++) {
        struct json *row = json_add_obj(rows), *v;
        json_set_i64(row, "line", i + 2);
        v = json_set_obj(row, "values");
        json_set_str(v, "name", mem_fmt(house_mem, "%s%d", prefix, i));
        json_set_str(v, "code", mem_fmt(house_mem, "%s-%d", prefix, i));
        json_set_str(v, "figure", i == bad_at ? "101" : "7");
    }
    return rows;
}

static int64_t looked(const char *login, const struct json *rows, int64_t *ret_bad)
{
    struct actor a = house_as(login);
    struct answer *ans;
    core_import_stage(house_core, house_mem, &a, "im_item", rows, &ans);
    assert_int_equal(ans->rc, RC_OK);
    assert_int_equal(json_get_i64(ans->body, "rows", 0), (int64_t)json_n(rows));
    *ret_bad = json_get_i64(ans->body, "bad", -1);
    return json_get_i64(ans->body, "batch", 0);
}

/* Looked over and handed in: the import record. */
static int64_t handed(const char *login, const char *prefix, int n, int64_t *ret_batch)
{
    struct actor a = house_as(login);
    struct answer *ans;
    int64_t bad;
    *ret_batch = looked(login, items(prefix, n, -1), &bad);
    assert_int_equal(bad, 0);
    core_import_run(house_core, house_mem, &a, house_batch(*ret_batch), &ans);
    if (ans->rc != RC_OK)
        fail_msg("run: %s", json_text(house_mem, ans->body));
    return json_get_i64(ans->body, "import", 0);
}

/* Rows in sight whose name begins so, as a list shows them. */
static int64_t seen(const char *prefix)
{
    struct sql *s = sql_new(house_mem);
    sql_lit(s, "SELECT count(*) FROM f_im_item WHERE show = 1 AND state = 'approved' AND slot = 0 AND name >= ");
    sql_text(s, prefix);
    sql_lit(s, " AND name < ");
    sql_text(s, mem_fmt(house_mem, "%s~", prefix));
    return house_number(s);
}

static int64_t hidden_row(int64_t batch)
{
    struct reader r = house_reading("kanri");
    struct q_staging_records_rows rows;
    struct err e = {0};
    assert_int_equal(q_staging_records(r.db, house_mem, batch, 1, &rows, &e), RC_OK);
    assert_int_equal(rows.n, 1);
    core_read_end(&r);
    return rows.v[0].record;
}

static void same_again(void)
{
    struct err e = {0};
    char *difference;
    core_settle(house_core);
    if (core_rebuild(house_core, true, &difference, &e) != RC_OK || difference != NULL)
        fail_msg("rebuild: %s %s", difference ? difference : "", e.detail);
}

/* While chunks run, every new reader finds none or all. */
static void none_or_all(void **state)
{
    int64_t batch, n = 0, asked = 0;
    int64_t import = handed("suzuki", "a", MANY, &batch), row = hidden_row(batch);
    (void)state;
    struct reader r = house_reading("kanri");
    struct record rec;
    const struct grant *g;
    struct err e = {0};
    assert_int_not_equal(perm_see(&r, row, &rec, &g, &e), RC_OK);            /* not even for who reads everything */
    assert_int_equal(e.code, ERR_RECORD_MISSING);
    core_read_end(&r);
    assert_int_equal(house_tasks(row, "imports:label", NULL), 0);
    assert_string_equal(house_act("suzuki", "record.void", row, NULL), "ERR_RECORD_MISSING");
    assert_int_equal(seen("a"), 0);
    assert_string_equal(house_act("suzuki", "record.approve", import, NULL), "ERR_SELF_APPROVAL");
    assert_string_equal(house_act("sekinin", "record.approve", import, NULL), "ok");
    while (n == 0 && asked++ < 20000) {
        n = seen("a");
        assert_true(n == 0 || n == MANY);
    }
    assert_int_equal(n, MANY);
    core_settle(house_core);
    assert_string_equal(house_state(row), "approved/-");
    assert_int_equal(house_tasks(row, "imports:label", "suzuki"), 1);
    struct answer *again = house_good(&sys, "import.step", json_obj(house_mem));      /* the act that ended it, sent again */
    assert_false(json_get_bool(again->body, "more"));
    assert_int_equal(seen("a"), MANY);
    same_again();
}

static void not_one_of_them(void **state)
{
    int64_t batch;
    int64_t import = handed("suzuki", "b", 60, &batch), row = hidden_row(batch);
    (void)state;
    int64_t other = house_make("sato", "im_item", "{\"name\":\"先の品\",\"code\":\"b-59\",\"figure\":\"1\"}", NULL);
    assert_string_equal(house_act("sekinin", "record.approve", other, NULL), "ok");           /* the last row's number is taken meanwhile */
    assert_string_equal(house_act("sekinin", "record.approve", import, NULL), "ok");
    core_settle(house_core);
    assert_int_equal(seen("b"), 0);
    assert_string_equal(house_state(row), "void/-");
    assert_string_equal(house_state(import), "void/-");
    struct reader r = house_reading("suzuki");
    struct q_batch_get b;
    struct q_staging_faults_rows faults;
    struct err e = {0};
    assert_int_equal(import_batch_get(r.db, house_mem, batch, house_person("suzuki"), "im_item", &b, &e), RC_OK);
    assert_string_equal(b.state, "ended");
    assert_string_equal(b.why, "faults");
    assert_int_equal(q_staging_faults(r.db, house_mem, batch, 20, &faults, &e), RC_OK);
    assert_int_equal(faults.n, 1);
    assert_int_equal(faults.v[0].line, 61);
    core_read_end(&r);
    same_again();
}

static void two_at_a_time(void **state)
{
    int64_t first, second;
    int64_t a = handed("suzuki", "c", 30, &first), b = handed("sato", "c", 30, &second);      /* the same numbers */
    (void)state;
    assert_string_equal(house_act("sekinin", "record.approve", a, NULL), "ok");
    assert_string_equal(house_act("sekinin", "record.approve", b, NULL), "ok");
    core_settle(house_core);
    assert_int_equal(seen("c"), 30);
    assert_string_equal(house_state(a), "approved/-");
    assert_string_equal(house_state(b), "void/-");
    same_again();
}

static void others_and_cancelled(void **state)
{
    int64_t batch, bad;
    int64_t import = handed("suzuki", "d", 60, &batch);
    struct actor sato = house_as("sato"), suzuki = house_as("suzuki");
    (void)state;
    assert_string_equal(house_code_of(house_say(&sato, "import.run", house_batch(batch))), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&sato, "import.drop", house_batch(batch))), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&sato, "import.cancel", house_batch(batch))), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&suzuki, "import.cancel", house_batch(batch))), "ERR_STATE");       /* not approved yet */
    assert_string_equal(house_code_of(house_say(&suzuki, "import.step", json_obj(house_mem))), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&suzuki, "import.run", house_batch(batch))), "ERR_IMPORT");         /* twice */
    assert_string_equal(house_act("sekinin", "record.reject", import, NULL), "ok");
    core_settle(house_core);
    assert_int_equal(seen("d"), 0);
    int64_t dropped = looked("suzuki", items("e", 40, -1), &bad);
    house_good(&suzuki, "import.run", house_batch(dropped));                        /* some rows are made */
    core_settle(house_core);
    const char *said = house_code_of(house_say(&suzuki, "import.drop", house_batch(dropped)));
    assert_true(strcmp(said, "ok") == 0 || strcmp(said, "ERR_STATE") == 0);        /* a fast machine made all of them at once */
    core_settle(house_core);
    assert_int_equal(seen("e"), 0);
    same_again();
}

/* Approved and on its way, and stopped by who handed it in: none of the rows comes into force, and the import says so itself. */
static void cancelled_on_its_way(void **state)
{
    struct actor suzuki = house_as("suzuki");
    const char *said = "";
    int64_t import = 0;
    char *prefix = NULL;
    (void)state;
    for (int i = 0; i < 5 && strcmp(said, "ok") != 0; i++) {                       /* a fast machine may be through before it is asked to stop */
        int64_t batch;
        prefix = mem_fmt(house_mem, "g%d-", i);
        import = handed("suzuki", prefix, MANY * (i + 1), &batch);
        assert_string_equal(house_act("sekinin", "record.approve", import, NULL), "ok");
        said = house_code_of(house_say(&suzuki, "import.cancel", house_batch(batch)));
        core_settle(house_core);
        if (strcmp(said, "ok") == 0)
            assert_string_equal(house_code_of(house_say(&suzuki, "import.cancel", house_batch(batch))), "ERR_STATE");       /* it has ended */
    }
    assert_string_equal(said, "ok");
    assert_int_equal(seen(prefix), 0);
    assert_string_equal(house_state(import), "void/-");
    same_again();
}

static bool kept(int64_t batch)
{
    struct reader r = house_reading("kanri");
    struct q_batch_get b;
    struct err e = {0};
    bool found = false;
    assert_int_equal(q_batch_get(r.db, house_mem, batch, &b, &found, &e), RC_OK);
    core_read_end(&r);
    return found;
}

/* The last one: the clock goes on. What was looked over and not handed in is cleared after a day, not before. */
static void cleared_after_a_day(void **state)
{
    int64_t bad, batch = looked("suzuki", items("h", 5, -1), &bad), begun = clock_now_us();
    (void)state;
    clock_scene_set(begun + INT64_C(23) * 3600 * 1000000);
    core_settle(house_core);
    assert_true(kept(batch));
    clock_scene_set(begun + INT64_C(25) * 3600 * 1000000);
    core_settle(house_core);
    assert_false(kept(batch));
    same_again();
    clock_scene_set(0);
}

static void faults_are_named(void **state)
{
    int64_t bad, batch = looked("suzuki", items("f", 30, 17), &bad);
    struct actor a = house_as("suzuki");
    struct answer *ans;
    (void)state;
    assert_int_equal(bad, 1);
    core_import_run(house_core, house_mem, &a, house_batch(batch), &ans);
    assert_string_equal(house_code_of(ans), "imports:few");
    assert_non_null(strstr(json_text(house_mem, ans->body), "19 行目"));
    house_good(&a, "import.drop", house_batch(batch));
    same_again();
}

static bool on_pg;
static int open_house(void **state)
{
    (void)state;
    return house_open_as(on_pg, "[\"trial\",\"imports\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"},{\"person\":\"sekinin\",\"role\":\"security_officer\"}]");
}
static int close_house(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_or_all), cmocka_unit_test(not_one_of_them), cmocka_unit_test(two_at_a_time), cmocka_unit_test(others_and_cancelled),
        cmocka_unit_test(faults_are_named), cmocka_unit_test(cancelled_on_its_way), cmocka_unit_test(cleared_after_a_day),
    };
    int bad = cmocka_run_group_tests_name("imports on SQLite", tests, open_house, close_house);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("imports on PostgreSQL", tests, open_house, close_house);
}
