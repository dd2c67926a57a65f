/* Fresh databases for the tests of db; see dbtest.h. The first test of an engine migrates a template, later ones copy it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dbtest.h"
#include "pgtest.h"

enum db_engine dbt_lite = DB_SQLITE, dbt_pg = DB_PG;
static char *pg_template;
static char lite_template[64];
static int made;

void dbt_ok(struct dbt *t, enum rc rc, const char *what, const char *file, int line)
{
    if (rc == RC_OK)
        return;
    print_error("%s: %s %s\n", what, err_info(t->e.code)->name, t->e.detail);
    _fail(file, line);
}

void dbt_refused(struct dbt *t, enum err_code want, enum rc rc, const char *what, const char *file, int line)
{
    if (rc != RC_OK && t->e.code == want)
        return;
    print_error("%s: expected %s, got %s %s\n", what, err_info(want)->name, rc == RC_OK ? "success" : err_info(t->e.code)->name,
                rc == RC_OK ? "" : t->e.detail);
    _fail(file, line);
}

static void copy(const char *from, const char *to)
{
    struct str data;
    struct err e = {0};
    TALLOC_CTX *tmp = mem_root(0);
    assert_int_equal(file_read(tmp, from, 1 << 26, &data, &e), RC_OK);
    assert_int_equal(file_write_atomic(to, data.p, data.n, 0600, &e), RC_OK);
    talloc_free(tmp);
}

static void templates_gone(void)
{
    unlink(lite_template);
    char lock[80];
    snprintf(lock, sizeof lock, "%s.lock", lite_template);
    unlink(lock);
}

static void lite_new(struct dbt *t)
{
    t->path = mem_fmt(t->mem, "/tmp/daicho-dbtest-%d-%d.db", (int)getpid(), ++made);
    if (lite_template[0] == '\0') {
        snprintf(lite_template, sizeof lite_template, "/tmp/daicho-dbtest-%d.db", (int)getpid());
        atexit(templates_gone);
        OK(t, db_open(t->root, lite_template, NULL, DB_WRITER, &t->w, &t->e));
        OK(t, db_migrate(t->w, &t->e));
        talloc_free(t->w);
    }
    copy(lite_template, t->path);
}

static void pg_new(struct dbt *t)
{
    if (pg_template == NULL) {
        char *url = pgtest_new(NULL, NULL, &pg_template);
        OK(t, db_open(t->root, NULL, url, DB_WRITER, &t->w, &t->e));
        OK(t, db_migrate(t->w, &t->e));
        talloc_free(t->w);
        talloc_free(url);
    }
    t->url = pgtest_new(t->mem, pg_template, NULL);
}

int dbt_setup(void **state)
{
    TALLOC_CTX *root = mem_root(0);
    struct dbt *t = mem_new(root, struct dbt);
    t->engine = *(enum db_engine *)*state;
    t->root = root;
    t->blocks = mem_blocks(root);
    t->mem = mem_root(0);
    if (t->engine == DB_SQLITE)
        lite_new(t);
    else
        pg_new(t);
    OK(t, db_open(t->root, t->path, t->url, DB_WRITER, &t->w, &t->e));
    struct tx *tx = NULL;
    OK(t, tx_begin(t->w, &tx, &t->e));
    struct sql *s = SQL(t, "INSERT INTO head (one, size, root, frontier, checkpoint, epoch, last_us, pack_set, next_id, boot) VALUES (1, 0, ");
    sql_blob(s, "", 0);
    sql_lit(s, ", ");
    sql_blob(s, "", 0);
    sql_lit(s, ", '', 1, 0, 0, 1, '')");
    OK(t, tx_exec(tx, s, NULL, &t->e));
    dbt_commit(t, tx);
    *state = t;
    return 0;
}

int dbt_teardown(void **state)
{
    struct dbt *t = *state;
    talloc_free(t->w);
    const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; t->path != NULL && i < ARRAY_N(tails); i++)
        unlink(mem_fmt(t->mem, "%s%s", t->path, tails[i]));
    talloc_free(t->mem);
    const bool leak = mem_blocks(t->root) != t->blocks;
    if (leak)
        talloc_report_full(t->root, stderr);
    talloc_free(t->root);
    return leak ? -1 : 0;
}

struct db *dbt_reader(struct dbt *t)
{
    struct db *r = NULL;
    OK(t, db_open(t->mem, t->path, t->url, DB_READER, &r, &t->e));
    return r;
}

struct tx *dbt_begin(struct dbt *t)
{
    struct tx *tx = NULL;
    OK(t, tx_begin(t->w, &tx, &t->e));
    return tx;
}

void dbt_commit(struct dbt *t, struct tx *tx)
{
    bool fatal = true;
    OK(t, tx_commit(tx, &fatal, &t->e));
    assert_false(fatal);
}

int64_t dbt_i64(struct dbt *t, struct db *db, const struct sql *s)
{
    struct db_rows *rows = NULL;
    bool more = false;
    OK(t, db_query(db, t->mem, s, &rows, &t->e));
    OK(t, db_next(rows, &more, &t->e));
    int64_t v = more ? db_i64(rows, 0) : -1;
    talloc_free(rows);
    return v;
}

struct sql *dbt_sql_(struct dbt *t, const char *lit)
{
    struct sql *s = sql_new(t->mem);
    sql_lit_(s, lit);
    return s;
}

void dbt_exec_(struct dbt *t, const struct sql *s)
{
    struct tx *tx = dbt_begin(t);
    OK(t, tx_exec(tx, s, NULL, &t->e));
    dbt_commit(t, tx);
}
