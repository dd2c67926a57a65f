/* Tables generated from forms: created, or given the columns and indexes that they lack. Nothing is ever dropped and
 * no type ever changes. Names are checked identifiers; an index's name is made from its table and columns. */
#include <string.h>
#include "db/db_int.h"

enum { NAME_MAX_BYTES = 63, INDEX_COLS = 4 };

static void type_put_pg(struct sql *s, enum db_type t)
{
    switch (t) {
    case DB_INT: sql_lit(s, " bigint"); break;
    case DB_REAL: sql_lit(s, " double precision"); break;
    case DB_TEXT: sql_lit(s, " text COLLATE \"C\""); break;
    case DB_BLOB: sql_lit(s, " bytea"); break;
    }
}

static void type_put_lite(struct sql *s, enum db_type t)
{
    switch (t) {
    case DB_INT: sql_lit(s, " INTEGER"); break;
    case DB_REAL: sql_lit(s, " REAL"); break;
    case DB_TEXT: sql_lit(s, " TEXT"); break;
    case DB_BLOB: sql_lit(s, " BLOB"); break;
    }
}

static const char *type_name(bool lite, enum db_type t)
{
    static const char *const names[2][4] = {{"bigint", "double precision", "text", "bytea"}, {"INTEGER", "REAL", "TEXT", "BLOB"}};
    return names[lite][t];
}

static void col_put(struct sql *s, bool lite, const struct db_table *t, const struct db_col *c)
{
    sql_ident(s, c->name);
    if (lite)
        type_put_lite(s, c->type);
    else
        type_put_pg(s, c->type);
    for (int k = 0; k < 4 && t->key[k] != NULL; k++)
        if (text_eq(t->key[k], c->name))
            sql_lit(s, " NOT NULL");
}

static const struct db_col *col_find(const struct db_table *t, const char *name)
{
    for (size_t i = 0; i < t->col_n; i++)
        if (text_eq(t->col[i].name, name))
            return &t->col[i];
    return NULL;
}

static enum rc names_check(const struct db_table *t, struct err *e)
{
    bool ok = text_is_ident(t->name) && t->col_n > 0 && t->key[0] != NULL;
    for (size_t i = 0; ok && i < t->col_n; i++)
        ok = text_is_ident(t->col[i].name) && col_find(t, t->col[i].name) == &t->col[i];
    for (int k = 0; ok && k < 4 && t->key[k] != NULL; k++)
        ok = col_find(t, t->key[k]) != NULL;
    for (int x = 0; ok && x < 8 && t->index[x][0] != NULL; x++)
        for (int k = 0; ok && k < INDEX_COLS && t->index[x][k] != NULL; k++)
            ok = col_find(t, t->index[x][k]) != NULL;
    return ok ? RC_OK : err_set(e, ERR_DB_MIGRATE, "table %s: a bad, double or missing name", t->name);
}

static enum rc table_create(struct tx *tx, TALLOC_CTX *mem, const struct db_table *t, struct err *e)
{
    bool lite = db_engine(tx->db) == DB_SQLITE;
    struct sql *s = sql_new(mem);
    sql_lit(s, "CREATE TABLE ");
    sql_ident(s, t->name);
    sql_lit(s, " (");
    for (size_t i = 0; i < t->col_n; i++) {
        col_put(s, lite, t, &t->col[i]);
        sql_lit(s, ", ");
    }
    sql_lit(s, "PRIMARY KEY (");
    for (int k = 0; k < 4 && t->key[k] != NULL; k++) {
        if (k > 0)
            sql_lit(s, ", ");
        sql_ident(s, t->key[k]);
    }
    sql_lit(s, "))");
    if (lite)
        sql_lit(s, " STRICT");
    return tx_exec(tx, s, NULL, e);
}

/* Present columns by name; empty when the table is not there. */
static enum rc columns_read(struct tx *tx, TALLOC_CTX *mem, const char *table, struct map **ret_cols, struct err *e)
{
    struct sql *s = sql_new(mem);
    if (db_engine(tx->db) == DB_SQLITE)
        sql_lit(s, "SELECT name, type FROM pragma_table_info(");
    else
        sql_lit(s, "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
                   "WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = to_regclass(");
    sql_text(s, table);
    sql_lit(s, ")");
    struct db_rows *rows = NULL;
    TRY(db_query(tx->db, mem, s, &rows, e));
    *ret_cols = map_new(mem);
    for (;;) {
        bool more = false;
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        map_set(*ret_cols, db_text(rows, 0), mem_strdup(mem, db_text(rows, 1)));
    }
}

static enum rc columns_add(struct tx *tx, TALLOC_CTX *mem, const struct db_table *t, const struct map *have, struct err *e)
{
    bool lite = db_engine(tx->db) == DB_SQLITE;
    for (size_t i = 0; i < t->col_n; i++) {
        const char *type = map_get(have, t->col[i].name);
        if (type != NULL && !text_eq(type, type_name(lite, t->col[i].type)))
            return err_set(e, ERR_DB_MIGRATE, "%s.%s is %s and cannot become %s", t->name, t->col[i].name, type,
                           type_name(lite, t->col[i].type));
        if (type != NULL)
            continue;
        struct sql *s = sql_new(mem);
        sql_lit(s, "ALTER TABLE ");
        sql_ident(s, t->name);
        sql_lit(s, " ADD COLUMN ");
        col_put(s, lite, t, &t->col[i]);
        TRY(tx_exec(tx, s, NULL, e));
    }
    return RC_OK;
}

/* ix_<table>_<columns>; where that is too long, cut and told apart by a hash of the whole. */
static char *index_name(TALLOC_CTX *mem, const char *table, const char *const *cols)
{
    struct buf *b = buf_new(mem, 1024);
    buf_fmt(b, "ix_%s", table);
    uint32_t h = 2166136261u;
    for (int k = 0; k < INDEX_COLS && cols[k] != NULL; k++)
        buf_fmt(b, "_%s", cols[k]);
    if (b->n <= NAME_MAX_BYTES)
        return b->p;
    for (size_t i = 0; i < b->n; i++)
        h = (h ^ (uint8_t)b->p[i]) * 16777619u;
    return mem_fmt(mem, "%.50s_%08x", b->p, h);
}

static enum rc index_ensure(struct tx *tx, TALLOC_CTX *mem, const char *table, const char *const *cols, struct err *e)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "CREATE INDEX IF NOT EXISTS ");
    sql_ident(s, index_name(mem, table, cols));
    sql_lit(s, " ON ");
    sql_ident(s, table);
    sql_lit(s, " (");
    for (int k = 0; k < INDEX_COLS && cols[k] != NULL; k++) {
        if (k > 0)
            sql_lit(s, ", ");
        sql_ident(s, cols[k]);
        if (db_engine(tx->db) == DB_PG)
            sql_lit(s, " NULLS FIRST");
    }
    sql_lit(s, ")");
    return tx_exec(tx, s, NULL, e);
}

enum rc db_table_ensure(struct tx *tx, const struct db_table *t, struct err *e)
{
    MEM_SCOPE(tmp, tx);
    struct map *have = NULL;
    TRY(names_check(t, e));
    TRY(columns_read(tx, tmp, t->name, &have, e));
    TRY(map_n(have) == 0 ? table_create(tx, tmp, t, e) : columns_add(tx, tmp, t, have, e));
    bool shown = col_find(t, "show") != NULL && col_find(t, "record") != NULL;
    if (shown)
        TRY(index_ensure(tx, tmp, t->name, (const char *const[INDEX_COLS]){"show", "record"}, e));
    for (size_t i = 0; i < t->col_n; i++) {
        const char *name = t->col[i].name;
        if (!t->col[i].indexed || (shown && (text_eq(name, "show") || text_eq(name, "record"))))
            continue;
        const char *const with[INDEX_COLS] = {"show", name, "record"}, *const alone[INDEX_COLS] = {name};
        TRY(index_ensure(tx, tmp, t->name, shown ? with : alone, e));
    }
    for (int x = 0; x < 8 && t->index[x][0] != NULL; x++)
        TRY(index_ensure(tx, tmp, t->name, t->index[x], e));
    return RC_OK;
}
