/* The builder of statements: literals, checked identifiers and bound values, nothing else. Values get
 * the placeholders $1, $2, ... in the order in which they are bound. A condition's four fixed values
 * ($1..$4) are bound first and its compiled text refers to them. */
#include <assert.h>
#include <string.h>
#include "db/db_int.h"

enum { SQL_MAX_BYTES = 1 << 20 };

struct sql *sql_new(TALLOC_CTX *mem)
{
    struct sql *s = mem_new(mem, struct sql);
    s->text = buf_new(s, SQL_MAX_BYTES);
    s->p.mem = s;
    return s;
}

void sql_lit_(struct sql *s, const char *lit)
{
    buf_puts(s->text, lit);
}

void sql_ident(struct sql *s, const char *name)
{
    assert(text_is_ident(name));
    buf_puts(s->text, name);
}

void sql_compiled(struct sql *s, const char *text)
{
    assert(s->cond);
    buf_puts(s->text, text);
}

static struct db_param *param_add(struct sql *s, bool shown, enum db_ptype t)
{
    struct db_param *p = vec_push(&s->p);
    p->t = t;
    if (shown) {
        buf_putc(s->text, '$');
        buf_i64(s->text, (int64_t)s->p.n);
    }
    return p;
}

void sql_i64(struct sql *s, int64_t v)
{
    param_add(s, true, DB_P_INT)->i = v;
}

void sql_real(struct sql *s, double v)
{
    param_add(s, true, DB_P_REAL)->r = v;
}

void sql_text(struct sql *s, const char *v)
{
    struct db_param *p = param_add(s, true, DB_P_TEXT);
    p->s = mem_strdup(s, v);
    p->null = v == NULL;
}

void sql_blob(struct sql *s, const void *v, size_t n)
{
    struct db_param *p = param_add(s, true, DB_P_BLOB);
    p->s = v == NULL ? NULL : mem_strndup(s, v, n);
    p->n = n;
    p->null = v == NULL;
}

void sql_null(struct sql *s)
{
    param_add(s, true, DB_P_NULL)->null = true;
}

void sql_in_ids(struct sql *s, const int64_t *ids, size_t n)
{
    size_t to = 1;
    assert(n > 0);
    while (to < n)
        to *= 4;
    for (size_t i = 0; i < to; i++) {
        sql_lit_(s, i == 0 ? " IN (" : ", ");
        sql_i64(s, ids[i < n ? i : n - 1]);
    }
    sql_lit(s, ")");
}

void sql_cond_params(struct sql *s, int64_t record, int slot, int64_t now_us, const char *today)
{
    assert(s->p.n == 0);
    s->cond = true;
    param_add(s, false, DB_P_INT)->i = record;
    param_add(s, false, DB_P_INT)->i = slot;
    param_add(s, false, DB_P_INT)->i = now_us;
    param_add(s, false, DB_P_TEXT)->s = mem_strdup(s, today);
}

void sql_val(struct sql *s, const struct db_val *v)
{
    switch (v->t) {
    case DB_VAL_NULL: sql_null(s); break;
    case DB_VAL_INT: sql_i64(s, v->i); break;
    case DB_VAL_REAL: sql_real(s, v->r); break;
    case DB_VAL_TEXT: sql_text(s, v->s); break;
    }
}

const char *sql_debug(const struct sql *s)
{
    return s->text->p == NULL ? "" : s->text->p;
}
