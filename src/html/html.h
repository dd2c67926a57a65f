/* html: pages that cannot be written unescaped.
 *
 *   html.c   the typed writer: elements and attributes are enums, text always escaped, a stack of open elements
 *   url.c    links from a route and typed arguments; nothing else yields a URL
 *   ui.c     the page frame, table, badge, pager, problem list, stamp row
 *   ui_form.c  the controls of forms
 *   qr.c     a QR code as SVG
 *   asset.c  embedded files by name
 *
 * There is no raw call. Literals must be string literals. */
#ifndef HTML_HTML_H
#define HTML_HTML_H
#include "base/base.h"

enum elem {
#define X(name, text, is_void) E_##name,
#include "elements.def"
#undef X
    E__N
};
enum attr {
#define X(name, text) A_##name,
#include "attrs.def"
#undef X
    A__N,
    A_CLASS = A__N, A_HREF, A_SRC, A_ACTION,     /* never through html_attr: html_class, html_href, html_asset, html_action */
    A__ALL
};

/* Files of assets/, embedded by tools/assetgen.py. Served by http at /assets/{hash}/{name}. */
struct asset { const char *name, *type, *hash; const unsigned char *p; size_t n; };
const struct asset *asset_find(const char *name);          /* NULL when there is none */
extern const struct asset asset_table[];
extern const size_t asset_table_n;

/* The route table's entry as far as links need it; http's table embeds it. Path patterns: "/r/{i}/history", {i} = int64,
 * {s} = text segment (percent-encoded). */
struct route_path { const char *pattern; };

struct html;
struct html *html_new(TALLOC_CTX *mem, enum lang lang, size_t max_bytes);
enum lang html_lang(const struct html *h);
struct buf *html_done(struct html *h);                     /* asserts that everything is closed */

void html_open(struct html *h, enum elem el);              /* <el ... */
void html_close(struct html *h, enum elem el);             /* asserts that el is the innermost */
void html_attr(struct html *h, enum attr a, const char *value);        /* NULL value writes nothing */
void html_attr_i64(struct html *h, enum attr a, int64_t v);
void html_flag(struct html *h, enum attr a, bool on);      /* checked, required, disabled ... */
void html_class_(struct html *h, const char *lit);         /* class from a string literal */
#define html_class(h, lit) html_class_((h), "" lit "")
void html_text(struct html *h, const char *text);          /* escaped; NULL writes nothing */
void html_textn(struct html *h, const char *p, size_t n);
void html_i64(struct html *h, int64_t v);
void html_msg(struct html *h, const char *key);            /* msg_text in the page's language */
void html_msgf(struct html *h, const char *key, ...) __attribute__((sentinel));
/* Whole element with text / message: html_el(h, E_TD, title) */
void html_el(struct html *h, enum elem el, const char *text);
void html_el_msg(struct html *h, enum elem el, const char *key);

/* Links: pattern's {i} and {s} are filled in order from arguments made with URL_I / URL_S; then query pairs. */
struct url_arg { enum { URL_END, URL_INT, URL_STR, URL_QUERY, URL_QUERY_INT } kind; const char *name; const char *s; int64_t i; };
#define URL_I(v) ((struct url_arg){URL_INT, NULL, NULL, (v)})
#define URL_S(v) ((struct url_arg){URL_STR, NULL, (v), 0})
#define URL_Q(n, v) ((struct url_arg){URL_QUERY, (n), (v), 0})          /* left out when v is NULL or empty */
#define URL_QI(n, v) ((struct url_arg){URL_QUERY_INT, (n), NULL, (v)})
char *url_make(TALLOC_CTX *mem, const struct route_path *r, const struct url_arg *arg, size_t n);
bool url_is_local(const char *url);                        /* "/x", never "//x" or "/\\x", no control bytes */
void html_href_(struct html *h, const struct route_path *r, const struct url_arg *arg, size_t n);
#define html_href(h, route, ...) html_href_((h), (route), (const struct url_arg[]){__VA_ARGS__, {0}}, \
    sizeof((const struct url_arg[]){__VA_ARGS__, {0}}) / sizeof(struct url_arg) - 1)
#define html_href0(h, route) html_href_((h), (route), NULL, 0)
void html_href_local(struct html *h, const char *url_made);            /* a URL that url_make has made earlier */
void html_href_id(struct html *h, const char *id);                      /* "#id" on the same page */
/* action= of a form, and the hidden CSRF field right after the start tag is ended; with
 * csrf the method is post, without (a search form) get. */
void html_action_(struct html *h, const struct route_path *r, const struct url_arg *arg, size_t n, const char *csrf);
#define html_action(h, route, csrf, ...) html_action_((h), (route), (const struct url_arg[]){__VA_ARGS__, {0}}, \
    sizeof((const struct url_arg[]){__VA_ARGS__, {0}}) / sizeof(struct url_arg) - 1, (csrf))
#define html_action0(h, route, csrf) html_action_((h), (route), NULL, 0, (csrf))
/* src= / href= of an embedded asset by its name ("app.css"); asserts that it exists. */
void html_asset(struct html *h, enum attr a, const char *name);
/* An external https link (help pages); asserts the scheme. */
void html_href_https(struct html *h, const char *url);

/* ---- components (ui.c) ---- */
struct ui_nav { const char *msg_key; const struct route_path *route; const char *arg; bool here; };
struct ui_frame { const char *title; const char *org; const char *person; const char *csrf; const struct ui_nav *nav; size_t nav_n;
                  const char *flash; bool flash_bad; int64_t as_of; const struct route_path *logout, *lang, *home, *account /* of the person's name; may be NULL */, *inbox; const char *inbox_text /* NULL: no way to it */; const char *trial_msg; };
/* <html> .. <main>; the only place that loads styles and scripts. */
void ui_frame_open(struct html *h, const struct ui_frame *f);
void ui_frame_close(struct html *h);
enum ui_tone { UI_PLAIN, UI_GOOD, UI_WARN, UI_BAD, UI_UNKNOWN };
void ui_badge(struct html *h, enum ui_tone tone, const char *text);            /* colour and a sign: never colour alone */
void ui_heading(struct html *h, int level, const char *text);
void ui_table_open(struct html *h, const char *caption);    /* scrolls inside its box on a phone */
void ui_table_head(struct html *h, const char *const *label, size_t n);
struct ui_head { const char *label, *url_made /* sorts by it; NULL: does not */; int sorted /* 1 ascending, -1 descending, 0 not */; };
void ui_table_head_sort(struct html *h, const struct ui_head *head, size_t n);
void ui_table_close(struct html *h);
void ui_kv(struct html *h, const char *label, const char *value);              /* dt/dd inside ui_kv_open */
void ui_kv_open(struct html *h);
void ui_kv_close(struct html *h);
/* A labelled control row: label, required mark, help, error text tied with aria-describedby. Open, write the control, close. */
struct ui_row { const char *id, *label, *help, *error; bool required; };
void ui_row_open(struct html *h, const struct ui_row *r);
void ui_row_close(struct html *h, const struct ui_row *r);
void ui_input(struct html *h, const char *type, const char *name, const char *value, const struct ui_row *r);
void ui_input_complete(struct html *h, const char *type, const char *name, const char *autocomplete, const struct ui_row *r);     /* empty; what password managers may fill in */
void ui_textarea(struct html *h, const char *name, const char *value, const struct ui_row *r);
struct ui_opt { const char *value, *label; bool on; };
void ui_select(struct html *h, const char *name, const struct ui_opt *opt, size_t n, bool with_empty, const struct ui_row *r);
void ui_checks(struct html *h, const char *type /* "checkbox" or "radio" */, const char *name, const struct ui_opt *opt, size_t n, const struct ui_row *r);
void ui_hidden(struct html *h, const char *name, const char *value);        /* a NULL value goes as "" */
void ui_button(struct html *h, const char *msg_key, const char *name, const char *value, bool primary);
/* The list of problems on top of a form: links to the fields. */
struct ui_problem { const char *field_id, *text; };
void ui_problems(struct html *h, const struct ui_problem *p, size_t n);
void ui_qr(struct html *h, const char *text, const char *label);     /* for a camera; write the text beside it, too */
/* 承認欄: boxes with post, name, date as stamps (approved), empty (waiting), returned. */
struct ui_stamp { const char *post, *name, *date; enum ui_tone tone; const char *note; };
void ui_stamps(struct html *h, const struct ui_stamp *s, size_t n);
void ui_pager(struct html *h, const char *prev_url_made, const char *next_url_made, const char *count_text);  /* URLs from url_make */
#endif
