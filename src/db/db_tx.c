/* Transactions of the writer, and a reader's snapshot. A struct tx can only be made here, by the one
 * read-write connection; who holds one is inside BEGIN ... COMMIT. */
#include <assert.h>
#include "db/db_int.h"

static int tx_gone(struct tx *tx)
{
    if (tx->db != NULL)
        tx_rollback(tx);
    return 0;
}

enum rc tx_begin(struct db *writer, struct tx **ret_tx, struct err *e)
{
    assert(writer->mode == DB_WRITER && writer->tx == NULL);
    if (writer->fatal)
        return err_set(e, ERR_DB, "the connection has failed before");
    const char *begin = writer->drv->engine == DB_SQLITE ? "BEGIN IMMEDIATE" : "BEGIN; SELECT one FROM head FOR UPDATE";
    enum rc rc = db_script(writer, begin, e);
    if (rc != RC_OK) {
        if (writer->drv->engine == DB_PG && db_script(writer, "ROLLBACK", NULL) != RC_OK)
            writer->fatal = true;
        return rc;
    }
    if (writer->drv->engine == DB_PG)                   /* another process may have written since */
        db_memo_forget(writer);
    struct tx *tx = mem_new(writer, struct tx);
    tx->db = writer;
    writer->tx = tx;
    writer->in_tx = true;
    talloc_set_destructor(tx, tx_gone);
    *ret_tx = tx;
    return RC_OK;
}

struct db *tx_db(struct tx *tx)
{
    return tx->db;
}

/* SQLite keeps the statement prepared, PostgreSQL takes the text: one journey either way. */
static enum rc small(struct db *db, const char *text, struct err *e)
{
    struct db_rows *rows = NULL;
    if (db->drv->engine == DB_PG)
        return db_script(db, text, e);
    TRY(db_run(db, db, text, NULL, 0, 0, &rows, e));
    talloc_free(rows);
    return RC_OK;
}

enum rc tx_savepoint(struct tx *tx, struct err *e)
{
    assert(!tx->savepoint);
    if (tx->lost)
        return err_set(e, ERR_DB, "the transaction has ended");
    TRY(small(tx->db, "SAVEPOINT s", e));
    tx->savepoint = true;
    return RC_OK;
}

enum rc tx_savepoint_end(struct tx *tx, bool keep, struct err *e)
{
    assert(tx->savepoint);
    tx->savepoint = false;
    db_rows_end_all(tx->db);
    enum rc rc = keep ? small(tx->db, "RELEASE s", e) : db_script(tx->db, "ROLLBACK TO s; RELEASE s", e);
    if (!keep || rc != RC_OK)
        db_memo_forget(tx->db);
    tx->lost = tx->lost || rc != RC_OK;
    return rc;
}

static enum rc tx_try_say(struct tx *tx, const char *text, struct err *e)
{
    assert(tx->savepoint);
    db_rows_end_all(tx->db);
    if (tx->db->drv->engine == DB_SQLITE)
        return RC_OK;
    enum rc rc = db_script(tx->db, text, e);
    tx->lost = tx->lost || rc != RC_OK;
    return rc;
}

enum rc tx_try(struct tx *tx, struct err *e) { return tx_try_say(tx, "SAVEPOINT t", e); }
enum rc tx_try_undo(struct tx *tx, struct err *e) { return tx_try_say(tx, "ROLLBACK TO t", e); }
enum rc tx_try_end(struct tx *tx, struct err *e) { return tx_try_say(tx, "RELEASE t", e); }

bool tx_is_lost(const struct tx *tx) { return tx->lost || tx->db->fatal; }

static void tx_end(struct tx *tx)
{
    tx->db->tx = NULL;
    tx->db->in_tx = false;
    tx->db = NULL;
    talloc_free(tx);
}

enum rc tx_commit(struct tx *tx, bool *ret_fatal, struct err *e)
{
    struct db *db = tx->db;
    assert(!tx->savepoint);
    db_rows_end_all(db);
    enum rc rc = tx->lost ? err_set(e, ERR_DB, "the transaction has ended") : db->fatal ? err_set(e, ERR_DB, "an I/O error was seen in the transaction") : db_script(db, "COMMIT", e);
    /* A full disk leaves SQLite's transaction open or already rolled back; this ends it in both cases. */
    if (rc != RC_OK && !db->fatal && db_script(db, "ROLLBACK", NULL) != RC_OK && db->drv->engine == DB_PG)
        db->fatal = true;
    *ret_fatal = db->fatal;
    if (rc != RC_OK)
        db_memo_forget(db);
    tx_end(tx);
    return rc;
}

void tx_rollback(struct tx *tx)
{
    db_rows_end_all(tx->db);
    db_memo_forget(tx->db);
    if (db_script(tx->db, "ROLLBACK", NULL) != RC_OK && tx->db->drv->engine == DB_PG)
        tx->db->fatal = true;
    tx_end(tx);
}

enum rc db_read_begin(struct db *db, struct err *e)
{
    assert(!db->in_tx);
    TRY(db_script(db, db->drv->engine == DB_SQLITE ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e));
    db->in_tx = true;
    return RC_OK;
}

void db_read_end(struct db *db)
{
    db_rows_end_all(db);
    db_memo_forget(db);
    if (db->in_tx && db->tx == NULL && db_script(db, "COMMIT", NULL) != RC_OK)
        db->fatal = true;
    db->in_tx = false;
}
