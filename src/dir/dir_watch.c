/* Ends a connection whose time is up. libldap's own limits cover connecting and waiting for a whole answer to begin; a server that sends half of a
 * TLS record, or one byte a second, holds whoever reads for as long as it likes. One thread shuts such a socket down, and the reader returns.
 * The socket is watched through a duplicate of its own: the library may close its number and somebody else get it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "dir/dir_int.h"

#define WATCH_MAX 64

struct watch { int fd; int64_t until_us; bool used, cut; };
static struct { pthread_mutex_t lock; pthread_cond_t cond; bool started; struct watch v[WATCH_MAX]; } all = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

/* Cuts what is due; when the next one is, or a second from now. Under the lock. */
static int64_t cut_due(int64_t now)
{
    int64_t next = now + US_PER_S;
    for (size_t i = 0; i < WATCH_MAX; i++) {
        struct watch *w = &all.v[i];
        if (!w->used || w->cut)
            continue;
        if (w->until_us <= now) {
            w->cut = true;
            (void)shutdown(w->fd, SHUT_RDWR);
        } else if (w->until_us < next) {
            next = w->until_us;
        }
    }
    return next;
}

static void *watch_main(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&all.lock);
    for (;;) {
        int64_t next = cut_due(clock_mono_us());
        const struct timespec t = {next / US_PER_S, next % US_PER_S * 1000};
        (void)pthread_cond_clockwait(&all.cond, &all.lock, CLOCK_MONOTONIC, &t);
    }
    return NULL;
}

/* It runs as long as the program: it holds nothing. Under the lock. */
static bool watch_runs(void)
{
    pthread_t thread;
    if (all.started)
        return true;
    if (pthread_create(&thread, NULL, watch_main, NULL) != 0)
        return false;
    (void)pthread_detach(thread);
    all.started = true;
    return true;
}

struct watch *watch_begin(int fd, int64_t until_us)
{
    struct watch *w = NULL;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return NULL;
    pthread_mutex_lock(&all.lock);
    for (size_t i = 0; watch_runs() && w == NULL && i < WATCH_MAX; i++)
        if (!all.v[i].used)
            w = &all.v[i];
    if (w != NULL) {
        *w = (struct watch){.fd = own, .until_us = until_us, .used = true};
        pthread_cond_signal(&all.cond);
    }
    pthread_mutex_unlock(&all.lock);
    if (w == NULL)
        close(own);
    return w;
}

void watch_until(struct watch *w, int64_t until_us)
{
    pthread_mutex_lock(&all.lock);
    w->until_us = until_us;
    pthread_cond_signal(&all.cond);
    pthread_mutex_unlock(&all.lock);
}

bool watch_end(struct watch *w)
{
    pthread_mutex_lock(&all.lock);
    bool cut = w->cut;
    close(w->fd);
    *w = (struct watch){.fd = -1};
    pthread_mutex_unlock(&all.lock);
    return cut;
}
