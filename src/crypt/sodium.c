/* libsodium behind crypt.h. */
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include "crypt/crypt.h"

#define PASSWORD_AT_ONCE 2            /* 64 MiB each: more would let sign-ins eat the machine */
#ifdef DAICHO_SCENE
#define PASSWORD_OPS crypto_pwhash_OPSLIMIT_MIN
#define PASSWORD_MEM crypto_pwhash_MEMLIMIT_MIN
#else
#define PASSWORD_OPS 2
#define PASSWORD_MEM (64U << 20)
#endif

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_free = PTHREAD_COND_INITIALIZER;
static int gate_busy;

static void gate_enter(void)
{
    pthread_mutex_lock(&gate);
    while (gate_busy >= PASSWORD_AT_ONCE)
        pthread_cond_wait(&gate_free, &gate);
    gate_busy++;
    pthread_mutex_unlock(&gate);
}

static void gate_leave(void)
{
    pthread_mutex_lock(&gate);
    gate_busy--;
    pthread_cond_signal(&gate_free);
    pthread_mutex_unlock(&gate);
}

enum rc crypt_init(struct err *e)
{
    static const uint8_t want[4] = {0xba, 0x78, 0x16, 0xbf};           /* SHA-256("abc") begins so */
    uint8_t got[32];
    if (sodium_init() < 0)
        return err_set(e, ERR_CRYPT, "libsodium did not start: no random numbers");
    crypt_sha256("abc", 3, got);
    return memcmp(got, want, sizeof want) == 0 ? RC_OK : err_set(e, ERR_CRYPT, "SHA-256 self-test failed");
}

void crypt_random(void *p, size_t n) { randombytes_buf(p, n); }

bool crypt_same(const void *a, const void *b, size_t n) { return sodium_memcmp(a, b, n) == 0; }

enum rc crypt_password_hash(TALLOC_CTX *mem, const char *password, char **ret_hash, struct err *e)
{
    char out[crypto_pwhash_STRBYTES];
    gate_enter();
    int rc = crypto_pwhash_str_alg(out, password, strlen(password), PASSWORD_OPS, PASSWORD_MEM, crypto_pwhash_ALG_ARGON2ID13);
    gate_leave();
    if (rc != 0)
        return err_set(e, ERR_CRYPT, "argon2id");
    *ret_hash = mem_strdup(mem, out);
    return RC_OK;
}

bool crypt_password_ok(const char *hash, const char *password)
{
    char padded[crypto_pwhash_STRBYTES] = {0};
    size_t n = strlen(hash);
    if (n >= sizeof padded)
        return false;
    memcpy(padded, hash, n);
    gate_enter();
    bool ok = crypto_pwhash_str_verify(padded, password, strlen(password)) == 0;
    gate_leave();
    return ok;
}

bool crypt_password_stale(const char *hash) { return crypto_pwhash_str_needs_rehash(hash, PASSWORD_OPS, PASSWORD_MEM) != 0; }

void crypt_sign_public(const uint8_t seed[32], uint8_t ret_public[32])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(ret_public, secret, seed);
    sodium_memzero(secret, sizeof secret);
}

void crypt_sign(const uint8_t seed[32], const void *p, size_t n, uint8_t ret_sig[64])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES], pub[32];
    crypto_sign_seed_keypair(pub, secret, seed);
    crypto_sign_detached(ret_sig, NULL, p, n, secret);
    sodium_memzero(secret, sizeof secret);
}

bool crypt_sign_ok(const uint8_t public_key[32], const void *p, size_t n, const uint8_t sig[64])
{
    return crypto_sign_verify_detached(sig, p, n, public_key) == 0;
}

void crypt_seal(TALLOC_CTX *mem, const uint8_t key[32], const char *what, const void *p, size_t n, uint8_t **ret, size_t *ret_n)
{
    uint8_t *out = mem_array(mem, uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + n + crypto_aead_xchacha20poly1305_ietf_ABYTES);
    unsigned long long len;
    randombytes_buf(out, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, &len, p, n, (const uint8_t *)what, strlen(what), NULL, out, key);
    *ret = out;
    *ret_n = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + (size_t)len;
}

bool crypt_unseal(const uint8_t key[32], const char *what, const uint8_t *sealed, size_t n, void *ret, size_t want_n)
{
    const size_t head = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    unsigned long long len;
    if (n != head + want_n + crypto_aead_xchacha20poly1305_ietf_ABYTES)
        return false;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(ret, &len, NULL, sealed + head, n - head, (const uint8_t *)what, strlen(what), sealed, key) == 0;
}
