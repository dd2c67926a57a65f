/* Names and types of conditions: views and aliases, columns of r and of the forms' views, child tables, literals; and cond_compile. */
#include "pack/cond_int.h"

char *cond_quote(TALLOC_CTX *mem, const char *text)
{
    struct buf *b = buf_new(mem, strlen(text) * 2 + 3);
    buf_putc(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_putc(b, '\'');
        buf_putc(b, *text);
    }
    buf_putc(b, '\'');
    return b->p;
}

const char *cond_text(struct gen *g, const struct buf *b)
{
    if (!buf_ok(b))
        cond_bad(g, 0, MSG("cond.long"), NULL, NULL);
    return b->p;
}

size_t cond_own_uses(const struct gen *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->own_n; i++)
        n += g->own[i].uses;
    return n;
}

/* References to records of two different forms are never equal: comparing them is a mistake. */
bool cond_same_ref(struct gen *g, struct val a, struct val b, size_t at)
{
    if (a.t != V_REF || b.t != V_REF || a.ref == NULL || b.ref == NULL || text_eq(a.ref->ident, b.ref->ident))
        return true;
    cond_bad(g, at, MSG("cond.ref"), a.ref->ident, b.ref->ident);
    return false;
}

struct val cond_bad(struct gen *g, size_t at, const char *key, const char *a, const char *b)
{
    if (!g->failed)
        cond_problem(g->problems, g->mem, g->pos, g->src, at, key, a, b);
    g->failed = true;
    return (struct val){.t = V_BAD, .sql = "NULL"};
}

void cond_reads(struct gen *g, const char *form_ident, const char *col)
{
    for (size_t i = 0; i < g->reads.n; i++)
        if (text_eq(g->reads.v[i].form_ident, form_ident) && text_eq(g->reads.v[i].col, col))
            return;
    *vec_push(&g->reads) = (struct cond_read){.form_ident = form_ident, .col = col};
}

static void field_read(struct gen *g, const char *path)
{
    for (size_t i = 0; i < g->fields.n; i++)
        if (strcmp(g->fields.v[i], path) == 0)
            return;
    *vec_push(&g->fields) = path;
}

/* ---- tables ---- */

bool field_is_child(const struct field *fd) { return fd->type == FT_TABLE || fd->type == FT_MULTI || fd->many; }
const char *form_table(TALLOC_CTX *mem, const struct form *f) { return mem_fmt(mem, "f_%s", f->ident); }
const char *form_child_table(TALLOC_CTX *mem, const struct form *f, const struct field *fd) { return mem_fmt(mem, "f_%s__%s", f->ident, fd->col); }
const char *cond_from(TALLOC_CTX *mem, const struct form *f) { return form_table(mem, f); }

/* ---- views and aliases ---- */

struct view *cond_view(const struct gen *g, struct str alias)
{
    for (struct view *v = g->views; v != NULL; v = v->outer)
        if (str_is(alias, v->alias))
            return v;
    return NULL;
}

static struct val of_field(const struct field *f, const char *sql)
{
    struct val v = {.sql = sql, .of = f->of, .ref = f->ref, .real = f->type == FT_NUMBER};
    switch (f->type) {
    case FT_INT: case FT_NUMBER: case FT_MONEY: case FT_MONTH: v.t = V_NUM; break;
    case FT_DATE: v.t = V_DATE; break;
    case FT_DATETIME: v.t = V_TIME; break;
    case FT_BOOL: v.t = V_BOOL; break;
    case FT_CHOICE: case FT_MULTI: v.t = V_CHOICE; break;
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT: v.t = V_REF; break;
    case FT_FILE: v.t = V_REF; v.ref = NULL; break;
    case FT_TEXT: case FT_LONGTEXT: case FT_DURATION: case FT_ROLE: case FT_SIGN: case FT_TABLE: case FT__N: v.t = V_TEXT; break;
    }
    return v;
}

const struct field *cond_field(const struct gen *g, const struct form *f, struct str name, struct str second)
{
    MEM_SCOPE(tmp, g->mem);
    if (second.n > 0)
        return pack_field(f, mem_fmt(tmp, "%s.%s", str_dup(tmp, name), str_dup(tmp, second)));
    const struct field *fd = pack_field(f, str_dup(tmp, name));
    if (fd == NULL && g->scope->pack != NULL)
        fd = pack_field(f, mem_fmt(tmp, "%s.%s", g->scope->pack->id, str_dup(tmp, name)));
    return fd;
}

static struct val record_column(struct gen *g, const struct view *v, struct str name, bool *ret_found)
{
    static const struct { const char *name, *col; enum vt t; const char *ref; } cols[] = {
        {"id", "record", V_REF, NULL}, {"number", "number", V_TEXT, NULL}, {"state", "state", V_TEXT, NULL}, {"department", "department", V_REF, "department"},
        {"made_by", "made_by", V_REF, "person"}, {"made_at", "made_at", V_TIME, NULL}, {"closed_at", "closed_at", V_TIME, NULL},
        {"happened_on", "happened_on", V_DATE, NULL}, {"version", "pack_set", V_NUM, NULL},
    };
    for (size_t i = 0; i < ARRAY_N(cols); i++)
        if (str_is(name, cols[i].name)) {
            *ret_found = true;
            return (struct val){.t = cols[i].t, .sql = mem_fmt(g->mem, "%s.%s", v->sql, cols[i].col),
                                .ref = i == 0 ? v->f : cols[i].ref ? pack_form(g->scope->set, cols[i].ref) : NULL};
        }
    *ret_found = false;
    return (struct val){.t = V_BAD};
}

static struct val child_column(struct gen *g, const struct view *v, struct str name, size_t at)
{
    const char *a = v->sql;
    if (str_is(name, v->f->ident))
        return (struct val){.t = V_REF, .ref = v->f, .sql = mem_fmt(g->mem, "%s.record", a)};
    if (str_is(name, "ord"))
        return (struct val){.t = V_NUM, .sql = mem_fmt(g->mem, "%s.ord", a)};
    if (str_is(name, "value") && v->child->type != FT_TABLE) {
        struct val x = of_field(v->child, mem_fmt(g->mem, "%s.value", a));
        return x;
    }
    for (size_t i = 0; i < v->child->cols_n; i++)
        if (str_is(name, v->child->cols[i].id))
            return of_field(&v->child->cols[i], mem_fmt(g->mem, "%s.%s", a, v->child->cols[i].col));
    return cond_bad(g, at, MSG("cond.column"), str_dup(g->mem, name), v->alias);
}

static struct val view_column(struct gen *g, struct view *v, const struct node *n)
{
    bool found;
    v->uses++;
    if (v->child != NULL && n->part3.n > 0)
        return cond_bad(g, n->at, MSG("cond.column"), str_dup(g->mem, n->part3), v->alias);
    if (v->child != NULL)
        return child_column(g, v, n->part2, n->at);
    const struct field *fd = cond_field(g, v->f, n->part2, n->part3);
    if (fd != NULL && field_is_child(fd))
        return cond_bad(g, n->at, MSG("cond.child"), fd->path, NULL);
    if (fd != NULL) {
        cond_reads(g, v->f->ident, fd->col);
        if (v->is_r)
            field_read(g, fd->path);
        return of_field(fd, mem_fmt(g->mem, "%s.%s", v->sql, fd->col));
    }
    struct val r = n->part3.n > 0 ? (found = false, (struct val){0}) : record_column(g, v, n->part2, &found);
    return found ? r : cond_bad(g, n->at, MSG("cond.column"), str_dup(g->mem, n->part3.n ? n->part3 : n->part2), v->alias);
}

struct val cond_column(struct gen *g, const struct node *n)
{
    struct view *v = cond_view(g, n->s);
    if (n->part2.n == 0) {
        if (str_is(n->s, "option") && g->scope->option_field != NULL) {
            const struct field *f = g->scope->option_field;
            cond_reads(g, g->scope->r->ident, f->col);
            field_read(g, f->path);
            return (struct val){.t = V_CHOICE, .of = f->of, .sql = f->type == FT_MULTI ? "opt.value" : mem_fmt(g->mem, "r.%s", f->col)};
        }
        return cond_bad(g, n->at, MSG("cond.bare"), str_dup(g->mem, n->s), NULL);
    }
    if (v == NULL)
        return cond_bad(g, n->at, MSG("cond.alias"), str_dup(g->mem, n->s), NULL);
    return view_column(g, v, n);
}

/* The multi, many or table field that a name means: r.basis2. */
const struct field *cond_child(struct gen *g, const struct node *n, struct view **ret_view)
{
    struct view *v = n->k == N_NAME ? cond_view(g, n->s) : NULL;
    const struct field *fd = v != NULL && v->child == NULL && n->part2.n > 0 ? cond_field(g, v->f, n->part2, n->part3) : NULL;
    if (fd == NULL || !field_is_child(fd)) {
        cond_bad(g, n->at, MSG("cond.not-child"), str_dup(g->mem, n->part2.n ? n->part2 : n->s), NULL);
        return NULL;
    }
    cond_reads(g, v->f->ident, fd->col);
    v->uses++;
    if (v->is_r)
        field_read(g, fd->path);
    *ret_view = v;
    return fd;
}

/* ---- literals ---- */

static const char *const type_names[] = {"真偽", "数", "文字列", "日付", "日時", "参照", "選択肢", "文字列", "空", "?"};

const char *cond_options(struct gen *g, const struct choice_set *of)
{
    struct buf *b = buf_new(g->mem, COND_SQL_MAX);
    for (size_t i = 0; of != NULL && i < of->n; i++)
        buf_fmt(b, "%s%s", i ? ", " : "", of->opt[i].id);
    return b->p ? b->p : "";
}

static bool option_is(const struct choice_set *of, struct str id)
{
    for (size_t i = 0; of != NULL && i < of->n; i++)
        if (str_is(id, of->opt[i].id))
            return true;
    return false;
}

struct val cond_as(struct gen *g, struct val v, enum vt want, const struct choice_set *of, size_t at)
{
    struct str rest = str_of(v.lit), one = rest;
    struct civil c;
    if (v.t == V_BAD || v.t == V_NULL)
        return v;
    if (v.t != V_LIT)
        return v.t == want && (want != V_CHOICE || of == NULL || v.of == NULL || v.of == of || text_eq(v.of->id, of->id))
                   ? v : cond_bad(g, at, MSG("cond.type"), type_names[v.t], type_names[want]);
    v.t = want;
    v.of = of;
    if (want == V_TEXT)
        return v;
    if (want != V_DATE && want != V_CHOICE)
        return cond_bad(g, at, MSG("cond.type"), type_names[V_LIT], type_names[want]);
    bool more = str_next(&rest, '\n', &one);
    do {
        if (want == V_CHOICE && !option_is(of, one))
            return cond_bad(g, at, MSG("cond.option"), str_dup(g->mem, one), cond_options(g, of));
        if (want == V_DATE && !civil_read(one, &c))
            return cond_bad(g, at, MSG("cond.type"), type_names[V_LIT], type_names[want]);
    } while (more && str_next(&rest, '\n', &one));
    return v;
}

/* ---- the compiler's face ---- */

static enum ctype ctype_of(enum vt t)
{
    switch (t) {
    case V_BOOL: return CT_BOOL;
    case V_NUM: return CT_NUM;
    case V_DATE: return CT_DATE;
    case V_TIME: return CT_TIME;
    case V_REF: return CT_REF;
    case V_CHOICE: return CT_CHOICE;
    case V_TEXT: case V_LIT: case V_NULL: case V_BAD: return CT_TEXT;
    }
    return CT_TEXT;
}

static bool wanted(struct gen *g, struct val v, int want)
{
    if (want < 0 || v.t == V_BAD || v.t == V_NULL || (int)ctype_of(v.t) == want || (v.t == V_LIT && (want == CT_CHOICE || want == CT_DATE)))
        return true;
    if ((want == CT_DATE && v.t == V_TIME) || (want == CT_TIME && v.t == V_DATE))
        return true;                            /* a due date or a due time */
    cond_bad(g, 0, MSG("cond.result"), type_names[v.t], NULL);
    return false;
}

/* How much of SQLite's parser stack (100 places) the text needs, by what was measured: an operator and its parenthesis 3, a call 6, a select
 * 10, one in the ON of a join 16, inside a CASE 4 more. */
struct weight { int now, max, depth; int group[COND_SQL_MAX / 4]; bool join[COND_SQL_MAX / 4]; };

static void weigh_word(struct weight *w, struct str word)
{
    int more = 0;
    if (str_is(word, "SELECT"))
        more = 7;
    else if (str_is(word, "CASE"))
        more = 4;
    else if (str_is(word, "END"))
        more = -4;
    else if (str_is(word, "JOIN") && !w->join[w->depth]) {
        w->join[w->depth] = true;
        more = 6;
    } else if (str_is(word, "WHERE") && w->join[w->depth]) {
        w->join[w->depth] = false;
        more = -6;
    }
    w->now += more;
    w->group[w->depth] += more;
}

static int weight(TALLOC_CTX *mem, const char *sql)
{
    MEM_SCOPE(tmp, mem);
    struct weight *w = mem_new(tmp, struct weight);
    for (const char *p = sql, *word = NULL;; p++) {
        bool letter = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' || (*p >= '0' && *p <= '9');
        if (letter && word == NULL)
            word = p;
        if (!letter && word != NULL)
            weigh_word(w, (struct str){word, (size_t)(p - word)});
        if (*p == '\'')
            p = strchr(p + 1, '\'');                     /* '' is two literals here, which weighs the same */
        if (*p == '(' && w->depth + 1 < COND_SQL_MAX / 4) {
            w->group[++w->depth] = word != NULL && !letter ? 6 : 3;
            w->join[w->depth] = false;
            w->now += w->group[w->depth];
        } else if (*p == ')' && w->depth > 0) {
            w->now -= w->group[w->depth--];
        }
        word = letter ? word : NULL;
        w->max = w->now > w->max ? w->now : w->max;
        if (*p == '\0')
            return w->max;
    }
}

/* Aliases of checks are written bare by core: a word of an engine or of the helpers written here would break the statement. */
static bool alias_ok(const char *a)
{
    static const char *const taken[] = {"all", "analyse", "analyze", "any", "array", "as", "asc", "authorization", "binary", "both", "cast", "check", "collate", "collation", "column",
        "concurrently", "constraint", "create", "cross", "default", "deferrable", "desc", "do", "else", "except", "fetch", "for", "foreign", "freeze", "full", "glob", "grant", "group",
        "having", "ilike", "index", "initially", "inner", "intersect", "into", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "natural", "notnull",
        "offset", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references", "returning", "right", "set", "similar", "some", "symmetric", "table",
        "tablesample", "to", "trailing", "transaction", "union", "unique", "user", "using", "values", "variadic", "verbose", "when", "window", "with",
        "q", "j", "dx", "dy", "hp", "hd", "hu", "ha", "hr", "hc", "opt", "option"};
    for (size_t i = 0; i < ARRAY_N(taken); i++)
        if (strcmp(a, taken[i]) == 0)
            return false;
    return text_is_ident(a);
}

struct cond *cond_compile(TALLOC_CTX *mem, const char *src, struct pos pos, const struct cond_scope *scope, int want, struct problem_vec *problems)
{
    struct lex lex;
    struct cond *out = mem_new(mem, struct cond);
    struct gen g = {.mem = mem, .scope = scope, .src = src, .pos = pos, .problems = problems, .out = out, .reads = VEC_INIT(mem), .fields = VEC_INIT(mem),
                    .places = VEC_INIT(mem), .apart = VEC_INIT(mem)};
    struct view r = {.alias = "r", .sql = "r", .f = scope->r, .is_r = true}, subject = {.alias = scope->alias, .sql = scope->alias, .f = scope->alias_form, .is_r = true};
    if (scope->alias != NULL && !alias_ok(scope->alias)) {
        cond_problem(problems, mem, pos, src, 0, MSG("cond.alias-taken"), scope->alias, NULL);
        return NULL;
    }
    if (!cond_lex(mem, src, pos, &lex, problems))
        return NULL;
    struct node *n = cond_parse(mem, &lex, pos, problems);
    if (n == NULL)
        return NULL;
    g.views = scope->r != NULL ? &r : scope->alias_form != NULL ? &subject : NULL;
    struct val v = cond_gen(&g, n);
    if (g.failed || !wanted(&g, v, want) || g.failed)
        return NULL;
    out->src = mem_strdup(mem, src);
    out->pos = pos;
    out->type = ctype_of(v.t);
    out->of = v.of;
    out->sql = v.sql;
    if (v.t == V_BOOL && scope->option_field != NULL && scope->option_field->type == FT_MULTI)
        out->sql = mem_fmt(mem, "CAST((NOT EXISTS (SELECT 1 FROM %s opt WHERE opt.record = r.record AND opt.slot = r.slot AND coalesce(CASE WHEN (%s) THEN 1 ELSE 0 END, 0) = 0)) AS INTEGER)",
                           form_child_table(mem, scope->r, scope->option_field), v.sql);
    else if (v.t == V_BOOL)
        out->sql = mem_fmt(mem, "CAST((%s) AS INTEGER)", v.sql);
    for (size_t i = 0; i < g.reads.n; i++)
        for (size_t k = 0; k < g.apart.n; k++)
            g.reads.v[i].apart = g.reads.v[i].apart || text_eq(g.reads.v[i].form_ident, g.apart.v[k]);
    out->read = g.reads.v;
    out->read_n = g.reads.n;
    out->fields = g.fields.v;
    out->fields_n = g.fields.n;
    if (strlen(out->sql) > COND_SQL_MAX || weight(mem, out->sql) > COND_WEIGHT_MAX) {
        cond_problem(problems, mem, pos, src, 0, strlen(out->sql) > COND_SQL_MAX ? MSG("cond.long") : MSG("cond.deep"), NULL, NULL);
        return NULL;
    }
    return out;
}
