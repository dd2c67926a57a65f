/* The export folder that the outsider's verifier reads: entries and hashes in C2SP tlog-tiles layout (any such client reads it), checkpoint,
 * verifier key, and the rows of the truth as JSON lines. Format: docs/LEDGER.md. Bounded memory: one bundle or page of rows at a time. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "ledger/ledger_int.h"

#define BUNDLE_MAX ((size_t)TILE_W * (LEDGER_ENTRY_MAX + 2))

struct export { struct db *db; TALLOC_CTX *mem; const char *dir; int64_t size; int fd; };

/* ---- files ---- */

static enum rc put(const char *path, const void *p, size_t n, struct err *e)
{
    const char *at = p;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    while (ok && n > 0) {
        ssize_t k = write(fd, at, n);
        ok = k > 0;
        at += ok ? k : 0;
        n -= ok ? (size_t)k : 0;
    }
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok ? RC_OK : err_set(e, ERR_FILE_WRITE, "%s: errno %d", path, errno);
}

/* tlog-tiles: N in groups of three digits, all but the last with an x before; a part of W hashes ends with .p/W. */
static enum rc tile_put(const struct export *x, const char *kind, int64_t n, int width, const struct buf *b, struct err *e)
{
    MEM_SCOPE(tmp, x->mem);
    char *name = mem_fmt(tmp, "%03lld", (long long)(n % 1000));
    for (int64_t up = n / 1000; up > 0; up /= 1000)
        name = mem_fmt(tmp, "x%03lld/%s", (long long)(up % 1000), name);
    char *path = width == TILE_W ? mem_fmt(tmp, "%s/tile/%s/%s", x->dir, kind, name) : mem_fmt(tmp, "%s/tile/%s/%s.p/%d", x->dir, kind, name, width);
    char *folder = mem_strndup(tmp, path, (size_t)(strrchr(path, '/') - path));
    TRY(file_mkdirs(folder, 0700, e));
    return put(path, b->p, b->n, e);
}

/* ---- entries and tiles ---- */

static enum rc bundle_put(const struct export *x, int64_t n, struct err *e)
{
    MEM_SCOPE(tmp, x->mem);
    struct q_ledger_range_rows rows;
    int64_t from = n * TILE_W, to = from + TILE_W < x->size ? from + TILE_W : x->size;
    TRY(q_ledger_range(x->db, tmp, from, to, &rows, e));
    if ((int64_t)rows.n != to - from)
        return err_set(e, ERR_LEDGER_BROKEN, "entries from %lld are missing", (long long)from);
    struct buf *b = buf_new(tmp, BUNDLE_MAX), *h = buf_new(tmp, (size_t)TILE_W * HASH_N);
    for (size_t i = 0; i < rows.n; i++) {
        buf_putc(b, (char)(rows.v[i].entry.n >> 8));
        buf_putc(b, (char)(rows.v[i].entry.n & 0xff));
        buf_put(b, rows.v[i].entry.p, rows.v[i].entry.n);
        buf_put(h, rows.v[i].leaf.p, rows.v[i].leaf.n);
    }
    if (!buf_ok(b) || !buf_ok(h))
        return err_set(e, ERR_LEDGER_BROKEN, "bundle %lld", (long long)n);
    TRY(tile_put(x, "entries", n, (int)rows.n, b, e));
    return tile_put(x, "0", n, (int)rows.n, h, e);
}

static enum rc level_put(const struct export *x, struct tree *t, int level, struct err *e)
{
    int64_t n = x->size >> (8 * level);
    for (int64_t first = 0; first < n; first += TILE_W) {
        MEM_SCOPE(tmp, x->mem);
        struct buf *b = buf_new(tmp, (size_t)TILE_W * HASH_N);
        int width = n - first < TILE_W ? (int)(n - first) : TILE_W;
        for (int i = 0; i < width; i++) {
            hash_t h;
            TRY(tree_node(t, 8 * level, first + i, h, e));
            buf_put(b, (const char *)h, HASH_N);
        }
        TRY(tile_put(x, mem_fmt(tmp, "%d", level), first / TILE_W, width, b, e));
    }
    return RC_OK;
}

/* ---- rows as JSON lines ---- */

static void set_blob(TALLOC_CTX *mem, struct json *j, const char *key, struct str v)
{
    json_set_str(j, key, v.p == NULL ? NULL : b64_text(mem, (const uint8_t *)v.p, v.n));
}

static void set_num(struct json *j, const char *key, int64_t v, bool null)
{
    if (null)
        json_set_null(j, key);
    else
        json_set_i64(j, key, v);
}

static enum rc line_put(struct export *x, TALLOC_CTX *mem, const struct json *j, struct err *e)
{
    const char *text = mem_fmt(mem, "%s\n", json_text(mem, j));
    size_t n = strlen(text);
    while (n > 0) {
        ssize_t k = write(x->fd, text, n);
        if (k <= 0)
            return err_set(e, ERR_FILE_WRITE, "export: errno %d", errno);
        text += k;
        n -= (size_t)k;
    }
    return RC_OK;
}

static enum rc revisions_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_revisions_rows rows;
    TRY(q_truth_revisions(x->db, mem, *last, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_revisions *r = &rows.v[i];
        struct json *j = json_obj(mem);
        json_set_i64(j, "id", *last = r->id);
        json_set_i64(j, "record", r->record);
        json_set_i64(j, "no", r->no);
        json_set_str(j, "form", r->form);
        json_set_i64(j, "pack_set", r->pack_set);
        json_set_i64(j, "author", r->author);
        json_set_i64(j, "at", r->at);
        set_blob(mem, j, "hash", r->hash);
        json_set_str(j, "commits", r->commits);
        json_set_i64(j, "seq", r->seq);
        json_set_str(j, "body", r->body);
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

static enum rc acts_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_acts_rows rows;
    TRY(q_truth_acts(x->db, mem, *last, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_acts *a = &rows.v[i];
        struct json *j = json_obj(mem);
        json_set_i64(j, "id", *last = a->id);
        json_set_i64(j, "record", a->record);
        set_num(j, "revision", a->revision, a->revision_null);
        json_set_i64(j, "no", a->no);
        json_set_str(j, "kind", a->kind);
        json_set_str(j, "step", a->step);
        json_set_i64(j, "actor", a->actor);
        set_num(j, "on_behalf", a->on_behalf, a->on_behalf_null);
        json_set_i64(j, "at", a->at);
        set_blob(mem, j, "comment_commit", a->comment_commit);
        json_set_str(j, "effect", a->effect);
        set_blob(mem, j, "hash", a->hash);
        json_set_i64(j, "seq", a->seq);
        json_set_str(j, "comment", a->comment);
        set_blob(mem, j, "blind", a->blind);
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

static enum rc erasures_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_erasures_rows rows;
    TRY(q_truth_erasures(x->db, mem, *last, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_erasures *r = &rows.v[i];
        struct json *j = json_obj(mem);
        json_set_i64(j, "id", *last = r->id);
        json_set_i64(j, "record", r->record);
        json_set_str(j, "path", r->path);
        json_set_str(j, "ground", r->ground);
        json_set_i64(j, "actor", r->actor);
        json_set_i64(j, "at", r->at);
        json_set_i64(j, "seq", r->seq);
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

static enum rc attachments_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_attachments_rows rows;
    struct q_truth_house_key key;
    uint8_t house[32];
    bool found;
    TRY(q_truth_attachments(x->db, mem, *last, &rows, e));
    TRY(q_truth_house_key(x->db, mem, &key, &found, e));
    if (rows.n > 0 && (!found || !hex_read(str_of(key.v), house, sizeof house)))
        return err_set(e, ERR_LEDGER_BROKEN, "bind_key is missing");
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_attachments *a = &rows.v[i];
        struct json *j = json_obj(mem);
        const char *name = mem_fmt(mem, "attachment:%lld", (long long)a->id);
        uint8_t blind[32];
        crypt_hmac256(house, sizeof house, name, strlen(name), blind);      /* shown for this one alone, never the house's key */
        json_set_i64(j, "id", *last = a->id);
        json_set_i64(j, "record", a->record);
        set_blob(mem, j, "sha256", a->sha256);
        json_set_i64(j, "bytes", a->bytes);
        json_set_str(j, "type", a->type);
        json_set_i64(j, "at", a->at);
        json_set_i64(j, "actor", a->actor);
        json_set_i64(j, "seq", a->seq);
        set_blob(mem, j, "blind", (struct str){(const char *)blind, sizeof blind});
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

static enum rc sets_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_sets_rows rows;
    TRY(q_truth_sets(x->db, mem, *last, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_sets *s = &rows.v[i];
        struct json *j = json_obj(mem);
        json_set_i64(j, "id", *last = s->id);
        json_set_i64(j, "at", s->at);
        json_set_i64(j, "actor", s->actor);
        set_blob(mem, j, "hash", s->hash);
        json_set_str(j, "body", s->body);
        json_set_i64(j, "seq", s->seq);
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

static enum rc logs_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    struct q_truth_logs_rows rows;
    TRY(q_truth_logs(x->db, mem, *last, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct q_truth_logs *b = &rows.v[i];
        struct json *j = json_obj(mem);
        json_set_i64(j, "id", *last = b->id);
        json_set_str(j, "form", b->form);
        json_set_i64(j, "pack_set", b->pack_set);
        json_set_i64(j, "actor", b->actor);
        set_num(j, "on_behalf", b->on_behalf, b->on_behalf_null);
        json_set_i64(j, "at", b->at);
        json_set_str(j, "body", b->body);
        set_blob(mem, j, "hash", b->hash);
        json_set_i64(j, "seq", b->seq);
        TRY(line_put(x, mem, j, e));
    }
    *ret_more = rows.n > 0;
    return RC_OK;
}

/* Ordered by hash, not by a number: all in one go, a page of rows at a time. */
static enum rc books_page(struct export *x, TALLOC_CTX *mem, int64_t *last, bool *ret_more, struct err *e)
{
    uint8_t after[HASH_N];
    struct q_truth_books_rows rows;
    (void)last;
    *ret_more = false;
    for (size_t after_n = 0;; after_n = HASH_N) {
        MEM_SCOPE(tmp, mem);
        TRY(q_truth_books(x->db, tmp, (struct str){(const char *)after, after_n}, &rows, e));
        for (size_t i = 0; i < rows.n; i++) {
            struct json *j = json_obj(tmp);
            set_blob(tmp, j, "hash", rows.v[i].hash);
            json_set_str(j, "body", rows.v[i].body);
            TRY(line_put(x, tmp, j, e));
        }
        if (rows.n == 0 || rows.v[rows.n - 1].hash.n != HASH_N)
            return RC_OK;
        memcpy(after, rows.v[rows.n - 1].hash.p, HASH_N);
    }
}

static enum rc rows_put(struct export *x, const char *name, enum rc (*page)(struct export *, TALLOC_CTX *, int64_t *, bool *, struct err *), struct err *e)
{
    MEM_SCOPE(tmp, x->mem);
    const char *path = file_join(tmp, x->dir, name);
    int64_t last = 0;
    bool more = true;
    enum rc rc = RC_OK;
    x->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (x->fd < 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", path, errno);
    while (rc == RC_OK && more) {
        MEM_SCOPE(one, tmp);
        rc = page(x, one, &last, &more, e);
    }
    if (close(x->fd) != 0 && rc == RC_OK)
        rc = err_set(e, ERR_FILE_WRITE, "%s: errno %d", path, errno);
    return rc;
}

static enum rc export_all(struct export *x, const char *vkey, struct err *e)
{
    MEM_SCOPE(tmp, x->mem);
    struct q_ledger_head head;
    bool found;
    TRY(q_ledger_head(x->db, tmp, &head, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "no ledger");
    x->size = head.size;
    struct tree t = {.db = x->db, .mem = tmp, .size = head.size, .front = head.frontier};
    for (int64_t n = 0; n * TILE_W < x->size; n++)
        TRY(bundle_put(x, n, e));
    for (int level = 1; level < LEVELS && x->size >> (8 * level) > 0; level++)
        TRY(level_put(x, &t, level, e));
    TRY(rows_put(x, "revisions.jsonl", revisions_page, e));
    TRY(rows_put(x, "acts.jsonl", acts_page, e));
    TRY(rows_put(x, "erasures.jsonl", erasures_page, e));
    TRY(rows_put(x, "attachments.jsonl", attachments_page, e));
    TRY(rows_put(x, "sets.jsonl", sets_page, e));
    TRY(rows_put(x, "logs.jsonl", logs_page, e));
    TRY(rows_put(x, "books.jsonl", books_page, e));
    const char *key = mem_fmt(tmp, "%s\n", vkey);
    TRY(put(file_join(tmp, x->dir, "vkey"), key, strlen(key), e));
    return put(file_join(tmp, x->dir, "checkpoint"), head.checkpoint, strlen(head.checkpoint), e);      /* last: a cut export has none */
}

enum rc ledger_export(struct db *db, const char *dir, const char *vkey, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct export x = {.db = db, .mem = tmp, .dir = dir, .fd = -1};
    TRY(file_mkdirs(dir, 0700, e));
    return export_all(&x, vkey, e);
}
