/* Imports: what follows the approval. import_apply (the import record comes into force) only looks whether the batch is what the record says; the
 * keeper then sends import.step again and again. State by state:
 *   applying  every row is judged once more and made ready (one act each); a row that does not hold any more ends the import, all such rows are named
 *   showing   one act on the import record names all rows (effect `show`): from then on they are in force. Their projections follow in chunks, while
 *             core_read_begin lets no new reader in, so that nobody sees half of them (keeper.c)
 *   clearing  the staged cells go
 *   ending    nothing comes into force: the records are voided; then `ended`, and the faults can be read for a day
 * Each command holds the writer for IMPORT_BUDGET_US and a COMMIT. A crash between two of them is continued by the keeper at start. */
#include "core/core_state.h"
#include "core/accounts_int.h"
#include "core/order.h"

#define STALE_US (24LL * 3600 * 1000000)

static const char *batch_object(struct work *w, const struct q_batch_get *b) { return mem_fmt(w->mem, "batch:%lld", (long long)b->batch); }

static void phase(struct q_batch_get *b, const char *state)
{
    b->state = state;
    b->line = b->done = 0;
    b->chain = "";
}

enum rc import_end(struct work *w, struct q_batch_get *b, const char *why, struct err *e)
{
    phase(b, "ending");
    b->why = why;
    TRY(import_batch_put(w, b, e));
    return work_entry(w, "import.ending", batch_object(w, b), e, "form", b->form, "why", why ? why : "dropped", NULL);
}

/* Called when a record of the form `import` comes into force. Nothing in it is believed: the batch must be its maker's, the register that the
 * batch was staged for, the rows as handed in, and a register with a route must have been approved. */
enum rc import_apply(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    int64_t batch = 0, n = 0;
    struct q_batch_get b;
    const char *target = content_get(c, "target"), *no = content_get(c, "batch"), *count = content_get(c, "rows");
    const struct form *f = target ? pack_form(w->set, target) : NULL;
    if (f == NULL || no == NULL || count == NULL || !str_to_i64(str_of(no), &batch) || !str_to_i64(str_of(count), &n) || content_get(c, "digest") == NULL)
        return err_set(e, ERR_IMPORT, "import record %lld", (long long)rec->id);
    TRY(proof_form(w, f, e));
    if (import_batch_get(w->db, w->mem, batch, rec->made_by, f->ident, &b, e) != RC_OK || strcmp(b.state, "handed") != 0 || b.record != rec->id || b.n != n)
        return err_set_arg(e, ERR_IMPORT, rec->number, "batch %lld is not what record %lld says", (long long)batch, (long long)rec->id);
    if (!text_eq(content_get(c, "digest"), b.chain))
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-changed")), "rows changed after they were handed in");
    if (!text_eq(content_get(c, "target_name"), f->name))
        return err_set_arg(e, ERR_IMPORT, rec->number, "the register's name is not its own");
    if ((f->step_n > 0) != text_eq(content_get(c, "needs_approval"), "1"))
        return err_set_arg(e, ERR_IMPORT, rec->number, "approval was left out");
    phase(&b, "applying");
    TRY(import_batch_put(w, &b, e));
    return work_entry(w, "import.approved", batch_object(w, &b), e, "form", f->ident, "rows", mem_fmt(w->mem, "%lld", (long long)n), NULL);
}

/* ---- applying ---- */

/* The effect of coming into force without being seen yet: what record_promote plans, but for the version in force, which `show` sets. */
static enum rc ready_effect(struct work *w, const struct record *rec, const struct content *c, struct json *effect, struct err *e)
{
    struct json *plan = json_obj(w->mem);
    const char *const keep[] = {"pack_set", "department", "closed_at"};
    TRY(record_promote(w, rec, c, plan, e));
    for (size_t i = 0; i < ARRAY_N(keep); i++)
        if (json_get(plan, keep[i]) != NULL)
            json_set(effect, keep[i], json_get(plan, keep[i]));
    struct json *tasks = json_child(plan, "tasks");
    for (size_t i = 0; i < json_n(tasks); i++)
        json_set_str(json_item(tasks, i), "state", STATE_STAGED);
    if (tasks != NULL)
        json_set(effect, "tasks", tasks);
    return RC_OK;
}

/* Judged and made ready; a refusal is the row's fault, anything else (the disk) the command's. */
static enum rc row_try(struct work *w, const struct q_batch_get *b, const struct record *rec, struct json **ret_problems, struct err *e)
{
    struct content *c;
    size_t erased;
    struct json *effect = json_obj(w->mem);
    TRY(revision_content(w->db, w->mem, rec->draft_rev, &c, &erased, e));
    content_order(c, rec->form);
    TRY(judge_rules(w, rec, SLOT_STAGED, c, "submit", e));
    *ret_problems = import_problems(w);
    if (json_n(*ret_problems) > 0 || b->bad > 0)         /* after one fault the import ends; the rest is judged only, so that all are named */
        return RC_OK;
    TRY(ready_effect(w, rec, c, effect, e));
    return act_do(w, rec->id, rec->draft_rev, "import", NULL, NULL, effect, e);
}

static enum rc row_ready(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e)
{
    struct record rec;
    struct json *problems = json_arr(w->mem);
    struct err why = {0};
    TRY(record_get(w->db, w->mem, w->set, row->record, &rec, e));
    w->troubles->n = 0;
    enum rc rc = rec.form == NULL ? err_set_arg(&why, ERR_FORM_MISSING, rec.form_ident, "%s", rec.form_ident) :
                 strcmp(rec.state, STATE_STAGED) != 0 ? err_set_arg(&why, ERR_IMPORT, rec.number, "row %lld went another way", (long long)rec.id) : RC_OK;
    b->chain = import_chain(w, b->chain, rec.id, rec.draft_rev);
    if (rc == RC_OK)
        rc = row_try(w, b, &rec, &problems, &why);
    if (rc != RC_OK && err_info(why.code)->http >= 500) {
        *e = why;
        return rc;
    }
    if (rc != RC_OK && json_n(problems) == 0)
        json_add_str(problems, err_say(w->mem, LANG_JA, &why));
    b->done++;
    if (json_n(problems) == 0)
        return RC_OK;
    b->bad++;
    return import_problems_put(w, b->batch, row->line, "rule", problems, e);
}

/* The final act: all rows, named in one effect. The rest is projection. */
static enum rc show_all(struct work *w, struct q_batch_get *b, struct err *e)
{
    struct q_staging_records_rows rows;
    struct record rec;
    struct content *c;
    size_t erased;
    struct json *effect = json_obj(w->mem), *ids = json_set_arr(effect, "show");
    TRY(record_get(w->db, w->mem, w->set, b->record, &rec, e));
    TRY(revision_content(w->db, w->mem, rec.force_rev ? rec.force_rev : rec.draft_rev, &c, &erased, e));
    if (!text_eq(content_get(c, "digest"), b->chain) || strcmp(rec.state, "approved") != 0)
        return import_end(w, b, strcmp(rec.state, "approved") == 0 ? "changed" : "refused", e);
    TRY(q_staging_records(w->db, w->mem, b->batch, IMPORT_ROWS_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        json_add_i64(ids, rows.v[i].record);
    phase(b, "showing");
    TRY(import_batch_put(w, b, e));
    TRY(act_do(w, rec.id, rec.force_rev, "import", NULL, NULL, effect, e));
    return work_entry(w, "import.applied", batch_object(w, b), e, "form", b->form, "rows", mem_fmt(w->mem, "%zu", rows.n), NULL);
}

static enum rc applying(struct work *w, struct q_batch_get *b, struct err *e)
{
    int64_t from = b->line;
    size_t n;
    bool all;
    TRY(import_chunk(w, b, row_ready, &n, &all, e));
    w->troubles->n = 0;
    if (n > 0) {
        TRY(work_entry(w, "import.ready", batch_object(w, b), e, "form", b->form, "after", mem_fmt(w->mem, "%lld", (long long)from),
                       "to", mem_fmt(w->mem, "%lld", (long long)b->line), NULL));
        return import_batch_put(w, b, e);
    }
    return b->bad > 0 ? import_end(w, b, "faults", e) : show_all(w, b, e);
}

/* ---- the rest ---- */

static enum rc row_show(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e)
{
    TRY(act_show(w->tx, w->mem, w->set, row->record, e));
    b->done++;
    TRY(work_todo(w, "search", row->record, e));
    return work_todo(w, "check", row->record, e);
}

static enum rc showing(struct work *w, struct q_batch_get *b, struct err *e)
{
    size_t n;
    bool all;
    TRY(import_chunk(w, b, row_show, &n, &all, e));
    if (n == 0) {
        phase(b, "clearing");
        TRY(seats_moved(w, b->form, e));
        TRY(orders_moved(w, b->form, e));
    }
    return import_batch_put(w, b, e);
}

static enum rc clearing(struct work *w, struct q_batch_get *b, struct err *e)
{
    struct q_staging_after_rows rows;
    TRY(q_staging_after(w->db, w->mem, b->batch, -1, IMPORT_CHUNK_MAX, &rows, e));
    if (rows.n == 0)
        return q_batch_drop(w->tx, b->batch, e);
    return q_staging_cut(w->tx, b->batch, rows.v[rows.n - 1].line, e);
}

static enum rc record_strike(struct work *w, int64_t id, const char *state, const char *why, struct err *e)
{
    struct record rec;
    struct json *effect = json_obj(w->mem);
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    if (strcmp(rec.state, state) != 0)
        return RC_OK;
    TRY(record_void_effect(w, &rec, effect, e));
    return act_do(w, id, 0, "void", NULL, why, effect, e);
}

static enum rc row_void(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e)
{
    (void)b;
    return row->record_null ? RC_OK : record_strike(w, row->record, STATE_STAGED, NULL, e);
}

static enum rc ending(struct work *w, struct q_batch_get *b, struct err *e)
{
    size_t n;
    bool all;
    TRY(import_chunk(w, b, row_void, &n, &all, e));
    if (n > 0)
        return import_batch_put(w, b, e);
    phase(b, b->why == NULL ? "clearing" : "ended");
    TRY(import_batch_put(w, b, e));
    if (b->record == 0 || b->why == NULL)
        return RC_OK;
    const char *why = strcmp(b->why, "faults") == 0 ? MSG("core.import-failed") : strcmp(b->why, "cancelled") == 0 ? MSG("core.import-cancelled") : MSG("core.import-changed");
    return record_strike(w, b->record, "approved", msg_fill(w->mem, LANG_JA, why, mem_fmt(w->mem, "%lld", (long long)b->bad), NULL), e);      /* the import record says itself that nothing came of it */
}

enum rc import_next(struct db *db, TALLOC_CTX *mem, int64_t now_us, int64_t *ret_batch, const char **ret_state, struct err *e)
{
    struct q_batch_working at;
    struct q_batch_stale old;
    struct q_batch_refused no;
    bool found;
    *ret_batch = 0;
    *ret_state = "";
    TRY(q_batch_working(db, mem, &at, &found, e));
    if (found) {
        *ret_batch = at.batch;
        *ret_state = at.state;
        return RC_OK;
    }
    TRY(q_batch_refused(db, mem, &no, &found, e));
    if (found) {
        *ret_batch = no.batch;
        *ret_state = "refused";
        return RC_OK;
    }
    TRY(q_batch_stale(db, mem, now_us - STALE_US, &old, &found, e));
    if (found) {
        *ret_batch = old.batch;
        *ret_state = strcmp(old.state, "ended") == 0 ? "clear" : "stale";
    }
    return RC_OK;
}

/* One chunk of the import whose turn it is: one after the other, so that each judges what the one before it brought. */
enum rc cmd_import_step(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t batch;
    const char *state;
    struct q_batch_get b;
    bool found;
    (void)args;
    TRY(import_next(w->db, w->mem, w->now_us, &batch, &state, e));
    json_set_bool(body, "more", batch != 0);
    if (batch == 0)
        return RC_OK;
    TRY(q_batch_get(w->db, w->mem, batch, &b, &found, e));
    if (strcmp(state, "applying") == 0)
        return applying(w, &b, e);
    if (strcmp(state, "showing") == 0)
        return showing(w, &b, e);
    if (strcmp(state, "taking") == 0)
        return accounts_taking(w, &b, e);
    if (strcmp(state, "leaving") == 0)
        return accounts_leaving(w, &b, e);
    if (strcmp(state, "clearing") == 0)
        return clearing(w, &b, e);
    if (strcmp(state, "ending") == 0)
        return ending(w, &b, e);
    if (strcmp(state, "clear") != 0)
        return import_end(w, &b, strcmp(state, "refused") == 0 ? "refused" : NULL, e);
    phase(&b, "clearing");
    return import_batch_put(w, &b, e);
}

/* Before the final act: by who handed it in, or who may void the import. */
enum rc cmd_import_cancel(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_batch_get b;
    struct record rec;
    const struct grant *g;
    bool found;
    (void)body;
    TRY(q_batch_get(w->db, w->mem, json_get_i64(args, "batch", 0), &b, &found, e));
    if (!found || b.record == 0)
        return err_set(e, ERR_DB_NOTFOUND, "batch");
    TRY(record_get(w->db, w->mem, w->set, b.record, &rec, e));
    if (b.person != w->actor.person)
        TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_VOID, rec.form, &rec, w->today, &g, e));
    if (strcmp(b.state, "applying") != 0)
        return err_set(e, ERR_STATE, "batch %lld is %s", (long long)b.batch, b.state);
    return import_end(w, &b, "cancelled", e);
}
