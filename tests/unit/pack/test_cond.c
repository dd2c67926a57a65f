/* The condition compiler alone: what is accepted and with which type, what is refused where and with which words, what is noted down
 * about a condition. Answers are the business of test_cond_engines.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "condset.h"
#include "pack/pack_int.h"

static TALLOC_CTX *mem;
static struct problem_vec problems;
static const struct pos at = {"t.yaml", 1, 1};

static int setup(void **state)
{
    (void)state;
    mem = mem_root(0);
    problems = (struct problem_vec)VEC_INIT(mem);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    talloc_free(mem);
    return 0;
}

static struct cond *compile(const char *src, int want)
{
    struct cond_scope scope = condset_scope();
    problems.n = 0;
    return cond_compile(mem, src, at, &scope, want, &problems);
}

static struct cond *good(const char *src, int want)
{
    struct cond *c = compile(src, want);
    if (c == NULL || problems.n != 0)
        fail_msg("%s: %d: %s", src, problems.n ? problems.v[0].pos.col : 0, problems.n ? problems.v[0].text : "no problem, no condition");
    return c;
}

static void bad(const char *src, int col, const char *text)
{
    struct cond *c = compile(src, -1);
    if (c != NULL || problems.n != 1 || problems.v[0].pos.col != col || strcmp(problems.v[0].text, text) != 0)
        fail_msg("%.60s: %s %d %s", src, c ? c->sql : "refused", problems.n ? problems.v[0].pos.col : 0, problems.n ? problems.v[0].text : "-");
}

static void test_types(void **state)
{
    (void)state;
    static const struct { const char *src; enum ctype t; } ok[] = {
        {"true", CT_BOOL}, {"r.encrypted", CT_BOOL}, {"not r.encrypted or r.amount > 3", CT_BOOL}, {"r.amount + 2 * 3 - 1", CT_NUM}, {"- r.rate", CT_NUM},
        {"r.destination", CT_TEXT}, {"r.note", CT_TEXT}, {"r.sme.note", CT_TEXT}, {"r.return_on", CT_DATE}, {"r.out_at", CT_TIME}, {"r.asset", CT_REF},
        {"r.id", CT_REF}, {"r.made_by", CT_REF}, {"r.level", CT_CHOICE}, {"r.state", CT_TEXT}, {"r.version", CT_NUM}, {"today()", CT_DATE}, {"now()", CT_TIME},
        {"add_days(today(), 3)", CT_DATE}, {"add_months(r.return_on, - 1)", CT_DATE}, {"add_business_days(r.return_on, 5)", CT_DATE},
        {"days_between(r.return_on, today())", CT_NUM}, {"fiscal_year(r.return_on)", CT_NUM}, {"date_of(r.out_at)", CT_DATE}, {"add_hours(now(), 24)", CT_TIME},
        {"days(3)", CT_NUM}, {"holds(r.carrier, 'officer', today())", CT_BOOL}, {"head_of(r.department)", CT_REF}, {"department_of(r.carrier)", CT_REF},
        {"member_of(r.carrier, r.department)", CT_BOOL}, {"superior_of(r.made_by)", CT_REF}, {"applicant()", CT_REF}, {"state(r.asset)", CT_TEXT},
        {"at_least(r.level, 'c1')", CT_BOOL}, {"before(r.level) <> r.level", CT_BOOL}, {"select strictest(a.confidentiality) from takeout_items i join asset a on a.id = i.asset where i.takeout = r.id", CT_CHOICE},
        {"(select count(*) from asset a)", CT_NUM}, {"(select avg(a.price) from asset a)", CT_NUM}, {"(select max(t.return_on) from takeout_any t)", CT_DATE},
        {"has(r.basis, 'usb')", CT_BOOL}, {"has_any(r.items)", CT_BOOL}, {"is_set(r.note)", CT_BOOL}, {"length(r.note) > 3", CT_BOOL},
        {"coalesce(r.encrypted, false)", CT_BOOL}, {"coalesce(r.level, 'c2')", CT_CHOICE}, {"param('max_days')", CT_NUM}, {"param('retain')", CT_NUM},
        {"param('words')", CT_TEXT}, {"param('strict')", CT_BOOL}, {"param('since')", CT_DATE}, {"choice('unit') = 'folder'", CT_BOOL},
        {"chosen('measures', r.medium)", CT_BOOL}, {"listed('words', r.destination)", CT_BOOL}, {"r.medium in ('usb', 'hdd')", CT_BOOL},
        {"'usb' = r.medium", CT_BOOL}, {"r.amount not between 1 and 5", CT_BOOL}, {"r.level is not null", CT_BOOL}, {"case when r.encrypted then 'c0' else r.level end", CT_CHOICE},
        {"exists (select 1 from takeout_items i where i.takeout = r.id and not i.encrypted)", CT_BOOL}, {"exists (select 1 from takeout_lines l where l.takeout = r.id)", CT_BOOL},
        {"exists (select 1 from takeout_sme__lines l where l.takeout = r.id)", CT_BOOL}, {"exists (select 1 from asset_basis b where b.asset = r.asset and b.value = 'usb')", CT_BOOL},
        {"r.destination = 'it''s'", CT_BOOL}, {"r.return_on >= '2026-04-01'", CT_BOOL}, {"exists (select 1 from asset user where user.id = r.asset)", CT_BOOL},
        {"r.carrier in (select p.id from person p where p.left_on is null)", CT_BOOL},
    };
    for (size_t i = 0; i < ARRAY_N(ok); i++) {
        struct cond *c = good(ok[i].src, -1);
        if (c->type != ok[i].t)
            fail_msg("%s: type %d", ok[i].src, (int)c->type);
        assert_string_equal(c->src, ok[i].src);
    }
}

static void test_wanted(void **state)
{
    (void)state;
    assert_non_null(compile("r.encrypted", CT_BOOL));
    assert_null(compile("r.amount", CT_BOOL));
    assert_string_equal(problems.v[0].text, "条件の結果が数になっています。");
    assert_null(compile("r.return_on", CT_NUM));
    assert_non_null(compile("r.out_at", CT_DATE));
    assert_non_null(compile("'c1'", CT_CHOICE));
}

static void test_refused_types(void **state)
{
    (void)state;
    bad("r.amount = 'x'", 10, "文字列と数は比べられません。");
    bad("r.encrypted = 1", 13, "数と真偽は比べられません。");
    bad("r.amount and true", 1, "数と真偽は比べられません。");
    bad("r.return_on > 3", 13, "数と日付は比べられません。");
    bad("r.return_on > '2026-02-30'", 13, "文字列と日付は比べられません。");
    bad("r.return_on = r.out_at", 13, "日時と日付は比べられません。");
    bad("r.medium = 'floppy'", 10, "「floppy」は選択肢にありません(選べるもの: usb, hdd, paper)。");
    bad("r.medium in ('usb', 'tape')", 21, "「tape」は選択肢にありません(選べるもの: usb, hdd, paper)。");
    bad("r.medium = r.level", 10, "選択肢と選択肢は比べられません。");
    bad("r.level > 'c1'", 9, "選択肢の大小は at_least() で比べてください(「>」は使えません)。");
    bad("r.encrypted < true", 13, "ここで「<」は使えません。");
    bad("r.asset = r.carrier", 9, "「asset」の記録と「person」の記録は比べられません。");
    bad("r.asset in (select p.id from person p)", 12, "「asset」の記録と「person」の記録は比べられません。");
    bad("r.amount in (select p.name from person p)", 13, "in の左右の型が違います。");
    bad("r.amount = null", 10, "null と比べることはできません。is null を使ってください。");
    bad("r.destination + 1", 15, "「+」は数だけに使えます。");
    bad("at_least(r.medium, 'usb')", 1, "順序のある選択肢だけに使えます。");
    bad("before('c1')", 8, "before() には、この様式の項目を r.項目 の形で書いてください。");
    bad("before(r.number)", 8, "before() には、この様式の項目を r.項目 の形で書いてください。");
    bad("at_least('c1', 'c1')", 10, "順序のある選択肢だけに使えます。");
    bad("at_least(r.level, 'c9')", 19, "「c9」は選択肢にありません(選べるもの: c0, c1, c2)。");
    bad("r.items", 1, "「items」は複数の値を持つ項目です。has() か exists を使ってください。");
    bad("has(r.amount, 'x')", 5, "「amount」は複数の値を持つ項目ではありません。");
    bad("case when r.encrypted then true else false end", 6, "case の結果に真偽は使えません。");
    bad("case when r.encrypted then 'c0' else 'x' end = r.level", 46, "「x」は選択肢にありません(選べるもの: c0, c1, c2)。");
    bad("param(case when true then 'max_days' end)", 12, "ここには文字列を直接書いてください。");
    bad("case when r.encrypted then 'x' else r.level end", 6, "「x」は選択肢にありません(選べるもの: c0, c1, c2)。");
    bad("sum(r.amount) > 3", 1, "sum() は値を求める select の中だけで使えます。");
    bad("(select sum(r.amount) from asset a)", 9, "sum() には、その select の from にある別名の項目を書いてください。");
    bad("(select sum(a.price) + a.price from asset a)", 22, "集計と、集計しない項目は一緒に使えません。");
    bad("(select a.name, a.price from asset a) = 'x'", 1, "値を求める select の項目は一つだけです。");
    bad("add_days(today(), '3')", 19, "文字列と数は比べられません。");
    bad("add_days(today(), r.rate)", 19, "ここには整数が要ります(小数は使えません)。");
    bad("add_hours(now(), 1.5)", 18, "ここには整数が要ります(小数は使えません)。");
    bad("add_days(today())", 1, "add_days() の引数は 2 個です。");
    bad("param(r.destination)", 7, "ここには文字列を直接書いてください。");
    bad("param('none')", 7, "「none」という設定値はありません。");
    bad("choice('none')", 8, "「none」という選択はありません。");
    bad("holds(r.carrier, 'nobody', today())", 18, "「nobody」という役割はありません。");
}

static void test_refused_names(void **state)
{
    (void)state;
    bad("r.nothing = 1", 1, "「r」に「nothing」という項目はありません。");
    bad("amount = 1", 1, "「amount」は「別名.項目」の形で書いてください。");
    bad("x.amount = 1", 1, "「x」という別名はありません。");
    bad("exists (select 1 from account_login a)", 23, "「account_login」という様式はありません。");
    bad("exists (select 1 from f_asset a)", 23, "「f_asset」という様式はありません。");
    bad("exists (select 1 from asset r)", 23, "別名「r」はすでに使われています。");
    bad("exists (select 1 from asset a join person p where p.id = r.id)", 45, "join には on が要ります。");
    bad("exists (select 1 from takeout_items i where i.nope = 1)", 45, "「i」に「nope」という項目はありません。");
    bad("r.sme.nope = 'x'", 1, "「r」に「nope」という項目はありません。");
}

/* Everything by which a condition could try to leave the dialect, refused at its first character. */
static void test_attacks(void **state)
{
    (void)state;
    bad("true -- x", 6, "条件に使えない文字「-」があります。");
    bad("true /* x */", 6, "条件に使えない文字「/」があります。");
    bad("r.\"amount\" = 1", 3, "条件に使えない文字「\"」があります。");
    bad("r.`amount` = 1", 3, "条件に使えない文字「`」があります。");
    bad("r.[amount] = 1", 3, "条件に使えない文字「[」があります。");
    bad("r.amount::text = '1'", 9, "条件に使えない文字「:」があります。");
    bad("$$x$$ = 'x'", 1, "条件に使えない文字「$」があります。");
    bad("r.amount = $5", 12, "条件に使えない文字「$」があります。");
    bad("r.note = 'a\\' or true", 10, "引用符が閉じていないか、使えない文字が含まれています。");
    bad("r.note = 'open", 10, "引用符が閉じていないか、使えない文字が含まれています。");
    bad("r.note = 'a\nb'", 10, "引用符が閉じていないか、使えない文字が含まれています。");
    bad("true; drop table record", 5, "条件に使えない文字「;」があります。");
    bad("r.note || 'x' = 'y'", 8, "条件に使えない文字「|」があります。");
    bad("r.amount / 2 = 1", 10, "条件に使えない文字「/」があります。");
    bad("r.amount % 2 = 1", 10, "条件に使えない文字「%」があります。");
    bad("r.amount != 2", 10, "条件に使えない文字「!」があります。");
    bad("\ttrue", 1, "条件に使えない文字「\t」があります。");
    bad("R.amount = 1", 1, "条件に使えない文字「R」があります。");
    bad("SELECT 1", 1, "条件に使えない文字「S」があります。");
    bad("r.аmount = 1", 3, "条件に使えない文字「а」があります。");          /* Cyrillic a */
    bad("r．amount = 1", 2, "条件に使えない文字「．」があります。");
    bad("r.note = ‘x’", 10, "条件に使えない文字「‘」があります。");
    bad("r.amount = 0x10", 12, "条件に使えない文字「0」があります。");
    bad("r.amount = 1e9", 12, "条件に使えない文字「1」があります。");
    bad("r.amount = 1234567890123456", 12, "数「1234567890123456」の桁が多すぎます。");
    bad("pg_sleep(10)", 1, "「pg_sleep」という関数はありません。");
    bad("load_extension('x')", 1, "「load_extension」という関数はありません。");
    bad("cast(r.amount as text)", 1, "ここには名前が要ります(「cast」は使えません)。");
    bad("max(1, 2) = 2", 1, "max() の引数は 1 個です。");
    bad("lower(r.note) = 'x'", 1, "「lower」という関数はありません。");
    bad("r.note like 'x'", 8, "ここに「like」は書けません。");
    bad("r.note glob 'x'", 8, "ここに「glob」は書けません。");
    bad("pragma x", 8, "ここに「x」は書けません。");
    bad("attach 'x'", 8, "ここに「x」は書けません。");
    bad("(select a.name from asset a union select p.name from person p) = 'x'", 29, "ここに「union」は書けません。");
    bad("(select a.name from asset a order by a.name) = 'x'", 29, "ここに「order」は書けません。");
    bad("(select a.name from asset a limit 1) = 'x'", 29, "ここに「limit」は書けません。");
    bad("(select a.name from asset a group by a.name) = 'x'", 29, "ここに「group」は書けません。");
    bad("(select count(*) from asset a having count(*) > 1) = 1", 31, "ここに「having」は書けません。");
    bad("with recursive x as (select 1) select 1", 1, "ここには名前が要ります(「with」は使えません)。");
    bad("(select 1) = 1", 10, "select には from が要ります。");
    bad("(select * from asset a) = 1", 9, "ここに「*」は書けません。");
    bad("exists (select 1 from (select 1 from asset a) b)", 23, "ここには名前が要ります(「(」は使えません)。");
    bad("exists (select 1 from asset a on true)", 31, "ここに「on」は書けません。");
    bad("", 1, "ここに「条件の終わり」は書けません。");
    bad("true true", 6, "ここに「true」は書けません。");
    bad("(true", 6, "ここに「条件の終わり」は書けません。");
    bad("true)", 5, "ここに「)」は書けません。");
    bad("\xff", 1, "条件が長すぎます。");
}

static char *repeat(const char *a, size_t n, const char *mid, const char *b)
{
    struct buf *s = buf_new(mem, 1u << 20);
    for (size_t i = 0; i < n; i++)
        buf_puts(s, a);
    buf_puts(s, mid);
    for (size_t i = 0; i < n; i++)
        buf_puts(s, b);
    return s->p;
}

/* Every limit has a condition that just passes and one that does not. */
static void test_limits(void **state)
{
    (void)state;
    good(repeat("(", 22, "true", ")"), CT_BOOL);
    bad(repeat("(", 30, "true", ")"), 25, "条件の入れ子が深すぎます。");
    bad(repeat("not ", 30, "true", ""), 97, "条件の入れ子が深すぎます。");
    good(repeat("true and ", 300, "true", ""), CT_BOOL);
    good(repeat("1 + ", 300, "1", ""), CT_NUM);
    bad(repeat("1 + ", 500, "1", ""), 1601, "条件が長すぎます。");
    bad(repeat("x", 5000, "", ""), 1, "条件が長すぎます。");
    good(repeat("add_months(", 4, "today()", ", 1)"), CT_DATE);
    bad(repeat("exists (select 1 from asset a) or ", 13, "true", ""), 409, "条件の入れ子が深すぎます。");
    /* each level repeats its figure five times: the text would grow beyond any bound */
    assert_null(compile(repeat("days_between(today(), add_months(today(), ", 10, "1", "))"), -1));
    assert_int_equal(problems.n, 1);
}

static void test_position(void **state)
{
    (void)state;
    struct cond_scope scope = condset_scope();
    problems.n = 0;
    assert_null(cond_compile(mem, "r.encrypted\n  and 漢", (struct pos){"f.yaml", 7, 5}, &scope, -1, &problems));
    assert_int_equal(problems.v[0].pos.line, 8);
    assert_int_equal(problems.v[0].pos.col, 7);
    assert_string_equal(problems.v[0].pos.file, "f.yaml");
    problems.n = 0;
    assert_null(cond_compile(mem, "r.note = '漢字' and r.x", (struct pos){"f.yaml", 7, 5}, &scope, -1, &problems));
    assert_int_equal(problems.v[0].pos.line, 7);
    assert_int_equal(problems.v[0].pos.col, 23);
}

static bool reads(const struct cond *c, const char *form, const char *col)
{
    for (size_t i = 0; i < c->read_n; i++)
        if (text_eq(c->read[i].form_ident, form) && text_eq(c->read[i].col, col))
            return true;
    return false;
}

static void test_noted(void **state)
{
    (void)state;
    struct cond *c = good("r.note = 'x' and has(r.basis, 'usb') and exists (select 1 from takeout_items i join asset a on a.id = i.asset where i.takeout = r.id and a.active)", CT_BOOL);
    assert_true(reads(c, "takeout", "sme__note") && reads(c, "takeout", "basis") && reads(c, "takeout", "items") && reads(c, "asset", "active"));
    assert_false(reads(c, "person", "name"));
    assert_int_equal(c->fields_n, 2);
    assert_string_equal(c->fields[0], "sme.note");
    assert_string_equal(c->fields[1], "basis");
    assert_false(c->uses_now || c->uses_today);
    c = good("holds(r.carrier, 'clerk', today())", CT_BOOL);
    assert_true(reads(c, "assignment", "person") && reads(c, "assignment", "to_on") && c->uses_today && !c->uses_now);
    c = good("holds(r.carrier, 'employee', date_of(now()))", CT_BOOL);
    assert_true(reads(c, "person", "left_on") && c->uses_now && !c->uses_today);
    c = good("state(r.asset) = 'approved'", CT_BOOL);
    assert_true(reads(c, "asset", "state"));
}

/* Whether the condition, about asset a, may see a record of the form wherever it belongs. */
static bool apart(const char *src, const char *form)
{
    struct cond_scope check = {.set = condset(), .alias = "a", .alias_form = pack_form(condset(), "asset")};
    problems.n = 0;
    struct cond *c = cond_compile(mem, src, at, &check, CT_BOOL, &problems);
    bool read = false;
    if (c == NULL)
        fail_msg("%s: %s", src, problems.n ? problems.v[0].text : "-");
    for (size_t i = 0; i < c->read_n; i++)
        if (text_eq(c->read[i].form_ident, form)) {
            if (c->read[i].apart)
                return true;
            read = true;
        }
    if (!read)
        fail_msg("%s does not read %s", src, form);
    return false;
}

static void test_apart(void **state)
{
    (void)state;
    static const char *const direct[][2] = {
        {"a.active", "asset"},
        {"exists (select 1 from takeout t where t.asset = a.id)", "takeout"},
        {"exists (select 1 from takeout t where a.id = t.asset and (t.encrypted or t.amount > 3))", "takeout"},
        {"not exists (select 1 from takeout_items i where i.asset = a.id)", "takeout"},
        {"exists (select 1 from takeout_items i join takeout t on t.id = i.takeout where i.asset = a.id and t.encrypted)", "takeout"},
        {"exists (select 1 from department d where d.id = a.owner_dept)", "department"},
        {"exists (select 1 from takeout t join takeout u on u.asset = t.asset where t.asset = a.id and u.id <> t.id)", "takeout"},
        {"exists (select 1 from takeout t where t.asset = a.id and exists (select 1 from takeout u where u.asset = t.asset))", "takeout"},
        {"exists (select 1 from asset b where b.id = a.id and b.active)", "asset"}};
    static const char *const far[][2] = {
        {"exists (select 1 from takeout t where t.encrypted)", "takeout"},
        {"exists (select 1 from takeout t where t.asset = a.id or t.encrypted)", "takeout"},
        {"exists (select 1 from takeout t where not (t.asset = a.id))", "takeout"},
        {"exists (select 1 from takeout t where t.asset <> a.id)", "takeout"},
        {"exists (select 1 from takeout t join person p on p.id = t.carrier where t.asset = a.id)", "person"},
        {"exists (select 1 from takeout t where t.carrier = a.made_by)", "takeout"},
        {"exists (select 1 from takeout t where t.asset = a.id) and (select count(*) from takeout u) < 9", "takeout"},
        {"exists (select 1 from asset b where b.price = a.price)", "asset"},
        {"is_set(head_of(a.owner_dept))", "department"},
        {"exists (select 1 from department d where d.id = a.owner_dept and holds(d.head, 'clerk', today()))", "assignment"}};
    for (size_t i = 0; i < ARRAY_N(direct); i++)
        if (apart(direct[i][0], direct[i][1]))
            fail_msg("%s: only by a reference", direct[i][0]);
    for (size_t i = 0; i < ARRAY_N(far); i++)
        if (!apart(far[i][0], far[i][1]))
            fail_msg("%s: not only by a reference", far[i][0]);
}

static void test_scope(void **state)
{
    (void)state;
    const struct form *asset = pack_form(condset(), "asset");
    struct cond_scope check = {.set = condset(), .alias = "a", .alias_form = asset};
    assert_non_null(cond_compile(mem, "a.active and a.price > 3", at, &check, CT_BOOL, &problems));
    assert_null(cond_compile(mem, "r.encrypted", at, &check, CT_BOOL, &problems));
    assert_null(cond_compile(mem, "applicant() = a.made_by", at, &check, CT_BOOL, &problems));
    problems.n = 0;
    check.alias = "user";
    assert_null(cond_compile(mem, "user.active", at, &check, CT_BOOL, &problems));
    assert_string_equal(problems.v[0].text, "別名「user」は使えません。");
    struct cond_scope opt = condset_scope();
    opt.option_field = pack_field(opt.r, "basis");
    struct cond *allowed = cond_compile(mem, "option <> 'usb' or r.encrypted", at, &opt, CT_BOOL, &problems);
    assert_non_null(allowed);
    assert_int_equal(allowed->fields_n, 2);
    assert_string_equal(allowed->fields[0], "basis");
    problems.n = 0;
    assert_null(cond_compile(mem, "option <> 'tape'", at, &opt, CT_BOOL, &problems));
    assert_string_equal(problems.v[0].text, "「tape」は選択肢にありません(選べるもの: usb, hdd, paper)。");
    assert_string_equal(cond_from(mem, opt.r), "f_takeout");
    assert_string_equal(form_child_table(mem, opt.r, pack_field(opt.r, "sme.lines")), "f_takeout__sme__lines");
}

/* A literal can never become anything but a literal of the text written. */
static void test_quotes(void **state)
{
    (void)state;
    struct cond *c = good("r.note = ''' or 1 = 1 or '''", CT_BOOL);
    assert_string_equal(c->sql, "CAST(((r.sme__note = ''' or 1 = 1 or ''')) AS INTEGER)");
}

static void test_doc(void **state)
{
    (void)state;
    struct buf *b = buf_new(mem, 1u << 16);
    cond_doc(b);
    assert_non_null(strstr(b->p, "`strictest`"));
    assert_non_null(strstr(b->p, "nesting 24"));
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(test_types), T(test_wanted), T(test_refused_types), T(test_refused_names), T(test_attacks), T(test_limits), T(test_position), T(test_noted), T(test_apart), T(test_scope),
        T(test_quotes), T(test_doc),
    };
    return cmocka_run_group_tests_name("cond", tests, NULL, NULL);
}
