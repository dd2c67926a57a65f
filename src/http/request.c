/* One request: its headers, path, query and cookies, each with limits, decoded once and checked to be UTF-8 without NUL.
 * The struct lives in its own pool; everything that the handler makes on it dies with it. */
#include "http_int.h"
#include <stdatomic.h>

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool ascii_ieq(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool ascii_istarts(struct str a, const char *prefix)
{
    size_t i = 0;
    for (; prefix[i]; i++)
        if (i >= a.n || lower(a.p[i]) != lower(prefix[i]))
            return false;
    return true;
}

struct req *req_new(const char *raw_uri)
{
    static atomic_uint_fast64_t serial;
    TALLOC_CTX *root = mem_root(64 * 1024);
    struct req *r = mem_new(root, struct req);
    r->root = root;
    r->raw_uri = mem_strdup(r, raw_uri);
    r->header.mem = r->query.mem = r->form.mem = r->cookie.mem = r->upload.mem = r->resp.header.mem = r;
    r->resp.fd = -1;
    r->body_max = LIMIT_BODY;
    r->path = "/";
    r->addr = "";
    r->tmp_dir = "/tmp";
    r->method = METHOD_OTHER;
    uint64_t n = atomic_fetch_add(&serial, 1);
    int64_t ms = clock_now_us() / 1000;
    r->id = mem_fmt(r, "%08llx-%04llx", (unsigned long long)ms & 0xffffffffu, (unsigned long long)n & 0xffffu);
    return r;
}

void req_free(struct req *r)
{
    if (r->upload_budget)
        *r->upload_budget -= r->upload_used;
    talloc_free(r->root);
}

void req_header_add(struct req *r, const char *name, size_t name_n, const char *value, size_t value_n)
{
    if (r->header.n > LIMIT_HEADERS)
        return;                                            /* one too many is enough for the guard */
    struct header *h = vec_push(&r->header);
    h->name = mem_strndup(r, name, name_n);
    h->value = mem_strndup(r, value ? value : "", value ? value_n : 0);
    h->name_n = name_n;
    h->value_n = value ? value_n : 0;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(TALLOC_CTX *mem, struct str in, bool form, size_t max, char **ret_text, size_t *ret_n)
{
    size_t n = 0, bad;
    char *out = mem_array(mem, char, in.n + 1);
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '+' && form) {
            c = ' ';
        } else if (c == '%') {
            if (in.n - i < 3)
                return false;
            int hi = hex_of(in.p[i + 1]), lo = hex_of(in.p[i + 2]);
            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi * 16 + lo);
            i += 2;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    if (n > max || !utf8_ok(out, n, &bad))
        return false;
    *ret_text = out;
    *ret_n = n;
    return true;
}

/* name=value&name=value; used for the query and for urlencoded bodies. */
enum err_code pairs_parse(TALLOC_CTX *mem, struct str in, size_t max_pairs, size_t max_value, struct param_vec *out)
{
    struct str part;
    while (str_next(&in, '&', &part)) {
        if (part.n == 0)
            continue;
        if (out->n >= max_pairs)
            return ERR_HTTP_BODY;
        const char *eq = memchr(part.p, '=', part.n);
        struct str name = {part.p, eq ? (size_t)(eq - part.p) : part.n};
        struct str value = {eq ? eq + 1 : part.p + part.n, eq ? part.n - name.n - 1 : 0};
        char *nt, *vt;
        size_t nn, vn;
        if (value.n > max_value * 3)
            return ERR_HTTP_BODY;
        if (!percent_decode(mem, name, true, LIMIT_NAME, &nt, &nn) || nn == 0)
            return ERR_HTTP_BAD;
        if (!percent_decode(mem, value, true, SIZE_MAX, &vt, &vn))
            return ERR_HTTP_BAD;
        if (vn > max_value)
            return ERR_HTTP_BODY;
        *vec_push(out) = (struct req_param){nt, vt, vn};
    }
    return ERR_NONE;
}

enum err_code cookies_parse(TALLOC_CTX *mem, struct str in, struct param_vec *out)
{
    struct str part;
    while (str_next(&in, ';', &part)) {
        part = str_trim(part);
        const char *eq = part.n ? memchr(part.p, '=', part.n) : NULL;
        if (!eq)
            continue;                                      /* other software's cookies are not our problem */
        struct str name = {part.p, (size_t)(eq - part.p)}, value = {eq + 1, part.n - (size_t)(eq - part.p) - 1};
        size_t bad;
        if (name.n == 0 || name.n > LIMIT_NAME || !utf8_ok(part.p, part.n, &bad))
            continue;
        if (out->n >= LIMIT_COOKIES)
            return ERR_HTTP_BAD;
        *vec_push(out) = (struct req_param){str_dup(mem, name), str_dup(mem, value), value.n};
    }
    return ERR_NONE;
}

static bool path_sound(const char *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)path[i];
        if (c < ' ' || c == 127 || c == '\\')
            return false;
        if (c == '/' && (strncmp(path + i, "/./", 3) == 0 || strncmp(path + i, "/../", 4) == 0 || text_eq(path + i, "/.") || text_eq(path + i, "/..")))
            return false;
    }
    return true;
}

enum err_code req_parse(struct req *r)
{
    size_t cut = strcspn(r->raw_uri, "?"), n;
    char *path;
    if (!percent_decode(r, (struct str){r->raw_uri, cut}, false, LIMIT_URI, &path, &n) || !path_sound(path, n))
        return ERR_HTTP_BAD;
    r->path = path;
    if (r->raw_uri[cut] == '?') {
        struct str q = str_of(r->raw_uri + cut + 1);
        if (pairs_parse(r, q, LIMIT_QUERY_PAIRS, LIMIT_URI, &r->query) != ERR_NONE)
            return ERR_HTTP_BAD;
    }
    for (size_t i = 0; i < r->query.n; i++) {
        const char *name = r->query.v[i].name;
        size_t len = strlen(name);
        if (len > 2 && text_eq(name + len - 2, "[]"))
            continue;
        for (size_t j = 0; j < i; j++)
            if (text_eq(r->query.v[j].name, name))
                return ERR_HTTP_BAD;
    }
    const char *cookie = req_header(r, "Cookie");
    return cookie ? cookies_parse(r, str_of(cookie), &r->cookie) : ERR_NONE;
}

static const char *find(const struct param_vec *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->v[i].name, name))
            return v->v[i].value;
    return NULL;
}

const char *req_header(const struct req *r, const char *name)
{
    for (size_t i = 0; i < r->header.n; i++)
        if (ascii_ieq(r->header.v[i].name, name))
            return r->header.v[i].value;
    return NULL;
}

/* Behind https the browser sends back the __Host- name that resp_cookie gave; a plain one is not believed there. Two cookies
 * of one name are believed neither. */
const char *req_cookie(const struct req *r, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < r->cookie.n; i++) {
        const char *have = r->cookie.v[i].name;
        if (r->https && strncmp(have, "__Host-", 7) != 0)
            continue;
        if (!text_eq(r->https ? have + 7 : have, name))
            continue;
        if (value)
            return NULL;
        value = r->cookie.v[i].value;
    }
    return value;
}

enum method req_method(const struct req *r) { return r->method; }
const char *req_path(const struct req *r) { return r->path; }
const char *req_query(const struct req *r, const char *name) { return find(&r->query, name); }
size_t req_query_n(const struct req *r) { return r->query.n; }
const struct req_param *req_query_at(const struct req *r, size_t i) { return i < r->query.n ? &r->query.v[i] : NULL; }
const char *req_form(const struct req *r, const char *name) { return find(&r->form, name); }
size_t req_form_n(const struct req *r) { return r->form.n; }
const struct req_param *req_form_at(const struct req *r, size_t i) { return i < r->form.n ? &r->form.v[i] : NULL; }
size_t req_upload_n(const struct req *r) { return r->upload.n; }
const struct upload *req_upload_at(const struct req *r, size_t i) { return i < r->upload.n ? r->upload.v[i] : NULL; }
const char *req_addr(const struct req *r) { return r->addr; }
const char *req_id(const struct req *r) { return r->id; }
int64_t req_arg_i64(const struct req *r, size_t i) { return i < r->arg_n ? r->arg_i64[i] : 0; }
const char *req_arg(const struct req *r, size_t i) { return i < r->arg_n ? r->arg[i] : NULL; }
enum lang req_lang(const struct req *r) { return r->lang; }
void req_set_lang(struct req *r, enum lang lang) { r->lang = lang; }
void *req_user(const struct req *r) { return r->user; }
void req_set_user(struct req *r, void *user) { r->user = user; }
