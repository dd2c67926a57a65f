/* What people decide about a draft: submit, approve, return, reject, withdraw. The rows of a route: route.c. */
#include "core/route_int.h"

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
    TRY(route_fresh(w, &rec, &c, &changed, e));
    TRY(judge_rules(w, &rec, SLOT_DRAFT, c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    TRY(exclude_appointment(w, &rec, c, json_obj(w->mem), e));        /* told before anybody is asked to approve it */
    TRY(book_capture(w, &rec, c, &changed, e));
    struct json *effect = json_obj(w->mem);
    if (changed)
        json_set_i64(effect, "draft", rec.draft_rev);
    TRY(route_open(w, &rec, c, NULL, effect, &done, e));
    if (!done)
        TRY(task_plan(w, &rec, "submitted", effect, e));
    TRY(act_do(w, rec.id, rec.draft_rev, "submit", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

/* ---- whose turn it is ---- */

static bool seat_is(const struct row *r, size_t k, const char *state) { return strcmp(r->who.v[k].state, state) == 0; }

static bool own_seat(const struct work *w, const struct row_vec *rows, const char *state, size_t *ret_at, size_t *ret_seat)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == w->actor.person && seat_is(&rows->v[i], k, state)) {
                *ret_at = i;
                *ret_seat = k;
                return true;
            }
    return false;
}

/* A seat that the actor may take as somebody's deputy today; `want`: whose, or 0 for the first. */
static enum rc deputy_seat(struct work *w, const struct record *rec, struct row_vec *rows, int64_t want, const struct id_vec *makers, size_t *ret_at, size_t *ret_seat, bool *ret_found, struct err *e)
{
    struct deputy_vec d = VEC_INIT(w->mem);
    *ret_found = false;
    TRY(deputies_of(w->db, w->mem, w->set, w->actor.person, w->today, &d, e));
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; row_is(&rows->v[i], "open") && k < rows->v[i].who.n; k++)
            for (size_t n = 0; n < d.n; n++) {
                int64_t from = rows->v[i].who.v[k].person;
                if (d.v[n].from != from || (want != 0 && want != from) || !seat_is(&rows->v[i], k, "open") || ids_have(makers, from))
                    continue;
                bool fits;
                TRY(deputy_fits(w->db, w->set, &d.v[n], pack_step(rec->form, rows->v[i].step), w->today, &fits, e));
                if (!fits)
                    continue;
                *ret_at = i;
                *ret_seat = k;
                *ret_found = true;
                return RC_OK;
            }
    return RC_OK;
}

/* Was the actor's seat, or that of somebody whose deputy they are, decided by another? */
static enum rc came_late(struct work *w, const struct row_vec *rows, bool *ret_late, struct err *e)
{
    struct deputy_vec d = VEC_INIT(w->mem);
    size_t at, seat;
    *ret_late = own_seat(w, rows, "free", &at, &seat);
    TRY(deputies_of(w->db, w->mem, w->set, w->actor.person, w->today, &d, e));
    for (size_t n = 0; n < d.n; n++)
        for (size_t i = 0; i < rows->n; i++)
            for (size_t k = 0; k < rows->v[i].who.n; k++)
                if (rows->v[i].who.v[k].person == d.v[n].from && row_is(&rows->v[i], "done"))
                    *ret_late = true;
    return RC_OK;
}

/* Somebody else was first, or it is not this person's turn at all. */
static enum rc not_mine(struct work *w, const struct record *rec, const struct row_vec *rows, enum err_code otherwise, struct err *e)
{
    bool late;
    TRY(came_late(w, rows, &late, e));
    if (late)
        return err_set(e, ERR_STALE, "record %lld was decided by another", (long long)rec->id);
    return err_set(e, otherwise, "person %lld has no open step of record %lld", (long long)w->actor.person, (long long)rec->id);
}

/* One person counts once where several are asked for, and not at all at a distinct step when they acted elsewhere. */
static enum rc distinct_check(const struct work *w, const struct record *rec, const struct row_vec *rows, size_t at, struct err *e)
{
    const struct step *s = pack_step(rec->form, rows->v[at].step);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == w->actor.person && seat_is(&rows->v[i], k, "done") && (i == at || (s != NULL && s->distinct)))
                return err_set(e, ERR_DISTINCT, "person %lld acted at %s already", (long long)w->actor.person, rows->v[i].step);
    return RC_OK;
}

/* The seat at which the actor acts now, turned into the actor's own when they act for another. Order of refusals: state, self-approval,
 * not your step. */
static enum rc my_row(struct work *w, const struct record *rec, const struct json *args, struct row_vec *rows, size_t *ret_at, size_t *ret_seat, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    int64_t want = json_get_i64(args, "on_behalf", 0);
    bool found;
    if (rec->draft_state == NULL || strcmp(rec->draft_state, "submitted") != 0)
        return not_mine(w, rec, rows, ERR_STATE, e);
    TRY(route_makers(w, rec, &makers, e));
    if (own_seat(w, rows, "open", ret_at, ret_seat) && row_is_exception(&rows->v[*ret_at]) && w->actor.person == rec->made_by)
        return RC_OK;
    if (ids_have(&makers, w->actor.person))
        return err_set(e, ERR_SELF_APPROVAL, "person %lld made record %lld", (long long)w->actor.person, (long long)rec->id);
    if (want == 0 && own_seat(w, rows, "open", ret_at, ret_seat))
        return distinct_check(w, rec, rows, *ret_at, e);
    TRY(deputy_seat(w, rec, rows, want, &makers, ret_at, ret_seat, &found, e));
    if (!found)
        return not_mine(w, rec, rows, ERR_NOT_YOUR_STEP, e);
    TRY(distinct_check(w, rec, rows, *ret_at, e));
    struct row *r = &rows->v[*ret_at];
    w->actor.on_behalf = r->who.v[*ret_seat].person;
    for (size_t k = 0; k < r->who.n; k++)
        if (r->who.v[k].person == w->actor.person)
            return err_set(e, ERR_DISTINCT, "person %lld has a seat of their own at %s", (long long)w->actor.person, r->step);
    r->who.v[*ret_seat].state = "free";
    *vec_push(&r->who) = (struct seat_row){.person = w->actor.person, .on_behalf = w->actor.on_behalf, .state = "open",
                                                .post = msg_fill(w->mem, LANG_JA, MSG("core.deputy-post"), r->who.v[*ret_seat].post, NULL)};
    *ret_seat = r->who.n - 1;
    return RC_OK;
}

static enum rc step_lock(struct work *w, const struct json *args, struct record *ret_rec, struct row_vec *rows, size_t *ret_at, size_t *ret_seat, struct err *e)
{
    const struct grant *see, *act;
    TRY(record_lock(w, args, PERMIT_SEE, ret_rec, &see, e));
    TRY(rows_load(w, ret_rec, rows, e));
    TRY(seats_fresh(w, ret_rec, rows, e));
    w->actor.on_behalf = 0;                              /* only a registered delegation says for whom */
    TRY(my_row(w, ret_rec, args, rows, ret_at, ret_seat, e));
    TRY(exclude_act(w, pack_step(ret_rec->form, rows->v[*ret_at].step), e));
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_ACT, ret_rec->form, ret_rec, w->today, &act, e));
    grant_assert(act, PERMIT_ACT, ret_rec);
    return RC_OK;
}

/* Fields that belong to a step that the approval decides may be filled with it; nothing else. *ret_last: the last step of which some were. */
static enum rc step_values(struct work *w, struct record *rec, const struct row_vec *rows, const struct step *s, const struct json *values, struct content **c, const struct step **ret_last, bool *ret_changed, struct err *e)
{
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    struct value_ctx vc = {.lang = w->actor.lang, .resolve = core_resolve, .resolve_ctx = &r, .sign = value_sign_text(w->mem, w->actor.person, w->now_us)};
    struct change_vec changes = VEC_INIT(w->mem);
    struct revision rev;
    memcpy(r.today, w->today, sizeof r.today);
    bool computed;
    size_t last = 0;
    struct step_list steps = VEC_INIT(w->mem);
    *ret_changed = false;
    *ret_last = s;
    if (values == NULL || json_n(values) == 0)
        return RC_OK;
    TRY(steps_together(w, rec, *c, rows, s, &steps, e));
    struct content *n = content_read(w->mem, &vc, rec->form, *c, values, true, w->troubles);
    TRY(work_troubles_refuse(w, e));
    content_diff(w->mem, *c, n, &changes);
    for (size_t i = 0; i < changes.n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(rec->form, changes.v[i].path, &col, &row);
        size_t k = 0;
        while (k < steps.n && !(fd != NULL && field_at_step(fd, steps.v[k])))
            k++;
        last = k > last ? k : last;
        if (k == steps.n)
            return err_set_arg(e, ERR_FIELDS, fd ? pick_lang(w->actor.lang, fd->label, fd->label_en) : changes.v[i].path, "step fills %s", changes.v[i].path);
    }
    if (changes.n == 0)
        return RC_OK;
    *ret_last = steps.v[last];
    content_order(n, rec->form);
    TRY(ftable_put(w->tx, w->mem, rec->form, rec, SLOT_DRAFT, "submitted", n, e));
    TRY(judge_values(w, rec, SLOT_DRAFT, n, &computed, e));
    content_order(n, rec->form);
    TRY(revision_write(w, rec->id, rec->form, n, &rev, e));
    rec->draft_rev = rev.id;
    *c = n;
    *ret_changed = true;
    return RC_OK;
}

enum rc row_decided(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, bool *ret_done, struct err *e)
{
    struct row *r = &rows->v[at];
    TRY(row_bind(w, rec, c, r, e));
    row_finish(r, w->now_us);
    return rows_advance(w, rec, c, rows, ret_done, e);
}

/* The actor's other open seats of the same step (`all of` with one person in two posts) are the same act, unless the step says distinct. */
static void seats_together(const struct work *w, const struct step *s, struct row_vec *rows, const char *key)
{
    for (size_t i = 0; !s->distinct && w->actor.on_behalf == 0 && i < rows->n; i++)
        for (size_t k = 0; strcmp(rows->v[i].step, key) == 0 && row_is(&rows->v[i], "open") && k < rows->v[i].who.n; k++)
            if (rows->v[i].who.v[k].person == w->actor.person && seat_is(&rows->v[i], k, "open"))
                rows->v[i].who.v[k].state = "done";
}

static enum rc approve_rows(struct work *w, const struct record *rec, const struct content *c, const struct step *s, struct row_vec *rows, bool *ret_done, struct err *e)
{
    *ret_done = false;
    seats_together(w, s, rows, s->key);
    for (size_t i = 0; i < rows->n; i++)
        if (row_is(&rows->v[i], "open") && strcmp(rows->v[i].step, s->key) == 0 && row_done_n(&rows->v[i]) >= rows->v[i].need)
            TRY(row_decided(w, rec, c, rows, i, ret_done, e));
    return RC_OK;
}

/* A route that ends without its draft coming into force, or is run anew: what it had set is over. What an earlier revision, which is in
 * force, still owes (a look later, a counter-signature) stays. */
enum rc route_told_end(struct work *w, const struct record *rec, struct json *effect, struct err *e)
{
    static const char *const owed[] = {"core:later", "core:countersign"}, *const over[] = {"core:outside", "core:voided", "core:nobody", "core:seated"};
    struct q_act_last_at last = {0};
    if (rec->force_rev != 0)
        TRY(q_act_last_at(w->db, w->mem, rec->id, rec->force_rev, &last, e));
    for (size_t i = 0; i < ARRAY_N(owed); i++)
        TRY(task_notice_end(w, rec, &(struct notice_sel){.name = owed[i], .since_us = last.at}, effect, e));
    for (size_t i = 0; i < ARRAY_N(over); i++)
        TRY(task_notice_end(w, rec, &(struct notice_sel){.name = over[i]}, effect, e));
    return RC_OK;
}

static enum rc return_do(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *to, const char *why, struct json *effect, struct err *e);
static enum rc reject_do(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *why, struct json *effect, struct err *e);

/* Confirming a letter that says no does what the letter says. */
static enum rc letter_no(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *comment, struct err *e)
{
    struct json *effect = json_obj(w->mem);
    const char *why = comment != NULL ? comment : msg_text(LANG_JA, MSG("core.letter-says"));
    return strcmp(rows->v[at].note, "letter-reject") == 0 ? reject_do(w, rec, rows, at, why, effect, e) : return_do(w, rec, rows, at, NULL, why, effect, e);
}

/* The approval is not taken: the route begins anew. What was filled in stays only when it is what asks for other steps (`filled`). */
static enum rc reopened(struct work *w, struct record *rec, const struct content *c, struct json *body, struct err *e)
{
    TRY(route_reopen(w, rec, c, e));
    json_set_bool(body, "reopened", true);
    return record_answer(w, rec->id, body, e);
}

static bool step_done(const struct row_vec *rows, const char *key)
{
    bool any = false;
    for (size_t i = 0; i < rows->n; i++) {
        bool here = strcmp(rows->v[i].step, key) == 0;
        if (here && !row_is(&rows->v[i], "done"))
            return false;
        any = any || here;
    }
    return any;
}

enum rc cmd_record_approve(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    struct content *c;
    size_t at, seat;
    bool stale, filled, done;
    const struct step *last;
    struct json *values;
    struct taken_vec files;
    const char *comment = json_get_str(args, "comment");
    struct json *effect = json_obj(w->mem);
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(proof_approval(w, false, e));
    TRY(route_stale(w, &rec, &c, &stale, e));
    if (stale)
        return reopened(w, &rec, c, body, e);
    struct row *r = &rows.v[at];
    const struct step *s = pack_step(rec.form, r->step);
    if (s == NULL)
        return err_set_arg(e, ERR_SET_UNREADABLE, r->step, "step %s of record %lld", r->step, (long long)rec.id);
    if (row_is_letter(r) && strcmp(r->note, "letter-approve") != 0) {
        TRY(letter_no(w, &rec, &rows, at, comment, e));
        return record_answer(w, rec.id, body, e);
    }
    TRY(attach_take(w, &rec, args, &values, &files, e));             /* not before: an approval that is not taken takes no files */
    TRY(step_values(w, &rec, &rows, s, values, &c, &last, &filled, e));
    TRY(judge_rules(w, &rec, SLOT_DRAFT, c, last->id, e));
    TRY(work_troubles_refuse(w, e));
    bool fits = true;
    if (filled)
        TRY(rows_replan(w, &rec, &rows, &fits, e));
    if (!fits) {
        json_set_bool(body, "filled", true);
        TRY(attach_store(w, &files, e));
        return reopened(w, &rec, c, body, e);
    }
    r = &rows.v[at];
    if (row_is_exception(r))
        TRY(exception_use(w, &rec, s, r, comment, effect, e));
    r->who.v[seat].state = "done";
    TRY(approve_rows(w, &rec, c, s, &rows, &done, e));
    if (last != s && !step_done(&rows, last->key))                   /* what was filled in turned the step to somebody else */
        return err_set_arg(e, ERR_FIELDS, step_label(rec.form, last->key), "step %s is not decided with %s", last->key, s->key);
    if (done)
        TRY(proof_approval(w, true, e));
    if (filled)
        json_set_i64(effect, "draft", rec.draft_rev);
    TRY(rows_out(w, &rec, &rows, rec.draft_rev, effect, e));
    TRY(task_notice_end(w, &rec, &(struct notice_sel){.name = "core:voided", .person = done ? 0 : w->actor.person}, effect, e));
    if (done)
        TRY(record_promote(w, &rec, c, effect, e));
    TRY(act_do(w, rec.id, rec.draft_rev, "approve", s->key, comment, effect, e));
    TRY(attach_store(w, &files, e));
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
static enum rc rows_back(struct work *w, const struct record *rec, struct row_vec *rows, size_t at, const char *to, struct json *effect, struct err *e)
{
    size_t from = rows->n;
    for (size_t i = 0; i < at; i++) {
        const struct step *s = pack_step(rec->form, rows->v[i].step);
        bool earlier = strcmp(rows->v[i].step, rows->v[at].step) != 0;
        if (earlier && (strcmp(rows->v[i].step, to) == 0 || (s != NULL && strcmp(s->id, to) == 0))) {
            from = i;
            break;
        }
    }
    if (from == rows->n)
        return err_set_arg(e, ERR_FIELDS, to, "no earlier step %s", to);
    for (size_t i = from; i < rows->n; i++) {
        if (row_is(&rows->v[i], "ahead"))
            TRY(task_notice_end(w, rec, &(struct notice_sel){.name = "core:later", .at = NOTICE_AT(rows->v[i].done, rows->v[i].ord)}, effect, e));
        rows->v[i].state = "waiting";
        rows->v[i].who.n = 0;
        rows->v[i].bind = rows->v[i].note = NULL;
        rows->v[i].done = rows->v[i].opened = 0;
    }
    return RC_OK;
}

static enum rc return_do(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *to, const char *why, struct json *effect, struct err *e)
{
    const char *step = rows->v[at].step;
    struct content *c;
    size_t erased;
    bool done;
    TRY(revision_content(w->db, w->mem, rec->draft_rev, &c, &erased, e));
    content_order(c, rec->form);
    if (to != NULL && to[0] != '\0' && strcmp(to, "applicant") != 0) {
        TRY(rows_back(w, rec, rows, at, to, effect, e));
        TRY(rows_advance(w, rec, c, rows, &done, e));
    } else {
        rows->n = 0;
        json_set_str(effect, "draft_state", "returned");
        TRY(route_told_end(w, rec, effect, e));
    }
    TRY(rows_out(w, rec, rows, rec->draft_rev, effect, e));
    return act_do(w, rec->id, rec->draft_rev, "return", step, why, effect, e);
}

/* The recorded letter is taken back, not the application. */
static enum rc letter_return(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *why, struct err *e)
{
    struct json *effect = json_obj(w->mem);
    struct content *c;
    size_t erased;
    TRY(revision_content(w->db, w->mem, rec->draft_rev, &c, &erased, e));
    content_order(c, rec->form);
    TRY(letter_back(w, rec, c, rows, at, e));
    TRY(rows_out(w, rec, rows, rec->draft_rev, effect, e));
    return act_do(w, rec->id, rec->draft_rev, "letter-back", rows->v[at].step, why, effect, e);
}

enum rc cmd_record_return(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    const char *why;
    size_t at, seat;
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(reason_of(w, args, &why, e));
    if (row_is_letter(&rows.v[at]))
        TRY(letter_return(w, &rec, &rows, at, why, e));
    else
        TRY(return_do(w, &rec, &rows, at, json_get_str(args, "to"), why, json_obj(w->mem), e));
    return record_answer(w, rec.id, body, e);
}

static enum rc reject_do(struct work *w, struct record *rec, struct row_vec *rows, size_t at, const char *why, struct json *effect, struct err *e)
{
    const char *step = rows->v[at].step;
    rows->n = 0;
    rows_effect(w, rows, rec->draft_rev, effect);
    json_set_str(effect, "draft_state", "rejected");
    TRY(route_told_end(w, rec, effect, e));
    return act_do(w, rec->id, rec->draft_rev, "reject", step, why, effect, e);
}

enum rc cmd_record_reject(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    const char *why;
    size_t at, seat;
    TRY(step_lock(w, args, &rec, &rows, &at, &seat, e));
    TRY(reason_of(w, args, &why, e));
    if (row_is_letter(&rows.v[at]))
        return err_set(e, ERR_STATE, "a letter is confirmed or sent back");
    TRY(reject_do(w, &rec, &rows, at, why, json_obj(w->mem), e));
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
    TRY(route_makers(w, &rec, &makers, e));
    if (!ids_have(&makers, w->actor.person))
        return err_set(e, ERR_DENIED, "only the applicant withdraws");
    struct json *effect = json_obj(w->mem);
    struct row_vec none = VEC_INIT(w->mem);
    rows_effect(w, &none, rec.draft_rev, effect);
    TRY(route_told_end(w, &rec, effect, e));
    json_set_str(effect, "draft_state", "draft");
    TRY(act_do(w, rec.id, rec.draft_rev, "withdraw", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}
