/* http: transport only. libmicrohttpd is known to server.c alone.
 *
 *   server.c    libmicrohttpd: one epoll thread, requests suspended while a worker has them, graceful stop
 *   worker.c    the queue and the worker threads
 *   peer.c      the client behind a trusted proxy
 *   reaper.c    cuts connections that do not finish their head or body in time
 *   guard.c     refuses what the library lets through: CL+TE, duplicate headers, folded headers, bad names, %00 %2f %5c
 *   request.c   method, path, query, headers, cookies with limits; struct req
 *   body.c      bodies as they arrive: urlencoded, JSON; multipart.c: fields and files (to temporary files)
 *   limits.def  every limit in one table
 *   response.c  status, headers, CSP, cookies, ETag; buffers handed over
 *   refuse.c    the small page or JSON of an error
 *   route.c     the table: match a path, reverse is html/url.c; /assets/ is served by http itself */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include "base/base.h"
#include "html/html.h"

struct req;                    /* one request; a talloc pool: use it as mem for everything that the request needs */
enum method { METHOD_GET, METHOD_POST, METHOD_HEAD, METHOD_OTHER };
struct req_param { const char *name, *value; size_t n; };                     /* value NUL-terminated UTF-8 */
struct upload { const char *field, *name, *type; int fd; int64_t bytes; };   /* temporary, unlinked, read position 0; fd owned by req; core hashes it */

enum method req_method(const struct req *r);
const char *req_path(const struct req *r);                 /* decoded once, UTF-8, no control bytes */
const char *req_query(const struct req *r, const char *name);        /* NULL when absent; twice the same name: 400 unless name ends with [] */
size_t req_query_n(const struct req *r);
const struct req_param *req_query_at(const struct req *r, size_t i);
const char *req_header(const struct req *r, const char *name);
const char *req_cookie(const struct req *r, const char *name);
const char *req_form(const struct req *r, const char *name);         /* form fields of the body, in order, duplicates kept */
size_t req_form_n(const struct req *r);
const struct req_param *req_form_at(const struct req *r, size_t i);
size_t req_upload_n(const struct req *r);
const struct upload *req_upload_at(const struct req *r, size_t i);
MUST enum rc req_json(struct req *r, const struct json **ret_body, struct err *e);
const char *req_addr(const struct req *r);                 /* peer address; behind a trusted proxy, the address that it names */
const char *req_id(const struct req *r);                   /* the reference number that an error page shows */
int64_t req_arg_i64(const struct req *r, size_t i);        /* path arguments in the order of the pattern */
const char *req_arg(const struct req *r, size_t i);
enum lang req_lang(const struct req *r);                   /* set by the gate; Japanese by default */
void req_set_lang(struct req *r, enum lang lang);
void *req_user(const struct req *r);                       /* whatever the gate attaches (session) */
void req_set_user(struct req *r, void *user);

/* ---- answering: exactly one of these per request; all add the security headers (trust.md section 5 rows 24-34, 80) ---- */
void resp_html(struct req *r, int status, struct buf *body);
void resp_json(struct req *r, int status, const struct json *j);
void resp_text(struct req *r, int status, const char *content_type, struct buf *body);
void resp_download(struct req *r, const char *content_type, const char *file_name, struct buf *body);    /* RFC 6266/8187 names */
void resp_file(struct req *r, const char *content_type, const char *file_name, int fd, int64_t bytes);    /* attachment; CSP sandbox; takes fd */
void resp_redirect(struct req *r, const char *local_url_made);          /* 303; url from url_make */
void resp_redirect_out(struct req *r, const char *url);                  /* 303 elsewhere: only to an address that whoever runs the server has named, never to one that came with a request */
void resp_cookie(struct req *r, const char *name, const char *value, int max_age_s);   /* before the answer; HttpOnly, SameSite=Lax, Path=/; __Host- and Secure behind https */
void resp_header(struct req *r, const char *name, const char *value);   /* before the answer; line breaks and control bytes are refused (assert) */
void resp_error(struct req *r, enum err_code code, const char *arg);    /* page, or JSON under /api/; status and text from the catalogue; arg may be NULL */
bool resp_done(const struct req *r);

/* ---- routes ---- */
typedef void (*route_fn)(struct req *r, void *ctx);
enum route_need { NEED_NOTHING, NEED_SESSION };            /* what the gate demands before the handler; NEED_SESSION is the default of every row but set-up, sign-in, assets, health */
struct route { struct route_path path; enum method method; enum route_need need; route_fn fn; const char *name; const char *summary; int64_t body_max; };
struct http_conf { const char *addr; int port; int workers; bool https; int conn_max; int head_deadline_s, body_deadline_s, idle_s;
                   const char *tmp_dir;                    /* 0 or NULL: 1024 connections, 10 s, 120 s, 30 s, /tmp */
                   const char *trusted_proxy;              /* addresses whose X-Forwarded-For is believed; NULL: nobody's */
                   void (*answered)(struct req *r); };     /* NULL, or called in the worker thread once the answer is made: may add headers */
/* gate runs before every handler in the worker thread; it returns false when it has answered itself. */
typedef bool (*gate_fn)(struct req *r, const struct route *route, void *ctx);
struct http_server;
MUST enum rc http_start(TALLOC_CTX *mem, const struct http_conf *c, const struct route *const *route, size_t n, gate_fn gate, void *ctx,
                        struct http_server **ret_server, struct err *e);
int http_port(const struct http_server *s);                /* the real one when 0 was asked */
void http_stop(struct http_server *s);                     /* waits for running requests */
#endif
