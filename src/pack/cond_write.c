/* Writing conditions out: the tree as SQL text that both engines understand alike. Stored booleans are 0/1 integers, so a boolean column is
 * written (x = 1); the outermost boolean becomes an integer in cond_compile. */
#include "pack/cond_int.h"

static struct val mk(enum vt t, const char *sql) { return (struct val){.t = t, .sql = sql}; }

/* (a o b); a left operand that is itself such a chain loses its parentheses, so that a long chain does not nest. */
static const char *infix(struct gen *g, const struct node *left, const char *a, const char *o, const char *b, bool chains)
{
    size_t n = strlen(a);
    if (chains && left->k == N_BIN && a[0] == '(' && a[n - 1] == ')')
        return mem_fmt(g->mem, "(%.*s %s %s)", (int)(n - 2), a + 1, o, b);
    return mem_fmt(g->mem, "(%s %s %s)", a, o, b);
}

static struct val kind_gen(struct gen *g, const struct node *n);

/* Both sides of a comparison get one type. */
static bool unify(struct gen *g, struct val *a, struct val *b, size_t at)
{
    if (a->t == V_LIT && b->t == V_LIT) {
        a->t = b->t = V_TEXT;
        return true;
    }
    if (a->t == V_LIT)
        *a = cond_as(g, *a, b->t, b->of, at);
    else if (b->t != V_NULL)
        *b = cond_as(g, *b, a->t, a->of, at);
    return a->t != V_BAD && b->t != V_BAD && cond_same_ref(g, *a, *b, at);
}

static struct val binary(struct gen *g, const struct node *n)
{
    struct val a = cond_gen(g, n->a), b = cond_gen(g, n->b);
    bool order = str_is(n->s, "<") || str_is(n->s, "<=") || str_is(n->s, ">") || str_is(n->s, ">=");
    const char *o = str_dup(g->mem, n->s);
    if (a.t == V_BAD || b.t == V_BAD)
        return mk(V_BAD, "NULL");
    if (str_is(n->s, "and") || str_is(n->s, "or")) {
        a = cond_as(g, a, V_BOOL, NULL, n->a->at);
        b = cond_as(g, b, V_BOOL, NULL, n->b->at);
        return a.t == V_BAD || b.t == V_BAD ? mk(V_BAD, "NULL") : mk(V_BOOL, infix(g, n->a, a.sql, o, b.sql, str_is(n->a->s, o)));
    }
    if (str_is(n->s, "+") || str_is(n->s, "-") || str_is(n->s, "*")) {
        if (a.t != V_NUM || b.t != V_NUM)
            return cond_bad(g, n->at, MSG("cond.number"), o, NULL);
        bool sum = !str_is(n->s, "*"), left_sum = str_is(n->a->s, "+") || str_is(n->a->s, "-");
        struct val v = mk(V_NUM, infix(g, n->a, a.sql, o, b.sql, n->a->k == N_BIN && (sum ? left_sum : str_is(n->a->s, "*"))));
        v.real = a.real || b.real;
        return v;
    }
    if (a.t == V_NULL || b.t == V_NULL)
        return cond_bad(g, n->at, MSG("cond.null"), NULL, NULL);
    if (!unify(g, &a, &b, n->at))
        return mk(V_BAD, "NULL");
    if (order && a.t == V_CHOICE)
        return cond_bad(g, n->at, MSG("cond.choice-order"), o, NULL);
    if (order && (a.t == V_BOOL || a.t == V_REF))
        return cond_bad(g, n->at, MSG("cond.order"), o, NULL);
    return mk(V_BOOL, mem_fmt(g->mem, "(%s %s %s)", a.sql, o, b.sql));
}

/* ---- selects ---- */

static bool view_find(struct gen *g, struct str name, struct view *v, bool *ret_any)
{
    MEM_SCOPE(tmp, g->mem);
    char *s = str_dup(tmp, name);
    size_t n = strlen(s);
    for (char *p = s; *p != '\0'; p++)
        if (*p == '.')
            *p = '_';
    *ret_any = n > 4 && strcmp(s + n - 4, "_any") == 0;
    if (*ret_any)
        s[n - 4] = '\0';
    for (size_t i = 0; i < g->scope->set->form_n; i++) {
        const struct form *f = &g->scope->set->form[i];
        size_t k = strlen(f->ident);
        if (strcmp(s, f->ident) == 0) {
            v->f = f;
            return true;
        }
        if (strncmp(s, f->ident, k) != 0 || s[k] != '_')
            continue;
        for (size_t j = 0; j < f->field_n; j++)
            if (field_is_child(&f->field[j]) &&
                (strcmp(s + k + 1, f->field[j].col) == 0 || (g->scope->pack != NULL && f->field[j].pack == g->scope->pack && strcmp(s + k + 1, f->field[j].id) == 0))) {
                v->f = f;
                v->child = &f->field[j];
                return true;
            }
    }
    return false;
}

/* Which rows of the table the view shows (never those of an import on its way, slot 3): those in force, but r's own record in the version under judgement. A predicate on
 * the bare table rather than a subselect: SQLite would copy the whole of a UNION ALL that stands in a join. */
static const char *view_rows(struct gen *g, const struct view *v, bool any)
{
    if (any)
        return mem_fmt(g->mem, "%s.slot < 3", v->sql);
    if (g->scope->r != NULL && v->f == g->scope->r)
        return mem_fmt(g->mem, "%s.slot = CASE WHEN %s.record = $1 THEN $2 ELSE 0 END", v->sql, v->sql);
    return mem_fmt(g->mem, "%s.slot = 0", v->sql);
}

/* The FROM list, and in `rows` what WHERE must begin with. */
static bool from_gen(struct gen *g, const struct select *s, struct view *views, struct buf *b, struct buf *rows)
{
    for (size_t i = 0; i < s->from_n; i++) {
        struct view *v = &views[i];
        bool any;
        *v = (struct view){.alias = str_dup(g->mem, s->from[i].alias), .outer = g->views};
        v->sql = mem_fmt(g->mem, "%s_", v->alias);
        if (!view_find(g, s->from[i].view, v, &any)) {
            cond_bad(g, s->from[i].at, MSG("cond.view"), str_dup(g->mem, s->from[i].view), NULL);
            return false;
        }
        for (const struct view *o = g->views; o != NULL; o = o->outer)
            if (strcmp(o->alias, v->alias) == 0) {
                cond_bad(g, s->from[i].at, MSG("cond.alias-twice"), v->alias, NULL);
                return false;
            }
        cond_reads(g, v->f->ident, v->child ? v->child->col : NULL);
        g->views = v;
        buf_puts(b, i == 0 ? "" : " JOIN ");
        buf_fmt(b, "%s %s", v->child ? form_child_table(g->mem, v->f, v->child) : form_table(g->mem, v->f), v->sql);
        const char *shown = view_rows(g, v, any);
        buf_fmt(rows, "%s%s", shown[0] != '\0' && rows->n > 0 ? " AND " : "", shown);
        if (s->from[i].on != NULL) {
            struct val on = cond_as(g, cond_gen(g, s->from[i].on), V_BOOL, NULL, s->from[i].on->at);
            buf_fmt(b, " ON %s", on.sql);
        } else if (i > 0) {
            buf_puts(b, " ON (1 = 1)");             /* a comma would bind less tightly than a later JOIN */
        }
    }
    return !g->failed;
}

/* The first expression of a value select. Aggregates and plain columns do not mix: PostgreSQL refuses it and SQLite guesses a row. */
static struct val first_gen(struct gen *g, const struct select *s, struct view *views, bool *ret_aggregates)
{
    struct view *own = g->own;
    size_t own_n = g->own_n, aggregated = g->own_aggregated;
    bool aggregates = g->own_aggregates;
    g->own = views;
    g->own_n = s->from_n;
    g->own_aggregated = 0;
    g->own_aggregates = false;
    size_t before = cond_own_uses(g);
    g->aggregate_ok = true;
    struct val v = cond_gen(g, s->expr[0]);
    g->aggregate_ok = false;
    *ret_aggregates = g->own_aggregates;
    if (g->own_aggregates && cond_own_uses(g) - before > g->own_aggregated)
        v = cond_bad(g, s->expr[0]->at, MSG("cond.mixed"), NULL, NULL);
    g->own = own;
    g->own_n = own_n;
    g->own_aggregated = aggregated;
    g->own_aggregates = aggregates;
    return v;
}

enum select_use { SELECT_EXISTS, SELECT_IN, SELECT_VALUE };

static const char *first_sql(struct gen *g, struct val v)
{
    return v.t == V_BOOL ? mem_fmt(g->mem, "CAST((%s) AS INTEGER)", v.sql) : v.sql;
}

/* SELECT text; *ret_first is the first expression with its type. A value select without aggregate is unknown unless it finds exactly one
 * row: one engine would take any row of several, the other would fail. */
static const char *select_gen(struct gen *g, const struct node *n, enum select_use use, struct val *ret_first)
{
    struct view *saved = g->views, views[COND_FROM_MAX];
    const struct select *s = n->sel;
    struct buf *from = buf_new(g->mem, COND_SQL_MAX), *where = buf_new(g->mem, COND_SQL_MAX);
    const char *sql = "NULL";
    bool agg = g->aggregate_ok, aggregates = false;
    struct place_vec places = cond_places_kept(g);
    *ret_first = mk(V_BAD, "NULL");
    if (++g->selects > COND_SELECTS_MAX || s->from_n > COND_FROM_MAX) {
        cond_bad(g, n->at, MSG("cond.deep"), NULL, NULL);
        return sql;
    }
    if (s->expr_n != 1) {
        cond_bad(g, n->at, MSG("cond.one-column"), NULL, NULL);
        return sql;
    }
    g->aggregate_ok = false;
    if (from_gen(g, s, views, from, where)) {
        cond_paths(g, s, views);
        if (use == SELECT_EXISTS)
            *ret_first = cond_gen(g, s->expr[0]);
        else
            *ret_first = first_gen(g, s, views, &aggregates);
        if (s->where != NULL)
            buf_fmt(where, "%s%s", where->n > 0 ? " AND " : "", cond_as(g, cond_gen(g, s->where), V_BOOL, NULL, s->where->at).sql);
        const char *f = cond_text(g, from), *x = first_sql(g, *ret_first), *w = where->n > 0 ? mem_fmt(g->mem, " WHERE %s", cond_text(g, where)) : "";
        if (use == SELECT_VALUE && !aggregates)
            sql = mem_fmt(g->mem, "SELECT CASE WHEN count(*) = 1 THEN min(q.v) END FROM (SELECT %s AS v FROM %s%s) q", x, f, w);
        else
            sql = mem_fmt(g->mem, "SELECT %s FROM %s%s", use == SELECT_EXISTS ? "1" : x, f, w);
    }
    g->views = saved;
    g->places = places;
    g->aggregate_ok = agg;
    return sql;
}

static struct val scalar(struct gen *g, const struct node *n)
{
    struct val v;
    const char *sql = select_gen(g, n, SELECT_VALUE, &v);
    if (v.t == V_LIT)
        v.t = V_TEXT;
    v.lit = NULL;
    v.sql = v.t == V_BOOL ? mem_fmt(g->mem, "((%s) = 1)", sql) : mem_fmt(g->mem, "(%s)", sql);
    return g->failed ? mk(V_BAD, "NULL") : v;
}

/* ---- the rest ---- */

static struct val in_select(struct gen *g, const struct node *n, struct val a)
{
    struct val x;
    const char *sql = select_gen(g, n->b, SELECT_IN, &x);
    if (g->failed)
        return mk(V_BAD, "NULL");
    a = a.t == V_LIT ? cond_as(g, a, x.t, x.of, n->a->at) : a;
    if (x.t != a.t || x.t == V_BOOL || (x.t == V_CHOICE && !text_eq(x.of ? x.of->id : NULL, a.of ? a.of->id : NULL)))
        return cond_bad(g, n->at, MSG("cond.in"), NULL, NULL);
    if (!cond_same_ref(g, a, x, n->at))
        return mk(V_BAD, "NULL");
    return mk(V_BOOL, mem_fmt(g->mem, "(%s %s (%s))", a.sql, n->neg ? "NOT IN" : "IN", sql));
}

static struct val in_gen(struct gen *g, const struct node *n)
{
    struct val a = cond_gen(g, n->a), x;
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    if (a.t == V_BAD)
        return a;
    if (a.t == V_NULL)
        return cond_bad(g, n->at, MSG("cond.null"), NULL, NULL);
    if (n->b != NULL)
        return in_select(g, n, a);
    for (size_t i = 0; i < n->list_n; i++) {
        x = cond_gen(g, n->list[i]);
        if (a.t == V_LIT && x.t != V_LIT && x.t != V_NULL)
            a = cond_as(g, a, x.t, x.of, n->a->at);
        x = a.t == V_LIT ? x : cond_as(g, x, a.t, a.of, n->list[i]->at);
        if (g->failed || !cond_same_ref(g, a, x, n->list[i]->at))
            return mk(V_BAD, "NULL");
        buf_fmt(b, "%s%s", i ? ", " : "", x.sql);
    }
    return mk(V_BOOL, mem_fmt(g->mem, "(%s %s (%s))", a.sql, n->neg ? "NOT IN" : "IN", cond_text(g, b)));
}

static struct val between_gen(struct gen *g, const struct node *n)
{
    struct val a = cond_gen(g, n->a);
    if (a.t == V_BAD)
        return a;
    if (a.t == V_LIT)
        a.t = V_TEXT;
    if (a.t != V_NUM && a.t != V_DATE && a.t != V_TIME && a.t != V_TEXT)
        return cond_bad(g, n->at, MSG("cond.order"), "between", NULL);
    struct val lo = cond_as(g, cond_gen(g, n->b), a.t, a.of, n->b->at), hi = cond_as(g, cond_gen(g, n->c), a.t, a.of, n->c->at);
    return mk(V_BOOL, mem_fmt(g->mem, "(%s %sBETWEEN %s AND %s)", a.sql, n->neg ? "NOT " : "", lo.sql, hi.sql));
}

static struct val case_gen(struct gen *g, const struct node *n)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    struct val type = {.t = V_NULL};
    buf_puts(b, "(CASE");
    for (size_t i = 0; i <= n->list_n; i += 2) {
        bool last = i == n->list_n;
        if (last && n->a == NULL)
            break;
        struct val v = cond_gen(g, last ? n->a : n->list[i + 1]);
        if (v.t == V_BOOL)
            return cond_bad(g, n->at, MSG("cond.case"), NULL, NULL);
        if (type.t == V_LIT && v.t != V_LIT && v.t != V_NULL && v.t != V_BAD)
            type = cond_as(g, type, v.t, v.of, n->at);      /* the literal before must be one of its options, a date, ... */
        if (type.t == V_NULL)
            type = v;
        else if (type.t == V_LIT && v.t == V_LIT)
            type.lit = mem_fmt(g->mem, "%s\n%s", type.lit, v.lit);
        else
            v = cond_as(g, v, type.t, type.of, n->at);
        if (g->failed || !cond_same_ref(g, type, v, n->at))
            return mk(V_BAD, "NULL");
        type.real |= v.real;
        if (last)
            buf_fmt(b, " ELSE %s", v.sql);
        else
            buf_fmt(b, " WHEN %s THEN %s", cond_as(g, cond_gen(g, n->list[i]), V_BOOL, NULL, n->list[i]->at).sql, v.sql);
    }
    buf_puts(b, " END)");
    type.sql = cond_text(g, b);
    return g->failed ? mk(V_BAD, "NULL") : type;
}

static struct val name_gen(struct gen *g, const struct node *n)
{
    struct val v = cond_column(g, n);
    if (v.t == V_BOOL)
        v.sql = mem_fmt(g->mem, "(%s = 1)", v.sql);
    return v;
}

static struct val isnull_gen(struct gen *g, const struct node *n)
{
    struct val v = n->a->k == N_NAME ? cond_column(g, n->a) : cond_gen(g, n->a);
    return v.t == V_BAD ? v : mk(V_BOOL, mem_fmt(g->mem, "(%s IS %sNULL)", v.sql, n->neg ? "NOT " : ""));
}

static struct val text_gen(struct gen *g, const struct node *n)
{
    struct buf *b = buf_new(g->mem, n->s.n + 1);
    for (size_t i = 0; i < n->s.n; i++) {
        buf_putc(b, n->s.p[i]);
        if (n->s.p[i] == '\'')
            i++;
    }
    return (struct val){.t = V_LIT, .lit = b->p, .sql = cond_quote(g->mem, b->p)};
}

/* Typed, so that neither engine counts in a narrower or an exact decimal type. */
static struct val number(struct gen *g, const struct node *n)
{
    struct val v = mk(V_NUM, "NULL");
    v.lit = str_dup(g->mem, n->s);
    v.real = strchr(v.lit, '.') != NULL;
    v.sql = v.real ? mem_fmt(g->mem, "CAST(%s AS DOUBLE PRECISION)", v.lit) : mem_fmt(g->mem, "CAST(%s AS BIGINT)", v.lit);
    return v;
}

static struct val negated(struct gen *g, struct val v)
{
    struct val r = {.t = V_NUM, .real = v.real, .sql = mem_fmt(g->mem, "(- %s)", v.sql)};
    if (v.period.of == v.sql) {
        r.period.of = r.sql;
        r.period.months = -v.period.months;
        r.period.days = -v.period.days;
        r.period.minutes = -v.period.minutes;
    }
    return r;
}

struct val cond_gen(struct gen *g, const struct node *n)
{
    struct val v = n != NULL && !g->failed ? kind_gen(g, n) : mk(V_BAD, "NULL");
    if (v.t != V_BAD && strlen(v.sql) > COND_SQL_MAX)
        return cond_bad(g, n->at, MSG("cond.long"), NULL, NULL);
    return v;
}

static struct val kind_gen(struct gen *g, const struct node *n)
{
    struct val v;
    switch (n->k) {
    case N_NUM: return number(g, n);
    case N_TEXT: return text_gen(g, n);
    case N_NULL: return mk(V_NULL, "NULL");
    case N_BOOL: return mk(V_BOOL, n->neg ? "(1 = 1)" : "(1 = 0)");
    case N_NAME: return name_gen(g, n);
    case N_BIN: return binary(g, n);
    case N_NOT:
        v = cond_as(g, cond_gen(g, n->a), V_BOOL, NULL, n->a->at);
        return v.t == V_BAD ? v : mk(V_BOOL, mem_fmt(g->mem, "(NOT %s)", v.sql));
    case N_NEG:
        v = cond_gen(g, n->a);
        if (v.t == V_NUM)
            return negated(g, v);
        return v.t == V_BAD ? v : cond_bad(g, n->at, MSG("cond.number"), "-", NULL);
    case N_ISNULL: return isnull_gen(g, n);
    case N_IN: return in_gen(g, n);
    case N_BETWEEN: return between_gen(g, n);
    case N_CASE: return case_gen(g, n);
    case N_EXISTS: return mk(V_BOOL, mem_fmt(g->mem, "EXISTS (%s)", select_gen(g, n->a, SELECT_EXISTS, &v)));
    case N_SELECT: return scalar(g, n);
    case N_CALL: return cond_call(g, n);
    }
    return mk(V_BAD, "NULL");
}
