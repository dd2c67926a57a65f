/* Runs a libFuzzer target over every file of a corpus folder, so that the corpus is a unit test in builds without a fuzzer:
 * replay FOLDER. Every input is also cut at each of its first 200 lengths. */
#include <stdlib.h>
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
    mem_init();
    TALLOC_CTX *mem = mem_root(0);
    struct name_vec names = VEC_INIT(mem);
    struct err e = {0};
    if (argc != 2 || file_list(mem, argv[1], &names, &e) || names.n == 0)
        return 1;
    for (size_t i = 0; i < names.n; i++) {
        struct str s;
        if (file_read(mem, file_join(mem, argv[1], names.v[i]), 1 << 20, &s, &e))
            return 1;
        for (size_t n = 0; n < s.n && n < 200; n++)
            LLVMFuzzerTestOneInput((const uint8_t *)s.p, n);
        LLVMFuzzerTestOneInput((const uint8_t *)s.p, s.n);
    }
    talloc_free(mem);
    return 0;
}
