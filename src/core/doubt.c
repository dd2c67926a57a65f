/* The connection to PostgreSQL broke: the writer connects again and looks, under the lock of the head row, whether the checkpoint that it
 * sealed last is in the database. That lock waits for whatever the lost session may still be doing, so the answer is final: committed or
 * not. Only while nobody can be reached is the outcome unknown, and then it is said so (trust.md 3.4; L6). */
#include <time.h>
#include "core/core_state.h"

#define TRIES 25
#define WAIT_MS 200

static enum rc connect_again(struct writer *wr, int tries, struct err *e)
{
    struct core *c = wr->core;
    enum rc rc = RC_FAIL;
    talloc_free(wr->db);
    wr->db = NULL;
    for (int i = 0; i < tries && rc != RC_OK && !wr->stop; i++) {
        struct timespec wait = {0, WAIT_MS * 1000000};
        if (i > 0)
            nanosleep(&wait, NULL);
        rc = db_open(c, c->db_path, c->db_url, DB_WRITER, &wr->db, e);
    }
    if (rc != RC_OK) {
        wr->db = NULL;
        return err_set(e, ERR_DB_LOST, "PostgreSQL cannot be reached");
    }
    db_pool_flush(c->pool);
    log_event(LOG_WARN, "writer.connected-again", NULL);
    return RC_OK;
}

enum rc writer_again(struct writer *wr, bool wait, bool *ret_committed, struct err *e)
{
    struct tx *tx;
    TRY(connect_again(wr, wait ? TRIES : 1, e));
    TRY(tx_begin(wr->db, &tx, e));
    enum rc rc = ledger_settle(wr->ledger, tx, ret_committed, e);
    tx_rollback(tx);
    return rc;
}

enum rc commit_settle(struct writer *wr, struct err *e)
{
    struct err lost = *e, e2 = {0};
    bool committed = false;
    log_err("writer.lost-at-commit", "-", &lost);
    if (writer_again(wr, true, &committed, &e2) != RC_OK)
        return err_set(e, ERR_DB_DOUBT, "lost at COMMIT: %.200s; then %.200s", lost.detail, e2.detail);
    log_event(LOG_WARN, "writer.settled", "committed", committed ? "yes" : "no", NULL);
    return committed ? RC_OK : err_set(e, ERR_DB_LOST, "lost at COMMIT, which did not happen: %.300s", lost.detail);
}
