/* Lists: paging visits every row once in the right order, from the index; filters, departments, counts; search finds
 * Japanese words of one, two and more characters. On both engines, over the same 1,500 rows. */
#include <string.h>
#include <unistd.h>
#include "dbtest.h"
#include "db/db_int.h"

enum { ROWS = 1500, HIDDEN = 100, PAGE = 50 };

static const struct db_col cols[] = {{"record", DB_INT, false}, {"slot", DB_INT, false}, {"show", DB_INT, false},
                                     {"number", DB_TEXT, true}, {"state", DB_TEXT, true}, {"department", DB_INT, true},
                                     {"due", DB_TEXT, true}, {"rank", DB_INT, true}};
static const struct db_table table = {.name = "f_asset", .col = cols, .col_n = ARRAY_N(cols), .key = {"record", "slot"}};
static const char *const out[] = {"record", "number", "due", "rank"};

/* Each word of a title is there once in so many rows, so that the expected counts are known without asking the database. */
static char *title(TALLOC_CTX *mem, int i)
{
    return mem_fmt(mem, "台帳 %s%s 番号%d", i % 2 ? "点検記録" : "検査表", i % 500 == 7 ? "の免震装置" : "", i);
}

static void fill(struct dbt *t)
{
    struct tx *tx = dbt_begin(t);
    OK(t, db_table_ensure(tx, &table, &t->e));
    for (int i = 1; i <= ROWS + HIDDEN; i++) {
        MEM_SCOPE(tmp, t->mem);
        char *fold = text_fold(tmp, title(tmp, i));
        struct sql *s = sql_new(tmp);
        sql_lit(s, "INSERT INTO f_asset (record, slot, show, number, state, department, due, rank) VALUES (");
        sql_i64(s, i);
        sql_lit(s, ", 0, ");
        sql_i64(s, i <= ROWS);
        sql_lit(s, ", ");
        sql_text(s, mem_fmt(tmp, "A-%05d", i));
        sql_lit(s, ", ");
        sql_text(s, i % 10 == 0 ? "draft" : "approved");
        sql_lit(s, ", ");
        sql_i64(s, i % 7);
        sql_lit(s, ", ");
        sql_text(s, i % 3 == 0 ? NULL : mem_fmt(tmp, "2026-%02d-%02d", i % 12 + 1, i % 28 + 1));
        sql_lit(s, ", ");
        if (i % 5 == 0)
            sql_null(s);
        else
            sql_i64(s, i % 11);
        sql_lit(s, ")");
        OK(t, tx_exec(tx, s, NULL, &t->e));
        s = sql_new(tmp);
        sql_lit(s, "INSERT INTO record (id, form, number, state, made_by, title, fold, made_at, updated_at, origin, version, pack_set) VALUES (");
        sql_i64(s, i);
        sql_lit(s, ", 'asset', ");
        sql_text(s, mem_fmt(tmp, "A-%05d", i));
        sql_lit(s, ", 'approved', 1, '', ");
        sql_text(s, fold);
        sql_lit(s, ", 1, 1, 'page', 1, 1)");
        OK(t, tx_exec(tx, s, NULL, &t->e));
        struct name_vec g = db_grams(tmp, fold);
        s = sql_new(tmp);
        sql_lit(s, "INSERT INTO gram (tok, record) VALUES ");
        for (size_t k = 0; k < g.n; k++) {
            if (k == 0)
                sql_lit(s, "(");
            else
                sql_lit(s, ", (");
            sql_text(s, g.v[k]);
            sql_lit(s, ", ");
            sql_i64(s, i);
            sql_lit(s, ")");
        }
        OK(t, tx_exec(tx, s, NULL, &t->e));
    }
    dbt_commit(t, tx);
}

static struct list_query query(const char *sort, bool desc)
{
    return (struct list_query){.table = "f_asset", .cols = out, .cols_n = 4, .sort_col = sort, .sort_desc = desc, .limit = PAGE};
}

/* A row's sort value as text that compares as the engine should order it: null last, both ways. */
static char *sort_key(TALLOC_CTX *mem, struct db_rows *rows, const char *sort, bool desc)
{
    int col = sort == NULL ? 0 : text_eq(sort, "number") ? 1 : text_eq(sort, "due") ? 2 : 3;
    if (db_is_null(rows, col))
        return mem_fmt(mem, "%d|%08lld", desc ? 0 : 2, (long long)db_i64(rows, 0));
    if (col == 1 || col == 2)
        return mem_fmt(mem, "1%s|%08lld", db_text(rows, col), (long long)db_i64(rows, 0));
    return mem_fmt(mem, "1%08lld|%08lld", (long long)db_i64(rows, col), (long long)db_i64(rows, 0));
}

/* Walks all pages; returns how many rows, each in order and therefore once. */
static int walk(struct dbt *t, struct list_query *q)
{
    int n = 0;
    char *last = mem_strdup(t->mem, "");
    struct db_val after[2] = {{.t = DB_VAL_NULL}, {.t = DB_VAL_NULL}};
    for (bool again = true; again;) {
        struct db_rows *rows = NULL;
        OK(t, db_list(t->w, t->mem, q, &rows, &t->e));
        int seen = 0;
        for (again = false;;) {
            bool more = false;
            OK(t, db_next(rows, &more, &t->e));
            if (!more)
                break;
            if (seen == q->limit) {
                again = true;
                continue;
            }
            seen++;
            char *now = sort_key(t->mem, rows, q->sort_col, q->sort_desc);
            if (n > 0 && (q->sort_desc ? strcmp(now, last) >= 0 : strcmp(now, last) <= 0))
                fail_msg("%s after %s", now, last);
            last = now;
            n++;
            int col = q->sort_col == NULL ? 0 : text_eq(q->sort_col, "number") ? 1 : text_eq(q->sort_col, "due") ? 2 : 3;
            after[0] = db_is_null(rows, col) ? (struct db_val){.t = DB_VAL_NULL}
                       : col == 1 || col == 2 ? (struct db_val){.t = DB_VAL_TEXT, .s = mem_strdup(t->mem, db_text(rows, col))}
                                              : (struct db_val){.t = DB_VAL_INT, .i = db_i64(rows, col)};
            after[1] = (struct db_val){.t = DB_VAL_INT, .i = db_i64(rows, 0)};
        }
        talloc_free(rows);
        assert_true(seen == q->limit || !again);
        q->after = after;
    }
    q->after = NULL;                 /* it lived in this function */
    return n;
}

static int count_if(bool (*f)(int))
{
    int n = 0;
    for (int i = 1; i <= ROWS; i++)
        n += f(i);
    return n;
}

static int64_t count_of(struct dbt *t, const struct list_query *q)
{
    int64_t n = -1;
    OK(t, db_list_count(t->w, t->mem, q, 1000000, &n, &t->e));
    return n;
}

static void test_paging(void **state)
{
    struct dbt *t = *state;
    fill(t);
    static const char *const sorts[] = {NULL, "number", "due", "rank"};
    for (size_t i = 0; i < ARRAY_N(sorts); i++)
        for (int desc = 0; desc < 2; desc++) {
            struct list_query q = query(sorts[i], desc);
            assert_int_equal(walk(t, &q), ROWS);
        }
}

static bool in_filter(int i) { return i % 10 != 0 && (i % 7 == 2 || i % 7 == 3) && i % 5 != 0 && i % 11 >= 4; }
static bool not_three(int i) { return i % 5 == 0 || i % 11 != 3; }
static bool no_due(int i) { return i % 3 == 0; }

static void test_filters(void **state)
{
    struct dbt *t = *state;
    fill(t);
    const struct db_val approved = {.t = DB_VAL_TEXT, .s = "approved"}, four = {.t = DB_VAL_INT, .i = 4}, three = {.t = DB_VAL_INT, .i = 3};
    const struct list_filter both[] = {{"state", LIST_EQ, &approved, 1}, {"rank", LIST_GE, &four, 1}};
    const int64_t depts[] = {2, 3};
    struct list_query q = query("due", true);
    q.filter = both;
    q.filter_n = 2;
    q.depts = depts;
    q.depts_n = 2;
    assert_int_equal(walk(t, &q), count_if(in_filter));
    assert_int_equal(count_of(t, &q), count_if(in_filter));
    const struct list_filter ne = {"rank", LIST_NE, &three, 1};
    q.sort_desc = false;
    assert_int_equal(walk(t, &q), count_if(in_filter));
    for (int i = 0; i < 3; i++) {
        q = query(i == 0 ? NULL : "rank", i == 2);
        q.filter = &ne;
        q.filter_n = 1;
        assert_int_equal(walk(t, &q), count_if(not_three));
    }
    const struct list_filter none = {"due", LIST_IS_NULL, NULL, 0}, empty = {"rank", LIST_IN, NULL, 0};
    q = query(NULL, false);
    q.filter = &none;
    q.filter_n = 1;
    assert_int_equal(walk(t, &q), count_if(no_due));
    q.filter = &empty;
    assert_int_equal(count_of(t, &q), 0);
    q = query(NULL, false);
    q.depts = depts;
    assert_int_equal(count_of(t, &q), 0);
    int64_t n = 0;
    q = query(NULL, false);
    OK(t, db_list_count(t->w, t->mem, &q, 1000, &n, &t->e));
    assert_int_equal(n, 1001);
    q.limit = DB_LIST_MAX + 1;
    struct db_rows *rows = NULL;
    REFUSED(t, ERR_LIMIT, db_list(t->w, t->mem, &q, &rows, &t->e));
    q.limit = 10;
    q.table = "record; delete from keep";
    REFUSED(t, ERR_LIMIT, db_list(t->w, t->mem, &q, &rows, &t->e));
}

static bool odd(int i) { return i % 2 == 1; }
static bool seismic(int i) { return i % 500 == 7; }
static bool ends_in_99(int i) { return i % 100 == 99 || (i / 10 % 100 == 99) || i / 100 == 99; }

static int found(struct dbt *t, const char *words, const char *sort)
{
    struct list_query q = query(sort, false);
    q.search = text_fold(t->mem, words);
    int64_t n = count_of(t, &q);
    int walked = walk(t, &q);
    assert_int_equal(walked, n);
    return walked;
}

/* Whether a word counts as rare or as common changes the way, never the answer. */
static void test_search(void **state)
{
    struct dbt *t = *state;
    fill(t);
    static const char *const sorts[] = {NULL, "due", NULL, "due"};
    const int usual = search_drive_max;
    for (size_t i = 0; i < ARRAY_N(sorts); i++) {
        search_drive_max = i < 2 ? usual : 2;
        assert_int_equal(found(t, "免震", sorts[i]), count_if(seismic));
        assert_int_equal(found(t, "免震装置", sorts[i]), count_if(seismic));
        assert_int_equal(found(t, "震", sorts[i]), count_if(seismic));
        assert_int_equal(found(t, "置", sorts[i]), count_if(seismic));         /* the last character of a word */
        assert_int_equal(found(t, "点検", sorts[i]), count_if(odd));
        assert_int_equal(found(t, "点検記録", sorts[i]), count_if(odd));
        assert_int_equal(found(t, "点検 免震", sorts[i]), count_if(seismic));
        assert_int_equal(found(t, "台", sorts[i]), ROWS);
        assert_int_equal(found(t, "99", sorts[i]), count_if(ends_in_99));
        assert_int_equal(found(t, "震免", sorts[i]), 0);
        assert_int_equal(found(t, "録点", sorts[i]), 0);
        assert_int_equal(found(t, "台帳番号", sorts[i]), 0);                    /* pairs do not cross blanks */
        assert_int_equal(found(t, "  ", sorts[i]), ROWS);
        assert_int_equal(found(t, "100%_'", sorts[i]), 0);
    }
    search_drive_max = usual;
}

static void test_search_folds(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, db_table_ensure(tx, &table, &t->e));
    OK(t, tx_exec(tx, SQL(t, "INSERT INTO f_asset (record, slot, show) VALUES (1, 0, 1)"), NULL, &t->e));
    char *fold = text_fold(t->mem, "ﾉｰﾄパソコン ＡＢＣ１２３");
    struct sql *s = SQL(t, "INSERT INTO record (id, form, number, state, made_by, title, fold, made_at, updated_at, origin, version, pack_set) "
                           "VALUES (1, 'asset', '1', 'x', 1, '', ");
    sql_text(s, fold);
    sql_lit(s, ", 1, 1, 'page', 1, 1)");
    OK(t, tx_exec(tx, s, NULL, &t->e));
    struct name_vec g = db_grams(t->mem, fold);
    for (size_t i = 0; i < g.n; i++) {
        s = SQL(t, "INSERT INTO gram (tok, record) VALUES (");
        sql_text(s, g.v[i]);
        sql_lit(s, ", 1)");
        OK(t, tx_exec(tx, s, NULL, &t->e));
    }
    dbt_commit(t, tx);
    static const char *const words[] = {"ノート", "のーと", "ぱそこん", "ﾊﾟｿｺﾝ", "abc", "ABC123", "ａｂｃ１"};
    for (size_t i = 0; i < ARRAY_N(words); i++)
        if (found(t, words[i], NULL) != 1)
            fail_msg("not found: %s", words[i]);
    assert_int_equal(found(t, "abd", NULL), 0);
}

static int times(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word))
        n++;
    return n;
}

static void plan_ok(struct dbt *t, struct list_query *q, const char *must)
{
    struct sql *s = NULL;
    char *plan = NULL;
    OK(t, db_list_sql(t->w, t->mem, q, &s, &t->e));
    OK(t, db_explain(t->w, t->mem, s, &plan, &t->e));
    bool scans = strstr(plan, "Seq Scan") != NULL || (strstr(plan, "SCAN t\n") != NULL && strstr(plan, "CO-ROUTINE t\n") == NULL) || strstr(plan, "SCAN f_asset") != NULL;
    /* What was gathered is sorted, and what was read from two ends of the index is put together (both engines
     * may sort a bounded part before they merge them); else nothing is. */
    bool narrow = q->search != NULL || q->filter_n > 0 || q->depts != NULL, null_after = q->after != NULL && q->after[0].t == DB_VAL_NULL;
    bool joined = q->sort_col != NULL && !narrow && !null_after && (q->after != NULL || !q->sort_desc), lite = t->engine == DB_SQLITE;
    int may = q->sort_col == NULL ? 0 : narrow ? 1 : joined ? 2 : 0;
    bool sorts = times(plan, lite ? "TEMP B-TREE" : "Sort Key") > may;
    scans = scans || (q->sort_col != NULL && !narrow && strstr(plan, "_pkey") != NULL);
    if (scans || sorts || (t->engine == DB_SQLITE && strstr(plan, must) == NULL))
        fail_msg("%s\n%s", sql_debug(s), plan);
}

static void test_plans(void **state)
{
    struct dbt *t = *state;
    fill(t);
    static const char *const sorts[] = {NULL, "number", "due", "rank"};
    static const char *const index[] = {"ix_f_asset_show_record", "ix_f_asset_show_number_record", "ix_f_asset_show_due_record",
                                        "ix_f_asset_show_rank_record"};
    const struct db_val after[] = {{.t = DB_VAL_TEXT, .s = "2026-05-05"}, {.t = DB_VAL_INT, .i = 9}};
    const struct db_val after_int[] = {{.t = DB_VAL_INT, .i = 3}, {.t = DB_VAL_INT, .i = 9}};
    for (size_t i = 0; i < ARRAY_N(sorts); i++)
        for (int k = 0; k < 4; k++) {
            struct list_query q = query(sorts[i], k & 1);
            q.after = k & 2 ? (i == 3 ? after_int : after) : NULL;
            plan_ok(t, &q, index[i]);
        }
    const struct db_val after_null[] = {{.t = DB_VAL_NULL}, {.t = DB_VAL_INT, .i = 9}};
    const struct db_val draft = {.t = DB_VAL_TEXT, .s = "draft"};
    const struct list_filter state_is = {"state", LIST_EQ, &draft, 1};
    for (int k = 0; k < 2; k++) {
        struct list_query q = query("due", k);
        q.after = after_null;
        plan_ok(t, &q, "ix_f_asset_show_due_record");
        q.filter = &state_is;
        q.filter_n = 1;
        plan_ok(t, &q, "ix_f_asset_show_state_record");      /* what narrows is read, not the order */
    }
    struct list_query q = query("due", false);
    q.search = "免震";
    plan_ok(t, &q, "SEARCH g USING");
    /* The check itself can fail: a column without an index scans. */
    q = query("slot", true);
    struct sql *s = NULL;
    char *plan = NULL;
    OK(t, db_list_sql(t->w, t->mem, &q, &s, &t->e));
    OK(t, db_explain(t->w, t->mem, s, &plan, &t->e));
    assert_true(strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "Sort") != NULL);
}

/* More rows than are sorted at once: said, not tried. */
static void test_sorts(void **state)
{
    struct dbt *t = *state;
    struct tx *tx = dbt_begin(t);
    OK(t, db_table_ensure(tx, &table, &t->e));
    struct sql *s = sql_new(t->mem);
    sql_lit(s, "INSERT INTO f_asset (record, slot, show, number, state, department) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ");
    sql_i64(s, LIST_GATHER_MAX + 1);
    sql_lit(s, ") SELECT i, 0, 1, 'x', CASE WHEN i = 1 THEN 'draft' ELSE 'approved' END, 1 FROM c");
    OK(t, tx_exec(tx, s, NULL, &t->e));
    dbt_commit(t, tx);
    const int64_t one = 1;
    const struct db_val approved = {.t = DB_VAL_TEXT, .s = "approved"};
    const struct list_filter state_is = {"state", LIST_EQ, &approved, 1};
    struct list_query q = query("due", false);
    bool sorts = false;
    OK(t, db_list_sorts(t->w, t->mem, &q, &sorts, &t->e));
    assert_true(sorts);                                   /* all rows: from the index */
    q.depts = &one;
    q.depts_n = 1;
    OK(t, db_list_sorts(t->w, t->mem, &q, &sorts, &t->e));
    assert_false(sorts);
    q.filter = &state_is;
    q.filter_n = 1;
    OK(t, db_list_sorts(t->w, t->mem, &q, &sorts, &t->e));
    assert_true(sorts);
    q = query(NULL, true);
    q.depts = &one;
    q.depts_n = 1;
    OK(t, db_list_sorts(t->w, t->mem, &q, &sorts, &t->e));
    assert_true(sorts);                                   /* by key: no sort */
}

static void test_grams(void **state)
{
    struct dbt *t = *state;
    struct name_vec g = db_grams(t->mem, "台帳 a台帳　録");
    static const char *const want[] = {"a台", "台帳", "帳", "録"};
    assert_int_equal(g.n, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(g.v[i], want[i]);
    assert_int_equal(db_grams(t->mem, " ").n, 0);
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {BOTH(test_paging), BOTH(test_filters), BOTH(test_search), BOTH(test_search_folds),
                                       BOTH(test_plans), BOTH(test_sorts), LITE(test_grams)};
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
