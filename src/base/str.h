/* Strings: slices over somebody else's bytes, and checks on NUL-terminated text. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include "mem.h"

struct str { const char *p; size_t n; };
#define STR(lit) ((struct str){"" lit "", sizeof(lit) - 1})

struct str str_of(const char *s);                      /* NULL gives an empty slice */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *s);
bool str_starts(struct str a, const char *prefix);
struct str str_trim(struct str a);                     /* ASCII blanks and U+3000 */
/* Cuts the part before `sep` off *rest; false when *rest is used up. */
bool str_next(struct str *rest, char sep, struct str *ret_part);
bool str_to_i64(struct str a, int64_t *ret_value);      /* decimal, whole slice, no overflow */
char *str_dup(TALLOC_CTX *mem, struct str a);

bool text_eq(const char *a, const char *b);            /* NULL equals only NULL */
bool text_has_word(const char *list, const char *word);  /* in a list separated by blanks; NULL holds none */
bool text_has_word_n(const char *list, struct str word);
bool text_is_ident(const char *s);                     /* [a-z][a-z0-9_]{0,62} */
/* True when p..p+n is well-formed UTF-8 without NUL; *ret_bad is the first bad offset otherwise. */
bool utf8_ok(const char *p, size_t n, size_t *ret_bad);
size_t utf8_len(const char *s);                        /* code points */
size_t utf8_next(const char *p, size_t n, uint32_t *ret_cp); /* bytes used, 0 at the end */

/* Normal forms (ICU). nfc for what is stored; nfkc for digits and names typed in full width. */
char *text_nfc(TALLOC_CTX *mem, const char *s);
char *text_nfkc(TALLOC_CTX *mem, const char *s);
/* Search fold: NFKC case fold, katakana to hiragana, one form of dash and of tilde
 * (reference: libraries.md section 10). Stored beside the text; never compared by the engine's LIKE. */
char *text_fold(TALLOC_CTX *mem, const char *s);
#endif
