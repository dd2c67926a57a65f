/* Blinded commitments and the hashes that bind core's truth to the ledger. */
#include "ledger/ledger.h"

void commitment(const uint8_t blind[32], const char *name, const void *p, size_t n, uint8_t ret[HASH_N])
{
    static const char label[] = "ledger-commit/v1";              /* its NUL is part of the text */
    MEM_SCOPE(tmp, NULL);
    struct buf *b = buf_new(tmp, sizeof label + strlen(name) + 1 + n);
    buf_put(b, label, sizeof label);
    buf_put(b, name, strlen(name) + 1);
    buf_put(b, p, n);
    crypt_hmac256(blind, 32, b->p, b->n, ret);
}

void revision_hash(const char *commits, size_t n, uint8_t ret[HASH_N]) { crypt_sha256(commits, n, ret); }

static void num(struct buf *b, int64_t v)
{
    buf_i64(b, v);
    buf_putc(b, '\n');
}

static void text(struct buf *b, const char *v)
{
    buf_puts(b, v ? v : "-");
    buf_putc(b, '\n');
}

void act_hash(const struct act_fields *a, uint8_t ret[HASH_N])
{
    MEM_SCOPE(tmp, NULL);
    struct buf *b = buf_new(tmp, strlen(a->effect) + strlen(a->kind) + (a->step ? strlen(a->step) : 0) + 1024);
    buf_puts(b, "daicho-act/v1\n");
    num(b, a->id);
    num(b, a->record);
    num(b, a->revision);
    num(b, a->no);
    text(b, a->kind);
    text(b, a->step);
    num(b, a->actor);
    num(b, a->on_behalf);
    num(b, a->at);
    text(b, a->comment_commit ? b64_text(tmp, a->comment_commit, HASH_N) : NULL);
    text(b, a->effect);
    crypt_sha256(b->p, b->n, ret);
}

void revision_row_hash(const struct revision_fields *r, uint8_t ret[HASH_N])
{
    MEM_SCOPE(tmp, NULL);
    struct buf *b = buf_new(tmp, strlen(r->form) + 1024);
    buf_puts(b, "daicho-revision/v1\n");
    num(b, r->id);
    num(b, r->record);
    num(b, r->no);
    text(b, r->form);
    num(b, r->pack_set);
    num(b, r->author);
    num(b, r->at);
    text(b, b64_text(tmp, r->hash, HASH_N));
    crypt_sha256(b->p, b->n, ret);
}

void log_hash(const struct log_fields *l, uint8_t ret[HASH_N])
{
    MEM_SCOPE(tmp, NULL);
    struct buf *b = buf_new(tmp, strlen(l->form) + strlen(l->body) + 1024);
    buf_puts(b, "daicho-log/v1\n");
    num(b, l->id);
    text(b, l->form);
    num(b, l->pack_set);
    num(b, l->actor);
    num(b, l->on_behalf);
    num(b, l->at);
    buf_puts(b, l->body);
    crypt_sha256(b->p, b->n, ret);
}
