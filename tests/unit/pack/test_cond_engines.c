/* Conditions answer alike on SQLite and PostgreSQL, for every version of 300 generated records with NULLs everywhere; and a part of
 * them is checked against answers worked out here in C, in three-valued logic. */
#include "dbtest.h"
#include <string.h>
#include "condrun.h"
#include "condset.h"

static struct dbt *lite, *pg;

static int group_setup(void **state)
{
    void *a = &dbt_lite, *b = &dbt_pg;
    (void)state;
    if (dbt_setup(&a) != 0 || dbt_setup(&b) != 0)
        return -1;
    lite = a;
    pg = b;
    OK(lite, condrun_fill(lite->w, condset(), 300, 20260601, &lite->e));
    OK(pg, condrun_fill(pg->w, condset(), 300, 20260601, &pg->e));
    return 0;
}

static int group_teardown(void **state)
{
    void *a = lite, *b = pg;
    (void)state;
    int rc = dbt_teardown(&a);
    return dbt_teardown(&b) != 0 || rc != 0 ? -1 : 0;
}

static const struct cond *compile(TALLOC_CTX *mem, const char *src)
{
    struct problem_vec problems = VEC_INIT(mem);
    struct cond_scope scope = condset_scope();
    struct cond *c = cond_compile(mem, src, (struct pos){"t", 1, 1}, &scope, -1, &problems);
    if (c == NULL)
        fail_msg("%s: %d: %s", src, problems.v[0].pos.col, problems.v[0].text);
    return c;
}

static const char *const sources[] = {
    "r.encrypted", "not r.encrypted", "r.encrypted and r.amount > 3", "r.encrypted or r.amount > 3", "not (r.encrypted and r.amount > 3)", "r.encrypted = true",
    "r.encrypted <> (r.amount > 0)", "r.amount + 2 * r.amount - 1", "- r.amount * 3", "r.rate * 0.1", "r.rate * 2 + r.amount", "r.amount > 1.5", "r.rate between - 10 and 20.25",
    "100000 * 100000 * r.amount", "r.amount not between 0 and 5", "r.destination = 'it''s'", "r.destination < 'b'", "r.destination in ('tokyo', '大阪', '')",
    "r.destination not in ('tokyo', 'abc')", "r.amount in (1, 2, null)", "r.medium in ('usb', 'hdd')", "r.level = 'c1' or r.medium <> 'usb'", "r.level is null", "r.sme.note is not null",
    "case when r.encrypted then r.level when r.amount > 0 then 'c0' end", "case when r.amount > 3 then 0.5 else r.amount end", "coalesce(r.encrypted, true)", "coalesce(r.level, 'c2')",
    "coalesce(r.amount, 0) + 1", "is_set(r.return_on) and is_set(r.amount) = false", "length(r.destination)", "at_least(r.level, 'c1')", "at_least(r.grade, 'c0')",
    "r.return_on <= today()", "r.return_on = '2026-06-01'", "add_days(r.return_on, r.amount)", "add_days(r.return_on, - 400)", "add_months(r.return_on, 1)", "add_months(r.return_on, - 13)",
    "add_months('2026-01-31', r.amount)", "add_months(r.return_on, 240)", "add_business_days(r.return_on, 3)", "add_business_days(r.return_on, 0)", "add_business_days(today(), r.amount)",
    "days_between(r.return_on, today())", "days_between(date_of(r.out_at), r.return_on) > 5", "fiscal_year(r.return_on)", "fiscal_year(r.return_on) = fiscal_year(today())",
    "date_of(r.out_at)", "date_of(add_hours(r.out_at, 9))", "add_hours(r.out_at, r.amount)", "r.out_at < now()", "deadline(r.out_at, 'd30')", "deadline(r.out_at, 'o3f') < now()", "deadline(r.out_at, 'dated')", "add_hours(deadline(now(), 'h72'), r.amount)", "r.out_at < add_hours(now(), - 24 * 10)", "days(14) - r.amount",
    "holds(r.carrier, 'officer', today())", "holds(r.carrier, 'clerk', r.return_on)", "holds(r.carrier, 'employee', today())", "holds(r.carrier, 'head_of_department', today())",
    "head_of(r.department) = r.carrier", "head_of(r.department)", "department_of(r.carrier)", "member_of(r.carrier, r.department)", "superior_of(r.made_by)", "applicant() = r.carrier",
    "state(r.asset)", "state(r.asset) = 'approved'", "has(r.basis, 'usb')", "not has(r.basis, 'paper') and has_any(r.basis)", "has_any(r.items)", "has_any(r.sme.lines)",
    "param('max_days') >= r.amount", "param('retain')", "r.amount > param('open_figure')", "param('keep')", "param('renew')", "param('lock')", "param('idle')", "param('redo')", "param('odd')",
    "add_days(r.return_on, param('keep'))", "add_days(r.return_on, - param('odd'))", "add_months(r.return_on, param('renew'))", "add_hours(r.out_at, param('lock'))",
    "param('strict') and r.encrypted", "r.return_on >= param('since')", "param('words')",
    "choice('unit') = 'folder'", "choice('open_choice') = 'disk'", "chosen('measures', r.medium)", "chosen('open_choice', r.destination)", "listed('words', r.destination)",
    "select strictest(a.confidentiality) from takeout_items i join asset a on a.id = i.asset where i.takeout = r.id",
    "(select count(*) from takeout_items i where i.takeout = r.id)", "(select count(i.medium) from takeout_items i where i.takeout = r.id) < 2",
    "(select sum(i.n) from takeout_items i where i.takeout = r.id)", "(select sum(i.n) * 2 - min(i.n) from takeout_items i where i.takeout = r.id) > 3",
    "(select avg(i.n) from takeout_items i where i.takeout = r.id)", "(select max(t.return_on) from takeout t where t.carrier = r.carrier)",
    "(select sum(t.rate) from takeout_any t where t.asset = r.asset)", "(select a.price from asset a where a.id = r.asset) > 300000", "(select a.active from asset a where a.id = r.asset)",
    "(select t.destination from takeout t where t.carrier = r.carrier)", "(select i.medium from takeout_items i where i.takeout = r.id and i.ord = 0) = r.medium",
    "exists (select 1 from takeout_items i where i.takeout = r.id and i.medium in ('usb', 'hdd') and not i.encrypted)",
    "not exists (select 1 from takeout t where t.asset = r.asset and t.id <> r.id and t.state = 'approved')",
    "exists (select 1 from takeout t where t.id = r.id and t.amount = r.amount)", "exists (select 1 from asset_any a where a.id = r.asset and a.price is null)",
    "exists (select 1 from asset_basis b where b.asset = r.asset and b.value = 'usb')", "exists (select 1 from takeout_viewers v where v.takeout = r.id and v.value = r.carrier)",
    "exists (select 1 from asset a, person p join department d on d.id = p.department where a.id = r.asset and p.id = r.carrier and a.active)",
    "exists (select 1 from takeout_lines l join asset user on user.id = l.asset where l.takeout = r.id and at_least(user.confidentiality, 'c1'))",
    "r.carrier in (select p.id from person p where p.left_on is null)", "r.carrier not in (select v.value from takeout_viewers v where v.takeout = r.id)",
    "r.level in (select a.confidentiality from asset a where a.owner_dept = r.department)",
    "add_days((select max(t.return_on) from takeout t where t.asset = r.asset), param('max_days')) < today()", "r.version = 2", "r.number = 'N-5001' or r.happened_on < r.return_on",
};

static void test_alike(void **state)
{
    (void)state;
    struct condrun_vec cases = VEC_INIT(lite->mem);
    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        struct condrun_case k = {sources[i], compile(lite->mem, sources[i]), pack_form(condset(), "takeout"), "r"};
        *vec_push(&cases) = k;
    }
    struct buf *report = buf_new(lite->mem, 1u << 20);
    struct condrun_count *n = mem_array(lite->mem, struct condrun_count, cases.n);
    size_t wrong = condrun_compare(lite->w, pg->w, &cases, 150, report, n);
    if (wrong != 0)
        fail_msg("%zu answers differ\n%s", wrong, report->p);
    size_t flat = 0;
    for (size_t i = 0; i < cases.n; i++) {
        assert_true(n[i].asked >= 100);
        if (cases.v[i].c->type == CT_BOOL && (n[i].yes == 0 || n[i].no == 0)) {
            flat++;
            print_message("constant: %s (%zu yes, %zu no, %zu unknown)\n", sources[i], n[i].yes, n[i].no, n[i].unknown);
        }
    }
    /* few conditions may be constant over the rows (settings); otherwise the rows prove nothing */
    assert_true(flat <= 8);
}

/* A comparison that must find a difference, so that the test above is known to be able to. */
static void test_finds_differences(void **state)
{
    (void)state;
    struct cond *c = mem_new(lite->mem, struct cond);
    c->src = "integer division and case of letters";
    c->sql = "lower('Ａ') || CAST(round(7 / 2.0) AS TEXT)";
    c->type = CT_TEXT;
    struct condrun_vec cases = VEC_INIT(lite->mem);
    *vec_push(&cases) = (struct condrun_case){"wrong", c, pack_form(condset(), "takeout"), "r"};
    struct buf *report = buf_new(lite->mem, 1u << 16);
    assert_true(condrun_compare(lite->w, pg->w, &cases, 10, report, NULL) > 0);
    assert_non_null(strstr(report->p, "wrong: integer division"));
}

/* ---- against answers worked out here ---- */

enum tri { F, T, U };
struct row { int64_t record, amount, out_at; double rate; const char *destination, *medium, *level, *return_on; enum tri encrypted; bool amount_null, rate_null, out_null; };

static enum tri and3(enum tri a, enum tri b) { return a == F || b == F ? F : a == U || b == U ? U : T; }
static enum tri or3(enum tri a, enum tri b) { return a == T || b == T ? T : a == U || b == U ? U : F; }
static enum tri not3(enum tri a) { return a == U ? U : a == T ? F : T; }
static enum tri of(bool known, bool x) { return !known ? U : x ? T : F; }
static enum tri above(const struct row *r, int64_t n) { return of(!r->amount_null, r->amount > n); }
static int rank(const char *c) { return c[1] - '0'; }

static bool open_day(struct civil c)
{
    int w = civil_weekday(c);
    bool year_end = (c.m == 12 && c.d >= 29) || (c.m == 1 && c.d <= 3);
    return w != 0 && w != 6 && civil_holiday(c) == NULL && !year_end;
}

static bool date(const struct row *r, struct civil *c) { return r->return_on != NULL && civil_read(str_of(r->return_on), c); }

static enum tri w_and(const struct row *r) { return and3(r->encrypted, above(r, 3)); }
static enum tri w_or(const struct row *r) { return or3(r->encrypted, above(r, 3)); }
static enum tri w_nand(const struct row *r) { return not3(w_and(r)); }
static enum tri w_in(const struct row *r) { return of(r->medium != NULL, r->medium && (strcmp(r->medium, "usb") == 0 || strcmp(r->medium, "hdd") == 0)); }
static enum tri w_in_null(const struct row *r) { return r->amount_null ? U : r->amount == 1 || r->amount == 2 ? T : U; }
static enum tri w_not_in_null(const struct row *r) { return not3(w_in_null(r)); }
static enum tri w_between(const struct row *r) { return of(!r->amount_null, r->amount >= 0 && r->amount <= 5); }
static enum tri w_sum(const struct row *r) { return of(!r->amount_null && !r->rate_null, (double)r->amount * 2 + r->rate > 10); }
static enum tri w_least(const struct row *r) { return of(r->level != NULL, r->level && rank(r->level) >= 1); }
static enum tri w_null(const struct row *r) { return of(true, r->level == NULL); }
static enum tri w_length(const struct row *r) { return of(r->destination != NULL, r->destination && utf8_len(r->destination) == 2); }
static enum tri w_coalesce(const struct row *r) { return r->encrypted == U ? T : r->encrypted; }
static enum tri w_chosen(const struct row *r) { return w_in(r); }
static enum tri w_listed(const struct row *r)
{
    static const char *const words[] = {"tokyo", "OSAKA", "大阪"};
    for (size_t i = 0; r->destination != NULL && i < ARRAY_N(words); i++)
        if (strcmp(r->destination, words[i]) == 0)
            return T;
    return r->destination == NULL ? U : F;
}
static enum tri w_case(const struct row *r) { return r->encrypted == T ? of(r->level != NULL, r->level && strcmp(r->level, "c1") == 0) : above(r, 0) == T ? F : U; }
static enum tri w_days(const struct row *r)
{
    struct civil c;
    return date(r, &c) ? of(true, civil_days((struct civil){2026, 6, 1}) - civil_days(c) > 30) : U;
}
static enum tri w_months(const struct row *r)
{
    struct civil c, want;
    if (!date(r, &c))
        return U;
    want = civil_add_months(c, 13);
    return of(true, civil_days(want) >= civil_days((struct civil){2027, 2, 28}));
}
static enum tri w_business(const struct row *r)
{
    struct civil c;
    if (!date(r, &c))
        return U;
    int64_t day = civil_days(c);
    for (int left = 3; left > 0;)
        left -= open_day(civil_from_days(++day));
    return of(true, day > civil_days((struct civil){2026, 6, 1}));
}
static enum tri w_fiscal(const struct row *r)
{
    struct civil c;
    return date(r, &c) ? of(true, civil_fiscal_year(c, 4) == 2026) : U;
}
static enum tri w_date_of(const struct row *r)
{
    return r->out_null ? U : of(true, civil_days(civil_of_us(r->out_at)) >= civil_days((struct civil){2026, 6, 1}));
}
static enum tri w_true(const struct row *r) { return (void)r, T; }
static enum tri w_dated(const struct row *r)
{
    struct civil c;
    return date(r, &c) ? T : U;
}
static enum tri w_lock(const struct row *r) { return r->out_null ? U : of(true, r->out_at + 90 * 60 * US_PER_S < CONDRUN_NOW); }
/* The clock "dated": 24 hours for what began since 1779000000 s, one hour since 1780000000 s, and nothing before. */
static enum tri w_undated(const struct row *r) { return of(true, r->out_null || r->out_at < INT64_C(1779000000000000)); }
static enum tri w_version(const struct row *r)
{
    return w_undated(r) == T ? U : of(true, r->out_at >= INT64_C(1780000000000000));
}
static enum tri w_hours(const struct row *r) { return r->out_null || r->amount_null ? U : of(true, r->out_at + r->amount * 3600 * INT64_C(1000000) < CONDRUN_NOW); }

static const struct { const char *src; enum tri (*want)(const struct row *r); } known[] = {
    {"r.encrypted and r.amount > 3", w_and}, {"r.encrypted or r.amount > 3", w_or}, {"not (r.encrypted and r.amount > 3)", w_nand}, {"r.medium in ('usb', 'hdd')", w_in},
    {"r.amount in (1, 2, null)", w_in_null}, {"r.amount not in (1, 2, null)", w_not_in_null}, {"r.amount between 0 and 5", w_between}, {"r.amount * 2 + r.rate > 10", w_sum},
    {"at_least(r.level, 'c1')", w_least}, {"r.level is null", w_null}, {"length(r.destination) = 2", w_length}, {"coalesce(r.encrypted, true)", w_coalesce},
    {"chosen('measures', r.medium)", w_chosen}, {"listed('words', r.destination)", w_listed}, {"case when r.encrypted then r.level when r.amount > 0 then 'c0' end = 'c1'", w_case},
    {"days_between(r.return_on, today()) > 30", w_days}, {"add_months(r.return_on, 13) >= '2027-02-28'", w_months}, {"add_business_days(r.return_on, 3) > today()", w_business},
    {"fiscal_year(r.return_on) = 2026", w_fiscal}, {"date_of(r.out_at) >= today()", w_date_of}, {"add_hours(r.out_at, r.amount) < now()", w_hours},
    /* periods given in another unit than the default: as a number in the default's unit, added to a date as they stand */
    {"param('keep') = 30", w_true}, {"param('renew') = 3", w_true}, {"param('lock') = 2", w_true}, {"param('idle') = 60", w_true}, {"param('redo') = 13", w_true}, {"param('odd') = 1", w_true},
    {"param('retain') = 36", w_true}, {"add_days(r.return_on, param('keep')) = add_months(r.return_on, 1)", w_dated}, {"add_months(r.return_on, param('renew')) = add_days(r.return_on, 85)", w_dated},
    {"add_days(r.return_on, - param('keep')) = add_months(r.return_on, - 1)", w_dated}, {"add_days(r.return_on, coalesce(param('keep'), 3)) = add_days(r.return_on, 30)", w_dated},
    {"add_months(r.return_on, param('redo')) = add_days(r.return_on, 400)", w_dated}, {"add_days(r.return_on, param('odd') + 0) = add_days(r.return_on, 1)", w_dated},
    {"add_hours(r.out_at, param('lock')) < now()", w_lock},
    {"deadline(r.out_at, 'dated') is null", w_undated}, {"deadline(r.out_at, 'dated') < add_hours(r.out_at, 2)", w_version},
};

static bool row_read(struct db *db, TALLOC_CTX *mem, const struct condrun_key *k, struct row *ret)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    struct err e;
    bool more;
    sql_lit(s, "SELECT amount, rate, destination, medium, level, return_on, encrypted, out_at FROM f_takeout WHERE record = ");
    sql_i64(s, k->record);
    sql_lit(s, " AND slot = ");
    sql_i64(s, k->slot);
    if (db_query(db, mem, s, &rows, &e) != RC_OK || db_next(rows, &more, &e) != RC_OK || !more)
        return false;
    *ret = (struct row){.record = k->record, .amount = db_i64(rows, 0), .amount_null = db_is_null(rows, 0), .rate = db_real(rows, 1), .rate_null = db_is_null(rows, 1),
                        .destination = mem_strdup(mem, db_text(rows, 2)), .medium = mem_strdup(mem, db_text(rows, 3)), .level = mem_strdup(mem, db_text(rows, 4)),
                        .return_on = mem_strdup(mem, db_text(rows, 5)), .encrypted = of(!db_is_null(rows, 6), db_i64(rows, 6) == 1), .out_at = db_i64(rows, 7), .out_null = db_is_null(rows, 7)};
    return true;
}

static void test_known(void **state)
{
    (void)state;
    const struct form *f = pack_form(condset(), "takeout");
    struct condrun_keys keys = VEC_INIT(lite->mem);
    size_t seen[3] = {0};
    OK(lite, condrun_keys_of(lite->w, f, false, &keys, &lite->e));
    assert_true(keys.n > 250);
    for (size_t i = 0; i < ARRAY_N(known); i++) {
        struct condrun_case k = {known[i].src, compile(lite->mem, known[i].src), f, "r"};
        for (size_t j = 0; j < keys.n; j++) {
            MEM_SCOPE(tmp, lite->mem);
            struct row r;
            const char *a;
            assert_true(row_read(lite->w, tmp, &keys.v[j], &r));
            OK(lite, condrun_ask(lite->w, tmp, &k, keys.v[j].record, keys.v[j].slot, &a, &lite->e));
            enum tri want = known[i].want(&r), got = a == NULL ? U : strcmp(a, "1") == 0 ? T : F;
            seen[want]++;
            if (got != want)
                fail_msg("%s: record %lld slot %d: %s, expected %d", known[i].src, (long long)r.record, keys.v[j].slot, a ? a : "NULL", (int)want);
        }
    }
    assert_true(seen[F] > 300 && seen[T] > 300 && seen[U] > 300);
}

/* ---- terms: against the file that a second implementation wrote ---- */

enum { CLOCKS = 8 };

/* SELECT (deadline), ... FROM the start, as text in Tokyo time. */
static void ends_ask(struct dbt *t, TALLOC_CTX *mem, const struct cond *const *c, int64_t start, const char *line, const int64_t *want)
{
    struct sql *s = sql_new(mem);
    struct db_rows *rows;
    bool more;
    sql_cond_params(s, 1, 0, CONDRUN_NOW, CONDRUN_TODAY);
    sql_lit(s, "SELECT ");
    for (size_t i = 0; i < CLOCKS; i++) {
        if (i > 0)
            sql_lit(s, ", ");
        sql_compiled(s, c[i]->sql);
    }
    sql_lit(s, " FROM (SELECT CAST(");
    sql_i64(s, start);
    sql_lit(s, " AS BIGINT) AS out_at, CAST(1 AS BIGINT) AS record, CAST(0 AS BIGINT) AS slot) r WHERE r.record = $1 AND r.slot = $2");
    OK(t, db_query(t->w, mem, s, &rows, &t->e));
    OK(t, db_next(rows, &more, &t->e));
    assert_true(more);
    for (size_t i = 0; i < CLOCKS; i++)
        if (db_i64(rows, (int)i) != want[i])
            fail_msg("clock %zu: %s from %s", i, time_local(mem, db_i64(rows, (int)i)), line);
    db_rows_end(rows);
}

static void test_terms(void **state)
{
    static const char *const names[CLOCKS] = {"d30", "d60", "d5", "n10", "n10o", "o3", "o3f", "h72"};
    const struct cond *c[CLOCKS];
    struct str file, line, cell;
    size_t lines = 0;
    (void)state;
    for (size_t i = 0; i < CLOCKS; i++)
        c[i] = compile(lite->mem, mem_fmt(lite->mem, "deadline(r.out_at, '%s')", names[i]));
    OK(lite, file_read(lite->mem, "tests/data/terms.csv", 1 << 20, &file, &lite->e));
    assert_true(str_next(&file, '\n', &line));
    while (str_next(&file, '\n', &line)) {
        MEM_SCOPE(tmp, lite->mem);
        const char *text = str_dup(tmp, line);
        int64_t start, want[CLOCKS];
        if (line.n == 0 || lines++ % 2 != 0)                 /* every second one */
            continue;
        assert_true(str_next(&line, ',', &cell) && datetime_read_loose(tmp, cell, &start));
        for (size_t i = 0; i < CLOCKS; i++)
            assert_true(str_next(&line, ',', &cell) && datetime_read_loose(tmp, cell, &want[i]));
        ends_ask(lite, tmp, c, start, text, want);
        ends_ask(pg, tmp, c, start, text, want);
    }
    assert_true(lines > 700);
}

/* ---- random conditions ---- */

struct maker { struct condrun_rng rng; struct buf *b; };
enum kind { K_BOOL, K_NUM, K_DATE, K_TIME, K_TEXT, K_LEVEL, K_MEDIUM, K_PERSON, K__N };
static void make(struct maker *m, enum kind k, int depth);

/* A template: %0..%7 is an expression of that kind, everything else stands for itself. */
static void fill(struct maker *m, const char *t, int depth)
{
    for (; *t != '\0'; t++) {
        if (t[0] == '%')
            make(m, (enum kind)(*++t - '0'), depth - 1);
        else
            buf_putc(m->b, *t);
    }
}

static void make(struct maker *m, enum kind k, int depth)
{
    static const char *const leaf[K__N][6] = {
        {"r.encrypted", "true", "false", "r.level is null", "has(r.basis, 'hdd')", "has_any(r.items)"},
        {"r.amount", "r.rate", "3", "2.5", "param('max_days')", "r.version"},
        {"r.return_on", "today()", "'2026-02-28'", "r.happened_on", "param('since')", "date_of(r.out_at)"},
        {"r.out_at", "now()", "r.made_at", "r.closed_at", "r.out_at", "now()"},
        {"r.destination", "r.note", "r.state", "param('words')", "r.number", "r.destination"},
        {"r.level", "r.sme.grade", "r.grade", "r.level", "r.level", "r.grade"},
        {"r.medium", "r.medium", "r.medium", "r.medium", "r.medium", "r.medium"},
        {"r.carrier", "r.made_by", "applicant()", "head_of(r.department)", "superior_of(r.carrier)", "r.carrier"},
    };
    static const char *const node[K__N][12] = {
        {"(%0 and %0)", "(%0 or %0)", "not (%0)", "%1 < %1", "%2 >= %2", "%4 = %4", "%1 between %1 and %1", "%5 in (%5, 'c1')", "at_least(coalesce(%5, r.level), 'c1')",
         "(%0) = (%0)", "holds(%7, 'officer', %2)", "exists (select 1 from takeout_items i where i.takeout = r.id and (%0 or i.encrypted))"},
        {"(%1 + %1)", "(%1 - %1)", "%1 * 3", "(- %1)", "days_between(%2, %2)", "fiscal_year(%2)", "length(%4)", "coalesce(%1, %1)", "(case when %0 then %1 else %1 end)",
         "(select sum(i.n) + count(*) from takeout_items i where i.takeout = r.id and %0)", "(select avg(i.n) from takeout_items i where i.takeout = r.id)",
         "(select a.price from asset a where a.id = r.asset and %0)"},
        {"add_days(%2, 5)", "add_months(%2, 2)", "add_business_days(%2, 4)", "add_days(%2, days_between(%2, %2))", "date_of(%3)", "coalesce(%2, %2)", "(case when %0 then %2 end)",
         "(select max(t.return_on) from takeout t where t.carrier = %7)", "add_months(%2, r.amount - 3)", "add_business_days(%2, fiscal_year(%2) - 2024)", "date_of(%3)", "add_days(%2, - 3)"},
        {"add_hours(%3, 5)", "coalesce(%3, %3)", "add_hours(%3, length(%4))", "(case when %0 then %3 else %3 end)", "(select min(t.out_at) from takeout t where t.medium = %6)",
         "deadline(%3, 'd30')", "add_hours(%3, 2)", "add_hours(%3, 3)", "add_hours(%3, 4)", "add_hours(%3, 6)", "add_hours(%3, 7)", "add_hours(%3, 8)"},
        {"coalesce(%4, %4)", "(case when %0 then %4 else 'x' end)", "state(r.asset)", "(select a.name from asset a where a.id = r.asset and %0)",
         "(select min(p.name) from person p where p.id = %7)", "coalesce(%4, %4)", "coalesce(%4, %4)", "coalesce(%4, 'y')", "coalesce(%4, %4)", "coalesce(%4, %4)", "coalesce(%4, 'it''s')", "coalesce(%4, %4)"},
        {"coalesce(%5, 'c2')", "(case when %0 then %5 else 'c0' end)", "(select strictest(a.confidentiality) from asset a where a.owner_dept = r.department and %0)", "coalesce(%5, %5)",
         "(case when %0 then 'c1' end)", "coalesce(%5, %5)", "coalesce(%5, %5)", "coalesce(%5, %5)", "coalesce(%5, %5)", "coalesce(%5, %5)", "coalesce(%5, %5)", "coalesce(%5, %5)"},
        {"coalesce(%6, 'usb')", "(case when %0 then %6 else 'hdd' end)", "(select i.medium from takeout_items i where i.takeout = r.id and i.ord = 0)", "coalesce(%6, %6)", "coalesce(%6, %6)",
         "coalesce(%6, %6)", "coalesce(%6, %6)", "coalesce(%6, %6)", "coalesce(%6, %6)", "coalesce(%6, %6)", "coalesce(%6, %6)", "coalesce(%6, %6)"},
        {"coalesce(%7, %7)", "head_of(department_of(%7))", "superior_of(%7)", "(case when %0 then %7 end)", "coalesce(%7, %7)", "coalesce(%7, %7)", "coalesce(%7, %7)", "coalesce(%7, %7)",
         "coalesce(%7, %7)", "coalesce(%7, %7)", "coalesce(%7, %7)", "coalesce(%7, %7)"},
    };
    if (depth <= 0 || condrun_random(&m->rng, 6) == 0)
        buf_puts(m->b, leaf[k][condrun_random(&m->rng, 6)]);
    else
        fill(m, node[k][condrun_random(&m->rng, 12)], depth);
}

static void test_random(void **state)
{
    (void)state;
    struct condrun_vec cases = VEC_INIT(lite->mem);
    struct maker m = {.rng = {4711}};
    struct cond_scope scope = condset_scope();
    size_t refused = 0;
    for (int i = 0; i < 400; i++) {
        struct problem_vec problems = VEC_INIT(lite->mem);
        m.b = buf_new(lite->mem, 1u << 20);
        make(&m, (enum kind)condrun_random(&m.rng, K__N), 4);
        struct cond *c = cond_compile(lite->mem, m.b->p, (struct pos){"t", 1, 1}, &scope, -1, &problems);
        refused += c == NULL;
        if (c != NULL)
            *vec_push(&cases) = (struct condrun_case){"random", c, scope.r, "r"};
        else if (strstr(problems.v[0].text, "入れ子") == NULL && strstr(problems.v[0].text, "長すぎ") == NULL && strstr(problems.v[0].text, "別名") == NULL)
            fail_msg("%s: %s", m.b->p, problems.v[0].text);       /* too deep, too long, or an alias met inside itself; never a type */
    }
    assert_true(refused < 120);
    struct buf *report = buf_new(lite->mem, 1u << 22);
    size_t wrong = condrun_compare(lite->w, pg->w, &cases, 12, report, NULL);
    if (wrong != 0)
        fail_msg("%zu answers differ, %zu refused\n%s", wrong, refused, report->p);
}

/* r's own record is seen in the version under judgement, every other one in the version in force. */
static void test_judged_version(void **state)
{
    (void)state;
    const struct form *f = pack_form(condset(), "takeout");
    struct condrun_case own = {"own", compile(lite->mem, "(select count(*) from takeout t where t.id = r.id)"), f, "r"};
    struct condrun_case all = {"all", compile(lite->mem, "(select count(*) from takeout_any t where t.id = r.id) > 1"), f, "r"};
    struct condrun_case items = {"items", compile(lite->mem, "(select count(*) from takeout_items i where i.takeout = r.id) = 0 or has_any(r.items)"), f, "r"};
    struct condrun_keys keys = VEC_INIT(lite->mem);
    size_t both = 0;
    OK(lite, condrun_keys_of(lite->w, f, false, &keys, &lite->e));
    for (size_t i = 0; i < keys.n; i++) {
        MEM_SCOPE(tmp, lite->mem);
        const char *a;
        OK(lite, condrun_ask(lite->w, tmp, &own, keys.v[i].record, keys.v[i].slot, &a, &lite->e));
        assert_string_equal(a, "1.000000000");
        OK(lite, condrun_ask(lite->w, tmp, &all, keys.v[i].record, keys.v[i].slot, &a, &lite->e));
        both += strcmp(a, "1") == 0;
        OK(lite, condrun_ask(lite->w, tmp, &items, keys.v[i].record, keys.v[i].slot, &a, &lite->e));
        assert_string_equal(a, "1");
    }
    assert_true(both > 20);
}

/* Joins over r's own form use its keys: a copy or scan of a whole table would hold the writer for as long as the table is long. */
static void test_plans(void **state)
{
    (void)state;
    static const char *const joins[] = {
        "select strictest(a.confidentiality) from takeout_items i join asset a on a.id = i.asset where i.takeout = r.id",
        "exists (select 1 from takeout t join takeout_items i on i.takeout = t.id where t.id = r.id and i.encrypted)",
    };
    for (size_t i = 0; i < ARRAY_N(joins); i++) {
        struct sql *s = sql_new(lite->mem);
        char *plan = NULL;
        sql_cond_params(s, 5001, 0, CONDRUN_NOW, CONDRUN_TODAY);
        sql_lit(s, "SELECT (");
        sql_compiled(s, compile(lite->mem, joins[i])->sql);
        sql_lit(s, ") FROM f_takeout r WHERE r.record = $1 AND r.slot = $2");
        OK(lite, db_explain(lite->w, lite->mem, s, &plan, &lite->e));
        if (strstr(plan, "SCAN") != NULL || strstr(plan, "MATERIALIZE") != NULL)
            fail_msg("%s: %s", joins[i], plan);
    }
}

/* A value select that finds several rows, or none, is unknown on both engines. */
static void test_one_row(void **state)
{
    (void)state;
    struct dbt *const both[] = {lite, pg};
    const struct form *f = pack_form(condset(), "takeout");
    for (size_t i = 0; i < ARRAY_N(both); i++) {
        struct condrun_keys keys = VEC_INIT(both[i]->mem);
        const char *a = "";
        OK(both[i], condrun_keys_of(both[i]->w, f, true, &keys, &both[i]->e));
        struct condrun_case k = {"several", compile(both[i]->mem, "(select a.name from asset a where a.name = 'tokyo')"), f, "r"};
        OK(both[i], condrun_ask(both[i]->w, both[i]->mem, &k, keys.v[0].record, 0, &a, &both[i]->e));
        assert_null(a);
        k.c = compile(both[i]->mem, "(select a.name from asset a where a.name = 'none')");
        OK(both[i], condrun_ask(both[i]->w, both[i]->mem, &k, keys.v[0].record, 0, &a, &both[i]->e));
        assert_null(a);
    }
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike), cmocka_unit_test(test_finds_differences), cmocka_unit_test(test_known), cmocka_unit_test(test_terms), cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_judged_version), cmocka_unit_test(test_one_row), cmocka_unit_test(test_plans)};
    return cmocka_run_group_tests_name("cond_engines", tests, group_setup, group_teardown);
}
