/* Sign-in and sessions. The password is verified outside the writer (argon2id takes its time, two at once); what follows is a command.
 * Unknown login and wrong password look and last the same. Sessions are stored by the SHA-256 of their token; how long
 * they last is a setting (trust.md section 5 rows 46, 54 to 57). */
#include <pthread.h>
#include "core/core_int.h"

#define TOUCH_US (60 * US_PER_S)
#define RATE_TRIES 20                        /* failures from one address before it waits */
#define RATE_WAIT_US (60 * US_PER_S)
#define PASSWORD_MAX 256
#define LOCKED_N 1000000                     /* in place of a count: locked until then */
#define UNKNOWN_KEPT_US US_PER_DAY
#define HALF_US (5 * 60 * US_PER_S)        /* between password and code */
/* Verified when the login is unknown, so that it takes as long: hash of nothing anybody knows. */
static char dummy_hash[200];
static pthread_mutex_t dummy_lock = PTHREAD_MUTEX_INITIALIZER;

static enum rc dummy_make(struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    char *h;
    TRY(crypt_password_hash(tmp, crypt_token(tmp), &h, e));
    memcpy(dummy_hash, h, strlen(h) + 1 < sizeof dummy_hash ? strlen(h) + 1 : 0);
    return RC_OK;
}

static enum rc dummy_ready(struct err *e)
{
    pthread_mutex_lock(&dummy_lock);
    enum rc rc = dummy_hash[0] == '\0' ? dummy_make(e) : RC_OK;
    pthread_mutex_unlock(&dummy_lock);
    return rc;
}

static const struct actor nobody = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "sign-in"};

enum rc sign_in_run(struct core *c, TALLOC_CTX *mem, const char *name, const struct json *args, struct err *e) { return core_send(c, mem, &nobody, name, args, e); }

static enum rc rate_check(struct reader *r, const char *addr, struct err *e)
{
    struct q_rate_get row;
    bool found;
    TRY(q_rate_get(r->db, r->mem, addr, &row, &found, e));
    return found && row.failed >= RATE_TRIES && row.until > r->now_us ? err_set(e, ERR_HTTP_RATE, "address %s", addr) : RC_OK;
}

/* A login that nobody has is counted and locked like one that somebody has, else the lock would tell which exist: under a keyed hash of it,
 * half of them with the figures of privileged accounts. */
static enum rc unknown_key(struct db *db, TALLOC_CTX *mem, const char *login, char **ret_key, bool *ret_privileged, struct err *e)
{
    struct q_keep_get key;
    bool found;
    uint8_t mac[32];
    TRY(q_keep_get(db, mem, "bind_key", &key, &found, e));
    if (!found)
        return err_set(e, ERR_BUG, "bind_key is missing");
    crypt_hmac256(key.v, strlen(key.v), login, strlen(login), mac);
    *ret_key = mem_fmt(mem, "login:%s", hex_text(mem, mac, 16));
    *ret_privileged = mac[31] % 2 == 1;
    return RC_OK;
}

struct attempt { struct q_login_by_name acc; struct q_totp_of totp; bool found, locked, factor; };

static enum rc attempt_read(struct reader *r, const char *login, const char *addr, struct attempt *ret, struct err *e)
{
    struct q_rate_get row;
    char *key;
    bool found, priv;
    TRY(rate_check(r, addr, e));
    TRY(q_login_by_name(r->db, r->mem, login, &ret->acc, &ret->found, e));
    TRY(unknown_key(r->db, r->mem, login, &key, &priv, e));
    TRY(q_rate_get(r->db, r->mem, key, &row, &found, e));
    if (ret->found)
        TRY(q_totp_of(r->db, r->mem, ret->acc.person, &ret->totp, &ret->factor, e));
    ret->locked = ret->found ? !ret->acc.locked_until_null && ret->acc.locked_until > r->now_us : found && row.failed == LOCKED_N && row.until > r->now_us;
    return RC_OK;
}

static enum rc login_read(struct core *c, TALLOC_CTX *mem, const char *login, const char *addr, struct attempt *ret, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = attempt_read(&r, login, addr, ret, e);
    core_read_end(&r);
    return rc;
}

enum rc sign_in_failed(struct core *c, TALLOC_CTX *mem, int64_t person, const char *login, const char *addr, enum err_code code, struct err *e)
{
    struct json *args = json_obj(mem);
    json_set_i64(args, "person", person);
    json_set_str(args, "login", login);
    json_set_str(args, "addr", addr);
    TRY(sign_in_run(c, mem, "login.failed", args, e));
    return err_set(e, code, "sign-in refused");
}

/* May this person try anything from there? */
enum rc sign_in_open(struct core *c, TALLOC_CTX *mem, int64_t person, const char *addr, struct q_login_of *ret, struct err *e)
{
    struct reader r;
    bool found = false;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = addr != NULL ? rate_check(&r, addr, e) : RC_OK;
    if (rc == RC_OK)
        rc = q_login_of(r.db, mem, person, ret, &found, e);
    if (rc == RC_OK && (!found || ret->disabled))
        rc = err_set(e, ERR_SESSION, "account of %lld is gone", (long long)person);
    if (rc == RC_OK && !ret->locked_until_null && ret->locked_until > r.now_us)
        rc = err_set(e, ERR_LOGIN_LOCKED, "account of %lld", (long long)person);
    core_read_end(&r);
    return rc;
}

enum rc sign_in_rate(struct core *c, TALLOC_CTX *mem, const char *addr, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = rate_check(&r, addr, e);
    core_read_end(&r);
    return rc;
}

struct json *sign_in_args(TALLOC_CTX *mem, int64_t person, const char *verified, const char *addr, char **ret_token)
{
    struct json *args = json_obj(mem);
    *ret_token = crypt_token(mem);
    json_set_i64(args, "person", person);
    json_set_str(args, "verified", verified);
    json_set_str(args, "token", *ret_token);
    json_set_str(args, "csrf", crypt_token(mem));
    json_set_str(args, "addr", addr);
    return args;
}

/* The password alone, counted and locked as at the sign-in. */
static enum rc attempt_verify(struct core *c, TALLOC_CTX *mem, const char *login, const char *password, const char *addr, struct attempt *ret, struct err *e)
{
    struct attempt at = {0};
    const struct q_login_by_name *acc = &at.acc;
    TRY(dummy_ready(e));
    TRY(device_allowed(c, mem, addr, e));
    if (login == NULL || password == NULL || strlen(login) > 100 || strlen(password) > PASSWORD_MAX)
        return err_set(e, ERR_LOGIN, "too long");
    login = text_nfkc(mem, login);
    TRY(login_read(c, mem, login, addr, &at, e));
    if (at.locked)                                /* whatever the password: a flood against a locked name costs nothing */
        return err_set(e, ERR_LOGIN_LOCKED, "account of %lld", (long long)(at.found ? acc->person : 0));
    bool usable = at.found && (acc->hash != NULL || acc->dkey != NULL) && !acc->disabled, by_directory = usable && acc->dkey != NULL;
    bool right = crypt_password_ok(usable && !by_directory ? acc->hash : dummy_hash, text_nfc(mem, password));
    if (by_directory)
        TRY(directory_right(c, mem, acc->dkey, password, &right, e));
    else if (!at.found)
        TRY(directory_unknown(c, mem, login, e));
    if (!usable || !right)
        return sign_in_failed(c, mem, at.found ? acc->person : 0, login, addr, ERR_LOGIN, e);
    TRY(oidc_password_allowed(c, mem, acc->person, e));
    *ret = at;
    return RC_OK;
}

enum rc session_verify(struct core *c, TALLOC_CTX *mem, const char *login, const char *password, const char *addr, struct q_login_by_name *ret_acc, struct err *e)
{
    struct attempt at;
    TRY(attempt_verify(c, mem, login, password, addr, &at, e));
    *ret_acc = at.acc;
    return RC_OK;
}

enum rc session_login(struct core *c, TALLOC_CTX *mem, const struct sign_in *how, char **ret_token, bool *ret_half, struct err *e)
{
    struct attempt at;
    const struct q_login_by_name *acc = &at.acc;
    TRY(attempt_verify(c, mem, how->login, how->password, how->addr, &at, e));
    struct factor_used used = {.no = -1};
    if (at.factor && how->whole && (how->code == NULL || how->code[0] == '\0'))
        return err_set(e, ERR_CODE_WANTED, "account of %lld", (long long)acc->person);
    if (at.factor && how->whole)
        TRY(sign_in_code(c, mem, acc->person, text_nfkc(mem, how->login), how->code, how->addr, &used, e));
    struct json *args = sign_in_args(mem, acc->person, account_proof(mem, acc->hash, acc->dkey), how->addr, ret_token);
    *ret_half = at.factor && !how->whole;
    factor_args(args, &used);
    json_set_bool(args, "half", *ret_half);
    json_set_str(args, "device", device_name(mem, how->agent));
    if (acc->dkey == NULL && crypt_password_stale(acc->hash)) {
        char *again;
        TRY(crypt_password_hash(mem, text_nfc(mem, how->password), &again, e));
        json_set_str(args, "rehash", again);
    }
    return sign_in_run(c, mem, "login", args, e);
}

static enum rc session_fill(struct reader *r, int64_t person, struct session *s, struct err *e)
{
    struct q_login_of acc;
    bool found, here = true;
    TRY(q_login_of(r->db, r->mem, person, &acc, &found, e));
    if (r->set != NULL)
        TRY(org_is_here(r->db, person, r->today, &here, e));
    if (!found || acc.disabled || !here || (acc.dkey != NULL && strcmp(acc.dstate, "active") != 0))      /* as the last sync saw it */
        return err_set(e, ERR_SESSION, "account of %lld is gone", (long long)person);
    s->person = person;
    s->login = acc.login;
    s->name = person_name(r->db, r->mem, person);
    s->privileged = strcmp(acc.kind, "privileged") == 0;
    s->must_change = acc.must_change != 0;
    TRY(factor_wanted(r->db, r->set, person, s->privileged, r->today, &s->must_enrol, e));
    if (s->must_enrol) {
        struct q_totp_of totp;
        TRY(q_totp_of(r->db, r->mem, person, &totp, &found, e));
        s->must_enrol = !found;
    }
    return RC_OK;
}

static enum rc session_read(struct reader *r, const uint8_t hash[32], struct session *s, bool *ret_touch, struct err *e)
{
    struct q_session_by_token row;
    bool found;
    TRY(q_session_by_token(r->db, r->mem, (struct str){(const char *)hash, 32}, &row, &found, e));
    if (!found || row.half || row.ends_at < r->now_us || row.seen_at + session_limits(r->set).idle_us < r->now_us)
        return err_set(e, ERR_SESSION, "no session");
    s->id = row.id;
    s->csrf = row.csrf;
    s->lang = strcmp(row.lang, "en") == 0 ? LANG_EN : LANG_JA;
    s->strong_at = row.strong_at_null ? 0 : row.strong_at;
    *ret_touch = row.seen_at + TOUCH_US < r->now_us;
    return session_fill(r, row.person, s, e);
}

enum rc session_get(struct core *c, TALLOC_CTX *mem, const char *token, struct session **ret, struct err *e)
{
    struct reader r;
    uint8_t hash[32];
    bool touch = false;
    struct session *s = mem_new(mem, struct session);
    if (token == NULL || strlen(token) != 43)
        return err_set(e, ERR_SESSION, "no token");
    crypt_token_hash(token, hash);
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = session_read(&r, hash, s, &touch, e);
    core_read_end(&r);
    TRY(rc);
    if (touch) {
        struct err e2 = {0};
        struct json *args = json_obj(mem);
        json_set_str(args, "token", token);
        if (sign_in_run(c, mem, "session.touch", args, &e2) != RC_OK && err_info(e2.code)->http < 500)      /* who can only read just now still reads */
            return err_set(e, ERR_SESSION, "%s", e2.detail);
    }
    *ret = s;
    return RC_OK;
}

enum rc session_api(struct core *c, TALLOC_CTX *mem, const char *bearer, struct session **ret, struct err *e)
{
    struct reader r;
    uint8_t hash[32];
    struct q_token_by_hash row;
    bool found = false;
    struct session *s = mem_new(mem, struct session);
    if (bearer == NULL || strlen(bearer) != 43)
        return err_set(e, ERR_SESSION, "no token");
    crypt_token_hash(bearer, hash);
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = q_token_by_hash(r.db, mem, (struct str){(const char *)hash, 32}, &row, &found, e);
    if (rc == RC_OK && (!found || row.ends_at < r.now_us))
        rc = err_set(e, ERR_SESSION, "token");
    if (rc == RC_OK)
        rc = session_fill(&r, row.person, s, e);
    core_read_end(&r);
    TRY(rc);
    *ret = s;
    return RC_OK;
}

enum rc session_logout(struct core *c, const char *token, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct json *args = json_obj(tmp);
    json_set_str(args, "token", token);
    return sign_in_run(c, tmp, "logout", args, e);
}

/* ---- commands ---- */

static struct str token_of(const struct json *args, uint8_t hash[32])
{
    crypt_token_hash(json_get_str(args, "token") ? json_get_str(args, "token") : "", hash);
    return (struct str){(const char *)hash, 32};
}

enum rc session_verified(struct work *w, const struct json *args, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0);
    struct q_login_of acc;
    bool found;
    TRY(q_login_of(w->db, w->mem, person, &acc, &found, e));         /* while the password was verified, others may have tried */
    if (found && !acc.locked_until_null && acc.locked_until > w->now_us)
        return err_set(e, ERR_LOGIN_LOCKED, "account of %lld", (long long)person);
    const char *verified = json_get_str(args, "verified"), *now = found ? account_proof(w->mem, acc.hash, acc.dkey) : NULL;
    if (found && verified != NULL && strncmp(verified, OIDC_PROOF, strlen(OIDC_PROOF)) == 0)
        TRY(oidc_proof(w->db, w->mem, person, &now, e));
    if (now == NULL || acc.disabled || !text_eq(now, verified))
        return err_set(e, ERR_LOGIN, "account of %lld has changed", (long long)person);
    return RC_OK;
}

enum rc cmd_login(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    uint8_t hash[32];
    int64_t person = json_get_i64(args, "person", 0);
    bool here = true;
    const struct session_limits limit = session_limits(w->set);
    (void)body;
    if (w->actor.kind != ACTOR_SYSTEM)
        return err_set(e, ERR_DENIED, "login is for the sign-in itself");
    TRY(session_verified(w, args, e));
    if (w->set != NULL)
        TRY(org_is_here(w->db, person, w->today, &here, e));
    if (!here)
        return err_set(e, ERR_LOGIN, "%lld has left", (long long)person);
    TRY(q_session_sweep(w->tx, w->now_us, w->now_us - limit.idle_us, e));
    TRY(q_rate_sweep(w->tx, w->now_us, e));
    const char *by = "half", *verified = json_get_str(args, "verified");
    const bool half = json_get_bool(args, "half"), by_provider = strncmp(verified, OIDC_PROOF, strlen(OIDC_PROOF)) == 0, coded = json_get_str(args, "half_token") != NULL;
    if (json_get_str(args, "rehash") != NULL)
        TRY(q_login_rehash(w->tx, person, json_get_str(args, "rehash"), e));
    if (!half) {                                                     /* a right password alone does not lift the count of wrong codes */
        TRY(factor_spend(w, person, args, &by, e));
        TRY(q_login_good(w->tx, person, w->now_us, e));
        if (!by_provider)
            TRY(q_directory_state(w->tx, person, "active", w->now_us, e));     /* of whom it signs in: it has just said so */
    }
    if (json_get_str(args, "half_token") != NULL) {
        crypt_token_hash(json_get_str(args, "half_token"), hash);
        TRY(q_session_end(w->tx, (struct str){(const char *)hash, 32}, e));
    }
    TRY(q_session_add(w->tx, token_of(args, hash), person, json_get_str(args, "csrf"), w->now_us, w->now_us + (half ? HALF_US : limit.absolute_us), "ja", work_new_id(w),
                     json_get_str(args, "addr"), json_get_str(args, "device"), half, e));
    if (by_provider && !coded) {                                     /* they may have been signed in there for hours: a proof is as old as the provider says */
        int64_t proved = json_get_i64(args, "proved_us", 0);
        TRY(q_session_strong(w->tx, token_of(args, hash), proved < w->now_us ? proved : w->now_us, e));
        by = half ? by : "oidc";
    }
    return work_entry(w, half ? "auth.half" : "auth.login", work_pseudo(w, person), e, "by", by, NULL);
}

static enum rc rate_count(struct work *w, const char *addr, struct err *e)
{
    struct q_rate_get row;
    bool found;
    if (addr == NULL)
        return RC_OK;
    TRY(q_rate_get(w->db, w->mem, addr, &row, &found, e));
    int64_t n = found && row.until > w->now_us ? row.failed + 1 : 1;
    return q_rate_put(w->tx, addr, n, w->now_us + RATE_WAIT_US, e);
}

struct lock_rule { int64_t tries, lock_us; };

static struct lock_rule lock_rule_of(const struct work *w, bool priv)
{
    const char *article;
    return (struct lock_rule){password_figure(w->set, priv ? "core.lock_privileged_tries" : "core.lock_general_tries", priv ? 3 : 5, &article),
                              password_figure(w->set, priv ? "core.lock_privileged_time" : "core.lock_general_time", priv ? 360 : 60, &article) * 60 * US_PER_S};
}

static enum rc unknown_count(struct work *w, const char *login, struct err *e)
{
    struct q_rate_get row;
    char *key;
    bool found, priv;
    if (login == NULL)
        return RC_OK;
    TRY(unknown_key(w->db, w->mem, login, &key, &priv, e));
    TRY(q_rate_sweep(w->tx, w->now_us, e));
    TRY(q_rate_get(w->db, w->mem, key, &row, &found, e));
    const struct lock_rule rule = lock_rule_of(w, priv);
    int64_t n = found && row.failed < LOCKED_N ? row.failed + 1 : 1;
    return n >= rule.tries ? q_rate_put(w->tx, key, LOCKED_N, w->now_us + rule.lock_us, e) : q_rate_put(w->tx, key, n, w->now_us + UNKNOWN_KEPT_US, e);
}

enum rc cmd_login_failed(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_login_of acc;
    bool found = false;
    int64_t person = json_get_i64(args, "person", 0);
    (void)body;
    if (w->actor.kind != ACTOR_SYSTEM)
        return err_set(e, ERR_DENIED, "login.failed is for the sign-in itself");
    TRY(rate_count(w, json_get_str(args, "addr"), e));
    if (json_get_bool(args, "provider"))                             /* no password of anybody was tried */
        return work_entry(w, "auth.failed", person != 0 ? work_pseudo(w, person) : "-", e, "by", "oidc", NULL);
    if (person != 0)
        TRY(q_login_of(w->db, w->mem, person, &acc, &found, e));
    if (!found) {
        TRY(unknown_count(w, json_get_str(args, "login"), e));
        return work_entry(w, "auth.failed", "-", e, "known", "no", NULL);
    }
    const struct lock_rule rule = lock_rule_of(w, strcmp(acc.kind, "privileged") == 0);
    bool was_locked = !acc.locked_until_null && acc.locked_until > w->now_us;
    if (was_locked)                                      /* tried while others were: the lock stands as it is */
        return work_entry(w, "auth.failed", work_pseudo(w, person), e, NULL);
    int64_t n = !acc.locked_until_null ? 1 : acc.failed + 1;           /* after a lock the count begins anew */
    bool lock = n >= rule.tries;
    TRY(q_login_bad(w->tx, person, lock ? 0 : n, lock ? w->now_us + rule.lock_us : 0, !lock, e));
    return work_entry(w, lock ? "auth.locked" : "auth.failed", work_pseudo(w, person), e, NULL);
}

enum rc cmd_logout(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    uint8_t hash[32];
    struct q_session_by_token row;
    bool found;
    (void)body;
    TRY(q_session_by_token(w->db, w->mem, token_of(args, hash), &row, &found, e));
    if (!found)
        return RC_OK;
    TRY(q_session_end(w->tx, (struct str){(const char *)hash, 32}, e));
    return work_entry(w, "auth.logout", work_pseudo(w, row.person), e, NULL);
}

enum rc cmd_session_touch(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    uint8_t hash[32];
    const char *lang = json_get_str(args, "lang");
    (void)body;
    if (lang != NULL)
        TRY(q_session_lang(w->tx, token_of(args, hash), strcmp(lang, "en") == 0 ? "en" : "ja", e));
    return q_session_seen(w->tx, token_of(args, hash), w->now_us, e);
}

#define TOKEN_DAYS_MAX 366
enum rc token_list(struct reader *r, struct q_token_of_rows *ret, struct err *e) { return q_token_of(r->db, r->mem, r->actor.person, TOKENS_MAX, ret, e); }

enum rc cmd_token_make(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    uint8_t hash[32];
    struct q_token_of_rows there;
    const char *name = json_get_str(args, "name");
    int64_t days = json_get_i64(args, "days", 30);
    (void)body;
    if (name == NULL || name[0] == '\0' || utf8_len(name) > 100 || days < 1 || days > TOKEN_DAYS_MAX || json_get_str(args, "token") == NULL ||
        strlen(json_get_str(args, "token")) != 43)                  /* what session_api reads: 256 random bits */
        return err_set(e, ERR_COMMAND, "token.make");
    TRY(q_token_of(w->db, w->mem, w->actor.person, TOKENS_MAX, &there, e));
    if (there.n == TOKENS_MAX)
        return err_set_arg(e, ERR_TOKEN_MANY, mem_fmt(w->mem, "%d", TOKENS_MAX), "tokens of %lld", (long long)w->actor.person);
    for (size_t i = 0; i < there.n; i++)
        if (strcmp(there.v[i].name, name) == 0)
            return err_set_arg(e, ERR_TOKEN_NAME, name, "token %s", name);
    TRY(q_token_add(w->tx, token_of(args, hash), w->actor.person, name, w->now_us, w->now_us + days * US_PER_DAY, e));
    return work_entry(w, "auth.token-made", work_pseudo(w, w->actor.person), e, NULL);
}

enum rc cmd_token_end(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    (void)body;
    if (json_get_str(args, "name") == NULL)
        return err_set(e, ERR_COMMAND, "token.end");
    TRY(q_token_end(w->tx, w->actor.person, json_get_str(args, "name"), e));
    return work_entry(w, "auth.token-ended", work_pseudo(w, w->actor.person), e, NULL);
}
