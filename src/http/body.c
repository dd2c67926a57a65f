/* Bodies as they arrive, piece by piece, in the epoll thread: urlencoded and JSON are gathered up to the route's limit and read
 * at the end; multipart is read as it streams (multipart.c). Anything else, or another charset than UTF-8, is refused.
 * Line breaks of form values are made LF, because browsers send CRLF for every one. */
#include "http_int.h"

char *text_lines(TALLOC_CTX *mem, const char *p, size_t n, size_t *ret_n)
{
    char *out = mem_array(mem, char, n + 1);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\r') {
            out[k++] = '\n';
            if (i + 1 < n && p[i + 1] == '\n')
                i++;
        } else {
            out[k++] = p[i];
        }
    }
    out[k] = '\0';
    *ret_n = k;
    return out;
}

/* The parameter of a media type, without its quotes; false when it is malformed or given twice. */
static bool type_param(struct str type, const char *name, struct str *ret_value)
{
    struct str part;
    bool first = true;
    *ret_value = (struct str){NULL, 0};
    while (str_next(&type, ';', &part)) {
        if (first) {
            first = false;
            continue;
        }
        part = str_trim(part);
        const char *eq = part.n ? memchr(part.p, '=', part.n) : NULL;
        if (!eq)
            return part.n == 0;
        struct str key = {part.p, (size_t)(eq - part.p)}, value = {eq + 1, part.n - (size_t)(eq - part.p) - 1};
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct str){value.p + 1, value.n - 2};
        if (key.n != strlen(name) || !ascii_istarts(key, name))
            continue;
        if (ret_value->p)
            return false;
        *ret_value = value;
    }
    return true;
}

static bool type_is(struct str type, const char *want)
{
    struct str part;
    if (!str_next(&type, ';', &part))
        return false;
    part = str_trim(part);
    return part.n == strlen(want) && ascii_istarts(part, want);
}

static bool boundary_ok(struct str b)
{
    for (size_t i = 0; i < b.n; i++) {
        char c = b.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == 0 || !strchr("'()+_,-./:=? ", c)))
            return false;
    }
    return b.n > 0 && b.n <= 70 && b.p[b.n - 1] != ' ';
}

enum err_code body_begin(struct req *r)
{
    r->body_kind = BODY_NONE;
    if (r->method != METHOD_POST || r->body_len == 0)
        return ERR_NONE;
    if (r->body_len > r->body_max)
        return ERR_HTTP_BODY;
    const char *t = req_header(r, "Content-Type");
    struct str type = str_of(t), charset, boundary;
    if (!t || !type_param(type, "charset", &charset))
        return ERR_HTTP_TYPE;
    if (charset.p && !(charset.n == 5 && ascii_istarts(charset, "utf-8")) && !(charset.n == 4 && ascii_istarts(charset, "utf8")))
        return ERR_HTTP_TYPE;
    if (type_is(type, "multipart/form-data")) {
        if (!type_param(type, "boundary", &boundary) || !boundary_ok(boundary))
            return ERR_HTTP_BAD;
        r->body_kind = BODY_MULTIPART;
        r->mp = multipart_new(r, boundary);
        return ERR_NONE;
    }
    if (type_is(type, "application/x-www-form-urlencoded"))
        r->body_kind = BODY_FORM;
    else if (type_is(type, "application/json"))
        r->body_kind = BODY_JSON;
    else
        return ERR_HTTP_TYPE;
    r->raw = buf_new(r, (size_t)r->body_max + 1);
    return ERR_NONE;
}

enum err_code body_feed(struct req *r, const char *p, size_t n)
{
    r->body_n += (int64_t)n;
    if (r->body_kind == BODY_NONE)
        return ERR_HTTP_BAD;
    if (r->body_n > r->body_max)
        return ERR_HTTP_BODY;
    if (r->body_kind == BODY_MULTIPART)
        return multipart_feed(r->mp, p, n);
    buf_put(r->raw, p, n);
    return ERR_NONE;
}

enum err_code body_end(struct req *r)
{
    if (r->body_len > 0 && r->body_n != r->body_len)
        return ERR_HTTP_BAD;
    if (r->body_kind == BODY_MULTIPART)
        return multipart_end(r->mp);
    if (r->body_kind != BODY_FORM)
        return ERR_NONE;
    enum err_code rc = pairs_parse(r, buf_slice(r->raw), LIMIT_FIELDS, LIMIT_FIELD, &r->form);
    if (rc != ERR_NONE)
        return rc;
    for (size_t i = 0; i < r->form.n; i++) {
        struct req_param *f = &r->form.v[i];
        if (memchr(f->value, '\r', f->n))
            f->value = text_lines(r, f->value, f->n, &f->n);
    }
    return ERR_NONE;
}

enum rc req_json(struct req *r, const struct json **ret_body, struct err *e)
{
    if (r->body_kind != BODY_JSON)
        return err_set(e, ERR_HTTP_TYPE, "not application/json");
    if (!r->json)
        TRY(json_read(r, buf_slice(r->raw), (size_t)r->body_max, &r->json, e));
    *ret_body = r->json;
    return RC_OK;
}
