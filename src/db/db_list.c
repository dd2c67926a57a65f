/* Lists: the rows of one form's table with show = 1, filtered, in an order, one page at a time by key. A page costs the same
 * wherever it lies: it starts at an index entry, never at an offset. Nulls come last, both ways; the index has them at one end
 * only, so where a page may cross from values to nulls the two parts are read apart, each from the index, and put together.
 * A list that is narrowed (filter, search, departments) cannot be read in the order of another column without passing over
 * what does not belong: it is gathered by what narrows it, at most LIST_GATHER_MAX rows, and those are sorted. */
#include <assert.h>
#include "db/db_int.h"

struct making {
    struct sql *s;
    struct db *db;
    const struct list_query *q;
    const struct search *se;
    const char *key;
};

enum part { PART_ALL, PART_VALUES, PART_NULLS };

static enum rc query_check(const struct list_query *q, struct err *e)
{
    bool ok = text_is_ident(q->table) && q->cols_n > 0 && q->limit >= 1 && q->limit <= DB_LIST_MAX &&
              (q->sort_col == NULL || text_is_ident(q->sort_col));
    for (size_t i = 0; ok && i < q->cols_n; i++)
        ok = text_is_ident(q->cols[i]);
    for (size_t i = 0; ok && i < q->filter_n; i++)
        ok = text_is_ident(q->filter[i].col);
    return ok ? RC_OK : err_set(e, ERR_LIMIT, "a list of %s: bad name or limit %d", q->table, q->limit);
}

static bool list_is_narrow(const struct list_query *q)
{
    return q->filter_n > 0 || q->depts != NULL || q->search != NULL;
}

static void col_put(struct sql *s, const char *name)
{
    sql_lit(s, "t.");
    sql_ident(s, name);
}

static void in_put(struct sql *s, const struct list_filter *f)
{
    if (f->val_n == 0) {
        sql_lit(s, "1 = 0");
        return;
    }
    col_put(s, f->col);
    sql_lit(s, " IN (");
    for (size_t i = 0; i < f->val_n; i++) {
        if (i > 0)
            sql_lit(s, ", ");
        sql_val(s, &f->val[i]);
    }
    sql_lit(s, ")");
}

static void filter_put(struct sql *s, const struct list_filter *f)
{
    assert(f->op == LIST_IN || f->op == LIST_IS_NULL || f->op == LIST_NOT_NULL || f->val_n == 1);
    sql_lit(s, " AND ");
    if (f->op == LIST_IN) {
        in_put(s, f);
        return;
    }
    col_put(s, f->col);
    switch (f->op) {
    case LIST_EQ: sql_lit(s, " = "); break;
    case LIST_NE: sql_lit(s, " IS DISTINCT FROM "); break;     /* "not x" shows the rows without a value */
    case LIST_GE: sql_lit(s, " >= "); break;
    case LIST_LE: sql_lit(s, " <= "); break;
    case LIST_IS_NULL: sql_lit(s, " IS NULL"); return;
    case LIST_NOT_NULL: sql_lit(s, " IS NOT NULL"); return;
    case LIST_IN: return;
    }
    sql_val(s, &f->val[0]);
}

static void where_put(const struct making *m)
{
    struct sql *s = m->s;
    const struct list_query *q = m->q;
    sql_lit(s, " FROM ");
    if (m->se->drive != NULL)
        sql_lit(s, "gram g CROSS JOIN ");
    sql_ident(s, q->table);
    sql_lit(s, " t WHERE t.show = 1");
    for (size_t i = 0; i < q->filter_n; i++)
        filter_put(s, &q->filter[i]);
    if (q->depts != NULL && q->depts_n == 0)
        sql_lit(s, " AND 1 = 0");
    for (size_t i = 0; q->depts != NULL && i < q->depts_n; i++) {
        if (i == 0)
            sql_lit(s, " AND t.department IN (");
        else
            sql_lit(s, ", ");
        sql_i64(s, q->depts[i]);
    }
    if (q->depts != NULL && q->depts_n > 0)
        sql_lit(s, ")");
    search_where(m->db, s, m->se);
}

static void beyond_put(struct sql *s, bool desc)
{
    if (desc)
        sql_lit(s, " < ");
    else
        sql_lit(s, " > ");
}

/* A search that reads the index of a token has its rows in the order of record there: no sort, and the page ends after its rows. The name
 * of the token's column is used where the list itself is ordered by record and by nothing else. */
static void key_put(const struct making *m)
{
    if (m->se->drive != NULL && m->q->sort_col == NULL && text_eq(m->key, "record"))
        sql_lit(m->s, "g.record");
    else
        col_put(m->s, m->key);
}

/* (sort value, key) lies behind that of the last row seen. */
static void pair_beyond_put(const struct making *m)
{
    struct sql *s = m->s;
    const struct list_query *q = m->q;
    sql_lit(s, "(");
    col_put(s, q->sort_col);
    sql_lit(s, ", ");
    col_put(s, m->key);
    sql_lit(s, ")");
    beyond_put(s, q->sort_desc);
    sql_lit(s, "(");
    sql_val(s, &q->after[0]);
    sql_lit(s, ", ");
    sql_val(s, &q->after[1]);
    sql_lit(s, ")");
}

/* The place where the page starts: behind (sort value, key) of the last row seen. */
static void after_put(const struct making *m, enum part part)
{
    struct sql *s = m->s;
    const struct list_query *q = m->q;
    const struct db_val *after = q->after;
    bool null_after = after != NULL && q->sort_col != NULL && after[0].t == DB_VAL_NULL;
    assert(part != PART_VALUES || !null_after);
    if (part == PART_NULLS) {
        sql_lit(s, " AND ");
        col_put(s, q->sort_col);
        sql_lit(s, " IS NULL");
    } else if (part == PART_VALUES && after == NULL) {
        sql_lit(s, " AND ");
        col_put(s, q->sort_col);
        sql_lit(s, " IS NOT NULL");
    }
    if (after == NULL || (part == PART_NULLS) != null_after)
        return;
    sql_lit(s, " AND ");
    if (q->sort_col == NULL || part == PART_NULLS) {
        key_put(m);
        beyond_put(s, q->sort_desc);
        sql_val(s, &after[1]);
        return;
    }
    pair_beyond_put(m);
}

/* Both parts, that of nulls too, are ordered by the columns of the index as it has them (nulls first): so PostgreSQL reads it and sorts
 * nothing. */
enum nulls { NULLS_AS_INDEXED, NULLS_AT_END };
static void order_put(const struct making *m, const char *sort_col, enum nulls nulls)
{
    struct sql *s = m->s;
    bool desc = m->q->sort_desc;
    sql_lit(s, " ORDER BY ");
    if (sort_col != NULL) {
        col_put(s, sort_col);
        if (desc)
            sql_lit(s, " DESC NULLS LAST, ");
        else if (nulls == NULLS_AT_END)
            sql_lit(s, " ASC NULLS LAST, ");
        else
            sql_lit(s, " ASC NULLS FIRST, ");
    }
    key_put(m);
    bool paired = m->se->drive != NULL && sort_col == NULL;     /* the index of pairs is not one of ours */
    if (desc)
        sql_lit(s, " DESC");
    if (!paired && desc)
        sql_lit(s, " NULLS LAST");
    else if (!paired)
        sql_lit(s, " NULLS FIRST");
    sql_lit(s, " LIMIT ");
    sql_i64(s, m->q->limit + 1);
}

static void cols_put(const struct making *m, bool with_sort)
{
    const struct list_query *q = m->q;
    bool listed = q->sort_col == NULL || !with_sort;
    sql_lit(m->s, "SELECT ");
    for (size_t i = 0; i < q->cols_n; i++) {
        if (i > 0)
            sql_lit(m->s, ", ");
        col_put(m->s, q->cols[i]);
        listed = listed || text_eq(q->cols[i], q->sort_col);
    }
    if (!listed) {
        sql_lit(m->s, ", ");
        col_put(m->s, q->sort_col);
    }
}

static void part_put(const struct making *m, enum part part)
{
    cols_put(m, true);
    where_put(m);
    after_put(m, part);
    order_put(m, m->q->sort_col, NULLS_AS_INDEXED);
}

/* Both parts, each bounded, put together; the outer order sorts at most 2 * (limit + 1) rows. */
static void two_parts_put(const struct making *m)
{
    struct sql *s = m->s;
    cols_put(m, false);
    sql_lit(s, " FROM (SELECT a.* FROM (");
    part_put(m, PART_VALUES);
    sql_lit(s, ") a UNION ALL SELECT b.* FROM (");
    part_put(m, PART_NULLS);
    sql_lit(s, ") b) t");
    order_put(m, m->q->sort_col, NULLS_AT_END);
}

/* The place is looked for among the gathered rows: no index is needed for it. */
static void gathered_after_put(const struct making *m)
{
    struct sql *s = m->s;
    const struct list_query *q = m->q;
    if (q->after == NULL)
        return;
    sql_lit(s, " WHERE (t.");
    sql_ident(s, q->sort_col);
    if (q->after[0].t == DB_VAL_NULL) {
        sql_lit(s, " IS NULL AND ");
        col_put(s, m->key);
        beyond_put(s, q->sort_desc);
        sql_val(s, &q->after[1]);
    } else {
        sql_lit(s, " IS NULL OR ");
        pair_beyond_put(m);
    }
    sql_lit(s, ")");
}

/* The inner limit holds whatever the caller believed, and keeps both planners from reading the order's index through instead. */
static void gathered_put(const struct making *m)
{
    struct sql *s = m->s;
    cols_put(m, false);
    sql_lit(s, " FROM (");
    cols_put(m, true);
    where_put(m);
    sql_lit(s, " LIMIT ");
    sql_i64(s, LIST_GATHER_MAX);
    sql_lit(s, ") t");
    gathered_after_put(m);
    order_put(m, m->q->sort_col, NULLS_AT_END);
}

enum rc db_list_sql(struct db *db, TALLOC_CTX *mem, const struct list_query *q, struct sql **ret_sql, struct err *e)
{
    TRY(query_check(q, e));
    struct search se = {0};
    TRY(search_plan(db, mem, q->search, &se, e));
    struct making m = {.s = sql_new(mem), .db = db, .q = q, .se = &se, .key = q->cols[0]};
    if (q->sort_col == NULL)
        part_put(&m, PART_ALL);
    else if (list_is_narrow(q))
        gathered_put(&m);
    else if (q->after != NULL && q->after[0].t == DB_VAL_NULL)
        part_put(&m, PART_NULLS);
    else if (q->after == NULL && q->sort_desc)
        part_put(&m, PART_ALL);                      /* the index backwards: values, then nulls */
    else
        two_parts_put(&m);
    *ret_sql = m.s;
    return RC_OK;
}

enum rc db_list(struct db *db, TALLOC_CTX *mem, const struct list_query *q, struct db_rows **ret_rows, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct sql *s = NULL;
    TRY(db_list_sql(db, tmp, q, &s, e));
    return db_query(db, mem, s, ret_rows, e);
}

enum rc db_list_count(struct db *db, TALLOC_CTX *mem, const struct list_query *q, int64_t max, int64_t *ret_n, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    TRY(query_check(q, e));
    struct search se = {0};
    TRY(search_plan(db, tmp, q->search, &se, e));
    struct making m = {.s = sql_new(tmp), .db = db, .q = q, .se = &se, .key = q->cols[0]};
    sql_lit(m.s, "SELECT count(*) FROM (SELECT 1 AS x");
    where_put(&m);
    sql_lit(m.s, " LIMIT ");
    sql_i64(m.s, max + 1);
    sql_lit(m.s, ") c");
    struct db_rows *rows = NULL;
    bool more = false;
    TRY(db_query(db, tmp, m.s, &rows, e));
    TRY(db_next(rows, &more, e));
    *ret_n = db_i64(rows, 0);
    return RC_OK;
}

enum rc db_list_sorts(struct db *db, TALLOC_CTX *mem, const struct list_query *q, bool *ret_sorts, struct err *e)
{
    int64_t n = 0;
    if (q->sort_col != NULL && list_is_narrow(q))
        TRY(db_list_count(db, mem, q, LIST_GATHER_MAX, &n, e));
    *ret_sorts = n <= LIST_GATHER_MAX;
    return RC_OK;
}
