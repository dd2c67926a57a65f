/* Which column of a sheet is which field: shown as the headers were understood, and put right by choosing. The sheet itself travels in hidden
 * fields of that form (as UTF-8), so that nothing is kept on the server and no file has to be chosen twice. */
#include "page/page_int.h"

#define COLUMNS_MAX 200
#define CARRY_MAX (2 << 20)

/* The cells as they are, quoted: not csv_put, which guards against formulas and would change them. */
static void cell_put(struct buf *b, const char *cell, bool first)
{
    if (!first)
        buf_putc(b, ',');
    buf_putc(b, '"');
    for (const char *p = cell; *p != '\0'; p++) {
        if (*p == '"')
            buf_putc(b, '"');
        buf_putc(b, *p);
    }
    buf_putc(b, '"');
}

static bool carry(struct screen *s, struct str sheet)
{
    struct csv *c;
    struct err e = {0};
    struct buf *b = buf_new(s->r, 2 * CARRY_MAX);
    if (sheet.n > CARRY_MAX / 2 || csv_read(s->r, sheet, (struct csv_limit){CARRY_MAX, 20000, 2000000, 20000}, &c, &e) != RC_OK)
        return false;
    for (size_t i = 0; i < c->rows.n; i++) {
        for (size_t k = 0; k < c->rows.v[i].n; k++)
            cell_put(b, c->rows.v[i].cell[k], k == 0);
        buf_puts(b, "\r\n");
    }
    text_carry(s, "sheet[]", b->p, b->n);
    return true;
}

bool columns_carried(struct req *r, struct str *ret_sheet)
{
    *ret_sheet = text_carried(r, "sheet[]", 4 * CARRY_MAX);
    return ret_sheet->n > 0;
}

size_t columns_chosen(struct req *r, const char ***ret_map)
{
    const char **map = mem_array(r, const char *, COLUMNS_MAX);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        map[i] = req_form(r, mem_fmt(r, "col.%zu", i));
    *ret_map = map;
    return COLUMNS_MAX;
}

static void column_row(struct screen *s, const struct form *f, size_t no, const char *head, const char *path)
{
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, f->field_n + 1);
    const struct ui_row row = {.id = mem_fmt(s->r, "col-%zu", no), .label = head};
    size_t n = 0;
    opt[n++] = (struct ui_opt){"", msg_text(req_lang(s->r), MSG("import.unused")), path == NULL};
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (fd->value == NULL && fd->type != FT_TABLE && fd->type != FT_FILE)
            opt[n++] = (struct ui_opt){fd->path, pick_lang(req_lang(s->r), fd->label ? fd->label : fd->id, fd->label_en), text_eq(fd->path, path)};
    }
    ui_row_open(s->h, &row);
    ui_select(s->h, mem_fmt(s->r, "col.%zu", no), opt, n, false, &row);
    ui_row_close(s->h, &row);
}

void columns_form(struct screen *s, const struct form *f, const struct json *columns, struct str sheet)
{
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("import.columns")));
    html_el_msg(s->h, E_P, MSG("import.columns-help"));
    html_open(s->h, E_FORM);
    html_attr(s->h, A_ENCTYPE, "multipart/form-data");
    html_action(s->h, page_path("import.post"), screen_csrf(s), URL_S(f->ident));
    for (size_t i = 0; i < json_n(columns) && i < COLUMNS_MAX; i++) {
        const char *head = json_get_str(json_at(columns, i), "header");
        if (head != NULL && str_trim(str_of(head)).n > 0)
            column_row(s, f, i, head, json_get_str(json_at(columns, i), "path"));
    }
    if (carry(s, sheet)) {
        html_open(s->h, E_DIV);
        html_class(s->h, "actions");
        ui_button(s->h, MSG("import.columns-again"), "do", "look", false);
        html_close(s->h, E_DIV);
    } else {
        html_el_msg(s->h, E_P, MSG("import.columns-large"));
    }
    html_close(s->h, E_FORM);
}
