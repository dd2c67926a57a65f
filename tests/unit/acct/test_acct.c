/* Lists of accounts: the files of a Debian system, directories, Active Directory, any CSV; states and days; no hash comes out; hostile files are refused by their line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "acct/acct.h"

static TALLOC_CTX *mem;
static const struct civil on = {2026, 6, 1};

static int set_up(void **state)
{
    (void)state;
    mem = mem_root(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    talloc_free(mem);
    return 0;
}

static struct acct_file fixture(const char *name)
{
    struct str bytes;
    struct err e = {0};
    assert_int_equal(file_read(mem, mem_fmt(mem, "tests/data/acct/%s", name), 1 << 20, &bytes, &e), RC_OK);
    return (struct acct_file){name, bytes};
}

static struct acct_file file_of(const char *name, const char *text) { return (struct acct_file){name, str_of(text)}; }

static struct acct_list *read_ok(const struct acct_file *f, size_t n, const struct acct_map *map)
{
    struct acct_list *l = NULL;
    struct err e = {0};
    if (acct_read(mem, f, n, ACCT_ANY, map, on, &l, &e) != RC_OK)
        fail_msg("%s: %s", err_info(e.code)->name, e.detail);
    return l;
}

static const struct acct_entry *entry(const struct acct_list *l, const char *account)
{
    for (size_t i = 0; i < l->entries.n; i++)
        if (strcmp(l->entries.v[i].account, account) == 0)
            return &l->entries.v[i];
    fail_msg("no %s", account);
    return NULL;
}

static void refused(const struct acct_file *f, size_t n, const struct acct_map *map, enum err_code code, const char *arg)
{
    struct acct_list *l = NULL;
    struct err e = {0};
    assert_int_equal(acct_read(mem, f, n, ACCT_ANY, map, on, &l, &e), RC_INVALID);
    if (e.code != code || strcmp(e.arg, arg) != 0)
        fail_msg("%s of %s (%s), wanted %s of %s", err_info(e.code)->name, e.arg, e.detail, err_info(code)->name, arg);
}

static void refused_text(const char *name, const char *text, enum err_code code, const char *arg)
{
    struct acct_file f = file_of(name, text);
    refused(&f, 1, NULL, code, arg);
}

/* ---- Unix ---- */

static void debian(void **state)
{
    (void)state;
    const struct acct_file f[] = {fixture("shadow"), fixture("passwd"), fixture("group")};       /* in any order */
    struct acct_list *l = read_ok(f, 3, NULL);
    assert_int_equal(l->source, ACCT_UNIX);
    assert_int_equal(l->entries.n, 28);
    assert_int_equal(entry(l, "daemon")->status, ACCT_DISABLED);
    assert_int_equal(entry(l, "daemon")->kind, ACCT_SERVICE);
    assert_int_equal(entry(l, "nobody")->kind, ACCT_SERVICE);
    assert_int_equal(entry(l, "sync")->status, ACCT_DISABLED);
    assert_int_equal(entry(l, "postgres")->status, ACCT_LOCKED);
    const struct acct_entry *root = entry(l, "root"), *k = entry(l, "K0005"), *new = entry(l, "sasaki"), *none = entry(l, "test");
    assert_int_equal(root->status, ACCT_ACTIVE);
    assert_int_equal(root->kind, ACCT_PERSON);
    assert_true(root->privileged && entry(l, "backup2")->privileged);
    assert_string_equal(k->name, "鈴木 一郎");
    assert_true(k->privileged);
    assert_non_null(strstr(k->groups, "sudo"));
    assert_string_equal(k->pw_on, "2026-02-16");
    assert_false(k->must_change);
    assert_true(new->must_change);
    assert_string_equal(new->pw_on, "");
    assert_int_equal(none->password, ACCT_PW_EMPTY);
    assert_int_equal(none->status, ACCT_ACTIVE);
    assert_false(none->privileged);
    assert_int_equal(entry(l, "keyonly")->status, ACCT_LOCKED);
    assert_int_equal(entry(l, "expired")->status, ACCT_DISABLED);
    assert_string_equal(entry(l, "expired")->ends_on, "2024-10-04");
    assert_int_equal(l->doubt[ACCT_UNKNOWN_NAME], 1);
    assert_string_equal(l->doubt_what[ACCT_UNKNOWN_NAME], "nobodyhere");
    assert_int_equal(l->doubt[ACCT_NO_SHADOW] + l->doubt[ACCT_NO_GROUP], 0);
    assert_int_equal(k->file, 1);
    assert_int_equal(root->line, 1);
}

static void debian_alone(void **state)
{
    (void)state;
    const struct acct_file f = fixture("passwd");
    struct acct_list *l = read_ok(&f, 1, NULL);
    assert_int_equal(l->doubt[ACCT_NO_SHADOW], 1);
    assert_int_equal(l->doubt[ACCT_NO_GROUP], 1);
    assert_int_equal(entry(l, "K0005")->password, ACCT_PW_UNKNOWN);
    assert_int_equal(entry(l, "K0005")->status, ACCT_ACTIVE);
    assert_false(entry(l, "K0005")->privileged);
}

static void group_of_the_file(void **state)
{
    (void)state;
    const struct acct_file f[] = {file_of("passwd", "# people\n\n+@netgroup::::::\na:x:1000:27::/:\nb:x:1001:1001::/:/bin/sh\n"), file_of("group", "sudo:x:27:\nwheel:x:10:b,b\n")};
    struct acct_list *l = read_ok(f, 2, NULL);
    assert_int_equal(l->entries.n, 2);
    assert_true(entry(l, "a")->privileged);              /* by their first group */
    assert_string_equal(entry(l, "b")->groups, "wheel");
    assert_int_equal(entry(l, "a")->line, 4);
}

/* No byte of a hash is anywhere in what was made of the files. */
static void no_hash(void **state)
{
    (void)state;
    const struct acct_file f[] = {fixture("passwd"), fixture("shadow")}, in_passwd = file_of("passwd", "old:abJnggxhB/yWI:1000:1000::/:/bin/sh\n"),
        dir = file_of("x.ldif", "dn: uid=a\nuid: a\nuserPassword: {CRYPT}$6$daichofixture$Zq8x\nuserPassword:: e1NTSEF9ZGFpY2hvZml4dHVyZQ==\n"),
        ad = file_of("x.csv", "sAMAccountName,unicodePwd\r\na,daichofixture\r\n");
    struct acct_list *l[] = {read_ok(f, 2, NULL), read_ok(&in_passwd, 1, NULL), read_ok(&dir, 1, NULL), read_ok(&ad, 1, NULL)};
    for (size_t k = 0; k < ARRAY_N(l); k++)
        for (size_t i = 0; i < l[k]->entries.n; i++) {
            const struct acct_entry *x = &l[k]->entries.v[i];
            const char *const text[] = {x->account, x->name, x->email, x->code, x->groups};
            for (size_t t = 0; t < ARRAY_N(text); t++)
                assert_true(text[t] == NULL || (strstr(text[t], "daichofixture") == NULL && strstr(text[t], "Jnggx") == NULL));
        }
    assert_int_equal(entry(l[1], "old")->password, ACCT_PW_SET);
    assert_int_equal(entry(l[2], "a")->password, ACCT_PW_SET);
}

/* ---- directories ---- */

static void ldif(void **state)
{
    (void)state;
    const struct acct_file f = file_of("x.ldif",
        "version: 1\r\n# a comment\r\n  that goes on\r\ndn: ou=People,dc=kita\r\nobjectClass: organizationalUnit\r\nou: People\r\n\r\n"
        "dn: uid=K0005,ou=People,dc=kita\r\nobjectClass: inetOrgPerson\r\nobjectClass: posixAccount\r\nuid: K0005\r\ncn:: 6Yi05pyoIOS4gOmDjg==\r\nmail: suzuki@exam\r\n ple.jp\r\n"
        "employeeNumber: K0005\r\nuidNumber: 1000\r\nloginShell: /bin/bash\r\nuserPassword:: e0NSWVBUfSEq\r\njpegPhoto:< file:///etc/shadow\r\npwdChangedTime: 20260531180000Z\r\n\r\n"
        "dn: uid=svc,ou=People,dc=kita\r\nobjectClass: posixAccount\r\nuid: svc\r\ncn: Service\r\nuidNumber: 200\r\nshadowExpire: 20000\r\n\r\n\r\n"
        "dn: cn=wheel,ou=Groups,dc=kita\r\nobjectClass: groupOfNames\r\ncn: wheel\r\nmember: UID=K0005,ou=People,dc=kita\r\nmember: uid=gone,dc=kita\r\n\r\n"
        "dn: cn=staff,dc=kita\r\nobjectClass: posixGroup\r\ncn: staff\r\nmemberUid: K0005\r\n");
    struct acct_list *l = read_ok(&f, 1, NULL);
    const struct acct_entry *k = entry(l, "K0005");
    assert_int_equal(l->source, ACCT_LDIF);
    assert_int_equal(l->entries.n, 2);
    assert_int_equal(l->doubt[ACCT_NOT_ACCOUNTS], 1);
    assert_string_equal(k->name, "鈴木 一郎");
    assert_string_equal(k->email, "suzuki@example.jp");
    assert_string_equal(k->code, "K0005");
    assert_int_equal(k->password, ACCT_PW_LOCKED);
    assert_int_equal(k->status, ACCT_LOCKED);
    assert_string_equal(k->groups, "wheel, staff");
    assert_true(k->privileged);
    assert_string_equal(k->pw_on, "2026-06-01");         /* 18:00 UTC is the next day in Tokyo */
    assert_int_equal(entry(l, "svc")->kind, ACCT_SERVICE);
    assert_int_equal(entry(l, "svc")->status, ACCT_DISABLED);
}

static void ldif_ad(void **state)
{
    (void)state;
    const struct acct_file f = file_of("ad.ldif",
        "dn: CN=a\nchangetype: add\nobjectClass: user\nsAMAccountName: a\nuserAccountControl: 514\nmemberOf: CN=Domain Admins,DC=x\nlastLogon: 0\nlastLogonTimestamp: 134194752000000000\n"
        "pwdLastSet: 0\naccountExpires: 9223372036854775807\nwhenCreated: 20240401000000.0Z\n\n"
        "dn: CN=pc\nobjectClass: computer\nsAMAccountName: PC01$\nuserAccountControl: 4096\n\n"
        "dn: CN=b\nobjectClass: user\nsAMAccountName: b\nuserAccountControl: 528\nprimaryGroupID: 512\n");
    struct acct_list *l = read_ok(&f, 1, NULL);
    const struct acct_entry *a = entry(l, "a");
    assert_int_equal(a->status, ACCT_DISABLED);
    assert_true(a->privileged && a->must_change);
    assert_string_equal(a->last_on, "2026-04-01");
    assert_string_equal(a->ends_on, "");
    assert_string_equal(a->made_on, "2024-04-01");
    assert_int_equal(entry(l, "PC01$")->kind, ACCT_SERVICE);
    assert_int_equal(entry(l, "b")->status, ACCT_LOCKED);
    assert_true(entry(l, "b")->privileged);
}

/* As many as a small town's directory has, folded and in base64 as real ones are. */
static void ldif_5000(void **state)
{
    (void)state;
    struct buf *b = buf_new(mem, 8 << 20);
    for (int i = 0; i < 5000; i++) {
        const char *name = mem_fmt(mem, "職員 %d 号", i);
        buf_fmt(b, "dn: uid=u%04d,ou=People,dc=town,\n dc=example\nobjectClass: inetOrgPerson\nuid: u%04d\ncn:: ", i, i);
        buf_b64(b, (const uint8_t *)name, strlen(name));
        buf_fmt(b, "\nmail: u%04d@town.exa\n mple\npwdChangedTime: 20260101000000Z\n\n", i);
    }
    const struct acct_file f = {"town.ldif", buf_slice(b)};
    int64_t t0 = clock_mono_us();
    struct acct_list *l = read_ok(&f, 1, NULL);
    assert_int_equal(l->entries.n, 5000);
    assert_string_equal(l->entries.v[4999].name, "職員 4999 号");
    assert_string_equal(l->entries.v[4999].email, "u4999@town.example");
    assert_true(clock_mono_us() - t0 < 10000000);         /* ASan on a busy machine: far above what it takes, far below what a quadratic one would */
}

/* ---- CSV ---- */

static void ad_csv(void **state)
{
    (void)state;
    const struct acct_file f = fixture("ad.csv");
    struct acct_list *l = read_ok(&f, 1, NULL);
    const struct acct_entry *k = entry(l, "K0005"), *n = entry(l, "shinjin"), *u = entry(l, "usconv");
    assert_int_equal(l->source, ACCT_AD);
    assert_int_equal(l->entries.n, 7);
    assert_string_equal(k->email, "suzuki@example.jp");
    assert_string_equal(k->last_on, "2026-05-28");
    assert_string_equal(k->groups, "Domain Admins, 営業, 共有");
    assert_true(k->privileged && entry(l, "Administrator")->privileged);
    assert_int_equal(entry(l, "Guest")->kind, ACCT_GUEST);
    assert_int_equal(entry(l, "Guest")->status, ACCT_ACTIVE);
    assert_int_equal(entry(l, "Guest")->password, ACCT_PW_EMPTY);
    assert_int_equal(entry(l, "krbtgt")->kind, ACCT_SERVICE);
    assert_int_equal(entry(l, "FS01$")->kind, ACCT_SERVICE);
    assert_true(n->must_change);
    assert_string_equal(n->made_on, "2026-05-20");
    assert_string_equal(u->last_on, "2026-05-03");
    assert_int_equal(u->status, ACCT_DISABLED);
    assert_string_equal(u->ends_on, "2025-03-03");
    assert_int_equal(k->line, 3);
}

static void ad_other(void **state)
{
    (void)state;
    static const char utf16[] = "\xff\xfes\0A\0M\0A\0c\0c\0o\0u\0n\0t\0N\0a\0m\0e\0,\0c\0n\0\r\0\n\0a\0,\0\x08\x54\r\0\n\0";
    static const char sjis[] = "sAMAccountName,displayName,memberOf\r\na,\x8d\x82\x8b\xb4,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\r\n";
    const struct acct_file f = {"u.csv", {utf16, sizeof utf16 - 1}}, s = file_of("s.csv", sjis);
    assert_string_equal(entry(read_ok(&f, 1, NULL), "a")->name, "合");
    struct acct_list *l = read_ok(&s, 1, NULL);
    assert_string_equal(entry(l, "a")->name, "高橋");
    assert_int_equal(l->doubt[ACCT_GROUPS_LOST], 1);
    assert_null(entry(l, "a")->groups);
}

static void mapped(void **state)
{
    (void)state;
    const struct acct_file f = file_of("app.csv", "\xef\xbb\xbfユーザーID,氏名,状態,最終ログイン,権限,部署,期限\r\nk1,鈴木 一郎,有効,令和8年5月1日,\"一般,Administrators\",営業,\r\nk2,高橋,停止,,一般,,\r\nguest,,有効,,,,2026/6/1\r\n");
    const char **heading;
    size_t n;
    struct acct_map map;
    struct err e = {0};
    assert_int_equal(acct_headings(mem, &f, &heading, &n, &map, &e), RC_OK);
    assert_int_equal(n, 7);
    assert_string_equal(heading[5], "部署");
    assert_string_equal(map.heading[ACCT_C_ACCOUNT], "ユーザーID");
    assert_string_equal(map.heading[ACCT_C_LAST_ON], "最終ログイン");
    assert_null(map.heading[ACCT_C_ENDS_ON]);
    map.heading[ACCT_C_ENDS_ON] = "期限";
    struct acct_list *l = read_ok(&f, 1, &map);
    assert_int_equal(l->source, ACCT_CSV);
    assert_string_equal(entry(l, "k1")->last_on, "2026-05-01");
    assert_true(entry(l, "k1")->privileged);
    assert_int_equal(entry(l, "k2")->status, ACCT_DISABLED);
    assert_int_equal(entry(l, "guest")->kind, ACCT_GUEST);
    assert_int_equal(entry(l, "guest")->status, ACCT_DISABLED);        /* its last day is over */
    assert_string_equal(acct_column_key(ACCT_C_MUST_CHANGE), "must_change");
    refused(&f, 1, NULL, ERR_ACCT_MAP, "");
    map.heading[ACCT_C_GROUPS] = "グループ";
    refused(&f, 1, &map, ERR_ACCT_MAP, "グループ");
    map = (struct acct_map){{0}};
    refused(&f, 1, &map, ERR_ACCT_MAP, "");
}

/* ---- what is refused, and where ---- */

static void unix_refused(void **state)
{
    (void)state;
    const struct acct_file nul = {"passwd", {"a:x:1000:1000::/:/bin/sh\nb:x:1\0:1::/:\n", 38}};
    const struct acct_file two[] = {file_of("a", "a:x:1:1::/:\n"), file_of("b", "b:x:1:1::/:\n")}, dup[] = {file_of("passwd", "a:x:1:1::/:\n"), file_of("shadow", "a:*:x:0:1:7:::\n")};
    const struct acct_file ghost[] = {file_of("passwd", "a:x:1:1::/:\n"), file_of("shadow", "a:*:1:0:1:7:::\nb:*:1:0:1\n")}, grp[] = {file_of("passwd", "a:x:1:1::/:\n"), file_of("group", "g:x:-1:\n")};
    refused(&nul, 1, NULL, ERR_ACCT_BYTES, "passwd:2");
    refused_text("passwd", "a:x:1000:1000::/:/bin/sh\na:x:1001:1001::/:/bin/sh\n", ERR_ACCT_TWICE, "passwd:2");
    refused_text("passwd", "a:x:1000:1000::/:/bin/sh\n\nb:x:1001\n", ERR_ACCT_LINE, "passwd:3");
    refused_text("passwd", "a:x:1000:1000::/:/bin/sh\nb:x:1:1::/:/bin/sh:more\n", ERR_ACCT_LINE, "passwd:2");
    refused_text("passwd", "a:x:one:1000::/:/bin/sh\n", ERR_ACCT_LINE, "passwd:1");
    refused_text("passwd", ":x:1:1000::/:/bin/sh\n", ERR_ACCT_LINE, "passwd:1");
    refused_text("passwd", "a\tb:x:1:1000::/:/bin/sh\n", ERR_ACCT_BYTES, "passwd:1");
    refused_text("shadow", "a:*:1:0:1:7:::\n", ERR_ACCT_FILE, "shadow");
    refused(two, 2, NULL, ERR_ACCT_FILE, "b");
    refused(dup, 2, NULL, ERR_ACCT_VALUE, "shadow:1");
    refused(ghost, 2, NULL, ERR_ACCT_LINE, "shadow:2");
    refused(grp, 2, NULL, ERR_ACCT_LINE, "group:1");
    refused(NULL, 0, NULL, ERR_ACCT_FILE, "");
    refused_text("empty", "", ERR_ACCT_FILE, "empty");
    refused_text("nis", "+::0:0:::\n", ERR_ACCT_FILE, "nis");
}

static void ldif_refused(void **state)
{
    (void)state;
    refused_text("x", "dn: uid=a\nuid: a\ncn:: 4pyT*\n", ERR_ACCT_LINE, "x:3");
    refused_text("x", "dn: uid=a\nuid: a\ncn:: gICA\n", ERR_ACCT_BYTES, "x:3");
    refused_text("x", "dn: uid=a\nuid: a\nmail:< file:///etc/shadow\n", ERR_ACCT_LINE, "x:3");
    refused_text("x", "dn: uid=a\nchangetype: modify\n", ERR_ACCT_LINE, "x:2");
    refused_text("x", "dn: uid=a\nno colon\n", ERR_ACCT_LINE, "x:2");
    refused_text("x", "version: 2\n", ERR_ACCT_LINE, "x:1");
    refused_text("x", "version: 1\n\n continued\n", ERR_ACCT_LINE, "x:3");
    refused_text("x", "dn: uid=a\nuid: a\n\nuid: b\n", ERR_ACCT_LINE, "x:4");
    refused_text("x", "dn: uid=a\nuid: a\ndn: uid=b\n", ERR_ACCT_LINE, "x:3");
    refused_text("x", "dn: uid=a\nuid: a\n\ndn: uid=A\nuid: A\n", ERR_ACCT_TWICE, "x:5");
    refused_text("x", "dn: uid=a\nuid: a\npwdLastSet: soon\n", ERR_ACCT_VALUE, "x:3");
    refused_text("x", "dn: uid=a\nuid: a\nuserAccountControl: off\n", ERR_ACCT_VALUE, "x:3");
    refused_text("x", "dn: ou=a\nou: a\n", ERR_ACCT_FILE, "x");
}

static void csv_refused(void **state)
{
    (void)state;
    const struct acct_map map = {.heading = {[ACCT_C_ACCOUNT] = "id", [ACCT_C_ENABLED] = "on", [ACCT_C_LAST_ON] = "last"}};
    static const struct { const char *text; enum err_code code; const char *arg; } t[] = {
        {"id,on,last\na,maybe,\n", ERR_ACCT_VALUE, "x.csv:2"}, {"id,on,last\na,1,\n\n,1,\n", ERR_ACCT_LINE, "x.csv:4"}, {"id,on,last\na,1,5/3/2026\n", ERR_ACCT_VALUE, "x.csv:2"},
        {"id,on,last\na,1,13/3/2026 9:00:00 PM\n", ERR_ACCT_VALUE, "x.csv:2"}, {"id,on,last\na,1,\nA,0,\n", ERR_ACCT_TWICE, "x.csv:3"}, {"id,on,last,id\na,1,,b\n", ERR_ACCT_MAP, "id"},
        {"id,on,last\n\"a,1,\n", ERR_ACCT_LINE, "x.csv:3"}, {"id,on,last\na,1,\xff\xff\n", ERR_ACCT_BYTES, "x.csv:15"}, {"\n\n", ERR_ACCT_FILE, "x.csv"}, {"id,on,last\n", ERR_ACCT_FILE, "x.csv"},
    };
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        struct acct_file f = file_of("x.csv", t[i].text);
        refused(&f, 1, &map, t[i].code, t[i].arg);
    }
    const struct acct_file odd = {"u", {"\xff\xfe" "a", 3}}, both[] = {file_of("a.csv", "id\na\n"), file_of("b.csv", "id\nb\n")};
    refused(&odd, 1, &map, ERR_ACCT_BYTES, "u:1");
    refused(both, 2, &map, ERR_ACCT_FILE, "b.csv");
}

/* head, then n times before, the number, after. */
static struct str many(const char *head, const char *before, const char *after, size_t n)
{
    struct buf *b = buf_new(mem, 32 << 20);
    buf_puts(b, head);
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, before);
        buf_i64(b, (int64_t)i);
        buf_puts(b, after);
    }
    return buf_slice(b);
}

static void limits(void **state)
{
    (void)state;
    static const char line[] = ":x:1000:1000::/:/bin/sh\n";
    struct acct_file f = {"passwd", many("a:x:1:1::/:\n", "u", line, ACCT_ENTRIES_MAX - 1)};
    assert_int_equal(read_ok(&f, 1, NULL)->entries.n, ACCT_ENTRIES_MAX);
    f.bytes = many("a:x:1:1::/:\n", "u", line, ACCT_ENTRIES_MAX);
    refused(&f, 1, NULL, ERR_ACCT_LIMIT, "passwd:10001");
    f.bytes = many("a:x:1:1:", "aaaaaaaaa", "", 100000);    /* one line of a megabyte */
    f.bytes = str_of(mem_fmt(mem, "b:x:1:1::/:\n%s:/:\n", f.bytes.p));
    refused(&f, 1, NULL, ERR_ACCT_LIMIT, "passwd:2");
    f.bytes = many("dn: uid=a\nuid: a\ncn:", "\n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 7000);
    refused(&f, 1, NULL, ERR_ACCT_LIMIT, "passwd:7003");
    f.bytes = many("", "uuuuuuuuuu", "", 20);
    f.bytes = str_of(mem_fmt(mem, "%s:x:1:1::/:\n", f.bytes.p));
    refused(&f, 1, NULL, ERR_ACCT_LIMIT, "passwd:1");
    f.bytes = (struct str){mem_alloc(mem, 1, ACCT_BYTES_MAX + 1, "char"), ACCT_BYTES_MAX + 1};
    refused(&f, 1, NULL, ERR_ACCT_LIMIT, "passwd:1");
    const struct acct_file g[] = {file_of("passwd", "a:x:1000:1000::/:\n"), {"group", many("", "agroupwithalongname", ":x:2:a\n", 200)}};
    struct acct_list *l = read_ok(g, 2, NULL);
    assert_true(strlen(entry(l, "a")->groups) <= ACCT_GROUPS_MAX);
    assert_true(l->doubt[ACCT_GROUPS_CUT] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(debian, set_up, tear_down), cmocka_unit_test_setup_teardown(debian_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(group_of_the_file, set_up, tear_down), cmocka_unit_test_setup_teardown(no_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ldif, set_up, tear_down), cmocka_unit_test_setup_teardown(ldif_ad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ldif_5000, set_up, tear_down), cmocka_unit_test_setup_teardown(ad_csv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ad_other, set_up, tear_down), cmocka_unit_test_setup_teardown(mapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unix_refused, set_up, tear_down), cmocka_unit_test_setup_teardown(ldif_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(csv_refused, set_up, tear_down), cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
