/* The crew: own threads that take requests from a queue, so that a slow handler holds up nobody but itself. Knows nothing of
 * HTTP; `fn` handles one request and hands it back. Stopping first finishes what is queued. */
#include "http_int.h"
#include <pthread.h>

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct req *first, **last;
    size_t waiting;
    bool stopping;
    work_fn fn;
    void *ctx;
    pthread_t *thread;
    int n;
};

static struct req *take(struct crew *c)
{
    struct req *r = NULL;
    pthread_mutex_lock(&c->lock);
    while (!c->first && !c->stopping)
        pthread_cond_wait(&c->some, &c->lock);
    if (c->first) {
        r = c->first;
        c->first = r->next;
        if (!c->first)
            c->last = &c->first;
        r->next = NULL;
        c->waiting--;
    }
    pthread_mutex_unlock(&c->lock);
    return r;
}

static void *run(void *arg)
{
    struct crew *c = arg;
    for (struct req *r = take(c); r; r = take(c))
        c->fn(r, c->ctx);
    return NULL;
}

struct crew *crew_new(TALLOC_CTX *mem, int workers, work_fn fn, void *ctx)
{
    struct crew *c = mem_new(mem, struct crew);
    c->last = &c->first;
    c->fn = fn;
    c->ctx = ctx;
    c->thread = mem_array(c, pthread_t, (size_t)workers);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->some, NULL);
    for (int i = 0; i < workers; i++)
        if (pthread_create(&c->thread[c->n], NULL, run, c) == 0)
            c->n++;
    if (c->n == 0) {
        crew_stop(c);
        talloc_free(c);
        return NULL;
    }
    return c;
}

bool crew_push(struct crew *c, struct req *r)
{
    pthread_mutex_lock(&c->lock);
    bool ok = !c->stopping && c->waiting < LIMIT_QUEUE;
    if (ok) {
        r->next = NULL;
        *c->last = r;
        c->last = &r->next;
        c->waiting++;
        pthread_cond_signal(&c->some);
    }
    pthread_mutex_unlock(&c->lock);
    return ok;
}

void crew_stop(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->some);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->n; i++)
        pthread_join(c->thread[i], NULL);
    c->n = 0;
}
