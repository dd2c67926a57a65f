/* One's own sign-in through the API. */
#include "api/api_int.h"

void api_sessions(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct session_infos v = VEC_INIT(r);
    struct json *o = json_obj(r), *arr = json_set_arr(o, "sessions");
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = session_list(&rd, rd.actor.person, &v, &e);
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "session", v.v[i].id);
        json_set_str(x, "device", v.v[i].device);
        json_set_str(x, "addr", v.v[i].addr);
        json_set_i64(x, "since", v.v[i].since);
        json_set_i64(x, "used", v.v[i].used);
        json_set_bool(x, "here", v.v[i].here);
    }
    api_end(r, &rd, rc, &e, o);
}

void api_tokens(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct q_token_of_rows v;
    struct json *o = json_obj(r), *arr = json_set_arr(o, "tokens");
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = token_list(&rd, &v, &e);
    for (size_t i = 0; rc == RC_OK && i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "name", v.v[i].name);
        json_set_i64(x, "made_at", v.v[i].made_at);
        json_set_i64(x, "ends_at", v.v[i].ends_at);
    }
    api_end(r, &rd, rc, &e, o);
}

/* ---- second factor ---- */

static enum rc proof_of(struct req *r, const struct json **ret_args, struct proof *ret, struct err *e)
{
    TRY(req_json(r, ret_args, e));
    *ret = (struct proof){json_get_str(*ret_args, "password"), json_get_str(*ret_args, "code"), req_addr(r)};
    return RC_OK;
}

void api_factor(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct reader rd;
    struct err e = {0};
    struct factor f;
    struct factor_new n;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = factor_of(&rd, rd.actor.person, &f, &e);
    if (rc == RC_OK) {
        json_set_bool(o, "on", f.on);
        json_set_bool(o, "wanted", f.wanted);
        json_set_i64(o, "codes_left", f.codes_left);
    }
    if (rc == RC_OK && !f.on) {
        factor_begin(site->core, r, &rd.actor, "daicho", NULL, &n);
        json_set_str(o, "secret", n.secret);
        json_set_str(o, "uri", n.uri);
        json_set_str(o, "ticket", n.ticket);
    }
    api_end(r, &rd, rc, &e, o);
}

/* do: confirm (ticket, code, password), codes or off (password, code). */
void api_factor_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct err e = {0};
    const struct json *args;
    struct proof p;
    char *code[RECOVERY_N];
    struct json *o = json_obj(r), *arr = json_set_arr(o, "codes");
    enum rc rc = proof_of(r, &args, &p, &e);
    const char *what = rc == RC_OK ? json_get_str(args, "do") : NULL;
    bool off = text_eq(what, "off"), made = !off;
    if (rc == RC_OK && off)
        rc = factor_off(site->core, r, api_actor(r), &p, &e);
    else if (rc == RC_OK && text_eq(what, "codes"))
        rc = factor_codes(site->core, r, api_actor(r), &p, code, &e);
    else if (rc == RC_OK && text_eq(what, "confirm"))
        rc = factor_confirm(site->core, r, api_actor(r), json_get_str(args, "ticket"), &p, code, &e);
    else if (rc == RC_OK)
        rc = err_set(&e, ERR_COMMAND, "do");
    if (rc != RC_OK) {
        api_error(r, &e);
        return;
    }
    for (size_t i = 0; made && i < RECOVERY_N; i++)
        json_add_str(arr, code[i]);
    resp_json(r, 200, o);
}

/* A new proof for this session: password, or code. */
void api_proof(struct req *r, void *ctx)
{
    struct site *site = ctx;
    const struct user *u = req_user(r);
    struct err e = {0};
    const struct json *args;
    struct proof p;
    enum rc rc = proof_of(r, &args, &p, &e);
    if (rc == RC_OK)
        rc = u->by_token ? err_set(&e, ERR_PROOF, "a token proves nothing") : session_prove(site->core, r, req_cookie(r, "daicho"), u->session->person, &p, &e);
    if (rc == RC_OK)
        resp_json(r, 200, json_obj(r));
    else
        api_error(r, &e);
}
