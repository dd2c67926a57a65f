/* The stored log on the writer's side: open with its refusals, append inside a transaction, seal (re-read, re-hash, root, signature, own
 * verification), adopt after COMMIT. Used by the writer thread only. */
#include <errno.h>
#include <sys/stat.h>
#include "ledger/ledger_int.h"

#define CHUNK 1024
#define TAIL_CHECKED 1000
#define TILES_SAMPLED 100

struct pending { int64_t seq; hash_t leaf; };
VEC_TYPE(pending_vec, struct pending);
struct ledger {
    struct key key; char *origin, *vkey; struct vkey own; struct highwater *high;
    struct acc acc, next; int64_t last_us, next_us;
    struct clockwatch watch;
    struct pending_vec pend; char *sealed; bool flip_for_test;
};

const char *ledger_vkey(const struct ledger *l) { return l->vkey; }
const char *ledger_origin(const struct ledger *l) { return l->origin; }
int64_t ledger_size(const struct ledger *l) { return l->acc.size; }
bool ledger_clock_behind(struct ledger *l) { return clockwatch_behind(&l->watch); }
int64_t ledger_mark(const struct ledger *l) { return (int64_t)l->pend.n; }
void ledger_unwind(struct ledger *l, int64_t mark) { l->pend.n = (size_t)mark; }

void ledger_abandon(struct ledger *l)
{
    l->pend.n = 0;
    talloc_free(l->sealed);
    l->sealed = NULL;
}

/* ---- key and origin ---- */

static enum rc seed_read(TALLOC_CTX *mem, const char *path, uint8_t seed[32], struct err *e)
{
    struct str text;
    struct stat st;
    if (stat(path, &st) != 0 || (st.st_mode & 077) != 0)
        return err_set(e, ERR_LEDGER_KEY, "%s is missing or readable by others", path);
    TRY(file_read(mem, path, 200, &text, e));
    return hex_read(str_trim(text), seed, 32) ? RC_OK : err_set(e, ERR_LEDGER_KEY, "%s holds no seed", path);
}

static enum rc seed_make(TALLOC_CTX *mem, const char *path, uint8_t seed[32], struct err *e)
{
    crypt_random(seed, 32);
    char *text = mem_fmt(mem, "%s\n", hex_text(mem, seed, 32));
    return file_write_atomic(path, text, strlen(text), 0600, e);
}

static bool origin_is(const char *origin, const char *prefix) { return strncmp(origin, prefix, strlen(prefix)) == 0; }

static enum rc origin_allowed(const char *origin, struct err *e)
{
#ifdef DAICHO_SCENE
    bool ok = origin_is(origin, "scene.");
#else
    bool ok = !origin_is(origin, "scene.");
#endif
    return ok ? RC_OK : err_set(e, ERR_LEDGER_ORIGIN, "origin %s", origin);
}

static char *origin_new(TALLOC_CTX *mem, const struct ledger_conf *c)
{
    uint8_t id[6];
    const char *kind = c->trial ? "trial." : "";
#ifdef DAICHO_SCENE
    kind = "scene.";
#endif
    crypt_random(id, sizeof id);
    return mem_fmt(mem, "%s%s/%s/e1", kind, c->org, hex_text(mem, id, sizeof id));
}

static void key_adopt(struct ledger *l, const char *origin, const uint8_t seed[32])
{
    l->origin = mem_strdup(l, origin);
    key_make(&l->key, l->origin, seed);
    l->vkey = key_vkey(l, &l->key);
    l->own.name = l->origin;
    memcpy(l->own.id, l->key.id, 4);
    memcpy(l->own.pub, l->key.pub, 32);
}

/* ---- opening ---- */

/* The first batch of an opening is there as a whole or not at all. */
static enum rc opening_end(struct ledger *l, struct tx *tx, enum rc rc, struct err *e)
{
    bool fatal;
    if (rc != RC_OK) {
        tx_rollback(tx);
        ledger_abandon(l);
        return rc;
    }
    TRY(tx_commit(tx, &fatal, e));
    return ledger_committed(l, e);
}

static enum rc create(struct ledger *l, struct db *writer, const struct ledger_conf *c, const char *seed_path, struct err *e)
{
    uint8_t seed[32], boot[8];
    hash_t root;
    struct tx *tx;
    int used;
    MEM_SCOPE(tmp, l);
    TRY(highwater_used(l->high, &used, e));
    if (used > 0)                                     /* a database that is gone is no new beginning */
        return err_set_arg(e, ERR_LEDGER_HIGHWATER, "0", "the database is empty, but a ledger was signed here before");
    enum rc rc = file_exists(seed_path) ? seed_read(tmp, seed_path, seed, e) : seed_make(tmp, seed_path, seed, e);
    TRY(rc);
    key_adopt(l, origin_new(tmp, c), seed);
    clockwatch_base(&l->watch);
    acc_root(&l->acc, root);
    crypt_random(boot, sizeof boot);
    char *cp = checkpoint_sign(tmp, &l->key, l->origin, 0, root);
    TRY(tx_begin(writer, &tx, e));
    rc = q_ledger_head_add(tx, (struct str){(const char *)root, HASH_N}, (struct str){"", 0}, cp, hex_text(tmp, boot, sizeof boot), e);
    if (rc == RC_OK)
        rc = ledger_begin(l, tx, e);
    struct entry *en = entry_new(tmp, "ledger.opened", "system", "-");
    entry_field(en, "origin", l->origin);
    entry_field(en, "vkey", l->vkey);
    int64_t seq;
    if (rc == RC_OK)
        rc = ledger_append(l, tx, en, &seq, e);
    if (rc == RC_OK)
        rc = ledger_seal(l, tx, e);
    return opening_end(l, tx, rc, e);
}

/* Leaves [from, to) must be the hashes of their entries. */
static enum rc leaves_check(struct db *db, int64_t from, int64_t to, struct err *e)
{
    for (int64_t at = from; at < to; at += CHUNK) {
        MEM_SCOPE(tmp, NULL);
        struct q_ledger_range_rows rows;
        int64_t end = at + CHUNK < to ? at + CHUNK : to;
        TRY(q_ledger_range(db, tmp, at, end, &rows, e));
        if ((int64_t)rows.n != end - at)
            return err_set(e, ERR_LEDGER_BROKEN, "entries %lld to %lld are not complete", (long long)at, (long long)end);
        for (size_t i = 0; i < rows.n; i++) {
            hash_t h;
            merkle_leaf(rows.v[i].entry.p, rows.v[i].entry.n, h);
            if (rows.v[i].leaf.n != HASH_N || memcmp(h, rows.v[i].leaf.p, HASH_N) != 0)
                return err_set(e, ERR_LEDGER_BROKEN, "entry %lld does not match its leaf", (long long)rows.v[i].seq);
        }
    }
    return RC_OK;
}

static enum rc tiles_sample(struct db *db, int64_t size, struct err *e)
{
    int64_t full = size / TILE_W;
    for (int i = 0; i < TILES_SAMPLED && full > 0; i++) {
        MEM_SCOPE(tmp, NULL);
        uint64_t r;
        struct q_tile_get row;
        struct q_ledger_leaves_rows leaves;
        bool found;
        crypt_random(&r, sizeof r);
        int64_t n = full <= TILES_SAMPLED ? i : (int64_t)(r % (uint64_t)full);
        if (n >= full)
            break;
        TRY(q_tile_get(db, tmp, 0, n, &row, &found, e));
        TRY(q_ledger_leaves(db, tmp, n * TILE_W, (n + 1) * TILE_W, &leaves, e));
        bool same = found && leaves.n == TILE_W;
        for (size_t k = 0; same && k < TILE_W; k++)
            same = memcmp(row.hashes.p + k * HASH_N, leaves.v[k].leaf.p, HASH_N) == 0;
        if (!same)
            return err_set(e, ERR_LEDGER_BROKEN, "tile 0/%lld does not match its leaves", (long long)n);
    }
    return RC_OK;
}

/* Without the file nobody can tell whether the tail was rolled back. Further processes on PostgreSQL begin with an empty one; and the very
 * first commit may have been cut off from its slot. */
static enum rc high_missing(struct ledger *l, struct db *db, const struct q_ledger_head *head, struct err *e)
{
    int used;
    TRY(highwater_used(l->high, &used, e));
    if (used > 1)
        return err_set(e, ERR_LEDGER_HIGHWATER, "the high-water file is of another ledger");
    if (head->size > 1 && db_engine(db) == DB_SQLITE)
        return err_set(e, ERR_LEDGER_NOHIGHWATER, "the high-water file is missing, but the database has %lld entries", (long long)head->size);
    return RC_OK;
}

static enum rc high_check(struct ledger *l, struct db *db, const struct q_ledger_head *head, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct checkpoint high;
    hash_t root;
    TRY(highwater_newest(l->high, tmp, &l->key, &high, e));
    if (high.size < 0)
        return high_missing(l, db, head, e);
    if (origin_epoch_no(high.origin) < head->epoch)              /* the first commit of this epoch may have been cut off from its slot */
        return RC_OK;
    if (origin_epoch_no(high.origin) > head->epoch || high.size > head->size)
        return err_set_arg(e, ERR_LEDGER_HIGHWATER, mem_fmt(tmp, "%lld / %lld", (long long)head->size, (long long)high.size),
                           "the database ends at entry %lld of epoch %lld, but %lld were signed as %s", (long long)head->size, (long long)head->epoch,
                           (long long)high.size, high.origin);
    struct tree t = {.db = db, .mem = tmp, .size = head->size, .front = head->frontier};
    TRY(tree_root_at(&t, high.size, root, e));
    if (memcmp(root, high.root, HASH_N) != 0)
        return err_set(e, ERR_LEDGER_HIGHWATER, "the database holds another history than the one signed at %lld", (long long)high.size);
    return RC_OK;
}

/* ---- a restored copy (epoch.c) ---- */

/* Whether every entry that was ever signed is there: only then the old origin may go on. */
static enum rc known_newest(struct ledger *l, TALLOC_CTX *mem, const struct ledger_conf *c, struct checkpoint *ret, struct err *e)
{
    struct checkpoint given;
    TRY(highwater_newest(l->high, mem, &l->key, ret, e));
    if (c->known == NULL)
        return RC_OK;
    if (!checkpoint_of_house(mem, str_of(c->known), &l->key, &given))
        return err_set(e, ERR_LEDGER_KEY, "the checkpoint given is not of this ledger");
    if (checkpoint_newer(&given, ret))
        *ret = given;
    return RC_OK;
}

static enum rc first_of_epoch(struct ledger *l, struct tx *tx, const struct ledger_conf *c, const struct checkpoint *cp, const struct checkpoint *known, struct err *e)
{
    MEM_SCOPE(tmp, l);
    int64_t seq, epoch = origin_epoch_no(cp->origin), last = known->size >= 0 ? origin_epoch_no(known->origin) : 0, now = clock_now_us();
    bool whole = known->size == cp->size && last == epoch && memcmp(known->root, cp->root, HASH_N) == 0 && !text_eq(c->why, "vouched");
    uint8_t seed[32];
    struct entry *en;
    TRY(ledger_begin(l, tx, e));
    if (whole) {
        en = entry_new(tmp, "restore.performed", "system", "-");
        entry_field(en, "size", mem_fmt(tmp, "%lld", (long long)cp->size));
        entry_field(en, "lost", "0");
    } else {
        memcpy(seed, l->key.seed, sizeof seed);
        epoch = (last > epoch ? last : epoch) + 1;
        key_adopt(l, origin_with_epoch(tmp, cp->origin, epoch), seed);
        TRY(q_ledger_head_epoch(tx, epoch, e));
        en = epoch_entry(tmp, &l->key, cp, known, c->why ? c->why : "restored");
    }
    TRY(ledger_append(l, tx, en, &seq, e));
    if (clockwatch_behind(&l->watch)) {
        TRY(ledger_append(l, tx, clockwatch_entry(tmp, l->last_us, now), &seq, e));
        TRY(clockwatch_vouch(&l->watch, tx, e));
    }
    return ledger_seal(l, tx, e);
}

static enum rc go_on(struct ledger *l, struct db *db, const struct ledger_conf *c, const struct checkpoint *cp, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct checkpoint known;
    struct tx *tx;
    TRY(known_newest(l, tmp, c, &known, e));
    TRY(tx_begin(db, &tx, e));
    enum rc rc = first_of_epoch(l, tx, c, cp, &known, e);
    return opening_end(l, tx, rc, e);
}

static enum rc reopen(struct ledger *l, struct db *db, const struct q_ledger_head *head, const struct ledger_conf *c, const char *seed_path, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct checkpoint cp;
    struct q_ledger_last_seq last;
    uint8_t seed[32];
    if (!checkpoint_read(tmp, str_of(head->checkpoint), &cp))
        return err_set(e, ERR_LEDGER_BROKEN, "checkpoint of head");
    TRY(origin_allowed(cp.origin, e));
    TRY(seed_read(tmp, seed_path, seed, e));
    key_adopt(l, cp.origin, seed);
    if (!checkpoint_ok(tmp, str_of(head->checkpoint), &l->own, &cp))
        return err_set(e, ERR_LEDGER_KEY, "head is not signed by the key in %s", seed_path);
    TRY(q_ledger_last_seq(db, tmp, &last, e));
    if (cp.size != head->size || head->root.n != HASH_N || memcmp(cp.root, head->root.p, HASH_N) != 0 || last.seq + 1 != head->size)
        return err_set(e, ERR_LEDGER_BROKEN, "head says %lld, checkpoint %lld, rows %lld", (long long)head->size, (long long)cp.size, (long long)last.seq + 1);
    TRY(leaves_check(db, head->size > TAIL_CHECKED ? head->size - TAIL_CHECKED : 0, head->size, e));
    TRY(tiles_sample(db, head->size, e));
    TRY(acc_load(db, head->size, cp.root, &l->acc, e));
    size_t front_n;
    char *front = acc_front(tmp, &l->acc, &front_n);
    if (head->frontier.n != front_n || memcmp(head->frontier.p, front, front_n) != 0)
        return err_set(e, ERR_LEDGER_BROKEN, "frontier of head does not match its tree");
    l->last_us = head->last_us;
    TRY(clockwatch_open(&l->watch, db, head->last_us, e));
    return c->restored ? go_on(l, db, c, &cp, e) : high_check(l, db, head, e);
}

enum rc ledger_open(TALLOC_CTX *mem, struct db *writer, const struct ledger_conf *c, struct ledger **ret, struct err *e)
{
    struct ledger *l = mem_new(mem, struct ledger);
    MEM_SCOPE(tmp, l);
    struct q_ledger_head head;
    bool found;
    char *seed_path = file_join(tmp, c->key_dir, "ledger.seed");
    l->pend.mem = l;
    TRY(highwater_open(l, c->highwater_dir, &l->high, e));
    TRY(q_ledger_head(writer, tmp, &head, &found, e));
    if (found)
        TRY(reopen(l, writer, &head, c, seed_path, e));
    else
        TRY(create(l, writer, c, seed_path, e));
    *ret = l;
    return RC_OK;
}

enum rc ledger_vkey_of(struct db *db, TALLOC_CTX *mem, const char *key_dir, char **ret, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct q_ledger_head head;
    struct checkpoint cp;
    struct key k;
    uint8_t seed[32];
    bool found;
    TRY(q_ledger_head(db, tmp, &head, &found, e));
    if (!found || !checkpoint_read(tmp, str_of(head.checkpoint), &cp))
        return err_set(e, ERR_LEDGER_BROKEN, "there is no checkpoint");
    TRY(seed_read(tmp, file_join(tmp, key_dir, "ledger.seed"), seed, e));
    key_make(&k, cp.origin, seed);
    if (!checkpoint_of_house(tmp, str_of(head.checkpoint), &k, &cp))
        return err_set(e, ERR_LEDGER_KEY, "head is not signed by the key in %s", key_dir);
    *ret = key_vkey(mem, &k);
    return RC_OK;
}

/* ---- appending ---- */

/* Another process may have appended: push its leaves, then compare with the root it signed. */
static enum rc catch_up(struct ledger *l, struct db *db, const struct q_ledger_head *head, struct err *e)
{
    hash_t root;
    if (head->size < l->acc.size)
        return err_set(e, ERR_LEDGER_BROKEN, "head went back from %lld to %lld", (long long)l->acc.size, (long long)head->size);
    for (int64_t at = l->acc.size; at < head->size; at += CHUNK) {
        MEM_SCOPE(tmp, l);
        struct q_ledger_leaves_rows rows;
        TRY(q_ledger_leaves(db, tmp, at, at + CHUNK < head->size ? at + CHUNK : head->size, &rows, e));
        for (size_t i = 0; i < rows.n; i++)
            acc_push(&l->acc, (const uint8_t *)rows.v[i].leaf.p, NULL);
    }
    acc_root(&l->acc, root);
    if (l->acc.size != head->size || head->root.n != HASH_N || memcmp(root, head->root.p, HASH_N) != 0)
        return err_set(e, ERR_LEDGER_BROKEN, "head at %lld does not match the leaves", (long long)head->size);
    l->last_us = head->last_us;
    return RC_OK;
}

enum rc ledger_begin(struct ledger *l, struct tx *tx, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct q_ledger_head head;
    bool found;
    ledger_abandon(l);
    TRY(q_ledger_head(tx_db(tx), tmp, &head, &found, e));
    if (!found)
        return err_set(e, ERR_LEDGER_BROKEN, "head is missing");
    TRY(catch_up(l, tx_db(tx), &head, e));
    int64_t now = clock_now_us(), seq;
    struct entry *stepped;
    l->next_us = now > l->last_us ? now : l->last_us;           /* time never goes back in the ledger */
    TRY(clockwatch_look(&l->watch, tx, tmp, l->last_us, &stepped, e));
    return stepped == NULL ? RC_OK : ledger_append(l, tx, stepped, &seq, e);
}

enum rc ledger_append(struct ledger *l, struct tx *tx, const struct entry *en, int64_t *ret_seq, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct str bytes;
    struct pending p = {.seq = l->acc.size + (int64_t)l->pend.n};
    TRY(entry_bytes(tmp, en, p.seq, l->next_us, &bytes, e));
    merkle_leaf(bytes.p, bytes.n, p.leaf);
    TRY(q_ledger_add(tx, p.seq, bytes, (struct str){(const char *)p.leaf, HASH_N}, e));
    *vec_push(&l->pend) = p;
    *ret_seq = p.seq;
    return RC_OK;
}

/* What was written is read back and hashed again: a bit that flipped on the way is caught before it is signed (trust.md 0.6). */
static enum rc reread(struct ledger *l, struct db *db, struct err *e)
{
    int64_t end = l->acc.size + (int64_t)l->pend.n;
    for (int64_t at = l->acc.size; at < end; at += CHUNK) {
        MEM_SCOPE(tmp, l);
        struct q_ledger_range_rows rows;
        int64_t to = at + CHUNK < end ? at + CHUNK : end;
        TRY(q_ledger_range(db, tmp, at, to, &rows, e));
        if ((int64_t)rows.n != to - at)
            return err_set(e, ERR_LEDGER_BROKEN, "new entries are not complete");
        for (size_t i = 0; i < rows.n; i++) {
            hash_t h;
            const struct pending *p = &l->pend.v[at - l->acc.size + (int64_t)i];
            merkle_leaf(rows.v[i].entry.p, rows.v[i].entry.n, h);
            if (memcmp(h, p->leaf, HASH_N) != 0 || rows.v[i].leaf.n != HASH_N || memcmp(h, rows.v[i].leaf.p, HASH_N) != 0)
                return err_set(e, ERR_LEDGER_BROKEN, "entry %lld changed between writing and signing", (long long)p->seq);
        }
    }
    return RC_OK;
}

enum rc ledger_seal(struct ledger *l, struct tx *tx, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct tile_outs tiles = VEC_INIT(tmp);
    struct checkpoint own;
    hash_t root;
    size_t front_n;
    if (l->pend.n == 0)
        return RC_OK;
    if (l->flip_for_test)
        l->pend.v[0].leaf[7] ^= 1;
    TRY(reread(l, tx_db(tx), e));
    l->next = l->acc;
    for (size_t i = 0; i < l->pend.n; i++)
        acc_push(&l->next, l->pend.v[i].leaf, &tiles);
    for (size_t i = 0; i < tiles.n; i++)
        TRY(q_tile_add(tx, tiles.v[i].level, tiles.v[i].n, (struct str){(const char *)tiles.v[i].h, sizeof tiles.v[i].h}, e));
    acc_root(&l->next, root);
    char *cp = checkpoint_sign(l, &l->key, l->origin, l->next.size, root);
    if (!checkpoint_ok(tmp, str_of(cp), &l->own, &own) || own.size != l->next.size)
        return err_set(e, ERR_LEDGER_BROKEN, "own signature does not verify");
    char *front = acc_front(tmp, &l->next, &front_n);
    TRY(q_ledger_head_put(tx, l->next.size, (struct str){(const char *)root, HASH_N}, (struct str){front, front_n}, cp, l->next_us, e));
    talloc_free(l->sealed);
    l->sealed = cp;
    return RC_OK;
}

enum rc ledger_committed(struct ledger *l, struct err *e)
{
    if (l->sealed == NULL)
        return RC_OK;
    l->acc = l->next;
    l->last_us = l->next_us;
    clockwatch_committed(&l->watch);
    enum rc rc = highwater_put(l->high, l->sealed, e);
    ledger_abandon(l);
    return rc;
}

enum rc ledger_settle(struct ledger *l, struct tx *tx, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, l);
    struct q_ledger_head head;
    hash_t want, got;
    bool found;
    *ret = false;
    if (l->sealed == NULL)
        return RC_OK;
    TRY(q_ledger_head(tx_db(tx), tmp, &head, &found, e));
    if (found && head.size >= l->next.size) {
        struct tree t = {.db = tx_db(tx), .mem = tmp, .size = head.size, .front = head.frontier};
        acc_root(&l->next, want);
        TRY(tree_root_at(&t, l->next.size, got, e));
        *ret = memcmp(want, got, HASH_N) == 0;
    }
    if (*ret)
        return ledger_committed(l, e);
    ledger_abandon(l);
    return RC_OK;
}

#ifdef DAICHO_SCENE
void ledger_flip_for_test(struct ledger *l, bool on) { l->flip_for_test = on; }
#endif
