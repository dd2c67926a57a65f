/* Approving ahead (先決・後閲): somebody higher approves while the one whose step it is is absent, with a reason; who was passed over looks
 * at it later and countersigns, and has a task until then. Higher is: who answers for a later step of the route, or the next superior of
 * the absent. A passed row has the state "ahead", the passed seats "later", the seat of who passed it "ahead".
 *
 * The command that countersigns also ends exceptions that ask for a counter-signature (exception.c). */
#include "core/route_int.h"

#define LATER_DAYS 7

static bool seat_state(const struct seat_row *s, const char *state) { return strcmp(s->state, state) == 0; }

static enum rc answers_later(struct work *w, const struct record *rec, const struct content *c, const struct row_vec *rows, const struct id_vec *makers, bool *ret, struct err *e)
{
    for (size_t i = 0; i < rows->n && !*ret; i++) {
        const struct step *s = pack_step(rec->form, rows->v[i].step);
        struct seat_vec seats = VEC_INIT(w->mem);
        if (!row_is(&rows->v[i], "waiting") || s == NULL)
            continue;
        TRY(org_resolve(w, row_who(s, rows, i), c, rec->department, rec->made_by, makers->v, makers->n, &seats, e));
        for (size_t k = 0; k < seats.n; k++)
            *ret = *ret || seats.v[k].person == w->actor.person;
    }
    return RC_OK;
}

/* Is the actor the next superior of somebody who is passed over? */
static enum rc stands_above(struct work *w, const struct row *r, const struct id_vec *makers, bool *ret, struct err *e)
{
    struct id_vec avoid = VEC_INIT(w->mem);
    for (size_t i = 0; i < makers->n; i++)
        *vec_push(&avoid) = makers->v[i];
    for (size_t k = 0; k < r->who.n; k++)
        *vec_push(&avoid) = r->who.v[k].person;
    for (size_t k = 0; k < r->who.n && !*ret; k++) {
        int64_t dept;
        struct seat_vec up = VEC_INIT(w->mem);
        if (!seat_state(&r->who.v[k], "open"))
            continue;
        TRY(org_department_of(w->db, r->who.v[k].person, w->today, &dept, e));
        TRY(org_climb(w, dept, avoid.v, avoid.n, &up, e));
        *ret = up.n > 0 && up.v[0].person == w->actor.person;
    }
    return RC_OK;
}

static enum rc may_pass(struct work *w, const struct record *rec, const struct content *c, const struct row_vec *rows, size_t at, bool *ret, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    const struct row *r = &rows->v[at];
    *ret = false;
    if (row_is_letter(r) || row_is_exception(r) || row_lacks(r) || text_eq(r->note, "outside"))          /* nobody is there to look at it later */
        return RC_OK;
    TRY(route_makers(w, rec, &makers, e));
    if (ids_have(&makers, w->actor.person))
        return err_set(e, ERR_SELF_APPROVAL, "person %lld made record %lld", (long long)w->actor.person, (long long)rec->id);
    for (size_t k = 0; k < r->who.n; k++)
        if (r->who.v[k].person == w->actor.person)
            return RC_OK;                                /* one's own step is approved, not passed */
    TRY(answers_later(w, rec, c, rows, &makers, ret, e));
    return *ret ? RC_OK : stands_above(w, r, &makers, ret, e);
}

static enum rc row_pass(struct work *w, const struct record *rec, const struct content *c, struct row *r, struct json *effect, struct err *e)
{
    const struct step *s = pack_step(rec->form, r->step);
    for (size_t k = 0; k < r->who.n; k++) {
        if (!seat_state(&r->who.v[k], "open"))
            continue;
        r->who.v[k].state = "later";
        const struct notice n = {.name = "core:later", .at = NOTICE_AT(w->now_us, r->ord), .person = r->who.v[k].person, .title = msg_text(LANG_JA, MSG("core.later-task")), .step = s, .due_days = LATER_DAYS};
        task_notice(w, rec, &n, effect);
    }
    *vec_push(&r->who) = (struct seat_row){.person = w->actor.person, .post = msg_text(LANG_JA, MSG("core.superior")), .state = "ahead"};
    TRY(row_bind(w, rec, c, r, e));
    r->state = r->note = "ahead";
    r->done = w->now_us;
    return RC_OK;
}

/* The steps that follow and are the actor's own are approved by the same act. */
static enum rc own_follow(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, bool *ret_done, struct err *e)
{
    TRY(rows_advance(w, rec, c, rows, ret_done, e));
    for (size_t i = 0; i < rows->n && !*ret_done; i++) {
        const struct step *s = pack_step(rec->form, rows->v[i].step);
        struct row *r = &rows->v[i];
        if (!row_is(r, "open") || s == NULL || s->distinct)
            continue;
        for (size_t k = 0; k < r->who.n; k++)
            if (r->who.v[k].person == w->actor.person && seat_state(&r->who.v[k], "open"))
                r->who.v[k].state = "done";
        if (row_done_n(r) >= r->need)
            TRY(row_decided(w, rec, c, rows, i, ret_done, e));
    }
    return RC_OK;
}

enum rc cmd_record_ahead(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *see;
    struct row_vec rows = VEC_INIT(w->mem);
    struct content *c;
    bool stale, done, may;
    const char *why = json_get_str(args, "comment"), *step = NULL;
    struct json *effect = json_obj(w->mem);
    TRY(record_lock(w, args, PERMIT_SEE, &rec, &see, e));
    w->actor.on_behalf = 0;
    if (rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") != 0)
        return err_set(e, ERR_STATE, "record %lld is not in a route", (long long)rec.id);
    if (why == NULL || str_trim(str_of(why)).n == 0)
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.reason-needed")), "approval ahead without reason");
    TRY(route_stale(w, &rec, &c, &stale, e));
    if (stale) {
        TRY(route_reopen(w, &rec, c, e));
        json_set_bool(body, "reopened", true);
        return record_answer(w, rec.id, body, e);
    }
    TRY(rows_load(w, &rec, &rows, e));
    TRY(seats_fresh(w, &rec, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        if (!row_is(&rows.v[i], "open"))
            continue;
        TRY(may_pass(w, &rec, c, &rows, i, &may, e));
        if (!may)
            continue;
        const struct step *s = pack_step(rec.form, rows.v[i].step);
        TRY(judge_rules(w, &rec, SLOT_DRAFT, c, s ? s->id : "approve", e));
        TRY(work_troubles_refuse(w, e));
        TRY(row_pass(w, &rec, c, &rows.v[i], effect, e));
        step = rows.v[i].step;
    }
    if (step == NULL)
        return err_set(e, ERR_NOT_YOUR_STEP, "person %lld stands above nobody of record %lld", (long long)w->actor.person, (long long)rec.id);
    TRY(own_follow(w, &rec, c, &rows, &done, e));
    TRY(rows_out(w, &rec, &rows, rec.draft_rev, effect, e));
    if (done) {
        TRY(task_notice_end(w, &rec, &(struct notice_sel){.name = "core:voided"}, effect, e));
        TRY(record_promote(w, &rec, c, effect, e));
    }
    TRY(act_do(w, rec.id, rec.draft_rev, "ahead", step, why, effect, e));
    json_set_bool(body, "in_force", done);
    return record_answer(w, rec.id, body, e);
}

/* ---- looking at it later ---- */

/* The passed row of this person; when the route was run anew since, only the task is left. */
static enum rc later_sign(struct work *w, const struct record *rec, struct row_vec *rows, int64_t when, struct json *effect, const char **ret_step, struct err *e)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct row *r = &rows->v[i];
        bool mine = false;
        for (size_t k = 0; row_is(r, "ahead") && NOTICE_AT(r->done, r->ord) == when && k < r->who.n; k++)
            mine = mine || (r->who.v[k].person == w->actor.person && seat_state(&r->who.v[k], "later"));
        if (!mine)
            continue;
        for (size_t k = 0; k < r->who.n; k++)
            if (seat_state(&r->who.v[k], "later"))
                r->who.v[k].state = r->who.v[k].person == w->actor.person ? "done" : "free";
        r->state = "done";
        *ret_step = r->step;
        TRY(rows_out(w, rec, rows, rec->draft_rev ? rec->draft_rev : rec->force_rev, effect, e));
    }
    return task_notice_end(w, rec, &(struct notice_sel){.name = "core:later", .at = when}, effect, e);
}

/* An exception's counter-signature: by the post at the top or an auditor, never by a maker; or the scan of an outsider's. */
static enum rc may_countersign(struct work *w, const struct id_vec *makers, bool *ret, struct err *e)
{
    const char *top = pack_value(w->set, "core.top_post");
    *ret = false;
    if (ids_have(makers, w->actor.person))
        return RC_OK;
    for (size_t i = 0; i < w->set->pack_n && !*ret; i++)
        if (w->set->pack[i].top_post != NULL)
            TRY(org_holds_set(w->db, w->set, w->actor.person, w->set->pack[i].top_post, w->today, ret, e));
    if (!*ret && top != NULL)
        TRY(org_holds_set(w->db, w->set, w->actor.person, top, w->today, ret, e));
    return *ret ? RC_OK : org_holds_set(w->db, w->set, w->actor.person, "auditor", w->today, ret, e);
}

static enum rc exception_sign(struct work *w, const struct record *rec, const struct json *args, struct row_vec *rows, struct json *effect, const char **ret_step, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    struct q_attachment_by_id at;
    bool found = false, may;
    TRY(route_makers(w, rec, &makers, e));
    *vec_push(&makers) = rec->made_by;
    TRY(may_countersign(w, &makers, &may, e));
    TRY(q_attachment_by_id(w->db, w->mem, json_get_i64(args, "attachment", 0), &at, &found, e));
    found = found && at.record == rec->id && at.sha256.n == HASH_N;
    if (!may && !(found && w->actor.person == rec->made_by))
        return err_set_arg(e, ERR_SEPARATION, msg_text(w->actor.lang, MSG("core.countersign-who")), "person %lld does not countersign record %lld", (long long)w->actor.person, (long long)rec->id);
    if (found) {
        struct json *l = json_set_obj(effect, "letter");
        json_set_i64(l, "attachment", at.id);
        json_set_str(l, "sha256", hex_text(w->mem, (const uint8_t *)at.sha256.p, HASH_N));
    }
    for (size_t i = 0; i < rows->n; i++)
        if (text_eq(rows->v[i].note, "countersign")) {
            rows->v[i].note = "countersigned";
            *ret_step = rows->v[i].step;
        }
    TRY(rows_out(w, rec, rows, rec->draft_rev ? rec->draft_rev : rec->force_rev, effect, e));
    return task_notice_end(w, rec, &(struct notice_sel){.name = "core:countersign"}, effect, e);
}

enum rc cmd_record_countersign(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *see;
    struct row_vec rows = VEC_INIT(w->mem);
    struct q_tasks_of_record_rows t;
    const char *step = NULL;
    struct json *effect = json_obj(w->mem);
    bool later = false, exception = false;
    TRY(record_lock(w, args, PERMIT_SEE, &rec, &see, e));
    w->actor.on_behalf = 0;
    TRY(rows_load(w, &rec, &rows, e));
    TRY(q_tasks_of_record(w->db, w->mem, rec.id, &t, e));
    for (size_t i = 0; i < t.n; i++) {
        if (strcmp(t.v[i].state, "open") != 0)
            continue;
        exception = exception || strcmp(t.v[i].name, "core:countersign") == 0;
        int64_t at = task_notice_at(w, &rec, "core:later", t.v[i].tkey);
        if (at < 0 || t.v[i].person != w->actor.person)
            continue;
        later = true;
        TRY(later_sign(w, &rec, &rows, at, effect, &step, e));
    }
    if (!later && !exception)
        return err_set(e, ERR_STATE, "record %lld waits for no signature of %lld", (long long)rec.id, (long long)w->actor.person);
    if (!later)
        TRY(exception_sign(w, &rec, args, &rows, effect, &step, e));
    TRY(act_do(w, rec.id, rec.draft_rev ? rec.draft_rev : rec.force_rev, "countersign", step, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}
