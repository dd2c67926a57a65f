/* Passwords: the strictest figures of the adopted packs per kind of account, refused with the article that asks for them; no reuse within
 * the period; not the own login or name, not a common one (trust.md section 5 rows 41 to 45; the regulation's figures are followed). */
#include "core/core_int.h"

static const char *const common[] = {"password", "passw0rd", "qwerty", "letmein", "welcome", "admin", "iloveyou", "abc123", "monkey", "dragon", "sakura", "nippon",
                                     "toukyou", "tokyo", "daicho", "himitsu", "arigatou", "konnichiwa"};

int64_t password_figure(const struct pack_set *set, const char *key, int64_t otherwise, const char **ret_article)
{
    int64_t v;
    *ret_article = NULL;
    for (size_t i = 0; set != NULL && i < set->effective_n; i++)
        if (strcmp(set->effective[i].key, key) == 0 && set->effective[i].value != NULL && pack_figure(set->effective[i].value, &v)) {
            *ret_article = set->effective[i].article;
            return v;
        }
    return otherwise;
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

static bool contains_word(TALLOC_CTX *mem, const char *password, const char *word)
{
    if (word == NULL || utf8_len(word) < 3)
        return false;
    return strstr(text_fold(mem, password), text_fold(mem, word)) != NULL;
}

static bool is_common(TALLOC_CTX *mem, const char *password)
{
    const char *f = text_fold(mem, password);
    for (size_t i = 0; i < ARRAY_N(common); i++) {
        size_t n = strlen(common[i]);
        if (strncmp(f, common[i], n) == 0 && strlen(f) < n + 5)
            return true;
    }
    return false;
}

static bool has_own_name(struct db *db, TALLOC_CTX *mem, int64_t person, const char *password)
{
    struct q_login_of login;
    struct err e = {0};
    bool found;
    if (q_login_of(db, mem, person, &login, &found, &e) == RC_OK && found && contains_word(mem, password, login.login))
        return true;
    struct str rest = str_of(person_name(db, mem, person)), part;
    while (str_next(&rest, ' ', &part))
        if (contains_word(mem, password, str_dup(mem, part)))
            return true;
    return false;
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
    if (is_common(mem, password) || has_own_name(db, mem, person, password)) {
        *ret_why = mem_strdup(mem, msg_text(LANG_JA, is_common(mem, password) ? MSG("core.pw-common") : MSG("core.pw-name")));
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
    struct answer *a;
    char *hash;
    *ret_why = NULL;
    TRY(session_verify(c, mem, s->login, now, addr, &acc, e));        /* first: who does not know the present one learns nothing about former ones */
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
    core_command(c, mem, &self, "password.set", args, NULL, &a);
    if (a->rc != RC_OK)
        *e = a->err;
    return a->rc;
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
    TRY(q_password_old_add(w->tx, person, w->now_us, json_get_str(args, "verified"), e));
    TRY(q_login_hash(w->tx, person, hash, w->now_us, 0, e));
    TRY(q_session_end_all(w->tx, person, e));
    return work_entry(w, "auth.password", work_pseudo(w, person), e, NULL);
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
    bool admin;
    TRY(org_holds_set(w->db, w->set, person, "administrator", w->today, &admin, e));
    if (!admin)
        TRY(org_holds_set(w->db, w->set, person, "it_admin", w->today, &admin, e));
    struct q_login_of had;
    TRY(q_login_of(w->db, w->mem, person, &had, &found, e));
    TRY(q_login_put(w->tx, person, login, admin ? "privileged" : "general", hash, w->now_us, hash == NULL, 1, json_get_bool(args, "disabled"), e));
    if (found && hash != NULL) {                 /* a new first password by an administrator: to be changed at once */
        if (had.hash != NULL)
            TRY(q_password_old_add(w->tx, person, w->now_us, had.hash, e));
        TRY(q_login_hash(w->tx, person, hash, w->now_us, 1, e));
    }
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
