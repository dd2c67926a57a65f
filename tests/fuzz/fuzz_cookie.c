/* libFuzzer target for the Cookie header: names are not empty, values hold no separator, the limit holds. */
#include <stdlib.h>
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct param_vec v = VEC_INIT(mem);
    char *copy = mem_strndup(mem, (const char *)data, n);
    enum err_code rc = cookies_parse(mem, (struct str){copy, n}, &v);
    if (v.n > LIMIT_COOKIES || (rc != ERR_NONE && rc != ERR_HTTP_BAD))
        abort();
    for (size_t i = 0; i < v.n; i++)
        if (!*v.v[i].name || strpbrk(v.v[i].name, "=;") || strchr(v.v[i].value, ';') || strlen(v.v[i].value) != v.v[i].n)
            abort();
    talloc_free(mem);
    return 0;
}
