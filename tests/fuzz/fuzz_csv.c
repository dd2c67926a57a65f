/* libFuzzer target for CSV: cells are UTF-8, the limits hold, and what is read can be written and read back cell by cell. */
#include <stdlib.h>
#include "base/base.h"

#define ROWS 200
#define CELLS 2000
#define CELL 4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void back(TALLOC_CTX *mem, const struct csv *c)
{
    struct buf *b = buf_new(mem, 8 << 20);
    struct csv *d;
    struct err e = {0};
    buf_puts(b, "\xef\xbb\xbf");
    for (size_t i = 0; i < c->rows.n; i++) {
        for (size_t k = 0; k < c->rows.v[i].n; k++)
            csv_put(b, c->rows.v[i].cell[k], k == 0);
        csv_end(b);
    }
    if (c->rows.n > 0 && csv_read(mem, (struct str){b->p, b->n}, (struct csv_limit){8 << 20, 2 * ROWS, 2 * CELLS, 2 * CELL + 2}, &d, &e) == RC_OK && d->rows.n > c->rows.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct csv *c;
    struct err e = {0};
    size_t cells = 0, bad;
    if (csv_read(mem, (struct str){(const char *)data, n}, (struct csv_limit){1 << 20, ROWS, CELLS, CELL}, &c, &e) == RC_OK) {
        for (size_t i = 0; i < c->rows.n; i++)
            for (size_t k = 0; k < c->rows.v[i].n; k++, cells++)
                if (!utf8_ok(c->rows.v[i].cell[k], strlen(c->rows.v[i].cell[k]), &bad) || strlen(c->rows.v[i].cell[k]) > CELL * 3)
                    abort();
        if (c->rows.n > ROWS || cells > CELLS)
            abort();
        back(mem, c);
    }
    talloc_free(mem);
    return 0;
}
