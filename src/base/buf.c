/* The growable, bounded byte buffer, and the text forms of bytes (hex, base64). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"

struct buf *buf_new(TALLOC_CTX *mem, size_t max_bytes)
{
    struct buf *b = mem_new(mem, struct buf);
    b->max = max_bytes;
    b->cap = max_bytes < 255 ? max_bytes + 1 : 256;
    b->p = talloc_array(b, char, b->cap);
    if (b->p == NULL)
        abort();
    b->p[0] = '\0';
    return b;
}

static bool room(struct buf *b, size_t n)
{
    if (b->over || n > b->max - b->n) {
        b->over = true;
        return false;
    }
    if (b->n + n + 1 > b->cap) {
        size_t cap = b->cap * 2;
        while (cap < b->n + n + 1)
            cap *= 2;
        b->p = talloc_realloc(b, b->p, char, cap);
        if (b->p == NULL)
            abort();
        b->cap = cap;
    }
    return true;
}

void buf_put(struct buf *b, const char *p, size_t n)
{
    if (n == 0 || !room(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    if (s != NULL)
        buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    if (b->over || b->n + 2 > b->cap || b->n >= b->max) {
        buf_put(b, &c, 1);
        return;
    }
    b->p[b->n++] = c;
    b->p[b->n] = '\0';
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0 && room(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_i64(struct buf *b, int64_t v)
{
    char t[24], *e = t + sizeof t, *q = e;
    uint64_t u = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
    do
        *--q = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (v < 0)
        *--q = '-';
    buf_put(b, q, (size_t)(e - q));
}

void buf_hex(struct buf *b, const uint8_t *p, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, digit[p[i] >> 4]);
        buf_putc(b, digit[p[i] & 15]);
    }
}

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void buf_b64(struct buf *b, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        char t[4] = {b64[v >> 18], b64[v >> 12 & 63], i + 1 < n ? b64[v >> 6 & 63] : '=', i + 2 < n ? b64[v & 63] : '='};
        buf_put(b, t, 4);
    }
}

bool buf_ok(const struct buf *b) { return !b->over; }

struct str buf_slice(const struct buf *b) { return (struct str){b->p, b->n}; }

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->over = false;
    b->p[0] = '\0';
}

static char *text_of(TALLOC_CTX *mem, const uint8_t *p, size_t n, void (*put)(struct buf *, const uint8_t *, size_t))
{
    struct buf *b = buf_new(mem, n * 2 + 8);
    put(b, p, n);
    char *s = talloc_steal(mem, b->p);
    talloc_free(b);
    return s;
}

char *hex_text(TALLOC_CTX *mem, const uint8_t *p, size_t n) { return text_of(mem, p, n, buf_hex); }
char *b64_text(TALLOC_CTX *mem, const uint8_t *p, size_t n) { return text_of(mem, p, n, buf_b64); }

static int b64_value(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool b64_read(TALLOC_CTX *mem, struct str in, uint8_t **ret_p, size_t *ret_n)
{
    if (in.n % 4 != 0)
        return false;
    uint8_t *out = mem_array(mem, uint8_t, in.n / 4 * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i += 4) {
        int pad = i + 4 == in.n ? (in.p[i + 3] == '=') + (in.p[i + 2] == '=' && in.p[i + 3] == '=') : 0;
        uint32_t v = 0;
        for (int k = 0; k < 4 - pad; k++) {
            int d = b64_value(in.p[i + (size_t)k]);
            if (d < 0)
                return false;
            v |= (uint32_t)d << (18 - 6 * k);
        }
        if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
            return false;                                  /* one text for one value */
        for (int k = 0; k < 3 - pad; k++)
            out[n++] = (uint8_t)(v >> (16 - 8 * k));
    }
    *ret_p = out;
    *ret_n = n;
    return true;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_read(struct str in, uint8_t *ret_p, size_t want_n)
{
    if (in.n != want_n * 2)
        return false;
    for (size_t i = 0; i < want_n; i++) {
        int hi = hex_value(in.p[2 * i]), lo = hex_value(in.p[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        ret_p[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
