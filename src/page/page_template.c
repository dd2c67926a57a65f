/* What a CSV for a register looks like: its headings with how each is written, and an empty sheet with them (ひな形). */
#include "page/page_int.h"

#define TEMPLATE_MAX (1 << 20)

/* The columns that a CSV can carry. */
static bool by_sheet(const struct field *fd) { return fd->value == NULL && fd->type != FT_TABLE && fd->type != FT_FILE; }

static const char *options_of(struct screen *s, const struct field *fd)
{
    const char *out = "";
    for (size_t i = 0; fd->of != NULL && i < fd->of->n; i++)
        out = mem_fmt(s->r, "%s%s%s", out, i ? " / " : "", pick_lang(req_lang(s->r), fd->of->opt[i].label, fd->of->opt[i].label_en));
    return out;
}

static const char *one_value(struct screen *s, const struct field *fd)
{
    enum lang lang = req_lang(s->r);
    switch (fd->type) {
    case FT_INT: return msg_text(lang, MSG("import.how-int"));
    case FT_MONEY: return msg_text(lang, MSG("import.how-money"));
    case FT_NUMBER: return msg_text(lang, MSG("import.how-number"));
    case FT_MONTH: return msg_text(lang, MSG("import.how-month"));
    case FT_DATE: return msg_text(lang, MSG("import.how-date"));
    case FT_DATETIME: return msg_text(lang, MSG("import.how-datetime"));
    case FT_DURATION: return msg_text(lang, MSG("import.how-duration"));
    case FT_BOOL: return msg_text(lang, MSG("import.how-bool"));
    case FT_CHOICE: return msg_fill(s->r, lang, MSG("import.how-choice"), options_of(s, fd), NULL);
    case FT_MULTI: return msg_fill(s->r, lang, MSG("import.how-multi"), options_of(s, fd), NULL);
    case FT_PERSON: return msg_text(lang, MSG("import.how-person"));
    case FT_REF: case FT_DEPARTMENT: return msg_fill(s->r, lang, MSG("import.how-ref"), fd->ref ? pick_lang(lang, fd->ref->name, fd->ref->name_en) : "", NULL);
    case FT_SIGN: return msg_text(lang, MSG("import.how-sign"));
    case FT_LONGTEXT: return msg_text(lang, MSG("import.how-longtext"));
    case FT_TEXT: case FT_ROLE: case FT_FILE: case FT_TABLE: case FT__N: break;
    }
    return msg_text(lang, MSG("import.how-text"));
}

static const char *how_written(struct screen *s, const struct field *fd)
{
    if (!by_sheet(fd))
        return msg_text(req_lang(s->r), fd->type == FT_FILE ? MSG("import.how-file") : MSG("import.how-table"));
    if (fd->type == FT_MULTI || !field_is_child(fd))
        return one_value(s, fd);
    return mem_fmt(s->r, "%s %s", one_value(s, fd), msg_text(req_lang(s->r), MSG("import.how-many")));
}

static void headings_out(struct screen *s, const struct form *f)
{
    enum lang lang = req_lang(s->r);
    const char *const label[] = {msg_text(lang, MSG("import.heading")), msg_text(lang, MSG("import.required")), msg_text(lang, MSG("import.how"))};
    html_open(s->h, E_DETAILS);
    html_open(s->h, E_SUMMARY);
    html_msg(s->h, MSG("import.headings"));
    html_close(s->h, E_SUMMARY);
    ui_table_open(s->h, msg_text(lang, MSG("import.headings")));
    ui_table_head(s->h, label, ARRAY_N(label));
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (fd->value != NULL)
            continue;
        html_open(s->h, E_TR);
        html_open(s->h, E_TD);
        html_text(s->h, by_sheet(fd) ? sheet_heading(s->r, f, fd) : fd->label);
        if (lang != LANG_JA && fd->label_en != NULL)
            html_el(s->h, E_SMALL, fd->label_en);
        html_close(s->h, E_TD);
        html_el(s->h, E_TD, fd->required && fd->stage == NULL ? msg_text(lang, MSG("ui.required")) : "");
        html_el(s->h, E_TD, how_written(s, fd));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
    html_close(s->h, E_DETAILS);
}

/* A field that must be filled and no CSV can carry: every row would be refused. */
static const char *beyond_sheet(struct screen *s, const struct form *f)
{
    const char *out = "";
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (fd->required && fd->stage == NULL && fd->value == NULL && !by_sheet(fd))
            out = mem_fmt(s->r, "%s%s%s", out, out[0] ? "、" : "", pick_lang(req_lang(s->r), fd->label, fd->label_en));
    }
    return out[0] ? out : NULL;
}

void template_out(struct screen *s, const struct form *f)
{
    const char *beyond = beyond_sheet(s, f);
    if (beyond != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, msg_fill(s->r, req_lang(s->r), MSG("import.beyond"), beyond, NULL)}, 1);
    html_open(s->h, E_P);
    html_class(s->h, "tools");
    for (int utf8 = 0; utf8 < 2; utf8++) {
        html_open(s->h, E_A);
        html_class(s->h, "btn");
        html_href(s->h, page_path("import.template"), URL_S(f->ident), URL_Q("as", utf8 ? "utf8" : NULL));
        html_msg(s->h, utf8 ? MSG("import.template-utf8") : MSG("import.template"));
        html_close(s->h, E_A);
    }
    html_close(s->h, E_P);
    headings_out(s, f);
}

/* Excel in Japan opens a CSV without a mark as Shift_JIS; with its mark, UTF-8. A heading that Shift_JIS cannot write goes as UTF-8. */
void page_import_template(struct req *r, void *ctx)
{
    struct screen s;
    const struct form *f = import_begin(&s, r, ctx);
    size_t bytes, lost = 1;
    bool first = true;
    if (f == NULL)
        return;
    struct buf *utf8 = buf_new(r, TEMPLATE_MAX), *b = buf_new(r, TEMPLATE_MAX);
    for (size_t i = 0; i < f->field_n; i++)
        if (by_sheet(&f->field[i])) {
            csv_put(utf8, sheet_heading(r, f, &f->field[i]), first);
            first = false;
        }
    csv_end(utf8);
    const char *sjis = text_eq(req_query(r, "as"), "utf8") ? NULL : cp932_from_utf8(r, mem_strndup(r, utf8->p, utf8->n), &bytes, &lost);
    if (sjis != NULL && lost == 0) {
        buf_put(b, sjis, bytes);
    } else {
        buf_puts(b, "\xef\xbb\xbf");
        buf_put(b, utf8->p, utf8->n);
    }
    const char *name = msg_fill(r, LANG_JA, MSG("import.template-name"), f->name, NULL);
    screen_end(&s);
    resp_download(r, lost == 0 ? "text/csv; charset=Shift_JIS" : "text/csv; charset=utf-8", name, b);
}
