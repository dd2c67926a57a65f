/* Read-only connections, lent exclusively: opened when first needed, at most `max`. A connection that
 * failed (server gone) is closed when it comes back, and a new one is opened for the next user. */
#include <pthread.h>
#include "db/db_int.h"

struct db_pool {
    char *path, *url;
    int max, made, free_n;
    struct db **free;
    pthread_mutex_t lock;
    pthread_cond_t given;
};

static int pool_gone(struct db_pool *pool)
{
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->lock);
    return 0;
}

enum rc db_pool_new(TALLOC_CTX *mem, const char *path, const char *url, int max, struct db_pool **ret_pool, struct err *e)
{
    if (max < 1)
        return err_set(e, ERR_DB, "a pool of %d", max);
    struct db_pool *pool = mem_new(mem, struct db_pool);
    pool->path = mem_strdup(pool, path);
    pool->url = mem_strdup(pool, url);
    pool->max = max;
    pool->free = mem_array(pool, struct db *, (size_t)max);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->given, NULL);
    talloc_set_destructor(pool, pool_gone);
    *ret_pool = pool;
    return RC_OK;
}

enum rc db_pool_take(struct db_pool *pool, struct db **ret_db, struct err *e)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->free_n == 0 && pool->made == pool->max)
        pthread_cond_wait(&pool->given, &pool->lock);
    enum rc rc = RC_OK;
    if (pool->free_n > 0) {
        *ret_db = pool->free[--pool->free_n];
    } else {
        rc = db_open(pool, pool->path, pool->url, DB_READER, ret_db, e);
        if (rc == RC_OK)
            pool->made++;
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

void db_pool_flush(struct db_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->free_n > 0) {
        talloc_free(pool->free[--pool->free_n]);
        pool->made--;
    }
    pthread_cond_broadcast(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

void db_pool_give(struct db_pool *pool, struct db *db)
{
    db_read_end(db);
    pthread_mutex_lock(&pool->lock);
    if (db->fatal) {
        talloc_free(db);
        pool->made--;
    } else {
        pool->free[pool->free_n++] = db;
    }
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}
