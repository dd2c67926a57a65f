/* Sheets as a Japanese office has them: which line is the header, which column is which field, which lines are data. Headers may stand over
 * two lines (merged cells leave blanks), carry line breaks, brackets and full-width blanks; columns that fit no field are reported. */
#include "core/core_int.h"

#define HEADER_LINES 8

/* "管理責任者\n(部門長)" and " 管理責任者 " are one header: folded, without blanks, brackets and what stands in them. */
static char *header_key(TALLOC_CTX *mem, const char *s)
{
    char *f = text_fold(mem, s), *q = f;
    int depth = 0;
    for (const char *p = f; *p != '\0'; p++) {
        if (*p == '(' || *p == '[')
            depth++;
        else if ((*p == ')' || *p == ']') && depth > 0)
            depth--;
        else if (depth == 0 && (unsigned char)*p > ' ' && *p != '*')
            *q++ = *p;
    }
    *q = '\0';
    return f;
}

static bool by_sheet(const struct field *fd) { return fd->value == NULL && fd->type != FT_TABLE && fd->type != FT_FILE; }

static const char *match(TALLOC_CTX *mem, const struct form *f, const char *cell)
{
    const char *key = header_key(mem, cell), *whole = text_fold(mem, cell);
    if (key[0] == '\0')
        return NULL;
    for (size_t i = 0; i < f->field_n; i++)                     /* brackets may be all that tells two labels apart */
        if (by_sheet(&f->field[i]) && f->field[i].label != NULL && strcmp(whole, text_fold(mem, f->field[i].label)) == 0)
            return f->field[i].path;
    for (int pass = 0; pass < 2; pass++)                       /* exact first, then one inside the other */
        for (size_t i = 0; i < f->field_n; i++) {
            const struct field *fd = &f->field[i];
            const char *label = header_key(mem, fd->label ? fd->label : fd->id);
            if (!by_sheet(fd))
                continue;
            if (pass == 0 ? strcmp(key, label) == 0 || strcmp(cell, fd->path) == 0 || strcmp(cell, fd->id) == 0
                          : label[0] != '\0' && utf8_len(key) >= 2 && utf8_len(label) >= 2 && (strstr(key, label) != NULL || strstr(label, key) != NULL))
                return fd->path;
        }
    return NULL;
}

const char *sheet_heading(TALLOC_CTX *mem, const struct form *f, const struct field *fd)
{
    return fd->label != NULL && text_eq(match(mem, f, fd->label), fd->path) ? fd->label : fd->path;
}

static size_t matches_of(TALLOC_CTX *mem, const struct form *f, const struct csv_row *row)
{
    size_t n = 0;
    for (size_t i = 0; i < row->n; i++)
        n += match(mem, f, row->cell[i]) != NULL;
    return n;
}

/* The line with the most columns that fit; the one above it fills its blanks (merged cells). */
static size_t header_line(TALLOC_CTX *mem, const struct csv *c, const struct form *f)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < c->rows.n && i < HEADER_LINES; i++) {
        size_t n = matches_of(mem, f, &c->rows.v[i]);
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return most > 0 ? best : SIZE_MAX;
}

static bool blank_row(const struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        if (str_trim(str_of(row->cell[i])).n > 0)
            return false;
    return true;
}

/* A cell of a field with several values: "営業部、総務部", one a line, or with commas and slashes. */
static void list_cell(TALLOC_CTX *mem, struct json *values, const char *path, const char *cell)
{
    static const char *const marks[] = {"、", "，", "；", "／", "\n", ";", ","};
    char *p = mem_strdup(mem, cell);
    struct json *arr = json_set_arr(values, path);
    struct str rest, part;
    for (size_t i = 0; i < ARRAY_N(marks); i++)
        for (char *at = strstr(p, marks[i]); at != NULL; at = strstr(at, marks[i]))
            memset(at, '\x1f', strlen(marks[i]));
    rest = str_of(p);
    while (str_next(&rest, '\x1f', &part))
        if (str_trim(part).n > 0)
            json_add_str(arr, str_dup(mem, str_trim(part)));
}

enum rc sheet_rows(TALLOC_CTX *mem, struct str data, const struct form *f, struct json **ret_rows, struct json **ret_columns, struct err *e)
{
    return sheet_rows_as(mem, data, f, NULL, 0, ret_rows, ret_columns, e);
}

/* What somebody chose for column i, when the form has such a field. */
static const char *chosen(const struct form *f, const char *const *map, size_t map_n, size_t i, bool *ret_said)
{
    *ret_said = i < map_n && map[i] != NULL;
    const struct field *fd = *ret_said && map[i][0] != '\0' ? pack_field(f, map[i]) : NULL;
    return fd != NULL && by_sheet(fd) ? fd->path : NULL;
}

enum rc sheet_rows_as(TALLOC_CTX *mem, struct str data, const struct form *f, const char *const *map, size_t map_n, struct json **ret_rows, struct json **ret_columns, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct csv *c;
    TRY(csv_read(tmp, data, (struct csv_limit){20 << 20, 20000, 2000000, 20000}, &c, e));
    size_t h = header_line(tmp, c, f);
    if (h == SIZE_MAX)
        return err_set_arg(e, ERR_IMPORT, msg_text(LANG_JA, MSG("core.import-header")), "no header line");
    const struct csv_row *head = &c->rows.v[h];
    const char **path = mem_array(tmp, const char *, head->n + 1);
    struct json *rows = json_arr(mem), *columns = json_arr(mem);
    for (size_t i = 0; i < head->n; i++) {
        const char *cell = head->cell[i];
        if (str_trim(str_of(cell)).n == 0 && h > 0 && i < c->rows.v[h - 1].n)
            cell = c->rows.v[h - 1].cell[i];
        bool said;
        path[i] = chosen(f, map, map_n, i, &said);
        if (!said)
            path[i] = match(tmp, f, cell);
        struct json *o = json_add_obj(columns);
        json_set_str(o, "header", cell);
        json_set_str(o, "path", path[i]);
    }
    for (size_t r = h + 1; r < c->rows.n; r++) {
        const struct csv_row *row = &c->rows.v[r];
        if (blank_row(row))
            continue;
        struct json *o = json_add_obj(rows), *values = json_set_obj(o, "values");
        json_set_i64(o, "line", (int64_t)r + 1);            /* the row as the spreadsheet counts it */
        for (size_t i = 0; i < row->n && i < head->n; i++)
            if (path[i] != NULL && str_trim(str_of(row->cell[i])).n > 0) {
                if (field_is_child(pack_field(f, path[i])))
                    list_cell(tmp, values, path[i], row->cell[i]);
                else
                    json_set_str(values, path[i], row->cell[i]);
            }
    }
    *ret_rows = rows;
    *ret_columns = columns;
    return RC_OK;
}
