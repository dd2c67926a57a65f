/* The stored log on both engines: append, unwind, seal, reopen, tiles over their borders, proofs, and every refusal at start. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dbtest.h"
#include "ledgertest.h"

static int made;

static void open_new(struct dbt *t, struct lt *l)
{
    char *dir = mem_fmt(t->mem, "/tmp/daicho-ledgertest-%d-%d", (int)getpid(), ++made);
    EXEC(t, "DELETE FROM head");
    lt_init(l, t->mem, t->w, dir);
    lt_must(l, lt_open(l), "open");
}

static void unlocked(struct dbt *t)
{
    if (t->engine == DB_SQLITE) {
        EXEC(t, "DROP TRIGGER ledger_no_update");
        EXEC(t, "DROP TRIGGER ledger_no_delete");
        EXEC(t, "DROP TRIGGER tile_no_delete");
    } else {
        EXEC(t, "DROP TRIGGER ledger_append_only ON ledger");
        EXEC(t, "DROP TRIGGER tile_append_only ON tile");
    }
}

static void verified(struct dbt *t, struct lt *l)
{
    struct ledger_report rep;
    OK(t, ledger_verify(t->w, t->mem, ledger_vkey(l->l), &rep, &t->e));
    if (rep.problem != NULL)
        fail_msg("%s %lld %s", rep.problem, (long long)rep.first_bad, rep.detail);
    assert_int_equal(rep.entries, ledger_size(l->l));
}

static bool receipt_ok(struct dbt *t, struct lt *l, int64_t seq)
{
    MEM_SCOPE(tmp, t->mem);
    char *text;
    struct str entry, rest, line;
    uint8_t proof[64][HASH_N], leaf[HASH_N], *raw, root[HASH_N];
    size_t n = 0, k;
    OK(t, ledger_receipt(t->w, tmp, seq, &text, &t->e));
    OK(t, ledger_entry(t->w, tmp, seq, &entry, &t->e));
    rest = str_of(text);
    assert_true(str_next(&rest, '\n', &line) && str_is(line, "c2sp.org/tlog-proof@v1") && str_next(&rest, '\n', &line));
    assert_string_equal(str_dup(tmp, line), mem_fmt(tmp, "index %lld", (long long)seq));
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        assert_true(n < 64 && b64_read(tmp, line, &raw, &k) && k == HASH_N);
        memcpy(proof[n++], raw, HASH_N);
    }
    assert_true(str_next(&rest, '\n', &line) && str_is(line, ledger_origin(l->l)) && str_next(&rest, '\n', &line) && str_next(&rest, '\n', &line));
    assert_true(b64_read(tmp, line, &raw, &k) && k == HASH_N);
    memcpy(root, raw, HASH_N);
    merkle_leaf(entry.p, entry.n, leaf);
    return merkle_verify_inclusion(seq, ledger_size(l->l), leaf, (const uint8_t(*)[HASH_N])proof, n, root);
}

static void test_first(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct str b;
    open_new(t, &l);
    assert_int_equal(ledger_size(l.l), 1);
    OK(t, ledger_entry(t->w, t->mem, 0, &b, &t->e));
    struct entry_view v;
    OK(t, entry_parse(t->mem, b, &v, &t->e));
    assert_string_equal(v.type, "ledger.opened");
    assert_string_equal(v.line[0].value, ledger_origin(l.l));
    assert_true(receipt_ok(t, &l, 0));
    verified(t, &l);
    lt_gone(&l);
}

static void test_unwind(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    int64_t seq, mark;
    open_new(t, &l);
    struct tx *tx = lt_begin(&l);
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 1), &seq, &t->e));
    assert_int_equal(seq, 1);
    mark = ledger_mark(l.l);
    OK(t, tx_savepoint(tx, &t->e));
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 2), &seq, &t->e));
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 3), &seq, &t->e));
    OK(t, tx_savepoint_end(tx, false, &t->e));
    ledger_unwind(l.l, mark);
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 4), &seq, &t->e));
    assert_int_equal(seq, 2);
    lt_commit(&l, tx);
    assert_int_equal(ledger_size(l.l), 3);
    verified(t, &l);
    tx = lt_begin(&l);                                               /* a whole transaction that fails */
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 5), &seq, &t->e));
    OK(t, ledger_seal(l.l, tx, &t->e));
    tx_rollback(tx);
    ledger_abandon(l.l);
    assert_int_equal(ledger_size(l.l), 3);
    lt_append(&l, 2);
    lt_must(&l, lt_open(&l), "reopen");
    assert_int_equal(ledger_size(l.l), 5);
    verified(t, &l);
    lt_gone(&l);
}

#define REOPEN_REFUSED(t, l, code)                                                                    \
    do {                                                                                              \
        enum rc rc_ = lt_open(l);                                                                     \
        memcpy(&(t)->e, &(l)->e, sizeof (t)->e);                                                      \
        dbt_refused((t), (code), rc_, "reopen", __FILE__, __LINE__);                                  \
    } while (0)

#ifdef DAICHO_SCENE
static void test_flip_guard(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    int64_t seq;
    open_new(t, &l);
    struct tx *tx = lt_begin(&l);
    ledger_flip_for_test(l.l, true);
    OK(t, ledger_append(l.l, tx, lt_entry(t->mem, 1), &seq, &t->e));
    REFUSED(t, ERR_LEDGER_BROKEN, ledger_seal(l.l, tx, &t->e));
    tx_rollback(tx);
    ledger_abandon(l.l);
    ledger_flip_for_test(l.l, false);
    lt_append(&l, 1);
    verified(t, &l);
    clock_scene_set(clock_now_us() - 7 * 60 * US_PER_S);
    lt_must(&l, lt_open(&l), "opens, to be read");
    assert_true(ledger_clock_behind(l.l));
    clock_scene_set(0);
    assert_false(ledger_clock_behind(l.l));
    lt_gone(&l);
}
#endif

static struct sql *head_back(struct dbt *t, const struct q_ledger_head *h)
{
    struct sql *s = SQL(t, "UPDATE head SET size = ");
    sql_i64(s, h->size);
    sql_lit(s, ", last_us = ");
    sql_i64(s, h->last_us);
    sql_lit(s, ", root = ");
    sql_blob(s, h->root.p, h->root.n);
    sql_lit(s, ", frontier = ");
    sql_blob(s, h->frontier.p, h->frontier.n);
    sql_lit(s, ", checkpoint = ");
    sql_text(s, h->checkpoint);
    return s;
}

/* An older state of the database, complete and rightly signed, is put back. */
static void test_rollback(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct q_ledger_head old;
    bool found;
    open_new(t, &l);
    lt_append(&l, 4);
    OK(t, q_ledger_head(t->w, t->mem, &old, &found, &t->e));
    lt_append(&l, 4);
    char *high = file_join(t->mem, l.conf.highwater_dir, "highwater"), *kept = file_join(t->mem, l.conf.highwater_dir, "kept");
    unlocked(t);
    EXEC(t, "DELETE FROM ledger WHERE seq >= 5");
    dbt_exec_(t, head_back(t, &old));
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);
    assert_int_equal(rename(high, kept), 0);
    if (t->engine == DB_SQLITE) {
        REOPEN_REFUSED(t, &l, ERR_LEDGER_NOHIGHWATER);                           /* without the file nobody can tell */
        EXEC(t, "DELETE FROM ledger");
        EXEC(t, "DELETE FROM head");
    } else {
        lt_must(&l, lt_open(&l), "without the file nothing stands against it");  /* the control: it is this file that refuses */
        assert_int_equal(ledger_size(l.l), 5);
        lt_append(&l, 9);                                                        /* another history, longer than the first */
        verified(t, &l);
        talloc_free(l.l);
        l.l = NULL;
    }
    assert_int_equal(rename(kept, high), 0);
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);
    EXEC(t, "DELETE FROM ledger");
    EXEC(t, "DELETE FROM head");
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);                                 /* an empty database is no new beginning */
    lt_gone(&l);
}

static void test_truncated(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 300);
    unlocked(t);
    EXEC(t, "DELETE FROM ledger WHERE seq = 300");
    REOPEN_REFUSED(t, &l, ERR_LEDGER_BROKEN);
    lt_gone(&l);
}

static void test_altered(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 300);
    unlocked(t);
    EXEC(t, "UPDATE ledger SET entry = leaf WHERE seq = 200");
    REOPEN_REFUSED(t, &l, ERR_LEDGER_BROKEN);
    lt_gone(&l);
}

static void test_key(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct str seed;
    open_new(t, &l);
    char *path = file_join(t->mem, l.conf.key_dir, "ledger.seed");
    assert_int_equal(chmod(path, 0640), 0);
    REOPEN_REFUSED(t, &l, ERR_LEDGER_KEY);
    assert_int_equal(chmod(path, 0600), 0);
    lt_must(&l, lt_open(&l), "mode put back");
    OK(t, file_read(t->mem, path, 200, &seed, &t->e));
    char *other = mem_strndup(t->mem, seed.p, seed.n);
    other[0] = other[0] == '0' ? '1' : '0';
    OK(t, file_write_atomic(path, other, seed.n, 0600, &t->e));
    REOPEN_REFUSED(t, &l, ERR_LEDGER_KEY);
    assert_int_equal(unlink(path), 0);
    REOPEN_REFUSED(t, &l, ERR_LEDGER_KEY);
    lt_gone(&l);
}

/* A ledger of a test build is no ledger for a release, and the other way round. */
static void test_origin(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    struct q_ledger_head h;
    bool found;
    open_new(t, &l);
    OK(t, q_ledger_head(t->w, t->mem, &h, &found, &t->e));
    bool scene = strncmp(h.checkpoint, "scene.", 6) == 0;
#ifdef DAICHO_SCENE
    assert_true(scene);
#else
    assert_false(scene);
#endif
    h.checkpoint = scene ? h.checkpoint + 6 : mem_fmt(t->mem, "scene.%s", h.checkpoint);
    dbt_exec_(t, head_back(t, &h));
    REOPEN_REFUSED(t, &l, ERR_LEDGER_ORIGIN);
    lt_gone(&l);
}

/* Two processes on one PostgreSQL take turns. */
static void test_two_writers(void **state)
{
    struct dbt *t = *state;
    struct lt a, b;
    struct db *w2;
    open_new(t, &a);
    OK(t, db_open(t->mem, NULL, t->url, DB_WRITER, &w2, &t->e));
    b = a;
    b.w = w2;
    b.l = NULL;
    b.conf.highwater_dir = file_join(t->mem, a.dir, "high2");
    OK(t, file_mkdirs(b.conf.highwater_dir, 0700, &t->e));
    lt_must(&b, lt_open(&b), "second process");
    for (int i = 0; i < 6; i++) {
        lt_append(&a, 100 + i);
        lt_append(&b, 1 + i);
        lt_append(&b, 60);
    }
    lt_append(&a, 1);
    assert_int_equal(ledger_size(a.l), ledger_size(b.l) + 1);
    verified(t, &a);
    lt_must(&b, lt_open(&b), "second process again");
    talloc_free(b.l);
    talloc_free(w2);
    lt_gone(&a);
}

static void consistency_ok(struct dbt *t, int64_t size1, int64_t size2, const uint8_t root1[HASH_N], const uint8_t root2[HASH_N])
{
    MEM_SCOPE(tmp, t->mem);
    char *text;
    struct str rest, line;
    uint8_t proof[64][HASH_N], *raw;
    size_t n = 0, k;
    OK(t, ledger_consistency(t->w, tmp, size1, size2, &text, &t->e));
    rest = str_of(text);
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        assert_true(n < 64 && b64_read(tmp, line, &raw, &k) && k == HASH_N);
        memcpy(proof[n++], raw, HASH_N);
    }
    assert_true(merkle_verify_consistency(size1, size2, (const uint8_t(*)[HASH_N])proof, n, root1, root2));
    uint8_t wrong[HASH_N];
    memcpy(wrong, root1, HASH_N);
    wrong[3] ^= 1;
    assert_false(merkle_verify_consistency(size1, size2, (const uint8_t(*)[HASH_N])proof, n, wrong, root2));
}

static void root_now(struct dbt *t, uint8_t ret[HASH_N])
{
    struct q_ledger_head h;
    bool found;
    OK(t, q_ledger_head(t->w, t->mem, &h, &found, &t->e));
    memcpy(ret, h.root.p, HASH_N);
}

static void tiles_over(struct dbt *t, const int64_t *sizes, size_t n, int64_t batch)
{
    struct lt l;
    uint8_t roots[16][HASH_N];
    open_new(t, &l);
    for (size_t i = 0; i < n; i++) {
        while (ledger_size(l.l) < sizes[i]) {
            int64_t left = sizes[i] - ledger_size(l.l);
            lt_append(&l, left < batch ? left : batch);
        }
        root_now(t, roots[i]);
        verified(t, &l);
        for (int64_t seq = 0; seq < sizes[i]; seq += sizes[i] / 7 + 1)
            assert_true(receipt_ok(t, &l, seq));
        assert_true(receipt_ok(t, &l, sizes[i] - 1));
        for (size_t k = 0; k < i; k++)
            consistency_ok(t, sizes[k], sizes[i], roots[k], roots[i]);
        lt_must(&l, lt_open(&l), "reopen");
    }
    lt_gone(&l);
}

static void test_tiles_256(void **state)
{
    static const int64_t sizes[] = {2, 255, 256, 257, 511, 512, 513, 700};
    tiles_over(*state, sizes, ARRAY_N(sizes), 100);
}

static void test_tiles_65536(void **state)
{
    static const int64_t sizes[] = {3, 65535, 65536, 65537, 65793, 66000};
    tiles_over(*state, sizes, ARRAY_N(sizes), 5000);
}

/* The budget of a sealed batch: one INSERT an entry, and a handful for the batch. */
static void test_statements(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 1);
    int64_t before = db_statements(t->w);
    lt_append(&l, 1);
    int64_t one = db_statements(t->w) - before;
    before = db_statements(t->w);
    lt_append(&l, 50);
    assert_int_equal(db_statements(t->w) - before, one + 49);
    assert_true(one <= 8);
    lt_gone(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOTH(test_first), BOTH(test_unwind),
#ifdef DAICHO_SCENE
                                       BOTH(test_flip_guard),
#endif
                                       BOTH(test_rollback), BOTH(test_truncated), BOTH(test_altered), BOTH(test_key), BOTH(test_origin),
                                       PGSQL(test_two_writers), BOTH(test_tiles_256), LITE(test_tiles_65536), BOTH(test_statements)};
    struct err e;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
