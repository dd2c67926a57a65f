/* Answers: status, type, body, and on every one of them the headers that keep a browser from doing more than asked. A handler
 * answers exactly once; a body that passed its limit is answered as an error instead of being cut. Header values never
 * hold control bytes; file names go by RFC 6266 and 8187. */
#include "http_int.h"
#include <assert.h>
#include <unistd.h>

static bool value_sound(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
            return false;
    return true;
}

void resp_header(struct req *r, const char *name, const char *value)
{
    bool sound = value_sound(name) && value_sound(value);
    assert(sound);
    if (!sound)
        return;
    struct header *h = vec_push(&r->resp.header);
    h->name = mem_strdup(r, name);
    h->value = mem_strdup(r, value);
    h->name_n = strlen(name);
    h->value_n = strlen(value);
}

static bool begin(struct req *r, int status, const char *content_type)
{
    assert(!r->resp.done);
    if (r->resp.done)
        return false;
    r->resp.done = true;
    r->resp.status = status;
    if (content_type)
        resp_header(r, "Content-Type", content_type);
    return true;
}

static void body_take(struct req *r, int status, const char *content_type, struct buf *body)
{
    if (!buf_ok(body)) {
        log_event(LOG_ERROR, "http.body-too-large", "path", r->path, "request", r->id, NULL);
        resp_error(r, ERR_BUG, NULL);
        return;
    }
    if (!begin(r, status, content_type))
        return;
    talloc_steal(r, body);
    r->resp.p = body->n ? body->p : "";
    r->resp.n = body->n;
}

void resp_html(struct req *r, int status, struct buf *body) { body_take(r, status, "text/html; charset=utf-8", body); }

void resp_text(struct req *r, int status, const char *content_type, struct buf *body) { body_take(r, status, content_type, body); }

void resp_json(struct req *r, int status, const struct json *j)
{
    if (!begin(r, status, "application/json; charset=utf-8"))
        return;
    r->resp.p = json_text(r, j);
    r->resp.n = strlen(r->resp.p);
}

/* attachment; an ASCII shadow of the name for old readers, and the real one in UTF-8. */
static char *disposition(TALLOC_CTX *mem, const char *name)
{
    MEM_SCOPE(tmp, mem);
    struct buf *b = buf_new(tmp, 16 * 1024);
    if (!name || !*name)
        name = "download";
    buf_puts(b, "attachment; filename=\"");
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c & 0xC0) == 0x80)
            continue;
        buf_putc(b, c < ' ' || c >= 127 || c == '"' || c == '\\' || c == '/' || c == '%' ? '_' : (char)c);
    }
    buf_puts(b, "\"; filename*=UTF-8''");
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (c < ' ' || c == 127 || c == '/' || c == '\\')
            buf_putc(b, '_');
        else if (plain)
            buf_putc(b, (char)c);
        else
            buf_fmt(b, "%%%02X", c);
    }
    return mem_strdup(mem, buf_ok(b) ? b->p : "attachment");
}

void resp_download(struct req *r, const char *content_type, const char *file_name, struct buf *body)
{
    body_take(r, 200, content_type, body);
    if (r->resp.status == 200) {
        resp_header(r, "Content-Disposition", disposition(r, file_name));
        r->resp.sandbox = true;
    }
}

void resp_file(struct req *r, const char *content_type, const char *file_name, int fd, int64_t bytes)
{
    if (!begin(r, 200, content_type)) {
        close(fd);
        return;
    }
    resp_header(r, "Content-Disposition", disposition(r, file_name));
    r->resp.sandbox = true;
    r->resp.fd = fd;
    r->resp.n = (size_t)bytes;
}

/* A URL that did not come from url_make leads home: no open redirect, whatever a caller passes on. */
void resp_redirect(struct req *r, const char *local_url_made)
{
    if (!begin(r, 303, NULL))
        return;
    resp_header(r, "Location", url_is_local(local_url_made) ? local_url_made : "/");
}

void resp_redirect_out(struct req *r, const char *url)
{
    bool sound = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    assert(sound);
    if (begin(r, 303, NULL))
        resp_header(r, "Location", sound ? url : "/");
}

void resp_cookie(struct req *r, const char *name, const char *value, int max_age_s)
{
    assert(text_is_ident(name));
    for (const char *p = value; *p; p++)
        assert((unsigned char)*p > ' ' && (unsigned char)*p < 127 && *p != ';' && *p != ',' && *p != '"' && *p != '\\');
    resp_header(r, "Set-Cookie", mem_fmt(r, "%s%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", r->https ? "__Host-" : "", name, value,
        max_age_s, r->https ? "; Secure" : ""));
}

bool resp_done(const struct req *r) { return r->resp.done; }

static bool has(const struct req *r, const char *name)
{
    for (size_t i = 0; i < r->resp.header.n; i++)
        if (ascii_ieq(r->resp.header.v[i].name, name))
            return true;
    return false;
}

void resp_finish(struct req *r)
{
    static const char CSP[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
                              "base-uri 'none'; frame-ancestors 'none'";
    if (has(r, "X-Content-Type-Options"))
        return;
    resp_header(r, "Content-Security-Policy", r->resp.sandbox ? "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" : CSP);
    resp_header(r, "X-Content-Type-Options", "nosniff");
    resp_header(r, "X-Frame-Options", "DENY");
    resp_header(r, "Referrer-Policy", "same-origin");
    resp_header(r, "Cross-Origin-Opener-Policy", "same-origin");
    resp_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    resp_header(r, "Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), "
                                         "payment=(), usb=(), interest-cohort=()");
    if (!has(r, "Cache-Control"))
        resp_header(r, "Cache-Control", r->resp.cached ? "public, max-age=31536000, immutable" : "no-store");
    if (r->https)
        resp_header(r, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    if (r->resp.close)
        resp_header(r, "Connection", "close");
}

/* /assets/{hash}/{name}: the address holds the content's hash, so it is kept for ever; an old address is gone. */
void resp_asset(struct req *r)
{
    const char *hash = req_arg(r, 0), *name = req_arg(r, 1), *match = req_header(r, "If-None-Match");
    const struct asset *a = name ? asset_find(name) : NULL;
    if (!a || !text_eq(a->hash, hash)) {
        resp_error(r, ERR_HTTP_NOTFOUND, NULL);
        return;
    }
    char *etag = mem_fmt(r, "\"%s\"", a->hash);
    bool same = match && text_eq(match, etag);
    if (!begin(r, same ? 304 : 200, same ? NULL : a->type))
        return;
    resp_header(r, "ETag", etag);
    r->resp.cached = true;
    r->resp.p = same ? "" : (const char *)a->p;
    r->resp.n = same ? 0 : a->n;
}
