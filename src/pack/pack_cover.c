/* pack_cover: proves that a form's route leaves no gap. The `when`s of steps, `applies` and `no_approval` are read as a small logic
 * over choices, booleans and numbers compared with constants; every combination of values (and of empty, where a field may stay
 * empty) is tried with three-valued logic. What is no such comparison becomes a free yes/no named by its own text. */
#include "pack/pack_int.h"
#include <string.h>

#define COMBINATIONS_MAX 200000
#define DEPTH_MAX 40

enum op { OP_CONST, OP_AND, OP_OR, OP_NOT, OP_IN, OP_LESS, OP_SET };
struct ln { enum op op; struct ln *a, *b; size_t var; const char **text; size_t n; int64_t num; int value; };
struct lvar { const char *name; const struct choice_set *of; bool opaque, nullable, number, boolean; const char **dom; size_t n, at; };
VEC_TYPE(lvar_vec, struct lvar);
struct logic {
    struct build *b; TALLOC_CTX *mem; const struct facet_work *w; struct lvar_vec var;
    const char *s; size_t i; int depth;
    bool opaque;                    /* of the condition being read */
};

/* ---- tokens ---- */
static bool word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static struct str token(struct logic *l) {
    while (l->s[l->i] == ' ' || l->s[l->i] == '\n' || l->s[l->i] == '\t')
        l->i++;
    const char *p = l->s + l->i;
    size_t n = 0;
    if (!*p)
        return (struct str){p, 0};
    if (*p == '\'') {
        for (n = 1; p[n] && p[n] != '\''; n++)
            ;
        n += p[n] ? 1 : 0;
    } else if (word_char(*p)) {
        while (word_char(p[n]))
            n++;
    } else {
        n = (p[0] == '<' && (p[1] == '>' || p[1] == '=')) || (p[0] == '>' && p[1] == '=') ? 2 : 1;
    }
    l->i += n;
    return (struct str){p, n};
}

static struct str peek(struct logic *l) {
    size_t was = l->i;
    struct str t = token(l);
    l->i = was;
    return t;
}

static bool take(struct logic *l, const char *word) {
    size_t was = l->i;
    if (str_is(token(l), word))
        return true;
    l->i = was;
    return false;
}

static char *string_token(struct logic *l) {
    struct str t = peek(l);
    if (t.n < 2 || t.p[0] != '\'')
        return NULL;
    (void)token(l);
    return mem_strndup(l->mem, t.p + 1, t.n - 2);
}

/* ---- variables ---- */
static size_t var_of(struct logic *l, const char *name) {
    for (size_t i = 0; i < l->var.n; i++)
        if (text_eq(l->var.v[i].name, name))
            return i;
    *vec_push(&l->var) = (struct lvar){.name = name};
    return l->var.n - 1;
}

static void dom_add(struct logic *l, struct lvar *v, const char *value) {
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->dom[i], value))
            return;
    const char **dom = mem_array(l->mem, const char *, v->n + 1);
    for (size_t i = 0; i < v->n; i++)
        dom[i] = v->dom[i];
    dom[v->n++] = value;
    v->dom = dom;
}

static bool field_var(struct logic *l, struct str name, size_t *ret_var) {
    if (!str_starts(name, "r."))
        return false;
    const struct field *f = field_find(l->w->form, l->w->pack, mem_strndup(l->mem, name.p + 2, name.n - 2));
    if (!f || f->many || !(f->type == FT_CHOICE || f->type == FT_BOOL || f->type == FT_INT || f->type == FT_NUMBER || f->type == FT_MONEY))
        return false;
    size_t before = l->var.n;
    *ret_var = var_of(l, f->path);
    struct lvar *v = &l->var.v[*ret_var];
    if (before == l->var.n)
        return true;
    v->boolean = f->type == FT_BOOL;
    v->number = f->type != FT_BOOL && f->type != FT_CHOICE;
    v->of = f->of;
    v->nullable = !f->required && !f->required_when && !f->value;
    for (size_t i = 0; f->of && i < f->of->n; i++)
        dom_add(l, v, f->of->opt[i].id);
    if (v->boolean) {
        dom_add(l, v, "true");
        dom_add(l, v, "false");
    }
    return true;
}

/* choice('id'): what the adopter picks; every option is tried. */
static bool choice_var(struct logic *l, size_t *ret_var) {
    if (!take(l, "choice") || !take(l, "("))
        return false;
    const char *id = string_token(l);
    if (!id || !take(l, ")"))
        return false;
    for (size_t i = 0; i < l->w->pack->choice_n; i++) {
        const struct choice *c = &l->w->pack->choice[i];
        if (!text_eq(c->id, id) || c->many)
            continue;
        *ret_var = var_of(l, mem_fmt(l->mem, "choice:%s", id));
        for (size_t k = 0; k < c->n; k++)
            dom_add(l, &l->var.v[*ret_var], c->opt[k].id);
        return true;
    }
    return false;
}

/* ---- reading ---- */
static struct ln *node(struct logic *l, enum op op, struct ln *a, struct ln *b) {
    struct ln *n = mem_new(l->mem, struct ln);
    n->op = op;
    n->a = a;
    n->b = b;
    return n;
}

static struct ln *in_node(struct logic *l, size_t var, const char *first) {
    struct ln *n = node(l, OP_IN, NULL, NULL);
    n->var = var;
    n->text = mem_array(l->mem, const char *, 64);
    n->text[n->n++] = first;
    return n;
}

static struct ln *number_compare(struct logic *l, size_t var, struct str op) {
    int64_t v;
    if (!str_to_i64(token(l), &v))
        return NULL;
    for (int64_t d = -1; d <= 1; d++)
        dom_add(l, &l->var.v[var], mem_fmt(l->mem, "%lld", (long long)(v + d)));
    if (str_is(op, "=") || str_is(op, "<>")) {
        struct ln *n = in_node(l, var, mem_fmt(l->mem, "%lld", (long long)v));
        return str_is(op, "=") ? n : node(l, OP_NOT, n, NULL);
    }
    struct ln *n = node(l, OP_LESS, NULL, NULL);
    n->var = var;
    n->num = str_is(op, "<") || str_is(op, ">=") ? v : v + 1;       /* x <= v is x < v + 1: whole numbers */
    return str_is(op, "<") || str_is(op, "<=") ? n : node(l, OP_NOT, n, NULL);
}

static struct ln *list_test(struct logic *l, size_t var) {
    struct ln *n = NULL;
    if (!take(l, "("))
        return NULL;
    do {
        const char *s = string_token(l);
        if (!s || (n && n->n >= 64))
            return NULL;
        if (!n)
            n = in_node(l, var, s);
        else
            n->text[n->n++] = s;
    } while (take(l, ","));
    return take(l, ")") ? n : NULL;
}

static struct ln *compare(struct logic *l, size_t var) {
    bool boolean = l->var.v[var].boolean, number = l->var.v[var].number;
    if (take(l, "is")) {
        bool not = take(l, "not");
        struct ln *n = node(l, OP_SET, NULL, NULL);
        n->var = var;
        return !take(l, "null") ? NULL : not ? n : node(l, OP_NOT, n, NULL);
    }
    if (take(l, "in"))
        return list_test(l, var);
    if (take(l, "not")) {
        struct ln *n = take(l, "in") ? list_test(l, var) : NULL;
        return n ? node(l, OP_NOT, n, NULL) : NULL;
    }
    struct str op = peek(l);
    if (!(str_is(op, "=") || str_is(op, "<>") || str_is(op, "<") || str_is(op, ">") || str_is(op, "<=") || str_is(op, ">=")))
        return boolean ? in_node(l, var, "true") : NULL;
    (void)token(l);
    if (number)
        return number_compare(l, var, op);
    const char *s = boolean ? (str_is(peek(l), "true") || str_is(peek(l), "false") ? str_dup(l->mem, token(l)) : NULL) : string_token(l);
    if (!s || !(str_is(op, "=") || str_is(op, "<>")))
        return NULL;
    struct ln *n = in_node(l, var, s);
    return str_is(op, "=") ? n : node(l, OP_NOT, n, NULL);
}

static struct ln *at_least(struct logic *l) {
    size_t var;
    if (!take(l, "(") || !field_var(l, token(l), &var) || !take(l, ","))
        return NULL;
    const char *s = string_token(l);
    const struct choice_set *of = l->var.v[var].of;
    struct ln *n = NULL;
    bool from = false;
    for (size_t i = 0; s && of && i < of->n; i++) {
        from = from || text_eq(of->opt[i].id, s);
        if (from && !n)
            n = in_node(l, var, of->opt[i].id);
        else if (from && n->n < 64)
            n->text[n->n++] = of->opt[i].id;
    }
    return n && take(l, ")") ? n : NULL;
}

static struct ln *is_set(struct logic *l) {
    struct ln *n = node(l, OP_SET, NULL, NULL);
    return take(l, "(") && field_var(l, token(l), &n->var) && take(l, ")") ? n : NULL;
}

static struct ln *atom(struct logic *l) {
    size_t var, was = l->i;
    struct str t = peek(l);
    if (str_is(t, "true") || str_is(t, "false")) {
        (void)token(l);
        struct ln *n = node(l, OP_CONST, NULL, NULL);
        n->value = str_is(t, "true");
        return n;
    }
    if (str_is(t, "at_least"))
        return (void)token(l), at_least(l);
    if (str_is(t, "is_set"))
        return (void)token(l), is_set(l);
    if (choice_var(l, &var))
        return compare(l, var);
    l->i = was;
    return field_var(l, token(l), &var) ? compare(l, var) : NULL;
}

/* Anything else, up to the `and`, `or` or `)` that ends it: a free yes/no. */
static struct ln *opaque(struct logic *l) {
    size_t from = l->i, end = from;
    int parens = 0, cases = 0, betweens = 0;
    for (;;) {
        struct str t = peek(l);
        bool stops = str_is(t, "or") || str_is(t, "and") || str_is(t, ")");
        if (!t.n || (stops && !parens && !cases && !(str_is(t, "and") && betweens)))
            break;
        (void)token(l);
        end = l->i;
        parens += str_is(t, "(") - str_is(t, ")");
        cases += str_is(t, "case") - str_is(t, "end");
        betweens += (str_is(t, "between") && !parens) - (str_is(t, "and") && !parens && betweens);
    }
    struct ln *n = in_node(l, var_of(l, mem_strndup(l->mem, l->s + from, end - from)), "true");
    struct lvar *v = &l->var.v[n->var];
    v->opaque = l->opaque = true;
    dom_add(l, v, "true");
    dom_add(l, v, "false");
    return n;
}

static bool ends_atom(struct logic *l) {
    struct str t = peek(l);
    return !t.n || str_is(t, "and") || str_is(t, "or") || str_is(t, ")");
}

static struct ln *read_or(struct logic *l);

static struct ln *read_not(struct logic *l) {
    size_t was = l->i;
    struct ln *n = NULL;
    if (++l->depth > DEPTH_MAX)
        return opaque(l);
    if (take(l, "not")) {
        n = node(l, OP_NOT, read_not(l), NULL);
    } else if (take(l, "(") && !str_is(peek(l), "select")) {
        n = read_or(l);
        if (!take(l, ")") || !ends_atom(l))
            n = NULL;
    } else {
        l->i = was;
        n = atom(l);
        if (n && !ends_atom(l))
            n = NULL;
    }
    if (!n) {
        l->i = was;
        n = opaque(l);
    }
    l->depth--;
    return n;
}

static struct ln *read_and(struct logic *l) {
    struct ln *n = read_not(l);
    while (take(l, "and"))
        n = node(l, OP_AND, n, read_not(l));
    return n;
}

static struct ln *read_or(struct logic *l) {
    struct ln *n = read_and(l);
    while (take(l, "or"))
        n = node(l, OP_OR, n, read_and(l));
    return n;
}

static struct ln *logic_read(struct logic *l, const struct ynode *y, bool *ret_opaque) {
    l->opaque = false;
    struct ln *n = node(l, OP_CONST, NULL, NULL);
    n->value = 1;
    if (y) {
        l->s = y->text;
        l->i = 0;
        l->depth = 0;
        n = read_or(l);
    }
    *ret_opaque = l->opaque;
    return n;
}

/* ---- trying ---- */
enum { UNKNOWN = -1 };

static const char *value_of(const struct logic *l, size_t var) {
    const struct lvar *v = &l->var.v[var];
    return v->at < v->n ? v->dom[v->at] : NULL;
}

static int eval(const struct logic *l, const struct ln *n) {
    int a, b;
    const char *v;
    int64_t num;
    switch (n->op) {
    case OP_CONST: return n->value;
    case OP_NOT: a = eval(l, n->a); return a == UNKNOWN ? a : !a;
    case OP_AND:
        a = eval(l, n->a);
        b = eval(l, n->b);
        return a == 0 || b == 0 ? 0 : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : 1;
    case OP_OR:
        a = eval(l, n->a);
        b = eval(l, n->b);
        return a == 1 || b == 1 ? 1 : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : 0;
    case OP_SET: return value_of(l, n->var) != NULL;
    case OP_LESS:
        v = value_of(l, n->var);
        return v && str_to_i64(str_of(v), &num) ? num < n->num : UNKNOWN;
    case OP_IN:
        v = value_of(l, n->var);
        for (size_t i = 0; v && i < n->n; i++)
            if (text_eq(n->text[i], v))
                return 1;
        return v ? 0 : UNKNOWN;
    }
    return UNKNOWN;
}

/* The next combination; false after the last. A nullable variable has one more place: empty. */
static bool advance(struct logic *l) {
    for (size_t i = 0; i < l->var.n; i++) {
        struct lvar *v = &l->var.v[i];
        if (++v->at < v->n + (v->nullable ? 1 : 0))
            return true;
        v->at = 0;
    }
    return false;
}

static bool too_many(const struct logic *l) {
    size_t n = 1;
    for (size_t i = 0; i < l->var.n && n <= COMBINATIONS_MAX; i++)
        n *= l->var.v[i].n + 1;
    return n > COMBINATIONS_MAX;
}

static char *combination_text(const struct logic *l) {
    struct buf *b = buf_new(l->mem, 4096);
    for (size_t i = 0; i < l->var.n; i++)
        if (!l->var.v[i].opaque)
            buf_fmt(b, "%s%s=%s", b->n ? "、" : "", l->var.v[i].name, value_of(l, i) ? value_of(l, i) : msg_text(LANG_JA, MSG("pack.empty")));
    return b->n ? b->p : mem_strdup(l->mem, "-");
}

struct route_logic { struct ln **step; bool *step_opaque, *reached; size_t n; struct ln *applies, *na; bool opaque; };

/* *ret_gap: a combination that no step and no exception covers. */
static void try_all(struct logic *l, struct route_logic *r, char **ret_gap, bool *ret_empty) {
    do {
        if (eval(l, r->applies) != 1)
            continue;
        bool covered = r->na && eval(l, r->na) == 1, unknown = r->na && eval(l, r->na) == UNKNOWN;
        for (size_t i = 0; i < r->n; i++) {
            int x = eval(l, r->step[i]);
            r->reached[i] = r->reached[i] || x == 1;
            covered = covered || x == 1;
            unknown = unknown || x == UNKNOWN;
        }
        if (!covered && !*ret_gap) {
            *ret_gap = combination_text(l);
            *ret_empty = unknown;
        }
    } while (advance(l));
}

void cover_route(struct build *b, const struct facet_work *w) {
    MEM_SCOPE(tmp, b->mem);
    struct logic l = {.b = b, .mem = tmp, .w = w, .var = VEC_INIT(tmp)};
    const struct raw_form *rf = w->raw_form;
    struct route_logic r = {.n = rf->route.n};
    bool op, always = false;
    r.step = mem_array(tmp, struct ln *, r.n + 1);
    r.step_opaque = mem_array(tmp, bool, r.n + 1);
    r.reached = mem_array(tmp, bool, r.n + 1);
    for (size_t i = 0; i < r.n; i++) {
        const struct raw_step *rs = &((struct raw_step *)rf->route.v)[i];
        r.step[i] = logic_read(&l, rs->when, &r.step_opaque[i]);
        r.opaque = r.opaque || r.step_opaque[i];
        always = always || !rs->when;
    }
    r.applies = logic_read(&l, rf->applies, &op);
    r.na = rf->no_approval.when ? logic_read(&l, rf->no_approval.when, &op) : NULL;
    r.opaque = r.opaque || op;
    char *gap = NULL;
    bool empty = false, many = too_many(&l);
    if (!many)
        try_all(&l, &r, &gap, &empty);
    for (size_t i = 0; !many && i < r.n; i++) {
        const struct raw_step *rs = &((struct raw_step *)rf->route.v)[i];
        if (!r.reached[i])
            problem_add(b->problems, member_pos(&rs->head, "when"), MSG("pack.route.unreachable"), rs->id, NULL, NULL);
    }
    if (always)
        return;
    if ((many || (gap && r.opaque)) && !r.na)
        problem_add(b->problems, member_pos(&rf->head, "route"), MSG("pack.route.unproven"), rf->form, NULL, NULL);
    else if (gap && !r.opaque)
        problem_add(b->problems, member_pos(&rf->head, "route"), empty ? MSG("pack.route.empty") : MSG("pack.route.gap"), rf->form, gap, NULL);
}
