/* Older pack sets. A running route finishes under the set it was opened under, and a record whose form a later set no longer has stays
 * readable and printable under its own (design.md 6). Older sets are loaded when they are asked for, and a few of them stay loaded. */
#include "core/core_state.h"

enum rc set_hold_at(struct core *c, struct db *db, int64_t id, const struct pack_set **ret_set, struct err *e)
{
    struct set_ref *ref;
    *ret_set = core_set_find(c, id);
    if (*ret_set != NULL)
        return RC_OK;
    pthread_mutex_lock(&c->load_lock);                   /* two readers of one old record load it once */
    *ret_set = core_set_find(c, id);
    enum rc rc = *ret_set != NULL ? RC_OK : setting_load(c, db, id, &ref, e);
    if (rc == RC_OK && *ret_set == NULL) {
        *ret_set = ref->set;
        core_set_keep(c, ref);
    }
    pthread_mutex_unlock(&c->load_lock);
    if (rc != RC_OK && (e->code == ERR_PACK || e->code == ERR_PACK_UNKNOWN)) {
        struct err why = *e;
        return err_set_arg(e, ERR_SET_UNREADABLE, why.arg, "pack set %lld: %s", (long long)id, why.detail);
    }
    return rc;
}

static void held_add(TALLOC_CTX *mem, struct set_held **list, const struct pack_set *set)
{
    struct set_held *h = mem_new(mem, struct set_held);
    *h = (struct set_held){.set = set, .next = *list};
    *list = h;
}

static enum rc held_at(struct core *c, struct db *db, TALLOC_CTX *mem, struct set_held **list, int64_t id, const struct pack_set **ret_set, struct err *e)
{
    for (const struct set_held *h = *list; h != NULL; h = h->next)
        if (h->set->id == id) {
            *ret_set = h->set;
            return RC_OK;
        }
    TRY(set_hold_at(c, db, id, ret_set, e));
    held_add(mem, list, *ret_set);
    return RC_OK;
}

void set_held_end(struct core *c, struct set_held **list)
{
    for (const struct set_held *h = *list; h != NULL; h = h->next)
        core_set_release(c, h->set);
    *list = NULL;
}

bool record_runs(const struct record *rec)
{
    return rec->draft_rev != 0 && rec->draft_state != NULL && strcmp(rec->draft_state, "submitted") == 0;
}

/* The set that a record is worked on under: its route's while that runs; today's; the one it was made under when today's lacks its form. */
static int64_t own_set(const struct record *rec, const struct pack_set *now)
{
    if (record_runs(rec) && rec->route_set != 0)
        return rec->route_set;
    return rec->form != NULL ? now->id : rec->pack_set;
}

enum rc work_set_at(struct work *w, int64_t id, const struct pack_set **ret_set, struct err *e)
{
    if (w->set != NULL && w->set->id == id) {
        *ret_set = w->set;
        return RC_OK;
    }
    return held_at(w->core, w->db, w->mem, &w->held, id, ret_set, e);
}

enum rc work_record_set(struct work *w, struct record *rec, struct err *e)
{
    int64_t id = w->set != NULL ? own_set(rec, w->set) : 0;
    if (id == 0 || id == w->set->id)
        return RC_OK;
    TRY(work_set_at(w, id, &w->set, e));
    rec->form = pack_form(w->set, rec->form_ident);
    return RC_OK;
}

/* For reading, a set that cannot be read any more is no reason to show nothing: today's form, when there is one. */
enum rc record_own_form(struct reader *r, struct record *rec, struct err *e)
{
    const struct pack_set *set;
    struct err e2 = {0};
    int64_t id = r->set != NULL ? own_set(rec, r->set) : 0;
    if (id == 0 || id == r->set->id)
        return RC_OK;
    enum rc rc = held_at(r->core, r->db, r->mem, &r->held, id, &set, &e2);
    if (rc == RC_OK)
        rec->form = pack_form(set, rec->form_ident);
    if (rc == RC_OK || (rec->form != NULL && e2.code == ERR_SET_UNREADABLE))
        return RC_OK;
    *e = e2;
    return rc;
}

enum rc reader_form_at(struct reader *r, int64_t id, const char *ident, const struct form **ret_form, struct err *e)
{
    const struct pack_set *set = r->set;
    struct err e2 = {0};
    enum rc rc = id == 0 || set == NULL || set->id == id ? RC_OK : held_at(r->core, r->db, r->mem, &r->held, id, &set, &e2);
    if (rc != RC_OK && e2.code != ERR_SET_UNREADABLE) {
        *e = e2;
        return rc;
    }
    *ret_form = set != NULL ? pack_form(set, ident) : NULL;
    return RC_OK;
}

enum rc reader_set_at(struct reader *r, int64_t id, const struct pack_set **ret_set, bool *ret_other, struct err *e)
{
    struct err e2 = {0};
    const struct pack_set *set = r->set;
    enum rc rc = set != NULL && set->id == id ? RC_OK : held_at(r->core, r->db, r->mem, &r->held, id, &set, &e2);
    if (rc == RC_OK)
        *ret_set = set;
    *ret_other = rc != RC_OK && e2.code == ERR_SET_UNREADABLE;
    if (rc != RC_OK && !*ret_other)
        *e = e2;
    return *ret_other ? RC_OK : rc;
}
