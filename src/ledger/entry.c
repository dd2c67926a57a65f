/* Canonical text entries (trust.md 3.1): five fixed lines, then the type's lines in order. The parser's law: serialise(parse(b)) must equal
 * b, byte for byte, or the entry is refused. No personal data is ever in an entry: pseudonyms and commitments only. */
#include "ledger/ledger.h"

#define LINES_MAX 64

struct raw_line { const char *kind, *key, *value; };
struct entry { const char *type, *actor, *object; struct raw_line line[LINES_MAX]; size_t n; };

struct entry *entry_new(TALLOC_CTX *mem, const char *type, const char *actor, const char *object)
{
    struct entry *en = mem_new(mem, struct entry);
    en->type = mem_strdup(en, type);
    en->actor = mem_strdup(en, actor);
    en->object = mem_strdup(en, object);
    return en;
}

static void line_add(struct entry *en, const char *kind, const char *key, const char *value)
{
    if (en->n < LINES_MAX)
        en->line[en->n] = (struct raw_line){kind, mem_strdup(en, key), mem_strdup(en, value)};
    en->n++;                                         /* one too many is refused by entry_bytes */
}

void entry_field(struct entry *en, const char *key, const char *value) { line_add(en, "field", key, value); }

void entry_hash(struct entry *en, const char *key, const uint8_t hash[HASH_N])
{
    line_add(en, "hash", key, mem_fmt(en, "sha256 %s", b64_text(en, hash, HASH_N)));
}

void entry_commit(struct entry *en, const char *key, const uint8_t c[HASH_N])
{
    line_add(en, "commit", key, mem_fmt(en, "hmac-sha256 %s", b64_text(en, c, HASH_N)));
}

void entry_ref(struct entry *en, int64_t seq) { line_add(en, "ref", mem_fmt(en, "%lld", (long long)seq), ""); }

/* ---- writing ---- */

static bool word_ok(const char *s)
{
    size_t n = 0;
    for (; s != NULL && s[n] != '\0'; n++)
        if ((unsigned char)s[n] <= ' ' || s[n] == '%' || (unsigned char)s[n] >= 0x7f)
            return false;
    return n > 0 && n <= 200;
}

/* % and control characters, and blanks at either end, as %XX. */
static void escape(struct buf *b, const char *v)
{
    size_t n = strlen(v);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)v[i];
        bool edge = c == ' ' && (i == 0 || i + 1 == n);
        if (c == '%' || c < 0x20 || c == 0x7f || edge)
            buf_fmt(b, "%%%02X", c);
        else
            buf_putc(b, (char)c);
    }
}

static enum rc put_line(struct buf *b, const struct raw_line *l, struct err *e)
{
    if (!word_ok(l->kind) || !word_ok(l->key))
        return err_set(e, ERR_LEDGER_ENTRY, "line %s", l->kind);
    buf_puts(b, l->kind);
    buf_putc(b, ' ');
    buf_puts(b, l->key);
    if (l->value[0] != '\0') {
        buf_putc(b, ' ');
        escape(b, l->value);
    }
    buf_putc(b, '\n');
    return RC_OK;
}

static enum rc write_entry(TALLOC_CTX *mem, int64_t seq, int64_t time_us, const char *type, const char *actor, const char *object,
                           const struct raw_line *line, size_t n, struct str *ret, struct err *e)
{
    struct buf *b = buf_new(mem, LEDGER_ENTRY_MAX);
    if (!word_ok(type) || !word_ok(actor) || !word_ok(object) || n > LINES_MAX || seq < 0)
        return err_set(e, ERR_LEDGER_ENTRY, "head of entry %lld", (long long)seq);
    buf_puts(b, "ledger-entry/v1\nseq ");
    buf_i64(b, seq);
    buf_puts(b, "\ntime ");
    buf_puts(b, time_text(mem, time_us));
    buf_puts(b, "\ntype ");
    buf_puts(b, type);
    buf_puts(b, "\nactor ");
    buf_puts(b, actor);
    buf_puts(b, "\nobject ");
    buf_puts(b, object);
    buf_putc(b, '\n');
    for (size_t i = 0; i < n; i++)
        TRY(put_line(b, &line[i], e));
    if (!buf_ok(b) || !utf8_ok(b->p, b->n, NULL))
        return err_set(e, ERR_LEDGER_ENTRY, "entry %lld is too long or no UTF-8", (long long)seq);
    *ret = buf_slice(b);
    return RC_OK;
}

enum rc entry_bytes(TALLOC_CTX *mem, const struct entry *en, int64_t seq, int64_t time_us, struct str *ret, struct err *e)
{
    return write_entry(mem, seq, time_us, en->type, en->actor, en->object, en->line, en->n, ret, e);
}

/* ---- reading ---- */

static int hexdigit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

static char *unescape(TALLOC_CTX *mem, struct str s)
{
    char *out = mem_strndup(mem, s.p, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            out[n++] = s.p[i];
            continue;
        }
        int hi = i + 2 < s.n ? hexdigit(s.p[i + 1]) : -1, lo = i + 2 < s.n ? hexdigit(s.p[i + 2]) : -1;
        if (hi < 0 || lo < 0 || (hi | lo) == 0)
            return NULL;
        out[n++] = (char)(hi << 4 | lo);
        i += 2;
    }
    out[n] = '\0';
    return out;
}

static bool head_line(struct str *rest, const char *name, struct str *ret)
{
    struct str line;
    size_t n = strlen(name);
    if (!str_next(rest, '\n', &line) || rest->p == NULL || !str_starts(line, name) || line.n <= n || line.p[n] != ' ')
        return false;
    *ret = (struct str){line.p + n + 1, line.n - n - 1};
    return true;
}

static bool read_line(TALLOC_CTX *mem, struct str line, struct raw_line *ret)
{
    struct str kind, key;
    if (!str_next(&line, ' ', &kind) || !str_next(&line, ' ', &key))
        return false;
    ret->kind = str_dup(mem, kind);
    ret->key = str_dup(mem, key);
    ret->value = line.p == NULL ? "" : unescape(mem, line);
    return ret->value != NULL && (line.p == NULL || ret->value[0] != '\0');
}

enum rc entry_parse(TALLOC_CTX *mem, struct str bytes, struct entry_view *ret, struct err *e)
{
    struct str rest = bytes, line, seq, at, type, actor, object, again;
    struct entry_view v = {0};
    struct raw_line *lines = mem_array(mem, struct raw_line, LINES_MAX);
    size_t n = 0;
    if (bytes.n > LEDGER_ENTRY_MAX || !utf8_ok(bytes.p, bytes.n, NULL) || !str_next(&rest, '\n', &line) || !str_is(line, "ledger-entry/v1"))
        return err_set(e, ERR_LEDGER_ENTRY, "no entry of version 1");
    if (!head_line(&rest, "seq", &seq) || !head_line(&rest, "time", &at) || !head_line(&rest, "type", &type) || !head_line(&rest, "actor", &actor) ||
        !head_line(&rest, "object", &object) || !str_to_i64(seq, &v.seq) || !time_read(at, &v.time_us))
        return err_set(e, ERR_LEDGER_ENTRY, "head lines");
    while (str_next(&rest, '\n', &line)) {
        if (rest.p == NULL && line.n == 0)
            break;
        if (rest.p == NULL || n >= LINES_MAX || !read_line(mem, line, &lines[n]))
            return err_set(e, ERR_LEDGER_ENTRY, "line %zu", n + 6);
        n++;
    }
    v.type = str_dup(mem, type);
    v.actor = str_dup(mem, actor);
    v.object = str_dup(mem, object);
    TRY(write_entry(mem, v.seq, v.time_us, v.type, v.actor, v.object, lines, n, &again, e));
    if (!str_eq(again, bytes))
        return err_set(e, ERR_LEDGER_ENTRY, "entry %lld is not canonical", (long long)v.seq);
    v.line = mem_array(mem, struct entry_line, n + 1);
    v.line_n = n;
    for (size_t i = 0; i < n; i++)
        v.line[i] = (struct entry_line){lines[i].kind, lines[i].key, lines[i].value};
    *ret = v;
    return RC_OK;
}
