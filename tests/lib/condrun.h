/* Runs conditions on both engines over the same generated rows, NULLs everywhere, and counts differing answers. Used with the hand-built
 * set (test_cond_engines.c) and with pack folders: every condition of every pack must answer alike. */
#ifndef TESTS_CONDRUN_H
#define TESTS_CONDRUN_H
#include "db/db.h"
#include "pack/pack.h"

#define CONDRUN_NOW INT64_C(1780300000000000)         /* 2026-06-01 16:46 in Tokyo */
#define CONDRUN_TODAY "2026-06-01"

/* alias: "r" for a condition of a form, else the alias of a check's subject (records in force only). */
struct condrun_case { const char *name; const struct cond *c; const struct form *f; const char *alias; };
VEC_TYPE(condrun_vec, struct condrun_case);

/* The same numbers on every machine. */
struct condrun_rng { uint64_t x; };
uint32_t condrun_random(struct condrun_rng *r, uint32_t below);

/* Every condition of the set. */
void condrun_collect(const struct pack_set *set, struct condrun_vec *ret_cases);
/* Creates the tables of all forms and fills them with `rows` records each (below 1000); the same rows for the same seed, whatever the engine. */
MUST enum rc condrun_fill(struct db *writer, const struct pack_set *set, uint32_t rows, uint64_t seed, struct err *e);
/* Answer of one condition for one version; NULL is unknown. Numbers are rounded to 9 decimals. */
MUST enum rc condrun_ask(struct db *db, TALLOC_CTX *mem, const struct condrun_case *k, int64_t record, int slot, const char **ret_answer, struct err *e);
/* Records and slots of a form, in order of id. */
struct condrun_key { int64_t record; int slot; };
VEC_TYPE(condrun_keys, struct condrun_key);
MUST enum rc condrun_keys_of(struct db *db, const struct form *f, bool force_only, struct condrun_keys *ret_keys, struct err *e);
/* Asks both engines, at most `max` versions for each condition. Returns how many answers differ or failed and describes the first of each condition;
 * counts the answers by kind, so that a caller can see that the rows reach every side of a condition. */
struct condrun_count { size_t asked, unknown, yes, no; };
size_t condrun_compare(struct db *a, struct db *b, const struct condrun_vec *cases, size_t max, struct buf *ret_report, struct condrun_count *ret_counts);
#endif
