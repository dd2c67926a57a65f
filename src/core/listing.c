/* Lists of a form: which columns are shown, by which one may sort, and the place where a page goes on. One may sort by number (the record's
 * key: older and newer), state, department, and by what the list shows as long as it has an order of its own and an index (ftable.c makes
 * them with the table): texts, choices, figures, dates, departments. References to people and records have none: their column holds a key.
 * A name is sorted by its reading where the form has one, since Japanese in the order of code points is no order.
 * The place is opaque and carries order, value and key of the last row seen: no row must be there any more for the page to go on. */
#include <math.h>
#include "core/core_int.h"

#define CURSOR_MAX 8192

size_t list_columns(const struct form *f, const struct field *ret[LIST_COLUMNS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < f->field_n && n < LIST_COLUMNS_MAX; i++)
        if (f->field[i].listed && !field_is_child(&f->field[i]))
            ret[n++] = &f->field[i];
    return n;
}

/* An entry of an index must fit a page of it: 200 characters do. */
static bool has_order(const struct field *f)
{
    switch (f->type) {
    case FT_TEXT: return !f->has_max || f->max <= 200;
    case FT_INT: case FT_NUMBER: case FT_MONEY: case FT_DATE: case FT_DATETIME: case FT_MONTH: case FT_CHOICE: case FT_DEPARTMENT: return true;
    case FT_LONGTEXT: case FT_DURATION: case FT_BOOL: case FT_MULTI: case FT_REF: case FT_PERSON: case FT_ROLE: case FT_FILE: case FT_SIGN: case FT_TABLE: case FT__N:
        return false;
    }
    return false;
}

const struct field *list_sort_field(const struct form *f, const struct field *fd)
{
    const struct field *kana = text_eq(fd->path, "name") ? pack_field(f, "kana") : NULL;
    if (kana != NULL && !field_is_child(kana) && has_order(kana))
        return kana;
    return has_order(fd) ? fd : NULL;
}

MUST static enum rc sort_find(const struct form *f, const char *name, const char **ret_col, enum db_type *ret_type, struct err *e)
{
    const struct field *shown[LIST_COLUMNS_MAX];
    size_t n = list_columns(f, shown);
    *ret_col = NULL;
    *ret_type = DB_TEXT;
    if (text_eq(name, "number"))
        return RC_OK;
    if (text_eq(name, "state") || text_eq(name, "department")) {
        *ret_col = name;
        *ret_type = name[0] == 's' ? DB_TEXT : DB_INT;
        return RC_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const struct field *by = text_eq(shown[i]->path, name) ? list_sort_field(f, shown[i]) : NULL;
        if (by == NULL)
            continue;
        *ret_col = by->col;
        *ret_type = ftable_type(by);
        return RC_OK;
    }
    return err_set_arg(e, ERR_LIST_SORT, name, "no such order");
}

/* Part of a cursor up to the next line end. */
static char *line_take(TALLOC_CTX *mem, struct str *rest)
{
    struct str part;
    return str_next(rest, '\n', &part) ? str_dup(mem, part) : NULL;
}

static bool value_take(TALLOC_CTX *mem, const char *text, enum db_type type, struct db_val *ret)
{
    char *end;
    if (text == NULL || text[0] == 'n')
        return text != NULL && text[1] == '\0';
    if (text[0] == 'i' && type == DB_INT) {
        ret->t = DB_VAL_INT;
        return str_to_i64(str_of(text + 1), &ret->i);
    }
    if (text[0] == 'r' && type == DB_REAL) {
        ret->t = DB_VAL_REAL;
        ret->r = strtod(text + 1, &end);
        return text[1] != '\0' && *end == '\0' && isfinite(ret->r);
    }
    ret->t = DB_VAL_TEXT;
    ret->s = mem_strdup(mem, text + 1);
    return text[0] == 't' && type == DB_TEXT;
}

static bool cursor_read(TALLOC_CTX *mem, const char *cursor, const char *sort, enum db_type type, struct db_val ret[2])
{
    size_t n = strlen(cursor), bad;
    if (n == 0 || n % 2 != 0 || n > CURSOR_MAX)
        return false;
    char *p = mem_array(mem, char, n / 2 + 1);
    if (!hex_read(str_of(cursor), (uint8_t *)p, n / 2) || strlen(p) != n / 2 || !utf8_ok(p, n / 2, &bad))
        return false;
    struct str rest = str_of(p);
    const char *by = line_take(mem, &rest), *key = line_take(mem, &rest), *value = line_take(mem, &rest);
    ret[1].t = DB_VAL_INT;
    return text_eq(by, sort) && key != NULL && str_to_i64(str_of(key), &ret[1].i) && rest.n == 0 && value_take(mem, value, type, &ret[0]);
}

enum rc list_order(TALLOC_CTX *mem, const struct form *f, const char *sort, const char *after, struct list_query *q, struct err *e)
{
    enum db_type type = DB_INT;
    struct db_val *at = mem_array(mem, struct db_val, 2);
    bool ok;
    if (sort == NULL || sort[0] == '\0')
        sort = "number";
    q->sort_desc = sort[0] == '-';
    TRY(sort_find(f, sort + q->sort_desc, &q->sort_col, &type, e));
    if (after == NULL || after[0] == '\0')
        return RC_OK;
    if (q->sort_col == NULL) {
        at[0].t = at[1].t = DB_VAL_INT;
        ok = str_to_i64(str_of(after), &at[1].i);
        at[0].i = at[1].i;
    } else {
        ok = cursor_read(mem, after, sort, type, at);
    }
    q->after = at;
    return ok ? RC_OK : err_set(e, ERR_LIST_PLACE, "after");
}

enum rc list_place(TALLOC_CTX *mem, const struct form *f, const char *sort, const struct list_query *q, struct db_rows *rows, char **ret, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    int64_t key = db_i64(rows, 0);
    int col = 0;
    const char *name;
    enum db_type type;
    if (q->sort_col == NULL) {
        *ret = mem_fmt(mem, "%lld", (long long)key);
        return RC_OK;
    }
    TRY(sort_find(f, sort + q->sort_desc, &name, &type, e));
    while ((size_t)col + 1 < q->cols_n && !text_eq(q->cols[col], q->sort_col))
        col++;
    char *value = db_is_null(rows, col) ? mem_strdup(tmp, "n") : NULL;
    if (value == NULL)
        switch (type) {
        case DB_INT: value = mem_fmt(tmp, "i%lld", (long long)db_i64(rows, col)); break;
        case DB_REAL: value = mem_fmt(tmp, "r%.17g", db_real(rows, col)); break;
        case DB_TEXT: case DB_BLOB: value = mem_fmt(tmp, "t%s", db_text(rows, col)); break;
        }
    char *text = mem_fmt(tmp, "%s\n%lld\n%s", sort, (long long)key, value);
    *ret = hex_text(mem, (const uint8_t *)text, strlen(text));
    return RC_OK;
}
