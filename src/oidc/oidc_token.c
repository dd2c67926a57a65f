/* Is a token the provider's, and is it for us, now? The signature is verified by cjose with a key that the provider published, chosen by the key's id and by
 * what the algorithm needs; which algorithms there are is written here, so that a token cannot choose none, or take a public key for a shared secret. */
#define ERR_STATE OPENSSL_ERR_STATE          /* a typedef of OpenSSL, which cjose brings; an error code of ours */
#include <cjose/cjose.h>
#undef ERR_STATE
#include <stdlib.h>
#include "oidc/oidc_int.h"

#define TOKEN_MAX (32 * 1024)
#define RSA_BITS_MIN 2048

struct alg { const char *name, *kty, *crv; };
static const struct alg algs[] = {
    {"RS256", "RSA", NULL}, {"RS384", "RSA", NULL}, {"RS512", "RSA", NULL}, {"PS256", "RSA", NULL}, {"PS384", "RSA", NULL}, {"PS512", "RSA", NULL},
    {"ES256", "EC", "P-256"}, {"ES384", "EC", "P-384"}, {"ES512", "EC", "P-521"},
};

static const struct alg *alg_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_N(algs); i++)
        if (text_eq(name, algs[i].name))
            return &algs[i];
    return NULL;
}

/* Could this key have signed by that algorithm? */
static bool key_fits(const struct json *key, const struct alg *a)
{
    const char *use = json_get_str(key, "use"), *alg = json_get_str(key, "alg");
    return text_eq(json_get_str(key, "kty"), a->kty) && (a->crv == NULL || text_eq(json_get_str(key, "crv"), a->crv)) && (use == NULL || strcmp(use, "sig") == 0) &&
           (alg == NULL || strcmp(alg, a->name) == 0);
}

int keys_usable(const struct json *keys)
{
    const struct json *all = json_get(keys, "keys");
    int n = 0;
    for (size_t i = 0; i < json_n(all); i++) {
        bool fits = false;
        for (size_t k = 0; k < ARRAY_N(algs) && !fits; k++)
            fits = key_fits(json_at(all, i), &algs[k]);
        n += fits;
    }
    return n;
}

/* By its id; a token without one only when there is no choice. NULL: none, or several. */
static const struct json *key_of(const struct json *keys, const struct alg *a, const char *kid)
{
    const struct json *all = json_get(keys, "keys"), *found = NULL;
    for (size_t i = 0; i < json_n(all); i++) {
        const struct json *k = json_at(all, i);
        if (!key_fits(k, a) || (kid != NULL && !text_eq(json_get_str(k, "kid"), kid)))
            continue;
        if (found != NULL)
            return NULL;
        found = k;
    }
    return found;
}

static enum rc bad(struct err *e, const char *why) { return err_set(e, ERR_OIDC_TOKEN, "oidc: token: %s", why); }

static enum rc signature(cjose_jws_t *jws, TALLOC_CTX *mem, const struct json *key, const struct alg *a, struct err *e)
{
    cjose_err ce = {0};
    const char *text = json_text(mem, key);
    cjose_jwk_t *jwk = cjose_jwk_import(text, strlen(text), &ce);
    if (jwk == NULL)
        return err_set(e, ERR_OIDC, "oidc: a key of the provider cannot be read: %s", ce.message ? ce.message : "?");
    bool strong = a->crv != NULL || cjose_jwk_get_keysize(jwk, &ce) >= RSA_BITS_MIN, right = strong && cjose_jws_verify(jws, jwk, &ce);
    cjose_jwk_release(jwk);
    return right ? RC_OK : bad(e, strong ? "the signature is wrong" : "signed with a key of less than 2048 bits");
}

/* Header, key and signature; then what it says. */
static enum rc opened(cjose_jws_t *jws, TALLOC_CTX *mem, const struct json *keys, struct json **ret, bool *ret_stranger, struct err *e)
{
    cjose_err ce = {0};
    cjose_header_t *head = cjose_jws_get_protected(jws);
    const char *kid = cjose_header_get(head, CJOSE_HDR_KID, &ce);
    const struct alg *a = alg_of(cjose_header_get(head, CJOSE_HDR_ALG, &ce));
    char *crit = cjose_header_get_raw(head, "crit", &ce);
    bool critical = crit != NULL;
    uint8_t *p;
    size_t n;
    free(crit);
    if (a == NULL || critical)
        return bad(e, a == NULL ? "an algorithm that is not taken" : "its header asks for more than is known here");
    const struct json *key = key_of(keys, a, kid);
    if (key == NULL) {
        *ret_stranger = true;
        return err_set(e, ERR_OIDC_TOKEN, "oidc: token: no key of the provider has the id %.60s", kid ? kid : "(none)");
    }
    TRY(signature(jws, mem, key, a, e));
    if (!cjose_jws_get_plaintext(jws, &p, &n, &ce))
        return bad(e, "empty");
    return json_read(mem, (struct str){(const char *)p, n}, TOKEN_MAX, ret, e) == RC_OK ? RC_OK : bad(e, "its text is no JSON");
}

static bool audience_ok(const struct json *claims, const char *client)
{
    const struct json *aud = json_get(claims, "aud");
    const char *azp = json_get_str(claims, "azp");
    bool ours = text_eq(json_str(aud), client);
    size_t n = json_type(aud) == JSON_ARR ? json_n(aud) : 0;
    for (size_t i = 0; i < n; i++)
        ours = ours || text_eq(json_str(json_at(aud, i)), client);
    if (json_get(claims, "azp") != NULL && !text_eq(azp, client))
        return false;
    return ours && (n <= 1 || azp != NULL);
}

static bool seconds_of(const struct json *claims, const char *name, int64_t *ret_us)
{
    const struct json *v = json_get(claims, name);
    int64_t s = json_type(v) == JSON_INT ? json_i64(v, 0) : 0;
    *ret_us = s > 0 && s < INT64_C(100000000000) ? s * US_PER_S : 0;
    return *ret_us != 0;
}

static enum rc claims_ok(const struct json *claims, const struct token_want *w, struct err *e)
{
    int64_t exp, iat, nbf;
    const char *sub = json_get_str(claims, "sub");
    if (!text_eq(json_get_str(claims, "iss"), w->issuer))
        return bad(e, "of another issuer");
    if (!audience_ok(claims, w->client))
        return err_set(e, ERR_OIDC_AUDIENCE, "oidc: token: for another client");
    if (!text_eq(json_get_str(claims, "nonce"), w->nonce))
        return bad(e, "for another sign-in (nonce)");
    if (sub == NULL || sub[0] == '\0' || strlen(sub) > OIDC_SUB_MAX)
        return bad(e, "without a subject");
    if (!seconds_of(claims, "exp", &exp) || !seconds_of(claims, "iat", &iat))
        return bad(e, "without its times");
    if (exp + CLOCK_SLACK_US <= w->now_us || iat - CLOCK_SLACK_US > w->now_us || iat + OIDC_KEEP_S * US_PER_S + CLOCK_SLACK_US < w->now_us ||
        (seconds_of(claims, "nbf", &nbf) && nbf - CLOCK_SLACK_US > w->now_us))
        return err_set(e, ERR_OIDC_CLOCK, "oidc: token: made %lld s before now, to end in %lld s", (long long)((w->now_us - iat) / US_PER_S), (long long)((exp - w->now_us) / US_PER_S));
    return RC_OK;
}

enum rc token_read(TALLOC_CTX *mem, const char *jwt, const struct json *keys, const struct token_want *w, struct json **ret_claims, bool *ret_stranger, struct err *e)
{
    cjose_err ce = {0};
    size_t n = strlen(jwt);
    *ret_stranger = false;
    cjose_jws_t *jws = n <= TOKEN_MAX ? cjose_jws_import(jwt, n, &ce) : NULL;
    if (jws == NULL)
        return bad(e, n > TOKEN_MAX ? "too long" : "not a signed token");
    enum rc rc = opened(jws, mem, keys, ret_claims, ret_stranger, e);
    cjose_jws_release(jws);
    TRY(rc);
    return claims_ok(*ret_claims, w, e);
}
