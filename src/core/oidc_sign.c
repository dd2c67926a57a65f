/* Signing in through a provider elsewhere (OpenID Connect). The first time the claim that the server's file names is somebody's login here; from then on their
 * sign-in belongs to the identity itself (issuer and subject), so that whoever is given another name there gets nobody else's. Nobody is made by signing in. */
#include <string.h>
#include "core/core_state.h"

static const struct actor provider = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "sign-in"};

const struct oidc_conf *core_oidc(const struct core *c) { return c->oidc != NULL ? oidc_conf(c->oidc) : NULL; }

static enum rc oidc_of(struct core *c, struct oidc **ret, struct err *e)
{
    *ret = c->oidc;
    return c->oidc != NULL ? RC_OK : err_set(e, ERR_HTTP_NOTFOUND, "oidc: none is configured (--oidc)");
}

/* What a sign-in through the provider verified; compared again in the command. NULL: no identity. */
enum rc oidc_proof(struct db *db, TALLOC_CTX *mem, int64_t person, const char **ret, struct err *e)
{
    struct q_oidc_of row;
    bool found;
    TRY(q_oidc_of(db, mem, person, &row, &found, e));
    *ret = found ? mem_fmt(mem, OIDC_PROOF "%s %s", row.iss, row.sub) : NULL;
    return RC_OK;
}

/* Administrators keep their password whatever the file says: a provider that is down must lock nobody out of the administration. */
enum rc oidc_password_allowed(struct core *c, TALLOC_CTX *mem, int64_t person, struct err *e)
{
    struct reader r;
    struct q_oidc_of row;
    bool found = false, admin = false;
    if (c->oidc == NULL || oidc_conf(c->oidc)->passwords)
        return RC_OK;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = q_oidc_of(r.db, mem, person, &row, &found, e);
    if (rc == RC_OK && found && r.set != NULL)
        rc = org_holds_set(r.db, r.set, person, "administrator", r.today, &admin, e);
    core_read_end(&r);
    TRY(rc);
    return found && !admin ? err_set(e, ERR_PASSWORD_OIDC, "%lld signs in through the provider", (long long)person) : RC_OK;
}

enum rc oidc_go(struct core *c, TALLOC_CTX *mem, const struct session *s, const char *addr, struct oidc_there *ret, struct err *e)
{
    struct oidc *o;
    TRY(oidc_of(c, &o, e));
    TRY(device_allowed(c, mem, addr, e));
    TRY(sign_in_rate(c, mem, addr, e));
    return oidc_there(o, mem, s != NULL ? s->id : 0, ret, e);
}

/* Counted for the address, and an entry; it locks nobody, since no password of anybody was tried. */
static enum rc refused(struct core *c, TALLOC_CTX *mem, int64_t person, const char *addr, struct err *e)
{
    struct err own = {0};
    struct json *args = json_obj(mem);
    json_set_i64(args, "person", person);
    json_set_str(args, "addr", addr);
    json_set_bool(args, "provider", true);
    if (sign_in_run(c, mem, "login.failed", args, &own) != RC_OK) {
        *e = own;
        return err_rc(e);
    }
    return err_rc(e);
}

struct known { int64_t person, by_login; bool taken, left, factor; };

/* Whose identity is it, or whose could it become? */
static enum rc known_read(struct reader *r, const struct oidc_who *w, struct known *ret, struct err *e)
{
    struct q_oidc_by_sub bound;
    struct q_login_by_name acc;
    struct q_oidc_of other;
    struct q_totp_of totp;
    bool found, here = true;
    TRY(q_oidc_by_sub(r->db, r->mem, w->iss, w->sub, &bound, &found, e));
    ret->person = found ? bound.person : 0;
    if (!found && w->login != NULL) {
        TRY(q_login_by_name(r->db, r->mem, text_nfkc(r->mem, w->login), &acc, &found, e));
        ret->by_login = found && !acc.disabled ? acc.person : 0;
        if (ret->by_login != 0)
            TRY(q_oidc_of(r->db, r->mem, ret->by_login, &other, &ret->taken, e));
    }
    int64_t person = ret->person != 0 ? ret->person : ret->by_login;
    if (person == 0)
        return RC_OK;
    if (r->set != NULL)
        TRY(org_is_here(r->db, person, r->today, &here, e));
    ret->left = !here;
    return q_totp_of(r->db, r->mem, person, &totp, &ret->factor, e);
}

static enum rc known_of(struct core *c, TALLOC_CTX *mem, const struct oidc_who *w, struct known *ret, struct err *e)
{
    struct reader r;
    *ret = (struct known){0};
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = known_read(&r, w, ret, e);
    core_read_end(&r);
    TRY(rc);
    int64_t person = ret->person != 0 ? ret->person : ret->by_login;
    if (ret->taken)
        return err_set(e, ERR_OIDC_TAKEN, "oidc: the login belongs to %lld, who has another identity", (long long)person);
    return person == 0 || ret->left ? err_set(e, ERR_OIDC_UNKNOWN, "oidc: %s", ret->left ? "who left" : "nobody here has that login") : RC_OK;
}

static enum rc bind(struct core *c, TALLOC_CTX *mem, int64_t person, const struct oidc_who *w, struct err *e)
{
    struct json *args = json_obj(mem);
    json_set_i64(args, "person", person);
    json_set_str(args, "iss", w->iss);
    json_set_str(args, "sub", w->sub);
    return core_send(c, mem, &provider, "oidc.bind", args, e);
}

static enum rc sign_in(struct core *c, TALLOC_CTX *mem, const struct oidc_in *in, const struct oidc_who *w, struct oidc_done *ret, struct err *e)
{
    struct known k;
    struct q_login_of acc;
    enum rc rc = known_of(c, mem, w, &k, e);
    if (rc != RC_OK)
        return rc == RC_DENIED ? refused(c, mem, k.person != 0 ? k.person : k.by_login, in->addr, e) : rc;
    int64_t person = k.person != 0 ? k.person : k.by_login;
    rc = sign_in_open(c, mem, person, in->addr, &acc, e);
    if (rc != RC_OK && e->code == ERR_SESSION) {
        (void)!err_set(e, ERR_OIDC_UNKNOWN, "oidc: the account of %lld is disabled", (long long)person);
        return refused(c, mem, person, in->addr, e);
    }
    TRY(rc);
    if (acc.dkey != NULL && strcmp(acc.dstate, "active") != 0) {       /* whoever the directory has disabled does not get in by another door */
        (void)!err_set(e, ERR_DIRECTORY_DISABLED, "oidc: %lld is disabled in the directory", (long long)person);
        return refused(c, mem, person, in->addr, e);
    }
    if (k.person == 0)
        TRY(bind(c, mem, person, w, e));
    struct json *args = sign_in_args(mem, person, mem_fmt(mem, OIDC_PROOF "%s %s", w->iss, w->sub), in->addr, &ret->token);
    ret->half = k.factor;
    factor_args(args, &(struct factor_used){.no = -1});
    json_set_bool(args, "half", k.factor);
    json_set_str(args, "device", device_name(mem, in->agent));
    json_set_i64(args, "proved_us", w->proved_us);
    return sign_in_run(c, mem, "login", args, e);
}

/* Asked again for an open session: the one that asked, and nobody but its person. */
static enum rc prove(struct core *c, TALLOC_CTX *mem, const struct oidc_in *in, const struct oidc_who *w, struct err *e)
{
    struct known k;
    struct q_login_of acc;
    struct json *args = json_obj(mem);
    if (in->session == NULL || in->session->id != w->session)
        return err_set(e, ERR_OIDC_STATE, "oidc: a proof for another session");
    enum rc rc = known_of(c, mem, w, &k, e);
    if (rc != RC_OK && rc != RC_DENIED)
        return rc;
    if (rc != RC_OK || k.person != in->session->person) {
        (void)!err_set(e, ERR_OIDC_AGAIN, "oidc: asked again, and somebody else answered");
        return refused(c, mem, in->session->person, in->addr, e);
    }
    TRY(sign_in_open(c, mem, k.person, in->addr, &acc, e));
    json_set_bool(args, "coded", false);
    json_set_bool(args, "provider", true);
    json_set_str(args, "token", in->token);
    return sign_in_run(c, mem, "session.prove", args, e);
}

enum rc oidc_come(struct core *c, TALLOC_CTX *mem, const struct oidc_in *in, struct oidc_done *ret, struct err *e)
{
    struct oidc *o;
    struct oidc_who w;
    *ret = (struct oidc_done){0};
    TRY(oidc_of(c, &o, e));
    bool began = oidc_session(o, in->back.keep, &w.session);
    ret->proof = began && w.session != 0;
    TRY(device_allowed(c, mem, in->addr, e));
    TRY(sign_in_rate(c, mem, in->addr, e));
    enum rc rc = oidc_back(o, mem, &in->back, &w, e);
    if (rc != RC_OK)                                     /* without a way there of this browser anybody's page could have sent it: it counts against nobody */
        return rc == RC_DENIED && began ? refused(c, mem, 0, in->addr, e) : rc;
    return w.session != 0 ? prove(c, mem, in, &w, e) : sign_in(c, mem, in, &w, ret, e);
}

/* ---- commands ---- */

static enum rc bound_no(struct work *w, int64_t person, const char *iss, const char *sub, struct err *e)
{
    struct q_oidc_of had;
    struct q_oidc_by_sub other;
    bool has, found;
    TRY(q_oidc_of(w->db, w->mem, person, &had, &has, e));
    TRY(q_oidc_by_sub(w->db, w->mem, iss, sub, &other, &found, e));
    return has || found ? err_set(e, ERR_OIDC_TAKEN, "oidc: %lld or the identity is bound already", (long long)person) : RC_OK;
}

enum rc cmd_oidc_bind(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0);
    const char *iss = json_get_str(args, "iss"), *sub = json_get_str(args, "sub");
    struct q_login_of acc;
    bool has, here, admin;
    (void)body;
    if (iss == NULL || sub == NULL || sub[0] == '\0' || strlen(sub) > OIDC_SUB_MAX)
        return err_set(e, ERR_COMMAND, "oidc.bind");
    TRY(q_login_of(w->db, w->mem, person, &acc, &has, e));
    TRY(org_is_here(w->db, person, w->today, &here, e));
    if (!has || !here || acc.disabled)
        return err_set(e, ERR_OIDC_UNKNOWN, "oidc: the account of %lld has changed", (long long)person);
    TRY(bound_no(w, person, iss, sub, e));
    TRY(q_oidc_add(w->tx, person, iss, sub, w->now_us, e));
    TRY(org_holds_set(w->db, w->set, person, "administrator", w->today, &admin, e));
    if (acc.must_change && acc.dkey == NULL && !admin)             /* a first password that nobody has made their own, or none: nothing is left to change */
        TRY(q_login_no_hash(w->tx, person, e));
    return work_entry(w, "auth.oidc", work_pseudo(w, person), e, "on", "yes", NULL);
}

/* The next sign-in there binds anew, by the claim. */
enum rc cmd_account_oidc(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0);
    struct q_oidc_of had;
    bool has;
    (void)body;
    TRY(q_oidc_of(w->db, w->mem, person, &had, &has, e));
    if (!has)
        return err_set(e, ERR_DB_NOTFOUND, "%lld has no identity elsewhere", (long long)person);
    TRY(q_oidc_end(w->tx, person, e));
    TRY(q_session_end_all(w->tx, person, e));
    return work_entry(w, "auth.oidc", work_pseudo(w, person), e, "on", "no", NULL);
}
