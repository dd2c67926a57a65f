/* What ends the tasks of schedules: a record of the form that the schedule asks for, or a person's note where it asks for none. One record
 * ends one occurrence of a schedule for its subject, the newest open one that had begun on its day; a void reopens it.
 *
 * It is looked at after the commit, for every record that was written, whatever the way (todo "check"); the act of the house that follows
 * says when the record came into force, so that the keeper's pace moves no date. */
#include "core/schedule.h"

char *sched_upper(TALLOC_CTX *mem, const char *prefix)
{
    char *s = mem_strdup(mem, prefix);
    if (s[0] != '\0')
        s[strlen(s) - 1] = ';';
    return s;
}

char *sched_group(TALLOC_CTX *mem, const char *tkey)
{
    const char *colon = strrchr(tkey, ':');
    return mem_strndup(mem, tkey, colon ? (size_t)(colon - tkey) + 1 : strlen(tkey));
}

enum rc sched_apply(struct tx *tx, const struct json *effect, struct err *e)
{
    const struct json *sched = json_get(effect, "sched"), *gone = json_get(effect, "sched_gone"), *open = json_get(effect, "tasks_reopened");
    for (size_t i = 0; i < json_n(sched); i++) {
        const struct json *s = json_at(sched, i);
        TRY(q_sched_put(tx, json_get_str(s, "key"), json_get_str(s, "rule"), json_get_str(s, "since"), json_get_str(s, "upto"), json_get_str(s, "day"),
                        json_get_i64(s, "after", 0), e));
    }
    for (size_t i = 0; i < json_n(gone); i++)
        TRY(q_sched_drop(tx, json_str(json_at(gone, i)), e));
    for (size_t i = 0; i < json_n(open); i++)
        TRY(q_task_reopen(tx, json_str(json_at(open, i)), e));
    return RC_OK;
}

/* ---- what a record says ---- */

/* When it came into force for the first time; a row that corrects another stands since that one. 0: by an import, which is no work of these days. */
static enum rc in_force_at(struct work *w, const struct record *rec, const struct content *c, int64_t *ret_us, struct err *e)
{
    struct q_act_promoted act;
    struct record old;
    struct content *was;
    size_t erased;
    bool found;
    int64_t id;
    const char *fix = content_get(c, LOG_CORRECTS);
    *ret_us = 0;
    if (strcmp(rec->origin, "app") != 0)
        return RC_OK;
    if (rec->form->kind != FORM_LOG) {
        TRY(q_act_promoted(w->db, w->mem, rec->id, &act, &found, e));
        *ret_us = found ? act.at : 0;
        return RC_OK;
    }
    *ret_us = rec->made_at;
    while (fix != NULL && str_to_i64(str_of(fix), &id)) {
        TRY(record_get(w->db, w->mem, w->set, id, &old, e));
        TRY(revision_content(w->db, w->mem, old.force_rev, &was, &erased, e));
        *ret_us = old.made_at;
        fix = content_get(was, LOG_CORRECTS);
    }
    return RC_OK;
}

static void id_push(struct id_vec *v, const char *text)
{
    int64_t id;
    if (text != NULL && str_to_i64(str_of(text), &id))
        *vec_push(v) = id;
}

/* For whom or what of the schedule's subjects it was made. */
static void named(struct work *w, const struct schedule *s, const struct record *rec, const struct content *c, struct id_vec *ret)
{
    const struct form *per = s->per[0] ? pack_form(w->set, s->per) : NULL;
    const struct field *fd = per ? pack_names(rec->form, per) : NULL;
    if (per == NULL)
        *vec_push(ret) = 0;
    else if (fd == NULL)
        *vec_push(ret) = strcmp(per->ident, "department") == 0 ? rec->department : rec->made_by;
    else if (!fd->many)
        id_push(ret, content_get(c, fd->path));
    else
        for (size_t i = 0; i < content_rows(c, fd->path); i++)
            id_push(ret, content_get(c, mem_fmt(w->mem, "%s[%zu]", fd->path, i)));
}

/* ---- ending and reopening ---- */

struct done_by { const struct record *rec; int64_t at; char day[CIVIL_TEXT_N]; };

static enum rc subject_done(struct work *w, const struct schedule *s, int64_t subject, const struct done_by *p, struct json *closed, struct err *e)
{
    struct q_sched_newest_rows open;
    const char *lo = mem_fmt(w->mem, SCHED_PREFIX "%s:%lld:", s->key, (long long)subject), *group = NULL;
    TRY(q_sched_newest(w->db, w->mem, lo, sched_upper(w->mem, lo), &open, e));
    for (size_t i = 0; i < open.n; i++) {
        if (group == NULL && strncmp(open.v[i].tkey + strlen(lo), p->day, CIVIL_TEXT_N - 1) <= 0)
            group = sched_group(w->mem, open.v[i].tkey);
        if (group != NULL && strncmp(open.v[i].tkey, group, strlen(group)) == 0)
            task_closed_add(closed, open.v[i].tkey, "done", p->rec->made_by, p->rec->id, p->at);
    }
    return RC_OK;
}

/* One record stands for one occurrence: what it has ended already is enough. */
static bool spent_on(const struct q_sched_evidence_rows *had, const struct schedule *s)
{
    for (size_t i = 0; i < had->n; i++)
        if (strcmp(had->v[i].name, s->key) == 0)
            return true;
    return false;
}

static enum rc schedule_done(struct work *w, const struct schedule *s, const struct done_by *p, const struct content *c, struct json *closed, struct err *e)
{
    enum truth truth = T_TRUE;
    struct id_vec ids = VEC_INIT(w->mem);
    if (s->done != NULL)
        TRY(judge_conds(w, p->rec, SLOT_FORCE, (const struct cond *const[]){s->done}, 1, &truth, e));
    if (truth != T_TRUE)
        return RC_OK;
    named(w, s, p->rec, c, &ids);
    for (size_t i = 0; i < ids.n; i++)
        TRY(subject_done(w, s, ids.v[i], p, closed, e));
    return RC_OK;
}

static bool asked_for(const struct pack_set *set, const struct form *f)
{
    for (size_t i = 0; i < set->pack_n; i++)
        for (size_t k = 0; k < set->pack[i].schedule_n; k++)
            if (text_eq(set->pack[i].schedule[k].make, f->ident))
                return true;
    return false;
}

static enum rc made(struct work *w, const struct record *rec, struct err *e)
{
    struct q_sched_evidence_rows had;
    struct content *c;
    size_t erased;
    struct done_by p = {.rec = rec};
    struct json *effect = json_obj(w->mem), *closed = json_set_arr(effect, "tasks_closed");
    TRY(revision_content(w->db, w->mem, rec->force_rev, &c, &erased, e));
    TRY(in_force_at(w, rec, c, &p.at, e));
    if (p.at == 0)
        return RC_OK;
    civil_text(civil_of_us(p.at), p.day);
    if (rec->happened_on != NULL && strcmp(rec->happened_on, p.day) < 0)     /* entered afterwards: of that day */
        memcpy(p.day, rec->happened_on, CIVIL_TEXT_N);
    TRY(q_sched_evidence(w->db, w->mem, rec->id, &had, e));
    for (size_t i = 0; i < w->set->pack_n; i++)
        for (size_t k = 0; k < w->set->pack[i].schedule_n; k++) {
            const struct schedule *s = &w->set->pack[i].schedule[k];
            if (text_eq(s->make, rec->form->ident) && !spent_on(&had, s))
                TRY(schedule_done(w, s, &p, c, closed, e));
        }
    return json_n(closed) > 0 ? act_do(w, 0, 0, "schedule", NULL, NULL, effect, e) : RC_OK;
}

/* Void or corrected: what it ended is open again; a correction may end it in its place. */
static enum rc unmade(struct work *w, const struct record *rec, struct err *e)
{
    struct q_sched_evidence_rows had;
    struct q_links_to_rows to;
    struct json *effect = json_obj(w->mem), *arr;
    TRY(q_sched_evidence(w->db, w->mem, rec->id, &had, e));
    if (had.n == 0)
        return RC_OK;
    arr = json_set_arr(effect, "tasks_reopened");
    for (size_t i = 0; i < had.n; i++)
        json_add_str(arr, had.v[i].tkey);
    TRY(act_do(w, 0, 0, "schedule", NULL, NULL, effect, e));
    TRY(q_links_to(w->db, w->mem, rec->id, 200, &to, e));
    for (size_t i = 0; i < to.n; i++)
        if (strcmp(to.v[i].path, LOG_CORRECTS) == 0)
            TRY(sched_touch(w, to.v[i].from_record, e));
    return RC_OK;
}

enum rc sched_touch(struct work *w, int64_t record, struct err *e)
{
    struct record rec;
    TRY(record_get(w->db, w->mem, w->set, record, &rec, e));
    if (rec.form == NULL)
        return RC_OK;
    if (seats_told_by(rec.form_ident))
        TRY(q_keep_put(w->tx, SCHED_PEOPLE, "1", e));
    if (strcmp(rec.state, "void") == 0 || strcmp(rec.state, "corrected") == 0)
        return unmade(w, &rec, e);
    return rec.force_rev != 0 && asked_for(w->set, rec.form) ? made(w, &rec, e) : RC_OK;
}
