/* Imports: rows of a file are checked in the staging table (outside of the writer's hot path they are read; here they are only kept), and
 * applied in chunks, all or nothing per batch: import.run makes one record per row with origin `import`, and one ledger entry that
 * commits to the batch. Nothing is half-imported: a batch with a bad row is refused as a whole. */
#include "core/core_int.h"

#define IMPORT_ROWS_MAX 5000

/* rows: [{line, values {path: typed}}]. Each row is read and judged; its state is ok or bad with problems. */
static enum rc row_stage(struct work *w, const struct form *f, int64_t batch, const struct json *row, int64_t *ret_bad, struct err *e)
{
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    struct value_ctx vc = {.lang = w->actor.lang, .resolve = core_resolve, .resolve_ctx = &r};
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

static enum rc row_apply(struct work *w, const struct form *f, const struct q_staging_of *row, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct json *in;
    struct content *c = content_new(tmp);
    int64_t id;
    TRY(json_read(tmp, str_of(row->content), 4 << 20, &in, e));
    for (size_t i = 0; i < json_n(in); i++)
        content_set(c, json_key_at(in, i), json_str(json_val_at(in, i)));
    content_order(c, f);
    w->troubles->n = 0;
    TALLOC_CTX *saved = w->mem;
    w->mem = tmp;
    enum rc rc = record_put_in_force(w, f, c, "import", NULL, NULL, &id, e);
    w->mem = saved;
    if (rc != RC_OK)
        return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%lld: %s", (long long)row->line, e->arg), "line %lld: %s", (long long)row->line, e->detail);
    return RC_OK;
}

enum rc cmd_import_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t batch = json_get_i64(args, "batch", 0);
    const struct form *f;
    const struct grant *g;
    struct q_staging_of_rows rows;
    TRY(batch_form(w, batch, &f, e));
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_IMPORT, f, NULL, w->today, &g, e));
    TRY(q_staging_of(w->db, w->mem, batch, IMPORT_ROWS_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        if (strcmp(rows.v[i].state, "ok") != 0)
            return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%lld", (long long)rows.v[i].line), "line %lld is bad", (long long)rows.v[i].line);
        TRY(row_apply(w, f, &rows.v[i], e));
    }
    w->troubles->n = 0;
    TRY(q_staging_clear(w->tx, batch, e));
    TRY(q_keep_del(w->tx, mem_fmt(w->mem, "import:%lld", (long long)batch), e));
    json_set_i64(body, "made", (int64_t)rows.n);
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
