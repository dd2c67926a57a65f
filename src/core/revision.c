/* Immutable revisions: a revision's hash is SHA-256 over the ordered list of blinded commitments, one per value; values and blindings
 * live apart in revision_body, so that one person's data can be erased while hash, approvals, receipts and proofs stay valid
 * (design.md 5, trust.md 3.7). */
#include "core/core_int.h"

#define BODY_MAX (4 << 20)

enum rc revision_make(struct work *w, int64_t record, int64_t no, const struct form *f, const struct content *c, struct revision *ret_rev, uint8_t ret_row[HASH_N], struct err *e)
{
    struct buf *commits = buf_new(w->mem, BODY_MAX), *body = buf_new(w->mem, BODY_MAX * 2);
    uint8_t *blinds = mem_array(w->mem, uint8_t, c->n * 32 + 1);
    crypt_random(blinds, c->n * 32);                     /* one call of the system for all of them */
    for (size_t i = 0; i < c->n; i++) {
        const uint8_t *blind = blinds + i * 32;
        uint8_t commit[HASH_N];
        commitment(blind, c->v[i].path, c->v[i].text, strlen(c->v[i].text), commit);
        buf_puts(commits, c->v[i].path);
        buf_putc(commits, ' ');
        buf_b64(commits, commit, HASH_N);
        buf_putc(commits, '\n');
        buf_puts(body, i == 0 ? "[[" : ",[");
        json_quote(body, c->v[i].path);
        buf_putc(body, ',');
        json_quote(body, c->v[i].text);
        buf_puts(body, ",\"");
        buf_b64(body, blind, 32);
        buf_puts(body, "\"]");
    }
    buf_puts(body, c->n == 0 ? "[]" : "]");
    if (!buf_ok(commits) || !buf_ok(body))
        return err_set(e, ERR_LIMIT, "revision of record %lld", (long long)record);
    struct revision r = {.id = work_new_id(w), .record = record, .no = no, .author = w->actor.person, .at = w->now_us,
                         .pack_set = w->set ? w->set->id : 0, .form = f->ident, .commits = commits->p, .body = body->p};
    revision_hash(commits->p, commits->n, r.hash);
    struct revision_fields rf = {.id = r.id, .record = record, .no = r.no, .form = r.form, .pack_set = r.pack_set, .author = r.author, .at = r.at, .hash = r.hash};
    revision_row_hash(&rf, ret_row);
    *ret_rev = r;
    return RC_OK;
}

enum rc revision_put(struct work *w, const struct revision *r, struct err *e)
{
    TRY(q_revision_add(w->tx, r->id, r->record, r->no, r->form, r->pack_set, r->author, r->at,
                       (struct str){(const char *)r->hash, HASH_N}, r->commits, r->seq, e));
    return q_revision_body_add(w->tx, r->id, r->body, e);
}

enum rc revision_write(struct work *w, int64_t record, const struct form *f, const struct content *c, struct revision *ret_rev, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_revision_last_no last;
    struct revision r;
    uint8_t row[HASH_N];
    TRY(q_revision_last_no(w->db, tmp, record, &last, e));
    TRY(revision_make(w, record, last.no + 1, f, c, &r, row, e));
    struct entry *en = entry_new(tmp, "record.revised", work_pseudo(w, w->actor.person), mem_fmt(tmp, "r:%lld@rev%lld", (long long)record, (long long)r.no));
    entry_field(en, "form", f->ident);
    entry_hash(en, "revision", r.hash);
    entry_hash(en, "row", row);
    TRY(ledger_append(w->ledger, w->tx, en, &r.seq, e));
    w->seq = r.seq;
    TRY(revision_put(w, &r, e));
    w->written = content_copy(w->mem, c);
    w->written_rev = r.id;
    *ret_rev = r;
    return RC_OK;
}

enum rc work_content(struct work *w, int64_t revision, struct content **ret_content, struct err *e)
{
    size_t erased;
    if (revision != w->written_rev)
        return revision_content(w->db, w->mem, revision, ret_content, &erased, e);
    *ret_content = content_copy(w->mem, w->written);
    return RC_OK;
}

enum rc revision_get(struct db *db, TALLOC_CTX *mem, int64_t id, struct revision *ret_rev, struct err *e)
{
    struct q_revision_by_id q;
    TRY(q_revision_by_id(db, mem, id, &q, e));
    struct revision r = {.id = q.id, .record = q.record, .no = q.no, .author = q.author, .at = q.at, .pack_set = q.pack_set,
                         .seq = q.seq, .form = q.form, .commits = q.commits};
    if (q.hash.n != HASH_N)
        return err_set(e, ERR_LEDGER_BROKEN, "hash of revision %lld", (long long)id);
    memcpy(r.hash, q.hash.p, HASH_N);
    *ret_rev = r;
    return RC_OK;
}

static enum rc body_read(TALLOC_CTX *mem, int64_t revision, const char *text_of_body, struct content **ret_content, size_t *ret_erased, struct err *e)
{
    struct json *body;
    struct content *c = content_new(mem);
    *ret_erased = 0;
    TRY(json_read(mem, str_of(text_of_body), BODY_MAX * 2, &body, e));
    for (size_t i = 0; i < json_n(body); i++) {
        const struct json *item = json_at(body, i);
        const char *path = json_str(json_at(item, 0)), *text = json_str(json_at(item, 1));
        if (path == NULL)
            return err_set(e, ERR_LEDGER_BROKEN, "body of revision %lld", (long long)revision);
        if (text == NULL)
            (*ret_erased)++;
        else
            content_set(c, path, text);
    }
    *ret_content = c;
    return RC_OK;
}

enum rc revision_body_content(TALLOC_CTX *mem, const char *body, struct content **ret_content, struct err *e)
{
    size_t erased;
    return body_read(mem, 0, body, ret_content, &erased, e);
}

enum rc revision_content(struct db *db, TALLOC_CTX *mem, int64_t revision, struct content **ret_content, size_t *ret_erased, struct err *e)
{
    struct q_revision_body_get row;
    bool found;
    TRY(q_revision_body_get(db, mem, revision, &row, &found, e));
    if (!found)
        return err_set(e, ERR_LEDGER_BROKEN, "body of revision %lld is missing", (long long)revision);
    return body_read(mem, revision, row.body, ret_content, ret_erased, e);
}

enum rc revision_contents(struct reader *r, int64_t record, size_t max, struct content **ret_content, size_t *ret_n, struct err *e)
{
    struct q_revision_bodies_of_rows rows;
    size_t erased;
    TRY(q_revision_bodies_of(r->db, r->mem, record, (int64_t)max, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        TRY(body_read(r->mem, rows.v[i].id, rows.v[i].body, &ret_content[i], &erased, e));
    *ret_n = rows.n;
    return RC_OK;
}

/* 0 submission, 1..n the steps in route order, then after approval, then closing. Computed values bind from the first step on. */
static int stage_rank(const struct form *f, const char *stage)
{
    if (stage == NULL || strcmp(stage, "submit") == 0)
        return 0;
    if (strcmp(stage, "approved") == 0)
        return 1000;
    if (strcmp(stage, "close") == 0)
        return 1001;
    for (size_t i = 0; i < f->step_n; i++)
        if (strcmp(f->step[i].id, stage) == 0 || strcmp(f->step[i].key, stage) == 0)
            return (int)i + 1;
    return 1001;
}

enum rc revision_bind(struct work *w, const struct form *f, const struct content *c, const char *step_key, uint8_t ret_bind[HASH_N], struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    int upto = stage_rank(f, step_key);
    struct buf *b = buf_new(tmp, BODY_MAX * 2);
    buf_puts(b, f->ident);
    buf_putc(b, '\n');
    buf_i64(b, w->set->id);
    buf_putc(b, '\n');
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(f, c->v[i].path, &col, &row);
        bool book = strcmp(c->v[i].path, BOOK_PATH) == 0;          /* the rows that a review lists are approved with it, from its first step on */
        if (!book && (fd == NULL || (fd->value == NULL && stage_rank(f, fd->ongoing ? "approved" : fd->stage) > upto)))
            continue;
        buf_puts(b, c->v[i].path);
        buf_putc(b, '\0');
        buf_puts(b, c->v[i].text);
        buf_putc(b, '\0');
    }
    if (!buf_ok(b))
        return err_set(e, ERR_LIMIT, "binding of form %s", f->ident);
    struct q_keep_get key;
    bool found;
    TRY(q_keep_get(w->db, tmp, "bind_key", &key, &found, e));
    uint8_t k[32];
    if (!found || !hex_read(str_of(key.v), k, sizeof k))
        return err_set(e, ERR_BUG, "bind_key is missing");
    crypt_hmac256(k, sizeof k, b->p, b->n, ret_bind);
    return RC_OK;
}
