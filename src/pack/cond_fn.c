/* The functions of conditions, each written out as plain SQL that both engines run alike: dates through the table day, ordered choices
 * through ranks, people through the forms person, department and assignment. One table names them for the checker and docs/PACKS.md. */
#include "pack/cond_int.h"

typedef struct val (*fn_write)(struct gen *g, const struct node *n, struct val *a);
struct fn { const char *name; const char *args; /* one letter each: d date, t time, n number, i whole number, s text, r reference, c choice, l literal, k child field, x any */ fn_write write; const char *doc; };

static struct val mk(enum vt t, const char *sql) { return (struct val){.t = t, .sql = sql}; }

static struct val f_today(struct gen *g, const struct node *n, struct val *a)
{
    (void)n, (void)a;
    g->out->uses_today = true;
    return mk(V_DATE, "CAST($4 AS TEXT)");
}

static struct val f_now(struct gen *g, const struct node *n, struct val *a)
{
    (void)n, (void)a;
    g->out->uses_now = true;
    return mk(V_TIME, "CAST($3 AS BIGINT)");
}

static const char *plus_days(struct gen *g, const char *date, const char *n)
{
    return mem_fmt(g->mem, "(SELECT dy.d FROM day dx JOIN day dy ON dy.n = dx.n + %s WHERE dx.d = %s)", n, date);
}

/* The same day of the month, or its last day: the greatest day of the target month that is not later in its month. */
static const char *plus_months(struct gen *g, const char *date, const char *k)
{
    return mem_fmt(g->mem, "(SELECT max(dy.d) FROM day dx JOIN day dy ON dy.n BETWEEN dx.n + %s * 30 - abs(%s) - 31 AND dx.n + %s * 30 + abs(%s) + 31 "
                   "AND CAST(substr(dy.d, 1, 4) AS INTEGER) * 12 + CAST(substr(dy.d, 6, 2) AS INTEGER) = "
                   "CAST(substr(dx.d, 1, 4) AS INTEGER) * 12 + CAST(substr(dx.d, 6, 2) AS INTEGER) + %s "
                   "AND substr(dy.d, 9, 2) <= substr(dx.d, 9, 2) WHERE dx.d = %s)", k, k, k, k, k, date);
}

/* A setting that is a period is added as it stands, whatever unit the adopter gave it in. */
static struct val plus_period(struct gen *g, const char *date, const struct val *v)
{
    const char *at = date;
    if (v->period.months != 0)
        at = plus_months(g, at, mem_fmt(g->mem, "(%lld)", (long long)v->period.months));
    if (v->period.days != 0 || v->period.months == 0)
        at = plus_days(g, at, mem_fmt(g->mem, "(%lld)", (long long)v->period.days));
    return mk(V_DATE, at);
}

static struct val f_add_days(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return a[1].period.of == a[1].sql ? plus_period(g, a[0].sql, &a[1]) : mk(V_DATE, plus_days(g, a[0].sql, a[1].sql));
}

static struct val f_add_business_days(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_DATE, mem_fmt(g->mem, "(SELECT min(dy.d) FROM day dx JOIN day dy ON dy.bn = dx.bn + %s AND dy.open = 1 WHERE dx.d = %s)", a[1].sql, a[0].sql));
}

static struct val f_add_months(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return a[1].period.of == a[1].sql ? plus_period(g, a[0].sql, &a[1]) : mk(V_DATE, plus_months(g, a[0].sql, a[1].sql));
}

static struct val f_days_between(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_NUM, mem_fmt(g->mem, "(SELECT dy.n - dx.n FROM day dx JOIN day dy ON dy.d = %s WHERE dx.d = %s)", a[1].sql, a[0].sql));
}

static struct val f_fiscal_year(struct gen *g, const struct node *n, struct val *a)
{
    const char *start = pack_value(g->scope->set, "core.fiscal_start");
    int64_t m = 4;
    (void)n;
    if (start == NULL || !str_to_i64(str_of(start), &m) || m < 1 || m > 12)
        m = 4;
    return mk(V_NUM, mem_fmt(g->mem, "(CAST(substr(%s, 1, 4) AS INTEGER) - CASE WHEN CAST(substr(%s, 6, 2) AS INTEGER) < %lld THEN 1 ELSE 0 END)", a[0].sql, a[0].sql, (long long)m));
}

static struct val f_date_of(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_DATE, mem_fmt(g->mem, "(SELECT dx.d FROM day dx WHERE dx.n = (%s + 32400000000) / 86400000000)", a[0].sql));
}

static struct val f_add_hours(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    if (a[1].period.of == a[1].sql)
        return mk(V_TIME, mem_fmt(g->mem, "(%s + (%lld))", a[0].sql, (long long)(a[1].period.minutes * 60 * US_PER_S)));
    return mk(V_TIME, mem_fmt(g->mem, "(%s + %s * 3600000000)", a[0].sql, a[1].sql));
}

/* ---- terms ---- */

/* The end of a term of days that began on day number `day` of the table: what cal_deadline says (tests/unit/pack/test_deadline.c). */
static const char *term_days(struct gen *g, const struct cal_term *t, const char *day)
{
    const char *last = mem_fmt(g->mem, "(%s + %d)", day, t->days - (t->first ? 1 : 0));
    if (t->open)
        last = mem_fmt(g->mem, "(SELECT min(dy.n) FROM day dx JOIN day dy ON dy.bn = dx.bn + %d%s AND dy.open = 1 WHERE dx.n = %s)", t->days, t->first ? " - dx.open" : "", day);
    else if (t->next)
        last = mem_fmt(g->mem, "(SELECT min(dy.n) FROM day dy WHERE dy.open = 1 AND dy.n BETWEEN %s AND %s + 31)", last, last);
    return mem_fmt(g->mem, "((%s + 1) * 86400000000 - 32400000000)", last);
}

static const char *term_end(struct gen *g, const struct cal_term *t, const char *start)
{
    if (t->hours != 0)
        return mem_fmt(g->mem, "(%s + %lld)", start, (long long)(t->hours * INT64_C(3600) * US_PER_S));
    return term_days(g, t, mem_fmt(g->mem, "((%s + 32400000000) / 86400000000)", start));
}

/* By the version that was valid at the start; what began before the first one has no deadline. */
static struct val f_deadline(struct gen *g, const struct node *n, struct val *a)
{
    const struct clock *c = pack_clock(g->scope->set, g->scope->pack, a[1].lit), *v = c;
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    if (c == NULL)
        return cond_bad(g, n->list[1]->at, MSG("cond.clock"), a[1].lit, NULL);
    g->out->clock = c;
    for (size_t i = 0; g->scope->r != NULL && strncmp(a[0].sql, "r.", 2) == 0 && i < g->scope->r->field_n; i++)
        if (g->scope->r->field[i].col != NULL && strcmp(g->scope->r->field[i].col, a[0].sql + 2) == 0)
            g->out->clock_from = &g->scope->r->field[i];
    if (c->from_us == INT64_MIN)
        return mk(V_TIME, term_end(g, &c->term, a[0].sql));
    buf_puts(b, "(CASE");
    for (; v->id != NULL && strcmp(v->id, c->id) == 0 && v->from_us != INT64_MIN; v++)
        buf_fmt(b, " WHEN %s >= %lld THEN %s", a[0].sql, (long long)v->from_us, term_end(g, &v->term, a[0].sql));
    if (v->id != NULL && strcmp(v->id, c->id) == 0)
        buf_fmt(b, " ELSE %s", term_end(g, &v->term, a[0].sql));
    buf_puts(b, " END)");
    return mk(V_TIME, cond_text(g, b));
}

/* ---- people ---- */

static const char *role_list(struct gen *g, const struct role *r)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    const char *core = r->is ? r->is : r->pack != NULL && strcmp(r->pack->id, "core") == 0 ? r->id : "";
    buf_puts(b, cond_quote(g->mem, r->key));
    for (size_t i = 0; i < g->scope->set->role_n; i++) {
        const struct role *o = &g->scope->set->role[i];
        bool same = (o->is != NULL && strcmp(o->is, core) == 0) || (strcmp(o->id, core) == 0 && o->pack != NULL && strcmp(o->pack->id, "core") == 0);
        if (same && o != r)
            buf_fmt(b, ", %s", cond_quote(g->mem, o->key));
    }
    return b->p;
}

/* The column of a field of a core form that a function leans on. */
static const char *core_col(struct gen *g, const struct node *n, const char *form, const char *path)
{
    const struct form *f = pack_form(g->scope->set, form);
    const struct field *fd = f ? pack_field(f, path) : NULL;
    if (fd == NULL)
        cond_bad(g, n->at, MSG("cond.core"), mem_fmt(g->mem, "%s.%s", form, path), NULL);
    else {
        cond_reads(g, f->ident, fd->col);
        cond_apart(g, f->ident);
    }
    return fd ? fd->col : "record";
}

/* An assignment that lasts on the day. */
static const char *lasting(struct gen *g, const struct node *n, const char *on)
{
    const char *from = core_col(g, n, "assignment", "from_on"), *to = core_col(g, n, "assignment", "to_on");
    return mem_fmt(g->mem, "(ha.%s IS NULL OR ha.%s <= %s) AND (ha.%s IS NULL OR ha.%s >= %s)", from, from, on, to, to, on);
}

/* Somebody who left holds nothing, whatever the register of appointments still says. */
static const char *here(struct gen *g, const struct node *n, const char *who, const char *on)
{
    const char *left = core_col(g, n, "person", "left_on");
    return mem_fmt(g->mem, "EXISTS (SELECT 1 FROM f_person hp WHERE hp.record = %s AND hp.slot = 0 AND (hp.%s IS NULL OR hp.%s >= %s))", who, left, left, on);
}

/* A department that is closed has no head. */
static const char *open_on(struct gen *g, const struct node *n, const char *on)
{
    const struct form *f = pack_form(g->scope->set, "department");
    if (f == NULL || pack_field(f, "closed_on") == NULL)               /* departments of these regulations are never closed */
        return "";
    const char *closed = core_col(g, n, "department", "closed_on");
    return mem_fmt(g->mem, " AND (hd.%s IS NULL OR hd.%s >= %s)", closed, closed, on);
}

static struct val f_holds(struct gen *g, const struct node *n, struct val *a)
{
    MEM_SCOPE(tmp, g->mem);
    const struct role *r = g->scope->pack ? pack_role(g->scope->set, mem_fmt(tmp, "%s:%s", g->scope->pack->id, a[1].lit)) : NULL;
    const char *who = a[0].sql, *on = a[2].sql;
    if (r == NULL)
        r = pack_role(g->scope->set, a[1].lit);
    if (r == NULL)
        return cond_bad(g, n->list[1]->at, MSG("cond.role"), a[1].lit, NULL);
    const char *known = mem_fmt(g->mem, "CASE WHEN %s IS NULL OR %s IS NULL THEN NULL ELSE %s", who, on, here(g, n, who, on));
    if (r->everyone)
        return mk(V_BOOL, mem_fmt(g->mem, "(%s END)", known));
    if (r->derived_head)
        return mk(V_BOOL, mem_fmt(g->mem, "(%s AND EXISTS (SELECT 1 FROM f_department hd WHERE hd.slot = 0 AND hd.%s = %s%s) END)", known, core_col(g, n, "department", "head"), who, open_on(g, n, on)));
    return mk(V_BOOL, mem_fmt(g->mem, "(%s AND EXISTS (SELECT 1 FROM f_assignment ha WHERE ha.slot = 0 AND ha.%s = %s AND ha.%s IN (%s) AND %s) END)", known,
                              core_col(g, n, "assignment", "person"), who, core_col(g, n, "assignment", "role"), role_list(g, r), lasting(g, n, on)));
}

static struct val person_ref(struct gen *g, const char *form, const char *sql)
{
    return (struct val){.t = V_REF, .ref = pack_form(g->scope->set, form), .sql = sql};
}

static struct val f_head_of(struct gen *g, const struct node *n, struct val *a)
{
    const char *head = core_col(g, n, "department", "head");
    return person_ref(g, "person", mem_fmt(g->mem, "(SELECT hd.%s FROM f_department hd WHERE hd.slot = 0 AND hd.record = %s)", head, a[0].sql));
}

static struct val f_department_of(struct gen *g, const struct node *n, struct val *a)
{
    const char *own = core_col(g, n, "person", "department");
    return person_ref(g, "department", mem_fmt(g->mem, "(SELECT hp.%s FROM f_person hp WHERE hp.slot = 0 AND hp.record = %s)", own, a[0].sql));
}

static struct val f_member_of(struct gen *g, const struct node *n, struct val *a)
{
    const char *own = core_col(g, n, "person", "department"), *main = mem_fmt(g->mem, "(SELECT hp.%s FROM f_person hp WHERE hp.slot = 0 AND hp.record = %s) = %s", own, a[0].sql, a[1].sql);
    if (pack_form(g->scope->set, "posting") == NULL)                 /* regulations that are older than it */
        return mk(V_BOOL, mem_fmt(g->mem, "(%s)", main));
    const char *who = core_col(g, n, "posting", "person"), *dept = core_col(g, n, "posting", "department"), *from = core_col(g, n, "posting", "from_on"), *to = core_col(g, n, "posting", "to_on");
    const char *today = f_today(g, n, NULL).sql;
    return mk(V_BOOL, mem_fmt(g->mem, "CASE WHEN %s IS NULL OR %s IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM f_posting hk WHERE hk.slot = 0 AND hk.%s = %s AND hk.%s = %s AND hk.%s <= %s AND (hk.%s IS NULL OR hk.%s >= %s)) THEN 1 = 1 ELSE %s END",
                              a[0].sql, a[1].sql, who, a[0].sql, dept, a[1].sql, from, today, to, to, today, main));
}

static struct val f_superior_of(struct gen *g, const struct node *n, struct val *a)
{
    const char *own = core_col(g, n, "person", "department"), *head = core_col(g, n, "department", "head"), *up = core_col(g, n, "department", "parent");
    return person_ref(g, "person", mem_fmt(g->mem, "(SELECT CASE WHEN hd.%s <> hp.record THEN hd.%s ELSE (SELECT hu.%s FROM f_department hu WHERE hu.slot = 0 AND hu.record = hd.%s) END "
                                           "FROM f_person hp JOIN f_department hd ON hd.record = hp.%s AND hd.slot = 0 WHERE hp.slot = 0 AND hp.record = %s)",
                                           head, head, head, up, own, a[0].sql));
}

static struct val f_applicant(struct gen *g, const struct node *n, struct val *a)
{
    (void)a;
    return g->scope->r ? person_ref(g, "person", "r.made_by") : cond_bad(g, n->at, MSG("cond.applicant"), NULL, NULL);
}

static struct val f_state(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    if (a[0].ref != NULL) {
        cond_reads(g, a[0].ref->ident, "state");
        cond_apart(g, a[0].ref->ident);
    }
    return mk(V_TEXT, mem_fmt(g->mem, "(SELECT hr.state FROM record hr WHERE hr.id = %s)", a[0].sql));
}

/* What r's own field says in the version in force, while r is the version under judgement. */
static struct val f_before(struct gen *g, const struct node *n, struct val *a)
{
    const struct form *f = g->scope->r;
    struct val v = a[0];
    if (f == NULL || n->list[0]->k != N_NAME || strncmp(a[0].sql, "r.", 2) != 0 || v.t == V_BOOL)
        return cond_bad(g, n->list[0]->at, MSG("cond.before"), NULL, NULL);
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].col != NULL && strcmp(f->field[i].col, a[0].sql + 2) == 0) {
            v.sql = mem_fmt(g->mem, "(SELECT hb.%s FROM %s hb WHERE hb.record = r.record AND hb.slot = 0)", f->field[i].col, form_table(g->mem, f));
            return v;
        }
    return cond_bad(g, n->list[0]->at, MSG("cond.before"), NULL, NULL);
}

/* ---- choices, lists ---- */

static const char *rank(struct gen *g, const struct choice_set *of, const char *sql)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    buf_fmt(b, "CASE %s", sql);
    for (size_t i = 0; i < of->n; i++)
        buf_fmt(b, " WHEN %s THEN %zu", cond_quote(g->mem, of->opt[i].id), i);
    buf_puts(b, " END");
    return b->p;
}

static bool ordered(struct gen *g, const struct node *n, const struct val *v)
{
    if (v->of != NULL && v->of->ordered)
        return true;
    cond_bad(g, n->at, MSG("cond.ordered"), NULL, NULL);
    return false;
}

static struct val f_at_least(struct gen *g, const struct node *n, struct val *a)
{
    if (!ordered(g, n, &a[0]))
        return mk(V_BAD, "NULL");
    for (size_t i = 0; i < a[0].of->n; i++)
        if (strcmp(a[0].of->opt[i].id, a[1].lit) == 0)
            return mk(V_BOOL, mem_fmt(g->mem, "(%s >= %zu)", rank(g, a[0].of, a[0].sql), i));
    return cond_bad(g, n->list[1]->at, MSG("cond.option"), a[1].lit, cond_options(g, a[0].of));
}

/* Aggregate over an ordered choice; an unknown value counts as the strictest. */
static struct val f_strictest(struct gen *g, const struct node *n, struct val *a)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    if (!g->aggregate_ok)
        return cond_bad(g, n->at, MSG("cond.aggregate"), "strictest", NULL);
    if (!ordered(g, n, &a[0]))
        return mk(V_BAD, "NULL");
    buf_fmt(b, "(CASE max(coalesce(%s, %zu))", rank(g, a[0].of, a[0].sql), a[0].of->n - 1);
    for (size_t i = 0; i < a[0].of->n; i++)
        buf_fmt(b, " WHEN %zu THEN %s", i, cond_quote(g->mem, a[0].of->opt[i].id));
    buf_puts(b, " END)");
    return (struct val){.t = V_CHOICE, .of = a[0].of, .sql = b->p};
}

static struct val aggregate(struct gen *g, const struct node *n, struct val *a, const char *fn)
{
    bool count = strcmp(fn, "count") == 0, sums = strcmp(fn, "sum") == 0 || strcmp(fn, "avg") == 0;
    if (!g->aggregate_ok)
        return cond_bad(g, n->at, MSG("cond.aggregate"), fn, NULL);
    enum vt t = count ? V_NUM : a[0].t;
    if (t == V_BOOL || t == V_REF || t == V_CHOICE || t == V_LIT || t == V_NULL || (sums && t != V_NUM))
        return cond_bad(g, n->at, MSG("cond.number"), fn, NULL);
    struct val v = mk(t, "count(*)");
    v.real = !count && (a[0].real || strcmp(fn, "avg") == 0);
    if (strcmp(fn, "avg") == 0)
        v.sql = mem_fmt(g->mem, "avg(CAST(%s AS DOUBLE PRECISION))", a[0].sql);
    else if (strcmp(fn, "sum") == 0 && !a[0].real)
        v.sql = mem_fmt(g->mem, "CAST(sum(%s) AS BIGINT)", a[0].sql);
    else if (!n->neg)
        v.sql = mem_fmt(g->mem, "%s(%s)", fn, a[0].sql);
    return v;
}

static struct val f_avg(struct gen *g, const struct node *n, struct val *a) { return aggregate(g, n, a, "avg"); }
static struct val f_count(struct gen *g, const struct node *n, struct val *a) { return aggregate(g, n, a, "count"); }
static struct val f_sum(struct gen *g, const struct node *n, struct val *a) { return aggregate(g, n, a, "sum"); }
static struct val f_min(struct gen *g, const struct node *n, struct val *a) { return aggregate(g, n, a, "min"); }
static struct val f_max(struct gen *g, const struct node *n, struct val *a) { return aggregate(g, n, a, "max"); }

static struct val child_exists(struct gen *g, const struct node *n, const char *opt)
{
    struct view *v = NULL;
    const struct field *fd = cond_child(g, n->list[0], &v);
    if (fd == NULL)
        return mk(V_BAD, "NULL");
    if (opt != NULL && fd->type == FT_MULTI) {
        struct val lit = cond_as(g, (struct val){.t = V_LIT, .lit = opt, .sql = ""}, V_CHOICE, fd->of, n->list[1]->at);
        if (lit.t == V_BAD)
            return lit;
    }
    const char *more = opt == NULL ? "" : mem_fmt(g->mem, " AND hc.value = %s", cond_quote(g->mem, opt));
    return mk(V_BOOL, mem_fmt(g->mem, "EXISTS (SELECT 1 FROM %s hc WHERE hc.record = %s.record AND hc.slot = %s.slot%s)", form_child_table(g->mem, v->f, fd), v->sql, v->sql, more));
}

static struct val f_has(struct gen *g, const struct node *n, struct val *a) { return child_exists(g, n, a[1].lit); }

static struct val f_has_any(struct gen *g, const struct node *n, struct val *a)
{
    (void)a;
    return child_exists(g, n, NULL);
}

static struct val f_is_set(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_BOOL, mem_fmt(g->mem, "(%s IS NOT NULL)", a[0].sql));
}

static struct val f_length(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_NUM, mem_fmt(g->mem, "length(%s)", a[0].sql));
}

static struct val f_coalesce(struct gen *g, const struct node *n, struct val *a)
{
    if (a[0].t == V_NULL)
        return cond_bad(g, n->at, MSG("cond.null"), NULL, NULL);
    if (a[0].t == V_LIT && a[1].t == V_LIT)              /* cases of literals: still literals */
        return (struct val){.t = V_LIT, .lit = mem_fmt(g->mem, "%s\n%s", a[0].lit, a[1].lit), .sql = mem_fmt(g->mem, "coalesce(%s, %s)", a[0].sql, a[1].sql)};
    if (a[0].t == V_LIT)
        a[0] = cond_as(g, a[0], a[1].t == V_NULL ? V_TEXT : a[1].t, a[1].of, n->list[0]->at);
    struct val b = cond_as(g, a[1], a[0].t, a[0].of, n->list[1]->at);
    struct val r = a[0];
    r.lit = NULL;
    r.real = a[0].real || b.real;
    if (!cond_same_ref(g, a[0], b, n->list[1]->at))
        return mk(V_BAD, "NULL");
    if (r.t == V_BOOL)
        r.sql = mem_fmt(g->mem, "(coalesce(CAST(%s AS INTEGER), CAST(%s AS INTEGER)) = 1)", a[0].sql, b.sql);
    else
        r.sql = mem_fmt(g->mem, "coalesce(%s, %s)", a[0].sql, b.sql);
    return r;
}

/* ---- settings: constants of the set ---- */

static const char *setting(struct gen *g, const char *id, const char **ret_key)
{
    const char *own = g->scope->pack ? mem_fmt(g->mem, "%s.%s", g->scope->pack->id, id) : id;
    *ret_key = own;
    const char *v = pack_value(g->scope->set, own);
    return v != NULL ? v : pack_value(g->scope->set, mem_fmt(g->mem, "core.%s", id));
}

static const struct param *param_of(const struct gen *g, const char *id)
{
    for (size_t i = 0; i < g->scope->set->pack_n; i++) {
        const struct pack *p = &g->scope->set->pack[i];
        bool mine = g->scope->pack == NULL || strcmp(p->id, g->scope->pack->id) == 0 || strcmp(p->id, "core") == 0;
        for (size_t k = 0; mine && k < p->param_n; k++)
            if (strcmp(p->param[k].id, id) == 0)
                return &p->param[k];
    }
    return NULL;
}

static const struct choice *choice_of(const struct gen *g, const char *id)
{
    for (size_t i = 0; i < g->scope->set->pack_n; i++) {
        const struct pack *p = &g->scope->set->pack[i];
        bool mine = g->scope->pack == NULL || strcmp(p->id, g->scope->pack->id) == 0 || strcmp(p->id, "core") == 0;
        for (size_t k = 0; mine && k < p->choice_n; k++)
            if (strcmp(p->choice[k].id, id) == 0)
                return &p->choice[k];
    }
    return NULL;
}

/* Whole units of a part that is left over: as few as hold it, or for a figure of which less is stricter, as many as it holds. */
static int64_t whole(int64_t minutes, int64_t unit, bool less) { return less ? minutes / unit : (minutes + unit - 1) / unit; }

/* As a number a period counts in the unit of the pack's own default (months, days, hours or minutes), which the condition was written for;
 * without one in its own. Between units by the rule of pack_figure (docs/decisions/0003); months are exact among themselves. */
static struct val period_value(struct gen *g, const struct param *p, const char *v)
{
    struct period x, unit;
    bool less = p->stricter == STRICT_MIN;
    if (!pack_period(v, &x))
        return mk(V_NUM, "CAST(NULL AS INTEGER)");
    if (!pack_period(p->dflt, &unit))
        unit = x;
    int64_t n, rest = x.days * 1440 + x.minutes;
    if (unit.minutes == 0 && unit.days == 0 && (unit.months != 0 || unit.years != 0))
        n = x.years * 12 + x.months + whole(rest, 43200, less);
    else
        n = whole(period_minutes(&x), unit.minutes == 0 ? 1440 : unit.minutes % 60 == 0 ? 60 : 1, less);
    struct val r = mk(V_NUM, mem_fmt(g->mem, "CAST(%lld AS BIGINT)", (long long)n));
    r.period.of = r.sql;
    r.period.months = x.years * 12 + x.months;
    r.period.days = x.days + whole(x.minutes, 1440, less);
    r.period.minutes = period_minutes(&x);
    return r;
}

/* A number as it stands. An open setting is unknown. */
static struct val param_value(struct gen *g, const struct param *p, const char *v)
{
    int64_t n;
    switch (p->type) {
    case FT_INT: case FT_NUMBER: case FT_MONEY: case FT_MONTH:
        return mk(V_NUM, v != NULL && str_to_i64(str_of(v), &n) ? mem_fmt(g->mem, "CAST(%lld AS BIGINT)", (long long)n) : "CAST(NULL AS INTEGER)");
    case FT_DURATION: return period_value(g, p, v);
    case FT_DATE: return mk(V_DATE, v ? cond_quote(g->mem, v) : "CAST(NULL AS TEXT)");
    case FT_BOOL: return mk(V_BOOL, v == NULL ? "(NULL = 1)" : strcmp(v, "1") == 0 || strcmp(v, "true") == 0 ? "(1 = 1)" : "(1 = 0)");
    case FT_TEXT: case FT_LONGTEXT: case FT_DATETIME: case FT_CHOICE: case FT_MULTI: case FT_REF: case FT_PERSON: case FT_DEPARTMENT: case FT_ROLE: case FT_FILE: case FT_SIGN: case FT_TABLE: case FT__N:
        return mk(V_TEXT, v ? cond_quote(g->mem, v) : "CAST(NULL AS TEXT)");
    }
    return mk(V_TEXT, "CAST(NULL AS TEXT)");
}

static struct val f_param(struct gen *g, const struct node *n, struct val *a)
{
    const char *key;
    const struct param *p = param_of(g, a[0].lit);
    return p ? param_value(g, p, setting(g, a[0].lit, &key)) : cond_bad(g, n->list[0]->at, MSG("cond.param"), a[0].lit, NULL);
}

static struct val f_choice(struct gen *g, const struct node *n, struct val *a)
{
    const char *key;
    const struct choice *c = choice_of(g, a[0].lit);
    if (c == NULL)
        return cond_bad(g, n->list[0]->at, MSG("cond.choice"), a[0].lit, NULL);
    struct choice_set *cs = mem_new(g->mem, struct choice_set);
    *cs = (struct choice_set){.id = c->id, .opt = c->opt, .n = c->n};
    const char *v = setting(g, a[0].lit, &key);
    return (struct val){.t = V_CHOICE, .of = cs, .sql = v && v[0] ? cond_quote(g->mem, v) : "CAST(NULL AS TEXT)"};
}

/* Items separated by blanks (choices), commas or line ends (lists of words), as an IN list; NULL in it when empty: unknown. */
static const char *in_list(struct gen *g, const char *v, const char *seps, bool lower)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    const char *p = v ? v : "";
    while (*p != '\0') {
        size_t n = strcspn(p, seps);
        struct str one = str_trim((struct str){p, n});
        char *s = str_dup(g->mem, one);
        for (char *q = s; lower && *q != '\0'; q++)
            if (*q >= 'A' && *q <= 'Z')
                *q = (char)(*q + 32);
        if (one.n > 0)
            buf_fmt(b, "%s%s", b->n ? ", " : "", cond_quote(g->mem, s));
        p += n + (p[n] != '\0');
    }
    return b->n ? cond_text(g, b) : "NULL";
}

static struct val f_chosen(struct gen *g, const struct node *n, struct val *a)
{
    const char *key;
    if (choice_of(g, a[0].lit) == NULL)
        return cond_bad(g, n->list[0]->at, MSG("cond.choice"), a[0].lit, NULL);
    if (a[1].t != V_CHOICE && a[1].t != V_TEXT && a[1].t != V_LIT)
        return cond_bad(g, n->list[1]->at, MSG("cond.in"), NULL, NULL);
    return mk(V_BOOL, mem_fmt(g->mem, "(%s IN (%s))", a[1].sql, in_list(g, setting(g, a[0].lit, &key), " ,", false)));
}

/* A Japanese list of words stands with 、 between them: commas for in_list. */
static const char *with_commas(struct gen *g, const char *v)
{
    static const char mark[] = "\xe3\x80\x81";
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    for (const char *p = v ? v : "", *at; *p != '\0'; p = at ? at + 3 : p + strlen(p)) {
        at = strstr(p, mark);
        buf_fmt(b, "%.*s%s", at ? (int)(at - p) : (int)strlen(p), p, at ? "," : "");
    }
    return b->n ? cond_text(g, b) : NULL;
}

static struct val f_listed(struct gen *g, const struct node *n, struct val *a)
{
    const char *key;
    if (param_of(g, a[0].lit) == NULL)
        return cond_bad(g, n->list[0]->at, MSG("cond.param"), a[0].lit, NULL);
    return mk(V_BOOL, mem_fmt(g->mem, "(lower(%s) IN (%s))", a[1].sql, in_list(g, with_commas(g, setting(g, a[0].lit, &key)), ",\n", true)));
}

static struct val f_days(struct gen *g, const struct node *n, struct val *a)
{
    (void)n;
    return mk(V_NUM, mem_fmt(g->mem, "%s", a[0].sql));
}

static const struct fn fns[] = {
    {"today", "", f_today, "the day of the judgement in the organisation's zone"},
    {"now", "", f_now, "the time of the judgement"},
    {"add_days", "di", f_add_days, "the day n calendar days later"},
    {"add_months", "di", f_add_months, "the same day n months later, or the last of that month"},
    {"add_business_days", "di", f_add_business_days, "the n-th business day after the day"},
    {"days_between", "dd", f_days_between, "calendar days from the first to the second"},
    {"fiscal_year", "d", f_fiscal_year, "the fiscal year (core.fiscal_start) of the day"},
    {"date_of", "t", f_date_of, "the day of a time in the organisation's zone"},
    {"add_hours", "ti", f_add_hours, "the time n hours later"},
    {"days", "n", f_days, "a number of days"},
    {"deadline", "tl", f_deadline, "the first moment after the term that began at the time, counted as the clock of that id (clocks.yaml) says"},
    {"holds", "rld", f_holds, "the person holds the role on the day, also through `is:`"},
    {"head_of", "r", f_head_of, "the head of the department"},
    {"department_of", "r", f_department_of, "the person's main department"},
    {"member_of", "rr", f_member_of, "the department is the person's main one or, today, that of an additional post"},
    {"superior_of", "r", f_superior_of, "the head above the person"},
    {"applicant", "", f_applicant, "who made the record"},
    {"state", "r", f_state, "the state of the record that is referred to"},
    {"before", "x", f_before, "what the field of r says in the version in force; unknown when there is none"},
    {"at_least", "cl", f_at_least, "an ordered choice is this option or a stricter one"},
    {"strictest", "c", f_strictest, "aggregate: the strictest option; unknown counts as the strictest"},
    {"count", "x", f_count, "aggregate; also count(*)"}, {"sum", "n", f_sum, "aggregate"}, {"min", "x", f_min, "aggregate"}, {"max", "x", f_max, "aggregate"}, {"avg", "n", f_avg, "aggregate"},
    {"has", "kl", f_has, "a multiple choice contains the option"},
    {"has_any", "k", f_has_any, "a multiple choice, list or table has at least one entry"},
    {"is_set", "x", f_is_set, "the value is there; never unknown"},
    {"length", "s", f_length, "characters"},
    {"coalesce", "xx", f_coalesce, "the second when the first is unknown"},
    {"param", "l", f_param, "the adopter's word or figure; a duration in the unit of the pack's default, added to dates and times exactly"},
    {"choice", "l", f_choice, "the adopter's alternative"},
    {"chosen", "lx", f_chosen, "the value is among the alternatives that the adopter chose"},
    {"listed", "ls", f_listed, "the value is among the words of a list setting, letter case aside"},
};

static bool arg_ok(struct gen *g, const struct node *n, char want, struct val *v)
{
    static const struct { char c; enum vt t; } kinds[] = {{'d', V_DATE}, {'t', V_TIME}, {'n', V_NUM}, {'i', V_NUM}, {'s', V_TEXT}, {'r', V_REF}, {'c', V_CHOICE}};
    if (v->t == V_BAD)
        return false;
    if (want == 'l' && n->k != N_TEXT) {
        cond_bad(g, n->at, MSG("cond.literal"), NULL, NULL);
        return false;
    }
    if (want == 'c' && v->t == V_LIT) {
        cond_bad(g, n->at, MSG("cond.ordered"), NULL, NULL);
        return false;
    }
    for (size_t i = 0; i < ARRAY_N(kinds); i++)
        if (kinds[i].c == want) {
            *v = cond_as(g, *v, kinds[i].t, v->of, n->at);
            if (want == 'i' && v->real)                  /* the engines round apart */
                *v = cond_bad(g, n->at, MSG("cond.whole"), NULL, NULL);
            return v->t != V_BAD;
        }
    return true;
}

static bool is_aggregate(const char *name)
{
    static const char *const names[] = {"count", "sum", "min", "max", "avg", "strictest"};
    for (size_t i = 0; i < ARRAY_N(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

struct val cond_call(struct gen *g, const struct node *n)
{
    struct val a[COND_ARGS_MAX] = {{0}};
    for (size_t i = 0; i < ARRAY_N(fns); i++) {
        if (!str_is(n->s, fns[i].name))
            continue;
        if (n->list_n != strlen(fns[i].args) && !n->neg)
            return cond_bad(g, n->at, MSG("cond.args"), fns[i].name, mem_fmt(g->mem, "%zu", strlen(fns[i].args)));
        bool agg = g->aggregate_ok, aggregates = is_aggregate(fns[i].name);
        size_t before = cond_own_uses(g);
        for (size_t k = 0; k < n->list_n; k++) {
            if (fns[i].args[k] == 'k')
                continue;
            g->aggregate_ok = false;
            a[k] = fns[i].args[k] == 'x' && n->list[k]->k == N_NAME ? cond_column(g, n->list[k]) : cond_gen(g, n->list[k]);
            g->aggregate_ok = agg;
            if (!arg_ok(g, n->list[k], fns[i].args[k], &a[k]))
                return mk(V_BAD, "NULL");
        }
        if (aggregates && agg) {
            size_t uses = cond_own_uses(g) - before;
            if (uses == 0 && !n->neg)                    /* it would belong to the statement around this select */
                return cond_bad(g, n->at, MSG("cond.aggregate-own"), fns[i].name, NULL);
            g->own_aggregates = true;
            g->own_aggregated += uses;
        }
        return fns[i].write(g, n, a);
    }
    return cond_bad(g, n->at, MSG("cond.function"), str_dup(g->mem, n->s), NULL);
}

void cond_doc(struct buf *b);
void cond_doc(struct buf *b)
{
    buf_puts(b, "\n## Conditions\n\nSQL expressions over `r` and the forms' views: `= <> < <= > >= + - *`, `and or not`, `in`, `between`, `is null`, `case when`, `exists (select 1 from … where …)`, "
                "one-value `select`. Texts stand in single quotes. No comments, double quotes, brackets, `$`, `::`, backslash, `like`, `order by`, `limit`, `union`.\n"
                "A result that is unknown (NULL) never passes.\n\n| function | arguments | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_N(fns); i++)
        buf_fmt(b, "| `%s` | %s | %s |\n", fns[i].name, fns[i].args[0] ? fns[i].args : "–", fns[i].doc);
    buf_puts(b, "\nArguments: d date, t time, n number, i whole number, s text, r reference, c choice, l text literal, k multiple choice / list / table of an alias, x any.\n\n"
                "Limits: ");
    buf_fmt(b, "%d characters, %d tokens, nesting %d, %d selects.\n", COND_CHARS_MAX, COND_TOKENS_MAX, COND_DEPTH_MAX, COND_SELECTS_MAX);
}
