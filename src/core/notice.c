/* Telling people (decisions/0021): what an act or the clock brings somebody goes into their inbox, once. Acts are read in the order of their ids
 * behind a place that is kept in the same transaction as the inbox, so that neither a crash nor a rebuild tells anything twice; the clock goes
 * by the tasks' due times, behind one place each: due soon, overdue, and overdue for so long that others are told (escalate.c). */
#include <string.h>
#include "core/notice.h"

#define ACTS_CHUNK 50
#define TASKS_CHUNK 50
#define BUDGET_US 10000
#define KEEP_US (400 * US_PER_DAY)
#define KEPT "notices"

/* ---- how far ---- */

static void place_read(const char *text, struct notice_place *ret)
{
    int64_t v[1 + 2 * NOTICE_TIMERS];
    size_t n = 0;
    struct str rest = str_of(text ? text : "0"), one;
    while (n < ARRAY_N(v) && str_next(&rest, ' ', &one) && str_to_i64(one, &v[n]))
        n++;
    *ret = (struct notice_place){.act = n > 0 ? v[0] : 0, .first = n < ARRAY_N(v)};
    for (size_t k = 0; !ret->first && k < NOTICE_TIMERS; k++) {
        ret->us[k] = v[1 + 2 * k];
        ret->id[k] = v[2 + 2 * k];
    }
}

static enum rc place_keep(struct work *w, const struct notice_place *p, struct err *e)
{
    struct buf *b = buf_new(w->mem, 200);
    buf_i64(b, p->act);
    for (size_t k = 0; k < NOTICE_TIMERS; k++) {
        buf_putc(b, ' ');
        buf_i64(b, p->us[k]);
        buf_putc(b, ' ');
        buf_i64(b, p->id[k]);
    }
    return q_keep_put(w->tx, KEPT, b->p, e);
}

/* Up to which due time each clock tells; 0: it does not. */
static void limits(const struct pack_set *set, int64_t now_us, int64_t ret[NOTICE_TIMERS])
{
    const char *article;
    int64_t soon = password_figure(set, "core.notice_soon_days", 3, &article), first = password_figure(set, "core.escalate_days", 3, &article),
            more = password_figure(set, "core.escalate_more_days", 4, &article);
    ret[NOTICE_SOON] = soon > 0 ? now_us + soon * US_PER_DAY : 0;
    ret[NOTICE_LATE] = now_us;
    ret[NOTICE_UP1] = first > 0 ? now_us - first * US_PER_DAY : 0;
    ret[NOTICE_UP2] = first > 0 && more > 0 ? now_us - (first + more) * US_PER_DAY : 0;
}

/* What is due already when the house is told of for the first time is no news; what is overdue for long is. */
static void place_begin(struct notice_place *p, const int64_t limit[NOTICE_TIMERS])
{
    p->us[NOTICE_SOON] = limit[NOTICE_SOON];
    p->us[NOTICE_LATE] = limit[NOTICE_LATE];
}

/* ---- telling ---- */

int64_t notice_mailed(const struct core *c) { (void)c; return 1; }

enum rc notice_tell(struct work *w, const struct tell *t, struct err *e)
{
    return q_inbox_put(w->tx, work_new_id(w), t->key, t->person, t->kind, t->about, t->record, t->whom, t->whom == 0, t->due, t->due == 0, w->now_us, notice_mailed(w->core), e);
}

static enum rc task_told(struct work *w, const struct notice_place *p, const struct late_task *t, struct err *e)
{
    if (t->person != 0)
        TRY(notice_tell(w, &(struct tell){.person = t->person, .kind = "task", .about = t->key, .record = t->record, .due = t->due,
                                          .key = mem_fmt(w->mem, "task:%s:%lld", t->key, (long long)t->person)}, e));
    for (int level = 1; level <= 2; level++)                /* made overdue: the clock is past it */
        if (t->due != 0 && t->due <= p->us[level == 1 ? NOTICE_UP1 : NOTICE_UP2])
            TRY(escalate(w, level, t, e));
    return RC_OK;
}

static enum rc tasks_told(struct work *w, const struct notice_place *p, int64_t record, const struct json *effect, struct err *e)
{
    const struct json *open = json_get(effect, "tasks"), *closed = json_get(effect, "tasks_closed"), *again = json_get(effect, "tasks_reopened");
    for (size_t i = 0; i < json_n(closed); i++)
        TRY(q_inbox_over(w->tx, json_get_str(json_at(closed, i), "key"), e));
    for (size_t i = 0; i < json_n(open); i++) {
        const struct json *t = json_at(open, i);
        const struct late_task lt = {.key = json_get_str(t, "key"), .pack = json_get_str(t, "pack"), .record = json_get_i64(t, "record", record), .person = json_get_i64(t, "person", 0), .due = json_get_i64(t, "due", 0)};
        if (text_eq(json_get_str(t, "state"), "open"))
            TRY(task_told(w, p, &lt, e));
    }
    for (size_t i = 0; i < json_n(again); i++) {
        struct q_task_of_key t;
        bool found;
        TRY(q_task_of_key(w->db, w->mem, json_str(json_at(again, i)), &t, &found, e));
        if (found && strcmp(t.state, "open") == 0)
            TRY(task_told(w, p, &(struct late_task){.key = json_str(json_at(again, i)), .pack = t.pack, .record = t.record_null ? 0 : t.record, .person = t.person_null ? 0 : t.person,
                                                    .due = t.due_us_null ? 0 : t.due_us}, e));
    }
    return RC_OK;
}

/* Whoever may decide at an open step, and who stands in for them that day. */
static enum rc seat_told(struct work *w, int64_t record, const struct json *row, const struct json *who, struct err *e)
{
    struct id_vec to = VEC_INIT(w->mem);
    int64_t person = json_get_i64(who, "p", 0);
    *vec_push(&to) = person;
    TRY(deputies_for(w->db, w->mem, w->set, person, json_get_str(who, "post"), w->today, &to, e));
    for (size_t i = 0; i < to.n && person != 0; i++)
        TRY(q_inbox_keep(w->tx, work_new_id(w), mem_fmt(w->mem, "wait:%lld:%lld:%lld:%lld", (long long)record, (long long)json_get_i64(row, "ord", 0),
                         (long long)json_get_i64(row, "opened", 0), (long long)to.v[i]), to.v[i], "wait", mem_fmt(w->mem, "wait:%lld", (long long)record), record, w->now_us,
                         notice_mailed(w->core), e));
    return RC_OK;
}

static enum rc steps_told(struct work *w, int64_t record, const struct json *steps, struct err *e)
{
    const struct json *rows = json_get(steps, "rows");
    if (steps == NULL)
        return RC_OK;
    TRY(q_inbox_over(w->tx, mem_fmt(w->mem, "wait:%lld", (long long)record), e));
    for (size_t i = 0; i < json_n(rows); i++) {
        const struct json *row = json_at(rows, i), *who = json_get(row, "who");
        for (size_t k = 0; k < json_n(who) && text_eq(json_get_str(row, "state"), "open"); k++)
            if (text_eq(json_get_str(json_at(who, k), "s"), "open"))
                TRY(seat_told(w, record, row, json_at(who, k), e));
    }
    return RC_OK;
}

/* What became of somebody's draft, unless they did it themselves. */
static enum rc maker_told(struct work *w, const struct q_acts_after *a, const struct json *effect, struct err *e)
{
    const char *state = json_get_str(effect, "draft_state"), *about = mem_fmt(w->mem, "rec:%lld", (long long)a->record);
    const char *kind = text_eq(state, "returned") ? "back" : text_eq(state, "rejected") ? "reject"
                     : json_get(effect, "promote") != NULL && json_get(effect, "steps") != NULL ? "done" : NULL;
    struct q_record_row rec;
    bool found;
    if (a->record == 0 || (kind == NULL && state == NULL))
        return RC_OK;
    TRY(q_inbox_over(w->tx, about, e));
    if (kind == NULL)
        return RC_OK;
    TRY(q_record_row(w->db, w->mem, a->record, &rec, &found, e));
    if (!found || rec.made_by == 0 || rec.made_by == a->actor)
        return RC_OK;
    return notice_tell(w, &(struct tell){.person = rec.made_by, .kind = kind, .about = about, .record = a->record, .key = mem_fmt(w->mem, "%s:%lld", kind, (long long)a->id)}, e);
}

static enum rc act_told(struct work *w, const struct notice_place *p, const struct q_acts_after *a, struct err *e)
{
    struct json *effect;
    if (strstr(a->effect, "\"tasks") == NULL && strstr(a->effect, "\"steps\"") == NULL && strstr(a->effect, "\"draft_state\"") == NULL && strstr(a->effect, "\"promote\"") == NULL)
        return RC_OK;                                      /* most are long and say nothing to anybody */
    TRY(json_read(w->mem, str_of(a->effect), 1 << 24, &effect, e));
    TRY(maker_told(w, a, effect, e));
    TRY(steps_told(w, a->record, json_get(effect, "steps"), e));
    return tasks_told(w, p, a->record, effect, e);
}

/* ---- the clock ---- */

static enum rc timer_run(struct work *w, struct notice_place *p, enum notice_timer k, int64_t limit, bool *ret_more, struct err *e)
{
    struct q_task_due_next_rows v;
    if (limit <= p->us[k])
        return RC_OK;
    TRY(q_task_due_next(w->db, w->mem, p->us[k], p->id[k], limit, TASKS_CHUNK, &v, e));
    for (size_t i = 0; i < v.n; i++) {
        const struct late_task t = {.key = v.v[i].tkey, .pack = v.v[i].pack, .record = v.v[i].record_null ? 0 : v.v[i].record, .person = v.v[i].person_null ? 0 : v.v[i].person, .due = v.v[i].due_us};
        p->us[k] = v.v[i].due_us;
        p->id[k] = v.v[i].id;
        if (k == NOTICE_UP1 || k == NOTICE_UP2)
            TRY(escalate(w, k == NOTICE_UP1 ? 1 : 2, &t, e));
        else if (t.person != 0)
            TRY(notice_tell(w, &(struct tell){.person = t.person, .kind = k == NOTICE_SOON ? "soon" : "late", .about = t.key, .record = t.record, .due = t.due,
                                              .key = mem_fmt(w->mem, "%s:%s:%lld:%lld", k == NOTICE_SOON ? "soon" : "late", t.key, (long long)t.due, (long long)t.person)}, e));
    }
    *ret_more = *ret_more || v.n == TASKS_CHUNK;
    if (v.n < TASKS_CHUNK) {
        p->us[k] = limit;
        p->id[k] = INT64_MAX;
    }
    return RC_OK;
}

enum rc cmd_notice_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_acts_after_rows acts;
    struct q_keep_get kept;
    struct notice_place p;
    int64_t t0 = clock_mono_us(), limit[NOTICE_TIMERS];
    bool found, more = false;
    size_t i = 0;
    (void)args;
    if (w->set == NULL)
        return RC_OK;
    TRY(q_keep_get(w->db, w->mem, KEPT, &kept, &found, e));
    place_read(found ? kept.v : NULL, &p);
    limits(w->set, w->now_us, limit);
    if (p.first)
        place_begin(&p, limit);
    TRY(q_acts_after(w->db, w->mem, p.act, ACTS_CHUNK, &acts, e));
    for (; i < acts.n && (i == 0 || clock_mono_us() - t0 < BUDGET_US); i++) {
        TRY(act_told(w, &p, &acts.v[i], e));
        p.act = acts.v[i].id;
    }
    more = i < acts.n || acts.n == ACTS_CHUNK;
    for (enum notice_timer k = 0; k < NOTICE_TIMERS && !more; k++)            /* a task is told before its time is */
        TRY(timer_run(w, &p, k, limit[k], &more, e));
    TRY(q_inbox_old(w->tx, w->now_us - KEEP_US, e));
    json_set_bool(body, "more", more);
    return place_keep(w, &p, e);
}

bool notice_waits(struct core *c, TALLOC_CTX *mem)
{
    struct db *db;
    struct err e = {0};
    struct q_keep_get kept;
    struct q_notice_waiting n = {0};
    struct notice_place p;
    int64_t limit[NOTICE_TIMERS];
    bool found = false;
    const struct pack_set *set = core_set_hold(c);
    limits(set, clock_now_us(), limit);
    core_set_release(c, set);
    if (set == NULL || db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    bool ok = q_keep_get(db, mem, KEPT, &kept, &found, &e) == RC_OK;
    place_read(ok && found ? kept.v : NULL, &p);
    ok = ok && q_notice_waiting(db, mem, p.us[NOTICE_SOON], limit[NOTICE_SOON], p.us[NOTICE_LATE], limit[NOTICE_LATE], p.us[NOTICE_UP1], limit[NOTICE_UP1],
                                p.us[NOTICE_UP2], limit[NOTICE_UP2], &n, &e) == RC_OK;
    db_pool_give(c->pool, db);
    return ok && (p.first || n.act > p.act || n.due > 0);
}

/* ---- reading ---- */

/* One's own: this one, or all that were there up to it. */
enum rc cmd_notice_read(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t id = json_get_i64(args, "notice", 0);
    (void)body;
    if (w->actor.person == 0 || id <= 0)
        return err_set(e, ERR_STATE, "notice");
    return json_get_bool(args, "upto") ? q_inbox_read_upto(w->tx, w->actor.person, id, w->now_us, e) : q_inbox_read(w->tx, w->actor.person, id, w->now_us, e);
}

enum rc notice_fresh(struct reader *r, int64_t *ret_n, struct err *e)
{
    struct q_inbox_fresh_n n;
    TRY(q_inbox_fresh_n(r->db, r->mem, r->actor.person, &n, e));
    *ret_n = n.n;
    return RC_OK;
}

static struct notice_info info_of(struct reader *r, const struct q_inbox_of *v)
{
    struct notice_info n = {.id = v->id, .at = v->at, .record = v->record, .whom = v->whom_null ? 0 : v->whom, .kind = v->kind, .number = v->number, .fresh = v->read_at == 0 && v->over == 0, .over = v->over != 0};
    n.task = (struct task_info){.id = v->task_null ? 0 : v->task, .record = v->record, .due_us = v->due_us_null ? 0 : v->due_us, .name = v->name, .title = v->title, .pack = v->pack, .duty = v->duty, .form_ident = v->form,
                                .schedule = r->set && v->name ? pack_schedule(r->set, v->name) : NULL};
    return n;
}

enum rc notice_list(struct reader *r, bool all, int64_t before, int limit, struct notice_infos *ret, struct err *e)
{
    struct q_inbox_of_rows v;
    struct id_vec ids = VEC_INIT(r->mem);
    if (before <= 0)
        before = INT64_MAX;
    if (all) {
        TRY(q_inbox_of(r->db, r->mem, r->actor.person, before, limit, &v, e));
    } else {
        struct q_inbox_fresh_of_rows f;
        TRY(q_inbox_fresh_of(r->db, r->mem, r->actor.person, before, limit, &f, e));
        _Static_assert(sizeof f.v[0] == sizeof v.v[0], "the two statements name the same columns");
        v = (struct q_inbox_of_rows){.v = mem_array(r->mem, struct q_inbox_of, f.n + 1), .n = f.n};
        for (size_t i = 0; i < f.n; i++)
            memcpy(&v.v[i], &f.v[i], sizeof v.v[i]);
    }
    for (size_t i = 0; i < v.n; i++) {
        *vec_push(ret) = info_of(r, &v.v[i]);
        ids_want(&ids, v.v[i].record);
        if (!v.v[i].whom_null)
            ids_want(&ids, v.v[i].whom);
    }
    TRY(titles_read(r->db, r->mem, &ids, e));
    TRY(records_read(r->db, r->mem, &ids, e));
    return parts_read(r->db, r->mem, r->actor.person, &ids, e);
}
