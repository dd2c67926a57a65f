/* Entries, notes and commitments: what is written is read back, and nothing else is accepted. The two readers (entry_parse and the
 * one without allocation, entry_scan) must agree on every single-byte change of an entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "ledger/ledger_int.h"

static TALLOC_CTX *root_mem;

static struct str sample(TALLOC_CTX *mem, const char *value)
{
    struct str b;
    struct err e;
    uint8_t h[HASH_N];
    memset(h, 9, sizeof h);
    struct entry *en = entry_new(mem, "act.approve", "p:0123456789abcdef", "r:12@rev3");
    entry_field(en, "step", value);
    entry_field(en, "empty", "");
    entry_hash(en, "act", h);
    entry_commit(en, "comment", h);
    entry_ref(en, 4);
    if (entry_bytes(mem, en, 73894, INT64_C(1795227033123456), &b, &e) != RC_OK)
        fail_msg("%s", e.detail);
    return b;
}

static void test_form(void **state)
{
    MEM_SCOPE(mem, root_mem);
    assert_string_equal(sample(mem, " 100%\n部長 x ").p,
                        "ledger-entry/v1\nseq 73894\ntime 2026-11-21T02:10:33.123456Z\ntype act.approve\nactor p:0123456789abcdef\nobject r:12@rev3\n"
                        "field step %20100%25%0A部長 x%20\nfield empty\nhash act sha256 CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"
                        "commit comment hmac-sha256 CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\nref 4\n");
}

static void test_round(void **state)
{
    static const char *const values[] = {"x", " ", "  ", "%", "%%20", "a b", "\x01\x1f\x7f", "行\n行", " a", "a ", "é"};
    for (size_t i = 0; i < ARRAY_N(values); i++) {
        MEM_SCOPE(mem, root_mem);
        struct str b = sample(mem, values[i]);
        struct entry_view v;
        struct entry_scan s;
        struct err e;
        assert_int_equal(entry_parse(mem, b, &v, &e), RC_OK);
        assert_true(entry_scan(b, &s));
        assert_string_equal(v.line[0].value, values[i]);
        assert_int_equal(v.seq, 73894);
        assert_int_equal(s.time_us, v.time_us);
    }
}

static void agree(TALLOC_CTX *mem, struct str b, int *accepted)
{
    struct entry_view v;
    struct entry_scan s;
    struct err e;
    bool one = entry_parse(mem, b, &v, &e) == RC_OK, two = entry_scan(b, &s);
    if (one != two)
        fail_msg("entry_parse says %d, entry_scan %d: %.*s", one, two, (int)b.n, b.p);
    *accepted += one;
}

static void test_readers_agree(void **state)
{
    int accepted = 0, tried = 0;
    MEM_SCOPE(mem, root_mem);
    struct str good = sample(mem, " a%b c ");
    char *b = mem_strndup(mem, good.p, good.n + 1);
    for (size_t i = 0; i < good.n; i++)
        for (int v = 0; v < 256; v++, tried++) {
            MEM_SCOPE(tmp, mem);
            char was = b[i];
            b[i] = (char)v;
            agree(tmp, (struct str){b, good.n}, &accepted);
            b[i] = was;
        }
    for (size_t n = 0; n < good.n; n++, tried++) {                   /* cut */
        MEM_SCOPE(tmp, mem);
        agree(tmp, (struct str){good.p, n}, &accepted);
    }
    assert_true(accepted > 1000 && accepted < tried);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "", "ledger-entry/v1\n", "ledger-entry/v2\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\n",
        "ledger-entry/v1\nseq 01\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\n",
        "ledger-entry/v1\nseq 1\ntime 2026-02-30T02:10:33.123456Z\ntype a\nactor b\nobject c\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\n\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x  y\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x y \n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x %41\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x %0a\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x a%20b\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a\nactor b\nobject c\nfield x \xff\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\ntype a b\nactor b\nobject c\n",
        "ledger-entry/v1\nseq 1\ntime 2026-11-21T02:10:33.123456Z\nactor b\ntype a\nobject c\n"};
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        MEM_SCOPE(mem, root_mem);
        int accepted = 0;
        agree(mem, str_of(bad[i]), &accepted);
        if (accepted != 0)
            fail_msg("accepted: %s", bad[i]);
    }
    MEM_SCOPE(mem, root_mem);
    struct str b;
    struct err e;
    struct entry *big = entry_new(mem, "a", "b", "c"), *many = entry_new(mem, "a", "b", "c"), *blank = entry_new(mem, "a b", "b", "c");
    char *v = mem_alloc(mem, 1, LEDGER_ENTRY_MAX + 1, "v");
    memset(v, 'x', LEDGER_ENTRY_MAX);
    entry_field(big, "k", v);
    for (int i = 0; i < 65; i++)
        entry_field(many, "k", "v");
    assert_int_equal(entry_bytes(mem, big, 1, 0, &b, &e), RC_INVALID);
    assert_int_equal(entry_bytes(mem, many, 1, 0, &b, &e), RC_INVALID);
    assert_int_equal(entry_bytes(mem, blank, 1, 0, &b, &e), RC_INVALID);
}

static void test_note(void **state)
{
    static const char note[] = "This is an example message.\n\n\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    MEM_SCOPE(mem, root_mem);
    struct vkey k;
    struct checkpoint c;
    struct key mine, other;
    uint8_t seed[32];
    hash_t r;
    assert_true(vkey_read(mem, STR("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &k));
    assert_false(vkey_read(mem, STR("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &k));
    assert_false(checkpoint_ok(mem, str_of(note), &k, &c));                              /* a note, but no checkpoint */
    memset(seed, 7, sizeof seed);
    memset(r, 3, sizeof r);
    key_make(&mine, "a.example/1/e1", seed);
    seed[0] = 8;
    key_make(&other, "a.example/1/e1", seed);
    char *cp = checkpoint_sign(mem, &mine, mine.name, 12, r), *by_other = checkpoint_sign(mem, &other, mine.name, 12, r);
    assert_true(vkey_read(mem, str_of(key_vkey(mem, &mine)), &k));
    assert_true(checkpoint_ok(mem, str_of(cp), &k, &c));
    assert_int_equal(c.size, 12);
    assert_false(checkpoint_ok(mem, str_of(by_other), &k, &c));                          /* wrong key */
    char *both = mem_fmt(mem, "%s%s", cp, strstr(by_other, "\n\n") + 2);
    assert_true(checkpoint_ok(mem, str_of(both), &k, &c));                               /* a second line of another key is ignored */
    size_t n = strlen(cp);
    for (size_t i = 0; i < n * 8; i++) {
        MEM_SCOPE(tmp, mem);
        cp[i / 8] = (char)(cp[i / 8] ^ 1 << i % 8);
        if (checkpoint_ok(tmp, (struct str){cp, n}, &k, &c))
            fail_msg("bit %zu of the checkpoint does not matter", i);
        cp[i / 8] = (char)(cp[i / 8] ^ 1 << i % 8);
    }
}

static void test_commitment(void **state)
{
    MEM_SCOPE(mem, root_mem);
    uint8_t r[32], a[HASH_N], b[HASH_N];
    static const char text[] = "ledger-commit/v1\0name\0value";
    memset(r, 1, sizeof r);
    commitment(r, "name", "value", 5, a);
    crypt_hmac256(r, 32, text, sizeof text - 1, b);
    assert_memory_equal(a, b, HASH_N);
    commitment(r, "namev", "alue", 4, b);
    assert_memory_not_equal(a, b, HASH_N);
    const char *long_name = mem_fmt(mem, "%02000d", 1);
    commitment(r, long_name, "value", 5, a);
    commitment(r, long_name, "other", 5, b);
    assert_memory_not_equal(a, b, HASH_N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_form), cmocka_unit_test(test_round), cmocka_unit_test(test_readers_agree),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_note), cmocka_unit_test(test_commitment)};
    struct err e;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    root_mem = mem_root(0);
    size_t before = mem_blocks(root_mem);
    int failed = cmocka_run_group_tests_name("entry", tests, NULL, NULL);
    if (mem_blocks(root_mem) != before) {
        print_error("leak: %zu blocks\n", mem_blocks(root_mem) - before);
        failed++;
    }
    talloc_free(root_mem);
    return failed;
}
