/* bench_load: the client of `make bench`: one epoll thread, keep-alive connections, each sends its next request when its answer is in.
 *
 *   bench_load PORT CONNECTIONS SECONDS REQUESTS SAMPLES loop|once
 *
 * REQUESTS holds whole requests, each after a line with its length; @@KEY@@ in one becomes a number never used before, so that every POST
 * carries its own idempotency key. `once` sends each request a single time (approvals). SAMPLES receives every latency as 32-bit
 * microseconds. Prints one JSON line: requests per second, p50, p99, longest, and answers by class of status. No library of daicho. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "@@KEY@@"
#define KEY_N 7
#define IN_MAX (4 << 20)

struct ask { char *p; size_t n, mark[4], mark_n; };
struct conn { int fd; char *in; size_t in_n; int64_t sent_us; bool busy; };
struct load { struct ask *ask; size_t ask_n, next; struct conn *conn; int conn_n, ep; bool once; uint32_t *sample; size_t sample_n, sample_max;
              int64_t bytes; int status[6]; int busy; unsigned key; uint16_t port; };

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void asks_read(struct load *l, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n, room = 0;
    char line[40];
    if (f == NULL)
        die(path);
    while (fgets(line, sizeof line, f) != NULL) {
        n = strtoul(line, NULL, 10);
        if (l->ask_n == room) {
            room = room ? room * 2 : 64;
            l->ask = realloc(l->ask, room * sizeof *l->ask);
        }
        struct ask *a = &l->ask[l->ask_n++];
        *a = (struct ask){.p = calloc(1, n + 1), .n = n};
        if (fread(a->p, 1, n, f) != n)
            die("a request is cut off");
        for (char *at = a->p; (at = strstr(at, MARK)) != NULL && a->mark_n < 4; at += KEY_N)
            a->mark[a->mark_n++] = (size_t)(at - a->p);
    }
    fclose(f);
    if (l->ask_n == 0)
        die("no request");
}

static void conn_open(struct load *l, struct conn *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->in_n = 0;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(l->ep, EPOLL_CTL_ADD, c->fd, &ev) != 0)
        die("epoll");
}

/* Requests are small: one write takes them whole; a socket that cannot is an error of the set-up. */
static bool ask_next(struct load *l, struct conn *c)
{
    if (l->once && l->next == l->ask_n)
        return false;
    struct ask *a = &l->ask[l->next % l->ask_n];
    l->next++;
    if (a->mark_n > 0) {
        char key[KEY_N + 1];
        snprintf(key, sizeof key, "%07u", l->key++ % 10000000u);
        for (size_t i = 0; i < a->mark_n; i++)
            memcpy(a->p + a->mark[i], key, KEY_N);
    }
    c->sent_us = now_us();
    c->busy = true;
    l->busy++;
    if (write(c->fd, a->p, a->n) != (ssize_t)a->n)
        die("write");
    return true;
}

/* Length of the whole answer when its head is in; 0: not yet. */
static size_t answer_size(const struct conn *c)
{
    char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - c->in) + 4;
    char was = *end;
    *end = '\0';
    char *len = strcasestr(c->in, "\r\nContent-Length:");
    size_t body = len ? strtoul(len + 17, NULL, 10) : 0;
    *end = was;
    return head + body;
}

static void answered(struct load *l, struct conn *c)
{
    int code = atoi(c->in + 9) / 100;
    if (l->sample_n < l->sample_max)
        l->sample[l->sample_n++] = (uint32_t)(now_us() - c->sent_us);
    l->status[code > 0 && code < 6 ? code : 0]++;
    if (code != 2 && code != 3 && l->status[code > 0 && code < 6 ? code : 0] <= 2)
        fprintf(stderr, "bench_load: %.*s\n", (int)(c->in_n < 600 ? c->in_n : 600), c->in);
    c->busy = false;
    l->busy--;
}

static void conn_ready(struct load *l, struct conn *c, bool going)
{
    ssize_t n = read(c->fd, c->in + c->in_n, IN_MAX - c->in_n - 1);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (c->busy) {
            l->status[0]++;
            l->busy--;
            c->busy = false;
        }
        close(c->fd);
        conn_open(l, c);
        if (going)
            (void)ask_next(l, c);
        return;
    }
    c->in_n += (size_t)n;
    c->in[c->in_n] = '\0';
    l->bytes += n;
    size_t whole = answer_size(c);
    if (whole == 0 || c->in_n < whole)
        return;
    answered(l, c);
    c->in_n = 0;
    if (going)
        (void)ask_next(l, c);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void report(struct load *l, const char *samples, double took)
{
    FILE *f = fopen(samples, "wb");
    size_t n = l->sample_n;
    if (f == NULL || fwrite(l->sample, sizeof *l->sample, n, f) != n || fclose(f) != 0)
        die(samples);
    qsort(l->sample, n, sizeof *l->sample, by_value);
    printf("{\"n\": %zu, \"rps\": %.1f, \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u, \"min_us\": %u, \"bytes\": %" PRId64
           ", \"ok\": %d, \"moved\": %d, \"refused\": %d, \"failed\": %d, \"broken\": %d}\n",
           n, (double)n / took, n ? l->sample[n / 2] : 0, n ? l->sample[n * 99 / 100] : 0, n ? l->sample[n - 1] : 0, n ? l->sample[0] : 0, l->bytes,
           l->status[2], l->status[3], l->status[4], l->status[5], l->status[0] + l->status[1]);
}

int main(int argc, char **argv)
{
    struct load l = {.sample_max = 4000000};
    struct epoll_event ev[256];
    if (argc != 7) {
        fputs("usage: bench_load PORT CONNECTIONS SECONDS REQUESTS SAMPLES loop|once\n", stderr);
        return 2;
    }
    l.port = (uint16_t)atoi(argv[1]);
    l.conn_n = atoi(argv[2]);
    double seconds = atof(argv[3]);
    asks_read(&l, argv[4]);
    l.once = strcmp(argv[6], "once") == 0;
    l.key = (unsigned)(time(NULL) % 100) * 100000u;
    l.sample = malloc(l.sample_max * sizeof *l.sample);
    l.conn = calloc((size_t)l.conn_n, sizeof *l.conn);
    l.ep = epoll_create1(EPOLL_CLOEXEC);
    int64_t t0 = now_us(), end = t0 + (int64_t)(seconds * 1e6), last = t0;
    for (int i = 0; i < l.conn_n; i++) {
        l.conn[i].in = malloc(IN_MAX);
        conn_open(&l, &l.conn[i]);
    }
    for (int i = 0; i < l.conn_n; i++)
        (void)ask_next(&l, &l.conn[i]);
    while (l.busy > 0) {
        int n = epoll_wait(l.ep, ev, 256, 20000);
        if (n == 0) {
            fputs("bench_load: no answer for 20 seconds\n", stderr);
            l.status[0] += l.busy;
            break;
        }
        for (int i = 0; i < n; i++)
            conn_ready(&l, ev[i].data.ptr, now_us() < end);
        last = now_us();
    }
    report(&l, argv[5], (double)(last - t0) / 1e6);
    return l.status[0] + l.status[5] > 0;
}
