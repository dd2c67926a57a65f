/* Full verification of a stored ledger and of the truth that it binds: every leaf, full tile, root, signature, order and canonical form;
 * every revision and act against its entry; every value against its commitment, or an erasure that an entry covers. Streaming, bounded. */
#include "ledger/ledger_int.h"

#define CHUNK 2048
#define BODY_MAX_BYTES (8 << 20)

struct check { struct db *db; TALLOC_CTX *mem; struct ledger_report *rep; struct vkey key; };

static void bad(struct check *c, int64_t seq, const char *what)
{
    if (c->rep->problem == NULL) {
        c->rep->problem = mem_strdup(c->mem, what);
        c->rep->first_bad = seq;
    }
}

static enum rc tile_same(struct check *c, const struct tile_out *t, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_tile_get row;
    bool found;
    TRY(q_tile_get(c->db, tmp, t->level, t->n, &row, &found, e));
    if (!found || row.hashes.n != sizeof t->h || memcmp(row.hashes.p, t->h, sizeof t->h) != 0)
        bad(c, t->n * TILE_W, mem_fmt(tmp, "tile %d/%lld does not match", t->level, (long long)t->n));
    return RC_OK;
}

static void entry_check(struct check *c, const struct q_ledger_range *row, int64_t at, int64_t *last_us, hash_t ret_leaf)
{
    MEM_SCOPE(tmp, NULL);
    struct entry_view v;
    struct err e = {0};
    merkle_leaf(row->entry.p, row->entry.n, ret_leaf);
    if (row->leaf.n != HASH_N || memcmp(ret_leaf, row->leaf.p, HASH_N) != 0)
        bad(c, at, "the entry does not match its leaf");
    else if (entry_parse(tmp, row->entry, &v, &e) != RC_OK)
        bad(c, at, "the entry is not canonical");
    else if (v.seq != at || row->seq != at)
        bad(c, at, "the numbering has a gap");
    else if (v.time_us < *last_us)
        bad(c, at, "time goes back");
    else
        *last_us = v.time_us;
}

static enum rc tree_check(struct check *c, const struct q_ledger_head *head, struct err *e)
{
    struct acc *acc = mem_new(c->mem, struct acc);
    struct checkpoint cp;
    int64_t last_us = 0, tiles = 0;
    hash_t root;
    for (int64_t at = 0; at < head->size && c->rep->problem == NULL; at += CHUNK) {
        MEM_SCOPE(tmp, NULL);
        struct tile_outs full = VEC_INIT(tmp);
        struct q_ledger_range_rows rows;
        TRY(q_ledger_range(c->db, tmp, at, at + CHUNK, &rows, e));
        for (size_t i = 0; i < rows.n && c->rep->problem == NULL; i++) {
            hash_t leaf;
            entry_check(c, &rows.v[i], at + (int64_t)i, &last_us, leaf);
            acc_push(acc, leaf, &full);
        }
        for (size_t i = 0; i < full.n; i++)
            TRY(tile_same(c, &full.v[i], e));
        tiles += (int64_t)full.n;
        if (rows.n == 0)
            break;
    }
    c->rep->entries = acc->size;
    acc_root(acc, root);
    struct q_tile_count n;
    struct q_ledger_last_seq last;
    TRY(q_tile_count(c->db, c->mem, &n, e));
    TRY(q_ledger_last_seq(c->db, c->mem, &last, e));
    if (c->rep->problem != NULL)
        return RC_OK;
    if (!checkpoint_ok(c->mem, str_of(head->checkpoint), &c->key, &cp))
        bad(c, head->size, "the checkpoint is not signed by the key");
    else if (cp.size != head->size || acc->size != head->size || last.seq + 1 != head->size)
        bad(c, acc->size, "the ledger does not end where its checkpoint says");
    else if (memcmp(root, cp.root, HASH_N) != 0 || head->root.n != HASH_N || memcmp(root, head->root.p, HASH_N) != 0)
        bad(c, acc->size, "the root does not match the checkpoint");
    else if (n.n != tiles)
        bad(c, acc->size, "there are tiles that do not belong");
    size_t front_n;
    const char *front = acc_front(c->mem, acc, &front_n);
    if (c->rep->problem == NULL && (front_n != head->frontier.n || memcmp(front, head->frontier.p, front_n) != 0))
        bad(c, acc->size, "the frontier does not match");
    return RC_OK;
}

/* ---- the truth ---- */

/* Does the entry at seq name this hash under this key, for this object? */
static bool entry_names(struct check *c, TALLOC_CTX *tmp, int64_t seq, const char *key, const uint8_t hash[HASH_N])
{
    struct str bytes;
    struct entry_view v;
    struct err e = {0};
    if (ledger_entry(c->db, tmp, seq, &bytes, &e) != RC_OK || entry_parse(tmp, bytes, &v, &e) != RC_OK)
        return false;
    const char *want = mem_fmt(tmp, "sha256 %s", b64_text(tmp, hash, HASH_N));
    for (size_t i = 0; i < v.line_n; i++)
        if (strcmp(v.line[i].kind, "hash") == 0 && strcmp(v.line[i].key, key) == 0 && strcmp(v.line[i].value, want) == 0)
            return true;
    return false;
}

static bool erased_ok(struct check *c, TALLOC_CTX *tmp, int64_t record, const char *path)
{
    struct q_erasures_of_rows rows;
    struct err e = {0};
    if (q_erasures_of(c->db, tmp, record, &rows, &e) != RC_OK)
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        struct str bytes;
        struct entry_view v;
        size_t n = strlen(rows.v[i].path);
        bool covers = strncmp(path, rows.v[i].path, n) == 0 && (path[n] == '\0' || path[n] == '[' || path[n] == '.');
        if (covers && ledger_entry(c->db, tmp, rows.v[i].seq, &bytes, &e) == RC_OK && entry_parse(tmp, bytes, &v, &e) == RC_OK && strcmp(v.type, "erase.executed") == 0 &&
            strcmp(v.object, mem_fmt(tmp, "r:%lld", (long long)record)) == 0)
            return true;
    }
    return false;
}

/* Each line of commits against the value and blinding in the body. */
static bool values_open(struct check *c, TALLOC_CTX *tmp, const struct q_revisions_all *r)
{
    struct json *body;
    struct err e = {0};
    struct str rest = str_of(r->commits), line, path;
    size_t i = 0;
    if (r->body == NULL || json_read(tmp, str_of(r->body), BODY_MAX_BYTES, &body, &e) != RC_OK)
        return false;
    for (; str_next(&rest, '\n', &line); i++) {
        if (rest.p == NULL && line.n == 0)
            break;
        const struct json *item = json_at(body, i);
        const char *name = json_str(json_at(item, 0)), *value = json_str(json_at(item, 1)), *blind = json_str(json_at(item, 2));
        uint8_t *raw, *want, got[HASH_N];
        size_t raw_n, want_n;
        if (!str_next(&line, ' ', &path) || name == NULL || !str_is(path, name) || !b64_read(tmp, line, &want, &want_n) || want_n != HASH_N)
            return false;
        if (value == NULL && blind == NULL && erased_ok(c, tmp, r->record, name))
            continue;
        if (value == NULL || blind == NULL || !b64_read(tmp, str_of(blind), &raw, &raw_n) || raw_n != 32)
            return false;
        commitment(raw, name, value, strlen(value), got);
        if (memcmp(got, want, HASH_N) != 0)
            return false;
    }
    return i == json_n(body);
}

static enum rc revisions_check(struct check *c, struct err *e)
{
    int64_t after = 0;
    for (;;) {
        MEM_SCOPE(tmp, NULL);
        struct q_revisions_all_rows rows;
        TRY(q_revisions_all(c->db, tmp, after, 256, &rows, e));
        for (size_t i = 0; i < rows.n && c->rep->problem == NULL; i++) {
            const struct q_revisions_all *r = &rows.v[i];
            hash_t h;
            after = r->id;
            revision_hash(r->commits, strlen(r->commits), h);
            if (r->hash.n != HASH_N || memcmp(h, r->hash.p, HASH_N) != 0 || !entry_names(c, tmp, r->seq, "revision", h))
                bad(c, r->seq, mem_fmt(tmp, "revision %lld does not match its entry", (long long)r->id));
            else if (!values_open(c, tmp, r))
                bad(c, r->seq, mem_fmt(tmp, "a value of revision %lld does not match its commitment", (long long)r->id));
        }
        if (rows.n < 256 || c->rep->problem != NULL)
            return RC_OK;
    }
}

static enum rc acts_check(struct check *c, struct err *e)
{
    int64_t after = 0;
    for (;;) {
        MEM_SCOPE(tmp, NULL);
        struct q_acts_all_rows rows;
        TRY(q_acts_all(c->db, tmp, after, 256, &rows, e));
        for (size_t i = 0; i < rows.n && c->rep->problem == NULL; i++) {
            const struct q_acts_all *a = &rows.v[i];
            hash_t h;
            struct act_fields f = {a->id, a->record, a->revision_null ? 0 : a->revision, a->no, a->kind, a->step, a->actor, a->on_behalf_null ? 0 : a->on_behalf, a->at,
                                   a->comment_commit.n == HASH_N ? (const uint8_t *)a->comment_commit.p : NULL, a->effect};
            after = a->id;
            act_hash(&f, h);
            if (a->hash.n != HASH_N || memcmp(h, a->hash.p, HASH_N) != 0 || !entry_names(c, tmp, a->seq, "act", h))
                bad(c, a->seq, mem_fmt(tmp, "act %lld does not match its entry", (long long)a->id));
        }
        if (rows.n < 256 || c->rep->problem != NULL)
            return RC_OK;
    }
}

enum rc ledger_verify(struct db *db, TALLOC_CTX *mem, const char *vkey, struct ledger_report *ret, struct err *e)
{
    struct q_ledger_head head;
    bool found;
    *ret = (struct ledger_report){.first_bad = -1};
    struct check c = {.db = db, .mem = mem, .rep = ret};
    if (!vkey_read(mem, str_of(vkey), &c.key))
        return err_set(e, ERR_LEDGER_KEY, "verifier key");
    TRY(q_ledger_head(db, mem, &head, &found, e));
    if (!found) {
        bad(&c, 0, "there is no head");
        return RC_OK;
    }
    ret->checkpoint = head.checkpoint;
    TRY(tree_check(&c, &head, e));
    if (ret->problem == NULL)
        TRY(revisions_check(&c, e));
    if (ret->problem == NULL)
        TRY(acts_check(&c, e));
    return RC_OK;
}
