/* The growing tree in memory: roots of complete subtrees (frontier) and the tiles that are being filled. A leaf costs one node
 * hash on average. */
#include "ledger/ledger_int.h"

/* up: roots of the complete subtrees that this leaf ended, by height; a full tile's root is among them. */
static void tile_push(struct acc *a, int level, int64_t n_done, hash_t *up, struct tile_outs *full)
{
    memcpy(a->tile[level][a->fill[level]++], up[8 * level], HASH_N);
    if (a->fill[level] < TILE_W || level + 1 >= LEVELS)
        return;
    if (full != NULL) {
        struct tile_out *o = vec_push(full);
        o->level = level;
        o->n = n_done / TILE_W - 1;
        memcpy(o->h, a->tile[level], sizeof o->h);
    }
    a->fill[level] = 0;
    tile_push(a, level + 1, n_done / TILE_W, up, full);
}

void acc_push(struct acc *a, const hash_t leaf, struct tile_outs *full)
{
    hash_t up[64];
    int level = 0;
    memcpy(up[0], leaf, HASH_N);
    for (int64_t s = a->size; (s & 1) != 0; s >>= 1, level++)
        merkle_node(a->front[level], up[level], up[level + 1]);
    memcpy(a->front[level], up[level], HASH_N);
    a->size++;
    tile_push(a, 0, a->size, up, full);
}

void acc_root(const struct acc *a, hash_t ret)
{
    bool have = false;
    hash_t r;
    if (a->size == 0) {
        crypt_sha256("", 0, ret);
        return;
    }
    for (int level = 0; level < 62; level++) {
        if ((a->size >> level & 1) == 0)
            continue;
        if (have)
            merkle_node(a->front[level], r, r);
        else
            memcpy(r, a->front[level], HASH_N);
        have = true;
    }
    memcpy(ret, r, HASH_N);
}

char *acc_front(TALLOC_CTX *mem, const struct acc *a, size_t *ret_n)
{
    struct buf *b = buf_new(mem, sizeof a->front);
    for (int level = 62; level-- > 0;)
        if ((a->size >> level & 1) != 0)
            buf_put(b, (const char *)a->front[level], HASH_N);
    *ret_n = b->n;
    return b->p;
}

/* Refills the open tiles: level 0 from leaves, level k from the roots of full tiles of level k - 1. */
static enum rc open_tiles(struct tree *t, struct acc *a, struct err *e)
{
    for (int level = 0; level + 1 < LEVELS; level++) {
        int64_t n = t->size >> (8 * level), first = n / TILE_W * TILE_W;
        a->fill[level] = (int)(n - first);
        for (int64_t i = first; i < n; i++)
            TRY(tree_node(t, 8 * level, i, a->tile[level][i - first], e));
    }
    return RC_OK;
}

enum rc acc_load(struct db *db, int64_t size, const hash_t root, struct acc *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct tree t = {.db = db, .mem = tmp, .size = size};
    hash_t got;
    int64_t at = 0;
    memset(ret, 0, sizeof *ret);
    ret->size = size;
    for (int level = 62; level-- > 0;)
        if ((size >> level & 1) != 0) {
            TRY(tree_node(&t, level, at >> level, ret->front[level], e));
            at += INT64_C(1) << level;
        }
    TRY(open_tiles(&t, ret, e));
    acc_root(ret, got);
    if (memcmp(got, root, HASH_N) != 0)
        return err_set(e, ERR_LEDGER_BROKEN, "stored leaves do not give the signed root of %lld entries", (long long)size);
    return RC_OK;
}
