/* Routes: submit, approve, return, reject, withdraw. The route of a draft is a list of rows (one per step; `all of` gives one row per
 * part, open at the same time), kept whole in the effect of every act that changes it.
 *
 * Segregation of duties lives here and in org_resolve: whoever made or changed the draft (or the one they acted for) never approves it, on
 * any path, because every path ends in these commands (design.md 6). */
#include "core/core_int.h"

struct seat_row { int64_t person, on_behalf; const char *post, *state; };
VEC_TYPE(seat_rows, struct seat_row);
struct row { int64_t ord, need, opened, done; const char *step, *state, *note, *bind; struct seat_rows who; };
VEC_TYPE(row_vec, struct row);

/* ---- who made the draft ---- */

static enum rc makers_of(struct work *w, const struct record *rec, struct id_vec *ret, struct err *e)
{
    struct q_act_makers_rows row;
    *vec_push(ret) = rec->made_by;
    TRY(q_act_makers(w->db, w->mem, rec->id, rec->force_rev, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        *vec_push(ret) = row.v[i].actor;
        if (!row.v[i].on_behalf_null)
            *vec_push(ret) = row.v[i].on_behalf;
    }
    return RC_OK;
}

static bool id_in(const struct id_vec *v, int64_t id)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i] == id)
            return true;
    return false;
}

/* ---- rows <-> database and effect ---- */

static enum rc rows_load(struct work *w, const struct record *rec, struct row_vec *ret, struct err *e)
{
    struct q_steps_of_rows s;
    struct q_step_whos_of_rows p;
    TRY(q_steps_of(w->db, w->mem, rec->id, &s, e));
    TRY(q_step_whos_of(w->db, w->mem, rec->id, &p, e));
    for (size_t i = 0; i < s.n; i++) {
        struct row r = {.ord = s.v[i].ord, .need = s.v[i].need, .opened = s.v[i].opened_at_null ? 0 : s.v[i].opened_at, .done = s.v[i].done_at_null ? 0 : s.v[i].done_at,
                        .step = s.v[i].step, .state = s.v[i].state, .note = s.v[i].note, .who = VEC_INIT(w->mem)};
        if (s.v[i].bind.n == HASH_N)
            r.bind = hex_text(w->mem, (const uint8_t *)s.v[i].bind.p, HASH_N);
        for (size_t k = 0; k < p.n; k++)
            if (p.v[k].ord == r.ord)
                *vec_push(&r.who) = (struct seat_row){.person = p.v[k].person, .post = p.v[k].post, .state = p.v[k].state, .on_behalf = p.v[k].on_behalf_null ? 0 : p.v[k].on_behalf};
        *vec_push(ret) = r;
    }
    return RC_OK;
}

static void rows_effect(const struct row_vec *rows, int64_t rev, struct json *effect)
{
    struct json *steps = json_set_obj(effect, "steps");
    json_set_i64(steps, "rev", rev);
    struct json *arr = json_set_arr(steps, "rows");
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *r = &rows->v[i];
        struct json *o = json_add_obj(arr);
        json_set_i64(o, "ord", r->ord);
        json_set_str(o, "step", r->step);
        json_set_str(o, "state", r->state);
        json_set_i64(o, "need", r->need);
        if (r->bind != NULL)
            json_set_str(o, "bind", r->bind);
        if (r->opened != 0)
            json_set_i64(o, "opened", r->opened);
        if (r->done != 0)
            json_set_i64(o, "done", r->done);
        if (r->note != NULL)
            json_set_str(o, "note", r->note);
        struct json *who = json_set_arr(o, "who");
        for (size_t k = 0; k < r->who.n; k++) {
            struct json *p = json_add_obj(who);
            json_set_i64(p, "p", r->who.v[k].person);
            json_set_str(p, "post", r->who.v[k].post);
            json_set_str(p, "s", r->who.v[k].state);
            if (r->who.v[k].on_behalf != 0)
                json_set_i64(p, "b", r->who.v[k].on_behalf);
        }
    }
}

/* ---- opening ---- */

static const char *step_label(const struct form *f, const char *key)
{
    const struct step *s = pack_step(f, key);
    return s == NULL ? key : s->label ? s->label : s->id;
}

static bool row_is(const struct row *r, const char *state) { return strcmp(r->state, state) == 0; }

/* Did this person already act in this route? Then posts collapse into one act, unless the step says distinct. */
static bool already_acted(const struct row_vec *rows, int64_t person)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == person && strcmp(rows->v[i].who.v[k].state, "done") == 0)
                return true;
    return false;
}

static int64_t done_n(const struct row *r)
{
    int64_t n = 0;
    for (size_t i = 0; i < r->who.n; i++)
        n += strcmp(r->who.v[i].state, "done") == 0;
    return n;
}

static void row_finish(struct row *r, int64_t now_us)
{
    r->state = "done";
    r->done = now_us;
    for (size_t i = 0; i < r->who.n; i++)
        if (strcmp(r->who.v[i].state, "open") == 0)
            r->who.v[i].state = "free";
}

/* Which part of `all of` a row stands for: rows of one step are numbered in order. */
static const struct who *row_who(const struct step *s, const struct row_vec *rows, size_t at)
{
    if (s->by.kind != WHO_ALL)
        return &s->by;
    size_t part = 0;
    for (size_t i = at; i > 0 && strcmp(rows->v[i - 1].step, rows->v[at].step) == 0; i--)
        part++;
    return part < s->by.sub_n ? &s->by.sub[part] : &s->by;
}

static enum rc row_open(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e)
{
    struct row *r = &rows->v[at];
    const struct step *s = pack_step(rec->form, r->step);
    struct seat_vec seats = VEC_INIT(w->mem);
    if (s == NULL)
        return err_set(e, ERR_BUG, "step %s", r->step);
    TRY(org_resolve(w, row_who(s, rows, at), c, rec->department, rec->made_by, makers->v, makers->n, &seats, e));
    r->who.n = 0;
    for (size_t i = 0; i < seats.n; i++) {
        if (id_in(makers, seats.v[i].person) || (s->distinct && already_acted(rows, seats.v[i].person)))
            continue;
        bool collapsed = !s->distinct && already_acted(rows, seats.v[i].person);
        *vec_push(&r->who) = (struct seat_row){.person = seats.v[i].person, .post = seats.v[i].post, .on_behalf = seats.v[i].on_behalf, .state = collapsed ? "done" : "open"};
        if (seats.v[i].climbed)
            r->note = "climbed";
    }
    if ((int64_t)r->who.n < r->need)
        return err_set_arg(e, ERR_NO_APPROVER, step_label(rec->form, r->step), "step %s of record %lld needs %lld", r->step, (long long)rec->id, (long long)r->need);
    r->state = "open";
    r->opened = w->now_us;
    if (done_n(r) >= r->need) {
        uint8_t bind[HASH_N];
        TRY(revision_bind(w, rec->form, c, r->step, bind, e));
        r->bind = hex_text(w->mem, bind, HASH_N);
        r->note = "collapsed";
        row_finish(r, w->now_us);
    }
    return RC_OK;
}

/* Opens the next step (all its rows) until one waits for somebody; *ret_done when none is left. */
static enum rc rows_advance(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, bool *ret_done, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    TRY(makers_of(w, rec, &makers, e));
    for (;;) {
        size_t i = 0;
        while (i < rows->n && (row_is(&rows->v[i], "done") || row_is(&rows->v[i], "skipped")))
            i++;
        *ret_done = i == rows->n;
        if (*ret_done || row_is(&rows->v[i], "open"))
            return RC_OK;
        const char *key = rows->v[i].step;
        for (; i < rows->n && strcmp(rows->v[i].step, key) == 0; i++)
            if (row_is(&rows->v[i], "waiting"))
                TRY(row_open(w, rec, c, rows, i, &makers, e));
    }
}

static void rows_add_step(struct row_vec *rows, const struct step *s, TALLOC_CTX *mem)
{
    size_t parts = s->by.kind == WHO_ALL && s->by.sub_n > 0 ? s->by.sub_n : 1;
    for (size_t k = 0; k < parts; k++) {
        struct row r = {.ord = (int64_t)rows->n + 1, .step = s->key, .state = "waiting", .need = parts > 1 ? 1 : s->need > 0 ? s->need : 1, .who = VEC_INIT(mem)};
        *vec_push(rows) = r;
    }
}

/* Which steps apply to the draft; ERR_UNDECIDED with a trouble when a condition is unknown; ERR_NO_STEP when none applies and the form
 * does not say that none is needed. */
static enum rc rows_plan(struct work *w, const struct record *rec, struct row_vec *rows, struct err *e)
{
    const struct form *f = rec->form;
    const struct cond **cond = mem_array(w->mem, const struct cond *, f->step_n + 1);
    enum truth *t = mem_array(w->mem, enum truth, f->step_n + 1), *full = mem_array(w->mem, enum truth, f->step_n + 1);
    size_t n = 0;
    bool *on = mem_array(w->mem, bool, f->step_n + 1);
    TRY(judge_packs_on(w, rec, SLOT_DRAFT, on, e));
    for (size_t i = 0; i < f->step_n; i++)
        if (f->step[i].when != NULL)
            cond[n++] = f->step[i].when;
    bool may_skip = f->no_approval.set && f->no_approval.when != NULL;
    if (may_skip)
        cond[n++] = f->no_approval.when;
    TRY(judge_conds(w, rec, SLOT_DRAFT, cond, n, t, e));
    enum truth skip = may_skip ? t[--n] : f->no_approval.set ? T_TRUE : T_FALSE;
    for (size_t i = f->step_n; i-- > 0;)
        full[i] = f->step[i].when == NULL ? T_TRUE : t[--n];
    for (size_t i = 0; i < f->step_n; i++) {
        if (!on[i])
            continue;
        if (full[i] == T_UNKNOWN)
            judge_undecided(w, f->step[i].when, f->step[i].article);
        if (full[i] == T_TRUE)
            rows_add_step(rows, &f->step[i], w->mem);
    }
    TRY(work_troubles_refuse(w, e));
    if (rows->n > 0 || skip == T_TRUE || (f->step_n == 0 && !f->no_approval.set))
        return RC_OK;
    if (skip == T_UNKNOWN) {
        judge_undecided(w, f->no_approval.when, NULL);
        return work_troubles_refuse(w, e);
    }
    return err_set_arg(e, ERR_NO_STEP, f->name, "form %s has no step for this content", f->ident);
}

enum rc route_open(struct work *w, const struct record *rec, const struct content *c, const char *note, struct json *effect, bool *ret_done, struct err *e)
{
    struct row_vec rows = VEC_INIT(w->mem);
    TRY(rows_plan(w, rec, &rows, e));
    TRY(rows_advance(w, rec, c, &rows, ret_done, e));
    if (note != NULL && rows.n > 0 && rows.v[0].note == NULL)
        rows.v[0].note = note;
    rows_effect(&rows, rec->draft_rev, effect);
    json_set_str(effect, "draft_state", "submitted");
    return *ret_done ? record_promote(w, rec, c, effect, e) : RC_OK;
}

/* ---- a change while the route runs ---- */

enum rc route_rebind(struct work *w, struct record *rec, const struct content *c, int64_t rev, struct json *effect, struct err *e)
{
    struct row_vec rows = VEC_INIT(w->mem);
    uint8_t bind[HASH_N];
    struct content *before;
    size_t erased;
    bool done, same;
    TRY(rows_load(w, rec, &rows, e));
    TRY(revision_content(w->db, w->mem, rec->draft_rev, &before, &erased, e));
    content_order(before, rec->form);
    uint8_t was[HASH_N];
    const char *last = rec->form->step_n ? rec->form->step[rec->form->step_n - 1].key : "submit";
    TRY(revision_bind(w, rec->form, before, last, was, e));
    TRY(revision_bind(w, rec->form, c, last, bind, e));
    same = memcmp(was, bind, HASH_N) == 0;
    rec->draft_rev = rev;
    if (same) {
        rows_effect(&rows, rev, effect);
        return RC_OK;
    }
    TRY(judge_rules(w, rec, SLOT_DRAFT, c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    return route_open(w, rec, c, "reopened", effect, &done, e);
}

/* ---- commands ---- */

/* The draft as it stands, with computed values brought up to date; *ret_rev is a new revision when they changed. */
static enum rc draft_fresh(struct work *w, struct record *rec, struct content **ret_c, bool *ret_changed, struct err *e)
{
    struct content *c;
    size_t erased;
    struct revision rev;
    TRY(revision_content(w->db, w->mem, rec->draft_rev, &c, &erased, e));
    content_order(c, rec->form);
    TRY(judge_values(w, rec, SLOT_DRAFT, c, ret_changed, e));
    content_order(c, rec->form);
    if (*ret_changed) {
        TRY(revision_write(w, rec->id, rec->form, c, &rev, e));
        rec->draft_rev = rev.id;
    }
    *ret_c = c;
    return RC_OK;
}

enum rc cmd_record_submit(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct content *c;
    bool changed, done;
    TRY(record_lock(w, args, PERMIT_EDIT, &rec, &g, e));
    grant_assert(g, PERMIT_EDIT, &rec);
    if (rec.draft_rev == 0 || rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") == 0)
        return err_set(e, ERR_STATE, "submit in %s/%s", rec.state, rec.draft_state ? rec.draft_state : "-");
    TRY(draft_fresh(w, &rec, &c, &changed, e));
    TRY(judge_rules(w, &rec, SLOT_DRAFT, c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    struct json *effect = json_obj(w->mem);
    if (changed)
        json_set_i64(effect, "draft", rec.draft_rev);
    TRY(route_open(w, &rec, c, NULL, effect, &done, e));
    if (!done)
        TRY(task_plan(w, &rec, "submitted", effect, e));
    TRY(act_do(w, rec.id, rec.draft_rev, "submit", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

/* The open row on which the actor may act now. Order of refusals: state, self-approval, not your step. */
static enum rc my_row(struct work *w, const struct record *rec, struct row_vec *rows, size_t *ret_at, size_t *ret_seat, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    if (rec->draft_state == NULL || strcmp(rec->draft_state, "submitted") != 0)
        return err_set(e, ERR_STATE, "record %lld is not in a route", (long long)rec->id);
    TRY(makers_of(w, rec, &makers, e));
    if (id_in(&makers, w->actor.person) || (w->actor.on_behalf != 0 && id_in(&makers, w->actor.on_behalf)))
        return err_set(e, ERR_SELF_APPROVAL, "person %lld made record %lld", (long long)w->actor.person, (long long)rec->id);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; row_is(&rows->v[i], "open") && k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == w->actor.person && strcmp(rows->v[i].who.v[k].state, "open") == 0) {
                *ret_at = i;
                *ret_seat = k;
                return RC_OK;
            }
    return err_set(e, ERR_NOT_YOUR_STEP, "person %lld has no open step of record %lld", (long long)w->actor.person, (long long)rec->id);
}

static enum rc step_lock(struct work *w, const struct json *args, struct record *ret_rec, struct row_vec *rows, size_t *ret_at, size_t *ret_seat, struct err *e)
{
    const struct grant *see, *act;
    TRY(record_lock(w, args, PERMIT_SEE, ret_rec, &see, e));
    TRY(rows_load(w, ret_rec, rows, e));
    TRY(my_row(w, ret_rec, rows, ret_at, ret_seat, e));
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_ACT, ret_rec->form, ret_rec, w->today, &act, e));
    grant_assert(act, PERMIT_ACT, ret_rec);
    return RC_OK;
}

/* Fields that belong to the actor's step may be filled with the approval; nothing else. */
static enum rc step_values(struct work *w, struct record *rec, const struct step *s, const struct json *values, struct content **c, bool *ret_changed, struct err *e)
{
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    struct value_ctx vc = {.lang = w->actor.lang, .resolve = core_resolve, .resolve_ctx = &r};
    struct change_vec changes = VEC_INIT(w->mem);
    struct revision rev;
    memcpy(r.today, w->today, sizeof r.today);
    *ret_changed = false;
    if (values == NULL || json_n(values) == 0)
        return RC_OK;
    struct content *n = content_read(w->mem, &vc, rec->form, *c, values, true, w->troubles);
    TRY(work_troubles_refuse(w, e));
    content_diff(w->mem, *c, n, &changes);
    for (size_t i = 0; i < changes.n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(rec->form, changes.v[i].path, &col, &row);
        if (fd == NULL || fd->stage == NULL || (strcmp(fd->stage, s->id) != 0 && strcmp(fd->stage, s->key) != 0))
            return err_set_arg(e, ERR_FIELDS, fd ? pick_lang(w->actor.lang, fd->label, fd->label_en) : changes.v[i].path, "step fills %s", changes.v[i].path);
    }
    if (changes.n == 0)
        return RC_OK;
    content_order(n, rec->form);
    TRY(ftable_put(w->tx, w->mem, rec->form, rec, SLOT_DRAFT, "submitted", n, e));
    TRY(revision_write(w, rec->id, rec->form, n, &rev, e));
    rec->draft_rev = rev.id;
    *c = n;
    *ret_changed = true;
    return RC_OK;
}

/* The basis of earlier approvals changed through another record: they are voided, the route starts anew, nobody's approval is taken. */
static enum rc reopen(struct work *w, struct record *rec, const struct content *c, struct err *e)
{
    bool done;
    struct json *effect = json_obj(w->mem);
    TRY(judge_rules(w, rec, SLOT_DRAFT, c, "submit", e));
    if (work_troubles_refuse(w, e) != RC_OK) {                       /* no longer allowed as it stands: back to the applicant */
        w->troubles->n = 0;
        struct json *steps = json_set_obj(effect, "steps");
        json_set_arr(steps, "rows");
        json_set_str(effect, "draft_state", "returned");
    } else {
        TRY(route_open(w, rec, c, "reopened", effect, &done, e));
    }
    json_set_i64(effect, "draft", rec->draft_rev);
    struct actor who = w->actor;
    w->actor = (struct actor){.kind = ACTOR_SYSTEM, .lang = who.lang, .login = "system"};
    enum rc rc = act_do(w, rec->id, rec->draft_rev, "reopen", NULL, NULL, effect, e);
    w->actor = who;
    return rc;
}

enum rc cmd_record_approve(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    struct content *c;
    size_t at, seat;
    bool changed, filled, done = false;
    uint8_t bind[HASH_N];
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(draft_fresh(w, &rec, &c, &changed, e));
    if (changed) {
        TRY(reopen(w, &rec, c, e));
        json_set_bool(body, "reopened", true);
        return record_answer(w, rec.id, body, e);
    }
    struct row *r = &rows.v[at];
    const struct step *s = pack_step(rec.form, r->step);
    if (s == NULL)
        return err_set(e, ERR_BUG, "step %s", r->step);
    TRY(step_values(w, &rec, s, json_get(args, "values"), &c, &filled, e));
    TRY(judge_rules(w, &rec, SLOT_DRAFT, c, s->id, e));
    TRY(work_troubles_refuse(w, e));
    r->who.v[seat].state = "done";
    if (done_n(r) >= r->need) {
        TRY(revision_bind(w, rec.form, c, s->key, bind, e));
        r->bind = hex_text(w->mem, bind, HASH_N);
        row_finish(r, w->now_us);
        TRY(rows_advance(w, &rec, c, &rows, &done, e));
    }
    struct json *effect = json_obj(w->mem);
    if (filled)
        json_set_i64(effect, "draft", rec.draft_rev);
    rows_effect(&rows, rec.draft_rev, effect);
    if (done)
        TRY(record_promote(w, &rec, c, effect, e));
    TRY(act_do(w, rec.id, rec.draft_rev, "approve", s->key, json_get_str(args, "comment"), effect, e));
    json_set_bool(body, "in_force", done);
    return record_answer(w, rec.id, body, e);
}

static enum rc reason_of(struct work *w, const struct json *args, const char **ret_why, struct err *e)
{
    const char *why = json_get_str(args, "comment");
    if (why == NULL || str_trim(str_of(why)).n == 0)
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.reason-needed")), "no reason");
    *ret_why = why;
    return RC_OK;
}

/* Rows from the named earlier step on wait again. */
static enum rc rows_back(struct work *w, const struct record *rec, struct row_vec *rows, size_t at, const char *to, struct err *e)
{
    size_t from = rows->n;
    for (size_t i = 0; i < at; i++) {
        const struct step *s = pack_step(rec->form, rows->v[i].step);
        if (strcmp(rows->v[i].step, to) == 0 || (s != NULL && strcmp(s->id, to) == 0)) {
            from = i;
            break;
        }
    }
    if (from == rows->n)
        return err_set_arg(e, ERR_FIELDS, to, "no earlier step %s", to);
    for (size_t i = from; i < rows->n; i++) {
        rows->v[i].state = "waiting";
        rows->v[i].who.n = 0;
        rows->v[i].bind = NULL;
        rows->v[i].done = rows->v[i].opened = 0;
    }
    (void)w;
    return RC_OK;
}

enum rc cmd_record_return(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    const char *why, *to = json_get_str(args, "to");
    size_t at, seat;
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(reason_of(w, args, &why, e));
    const char *step = rows.v[at].step;
    struct json *effect = json_obj(w->mem);
    if (to != NULL && to[0] != '\0' && strcmp(to, "applicant") != 0) {
        struct content *c;
        size_t erased;
        bool done;
        TRY(rows_back(w, &rec, &rows, at, to, e));
        TRY(revision_content(w->db, w->mem, rec.draft_rev, &c, &erased, e));
        content_order(c, rec.form);
        TRY(rows_advance(w, &rec, c, &rows, &done, e));
    } else {
        rows.n = 0;
        json_set_str(effect, "draft_state", "returned");
    }
    rows_effect(&rows, rec.draft_rev, effect);
    TRY(act_do(w, rec.id, rec.draft_rev, "return", step, why, effect, e));
    return record_answer(w, rec.id, body, e);
}

enum rc cmd_record_reject(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    const char *why;
    size_t at, seat;
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(reason_of(w, args, &why, e));
    const char *step = rows.v[at].step;
    struct json *effect = json_obj(w->mem);
    rows.n = 0;
    rows_effect(&rows, rec.draft_rev, effect);
    json_set_str(effect, "draft_state", "rejected");
    TRY(act_do(w, rec.id, rec.draft_rev, "reject", step, why, effect, e));
    return record_answer(w, rec.id, body, e);
}

enum rc cmd_record_withdraw(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    TRY(record_lock(w, args, PERMIT_SEE, &rec, &g, e));
    if (rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") != 0)
        return err_set(e, ERR_STATE, "withdraw in %s", rec.draft_state ? rec.draft_state : "-");
    struct id_vec makers = VEC_INIT(w->mem);
    TRY(makers_of(w, &rec, &makers, e));
    if (!id_in(&makers, w->actor.person))
        return err_set(e, ERR_DENIED, "only the applicant withdraws");
    struct json *effect = json_obj(w->mem);
    struct row_vec none = VEC_INIT(w->mem);
    rows_effect(&none, rec.draft_rev, effect);
    json_set_str(effect, "draft_state", "draft");
    TRY(act_do(w, rec.id, rec.draft_rev, "withdraw", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

/* ---- after-commit: a record in force changed; routes that rest on it are looked at again ---- */

static enum rc route_recheck(struct work *w, int64_t id, struct err *e)
{
    struct record rec;
    struct content *c;
    bool changed;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    if (rec.form == NULL || rec.draft_rev == 0 || rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") != 0)
        return RC_OK;
    TRY(draft_fresh(w, &rec, &c, &changed, e));
    return changed ? reopen(w, &rec, c, e) : RC_OK;
}

/* A pack switch with "restart open records": the route starts anew under the new set, whatever had been approved. */
enum rc cmd_route_restart(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct content *c;
    bool changed;
    (void)body;
    TRY(record_get(w->db, w->mem, w->set, json_get_i64(args, "record", 0), &rec, e));
    if (rec.form == NULL || rec.draft_rev == 0 || rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") != 0)
        return RC_OK;
    TRY(draft_fresh(w, &rec, &c, &changed, e));
    return reopen(w, &rec, c, e);
}

/* Tasks of records that this one refers to may be done now. */
static enum rc tasks_recheck(struct work *w, int64_t id, struct err *e)
{
    struct q_links_from_rows to;
    TRY(q_links_from(w->db, w->mem, id, &to, e));
    for (size_t i = 0; i < to.n; i++) {
        struct record rec;
        struct json *effect = json_obj(w->mem);
        TRY(record_get(w->db, w->mem, w->set, to.v[i].to_record, &rec, e));
        if (rec.form == NULL || rec.force_rev == 0)
            continue;
        TRY(task_settle(w, &rec, effect, e));
        if (json_get(effect, "tasks_closed") != NULL)
            TRY(act_do(w, rec.id, rec.force_rev, "settle", NULL, NULL, effect, e));
    }
    return RC_OK;
}

enum rc cmd_route_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_open_routes_touching_rows row;
    int64_t id = json_get_i64(args, "record", 0);
    (void)body;
    TRY(q_open_routes_touching(w->db, w->mem, id, &row, e));
    for (size_t i = 0; i < row.n; i++)
        TRY(route_recheck(w, row.v[i].id, e));
    return tasks_recheck(w, id, e);
}
