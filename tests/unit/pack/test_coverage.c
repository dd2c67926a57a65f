/* coverage: demanded against carried on a small catalogue, every kind of difference of a form, and that the five real catalogues read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "pack/coverage.h"

static TALLOC_CTX *mem;
static struct pack_set *set;

static int setup(void **state) {
    (void)state;
    struct problem_vec p;
    struct err e = {0};
    const char *ids[] = {"mini"};
    mem = mem_root(0);
    return pack_load(mem, "tests/pack/ok", ids, 1, NULL, 0, &set, &p, &e) == RC_OK && set ? 0 : 1;
}

static int teardown(void **state) {
    (void)state;
    talloc_free(mem);
    return 0;
}

static const struct cover_row *row(const struct cover_vec *v, const char *key) {
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->v[i].key, key))
            return &v->v[i];
    fail_msg("no row %s", key);
    return NULL;
}

static void test_duties(void **state) {
    (void)state;
    static const struct { const char *key; enum strength demanded; bool carried; enum strength strength; const char *by; } want[] = {
        {"mini-1a", S_ENFORCE, true, S_ENFORCE, "rule mini:encrypted"},
        {"mini-1b", S_ENFORCE, true, S_FLOW, "text 1"},
        {"mini-1c", S_EVENT, true, S_EVENT, "check mini:returned"},
        {"mini-1d", S_ENFORCE, true, S_FLOW, "parameter name_officer"},
        {"mini-2a", S_SCHEDULE, true, S_SCHEDULE, "schedule mini:inspection"},
        {"mini-2b", S_MEASURE, true, S_ENFORCE, "declaration mini:listing"},
        {"mini-2c", S_TEXT, false, S_TEXT, ""},
        {"mini-9", S_TEXT, false, S_TEXT, ""},
    };
    struct cover_vec v;
    struct err e = {0};
    assert_int_equal(coverage_duties(mem, set, "tests/pack/catalogue", "mini", &v, &e), RC_OK);
    assert_int_equal(v.n, ARRAY_N(want));
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        const struct cover_row *r = row(&v, want[i].key);
        if (r->demanded != want[i].demanded || r->carried != want[i].carried || (r->carried && r->strength != want[i].strength)
            || !strstr(r->by, want[i].by))
            fail_msg("%s: demanded %s, carried %s by %s", r->key, strength_name(r->demanded), r->carried ? strength_name(r->strength) : "-", r->by);
    }
    assert_true(row(&v, "mini-2b")->carried_all & (1u << S_MEASURE));        /* a declaration for a duty that demands measure */
    assert_int_equal(row(&v, "mini-1c")->demanded_all, 1u << S_EVENT | 1u << S_CHECK);
    assert_null(row(&v, "mini-9")->duty);
    assert_int_equal(row(&v, "mini-1c")->by_n, 2);
}

static void test_forms(void **state) {
    (void)state;
    static const struct { const char *form, *field, *explained; } want[] = {
        {"M-1", "reason", NULL},           /* required here, optional there */
        {"M-1", "purpose", "理由と同じ"},  /* found through `by`, of another type */
        {"M-1", "place", NULL},            /* missing */
        {"M-1", "items.medium", NULL},     /* an option is missing */
        {"M-1", "items.serial", "資産の台帳にある"},
        {"M-1", "top", "機密性は選択で表す"},
        {"M-1", "route", NULL},            /* it_admin receives, but does not confirm */
        {"M-1", "retention", NULL},
        {"M-2", "name", NULL},
        {"M-9", "", NULL},
        {"M-1", "nothing", NULL},          /* an explanation that explains nothing */
    };
    struct form_diff_vec v;
    struct err e = {0};
    assert_int_equal(coverage_forms(mem, set, "tests/pack/catalogue", "mini", &v, &e), RC_OK);
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        bool found = false;
        for (size_t k = 0; k < v.n; k++)
            found = found || (text_eq(v.v[k].form, want[i].form) && text_eq(v.v[k].field, want[i].field) && text_eq(v.v[k].explained, want[i].explained));
        if (!found)
            fail_msg("no difference %s.%s", want[i].form, want[i].field);
    }
    if (v.n != ARRAY_N(want))
        for (size_t k = 0; k < v.n; k++)
            print_error("%s.%s: %s\n", v.v[k].form, v.v[k].field, v.v[k].what);
    assert_int_equal(v.n, ARRAY_N(want));
}

static void test_missing(void **state) {
    (void)state;
    struct cover_vec v;
    struct form_diff_vec d;
    struct err e = {0};
    assert_int_equal(coverage_duties(mem, set, "tests/pack/catalogue", "nothing", &v, &e), RC_NOTFOUND);
    assert_int_equal(coverage_duties(mem, set, "tests/pack/catalogue", "../mini", &v, &e), RC_NOTFOUND);
    assert_int_equal(coverage_forms(mem, set, "requirements", "sme", &d, &e), RC_NOTFOUND);     /* not in the set */
}

/* The numbers are those of requirements/README.md. */
static void test_catalogues(void **state) {
    (void)state;
    static const struct { const char *pack; size_t duties, forms; } want[] = {
        {"sme", 741, 106}, {"company", 68, 32}, {"pms", 843, 98}, {"entrusted", 156, 54}, {"municipal", 410, 107},
    };
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        TALLOC_CTX *tmp = talloc_new(mem);
        struct err e = {0};
        struct cover_vec v;
        const struct ynode *root = catalogue_read(tmp, "requirements", want[i].pack, &e);
        if (!root)
            fail_msg("%s: %s", want[i].pack, e.detail);
        assert_int_equal(yaml_get(root, "forms")->n, want[i].forms);
        assert_int_equal(coverage_duties(tmp, set, "requirements", want[i].pack, &v, &e), RC_OK);
        assert_int_equal(v.n, want[i].duties);
        struct pack_set *shipped;
        struct problem_vec problems;
        assert_int_equal(pack_load(tmp, "packs", &want[i].pack, 1, NULL, 0, &shipped, &problems, &e), RC_OK);
        assert_int_equal(pack_by_id(shipped, want[i].pack)->demands, want[i].duties);        /* what people are told on adopting */
        for (size_t k = 0; k < v.n; k++)
            assert_true(v.v[k].demanded_all != 0);
        talloc_free(tmp);
    }
}

int main(void) {
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duties), cmocka_unit_test(test_forms), cmocka_unit_test(test_missing), cmocka_unit_test(test_catalogues),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
