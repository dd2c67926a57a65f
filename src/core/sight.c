/* Who could see a record on a day that has passed, and through what: the ways of seeing of perm.c (perm_ways) asked of what stood at the end of that day.
 * The record is followed through its acts, the organisation read from org_span, the form and the roles from the regulations in use then. A row of
 * an import counts as there from the moment at which it was made ready (the import comes into force right after). */
#include "core/route_int.h"

#define ACTS_AT_ONCE 500
#define ACTS_MAX 10000
#define LEVELS_MAX 12
#define HOLDERS_MAX 200

struct task_then { int64_t person; bool open; };
struct did { int64_t person; const char *kind; };
VEC_TYPE(dids, struct did);

/* The record as it stood. */
struct stood { struct record rec; const struct form *f; bool running, staged; const struct json *steps; struct dids did; struct map *task; };
struct looking { struct reader *r; struct past *p; struct stood t; struct sight *out; };

/* ---- the record ---- */

static void did_add(struct stood *t, int64_t person, const char *kind)
{
    for (size_t i = 0; i < t->did.n; i++)
        if (t->did.v[i].person == person)
            return;
    if (person != 0)
        *vec_push(&t->did) = (struct did){person, kind};
}

static void tasks_take(TALLOC_CTX *mem, struct stood *t, const struct json *ef)
{
    const struct json *open = json_get(ef, "tasks"), *closed = json_get(ef, "tasks_closed");
    for (size_t i = 0; i < json_n(open); i++) {
        const struct json *x = json_at(open, i);
        struct task_then *k = mem_new(mem, struct task_then);
        *k = (struct task_then){json_get_i64(x, "person", 0), !text_eq(json_get_str(x, "state"), STATE_STAGED)};
        if (json_get_i64(x, "record", t->rec.id) == t->rec.id)
            map_set(t->task, json_get_str(x, "key"), k);
    }
    for (size_t i = 0; i < json_n(closed); i++) {
        struct task_then *k = map_get(t->task, json_get_str(json_at(closed, i), "key"));
        if (k != NULL)
            k->open = false;
    }
}

/* The same keys that act_apply reads. */
static void act_take(TALLOC_CTX *mem, struct stood *t, const struct q_acts_upto *a, const struct json *ef)
{
    struct record *rec = &t->rec;
    const struct json *fresh = json_get(ef, "new"), *ds = json_get(ef, "draft_state"), *steps = json_get(ef, "steps");
    if (fresh != NULL) {
        rec->department = json_get_i64(fresh, "department", 0);
        rec->pack_set = json_get_i64(fresh, "pack_set", 0);
        rec->draft_state = "draft";
    }
    rec->draft_rev = json_get_i64(ef, "draft", rec->draft_rev);
    if (json_get(ef, "promote") != NULL || json_get_bool(ef, "drop_draft") || json_get_bool(ef, "void"))
        rec->draft_rev = 0;
    if (ds != NULL)
        rec->draft_state = json_str(ds);
    rec->department = json_get_i64(ef, "department", rec->department);
    rec->pack_set = json_get_i64(ef, "pack_set", rec->pack_set);
    t->staged = json_get(ef, "staged") != NULL || (t->staged && strcmp(a->kind, "import") != 0);
    if (steps != NULL) {
        t->steps = json_get(steps, "rows");
        rec->route_set = json_get_i64(steps, "set", 0);
    }
    did_add(t, a->actor, a->kind);
    did_add(t, a->on_behalf_null ? 0 : a->on_behalf, a->kind);
    tasks_take(mem, t, ef);
}

static enum rc acts_follow(struct looking *l, struct err *e)
{
    struct reader *r = l->r;
    struct q_acts_upto_rows acts;
    int64_t no = 0;
    size_t n = 0;
    l->t.rec.department = 0;
    l->t.rec.draft_rev = 0;
    l->t.rec.draft_state = NULL;
    do {
        TRY(q_acts_upto(r->db, r->mem, l->t.rec.id, no, l->p->at, ACTS_AT_ONCE, &acts, e));
        for (size_t i = 0; i < acts.n; i++) {
            struct json *ef;
            TRY(json_read(r->mem, str_of(acts.v[i].effect), 8 << 20, &ef, e));
            act_take(r->mem, &l->t, &acts.v[i], ef);
            no = acts.v[i].no;
        }
        n += acts.n;
    } while (acts.n == ACTS_AT_ONCE && n < ACTS_MAX);
    return n < ACTS_MAX ? RC_OK : err_set(e, ERR_LIMIT, "acts of record %lld", (long long)l->t.rec.id);        /* half of it would be a wrong answer */
}

/* The form with which the record was read then (oldset.c, own_set). */
static enum rc form_then(struct looking *l, struct err *e)
{
    struct record *rec = &l->t.rec;
    const struct pack_set *set = l->p->set;
    bool other = l->p->other_set;
    l->t.running = rec->draft_rev != 0 && text_eq(rec->draft_state, "submitted");
    if (l->t.running && rec->route_set != 0)
        TRY(reader_set_at(l->r, rec->route_set, &set, &other, e));
    else if (pack_form(set, rec->form_ident) == NULL)
        TRY(reader_set_at(l->r, rec->pack_set, &set, &other, e));
    l->t.f = pack_form(set, rec->form_ident);
    l->out->known = l->t.f != NULL && !other;
    return RC_OK;
}

static enum rc record_then(struct looking *l, int64_t id, struct err *e)
{
    const struct grant *g;
    TRY(perm_see(l->r, id, &l->t.rec, &g, e));
    int64_t dept = l->t.rec.department;
    bool log = l->t.rec.form->kind == FORM_LOG;
    l->out->there = l->t.rec.made_at <= l->p->at;
    if (!l->out->there)
        return RC_OK;
    TRY(acts_follow(l, e));
    if (log)                                             /* its rows have no acts and never move */
        l->t.rec.department = dept;
    l->out->there = !l->t.staged;
    l->out->department = l->t.rec.department;
    return form_then(l, e);
}

/* ---- who ---- */

static void add(struct looking *l, int64_t person, enum sight_how how, const char *what, int64_t other)
{
    struct seers *v = &l->out->who;
    if (person == 0 && how != SIGHT_EVERYBODY)
        return;
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].person == person && v->v[i].how == how && v->v[i].other == other && text_eq(v->v[i].what ? v->v[i].what : "", what ? what : ""))
            return;
    *vec_push(v) = (struct seer){.person = person, .how = how, .what = what, .other = other};
}

static enum rc everybody(struct looking *l, struct err *e)
{
    struct q_org_people_on n;
    TRY(q_org_people_on(l->r->db, l->r->mem, l->p->on, l->p->at, SIGHT_COUNT_MAX, &n, e));
    l->out->everybody = n.n;
    add(l, 0, SIGHT_EVERYBODY, NULL, 0);
    return RC_OK;
}

static const char *step_name(struct looking *l, const char *key)
{
    const struct step *s = key ? pack_step(l->t.f, key) : NULL;
    return s ? pick_lang(l->r->actor.lang, s->label ? s->label : s->id, s->label_en) : key;
}

static enum rc held_then(struct looking *l, int64_t person, const char *role, bool *ret, struct err *e)
{
    const char *keys[ORG_KEYS_MAX];
    size_t n = 0;
    struct q_org_held_on held;
    struct q_org_headed_on headed;
    const struct role *r = pack_role(l->p->set, role);
    *ret = r != NULL && r->everyone;
    if (r != NULL && r->derived_head) {
        TRY(q_org_headed_on(l->r->db, l->r->mem, person, l->p->on, l->p->at, &headed, e));
        *ret = headed.n > 0;
    } else if (!*ret) {
        org_role_keys(l->p->set, role, keys, &n, ORG_KEYS_MAX);
    }
    for (size_t i = 0; i < n && !*ret; i++) {
        TRY(q_org_held_on(l->r->db, l->r->mem, person, keys[i], l->p->on, l->p->at, &held, e));
        *ret = held.n > 0;
    }
    return RC_OK;
}

/* A delegation that held that day for somebody whose seat was open. */
static enum rc deputy_add(struct looking *l, const struct deputy *d, struct err *e)
{
    bool fits = d->role == NULL;
    if (!fits)
        TRY(held_then(l, d->from, d->role, &fits, e));
    for (size_t i = 0; fits && i < json_n(l->t.steps); i++) {
        const struct json *s = json_at(l->t.steps, i), *who = json_get(s, "who");
        const char *key = json_get_str(s, "step");
        for (size_t k = 0; k < json_n(who); k++)
            if (json_get_i64(json_at(who, k), "p", 0) == d->from && text_eq(json_get_str(json_at(who, k), "s"), "open") && deputy_covers(l->p->set, pack_step(l->t.f, key), d->role))
                add(l, d->to, SIGHT_DEPUTY, step_name(l, key), d->from);
    }
    return RC_OK;
}

static enum rc deputies(struct looking *l, const struct id_vec *from, struct err *e)
{
    struct sql *s = sql_new(l->r->mem);
    struct db_rows *rows;
    struct deputy_vec found = VEC_INIT(l->r->mem);
    bool more;
    if (from->n == 0)
        return RC_OK;
    sql_lit(s, "SELECT person, other, role FROM org_span WHERE form = 'delegation' AND person IS NOT NULL AND other");
    sql_in_ids(s, from->v, from->n);
    sql_lit(s, " AND since_us <= ");
    sql_i64(s, l->p->at);
    sql_lit(s, " AND (until_us IS NULL OR until_us > ");
    sql_i64(s, l->p->at);
    sql_lit(s, ") AND from_on <= ");
    sql_text(s, l->p->on);
    sql_lit(s, " AND (to_on IS NULL OR to_on >= ");
    sql_text(s, l->p->on);
    sql_lit(s, ") ORDER BY record LIMIT 500");
    TRY(db_query(l->r->db, l->r->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        *vec_push(&found) = (struct deputy){.to = db_i64(rows, 0), .from = db_i64(rows, 1), .role = db_is_null(rows, 2) ? NULL : mem_strdup(l->r->mem, db_text(rows, 2))};
    }
    for (size_t i = 0; i < found.n; i++)
        TRY(deputy_add(l, &found.v[i], e));
    return RC_OK;
}

/* Seats of the route, whoever acted, open tasks, deputies of open seats. */
static enum rc took_part(struct looking *l, struct err *e)
{
    struct id_vec open = VEC_INIT(l->r->mem);
    struct q_tasks_on_rows tasks;
    for (size_t i = 0; i < json_n(l->t.steps); i++) {
        const struct json *s = json_at(l->t.steps, i), *who = json_get(s, "who");
        for (size_t k = 0; k < json_n(who); k++) {
            int64_t person = json_get_i64(json_at(who, k), "p", 0);
            add(l, person, SIGHT_STEP, step_name(l, json_get_str(s, "step")), 0);
            if (text_eq(json_get_str(json_at(who, k), "s"), "open") && person != 0 && !ids_have(&open, person))
                *vec_push(&open) = person;
        }
    }
    for (size_t i = 0; i < l->t.did.n; i++)
        if (l->t.did.v[i].person != l->t.rec.made_by)
            add(l, l->t.did.v[i].person, SIGHT_ACTED, l->t.did.v[i].kind, 0);
    TRY(q_tasks_on(l->r->db, l->r->mem, l->t.rec.id, l->p->at, &tasks, e));
    for (size_t i = 0; i < tasks.n; i++) {               /* whose it was then is in the acts; what no act made (a check's) is in the table alone */
        const struct task_then *k = map_get(l->t.task, tasks.v[i].tkey);
        if (k == NULL || k->open)
            add(l, k ? k->person : tasks.v[i].person_null ? 0 : tasks.v[i].person, SIGHT_TASK, tasks.v[i].title, 0);
    }
    return deputies(l, &open, e);
}

/* Heads of the department and of all above it. */
static enum rc near_heads(struct looking *l, struct err *e)
{
    int64_t dept = l->t.rec.department;
    for (int i = 0; dept != 0 && i < LEVELS_MAX; i++) {
        struct q_org_span_at d;
        bool found;
        TRY(q_org_span_at(l->r->db, l->r->mem, dept, l->p->at, &d, &found, e));
        if (!found)
            return RC_OK;
        if (d.to_on == NULL || strcmp(d.to_on, l->p->on) >= 0)          /* closed: nobody heads it */
            add(l, d.person_null ? 0 : d.person, SIGHT_HEAD, NULL, dept);
        dept = d.department_null ? 0 : d.department;
    }
    return RC_OK;
}

static enum rc role_holders(struct looking *l, const struct role *role, struct err *e)
{
    const char *keys[ORG_KEYS_MAX], *name = pick_lang(l->r->actor.lang, role->name, role->name_en);
    size_t n = 0;
    if (role->everyone)
        return everybody(l, e);
    if (role->derived_head) {
        struct q_org_heads_on_rows rows;
        TRY(q_org_heads_on(l->r->db, l->r->mem, l->p->on, l->p->at, 0, HOLDERS_MAX + 1, &rows, e));
        l->out->cut = l->out->cut || rows.n > HOLDERS_MAX;
        for (size_t i = 0; i < rows.n && i < HOLDERS_MAX; i++)
            add(l, rows.v[i].person_null ? 0 : rows.v[i].person, SIGHT_ROLE, name, 0);
        return RC_OK;
    }
    org_role_keys(l->p->set, role->key, keys, &n, ORG_KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct q_org_role_then_rows rows;
        TRY(q_org_role_then(l->r->db, l->r->mem, keys[i], l->p->on, l->p->at, HOLDERS_MAX + 1, &rows, e));
        l->out->cut = l->out->cut || rows.n > HOLDERS_MAX;
        for (size_t k = 0; k < rows.n && k < HOLDERS_MAX; k++)
            add(l, rows.v[k].person, SIGHT_ROLE, name, 0);
    }
    return RC_OK;
}

static enum rc members(struct looking *l, int64_t after, size_t limit, struct err *e)
{
    struct q_org_members_on_rows rows;
    int64_t dept = l->t.rec.department;
    if (dept == 0 || l->t.f->see != SEE_DEPARTMENT)
        return RC_OK;
    TRY(q_org_members_on(l->r->db, l->r->mem, dept, l->p->on, l->p->at, after, (int64_t)limit + 1, &rows, e));
    for (size_t i = 0; i < rows.n && i < limit; i++)
        add(l, rows.v[i].record, SIGHT_MEMBER, NULL, dept);
    l->out->next = rows.n > limit ? rows.v[limit - 1].record : 0;
    return RC_OK;
}

/* Somebody who had left, or was not there yet, saw nothing. */
static enum rc absent_drop(struct looking *l, struct err *e)
{
    struct sql *s = sql_new(l->r->mem);
    struct id_vec ids = VEC_INIT(l->r->mem), here = VEC_INIT(l->r->mem);
    struct seers *v = &l->out->who;
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].person != 0 && !ids_have(&ids, v->v[i].person))
            *vec_push(&ids) = v->v[i].person;
    if (ids.n == 0)
        return RC_OK;
    sql_lit(s, "SELECT record FROM org_span WHERE form = 'person' AND record");
    sql_in_ids(s, ids.v, ids.n);
    sql_lit(s, " AND since_us <= ");
    sql_i64(s, l->p->at);
    sql_lit(s, " AND (until_us IS NULL OR until_us > ");
    sql_i64(s, l->p->at);
    sql_lit(s, ") AND (to_on IS NULL OR to_on >= ");
    sql_text(s, l->p->on);
    sql_lit(s, ")");
    TRY(ids_read(l->r->db, l->r->mem, s, &here, e));
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].person == 0 || ids_have(&here, v->v[i].person))
            v->v[n++] = v->v[i];
    v->n = n;
    return RC_OK;
}

static enum rc all_lines(struct looking *l, struct err *e)
{
    const struct pack_set *set = l->p->set;
    if (l->t.f->see == SEE_ALL)
        TRY(everybody(l, e));
    add(l, l->t.rec.made_by, SIGHT_MADE, NULL, 0);
    if (strcmp(l->t.rec.form_ident, "person") == 0)
        add(l, l->t.rec.id, SIGHT_SELF, NULL, 0);
    TRY(took_part(l, e));
    if (l->t.f->see == SEE_DEPARTMENT)
        TRY(near_heads(l, e));
    for (size_t i = 0; i < set->role_n; i++)
        if (set->role[i].sees_all)
            TRY(role_holders(l, &set->role[i], e));
    return RC_OK;
}

enum rc sight_on(struct reader *r, struct past *p, int64_t record, int64_t after, size_t limit, struct sight *ret, struct err *e)
{
    struct looking l = {.r = r, .p = p, .out = ret, .t = {.did = VEC_INIT(r->mem), .task = map_new(r->mem)}};
    struct id_vec names = VEC_INIT(r->mem);
    *ret = (struct sight){.who = VEC_INIT(r->mem)};
    if (p->ahead)
        return err_set_arg(e, ERR_DAY_AHEAD, p->on, "day %s", p->on);
    TRY(record_then(&l, record, e));
    if (!ret->there || l.t.f == NULL)
        return RC_OK;
    if (after == 0)
        TRY(all_lines(&l, e));
    TRY(members(&l, after, limit, e));
    TRY(absent_drop(&l, e));
    for (size_t i = 0; i < ret->who.n; i++) {
        ids_want(&names, ret->who.v[i].person);
        ids_want(&names, ret->who.v[i].other);
    }
    ids_want(&names, ret->department);
    return past_names(r, p, &names, e);
}
