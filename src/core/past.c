/* The organisation on a day: who held which role, what people and departments were called then. Dates of appointments are compared with the
 * day; what was recorded when is asked of org_span (span.c), so that an appointment that was entered later, or corrected since, is told apart. */
#include "core/route_int.h"

#define NAMES_AT_ONCE 256

enum rc past_begin(struct reader *r, const char *typed, struct past *ret, struct err *e)
{
    struct civil day, today = civil_of_us(r->now_us);
    struct q_pack_set_at set;
    struct q_pack_set_first first;
    const struct grant *g;
    bool found, began;
    TRY(perm_check(r->db, r->mem, r->set, &r->actor, PERMIT_READ_ALL, NULL, NULL, r->today, &g, e));
    *ret = (struct past){.names = map_new(r->mem), .set = r->set};
    if (typed == NULL || typed[0] == '\0')
        day = today;
    else if (!civil_read_loose(r->mem, str_of(typed), &day))
        return err_set_arg(e, ERR_DAY, typed, "day %s", typed);
    civil_text(day, ret->on);
    ret->ahead = civil_days(day) > civil_days(today);
    ret->at = civil_days(day) >= civil_days(today) ? r->now_us : civil_end_us(day) - 1;      /* the end of that day */
    TRY(q_pack_set_first(r->db, r->mem, &first, &began, e));
    if (!began)
        return err_set(e, ERR_SETUP_FIRST, "no pack set");
    TRY(q_pack_set_at(r->db, r->mem, ret->at, &set, &found, e));
    ret->began_us = first.at;
    ret->before = !found;
    return reader_set_at(r, found ? set.id : first.id, &ret->set, &ret->other_set, e);
}

/* ---- names ---- */

static const char *id_key(TALLOC_CTX *mem, int64_t id) { return mem_fmt(mem, "%lld", (long long)id); }

/* The names in the versions of that day; `first`: in the first version there is. */
static enum rc names_some(struct reader *r, struct past *p, const int64_t *id, size_t n, bool first, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct db_rows *rows;
    struct content *c;
    bool more;
    sql_lit(s, "SELECT x.record, b.body FROM org_span x JOIN revision_body b ON b.revision = x.revision WHERE x.record");
    sql_in_ids(s, id, n);
    if (first) {
        sql_lit(s, " AND x.since_us = (SELECT min(o.since_us) FROM org_span o WHERE o.record = x.record)");
    } else {
        sql_lit(s, " AND x.since_us <= ");
        sql_i64(s, p->at);
        sql_lit(s, " AND (x.until_us IS NULL OR x.until_us > ");
        sql_i64(s, p->at);
        sql_lit(s, ")");
    }
    sql_lit(s, " ORDER BY x.record, x.revision");
    TRY(db_query(r->db, r->mem, s, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        TRY(revision_body_content(r->mem, db_text(rows, 1), &c, e));
        const char *name = content_get(c, "name");
        map_set(p->names, id_key(r->mem, db_i64(rows, 0)), mem_strdup(r->mem, name ? name : msg_text(r->actor.lang, MSG("core.erased"))));
    }
}

static enum rc names_missing(struct reader *r, struct past *p, const struct id_vec *ids, bool first, struct err *e)
{
    struct id_vec want = VEC_INIT(r->mem);
    for (size_t i = 0; i < ids->n; i++)
        if (ids->v[i] > 0 && !ids_have(&want, ids->v[i]) && map_get(p->names, id_key(r->mem, ids->v[i])) == NULL)
            *vec_push(&want) = ids->v[i];
    for (size_t i = 0; i < want.n; i += NAMES_AT_ONCE)
        TRY(names_some(r, p, want.v + i, want.n - i < NAMES_AT_ONCE ? want.n - i : NAMES_AT_ONCE, first, e));
    return RC_OK;
}

enum rc past_names(struct reader *r, struct past *p, const struct id_vec *ids, struct err *e)
{
    TRY(names_missing(r, p, ids, false, e));
    return names_missing(r, p, ids, true, e);            /* of a day before anything was recorded: what was recorded first */
}

const char *past_name(struct reader *r, const struct past *p, int64_t id)
{
    const char *name = map_get(p->names, id_key(r->mem, id));
    return name != NULL ? name : id == 0 ? "" : "?";
}

/* ---- who held a role ---- */

/* An appointment as it is known now, and as it was known at the end of that day (the same row, when nothing was changed since). A row whose person is
 * known to have left before that day is none (org_role_on). */
static void holder_take(const struct q_org_role_on *now, const struct q_org_role_on *then, struct holders *ret)
{
    const struct q_org_role_on *x = now != NULL ? now : then;
    enum held_how how = now == NULL ? HELD_CORRECTED : then == NULL || then->person != now->person ? HELD_NOTED_LATER : HELD;
    *vec_push(ret) = (struct holder){.assignment = x->record, .person = x->person, .department = x->department_null ? 0 : x->department, .from_on = x->from_on, .to_on = x->to_on,
                                     .noted_us = now != NULL ? now->since_us : then->until_us_null ? 0 : then->until_us, .how = how};
}

static bool known_then(const struct past *p, const struct q_org_role_on *x)
{
    return x->since_us <= p->at && (x->until_us_null || x->until_us > p->at);
}

/* Up to limit + 1 appointments to one key, in the order of their records. */
static enum rc key_holders(struct reader *r, const struct past *p, const char *key, int64_t after, size_t limit, struct holders *ret, struct err *e)
{
    struct q_org_role_on_rows rows;
    TRY(q_org_role_on(r->db, r->mem, key, p->on, p->at, after, (int64_t)(limit + 1) * 2, &rows, e));
    for (size_t i = 0; i < rows.n;) {
        const struct q_org_role_on *now = NULL, *then = NULL;
        int64_t record = rows.v[i].record;
        for (; i < rows.n && rows.v[i].record == record; i++) {
            now = rows.v[i].until_us_null ? &rows.v[i] : now;
            then = known_then(p, &rows.v[i]) ? &rows.v[i] : then;
        }
        holder_take(now, then, ret);
    }
    return RC_OK;
}

static int by_record(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    return (x->assignment > y->assignment) - (x->assignment < y->assignment);
}

static enum rc heads(struct reader *r, const struct past *p, int64_t after, size_t limit, struct holders *ret, struct err *e)
{
    struct q_org_heads_on_rows rows;
    TRY(q_org_heads_on(r->db, r->mem, p->on, p->at, after, (int64_t)limit + 1, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        *vec_push(ret) = (struct holder){.assignment = rows.v[i].record, .department = rows.v[i].record, .person = rows.v[i].here && !rows.v[i].person_null ? rows.v[i].person : 0, .how = HELD};
    return RC_OK;
}

enum rc past_holders(struct reader *r, const struct past *p, const struct role *role, int64_t after, size_t limit, struct holders *ret, int64_t *ret_next, struct err *e)
{
    const char *keys[ORG_KEYS_MAX];
    size_t n = 0;
    *ret_next = 0;
    ret->mem = ret->mem ? ret->mem : r->mem;
    if (role->everyone)
        return RC_OK;
    if (role->derived_head)
        TRY(heads(r, p, after, limit, ret, e));
    else
        org_role_keys(p->set, role->key, keys, &n, ORG_KEYS_MAX);
    for (size_t i = 0; i < n; i++)
        TRY(key_holders(r, p, keys[i], after, limit, ret, e));
    if (n > 1 && ret->n > 1)
        qsort(ret->v, ret->n, sizeof ret->v[0], by_record);
    if (ret->n > limit) {
        ret->n = limit;
        *ret_next = ret->v[limit - 1].assignment;
    }
    return RC_OK;
}
