/* Judging a record: computed values, rules, conditional requirements, step conditions. All conditions of one purpose go into one fenced
 * SELECT over the version under judgement (r), inside the writer's transaction, so that a judgement and the act that rests on it see
 * the same data. Unknown (NULL) never passes: it becomes undecided:<field>. */
#include "core/core_int.h"

#define JUDGE_STEPS_MAX 2000000          /* VM steps on SQLite; see db_query_fenced */
#define VALUE_ROUNDS 3                   /* computed values may read each other; after this many rounds they must stand still */

/* SELECT (c0), (c1), ... FROM f_form r WHERE r.record = $1 AND r.slot = $2 */
static enum rc judge_select(struct work *w, TALLOC_CTX *mem, const struct record *rec, enum slot slot, const struct cond *const *cond, size_t n,
                            struct db_rows **ret_rows, struct err *e)
{
    struct sql *s = sql_new(mem);
    bool more;
    sql_cond_params(s, rec->id, slot, w->now_us, w->today);
    sql_lit(s, "SELECT ");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            sql_lit(s, ", ");
        sql_lit(s, "(");
        sql_compiled(s, cond[i]->sql);
        sql_lit(s, ")");
    }
    sql_lit(s, " FROM ");
    sql_ident(s, form_table(mem, rec->form));
    sql_lit(s, " r WHERE r.record = $1 AND r.slot = $2");
    TRY(db_query_fenced(w->db, mem, s, JUDGE_STEPS_MAX, ret_rows, e));
    TRY(db_next(*ret_rows, &more, e));
    if (!more)
        return err_set(e, ERR_BUG, "record %lld has no row in slot %d", (long long)rec->id, (int)slot);
    return RC_OK;
}

enum rc judge_conds(struct work *w, const struct record *rec, enum slot slot, const struct cond *const *cond, size_t n, enum truth *ret_truth, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct db_rows *rows;
    if (n == 0)
        return RC_OK;
    TRY(judge_select(w, tmp, rec, slot, cond, n, &rows, e));
    for (size_t i = 0; i < n; i++)
        ret_truth[i] = db_is_null(rows, (int)i) ? T_UNKNOWN : db_i64(rows, (int)i) != 0 ? T_TRUE : T_FALSE;
    db_rows_end(rows);
    return RC_OK;
}

enum rc judge_scalar(struct work *w, const struct record *rec, enum slot slot, const struct cond *c, char **ret_text, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct db_rows *rows;
    TRY(judge_select(w, tmp, rec, slot, &c, 1, &rows, e));
    *ret_text = db_is_null(rows, 0) ? NULL : mem_strdup(w->mem, db_text(rows, 0));
    db_rows_end(rows);
    return RC_OK;
}

/* ---- computed values ---- */

static enum rc values_round(struct work *w, const struct record *rec, enum slot slot, struct content *c, bool defaults, bool *ret_changed, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    const struct form *f = rec->form;
    const struct cond **cond = mem_array(tmp, const struct cond *, f->field_n + 1);
    const struct field **fd = mem_array(tmp, const struct field *, f->field_n + 1);
    size_t n = 0;
    struct db_rows *rows;
    *ret_changed = false;
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *x = &f->field[i];
        bool fresh = defaults && x->dflt != NULL && content_get(c, x->path) == NULL;
        if (field_is_child(x) || (x->value == NULL && !fresh))
            continue;
        fd[n] = x;
        cond[n++] = x->value ? x->value : x->dflt;
    }
    if (n == 0)
        return RC_OK;
    TRY(judge_select(w, tmp, rec, slot, cond, n, &rows, e));
    for (size_t i = 0; i < n; i++) {
        const char *now = db_is_null(rows, (int)i) ? NULL : db_text(rows, (int)i);
        if (text_eq(now, content_get(c, fd[i]->path)))
            continue;
        content_set(c, fd[i]->path, now);
        *ret_changed = true;
    }
    db_rows_end(rows);
    return RC_OK;
}

enum rc judge_values(struct work *w, const struct record *rec, enum slot slot, struct content *c, bool *ret_changed, struct err *e)
{
    bool changed = true, fresh = rec->version == 0;
    *ret_changed = false;
    for (int round = 0; changed && round < VALUE_ROUNDS; round++) {
        struct content *was = content_copy(w->mem, c);
        TRY(values_round(w, rec, slot, c, fresh && round == 0, &changed, e));
        if (!changed)
            break;
        *ret_changed = true;
        content_order(c, rec->form);
        TRY(ftable_change(w->tx, w->mem, rec->form, rec, slot, slot == SLOT_DRAFT ? "draft" : rec->state, was, c, e));
    }
    return RC_OK;
}

/* ---- rules ---- */

/* One question of a judgement: what it means is decided after the one SELECT. */
enum ask_kind { ASK_FACET, ASK_RULE, ASK_REQUIRED, ASK_ALLOWED };
struct ask { enum ask_kind kind; const struct cond *cond; const struct rule *rule; const struct field *field; const struct facet *facet; enum truth truth; };
VEC_TYPE(ask_vec, struct ask);

static int at_rank(const struct form *f, const char *at)
{
    if (strcmp(at, "save") == 0)
        return 0;
    if (strcmp(at, "submit") == 0)
        return 1;
    if (strcmp(at, "approve") == 0)
        return 2;
    for (size_t i = 0; i < f->step_n; i++)
        if (strcmp(f->step[i].id, at) == 0 || strcmp(f->step[i].key, at) == 0)
            return 3 + (int)i;
    return strcmp(at, "approved") == 0 ? 1000 : 1001;                 /* close */
}

static bool rule_asked(const struct form *f, const struct rule *r, const char *at)
{
    const char *from = r->at ? r->at : "submit";
    if (at_rank(f, from) >= 3 && at_rank(f, from) < 1000)              /* a step's own rule: at that step alone */
        return at_rank(f, from) == at_rank(f, at);
    if (strcmp(from, "approve") == 0)
        return at_rank(f, at) >= 2;
    return at_rank(f, from) <= at_rank(f, at);
}

static bool field_due(const struct form *f, const struct field *fd, const char *at)
{
    const char *stage = fd->stage ? fd->stage : "submit";
    return at_rank(f, at) >= 1 && at_rank(f, stage) <= at_rank(f, at);
}

static void ask_add(struct ask_vec *v, enum ask_kind kind, const struct cond *c, const struct rule *r, const struct field *fd, const struct facet *fa)
{
    *vec_push(v) = (struct ask){.kind = kind, .cond = c, .rule = r, .field = fd, .facet = fa};
}

static void asks_collect(struct ask_vec *v, const struct form *f, const struct content *c, const char *at)
{
    for (size_t i = 0; i < f->facet_n; i++)
        if (f->facet[i].applies != NULL)
            ask_add(v, ASK_FACET, f->facet[i].applies, NULL, NULL, &f->facet[i]);
    for (size_t i = 0; i < f->rule_n; i++)
        if (rule_asked(f, &f->rule[i], at))
            ask_add(v, ASK_RULE, f->rule[i].when, &f->rule[i], NULL, NULL);
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (fd->required_when != NULL && field_due(f, fd, at))
            ask_add(v, ASK_REQUIRED, fd->required_when, NULL, fd, NULL);
        if (fd->allowed != NULL && content_rows(c, fd->path) + (content_get(c, fd->path) != NULL) > 0)
            ask_add(v, ASK_ALLOWED, fd->allowed, NULL, fd, NULL);
    }
}

/* A pack's part of a form is off when all its facets say so; unknown counts as on. */
static bool pack_on(const struct ask_vec *v, const struct form *f, const struct pack *p)
{
    bool any = false;
    for (size_t i = 0; i < f->facet_n; i++) {
        if (f->facet[i].pack != p)
            continue;
        bool off = false;
        for (size_t k = 0; k < v->n; k++)
            if (v->v[k].facet == &f->facet[i] && v->v[k].truth == T_FALSE)
                off = true;
        if (!off)
            return true;
        any = true;
    }
    return !any;
}

/* Programs read the path in the code; people read what the field is called. */
static void undecided(struct work *w, const struct form *f, const struct cond *c, const char *path, const char *rule, const char *article)
{
    const char *name = c->fields_n > 0 ? c->fields[0] : path ? path : "-";
    const struct field *fd = pack_field(f, name);
    const char *label = fd != NULL && fd->label != NULL ? pick_lang(w->actor.lang, fd->label, fd->label_en) : name;
    trouble_add(w, path ? path : name, mem_fmt(w->mem, "undecided:%s", name), msg_fill(w->mem, w->actor.lang, MSG("core.undecided"), label, NULL), rule, article, false);
}

void judge_undecided(struct work *w, const struct form *f, const struct cond *c, const char *article)
{
    undecided(w, f, c, NULL, NULL, article);
}

enum rc judge_packs_on(struct work *w, const struct record *rec, enum slot slot, bool *ret_on, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    const struct form *f = rec->form;
    struct ask_vec asks = VEC_INIT(tmp);
    const struct cond **cond = mem_array(tmp, const struct cond *, f->facet_n + 1);
    enum truth *truth = mem_array(tmp, enum truth, f->facet_n + 1);
    for (size_t i = 0; i < f->facet_n; i++)
        if (f->facet[i].applies != NULL) {
            cond[asks.n] = f->facet[i].applies;
            ask_add(&asks, ASK_FACET, f->facet[i].applies, NULL, NULL, &f->facet[i]);
        }
    TRY(judge_conds(w, rec, slot, cond, asks.n, truth, e));
    for (size_t i = 0; i < asks.n; i++)
        asks.v[i].truth = truth[i];
    for (size_t i = 0; i < f->step_n; i++)
        ret_on[i] = pack_on(&asks, f, f->step[i].pack);
    return RC_OK;
}

static void rule_judged(struct work *w, const struct form *f, const struct ask *a)
{
    const struct rule *r = a->rule;
    if (a->truth == T_FALSE)
        return;
    if (a->truth == T_UNKNOWN && r->kind == RULE_DENY) {
        undecided(w, f, a->cond, r->field, r->key, r->article);
        return;
    }
    if (a->truth == T_TRUE)
        trouble_add(w, r->field, r->key, pick_lang(w->actor.lang, r->text, r->text_en), r->key, r->article, r->kind == RULE_WARN);
}

static void field_judged(struct work *w, const struct form *f, const struct ask *a, const struct content *c)
{
    const struct field *fd = a->field;
    const char *label = pick_lang(w->actor.lang, fd->label, fd->label_en);
    bool filled = content_get(c, fd->path) != NULL || content_rows(c, fd->path) > 0;
    if (a->kind == ASK_REQUIRED && !filled && a->truth != T_FALSE) {
        if (a->truth == T_UNKNOWN)
            undecided(w, f, a->cond, fd->path, NULL, NULL);
        else
            trouble_add(w, fd->path, "required", msg_fill(w->mem, w->actor.lang, MSG("core.required"), label, NULL), NULL, NULL, false);
    }
    if (a->kind == ASK_ALLOWED && a->truth != T_TRUE)
        trouble_add(w, fd->path, "allowed", msg_fill(w->mem, w->actor.lang, MSG("core.not-allowed"), label, NULL), NULL, NULL, false);
}

static enum rc unique_check(struct work *w, const struct record *rec, const struct field *fd, const struct content *c, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    const char *text = content_get(c, fd->path);
    struct db_rows *rows;
    bool more;
    if (text == NULL)
        return RC_OK;
    struct sql *s = sql_new(tmp);
    sql_lit(s, "SELECT record FROM ");
    sql_ident(s, form_table(tmp, rec->form));
    sql_lit(s, " WHERE ");
    sql_ident(s, fd->col);
    sql_lit(s, " = ");
    int64_t i;
    if (fd->type != FT_TEXT && str_to_i64(str_of(text), &i))
        sql_i64(s, i);
    else
        sql_text(s, text);
    sql_lit(s, " AND slot = 0 AND record <> ");
    sql_i64(s, rec->id);
    sql_lit(s, " LIMIT 1");
    TRY(db_query(w->db, tmp, s, &rows, e));
    TRY(db_next(rows, &more, e));
    db_rows_end(rows);
    if (more)
        trouble_add(w, fd->path, "unique", msg_fill(w->mem, w->actor.lang, MSG("core.unique"), pick_lang(w->actor.lang, fd->label, fd->label_en), text, NULL),
                    NULL, NULL, false);
    return RC_OK;
}

static void stages_upto(const struct form *f, const char *at, const char **ret_stages, size_t *ret_n)
{
    size_t n = 0;
    int rank = at_rank(f, at);
    if (rank >= 1)
        ret_stages[n++] = "submit";
    for (size_t i = 0; i < f->step_n; i++)
        if (3 + (int)i <= rank)
            ret_stages[n++] = f->step[i].id;
    if (rank >= 1001) {
        ret_stages[n++] = "approved";
        ret_stages[n++] = "close";
    }
    *ret_n = n;
}

/* What a step's own fields lack is told with the article that the step, or else the form, stands for. */
static void step_articles(struct work *w, const struct form *f, const char *at, size_t from)
{
    const struct step *s = pack_step(f, at);
    for (size_t i = from; s != NULL && i < w->troubles->n; i++) {
        struct trouble *t = &w->troubles->v[i];
        const struct field *col = NULL, *fd = t->path ? content_field(f, t->path, &col, &(int64_t){0}) : NULL;
        if (t->article == NULL && fd != NULL && field_at_step(fd, s))
            t->article = s->article ? s->article : pack_field_article(f, fd);
    }
}

/* Fields of a pack whose facets do not apply are not demanded. */
static void drop_off_facets(struct work *w, const struct ask_vec *v, const struct form *f, size_t from)
{
    size_t keep = from;
    for (size_t i = from; i < w->troubles->n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct trouble *t = &w->troubles->v[i];
        const struct field *fd = t->path ? content_field(f, t->path, &col, &row) : NULL;
        if (fd != NULL && strcmp(t->code, "required") == 0 && !pack_on(v, f, fd->pack))
            continue;
        w->troubles->v[keep++] = *t;
    }
    w->troubles->n = keep;
}

enum rc judge_rules(struct work *w, const struct record *rec, enum slot slot, const struct content *c, const char *at, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    const struct form *f = rec->form;
    struct ask_vec asks = VEC_INIT(tmp);
    asks_collect(&asks, f, c, at);
    const struct cond **cond = mem_array(tmp, const struct cond *, asks.n + 1);
    enum truth *truth = mem_array(tmp, enum truth, asks.n + 1);
    const char **stages = mem_array(tmp, const char *, f->step_n + 4);
    size_t stages_n, before = w->troubles->n;
    for (size_t i = 0; i < asks.n; i++)
        cond[i] = asks.v[i].cond;
    TRY(judge_conds(w, rec, slot, cond, asks.n, truth, e));
    for (size_t i = 0; i < asks.n; i++)
        asks.v[i].truth = truth[i];
    stages_upto(f, at, stages, &stages_n);
    content_check(w->mem, f, c, stages, stages_n, w->actor.lang, w->troubles);
    drop_off_facets(w, &asks, f, before);
    for (size_t i = 0; i < asks.n; i++) {
        const struct ask *a = &asks.v[i];
        if (a->kind == ASK_RULE && pack_on(&asks, f, a->rule->pack))
            rule_judged(w, rec->form, a);
        if (a->field != NULL && pack_on(&asks, f, a->field->pack))
            field_judged(w, rec->form, a, c);
    }
    step_articles(w, f, at, before);
    for (size_t i = 0; i < f->field_n; i++)
        if (pack_on(&asks, f, f->field[i].pack) && (strcmp(at, "submit") == 0 || text_eq(at, f->field[i].stage)))
            TRY(audit_judge(w, rec, c, &f->field[i], e));
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].unique)
            TRY(unique_check(w, rec, &f->field[i], c, e));
    return strcmp(at, "submit") == 0 ? org_judge(w, rec, c, e) : RC_OK;
}

enum rc judge_plain(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    static const char *const stages[] = {"submit"};
    content_check(w->mem, rec->form, c, stages, ARRAY_N(stages), w->actor.lang, w->troubles);
    for (size_t i = 0; i < rec->form->field_n; i++)
        if (rec->form->field[i].unique)
            TRY(unique_check(w, rec, &rec->form->field[i], c, e));
    return RC_OK;
}

void trouble_add(struct work *w, const char *path, const char *code, const char *text, const char *rule, const char *article, bool warning)
{
    *vec_push(w->troubles) = (struct trouble){.path = path, .code = code, .text = text, .rule = rule, .article = article, .warning = warning};
}

enum rc work_troubles_refuse(struct work *w, struct err *e)
{
    for (size_t i = 0; i < w->troubles->n; i++) {
        const struct trouble *t = &w->troubles->v[i];
        if (t->warning)
            continue;
        if (strncmp(t->code, "undecided:", 10) == 0)
            return err_set_arg(e, ERR_UNDECIDED, t->text, "%s", t->code);
        if (strcmp(t->code, "own-audit") == 0)
            return err_set_arg(e, ERR_OWN_AUDIT, t->text, "%s %s", t->path, t->code);
        if (t->rule != NULL)
            return err_set_arg(e, ERR_RULE, t->text, "%s", t->code);
        return err_set_arg(e, ERR_FIELDS, t->text, "%s %s", t->path ? t->path : "-", t->code);
    }
    return RC_OK;
}
