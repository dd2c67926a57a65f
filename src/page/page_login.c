/* Sign-in, sign-out, password. */
#include "page/page_int.h"

void login_page(struct screen *s, const char *problem, const char *login, int status)
{
    const struct ui_row user = {.id = "login", .label = msg_text(req_lang(s->r), MSG("login.login")), .required = true};
    const struct ui_row pass = {.id = "password", .label = msg_text(req_lang(s->r), MSG("login.password")), .required = true};
    screen_open(s, msg_text(req_lang(s->r), MSG("login.title")), "");
    if (problem != NULL) {
        const struct ui_problem p = {"login", problem};
        ui_problems(s->h, &p, 1);
    }
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("login.post"), "");
    ui_row_open(s->h, &user);
    ui_input(s->h, "text", "login", login, &user);
    ui_row_close(s->h, &user);
    ui_row_open(s->h, &pass);
    ui_input(s->h, "password", "password", NULL, &pass);
    ui_row_close(s->h, &pass);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("login.go"), NULL, NULL, true);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
    oidc_login_out(s);
    screen_close(s, status);
}

void page_login(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    if (core_setup_open(site->core)) {
        resp_redirect(r, url_make(r, page_path("setup"), NULL, 0));
        return;
    }
    if (screen_begin(&s, r, ctx))
        login_page(&s, NULL, NULL, 200);
}

void page_login_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct err e = {0};
    char *token;
    bool half;
    const char *login = req_form(r, "login");
    const struct sign_in how = {.login = login, .password = req_form(r, "password"), .addr = req_addr(r), .agent = req_header(r, "User-Agent")};
    if (session_login(site->core, r, &how, &token, &half, &e) == RC_OK) {
        resp_cookie(r, "daicho", token, half ? 300 : 12 * 3600);
        if (half) {
            resp_redirect(r, url_make(r, page_path("login.code"), NULL, 0));
            return;
        }
        language_keep(r, site->core, token);
        resp_redirect(r, url_make(r, page_path("home"), NULL, 0));
        return;
    }
    if (err_info(e.code)->http >= 500)
        log_err("login", req_id(r), &e);
    const char *why = err_say(r, req_lang(r), &e);
    if (err_info(e.code)->http >= 500)
        why = mem_fmt(r, "%s %s", why, msg_fill(r, req_lang(r), MSG("login.reference"), req_id(r), NULL));
    if (screen_begin(&s, r, ctx))
        login_page(&s, why, login, err_info(e.code)->http);
}

void page_logout_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct err e = {0};
    const char *token = req_cookie(r, "daicho");
    if (token != NULL && session_logout(site->core, token, &e) != RC_OK)
        log_err("logout", req_id(r), &e);
    resp_cookie(r, "daicho", "", 0);
    resp_header(r, "Clear-Site-Data", "\"cache\", \"storage\"");
    resp_redirect(r, url_make(r, page_path("login"), NULL, 0));
}

static void password_form(struct screen *s, const char *problem)
{
    static const struct { const char *name, *msg; } rows[] = {{"now", MSG("password.now")}, {"next", MSG("password.next")}, {"again", MSG("password.again")}};
    screen_open(s, msg_text(req_lang(s->r), MSG("password.title")), "settings");
    if (problem != NULL) {
        const struct ui_problem p = {"next", problem};
        ui_problems(s->h, &p, 1);
    }
    html_el_msg(s->h, E_P, MSG("password.help"));
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("password.post"), screen_csrf(s));
    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        const struct ui_row row = {.id = rows[i].name, .label = msg_text(req_lang(s->r), rows[i].msg), .required = true};
        ui_row_open(s->h, &row);
        ui_input(s->h, "password", rows[i].name, NULL, &row);
        ui_row_close(s->h, &row);
    }
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("password.go"), NULL, NULL, true);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
    screen_close(s, problem ? 422 : 200);
}

void page_password(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        password_form(&s, NULL);
}

static enum rc password_asked(struct screen *s, const char **ret_why, struct err *e)
{
    const char *now = req_form(s->r, "now"), *next = req_form(s->r, "next"), *again = req_form(s->r, "again");
    char *why;
    if (next == NULL || again == NULL || strcmp(next, again) != 0) {
        *ret_why = msg_text(req_lang(s->r), MSG("password.differ"));
        return err_set(e, ERR_PASSWORD_WEAK, "differ");
    }
    screen_end(s);
    enum rc rc = password_change(s->site->core, s->r, s->user->session, now ? now : "", next, req_addr(s->r), &why, e);
    *ret_why = why;
    return rc;
}

void page_password_post(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    const char *why = NULL;
    if (!screen_begin(&s, r, ctx))
        return;
    if (password_asked(&s, &why, &e) == RC_OK) {
        resp_redirect(r, url_make(r, page_path("login"), NULL, 0));
        return;
    }
    if (err_info(e.code)->http >= 500)
        log_err("password", req_id(r), &e);
    if (s.reading || screen_begin(&s, r, ctx))
        password_form(&s, why ? why : err_say(r, req_lang(r), &e));
}
