/* Inside the files that judge checks: what one SELECT says of the subjects of a check, and how a condition that cannot be computed is kept apart. */
#ifndef CORE_CHECK_INT_H
#define CORE_CHECK_INT_H
#include "core/core_int.h"

#define CHUNK 500                      /* subjects of one SELECT */
#define COMMAND_SUBJECTS 2000          /* of one command */
#define BUDGET_US 30000                /* the writer is not held longer than this by judging, but by one SELECT */

/* why: NULL, or that the condition could not be computed: a code and the reference number of the line in the log ("steps 3f2a91c0"). */
struct eval { int64_t subject; const char *state, *why; int64_t next_us, deadline_us; };
VEC_TYPE(eval_vec, struct eval);

/* The named ones; or, ids NULL, the next n in the order of their ids. One that is not in force is left out. */
struct subjects { const int64_t *ids; size_t n; int64_t after; };
MUST enum rc check_eval(struct work *w, TALLOC_CTX *mem, const struct check *k, struct subjects of, struct eval_vec *ret, struct err *e);

/* ---- check.c: verdicts ---- */
struct full_count;
/* Judges subjects after *after in id order until the budget is used; *ret_more when some are left. */
MUST enum rc check_range(struct work *w, const struct check *k, int64_t *after, bool *ret_more, struct full_count *n, struct err *e);
MUST enum rc verdict_end(struct work *w, const struct check *k, const char *key, int64_t subject, struct err *e);

/* ---- check_full.c: judging everything ---- */
/* What it judged and had to change. A change is missed when neither time nor work that still waits explains it: judging step by step should have
 * made it before. */
struct full_count { int64_t judged, changed, missed; bool todo_waits, wide_waits; struct json *which; };
/* was: the verdict as it stood, NULL: there was none. n NULL: not counted. */
void full_count_change(const struct work *w, const struct check *k, const struct eval *ev, const struct q_verdict_get *was, struct full_count *n);
MUST enum rc check_full_step(struct work *w, const struct json *args, struct json *body, struct err *e);
#endif
