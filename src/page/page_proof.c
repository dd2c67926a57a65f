/* Who is there? Asked again before administration, exports and (by a setting) approvals when the last proof is too old. What was typed is
 * carried along: the same request is sent again with the proof, and the gate takes the proof before the handler sees it. */
#include "page/env.h"

/* Of this page, not of the request that it carries. */
static bool own_field(const char *name) { return strcmp(name, "csrf") == 0 || strncmp(name, "proof_", 6) == 0; }

static void hidden_rest(struct screen *s)
{
    for (size_t i = 0; i < req_form_n(s->r); i++) {
        const struct req_param *p = req_form_at(s->r, i);
        if (!own_field(p->name))
            ui_hidden(s->h, p->name, p->value);
    }
}

static void hidden_query(struct screen *s)
{
    ui_hidden(s->h, "proof_form", req_arg(s->r, 0));
    for (size_t i = 0; i < req_query_n(s->r); i++)
        ui_hidden(s->h, req_query_at(s->r, i)->name, req_query_at(s->r, i)->value);
}

static void ask_out(struct screen *s)
{
    const struct ui_row password = {.id = "proof_password", .label = msg_text(req_lang(s->r), MSG("password.now")), .required = false};
    const struct ui_row code = {.id = "proof_code", .label = msg_text(req_lang(s->r), MSG("proof.code")), .required = false};
    ui_row_open(s->h, &password);
    ui_input_complete(s->h, "password", "proof_password", "current-password", &password);
    ui_row_close(s->h, &password);
    ui_row_open(s->h, &code);
    ui_input_complete(s->h, "text", "proof_code", "one-time-code", &code);
    ui_row_close(s->h, &code);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("proof.go"), NULL, NULL, true);
    html_close(s->h, E_DIV);
}

void proof_page(struct req *r, void *ctx, const struct err *refused)
{
    struct screen s;
    bool get = req_method(r) == METHOD_GET;
    const struct route_path same = {req_path(r)};
    if (!screen_begin(&s, r, ctx))
        return;
    screen_open(&s, msg_text(req_lang(r), MSG("proof.title")), "");
    if (refused != NULL)
        ui_problems(s.h, &(struct ui_problem){"proof_password", err_say(r, req_lang(r), refused)}, 1);
    html_el_msg(s.h, E_P, MSG("proof.help"));
    html_open(s.h, E_FORM);
    html_action0(s.h, get ? page_path("proof.post") : &same, screen_csrf(&s));
    if (get)
        hidden_query(&s);
    else
        hidden_rest(&s);
    const char *files = get ? NULL : uploads_keep(r, s.site, s.h);
    if (files != NULL) {
        html_open(s.h, E_P);
        html_text(s.h, msg_fill(r, req_lang(r), MSG("proof.files"), files, NULL));
        html_close(s.h, E_P);
    }
    ask_out(&s);
    html_close(s.h, E_FORM);
    oidc_proof_out(&s);
    screen_close(&s, refused ? err_info(refused->code)->http : 403);
}

bool proof_first(struct screen *s, const struct form *f)
{
    struct err e = {0};
    if (!f->proof || proof_fresh(s->rd.set, &s->rd.actor, s->rd.now_us, &e) == RC_OK)
        return false;
    struct req *r = s->r;
    void *ctx = s->site;
    screen_end(s);
    proof_page(r, ctx, NULL);
    return true;
}

/* An export was asked for: proved by the gate by now, so it goes on. */
void page_proof_post(struct req *r, void *ctx)
{
    struct url_arg *arg = mem_array(r, struct url_arg, req_form_n(r) + 1);
    size_t n = 0;
    const char *form = req_form(r, "proof_form");
    (void)ctx;
    if (form == NULL || form[0] == '\0') {
        resp_redirect(r, url_make(r, page_path("home"), NULL, 0));
        return;
    }
    arg[n++] = URL_S(form);
    for (size_t i = 0; i < req_form_n(r); i++) {
        const struct req_param *p = req_form_at(r, i);
        if (!own_field(p->name))
            arg[n++] = URL_Q(p->name, p->value);
    }
    resp_redirect(r, url_make(r, page_path("csv"), arg, n));
}
