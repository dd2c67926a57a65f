/* Exceptions from an article or one of its duties, for everything or for one record: a record of the core form `exception` in force, from its first
 * to its last day. What it covers is not counted as violated but as excepted, and 適合状況 says until when. After the last day it counts again. */
#include "core/core_int.h"

#define EXCEPTIONS_MAX 500

enum rc exceptions_read(struct reader *r, struct exceptions *ret, struct err *e)
{
    struct db_rows *rows;
    bool more;
    if (ret->mem == NULL)
        ret->mem = r->mem;
    if (r->set == NULL || pack_form(r->set, "exception") == NULL)
        return RC_OK;
    struct sql *s = sql_new(r->mem);
    sql_lit(s, "SELECT x.pack, x.article, x.duty, x.subject, x.expires_on FROM f_exception x WHERE x.slot = 0 AND x.granted_from <= ");
    sql_text(s, r->today);
    sql_lit(s, " AND x.expires_on >= ");
    sql_text(s, r->today);
    sql_lit(s, " AND x.ended_on IS NULL ORDER BY x.record LIMIT ");
    sql_i64(s, EXCEPTIONS_MAX);
    TRY(db_query(r->db, r->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = (struct excepted){.pack = mem_strdup(r->mem, db_text(rows, 0)), .article = mem_strdup(r->mem, db_text(rows, 1)),
            .duty = db_is_null(rows, 2) ? NULL : mem_strdup(r->mem, db_text(rows, 2)), .subject = db_is_null(rows, 3) ? NULL : mem_strdup(r->mem, db_text(rows, 3)),
            .until = mem_strdup(r->mem, db_text(rows, 4))};
    }
}

static bool of_article(const struct excepted *x, const char *pack, const char *article) { return text_eq(x->pack, pack) && text_eq(x->article, article); }

static bool of_duty(const struct excepted *x, const char *const *duty, size_t n)
{
    for (size_t i = 0; x->duty != NULL && i < n; i++)
        if (strcmp(x->duty, duty[i]) == 0)
            return true;
    return x->duty == NULL;
}

static const struct excepted *latest(const struct excepted *a, const struct excepted *b) { return a == NULL || strcmp(b->until, a->until) > 0 ? b : a; }

/* All of these duties of the article are covered, each by an exception of its own or of the whole article; the one that ends first says until when.
 * Without duties only an exception of the whole article covers. */
const struct excepted *exception_whole(const struct exceptions *v, const char *pack, const char *article, const char *const *duty, size_t n)
{
    const struct excepted *ends = NULL;
    for (size_t k = 0; k < (n > 0 ? n : 1); k++) {
        const struct excepted *best = NULL;
        for (size_t i = 0; i < v->n; i++)
            if (v->v[i].subject == NULL && of_article(&v->v[i], pack, article) && (v->v[i].duty == NULL || (n > 0 && strcmp(v->v[i].duty, duty[k]) == 0)))
                best = latest(best, &v->v[i]);
        if (best == NULL)
            return NULL;
        if (ends == NULL || strcmp(best->until, ends->until) < 0)
            ends = best;
    }
    return ends;
}

/* One record's violation of this duty is covered by an exception of its own. */
bool exception_one(const struct exceptions *v, const struct duty *d, const char *number)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].subject != NULL && strcmp(v->v[i].subject, number) == 0 && of_article(&v->v[i], d->pack->id, d->article) && of_duty(&v->v[i], &d->key, 1))
            return true;
    return false;
}

/* The exception of its own that covers one record's violation of the check; NULL: none. */
const struct excepted *exception_covering(const struct exceptions *v, const char *pack, const char *article, const struct check *k, const char *number)
{
    const struct excepted *best = NULL;
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->v[i].subject, number) && of_article(&v->v[i], pack, article) && of_duty(&v->v[i], k->carries.duty, k->carries.n))
            best = latest(best, &v->v[i]);
    return best;
}

static bool counted_before(const struct exceptions *v, size_t at, const struct check *k)
{
    for (size_t i = 0; i < at; i++)
        if (text_eq(v->v[i].subject, v->v[at].subject) && of_article(&v->v[i], v->v[at].pack, v->v[at].article) && of_duty(&v->v[i], k->carries.duty, k->carries.n))
            return true;
    return false;
}

/* How many violations of the check are covered one by one, by the number of the record. */
enum rc exception_singles(struct reader *r, const struct exceptions *v, const char *pack, const char *article, const struct check *k, int64_t *ret_n, const struct excepted **ret_one, struct err *e)
{
    *ret_n = 0;
    for (size_t i = 0; i < v->n; i++) {
        struct sql *s = sql_new(r->mem);
        struct db_rows *rows;
        bool there;
        if (v->v[i].subject == NULL || !of_article(&v->v[i], pack, article) || !of_duty(&v->v[i], k->carries.duty, k->carries.n) || counted_before(v, i, k))
            continue;
        sql_lit(s, "SELECT v.subject FROM record d JOIN verdict v ON v.subject = d.id WHERE d.number = ");
        sql_text(s, v->v[i].subject);
        sql_lit(s, " AND v.chk = ");
        sql_text(s, k->key);
        sql_lit(s, " AND v.state = 'bad' LIMIT 1");
        TRY(db_query(r->db, r->mem, s, &rows, e));
        TRY(db_next(rows, &there, e));
        db_rows_end(rows);
        if (there) {
            (*ret_n)++;
            *ret_one = &v->v[i];
        }
    }
    return RC_OK;
}
