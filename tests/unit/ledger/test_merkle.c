/* RFC 6962 trees: the golden values of the research (computed in C, confirmed by Go), the classic eight leaves, and all 518 public vectors
 * of transparency-dev/merkle (positive and negative). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "ledger/ledger_int.h"

static TALLOC_CTX *root_mem;

static void root_is(TALLOC_CTX *mem, int n, const char *want)
{
    hash_t *leaf = mem_array(mem, hash_t, (size_t)n + 1), got, from_acc;
    struct acc *a = mem_new(mem, struct acc);
    for (int i = 0; i < n; i++) {
        const char *text = mem_fmt(mem, "entry %d", i);
        merkle_leaf(text, strlen(text), leaf[i]);
        acc_push(a, leaf[i], NULL);
    }
    merkle_root((const uint8_t(*)[HASH_N])leaf, (size_t)n, got);
    acc_root(a, from_acc);
    assert_string_equal(b64_text(mem, got, HASH_N), want);
    assert_memory_equal(got, from_acc, HASH_N);
}

static void test_golden(void **state)
{
    MEM_SCOPE(mem, root_mem);
    root_is(mem, 0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    root_is(mem, 1, "dziFphNIniTOLPdhmdakI/BC5LvxLX7s7pEu8nbGVwE=");
    root_is(mem, 2, "WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=");
    root_is(mem, 3, "lPvQ3YNvUDAWkubQ6t5yjuGexSv/8WBu2AfIV11aqhk=");
    root_is(mem, 7, "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=");
    root_is(mem, 8, "tpcyzlyRQWLKmsz69OldP5h01ogFQ3CIqv8YSk25Z3M=");
    root_is(mem, 100, "EGptFZTXMkjJY0Y5iWz4p20sNBj4+4tOJDhgJaJ/JHI=");
}

static void test_golden_checkpoint(void **state)
{
    MEM_SCOPE(mem, root_mem);
    struct acc *a = mem_new(mem, struct acc);
    struct key k;
    uint8_t seed[32], sum[HASH_N];
    hash_t r, leaf;
    memset(seed, 7, sizeof seed);
    key_make(&k, "ledger.example.internal/org1", seed);
    assert_string_equal(key_vkey(mem, &k), "ledger.example.internal/org1+44a06731+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
    for (int i = 0; i < 100000; i++) {
        char text[32];
        size_t n = (size_t)snprintf(text, sizeof text, "entry %d", i);
        merkle_leaf(text, n, leaf);
        acc_push(a, leaf, NULL);
    }
    acc_root(a, r);
    char *cp = checkpoint_sign(mem, &k, k.name, 100000, r);
    crypt_sha256(cp, strlen(cp), sum);
    assert_int_equal(strlen(cp), 208);
    assert_string_equal(hex_text(mem, sum, HASH_N), "c1e58b1ff883e275d505f6a3720416b6d5800a5c4b14ba532df7552693e39590");
}

static void test_classic_eight(void **state)
{
    static const char *const in[] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    static const char *const want[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    MEM_SCOPE(mem, root_mem);
    hash_t leaf[8], r;
    for (size_t i = 0; i < 8; i++) {
        uint8_t raw[16];
        size_t n = strlen(in[i]) / 2;
        assert_true(hex_read(str_of(in[i]), raw, n));
        merkle_leaf(raw, n, leaf[i]);
        merkle_root((const uint8_t(*)[HASH_N])leaf, i + 1, r);
        assert_string_equal(hex_text(mem, r, HASH_N), want[i]);
    }
}

/* ---- vectors ---- */

static bool hash_of(TALLOC_CTX *mem, const struct json *j, hash_t ret)
{
    uint8_t *raw;
    size_t n;
    memset(ret, 0, HASH_N);                        /* some vectors hold words of 12 bytes where the value does not matter */
    if (json_str(j) == NULL || !b64_read(mem, str_of(json_str(j)), &raw, &n) || n == 0 || n > HASH_N)
        return false;
    memcpy(ret, raw, n);
    return true;
}

static bool judged(TALLOC_CTX *mem, const char *kind, const struct json *v)
{
    const struct json *list = json_get(v, "proof");
    size_t n = json_n(list);
    hash_t *proof = mem_array(mem, hash_t, n + 1), a, b;
    bool inclusion = strstr(kind, "inclusion") != NULL;
    for (size_t i = 0; i < n; i++)
        if (!hash_of(mem, json_at(list, i), proof[i]))
            return false;
    if (!hash_of(mem, json_get(v, inclusion ? "leafHash" : "root1"), a) || !hash_of(mem, json_get(v, inclusion ? "root" : "root2"), b))
        return false;
    const uint8_t(*p)[HASH_N] = (const uint8_t(*)[HASH_N])proof;
    int64_t start = json_get_i64(v, "start", 0), end = json_get_i64(v, "end", 0), index = json_get_i64(v, "leafIdx", 0);
    if (strcmp(kind, "inclusion") == 0)
        return merkle_verify_inclusion(index, json_get_i64(v, "treeSize", 0), a, p, n, b);
    if (strcmp(kind, "consistency") == 0)
        return merkle_verify_consistency(json_get_i64(v, "size1", 0), json_get_i64(v, "size2", 0), p, n, a, b);
    if (strcmp(kind, "subtreeinclusion") == 0)
        return merkle_verify_subtree_inclusion(index, start, end, a, p, n, b);
    return merkle_verify_subtree(start, end, json_get_i64(v, "size", 0), p, n, a, b);
}

static int vectors_in(const char *kind, const char *dir)
{
    MEM_SCOPE(mem, root_mem);
    struct name_vec names = VEC_INIT(mem);
    struct err e;
    int seen = 0;
    assert_int_equal(file_list(mem, dir, &names, &e), RC_OK);
    for (size_t i = 0; i < names.n; i++) {
        char *path = file_join(mem, dir, names.v[i]);
        struct stat st;
        struct str text;
        struct json *v;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            seen += vectors_in(kind, path);
            continue;
        }
        assert_int_equal(file_read(mem, path, 1 << 20, &text, &e), RC_OK);
        bool readable = json_read(mem, text, 1 << 20, &v, &e) == RC_OK;      /* some hold 2^64-1: reading refuses them already */
        bool want_error = readable ? json_get_bool(v, "wantErr") : strstr(text.p, "\"wantErr\": true") != NULL;
        if (!readable && strstr(e.detail, "too big integer") == NULL)
            fail_msg("%s: %s", path, e.detail);
        if ((readable && judged(mem, kind, v)) == want_error)
            fail_msg("%s: judged wrongly", path);
        seen++;
    }
    return seen;
}

static void test_vectors(void **state)
{
    static const char *const kinds[] = {"inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"};
    MEM_SCOPE(mem, root_mem);
    int seen = 0;
    for (size_t i = 0; i < ARRAY_N(kinds); i++)
        seen += vectors_in(kinds[i], file_join(mem, TEST_DATA "/merkle/testdata", kinds[i]));
    assert_int_equal(seen, 518);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_golden_checkpoint), cmocka_unit_test(test_classic_eight),
                                       cmocka_unit_test(test_vectors)};
    struct err e;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    root_mem = mem_root(0);
    size_t before = mem_blocks(root_mem);
    int failed = cmocka_run_group_tests_name("merkle", tests, NULL, NULL);
    if (mem_blocks(root_mem) != before) {
        print_error("leak: %zu blocks\n", mem_blocks(root_mem) - before);
        failed++;
    }
    talloc_free(root_mem);
    return failed;
}
