/* Where somebody is signed in: listed, ended one by one or all at once, by themselves or by an administrator. How long a session lasts comes
 * from the adopted regulations (trust.md section 5 rows 56 to 58). */
#include "core/core_int.h"

struct session_limits session_limits(const struct pack_set *set)
{
    const char *article;
    return (struct session_limits){password_figure(set, "core.session_idle", 30, &article) * 60 * US_PER_S,
                                   password_figure(set, "core.session_absolute", 12 * 60, &article) * 60 * US_PER_S};
}

enum rc session_list(struct reader *r, int64_t person, struct session_infos *ret, struct err *e)
{
    struct q_session_of_person_rows row;
    const struct grant *g;
    if (r->actor.person != person)
        TRY(perm_check(r->db, r->mem, r->set, &r->actor, PERMIT_ADMIN, NULL, NULL, r->today, &g, e));
    TRY(q_session_of_person(r->db, r->mem, person, r->now_us, r->now_us - session_limits(r->set).idle_us, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct session_info){.id = row.v[i].id, .since = row.v[i].made_at, .used = row.v[i].seen_at, .addr = row.v[i].addr,
                                               .device = row.v[i].device, .here = row.v[i].id == r->actor.session};
    return RC_OK;
}

static enum rc end_some(struct work *w, int64_t person, const struct json *args, struct err *e)
{
    int64_t one = json_get_i64(args, "session", 0);
    if (json_get_bool(args, "others"))
        return q_session_end_others(w->tx, person, w->actor.person == person ? w->actor.session : 0, e);
    return q_session_end_one(w->tx, person, one, e);
}

/* session: one of them; others: all but the one that asks (all of somebody else's). */
enum rc cmd_session_end(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_session_of_person_rows before, after;
    const struct grant *g;
    int64_t person = json_get_i64(args, "person", w->actor.person);
    if (w->actor.kind != ACTOR_PERSON || (json_get_i64(args, "session", 0) == 0) != json_get_bool(args, "others"))
        return err_set(e, ERR_COMMAND, "session.end wants one session, or the others");
    if (person != w->actor.person) {
        TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_ADMIN, NULL, NULL, w->today, &g, e));
        TRY(proof_fresh(w->set, &w->actor, w->now_us, e));
    }
    TRY(q_session_of_person(w->db, w->mem, person, 0, 0, &before, e));
    TRY(end_some(w, person, args, e));
    TRY(q_session_of_person(w->db, w->mem, person, 0, 0, &after, e));
    json_set_i64(body, "ended", (int64_t)(before.n - after.n));
    if (before.n == after.n)
        return json_get_bool(args, "others") ? RC_OK : err_set(e, ERR_DB_NOTFOUND, "no such session");
    return work_entry(w, "auth.session-ended", work_pseudo(w, person), e, "count", mem_fmt(w->mem, "%zu", before.n - after.n), NULL);
}
