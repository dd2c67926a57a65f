/* The second factor: begun, asked for, used once, renewed, ended, reset; and proofs that grow old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <liboath/oath.h>
#include "core/core_int.h"
#include "house.h"

#define PASSWORD "Himitsu-no-kagi-1"
#define ADDR "192.0.2.7"

static char *secret;                 /* base32, of suzuki's app */
static char *kept[RECOVERY_N];

/* What the app shows now, or some steps away. */
static char *shown(int steps)
{
    char *raw, code[7];
    size_t n;
    assert_int_equal(oath_base32_decode(secret, strlen(secret), &raw, &n), OATH_OK);
    assert_int_equal(oath_totp_generate(raw, n, (time_t)(clock_now_us() / US_PER_S) + 30 * steps, 30, 0, 6, code), OATH_OK);
    free(raw);
    return mem_strdup(house_mem, code);
}

static int64_t now;
static void later(int64_t s)
{
    now += s * US_PER_S;
    clock_scene_set(now);
}

/* code NULL: the first half only. */
static const char *sign_in(const char *login, const char *code, bool whole, char **ret_token, bool *ret_half)
{
    struct err e = {0};
    const struct sign_in how = {.login = login, .password = PASSWORD, .addr = ADDR, .code = code, .whole = whole};
    return session_login(house_core, house_mem, &how, ret_token, ret_half, &e) == RC_OK ? "ok" : err_info(e.code)->name;
}

static const char *second(const char *half, const char *code, char **ret_token)
{
    struct err e = {0};
    return session_code(house_core, house_mem, half, code, ADDR, ret_token, &e) == RC_OK ? "ok" : err_info(e.code)->name;
}

static bool opens(const char *token)
{
    struct session *s;
    struct err e = {0};
    return session_get(house_core, house_mem, token, &s, &e) == RC_OK;
}

static struct factor factor(const char *login)
{
    struct reader r = house_reading(login);
    struct factor f;
    struct err e = {0};
    assert_int_equal(factor_of(&r, house_person(login), &f, &e), RC_OK);
    core_read_end(&r);
    return f;
}

static const char *confirm(const char *login, const char *ticket, const char *password, const char *code)
{
    struct actor a = house_as(login);
    struct err e = {0};
    const struct proof p = {password, code, ADDR};
    return factor_confirm(house_core, house_mem, &a, ticket, &p, kept, &e) == RC_OK ? "ok" : err_info(e.code)->name;
}

static void begun(void **state)
{
    struct actor a, other;
    struct factor_new n, again;
    char *first, *token;
    bool half;
    (void)state;
    now = clock_now_us();
    later(0);
    house_account("suzuki", PASSWORD, false);
    house_account("sato", PASSWORD, false);
    a = house_as("suzuki");
    other = house_as("sato");
    assert_string_equal(sign_in("suzuki", NULL, false, &first, &half), "ok");
    assert_false(half);
    factor_begin(house_core, house_mem, &a, "北日本 商事", NULL, &n);
    factor_begin(house_core, house_mem, &a, "北日本 商事", n.ticket, &again);
    assert_string_equal(n.secret, again.secret);                      /* a wrong code does not change what the app has read */
    factor_begin(house_core, house_mem, &other, "x", n.ticket, &again);
    assert_string_not_equal(n.secret, again.secret);                  /* a ticket is for one person */
    assert_true(strncmp(n.uri, "otpauth://totp/%E5%8C%97", 24) == 0);
    assert_non_null(strstr(n.uri, ":suzuki?secret="));
    secret = mem_strdup(house_mem, n.secret);
    assert_int_equal(strlen(secret), 32);
    assert_string_equal(confirm("suzuki", n.ticket, "wrong", shown(0)), "ERR_PASSWORD_WRONG");
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, "000000"), "ERR_CODE");
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, shown(3)), "ERR_CODE");
    assert_string_equal(confirm("suzuki", NULL, PASSWORD, shown(0)), "ERR_FACTOR_TICKET");
    assert_string_equal(confirm("sato", n.ticket, PASSWORD, shown(0)), "ERR_FACTOR_TICKET");
    assert_false(factor("suzuki").on);
    later(3601);
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, shown(0)), "ERR_FACTOR_TICKET");
    factor_begin(house_core, house_mem, &a, "x", NULL, &n);
    secret = mem_strdup(house_mem, n.secret);
    assert_string_equal(sign_in("suzuki", NULL, false, &token, &half), "ok");
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, shown(0)), "ok");
    assert_true(factor("suzuki").on);
    assert_int_equal(factor("suzuki").codes_left, RECOVERY_N);
    assert_false(opens(token));                                       /* what was opened with less ends */
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, shown(1)), "ERR_FACTOR");
}

static void asked_for(void **state)
{
    char *half_token, *token, *again;
    bool half;
    (void)state;
    later(120);
    assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ok");
    assert_true(half);
    assert_false(opens(half_token));
    assert_string_equal(second(half_token, "123456", &token), "ERR_CODE");
    assert_string_equal(second(half_token, "", &token), "ERR_CODE");
    assert_string_equal(second(half_token, shown(-2), &token), "ERR_CODE");
    assert_string_equal(second(half_token, shown(2), &token), "ERR_CODE");
    assert_string_equal(second(half_token, shown(-1), &token), "ok");                        /* a clock that is a step slow */
    assert_true(opens(token));
    assert_string_not_equal(token, half_token);
    assert_string_equal(second(half_token, shown(0), &again), "ERR_SESSION");                 /* one sign-in, one code */
    assert_string_equal(second(token, shown(0), &again), "ERR_SESSION");
    assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ok");
    assert_string_equal(second(half_token, shown(-1), &token), "ERR_CODE");                   /* used */
    assert_string_equal(second(half_token, shown(1), &token), "ok");
    assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ok");
    assert_string_equal(second(half_token, shown(0), &token), "ERR_CODE");                    /* before one that was used */
    later(301);
    assert_string_equal(second(half_token, shown(0), &token), "ERR_SESSION");                 /* five minutes are over */
    assert_string_equal(sign_in("suzuki", NULL, true, &token, &half), "ERR_CODE_WANTED");     /* the API in one go */
    assert_string_equal(sign_in("suzuki", "１２", true, &token, &half), "ERR_CODE");
    assert_string_equal(sign_in("suzuki", shown(0), true, &token, &half), "ok");
    assert_false(half);
    assert_true(opens(token));
    assert_string_equal(sign_in("suzuki", shown(0), true, &token, &half), "ERR_CODE");
}

/* Wrong codes count like wrong passwords; a right password between them does not start the count anew. */
static void locked(void **state)
{
    char *half_token, *token;
    bool half;
    (void)state;
    later(120);
    assert_string_equal(sign_in("suzuki", shown(0), true, &token, &half), "ok");
    for (int i = 0; i < 5; i++) {
        assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ok");
        assert_string_equal(second(half_token, "000000", &token), "ERR_CODE");
    }
    assert_string_equal(second(half_token, shown(1), &token), "ERR_LOGIN_LOCKED");
    assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ERR_LOGIN_LOCKED");
    later(3601);
    assert_string_equal(sign_in("suzuki", shown(0), true, &token, &half), "ok");
}

static void recovery(void **state)
{
    struct actor a = house_as("suzuki");
    struct err e = {0};
    char *token, *half_token, *old = mem_strdup(house_mem, kept[7]), *spaced;
    bool half;
    (void)state;
    later(60);
    for (int i = 0; i < RECOVERY_N; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(kept[i] + 2, kept[k] + 2);
    assert_int_equal(strlen(kept[3]), 16);
    assert_string_equal(sign_in("suzuki", kept[3], true, &token, &half), "ok");
    assert_int_equal(factor("suzuki").codes_left, RECOVERY_N - 1);
    assert_string_equal(sign_in("suzuki", kept[3], true, &token, &half), "ERR_CODE");         /* once */
    kept[4][0] = '5';
    assert_string_equal(sign_in("suzuki", kept[4], true, &token, &half), "ERR_CODE");
    spaced = mem_fmt(house_mem, " %c %.4s %.4s%.4s", kept[6][0] , kept[6] + 2, kept[6] + 7, kept[6] + 12);
    for (char *p = spaced; *p != '\0'; p++)
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    assert_string_equal(sign_in("suzuki", NULL, false, &half_token, &half), "ok");
    assert_string_equal(second(half_token, spaced, &token), "ok");
    assert_int_equal(factor_codes(house_core, house_mem, &a, &(struct proof){PASSWORD, "000000", ADDR}, kept, &e), RC_DENIED);
    assert_int_equal(factor_codes(house_core, house_mem, &a, &(struct proof){PASSWORD, shown(0), ADDR}, kept, &e), RC_OK);
    assert_int_equal(factor("suzuki").codes_left, RECOVERY_N);
    assert_string_equal(sign_in("suzuki", old, true, &token, &half), "ERR_CODE");             /* of the former ten */
    assert_string_equal(sign_in("suzuki", kept[0], true, &token, &half), "ok");
}

/* What lies in the database tells nobody the secret, nor a code. */
static void sealed(void **state)
{
    struct reader r = house_reading("kanri");
    struct q_totp_of row;
    struct err e = {0};
    bool found;
    char *raw;
    size_t n;
    (void)state;
    assert_int_equal(q_totp_of(r.db, house_mem, house_person("suzuki"), &row, &found, &e), RC_OK);
    assert_int_equal(oath_base32_decode(secret, strlen(secret), &raw, &n), OATH_OK);
    assert_null(memmem(row.secret.p, row.secret.n, raw, n));
    assert_null(memmem(row.secret.p, row.secret.n, secret, 32));
    struct q_recovery_get rec;
    assert_int_equal(q_recovery_get(r.db, house_mem, house_person("suzuki"), 1, &rec, &found, &e), RC_OK);
    assert_true(found && strncmp(rec.hash, "$argon2id$", 10) == 0);
    free(raw);
    core_read_end(&r);
}

static const char *reset(const char *by, const char *who, const char *reason)
{
    struct actor a = house_as(by);
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "person", house_person(who));
    json_set_str(args, "reason", reason);
    return house_code_of(house_say(&a, "totp.reset", args));
}

static void ended_and_reset(void **state)
{
    struct actor a = house_as("suzuki");
    struct factor_new n;
    struct err e = {0};
    struct q_note_of_rows notes;
    char *token;
    bool half;
    (void)state;
    later(60);
    assert_int_equal(factor_off(house_core, house_mem, &a, &(struct proof){"wrong", shown(0), ADDR}, &e), RC_INVALID);
    assert_int_equal(factor_off(house_core, house_mem, &a, &(struct proof){PASSWORD, NULL, ADDR}, &e), RC_DENIED);
    assert_true(factor("suzuki").on);
    assert_int_equal(factor_off(house_core, house_mem, &a, &(struct proof){PASSWORD, shown(0), ADDR}, &e), RC_OK);
    assert_false(factor("suzuki").on);
    assert_string_equal(sign_in("suzuki", NULL, true, &token, &half), "ok");
    assert_string_equal(reset("kanri", "suzuki", "紛失"), "ERR_FACTOR");
    later(60);
    factor_begin(house_core, house_mem, &a, "x", NULL, &n);
    secret = mem_strdup(house_mem, n.secret);
    assert_string_equal(confirm("suzuki", n.ticket, PASSWORD, shown(0)), "ok");
    later(60);
    assert_string_equal(sign_in("suzuki", shown(0), true, &token, &half), "ok");
    assert_string_equal(reset("kanri", "suzuki", " "), "ERR_REASON");
    assert_string_equal(reset("sato", "suzuki", "紛失"), "ERR_DENIED");
    assert_string_equal(reset("kanri", "kanri", "紛失"), "ERR_DENIED");               /* one's own ends with a code */
    assert_string_equal(reset("kanri", "suzuki", "スマートフォンを紛失"), "ok");
    assert_false(opens(token));
    assert_string_equal(sign_in("suzuki", NULL, true, &token, &half), "ok");
    struct reader r = house_reading("suzuki");
    assert_int_equal(q_note_of(r.db, house_mem, house_person("suzuki"), &notes, &e), RC_OK);
    core_read_end(&r);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.v[0].reason, "スマートフォンを紛失");
    assert_true(notes.v[0].seen_at_null);
    house_good(&a, "account.seen", json_obj(house_mem));
    r = house_reading("suzuki");
    assert_int_equal(q_note_of(r.db, house_mem, house_person("suzuki"), &notes, &e), RC_OK);
    core_read_end(&r);
    assert_false(notes.v[0].seen_at_null);
}

static void proofs_grow_old(void **state)
{
    struct actor old = house_as("kanri"), token = house_as("kanri");
    struct json *args = house_obj("{\"settings\":{}}");
    char *t;
    bool half;
    struct err e = {0};
    struct session *s;
    (void)state;
    old.proof_us = now - 15 * 60 * US_PER_S;
    token.proof_us = 0;
    assert_string_equal(house_code_of(house_say(&old, "set.settings", args)), "ok");
    old.proof_us--;
    assert_string_equal(house_code_of(house_say(&old, "set.settings", args)), "ERR_PROOF");
    assert_string_equal(house_code_of(house_say(&token, "set.settings", args)), "ERR_PROOF");         /* a token proves nothing */
    assert_string_equal(sign_in("sato", NULL, false, &t, &half), "ok");
    assert_int_equal(session_get(house_core, house_mem, t, &s, &e), RC_OK);
    assert_int_equal(s->strong_at, now);
    later(600);
    assert_int_equal(session_prove(house_core, house_mem, t, s->person, &(struct proof){"wrong", NULL, ADDR}, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_PASSWORD_WRONG);
    assert_int_equal(session_prove(house_core, house_mem, t, s->person, &(struct proof){NULL, "123456", ADDR}, &e), RC_DENIED);
    assert_int_equal(session_prove(house_core, house_mem, t, s->person, &(struct proof){PASSWORD, NULL, ADDR}, &e), RC_OK);
    assert_int_equal(session_get(house_core, house_mem, t, &s, &e), RC_OK);
    assert_int_equal(s->strong_at, now);
}

static void rescued(void **state)
{
    struct actor a = house_as("sato");
    struct factor_new n;
    struct err e = {0};
    char *token;
    bool half, had;
    (void)state;
    later(60);
    factor_begin(house_core, house_mem, &a, "x", NULL, &n);
    secret = mem_strdup(house_mem, n.secret);
    assert_string_equal(confirm("sato", n.ticket, PASSWORD, shown(0)), "ok");
    for (int i = 0; i < 5; i++)
        (void)sign_in("sato", "000000", true, &token, &half);
    assert_string_equal(sign_in("sato", shown(1), true, &token, &half), "ERR_LOGIN_LOCKED");
    assert_int_equal(core_rescue(house_core, house_mem, "dareka", "x", &had, &e), RC_NOTFOUND);
    assert_int_equal(core_rescue(house_core, house_mem, "sato", PASSWORD, &had, &e), RC_OK);
    assert_true(had);
    assert_string_equal(sign_in("sato", NULL, true, &token, &half), "ok");
    clock_scene_set(0);
}

static bool on_pg;
static int house_open(void **state) { (void)state; return house_open_as(on_pg, "[\"trial\"]", NULL); }
static int house_close(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(begun), cmocka_unit_test(asked_for), cmocka_unit_test(locked), cmocka_unit_test(recovery), cmocka_unit_test(sealed),
                                       cmocka_unit_test(ended_and_reset), cmocka_unit_test(proofs_grow_old), cmocka_unit_test(rescued)};
    int bad = cmocka_run_group_tests_name("second factor on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("second factor on PostgreSQL", tests, house_open, house_close);
}
