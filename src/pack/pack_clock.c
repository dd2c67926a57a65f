/* pack_clock: clocks.yaml: how a term is counted, as data with its source. Versions of one clock stand together, the newest first: what began on
 * a day is counted as the law stood on that day. deadline() in conditions writes them out (cond_fn.c), pages say them. */
#include "pack/pack_int.h"
#include <string.h>

enum { HOURS_MAX = 24 * 366, DAYS_MAX = 3660 };

static bool figure_ok(const struct raw_int *v, int max) { return !v->set || (v->v >= 1 && v->v <= max); }

static void clock_check(struct build *b, const struct raw_clock *rc) {
    bool by_days = rc->first || rc->count || rc->ends || rc->early.set;
    if (rc->days.set == rc->hours.set || !figure_ok(&rc->days, DAYS_MAX) || !figure_ok(&rc->hours, HOURS_MAX))
        problem_add(b->problems, rc->head.pos, MSG("pack.clock.figure"), rc->id, NULL, NULL);
    else if (rc->hours.set && by_days)
        problem_add(b->problems, rc->head.pos, MSG("pack.clock.hours"), rc->id, NULL, NULL);
    else if (rc->early.set && (rc->early.v < 1 || rc->early.v >= rc->days.v))
        problem_add(b->problems, member_pos(&rc->head, "early"), MSG("pack.clock.early"), rc->id, NULL, NULL);
}

static void clock_fill(struct build *b, const struct raw_clock *rc, const struct pack *p, struct clock *c) {
    struct civil day;
    *c = (struct clock){.id = rc->id, .label = rc->label, .label_en = rc->label_en, .source = rc->source, .source_en = rc->source_en, .pack = p,
                        .pos = rc->head.pos, .article = article_check(b, p, rc->article, member_pos(&rc->head, "article")),
                        .term = {.days = (int)rc->days.v, .hours = (int)rc->hours.v, .first = rc->first == 1, .open = rc->count == 2, .next = rc->ends == 2},
                        .early = (int)rc->early.v, .from_us = INT64_MIN};
    clock_check(b, rc);
    if (rc->from && civil_read(str_of(rc->from), &day))
        c->from_us = civil_to_us(day, 0, 0);
    else if (rc->from)
        problem_add(b->problems, member_pos(&rc->head, "from"), MSG("pack.clock.from"), rc->from, NULL, NULL);
}

/* Behind its newer versions and before its older ones; clocks of other names stand where they stand. */
static void clock_place(struct build *b, struct pack *p, const struct clock *c) {
    size_t at = p->clock_n;
    for (size_t i = 0; i < p->clock_n; i++) {
        if (!text_eq(p->clock[i].id, c->id))
            continue;
        if (p->clock[i].from_us == c->from_us)
            problem_add(b->problems, c->pos, MSG("pack.clock.twice"), c->id, NULL, NULL);
        if (p->clock[i].from_us > c->from_us) {
            at = i + 1;
            continue;
        }
        at = i;
        break;
    }
    memmove(p->clock + at + 1, p->clock + at, (p->clock_n - at) * sizeof *p->clock);
    p->clock[at] = *c;
    p->clock_n++;
}

void clocks_build(struct build *b, const struct raw *raw, struct pack *p) {
    p->clock = mem_array(b->mem, struct clock, raw->clocks.n + 2);      /* behind the last: one without a name */
    RAW_EACH(raw_clock, rc, raw->clocks) {
        struct clock c;
        if (!rc->id || !rc->label || !rc->source)
            continue;
        clock_fill(b, rc, p, &c);
        clock_place(b, p, &c);
    }
}

static bool known_to(const struct pack *p, const struct pack *other) {
    bool yes = !p || p == other || text_eq(other->id, "core");
    for (size_t i = 0; p && i < p->requires_n; i++)
        yes = yes || text_eq(p->requires[i], other->id);
    return yes;
}

const struct clock *pack_clock(const struct pack_set *s, const struct pack *p, const char *id) {
    const struct clock *found = NULL;
    for (size_t i = 0; i < s->pack_n; i++)
        for (size_t k = 0; known_to(p, &s->pack[i]) && k < s->pack[i].clock_n; k++) {
            const struct clock *c = &s->pack[i].clock[k];
            if (text_eq(c->id, id) && (!found || (p == c->pack && found->pack != p)))     /* its own before that of others */
                found = c;
        }
    return found;
}

const struct clock *pack_clock_at(const struct clock *c, int64_t start_us) {
    for (const struct clock *v = c; v && v->id && text_eq(v->id, c->id); v++)
        if (start_us >= v->from_us)
            return v;
    return NULL;
}

int64_t pack_clock_early(const struct clock *c, int64_t start_us) {
    return c->early ? civil_to_us(cal_day(&c->term, start_us, c->early), 0, 0) : 0;
}

static const char *day_text(TALLOC_CTX *mem, struct civil c) { return mem_fmt(mem, "%04d/%02d/%02d", c.y, c.m, c.d); }

const char *pack_clock_say(TALLOC_CTX *mem, const struct clock *c, int64_t start_us, enum lang lang) {
    const struct cal_term *t = &c->term;
    struct civil begin = civil_of_us(start_us), end;
    const char *n = mem_fmt(mem, "%d", t->hours ? t->hours : t->days);
    if (t->hours)
        return msg_fill(mem, lang, MSG("clock.say-hours"), time_local(mem, start_us), n, NULL);
    end = cal_day(t, start_us, t->days);
    const char *key = t->open ? (t->first ? MSG("clock.say-open-first") : MSG("clock.say-open")) : t->first ? MSG("clock.say-first") : MSG("clock.say-next");
    const char *text = msg_fill(mem, lang, key, day_text(mem, begin), n, day_text(mem, end), NULL);
    struct civil last = civil_of_us(cal_deadline(t, start_us) - 1);
    return civil_days(last) == civil_days(end) ? text : msg_fill(mem, lang, MSG("clock.say-moved"), text, day_text(mem, last), NULL);
}
