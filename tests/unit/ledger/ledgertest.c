/* A ledger and the rows that it binds, for tests; see ledgertest.h. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "ledgertest.h"

#define BLOB(p) ((struct str){(const char *)(p), HASH_N})

void lt_must(struct lt *t, enum rc rc, const char *what)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "%s: %s %s\n", what, err_info(t->e.code)->name, t->e.detail);
    abort();
}

void lt_init(struct lt *t, TALLOC_CTX *mem, struct db *w, const char *dir)
{
    *t = (struct lt){.mem = mem, .w = w, .dir = dir};
    t->conf = (struct ledger_conf){.key_dir = file_join(mem, dir, "keys"), .highwater_dir = file_join(mem, dir, "high"), .org = "example.internal"};
    lt_must(t, file_mkdirs(t->conf.key_dir, 0700, &t->e), "keys");
    lt_must(t, file_mkdirs(t->conf.highwater_dir, 0700, &t->e), "high");
}

void lt_gone(struct lt *t)
{
    static const char *const files[] = {"keys/ledger.seed", "high/highwater", "high/kept", "high2/highwater", "keys", "high", "high2", "."};
    talloc_free(t->l);
    for (size_t i = 0; i < ARRAY_N(files); i++)
        (void)remove(file_join(t->mem, t->dir, files[i]));
    (void)rmdir(t->dir);
}

enum rc lt_open(struct lt *t)
{
    talloc_free(t->l);
    t->l = NULL;
    TALLOC_CTX *own = talloc_new(t->mem);
    enum rc rc = ledger_open(own, t->w, &t->conf, &t->l, &t->e);
    if (rc != RC_OK) {
        talloc_free(own);
        t->l = NULL;
    }
    return rc;
}

struct entry *lt_entry(TALLOC_CTX *mem, int64_t i)
{
    struct entry *en = entry_new(mem, "test.made", "system", "-");
    entry_field(en, "i", mem_fmt(mem, "%lld 件", (long long)i));
    return en;
}

struct tx *lt_begin(struct lt *t)
{
    struct tx *tx = NULL;
    lt_must(t, tx_begin(t->w, &tx, &t->e), "begin");
    lt_must(t, ledger_begin(t->l, tx, &t->e), "ledger_begin");
    return tx;
}

void lt_commit(struct lt *t, struct tx *tx)
{
    bool fatal;
    lt_must(t, ledger_seal(t->l, tx, &t->e), "seal");
    lt_must(t, tx_commit(tx, &fatal, &t->e), "commit");
    lt_must(t, ledger_committed(t->l, &t->e), "committed");
}

void lt_append(struct lt *t, int64_t n)
{
    struct tx *tx = lt_begin(t);
    for (int64_t i = 0; i < n; i++) {
        MEM_SCOPE(tmp, t->mem);
        int64_t seq;
        lt_must(t, ledger_append(t->l, tx, lt_entry(tmp, i), &seq, &t->e), "append");
    }
    lt_commit(t, tx);
}

/* ---- the house ---- */

/* Commitments, body and hash of a revision; `book`: a fourth value, or NULL. */
static void content(struct lt *t, struct tx *tx, int64_t id, const char *book, bool erased, char **ret_commits, uint8_t ret_hash[HASH_N])
{
    const char *const path[] = {"name", "items[0].asset", "note", BOOK_PATH}, *const value[] = {"山田 太郎", "顧客名簿", "line\nbreak \"q\" \\ ", book};
    MEM_SCOPE(tmp, t->mem);
    struct buf *commits = buf_new(tmp, 4096);
    struct json *body = json_arr(tmp);
    for (size_t i = 0; i < (book ? 4u : 3u); i++) {
        uint8_t blind[32], c[HASH_N];
        memset(blind, (int)(id + (int64_t)i), sizeof blind);
        commitment(blind, path[i], value[i], strlen(value[i]), c);
        buf_puts(commits, path[i]);
        buf_putc(commits, ' ');
        buf_b64(commits, c, HASH_N);
        buf_putc(commits, '\n');
        struct json *item = json_add_arr(body);
        bool gone = erased && i == 1;
        json_add_str(item, path[i]);
        json_add_str(item, gone ? NULL : value[i]);
        json_add_str(item, gone ? NULL : b64_text(tmp, blind, sizeof blind));
    }
    revision_hash(commits->p, commits->n, ret_hash);
    *ret_commits = mem_strndup(t->mem, commits->p, commits->n);
    lt_must(t, q_revision_body_add(tx, id, json_text(tmp, body), &t->e), "body");
}

static void revision(struct lt *t, struct tx *tx, int64_t id, int64_t no, const char *book, bool erased)
{
    MEM_SCOPE(tmp, t->mem);
    uint8_t h[HASH_N], row[HASH_N];
    char *commits;
    int64_t seq;
    content(t, tx, id, book, erased, &commits, h);
    struct revision_fields f = {.id = id, .record = 12, .no = no, .form = "takeout", .pack_set = 3, .author = 5, .at = 1000 + id, .hash = h};
    revision_row_hash(&f, row);
    struct entry *en = entry_new(tmp, "record.revised", "p:0123456789abcdef", mem_fmt(tmp, "r:12@rev%lld", (long long)no));
    entry_field(en, "form", "takeout");
    entry_hash(en, "revision", h);
    entry_hash(en, "row", row);
    lt_must(t, ledger_append(t->l, tx, en, &seq, &t->e), "append");
    lt_must(t, q_revision_add(tx, id, 12, no, "takeout", 3, 5, 1000 + id, BLOB(h), commits, seq, &t->e), "revision");
}

/* Two rows of a log in one batch. */
static void batch(struct lt *t, struct tx *tx)
{
    MEM_SCOPE(tmp, t->mem);
    uint8_t h[2][HASH_N], row[HASH_N], hash[HASH_N];
    char *commits[2];
    int64_t seq;
    struct buf *body = buf_new(tmp, 4096);
    for (int i = 0; i < 2; i++) {
        content(t, tx, 51 + i, NULL, false, &commits[i], h[i]);
        struct revision_fields f = {.id = 51 + i, .record = 61 + i, .no = 1, .form = "entry", .pack_set = 3, .author = 5, .at = 5000, .hash = h[i]};
        revision_row_hash(&f, row);
        buf_fmt(body, "%d %d 7 %s app ", 61 + i, 51 + i, i ? "2026-05-01" : "-");
        buf_b64(body, row, HASH_N);
        buf_fmt(body, " 入退室 %d\n", i + 1);
    }
    struct log_fields lf = {.id = 50, .form = "entry", .pack_set = 3, .actor = 5, .on_behalf = 6, .at = 5000, .body = body->p};
    log_hash(&lf, hash);
    struct entry *en = entry_new(tmp, "log.added", "p:0123456789abcdef", "log:50");
    entry_field(en, "form", "entry");
    entry_field(en, "rows", "2");
    entry_hash(en, "batch", hash);
    lt_must(t, ledger_append(t->l, tx, en, &seq, &t->e), "append");
    lt_must(t, q_log_batch_add(tx, 50, "entry", 3, 5, 6, false, 5000, body->p, BLOB(hash), seq, &t->e), "batch");
    for (int i = 0; i < 2; i++)
        lt_must(t, q_revision_add(tx, 51 + i, 61 + i, 1, "entry", 3, 5, 5000, BLOB(h[i]), commits[i], seq, &t->e), "row");
}

/* A review of a register by record 12, and the value that names it. */
static char *book(struct lt *t, struct tx *tx)
{
    uint8_t hash[HASH_N];
    const char *body = "daicho-book/v1\n12\nasset\n0\n1\n12 3 AAAA\n";
    crypt_sha256(body, strlen(body), hash);
    lt_must(t, q_book_add(tx, BLOB(hash), body, &t->e), "book");
    return b64_text(t->mem, hash, HASH_N);
}

static void act(struct lt *t, struct tx *tx, int64_t id, int64_t no, int64_t rev, const char *step, const char *comment, bool gone)
{
    MEM_SCOPE(tmp, t->mem);
    uint8_t blind[32], c[HASH_N], h[HASH_N];
    int64_t seq;
    memset(blind, (int)id, sizeof blind);
    commitment(blind, "comment", comment ? comment : "", comment ? strlen(comment) : 0, c);
    struct act_fields f = {.id = id, .record = 12, .revision = rev, .no = no, .kind = "approve", .step = step, .actor = 5, .on_behalf = step ? 6 : 0,
                           .at = 2000 + id, .comment_commit = comment ? c : NULL, .effect = "{\"state\":\"approved\"}"};
    act_hash(&f, h);
    struct entry *en = entry_new(tmp, "act.approve", "p:0123456789abcdef", "r:12");
    entry_hash(en, "act", h);
    if (step != NULL)
        entry_field(en, "step", step);
    if (comment != NULL)
        entry_commit(en, "comment", c);
    lt_must(t, ledger_append(t->l, tx, en, &seq, &t->e), "append");
    lt_must(t, q_act_add(tx, id, 12, rev, rev == 0, no, "approve", step, 5, f.on_behalf, f.on_behalf == 0, f.at, comment ? BLOB(c) : (struct str){NULL, 0},
                         f.effect, BLOB(h), seq, &t->e), "act");
    if (comment != NULL)
        lt_must(t, q_act_body_add(tx, id, gone ? NULL : comment, gone ? (struct str){NULL, 0} : (struct str){(const char *)blind, 32}, &t->e), "act_body");
}

static void attachment_and_set(struct lt *t, struct tx *tx)
{
    MEM_SCOPE(tmp, t->mem);
    uint8_t house[32], blind[32], sha[HASH_N], c[HASH_N], h[HASH_N];
    int64_t seq;
    memset(house, 77, sizeof house);
    lt_must(t, q_keep_put(tx, "bind_key", hex_text(tmp, house, 32), &t->e), "bind_key");
    crypt_sha256("file", 4, sha);
    crypt_hmac256(house, 32, "attachment:90", 13, blind);
    commitment(blind, "attachment", sha, HASH_N, c);
    struct entry *en = entry_new(tmp, "attach.added", "p:0123456789abcdef", "r:12");
    entry_field(en, "attachment", "90");
    entry_field(en, "type", "application/pdf");
    entry_commit(en, "sha256", c);
    lt_must(t, ledger_append(t->l, tx, en, &seq, &t->e), "append");
    lt_must(t, q_attachment_add(tx, 90, 12, BLOB(sha), 4, "application/pdf", 3000, 5, seq, &t->e), "attachment");
    const char *body = "{\"packs\":[\"sme\"]}";
    crypt_sha256(body, strlen(body), h);
    struct entry *set = entry_new(tmp, "set.adopted", "p:0123456789abcdef", "set:3");
    entry_field(set, "why", "adopt");
    entry_hash(set, "set", h);
    lt_must(t, ledger_append(t->l, tx, set, &seq, &t->e), "append");
    lt_must(t, q_pack_set_add(tx, 3, 3000, 5, BLOB(h), body, seq, &t->e), "pack_set");
}

void lt_house(struct lt *t)
{
    struct tx *tx = lt_begin(t);
    MEM_SCOPE(tmp, t->mem);
    int64_t seq;
    revision(t, tx, 20, 1, NULL, true);
    revision(t, tx, 21, 2, NULL, false);
    act(t, tx, 30, 1, 20, "head", "よいです", false);
    act(t, tx, 31, 2, 0, NULL, NULL, false);
    act(t, tx, 32, 3, 21, NULL, "消されたコメント", true);
    attachment_and_set(t, tx);
    struct entry *en = entry_new(tmp, "erase.executed", "p:0123456789abcdef", "r:12");
    entry_field(en, "ground", "request");
    entry_field(en, "paths", "note[9] items[0]");
    entry_field(en, "values", "1");
    lt_must(t, ledger_append(t->l, tx, en, &seq, &t->e), "append");
    lt_must(t, q_erasure_add(tx, 40, 12, "items[0]", "request", 5, 4000, seq, &t->e), "erasure");
    revision(t, tx, 22, 3, book(t, tx), false);                              /* written after the erasure: it covers nothing here */
    act(t, tx, 33, 4, 22, NULL, "後のコメント", false);
    batch(t, tx);
    lt_commit(t, tx);
}
