/* PostgreSQL's driver, and the only file that knows libpq-fe.h. Statements are prepared once per connection
 * with the types of their values; values travel as text (blobs as binary), results as text. A fenced query's
 * time limit is kept on this side: the wait for the answer ends and the server is told to cancel, which costs
 * no round trip. A lost connection makes the handle fatal: what was under way is in doubt. */
#include <errno.h>
#include <libpq-fe.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "db/db_int.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };
enum { STEPS_PER_MS = 10000, FENCE_MIN_MS = 50, PARAM_MAX = 65535 };

struct pg { PGconn *h; int64_t next_name; };
struct pg_stmt { char name[24]; };

static const struct db_driver pg_driver;

static enum rc pg_err(struct db *db, const PGresult *res, bool fenced, struct err *e)
{
    struct pg *pg = db->h;
    const char *state = res == NULL ? NULL : PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *why = res == NULL ? PQerrorMessage(pg->h) : PQresultErrorMessage(res);
    enum err_code code = ERR_DB;
    if (PQstatus(pg->h) != CONNECTION_OK) {
        db->fatal = true;
        code = ERR_DB_LOST;
    }
    if (state == NULL || code == ERR_DB_LOST)
        return err_set(e, code, "PostgreSQL: %s", why);
    if (strncmp(state, "23", 2) == 0 || strcmp(state, "P0001") == 0)
        code = ERR_DB_CONSTRAINT;
    else if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strcmp(state, "55P03") == 0)
        code = ERR_DB_BUSY;
    else if (strcmp(state, "53100") == 0)
        code = ERR_DB_FULL;
    else if (strcmp(state, "57014") == 0)
        code = fenced ? ERR_DB_STEPS : ERR_DB_BUSY;
    else if (strcmp(state, "25006") == 0 || strcmp(state, "42501") == 0)
        code = ERR_DB_REFUSED;
    else if (strncmp(state, "58", 2) == 0 || strncmp(state, "XX", 2) == 0)
        db->fatal = true;
    return err_set(e, code, "PostgreSQL %s: %s", state, why);
}

static bool res_ok(const PGresult *res)
{
    ExecStatusType s = PQresultStatus(res);
    return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK;
}

/* COMMIT of a transaction that a failed statement has spoiled answers ROLLBACK without an error. */
static enum rc pg_script(struct db *db, const char *text, struct err *e)
{
    struct pg *pg = db->h;
    PGresult *res = PQexec(pg->h, text);
    enum rc rc = RC_OK;
    if (!res_ok(res))
        rc = pg_err(db, res, false, e);
    else if (strcmp(text, "COMMIT") == 0 && strcmp(PQcmdStatus(res), "COMMIT") != 0)
        rc = err_set(e, ERR_DB, "PostgreSQL rolled the transaction back");
    PQclear(res);
    return rc;
}

static void pg_close(struct db *db)
{
    struct pg *pg = db->h;
    PQfinish(pg->h);
    db->h = NULL;
}

static Oid oid_of(char sig)
{
    switch (sig) {
    case DB_P_INT: return OID_INT8;
    case DB_P_REAL: return OID_FLOAT8;
    case DB_P_TEXT: return OID_TEXT;
    case DB_P_BLOB: return OID_BYTEA;
    default: return 0;
    }
}

static enum rc pg_prepare(struct db *db, struct db_stmt *st, struct err *e)
{
    struct pg *pg = db->h;
    struct pg_stmt *ps = mem_new(st, struct pg_stmt);
    struct buf *name = buf_new(ps, sizeof ps->name);
    buf_fmt(name, "s%lld", (long long)pg->next_name++);
    memcpy(ps->name, name->p, name->n + 1);
    size_t n = strlen(st->sig);
    Oid *oid = mem_array(ps, Oid, n + 1);
    for (size_t i = 0; i < n; i++)
        oid[i] = oid_of(st->sig[i]);
    PGresult *res = PQprepare(pg->h, ps->name, st->text, (int)n, oid);
    enum rc rc = res_ok(res) ? RC_OK : pg_err(db, res, st->fenced, e);
    PQclear(res);
    st->h = ps;
    return rc;
}

/* Freed on the server too; in a spoiled transaction that fails and the name stays until the connection ends. */
static void pg_finalize(struct db *db, struct db_stmt *st)
{
    struct pg *pg = db->h;
    const struct pg_stmt *ps = st->h;
    if (PQstatus(pg->h) != CONNECTION_OK || PQtransactionStatus(pg->h) == PQTRANS_INERROR)
        return;
    char *text = mem_fmt(st, "DEALLOCATE %s", ps->name);
    PQclear(PQexec(pg->h, text));
}

/* Waits at most ms for the answer to a sent query; over it, cancels and takes what the server then says. */
static PGresult *wait_result(struct pg *pg, int64_t ms)
{
    int64_t end = clock_mono_us() + ms * 1000;
    bool cancelled = false;
    PGresult *last = NULL;
    while (PQflush(pg->h) > 0 || PQisBusy(pg->h)) {
        int64_t left = (end - clock_mono_us()) / 1000;
        if (left <= 0 && !cancelled) {
            char why[256];
            PGcancel *c = PQgetCancel(pg->h);
            PQcancel(c, why, sizeof why);
            PQfreeCancel(c);
            cancelled = true;
        }
        struct pollfd fd = {.fd = PQsocket(pg->h), .events = POLLIN};
        if (poll(&fd, 1, cancelled ? 1000 : (int)(left < 1 ? 1 : left)) < 0 && errno != EINTR)
            return NULL;
        if ((fd.revents != 0) && PQconsumeInput(pg->h) == 0)
            return NULL;
    }
    for (PGresult *res = PQgetResult(pg->h); res != NULL; res = PQgetResult(pg->h)) {
        PQclear(last);
        last = res;
    }
    return last;
}

static void put_real(struct buf *b, double v)
{
    if (isnan(v))
        buf_puts(b, "NaN");
    else if (isinf(v))
        buf_puts(b, v > 0 ? "Infinity" : "-Infinity");
    else
        buf_fmt(b, "%.17g", v);
}

static enum rc pg_run(struct db *db, struct db_rows *rows, const struct db_param *p, size_t n, struct err *e)
{
    struct pg *pg = db->h;
    const struct pg_stmt *ps = rows->st->h;
    if (n > PARAM_MAX)
        return err_set(e, ERR_LIMIT, "%zu values in one statement", n);
    MEM_SCOPE(tmp, rows);
    const char **val = mem_array(tmp, const char *, n + 1);
    int *len = mem_array(tmp, int, n + 1), *format = mem_array(tmp, int, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (p[i].null || p[i].t == DB_P_NULL)
            continue;
        if (p[i].t == DB_P_INT) {
            val[i] = mem_fmt(tmp, "%lld", (long long)p[i].i);
        } else if (p[i].t == DB_P_REAL) {
            struct buf *b = buf_new(tmp, 64);
            put_real(b, p[i].r);
            val[i] = b->p;
        } else {
            val[i] = p[i].s == NULL ? "" : p[i].s;
            len[i] = (int)p[i].n;
            format[i] = p[i].t == DB_P_BLOB;
        }
    }
    PGresult *res = NULL;
    if (rows->max_steps > 0) {
        int64_t ms = rows->max_steps / STEPS_PER_MS;
        if (PQsendQueryPrepared(pg->h, ps->name, (int)n, val, len, format, 0))
            res = wait_result(pg, ms < FENCE_MIN_MS ? FENCE_MIN_MS : ms);
    } else {
        res = PQexecPrepared(pg->h, ps->name, (int)n, val, len, format, 0);
    }
    rows->res = res;
    rows->at = -1;
    return res != NULL && res_ok(res) ? RC_OK : pg_err(db, res, rows->st->fenced, e);
}

static enum rc pg_next(struct db_rows *rows, bool *ret_more, struct err *e)
{
    (void)e;
    rows->at++;
    *ret_more = rows->at < PQntuples(rows->res);
    talloc_free(rows->mem == (TALLOC_CTX *)rows ? NULL : rows->mem);
    rows->mem = rows;
    return RC_OK;
}

static void pg_end(struct db_rows *rows)
{
    PQclear(rows->res);
    rows->res = NULL;
}

static int64_t pg_changed(struct db_rows *rows)
{
    PGresult *res = rows->res;
    int64_t n = 0;
    if (strncmp(PQcmdStatus(res), "SELECT", 6) == 0 || !str_to_i64(str_of(PQcmdTuples(res)), &n))
        return 0;
    return n;
}

static int pg_cols(const struct db_rows *rows)
{
    return PQnfields(rows->res);
}

static bool pg_is_null(struct db_rows *rows, int col)
{
    return PQgetisnull(rows->res, rows->at, col) != 0;
}

/* Booleans read as 0 and 1, as on SQLite. */
static const char *cell(struct db_rows *rows, int col)
{
    const char *v = PQgetvalue(rows->res, rows->at, col);
    return PQftype(rows->res, col) != OID_BOOL ? v : v[0] == 't' ? "1" : "0";
}

static double pg_real(struct db_rows *rows, int col)
{
    return pg_is_null(rows, col) ? 0 : strtod(cell(rows, col), NULL);
}

static int64_t pg_i64(struct db_rows *rows, int col)
{
    int64_t v = 0;
    if (pg_is_null(rows, col) || str_to_i64(str_of(cell(rows, col)), &v))
        return v;
    double r = pg_real(rows, col);
    if (!(r > -9.2e18))
        return INT64_MIN;
    return r < 9.2e18 ? (int64_t)r : INT64_MAX;
}

static const char *pg_text(struct db_rows *rows, int col)
{
    return pg_is_null(rows, col) ? NULL : cell(rows, col);
}

/* bytea arrives as \x and hexadecimal digits. */
static struct str pg_blob(struct db_rows *rows, int col)
{
    if (pg_is_null(rows, col))
        return (struct str){NULL, 0};
    struct str v = {cell(rows, col), (size_t)PQgetlength(rows->res, rows->at, col)};
    if (PQftype(rows->res, col) != OID_BYTEA || v.n < 2)
        return str_of(v.p);
    if (rows->mem == (TALLOC_CTX *)rows)
        rows->mem = talloc_named_const(rows, 0, "row");
    size_t n = (v.n - 2) / 2;
    uint8_t *p = mem_array(rows->mem, uint8_t, n + 1);
    if (n > 0 && !hex_read((struct str){v.p + 2, v.n - 2}, p, n))
        return (struct str){NULL, 0};
    return (struct str){(const char *)p, n};
}

/* ---- opening ---- */
static enum rc show_is(struct db *db, const char *query, const char *want, struct err *e)
{
    struct pg *pg = db->h;
    PGresult *res = PQexec(pg->h, query);
    enum rc rc = RC_OK;
    if (!res_ok(res))
        rc = pg_err(db, res, false, e);
    else if (PQntuples(res) != 1 || strcmp(PQgetvalue(res, 0, 0), want) != 0)
        rc = err_set(e, ERR_DB_REFUSED, "%s is not %s", query, want);
    PQclear(res);
    return rc;
}

static void quiet(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

enum rc db_pg_open(struct db *db, const char *url, struct err *e)
{
    db->drv = &pg_driver;
    struct pg *pg = mem_new(db, struct pg);
    db->h = pg;
    /* A server that is gone without a word must be noticed, and soon: the writer waits for it. What the string itself says comes last and wins. */
    const char *const key[] = {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "dbname", NULL};
    const char *const val[] = {"5", "10", "3", "3", "15000", url, NULL};
    pg->h = PQconnectdbParams(key, val, 1);
    if (PQstatus(pg->h) != CONNECTION_OK)
        return err_set(e, ERR_DB_LOST, "PostgreSQL: %s", PQerrorMessage(pg->h));
    PQsetNoticeProcessor(pg->h, quiet, NULL);
    TRY(pg_script(db, "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1;"
                      "SET jit = off; SET lock_timeout = '10s'; SET standard_conforming_strings = on;"
                      "SET search_path = public, pg_catalog", e));
    TRY(show_is(db, "SHOW server_encoding", "UTF8", e));
    if (db->mode == DB_READER)
        return pg_script(db, "SET default_transaction_read_only = on", e);
    TRY(show_is(db, "SHOW fsync", "on", e));
    TRY(show_is(db, "SHOW full_page_writes", "on", e));
    TRY(show_is(db, "SHOW synchronous_commit", "on", e));
    TRY(show_is(db, "SELECT pg_is_in_recovery()", "f", e));
    return show_is(db, "SHOW transaction_read_only", "off", e);
}

/* ---- copies: the engine's own tools, told everything by the environment (a password is not for everybody's `ps`) ---- */

enum { TOOL_MISSING = 127 };

static char **pg_env(TALLOC_CTX *mem, PGconn *h)
{
    size_t n = 0, have = 0;
    PQconninfoOption *info = PQconninfo(h);
    while (environ[have] != NULL)
        have++;
    char **env = mem_array(mem, char *, have + 64);
    for (size_t i = 0; i < have; i++)
        if (strncmp(environ[i], "PG", 2) != 0)
            env[n++] = environ[i];
    for (PQconninfoOption *o = info; o != NULL && o->keyword != NULL && n < have + 60; o++)
        if (o->envvar != NULL && o->val != NULL && o->val[0] != '\0')
            env[n++] = mem_fmt(mem, "%s=%s", o->envvar, o->val);
    PQconninfoFree(info);
    env[n] = NULL;
    return env;
}

static enum rc tool_run(struct db *db, const char *const *argv, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct pg *pg = db->h;
    char **env = pg_env(tmp, pg->h);                    /* made before fork: nothing is allocated in the child */
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvpe(argv[0], (char *const *)(uintptr_t)argv, env);
        _exit(TOOL_MISSING);
    }
    if (pid < 0)
        return err_set(e, ERR_DB, "fork: errno %d", errno);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == TOOL_MISSING)
        return err_set_arg(e, ERR_DB_REFUSED, argv[0], "cannot run %s: is postgresql-client installed?", argv[0]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? RC_OK : err_set_arg(e, ERR_DB, argv[0], "%s ended with status %d", argv[0], status);
}

enum rc db_pg_dump(struct db *db, const char *to, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct pg *pg = db->h;
    PGresult *res = PQexec(pg->h, "SELECT pg_export_snapshot()");
    enum rc rc = res_ok(res) ? RC_OK : pg_err(db, res, false, e);
    char *snapshot = rc == RC_OK ? mem_fmt(tmp, "--snapshot=%s", PQgetvalue(res, 0, 0)) : NULL, *file = mem_fmt(tmp, "--file=%s", to);
    PQclear(res);
    TRY(rc);
    const char *const argv[] = {"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--schema=public", snapshot, file, NULL};
    return tool_run(db, argv, e);
}

enum rc db_pg_load(struct db *db, const char *from, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct pg *pg = db->h;
    char *name = mem_fmt(tmp, "--dbname=%s", PQdb(pg->h));
    const char *const argv[] = {"pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--clean", "--if-exists", name, from, NULL};
    return tool_run(db, argv, e);
}

static const struct db_driver pg_driver = {
    .engine = DB_PG, .close = pg_close, .prepare = pg_prepare, .finalize = pg_finalize, .run = pg_run, .next = pg_next,
    .end = pg_end, .changed = pg_changed, .cols = pg_cols, .is_null = pg_is_null, .i64 = pg_i64, .real = pg_real,
    .text = pg_text, .blob = pg_blob, .script = pg_script,
};
