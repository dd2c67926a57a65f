/* Sessions: how long they last, who lists and ends them, what ends them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"
#include "house.h"

#define PASSWORD "Himitsu-no-kagi-1"
#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

static char *sign_in(const char *login, const char *password, const char *agent)
{
    struct err e = {0};
    char *token = NULL;
    bool half;
    if (session_login(house_core, house_mem, &(struct sign_in){login, password, "192.0.2.7", agent, NULL, false}, &token, &half, &e) != RC_OK)
        fail_msg("%s: %s %s", login, err_info(e.code)->name, e.detail);
    return token;
}

static const struct session *session(const char *token)
{
    struct err e = {0};
    struct session *s;
    if (session_get(house_core, house_mem, token, &s, &e) == RC_OK)
        return s;
    assert_int_equal(e.code, ERR_SESSION);
    return NULL;
}

static struct actor actor_of(const char *login, const char *token)
{
    struct actor a = house_as(login);
    a.session = session(token)->id;
    return a;
}

static size_t listed(const struct actor *a, int64_t person, struct session_infos *v)
{
    struct err e = {0};
    struct reader r;
    *v = (struct session_infos)VEC_INIT(house_mem);
    assert_int_equal(core_read_begin(house_core, house_mem, a, &r, &e), RC_OK);
    enum rc rc = session_list(&r, person, v, &e);
    core_read_end(&r);
    return rc == RC_OK ? v->n : (size_t)-1;
}

static const char *end(const struct actor *a, const char *args) { return house_code_of(house_say(a, "session.end", house_obj(args))); }

static void listed_and_ended(void **state)
{
    struct session_infos v;
    (void)state;
    house_account("suzuki", PASSWORD, false);
    house_account("sato", PASSWORD, false);
    char *one = sign_in("suzuki", PASSWORD, WINDOWS), *two = sign_in("suzuki", PASSWORD, NULL), *other = sign_in("sato", PASSWORD, NULL);
    struct actor a = actor_of("suzuki", two), b = actor_of("sato", other);
    assert_int_equal(listed(&a, a.person, &v), 2);
    assert_true(v.v[0].here);                                              /* last used first */
    assert_null(v.v[0].device);
    assert_string_equal(v.v[1].device, "Windows / Chrome");
    assert_string_equal(v.v[1].addr, "192.0.2.7");
    assert_false(v.v[1].here);
    assert_int_equal(listed(&b, a.person, &v), (size_t)-1);                /* not somebody else's */
    char *first = mem_fmt(house_mem, "{\"session\":%lld}", (long long)session(one)->id);
    assert_string_equal(end(&b, first), "ERR_DB_NOTFOUND");                /* it is none of theirs */
    assert_string_equal(end(&b, mem_fmt(house_mem, "{\"others\":true,\"person\":%lld}", (long long)a.person)), "ERR_DENIED");
    assert_non_null(session(one));
    assert_string_equal(end(&a, "{}"), "ERR_COMMAND");
    assert_string_equal(end(&a, first), "ok");
    assert_null(session(one));
    assert_non_null(session(two));
    assert_string_equal(end(&a, first), "ERR_DB_NOTFOUND");
    one = sign_in("suzuki", PASSWORD, NULL);
    assert_string_equal(end(&a, "{\"others\":true}"), "ok");
    assert_null(session(one));
    assert_non_null(session(two));
    struct actor admin = house_as("kanri");
    assert_int_equal(listed(&admin, a.person, &v), 1);
    assert_string_equal(end(&admin, mem_fmt(house_mem, "{\"others\":true,\"person\":%lld}", (long long)a.person)), "ok");
    assert_null(session(two));
    assert_non_null(session(other));
}

static int64_t now;
static void later(int64_t minutes)
{
    now += minutes * 60 * US_PER_S;
    clock_scene_set(now);
}

static void limits(void **state)
{
    (void)state;
    now = clock_now_us();
    char *idle = sign_in("sato", PASSWORD, NULL);
    later(29);
    assert_non_null(session(idle));                                        /* and it counts as used */
    later(29);
    assert_non_null(session(idle));
    later(31);
    assert_null(session(idle));
    char *busy = sign_in("sato", PASSWORD, NULL);
    for (int i = 0; i < 12 * 60 / 20; i++) {
        later(20);
        assert_non_null(session(busy));
    }
    later(1);
    assert_null(session(busy));                                            /* twelve hours are over */
    clock_scene_set(0);
}

static void what_ends_them_all(void **state)
{
    struct err e = {0};
    char *token, *hash;
    bool half;
    (void)state;
    token = sign_in("sato", PASSWORD, NULL);
    for (int i = 0; i < 5; i++)
        (void)!session_login(house_core, house_mem, &(struct sign_in){"sato", "wrong", "192.0.2.9", NULL, NULL, false}, &hash, &half, &e);
    assert_int_equal(e.code, ERR_LOGIN);
    assert_non_null(session(token));                                       /* a lock must not be a way to throw people out */
    house_account("sato", PASSWORD, true);
    assert_null(session(token));                                           /* disabled by an administrator */
    house_account("sato", PASSWORD, false);
    assert_null(session(token));                                           /* and what was ended stays so */
    house_account("suzuki", PASSWORD, false);
    token = sign_in("suzuki", PASSWORD, NULL);
    house_account("suzuki", PASSWORD, false);
    assert_null(session(token));                                           /* a first password */
    token = sign_in("suzuki", PASSWORD, NULL);
    char *why;
    assert_int_equal(password_change(house_core, house_mem, session(token), PASSWORD, "Ashita-no-kaze-2", "192.0.2.7", &why, &e), RC_OK);
    assert_null(session(token));                                           /* a new password */
}

/* The table says it, for every command of administrators; the writer asks before the handler, and a token's actor (proof_us 0) never passes. */
static void what_asks_for_a_proof(void **state)
{
    static const char *const always[] = {"record.erase", "token.make"};
    struct actor token = house_as("kanri");
    struct json *args = json_obj(house_mem);
    size_t n = 0;
    (void)state;
    token.proof_us = 0;
    for (size_t i = 0; i < command_n; i++) {
        const struct command *c = &command_table[i];
        bool named = false;
        for (size_t k = 0; k < ARRAY_N(always); k++)
            named = named || strcmp(c->name, always[k]) == 0;
        n += named;
        if ((c->need == CMD_ADMIN || named) != (c->proof == PROOF_ALWAYS))
            fail_msg("%s", c->name);
        if (c->proof == PROOF_ALWAYS)
            assert_string_equal(house_code_of(house_say(&token, c->name, json_obj(house_mem))), "ERR_PROOF");
    }
    assert_int_equal(n, ARRAY_N(always));
    json_set_str(args, "form", "assignment");
    json_set(args, "values", house_obj(mem_fmt(house_mem, "{\"person\":\"%lld\",\"role\":\"core:auditor\",\"from_on\":\"2020-01-01\"}", (long long)house_person("sato"))));
    assert_string_equal(house_code_of(house_say(&token, "record.create", args)), "ok");
    json_set_bool(args, "submit", true);
    assert_string_equal(house_code_of(house_say(&token, "record.create", args)), "ERR_PROOF");
    token.proof_us = clock_now_us() - 14 * 60 * US_PER_S;
    assert_string_equal(house_code_of(house_say(&token, "record.create", args)), "ok");
    token.proof_us = clock_now_us() - 16 * 60 * US_PER_S;
    assert_string_equal(house_code_of(house_say(&token, "record.create", args)), "ERR_PROOF");
}

/* Last: sato leaves. The session that was open opens nothing any more, nor does a sign-in or a token. */
static void whoever_left(void **state)
{
    struct err e = {0};
    struct session *s;
    char *token = sign_in("sato", PASSWORD, NULL), *again;
    bool half;
    struct actor self = actor_of("sato", token);
    struct json *args = json_obj(house_mem);
    char *bearer = crypt_token(house_mem);
    struct reader r = house_reading("kanri");
    struct record rec;
    (void)state;
    json_set_str(args, "name", "t");
    json_set_str(args, "token", bearer);
    house_good(&self, "token.make", args);
    assert_int_equal(session_api(house_core, house_mem, bearer, &s, &e), RC_OK);
    assert_int_equal(record_get(r.db, house_mem, r.set, self.person, &rec, &e), RC_OK);
    core_read_end(&r);
    assert_string_equal(house_code_of(house_ask("kanri", "record.save", self.person, mem_fmt(house_mem, "{\"version\":%lld,\"values\":{\"left_on\":\"2020-03-31\"}}", (long long)rec.version))), "ok");
    assert_string_equal(house_code_of(house_ask("kanri", "record.submit", self.person, mem_fmt(house_mem, "{\"version\":%lld}", (long long)rec.version + 1))), "ok");
    assert_null(session(token));
    assert_int_equal(session_api(house_core, house_mem, bearer, &s, &e), RC_DENIED);
    e.code = ERR_NONE;
    assert_int_equal(session_login(house_core, house_mem, &(struct sign_in){"sato", PASSWORD, "192.0.2.7", NULL, NULL, false}, &again, &half, &e), RC_DENIED);
    assert_int_equal(e.code, ERR_LOGIN);
}

static void names_of_devices(void **state)
{
    static const struct { const char *agent, *name; } all[] = {
        {WINDOWS, "Windows / Chrome"},
        {WINDOWS " Edg/126.0.0.0", "Windows / Edge"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "iPhone / Safari"},
        {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Android / Chrome"},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Linux / Firefox"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Mac / Safari"},
        {"curl/8.5.0", NULL}, {"<script>", NULL}, {"", NULL}, {NULL, NULL}, {"Windows", "Windows"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        const char *got = device_name(house_mem, all[i].agent);
        if (!text_eq(got, all[i].name) && (got != NULL || all[i].name != NULL))
            fail_msg("%s: %s", all[i].agent, got ? got : "(none)");
    }
}

static bool on_pg;
static int house_open(void **state) { (void)state; return house_open_as(on_pg, "[\"trial\"]", NULL); }
static int house_close(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_devices), cmocka_unit_test(listed_and_ended), cmocka_unit_test(what_ends_them_all), cmocka_unit_test(limits), cmocka_unit_test(what_asks_for_a_proof), cmocka_unit_test(whoever_left)};
    int bad = cmocka_run_group_tests_name("sign-in on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("sign-in on PostgreSQL", tests, house_open, house_close);
}
