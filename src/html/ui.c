/* The page frame and the small components that every screen is built from. The frame is the only place that loads a style
 * sheet and a script, both embedded. The navigation is written twice, as a column for desks and as a <details> for phones, so
 * that it folds without a script; the style sheet shows one of them. Meaning is never carried by colour alone. */
#include "html_int.h"
#include <assert.h>

static void nav_list(struct html *h, const struct ui_frame *f)
{
    html_open(h, E_UL);
    for (size_t i = 0; i < f->nav_n; i++) {
        const struct ui_nav *n = &f->nav[i];
        html_open(h, E_LI);
        html_open(h, E_A);
        if (n->arg)
            html_href(h, n->route, URL_S(n->arg));
        else
            html_href0(h, n->route);
        if (n->here)
            html_attr(h, A_ARIA_CURRENT, "page");
        html_msg(h, n->msg_key);
        html_close(h, E_A);
        html_close(h, E_LI);
    }
    html_close(h, E_UL);
}

/* A one-button form in the header. */
static void top_form(struct html *h, const struct route_path *r, const char *csrf, const char *name, const char *value, const char *label)
{
    html_open(h, E_FORM);
    html_action0(h, r, csrf);
    if (!csrf)
        html_attr(h, A_METHOD, "post");
    html_open(h, E_BUTTON);
    html_attr(h, A_TYPE, "submit");
    html_attr(h, A_NAME, name);
    html_attr(h, A_VALUE, value);
    html_class(h, "link");
    html_text(h, label);
    html_close(h, E_BUTTON);
    html_close(h, E_FORM);
}

static void frame_head(struct html *h, const struct ui_frame *f)
{
    html_open(h, E_HEAD);
    html_open(h, E_META);
    html_attr(h, A_CHARSET, "utf-8");
    html_open(h, E_META);
    html_attr(h, A_NAME, "viewport");
    html_attr(h, A_CONTENT, "width=device-width, initial-scale=1");
    html_open(h, E_TITLE);
    html_text(h, f->title);
    if (f->org && *f->org) {
        html_text(h, " - ");
        html_text(h, f->org);
    }
    html_close(h, E_TITLE);
    html_frame_assets(h, "app.css", "app.js");
    html_close(h, E_HEAD);
}

static void frame_top(struct html *h, const struct ui_frame *f)
{
    html_open(h, E_HEADER);
    html_class(h, "top");
    html_open(h, E_DIV);
    html_class(h, "top-name");
    if (f->home) {
        html_open(h, E_A);
        html_href0(h, f->home);
        html_text(h, f->org && *f->org ? f->org : "daicho");
        html_close(h, E_A);
    } else {
        html_text(h, f->org && *f->org ? f->org : "daicho");
    }
    html_close(h, E_DIV);
    html_open(h, E_DIV);
    html_class(h, "top-user");
    if (f->inbox && f->inbox_text) {
        html_open(h, E_A);
        html_href0(h, f->inbox);
        html_text(h, f->inbox_text);
        html_close(h, E_A);
    }
    if (f->person && f->account) {
        html_open(h, E_A);
        html_href0(h, f->account);
        html_text(h, f->person);
        html_close(h, E_A);
    } else if (f->person) {
        html_el(h, E_SPAN, f->person);
    }
    if (f->lang) {
        bool ja = h->lang == LANG_JA;
        top_form(h, f->lang, f->csrf, "lang", ja ? "en" : "ja", ja ? "English" : "日本語");
    }
    if (f->logout && f->person)
        top_form(h, f->logout, f->csrf, NULL, NULL, msg_text(h->lang, MSG("ui.logout")));
    html_close(h, E_DIV);
    html_close(h, E_HEADER);
}

static void frame_notices(struct html *h, const struct ui_frame *f)
{
    if (f->trial_msg) {
        html_open(h, E_DIV);
        html_class(h, "banner");
        html_text(h, f->trial_msg);
        html_close(h, E_DIV);
    }
    if (f->as_of > 0) {
        MEM_SCOPE(tmp, h->mem);
        html_open(h, E_DIV);
        html_class(h, "banner");
        html_msgf(h, MSG("ui.as-of"), time_local(tmp, f->as_of), NULL);
        html_close(h, E_DIV);
    }
    if (f->flash) {
        html_open(h, E_DIV);
        html_class(h, "flash");
        if (f->flash_bad)
            html_class(h, "flash-bad");
        html_attr(h, A_ROLE, f->flash_bad ? "alert" : "status");
        html_text(h, f->flash);
        html_close(h, E_DIV);
    }
}

void ui_frame_open(struct html *h, const struct ui_frame *f)
{
    html_open(h, E_HTML);
    html_attr(h, A_LANG, h->lang == LANG_JA ? "ja" : "en");
    frame_head(h, f);
    html_open(h, E_BODY);
    html_open(h, E_A);
    html_href_id(h, "main");
    html_class(h, "skip");
    html_msg(h, MSG("ui.skip"));
    html_close(h, E_A);
    frame_top(h, f);
    html_open(h, E_DIV);
    html_class(h, "shell");
    if (f->nav_n > 0) {
        html_open(h, E_DETAILS);
        html_class(h, "menu");
        html_el_msg(h, E_SUMMARY, MSG("ui.menu"));
        nav_list(h, f);
        html_close(h, E_DETAILS);
        html_open(h, E_NAV);
        html_class(h, "side");
        html_attr(h, A_ARIA_LABEL, msg_text(h->lang, MSG("ui.menu")));
        nav_list(h, f);
        html_close(h, E_NAV);
    }
    html_open(h, E_MAIN);
    html_attr(h, A_ID, "main");
    html_attr(h, A_TABINDEX, "-1");
    frame_notices(h, f);
}

void ui_frame_close(struct html *h)
{
    html_close(h, E_MAIN);
    html_close(h, E_DIV);
    html_close(h, E_BODY);
    html_close(h, E_HTML);
}

static const char *tone_sign(enum ui_tone tone)
{
    switch (tone) {
    case UI_GOOD: return "○ ";
    case UI_WARN: return "△ ";
    case UI_BAD: return "× ";
    case UI_UNKNOWN: return "? ";
    case UI_PLAIN: break;
    }
    return NULL;
}

static void tone_class(struct html *h, enum ui_tone tone)
{
    switch (tone) {
    case UI_GOOD: html_class(h, "good"); break;
    case UI_WARN: html_class(h, "warn"); break;
    case UI_BAD: html_class(h, "bad"); break;
    case UI_UNKNOWN: html_class(h, "unknown"); break;
    case UI_PLAIN: html_class(h, "plain"); break;
    }
}

void ui_badge(struct html *h, enum ui_tone tone, const char *text)
{
    html_open(h, E_SPAN);
    html_class(h, "badge");
    tone_class(h, tone);
    if (tone_sign(tone)) {
        html_open(h, E_SPAN);
        html_attr(h, A_ARIA_HIDDEN, "true");
        html_text(h, tone_sign(tone));
        html_close(h, E_SPAN);
    }
    html_text(h, text);
    html_close(h, E_SPAN);
}

void ui_heading(struct html *h, int level, const char *text)
{
    static const enum elem EL[] = {E_H1, E_H2, E_H3, E_H4};
    assert(level >= 1 && level <= 4);
    html_el(h, EL[level - 1], text);
}

void ui_table_open(struct html *h, const char *caption)
{
    html_open(h, E_DIV);
    html_class(h, "scroll");
    html_attr(h, A_ROLE, "region");
    html_attr(h, A_TABINDEX, "0");
    html_attr(h, A_ARIA_LABEL, caption);
    html_open(h, E_TABLE);
    if (caption && *caption)
        html_el(h, E_CAPTION, caption);
}

/* Ends the head and begins the body: rows follow directly. */
/* The order of the list is said to a reader of the screen (aria-sort) and shown by a sign; the whole heading is the link. */
void ui_table_head_sort(struct html *h, const struct ui_head *head, size_t n)
{
    html_open(h, E_THEAD);
    html_open(h, E_TR);
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_TH);
        html_attr(h, A_SCOPE, "col");
        if (head[i].sorted != 0)
            html_attr(h, A_ARIA_SORT, head[i].sorted > 0 ? "ascending" : "descending");
        if (head[i].url_made != NULL) {
            html_open(h, E_A);
            html_href_local(h, head[i].url_made);
        }
        html_text(h, head[i].label);
        if (head[i].sorted != 0) {
            html_open(h, E_SPAN);
            html_attr(h, A_ARIA_HIDDEN, "true");
            html_text(h, head[i].sorted > 0 ? " \u25b2" : " \u25bc");
            html_close(h, E_SPAN);
        }
        if (head[i].url_made != NULL)
            html_close(h, E_A);
        html_close(h, E_TH);
    }
    html_close(h, E_TR);
    html_close(h, E_THEAD);
    html_open(h, E_TBODY);
}

void ui_table_head(struct html *h, const char *const *label, size_t n)
{
    html_open(h, E_THEAD);
    html_open(h, E_TR);
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_TH);
        html_attr(h, A_SCOPE, "col");
        html_text(h, label[i]);
        html_close(h, E_TH);
    }
    html_close(h, E_TR);
    html_close(h, E_THEAD);
    html_open(h, E_TBODY);
}

void ui_table_close(struct html *h)
{
    assert(h->depth > 0);
    if (h->stack[h->depth - 1] == E_TBODY)
        html_close(h, E_TBODY);
    html_close(h, E_TABLE);
    html_close(h, E_DIV);
}

void ui_kv_open(struct html *h)
{
    html_open(h, E_DL);
    html_class(h, "kv");
}

void ui_kv(struct html *h, const char *label, const char *value)
{
    html_open(h, E_DIV);
    html_el(h, E_DT, label);
    html_open(h, E_DD);
    html_text(h, value && *value ? value : "－");
    html_close(h, E_DD);
    html_close(h, E_DIV);
}

void ui_kv_close(struct html *h) { html_close(h, E_DL); }

/* "2026/06/01 09:00" as a rubber stamp has it: '26.6.1; the whole stands below. */
static void seal_date(struct html *h, const char *date)
{
    if (!date || strlen(date) < 10 || !strchr("-/.", date[4])) {
        html_text(h, date);
        return;
    }
    html_text(h, "'");
    html_textn(h, date + 2, 2);
    html_text(h, ".");
    html_textn(h, date + 5 + (date[5] == '0'), date[5] == '0' ? 1 : 2);
    html_text(h, ".");
    html_textn(h, date + 8 + (date[8] == '0'), date[8] == '0' ? 1 : 2);
}

/* A stamp with a date across its middle, as the rubber stamps of an office; the name is also written below in full. */
static void stamp_seal(struct html *h, const struct ui_stamp *s)
{
    html_open(h, E_DIV);
    html_class(h, "seal");
    html_attr(h, A_ARIA_HIDDEN, "true");
    html_open(h, E_SPAN);
    html_class(h, "seal-top");
    html_msg(h, MSG("ui.stamp.good"));
    html_close(h, E_SPAN);
    html_open(h, E_SPAN);
    html_class(h, "seal-date");
    seal_date(h, s->date);
    html_close(h, E_SPAN);
    html_open(h, E_SPAN);
    html_class(h, "seal-name");
    size_t n = s->name ? strcspn(s->name, " ") : 0;
    const char *wide = s->name ? strstr(s->name, "　") : NULL;
    if (wide && (size_t)(wide - s->name) < n)
        n = (size_t)(wide - s->name);
    html_textn(h, s->name, n);
    html_close(h, E_SPAN);
    html_close(h, E_DIV);
}

void ui_stamps(struct html *h, const struct ui_stamp *s, size_t n)
{
    html_open(h, E_OL);
    html_class(h, "stamps");
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_LI);
        tone_class(h, s[i].tone);
        html_open(h, E_DIV);
        html_class(h, "stamp-post");
        html_text(h, s[i].post);
        html_close(h, E_DIV);
        html_open(h, E_DIV);
        html_class(h, "stamp-box");
        if (s[i].tone == UI_GOOD)
            stamp_seal(h, &s[i]);
        else if (s[i].tone == UI_BAD)
            html_el_msg(h, E_STRONG, MSG("ui.stamp.bad"));
        else if (s[i].tone == UI_WARN)
            html_el_msg(h, E_SPAN, MSG("ui.stamp.now"));
        else
            html_el_msg(h, E_SPAN, MSG("ui.stamp.wait"));
        html_close(h, E_DIV);
        html_open(h, E_DIV);
        html_class(h, "stamp-name");
        html_text(h, s[i].name && *s[i].name ? s[i].name : "－");
        html_close(h, E_DIV);
        if (s[i].date)
            html_el(h, E_SMALL, s[i].date);
        if (s[i].note)
            html_el(h, E_SMALL, s[i].note);
        html_close(h, E_LI);
    }
    html_close(h, E_OL);
}

static void pager_link(struct html *h, const char *url, const char *key, const char *rel)
{
    if (!url) {
        html_open(h, E_SPAN);
        html_class(h, "pager-off");
        html_msg(h, key);
        html_close(h, E_SPAN);
        return;
    }
    html_open(h, E_A);
    html_href_local(h, url);
    html_attr(h, A_REL, rel);
    html_msg(h, key);
    html_close(h, E_A);
}

void ui_pager(struct html *h, const char *prev_url_made, const char *next_url_made, const char *count_text)
{
    html_open(h, E_NAV);
    html_class(h, "pager");
    html_attr(h, A_ARIA_LABEL, msg_text(h->lang, MSG("ui.pager")));
    if (count_text)
        html_el(h, E_SPAN, count_text);
    if (prev_url_made || next_url_made) {
        pager_link(h, prev_url_made, MSG("ui.prev"), "prev");
        pager_link(h, next_url_made, MSG("ui.next"), "next");
    }
    html_close(h, E_NAV);
}
