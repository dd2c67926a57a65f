/* Sign-in for programs, and POST /api/v1/commands/{name}: any row of core's command table that a signed-in person may send. */
#include "api/api.h"
#include "api/api_int.h"

const struct actor *api_actor(const struct req *r)
{
    const struct user *u = req_user(r);
    return u ? &u->actor : NULL;
}

void api_error(struct req *r, const struct err *e)
{
    const struct err_info *i = err_info(e->code);
    if (i->http >= 500)
        log_err("api", req_id(r), e);
    struct json *o = json_obj(r);
    json_set_str(o, "code", i->name);
    json_set_str(o, "error", i->name);
    json_set_str(o, "text", msg_fill(r, req_lang(r), i->msg_key, e->arg, NULL));
    json_set_str(o, "request", req_id(r));
    resp_json(r, i->http, o);
}

void api_answer(struct req *r, struct answer *a)
{
    if (a->rc == RC_OK) {
        if (a->seq >= 0)
            json_set_i64(a->body, "seq", a->seq);
        if (a->receipt != NULL)
            json_set_str(a->body, "receipt", a->receipt);
        json_set_bool(a->body, "repeated", a->repeated);
        resp_json(r, 200, a->body);
        return;
    }
    const struct err_info *i = err_info(a->err.code);
    if (i->http >= 500)
        log_err("api", req_id(r), &a->err);
    json_set_str(a->body, "request", req_id(r));
    resp_json(r, i->http, a->body);
}

/* Commands that the server sends itself are not to be had from outside, whatever the actor. */
static bool outside(const char *name)
{
    for (size_t i = 0; i < command_n; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return command_table[i].need == CMD_SIGNED_IN || command_table[i].need == CMD_ADMIN;
    return false;
}

void api_command_post(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct err e = {0};
    const struct json *args;
    struct json *files = NULL;
    struct answer *a;
    const char *name = req_arg(r, 0);
    if (!outside(name)) {
        resp_error(r, ERR_COMMAND, name);
        return;
    }
    if (api_args(r, s->core, &args, &files, &e) != RC_OK) {
        api_files_drop(files);
        api_error(r, &e);
        return;
    }
    core_command(s->core, r, api_actor(r), name, args, files ? NULL : req_header(r, "Idempotency-Key"), &a);      /* with files no two requests are the same */
    if (a->rc != RC_OK)
        api_files_drop(files);
    api_answer(r, a);
}

void api_login(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct err e = {0};
    const struct json *args;
    struct session *ses;
    char *token;
    bool half;
    enum rc rc = req_json(r, &args, &e);
    if (rc == RC_OK) {
        const struct sign_in how = {.login = json_get_str(args, "login"), .password = json_get_str(args, "password"), .addr = req_addr(r),
                                    .agent = req_header(r, "User-Agent"), .code = json_get_str(args, "code"), .whole = true};
        rc = session_login(s->core, r, &how, &token, &half, &e);
    }
    if (rc != RC_OK || session_get(s->core, r, token, &ses, &e) != RC_OK) {
        api_error(r, &e);
        return;
    }
    resp_cookie(r, "daicho", token, 12 * 3600);
    struct json *o = json_obj(r);
    json_set_i64(o, "person", ses->person);
    json_set_str(o, "name", ses->name);
    json_set_str(o, "csrf", ses->csrf);
    resp_json(r, 200, o);
}

void api_me(struct req *r, void *ctx)
{
    const struct user *u = req_user(r);
    struct json *o = json_obj(r);
    (void)ctx;
    json_set_i64(o, "person", u->session->person);
    json_set_str(o, "name", u->session->name);
    json_set_str(o, "login", u->session->login);
    json_set_str(o, "csrf", u->session->csrf);
    resp_json(r, 200, o);
}
