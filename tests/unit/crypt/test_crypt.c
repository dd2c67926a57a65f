/* Vectors of FIPS 180-4, RFC 4231 (HMAC-SHA-256) and RFC 8032 (Ed25519); passwords, tokens, hashing by many threads at once. */
#include <pthread.h>
#include "basetest.h"
#include "crypt/crypt.h"

static void is_hex(const uint8_t *p, size_t n, const char *want) { assert_string_equal(hex_text(mem, p, n), want); }

static uint8_t *bytes(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = mem_array(mem, uint8_t, n + 1);
    assert_true(hex_read(str_of(hex), p, n));
    return p;
}

static void sha(void **state)
{
    (void)state;
    uint8_t h[32];
    crypt_sha256("", 0, h);
    is_hex(h, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    crypt_sha256("abc", 3, h);
    is_hex(h, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    crypt_sha256(two, 56, h);
    is_hex(h, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct sha256 *s = sha256_new(mem), *other = sha256_new(mem);
    for (int i = 0; i < 1000; i++) {
        char a[1000];
        memset(a, 'a', sizeof a);
        sha256_add(s, a, sizeof a);
        sha256_add(other, a, 1);
        crypt_sha256(a, 1, h);                            /* in between: the contexts are apart */
    }
    sha256_end(s, h);
    is_hex(h, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_end(other, h);
    is_hex(h, 32, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}

static void hmac(void **state)
{
    (void)state;
    static const struct { const char *key, *data, *mac; } t[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    };
    uint8_t mac[32], key[131];
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        crypt_hmac256(bytes(t[i].key), strlen(t[i].key) / 2, bytes(t[i].data), strlen(t[i].data) / 2, mac);
        is_hex(mac, 32, t[i].mac);
    }
    memset(key, 0xaa, sizeof key);                      /* case 6: a key longer than a block */
    static const char data[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    crypt_hmac256(key, sizeof key, data, sizeof data - 1, mac);
    is_hex(mac, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void ed25519(void **state)
{
    (void)state;
    static const struct { const char *seed, *public_key, *text, *sig; } t[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    };
    uint8_t key[32], sig[64];
    for (size_t i = 0; i < ARRAY_N(t); i++) {
        size_t n = strlen(t[i].text) / 2;
        uint8_t *text = bytes(t[i].text);
        crypt_sign_public(bytes(t[i].seed), key);
        is_hex(key, 32, t[i].public_key);
        crypt_sign(bytes(t[i].seed), text, n, sig);
        is_hex(sig, 64, t[i].sig);
        assert_true(crypt_sign_ok(key, text, n, sig));
        text[0] ^= 1;
        assert_false(crypt_sign_ok(key, text, n > 0 ? n : 1, sig));
        text[0] ^= 1;
        sig[40] ^= 1;
        assert_false(crypt_sign_ok(key, text, n, sig));
        sig[40] ^= 1;
        key[0] ^= 1;
        assert_false(crypt_sign_ok(key, text, n, sig));
    }
}

static void passwords(void **state)
{
    (void)state;
    struct err e = {0};
    char *a, *b;
    assert_int_equal(crypt_password_hash(mem, "正しい馬の電池", &a, &e), RC_OK);
    assert_int_equal(crypt_password_hash(mem, "正しい馬の電池", &b, &e), RC_OK);
    assert_string_not_equal(a, b);
    assert_true(str_starts(str_of(a), "$argon2id$v=19$"));
    assert_true(crypt_password_ok(a, "正しい馬の電池") && crypt_password_ok(b, "正しい馬の電池"));
    assert_false(crypt_password_ok(a, "正しい馬の電") || crypt_password_ok(a, "") || crypt_password_ok("", "") || crypt_password_ok("$argon2id$", "x"));
    assert_false(crypt_password_stale(a));
    assert_true(crypt_password_stale("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K7cQ2AhGkFxtq2VqNVgqzyFn2qCBh4yrRzhfiFZcM3E"));
#ifndef DAICHO_SCENE
    assert_non_null(strstr(a, "m=65536,t=2,p=1"));
#endif
    char *longer = mem_alloc(mem, 1, 2001, "char");
    memset(longer, 'x', 2000);
    assert_false(crypt_password_ok(longer, "x"));
}

static void tokens(void **state)
{
    (void)state;
    struct map *seen = map_new(mem);
    uint8_t h[32], again[32];
    for (int i = 0; i < 200; i++) {
        char *t = crypt_token(mem);
        assert_int_equal(strlen(t), 43);
        assert_int_equal(strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
        map_set(seen, t, t);
    }
    assert_int_equal(map_n(seen), 200);
    crypt_token_hash("abc", h);
    crypt_sha256("abc", 3, again);
    assert_true(crypt_same(h, again, 32));
    again[31] ^= 1;
    assert_false(crypt_same(h, again, 32));
}

/* RFC 6238 appendix B, the last six of its eight digits. */
static void one_time_codes(void **state)
{
    static const struct { int64_t at; const char *code; } all[] = {{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    const uint8_t secret[TOTP_SECRET_N + 1] = "12345678901234567890";
    TALLOC_CTX *own = mem_root(0);
    int64_t step = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        int64_t t = all[i].at * US_PER_S;
        assert_true(totp_fits(secret, t, -1, all[i].code, &step));
        assert_int_equal(step, all[i].at / 30);
        assert_true(totp_fits(secret, t + 30 * US_PER_S, -1, all[i].code, &step));
        assert_true(totp_fits(secret, t - 30 * US_PER_S, -1, all[i].code, &step));
        assert_false(totp_fits(secret, t + 60 * US_PER_S, -1, all[i].code, &step));
        assert_true(all[i].at < 60 || !totp_fits(secret, t - 60 * US_PER_S, -1, all[i].code, &step));
        assert_false(totp_fits(secret, t, all[i].at / 30, all[i].code, &step));                  /* used */
        assert_true(totp_fits(secret, t, all[i].at / 30 - 1, all[i].code, &step));
    }
    assert_false(totp_fits(secret, 59 * US_PER_S, -1, "", &step));
    assert_false(totp_fits(secret, 59 * US_PER_S, -1, "28708", &step));
    assert_false(totp_fits(secret, 59 * US_PER_S, -1, "2870820", &step));
    assert_string_equal(totp_base32(own, secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    talloc_free(own);
}

static void sealed(void **state)
{
    uint8_t key[32] = {1}, other[32] = {2}, out[6], *a, *b;
    size_t n, m;
    TALLOC_CTX *own = mem_root(0);
    (void)state;
    crypt_seal(own, key, "totp:1", "secret", 6, &a, &n);
    crypt_seal(own, key, "totp:1", "secret", 6, &b, &m);
    assert_int_equal(n, 24 + 6 + 16);
    assert_false(crypt_same(a, b, n));                                       /* a nonce of its own each time */
    assert_true(crypt_unseal(key, "totp:1", a, n, out, sizeof out));
    assert_memory_equal(out, "secret", 6);
    assert_false(crypt_unseal(other, "totp:1", a, n, out, sizeof out));
    assert_false(crypt_unseal(key, "totp:2", a, n, out, sizeof out));        /* moved to somebody else */
    assert_false(crypt_unseal(key, "totp:1", a, n - 1, out, sizeof out));
    for (size_t i = 0; i < n; i++) {
        a[i] ^= 1;
        assert_false(crypt_unseal(key, "totp:1", a, n, out, sizeof out));
        a[i] ^= 1;
    }
    talloc_free(own);
}

static void *hash_much(void *arg)
{
    static const uint8_t want[4] = {0xba, 0x78, 0x16, 0xbf};
    int *wrong = arg;
    for (int i = 0; i < 20000; i++) {
        uint8_t h[32];
        crypt_sha256("abc", 3, h);
        *wrong += memcmp(h, want, 4) != 0;
    }
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    pthread_t t[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hash_much, &wrong[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(wrong[0] + wrong[1] + wrong[2] + wrong[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(sha), CASE(hmac), CASE(ed25519), CASE(passwords), CASE(tokens), CASE(one_time_codes), CASE(sealed), CASE(threads)};
    struct err e = {0};
    mem_init();
    if (crypt_init(&e) != RC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
