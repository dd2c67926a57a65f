/* Proofs of who is there: the second half of a sign-in, a new proof within a session, and what changes a second factor. Each wrong one counts
 * like a wrong password. */
#include <string.h>
#include "core/core_state.h"

enum rc sign_in_code(struct core *c, TALLOC_CTX *mem, int64_t person, const char *login, const char *code, const char *addr, struct factor_used *ret, struct err *e)
{
    bool ok;
    TRY(factor_check(c, mem, person, code, ret, &ok, e));
    return ok ? RC_OK : sign_in_failed(c, mem, person, login, addr, ERR_CODE, e);
}

/* Who stands behind a session that still waits for its code. */
static enum rc half_read(struct core *c, TALLOC_CTX *mem, const char *token, int64_t *ret_person, struct q_session_by_token *ret, struct err *e)
{
    struct reader r;
    uint8_t hash[32];
    bool found = false;
    if (token == NULL || strlen(token) != 43)
        return err_set(e, ERR_SESSION, "no token");
    crypt_token_hash(token, hash);
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = q_session_by_token(r.db, mem, (struct str){(const char *)hash, 32}, ret, &found, e);
    int64_t now = r.now_us;
    core_read_end(&r);
    TRY(rc);
    if (!found || !ret->half || ret->ends_at < now)
        return err_set(e, ERR_SESSION, "no half sign-in");
    *ret_person = ret->person;
    return RC_OK;
}

static enum rc identity_of(struct core *c, TALLOC_CTX *mem, int64_t person, const char **ret, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = oidc_proof(r.db, mem, person, ret, e);
    core_read_end(&r);
    return rc;
}

enum rc session_code(struct core *c, TALLOC_CTX *mem, const char *half, const char *code, const char *addr, char **ret_token, struct err *e)
{
    struct q_session_by_token row;
    struct q_login_of acc;
    struct factor_used used;
    int64_t person;
    TRY(device_allowed(c, mem, addr, e));
    TRY(half_read(c, mem, half, &person, &row, e));
    TRY(sign_in_open(c, mem, person, addr, &acc, e));
    TRY(sign_in_code(c, mem, person, acc.login, code, addr, &used, e));
    const char *verified = account_proof(mem, acc.hash, acc.dkey);
    if (verified == NULL)                                         /* half a sign-in through the provider: the sessions of an identity end with it */
        TRY(identity_of(c, mem, person, &verified, e));
    struct json *args = sign_in_args(mem, person, verified, addr, ret_token);
    factor_args(args, &used);
    json_set_str(args, "device", row.device);
    json_set_str(args, "half_token", half);
    return sign_in_run(c, mem, "login", args, e);
}

/* Password, and the code when there is a second factor and it is asked for. */
static enum rc proved(struct core *c, TALLOC_CTX *mem, int64_t person, const struct proof *p, bool with_code, struct factor_used *ret, struct err *e)
{
    struct q_login_of acc;
    TRY(sign_in_open(c, mem, person, p->addr, &acc, e));
    bool right;
    TRY(password_right(c, mem, &acc, p->password, &right, e));
    if (!right)
        return sign_in_failed(c, mem, person, acc.login, p->addr, ERR_PASSWORD_WRONG, e);
    TRY(oidc_password_allowed(c, mem, person, e));
    *ret = (struct factor_used){.no = -1};
    return with_code ? sign_in_code(c, mem, person, acc.login, p->code, p->addr, ret, e) : RC_OK;
}

enum rc session_prove(struct core *c, TALLOC_CTX *mem, const char *token, int64_t person, const struct proof *p, struct err *e)
{
    struct factor_used used = {.no = -1};
    struct q_login_of acc;
    struct json *args = json_obj(mem);
    bool coded = p->code != NULL && p->code[0] != '\0';
    if (!coded) {
        TRY(proved(c, mem, person, p, false, &used, e));
    } else {
        TRY(sign_in_open(c, mem, person, p->addr, &acc, e));
        TRY(sign_in_code(c, mem, person, acc.login, p->code, p->addr, &used, e));
    }
    factor_args(args, &used);
    json_set_bool(args, "coded", coded);
    json_set_str(args, "token", token);
    return sign_in_run(c, mem, "session.prove", args, e);
}

enum rc factor_confirm(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *ticket, const struct proof *p, char *ret_code[RECOVERY_N], struct err *e)
{
    struct factor_used none;
    uint8_t *sealed;
    size_t n;
    int64_t step;
    struct json *args = json_obj(mem);
    TRY(proved(c, mem, a->person, p, false, &none, e));           /* a session left open must not lock its owner out */
    enum rc rc = factor_ticket(c, mem, a->person, ticket, p->code, &sealed, &n, &step, e);
    if (rc != RC_OK)
        return rc;                                                /* a first code is a secret of nobody yet: nothing to guess */
    char *made[RECOVERY_N];
    TRY(factor_codes_make(mem, made, json_set_arr(args, "recovery"), e));
    json_set_i64(args, "person", a->person);
    json_set_str(args, "secret", b64_text(mem, sealed, n));
    json_set_i64(args, "step", step);
    TRY(core_send(c, mem, a, "totp.set", args, e));
    memcpy(ret_code, made, sizeof made);
    return RC_OK;
}

enum rc factor_codes(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct proof *p, char *ret_code[RECOVERY_N], struct err *e)
{
    struct factor_used used;
    struct json *args = json_obj(mem);
    TRY(proved(c, mem, a->person, p, true, &used, e));
    TRY(factor_codes_make(mem, ret_code, json_set_arr(args, "recovery"), e));
    json_set_i64(args, "person", a->person);
    factor_args(args, &used);
    return core_send(c, mem, a, "totp.codes", args, e);
}

enum rc factor_off(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct proof *p, struct err *e)
{
    struct factor_used used;
    struct json *args = json_obj(mem);
    TRY(proved(c, mem, a->person, p, true, &used, e));
    json_set_i64(args, "person", a->person);
    factor_args(args, &used);
    return core_send(c, mem, a, "totp.off", args, e);
}

static bool device_listed(struct core *c)
{
    const struct pack_set *set = core_set_hold(c);
    const char *list = set != NULL ? pack_value(set, "core.sign_in_from") : NULL;
    bool listed = list != NULL && list[0] != '\0';
    core_set_release(c, set);
    return listed;
}

static struct json *devices_all(TALLOC_CTX *mem)
{
    struct json *args = json_obj(mem);
    json_set_str(json_set_obj(args, "settings"), "core.sign_in_from", "");
    return args;
}

/* From the console, while nothing serves: the second factor of somebody who is locked out goes, a first password takes the old one's place. */
enum rc core_rescue(struct core *c, TALLOC_CTX *mem, const char *login, const char *password, bool *ret_factor, struct err *e)
{
    static const struct actor console = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "console"};
    struct q_login_by_name acc;
    struct q_totp_of totp;
    struct reader r;
    bool found = false;
    char *hash;
    struct json *args = json_obj(mem);
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = q_login_by_name(r.db, mem, text_nfkc(mem, login), &acc, &found, e);
    if (rc == RC_OK && !found)
        rc = err_set_arg(e, ERR_DB_NOTFOUND, login, "nobody signs in as %s", login);
    if (rc == RC_OK)
        rc = q_totp_of(r.db, mem, acc.person, &totp, ret_factor, e);
    core_read_end(&r);
    TRY(rc);
    json_set_i64(args, "person", acc.person);
    if (rc == RC_OK && device_listed(c))                     /* nobody may get in from anywhere any more: networks move */
        TRY(core_send(c, mem, &console, "set.settings", devices_all(mem), e));
    json_set_str(args, "reason", "サーバーの管理画面(コマンド)からの復旧");
    if (*ret_factor)
        TRY(core_send(c, mem, &console, "totp.reset", args, e));
    TRY(crypt_password_hash(mem, password, &hash, e));
    json_set_str(args, "login", acc.login);
    json_set_str(args, "hash", hash);
    return core_send(c, mem, &console, "account.set", args, e);
}

/* ---- is the last proof fresh enough? ---- */

enum rc proof_fresh(const struct pack_set *set, const struct actor *a, int64_t now_us, struct err *e)
{
    const char *article;
    int64_t minutes = password_figure(set, "core.proof_admin", 15, &article);
    if (a->kind != ACTOR_PERSON || (a->proof_us != 0 && a->proof_us >= now_us - (minutes < 1 ? 1 : minutes) * 60 * US_PER_S))
        return RC_OK;
    return err_set(e, ERR_PROOF, "the last proof of %lld is too old", (long long)a->person);
}

/* Whoever decides about records that give power (appointments, heads, deputies) proves who they are, whatever the settings say of approvals. */
enum rc proof_form(struct work *w, const struct form *f, struct err *e)
{
    return w->cmd->proof == PROOF_FORM && f != NULL && f->proof ? proof_fresh(w->set, &w->actor, w->now_us, e) : RC_OK;
}

/* An approval is asked for as the setting says; `final`: it brings the record into force. */
enum rc proof_approval(struct work *w, bool final, struct err *e)
{
    const char *how = w->set != NULL ? pack_value(w->set, "core.proof_approvals") : NULL;
    bool asked = text_eq(how, "all") || (final && text_eq(how, "final"));
    return asked ? proof_fresh(w->set, &w->actor, w->now_us, e) : RC_OK;
}
