/* The only file that knows libmicrohttpd. One epoll thread reads heads and bodies and writes answers; a complete request is
 * suspended and given to the crew, whose thread runs the gate and the handler and resumes it. A refused request never
 * reaches the crew; it is answered at once and its connection closed. Assets are answered in the epoll thread.
 * The library's own answers to unreadable request lines and oversized heads carry no headers of ours. */
#include "http_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct http_server {
    struct http_conf conf;
    struct MHD_Daemon *daemon;
    struct route_table *table;
    struct crew *crew;
    struct reaper *reaper;
    gate_fn gate;
    void *ctx;
    struct name_vec proxies;               /* believed in X-Forwarded-For */
    int port;
    int64_t upload_budget;                 /* epoll thread only */
    atomic_int in_flight;                  /* taken by the crew and not yet written out */
};

static const struct route ASSET_ROUTE = {.path = {"/assets/{s}/{s}"}, .method = METHOD_GET, .need = NEED_NOTHING, .name = "asset"};

static struct conn *conn_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return i ? i->socket_context : NULL;
}

static void phase(struct http_server *s, struct MHD_Connection *c, enum conn_phase to)
{
    struct conn *k = conn_of(c);
    if (k)
        reaper_phase(s->reaper, k, to);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct http_server *s = cls;
    struct req *r = req_new(uri);
    r->uri_at = uri;
    r->conn = c;
    r->https = s->conf.https;
    r->tmp_dir = s->conf.tmp_dir;
    r->upload_budget = &s->upload_budget;
    phase(s, c, CONN_HEAD);
    return r;
}

/* The library cuts values at a NUL, glues folded lines to the name before, drops lines without a name and takes a bare LF for
 * a line break, and reports none of it. But it parses in place: in a sound head each name begins exactly two bytes (CR LF)
 * after the end of what stands before it. Anything else is refused (tests/unit/http/test_probe.c keeps this true). */
struct head_walk { struct req *r; const char *end; bool sound; };

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n, const char *value, size_t value_n)
{
    struct head_walk *w = cls;
    (void)kind;
    w->sound = w->sound && value && (uintptr_t)key == (uintptr_t)w->end + 2 && (uintptr_t)value > (uintptr_t)key + key_n;
    w->end = value ? value + value_n : NULL;
    req_header_add(w->r, key, key_n, value, value_n);
    return MHD_YES;
}

static bool head_walk(struct MHD_Connection *c, struct req *r, const char *method, const char *version)
{
    struct head_walk w = {r, version + strlen(version), true};
    w.sound = (uintptr_t)method + strlen(method) + 1 == (uintptr_t)r->uri_at && (uintptr_t)r->uri_at + strlen(r->raw_uri) + 1 == (uintptr_t)version;
    MHD_get_connection_values_n(c, MHD_HEADER_KIND, on_header, &w);
    for (size_t i = 0; w.sound && r->header.n > 0 && i < 4; i++)         /* CR LF CR LF, which the library may have made NUL */
        w.sound = w.end[i] == '\0' || w.end[i] == "\r\n\r\n"[i];
    return w.sound;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **socket_ctx, enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_ctx = i ? reaper_add(s->reaper, i->connect_fd) : NULL;
    } else if (*socket_ctx) {
        reaper_drop(s->reaper, *socket_ctx);
        *socket_ctx = NULL;
    }
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode code)
{
    struct http_server *s = cls;
    struct req *r = *con_cls;
    (void)code;
    if (!r)
        return;
    if (r->answered)
        atomic_fetch_sub(&s->in_flight, 1);
    phase(s, c, CONN_IDLE);
    *con_cls = NULL;
    req_free(r);
}

static void read_addr(struct req *r, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (!i || !i->client_addr)
        return;
    const void *p = i->client_addr;
    if (i->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)p)->sin_addr, text, sizeof(text));
    else if (i->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)p)->sin6_addr, text, sizeof(text));
    r->addr = mem_strdup(r, strncmp(text, "::ffff:", 7) == 0 ? text + 7 : text);
}

static enum MHD_Result queue_response(struct MHD_Connection *c, struct req *r)
{
    resp_finish(r);
    struct resp *a = &r->resp;
    struct MHD_Response *m;
    if (a->fd >= 0) {
        m = MHD_create_response_from_fd(a->n, a->fd);
        if (!m)
            close(a->fd);
        a->fd = -1;
    } else {
        union { const char *in; void *out; } body = {.in = a->p ? a->p : ""};
        m = MHD_create_response_from_buffer(a->n, body.out, MHD_RESPMEM_PERSISTENT);
    }
    if (!m)
        return MHD_NO;
    bool ok = true;
    for (size_t i = 0; i < a->header.n; i++)
        ok = MHD_add_response_header(m, a->header.v[i].name, a->header.v[i].value) == MHD_YES && ok;
    enum MHD_Result rc = ok ? MHD_queue_response(c, (unsigned)a->status, m) : MHD_NO;
    MHD_destroy_response(m);
    return rc;
}

static enum MHD_Result refuse(struct MHD_Connection *c, struct req *r)
{
    log_event(LOG_INFO, "http.refused", "code", err_info(r->refused)->name, "uri", r->raw_uri, "addr", r->addr, "request", r->id, NULL);
    resp_error(r, r->refused, NULL);
    r->resp.close = true;
    return queue_response(c, r);
}

/* The head is complete: everything that can be refused now, is. */
static enum err_code head_check(struct http_server *s, struct MHD_Connection *c, struct req *r, const char *method, const char *version)
{
    r->method = text_eq(method, "GET") ? METHOD_GET : text_eq(method, "POST") ? METHOD_POST : text_eq(method, "HEAD") ? METHOD_HEAD : METHOD_OTHER;
    r->version = mem_strdup(r, version);
    read_addr(r, c);
    enum err_code rc = head_walk(c, r, method, version) ? guard_head(r) : ERR_HTTP_BAD;
    if (rc == ERR_NONE)
        rc = req_parse(r);
    r->addr = peer_client(r, r->addr, &s->proxies);
    if (rc != ERR_NONE)
        return rc;
    if ((r->method == METHOD_GET || r->method == METHOD_HEAD) && route_fits(ASSET_ROUTE.path.pattern, r)) {
        r->route = &ASSET_ROUTE;
        return ERR_NONE;
    }
    rc = route_match(s->table, r);
    return rc == ERR_NONE ? body_begin(r) : rc;
}

static enum MHD_Result on_body(struct req *r, const char *p, size_t *n)
{
    if (r->refused == ERR_NONE) {
        r->refused = body_feed(r, p, *n);
    } else {
        r->body_n += (int64_t)*n;                      /* read on, so that the client sees the answer; but not for ever */
        if (r->body_n > 2 * r->body_max + LIMIT_BODY)
            return MHD_NO;
    }
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                  const char *data, size_t *data_n, void **con_cls)
{
    struct http_server *s = cls;
    struct req *r = *con_cls;
    (void)url;
    if (!r)
        return MHD_NO;
    if (r->answered)
        return queue_response(c, r);
    if (!r->begun) {
        r->begun = true;
        phase(s, c, CONN_BODY);
        r->refused = head_check(s, c, r, method, version);
        return r->refused == ERR_NONE ? MHD_YES : refuse(c, r);
    }
    if (*data_n > 0)
        return on_body(r, data, data_n);
    if (r->refused == ERR_NONE)
        r->refused = body_end(r);
    if (r->refused != ERR_NONE)
        return refuse(c, r);
    phase(s, c, CONN_BUSY);
    if (r->route == &ASSET_ROUTE) {
        resp_asset(r);
        return queue_response(c, r);
    }
    atomic_fetch_add(&s->in_flight, 1);
    MHD_suspend_connection(c);
    if (!crew_push(s->crew, r)) {
        resp_error(r, ERR_HTTP_BUSY, NULL);
        r->resp.close = true;
        r->answered = true;
        MHD_resume_connection(c);
    }
    return MHD_YES;
}

static void work(struct req *r, void *ctx)
{
    struct http_server *s = ctx;
    if (!s->gate || s->gate(r, r->route, s->ctx))
        r->route->fn(r, s->ctx);
    if (!r->resp.done) {
        log_event(LOG_ERROR, "http.no-answer", "route", r->route->path.pattern, "request", r->id, NULL);
        resp_error(r, ERR_BUG, NULL);
    }
    if (s->conf.answered)
        s->conf.answered(r);
    r->answered = true;
    MHD_resume_connection(r->conn);
}

static enum rc listen_open(const struct http_conf *c, int *ret_fd, int *ret_port, struct err *e)
{
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE}, *ai = NULL;
    MEM_SCOPE(tmp, NULL);
    if (getaddrinfo(c->addr && *c->addr ? c->addr : "127.0.0.1", mem_fmt(tmp, "%d", c->port), &want, &ai) != 0)
        return err_set_arg(e, ERR_CONF, c->addr ? c->addr : "", "listen address is not a numeric address");
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 && bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
              listen(fd, 511) == 0;
    int why = errno;
    freeaddrinfo(ai);
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof(at);
    if (!ok || getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
        if (fd >= 0)
            close(fd);
        return err_set_arg(e, ERR_CONF, mem_fmt(tmp, "%s:%d", c->addr ? c->addr : "", c->port), "cannot listen: errno %d", why);
    }
    const void *p = &at;
    *ret_port = ntohs(at.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)p)->sin6_port : ((const struct sockaddr_in *)p)->sin_port);
    *ret_fd = fd;
    return RC_OK;
}

static struct MHD_Daemon *daemon_start(struct http_server *s, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->conf.conn_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->conf.idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_HEAD_POOL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

enum rc http_start(TALLOC_CTX *mem, const struct http_conf *c, const struct route *const *route, size_t n, gate_fn gate, void *ctx,
                   struct http_server **ret_server, struct err *e)
{
    struct http_server *s = mem_new(mem, struct http_server);
    int fd = -1;
    s->conf = *c;
    s->conf.workers = c->workers > 0 ? c->workers : 16;
    s->conf.conn_max = c->conn_max > 0 ? c->conn_max : 1024;
    s->conf.head_deadline_s = c->head_deadline_s > 0 ? c->head_deadline_s : 10;
    s->conf.body_deadline_s = c->body_deadline_s > 0 ? c->body_deadline_s : 120;
    s->conf.idle_s = c->idle_s > 0 ? c->idle_s : 30;
    s->conf.tmp_dir = mem_strdup(s, c->tmp_dir && *c->tmp_dir ? c->tmp_dir : "/tmp");
    s->gate = gate;
    s->ctx = ctx;
    enum rc rc = route_table_new(s, route, n, &s->table, e);
    if (rc == RC_OK)
        rc = peer_list(s, c->trusted_proxy, &s->proxies, e);
    if (rc == RC_OK)
        rc = listen_open(c, &fd, &s->port, e);
    if (rc != RC_OK) {
        talloc_free(s);
        return rc;
    }
    s->reaper = reaper_new(s, s->conf.head_deadline_s, s->conf.body_deadline_s, s->conf.idle_s);
    s->crew = s->reaper ? crew_new(s, s->conf.workers, work, s) : NULL;
    s->daemon = s->crew ? daemon_start(s, fd) : NULL;
    if (!s->daemon) {
        if (s->crew)
            crew_stop(s->crew);
        if (s->reaper)
            reaper_stop(s->reaper);
        close(fd);
        talloc_free(s);
        return err_set(e, ERR_BUG, "the HTTP server did not start");
    }
    *ret_server = s;
    return RC_OK;
}

int http_port(const struct http_server *s) { return s->port; }

/* Stops listening, lets the crew finish, waits up to five seconds until the answers are out, then closes everything. */
void http_stop(struct http_server *s)
{
    int fd = MHD_quiesce_daemon(s->daemon);
    crew_stop(s->crew);
    for (int i = 0; i < 500 && atomic_load(&s->in_flight) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    MHD_stop_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    reaper_stop(s->reaper);
    talloc_free(s);
}
