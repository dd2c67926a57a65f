/* What the tests of db share: every test runs on both engines, each with a fresh migrated database. */
#ifndef TESTS_DBTEST_H
#define TESTS_DBTEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "db/db.h"

struct dbt { TALLOC_CTX *root, *mem; enum db_engine engine; struct db *w; char *path, *url; size_t blocks; struct err e; };

/* Test functions: static void x(void **state) { struct dbt *t = *state; ... } in BOTH(x) of the table. */
int dbt_setup(void **state);       /* *state points at an enum db_engine before */
int dbt_teardown(void **state);
extern enum db_engine dbt_lite, dbt_pg;
#define BOTH(fn) {#fn " (SQLite)", fn, dbt_setup, dbt_teardown, &dbt_lite}, {#fn " (PostgreSQL)", fn, dbt_setup, dbt_teardown, &dbt_pg}
#define LITE(fn) {#fn " (SQLite)", fn, dbt_setup, dbt_teardown, &dbt_lite}
#define PGSQL(fn) {#fn " (PostgreSQL)", fn, dbt_setup, dbt_teardown, &dbt_pg}

#define OK(t, expr) dbt_ok((t), (expr), #expr, __FILE__, __LINE__)
void dbt_ok(struct dbt *t, enum rc rc, const char *what, const char *file, int line);
#define REFUSED(t, want, expr) dbt_refused((t), (want), (expr), #expr, __FILE__, __LINE__)
void dbt_refused(struct dbt *t, enum err_code want, enum rc rc, const char *what, const char *file, int line);

struct db *dbt_reader(struct dbt *t);
struct tx *dbt_begin(struct dbt *t);
void dbt_commit(struct dbt *t, struct tx *tx);
void dbt_exec_(struct dbt *t, const struct sql *s);                    /* in a transaction of its own */
#define EXEC(t, lit) dbt_exec_((t), SQL(t, lit))
int64_t dbt_i64(struct dbt *t, struct db *db, const struct sql *s);    /* first column of the first row; -1 without one */
struct sql *dbt_sql_(struct dbt *t, const char *lit);
#define SQL(t, lit) dbt_sql_((t), "" lit "")
#endif
