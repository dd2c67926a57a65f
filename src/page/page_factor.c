/* The second factor on one's own sign-in page: begun with an app, ended with password and code, recovery codes shown once; and the step at
 * the sign-in that asks for the code. */
#include "page/page_int.h"

static void typed_row(struct screen *s, const char *type, const char *name, const char *label, const char *help, const char *complete)
{
    const struct ui_row row = {.id = name, .label = msg_text(req_lang(s->r), label), .help = help ? msg_text(req_lang(s->r), help) : NULL, .required = true};
    ui_row_open(s->h, &row);
    ui_input_complete(s->h, type, name, complete, &row);
    ui_row_close(s->h, &row);
}

static void go_button(struct screen *s, const char *msg, const char *value)
{
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, msg, value ? "do" : NULL, value, true);
    html_close(s->h, E_DIV);
}

static void problem_out(struct screen *s, const char *problem)
{
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
}

/* ---- the step at the sign-in ---- */

static void code_form(struct screen *s, const char *problem, int status)
{
    screen_open(s, msg_text(req_lang(s->r), MSG("code.title")), "");
    problem_out(s, problem);
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("login.code.post"), "");
    typed_row(s, "text", "code", MSG("code.code"), MSG("code.help"), "one-time-code");
    go_button(s, MSG("login.go"), NULL);
    html_close(s->h, E_FORM);
    screen_close(s, status);
}

void page_login_code(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        code_form(&s, NULL, 200);
}

void page_login_code_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct err e = {0};
    char *token;
    if (session_code(site->core, r, req_cookie(r, "daicho"), req_form(r, "code"), req_addr(r), &token, &e) == RC_OK) {
        resp_cookie(r, "daicho", token, 12 * 3600);
        language_keep(r, site->core, token);
        resp_redirect(r, url_make(r, page_path("home"), NULL, 0));
        return;
    }
    if (e.code == ERR_SESSION) {                          /* too late, or never begun */
        resp_redirect(r, url_make(r, page_path("login"), NULL, 0));
        return;
    }
    if (err_info(e.code)->http >= 500)
        log_err("login.code", req_id(r), &e);
    if (screen_begin(&s, r, ctx))
        code_form(&s, err_say(r, req_lang(r), &e), err_info(e.code)->http);
}

/* ---- begun, renewed, ended ---- */

/* In fours, as one types it. */
static char *spaced(TALLOC_CTX *mem, const char *secret)
{
    struct buf *b = buf_new(mem, 200);
    for (size_t i = 0; secret[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0)
            buf_putc(b, ' ');
        buf_putc(b, secret[i]);
    }
    return b->p;
}

static void enrol_out(struct screen *s, const struct factor *f)
{
    struct factor_new n;
    factor_begin(s->site->core, s->r, &s->user->actor, screen_org(s), req_form(s->r, "ticket"), &n);
    if (f->wanted)
        html_el_msg(s->h, E_P, MSG("factor.wanted"));
    html_el_msg(s->h, E_P, MSG("factor.help"));
    ui_qr(s->h, n.uri, msg_text(req_lang(s->r), MSG("factor.qr")));
    html_el_msg(s->h, E_P, MSG("factor.typed"));
    html_open(s->h, E_P);
    html_open(s->h, E_CODE);
    html_text(s->h, spaced(s->r, n.secret));
    html_close(s->h, E_CODE);
    html_close(s->h, E_P);
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("factor.post"), screen_csrf(s));
    ui_hidden(s->h, "ticket", n.ticket);
    typed_row(s, "text", "code", MSG("factor.code"), MSG("factor.code-help"), "one-time-code");
    typed_row(s, "password", "password", MSG("password.now"), NULL, "current-password");
    go_button(s, MSG("factor.begin"), "confirm");
    html_close(s->h, E_FORM);
}

static void on_out(struct screen *s, const struct factor *f)
{
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("factor.on"), when_text(s->r, f->since), mem_fmt(s->r, "%lld", (long long)f->codes_left), NULL));
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("factor.change")));
    html_el_msg(s->h, E_P, MSG("factor.change-help"));
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("factor.post"), screen_csrf(s));
    typed_row(s, "password", "password", MSG("password.now"), NULL, "current-password");
    typed_row(s, "text", "code", MSG("code.code"), MSG("code.help"), "one-time-code");
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("factor.codes-again"), "do", "codes", true);
    ui_button(s->h, MSG("factor.off"), "do", "off", false);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
}

static void factor_page(struct screen *s, const char *problem)
{
    struct factor f;
    struct err e = {0};
    if (factor_of(&s->rd, s->user->session->person, &f, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    screen_open(s, msg_text(req_lang(s->r), MSG("factor.title")), "settings");
    problem_out(s, problem);
    if (f.on)
        on_out(s, &f);
    else
        enrol_out(s, &f);
    screen_close(s, problem ? 422 : 200);
}

void page_factor(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        factor_page(&s, NULL);
}

/* Once, and never again. */
static void codes_page(struct screen *s, char *const code[RECOVERY_N])
{
    screen_open(s, msg_text(req_lang(s->r), MSG("factor.codes")), "settings");
    html_el_msg(s->h, E_P, MSG("factor.codes-help"));
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("factor.codes-of"), screen_org(s), s->user->session->name, NULL));
    html_open(s->h, E_OL);
    html_class(s->h, "codes");
    for (size_t i = 0; i < RECOVERY_N; i++) {
        html_open(s->h, E_LI);
        html_el(s->h, E_CODE, code[i]);
        html_close(s->h, E_LI);
    }
    html_close(s->h, E_OL);
    html_open(s->h, E_P);
    html_class(s->h, "actions");
    html_open(s->h, E_BUTTON);
    html_attr(s->h, A_TYPE, "button");
    html_attr(s->h, A_DATA_PRINT, "");
    html_msg(s->h, MSG("factor.print"));
    html_close(s->h, E_BUTTON);
    page_link0(s->h, MSG("factor.kept"), "account");
    html_close(s->h, E_P);
    screen_close(s, 200);
}

void page_factor_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct err e = {0};
    char *code[RECOVERY_N];
    const struct proof p = {req_form(r, "password"), req_form(r, "code"), req_addr(r)};
    const struct actor *a = &page_user(r)->actor;
    const char *what = req_form(r, "do");
    bool off = text_eq(what, "off"), again = text_eq(what, "codes");
    enum rc rc = off ? factor_off(site->core, r, a, &p, &e) : again ? factor_codes(site->core, r, a, &p, code, &e)
                                                                    : factor_confirm(site->core, r, a, req_form(r, "ticket"), &p, code, &e);
    if (err_info(e.code)->http >= 500)
        log_err("factor", req_id(r), &e);
    if (!screen_begin(&s, r, ctx))
        return;
    if (rc != RC_OK)
        factor_page(&s, err_say(r, req_lang(r), &e));
    else if (off)
        screen_go(&s, "account", 0, "done.factor-off");
    else
        codes_page(&s, code);
}
