/* crypt: the primitives, from libraries only. SHA-256 from OpenSSL (SHA-NI), everything else from libsodium.
 *   sodium.c   start-up check, random bytes, argon2id, Ed25519, HMAC-SHA-256, constant-time compare (sodium.h known here only)
 *   sha.c      SHA-256 through OpenSSL (openssl/evp.h known here only)
 *   token.c    session and API tokens
 *   totp.c     codes of authenticator apps (liboath known here only) */
#ifndef CRYPT_CRYPT_H
#define CRYPT_CRYPT_H
#include "base/base.h"

/* Once at start; ERR_CRYPT when the random number generator or the self-test fails. */
MUST enum rc crypt_init(struct err *e);
void crypt_random(void *p, size_t n);                        /* never fails after crypt_init */

void crypt_sha256(const void *p, size_t n, uint8_t ret[32]);
struct sha256;                                               /* incremental */
struct sha256 *sha256_new(TALLOC_CTX *mem);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, uint8_t ret[32]);

void crypt_hmac256(const void *key, size_t key_n, const void *p, size_t n, uint8_t ret[32]);
bool crypt_same(const void *a, const void *b, size_t n);     /* constant time */

/* argon2id, 64 MiB x 2 (minimum cost in scene builds); at most two at once in the process. */
MUST enum rc crypt_password_hash(TALLOC_CTX *mem, const char *password, char **ret_hash, struct err *e);
bool crypt_password_ok(const char *hash, const char *password);
bool crypt_password_stale(const char *hash);                 /* made with other cost */

/* Ed25519. seed 32 bytes, public 32, signature 64. */
void crypt_sign_public(const uint8_t seed[32], uint8_t ret_public[32]);
void crypt_sign(const uint8_t seed[32], const void *p, size_t n, uint8_t ret_sig[64]);
bool crypt_sign_ok(const uint8_t public_key[32], const void *p, size_t n, const uint8_t sig[64]);

/* XChaCha20-Poly1305 under a random nonce, which stands before it. `what` names the place that it is for: elsewhere it does not open. */
void crypt_seal(TALLOC_CTX *mem, const uint8_t key[32], const char *what, const void *p, size_t n, uint8_t **ret, size_t *ret_n);
bool crypt_unseal(const uint8_t key[32], const char *what, const uint8_t *sealed, size_t n, void *ret, size_t want_n);

/* Codes of authenticator apps: six digits of 30 seconds, one step before and after taken, none that is not after after_step. */
#define TOTP_SECRET_N 20
#define TOTP_DIGITS 6
bool totp_fits(const uint8_t secret[TOTP_SECRET_N], int64_t now_us, int64_t after_step, const char *code, int64_t *ret_step);
char *totp_base32(TALLOC_CTX *mem, const uint8_t secret[TOTP_SECRET_N]);

/* 256 random bits as 43 base64url characters; its SHA-256 is what is stored. */
char *crypt_token(TALLOC_CTX *mem);
void crypt_token_hash(const char *token, uint8_t ret[32]);
#endif
