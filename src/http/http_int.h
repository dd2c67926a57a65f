/* http, inside: the request as its parts see it. Only server.c knows libmicrohttpd; guard, request, body, response and route
 * work on this struct alone, so that tests and fuzzers reach them without a socket. No other room may include this.
 * A request belongs to the epoll thread until it is queued, to one worker until it is answered, then to the epoll thread. */
#ifndef HTTP_INT_H
#define HTTP_INT_H
#include "http.h"

enum http_limit {
#define X(name, value, what) name = value,
#include "limits.def"
#undef X
};

struct header { const char *name, *value; size_t name_n, value_n; };
VEC_TYPE(param_vec, struct req_param);
VEC_TYPE(upload_vec, struct upload *);
VEC_TYPE(header_vec, struct header);

enum body_kind { BODY_NONE, BODY_FORM, BODY_MULTIPART, BODY_JSON };
struct multipart;

struct resp {
    bool done;
    int status;
    struct header_vec header;
    const char *p;               /* the body, owned by the request */
    size_t n;
    int fd;                      /* or a file of n bytes; -1: none */
    bool close;                  /* the connection must not be used again */
    bool sandbox, cached;        /* other CSP; other Cache-Control */
};

struct req {
    TALLOC_CTX *root;            /* the pool that holds this struct */
    enum method method;
    const char *method_text, *version, *raw_uri;
    const char *path, *addr, *id;
    const char *uri_at;          /* where the library holds it; compared, never read */
    bool https, begun, answered;
    const char *tmp_dir;
    struct header_vec header;
    struct param_vec query, form, cookie;
    struct upload_vec upload;
    const struct route *route;
    size_t arg_n;
    char *arg[LIMIT_PATH_ARGS];
    int64_t arg_i64[LIMIT_PATH_ARGS];
    enum lang lang;
    void *user;
    enum err_code refused;       /* ERR_NONE, or why the request is answered without its handler */
    const char *allow;           /* for 405 */
    int64_t body_max, body_n, body_len;          /* body_len: Content-Length, -1 when chunked */
    enum body_kind body_kind;
    struct buf *raw;             /* urlencoded or JSON as it arrives */
    struct multipart *mp;
    int64_t *upload_budget;      /* shared by all connections; only the epoll thread touches it */
    int64_t upload_used;
    struct json *json;
    struct resp resp;
    struct req *next;            /* worker queue */
    void *conn;                  /* server.c's */
};

/* request.c */
struct req *req_new(const char *raw_uri);                  /* its own root; free with req_free */
void req_free(struct req *r);
/* ---- peer.c: who is behind a proxy ---- */
char *peer_address(TALLOC_CTX *mem, struct str s);
MUST enum rc peer_list(TALLOC_CTX *mem, const char *list, struct name_vec *ret, struct err *e);       /* "192.0.2.1,2001:db8::1"; ERR_CONF */
const char *peer_client(const struct req *r, const char *peer, const struct name_vec *trusted);
void req_header_add(struct req *r, const char *name, size_t name_n, const char *value, size_t value_n);
enum err_code req_parse(struct req *r);                    /* after guard_head: path, query, cookies */
/* Decodes %XX and (form) '+'. False: bad escape, NUL, not UTF-8, or longer than max. */
bool percent_decode(TALLOC_CTX *mem, struct str in, bool form, size_t max, char **ret_text, size_t *ret_n);
enum err_code pairs_parse(TALLOC_CTX *mem, struct str in, size_t max_pairs, size_t max_value, struct param_vec *out);
enum err_code cookies_parse(TALLOC_CTX *mem, struct str in, struct param_vec *out);
bool ascii_ieq(const char *a, const char *b);
bool ascii_istarts(struct str a, const char *prefix);

/* guard.c */
enum err_code guard_uri(const char *raw_uri);
enum err_code guard_head(struct req *r);                   /* also sets body_len */

/* body.c, multipart.c */
enum err_code body_begin(struct req *r);                   /* by method, Content-Type and length */
enum err_code body_feed(struct req *r, const char *p, size_t n);
enum err_code body_end(struct req *r);
struct multipart *multipart_new(struct req *r, struct str boundary);
enum err_code multipart_feed(struct multipart *m, const char *p, size_t n);
enum err_code multipart_end(struct multipart *m);
char *text_lines(TALLOC_CTX *mem, const char *p, size_t n, size_t *ret_n);   /* CRLF and CR to LF */

/* response.c, refuse.c */
void resp_finish(struct req *r);                           /* adds the headers that every answer has; once */
void resp_asset(struct req *r);

/* route.c */
struct route_table;
MUST enum rc route_table_new(TALLOC_CTX *mem, const struct route *const *route, size_t n, struct route_table **ret_table, struct err *e);
enum err_code route_match(const struct route_table *t, struct req *r);      /* sets route, args, body_max, allow */
bool route_fits(const char *pattern, struct req *r);

/* worker.c */
struct crew;
typedef void (*work_fn)(struct req *r, void *ctx);
struct crew *crew_new(TALLOC_CTX *mem, int workers, work_fn fn, void *ctx);
bool crew_push(struct crew *c, struct req *r);             /* false: too many waiting, or stopping */
void crew_stop(struct crew *c);                            /* finishes what is queued, joins the threads */

/* reaper.c */
enum conn_phase { CONN_HEAD, CONN_BODY, CONN_BUSY, CONN_IDLE };
struct reaper;
struct conn;
struct reaper *reaper_new(TALLOC_CTX *mem, int head_s, int body_s, int idle_s);
struct conn *reaper_add(struct reaper *p, int fd);
void reaper_phase(struct reaper *p, struct conn *c, enum conn_phase phase);
void reaper_drop(struct reaper *p, struct conn *c);
void reaper_stop(struct reaper *p);
#endif
