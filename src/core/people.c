/* Sign-ins of people as their administrator reads them: who has one, in what state, and which posts they hold. A page of people asks three
 * statements, however many they are. */
#include <string.h>
#include "core/core_state.h"

enum rc posts_of(struct db *db, TALLOC_CTX *mem, const int64_t *person, size_t n, struct post_held_vec *ret, struct err *e)
{
    struct sql *q = sql_new(mem);
    struct db_rows *rows;
    bool more = n > 0;
    if (ret->mem == NULL)
        ret->mem = mem;
    sql_lit(q, "SELECT person, role FROM f_assignment WHERE slot = 0 AND person");
    sql_in_ids(q, person, n);
    sql_lit(q, " ORDER BY person, record LIMIT 1000");
    if (more)
        TRY(db_query(db, mem, q, &rows, e));
    while (more) {
        TRY(db_next(rows, &more, e));
        if (more)
            *vec_push(ret) = (struct post_held){db_i64(rows, 0), mem_strdup(mem, db_text(rows, 1))};
    }
    return RC_OK;
}

static enum rc page_read(struct reader *r, const char *typed, int64_t after, size_t max, struct person_sign_ins *ret, bool *ret_more, struct err *e)
{
    static const char *const cols[] = {"record", "number", "name", "login"};
    struct list_query q = {.table = form_table(r->mem, pack_form(r->set, "person")), .cols = cols, .cols_n = ARRAY_N(cols), .limit = (int)max};
    struct db_val at[2] = {{DB_VAL_INT, after, 0, NULL}, {DB_VAL_INT, after, 0, NULL}};
    struct db_rows *rows;
    bool more;
    if (typed != NULL && str_trim(str_of(typed)).n > 0)
        q.search = text_fold(r->mem, str_dup(r->mem, str_trim(str_of(typed))));
    if (after != 0)
        q.after = at;
    TRY(db_list(r->db, r->mem, &q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more || ret->n == max)
            break;
        *vec_push(ret) = (struct person_sign_in){.person = db_i64(rows, 0), .number = mem_strdup(r->mem, db_text(rows, 1)), .name = mem_strdup(r->mem, db_text(rows, 2)),
                                                 .login = db_is_null(rows, 3) ? NULL : mem_strdup(r->mem, db_text(rows, 3)), .state = "none", .posts = VEC_INIT(r->mem)};
    }
    *ret_more = more;
    db_rows_end(rows);
    return RC_OK;
}

static struct person_sign_in *row_of(struct person_sign_ins *v, int64_t person)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].person == person)
            return &v->v[i];
    return NULL;
}

static enum rc logins_read(struct reader *r, const int64_t *person, struct person_sign_ins *v, struct err *e)
{
    struct sql *q = sql_new(r->mem);
    struct db_rows *rows;
    struct person_sign_in *p;
    bool more;
    sql_lit(q, "SELECT a.person, a.login, a.disabled, a.must_change, a.hash, d.dkey, o.since FROM account_login a LEFT JOIN account_directory d ON d.person = a.person "
               "LEFT JOIN account_oidc o ON o.person = a.person WHERE a.person");
    sql_in_ids(q, person, v->n);
    TRY(db_query(r->db, r->mem, q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        if ((p = row_of(v, db_i64(rows, 0))) == NULL)
            continue;
        p->login = mem_strdup(r->mem, db_text(rows, 1));
        p->state = db_i64(rows, 2) ? "disabled" : !db_is_null(rows, 5) ? "directory" : db_is_null(rows, 4) ? "no-password" : db_i64(rows, 3) ? "must-change" : "active";
        p->oidc = !db_is_null(rows, 6);
    }
}

enum rc people_sign_ins(struct reader *r, const struct grant *g, const char *typed, int64_t after, size_t max, struct person_sign_ins *ret, bool *ret_more, struct err *e)
{
    struct post_held_vec held = VEC_INIT(r->mem);
    struct person_sign_in *p;
    grant_assert(g, PERMIT_ADMIN, NULL);
    TRY(page_read(r, typed, after, max, ret, ret_more, e));
    if (ret->n == 0)
        return RC_OK;
    int64_t *id = mem_array(r->mem, int64_t, ret->n);
    for (size_t i = 0; i < ret->n; i++)
        id[i] = ret->v[i].person;
    TRY(posts_of(r->db, r->mem, id, ret->n, &held, e));
    for (size_t i = 0; i < held.n; i++)
        if ((p = row_of(ret, held.v[i].person)) != NULL)
            *vec_push(&p->posts) = held.v[i];
    return logins_read(r, id, ret, e);
}
