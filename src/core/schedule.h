/* What sched.c and sched_done.c share, and core's other files ask of them. */
#ifndef CORE_SCHEDULE_H
#define CORE_SCHEDULE_H
#include "core/core_int.h"

#define SCHED_PREFIX "sched:"
#define TASK_PEOPLE_MAX 20             /* holders of one task, of a schedule or of a violation */
#define SCHED_PEOPLE "sched_people"    /* in keep: "1" when somebody's posts changed since open tasks were looked through */

/* The first key behind all that begin with this one, which ends in a colon. */
char *sched_upper(TALLOC_CTX *mem, const char *prefix);
/* "sched:<schedule>:<subject>:<day>:" of a task's key. */
char *sched_group(TALLOC_CTX *mem, const char *tkey);
/* Whose an open task is, and whether somebody answers for it; 0: nobody, while the post is vacant. */
int64_t open_task_person(const struct q_sched_open *row);
bool seats_answer(const struct seat_vec *v, int64_t person);
const struct q_sched_open *open_task_of(const struct q_sched_open *row, size_t n, int64_t person);       /* NULL: none of these */
/* The part of an effect that is about the house: sched, sched_gone, tasks_reopened. */
MUST enum rc sched_apply(struct tx *tx, const struct json *effect, struct err *e);
/* After a record was written: it ends tasks, no longer ends them, or changes who holds a post. Run by the keeper. */
MUST enum rc sched_touch(struct work *w, int64_t record, struct err *e);
#endif
