/* The commands of the second factor, and what is told to people whose sign-in somebody else changed. */
#include "core/core_state.h"

/* Only the person, through the page or route that checked password and code. */
static enum rc own(struct work *w, const struct json *args, int64_t *ret_person, struct err *e)
{
    *ret_person = json_get_i64(args, "person", 0);
    return w->actor.kind == ACTOR_PERSON && w->actor.person == *ret_person ? RC_OK : err_set(e, ERR_DENIED, "second factor of somebody else");
}

static enum rc codes_put(struct work *w, int64_t person, const struct json *args, struct err *e)
{
    const struct json *hashes = json_get(args, "recovery");
    if (json_n(hashes) != RECOVERY_N)
        return err_set(e, ERR_COMMAND, "recovery codes");
    TRY(q_recovery_end(w->tx, person, e));
    for (size_t i = 0; i < RECOVERY_N; i++)
        TRY(q_recovery_add(w->tx, person, (int64_t)i, json_str(json_at(hashes, i)), e));
    return RC_OK;
}

enum rc cmd_totp_set(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_totp_of had;
    bool found;
    int64_t person;
    uint8_t *secret;
    size_t n;
    (void)body;
    TRY(own(w, args, &person, e));
    TRY(q_totp_of(w->db, w->mem, person, &had, &found, e));
    if (found)
        return err_set(e, ERR_FACTOR, "there is one");
    if (json_get_str(args, "secret") == NULL || !b64_read(w->mem, str_of(json_get_str(args, "secret")), &secret, &n))
        return err_set(e, ERR_COMMAND, "totp.set");
    TRY(q_totp_put(w->tx, person, (struct str){(const char *)secret, n}, w->now_us, json_get_i64(args, "step", 0), e));
    TRY(codes_put(w, person, args, e));
    TRY(q_session_end_others(w->tx, person, w->actor.session, e));       /* those were opened with less */
    return work_entry(w, "auth.factor-on", work_pseudo(w, person), e, NULL);
}

enum rc cmd_totp_codes(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const char *by;
    int64_t person;
    (void)body;
    TRY(own(w, args, &person, e));
    TRY(factor_spend(w, person, args, &by, e));
    TRY(codes_put(w, person, args, e));
    return work_entry(w, "auth.factor-codes", work_pseudo(w, person), e, NULL);
}

static enum rc factor_end(struct work *w, int64_t person, struct err *e)
{
    TRY(q_totp_end(w->tx, person, e));
    return q_recovery_end(w->tx, person, e);
}

enum rc cmd_totp_off(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const char *by;
    int64_t person;
    (void)body;
    TRY(own(w, args, &person, e));
    TRY(factor_spend(w, person, args, &by, e));
    TRY(factor_end(w, person, e));
    return work_entry(w, "auth.factor-off", work_pseudo(w, person), e, NULL);
}

/* The reason is kept beside the notice, for the person; the ledger binds it without telling it. */
static enum rc tell(struct work *w, int64_t person, const char *kind, const char *reason, char **ret_commit, struct err *e)
{
    uint8_t blind[HASH_N], commit[HASH_N];
    crypt_random(blind, sizeof blind);
    commitment(blind, "reason", reason, strlen(reason), commit);
    *ret_commit = b64_text(w->mem, commit, sizeof commit);
    return q_note_add(w->tx, work_new_id(w), person, w->now_us, kind, w->actor.person, reason, (struct str){(const char *)blind, sizeof blind}, e);
}

/* By an administrator, never their own; by the console for whoever is locked out of everything. */
enum rc cmd_totp_reset(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_totp_of had;
    bool found;
    char *commit;
    int64_t person = json_get_i64(args, "person", 0);
    const char *reason = json_get_str(args, "reason");
    (void)body;
    if (reason == NULL || str_trim(str_of(reason)).n == 0 || utf8_len(reason) > 500)
        return err_set(e, ERR_REASON, "totp.reset without a reason");
    if (w->actor.kind == ACTOR_PERSON && w->actor.person == person)
        return err_set(e, ERR_DENIED, "one's own second factor ends with a code");
    TRY(q_totp_of(w->db, w->mem, person, &had, &found, e));
    if (!found)
        return err_set(e, ERR_FACTOR, "there is none");
    TRY(factor_end(w, person, e));
    TRY(q_session_end_all(w->tx, person, e));
    TRY(tell(w, person, "factor-reset", reason, &commit, e));
    return work_entry(w, "auth.factor-reset", work_pseudo(w, person), e, "reason", commit, NULL);
}

enum rc cmd_account_seen(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    (void)args, (void)body;
    return q_note_seen(w->tx, w->actor.person, w->now_us, e);
}

/* The second half of a sign-in, or a new proof within a session. */
enum rc cmd_session_prove(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    uint8_t hash[32];
    const char *by, *token = json_get_str(args, "token");
    struct q_session_by_token row;
    bool found;
    (void)body;
    if (w->actor.kind != ACTOR_SYSTEM)
        return err_set(e, ERR_DENIED, "session.prove is for the sign-in itself");
    crypt_token_hash(token ? token : "", hash);
    TRY(q_session_by_token(w->db, w->mem, (struct str){(const char *)hash, 32}, &row, &found, e));
    if (!found || row.half)
        return err_set(e, ERR_SESSION, "no session");
    if (json_get_bool(args, "coded"))
        TRY(factor_spend(w, row.person, args, &by, e));
    TRY(q_session_strong(w->tx, (struct str){(const char *)hash, 32}, w->now_us, e));
    return work_entry(w, "auth.proved", work_pseudo(w, row.person), e, "by", json_get_bool(args, "coded") ? by : json_get_bool(args, "provider") ? "oidc" : "password", NULL);
}
