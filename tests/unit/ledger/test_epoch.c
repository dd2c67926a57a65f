/* Restored copies: a new epoch whose first entry says what is lost; what is refused at start without one; steps of the clock. */
#include <stdlib.h>
#include <unistd.h>
#include "dbtest.h"
#include "ledger/ledger_int.h"
#include "ledgertest.h"

static int made;

static void open_new(struct dbt *t, struct lt *l)
{
    char *dir = mem_fmt(t->mem, "/tmp/daicho-epochtest-%d-%d", (int)getpid(), ++made);
    EXEC(t, "DELETE FROM head");
    lt_init(l, t->mem, t->w, dir);
    lt_must(l, lt_open(l), "open");
    if (t->engine == DB_SQLITE)
        EXEC(t, "DROP TRIGGER IF EXISTS ledger_no_delete");
    else
        EXEC(t, "DROP TRIGGER IF EXISTS ledger_append_only ON ledger");
}

static void refused(struct dbt *t, struct lt *l, enum err_code code, int line)
{
    enum rc rc = lt_open(l);
    memcpy(&t->e, &l->e, sizeof t->e);
    dbt_refused(t, code, rc, "reopen", __FILE__, line);
}
#define REOPEN_REFUSED(t, l, code) refused((t), (l), (code), __LINE__)

/* Puts the database back to the head given: a backup of that moment. */
static void back_to(struct dbt *t, const struct q_ledger_head *h)
{
    struct sql *d = SQL(t, "DELETE FROM ledger WHERE seq >= ");
    sql_i64(d, h->size);
    dbt_exec_(t, d);
    struct sql *s = SQL(t, "UPDATE head SET size = ");
    sql_i64(s, h->size);
    sql_lit(s, ", epoch = ");
    sql_i64(s, h->epoch);
    sql_lit(s, ", last_us = ");
    sql_i64(s, h->last_us);
    sql_lit(s, ", root = ");
    sql_blob(s, h->root.p, h->root.n);
    sql_lit(s, ", frontier = ");
    sql_blob(s, h->frontier.p, h->frontier.n);
    sql_lit(s, ", checkpoint = ");
    sql_text(s, h->checkpoint);
    dbt_exec_(t, s);
}

static struct q_ledger_head head_now(struct dbt *t)
{
    struct q_ledger_head h;
    bool found;
    OK(t, q_ledger_head(t->w, t->mem, &h, &found, &t->e));
    return h;
}

static struct ledger_report report(struct dbt *t, struct lt *l)
{
    struct ledger_report rep;
    OK(t, ledger_verify(t->w, t->mem, ledger_vkey(l->l), &rep, &t->e));
    return rep;
}

static const char *field(struct dbt *t, int64_t seq, const char *key)
{
    struct str b;
    struct entry_view v;
    OK(t, ledger_entry(t->w, t->mem, seq, &b, &t->e));
    OK(t, entry_parse(t->mem, b, &v, &t->e));
    for (size_t i = 0; i < v.line_n; i++)
        if (text_eq(v.line[i].key, key))
            return v.line[i].value;
    return NULL;
}

static void test_lost_tail(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 4);
    struct q_ledger_head old = head_now(t);
    lt_append(&l, 3);
    struct q_ledger_head newest = head_now(t);
    back_to(t, &old);
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);
    l.conf.restored = true;
    lt_must(&l, lt_open(&l), "restored");
    assert_int_equal(ledger_size(l.l), 6);
    assert_string_equal(field(t, 5, "lost"), "3");
    assert_string_equal(field(t, 5, "size"), "5");
    assert_string_equal(field(t, 5, "known"), "8");
    assert_true(strstr(ledger_origin(l.l), "/e2") != NULL);
    struct ledger_report rep = report(t, &l);
    assert_null(rep.problem);
    assert_int_equal(rep.epochs, 2);
    assert_int_equal(rep.lost, 3);
    l.conf.restored = false;
    lt_must(&l, lt_open(&l), "the second epoch opens by itself");
    lt_append(&l, 5);
    struct q_ledger_head second = head_now(t);
    assert_int_equal(second.epoch, 2);
    back_to(t, &old);                                          /* the first epoch's copy once more */
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);
    l.conf.restored = true;
    l.conf.known = newest.checkpoint;                          /* older than what the high-water file knows */
    lt_must(&l, lt_open(&l), "restored again");
    assert_true(strstr(ledger_origin(l.l), "/e3") != NULL);
    assert_string_equal(field(t, 5, "known"), mem_fmt(t->mem, "%lld", (long long)second.size));
    rep = report(t, &l);
    assert_null(rep.problem);
    lt_gone(&l);
}

static void test_nothing_lost(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 4);
    l.conf.restored = true;
    lt_must(&l, lt_open(&l), "restored whole");
    assert_true(strstr(ledger_origin(l.l), "/e1") != NULL);
    assert_int_equal(ledger_size(l.l), 6);
    assert_string_equal(field(t, 5, "lost"), "0");
    l.conf.why = "vouched";
    lt_must(&l, lt_open(&l), "vouched for");
    assert_true(strstr(ledger_origin(l.l), "/e2") != NULL);
    l.conf.why = NULL;
    (void)remove(file_join(t->mem, l.conf.highwater_dir, "highwater"));
    lt_must(&l, lt_open(&l), "nobody knows what was signed");
    assert_true(strstr(ledger_origin(l.l), "/e3") != NULL);
    assert_string_equal(field(t, ledger_size(l.l) - 1, "lost"), "unknown");
    assert_null(report(t, &l).problem);
    l.conf.known = "not a note";
    REOPEN_REFUSED(t, &l, ERR_LEDGER_KEY);
    lt_gone(&l);
}

/* An entry of another epoch that lies about where it goes on, or comes without one: verification names it. */
static void lie(struct dbt *t, const char *origin, const char *old, int64_t size, uint8_t flip)
{
    struct lt l;
    struct checkpoint at = {.size = size}, none = {.size = -1};
    struct key k;
    uint8_t seed[32] = {7};
    int64_t seq;
    open_new(t, &l);
    lt_append(&l, 4);
    struct q_ledger_head h = head_now(t);
    memcpy(at.root, h.root.p, HASH_N);
    at.root[0] ^= flip;
    at.origin = old ? mem_strdup(t->mem, old) : mem_strdup(t->mem, ledger_origin(l.l));
    key_make(&k, origin ? origin : origin_with_epoch(t->mem, ledger_origin(l.l), 2), seed);
    struct tx *tx = lt_begin(&l);
    OK(t, ledger_append(l.l, tx, epoch_entry(t->mem, &k, &at, &none, "lie"), &seq, &t->e));
    lt_commit(&l, tx);
    struct ledger_report rep = report(t, &l);
    assert_string_equal(rep.problem, "ledger.problem.epoch");
    lt_gone(&l);
    EXEC(t, "DELETE FROM ledger");
    EXEC(t, "DELETE FROM head");
}

static void test_lies(void **state)
{
    struct dbt *t = *state;
    lie(t, NULL, NULL, 5, 0);                 /* right by itself, but the head is still signed as e1 */
    lie(t, NULL, NULL, 4, 0);
    lie(t, NULL, NULL, 5, 1);
    lie(t, NULL, "other/0/e1", 5, 0);
    lie(t, "other/0/e2", NULL, 5, 0);
}

static void test_key_of_another_ledger(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 4);
    lt_append(&l, 1);
    l.conf.restored = false;
    talloc_free(l.l);
    l.l = NULL;
    char *high = file_join(t->mem, l.conf.highwater_dir, "highwater"), *kept = file_join(t->mem, l.conf.highwater_dir, "kept");
    struct str data;
    OK(t, file_read(t->mem, high, 1 << 20, &data, &t->e));
    char *foreign = mem_dup(t->mem, data.p, data.n);
    for (int i = 0; i < 3; i++)
        foreign[i * 512] = '!';                /* other origins: no slot speaks for this ledger */
    assert_int_equal(rename(high, kept), 0);
    OK(t, file_write_atomic(high, foreign, data.n, 0600, &t->e));
    REOPEN_REFUSED(t, &l, ERR_LEDGER_HIGHWATER);
    assert_int_equal(rename(kept, high), 0);
    lt_must(&l, lt_open(&l), "its own");
    lt_gone(&l);
}

#ifdef DAICHO_SCENE
static void test_vouched_clock(void **state)
{
    struct dbt *t = *state;
    struct lt l;
    open_new(t, &l);
    lt_append(&l, 2);
    int64_t now = clock_now_us();
    clock_scene_set(now - 3600 * US_PER_S);
    lt_must(&l, lt_open(&l), "to be read");
    assert_true(ledger_clock_behind(l.l));
    l.conf.restored = true;
    l.conf.why = "vouched";
    lt_must(&l, lt_open(&l), "vouched for");
    assert_false(ledger_clock_behind(l.l));
    assert_true(atoll(field(t, ledger_size(l.l) - 1, "seconds")) <= -3599);
    l.conf.restored = false;
    lt_must(&l, lt_open(&l), "and so it stays");
    assert_false(ledger_clock_behind(l.l));
    clock_scene_set(now - 7200 * US_PER_S);
    lt_must(&l, lt_open(&l), "further back");
    assert_true(ledger_clock_behind(l.l));
    clock_scene_set(now + 5 * US_PER_S);
    lt_must(&l, lt_open(&l), "caught up");
    lt_append(&l, 1);
    struct q_keep_get row;
    bool found;
    OK(t, q_keep_get(t->w, t->mem, "clock_floor", &row, &found, &t->e));
    assert_false(found);
    clock_scene_set(0);
    assert_null(report(t, &l).problem);
    lt_gone(&l);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {BOTH(test_lost_tail), BOTH(test_nothing_lost), LITE(test_lies), BOTH(test_key_of_another_ledger),
#ifdef DAICHO_SCENE
                                       BOTH(test_vouched_clock),
#endif
    };
    struct err e;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    return cmocka_run_group_tests_name("epoch", tests, NULL, NULL);
}
