/* A QR code as one SVG path, for a phone's camera; the same text always stands beside it to be typed. libqrencode is known here only. */
#include <qrencode.h>
#include "html_int.h"

#define QUIET 4               /* the light border that readers ask for */

/* Dark modules of each row, neighbours joined. */
static void path_of(struct buf *b, const QRcode *q)
{
    for (int y = 0; y < q->width; y++)
        for (int x = 0, n; x < q->width; x += n) {
            n = 1;
            if ((q->data[y * q->width + x] & 1) == 0)
                continue;
            while (x + n < q->width && (q->data[y * q->width + x + n] & 1) != 0)
                n++;
            buf_fmt(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
        }
}

void ui_qr(struct html *h, const char *text, const char *label)
{
    MEM_SCOPE(tmp, h->mem);
    QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (q == NULL)
        return;                                   /* too long for a code: the text beside it still works */
    struct buf *b = buf_new(tmp, 1 << 18);
    path_of(b, q);
    int side = q->width + 2 * QUIET;
    QRcode_free(q);
    html_open(h, E_SVG);
    html_class(h, "qr");
    html_attr(h, A_VIEWBOX, mem_fmt(tmp, "0 0 %d %d", side, side));
    html_attr(h, A_WIDTH, "220");
    html_attr(h, A_HEIGHT, "220");
    html_attr(h, A_ROLE, "img");
    html_attr(h, A_ARIA_LABEL, label);
    html_attr(h, A_SHAPE_RENDERING, "crispEdges");
    html_open(h, E_PATH);
    html_attr(h, A_D, b->p);
    html_close(h, E_PATH);
    html_close(h, E_SVG);
}
