/* Imports: rows of a file are read into the staging table and shown with their faults; import.run makes a draft of every row (origin
 * `import`), judges the rules over it, and hands in one record of the form `import`, which goes its route for all of them: a register with
 * a route needs somebody else's approval. When that record comes into force the rows do, as they were handed in. Nothing is half-imported. */
#include "core/core_int.h"

#define IMPORT_ROWS_MAX 5000

/* rows: [{line, values {path: typed}}]. Each row is read and judged; its state is ok or bad with problems. */
static enum rc row_stage(struct work *w, const struct form *f, int64_t batch, const struct json *row, int64_t *ret_bad, struct err *e)
{
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    struct value_ctx vc = {.lang = w->actor.lang, .resolve = core_resolve, .resolve_ctx = &r, .sign_claim = true};
    memcpy(r.today, w->today, sizeof r.today);
    w->troubles->n = 0;
    struct content *c = content_read(w->mem, &vc, f, NULL, json_get(row, "values"), true, w->troubles);
    const char *const stages[] = {"submit"};
    content_check(w->mem, f, c, stages, 1, w->actor.lang, w->troubles);
    struct json *problems = json_arr(w->mem);
    for (size_t i = 0; i < w->troubles->n; i++)
        if (!w->troubles->v[i].warning)
            json_add_str(problems, w->troubles->v[i].text);
    bool bad = json_n(problems) > 0;
    *ret_bad += bad;
    return q_staging_add(w->tx, batch, json_get_i64(row, "line", 0), bad ? "bad" : "ok", json_text(w->mem, json_get(row, "values")), json_text(w->mem, content_json(w->mem, c)),
                         json_text(w->mem, problems), e);
}

enum rc cmd_import_stage(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const char *name = json_get_str(args, "form");
    const struct form *f = name ? pack_form(w->set, name) : NULL;
    const struct json *rows = json_get(args, "rows");
    const struct grant *g;
    int64_t bad = 0, batch = work_new_id(w);
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s", name ? name : "-");
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_IMPORT, f, NULL, w->today, &g, e));
    if (json_n(rows) == 0 || json_n(rows) > IMPORT_ROWS_MAX)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "%zu rows", json_n(rows));
    TRY(q_keep_put(w->tx, mem_fmt(w->mem, "import:%lld", (long long)batch), mem_fmt(w->mem, "%s %lld", f->ident, (long long)w->actor.person), e));
    for (size_t i = 0; i < json_n(rows); i++)
        TRY(row_stage(w, f, batch, json_at(rows, i), &bad, e));
    w->troubles->n = 0;
    json_set_i64(body, "batch", batch);
    json_set_i64(body, "rows", (int64_t)json_n(rows));
    json_set_i64(body, "bad", bad);
    return RC_OK;
}

static enum rc batch_form(struct work *w, int64_t batch, const struct form **ret_form, struct err *e)
{
    struct q_keep_get row;
    struct str rest, ident, who;
    bool found;
    int64_t person;
    TRY(q_keep_get(w->db, w->mem, mem_fmt(w->mem, "import:%lld", (long long)batch), &row, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "batch %lld", (long long)batch);
    rest = str_of(row.v);
    if (!str_next(&rest, ' ', &ident) || !str_next(&rest, ' ', &who) || !str_to_i64(who, &person) || person != w->actor.person)
        return err_set(e, ERR_DENIED, "batch %lld is another person's", (long long)batch);
    *ret_form = pack_form(w->set, str_dup(w->mem, ident));
    return *ret_form ? RC_OK : err_set(e, ERR_FORM_MISSING, "%s", row.v);
}

/* ---- handing in: every row becomes a draft that the rules judged, and one record of the form `import` goes its route for all of them ---- */

static enum rc row_judge(struct work *w, const struct form *f, const struct content *c, int64_t *ret_id, struct record *ret_rec, struct err *e)
{
    struct content *kept;
    size_t erased;
    TRY(record_make(w, f, c, "import", NULL, NULL, NULL, ret_id, e));
    TRY(record_get(w->db, w->mem, w->set, *ret_id, ret_rec, e));
    TRY(revision_content(w->db, w->mem, ret_rec->draft_rev, &kept, &erased, e));
    return judge_rules(w, ret_rec, SLOT_DRAFT, kept, "submit", e);
}

/* Troubles of one row, named by its line, are kept aside so that all rows are judged before the import is refused. */
static void troubles_keep(struct work *w, int64_t line, struct trouble_vec *all)
{
    for (size_t i = 0; i < w->troubles->n && all->n < 200; i++) {
        struct trouble t = w->troubles->v[i];
        if (t.warning)
            continue;
        t.text = msg_fill(w->mem, w->actor.lang, MSG("core.import-line"), mem_fmt(w->mem, "%lld", (long long)line), t.text, NULL);
        *vec_push(all) = t;
    }
    w->troubles->n = 0;
}

static void digest_add(struct buf *b, const struct record *rec) { buf_fmt(b, "%lld:%lld\n", (long long)rec->id, (long long)rec->draft_rev); }

static char *digest_text(struct work *w, const struct buf *b)
{
    uint8_t hash[HASH_N];
    crypt_sha256(b->p, b->n, hash);
    return hex_text(w->mem, hash, HASH_N);
}

static enum rc rows_make(struct work *w, const struct form *f, int64_t batch, const struct q_staging_of_rows *rows, char **ret_digest, struct err *e)
{
    struct trouble_vec all = VEC_INIT(w->mem);
    struct buf *b = buf_new(w->mem, IMPORT_ROWS_MAX * 48);
    for (size_t i = 0; i < rows->n; i++) {
        struct json *in;
        struct record rec;
        int64_t id, line = rows->v[i].line;
        struct content *c = content_new(w->mem);
        if (strcmp(rows->v[i].state, "ok") != 0)
            return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%lld", (long long)line), "line %lld is bad", (long long)line);
        TRY(json_read(w->mem, str_of(rows->v[i].content), 4 << 20, &in, e));
        for (size_t k = 0; k < json_n(in); k++)
            content_set(c, json_key_at(in, k), json_str(json_val_at(in, k)));
        content_order(c, f);
        w->troubles->n = 0;
        enum rc rc = row_judge(w, f, c, &id, &rec, e);
        if (rc != RC_OK && w->troubles->n == 0)
            return rc;
        troubles_keep(w, line, &all);
        if (rc != RC_OK)
            continue;
        digest_add(b, &rec);
        TRY(q_staging_made(w->tx, batch, line, id, e));
    }
    for (size_t i = 0; i < all.n; i++)
        *vec_push(w->troubles) = all.v[i];
    TRY(work_troubles_refuse(w, e));
    *ret_digest = digest_text(w, b);
    return RC_OK;
}

enum rc cmd_import_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t batch = json_get_i64(args, "batch", 0), id;
    const struct form *f, *own = pack_form(w->set, "import");
    const struct grant *g;
    struct q_staging_of_rows rows;
    struct content *c = content_new(w->mem);
    struct json *sub = json_obj(w->mem);
    char *digest;
    TRY(batch_form(w, batch, &f, e));
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_IMPORT, f, NULL, w->today, &g, e));
    TRY(q_staging_of(w->db, w->mem, batch, IMPORT_ROWS_MAX, &rows, e));
    if (own == NULL || rows.n == 0 || !rows.v[0].record_null)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "batch %lld: nothing to hand in", (long long)batch);
    TRY(rows_make(w, f, batch, &rows, &digest, e));
    content_set(c, "target_name", f->name);
    content_set(c, "target", f->ident);
    content_set(c, "rows", mem_fmt(w->mem, "%zu", rows.n));
    content_set(c, "batch", mem_fmt(w->mem, "%lld", (long long)batch));
    content_set(c, "digest", digest);
    content_set(c, "needs_approval", f->step_n > 0 ? "1" : "0");
    content_set(c, "paper_by", json_get_str(args, "paper_by"));
    content_set(c, "paper_on", json_get_str(args, "paper_on"));
    content_order(c, own);
    TRY(record_make(w, own, c, "app", NULL, NULL, NULL, &id, e));
    json_set_i64(sub, "record", id);
    w->troubles->n = 0;
    TRY(cmd_record_submit(w, sub, body, e));
    json_set_i64(body, "made", (int64_t)rows.n);
    json_set_i64(body, "import", id);
    return work_entry(w, "import.handed-in", mem_fmt(w->mem, "batch:%lld", (long long)batch), e, "form", f->ident, "rows", mem_fmt(w->mem, "%zu", rows.n), "digest", digest, NULL);
}

/* ---- in force: the approved rows, exactly as they were handed in ---- */

static enum rc rows_promote(struct work *w, const struct q_staging_of_rows *rows, struct err *e)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct record rec;
        struct content *c;
        size_t erased;
        struct json *effect = json_obj(w->mem);
        TRY(record_get(w->db, w->mem, w->set, rows->v[i].record, &rec, e));
        TRY(revision_content(w->db, w->mem, rec.draft_rev, &c, &erased, e));
        TRY(record_promote(w, &rec, c, effect, e));
        TRY(act_do(w, rec.id, rec.draft_rev, "import", NULL, NULL, effect, e));
    }
    return RC_OK;
}

static enum rc rows_unchanged(struct work *w, const struct q_staging_of_rows *rows, const char *digest, struct err *e)
{
    struct buf *b = buf_new(w->mem, IMPORT_ROWS_MAX * 48);
    for (size_t i = 0; i < rows->n; i++) {
        struct record rec;
        TRY(record_get(w->db, w->mem, w->set, rows->v[i].record, &rec, e));
        if (rec.draft_state == NULL || strcmp(rec.draft_state, "draft") != 0)
            return err_set_arg(e, ERR_IMPORT, rec.number, "row %lld went another way", (long long)rec.id);
        digest_add(b, &rec);
    }
    return text_eq(digest_text(w, b), digest) ? RC_OK : err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-changed")), "rows changed after they were handed in");
}

/* Called when a record of the form `import` comes into force. Nothing in it is believed: the batch must be its maker's, the register that the
 * batch was staged for, the rows as handed in, and a register with a route must have been approved. */
enum rc import_apply(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    int64_t batch = 0, n = 0;
    struct q_keep_get own;
    struct q_staging_of_rows rows;
    bool found;
    const char *target = content_get(c, "target");
    const struct form *f = target ? pack_form(w->set, target) : NULL;
    const char *no = content_get(c, "batch"), *count = content_get(c, "rows");
    if (f == NULL || no == NULL || count == NULL || !str_to_i64(str_of(no), &batch) || !str_to_i64(str_of(count), &n) || content_get(c, "digest") == NULL)
        return err_set(e, ERR_IMPORT, "import record %lld", (long long)rec->id);
    TRY(q_keep_get(w->db, w->mem, mem_fmt(w->mem, "import:%lld", (long long)batch), &own, &found, e));
    TRY(q_staging_of(w->db, w->mem, batch, IMPORT_ROWS_MAX, &rows, e));
    if (!found || strcmp(own.v, mem_fmt(w->mem, "%s %lld", f->ident, (long long)rec->made_by)) != 0 || rows.n == 0 || (int64_t)rows.n != n || rows.v[0].record_null)
        return err_set_arg(e, ERR_IMPORT, rec->number, "batch %lld is not what record %lld says", (long long)batch, (long long)rec->id);
    if (!text_eq(content_get(c, "target_name"), f->name))
        return err_set_arg(e, ERR_IMPORT, rec->number, "the register's name is not its own");
    if ((f->step_n > 0) != text_eq(content_get(c, "needs_approval"), "1"))
        return err_set_arg(e, ERR_IMPORT, rec->number, "approval was left out");
    TRY(rows_unchanged(w, &rows, content_get(c, "digest"), e));
    TRY(rows_promote(w, &rows, e));
    TRY(q_staging_clear(w->tx, batch, e));
    TRY(q_keep_del(w->tx, mem_fmt(w->mem, "import:%lld", (long long)batch), e));
    return work_entry(w, "import.applied", mem_fmt(w->mem, "batch:%lld", (long long)batch), e, "form", f->ident, "rows", mem_fmt(w->mem, "%zu", rows.n), NULL);
}

enum rc cmd_import_drop(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t batch = json_get_i64(args, "batch", 0);
    const struct form *f;
    (void)body;
    TRY(batch_form(w, batch, &f, e));
    TRY(q_staging_clear(w->tx, batch, e));
    return q_keep_del(w->tx, mem_fmt(w->mem, "import:%lld", (long long)batch), e);
}
