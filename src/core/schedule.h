/* What sched.c and sched_done.c share, and core's other files ask of them. */
#ifndef CORE_SCHEDULE_H
#define CORE_SCHEDULE_H
#include "core/core_int.h"

#define SCHED_PREFIX "sched:"
#define SCHED_PEOPLE "sched_people"    /* in keep: "1" when somebody's posts changed since open tasks were looked through */

/* The first key behind all that begin with this one, which ends in a colon. */
char *sched_upper(TALLOC_CTX *mem, const char *prefix);
/* "sched:<schedule>:<subject>:<day>:" of a task's key. */
char *sched_group(TALLOC_CTX *mem, const char *tkey);
/* by, record, at: who did it, with what, when; 0: the actor of the act, nothing, its time. */
/* The part of an effect that is about the house: sched, sched_gone, tasks_reopened. */
MUST enum rc sched_apply(struct tx *tx, const struct json *effect, struct err *e);
/* After a record was written: it ends tasks, no longer ends them, or changes who holds a post. Run by the keeper. */
MUST enum rc sched_touch(struct work *w, int64_t record, struct err *e);
#endif
