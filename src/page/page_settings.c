/* 設定: the adopted regulations with their versions, words and coverage, posts, sign-ins; a change makes a new pack set, an earlier one can be
 * brought back as a new set. Everybody may look; the administrator changes. */
#include "page/adopt.h"
#include "page/regulation.h"

#define SETS_SHOWN 20

static void link_out(struct screen *s, const char *route, const char *arg, const char *msg)
{
    html_open(s->h, E_LI);
    html_open(s->h, E_A);
    if (arg != NULL)
        html_href(s->h, page_path(route), URL_S(arg));
    else
        html_href0(s->h, page_path(route));
    html_msg(s->h, msg);
    html_close(s->h, E_A);
    html_close(s->h, E_LI);
}

static void restart_tick(struct screen *s)
{
    const struct ui_opt restart = {"1", msg_text(req_lang(s->r), MSG("settings.restart")), text_eq(req_form(s->r, "restart"), "1")};
    ui_checks(s->h, "checkbox", "restart", &restart, 1, NULL);
}

static void post_button(struct screen *s, const char *act, const char *value, const char *msg)
{
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("settings.post"), screen_csrf(s));
    ui_hidden(s->h, "set", value);
    restart_tick(s);
    ui_button(s->h, msg, "do", act, false);
    html_close(s->h, E_FORM);
}

static void packs_out(struct screen *s)
{
    const char *const label[] = {msg_text(req_lang(s->r), MSG("settings.pack")), msg_text(req_lang(s->r), MSG("settings.version")), msg_text(req_lang(s->r), MSG("settings.source")),
                                 msg_text(req_lang(s->r), MSG("people.what"))};
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("settings.packs")));
    ui_table_open(s->h, label[0]);
    ui_table_head(s->h, label, 4);
    for (size_t i = 0; s->rd.set != NULL && i < s->rd.set->pack_n; i++) {
        const struct pack *p = &s->rd.set->pack[i];
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, pick_lang(req_lang(s->r), p->title, p->title_en));
        html_el(s->h, E_TD, p->version ? p->version : "");
        html_el(s->h, E_TD, p->source ? p->source : "");
        html_open(s->h, E_TD);
        carries_out(s, s->rd.set, p, MSG("settings.carries"));
        html_open(s->h, E_UL);
        if (p->article_n > 0)
            link_out(s, "regulation", p->id, MSG("regulation.read"));
        link_out(s, "words", p->id, MSG("settings.words"));
        if (p->duty_n > 0 || p->demands > 0)
            link_out(s, "coverage", p->id, MSG("settings.coverage"));
        html_close(s->h, E_UL);
        html_close(s->h, E_TD);
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
    if (!screen_may(s, PERMIT_ADMIN, NULL, NULL))
        return;
    html_open(s->h, E_UL);
    html_class(s->h, "forms");
    link_out(s, "adopt", NULL, MSG("adopt.title"));
    html_close(s->h, E_UL);
    post_button(s, "adopt", "0", MSG("settings.reread"));
}

static void sets_out(struct screen *s)
{
    const char *const label[] = {msg_text(req_lang(s->r), MSG("col.number")), msg_text(req_lang(s->r), MSG("col.when")), msg_text(req_lang(s->r), MSG("col.who")),
                                 msg_text(req_lang(s->r), MSG("people.what"))};
    struct q_pack_set_list_rows v;
    struct err e = {0};
    if (q_pack_set_list(s->rd.db, s->r, SETS_SHOWN, &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("settings.sets")));
    html_el_msg(s->h, E_P, MSG("settings.sets-help"));
    ui_table_open(s->h, msg_text(req_lang(s->r), MSG("settings.sets")));
    ui_table_head(s->h, label, 4);
    for (size_t i = 0; i < v.n; i++) {
        bool now = s->rd.set != NULL && v.v[i].id == s->rd.set->id;
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, mem_fmt(s->r, "%lld", (long long)v.v[i].id));
        html_el(s->h, E_TD, when_text(s->r, v.v[i].at));
        html_el(s->h, E_TD, person_name(s->rd.db, s->r, v.v[i].actor));
        html_open(s->h, E_TD);
        if (now)
            ui_badge(s->h, UI_GOOD, msg_text(req_lang(s->r), MSG("settings.now")));
        else if (screen_may(s, PERMIT_ADMIN, NULL, NULL))
            post_button(s, "undo", mem_fmt(s->r, "%lld", (long long)v.v[i].id), MSG("settings.undo"));
        html_close(s->h, E_TD);
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static void settings_page(struct screen *s, const char *problem)
{
    screen_open(s, msg_text(req_lang(s->r), MSG("nav.settings")), "settings");
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
    html_open(s->h, E_UL);
    html_class(s->h, "forms");
    link_out(s, "list", "organization", MSG("settings.organization"));
    link_out(s, "list", "person", MSG("settings.people"));
    link_out(s, "list", "department", MSG("settings.departments"));
    link_out(s, "list", "assignment", MSG("settings.assignments"));
    if (screen_may(s, PERMIT_ADMIN, NULL, NULL))
        link_out(s, "people", NULL, MSG("people.title"));
    link_out(s, "account", NULL, MSG("account.title"));
    html_close(s->h, E_UL);
    packs_out(s);
    roles_out(s);
    sets_out(s);
    screen_close(s, problem ? 422 : 200);
}

void page_settings(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        settings_page(&s, NULL);
}

static void settings_command(struct screen *s, const char *command, const struct json *args, const char *route, const char *arg)
{
    struct answer *a;
    struct site *site = s->site;
    struct req *r = s->r;
    screen_end(s);
    core_command(site->core, r, &s->user->actor, command, args, NULL, &a);
    if (a->rc == RC_OK) {
        const struct url_arg with[] = {URL_S(arg), URL_Q("done", "done.settings")}, without[] = {URL_Q("done", "done.settings")};
        resp_redirect(r, url_make(r, page_path(route), arg ? with : without, arg ? 2 : 1));
        return;
    }
    if (!screen_begin(s, r, site))
        return;
    const char *why = err_say(r, req_lang(r), &a->err);
    if (arg != NULL)
        words_page(s, pack_by_id(s->rd.set, arg), &(struct ui_problem){NULL, why}, 1);
    else
        settings_page(s, why);
}

/* Only who administrates sends these, whatever is in them; the commands ask again. */
static bool admin_begin(struct screen *s, struct req *r, void *ctx)
{
    const struct grant *g;
    struct err e = {0};
    if (!screen_begin(s, r, ctx))
        return false;
    if (perm_check(s->rd.db, r, s->rd.set, &s->rd.actor, PERMIT_ADMIN, NULL, NULL, s->rd.today, &g, &e) == RC_OK)
        return true;
    screen_fail(s, &e);
    return false;
}

void page_settings_post(struct req *r, void *ctx)
{
    struct screen s;
    int64_t set = 0;
    struct json *args = json_obj(r), *adopt;
    if (!admin_begin(&s, r, ctx))
        return;
    if (req_form(r, "set") != NULL && !str_to_i64(str_of(req_form(r, "set")), &set))
        set = 0;
    json_set_bool(args, "restart", text_eq(req_form(r, "restart"), "1"));
    if (text_eq(req_form(r, "do"), "undo")) {
        json_set_i64(args, "set", set);
        settings_command(&s, "set.undo", args, "settings", NULL);
        return;
    }
    adopt = json_set_arr(args, "adopt");
    for (size_t i = 0; s.rd.set != NULL && i < s.rd.set->pack_n; i++)
        json_add_str(adopt, s.rd.set->pack[i].id);
    settings_command(&s, "set.adopt", args, "settings", NULL);
}

/* ---- words of one regulation ---- */

void words_page(struct screen *s, const struct pack *p, const struct ui_problem *problem, size_t n)
{
    struct err e = {0};
    if (p == NULL) {
        (void)!err_set(&e, ERR_HTTP_NOTFOUND, "pack");
        screen_fail(s, &e);
        return;
    }
    screen_open(s, msg_fill(s->r, req_lang(s->r), MSG("settings.words-of"), pick_lang(req_lang(s->r), p->title, p->title_en), NULL), "settings");
    ui_problems(s->h, problem, n);
    html_el_msg(s->h, E_P, screen_may(s, PERMIT_ADMIN, NULL, NULL) ? MSG("settings.words-help") : MSG("settings.words-look"));
    html_open(s->h, E_FORM);
    html_attr(s->h, A_NOVALIDATE, "");
    html_action(s->h, page_path("words.post"), screen_csrf(s), URL_S(p->id));
    words_form(s, p, 2);
    if (screen_may(s, PERMIT_ADMIN, NULL, NULL)) {
        restart_tick(s);
        html_open(s->h, E_DIV);
        html_class(s->h, "actions");
        ui_button(s->h, MSG("settings.save"), NULL, NULL, true);
        html_close(s->h, E_DIV);
    }
    html_close(s->h, E_FORM);
    screen_close(s, n ? 422 : 200);
}

void page_words(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        words_page(&s, pack_by_id(s.rd.set, req_arg(r, 0)), NULL, 0);
}

void page_words_post(struct req *r, void *ctx)
{
    struct screen s;
    struct json *args = json_obj(r);
    if (!admin_begin(&s, r, ctx))
        return;
    struct json *settings = words_read(r, s.rd.set);
    struct ui_problem bad[20];
    size_t n = words_check(&s, settings, bad, ARRAY_N(bad));
    if (n == 0 && json_n(settings) == 0)
        bad[n++] = (struct ui_problem){NULL, msg_text(req_lang(r), MSG("settings.nothing"))};
    if (n > 0) {
        words_page(&s, pack_by_id(s.rd.set, req_arg(r, 0)), bad, n);
        return;
    }
    json_set(args, "settings", settings);
    json_set_bool(args, "restart", text_eq(req_form(r, "restart"), "1"));
    settings_command(&s, "set.settings", args, "words", req_arg(r, 0));
}

/* ---- coverage ---- */

static void coverage_row(struct screen *s, const struct cover_row *c)
{
    html_open(s->h, E_TR);
    html_el(s->h, E_TD, c->article);
    html_el(s->h, E_TD, c->key);
    html_open(s->h, E_TD);
    html_text(s->h, pick_lang(req_lang(s->r), c->duty->must, c->duty->must_en));
    if (c->weaker_because != NULL) {
        html_open(s->h, E_SMALL);
        html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("article.weaker"), c->weaker_because, NULL));
        html_close(s->h, E_SMALL);
    }
    html_close(s->h, E_TD);
    html_el(s->h, E_TD, strength_label(req_lang(s->r), c->demanded));
    html_open(s->h, E_TD);
    ui_badge(s->h, !c->carried ? UI_BAD : c->strength >= c->demanded ? UI_GOOD : UI_WARN, c->carried ? strength_label(req_lang(s->r), c->strength) : msg_text(req_lang(s->r), MSG("strength.none")));
    html_close(s->h, E_TD);
    html_el(s->h, E_TD, c->by ? c->by : "");
    html_close(s->h, E_TR);
}

void page_coverage(struct req *r, void *ctx)
{
    static const char *const keys[] = {MSG("col.article"), MSG("col.duty"), MSG("article.must"), MSG("coverage.demanded"), MSG("article.how"), MSG("coverage.by")};
    struct screen s;
    struct cover_vec rows;
    struct err e = {0};
    size_t full = 0, carried = 0;
    if (!screen_begin(&s, r, ctx))
        return;
    const struct pack *p = pack_by_id(s.rd.set, req_arg(r, 0));
    if (p == NULL) {
        (void)!err_set(&e, ERR_HTTP_NOTFOUND, "pack");
        screen_fail(&s, &e);
        return;
    }
    coverage_carried(r, s.rd.set, p->id, NULL, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        carried += rows.v[i].carried;
        full += rows.v[i].carried && rows.v[i].strength >= rows.v[i].demanded;
    }
    screen_open(&s, msg_fill(r, req_lang(r), MSG("coverage.title"), pick_lang(req_lang(r), p->title, p->title_en), NULL), "settings");
    html_el(s.h, E_P, msg_fill(r, req_lang(r), MSG("coverage.sum"), mem_fmt(r, "%zu", rows.n), mem_fmt(r, "%zu", carried), mem_fmt(r, "%zu", full), NULL));
    carries_out(&s, s.rd.set, p, MSG("coverage.demands"));
    coverage_totals(&s, p, &rows);
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("coverage.each")));
    screen_table(&s, keys[1], keys, ARRAY_N(keys));
    for (size_t i = 0; i < rows.n; i++)
        coverage_row(&s, &rows.v[i]);
    ui_table_close(s.h);
    screen_close(&s, 200);
}
