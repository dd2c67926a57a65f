/* CSV: what Active Directory exports (Get-ADUser | Export-Csv, csvde), and any other by a mapping of its headings. */
#include "acct/acct_int.h"

static const char *const column_key[ACCT__COLUMNS] = {"account", "name", "email", "code", "enabled", "groups", "privileged", "last_on", "pw_on", "ends_on", "made_on", "must_change"};

const char *acct_column_key(enum acct_column c) { return column_key[c]; }

/* csvde -u and Export-Csv -Encoding Unicode write UTF-16 with a mark. */
static struct str from_utf16(TALLOC_CTX *tmp, struct str in, bool *ret_ok)
{
    bool big = (unsigned char)in.p[0] == 0xfe;
    struct buf *b = buf_new(tmp, in.n * 2 + 16);
    *ret_ok = in.n % 2 == 0;
    for (size_t i = 2; i + 1 < in.n; i += 2) {
        const unsigned char *p = (const unsigned char *)in.p + i;
        uint32_t u = big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
        if (u >= 0xd800 && u < 0xdc00 && i + 3 < in.n) {
            uint32_t low = big ? (uint32_t)p[2] << 8 | p[3] : (uint32_t)p[3] << 8 | p[2];
            u = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00) : 0;
            i += 2;
        }
        *ret_ok &= u > 0 && !(u >= 0xd800 && u < 0xe000);
        char c[4] = {(char)u};
        size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
        for (size_t k = n - 1; n > 1 && k > 0; k--, u >>= 6)
            c[k] = (char)(0x80 | (u & 0x3f));
        if (n > 1)
            c[0] = (char)((0xf00 >> n & 0xff) | u);
        buf_put(b, c, n);
    }
    return buf_slice(b);
}

static bool row_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        if (str_trim(str_of(row->cell[i])).n > 0)
            return false;
    return true;
}

/* *ret_head: the row of the headings: the first that is neither blank nor "#TYPE ..." (Windows PowerShell 5). */
enum rc acct_csv_open(TALLOC_CTX *tmp, const struct acct_file *f, struct csv **ret, size_t *ret_head, struct err *e)
{
    struct str in = f->bytes;
    const struct csv_limit limit = {2 * ACCT_BYTES_MAX, ACCT_ENTRIES_MAX + 10, (size_t)ACCT_ENTRIES_MAX * 80, ACCT_LINE_MAX};
    bool ok = true;
    if (in.n >= 2 && (memcmp(in.p, "\xff\xfe", 2) == 0 || memcmp(in.p, "\xfe\xff", 2) == 0))
        in = from_utf16(tmp, in, &ok);
    if (!ok)
        return err_set_arg(e, ERR_ACCT_BYTES, mem_fmt(tmp, "%.120s:1", f->name), "broken UTF-16");
    if (str_starts(in, "#TYPE"))
        while (in.n > 0 && in.p[0] != '\n')
            in = (struct str){in.p + 1, in.n - 1};
    struct err why = {0};
    if (csv_read(tmp, in, limit, ret, &why) != RC_OK) {
        enum err_code code = why.code == ERR_LIMIT ? ERR_ACCT_LIMIT : why.code == ERR_ENCODING ? ERR_ACCT_BYTES : ERR_ACCT_LINE;
        return err_set_arg(e, code, mem_fmt(tmp, "%.120s:%s", f->name, why.arg), "%s", why.detail);
    }
    for (*ret_head = 0; *ret_head < (*ret)->rows.n; (*ret_head)++)
        if (!row_blank(&(*ret)->rows.v[*ret_head]))
            return RC_OK;
    return err_set_arg(e, ERR_ACCT_FILE, f->name, "no headings");
}

static bool heading_is(const char *cell, const char *want) { return acct_same(str_trim(str_of(cell)), want); }

bool acct_csv_is_ad(const struct csv *c, size_t head)
{
    for (size_t i = 0; i < c->rows.v[head].n; i++)
        if (heading_is(c->rows.v[head].cell[i], "sAMAccountName"))
            return true;
    return false;
}

/* ---- Active Directory ---- */

static enum rc ad_row(struct acct_reader *r, const struct csv_row *head, const struct csv_row *row, struct err *e)
{
    struct acct_attrs a;
    bool account;
    acct_attrs_begin(r, &a);
    for (size_t i = 0; i < head->n && i < row->n; i++) {
        struct str name = str_trim(str_of(head->cell[i]));
        if (row->cell[i][0] != '\0')
            TRY(acct_attr_put(r, &a, name, str_of(row->cell[i]), e));
    }
    TRY(acct_attrs_end(r, &a, &account, e));
    if (!account)
        acct_doubt(r, ACCT_NOT_ACCOUNTS, a.cn);
    return RC_OK;
}

/* ---- any other ---- */

static enum rc places(struct acct_reader *r, const struct csv_row *head, const struct acct_map *map, int ret_at[ACCT__COLUMNS], struct err *e)
{
    for (size_t c = 0; c < ACCT__COLUMNS; c++) {
        ret_at[c] = -1;
        for (size_t i = 0; map->heading[c] != NULL && i < head->n; i++) {
            if (!heading_is(head->cell[i], map->heading[c]))
                continue;
            if (ret_at[c] >= 0)
                return err_set_arg(e, ERR_ACCT_MAP, map->heading[c], "two columns %s", map->heading[c]);
            ret_at[c] = (int)i;
        }
        if (map->heading[c] != NULL && ret_at[c] < 0)
            return err_set_arg(e, ERR_ACCT_MAP, map->heading[c], "no column %s", map->heading[c]);
    }
    return ret_at[ACCT_C_ACCOUNT] >= 0 ? RC_OK : err_set_arg(e, ERR_ACCT_MAP, "", "no column for the account");
}

static bool yes_no(struct str v, bool *ret)
{
    static const char *const yes[] = {"1", "true", "yes", "y", "on", "active", "enabled", "有効", "はい", "○", "◯", "使用中", "利用中", "在籍"};
    static const char *const no[] = {"0", "false", "no", "n", "off", "inactive", "disabled", "無効", "いいえ", "×", "停止", "停止中", "削除済み", "ロック"};
    for (size_t i = 0; i < ARRAY_N(yes); i++)
        if (acct_same(v, yes[i]))
            return *ret = true;
    *ret = false;
    for (size_t i = 0; i < ARRAY_N(no); i++)
        if (acct_same(v, no[i]))
            return true;
    return false;
}

static struct str cell_at(const struct csv_row *row, int at) { return at >= 0 && (size_t)at < row->n ? str_trim(str_of(row->cell[at])) : STR(""); }

static enum rc mapped_days(struct acct_reader *r, const struct csv_row *row, const int *at, struct acct_entry *x, struct err *e)
{
    const struct { enum acct_column c; char *day; } days[] = {{ACCT_C_LAST_ON, x->last_on}, {ACCT_C_PW_ON, x->pw_on}, {ACCT_C_ENDS_ON, x->ends_on}, {ACCT_C_MADE_ON, x->made_on}};
    for (size_t i = 0; i < ARRAY_N(days); i++)
        if (!acct_day(r->tmp, cell_at(row, at[days[i].c]), days[i].day))
            return acct_fail(r, ERR_ACCT_VALUE, "not a day", e);
    return RC_OK;
}

static enum rc mapped_row(struct acct_reader *r, const struct csv_row *row, const int *at, struct err *e)
{
    struct acct_entry x = {.password = ACCT_PW_UNKNOWN};
    struct civil ends;
    bool enabled = true;
    struct str groups = cell_at(row, at[ACCT_C_GROUPS]), one;
    const struct { enum acct_column c; bool *yes; } truths[] = {{ACCT_C_ENABLED, &enabled}, {ACCT_C_PRIVILEGED, &x.privileged}, {ACCT_C_MUST_CHANGE, &x.must_change}};
    const struct { enum acct_column c; const char **text; } texts[] = {{ACCT_C_ACCOUNT, &x.account}, {ACCT_C_NAME, &x.name}, {ACCT_C_EMAIL, &x.email}, {ACCT_C_CODE, &x.code}};
    for (size_t i = 0; i < ARRAY_N(texts); i++)
        TRY(acct_text(r, cell_at(row, at[texts[i].c]), texts[i].text, e));
    if (x.account == NULL)
        return acct_fail(r, ERR_ACCT_LINE, "no account", e);
    for (size_t i = 0; i < ARRAY_N(truths); i++) {
        struct str v = cell_at(row, at[truths[i].c]);
        if (v.n > 0 && !yes_no(v, truths[i].yes))
            return acct_fail(r, ERR_ACCT_VALUE, "neither yes nor no", e);
    }
    TRY(mapped_days(r, row, at, &x, e));
    if (civil_read(str_of(x.ends_on), &ends) && civil_days(ends) <= civil_days(r->on))
        enabled = false;
    x.status = enabled ? ACCT_ACTIVE : ACCT_DISABLED;
    x.kind = acct_guest_name(x.account) ? ACCT_GUEST : ACCT_PERSON;
    char sep = memchr(groups.p, ';', groups.n) ? ';' : memchr(groups.p, '|', groups.n) ? '|' : ',';
    while (str_next(&groups, sep, &one))
        acct_group_add(r, &x, one);
    return acct_add(r, x, true, e);
}

enum rc acct_csv(struct acct_reader *r, const struct acct_map *map, struct err *e)
{
    struct csv *c;
    size_t head;
    int at[ACCT__COLUMNS];
    TRY(acct_csv_open(r->tmp, r->file, &c, &head, e));
    bool ad = r->list->source == ACCT_AD || (r->list->source == ACCT_ANY && acct_csv_is_ad(c, head));
    if (ad && !acct_csv_is_ad(c, head))
        return err_set_arg(e, ERR_ACCT_MAP, "sAMAccountName", "no export of Active Directory");
    if (!ad && map == NULL)
        return err_set_arg(e, ERR_ACCT_MAP, "", "what the columns mean must be said");
    r->list->source = ad ? ACCT_AD : ACCT_CSV;
    if (!ad)
        TRY(places(r, &c->rows.v[head], map, at, e));
    for (size_t i = head + 1; i < c->rows.n; i++) {
        r->line = c->rows.v[i].line;
        if (row_blank(&c->rows.v[i]))
            continue;
        TRY(ad ? ad_row(r, &c->rows.v[head], &c->rows.v[i], e) : mapped_row(r, &c->rows.v[i], at, e));
    }
    return RC_OK;
}

/* ---- headings, for somebody who says what they mean ---- */

static const char *const usual[ACCT__COLUMNS] = {
    [ACCT_C_ACCOUNT] = "アカウント|アカウント名|ログインID|ユーザーID|ユーザID|ユーザー名|利用者ID|account|login|user|username|user id|userid|id",
    [ACCT_C_NAME] = "氏名|名前|表示名|利用者|利用者名|name|display name|full name", [ACCT_C_EMAIL] = "メールアドレス|メール|email|e-mail|mail|mail address",
    [ACCT_C_CODE] = "社員番号|職員番号|従業員番号|staff number|employee number|employee id", [ACCT_C_ENABLED] = "有効|状態|ステータス|enabled|active|status",
    [ACCT_C_GROUPS] = "グループ|所属グループ|権限|ロール|groups|group|role|roles", [ACCT_C_PRIVILEGED] = "特権|管理者|privileged|admin|administrator",
    [ACCT_C_LAST_ON] = "最終ログイン|最終ログイン日|最終ログイン日時|最終利用|最終利用日|last login|last logon|last sign-in", [ACCT_C_PW_ON] = "パスワード変更日|パスワード最終変更日|password changed",
    [ACCT_C_ENDS_ON] = "有効期限|利用終了日|expires|valid until", [ACCT_C_MADE_ON] = "登録日|作成日|登録日時|作成日時|created|created at",
    [ACCT_C_MUST_CHANGE] = "初回変更|パスワード変更要求|must change password",
};

enum rc acct_headings(TALLOC_CTX *mem, const struct acct_file *file, const char ***ret, size_t *ret_n, struct acct_map *ret_map, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct csv *c;
    size_t head;
    *ret_map = (struct acct_map){0};
    TRY(acct_csv_open(tmp, file, &c, &head, e));
    const struct csv_row *row = &c->rows.v[head];
    *ret = mem_array(mem, const char *, row->n + 1);
    *ret_n = row->n;
    for (size_t i = 0; i < row->n; i++) {
        (*ret)[i] = str_dup(mem, str_trim(str_of(row->cell[i])));
        for (size_t k = 0; k < ACCT__COLUMNS; k++) {
            struct str all = str_of(usual[k]), one;
            while (ret_map->heading[k] == NULL && (*ret)[i][0] != '\0' && str_next(&all, '|', &one))
                if (acct_same(one, (*ret)[i]))
                    ret_map->heading[k] = (*ret)[i];
        }
    }
    return RC_OK;
}
