/* Full verification of a database in bounded memory: every entry canonical, in order and equal to its leaf; every full tile; root, frontier,
 * checkpoint and its signature; then the rows of the truth (truth.c). The first thing that does not hold is reported by its number. */
#include "ledger/ledger_int.h"

#define CHUNK 2048

enum rc verify_bad(struct verify *v, const char *problem, int64_t at, const char *detail)
{
    if (v->report->problem == NULL) {
        v->report->problem = problem;
        v->report->first_bad = at;
        v->report->detail = mem_strdup(v->mem, detail);
    }
    return RC_OK;
}

static bool bad(const struct verify *v) { return v->report->problem != NULL; }

static enum rc head_check(struct verify *v, const struct q_ledger_head *head, const char *vkey, hash_t ret_root)
{
    MEM_SCOPE(tmp, v->mem);
    struct vkey k;
    struct checkpoint cp;
    if (!vkey_read(tmp, str_of(vkey), &k))
        return verify_bad(v, MSG("ledger.problem.vkey"), -1, "");
    if (!checkpoint_ok(tmp, str_of(head->checkpoint), &k, &cp) || !text_eq(cp.origin, k.name))
        return verify_bad(v, MSG("ledger.problem.signature"), -1, "");
    bool same = head->epoch > 0 && origin_epoch_no(cp.origin) == head->epoch && cp.size == head->size && head->root.n == HASH_N && memcmp(cp.root, head->root.p, HASH_N) == 0;
    v->size = cp.size;
    v->head_origin = mem_strdup(v->mem, cp.origin);
    v->report->checkpoint = mem_strdup(v->mem, head->checkpoint);
    memcpy(ret_root, cp.root, HASH_N);
    return same ? RC_OK : verify_bad(v, MSG("ledger.problem.head"), -1, "size, root or epoch of head differ from its checkpoint");
}

static enum rc tiles_check(struct verify *v, const struct tile_outs *tiles, struct err *e)
{
    for (size_t i = 0; i < tiles->n && !bad(v); i++) {
        MEM_SCOPE(tmp, v->mem);
        const struct tile_out *t = &tiles->v[i];
        struct q_tile_get row;
        bool found;
        TRY(q_tile_get(v->db, tmp, t->level, t->n, &row, &found, e));
        if (!found || row.hashes.n != sizeof t->h || memcmp(row.hashes.p, t->h, sizeof t->h) != 0)
            TRY(verify_bad(v, MSG("ledger.problem.tile"), t->n, mem_fmt(tmp, "tile %d/%lld", t->level, (long long)t->n)));
    }
    return RC_OK;
}

static void entry_check(struct verify *v, const struct q_ledger_range *row, int64_t want, struct tile_outs *tiles)
{
    struct entry_scan s;
    hash_t h;
    enum rc rc = RC_OK;
    if (row->seq != want)
        rc = verify_bad(v, MSG("ledger.problem.missing"), want, "");
    merkle_leaf(row->entry.p, row->entry.n, h);
    if (rc == RC_OK && (row->leaf.n != HASH_N || memcmp(h, row->leaf.p, HASH_N) != 0))
        rc = verify_bad(v, MSG("ledger.problem.leaf"), want, "");
    if (rc == RC_OK && !entry_scan(row->entry, &s))
        rc = verify_bad(v, MSG("ledger.problem.entry"), want, "not canonical");
    if (rc != RC_OK || bad(v))
        return;
    if (s.seq != want || s.time_us < v->last_us) {
        if (verify_bad(v, MSG("ledger.problem.order"), want, "") == RC_OK)
            return;
    }
    if (!epoch_check(v, &s) && verify_bad(v, MSG("ledger.problem.epoch"), want, "") == RC_OK)
        return;
    v->last_us = s.time_us;
    verify_count(v, &s);
    acc_push(&v->acc, h, tiles);
    v->report->entries++;
}

static enum rc entries_check(struct verify *v, struct err *e)
{
    for (int64_t at = 0; at < v->size && !bad(v); at += CHUNK) {
        MEM_SCOPE(tmp, v->mem);
        struct tile_outs tiles = VEC_INIT(tmp);
        struct q_ledger_range_rows rows;
        int64_t end = at + CHUNK < v->size ? at + CHUNK : v->size;
        TRY(q_ledger_range(v->db, tmp, at, end, &rows, e));
        for (size_t i = 0; i < rows.n && !bad(v); i++)
            entry_check(v, &rows.v[i], at + (int64_t)i, &tiles);
        if ((int64_t)rows.n < end - at)
            TRY(verify_bad(v, MSG("ledger.problem.missing"), at + (int64_t)rows.n, ""));
        TRY(tiles_check(v, &tiles, e));
    }
    return RC_OK;
}

static enum rc tree_check(struct verify *v, const struct q_ledger_head *head, const hash_t root, struct err *e)
{
    MEM_SCOPE(tmp, v->mem);
    struct q_ledger_last_seq last;
    struct q_tile_count tiles;
    hash_t got;
    size_t n;
    int64_t want = 0;
    for (int64_t full = v->size / TILE_W; full > 0; full /= TILE_W)
        want += full;
    TRY(q_ledger_last_seq(v->db, tmp, &last, e));
    TRY(q_tile_count(v->db, tmp, &tiles, e));
    acc_root(&v->acc, got);
    char *front = acc_front(tmp, &v->acc, &n);
    if (memcmp(got, root, HASH_N) != 0)
        return verify_bad(v, MSG("ledger.problem.root"), -1, "");
    if (last.seq + 1 != v->size || tiles.n != want)
        return verify_bad(v, MSG("ledger.problem.extra"), v->size, "entries or tiles beyond the signed size");
    if (!text_eq(v->origin, v->head_origin))
        return verify_bad(v, MSG("ledger.problem.epoch"), -1, "the last epoch's origin is not the checkpoint's");
    if (head->frontier.n != n || memcmp(head->frontier.p, front, n) != 0 || head->last_us != v->last_us)
        return verify_bad(v, MSG("ledger.problem.head"), -1, "frontier or time of head");
    return RC_OK;
}

enum rc ledger_verify(struct db *db, TALLOC_CTX *mem, const char *vkey, struct ledger_report *ret, struct err *e)
{
    *ret = (struct ledger_report){.first_bad = -1, .detail = ""};
    MEM_SCOPE(tmp, mem);
    struct verify *v = mem_new(tmp, struct verify);
    struct q_ledger_head head;
    hash_t root;
    bool found;
    *v = (struct verify){.db = db, .mem = mem, .report = ret};
    TRY(q_ledger_head(db, tmp, &head, &found, e));
    if (!found)
        return verify_bad(v, MSG("ledger.problem.head"), -1, "there is no head row");
    TRY(head_check(v, &head, vkey, root));
    if (!bad(v))
        TRY(entries_check(v, e));
    if (!bad(v))
        TRY(tree_check(v, &head, root, e));
    return bad(v) ? RC_OK : verify_truth(v, e);
}
