/* The typed writer: elements and attributes are enums, every text and value is escaped, a stack closes what was opened.
 * The start tag is finished at the first content. Mistakes of the caller (wrong nesting, an attribute twice or after content,
 * a block inside a paragraph, text in a table outside its cells) end in assert: they are bugs, found by the first test
 * that writes the page. The content model is small: only what makes a parser build another tree than the one written. */
#include "html_int.h"
#include <assert.h>

static const struct { const char *text; uint8_t n; bool is_void; } ELEM[] = {
#define X(name, text, is_void) [E_##name] = {text, sizeof(text) - 1, is_void},
#include "elements.def"
#undef X
};
static const char *const ATTR[] = {
#define X(name, text) [A_##name] = text,
#include "attrs.def"
#undef X
    [A_CLASS] = "class", [A_HREF] = "href", [A_SRC] = "src", [A_ACTION] = "action",
};

struct html *html_new(TALLOC_CTX *mem, enum lang lang, size_t max_bytes)
{
    struct html *h = mem_new(mem, struct html);
    h->mem = mem;
    h->lang = lang;
    h->b = buf_new(mem, max_bytes);
    buf_puts(h->b, "<!DOCTYPE html>\n");
    return h;
}

enum lang html_lang(const struct html *h) { return h->lang; }

struct buf *html_done(struct html *h)
{
    assert(h->depth == 0 && !h->in_start);
    return h->b;
}

/* One byte: 0 plain, 1 needs an entity, 2 is not allowed in a page at all. */
static const uint8_t ESC[256] = {
    [0] = 2, [1] = 2, [2] = 2, [3] = 2, [4] = 2, [5] = 2, [6] = 2, [7] = 2, [8] = 2, [11] = 2, [12] = 2, [14] = 2, [15] = 2, [16] = 2,
    [17] = 2, [18] = 2, [19] = 2, [20] = 2, [21] = 2, [22] = 2, [23] = 2, [24] = 2, [25] = 2, [26] = 2, [27] = 2, [28] = 2, [29] = 2,
    [30] = 2, [31] = 2, [127] = 2, ['&'] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['\''] = 1, ['`'] = 1,
};

void html_escape(struct buf *b, const char *p, size_t n)
{
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t kind = ESC[(unsigned char)p[i]];
        if (kind == 0)
            continue;
        buf_put(b, p + from, i - from);
        from = i + 1;
        if (kind == 2) {
            buf_put(b, "\xEF\xBF\xBD", 3);
            continue;
        }
        switch (p[i]) {
        case '&': buf_put(b, "&amp;", 5); break;
        case '<': buf_put(b, "&lt;", 4); break;
        case '>': buf_put(b, "&gt;", 4); break;
        case '"': buf_put(b, "&quot;", 6); break;
        case '\'': buf_put(b, "&#39;", 5); break;
        default: buf_put(b, "&#96;", 5); break;
        }
    }
    buf_put(b, p + from, n - from);
}

static void start_finish(struct html *h)
{
    if (!h->in_start)
        return;
    if (h->cls_n > 0) {
        buf_put(h->b, " class=\"", 8);
        for (size_t i = 0; i < h->cls_n; i++) {
            if (i > 0)
                buf_putc(h->b, ' ');
            html_escape(h->b, h->cls[i], strlen(h->cls[i]));
        }
        buf_putc(h->b, '"');
    }
    h->cls_n = 0;
    for (size_t i = 0; i < ATTR_WORDS; i++)
        h->seen[i] = 0;
    buf_putc(h->b, '>');
    h->in_start = false;
    if (h->csrf) {
        const char *csrf = h->csrf;
        h->csrf = NULL;
        html_open(h, E_INPUT);
        html_attr(h, A_TYPE, "hidden");
        html_attr(h, A_NAME, "csrf");
        html_attr(h, A_VALUE, csrf);
        start_finish(h);
    }
}

static bool is_open(const struct html *h, enum elem el)
{
    for (size_t i = h->depth; i > 0; i--)
        if (h->stack[i - 1] == el)
            return true;
    return false;
}

static bool is_phrasing(enum elem el)
{
    return (el >= E_A && el <= E_ABBR && el != E_PRE) || (el >= E_TIME && el <= E_RT) || (el >= E_Q && el <= E_WBR) || el == E_IMG ||
           el == E_SPAN || (el >= E_LABEL && el <= E_SELECT) || (el >= E_DATALIST && el <= E_METER) || el >= E_SVG;
}

/* Would a parser keep `el` where it is written? (Parent E__N: the top.) */
static bool model_ok(const struct html *h, enum elem el)
{
    enum elem up = h->depth > 0 ? h->stack[h->depth - 1] : E__N;
    if (el == E_TH || el == E_TD)
        return up == E_TR;
    bool in_svg = is_open(h, E_SVG);
    if (el == E_HTML)
        return up == E__N;
    if (el == E_HEAD || el == E_BODY)
        return up == E_HTML;
    if (el == E_META)
        return up == E_HEAD;
    if (el == E_TITLE)
        return up == E_HEAD || in_svg;
    if (in_svg)
        return el > E_SVG;
    if (el > E_SVG || up == E__N || up == E_HTML || up == E_HEAD)
        return false;
    if (el == E_CAPTION || el == E_COLGROUP || el == E_THEAD || el == E_TBODY || el == E_TFOOT)
        return up == E_TABLE;
    if (el == E_COL)
        return up == E_COLGROUP;
    if (el == E_TR)
        return up == E_THEAD || up == E_TBODY || up == E_TFOOT;
    if (el == E_OPTION)
        return up == E_SELECT || up == E_OPTGROUP || up == E_DATALIST;
    if (el == E_OPTGROUP)
        return up == E_SELECT;
    if (el == E_LI)
        return up == E_UL || up == E_OL;
    if (el == E_DT || el == E_DD)
        return up == E_DL || up == E_DIV;
    if (up == E_TABLE || (up >= E_COLGROUP && up <= E_TR) || up == E_SELECT || up == E_OPTGROUP || up == E_OPTION || up == E_UL || up == E_OL ||
        up == E_TEXTAREA || up == E_TITLE)
        return false;
    if (up == E_DL)
        return el == E_DIV;
    if (el == E_FORM)
        return !is_open(h, E_FORM) && !is_open(h, E_P);
    if (el == E_A || el == E_BUTTON)
        return !is_open(h, E_A) && !is_open(h, E_BUTTON);
    if (!is_phrasing(el))
        return !is_open(h, E_P) && !is_open(h, E_BUTTON) && !(up >= E_H1 && up <= E_H6);
    return true;
}

void html_open(struct html *h, enum elem el)
{
    assert(el < E__N);
    start_finish(h);
    assert(model_ok(h, el));
    assert(h->depth < HTML_DEPTH_MAX);
    buf_putc(h->b, '<');
    buf_put(h->b, ELEM[el].text, ELEM[el].n);
    h->in_start = true;
    h->cur = el;
    h->newline_first = el == E_PRE || el == E_TEXTAREA;
    if (!ELEM[el].is_void)
        h->stack[h->depth++] = el;
}

/* A void element needs no html_close; html_close of one is allowed and only finishes its start tag. */
void html_close(struct html *h, enum elem el)
{
    assert(el < E__N);
    if (ELEM[el].is_void) {
        assert(h->in_start && h->cur == el);
        start_finish(h);
        return;
    }
    start_finish(h);
    assert(h->depth > 0 && h->stack[h->depth - 1] == el);
    h->depth--;
    buf_put(h->b, "</", 2);
    buf_put(h->b, ELEM[el].text, ELEM[el].n);
    buf_putc(h->b, '>');
    if (el == E_TR || el == E_LI || el == E_DIV || el == E_P || el == E_SECTION || (el >= E_H1 && el <= E_H6))
        buf_putc(h->b, '\n');
}

void html_attr_begin(struct html *h, enum attr a)
{
    assert(h->in_start && a < A__ALL);
    uint64_t bit = UINT64_C(1) << (a % 64);
    assert(!(h->seen[a / 64] & bit));
    h->seen[a / 64] |= bit;
    buf_putc(h->b, ' ');
    buf_puts(h->b, ATTR[a]);
    buf_put(h->b, "=\"", 2);
}

void html_attr_end(struct html *h) { buf_putc(h->b, '"'); }

void html_attr(struct html *h, enum attr a, const char *value)
{
    assert(a < A__N);
    if (!value)
        return;
    html_attr_begin(h, a);
    html_escape(h->b, value, strlen(value));
    html_attr_end(h);
}

void html_attr_i64(struct html *h, enum attr a, int64_t v)
{
    assert(a < A__N);
    html_attr_begin(h, a);
    buf_i64(h->b, v);
    html_attr_end(h);
}

void html_flag(struct html *h, enum attr a, bool on)
{
    assert(a < A__N);
    if (!on)
        return;
    html_attr_begin(h, a);
    html_attr_end(h);
}

void html_class_(struct html *h, const char *lit)
{
    assert(h->in_start && h->cls_n < HTML_CLASS_MAX);
    h->cls[h->cls_n++] = lit;
}

void html_textn(struct html *h, const char *p, size_t n)
{
    if (n == 0)
        return;
    start_finish(h);
    assert(h->depth > 0);
    enum elem up = h->stack[h->depth - 1];
    assert(up != E_HTML && up != E_HEAD && up != E_TABLE && !(up >= E_COLGROUP && up <= E_TR) && up != E_SELECT && up != E_UL && up != E_OL &&
           up != E_DL && up != E_OPTGROUP && up != E_SVG);
    if (h->newline_first && (p[0] == '\n' || p[0] == '\r'))
        buf_putc(h->b, '\n');
    h->newline_first = false;
    html_escape(h->b, p, n);
}

void html_text(struct html *h, const char *text)
{
    if (text)
        html_textn(h, text, strlen(text));
}

void html_i64(struct html *h, int64_t v)
{
    start_finish(h);
    assert(h->depth > 0);
    h->newline_first = false;
    buf_i64(h->b, v);
}

void html_msg(struct html *h, const char *key) { html_text(h, msg_text(h->lang, key)); }

void html_msgf(struct html *h, const char *key, ...)
{
    const char *arg[3] = {NULL, NULL, NULL};
    va_list ap;
    va_start(ap, key);
    for (size_t i = 0; i < ARRAY_N(arg); i++) {
        arg[i] = va_arg(ap, const char *);
        if (!arg[i])
            break;
    }
    va_end(ap);
    MEM_SCOPE(tmp, h->mem);
    html_text(h, msg_fill(tmp, h->lang, key, arg[0], arg[1], arg[2], NULL));
}

void html_el(struct html *h, enum elem el, const char *text)
{
    html_open(h, el);
    html_text(h, text);
    html_close(h, el);
}

void html_el_msg(struct html *h, enum elem el, const char *key)
{
    html_el(h, el, msg_text(h->lang, key));
}

void html_frame_assets(struct html *h, const char *css, const char *js)
{
    start_finish(h);
    assert(h->depth > 0 && h->stack[h->depth - 1] == E_HEAD);
    const struct asset *c = asset_find(css), *s = asset_find(js);
    assert(c && s);
    buf_puts(h->b, "<link rel=\"stylesheet\" href=\"/assets/");
    buf_puts(h->b, c->hash);
    buf_putc(h->b, '/');
    buf_puts(h->b, c->name);
    buf_puts(h->b, "\"><script defer src=\"/assets/");
    buf_puts(h->b, s->hash);
    buf_putc(h->b, '/');
    buf_puts(h->b, s->name);
    buf_puts(h->b, "\"></script>");
    const struct asset *icon = asset_find("icon.svg");
    if (icon) {
        buf_puts(h->b, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/assets/");
        buf_puts(h->b, icon->hash);
        buf_puts(h->b, "/icon.svg\">");
    }
    buf_putc(h->b, '\n');
}
