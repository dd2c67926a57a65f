/* Schedules: what recurs makes its tasks. The keeper asks for it when the day turns, after the start and after a switch of sets; the
 * writer issues them in chunks, each an act of the house (record 0), so that rebuild makes the same tasks again. A task's key,
 * sched:<schedule>:<subject>:<day>:<person>, makes it one for ever. What ends a task is sched_done.c's. Decision: docs/decisions/0008. */
#include <stdlib.h>
#include "cal/cal.h"
#include "core/schedule.h"

#define BUDGET_US 25000                /* of one chunk */
#define CHUNK_TASKS 200
#define SUBJECTS 100                   /* of one SELECT */
#define OPEN_ROWS 200
#define VIOLATIONS_AT_ONCE 10
#define CATCH_DAYS 35                  /* a daily or weekly schedule makes up for no more of the past than this, and its last day at least */
#define CATCH_MAX 40

struct state { const char *rule; struct civil since, upto, day; bool has_upto, has_day; int64_t after; bool changed; };
struct run { struct work *w; struct json *effect, *tasks, *closed, *states; int64_t t0, n; int fiscal; bool more, worked /* a chunk does one thing at least: else a slow machine would begin it again for ever */; };

/* tests/fault/test_schedule.py, in scene builds only: a machine so slow that each chunk has used up its time before it begins. */
static int64_t budget_us(void)
{
#ifdef DAICHO_SCENE
    if (getenv("DAICHO_FAULT_NO_TIME") != NULL)
        return -1;
#endif
    return BUDGET_US;
}

static bool spent(const struct run *r)
{
    return r->worked && (r->n >= CHUNK_TASKS || clock_mono_us() - r->t0 > budget_us());
}

static const char *day_text(TALLOC_CTX *mem, struct civil c)
{
    char text[CIVIL_TEXT_N];
    civil_text(c, text);
    return mem_strdup(mem, text);
}

/* ---- the rule as it stands in this house ---- */

/* A setting that names a month; 0: none. */
static int month_set(const struct pack_set *set, const char *key)
{
    const char *month = pack_value(set, key);
    int64_t m;
    return month != NULL && str_to_i64(str_of(month), &m) && m >= 1 && m <= 12 ? (int)m : 0;
}

static int fiscal_start(const struct pack_set *set)
{
    int m = month_set(set, "core.fiscal_start");
    return m != 0 ? m : 4;
}

/* NULL: its month is not set yet, so it cannot occur. */
static const char *rule_of(TALLOC_CTX *mem, const struct pack_set *set, const struct schedule *s)
{
    if (s->months_param == NULL)
        return s->rrule;
    int m = month_set(set, mem_fmt(mem, "%s.%s", s->pack->id, s->months_param));
    return m != 0 ? mem_fmt(mem, "%s;BYMONTH=%d", s->rrule, m) : NULL;
}

/* ---- when ---- */

/* The end of the day `due` days after the occurrence; a closed day moves to the next open one. */
static enum rc due_at(struct work *w, struct civil day, int days, int64_t *ret_us, struct err *e)
{
    struct civil due = civil_from_days(civil_days(day) + days);
    struct q_day_get d;
    struct q_day_business b;
    bool found;
    TRY(q_day_get(w->db, w->mem, day_text(w->mem, due), &d, &found, e));
    if (found && !d.open) {
        TRY(q_day_business(w->db, w->mem, d.bn + 1, &b, &found, e));
        if (found && !civil_read(str_of(b.d), &due))
            return err_set(e, ERR_BUG, "day %s", b.d);
    }
    *ret_us = civil_end_us(due);
    return RC_OK;
}

/* The day on which this rule was put in force here, and set-up was over. */
static enum rc anchor_of(struct work *w, struct civil *ret, struct err *e)
{
    struct q_pack_set_get set;
    struct q_keep_get done;
    struct civil open;
    bool found;
    TRY(q_pack_set_get(w->db, w->mem, w->set->id, &set, &found, e));
    *ret = civil_of_us(found ? set.at : w->now_us);
    TRY(q_keep_get(w->db, w->mem, "setup_done", &done, &found, e));
    if (found && civil_read(str_of(done.v), &open) && civil_days(open) > civil_days(*ret))
        *ret = open;
    return RC_OK;
}

static enum rc state_read(struct run *r, const struct schedule *s, const char *rule, struct state *ret, struct err *e)
{
    struct q_sched_get row;
    bool found;
    *ret = (struct state){.rule = mem_fmt(r->w->mem, "%s from %d", rule, r->fiscal)};
    TRY(q_sched_get(r->w->db, r->w->mem, s->key, &row, &found, e));
    if (!found || strcmp(row.rule, ret->rule) != 0) {    /* new here, or moved: it never counts for the past */
        ret->changed = true;
        return anchor_of(r->w, &ret->since, e);
    }
    ret->has_upto = row.upto != NULL && civil_read(str_of(row.upto), &ret->upto);
    ret->has_day = row.day != NULL && civil_read(str_of(row.day), &ret->day);
    ret->after = row.after;
    return civil_read(str_of(row.since), &ret->since) ? RC_OK : err_set(e, ERR_BUG, "schedule %s since %s", s->key, row.since);
}

static void state_keep(struct run *r, const struct schedule *s, const struct state *st)
{
    struct json *o = json_add_obj(r->states);
    json_set_str(o, "key", s->key);
    json_set_str(o, "rule", st->rule);
    json_set_str(o, "since", day_text(r->w->mem, st->since));
    if (st->has_upto)
        json_set_str(o, "upto", day_text(r->w->mem, st->upto));
    if (st->has_day) {
        json_set_str(o, "day", day_text(r->w->mem, st->day));
        json_set_i64(o, "after", st->after);
    }
}

/* ---- for whom ---- */

struct subject { int64_t id, department, person; const struct content *c; };

static enum rc subject_read(struct work *w, const struct form *per, int64_t id, struct subject *ret, struct err *e)
{
    struct record rec;
    struct content *c;
    size_t erased;
    *ret = (struct subject){.id = id};
    if (id == 0)
        return RC_OK;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
    ret->c = c;
    ret->department = strcmp(per->ident, "department") == 0 ? id : rec.department;
    ret->person = strcmp(per->ident, "person") == 0 ? id : rec.made_by;
    if (strcmp(per->ident, "person") == 0)
        TRY(org_department_of(w->db, id, w->today, &ret->department, e));
    return RC_OK;
}

static enum rc holders(struct work *w, const struct schedule *s, const struct subject *sub, struct seat_vec *ret, struct err *e)
{
    TRY(org_resolve(w, &s->by, sub->c, sub->department, sub->person, NULL, 0, ret, e));
    ret->n = ret->n < TASK_PEOPLE_MAX ? ret->n : TASK_PEOPLE_MAX;
    return RC_OK;
}

/* Of those that there were on that day: in force, not closed, and a person or department that had not ended. */
static enum rc subjects(struct work *w, const struct form *per, struct civil day, int64_t after, struct id_vec *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    const char *end = strcmp(per->ident, "person") == 0 ? "left_on" : strcmp(per->ident, "department") == 0 ? "closed_on" : NULL;
    sql_lit(s, "SELECT x.record FROM ");
    sql_ident(s, form_table(w->mem, per));
    sql_lit(s, " x JOIN record r ON r.id = x.record WHERE x.slot = 0 AND r.closed_at IS NULL AND x.record > ");
    sql_i64(s, after);
    sql_lit(s, " AND r.made_at < ");
    sql_i64(s, civil_end_us(day));
    if (end != NULL && pack_field(per, end) != NULL) {
        sql_lit(s, " AND (x.");
        sql_ident(s, pack_field(per, end)->col);
        sql_lit(s, " IS NULL OR x.");
        sql_ident(s, pack_field(per, end)->col);
        sql_lit(s, " >= ");
        sql_text(s, day_text(w->mem, day));
        sql_lit(s, ")");
    }
    sql_lit(s, " ORDER BY x.record LIMIT 100");
    return ids_read(w->db, w->mem, s, ret, e);
}

/* ---- issuing ---- */

static void sched_task(struct run *r, const struct schedule *s, const char *group, int64_t subject, const struct seat *seat, int64_t due, int64_t opened)
{
    int64_t person = seat != NULL ? seat->person : 0;
    task_add(r->w, r->tasks, &(struct task_new){.key = mem_fmt(r->w->mem, "%s%lld", group, (long long)person), .name = s->key, .pack = s->pack,
                                                .duty = s->carries.n > 0 ? s->carries.duty[0] : NULL, .record = subject, .person = person,
                                                .role = seat != NULL ? seat->post : s->by.role, .title = s->label, .due = due, .opened = opened});
    r->n++;
}

static enum rc issue_one(struct run *r, const struct schedule *s, const struct form *per, int64_t id, struct civil day, struct err *e)
{
    struct work *w = r->w;
    struct subject sub;
    struct seat_vec seats = VEC_INIT(w->mem);
    struct q_sched_issued had;
    int64_t due;
    const char *group = mem_fmt(w->mem, SCHED_PREFIX "%s:%lld:%s:", s->key, (long long)id, day_text(w->mem, day));
    r->worked = true;
    TRY(q_sched_issued(w->db, w->mem, group, sched_upper(w->mem, group), &had, e));
    if (had.n > 0)
        return RC_OK;
    TRY(subject_read(w, per, id, &sub, e));
    TRY(holders(w, s, &sub, &seats, e));
    TRY(due_at(w, day, s->due_days, &due, e));
    for (size_t i = 0; i == 0 || i < seats.n; i++)
        sched_task(r, s, group, id, seats.n > 0 ? &seats.v[i] : NULL, due, 0);
    return RC_OK;
}

/* All subjects of one day, or as many as fit. */
static enum rc issue_day(struct run *r, const struct schedule *s, struct state *st, struct civil day, bool *ret_whole, struct err *e)
{
    const struct form *per = s->per[0] ? pack_form(r->w->set, s->per) : NULL;
    bool same = st->has_day && civil_days(st->day) == civil_days(day);
    st->changed = st->has_day = true;
    st->day = day;
    st->after = same ? st->after : 0;
    *ret_whole = false;
    if (per == NULL) {
        TRY(issue_one(r, s, NULL, 0, day, e));
        *ret_whole = true;
    }
    while (!*ret_whole && !spent(r)) {
        struct id_vec ids = VEC_INIT(r->w->mem);
        size_t i = 0;
        TRY(subjects(r->w, per, day, st->after, &ids, e));
        for (; i < ids.n && !spent(r); i++) {
            TRY(issue_one(r, s, per, ids.v[i], day, e));
            st->after = ids.v[i];
        }
        *ret_whole = i == ids.n && ids.n < SUBJECTS;
    }
    if (*ret_whole) {
        st->has_day = false;
        st->has_upto = true;
        st->upto = day;
    }
    return RC_OK;
}

static bool often(const char *rule)
{
    return cal_freq(rule) == CAL_DAILY || cal_freq(rule) == CAL_WEEKLY;
}

static enum rc schedule_issue(struct run *r, const struct schedule *s, struct err *e)
{
    const char *rule = rule_of(r->w->mem, r->w->set, s);
    struct civil today = civil_of_us(r->w->now_us), day[CATCH_MAX], from;
    struct state st;
    size_t n;
    bool whole = true;
    if (rule == NULL)
        return RC_OK;
    TRY(state_read(r, s, rule, &st, e));
    from = st.has_upto ? civil_from_days(civil_days(st.upto) + 1) : st.since;
    TRY(cal_days(rule, cal_phase(rule, st.since, r->fiscal), from, today, day, CATCH_MAX, &n, e));
    for (size_t i = 0; i < n && whole; i++) {
        bool old = often(rule) && i + 1 < n && civil_days(day[i]) < civil_days(today) - CATCH_DAYS;
        if (spent(r))
            whole = false;
        else if (!old)
            TRY(issue_day(r, s, &st, day[i], &whole, e));
    }
    r->more = r->more || !whole;
    if (st.changed)
        state_keep(r, s, &st);
    return RC_OK;
}

/* A schedule that the set no longer has asks for nothing any more. */
static enum rc schedules_end(struct run *r, struct err *e)
{
    const char *at = "";
    struct json *gone = NULL;
    for (;;) {
        struct q_sched_after next;
        struct q_sched_open_rows open;
        bool found;
        TRY(q_sched_after(r->w->db, r->w->mem, at, &next, &found, e));
        if (!found)
            return RC_OK;
        at = next.key;
        const struct schedule *s = pack_schedule(r->w->set, at);
        if (s != NULL && rule_of(r->w->mem, r->w->set, s) != NULL)
            continue;
        const char *lo = mem_fmt(r->w->mem, SCHED_PREFIX "%s:", at);
        TRY(q_sched_open(r->w->db, r->w->mem, lo, sched_upper(r->w->mem, lo), OPEN_ROWS, &open, e));
        for (size_t i = 0; i < open.n && s == NULL; i++)
            task_closed_add(r->closed, open.v[i].tkey, "void", 0, 0, 0);
        if (open.n == OPEN_ROWS && s == NULL) {
            r->more = true;
            return RC_OK;
        }
        gone = gone ? gone : json_set_arr(r->effect, "sched_gone");
        json_add_str(gone, at);
    }
}

static struct run run_begin(struct work *w)
{
    struct run r = {.w = w, .effect = json_obj(w->mem), .t0 = clock_mono_us(), .fiscal = fiscal_start(w->set)};
    r.tasks = json_set_arr(r.effect, "tasks");
    r.closed = json_set_arr(r.effect, "tasks_closed");
    r.states = json_set_arr(r.effect, "sched");
    return r;
}

static enum rc run_end(struct run *r, struct err *e)
{
    if (json_n(r->tasks) + json_n(r->closed) + json_n(r->states) == 0 && json_get(r->effect, "sched_gone") == NULL)
        return RC_OK;
    return act_do(r->w, 0, 0, "schedule", NULL, NULL, r->effect, e);
}

static enum rc issue_run(struct work *w, struct json *body, struct err *e)
{
    struct run r = run_begin(w);
    TRY(schedules_end(&r, e));
    for (size_t i = 0; i < w->set->pack_n && !r.more; i++)
        for (size_t k = 0; k < w->set->pack[i].schedule_n && !r.more; k++)
            TRY(schedule_issue(&r, &w->set->pack[i].schedule[k], e));
    TRY(run_end(&r, e));
    json_set_bool(body, "more", r.more);
    return RC_OK;
}

/* ---- open tasks go to who holds the post now ---- */

int64_t open_task_person(const struct q_sched_open *row) { return row->person_null ? 0 : row->person; }

bool seats_answer(const struct seat_vec *v, int64_t person)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].person == person)
            return true;
    return person == 0 && v->n == 0;
}

const struct q_sched_open *open_task_of(const struct q_sched_open *row, size_t n, int64_t person)
{
    for (size_t i = 0; i < n; i++)
        if (open_task_person(&row[i]) == person)
            return &row[i];
    return NULL;
}

/* rows[0..n): the open rows of one task, a row a person. */
static enum rc handed_on(struct run *r, const struct q_sched_open *row, size_t n, const char *group, struct err *e)
{
    const struct schedule *s = pack_schedule(r->w->set, row->name);
    const struct form *per = s && s->per[0] ? pack_form(r->w->set, s->per) : NULL;
    struct seat_vec seats = VEC_INIT(r->w->mem);
    struct subject sub;
    if (s == NULL)
        return RC_OK;
    TRY(subject_read(r->w, per, row->record_null ? 0 : row->record, &sub, e));
    TRY(holders(r->w, s, &sub, &seats, e));
    for (size_t i = 0; i == 0 || i < seats.n; i++) {
        if (open_task_of(row, n, seats.n > 0 ? seats.v[i].person : 0) == NULL)
            sched_task(r, s, group, sub.id, seats.n > 0 ? &seats.v[i] : NULL, row->due_us_null ? 0 : row->due_us, row->opened_at);
    }
    for (size_t k = 0; k < n; k++)
        if (!seats_answer(&seats, open_task_person(&row[k])))
            task_closed_add(r->closed, row[k].tkey, "moved", 0, 0, 0);
    return RC_OK;
}

/* Rows of violations of one check, a few subjects at a time. Derived from what is judged, so no act. */
static enum rc violations_handed_on(struct run *r, const struct q_sched_open *row, size_t n, size_t *ret_n, struct err *e)
{
    struct id_vec ids = VEC_INIT(r->w->mem);
    size_t i = 0;
    for (; i < n && strcmp(row[i].name, row->name) == 0 && ids.n < VIOLATIONS_AT_ONCE; i++)
        if (!row[i].record_null)
            ids_want(&ids, row[i].record);
    *ret_n = i;
    r->n += (int64_t)ids.n;
    return ids.n > 0 ? check_tasks_again(r->w, row->name, ids.v, ids.n, e) : RC_OK;
}

/* The rows of one task that stand together at the beginning. */
static size_t group_n(const struct q_sched_open *row, size_t n, const char *group)
{
    size_t i = 0;
    while (i < n && strncmp(row[i].tkey, group, strlen(group)) == 0)
        i++;
    return i;
}

/* First the tasks of violations, then those of schedules; `after` is the key that the next chunk begins at. */
static enum rc people_run(struct work *w, const char *after, struct json *body, struct err *e)
{
    struct run r = run_begin(w);
    struct q_sched_open_rows open;
    size_t from = 0;
    if (after == NULL || after[0] == '\0') {             /* at the beginning: who moves from now on asks for another round */
        after = CHECK_PREFIX;
        TRY(q_keep_put(w->tx, SCHED_PEOPLE, "0", e));
    }
    bool violations = strncmp(after, CHECK_PREFIX, strlen(CHECK_PREFIX)) == 0;
    TRY(q_sched_open(w->db, w->mem, after, sched_upper(w->mem, violations ? CHECK_PREFIX : SCHED_PREFIX), OPEN_ROWS, &open, e));
    bool whole = open.n < OPEN_ROWS;
    while (from < open.n && !spent(&r)) {
        const struct q_sched_open *row = &open.v[from];
        const char *group = sched_group(w->mem, row->tkey);
        size_t rest = open.n - from, n = group_n(row, rest, group);
        if (!violations && n == rest && !whole && from > 0)          /* its other rows may stand in the next chunk */
            break;
        r.worked = true;
        TRY(violations ? violations_handed_on(&r, row, rest, &n, e) : handed_on(&r, row, n, group, e));
        from += n;
        after = sched_upper(w->mem, sched_group(w->mem, open.v[from - 1].tkey));
    }
    bool more = from < open.n || !whole;
    if (!more && violations) {
        after = SCHED_PREFIX;
        more = true;
    }
    TRY(run_end(&r, e));
    json_set_bool(body, "more", more);
    json_set_str(body, "after", after);
    return RC_OK;
}

/* {}: issue what is due to be issued; {"people": true, "after": key}: look who holds the posts of what is open. */
enum rc cmd_schedule_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_keep_get done;
    bool found;
    json_set_bool(body, "more", false);
    check_faults_begin(w, args, body);
    if (w->set == NULL)
        return RC_OK;
    TRY(q_keep_get(w->db, w->mem, "setup_done", &done, &found, e));
    if (!found)                                          /* nobody is there yet */
        return RC_OK;
    return json_get_bool(args, "people") ? people_run(w, json_get_str(args, "after"), body, e) : issue_run(w, body, e);
}

/* ---- reading ---- */

enum rc sched_info_get(struct reader *r, const struct schedule *s, struct sched_info *ret, struct err *e)
{
    struct q_sched_get row;
    struct q_sched_last last;
    struct q_sched_first_open open;
    struct civil since, next;
    bool found, comes;
    const char *rule = rule_of(r->mem, r->set, s);
    *ret = (struct sched_info){.schedule = s};
    TRY(q_sched_get(r->db, r->mem, s->key, &row, &found, e));
    if (rule != NULL && found && civil_read(str_of(row.since), &since)) {
        TRY(cal_next(rule, cal_phase(rule, since, fiscal_start(r->set)), civil_of_us(r->now_us), &next, &comes, e));
        if (comes)
            civil_text(next, ret->next);
    }
    TRY(q_sched_first_open(r->db, r->mem, s->key, &open, e));
    ret->due_us = open.due_us_null ? 0 : open.due_us;
    TRY(q_sched_last(r->db, r->mem, s->key, &last, &found, e));
    if (found) {
        ret->last_at = last.closed_at;
        ret->last_by = last.closed_by;
        ret->last_record = last.done_record_null ? 0 : last.done_record;
        ret->late = !last.due_us_null && last.closed_at > last.due_us;
    }
    return RC_OK;
}
