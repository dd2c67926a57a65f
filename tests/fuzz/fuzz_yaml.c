/* libFuzzer target for the YAML reader: any bytes give a tree or a problem with a place inside the file, and leave no memory behind.
 *   build/fuzz_yaml -max_len=4096 tests/fuzz/corpus/yaml */
#include <stdlib.h>
#include "pack/pack_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void walk(const struct ynode *y, int depth) {
    if (depth > YAML_MAX_DEPTH + 1 || y->pos.line < 1 || y->pos.col < 1 || y->in.line < 1 || y->in.col < 1)
        abort();
    for (size_t i = 0; i < y->n; i++) {
        if (y->kind == Y_MAP && y->key[i]->kind != Y_SCALAR)
            abort();
        walk(y->item[i], depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    TALLOC_CTX *mem = mem_root(0);
    struct problem_vec problems = VEC_INIT(mem);
    const struct ynode *y = yaml_parse(mem, "fuzz.yaml", (struct str){(const char *)data, n}, &problems);
    struct raw_form form = {0};
    if (!y && !problem_errors(&problems))
        abort();
    if (y) {
        walk(y, 0);
        if (y->kind == Y_MAP)
            kw_read(mem, y, &kw_form, &form, &problems);
    }
    for (size_t i = 0; i < problems.n; i++)
        if (problems.v[i].pos.line < 1 || !problems.v[i].text)
            abort();
    talloc_free(mem);
    return 0;
}
