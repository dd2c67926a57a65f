/* Exceptions from the separation of duties. Whether one is possible is the regulation's word (pack.yaml separation: never, waiver,
 * countersign); an exception is a row of the core form `separation_exception` (person, reason, until_on), so that it is listed, printed
 * and ends. It serves only where nobody else is left for a step: the applicant then approves with a reason; `countersign` also asks
 * for a counter-signature within the pack's days, and while that is overdue the duties of the step are not conforming. */
#include "core/route_int.h"

#define COUNTERSIGN_DAYS 30

static bool has_form(const struct pack_set *set)
{
    const struct form *f = pack_form(set, "separation_exception");
    return f != NULL && pack_field(f, "person") && pack_field(f, "until_on");
}

enum rc exception_of(struct work *w, int64_t person, int64_t *ret_id, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    bool more;
    *ret_id = 0;
    if (!has_form(w->set))
        return RC_OK;
    sql_lit(s, "SELECT x.record FROM f_separation_exception x WHERE x.slot = 0 AND x.state <> 'closed' AND x.person = ");
    sql_i64(s, person);
    sql_lit(s, " AND x.until_on >= ");
    sql_text(s, w->today);
    sql_lit(s, " ORDER BY x.until_on DESC, x.record LIMIT 1");
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, &more, e));
    if (more)
        *ret_id = db_i64(rows, 0);
    db_rows_end(rows);
    return RC_OK;
}

static const char *separation_of(const struct step *s)
{
    return s->pack != NULL && s->pack->separation != NULL ? s->pack->separation : "never";
}

enum rc exception_seat(struct work *w, const struct record *rec, const struct step *s, struct row *r, struct err *e)
{
    int64_t id = 0;
    const char *how = separation_of(s);
    if (strcmp(how, "never") != 0 && r->need == 1)
        TRY(exception_of(w, rec->made_by, &id, e));
    if (id == 0)
        return err_set_arg(e, ERR_NO_APPROVER, step_label(rec->form, r->step), "step %s of record %lld needs %lld, separation %s", r->step, (long long)rec->id, (long long)r->need, how);
    r->who.n = 0;
    *vec_push(&r->who) = (struct seat_row){.person = rec->made_by, .post = msg_text(LANG_JA, MSG("core.applicant")), .state = "open"};
    r->note = how;
    return RC_OK;
}

bool row_is_exception(const struct row *r)
{
    return r->note != NULL && (strcmp(r->note, "waiver") == 0 || strcmp(r->note, "countersign") == 0);
}

/* At the act: still in force, still allowed, with a reason. */
enum rc exception_use(struct work *w, const struct record *rec, const struct step *s, const struct row *r, const char *why, struct json *effect, struct err *e)
{
    int64_t id;
    if (why == NULL || str_trim(str_of(why)).n == 0)
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.reason-needed")), "an exception without reason");
    TRY(exception_of(w, rec->made_by, &id, e));
    if (id == 0 || w->actor.person != rec->made_by || strcmp(separation_of(s), r->note) != 0)
        return err_set_arg(e, ERR_SEPARATION, step_label(rec->form, r->step), "no exception in force for %lld at %s", (long long)rec->made_by, r->step);
    json_set_i64(effect, "exception", id);
    if (strcmp(r->note, "countersign") != 0)
        return RC_OK;
    int days = s->pack->countersign_days > 0 ? s->pack->countersign_days : COUNTERSIGN_DAYS;
    const struct notice n = {.name = "core:countersign", .at = NOTICE_AT(w->now_us, r->ord), .person = rec->made_by, .title = msg_text(LANG_JA, MSG("core.countersign-task")),
                             .step = s, .due_days = days};
    task_notice(w, rec, &n, effect);
    return RC_OK;
}
