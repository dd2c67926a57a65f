/* Rebuild: all projections made anew from the truth (acts, batches of logs, revisions, erasures), by the same act_apply that made them. compare mode
 * digests every projection before and after inside one transaction that is rolled back: nothing changes, a difference is named. */
#include "core/core_state.h"

#define ACTS_PER_ROUND 500

/* One that cannot be read any more is today's. */
static enum rc set_at(struct work *w, int64_t id, const struct pack_set **ret_set, struct err *e)
{
    struct err e2 = {0};
    *ret_set = w->set;
    enum rc rc = id == 0 ? RC_OK : work_set_at(w, id, ret_set, &e2);
    if (rc == RC_OK || e2.code == ERR_SET_UNREADABLE)
        return RC_OK;
    *e = e2;
    return rc;
}

/* The set under which an act was applied: its columns and title are those of that day. */
static enum rc act_set(struct work *w, const struct act_row *a, const struct pack_set **ret_set, struct err *e)
{
    struct revision rev;
    int64_t draft = json_get_i64(a->effect, "draft", 0), content = json_get_i64(a->effect, "promote", json_get_i64(a->effect, "staged", draft));
    int64_t id = json_get_i64(a->effect, "pack_set", json_get_i64(json_get(a->effect, "steps"), "set", json_get_i64(json_get(a->effect, "new"), "pack_set", 0)));
    if (a->record == 0) {                                /* of the house: no form is asked */
        *ret_set = w->set;
        return RC_OK;
    }
    if (id == 0 && content != 0) {
        TRY(revision_get(w->db, w->mem, content, &rev, e));
        id = rev.pack_set;
    }
    if (id == 0) {                                       /* no content, no route: any version of the form will do, but there must be one */
        struct record rec;
        TRY(record_get(w->db, w->mem, w->set, a->record, &rec, e));
        id = rec.form == NULL ? rec.pack_set : 0;
    }
    return set_at(w, id, ret_set, e);
}

/* The next batch of a log that was not applied yet; id 0: there is none. */
static enum rc batch_next(struct work *w, int64_t after, struct log_batch *ret, struct err *e)
{
    struct q_log_batches_after_rows row;
    TRY(q_log_batches_after(w->db, w->mem, after, INT64_MAX, 1, &row, e));
    *ret = (struct log_batch){0};
    if (row.n == 1)
        *ret = (struct log_batch){.id = row.v[0].id, .form = row.v[0].form, .pack_set = row.v[0].pack_set, .actor = row.v[0].actor, .at = row.v[0].at, .body = row.v[0].body};
    return RC_OK;
}

/* Batches that were written before the act `upto`: rows and acts come back in the order in which they happened. */
static enum rc batches_replay(struct work *w, struct log_batch *next, int64_t upto, struct err *e)
{
    while (next->id != 0 && next->id < upto) {
        const struct pack_set *set;
        TRY(set_at(w, next->pack_set, &set, e));
        TRY(log_apply(w->tx, w->mem, set, next, e));
        TRY(batch_next(w, next->id, next, e));
    }
    return RC_OK;
}

static enum rc acts_replay(struct work *w, struct err *e)
{
    int64_t after = 0;
    struct log_batch next;
    TRY(batch_next(w, 0, &next, e));
    for (;;) {
        MEM_SCOPE(tmp, w->mem);
        struct q_acts_after_rows row;
        TRY(q_acts_after(w->db, tmp, after, ACTS_PER_ROUND, &row, e));
        for (size_t i = 0; i < row.n; i++) {
            struct json *effect;
            TRY(json_read(tmp, str_of(row.v[i].effect), 8 << 20, &effect, e));
            struct act_row a = {.id = row.v[i].id, .record = row.v[i].record, .revision = row.v[i].revision_null ? 0 : row.v[i].revision, .no = row.v[i].no,
                                .actor = row.v[i].actor, .on_behalf = row.v[i].on_behalf_null ? 0 : row.v[i].on_behalf, .at = row.v[i].at, .seq = row.v[i].seq,
                                .kind = row.v[i].kind, .step = row.v[i].step, .effect = effect, .again = true};
            TRY(batches_replay(w, &next, a.id, e));
            const struct pack_set *set;
            TRY(act_set(w, &a, &set, e));
            TRY(act_apply(w->tx, tmp, set, &a, e));
            after = row.v[i].id;
        }
        if (row.n < ACTS_PER_ROUND)
            return batches_replay(w, &next, INT64_MAX, e);
    }
}

static enum rc form_clear(struct tx *tx, TALLOC_CTX *mem, const char *table, struct err *e)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "DELETE FROM ");
    sql_ident(s, table);
    return tx_exec(tx, s, NULL, e);
}

static enum rc projections_clear(struct work *w, struct err *e)
{
    TRY(q_projection_clear_record(w->tx, e));
    TRY(q_projection_clear_step(w->tx, e));
    TRY(q_projection_clear_step_who(w->tx, e));
    TRY(q_projection_clear_task(w->tx, e));
    TRY(q_projection_clear_link(w->tx, e));
    TRY(q_projection_clear_sched(w->tx, e));
    TRY(q_spans_clear(w->tx, e));
    db_memo_forget(w->db);
    for (size_t i = 0; i < w->set->form_n; i++) {
        const struct form *f = &w->set->form[i];
        TRY(form_clear(w->tx, w->mem, form_table(w->mem, f), e));
        for (size_t k = 0; k < f->field_n; k++)
            if (field_is_child(&f->field[k]))
                TRY(form_clear(w->tx, w->mem, form_child_table(w->mem, f, &f->field[k]), e));
    }
    return RC_OK;
}

/* ---- digests ---- */

static void cell_into(struct buf *b, struct db_rows *rows, int col)
{
    if (db_is_null(rows, col))
        buf_puts(b, "~");
    else
        buf_puts(b, db_text(rows, col));
    buf_putc(b, '\x1f');
}

static enum rc select_digest(struct work *w, const struct sql *s, uint8_t ret[HASH_N], int64_t *ret_rows, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct db_rows *rows;
    bool more;
    struct buf *b = buf_new(tmp, 1 << 20);
    uint8_t sum[HASH_N] = {0}, one[HASH_N];
    *ret_rows = 0;
    TRY(db_query(w->db, tmp, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        buf_reset(b);
        for (int i = 0; i < db_cols(rows); i++)
            cell_into(b, rows, i);
        crypt_sha256(b->p, b->n, one);
        for (size_t i = 0; i < HASH_N; i++)          /* order-free: the engines need not sort millions of rows */
            sum[i] ^= one[i];
        (*ret_rows)++;
    }
    memcpy(ret, sum, HASH_N);
    return RC_OK;
}

struct digest { const char *table; int64_t rows; uint8_t sum[HASH_N]; };
VEC_TYPE(digest_vec, struct digest);

static enum rc table_digest(struct work *w, const char *table, const struct sql *s, struct digest_vec *ret, struct err *e)
{
    struct digest d = {.table = table};
    TRY(select_digest(w, s, d.sum, &d.rows, e));
    *vec_push(ret) = d;
    return RC_OK;
}

static enum rc form_digest(struct work *w, const char *table, struct digest_vec *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT * FROM ");
    sql_ident(s, table);
    return table_digest(w, table, s, ret, e);
}

static enum rc digests(struct work *w, struct digest_vec *ret, struct err *e)
{
    struct sql *r = sql_new(w->mem), *st = sql_new(w->mem), *sw = sql_new(w->mem), *t = sql_new(w->mem), *l = sql_new(w->mem), *sc = sql_new(w->mem), *os = sql_new(w->mem);
    sql_lit(r, "SELECT id, form, number, state, draft_state, department, made_by, title, made_at, updated_at, closed_at, happened_on, origin, force_rev, draft_rev, "
               "version, pack_set, note, route_set FROM record");
    sql_lit(st, "SELECT * FROM step");
    sql_lit(sw, "SELECT * FROM step_who");
    sql_lit(t, "SELECT * FROM task WHERE tkey NOT LIKE 'check:%'");
    sql_lit(l, "SELECT * FROM link");
    sql_lit(sc, "SELECT * FROM sched");
    TRY(table_digest(w, "record", r, ret, e));
    TRY(table_digest(w, "step", st, ret, e));
    TRY(table_digest(w, "step_who", sw, ret, e));
    TRY(table_digest(w, "task", t, ret, e));
    TRY(table_digest(w, "link", l, ret, e));
    TRY(table_digest(w, "sched", sc, ret, e));
    sql_lit(os, "SELECT * FROM org_span");
    TRY(table_digest(w, "org_span", os, ret, e));
    for (size_t i = 0; i < w->set->form_n; i++) {
        const struct form *f = &w->set->form[i];
        TRY(form_digest(w, form_table(w->mem, f), ret, e));
        for (size_t k = 0; k < f->field_n; k++)
            if (field_is_child(&f->field[k]))
                TRY(form_digest(w, form_child_table(w->mem, f, &f->field[k]), ret, e));
    }
    return RC_OK;
}

static const char *difference(TALLOC_CTX *mem, const struct digest_vec *a, const struct digest_vec *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->v[i].rows != b->v[i].rows || memcmp(a->v[i].sum, b->v[i].sum, HASH_N) != 0)
            return mem_fmt(mem, "%s: %lld rows before, %lld after", a->v[i].table, (long long)a->v[i].rows, (long long)b->v[i].rows);
    return NULL;
}

/* Checks' verdicts, their tasks and the search index are derived by the keeper afterwards: every record is queued. */
static enum rc keeper_again(struct work *w, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    bool more;
    TRY(q_projection_clear_gram(w->tx, e));
    TRY(q_projection_clear_verdict(w->tx, e));
    sql_lit(s, "SELECT id FROM record ORDER BY id");
    TRY(db_query(w->db, w->mem, s, &rows, e));
    struct id_vec ids = VEC_INIT(w->mem);
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        *vec_push(&ids) = db_i64(rows, 0);
    }
    for (size_t i = 0; i < ids.n; i++) {
        TRY(work_todo(w, "search", ids.v[i], e));
        TRY(work_todo(w, "check", ids.v[i], e));
    }
    return RC_OK;
}

enum rc cmd_rebuild(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct digest_vec before = VEC_INIT(w->mem), after = VEC_INIT(w->mem);
    bool compare = json_get_bool(args, "compare");
    if (w->set == NULL)
        return err_set(e, ERR_SETUP_FIRST, "nothing to rebuild");
    TRY(digests(w, &before, e));
    TRY(projections_clear(w, e));
    TRY(acts_replay(w, e));
    TRY(digests(w, &after, e));
    json_set_str(body, "difference", difference(w->mem, &before, &after));
    if (compare)
        return err_set(e, ERR_STATE, "compared");         /* refused on purpose: the savepoint is rolled back, the body is kept */
    TRY(keeper_again(w, e));
    return work_entry(w, "projections.rebuilt", "-", e, NULL);
}

enum rc core_rebuild(struct core *c, bool compare_only, char **ret_difference, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct answer *ans;
    const struct actor sys = {.kind = ACTOR_SYSTEM, .login = "system"};
    struct json *args = json_obj(tmp);
    json_set_bool(args, "compare", compare_only);
    core_command(c, tmp, &sys, "rebuild", args, NULL, &ans);
    const char *diff = json_get_str(ans->body, "difference");
    if (ans->rc != RC_OK && !(compare_only && ans->err.code == ERR_STATE)) {
        *e = ans->err;
        return ans->rc;
    }
    *ret_difference = mem_strdup(c, diff);
    return RC_OK;
}
