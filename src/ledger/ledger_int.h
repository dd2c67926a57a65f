/* Inside ledger only. */
#ifndef LEDGER_LEDGER_INT_H
#define LEDGER_LEDGER_INT_H
#include "ledger/ledger.h"

#define TILE_W 256
#define LEVELS 8                       /* 256^8 leaves */
#define NOTE_MAX 4096
typedef uint8_t hash_t[HASH_N];

/* ---- note.c ---- */
struct key { uint8_t seed[32], pub[32], id[4]; const char *name; };
void key_make(struct key *k, const char *name, const uint8_t seed[32]);
char *key_vkey(TALLOC_CTX *mem, const struct key *k);                       /* name+hex+base64 */
struct vkey { char *name; uint8_t id[4], pub[32]; };
bool vkey_read(TALLOC_CTX *mem, struct str text, struct vkey *ret);
struct checkpoint { char *origin; int64_t size; hash_t root; };
char *checkpoint_sign(TALLOC_CTX *mem, const struct key *k, const char *origin, int64_t size, const hash_t root);
bool checkpoint_read(TALLOC_CTX *mem, struct str note, struct checkpoint *ret);                          /* text only */
/* Signature by this key is there and right; other keys' lines are ignored. */
bool checkpoint_ok(TALLOC_CTX *mem, struct str note, const struct vkey *k, struct checkpoint *ret);

/* ---- epoch.c ---- */
bool origin_epoch(const char *origin, size_t *ret_base, int64_t *ret_epoch);     /* "<base>/e<n>" */
bool origin_same_base(const char *a, const char *b);
int64_t origin_epoch_no(const char *origin);                                     /* 0: no origin */
char *origin_with_epoch(TALLOC_CTX *mem, const char *origin, int64_t epoch);
/* A checkpoint of any epoch of the ledger that this key belongs to, signed with the same seed. */
bool checkpoint_of_house(TALLOC_CTX *mem, struct str note, const struct key *k, struct checkpoint *ret);
bool checkpoint_newer(const struct checkpoint *a, const struct checkpoint *b);   /* by epoch, then size; size < 0 is none */
struct entry *epoch_entry(TALLOC_CTX *mem, const struct key *next, const struct checkpoint *at, const struct checkpoint *known, const char *why);

/* ---- acc.c: the growing tree in memory ---- */
struct acc { int64_t size; hash_t front[64]; hash_t tile[LEVELS][TILE_W]; int fill[LEVELS]; };
struct tile_out { int level; int64_t n; hash_t h[TILE_W]; };
VEC_TYPE(tile_outs, struct tile_out);
void acc_push(struct acc *a, const hash_t leaf, struct tile_outs *full /* may be NULL */);
void acc_root(const struct acc *a, hash_t ret);
char *acc_front(TALLOC_CTX *mem, const struct acc *a, size_t *ret_n);       /* complete subtrees, largest first */
/* Loads from stored tiles and leaves; checks against the root given. */
MUST enum rc acc_load(struct db *db, int64_t size, const hash_t root, struct acc *ret, struct err *e);

/* ---- proof.c ---- */
struct tree { struct db *db; TALLOC_CTX *mem; int64_t size; struct str front /* of head, or empty: the left siblings of recent leaves lie in it */; };
MUST enum rc tree_node(struct tree *t, int level, int64_t index, hash_t ret, struct err *e);
MUST enum rc tree_root_at(struct tree *t, int64_t size, hash_t ret, struct err *e);
VEC_TYPE(hash_vec, hash_t);
MUST enum rc tree_inclusion(struct tree *t, int64_t index, int64_t size, struct hash_vec *ret, struct err *e);

MUST enum rc tree_consistency(struct tree *t, int64_t size1, int64_t size2, struct hash_vec *ret, struct err *e);

/* ---- scan.c ---- */
/* A canonical entry, read in place; lines are walked with scan_line. */
struct entry_scan { int64_t seq, time_us; struct str type, actor, object, lines; };
struct line_scan { struct str kind, key, value; };
bool entry_scan(struct str bytes, struct entry_scan *ret);
bool scan_line(struct str *rest, struct line_scan *ret);
/* Value of the first line of this kind and key. */
bool scan_find(struct str lines, const char *kind, const char *key, struct str *ret_value);

/* ---- verify.c, truth.c ---- */
enum bound { BOUND_REVISION, BOUND_ACT, BOUND_ERASURE, BOUND_ATTACHMENT, BOUND_SET, BOUND_LOG, BOUND__N };
struct verify {
    struct db *db; TALLOC_CTX *mem; struct ledger_report *report; struct acc acc;
    int64_t size, last_us, bound[BOUND__N] /* entries that must have a row of this kind */;
    int64_t logged;                    /* revisions that a batch binds, not an entry of their own */
    char *head_origin;
    char *origin;                      /* of the epoch that the entries read so far belong to */
};
/* Entry ledger.opened or ledger.epoch follows from what was read before it; v->acc ends before it. */
bool epoch_check(struct verify *v, const struct entry_scan *s);
/* Notes the first problem; RC_OK, for the database could be read. */
enum rc verify_bad(struct verify *v, const char *problem, int64_t at, const char *detail);
void verify_count(struct verify *v, const struct entry_scan *s);
MUST enum rc verify_truth(struct verify *v, struct err *e);
bool truth_sha_is(TALLOC_CTX *mem, const struct entry_scan *s, const char *key, const void *h);      /* its line "hash <key> sha256 <base64>" */
bool truth_field_is(const struct entry_scan *s, const char *key, const char *value);
bool truth_object_is(TALLOC_CTX *mem, const struct entry_scan *s, const char *type, const char *object);

/* ---- truth_log.c ---- */
MUST enum rc truth_logs(struct verify *v, struct err *e);      /* after the revisions: every row of every batch */
MUST enum rc truth_books(struct verify *v, struct err *e);
MUST enum rc truth_book_named(struct verify *v, TALLOC_CTX *mem, int64_t record, const char *value, bool *ret_ok, struct err *e);

/* ---- clockwatch.c ---- */
struct clockwatch { int64_t wall, mono, floor, last_us, next_wall, next_mono, next_floor; bool behind; };
void clockwatch_base(struct clockwatch *w);
MUST enum rc clockwatch_open(struct clockwatch *w, struct db *db, int64_t last_us, struct err *e);
bool clockwatch_behind(struct clockwatch *w);                    /* looks again; once the clock is right it stays so */
/* In a transaction: *ret_entry is the entry to append first, or NULL. */
MUST enum rc clockwatch_look(struct clockwatch *w, struct tx *tx, TALLOC_CTX *mem, int64_t last_us, struct entry **ret_entry, struct err *e);
struct entry *clockwatch_entry(TALLOC_CTX *mem, int64_t from, int64_t to);
MUST enum rc clockwatch_vouch(struct clockwatch *w, struct tx *tx, struct err *e);
void clockwatch_committed(struct clockwatch *w);

/* ---- highwater.c ---- */
struct highwater;
MUST enum rc highwater_open(TALLOC_CTX *mem, const char *dir, struct highwater **ret, struct err *e);
/* The newest checkpoint in it, of any epoch of this ledger; size -1 when there is none. */
MUST enum rc highwater_newest(struct highwater *h, TALLOC_CTX *mem, const struct key *k, struct checkpoint *ret, struct err *e);
/* Slots that were ever written. */
MUST enum rc highwater_used(struct highwater *h, int *ret_slots, struct err *e);
MUST enum rc highwater_put(struct highwater *h, const char *checkpoint, struct err *e);
#endif
