/* What stays undone is told to others: first to the superior of whose task it is, later to whoever answers for the regulation, and in both cases to
 * those who stand in for them that day. It is told once, and that it was is in the ledger: the regulation can be asked who knew. */
#include "core/notice.h"

/* The post that answers for a regulation: its security officer, its privacy officer, or the head of the organisation. */
static const char *answers(const struct pack_set *set, const char *pack)
{
    static const char *const post[] = {"security_officer", "privacy_officer", "top_management"};
    for (size_t i = 0; i < ARRAY_N(post); i++)
        for (size_t k = 0; k < set->pack_n; k++) {
            const struct pack *p = &set->pack[k];
            for (size_t j = 0; text_eq(p->id, pack) && j < p->role_n; j++)
                if (text_eq(p->role[j].is, post[i]))
                    return p->role[j].key;
        }
    return post[0];
}

static enum rc superior(struct work *w, int64_t person, struct id_vec *ret, struct err *e)
{
    struct seat_vec seats = VEC_INIT(w->mem);
    int64_t department;
    if (person == 0)
        return RC_OK;                                      /* nobody has it: the second level tells */
    TRY(org_department_of(w->db, person, w->today, &department, e));
    TRY(org_climb(w, department, &person, 1, &seats, e));
    for (size_t i = 0; i < seats.n; i++)
        ids_want(ret, seats.v[i].person);
    return RC_OK;
}

static enum rc responsible(struct work *w, const char *pack, struct id_vec *ret, struct err *e)
{
    TRY(org_holders_set(w->db, w->mem, w->set, answers(w->set, pack), 0, w->today, ret, e));
    return ret->n > 0 ? RC_OK : org_holders_set(w->db, w->mem, w->set, "top_management", 0, w->today, ret, e);
}

enum rc escalate(struct work *w, int level, const struct late_task *t, struct err *e)
{
    struct id_vec to = VEC_INIT(w->mem);
    const char *kind = level == 1 ? "up1" : "up2";
    TRY(level == 1 ? superior(w, t->person, &to, e) : responsible(w, t->pack, &to, e));
    for (size_t i = 0, n = to.n; i < n; i++)
        TRY(deputies_for(w->db, w->mem, w->set, to.v[i], NULL, w->today, &to, e));
    for (size_t i = 0; i < to.n; i++) {
        struct q_inbox_key had;
        bool found;
        const char *key = mem_fmt(w->mem, "%s:%s:%lld:%lld", kind, t->key, (long long)t->due, (long long)to.v[i]);
        if (to.v[i] == t->person)
            continue;
        TRY(q_inbox_key(w->db, w->mem, key, &had, &found, e));
        if (found)
            continue;
        TRY(notice_tell(w, &(struct tell){.person = to.v[i], .kind = kind, .about = t->key, .record = t->record, .whom = t->person, .due = t->due, .key = key}, e));
        TRY(work_entry(w, "notice.escalated", t->record != 0 ? mem_fmt(w->mem, "r:%lld", (long long)t->record) : work_pseudo(w, t->person), e, "to", work_pseudo(w, to.v[i]),
                       "level", level == 1 ? "1" : "2", NULL));
    }
    return RC_OK;
}
