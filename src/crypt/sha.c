/* SHA-256 through OpenSSL with a fetched method and a context per thread (libraries.md section 8: 0.28 us against 0.47). */
#define ERR_STATE OPENSSL_ERR_STATE          /* a typedef of theirs, an error code of ours */
#include <openssl/evp.h>
#undef ERR_STATE
#include <pthread.h>
#include <stdlib.h>
#include "crypt/crypt.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static EVP_MD *method;

static void ctx_free(void *p) { EVP_MD_CTX_free(p); }

static void start(void)
{
    method = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (method == NULL || pthread_key_create(&key, ctx_free) != 0)
        abort();
}

static EVP_MD_CTX *ctx_mine(void)
{
    pthread_once(&once, start);
    EVP_MD_CTX *c = pthread_getspecific(key);
    if (c == NULL) {
        c = EVP_MD_CTX_new();
        if (c == NULL || pthread_setspecific(key, c) != 0)
            abort();
    }
    return c;
}

void crypt_sha256(const void *p, size_t n, uint8_t ret[32])
{
    EVP_MD_CTX *c = ctx_mine();
    if (EVP_DigestInit_ex2(c, method, NULL) != 1 || EVP_DigestUpdate(c, p, n) != 1 || EVP_DigestFinal_ex(c, ret, NULL) != 1)
        abort();
}

struct sha256 { EVP_MD_CTX *c; };

static int sha256_drop(struct sha256 *s)
{
    EVP_MD_CTX_free(s->c);
    return 0;
}

struct sha256 *sha256_new(TALLOC_CTX *mem)
{
    pthread_once(&once, start);
    struct sha256 *s = mem_new(mem, struct sha256);
    s->c = EVP_MD_CTX_new();
    if (s->c == NULL || EVP_DigestInit_ex2(s->c, method, NULL) != 1)
        abort();
    talloc_set_destructor(s, sha256_drop);
    return s;
}

void sha256_add(struct sha256 *s, const void *p, size_t n)
{
    if (EVP_DigestUpdate(s->c, p, n) != 1)
        abort();
}

void sha256_end(struct sha256 *s, uint8_t ret[32])
{
    if (EVP_DigestFinal_ex(s->c, ret, NULL) != 1)
        abort();
}
