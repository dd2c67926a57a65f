/* The log as a folder for an outsider: entries.txt (each entry after a line with its length), checkpoint, vkey, and the truth that the
 * entries bind as JSON lines (revisions.jsonl, acts.jsonl, erasures.jsonl). Format: docs/LEDGER.md. No person's name is in entries.txt;
 * revisions.jsonl holds values and is for whoever may see them. */
#include "ledger/ledger_int.h"

#define CHUNK 1024
#define PART_MAX (256 << 20)

static enum rc put(const char *dir, const char *name, struct buf *b, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    if (!buf_ok(b))
        return err_set(e, ERR_LIMIT, "%s is larger than the export allows", name);
    return file_write_atomic(file_join(tmp, dir, name), b->p, b->n, 0600, e);
}

static enum rc entries_out(struct db *db, const char *dir, int64_t size, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct buf *b = buf_new(mem, PART_MAX);
    for (int64_t at = 0; at < size; at += CHUNK) {
        MEM_SCOPE(tmp, NULL);
        struct q_ledger_range_rows rows;
        TRY(q_ledger_range(db, tmp, at, at + CHUNK < size ? at + CHUNK : size, &rows, e));
        for (size_t i = 0; i < rows.n; i++) {
            buf_fmt(b, "%zu\n", rows.v[i].entry.n);
            buf_put(b, rows.v[i].entry.p, rows.v[i].entry.n);
        }
    }
    return put(dir, "entries.txt", b, e);
}

static enum rc revisions_out(struct db *db, const char *dir, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct buf *b = buf_new(mem, PART_MAX);
    int64_t after = 0;
    for (size_t n = 256; n == 256;) {
        MEM_SCOPE(tmp, NULL);
        struct q_revisions_all_rows rows;
        TRY(q_revisions_all(db, tmp, after, 256, &rows, e));
        n = rows.n;
        for (size_t i = 0; i < rows.n; i++) {
            const struct q_revisions_all *r = &rows.v[i];
            struct json *o = json_obj(tmp), *body;
            after = r->id;
            json_set_i64(o, "id", r->id);
            json_set_i64(o, "record", r->record);
            json_set_i64(o, "seq", r->seq);
            json_set_str(o, "hash", b64_text(tmp, (const uint8_t *)r->hash.p, r->hash.n));
            json_set_str(o, "commits", r->commits);
            if (r->body != NULL && json_read(tmp, str_of(r->body), 8 << 20, &body, e) == RC_OK)
                json_set(o, "body", body);
            buf_puts(b, json_text(tmp, o));
            buf_putc(b, '\n');
        }
    }
    return put(dir, "revisions.jsonl", b, e);
}

static enum rc acts_out(struct db *db, const char *dir, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct buf *b = buf_new(mem, PART_MAX);
    int64_t after = 0;
    for (size_t n = 256; n == 256;) {
        MEM_SCOPE(tmp, NULL);
        struct q_acts_all_rows rows;
        TRY(q_acts_all(db, tmp, after, 256, &rows, e));
        n = rows.n;
        for (size_t i = 0; i < rows.n; i++) {
            const struct q_acts_all *a = &rows.v[i];
            struct json *o = json_obj(tmp);
            after = a->id;
            json_set_i64(o, "id", a->id);
            json_set_i64(o, "record", a->record);
            json_set_i64(o, "revision", a->revision_null ? 0 : a->revision);
            json_set_i64(o, "no", a->no);
            json_set_str(o, "kind", a->kind);
            json_set_str(o, "step", a->step);
            json_set_i64(o, "actor", a->actor);
            json_set_i64(o, "on_behalf", a->on_behalf_null ? 0 : a->on_behalf);
            json_set_i64(o, "at", a->at);
            json_set_str(o, "comment", a->comment_commit.n == HASH_N ? b64_text(tmp, (const uint8_t *)a->comment_commit.p, HASH_N) : NULL);
            json_set_str(o, "effect", a->effect);
            json_set_str(o, "hash", b64_text(tmp, (const uint8_t *)a->hash.p, a->hash.n));
            json_set_i64(o, "seq", a->seq);
            buf_puts(b, json_text(tmp, o));
            buf_putc(b, '\n');
        }
    }
    return put(dir, "acts.jsonl", b, e);
}

static enum rc erasures_out(struct db *db, const char *dir, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct buf *b = buf_new(mem, PART_MAX);
    struct q_erasures_every_rows rows;
    TRY(q_erasures_every(db, mem, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        struct json *o = json_obj(mem);
        json_set_i64(o, "record", rows.v[i].record);
        json_set_str(o, "path", rows.v[i].path);
        json_set_i64(o, "seq", rows.v[i].seq);
        buf_puts(b, json_text(mem, o));
        buf_putc(b, '\n');
    }
    return put(dir, "erasures.jsonl", b, e);
}

enum rc ledger_export(struct db *db, const char *dir, const char *vkey, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct q_ledger_head head;
    bool found;
    TRY(file_mkdirs(dir, 0700, e));
    TRY(q_ledger_head(db, mem, &head, &found, e));
    if (!found)
        return err_set(e, ERR_DB_NOTFOUND, "no ledger");
    TRY(entries_out(db, dir, head.size, e));
    TRY(revisions_out(db, dir, e));
    TRY(acts_out(db, dir, e));
    TRY(erasures_out(db, dir, e));
    TRY(file_write_atomic(file_join(mem, dir, "checkpoint"), head.checkpoint, strlen(head.checkpoint), 0600, e));
    char *key = mem_fmt(mem, "%s\n", vkey);
    return file_write_atomic(file_join(mem, dir, "vkey"), key, strlen(key), 0600, e);
}
