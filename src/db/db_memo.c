/* Answers that stay true for a while, kept beside the connection that read them: in a reader until its snapshot ends; in the writer until
 * somebody says that they may have changed (db_memo_forget), a rollback takes back what they saw, or, on PostgreSQL, where other
 * processes write between two transactions of ours, the transaction ends. What is kept is asked once and not once a row. */
#include "db/db_int.h"

enum { MEMO_MAX = 8192 };          /* then all of it is forgotten: the writer's never ends by itself */

struct memo { struct map *map; };

void db_memo_forget(struct db *db)
{
    talloc_free(db->memo);
    db->memo = NULL;
}

bool db_in_snapshot(const struct db *db) { return db->mode == DB_READER && db->in_tx; }

static bool open_for_memo(const struct db *db) { return db_in_snapshot(db) || (db->mode == DB_WRITER && db->tx != NULL); }

void *db_memo_get(const struct db *db, const char *key)
{
    return db->memo == NULL || !open_for_memo(db) ? NULL : map_get(db->memo->map, key);
}

bool db_memo_put(struct db *db, const char *key, void *value)
{
    if (!open_for_memo(db))
        return false;
    if (db->memo != NULL && map_n(db->memo->map) >= MEMO_MAX)
        db_memo_forget(db);
    if (db->memo == NULL) {
        db->memo = mem_new(db, struct memo);
        db->memo->map = map_new(db->memo);
    }
    talloc_steal(db->memo, value);
    map_set(db->memo->map, key, value);
    return true;
}
