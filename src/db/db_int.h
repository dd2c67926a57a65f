/* db_int: what the files of the room db share, and nobody else includes: bound values, the driver's
 * vtable, the connection. A driver knows one engine; db.c knows none. */
#ifndef DB_DB_INT_H
#define DB_DB_INT_H
#include "db/db.h"

enum db_ptype { DB_P_NULL = 'n', DB_P_INT = 'i', DB_P_REAL = 'r', DB_P_TEXT = 't', DB_P_BLOB = 'b' };
struct db_param { enum db_ptype t; bool null; int64_t i; double r; const char *s; size_t n; };
VEC_TYPE(param_vec, struct db_param);

struct sql { struct buf *text; struct param_vec p; bool cond; };

struct db_migration { int no; const char *name, *sum, *sqlite, *pg; };
size_t db_migration_n(void);
const struct db_migration *db_migration_at(size_t i);

/* One prepared statement in a connection's cache. */
struct db_stmt {
    uint64_t hash;
    char *key;               /* signature, fence mark, text */
    const char *text;
    const char *sig;         /* one letter per parameter */
    bool fenced, busy, loose; /* loose: not in the cache, freed with its rows */
    int64_t used;
    void *h;                 /* the driver's */
};

struct db_rows {
    struct db *db;
    struct db_stmt *st;
    void *res;               /* PostgreSQL: the result */
    int at;                  /* PostgreSQL: row; SQLite: 1 = first row waits */
    bool done, ended;
    int64_t max_steps;       /* 0: not fenced */
    TALLOC_CTX *mem;         /* texts of this row */
    int cols;                /* kept when the rows have ended */
    struct db_rows *prev, *next;   /* the connection's open rows */
};

/* What a driver does. `run` binds, starts and reports the first error. */
struct db_driver {
    enum db_engine engine;
    void (*close)(struct db *db);
    enum rc (*prepare)(struct db *db, struct db_stmt *st, struct err *e);
    void (*finalize)(struct db *db, struct db_stmt *st);
    enum rc (*run)(struct db *db, struct db_rows *rows, const struct db_param *p, size_t n, struct err *e);
    enum rc (*next)(struct db_rows *rows, bool *ret_more, struct err *e);
    void (*end)(struct db_rows *rows);
    int64_t (*changed)(struct db_rows *rows);
    int (*cols)(const struct db_rows *rows);
    bool (*is_null)(struct db_rows *rows, int col);
    int64_t (*i64)(struct db_rows *rows, int col);
    double (*real)(struct db_rows *rows, int col);
    const char *(*text)(struct db_rows *rows, int col);
    struct str (*blob)(struct db_rows *rows, int col);
    enum rc (*script)(struct db *db, const char *text, struct err *e);    /* several statements, no values */
};

enum { DB_CACHE_N = 512 };

struct db {
    const struct db_driver *drv;
    void *h;                 /* sqlite3 * or PGconn * */
    enum db_mode mode;
    bool trial;
    bool fatal;              /* an I/O error was seen: nothing of this connection can be trusted any more */
    bool in_tx;
    int lock_fd;             /* SQLite writer: path.lock; else -1 */
    char *path;
    struct db_stmt *cache[DB_CACHE_N];
    int64_t statements, tick;
    struct tx *tx;
    struct db_rows *open;    /* results still being read */
    struct memo *memo;       /* db_memo.c */
};
/* Ends every result still being read: what outlives a transaction or snapshot (memory freed later, by another thread) touches nothing. */
void db_rows_end_all(struct db *db);

/* lost: the engine has rolled the whole transaction back by itself (full disk); a statement would run outside of any. */
struct tx { struct db *db; bool savepoint, lost; };

MUST enum rc db_sqlite_open(struct db *db, const char *path, struct err *e);
MUST enum rc db_pg_open(struct db *db, const char *url, struct err *e);
MUST enum rc db_pg_dump(struct db *db, const char *to, struct err *e);
MUST enum rc db_pg_load(struct db *db, const char *from, struct err *e);
MUST enum rc db_script(struct db *db, const char *text, struct err *e);

/* Running with values given as an array; sig_fence marks a fenced run by max_steps > 0. */
MUST enum rc db_run(struct db *db, TALLOC_CTX *mem, const char *text, const struct db_param *p, size_t n, int64_t max_steps,
                    struct db_rows **ret_rows, struct err *e);
MUST enum rc db_def_query(struct db *db, TALLOC_CTX *mem, const struct db_statement *st, const struct db_param *p,
                          struct db_rows **ret_rows, struct err *e);
MUST enum rc db_def_exec(struct db *db, const struct db_statement *st, const struct db_param *p, int64_t *ret_changed, struct err *e);
MUST enum rc db_need(struct db_rows *rows, int col, const char *name, struct err *e);
struct str db_blob_dup(struct db_rows *rows, int col, TALLOC_CTX *mem);

/* Refuses everything but the SELECTs that a condition may say. */
MUST enum rc fence_check(const char *text, struct err *e);
bool fence_table(const char *name);
bool fence_func(const char *name);

void sql_val(struct sql *s, const struct db_val *v);

/* Search: its words, their pairs, the pair to read first (NULL: all are common), and the words of one character that are rare. A
 * token is common from search_drive_max records on; a variable so that a test meets both ways with few rows. */
extern int search_drive_max;
struct search { struct name_vec word; const char *drive; struct name_vec token; struct name_vec single; };
MUST enum rc search_plan(struct db *db, TALLOC_CTX *mem, const char *fold, struct search *ret, struct err *e);
void search_where(struct db *db, struct sql *s, const struct search *se);
#endif
