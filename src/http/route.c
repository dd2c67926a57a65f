/* The route table: a path and a method to a handler. Literal segments win over {i}, {i} over {s}, whatever the order of the
 * rows; two rows for the same path and method stop the server from starting. HEAD is answered by the row of GET. */
#include "http_int.h"

struct route_table { const struct route **v; size_t n; };

static size_t segment_len(const char *p) { return strcspn(p, "/"); }

/* 'l' literal, 'i', 's', 0 at the end; *p stands behind a slash. */
static char segment_kind(const char *p, size_t n)
{
    if (n == 3 && p[0] == '{' && p[2] == '}' && (p[1] == 'i' || p[1] == 's'))
        return p[1];
    return 'l';
}

static bool read_i(const char *p, size_t n, int64_t *ret_v)
{
    if (n == 0 || n > 18 || (n > 1 && p[0] == '0') || p[0] < '0' || p[0] > '9')
        return false;
    return str_to_i64((struct str){p, n}, ret_v);
}

bool route_fits(const char *pattern, struct req *r)
{
    const char *p = pattern, *s = r->path;
    r->arg_n = 0;
    while (*p == '/' && *s == '/') {
        p++;
        s++;
        size_t pn = segment_len(p), sn = segment_len(s);
        char kind = segment_kind(p, pn);
        if (kind == 'l') {
            if (pn != sn || memcmp(p, s, pn) != 0)
                return false;
        } else {
            int64_t v = 0;
            if (sn == 0 || r->arg_n == LIMIT_PATH_ARGS || (kind == 'i' && !read_i(s, sn, &v)))
                return false;
            r->arg_i64[r->arg_n] = v;
            r->arg[r->arg_n] = mem_strndup(r, s, sn);
            r->arg_n++;
        }
        p += pn;
        s += sn;
    }
    return *p == '\0' && *s == '\0';
}

/* Below 0 when a is the more particular pattern; 0 when both fit the same paths. */
static int compare(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        a++;
        b++;
        size_t an = segment_len(a), bn = segment_len(b);
        char ak = segment_kind(a, an), bk = segment_kind(b, bn);
        if (ak != bk)
            return ak == 'l' || (ak == 'i' && bk == 's') ? -1 : 1;
        if (ak == 'l') {
            size_t m = an < bn ? an : bn;
            int c = memcmp(a, b, m);
            if (c != 0 || an != bn)
                return c != 0 ? c : (an < bn ? -1 : 1);
        }
        a += an;
        b += bn;
    }
    return (*a != 0) - (*b != 0);
}

static bool pattern_sound(const char *p)
{
    if (!p || *p != '/')
        return false;
    size_t args = 0;
    for (; *p; p++) {
        if (*p == '{') {
            if ((p[1] != 'i' && p[1] != 's') || p[2] != '}' || p[-1] != '/' || (p[3] != '/' && p[3] != '\0'))
                return false;
            args++;
            p += 2;
        } else if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127 || *p == '}' || (*p == '/' && p[1] == '/')) {
            return false;
        }
    }
    return args <= LIMIT_PATH_ARGS;
}

enum rc route_table_new(TALLOC_CTX *mem, const struct route *const *route, size_t n, struct route_table **ret_table, struct err *e)
{
    struct route_table *t = mem_new(mem, struct route_table);
    t->v = mem_array(t, const struct route *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct route *x = route[i];
        if (!pattern_sound(x->path.pattern) || !x->fn || x->method == METHOD_OTHER)
            return err_set(e, ERR_BUG, "route %s: bad pattern, method or no handler", x->path.pattern ? x->path.pattern : "?");
        size_t at = t->n;
        while (at > 0 && compare(x->path.pattern, t->v[at - 1]->path.pattern) < 0) {
            t->v[at] = t->v[at - 1];
            at--;
        }
        for (size_t j = at; j > 0 && compare(x->path.pattern, t->v[j - 1]->path.pattern) == 0; j--)
            if (t->v[j - 1]->method == x->method)
                return err_set(e, ERR_BUG, "route %s: twice", x->path.pattern);
        t->v[at] = x;
        t->n++;
    }
    *ret_table = t;
    return RC_OK;
}

enum err_code route_match(const struct route_table *t, struct req *r)
{
    enum method want = r->method == METHOD_HEAD ? METHOD_GET : r->method;
    bool get = false, post = false;
    for (size_t i = 0; i < t->n; i++) {
        if (!route_fits(t->v[i]->path.pattern, r))
            continue;
        if (t->v[i]->method == want || (t->v[i]->method == METHOD_HEAD && r->method == METHOD_HEAD)) {
            r->route = t->v[i];
            r->body_max = t->v[i]->body_max > 0 ? t->v[i]->body_max : LIMIT_BODY;
            return ERR_NONE;
        }
        get = get || t->v[i]->method == METHOD_GET;
        post = post || t->v[i]->method == METHOD_POST;
    }
    r->arg_n = 0;
    if (!get && !post)
        return ERR_HTTP_NOTFOUND;
    r->allow = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
    return ERR_HTTP_METHOD;
}
