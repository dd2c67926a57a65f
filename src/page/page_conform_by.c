/* 適合状況のまとめ: how the articles stand by regulation and chapter, what is violated by department, and whose tasks the violations are. */
#include "page/regulation.h"

#define ROWS_SHOWN 100

struct part { const struct pack *p; const char *chapter; int64_t n[VERDICT_NONE + 1]; };
VEC_TYPE(part_vec, struct part);

static const char *number(struct screen *s, int64_t n) { return n ? mem_fmt(s->r, "%lld", (long long)n) : ""; }

static void part_row(struct screen *s, const struct part *x, bool whole)
{
    static const int order[] = {VERDICT_BAD, VERDICT_UNKNOWN, VERDICT_EXCEPTED, VERDICT_OK, VERDICT_NONE};
    html_open(s->h, E_TR);
    if (whole)
        html_class(s->h, "part");
    html_open(s->h, whole ? E_TH : E_TD);
    if (whole)
        html_attr(s->h, A_SCOPE, "row");
    html_text(s->h, whole ? pick_lang(req_lang(s->r), x->p->title, x->p->title_en) : x->chapter);
    html_close(s->h, whole ? E_TH : E_TD);
    for (size_t i = 0; i < ARRAY_N(order); i++)
        html_el(s->h, E_TD, number(s, x->n[order[i]]));
    html_close(s->h, E_TR);
}

/* A line for the whole regulation, then one a chapter. */
static void pack_rows(struct screen *s, const struct pack *p)
{
    struct article_states st = VEC_INIT(s->r);
    struct part_vec chapters = VEC_INIT(s->r);
    struct part all = {.p = p};
    struct err e = {0};
    int64_t as_of;
    if (conformity(&s->rd, p->id, &st, &as_of, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    for (size_t i = 0; i < st.n; i++) {
        const char *c = pack_chapter(p, st.v[i].article);
        if (chapters.n == 0 || !text_eq(chapters.v[chapters.n - 1].chapter, c))
            *vec_push(&chapters) = (struct part){.p = p, .chapter = c};
        chapters.v[chapters.n - 1].n[st.v[i].state]++;
        all.n[st.v[i].state]++;
    }
    part_row(s, &all, true);
    for (size_t i = 0; i < chapters.n; i++)
        if (chapters.v[i].chapter[0] != '\0')
            part_row(s, &chapters.v[i], false);
}

static void name_cell(struct screen *s, const struct conform_by *b, const char *nobody)
{
    html_open(s->h, E_TD);
    if (b->id != 0)
        record_link(s->h, b->id, b->name);
    else
        html_msg(s->h, nobody);
    html_close(s->h, E_TD);
}

static void more_out(struct screen *s, bool more, size_t n)
{
    if (more)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("conform-by.more"), mem_fmt(s->r, "%d", CONFORM_OPEN_MAX), NULL));
    if (n > ROWS_SHOWN)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("conform-by.shown"), mem_fmt(s->r, "%d", ROWS_SHOWN), mem_fmt(s->r, "%zu", n), NULL));
}

static void departments_out(struct screen *s)
{
    static const char *const keys[] = {MSG("conform-by.department-name"), MSG("verdict.bad-n"), MSG("verdict.unknown-n"), MSG("verdict.excepted"), MSG("conform-by.oldest")};
    struct conform_bys v = VEC_INIT(s->r);
    struct err e = {0};
    bool more;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("conform-by.department")));
    if (conform_by_department(&s->rd, &v, &more, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (v.n == 0) {
        html_el_msg(s->h, E_P, MSG("conform-by.none"));
        return;
    }
    screen_table(s, MSG("conform-by.department"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v.n && i < ROWS_SHOWN; i++) {
        html_open(s->h, E_TR);
        name_cell(s, &v.v[i], MSG("conform-by.no-department"));
        html_el(s->h, E_TD, number(s, v.v[i].bad_n));
        html_el(s->h, E_TD, number(s, v.v[i].unknown_n));
        html_el(s->h, E_TD, number(s, v.v[i].excepted_n));
        html_el(s->h, E_TD, v.v[i].oldest_us ? when_text(s->r, v.v[i].oldest_us) : "");
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
    more_out(s, more, v.n);
}

static void people_out(struct screen *s)
{
    static const char *const keys[] = {MSG("conform-by.who"), MSG("conform-by.tasks"), MSG("conform-by.oldest")};
    struct conform_bys v = VEC_INIT(s->r);
    struct err e = {0};
    bool more;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("conform-by.person")));
    if (conform_by_person(&s->rd, &v, &more, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (!screen_may(s, PERMIT_READ_ALL, NULL, NULL))
        html_el_msg(s->h, E_P, MSG("conform-by.own"));
    if (v.n == 0) {
        html_el_msg(s->h, E_P, MSG("conform-by.no-task"));
        return;
    }
    screen_table(s, MSG("conform-by.person"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v.n && i < ROWS_SHOWN; i++) {
        html_open(s->h, E_TR);
        name_cell(s, &v.v[i], MSG("conform-by.vacant"));
        html_el(s->h, E_TD, number(s, v.v[i].bad_n));
        html_el(s->h, E_TD, when_text(s->r, v.v[i].oldest_us));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
    more_out(s, more, v.n);
}

void page_conform_by(struct req *r, void *ctx)
{
    static const char *const keys[] = {MSG("conform-by.part"), MSG("verdict.bad"), MSG("verdict.unknown"), MSG("verdict.excepted"), MSG("verdict.ok"), MSG("verdict.none")};
    struct screen s;
    if (!screen_begin(&s, r, ctx))
        return;
    screen_open(&s, msg_text(req_lang(r), MSG("conform-by.title")), "conformity");
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("conform-by.parts")));
    screen_table(&s, MSG("conform-by.parts"), keys, ARRAY_N(keys));
    for (size_t i = 0; s.rd.set != NULL && i < s.rd.set->pack_n; i++)
        if (s.rd.set->pack[i].article_n > 0)
            pack_rows(&s, &s.rd.set->pack[i]);
    ui_table_close(s.h);
    departments_out(&s);
    people_out(&s);
    screen_close(&s, 200);
}
