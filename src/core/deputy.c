/* Deputies (代理): a registered delegation in force (core form `delegation`: from_person, to_person, role or all, from_on, until_on) lets
 * one person act at another's steps. It is asked for when a step is shown and again at the act, never kept in between, so that an
 * ended delegation ends at once. It is not passed on: a deputy's deputy may nothing. Who made the draft does not approve it as anybody's
 * deputy either (decide.c). */
#include "core/route_int.h"

#define DELEGATIONS_MAX 200

static bool has_form(const struct pack_set *set)
{
    const struct form *f = set ? pack_form(set, "delegation") : NULL;
    return f != NULL && pack_field(f, "from_person") && pack_field(f, "to_person") && pack_field(f, "role") && pack_field(f, "from_on") && pack_field(f, "until_on");
}

static void lasting(struct sql *s, const char *from, const char *until)
{
    sql_lit(s, " AND d.slot = 0 AND d.state <> 'closed' AND d.from_on <= ");
    sql_text(s, until);
    sql_lit(s, " AND (d.until_on IS NULL OR d.until_on >= ");
    sql_text(s, from);
    sql_lit(s, ")");
}

static enum rc rows_of(struct db *db, TALLOC_CTX *mem, const struct sql *s, struct deputy_vec *ret, struct err *e)
{
    struct db_rows *rows;
    bool more;
    if (ret->mem == NULL)
        ret->mem = mem;
    TRY(db_query(db, mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = (struct deputy){.record = db_i64(rows, 0), .from = db_i64(rows, 1), .to = db_i64(rows, 2), .role = db_is_null(rows, 3) ? NULL : mem_strdup(mem, db_text(rows, 3))};
    }
}

struct kept_deputies { size_t n; struct deputy v[]; };       /* asked for every record of a page (db_memo) */

enum rc deputies_of(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *on, struct deputy_vec *ret, struct err *e)
{
    struct sql *s = sql_new(mem);
    const char *key = mem_fmt(mem, "deputies %lld %s", (long long)person, on);
    if (ret->mem == NULL)
        ret->mem = mem;
    if (!has_form(set) || person == 0)
        return RC_OK;
    const struct kept_deputies *old = db_memo_get(db, key);
    for (size_t i = 0; old != NULL && i < old->n; i++) {
        struct deputy *d = vec_push(ret);
        *d = old->v[i];
        d->role = mem_strdup(mem, old->v[i].role);
    }
    if (old != NULL)
        return RC_OK;
    sql_lit(s, "SELECT d.record, d.from_person, d.to_person, d.role FROM f_delegation d WHERE d.to_person = ");
    sql_i64(s, person);
    lasting(s, on, on);
    sql_lit(s, " ORDER BY d.record LIMIT 200");
    TRY(rows_of(db, mem, s, ret, e));
    struct kept_deputies *k = mem_alloc(mem, 1, sizeof *k + ret->n * sizeof ret->v[0], "kept_deputies");
    k->n = ret->n;
    for (size_t i = 0; i < ret->n; i++) {
        k->v[i] = ret->v[i];
        k->v[i].role = mem_strdup(k, ret->v[i].role);
    }
    (void)db_memo_put(db, key, k);
    return RC_OK;
}

/* ---- scope ---- */

static bool same_role(const struct pack_set *set, const char *a, const char *b)
{
    const struct role *x = pack_role(set, a), *y = pack_role(set, b);
    return x != NULL && y != NULL && (x == y || strcmp(x->is ? x->is : x->id, y->is ? y->is : y->id) == 0);
}

static bool mentions(const struct pack_set *set, const struct who *by, const char *role)
{
    const struct role *r = pack_role(set, role);
    if (by->role != NULL)
        return same_role(set, by->role, role);
    if (by->kind == WHO_HEAD_OF)
        return r != NULL && r->derived_head;
    for (size_t i = 0; i < by->sub_n; i++)
        if (mentions(set, &by->sub[i], role))
            return true;
    return false;
}

bool deputy_covers(const struct pack_set *set, const struct step *s, const char *role)
{
    return role == NULL || (s != NULL && mentions(set, &s->by, role));
}

enum rc deputy_fits(struct db *db, const struct pack_set *set, const struct deputy *d, const struct step *s, const char *on, bool *ret, struct err *e)
{
    *ret = d->role == NULL;
    return !*ret && s != NULL && mentions(set, &s->by, d->role) ? org_holds_set(db, set, d->from, d->role, on, ret, e) : RC_OK;
}

enum rc deputies_for(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *post, const char *on, struct id_vec *ret, struct err *e)
{
    struct deputy_vec v = VEC_INIT(mem);
    struct sql *s = sql_new(mem);
    if (!has_form(set) || person == 0)
        return RC_OK;
    sql_lit(s, "SELECT d.record, d.from_person, d.to_person, d.role FROM f_delegation d WHERE d.from_person = ");
    sql_i64(s, person);
    lasting(s, on, on);
    sql_lit(s, " ORDER BY d.record LIMIT 200");
    TRY(rows_of(db, mem, s, &v, e));
    for (size_t i = 0; i < v.n; i++)
        if (v.v[i].role == NULL || (post != NULL && same_role(set, v.v[i].role, post)))
            ids_want(ret, v.v[i].to);
    return RC_OK;
}

/* ---- is a step open to this deputy? ---- */

static const char *step_of(const struct q_steps_of_rows *s, int64_t ord)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].ord == ord)
            return s->v[i].step;
    return "";
}

enum rc deputy_stands(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct form *f, int64_t record, int64_t person, const char *on,
                      int64_t *ret_from, struct err *e)
{
    struct deputy_vec d = VEC_INIT(mem);
    struct q_steps_of_rows s;
    struct q_step_whos_of_rows w;
    *ret_from = 0;
    TRY(deputies_of(db, mem, set, person, on, &d, e));
    if (d.n == 0)
        return RC_OK;
    TRY(q_steps_of(db, mem, record, &s, e));
    TRY(q_step_whos_of(db, mem, record, &w, e));
    for (size_t i = 0; i < w.n; i++)
        for (size_t k = 0; k < d.n && strcmp(w.v[i].state, "open") == 0; k++) {
            bool fits = false;
            if (w.v[i].person == d.v[k].from)
                TRY(deputy_fits(db, set, &d.v[k], pack_step(f, step_of(&s, w.v[i].ord)), on, &fits, e));
            if (fits) {
                *ret_from = d.v[k].from;
                return RC_OK;
            }
        }
    return RC_OK;
}

/* ---- registering one ---- */

static bool scopes_meet(const struct pack_set *set, const char *a, const char *b)
{
    return a == NULL || b == NULL || same_role(set, a, b);
}

/* Would somebody, by way of others, become their own deputy? */
static enum rc loop_check(struct work *w, const struct record *rec, const struct deputy *d, const char *from_on, const char *until_on, struct err *e)
{
    struct deputy_vec all = VEC_INIT(w->mem);
    struct id_vec seen = VEC_INIT(w->mem);
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT d.record, d.from_person, d.to_person, d.role FROM f_delegation d WHERE d.record <> ");
    sql_i64(s, rec->id);
    lasting(s, from_on, until_on);
    sql_lit(s, " ORDER BY d.record LIMIT 5000");
    TRY(rows_of(w->db, w->mem, s, &all, e));
    *vec_push(&seen) = d->to;
    for (size_t i = 0; i < seen.n && seen.n < DELEGATIONS_MAX; i++)
        for (size_t k = 0; k < all.n; k++) {
            if (all.v[k].from != seen.v[i] || !scopes_meet(w->set, all.v[k].role, d->role))
                continue;
            if (all.v[k].to == d->from)
                return err_set_arg(e, ERR_DELEGATION, msg_text(w->actor.lang, MSG("core.deputy-loop")), "delegations %lld and %lld", (long long)rec->id, (long long)all.v[k].record);
            if (!ids_have(&seen, all.v[k].to))
                *vec_push(&seen) = all.v[k].to;
        }
    return RC_OK;
}

/* A deputy must not get, by delegation, a post that excludes one of their own. */
static enum rc exclusive_check(struct work *w, const struct deputy *d, struct err *e)
{
    for (size_t i = 0; i < w->set->role_n; i++) {
        const struct role *lent = &w->set->role[i];
        bool has = false, has_too;
        if (!lent->everyone && scopes_meet(w->set, d->role, lent->key))
            TRY(org_holds_set(w->db, w->set, d->from, lent->key, w->today, &has, e));
        if (!has)
            continue;
        for (size_t k = 0; k < w->set->role_n; k++) {
            const struct role *own = &w->set->role[k];
            has_too = false;
            if (own != lent && !own->everyone && pack_roles_exclude(w->set, lent->key, own->key))
                TRY(org_holds_set(w->db, w->set, d->to, own->key, w->today, &has_too, e));
            if (has_too)
                return exclude_refuse(w, lent, own, e);
        }
    }
    return RC_OK;
}

enum rc deputy_check(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    const char *from = content_get(c, "from_person"), *to = content_get(c, "to_person"), *from_on = content_get(c, "from_on"), *until_on = content_get(c, "until_on");
    struct deputy d = {.role = content_get(c, "role")};
    if (strcmp(rec->form->ident, "delegation") != 0 || !has_form(w->set))
        return RC_OK;
    if (from == NULL || to == NULL || !str_to_i64(str_of(from), &d.from) || !str_to_i64(str_of(to), &d.to) || from_on == NULL)
        return err_set_arg(e, ERR_FIELDS, "from_person, to_person, from_on", "delegation without persons or day");
    if (d.from == d.to)
        return err_set_arg(e, ERR_DELEGATION, msg_text(w->actor.lang, MSG("core.deputy-self")), "delegation to oneself");
    if (until_on != NULL && strcmp(until_on, from_on) < 0)
        return err_set_arg(e, ERR_DELEGATION, msg_text(w->actor.lang, MSG("core.deputy-dates")), "ends before it begins");
    TRY(exclusive_check(w, &d, e));
    return loop_check(w, rec, &d, from_on, until_on ? until_on : "9999-12-31", e);
}
