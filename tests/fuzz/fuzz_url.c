/* libFuzzer target for addresses: what guard and request accept has a path without control bytes, backslash or dot segments; and a
 * link made by html from any text is accepted by the guard and read back as the same text. */
#include <stdlib.h>
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void back_and_forth(const char *text)
{
    static const struct route_path R = {"/f/{i}"};
    size_t bad;
    if (!utf8_ok(text, strlen(text), &bad) || !*text || strlen(text) > LIMIT_URI / 3 - 20)
        return;
    TALLOC_CTX *mem = mem_root(0);
    char *url = url_make(mem, &R, (struct url_arg[]){URL_I(7), URL_Q("q", text)}, 2);
    struct req *r = req_new(url);
    if (guard_uri(url) != ERR_NONE || req_parse(r) != ERR_NONE || !text_eq(req_query(r, "q"), text) || !text_eq(req_path(r), "/f/7"))
        abort();
    req_free(r);
    talloc_free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = mem_strndup(NULL, (const char *)data, n);
    if (guard_uri(text) == ERR_NONE) {
        struct req *r = req_new(text);
        size_t bad;
        if (req_parse(r) == ERR_NONE) {
            const char *p = req_path(r);
            if (*p != '/' || strchr(p, '\\') || strstr(p, "/../") || strpbrk(p, "\r\n\t\x7f") || !utf8_ok(p, strlen(p), &bad))
                abort();
        }
        req_free(r);
    }
    back_and_forth(text);
    talloc_free(text);
    return 0;
}
