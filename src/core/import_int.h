/* Inside core only: what the two files of imports share. */
#ifndef CORE_IMPORT_INT_H
#define CORE_IMPORT_INT_H
#include "core/core_int.h"

#define IMPORT_ROWS_MAX 10000
#define IMPORT_CHUNK_MAX 200          /* rows read at a time; the time is what ends a chunk */
#define IMPORT_BUDGET_US 15000        /* of the writer per command: with its COMMIT well below 50 ms */

MUST enum rc import_batch_put(struct work *w, const struct q_batch_get *b, struct err *e);
struct json *import_problems(struct work *w);         /* texts of w->troubles that are no warnings */
MUST enum rc import_problems_put(struct work *w, int64_t batch, int64_t line, const char *state, const struct json *problems, struct err *e);
MUST enum rc import_row_content(struct work *w, const struct form *f, const char *text, struct content **ret, struct err *e);
char *import_chain(struct work *w, const char *chain, int64_t record, int64_t revision);
bool import_time_over(int64_t t0);
/* fn on the rows behind b->line, which follows, until IMPORT_BUDGET_US are over. *ret_n: how many; *ret_all: none is left behind them. */
typedef enum rc (*import_row_fn)(struct work *w, struct q_batch_get *b, const struct q_staging_after *row, struct err *e);
MUST enum rc import_chunk(struct work *w, struct q_batch_get *b, import_row_fn fn, size_t *ret_n, bool *ret_all, struct err *e);
/* Nothing of the batch comes into force: its records are voided in chunks. why: NULL, "faults", "changed", "cancelled", "refused". */
MUST enum rc import_end(struct work *w, struct q_batch_get *b, const char *why, struct err *e);
#endif
