/* The clock: between two batches the wall clock must move as the monotonic one does; a step of more than half a minute becomes an entry
 * `clock.stepped`. Time in the ledger never goes back: after a backward step entries keep the last time until the clock has caught up, and
 * `keep.clock_floor` remembers what the wall clock said then, so that a restart in between is no alarm. A clock more than five minutes
 * before the last entry without such a step lets nothing be written (trust.md 3.4). */
#include "ledger/ledger_int.h"

#define STEP_US (30 * US_PER_S)
#define BACK_US (5 * 60 * US_PER_S)
#define FLOOR_KEY "clock_floor"

void clockwatch_base(struct clockwatch *w)
{
    w->next_wall = w->wall = clock_is_set() ? 0 : clock_now_us();
    w->next_mono = w->mono = clock_mono_us();
}

enum rc clockwatch_open(struct clockwatch *w, struct db *db, int64_t last_us, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_keep_get row;
    bool found;
    clockwatch_base(w);
    TRY(q_keep_get(db, tmp, FLOOR_KEY, &row, &found, e));
    if (!found || !str_to_i64(str_of(row.v), &w->floor))
        w->floor = 0;
    w->next_floor = w->floor;
    w->last_us = last_us;
    w->behind = true;
    (void)clockwatch_behind(w);
    return RC_OK;
}

bool clockwatch_behind(struct clockwatch *w)
{
    int64_t now = clock_now_us();
    if (w->behind && (now >= w->last_us - BACK_US || (w->floor > 0 && now >= w->floor - BACK_US)))
        w->behind = false;
    return w->behind;
}

static enum rc floor_put(struct clockwatch *w, struct tx *tx, int64_t floor, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    w->next_floor = floor;
    return floor > 0 ? q_keep_put(tx, FLOOR_KEY, mem_fmt(tmp, "%lld", (long long)floor), e) : q_keep_del(tx, FLOOR_KEY, e);
}

struct entry *clockwatch_entry(TALLOC_CTX *mem, int64_t from, int64_t to)
{
    struct entry *en = entry_new(mem, "clock.stepped", "system", "-");
    entry_field(en, "from", time_text(mem, from));
    entry_field(en, "to", time_text(mem, to));
    entry_field(en, "seconds", mem_fmt(mem, "%lld", (long long)((to - from) / US_PER_S)));
    return en;
}

enum rc clockwatch_look(struct clockwatch *w, struct tx *tx, TALLOC_CTX *mem, int64_t last_us, struct entry **ret_entry, struct err *e)
{
    int64_t now = clock_now_us(), mono = clock_mono_us(), expected = w->wall + (mono - w->mono), step = now - expected;
    *ret_entry = NULL;
    w->next_wall = clock_is_set() ? 0 : now;
    w->next_mono = mono;
    w->next_floor = w->floor;
    if (w->wall != 0 && w->next_wall != 0 && (step > STEP_US || step < -STEP_US)) {
        *ret_entry = clockwatch_entry(mem, expected, now);
        if (now < last_us)
            return floor_put(w, tx, now, e);
    }
    return w->floor > 0 && now >= last_us ? floor_put(w, tx, 0, e) : RC_OK;
}

enum rc clockwatch_vouch(struct clockwatch *w, struct tx *tx, struct err *e)
{
    w->behind = false;
    return floor_put(w, tx, clock_now_us(), e);
}

void clockwatch_committed(struct clockwatch *w)
{
    w->wall = w->next_wall;
    w->mono = w->next_mono;
    w->floor = w->next_floor;
}
