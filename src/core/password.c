/* Passwords: the strictest figures of the adopted packs per kind of account, refused with the article that asks for them; no reuse within
 * the period; not the own login or name, not a common one (trust.md section 5 rows 41 to 45; the regulation's figures are followed). */
#include <string.h>
#include "core/core_int.h"

/* The regulation that asks for it, also when core's own proposal says the same. */
static const char *article_of(const struct pack_set *set, const char *key, const char *article)
{
    for (size_t i = 0; text_eq(article, "-") && i < set->pack_n; i++)
        for (size_t k = 0; k < set->pack[i].param_n; k++)
            if (set->pack[i].param[k].is != NULL && text_eq(set->pack[i].param[k].is, key + strlen("core.")))
                return set->pack[i].param[k].article;
    return article;
}

int64_t password_figure(const struct pack_set *set, const char *key, int64_t otherwise, const char **ret_article)
{
    int64_t v;
    *ret_article = NULL;
    for (size_t i = 0; set != NULL && i < set->effective_n; i++)
        if (strcmp(set->effective[i].key, key) == 0 && set->effective[i].value != NULL && pack_figure(set->effective[i].value, &v)) {
            *ret_article = article_of(set, key, set->effective[i].article);
            return v;
        }
    return otherwise;
}

const char *setting_article(const struct pack_set *set, const char *key)
{
    for (size_t i = 0; set != NULL && i < set->effective_n; i++)
        if (strcmp(set->effective[i].key, key) == 0)
            return article_of(set, key, set->effective[i].article);
    return "-";
}

static int classes_of(const char *p)
{
    bool up = false, low = false, dig = false, other = false;
    for (; *p != '\0'; p++) {
        up = up || (*p >= 'A' && *p <= 'Z');
        low = low || (*p >= 'a' && *p <= 'z');
        dig = dig || (*p >= '0' && *p <= '9');
        other = other || !((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'));
    }
    return up + low + dig + other;
}

/* Name and kana by their parts, login, the name of the mail address. */
static enum rc own_names(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *password, bool *ret, struct err *e)
{
    struct q_login_of login;
    bool found, more;
    struct db_rows *rows;
    struct sql *q = sql_new(mem);
    const struct form *f = set != NULL ? pack_form(set, "person") : NULL;
    TRY(q_login_of(db, mem, person, &login, &found, e));
    *ret = found && password_has_name(mem, password, login.login);
    struct str rest = str_of(person_name(db, mem, person)), part;
    while (!*ret && str_next(&rest, ' ', &part))
        *ret = password_has_name(mem, password, str_dup(mem, part));
    if (*ret || f == NULL || pack_field(f, "kana") == NULL)
        return RC_OK;
    sql_lit(q, "SELECT kana FROM f_person WHERE slot = 0 AND record = ");
    sql_i64(q, person);
    TRY(db_query(db, mem, q, &rows, e));
    TRY(db_next(rows, &more, e));
    rest = str_of(more && !db_is_null(rows, 0) ? mem_strdup(mem, db_text(rows, 0)) : "");
    db_rows_end(rows);
    for (char *c = (char *)(uintptr_t)rest.p; *c != '\0'; c++)
        if (strncmp(c, "\xe3\x80\x80", 3) == 0)                  /* the wide blank between the names */
            memcpy(c, "   ", 3);
    while (!*ret && str_next(&rest, ' ', &part))
        *ret = password_has_name(mem, password, str_dup(mem, part));
    return RC_OK;
}

/* The organisation's name without what all companies are called. */
static enum rc organisation_name(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const char *password, bool *ret, struct err *e)
{
    static const char *const kinds[] = {"株式会社", "有限会社", "合同会社", "一般社団法人", "(株)", "(有)"};
    bool more;
    struct db_rows *rows;
    struct sql *q = sql_new(mem);
    *ret = password_has_name(mem, password, "daicho");
    if (*ret || set == NULL || pack_form(set, "organization") == NULL)
        return RC_OK;
    sql_lit(q, "SELECT name FROM f_organization WHERE slot = 0 ORDER BY record LIMIT 1");
    TRY(db_query(db, mem, q, &rows, e));
    TRY(db_next(rows, &more, e));
    char *name = text_nfkc(mem, more && !db_is_null(rows, 0) ? db_text(rows, 0) : "");
    db_rows_end(rows);
    for (size_t i = 0; i < ARRAY_N(kinds); i++) {
        char *at = strstr(name, kinds[i]);
        if (at != NULL)
            memmove(at, at + strlen(kinds[i]), strlen(at + strlen(kinds[i])) + 1);
    }
    *ret = password_has_name(mem, password, str_dup(mem, str_trim(str_of(name))));
    return RC_OK;
}

static const char *where(const char *article) { return article ? article : "-"; }

enum rc password_check(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, bool privileged, const char *password, char **ret_why, struct err *e)
{
    const char *article;
    int64_t least = password_figure(set, privileged ? "core.pw_privileged_min" : "core.pw_general_min", privileged ? 12 : 10, &article);
    *ret_why = NULL;
    if ((int64_t)utf8_len(password) < least || strlen(password) > 256) {
        *ret_why = msg_fill(mem, LANG_JA, MSG("core.pw-length"), mem_fmt(mem, "%lld", (long long)least), where(article), NULL);
        return err_set_arg(e, ERR_PASSWORD_WEAK, *ret_why, "length");
    }
    if (classes_of(password) < password_figure(set, "core.pw_classes", 4, &article)) {
        *ret_why = msg_fill(mem, LANG_JA, MSG("core.pw-classes"), where(article), NULL);
        return err_set_arg(e, ERR_PASSWORD_WEAK, *ret_why, "classes");
    }
    bool named, organisation;
    TRY(own_names(db, mem, set, person, password, &named, e));
    TRY(organisation_name(db, mem, set, password, &organisation, e));
    const char *word = password_common(mem, password);
    if (named || organisation || word != NULL) {
        (void)password_figure(set, "core.pw_classes", 4, &article);           /* the sources ask for the classes and against the words in one breath */
        *ret_why = named ? msg_fill(mem, LANG_JA, MSG("core.pw-name"), where(article), NULL) : organisation ? msg_fill(mem, LANG_JA, MSG("core.pw-house"), where(article), NULL)
                                                                                                              : msg_fill(mem, LANG_JA, MSG("core.pw-common"), word, where(article), NULL);
        return err_set_arg(e, ERR_PASSWORD_WEAK, *ret_why, "words");
    }
    int64_t minutes = password_figure(set, "core.pw_history", 365 * 1440, &article);
    struct q_password_old_since_rows old;
    struct q_login_of login;
    bool found;
    TRY(q_password_old_since(db, mem, person, clock_now_us() - minutes * 60 * US_PER_S, &old, e));
    TRY(q_login_of(db, mem, person, &login, &found, e));
    bool reused = found && login.hash != NULL && crypt_password_ok(login.hash, password);
    for (size_t i = 0; !reused && i < old.n; i++)
        reused = crypt_password_ok(old.v[i].hash, password);
    if (reused) {
        *ret_why = msg_fill(mem, LANG_JA, MSG("core.pw-reused"), where(article), NULL);
        return err_set_arg(e, ERR_PASSWORD_REUSED, *ret_why, "reused");
    }
    return RC_OK;
}

enum rc password_change(struct core *c, TALLOC_CTX *mem, const struct session *s, const char *now, const char *next, const char *addr, char **ret_why, struct err *e)
{
    const struct actor self = {.kind = ACTOR_PERSON, .person = s->person, .lang = s->lang, .login = s->login};
    struct q_login_by_name acc;
    struct reader r;
    char *hash;
    *ret_why = NULL;
    TRY(session_verify(c, mem, s->login, now, addr, &acc, e));        /* first: who does not know the present one learns nothing about former ones */
    if (acc.dkey != NULL)
        return err_set(e, ERR_PASSWORD_DIRECTORY, "password of %lld", (long long)s->person);
    if (acc.person != s->person || next == NULL)
        return err_set(e, ERR_LOGIN, "not the account of %lld", (long long)s->person);
    next = text_nfc(mem, next);
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = password_check(r.db, mem, r.set, acc.person, strcmp(acc.kind, "privileged") == 0, next, ret_why, e);
    core_read_end(&r);
    TRY(rc);
    TRY(crypt_password_hash(mem, next, &hash, e));
    struct json *args = json_obj(mem);
    json_set_i64(args, "person", acc.person);
    json_set_str(args, "verified", acc.hash);
    json_set_str(args, "hash", hash);
    return core_send(c, mem, &self, "password.set", args, e);
}

/* Comes from password_change alone, which verified the present password and made the hash outside the writer (argon2id takes its time): what
 * was verified must still be the account's, and the account not locked. Old hashes are kept for the no-reuse rule. All sessions end. */
enum rc cmd_password_set(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0);
    const char *hash = json_get_str(args, "hash");
    (void)body;
    if (w->actor.kind != ACTOR_PERSON || w->actor.person != person)
        return err_set(e, ERR_DENIED, "a password is changed by who has it; account.set gives a new one");
    if (hash == NULL || strncmp(hash, "$argon2id$", 10) != 0)
        return err_set(e, ERR_COMMAND, "password.set without a hash");
    TRY(session_verified(w, args, e));
    if (strncmp(json_get_str(args, "verified"), "$argon2id$", 10) != 0)      /* by the directory, which has the password */
        return err_set(e, ERR_PASSWORD_DIRECTORY, "password of %lld", (long long)person);
    TRY(q_password_old_add(w->tx, person, w->now_us, json_get_str(args, "verified"), e));
    TRY(q_login_hash(w->tx, person, hash, w->now_us, 0, e));
    TRY(q_session_end_all(w->tx, person, e));
    return work_entry(w, "auth.password", work_pseudo(w, person), e, NULL);
}

enum rc account_kind(struct work *w, int64_t person, const char **ret, struct err *e)
{
    bool admin;
    TRY(org_holds_set(w->db, w->set, person, "administrator", w->today, &admin, e));
    if (!admin)
        TRY(org_holds_set(w->db, w->set, person, "it_admin", w->today, &admin, e));
    *ret = admin ? "privileged" : "general";
    return RC_OK;
}

enum rc cmd_account_set(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t person = json_get_i64(args, "person", 0);
    const char *login = json_get_str(args, "login"), *hash = json_get_str(args, "hash");
    struct q_login_by_name other;
    bool found;
    (void)body;
    if (person == 0 || login == NULL || login[0] == '\0' || strlen(login) > 100 || (hash != NULL && strncmp(hash, "$argon2id$", 10) != 0))
        return err_set(e, ERR_FIELDS, "account.set needs person, login and at most a hash");
    if (hash != NULL && w->actor.kind == ACTOR_PERSON && w->actor.person == person)      /* one's own: by the present one only */
        return err_set(e, ERR_PASSWORD_OWN, "person %lld", (long long)person);
    login = text_nfkc(w->mem, login);             /* as session_login looks it up */
    TRY(q_login_by_name(w->db, w->mem, login, &other, &found, e));
    if (found && other.person != person)
        return err_set_arg(e, ERR_DB_CONSTRAINT, login, "login is taken");
    const char *kind;
    TRY(account_kind(w, person, &kind, e));
    struct q_login_of had;
    TRY(q_login_of(w->db, w->mem, person, &had, &found, e));
    if (json_get_bool(args, "disabled") && found && w->actor.kind == ACTOR_PERSON)
        TRY(directory_keeps(w, person, e));
    TRY(q_login_put(w->tx, person, login, kind, hash, w->now_us, hash == NULL, 1, json_get_bool(args, "disabled"), e));
    if (found && hash != NULL) {                 /* a new first password by an administrator: to be changed at once */
        if (had.hash != NULL)
            TRY(q_password_old_add(w->tx, person, w->now_us, had.hash, e));
        TRY(q_login_hash(w->tx, person, hash, w->now_us, 1, e));
    }
    if (hash != NULL)                            /* a password of the house again */
        TRY(q_directory_end(w->tx, person, e));
    if (hash != NULL || json_get_bool(args, "disabled"))
        TRY(q_session_end_all(w->tx, person, e));
    return work_entry(w, "auth.account", work_pseudo(w, person), e, "disabled", json_get_bool(args, "disabled") ? "yes" : "no", NULL);
}

/* Letters that are easy to read aloud and type; the four classes are all there. */
char *password_first(TALLOC_CTX *mem)
{
    static const char *const sets[] = {"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "!#%+-=?@"};
    uint8_t rnd[16];
    char *p = mem_array(mem, char, sizeof rnd + 1);
    crypt_random(rnd, sizeof rnd);
    for (size_t i = 0; i < sizeof rnd; i++) {
        const char *set = sets[i % 8 < 3 ? 1 : i % 8 < 5 ? 0 : i % 8 < 7 ? 2 : 3];
        p[i] = set[rnd[i] % strlen(set)];
    }
    p[sizeof rnd] = '\0';
    return p;
}
