/* Guard, request, route and answers without a socket: which heads are refused, how paths, queries and cookies are read, which row
 * of the table answers, and which headers stand on every answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "http/http_int.h"

static struct req *make(const char *method, const char *uri)
{
    struct req *r = req_new(uri);
    r->method = text_eq(method, "GET") ? METHOD_GET : text_eq(method, "POST") ? METHOD_POST : text_eq(method, "HEAD") ? METHOD_HEAD : METHOD_OTHER;
    r->version = "HTTP/1.1";
    return r;
}

static void add(struct req *r, const char *name, const char *value) { req_header_add(r, name, strlen(name), value, strlen(value)); }

/* Whose request it is: what a peer that is not named writes counts for nothing; of a named one, what it added last. */
static void peers(void **state)
{
    (void)state;
    static const struct { const char *peer, *line[3], *want; } all[] = {
        {"192.0.2.9", {"203.0.113.7"}, "192.0.2.9"},                               /* not named: spoofed */
        {"127.0.0.1", {NULL}, "127.0.0.1"},
        {"127.0.0.1", {"203.0.113.7"}, "203.0.113.7"},
        {"127.0.0.1", {" 203.0.113.7 "}, "203.0.113.7"},
        {"127.0.0.1", {"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},               /* the client wrote the first one */
        {"127.0.0.1", {"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},             /* a proxy that adds a line of its own */
        {"127.0.0.1", {"203.0.113.7", "198.51.100.1, 192.0.2.1"}, "198.51.100.1"}, /* past the second named proxy, no further */
        {"127.0.0.1", {"198.51.100.1, 203.0.113.7, 192.0.2.1"}, "203.0.113.7"},
        {"127.0.0.1", {"203.0.113.7", "192.0.2.1"}, "203.0.113.7"},
        {"127.0.0.1", {"192.0.2.1"}, "192.0.2.1"},
        {"127.0.0.1", {"203.0.113.7:51234"}, "203.0.113.7"},
        {"127.0.0.1", {"2001:DB8::0:7"}, "2001:db8::7"},
        {"127.0.0.1", {"[2001:db8::7]:443"}, "2001:db8::7"},
        {"127.0.0.1", {"::ffff:203.0.113.7"}, "203.0.113.7"},
        {"2001:db8::1", {"203.0.113.7"}, "203.0.113.7"},
        {"2001:db8::2", {"203.0.113.7"}, "2001:db8::2"},
        {"127.0.0.1", {""}, "127.0.0.1"}, {"127.0.0.1", {"203.0.113.7,"}, "127.0.0.1"}, {"127.0.0.1", {"unknown"}, "127.0.0.1"},
        {"127.0.0.1", {"203.0.113.7, _hidden"}, "127.0.0.1"}, {"127.0.0.1", {"203.0.113.7 198.51.100.1"}, "127.0.0.1"},
        {"127.0.0.1", {"203.0.113.007"}, "127.0.0.1"}, {"127.0.0.1", {"1"}, "127.0.0.1"}, {"127.0.0.1", {"[2001:db8::7"}, "127.0.0.1"},
        {"127.0.0.1", {"[2001:db8::7]x"}, "127.0.0.1"}, {"127.0.0.1", {"fe80::1%eth0"}, "127.0.0.1"}, {"127.0.0.1", {"::1\" or 1=1"}, "127.0.0.1"},
        {"127.0.0.1", {"203.0.113.7, garbage, 192.0.2.1"}, "192.0.2.1"}};
    struct err e = {0};
    struct req *home = make("GET", "/");
    struct name_vec named = VEC_INIT(home), none = VEC_INIT(home), bad = VEC_INIT(home);
    assert_int_equal(peer_list(home, " 127.0.0.1, 192.0.2.1,2001:DB8:0::1", &named, &e), RC_OK);
    assert_int_equal(named.n, 3);
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        struct req *r = make("GET", "/");
        add(r, "Forwarded", "for=198.51.100.99");
        for (size_t k = 0; k < 3 && all[i].line[k] != NULL; k++)
            add(r, k == 1 ? "x-forwarded-for" : "X-Forwarded-For", all[i].line[k]);
        if (strcmp(peer_client(r, all[i].peer, &named), all[i].want) != 0)
            fail_msg("%zu %s: %s, not %s", i, all[i].line[0], peer_client(r, all[i].peer, &named), all[i].want);
        assert_string_equal(peer_client(r, all[i].peer, &none), all[i].peer);
        req_free(r);
    }
    static const char *const WRONG[] = {"proxy.example", "127.0.0.1,,::1", "10.0.0.0/8", "127.0.0.1,"};
    for (size_t i = 0; i < ARRAY_N(WRONG); i++)
        assert_int_equal(peer_list(home, WRONG[i], &bad, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_CONF);
    req_free(home);
}

static void uris(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"/", "/a/b?c=d", "/%E3%81%82", "/a?x=%2F%5c%0a", "/a?"};
    static const char *const BAD[] = {"", "a", "*", "http://a/", "/%00", "/%2f", "/%2F", "/%5C", "/%0a", "/%7f", "/a?b=%00", "/%", "/%4", "/%zz", "/a b", "/a\x01", "/a\xff", "/a\\b", "/a#b"};
    for (size_t i = 0; i < ARRAY_N(GOOD); i++)
        assert_int_equal(guard_uri(GOOD[i]), ERR_NONE);
    for (size_t i = 0; i < ARRAY_N(BAD); i++)
        if (guard_uri(BAD[i]) != ERR_HTTP_BAD)
            fail_msg("%s", BAD[i]);
    assert_int_equal(guard_uri(NULL), ERR_HTTP_BAD);
    char big[LIMIT_URI + 2];
    memset(big, 'a', sizeof(big));
    big[0] = '/';
    big[sizeof(big) - 1] = '\0';
    assert_int_equal(guard_uri(big), ERR_HTTP_BAD);
    big[sizeof(big) - 2] = '\0';
    assert_int_equal(guard_uri(big), ERR_NONE);
}

struct head { const char *method, *n[4], *v[4]; enum err_code want; int64_t len; };

static void heads(void **state)
{
    (void)state;
    static const struct head H[] = {
        {"GET", {"Host"}, {"a"}, ERR_NONE, 0},
        {"POST", {"host", "content-length"}, {"a:80", "12"}, ERR_NONE, 12},
        {"POST", {"Host", "Transfer-Encoding"}, {"a", "Chunked"}, ERR_NONE, -1},
        {"GET", {NULL}, {NULL}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "HOST"}, {"a", "a"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host"}, {""}, ERR_HTTP_BAD, 0},
        {"GET", {"Host"}, {"a/b"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length", "Transfer-Encoding"}, {"a", "3", "chunked"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length", "content-length"}, {"a", "3", "3"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length"}, {"a", "+3"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length"}, {"a", "3, 3"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length"}, {"a", ""}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length"}, {"a", "99999999999999999999"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Transfer-Encoding"}, {"a", "xchunked"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Transfer-Encoding"}, {"a", "gzip, chunked"}, ERR_HTTP_BAD, 0},
        {"POST", {"Host", "Content-Length", "Content-Encoding"}, {"a", "3", "gzip"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "Content-Length"}, {"a", "3"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "X a"}, {"a", "b"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", ""}, {"a", "b"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "X-A "}, {"a", "b"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "X"}, {"a", "b\x01"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "Cookie", "Cookie"}, {"a", "b=c", "d=e"}, ERR_HTTP_BAD, 0},
        {"GET", {"Host", "Expect"}, {"a", "200-ok"}, ERR_HTTP_BAD, 0},
    };
    for (size_t i = 0; i < ARRAY_N(H); i++) {
        struct req *r = make(H[i].method, "/x");
        for (size_t k = 0; k < 4 && H[i].n[k]; k++)
            add(r, H[i].n[k], H[i].v[k]);
        if (guard_head(r) != H[i].want)
            fail_msg("head %zu", i);
        if (H[i].want == ERR_NONE)
            assert_int_equal(r->body_len, H[i].len);
        req_free(r);
    }
    struct req *r = make("GET", "/x");
    add(r, "Host", "a");
    req_header_add(r, "X", 1, "a\0b", 3);
    assert_int_equal(guard_head(r), ERR_HTTP_BAD);
    req_free(r);
    r = make("GET", "/x");
    for (int i = 0; i < 80; i++)
        add(r, "Host", "a");
    assert_int_equal(guard_head(r), ERR_HTTP_BAD);
    req_free(r);
    r = make("POST", "/x");
    r->version = "HTTP/1.0";
    add(r, "Host", "a");
    add(r, "Transfer-Encoding", "chunked");
    assert_int_equal(guard_head(r), ERR_HTTP_BAD);
    req_free(r);
}

static enum err_code parse(const char *uri, struct req **ret)
{
    *ret = make("GET", uri);
    return req_parse(*ret);
}

static void paths_and_queries(void **state)
{
    (void)state;
    struct req *r;
    assert_int_equal(parse("/a%20%E3%81%82+b?q=x+y%26&n=&v%5b%5d=1&v[]=2&flag", &r), ERR_NONE);
    assert_string_equal(req_path(r), "/a あ+b");
    assert_string_equal(req_query(r, "q"), "x y&");
    assert_string_equal(req_query(r, "n"), "");
    assert_string_equal(req_query(r, "flag"), "");
    assert_null(req_query(r, "zz"));
    assert_int_equal(req_query_n(r), 5);
    assert_string_equal(req_query_at(r, 3)->value, "2");
    assert_null(req_query_at(r, 5));
    req_free(r);
    static const char *const BAD[] = {"/a?b=1&b=2", "/a?b=%ff", "/%ff", "/a/../b", "/..", "/a/.", "/%2e%2e/a", "/a?=b", "/a?b=%E3%81"};
    for (size_t i = 0; i < ARRAY_N(BAD); i++) {
        if (parse(BAD[i], &r) != ERR_HTTP_BAD)
            fail_msg("%s", BAD[i]);
        req_free(r);
    }
}

static void cookies(void **state)
{
    (void)state;
    struct req *r = make("GET", "/");
    add(r, "Cookie", "a=1; sid=plain; __Host-sid=real; junk; two=1; two=2");
    assert_int_equal(req_parse(r), ERR_NONE);
    assert_string_equal(req_cookie(r, "sid"), "plain");
    assert_null(req_cookie(r, "two"));
    r->https = true;
    assert_string_equal(req_cookie(r, "sid"), "real");
    assert_null(req_cookie(r, "a"));
    req_free(r);
}

static void h(struct req *r, void *ctx) { (void)r; (void)ctx; }

static void routes(void **state)
{
    (void)state;
    static const struct route S = {.path = {"/f/{s}"}, .fn = h}, I = {.path = {"/f/{i}"}, .fn = h}, L = {.path = {"/f/new"}, .fn = h},
        P = {.path = {"/f/new"}, .method = METHOD_POST, .fn = h, .body_max = 7}, D = {.path = {"/f/{i}/x/{s}"}, .fn = h}, H = {.path = {"/"}, .fn = h}, BAD = {.path = {"/a{i}"}, .fn = h};
    const struct route *all[] = {&S, &D, &I, &P, &L, &H}, *twice[] = {&S, &I, &S}, *bad[] = {&BAD};
    TALLOC_CTX *m = mem_root(0);
    struct route_table *t;
    struct err e = {0};
    assert_int_equal(route_table_new(m, all, ARRAY_N(all), &t, &e), RC_OK);
    static const struct { const char *method, *path; const struct route *want; enum err_code rc; } CASE[] = {
        {"GET", "/f/new", &L, ERR_NONE}, {"HEAD", "/f/new", &L, ERR_NONE}, {"POST", "/f/new", &P, ERR_NONE}, {"GET", "/f/12", &I, ERR_NONE}, {"GET", "/f/012", &S, ERR_NONE},
        {"GET", "/f/newer", &S, ERR_NONE}, {"GET", "/f/3/x/y", &D, ERR_NONE}, {"GET", "/", &H, ERR_NONE}, {"GET", "/f/", NULL, ERR_HTTP_NOTFOUND}, {"GET", "/f/a/x/y", NULL, ERR_HTTP_NOTFOUND},
        {"GET", "/f/3/x/y/", NULL, ERR_HTTP_NOTFOUND}, {"GET", "//", NULL, ERR_HTTP_NOTFOUND}, {"POST", "/", NULL, ERR_HTTP_METHOD}, {"PUT", "/f/new", NULL, ERR_HTTP_METHOD}, {"POST", "/f/99999999999999999999", NULL, ERR_HTTP_METHOD}};
    for (size_t i = 0; i < ARRAY_N(CASE); i++) {
        struct req *r = make(CASE[i].method, CASE[i].path);
        assert_int_equal(req_parse(r), ERR_NONE);
        enum err_code rc = route_match(t, r);
        if (rc != CASE[i].rc || (rc == ERR_NONE && r->route != CASE[i].want))
            fail_msg("%s %s", CASE[i].method, CASE[i].path);
        if (CASE[i].want == &D) {
            assert_int_equal(req_arg_i64(r, 0), 3);
            assert_string_equal(req_arg(r, 1), "y");
            assert_null(req_arg(r, 2));
        }
        if (CASE[i].want == &P)
            assert_int_equal(r->body_max, 7);
        req_free(r);
    }
    assert_int_equal(route_table_new(m, twice, 3, &t, &e), RC_FAIL);
    assert_int_equal(route_table_new(m, bad, 1, &t, &e), RC_FAIL);
    talloc_free(m);
}

static const char *out(const struct req *r, const char *name)
{
    for (size_t i = 0; i < r->resp.header.n; i++)
        if (ascii_ieq(r->resp.header.v[i].name, name))
            return r->resp.header.v[i].value;
    return NULL;
}

static void answers(void **state)
{
    (void)state;
    struct req *r = make("GET", "/");
    r->https = true;
    resp_cookie(r, "sid", "abc", 60);
    resp_redirect(r, "//evil.example");
    resp_finish(r);
    assert_int_equal(r->resp.status, 303);
    assert_string_equal(out(r, "Location"), "/");
    assert_string_equal(out(r, "Set-Cookie"), "__Host-sid=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
    assert_non_null(out(r, "Strict-Transport-Security"));
    assert_null(strstr(out(r, "Content-Security-Policy"), "unsafe"));
    assert_string_equal(out(r, "Cache-Control"), "no-store");
    assert_null(out(r, "Access-Control-Allow-Origin"));
    req_free(r);

    r = make("GET", "/");
    struct buf *b = buf_new(r, 100);
    buf_puts(b, "x");
    resp_cookie(r, "sid", "abc", 0);
    resp_download(r, "text/csv", "点検 \"表\"/../\r\nX: y.csv", b);
    resp_finish(r);
    assert_string_equal(out(r, "Content-Disposition"), "attachment; filename=\"__ ____..___X: y.csv\"; filename*=UTF-8''%E7%82%B9%E6%A4%9C%20%22%E8%A1%A8%22_..___X%3A%20y.csv");
    assert_non_null(strstr(out(r, "Content-Security-Policy"), "sandbox"));
    assert_null(strstr(out(r, "Set-Cookie"), "Secure"));
    req_free(r);

    r = make("GET", "/api/v1/x");
    resp_error(r, ERR_HTTP_NOTFOUND, NULL);
    assert_int_equal(r->resp.status, 404);
    assert_string_equal(out(r, "Content-Type"), "application/json; charset=utf-8");
    assert_non_null(strstr(r->resp.p, "\"code\":\"ERR_HTTP_NOTFOUND\""));
    req_free(r);

    r = make("GET", "/<x>");
    resp_error(r, ERR_HTTP_BUSY, NULL);
    assert_int_equal(r->resp.status, 503);
    assert_non_null(out(r, "Retry-After"));
    assert_non_null(strstr(r->resp.p, r->id));
    req_free(r);

    r = make("GET", "/");                                  /* a page past its limit is an error, not a cut page */
    b = buf_new(r, 4);
    buf_puts(b, "abcdefgh");
    resp_html(r, 200, b);
    assert_int_equal(r->resp.status, 500);
    req_free(r);
}

static void assets(void **state)
{
    (void)state;
    const struct asset *a = asset_find("app.css");
    for (int i = 0; i < 3; i++) {
        struct req *r = make("GET", "/");
        r->arg_n = 2;
        r->arg[0] = mem_strdup(r, i == 2 ? "0000" : a->hash);
        r->arg[1] = mem_strdup(r, "app.css");
        if (i == 1)
            add(r, "If-None-Match", mem_fmt(r, "\"%s\"", a->hash));
        resp_asset(r);
        resp_finish(r);
        assert_int_equal(r->resp.status, ((int[]){200, 304, 404})[i]);
        assert_string_equal(out(r, "Cache-Control"), i < 2 ? "public, max-age=31536000, immutable" : "no-store");
        req_free(r);
    }
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(peers), cmocka_unit_test(uris), cmocka_unit_test(heads), cmocka_unit_test(paths_and_queries), cmocka_unit_test(cookies),
        cmocka_unit_test(routes), cmocka_unit_test(answers), cmocka_unit_test(assets)};
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
