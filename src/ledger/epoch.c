/* Epochs: origin `<org>/<id>/e<n>`. A ledger that goes on from an older copy must never sign under its old origin again, or two histories
 * would carry one name. It opens a new epoch instead, whose first entry `ledger.epoch` says what was restored, what is known to have been
 * signed beyond it, and how many entries are lost (trust.md 3.10). Verification follows the chain of these entries from e1. */
#include "ledger/ledger_int.h"

bool origin_epoch(const char *origin, size_t *ret_base, int64_t *ret_epoch)
{
    const char *cut = strrchr(origin, '/');
    int64_t n;
    if (cut == NULL || cut == origin || cut[1] != 'e' || cut[2] == '0' || !str_to_i64(str_of(cut + 2), &n) || n < 1)
        return false;
    *ret_base = (size_t)(cut - origin);
    *ret_epoch = n;
    return true;
}

bool origin_same_base(const char *a, const char *b)
{
    size_t na, nb;
    int64_t ea, eb;
    return origin_epoch(a, &na, &ea) && origin_epoch(b, &nb, &eb) && na == nb && memcmp(a, b, na) == 0;
}

int64_t origin_epoch_no(const char *origin)
{
    size_t base;
    int64_t n;
    return origin_epoch(origin, &base, &n) ? n : 0;
}

char *origin_with_epoch(TALLOC_CTX *mem, const char *origin, int64_t epoch)
{
    size_t base;
    int64_t n;
    if (!origin_epoch(origin, &base, &n))
        base = strlen(origin);
    return mem_fmt(mem, "%s/e%lld", mem_strndup(mem, origin, base), (long long)epoch);
}

bool checkpoint_of_house(TALLOC_CTX *mem, struct str note, const struct key *k, struct checkpoint *ret)
{
    struct key own;
    struct vkey v;
    if (!checkpoint_read(mem, note, ret) || !origin_same_base(ret->origin, k->name))
        return false;
    key_make(&own, ret->origin, k->seed);
    v.name = ret->origin;
    memcpy(v.id, own.id, sizeof v.id);
    memcpy(v.pub, own.pub, sizeof v.pub);
    return checkpoint_ok(mem, note, &v, ret);
}

bool checkpoint_newer(const struct checkpoint *a, const struct checkpoint *b)
{
    if (b->size < 0 || a->size < 0)
        return a->size >= 0 && b->size < 0;
    int64_t ea = origin_epoch_no(a->origin), eb = origin_epoch_no(b->origin);
    return ea != eb ? ea > eb : a->size > b->size;
}

bool ledger_note_read(const char *note, int64_t *ret_epoch, int64_t *ret_size)
{
    MEM_SCOPE(tmp, NULL);
    struct checkpoint cp;
    if (!checkpoint_read(tmp, str_of(note), &cp))
        return false;
    *ret_epoch = origin_epoch_no(cp.origin);
    *ret_size = cp.size;
    return *ret_epoch > 0;
}

struct entry *epoch_entry(TALLOC_CTX *mem, const struct key *next, const struct checkpoint *at, const struct checkpoint *known, const char *why)
{
    struct entry *en = entry_new(mem, "ledger.epoch", "system", "-");
    int64_t lost = known->size > at->size ? known->size - at->size : 0;
    entry_field(en, "origin", next->name);
    entry_field(en, "vkey", key_vkey(mem, next));
    entry_field(en, "old", at->origin);
    entry_field(en, "size", mem_fmt(mem, "%lld", (long long)at->size));
    entry_hash(en, "root", at->root);
    if (known->size >= 0) {
        entry_field(en, "known", mem_fmt(mem, "%lld", (long long)known->size));
        entry_field(en, "known-origin", known->origin);
        entry_hash(en, "known-root", known->root);
    }
    entry_field(en, "lost", known->size >= 0 ? mem_fmt(mem, "%lld", (long long)lost) : "unknown");
    entry_field(en, "why", why);
    return en;
}

/* ---- verification ---- */

static bool field_i64(struct str lines, const char *key, int64_t *ret)
{
    struct str v;
    return scan_find(lines, "field", key, &v) && str_to_i64(v, ret) && *ret >= 0;
}

static bool next_origin_ok(struct verify *v, const struct entry_scan *s, char **ret_origin)
{
    struct str origin, old, vkey;
    struct vkey k;
    if (!scan_find(s->lines, "field", "origin", &origin) || !scan_find(s->lines, "field", "vkey", &vkey))
        return false;
    *ret_origin = str_dup(v->mem, origin);
    if (!vkey_read(v->mem, vkey, &k) || !text_eq(k.name, *ret_origin) || origin_epoch_no(*ret_origin) < 1)
        return false;
    if (v->origin == NULL)
        return s->seq == 0 && origin_epoch_no(*ret_origin) == 1;
    return scan_find(s->lines, "field", "old", &old) && str_is(old, v->origin) && origin_same_base(v->origin, *ret_origin) &&
           origin_epoch_no(*ret_origin) > origin_epoch_no(v->origin);
}

/* The tree in v still ends before this entry. */
bool epoch_check(struct verify *v, const struct entry_scan *s)
{
    MEM_SCOPE(tmp, v->mem);
    char *origin = NULL;
    bool opened = str_is(s->type, "ledger.opened");
    if (!opened && !str_is(s->type, "ledger.epoch"))
        return true;
    if (opened != (v->origin == NULL) || !next_origin_ok(v, s, &origin))
        return false;
    v->origin = origin;
    v->report->epochs++;
    if (opened)
        return true;
    struct str root, lost;
    hash_t own;
    int64_t size, n;
    acc_root(&v->acc, own);
    struct buf *want = buf_new(tmp, 100);
    buf_puts(want, "sha256 ");
    buf_b64(want, own, HASH_N);
    if (!field_i64(s->lines, "size", &size) || size != s->seq || !scan_find(s->lines, "hash", "root", &root) || !str_is(root, want->p) ||
        !scan_find(s->lines, "field", "lost", &lost))
        return false;
    if (field_i64(s->lines, "lost", &n))
        v->report->lost += n;
    return true;
}
