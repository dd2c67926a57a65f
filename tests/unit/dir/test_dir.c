/* The directory without a server: its configuration file, texts in filters, states of accounts. What needs a server: tests/e2e/test_directory.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "dir/dir_int.h"

static char folder[] = "/tmp/daicho-dir-XXXXXX";

static const char *file(TALLOC_CTX *mem, const char *name, const char *text, int mode)
{
    struct err e = {0};
    char *path = file_join(mem, folder, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &e), RC_OK);
    assert_int_equal(chmod(path, (mode_t)mode), 0);
    return path;
}

static struct dir_conf *good(TALLOC_CTX *mem, const char *text)
{
    struct err e = {0};
    struct dir_conf *c = NULL;
    if (dir_conf_read(mem, file(mem, "directory.conf", text, 0600), &c, &e) != RC_OK)
        fail_msg("%s", e.detail);
    return c;
}

static void bad(const char *text, const char *says)
{
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct dir_conf *c = NULL;
    assert_int_not_equal(dir_conf_read(mem, file(mem, "directory.conf", text, 0600), &c, &e), RC_OK);
    if (strstr(e.detail, says) == NULL)
        fail_msg("%s: %s", text, e.detail);
}

static void conf_good(void **state)
{
    MEM_SCOPE(mem, NULL);
    (void)state;
    const char *secret = file(mem, "secret", "kagi = #1 \n", 0640);
    struct dir_conf *c = good(mem, mem_fmt(mem, "# comment\nkind = ad\n\nurl = ldaps://dc1 ldaps://dc2\nbase=DC=example,DC=jp\nbind-dn = CN=d,DC=example,DC=jp\nbind-password-file = %s\n"
                                                "kana = -\ntimeout = 2\npage-size = 7\nrole = core:auditor CN=Kansa, OU=x,DC=example\n", secret));
    assert_true(c->ad);
    assert_string_equal(c->key, "objectGUID");
    assert_string_equal(c->base, "DC=example,DC=jp");
    assert_string_equal(c->bind_password, "kagi = #1 ");                 /* only the end of its line is not part of it */
    assert_null(c->kana);
    assert_int_equal(c->limit_us, 2 * US_PER_S);
    assert_int_equal(c->page_size, 7);
    assert_int_equal(c->role_name.n, 1);
    assert_string_equal(c->role_group.v[0], "CN=Kansa, OU=x,DC=example");
    c = good(mem, "url = ldap://127.0.0.1:3890\nbase = o=x");
    assert_string_equal(c->key, "entryUUID");
    assert_null(c->bind_dn);
    (void)good(mem, "url = ldap://dc1\nstarttls = yes\nbase = o=x");
    (void)good(mem, "url = ldapi:///\nbase = o=x");
}

static void conf_bad(void **state)
{
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct dir_conf *c;
    (void)state;
    bad("", "url and base");
    bad("url = ldaps://a\n", "url and base");
    bad("url = ldaps://a\nbase\n", ":2");
    bad("url = ldaps://a\nbase = o=x\nverify = no\n", ":3");              /* there is no such switch */
    bad("url = ldaps://a\nbase = o=x\ntimeout = 0\n", ":3");
    bad("url = ldaps://a\nbase = o=x\npage-size = many\n", ":3");
    bad("url = ldaps://a\nbase = o=x\nstarttls = perhaps\n", ":3");
    bad("url = ldaps://a\nbase = o=x\nrole = auditor\n", ":3");
    bad("url = ldaps://a\nkind = ad\nbase = o=x\n", "before anything else");
    bad("url = ldap://dc1\nbase = o=x\n", "ldaps://");                    /* passwords in the clear */
    bad("url = ldap://127.0.0.1.example.jp\nbase = o=x\n", "ldaps://");
    bad("url = ldaps://a ldap://b\nbase = o=x\n", "ldaps://");
    bad("url = http://a\nbase = o=x\n", "ldaps://");
    bad("url = ldaps://a\nbase = o=x\nfilter = uid=*\n", "brackets");
    bad("url = ldaps://a\nbase = o=x\nlogin = -\n", "cannot be left out");
    bad("url = ldaps://a\nbase = o=x\nbind-dn = cn=a\n", "belong together");
    bad(mem_fmt(mem, "url = ldaps://a\nbase = o=x\nbind-password-file = %s\n", file(mem, "open", "kagi", 0644)), "chmod 640");
    bad(mem_fmt(mem, "url = ldaps://a\nbase = o=x\nbind-password-file = %s\n", file(mem, "empty", "\n", 0600)), "no password");
    bad("url = ldaps://a\nbase = o=x\nbind-password-file = /nonexistent/x\n", "/nonexistent/x");
    assert_int_equal(dir_conf_read(mem, "/nonexistent/x", &c, &e), RC_NOTFOUND);
}

static void filters(void **state)
{
    MEM_SCOPE(mem, NULL);
    struct dir_conf c = {.key = "entryUUID", .filter = "(a=b)"};
    (void)state;
    assert_string_equal(filter_text(mem, "a*b(c)\\d"), "a\\2ab\\28c\\29\\5cd");
    assert_string_equal(filter_text(mem, "\n田"), "\\0a田");
    assert_string_equal(filter_key(mem, &c, "x)(uid=*"), "(&(a=b)(entryUUID=x\\29\\28uid=\\2a))");
    assert_null(filter_key(mem, &c, ""));
    c.key = "objectGUID";
    assert_string_equal(filter_key(mem, &c, "00112233445566778899aabbccddeeff"), "(&(a=b)(objectGUID=\\00\\11\\22\\33\\44\\55\\66\\77\\88\\99\\aa\\bb\\cc\\dd\\ee\\ff))");
    assert_null(filter_key(mem, &c, "00112233445566778899aabbccddeef"));
    assert_null(filter_key(mem, &c, "*"));
}

static struct dir_person *person(TALLOC_CTX *mem, const char *uac, const char *set, const char *ends, const char *more)
{
    static const struct dir_conf ad = {.ad = true, .key = "objectGUID", .login = "sAMAccountName", .name = "displayName"};
    struct value v[] = {{"0123456789abcdef", 16}, {"tanaka", 6}, {"田中", 6}, {uac, uac ? strlen(uac) : 0}, {set, set ? strlen(set) : 0}, {ends, ends ? strlen(ends) : 0}, {more, more ? strlen(more) : 0}};
    struct attr a[] = {{"OBJECTGUID", &v[0], 1}, {"samaccountname", &v[1], 1}, {"displayName", &v[2], 1}, {"userAccountControl", &v[3], uac != NULL},
                       {"pwdLastSet", &v[4], set != NULL}, {"accountExpires", &v[5], ends != NULL}, {"msDS-User-Account-Control-Computed", &v[6], more != NULL}};
    const struct entry x = {"CN=t", a, ARRAY_N(a)};
    return entry_person(mem, &ad, &x, 1780272000 * US_PER_S);             /* 2026-06-01 */
}

static void states_ad(void **state)
{
    MEM_SCOPE(mem, NULL);
    (void)state;
    struct dir_person *p = person(mem, "512", "134000000000000000", "9223372036854775807", "0");
    assert_int_equal(p->state, DIR_ACTIVE);
    assert_string_equal(p->key, "30313233343536373839616263646566");
    assert_string_equal(p->login, "tanaka");
    assert_int_equal(person(mem, "514", "1", "0", NULL)->state, DIR_DISABLED);
    assert_int_equal(person(mem, NULL, "1", "0", NULL)->state, DIR_DISABLED);        /* what cannot be read is not taken for good */
    assert_int_equal(person(mem, "512", "0", "0", NULL)->state, DIR_MUST_CHANGE);
    assert_int_equal(person(mem, "512", "1", "134247456000000000", NULL)->state, DIR_EXPIRED);      /* 2026-06-01 00:00 UTC */
    assert_int_equal(person(mem, "512", "1", "134248320000000000", NULL)->state, DIR_ACTIVE);       /* a day later */
    assert_int_equal(person(mem, "512", "1", "0", "8388608")->state, DIR_EXPIRED);
}

static void states_ldap(void **state)
{
    MEM_SCOPE(mem, NULL);
    static const struct dir_conf conf = {.key = "entryUUID", .login = "uid", .name = "cn"};
    struct value v[] = {{"000001010000Z", 13}, {"TRUE", 4}, {"20260601000000Z", 15}, {"a\nb", 3}, {"\xff\xfe", 2}};
    struct attr locked = {"pwdAccountLockedTime", &v[0], 1}, reset = {"pwdReset", &v[1], 1}, while_locked = {"pwdAccountLockedTime", &v[2], 1};
    struct attr odd[] = {{"uid", &v[3], 1}, {"cn", &v[4], 1}};
    (void)state;
    assert_int_equal(entry_person(mem, &conf, &(struct entry){"", &locked, 1}, 0)->state, DIR_DISABLED);
    assert_int_equal(entry_person(mem, &conf, &(struct entry){"", &reset, 1}, 0)->state, DIR_MUST_CHANGE);
    assert_int_equal(entry_person(mem, &conf, &(struct entry){"", &while_locked, 1}, 0)->state, DIR_ACTIVE);
    struct dir_person *p = entry_person(mem, &conf, &(struct entry){"", odd, 2}, 0);
    assert_null(p->login);
    assert_null(p->name);
    assert_null(p->key);
}

static void dates(void **state)
{
    MEM_SCOPE(mem, NULL);
    static const struct dir_conf conf = {.key = "k", .login = "uid", .name = "cn", .joined = "j"};
    static const struct { const char *says, *is; } rows[] = {{"2024-04-01", "2024-04-01"}, {"20240401", "2024-04-01"}, {"20240401093000Z", "2024-04-01"}, {"2024-02-30", NULL}, {"20241301", NULL}, {"1 Apr", NULL}};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        struct value v = {rows[i].says, strlen(rows[i].says)};
        struct attr a = {"j", &v, 1};
        const char *is = entry_person(mem, &conf, &(struct entry){"", &a, 1}, 0)->joined;
        assert_true(text_eq(is, rows[i].is));
    }
}

static void said_by_ad(void **state)
{
    enum dir_state s = DIR_ACTIVE;
    (void)state;
    assert_false(bind_refused(NULL, &s));
    assert_false(bind_refused("80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 52e, v4563", &s));
    assert_false(bind_refused("80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 775, v4563", &s));      /* also after a wrong one */
    assert_true(bind_refused("80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 533, v4563", &s));
    assert_int_equal(s, DIR_DISABLED);
    assert_true(bind_refused("x, data 773, v4563", &s));
    assert_int_equal(s, DIR_MUST_CHANGE);
}

/* A password that is none asks nobody: the directory named here does not exist. */
static void asks_nobody(void **state)
{
    MEM_SCOPE(mem, NULL);
    struct err e = {0};
    struct dir *d;
    enum dir_answer a = DIR_IN;
    enum dir_state s;
    (void)state;
    assert_int_equal(dir_open(mem, file(mem, "directory.conf", "url = ldap://127.0.0.1:1\nbase = o=x\n", 0600), &d, &e), RC_OK);
    assert_int_equal(dir_sign_in(d, mem, "k", "", &a, &s, &e), RC_OK);
    assert_int_equal(a, DIR_WRONG);
    assert_int_equal(dir_sign_in(d, mem, "k", NULL, &a, &s, &e), RC_OK);
    assert_int_equal(a, DIR_WRONG);
    assert_int_equal(dir_sign_in(d, mem, "k", "x", &a, &s, &e), RC_BUSY);
    assert_int_equal(e.code, ERR_DIRECTORY);
}

static int start(void **state)
{
    (void)state;
    mem_init();
    return mkdtemp(folder) == NULL;
}

static int end(void **state)
{
    static const char *const names[] = {"directory.conf", "secret", "open", "empty"};
    MEM_SCOPE(mem, NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_N(names); i++)
        (void)unlink(file_join(mem, folder, names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conf_good), cmocka_unit_test(conf_bad), cmocka_unit_test(filters), cmocka_unit_test(states_ad),
                                       cmocka_unit_test(states_ldap), cmocka_unit_test(said_by_ad), cmocka_unit_test(dates), cmocka_unit_test(asks_nobody)};
    return cmocka_run_group_tests(tests, start, end);
}
