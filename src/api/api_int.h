/* Inside api only. */
#ifndef API_API_INT_H
#define API_API_INT_H
#include "api/api.h"
const struct actor *api_actor(const struct req *r);
/* A reading handler: false when it has been answered with an error. need_set: not before a regulation is adopted. */
static inline bool api_begin(struct req *r, void *ctx, bool need_set, struct reader *rd)
{
    struct site *s = ctx;
    struct err e = {0};
    enum rc rc = core_read_begin(s->core, r, api_actor(r), rd, &e);
    if (rc == RC_OK && (rd->set != NULL || !need_set))
        return true;
    if (rc == RC_OK)
        core_read_end(rd);
    if (e.code == ERR_NONE)
        (void)!err_set(&e, ERR_SETUP_FIRST, "no pack set");
    api_error(r, &e);
    return false;
}

/* `limit` of the query, 50 without; ERR_FIELDS. */
MUST static inline enum rc limit_asked(struct req *r, int64_t most, int64_t *ret, struct err *e)
{
    *ret = 50;
    if (req_query(r, "limit") != NULL && (!str_to_i64(str_of(req_query(r, "limit")), ret) || *ret < 1 || *ret > most))
        return err_set_arg(e, ERR_FIELDS, "limit", "limit");
    return RC_OK;
}

static inline void api_end(struct req *r, struct reader *rd, enum rc rc, const struct err *e, const struct json *o)
{
    core_read_end(rd);
    if (rc == RC_OK)
        resp_json(r, 200, o);
    else
        api_error(r, e);
}
/* A reading handler that only fills the answer's object: begun and ended round fn; not before a regulation is adopted. */
static inline void api_read(struct req *r, void *ctx, enum rc (*fn)(struct req *r, struct reader *rd, struct json *o, struct err *e))
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = fn(r, &rd, o, &e);
    api_end(r, &rd, rc, &e, o);
}
#define API_ARGS_MAX (8 << 20)
void api_answer(struct req *r, struct answer *a);
/* The JSON of a command: the body, or the part `args` beside files, which are kept and named in it (dropped when it is refused). api_files.c */
MUST enum rc api_args(struct req *r, struct core *c, const struct json **ret_args, struct json **ret_files, struct err *e);
void api_files_drop(const struct json *files);
const char *verdict_name(enum verdict_state s);
void api_attachment(struct req *r, void *ctx);
void api_attach(struct req *r, void *ctx);
void api_regulations(struct req *r, void *ctx);
void api_article(struct req *r, void *ctx);
void api_coverage(struct req *r, void *ctx);
void api_settings(struct req *r, void *ctx);
void api_people(struct req *r, void *ctx);
void api_accounts(struct req *r, void *ctx);
void api_accounts_post(struct req *r, void *ctx);
void api_import(struct req *r, void *ctx);
void api_command_post(struct req *r, void *ctx);
void api_login(struct req *r, void *ctx);
void api_me(struct req *r, void *ctx);
void api_sessions(struct req *r, void *ctx);
void api_tokens(struct req *r, void *ctx);
void api_factor(struct req *r, void *ctx);
void api_factor_post(struct req *r, void *ctx);
void api_proof(struct req *r, void *ctx);
void api_record(struct req *r, void *ctx);
void api_book(struct req *r, void *ctx);
void api_history(struct req *r, void *ctx);
void api_list(struct req *r, void *ctx);
void api_forms(struct req *r, void *ctx);
void api_form(struct req *r, void *ctx);
void api_resolve(struct req *r, void *ctx);
void api_tasks(struct req *r, void *ctx);
void api_notices(struct req *r, void *ctx);
void api_conformity(struct req *r, void *ctx);
void api_conform_days(struct req *r, void *ctx);
void api_conform_by(struct req *r, void *ctx);
void api_violators(struct req *r, void *ctx);
void api_ledger(struct req *r, void *ctx);
void api_receipt(struct req *r, void *ctx);
void api_holders(struct req *r, void *ctx);
void api_past_roles(struct req *r, void *ctx);
void api_past_sight(struct req *r, void *ctx);
void api_permissions(struct req *r, void *ctx);
void api_head(struct req *r, void *ctx);
void api_duty(struct req *r, void *ctx);
void api_check(struct req *r, void *ctx);
void api_verify(struct req *r, void *ctx);
void api_openapi(struct req *r, void *ctx);
void api_health(struct req *r, void *ctx);
void api_metrics(struct req *r, void *ctx);
#ifdef DAICHO_SCENE
void api_scene(struct req *r, void *ctx);
#endif
#endif
