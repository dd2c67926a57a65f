/* Roles that exclude each other (packs: exclusive_with): nobody holds two of them, under whatever names: a regulation's role is held through the core role
 * that it is, too. Asked when an appointment or a delegation comes into force, on every path, and again when somebody acts in such a post: a regulation that
 * was adopted later forbids what was allowed before. Where the regulation knows exceptions (separation: waiver), one that is registered for the person and
 * in force lets it through. */
#include "core/route_int.h"

#define RIVALS_MAX 32

enum rc exclude_refuse(struct work *w, const struct role *a, const struct role *b, struct err *e)
{
    enum lang lang = w->actor.lang;
    const char *article, *one = pick_lang(lang, a->name, a->name_en), *other = pick_lang(lang, b->name, b->name_en);
    const struct pack *by = pack_roles_apart(w->set, a->key, b->key, &article);
    const char *where = by == NULL ? "" : pick_lang(lang, by->title, by->title_en);
    char *text = article ? msg_fill(w->mem, lang, MSG("core.exclusive-article"), one, other, where, article, NULL) : msg_fill(w->mem, lang, MSG("core.exclusive"), one, other, where, NULL);
    return err_set_arg(e, ERR_EXCLUSIVE_ROLE, text, "%s and %s", a->key, b->key);
}

/* The exception that lets this person hold both; 0: none. */
static enum rc waived(struct work *w, const struct role *a, const struct role *b, int64_t person, int64_t *ret, struct err *e)
{
    const char *article;
    const struct pack *by = pack_roles_apart(w->set, a->key, b->key, &article);
    *ret = 0;
    if (by == NULL || by->separation == NULL || strcmp(by->separation, "waiver") != 0)
        return RC_OK;
    return exception_of(w, person, ret, e);
}

/* ---- appointments ---- */

struct term { int64_t person, record, batch /* of the import that brings the record, or 0 */; const char *from, *to; };

/* In force, or another row of the import that is about to bring this one. */
static void in_term(struct sql *s, const struct term *t)
{
    sql_lit(s, " AND (x.slot = 0");
    if (t->batch != 0) {
        sql_lit(s, " OR (x.slot = 3 AND EXISTS (SELECT 1 FROM staging g WHERE g.record = x.record AND g.batch = ");
        sql_i64(s, t->batch);
        sql_lit(s, "))");
    }
    sql_lit(s, ")");
}

/* Is the person appointed to that post, under any of its names, on a day of the term? */
static enum rc appointed(struct work *w, const struct term *t, const struct role *role, bool *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    if (role->derived_head)
        return org_holds_set(w->db, w->set, t->person, role->key, w->today, ret, e);
    sql_lit(s, "SELECT x.record FROM f_assignment x WHERE x.person = ");
    sql_i64(s, t->person);
    in_term(s, t);
    sql_lit(s, " AND x.record <> ");
    sql_i64(s, t->record);
    org_role_in(s, w->set, role->key);
    sql_lit(s, " AND (x.to_on IS NULL OR x.to_on >= ");
    sql_text(s, t->from);
    sql_lit(s, ")");
    if (t->to != NULL) {
        sql_lit(s, " AND (x.from_on IS NULL OR x.from_on <= ");
        sql_text(s, t->to);
        sql_lit(s, ")");
    }
    sql_lit(s, " LIMIT 1");
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, ret, e));
    db_rows_end(rows);
    return RC_OK;
}

enum rc exclude_appointment(struct work *w, const struct record *rec, const struct content *c, struct json *effect, struct err *e)
{
    const char *role = content_get(c, "role"), *who = content_get(c, "person");
    struct term t = {.record = rec->id, .from = content_get(c, "from_on"), .to = content_get(c, "to_on")};
    const struct role *rival[RIVALS_MAX];
    struct q_batch_working at;
    bool found = false;
    if (strcmp(rec->form->ident, "assignment") != 0 || (t.to != NULL && strcmp(t.to, w->today) < 0))
        return RC_OK;
    const struct role *mine = role ? pack_role(w->set, role) : NULL;
    if (mine == NULL || who == NULL || !str_to_i64(str_of(who), &t.person))
        return err_set_arg(e, ERR_FIELDS, role ? role : "role", "appointment without person or role");
    if (t.from == NULL || strcmp(t.from, w->today) < 0)
        t.from = w->today;                               /* what is over is over */
    size_t n = pack_role_rivals(w->set, mine, rival, ARRAY_N(rival));
    if (n > 0 && strcmp(rec->state, STATE_STAGED) == 0)
        TRY(q_batch_working(w->db, w->mem, &at, &found, e));
    t.batch = found ? at.batch : 0;
    for (size_t i = 0; i < n; i++) {
        bool too = false;
        int64_t exception = 0;
        TRY(appointed(w, &t, rival[i], &too, e));
        if (too)
            TRY(waived(w, mine, rival[i], t.person, &exception, e));
        if (too && exception == 0)
            return exclude_refuse(w, mine, rival[i], e);
        if (too)
            json_set_i64(effect, "exception", exception);
    }
    return RC_OK;
}

/* ---- at the act ---- */

static enum rc role_at_act(struct work *w, const struct role *role, int64_t person, struct err *e)
{
    const struct role *rival[RIVALS_MAX];
    size_t n = pack_role_rivals(w->set, role, rival, ARRAY_N(rival));
    const int64_t who[] = {person, w->actor.person};
    bool holds = false;
    if (n > 0)
        TRY(org_holds_set(w->db, w->set, person, role->key, w->today, &holds, e));
    for (size_t i = 0; holds && i < n; i++)
        for (size_t k = 0; k < (person == w->actor.person ? 1u : 2u); k++) {
            bool too;
            int64_t exception = 0;
            TRY(org_holds_set(w->db, w->set, who[k], rival[i]->key, w->today, &too, e));
            if (too)
                TRY(waived(w, role, rival[i], who[k], &exception, e));
            if (too && exception == 0)
                return exclude_refuse(w, role, rival[i], e);
        }
    return RC_OK;
}

static enum rc who_at_act(struct work *w, const struct who *by, int64_t person, struct err *e)
{
    const struct role *role = by->role ? pack_role(w->set, by->role) : NULL;
    if (role != NULL && !role->everyone)
        TRY(role_at_act(w, role, person, e));
    for (size_t i = 0; i < by->sub_n; i++)
        TRY(who_at_act(w, &by->sub[i], person, e));
    return RC_OK;
}

enum rc exclude_act(struct work *w, const struct step *s, struct err *e)
{
    return s == NULL ? RC_OK : who_at_act(w, &s->by, w->actor.on_behalf != 0 ? w->actor.on_behalf : w->actor.person, e);
}
