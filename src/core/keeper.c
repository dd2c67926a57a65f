/* The keeper: after-commit work (search index, checks, stale routes) and verdicts that flip by time, and the tasks of schedules. One thread; it only sends
 * commands to the writer, so that its work is ledgered, bounded and atomic like everybody else's. */
#include <errno.h>
#include <time.h>
#include "core/core_state.h"
#include "core/schedule.h"
#include "core/order.h"
#include "core/notice.h"

#define KEEPER_IDLE_MS 1000
#define NOTICE_PAUSE_US US_PER_S
#define KEEPER_PAUSE_MS 20            /* between two rounds: while people write, one commit serves the after-work of many of their commands */

static const struct actor keeper_actor = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};

static bool command_more(struct core *c, const char *name, const struct json *args, const char *more)
{
    MEM_SCOPE(mem, NULL);
    struct answer *ans;
    check_command(c, mem, name, args ? args : json_obj(mem), &ans);
    if (ans->rc != RC_OK) {
        if (ans->err.code != ERR_LEDGER_READONLY)
            log_err("keeper", name, &ans->err);
        return false;
    }
    return json_get_bool(ans->body, more);
}

static bool todo_waiting(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    struct db *db;
    struct err e = {0};
    struct q_todo_first_rows row = {0};
    if (db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    bool ok = q_todo_first(db, mem, 1, &row, &e) == RC_OK;
    db_pool_give(c->pool, db);
    return ok && row.n > 0;
}

static bool verdict_due(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    struct db *db;
    struct err e = {0};
    int64_t n = 0;
    if (db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    struct q_verdict_due_n row;
    if (q_verdict_due_n(db, mem, clock_now_us(), &row, &e) == RC_OK)
        n = row.n;
    db_pool_give(c->pool, db);
    return n > 0;
}

/* Outside of the writer; NULL: nothing, or it could not be asked (*ret_ok). */
const char *keep_says(struct core *c, TALLOC_CTX *mem, const char *name, bool *ret_ok)
{
    struct db *db;
    struct err e = {0};
    struct q_keep_get row;
    bool found = false;
    *ret_ok = db_pool_take(c->pool, &db, &e) == RC_OK;
    if (!*ret_ok)
        return NULL;
    *ret_ok = q_keep_get(db, mem, name, &row, &found, &e) == RC_OK;
    db_pool_give(c->pool, db);
    return *ret_ok && found ? row.v : NULL;
}

/* Another set of packs has other checks, figures and alternatives: everything is judged anew, once per set. */
static bool set_unjudged(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    bool ok;
    const struct pack_set *set = core_set_hold(c);
    int64_t id = set ? set->id : 0;
    core_set_release(c, set);
    if (id == 0 || id == c->keeper.judged_set)
        return false;
    const char *judged = keep_says(c, mem, CHECKED_SET, &ok);
    if (judged == NULL || strcmp(judged, mem_fmt(mem, "%lld", (long long)id)) != 0)
        return ok;
    c->keeper.judged_set = id;
    return false;
}

/* The import whose turn it is; *ret_show: its final act is done, its rows are coming into sight. */
static bool import_waiting(struct core *c, bool *ret_show)
{
    MEM_SCOPE(mem, NULL);
    struct db *db;
    struct err e = {0};
    int64_t batch = 0;
    const char *state = "";
    *ret_show = false;
    if (db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    if (import_next(db, mem, clock_now_us(), &batch, &state, &e) != RC_OK)
        log_err("keeper", "import", &e);
    db_pool_give(c->pool, db);
    *ret_show = batch != 0 && strcmp(state, "showing") == 0;
    return batch != 0;
}

static void shown_set(struct core *c, bool on)
{
    if ((__atomic_load_n(&c->shown, __ATOMIC_ACQUIRE) % 2 != 0) != on)
        (void)__atomic_add_fetch(&c->shown, 1, __ATOMIC_ACQ_REL);
}

/* Chunk by chunk. Readers wait from before the first row is in sight (the final act itself shows none) until the last one is. */
static void imports(struct core *c, bool only_show)
{
    bool show;
    while (!c->keeper.stop && import_waiting(c, &show) && (show || !only_show)) {
        shown_set(c, show);
        if (!command_more(c, "import.step", NULL, "more"))
            break;
    }
    shown_set(c, false);
}

void keeper_show(struct core *c)
{
    if (c->current != NULL)
        imports(c, true);
}

/* ---- schedules ---- */

static bool people_moved(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    bool ok;
    return text_eq(keep_says(c, mem, SCHED_PEOPLE, &ok), "1");
}

/* One chunk, in memory of its own: a round over many thousand tasks has many. *ret_after, which the next begins at, is the caller's to free. */
static bool schedule_chunk(struct core *c, bool people, char **ret_after, bool *ret_more)
{
    MEM_SCOPE(mem, NULL);
    struct answer *ans;
    struct json *args = json_obj(mem);
    char *after = *ret_after;
    json_set_bool(args, "people", people);
    json_set_str(args, "after", after ? after : "");
    check_command(c, mem, "schedule.run", args, &ans);
    if (ans->rc != RC_OK) {
        if (ans->err.code != ERR_LEDGER_READONLY)
            log_err("keeper", "schedule.run", &ans->err);
        return false;
    }
    *ret_more = json_get_bool(ans->body, "more");
    *ret_after = people ? mem_strdup(NULL, json_get_str(ans->body, "after")) : NULL;
    talloc_free(after);
    return true;
}

/* Chunk by chunk until there is no more; false when one was refused: tried again in a second. */
static bool schedule_run(struct core *c, bool people)
{
    char *after = NULL;
    bool ok = true;
    for (bool more = true; ok && more && !c->keeper.stop;)
        ok = schedule_chunk(c, people, &after, &more);
    talloc_free(after);
    return ok && !c->keeper.stop;
}

/* When the day turns, after the start and after a switch; posts that began or ended with the day are looked at then, too. */
static void schedules(struct core *c)
{
    struct keeper *k = &c->keeper;
    const struct pack_set *set = core_set_hold(c);
    int64_t id = set ? set->id : 0, day = civil_days(civil_of_us(clock_now_us()));
    core_set_release(c, set);
    if (id == 0)
        return;
    if (id == k->issued_set && day == k->issued_day) {
        if (people_moved(c))
            (void)schedule_run(c, true);
        return;
    }
    if (!core_setup_open(c) && schedule_run(c, false) && schedule_run(c, true)) {
        k->issued_set = id;
        k->issued_day = day;
    }
}

/* ---- personnel orders ---- */

/* Why the order could not be carried out goes into it; false: that was refused, too (read-only, full disk), or it is no fault of the order. */
static bool order_failed(struct core *c, TALLOC_CTX *mem, const struct answer *ran)
{
    struct answer *ans;
    struct json *args = json_obj(mem);
    int64_t record = json_get_i64(ran->body, "record", 0);
    if (record == 0 || err_info(ran->err.code)->http >= 500 || ran->err.code == ERR_LEDGER_READONLY) {
        if (ran->err.code != ERR_LEDGER_READONLY)
            log_err("keeper", "order.run", &ran->err);
        return false;
    }
    json_set_i64(args, "record", record);
    json_set_str(args, "why", err_say(mem, LANG_JA, &ran->err));
    core_command(c, mem, &keeper_actor, "order.fail", args, NULL, &ans);
    return ans->rc == RC_OK;
}

/* One command each: a crash finds every order done or not done. */
static void orders(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    bool ok;
    if (!text_eq(keep_says(c, mem, ORDERS_WAITING, &ok), "1") || core_setup_open(c))
        return;
    for (bool more = true; more && !c->keeper.stop;) {
        MEM_SCOPE(tmp, NULL);
        struct answer *ans;
        core_command(c, tmp, &keeper_actor, "order.run", json_obj(tmp), NULL, &ans);
        more = ans->rc == RC_OK ? json_get_bool(ans->body, "more") : order_failed(c, tmp, ans);
    }
}

/* ---- what people are told ---- */

/* Once a second is soon enough, and costs those who write one commit less; whoever waits for the keeper gets it at once. */
static void notices(struct core *c, bool now)
{
    MEM_SCOPE(mem, NULL);
    struct keeper *k = &c->keeper;
    if (!now && clock_mono_us() < k->told_us + NOTICE_PAUSE_US)
        return;
    k->told_us = clock_mono_us();
    if (core_setup_open(c) || !notice_waits(c, mem))
        return;
    while (!k->stop && command_more(c, "notice.run", NULL, "more"))
        continue;
}

static void keeper_work(struct core *c, bool hurry)
{
    struct err e = {0};
    if (c->current == NULL)
        return;
    kept_sweep(c);
    if (c->writer.scrub)
        (void)command_more(c, "todo.run", NULL, "more");
    imports(c, false);
    if (!c->keeper.stop && seats_day_due(c))
        (void)command_more(c, "seats.day", NULL, "more");
    if (!c->keeper.stop)
        orders(c);
    while (!c->keeper.stop && todo_waiting(c))
        if (!command_more(c, "todo.run", NULL, "more") && todo_waiting(c))
            break;                                   /* refused (read-only, full disk): try again later */
    if (!c->keeper.stop)
        schedules(c);
    if (!c->keeper.stop && set_unjudged(c) && check_full(c, &e) != RC_OK && e.code != ERR_LEDGER_READONLY)
        log_err("keeper", "check.full", &e);
    MEM_SCOPE(mem, NULL);
    struct json *args = json_obj(mem);
    json_set_bool(args, "due", true);
    while (!c->keeper.stop && verdict_due(c))
        if (!command_more(c, "check.run", args, "more"))
            break;
    if (!c->keeper.stop)
        notices(c, hurry);
    check_day(c, todo_waiting);
    if (!c->keeper.stop)
        conform_look(c, todo_waiting);
}

/* Until the next round is due: somebody waits for it, there is work and the pause is over, or a second passed. Under the lock. */
static void keeper_wait(struct keeper *k, int64_t ended)
{
    while (!k->stop && !k->hurry) {
        int64_t left = ended + (k->kicked ? KEEPER_PAUSE_MS : KEEPER_IDLE_MS) * INT64_C(1000) - clock_mono_us();
        struct timespec until;
        if (left <= 0)
            return;
        clock_gettime(CLOCK_REALTIME, &until);
        int64_t ns = until.tv_nsec + left % 1000000 * 1000;
        until.tv_sec += left / 1000000 + ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        (void)pthread_cond_timedwait(&k->cond, &k->lock, &until);
    }
}

static void *keeper_main(void *arg)
{
    struct core *c = arg;
    struct keeper *k = &c->keeper;
    pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        bool hurry = k->hurry;
        k->kicked = k->hurry = false;
        k->busy = true;
        pthread_mutex_unlock(&k->lock);
        keeper_work(c, hurry);
        pthread_mutex_lock(&k->lock);
        k->busy = false;
        pthread_cond_broadcast(&k->idle);
        keeper_wait(k, clock_mono_us());
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

enum rc keeper_start(struct core *c, struct err *e)
{
    struct keeper *k = &c->keeper;
    k->core = c;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->cond, NULL);
    pthread_cond_init(&k->idle, NULL);
    if (pthread_create(&k->thread, NULL, keeper_main, c) != 0)
        return err_set(e, ERR_BUG, "cannot start the keeper thread");
    k->started = true;
    return RC_OK;
}

void keeper_kick(struct core *c)
{
    struct keeper *k = &c->keeper;
    if (!k->started || pthread_equal(pthread_self(), k->thread))
        return;
    pthread_mutex_lock(&k->lock);
    k->kicked = true;
    pthread_cond_signal(&k->cond);
    pthread_mutex_unlock(&k->lock);
}

void keeper_stop(struct core *c)
{
    struct keeper *k = &c->keeper;
    if (!k->started)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->cond);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    full_end(&k->full);
    conform_seen_end(&k->seen);
    k->started = false;
}

void core_settle(struct core *c)
{
    struct keeper *k = &c->keeper;
    if (!k->started)
        return;
    pthread_mutex_lock(&k->lock);
    do {
        k->kicked = k->hurry = true;
        pthread_cond_signal(&k->cond);
        while (k->kicked || k->busy)
            pthread_cond_wait(&k->idle, &k->lock);
    } while (k->kicked);
    pthread_mutex_unlock(&k->lock);
}
