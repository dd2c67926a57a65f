/* What the ledger's tests share: a ledger in a throw-away folder, and a small house of rows that its entries bind, written as core
 * writes them (docs/LEDGER.md). */
#ifndef TESTS_LEDGERTEST_H
#define TESTS_LEDGERTEST_H
#include "ledger/ledger.h"

struct lt { TALLOC_CTX *mem; struct db *w; const char *dir; struct ledger_conf conf; struct ledger *l; struct err e; };

/* Makes the folders keys/ and high/ below dir; ends the program on errors, as all of these do. */
void lt_init(struct lt *t, TALLOC_CTX *mem, struct db *w, const char *dir);
void lt_gone(struct lt *t);                  /* closes, and removes the folder */
enum rc lt_open(struct lt *t);               /* opens (again); t->l is NULL when refused */
void lt_must(struct lt *t, enum rc rc, const char *what);
struct entry *lt_entry(TALLOC_CTX *mem, int64_t i);
void lt_append(struct lt *t, int64_t n);     /* n plain entries in one batch */
struct tx *lt_begin(struct lt *t);
void lt_commit(struct lt *t, struct tx *tx);
void lt_house(struct lt *t);                 /* revisions (one value erased), acts, an attachment, a pack set, an erasure */
#endif
