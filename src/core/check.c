/* Checks: a condition over the records that must hold, judged per subject after every commit that touches it and whenever time alone
 * could flip it. A verdict is written only when it changes; a bad one opens a task for whom the check names, and closes it again.
 *
 * What a write touches: the record itself when it is a subject; the subjects that it refers or referred to, or that refer to it, when
 * the condition finds the record by such a reference (pack/cond_path.c); else all subjects of the check, in chunks from the keeper (subject 0
 * of `verdict` is that pending evaluation). Everything is judged again by check_full. check_eval.c asks the conditions, conform.c adds verdicts
 * up to articles. */
#include "core/check_int.h"
#include "core/route_int.h"
#include "core/schedule.h"

#define LINKS_MAX 400
#define OPEN_MAX 200

/* ---- tasks of violations ---- */

static enum rc tasks_close(struct work *w, const struct check *k, const char *key, int64_t subject, struct err *e)
{
    struct q_check_tasks_rows open;
    const char *lo = mem_fmt(w->mem, CHECK_PREFIX "%s:%lld:", key, (long long)subject), *hi = sched_upper(w->mem, lo);
    if (k != NULL && !k->has_task)
        return RC_OK;
    TRY(q_check_tasks(w->db, w->mem, lo, hi, &open, e));
    for (size_t i = 0; i < open.n; i++)
        TRY(q_task_close(w->tx, open.v[i].tkey, w->now_us, 0, "done", 0, true, e));
    return RC_OK;
}

/* Of a violation that lasts, too: whoever answers today has the task, and only they. */
static enum rc tasks_keep(struct work *w, const struct check *k, const struct eval *ev, struct err *e)
{
    struct record rec;
    struct content *c;
    size_t erased;
    struct seat_vec seats = VEC_INIT(w->mem);
    struct q_sched_open_rows open;
    const char *group = mem_fmt(w->mem, CHECK_PREFIX "%s:%lld:", k->key, (long long)ev->subject);
    if (!k->has_task)
        return RC_OK;
    TRY(record_get(w->db, w->mem, w->set, ev->subject, &rec, e));
    if (rec.force_rev == 0)
        return RC_OK;
    TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
    TRY(org_resolve(w, &k->task, c, rec.department, rec.made_by, NULL, 0, &seats, e));
    seats.n = seats.n < TASK_PEOPLE_MAX ? seats.n : TASK_PEOPLE_MAX;
    TRY(q_sched_open(w->db, w->mem, group, sched_upper(w->mem, group), OPEN_MAX, &open, e));
    for (size_t i = 0; i == 0 || i < seats.n; i++) {
        int64_t person = seats.n > 0 ? seats.v[i].person : 0, since = open.n > 0 ? open.v[0].opened_at : w->now_us;
        const struct q_sched_open *had = open_task_of(open.v, open.n, person);
        if (had != NULL && (had->due_us_null ? 0 : had->due_us) == ev->deadline_us)
            continue;
        TRY(q_task_put(w->tx, work_new_id(w), mem_fmt(w->mem, "%s%lld", group, (long long)person), k->key, k->pack ? k->pack->id : "core",
                       k->carries.n > 0 ? k->carries.duty[0] : NULL, ev->subject, false, person, person == 0, seats.n > 0 ? seats.v[i].post : k->task.role,
                       k->label ? k->label : k->key, ev->deadline_us, ev->deadline_us == 0, "open", since, 0, true, 0, true, e));
    }
    for (size_t i = 0; i < open.n; i++)
        if (!seats_answer(&seats, open_task_person(&open.v[i])))
            TRY(q_task_close(w->tx, open.v[i].tkey, w->now_us, 0, "moved", 0, true, e));
    return RC_OK;
}

/* ---- keeping verdicts ---- */

/* After a rebuild the history still knows since when. */
static enum rc since_of(struct work *w, const struct check *k, const struct eval *ev, int64_t *ret_since, bool *ret_flip, struct err *e)
{
    struct q_verdict_flip_last last;
    bool found;
    TRY(q_verdict_flip_last(w->db, w->mem, k->key, ev->subject, &last, &found, e));
    bool same = found && strcmp(last.state, ev->state) == 0;
    *ret_since = same ? last.at : w->now_us;
    *ret_flip = !same && (found || strcmp(ev->state, "na") != 0);
    return RC_OK;
}

/* again: the tasks of what was violated before are looked at, too. */
struct keeping { int64_t as_of; struct full_count *n; bool again; };

static enum rc verdict_keep(struct work *w, const struct check *k, const struct eval *ev, const struct keeping *how, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_verdict_get was;
    bool found, flip = true;
    int64_t since = w->now_us;
    TRY(q_verdict_get(w->db, tmp, k->key, ev->subject, &was, &found, e));
    full_count_change(w, k, ev, found ? &was : NULL, how->n);
    if (found && strcmp(was.state, ev->state) == 0) {
        if (how->again && strcmp(ev->state, "bad") == 0)
            TRY(tasks_keep(w, k, ev, e));
        if ((was.next_us_null ? 0 : was.next_us) == ev->next_us && text_eq(was.why, ev->why))
            return RC_OK;
        return q_verdict_put(w->tx, k->key, ev->subject, ev->state, was.since_us, ev->next_us, ev->next_us == 0, how->as_of, ev->why, e);
    }
    if (!found)
        TRY(since_of(w, k, ev, &since, &flip, e));
    TRY(q_verdict_put(w->tx, k->key, ev->subject, ev->state, since, ev->next_us, ev->next_us == 0, how->as_of, ev->why, e));
    if (flip)
        TRY(q_verdict_flip_add(w->tx, work_new_id(w), k->key, ev->subject, ev->state, since, e));
    if (strcmp(ev->state, "bad") == 0)
        return tasks_keep(w, k, ev, e);
    return found && strcmp(was.state, "bad") == 0 ? tasks_close(w, k, k->key, ev->subject, e) : RC_OK;
}

/* The subject is gone (voided, or the check is): its verdict goes, its history says so. */
enum rc verdict_end(struct work *w, const struct check *k, const char *key, int64_t subject, struct err *e)
{
    struct q_verdict_get was;
    bool found;
    TRY(q_verdict_get(w->db, w->mem, key, subject, &was, &found, e));
    if (!found)
        return RC_OK;
    TRY(q_verdict_drop(w->tx, key, subject, e));
    if (subject <= 0)
        return RC_OK;
    TRY(q_verdict_flip_add(w->tx, work_new_id(w), key, subject, "gone", w->now_us, e));
    return tasks_close(w, k, key, subject, e);
}

static enum rc as_of_now(struct work *w, int64_t *ret_as_of, struct err *e)
{
    struct q_head_next_id head;
    TRY(q_head_next_id(w->db, w->mem, &head, e));
    *ret_as_of = head.size;
    return RC_OK;
}

static bool evaluated(const struct eval_vec *v, int64_t subject)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].subject == subject)
            return true;
    return false;
}

/* Judges the named subjects; one that is no longer in force loses its verdict. */
static enum rc subjects_judge(struct work *w, const struct check *k, const int64_t *ids, size_t n, bool again, struct err *e)
{
    struct keeping how = {.again = again};
    TRY(as_of_now(w, &how.as_of, e));
    for (size_t from = 0; from < n; from += CHUNK) {
        MEM_SCOPE(tmp, w->mem);
        size_t upto = from + CHUNK < n ? from + CHUNK : n;
        struct eval_vec evals = VEC_INIT(tmp);
        TRY(check_eval(w, tmp, k, (struct subjects){.ids = ids + from, .n = upto - from}, &evals, e));
        for (size_t i = 0; i < evals.n; i++)
            TRY(verdict_keep(w, k, &evals.v[i], &how, e));
        for (size_t i = from; i < upto; i++)
            if (!evaluated(&evals, ids[i]))
                TRY(verdict_end(w, k, k->key, ids[i], e));
    }
    return RC_OK;
}

static enum rc check_subjects(struct work *w, const struct check *k, const int64_t *ids, size_t n, struct err *e)
{
    return subjects_judge(w, k, ids, n, false, e);
}

/* Verdicts in (after, upto] whose subject was not among the evaluated ones, which are sorted. */
static enum rc gone_end(struct work *w, const struct check *k, const struct eval_vec *evals, int64_t after, int64_t upto, struct full_count *n, struct err *e)
{
    struct q_verdicts_between_rows had;
    size_t at = 0;
    TRY(q_verdicts_between(w->db, w->mem, k->key, after, upto, 100000, &had, e));
    for (size_t i = 0; i < had.n; i++) {
        while (at < evals->n && evals->v[at].subject < had.v[i].subject)
            at++;
        if (at < evals->n && evals->v[at].subject == had.v[i].subject)
            continue;
        full_count_change(w, k, &(struct eval){.subject = had.v[i].subject, .state = "gone"}, NULL, n);
        TRY(verdict_end(w, k, k->key, had.v[i].subject, e));
    }
    return RC_OK;
}

enum rc check_range(struct work *w, const struct check *k, int64_t *after, bool *ret_more, struct full_count *n, struct err *e)
{
    int64_t t0 = clock_mono_us();
    struct keeping how = {.n = n};
    size_t done = 0;
    TRY(as_of_now(w, &how.as_of, e));
    *ret_more = true;
    while (*ret_more && done < COMMAND_SUBJECTS && clock_mono_us() - t0 < BUDGET_US) {
        MEM_SCOPE(tmp, w->mem);
        struct eval_vec evals = VEC_INIT(tmp);
        TRY(check_eval(w, tmp, k, (struct subjects){.n = CHUNK, .after = *after}, &evals, e));
        *ret_more = evals.n == CHUNK;
        int64_t upto = *ret_more ? evals.v[evals.n - 1].subject : INT64_MAX;
        for (size_t i = 0; i < evals.n; i++)
            TRY(verdict_keep(w, k, &evals.v[i], &how, e));
        TRY(gone_end(w, k, &evals, *after, upto, n, e));
        *after = upto;
        done += evals.n;
        if (n != NULL)
            n->judged += (int64_t)evals.n;
    }
    return RC_OK;
}

/* ---- what a write touches ---- */

/* apart: at least one condition may see a record of the form wherever it belongs (pack/cond_path.c). */
static bool reads_form(const struct check *k, const struct form *f, bool apart)
{
    const struct cond *const all[] = {k->where, k->must, k->deadline};
    for (size_t n = 0; n < ARRAY_N(all); n++)
        for (size_t i = 0; all[n] != NULL && i < all[n]->read_n; i++)
            if (strcmp(all[n]->read[i].form_ident, f->ident) == 0 && (all[n]->read[i].apart || !apart))
                return true;
    return false;
}

static bool refers(const struct form *from, const struct form *to)
{
    for (size_t i = 0; i < from->field_n; i++) {
        const struct field *fd = &from->field[i];
        if (value_is_ref(fd) && fd->ref == to)
            return true;
        for (size_t k = 0; k < fd->cols_n; k++)
            if (value_is_ref(&fd->cols[k]) && fd->cols[k].ref == to)
                return true;
    }
    return false;
}

/* Whom a content names of a form (NULL: of any). */
static void refs_of(const struct form *f, const struct content *c, const struct form *to, struct id_vec *ids)
{
    for (size_t k = 0; k < c->n && ids->n < LINKS_MAX; k++) {
        const struct field *col = NULL;
        int64_t row, id;
        const struct field *fd = content_field(f, c->v[k].path, &col, &row);
        fd = col ? col : fd;
        if (fd != NULL && value_is_ref(fd) && (to == NULL || fd->ref == to) && str_to_i64(str_of(c->v[k].text), &id))
            *vec_push(ids) = id;
    }
}

/* What is in force stops naming somebody: whoever it named is judged once more, since the record itself leads there no longer. */
enum rc check_left(struct work *w, const struct form *f, const struct content *before, const struct content *after, struct err *e)
{
    struct id_vec had = VEC_INIT(w->mem), has = VEC_INIT(w->mem);
    refs_of(f, before, NULL, &had);
    refs_of(f, after, NULL, &has);
    for (size_t i = 0; i < had.n; i++)
        if (!ids_have(&has, had.v[i])) {
            TRY(work_todo(w, "subject", had.v[i], e));
            *vec_push(&has) = had.v[i];
        }
    return RC_OK;
}

static enum rc wide_mark(struct work *w, const struct check *k, struct err *e)
{
    struct q_verdict_get was;
    bool found;
    TRY(q_verdict_get(w->db, w->mem, k->key, 0, &was, &found, e));
    if (!found)
        return q_verdict_put(w->tx, k->key, 0, "wide", w->now_us, w->now_us, false, 0, NULL, e);
    return was.as_of == 0 ? RC_OK : q_verdict_put(w->tx, k->key, -1, "wide", w->now_us, 0, true, 0, NULL, e);
}

/* c: what is in force, or was until it was struck out. */
static enum rc touch_other(struct work *w, const struct check *k, const struct record *rec, const struct content *c, struct err *e)
{
    struct id_vec ids = VEC_INIT(w->mem);
    bool there = refers(rec->form, k->subject), back = refers(k->subject, rec->form);
    if (k->wide || reads_form(k, rec->form, true) || !(there || back))
        return wide_mark(w, k, e);
    if (there)
        refs_of(rec->form, c, k->subject, &ids);
    if (back) {
        struct q_links_to_form_rows to;
        TRY(q_links_to_form(w->db, w->mem, rec->id, k->subject->ident, LINKS_MAX, &to, e));
        for (size_t i = 0; i < to.n && ids.n < LINKS_MAX; i++)
            *vec_push(&ids) = to.v[i].id;
    }
    if (ids.n >= LINKS_MAX)
        return wide_mark(w, k, e);
    return ids.n > 0 ? check_subjects(w, k, ids.v, ids.n, e) : RC_OK;
}

static bool is_subject(const struct check *k, const struct record *rec) { return k->subject != NULL && k->subject == rec->form; }

static enum rc touch(struct work *w, int64_t record, struct err *e)
{
    struct record rec;
    struct content *c;
    TRY(record_get(w->db, w->mem, w->set, record, &rec, e));
    if (rec.form == NULL)
        return RC_OK;
    TRY(record_force_content(w->db, w->mem, &rec, &c, e));
    for (size_t i = 0; i < w->set->check_n; i++) {
        const struct check *k = &w->set->check[i];
        if (is_subject(k, &rec))
            TRY(subjects_judge(w, k, &record, 1, true, e));
        if (k->subject == NULL || !reads_form(k, rec.form, false))
            continue;
        if (k->subject != rec.form || refers(rec.form, rec.form) || k->wide || reads_form(k, rec.form, true))
            TRY(touch_other(w, k, &rec, c, e));
    }
    return RC_OK;
}

static enum rc subject_judge(struct work *w, int64_t record, struct err *e)
{
    struct record rec;
    TRY(record_get(w->db, w->mem, w->set, record, &rec, e));
    for (size_t i = 0; i < w->set->check_n; i++)
        if (is_subject(&w->set->check[i], &rec))
            TRY(check_subjects(w, &w->set->check[i], &record, 1, e));
    return RC_OK;
}

/* Who answers for violations, and until when, may have changed with posts, days and settings. */
enum rc check_tasks_again(struct work *w, const char *name, const int64_t *subject, size_t n, struct err *e)
{
    struct eval_vec evals = VEC_INIT(w->mem);
    const struct check *k = pack_check(w->set, name);
    if (k == NULL || k->subject == NULL)
        return RC_OK;
    TRY(check_eval(w, w->mem, k, (struct subjects){.ids = subject, .n = n}, &evals, e));
    for (size_t i = 0; i < evals.n; i++)
        if (strcmp(evals.v[i].state, "bad") == 0)
            TRY(tasks_keep(w, k, &evals.v[i], e));
    return RC_OK;
}

/* ---- commands ---- */

static enum rc wide_step(struct work *w, const struct check *k, bool *ret_more, struct err *e)
{
    struct q_verdict_get mark, again;
    bool found;
    TRY(q_verdict_get(w->db, w->mem, k->key, 0, &mark, &found, e));
    if (!found)
        return RC_OK;
    TRY(check_range(w, k, &mark.as_of, ret_more, NULL, e));
    if (*ret_more)
        return q_verdict_put(w->tx, k->key, 0, "wide", mark.since_us, w->now_us, false, mark.as_of, NULL, e);
    TRY(q_verdict_drop(w->tx, k->key, 0, e));
    TRY(q_verdict_get(w->db, w->mem, k->key, -1, &again, &found, e));
    if (!found)
        return RC_OK;
    *ret_more = true;
    TRY(q_verdict_drop(w->tx, k->key, -1, e));
    return q_verdict_put(w->tx, k->key, 0, "wide", w->now_us, w->now_us, false, 0, NULL, e);
}

static enum rc due_of_check(struct work *w, const char *key, const struct q_verdicts_due_rows *due, bool *ret_more, struct err *e)
{
    const struct check *k = pack_check(w->set, key);
    struct id_vec ids = VEC_INIT(w->mem);
    bool wide = false;
    for (size_t i = 0; i < due->n; i++) {
        if (strcmp(due->v[i].chk, key) != 0)
            continue;
        if (k == NULL || k->subject == NULL)
            TRY(verdict_end(w, NULL, key, due->v[i].subject, e));
        else if (due->v[i].subject > 0)
            *vec_push(&ids) = due->v[i].subject;
        else
            wide = true;
    }
    if (ids.n > 0)
        TRY(check_subjects(w, k, ids.v, ids.n, e));
    return wide ? wide_step(w, k, ret_more, e) : RC_OK;
}

static enum rc due_run(struct work *w, struct json *body, struct err *e)
{
    struct q_verdicts_due_rows due;
    int64_t t0 = clock_mono_us();
    bool more = false;
    TRY(q_verdicts_due(w->db, w->mem, w->now_us, CHUNK, &due, e));
    for (size_t i = 0; i < due.n; i++) {
        bool seen = false, left = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(due.v[k].chk, due.v[i].chk) == 0;
        if (seen)
            continue;
        if (clock_mono_us() - t0 > BUDGET_US) {
            more = true;
            break;
        }
        TRY(due_of_check(w, due.v[i].chk, &due, &left, e));
        more = more || left;
    }
    json_set_bool(body, "more", more || due.n == CHUNK);
    return RC_OK;
}

/* {"record": id} after a write; {"subject": id} of one that a write has left; {"due": true} what time or a wide check asks for; {"full": true} a part of judging everything (check_full.c). */
enum rc cmd_check_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t record = json_get_i64(args, "record", 0);
    check_faults_begin(w, args, body);
    if (w->set == NULL)
        return RC_OK;
    if (record != 0)
        return touch(w, record, e);
    if (json_get_i64(args, "subject", 0) != 0)
        return subject_judge(w, json_get_i64(args, "subject", 0), e);
    if (json_get_bool(args, "due"))
        return due_run(w, body, e);
    return check_full_step(w, args, body, e);
}
