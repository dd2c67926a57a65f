/* An entry as a person, and texts that go into filters. Everything that comes from the directory is somebody else's: what is no UTF-8, too long or
 * holds control characters is left out. */
#include <strings.h>
#include "dir/dir_int.h"

#define TEXT_MAX 400
#define UAC_DISABLED 0x2
#define UAC_EXPIRED 0x800000
#define FILETIME_1970_S INT64_C(11644473600)

char *filter_text(TALLOC_CTX *mem, const char *s)
{
    struct buf *b = buf_new(mem, strlen(s) * 3 + 1);
    for (; *s != '\0'; s++)
        if (strchr("*()\\", *s) != NULL || (unsigned char)*s < 0x20) {
            buf_putc(b, '\\');
            buf_hex(b, (const uint8_t *)s, 1);
        } else {
            buf_putc(b, *s);
        }
    return mem_strndup(mem, b->p ? b->p : "", b->n);
}

/* objectGUID is 16 bytes, which a filter names one by one. */
char *filter_key(TALLOC_CTX *mem, const struct dir_conf *c, const char *key)
{
    uint8_t raw[16];
    if (strcasecmp(c->key, "objectGUID") != 0)
        return key[0] != '\0' && strlen(key) <= DIR_KEY_MAX ? mem_fmt(mem, "(&%s(%s=%s))", c->filter, c->key, filter_text(mem, key)) : NULL;
    if (!hex_read(str_of(key), raw, sizeof raw))
        return NULL;
    struct buf *b = buf_new(mem, 3 * sizeof raw + 1);
    for (size_t i = 0; i < sizeof raw; i++) {
        buf_putc(b, '\\');
        buf_hex(b, &raw[i], 1);
    }
    return mem_fmt(mem, "(&%s(%s=%s))", c->filter, c->key, b->p);
}

size_t entry_attrs(const struct dir_conf *c, const char *ret[24])
{
    const char *const named[] = {c->key, c->login, c->name, c->kana, c->mail, c->code, c->department, c->joined, c->group};
    static const char *const of_ad[] = {"userAccountControl", "msDS-User-Account-Control-Computed", "pwdLastSet", "accountExpires"};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_N(named); i++)
        if (named[i] != NULL)
            ret[n++] = named[i];
    for (size_t i = 0; c->ad && i < ARRAY_N(of_ad); i++)
        ret[n++] = of_ad[i];
    if (!c->ad)
        ret[n++] = "pwdAccountLockedTime";
    if (!c->ad)
        ret[n++] = "pwdReset";
    ret[n] = NULL;
    return n;
}

static const struct attr *attr_of(const struct entry *x, const char *name)
{
    for (size_t i = 0; name != NULL && i < x->n; i++)
        if (strcasecmp(x->attr[i].name, name) == 0 && x->attr[i].n > 0)
            return &x->attr[i];
    return NULL;
}

static char *text_read(TALLOC_CTX *mem, const struct value *v)
{
    size_t bad;
    if (v->n == 0 || v->n > TEXT_MAX || !utf8_ok(v->p, v->n, &bad))
        return NULL;
    for (size_t i = 0; i < v->n; i++)
        if ((unsigned char)v->p[i] < 0x20 || v->p[i] == 0x7f)
            return NULL;
    char *text = str_dup(mem, str_trim((struct str){v->p, v->n}));
    return text[0] != '\0' ? text_nfc(mem, text) : NULL;
}

static char *text_at(TALLOC_CTX *mem, const struct entry *x, const char *name)
{
    const struct attr *a = attr_of(x, name);
    return a != NULL ? text_read(mem, &a->value[0]) : NULL;
}

static bool number_at(const struct entry *x, const char *name, int64_t *ret)
{
    const struct attr *a = attr_of(x, name);
    return a != NULL && str_to_i64((struct str){a->value[0].p, a->value[0].n}, ret);
}

static char *key_read(TALLOC_CTX *mem, const struct dir_conf *c, const struct entry *x)
{
    const struct attr *a = attr_of(x, c->key);
    if (a == NULL)
        return NULL;
    if (strcasecmp(c->key, "objectGUID") == 0)
        return a->value[0].n == 16 ? hex_text(mem, (const uint8_t *)a->value[0].p, 16) : NULL;
    char *text = text_read(mem, &a->value[0]);
    return text != NULL && strlen(text) <= DIR_KEY_MAX ? text : NULL;
}

/* 2024-04-01, 20240401 and what begins like that (generalized time). */
static char *date_at(TALLOC_CTX *mem, const struct entry *x, const char *name)
{
    const char *t = text_at(mem, x, name);
    struct civil day;
    size_t digits = t != NULL ? strspn(t, "0123456789") : 0;
    char *iso = digits >= 8 ? mem_fmt(mem, "%.4s-%.2s-%.2s", t, t + 4, t + 6) : t != NULL && strlen(t) >= 10 ? mem_strndup(mem, t, 10) : NULL;
    return iso != NULL && civil_read(str_of(iso), &day) ? iso : NULL;
}

/* [MS-ADTS] 2.2.16 and 3.1.1.4.5.17. accountExpires: 0 and the greatest number say never. */
static enum dir_state state_ad(const struct entry *x, int64_t now_us)
{
    int64_t uac = 0, more = 0, n;
    (void)number_at(x, "msDS-User-Account-Control-Computed", &more);
    if (!number_at(x, "userAccountControl", &uac))                        /* who may not read it cannot know */
        return DIR_DISABLED;
    if ((uac & UAC_DISABLED) != 0)
        return DIR_DISABLED;
    if (number_at(x, "accountExpires", &n) && n > 0 && n != INT64_MAX && n / 10000000 - FILETIME_1970_S <= now_us / US_PER_S)
        return DIR_EXPIRED;
    if (number_at(x, "pwdLastSet", &n) && n == 0)
        return DIR_MUST_CHANGE;
    return ((uac | more) & UAC_EXPIRED) != 0 ? DIR_EXPIRED : DIR_ACTIVE;
}

/* ppolicy: locked for good since 000001010000Z; a lock of some minutes is the server's own affair. */
static enum dir_state state_ldap(TALLOC_CTX *mem, const struct entry *x)
{
    const char *locked = text_at(mem, x, "pwdAccountLockedTime");
    if (locked != NULL && strncmp(locked, "000001010000", 12) == 0)
        return DIR_DISABLED;
    return text_eq(text_at(mem, x, "pwdReset"), "TRUE") ? DIR_MUST_CHANGE : DIR_ACTIVE;
}

struct dir_person *entry_person(TALLOC_CTX *mem, const struct dir_conf *c, const struct entry *x, int64_t now_us)
{
    struct dir_person *p = mem_new(mem, struct dir_person);
    const struct attr *groups = attr_of(x, c->group);
    *p = (struct dir_person){.dn = x->dn, .key = key_read(p, c, x), .login = text_at(p, x, c->login), .name = text_at(p, x, c->name), .kana = text_at(p, x, c->kana),
                             .mail = text_at(p, x, c->mail), .code = text_at(p, x, c->code), .department = text_at(p, x, c->department), .joined = date_at(p, x, c->joined),
                             .state = c->ad ? state_ad(x, now_us) : state_ldap(p, x), .group = VEC_INIT(p)};
    for (size_t i = 0; groups != NULL && i < groups->n; i++) {
        char *dn = text_read(p, &groups->value[i]);
        if (dn != NULL)
            *vec_push(&p->group) = dn;
    }
    return p;
}

/* "80090308: LdapErr: DSID-..., comment: AcceptSecurityContext error, data 533, v3839": 532, 533, 701 and 773 come after a right password only. */
bool bind_refused(const char *why, enum dir_state *ret_state)
{
    static const struct { const char *data; enum dir_state state; } known[] = {{"data 532,", DIR_EXPIRED}, {"data 533,", DIR_DISABLED}, {"data 701,", DIR_EXPIRED}, {"data 773,", DIR_MUST_CHANGE}};
    for (size_t i = 0; why != NULL && i < ARRAY_N(known); i++)
        if (strstr(why, known[i].data) != NULL) {
            *ret_state = known[i].state;
            return true;
        }
    return false;
}
