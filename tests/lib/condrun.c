/* Both engines over the same rows; see condrun.h. */
#include "condrun.h"
#include <string.h>

/* SplitMix64. */
uint32_t condrun_random(struct condrun_rng *r, uint32_t below)
{
    uint64_t z = (r->x += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* ---- which conditions a set has ---- */

static void add(struct condrun_vec *v, const char *what, const char *id, const struct cond *c, const struct form *f, const char *alias)
{
    if (c != NULL)
        *vec_push(v) = (struct condrun_case){mem_fmt(v->mem, "%s %s %s", f->ident, what, id ? id : ""), c, f, alias};
}

static void form_collect(const struct form *f, struct condrun_vec *v)
{
    for (size_t i = 0; i < f->facet_n; i++)
        add(v, "applies", f->facet[i].form_id, f->facet[i].applies, f, "r");
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *x = &f->field[i];
        add(v, "required_when", x->path, x->required_when, f, "r");
        add(v, "show_when", x->path, x->show_when, f, "r");
        add(v, "allowed", x->path, x->allowed, f, "r");
        add(v, "value", x->path, x->value, f, "r");
        add(v, "default", x->path, x->dflt, f, "r");
    }
    for (size_t i = 0; i < f->rule_n; i++)
        add(v, "rule", f->rule[i].key, f->rule[i].when, f, "r");
    for (size_t i = 0; i < f->step_n; i++)
        add(v, "step", f->step[i].key, f->step[i].when, f, "r");
    for (size_t i = 0; i < f->then_n; i++) {
        add(v, "then when", f->then[i].key, f->then[i].when, f, "r");
        add(v, "then due", f->then[i].key, f->then[i].due, f, "r");
        add(v, "then done", f->then[i].key, f->then[i].done, f, "r");
    }
    add(v, "no_approval", "", f->no_approval.when, f, "r");
}

void condrun_collect(const struct pack_set *set, struct condrun_vec *v)
{
    for (size_t i = 0; i < set->form_n; i++)
        form_collect(&set->form[i], v);
    for (size_t i = 0; i < set->check_n; i++) {
        const struct check *k = &set->check[i];
        if (k->subject == NULL)
            continue;
        const char *alias = k->alias ? k->alias : "a";
        add(v, "check where", k->key, k->where, k->subject, alias);
        add(v, "check must", k->key, k->must, k->subject, alias);
        add(v, "check deadline", k->key, k->deadline, k->subject, alias);
    }
}

/* ---- tables and rows ---- */

struct fill { struct tx *tx; TALLOC_CTX *mem; const struct pack_set *set; struct condrun_rng rng; uint32_t rows; struct err *e; };

static enum db_type type_of(const struct field *f)
{
    switch (f->type) {
    case FT_INT: case FT_MONEY: case FT_DATETIME: case FT_MONTH: case FT_BOOL: case FT_REF: case FT_PERSON: case FT_DEPARTMENT: case FT_FILE: return DB_INT;
    case FT_NUMBER: return DB_REAL;
    case FT_TEXT: case FT_LONGTEXT: case FT_DATE: case FT_DURATION: case FT_CHOICE: case FT_MULTI: case FT_ROLE: case FT_SIGN: case FT_TABLE: case FT__N: return DB_TEXT;
    }
    return DB_TEXT;
}

static const struct db_col shared[] = {{"record", DB_INT, false}, {"slot", DB_INT, false}, {"number", DB_TEXT, false}, {"state", DB_TEXT, false}, {"department", DB_INT, false},
                                       {"made_by", DB_INT, false}, {"made_at", DB_INT, false}, {"closed_at", DB_INT, false}, {"happened_on", DB_TEXT, false},
                                       {"pack_set", DB_INT, false}, {"show", DB_INT, false}};

static enum rc tables_make(struct fill *w, const struct form *f)
{
    VEC(struct db_col) col = VEC_INIT(w->mem);
    for (size_t i = 0; i < ARRAY_N(shared); i++)
        *vec_push(&col) = shared[i];
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *x = &f->field[i];
        if (!field_is_child(x)) {
            *vec_push(&col) = (struct db_col){x->col, type_of(x), false};
            continue;
        }
        VEC(struct db_col) c = VEC_INIT(w->mem);
        *vec_push(&c) = (struct db_col){"record", DB_INT, false};
        *vec_push(&c) = (struct db_col){"slot", DB_INT, false};
        *vec_push(&c) = (struct db_col){"ord", DB_INT, false};
        if (x->type != FT_TABLE)
            *vec_push(&c) = (struct db_col){"value", type_of(x), false};
        for (size_t k = 0; k < x->cols_n; k++)
            *vec_push(&c) = (struct db_col){x->cols[k].col, type_of(&x->cols[k]), false};
        struct db_table t = {.name = form_child_table(w->mem, f, x), .col = c.v, .col_n = c.n, .key = {"record", "slot", "ord", NULL}};
        TRY(db_table_ensure(w->tx, &t, w->e));
    }
    struct db_table t = {.name = form_table(w->mem, f), .col = col.v, .col_n = col.n, .key = {"record", "slot", NULL}};
    return db_table_ensure(w->tx, &t, w->e);
}

static int64_t form_base(const struct pack_set *set, const struct form *f)
{
    for (size_t i = 0; i < set->form_n; i++)
        if (f != NULL && text_eq(set->form[i].ident, f->ident))
            return (int64_t)(i + 1) * 1000;
    return 900000;
}

static void date_put(struct fill *w, struct sql *s)
{
    char text[CIVIL_TEXT_N];
    civil_text(civil_from_days(civil_days((struct civil){2026, 6, 1}) + (int)condrun_random(&w->rng, 800) - 400), text);
    sql_text(s, condrun_random(&w->rng, 6) == 0 ? CONDRUN_TODAY : text);
}

static void value_put(struct fill *w, struct sql *s, const struct field *f)
{
    static const char *const texts[] = {"", "tokyo", "OSAKA", "大阪", "abc", "it's", "P1Y", "a longer text with 漢字 and blanks"};
    uint32_t any = condrun_random(&w->rng, 1000);
    if (condrun_random(&w->rng, 5) == 0) {
        sql_null(s);
        return;
    }
    switch (f->type) {
    case FT_INT: case FT_MONTH: sql_i64(s, (int64_t)(any % 30) - 8); break;
    case FT_MONEY: sql_i64(s, (int64_t)any * 1000); break;
    case FT_NUMBER: sql_real(s, ((double)any - 300) / 4); break;
    case FT_DATE: date_put(w, s); break;
    case FT_DATETIME: sql_i64(s, CONDRUN_NOW + ((int64_t)any - 500) * 3600000001); break;
    case FT_BOOL: sql_i64(s, any % 2); break;
    case FT_CHOICE: case FT_MULTI: sql_text(s, f->of && f->of->n ? f->of->opt[any % f->of->n].id : "x"); break;
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT: sql_i64(s, form_base(w->set, f->ref) + 1 + (any % 3 ? any % 4 : any % (w->rows + 5))); break;
    case FT_FILE: sql_i64(s, any); break;
    case FT_ROLE: sql_text(s, w->set->role_n ? w->set->role[any % w->set->role_n].key : "x"); break;
    case FT_TEXT: case FT_LONGTEXT: case FT_DURATION: case FT_SIGN: case FT_TABLE: case FT__N: sql_text(s, texts[any % ARRAY_N(texts)]); break;
    }
}

static const char *const states[] = {"draft", "submitted", "approved", "closed", "void"};

static enum rc child_put(struct fill *w, const struct form *f, const struct field *x, int64_t record, int slot)
{
    MEM_SCOPE(tmp, w->mem);
    for (uint32_t ord = 0, n = condrun_random(&w->rng, 4); ord < n; ord++) {
        struct sql *s = sql_new(tmp);
        sql_lit(s, "INSERT INTO ");
        sql_ident(s, form_child_table(tmp, f, x));
        sql_lit(s, " (record, slot, ord");
        if (x->type != FT_TABLE)
            sql_lit(s, ", value");
        for (size_t i = 0; i < x->cols_n; i++) {
            sql_lit(s, ", ");
            sql_ident(s, x->cols[i].col);
        }
        sql_lit(s, ") VALUES (");
        sql_i64(s, record);
        sql_lit(s, ", ");
        sql_i64(s, slot);
        sql_lit(s, ", ");
        sql_i64(s, ord);
        for (size_t i = 0; i < (x->type == FT_TABLE ? x->cols_n : 1); i++) {
            sql_lit(s, ", ");
            value_put(w, s, x->type == FT_TABLE ? &x->cols[i] : x);
        }
        sql_lit(s, ")");
        TRY(tx_exec(w->tx, s, NULL, w->e));
    }
    return RC_OK;
}

static void shared_put(struct fill *w, struct sql *s, int64_t record, int slot)
{
    static const struct field person = {.type = FT_PERSON}, day = {.type = FT_DATE}, time = {.type = FT_DATETIME};
    struct field who = person, dept = person;
    who.ref = pack_form(w->set, "person");
    dept.ref = pack_form(w->set, "department");
    sql_i64(s, record);
    sql_lit(s, ", ");
    sql_i64(s, slot);
    sql_lit(s, ", ");
    sql_text(s, mem_fmt(s, "N-%lld", (long long)record));
    sql_lit(s, ", ");
    sql_text(s, states[condrun_random(&w->rng, ARRAY_N(states))]);
    sql_lit(s, ", ");
    value_put(w, s, &dept);
    sql_lit(s, ", ");
    value_put(w, s, &who);
    sql_lit(s, ", ");
    value_put(w, s, &time);
    sql_lit(s, ", ");
    value_put(w, s, &time);
    sql_lit(s, ", ");
    value_put(w, s, &day);
    sql_lit(s, ", ");
    sql_i64(s, 1 + condrun_random(&w->rng, 3));
    sql_lit(s, ", ");
    sql_i64(s, slot == 0);
}

static enum rc row_put(struct fill *w, const struct form *f, int64_t record, int slot)
{
    MEM_SCOPE(tmp, w->mem);
    struct sql *s = sql_new(tmp);
    sql_lit(s, "INSERT INTO ");
    sql_ident(s, form_table(tmp, f));
    sql_lit(s, " (record, slot, number, state, department, made_by, made_at, closed_at, happened_on, pack_set, show");
    for (size_t i = 0; i < f->field_n; i++)
        if (!field_is_child(&f->field[i])) {
            sql_lit(s, ", ");
            sql_ident(s, f->field[i].col);
        }
    sql_lit(s, ") VALUES (");
    shared_put(w, s, record, slot);
    for (size_t i = 0; i < f->field_n; i++)
        if (!field_is_child(&f->field[i])) {
            sql_lit(s, ", ");
            value_put(w, s, &f->field[i]);
        }
    sql_lit(s, ")");
    TRY(tx_exec(w->tx, s, NULL, w->e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]))
            TRY(child_put(w, f, &f->field[i], record, slot));
    return RC_OK;
}

static enum rc head_put(struct fill *w, const struct form *f, int64_t record)
{
    MEM_SCOPE(tmp, w->mem);
    struct sql *s = sql_new(tmp);
    sql_lit(s, "INSERT INTO record (id, form, number, state, made_by, title, fold, made_at, updated_at, origin, version, pack_set) VALUES (");
    sql_i64(s, record);
    sql_lit(s, ", ");
    sql_text(s, f->ident);
    sql_lit(s, ", ");
    sql_text(s, mem_fmt(tmp, "N-%lld", (long long)record));
    sql_lit(s, ", ");
    sql_text(s, states[condrun_random(&w->rng, ARRAY_N(states))]);
    sql_lit(s, ", 1, '', '', 1, 1, 'x', 1, 1)");
    return tx_exec(w->tx, s, NULL, w->e);
}

static enum rc form_fill(struct fill *w, const struct form *f)
{
    int64_t base = form_base(w->set, f);
    TRY(tables_make(w, f));
    for (int64_t i = 1; i <= w->rows; i++) {
        uint32_t kind = condrun_random(&w->rng, 20);
        TRY(head_put(w, f, base + i));
        if (kind < 15)
            TRY(row_put(w, f, base + i, 0));
        if (kind >= 10 && kind < 19)
            TRY(row_put(w, f, base + i, 1));
        if (kind == 19)
            TRY(row_put(w, f, base + i, 2));
    }
    return RC_OK;
}

enum rc condrun_fill(struct db *writer, const struct pack_set *set, uint32_t rows, uint64_t seed, struct err *e)
{
    struct fill w = {.mem = writer, .set = set, .rng = {seed}, .rows = rows, .e = e};
    bool fatal = false;
    MEM_SCOPE(tmp, writer);
    w.mem = tmp;
    TRY(tx_begin(writer, &w.tx, e));
    for (size_t i = 0; i < set->form_n; i++) {
        enum rc rc = form_fill(&w, &set->form[i]);
        if (rc != RC_OK) {
            tx_rollback(w.tx);
            return rc;
        }
    }
    return tx_commit(w.tx, &fatal, e);
}

/* ---- asking ---- */

enum rc condrun_keys_of(struct db *db, const struct form *f, bool force_only, struct condrun_keys *ret, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct sql *s = sql_new(tmp);
    struct db_rows *rows;
    bool more;
    sql_lit(s, "SELECT record, slot FROM ");
    sql_ident(s, form_table(tmp, f));
    if (force_only)
        sql_lit(s, " WHERE slot = 0 ORDER BY record");
    else
        sql_lit(s, " WHERE slot < 2 ORDER BY record, slot");
    TRY(db_query(db, tmp, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = (struct condrun_key){db_i64(rows, 0), (int)db_i64(rows, 1)};
    }
}

/* PostgreSQL's limit is time: answers are compared here, and a busy machine must not make them differ. */
#define STEPS_LITE 2000000
#define STEPS_PG 100000000

enum rc condrun_ask(struct db *db, TALLOC_CTX *mem, const struct condrun_case *k, int64_t record, int slot, const char **ret_answer, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct sql *s = sql_new(tmp);
    struct db_rows *rows;
    bool more, r = strcmp(k->alias, "r") == 0;
    sql_cond_params(s, r ? record : 0, r ? slot : 0, CONDRUN_NOW, CONDRUN_TODAY);
    sql_lit(s, "SELECT (");
    sql_compiled(s, k->c->sql);
    sql_lit(s, ") FROM ");
    sql_ident(s, form_table(tmp, k->f));
    sql_lit(s, " ");
    sql_ident(s, k->alias);
    sql_lit(s, " WHERE ");
    sql_ident(s, k->alias);
    sql_lit(s, ".record = ");
    sql_i64(s, record);
    sql_lit(s, " AND ");
    sql_ident(s, k->alias);
    sql_lit(s, ".slot = ");
    sql_i64(s, slot);
    TRY(db_query_fenced(db, tmp, s, db_engine(db) == DB_PG ? STEPS_PG : STEPS_LITE, &rows, e));
    TRY(db_next(rows, &more, e));
    if (!more)
        return err_set(e, ERR_BUG, "no row");
    if (db_is_null(rows, 0))
        *ret_answer = NULL;
    else if (k->c->type == CT_NUM)
        *ret_answer = mem_fmt(mem, "%.9f", db_real(rows, 0) + 0.0);         /* -0 is 0 */
    else
        *ret_answer = mem_strdup(mem, db_text(rows, 0));
    return RC_OK;
}

static void tally(struct condrun_count *n, const struct cond *c, const char *answer)
{
    n->asked++;
    if (answer == NULL)
        n->unknown++;
    else if (c->type == CT_BOOL && strcmp(answer, "1") == 0)
        n->yes++;
    else if (c->type == CT_BOOL && strcmp(answer, "0") == 0)
        n->no++;
}

static size_t case_compare(struct db *a, struct db *b, const struct condrun_case *k, size_t max, struct buf *report, struct condrun_count *count)
{
    MEM_SCOPE(tmp, a);
    struct condrun_keys keys = VEC_INIT(tmp);
    struct err e = {0};
    size_t wrong = 0;
    if (condrun_keys_of(a, k->f, strcmp(k->alias, "r") != 0, &keys, &e) != RC_OK) {
        buf_fmt(report, "%s: %s\n", k->name, e.detail);
        return 1;
    }
    size_t step = keys.n > max ? keys.n / max : 1;
    for (size_t i = 0; i < keys.n; i += step) {
        MEM_SCOPE(one, tmp);
        const char *x = NULL, *y = NULL;
        enum rc ra = condrun_ask(a, one, k, keys.v[i].record, keys.v[i].slot, &x, &e), rb = RC_OK;
        struct err eb = {0};
        rb = condrun_ask(b, one, k, keys.v[i].record, keys.v[i].slot, &y, &eb);
        if (ra != RC_OK || rb != RC_OK) {
            buf_fmt(report, "%s: %s\n  %s | %s\n  %s\n", k->name, k->c->src, ra ? e.detail : "ran", rb ? eb.detail : "ran", k->c->sql);
            return wrong + 1;
        }
        tally(count, k->c, x);
        if (!text_eq(x, y)) {
            if (wrong++ == 0)
                buf_fmt(report, "%s: %s\n  record %lld slot %d: %s | %s\n  %s\n", k->name, k->c->src, (long long)keys.v[i].record, keys.v[i].slot, x ? x : "NULL",
                        y ? y : "NULL", k->c->sql);
        }
    }
    return wrong;
}

size_t condrun_compare(struct db *a, struct db *b, const struct condrun_vec *cases, size_t max, struct buf *report, struct condrun_count *counts)
{
    size_t wrong = 0;
    for (size_t i = 0; i < cases->n; i++) {
        struct condrun_count n = {0};
        wrong += case_compare(a, b, &cases->v[i], max, report, &n);
        if (counts != NULL)
            counts[i] = n;
    }
    return wrong;
}
