/* The law of canonical entries (entry.c) a second time, without allocation: full verification reads millions of entries. Accepts exactly
 * the bytes that entry_parse accepts; a test holds the two against each other. */
#include "ledger/ledger_int.h"

#define WORD_MAX 200
#define LINES_MAX 64

static bool take_line(struct str *rest, struct str *ret)
{
    const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL)
        return false;
    *ret = (struct str){rest->p, (size_t)(end - rest->p)};
    rest->n -= ret->n + 1;
    rest->p = end + 1;
    return true;
}

static bool word_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '%')
            return false;
    return s.n > 0 && s.n <= WORD_MAX;
}

static int hexdigit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/* Escaped is what must be escaped, and nothing else. */
static bool value_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '%') {
            int hi = i + 2 < s.n ? hexdigit(s.p[i + 1]) : -1, lo = i + 2 < s.n ? hexdigit(s.p[i + 2]) : -1;
            int v = hi < 0 || lo < 0 ? 0 : hi << 4 | lo;
            bool edge = i == 0 || i + 3 == s.n;
            if (v == 0 || !(v < 0x20 || v == '%' || v == 0x7f || (v == ' ' && edge)))
                return false;
            i += 2;
        } else if (c < 0x20 || c == 0x7f || (c == ' ' && (i == 0 || i + 1 == s.n))) {
            return false;
        }
    }
    return s.n > 0;
}

static bool head_line(struct str *rest, const char *name, size_t n, struct str *ret)
{
    struct str line;
    if (!take_line(rest, &line) || line.n <= n + 1 || memcmp(line.p, name, n) != 0 || line.p[n] != ' ')
        return false;
    *ret = (struct str){line.p + n + 1, line.n - n - 1};
    return true;
}
#define HEAD(rest, lit, ret) head_line((rest), lit, sizeof lit - 1, (ret))

bool scan_line(struct str *rest, struct line_scan *ret)
{
    struct str line;
    if (!take_line(rest, &line) || line.n == 0)
        return false;
    const char *a = memchr(line.p, ' ', line.n);
    if (a == NULL)
        return false;
    ret->kind = (struct str){line.p, (size_t)(a - line.p)};
    struct str tail = {a + 1, line.n - ret->kind.n - 1};
    const char *b = tail.n > 0 ? memchr(tail.p, ' ', tail.n) : NULL;
    ret->key = (struct str){tail.p, b ? (size_t)(b - tail.p) : tail.n};
    ret->value = b ? (struct str){b + 1, tail.n - ret->key.n - 1} : (struct str){NULL, 0};
    return word_ok(ret->kind) && word_ok(ret->key) && (b == NULL || value_ok(ret->value));
}

bool scan_find(struct str lines, const char *kind, const char *key, struct str *ret)
{
    struct line_scan l;
    while (scan_line(&lines, &l))
        if (str_is(l.kind, kind) && str_is(l.key, key)) {
            *ret = l.value;
            return true;
        }
    return false;
}

static bool number_ok(struct str s, int64_t *ret)
{
    int64_t v = 0;
    if (s.n == 0 || s.n > 18 || (s.p[0] == '0' && s.n > 1))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = v;
    return true;
}

/* Most entries are ASCII, which needs no closer look; NUL is refused where it may stand. */
static bool utf8_fine(struct str s)
{
    uint64_t any = 0, w;
    size_t i = 0;
    for (; i + sizeof w <= s.n; i += sizeof w) {
        memcpy(&w, s.p + i, sizeof w);
        any |= w;
    }
    for (; i < s.n; i++)
        any |= (uint64_t)(unsigned char)s.p[i];
    return (any & UINT64_C(0x8080808080808080)) == 0 || utf8_ok(s.p, s.n, NULL);
}

bool entry_scan(struct str bytes, struct entry_scan *ret)
{
    static const char first[] = "ledger-entry/v1\n";
    struct str rest = bytes, seq, at;
    struct line_scan l;
    int n = 0;
    if (bytes.n < sizeof first || bytes.n > LEDGER_ENTRY_MAX || memcmp(bytes.p, first, sizeof first - 1) != 0 || bytes.p[bytes.n - 1] != '\n' ||
        !utf8_fine(bytes))
        return false;
    rest.p += sizeof first - 1;
    rest.n -= sizeof first - 1;
    if (!HEAD(&rest, "seq", &seq) || !HEAD(&rest, "time", &at) || !HEAD(&rest, "type", &ret->type) || !HEAD(&rest, "actor", &ret->actor) ||
        !HEAD(&rest, "object", &ret->object))
        return false;
    if (!number_ok(seq, &ret->seq) || !time_read(at, &ret->time_us) || !word_ok(ret->type) || !word_ok(ret->actor) || !word_ok(ret->object))
        return false;
    ret->lines = rest;
    while (rest.n > 0)
        if (++n > LINES_MAX || !scan_line(&rest, &l))
            return false;
    return true;
}
