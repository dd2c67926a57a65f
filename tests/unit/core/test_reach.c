/* The matrix of permissions of the real packs: cells that docs/SECURITY.md tells in words, each beside one that the same role never comes to,
 * and where the cell says that it comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "core/core.h"

static TALLOC_CTX *mem;
static struct pack_set *set;

static int setup(void **state)
{
    static const char *const adopt[] = {"sme"};
    struct problem_vec p;
    struct err e = {0};
    mem = mem_root(0);
    return pack_load(mem, "packs", adopt, 1, NULL, 0, &set, &p, &e) == RC_OK && set ? 0 : 1;
}

static int teardown(void **state)
{
    talloc_free(mem);
    return 0;
}

static const struct reach *cell(const char *role, const char *form, enum reach_act act, const char *step)
{
    struct reaches v = VEC_INIT(mem);
    assert_non_null(pack_role(set, role));
    reach_cells(mem, set, pack_role(set, role), form ? pack_form(set, form) : NULL, &v);
    for (size_t i = 0; i < v.n; i++)
        if (v.v[i].act == act && text_eq(v.v[i].step ? v.v[i].step->key : NULL, step))
            return &v.v[i];
    return NULL;
}

static const char *how(const char *role, const char *form, enum reach_act act, const char *step)
{
    const struct reach *x = cell(role, form, act, step);
    const char *out = "";
    if (x == NULL)
        return "no such act";
    for (int k = 0; k < REACH__N; k++)
        if (x->how & (1u << k))
            out = mem_fmt(mem, "%s%s%s", out, out[0] ? " " : "", reach_how_key((enum reach_how)k));
    return out;
}

static void test_cells(void **state)
{
    static const struct { const char *role, *form; enum reach_act act; const char *step, *want; } cells[] = {
        {"employee", "takeout", REACH_SEE, NULL, "department own route deputy"},
        {"auditor", "takeout", REACH_SEE, NULL, "always department own route deputy"},
        {"sme:inspector", "takeout", REACH_SEE, NULL, "always department own route deputy"},          /* is: auditor */
        {"employee", "takeout", REACH_LIST, NULL, "department"},
        {"employee", "leaving", REACH_SEE, NULL, "own route deputy"},
        {"employee", "leaving", REACH_LIST, NULL, ""},
        {"administrator", "leaving", REACH_LIST, NULL, "always"},
        {"employee", "takeout", REACH_MAKE, NULL, "always"},
        {"employee", "person", REACH_MAKE, NULL, ""},
        {"administrator", "person", REACH_MAKE, NULL, "always"},
        {"administrator", "import", REACH_MAKE, NULL, ""},                                            /* import.run makes it */
        {"auditor", "person", REACH_EDIT, NULL, "own"},
        {"administrator", "person", REACH_EDIT, NULL, "always department own"},
        {"employee", "person", REACH_EXPORT, NULL, ""},
        {"auditor", "person", REACH_EXPORT, NULL, "always"},
        {"auditor", "person", REACH_IMPORT, NULL, ""},
        {"administrator", "person", REACH_IMPORT, NULL, "always"},
        {"employee", "takeout", REACH_VOID, NULL, "own"},
        {"auditor", "takeout", REACH_VOID, NULL, "own"},
        {"sme:security_officer", "takeout", REACH_VOID, NULL, "always own"},
        {"sme:security_officer", "takeout", REACH_ERASE, NULL, ""},
        {"administrator", "takeout", REACH_ERASE, NULL, "always"},
        {"employee", "takeout", REACH_DECIDE, "sme:head", ""},
        {"head_of_department", "takeout", REACH_DECIDE, "sme:head", "post deputy"},
        {"sme:dept_head", "takeout", REACH_DECIDE, "sme:head", "post deputy"},
        {"top_management", "takeout", REACH_DECIDE, "sme:president", "post deputy"},
        {"top_management", "takeout", REACH_DECIDE, "sme:head", "superior"},
        {"administrator", "takeout", REACH_DECIDE, "sme:president", ""},
        {"employee", "entry", REACH_EDIT, NULL, "no such act"},                                       /* a log is corrected */
        {"employee", "entry", REACH_CORRECT, NULL, "department own"},
        {"administrator", "entry", REACH_CORRECT, NULL, "always department own"},
        {"employee", "entry", REACH_IMPORT, NULL, "no such act"},
        {"employee", NULL, REACH_ADMINISTER, NULL, ""},
        {"administrator", NULL, REACH_ADMINISTER, NULL, "always"},
        {"auditor", NULL, REACH_ADMINISTER, NULL, ""},
        {"auditor", NULL, REACH_READ_ALL, NULL, "always"},
        {"it_admin", NULL, REACH_READ_ALL, NULL, ""},
        {"employee", NULL, REACH_EXEMPT, NULL, "always"},
    };
    for (size_t i = 0; i < ARRAY_N(cells); i++) {
        const char *got = how(cells[i].role, cells[i].form, cells[i].act, cells[i].step);
        if (!text_eq(got, cells[i].want))
            fail_msg("%s %s %s %s: %s, not %s", cells[i].role, cells[i].form ? cells[i].form : "-", reach_act_key(cells[i].act), cells[i].step ? cells[i].step : "", got, cells[i].want);
    }
}

/* Each way that is open says in which file and line; a role that is named there is the one that opens it. */
static void test_places(void **state)
{
    for (size_t r = 0; r < set->role_n; r++)
        for (size_t f = 0; f < set->form_n; f++) {
            struct reaches v = VEC_INIT(mem);
            reach_cells(mem, set, &set->role[r], &set->form[f], &v);
            for (size_t i = 0; i < v.n; i++) {
                assert_int_equal(v.v[i].how != 0, v.v[i].from.n > 0);
                for (size_t k = 0; k < v.v[i].from.n; k++) {
                    assert_non_null(v.v[i].from.v[k].pos.file);
                    assert_true(v.v[i].from.v[k].pos.line > 0);
                }
            }
            talloc_free(v.v);
        }
    const struct reach *x = cell("administrator", "person", REACH_MAKE, NULL);
    assert_string_equal(pos_inside(x->from.v[0].pos.file, "packs"), "core/forms/person.yaml");
    assert_string_equal(x->from.v[0].role, "core:administrator");
}

/* What everybody may, the holder of any role may. */
static void test_employed(void **state)
{
    const struct role *all = pack_role(set, "employee");
    for (size_t f = 0; f < set->form_n; f++) {
        struct reaches base = VEC_INIT(mem);
        reach_cells(mem, set, all, &set->form[f], &base);
        for (size_t r = 0; r < set->role_n; r++) {
            struct reaches v = VEC_INIT(mem);
            reach_cells(mem, set, &set->role[r], &set->form[f], &v);
            assert_int_equal(v.n, base.n);
            for (size_t i = 0; i < v.n; i++)
                assert_int_equal(base.v[i].how & ~v.v[i].how, 0);
            talloc_free(v.v);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells), cmocka_unit_test(test_places), cmocka_unit_test(test_employed)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
