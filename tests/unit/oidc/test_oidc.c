/* The provider of sign-ins without a provider: addresses, the configuration file, tokens that are none. What needs one: tests/e2e/test_oidc.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "crypt/crypt.h"
#include "oidc/oidc_int.h"

static char folder[] = "/tmp/daicho-oidc-XXXXXX";

static const char *file(TALLOC_CTX *mem, const char *name, const char *text, int mode)
{
    struct err e = {0};
    char *path = file_join(mem, folder, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &e), RC_OK);
    assert_int_equal(chmod(path, (mode_t)mode), 0);
    return path;
}

static void addresses(void **state)
{
    static const struct { const char *url; bool sound, here; } all[] = {
        {"https://login.example.jp", true, false}, {"https://login.example.jp:8443/realms/kita?x=1", true, false}, {"http://127.0.0.1:8080", true, true}, {"http://localhost/x", true, true},
        {"http://[::1]:80", true, true}, {"http://login.example.jp", false, false}, {"http://127.0.0.1.example.jp", false, false}, {"http://localhost.example.jp", false, false},
        {"http://127.0.0.1@example.jp", false, false}, {"https://user@example.jp", false, false}, {"https://", false, false}, {"https:///x", false, false}, {"https://?x", false, false},
        {"ftp://example.jp", false, false}, {"javascript:alert(1)", false, false}, {"https://example.jp/\r\nX: y", false, false}, {"https://example.jp/a b", false, false},
        {"https://example.jp/#x", false, false}, {"https://\xe4\xbe\x8b.jp", false, false}, {"HTTPS://example.jp", false, false}, {"", false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        bool here = false, sound = url_sound(all[i].url, &here);
        if (sound != all[i].sound || (sound && here != all[i].here))
            fail_msg("%s: sound %d here %d", all[i].url, sound, here);
    }
}

static void conf_good(void **state)
{
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct oidc_conf *c;
    (void)state;
    const char *secret = file(mem, "secret", "kagi = #1 \n", 0640);
    const char *path = file(mem, "a.conf", mem_fmt(mem, "# comment\n\nissuer = https://login.example.jp/realms/kita\nclient-id = daicho = 1\nclient-secret-file=%s\npasswords = no\ntimeout = 2\n", secret), 0600);
    assert_int_equal(oidc_conf_read(mem, path, &c, &e), RC_OK);
    assert_string_equal(c->client, "daicho = 1");
    assert_string_equal(c->secret, "kagi = #1 ");                /* only the end of its line is not part of it */
    assert_string_equal(c->claim, "preferred_username");
    assert_false(c->passwords);
    assert_null(c->domain);
    assert_int_equal(c->limit_us, 2 * US_PER_S);
    assert_int_equal(oidc_conf_read(mem, file(mem, "b.conf", "issuer = https://login.example.jp\nclient-id = x", 0600), &c, &e), RC_OK);
    assert_null(c->secret);
    assert_true(c->passwords);
}

static void conf_bad(void **state)
{
    static const struct { const char *text, *says; } all[] = {
        {"client-id = x", "are needed"}, {"issuer = https://a.example", "are needed"}, {"issuer = http://a.example\nclient-id = x", "issuer: https"},
        {"issuer = https://a.example?x\nclient-id = x", "without ?"}, {"issuer = https://a.example\nclient-id = x\nscope = email", "openid"}, {"issuer", ":1: key = value"},
        {"issuer = https://a.example\nclient-id = x\nverify = no", ":3: no such key"}, {"issuer = https://a.example\nclient-id = \n", ":2: no value"}, {"timeout = 61", ":1: no such key"},
        {"passwords = maybe", ":1: no such key"}, {"issuer = https://a.example\nclient-id = x\ndomain = @example.jp", "domain"}, {"client-secret-file = /nonexistent/x", "/nonexistent/x"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        MEM_SCOPE(mem, NULL);
        struct err e = {0};
        struct oidc_conf *c;
        if (oidc_conf_read(mem, file(mem, "c.conf", all[i].text, 0600), &c, &e) == RC_OK || strstr(e.detail, all[i].says) == NULL)
            fail_msg("%s: %s", all[i].text, e.detail);
    }
}

static void opened(void **state)
{
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct oidc *o;
    (void)state;
    const char *path = file(mem, "d.conf", "issuer = https://login.example.jp\nclient-id = x", 0600);
    assert_int_equal(oidc_open(mem, path, "https://daicho.example.jp/", "/back", &o, &e), RC_OK);
    assert_string_equal(oidc_redirect(o), "https://daicho.example.jp/back");
    assert_int_equal(oidc_open(mem, path, "", "/back", &o, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_CONF);
    assert_int_equal(oidc_open(mem, path, "http://daicho.example.jp", "/back", &o, &e), RC_INVALID);
}

/* Nothing that is no token passes or breaks anything: whatever comes is refused before any key is tried. */
static void tokens_that_are_none(void **state)
{
    static const char *const all[] = {"", ".", "..", "...", "x.y.z", "e30.e30.", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
                                      "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "eyJhbGciOlsiUlMyNTYiXX0.e30.AAAA", "eyJhbGciOiJSUzI1NiJ9", "W10.e30.AAAA", "bnVsbA.e30.AAAA", "eyJhbGciOiJSUzI1NiIsImtpZCI6MX0.e30.AAAA"};
    static const char keys_text[] = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"RSA\",\"kid\":\"b\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"},{\"kty\":\"oct\",\"k\":\"AAAA\"},1,null,\"x\"]}";
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct json *keys, *claims;
    bool stranger;
    (void)state;
    assert_int_equal(json_read(mem, str_of(keys_text), 4096, &keys, &e), RC_OK);
    assert_int_equal(keys_usable(keys), 3);                       /* by what they say of themselves; the shared secret never */
    assert_int_equal(keys_usable(json_obj(mem)), 0);
    const struct token_want w = {.issuer = "https://a.example", .client = "x", .nonce = "n", .now_us = US_PER_DAY};
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (token_read(mem, all[i], keys, &w, &claims, &stranger, &e) == RC_OK || (e.code != ERR_OIDC_TOKEN && e.code != ERR_OIDC))
            fail_msg("%s", all[i]);
}

static int end(void **state)
{
    static const char *const names[] = {"secret", "a.conf", "b.conf", "c.conf", "d.conf"};
    MEM_SCOPE(mem, NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_N(names); i++)
        (void)unlink(file_join(mem, folder, names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(conf_good), cmocka_unit_test(conf_bad), cmocka_unit_test(opened), cmocka_unit_test(tokens_that_are_none)};
    struct err e = {0};
    mem_init();
    if (crypt_init(&e) != RC_OK || mkdtemp(folder) == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, end);
}
