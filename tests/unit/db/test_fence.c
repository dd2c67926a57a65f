/* What a condition can and cannot do, on both engines: every attack here must be refused or stopped. */
#include <string.h>
#include <unistd.h>
#include "dbtest.h"

enum { STEPS = 2000000 };

static enum rc fenced(struct dbt *t, struct db *db, const char *text, int64_t *ret_v)
{
    struct sql *s = sql_new(t->mem);
    sql_cond_params(s, 1, 0, 1000, "2026-06-01");
    sql_compiled(s, text);
    struct db_rows *rows = NULL;
    enum rc rc = db_query_fenced(db, t->mem, s, STEPS, &rows, &t->e);
    bool more = true;
    while (rc == RC_OK && more) {
        rc = db_next(rows, &more, &t->e);
        if (rc == RC_OK && more && ret_v != NULL)
            *ret_v = db_i64(rows, 0);
    }
    talloc_free(rows);
    return rc;
}

static void test_allowed(void **state)
{
    struct dbt *t = *state;
    static const struct { const char *text; int64_t want; } good[] = {
        {"select count(*) from day d where d.d <= $4 and d.n > $1 - $1", 9649},
        {"select case when exists (select 1 from record r where r.id = $1) then 1 else 0 end", 0},
        {"select coalesce(max(x.n), 0) - coalesce(min(x.n), 0) from (select n from day where d in ('2026-06-01', '2026-06-02')) x", 1},
        {"select count(*) from day a, day b where a.d = $4 and b.d = a.d and a.name is not distinct from b.name", 1},
        {"select $3 + $2 + length('it''s')", 1004},
        {"select not exists (select 1 from record where id = $1)", 1},
        {"with recursive w_up(x) as (select 1 union all select x + 1 from w_up where x < 5) select max(x) from w_up", 5},
    };
    for (size_t i = 0; i < ARRAY_N(good); i++) {
        int64_t v = -1;
        if (fenced(t, t->w, good[i].text, &v) != RC_OK)
            fail_msg("%s: %s", good[i].text, t->e.detail);
        if (v != good[i].want)
            fail_msg("%s: %lld", good[i].text, (long long)v);
    }
}

static void test_attacks(void **state)
{
    struct dbt *t = *state;
    static const char *const bad[] = {
        "insert into keep (k, v) values ('a', 'b')",
        "delete from record",
        "update record set state = 'approved'",
        "select 1; delete from keep",
        "select 1 -- comment",
        "select /* x */ 1",
        "attach '/tmp/x' as y",
        "pragma query_only = 0",
        "select load_extension('/tmp/x.so')",
        "select pg_sleep(10)",
        "select readfile('/etc/passwd')",
        "select randomblob(1000000000)",
        "select set_config('role', 'x', true)",
        "select hash from account_login",
        "select count(*) from day, account_login",
        "select count(*) from day cross join session",
        "select count(*) from (select 1 as x from day) q, session",
        "select count(*) from (account_login)",
        "select 1 where exists (select 1 from sqlite_master)",
        "select count(*) from pragma_table_info('record')",
        "select count(*) from pg_catalog.pg_class",
        "select count(*) from public.session",
        "select count(*) from information_schema.tables",
        "select count(*) from \"session\"",
        "select n from day for update",
        "select n into x from day",
        "select * from day a union select * from account_login",
        "table session",
        "select 'a' || E'\\' , pg_sleep(1) , '",
        "select $$'$$ , pg_sleep(1) , $$'$$",
        "with session as (select hash from account_login) select 1 from session",
        "with w_x as (select 1), y as (delete from keep returning k) select 1",
        "select distinct from day, session",
        "select count(*) from generate_series(1, 1000000000)",
        "select query_to_xml('delete from keep', true, true, '')",
        "select 1::text",
        "select (select count(*) from ledger)",
        "select (1",
        "select 'open",
    };
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        t->e = (struct err){0};
        if (fenced(t, t->w, bad[i], NULL) == RC_OK)
            fail_msg("ran: %s", bad[i]);
        if (t->e.code != ERR_DB_REFUSED)
            fail_msg("%s: %s %s", bad[i], err_info(t->e.code)->name, t->e.detail);
    }
}

/* Both queries would run for hours; the limit ends them. In a transaction a savepoint carries on after it. */
static void test_endless(void **state)
{
    struct dbt *t = *state;
    static const char *const endless[] = {
        "with recursive w_x(n) as (select 1 union all select n + 1 from w_x) select max(n) from w_x",
        "select count(*) from day a, day b, day c where a.n + b.n < c.n",
    };
    struct db *r = dbt_reader(t);
    for (size_t i = 0; i < ARRAY_N(endless); i++) {
        int64_t begin = clock_mono_us();
        REFUSED(t, ERR_DB_STEPS, fenced(t, r, endless[i], NULL));
        assert_true(clock_mono_us() - begin < 20 * US_PER_S);
        struct tx *tx = dbt_begin(t);
        OK(t, tx_savepoint(tx, &t->e));
        REFUSED(t, ERR_DB_STEPS, fenced(t, t->w, endless[i], NULL));
        OK(t, tx_savepoint_end(tx, false, &t->e));
        OK(t, q_db_keep_set(tx, "after", "1", &t->e));
        dbt_commit(t, tx);
    }
    int64_t v = 0;
    OK(t, fenced(t, r, "select count(*) from day", &v));
    assert_int_equal(v, 36525);
    talloc_free(r);
}

/* Being refused as a condition does not refuse the same text elsewhere, nor the other way round. */
static void test_fence_is_separate(void **state)
{
    struct dbt *t = *state;
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "select count(*) from account_login")), 0);
    REFUSED(t, ERR_DB_REFUSED, fenced(t, t->w, "select count(*) from account_login", NULL));
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "select count(*) from account_login")), 0);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {BOTH(test_allowed), BOTH(test_attacks), BOTH(test_endless), BOTH(test_fence_is_separate)};
    return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}
