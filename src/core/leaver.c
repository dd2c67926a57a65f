/* Somebody left: nothing that hung on them is orphaned. Sign-in ends with the last day (session.c), posts and seats of open steps follow the day (org.c, reseat.c), tasks
 * of schedules and checks go to who answers now (sched.c, check.c). The rest is done here, on the morning after the last day, or at once when that is past:
 *   tasks of records    to who answers today by the form's own word; when that is nobody, to the head
 *   drafts, applications, tasks that a route set    the head gets a task (LEFT_TASK) with which they may see, change, hand in or throw away; ended by a note
 *   departments that they headed    a task for the administrators
 *   deputyships, in both directions, are closed; additional posts end with the last day
 * It asks for no permission and hands nothing in, so that no rule of a form can stop it; who takes over decides themselves. */
#include "core/leaver.h"
#include "core/route_int.h"

#define AT_ONCE 200
#define BUDGET_US 10000                /* of the writer; what is left is the next command's */

struct leaver { struct work *w; int64_t person, department; const char *last; struct id_vec avoid; int64_t t0; bool worked, more; };

static bool spent(struct leaver *l)
{
    bool over = l->worked && clock_mono_us() - l->t0 > BUDGET_US;
    l->worked = true;
    l->more = l->more || over;
    return over;
}

/* ---- when ---- */

enum rc leavers_day(struct work *w, const char *since, struct err *e)
{
    struct id_vec left = VEC_INIT(w->mem);
    struct sql *s = sql_new(w->mem);
    if (since == NULL || w->set == NULL || pack_form(w->set, "person") == NULL)
        return RC_OK;
    sql_lit(s, "SELECT record FROM f_person WHERE slot = 0 AND left_on >= ");
    sql_text(s, since);
    sql_lit(s, " AND left_on < ");
    sql_text(s, w->today);
    sql_lit(s, " ORDER BY left_on, record LIMIT 5000");
    TRY(ids_read(w->db, w->mem, s, &left, e));
    for (size_t i = 0; i < left.n; i++)
        TRY(work_todo(w, "left", left.v[i], e));
    return RC_OK;
}

enum rc leaver_moved(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    const char *last = strcmp(rec->form_ident, "person") == 0 ? content_get(c, "left_on") : NULL;
    return last != NULL && strcmp(last, w->today) < 0 ? work_todo(w, "left", rec->id, e) : RC_OK;
}

enum rc leaver_heir(struct db *db, TALLOC_CTX *mem, int64_t record, int64_t person, bool *ret, struct err *e)
{
    struct q_task_left_to row;
    return q_task_left_to(db, mem, record, person, &row, ret, e);
}

/* ---- to whom ---- */

/* The head of the record's department or the next above; where there is none, the administrators. */
static enum rc heirs(struct leaver *l, int64_t department, struct id_vec *ret, struct err *e)
{
    struct seat_vec up = VEC_INIT(l->w->mem);
    if (ret->mem == NULL)
        ret->mem = l->w->mem;
    TRY(org_climb(l->w, department != 0 ? department : l->department, l->avoid.v, l->avoid.n, &up, e));
    for (size_t i = 0; i < up.n; i++)
        *vec_push(ret) = up.v[i].person;
    return up.n > 0 ? RC_OK : org_holders_set(l->w->db, l->w->mem, l->w->set, "administrator", 0, l->w->today, ret, e);
}

/* An act of the record: its heirs are told. */
static enum rc tell(struct leaver *l, const struct record *rec, const struct id_vec *to, const char *title, struct json *effect, struct err *e)
{
    for (size_t i = 0; i < to->n; i++)
        task_notice(l->w, rec, &(struct notice){.name = LEFT_TASK, .at = l->person, .person = to->v[i], .title = title}, effect);
    return act_do(l->w, rec->id, rec->draft_rev != 0 ? rec->draft_rev : rec->force_rev, "task", NULL, NULL, effect, e);
}

/* ---- tasks ---- */

/* Who answers for a task of the form's `then:` today; nobody of them: the head. */
static enum rc then_heirs(struct leaver *l, const struct record *rec, const struct then *t, struct id_vec *ret, struct err *e)
{
    struct seat_vec seats = VEC_INIT(l->w->mem);
    struct content *c;
    TRY(record_content(l->w->db, l->w->mem, rec, &c, e));
    TRY(org_resolve(l->w, &t->by, c, rec->department, rec->made_by, l->avoid.v, l->avoid.n, &seats, e));
    for (size_t i = 0; i < seats.n; i++)
        *vec_push(ret) = seats.v[i].person;
    return seats.n > 0 ? RC_OK : heirs(l, rec->department, ret, e);
}

static const struct then *then_of(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->then_n; i++)
        if (strcmp(f->then[i].key, name) == 0)
            return &f->then[i];
    return NULL;
}

static enum rc task_hand_on(struct leaver *l, const struct q_tasks_of_leaver *k, struct err *e)
{
    struct work *w = l->w;
    struct json *effect = json_obj(w->mem), *tasks = json_set_arr(effect, "tasks");
    struct id_vec to = VEC_INIT(w->mem);
    struct record rec;
    TRY(record_get(w->db, w->mem, w->set, k->record, &rec, e));
    const struct then *t = rec.form != NULL ? then_of(rec.form, k->name) : NULL;
    task_closed(effect, k->tkey, "moved");
    if (rec.form == NULL || strcmp(k->name, "core:seated") == 0 || strcmp(k->name, "core:nobody") == 0)        /* nobody could end it; or the new seat is told (reseat.c) */
        return act_do(w, 0, 0, "task", NULL, NULL, effect, e);
    if (t == NULL) {                                     /* set by a route: for the person alone */
        TRY(heirs(l, rec.department, &to, e));
        return tell(l, &rec, &to, msg_text(LANG_JA, MSG("core.left-task")), effect, e);
    }
    TRY(then_heirs(l, &rec, t, &to, e));
    for (size_t i = 0; i < to.n; i++) {
        const char *key = mem_fmt(w->mem, "%lld:%s:%lld", (long long)rec.id, t->key, (long long)to.v[i]);
        struct q_task_by_key row;
        bool there;
        TRY(q_task_by_key(w->db, w->mem, key, &row, &there, e));
        if (!there)
            task_add(w, tasks, &(struct task_new){.key = key, .name = k->name, .pack = t->pack, .duty = k->duty, .role = k->role, .title = k->title, .person = to.v[i], .due = k->due_us_null ? 0 : k->due_us,
                                                  .opened = k->opened_at});
    }
    return act_do(w, rec.id, rec.draft_rev != 0 ? rec.draft_rev : rec.force_rev, "task", NULL, NULL, effect, e);
}

static enum rc tasks_hand_on(struct leaver *l, struct err *e)
{
    struct q_tasks_of_leaver_rows open;
    TRY(q_tasks_of_leaver(l->w->db, l->w->mem, l->person, AT_ONCE, &open, e));
    for (size_t i = 0; i < open.n && !spent(l); i++)
        TRY(task_hand_on(l, &open.v[i], e));
    l->more = l->more || open.n == AT_ONCE;
    return RC_OK;
}

/* ---- what they had begun ---- */

static enum rc draft_tell(struct leaver *l, int64_t id, struct err *e)
{
    struct id_vec to = VEC_INIT(l->w->mem);
    struct record rec;
    TRY(record_get(l->w->db, l->w->mem, l->w->set, id, &rec, e));
    if (rec.form == NULL)
        return RC_OK;
    TRY(heirs(l, rec.department, &to, e));
    return tell(l, &rec, &to, msg_text(LANG_JA, MSG("core.left-draft-task")), json_obj(l->w->mem), e);
}

/* Those of which nobody was told yet: asked again, it goes on where it was. */
static enum rc drafts_tell(struct leaver *l, struct err *e)
{
    struct q_drafts_untold_rows drafts;
    TRY(q_drafts_untold(l->w->db, l->w->mem, l->person, AT_ONCE, &drafts, e));
    for (size_t i = 0; i < drafts.n && !spent(l); i++)
        TRY(draft_tell(l, drafts.v[i].id, e));
    l->more = l->more || drafts.n == AT_ONCE;
    return RC_OK;
}

static enum rc headed_tell(struct leaver *l, struct err *e)
{
    struct id_vec ids = VEC_INIT(l->w->mem), admins = VEC_INIT(l->w->mem);
    struct q_task_by_key row;
    struct record rec;
    bool told;
    TRY(org_heads(l->w->db, l->w->mem, l->person, l->w->today, &ids, e));
    TRY(org_holders_set(l->w->db, l->w->mem, l->w->set, "administrator", 0, l->w->today, &admins, e));
    for (size_t i = 0; i < ids.n && !spent(l); i++) {
        TRY(record_get(l->w->db, l->w->mem, l->w->set, ids.v[i], &rec, e));
        told = rec.form == NULL;
        for (size_t k = 0; k < admins.n && !told; k++)
            TRY(q_task_by_key(l->w->db, l->w->mem, mem_fmt(l->w->mem, "%lld:" LEFT_TASK ":%lld:%lld", (long long)rec.id, (long long)l->person, (long long)admins.v[k]), &row, &told, e));
        if (!told)
            TRY(tell(l, &rec, &admins, msg_text(LANG_JA, MSG("core.left-head-task")), json_obj(l->w->mem), e));
    }
    return RC_OK;
}

/* ---- what ends ---- */

/* A change of it that waits goes, too: it would bring back what ended. */
static void draft_drop(const struct record *rec, struct json *effect)
{
    if (rec->draft_rev == 0)
        return;
    json_set_bool(effect, "drop_draft", true);
    json_set_null(effect, "draft_state");
    json_set_arr(json_set_obj(effect, "steps"), "rows");
}

static enum rc deputyship_end(struct leaver *l, int64_t id, struct err *e)
{
    struct json *effect = json_obj(l->w->mem);
    struct record rec;
    TRY(record_get(l->w->db, l->w->mem, l->w->set, id, &rec, e));
    json_set_str(effect, "state", "closed");
    json_set_i64(effect, "closed_at", l->w->now_us);
    draft_drop(&rec, effect);
    return act_do(l->w, id, rec.force_rev, "close", NULL, msg_text(LANG_JA, MSG("core.left-note")), effect, e);
}

static enum rc deputyships_end(struct leaver *l, struct err *e)
{
    struct id_vec ids = VEC_INIT(l->w->mem);
    struct sql *s = sql_new(l->w->mem);
    if (pack_form(l->w->set, "delegation") == NULL)
        return RC_OK;
    sql_lit(s, "SELECT record FROM f_delegation WHERE slot = 0 AND state = 'approved' AND (until_on IS NULL OR until_on > ");
    sql_text(s, l->last);
    sql_lit(s, ") AND (to_person = ");
    sql_i64(s, l->person);
    sql_lit(s, " OR from_person = ");
    sql_i64(s, l->person);
    sql_lit(s, ") ORDER BY record LIMIT 200");
    TRY(ids_read(l->w->db, l->w->mem, s, &ids, e));
    for (size_t i = 0; i < ids.n && !spent(l); i++)
        TRY(deputyship_end(l, ids.v[i], e));
    return RC_OK;
}

static enum rc posting_end(struct leaver *l, int64_t id, struct err *e)
{
    struct work *w = l->w;
    struct json *effect = json_obj(w->mem);
    struct revision rev;
    struct record rec;
    struct content *c;
    size_t erased;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
    const char *from = content_get(c, "from_on");
    draft_drop(&rec, effect);
    if (from != NULL && strcmp(from, l->last) > 0) {     /* never began */
        TRY(record_void_effect(w, &rec, effect, e));
        return act_do(w, id, 0, "void", NULL, msg_text(LANG_JA, MSG("core.left-note")), effect, e);
    }
    content_set(c, "to_on", l->last);
    content_order(c, rec.form);
    TRY(revision_write(w, id, rec.form, c, &rev, e));
    json_set_i64(effect, "promote", rev.id);
    return act_do(w, id, rev.id, "settle", NULL, msg_text(LANG_JA, MSG("core.left-note")), effect, e);
}

static enum rc postings_end(struct leaver *l, struct err *e)
{
    struct id_vec ids = VEC_INIT(l->w->mem);
    struct sql *s = sql_new(l->w->mem);
    if (pack_form(l->w->set, "posting") == NULL)
        return RC_OK;
    sql_lit(s, "SELECT record FROM f_posting WHERE slot = 0 AND person = ");
    sql_i64(s, l->person);
    sql_lit(s, " AND (to_on IS NULL OR to_on > ");
    sql_text(s, l->last);
    sql_lit(s, ") ORDER BY record LIMIT 200");
    TRY(ids_read(l->w->db, l->w->mem, s, &ids, e));
    for (size_t i = 0; i < ids.n && !spent(l); i++)
        TRY(posting_end(l, ids.v[i], e));
    return RC_OK;
}

enum rc cmd_left_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct leaver l = {.w = w, .person = json_get_i64(args, "record", 0), .avoid = VEC_INIT(w->mem), .t0 = clock_mono_us()};
    struct record rec;
    struct content *c;
    size_t erased;
    (void)body;
    TRY(record_get(w->db, w->mem, w->set, l.person, &rec, e));
    if (rec.form == NULL || rec.force_rev == 0)
        return RC_OK;
    TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
    l.last = content_get(c, "left_on");
    if (l.last == NULL || strcmp(l.last, w->today) >= 0)
        return RC_OK;
    *vec_push(&l.avoid) = l.person;
    TRY(org_department_of(w->db, l.person, w->today, &l.department, e));
    TRY(deputyships_end(&l, e));
    TRY(postings_end(&l, e));
    TRY(tasks_hand_on(&l, e));
    TRY(drafts_tell(&l, e));
    TRY(headed_tell(&l, e));
    return l.more ? work_todo(w, json_get_str(args, "next"), l.person, e) : RC_OK;
}
