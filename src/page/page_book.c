/* What a review of a whole register lists: the rows as they were when it was handed in, a page at a time, and what became of them since. */
#include "page/env.h"

#define PRINT_ROWS 1000

static const char *fmt_i64(struct screen *s, int64_t v) { return mem_fmt(s->r, "%lld", (long long)v); }

static void summary_out(struct screen *s, const struct book *b)
{
    struct html *h = s->h;
    enum lang lang = req_lang(s->r);
    ui_kv_open(h);
    if (b->of != NULL)
        ui_kv(h, msg_text(lang, MSG("book.of")), pick_lang(lang, b->of->name, b->of->name_en));
    ui_kv(h, msg_text(lang, MSG("book.scope")), b->department ? record_title(s->rd.db, s->r, b->department) : msg_text(lang, MSG("book.whole")));
    ui_kv(h, msg_text(lang, MSG("book.n")), fmt_i64(s, b->n));
    ui_kv(h, msg_text(lang, MSG("book.since")), msg_fill(s->r, lang, MSG("book.since-text"), fmt_i64(s, b->changed), fmt_i64(s, b->gone), fmt_i64(s, b->fresh), NULL));
    ui_kv(h, msg_text(lang, MSG("book.hash")), b->hash);
    ui_kv_close(h);
}

static void state_out(struct screen *s, const struct book_row *x)
{
    enum lang lang = req_lang(s->r);
    if (x->no == 0)
        ui_badge(s->h, UI_WARN, msg_text(lang, MSG("book.fresh")));
    else if (x->now == 0)
        ui_badge(s->h, UI_BAD, msg_text(lang, MSG("book.gone")));
    else if (x->now != x->no)
        ui_badge(s->h, UI_WARN, msg_text(lang, MSG("book.changed")));
    else
        ui_badge(s->h, UI_PLAIN, msg_text(lang, MSG("book.same")));
}

static void rows_out(struct screen *s, const char *caption, const struct book_row *row, size_t n)
{
    static const char *const keys[] = {MSG("col.number"), MSG("col.title"), MSG("book.version"), MSG("book.now")};
    struct html *h = s->h;
    screen_table(s, caption, keys, ARRAY_N(keys));
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_TR);
        html_open(h, E_TD);
        if (row[i].visible) {
            html_open(h, E_A);
            html_href(h, page_path("history"), URL_I(row[i].record));
        }
        html_text(h, row[i].number);
        if (row[i].visible)
            html_close(h, E_A);
        html_close(h, E_TD);
        html_el(h, E_TD, row[i].visible ? row[i].title : msg_text(req_lang(s->r), MSG("book.hidden")));
        html_el(h, E_TD, row[i].no ? fmt_i64(s, row[i].no) : "");
        html_open(h, E_TD);
        state_out(s, &row[i]);
        html_close(h, E_TD);
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static void pager_out(struct screen *s, const struct record *rec, const struct book *b)
{
    size_t from = b->from, upto = from + b->row_n;
    size_t before = from > PAGE_ROWS ? from - PAGE_ROWS : 0;
    const struct url_arg prev[] = {URL_I(rec->id), URL_QI("from", (int64_t)before)}, next[] = {URL_I(rec->id), URL_QI("from", (int64_t)upto)};
    ui_pager(s->h, from > 0 ? url_make(s->r, page_path("record"), prev, ARRAY_N(prev)) : NULL,
             (int64_t)upto < b->n ? url_make(s->r, page_path("record"), next, ARRAY_N(next)) : NULL,
             msg_fill(s->r, req_lang(s->r), MSG("book.count"), fmt_i64(s, b->n), fmt_i64(s, (int64_t)from + 1), fmt_i64(s, (int64_t)upto), NULL));
}

static void more_out(struct screen *s, const char *msg, int64_t n)
{
    if (n > 0)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), msg, fmt_i64(s, n), NULL));
}

void book_out(struct screen *s, const struct record *rec, int64_t rev, bool print)
{
    struct book b;
    struct err e = {0};
    int64_t from = 0;
    if (rec->form->kind != FORM_BOOK || rev == 0)
        return;
    if (print || req_query(s->r, "from") == NULL || !str_to_i64(str_of(req_query(s->r, "from")), &from) || from < 0)
        from = 0;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("book.title")));
    if (book_read(&s->rd, rev, (size_t)from, print ? PRINT_ROWS : PAGE_ROWS, &b, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (b.hash == NULL) {
        html_el_msg(s->h, E_P, MSG("book.none"));
        return;
    }
    summary_out(s, &b);
    if (b.row_n > 0)
        rows_out(s, MSG("book.title"), b.row, b.row_n);
    if (print)
        more_out(s, MSG("book.cut"), b.n - (int64_t)b.row_n);
    else if (b.row_n > 0)
        pager_out(s, rec, &b);
    if (b.fresh_n > 0)
        rows_out(s, MSG("book.fresh-title"), b.fresh_row, b.fresh_n);
    more_out(s, MSG("book.fresh-cut"), b.fresh - (int64_t)b.fresh_n);
}
