/* libFuzzer target for JSON: what is read is written back and read again as the same canonical text. */
#include <stdlib.h>
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct json *a, *b;
    struct err e = {0};
    if (json_read(mem, (struct str){(const char *)data, n}, 1 << 20, &a, &e) == RC_OK) {
        char *text = json_canonical(mem, a);
        if (json_read(mem, str_of(text), 8 << 20, &b, &e) != RC_OK || strcmp(text, json_canonical(mem, b)) != 0)
            abort();
    }
    talloc_free(mem);
    return 0;
}
