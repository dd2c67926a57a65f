/* Conformity through time. The keeper looks at every article when a day has been judged and again about every minute, outside of the writer, and sends what
 * differs from its last look: one row an article and day, and one row a regulation and day. It cannot be made again from the truth: what an exception, a
 * declaration or a due date meant on a day of the past was judged by that day's set, and nobody wrote it down but this (decisions/0019).
 *
 * A day that nobody looked at (the server was off, nothing was adopted) is not recorded, and is told as that: never as what stood before it. */
#include <string.h>
#include "core/core_state.h"

#define LOOK_US (60 * US_PER_S)
#define ROWS_EACH 100              /* articles in one command: the writer is held a few milliseconds at most */

static const char *const state_names[] = {"ok", "bad", "unknown", "excepted", "none"};     /* by enum verdict_state */

static enum verdict_state state_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_N(state_names); i++)
        if (text_eq(name, state_names[i]))
            return (enum verdict_state)i;
    return VERDICT_UNKNOWN;                              /* of a program that knew more states: not known here, never good */
}

/* How much worse is told first: violated, unknown, excepted, conforming, nothing judged. */
static enum verdict_state worse(enum verdict_state a, enum verdict_state b)
{
    static const int rank[] = {[VERDICT_BAD] = 4, [VERDICT_UNKNOWN] = 3, [VERDICT_EXCEPTED] = 2, [VERDICT_OK] = 1, [VERDICT_NONE] = 0};
    return rank[a] >= rank[b] ? a : b;
}

/* ---- the command ---- */

/* Whether the day was looked at before: its total is written after all of its rows. */
static enum rc looked_at(struct work *w, const char *pack, bool *ret, struct err *e)
{
    struct q_conform_total_rows_rows row;
    TRY(q_conform_total_rows(w->db, w->mem, pack, w->today, w->today, 1, &row, e));
    *ret = row.n > 0;
    return RC_OK;
}

/* On the first look of a day nothing of the day before counts; later what stood until now does, too. */
static enum rc article_put(struct work *w, const struct json *row, struct err *e)
{
    const char *pack = json_get_str(row, "pack"), *article = json_get_str(row, "article");
    bool again = false;
    enum verdict_state now = state_of(json_get_str(row, "state")), worst = now;
    int64_t n[] = {json_get_i64(row, "bad", 0), json_get_i64(row, "unknown", 0), json_get_i64(row, "excepted", 0), json_get_i64(row, "ok", 0)};
    struct q_conform_day_last last;
    bool found;
    if (pack == NULL || article == NULL)
        return err_set(e, ERR_FIELDS, "rows: pack, article");
    TRY(q_conform_day_last(w->db, w->mem, pack, article, &last, &found, e));
    if (found && state_of(last.state) == now && last.bad_n == n[0] && last.unknown_n == n[1] && last.excepted_n == n[2] && last.ok_n == n[3])
        return RC_OK;
    if (found && strcmp(last.day, w->today) != 0)
        TRY(looked_at(w, pack, &again, e));
    if (found && strcmp(last.day, w->today) == 0)
        worst = worse(worst, state_of(last.worst));
    else if (again)
        worst = worse(worst, state_of(last.state));
    return q_conform_day_put(w->tx, pack, article, w->today, state_names[now], state_names[worst], n[0], n[1], n[2], n[3], w->now_us, e);
}

static enum rc total_put(struct work *w, const struct json *t, struct err *e)
{
    const char *pack = json_get_str(t, "pack");
    if (pack == NULL)
        return err_set(e, ERR_FIELDS, "totals: pack");
    return q_conform_total_put(w->tx, pack, w->today, json_get_i64(t, "bad", 0), json_get_i64(t, "unknown", 0), json_get_i64(t, "excepted", 0), json_get_i64(t, "ok", 0),
                               json_get_i64(t, "none", 0), w->now_us, e);
}

/* `kept` is false when the day has turned meanwhile: what was seen yesterday is not written down for today. */
enum rc cmd_conform_day(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *rows = json_get(args, "rows"), *totals = json_get(args, "totals");
    bool same = text_eq(json_get_str(args, "day"), w->today);
    json_set_bool(body, "kept", same);
    for (size_t i = 0; same && i < json_n(rows); i++)
        TRY(article_put(w, json_at(rows, i), e));
    for (size_t i = 0; same && i < json_n(totals); i++)
        TRY(total_put(w, json_at(totals, i), e));
    return RC_OK;
}

/* ---- the keeper's look ---- */

struct look { struct core *c; TALLOC_CTX *mem; const char *day; bool ok; struct conform_seen *seen; struct json *rows; };

static const char *key_of(TALLOC_CTX *mem, const struct json *row)
{
    return mem_fmt(mem, "%s %s", json_get_str(row, "pack"), json_get_str(row, "article"));
}

static void look_send(struct look *l, struct json *totals)
{
    struct json *args = json_obj(l->mem);
    struct answer *ans;
    json_set_str(args, "day", l->day);
    json_set(args, "rows", l->rows);
    if (totals != NULL)
        json_set(args, "totals", totals);
    check_command(l->c, l->mem, "conform.day", args, &ans);
    if (ans->rc != RC_OK && ans->err.code != ERR_LEDGER_READONLY)
        log_err("keeper", "conform.day", &ans->err);
    l->ok = ans->rc == RC_OK && json_get_bool(ans->body, "kept");
    for (size_t i = 0; l->ok && i < json_n(l->rows); i++) {
        const char *key = key_of(l->mem, json_at(l->rows, i));
        talloc_free(map_get(l->seen->said, key));
        map_set(l->seen->said, key, json_text(l->seen->mem, json_at(l->rows, i)));
    }
    l->rows = json_arr(l->mem);
}

/* Only what differs from the last look goes to the writer. */
static void look_article(struct look *l, const struct article_state *a)
{
    struct json *row = json_obj(l->mem);
    json_set_str(row, "pack", a->pack);
    json_set_str(row, "article", a->article);
    json_set_str(row, "state", state_names[a->state]);
    json_set_i64(row, "bad", a->bad_n);
    json_set_i64(row, "unknown", a->unknown_n);
    json_set_i64(row, "excepted", a->excepted_n);
    json_set_i64(row, "ok", a->ok_n);
    if (text_eq(map_get(l->seen->said, key_of(l->mem, row)), json_text(l->mem, row)))
        return;
    json_add(l->rows, row);
    if (json_n(l->rows) >= ROWS_EACH)
        look_send(l, NULL);
}

static struct json *totals_of(TALLOC_CTX *mem, const struct article_states *st)
{
    struct json *arr = json_arr(mem);
    for (size_t i = 0; i < st->n;) {
        int64_t n[ARRAY_N(state_names)] = {0};
        const char *pack = st->v[i].pack;
        for (; i < st->n && text_eq(st->v[i].pack, pack); i++)
            n[st->v[i].state]++;
        struct json *t = json_add_obj(arr);
        json_set_str(t, "pack", pack);
        for (size_t k = 0; k < ARRAY_N(state_names); k++)
            json_set_i64(t, state_names[k], n[k]);
    }
    return arr;
}

static bool look_read(struct core *c, TALLOC_CTX *mem, struct article_states *ret)
{
    struct reader r;
    struct err e = {0};
    int64_t as_of;
    if (core_read_begin(c, mem, NULL, &r, &e) != RC_OK)
        return false;
    enum rc rc = conformity(&r, NULL, ret, &as_of, &e);
    core_read_end(&r);
    if (rc != RC_OK)
        log_err("keeper", "conform.look", &e);
    return rc == RC_OK;
}

/* What was not judged yet says nothing: only a day that was judged from end to end, under the set in use, is looked at. */
static bool look_due(struct core *c, const char *today)
{
    struct keeper *k = &c->keeper;
    const struct pack_set *set = core_set_hold(c);
    int64_t id = set ? set->id : 0, now = clock_now_us();
    core_set_release(c, set);
    if (id == 0 || id != k->judged_set || strcmp(k->full_day, today) != 0 || core_setup_open(c))
        return false;
    bool again = strcmp(k->seen.day, today) == 0 && k->seen.set == id;
    if (again && now >= k->seen.at_us && now < k->seen.at_us + LOOK_US)
        return false;
    if (k->seen.set != id)                               /* another set has other articles */
        conform_seen_end(&k->seen);
    k->seen.set = id;
    return true;
}

void conform_look(struct core *c, bool (*busy)(struct core *))
{
    char today[CIVIL_TEXT_N];
    struct conform_seen *seen = &c->keeper.seen;
    civil_text(civil_of_us(clock_now_us()), today);
    if (!look_due(c, today) || busy(c))
        return;
    MEM_SCOPE(mem, NULL);
    struct article_states st = VEC_INIT(mem);
    if (!look_read(c, mem, &st))
        return;
    if (seen->mem == NULL) {
        seen->mem = mem_root(0);
        seen->said = map_new(seen->mem);
    }
    struct look l = {.c = c, .mem = mem, .day = today, .ok = true, .seen = seen, .rows = json_arr(mem)};
    for (size_t i = 0; i < st.n && l.ok && !c->keeper.stop; i++)
        look_article(&l, &st.v[i]);
    if (!l.ok || c->keeper.stop)
        return;
    look_send(&l, totals_of(mem, &st));
    if (l.ok)
        memcpy(seen->day, today, sizeof seen->day);
    seen->at_us = clock_now_us();
}

void conform_seen_end(struct conform_seen *s)
{
    talloc_free(s->mem);
    *s = (struct conform_seen){.mem = NULL};
}

/* ---- reading ---- */

enum rc conform_totals(struct reader *r, const char *pack, const char *from, const char *upto, struct conform_totals *ret, struct err *e)
{
    struct q_conform_total_rows_rows row;
    TRY(q_conform_total_rows(r->db, r->mem, pack, from, upto, CONFORM_DAYS_MAX, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        struct conform_total *t = vec_push(ret);
        *t = (struct conform_total){.day = row.v[i].day, .at_us = row.v[i].at};
        t->n[VERDICT_BAD] = row.v[i].bad_n;
        t->n[VERDICT_UNKNOWN] = row.v[i].unknown_n;
        t->n[VERDICT_EXCEPTED] = row.v[i].excepted_n;
        t->n[VERDICT_OK] = row.v[i].ok_n;
        t->n[VERDICT_NONE] = row.v[i].none_n;
    }
    return RC_OK;
}

/* One day of an article, out of the rows (newest first) and the days that were looked at (in order). */
static struct conform_span day_of(const char *day, const struct q_conform_day_rows_rows *row, size_t *at_row, const struct conform_totals *t, size_t *at_total)
{
    struct conform_span s = {.from = day, .upto = day, .state = VERDICT_UNKNOWN, .worst = VERDICT_UNKNOWN};
    while (*at_total > 0 && strcmp(t->v[*at_total - 1].day, day) > 0)
        --*at_total;
    while (*at_row < row->n && strcmp(row->v[*at_row].day, day) > 0)
        ++*at_row;
    if (*at_total == 0 || strcmp(t->v[*at_total - 1].day, day) != 0 || *at_row == row->n)
        return s;
    s.seen = true;
    s.state = s.worst = state_of(row->v[*at_row].state);
    if (strcmp(row->v[*at_row].day, day) == 0)
        s.worst = state_of(row->v[*at_row].worst);
    s.bad_n = row->v[*at_row].bad_n;
    s.unknown_n = row->v[*at_row].unknown_n;
    s.excepted_n = row->v[*at_row].excepted_n;
    return s;
}

static bool span_same(const struct conform_span *a, const struct conform_span *b)
{
    return a->seen == b->seen && a->state == b->state && a->worst == b->worst && a->bad_n == b->bad_n && a->unknown_n == b->unknown_n && a->excepted_n == b->excepted_n;
}

enum rc conform_spans(struct reader *r, const char *pack, const char *article, const char *from, const char *upto, struct conform_spans *ret, struct err *e)
{
    struct q_conform_day_rows_rows row;
    struct conform_totals seen = VEC_INIT(r->mem);
    struct civil first, last;
    if (!civil_read(str_of(from), &first) || !civil_read(str_of(upto), &last))
        return err_set_arg(e, ERR_DAY, upto, "from %s until %s", from, upto);
    TRY(conform_totals(r, pack, from, upto, &seen, e));
    TRY(q_conform_day_rows(r->db, r->mem, pack, article, upto, CONFORM_DAYS_MAX + 1, &row, e));
    size_t at_row = 0, at_total = seen.n;
    for (int64_t d = civil_days(last); d >= civil_days(first) && civil_days(last) - d < CONFORM_DAYS_MAX; d--) {
        char *day = mem_alloc(r->mem, 1, CIVIL_TEXT_N, "char");
        civil_text(civil_from_days(d), day);
        struct conform_span s = day_of(day, &row, &at_row, &seen, &at_total);
        if (ret->n > 0 && span_same(&ret->v[ret->n - 1], &s))
            ret->v[ret->n - 1].from = day;
        else
            *vec_push(ret) = s;
    }
    return RC_OK;
}
