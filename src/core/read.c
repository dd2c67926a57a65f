/* What pages and the API read of records: revisions, acts, steps, what may be done, what waits; names and references. */
#include "core/route_int.h"

#define HISTORY_MAX 500

/* ---- references as people write them ---- */

static bool one_of(struct reader *r, const struct sql *s, int64_t *ret_id, bool *ret_several)
{
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    if (db_query(r->db, r->mem, s, &rows, &e) != RC_OK || db_next(rows, &more, &e) != RC_OK || !more)
        return false;
    *ret_id = db_i64(rows, 0);
    if (db_next(rows, &more, &e) != RC_OK)
        return false;
    *ret_several = more;
    db_rows_end(rows);
    return !*ret_several;
}

static bool by_column(struct reader *r, const struct form *f, const char *col, const char *typed, int64_t *ret_id, bool *ret_several)
{
    struct sql *s = sql_new(r->mem);
    sql_lit(s, "SELECT record FROM ");
    sql_ident(s, form_table(r->mem, f));
    sql_lit(s, " WHERE slot = 0 AND ");
    sql_ident(s, col);
    sql_lit(s, " = ");
    sql_text(s, typed);
    sql_lit(s, " ORDER BY record LIMIT 2");
    return one_of(r, s, ret_id, ret_several);
}

/* What is in force may be named by everybody who fills in a form (docs/SECURITY.md); what never was, only by who sees it: a guessed number or title
 * must not show that there is such a draft. */
static bool nameable(struct reader *r, int64_t id)
{
    struct record rec;
    struct err e = {0};
    bool sees = false;
    if (record_get(r->db, r->mem, r->set, id, &rec, &e) != RC_OK || rec.form == NULL)
        return false;
    return rec.force_rev != 0 || (perm_may(r, PERMIT_SEE, rec.form, &rec, &sees, &e) == RC_OK && sees);
}

static bool resolve(struct reader *r, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several)
{
    struct q_record_row row;
    struct q_record_by_number num;
    struct q_record_by_title_rows titles;
    struct err e = {0};
    bool found;
    if (str_to_i64(str_of(typed), ret_id) && q_record_row(r->db, r->mem, *ret_id, &row, &found, &e) == RC_OK && found && strcmp(row.form, target->ident) == 0)
        return true;
    if (q_record_by_number(r->db, r->mem, target->ident, typed, &num, &found, &e) == RC_OK && found) {
        *ret_id = num.id;
        return true;
    }
    bool person = strcmp(target->ident, "person") == 0;
    if (person && (by_column(r, target, "login", typed, ret_id, ret_several) || by_column(r, target, "code", typed, ret_id, ret_several)))
        return true;
    *ret_several = false;
    if (q_record_by_title(r->db, r->mem, target->ident, typed, &titles, &e) != RC_OK)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < titles.n; i++)
        if (nameable(r, titles.v[i].id) && n++ == 0)
            *ret_id = titles.v[i].id;
    *ret_several = n > 1;
    return n == 1;
}

bool core_resolve(void *ctx, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several)
{
    *ret_several = false;
    return resolve(ctx, target, typed, ret_id, ret_several) && nameable(ctx, *ret_id);
}

/* ---- history ---- */

enum rc record_revisions(struct reader *r, int64_t record, struct revision_infos *ret, struct err *e)
{
    struct q_revisions_of_rows rows;
    ret->mem = r->mem;
    TRY(q_revisions_of(r->db, r->mem, record, HISTORY_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        struct revision_info *x = vec_push(ret);
        *x = (struct revision_info){.id = rows.v[i].id, .no = rows.v[i].no, .author = rows.v[i].author, .at = rows.v[i].at, .pack_set = rows.v[i].pack_set, .seq = rows.v[i].seq};
        if (rows.v[i].hash.n == HASH_N)
            memcpy(x->hash, rows.v[i].hash.p, HASH_N);
    }
    return RC_OK;
}

enum rc record_acts(struct reader *r, int64_t record, struct act_infos *ret, struct err *e)
{
    struct q_acts_of_rows rows;
    ret->mem = r->mem;
    TRY(q_acts_of(r->db, r->mem, record, HISTORY_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_acts_of *a = &rows.v[i];
        struct json *effect;
        TRY(json_read(r->mem, str_of(a->effect), 8 << 20, &effect, e));
        *vec_push(ret) = (struct act_info){.id = a->id, .no = a->no, .revision = a->revision_null ? 0 : a->revision, .actor = a->actor,
            .on_behalf = a->on_behalf_null ? 0 : a->on_behalf, .at = a->at, .seq = a->seq, .kind = a->kind, .step = a->step, .comment = a->comment, .effect = effect};
    }
    return RC_OK;
}

int64_t record_last_seq(struct reader *r, int64_t record)
{
    struct q_act_last_seq row;
    struct err e = {0};
    bool found;
    if (q_act_last_seq(r->db, r->mem, record, &row, &found, &e) != RC_OK)
        return -1;
    struct q_revisions_of_rows first;                /* a row of a log has no act: its batch */
    if (!found && q_revisions_of(r->db, r->mem, record, 1, &first, &e) == RC_OK && first.n == 1)
        return first.v[0].seq;
    return found ? row.seq : -1;
}

/* What it is about: "log:<batch>", "r:<record>" or "r:<record>@rev<n>", somebody's pseudonym, or the house. */
static enum rc receipt_may(struct reader *r, const struct entry_view *v, bool *ret, struct err *e)
{
    struct q_pseudonym_of own;
    struct record rec;
    const struct grant *g;
    bool found;
    int64_t id;
    *ret = false;
    if (strncmp(v->object, "r:", 2) == 0) {
        struct str no = {v->object + 2, strcspn(v->object + 2, "@")};
        bool number = str_to_i64(no, &id);
        if (!number || id != 0) {                        /* r:0 is the house itself */
            enum rc rc = number ? perm_see(r, id, &rec, &g, e) : RC_NOTFOUND;
            *ret = rc == RC_OK;
            return rc == RC_NOTFOUND ? RC_OK : rc;
        }
    }
    if (strncmp(v->object, "log:", 4) == 0 && str_to_i64(str_of(v->object + 4), &id))
        return log_batch_may(r, id, ret, e);
    TRY(q_pseudonym_of(r->db, r->mem, r->actor.person, &own, &found, e));
    *ret = found && (strcmp(v->object, own.pseudo) == 0 || strcmp(v->actor, own.pseudo) == 0);
    return *ret ? RC_OK : perm_may(r, PERMIT_READ_ALL, NULL, NULL, ret, e);
}

enum rc receipt_get(struct reader *r, int64_t seq, struct str *ret_entry, char **ret_text, struct err *e)
{
    struct entry_view v;
    bool may = false;
    enum rc rc = ledger_entry(r->db, r->mem, seq, ret_entry, e);
    if (rc == RC_OK) {
        TRY(entry_parse(r->mem, *ret_entry, &v, e));
        TRY(receipt_may(r, &v, &may, e));
    }
    if (rc == RC_NOTFOUND || (rc == RC_OK && !may))
        return err_set(e, ERR_RECORD_MISSING, "receipt %lld", (long long)seq);
    return rc == RC_OK ? ledger_receipt(r->db, r->mem, seq, ret_text, e) : rc;
}

/* ---- the route as it stands ---- */

static void whos_of(struct reader *r, struct step_info *si, const struct q_step_whos_of_rows *w)
{
    si->who = mem_alloc(r->mem, sizeof *si->who, w->n + 1, "seats");
    for (size_t i = 0; i < w->n; i++)
        if (w->v[i].ord == si->ord) {
            si->who[si->who_n].person = w->v[i].person;
            si->who[si->who_n].post = w->v[i].post;
            si->who[si->who_n].state = w->v[i].state;
            si->who[si->who_n].on_behalf = w->v[i].on_behalf_null ? 0 : w->v[i].on_behalf;
            si->who_n++;
        }
}

enum rc record_steps(struct reader *r, int64_t record, struct step_infos *ret, struct err *e)
{
    struct q_steps_of_rows s;
    struct q_step_whos_of_rows w;
    struct record rec;
    ret->mem = r->mem;
    TRY(record_get(r->db, r->mem, r->set, record, &rec, e));
    TRY(q_steps_of(r->db, r->mem, record, &s, e));
    TRY(q_step_whos_of(r->db, r->mem, record, &w, e));
    const struct form *f;
    TRY(reader_form_at(r, rec.route_set, rec.form_ident, &f, e));
    for (size_t i = 0; i < s.n; i++) {
        const struct step *st = f ? pack_step(f, s.v[i].step) : NULL;
        struct step_info si = {.ord = s.v[i].ord, .key = s.v[i].step, .state = s.v[i].state, .note = s.v[i].note, .need = s.v[i].need,
            .opened_at = s.v[i].opened_at_null ? 0 : s.v[i].opened_at, .done_at = s.v[i].done_at_null ? 0 : s.v[i].done_at, .step = st,
            .label = st ? pick_lang(r->actor.lang, st->label ? st->label : st->id, st->label_en) : s.v[i].step};
        whos_of(r, &si, &w);
        *vec_push(ret) = si;
    }
    return RC_OK;
}

static enum rc holds(struct reader *r, const char *role, bool *ret, struct err *e)
{
    return org_holds_set(r->db, r->set, r->actor.person, role, r->today, ret, e);
}

static bool any_stage(const struct form *f)
{
    for (size_t i = 0; i < f->field_n; i++)
        if (pack_field_later(&f->field[i]))
            return true;
    return false;
}

/* What a route asks of the actor beyond approving: an exception to use, a letter to record, something passed over to look at. */
static enum rc may_in_route(struct reader *r, const struct record *rec, bool submitted, const char **a, size_t *n, struct err *e)
{
    struct step_infos steps = VEC_INIT(r->mem);
    struct task_infos tasks = VEC_INIT(r->mem);
    bool act = false, own = false, outside = false, later = false, open = false, fill, head, auditor;
    if (rec->made_by != r->actor.person)
        TRY(perm_may(r, PERMIT_ACT, rec->form, rec, &act, e));
    TRY(perm_may(r, PERMIT_FILL, rec->form, rec, &fill, e));
    TRY(holds(r, "head_of_department", &head, e));
    TRY(holds(r, "auditor", &auditor, e));
    TRY(record_steps(r, rec->id, &steps, e));
    for (size_t i = 0; i < steps.n; i++) {
        const struct step_info *s = &steps.v[i];
        if (strcmp(s->state, "open") != 0)
            continue;
        bool exception = text_eq(s->note, "waiver") || text_eq(s->note, "countersign");
        outside = outside || text_eq(s->note, "outside");
        open = open || (!exception && !text_eq(s->note, "outside") && !text_eq(s->note, "nobody"));
        for (size_t k = 0; exception && k < s->who_n; k++)
            own = own || s->who[k].person == r->actor.person;
    }
    if (submitted && (act || own))
        a[(*n)++] = "approve";
    if (submitted && act) {
        a[(*n)++] = "return";
        a[(*n)++] = "reject";
    }
    if (submitted && outside && fill)
        a[(*n)++] = "letter";
    if (submitted && open && !act && rec->made_by != r->actor.person && head)
        a[(*n)++] = "ahead";
    TRY(task_of_record(r, rec->id, &tasks, e));
    for (size_t i = 0; i < tasks.n; i++)
        if (strcmp(tasks.v[i].state, "open") == 0)
            later = later || (strcmp(tasks.v[i].name, "core:later") == 0 && tasks.v[i].person == r->actor.person) ||
                    (strcmp(tasks.v[i].name, "core:countersign") == 0 && (tasks.v[i].person == r->actor.person || auditor));
    if (later)
        a[(*n)++] = "countersign";
    return RC_OK;
}

enum rc record_may(struct reader *r, const struct record *rec, const char ***ret_acts, size_t *ret_n, struct err *e)
{
    const char **a = mem_array(r->mem, const char *, 16);
    size_t n = 0;
    bool submitted = rec->draft_state != NULL && strcmp(rec->draft_state, "submitted") == 0, draft = rec->draft_rev != 0 && !submitted;
    bool live = strcmp(rec->state, "void") != 0 && strcmp(rec->state, "closed") != 0 && strcmp(rec->state, "corrected") != 0, in_force = rec->force_rev != 0 && strcmp(rec->state, "approved") == 0;
    bool edit = false, fill = false, cancel = false, erase = false;
    *ret_acts = a;
    *ret_n = 0;
    if (rec->form == NULL)
        return RC_OK;
    TRY(perm_may(r, PERMIT_EDIT, rec->form, rec, &edit, e));
    TRY(perm_may(r, PERMIT_FILL, rec->form, rec, &fill, e));
    TRY(perm_may(r, PERMIT_VOID, rec->form, rec, &cancel, e));
    TRY(perm_may(r, PERMIT_ERASE, rec->form, rec, &erase, e));
    bool retired = r->set != NULL && pack_form(r->set, rec->form_ident) == NULL && !submitted;
    bool log = rec->form->kind == FORM_LOG;
    if (live && log && !retired && edit)
        a[n++] = "correct";
    if (live && log && cancel)
        a[n++] = "void";
    live = live && !log;
    if (live && !retired && edit) {
        if (strcmp(rec->form_ident, "import") != 0)          /* what was handed in is what is approved: import anew instead */
            a[n++] = "save";
        if (draft)
            a[n++] = "submit";
    }
    if (live && submitted && (rec->made_by == r->actor.person || edit))
        a[n++] = "withdraw";
    if (live)
        TRY(may_in_route(r, rec, submitted, a, &n, e));
    if (live && in_force && rec->draft_rev == 0 && any_stage(rec->form) && fill)
        a[n++] = "fill";
    if (live && in_force && rec->draft_rev == 0 && fill && (rec->form->closes == NULL || strcmp(rec->form->closes, "manual") == 0))
        a[n++] = "close";
    if (live && cancel)
        a[n++] = "void";
    if (erase)
        a[n++] = "erase";
    *ret_n = n;
    return RC_OK;
}

static bool seat_open(const struct step_info *s, size_t k, int64_t person)
{
    return strcmp(s->state, "open") == 0 && s->who[k].person == person && strcmp(s->who[k].state, "open") == 0;
}

enum rc record_step_mine(struct reader *r, const struct record *rec, const struct step **ret, struct err *e)
{
    struct step_infos steps = VEC_INIT(r->mem);
    struct deputy_vec d = VEC_INIT(r->mem);
    *ret = NULL;
    if (rec->draft_state == NULL || strcmp(rec->draft_state, "submitted") != 0)
        return RC_OK;
    TRY(record_steps(r, rec->id, &steps, e));
    for (size_t i = 0; i < steps.n; i++)
        for (size_t k = 0; k < steps.v[i].who_n; k++)
            if (seat_open(&steps.v[i], k, r->actor.person)) {
                *ret = steps.v[i].step;
                return RC_OK;
            }
    TRY(deputies_of(r->db, r->mem, r->set, r->actor.person, r->today, &d, e));
    for (size_t i = 0; i < steps.n; i++)
        for (size_t k = 0; k < steps.v[i].who_n; k++)
            for (size_t n = 0; n < d.n && *ret == NULL; n++) {
                bool fits = false;
                if (seat_open(&steps.v[i], k, d.v[n].from))
                    TRY(deputy_fits(r->db, r->set, &d.v[n], steps.v[i].step, r->today, &fits, e));
                if (fits)
                    *ret = steps.v[i].step;
            }
    return RC_OK;
}

/* ---- the desk ---- */

static bool waits(const struct waitings *v, int64_t record)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].record == record)
            return true;
    return false;
}

/* Does a delegation of that person cover the step, as it stands in the set that the route runs under? */
static enum rc covered(struct reader *r, const struct deputy_vec *d, int64_t from, const struct q_waiting_for *row, bool *ret, struct err *e)
{
    const struct form *f;
    *ret = false;
    TRY(reader_form_at(r, row->route_set_null ? 0 : row->route_set, row->form, &f, e));
    for (size_t i = 0; f != NULL && i < d->n && !*ret; i++)
        if (d->v[i].from == from)
            TRY(deputy_fits(r->db, r->set, &d->v[i], pack_step(f, row->step), r->today, ret, e));
    return RC_OK;
}

/* Seats of those whose deputy the actor is: only where a delegation covers the step, and never on what the actor made. */
static enum rc waiting_as_deputy(struct reader *r, int limit, struct waitings *ret, struct err *e)
{
    struct deputy_vec d = VEC_INIT(r->mem);
    struct id_vec asked = VEC_INIT(r->mem);
    TRY(deputies_of(r->db, r->mem, r->set, r->actor.person, r->today, &d, e));
    for (size_t i = 0; i < d.n; i++) {
        struct q_waiting_for_rows rows;
        if (ids_have(&asked, d.v[i].from))
            continue;
        *vec_push(&asked) = d.v[i].from;
        TRY(q_waiting_for(r->db, r->mem, d.v[i].from, limit, &rows, e));
        for (size_t k = 0; k < rows.n && (int)ret->n < limit; k++) {
            bool fits = false;
            if (rows.v[k].made_by != r->actor.person && !waits(ret, rows.v[k].record))
                TRY(covered(r, &d, d.v[i].from, &rows.v[k], &fits, e));
            if (fits)
                *vec_push(ret) = (struct waiting){.record = rows.v[k].record, .number = rows.v[k].number, .title = rows.v[k].title, .form_ident = rows.v[k].form,
                                                  .post = msg_fill(r->mem, r->actor.lang, MSG("core.deputy"), person_name(r->db, r->mem, d.v[i].from), NULL),
                                                  .state = "open", .since = rows.v[k].since, .on_behalf = d.v[i].from};
        }
    }
    return RC_OK;
}

enum rc route_waiting_for_me(struct reader *r, int limit, struct waitings *ret, struct err *e)
{
    struct q_waiting_for_rows rows;
    ret->mem = r->mem;
    TRY(q_waiting_for(r->db, r->mem, r->actor.person, limit, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        *vec_push(ret) = (struct waiting){.record = rows.v[i].record, .number = rows.v[i].number, .title = rows.v[i].title, .form_ident = rows.v[i].form,
                                          .post = rows.v[i].post, .state = "open", .since = rows.v[i].since};
    return r->set != NULL ? waiting_as_deputy(r, limit, ret, e) : RC_OK;
}

enum rc route_returned_to_me(struct reader *r, int limit, struct waitings *ret, struct err *e)
{
    struct q_returned_to_rows rows;
    ret->mem = r->mem;
    TRY(q_returned_to(r->db, r->mem, r->actor.person, limit, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        *vec_push(ret) = (struct waiting){.record = rows.v[i].record, .number = rows.v[i].number, .title = rows.v[i].title, .form_ident = rows.v[i].form,
                                          .state = rows.v[i].draft_state, .since = rows.v[i].updated_at};
    return RC_OK;
}
