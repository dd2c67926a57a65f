/* String slices, UTF-8, Unicode normal forms and the search fold. ICU is known to this file only. */
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include "base/str.h"

struct str str_of(const char *s) { return (struct str){s ? s : "", s ? strlen(s) : 0}; }

bool str_eq(struct str a, struct str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

bool str_is(struct str a, const char *s) { return str_eq(a, str_of(s)); }

bool str_starts(struct str a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

struct str str_trim(struct str a)
{
    static const char wide[] = "\xe3\x80\x80";           /* U+3000 */
    for (;;) {
        if (a.n > 0 && blank(a.p[0]))
            a.p++, a.n--;
        else if (a.n > 0 && blank(a.p[a.n - 1]))
            a.n--;
        else if (a.n >= 3 && memcmp(a.p, wide, 3) == 0)
            a.p += 3, a.n -= 3;
        else if (a.n >= 3 && memcmp(a.p + a.n - 3, wide, 3) == 0)
            a.n -= 3;
        else
            return a;
    }
}

bool str_next(struct str *rest, char sep, struct str *ret_part)
{
    if (rest->p == NULL)
        return false;
    const char *at = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    if (at == NULL) {
        *ret_part = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    *ret_part = (struct str){rest->p, (size_t)(at - rest->p)};
    *rest = (struct str){at + 1, rest->n - ret_part->n - 1};
    return true;
}

bool str_to_i64(struct str a, int64_t *ret_value)
{
    int64_t v = 0;
    size_t i = 0;
    bool neg = a.n > 0 && a.p[0] == '-';
    if (neg)
        i++;
    if (i >= a.n || a.n - i > 19)
        return false;
    for (; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9')
            return false;
        int d = a.p[i] - '0';
        if (__builtin_mul_overflow(v, 10, &v) || (neg ? __builtin_sub_overflow(v, d, &v) : __builtin_add_overflow(v, d, &v)))
            return false;
    }
    *ret_value = v;
    return true;
}

char *str_dup(TALLOC_CTX *mem, struct str a) { return mem_strndup(mem, a.p, a.n); }

bool text_eq(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool text_has_word_n(const char *list, struct str word)
{
    struct str rest = str_of(list), one;
    while (word.n > 0 && str_next(&rest, ' ', &one))
        if (str_eq(one, word))
            return true;
    return false;
}

bool text_has_word(const char *list, const char *word) { return text_has_word_n(list, str_of(word)); }

bool text_is_ident(const char *s)
{
    if (s == NULL || s[0] < 'a' || s[0] > 'z')
        return false;
    size_t n = 0;
    for (; s[n] != '\0'; n++)
        if (!((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '_') || n >= 63)
            return false;
    return n <= 63;
}

size_t utf8_next(const char *p, size_t n, uint32_t *ret_cp)
{
    const unsigned char *u = (const unsigned char *)p;
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0)
        return 0;
    size_t k = u[0] < 0x80 ? 1 : u[0] >= 0xc2 && u[0] < 0xe0 ? 2 : (u[0] & 0xf0) == 0xe0 ? 3 : u[0] >= 0xf0 && u[0] < 0xf5 ? 4 : 0;
    if (k == 0 || k > n)
        return 0;
    uint32_t cp = k == 1 ? u[0] : u[0] & (0xffu >> (k + 1));
    for (size_t i = 1; i < k; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (u[i] & 0x3f);
    }
    if (cp < least[k] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        return 0;
    *ret_cp = cp;
    return k;
}

bool utf8_ok(const char *p, size_t n, size_t *ret_bad)
{
    size_t i = 0;
    uint32_t cp;
    while (i < n) {
        size_t k = utf8_next(p + i, n - i, &cp);
        if (k == 0 || cp == 0) {
            if (ret_bad != NULL)
                *ret_bad = i;
            return false;
        }
        i += k;
    }
    return true;
}

size_t utf8_len(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* ---- normal forms ---- */

static bool ascii_only(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s >= 0x80)
            return false;
    return true;
}

static UChar *to_utf16(TALLOC_CTX *mem, const char *s, int32_t *ret_n)
{
    UErrorCode ec = U_ZERO_ERROR;
    int32_t cap = (int32_t)strlen(s) + 1;
    UChar *u = mem_array(mem, UChar, (size_t)cap);
    u_strFromUTF8WithSub(u, cap, ret_n, s, -1, 0xfffd, NULL, &ec);
    return u;
}

static char *from_utf16(TALLOC_CTX *mem, const UChar *u, int32_t n)
{
    UErrorCode ec = U_ZERO_ERROR;
    int32_t cap = n * 3 + 1, used = 0;
    char *s = mem_alloc(mem, 1, (size_t)cap + 1, "char");
    u_strToUTF8(s, cap, &used, u, n, &ec);
    s[used] = '\0';
    return s;
}

static char *normal(TALLOC_CTX *mem, const char *s, const UNormalizer2 *nf)
{
    MEM_SCOPE(tmp, mem);
    UErrorCode ec = U_ZERO_ERROR;
    int32_t n = 0;
    UChar *in = to_utf16(tmp, s, &n);
    int32_t cap = n * 18 + 16;                       /* the longest NFKC expansion of one unit is 18 */
    UChar *out = mem_array(tmp, UChar, (size_t)cap);
    int32_t m = nf == NULL ? -1 : unorm2_normalize(nf, in, n, out, cap, &ec);
    return m < 0 || U_FAILURE(ec) ? mem_strdup(mem, s) : from_utf16(mem, out, m);
}

char *text_nfc(TALLOC_CTX *mem, const char *s)
{
    UErrorCode ec = U_ZERO_ERROR;
    return ascii_only(s) ? mem_strdup(mem, s) : normal(mem, s, unorm2_getNFCInstance(&ec));
}

char *text_nfkc(TALLOC_CTX *mem, const char *s)
{
    UErrorCode ec = U_ZERO_ERROR;
    return ascii_only(s) ? mem_strdup(mem, s) : normal(mem, s, unorm2_getNFKCInstance(&ec));
}

static UChar fold_unit(UChar c)
{
    if ((c >= 0x30a1 && c <= 0x30f6) || c == 0x30fd || c == 0x30fe)
        return (UChar)(c - 0x60);
    if (c == '-' || c == 0x2010 || c == 0x2011 || c == 0x2012 || c == 0x2013 || c == 0x2014 || c == 0x2015 || c == 0x2212)
        return 0x30fc;
    return c == 0x301c || c == 0xff5e ? '~' : c;
}

char *text_fold(TALLOC_CTX *mem, const char *s)
{
    MEM_SCOPE(tmp, mem);
    UErrorCode ec = U_ZERO_ERROR;
    int32_t n = 0;
    const char *folded = normal(tmp, s, unorm2_getNFKCCasefoldInstance(&ec));
    UChar *u = to_utf16(tmp, folded, &n);
    for (int32_t i = 0; i < n; i++)
        u[i] = fold_unit(u[i]);
    return from_utf16(mem, u, n);
}
