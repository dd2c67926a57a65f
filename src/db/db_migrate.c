/* Forward-only numbered migrations (sql/migrate, embedded by tools/sqlgen.py), one transaction each, with the
 * checksum of the file that ran. A database that is newer than this program, or was made by another text of the
 * same number, is refused. After the first one the calendar is filled. */
#include <assert.h>
#include "db/db_int.h"

static const struct civil day_first = {2000, 1, 1}, day_last = {2099, 12, 31};
enum { DAY_CHUNK = 60, SUM_MAX = 64 };

static enum rc exec(struct db *db, const struct sql *s, struct err *e)
{
    struct db_rows *rows = NULL;
    TRY(db_query(db, db, s, &rows, e));
    talloc_free(rows);
    return RC_OK;
}

static enum rc day_fill(struct db *db, struct err *e)
{
    int64_t bn = 0, end = civil_days(day_last);
    for (int64_t n = civil_days(day_first); n <= end;) {
        MEM_SCOPE(tmp, db);
        struct sql *s = sql_new(tmp);
        sql_lit(s, "INSERT INTO day (d, n, bn, open, name) VALUES ");
        for (int i = 0; i < DAY_CHUNK && n <= end; i++, n++) {
            struct civil c = civil_from_days(n);
            char text[CIVIL_TEXT_N];
            civil_text(c, text);
            bool open = civil_open(c);
            bn += open;
            if (i > 0)
                sql_lit(s, ", ");
            sql_lit(s, "(");
            sql_text(s, text);
            sql_lit(s, ", ");
            sql_i64(s, n);
            sql_lit(s, ", ");
            sql_i64(s, bn);
            sql_lit(s, ", ");
            sql_i64(s, open);
            sql_lit(s, ", ");
            sql_text(s, civil_holiday(c));
            sql_lit(s, ")");
        }
        TRY(exec(db, s, e));
    }
    return RC_OK;
}

static enum rc migrate_one(struct db *db, const struct db_migration *m, struct err *e)
{
    MEM_SCOPE(tmp, db);
    TRY(db_script(db, db->drv->engine == DB_SQLITE ? m->sqlite : m->pg, e));
    if (m->no == 1)
        TRY(day_fill(db, e));
    struct sql *s = sql_new(tmp);
    sql_lit(s, "INSERT INTO migration (no, sum, at) VALUES (");
    sql_i64(s, m->no);
    sql_lit(s, ", ");
    sql_text(s, m->sum);
    sql_lit(s, ", ");
    sql_i64(s, clock_now_us());
    sql_lit(s, ")");
    return exec(db, s, e);
}

/* How many have run; those must be ours, with our checksums. */
static enum rc done_read(struct db *db, size_t *ret_done, struct err *e)
{
    MEM_SCOPE(tmp, db);
    struct sql *s = sql_new(tmp);
    sql_lit(s, "SELECT no, sum FROM migration ORDER BY no");
    struct db_rows *rows = NULL;
    TRY(db_query(db, tmp, s, &rows, e));
    *ret_done = 0;
    for (;;) {
        bool more = false;
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        if (*ret_done >= db_migration_n())
            return err_set(e, ERR_DB_MIGRATE, "the database is newer than this program: migration %lld", (long long)db_i64(rows, 0));
        const struct db_migration *m = db_migration_at((*ret_done)++);
        if (db_i64(rows, 0) != m->no || !text_eq(db_text(rows, 1), m->sum))
            return err_set(e, ERR_DB_MIGRATE, "migration %d (%s) was another text when it ran", m->no, m->name);
    }
}

static enum rc migrate_locked(struct db *db, size_t *ret_done, struct err *e)
{
    bool lite = db->drv->engine == DB_SQLITE;
    /* Several programs may start at once on PostgreSQL: the lock ends with the transaction. */
    TRY(db_script(db, lite ? "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS migration (no INTEGER PRIMARY KEY, sum TEXT NOT NULL, at INTEGER NOT NULL) STRICT"
                           : "BEGIN; SELECT pg_advisory_xact_lock(7237681); CREATE TABLE IF NOT EXISTS migration "
                             "(no BIGINT PRIMARY KEY, sum text COLLATE \"C\" NOT NULL, at BIGINT NOT NULL)", e));
    TRY(done_read(db, ret_done, e));
    if (*ret_done < db_migration_n())
        TRY(migrate_one(db, db_migration_at((*ret_done)++), e));
    return db_script(db, "COMMIT", e);
}

enum rc db_migrate(struct db *writer, struct err *e)
{
    assert(writer->mode == DB_WRITER && writer->tx == NULL);
    size_t done = 0;
    do {
        enum rc rc = migrate_locked(writer, &done, e);
        if (rc != RC_OK) {
            if (db_script(writer, "ROLLBACK", NULL) != RC_OK && writer->drv->engine == DB_PG)
                writer->fatal = true;
            return rc;
        }
    } while (done < db_migration_n());
    return RC_OK;
}
