/* html, inside: what html.c, url.c and ui.c share. No other room may include this.
 * The writer keeps the start tag unfinished until the first content, so that attributes and classes may follow html_open. */
#ifndef HTML_INT_H
#define HTML_INT_H
#include "html.h"

#define HTML_DEPTH_MAX 96
#define HTML_CLASS_MAX 8
enum { ATTR_WORDS = (A__ALL + 63) / 64 };

struct html {
    struct buf *b;
    TALLOC_CTX *mem;
    enum lang lang;
    enum elem stack[HTML_DEPTH_MAX];
    size_t depth;
    bool in_start;                              /* "<el" is written, ">" is not */
    enum elem cur;                              /* the element of the unfinished start tag */
    const char *cls[HTML_CLASS_MAX];
    size_t cls_n;
    uint64_t seen[ATTR_WORDS];                  /* attributes of the unfinished start tag */
    const char *csrf;                           /* to be written as a hidden field after the start tag */
    bool newline_first;                         /* <pre> and <textarea> swallow one line break */
};

void html_attr_begin(struct html *h, enum attr a);        /* ` name="` after the checks */
void html_attr_end(struct html *h);
void html_escape(struct buf *b, const char *p, size_t n);
void html_url_put(struct html *h, enum attr a, const char *url);          /* a checked local URL */
void html_frame_assets(struct html *h, const char *css, const char *js);  /* the only <link> and <script> */
#endif
