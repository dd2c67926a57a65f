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
enum bound { BOUND_REVISION, BOUND_ACT, BOUND_ERASURE, BOUND_ATTACHMENT, BOUND_SET, BOUND__N };
struct verify {
    struct db *db; TALLOC_CTX *mem; struct ledger_report *report; struct acc acc;
    int64_t size, last_us, bound[BOUND__N] /* entries that must have a row of this kind */;
};
/* Notes the first problem; RC_OK, for the database could be read. */
enum rc verify_bad(struct verify *v, const char *problem, int64_t at, const char *detail);
void verify_count(struct verify *v, const struct entry_scan *s);
MUST enum rc verify_truth(struct verify *v, struct err *e);

/* ---- highwater.c ---- */
struct highwater;
MUST enum rc highwater_open(TALLOC_CTX *mem, const char *dir, struct highwater **ret, struct err *e);
/* The newest checkpoint in it that this key signed; size -1 when there is none. */
MUST enum rc highwater_newest(struct highwater *h, TALLOC_CTX *mem, const struct vkey *k, struct checkpoint *ret, struct err *e);
/* True when anything at all was ever written into it. */
MUST enum rc highwater_used(struct highwater *h, bool *ret_used, struct err *e);
MUST enum rc highwater_put(struct highwater *h, const char *checkpoint, struct err *e);
#endif
