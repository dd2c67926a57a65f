/* C2SP signed-note and tlog-checkpoint: keys, checkpoints, their text and signature lines. Unknown keys' lines are ignored; a known key
 * whose signature fails rejects the note. */
#include "ledger/ledger_int.h"

#define ALG_ED25519 1
static const char dash[] = "\xe2\x80\x94 ";

static void key_id(const char *name, const uint8_t pub[32], uint8_t ret[4])
{
    MEM_SCOPE(tmp, NULL);
    struct buf *b = buf_new(tmp, strlen(name) + 64);
    uint8_t h[HASH_N];
    buf_puts(b, name);
    buf_putc(b, '\n');
    buf_putc(b, ALG_ED25519);
    buf_put(b, (const char *)pub, 32);
    crypt_sha256(b->p, b->n, h);
    memcpy(ret, h, 4);
}

void key_make(struct key *k, const char *name, const uint8_t seed[32])
{
    memcpy(k->seed, seed, 32);
    crypt_sign_public(seed, k->pub);
    k->name = name;
    key_id(name, k->pub, k->id);
}

char *key_vkey(TALLOC_CTX *mem, const struct key *k)
{
    uint8_t raw[33] = {ALG_ED25519};
    memcpy(raw + 1, k->pub, 32);
    return mem_fmt(mem, "%s+%s+%s", k->name, hex_text(mem, k->id, 4), b64_text(mem, raw, sizeof raw));
}

bool vkey_read(TALLOC_CTX *mem, struct str text, struct vkey *ret)
{
    struct str name, id;
    uint8_t *raw, want[4];
    size_t n;
    text = str_trim(text);
    if (!str_next(&text, '+', &name) || !str_next(&text, '+', &id) || text.p == NULL || name.n == 0)
        return false;
    if (!hex_read(id, ret->id, 4) || !b64_read(mem, text, &raw, &n) || n != 33 || raw[0] != ALG_ED25519)
        return false;
    ret->name = str_dup(mem, name);
    memcpy(ret->pub, raw + 1, 32);
    key_id(ret->name, ret->pub, want);
    return memcmp(want, ret->id, 4) == 0;
}

char *checkpoint_sign(TALLOC_CTX *mem, const struct key *k, const char *origin, int64_t size, const hash_t root)
{
    struct buf *b = buf_new(mem, NOTE_MAX);
    uint8_t blob[68];
    buf_puts(b, origin);
    buf_putc(b, '\n');
    buf_i64(b, size);
    buf_putc(b, '\n');
    buf_b64(b, root, HASH_N);
    buf_putc(b, '\n');
    memcpy(blob, k->id, 4);
    crypt_sign(k->seed, b->p, b->n, blob + 4);
    buf_putc(b, '\n');
    buf_puts(b, dash);
    buf_puts(b, k->name);
    buf_putc(b, ' ');
    buf_b64(b, blob, sizeof blob);
    buf_putc(b, '\n');
    return mem_strdup(mem, b->p);
}

/* The signed text ends with the LF before the last blank line; signature lines follow it. */
static bool note_split(struct str note, struct str *ret_text, struct str *ret_sigs)
{
    if (note.n == 0 || note.p[note.n - 1] != '\n' || !utf8_ok(note.p, note.n, NULL))
        return false;
    for (size_t i = 0; i < note.n; i++)
        if ((unsigned char)note.p[i] < 0x20 && note.p[i] != '\n')
            return false;
    for (size_t i = note.n; i-- > 1;)
        if (note.p[i] == '\n' && note.p[i - 1] == '\n') {
            *ret_text = (struct str){note.p, i};
            *ret_sigs = (struct str){note.p + i + 1, note.n - i - 1};
            return ret_sigs->n > 0;
        }
    return false;
}

static bool size_text_ok(struct str s) { return s.n > 0 && (s.p[0] != '0' || s.n == 1); }

bool checkpoint_read(TALLOC_CTX *mem, struct str note, struct checkpoint *ret)
{
    struct str text, sigs, origin, size, root;
    uint8_t *raw;
    size_t n;
    if (!note_split(note, &text, &sigs))
        return false;
    if (!str_next(&text, '\n', &origin) || !str_next(&text, '\n', &size) || !str_next(&text, '\n', &root) || origin.n == 0)
        return false;
    if (!size_text_ok(size) || !str_to_i64(size, &ret->size) || ret->size < 0 || !b64_read(mem, root, &raw, &n) || n != HASH_N)
        return false;
    memcpy(ret->root, raw, HASH_N);
    ret->origin = str_dup(mem, origin);
    return true;
}

/* 1 right signature of k, 0 another key's line, -1 wrong. */
static int sig_line(TALLOC_CTX *mem, struct str line, struct str text, const struct vkey *k)
{
    struct str name;
    uint8_t *raw;
    size_t n;
    if (!str_starts(line, dash))
        return -1;
    line.p += sizeof dash - 1;
    line.n -= sizeof dash - 1;
    if (!str_next(&line, ' ', &name) || line.p == NULL || name.n == 0 || !b64_read(mem, line, &raw, &n) || n < 5)
        return -1;
    if (!str_is(name, k->name) || memcmp(raw, k->id, 4) != 0)
        return 0;
    return n == 68 && crypt_sign_ok(k->pub, text.p, text.n, raw + 4) ? 1 : -1;
}

bool checkpoint_ok(TALLOC_CTX *mem, struct str note, const struct vkey *k, struct checkpoint *ret)
{
    struct str text, sigs, line;
    bool good = false;
    int lines = 0;
    if (!note_split(note, &text, &sigs) || !checkpoint_read(mem, note, ret))
        return false;
    while (str_next(&sigs, '\n', &line)) {
        if (sigs.p == NULL && line.n == 0)
            break;
        int one = sig_line(mem, line, text, k);
        if (one < 0 || ++lines > 64)
            return false;
        good = good || one > 0;
    }
    return good;
}
