/* Who has what to mend: violations by department, and the tasks that they set by person. The oldest are read first and the lists end after
 * CONFORM_OPEN_MAX of them, so that a page costs the same however bad it is; then they say so. */
#include <stdlib.h>
#include <string.h>
#include "core/core_int.h"

/* ---- by department ---- */

/* An exception of the check's own article covers it: all of it, or this record alone. */
static bool covered(struct reader *r, const struct exceptions *v, const struct check *k, const char *number)
{
    if (v->n == 0 || k->pack == NULL || k->article == NULL)
        return false;
    const char **duty = mem_array(r->mem, const char *, k->carries.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < k->carries.n; i++) {
        const struct duty *d = pack_duty(r->set, k->carries.duty[i]);
        if (d != NULL && d->pack == k->pack && text_eq(d->article, k->article))
            duty[n++] = d->key;
    }
    return exception_whole(v, k->pack->id, k->article, duty, n) != NULL || exception_covering(v, k->pack->id, k->article, k, number) != NULL;
}

static struct conform_by *by_of(struct conform_bys *v, TALLOC_CTX *mem, int64_t id, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].id == id)
            return &v->v[i];
    struct conform_by *b = vec_push(v);
    *b = (struct conform_by){.id = id, .name = name ? mem_strdup(mem, name) : ""};
    return b;
}

static void older(struct conform_by *b, int64_t us)
{
    if (b->oldest_us == 0 || us < b->oldest_us)
        b->oldest_us = us;
}

static int by_most(const void *a, const void *b)
{
    const struct conform_by *x = a, *y = b;
    int64_t n = y->bad_n - x->bad_n, m = y->unknown_n - x->unknown_n;
    if (n != 0)
        return n > 0 ? 1 : -1;
    return m != 0 ? (m > 0 ? 1 : -1) : x->oldest_us != y->oldest_us ? (x->oldest_us > y->oldest_us ? 1 : -1) : (x->id > y->id) - (x->id < y->id);
}

static void by_sort(struct conform_bys *v)
{
    if (v->n > 1)
        qsort(v->v, v->n, sizeof *v->v, by_most);
}

/* A person belongs to the main department, whatever it is about else to its own. */
static struct sql *open_sql(struct reader *r)
{
    struct sql *s = sql_new(r->mem);
    bool people = pack_form(r->set, "person") != NULL;
    sql_lit(s, "SELECT v.chk, v.state, v.since_us, r.number, d.id, d.title FROM (SELECT chk, subject, state, since_us FROM verdict WHERE state IN ('bad', 'unknown') ORDER BY state, since_us, subject LIMIT ");
    sql_i64(s, CONFORM_OPEN_MAX + 1);
    sql_lit(s, ") v JOIN record r ON r.id = v.subject");
    if (people)
        sql_lit(s, " LEFT JOIN f_person p ON p.record = v.subject AND p.slot = 0 LEFT JOIN record d ON d.id = coalesce(p.department_, r.department)");
    else
        sql_lit(s, " LEFT JOIN record d ON d.id = r.department");
    sql_lit(s, " ORDER BY v.state, v.since_us, v.subject");
    return s;
}

enum rc conform_by_department(struct reader *r, struct conform_bys *ret, bool *ret_more, struct err *e)
{
    struct exceptions excepted = VEC_INIT(r->mem);
    struct db_rows *rows;
    bool more;
    *ret_more = false;
    if (r->set == NULL)
        return RC_OK;
    TRY(exceptions_read(r, &excepted, e));
    TRY(db_query(r->db, r->mem, open_sql(r), &rows, e));
    for (size_t n = 0;; n++) {
        TRY(db_next(rows, &more, e));
        *ret_more = n >= CONFORM_OPEN_MAX && more;
        if (!more || *ret_more)
            break;
        const struct check *k = pack_check(r->set, db_text(rows, 0));
        if (k == NULL)                                   /* of a set that was left: swept when all is judged */
            continue;
        struct conform_by *b = by_of(ret, r->mem, db_is_null(rows, 4) ? 0 : db_i64(rows, 4), db_is_null(rows, 5) ? NULL : db_text(rows, 5));
        if (strcmp(db_text(rows, 1), "bad") != 0)
            b->unknown_n++;
        else if (covered(r, &excepted, k, db_text(rows, 3)))
            b->excepted_n++;
        else {
            b->bad_n++;
            older(b, db_i64(rows, 2));
        }
    }
    db_rows_end(rows);
    by_sort(ret);
    return RC_OK;
}

/* ---- by person ---- */

static void task_count(struct reader *r, struct conform_bys *ret, int64_t person, const char *name, int64_t opened_us)
{
    struct conform_by *b = by_of(ret, r->mem, person, name);
    b->bad_n++;
    older(b, opened_us);
}

static enum rc own_read(struct reader *r, struct conform_bys *ret, bool *ret_more, struct err *e)
{
    struct q_check_tasks_own_rows row;
    TRY(q_check_tasks_own(r->db, r->mem, r->actor.person, CONFORM_OPEN_MAX + 1, &row, e));
    *ret_more = row.n > CONFORM_OPEN_MAX;
    for (size_t i = 0; i < row.n && i < CONFORM_OPEN_MAX; i++)
        task_count(r, ret, r->actor.person, row.v[i].name, row.v[i].opened_at);
    return RC_OK;
}

enum rc conform_by_person(struct reader *r, struct conform_bys *ret, bool *ret_more, struct err *e)
{
    struct q_check_tasks_open_rows row;
    bool all = false;
    TRY(perm_may(r, PERMIT_READ_ALL, NULL, NULL, &all, e));
    if (!all)
        return own_read(r, ret, ret_more, e);
    TRY(q_check_tasks_open(r->db, r->mem, CONFORM_OPEN_MAX + 1, &row, e));
    *ret_more = row.n > CONFORM_OPEN_MAX;
    for (size_t i = 0; i < row.n && i < CONFORM_OPEN_MAX; i++)
        task_count(r, ret, row.v[i].person_null ? 0 : row.v[i].person, row.v[i].name, row.v[i].opened_at);
    by_sort(ret);
    return RC_OK;
}
