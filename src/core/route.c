/* The route of a draft: a list of rows (one per step; `all of` gives one row per part, open at the same time), kept whole in the effect of
 * every act that changes it. Here rows are planned, opened and opened anew; what people decide at them is in decide.c.
 *
 * Segregation of duties lives here and in org_resolve: whoever made or changed the draft (or the one they acted for) never approves it, on
 * any path, because every path ends in these commands (design.md 6). */
#include "core/route_int.h"

/* ---- who made the draft ---- */

enum rc route_makers(struct work *w, const struct record *rec, struct id_vec *ret, struct err *e)
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

bool ids_have(const struct id_vec *v, int64_t id)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i] == id)
            return true;
    return false;
}

/* ---- rows <-> database and effect ---- */

enum rc rows_load(struct work *w, const struct record *rec, struct row_vec *ret, struct err *e)
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

void rows_effect(const struct work *w, const struct row_vec *rows, int64_t rev, struct json *effect)
{
    struct json *steps = json_set_obj(effect, "steps");
    json_set_i64(steps, "rev", rev);
    if (w->set != NULL && rows->n > 0)
        json_set_i64(steps, "set", w->set->id);
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

/* Is what somebody was told at a step still so? */
static bool notice_holds(const struct row_vec *rows, const char *name, int64_t at, int64_t person)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *r = &rows->v[i];
        if (r->ord != at || !row_is(r, "open"))
            continue;
        if (strcmp(name, "core:outside") == 0)
            return text_eq(r->note, "outside");
        if (strcmp(name, "core:nobody") == 0)
            return row_lacks(r);
        for (size_t k = 0; k < r->who.n; k++)
            if (r->who.v[k].person == person && strcmp(r->who.v[k].state, "open") == 0)
                return true;
    }
    return false;
}

static enum rc notices_end(struct work *w, const struct record *rec, const struct row_vec *rows, struct json *effect, struct err *e)
{
    static const char *const names[] = {"core:outside", "core:nobody", "core:seated"};
    struct q_tasks_of_record_rows t;
    TRY(q_tasks_of_record(w->db, w->mem, rec->id, &t, e));
    for (size_t i = 0; i < t.n; i++)
        for (size_t k = 0; strcmp(t.v[i].state, "open") == 0 && k < ARRAY_N(names); k++) {
            int64_t at = task_notice_at(w, rec, names[k], t.v[i].tkey);
            if (at >= 0 && !notice_holds(rows, names[k], at, t.v[i].person))
                task_closed(effect, t.v[i].tkey, "done");
        }
    return RC_OK;
}

enum rc rows_out(struct work *w, const struct record *rec, const struct row_vec *rows, int64_t rev, struct json *effect, struct err *e)
{
    rows_effect(w, rows, rev, effect);
    TRY(route_lacks_tell(w, rec, rows, effect, e));
    for (size_t i = 0; i < rows->n; i++) {
        const struct notice n = {.name = "core:outside", .at = rows->v[i].ord, .person = rec->made_by, .title = msg_text(LANG_JA, MSG("core.outside-task")),
                                 .step = pack_step(rec->form, rows->v[i].step)};
        if (row_is(&rows->v[i], "open") && text_eq(rows->v[i].note, "outside"))
            task_notice(w, rec, &n, effect);
    }
    return notices_end(w, rec, rows, effect, e);
}

static void tell(struct work *w, const struct record *rec, int64_t person, struct id_vec *told, struct json *effect)
{
    const struct notice n = {.name = "core:voided", .at = w->now_us, .person = person, .title = msg_text(LANG_JA, MSG("core.voided-task"))};
    if (person == 0 || ids_have(told, person))
        return;
    *vec_push(told) = person;
    task_notice(w, rec, &n, effect);
}

void route_void_tell(struct work *w, const struct record *rec, const struct row_vec *was, struct json *effect)
{
    struct id_vec told = VEC_INIT(w->mem);
    for (size_t i = 0; i < was->n; i++)
        for (size_t k = 0; k < was->v[i].who.n; k++)
            if (strcmp(was->v[i].who.v[k].state, "done") == 0) {
                tell(w, rec, was->v[i].who.v[k].person, &told, effect);
                tell(w, rec, was->v[i].who.v[k].on_behalf, &told, effect);
            }
    if (w->actor.person != rec->made_by)
        tell(w, rec, rec->made_by, &told, effect);
}

/* ---- opening ---- */

const char *step_label(const struct form *f, const char *key)
{
    const struct step *s = pack_step(f, key);
    return s == NULL ? key : s->label ? s->label : s->id;
}

bool row_is(const struct row *r, const char *state) { return strcmp(r->state, state) == 0; }

/* Did this person already act in this route, for themselves? */
bool rows_acted(const struct row_vec *rows, int64_t person)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == person && strcmp(rows->v[i].who.v[k].state, "done") == 0)
                return true;
    return false;
}

static bool row_by(const struct row *r, int64_t person)
{
    for (size_t k = 0; k < r->who.n; k++)
        if (r->who.v[k].person == person && r->who.v[k].on_behalf == 0 && strcmp(r->who.v[k].state, "done") == 0)
            return true;
    return false;
}

static bool stage_filled(const struct form *f, const struct content *c, const char *step)
{
    const struct step *s = pack_step(f, step);
    for (size_t i = 0; s != NULL && i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (field_at_step(fd, s) && (content_get(c, fd->path) != NULL || content_rows(c, fd->path) > 0))
            return true;
    }
    return false;
}

/* A field of the step that may have to be filled (`optional`: any) and is not: nobody has been asked for it yet. */
static bool stage_asks(const struct form *f, const struct content *c, const char *step, bool optional)
{
    const struct step *s = pack_step(f, step);
    for (size_t i = 0; s != NULL && i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if ((optional || fd->required || fd->required_when != NULL) && fd->value == NULL && field_at_step(fd, s) && content_get(c, fd->path) == NULL && content_rows(c, fd->path) == 0)
            return true;
    }
    return false;
}

/* Steps of one person collapse into one act that shows all posts, unless somebody filled in more since that act, or the step asks for a field:
 * then it must be looked at. A field that need not be filled was offered with the act of now (together.c), not with an earlier one. */
static bool collapses(const struct work *w, const struct form *f, const struct content *c, const struct row_vec *rows, size_t at, int64_t person)
{
    if (stage_asks(f, c, rows->v[at].step, person != w->actor.person))
        return false;
    for (size_t i = at; i-- > 0;) {
        if (row_by(&rows->v[i], person))
            return true;
        if (strcmp(rows->v[i].step, rows->v[at].step) != 0 && stage_filled(f, c, rows->v[i].step))
            return false;
    }
    return false;
}

int64_t row_done_n(const struct row *r)
{
    int64_t n = 0;
    for (size_t i = 0; i < r->who.n; i++)
        n += strcmp(r->who.v[i].state, "done") == 0;
    return n;
}

void row_finish(struct row *r, int64_t now_us)
{
    r->state = "done";
    r->done = now_us;
    for (size_t i = 0; i < r->who.n; i++)
        if (strcmp(r->who.v[i].state, "open") == 0)
            r->who.v[i].state = "free";
}

/* Which part of `all of` a row stands for: rows of one step are numbered in order. */
const struct who *row_who(const struct step *s, const struct row_vec *rows, size_t at)
{
    if (s->by.kind != WHO_ALL)
        return &s->by;
    size_t part = 0;
    for (size_t i = at; i > 0 && strcmp(rows->v[i - 1].step, rows->v[at].step) == 0; i--)
        part++;
    return part < s->by.sub_n ? &s->by.sub[part] : &s->by;
}

bool who_outside(const struct who *by)
{
    if (by->kind == WHO_OUTSIDE)
        return true;
    for (size_t i = 0; by->kind == WHO_ANY && i < by->sub_n; i++)
        if (who_outside(&by->sub[i]))
            return true;
    return false;
}

/* Nobody who made the draft, and at a step that says distinct nobody who acted elsewhere in the route. */
static void avoided_at(const struct row_vec *rows, const struct step *s, const struct id_vec *makers, struct id_vec *ret)
{
    for (size_t i = 0; i < makers->n; i++)
        *vec_push(ret) = makers->v[i];
    for (size_t i = 0; s->distinct && i < rows->n; i++)
        for (size_t k = 0; k < rows->v[i].who.n; k++)
            if (strcmp(rows->v[i].who.v[k].state, "done") == 0)
                *vec_push(ret) = rows->v[i].who.v[k].person;
}

static void seat_add(struct row *r, const struct seat *seat, bool collapsed)
{
    *vec_push(&r->who) = (struct seat_row){.person = seat->person, .post = seat->post, .on_behalf = seat->on_behalf, .state = collapsed ? "done" : "open"};
    if (seat->climbed)
        r->note = "climbed";
}

/* The step asks for several and would have them, were it not for the makers: superiors stand in. */
static enum rc seats_fill(struct work *w, const struct record *rec, const struct content *c, const struct who *by, struct row *r, struct id_vec *avoid, struct err *e)
{
    struct seat_vec all = VEC_INIT(w->mem);
    TRY(org_resolve(w, by, c, rec->department, rec->made_by, NULL, 0, &all, e));
    for (size_t i = 0; i < r->who.n; i++)
        *vec_push(avoid) = r->who.v[i].person;
    while ((int64_t)all.n >= r->need && (int64_t)r->who.n < r->need) {
        struct seat_vec more = VEC_INIT(w->mem);
        TRY(org_climb(w, rec->department, avoid->v, avoid->n, &more, e));
        if (more.n == 0)
            return RC_OK;
        seat_add(r, &more.v[0], false);
        *vec_push(avoid) = more.v[0].person;
    }
    return RC_OK;
}

enum rc row_seats(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e)
{
    struct row *r = &rows->v[at];
    const struct step *s = pack_step(rec->form, r->step);
    struct seat_vec seats = VEC_INIT(w->mem);
    struct id_vec avoid = VEC_INIT(w->mem);
    if (s == NULL)
        return err_set_arg(e, ERR_SET_UNREADABLE, r->step, "step %s of record %lld", r->step, (long long)rec->id);
    const struct who *by = row_who(s, rows, at);
    avoided_at(rows, s, makers, &avoid);
    TRY(org_resolve(w, by, c, rec->department, rec->made_by, avoid.v, avoid.n, &seats, e));
    r->who.n = 0;
    for (size_t i = 0; i < seats.n; i++)
        if (!ids_have(&avoid, seats.v[i].person))
            seat_add(r, &seats.v[i], !s->distinct && collapses(w, rec->form, c, rows, at, seats.v[i].person));
    if ((int64_t)r->who.n < r->need && r->need > 1)
        TRY(seats_fill(w, rec, c, by, r, &avoid, e));
    if ((int64_t)r->who.n >= r->need)
        return RC_OK;
    if (who_outside(by)) {
        r->note = "outside";
        return RC_OK;
    }
    return exception_seat(w, rec, s, r, e);
}

/* What an approval binds: the content up to its step, and the attachments as they are. */
enum rc row_bind(struct work *w, const struct record *rec, const struct content *c, struct row *r, struct err *e)
{
    struct q_attachment_hashes_rows at;
    uint8_t all[2 * HASH_N], next[HASH_N];
    TRY(revision_bind(w, rec->form, c, r->step, all, e));
    TRY(q_attachment_hashes(w->db, w->mem, rec->id, &at, e));
    for (size_t i = 0; i < at.n; i++) {
        if (at.v[i].sha256.n != HASH_N)
            return err_set(e, ERR_BUG, "hash of an attachment of record %lld", (long long)rec->id);
        memcpy(all + HASH_N, at.v[i].sha256.p, HASH_N);
        crypt_sha256(all, sizeof all, next);
        memcpy(all, next, HASH_N);
    }
    r->bind = hex_text(w->mem, all, HASH_N);
    return RC_OK;
}

enum rc row_open(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e)
{
    struct row *r = &rows->v[at];
    TRY(row_seats(w, rec, c, rows, at, makers, e));
    r->state = "open";
    r->opened = w->now_us;
    if (row_done_n(r) >= r->need) {
        TRY(row_bind(w, rec, c, r, e));
        r->note = "collapsed";
        row_finish(r, w->now_us);
    }
    return RC_OK;
}

/* Opens the next step (all its rows) until one waits for somebody; *ret_done when none is left. */
enum rc rows_advance(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, bool *ret_done, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    TRY(route_makers(w, rec, &makers, e));
    for (;;) {
        size_t i = 0;
        while (i < rows->n && (row_is(&rows->v[i], "done") || row_is(&rows->v[i], "ahead")))
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
            judge_undecided(w, f, f->step[i].when, f->step[i].article);
        if (full[i] == T_TRUE)
            rows_add_step(rows, &f->step[i], w->mem);
    }
    TRY(work_troubles_refuse(w, e));
    if (rows->n > 0 || skip == T_TRUE || (f->step_n == 0 && !f->no_approval.set))
        return RC_OK;
    if (skip == T_UNKNOWN) {
        judge_undecided(w, f, f->no_approval.when, NULL);
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
    TRY(rows_out(w, rec, &rows, rec->draft_rev, effect, e));
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
    if (same)
        return rows_out(w, rec, &rows, rev, effect, e);
    TRY(route_told_end(w, rec, effect, e));
    route_void_tell(w, rec, &rows, effect);
    TRY(judge_rules(w, rec, SLOT_DRAFT, c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    return route_open(w, rec, c, "reopened", effect, &done, e);
}

/* The draft as it stands, with computed values brought up to date; *ret_rev is a new revision when they changed. */
enum rc route_fresh(struct work *w, struct record *rec, struct content **ret_c, bool *ret_changed, struct err *e)
{
    struct content *c;
    struct revision rev;
    TRY(work_content(w, rec->draft_rev, &c, e));
    content_order(c, rec->form);
    *ret_changed = false;
    if (rec->draft_rev != w->written_rev) {             /* else computed a moment ago, in this very command */
        TRY(judge_values(w, rec, SLOT_DRAFT, c, ret_changed, e));
        content_order(c, rec->form);
    }
    if (*ret_changed) {
        TRY(revision_write(w, rec->id, rec->form, c, &rev, e));
        rec->draft_rev = rev.id;
    }
    *ret_c = c;
    return RC_OK;
}

/* Do other steps apply than those the route was opened with? Unknown counts as yes: the reopening decides. */
static enum rc plan_differs(struct work *w, const struct record *rec, bool *ret_differs, struct err *e)
{
    struct row_vec now = VEC_INIT(w->mem), was = VEC_INIT(w->mem);
    struct err e2 = {0};
    size_t before = w->troubles->n;
    TRY(rows_load(w, rec, &was, e));
    enum rc rc = rows_plan(w, rec, &now, &e2);
    w->troubles->n = before;
    if (rc != RC_OK && e2.code != ERR_UNDECIDED && e2.code != ERR_NO_STEP) {
        *e = e2;
        return rc;
    }
    *ret_differs = rc != RC_OK || now.n != was.n;
    for (size_t i = 0; !*ret_differs && i < now.n; i++)
        *ret_differs = strcmp(now.v[i].step, was.v[i].step) != 0;
    return RC_OK;
}

enum rc rows_replan(struct work *w, const struct record *rec, struct row_vec *rows, bool *ret_fits, struct err *e)
{
    struct row_vec now = VEC_INIT(w->mem);
    size_t begun = 0;
    TRY(rows_plan(w, rec, &now, e));
    for (size_t i = 0; i < rows->n; i++)
        if (!row_is(&rows->v[i], "waiting"))
            begun = i + 1;
    *ret_fits = now.n >= begun;
    for (size_t i = 0; *ret_fits && i < begun; i++)
        *ret_fits = strcmp(now.v[i].step, rows->v[i].step) == 0;
    if (!*ret_fits)
        return RC_OK;
    rows->n = begun;
    for (size_t i = begun; i < now.n; i++)
        *vec_push(rows) = now.v[i];
    return RC_OK;
}

enum rc route_stale(struct work *w, struct record *rec, struct content **ret_c, bool *ret_stale, struct err *e)
{
    TRY(route_fresh(w, rec, ret_c, ret_stale, e));
    return *ret_stale ? RC_OK : plan_differs(w, rec, ret_stale, e);
}

static void back_to_applicant(struct json *effect)
{
    struct json *steps = json_set_obj(effect, "steps");
    json_set_arr(steps, "rows");
    json_set_str(effect, "draft_state", "returned");
}

/* Anew from the first step; what is no longer allowed as it stands, or finds nobody to approve, goes back to the applicant. */
static enum rc open_anew(struct work *w, const struct record *rec, const struct content *c, const struct row_vec *was, struct json **ret_effect, struct err *e)
{
    bool done;
    struct err e2 = {0};
    struct json *effect = json_obj(w->mem);
    size_t before = w->troubles->n;
    TRY(route_told_end(w, rec, effect, e));
    route_void_tell(w, rec, was, effect);
    TRY(judge_rules(w, rec, SLOT_DRAFT, c, "submit", e));
    enum rc rc = work_troubles_refuse(w, &e2);
    if (rc == RC_OK)
        rc = route_open(w, rec, c, "reopened", effect, &done, &e2);
    w->troubles->n = before;
    if (rc != RC_OK && err_rc(&e2) == RC_FAIL) {
        *e = e2;
        return rc;
    }
    if (rc != RC_OK) {
        effect = json_obj(w->mem);
        TRY(route_told_end(w, rec, effect, e));
        route_void_tell(w, rec, was, effect);
        back_to_applicant(effect);
    }
    json_set_i64(effect, "draft", rec->draft_rev);
    *ret_effect = effect;
    return RC_OK;
}

enum rc route_reopen(struct work *w, struct record *rec, const struct content *c, struct err *e)
{
    struct json *effect;
    struct row_vec was = VEC_INIT(w->mem);
    struct actor who = w->actor;
    TRY(rows_load(w, rec, &was, e));
    work_as_house(w);
    enum rc rc = open_anew(w, rec, c, &was, &effect, e);
    if (rc == RC_OK)
        rc = act_do(w, rec->id, rec->draft_rev, "reopen", NULL, NULL, effect, e);
    w->actor = who;
    return rc;
}

/* The maker added evidence while the route runs: what was approved without it is void. The scan of a letter is no such evidence. */
enum rc route_attached(struct work *w, struct record *rec, struct err *e)
{
    struct row_vec rows = VEC_INIT(w->mem);
    struct id_vec makers = VEC_INIT(w->mem);
    struct content *c;
    bool approved = false, letter = false, changed;
    if (rec->draft_rev == 0 || rec->draft_state == NULL || strcmp(rec->draft_state, "submitted") != 0)
        return RC_OK;
    TRY(rows_load(w, rec, &rows, e));
    TRY(route_makers(w, rec, &makers, e));
    for (size_t i = 0; i < rows.n; i++) {
        approved = approved || row_done_n(&rows.v[i]) > 0 || row_is(&rows.v[i], "ahead");
        letter = letter || (row_is(&rows.v[i], "open") && (text_eq(rows.v[i].note, "outside") || row_is_letter(&rows.v[i])));
    }
    if (!approved || letter || !ids_have(&makers, w->actor.person))
        return RC_OK;
    TRY(route_fresh(w, rec, &c, &changed, e));
    return route_reopen(w, rec, c, e);
}

/* ---- after-commit: a record in force changed; routes that rest on it are looked at again ---- */

static enum rc route_recheck(struct work *w, int64_t id, struct err *e)
{
    struct record rec;
    struct content *c;
    bool stale;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    if (!record_runs(&rec))
        return RC_OK;
    TRY(work_record_set(w, &rec, e));
    TRY(route_stale(w, &rec, &c, &stale, e));
    return stale ? route_reopen(w, &rec, c, e) : RC_OK;
}

/* The same, each route under its own set. One that cannot be read is looked at when somebody acts, and refused there. */
static enum rc recheck_own(struct work *w, int64_t id, struct err *e)
{
    const struct pack_set *now = w->set;
    struct err e2 = {0};
    enum rc rc = route_recheck(w, id, &e2);
    w->set = now;
    if (rc == RC_OK || e2.code == ERR_SET_UNREADABLE)
        return RC_OK;
    *e = e2;
    return rc;
}

/* Today's packs do not have the form any more: there is nothing to start anew. */
static enum rc route_retired(struct work *w, struct record *rec, struct err *e)
{
    struct row_vec was = VEC_INIT(w->mem);
    struct json *effect = json_obj(w->mem);
    TRY(work_record_set(w, rec, e));
    TRY(rows_load(w, rec, &was, e));
    TRY(route_told_end(w, rec, effect, e));
    route_void_tell(w, rec, &was, effect);
    back_to_applicant(effect);
    return act_do(w, rec->id, rec->draft_rev, "reopen", NULL, NULL, effect, e);
}

/* A pack switch with "restart open records": the route starts anew under the new set, whatever had been approved. */
enum rc cmd_route_restart(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct content *c;
    bool changed;
    (void)body;
    TRY(record_get(w->db, w->mem, w->set, json_get_i64(args, "record", 0), &rec, e));
    if (!record_runs(&rec))
        return RC_OK;
    if (rec.form == NULL) {
        const struct pack_set *now = w->set;
        enum rc rc = route_retired(w, &rec, e);
        w->set = now;
        return rc;
    }
    TRY(route_fresh(w, &rec, &c, &changed, e));
    return route_reopen(w, &rec, c, e);
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
        TRY(task_settle(w, &rec, SLOT_FORCE, effect, e));
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
        TRY(recheck_own(w, row.v[i].id, e));
    return tasks_recheck(w, id, e);
}
