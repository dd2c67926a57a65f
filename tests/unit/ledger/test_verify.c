/* Verification notices every change: each single bit of entries, leaves, tiles, head, revisions, values, acts and the other rows that the
 * ledger binds, each deleted row, a value blanked without an erasure. SQLite: every bit; PostgreSQL: every seventh. */
#include <stdlib.h>
#include <unistd.h>
#include "dbtest.h"
#include "ledgertest.h"

static int made, flips;

static void open_new(struct dbt *t, struct lt *l)
{
    char *dir = mem_fmt(t->mem, "/tmp/daicho-verifytest-%d-%d", (int)getpid(), ++made);
    struct tx *tx = dbt_begin(t);
    OK(t, tx_exec(tx, SQL(t, "DELETE FROM head"), NULL, &t->e));
    dbt_commit(t, tx);
    lt_init(l, t->mem, t->w, dir);
    lt_must(l, lt_open(l), "open");
    lt_house(l);
}

/* Whoever edits the file has no triggers in the way. */
static void unlocked(struct dbt *t)
{
    static const char *const tables[] = {"ledger", "tile", "revision", "act", "attachment", "erasure", "log_batch", "book"};
    struct tx *tx = dbt_begin(t);
    for (size_t i = 0; i < ARRAY_N(tables); i++) {
        static const char *const lite[] = {"_no_update", "_no_delete"};
        for (size_t k = 0; k < (t->engine == DB_SQLITE ? 2u : 1u); k++) {
            struct sql *s = SQL(t, "DROP TRIGGER ");
            sql_ident(s, mem_fmt(t->mem, "%s%s", tables[i], t->engine == DB_SQLITE ? lite[k] : "_append_only"));
            if (t->engine == DB_PG) {
                sql_lit(s, " ON ");
                sql_ident(s, tables[i]);
            }
            OK(t, tx_exec(tx, s, NULL, &t->e));
        }
    }
    dbt_commit(t, tx);
}

static const char *problem_of(struct dbt *t, struct lt *l)
{
    struct ledger_report rep;
    MEM_SCOPE(tmp, t->mem);
    OK(t, ledger_verify(t->w, tmp, ledger_vkey(l->l), &rep, &t->e));
    return rep.problem;
}

/* ---- one column of one row, bit by bit ---- */

enum kind { NUM, TXT, BIN };
struct col { const char *table, *key, *col; enum kind kind; };

static struct sql *update(struct dbt *t, TALLOC_CTX *mem, const struct col *c, int64_t key, int64_t num, const char *p, size_t n)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "UPDATE ");
    sql_ident(s, c->table);
    sql_lit(s, " SET ");
    sql_ident(s, c->col);
    sql_lit(s, " = ");
    if (c->kind == NUM)
        sql_i64(s, num);
    else if (c->kind == TXT)
        sql_text(s, mem_strndup(mem, p, n));
    else
        sql_blob(s, p, n);
    sql_lit(s, " WHERE ");
    sql_ident(s, c->key);
    sql_lit(s, " = ");
    sql_i64(s, key);
    return s;
}

/* A change that the engine itself refuses (a length check, no UTF-8, a double key) counts as noticed. */
static void flip_one(struct dbt *t, struct lt *l, struct tx *tx, const struct col *c, int64_t key, int64_t num, const char *p, size_t n, size_t bit)
{
    MEM_SCOPE(tmp, t->mem);
    struct err e;
    struct ledger_report rep = {0};
    OK(t, tx_savepoint(tx, &t->e));
    flips++;
    if (tx_exec(tx, update(t, tmp, c, key, num, p, n), NULL, &e) == RC_OK && ledger_verify(t->w, tmp, ledger_vkey(l->l), &rep, &e) == RC_OK && rep.problem == NULL)
        fail_msg("bit %zu of %s.%s in row %lld does not matter", bit, c->table, c->col, (long long)key);
    OK(t, tx_savepoint_end(tx, false, &t->e));
}

static void flip_row(struct dbt *t, struct lt *l, const struct col *c, int64_t key, int64_t num, const char *value, size_t n, size_t step)
{
    char *p = mem_strndup(t->mem, value, n);
    struct tx *tx = dbt_begin(t);
    size_t bits = c->kind == NUM ? 63 : n * 8;
    for (size_t bit = (size_t)key % step; bit < bits; bit += step) {
        if (c->kind == NUM) {
            flip_one(t, l, tx, c, key, num ^ (INT64_C(1) << bit), NULL, 0, bit);
            continue;
        }
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
        if (c->kind != TXT || p[bit / 8] != '\0')
            flip_one(t, l, tx, c, key, 0, p, n, bit);
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
    }
    tx_rollback(tx);
    talloc_free(p);
}

struct cell { int64_t key, num; char *p; size_t n; bool null; };

static void flip_column(struct dbt *t, struct lt *l, const struct col *c, size_t step)
{
    VEC(struct cell) cells = VEC_INIT(t->mem);
    struct db_rows *rows = NULL;
    struct sql *s = SQL(t, "SELECT ");
    bool more;
    sql_ident(s, c->key);
    sql_lit(s, ", ");
    sql_ident(s, c->col);
    sql_lit(s, " FROM ");
    sql_ident(s, c->table);
    OK(t, db_query(t->w, t->mem, s, &rows, &t->e));
    for (OK(t, db_next(rows, &more, &t->e)); more; OK(t, db_next(rows, &more, &t->e))) {
        struct cell *x = vec_push(&cells);
        x->key = db_i64(rows, 0);
        x->null = db_is_null(rows, 1);
        if (c->kind == NUM)
            x->num = db_i64(rows, 1);
        struct str v = c->kind == NUM || x->null ? (struct str){NULL, 0} : c->kind == TXT ? str_of(db_text(rows, 1)) : db_blob(rows, 1);
        x->p = mem_strndup(t->mem, v.n ? v.p : "", v.n);
        x->n = v.n;
    }
    talloc_free(rows);
    assert_true(cells.n > 0);
    for (size_t i = 0; i < cells.n; i++)
        if (!cells.v[i].null)
            flip_row(t, l, c, cells.v[i].key, cells.v[i].num, cells.v[i].p, cells.v[i].n, step);
}

static void test_flips(void **state)
{
    static const struct col cols[] = {
        {"ledger", "seq", "seq", NUM}, {"ledger", "seq", "entry", BIN}, {"ledger", "seq", "leaf", BIN},
        {"head", "one", "size", NUM}, {"head", "one", "root", BIN}, {"head", "one", "frontier", BIN}, {"head", "one", "checkpoint", TXT}, {"head", "one", "epoch", NUM},
        {"head", "one", "last_us", NUM},
        {"revision", "id", "id", NUM}, {"revision", "id", "record", NUM}, {"revision", "id", "no", NUM}, {"revision", "id", "form", TXT}, {"revision", "id", "pack_set", NUM},
        {"revision", "id", "author", NUM}, {"revision", "id", "at", NUM}, {"revision", "id", "hash", BIN}, {"revision", "id", "commits", TXT}, {"revision", "id", "seq", NUM},
        {"revision_body", "revision", "revision", NUM}, {"revision_body", "revision", "body", TXT},
        {"act", "id", "id", NUM}, {"act", "id", "record", NUM}, {"act", "id", "revision", NUM}, {"act", "id", "no", NUM}, {"act", "id", "kind", TXT}, {"act", "id", "step", TXT},
        {"act", "id", "actor", NUM}, {"act", "id", "on_behalf", NUM}, {"act", "id", "at", NUM}, {"act", "id", "comment_commit", BIN}, {"act", "id", "effect", TXT},
        {"act", "id", "hash", BIN}, {"act", "id", "seq", NUM}, {"act_body", "act", "comment", TXT}, {"act_body", "act", "blind", BIN},
        {"attachment", "id", "id", NUM}, {"attachment", "id", "record", NUM}, {"attachment", "id", "sha256", BIN}, {"attachment", "id", "type", TXT}, {"attachment", "id", "seq", NUM},
        {"pack_set", "id", "id", NUM}, {"pack_set", "id", "hash", BIN}, {"pack_set", "id", "body", TXT}, {"pack_set", "id", "seq", NUM},
        {"log_batch", "id", "id", NUM}, {"log_batch", "id", "form", TXT}, {"log_batch", "id", "pack_set", NUM}, {"log_batch", "id", "actor", NUM},
        {"log_batch", "id", "on_behalf", NUM}, {"log_batch", "id", "at", NUM}, {"log_batch", "id", "body", TXT}, {"log_batch", "id", "hash", BIN}, {"log_batch", "id", "seq", NUM},
        {"erasure", "id", "record", NUM}, {"erasure", "id", "path", TXT}, {"erasure", "id", "ground", TXT}, {"erasure", "id", "seq", NUM}};
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    unlocked(t);
    assert_null(problem_of(t, &l));
    flips = 0;
    for (size_t i = 0; i < ARRAY_N(cols); i++)
        flip_column(t, &l, &cols[i], t->engine == DB_SQLITE ? 1 : 7);
    assert_true(flips > 4000);
    assert_null(problem_of(t, &l));
    lt_gone(&l);
}

static void test_tile_flips(void **state)
{
    static const struct col hashes = {"tile", "n", "hashes", BIN}, n = {"tile", "n", "n", NUM}, level = {"tile", "n", "level", NUM};
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 550);
    unlocked(t);
    assert_null(problem_of(t, &l));
    flip_column(t, &l, &hashes, t->engine == DB_SQLITE ? 97 : 397);
    flip_column(t, &l, &n, 1);
    flip_column(t, &l, &level, 1);
    lt_gone(&l);
}

/* ---- whole rows ---- */

static void noticed(struct dbt *t, struct lt *l, struct sql *s, const char *want)
{
    struct tx *tx = dbt_begin(t);
    int64_t changed = 0;
    OK(t, tx_exec(tx, s, &changed, &t->e));
    assert_int_equal(changed, 1);
    const char *got = problem_of(t, l);
    if (got == NULL || strcmp(got, want) != 0)
        fail_msg("%s: expected %s, got %s", sql_debug(s), want, got ? got : "nothing");
    tx_rollback(tx);
    assert_null(problem_of(t, l));
}

static void test_deleted(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    unlocked(t);
    noticed(t, &l, SQL(t, "DELETE FROM ledger WHERE seq = 4"), "ledger.problem.missing");
    noticed(t, &l, SQL(t, "DELETE FROM ledger WHERE seq = 0"), "ledger.problem.missing");
    noticed(t, &l, SQL(t, "INSERT INTO ledger (seq, entry, leaf) SELECT 100, entry, leaf FROM ledger WHERE seq = 1"), "ledger.problem.extra");
    noticed(t, &l, SQL(t, "DELETE FROM revision WHERE id = 20"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM revision_body WHERE revision = 21"), "ledger.problem.value");
    noticed(t, &l, SQL(t, "DELETE FROM act WHERE id = 31"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM act_body WHERE act = 33"), "ledger.problem.comment");
    noticed(t, &l, SQL(t, "DELETE FROM attachment WHERE id = 90"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM pack_set WHERE id = 3"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM erasure WHERE id = 40"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM log_batch WHERE id = 50"), "ledger.problem.rows");
    noticed(t, &l, SQL(t, "DELETE FROM revision WHERE id = 51"), "ledger.problem.log");
    noticed(t, &l, SQL(t, "UPDATE revision SET seq = 2 WHERE id = 52"), "ledger.problem.revision");
    noticed(t, &l, SQL(t, "UPDATE revision_body SET body = replace(body, '山田', '山本') WHERE revision = 52"), "ledger.problem.value");
    noticed(t, &l, SQL(t, "DELETE FROM book"), "ledger.problem.value");
    noticed(t, &l, SQL(t, "UPDATE book SET body = replace(body, '12 3', '12 2')"), "ledger.problem.book");
    noticed(t, &l, SQL(t, "UPDATE revision_body SET body = replace(body, '山田', '山本') WHERE revision = 21"), "ledger.problem.value");
    noticed(t, &l, SQL(t, "UPDATE erasure SET path = 'name'"), "ledger.problem.erasure");
    noticed(t, &l, SQL(t, "INSERT INTO erasure (id, record, path, ground, actor, at, seq) SELECT 41, record, 'name', ground, actor, at, seq FROM erasure"), "ledger.problem.erasure");
    lt_gone(&l);
}

/* A value taken away is an erasure only where an executed one covers it. */
static void test_blanked(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct q_revision_body_get row;
    bool found;
    open_new(t, &l);
    struct json *body, *out;
    for (size_t i = 0; i < 6; i++) {
        int64_t rev = i < 3 ? 21 : 22;
        OK(t, q_revision_body_get(t->w, t->mem, rev, &row, &found, &t->e));
        OK(t, json_read(t->mem, str_of(row.body), 1 << 20, &body, &t->e));
        out = json_arr(t->mem);
        for (size_t k = 0; k < 3; k++) {
            struct json *item = json_add_arr(out);
            json_add_str(item, json_str(json_at(json_at(body, k), 0)));
            json_add_str(item, k == i % 3 ? NULL : json_str(json_at(json_at(body, k), 1)));
            json_add_str(item, k == i % 3 ? NULL : json_str(json_at(json_at(body, k), 2)));
        }
        struct tx *tx = dbt_begin(t);
        OK(t, q_revision_body_set(tx, rev, json_text(t->mem, out), &t->e));
        const char *p = problem_of(t, &l);
        if (i == 1)
            assert_null(p);                              /* items[0] was erased after revision 21 and before 22 */
        else
            assert_string_equal(p, "ledger.problem.value");
        tx_rollback(tx);
    }
    lt_gone(&l);
}

static void test_wrong_key(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct ledger_report rep;
    open_new(t, &l);
    OK(t, ledger_verify(t->w, t->mem, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", &rep, &t->e));
    assert_string_equal(rep.problem, "ledger.problem.signature");
    OK(t, ledger_verify(t->w, t->mem, "nonsense", &rep, &t->e));
    assert_string_equal(rep.problem, "ledger.problem.vkey");
    lt_gone(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOTH(test_flips), BOTH(test_tile_flips), BOTH(test_deleted), BOTH(test_blanked), BOTH(test_wrong_key)};
    struct err e;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
