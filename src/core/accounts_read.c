/* Lists of accounts, read: the newest list of a system, what a list on its way would change, and what is found wrong. For those who may take lists in
 * and those who read everything. */
#include "core/accounts_int.h"

#define FINDINGS_MAX 300
#define CHANGES_MAX 100

enum rc accounts_may(struct reader *r, bool *ret_take, struct err *e)
{
    const struct form *f = r->set ? pack_form(r->set, LIST_FORM) : NULL;
    bool reads = false;
    *ret_take = false;
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, LIST_FORM);
    TRY(perm_may(r, PERMIT_MAKE, f, NULL, ret_take, e));
    if (!*ret_take)
        TRY(perm_may(r, PERMIT_READ_ALL, NULL, NULL, &reads, e));
    return *ret_take || reads ? RC_OK : err_set(e, ERR_DENIED, "lists of accounts");
}

enum rc accounts_newest(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t system, struct accounts_list *ret, struct err *e)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    bool more;
    *ret = (struct accounts_list){0};
    sql_lit(s, "SELECT record, found_on, source, accounts, csv_columns, batch FROM ");
    sql_ident(s, form_table(mem, pack_form(set, LIST_FORM)));
    sql_lit(s, " WHERE slot = 0 AND system = ");
    sql_i64(s, system);
    sql_lit(s, " ORDER BY found_on DESC, record DESC LIMIT 1");
    TRY(db_query(db, mem, s, &rows, e));
    TRY(db_next(rows, &more, e));
    if (more)
        *ret = (struct accounts_list){.record = db_i64(rows, 0), .accounts = db_i64(rows, 3), .found_on = mem_strdup(mem, db_text(rows, 1)),
                                      .source = mem_strdup(mem, db_text(rows, 2)), .columns = mem_strdup(mem, db_text(rows, 4)), .batch = db_i64(rows, 5)};
    db_rows_end(rows);
    return RC_OK;
}

/* ---- what is found wrong ---- */

static const struct check *check_named(const struct pack_set *set, const char *key)
{
    for (size_t i = 0; i < set->check_n; i++)
        if (strcmp(set->check[i].key, key) == 0)
            return &set->check[i];
    return NULL;
}

/* Violations of all checks whose subjects are rows of this form on this system. */
static enum rc violated(struct reader *r, const struct form *f, int64_t system, const struct exceptions *ex, struct findings *ret, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct db_rows *rows;
    size_t n = 0;
    bool more;
    sql_lit(s, "SELECT v.chk, v.subject, v.since_us, r.title, r.number FROM ");
    sql_ident(s, form_table(r->mem, f));
    sql_lit(s, " f JOIN verdict v ON v.subject = f.record JOIN record r ON r.id = f.record WHERE f.slot = 0 AND f.system = ");
    sql_i64(s, system);
    sql_lit(s, " AND v.state = 'bad' AND v.chk IN (");
    for (size_t i = 0; i < r->set->check_n; i++)
        if (r->set->check[i].subject == f) {
            if (n++ > 0)
                sql_lit(s, ", ");
            sql_text(s, r->set->check[i].key);
        }
    if (n == 0)
        return RC_OK;
    sql_lit(s, ") ORDER BY v.chk, r.title, v.subject LIMIT ");
    sql_i64(s, FINDINGS_MAX);
    TRY(db_query(r->db, r->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        const struct check *k = check_named(r->set, db_text(rows, 0));
        const char *number = mem_strdup(r->mem, db_text(rows, 4));
        const struct excepted *x = k ? exception_covering(ex, k->pack->id, k->article, k, number) : NULL;
        if (k != NULL)
            *vec_push(ret) = (struct finding){.check = k, .subject = db_i64(rows, 1), .since_us = db_i64(rows, 2), .title = mem_strdup(r->mem, db_text(rows, 3)), .number = number,
                                              .excepted = x != NULL, .until = x ? x->until : NULL};
    }
}

enum rc accounts_findings(struct reader *r, int64_t system, struct findings *ret, struct err *e)
{
    struct exceptions ex = VEC_INIT(r->mem);
    const char *const forms[] = {FOUND_FORM, "account"};
    ret->mem = r->mem;
    TRY(exceptions_read(r, &ex, e));
    for (size_t i = 0; i < ARRAY_N(forms); i++)
        if (pack_form(r->set, forms[i]) != NULL)
            TRY(violated(r, pack_form(r->set, forms[i]), system, &ex, ret, e));
    return RC_OK;
}

/* ---- a list on its way ---- */

static enum rc known_read(struct reader *r, int64_t system, struct map *ret, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct db_rows *rows;
    bool more;
    sql_lit(s, "SELECT account, record FROM ");
    sql_ident(s, form_table(r->mem, pack_form(r->set, FOUND_FORM)));
    sql_lit(s, " WHERE slot = 0 AND status <> 'gone' AND system = ");
    sql_i64(s, system);
    sql_lit(s, " ORDER BY record LIMIT 20000");
    TRY(db_query(r->db, r->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        map_set(ret, db_text(rows, 0), ret);
    }
}

static void change_add(struct accounts_look *look, enum accounts_change_kind kind, const char *account, const char *name)
{
    if (look->n[kind]++ < CHANGES_MAX && kind != ACCOUNTS_SAME)
        *vec_push(&look->changes) = (struct accounts_change){kind, account, name};
}

static enum rc staged_read(struct reader *r, int64_t batch, struct accounts_look *look, struct map *seen, struct err *e)
{
    struct q_staging_of_rows rows;
    static const char *const state[] = {[ACCOUNTS_NEW] = "new", [ACCOUNTS_CHANGED] = "changed", [ACCOUNTS_SAME] = "same"};
    TRY(q_staging_of(r->db, r->mem, batch, IMPORT_ROWS_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        struct json *c;
        TRY(json_read(r->mem, str_of(rows.v[i].content), 1 << 16, &c, e));
        map_set(seen, json_get_str(c, "account"), seen);
        for (size_t k = 0; k < ARRAY_N(state); k++)
            if (strcmp(rows.v[i].state, state[k]) == 0)
                change_add(look, (enum accounts_change_kind)k, json_get_str(c, "account"), json_get_str(c, "name"));
    }
    return RC_OK;
}

enum rc accounts_look(struct reader *r, int64_t batch, struct accounts_look *ret, struct err *e)
{
    struct q_batch_get b;
    struct json *head;
    struct map *known = map_new(r->mem), *seen = map_new(r->mem);
    *ret = (struct accounts_look){.batch = batch, .changes = VEC_INIT(r->mem)};
    TRY(import_batch_get(r->db, r->mem, batch, r->actor.person, FOUND_FORM, &b, e));
    if (strcmp(b.state, "looked") != 0 || b.why == NULL)
        return err_set(e, ERR_STATE, "batch %lld is %s", (long long)batch, b.state);
    TRY(json_read(r->mem, str_of(b.why), 1 << 16, &head, e));
    ret->system = json_get_i64(head, "system", 0);
    ret->found_on = json_get_str(head, "found_on");
    ret->source = json_get_str(head, "source");
    TRY(staged_read(r, batch, ret, seen, e));
    TRY(known_read(r, ret->system, known, e));
    for (size_t i = 0; i < map_n(known); i++)
        if (map_get(seen, map_key(known, i)) == NULL)
            change_add(ret, ACCOUNTS_GONE, map_key(known, i), NULL);
    return RC_OK;
}
