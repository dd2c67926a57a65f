/* The reaper: the library's own timeout counts inactivity only, so a client that sends one byte a second would stay for ever. Every
 * connection has a phase and the time when it began; a thread looks at them twice a second and shuts down those whose head or
 * body is overdue. The socket is closed by the library, after reaper_drop, so a number is never shut down twice. */
#include "http_int.h"
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

struct conn { int fd; enum conn_phase phase; int64_t since_us; struct conn *prev, *next; };
struct reaper {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t thread;
    bool stopping, running;
    int64_t limit_us[CONN_IDLE + 1];
    struct conn *first;
};

static void look(struct reaper *p)
{
    int64_t now = clock_mono_us();
    for (struct conn *c = p->first; c; c = c->next) {
        int64_t limit = p->limit_us[c->phase];
        if (limit > 0 && now - c->since_us > limit) {
            shutdown(c->fd, SHUT_RDWR);
            c->since_us = now;
        }
    }
}

static void *run(void *arg)
{
    struct reaper *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 500 * 1000 * 1000;
        if (until.tv_nsec >= 1000 * 1000 * 1000) {
            until.tv_nsec -= 1000 * 1000 * 1000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&p->stop, &p->lock, &until);
        look(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct reaper *reaper_new(TALLOC_CTX *mem, int head_s, int body_s, int idle_s)
{
    struct reaper *p = mem_new(mem, struct reaper);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->stop, NULL);
    p->limit_us[CONN_HEAD] = head_s * US_PER_S;
    p->limit_us[CONN_BODY] = body_s * US_PER_S;
    p->limit_us[CONN_BUSY] = 0;
    p->limit_us[CONN_IDLE] = (idle_s + head_s) * US_PER_S;
    p->running = pthread_create(&p->thread, NULL, run, p) == 0;
    if (p->running)
        return p;
    talloc_free(p);
    return NULL;
}

struct conn *reaper_add(struct reaper *p, int fd)
{
    struct conn *c = mem_new(NULL, struct conn);
    c->fd = fd;
    c->since_us = clock_mono_us();
    pthread_mutex_lock(&p->lock);
    c->next = p->first;
    if (p->first)
        p->first->prev = c;
    p->first = c;
    pthread_mutex_unlock(&p->lock);
    return c;
}

void reaper_phase(struct reaper *p, struct conn *c, enum conn_phase phase)
{
    pthread_mutex_lock(&p->lock);
    c->phase = phase;
    c->since_us = clock_mono_us();
    pthread_mutex_unlock(&p->lock);
}

void reaper_drop(struct reaper *p, struct conn *c)
{
    pthread_mutex_lock(&p->lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        p->first = c->next;
    if (c->next)
        c->next->prev = c->prev;
    pthread_mutex_unlock(&p->lock);
    talloc_free(c);
}

void reaper_stop(struct reaper *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->stop);
    pthread_mutex_unlock(&p->lock);
    if (p->running)
        pthread_join(p->thread, NULL);
    p->running = false;
}
