/* What the HTTP library lets through and a proxy in front may read differently: two lengths, a length and a transfer coding,
 * unknown codings, duplicates of headers that must be unique, blanks in names, control bytes, folded lines, escapes of
 * slash, backslash and NUL in the address, bodies on GET. Such a request is answered 400 and its connection is closed, so
 * that nothing behind it is ever taken for a second request. */
#include "http_int.h"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err_code guard_uri(const char *raw_uri)
{
    size_t n = raw_uri ? strlen(raw_uri) : 0;
    if (n == 0 || n > LIMIT_URI || raw_uri[0] != '/')
        return ERR_HTTP_BAD;
    bool in_path = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)raw_uri[i];
        if (c <= ' ' || c >= 127 || c == '\\' || c == '#')
            return ERR_HTTP_BAD;
        if (c == '?')
            in_path = false;
        if (c != '%')
            continue;
        int hi = i + 1 < n ? hex_of(raw_uri[i + 1]) : -1, lo = i + 2 < n ? hex_of(raw_uri[i + 2]) : -1;
        if (hi < 0 || lo < 0)
            return ERR_HTTP_BAD;
        int byte = hi * 16 + lo;
        if (byte == 0 || (in_path && (byte == '/' || byte == '\\' || byte < ' ' || byte == 127)))
            return ERR_HTTP_BAD;
    }
    return ERR_NONE;
}

static bool is_token(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == 0 || !memchr("!#$%&'*+-.^_`|~", c, 15)))
            return false;
    }
    return n > 0;
}

static bool is_value(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return false;
    }
    return true;
}

static bool is_host(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']'))
            return false;
    }
    return n > 0 && n <= 255;
}

/* Headers of which a second one is a lie or a mistake. */
static bool is_unique(const char *name)
{
    static const char *const ONCE[] = {"host", "content-length", "transfer-encoding", "content-type", "content-encoding", "authorization", "cookie",
        "origin", "referer", "sec-fetch-site", "expect", "upgrade", "range", "if-none-match", "user-agent", "trailer", "x-csrf-token", "idempotency-key"};
    for (size_t i = 0; i < ARRAY_N(ONCE); i++)
        if (ascii_ieq(name, ONCE[i]))
            return true;
    return false;
}

static bool read_length(const char *s, int64_t *ret_n)
{
    size_t n = strlen(s);
    if (n == 0 || n > 15)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return str_to_i64(str_of(s), ret_n);
}

static bool headers_sound(const struct req *r)
{
    if (r->header.n > LIMIT_HEADERS)
        return false;
    for (size_t i = 0; i < r->header.n; i++) {
        const struct header *h = &r->header.v[i];
        if (!is_token(h->name, h->name_n) || !is_value(h->value, h->value_n))
            return false;
        if (!is_unique(h->name))
            continue;
        for (size_t j = 0; j < i; j++)
            if (ascii_ieq(r->header.v[j].name, h->name))
                return false;
    }
    return true;
}

enum err_code guard_head(struct req *r)
{
    bool http11 = text_eq(r->version, "HTTP/1.1");
    if (!http11 && !text_eq(r->version, "HTTP/1.0"))
        return ERR_HTTP_BAD;
    enum err_code uri = guard_uri(r->raw_uri);
    if (uri != ERR_NONE)
        return uri;
    if (!headers_sound(r))
        return ERR_HTTP_BAD;
    const char *host = req_header(r, "Host"), *len = req_header(r, "Content-Length"), *te = req_header(r, "Transfer-Encoding");
    if (!host || !is_host(host, strlen(host)))
        return ERR_HTTP_BAD;
    if ((len && te) || (te && (!http11 || !ascii_ieq(te, "chunked"))))
        return ERR_HTTP_BAD;
    if (req_header(r, "Content-Encoding"))
        return ERR_HTTP_BAD;
    r->body_len = te ? -1 : 0;
    if (len && !read_length(len, &r->body_len))
        return ERR_HTTP_BAD;
    const char *expect = req_header(r, "Expect");
    if (expect && !ascii_ieq(expect, "100-continue"))
        return ERR_HTTP_BAD;
    if (r->method != METHOD_POST && r->body_len != 0)
        return ERR_HTTP_BAD;
    return ERR_NONE;
}
