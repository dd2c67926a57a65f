/* Strict RFC 4180 reading with line numbers; UTF-8 or CP932, found out from the bytes; formula-safe writing. */
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include "base/buf.h"
#include "base/csv.h"

/* ---- encodings ---- */

static bool convert(TALLOC_CTX *mem, const char *to, const char *from, struct str in, struct buf *out, const char *instead, size_t *ret_lost, size_t *ret_bad)
{
    iconv_t cd = iconv_open(to, from);
    char *p = mem_strndup(mem, in.p, in.n);
    size_t left = in.n;
    char part[4096];
    bool ok = cd != (iconv_t)-1;
    *ret_lost = 0;
    while (ok && left > 0) {
        char *q = part;
        size_t space = sizeof part;
        size_t rc = iconv(cd, &p, &left, &q, &space);
        buf_put(out, part, (size_t)(q - part));
        if (rc != (size_t)-1 || errno == E2BIG)
            continue;
        uint32_t cp;
        size_t k = instead && errno == EILSEQ ? utf8_next(p, left, &cp) : 0;
        ok = k > 0;
        if (ok) {
            buf_puts(out, instead);
            (*ret_lost)++;
            p += k;
            left -= k;
        } else {
            *ret_bad = in.n - left;
        }
    }
    if (cd != (iconv_t)-1)
        iconv_close(cd);
    return ok;
}

char *cp932_from_utf8(TALLOC_CTX *mem, const char *s, size_t *ret_bytes, size_t *ret_lost)
{
    size_t bad = 0;
    struct buf *b = buf_new(mem, strlen(s) * 2 + 64);
    if (!convert(b, "CP932", "UTF-8", str_of(s), b, "\x81\xac", ret_lost, &bad))
        buf_reset(b);
    *ret_bytes = b->n;
    return b->p;
}

static enum rc decode(TALLOC_CTX *mem, struct str in, struct str *ret, bool *ret_cp932, struct err *e)
{
    size_t bad = 0, lost;
    *ret_cp932 = false;
    bool bom = in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0;
    if (bom)
        in = (struct str){in.p + 3, in.n - 3};
    if (utf8_ok(in.p, in.n, &bad)) {
        *ret = in;
        return RC_OK;
    }
    if (bom)
        return err_set_arg(e, ERR_ENCODING, mem_fmt(mem, "%zu", bad + 3), "not UTF-8 at byte %zu in spite of its mark", bad + 3);
    size_t bad932 = 0;
    struct buf *b = buf_new(mem, in.n * 3 + 16);
    if (memchr(in.p, '\0', in.n) != NULL || !convert(mem, "UTF-8", "CP932", in, b, NULL, &lost, &bad932))
        return err_set_arg(e, ERR_ENCODING, mem_fmt(mem, "%zu", bad932 > bad ? bad932 : bad), "neither UTF-8 (byte %zu) nor CP932 (byte %zu)", bad, bad932);
    *ret_cp932 = true;
    *ret = buf_slice(b);
    return RC_OK;
}

/* ---- reading ---- */

struct reader { TALLOC_CTX *mem; struct str in; size_t at; int line; struct csv_limit limit; size_t cells; };

static enum rc fail(struct reader *r, const char *why, struct err *e)
{
    return err_set_arg(e, ERR_CSV, mem_fmt(r->mem, "%d", r->line), "line %d: %s", r->line, why);
}

static bool line_end(struct reader *r)
{
    if (r->at < r->in.n && r->in.p[r->at] == '\r' && r->at + 1 < r->in.n && r->in.p[r->at + 1] == '\n')
        r->at++;
    if (r->at < r->in.n && (r->in.p[r->at] == '\n' || r->in.p[r->at] == '\r')) {
        r->at++;
        r->line++;
        return true;
    }
    return r->at >= r->in.n;
}

static enum rc quoted(struct reader *r, struct buf *b, struct err *e)
{
    for (r->at++; r->at < r->in.n; r->at++) {
        char c = r->in.p[r->at];
        if (c == '"' && r->at + 1 < r->in.n && r->in.p[r->at + 1] == '"') {
            r->at++;
        } else if (c == '"') {
            r->at++;
            if (r->at < r->in.n && r->in.p[r->at] != ',' && r->in.p[r->at] != '\r' && r->in.p[r->at] != '\n')
                return fail(r, "text after a closing quote", e);
            return RC_OK;
        }
        if (c == '\n')
            r->line++;
        buf_putc(b, c);
    }
    return fail(r, "a quote is not closed", e);
}

static enum rc cell(struct reader *r, struct buf *b, struct err *e)
{
    buf_reset(b);
    if (r->at < r->in.n && r->in.p[r->at] == '"')
        return quoted(r, b, e);
    for (; r->at < r->in.n; r->at++) {
        char c = r->in.p[r->at];
        if (c == ',' || c == '\n' || c == '\r')
            break;
        if (c == '"')
            return fail(r, "a quote inside an unquoted cell", e);
        buf_putc(b, c);
    }
    return RC_OK;
}

static enum rc row(struct reader *r, struct csv_row *row, struct buf *b, struct err *e)
{
    VEC(char *) cells = VEC_INIT(r->mem);
    row->line = r->line;
    for (;;) {
        TRY(cell(r, b, e));
        if (!buf_ok(b) || ++r->cells > r->limit.cells)
            return err_set_arg(e, ERR_LIMIT, mem_fmt(r->mem, "%d", r->line), "line %d: cell too long or too many cells", r->line);
        *vec_push(&cells) = mem_strdup(r->mem, b->p);
        if (r->at < r->in.n && r->in.p[r->at] == ',') {
            r->at++;
            continue;
        }
        break;
    }
    row->cell = cells.v;
    row->n = cells.n;
    return line_end(r) ? RC_OK : fail(r, "stray characters", e);
}

enum rc csv_read(TALLOC_CTX *mem, struct str data, struct csv_limit limit, struct csv **ret, struct err *e)
{
    struct csv *c = mem_new(mem, struct csv);
    struct reader r = {.mem = c, .line = 1, .limit = limit};
    if (data.n > limit.bytes)
        return err_set_arg(e, ERR_LIMIT, mem_fmt(mem, "%zu", limit.bytes), "csv of %zu bytes", data.n);
    TRY(decode(c, data, &r.in, &c->was_cp932, e));
    c->rows.mem = c;
    struct buf *b = buf_new(c, limit.cell_bytes);
    while (r.at < r.in.n) {
        struct csv_row one;
        TRY(row(&r, &one, b, e));
        if (c->rows.n >= limit.rows)
            return err_set_arg(e, ERR_LIMIT, mem_fmt(mem, "%zu", limit.rows), "more than %zu rows", limit.rows);
        *vec_push(&c->rows) = one;
    }
    *ret = c;
    return RC_OK;
}

/* ---- writing ---- */

void csv_put(struct buf *b, const char *text, bool first)
{
    if (!first)
        buf_putc(b, ',');
    if (text == NULL || text[0] == '\0')
        return;
    /* also the wide forms, which a Japanese Excel reads as the narrow ones: U+FF1D U+FF0B U+FF0D U+FF20 */
    bool formula = strchr("=+-@\t\r\n", text[0]) != NULL || (strncmp(text, "\xef\xbc", 2) == 0 && strchr("\x9d\x8b\x8d\xa0", text[2]) != NULL && text[2] != '\0');
    bool quote = formula || strpbrk(text, ",\"\r\n") != NULL;
    if (quote)
        buf_putc(b, '"');
    if (formula)
        buf_putc(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_putc(b, '"');
        buf_putc(b, *text);
    }
    if (quote)
        buf_putc(b, '"');
}

void csv_end(struct buf *b) { buf_puts(b, "\r\n"); }
