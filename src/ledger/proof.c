/* Nodes of the stored tree from full tiles and leaves; roots of earlier sizes, inclusion proofs, receipts (C2SP tlog-proof). */
#include "ledger/ledger_int.h"

/* `count` consecutive hashes of tile level `tl` beginning at first (all inside one tile). */
static enum rc base_hashes(struct tree *t, int tl, int64_t first, int64_t count, hash_t *ret, struct err *e)
{
    MEM_SCOPE(tmp, t->mem);
    struct q_tile_get row;
    bool found;
    TRY(q_tile_get(t->db, tmp, tl, first / TILE_W, &row, &found, e));
    if (found && row.hashes.n == TILE_W * HASH_N) {
        memcpy(ret, row.hashes.p + (size_t)(first % TILE_W) * HASH_N, (size_t)count * HASH_N);
        return RC_OK;
    }
    if (tl == 0) {
        struct q_ledger_leaves_rows rows;
        TRY(q_ledger_leaves(t->db, tmp, first, first + count, &rows, e));
        if ((int64_t)rows.n != count)
            return err_set(e, ERR_LEDGER_BROKEN, "leaves %lld to %lld are missing", (long long)first, (long long)(first + count));
        for (size_t i = 0; i < rows.n; i++)
            memcpy(ret[i], rows.v[i].leaf.p, HASH_N);
        return RC_OK;
    }
    for (int64_t i = 0; i < count; i++) {
        struct q_tile_get below;
        TRY(q_tile_get(t->db, tmp, tl - 1, first + i, &below, &found, e));
        if (!found || below.hashes.n != TILE_W * HASH_N)
            return err_set(e, ERR_LEDGER_BROKEN, "tile %d/%lld is missing", tl - 1, (long long)(first + i));
        merkle_root((const void *)below.hashes.p, TILE_W, ret[i]);
    }
    return RC_OK;
}

/* Complete subtrees of the whole size, largest first: without them a left sibling in a tile that is not yet full costs 128 tile reads. */
static bool front_node(const struct tree *t, int level, int64_t index, hash_t ret)
{
    int64_t at = 0;
    size_t k = 0;
    for (int l = 62; l-- > 0 && (k + 1) * HASH_N <= t->front.n;) {
        if ((t->size >> l & 1) == 0)
            continue;
        if (l == level && at >> l == index) {
            memcpy(ret, t->front.p + k * HASH_N, HASH_N);
            return true;
        }
        at += INT64_C(1) << l;
        k++;
    }
    return false;
}

enum rc tree_node(struct tree *t, int level, int64_t index, hash_t ret, struct err *e)
{
    if (front_node(t, level, index, ret))
        return RC_OK;
    int tl = level / 8, in = level % 8;
    hash_t h[TILE_W];
    int64_t count = INT64_C(1) << in;
    TRY(base_hashes(t, tl, index << in, count, h, e));
    merkle_root((const uint8_t(*)[HASH_N])h, (size_t)count, ret);
    return RC_OK;
}

static int high_bit(int64_t n)
{
    int b = 0;
    while (INT64_C(2) << b < n)
        b++;
    return b;
}

/* Root of leaves [from, from + n): complete subtrees are read, the rest is put together. */
static enum rc range_root(struct tree *t, int64_t from, int64_t n, hash_t ret, struct err *e)
{
    hash_t l, r;
    if ((n & (n - 1)) == 0) {
        int level = 0;
        while (INT64_C(1) << level < n)
            level++;
        return tree_node(t, level, from >> level, ret, e);
    }
    int64_t k = INT64_C(1) << high_bit(n);
    TRY(range_root(t, from, k, l, e));
    TRY(range_root(t, from + k, n - k, r, e));
    merkle_node(l, r, ret);
    return RC_OK;
}

enum rc tree_root_at(struct tree *t, int64_t size, hash_t ret, struct err *e)
{
    if (size == 0) {
        crypt_sha256("", 0, ret);
        return RC_OK;
    }
    return range_root(t, 0, size, ret, e);
}

static enum rc path(struct tree *t, int64_t m, int64_t from, int64_t n, struct hash_vec *ret, struct err *e)
{
    hash_t h;
    if (n == 1)
        return RC_OK;
    int64_t k = INT64_C(1) << high_bit(n);
    if (m < k) {
        TRY(path(t, m, from, k, ret, e));
        TRY(range_root(t, from + k, n - k, h, e));
    } else {
        TRY(path(t, m - k, from + k, n - k, ret, e));
        TRY(range_root(t, from, k, h, e));
    }
    memcpy(*vec_push(ret), h, HASH_N);
    return RC_OK;
}

enum rc tree_inclusion(struct tree *t, int64_t index, int64_t size, struct hash_vec *ret, struct err *e)
{
    if (index < 0 || index >= size || size > t->size)
        return err_set(e, ERR_DB_NOTFOUND, "entry %lld of %lld", (long long)index, (long long)size);
    return path(t, index, 0, size, ret, e);
}

/* RFC 6962 2.1.2 SUBPROOF(m, D[from, from + n], whole) */
static enum rc subproof(struct tree *t, int64_t m, int64_t from, int64_t n, bool whole, struct hash_vec *ret, struct err *e)
{
    hash_t h;
    if (m == n) {
        if (whole)
            return RC_OK;
        TRY(range_root(t, from, n, h, e));
    } else {
        int64_t k = INT64_C(1) << high_bit(n);
        if (m <= k) {
            TRY(subproof(t, m, from, k, whole, ret, e));
            TRY(range_root(t, from + k, n - k, h, e));
        } else {
            TRY(subproof(t, m - k, from + k, n - k, false, ret, e));
            TRY(range_root(t, from, k, h, e));
        }
    }
    memcpy(*vec_push(ret), h, HASH_N);
    return RC_OK;
}

enum rc tree_consistency(struct tree *t, int64_t size1, int64_t size2, struct hash_vec *ret, struct err *e)
{
    if (size1 <= 0 || size1 > size2 || size2 > t->size)
        return err_set(e, ERR_DB_NOTFOUND, "sizes %lld and %lld", (long long)size1, (long long)size2);
    return subproof(t, size1, 0, size2, true, ret, e);
}

static void put_hashes(struct buf *b, const struct hash_vec *proof)
{
    for (size_t i = 0; i < proof->n; i++) {
        buf_b64(b, proof->v[i], HASH_N);
        buf_putc(b, '\n');
    }
}

enum rc ledger_consistency(struct db *db, TALLOC_CTX *mem, int64_t size1, int64_t size2, char **ret_text, struct err *e)
{
    struct q_ledger_head head;
    bool found;
    TRY(q_ledger_head(db, mem, &head, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "no ledger");
    struct tree t = {.db = db, .mem = mem, .size = head.size, .front = head.frontier};
    struct hash_vec proof = VEC_INIT(mem);
    TRY(tree_consistency(&t, size1, size2, &proof, e));
    struct buf *b = buf_new(mem, 8192);
    put_hashes(b, &proof);
    *ret_text = b->p;
    return RC_OK;
}

enum rc ledger_receipt(struct db *db, TALLOC_CTX *mem, int64_t seq, char **ret_text, struct err *e)
{
    struct q_ledger_head head;
    bool found;
    TRY(q_ledger_head(db, mem, &head, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "no ledger");
    struct tree t = {.db = db, .mem = mem, .size = head.size, .front = head.frontier};
    struct hash_vec proof = VEC_INIT(mem);
    TRY(tree_inclusion(&t, seq, head.size, &proof, e));
    struct buf *b = buf_new(mem, 8192);
    buf_puts(b, "c2sp.org/tlog-proof@v1\nindex ");
    buf_i64(b, seq);
    buf_putc(b, '\n');
    put_hashes(b, &proof);
    buf_putc(b, '\n');
    buf_puts(b, head.checkpoint);
    *ret_text = b->p;
    return RC_OK;
}

enum rc ledger_entry(struct db *db, TALLOC_CTX *mem, int64_t seq, struct str *ret_bytes, struct err *e)
{
    struct q_ledger_entry_at row;
    bool found;
    TRY(q_ledger_entry_at(db, mem, seq, &row, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "entry %lld", (long long)seq);
    *ret_bytes = row.entry;
    return RC_OK;
}
