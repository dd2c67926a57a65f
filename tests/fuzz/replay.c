/* Runs a fuzz target once over every file of its corpus, as a plain test: replay <folder>. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
    mem_init();
    TALLOC_CTX *mem = mem_root(0);
    struct name_vec names = VEC_INIT(mem);
    struct err e = {0};
    int rc = argc == 2 && file_list(mem, argv[1], &names, &e) == RC_OK && names.n > 0 ? 0 : 1;
    for (size_t i = 0; i < names.n && rc == 0; i++) {
        struct str data;
        rc = file_read(mem, file_join(mem, argv[1], names.v[i]), 1u << 20, &data, &e) != RC_OK;
        if (rc == 0)
            LLVMFuzzerTestOneInput((const uint8_t *)data.p, data.n);
    }
    talloc_free(mem);
    return rc;
}
