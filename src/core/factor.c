/* The second factor: codes of an authenticator app, ten recovery codes for the day on which it is lost (trust.md section 5 rows 48 to 51). What
 * is checked here, outside of the writer, is spent in the writer: no code opens anything twice. */
#include <ctype.h>
#include "core/core_state.h"

#define ENROL_US (60 * 60 * US_PER_S)
#define RECOVERY_LETTERS 12
static const char letters[] = "23456789abcdefghjkmnpqrstvwxyz";        /* none that is mistaken for another */

const char *factor_place = "totp";

/* ---- checking ---- */

struct found { struct q_totp_of row; struct q_recovery_get rec; bool on, rec_found; };

/* Digits alone are an app's code; else a recovery code: its number and twelve letters, however it was spaced. */
static bool recovery_parse(TALLOC_CTX *mem, const char *typed, int64_t *ret_no, char **ret_code)
{
    char *out = mem_array(mem, char, RECOVERY_LETTERS + 2);
    size_t n = 0;
    for (; *typed != '\0'; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        if (n > RECOVERY_LETTERS)
            return false;
        out[n++] = (char)tolower((unsigned char)*typed);
    }
    if (n != RECOVERY_LETTERS + 1 || out[0] < '0' || out[0] > '9')
        return false;
    out[n] = '\0';
    *ret_no = out[0] - '0';
    *ret_code = out + 1;
    return true;
}

static enum rc found_read(struct core *c, TALLOC_CTX *mem, int64_t person, int64_t no, struct found *ret, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = q_totp_of(r.db, mem, person, &ret->row, &ret->on, e);
    if (rc == RC_OK && no >= 0)
        rc = q_recovery_get(r.db, mem, person, no, &ret->rec, &ret->rec_found, e);
    core_read_end(&r);
    return rc;
}

/* One of them is enough: all are sealed under the same key. */
enum rc factor_key_fits(struct core *c, struct db *db, bool *ret, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct q_totp_any row;
    uint8_t secret[TOTP_SECRET_N];
    bool found;
    TRY(q_totp_any(db, mem, 0, &row, &found, e));
    *ret = !found || vault_unseal(c, factor_place, row.person, (const uint8_t *)row.secret.p, row.secret.n, secret, sizeof secret);
    return RC_OK;
}

enum rc factor_check(struct core *c, TALLOC_CTX *mem, int64_t person, const char *typed, struct factor_used *ret, bool *ret_ok, struct err *e)
{
    struct found f = {0};
    uint8_t secret[TOTP_SECRET_N];
    int64_t no = -1;
    char *code = NULL, *digits;
    *ret = (struct factor_used){.no = -1};
    *ret_ok = false;
    if (typed == NULL || strlen(typed) > 100)
        return RC_OK;
    typed = digits = text_nfkc(mem, typed);                    /* full-width digits, as Japanese keyboards give them */
    bool recovery = recovery_parse(mem, typed, &no, &code);
    TRY(found_read(c, mem, person, recovery ? no : -1, &f, e));
    if (!f.on)
        return RC_OK;
    if (recovery) {
        *ret = (struct factor_used){.no = no, .hash = f.rec_found ? f.rec.hash : NULL};
        *ret_ok = f.rec_found && crypt_password_ok(f.rec.hash, code);
        return RC_OK;
    }
    size_t n = 0;
    for (const char *p = typed; *p != '\0'; p++)
        if (*p != ' ')
            digits[n++] = *p;
    digits[n] = '\0';
    if (!vault_unseal(c, factor_place, person, (const uint8_t *)f.row.secret.p, f.row.secret.n, secret, sizeof secret))
        return err_set(e, ERR_FACTOR_KEY, "the secret of %lld does not open under keys/" VAULT_KEY, (long long)person);
    *ret_ok = totp_fits(secret, clock_now_us(), f.row.last_step, digits, &ret->step);
    return RC_OK;
}

void factor_args(struct json *args, const struct factor_used *used)
{
    json_set_i64(args, "step", used->step);
    json_set_i64(args, "recovery_no", used->no);
    json_set_str(args, "recovery_hash", used->hash);
}

/* In the writer: what was checked is used up; whoever was second gets nothing. *ret_by: how it was proved. */
enum rc factor_spend(struct work *w, int64_t person, const struct json *args, const char **ret_by, struct err *e)
{
    struct q_totp_of row;
    struct q_recovery_get rec;
    bool found;
    int64_t step = json_get_i64(args, "step", 0), no = json_get_i64(args, "recovery_no", -1);
    *ret_by = "password";
    TRY(q_totp_of(w->db, w->mem, person, &row, &found, e));
    if (!found)
        return RC_OK;
    if (no >= 0) {
        *ret_by = "recovery";
        TRY(q_recovery_get(w->db, w->mem, person, no, &rec, &found, e));
        return found && text_eq(rec.hash, json_get_str(args, "recovery_hash")) ? q_recovery_use(w->tx, person, no, e) : err_set(e, ERR_CODE, "recovery code was used");
    }
    *ret_by = "code";
    return step > row.last_step ? q_totp_step(w->tx, person, step, e) : err_set(e, ERR_CODE, "code of %lld was used", (long long)person);
}

/* ---- who must have one ---- */

enum rc factor_wanted(struct db *db, const struct pack_set *set, int64_t person, bool privileged, const char *today, bool *ret, struct err *e)
{
    const char *who = set != NULL ? pack_value(set, "core.second_factor_for") : NULL;
    *ret = text_eq(who, "everybody");
    if (!text_eq(who, "privileged"))
        return RC_OK;
    *ret = privileged;
    if (!*ret)
        TRY(org_holds_set(db, set, person, "administrator", today, ret, e));
    return *ret ? RC_OK : org_holds_set(db, set, person, "it_admin", today, ret, e);
}

enum rc factor_of(struct reader *r, int64_t person, struct factor *ret, struct err *e)
{
    struct q_totp_of row;
    struct q_recovery_n n;
    const struct grant *g;
    if (r->actor.person != person)
        TRY(perm_check(r->db, r->mem, r->set, &r->actor, PERMIT_ADMIN, NULL, NULL, r->today, &g, e));
    TRY(q_totp_of(r->db, r->mem, person, &row, &ret->on, e));
    TRY(q_recovery_n(r->db, r->mem, person, &n, e));
    ret->since = ret->on ? row.made_at : 0;
    ret->codes_left = n.n;
    return factor_wanted(r->db, r->set, person, false, r->today, &ret->wanted, e);
}

/* ---- a new one ---- */

struct enrol { int64_t at; uint8_t secret[TOTP_SECRET_N]; };

static char *percent(TALLOC_CTX *mem, const char *s)
{
    struct buf *b = buf_new(mem, 4096);
    for (; *s != '\0'; s++)
        if (isalnum((unsigned char)*s) || strchr("-._~", *s) != NULL)
            buf_putc(b, *s);
        else
            buf_fmt(b, "%%%02X", (unsigned char)*s);
    return b->p;
}

void factor_begin(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *issuer, const char *again, struct factor_new *ret)
{
    struct enrol n = {.at = clock_now_us()};
    uint8_t *sealed, *was;
    size_t sealed_n, was_n;
    if (again == NULL || !b64_read(mem, str_of(again), &was, &was_n) || !vault_unseal(c, "enrol", a->person, was, was_n, &n, sizeof n))
        crypt_random(n.secret, sizeof n.secret);
    vault_seal(c, mem, "enrol", a->person, &n, sizeof n, &sealed, &sealed_n);
    ret->ticket = b64_text(mem, sealed, sealed_n);
    ret->secret = totp_base32(mem, n.secret);
    ret->uri = mem_fmt(mem, "otpauth://totp/%s:%s?secret=%s&issuer=%s", percent(mem, issuer), percent(mem, a->login), ret->secret, percent(mem, issuer));
}

enum rc factor_ticket(struct core *c, TALLOC_CTX *mem, int64_t person, const char *ticket, const char *code, uint8_t **ret_sealed, size_t *ret_n, int64_t *ret_step, struct err *e)
{
    struct enrol n;
    uint8_t *p;
    size_t len;
    if (ticket == NULL || !b64_read(mem, str_of(ticket), &p, &len) || !vault_unseal(c, "enrol", person, p, len, &n, sizeof n) || n.at + ENROL_US < clock_now_us())
        return err_set(e, ERR_FACTOR_TICKET, "the secret was shown too long ago");
    if (code == NULL || !totp_fits(n.secret, clock_now_us(), 0, text_nfkc(mem, code), ret_step))
        return err_set(e, ERR_CODE, "first code");
    vault_seal(c, mem, factor_place, person, n.secret, sizeof n.secret, ret_sealed, ret_n);
    return RC_OK;
}

/* Ten codes "3-k7mq-9xtp-4hwd", and their hashes for the command. */
enum rc factor_codes_make(TALLOC_CTX *mem, char *ret_code[RECOVERY_N], struct json *hashes, struct err *e)
{
    for (int i = 0; i < RECOVERY_N; i++) {
        char code[RECOVERY_LETTERS + 1] = {0}, *hash;
        for (size_t k = 0; k < RECOVERY_LETTERS;) {
            uint8_t x;
            crypt_random(&x, 1);
            if (x < 240)                          /* 8 times 30: each letter as likely */
                code[k++] = letters[x % (sizeof letters - 1)];
        }
        TRY(crypt_password_hash(mem, code, &hash, e));
        json_add_str(hashes, hash);
        ret_code[i] = mem_fmt(mem, "%d-%.4s-%.4s-%.4s", i, code, code + 4, code + 8);
    }
    return RC_OK;
}
