/* What a check's conditions say of its subjects: one fenced SELECT for many. When a condition cannot be computed (a figure too large, too many
 * steps, an error of the engine), that SELECT says nothing of anybody, and on PostgreSQL the command is spoilt. The command is then run once
 * more with each SELECT inside a savepoint, and subject by subject where it fails: who cannot be judged is unknown, with a reason and the
 * reference number of a line in the log; all others are judged. While nothing fails, none of this costs anything. */
#include <string.h>
#include "core/check_int.h"

#define CHECK_STEPS_MAX 20000000
#define ONE_STEPS_MAX 2000000          /* of one subject alone */
#define SLOW_STEPS_MAX 200000          /* after a few that took all of that, since the writer is held */
#define SLOW_SOME 3
#define SLOW_MAX 20                    /* and after so many the condition is what is too slow: the rest of the chunk is not asked */
#define NOW_AGAIN_US (60 * US_PER_S)   /* a condition over now() is judged again every minute */
#define FAULT_AGAIN_US (3600 * US_PER_S)

/* ---- judging ---- */

static int64_t midnight_after(int64_t now_us)
{
    return civil_end_us(civil_of_us(now_us));
}

static int64_t again_at(const struct work *w, const struct check *k)
{
    const struct cond *const all[] = {k->where, k->must, k->deadline};
    int64_t next = 0;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        if (all[i] == NULL)
            continue;
        if (all[i]->uses_now)
            return w->now_us + NOW_AGAIN_US;
        if (all[i]->uses_today)
            next = midnight_after(w->now_us);
    }
    return next;
}

static void cond_put(struct sql *s, const struct cond *c)
{
    sql_lit(s, ", ");
    if (c == NULL)
        sql_lit(s, "1");
    else {
        sql_lit(s, "(");
        sql_compiled(s, c->sql);
        sql_lit(s, ")");
    }
}

static void subjects_put(struct sql *s, const struct subjects *of)
{
    if (of->ids == NULL) {
        sql_lit(s, " > ");
        sql_i64(s, of->after);
        sql_lit(s, " ORDER BY 1 LIMIT ");
        sql_i64(s, (int64_t)of->n);
        return;
    }
    sql_in_ids(s, of->ids, of->n);
}

/* conds false: which subjects there are, and nothing about them. */
static struct sql *judge_sql(struct work *w, TALLOC_CTX *mem, const struct check *k, const struct subjects *of, bool conds)
{
    struct sql *s = sql_new(mem);
    const char *alias = k->alias ? k->alias : "a";
    sql_cond_params(s, 0, SLOT_FORCE, w->now_us, w->today);
    sql_lit(s, "SELECT ");
    sql_ident(s, alias);
    sql_lit(s, ".record");
    if (conds) {
        cond_put(s, k->where);
        cond_put(s, k->must);
        cond_put(s, k->deadline);
    }
    sql_lit(s, " FROM ");
    sql_ident(s, form_table(mem, k->subject));
    sql_lit(s, " ");
    sql_ident(s, alias);
    sql_lit(s, " WHERE ");
    sql_ident(s, alias);
    sql_lit(s, ".slot = 0 AND ");
    sql_ident(s, alias);
    sql_lit(s, ".record");
    subjects_put(s, of);
    return s;
}

static enum truth truth_at(struct db_rows *rows, int col)
{
    return db_is_null(rows, col) ? T_UNKNOWN : db_i64(rows, col) != 0 ? T_TRUE : T_FALSE;
}

static const char *state_of(enum truth good)
{
    return good == T_TRUE ? "ok" : good == T_FALSE ? "bad" : "unknown";
}

static enum truth truth_not(enum truth t) { return t == T_TRUE ? T_FALSE : t == T_FALSE ? T_TRUE : T_UNKNOWN; }

/* A date is kept until the end of that day in the organisation's zone. */
static int64_t deadline_at(const struct check *k, struct db_rows *rows)
{
    struct civil d;
    if (k->deadline == NULL || db_is_null(rows, 3))
        return 0;
    if (k->deadline->type == CT_DATE)
        return civil_read(str_of(db_text(rows, 3)), &d) ? civil_end_us(d) : 0;
    return db_i64(rows, 3);
}

static const char *within_state(const struct work *w, struct eval *ev, enum truth met)
{
    if (met == T_TRUE)
        return "ok";
    if (ev->deadline_us == 0)
        return "unknown";
    if (ev->deadline_us > w->now_us) {
        if (ev->next_us == 0 || ev->deadline_us < ev->next_us)
            ev->next_us = ev->deadline_us;
        return met == T_UNKNOWN ? "unknown" : "ok";              /* there is still time */
    }
    return met == T_UNKNOWN ? "unknown" : "bad";
}

static struct eval judged(const struct work *w, const struct check *k, struct db_rows *rows, int64_t again)
{
    struct eval ev = {.subject = db_i64(rows, 0), .next_us = again, .deadline_us = deadline_at(k, rows)};
    enum truth where = truth_at(rows, 1), must = truth_at(rows, 2);
    if (k->shape == CHECK_NONE && k->must == NULL)
        ev.state = state_of(truth_not(where));
    else if (where == T_FALSE)
        ev.state = "na";
    else if (where == T_UNKNOWN)
        ev.state = "unknown";
    else if (k->shape == CHECK_WITHIN)
        ev.state = within_state(w, &ev, must);
    else
        ev.state = state_of(k->shape == CHECK_NONE ? truth_not(must) : must);
    return ev;
}

static enum rc judge_run(struct work *w, TALLOC_CTX *mem, const struct check *k, const struct subjects *of, int64_t max_steps, struct eval_vec *ret, struct err *e)
{
    struct db_rows *rows;
    bool more;
    int64_t again = again_at(w, k);
    TRY(db_query_fenced(w->db, mem, judge_sql(w, mem, k, of, true), max_steps, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = judged(w, k, rows, again);
    }
}

/* ---- conditions that cannot be computed ---- */

/* Errors of the one SELECT. A full disk, a lost server or a failed disk are nobody's condition. */
static bool condition_failed(const struct work *w, const struct err *e)
{
    return !tx_is_lost(w->tx) && (e->code == ERR_DB || e->code == ERR_DB_STEPS || e->code == ERR_DB_REFUSED);
}

static const char *reference(TALLOC_CTX *mem)
{
    uint8_t raw[4];
    crypt_random(raw, sizeof raw);
    return hex_text(mem, raw, sizeof raw);
}

/* One line of the log per check and cause, however many subjects it stands for. */
static void fault_tell(struct work *w, const struct check *k, const struct err *e, const char *ref, int64_t first, int64_t n)
{
    struct json *f = json_add_obj(w->faults);
    json_set_str(f, "ref", ref);
    json_set_str(f, "check", k->key);
    json_set_str(f, "code", err_info(e->code)->name);
    json_set_str(f, "detail", e->detail);
    json_set_i64(f, "first", first);
    json_set_i64(f, "n", n);
}

static enum rc subjects_there(struct work *w, TALLOC_CTX *mem, const struct check *k, const struct subjects *of, struct id_vec *ret, struct err *e)
{
    struct db_rows *rows;
    bool more;
    TRY(db_query(w->db, mem, judge_sql(w, mem, k, of, false), &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        *vec_push(ret) = db_i64(rows, 0);
    }
}

static enum rc eval_each(struct work *w, TALLOC_CTX *mem, const struct check *k, const struct subjects *of, struct eval_vec *ret, struct err *e)
{
    struct id_vec ids = VEC_INIT(mem);
    struct err last = {0};
    const char *ref = reference(w->mem);
    size_t slow = 0, failed = 0;
    int64_t first = 0;
    TRY(subjects_there(w, mem, k, of, &ids, e));
    for (size_t i = 0; i < ids.n; i++) {
        struct subjects one = {.ids = &ids.v[i], .n = 1};
        struct err why = last;
        size_t had = ret->n;
        if (slow < SLOW_MAX) {
            why = (struct err){0};
            if (judge_run(w, mem, k, &one, slow < SLOW_SOME ? ONE_STEPS_MAX : SLOW_STEPS_MAX, ret, &why) == RC_OK)
                continue;
            if (!condition_failed(w, &why)) {
                *e = why;
                return err_rc(e);
            }
            TRY(tx_try_undo(w->tx, e));
            slow += why.code == ERR_DB_STEPS;
        }
        ret->n = had;
        first = failed++ == 0 ? ids.v[i] : first;
        last = why;
        *vec_push(ret) = (struct eval){.subject = ids.v[i], .state = "unknown", .next_us = w->now_us + FAULT_AGAIN_US,
                                       .why = mem_fmt(mem, "%s %s", why.code == ERR_DB_STEPS ? "steps" : "error", ref)};
    }
    if (failed > 0)
        fault_tell(w, k, &last, ref, first, (int64_t)failed);
    return RC_OK;
}

enum rc check_eval(struct work *w, TALLOC_CTX *mem, const struct check *k, struct subjects of, struct eval_vec *ret, struct err *e)
{
    struct err why = {0};
    if (w->faults == NULL)
        return judge_run(w, mem, k, &of, CHECK_STEPS_MAX, ret, e);
    TRY(tx_try(w->tx, e));
    enum rc rc = judge_run(w, mem, k, &of, CHECK_STEPS_MAX, ret, &why);
    if (rc != RC_OK && !condition_failed(w, &why)) {
        *e = why;
        return rc;
    }
    if (rc != RC_OK) {
        TRY(tx_try_undo(w->tx, e));
        ret->n = 0;
        TRY(eval_each(w, mem, k, &of, ret, e));
    }
    return tx_try_end(w->tx, e);
}

void check_faults_begin(struct work *w, const struct json *args, struct json *body)
{
    if (w->faults == NULL && json_get_bool(args, "apart"))
        w->faults = json_set_arr(body, "faults");
}

/* ---- the commands that judge, as the keeper sends them ---- */

static void faults_log(const struct json *faults)
{
    for (size_t i = 0; i < json_n(faults); i++) {
        MEM_SCOPE(mem, NULL);
        const struct json *f = json_at(faults, i);
        log_event(LOG_ERROR, "check.fault", "ref", json_get_str(f, "ref"), "check", json_get_str(f, "check"), "code", json_get_str(f, "code"),
                  "subjects", mem_fmt(mem, "%lld", (long long)json_get_i64(f, "n", 0)),
                  "first", mem_fmt(mem, "%lld", (long long)json_get_i64(f, "first", 0)), "detail", json_get_str(f, "detail"), NULL);
    }
}

void check_command(struct core *c, TALLOC_CTX *mem, const char *name, const struct json *args, struct answer **ret)
{
    static const struct actor system_actor = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "system"};
    core_command(c, mem, &system_actor, name, args, NULL, ret);
    enum err_code code = (*ret)->rc == RC_OK ? ERR_NONE : (*ret)->err.code;
    if (code != ERR_DB && code != ERR_DB_STEPS && code != ERR_DB_REFUSED)
        return;
    struct json *apart = json_obj(mem);
    for (struct json_pos p = {0}; json_next(args, &p);)
        json_set(apart, p.key, p.val);
    json_set_bool(apart, "apart", true);
    core_command(c, mem, &system_actor, name, apart, NULL, ret);
    faults_log(json_get((*ret)->body, "faults"));
}
