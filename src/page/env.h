/* What the form room is told by pages: titles and candidates of references, names of files. */
#ifndef PAGE_ENV_H
#define PAGE_ENV_H
#include "page/page_int.h"
struct form_env env_of(struct screen *s);
void troubles_of(struct req *r, const struct json *body, struct trouble_vec *ret);
#endif
