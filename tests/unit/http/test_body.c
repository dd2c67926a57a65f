/* Bodies as they arrive: every case is fed whole and byte by byte and must end the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>
#include "http/http_int.h"

static struct req *make(const char *type, int64_t len, int64_t max)
{
    struct req *r = req_new("/x");
    r->method = METHOD_POST;
    r->body_len = len;
    r->body_max = max;
    if (type)
        req_header_add(r, "Content-Type", 12, type, strlen(type));
    return r;
}

static enum err_code feed(struct req *r, struct str s, size_t piece)
{
    enum err_code rc = body_begin(r);
    for (size_t i = 0; rc == ERR_NONE && i < s.n; i += piece)
        rc = body_feed(r, s.p + i, s.n - i < piece ? s.n - i : piece);
    return rc == ERR_NONE ? body_end(r) : rc;
}

static const char URL[] = "application/x-www-form-urlencoded", MP[] = "multipart/form-data; boundary=XX";

static void whole_and_in_pieces(const char *type, struct str s, enum err_code want, int line)
{
    static const size_t PIECE[] = {1, 2, 7, 1000000};
    for (size_t i = 0; i < ARRAY_N(PIECE); i++) {
        struct req *r = make(type, (int64_t)s.n, LIMIT_BODY);
        enum err_code rc = feed(r, s, PIECE[i]);
        if (rc != want)
            fail_msg("line %d, pieces of %zu: %s", line, PIECE[i], err_info(rc)->name);
        req_free(r);
    }
}
#define CASE(type, lit, want) whole_and_in_pieces((type), STR(lit), (want), __LINE__)

static void types(void **state)
{
    (void)state;
    CASE(URL, "a=b", ERR_NONE);
    CASE("Application/X-WWW-form-urlencoded; charset=UTF-8", "a=b", ERR_NONE);
    CASE("application/x-www-form-urlencoded; charset=shift_jis", "a=b", ERR_HTTP_TYPE);
    CASE("text/plain", "a=b", ERR_HTTP_TYPE);
    CASE("application/jsonx", "{}", ERR_HTTP_TYPE);
    CASE("multipart/form-data", "a", ERR_HTTP_BAD);
    CASE("multipart/form-data; boundary=a; boundary=b", "a", ERR_HTTP_BAD);
    CASE("multipart/form-data; boundary=\"\"", "a", ERR_HTTP_BAD);
    CASE(NULL, "a=b", ERR_HTTP_TYPE);
    CASE(NULL, "", ERR_NONE);
}

static void urlencoded(void **state)
{
    (void)state;
    struct req *r = make(URL, -1, LIMIT_BODY);
    assert_int_equal(feed(r, STR("row=1&row=2&t=a%0D%0Ab%0Dc+d&e=&%E3%81%82=%F0%A0%AE%B7"), 5), ERR_NONE);
    assert_int_equal(req_form_n(r), 5);
    assert_string_equal(req_form_at(r, 1)->value, "2");
    assert_string_equal(req_form(r, "row"), "1");
    assert_string_equal(req_form(r, "t"), "a\nb\nc d");
    assert_int_equal(req_form_at(r, 2)->n, 7);
    assert_string_equal(req_form(r, "あ"), "𠮷");
    assert_null(req_form(r, "x"));
    req_free(r);
    CASE(URL, "a=%00", ERR_HTTP_BAD);
    CASE(URL, "a=\0b", ERR_HTTP_BAD);
    CASE(URL, "a=%ff", ERR_HTTP_BAD);
    CASE(URL, "a=%C0%80", ERR_HTTP_BAD);
    CASE(URL, "a=%ED%A0%80", ERR_HTTP_BAD);
    CASE(URL, "a=%2", ERR_HTTP_BAD);
    CASE(URL, "=b", ERR_HTTP_BAD);
    CASE(URL, "&&a=b&", ERR_NONE);
}

static void limits(void **state)
{
    (void)state;
    TALLOC_CTX *m = mem_root(0);
    for (int over = 0; over < 2; over++) {
        struct buf *b = buf_new(m, 1 << 20);
        buf_puts(b, "a=");
        for (int i = 0; i < LIMIT_FIELD + over; i++)
            buf_putc(b, 'x');
        struct req *r = make(URL, (int64_t)b->n, LIMIT_BODY);
        assert_int_equal(feed(r, buf_slice(b), 4096), over ? ERR_HTTP_BODY : ERR_NONE);
        req_free(r);
        b = buf_new(m, 1 << 20);
        for (int i = 0; i < LIMIT_FIELDS + over; i++)
            buf_puts(b, "a=b&");
        r = make(URL, (int64_t)b->n, LIMIT_BODY);
        assert_int_equal(feed(r, buf_slice(b), 4096), over ? ERR_HTTP_BODY : ERR_NONE);
        req_free(r);
        b = buf_new(m, 1 << 20);
        buf_puts(b, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
        for (int i = 0; i < LIMIT_FIELD + over; i++)
            buf_putc(b, 'x');
        buf_puts(b, "\r\n--XX--\r\n");
        r = make(MP, (int64_t)b->n, LIMIT_BODY);
        assert_int_equal(feed(r, buf_slice(b), 4096), over ? ERR_HTTP_BODY : ERR_NONE);
        req_free(r);
    }
    struct req *r = make(URL, 11, 10);
    assert_int_equal(body_begin(r), ERR_HTTP_BODY);        /* refused by its length, before a byte is read */
    req_free(r);
    r = make(URL, -1, 10);
    assert_int_equal(feed(r, STR("a=bcdefghij"), 3), ERR_HTTP_BODY);
    req_free(r);
    r = make(URL, 10, 100);
    assert_int_equal(feed(r, STR("a=b"), 3), ERR_HTTP_BAD);
    req_free(r);
    talloc_free(m);
}

#define FIELD(name, value) "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_(name, file, value) "--XX\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\nContent-Type: image/png\r\n\r\n" value "\r\n"

static void multipart(void **state)
{
    (void)state;
    static const size_t PIECE[] = {1, 3, 50, 100000};
    for (size_t k = 0; k < ARRAY_N(PIECE); k++) {
        struct req *r = make(MP, -1, LIMIT_BODY);
        assert_int_equal(feed(r, STR(FIELD("a", "x\r\n--X\r\ny") FIELD("a", "") FILE_("f", "C:\\dir\\点検 %22写真%22.png", "\0\r\n--XY\r\n\xff") FILE_("g", "", "")
            FILE_("h", "empty.txt", "") FIELD("あ%22", "日本") "--XX--\r\n"), PIECE[k]), ERR_NONE);
        assert_int_equal(req_form_n(r), 3);
        assert_string_equal(req_form_at(r, 0)->value, "x\n--X\ny");
        assert_string_equal(req_form_at(r, 1)->value, "");
        assert_string_equal(req_form(r, "あ\""), "日本");
        assert_int_equal(req_upload_n(r), 2);
        const struct upload *u = req_upload_at(r, 0);
        assert_string_equal(u->name, "点検 \"写真\".png");
        assert_string_equal(u->field, "f");
        assert_string_equal(u->type, "image/png");
        assert_int_equal(u->bytes, 10);
        char got[20];
        assert_int_equal(read(u->fd, got, sizeof(got)), 10);
        assert_memory_equal(got, "\0\r\n--XY\r\n\xff", 10);
        assert_int_equal(req_upload_at(r, 1)->bytes, 0);
        int fd = u->fd;
        req_free(r);
        assert_int_equal(read(fd, got, 1), -1);            /* closed with the request */
    }
}

static void bad_multipart(void **state)
{
    (void)state;
    CASE(MP, FIELD("a", "b") "--XX--", ERR_NONE);
    CASE(MP, "--XX--\r\n", ERR_NONE);
    CASE(MP, FIELD("a", "b"), ERR_HTTP_BAD);
    CASE(MP, "--XX\r\n", ERR_HTTP_BAD);
    CASE(MP, "preamble\r\n" FIELD("a", "b") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, FIELD("a", "b") "--XX--\r\nmore", ERR_HTTP_BAD);
    CASE(MP, FIELD("a", "b") "--XXX\r\n", ERR_HTTP_BAD);
    CASE(MP, FIELD("", "b") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, FIELD("a\xff", "b") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, FIELD("a", "\xff") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, FIELD("a", "x\0y") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nb\r\n--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, "--XX\nContent-Disposition: form-data; name=\"a\"\n\nb\n--XX--\n", ERR_HTTP_BAD);
    CASE(MP, FILE_("f", "a\x01" "b", "x") "--XX--\r\n", ERR_HTTP_BAD);
    CASE(MP, FILE_("f", "", "x") "--XX--\r\n", ERR_HTTP_BAD);
}

static void budget(void **state)
{
    (void)state;
    int64_t used = LIMIT_UPLOADS - 5;
    for (int i = 0; i < 2; i++) {
        struct req *r = make(MP, -1, LIMIT_BODY);
        r->upload_budget = &used;
        assert_int_equal(feed(r, i ? STR(FILE_("f", "a", "123456") "--XX--\r\n") : STR(FILE_("f", "a", "12345") "--XX--\r\n"), 1000), i ? ERR_HTTP_BUSY : ERR_NONE);
        req_free(r);
        assert_int_equal(used, LIMIT_UPLOADS - 5);
    }
}

static void json(void **state)
{
    (void)state;
    struct err e = {0};
    const struct json *j;
    struct req *r = make("application/json", -1, LIMIT_BODY);
    assert_int_equal(feed(r, STR("{\"a\":1}"), 2), ERR_NONE);
    assert_int_equal(req_json(r, &j, &e), RC_OK);
    assert_int_equal(json_get_i64(j, "a", 0), 1);
    req_free(r);
    r = make("application/json", -1, LIMIT_BODY);
    assert_int_equal(feed(r, STR("{\"a\":1,\"a\":2}"), 2), ERR_NONE);
    assert_int_equal(req_json(r, &j, &e), RC_INVALID);
    req_free(r);
    r = make(URL, -1, LIMIT_BODY);
    assert_int_equal(feed(r, STR("a=b"), 2), ERR_NONE);
    assert_int_equal(req_json(r, &j, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_HTTP_TYPE);
    req_free(r);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(types), cmocka_unit_test(urlencoded), cmocka_unit_test(limits), cmocka_unit_test(multipart),
        cmocka_unit_test(bad_multipart), cmocka_unit_test(budget), cmocka_unit_test(json)};
    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
