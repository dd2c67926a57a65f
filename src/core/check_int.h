/* Inside the files that judge checks: what one SELECT says of the subjects of a check, and how a condition that cannot be computed is kept apart. */
#ifndef CORE_CHECK_INT_H
#define CORE_CHECK_INT_H
#include "core/core_int.h"

#define CHUNK 500                      /* subjects of one SELECT */

/* why: NULL, or that the condition could not be computed: a code and the reference number of the line in the log ("steps 3f2a91c0"). */
struct eval { int64_t subject; const char *state, *why; int64_t next_us, deadline_us; };
VEC_TYPE(eval_vec, struct eval);

/* The named ones; or, ids NULL, the next n in the order of their ids. One that is not in force is left out. */
struct subjects { const int64_t *ids; size_t n; int64_t after; };
MUST enum rc check_eval(struct work *w, TALLOC_CTX *mem, const struct check *k, struct subjects of, struct eval_vec *ret, struct err *e);
#endif
