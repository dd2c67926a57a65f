/* Form tables: one real table per form, f_<ident>, key (record, slot); child tables for table, multi and many fields. They are a
 * projection of revisions: everything here can be made anew by rebuild. Nothing is ever dropped; a column is only added. */
#include "core/core_int.h"

static const char *const shared_cols[] = {"record", "slot", "number", "state", "department", "made_by", "made_at",
                                          "closed_at", "happened_on", "pack_set", "show"};

enum db_type ftable_type(const struct field *f)
{
    switch (f->type) {
    case FT_INT: case FT_MONEY: case FT_DATETIME: case FT_MONTH: case FT_BOOL: case FT_REF: case FT_PERSON: case FT_DEPARTMENT: case FT_FILE:
        return DB_INT;
    case FT_NUMBER:
        return DB_REAL;
    case FT_TEXT: case FT_LONGTEXT: case FT_DATE: case FT_DURATION: case FT_CHOICE: case FT_MULTI: case FT_ROLE: case FT_SIGN: case FT_TABLE: case FT__N:
        return DB_TEXT;
    }
    return DB_TEXT;
}

static void col_add(struct db_table *t, struct db_col *col, const char *name, enum db_type type)
{
    col[t->col_n++] = (struct db_col){.name = name, .type = type};
}

static enum rc child_ensure(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct field *fd, struct err *e)
{
    struct db_table t = {.name = form_child_table(mem, f, fd), .key = {"record", "slot", "ord", NULL}};
    struct db_col *col = mem_array(mem, struct db_col, fd->cols_n + 4);
    t.col = col;
    col_add(&t, col, "record", DB_INT);
    col_add(&t, col, "slot", DB_INT);
    col_add(&t, col, "ord", DB_INT);
    size_t ix = 0;
    if (fd->type != FT_TABLE) {
        col_add(&t, col, "value", ftable_type(fd));
        t.index[ix][0] = "value";
        t.index[ix][1] = "record";
    }
    for (size_t i = 0; i < fd->cols_n; i++) {
        col_add(&t, col, fd->cols[i].col, ftable_type(&fd->cols[i]));
        if (value_is_ref(&fd->cols[i]) && ix < 7) {
            t.index[ix][0] = fd->cols[i].col;
            t.index[ix][1] = "record";
            ix++;
        }
    }
    return db_table_ensure(tx, &t, e);
}

/* What the list may be sorted by (listing.c): an index (show, column, record), made by db_table. */
static void sorts_mark(const struct form *f, struct db_col *col, size_t n)
{
    const struct field *shown[LIST_COLUMNS_MAX];
    size_t shown_n = list_columns(f, shown);
    for (size_t i = 0; i < shown_n; i++) {
        const struct field *by = list_sort_field(f, shown[i]);
        for (size_t k = 0; by != NULL && k < n; k++)
            col[k].indexed = col[k].indexed || text_eq(col[k].name, by->col);
    }
}

static enum rc form_ensure(struct tx *tx, TALLOC_CTX *mem, const struct form *f, struct err *e)
{
    struct db_table t = {.name = form_table(mem, f), .key = {"record", "slot", NULL}};
    struct db_col *col = mem_array(mem, struct db_col, f->field_n + ARRAY_N(shared_cols));
    t.col = col;
    for (size_t i = 0; i < ARRAY_N(shared_cols); i++) {
        bool text = strcmp(shared_cols[i], "number") == 0 || strcmp(shared_cols[i], "state") == 0 || strcmp(shared_cols[i], "happened_on") == 0;
        col_add(&t, col, shared_cols[i], text ? DB_TEXT : DB_INT);
    }
    size_t ix = 0;
    t.index[ix][0] = "show", t.index[ix++][1] = "record";
    t.index[ix][0] = "show", t.index[ix][1] = "state", t.index[ix++][2] = "record";
    t.index[ix][0] = "show", t.index[ix][1] = "department", t.index[ix++][2] = "record";
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (field_is_child(fd))
            continue;
        col_add(&t, col, fd->col, ftable_type(fd));
        if ((fd->indexed || fd->unique || value_is_ref(fd)) && ix < 8) {
            t.index[ix][0] = fd->col;
            t.index[ix++][1] = "record";
        }
    }
    sorts_mark(f, col, t.col_n);
    TRY(db_table_ensure(tx, &t, e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]))
            TRY(child_ensure(tx, mem, f, &f->field[i], e));
    return RC_OK;
}

enum rc ftable_ensure(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, struct err *e)
{
    for (size_t i = 0; i < set->form_n; i++)
        TRY(form_ensure(tx, mem, &set->form[i], e));
    return RC_OK;
}

/* ---- filling ---- */

/* Answers about people and posts are kept (org.c, deputy.c): whoever writes such a row ends that. */
static void touched(struct tx *tx, const struct form *f)
{
    static const char *const asked[] = {"person", "department", "assignment", "delegation", "posting"};
    for (size_t i = 0; i < ARRAY_N(asked); i++)
        if (strcmp(f->ident, asked[i]) == 0)
            db_memo_forget(tx_db(tx));
}

static void value_bind(struct sql *s, const struct field *f, const char *text)
{
    int64_t i;
    if (text == NULL)
        sql_null(s);
    else if (ftable_type(f) == DB_INT)
        str_to_i64(str_of(text), &i) ? sql_i64(s, i) : sql_null(s);
    else if (ftable_type(f) == DB_REAL)
        sql_real(s, strtod(text, NULL));
    else
        sql_text(s, text);
}

static enum rc exec(struct tx *tx, struct sql *s, struct err *e)
{
    return tx_exec(tx, s, NULL, e);
}

static enum rc slot_delete(struct tx *tx, TALLOC_CTX *mem, const char *table, int64_t record, int slot, struct err *e)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "DELETE FROM ");
    sql_ident(s, table);
    sql_lit(s, " WHERE record = ");
    sql_i64(s, record);
    sql_lit(s, " AND slot = ");
    sql_i64(s, slot);
    return exec(tx, s, e);
}

enum rc ftable_drop(struct tx *tx, TALLOC_CTX *mem, const struct form *f, int64_t record, enum slot slot, struct err *e)
{
    touched(tx, f);
    TRY(slot_delete(tx, mem, form_table(mem, f), record, slot, e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]))
            TRY(slot_delete(tx, mem, form_child_table(mem, f, &f->field[i]), record, slot, e));
    return q_link_clear(tx, record, slot, e);
}

static enum rc child_put(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct field *fd, int64_t record, int slot,
                         const struct content *c, struct err *e)
{
    size_t rows = content_rows(c, fd->path);
    if (rows == 0)
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "INSERT INTO ");
    sql_ident(s, form_child_table(mem, f, fd));
    sql_lit(s, " (record, slot, ord");
    if (fd->type != FT_TABLE)
        sql_lit(s, ", value");
    for (size_t i = 0; i < fd->cols_n; i++) {
        sql_lit(s, ", ");
        sql_ident(s, fd->cols[i].col);
    }
    sql_lit(s, ") VALUES ");
    for (size_t r = 0; r < rows; r++) {
        if (r > 0)
            sql_lit(s, ", ");
        sql_lit(s, "(");
        sql_i64(s, record);
        sql_lit(s, ", ");
        sql_i64(s, slot);
        sql_lit(s, ", ");
        sql_i64(s, (int64_t)r);
        if (fd->type != FT_TABLE) {
            sql_lit(s, ", ");
            value_bind(s, fd, content_get(c, mem_fmt(mem, "%s[%zu]", fd->path, r)));
        }
        for (size_t i = 0; i < fd->cols_n; i++) {
            sql_lit(s, ", ");
            value_bind(s, &fd->cols[i], content_get(c, mem_fmt(mem, "%s[%zu].%s", fd->path, r, fd->cols[i].id)));
        }
        sql_lit(s, ")");
    }
    return exec(tx, s, e);
}

static enum rc links_put(struct tx *tx, const struct form *f, int64_t record, int slot, const struct content *c, struct err *e)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col = NULL;
        int64_t row, to;
        const struct field *fd = content_field(f, c->v[i].path, &col, &row);
        bool fixes = strcmp(c->v[i].path, LOG_CORRECTS) == 0;
        if ((fixes || (fd != NULL && value_is_ref(col ? col : fd))) && str_to_i64(str_of(c->v[i].text), &to))
            TRY(q_link_add(tx, record, c->v[i].path, slot, to, e));
    }
    return RC_OK;
}

static void opt_i64(struct sql *s, int64_t v)
{
    if (v == 0)
        sql_null(s);
    else
        sql_i64(s, v);
}

enum rc ftable_put(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state,
                   const struct content *c, struct err *e)
{
    TRY(ftable_drop(tx, mem, f, rec->id, slot, e));
    return ftable_add(tx, mem, f, rec, slot, state, c, e);
}

enum rc ftable_add(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state,
                   const struct content *c, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct sql *s = sql_new(tmp);
    touched(tx, f);
    sql_lit(s, "INSERT INTO ");
    sql_ident(s, form_table(tmp, f));
    sql_lit(s, " (");
    for (size_t i = 0; i < ARRAY_N(shared_cols); i++) {
        if (i > 0)
            sql_lit(s, ", ");
        sql_ident(s, shared_cols[i]);
    }
    for (size_t i = 0; i < f->field_n; i++)
        if (!field_is_child(&f->field[i])) {
            sql_lit(s, ", ");
            sql_ident(s, f->field[i].col);
        }
    sql_lit(s, ") VALUES (");
    sql_i64(s, rec->id);
    sql_lit(s, ", ");
    sql_i64(s, slot);
    sql_lit(s, ", ");
    sql_text(s, rec->number);
    sql_lit(s, ", ");
    sql_text(s, state);
    sql_lit(s, ", ");
    opt_i64(s, rec->department);
    sql_lit(s, ", ");
    sql_i64(s, rec->made_by);
    sql_lit(s, ", ");
    sql_i64(s, rec->made_at);
    sql_lit(s, ", ");
    opt_i64(s, rec->closed_at);
    sql_lit(s, ", ");
    sql_text(s, rec->happened_on);
    sql_lit(s, ", ");
    sql_i64(s, rec->pack_set);
    sql_lit(s, ", ");
    sql_i64(s, slot == SLOT_FORCE || (slot == SLOT_DRAFT && rec->force_rev == 0) ? 1 : 0);
    for (size_t i = 0; i < f->field_n; i++)
        if (!field_is_child(&f->field[i])) {
            sql_lit(s, ", ");
            value_bind(s, &f->field[i], content_get(c, f->field[i].path));
        }
    sql_lit(s, ")");
    TRY(exec(tx, s, e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]))
            TRY(child_put(tx, tmp, f, &f->field[i], rec->id, slot, c, e));
    return links_put(tx, f, rec->id, slot, c, e);
}

/* Does the field, or one of its columns, refer to records? Then links change with it. */
static bool links_out(const struct field *fd)
{
    bool yes = value_is_ref(fd);
    for (size_t i = 0; i < fd->cols_n; i++)
        yes = yes || value_is_ref(&fd->cols[i]);
    return yes;
}

/* The field of a change that touches no link: a column is one UPDATE, a child table is written anew. NULL: everything is. */
static const struct field *alone(const struct form *f, const char *path)
{
    const struct field *col = NULL;
    int64_t row;
    const struct field *fd = content_field(f, path, &col, &row);
    return fd == NULL || links_out(fd) || (col != NULL && !field_is_child(fd)) ? NULL : fd;
}

static enum rc children_change(struct tx *tx, TALLOC_CTX *mem, const struct form *f, int64_t record, int slot, const struct change_vec *changes, const struct content *c, struct err *e)
{
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        bool changed = false;
        for (size_t k = 0; k < changes->n && field_is_child(fd); k++)
            changed = changed || alone(f, changes->v[k].path) == fd;
        if (!changed)
            continue;
        TRY(slot_delete(tx, mem, form_child_table(mem, f, fd), record, slot, e));
        TRY(child_put(tx, mem, f, fd, record, slot, c, e));
    }
    return RC_OK;
}

enum rc ftable_change(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state,
                      const struct content *was, const struct content *c, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct change_vec changes = VEC_INIT(tmp);
    touched(tx, f);
    content_diff(tmp, was, c, &changes);
    for (size_t i = 0; i < changes.n; i++)
        if (alone(f, changes.v[i].path) == NULL)
            return ftable_put(tx, mem, f, rec, slot, state, c, e);
    TRY(children_change(tx, tmp, f, rec->id, slot, &changes, c, e));
    struct sql *s = sql_new(tmp);
    sql_lit(s, "UPDATE ");
    sql_ident(s, form_table(tmp, f));
    size_t n = 0;
    for (size_t i = 0; i < changes.n; i++) {
        const struct field *fd = alone(f, changes.v[i].path);
        if (field_is_child(fd))
            continue;
        if (n++ == 0)
            sql_lit(s, " SET ");
        else
            sql_lit(s, ", ");
        sql_ident(s, fd->col);
        sql_lit(s, " = ");
        value_bind(s, fd, content_get(c, fd->path));
    }
    sql_lit(s, " WHERE record = ");
    sql_i64(s, rec->id);
    sql_lit(s, " AND slot = ");
    sql_i64(s, slot);
    return n > 0 ? exec(tx, s, e) : RC_OK;
}

static enum rc slot_move(struct tx *tx, TALLOC_CTX *mem, const char *table, int64_t record, int from, int to, bool shown, struct err *e)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "UPDATE ");
    sql_ident(s, table);
    sql_lit(s, " SET slot = ");
    sql_i64(s, to);
    if (shown)
        sql_lit(s, ", state = 'void'");
    sql_lit(s, " WHERE record = ");
    sql_i64(s, record);
    sql_lit(s, " AND slot = ");
    sql_i64(s, from);
    return exec(tx, s, e);
}

enum rc ftable_promote(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, bool was_force, const struct content *c, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct sql *s = sql_new(tmp);
    touched(tx, f);
    if (was_force)
        TRY(ftable_drop(tx, tmp, f, rec->id, SLOT_FORCE, e));
    sql_lit(s, "UPDATE ");
    sql_ident(s, form_table(tmp, f));
    sql_lit(s, " SET slot = 0, show = 1, state = ");
    sql_text(s, rec->state);
    sql_lit(s, ", department = ");
    opt_i64(s, rec->department);
    sql_lit(s, ", closed_at = ");
    opt_i64(s, rec->closed_at);
    sql_lit(s, " WHERE slot = 1 AND record = ");
    sql_i64(s, rec->id);
    TRY(exec(tx, s, e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]) && content_rows(c, f->field[i].path) > 0)
            TRY(slot_move(tx, tmp, form_child_table(tmp, f, &f->field[i]), rec->id, SLOT_DRAFT, SLOT_FORCE, false, e));
    return q_link_move(tx, rec->id, SLOT_DRAFT, SLOT_FORCE, e);
}

enum rc ftable_move(struct tx *tx, TALLOC_CTX *mem, const struct form *f, int64_t record, enum slot from, enum slot to, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    TRY(ftable_drop(tx, tmp, f, record, to, e));
    TRY(slot_move(tx, tmp, form_table(tmp, f), record, from, to, to == SLOT_VOID, e));
    for (size_t i = 0; i < f->field_n; i++)
        if (field_is_child(&f->field[i]))
            TRY(slot_move(tx, tmp, form_child_table(tmp, f, &f->field[i]), record, from, to, false, e));
    return q_link_move(tx, record, from, to, e);
}

enum rc ftable_sync(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct sql *s = sql_new(tmp);
    touched(tx, f);
    sql_lit(s, "UPDATE ");
    sql_ident(s, form_table(tmp, f));
    sql_lit(s, " SET state = CASE slot WHEN 1 THEN ");
    sql_text(s, rec->draft_state ? rec->draft_state : "draft");
    sql_lit(s, " ELSE ");
    sql_text(s, rec->state);
    sql_lit(s, " END, department = ");
    opt_i64(s, rec->department);
    sql_lit(s, ", closed_at = ");
    opt_i64(s, rec->closed_at);
    sql_lit(s, ", show = CASE WHEN slot = 3 OR slot = 1 AND ");
    sql_i64(s, rec->force_rev != 0);
    sql_lit(s, " = 1 THEN 0 ELSE 1 END WHERE record = ");
    sql_i64(s, rec->id);
    return exec(tx, s, e);
}

/* "{name} {owner_dept}": paths of fields; a reference shows its record's title. */
static enum rc title_part(struct db *db, TALLOC_CTX *mem, const struct form *f, const struct content *c, const char *path, struct buf *b, struct err *e)
{
    int64_t to;
    const struct field *col = NULL;
    int64_t row;
    const char *text = content_get(c, path);
    const struct field *fd = content_field(f, path, &col, &row);
    (void)e;
    if (fd == NULL || text == NULL)
        return RC_OK;
    if (value_is_ref(col ? col : fd) && str_to_i64(str_of(text), &to))
        buf_puts(b, record_title(db, mem, to));
    else
        buf_puts(b, value_show(mem, col ? col : fd, text, LANG_JA));
    return RC_OK;
}

#define TITLE_MAX 400
enum rc ftable_title(struct db *db, TALLOC_CTX *mem, const struct form *f, const struct content *c, char **ret_title, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct buf *b = buf_new(tmp, TITLE_MAX * 4);
    const char *p = f->title ? f->title : "";
    while (*p != '\0') {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (end == NULL) {
            buf_putc(b, *p++);
            continue;
        }
        TRY(title_part(db, tmp, f, c, mem_strndup(tmp, p + 1, (size_t)(end - p - 1)), b, e));
        p = end + 1;
    }
    struct str s = str_trim(buf_slice(b));
    size_t n = 0, used = 0;
    uint32_t cp;
    while (n < TITLE_MAX / 2 && used < s.n) {
        size_t k = utf8_next(s.p + used, s.n - used, &cp);
        if (k == 0)
            break;
        used += k;
        n++;
    }
    *ret_title = mem_strndup(mem, s.p, used);
    return RC_OK;
}
