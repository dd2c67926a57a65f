/* Imports: looking and handing in. Rows of a file go into the staging table, each with its faults (import.stage); import.run makes a record of every
 * row that nobody sees (slot 3, state `importing`) and hands in one record of the form `import`, which goes its route for all of them. What follows its
 * approval is in import_apply.c. Every command takes as many rows as fit into IMPORT_BUDGET_US and says how far it came; whoever asked sends it
 * again: docs/decisions/0006. */
#include "core/core_state.h"
#include "core/import_int.h"

/* ---- batches ---- */

enum rc import_batch_get(struct db *db, TALLOC_CTX *mem, int64_t batch, int64_t person, const char *form, struct q_batch_get *ret, struct err *e)
{
    bool found;
    TRY(q_batch_get(db, mem, batch, ret, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "batch %lld", (long long)batch);
    if (ret->person != person || (form != NULL && strcmp(ret->form, form) != 0))
        return err_set(e, ERR_DENIED, "batch %lld is another person's or register's", (long long)batch);
    return RC_OK;
}

enum rc import_batch_put(struct work *w, const struct q_batch_get *b, struct err *e)
{
    return q_batch_put(w->tx, b->batch, w->now_us, b->state, b->n, b->bad, b->line, b->done, b->chain, b->record, b->why, e);
}

enum rc import_problems_put(struct work *w, int64_t batch, int64_t line, const char *state, const struct json *problems, struct err *e)
{
    return q_staging_bad(w->tx, batch, line, state, json_text(w->mem, problems), e);
}

struct json *import_problems(struct work *w)
{
    struct json *problems = json_arr(w->mem);
    for (size_t i = 0; i < w->troubles->n; i++) {
        const struct trouble *t = &w->troubles->v[i];
        if (!t->warning)
            json_add_str(problems, t->article ? mem_fmt(w->mem, "%s(%s)", t->text, t->article) : t->text);
    }
    return problems;
}

enum rc import_row_content(struct work *w, const struct form *f, const char *text, struct content **ret, struct err *e)
{
    struct json *in;
    struct content *c = content_new(w->mem);
    TRY(json_read(w->mem, str_of(text), 4 << 20, &in, e));
    for (struct json_pos p = {0}; json_next(in, &p);)
        content_set(c, p.key, json_str(p.val));
    content_order(c, f);
    *ret = c;
    return RC_OK;
}

/* Binds the rows in their order, however the chunks are cut: h' = SHA-256(h || "record:revision\n"). */
char *import_chain(struct work *w, const char *chain, int64_t record, int64_t revision)
{
    uint8_t hash[HASH_N];
    const char *text = mem_fmt(w->mem, "%s%lld:%lld\n", chain, (long long)record, (long long)revision);
    crypt_sha256(text, strlen(text), hash);
    return hex_text(w->mem, hash, HASH_N);
}

bool import_time_over(int64_t t0) { return clock_mono_us() - t0 > IMPORT_BUDGET_US; }

enum rc import_chunk(struct work *w, struct q_batch_get *b, import_row_fn fn, size_t *ret_n, bool *ret_all, struct err *e)
{
    struct q_staging_after_rows rows;
    int64_t t0 = clock_mono_us();
    size_t i = 0;
    TRY(q_staging_after(w->db, w->mem, b->batch, b->line, IMPORT_CHUNK_MAX, &rows, e));
    for (; i < rows.n && (i == 0 || !import_time_over(t0)); i++) {
        TRY(fn(w, b, &rows.v[i], e));
        b->line = rows.v[i].line;
    }
    *ret_n = i;
    *ret_all = i == rows.n && rows.n < IMPORT_CHUNK_MAX;
    return RC_OK;
}

/* ---- looking ---- */

/* {line, values {path: typed}}: read and judged as it would be handed in. State: ok; bad: cannot be read; rule: the rules forbid it. */
static enum rc row_stage(struct work *w, const struct form *f, int64_t batch, const struct json *row, bool *ret_bad, struct err *e)
{
    struct reader r;
    struct value_ctx vc = record_value_ctx(w, &r);
    const char *const stages[] = {"submit"};
    const char *state = "ok";
    vc.sign = NULL;                                      /* what paper says is kept as a claim; nobody signs by importing */
    vc.sign_claim = true;
    w->troubles->n = 0;
    struct content *c = content_read(w->mem, &vc, f, NULL, json_get(row, "values"), true, w->troubles);
    content_check(w->mem, f, c, stages, 1, w->actor.lang, w->troubles);
    struct json *problems = import_problems(w);
    if (json_n(problems) > 0) {
        state = "bad";
    } else {
        w->troubles->n = 0;
        TRY(record_try(w, f, c, e));
        problems = import_problems(w);
        state = json_n(problems) > 0 ? "rule" : "ok";
    }
    *ret_bad = json_n(problems) > 0;
    return q_staging_add(w->tx, batch, json_get_i64(row, "line", 0), state, json_text(w->mem, json_get(row, "values")), json_text(w->mem, content_json(w->mem, c)),
                         json_text(w->mem, problems), e);
}

static enum rc batch_open(struct work *w, const struct json *args, const struct form *f, struct q_batch_get *ret, struct err *e)
{
    int64_t batch = json_get_i64(args, "batch", 0);
    bool found;
    if (batch == 0) {
        batch = work_new_id(w);
        TRY(q_batch_add(w->tx, batch, f->ident, w->actor.person, w->now_us, e));
        return q_batch_get(w->db, w->mem, batch, ret, &found, e);
    }
    TRY(import_batch_get(w->db, w->mem, batch, w->actor.person, f->ident, ret, e));
    return strcmp(ret->state, "looked") == 0 ? RC_OK : err_set(e, ERR_STATE, "batch %lld is %s", (long long)batch, ret->state);
}

/* Rows are kept and bound by the lines of the file that they stand in: each behind the one before it, and behind what the batch holds. */
static enum rc lines_check(struct work *w, int64_t batch, const struct json *rows, struct err *e)
{
    struct q_staging_after_rows there;
    int64_t last = 0;
    for (size_t i = 0; i < json_n(rows); i++) {
        int64_t line = json_get_i64(json_at(rows, i), "line", 0);
        if (line <= last || json_type(json_get(json_at(rows, i), "values")) != JSON_OBJ)
            return err_set_arg(e, ERR_FIELDS, mem_fmt(w->mem, "rows[%zu]: line, values", i), "row %zu, line %lld", i, (long long)line);
        last = line;
    }
    TRY(q_staging_after(w->db, w->mem, batch, json_get_i64(json_at(rows, 0), "line", 0) - 1, 1, &there, e));
    return there.n == 0 ? RC_OK : err_set_arg(e, ERR_FIELDS, "rows[0]: line", "line %lld is there", (long long)there.v[0].line);
}

enum rc cmd_import_stage(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct form *f;
    const struct json *rows = json_get(args, "rows");
    const struct grant *g;
    struct q_batch_get b;
    size_t i = 0;
    int64_t t0 = clock_mono_us();
    TRY(form_named(w, args, &f, e));
    if (f->kind == FORM_LOG)                             /* no route that could approve the rows, and no draft that could wait for it: decisions/0005 */
        return err_set(e, ERR_LOG_IMPORT, "import into the log %s", f->ident);
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_IMPORT, f, NULL, w->today, &g, e));
    if (json_n(rows) == 0)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "no rows");
    TRY(batch_open(w, args, f, &b, e));
    if (b.n + (int64_t)json_n(rows) > IMPORT_ROWS_MAX)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "%lld rows", (long long)(b.n + (int64_t)json_n(rows)));
    TRY(lines_check(w, b.batch, rows, e));
    for (; i < json_n(rows) && (i == 0 || !import_time_over(t0)); i++) {
        bool bad;
        TRY(row_stage(w, f, b.batch, json_at(rows, i), &bad, e));
        b.bad += bad;
        b.n++;
    }
    w->troubles->n = 0;
    json_set_i64(body, "batch", b.batch);
    json_set_i64(body, "taken", (int64_t)i);
    json_set_i64(body, "rows", b.n);
    json_set_i64(body, "bad", b.bad);
    return import_batch_put(w, &b, e);
}

/* ---- handing in ---- */

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

/* What the rules say of the rows that they forbid, by line; a row that cannot be read is named alone. Always refuses. */
static enum rc bad_refuse(struct work *w, const struct form *f, const struct q_batch_get *b, struct err *e)
{
    struct trouble_vec all = VEC_INIT(w->mem);
    struct q_staging_faults_rows rows;
    struct content *c;
    int64_t t0 = clock_mono_us();
    TRY(q_staging_faults(w->db, w->mem, b->batch, 20, &rows, e));
    for (size_t i = 0; i < rows.n && (i == 0 || !import_time_over(t0)); i++) {
        if (strcmp(rows.v[i].state, "rule") != 0)
            return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%lld", (long long)rows.v[i].line), "line %lld is bad", (long long)rows.v[i].line);
        w->troubles->n = 0;
        TRY(import_row_content(w, f, rows.v[i].content, &c, e));
        TRY(record_try(w, f, c, e));
        troubles_keep(w, rows.v[i].line, &all);
    }
    for (size_t i = 0; i < all.n; i++)
        *vec_push(w->troubles) = all.v[i];
    TRY(work_troubles_refuse(w, e));
    return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-look-again")), "the faults are gone meanwhile: look again");
}

static enum rc row_make(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e)
{
    const struct form *f = pack_form(w->set, b->form);
    struct content *c;
    struct record rec;
    int64_t id;
    struct trouble_vec said = VEC_INIT(w->mem);
    TRY(import_row_content(w, f, row->content, &c, e));
    w->troubles->n = 0;
    enum rc rc = record_make(w, f, c, "import", NULL, NULL, NULL, &id, e);
    if (rc != RC_OK) {
        troubles_keep(w, row->line, &said);
        for (size_t k = 0; k < said.n; k++)
            *vec_push(w->troubles) = said.v[k];
        return rc;
    }
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    b->chain = import_chain(w, b->chain, id, rec.draft_rev);
    b->done++;
    return q_staging_made(w->tx, b->batch, row->line, id, e);
}

/* Rows become records that nobody sees; *ret_all: none is left. */
static enum rc rows_make(struct work *w, const struct form *f, struct q_batch_get *b, bool *ret_all, struct err *e)
{
    int64_t from = b->line;
    size_t n;
    w->staged = true;
    TRY(import_chunk(w, b, row_make, &n, ret_all, e));
    w->staged = false;
    w->troubles->n = 0;
    if (n == 0)
        return RC_OK;
    return work_entry(w, "import.rows", mem_fmt(w->mem, "batch:%lld", (long long)b->batch), e, "form", f->ident, "after", mem_fmt(w->mem, "%lld", (long long)from),
                      "to", mem_fmt(w->mem, "%lld", (long long)b->line), "chain", b->chain, NULL);
}

static enum rc hand_in(struct work *w, const struct json *args, const struct form *f, struct q_batch_get *b, struct json *body, struct err *e)
{
    const struct form *own = pack_form(w->set, "import");
    struct content *c = content_new(w->mem);
    struct json *sub = json_obj(w->mem);
    content_set(c, "target_name", f->name);
    content_set(c, "target", f->ident);
    content_set(c, "rows", mem_fmt(w->mem, "%lld", (long long)b->n));
    content_set(c, "batch", mem_fmt(w->mem, "%lld", (long long)b->batch));
    content_set(c, "digest", b->chain);
    content_set(c, "needs_approval", f->step_n > 0 ? "1" : "0");
    content_set(c, "paper_by", json_get_str(args, "paper_by"));
    content_set(c, "paper_on", json_get_str(args, "paper_on"));
    content_order(c, own);
    TRY(record_make(w, own, c, "app", NULL, NULL, NULL, &b->record, e));
    b->state = "handed";
    TRY(import_batch_put(w, b, e));
    json_set_i64(sub, "record", b->record);
    w->troubles->n = 0;
    TRY(cmd_record_submit(w, sub, body, e));
    json_set_i64(body, "import", b->record);
    return work_entry(w, "import.handed-in", mem_fmt(w->mem, "batch:%lld", (long long)b->batch), e, "form", f->ident, "rows", mem_fmt(w->mem, "%lld", (long long)b->n), "digest", b->chain, NULL);
}

enum rc cmd_import_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct grant *g;
    struct q_batch_get b;
    bool all = false;
    TRY(import_batch_get(w->db, w->mem, json_get_i64(args, "batch", 0), w->actor.person, NULL, &b, e));
    const struct form *f = pack_form(w->set, b.form);
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, "%s", b.form);
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_IMPORT, f, NULL, w->today, &g, e));
    TRY(proof_form(w, f, e));
    bool looked = strcmp(b.state, "looked") == 0;
    if (pack_form(w->set, "import") == NULL || b.n == 0 || (!looked && strcmp(b.state, "making") != 0))
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "batch %lld: nothing to hand in", (long long)b.batch);
    if (b.bad > 0)
        return bad_refuse(w, f, &b, e);
    b.state = "making";
    TRY(rows_make(w, f, &b, &all, e));
    json_set_i64(body, "made", b.done);
    json_set_i64(body, "rows", b.n);
    json_set_bool(body, "more", !all);
    return all ? hand_in(w, args, f, &b, body, e) : import_batch_put(w, &b, e);
}

enum rc cmd_import_drop(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_batch_get b;
    (void)body;
    TRY(import_batch_get(w->db, w->mem, json_get_i64(args, "batch", 0), w->actor.person, NULL, &b, e));
    if (strcmp(b.state, "looked") != 0 && strcmp(b.state, "making") != 0)
        return err_set(e, ERR_STATE, "batch %lld is %s", (long long)b.batch, b.state);
    return import_end(w, &b, NULL, e);
}

/* ---- whoever has a whole list: the commands, again and again ---- */

void core_import_stage(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *form, const struct json *rows, struct answer **ret)
{
    int64_t batch = 0;
    size_t at = 0;
    do {
        MEM_SCOPE(tmp, mem);
        struct json *args = json_obj(tmp), *part = json_set_arr(args, "rows");
        json_set_str(args, "form", form);
        json_set_i64(args, "batch", batch);
        for (size_t i = at; i < json_n(rows) && i < at + IMPORT_CHUNK_MAX; i++)
            json_add(part, json_at(rows, i));
        core_command(c, mem, a, "import.stage", args, NULL, ret);
        batch = json_get_i64((*ret)->body, "batch", batch);
        at += (size_t)json_get_i64((*ret)->body, "taken", 0);
    } while ((*ret)->rc == RC_OK && at < json_n(rows));
}

void core_import_run(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct json *args, struct answer **ret)
{
    do
        core_command(c, mem, a, "import.run", args, NULL, ret);
    while ((*ret)->rc == RC_OK && json_get_bool((*ret)->body, "more"));
}
