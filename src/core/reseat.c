/* Who answers at an open step is resolved when it opens. When one of them loses the post or leaves, the step is resolved anew: the
 * successor, the next superior, or nobody; then the applicant and the administrators are told, and the step waits until an appointment
 * fills it. Nobody's approval follows from it: who is asked anew always decides themselves.
 *
 * A change of people, posts or departments, and every new day, set the marker `seats` (a row of todo); the keeper then walks through all
 * open steps. Until it has, every act at a step looks first, so that nobody acts by a post that has ended. */
#include "core/core_state.h"
#include "core/route_int.h"
#include "core/order.h"
#include "core/leaver.h"

#define SEATS_CHUNK 50
#define SEATS_BUDGET_US 10000
#define SEATS_DAY "seats_day"        /* in keep: the day on which all open steps were last looked at */

static bool seat_is(const struct seat_row *s, const char *state) { return strcmp(s->state, state) == 0; }

static const struct seat_row *seat_of(const struct seat_rows *v, int64_t person)
{
    for (size_t k = 0; k < v->n; k++)
        if (v->v[k].person == person)
            return &v->v[k];
    return NULL;
}

static int64_t seats_n(const struct row *r, bool done)
{
    int64_t n = 0;
    for (size_t k = 0; k < r->who.n; k++)
        n += seat_is(&r->who.v[k], "open") || (done && seat_is(&r->who.v[k], "done"));
    return n;
}

bool row_lacks(const struct row *r)
{
    return row_is(r, "open") && !text_eq(r->note, "outside") && seats_n(r, true) < (row_is_letter(r) ? 1 : r->need);
}

/* Whom the row would ask if it opened today, beside those who acted at it already. */
static enum rc row_today(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e)
{
    struct row was = rows->v[at], *r = &rows->v[at];
    struct err e2 = {0};
    r->who = (struct seat_rows)VEC_INIT(w->mem);
    if (row_is_letter(&was)) {
        for (size_t k = 0; k < was.who.n; k++)
            if (seat_is(&was.who.v[k], "recorded"))
                return letter_seats(w, rec, r, was.who.v[k].person, e);
        return RC_OK;
    }
    r->note = NULL;
    enum rc rc = row_seats(w, rec, c, rows, at, makers, &e2);
    if (rc != RC_OK && e2.code != ERR_NO_APPROVER) {
        *e = e2;
        return rc;
    }
    struct seat_rows asked = r->who;
    r->who = (struct seat_rows)VEC_INIT(w->mem);
    for (size_t k = 0; k < was.who.n; k++)
        if (!seat_is(&was.who.v[k], "open"))
            *vec_push(&r->who) = was.who.v[k];
    for (size_t k = 0; k < asked.n; k++)
        if (seat_of(&r->who, asked.v[k].person) == NULL) {
            asked.v[k].state = "open";
            *vec_push(&r->who) = asked.v[k];
        }
    return RC_OK;
}

/* An open seat whose holder would not be asked today any more; or nobody had it and somebody would now. */
static bool seats_differ(const struct row *was, const struct row *now)
{
    for (size_t k = 0; k < was->who.n; k++)
        if (seat_is(&was->who.v[k], "open") && seat_of(&now->who, was->who.v[k].person) == NULL)
            return true;
    return row_lacks(was) && seats_n(now, true) > seats_n(was, true);
}

static void row_tell(struct work *w, const struct record *rec, const struct row *was, const struct row *now, struct json *effect)
{
    const struct step *s = pack_step(rec->form, now->step);
    for (size_t k = 0; k < now->who.n; k++) {
        const struct notice n = {.name = "core:seated", .at = now->ord, .person = now->who.v[k].person, .title = msg_text(LANG_JA, MSG("core.seated-task")), .step = s};
        if (seat_is(&now->who.v[k], "open") && seat_of(&was->who, now->who.v[k].person) == NULL)
            task_notice(w, rec, &n, effect);
    }
}

static enum rc row_again(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct json *effect, bool *ret_changed, struct err *e)
{
    struct row was = rows->v[at], *r = &rows->v[at];
    TRY(row_today(w, rec, c, rows, at, makers, e));
    bool gone = row_is_exception(&was) && row_lacks(r);               /* an exception is asked for at the act */
    if (gone || !seats_differ(&was, r)) {
        *r = was;
        return RC_OK;
    }
    if (row_lacks(r) && !row_is_letter(r))
        r->note = "nobody";
    else if (r->note == NULL)
        r->note = "reseated";
    row_tell(w, rec, &was, r, effect);
    *ret_changed = true;
    return RC_OK;
}

static enum rc reseat(struct work *w, const struct record *rec, struct row_vec *rows, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    struct content *c;
    struct json *effect = json_obj(w->mem);
    struct actor who = w->actor;
    bool changed = false;
    TRY(work_content(w, rec->draft_rev, &c, e));
    content_order(c, rec->form);
    TRY(route_makers(w, rec, &makers, e));
    for (size_t i = 0; i < rows->n; i++)
        if (row_is(&rows->v[i], "open") && !text_eq(rows->v[i].note, "outside"))
            TRY(row_again(w, rec, c, rows, i, &makers, effect, &changed, e));
    if (!changed)
        return RC_OK;
    TRY(rows_out(w, rec, rows, rec->draft_rev, effect, e));
    work_as_house(w);
    enum rc rc = act_do(w, rec->id, rec->draft_rev, "reseat", NULL, NULL, effect, e);
    w->actor = who;
    return rc;
}

/* ---- who is told that nobody is left ---- */

enum rc route_lacks_tell(struct work *w, const struct record *rec, const struct row_vec *rows, struct json *effect, struct err *e)
{
    struct id_vec told = VEC_INIT(w->mem);
    for (size_t i = 0; i < rows->n; i++) {
        if (!row_lacks(&rows->v[i]))
            continue;
        if (told.n == 0) {
            TRY(org_holders_set(w->db, w->mem, w->set, "administrator", 0, w->today, &told, e));
            if (!ids_have(&told, rec->made_by))
                *vec_push(&told) = rec->made_by;
        }
        for (size_t k = 0; k < told.n; k++) {
            const struct notice n = {.name = "core:nobody", .at = rows->v[i].ord, .person = told.v[k], .title = msg_text(LANG_JA, MSG("core.nobody-task")),
                                     .step = pack_step(rec->form, rows->v[i].step)};
            task_notice(w, rec, &n, effect);
        }
    }
    return RC_OK;
}

/* ---- when ---- */

bool seats_told_by(const char *form_ident)
{
    static const char *const forms[] = {"person", "assignment", "department", "posting"};
    for (size_t i = 0; i < ARRAY_N(forms); i++)
        if (strcmp(form_ident, forms[i]) == 0)
            return true;
    return false;
}

enum rc seats_moved(struct work *w, const char *form_ident, struct err *e)
{
    return seats_told_by(form_ident) ? work_todo(w, "seats", 0, e) : RC_OK;
}

enum rc seats_fresh(struct work *w, const struct record *rec, struct row_vec *rows, struct err *e)
{
    struct q_seats_due due;
    if (!record_runs(rec))
        return RC_OK;
    TRY(q_seats_due(w->db, w->mem, SEATS_DAY, &due, e));
    return due.n == 0 && text_eq(due.day, w->today) ? RC_OK : reseat(w, rec, rows, e);
}

static enum rc seats_of(struct work *w, int64_t id, struct err *e)
{
    struct record rec;
    struct row_vec rows = VEC_INIT(w->mem);
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    if (!record_runs(&rec))
        return RC_OK;
    TRY(work_record_set(w, &rec, e));
    if (rec.form == NULL)
        return RC_OK;
    TRY(rows_load(w, &rec, &rows, e));
    return reseat(w, &rec, &rows, e);
}

/* A chunk of the open steps, from the record after `record` on; what is left is the next chunk. What cannot be resolved (a set that cannot
 * be read) is refused when somebody acts. */
enum rc cmd_seats_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_steps_open_after_rows row;
    int64_t t0 = clock_mono_us(), last = json_get_i64(args, "record", 0);
    size_t i = 0;
    (void)body;
    TRY(q_steps_open_after(w->db, w->mem, last, SEATS_CHUNK, &row, e));
    for (; i < row.n && (i == 0 || clock_mono_us() - t0 < SEATS_BUDGET_US); i++) {
        const struct pack_set *now = w->set;
        struct err e2 = {0};
        enum rc rc = seats_of(w, row.v[i].record, &e2);
        w->set = now;
        last = row.v[i].record;
        if (rc != RC_OK && e2.code != ERR_SET_UNREADABLE) {
            *e = e2;
            return rc;
        }
    }
    return i < row.n || row.n == SEATS_CHUNK ? work_todo(w, "seats", last, e) : RC_OK;
}

/* A new day: appointments began and ended by their dates, orders are to be carried out. */
enum rc cmd_seats_day(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_keep_get before;
    bool found;
    (void)args, (void)body;
    TRY(q_keep_get(w->db, w->mem, SEATS_DAY, &before, &found, e));
    TRY(leavers_day(w, found ? before.v : NULL, e));
    TRY(q_keep_put(w->tx, SEATS_DAY, w->today, e));
    TRY(orders_day(w, e));
    return work_todo(w, "seats", 0, e);
}

bool seats_day_due(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    char today[CIVIL_TEXT_N];
    bool ok;
    civil_text(civil_of_us(clock_now_us()), today);
    if (strcmp(c->keeper.seats_day, today) == 0)
        return false;
    if (!text_eq(keep_says(c, mem, SEATS_DAY, &ok), today))
        return ok;
    memcpy(c->keeper.seats_day, today, sizeof today);
    return false;
}
