/* 設定, what carries the duties of a regulation in force: totals per strength and per chapter, and the table of one chapter. The strength
 * follows from what carries the duty; nothing declares it. */
#include "page/settings.h"

static const char *const strength_keys[S__N] = {MSG("strength.text"), MSG("strength.inform"), MSG("strength.measure"), MSG("strength.check"), MSG("strength.schedule"),
                                                MSG("strength.event"), MSG("strength.flow"), MSG("strength.enforce")};

static const struct article *article_of(const struct pack *p, const char *id)
{
    for (size_t i = 0; i < p->article_n; i++)
        if (text_eq(p->article[i].id, id))
            return &p->article[i];
    return NULL;
}

static const char *chapter_of(const struct pack *p, const char *article)
{
    const struct article *a = article_of(p, article);
    return a && a->chapter ? a->chapter : "";
}

struct total { const char *chapter; size_t duties, carried, weaker, by[S__N]; };
VEC_TYPE(total_vec, struct total);

static struct total *total_at(struct total_vec *v, const char *chapter)
{
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->v[i].chapter, chapter))
            return &v->v[i];
    struct total *n = vec_push(v);
    *n = (struct total){.chapter = chapter};
    return n;
}

static void add(struct total *x, const struct cover_row *c)
{
    x->duties++;
    if (!c->carried)
        return;
    x->carried++;
    x->weaker += c->strength < c->demanded;
    x->by[c->strength]++;
}

static void total_row(struct settings *t, const struct pack *p, const struct total *x, bool link)
{
    struct html *h = t->s.h;
    const struct url_arg to[] = {URL_Q("view", "coverage"), URL_Q("pack", p->id), URL_Q("chapter", x->chapter)};
    html_open(h, E_TR);
    html_open(h, E_TD);
    if (link) {
        html_open(h, E_A);
        html_href_local(h, url_make(t->s.r, page_path("settings"), to, ARRAY_N(to)));
        html_text(h, x->chapter[0] ? x->chapter : settings_text(t, MSG("settings.no-chapter")));
        html_close(h, E_A);
    } else {
        html_msg(h, MSG("settings.total"));
    }
    html_close(h, E_TD);
    const size_t n[] = {x->duties, x->carried, x->weaker};
    for (size_t i = 0; i < ARRAY_N(n) + S__N; i++) {
        html_open(h, E_TD);
        html_class(h, "num");
        html_i64(h, (int64_t)(i < ARRAY_N(n) ? n[i] : x->by[S__N - 1 - (i - ARRAY_N(n))]));
        html_close(h, E_TD);
    }
    html_close(h, E_TR);
}

void settings_coverage_totals(struct settings *t, const struct pack *p)
{
    const char *label[4 + S__N] = {settings_text(t, MSG("settings.chapter")), settings_text(t, MSG("settings.duties")), settings_text(t, MSG("settings.carried")),
                                   settings_text(t, MSG("settings.weaker-n"))};
    struct total_vec v = VEC_INIT(t->s.r);
    struct total all = {.chapter = ""};
    struct cover_vec rows;
    coverage_carried(t->s.r, t->s.rd.set, p->id, NULL, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        add(&all, &rows.v[i]);
        add(total_at(&v, chapter_of(p, rows.v[i].article)), &rows.v[i]);
    }
    for (size_t i = 0; i < S__N; i++)
        label[4 + i] = settings_text(t, strength_keys[S__N - 1 - i]);
    ui_table_open(t->s.h, msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.coverage-of"), pick_lang(req_lang(t->s.r), p->title, p->title_en), NULL));
    ui_table_head(t->s.h, label, ARRAY_N(label));
    total_row(t, p, &all, false);
    for (size_t i = 0; i < v.n; i++)
        total_row(t, p, &v.v[i], true);
    ui_table_close(t->s.h);
}

static void duty_line(struct settings *t, const struct pack *p, const struct cover_row *c)
{
    struct html *h = t->s.h;
    enum lang lang = req_lang(t->s.r);
    html_open(h, E_TR);
    html_open(h, E_TD);
    if (article_of(p, c->article) != NULL) {
        html_open(h, E_A);
        html_href(h, page_path("article"), URL_S(p->id), URL_S(c->article));
        html_text(h, c->article);
        html_close(h, E_A);
    } else {
        html_text(h, c->article);
    }
    html_close(h, E_TD);
    html_open(h, E_TD);
    html_text(h, pick_lang(lang, c->duty->must, c->duty->must_en));
    html_text(h, " ");
    html_open(h, E_SMALL);
    html_text(h, c->key);
    html_close(h, E_SMALL);
    html_close(h, E_TD);
    html_el_msg(h, E_TD, strength_keys[c->demanded]);
    html_open(h, E_TD);
    bool weaker = !c->carried || c->strength < c->demanded;
    ui_badge(h, !c->carried ? UI_BAD : weaker ? UI_WARN : UI_GOOD, settings_text(t, c->carried ? strength_keys[c->strength] : MSG("strength.none")));
    if (c->weaker_because != NULL) {
        html_text(h, " ");
        html_text(h, msg_fill(t->s.r, lang, MSG("article.weaker"), c->weaker_because, NULL));
    }
    html_close(h, E_TD);
    html_el(h, E_TD, c->by ? c->by : "");
    html_close(h, E_TR);
}

/* One chapter at a time: the table stays as long as a chapter is. */
void settings_coverage(struct settings *t, const struct pack *p, const char *chapter)
{
    static const char *const keys[] = {MSG("settings.article"), MSG("article.must"), MSG("settings.demanded"), MSG("article.how"), MSG("settings.by")};
    const char *label[ARRAY_N(keys)];
    struct cover_vec rows;
    settings_open(t, "coverage");
    ui_heading(t->s.h, 2, pick_lang(req_lang(t->s.r), p->title, p->title_en));
    html_el_msg(t->s.h, E_P, MSG("settings.coverage-help"));
    settings_coverage_totals(t, p);
    coverage_carried(t->s.r, t->s.rd.set, p->id, NULL, &rows);
    if (chapter == NULL && rows.n > 0)
        chapter = chapter_of(p, rows.v[0].article);
    for (size_t i = 0; i < ARRAY_N(keys); i++)
        label[i] = settings_text(t, keys[i]);
    ui_heading(t->s.h, 2, chapter && chapter[0] ? chapter : settings_text(t, MSG("settings.no-chapter")));
    ui_table_open(t->s.h, settings_text(t, MSG("article.duties")));
    ui_table_head(t->s.h, label, ARRAY_N(keys));
    for (size_t i = 0; i < rows.n; i++)
        if (text_eq(chapter_of(p, rows.v[i].article), chapter))
            duty_line(t, p, &rows.v[i]);
    ui_table_close(t->s.h);
    settings_close(t);
}
