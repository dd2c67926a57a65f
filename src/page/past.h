/* Shared by page_past.c and page_chart.c: the roles of a day, read together. */
#ifndef PAGE_PAST_H
#define PAGE_PAST_H
#include "page/page_int.h"
struct role_day { const struct role *role; struct holders v; int64_t next; };
VEC_TYPE(role_days, struct role_day);
struct roles_view { struct past p; struct role_days day; struct holders department /* that there were; empty when there are too many to compare */; const struct role *only; };
/* The day that is asked about (?on=). False: answered. A day that cannot be read is told above the form, with today's answer below. */
bool past_day(struct screen *s, struct past *p, const char **ret_problem);
const char *day_shown(TALLOC_CTX *mem, const char *on);       /* 2026/04/01, as everywhere on screen */
void past_day_form(struct screen *s, const struct past *p, const struct route_path *route, int64_t record /* 0: none in the route */, const char *problem);
MUST enum rc past_roles_read(struct screen *s, struct roles_view *v, struct err *e);
void past_roles_table(struct screen *s, const struct roles_view *v);
#endif
