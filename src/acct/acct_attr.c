/* Attributes of directories: Active Directory (from LDIF, csvde or Get-ADUser), posixAccount, OpenLDAP's password policy. */
#include "acct/acct_int.h"

bool acct_same(struct str a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* ---- days ---- */

#define FILETIME_EPOCH_DAYS 134774         /* from 1601-01-01 to 1970-01-01 */
#define FILETIME_DAY 864000000000LL

static bool generalized(struct str s, char ret[CIVIL_TEXT_N])
{
    if (s.n < 15 || s.p[s.n - 1] != 'Z')
        return false;
    for (size_t i = 0; i < 14; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    struct civil c = {0};
    int hour = (s.p[8] - '0') * 10 + s.p[9] - '0', minute = (s.p[10] - '0') * 10 + s.p[11] - '0';
    c.y = (s.p[0] - '0') * 1000 + (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + s.p[3] - '0';
    c.m = (s.p[4] - '0') * 10 + s.p[5] - '0';
    c.d = (s.p[6] - '0') * 10 + s.p[7] - '0';
    if (!civil_ok(c) || hour > 23 || minute > 59)
        return false;
    civil_text(civil_of_us(civil_to_us(c, hour, minute) + 9LL * 3600 * 1000000), ret);      /* it is UTC: civil_to_us took it for Tokyo's */
    return true;
}

/* "4/1/2024 9:00:00 AM": the month stands first where AM or PM is said in English, and only there. */
static bool american(TALLOC_CTX *tmp, struct str s, char ret[CIVIL_TEXT_N])
{
    struct str rest = s, part[3], year;
    int64_t m, d, y;
    if (s.n < 2 || !(acct_same((struct str){s.p + s.n - 2, 2}, "AM") || acct_same((struct str){s.p + s.n - 2, 2}, "PM")))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!str_next(&rest, i < 2 ? '/' : ' ', &part[i]))
            return false;
    year = part[2];
    if (!str_to_i64(part[0], &m) || !str_to_i64(part[1], &d) || !str_to_i64(year, &y) || y < 1900 || y > 2999)
        return false;
    struct civil c = {(int)y, (int)m, (int)d};
    if (m > 12 || d > 31 || !civil_ok(c))
        return false;
    civil_text(c, ret);
    return true;
}

bool acct_day(TALLOC_CTX *tmp, struct str s, char ret[CIVIL_TEXT_N])
{
    struct civil c;
    int64_t n, us;
    ret[0] = '\0';
    s = str_trim(s);
    if (s.n == 0 || str_is(s, "0") || str_is(s, "-1") || str_is(s, "9223372036854775807") || acct_same(s, "never") || str_is(s, "-"))
        return true;
    if (str_to_i64(s, &n)) {
        int64_t days = n > 100000000000000LL ? (n + 9LL * FILETIME_DAY / 24) / FILETIME_DAY - FILETIME_EPOCH_DAYS : n;      /* Tokyo's day */
        if (days < 0 || days > 2000000 || civil_from_days(days).y > 9999)
            return false;
        civil_text(civil_from_days(days), ret);
        return true;
    }
    if (generalized(s, ret) || american(tmp, s, ret))
        return true;
    if (civil_read_loose(tmp, s, &c)) {
        civil_text(c, ret);
        return true;
    }
    struct str date;
    struct str rest = s;
    if (datetime_read_loose(tmp, s, &us)) {
        civil_text(civil_of_us(us), ret);
        return true;
    }
    /* "2024/04/01 9:00:00": an hour of one digit, as a Japanese Windows shows it */
    if (!str_next(&rest, ' ', &date) || date.n < 8 || rest.n == 0 || memchr(rest.p, ':', rest.n) == NULL || !civil_read_loose(tmp, date, &c))
        return false;
    civil_text(c, ret);
    return true;
}

/* ---- names ---- */

struct str acct_rdn(TALLOC_CTX *tmp, struct str dn)
{
    struct buf *b = buf_new(tmp, dn.n + 1);
    const char *eq = memchr(dn.p, '=', dn.n);
    for (size_t i = eq ? (size_t)(eq - dn.p) + 1 : 0; i < dn.n && dn.p[i] != ',' && dn.p[i] != '+'; i++) {
        if (dn.p[i] == '\\' && i + 1 < dn.n)
            i++;
        buf_putc(b, dn.p[i]);
    }
    return str_trim(buf_slice(b));
}

/* ---- attributes ---- */

enum what { A_SAM, A_UID, A_CN, A_DISPLAY, A_GIVEN, A_SN, A_MAIL, A_CODE, A_CONTROL, A_ENABLED, A_LOCKED, A_LAST, A_PWSET, A_PWMUST, A_ENDS, A_MADE, A_MEMBEROF, A_MEMBER, A_MEMBERUID,
            A_CLASS, A_UIDNUMBER, A_SHELL, A_PRIMARY, A_DN, A_SHADOW_LAST, A_SHADOW_ENDS, A_PW_LOCKED, A_NAME, A__N };
static const struct { const char *name; enum what what; } attr[] = {
    {"sAMAccountName", A_SAM}, {"uid", A_UID}, {"cn", A_CN}, {"name", A_NAME}, {"displayName", A_DISPLAY}, {"givenName", A_GIVEN}, {"sn", A_SN}, {"surname", A_SN}, {"mail", A_MAIL},
    {"emailAddress", A_MAIL}, {"employeeID", A_CODE}, {"employeeNumber", A_CODE}, {"userAccountControl", A_CONTROL}, {"enabled", A_ENABLED}, {"lockedOut", A_LOCKED},
    {"lastLogonDate", A_LAST}, {"lastLogonTimestamp", A_LAST}, {"lastLogon", A_LAST}, {"authTimestamp", A_LAST}, {"pwdLastSet", A_PWSET}, {"passwordLastSet", A_PWSET},
    {"pwdChangedTime", A_PWSET}, {"pwdReset", A_PWMUST}, {"changePasswordAtLogon", A_PWMUST}, {"accountExpires", A_ENDS}, {"accountExpirationDate", A_ENDS}, {"whenCreated", A_MADE},
    {"created", A_MADE}, {"createTimestamp", A_MADE}, {"memberOf", A_MEMBEROF}, {"member", A_MEMBER}, {"uniqueMember", A_MEMBER}, {"memberUid", A_MEMBERUID}, {"objectClass", A_CLASS},
    {"uidNumber", A_UIDNUMBER}, {"loginShell", A_SHELL}, {"primaryGroupID", A_PRIMARY}, {"dn", A_DN}, {"distinguishedName", A_DN}, {"shadowLastChange", A_SHADOW_LAST},
    {"shadowExpire", A_SHADOW_ENDS}, {"pwdAccountLockedTime", A_PW_LOCKED},
};

static enum what what_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_N(attr); i++)
        if (acct_same(name, attr[i].name))
            return attr[i].what;
    return A__N;
}

bool acct_attr_known(struct str name) { return what_of(name) != A__N; }
bool acct_attr_password(struct str name) { return acct_same(name, "userPassword") || acct_same(name, "unicodePwd"); }

void acct_attr_password_put(struct acct_attrs *a, struct str v)
{
    static const char crypt[] = "{CRYPT}";
    bool scheme = v.n >= sizeof crypt - 1 && strncasecmp(v.p, crypt, sizeof crypt - 1) == 0;
    a->e.password = scheme ? acct_hash_state((struct str){v.p + sizeof crypt - 1, v.n - (sizeof crypt - 1)}) : v.n == 0 ? ACCT_PW_EMPTY : v.p[0] == '!' || v.p[0] == '*' ? ACCT_PW_LOCKED : ACCT_PW_SET;
}

void acct_attrs_begin(struct acct_reader *r, struct acct_attrs *a)
{
    *a = (struct acct_attrs){.control = -1, .uid_number = -1, .e = {.password = ACCT_PW_UNKNOWN}};
    a->groups.mem = a->members.mem = r->tmp;
}

static enum rc whole(struct acct_reader *r, struct str v, int64_t *ret, struct err *e)
{
    return v.n == 0 || str_to_i64(v, ret) ? RC_OK : acct_fail(r, ERR_ACCT_VALUE, "not a number", e);
}

static enum rc truth(struct acct_reader *r, struct str v, bool *ret, struct err *e)
{
    if (!acct_same(v, "true") && !acct_same(v, "false"))
        return acct_fail(r, ERR_ACCT_VALUE, "neither true nor false", e);
    *ret = acct_same(v, "true");
    return RC_OK;
}

/* The later of several: lastLogon of one controller, lastLogonTimestamp of all. */
static enum rc day_put(struct acct_reader *r, struct str v, bool later, char ret[CIVIL_TEXT_N], struct err *e)
{
    char day[CIVIL_TEXT_N];
    if (!acct_day(r->tmp, v, day))
        return acct_fail(r, ERR_ACCT_VALUE, "not a day", e);
    if (!later || strcmp(day, ret) > 0)
        memcpy(ret, day, CIVIL_TEXT_N);
    return RC_OK;
}

/* memberOf in a CSV is one cell: names of groups parted by ; or |, or what a script made of it. */
static void member_of(struct acct_reader *r, struct acct_attrs *a, struct str v)
{
    struct str one;
    char sep = memchr(v.p, '|', v.n) ? '|' : ';';
    if (v.n > 0 && memmem(v.p, v.n, "ADPropertyValueCollection", 25) != NULL) {
        acct_doubt(r, ACCT_GROUPS_LOST, STR(""));
        return;
    }
    while (str_next(&v, sep, &one)) {
        one = str_trim(one);
        if (one.n > 3 && (strncasecmp(one.p, "CN=", 3) == 0))
            one = acct_rdn(r->tmp, one);
        if (one.n > 0)
            *vec_push(&a->groups) = one;
    }
}

static void class_put(struct acct_attrs *a, struct str v)
{
    struct str one;
    while (str_next(&v, ';', &one)) {
        a->machine |= acct_same(one, "computer") || acct_same(one, "msDS-GroupManagedServiceAccount") || acct_same(one, "msDS-ManagedServiceAccount");
        a->is_group |= acct_same(one, "group") || acct_same(one, "posixGroup") || acct_same(one, "groupOfNames") || acct_same(one, "groupOfUniqueNames");
        a->is_account |= acct_same(one, "user") || acct_same(one, "posixAccount") || acct_same(one, "account") || acct_same(one, "inetOrgPerson") || acct_same(one, "person");
    }
}

static void first(struct str *place, struct str v)
{
    if (place->n == 0)
        *place = v;
}

static enum rc state_put(struct acct_reader *r, struct acct_attrs *a, enum what w, struct str v, struct err *e)
{
    bool yes;
    if (w == A_CONTROL)
        return whole(r, v, &a->control, e);
    if (w == A_UIDNUMBER)
        return whole(r, v, &a->uid_number, e);
    if (w == A_PRIMARY)
        return whole(r, v, &a->primary_group, e);
    if (w == A_PW_LOCKED) {
        a->locked = true;
        return RC_OK;
    }
    if (v.n == 0)
        return RC_OK;
    TRY(truth(r, v, &yes, e));
    if (w == A_ENABLED)
        a->enabled_said = true;
    *(w == A_ENABLED ? &a->enabled : w == A_LOCKED ? &a->locked : &a->e.must_change) = yes;
    return RC_OK;
}

enum rc acct_attr_put(struct acct_reader *r, struct acct_attrs *a, struct str name, struct str v, struct err *e)
{
    enum what w = what_of(name);
    struct str *const text[A__N] = {[A_SAM] = &a->sam, [A_UID] = &a->uid, [A_CN] = &a->cn, [A_NAME] = &a->cn, [A_DISPLAY] = &a->display, [A_GIVEN] = &a->given, [A_SN] = &a->sn, [A_DN] = &a->dn};
    if (w == A__N)
        return RC_OK;
    v = str_trim(v);
    if (text[w] != NULL) {
        first(text[w], v);
        return RC_OK;
    }
    switch (w) {
    case A_MAIL: return a->e.email ? RC_OK : acct_text(r, v, &a->e.email, e);
    case A_CODE: return a->e.code ? RC_OK : acct_text(r, v, &a->e.code, e);
    case A_LAST: return day_put(r, v, true, a->e.last_on, e);
    case A_PWSET: a->e.must_change |= str_is(v, "0"); return day_put(r, v, true, a->e.pw_on, e);
    case A_SHADOW_LAST: a->e.must_change |= str_is(v, "0"); return day_put(r, v, true, a->e.pw_on, e);
    case A_ENDS: case A_SHADOW_ENDS: return day_put(r, v, false, a->e.ends_on, e);
    case A_MADE: return day_put(r, v, false, a->e.made_on, e);
    case A_MEMBEROF: member_of(r, a, v); return RC_OK;
    case A_MEMBER: case A_MEMBERUID: *vec_push(&a->members) = v; return RC_OK;
    case A_CLASS: class_put(a, v); return RC_OK;
    case A_SHELL: a->has_shell = true; a->shell_opens = acct_shell_opens(v); return RC_OK;
    case A_SAM: case A_UID: case A_CN: case A_DISPLAY: case A_GIVEN: case A_SN: case A_DN: case A_NAME: case A__N: return RC_OK;
    case A_CONTROL: case A_ENABLED: case A_LOCKED: case A_PWMUST: case A_UIDNUMBER: case A_PRIMARY: case A_PW_LOCKED: return state_put(r, a, w, v, e);
    }
    return RC_OK;
}

/* ---- the whole entry ---- */

#define UAC_DISABLED 0x2
#define UAC_LOCKOUT 0x10
#define UAC_NO_PASSWORD 0x20
#define UAC_MACHINE 0x1000
#define UAC_SERVER 0x2000
#define RID_DOMAIN_ADMINS 512
#define RID_DOMAIN_GUESTS 514

static void status_set(struct acct_reader *r, struct acct_attrs *a)
{
    struct civil ends;
    struct acct_entry *x = &a->e;
    int64_t control = a->control >= 0 ? a->control : 0;
    bool over = civil_read(str_of(x->ends_on), &ends) && civil_days(ends) <= civil_days(r->on);
    bool off = (control & UAC_DISABLED) || (a->enabled_said && !a->enabled) || over || (a->has_shell && !a->shell_opens);
    bool locked = a->locked || (control & UAC_LOCKOUT) || x->password == ACCT_PW_LOCKED;
    x->status = off ? ACCT_DISABLED : locked ? ACCT_LOCKED : ACCT_ACTIVE;
    if ((control & UAC_NO_PASSWORD) && x->password == ACCT_PW_UNKNOWN)
        x->password = ACCT_PW_EMPTY;                     /* PASSWD_NOTREQD: may be empty */
    bool machine = a->machine || (control & (UAC_MACHINE | UAC_SERVER)) || x->account[strlen(x->account) - 1] == '$';
    bool service = machine || (a->uid_number > 0 && a->uid_number < 1000) || acct_same(str_of(x->account), "krbtgt");
    x->kind = acct_guest_name(x->account) || a->primary_group == RID_DOMAIN_GUESTS ? ACCT_GUEST : service ? ACCT_SERVICE : ACCT_PERSON;
    x->privileged |= a->uid_number == 0 || a->primary_group == RID_DOMAIN_ADMINS;
}

enum rc acct_attrs_end(struct acct_reader *r, struct acct_attrs *a, bool *ret_account, struct err *e)
{
    struct str account = a->sam.n > 0 ? a->sam : a->uid, name = a->display.n > 0 ? a->display : a->cn;
    *ret_account = account.n > 0 && (!a->is_group || a->is_account);
    if (!*ret_account)
        return RC_OK;
    TRY(acct_text(r, account, &a->e.account, e));
    if (a->e.account == NULL)
        return acct_fail(r, ERR_ACCT_LINE, "no account", e);
    if (a->display.n == 0 && a->sn.n > 0 && a->given.n > 0)
        name = str_of(mem_fmt(r->tmp, "%.*s %.*s", (int)a->sn.n, a->sn.p, (int)a->given.n, a->given.p));
    TRY(acct_text(r, name, &a->e.name, e));
    status_set(r, a);
    for (size_t i = 0; i < a->groups.n; i++)
        acct_group_add(r, &a->e, a->groups.v[i]);
    return acct_add(r, a->e, true, e);
}
