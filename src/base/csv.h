/* Strict RFC 4180 reader with line numbers. Bytes are UTF-8 (with or without BOM) or CP932;
 * which one is found out and reported. Cells are trimmed of nothing. */
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "err.h"
#include "str.h"
#include "vec.h"
struct csv_row { int line; char **cell; size_t n; };
VEC_TYPE(csv_rows, struct csv_row);
struct csv { struct csv_rows rows; bool was_cp932; };
struct csv_limit { size_t bytes, rows, cells, cell_bytes; };
/* ERR_CSV names the line; ERR_ENCODING the byte; ERR_LIMIT the limit that was passed. */
MUST enum rc csv_read(TALLOC_CTX *mem, struct str data, struct csv_limit limit, struct csv **ret_csv, struct err *e);
/* One cell, quoted when needed; a leading = + - @ tab or CR is prefixed with ' (no formula injection). */
struct buf;
void csv_put(struct buf *b, const char *cell, bool first);
void csv_end(struct buf *b);                          /* CRLF */
/* UTF-8 to CP932; *ret_lost counts characters that CP932 cannot hold (written as 〓). */
char *cp932_from_utf8(TALLOC_CTX *mem, const char *s, size_t *ret_bytes, size_t *ret_lost);
#endif
