/* Connections, the cache of prepared statements, running and reading. A statement is prepared once per
 * connection and kept by (signature of its values, fenced or not, text); one that is still being read
 * when it is run again is prepared a second time, loose, and freed with its rows. */
#include <assert.h>
#include <string.h>
#include <unistd.h>
#include "db/db_int.h"

static int db_gone(struct db *db)
{
    if (db->tx != NULL)
        tx_rollback(db->tx);
    db_rows_end_all(db);
    for (int i = 0; i < DB_CACHE_N; i++)
        if (db->cache[i] != NULL)
            db->drv->finalize(db, db->cache[i]);
    if (db->h != NULL)
        db->drv->close(db);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    return 0;
}

enum rc db_open(TALLOC_CTX *mem, const char *path, const char *url, enum db_mode mode, struct db **ret_db, struct err *e)
{
    struct db *db = mem_new(mem, struct db);
    db->mode = mode;
    db->lock_fd = -1;
    talloc_set_destructor(db, db_gone);
    enum rc rc = url == NULL || url[0] == '\0' ? db_sqlite_open(db, path, e) : db_pg_open(db, url, e);
    if (rc != RC_OK)
        talloc_free(db);
    else
        *ret_db = db;
    return rc;
}

enum db_engine db_engine(const struct db *db)
{
    return db->drv->engine;
}

bool db_is_trial(const struct db *db)
{
    return db->trial;
}

int64_t db_statements(const struct db *db)
{
    return db->statements;
}

static _Thread_local int64_t statements_here;

int64_t db_statements_here(void) { return statements_here; }

enum rc db_script(struct db *db, const char *text, struct err *e)
{
    db->statements++;
    statements_here++;
    return db->drv->script(db, text, e);
}

static uint64_t key_hash(const char *sig, size_t n, bool fenced, const char *text)
{
    uint64_t h = UINT64_C(1469598103934665603) ^ (fenced ? 1 : 0);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)sig[i]) * UINT64_C(1099511628211);
    for (const char *p = text; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
    return h ^ (h >> 29);
}

static enum rc stmt_make(struct db *db, TALLOC_CTX *mem, const char *sig, bool fenced, const char *text,
                         struct db_stmt **ret_st, struct err *e)
{
    if (fenced)
        TRY(fence_check(text, e));
    struct db_stmt *st = mem_new(mem, struct db_stmt);
    st->text = mem_strdup(st, text);
    st->sig = mem_strdup(st, sig);
    st->fenced = fenced;
    enum rc rc = db->drv->prepare(db, st, e);
    if (rc != RC_OK)
        talloc_free(st);
    else
        *ret_st = st;
    return rc;
}

/* Looks in eight neighbouring places; a new statement takes a free one or pushes out the least recently used. */
static enum rc stmt_get(struct db *db, TALLOC_CTX *mem, const char *sig, size_t n, bool fenced, const char *text,
                        struct db_stmt **ret_st, struct err *e)
{
    uint64_t hash = key_hash(sig, n, fenced, text);
    struct db_stmt **place = NULL;
    for (unsigned i = 0; i < 8; i++) {
        struct db_stmt **at = &db->cache[(hash + i) % DB_CACHE_N];
        struct db_stmt *st = *at;
        if (st != NULL && st->hash == hash && st->fenced == fenced && text_eq(st->text, text) && text_eq(st->sig, sig)) {
            if (st->busy) {
                TRY(stmt_make(db, mem, sig, fenced, text, ret_st, e));
                (*ret_st)->loose = true;
                return RC_OK;
            }
            *ret_st = st;
            return RC_OK;
        }
        if (place == NULL || (*place != NULL && (st == NULL || (!st->busy && ((*place)->busy || st->used < (*place)->used)))))
            place = at;
    }
    struct db_stmt *st = NULL;
    bool loose = *place != NULL && (*place)->busy;
    TRY(stmt_make(db, loose ? mem : db, sig, fenced, text, &st, e));
    st->hash = hash;
    st->loose = loose;
    if (!loose) {
        if (*place != NULL) {
            db->drv->finalize(db, *place);
            talloc_free(*place);
        }
        *place = st;
    }
    *ret_st = st;
    return RC_OK;
}

void db_rows_end(struct db_rows *rows)
{
    if (rows->ended)
        return;
    struct db *db = rows->db;
    rows->cols = db->drv->cols(rows);
    rows->ended = rows->done = true;
    if (rows->prev != NULL)
        rows->prev->next = rows->next;
    else
        db->open = rows->next;
    if (rows->next != NULL)
        rows->next->prev = rows->prev;
    db->drv->end(rows);
    rows->st->busy = false;
    if (rows->st->loose) {
        db->drv->finalize(db, rows->st);
        talloc_free(rows->st);
    }
    rows->st = NULL;
}

void db_rows_end_all(struct db *db)
{
    while (db->open != NULL)
        db_rows_end(db->open);
}

static int rows_gone(struct db_rows *rows)
{
    db_rows_end(rows);
    return 0;
}

enum rc db_run(struct db *db, TALLOC_CTX *mem, const char *text, const struct db_param *p, size_t n, int64_t max_steps,
               struct db_rows **ret_rows, struct err *e)
{
    if (db->tx != NULL && db->tx->lost)
        return err_set(e, ERR_DB, "the transaction has ended");
    MEM_SCOPE(tmp, mem);
    char *sig = mem_array(tmp, char, n + 1);
    for (size_t i = 0; i < n; i++)
        sig[i] = (char)p[i].t;
    struct db_stmt *st = NULL;
    TRY(stmt_get(db, db, sig, n, max_steps > 0, text, &st, e));
    struct db_rows *rows = mem_new(mem, struct db_rows);
    rows->db = db;
    rows->st = st;
    rows->max_steps = max_steps;
    rows->mem = rows;
    st->busy = true;
    st->used = ++db->tick;
    rows->next = db->open;
    if (db->open != NULL)
        db->open->prev = rows;
    db->open = rows;
    talloc_set_destructor(rows, rows_gone);
    db->statements++;
    statements_here++;
    enum rc rc = db->drv->run(db, rows, p, n, e);
    if (rc != RC_OK)
        talloc_free(rows);
    else
        *ret_rows = rows;
    return rc;
}

static enum rc sql_ok(const struct sql *s, struct err *e)
{
    return buf_ok(s->text) ? RC_OK : err_set(e, ERR_LIMIT, "a statement over its maximum length");
}

enum rc db_query(struct db *db, TALLOC_CTX *mem, const struct sql *s, struct db_rows **ret_rows, struct err *e)
{
    TRY(sql_ok(s, e));
    return db_run(db, mem, sql_debug(s), s->p.v, s->p.n, 0, ret_rows, e);
}

enum rc db_query_fenced(struct db *db, TALLOC_CTX *mem, const struct sql *s, int64_t max_steps,
                        struct db_rows **ret_rows, struct err *e)
{
    TRY(sql_ok(s, e));
    return db_run(db, mem, sql_debug(s), s->p.v, s->p.n, max_steps < 1 ? 1 : max_steps, ret_rows, e);
}

static enum rc rows_next(struct db_rows *rows, bool *ret_more, struct err *e)
{
    *ret_more = false;
    if (rows->done)
        return RC_OK;
    enum rc rc = rows->db->drv->next(rows, ret_more, e);
    if (rc != RC_OK || !*ret_more)
        rows->done = true;
    return rc;
}

static enum rc run_exec(struct db *db, const char *text, const struct db_param *p, size_t n, int64_t *ret_changed, struct err *e)
{
    struct db_rows *rows = NULL;
    TRY(db_run(db, db, text, p, n, 0, &rows, e));
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more)
        rc = rows_next(rows, &more, e);
    if (rc == RC_OK && ret_changed != NULL)
        *ret_changed = db->drv->changed(rows);
    talloc_free(rows);
    return rc;
}

enum rc tx_exec(struct tx *tx, const struct sql *s, int64_t *ret_changed, struct err *e)
{
    TRY(sql_ok(s, e));
    return run_exec(tx->db, sql_debug(s), s->p.v, s->p.n, ret_changed, e);
}

/* After the last row the statement is free for the next user at once, not when the memory goes. */
enum rc db_next(struct db_rows *rows, bool *ret_more, struct err *e)
{
    enum rc rc = rows_next(rows, ret_more, e);
    if (rows->done)
        db_rows_end(rows);
    return rc;
}

int db_cols(const struct db_rows *rows)
{
    return rows->ended ? rows->cols : rows->db->drv->cols(rows);
}

bool db_is_null(struct db_rows *rows, int col)
{
    return rows->db->drv->is_null(rows, col);
}

int64_t db_i64(struct db_rows *rows, int col)
{
    return rows->db->drv->i64(rows, col);
}

double db_real(struct db_rows *rows, int col)
{
    return rows->db->drv->real(rows, col);
}

const char *db_text(struct db_rows *rows, int col)
{
    return rows->db->drv->text(rows, col);
}

struct str db_blob(struct db_rows *rows, int col)
{
    return rows->db->drv->blob(rows, col);
}

/* ---- generated statements ---- */
enum rc db_def_query(struct db *db, TALLOC_CTX *mem, const struct db_statement *st, const struct db_param *p,
                     struct db_rows **ret_rows, struct err *e)
{
    return db_run(db, mem, st->text, p, (size_t)st->in_n, 0, ret_rows, e);
}

enum rc db_def_exec(struct db *db, const struct db_statement *st, const struct db_param *p, int64_t *ret_changed, struct err *e)
{
    return run_exec(db, st->text, p, (size_t)st->in_n, ret_changed, e);
}

enum rc db_statement_prepare(struct db *db, const struct db_statement *def, struct err *e)
{
    struct db_stmt *st = NULL;
    TRY(stmt_make(db, db, def->sig, false, def->text, &st, e));
    db->drv->finalize(db, st);
    talloc_free(st);
    return RC_OK;
}

enum rc db_need(struct db_rows *rows, int col, const char *name, struct err *e)
{
    return db_is_null(rows, col) ? err_set(e, ERR_DB, "%s is null", name) : RC_OK;
}

struct str db_blob_dup(struct db_rows *rows, int col, TALLOC_CTX *mem)
{
    struct str b = db_blob(rows, col);
    return b.p == NULL ? b : (struct str){mem_strndup(mem, b.p, b.n), b.n};
}

enum rc db_explain(struct db *db, TALLOC_CTX *mem, const struct sql *s, char **ret_plan, struct err *e)
{
    bool lite = db->drv->engine == DB_SQLITE;
    char *text = mem_fmt(mem, "%s%s", lite ? "EXPLAIN QUERY PLAN " : "EXPLAIN (COSTS OFF) ", sql_debug(s));
    if (!lite)
        TRY(db_script(db, "SET enable_seqscan = off; SET enable_sort = off", e));
    struct db_rows *rows = NULL;
    enum rc rc = db_run(db, mem, text, s->p.v, s->p.n, 0, &rows, e);
    struct buf *plan = buf_new(mem, 1 << 20);
    bool more = true;
    while (rc == RC_OK && more) {
        rc = db_next(rows, &more, e);
        if (rc == RC_OK && more) {
            buf_puts(plan, db_text(rows, lite ? 3 : 0));
            buf_putc(plan, '\n');
        }
    }
    talloc_free(rows);
    if (!lite && db_script(db, "RESET enable_seqscan; RESET enable_sort", rc == RC_OK ? e : NULL) != RC_OK && rc == RC_OK)
        return RC_FAIL;
    if (rc == RC_OK)
        *ret_plan = plan->p == NULL ? mem_strdup(mem, "") : plan->p;
    return rc;
}

enum rc db_backup(struct db *reader, const char *to_path, struct err *e)
{
    if (reader->drv->engine != DB_SQLITE)
        return db_pg_dump(reader, to_path, e);
    /* The connection itself stays read-only; query_only would also refuse the copy that is written. */
    struct db_param p = {.t = DB_P_TEXT, .s = to_path};
    TRY(db_script(reader, "PRAGMA query_only = OFF", e));
    enum rc rc = run_exec(reader, "VACUUM INTO $1", &p, 1, NULL, e);
    enum rc back = db_script(reader, "PRAGMA query_only = ON", rc == RC_OK ? e : NULL);
    return rc != RC_OK ? rc : back;
}

enum rc db_load(struct db *db, const char *from_path, struct err *e)
{
    if (db->drv->engine != DB_PG)
        return err_set(e, ERR_BUG, "a copy of SQLite is a file");
    return db_pg_load(db, from_path, e);
}

bool db_is_lost(const struct db *db) { return db->fatal; }

/* First column of the first row; -1 without one. */
static enum rc number_of(struct db *db, const char *text, int64_t *ret, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct db_rows *rows = NULL;
    bool more = false;
    TRY(db_run(db, tmp, text, NULL, 0, 0, &rows, e));
    TRY(db_next(rows, &more, e));
    *ret = more ? db_i64(rows, 0) : -1;
    db_rows_end(rows);
    return RC_OK;
}

enum rc db_is_empty(struct db *db, bool *ret_empty, struct err *e)
{
    int64_t n = 0;
    const char *text = db->drv->engine == DB_SQLITE ? "SELECT count(*) FROM sqlite_schema" : "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    TRY(number_of(db, text, &n, e));
    *ret_empty = n == 0;
    return RC_OK;
}

/* Old versions of rows stay in PostgreSQL's files until the table is written anew; large tables are only vacuumed (docs/LEDGER.md section 9). */
static enum rc pg_scrub(struct db *db, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct name_vec names = VEC_INIT(tmp);
    struct db_rows *rows = NULL;
    bool more = true;
    TRY(db_run(db, tmp, "SELECT c.relname, (pg_total_relation_size(c.oid) < 67108864)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                        "WHERE n.nspname = 'public' AND c.relkind = 'r' AND (c.relname LIKE 'f\\_%' OR c.relname IN ('revision_body', 'act_body', "
                        "'attachment_body', 'record', 'gram', 'task', 'staging', 'answered', 'pseudonym')) ORDER BY c.relname", NULL, 0, 0, &rows, e));
    while (more) {
        TRY(db_next(rows, &more, e));
        if (more && text_is_ident(db_text(rows, 0)))
            *vec_push(&names) = mem_fmt(tmp, "VACUUM %s %s", db_i64(rows, 1) ? "(FULL)" : "", db_text(rows, 0));
    }
    for (size_t i = 0; i < names.n; i++)
        TRY(db_script(db, names.v[i], e));
    return RC_OK;
}

enum rc db_scrub(struct db *writer, struct err *e)
{
    int64_t busy = 0;
    assert(writer->mode == DB_WRITER && writer->tx == NULL);
    if (writer->drv->engine != DB_SQLITE)
        return pg_scrub(writer, e);
    TRY(number_of(writer, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, e));
    return busy == 0 ? RC_OK : err_set(e, ERR_DB_BUSY, "a reader still needs the WAL");
}
