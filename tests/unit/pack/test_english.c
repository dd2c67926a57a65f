/* Whoever reads English sees English names: every name, question, refusal and task of the shipped packs has its English sibling. The text of the
 * regulation and its duties stay in the language in which they are in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include "pack/pack.h"

static size_t missing, seen;

static bool japanese(const char *s)
{
    for (; s != NULL && *s != '\0'; s++)
        if ((unsigned char)*s >= 0xe3)            /* kana and kanji begin with E3 to E9, full-width forms with EF */
            return true;
    return false;
}

static void want(const struct pos *at, const char *ja, const char *en)
{
    if (!japanese(ja))
        return;
    seen++;
    if (en != NULL && en[0] != '\0' && !japanese(en))
        return;
    missing++;
    printf("%s:%d: no English for %s\n", at->file ? at->file : "?", at->line, ja);
}

static void options(const struct pos *at, const struct choice_opt *opt, size_t n)
{
    for (size_t i = 0; i < n; i++)
        want(at, opt[i].label, opt[i].label_en);
}

static void field(const struct field *f)
{
    want(&f->pos, f->label, f->label_en);
    want(&f->pos, f->help, f->help_en);
    if (f->of != NULL)
        options(&f->pos, f->of->opt, f->of->n);
    for (size_t i = 0; i < f->cols_n; i++)
        field(&f->cols[i]);
}

static void form(const struct form *f)
{
    want(&f->pos, f->name, f->name_en);
    for (size_t i = 0; i < f->facet_n; i++)
        want(&f->facet[i].pos, f->facet[i].name, f->facet[i].name_en);
    for (size_t i = 0; i < f->field_n; i++)
        field(&f->field[i]);
    for (size_t i = 0; i < f->rule_n; i++)
        want(&f->rule[i].pos, f->rule[i].text, f->rule[i].text_en);
    for (size_t i = 0; i < f->step_n; i++)
        want(&f->step[i].pos, f->step[i].label, f->step[i].label_en);
    for (size_t i = 0; i < f->then_n; i++)
        want(&f->then[i].pos, f->then[i].label, f->then[i].label_en);
}

static void pack(const struct pack *p)
{
    const struct pos at = {.file = p->id};
    want(&at, p->title, p->title_en);
    for (size_t i = 0; i < p->article_n; i++)
        want(&at, p->article[i].title, p->article[i].title_en);
    for (size_t i = 0; i < p->role_n; i++)
        want(&p->role[i].pos, p->role[i].name, p->role[i].name_en);
    for (size_t i = 0; i < p->param_n; i++)
        want(&p->param[i].pos, p->param[i].label, p->param[i].label_en);
    for (size_t i = 0; i < p->choice_n; i++) {
        want(&p->choice[i].pos, p->choice[i].label, p->choice[i].label_en);
        options(&p->choice[i].pos, p->choice[i].opt, p->choice[i].n);
    }
    for (size_t i = 0; i < p->check_n; i++) {
        want(&p->check[i].pos, p->check[i].label, p->check[i].label_en);
        want(&p->check[i].pos, p->check[i].text, p->check[i].text_en);
    }
    for (size_t i = 0; i < p->schedule_n; i++)
        want(&p->schedule[i].pos, p->schedule[i].label, p->schedule[i].label_en);
    for (size_t i = 0; i < p->declaration_n; i++)
        want(&p->declaration[i].pos, p->declaration[i].label, p->declaration[i].label_en);
}

static size_t missing_in(const char *dir, const char *id)
{
    TALLOC_CTX *mem = mem_root(0);
    struct pack_set *set;
    struct problem_vec problems;
    struct err e = {0};
    missing = seen = 0;
    assert_int_equal(pack_load(mem, dir, (const char *const[]){id}, 1, NULL, 0, &set, &problems, &e), RC_OK);
    assert_non_null(set);
    for (size_t i = 0; i < set->form_n; i++)
        form(&set->form[i]);
    for (size_t i = 0; i < set->pack_n; i++)
        pack(&set->pack[i]);
    talloc_free(mem);
    return missing;
}

static void shipped_packs(void **state)
{
    (void)state;
    static const char *const shipped[] = {"sme", "company", "pms", "entrusted", "municipal"};
    for (size_t i = 0; i < ARRAY_N(shipped); i++) {
        assert_int_equal(missing_in("packs", shipped[i]), 0);
        assert_true(seen > (i == 0 ? 1000 : 100));
    }
}

/* The control: a pack without English is found. */
static void a_pack_without(void **state)
{
    (void)state;
    assert_true(missing_in("tests/pack/ok", "mini") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shipped_packs), cmocka_unit_test(a_pack_without)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
