/* LDIF (RFC 2849): folded lines, base64, comments; entries only, no changes. Values of attributes that nobody asks for are not even decoded. */
#include "acct/acct_int.h"

struct ldif {
    struct acct_reader *r; struct str rest; struct buf *b /* an unfolded line */;
    int line /* on which it began */; bool there;
    VEC(struct acct_attrs) groups;         /* who is in them is said by name or account, perhaps before the account */
    struct map *by_dn;                     /* folded distinguished name -> account */
};

/* One logical line into l->b. Comments are left out with their continuations. A password's line is not copied: *ret_raw is where it lies. */
static enum rc logical(struct ldif *l, struct str *ret_raw, struct err *e)
{
    struct str part;
    bool there;
    do {
        buf_reset(l->b);
        TRY(acct_line(l->r, &l->rest, &part, &l->there, e));
        if (!l->there)
            return RC_OK;
        l->line = l->r->line;
        if (part.n > 0 && part.p[0] == ' ')
            return acct_fail(l->r, ERR_ACCT_LINE, "a continuation of nothing", e);
        *ret_raw = part;
        const char *colon = memchr(part.p, ':', part.n);
        bool secret = colon != NULL && acct_attr_password((struct str){part.p, (size_t)(colon - part.p)});
        if (!secret)
            buf_put(l->b, part.p, part.n);
        while (l->rest.n > 0 && l->rest.p[0] == ' ') {
            TRY(acct_line(l->r, &l->rest, &part, &there, e));
            if (!secret)
                buf_put(l->b, part.p + 1, part.n - 1);
        }
        if (!buf_ok(l->b))
            return acct_fail(l->r, ERR_ACCT_LIMIT, "a folded line is too long", e);
        if (!secret)
            *ret_raw = buf_slice(l->b);
    } while (ret_raw->n > 0 && ret_raw->p[0] == '#');
    return RC_OK;
}

/* Of a password the first bytes tell the state: of base64 as many as hold "{CRYPT}" and a mark behind it. */
static void password(struct acct_attrs *a, TALLOC_CTX *tmp, struct str v, bool base64)
{
    uint8_t *p;
    size_t n;
    if (!base64) {
        acct_attr_password_put(a, v);
        return;
    }
    v.n = v.n > 12 ? 12 : v.n;
    bool whole = v.n % 4 == 0 && b64_read(tmp, v, &p, &n);
    a->e.password = v.n == 0 ? ACCT_PW_EMPTY : ACCT_PW_SET;
    if (whole && n > 7 && strncasecmp((const char *)p, "{CRYPT}", 7) == 0)
        a->e.password = p[7] == '!' || p[7] == '*' ? ACCT_PW_LOCKED : ACCT_PW_SET;
    if (whole)
        memset(p, 0, n);
}

/* "name;option: value", "name:: base64", "name:< url" */
static enum rc split(struct ldif *l, struct str line, struct str *ret_name, struct str *ret_value, bool *ret_base64, struct err *e)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL || colon == line.p)
        return acct_fail(l->r, ERR_ACCT_LINE, "no attribute", e);
    struct str name = {line.p, (size_t)(colon - line.p)}, v = {colon + 1, line.n - (size_t)(colon - line.p) - 1};
    const char *option = memchr(name.p, ';', name.n);
    *ret_name = option ? (struct str){name.p, (size_t)(option - name.p)} : name;
    *ret_base64 = v.n > 0 && v.p[0] == ':';
    bool url = v.n > 0 && v.p[0] == '<';
    if (*ret_base64)
        v = (struct str){v.p + 1, v.n - 1};
    if (url && acct_attr_known(*ret_name))
        return acct_fail(l->r, ERR_ACCT_LINE, "a value in another file", e);
    *ret_value = str_trim(v);
    return RC_OK;
}

static enum rc value(struct ldif *l, struct acct_attrs *a, struct str name, struct str v, bool base64, struct err *e)
{
    uint8_t *p;
    size_t n, bad;
    if (acct_attr_password(name)) {
        password(a, l->r->tmp, v, base64);
        return RC_OK;
    }
    if (!acct_attr_known(name))
        return RC_OK;
    if (!base64) {
        v = str_of(str_dup(l->r->tmp, v));               /* the line's buffer is used again */
    } else {
        if (!b64_read(l->r->tmp, v, &p, &n))
            return acct_fail(l->r, ERR_ACCT_LINE, "no base64", e);
        v = (struct str){(const char *)p, n};
        if (!utf8_ok(v.p, v.n, &bad))
            return acct_fail(l->r, ERR_ACCT_BYTES, "base64 of something that is no UTF-8", e);
    }
    return acct_attr_put(l->r, a, name, v, e);
}

static enum rc entry_end(struct ldif *l, struct acct_attrs *a, struct err *e)
{
    bool account = false;
    if (a->dn.n == 0)
        return RC_OK;
    TRY(acct_attrs_end(l->r, a, &account, e));
    if (account)
        map_set(l->by_dn, acct_fold(l->r->tmp, a->dn), mem_strdup(l->r->tmp, a->e.account));
    else if (a->is_group && a->cn.n > 0)
        *vec_push(&l->groups) = *a;
    else
        acct_doubt(l->r, ACCT_NOT_ACCOUNTS, a->dn);
    return RC_OK;
}

static void group_members(struct ldif *l, const struct acct_attrs *g)
{
    for (size_t i = 0; i < g->members.n; i++) {
        struct str m = g->members.v[i];
        const char *account = memchr(m.p, '=', m.n) ? map_get(l->by_dn, acct_fold(l->r->tmp, m)) : NULL;
        struct acct_entry *entry = acct_find(l->r, account ? str_of(account) : m, true);
        if (entry != NULL)
            acct_group_add(l->r, entry, g->cn);
    }
}

static enum rc line_put(struct ldif *l, struct acct_attrs *a, struct str line, struct err *e)
{
    struct str name, v;
    bool base64;
    TRY(split(l, line, &name, &v, &base64, e));
    if (a->dn.n == 0 && acct_same(name, "version"))
        return str_is(v, "1") ? RC_OK : acct_fail(l->r, ERR_ACCT_LINE, "not version 1", e);
    if (a->dn.n == 0 && !acct_same(name, "dn"))
        return acct_fail(l->r, ERR_ACCT_LINE, "an entry begins with dn", e);
    if (a->dn.n > 0 && acct_same(name, "dn"))
        return acct_fail(l->r, ERR_ACCT_LINE, "a blank line stands between entries", e);
    if (acct_same(name, "changetype") && !acct_same(v, "add"))
        return acct_fail(l->r, ERR_ACCT_LINE, "changes, no entries", e);
    TRY(value(l, a, name, v, base64, e));
    return acct_same(name, "dn") && a->dn.n == 0 ? acct_fail(l->r, ERR_ACCT_LINE, "an entry without a name", e) : RC_OK;
}

enum rc acct_ldif(struct acct_reader *r, struct err *e)
{
    struct ldif l = {.r = r, .rest = r->file->bytes, .b = buf_new(r->tmp, ACCT_LINE_MAX), .groups = VEC_INIT(r->tmp), .by_dn = map_new(r->tmp)};
    struct acct_attrs a;
    struct str line = {0};
    if (l.rest.n >= 3 && memcmp(l.rest.p, "\xef\xbb\xbf", 3) == 0)
        l.rest = (struct str){l.rest.p + 3, l.rest.n - 3};
    acct_attrs_begin(r, &a);
    for (r->line = 0;;) {
        TRY(logical(&l, &line, e));
        if (l.there && line.n > 0) {
            TRY(line_put(&l, &a, line, e));
            continue;
        }
        TRY(entry_end(&l, &a, e));
        acct_attrs_begin(r, &a);
        if (!l.there)
            break;
    }
    for (size_t i = 0; i < l.groups.n; i++)
        group_members(&l, &l.groups.v[i]);
    return RC_OK;
}
