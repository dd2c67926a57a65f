/* What a page will ask about many records, read at once: titles, head rows, who took part. Kept for the snapshot (db_memo), where it is found
 * by whoever asks about one of them later: person_name, record_title, record_get, perm_check. Outside of a snapshot nothing is kept. */
#include "core/core_int.h"

#define KNOWN_AT_ONCE 256

struct known_title { const char *title, *number; bool in_force /* now or once */; };          /* title NULL: there is no such record */

static const char *key_of(TALLOC_CTX *mem, const char *what, int64_t a, int64_t b)
{
    struct buf *k = buf_new(mem, 100);
    buf_puts(k, what);
    buf_i64(k, a);
    buf_putc(k, ' ');
    buf_i64(k, b);
    return k->p;
}

void ids_want(struct id_vec *ids, int64_t id)
{
    if (id > 0)
        *vec_push(ids) = id;
}

enum rc ids_read(struct db *db, TALLOC_CTX *mem, const struct sql *s, struct id_vec *ret, struct err *e)
{
    struct db_rows *rows;
    bool more;
    if (ret->mem == NULL)
        ret->mem = mem;
    TRY(db_query(db, mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        if (!db_is_null(rows, 0))
            *vec_push(ret) = db_i64(rows, 0);
    }
}

/* Of `ids` those that are not known yet, each once. */
static void unknown_of(struct db *db, TALLOC_CTX *mem, const char *what, int64_t with, const struct id_vec *ids, struct id_vec *ret)
{
    struct map *seen = map_new(mem);
    for (size_t i = 0; i < ids->n; i++) {
        const char *key = key_of(mem, what, ids->v[i], with);
        if (db_memo_get(db, key) != NULL || map_get(seen, key) != NULL)
            continue;
        map_set(seen, key, seen);
        *vec_push(ret) = ids->v[i];
    }
}

/* One statement for many: what is asked for n of them at once. */
typedef enum rc some_fn(struct db *db, TALLOC_CTX *mem, int64_t with, const int64_t *id, size_t n, struct err *e);

static enum rc read_wanted(struct db *db, TALLOC_CTX *mem, const char *what, int64_t with, const struct id_vec *ids, some_fn *some, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct id_vec want = VEC_INIT(tmp);
    if (!db_in_snapshot(db))
        return RC_OK;
    unknown_of(db, tmp, what, with, ids, &want);
    for (size_t i = 0; i < want.n; i += KNOWN_AT_ONCE)
        TRY(some(db, tmp, with, want.v + i, want.n - i < KNOWN_AT_ONCE ? want.n - i : KNOWN_AT_ONCE, e));
    return RC_OK;
}

/* ---- titles ---- */

static void title_keep(struct db *db, TALLOC_CTX *mem, int64_t id, const char *title, const char *number, bool in_force)
{
    struct known_title *t = mem_new(mem, struct known_title);
    t->title = title ? mem_strdup(t, title) : NULL;
    t->number = number ? mem_strdup(t, number) : NULL;
    t->in_force = in_force;
    (void)db_memo_put(db, key_of(mem, "title ", id, 0), t);
}

static enum rc titles_some(struct db *db, TALLOC_CTX *mem, int64_t with, const int64_t *id, size_t n, struct err *e)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    bool more;
    (void)with;
    for (size_t i = 0; i < n; i++)                        /* those that are not found are known not to be there */
        title_keep(db, mem, id[i], NULL, NULL, false);
    sql_lit(s, "SELECT id, title, number, force_rev FROM record WHERE id");
    sql_in_ids(s, id, n);
    TRY(db_query(db, mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        title_keep(db, mem, db_i64(rows, 0), db_text(rows, 1), db_text(rows, 2), !db_is_null(rows, 3));
    }
}

enum rc titles_read(struct db *db, TALLOC_CTX *mem, const struct id_vec *ids, struct err *e)
{
    return read_wanted(db, mem, "title ", 0, ids, titles_some, e);
}

void titles_in(const struct form *f, const struct content *c, struct id_vec *ids)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col = NULL;
        int64_t row, id;
        const struct field *fd = content_field(f, c->v[i].path, &col, &row);
        if (fd != NULL && (value_is_ref(col ? col : fd) || (col ? col : fd)->type == FT_SIGN) && str_to_i64(str_of(c->v[i].text), &id))
            ids_want(ids, id);
    }
}

static bool title_of(struct db *db, TALLOC_CTX *mem, int64_t id, struct known_title *ret)
{
    struct q_record_title_of row;
    struct err e = {0};
    bool found;
    const struct known_title *t = db_in_snapshot(db) ? db_memo_get(db, key_of(mem, "title ", id, 0)) : NULL;
    if (t != NULL) {
        *ret = (struct known_title){mem_strdup(mem, t->title), mem_strdup(mem, t->number), t->in_force};
        return t->title != NULL;
    }
    if (q_record_title_of(db, mem, id, &row, &found, &e) != RC_OK)
        return false;
    *ret = (struct known_title){found ? row.title : NULL, found ? row.number : NULL, found && !row.force_rev_null};
    if (db_in_snapshot(db))
        title_keep(db, mem, id, ret->title, ret->number, ret->in_force);
    return found;
}

const char *person_name(struct db *db, TALLOC_CTX *mem, int64_t person)
{
    struct known_title t;
    if (person == 0)
        return "daicho";
    if (!title_of(db, mem, person, &t))
        return "?";
    return t.title[0] != '\0' ? t.title : msg_text(LANG_JA, MSG("core.erased"));
}

const char *record_title(struct db *db, TALLOC_CTX *mem, int64_t record)
{
    struct known_title t;
    if (!title_of(db, mem, record, &t))
        return "?";
    return t.title[0] != '\0' ? t.title : t.number;
}

const char *record_name(struct reader *r, int64_t record)
{
    struct known_title t;
    struct record rec;
    const struct grant *g;
    struct err e = {0};
    if (title_of(r->db, r->mem, record, &t) && !t.in_force && perm_see(r, record, &rec, &g, &e) != RC_OK)
        return msg_text(r->actor.lang, MSG("core.unseen"));
    return record_title(r->db, r->mem, record);
}

/* ---- head rows ---- */

/* A row whose texts are in memory of its own. */
static struct q_record_row *row_copy(TALLOC_CTX *mem, const struct q_record_row *from)
{
    struct q_record_row *q = mem_new(mem, struct q_record_row);
    *q = *from;
    q->form = mem_strdup(q, from->form);
    q->number = mem_strdup(q, from->number);
    q->state = mem_strdup(q, from->state);
    q->draft_state = mem_strdup(q, from->draft_state);
    q->title = mem_strdup(q, from->title);
    q->happened_on = mem_strdup(q, from->happened_on);
    q->origin = mem_strdup(q, from->origin);
    q->note = mem_strdup(q, from->note);
    return q;
}

static int64_t i64_or(struct db_rows *rows, int col, bool *ret_null)
{
    *ret_null = db_is_null(rows, col);
    return *ret_null ? 0 : db_i64(rows, col);
}

static const char *text_at(TALLOC_CTX *mem, struct db_rows *rows, int col) { return db_is_null(rows, col) ? NULL : mem_strdup(mem, db_text(rows, col)); }

static void row_keep(struct db *db, TALLOC_CTX *mem, struct db_rows *r)
{
    struct q_record_row *q = mem_new(mem, struct q_record_row);
    *q = (struct q_record_row){.id = db_i64(r, 0), .form = text_at(q, r, 1), .number = text_at(q, r, 2), .state = text_at(q, r, 3), .draft_state = text_at(q, r, 4),
                               .made_by = db_i64(r, 6), .title = text_at(q, r, 7), .made_at = db_i64(r, 8), .updated_at = db_i64(r, 9), .happened_on = text_at(q, r, 11),
                               .origin = text_at(q, r, 12), .version = db_i64(r, 15), .pack_set = db_i64(r, 16), .note = text_at(q, r, 17)};
    q->department = i64_or(r, 5, &q->department_null);
    q->closed_at = i64_or(r, 10, &q->closed_at_null);
    q->force_rev = i64_or(r, 13, &q->force_rev_null);
    q->draft_rev = i64_or(r, 14, &q->draft_rev_null);
    q->route_set = i64_or(r, 18, &q->route_set_null);
    (void)db_memo_put(db, key_of(mem, "record ", q->id, 0), q);
}

static enum rc rows_some(struct db *db, TALLOC_CTX *mem, int64_t with, const int64_t *id, size_t n, struct err *e)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    bool more;
    (void)with;
    sql_lit(s, "SELECT id, form, number, state, draft_state, department, made_by, title, made_at, updated_at, closed_at, happened_on, origin, force_rev, draft_rev, version, pack_set, "
               "note, route_set FROM record WHERE id");
    sql_in_ids(s, id, n);
    TRY(db_query(db, mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        row_keep(db, mem, rows);
    }
}

enum rc records_read(struct db *db, TALLOC_CTX *mem, const struct id_vec *ids, struct err *e)
{
    return read_wanted(db, mem, "record ", 0, ids, rows_some, e);
}

enum rc record_row(struct db *db, TALLOC_CTX *mem, int64_t id, struct q_record_row *ret, bool *ret_found, struct err *e)
{
    if (!db_in_snapshot(db))
        return q_record_row(db, mem, id, ret, ret_found, e);
    const char *key = key_of(mem, "record ", id, 0);
    const struct q_record_row *q = db_memo_get(db, key);
    *ret_found = q != NULL;
    if (q == NULL)
        TRY(q_record_row(db, mem, id, ret, ret_found, e));
    if (q == NULL && *ret_found)
        (void)db_memo_put(db, key, row_copy(mem, ret));
    else if (q != NULL)
        *ret = *row_copy(mem, q);                        /* it lives as long as mem */
    return RC_OK;
}

/* ---- who took part: a seat in its route, an act, an open task ---- */

struct known_part { bool yes; };

static void part_keep(struct db *db, TALLOC_CTX *mem, int64_t id, int64_t person, bool yes)
{
    struct known_part *p = mem_new(mem, struct known_part);
    p->yes = yes;
    (void)db_memo_put(db, key_of(mem, "part ", id, person), p);
}

static void part_sql(struct sql *s, int64_t person, const int64_t *id, size_t n)
{
    sql_lit(s, "SELECT DISTINCT record FROM step_who WHERE person = ");
    sql_i64(s, person);
    sql_lit(s, " AND record");
    sql_in_ids(s, id, n);
    sql_lit(s, " UNION SELECT DISTINCT record FROM act WHERE actor = ");
    sql_i64(s, person);
    sql_lit(s, " AND record");
    sql_in_ids(s, id, n);
    sql_lit(s, " UNION SELECT DISTINCT record FROM task WHERE person = ");
    sql_i64(s, person);
    sql_lit(s, " AND state = 'open' AND record");
    sql_in_ids(s, id, n);
}

static enum rc parts_some(struct db *db, TALLOC_CTX *mem, int64_t person, const int64_t *id, size_t n, struct err *e)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    bool more;
    for (size_t i = 0; i < n; i++)
        part_keep(db, mem, id[i], person, false);
    part_sql(s, person, id, n);
    TRY(db_query(db, mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        part_keep(db, mem, db_i64(rows, 0), person, true);
    }
}

enum rc parts_read(struct db *db, TALLOC_CTX *mem, int64_t person, const struct id_vec *ids, struct err *e)
{
    return read_wanted(db, mem, "part ", person, ids, parts_some, e);
}

bool part_known(struct db *db, TALLOC_CTX *mem, int64_t person, int64_t record, bool *ret)
{
    const struct known_part *p = db_in_snapshot(db) ? db_memo_get(db, key_of(mem, "part ", record, person)) : NULL;
    *ret = p != NULL && p->yes;
    return p != NULL;
}
