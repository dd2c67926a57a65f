/* Judging everything: after a switch of packs, and once a day. Judging step by step (check.c) should leave nothing for the daily one to change but what
 * time has done; what it changes beyond that was missed, is counted, and goes into the log as a warning with the first of them by name.
 *
 * It goes in commands of bounded length, check after check; the place where it stands travels with the command, so that a stop in between costs
 * no more than doing it again. */
#include <string.h>
#include "core/check_int.h"
#include "core/core_state.h"

#define CHECKED_DAY "checked_day"          /* in keep: what the last daily judging found */
#define NAMED_MAX 5

void full_count_change(const struct work *w, const struct check *k, const struct eval *ev, const struct q_verdict_get *was, struct full_count *n)
{
    if (n == NULL || (was != NULL && strcmp(was->state, ev->state) == 0))
        return;
    n->changed++;
    bool by_time = was != NULL && !was->next_us_null && was->next_us <= w->now_us;
    if (by_time || n->todo_waits || n->wide_waits || ev->why != NULL)
        return;
    if (n->missed++ < NAMED_MAX && n->which != NULL)
        json_add_str(n->which, mem_fmt(w->mem, "%s %lld %s>%s", k->key, (long long)ev->subject, was ? was->state : "-", ev->state));
}

/* ---- the command ---- */

/* Verdicts of checks that the set no longer has. */
static enum rc sweep(struct work *w, bool *ret_more, struct err *e)
{
    const char *at = "";
    *ret_more = false;
    for (;;) {
        struct q_verdict_chk_after next;
        struct q_verdicts_between_rows had;
        bool found;
        TRY(q_verdict_chk_after(w->db, w->mem, at, &next, &found, e));
        if (!found)                                      /* all of the set is judged: the keeper need not begin again */
            return q_keep_put(w->tx, CHECKED_SET, mem_fmt(w->mem, "%lld", (long long)w->set->id), e);
        at = next.chk;
        if (pack_check(w->set, at) != NULL)
            continue;
        TRY(q_verdicts_between(w->db, w->mem, at, -2, INT64_MAX, COMMAND_SUBJECTS, &had, e));
        for (size_t i = 0; i < had.n; i++)
            TRY(verdict_end(w, NULL, at, had.v[i].subject, e));
        *ret_more = had.n == COMMAND_SUBJECTS;
        if (*ret_more)
            return RC_OK;
    }
}

static enum rc count_begin(struct work *w, const struct json *args, struct full_count *n, struct err *e)
{
    struct q_todo_first_rows row;
    *n = (struct full_count){.judged = json_get_i64(args, "judged", 0), .changed = json_get_i64(args, "changed", 0), .missed = json_get_i64(args, "missed", 0)};
    n->which = json_arr(w->mem);
    for (size_t i = 0; i < json_n(json_get(args, "which")); i++)
        json_add(n->which, json_at(json_get(args, "which"), i));
    TRY(q_todo_first(w->db, w->mem, 1, &row, e));
    n->todo_waits = row.n > 0;
    return RC_OK;
}

static void count_into(struct json *o, const struct full_count *n)
{
    json_set_i64(o, "judged", n->judged);
    json_set_i64(o, "changed", n->changed);
    json_set_i64(o, "missed", n->missed);
    json_set(o, "which", n->which);
}

static enum rc day_done(struct work *w, const char *day, const struct full_count *n, struct err *e)
{
    struct json *o = json_obj(w->mem);
    json_set_str(o, "day", day);
    json_set_i64(o, "at", w->now_us);
    count_into(o, n);
    return q_keep_put(w->tx, CHECKED_DAY, json_text(w->mem, o), e);
}

/* {"full": true, "set": the set it began under (0: today's), "at": number of the check, "after": subject, "day": of the daily one}; the answer is the next
 * command's arguments, with `more`. Another set in between ends it: that is judged on its own account. */
enum rc check_full_step(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t t0 = clock_mono_us(), set = json_get_i64(args, "set", 0), at = json_get_i64(args, "at", 0), after = json_get_i64(args, "after", 0);
    const char *day = json_get_str(args, "day");
    struct full_count n;
    bool more = false;
    if (set != 0 && set != w->set->id)
        return RC_OK;
    TRY(count_begin(w, args, &n, e));
    for (; at < (int64_t)w->set->check_n && clock_mono_us() - t0 < BUDGET_US; at += !more) {
        const struct check *k = &w->set->check[at];
        struct q_verdict_get mark;
        more = false;
        if (k->subject == NULL)
            continue;
        TRY(q_verdict_get(w->db, w->mem, k->key, 0, &mark, &n.wide_waits, e));
        TRY(check_range(w, k, &after, &more, day ? &n : NULL, e));
        after = more ? after : 0;
    }
    more = at < (int64_t)w->set->check_n;
    if (!more)
        TRY(sweep(w, &more, e));
    if (!more && day != NULL)
        TRY(day_done(w, day, &n, e));
    json_set_bool(body, "full", true);
    json_set_bool(body, "more", more);
    json_set_i64(body, "set", w->set->id);
    json_set_i64(body, "at", at);
    json_set_i64(body, "after", after);
    json_set_str(body, "day", day);
    count_into(body, &n);
    return RC_OK;
}

/* ---- sending it ---- */

/* Where a run stands: the arguments of its next command, in a memory that holds nothing else. */
static void full_begin(struct full_at *at, const char *day)
{
    full_end(at);
    at->mem = mem_root(0);
    at->args = json_obj(at->mem);
    json_set_bool(at->args, "full", true);
    json_set_str(at->args, "day", day);
}

void full_end(struct full_at *at)
{
    talloc_free(at->mem);
    *at = (struct full_at){0};
}

static enum rc full_next(struct core *c, struct full_at *at, bool *ret_more, struct err *e)
{
    struct answer *ans;
    TALLOC_CTX *mem = mem_root(0);
    struct full_at next = {.mem = mem_root(0)};
    *ret_more = false;
    check_command(c, mem, "check.run", at->args, &ans);
    enum rc rc = ans->rc;
    if (rc != RC_OK && e != NULL)
        *e = ans->err;
    if (rc == RC_OK)
        rc = json_read(next.mem, str_of(json_text(mem, ans->body)), 1 << 20, &next.args, e);
    talloc_free(mem);
    full_end(at);
    *at = next;
    *ret_more = rc == RC_OK && json_get_bool(next.args, "more");
    return rc;
}

enum rc check_full(struct core *c, struct err *e)
{
    struct full_at at = {0};
    enum rc rc = RC_OK;
    full_begin(&at, NULL);
    for (bool more = true; more && rc == RC_OK;)
        rc = full_next(c, &at, &more, e);
    full_end(&at);
    return rc;
}

/* ---- once a day ---- */

enum rc check_last(struct db *db, TALLOC_CTX *mem, struct full_check *ret, bool *ret_found, struct err *e)
{
    struct q_keep_get row;
    struct json *o;
    *ret = (struct full_check){.day = "", .which = ""};
    TRY(q_keep_get(db, mem, CHECKED_DAY, &row, ret_found, e));
    if (!*ret_found)
        return RC_OK;
    TRY(json_read(mem, str_of(row.v), 1 << 16, &o, e));
    const char *day = json_get_str(o, "day");
    *ret = (struct full_check){.day = day ? day : "", .at_us = json_get_i64(o, "at", 0), .judged = json_get_i64(o, "judged", 0),
                               .changed = json_get_i64(o, "changed", 0), .missed = json_get_i64(o, "missed", 0), .which = json_text(mem, json_get(o, "which"))};
    return RC_OK;
}

/* Whether the day's judging is still to be done (or to be gone on with). Asked every second: from memory, but for the first time in a day. */
static bool day_due(struct core *c, const char *today)
{
    MEM_SCOPE(mem, NULL);
    struct keeper *k = &c->keeper;
    struct db *db;
    struct err e = {0};
    struct full_check last;
    bool found = false;
    if (strcmp(k->full_day, today) == 0 || k->judged_set == 0)
        return false;
    if (db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    bool ok = check_last(db, mem, &last, &found, &e) == RC_OK;
    db_pool_give(c->pool, db);
    if (!ok)
        log_err("keeper", "check.day", &e);
    bool done = ok && found && strcmp(last.day, today) == 0;
    if (done)
        memcpy(k->full_day, today, sizeof k->full_day);
    return ok && !done;
}

static void day_log(const struct json *o)
{
    MEM_SCOPE(mem, NULL);
    bool missed = json_get_i64(o, "missed", 0) > 0;
    log_event(missed ? LOG_WARN : LOG_INFO, "check.day", "day", json_get_str(o, "day"), "judged", mem_fmt(mem, "%lld", (long long)json_get_i64(o, "judged", 0)),
              "changed", mem_fmt(mem, "%lld", (long long)json_get_i64(o, "changed", 0)), "missed", mem_fmt(mem, "%lld", (long long)json_get_i64(o, "missed", 0)),
              missed ? "which" : NULL, json_text(mem, json_get(o, "which")), NULL);
}

void check_day(struct core *c, bool (*busy)(struct core *))
{
    char today[CIVIL_TEXT_N];
    civil_text(civil_of_us(clock_now_us()), today);
    if (!day_due(c, today))
        return;
    struct full_at *at = &c->keeper.full;
    if (at->args == NULL || !text_eq(json_get_str(at->args, "day"), today))
        full_begin(at, today);
    for (bool more = true; more && !c->keeper.stop;) {
        struct err e = {0};
        if (busy(c))
            return;                                      /* gone on with in a later round */
        if (full_next(c, at, &more, &e) != RC_OK) {
            if (e.code != ERR_LEDGER_READONLY)
                log_err("keeper", "check.day", &e);
            break;
        }
        if (!more && json_get_bool(at->args, "full")) {
            memcpy(c->keeper.full_day, today, sizeof c->keeper.full_day);
            day_log(at->args);
        }
    }
    full_end(at);
}
