/* SQLite's driver, and the only file that knows sqlite3.h. One writer connection per file (flock), readers
 * read-only; every setting that protects the data is asserted after it was made. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <errno.h>
#include "db/db_int.h"

struct lite { sqlite3 *h; int64_t steps_left; bool authorize; };
struct lite_stmt { sqlite3_stmt *st; int n; int *at; };    /* at[k]: index of the parameter $k+1, 0 when unused */
enum { STEP_GRAIN = 1000, BUSY_MS = 5000 };

static const struct db_driver lite_driver;

static enum rc lite_err(struct db *db, bool fenced, struct err *e)
{
    struct lite *l = db->h;
    int xc = sqlite3_extended_errcode(l->h), sys = sqlite3_system_errno(l->h);
    const char *why = sqlite3_errmsg(l->h);
    enum err_code code = ERR_DB;
    if (db->tx != NULL && sqlite3_get_autocommit(l->h))         /* rolled back by SQLite itself: what followed would commit alone */
        db->tx->lost = true;
    switch (xc & 0xff) {
    case SQLITE_FULL: code = ERR_DB_FULL; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = ERR_DB_BUSY; break;
    case SQLITE_CONSTRAINT: code = ERR_DB_CONSTRAINT; break;
    case SQLITE_READONLY: code = ERR_DB_REFUSED; break;
    case SQLITE_AUTH: code = ERR_DB_REFUSED; break;
    case SQLITE_PERM: code = ERR_DB_REFUSED; break;
    case SQLITE_INTERRUPT: code = fenced ? ERR_DB_STEPS : ERR_DB_BUSY; break;
    case SQLITE_IOERR:
        if (sys == ENOSPC || sys == EDQUOT)
            code = ERR_DB_FULL;
        /* The index of the WAL could not grow: nothing was written, and nothing was to be flushed. */
        db->fatal = db->fatal || !(code == ERR_DB_FULL && xc == SQLITE_IOERR_SHMSIZE);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM: db->fatal = true; break;
    default: break;
    }
    return err_set(e, code, "SQLite %d: %s", xc, why);
}

static enum rc lite_script(struct db *db, const char *text, struct err *e)
{
    struct lite *l = db->h;
    return sqlite3_exec(l->h, text, NULL, NULL, NULL) == SQLITE_OK ? RC_OK : lite_err(db, false, e);
}

static void lite_close(struct db *db)
{
    struct lite *l = db->h;
    sqlite3_close_v2(l->h);
    db->h = NULL;
}

/* ---- the fence: at prepare the authorizer, at run the step limit ---- */
static int lite_authorize(void *arg, int action, const char *a, const char *b, const char *in_db, const char *trigger)
{
    (void)in_db;
    (void)trigger;
    const struct lite *l = arg;
    if (!l->authorize)
        return SQLITE_OK;
    if (action == SQLITE_SELECT || action == SQLITE_RECURSIVE)
        return SQLITE_OK;
    if (action == SQLITE_READ)
        return a != NULL && fence_table(a) ? SQLITE_OK : SQLITE_DENY;
    if (action == SQLITE_FUNCTION)
        return b != NULL && fence_func(b) ? SQLITE_OK : SQLITE_DENY;
    return SQLITE_DENY;
}

static int lite_progress(void *arg)
{
    struct lite *l = arg;
    l->steps_left -= STEP_GRAIN;
    return l->steps_left <= 0;
}

static enum rc lite_prepare(struct db *db, struct db_stmt *st, struct err *e)
{
    struct lite *l = db->h;
    struct lite_stmt *ls = mem_new(st, struct lite_stmt);
    const char *tail = NULL;
    l->authorize = st->fenced;
    int rc = sqlite3_prepare_v3(l->h, st->text, -1, st->loose ? 0 : SQLITE_PREPARE_PERSISTENT, &ls->st, &tail);
    l->authorize = false;
    if (rc != SQLITE_OK)
        return lite_err(db, st->fenced, e);
    if (ls->st == NULL || (tail != NULL && strspn(tail, " \n\t;") != strlen(tail))) {
        sqlite3_finalize(ls->st);
        return err_set(e, ERR_DB, "not one statement: %.200s", st->text);
    }
    ls->n = (int)strlen(st->sig);
    ls->at = mem_array(ls, int, (size_t)ls->n + 1);
    int have = sqlite3_bind_parameter_count(ls->st);
    for (int i = 1; i <= have; i++) {
        const char *name = sqlite3_bind_parameter_name(ls->st, i);
        int64_t k = 0;
        if (name == NULL || name[0] != '$' || !str_to_i64(str_of(name + 1), &k) || k < 1 || k > ls->n) {
            sqlite3_finalize(ls->st);
            return err_set(e, ERR_DB, "placeholder %s of %d: %.200s", name == NULL ? "?" : name, ls->n, st->text);
        }
        ls->at[k - 1] = i;
    }
    st->h = ls;
    return RC_OK;
}

static void lite_finalize(struct db *db, struct db_stmt *st)
{
    (void)db;
    struct lite_stmt *ls = st->h;
    sqlite3_finalize(ls->st);
    ls->st = NULL;
}

static int lite_bind(sqlite3_stmt *st, int at, const struct db_param *p)
{
    if (p->null)
        return sqlite3_bind_null(st, at);
    switch (p->t) {
    case DB_P_INT: return sqlite3_bind_int64(st, at, p->i);
    case DB_P_REAL: return sqlite3_bind_double(st, at, p->r);
    case DB_P_TEXT: return sqlite3_bind_text64(st, at, p->s, strlen(p->s), SQLITE_TRANSIENT, SQLITE_UTF8);
    case DB_P_BLOB: return p->n == 0 ? sqlite3_bind_zeroblob(st, at, 0)
                                     : sqlite3_bind_blob64(st, at, p->s, p->n, SQLITE_TRANSIENT);
    case DB_P_NULL: return sqlite3_bind_null(st, at);
    }
    return SQLITE_MISUSE;
}

static int lite_step(struct db_rows *rows)
{
    struct lite *l = rows->db->h;
    struct lite_stmt *ls = rows->st->h;
    if (rows->max_steps <= 0)
        return sqlite3_step(ls->st);
    l->steps_left = rows->max_steps;
    sqlite3_progress_handler(l->h, STEP_GRAIN, lite_progress, l);
    int rc = sqlite3_step(ls->st);
    rows->max_steps = l->steps_left > 0 ? l->steps_left : 1;
    sqlite3_progress_handler(l->h, 0, NULL, NULL);
    return rc;
}

/* The first step is taken here, so that an error shows where PostgreSQL shows it. at: 1 row waits, 2 none. */
static enum rc lite_run(struct db *db, struct db_rows *rows, const struct db_param *p, size_t n, struct err *e)
{
    struct lite_stmt *ls = rows->st->h;
    for (size_t i = 0; i < n; i++)
        if (ls->at[i] > 0 && lite_bind(ls->st, ls->at[i], &p[i]) != SQLITE_OK)
            return lite_err(db, false, e);
    int rc = lite_step(rows);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return lite_err(db, rows->st->fenced, e);
    rows->at = rc == SQLITE_ROW ? 1 : 2;
    return RC_OK;
}

static enum rc lite_next(struct db_rows *rows, bool *ret_more, struct err *e)
{
    if (rows->at != 0) {
        *ret_more = rows->at == 1;
        rows->at = 0;
        return RC_OK;
    }
    int rc = lite_step(rows);
    *ret_more = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? RC_OK : lite_err(rows->db, rows->st->fenced, e);
}

static void lite_end(struct db_rows *rows)
{
    struct lite_stmt *ls = rows->st->h;
    sqlite3_reset(ls->st);
    sqlite3_clear_bindings(ls->st);
}

static int64_t lite_changed(struct db_rows *rows)
{
    struct lite *l = rows->db->h;
    struct lite_stmt *ls = rows->st->h;
    return sqlite3_stmt_readonly(ls->st) ? 0 : sqlite3_changes64(l->h);
}

static sqlite3_stmt *stmt_of(const struct db_rows *rows)
{
    const struct lite_stmt *ls = rows->st->h;
    return ls->st;
}

static int lite_cols(const struct db_rows *rows)
{
    return sqlite3_column_count(stmt_of(rows));
}

static bool lite_is_null(struct db_rows *rows, int col)
{
    return sqlite3_column_type(stmt_of(rows), col) == SQLITE_NULL;
}

static int64_t lite_i64(struct db_rows *rows, int col)
{
    return sqlite3_column_int64(stmt_of(rows), col);
}

static double lite_real(struct db_rows *rows, int col)
{
    return sqlite3_column_double(stmt_of(rows), col);
}

static const char *lite_text(struct db_rows *rows, int col)
{
    return (const char *)sqlite3_column_text(stmt_of(rows), col);
}

static struct str lite_blob(struct db_rows *rows, int col)
{
    if (lite_is_null(rows, col))
        return (struct str){NULL, 0};
    const char *p = sqlite3_column_blob(stmt_of(rows), col);
    return p == NULL ? (struct str){"", 0} : (struct str){p, (size_t)sqlite3_column_bytes(stmt_of(rows), col)};
}

/* ---- checkpoints: SQLite's own automatic one ignores errors, and would flush again what a failed flush has lost. An error here ends the
 * process like one in COMMIT does; busy readers and a full disk only put it off. ---- */
enum { WAL_PAGES = 1000 };

static int lite_wal_hook(void *arg, sqlite3 *h, const char *name, int pages)
{
    struct db *db = arg;
    if (pages < WAL_PAGES)
        return SQLITE_OK;
    int rc = sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    int kind = rc & 0xff;
    if (rc == SQLITE_OK || kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_FULL)
        return SQLITE_OK;
    db->fatal = true;
    return rc;
}

/* ---- opening ---- */
enum { FS_NFS = 0x6969, FS_SMB = 0x517B, FS_9P = 0x01021997, FS_FUSE = 0x65735546, FS_TMPFS = 0x01021994, FS_OVERLAY = 0x794c7630,
       FS_CEPH = 0x00c36400, FS_AFS = 0x5346414F };
static const uint32_t fs_cifs = 0xFF534D42u, fs_smb2 = 0xFE534D42u;

static enum rc place_check(struct db *db, const char *path, struct err *e)
{
    struct statfs fs;
    struct stat st;
    if (statfs(path, &fs) != 0 || stat(path, &st) != 0)
        return err_set(e, ERR_DB_REFUSED, "cannot look at %s (errno %d)", path, errno);
    uint32_t type = (uint32_t)fs.f_type;
    bool network = type == FS_NFS || type == FS_SMB || type == FS_9P || type == FS_FUSE || type == FS_CEPH || type == FS_AFS ||
                   type == fs_cifs || type == fs_smb2;
    if (network && db->mode == DB_WRITER)                  /* a reader may look at a backup wherever it lies */
        return err_set(e, ERR_DB_REFUSED, "%s lies on a network file system (0x%x)", path, type);
    if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
        return err_set(e, ERR_DB_REFUSED, "%s is no plain file with one link", path);
    db->trial = type == FS_TMPFS || type == FS_OVERLAY;
    return RC_OK;
}

static enum rc lock_take(TALLOC_CTX *mem, int *ret_fd, const char *path, struct err *e)
{
    char *lock = mem_fmt(mem, "%s.lock", path);
    *ret_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*ret_fd < 0)
        return err_set(e, ERR_DB_REFUSED, "cannot make %s (errno %d)", lock, errno);
    if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, ERR_LEDGER_LOCKED, "%s is held by another writer", lock);
    return RC_OK;
}

struct db_lock { int fd; };

static int lock_gone(struct db_lock *l) { return l->fd >= 0 ? close(l->fd) : 0; }

enum rc db_lock_take(TALLOC_CTX *mem, const char *path, struct db_lock **ret, struct err *e)
{
    struct db_lock *l = mem_new(mem, struct db_lock);
    l->fd = -1;
    talloc_set_destructor(l, lock_gone);
    enum rc rc = lock_take(l, &l->fd, path, e);
    if (rc != RC_OK)
        talloc_free(l);
    else
        *ret = l;
    return rc;
}

static enum rc pragma_is(struct db *db, const char *set, const char *get, const char *want, struct err *e)
{
    struct lite *l = db->h;
    if (set != NULL)
        TRY(lite_script(db, set, e));
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(l->h, get, -1, &st, NULL) != SQLITE_OK)
        return lite_err(db, false, e);
    int rc = sqlite3_step(st);
    enum rc ret = RC_OK;
    if (rc != SQLITE_ROW)
        ret = lite_err(db, false, e);
    else if (!text_eq((const char *)sqlite3_column_text(st, 0), want))
        ret = err_set(e, ERR_DB_REFUSED, "%s is not %s", get, want);
    sqlite3_finalize(st);
    return ret;
}

static enum rc settings(struct db *db, struct err *e)
{
    struct lite *l = db->h;
    const struct { int op, value; } conf[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_DQS_DML, 0}, {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, {SQLITE_DBCONFIG_ENABLE_FKEY, 1}};
    for (size_t i = 0; i < ARRAY_N(conf); i++) {
        int now = -1;
        if (sqlite3_db_config(l->h, conf[i].op, conf[i].value, &now) != SQLITE_OK || now != conf[i].value)
            return err_set(e, ERR_DB_REFUSED, "SQLite setting %d", conf[i].op);
    }
    /* Readers are many, and what they read is in the kernel's cache anyway. */
    TRY(lite_script(db, db->mode == DB_READER ? "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000" : "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000", e));
    TRY(pragma_is(db, "PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1", e));
    TRY(pragma_is(db, "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1", e));
    if (db->mode == DB_READER)
        return pragma_is(db, "PRAGMA query_only = ON", "PRAGMA query_only", "1", e);
    TRY(pragma_is(db, NULL, "PRAGMA journal_mode = WAL", "wal", e));
    TRY(pragma_is(db, "PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1", e));
    sqlite3_wal_hook(l->h, lite_wal_hook, db);
#ifdef DAICHO_SCENE
    if (getenv("DAICHO_FAULT_SYNC_NORMAL") != NULL)                     /* the control of tests/fault: must lose data */
        return pragma_is(db, "PRAGMA synchronous = NORMAL", "PRAGMA synchronous", "1", e);
#endif
    return pragma_is(db, "PRAGMA synchronous = FULL", "PRAGMA synchronous", "2", e);
}

enum rc db_sqlite_open(struct db *db, const char *path, struct err *e)
{
    db->drv = &lite_driver;
    db->path = mem_strdup(db, path);
    struct stat st;
    if (db->mode == DB_WRITER) {
        TRY(lock_take(db, &db->lock_fd, path, e));
        /* Only a missing file is opened here: closing a descriptor drops this process's locks on the file. */
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return err_set(e, ERR_DB_REFUSED, "cannot open %s (errno %d)", path, errno);
        if (fd >= 0)
            close(fd);
    } else if (stat(path, &st) != 0) {
        return err_set(e, ERR_DB_NOTFOUND, "%s", path);
    }
    TRY(place_check(db, path, e));
    struct lite *l = mem_new(db, struct lite);
    int flags = SQLITE_OPEN_NOMUTEX | (db->mode == DB_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int rc = sqlite3_open_v2(path, &l->h, flags, NULL);
    db->h = l;
    if (rc != SQLITE_OK)
        return lite_err(db, false, e);
    sqlite3_extended_result_codes(l->h, 1);
    sqlite3_busy_timeout(l->h, BUSY_MS);
    TRY(settings(db, e));
    sqlite3_set_authorizer(l->h, lite_authorize, l);
    return RC_OK;
}

static const struct db_driver lite_driver = {
    .engine = DB_SQLITE, .close = lite_close, .prepare = lite_prepare, .finalize = lite_finalize, .run = lite_run,
    .next = lite_next, .end = lite_end, .changed = lite_changed, .cols = lite_cols, .is_null = lite_is_null,
    .i64 = lite_i64, .real = lite_real, .text = lite_text, .blob = lite_blob, .script = lite_script,
};
