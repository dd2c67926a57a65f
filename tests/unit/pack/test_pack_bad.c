/* Every folder of tests/pack/bad is a pack (beside its tiny core) that must be refused with exactly the text of NAME.nresult.
 * `test_pack_bad --write` writes the expected files anew: read the difference before committing it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "pack/pack.h"

#define DIR "tests/pack/bad"

static struct buf *judge(TALLOC_CTX *mem, const char *name, size_t *ret_n, struct pack_set **ret_set) {
    struct problem_vec problems;
    struct err e = {0};
    struct buf *b = buf_new(mem, 1u << 20);
    assert_int_equal(pack_load(mem, DIR, &name, 1, NULL, 0, ret_set, &problems, &e), RC_OK);
    pack_problems_print(b, &problems);
    *ret_n = problems.n;
    return b;
}

static void each(TALLOC_CTX *mem, bool write, size_t *ret_cases) {
    struct name_vec names = VEC_INIT(mem);
    struct err e = {0};
    assert_int_equal(file_list(mem, DIR, &names, &e), RC_OK);
    for (size_t i = 0; i < names.n; i++) {
        TALLOC_CTX *tmp = talloc_new(mem);
        const char *expect = mem_fmt(tmp, "%s/%s.nresult", DIR, names.v[i]);
        struct str want;
        struct pack_set *set = NULL;
        size_t n = 0;
        if (text_eq(names.v[i], "core") || !file_exists(mem_fmt(tmp, "%s/%s/pack.yaml", DIR, names.v[i]))) {
            talloc_free(tmp);
            continue;
        }
        struct buf *b = judge(tmp, names.v[i], &n, &set);
        ++*ret_cases;
        if (write)
            assert_int_equal(file_write_atomic(expect, b->p, b->n, 0644, &e), RC_OK);
        if (file_read(tmp, expect, 1u << 20, &want, &e) != RC_OK)
            fail_msg("%s is missing", expect);
        if (!n || set)
            fail_msg("%s was accepted", names.v[i]);
        if (!str_eq(want, buf_slice(b)))
            fail_msg("%s: expected\n%.*s\nbut got\n%s", names.v[i], (int)want.n, want.p, b->p);
        talloc_free(tmp);
    }
}

static bool writing;

static void test_bad(void **state) {
    (void)state;
    TALLOC_CTX *mem = mem_root(0);
    size_t cases = 0, before = mem_blocks(mem);
    TALLOC_CTX *tmp = talloc_new(mem);
    each(tmp, writing, &cases);
    talloc_free(tmp);
    assert_true(cases >= 40);
    assert_int_equal(mem_blocks(mem), before);
    talloc_free(mem);
}

int main(int argc, char **argv) {
    mem_init();
    writing = argc > 1 && text_eq(argv[1], "--write");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
