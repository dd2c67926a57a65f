/* What one approval decides: the step that is open, and those after it that the same person would be asked at next. They collapse into this
 * act (route.c), so that their fields belong to it, too: the page shows them, the command takes them. */
#include "core/route_int.h"

static void rows_copy(TALLOC_CTX *mem, const struct row_vec *from, struct row_vec *ret)
{
    for (size_t i = 0; i < from->n; i++) {
        struct row r = from->v[i];
        r.who = (struct seat_rows)VEC_INIT(mem);
        for (size_t k = 0; k < from->v[i].who.n; k++)
            *vec_push(&r.who) = from->v[i].who.v[k];
        *vec_push(ret) = r;
    }
}

static bool seat_mine(const struct work *w, const struct row *r, size_t k)
{
    return r->who.v[k].person == w->actor.person && r->who.v[k].on_behalf == 0 && strcmp(r->who.v[k].state, "open") == 0;
}

/* The actor's own seats of the open step are taken for done; false: none is theirs, or the step waits for others still. */
static bool step_taken(const struct work *w, const struct step *s, struct row_vec *rows)
{
    bool mine = false, whole = true;
    for (size_t i = 0; i < rows->n; i++) {
        struct row *r = &rows->v[i];
        if (strcmp(r->step, s->key) != 0)
            continue;
        for (size_t k = 0; row_is(r, "open") && k < r->who.n && !(s->distinct && mine); k++)
            if (seat_mine(w, r, k)) {
                r->who.v[k].state = "done";
                mine = true;
            }
        if (row_is(r, "open") && row_done_n(r) >= r->need)
            row_finish(r, w->now_us);
        whole = whole && !row_is(r, "open") && !row_is(r, "waiting");
    }
    return mine && whole;
}

enum rc steps_together(struct work *w, const struct record *rec, const struct content *c, const struct row_vec *rows, const struct step *s, struct step_list *ret, struct err *e)
{
    struct row_vec ahead = VEC_INIT(w->mem);
    struct id_vec makers = VEC_INIT(w->mem);
    struct err e2 = {0};
    bool done = false;
    *vec_push(ret) = s;
    rows_copy(w->mem, rows, &ahead);
    if (w->actor.on_behalf != 0 || !step_taken(w, s, &ahead))
        return RC_OK;
    TRY(route_makers(w, rec, &makers, e));
    for (size_t i = 0; i < ahead.n; i++) {
        struct row *r = &ahead.v[i];
        if (!row_is(r, "waiting"))
            continue;
        if (row_open(w, rec, c, &ahead, i, &makers, &e2) != RC_OK)            /* nobody to ask: said when it comes to it */
            return err_info(e2.code)->http < 500 ? RC_OK : err_set(e, e2.code, "%s", e2.detail);
        done = row_is(r, "done");
        const struct step *next = pack_step(rec->form, r->step);
        bool ends = i + 1 == ahead.n || strcmp(ahead.v[i + 1].step, r->step) != 0;
        if (!done || next == NULL)
            return RC_OK;
        if (ends)
            *vec_push(ret) = next;
    }
    return RC_OK;
}

enum rc record_steps_mine(struct reader *r, const struct record *rec, struct step_list *ret, struct err *e)
{
    const struct step *s;
    struct trouble_vec troubles = VEC_INIT(r->mem);
    struct row_vec rows = VEC_INIT(r->mem);
    struct work w = {.core = r->core, .db = r->db, .mem = r->mem, .set = r->set, .actor = r->actor, .now_us = r->now_us, .seq = -1, .troubles = &troubles, .held = r->held};
    struct record own = *rec;
    struct content *c;
    size_t erased;
    memcpy(w.today, r->today, sizeof w.today);
    TRY(record_step_mine(r, rec, &s, e));
    if (s == NULL || rec->form == NULL)
        return RC_OK;
    enum rc rc = work_record_set(&w, &own, e);
    r->held = w.held;
    TRY(rc);
    if (own.form == NULL || pack_step(own.form, s->key) == NULL) {
        *vec_push(ret) = s;
        return RC_OK;
    }
    TRY(rows_load(&w, &own, &rows, e));
    TRY(revision_content(r->db, r->mem, rec->draft_rev, &c, &erased, e));
    content_order(c, own.form);
    return steps_together(&w, &own, c, &rows, s, ret, e);
}
