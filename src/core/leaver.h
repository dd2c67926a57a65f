/* Inside core: what becomes of everything that hung on somebody who left (leaver.c). */
#ifndef CORE_LEAVER_H
#define CORE_LEAVER_H
#include "core/core_int.h"

#define LEFT_TASK "core:left"          /* something a leaver left behind; ended by a note */

/* A new day: whoever left since `since` (NULL: nobody knows). */
MUST enum rc leavers_day(struct work *w, const char *since, struct err *e);
/* A person came into force: is the last day over already? */
MUST enum rc leaver_moved(struct work *w, const struct record *rec, const struct content *c, struct err *e);
/* todo `left` and, for what is left of it, `left-on`: {record: the person, next: the other of the two}. */
enum rc cmd_left_run(struct work *w, const struct json *args, struct json *body, struct err *e);
/* Whether this person was asked to look after the record of a leaver. */
MUST enum rc leaver_heir(struct db *db, TALLOC_CTX *mem, int64_t record, int64_t person, bool *ret, struct err *e);
#endif
