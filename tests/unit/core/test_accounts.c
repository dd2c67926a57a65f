/* Lists of accounts (docs/decisions/0013), on both engines: more rows than one command takes, a second list that drops and changes some, twice the same
 * account, a batch of somebody else, one that is cleared after a day. Every test leaves a house that a rebuild finds equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "acct/acct.h"
#include "core/core_state.h"
#include "house.h"

#define MANY 230                  /* more than one reading of rows */

static int64_t system_id;

/* u<from> to u<to - 1>; of those that `off` divides, disabled. */
static struct json *list_of(int from, int to, int off)
{
    struct acct_list *l;
    struct err e = {0};
    struct buf *b = buf_new(house_mem, 1 << 20);
    for (int i = from; i < to; i++)
        buf_fmt(b, "dn: uid=u%03d,dc=kita\nobjectClass: inetOrgPerson\nuid: u%03d\ncn: User %d\nloginShell: %s\n\n", i, i, i, off > 0 && i % off == 0 ? "/bin/false" : "/bin/sh");
    const struct acct_file f = {"kita.ldif", buf_slice(b)};
    if (acct_read(house_mem, &f, 1, ACCT_ANY, NULL, (struct civil){2026, 5, 1}, &l, &e) != RC_OK)
        fail_msg("%s", e.detail);
    return acct_rows(house_mem, l);
}

static struct json *head_of(const char *on)
{
    struct json *head = json_obj(house_mem);
    json_set_i64(head, "system", system_id);
    json_set_str(head, "found_on", on);
    json_set_str(head, "source", "ldif");
    return head;
}

static int64_t looked(const char *on, const struct json *rows)
{
    struct actor a = house_as("yamamoto");
    struct answer *ans;
    core_accounts_stage(house_core, house_mem, &a, head_of(on), rows, &ans);
    if (ans->rc != RC_OK)
        fail_msg("stage: %s", json_text(house_mem, ans->body));
    assert_int_equal(json_get_i64(ans->body, "rows", 0), (int64_t)json_n(rows));
    return json_get_i64(ans->body, "batch", 0);
}

static const char *take(const char *login, int64_t batch)
{
    struct actor a = house_as(login);
    return house_code_of(house_say(&a, "accounts.take", house_batch(batch)));
}

static int64_t found_n(const char *status)
{
    struct sql *s = sql_new(house_mem);
    sql_lit(s, "SELECT count(*) FROM f_account_found WHERE slot = 0 AND status = ");
    sql_text(s, status);
    return house_number(s);
}

static void same_again(void)
{
    struct err e = {0};
    char *difference;
    core_settle(house_core);
    if (core_rebuild(house_core, true, &difference, &e) != RC_OK || difference != NULL)
        fail_msg("rebuild: %s %s", difference ? difference : "", e.detail);
}

static void look_is(int64_t batch, int64_t fresh, int64_t changed, int64_t same, int64_t gone)
{
    struct reader r = house_reading("yamamoto");
    struct accounts_look look;
    struct err e = {0};
    assert_int_equal(accounts_look(&r, batch, &look, &e), RC_OK);
    assert_int_equal(look.n[ACCOUNTS_NEW], fresh);
    assert_int_equal(look.n[ACCOUNTS_CHANGED], changed);
    assert_int_equal(look.n[ACCOUNTS_SAME], same);
    assert_int_equal(look.n[ACCOUNTS_GONE], gone);
    assert_true(look.changes.n <= 300);
    core_read_end(&r);
}

static void list_after_list(void **state)
{
    int64_t first = looked("2026-05-01", list_of(0, MANY, 0));
    (void)state;
    look_is(first, MANY, 0, 0, 0);
    assert_int_equal(found_n("active"), 0);
    assert_string_equal(take("kato", first), "ERR_DENIED");
    assert_string_equal(take("yamamoto", first), "ok");
    core_settle(house_core);
    assert_int_equal(found_n("active"), MANY);
    assert_string_not_equal(take("yamamoto", first), "ok");
    int64_t second = looked("2026-05-02", list_of(60, MANY + 5, 10));
    look_is(second, 5, 17, MANY - 60 - 17, 60);
    assert_string_equal(take("yamamoto", second), "ok");
    core_settle(house_core);
    assert_int_equal(found_n("gone"), 60);
    assert_int_equal(found_n("disabled"), 18);           /* 17 of them, and one that is new */
    int64_t third = looked("2026-05-02", list_of(60, MANY + 5, 10));
    look_is(third, 0, 0, MANY + 5 - 60, 0);              /* what is gone stays gone */
    struct actor a = house_as("yamamoto");
    house_good(&a, "import.drop", house_batch(third));
    same_again();
}

/* What a list was looked over against must still be all that is known when it is taken in. */
static void one_after_the_other(void **state)
{
    int64_t early = looked("2026-05-02", list_of(60, MANY, 0)), late = looked("2026-05-02", list_of(61, MANY, 0));
    struct actor a = house_as("yamamoto");
    struct json *args = head_of("2026-05-02");
    (void)state;
    assert_string_equal(take("yamamoto", early), "ok");
    assert_string_equal(take("yamamoto", late), "ERR_ACCT_BUSY");
    json_set(args, "rows", list_of(60, 61, 0));
    assert_string_equal(house_code_of(house_say(&a, "accounts.stage", args)), "ERR_ACCT_BUSY");      /* the keeper has not written the first one yet */
    core_settle(house_core);
    assert_string_equal(take("yamamoto", late), "ERR_ACCT_BUSY");                                    /* it was looked over before that */
    house_good(&a, "import.drop", house_batch(late));
    int64_t again = looked("2026-05-02", list_of(60, MANY, 0));
    look_is(again, 0, 0, MANY - 60, 0);
    house_good(&a, "import.drop", house_batch(again));
    same_again();
}

static void refused(void **state)
{
    struct actor a = house_as("yamamoto");
    struct answer *ans;
    struct json *rows = list_of(0, 3, 0), *args = head_of("2026-05-03"), *other = head_of("2026-05-04");
    (void)state;
    json_set(args, "rows", rows);
    ans = house_good(&a, "accounts.stage", args);
    int64_t batch = json_get_i64(ans->body, "batch", 0);
    json_set_i64(other, "batch", batch);
    json_set(other, "rows", list_of(3, 5, 0));
    assert_string_equal(house_code_of(house_say(&a, "accounts.stage", other)), "ERR_FIELDS");       /* of another day, into the same batch */
    struct actor b = house_as("kitagawa");
    assert_string_equal(house_code_of(house_say(&b, "accounts.take", house_batch(batch))), "ERR_DENIED");
    assert_string_equal(house_code_of(house_say(&a, "import.run", house_batch(batch))), "ERR_DENIED");
    json_set_str(args, "source", "telepathy");
    assert_string_equal(house_code_of(house_say(&a, "accounts.stage", args)), "ERR_FIELDS");
    json_set_str(args, "source", "ldif");
    json_set_i64(args, "system", house_person("kato"));
    assert_string_equal(house_code_of(house_say(&a, "accounts.stage", args)), "ERR_RECORD_MISSING");
    house_good(&a, "import.drop", house_batch(batch));
    same_again();
}

static bool on_pg;
static int open_house(void **state)
{
    (void)state;
    if (house_open_example(on_pg, "kita", "sme") != 0)
        return 1;
    struct reader r = house_reading("yamamoto");
    bool several, known = core_resolve(&r, pack_form(r.set, "system"), "販売管理システム", &system_id, &several);
    core_read_end(&r);
    return known ? 0 : 1;
}
static int close_house(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(list_after_list), cmocka_unit_test(one_after_the_other), cmocka_unit_test(refused)};
    int bad = cmocka_run_group_tests_name("lists of accounts on SQLite", tests, open_house, close_house);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("lists of accounts on PostgreSQL", tests, open_house, close_house);
}
