/* Inside api only. */
#ifndef API_API_INT_H
#define API_API_INT_H
#include "api/api.h"
const struct actor *api_actor(const struct req *r);
void api_command_post(struct req *r, void *ctx);
void api_login(struct req *r, void *ctx);
void api_me(struct req *r, void *ctx);
void api_record(struct req *r, void *ctx);
void api_history(struct req *r, void *ctx);
void api_list(struct req *r, void *ctx);
void api_forms(struct req *r, void *ctx);
void api_form(struct req *r, void *ctx);
void api_resolve(struct req *r, void *ctx);
void api_tasks(struct req *r, void *ctx);
void api_conformity(struct req *r, void *ctx);
void api_violators(struct req *r, void *ctx);
void api_ledger(struct req *r, void *ctx);
void api_receipt(struct req *r, void *ctx);
void api_openapi(struct req *r, void *ctx);
void api_health(struct req *r, void *ctx);
#ifdef DAICHO_SCENE
void api_scene(struct req *r, void *ctx);
#endif
#endif
