/* libFuzzer target for ledger entries: only what is canonical is read. */
#include <stdlib.h>
#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct entry_view v;
    struct err e = {0};
    if (entry_parse(mem, (struct str){(const char *)data, n}, &v, &e) == RC_OK && (n == 0 || data[n - 1] != '\n'))
        abort();
    talloc_free(mem);
    return 0;
}
