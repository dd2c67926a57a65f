/* 設定: the organisation, who holds which role, the regulations in force with what carries their duties, the words and figures. Everybody may
 * look; only the administrator changes, through the writer's command, and a refusal is shown in place with what was typed. */
#include "page/settings.h"

#define HOLDERS_SHOWN 8

const char *settings_text(const struct settings *t, const char *key) { return msg_text(req_lang(t->s.r), key); }

void settings_trouble(struct settings *t, const char *field_id, const char *text)
{
    struct ui_problem *p = mem_array(t->s.r, struct ui_problem, t->problem_n + 1);
    if (t->problem_n > 0)
        memcpy(p, t->problem, t->problem_n * sizeof *p);
    p[t->problem_n++] = (struct ui_problem){field_id, text};
    t->problem = p;
}

static void tab(struct settings *t, const char *view, const char *pack, const char *text, bool here)
{
    const struct url_arg to[] = {URL_Q("view", view), URL_Q("pack", pack)};
    html_open(t->s.h, E_A);
    html_href_local(t->s.h, url_make(t->s.r, page_path("settings"), to, ARRAY_N(to)));
    if (here)
        html_attr(t->s.h, A_ARIA_CURRENT, "page");
    html_text(t->s.h, text);
    html_close(t->s.h, E_A);
}

void settings_open(struct settings *t, const char *view)
{
    struct html *h;
    const char *pack = req_query(t->s.r, "pack") ? req_query(t->s.r, "pack") : req_form(t->s.r, "pack");
    screen_open(&t->s, settings_text(t, MSG("nav.settings")), "settings");
    h = t->s.h;
    html_open(h, E_NAV);
    html_class(h, "tabs");
    html_attr(h, A_ARIA_LABEL, settings_text(t, MSG("nav.settings")));
    tab(t, NULL, NULL, settings_text(t, MSG("settings.overview")), strcmp(view, "overview") == 0);
    for (size_t i = 0; i < t->s.rd.set->pack_n; i++) {
        const struct pack *p = &t->s.rd.set->pack[i];
        const char *name = pick_lang(req_lang(t->s.r), p->title, p->title_en);
        bool mine = text_eq(pack, p->id);
        if (p->param_n + p->choice_n > 0)
            tab(t, "words", p->id, msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.words-of"), name, NULL), mine && strcmp(view, "words") == 0);
        if (p->duty_n > 0)
            tab(t, "coverage", p->id, msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.coverage-of"), name, NULL), mine && strcmp(view, "coverage") == 0);
    }
    if (t->admin) {
        html_open(h, E_A);
        html_href0(h, page_path("people"));
        html_msg(h, MSG("people.title"));
        html_close(h, E_A);
    }
    html_close(h, E_NAV);
    ui_problems(h, t->problem, t->problem_n < 20 ? t->problem_n : 20);
}

void settings_close(struct settings *t) { screen_close(&t->s, t->problem_n > 0 ? 422 : 200); }

/* ---- overview ---- */

static void link_to(struct settings *t, const char *route, const char *arg, const char *text)
{
    html_open(t->s.h, E_A);
    html_class(t->s.h, "btn");
    html_href_(t->s.h, page_path(route), (const struct url_arg[]){URL_S(arg)}, 1);
    html_text(t->s.h, text);
    html_close(t->s.h, E_A);
}

static enum rc organisation(struct settings *t, struct err *e)
{
    struct screen *s = &t->s;
    const struct form *f = pack_form(s->rd.set, "organization");
    struct list_query q = {.table = f ? form_table(s->r, f) : NULL, .cols = (const char *const[]){"record"}, .cols_n = 1, .limit = 1};
    struct db_rows *rows;
    struct record rec;
    struct content *c;
    size_t erased;
    bool more;
    ui_heading(s->h, 2, settings_text(t, MSG("settings.organization")));
    if (f == NULL)
        return RC_OK;
    TRY(db_list(s->rd.db, s->r, &q, &rows, e));
    TRY(db_next(rows, &more, e));
    int64_t id = more ? db_i64(rows, 0) : 0;
    db_rows_end(rows);
    if (id == 0)
        return RC_OK;
    TRY(record_get(s->rd.db, s->r, s->rd.set, id, &rec, e));
    TRY(revision_content(s->rd.db, s->r, rec.force_rev, &c, &erased, e));
    ui_kv_open(s->h);
    for (size_t i = 0; i < f->field_n; i++) {
        const char *v = field_is_child(&f->field[i]) ? NULL : content_get(c, f->field[i].path);
        if (v != NULL)
            ui_kv(s->h, pick_lang(req_lang(s->r), f->field[i].label, f->field[i].label_en), value_show(s->r, &f->field[i], v, req_lang(s->r)));
    }
    ui_kv_close(s->h);
    html_open(s->h, E_P);
    html_open(s->h, E_A);
    html_class(s->h, "btn");
    html_href(s->h, page_path("record"), URL_I(id));
    html_msg(s->h, t->admin ? MSG("settings.organization-change") : MSG("settings.organization-see"));
    html_close(s->h, E_A);
    html_close(s->h, E_P);
    return RC_OK;
}

static void packs(struct settings *t)
{
    struct html *h = t->s.h;
    const struct pack_set *set = t->s.rd.set;
    ui_heading(h, 2, settings_text(t, MSG("settings.packs")));
    html_el_msg(h, E_P, MSG("settings.packs-help"));
    for (size_t i = 0; i < set->pack_n; i++) {
        const struct pack *p = &set->pack[i];
        if (p->duty_n == 0)
            continue;
        ui_heading(h, 3, pick_lang(req_lang(t->s.r), p->title, p->title_en));
        ui_kv_open(h);
        ui_kv(h, settings_text(t, MSG("settings.version")), p->version);
        if (p->source != NULL)
            ui_kv(h, settings_text(t, MSG("settings.source")), p->source);
        ui_kv_close(h);
        settings_coverage_totals(t, p);
    }
}

static void holders_cell(struct settings *t, const struct role *r)
{
    struct html *h = t->s.h;
    struct id_vec who = VEC_INIT(t->s.r);
    struct err e = {0};
    html_open(h, E_TD);
    if (r->everyone || r->derived_head) {
        html_msg(h, r->everyone ? MSG("settings.everyone") : MSG("settings.heads"));
    } else if (org_holders_set(t->s.rd.db, t->s.r, t->s.rd.set, r->key, 0, t->s.rd.today, &who, &e) != RC_OK) {
        log_err("settings", req_id(t->s.r), &e);
    } else if (who.n == 0) {
        ui_badge(h, UI_WARN, settings_text(t, MSG("settings.vacant")));
    }
    for (size_t i = 0; i < who.n && i < HOLDERS_SHOWN; i++) {
        html_text(h, i ? "、" : "");
        html_open(h, E_A);
        html_href(h, page_path("record"), URL_I(who.v[i]));
        html_text(h, person_name(t->s.rd.db, t->s.r, who.v[i]));
        html_close(h, E_A);
    }
    if (who.n > HOLDERS_SHOWN)
        html_text(h, msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.and-more"), mem_fmt(t->s.r, "%zu", who.n - HOLDERS_SHOWN), NULL));
    html_close(h, E_TD);
}

static const char *exclusive_text(struct settings *t, const struct role *r)
{
    char *out = mem_strdup(t->s.r, "");
    for (size_t i = 0; i < r->exclusive_n; i++) {
        const struct role *x = pack_role(t->s.rd.set, mem_fmt(t->s.r, "%s:%s", r->pack->id, r->exclusive[i]));
        x = x ? x : pack_role(t->s.rd.set, r->exclusive[i]);
        out = mem_fmt(t->s.r, "%s%s%s", out, out[0] ? "、" : "", x ? pick_lang(req_lang(t->s.r), x->name, x->name_en) : r->exclusive[i]);
    }
    return out;
}

static void roles(struct settings *t)
{
    struct html *h = t->s.h;
    const char *const label[] = {settings_text(t, MSG("settings.role")), settings_text(t, MSG("settings.holders")), settings_text(t, MSG("settings.exclusive"))};
    ui_heading(h, 2, settings_text(t, MSG("settings.roles")));
    html_el_msg(h, E_P, MSG("settings.roles-help"));
    html_open(h, E_P);
    html_class(h, "tools");
    link_to(t, "list", "assignment", settings_text(t, MSG("settings.assignments")));
    if (t->admin)
        link_to(t, "new", "assignment", settings_text(t, MSG("settings.assign")));
    html_close(h, E_P);
    ui_table_open(h, settings_text(t, MSG("settings.roles")));
    ui_table_head(h, label, 3);
    for (size_t i = 0; i < t->s.rd.set->role_n; i++) {
        const struct role *r = &t->s.rd.set->role[i];
        if (r->is != NULL)                                  /* stands there under its core name */
            continue;
        html_open(h, E_TR);
        html_el(h, E_TD, pick_lang(req_lang(t->s.r), r->name, r->name_en));
        holders_cell(t, r);
        html_el(h, E_TD, exclusive_text(t, r));
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static void overview(struct settings *t)
{
    struct err e = {0};
    settings_open(t, "overview");
    if (organisation(t, &e) != RC_OK)
        log_err("settings", req_id(t->s.r), &e);
    packs(t);
    roles(t);
    settings_close(t);
}

/* ---- the two handlers ---- */

static bool begin(struct settings *t, struct req *r, void *ctx)
{
    const struct grant *g;
    struct err e = {0};
    *t = (struct settings){0};
    if (!screen_begin(&t->s, r, ctx))
        return false;
    if (t->s.rd.set == NULL) {
        (void)!err_set(&e, ERR_SETUP_FIRST, "settings");
        screen_fail(&t->s, &e);
        return false;
    }
    t->admin = perm_check(t->s.rd.db, r, t->s.rd.set, &t->s.rd.actor, PERMIT_ADMIN, NULL, NULL, t->s.rd.today, &g, &e) == RC_OK;
    return true;
}

void page_settings(struct req *r, void *ctx)
{
    struct settings t;
    const char *view = req_query(r, "view");
    if (!begin(&t, r, ctx))
        return;
    const struct pack *p = req_query(r, "pack") ? pack_by_id(t.s.rd.set, req_query(r, "pack")) : NULL;
    if (p != NULL && text_eq(view, "words"))
        settings_words(&t, p);
    else if (p != NULL && text_eq(view, "coverage"))
        settings_coverage(&t, p, req_query(r, "chapter"));
    else
        overview(&t);
}

void page_settings_post(struct req *r, void *ctx)
{
    struct settings t;
    struct answer *a;
    struct json *args = json_obj(r), *changed;
    struct err e = {0};
    if (!begin(&t, r, ctx))
        return;
    const struct pack *p = req_form(r, "pack") ? pack_by_id(t.s.rd.set, req_form(r, "pack")) : NULL;
    if (!t.admin || p == NULL) {
        (void)!err_set(&e, t.admin ? ERR_PACK_UNKNOWN : ERR_DENIED, "settings");
        screen_fail(&t.s, &e);
        return;
    }
    const char *id = mem_strdup(r, p->id);
    const struct url_arg to[] = {URL_Q("view", "words"), URL_Q("pack", id), URL_Q("done", "done.settings")};
    changed = settings_words_read(&t, p);
    if (t.problem_n == 0 && json_n(changed) > 0) {
        json_set(args, "settings", changed);
        json_set_bool(args, "restart", req_form(r, "restart") != NULL);
        screen_end(&t.s);
        core_command(t.s.site->core, r, &t.s.user->actor, "set.settings", args, NULL, &a);
        if (a->rc == RC_OK) {
            resp_redirect(r, url_make(r, page_path("settings"), to, ARRAY_N(to)));
            return;
        }
        if (err_info(a->err.code)->http >= 500)
            log_err("settings", req_id(r), &a->err);
        if (!begin(&t, r, ctx))
            return;
        settings_trouble(&t, NULL, msg_fill(r, req_lang(r), err_info(a->err.code)->msg_key, a->err.arg, NULL));
        p = pack_by_id(t.s.rd.set, id);
    }
    if (t.problem_n == 0)
        settings_trouble(&t, NULL, settings_text(&t, MSG("settings.nothing")));
    settings_words(&t, p);
}
