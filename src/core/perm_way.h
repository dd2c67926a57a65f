/* Inside core only: the ways by which somebody comes to a permit. One table (perm.c) by which the decision function judges a record and from
 * which the matrix of permissions (reach.c) is read, so that neither can say anything else than the other. */
#ifndef CORE_PERM_WAY_H
#define CORE_PERM_WAY_H
#include "core/route_int.h"

struct question;
/* A role that a way names, and where it is named. */
struct way_role { const char *role; struct pos pos; };
/* The i-th role by which a way is open for this form; false: there are no more. */
typedef bool (*way_roles)(const struct pack_set *set, const struct form *f, size_t i, struct way_role *ret);
struct way {
    enum permit permit;
    enum reach_how how;                                   /* what `fact` asks of the record, in one word */
    bool (*form)(const struct form *f);                   /* only for such forms; NULL: for each */
    bool (*fact)(const struct question *q);               /* what must be so of record and person; NULL: nothing */
    enum permit also;                                     /* this permit as well; PERMIT__N: none */
    way_roles roles;                                      /* one of these must be held; NULL: whoever is here */
};
extern const struct way perm_ways[];
extern const size_t perm_ways_n;
#endif
