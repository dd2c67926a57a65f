/* Inside core only: what people are told, and who else is when nothing happens (notice.c, escalate.c). */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H
#include "core/core_state.h"

enum notice_timer { NOTICE_SOON, NOTICE_LATE, NOTICE_UP1, NOTICE_UP2, NOTICE_TIMERS };
/* How far people were told: the act, and for each clock the due time and the task. */
struct notice_place { int64_t act, us[NOTICE_TIMERS], id[NOTICE_TIMERS]; bool first; };
struct late_task { const char *key, *pack; int64_t record, person, due; };
struct tell { int64_t person, record, whom /* whose task it is; 0: one's own */, due; const char *key /* what it tells: once */, *kind, *about; };
MUST enum rc notice_tell(struct work *w, const struct tell *t, struct err *e);
/* 1: nobody is mailed, since there is no server. */
int64_t notice_mailed(const struct core *c);
/* The keeper's: is there anything to tell? */
bool notice_waits(struct core *c, TALLOC_CTX *mem);
/* escalate.c: level 1 the superior, 2 whoever answers for the regulation. */
MUST enum rc escalate(struct work *w, int level, const struct late_task *t, struct err *e);
#endif
