/* Whose account it is. Said by the register of accounts, by somebody's choice, by login, staff number and e-mail, at last by the name: one person or
 * nobody. Where these name several people, nobody is taken: somebody chooses, and the choice is kept as long as the account is there. */
#include "core/accounts_int.h"
#include "core/route_int.h"

#define CANDIDATES_MAX 8

static void want(struct id_vec *v, int64_t id)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i] == id)
            return;
    if (v->n < CANDIDATES_MAX)
        *vec_push(v) = id;
}

static enum rc wanted(struct work *w, const struct sql *s, struct id_vec *ret, struct err *e)
{
    struct id_vec v = VEC_INIT(w->mem);
    TRY(ids_read(w->db, w->mem, s, &v, e));
    for (size_t i = 0; i < v.n; i++)
        want(ret, v.v[i]);
    return RC_OK;
}

/* As the system writes it, in small and in capital letters: directories do not tell them apart. */
static char *cased(TALLOC_CTX *mem, const char *s, bool up)
{
    char *t = mem_strdup(mem, s);
    for (char *p = t; *p != '\0'; p++)
        if (up ? (*p >= 'a' && *p <= 'z') : (*p >= 'A' && *p <= 'Z'))
            *p = (char)(*p ^ 0x20);
    return t;
}

static void text_in(struct work *w, struct sql *s, const char *text)
{
    sql_lit(s, " IN (");
    sql_text(s, text);
    sql_lit(s, ", ");
    sql_text(s, cased(w->mem, text, false));
    sql_lit(s, ", ");
    sql_text(s, cased(w->mem, text, true));
    sql_lit(s, ")");
}

static enum rc people_by(struct work *w, const char *col, const char *text, struct id_vec *ret, struct err *e)
{
    const struct form *person = pack_form(w->set, "person");
    struct sql *s = sql_new(w->mem);
    if (text == NULL || person == NULL)
        return RC_OK;
    sql_lit(s, "SELECT record FROM ");
    sql_ident(s, form_table(w->mem, person));
    sql_lit(s, " WHERE slot = 0 AND ");
    sql_ident(s, col);
    text_in(w, s, text);
    sql_lit(s, " ORDER BY record LIMIT 8");
    return wanted(w, s, ret, e);
}

/* Who answers for it in the register of accounts, as far as it is in use there. */
static enum rc register_says(struct work *w, const struct content *c, struct id_vec *ret, struct err *e)
{
    const struct form *reg = pack_form(w->set, "account");
    struct sql *s = sql_new(w->mem);
    if (reg == NULL)
        return RC_OK;
    sql_lit(s, "SELECT owner FROM ");
    sql_ident(s, form_table(w->mem, reg));
    sql_lit(s, " WHERE slot = 0 AND status IN ('active', 'locked') AND system = ");
    sql_i64(s, content_id(c, "system"));
    sql_lit(s, " AND account");
    text_in(w, s, content_get(c, "account"));
    sql_lit(s, " ORDER BY record LIMIT 8");
    return wanted(w, s, ret, e);
}

static enum rc people_named(struct work *w, const char *name, struct id_vec *ret, struct err *e)
{
    struct buf *b = buf_new(w->mem, 4096);
    struct str rest, part;
    if (name == NULL)
        return RC_OK;
    static const char *const how[] = {NULL, "", " ", "　"};      /* as it is; family and given name written together, and apart in both ways */
    for (size_t i = 0; i < ARRAY_N(how) && ret->n == 0; i++) {
        struct q_record_by_title_rows rows;
        buf_reset(b);
        const char *flat = text_nfkc(w->mem, name);
        rest = str_of(i == 0 ? name : flat);
        if (i == 0)
            buf_puts(b, name);
        while (i > 0 && str_next(&rest, ' ', &part)) {
            if (part.n > 0 && b->n > 0)
                buf_puts(b, how[i]);
            buf_put(b, part.p, part.n);
        }
        if (!buf_ok(b) || b->n == 0)
            continue;
        TRY(q_record_by_title(w->db, w->mem, "person", b->p, &rows, e));
        for (size_t k = 0; k < rows.n; k++) {
            struct q_record_row row;
            bool found;
            TRY(record_row(w->db, w->mem, rows.v[k].id, &row, &found, e));
            if (found && strcmp(row.state, "approved") == 0)
                want(ret, rows.v[k].id);
        }
    }
    return RC_OK;
}

static void match_put(struct work *w, struct content *c, const char *how, const struct id_vec *who)
{
    for (size_t i = content_rows(c, "candidates"); i > 0; i--)
        content_set(c, mem_fmt(w->mem, "candidates[%zu]", i - 1), NULL);
    bool one = who->n == 1;
    content_set(c, "person", one ? mem_fmt(w->mem, "%lld", (long long)who->v[0]) : NULL);
    content_set(c, "matched", who->n > 1 ? "several" : one ? how : "none");
    for (size_t i = 0; i < who->n && who->n > 1; i++)
        content_set(c, mem_fmt(w->mem, "candidates[%zu]", i), mem_fmt(w->mem, "%lld", (long long)who->v[i]));
}

enum rc found_match(struct work *w, struct content *c, struct err *e)
{
    struct id_vec who = VEC_INIT(w->mem);
    const char *account = content_get(c, "account");
    const char *how = "login";
    if (text_eq(content_get(c, "matched"), "hand") && content_get(c, "person") != NULL)
        return RC_OK;
    TRY(register_says(w, c, &who, e));
    if (who.n > 0 || !text_eq(content_get(c, "kind"), "person")) {
        match_put(w, c, "register", &who);
        return RC_OK;
    }
    TRY(people_by(w, "login", account, &who, e));
    if (who.n == 0)
        how = "code";
    TRY(people_by(w, "code", account, &who, e));
    TRY(people_by(w, "code", content_get(c, "code"), &who, e));
    if (who.n == 0)
        how = "email";
    TRY(people_by(w, "email", content_get(c, "email"), &who, e));
    if (who.n == 0) {
        how = "name";
        TRY(people_named(w, content_get(c, "name"), &who, e));
    }
    match_put(w, c, how, &who);
    return RC_OK;
}

/* ---- names that say that several people use it ---- */

static bool part_is(const char *account, struct str word)
{
    struct str rest = str_of(account);
    while (rest.n > 0) {
        size_t n = 0;
        while (n < rest.n && strchr("-_. ", rest.p[n]) == NULL)
            n++;
        if (n == word.n && strncasecmp(rest.p, word.p, n) == 0)
            return true;
        n += n < rest.n;
        rest = (struct str){rest.p + n, rest.n - n};
    }
    return false;
}

bool found_shared_name(struct work *w, const char *account, const char *name)
{
    struct str words = str_of(pack_value(w->set, "core.account_shared_names")), one;
    while (str_next(&words, ',', &one)) {
        one = str_trim(one);
        if (one.n == 0)
            continue;
        bool ascii = true;
        for (size_t i = 0; i < one.n; i++)
            ascii &= (unsigned char)one.p[i] < 0x80;
        if (part_is(account, one) || (name != NULL && part_is(name, one)))
            return true;
        if (!ascii && (memmem(account, strlen(account), one.p, one.n) != NULL || (name != NULL && memmem(name, strlen(name), one.p, one.n) != NULL)))
            return true;
    }
    return false;
}
