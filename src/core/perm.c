/* The one decision function. Whatever is not provably allowed is refused; a NULL department belongs to nobody. The rules in words:
 * docs/SECURITY.md. */
#include <stdlib.h>
#include "core/route_int.h"

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

static bool is_admin(const struct question *q) { return holds(q, "administrator"); }

/* Holders of roles that read everything (roles.yaml: sees_all). */
static bool sees_all(const struct question *q)
{
    for (size_t i = 0; i < q->set->role_n; i++)
        if (q->set->role[i].sees_all && holds(q, q->set->role[i].key))
            return true;
    return false;
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

static bool may_see(const struct question *q)
{
    if (q->rec->made_by == q->a->person || is_me(q) || q->f->see == SEE_ALL)
        return true;
    if (q->f->see == SEE_DEPARTMENT && near(q, q->rec->department))
        return true;
    return sees_all(q) || took_part(q) || deputises(q);
}

/* Named by the form as a maker through a post, not as everybody: keeps the whole register, whatever the department. */
static bool makes_by_post(const struct question *q)
{
    for (size_t i = 0; i < q->f->make_n; i++) {
        const struct who *w = &q->f->make[i];
        const struct role *r = w->kind == WHO_ROLE ? pack_role(q->set, w->role) : NULL;
        if (r != NULL && !r->everyone && !r->derived_head && !r->unit && holds(q, w->role))
            return true;
    }
    return is_admin(q);
}

static bool may_make(const struct question *q)
{
    if (q->f->make_n == 0)
        return holds(q, "employee");
    for (size_t i = 0; i < q->f->make_n; i++) {
        const struct who *w = &q->f->make[i];
        if (w->kind == WHO_APPLICANT || (w->kind == WHO_ROLE && holds(q, w->role)) || (w->kind == WHO_HEAD_OF && holds(q, "head_of_department")))
            return true;
    }
    return is_admin(q);
}

/* A register row in force is everybody's who keeps that register: its post, or those who may make such a row and are near it. To read
 * everything (an auditor) is no right to change anything. */
static bool keeps_register(const struct question *q)
{
    bool reg = q->f->category != NULL && strcmp(q->f->category, "register") == 0;
    return reg && (makes_by_post(q) || (may_make(q) && near(q, q->rec->department)));
}

/* A row of a log is corrected, by a row of its own, by who may make one: its maker, the people near it, and who keeps the log by a post. */
static bool may_correct(const struct question *q)
{
    return may_make(q) && (q->rec->made_by == q->a->person || near(q, q->rec->department) || makes_by_post(q));
}

/* A draft is changed by its maker, a rejected one by nobody; what is in force by its maker or by who keeps the register. */
static bool may_edit(const struct question *q)
{
    if (q->rec->draft_state != NULL && strcmp(q->rec->draft_state, "rejected") == 0)
        return false;
    if (q->f->kind == FORM_LOG)
        return may_correct(q);
    if (q->rec->made_by == q->a->person)
        return q->rec->force_rev == 0 || may_make(q);
    return q->rec->force_rev != 0 && keeps_register(q);
}

static bool may_act(const struct question *q)
{
    MEM_SCOPE(tmp, q->mem);
    struct q_step_open row;
    struct err e = {0};
    return (asked(q, q_step_open(q->db, tmp, q->rec->id, q->a->person, &row, &e), &e) && row.n > 0) || deputises(q);
}

static bool may_fill(const struct question *q)
{
    return q->rec->made_by == q->a->person || in_route(q) || has_task(q) || keeps_register(q) || (q->f->make_n > 0 && makes_by_post(q));
}

/* A draft that never was in force is thrown away by its maker; what was in force is voided by the security officer or an administrator. */
static bool may_void(const struct question *q)
{
    if (q->rec->force_rev == 0 && q->rec->made_by == q->a->person)
        return q->rec->draft_state == NULL || strcmp(q->rec->draft_state, "submitted") != 0;
    return holds(q, "security_officer") || is_admin(q);
}

static bool decide(const struct question *q, enum permit p)
{
    if (q->a->kind == ACTOR_SYSTEM || q->a->kind == ACTOR_SETUP)
        return true;
    if (q->set == NULL || q->a->person == 0 || !is_here(q))
        return false;
    if (q->rec != NULL && strcmp(q->rec->state, STATE_STAGED) == 0)            /* a row of an import that is not in force: nobody's yet */
        return false;
    switch (p) {
    case PERMIT_SEE: return q->f != NULL && q->rec != NULL && may_see(q);
    case PERMIT_MAKE: return q->f != NULL && may_make(q);
    case PERMIT_EDIT: return q->f != NULL && q->rec != NULL && may_edit(q);
    case PERMIT_ACT: return q->f != NULL && q->rec != NULL && may_act(q);
    case PERMIT_FILL: return q->f != NULL && q->rec != NULL && may_fill(q);
    case PERMIT_VOID: return q->f != NULL && q->rec != NULL && may_void(q);
    case PERMIT_EXPORT: return q->f != NULL && (may_make(q) || sees_all(q));
    /* whoever keeps such rows by a post may bring a list: a register with a route takes effect only when somebody else approved the import */
    case PERMIT_IMPORT: return q->f != NULL && q->f->kind != FORM_LOG && q->f->make_n > 0 && may_make(q);
    case PERMIT_ERASE: case PERMIT_ADMIN: return is_admin(q);
    case PERMIT_READ_ALL: return sees_all(q);
    case PERMIT__N: return false;
    }
    return false;
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
