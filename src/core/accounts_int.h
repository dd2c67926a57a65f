/* Inside core only: what the files of lists of accounts share. */
#ifndef CORE_ACCOUNTS_INT_H
#define CORE_ACCOUNTS_INT_H
#include "core/import_int.h"

#define LIST_FORM "account_list"
#define FOUND_FORM "account_found"

/* ---- accounts.c ---- */
/* What is known of the account on that system, in force; *ret_id 0: nothing. */
MUST enum rc found_get(struct work *w, int64_t system, const char *account, int64_t *ret_id, struct content **ret, struct err *e);
/* base with what a list says instead of what the last one said. */
struct content *found_merge(struct work *w, const struct content *base, const struct content *said);
/* Whether they say the same; `list`, which is only where it was said, apart. */
bool found_same(struct work *w, const struct content *a, const struct content *b);
/* A new version in force of an account that is known. */
MUST enum rc found_write(struct work *w, int64_t id, const struct content *was, struct content *c, struct err *e);

/* ---- accounts_match.c ---- */
/* Whose account it is: person, match and candidates into c. known: somebody's choice that stays. */
MUST enum rc found_match(struct work *w, struct content *c, struct err *e);
bool found_shared_name(struct work *w, const char *account, const char *name);

/* ---- accounts_take.c: states `taking` and `leaving` of a batch ---- */
MUST enum rc accounts_taking(struct work *w, struct q_batch_get *b, struct err *e);
MUST enum rc accounts_leaving(struct work *w, struct q_batch_get *b, struct err *e);
#endif
