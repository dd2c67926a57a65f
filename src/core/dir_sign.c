/* Whose password the directory says. The account of somebody holds a key of the directory (objectGUID, entryUUID), which does not change with names;
 * then it has no password here. Local accounts go on without the directory, and the last administrator who signs in by a password of the house
 * stays one: a directory that is down must lock nobody out of the administration. */
#include <string.h>
#include "core/core_state.h"

const char *account_proof(TALLOC_CTX *mem, const char *hash, const char *dkey) { return dkey != NULL ? mem_fmt(mem, "directory:%s", dkey) : hash; }

bool core_has_directory(const struct core *c) { return c->dir != NULL; }

static enum rc directory_of(struct core *c, struct dir **ret, struct err *e)
{
    *ret = c->dir;
    return c->dir != NULL ? RC_OK : err_set(e, ERR_DIRECTORY, "directory: none is configured (--directory), but accounts sign in by it");
}

enum rc directory_right(struct core *c, TALLOC_CTX *mem, const char *dkey, const char *password, bool *ret, struct err *e)
{
    static const enum err_code why[] = {[DIR_ACTIVE] = ERR_DIRECTORY_DISABLED, [DIR_DISABLED] = ERR_DIRECTORY_DISABLED, [DIR_EXPIRED] = ERR_DIRECTORY_EXPIRED, [DIR_MUST_CHANGE] = ERR_DIRECTORY_CHANGE};
    struct dir *d;
    enum dir_answer answer;
    enum dir_state state;
    TRY(directory_of(c, &d, e));
    TRY(dir_sign_in(d, mem, dkey, text_nfc(mem, password), &answer, &state, e));
    *ret = answer == DIR_IN;
    return answer == DIR_REFUSED ? err_set(e, why[state], "directory: the account may not be used") : RC_OK;
}

/* A login that nobody has asks, too: else the time would tell who signs in by the directory. */
enum rc directory_unknown(struct core *c, TALLOC_CTX *mem, const char *login, struct err *e)
{
    struct dir_person *p;
    return c->dir != NULL ? dir_find(c->dir, mem, login, &p, e) : RC_OK;
}

enum rc password_right(struct core *c, TALLOC_CTX *mem, const struct q_login_of *acc, const char *password, bool *ret, struct err *e)
{
    *ret = false;
    if (password == NULL || password[0] == '\0' || strlen(password) > 256)
        return RC_OK;
    if (acc->dkey != NULL)
        return directory_right(c, mem, acc->dkey, password, ret, e);
    *ret = acc->hash != NULL && crypt_password_ok(acc->hash, text_nfc(mem, password));
    return RC_OK;
}

enum rc directory_link(struct core *c, TALLOC_CTX *mem, const struct actor *a, int64_t person, const char *login, struct err *e)
{
    struct dir *d;
    struct dir_person *p;
    struct json *args = json_obj(mem);
    if (login == NULL || login[0] == '\0')
        return err_set(e, ERR_DIRECTORY_NOBODY, "person %lld has no login", (long long)person);
    TRY(directory_of(c, &d, e));
    TRY(dir_find(d, mem, login, &p, e));
    if (p == NULL)
        return err_set_arg(e, ERR_DIRECTORY_NOBODY, login, "the directory has nobody, or several, of that login");
    json_set_i64(args, "person", person);
    json_set_str(args, "login", login);
    json_set_str(args, "dkey", p->key);
    return core_send(c, mem, a, "account.directory", args, e);
}

/* An administrator who signs in without the directory. */
static enum rc local_admin(struct work *w, int64_t person, bool *ret, struct err *e)
{
    struct q_login_of acc;
    bool found, here;
    TRY(q_login_of(w->db, w->mem, person, &acc, &found, e));
    TRY(org_is_here(w->db, person, w->today, &here, e));
    *ret = found && here && !acc.disabled && acc.hash != NULL && acc.dkey == NULL;
    return RC_OK;
}

enum rc directory_last(struct work *w, int64_t person, bool *ret, struct err *e)
{
    struct id_vec v = VEC_INIT(w->mem);
    bool local, others = false;
    TRY(local_admin(w, person, &local, e));
    TRY(org_holders_set(w->db, w->mem, w->set, "administrator", 0, w->today, &v, e));
    bool admin = false;
    for (size_t i = 0; i < v.n; i++)
        admin = admin || v.v[i] == person;
    for (size_t i = 0; i < v.n && !others; i++)
        if (v.v[i] != person)
            TRY(local_admin(w, v.v[i], &others, e));
    *ret = admin && local && !others;
    return RC_OK;
}

/* dkey: from now on the directory says the password; without: nobody does, until account.set gives a first one. */
enum rc cmd_account_directory(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0), whose = 0;
    const char *login = json_get_str(args, "login"), *dkey = json_get_str(args, "dkey"), *kind;
    struct q_login_of acc;
    struct q_login_by_name other;
    struct q_directory_by_key row;
    bool found, has, last, here;
    (void)body;
    if (person == 0 || (dkey != NULL && (dkey[0] == '\0' || strlen(dkey) > DIR_KEY_MAX)))
        return err_set(e, ERR_FIELDS, "account.directory needs a person, and a key or none");
    TRY(q_login_of(w->db, w->mem, person, &acc, &has, e));
    if (dkey == NULL && (!has || acc.dkey == NULL))
        return err_set(e, ERR_DB_NOTFOUND, "%lld is not linked", (long long)person);
    if (dkey == NULL) {
        TRY(q_directory_end(w->tx, person, e));
        TRY(q_session_end_all(w->tx, person, e));
        return work_entry(w, "auth.directory", work_pseudo(w, person), e, "on", "no", NULL);
    }
    TRY(org_is_here(w->db, person, w->today, &here, e));
    if (!here)
        return err_set(e, ERR_DB_NOTFOUND, "%lld is nobody here", (long long)person);
    TRY(q_directory_by_key(w->db, w->mem, dkey, &row, &found, e));
    whose = found ? row.person : person;
    if (whose != person)
        return err_set(e, ERR_DIRECTORY_TAKEN, "the key belongs to %lld", (long long)whose);
    TRY(directory_last(w, person, &last, e));
    if (last)
        return err_set(e, ERR_DIRECTORY_LAST, "%lld is the last administrator with a password of the house", (long long)person);
    if (!has) {
        login = login ? text_nfkc(w->mem, login) : "";
        TRY(q_login_by_name(w->db, w->mem, login, &other, &found, e));
        if (login[0] == '\0' || strlen(login) > 100 || found)
            return err_set_arg(e, found ? ERR_DB_CONSTRAINT : ERR_FIELDS, login, "login of %lld", (long long)person);
        TRY(account_kind(w, person, &kind, e));
        TRY(q_login_put(w->tx, person, login, kind, NULL, w->now_us, true, 0, 0, e));
    }
    if (has && acc.hash != NULL)
        TRY(q_password_old_add(w->tx, person, w->now_us, acc.hash, e));
    TRY(q_login_no_hash(w->tx, person, e));
    TRY(q_directory_put(w->tx, person, dkey, w->now_us, e));
    TRY(q_session_end_all(w->tx, person, e));
    return work_entry(w, "auth.directory", work_pseudo(w, person), e, "on", "yes", NULL);
}

enum rc directory_keeps(struct work *w, int64_t person, struct err *e)
{
    struct q_directory_any row;
    bool any, last;
    TRY(q_directory_any(w->db, w->mem, &row, &any, e));
    if (!any)
        return RC_OK;
    TRY(directory_last(w, person, &last, e));
    return last ? err_set(e, ERR_DIRECTORY_LAST, "%lld is the last administrator with a password of the house", (long long)person) : RC_OK;
}
