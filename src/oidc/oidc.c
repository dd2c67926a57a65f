/* The way to the provider and back, and what the provider says about itself. Its document and its keys are kept for an hour; keys that a token asks for and that
 * are not there are fetched anew, at most once a minute, so that strangers cannot make this server a client that never rests. Asked in turns (base/turn.h). */
#include <pthread.h>
#include "crypt/crypt.h"
#include "oidc/oidc_int.h"

#define KEPT_US (3600 * US_PER_S)
#define KEYS_AGAIN_US (60 * US_PER_S)
#define DOCUMENT_MAX (256 * 1024)
#define USED_N 512                           /* ways back of the last ten minutes that are remembered as used */
#define TOKEN_N 44

struct keep { char state[TOKEN_N], nonce[TOKEN_N], verifier[TOKEN_N]; int64_t at_us, session; };
struct meta { const char *authorize, *token, *jwks; bool by_form /* the secret goes in the form, not in the head */; };
struct oidc {
    struct oidc_conf *conf;
    const char *redirect;
    uint8_t key[32];
    struct turn turn;
    pthread_mutex_t lock;                    /* of all below */
    char *meta_text, *keys_text;
    int64_t meta_us, keys_us;                /* of clock_mono_us, as they came */
    int64_t again_us;                        /* when keys were fetched last because a token asked for one that was not there; 0: never */
    char used[USED_N][TOKEN_N];
    size_t used_next;
};

static int oidc_drop(struct oidc *o)
{
    talloc_free(o->meta_text);
    talloc_free(o->keys_text);
    pthread_mutex_destroy(&o->lock);
    return 0;
}

enum rc oidc_open(TALLOC_CTX *mem, const char *path, const char *public_url, const char *back_path, struct oidc **ret, struct err *e)
{
    struct oidc *o = mem_new(mem, struct oidc);
    bool here;
    net_ready();
    TRY(oidc_conf_read(o, path, &o->conf, e));
    if (public_url == NULL || !url_sound(public_url, &here) || strchr(public_url, '?') != NULL)
        return err_set_arg(e, ERR_CONF, "public-url", "--oidc needs --public-url: where browsers find this server, https://... (http:// only on this machine)");
    size_t n = strlen(public_url);
    o->redirect = mem_fmt(o, "%.*s%s", (int)(public_url[n - 1] == '/' ? n - 1 : n), public_url, back_path);
    crypt_random(o->key, sizeof o->key);
    turn_ready(&o->turn);
    pthread_mutex_init(&o->lock, NULL);
    talloc_set_destructor(o, oidc_drop);
    *ret = o;
    return RC_OK;
}

const struct oidc_conf *oidc_conf(const struct oidc *o) { return o->conf; }
const char *oidc_redirect(const struct oidc *o) { return o->redirect; }

/* ---- what the provider says about itself ---- */

static enum rc document_get(struct oidc *o, TALLOC_CTX *mem, const char *url, struct str *ret, struct json **ret_json, struct err *e)
{
    struct net_answer a;
    struct err own = {0};
    TRY(net_do(mem, o->conf, &(struct net_ask){.url = url, .max = DOCUMENT_MAX}, &a, e));
    if (a.status != 200)
        return err_set(e, ERR_OIDC, "oidc: %.200s answers %d", url, a.status);
    *ret = a.body;
    return json_read(mem, a.body, DOCUMENT_MAX, ret_json, &own) == RC_OK ? RC_OK : err_set(e, ERR_OIDC, "oidc: %.200s: no JSON: %.100s", url, own.detail);
}

/* A copy of what is kept; NULL: nothing, or too old. */
static char *kept(struct oidc *o, TALLOC_CTX *mem, char *const *text, const int64_t *at_us, int64_t for_us)
{
    pthread_mutex_lock(&o->lock);
    char *out = *text != NULL && *at_us + for_us > clock_mono_us() ? mem_strdup(mem, *text) : NULL;
    pthread_mutex_unlock(&o->lock);
    return out;
}

static void keep_text(struct oidc *o, char **text, int64_t *at_us, struct str body)
{
    pthread_mutex_lock(&o->lock);
    talloc_free(*text);
    *text = mem_strndup(NULL, body.p, body.n);           /* of nobody: threads do not share a parent */
    *at_us = clock_mono_us();
    pthread_mutex_unlock(&o->lock);
}

static bool method_listed(const struct json *list, const char *name)
{
    for (size_t i = 0; i < json_n(list); i++)
        if (text_eq(json_str(json_at(list, i)), name))
            return true;
    return false;
}

static enum rc meta_of(const struct oidc *o, const struct json *doc, struct meta *ret, struct err *e)
{
    const struct json *how = json_get(doc, "token_endpoint_auth_methods_supported");
    bool here, issuer_here;
    *ret = (struct meta){json_get_str(doc, "authorization_endpoint"), json_get_str(doc, "token_endpoint"), json_get_str(doc, "jwks_uri"),
                         how != NULL && !method_listed(how, "client_secret_basic")};
    if (!text_eq(json_get_str(doc, "issuer"), o->conf->issuer))
        return err_set(e, ERR_OIDC, "oidc: the provider calls itself %.200s, not %.200s", json_get_str(doc, "issuer") ? json_get_str(doc, "issuer") : "(nothing)", o->conf->issuer);
    if (!url_sound(o->conf->issuer, &issuer_here))
        return err_set(e, ERR_BUG, "issuer");
    const char *const all[] = {ret->authorize, ret->token, ret->jwks};
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (all[i] == NULL || !url_sound(all[i], &here) || (here && !issuer_here))
            return err_set(e, ERR_OIDC, "oidc: the provider's document has no sound address for %s", i == 0 ? "authorization_endpoint" : i == 1 ? "token_endpoint" : "jwks_uri");
    return RC_OK;
}

static enum rc meta_read(struct oidc *o, TALLOC_CTX *mem, bool fresh, struct meta *ret, struct err *e)
{
    struct json *doc;
    struct str body;
    const char *issuer = o->conf->issuer;
    char *text = fresh ? NULL : kept(o, mem, &o->meta_text, &o->meta_us, KEPT_US);
    if (text != NULL) {
        TRY(json_read(mem, str_of(text), DOCUMENT_MAX, &doc, e));
        return meta_of(o, doc, ret, e);
    }
    const char *slash = issuer[strlen(issuer) - 1] == '/' ? "" : "/";
    TRY(document_get(o, mem, mem_fmt(mem, "%s%s.well-known/openid-configuration", issuer, slash), &body, &doc, e));
    TRY(meta_of(o, doc, ret, e));
    keep_text(o, &o->meta_text, &o->meta_us, body);
    return RC_OK;
}

/* May keys be fetched before their hour is over? */
static bool again_may(struct oidc *o)
{
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&o->lock);
    bool may = o->again_us == 0 || o->again_us + KEYS_AGAIN_US <= now;
    o->again_us = may ? now : o->again_us;
    pthread_mutex_unlock(&o->lock);
    return may;
}

/* again: a token asks for a key that is not there. */
static enum rc keys_read(struct oidc *o, TALLOC_CTX *mem, const struct meta *m, bool again, struct json **ret, struct err *e)
{
    struct str body;
    char *text = again && again_may(o) ? NULL : kept(o, mem, &o->keys_text, &o->keys_us, KEPT_US);
    if (text != NULL)
        return json_read(mem, str_of(text), DOCUMENT_MAX, ret, e);
    TRY(document_get(o, mem, m->jwks, &body, ret, e));
    if (json_type(json_get(*ret, "keys")) != JSON_ARR)
        return err_set(e, ERR_OIDC, "oidc: %.200s: no keys", m->jwks);
    keep_text(o, &o->keys_text, &o->keys_us, body);
    return RC_OK;
}

static enum rc asking_begin(struct oidc *o, struct err *e)
{
    const char *no = turn_begin(&o->turn);
    return no != NULL ? err_set(e, ERR_OIDC, "oidc: %s", no) : RC_OK;
}

static void asking_end(struct oidc *o, enum rc rc, const struct err *e) { turn_end(&o->turn, rc == RC_OK ? TURN_WELL : e->code == ERR_OIDC ? TURN_DOWN : TURN_OTHER); }

/* ---- the way there ---- */

static char *url_b64(TALLOC_CTX *mem, const uint8_t *p, size_t n)
{
    char *s = b64_text(mem, p, n);
    for (char *c = s; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    s[strcspn(s, "=")] = '\0';
    return s;
}

static void pair(struct buf *b, TALLOC_CTX *mem, const char *name, const char *value) { buf_fmt(b, "%s=%s&", name, url_escape(mem, value)); }

static void token_put(char to[TOKEN_N], TALLOC_CTX *mem) { memcpy(to, crypt_token(mem), TOKEN_N); }      /* 43 characters and their end */

enum rc oidc_there(struct oidc *o, TALLOC_CTX *mem, int64_t session, struct oidc_there *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct err own = {0};
    struct meta m;
    struct keep k = {.at_us = clock_now_us(), .session = session};
    uint8_t challenge[32], *sealed;
    size_t n;
    struct buf *b = buf_new(tmp, 8000);
    TRY(asking_begin(o, e));
    enum rc rc = meta_read(o, tmp, false, &m, &own);
    asking_end(o, rc, &own);
    if (rc != RC_OK) {
        *e = own;
        return rc;
    }
    token_put(k.state, tmp);
    token_put(k.nonce, tmp);
    token_put(k.verifier, tmp);
    crypt_sha256(k.verifier, strlen(k.verifier), challenge);
    buf_fmt(b, "%s%c", m.authorize, strchr(m.authorize, '?') ? '&' : '?');
    const char *const pairs[][2] = {{"response_type", "code"}, {"client_id", o->conf->client}, {"redirect_uri", o->redirect}, {"scope", o->conf->scope}, {"state", k.state},
                                    {"nonce", k.nonce}, {"code_challenge", url_b64(tmp, challenge, sizeof challenge)}, {"code_challenge_method", "S256"}};
    for (size_t i = 0; i < ARRAY_N(pairs); i++)
        pair(b, tmp, pairs[i][0], pairs[i][1]);
    buf_puts(b, session != 0 ? "prompt=login&max_age=1" : "response_mode=query");
    if (!buf_ok(b))
        return err_set(e, ERR_OIDC, "oidc: the address of the sign-in is too long");
    crypt_seal(tmp, o->key, "oidc", &k, sizeof k, &sealed, &n);
    *ret = (struct oidc_there){mem_strdup(mem, b->p), hex_text(mem, sealed, n)};
    return RC_OK;
}

/* ---- the way back ---- */

static bool keep_open(struct oidc *o, const char *text, struct keep *ret)
{
    uint8_t sealed[sizeof *ret + 100];
    size_t n = text ? strlen(text) / 2 : 0;
    return n > 0 && n <= sizeof sealed && hex_read(str_of(text), sealed, n) && crypt_unseal(o->key, "oidc", sealed, n, ret, sizeof *ret);
}

bool oidc_session(struct oidc *o, const char *keep, int64_t *ret_session)
{
    struct keep k;
    bool ok = keep_open(o, keep, &k);
    *ret_session = ok ? k.session : 0;
    return ok;
}

/* Once. */
static bool state_use(struct oidc *o, const char *state)
{
    bool used = false;
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < USED_N && !used; i++)
        used = strcmp(o->used[i], state) == 0;
    if (!used)
        memcpy(o->used[o->used_next++ % USED_N], state, TOKEN_N);
    pthread_mutex_unlock(&o->lock);
    return !used;
}

static enum rc state_ok(struct oidc *o, const struct oidc_back *b, struct keep *ret, struct err *e)
{
    int64_t now = clock_now_us();
    const char *why = !keep_open(o, b->keep, ret) ? "no cookie of a way there" : b->state == NULL || strlen(b->state) != TOKEN_N - 1 || !crypt_same(b->state, ret->state, TOKEN_N - 1) ? "of another way there"
                    : ret->at_us + OIDC_KEEP_S * US_PER_S < now || ret->at_us > now + CLOCK_SLACK_US ? "too old" : !state_use(o, ret->state) ? "used before" : NULL;
    return why == NULL ? RC_OK : err_set(e, ERR_OIDC_STATE, "oidc: way back: %s", why);
}

static enum rc code_spend(struct oidc *o, TALLOC_CTX *mem, const struct meta *m, const char *code, const char *verifier, const char **ret_jwt, struct err *e)
{
    struct buf *form = buf_new(mem, 16 * 1024);
    const struct oidc_conf *c = o->conf;
    struct net_answer a;
    struct json *j = NULL;
    struct err own = {0};
    bool basic = c->secret != NULL && !m->by_form;
    pair(form, mem, "grant_type", "authorization_code");
    pair(form, mem, "code", code);
    pair(form, mem, "redirect_uri", o->redirect);
    pair(form, mem, "code_verifier", verifier);
    if (!basic)
        pair(form, mem, "client_id", c->client);
    if (!basic && c->secret != NULL)
        pair(form, mem, "client_secret", c->secret);
    if (!buf_ok(form))
        return err_set(e, ERR_OIDC_REFUSED, "oidc: the code is too long");
    const struct net_ask ask = {.url = m->token, .form = form->p, .max = DOCUMENT_MAX, .user = basic ? url_escape(mem, c->client) : NULL, .password = basic ? url_escape(mem, c->secret) : NULL};
    TRY(net_do(mem, c, &ask, &a, e));
    bool read = json_read(mem, a.body, DOCUMENT_MAX, &j, &own) == RC_OK;
    const char *why = read ? json_get_str(j, "error") : NULL;
    if (a.status >= 400 && a.status < 500 && !text_eq(why, "invalid_client") && !text_eq(why, "unauthorized_client"))
        return err_set(e, ERR_OIDC_REFUSED, "oidc: the provider does not take the code: %.100s (%d)", why ? why : "?", a.status);
    if (a.status != 200 || !read || json_get_str(j, "id_token") == NULL)
        return err_set(e, ERR_OIDC, "oidc: %.200s answers %d: %.100s", m->token, a.status, why ? why : read ? "no id_token" : "no JSON");
    *ret_jwt = json_get_str(j, "id_token");
    return RC_OK;
}

static enum rc token_get(struct oidc *o, TALLOC_CTX *mem, const char *code, const struct keep *k, struct json **ret, struct err *e)
{
    struct meta m;
    struct json *keys;
    const char *jwt;
    bool stranger;
    const struct token_want w = {.issuer = o->conf->issuer, .client = o->conf->client, .nonce = k->nonce, .now_us = clock_now_us()};
    TRY(meta_read(o, mem, false, &m, e));
    TRY(code_spend(o, mem, &m, code, k->verifier, &jwt, e));
    TRY(keys_read(o, mem, &m, false, &keys, e));
    enum rc rc = token_read(mem, jwt, keys, &w, ret, &stranger, e);
    if (rc == RC_OK || !stranger)
        return rc;
    TRY(keys_read(o, mem, &m, true, &keys, e));
    return token_read(mem, jwt, keys, &w, ret, &stranger, e);
}

/* What of the token is the login. An address counts only when the provider says that it is theirs. */
static enum rc login_of(const struct oidc_conf *c, TALLOC_CTX *mem, const struct json *claims, const char **ret, struct err *e)
{
    const char *v = json_get_str(claims, c->claim);
    *ret = NULL;
    if (v == NULL || v[0] == '\0' || strlen(v) > 200)
        return err_set_arg(e, ERR_OIDC_CLAIM, c->claim, "oidc: token: no %s", c->claim);
    if (strcmp(c->claim, "email") == 0 && !json_get_bool(claims, "email_verified"))
        return err_set_arg(e, ERR_OIDC_CLAIM, c->claim, "oidc: token: email without email_verified");
    size_t n = strlen(v), tail = c->domain ? strlen(c->domain) : 0;
    if (tail == 0)
        *ret = mem_strdup(mem, v);
    else if (n > tail + 1 && v[n - tail - 1] == '@' && strcasecmp(v + n - tail, c->domain) == 0)
        *ret = mem_strndup(mem, v, n - tail - 1);
    return RC_OK;
}

static enum rc who_of(struct oidc *o, TALLOC_CTX *mem, const struct json *claims, const struct keep *k, struct oidc_who *ret, struct err *e)
{
    const struct json *at = json_get(claims, "auth_time");
    int64_t s = json_type(at) == JSON_INT ? json_i64(at, 0) : 0;
    *ret = (struct oidc_who){.iss = o->conf->issuer, .sub = mem_strdup(mem, json_get_str(claims, "sub")), .session = k->session, .proved_us = s > 0 && s < INT64_C(100000000000) ? s * US_PER_S : 0};
    if (k->session != 0)                                 /* whom it is of is known here: the claim says nothing */
        return ret->proved_us != 0 && ret->proved_us + CLOCK_SLACK_US >= k->at_us ? RC_OK
             : err_set(e, ERR_OIDC_AGAIN, "oidc: asked again, but %s", ret->proved_us ? "the proof is an old one" : "the token has no auth_time");
    return login_of(o->conf, mem, claims, &ret->login, e);
}

enum rc oidc_back(struct oidc *o, TALLOC_CTX *mem, const struct oidc_back *b, struct oidc_who *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct err own = {0};
    struct keep k;
    struct json *claims;
    TRY(state_ok(o, b, &k, e));
    if (b->iss != NULL && strcmp(b->iss, o->conf->issuer) != 0)        /* RFC 9207 */
        return err_set(e, ERR_OIDC_TOKEN, "oidc: way back from another issuer");
    if (b->error != NULL || b->code == NULL || b->code[0] == '\0')
        return err_set(e, ERR_OIDC_REFUSED, "oidc: the provider says: %.100s", b->error ? b->error : "nothing");
    TRY(asking_begin(o, e));
    enum rc rc = token_get(o, tmp, b->code, &k, &claims, &own);
    asking_end(o, rc, &own);
    if (rc != RC_OK) {
        *e = own;
        return rc;
    }
    return who_of(o, mem, claims, &k, ret, e);
}

/* ---- the check ---- */

enum rc oidc_check(struct oidc *o, TALLOC_CTX *mem, struct oidc_check *ret, struct err *e)
{
    struct meta m;
    struct json *keys;
    struct net_answer a;
    *ret = (struct oidc_check){0};
    TRY(meta_read(o, mem, true, &m, e));
    *ret = (struct oidc_check){.reached = true, .authorize = m.authorize, .token = m.token, .jwks = m.jwks};
    TRY(keys_read(o, mem, &m, true, &keys, e));
    ret->key_n = keys_usable(keys);
    ret->keys = ret->key_n > 0;
    if (!ret->keys)
        return err_set(e, ERR_OIDC, "oidc: no key that a token could be signed with (RSA, or EC on P-256, P-384, P-521)");
    TRY(net_do(mem, o->conf, &(struct net_ask){.url = m.jwks, .max = DOCUMENT_MAX}, &a, e));
    ret->apart_known = a.date_us != 0;
    ret->apart_us = ret->apart_known ? a.date_us - clock_now_us() : 0;
    return RC_OK;
}
