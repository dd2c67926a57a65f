/* Tasks: what a record sets off (then:), for whom, until when; closed by the condition that says it is done, or by hand when the
 * form gives none. Tasks are effects of acts, so that rebuild makes the same ones again. Tasks of checks are check.c's, those of schedules
 * sched.c's. */
#include "core/schedule.h"
#include "core/leaver.h"

void task_add(struct work *w, struct json *arr, const struct task_new *t)
{
    struct json *o = json_add_obj(arr);
    json_set_i64(o, "id", work_new_id(w));
    json_set_str(o, "key", t->key);
    json_set_str(o, "name", t->name);
    json_set_str(o, "pack", t->pack ? t->pack->id : "core");
    json_set_str(o, "duty", t->duty);
    if (t->record != 0)
        json_set_i64(o, "record", t->record);
    if (t->person != 0)
        json_set_i64(o, "person", t->person);
    if (t->role != NULL)
        json_set_str(o, "role", t->role);
    json_set_str(o, "title", t->title);
    if (t->due != 0)
        json_set_i64(o, "due", t->due);
    json_set_str(o, "state", "open");
    if (t->opened != 0)
        json_set_i64(o, "opened", t->opened);
}

static bool then_fits(const struct then *t, const char *on)
{
    return !t->follows && strcmp(t->on ? t->on : "in_force", on) == 0;
}

/* A date is due until the end of that day in the organisation's zone; a time to the microsecond. */
static enum rc due_of(struct work *w, const struct record *rec, enum slot slot, const struct then *t, int64_t *ret_due, struct err *e)
{
    char *text;
    struct civil d;
    *ret_due = 0;
    if (t->due == NULL)
        return RC_OK;
    TRY(judge_scalar(w, rec, slot, t->due, &text, e));
    if (text == NULL)
        return RC_OK;
    if (t->due->type == CT_DATE && civil_read(str_of(text), &d))
        *ret_due = civil_end_us(d);
    else if (!str_to_i64(str_of(text), ret_due))
        *ret_due = 0;
    return RC_OK;
}

static enum rc then_add(struct work *w, const struct record *rec, const struct content *c, enum slot slot, const struct then *t, struct json *arr, struct err *e)
{
    struct seat_vec seats = VEC_INIT(w->mem);
    int64_t due;
    TRY(due_of(w, rec, slot, t, &due, e));
    TRY(org_resolve(w, &t->by, c, rec->department, rec->made_by, NULL, 0, &seats, e));
    for (size_t i = 0; i == 0 || i < seats.n; i++) {
        int64_t person = seats.n > 0 ? seats.v[i].person : 0;
        task_add(w, arr, &(struct task_new){.key = mem_fmt(w->mem, "%lld:%s:%lld", (long long)rec->id, t->key, (long long)person), .name = t->key, .pack = t->pack,
                                            .duty = t->carries.n > 0 ? t->carries.duty[0] : NULL, .person = person, .role = seats.n > 0 ? seats.v[i].post : t->by.role,
                                            .title = t->label, .due = due});
    }
    return RC_OK;
}

enum rc task_plan(struct work *w, const struct record *rec, const char *on, struct json *effect, struct err *e)
{
    const struct form *f = rec->form;
    enum slot slot = strcmp(rec->state, STATE_STAGED) == 0 ? SLOT_STAGED : rec->draft_rev ? SLOT_DRAFT : SLOT_FORCE;
    struct content *c = NULL;
    struct json *arr = NULL;
    for (size_t i = 0; i < f->then_n; i++) {
        const struct then *t = &f->then[i];
        enum truth truth = T_TRUE;
        if (!then_fits(t, on))
            continue;
        if (t->when != NULL)
            TRY(judge_conds(w, rec, slot, (const struct cond *const[]){t->when}, 1, &truth, e));
        if (truth == T_FALSE)                     /* unknown: better a task too many */
            continue;
        if (c == NULL) {
            TRY(record_content(w->db, w->mem, rec, &c, e));
            arr = json_child(effect, "tasks");
            arr = arr ? arr : json_set_arr(effect, "tasks");
        }
        TRY(then_add(w, rec, c, slot, t, arr, e));
    }
    return RC_OK;
}

static const struct then *then_by_key(const struct form *f, const char *key)
{
    for (size_t i = 0; i < f->then_n; i++)
        if (strcmp(f->then[i].key, key) == 0)
            return &f->then[i];
    return NULL;
}

/* A task that follows its condition. Done stays done; what was dropped comes back when the condition does, with a new deadline. What is not
 * known yet leaves everything as it is: it is asked again when more is filled in. */
enum followed { FOLLOW_NONE, FOLLOW_DROPPED, FOLLOW_OPEN, FOLLOW_DONE };
static enum followed follow_state(const struct q_tasks_of_record_rows *row, const char *name)
{
    enum followed ret = FOLLOW_NONE;
    for (size_t i = 0; i < row->n; i++) {
        enum followed is = strcmp(row->v[i].state, "open") == 0 ? FOLLOW_OPEN : strcmp(row->v[i].state, "void") == 0 ? FOLLOW_DROPPED : FOLLOW_DONE;
        if (strcmp(row->v[i].name, name) == 0 && strcmp(row->v[i].state, "moved") != 0 && is > ret)
            ret = is;
    }
    return ret;
}

/* Its deadline follows what it is counted from, for whoever has it now. */
static enum rc due_follow(struct work *w, const struct record *rec, enum slot slot, const struct then *t, const struct q_tasks_of_record_rows *row, struct json *effect, struct err *e)
{
    int64_t due;
    TRY(due_of(w, rec, slot, t, &due, e));
    for (size_t i = 0; i < row->n; i++) {
        int64_t was = row->v[i].due_us_null ? 0 : row->v[i].due_us;
        struct json *arr = json_child(effect, "tasks");
        if (strcmp(row->v[i].name, t->key) != 0 || strcmp(row->v[i].state, "open") != 0 || was == due)
            continue;
        task_add(w, arr ? arr : json_set_arr(effect, "tasks"),
                 &(struct task_new){.key = row->v[i].tkey, .name = t->key, .pack = t->pack, .duty = row->v[i].duty, .person = row->v[i].person_null ? 0 : row->v[i].person,
                                    .role = row->v[i].role, .title = row->v[i].title, .due = due, .opened = row->v[i].opened_at});
    }
    return RC_OK;
}

enum rc task_follow(struct work *w, const struct record *rec, const struct content *c, enum slot slot, struct json *effect, struct err *e)
{
    const struct form *f = rec->form;
    struct q_tasks_of_record_rows row = {0};
    bool read = false;
    for (size_t i = 0; i < f->then_n; i++) {
        const struct then *t = &f->then[i];
        enum truth when = T_FALSE, done = T_FALSE;
        if (!t->follows)
            continue;
        if (!read)
            TRY(q_tasks_of_record(w->db, w->mem, rec->id, &row, e));
        read = true;
        enum followed is = follow_state(&row, t->key);
        TRY(judge_conds(w, rec, slot, (const struct cond *const[]){t->when}, 1, &when, e));
        if (when == T_TRUE && t->done != NULL && is != FOLLOW_OPEN)
            TRY(judge_conds(w, rec, slot, (const struct cond *const[]){t->done}, 1, &done, e));
        for (size_t k = 0; when == T_FALSE && k < row.n; k++)
            if (strcmp(row.v[k].name, t->key) == 0 && strcmp(row.v[k].state, "open") == 0)
                task_closed(effect, row.v[k].tkey, "void");
        if (when == T_TRUE && is == FOLLOW_OPEN)
            TRY(due_follow(w, rec, slot, t, &row, effect, e));
        if (when != T_TRUE || done == T_TRUE || is == FOLLOW_OPEN || is == FOLLOW_DONE)
            continue;
        struct json *arr = json_child(effect, "tasks");
        TRY(then_add(w, rec, c, slot, t, arr ? arr : json_set_arr(effect, "tasks"), e));
    }
    return RC_OK;
}

void task_closed_add(struct json *arr, const char *tkey, const char *state, int64_t by, int64_t record, int64_t at)
{
    struct json *o = json_add_obj(arr);
    json_set_str(o, "key", tkey);
    json_set_str(o, "state", state);
    if (by != 0)
        json_set_i64(o, "by", by);
    if (record != 0)
        json_set_i64(o, "record", record);
    if (at != 0)
        json_set_i64(o, "at", at);
}

void task_closed(struct json *effect, const char *key, const char *state)
{
    struct json *arr = json_child(effect, "tasks_closed");
    task_closed_add(arr ? arr : json_set_arr(effect, "tasks_closed"), key, state, 0, 0, 0);
}

enum rc task_settle(struct work *w, const struct record *rec, enum slot slot, struct json *effect, struct err *e)
{
    struct q_tasks_of_record_rows row;
    TRY(q_tasks_of_record(w->db, w->mem, rec->id, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        const struct then *t = then_by_key(rec->form, row.v[i].name);
        enum truth truth = T_FALSE;
        if (slot == SLOT_DRAFT && strcmp(row.v[i].state, "open") == 0 && strcmp(row.v[i].name, LEFT_TASK) == 0)          /* what a leaver had begun is in force */
            task_closed(effect, row.v[i].tkey, "done");
        if (strcmp(row.v[i].state, "open") != 0 || t == NULL || t->done == NULL || (slot == SLOT_FORCE && rec->force_rev == 0))
            continue;
        TRY(judge_conds(w, rec, slot, (const struct cond *const[]){t->done}, 1, &truth, e));
        if (truth == T_TRUE)
            task_closed(effect, row.v[i].tkey, "done");
    }
    return RC_OK;
}

/* What the form's own tasks still ask before the record may be closed; `effect` holds what is settled with the closing. */
enum rc task_first_check(struct work *w, const struct record *rec, const struct json *effect, struct err *e)
{
    struct q_tasks_of_record_rows row;
    const struct json *closed = json_get(effect, "tasks_closed");
    const char *titles = NULL;
    if (!rec->form->tasks_first)
        return RC_OK;
    TRY(q_tasks_of_record(w->db, w->mem, rec->id, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        const struct then *t = then_by_key(rec->form, row.v[i].name);
        bool open = strcmp(row.v[i].state, "open") == 0 && t != NULL;
        for (size_t k = 0; k < json_n(closed); k++)
            open = open && strcmp(json_get_str(json_at(closed, k), "key"), row.v[i].tkey) != 0;
        if (!open || (titles != NULL && strstr(titles, row.v[i].title) != NULL))
            continue;
        titles = titles ? mem_fmt(w->mem, "%s、%s", titles, row.v[i].title) : row.v[i].title;
    }
    return titles != NULL ? err_set_arg(e, ERR_TASKS_OPEN, titles, "record %lld", (long long)rec->id) : RC_OK;
}

enum rc task_close_all(struct work *w, const struct record *rec, struct json *effect, struct err *e)
{
    struct q_tasks_of_record_rows row;
    TRY(q_tasks_of_record(w->db, w->mem, rec->id, &row, e));
    for (size_t i = 0; i < row.n; i++)
        if (strcmp(row.v[i].state, "open") == 0 && strncmp(row.v[i].tkey, "check:", 6) != 0)
            task_closed(effect, row.v[i].tkey, "void");
    return RC_OK;
}

/* ---- tasks that a route sets ---- */

static const char *notice_prefix(struct work *w, const struct record *rec, const char *name)
{
    return mem_fmt(w->mem, "%lld:%s:", (long long)rec->id, name);
}

void task_notice(struct work *w, const struct record *rec, const struct notice *n, struct json *effect)
{
    struct json *arr = json_child(effect, "tasks");
    const struct pack *p = n->step ? n->step->pack : NULL;
    const char *duty = n->step && n->step->carries.n > 0 ? n->step->carries.duty[0] : NULL;
    for (size_t i = 0; duty == NULL && p != NULL && n->step->article != NULL && i < p->duty_n; i++)
        duty = text_eq(p->duty[i].article, n->step->article) ? p->duty[i].key : NULL;
    task_add(w, arr ? arr : json_set_arr(effect, "tasks"),
             &(struct task_new){.key = mem_fmt(w->mem, "%s%lld:%lld", notice_prefix(w, rec, n->name), (long long)n->at, (long long)n->person), .name = n->name, .pack = p, .duty = duty,
                                .person = n->person, .title = n->title,
                                .due = n->due_days > 0 ? civil_end_us(civil_from_days(civil_days(civil_of_us(w->now_us)) + n->due_days)) : 0});
}

int64_t task_notice_at(struct work *w, const struct record *rec, const char *name, const char *tkey)
{
    const char *prefix = notice_prefix(w, rec, name), *p = tkey + strlen(prefix), *colon;
    int64_t at;
    if (strncmp(tkey, prefix, strlen(prefix)) != 0 || (colon = strchr(p, ':')) == NULL)
        return -1;
    return str_to_i64((struct str){p, (size_t)(colon - p)}, &at) ? at : -1;
}

enum rc task_notice_end(struct work *w, const struct record *rec, const struct notice_sel *sel, struct json *effect, struct err *e)
{
    struct q_tasks_of_record_rows row;
    TRY(q_tasks_of_record(w->db, w->mem, rec->id, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        int64_t at = task_notice_at(w, rec, sel->name, row.v[i].tkey);
        if (strcmp(row.v[i].state, "open") != 0 || at < 0 || (sel->at != 0 && at != sel->at) || (sel->person != 0 && row.v[i].person != sel->person))
            continue;
        if (sel->since_us == 0 || NOTICE_US(at) > sel->since_us)
            task_closed(effect, row.v[i].tkey, "done");
    }
    return RC_OK;
}

enum rc task_apply(struct tx *tx, TALLOC_CTX *mem, const struct act_row *a, const struct json *effect, struct err *e)
{
    const struct json *open = json_get(effect, "tasks"), *closed = json_get(effect, "tasks_closed");
    (void)mem;
    for (size_t i = 0; i < json_n(open); i++) {
        const struct json *t = json_at(open, i);
        int64_t person = json_get_i64(t, "person", 0), due = json_get_i64(t, "due", 0), record = json_get_i64(t, "record", a->record);
        TRY(q_task_put(tx, json_get_i64(t, "id", 0), json_get_str(t, "key"), json_get_str(t, "name"), json_get_str(t, "pack"), json_get_str(t, "duty"),
                       record, record == 0, person, person == 0, json_get_str(t, "role"), json_get_str(t, "title"), due, due == 0,
                       json_get_str(t, "state"), json_get_i64(t, "opened", a->at), 0, true, 0, true, e));
    }
    for (size_t i = 0; i < json_n(closed); i++) {
        const struct json *t = json_at(closed, i);
        int64_t record = json_get_i64(t, "record", 0);
        TRY(q_task_close(tx, json_get_str(t, "key"), json_get_i64(t, "at", a->at), json_get_i64(t, "by", a->actor), json_get_str(t, "state"), record, record == 0, e));
    }
    return sched_apply(tx, effect, e);
}

/* The task of a schedule that asks for no form: one note ends it for all who hold the post. */
static enum rc schedule_done(struct work *w, const struct q_task_by_id *t, const char *note, struct json *body, struct err *e)
{
    const struct schedule *s = pack_schedule(w->set, t->name);
    const char *group = sched_group(w->mem, t->tkey);
    struct json *effect = json_obj(w->mem), *closed = json_set_arr(effect, "tasks_closed");
    struct q_sched_newest_rows open;
    if (s == NULL || s->make != NULL)
        return err_set(e, ERR_STATE, "task %s closes by itself", t->tkey);
    TRY(q_sched_newest(w->db, w->mem, group, sched_upper(w->mem, group), &open, e));
    for (size_t i = 0; i < open.n; i++)
        task_closed_add(closed, open.v[i].tkey, "done", 0, 0, 0);
    TRY(act_do(w, 0, 0, "task", NULL, note, effect, e));
    json_set_i64(body, "task", t->id);
    json_set_i64(body, "seq", w->seq);
    return RC_OK;
}

/* A task without a form or a condition is ended by its person, with a note of what was done. */
enum rc cmd_task_done(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_task_by_id t;
    bool found;
    const char *note = json_get_str(args, "comment");
    TRY(q_task_by_id(w->db, w->mem, json_get_i64(args, "task", 0), &t, &found, e));
    if (!found || strcmp(t.state, "open") != 0)
        return err_set(e, ERR_STATE, "task");
    if (t.person_null || t.person != w->actor.person)
        return err_set(e, ERR_DENIED, "task %lld is another person's", (long long)t.id);
    if (note == NULL || str_trim(str_of(note)).n == 0)
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.task-note")), "task without note");
    if (strncmp(t.tkey, SCHED_PREFIX, strlen(SCHED_PREFIX)) == 0)
        return schedule_done(w, &t, note, body, e);
    if (t.record_null || strncmp(t.tkey, "check:", 6) == 0)
        return err_set(e, ERR_STATE, "task %s closes by itself", t.tkey);
    struct record rec;
    TRY(record_get(w->db, w->mem, w->set, t.record, &rec, e));
    TRY(work_record_set(w, &rec, e));
    const struct then *th = rec.form ? then_by_key(rec.form, t.name) : NULL;
    bool told = strcmp(t.name, "core:voided") == 0 || strcmp(t.name, LEFT_TASK) == 0;              /* only to be read, or looked after */
    if (!told && (th == NULL || th->done != NULL))
        return err_set(e, ERR_STATE, "task %s closes by itself", t.tkey);
    struct json *effect = json_obj(w->mem);
    task_closed(effect, t.tkey, "done");
    TRY(act_do(w, rec.id, rec.force_rev, "task", NULL, note, effect, e));
    return record_answer(w, rec.id, body, e);
}

/* ---- reading ---- */

#define TASK_HORIZON_US (INT64_C(100) * 365 * US_PER_DAY)
enum rc task_mine(struct reader *r, bool overdue_only, int limit, struct task_infos *ret, struct err *e)
{
    struct q_tasks_of_person_rows row;
    TRY(q_tasks_of_person(r->db, r->mem, r->actor.person, overdue_only ? r->now_us : r->now_us + TASK_HORIZON_US, limit, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct task_info){.id = row.v[i].id, .record = row.v[i].record_null ? 0 : row.v[i].record, .person = r->actor.person,
            .due_us = row.v[i].due_us_null ? 0 : row.v[i].due_us, .opened_at = row.v[i].opened_at, .name = row.v[i].name, .pack = row.v[i].pack, .duty = row.v[i].duty,
            .title = row.v[i].title, .state = row.v[i].state, .role = row.v[i].role, .record_title = row.v[i].record_title, .record_number = row.v[i].record_number,
            .form_ident = row.v[i].form, .schedule = r->set ? pack_schedule(r->set, row.v[i].name) : NULL};
    return RC_OK;
}

enum rc task_vacant(struct reader *r, int limit, struct task_infos *ret, struct err *e)
{
    struct q_sched_vacant_rows row;
    bool all = false;
    if (r->set != NULL)
        TRY(perm_may(r, PERMIT_READ_ALL, NULL, NULL, &all, e));
    if (!all)
        return RC_OK;
    TRY(q_sched_vacant(r->db, r->mem, limit, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct task_info){.id = row.v[i].id, .record = row.v[i].record_null ? 0 : row.v[i].record, .due_us = row.v[i].due_us_null ? 0 : row.v[i].due_us,
            .name = row.v[i].name, .title = row.v[i].title, .role = row.v[i].role, .state = "open", .record_title = row.v[i].record_title,
            .schedule = pack_schedule(r->set, row.v[i].name)};
    return RC_OK;
}

enum rc task_ended_by(struct reader *r, int64_t record, struct task_infos *ret, struct err *e)
{
    struct q_sched_evidence_rows row;
    TRY(q_sched_evidence(r->db, r->mem, record, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        if (i > 0 && strcmp(sched_group(r->mem, row.v[i].tkey), sched_group(r->mem, row.v[i - 1].tkey)) == 0)
            continue;                                    /* the same for another holder of the post */
        *vec_push(ret) = (struct task_info){.record = row.v[i].subject_null ? 0 : row.v[i].subject, .due_us = row.v[i].due_us_null ? 0 : row.v[i].due_us,
            .opened_at = row.v[i].closed_at_null ? 0 : row.v[i].closed_at, .name = row.v[i].name, .title = row.v[i].title, .state = "done",
            .schedule = r->set ? pack_schedule(r->set, row.v[i].name) : NULL};
    }
    return RC_OK;
}

enum rc task_of_record(struct reader *r, int64_t record, struct task_infos *ret, struct err *e)
{
    struct q_tasks_of_record_rows row;
    TRY(q_tasks_of_record(r->db, r->mem, record, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct task_info){.id = row.v[i].id, .record = record, .person = row.v[i].person_null ? 0 : row.v[i].person,
            .due_us = row.v[i].due_us_null ? 0 : row.v[i].due_us, .opened_at = row.v[i].opened_at, .name = row.v[i].name, .pack = row.v[i].pack, .duty = row.v[i].duty,
            .title = row.v[i].title, .state = row.v[i].state, .role = row.v[i].role, .schedule = r->set ? pack_schedule(r->set, row.v[i].name) : NULL};
    return RC_OK;
}
