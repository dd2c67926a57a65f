/* A growable byte buffer that must be given a maximum. Past the maximum it stops growing and
 * `over` stays true; check buf_ok before use. Always NUL-terminated. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "mem.h"
#include "str.h"

struct buf { char *p; size_t n, cap, max; bool over; };

struct buf *buf_new(TALLOC_CTX *mem, size_t max_bytes);
void buf_put(struct buf *b, const char *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_i64(struct buf *b, int64_t v);
void buf_hex(struct buf *b, const uint8_t *p, size_t n);
void buf_b64(struct buf *b, const uint8_t *p, size_t n);        /* standard alphabet, padded */
bool buf_ok(const struct buf *b);
struct str buf_slice(const struct buf *b);
void buf_reset(struct buf *b);

char *hex_text(TALLOC_CTX *mem, const uint8_t *p, size_t n);
char *b64_text(TALLOC_CTX *mem, const uint8_t *p, size_t n);
bool b64_read(TALLOC_CTX *mem, struct str in, uint8_t **ret_p, size_t *ret_n);  /* strict */
bool hex_read(struct str in, uint8_t *ret_p, size_t want_n);
#endif
