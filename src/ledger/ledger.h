/* ledger: the append-only, signed Merkle log. trust.md section 3; C2SP signed-note, tlog-checkpoint, tlog-proof; RFC 6962.
 *
 *   entry.c       canonical text entries: build, parse (serialise(parse(b)) == b or refused)
 *   merkle.c      RFC 6962 hashes, frontier, inclusion and consistency proofs, their verification
 *   note.c        signed notes, verifier keys, checkpoints
 *   commitment.c  blinded commitments: HMAC-SHA-256(r, "ledger-commit/v1\0" name "\0" bytes)
 *   chain.c       the stored log: append to a transaction, tiles, proofs from tiles, checks at start
 *   epoch.c       a restored older copy goes on under a new origin; the chain of epochs
 *   clockwatch.c  steps of the clock become entries; a clock far behind the last entry lets nothing be written
 *   highwater.c   the high-water file: 512-byte slots, O_DSYNC, outside of the database
 *   scan.c        the same law of entries without allocation, for verification
 *   verify.c      full verification of a database (every leaf, tile, root, signature, order)
 *   truth.c       verification of the rows that entries speak of (revisions, acts, erasures, attachments, pack sets)
 *   export.c      writes the log as a folder that the outsider's verifier reads (docs/LEDGER.md) */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H
#include "base/base.h"
#include "crypt/crypt.h"
#include "db/db.h"

#define LEDGER_ENTRY_MAX 60000
#define HASH_N 32

/* ---- entries ---- */
struct entry;                        /* under construction: everything but seq and time, which append adds */
/* type: lower-case words with dots; actor: pseudonym "p:..." or "system"; object: "r:12@rev3", "set:4", "-" ... */
struct entry *entry_new(TALLOC_CTX *mem, const char *type, const char *actor, const char *object);
void entry_field(struct entry *en, const char *key, const char *value);            /* "field key value" */
void entry_hash(struct entry *en, const char *key, const uint8_t hash[HASH_N]);     /* "hash key sha256 base64" */
void entry_commit(struct entry *en, const char *key, const uint8_t c[HASH_N]);      /* "commit key hmac-sha256 base64" */
void entry_ref(struct entry *en, int64_t seq);                                      /* "ref seq" */
MUST enum rc entry_bytes(TALLOC_CTX *mem, const struct entry *en, int64_t seq, int64_t time_us, struct str *ret_bytes, struct err *e);
struct entry_line { const char *kind, *key, *value; };
struct entry_view { int64_t seq; int64_t time_us; const char *type, *actor, *object; struct entry_line *line; size_t line_n; };
MUST enum rc entry_parse(TALLOC_CTX *mem, struct str bytes, struct entry_view *ret_view, struct err *e);

/* ---- commitments ---- */
void commitment(const uint8_t blind[32], const char *name, const void *p, size_t n, uint8_t ret_commit[HASH_N]);

/* ---- what the ledger binds of core's truth (docs/LEDGER.md) ---- */
/* SHA-256 over the commits text: lines "path SP base64(commitment) LF" in order. */
void revision_hash(const char *commits, size_t n, uint8_t ret[HASH_N]);
struct act_fields { int64_t id, record, revision, no; const char *kind, *step; int64_t actor, on_behalf, at; const uint8_t *comment_commit; const char *effect; };
/* SHA-256 over "daicho-act/v1" LF and the fields one a line: id record revision no kind step actor on_behalf at comment effect ("-" when absent). */
void act_hash(const struct act_fields *a, uint8_t ret[HASH_N]);
struct revision_fields { int64_t id, record, no; const char *form; int64_t pack_set, author, at; const uint8_t *hash; };
/* The whole row of a revision ("hash row sha256" of its entry): SHA-256 over "daicho-revision/v1" LF and the fields one a line. */
void revision_row_hash(const struct revision_fields *r, uint8_t ret[HASH_N]);
struct log_fields { int64_t id; const char *form; int64_t pack_set, actor, on_behalf, at; const char *body; };
/* Rows of a log entered together ("hash batch" of log.added): SHA-256 over "daicho-log/v1" LF, the fields one a line, and the body, a line a row. */
void log_hash(const struct log_fields *l, uint8_t ret[HASH_N]);
#define BOOK_PATH "@book"              /* the value of a review's revision that names its book by base64(hash) */

/* ---- merkle (pure) ---- */
void merkle_leaf(const void *p, size_t n, uint8_t ret[HASH_N]);
void merkle_node(const uint8_t l[HASH_N], const uint8_t r[HASH_N], uint8_t ret[HASH_N]);
void merkle_root(const uint8_t (*leaf)[HASH_N], size_t n, uint8_t ret[HASH_N]);
bool merkle_verify_inclusion(int64_t index, int64_t size, const uint8_t leaf[HASH_N], const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root[HASH_N]);
bool merkle_verify_consistency(int64_t size1, int64_t size2, const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root1[HASH_N], const uint8_t root2[HASH_N]);
/* The same for a subtree: leaves [start, end), start a multiple of the power of two that holds end - start. */
bool merkle_verify_subtree_inclusion(int64_t index, int64_t start, int64_t end, const uint8_t leaf[HASH_N], const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root[HASH_N]);
bool merkle_verify_subtree(int64_t start, int64_t end, int64_t size, const uint8_t (*proof)[HASH_N], size_t n, const uint8_t part[HASH_N], const uint8_t root[HASH_N]);

/* ---- the stored log ---- */
struct ledger;                       /* writer side: key, head in memory, high-water file; used by the writer thread only */
struct ledger_conf { const char *key_dir; const char *highwater_dir; const char *org; bool trial;
                     bool restored;           /* the rows come from a backup, or somebody vouches for them: new epoch unless the high-water file ends exactly here */
                     const char *known;       /* newest checkpoint known from elsewhere, or NULL */
                     const char *why;         /* restored: one word for the entry */
};
/* Opens or, on an empty database, creates the log (first entry ledger.opened; scene builds and trial ledgers carry it in their
 * origin, which a release binary refuses: ERR_LEDGER_ORIGIN). Refuses: head not matching its own checkpoint and signature, last
 * 1,000 leaves or 100 random tiles not matching, high-water ahead of or inconsistent with head (ERR_LEDGER_HIGHWATER), key file
 * readable by others, no high-water file for a database with entries (SQLite). A clock more than 5 minutes before the last entry: opens,
 * and ledger_clock_behind says so until the clock is right: nothing may be written. */
MUST enum rc ledger_open(TALLOC_CTX *mem, struct db *writer, const struct ledger_conf *c, struct ledger **ret_ledger, struct err *e);
const char *ledger_vkey(const struct ledger *l);          /* verifier key text */
const char *ledger_origin(const struct ledger *l);
bool ledger_clock_behind(struct ledger *l);
/* In the transaction: re-reads head under its lock (another process may have moved it), then adds entries. seq of the first is *ret_seq. */
MUST enum rc ledger_begin(struct ledger *l, struct tx *tx, struct err *e);
MUST enum rc ledger_append(struct ledger *l, struct tx *tx, const struct entry *en, int64_t *ret_seq, struct err *e);
/* The savepoint was rolled back: forget what was appended since mark. */
int64_t ledger_mark(const struct ledger *l);
void ledger_unwind(struct ledger *l, int64_t mark);
/* Before COMMIT: re-reads the new rows, re-hashes, updates tiles and root, signs, verifies the own signature, writes head. Does nothing
 * when nothing was appended. */
MUST enum rc ledger_seal(struct ledger *l, struct tx *tx, struct err *e);
/* After a successful COMMIT: adopts the new head and appends the checkpoint to the high-water file. After a failed one: ledger_abandon. */
MUST enum rc ledger_committed(struct ledger *l, struct err *e);
/* After a COMMIT whose answer was lost, in a new transaction: is what was sealed last in the database? Adopted if so, else abandoned. */
MUST enum rc ledger_settle(struct ledger *l, struct tx *tx, bool *ret_committed, struct err *e);
void ledger_abandon(struct ledger *l);
int64_t ledger_size(const struct ledger *l);
#ifdef DAICHO_SCENE
void ledger_flip_for_test(struct ledger *l, bool on);         /* flips a bit between writing and signing: the commit must be refused */
#endif

/* ---- reading (any connection) ---- */
/* Receipt in tlog-proof form for entry seq against the newest checkpoint. */
MUST enum rc ledger_receipt(struct db *db, TALLOC_CTX *mem, int64_t seq, char **ret_text, struct err *e);
MUST enum rc ledger_entry(struct db *db, TALLOC_CTX *mem, int64_t seq, struct str *ret_bytes, struct err *e);
/* Consistency proof lines (base64, one hash a line; empty when size1 == size2) from size1 to size2 of the stored log. */
MUST enum rc ledger_consistency(struct db *db, TALLOC_CTX *mem, int64_t size1, int64_t size2, char **ret_text, struct err *e);
/* problem: key of a message (its {0} is first_bad), NULL when everything holds; first_bad: entry number, or id of the row that problem
 * speaks of, -1 when it is about the whole; detail: English, for the log, may be empty. */
struct ledger_report { int64_t entries; int64_t first_bad; const char *problem; const char *checkpoint; const char *detail;
                       int64_t epochs, lost /* entries that epochs declare as lost */; };
/* The verifier key of the ledger in db, made from the seed in key_dir; refused when the head is not signed by it. */
MUST enum rc ledger_vkey_of(struct db *db, TALLOC_CTX *mem, const char *key_dir, char **ret_vkey, struct err *e);
/* Epoch and size that a checkpoint note speaks of, unverified; false when it is none. */
bool ledger_note_read(const char *note, int64_t *ret_epoch, int64_t *ret_size);
/* Full verification in the caller's snapshot (db_read_begin, or a database that nobody writes to): every entry, leaf, full tile, root, frontier,
 * checkpoint, order, and every row of the truth against its entry. rc tells only whether the database could be read. */
MUST enum rc ledger_verify(struct db *db, TALLOC_CTX *mem, const char *vkey, struct ledger_report *ret_report, struct err *e);
/* Writes entries, tiles, checkpoint, vkey and the rows of the truth with their bodies into dir, which holds no earlier export (format: docs/LEDGER.md).
 * In the caller's snapshot. */
MUST enum rc ledger_export(struct db *db, const char *dir, const char *vkey, struct err *e);
#endif
