/* 設定, the roles: who holds which today, which are vacant, which cannot be held together; and the totals of what carries a regulation's duties. */
#include "page/regulation.h"

#define HOLDERS_SHOWN 8

static const char *exclusive_text(struct screen *s, const struct role *r)
{
    char *out = mem_strdup(s->r, "");
    for (size_t i = 0; i < r->exclusive_n; i++) {
        const struct role *x = pack_role(s->rd.set, r->exclusive[i].role);
        const char *name = x ? pick_lang(req_lang(s->r), x->name, x->name_en) : r->exclusive[i].role, *article = r->exclusive[i].article;
        out = mem_fmt(s->r, "%s%s%s", out, out[0] ? "、" : "", article ? msg_fill(s->r, req_lang(s->r), MSG("settings.exclusive-article"), name, article, NULL) : name);
    }
    return out;
}

const struct role *role_spoken(const struct pack_set *set, const struct role *base)
{
    for (size_t i = 0; i < set->role_n; i++)
        if (&set->role[i] != base && set->role[i].is != NULL && pack_role(set, set->role[i].is) == base)
            return &set->role[i];
    return base;
}

static void holders_cell(struct screen *s, const struct role *r, const struct id_vec *who)
{
    struct html *h = s->h;
    html_open(h, E_TD);
    if (r->everyone || r->derived_head)
        html_msg(h, r->everyone ? MSG("settings.everyone") : MSG("settings.heads"));
    else if (who->n == 0)
        ui_badge(h, UI_WARN, msg_text(req_lang(s->r), MSG("settings.vacant")));
    for (size_t i = 0; i < who->n && i < HOLDERS_SHOWN; i++) {
        html_text(h, i ? "、" : "");
        record_link(h, who->v[i], person_name(s->rd.db, s->r, who->v[i]));
    }
    if (who->n > HOLDERS_SHOWN)
        html_text(h, msg_fill(s->r, req_lang(s->r), MSG("settings.and-more"), mem_fmt(s->r, "%zu", who->n - HOLDERS_SHOWN), NULL));
    html_close(h, E_TD);
}

/* Words for people that nothing in the set calls for ("the finder") are shown only when somebody was appointed. */
static void role_row(struct screen *s, const struct role *r)
{
    const struct role *name = role_spoken(s->rd.set, r);
    struct id_vec who = VEC_INIT(s->r);
    struct err e = {0};
    bool derived = r->everyone || r->derived_head;
    if (!derived && org_holders_set(s->rd.db, s->r, s->rd.set, r->key, 0, s->rd.today, &who, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (!derived && who.n == 0 && !role_asked(s->rd.set, r))
        return;
    if (titles_read(s->rd.db, s->r, &who, &e) != RC_OK)
        screen_broke(s, &e);
    html_open(s->h, E_TR);
    html_el(s->h, E_TD, pick_lang(req_lang(s->r), name->name, name->name_en));
    holders_cell(s, r, &who);
    html_el(s->h, E_TD, exclusive_text(s, name->exclusive_n ? name : r));
    html_close(s->h, E_TR);
}

void roles_out(struct screen *s)
{
    static const char *const keys[] = {MSG("settings.role"), MSG("settings.holders"), MSG("settings.exclusive")};
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("settings.roles")));
    html_el_msg(s->h, E_P, MSG("settings.roles-help"));
    if (screen_may(s, PERMIT_READ_ALL, NULL, NULL)) {
        html_open(s->h, E_P);
        page_link0(s->h, MSG("past.roles"), "past.roles");
        html_close(s->h, E_P);
        html_open(s->h, E_P);
        page_link0(s->h, MSG("reach.title"), "permissions");
        html_close(s->h, E_P);
    }
    screen_table(s, MSG("settings.roles"), keys, ARRAY_N(keys));
    for (size_t i = 0; s->rd.set != NULL && i < s->rd.set->role_n; i++)
        if (s->rd.set->role[i].is == NULL)
            role_row(s, &s->rd.set->role[i]);
    ui_table_close(s->h);
}

/* ---- totals of coverage ---- */

struct total { const char *chapter; size_t duties, carried, weaker, by[S__N]; };
VEC_TYPE(total_vec, struct total);

static struct total *total_at(struct total_vec *v, const char *chapter)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->v[i].chapter, chapter) == 0)
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

static void total_row(struct screen *s, const struct total *x, const char *name)
{
    const size_t n[] = {x->duties, x->carried, x->weaker};
    html_open(s->h, E_TR);
    html_el(s->h, E_TD, name);
    for (size_t i = 0; i < ARRAY_N(n) + S__N; i++) {
        html_open(s->h, E_TD);
        html_class(s->h, "num");
        html_i64(s->h, (int64_t)(i < ARRAY_N(n) ? n[i] : x->by[S__N - 1 - (i - ARRAY_N(n))]));
        html_close(s->h, E_TD);
    }
    html_close(s->h, E_TR);
}

void coverage_totals(struct screen *s, const struct pack *p, const struct cover_vec *rows)
{
    static const char *const keys[] = {MSG("settings.chapter"), MSG("settings.duties"), MSG("settings.carried"), MSG("settings.weaker-n")};
    const char *label[ARRAY_N(keys) + S__N];
    struct total_vec v = VEC_INIT(s->r);
    struct total all = {.chapter = ""};
    for (size_t i = 0; i < rows->n; i++) {
        add(&all, &rows->v[i]);
        add(total_at(&v, pack_chapter(p, rows->v[i].article)), &rows->v[i]);
    }
    for (size_t i = 0; i < ARRAY_N(keys); i++)
        label[i] = msg_text(req_lang(s->r), keys[i]);
    for (size_t i = 0; i < S__N; i++)
        label[ARRAY_N(keys) + i] = strength_label(req_lang(s->r), (enum strength)(S__N - 1 - i));
    ui_table_open(s->h, msg_text(req_lang(s->r), MSG("settings.chapter")));
    ui_table_head(s->h, label, ARRAY_N(label));
    for (size_t i = 0; i < v.n; i++)
        total_row(s, &v.v[i], v.v[i].chapter[0] ? v.v[i].chapter : msg_text(req_lang(s->r), MSG("settings.no-chapter")));
    total_row(s, &all, msg_text(req_lang(s->r), MSG("settings.total")));
    ui_table_close(s->h);
}
