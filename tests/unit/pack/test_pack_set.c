/* pack_load: what a set of one and of two packs looks like: facets joined, routes merged, strictest settings, look-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "pack/pack.h"

#define DIR "tests/pack/ok"
static TALLOC_CTX *mem;

static int setup(void **state) {
    (void)state;
    mem = mem_root(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    talloc_free(mem);
    return 0;
}

static struct pack_set *load(const char *const *ids, size_t n, const struct setting *s, size_t s_n, struct problem_vec *ret_problems) {
    struct pack_set *set;
    struct err e = {0};
    assert_int_equal(pack_load(mem, DIR, ids, n, s, s_n, &set, ret_problems, &e), RC_OK);
    if (!set) {
        struct buf *b = buf_new(mem, 1u << 20);
        pack_problems_print(b, ret_problems);
        fail_msg("%s", b->p);
    }
    return set;
}

static struct pack_set *mini(void) {
    struct problem_vec p;
    struct pack_set *set = load((const char *const[]){"mini"}, 1, NULL, 0, &p);
    assert_int_equal(p.n, 0);
    return set;
}

static struct pack_set *both(void) {
    struct problem_vec p;
    return load((const char *const[]){"mini", "second"}, 2, NULL, 0, &p);
}

static void test_form(void **state) {
    (void)state;
    const struct pack_set *s = mini();
    const struct form *f = pack_form(s, "takeout");
    assert_non_null(f);
    assert_ptr_equal(pack_form(s, "M-1"), f);
    assert_null(pack_form(s, "M-7"));
    assert_string_equal(f->name, "持出し申請書");
    assert_string_equal(f->number, "M1-{fy}-{seq:4}");
    assert_string_equal(f->category, "application");
    assert_string_equal(f->room, "applications");
    assert_string_equal(f->closes, "manual");
    assert_int_equal(f->see, SEE_DEPARTMENT);
    assert_int_equal(f->facet_n, 1);
    assert_int_equal(f->keep.floor_months, 36);
    assert_int_equal(f->keep.ceiling_months, 84);
    assert_int_equal(f->make_n, 1);
    assert_string_equal(f->make[0].role, "core:employee");
    const struct form *own = pack_form(s, "m_2");
    assert_non_null(own);
    assert_string_equal(own->id, "M-2");
    assert_string_equal(own->department, "dept");
    assert_string_equal(pack_form(s, "asset")->closes, "never");
}

static void test_fields(void **state) {
    (void)state;
    const struct form *f = pack_form(mini(), "takeout");
    const struct field *reason = pack_field(f, "mini.reason"), *enc = pack_field(f, "encrypted"), *medium = pack_field(f, "items.medium");
    assert_string_equal(reason->col, "mini__reason");
    assert_true(reason->required);
    assert_int_equal(reason->type, FT_LONGTEXT);
    assert_true(enc->required);                                  /* refined */
    assert_string_equal(medium->of->id, "media");
    assert_string_equal(pack_opt_label(medium->of, "usb", LANG_JA), "USBメモリ");
    assert_string_equal(pack_opt_label(medium->of, "tape", LANG_JA), "tape");
    assert_string_equal(pack_field(f, "mini.returned_on")->stage, "close");
    assert_string_equal(pack_field(f, "mini.checked")->stage, "receive");
    assert_true(pack_field(f, "mini.checked")->all_ticked);
    assert_non_null(pack_field(f, "mini.top")->value);
    assert_null(pack_field(f, "reason"));
    assert_null(pack_field(f, "items.serial"));
    assert_true(pack_field(f, "level")->of->ordered);
    const struct field *from = pack_field(pack_form(mini(), "M-2"), "from");
    assert_string_equal(from->col, "from_");                     /* a word of SQL */
    assert_string_equal(pack_field(pack_form(mini(), "M-2"), "dept")->ref->id, "department");
}

static void test_route(void **state) {
    (void)state;
    const struct form *f = pack_form(mini(), "takeout");
    assert_int_equal(f->step_n, 3);
    assert_string_equal(f->step[0].key, "mini:head");
    assert_int_equal(f->step[0].kind, STEP_CONFIRM);
    assert_int_equal(f->step[0].by.kind, WHO_HEAD_OF);
    assert_string_equal(f->step[1].by.role, "mini:president");
    assert_ptr_equal(pack_step(f, "mini:receive"), &f->step[2]);
    assert_true(f->no_approval.set);
    assert_string_equal(f->rule[0].key, "mini:encrypted");
    assert_string_equal(f->rule[0].field, "items.medium");
    assert_int_equal(f->rule[0].kind, RULE_DENY);
    assert_string_equal(f->then[0].key, "mini:return");
    const struct form *m2 = pack_form(mini(), "M-2");
    assert_int_equal(m2->step[0].by.kind, WHO_ANY);
    assert_string_equal(m2->step[0].by.sub[1].path, "dept");
    assert_false(m2->no_approval.set);
}

static void test_merge(void **state) {
    (void)state;
    static const char *const order[] = {"second:owner", "mini:head", "second:officer", "mini:top", "mini:receive", "second:top"};
    const struct form *f = pack_form(both(), "takeout");
    assert_int_equal(f->step_n, ARRAY_N(order));
    for (size_t i = 0; i < f->step_n; i++)
        if (!text_eq(f->step[i].key, order[i]))
            fail_msg("step %zu is %s, not %s", i, f->step[i].key, order[i]);
    assert_string_equal(f->name, "持出し");                      /* several facets: core's name */
    assert_int_equal(f->facet_n, 3);
    assert_int_equal(f->keep.floor_months, 60);
    assert_int_equal(f->keep.ceiling_months, 72);
    assert_string_equal(f->keep.from, "closed");
    const struct step *owner = pack_step(f, "second:owner");
    assert_non_null(owner->when);                                /* applies is folded in */
    assert_non_null(strstr(owner->when->src, "r.level <> 'c0'"));
    const struct field *place = pack_field(f, "second.place"), *note = pack_field(f, "second.note");
    assert_false(place->required);
    assert_non_null(strstr(place->required_when->src, "r.level <> 'c0'"));
    assert_non_null(place->show_when);
    assert_non_null(strstr(note->required_when->src, "r.encrypted"));   /* required by one facet of two */
    assert_non_null(strstr(note->show_when->src, ") or ("));
    assert_true(pack_field(f, "return_on")->required);
    assert_string_equal(pack_field(f, "return_on")->help, "期限までの日");
    assert_true(f->no_approval.set);
    assert_non_null(strstr(f->no_approval.when->src, "not (r.level <> 'c0')"));
}

static const struct effective *effective(const struct pack_set *s, const char *key) {
    for (size_t i = 0; i < s->effective_n; i++)
        if (text_eq(s->effective[i].key, key))
            return &s->effective[i];
    fail_msg("no setting %s", key);
    return NULL;
}

static const char *own(const struct pack_set *s, const char *key) {
    for (size_t i = 0; i < s->setting_n; i++)
        if (text_eq(s->setting[i].key, key))
            return s->setting[i].value;
    return NULL;
}

static void test_settings(void **state) {
    (void)state;
    struct problem_vec p;
    const char *const ids[] = {"mini", "second"};
    const struct pack_set *s = both();
    assert_string_equal(pack_value(s, "core.takeout_days"), "7");         /* 31, 14 stated, 7 derived: the least */
    assert_string_equal(pack_value(s, "mini.days"), "7");
    assert_string_equal(effective(s, "mini.days")->from_key, "second.limit");
    assert_string_equal(own(s, "mini.days"), "14");                       /* each article by its own figure */
    assert_null(pack_value(s, "mini.name_officer"));
    assert_string_equal(pack_value(s, "mini.loss"), "lock");
    s = load(ids, 2, (const struct setting[]){{"second.limit", "20"}, {"mini.loss", "wire"}}, 2, &p);
    assert_string_equal(pack_value(s, "second.limit"), "14");             /* a derived one falls to the strictest stated */
    assert_string_equal(pack_value(s, "mini.loss"), "wire");
    assert_int_equal(p.n, 0);
    s = load(ids, 2, (const struct setting[]){{"mini.days", "30"}, {"second.limit", "20"}}, 2, &p);
    assert_string_equal(pack_value(s, "mini.days"), "14");                /* a stated one is never weakened, and that is told */
    assert_int_equal(p.n, 1);
    assert_true(p.v[0].warning);
}

static void test_weaker(void **state) {
    (void)state;
    const struct pack_set *s = both();
    const struct param *days = &s->pack[1].param[0], *limit = &s->pack[2].param[0];
    struct param wait = {.id = "wait", .pack = &s->pack[1], .type = FT_DURATION, .dflt = "PT1H", .stricter = STRICT_MAX, .stated = true}, same = *days;
    same.stricter = STRICT_NONE;                                          /* told by the core figure that it is */
    assert_true(pack_weaker(s, days, "15") && pack_weaker(s, &same, "15"));
    assert_false(pack_weaker(s, days, "14") || pack_weaker(s, days, "3") || pack_weaker(s, days, NULL) || pack_weaker(s, &same, "14"));
    assert_false(pack_weaker(s, limit, "20"));                            /* derived, not stated */
    assert_true(pack_weaker(s, &wait, "PT30M"));
    assert_false(pack_weaker(s, &wait, "PT60M") || pack_weaker(s, &wait, "P1D") || pack_weaker(s, &wait, "soon"));
}

static void test_roles(void **state) {
    (void)state;
    const struct pack_set *s = both();
    assert_string_equal(pack_role(s, "mini:it_admin")->name, "システム管理者");
    assert_string_equal(pack_role(s, "it_admin")->key, "mini:it_admin");
    assert_true(pack_roles_exclude(s, "mini:it_admin", "core:auditor"));
    assert_true(pack_roles_exclude(s, "core:auditor", "mini:it_admin"));
    assert_true(pack_roles_exclude(s, "core:auditor", "second:officer"));  /* is: the core role that auditor excludes */
    assert_false(pack_roles_exclude(s, "mini:president", "core:auditor"));
    const char *article;
    assert_string_equal(pack_roles_apart(s, "core:auditor", "mini:it_admin", &article)->id, "mini");
    assert_string_equal(article, "2");
    assert_string_equal(pack_roles_apart(s, "mini:clerk", "mini:it_admin", &article)->id, "mini");         /* both forms in one list */
    assert_null(article);
    assert_string_equal(pack_roles_apart(s, "second:officer", "core:auditor", &article)->id, "second");   /* core says so without an article */
    assert_string_equal(article, "5");
    assert_null(pack_roles_apart(s, "mini:president", "core:auditor", &article));
    const struct role *rival[4];
    assert_int_equal(pack_role_rivals(s, pack_role(s, "core:auditor"), rival, 4), 2);
    assert_int_equal(pack_role_rivals(s, pack_role(s, "mini:president"), rival, 4), 0);
    assert_string_equal(pack_role_above(s, pack_role(s, "mini:it_admin"))->key, "core:representative_director");
    assert_string_equal(pack_role_above(s, pack_role(s, "core:security_manager"))->key, "core:representative_director");    /* what second says of officer */
    assert_null(pack_role_above(s, pack_role(s, "mini:president")));
    assert_string_equal(s->pack[1].top_post, "mini:president");
    assert_string_equal(s->pack[1].separation, "waiver");
    assert_string_equal(s->pack[2].separation, "never");
}

static void test_regulation(void **state) {
    (void)state;
    const struct pack_set *s = mini();
    const struct pack *p = &s->pack[1];
    const struct check *c = pack_check(s, "mini:returned");
    assert_int_equal(c->shape, CHECK_WITHIN);
    assert_string_equal(c->alias, "t");
    assert_string_equal(c->subject->id, "takeout");
    assert_string_equal(p->schedule[0].make, "m_2");
    assert_int_equal(p->schedule[0].due_days, 14);
    assert_int_equal(p->declaration[0].every_months, 12);
    const struct duty *d = pack_duty(s, "mini-1c");
    assert_int_equal(d->how[0], S_EVENT);
    assert_int_equal(d->how[1], S_CHECK);
    assert_string_equal(d->who[0], "core:employee");
    assert_int_equal(p->para_n, 7);
    assert_string_equal(p->para[2].carries.duty[0], "mini-1b");
    assert_true(p->para[6].ack);
    assert_string_equal(p->para[6].article, "2");
    assert_string_equal(p->para[4].only_if, "loss=lock");
}

static void test_unknown_pack(void **state) {
    (void)state;
    struct pack_set *set;
    struct problem_vec p;
    struct err e = {0};
    const char *bad[] = {"nothing", "../mini", ""};
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        assert_int_equal(pack_load(mem, DIR, &bad[i], 1, NULL, 0, &set, &p, &e), RC_NOTFOUND);
        assert_int_equal(e.code, ERR_PACK_UNKNOWN);
        assert_null(set);
    }
}

static void test_leak(void **state) {
    (void)state;
    size_t before = mem_blocks(mem);
    TALLOC_CTX *tmp = talloc_new(mem), *keep = mem;
    mem = tmp;
    (void)both();
    mem = keep;
    talloc_free(tmp);
    assert_int_equal(mem_blocks(mem), before);
}

/* docs/PACKS.md is what `daicho pack doc` prints. */
static void test_doc(void **state) {
    (void)state;
    struct buf *b = buf_new(mem, 1u << 20);
    struct str file;
    struct err e = {0};
    pack_doc(b);
    assert_int_equal(file_read(mem, "docs/PACKS.md", 1u << 20, &file, &e), RC_OK);
    if (!str_eq(file, buf_slice(b)))
        fail_msg("docs/PACKS.md is not current: daicho pack doc > docs/PACKS.md");
}

int main(void) {
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form), cmocka_unit_test(test_fields), cmocka_unit_test(test_route), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_settings), cmocka_unit_test(test_weaker), cmocka_unit_test(test_roles), cmocka_unit_test(test_regulation), cmocka_unit_test(test_unknown_pack),
        cmocka_unit_test(test_leak), cmocka_unit_test(test_doc),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
