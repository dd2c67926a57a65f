/* Writing conditions out: the tree as SQL text that both engines understand alike. Stored booleans are 0/1 integers, so a boolean column is
 * written (x = 1); the outermost boolean becomes an integer in cond_compile. */
#include "pack/cond_int.h"

static struct val mk(enum vt t, const char *sql) { return (struct val){.t = t, .sql = sql}; }

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
    return a->t != V_BAD && b->t != V_BAD;
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
        return a.t == V_BAD || b.t == V_BAD ? mk(V_BAD, "NULL") : mk(V_BOOL, mem_fmt(g->mem, "(%s %s %s)", a.sql, o, b.sql));
    }
    if (str_is(n->s, "+") || str_is(n->s, "-") || str_is(n->s, "*")) {
        if (a.t != V_NUM || b.t != V_NUM)
            return cond_bad(g, n->at, MSG("cond.number"), o, NULL);
        return mk(V_NUM, mem_fmt(g->mem, "(%s %s %s)", a.sql, o, b.sql));
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

static const char *view_sql(struct gen *g, const struct view *v, bool any)
{
    const char *t = v->child ? form_child_table(g->mem, v->f, v->child) : form_table(g->mem, v->f);
    if (any)
        return mem_fmt(g->mem, "%s %s", t, v->alias);
    if (g->scope->r != NULL && v->f == g->scope->r)          /* r's own record is seen in the version under judgement */
        return mem_fmt(g->mem, "(SELECT * FROM %s WHERE record = $1 AND slot = $2 UNION ALL SELECT * FROM %s WHERE record <> $1 AND slot = 0) %s", t, t, v->alias);
    return mem_fmt(g->mem, "(SELECT * FROM %s WHERE slot = 0) %s", t, v->alias);
}

static bool from_gen(struct gen *g, const struct select *s, struct view *views, struct buf *b)
{
    for (size_t i = 0; i < s->from_n; i++) {
        struct view *v = &views[i];
        bool any;
        *v = (struct view){.alias = str_dup(g->mem, s->from[i].alias), .outer = g->views};
        if (!view_find(g, s->from[i].view, v, &any)) {
            cond_bad(g, s->from[i].at, MSG("cond.view"), str_dup(g->mem, s->from[i].view), NULL);
            return false;
        }
        for (const struct view *o = g->views; o != NULL; o = o->outer)
            if (strcmp(o->alias, v->alias) == 0 || strcmp(v->alias, "opt") == 0) {
                cond_bad(g, s->from[i].at, MSG("cond.alias-twice"), v->alias, NULL);
                return false;
            }
        cond_reads(g, v->f->ident, v->child ? v->child->col : NULL);
        g->views = v;
        buf_puts(b, i == 0 ? "" : s->from[i].on ? " JOIN " : ", ");
        buf_puts(b, view_sql(g, v, any));
        if (s->from[i].on != NULL) {
            struct val on = cond_as(g, cond_gen(g, s->from[i].on), V_BOOL, NULL, s->from[i].on->at);
            buf_fmt(b, " ON %s", on.sql);
        }
    }
    return !g->failed;
}

/* SELECT text; `first` is the type of the first expression. */
static const char *select_gen(struct gen *g, const struct node *n, bool exists, struct val *first)
{
    struct view *saved = g->views, views[8];
    const struct select *s = n->sel;
    struct buf *from = buf_new(g->mem, COND_SQL_MAX), *b = buf_new(g->mem, COND_SQL_MAX);
    bool agg = g->aggregate_ok;
    *first = mk(V_BAD, "NULL");
    if (++g->selects > COND_SELECTS_MAX || s->from_n > ARRAY_N(views)) {
        cond_bad(g, n->at, MSG("cond.deep"), NULL, NULL);
        return "NULL";
    }
    if (!exists && s->expr_n != 1) {
        cond_bad(g, n->at, MSG("cond.one-column"), NULL, NULL);
        return "NULL";
    }
    if (from_gen(g, s, views, from)) {
        g->aggregate_ok = !exists;
        *first = cond_gen(g, s->expr[0]);
        g->aggregate_ok = false;
        buf_fmt(b, "SELECT %s FROM %s", exists ? "1" : first->t == V_BOOL ? mem_fmt(g->mem, "CAST((%s) AS INTEGER)", first->sql) : first->sql, from->p);
        if (s->where != NULL)
            buf_fmt(b, " WHERE %s", cond_as(g, cond_gen(g, s->where), V_BOOL, NULL, s->where->at).sql);
    }
    g->views = saved;
    g->aggregate_ok = agg;
    return b->p;
}

static struct val scalar(struct gen *g, const struct node *n)
{
    struct val v;
    const char *sql = select_gen(g, n, false, &v);
    if (v.t == V_LIT)
        v.t = V_TEXT;
    v.sql = v.t == V_BOOL ? mem_fmt(g->mem, "((%s) = 1)", sql) : mem_fmt(g->mem, "(%s)", sql);
    return g->failed ? mk(V_BAD, "NULL") : v;
}

/* ---- the rest ---- */

static struct val in_gen(struct gen *g, const struct node *n)
{
    struct val a = cond_gen(g, n->a), x;
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    if (a.t == V_BAD)
        return a;
    buf_fmt(b, "(%s %s (", a.sql, n->neg ? "NOT IN" : "IN");
    if (n->b != NULL) {
        buf_puts(b, select_gen(g, n->b, false, &x));
        if (x.t != V_BAD && x.t != a.t)
            return cond_bad(g, n->at, MSG("cond.in"), NULL, NULL);
    }
    for (size_t i = 0; i < n->list_n; i++) {
        x = cond_gen(g, n->list[i]);
        x = a.t == V_LIT ? x : cond_as(g, x, a.t, a.of, n->list[i]->at);
        buf_fmt(b, "%s%s", i ? ", " : "", x.sql);
    }
    buf_puts(b, "))");
    return g->failed ? mk(V_BAD, "NULL") : mk(V_BOOL, b->p);
}

static struct val between_gen(struct gen *g, const struct node *n)
{
    struct val a = cond_gen(g, n->a);
    if (a.t == V_BAD)
        return a;
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
        if (type.t == V_NULL || type.t == V_LIT)
            type = v.t == V_NULL ? type : v;
        else
            v = cond_as(g, v, type.t, type.of, n->at);
        if (last)
            buf_fmt(b, " ELSE %s", v.sql);
        else
            buf_fmt(b, " WHEN %s THEN %s", cond_as(g, cond_gen(g, n->list[i]), V_BOOL, NULL, n->list[i]->at).sql, v.sql);
    }
    buf_puts(b, " END)");
    type.sql = b->p;
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

struct val cond_gen(struct gen *g, const struct node *n)
{
    struct val v;
    if (n == NULL || g->failed)
        return mk(V_BAD, "NULL");
    switch (n->k) {
    case N_NUM: return mk(V_NUM, str_dup(g->mem, n->s));
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
        return v.t == V_NUM ? mk(V_NUM, mem_fmt(g->mem, "(- %s)", v.sql)) : cond_bad(g, n->at, MSG("cond.number"), "-", NULL);
    case N_ISNULL: return isnull_gen(g, n);
    case N_IN: return in_gen(g, n);
    case N_BETWEEN: return between_gen(g, n);
    case N_CASE: return case_gen(g, n);
    case N_EXISTS: return mk(V_BOOL, mem_fmt(g->mem, "EXISTS (%s)", select_gen(g, n->a, true, &v)));
    case N_SELECT: return scalar(g, n);
    case N_CALL: return cond_call(g, n);
    }
    return mk(V_BAD, "NULL");
}
