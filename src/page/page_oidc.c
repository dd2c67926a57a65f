/* Signing in at the provider of the organisation's accounts: the link on the sign-in page, the way there, the way back; and the same way for whoever is asked
 * who they are within a session. What the way needs is carried by a cookie of this browser alone, which ends with it. */
#include "page/page_int.h"

#define WAY_COOKIE "daicho_oidc"

static void way_link(struct screen *s, const char *label, bool proof)
{
    struct html *h = s->h;
    html_open(h, E_P);
    html_class(h, "actions");
    html_open(h, E_A);
    html_href(h, page_path("login.org"), URL_Q("proof", proof ? "1" : NULL));
    if (proof) {                                          /* what was typed stays where it is */
        html_attr(h, A_TARGET, "_blank");
        html_attr(h, A_REL, "noopener");
    }
    html_class(h, "btn");
    html_text(h, label);
    html_close(h, E_A);
    html_close(h, E_P);
}

void oidc_login_out(struct screen *s)
{
    const struct oidc_conf *c = core_oidc(s->site->core);
    if (c != NULL)
        way_link(s, c->label ? c->label : msg_text(req_lang(s->r), MSG("login.org")), false);
}

/* For whose sign-in belongs to an identity there. */
void oidc_proof_out(struct screen *s)
{
    struct q_oidc_of row;
    struct err e = {0};
    bool found;
    if (core_oidc(s->site->core) == NULL || s->user == NULL)
        return;
    if (q_oidc_of(s->rd.db, s->r, s->user->actor.person, &row, &found, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (!found)
        return;
    html_el_msg(s->h, E_P, MSG("proof.org-help"));
    way_link(s, msg_text(req_lang(s->r), MSG("proof.org")), true);
}

/* The reason for people; for the log with its cause, which tells whoever runs the server what to mend. */
static const char *why_not(struct req *r, const struct err *e)
{
    log_err("login.org", req_id(r), e);
    return mem_fmt(r, "%s %s", err_say(r, req_lang(r), e), msg_fill(r, req_lang(r), MSG("login.reference"), req_id(r), NULL));
}

static void proof_out(struct req *r, void *ctx, const struct err *refused)
{
    struct screen s;
    if (!screen_begin(&s, r, ctx))
        return;
    screen_open(&s, msg_text(req_lang(r), MSG("proof.title")), "");
    if (refused != NULL)
        ui_problems(s.h, &(struct ui_problem){NULL, why_not(r, refused)}, 1);
    else
        html_el_msg(s.h, E_P, MSG("proof.org-done"));
    screen_close(&s, refused ? err_info(refused->code)->http : 200);
}

static void refusal_out(struct req *r, void *ctx, const struct err *e, bool proof)
{
    struct screen s;
    if (e->code == ERR_HTTP_NOTFOUND)
        resp_error(r, e->code, NULL);
    else if (proof)
        proof_out(r, ctx, e);
    else if (screen_begin(&s, r, ctx))
        login_page(&s, why_not(r, e), NULL, err_info(e->code)->http);
}

void page_oidc_go(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct oidc_there there;
    struct err e = {0};
    const struct user *u = page_user(r);
    bool proof = req_query(r, "proof") != NULL && u != NULL;
    if (oidc_go(site->core, r, proof ? u->session : NULL, req_addr(r), &there, &e) != RC_OK) {
        refusal_out(r, ctx, &e, proof);
        return;
    }
    resp_cookie(r, WAY_COOKIE, there.keep, OIDC_KEEP_S);
    resp_redirect_out(r, there.url);
}

void page_oidc_back(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct err e = {0};
    struct oidc_done done;
    const struct user *u = page_user(r);
    const struct oidc_in in = {.back = {.keep = req_cookie(r, WAY_COOKIE), .state = req_query(r, "state"), .code = req_query(r, "code"), .iss = req_query(r, "iss"), .error = req_query(r, "error")},
                               .addr = req_addr(r), .agent = req_header(r, "User-Agent"), .token = req_cookie(r, "daicho"), .session = u ? u->session : NULL};
    enum rc rc = oidc_come(site->core, r, &in, &done, &e);
    if (in.back.keep != NULL)
        resp_cookie(r, WAY_COOKIE, "", 0);
    if (rc != RC_OK) {
        refusal_out(r, ctx, &e, done.proof);
    } else if (done.proof) {
        proof_out(r, ctx, NULL);
    } else {
        resp_cookie(r, "daicho", done.token, done.half ? 300 : 12 * 3600);
        if (!done.half)
            language_keep(r, site->core, done.token);
        resp_redirect(r, url_make(r, page_path(done.half ? "login.code" : "home"), NULL, 0));
    }
}
