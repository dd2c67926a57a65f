/* The gate: runs before every handler of pages and API. A route that is not marked NEED_NOTHING cannot be reached without a session or an
 * API token; a POST with a cookie cannot be reached without the right origin and the session's CSRF token. Nothing below has to remember. */
#include "page/page_int.h"

#define CSRF_HEADER "X-CSRF-Token"

const struct user *page_user(const struct req *r) { return req_user(r); }

static bool is_api(const struct req *r) { return strncmp(req_path(r), "/api/", 5) == 0; }

/* Same origin by Sec-Fetch-Site, else by Origin against Host (OWASP CSRF; trust.md row 29). */
static bool same_origin(const struct req *r)
{
    const char *site = req_header(r, "Sec-Fetch-Site"), *origin = req_header(r, "Origin"), *host = req_header(r, "Host");
    if (site != NULL)
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (origin == NULL)
        return true;                             /* no browser: the token decides */
    const char *at = strstr(origin, "://");
    return at != NULL && host != NULL && strcmp(at + 3, host) == 0;
}

static bool csrf_right(const struct req *r, const struct session *s)
{
    const char *t = req_header(r, CSRF_HEADER);
    if (t == NULL)
        t = req_form(r, "csrf");
    return t != NULL && strlen(t) == strlen(s->csrf) && crypt_same(t, s->csrf, strlen(t));
}

static struct user *user_new(struct req *r, struct session *s, bool by_token)
{
    struct user *u = mem_new(r, struct user);
    u->session = s;
    u->by_token = by_token;
    u->actor = (struct actor){.kind = ACTOR_PERSON, .person = s->person, .lang = s->lang, .login = s->login, .session = s->id, .proof_us = by_token ? 0 : s->strong_at, .addr = req_addr(r)};
    req_set_user(r, u);
    req_set_lang(r, s->lang);
    return u;
}

static struct user *user_of(struct req *r, const struct site *s, struct err *e)
{
    const char *auth = req_header(r, "Authorization");
    struct session *ses;
    if (is_api(r) && auth != NULL && strncmp(auth, "Bearer ", 7) == 0)
        return session_api(s->core, r, auth + 7, &ses, e) == RC_OK ? user_new(r, ses, true) : NULL;
    const char *cookie = req_cookie(r, "daicho");
    return session_get(s->core, r, cookie, &ses, e) == RC_OK ? user_new(r, ses, false) : NULL;
}

static bool wants_password(const struct req *r)
{
    return strcmp(req_path(r), "/password") == 0 || strcmp(req_path(r), "/logout") == 0 || strcmp(req_path(r), "/language") == 0;
}

/* What a setting demands before anything else: a second factor. */
static bool wants_factor(const struct req *r) { return strcmp(req_path(r), "/account/factor") == 0 || strcmp(req_path(r), "/api/v1/factor") == 0; }

/* Administration by page; its commands ask again (writer.c). */
static bool administrates(const struct route *route)
{
    static const char *const all[] = {"settings.post", "words.post", "people.post", "person.account.post"};
    for (size_t i = 0; i < ARRAY_N(all); i++)
        if (strcmp(route->name, all[i]) == 0)
            return true;
    return false;
}

static bool proof_now(struct core *core, const struct actor *a)
{
    struct err e = {0};
    const struct pack_set *set = core_set_hold(core);
    bool fresh = proof_fresh(set, a, clock_now_us(), &e) == RC_OK;
    core_set_release(core, set);
    return fresh;
}

/* A proof that came with the request is taken first; false: answered with the question. */
static bool proof_taken(struct req *r, const struct route *route, const struct site *s, struct user *u)
{
    struct err e = {0};
    const struct proof p = {req_form(r, "proof_password"), req_form(r, "proof_code"), req_addr(r)};
    bool typed = (p.password != NULL && p.password[0] != '\0') || (p.code != NULL && p.code[0] != '\0');
    if (typed) {                                             /* nothing typed: perhaps proved on another page meanwhile (page_oidc.c); else it is asked again, and counts for nothing */
        if (session_prove(s->core, r, req_cookie(r, "daicho"), u->session->person, &p, &e) != RC_OK) {
            if (err_info(e.code)->http >= 500)
                log_err("proof", req_id(r), &e);
            proof_page(r, (void *)(uintptr_t)s, &e);
            return false;
        }
        u->actor.proof_us = clock_now_us();
    }
    bool fresh = !administrates(route) || proof_now(s->core, &u->actor);
    if (!fresh)
        proof_page(r, (void *)(uintptr_t)s, NULL);
    return fresh;
}

static bool go(struct req *r, const char *pattern)
{
    const struct route_path p = {pattern};
    resp_redirect(r, url_make(r, &p, NULL, 0));
    return false;
}

bool page_gate(struct req *r, const struct route *route, void *ctx)
{
    const struct site *s = ctx;
    struct err e = {0};
    bool writes = req_method(r) == METHOD_POST;
    if (writes && !same_origin(r)) {
        resp_error(r, ERR_HTTP_ORIGIN, NULL);
        return false;
    }
    req_set_lang(r, language_of(r));                     /* a session's own language comes first */
    struct user *u = user_of(r, s, &e);
    if (route->need == NEED_NOTHING)
        return true;
    if (u == NULL) {
        if (err_info(e.code)->http >= 500) {                 /* nobody was asked who this is: not "please sign in" */
            log_err("gate", req_id(r), &e);
            resp_error(r, e.code, NULL);
            return false;
        }
        if (is_api(r) || writes) {
            resp_error(r, core_setup_open(s->core) ? ERR_SETUP_FIRST : ERR_SESSION, NULL);
            return false;
        }
        return go(r, core_setup_open(s->core) ? "/setup" : "/login");
    }
    if (device_allowed(s->core, r, req_addr(r), &e) != RC_OK) {      /* a session or a token that was carried elsewhere */
        resp_error(r, e.code, e.arg);
        return false;
    }
    if (writes && !u->by_token && !csrf_right(r, u->session)) {
        resp_error(r, ERR_HTTP_CSRF, NULL);
        return false;
    }
    if (u->session->must_change && !wants_password(r)) {     /* a first password opens nothing but the page that changes it */
        if (!is_api(r) && !writes)
            return go(r, "/password");
        if (strcmp(req_path(r), "/api/v1/me") != 0) {
            resp_error(r, ERR_PASSWORD_CHANGE, NULL);
            return false;
        }
    } else if (u->session->must_enrol && !wants_password(r) && !wants_factor(r)) {
        if (!is_api(r) && !writes)
            return go(r, "/account/factor");
        if (strcmp(req_path(r), "/api/v1/me") != 0) {
            resp_error(r, ERR_FACTOR_WANTED, NULL);
            return false;
        }
    }
    return !writes || is_api(r) || proof_taken(r, route, s, u);
}
