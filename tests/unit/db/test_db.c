/* Values, statements, transactions, savepoints, append-only tables, migrations, and who may write: on both engines. */
#include <math.h>
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "dbtest.h"
#include "pgtest.h"

static void test_statements_prepare(void **state)
{
    struct dbt *t = *state;
    assert_true(db_statement_n() > 0);
    for (size_t i = 0; i < db_statement_n(); i++) {
        if (db_statement_prepare(t->w, db_statement_at(i), &t->e) != RC_OK)
            fail_msg("%s: %s", db_statement_at(i)->name, t->e.detail);
    }
    const struct db_statement bad = {"bad", "i", "SELECT nothing FROM keep WHERE k = $1", 1};
    REFUSED(t, ERR_DB, db_statement_prepare(t->w, &bad, &t->e));
}

static void values_row(struct dbt *t, struct tx *tx, int64_t id, int64_t i, double r, const char *s, const void *p, size_t n)
{
    struct sql *q = SQL(t, "INSERT INTO f_values (id, i, r, s, b) VALUES (");
    sql_i64(q, id);
    sql_lit(q, ", ");
    sql_i64(q, i);
    sql_lit(q, ", ");
    sql_real(q, r);
    sql_lit(q, ", ");
    sql_text(q, s);
    sql_lit(q, ", ");
    sql_blob(q, p, n);
    sql_lit(q, ")");
    int64_t changed = 0;
    OK(t, tx_exec(tx, q, &changed, &t->e));
    assert_int_equal(changed, 1);
}

static const struct db_col values_cols[] = {{"id", DB_INT, false}, {"i", DB_INT, true}, {"r", DB_REAL, false},
                                            {"s", DB_TEXT, false}, {"b", DB_BLOB, false}};
static const struct db_table values_table = {.name = "f_values", .col = values_cols, .col_n = 5, .key = {"id"}, .index = {{"s", "i"}}};

static void test_values(void **state)
{
    struct dbt *t = *state;
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    const int64_t ints[] = {INT64_MIN, INT64_MAX, 0, -1, INT64_C(9007199254740993)};
    const double reals[] = {0.1, -1e300, 5e-324, 1.0 / 3.0, 0};
    struct tx *tx = dbt_begin(t);
    OK(t, db_table_ensure(tx, &values_table, &t->e));
    for (int i = 0; i < 5; i++)
        values_row(t, tx, i, ints[i], reals[i], "免震 'x' \\ $1", bytes, i == 4 ? 0 : 256);
    values_row(t, tx, 5, 1, 1, NULL, NULL, 0);
    dbt_commit(t, tx);
    struct db_rows *rows = NULL;
    OK(t, db_query(t->w, t->mem, SQL(t, "SELECT i, r, s, b, i IS NULL FROM f_values ORDER BY id"), &rows, &t->e));
    for (int i = 0; i < 6; i++) {
        bool more = false;
        OK(t, db_next(rows, &more, &t->e));
        assert_true(more);
        assert_int_equal(db_cols(rows), 5);
        assert_int_equal(db_i64(rows, 4), 0);
        if (i == 5) {
            assert_true(db_is_null(rows, 2) && db_text(rows, 2) == NULL && db_is_null(rows, 3) && db_blob(rows, 3).p == NULL);
            continue;
        }
        assert_true(db_i64(rows, 0) == ints[i]);
        assert_memory_equal(&(double){db_real(rows, 1)}, &reals[i], sizeof(double));
        assert_string_equal(db_text(rows, 2), "免震 'x' \\ $1");
        struct str b = db_blob(rows, 3);
        assert_int_equal(b.n, i == 4 ? 0 : 256);
        assert_non_null(b.p);
        assert_memory_equal(b.p, bytes, b.n);
    }
    bool more = true;
    OK(t, db_next(rows, &more, &t->e));
    assert_false(more);
    talloc_free(rows);
}

static void test_generated(void **state)
{
    struct dbt *t = *state;
    struct q_db_keep_get got = {0};
    bool found = true;
    OK(t, q_db_keep_get(t->w, t->mem, "a", &got, &found, &t->e));
    assert_false(found);
    struct tx *tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "a", "1", &t->e));
    OK(t, q_db_keep_set(tx, "a", "2", &t->e));
    OK(t, q_db_keep_set(tx, "b", "3", &t->e));
    OK(t, q_db_keep_swap(tx, "a", "2", "4", &t->e));
    REFUSED(t, ERR_DB_STALE, q_db_keep_swap(tx, "a", "2", "5", &t->e));
    OK(t, q_db_keep_get(tx_db(tx), t->mem, "a", &got, &found, &t->e));
    assert_true(found);
    assert_string_equal(got.v, "4");
    struct q_db_keep_all_rows all = {0};
    OK(t, q_db_keep_all(tx_db(tx), t->mem, &all, &t->e));
    assert_int_equal(all.n, 2);
    assert_string_equal(all.v[1].k, "b");
    struct str hash = {"\0\1h", 3}, content = {"a\0b", 3};
    OK(t, q_db_file_put(tx, hash, content, &t->e));
    struct q_db_file_get file = {0};
    OK(t, q_db_file_get(tx_db(tx), t->mem, hash, &file, &t->e));
    assert_true(str_eq(file.content, content));
    REFUSED(t, ERR_DB_NOTFOUND, q_db_file_get(tx_db(tx), t->mem, content, &file, &t->e));
    OK(t, q_db_verdict_put(tx, "c", 7, "ok", 1, 0, true, 9, &t->e));
    struct q_db_verdict_get v = {0};
    OK(t, q_db_verdict_get(tx_db(tx), t->mem, "c", 7, &v, &found, &t->e));
    assert_true(found && v.next_us_null && v.as_of == 9);
    OK(t, q_db_verdict_put(tx, "c", 7, "ok", 1, 5, false, 9, &t->e));
    OK(t, q_db_verdict_get(tx_db(tx), t->mem, "c", 7, &v, &found, &t->e));
    assert_true(!v.next_us_null && v.next_us == 5);
    dbt_commit(t, tx);
    size_t blocks = mem_blocks(t->w);
    int64_t before = db_statements(t->w);
    for (int i = 0; i < 10; i++)
        OK(t, q_db_keep_get(t->w, t->mem, "a", &got, &found, &t->e));
    assert_int_equal(mem_blocks(t->w), blocks);
    assert_int_equal(db_statements(t->w) - before, 10);
}

/* Days whose answer can be looked up: 2024-12-30 is closed, 2025-01-06 is the first business day of 2025. */
static void test_days(void **state)
{
    struct dbt *t = *state;
    struct q_day_get d = {0}, later = {0};
    bool found = false;
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "SELECT count(*) FROM day")), 36525);
    OK(t, q_day_get(t->w, t->mem, "2024-12-27", &d, &found, &t->e));
    assert_true(found && d.open == 1);
    OK(t, q_day_get(t->w, t->mem, "2024-12-30", &later, &found, &t->e));
    assert_true(found && later.open == 0 && later.bn == d.bn);
    struct q_day_business b = {0};
    OK(t, q_day_business(t->w, t->mem, d.bn + 1, &b, &found, &t->e));
    assert_true(found);
    assert_string_equal(b.d, "2025-01-06");
    OK(t, q_day_get(t->w, t->mem, "2026-05-05", &d, &found, &t->e));
    assert_true(found && d.open == 0 && d.name != NULL);
}

static void test_savepoints(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "kept", "1", &t->e));
    OK(t, tx_savepoint(tx, &t->e));
    OK(t, q_db_keep_set(tx, "undone", "1", &t->e));
    REFUSED(t, ERR_DB_CONSTRAINT, q_db_keep_set(tx, "bad", NULL, &t->e));
    OK(t, tx_savepoint_end(tx, false, &t->e));
    OK(t, tx_savepoint(tx, &t->e));
    OK(t, q_db_keep_set(tx, "released", "1", &t->e));
    OK(t, tx_savepoint_end(tx, true, &t->e));
    dbt_commit(t, tx);
    struct q_db_keep_all_rows all = {0};
    OK(t, q_db_keep_all(t->w, t->mem, &all, &t->e));
    assert_int_equal(all.n, 2);
    assert_string_equal(all.v[0].k, "kept");
    assert_string_equal(all.v[1].k, "released");
    tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "gone", "1", &t->e));
    tx_rollback(tx);
    OK(t, q_db_keep_all(t->w, t->mem, &all, &t->e));
    assert_int_equal(all.n, 2);
}

/* A spoiled transaction (a failed statement outside of a savepoint) is never reported as committed on PostgreSQL. */
static void test_spoiled(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "x", "1", &t->e));
    REFUSED(t, ERR_DB_CONSTRAINT, q_db_keep_set(tx, "bad", NULL, &t->e));
    bool fatal = true;
    REFUSED(t, ERR_DB, tx_commit(tx, &fatal, &t->e));
    assert_false(fatal);
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "SELECT count(*) FROM keep")), 0);
}

static void test_append_only(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    struct sql *s = SQL(t, "INSERT INTO ledger (seq, entry, leaf) VALUES (0, ");
    sql_blob(s, "e", 1);
    sql_lit(s, ", ");
    sql_blob(s, "01234567890123456789012345678901", 32);
    sql_lit(s, ")");
    OK(t, tx_exec(tx, s, NULL, &t->e));
    dbt_commit(t, tx);
    static const char *const tables[] = {"ledger", "tile", "revision", "act", "attachment", "erasure"};
    for (size_t i = 0; i < ARRAY_N(tables); i++) {
        /* SQLite's triggers are per row: only ledger has one here; the others are looked up by name. */
        struct sql *q = SQL(t, "DELETE FROM ");
        sql_ident(q, tables[i]);
        if (i == 0 || t->engine == DB_PG) {
            tx = dbt_begin(t);
            REFUSED(t, ERR_DB_CONSTRAINT, tx_exec(tx, q, NULL, &t->e));
            tx_rollback(tx);
        } else {
            struct sql *n = SQL(t, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ");
            sql_text(n, tables[i]);
            assert_int_equal(dbt_i64(t, t->w, n), 2);
        }
    }
    tx = dbt_begin(t);
    REFUSED(t, ERR_DB_CONSTRAINT, tx_exec(tx, SQL(t, "UPDATE ledger SET seq = 5"), NULL, &t->e));
    tx_rollback(tx);
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "SELECT seq FROM ledger")), 0);
}

static void test_migrate_twice(void **state)
{
    struct dbt *t = *state;
    OK(t, db_migrate(t->w, &t->e));
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "SELECT count(*) FROM day")), 36525);
    struct tx *tx = dbt_begin(t);
    OK(t, tx_exec(tx, SQL(t, "INSERT INTO migration (no, sum, at) VALUES (9999, 'x', 1)"), NULL, &t->e));
    dbt_commit(t, tx);
    REFUSED(t, ERR_DB_MIGRATE, db_migrate(t->w, &t->e));
    tx = dbt_begin(t);
    OK(t, tx_exec(tx, SQL(t, "DELETE FROM migration WHERE no = 9999"), NULL, &t->e));
    OK(t, tx_exec(tx, SQL(t, "UPDATE migration SET sum = 'other' WHERE no = 1"), NULL, &t->e));
    dbt_commit(t, tx);
    REFUSED(t, ERR_DB_MIGRATE, db_migrate(t->w, &t->e));
}

static void test_reader_cannot_write(void **state)
{
    struct dbt *t = *state;
    struct db *r = dbt_reader(t);
    struct db_rows *rows = NULL;
    REFUSED(t, ERR_DB_REFUSED, db_query(r, t->mem, SQL(t, "INSERT INTO keep (k, v) VALUES ('a', 'b')"), &rows, &t->e));
    REFUSED(t, ERR_DB_REFUSED, db_query(r, t->mem, SQL(t, "DELETE FROM day"), &rows, &t->e));
    assert_int_equal(dbt_i64(t, r, SQL(t, "SELECT count(*) FROM keep")), 0);
    talloc_free(r);
}

/* A reader's snapshot does not move while the writer commits. */
static void test_snapshot(void **state)
{
    struct dbt *t = *state;
    struct db_pool *pool = NULL;
    struct db *r = NULL, *again = NULL;
    OK(t, db_pool_new(t->mem, t->path, t->url, 1, &pool, &t->e));
    OK(t, db_pool_take(pool, &r, &t->e));
    OK(t, db_read_begin(r, &t->e));
    assert_int_equal(dbt_i64(t, r, SQL(t, "SELECT count(*) FROM keep")), 0);
    struct tx *tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "a", "1", &t->e));
    dbt_commit(t, tx);
    assert_int_equal(dbt_i64(t, r, SQL(t, "SELECT count(*) FROM keep")), 0);
    db_pool_give(pool, r);
    OK(t, db_pool_take(pool, &again, &t->e));
    assert_ptr_equal(r, again);
    assert_int_equal(dbt_i64(t, again, SQL(t, "SELECT count(*) FROM keep")), 1);
    db_pool_give(pool, again);
    talloc_free(pool);
}

static void test_nested_same_statement(void **state)
{
    struct dbt *t = *state;
    struct db_rows *a = NULL, *b = NULL;
    bool more = false;
    OK(t, db_query(t->w, t->mem, SQL(t, "SELECT n FROM day ORDER BY d LIMIT 3"), &a, &t->e));
    OK(t, db_next(a, &more, &t->e));
    int64_t first = db_i64(a, 0);
    OK(t, db_query(t->w, t->mem, SQL(t, "SELECT n FROM day ORDER BY d LIMIT 3"), &b, &t->e));
    OK(t, db_next(b, &more, &t->e));
    OK(t, db_next(b, &more, &t->e));
    assert_int_equal(db_i64(b, 0), first + 1);
    assert_int_equal(db_i64(a, 0), first);
    OK(t, db_next(a, &more, &t->e));
    assert_int_equal(db_i64(a, 0), first + 1);
    talloc_free(b);
    talloc_free(a);
}

/* More different statements than the cache has places, some still being read. */
static void test_cache_overflows(void **state)
{
    struct dbt *t = *state;
    struct db_rows *open = NULL;
    bool more = false;
    OK(t, db_query(t->w, t->mem, SQL(t, "SELECT n FROM day ORDER BY n LIMIT 2"), &open, &t->e));
    for (int i = 0; i < 1500; i++) {
        struct sql *s = SQL(t, "SELECT ");
        for (int k = 0; k <= i % 150; k++)
            sql_lit(s, "1 + ");
        if (i / 150 % 2)
            sql_lit(s, "0 + ");
        for (int k = 0; k < i / 300; k++)
            sql_lit(s, "0 + ");
        sql_i64(s, i);
        assert_int_equal(dbt_i64(t, t->w, s), i + i % 150 + 1);
    }
    OK(t, db_next(open, &more, &t->e));
    assert_true(more);
    talloc_free(open);
}

/* The child exits with 0 when it is refused. */
static void test_second_writer(void **state)
{
    struct dbt *t = *state;
    struct db *w2 = NULL;
    REFUSED(t, ERR_LEDGER_LOCKED, db_open(t->mem, t->path, NULL, DB_WRITER, &w2, &t->e));
    pid_t pid = fork();
    if (pid == 0) {
        struct err e = {0};
        enum rc rc = db_open(t->mem, t->path, NULL, DB_WRITER, &w2, &e);
        _exit(rc != RC_OK && e.code == ERR_LEDGER_LOCKED ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    talloc_free(t->w);
    OK(t, db_open(t->root, t->path, NULL, DB_WRITER, &t->w, &t->e));
}

static void test_hard_link_and_missing(void **state)
{
    struct dbt *t = *state;
    struct db *r = NULL;
    char *other = mem_fmt(t->mem, "%s.link", t->path);
    assert_int_equal(link(t->path, other), 0);
    enum rc rc = db_open(t->mem, t->path, NULL, DB_READER, &r, &t->e);
    unlink(other);
    REFUSED(t, ERR_DB_REFUSED, rc);
    REFUSED(t, ERR_DB_NOTFOUND, db_open(t->mem, "/tmp/daicho-none/x.db", NULL, DB_READER, &r, &t->e));
}

static void test_full(void **state)
{
    struct dbt *t = *state;
    struct db_rows *rows = NULL;
    OK(t, db_query(t->w, t->mem, SQL(t, "PRAGMA max_page_count = 1"), &rows, &t->e));
    talloc_free(rows);
    char *big = mem_strndup(t->mem, "", 0);
    big = mem_array(t->mem, char, 1 << 22);
    memset(big, 'x', (1 << 22) - 1);
    struct tx *tx = dbt_begin(t);
    REFUSED(t, ERR_DB_FULL, q_db_keep_set(tx, "big", big, &t->e));
    bool fatal = true;
    enum rc rc = tx_commit(tx, &fatal, &t->e);
    assert_false(fatal);
    assert_true(rc == RC_OK || t->e.code == ERR_DB);
    assert_int_equal(dbt_i64(t, t->w, SQL(t, "SELECT count(*) FROM keep")), 0);
}

static void test_backup(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, q_db_keep_set(tx, "a", "1", &t->e));
    dbt_commit(t, tx);
    struct db *r = dbt_reader(t), *copy = NULL;
    char *to = mem_fmt(t->mem, "%s.copy", t->path);
    OK(t, db_backup(r, to, &t->e));
    REFUSED(t, ERR_DB, db_backup(r, to, &t->e));      /* never over a file that is there */
    OK(t, db_open(t->mem, to, NULL, DB_READER, &copy, &t->e));
    assert_int_equal(dbt_i64(t, copy, SQL(t, "SELECT count(*) FROM keep")), 1);
    talloc_free(copy);
    talloc_free(r);
    unlink(to);
    OK(t, db_scrub(t->w, &t->e));
}

static void test_table_ensure(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, db_table_ensure(tx, &values_table, &t->e));
    OK(t, db_table_ensure(tx, &values_table, &t->e));
    values_row(t, tx, 1, 2, 3, "s", "b", 1);
    struct db_col more[6];
    memcpy(more, values_cols, sizeof values_cols);
    more[5] = (struct db_col){"added", DB_TEXT, true};
    struct db_table wider = values_table;
    wider.col = more;
    wider.col_n = 6;
    OK(t, db_table_ensure(tx, &wider, &t->e));
    assert_int_equal(dbt_i64(t, tx_db(tx), SQL(t, "SELECT count(*) FROM f_values WHERE added IS NULL AND i = 2")), 1);
    more[1].type = DB_TEXT;
    REFUSED(t, ERR_DB_MIGRATE, db_table_ensure(tx, &wider, &t->e));
    more[1] = (struct db_col){"i; drop table keep", DB_INT, false};
    REFUSED(t, ERR_DB_MIGRATE, db_table_ensure(tx, &wider, &t->e));
    char *plan = NULL;
    OK(t, db_explain(tx_db(tx), t->mem, SQL(t, "SELECT id FROM f_values WHERE added = 'x'"), &plan, &t->e));
    assert_non_null(strstr(plan, "ix_f_values_added"));
    dbt_commit(t, tx);
}

/* A result that nobody read to its end is ended with the transaction; what is freed later touches the connection no more. */
static void open_results_end(void **state)
{
    struct dbt *t = *state;
    struct db_rows *rows = NULL;
    bool more = false;
    TALLOC_CTX *longer = mem_root(0);
    struct sql *s = SQL(t, "SELECT 1 AS a UNION ALL SELECT 2");
    struct tx *tx = dbt_begin(t);
    OK(t, tx_savepoint(tx, &t->e));
    OK(t, db_query(tx_db(tx), longer, s, &rows, &t->e));
    OK(t, db_next(rows, &more, &t->e));
    assert_true(more);
    OK(t, tx_savepoint_end(tx, true, &t->e));
    OK(t, db_next(rows, &more, &t->e));
    assert_false(more);
    assert_int_equal(db_cols(rows), 1);
    OK(t, db_query(tx_db(tx), longer, s, &rows, &t->e));
    OK(t, db_next(rows, &more, &t->e));
    dbt_commit(t, tx);
    talloc_free(t->w);
    t->w = NULL;
    talloc_free(longer);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        BOTH(open_results_end),
        BOTH(test_statements_prepare), BOTH(test_values), BOTH(test_generated), BOTH(test_days), BOTH(test_savepoints),
        PGSQL(test_spoiled), BOTH(test_append_only), BOTH(test_migrate_twice), BOTH(test_reader_cannot_write), BOTH(test_snapshot),
        BOTH(test_nested_same_statement), BOTH(test_cache_overflows), LITE(test_second_writer), LITE(test_hard_link_and_missing),
        LITE(test_full), LITE(test_backup), BOTH(test_table_ensure),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
