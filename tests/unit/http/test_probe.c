/* The running server under malformed and hostile clients: every smuggling probe gets a clear 4xx and a closed connection and the
 * second request hidden in it is never executed; slow clients are cut; a slow handler stalls nobody; stopping finishes what runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "http/http.h"

static atomic_int hidden, saved, denied;
static TALLOC_CTX *root;
static struct http_server *server;

static void nap(int ms) { nanosleep(&(struct timespec){ms / 1000, (ms % 1000) * 1000000L}, NULL); }

static void say(struct req *r, const char *text)
{
    struct buf *b = buf_new(r, 1 << 20);
    buf_puts(b, text);
    resp_text(r, 200, "text/plain; charset=utf-8", b);
}

static void on_fast(struct req *r, void *ctx) { (void)ctx; say(r, "fast"); }
static void on_slow(struct req *r, void *ctx) { (void)ctx; nap(2000); say(r, "slow"); }
static void on_hidden(struct req *r, void *ctx) { (void)ctx; hidden++; say(r, "hidden"); }
static void on_none(struct req *r, void *ctx) { (void)r; (void)ctx; }

static void on_save(struct req *r, void *ctx)
{
    (void)ctx;
    saved++;
    say(r, mem_fmt(r, "%zu fields %zu files a=%s addr=%s", req_form_n(r), req_upload_n(r), req_form(r, "a") ? req_form(r, "a") : "-", req_addr(r)));
}

static bool gate(struct req *r, const struct route *route, void *ctx)
{
    (void)ctx;
    if (route->need == NEED_NOTHING)
        return true;
    denied++;
    resp_error(r, ERR_SESSION, NULL);
    return false;
}

static const struct route ROUTES[] = {{.path = {"/fast"}, .fn = on_fast}, {.path = {"/slow"}, .fn = on_slow}, {.path = {"/hidden"}, .fn = on_hidden},
    {.path = {"/none"}, .fn = on_none}, {.path = {"/inside"}, .fn = on_hidden, .need = NEED_SESSION}, {.path = {"/save"}, .method = METHOD_POST, .fn = on_save, .body_max = 100000}};

static struct http_server *start(void)
{
    static const struct route *v[ARRAY_N(ROUTES)];
    for (size_t i = 0; i < ARRAY_N(ROUTES); i++)
        v[i] = &ROUTES[i];
    struct http_conf c = {.addr = "127.0.0.1", .workers = 4, .conn_max = 40, .head_deadline_s = 1, .body_deadline_s = 2, .idle_s = 2};
    struct err e = {0};
    struct http_server *s = NULL;
    if (http_start(root, &c, v, ARRAY_N(v), gate, NULL, &s, &e))
        fail_msg("%s", e.detail);
    return s;
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    union { struct sockaddr_in in; struct sockaddr sa; } a = {.in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(server)), .sin_addr = {htonl(INADDR_LOOPBACK)}}};
    assert_int_equal(connect(fd, &a.sa, sizeof(a.in)), 0);
    return fd;
}

static void put(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        p += k;
        n -= (size_t)k;
    }
}

/* Everything until the peer closes or is silent for `ms`; *ret_closed tells which. */
static struct buf *get(TALLOC_CTX *mem, int fd, int ms, bool *ret_closed)
{
    struct buf *b = buf_new(mem, 1 << 22);
    char p[65536];
    *ret_closed = false;
    for (;;) {
        struct pollfd f = {fd, POLLIN, 0};
        if (poll(&f, 1, ms) <= 0)
            return b;
        ssize_t n = recv(fd, p, sizeof(p), 0);
        if (n <= 0) {
            *ret_closed = true;
            return b;
        }
        buf_put(b, p, (size_t)n);
    }
}

static int status_of(const char *s) { return s && strncmp(s, "HTTP/1.1 ", 9) == 0 ? (int)strtol(s + 9, NULL, 10) : 0; }

static int answers(const char *s)
{
    int n = 0;
    for (const char *p = strstr(s, "HTTP/1.1 "); p; p = strstr(p + 1, "HTTP/1.1 "))
        n++;
    return n;
}

#define HOST "Host: a\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define NEXT "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(head, body) "POST /save HTTP/1.1\r\n" HOST FORM head "\r\n" body
#define GET(head) "GET /fast HTTP/1.1\r\n" head "\r\n"
#define P(name, want, lit) {name, {"" lit, sizeof(lit) - 1}, want}

static const struct { const char *name; struct str raw; int want; } PROBE[] = {
    P("length and coding", 400, POST("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" NEXT)),
    P("two lengths", 400, POST("Content-Length: 0\r\nContent-Length: 3\r\n", "a=b" NEXT)),
    P("two equal lengths", 400, POST("Content-Length: 3\r\nContent-Length: 3\r\n", "a=b" NEXT)),
    P("list of lengths", 400, POST("Content-Length: 3, 3\r\n", "a=b" NEXT)),
    P("signed length", 400, POST("Content-Length: +3\r\n", "a=b" NEXT)),
    P("blank before colon", 400, POST("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" NEXT)),
    P("unknown coding", 400, POST("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" NEXT)),
    P("two codings", 400, POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" NEXT)),
    P("folded coding", 400, POST("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" NEXT)),
    P("folded header", 400, GET(HOST "X-a: a\r\n b\r\n")),
    P("folded header first", 400, "GET /fast HTTP/1.1\r\n X: y\r\n" HOST "\r\n"),
    P("folded header in the middle", 400, GET("X-a: a\r\n b\r\n" HOST)),
    P("coding in HTTP/1.0", 400, "POST /save HTTP/1.0\r\n" HOST FORM "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT),
    P("bad chunk size", 400, POST("Transfer-Encoding: chunked\r\n", "zz\r\na=b\r\n0\r\n\r\n" NEXT)),
    P("chunk longer than said", 400, POST("Transfer-Encoding: chunked\r\n", "3\r\na=bXX\r\n0\r\n\r\n" NEXT)),
    P("body on GET", 400, "GET /fast HTTP/1.1\r\n" HOST "Content-Length: 33\r\n\r\n" NEXT),
    P("two hosts", 400, GET(HOST HOST)),
    P("no host", 400, GET("X: y\r\n")),
    P("NUL in a value", 400, GET(HOST "X: a\0b\r\nY: z\r\n")),
    P("NUL in the last value", 400, GET(HOST "X: a\0b\r\n")),
    P("NUL in a name", 400, GET(HOST "X\0Y: a\r\n")),
    P("NUL in the path", 400, "GET /fast\0x HTTP/1.1\r\n" HOST "\r\n"),
    P("control byte in a value", 400, GET(HOST "X: a\x01\r\n")),
    P("no name", 400, GET(HOST ": x\r\n")),
    P("no colon", 400, GET(HOST "Foo\r\n")),
    P("bare LF", 400, "GET /fast HTTP/1.1\nHost: a\n\n"),
    P("one bare LF", 400, "GET /fast HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    P("bare CR", 400, "GET /fast HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
    P("absolute address", 400, "GET http://a/fast HTTP/1.1\r\n" HOST "\r\n"),
    P("%00", 400, "GET /fast%00 HTTP/1.1\r\n" HOST "\r\n"),
    P("%2f", 400, "GET /%2ffast HTTP/1.1\r\n" HOST "\r\n"),
    P("dot segments", 400, "GET /x/%2e%2e/fast HTTP/1.1\r\n" HOST "\r\n"),
    P("raw bytes in the path", 400, "GET /\xe3\x81\x82 HTTP/1.1\r\n" HOST "\r\n"),
    P("query twice", 400, "GET /fast?a=1&a=2 HTTP/1.1\r\n" HOST "\r\n"),
    P("query not UTF-8", 400, "GET /fast?a=%ff HTTP/1.1\r\n" HOST "\r\n"),
    P("HTTP/0.9", 400, "GET /fast\r\n\r\n"),
    P("wrong type", 415, "POST /save HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Length: 36\r\n\r\n" NEXT),
    P("too long by its head", 413, POST("Content-Length: 100001\r\n", NEXT)),
    P("form with NUL", 400, POST("Content-Length: 5\r\n", "a=%00" NEXT)),
    P("bad multipart", 400, "POST /save HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 9\r\n\r\n--X\r\nabc\r" NEXT),
    P("unknown method", 405, "DELETE /fast HTTP/1.1\r\n" HOST "\r\n" NEXT),
    P("no such path", 404, "GET /nothing HTTP/1.1\r\n" HOST "\r\n" NEXT),
};

static void probes(void **state)
{
    (void)state;
    hidden = saved = 0;
    for (size_t i = 0; i < ARRAY_N(PROBE); i++) {
        MEM_SCOPE(tmp, root);
        bool closed;
        int fd = dial();
        put(fd, PROBE[i].raw.p, PROBE[i].raw.n);
        struct buf *b = get(tmp, fd, 1500, &closed);
        close(fd);
        if (status_of(b->p) != PROBE[i].want || !closed || hidden != 0 || saved != 0)
            fail_msg("%s: status %d, %s, hidden %d, saved %d", PROBE[i].name, status_of(b->p), closed ? "closed" : "left open", hidden, saved);
    }
}

/* The probes say nothing if the hidden request would not count: sent alone, it does. */
static void sound_requests(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    bool closed;
    hidden = 0;
    int fd = dial();
    static const char ALL[] = POST("Content-Length: 7\r\n", "a=1&b=2") POST("Transfer-Encoding: chunked\r\n", "3\r\na=b\r\n0\r\n\r\n") NEXT
        "GET /fast?q=%E3%81%82+x&v[]=1&v[]=2 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAccept-Language:\r\nX-Long:   x  \r\n\r\n" NEXT;
    put(fd, ALL, sizeof(ALL) - 1);
    struct buf *b = get(tmp, fd, 500, &closed);
    assert_int_equal(answers(b->p), 5);
    assert_int_equal(hidden, 2);
    assert_non_null(strstr(b->p, "2 fields 0 files a=1 addr=127.0.0.1"));
    assert_null(strstr(b->p, " 400 "));
    for (size_t i = 0; i < sizeof(ALL) - 1; i++) {
        put(fd, ALL + i, 1);
        if (i % 50 == 0)
            nap(1);
    }
    b = get(tmp, fd, 500, &closed);
    assert_int_equal(answers(b->p), 5);
    assert_false(closed);
    close(fd);
}

static struct buf *ask(TALLOC_CTX *mem, const char *raw)
{
    bool closed;
    int fd = dial();
    put(fd, raw, strlen(raw));
    struct buf *b = get(mem, fd, 400, &closed);
    close(fd);
    return b;
}

static void headers_on_every_answer(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    static const char *const WANT[] = {"Content-Security-Policy: default-src 'none'; script-src 'self'", "X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin",
        "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin", "Permissions-Policy: ", "frame-ancestors 'none'"};
    const struct asset *a = asset_find("app.css");
    const char *const ASK[] = {GET(HOST), "GET /none HTTP/1.1\r\n" HOST "\r\n", "GET /inside HTTP/1.1\r\n" HOST "\r\n", "GET /x HTTP/1.1\r\n" HOST "\r\n", GET(HOST HOST),
        "HEAD /fast HTTP/1.1\r\n" HOST "\r\n", mem_fmt(tmp, "GET /assets/%s/app.css HTTP/1.1\r\n" HOST "\r\n", a->hash)};
    static const int STATUS[] = {200, 500, 401, 404, 400, 200, 200};
    for (size_t i = 0; i < ARRAY_N(ASK); i++) {
        struct buf *b = ask(tmp, ASK[i]);
        assert_int_equal(status_of(b->p), STATUS[i]);
        for (size_t k = 0; k < ARRAY_N(WANT); k++)
            if (!strstr(b->p, WANT[k]))
                fail_msg("answer %zu lacks %s", i, WANT[k]);
        assert_int_equal(strstr(b->p, "Cache-Control: no-store") == NULL, i == 6);
        if (i == 5)
            assert_string_equal(strstr(b->p, "\r\n\r\n"), "\r\n\r\n");
    }
    assert_non_null(strstr(ask(tmp, "POST /fast HTTP/1.1\r\n" HOST "\r\n")->p, "Allow: GET, HEAD\r\n"));
    assert_non_null(strstr(ask(tmp, "GET /api/nothing HTTP/1.1\r\n" HOST "\r\n")->p, "Content-Type: application/json"));
}

static void the_gate_decides(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    hidden = denied = 0;
    assert_int_equal(status_of(ask(tmp, "GET /inside HTTP/1.1\r\n" HOST "\r\n")->p), 401);
    assert_int_equal(denied, 1);
    assert_int_equal(hidden, 0);
}

static void large_things(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    struct buf *b = buf_new(tmp, 1 << 22);
    buf_puts(b, "GET /fast HTTP/1.1\r\n" HOST "X: ");
    for (int i = 0; i < 60000; i++)
        buf_putc(b, 'x');
    buf_puts(b, "\r\n\r\n");
    int status = status_of(ask(tmp, b->p)->p);
    assert_true(status == 431 || status == 413);
    buf_reset(b);
    buf_puts(b, "GET /fast HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 100; i++)
        buf_fmt(b, "X-%d: y\r\n", i);
    buf_puts(b, "\r\n");
    assert_int_equal(status_of(ask(tmp, b->p)->p), 400);
    buf_reset(b);
    buf_puts(b, "GET /");
    for (int i = 0; i < 9000; i++)
        buf_putc(b, 'x');
    buf_puts(b, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(status_of(ask(tmp, b->p)->p), 400);
    buf_reset(b);                                          /* no length said: refused while it streams */
    buf_puts(b, POST("Transfer-Encoding: chunked\r\n", ""));
    for (int i = 0; i < 110; i++) {
        buf_puts(b, "400\r\n");
        for (int k = 0; k < 1024; k++)
            buf_putc(b, 'x');
        buf_puts(b, "\r\n");
    }
    buf_puts(b, "0\r\n\r\n");
    assert_int_equal(status_of(ask(tmp, b->p)->p), 413);
}

/* Sends one byte of `raw` every 100 ms; milliseconds until the peer closes, or -1 after `max_ms`. */
static int drip(const char *raw, int max_ms)
{
    int fd = dial();
    int64_t t0 = clock_mono_us();
    for (size_t i = 0; clock_mono_us() - t0 < max_ms * 1000; i++) {
        struct pollfd f = {fd, POLLIN, 0};
        put(fd, raw[i] ? raw + i : "x", 1);
        if (!raw[i])
            i--;
        char c[1000];
        if (poll(&f, 1, 100) > 0 && recv(fd, c, sizeof(c), 0) <= 0) {
            close(fd);
            return (int)((clock_mono_us() - t0) / 1000);
        }
    }
    close(fd);
    return -1;
}

static void slow_clients_are_cut(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    int ms = drip("GET /fast HTTP/1.1\r\nHost: a\r\nX-A: ", 6000);
    assert_in_range(ms, 900, 3000);
    bool closed;
    int fd = dial();
    static const char HEAD[] = POST("Content-Length: 90000\r\n", "a=");
    put(fd, HEAD, sizeof(HEAD) - 1);
    int64_t t0 = clock_mono_us();
    struct buf *b = NULL;
    for (closed = false; !closed && clock_mono_us() - t0 < 6 * US_PER_S;) {
        put(fd, "x", 1);
        b = get(tmp, fd, 200, &closed);
    }
    assert_true(closed);
    assert_in_range(clock_mono_us() - t0, US_PER_S, 4 * US_PER_S);
    assert_non_null(b);
    close(fd);
    assert_int_equal(status_of(ask(tmp, GET(HOST))->p), 200);
}

static void *slow_request(void *arg)
{
    *(int *)arg = -1;
    TALLOC_CTX *mem = mem_root(0);
    bool closed;
    int fd = dial();
    static const char RAW[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";
    put(fd, RAW, sizeof(RAW) - 1);
    *(int *)arg = status_of(get(mem, fd, 3000, &closed)->p);
    close(fd);
    talloc_free(mem);
    return NULL;
}

static void a_slow_handler_stalls_nobody(void **state)
{
    (void)state;
    pthread_t t[3];
    int status[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, slow_request, &status[i]), 0);
    nap(200);
    int64_t worst = 0;
    int fd[20];
    for (int i = 0; i < 20; i++)
        fd[i] = dial();
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < 20; i++) {
            char c[2000];
            int64_t t0 = clock_mono_us();
            put(fd[i], GET(HOST), sizeof(GET(HOST)) - 1);
            assert_true(recv(fd[i], c, sizeof(c), 0) > 0);
            worst = clock_mono_us() - t0 > worst ? clock_mono_us() - t0 : worst;
        }
    for (int i = 0; i < 20; i++)
        close(fd[i]);
    assert_true(worst < US_PER_S);
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(status[i], 200);
    }
}

static void too_many_connections(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    int fd[100], served = 0;
    nap(300);
    for (int i = 0; i < 100; i++) {
        fd[i] = dial();
        put(fd[i], GET(HOST), sizeof(GET(HOST)) - 1);
    }
    for (int i = 0; i < 100; i++) {
        bool closed;
        served += status_of(get(tmp, fd[i], i == 0 ? 300 : 5, &closed)->p) == 200;
    }
    for (int i = 0; i < 100; i++)
        close(fd[i]);
    assert_in_range(served, 1, 40);
    nap(1000);
    assert_int_equal(status_of(ask(tmp, GET(HOST))->p), 200);
}

/* A header from a peer that is not named changes nothing; behind a named proxy the client is the one that it names. */
static void behind_a_proxy(void **state)
{
    (void)state;
    MEM_SCOPE(tmp, root);
    static const struct route *v = &ROUTES[5];
    static const char sent[] = POST("Content-Length: 3\r\nX-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "a=b");
    struct http_server *plain = server;
    struct err e = {0};
    assert_non_null(strstr(ask(tmp, sent)->p, "addr=127.0.0.1"));
    struct http_conf c = {.addr = "127.0.0.1", .workers = 2, .trusted_proxy = "192.0.2.1,127.0.0.1"};
    assert_int_equal(http_start(root, &c, &v, 1, gate, NULL, &server, &e), RC_OK);
    assert_non_null(strstr(ask(tmp, sent)->p, "addr=203.0.113.7"));
    http_stop(server);
    server = plain;
    c.trusted_proxy = "proxy.example";
    assert_int_equal(http_start(root, &c, &v, 1, gate, NULL, &plain, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_CONF);
}

static void bad_starts(void **state)
{
    (void)state;
    struct err e = {0};
    struct http_server *s;
    const struct route *v = &ROUTES[0];
    assert_int_equal(http_start(root, &(struct http_conf){.addr = "127.0.0.1", .port = http_port(server)}, &v, 1, NULL, NULL, &s, &e), RC_INVALID);
    assert_int_equal(http_start(root, &(struct http_conf){.addr = "localhost.example"}, &v, 1, NULL, NULL, &s, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_CONF);
}

static void stopping_finishes_what_runs(void **state)
{
    (void)state;
    pthread_t t;
    int status;
    assert_int_equal(pthread_create(&t, NULL, slow_request, &status), 0);
    nap(300);
    http_stop(server);
    server = NULL;
    pthread_join(t, NULL);
    assert_int_equal(status, 200);
    server = start();
}

static int up(void **state)
{
    (void)state;
    root = mem_root(0);
    server = start();
    return 0;
}

static int down(void **state)
{
    (void)state;
    if (server)
        http_stop(server);
    talloc_free(root);
    return 0;
}

int main(void)
{
    mem_init();
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {cmocka_unit_test(probes), cmocka_unit_test(sound_requests), cmocka_unit_test(headers_on_every_answer), cmocka_unit_test(the_gate_decides),
        cmocka_unit_test(large_things), cmocka_unit_test(slow_clients_are_cut), cmocka_unit_test(a_slow_handler_stalls_nobody), cmocka_unit_test(too_many_connections),
        cmocka_unit_test(behind_a_proxy), cmocka_unit_test(bad_starts), cmocka_unit_test(stopping_finishes_what_runs)};
    return cmocka_run_group_tests_name("probe", tests, up, down);
}
