/* The trial of fit: hard forms of three regulations that are not shipped load beside core and sme, alone and all together, and the
   registers that regulations share carry the facets of all of them. The folders are linked into one, because a set is read from one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "pack/pack.h"

static const struct {
    const char *id, *from;
} link_of[] = {{"core", "packs"}, {"law", "packs"}, {"sme", "packs"}, {"pms", "tests/pack/trial"}, {"municipal", "tests/pack/trial"}, {"entrusted", "tests/pack/trial"}};
static char dir[] = "/tmp/daicho-trial-XXXXXX";
static TALLOC_CTX *mem;
static size_t warned;                  /* warnings of the last load: their texts stay with `mem` */

static int folder_make(void **state) {
    (void)state;
    mem = mem_root(0);
    if (!mkdtemp(dir))
        return -1;
    char *here = getcwd(NULL, 0);
    bool ok = here != NULL;
    for (size_t i = 0; ok && i < ARRAY_N(link_of); i++)
        ok = symlink(mem_fmt(mem, "%s/%s/%s", here, link_of[i].from, link_of[i].id), file_join(mem, dir, link_of[i].id)) == 0;
    free(here);
    return ok ? 0 : -1;
}

static int folder_drop(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_N(link_of); i++)
        if (unlink(file_join(mem, dir, link_of[i].id)) != 0)
            return -1;
    talloc_free(mem);
    return rmdir(dir) == 0 ? 0 : -1;
}

static struct pack_set *load(const char *const *ids, size_t n) {
    struct pack_set *set;
    struct problem_vec problems;
    struct err e = {0};
    assert_int_equal(pack_load(mem, dir, ids, n, NULL, 0, &set, &problems, &e), RC_OK);
    size_t errors = 0;
    for (size_t i = 0; i < problems.n; i++)
        errors += problems.v[i].warning ? 0 : 1;          /* a pack may be warned of what it carries at one place */
    warned = problems.n;
    if (!set || errors > 0) {
        struct buf *b = buf_new(mem, 1u << 22);
        pack_problems_print(b, &problems);
        fail_msg("%s", b->p);
    }
    return set;
}

/* The pack's own forms and its facets of other forms. */
static size_t forms_of(const struct pack_set *set, const char *pack) {
    size_t n = 0;
    for (size_t i = 0; i < set->form_n; i++) {
        const struct form *f = &set->form[i];
        n += text_eq(f->pack->id, pack) ? 1 : 0;
        for (size_t k = 0; k < f->facet_n; k++)
            n += text_eq(f->facet[k].pack->id, pack) && f->pack != f->facet[k].pack ? 1 : 0;
    }
    return n;
}

static void at_least(const char *pack, size_t forms) {
    size_t n = forms_of(load(&pack, 1), pack);
    if (n < forms)
        fail_msg("%s has %zu forms, fewer than %zu", pack, n, forms);
}

static void test_alone(void **state) {
    (void)state;
    at_least("pms", 20);
    at_least("municipal", 10);
    at_least("entrusted", 10);
}

static bool facet_by(const struct form *f, const char *pack) {
    for (size_t i = 0; i < f->facet_n; i++)
        if (text_eq(f->facet[i].pack->id, pack))
            return true;
    return false;
}

static bool step_by(const struct form *f, const char *pack) {
    for (size_t i = 0; i < f->step_n; i++)
        if (text_eq(f->step[i].pack->id, pack))
            return true;
    return false;
}

static void test_together(void **state) {
    (void)state;
    static const char *const all[] = {"sme", "pms", "municipal", "entrusted"};
    const struct pack_set *set = load(all, ARRAY_N(all));
    assert_true(forms_of(set, "pms") >= 20 && forms_of(set, "municipal") >= 10 && forms_of(set, "entrusted") >= 10);
    const struct form *takeout = pack_form(set, "takeout"), *asset = pack_form(set, "asset");
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        assert_true(facet_by(takeout, all[i]));
        assert_true(facet_by(asset, all[i]));
        assert_true(step_by(asset, all[i]) || step_by(takeout, all[i]));
    }
    assert_false(facet_by(pack_form(set, "task"), "pms"));
    assert_ptr_equal(pack_form(set, "PF-701"), asset);
    assert_ptr_equal(pack_form(set, "MUN-asset-register"), asset);
    assert_ptr_equal(pack_form(set, "ENT-personal-data-register"), asset);
    assert_int_equal(takeout->keep.floor_months, 60);             /* sme keeps it three years, the others five: the longest */
    assert_true(pack_roles_exclude(set, "pms:privacy_manager", "municipal:audit_leader"));   /* both are core roles that exclude each other */
}

/* Without the pack that holds it, nothing of it is there: what the other test finds comes from the trial packs. */
static void test_not_adopted(void **state) {
    (void)state;
    size_t before = mem_blocks(mem);
    struct pack_set *set = load((const char *const[]){"sme"}, 1);
    assert_int_equal(forms_of(set, "pms"), 0);
    assert_null(pack_form(set, "PF-701"));
    assert_false(facet_by(pack_form(set, "asset"), "municipal"));
    talloc_free(set);
    assert_true(mem_blocks(mem) <= before + 1 + warned);          /* the vector of problems and the text of each, at most */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alone), cmocka_unit_test(test_together), cmocka_unit_test(test_not_adopted)};
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
