/* One article: its text with the words filled in, what fails now, and its duties with what makes each happen, when next and when last. */
#include "page/env.h"
#include "page/regulation.h"

static const char *who_text(struct screen *s, const struct duty *d)
{
    char *out = mem_strdup(s->r, "");
    for (size_t i = 0; i < d->who_n; i++) {
        const struct role *r = pack_role(s->rd.set, mem_fmt(s->r, "%s:%s", d->pack->id, d->who[i]));
        if (r == NULL)
            r = pack_role(s->rd.set, d->who[i]);
        out = mem_fmt(s->r, "%s%s%s", out, out[0] ? "、" : "", r ? pick_lang(req_lang(s->r), r->name, r->name_en) : d->who[i]);
    }
    return out;
}

const char *strength_label(enum lang lang, enum strength v)
{
    static const char *const keys[S__N] = {MSG("strength.text"), MSG("strength.inform"), MSG("strength.measure"), MSG("strength.check"), MSG("strength.schedule"),
                                           MSG("strength.event"), MSG("strength.flow"), MSG("strength.enforce")};
    return msg_text(lang, keys[v]);
}

static void duty_row(struct screen *s, const struct cover_row *c)
{
    struct html *h = s->h;
    struct q_task_duty_next next;
    struct q_task_duty_last last;
    struct err e = {0};
    html_open(h, E_TR);
    html_el(h, E_TD, c->key);
    html_open(h, E_TD);
    html_text(h, pick_lang(req_lang(s->r), c->duty->must, c->duty->must_en));
    if (c->weaker_because != NULL) {
        html_open(h, E_SMALL);
        html_text(h, msg_fill(s->r, req_lang(s->r), MSG("article.weaker"), c->weaker_because, NULL));
        html_close(h, E_SMALL);
    }
    html_close(h, E_TD);
    html_el(h, E_TD, who_text(s, c->duty));
    html_el(h, E_TD, c->carried ? strength_label(req_lang(s->r), c->strength) : msg_text(req_lang(s->r), MSG("strength.none")));
    if (q_task_duty_next(s->rd.db, s->r, c->key, &next, &e) != RC_OK || q_task_duty_last(s->rd.db, s->r, c->key, &last, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    html_el(h, E_TD, next.due_us_null ? "–" : when_text(s->r, next.due_us));
    html_el(h, E_TD, last.closed_at_null ? "–" : when_text(s->r, last.closed_at));
    html_close(h, E_TR);
}

static void duties_out(struct screen *s, const struct pack *p, const char *article)
{
    static const char *const keys[] = {MSG("col.duty"), MSG("article.must"), MSG("col.who"), MSG("article.how"), MSG("article.next"), MSG("article.last")};
    struct cover_vec rows;
    coverage_carried(s->r, s->rd.set, p->id, article, &rows);
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("article.duties")));
    if (rows.n == 0) {
        html_el_msg(s->h, E_P, MSG("article.none"));
        return;
    }
    screen_table(s, MSG("article.duties"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < rows.n; i++)
        duty_row(s, &rows.v[i]);
    ui_table_close(s->h);
}

static void violators_out(struct screen *s, const struct pack *p, const char *article)
{
    struct violators v = VEC_INIT(s->r);
    struct err e = {0};
    static const char *const keys[] = {MSG("col.about"), MSG("col.check"), MSG("col.state"), MSG("col.since")};
    if (conformity_violators(&s->rd, p->id, article, NULL, 100, &v, &e) != RC_OK)
        screen_broke(s, &e);
    if (v.n == 0)
        return;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("article.violators")));
    screen_table(s, MSG("article.violators"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v.n; i++) {
        const struct check *c = pack_check(s->rd.set, v.v[i].check);
        html_open(s->h, E_TR);
        html_open(s->h, E_TD);
        const char *title = v.v[i].title && v.v[i].title[0] ? v.v[i].title : v.v[i].number;
        if (v.v[i].subject != 0)
            record_link(s->h, v.v[i].subject, title);
        else
            html_text(s->h, title);
        html_close(s->h, E_TD);
        html_open(s->h, E_TD);
        const struct schedule *k = c ? NULL : pack_schedule(s->rd.set, v.v[i].check);
        html_text(s->h, c ? pick_lang(req_lang(s->r), c->label, c->label_en) : k ? pick_lang(req_lang(s->r), k->label, k->label_en) : v.v[i].check);
        if (c && c->text)
            html_el(s->h, E_SMALL, pick_lang(req_lang(s->r), c->text, c->text_en));
        html_close(s->h, E_TD);
        html_open(s->h, E_TD);
        verdict_badge(s, v.v[i].state);
        if (v.v[i].why != NULL) {
            html_open(s->h, E_SMALL);
            html_text(s->h, v.v[i].why);
            html_close(s->h, E_SMALL);
        }
        if (v.v[i].until != NULL)
            html_el(s->h, E_SMALL, msg_fill(s->r, req_lang(s->r), MSG("article.until"), v.v[i].until, NULL));
        html_close(s->h, E_TD);
        html_el(s->h, E_TD, when_text(s->r, v.v[i].since_us));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

void page_article(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    const struct pack *p = pack_by_id(s.rd.set, req_arg(r, 0));
    const struct article *a = NULL;
    for (size_t i = 0; p != NULL && i < p->article_n; i++)
        if (text_eq(p->article[i].id, req_arg(r, 1)))
            a = &p->article[i];
    if (a == NULL) {
        (void)!err_set(&e, ERR_HTTP_NOTFOUND, "article %s", req_arg(r, 1));
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, mem_fmt(r, "%s %s", a->id, pick_lang(req_lang(r), a->title, a->title_en)), "conformity");
    for (size_t i = 0; i < p->para_n; i++)
        if (text_eq(p->para[i].article, a->id) && p->para[i].md[0] != '#')
            regulation_para(&s, p, &p->para[i]);
    violators_out(&s, p, a->id);
    article_days_out(&s, p, a->id);
    duties_out(&s, p, a->id);
    schedules_out(&s, p, a->id);
    screen_close(&s, 200);
}
