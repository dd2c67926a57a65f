/* The open house as a whole, without HTTP: set up with the small packs of tests/core/packs, then who stands above whom, who may see and
 * do what, what checks say after a write, sign-in, attachments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"
#include "house.h"

/* ---- the organisation ---- */

static void who_stands_where(void **state)
{
    struct reader r = house_reading("suzuki");
    struct err e = {0};
    int64_t id;
    (void)state;
    assert_int_equal(org_head(r.db, house_mem, house_dept("営業一課"), r.today, &id, &e), RC_OK);
    assert_int_equal(id, house_person("kacho"));
    assert_int_equal(org_head(r.db, house_mem, house_dept("総務部"), r.today, &id, &e), RC_OK);
    assert_int_equal(id, 0);
    assert_int_equal(org_parent(r.db, house_dept("営業一課"), &id, &e), RC_OK);
    assert_int_equal(id, house_dept("営業部"));
    assert_int_equal(org_department_of(r.db, house_person("suzuki"), r.today, &id, &e), RC_OK);
    assert_int_equal(id, house_dept("営業一課"));
    core_read_end(&r);
}

static bool holds(struct reader *r, int64_t person, const char *role, const char *on)
{
    struct err e = {0};
    bool yes;
    assert_int_equal(org_holds_set(r->db, r->set, person, role, on, &yes, &e), RC_OK);
    return yes;
}

static void roles_that_are_the_same(void **state)
{
    struct reader r = house_reading("suzuki");
    (void)state;
    assert_true(holds(&r, house_person("sekinin"), "trial:chief", r.today));
    assert_true(holds(&r, house_person("sekinin"), "core:security_officer", r.today));          /* through `is:` */
    assert_false(holds(&r, house_person("suzuki"), "core:security_officer", r.today));
    assert_true(holds(&r, house_person("kanri"), "administrator", r.today));
    assert_false(holds(&r, house_person("kanri"), "administrator", "2000-01-01"));              /* not yet */
    assert_true(holds(&r, house_person("suzuki"), "employee", r.today));
    assert_false(holds(&r, house_person("taishoku"), "employee", r.today));                     /* left */
    assert_false(holds(&r, house_person("taishoku"), "it_admin", r.today));
    assert_true(holds(&r, house_person("kacho"), "head_of_department", r.today));
    assert_false(holds(&r, house_person("suzuki"), "head_of_department", r.today));
    core_read_end(&r);
}

static int64_t waiting_at(int64_t record)
{
    struct reader r = house_reading("kanri");
    struct err e = {0};
    struct step_infos steps = VEC_INIT(house_mem);
    assert_int_equal(record_steps(&r, record, &steps, &e), RC_OK);
    int64_t who = steps.n == 1 && steps.v[0].who_n == 1 ? steps.v[0].who[0].person : -1;
    core_read_end(&r);
    return who;
}

static void nobody_approves_themselves(void **state)
{
    const char *values = "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}";
    (void)state;
    int64_t t = house_make("suzuki", "takeout", values, NULL);
    assert_int_equal(waiting_at(t), house_person("kacho"));
    assert_string_equal(house_act("suzuki", "record.approve", t, NULL), "ERR_SELF_APPROVAL");
    assert_string_equal(house_act("bucho", "record.approve", t, NULL), "ERR_NOT_YOUR_STEP");
    assert_string_equal(house_act("sato", "record.approve", t, NULL), "ERR_RECORD_MISSING");                    /* does not even see it */
    assert_string_equal(house_act("kacho", "record.approve", t, NULL), "ok");
    assert_int_equal(waiting_at(house_make("kacho", "takeout", values, NULL)), house_person("bucho"));                 /* climbs */
    assert_int_equal(waiting_at(house_make("bucho", "takeout", values, NULL)), house_person("shacho"));
    assert_int_equal(waiting_at(house_make("sato", "takeout", values, NULL)), house_person("shacho"));                 /* vacant: the next above */
    int64_t top = house_make("shacho", "takeout", values, NULL);
    assert_int_equal(waiting_at(top), house_person("shagai"));                                                   /* the post that the core names */
    assert_string_equal(house_act("shacho", "record.approve", top, NULL), "ERR_SELF_APPROVAL");
}

/* ---- permission ---- */

static bool may(const char *login, enum permit p, int64_t record)
{
    struct reader r = house_reading(login);
    struct err e = {0};
    struct record rec;
    const struct grant *g;
    assert_int_equal(record_get(r.db, house_mem, r.set, record, &rec, &e), RC_OK);
    bool ok = perm_check(r.db, house_mem, r.set, &r.actor, p, rec.form, &rec, r.today, &g, &e) == RC_OK;
    core_read_end(&r);
    return ok;
}

static bool may_make(const char *login, const char *form)
{
    struct reader r = house_reading(login);
    struct err e = {0};
    const struct grant *g;
    bool ok = perm_check(r.db, house_mem, r.set, &r.actor, PERMIT_MAKE, pack_form(r.set, form), NULL, r.today, &g, &e) == RC_OK;
    core_read_end(&r);
    return ok;
}

static void who_sees_what(void **state)
{
    static const struct { const char *login; bool department, route; } all[] = {
        {"suzuki", true, true}, {"kacho", true, false}, {"bucho", true, false}, {"shacho", true, false}, {"sato", false, false},
        {"kanri", true, true}, {"kansa", true, true}, {"sekinin", true, true}, {"taishoku", false, false}, {"shagai", false, false}};
    (void)state;
    int64_t t = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}", NULL);
    struct json *v = json_obj(house_mem);
    int64_t a = house_make("suzuki", "asset", mem_fmt(house_mem, "{\"name\":\"名簿\",\"dept\":\"%lld\",\"confidentiality\":\"c0\"}", (long long)house_dept("営業一課")), NULL);
    json_set_i64(v, "asset", a);
    int64_t i = house_make("suzuki", "inspection", json_text(house_mem, v), NULL);
    for (size_t k = 0; k < ARRAY_N(all); k++) {
        if (may(all[k].login, PERMIT_SEE, t) != all[k].department)
            fail_msg("%s sees a department record: %d", all[k].login, !all[k].department);
        if (may(all[k].login, PERMIT_SEE, i) != all[k].route)
            fail_msg("%s sees a route record: %d", all[k].login, !all[k].route);
    }
}

static void who_does_what(void **state)
{
    (void)state;
    int64_t t = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}", NULL);
    assert_true(may("kacho", PERMIT_ACT, t));
    assert_false(may("bucho", PERMIT_ACT, t));
    assert_false(may("kanri", PERMIT_ACT, t));                       /* an administrator does not approve */
    assert_true(may("suzuki", PERMIT_EDIT, t));
    assert_false(may("kacho", PERMIT_EDIT, t));
    assert_false(may("kanri", PERMIT_EDIT, t));
    assert_true(may("kanri", PERMIT_VOID, t));
    assert_true(may("sekinin", PERMIT_VOID, t));
    assert_false(may("suzuki", PERMIT_VOID, t));                     /* in its route: withdraw first */
    assert_false(may("kansa", PERMIT_VOID, t));
    assert_true(may("kanri", PERMIT_ERASE, t));
    assert_false(may("sekinin", PERMIT_ERASE, t));
    assert_true(may_make("kanri", "person"));
    assert_false(may_make("suzuki", "person"));
    assert_true(may_make("suzuki", "takeout"));
    assert_false(may_make("taishoku", "takeout"));                   /* left */
    struct actor s = house_as("suzuki");
    assert_string_equal(house_code_of(house_say(&s, "account.set", house_obj("{\"person\":1,\"login\":\"x\"}"))), "ERR_DENIED");
}

/* A database that cannot answer is no "no" and no "yes": every permission question on it is an error of ours, whoever asks. */
static void an_error_is_no_answer(void **state)
{
    (void)state;
    int64_t t = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}", NULL);
    struct reader r = house_reading("suzuki");
    struct err e = {0};
    struct record rec;
    struct db *sound = r.db, *bare;
    const struct grant *g = NULL;
    bool yes, all;
    int64_t *ids;
    size_t n;
    const char **acts;
    assert_int_equal(record_get(r.db, house_mem, r.set, t, &rec, &e), RC_OK);
    assert_int_equal(db_open(house_mem, mem_fmt(house_mem, "%s/bare.sqlite", house_dir()), NULL, DB_WRITER, &bare, &e), RC_OK);
    for (enum permit p = PERMIT_SEE; p < PERMIT__N; p++) {
        e = (struct err){0};
        enum rc rc = perm_check(bare, house_mem, r.set, &r.actor, p, rec.form, &rec, r.today, &g, &e);
        assert_null(g);
        assert_int_equal(rc, RC_FAIL);
        assert_int_equal(err_info(e.code)->http, 500);
    }
    r.db = bare;
    e = (struct err){0};
    yes = true;
    assert_int_equal(perm_may(&r, PERMIT_EDIT, rec.form, &rec, &yes, &e), RC_FAIL);
    assert_false(yes);
    assert_int_equal(perm_see(&r, t, &rec, &g, &e), RC_FAIL);
    assert_int_not_equal(e.code, ERR_RECORD_MISSING);
    assert_int_equal(perm_departments(bare, house_mem, r.set, &r.actor, rec.form, r.today, &all, &ids, &n, &e), RC_FAIL);
    assert_int_equal(record_may(&r, &rec, &acts, &n, &e), RC_FAIL);
    assert_int_equal(n, 0);
    r.db = sound;
    assert_int_equal(perm_may(&r, PERMIT_ADMIN, NULL, NULL, &yes, &e), RC_OK);          /* a refusal is an answer */
    assert_false(yes);
    assert_int_equal(perm_may(&r, PERMIT_EDIT, rec.form, &rec, &yes, &e), RC_OK);
    assert_true(yes);
    core_read_end(&r);
    talloc_free(bare);
}

static void roles_that_exclude_each_other(void **state)
{
    const char *code;
    (void)state;
    int64_t it = house_make("kanri", "assignment", "{\"person\":\"佐藤\",\"role\":\"システム管理者\",\"from_on\":\"2026-01-01\"}", NULL);      /* by its name */
    house_make("kanri", "assignment", "{\"person\":\"佐藤\",\"role\":\"auditor\",\"from_on\":\"2026-01-01\"}", &code);
    assert_string_equal(code, "ERR_EXCLUSIVE_ROLE");
    house_make("kanri", "assignment", "{\"person\":\"佐藤\",\"role\":\"魔法使い\",\"from_on\":\"2026-01-01\"}", &code);
    assert_string_equal(code, "ERR_FIELDS");
    house_make("suzuki", "assignment", "{\"person\":\"鈴木\",\"role\":\"administrator\",\"from_on\":\"2026-01-01\"}", &code);
    assert_string_equal(code, "ERR_DENIED");
    assert_string_equal(house_act("kanri", "record.void", it, NULL), "ok");
    int64_t audit = house_make("kanri", "assignment", "{\"person\":\"佐藤\",\"role\":\"auditor\",\"from_on\":\"2026-01-01\"}", NULL);
    assert_string_equal(house_act("kanri", "record.void", audit, NULL), "ok");
}

/* ---- checks ---- */

static const char *article(const char *id)
{
    static const char *const names[] = {"ok", "bad", "unknown", "excepted", "none"};
    struct reader r = house_reading("kanri");
    struct article_states all = VEC_INIT(house_mem);
    struct err e = {0};
    const char *found = "?";
    int64_t as_of;
    if (conformity(&r, "trial", &all, &as_of, &e) != RC_OK)
        fail_msg("conformity: %s", e.detail);
    for (size_t i = 0; i < all.n; i++)
        if (strcmp(all.v[i].article, id) == 0)
            found = names[all.v[i].state];
    core_read_end(&r);
    return found;
}

static const char *verdict(const char *check, int64_t subject)
{
    struct reader r = house_reading("kanri");
    struct q_verdict_get v;
    struct err e = {0};
    bool found;
    core_read_end(&r);
    core_settle(house_core);
    r = house_reading("kanri");
    if (q_verdict_get(r.db, house_mem, check, subject, &v, &found, &e) != RC_OK)
        fail_msg("%s", e.detail);
    core_read_end(&r);
    return found ? v.state : "-";
}

static size_t open_tasks(int64_t record)
{
    struct reader r = house_reading("kanri");
    struct task_infos all = VEC_INIT(house_mem);
    struct err e = {0};
    size_t n = 0;
    assert_int_equal(task_of_record(&r, record, &all, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        n += strcmp(all.v[i].state, "open") == 0 && strchr(all.v[i].name, ':') != NULL;
    core_read_end(&r);
    return n;
}

static int64_t asset(const char *name, const char *level, const char *reviewed)
{
    struct json *v = json_obj(house_mem);
    json_set_str(v, "name", name);
    json_set_i64(v, "dept", house_dept("営業一課"));
    json_set_str(v, "confidentiality", level);
    if (reviewed != NULL)
        json_set_str(v, "reviewed_on", reviewed);
    return house_make("suzuki", "asset", json_text(house_mem, v), NULL);
}

static int64_t inspection(int64_t of, bool is_good)
{
    return house_make("suzuki", "inspection", mem_fmt(house_mem, "{\"asset\":\"%lld\",\"good\":\"%d\"}", (long long)of, is_good), NULL);
}

static void every_asset(void **state)
{
    char today[CIVIL_TEXT_N];
    (void)state;
    civil_text(civil_of_us(clock_now_us()), today);
    int64_t fresh = asset("新しい", "c2", today), old = asset("古い", "c2", "2020-01-01"), never = asset("未実施", "c2", NULL), open = asset("公開", "c0", NULL);
    assert_string_equal(verdict("trial:reviewed", fresh), "ok");
    assert_string_equal(verdict("trial:reviewed", old), "bad");
    assert_string_equal(verdict("trial:reviewed", never), "unknown");
    assert_string_equal(verdict("trial:reviewed", open), "na");
    assert_string_equal(article("1"), "bad");
    assert_true(open_tasks(old) >= 1);
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "record", old);
    json_set(args, "values", house_obj(mem_fmt(house_mem, "{\"reviewed_on\":\"%s\"}", today)));
    struct actor s = house_as("suzuki");
    house_good(&s, "record.save", args);
    assert_string_equal(verdict("trial:reviewed", old), "bad");              /* a draft changes no check */
    house_good(&s, "record.submit", args);
    assert_string_equal(verdict("trial:reviewed", old), "ok");
}

static void other_forms_touch(void **state)
{
    (void)state;
    int64_t a = asset("点検対象", "c0", NULL), b = asset("別の対象", "c0", NULL);
    assert_string_equal(verdict("trial:inspected", a), "bad");
    size_t before = open_tasks(a);
    assert_true(before >= 1);
    inspection(a, false);
    assert_string_equal(verdict("trial:inspected", a), "bad");
    inspection(a, true);
    assert_string_equal(verdict("trial:inspected", a), "ok");
    assert_int_equal(open_tasks(a), before - 1);
    assert_string_equal(verdict("trial:inspected", b), "bad");
    int64_t unnamed = asset("未定", "c0", NULL);
    assert_string_equal(verdict("trial:no-open-name", unnamed), "bad");
    assert_string_equal(verdict("trial:no-open-name", b), "ok");
    assert_string_equal(house_act("kanri", "record.void", unnamed, NULL), "ok");
    assert_string_equal(verdict("trial:no-open-name", unnamed), "-");
    assert_string_equal(article("2"), "bad");
}

static void a_wide_check(void **state)
{
    struct reader r = house_reading("kanri");
    struct sql *s = sql_new(house_mem);
    struct db_rows *rows;
    struct err e = {0};
    bool more;
    (void)state;
    sql_lit(s, "SELECT record FROM f_organization WHERE slot = 0");
    assert_int_equal(db_query(r.db, house_mem, s, &rows, &e), RC_OK);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    int64_t org = db_i64(rows, 0);
    db_rows_end(rows);
    core_read_end(&r);
    int64_t a = asset("人数", "c0", NULL);
    inspection(a, true);
    inspection(a, true);
    assert_string_equal(verdict("trial:crowd", org), "ok");
    assert_string_equal(verdict("trial:crowd", 0), "-");                     /* nothing is left to do */
}

static void a_deadline(void **state)
{
    (void)state;
    int64_t late = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2020-01-01\"}", NULL);
    int64_t early = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2090-01-01\"}", NULL);
    assert_string_equal(verdict("trial:returned", late), "-");               /* not in force yet */
    assert_string_equal(house_act("kacho", "record.approve", late, NULL), "ok");
    assert_string_equal(house_act("kacho", "record.approve", early, NULL), "ok");
    assert_string_equal(verdict("trial:returned", late), "bad");
    assert_string_equal(verdict("trial:returned", early), "ok");
    assert_string_equal(article("3"), "bad");
    assert_string_equal(house_act("suzuki", "record.fill", late, "{\"returned_on\":\"2026-01-05\"}"), "ok");
    assert_string_equal(verdict("trial:returned", late), "ok");
    assert_string_equal(article("3"), "ok");
    assert_string_equal(article("4"), "unknown");                            /* nobody declared it */
    assert_string_equal(article("5"), "none");
}

/* Judging everything anew finds what judging bit by bit found. */
static void full_equals_step_by_step(void **state)
{
    struct err e = {0};
    struct sql *s = sql_new(house_mem);
    struct buf *was[2];
    (void)state;
    sql_lit(s, "SELECT chk, subject, state, since_us FROM verdict ORDER BY chk, subject");
    for (int i = 0; i < 2; i++) {
        core_settle(house_core);
        struct reader r = house_reading("kanri");
        struct db_rows *rows;
        bool more;
        was[i] = buf_new(house_mem, 1 << 20);
        assert_int_equal(db_query(r.db, house_mem, s, &rows, &e), RC_OK);
        for (;;) {
            assert_int_equal(db_next(rows, &more, &e), RC_OK);
            if (!more)
                break;
            buf_fmt(was[i], "%s %lld %s %lld\n", db_text(rows, 0), (long long)db_i64(rows, 1), db_text(rows, 2), (long long)db_i64(rows, 3));
        }
        core_read_end(&r);
        if (i == 0 && check_full(house_core, &e) != RC_OK)
            fail_msg("check_full: %s", e.detail);
    }
    assert_true(was[0]->n > 100);
    assert_string_equal(was[0]->p, was[1]->p);
}

/* ---- sign-in ---- */

static enum err_code login(const char *name, const char *password, char **ret_token)
{
    struct err e = {0};
    char *token = NULL;
    bool half;
    enum rc rc = session_login(house_core, house_mem, &(struct sign_in){name, password, "192.0.2.1", NULL, NULL, false}, &token, &half, &e);
    if (ret_token != NULL)
        *ret_token = token;
    return rc == RC_OK ? ERR_NONE : e.code;
}

static void sign_in(void **state)
{
    struct err e = {0};
    struct session *s;
    char *token, *second;
    (void)state;
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", &token), ERR_NONE);
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", &second), ERR_NONE);
    assert_string_not_equal(token, second);
    assert_int_equal(session_get(house_core, house_mem, token, &s, &e), RC_OK);
    assert_int_equal(s->person, house_person("kanri"));
    assert_true(s->privileged);
    assert_int_equal(strlen(s->csrf), 43);
    assert_int_equal(session_logout(house_core, token, &e), RC_OK);
    assert_int_equal(session_get(house_core, house_mem, token, &s, &e), RC_DENIED);
    assert_int_equal(session_get(house_core, house_mem, second, &s, &e), RC_OK);
    assert_int_equal(session_get(house_core, house_mem, "x", &s, &e), RC_DENIED);
    assert_int_equal(session_get(house_core, house_mem, "0000000000000000000000000000000000000000000", &s, &e), RC_DENIED);
    assert_int_equal(login("nobody", "Himitsu-no-kagi-1", NULL), ERR_LOGIN);
    assert_int_equal(login("kanri", "wrong", NULL), ERR_LOGIN);
    assert_int_equal(login("suzuki", "wrong", NULL), ERR_LOGIN);                /* has no password yet */
}

static void lock_out(void **state)
{
    (void)state;
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", NULL), ERR_NONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(login("kanri", "wrong", NULL), ERR_LOGIN);
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", NULL), ERR_NONE);      /* a good one in between starts the count anew */
    for (int i = 0; i < 3; i++)
        assert_int_equal(login("kanri", "wrong", NULL), ERR_LOGIN);
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", NULL), ERR_LOGIN_LOCKED);
}

/* A name that nobody has is locked as well, in as many tries as some account that exists: the lock does not tell who has an account. */
static void unknown_names_are_locked(void **state)
{
    enum { NAMES = 40 };                                       /* all of one kind by chance: 2^-39 */
    int of[9] = {0};
    (void)state;
    for (size_t k = 0; k < NAMES; k++) {
        int tries = 0;
        struct err e = {0};
        char *token;
        bool half;
        for (e.code = ERR_LOGIN; e.code == ERR_LOGIN && tries < 8; tries++)
            (void)!session_login(house_core, house_mem, &(struct sign_in){mem_fmt(house_mem, "dareka-%zu", k), "wrong", mem_fmt(house_mem, "192.0.2.%zu", 10 + k), NULL, NULL, false}, &token, &half, &e);
        assert_int_equal(e.code, ERR_LOGIN_LOCKED);
        of[tries]++;
    }
    assert_int_equal(of[4] + of[6], NAMES);           /* 3 as privileged ones, 5 as general ones */
    assert_int_not_equal(of[4], 0);
    assert_int_not_equal(of[6], 0);
}

/* Tries that were begun before the lock fell do not lift it, and a right guess among them opens nothing. */
static void the_lock_stands(void **state)
{
    struct actor nobody = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "sign-in"};
    struct json *bad = house_obj("{}"), *good = house_obj("{}");
    struct q_login_of acc;
    struct err e = {0};
    bool found;
    (void)state;
    struct reader r = house_reading("kanri");
    assert_int_equal(q_login_of(r.db, house_mem, house_person("kanri"), &acc, &found, &e), RC_OK);
    core_read_end(&r);
    json_set_i64(bad, "person", house_person("kanri"));
    for (int i = 0; i < 7; i++)
        house_good(&nobody, "login.failed", bad);
    json_set_i64(good, "person", house_person("kanri"));
    json_set_str(good, "verified", acc.hash);
    json_set_str(good, "token", "x");
    json_set_str(good, "csrf", "y");
    assert_string_equal(house_code_of(house_say(&nobody, "login", good)), "ERR_LOGIN_LOCKED");
    assert_int_equal(login("kanri", "Himitsu-no-kagi-1", NULL), ERR_LOGIN_LOCKED);
}

static const char *password(const char *who, bool privileged, const char *text)
{
    struct reader r = house_reading("kanri");
    struct err e = {0};
    char *why;
    enum rc rc = password_check(r.db, house_mem, r.set, house_person(who), privileged, text, &why, &e);
    core_read_end(&r);
    return rc == RC_OK ? "ok" : err_info(e.code)->name;
}

static void password_figures(void **state)
{
    (void)state;
    assert_string_equal(password("suzuki", false, "Kaze-no-9x"), "ok");
    assert_string_equal(password("suzuki", false, "Kaze-no-9"), "ERR_PASSWORD_WEAK");                       /* 9 of 10 characters */
    assert_string_equal(password("suzuki", true, "Kaze-no-9x"), "ERR_PASSWORD_WEAK");                       /* 12 when privileged */
    assert_string_equal(password("suzuki", true, "Kaze-no-9x-yz"), "ok");
    assert_string_equal(password("suzuki", false, "kaze-no-9x"), "ERR_PASSWORD_WEAK");
    assert_string_equal(password("suzuki", false, "KAZE-NO-9X"), "ERR_PASSWORD_WEAK");
    assert_string_equal(password("suzuki", false, "Kaze-no-xx"), "ERR_PASSWORD_WEAK");
    assert_string_equal(password("suzuki", false, "Kazeno9xyz"), "ERR_PASSWORD_WEAK");
    assert_string_equal(password("suzuki", false, "Suzuki-no-9x"), "ERR_PASSWORD_WEAK");                    /* the login inside */
    assert_string_equal(password("suzuki", false, "Password-1"), "ERR_PASSWORD_WEAK");
    assert_string_equal(password("kanri", true, "Himitsu-no-kagi-1"), "ERR_PASSWORD_REUSED");
}

static const char *changed(const char *who, const char *now, const char *next)
{
    struct session s = {.person = house_person(who), .login = who};
    struct err e = {0};
    char *why;
    return password_change(house_core, house_mem, &s, now, next, "192.0.2.7", &why, &e) == RC_OK ? "ok" : err_info(e.code)->name;
}

static struct json *account(const char *who, const char *text)
{
    struct err e = {0};
    char *hash;
    struct json *args = house_obj("{}");
    assert_int_equal(crypt_password_hash(house_mem, text, &hash, &e), RC_OK);
    json_set_i64(args, "person", house_person(who));
    json_set_str(args, "login", who);
    json_set_str(args, "hash", hash);
    return args;
}

/* Core itself asks for the present password. Who says that it was right without knowing it, or for somebody else, gets nowhere. */
static void ones_own_password(void **state)
{
    struct actor admin = house_as("kanri"), self = house_as("kacho"), sys = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "x"};
    struct session *s;
    struct err e = {0};
    char *token;
    (void)state;
    struct json *args = account("kacho", "Kaze-no-mi-9x");
    house_good(&admin, "account.set", args);
    assert_int_equal(login("kacho", "Kaze-no-mi-9x", &token), ERR_NONE);
    assert_string_equal(house_code_of(house_say(&self, "password.set", args)), "ERR_LOGIN");                 /* nothing verified */
    json_set_str(args, "verified", json_get_str(account("kacho", "Kaze-no-mi-9x"), "hash"));                  /* another salt */
    assert_string_equal(house_code_of(house_say(&self, "password.set", args)), "ERR_LOGIN");
    json_set_str(args, "verified", json_get_str(args, "hash"));
    assert_string_equal(house_code_of(house_say(&admin, "password.set", args)), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&sys, "password.set", args)), "ERR_DENIED");
    json_set_null(args, "hash");
    assert_string_equal(house_code_of(house_say(&self, "password.set", args)), "ERR_COMMAND");
    assert_string_equal(house_code_of(house_say(&admin, "account.set", account("kanri", "Atarashii-9-kagi"))), "ERR_PASSWORD_OWN");
    assert_string_equal(changed("kacho", "Kaze-no-mi-8x", "Umi-no-oto-7y"), "ERR_LOGIN");
    assert_string_equal(changed("kacho", "Kaze-no-mi-9x", "umi"), "ERR_PASSWORD_WEAK");
    assert_string_equal(changed("kacho", "Kaze-no-mi-9x", "Kaze-no-mi-9x"), "ERR_PASSWORD_REUSED");
    assert_int_equal(session_get(house_core, house_mem, token, &s, &e), RC_OK);
    assert_true(s->must_change);
    assert_string_equal(changed("kacho", "Kaze-no-mi-9x", "Umi-no-oto-7y"), "ok");
    assert_int_equal(session_get(house_core, house_mem, token, &s, &e), RC_DENIED);
    assert_int_equal(login("kacho", "Kaze-no-mi-9x", NULL), ERR_LOGIN);
    for (int i = 0; i < 4; i++)                                            /* with the sign-in just refused: five */
        assert_string_equal(changed("kacho", "wrong", "Yama-no-oto-7y"), "ERR_LOGIN");
    assert_string_equal(changed("kacho", "Umi-no-oto-7y", "Yama-no-oto-7y"), "ERR_LOGIN_LOCKED");
    assert_int_equal(login("kacho", "Umi-no-oto-7y", NULL), ERR_LOGIN_LOCKED);
    assert_string_equal(house_code_of(house_say(&self, "password.set", account("kacho", "Yama-no-oto-7y"))), "ERR_LOGIN_LOCKED");
}

/* ---- attachments ---- */

static const char *attach(const char *login_name, int64_t record, const char *name, const char *bytes, const char *path, int64_t *ret_id)
{
    struct answer *ans = house_attach_from(login_name, record, name, bytes, path);
    *ret_id = json_get_i64(ans->body, "attachment", 0);
    return house_code_of(ans);
}

static void attachments_of_a_record(void **state)
{
    int64_t id, none;
    struct attachment at;
    struct err e = {0};
    (void)state;
    int64_t t = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}", NULL);
    assert_string_equal(attach("suzuki", t, "見積.pdf", "%PDF-1.7 見積", NULL, &id), "ok");
    assert_string_equal(attach("suzuki", t, "見積.png", "%PDF-1.7 見積", NULL, &none), "ERR_ATTACHMENT");
    assert_string_equal(attach("suzuki", t, "../見積.pdf", "%PDF-1.7 見積", NULL, &none), "ERR_ATTACHMENT");
    assert_string_equal(attach("suzuki", t, "a.txt", "text", "/etc/passwd", &none), "ERR_DENIED");
    assert_string_equal(attach("suzuki", t, "a.txt", "text", mem_fmt(house_mem, "%s/attachments/tmp/../../daicho.db", house_dir()), &none), "ERR_DENIED");
    assert_string_equal(attach("sato", t, "a.txt", "text", NULL, &none), "ERR_RECORD_MISSING");
    assert_string_equal(attach("kansa", t, "a.txt", "text", NULL, &none), "ERR_DENIED");                   /* reads, but does not add */
    struct reader r = house_reading("kacho");
    struct str data;
    assert_int_equal(attach_get(&r, id, &at, &e), RC_OK);
    assert_string_equal(at.name, "見積.pdf");
    assert_int_equal(file_read(house_mem, at.path, 1000, &data, &e), RC_OK);
    assert_int_equal(data.n, strlen("%PDF-1.7 見積"));
    core_read_end(&r);
    r = house_reading("sato");
    assert_int_equal(attach_get(&r, id, &at, &e), RC_NOTFOUND);
    core_read_end(&r);
}

/* ---- search ---- */

static void found_by_its_words(void **state)
{
    struct err e = {0};
    struct db_rows *rows;
    bool more;
    (void)state;
    int64_t a = asset("顧客名簿ﾃﾞｰﾀ", "c0", NULL);
    core_settle(house_core);
    const char *const cols[] = {"record"};
    struct list_query q = {.table = "f_asset", .cols = cols, .cols_n = 1, .search = text_fold(house_mem, "名簿データ"), .limit = 10};
    struct reader r = house_reading("kanri");
    assert_int_equal(db_list(r.db, house_mem, &q, &rows, &e), RC_OK);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    assert_true(more);
    assert_int_equal(db_i64(rows, 0), a);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    assert_false(more);
    q.search = text_fold(house_mem, "顧客台帳");
    assert_int_equal(db_list(r.db, house_mem, &q, &rows, &e), RC_OK);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    assert_false(more);
    core_read_end(&r);
}

/* ---- the ledger ---- */

/* Last: everything that the tests above did is bound by the ledger, before and after an erasure. */
static void the_whole_house_verifies(void **state)
{
    struct err e = {0};
    struct ledger_report rep;
    (void)state;
    int64_t t = house_make("suzuki", "takeout", "{\"destination\":\"消す客先\",\"return_on\":\"2030-01-01\"}", NULL);
    for (int i = 0; i < 2; i++) {
        struct reader r = house_reading("kanri");
        assert_int_equal(ledger_verify(r.db, house_mem, core_vkey(house_core), &rep, &e), RC_OK);
        if (rep.problem != NULL)
            fail_msg("%s %lld %s", rep.problem, (long long)rep.first_bad, rep.detail);
        assert_true(rep.entries > 30);
        core_read_end(&r);
        if (i == 0) {
            struct actor a = house_as("kanri");
            struct json *args = json_obj(house_mem);
            json_set_i64(args, "record", t);
            json_set_str(args, "ground", "request");
            json_set(args, "paths", house_obj("[\"destination\"]"));
            assert_string_equal(house_code_of(house_say(&a, "record.erase", args)), "ok");
        }
    }
}

static bool on_pg;
static int house_open(void **state) { (void)state; return house_open_as(on_pg, "[\"trial\"]", NULL); }
static int house_close(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_stands_where), cmocka_unit_test(roles_that_are_the_same), cmocka_unit_test(nobody_approves_themselves),
        cmocka_unit_test(who_sees_what), cmocka_unit_test(who_does_what), cmocka_unit_test(an_error_is_no_answer), cmocka_unit_test(roles_that_exclude_each_other), cmocka_unit_test(every_asset), cmocka_unit_test(other_forms_touch),
        cmocka_unit_test(a_wide_check), cmocka_unit_test(a_deadline), cmocka_unit_test(full_equals_step_by_step), cmocka_unit_test(password_figures),
        cmocka_unit_test(ones_own_password), cmocka_unit_test(sign_in), cmocka_unit_test(lock_out), cmocka_unit_test(the_lock_stands), cmocka_unit_test(unknown_names_are_locked), cmocka_unit_test(attachments_of_a_record), cmocka_unit_test(found_by_its_words),
        cmocka_unit_test(the_whole_house_verifies),
    };
    int bad = cmocka_run_group_tests_name("house on SQLite", tests, house_open, house_close);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("house on PostgreSQL", tests, house_open, house_close);
}
