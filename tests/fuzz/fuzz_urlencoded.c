/* libFuzzer target for urlencoded bodies: what is accepted is UTF-8 without NUL within the limits, and writing it again and
 * reading that gives the same fields. build/fuzz_urlencoded tests/fuzz/corpus/urlencoded */
#include <stdlib.h>
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct param_vec a = VEC_INIT(mem), b = VEC_INIT(mem);
    char *copy = mem_strndup(mem, (const char *)data, n);
    if (pairs_parse(mem, (struct str){copy, n}, LIMIT_FIELDS, LIMIT_FIELD, &a) == ERR_NONE) {
        struct buf *out = buf_new(mem, 1 << 24);
        for (size_t i = 0; i < a.n; i++) {
            size_t bad;
            if (a.v[i].n != strlen(a.v[i].value) || a.v[i].n > LIMIT_FIELD || !utf8_ok(a.v[i].value, a.v[i].n, &bad) || !*a.v[i].name)
                abort();
            for (const char *p = a.v[i].name; *p; p++)
                buf_fmt(out, "%%%02x", (unsigned char)*p);
            buf_putc(out, '=');
            for (const char *p = a.v[i].value; *p; p++)
                buf_fmt(out, "%%%02X", (unsigned char)*p);
            buf_putc(out, '&');
        }
        if (pairs_parse(mem, buf_slice(out), LIMIT_FIELDS, LIMIT_FIELD, &b) != ERR_NONE || a.n != b.n)
            abort();
        for (size_t i = 0; i < a.n; i++)
            if (!text_eq(a.v[i].name, b.v[i].name) || !text_eq(a.v[i].value, b.v[i].value))
                abort();
    }
    talloc_free(mem);
    return 0;
}
