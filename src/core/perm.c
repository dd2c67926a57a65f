/* The one decision function. Whatever is not provably allowed is refused; a NULL department belongs to nobody. The rules in words:
 * docs/SECURITY.md. They stand in one table of ways (perm_ways): one way that is open is enough. The matrix of permissions is read from
 * the same table (reach.c). */
#include <stdlib.h>
#include "core/perm_way.h"
#include "core/order.h"
#include "core/leaver.h"

#define BELOW_AT_ONCE 64

struct grant { enum permit permit; int64_t record; };

/* `bad`: the first error while asking. Then nothing is allowed, and it is an error, never a refusal: who asks must not read it as "no". */
struct question { struct db *db; TALLOC_CTX *mem; const struct pack_set *set; const struct actor *a; const struct form *f; const struct record *rec; const char *today; struct err *bad; };

static bool asked(const struct question *q, enum rc rc, const struct err *e)
{
    if (rc != RC_OK && q->bad->code == ERR_NONE)
        *q->bad = *e;
    return rc == RC_OK;
}

static bool holds(const struct question *q, const char *role)
{
    struct err e = {0};
    bool yes = false;
    return asked(q, org_holds_set(q->db, q->set, q->a->person, role, q->today, &yes, &e), &e) && yes;
}

static bool is_here(const struct question *q)
{
    struct err e = {0};
    bool yes = false;
    return asked(q, org_is_here(q->db, q->a->person, q->today, &yes, &e), &e) && yes;
}

static bool in_route(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct q_step_person row;
    struct err e = {0};
    return asked(q, q_step_person(q->db, tmp, q->rec->id, q->a->person, &row, &e), &e) && row.n > 0;
}

static bool acted(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct q_act_by row;
    struct err e = {0};
    return asked(q, q_act_by(q->db, tmp, q->rec->id, q->a->person, &row, &e), &e) && row.n > 0;
}

/* Somebody whose seat is open has the actor for a deputy today. */
static bool deputises(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct err e = {0};
    int64_t from = 0;
    return q->f != NULL && asked(q, deputy_stands(q->db, tmp, q->set, q->f, q->rec->id, q->a->person, q->today, &from, &e), &e) && from != 0;
}

/* Is the record's department one of the actor's, or below one that the actor heads? */
static bool near(const struct question *q, int64_t dept)
{
    MEM_SCOPE(tmp, q->mem);
    struct err e = {0};
    int64_t head;
    bool member = false;
    if (dept == 0 || !asked(q, org_member(q->db, q->set, q->a->person, dept, q->today, &member, &e), &e))
        return false;
    if (member)
        return true;
    for (int i = 0; dept != 0 && i < 12; i++) {
        if (!asked(q, org_head(q->db, tmp, dept, q->today, &head, &e), &e))
            return false;
        if (head == q->a->person)
            return true;
        if (!asked(q, org_parent(q->db, dept, &dept, &e), &e))
            return false;
    }
    return false;
}

static bool is_me(const struct question *q)
{
    return strcmp(q->f->ident, "person") == 0 && q->rec->id == q->a->person;
}

static bool has_task(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct q_task_open_of row;
    struct err e = {0};
    return asked(q, q_task_open_of(q->db, tmp, q->rec->id, q->a->person, &row, &e), &e) && row.n > 0;
}

/* Asked about many records together (parts_read), or about this one. */
static bool took_part(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    bool yes;
    return part_known(q->db, tmp, q->a->person, q->rec->id, &yes) ? yes : in_route(q) || acted(q) || has_task(q);
}

/* ---- what must be so of the record ---- */

static bool mine(const struct question *q) { return q->rec->made_by == q->a->person; }
static bool near_it(const struct question *q) { return near(q, q->rec->department); }
static bool not_rejected(const struct question *q) { return q->rec->draft_state == NULL || strcmp(q->rec->draft_state, "rejected") != 0; }
static bool in_force(const struct question *q) { return q->rec->force_rev != 0 && not_rejected(q); }
static bool my_draft(const struct question *q) { return mine(q) && q->rec->force_rev == 0 && not_rejected(q); }
static bool mine_in_force(const struct question *q) { return mine(q) && in_force(q); }
static bool near_in_force(const struct question *q) { return in_force(q) && near_it(q); }
static bool mine_not_rejected(const struct question *q) { return mine(q) && not_rejected(q); }
static bool near_not_rejected(const struct question *q) { return not_rejected(q) && near_it(q); }

/* A draft that never was in force and is not in its route: its maker throws it away. In its route, not even as security officer. */
static bool mine_never_in_force(const struct question *q) { return q->rec->force_rev == 0 && mine(q); }
static bool my_loose_draft(const struct question *q) { return mine_never_in_force(q) && (q->rec->draft_state == NULL || strcmp(q->rec->draft_state, "submitted") != 0); }
static bool others_or_in_force(const struct question *q) { return !mine_never_in_force(q); }

/* What somebody who left had begun is gone on with, or thrown away, by who was asked to look after it (leaver.c). */
static bool inherited(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct err e = {0};
    bool here = true, yes = false;
    if (q->rec->draft_rev == 0 || q->rec->made_by == 0 || !not_rejected(q) || !asked(q, org_is_here(q->db, q->rec->made_by, q->today, &here, &e), &e) || here)
        return false;
    return asked(q, leaver_heir(q->db, tmp, q->rec->id, q->a->person, &yes, &e), &e) && yes;
}
static bool inherited_loose_draft(const struct question *q)
{
    return q->rec->force_rev == 0 && (q->rec->draft_state == NULL || strcmp(q->rec->draft_state, "submitted") != 0) && inherited(q);
}

static bool seat_open(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct q_step_open row;
    struct err e = {0};
    return asked(q, q_step_open(q->db, tmp, q->rec->id, q->a->person, &row, &e), &e) && row.n > 0;
}

/* ---- for which forms ---- */

static bool seen_by_all(const struct form *f) { return f->see == SEE_ALL; }
static bool seen_by_department(const struct form *f) { return f->see == SEE_DEPARTMENT; }
static bool of_people(const struct form *f) { return strcmp(f->ident, "person") == 0; }
static bool is_log(const struct form *f) { return f->kind == FORM_LOG; }
static bool written_down(const struct form *f) { return !accounts_own(f->ident); }      /* what other systems say is nobody's to write: accounts.take does */
static bool is_no_log(const struct form *f) { return f->kind != FORM_LOG && written_down(f); }
static bool is_register(const struct form *f) { return f->category != NULL && strcmp(f->category, "register") == 0 && written_down(f); }
static bool is_kept(const struct form *f) { return f->kind != FORM_LOG && is_register(f); }
static bool made_by_hand(const struct form *f) { return strcmp(f->ident, "import") != 0; }      /* import.run alone makes those, for who may import */
static bool names_no_maker(const struct form *f) { return f->make_n == 0 && made_by_hand(f); }
static bool filled_by_hand(const struct form *f) { return !order_is(f->ident) && written_down(f); }         /* what became of an order is daicho's to write */
static bool kept_or_made(const struct form *f) { return filled_by_hand(f) && (is_register(f) || f->make_n > 0); }
static bool register_filled(const struct form *f) { return filled_by_hand(f) && is_register(f); }
static bool brought_in(const struct form *f) { return f->kind != FORM_LOG && f->make_n > 0 && written_down(f); }

static bool made_by_applicant(const struct form *f)
{
    for (size_t i = 0; i < f->make_n; i++)
        if (f->make[i].kind == WHO_APPLICANT)
            return true;
    return false;
}

/* ---- through which roles ---- */

static bool one_role(const struct pack_set *set, const char *key, size_t i, struct way_role *ret)
{
    const struct role *r = i == 0 ? pack_role(set, key) : NULL;
    *ret = (struct way_role){r ? r->key : key, r ? r->pos : (struct pos){0}};
    return i == 0;
}

static bool employees(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret) { return one_role(set, "employee", i, ret); }
static bool admins(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret) { return one_role(set, "administrator", i, ret); }
static bool officers(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret) { return one_role(set, "security_officer", i, ret); }

/* Holders of roles that read everything (roles.yaml: sees_all). */
static bool readers(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret)
{
    for (size_t k = 0; k < set->role_n; k++)
        if (set->role[k].sees_all && i-- == 0) {
            *ret = (struct way_role){set->role[k].key, set->role[k].pos};
            return true;
        }
    return false;
}

/* Whom the form names as its makers (`make`). */
static bool makers(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret)
{
    for (size_t k = 0; k < f->make_n; k++)
        if ((f->make[k].kind == WHO_ROLE || f->make[k].kind == WHO_HEAD_OF) && i-- == 0) {
            *ret = (struct way_role){f->make[k].kind == WHO_ROLE ? f->make[k].role : "head_of_department", f->make[k].pos};
            return true;
        }
    return false;
}

/* Named by the form as a maker through a post, not as everybody: keeps the whole register, whatever the department. */
static bool keepers(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret)
{
    for (size_t k = 0; k < f->make_n; k++) {
        const struct role *r = f->make[k].kind == WHO_ROLE ? pack_role(set, f->make[k].role) : NULL;
        if (r != NULL && !r->everyone && !r->derived_head && !r->unit && i-- == 0) {
            *ret = (struct way_role){f->make[k].role, f->make[k].pos};
            return true;
        }
    }
    return one_role(set, "administrator", i, ret);
}

/* ---- the ways, the cheap ones of a permit first ---- */

const struct way perm_ways[] = {
    {PERMIT_SEE, REACH_OWN, NULL, mine, PERMIT__N, NULL},
    {PERMIT_SEE, REACH_OWN, of_people, is_me, PERMIT__N, NULL},
    {PERMIT_SEE, REACH_ALWAYS, seen_by_all, NULL, PERMIT__N, NULL},
    {PERMIT_SEE, REACH_DEPARTMENT, seen_by_department, near_it, PERMIT__N, NULL},
    {PERMIT_SEE, REACH_ALWAYS, NULL, NULL, PERMIT__N, readers},
    {PERMIT_SEE, REACH_ROUTE, NULL, took_part, PERMIT__N, NULL},
    {PERMIT_SEE, REACH_DEPUTY, NULL, deputises, PERMIT__N, NULL},

    {PERMIT_MAKE, REACH_ALWAYS, names_no_maker, NULL, PERMIT__N, employees},
    {PERMIT_MAKE, REACH_ALWAYS, made_by_applicant, NULL, PERMIT__N, NULL},
    {PERMIT_MAKE, REACH_ALWAYS, NULL, NULL, PERMIT__N, makers},
    {PERMIT_MAKE, REACH_ALWAYS, made_by_hand, NULL, PERMIT__N, admins},

    /* A draft is changed by its maker, a rejected one by nobody. What is in force: by its maker while they may make such a record, and in a
     * register by who keeps it: its post, or those who may make such a row and are near it. To read everything is no right to change anything. */
    {PERMIT_EDIT, REACH_OWN, is_no_log, my_draft, PERMIT__N, NULL},
    {PERMIT_EDIT, REACH_OWN, is_no_log, mine_in_force, PERMIT_MAKE, NULL},
    {PERMIT_EDIT, REACH_ALWAYS, is_kept, in_force, PERMIT__N, keepers},
    {PERMIT_EDIT, REACH_DEPARTMENT, is_kept, near_in_force, PERMIT_MAKE, NULL},
    {PERMIT_EDIT, REACH_OWN, is_no_log, inherited, PERMIT__N, NULL},                  /* in the place of its maker */
    /* A row of a log is corrected, by a row of its own, by who may make one: its maker, the people near it, and who keeps the log by a post. */
    {PERMIT_EDIT, REACH_OWN, is_log, mine_not_rejected, PERMIT_MAKE, NULL},
    {PERMIT_EDIT, REACH_DEPARTMENT, is_log, near_not_rejected, PERMIT_MAKE, NULL},
    {PERMIT_EDIT, REACH_ALWAYS, is_log, not_rejected, PERMIT__N, keepers},

    {PERMIT_ACT, REACH_POST, NULL, seat_open, PERMIT__N, NULL},
    {PERMIT_ACT, REACH_DEPUTY, NULL, deputises, PERMIT__N, NULL},

    {PERMIT_FILL, REACH_OWN, filled_by_hand, mine, PERMIT__N, NULL},
    {PERMIT_FILL, REACH_ROUTE, filled_by_hand, in_route, PERMIT__N, NULL},
    {PERMIT_FILL, REACH_TASK, filled_by_hand, has_task, PERMIT__N, NULL},
    {PERMIT_FILL, REACH_ALWAYS, kept_or_made, NULL, PERMIT__N, keepers},
    {PERMIT_FILL, REACH_DEPARTMENT, register_filled, near_it, PERMIT_MAKE, NULL},

    {PERMIT_VOID, REACH_OWN, NULL, my_loose_draft, PERMIT__N, NULL},
    {PERMIT_VOID, REACH_OWN, NULL, inherited_loose_draft, PERMIT__N, NULL},
    {PERMIT_VOID, REACH_ALWAYS, NULL, others_or_in_force, PERMIT__N, officers},
    {PERMIT_VOID, REACH_ALWAYS, NULL, others_or_in_force, PERMIT__N, admins},

    {PERMIT_EXPORT, REACH_ALWAYS, NULL, NULL, PERMIT_MAKE, NULL},
    {PERMIT_EXPORT, REACH_ALWAYS, NULL, NULL, PERMIT__N, readers},
    /* whoever keeps such rows by a post may bring a list: a register with a route takes effect only when somebody else approved the import */
    {PERMIT_IMPORT, REACH_ALWAYS, brought_in, NULL, PERMIT_MAKE, NULL},

    {PERMIT_ERASE, REACH_ALWAYS, NULL, NULL, PERMIT__N, admins},
    {PERMIT_ADMIN, REACH_ALWAYS, NULL, NULL, PERMIT__N, admins},
    {PERMIT_READ_ALL, REACH_ALWAYS, NULL, NULL, PERMIT__N, readers},
};
const size_t perm_ways_n = ARRAY_N(perm_ways);

static bool holds_one(const struct question *q, way_roles roles)
{
    struct way_role r;
    for (size_t i = 0; roles(q->set, q->f, i, &r); i++)
        if (holds(q, r.role))
            return true;
    return false;
}

static bool sees_all(const struct question *q) { return holds_one(q, readers); }

static bool some_way(const struct question *q, enum permit p)
{
    for (size_t i = 0; i < perm_ways_n; i++) {
        const struct way *w = &perm_ways[i];
        if (w->permit == p && (w->form == NULL || w->form(q->f)) && (w->fact == NULL || w->fact(q)) && (w->also == PERMIT__N || some_way(q, w->also)) &&
            (w->roles == NULL || holds_one(q, w->roles)))
            return true;
    }
    return false;
}

/* What the permit is asked about: a record, a form, or the house. */
static bool asked_rightly(const struct question *q, enum permit p)
{
    switch (p) {
    case PERMIT_SEE: case PERMIT_EDIT: case PERMIT_ACT: case PERMIT_FILL: case PERMIT_VOID: return q->f != NULL && q->rec != NULL;
    case PERMIT_MAKE: case PERMIT_EXPORT: case PERMIT_IMPORT: return q->f != NULL;
    case PERMIT_ERASE: case PERMIT_ADMIN: case PERMIT_READ_ALL: return true;
    case PERMIT__N: return false;
    }
    return false;
}

static bool decide(const struct question *q, enum permit p)
{
    if (q->a->kind == ACTOR_SYSTEM || q->a->kind == ACTOR_SETUP)
        return true;
    if (q->set == NULL || q->a->person == 0 || !is_here(q))
        return false;
    if (q->rec != NULL && strcmp(q->rec->state, STATE_STAGED) == 0)            /* a row of an import that is not in force: nobody's yet */
        return false;
    return asked_rightly(q, p) && some_way(q, p);
}

enum rc perm_check(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct actor *a, enum permit p, const struct form *f,
                   const struct record *rec, const char *today, const struct grant **ret_grant, struct err *e)
{
    struct err bad = {0};
    struct question q = {db, mem, set, a, f, rec, today, &bad};
    bool yes = decide(&q, p);
    if (bad.code != ERR_NONE) {
        *e = bad;
        return err_rc(&bad) == RC_DENIED ? RC_FAIL : err_rc(&bad);
    }
    if (!yes)
        return err_set(e, ERR_DENIED, "permit %d on %s %lld for %lld", (int)p, f ? f->ident : "-", rec ? (long long)rec->id : 0LL, (long long)a->person);
    struct grant *g = mem_new(mem, struct grant);
    *g = (struct grant){p, rec ? rec->id : 0};
    *ret_grant = g;
    return RC_OK;
}

enum rc perm_may(struct reader *r, enum permit p, const struct form *f, const struct record *rec, bool *ret, struct err *e)
{
    const struct grant *g;
    enum rc rc = perm_check(r->db, r->mem, r->set, &r->actor, p, f, rec, r->today, &g, e);
    *ret = rc == RC_OK;
    if (rc == RC_DENIED)
        *e = (struct err){0};
    return rc == RC_DENIED ? RC_OK : rc;
}

enum rc perm_see(struct reader *r, int64_t id, struct record *ret_rec, const struct grant **ret_grant, struct err *e)
{
    TRY(record_get(r->db, r->mem, r->set, id, ret_rec, e));
    TRY(record_own_form(r, ret_rec, e));
    enum rc rc = ret_rec->form == NULL ? RC_DENIED : perm_check(r->db, r->mem, r->set, &r->actor, PERMIT_SEE, ret_rec->form, ret_rec, r->today, ret_grant, e);
    return rc == RC_DENIED ? err_set(e, ERR_RECORD_MISSING, "record %lld", (long long)id) : rc;
}

void grant_assert(const struct grant *g, enum permit p, const struct record *rec)
{
    if (g == NULL || g->permit != p || g->record != (rec ? rec->id : 0))
        abort();                                /* a wrong grant is a bug of ours: nothing may go on */
}

/* All that lie below these, level by level. */
static enum rc below(const struct question *q, struct id_vec *ids, struct err *e)
{
    for (size_t from = 0; from < ids->n && ids->n < 1000;) {
        struct id_vec more = VEC_INIT(q->mem);
        size_t n = ids->n - from < BELOW_AT_ONCE ? ids->n - from : BELOW_AT_ONCE;
        TRY(org_below(q->db, q->mem, ids->v + from, n, &more, e));
        from += n;
        for (size_t k = 0; k < more.n; k++)
            if (!ids_have(ids, more.v[k]))
                *vec_push(ids) = more.v[k];
    }
    return RC_OK;
}

enum rc perm_departments(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct actor *a, const struct form *f, const char *today,
                         bool *ret_all, int64_t **ret_ids, size_t *ret_n, struct err *e)
{
    struct err bad = {0};
    struct question q = {db, mem, set, a, f, NULL, today, &bad};
    struct id_vec ids = VEC_INIT(mem);
    *ret_all = a->kind != ACTOR_PERSON || f->see == SEE_ALL || sees_all(&q);
    if (bad.code != ERR_NONE) {
        *e = bad;
        return err_rc(&bad);
    }
    *ret_ids = NULL;
    *ret_n = 0;
    if (*ret_all || f->see == SEE_ROUTE)
        return RC_OK;
    TRY(org_heads(db, mem, a->person, today, &ids, e));
    TRY(below(&q, &ids, e));
    TRY(org_departments_of(db, mem, set, a->person, today, &ids, e));
    *ret_ids = ids.v;
    *ret_n = ids.n;
    return RC_OK;
}
