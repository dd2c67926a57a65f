/* Every condition of the pack folders, shipped and of the tests, answers alike on SQLite and PostgreSQL over generated rows. */
#include "dbtest.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "condrun.h"

enum { ROWS = 60, VERSIONS = 25 };

static void run(const char *dir, const char *const *ids, size_t n, size_t least)
{
    void *a = &dbt_lite, *b = &dbt_pg;
    assert_int_equal(dbt_setup(&a), 0);
    assert_int_equal(dbt_setup(&b), 0);
    struct dbt *lite = a, *pg = b;
    struct problem_vec problems = VEC_INIT(lite->mem);
    struct condrun_vec cases = VEC_INIT(lite->mem);
    struct buf *report = buf_new(lite->mem, 1u << 22);
    struct pack_set *set = NULL;
    OK(lite, pack_load(lite->mem, dir, ids, n, NULL, 0, &set, &problems, &lite->e));
    if (set == NULL) {
        pack_problems_print(report, &problems);
        fail_msg("%s", report->p);
    }
    OK(lite, condrun_fill(lite->w, set, ROWS, 7, &lite->e));
    OK(pg, condrun_fill(pg->w, set, ROWS, 7, &pg->e));
    condrun_collect(set, &cases);
    size_t wrong = condrun_compare(lite->w, pg->w, &cases, VERSIONS, report, NULL);
    print_message("%s: %zu packs, %zu forms, %zu conditions\n", dir, set->pack_n, set->form_n, cases.n);
    if (wrong != 0)
        fail_msg("%zu answers differ\n%s", wrong, report->p);
    assert_true(cases.n >= least);
    assert_int_equal(dbt_teardown(&a) + dbt_teardown(&b), 0);
}

static void test_fixtures(void **state)
{
    static const char *const ids[] = {"mini", "second"};
    (void)state;
    run("tests/pack/ok", ids, 1, 10);
    run("tests/pack/ok", ids, 2, 20);
}

static void test_shipped(void **state)
{
    static const char *const known[] = {"sme", "company", "pms", "entrusted", "municipal"};
    const char *ids[ARRAY_N(known)];
    size_t n = 0;
    (void)state;
    TALLOC_CTX *mem = mem_root(0);
    for (size_t i = 0; i < ARRAY_N(known); i++)
        if (file_exists(mem_fmt(mem, "packs/%s/pack.yaml", known[i]))) {
            ids[n++] = known[i];
            run("packs", &known[i], 1, 0);
        }
    if (n > 1)
        run("packs", ids, n, 0);
    talloc_free(mem);
    if (n == 0)
        skip();
}

/* The trial packs lie beside the shipped ones only in a folder of links. */
static void test_trial(void **state)
{
    static const char *const from[] = {"packs/core", "packs/law", "packs/sme", "tests/pack/trial/pms", "tests/pack/trial/municipal", "tests/pack/trial/entrusted"};
    static const char *const ids[] = {"sme", "pms", "municipal", "entrusted"};
    char dir[] = "/tmp/daicho-trial-XXXXXX", here[4096];
    (void)state;
    TALLOC_CTX *mem = mem_root(0);
    assert_non_null(mkdtemp(dir));
    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < ARRAY_N(from); i++)
        assert_int_equal(symlink(mem_fmt(mem, "%s/%s", here, from[i]), mem_fmt(mem, "%s%s", dir, strrchr(from[i], '/'))), 0);
    run(dir, ids, ARRAY_N(ids), 300);
    for (size_t i = 0; i < ARRAY_N(from); i++)
        assert_int_equal(unlink(mem_fmt(mem, "%s%s", dir, strrchr(from[i], '/'))), 0);
    assert_int_equal(rmdir(dir), 0);
    talloc_free(mem);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixtures), cmocka_unit_test(test_shipped), cmocka_unit_test(test_trial)};
    return cmocka_run_group_tests_name("pack_engines", tests, NULL, NULL);
}
