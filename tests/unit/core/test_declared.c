/* Declarations: unknown until somebody who may has declared it and it was confirmed, and again when its period is over; by the wrong person it says
 * nothing; each pack's set asks for its own. The dates are counted back from today. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"
#include "house.h"

static const char *back(int months, int days)
{
    char *text = mem_array(house_mem, char, CIVIL_TEXT_N);
    civil_text(civil_from_days(civil_days(civil_add_months(civil_of_us(clock_now_us()), -months)) - days), text);
    return text;
}

/* Made by login, confirmed by the security officer's stand-in; its id. */
static int64_t declare(const char *login, const char *key, const char *on)
{
    return house_make(login, "declaration", mem_fmt(house_mem, "{\"declaration\":\"%s\",\"declared_on\":\"%s\",\"statement\":\"画面で確かめた\"}", key, on), NULL);
}

static void confirm(int64_t record) { assert_string_equal(house_act("sekinin", "record.approve", record, NULL), "ok"); }

static const char *article(const char *pack, const char *id)
{
    static const char *const names[] = {"ok", "bad", "unknown", "excepted", "none"};
    struct article_states all = VEC_INIT(house_mem);
    struct err e = {0};
    const char *found = "?";
    int64_t as_of;
    core_settle(house_core);
    struct reader r = house_reading("kanri");
    assert_int_equal(conformity(&r, pack, &all, &as_of, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        if (strcmp(all.v[i].article, id) == 0)
            found = names[all.v[i].state];
    core_read_end(&r);
    return found;
}

static const char *duty(const char *key)
{
    static const char *const names[] = {"ok", "bad", "unknown", "excepted", "none"};
    struct violators v = VEC_INIT(house_mem);
    enum verdict_state state;
    struct err e = {0};
    struct reader r = house_reading("kanri");
    assert_int_equal(duty_state(&r, key, &state, &v, &e), RC_OK);
    core_read_end(&r);
    return names[state];
}

static void nobody_declared_it(void **state)
{
    (void)state;
    assert_string_equal(article("stated", "1"), "unknown");
    assert_string_equal(duty("stated-1a"), "unknown");
    assert_string_equal(article("stated", "3"), "none");                     /* nothing of it is declared */
}

static void by_the_wrong_person(void **state)
{
    (void)state;
    confirm(declare("suzuki", "stated:yearly", back(0, 0)));                 /* holds no such post */
    assert_string_equal(article("stated", "1"), "unknown");
    confirm(declare("kansa", "stated:yearly", back(0, 0)));              /* the post of another */
    assert_string_equal(article("stated", "1"), "unknown");
    assert_string_equal(duty("stated-1a"), "unknown");
}

static void before_the_post_began(void **state)
{
    (void)state;
    confirm(declare("sato", "stated:yearly", back(2, 0)));                   /* appointed a month ago: test_declared's roles */
    assert_string_equal(article("stated", "1"), "unknown");
}

static void expired(void **state)
{
    (void)state;
    confirm(declare("sato", "stated:halfyear", back(0, 0)));
    assert_string_equal(article("stated", "2"), "ok");
    int64_t old = declare("kanri", "stated:anyone", back(1, 0));             /* every month: today a month ago is over */
    confirm(old);
    assert_string_equal(article("stated", "4"), "unknown");
    confirm(declare("kanri", "stated:anyone", back(1, -1)));                 /* one day less */
    assert_string_equal(article("stated", "4"), "ok");
}

static void declared_and_confirmed(void **state)
{
    (void)state;
    int64_t d = declare("sato", "stated:yearly", back(0, 0));
    assert_string_equal(article("stated", "1"), "unknown");                  /* not confirmed yet */
    assert_string_equal(house_act("sato", "record.approve", d, NULL), "ERR_SELF_APPROVAL");
    confirm(d);
    assert_string_equal(article("stated", "1"), "ok");
    assert_string_equal(duty("stated-1a"), "ok");
    assert_string_equal(article("restated", "1"), "unknown");                /* the other pack's declaration of the same name is its own */
    assert_string_equal(duty("restated-1a"), "unknown");
    confirm(declare("sato", "restated:yearly", back(0, 0)));
    assert_string_equal(article("restated", "1"), "ok");
    assert_string_equal(house_act("kanri", "record.void", d, NULL), "ok");
    assert_string_equal(article("stated", "1"), "unknown");
    assert_string_equal(article("restated", "1"), "ok");
}

static void no_such_declaration(void **state)
{
    (void)state;
    confirm(declare("sato", "stated:nowhere", back(0, 0)));
    assert_string_equal(article("stated", "1"), "unknown");
}

static bool on_pg;

static int house_open(void **state)
{
    (void)state;
    char from[CIVIL_TEXT_N];
    TALLOC_CTX *mem = mem_root(0);
    civil_text(civil_add_months(civil_of_us(clock_now_us()), -1), from);
    int rc = house_open_as(on_pg, "[\"stated\",\"restated\"]",
                           mem_fmt(mem, "[{\"person\":\"kanri\",\"role\":\"administrator\"},{\"person\":\"sekinin\",\"role\":\"security_officer\"},"
                                        "{\"person\":\"sato\",\"role\":\"it_admin\",\"from_on\":\"%s\"},{\"person\":\"kansa\",\"role\":\"auditor\"}]", from));
    talloc_free(mem);
    return rc;
}
static int house_close(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_declared_it), cmocka_unit_test(by_the_wrong_person), cmocka_unit_test(before_the_post_began),
                                       cmocka_unit_test(expired), cmocka_unit_test(declared_and_confirmed), cmocka_unit_test(no_such_declaration)};
    int bad = cmocka_run_group_tests_name("declarations on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("declarations on PostgreSQL", tests, house_open, house_close);
}
