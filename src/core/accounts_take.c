/* What follows the taking of a list, sent by the keeper as import.step until it is through. A crash between two chunks is continued at the start.
 *   taking   every row of the list: a new account, a new version of one that changed, nothing for one that is the same
 *   leaving  accounts of the system that the list does not show are gone since its day
 * Both write as the person who took the list in. Then the staged rows go (clearing). */
#include "core/accounts_int.h"

#define LEAVING_CHUNK 50

static void as_taker(struct work *w, const struct q_batch_get *b) { w->actor = (struct actor){.kind = ACTOR_PERSON, .person = b->person, .lang = LANG_JA}; }

static enum rc row_take(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e)
{
    const struct form *f = pack_form(w->set, FOUND_FORM);
    struct content *said, *was, *c;
    int64_t id;
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, FOUND_FORM);
    TRY(import_row_content(w, f, row->content, &said, e));
    TRY(found_get(w, content_id(said, "system"), content_get(said, "account"), &id, &was, e));
    c = found_merge(w, was, said);
    TRY(found_match(w, c, e));
    content_order(c, f);
    w->troubles->n = 0;
    if (id == 0 || !found_same(w, was, c)) {
        content_set(c, "list", mem_fmt(w->mem, "%lld", (long long)b->record));
        content_order(c, f);
        TRY(id == 0 ? record_put_in_force(w, f, c, "import", NULL, NULL, &id, e) : found_write(w, id, was, c, e));
    }
    w->drafted = NULL;
    w->drafted_record = 0;
    b->done++;
    return q_staging_made(w->tx, b->batch, row->line, id, e);
}

enum rc accounts_taking(struct work *w, struct q_batch_get *b, struct err *e)
{
    struct actor was = w->actor;
    size_t n;
    bool all;
    as_taker(w, b);
    enum rc rc = import_chunk(w, b, row_take, &n, &all, e);
    w->actor = was;
    TRY(rc);
    if (n == 0) {
        b->state = "leaving";
        b->line = 0;
    }
    return import_batch_put(w, b, e);
}

/* ---- what the list does not show ---- */

static enum rc missing(struct work *w, const struct q_batch_get *b, int64_t system, struct id_vec *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    bool more;
    sql_lit(s, "SELECT f.record FROM ");
    sql_ident(s, form_table(w->mem, pack_form(w->set, FOUND_FORM)));
    sql_lit(s, " f WHERE f.slot = 0 AND f.status <> 'gone' AND f.system = ");
    sql_i64(s, system);
    sql_lit(s, " AND f.record > ");
    sql_i64(s, b->line);
    sql_lit(s, " AND NOT EXISTS (SELECT 1 FROM staging s WHERE s.batch = ");
    sql_i64(s, b->batch);
    sql_lit(s, " AND s.record = f.record) ORDER BY f.record LIMIT ");
    sql_i64(s, LEAVING_CHUNK);
    TRY(db_query(w->db, w->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = db_i64(rows, 0);
    }
}

static enum rc row_leave(struct work *w, const struct q_batch_get *b, int64_t id, const char *on, struct err *e)
{
    struct record rec;
    struct content *was, *c;
    size_t erased;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    TRY(revision_content(w->db, w->mem, rec.force_rev, &was, &erased, e));
    c = content_copy(w->mem, was);
    content_set(c, "status", "gone");
    content_set(c, "gone_on", on);
    content_set(c, "list", mem_fmt(w->mem, "%lld", (long long)b->record));
    TRY(found_write(w, id, was, c, e));
    w->drafted = NULL;
    w->drafted_record = 0;
    return RC_OK;
}

static enum rc leave(struct work *w, struct q_batch_get *b, struct err *e)
{
    struct id_vec ids = VEC_INIT(w->mem);
    struct record list;
    struct content *c;
    size_t erased, i = 0;
    int64_t t0 = clock_mono_us();
    TRY(record_get(w->db, w->mem, w->set, b->record, &list, e));
    TRY(revision_content(w->db, w->mem, list.force_rev, &c, &erased, e));
    TRY(missing(w, b, content_id(c, "system"), &ids, e));
    for (; i < ids.n && (i == 0 || !import_time_over(t0)); i++) {
        TRY(row_leave(w, b, ids.v[i], content_get(c, "found_on"), e));
        b->line = ids.v[i];
    }
    if (ids.n == 0) {
        b->state = "clearing";
        b->line = 0;
    }
    return import_batch_put(w, b, e);
}

enum rc accounts_leaving(struct work *w, struct q_batch_get *b, struct err *e)
{
    struct actor was = w->actor;
    as_taker(w, b);
    enum rc rc = leave(w, b, e);
    w->actor = was;
    return rc;
}
