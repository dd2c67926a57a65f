/* Where nobody else is left for a step: the president applies, and the post at the top is vacant. What then is possible is the
 * regulation's word (separation: never in trial, waiver in waive, countersign within 10 days in alone), and never without a registered
 * exception, a reason and an end. */
#include "house.h"

static const char *day(int from_today)
{
    char *text = mem_alloc(house_mem, 1, CIVIL_TEXT_N, "char");
    civil_text(civil_from_days(civil_days(civil_of_us(clock_now_us())) + from_today), text);
    return text;
}

static int64_t request(const char *login, const char *form, const char **ret_code)
{
    return house_make(login, form, strcmp(form, "takeout") == 0 ? "{\"destination\":\"客先\",\"return_on\":\"2090-01-01\"}" : "{\"subject\":\"件名\"}", ret_code);
}

static int64_t exception(const char *by, const char *login, int from_day, int until_day, const char **ret_code)
{
    struct json *v = json_obj(house_mem);
    json_set_i64(v, "person", house_person(login));
    json_set_str(v, "reason", "一人の事務所のため");
    json_set_str(v, "from_on", day(from_day));
    json_set_str(v, "until_on", day(until_day));
    return house_make(by, "separation_exception", json_text(house_mem, v), ret_code);
}

static const char *approve(const char *login, int64_t record) { return house_act(login, "record.approve", record, NULL); }

static void the_route_stops(void **state)
{
    static const char *const forms[] = {"takeout", "wa_request", "al_request"};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(forms); i++) {
        const char *code;
        (void)request("shacho", forms[i], &code);
        assert_string_equal(code, "ERR_NO_APPROVER");
    }
}

static void an_exception_ends(void **state)
{
    const char *code;
    (void)state;
    (void)exception("suzuki", "shacho", 0, 9, &code);
    assert_string_equal(code, "ERR_DENIED");
    (void)exception("kanri", "shacho", 0, 400, &code);
    assert_string_not_equal(code, "ok");                                          /* a year at most */
    int64_t past = exception("kanri", "shacho", -9, -1, NULL);
    (void)request("shacho", "wa_request", &code);
    assert_string_equal(code, "ERR_NO_APPROVER");
    assert_string_equal(house_act("kanri", "record.void", past, NULL), "ok");
    int64_t other = exception("kanri", "bucho", 0, 9, NULL);
    (void)request("shacho", "wa_request", &code);
    assert_string_equal(code, "ERR_NO_APPROVER");                                 /* another person's */
    assert_string_equal(house_act("kanri", "record.void", other, NULL), "ok");
}

static void with_a_reason(void **state)
{
    const char *code;
    (void)state;
    int64_t x = exception("kanri", "shacho", 0, 9, NULL);
    (void)request("shacho", "takeout", &code);
    assert_string_equal(code, "ERR_NO_APPROVER");                                 /* never means never */
    int64_t t = request("shacho", "wa_request", NULL);
    assert_string_equal(house_route(t), "head:open/waiver shacho open");
    assert_string_equal(house_code_of(house_ask("shacho", "record.approve", t, "{\"comment\":\" \"}")), "ERR_REASON");
    assert_string_equal(approve("shacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    assert_int_equal(house_tasks(t, "core:countersign", NULL), 0);
    int64_t d = house_make("shacho", "delegation", mem_fmt(house_mem, "{\"from_person\":\"%lld\",\"to_person\":\"%lld\",\"from_on\":\"%s\",\"until_on\":\"%s\",\"reason\":\"出張\"}",
                           (long long)house_person("shacho"), (long long)house_person("sato"), day(0), day(3)), NULL);
    assert_string_equal(approve("sato", request("shacho", "wa_request", NULL)), "ERR_NOT_YOUR_STEP");                      /* an exception is not lent */
    assert_string_equal(house_act("kanri", "record.void", d, NULL), "ok");
    int64_t down = request("suzuki", "wa_request", NULL);
    assert_string_equal(house_route(down), "head:open kacho open");               /* where somebody is left nothing is excepted */
    int64_t open = request("shacho", "wa_request", NULL);
    assert_string_equal(house_act("kanri", "record.void", x, NULL), "ok");
    assert_string_equal(approve("shacho", open), "ERR_SEPARATION");               /* ended before it was used */
}

static const char *article(int days_from_now)
{
    static const char *const names[] = {"ok", "bad", "unknown", "excepted", "none"};
    struct reader r = house_reading("kanri");
    struct article_states all = VEC_INIT(house_mem);
    struct err e = {0};
    int64_t as_of;
    const char *found = "?";
    r.now_us += days_from_now * US_PER_DAY;
    assert_int_equal(conformity(&r, "alone", &all, &as_of, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        if (strcmp(all.v[i].article, "1") == 0)
            found = names[all.v[i].state];
    core_read_end(&r);
    return found;
}

static void countersigned_in_time(void **state)
{
    (void)state;
    int64_t x = exception("kanri", "shacho", 0, 30, NULL), t = request("shacho", "al_request", NULL), u = request("shacho", "al_request", NULL);
    assert_string_equal(house_route(t), "head:open/countersign shacho open");
    assert_string_equal(approve("shacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");                            /* in force at once ... */
    assert_int_equal(house_tasks(t, "core:countersign", "shacho"), 1);
    assert_string_not_equal(article(9), "bad");
    assert_string_equal(article(12), "bad");                                      /* ... but not conforming without the signature in time */
    assert_string_equal(house_act("shacho", "record.countersign", t, NULL), "ERR_SEPARATION");                             /* one's own is none */
    assert_string_equal(house_act("suzuki", "record.countersign", t, NULL), "ERR_SEPARATION");
    assert_string_equal(house_act("kansa", "record.countersign", t, NULL), "ok");
    assert_string_equal(house_route(t), "head:done/countersigned shacho done");
    assert_string_not_equal(article(12), "bad");
    assert_string_equal(house_act("kansa", "record.countersign", t, NULL), "ERR_STATE");
    assert_string_equal(approve("shacho", u), "ok");
    int64_t foreign = house_attach("shacho", t, "副署.pdf", "%PDF-1.7 別件"), scan = house_attach("shacho", u, "副署.pdf", "%PDF-1.7 副署");
    assert_string_equal(house_code_of(house_ask("shacho", "record.countersign", u, mem_fmt(house_mem, "{\"attachment\":%lld}", (long long)foreign))), "ERR_SEPARATION");
    assert_string_equal(house_code_of(house_ask("shacho", "record.countersign", u, mem_fmt(house_mem, "{\"attachment\":%lld}", (long long)scan))), "ok");
    assert_int_equal(house_tasks(u, "core:countersign", NULL), 0);
    assert_string_equal(house_act("kanri", "record.void", x, NULL), "ok");
}

/* As soon as the post at the top is held, it decides, and no exception serves. */
static void the_post_at_the_top(void **state)
{
    (void)state;
    int64_t x = exception("kanri", "shacho", 0, 30, NULL);
    int64_t a = house_make("kanri", "assignment", "{\"person\":\"社外\",\"role\":\"outside_officer\",\"from_on\":\"2026-01-01\"}", NULL);
    assert_string_equal(house_route(request("shacho", "al_request", NULL)), "head:open/climbed shagai open");
    assert_string_equal(house_route(request("shacho", "takeout", NULL)), "head:open/climbed shagai open");
    assert_string_equal(house_act("kanri", "record.void", a, NULL), "ok");
    assert_string_equal(house_act("kanri", "record.void", x, NULL), "ok");
}

static void the_same_again(void **state)
{
    struct err e = {0};
    char *difference;
    (void)state;
    core_settle(house_core);
    if (core_rebuild(house_core, true, &difference, &e) != RC_OK || difference != NULL)
        fail_msg("rebuild: %s %s", difference ? difference : "", e.detail);
}

static bool on_pg;
static int open_house(void **state)
{
    (void)state;
    return house_open_as(on_pg, "[\"trial\",\"waive\",\"alone\"]", "[{\"person\":\"kanri\",\"role\":\"administrator\"},{\"person\":\"kansa\",\"role\":\"auditor\"}]");
}
static int close_house(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_route_stops), cmocka_unit_test(an_exception_ends), cmocka_unit_test(with_a_reason), cmocka_unit_test(countersigned_in_time),
        cmocka_unit_test(the_post_at_the_top), cmocka_unit_test(the_same_again),
    };
    int bad = cmocka_run_group_tests_name("alone on SQLite", tests, open_house, close_house);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("alone on PostgreSQL", tests, open_house, close_house);
}
