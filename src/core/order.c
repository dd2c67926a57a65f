/* Personnel orders (発令, core form `personnel_order`): what an order says is done on the morning of its day, as a new version of the person, an additional post or an
 * appointment. The keeper sends order.run until nothing is due; each such command changes that record and closes the order in one transaction, so that a crash finds
 * an order either done or not. A refusal undoes both, and order.fail writes its reason into the order, which then waits until somebody corrects it.
 *
 * The change is made in the name of who handed the order in: the rules of the record's form hold, and its route, when it has one, asks somebody else. */
#include "core/order.h"
#include "core/route_int.h"

#define FAILED_TASK "core:order-failed"

struct order { struct record rec; struct content *c; int64_t person, department, by; const char *what, *on; };

bool order_is(const char *form_ident) { return strcmp(form_ident, ORDER_FORM) == 0; }

enum rc orders_moved(struct work *w, const char *form_ident, struct err *e)
{
    return order_is(form_ident) ? q_keep_put(w->tx, ORDERS_WAITING, "1", e) : RC_OK;
}

enum rc orders_day(struct work *w, struct err *e)
{
    return w->set != NULL && pack_form(w->set, ORDER_FORM) != NULL ? q_keep_put(w->tx, ORDERS_WAITING, "1", e) : RC_OK;
}

void order_anew(const struct record *rec, struct content *c)
{
    if (order_is(rec->form_ident))
        content_set(c, "failed", NULL);
}

/* ---- which ---- */

/* In the order of their days; on one day what ends comes before what begins, and leaving last. */
static enum rc order_next(struct work *w, int64_t *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct id_vec v = VEC_INIT(w->mem);
    *ret = 0;
    if (pack_form(w->set, ORDER_FORM) == NULL)
        return RC_OK;
    sql_lit(s, "SELECT x.record FROM f_personnel_order x WHERE x.slot = 0 AND x.done_on IS NULL AND x.failed IS NULL AND x.state = 'approved' AND x.effective_on <= ");
    sql_text(s, w->today);
    sql_lit(s, " ORDER BY x.effective_on, CASE x.what WHEN 'end_add' THEN 0 WHEN 'dismiss' THEN 1 WHEN 'join' THEN 2 WHEN 'move' THEN 3 WHEN 'retire' THEN 5 ELSE 4 END, x.record LIMIT 1");
    TRY(ids_read(w->db, w->mem, s, &v, e));
    *ret = v.n > 0 ? v.v[0] : 0;
    return RC_OK;
}

/* Who handed in what is in force; an import's rows have their maker alone. */
static enum rc order_by(struct work *w, const struct record *rec, int64_t *ret, struct err *e)
{
    struct q_act_submitted_by by;
    bool found;
    TRY(q_act_submitted_by(w->db, w->mem, rec->id, &by, &found, e));
    *ret = found && by.actor != 0 ? by.actor : rec->made_by;
    return RC_OK;
}

static enum rc order_read(struct work *w, int64_t id, struct order *ret, struct err *e)
{
    size_t erased;
    *ret = (struct order){.person = 0};
    TRY(record_get(w->db, w->mem, w->set, id, &ret->rec, e));
    if (!order_is(ret->rec.form_ident) || ret->rec.form == NULL || ret->rec.force_rev == 0 || strcmp(ret->rec.state, "approved") != 0)
        return err_set(e, ERR_STATE, "order %lld is %s", (long long)id, ret->rec.state);
    TRY(revision_content(w->db, w->mem, ret->rec.force_rev, &ret->c, &erased, e));
    ret->person = content_id(ret->c, "person");
    ret->department = content_id(ret->c, "department");
    ret->what = content_get(ret->c, "what");
    ret->on = content_get(ret->c, "effective_on");
    if (ret->person == 0 || ret->what == NULL || ret->on == NULL)
        return err_set_arg(e, ERR_FIELDS, msg_text(LANG_JA, MSG("core.order-erased")), "order %lld lacks what it needs", (long long)id);
    return order_by(w, &ret->rec, &ret->by, e);
}

/* ---- carrying out ---- */

static struct json *value_id(struct json *v, TALLOC_CTX *mem, const char *path, int64_t id)
{
    if (id != 0)
        json_set_str(v, path, mem_fmt(mem, "%lld", (long long)id));
    return v;
}

static const char *note_of(struct work *w, const struct order *o)
{
    return msg_fill(w->mem, LANG_JA, MSG("core.order-note"), o->rec.number, NULL);
}

/* A record in force gets a new version. What somebody is just changing there is not handed in for them. */
static enum rc change(struct work *w, const struct order *o, int64_t id, const struct json *values, struct json *body, struct err *e)
{
    struct record rec;
    struct json *save = json_obj(w->mem), *submit = json_obj(w->mem);
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    if (rec.draft_rev != 0)
        return err_set_arg(e, ERR_FIELDS, msg_fill(w->mem, LANG_JA, MSG("core.order-draft"), rec.title, rec.number, NULL), "record %lld has a draft", (long long)id);
    json_set_i64(save, "record", id);
    json_set(save, "values", values);
    TRY(cmd_record_save(w, save, body, e));
    w->troubles->n = 0;
    json_set_i64(submit, "record", id);
    json_set_str(submit, "comment", note_of(w, o));
    return cmd_record_submit(w, submit, body, e);
}

static enum rc make(struct work *w, const struct order *o, const char *form, const struct json *values, struct json *body, struct err *e)
{
    struct json *args = json_obj(w->mem);
    json_set_str(args, "form", form);
    json_set(args, "values", values);
    json_set_bool(args, "submit", true);
    json_set_str(args, "comment", note_of(w, o));
    return cmd_record_create(w, args, body, e);
}

/* The main department, and since when. Somebody who joins may have been entered under another department before the first day. */
static enum rc settle(struct work *w, const struct order *o, bool joins, struct json *body, struct err *e)
{
    struct json *v = value_id(json_obj(w->mem), w->mem, "department", o->department);
    int64_t was;
    TRY(org_department_of(w->db, o->person, w->today, &was, e));
    if (joins)
        json_set_str(v, "joined_on", o->on);
    if (was != 0 && was != o->department)
        json_set_str(v, "moved_on", o->on);
    return change(w, o, o->person, v, body, e);
}

static enum rc retire(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    struct json *v = json_obj(w->mem);
    json_set_str(v, "left_on", o->on);
    return change(w, o, o->person, v, body, e);
}

static enum rc add(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    struct json *v = value_id(value_id(json_obj(w->mem), w->mem, "person", o->person), w->mem, "department", o->department);
    json_set_str(v, "from_on", o->on);
    if (content_get(o->c, "title") != NULL)
        json_set_str(v, "title", content_get(o->c, "title"));
    return make(w, o, "posting", v, body, e);
}

static enum rc appoint(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    struct json *v = value_id(value_id(json_obj(w->mem), w->mem, "person", o->person), w->mem, "department", o->department);
    json_set_str(v, "role", content_get(o->c, "role"));
    json_set_str(v, "from_on", o->on);
    return make(w, o, "assignment", v, body, e);
}

/* What lasts on the day of the order and began before it: exactly one, or nobody knows which is meant. It lasts until the day before. */
static enum rc end(struct work *w, const struct order *o, struct sql *s, struct json *body, struct err *e)
{
    struct json *v = json_obj(w->mem);
    struct civil day;
    char last[CIVIL_TEXT_N];
    struct id_vec lasting = VEC_INIT(w->mem);
    sql_lit(s, " AND x.from_on < ");
    sql_text(s, o->on);
    sql_lit(s, " AND (x.to_on IS NULL OR x.to_on >= ");
    sql_text(s, o->on);
    sql_lit(s, ") ORDER BY x.record LIMIT 2");
    TRY(ids_read(w->db, w->mem, s, &lasting, e));
    if (lasting.n != 1)
        return err_set_arg(e, ERR_FIELDS, msg_text(LANG_JA, lasting.n == 0 ? MSG("core.order-none") : MSG("core.order-several")), "%zu that order %lld could end", lasting.n, (long long)o->rec.id);
    if (!civil_read(str_of(o->on), &day))
        return err_set(e, ERR_BUG, "day %s", o->on);
    civil_text(civil_from_days(civil_days(day) - 1), last);
    json_set_str(v, "to_on", last);
    return change(w, o, lasting.v[0], v, body, e);
}

static enum rc end_add(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT x.record FROM f_posting x WHERE x.slot = 0 AND x.person = ");
    sql_i64(s, o->person);
    sql_lit(s, " AND x.department_ = ");
    sql_i64(s, o->department);
    return end(w, o, s, body, e);
}

static enum rc dismiss(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT x.record FROM f_assignment x WHERE x.slot = 0 AND x.person = ");
    sql_i64(s, o->person);
    org_role_in(s, w->set, content_get(o->c, "role"));
    if (o->department != 0) {
        sql_lit(s, " AND x.department_ = ");
        sql_i64(s, o->department);
    }
    return end(w, o, s, body, e);
}

static enum rc carry_out(struct work *w, const struct order *o, struct json *body, struct err *e)
{
    bool here = true, begins = strcmp(o->what, "move") == 0 || strcmp(o->what, "add") == 0 || strcmp(o->what, "appoint") == 0;
    if (begins)
        TRY(org_is_here(w->db, o->person, o->on, &here, e));
    if (!here)
        return err_set_arg(e, ERR_FIELDS, msg_text(LANG_JA, MSG("core.order-left")), "person %lld has left", (long long)o->person);
    if (strcmp(o->what, "join") == 0)
        return settle(w, o, true, body, e);
    if (strcmp(o->what, "move") == 0)
        return settle(w, o, false, body, e);
    if (strcmp(o->what, "add") == 0)
        return add(w, o, body, e);
    if (strcmp(o->what, "end_add") == 0)
        return end_add(w, o, body, e);
    if (strcmp(o->what, "appoint") == 0 && content_get(o->c, "role") != NULL)
        return appoint(w, o, body, e);
    if (strcmp(o->what, "dismiss") == 0 && content_get(o->c, "role") != NULL)
        return dismiss(w, o, body, e);
    if (strcmp(o->what, "retire") == 0)
        return retire(w, o, body, e);
    return err_set_arg(e, ERR_FIELDS, msg_text(LANG_JA, MSG("core.order-erased")), "order %lld says %s", (long long)o->rec.id, o->what);
}

/* ---- what became of it ---- */

static enum rc order_put(struct work *w, struct order *o, const char *kind, struct json *effect, struct err *e)
{
    struct revision rev;
    content_order(o->c, o->rec.form);
    TRY(revision_write(w, o->rec.id, o->rec.form, o->c, &rev, e));
    json_set_i64(effect, "promote", rev.id);
    json_set_null(effect, "draft_state");                /* a correction that was not handed in by its day goes */
    return act_do(w, o->rec.id, rev.id, kind, NULL, NULL, effect, e);
}

static enum rc order_done(struct work *w, struct order *o, const struct json *changed, struct err *e)
{
    struct json *effect = json_obj(w->mem);
    const char *number = json_get_str(changed, "number");
    bool waits = text_eq(json_get_str(changed, "draft_state"), "submitted");
    content_set(o->c, "done_on", w->today);
    content_set(o->c, "result", waits ? msg_fill(w->mem, LANG_JA, MSG("core.order-waits"), number, NULL) : number);
    json_set_str(effect, "state", "closed");
    json_set_i64(effect, "closed_at", w->now_us);
    TRY(task_notice_end(w, &o->rec, &(struct notice_sel){.name = FAILED_TASK}, effect, e));
    return order_put(w, o, "close", effect, e);
}

/* The next one that is due; `record` in the answer says which, also when it is refused. */
enum rc cmd_order_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct actor was = w->actor;
    struct order o;
    struct json *changed = json_obj(w->mem);
    int64_t id;
    (void)args;
    TRY(order_next(w, &id, e));
    json_set_bool(body, "more", id != 0);
    if (id == 0)
        return q_keep_put(w->tx, ORDERS_WAITING, "0", e);
    json_set_i64(body, "record", id);
    TRY(order_read(w, id, &o, e));
    TRY(judge_rules(w, &o.rec, SLOT_FORCE, o.c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    w->troubles->n = 0;
    work_as_house(w);
    w->actor.person = o.by;
    enum rc rc = carry_out(w, &o, changed, e);
    w->actor = was;
    TRY(rc);
    w->troubles->n = 0;
    return order_done(w, &o, changed, e);
}

/* {record, why}: kept in the order, and told to the administrators. */
enum rc cmd_order_fail(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct json *effect = json_obj(w->mem);
    struct id_vec told = VEC_INIT(w->mem);
    struct order o = {0};
    size_t erased;
    const char *why = json_get_str(args, "why");
    (void)body;
    TRY(record_get(w->db, w->mem, w->set, json_get_i64(args, "record", 0), &o.rec, e));
    if (!order_is(o.rec.form_ident) || o.rec.form == NULL || strcmp(o.rec.state, "approved") != 0)
        return err_set(e, ERR_STATE, "order %lld is %s", (long long)o.rec.id, o.rec.state);
    TRY(revision_content(w->db, w->mem, o.rec.force_rev, &o.c, &erased, e));
    content_set(o.c, "failed", why != NULL && why[0] != '\0' ? why : "-");
    TRY(org_holders_set(w->db, w->mem, w->set, "administrator", 0, w->today, &told, e));
    for (size_t i = 0; i < told.n; i++)
        task_notice(w, &o.rec, &(struct notice){.name = FAILED_TASK, .at = 1, .person = told.v[i], .title = msg_text(LANG_JA, MSG("core.order-failed-task"))}, effect);
    return order_put(w, &o, "fill", effect, e);
}
