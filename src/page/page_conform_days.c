/* Conformity through time: a regulation's articles day by day as a picture with its table, and one article's days. A day that nobody looked at is shown as
 * not recorded, an article that could not be judged as unknown: neither is ever drawn as conforming. */
#include "page/past.h"
#include "page/regulation.h"

#define DAYS_SHOWN 90
#define PIC_W 720
#define PIC_H 200
#define PIC_TEXT 26           /* below the bars: first and last day */
#define STRIP_H 28

struct range { const char *from, *until, *problem; int64_t first, last; };

#define GAP (VERDICT_NONE + 1)       /* a day that nobody looked at, beside enum verdict_state */
static const char *const marks[GAP + 1] = {MSG("verdict.ok"), MSG("verdict.bad"), MSG("verdict.unknown"), MSG("verdict.excepted"), MSG("verdict.none"), MSG("conform-days.unseen")};

static void mark_class(struct html *h, int mark)
{
    switch (mark) {
    case VERDICT_OK: html_class(h, "ok"); break;
    case VERDICT_BAD: html_class(h, "bad"); break;
    case VERDICT_UNKNOWN: html_class(h, "unknown"); break;
    case VERDICT_EXCEPTED: html_class(h, "excepted"); break;
    case VERDICT_NONE: html_class(h, "none"); break;
    default: html_class(h, "gap"); break;
    }
}

static const char *text_of_day(TALLOC_CTX *mem, int64_t day)
{
    char *text = mem_alloc(mem, 1, CIVIL_TEXT_N, "char");
    civil_text(civil_from_days(day), text);
    return text;
}

static bool day_read(struct screen *s, const char *name, int64_t *ret_day)
{
    const char *text = req_query(s->r, name);
    struct civil d;
    if (text == NULL || text[0] == '\0')
        return true;
    if (!civil_read_loose(s->r, str_of(text), &d))
        return false;
    *ret_day = civil_days(d);
    return true;
}

/* The days that are asked about; the last 90 when none are, or when they cannot be read, which is told. */
static struct range range_read(struct screen *s)
{
    struct civil today = civil_of_us(s->rd.now_us);
    struct range g = {.last = civil_days(today)};
    int64_t now = g.last;
    bool ok = day_read(s, "until", &g.last);
    g.last = g.last > now ? now : g.last;
    g.first = g.last - (DAYS_SHOWN - 1);
    ok = day_read(s, "from", &g.first) && ok && g.first <= g.last && g.last - g.first < CONFORM_DAYS_MAX;
    if (!ok) {
        g = (struct range){.last = now, .first = now - (DAYS_SHOWN - 1)};
        g.problem = msg_fill(s->r, req_lang(s->r), MSG("conform-days.wrong"), mem_fmt(s->r, "%d", CONFORM_DAYS_MAX), NULL);
    }
    g.from = text_of_day(s->r, g.first);
    g.until = text_of_day(s->r, g.last);
    return g;
}

static void range_form(struct screen *s, const struct range *g, const char *pack, const char *article)
{
    const struct ui_row from = {.id = "from", .label = msg_text(req_lang(s->r), MSG("conform-days.from"))}, until = {.id = "until", .label = msg_text(req_lang(s->r), MSG("conform-days.until"))};
    struct html *h = s->h;
    if (g->problem != NULL)
        ui_problems(h, &(struct ui_problem){"from", g->problem}, 1);
    html_open(h, E_FORM);
    html_class(h, "conditions");
    if (article != NULL)
        html_action(h, page_path("conformity.article"), NULL, URL_S(pack), URL_S(article));
    else
        html_action(h, page_path("conformity.days"), NULL, URL_S(pack));
    ui_row_open(h, &from);
    ui_input(h, "date", "from", g->from, &from);
    ui_row_close(h, &from);
    ui_row_open(h, &until);
    ui_input(h, "date", "until", g->until, &until);
    ui_row_close(h, &until);
    ui_button(h, MSG("past.go"), NULL, NULL, false);
    html_close(h, E_FORM);
}

/* ---- pictures ---- */

static void rect_into(struct buf *b, int x, int y, int w, int h)
{
    buf_fmt(b, "M%d %dh%dv%dh-%dz", x, y, w, h, w);
}

static void path_out(struct html *h, int mark, const struct buf *b)
{
    if (b->n == 0)
        return;
    html_open(h, E_PATH);
    mark_class(h, mark);
    html_attr(h, A_D, b->p);
    html_close(h, E_PATH);
}

static void picture_open(struct screen *s, int height, const char *says)
{
    html_open(s->h, E_SVG);
    html_class(s->h, "trend");
    html_attr(s->h, A_VIEWBOX, mem_fmt(s->r, "0 0 %d %d", PIC_W, height + PIC_TEXT));
    html_attr(s->h, A_ROLE, "img");
    html_attr(s->h, A_ARIA_LABEL, says);
}

static void days_under(struct screen *s, const struct range *g, int height)
{
    const char *const text[] = {day_shown(s->r, g->from), day_shown(s->r, g->until)};
    for (int i = 0; i < 2; i++) {
        html_open(s->h, E_TEXT);
        html_attr_i64(s->h, A_X, i * PIC_W);
        html_attr_i64(s->h, A_Y, height + 20);
        html_attr(s->h, A_TEXT_ANCHOR, i ? "end" : "start");
        html_text(s->h, text[i]);
        html_close(s->h, E_TEXT);
    }
}

static int x_of(const struct range *g, int64_t day) { return (int)((day - g->first) * PIC_W / (g->last - g->first + 1)); }

static void legend_out(struct screen *s)
{
    static const int order[] = {VERDICT_BAD, VERDICT_UNKNOWN, VERDICT_EXCEPTED, VERDICT_OK, GAP};
    html_open(s->h, E_UL);
    html_class(s->h, "legend");
    for (size_t i = 0; i < ARRAY_N(order); i++) {
        html_open(s->h, E_LI);
        mark_class(s->h, order[i]);
        html_text(s->h, msg_text(req_lang(s->r), marks[order[i]]));
        html_close(s->h, E_LI);
    }
    html_close(s->h, E_UL);
}

static int64_t day_number(const char *day)
{
    struct civil d;
    return civil_read(str_of(day), &d) ? civil_days(d) : 0;
}

/* Bars from the ground: conforming, excepted, unknown, violated on top; what nothing judges is left out, a day without a record is a flat mark. */
static void trend_out(struct screen *s, const struct range *g, const struct conform_totals *t)
{
    static const int up[] = {VERDICT_OK, VERDICT_EXCEPTED, VERDICT_UNKNOWN, VERDICT_BAD};
    struct buf *b[VERDICT_NONE + 1], *gap = buf_new(s->r, 1 << 16);
    int64_t most = 1;
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_N(b); i++)
        b[i] = buf_new(s->r, 1 << 16);
    for (size_t i = 0; i < t->n; i++) {
        int64_t all = t->v[i].n[VERDICT_OK] + t->v[i].n[VERDICT_BAD] + t->v[i].n[VERDICT_UNKNOWN] + t->v[i].n[VERDICT_EXCEPTED];
        most = all > most ? all : most;
    }
    for (int64_t day = g->first; day <= g->last; day++) {
        int x = x_of(g, day), w = x_of(g, day + 1) - x, y = PIC_H;
        w = w > 3 ? w - 1 : w > 0 ? w : 1;
        if (at == t->n || day_number(t->v[at].day) != day) {
            rect_into(gap, x, PIC_H - 4, w, 4);
            continue;
        }
        for (size_t i = 0; i < ARRAY_N(up); i++) {
            int64_t n = t->v[at].n[up[i]];
            int high = (int)(n * PIC_H / most);
            high = n > 0 && high < 2 ? 2 : high;          /* one of many is still seen */
            high = high > y ? y : high;
            if (high > 0)
                rect_into(b[up[i]], x, y -= high, w, high);
        }
        at++;
    }
    const struct conform_total *last = t->n > 0 ? &t->v[t->n - 1] : NULL;
    picture_open(s, PIC_H, msg_fill(s->r, req_lang(s->r), MSG("conform-days.says"), day_shown(s->r, g->from), day_shown(s->r, g->until),
                                    last ? mem_fmt(s->r, "%lld", (long long)last->n[VERDICT_BAD]) : "–", last ? mem_fmt(s->r, "%lld", (long long)last->n[VERDICT_UNKNOWN]) : "–", NULL));
    path_out(s->h, GAP, gap);
    for (size_t i = 0; i < ARRAY_N(up); i++)
        path_out(s->h, up[i], b[up[i]]);
    days_under(s, g, PIC_H);
    html_close(s->h, E_SVG);
    legend_out(s);
}

/* One article: a strip, a day in the colour of the worst of it. */
static void strip_out(struct screen *s, const struct range *g, const struct conform_spans *v, const char *says)
{
    struct buf *b[VERDICT_NONE + 1], *gap = buf_new(s->r, 1 << 16);
    for (size_t i = 0; i < ARRAY_N(b); i++)
        b[i] = buf_new(s->r, 1 << 16);
    for (size_t i = 0; i < v->n; i++) {
        int x = x_of(g, day_number(v->v[i].from)), w = x_of(g, day_number(v->v[i].upto) + 1) - x;
        if (v->v[i].seen)
            rect_into(b[v->v[i].worst], x, 0, w > 0 ? w : 1, STRIP_H);
        else
            rect_into(gap, x, STRIP_H - 4, w > 0 ? w : 1, 4);
    }
    picture_open(s, STRIP_H, says);
    path_out(s->h, GAP, gap);
    for (size_t i = 0; i < ARRAY_N(b); i++)
        path_out(s->h, (int)i, b[i]);
    days_under(s, g, STRIP_H);
    html_close(s->h, E_SVG);
    legend_out(s);
}

/* ---- tables ---- */

static void count_cell(struct screen *s, int64_t n) { html_el(s->h, E_TD, n ? mem_fmt(s->r, "%lld", (long long)n) : ""); }

static void totals_table(struct screen *s, const struct range *g, const struct conform_totals *t)
{
    static const char *const keys[] = {MSG("conform-days.day"), MSG("verdict.bad"), MSG("verdict.unknown"), MSG("verdict.excepted"), MSG("verdict.ok"), MSG("verdict.none")};
    static const int order[] = {VERDICT_BAD, VERDICT_UNKNOWN, VERDICT_EXCEPTED, VERDICT_OK, VERDICT_NONE};
    size_t at = t->n;
    screen_table(s, MSG("conform-days.table"), keys, ARRAY_N(keys));
    for (int64_t day = g->last; day >= g->first; day--) {
        bool seen = at > 0 && day_number(t->v[at - 1].day) == day;
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, day_shown(s->r, text_of_day(s->r, day)));
        for (size_t i = 0; seen && i < ARRAY_N(order); i++)
            html_el(s->h, E_TD, mem_fmt(s->r, "%lld", (long long)t->v[at - 1].n[order[i]]));
        if (!seen) {
            html_open(s->h, E_TD);
            html_attr(s->h, A_COLSPAN, "5");
            html_msg(s->h, MSG("conform-days.unseen"));
            html_close(s->h, E_TD);
        }
        html_close(s->h, E_TR);
        at -= seen;
    }
    ui_table_close(s->h);
}

static void span_row(struct screen *s, const struct conform_span *x)
{
    html_open(s->h, E_TR);
    html_el(s->h, E_TD, text_eq(x->from, x->upto) ? day_shown(s->r, x->from) : mem_fmt(s->r, "%s – %s", day_shown(s->r, x->from), day_shown(s->r, x->upto)));
    html_open(s->h, E_TD);
    if (x->seen)
        verdict_badge(s, x->state);
    else
        html_msg(s->h, MSG("conform-days.unseen"));
    html_close(s->h, E_TD);
    html_open(s->h, E_TD);
    if (x->seen && x->worst != x->state)
        verdict_badge(s, x->worst);
    html_close(s->h, E_TD);
    count_cell(s, x->bad_n);
    count_cell(s, x->unknown_n);
    count_cell(s, x->excepted_n);
    html_close(s->h, E_TR);
}

static void spans_table(struct screen *s, const struct conform_spans *v, size_t limit)
{
    static const char *const keys[] = {MSG("conform-days.days"), MSG("conform-days.state"), MSG("conform-days.worst"), MSG("verdict.bad-n"), MSG("verdict.unknown-n"), MSG("verdict.excepted")};
    screen_table(s, MSG("conform-days.article-table"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v->n && i < limit; i++)
        span_row(s, &v->v[i]);
    ui_table_close(s->h);
}

#define SPANS_BRIEF 6
void article_days_out(struct screen *s, const struct pack *p, const char *article)
{
    struct conform_spans v = VEC_INIT(s->r);
    struct err e = {0};
    int64_t today = civil_days(civil_of_us(s->rd.now_us));
    if (conform_spans(&s->rd, p->id, article, text_of_day(s->r, today - 29), text_of_day(s->r, today), &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("conform-days.article")));
    spans_table(s, &v, SPANS_BRIEF);
    html_open(s->h, E_P);
    html_class(s->h, "tools");
    page_link(s->h, MSG("conform-days.more"), "conformity.article", URL_S(p->id), URL_S(article));
    html_close(s->h, E_P);
}

void trend_brief_out(struct screen *s, const struct pack *p)
{
    struct conform_totals t = VEC_INIT(s->r);
    struct err e = {0};
    struct range g = {.last = civil_days(civil_of_us(s->rd.now_us))};
    g.first = g.last - (DAYS_SHOWN - 1);
    g.from = text_of_day(s->r, g.first);
    g.until = text_of_day(s->r, g.last);
    if (conform_totals(&s->rd, p->id, g.from, g.until, &t, &e) != RC_OK)
        screen_broke(s, &e);
    else
        trend_out(s, &g, &t);
}

/* ---- pages ---- */

void page_conform_days(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct conform_totals t = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    const struct pack *p = s.rd.set ? pack_by_id(s.rd.set, req_arg(r, 0)) : NULL;
    struct range g = range_read(&s);
    if (p == NULL)
        (void)!err_set(&e, ERR_HTTP_NOTFOUND, "regulation %s", req_arg(r, 0));
    if (p == NULL || conform_totals(&s.rd, p->id, g.from, g.until, &t, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_fill(r, req_lang(r), MSG("conform-days.title"), pick_lang(req_lang(r), p->title, p->title_en), NULL), "conformity");
    html_el_msg(s.h, E_P, MSG("conform-days.about"));
    range_form(&s, &g, p->id, NULL);
    trend_out(&s, &g, &t);
    totals_table(&s, &g, &t);
    screen_close(&s, g.problem ? 422 : 200);
}

void page_conform_article(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct conform_spans v = VEC_INIT(r);
    const struct article *a = NULL;
    if (!screen_begin(&s, r, ctx))
        return;
    const struct pack *p = s.rd.set ? pack_by_id(s.rd.set, req_arg(r, 0)) : NULL;
    for (size_t i = 0; p != NULL && i < p->article_n; i++)
        if (text_eq(p->article[i].id, req_arg(r, 1)))
            a = &p->article[i];
    struct range g = range_read(&s);
    if (a == NULL)
        (void)!err_set(&e, ERR_HTTP_NOTFOUND, "article %s", req_arg(r, 1));
    if (a == NULL || conform_spans(&s.rd, p->id, a->id, g.from, g.until, &v, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    const char *title = msg_fill(r, req_lang(r), MSG("conform-days.title"), mem_fmt(r, "%s %s", a->id, pick_lang(req_lang(r), a->title, a->title_en)), NULL);
    screen_open(&s, title, "conformity");
    html_open(s.h, E_P);
    html_class(s.h, "tools");
    html_open(s.h, E_A);
    html_href(s.h, page_path("article"), URL_S(p->id), URL_S(a->id));
    html_text(s.h, msg_fill(r, req_lang(r), MSG("regulation.article"), a->id, NULL));
    html_close(s.h, E_A);
    html_close(s.h, E_P);
    html_el_msg(s.h, E_P, MSG("conform-days.about"));
    range_form(&s, &g, p->id, a->id);
    strip_out(&s, &g, &v, msg_fill(r, req_lang(r), MSG("conform-days.strip"), title, NULL));
    spans_table(&s, &v, v.n);
    screen_close(&s, g.problem ? 422 : 200);
}
