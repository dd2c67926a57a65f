/* Links: a route's pattern filled with typed arguments is the only way to an address in a page. The result always begins with
 * one slash, everything outside the unreserved set is percent-encoded, so neither a scheme nor another host nor a header
 * break can be written. A text segment that is empty, "." or ".." would be normalised away by a browser and becomes "~";
 * free text with slashes belongs into the query (the guard of http refuses %2F in a path). */
#include "html_int.h"
#include <assert.h>

static void encode(struct buf *b, const char *s)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
            buf_putc(b, (char)c);
        } else {
            buf_putc(b, '%');
            buf_putc(b, HEX[c >> 4]);
            buf_putc(b, HEX[c & 15]);
        }
    }
}

static void segment(struct buf *b, const struct url_arg *a)
{
    if (a->kind == URL_INT)
        buf_i64(b, a->i);
    else if (!a->s || !*a->s || text_eq(a->s, ".") || text_eq(a->s, ".."))
        buf_putc(b, '~');
    else
        encode(b, a->s);
}

/* Writes the address; asserts that the arguments are those of the pattern. Nothing but `amp` would need escaping in a page. */
static void fill(struct buf *b, const struct route_path *r, const struct url_arg *arg, size_t n, const char *amp)
{
    size_t at = 0;
    assert(r && r->pattern && r->pattern[0] == '/' && !strpbrk(r->pattern, "\\\"'<>&? ") && !strstr(r->pattern, "//"));
    for (const char *p = r->pattern; *p; p++) {
        if (*p != '{') {
            buf_putc(b, *p);
            continue;
        }
        assert((p[1] == 'i' || p[1] == 's') && p[2] == '}');
        assert(at < n && arg[at].kind == (p[1] == 'i' ? URL_INT : URL_STR));
        segment(b, &arg[at++]);
        p += 2;
    }
    const char *sep = "?";
    for (; at < n; at++) {
        const struct url_arg *a = &arg[at];
        assert((a->kind == URL_QUERY || a->kind == URL_QUERY_INT) && a->name);
        if (a->kind == URL_QUERY && (!a->s || !*a->s))
            continue;
        buf_puts(b, sep);
        encode(b, a->name);
        buf_putc(b, '=');
        if (a->kind == URL_QUERY_INT)
            buf_i64(b, a->i);
        else
            encode(b, a->s);
        sep = amp;
    }
}

char *url_make(TALLOC_CTX *mem, const struct route_path *r, const struct url_arg *arg, size_t n)
{
    MEM_SCOPE(tmp, mem);
    struct buf *b = buf_new(tmp, 64 * 1024);
    fill(b, r, arg, n, "&");
    if (!buf_ok(b))
        return mem_strdup(mem, "/");
    char *url = mem_strndup(mem, b->p, b->n);
    assert(url_is_local(url));
    return url;
}

bool url_is_local(const char *url)
{
    if (!url || url[0] != '/' || url[1] == '/' || url[1] == '\\')
        return false;
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == '\\' || *p == 127)
            return false;
    return true;
}

void html_url_put(struct html *h, enum attr a, const char *url)
{
    bool local = url_is_local(url);
    assert(local);
    html_attr_begin(h, a);
    html_escape(h->b, url, local ? strlen(url) : 0);
    html_attr_end(h);
}

void html_href_(struct html *h, const struct route_path *r, const struct url_arg *arg, size_t n)
{
    assert(h->cur == E_A);
    html_attr_begin(h, A_HREF);
    fill(h->b, r, arg, n, "&amp;");
    html_attr_end(h);
}

void html_href_local(struct html *h, const char *url)
{
    assert(h->cur == E_A);
    html_url_put(h, A_HREF, url);
}

void html_href_id(struct html *h, const char *id)
{
    assert(h->cur == E_A && id);
    html_attr_begin(h, A_HREF);
    buf_putc(h->b, '#');
    encode(h->b, id);
    html_attr_end(h);
}

void html_action_(struct html *h, const struct route_path *r, const struct url_arg *arg, size_t n, const char *csrf)
{
    assert(h->cur == E_FORM);
    html_attr_begin(h, A_ACTION);
    fill(h->b, r, arg, n, "&amp;");
    html_attr_end(h);
    h->csrf = csrf;
    if (csrf) {
        html_attr(h, A_METHOD, "post");
        html_attr(h, A_ACCEPT_CHARSET, "utf-8");
    }
}

void html_asset(struct html *h, enum attr a, const char *name)
{
    const struct asset *as = asset_find(name);
    assert((a == A_SRC && h->cur == E_IMG) || (a == A_HREF && h->cur == E_A));
    assert(as);
    MEM_SCOPE(tmp, h->mem);
    if (as)
        html_url_put(h, a, mem_fmt(tmp, "/assets/%s/%s", as->hash, as->name));
}

void html_href_https(struct html *h, const char *url)
{
    bool https = url && strncmp(url, "https://", 8) == 0 && url[8] != '\0' && url[8] != '/';
    for (const char *p = url; https && *p; p++)
        https = (unsigned char)*p > ' ' && *p != '\\' && *p != 127;
    assert(https && h->cur == E_A);
    html_attr_begin(h, A_HREF);
    html_escape(h->b, https ? url : "/", https ? strlen(url) : 1);
    html_attr_end(h);
    html_attr(h, A_REL, "noopener noreferrer external");
}
