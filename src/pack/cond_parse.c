/* The parser of conditions: recursive descent over the tokens. Gives a tree or one problem at the exact place. */
#include "pack/cond_int.h"

struct parse { TALLOC_CTX *mem; const struct lex *l; size_t i; struct pos pos; struct problem_vec *problems; bool failed; int depth; };

static const char *const reserved[] = {"select", "from", "where", "join", "on", "and", "or", "not", "in", "is", "null", "between", "case", "when", "then",
                                       "else", "end", "exists", "true", "false", "as", "left", "inner", "union", "order", "group", "having", "limit", "like",
                                       "with", "recursive", "intersect", "except", "values", "cast", "collate", "over", "distinct", "all", "any", "escape", "glob"};

static bool is_reserved(struct str s)
{
    for (size_t i = 0; i < ARRAY_N(reserved); i++)
        if (str_is(s, reserved[i]))
            return true;
    return false;
}

static const struct token *peek(struct parse *p) { return &p->l->v[p->i]; }

static struct node *fail(struct parse *p, const char *key)
{
    if (!p->failed) {
        const struct token *t = peek(p);
        cond_problem(p->problems, p->mem, p->pos, p->l->src, t->at, key, t->t == TK_END ? msg_text(LANG_JA, MSG("cond.the-end")) : str_dup(p->mem, t->s), NULL);
    }
    p->failed = true;
    return NULL;
}

static bool word(struct parse *p, const char *w) { return peek(p)->t == TK_NAME && str_is(peek(p)->s, w); }
static bool op(struct parse *p, const char *o) { return peek(p)->t == TK_OP && str_is(peek(p)->s, o); }

static bool take_word(struct parse *p, const char *w)
{
    bool yes = word(p, w);
    p->i += yes;
    return yes;
}

static bool take_op(struct parse *p, const char *o)
{
    bool yes = op(p, o);
    p->i += yes;
    return yes;
}

static bool need_op(struct parse *p, const char *o)
{
    if (take_op(p, o))
        return true;
    fail(p, MSG("cond.unexpected"));
    return false;
}

static struct node *node(struct parse *p, enum node_kind k)
{
    struct node *n = mem_new(p->mem, struct node);
    n->k = k;
    n->at = peek(p)->at;
    return n;
}

static struct node *expr(struct parse *p);
typedef VEC(struct node *) node_vec;

static bool name(struct parse *p, struct str *ret)
{
    if (peek(p)->t != TK_NAME || is_reserved(peek(p)->s)) {
        fail(p, MSG("cond.name"));
        return false;
    }
    *ret = peek(p)->s;
    p->i++;
    return true;
}

static bool from_one(struct parse *p, struct from_item *it)
{
    it->at = peek(p)->at;
    if (!name(p, &it->view))
        return false;
    while (take_op(p, ".")) {                          /* pack.form */
        struct str more;
        if (!name(p, &more))
            return false;
        it->view = (struct str){it->view.p, (size_t)(more.p + more.n - it->view.p)};
    }
    it->alias = it->view;
    if (peek(p)->t == TK_NAME && !is_reserved(peek(p)->s))
        return name(p, &it->alias);
    return true;
}

static struct node *select_rest(struct parse *p, size_t at)
{
    struct node *n = node(p, N_SELECT);
    node_vec ex = VEC_INIT(p->mem);
    VEC(struct from_item) fr = VEC_INIT(p->mem);
    bool joined = false;
    n->at = at;
    do
        *vec_push(&ex) = expr(p);
    while (!p->failed && take_op(p, ","));
    if (p->failed)
        return NULL;
    if (!take_word(p, "from"))
        return fail(p, MSG("cond.from"));
    do {
        struct from_item *it = vec_push(&fr);
        if (!from_one(p, it))
            return NULL;
        it->joined = joined;
        if (joined && !take_word(p, "on"))
            return fail(p, MSG("cond.on"));
        if (joined)
            it->on = expr(p);
        if (p->failed)
            return NULL;
        joined = take_word(p, "join");
    } while (joined || take_op(p, ","));
    n->sel = mem_new(p->mem, struct select);
    if (take_word(p, "where"))
        n->sel->where = expr(p);
    if (p->failed)
        return NULL;
    n->sel->expr = ex.v;
    n->sel->expr_n = ex.n;
    n->sel->from = fr.v;
    n->sel->from_n = fr.n;
    return n;
}

static struct node *call(struct parse *p, struct node *n)
{
    node_vec args = VEC_INIT(p->mem);
    n->k = N_CALL;
    if (str_is(n->s, "count") && take_op(p, "*")) {
        n->neg = true;                                 /* count(*) */
        return need_op(p, ")") ? n : NULL;
    }
    if (!take_op(p, ")")) {
        do
            *vec_push(&args) = expr(p);
        while (!p->failed && args.n < COND_ARGS_MAX && take_op(p, ","));
        if (p->failed || !need_op(p, ")"))
            return NULL;
    }
    n->list = args.v;
    n->list_n = args.n;
    return n;
}

static struct node *case_expr(struct parse *p)
{
    struct node *n = node(p, N_CASE);
    node_vec pairs = VEC_INIT(p->mem);
    while (take_word(p, "when")) {
        *vec_push(&pairs) = expr(p);
        if (p->failed || !take_word(p, "then"))
            return fail(p, MSG("cond.unexpected"));
        *vec_push(&pairs) = expr(p);
    }
    if (take_word(p, "else"))
        n->a = expr(p);
    if (p->failed || pairs.n == 0 || !take_word(p, "end"))
        return fail(p, MSG("cond.unexpected"));
    n->list = pairs.v;
    n->list_n = pairs.n;
    return n;
}

static struct node *named(struct parse *p)
{
    struct node *n = node(p, N_NAME);
    if (!name(p, &n->s))
        return NULL;
    if (take_op(p, "("))
        return call(p, n);
    if (take_op(p, ".") && !name(p, &n->part2))
        return NULL;
    if (n->part2.n > 0 && take_op(p, ".") && !name(p, &n->part3))
        return NULL;
    return n;
}

static struct node *literal_word(struct parse *p)
{
    struct node *n = node(p, word(p, "null") ? N_NULL : N_BOOL);
    n->neg = word(p, "true");
    p->i++;
    return n;
}

static struct node *exists_expr(struct parse *p)
{
    struct node *n = node(p, N_EXISTS);
    p->i++;
    if (!need_op(p, "("))
        return NULL;
    if (!take_word(p, "select"))
        return fail(p, MSG("cond.unexpected"));
    n->a = select_rest(p, n->at);
    return !p->failed && need_op(p, ")") ? n : NULL;
}

static struct node *primary(struct parse *p)
{
    const struct token *t = peek(p);
    if (t->t == TK_NUM || t->t == TK_TEXT) {
        struct node *n = node(p, t->t == TK_NUM ? N_NUM : N_TEXT);
        n->s = t->s;
        p->i++;
        return n;
    }
    if (take_op(p, "(")) {
        struct node *n = take_word(p, "select") ? select_rest(p, t->at) : expr(p);
        return !p->failed && need_op(p, ")") ? n : NULL;
    }
    if (word(p, "exists"))
        return exists_expr(p);
    if (word(p, "null") || word(p, "true") || word(p, "false"))
        return literal_word(p);
    if (take_word(p, "case"))
        return case_expr(p);
    if (t->t == TK_NAME)
        return named(p);
    return fail(p, MSG("cond.unexpected"));
}

static struct node *unary(struct parse *p)
{
    if (op(p, "-")) {
        struct node *n = node(p, N_NEG);
        p->i++;
        n->a = primary(p);
        return n;
    }
    return primary(p);
}

static struct node *binary(struct parse *p, struct node *l, struct node *(*right)(struct parse *))
{
    struct node *n = node(p, N_BIN);
    n->s = peek(p)->s;
    p->i++;
    n->a = l;
    n->b = right(p);
    return n;
}

static struct node *product(struct parse *p)
{
    struct node *n = unary(p);
    while (!p->failed && op(p, "*"))
        n = binary(p, n, unary);
    return n;
}

static struct node *sum(struct parse *p)
{
    struct node *n = product(p);
    while (!p->failed && (op(p, "+") || op(p, "-")))
        n = binary(p, n, product);
    return n;
}

static struct node *in_expr(struct parse *p, struct node *l, bool neg)
{
    struct node *n = node(p, N_IN);
    node_vec items = VEC_INIT(p->mem);
    n->a = l;
    n->neg = neg;
    if (!need_op(p, "("))
        return NULL;
    if (take_word(p, "select")) {
        n->b = select_rest(p, n->at);
    } else {
        do
            *vec_push(&items) = sum(p);
        while (!p->failed && take_op(p, ","));
    }
    n->list = items.v;
    n->list_n = items.n;
    return !p->failed && need_op(p, ")") ? n : NULL;
}

static struct node *is_null(struct parse *p, struct node *l)
{
    struct node *n = node(p, N_ISNULL);
    n->a = l;
    n->neg = take_word(p, "not");
    return take_word(p, "null") ? n : fail(p, MSG("cond.unexpected"));
}

static struct node *between(struct parse *p, struct node *l, bool neg)
{
    struct node *n = node(p, N_BETWEEN);
    n->a = l;
    n->neg = neg;
    n->b = sum(p);
    if (p->failed || !take_word(p, "and"))
        return fail(p, MSG("cond.unexpected"));
    n->c = sum(p);
    return n;
}

static struct node *compare(struct parse *p)
{
    static const char *const ops[] = {"=", "<>", "<", "<=", ">", ">="};
    struct node *n = sum(p);
    if (p->failed)
        return NULL;
    for (size_t i = 0; i < ARRAY_N(ops); i++)
        if (op(p, ops[i]))
            return binary(p, n, sum);
    if (take_word(p, "is"))
        return is_null(p, n);
    bool neg = take_word(p, "not");
    if (take_word(p, "in"))
        return in_expr(p, n, neg);
    if (take_word(p, "between"))
        return between(p, n, neg);
    return neg ? fail(p, MSG("cond.unexpected")) : n;
}

static struct node *negation(struct parse *p)
{
    if (!word(p, "not"))
        return compare(p);
    struct node *n = node(p, N_NOT);
    p->i++;
    if (++p->depth > COND_DEPTH_MAX)
        return fail(p, MSG("cond.deep"));
    n->a = negation(p);
    p->depth--;
    return n;
}

static struct node *conjunction(struct parse *p)
{
    struct node *n = negation(p);
    while (!p->failed && word(p, "and"))
        n = binary(p, n, negation);
    return n;
}

static struct node *expr(struct parse *p)
{
    if (++p->depth > COND_DEPTH_MAX)
        return fail(p, MSG("cond.deep"));
    struct node *n = conjunction(p);
    while (!p->failed && word(p, "or"))
        n = binary(p, n, conjunction);
    p->depth--;
    return p->failed ? NULL : n;
}

struct node *cond_parse(TALLOC_CTX *mem, const struct lex *l, struct pos pos, struct problem_vec *problems)
{
    struct parse p = {.mem = mem, .l = l, .pos = pos, .problems = problems};
    size_t at = peek(&p)->at;
    struct node *n = take_word(&p, "select") ? select_rest(&p, at) : expr(&p);
    if (!p.failed && peek(&p)->t != TK_END)
        fail(&p, MSG("cond.unexpected"));
    return p.failed ? NULL : n;
}
