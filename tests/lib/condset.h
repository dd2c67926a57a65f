/* A small set of forms, roles and settings built by hand, for the tests of conditions: it needs no reader and no pack folder. */
#ifndef TESTS_CONDSET_H
#define TESTS_CONDSET_H
#include "pack/pack.h"
const struct pack_set *condset(void);
/* Scope of a condition of the form `takeout`, spoken by the pack `sme`. */
struct cond_scope condset_scope(void);
#endif
