/* The file that --directory names: `key = value` lines, # begins a comment. It is a file of its own, since whoever runs the server writes it,
 * not whoever administrates the regulations: who could change where passwords are sent could read them (decisions/0015). */
#include "dir/dir_int.h"

struct key { const char *name; size_t text_at, int_at; bool is_int; int64_t min, max; };
#define TEXT(n, f) {n, offsetof(struct dir_conf, f), 0, false, 0, 0}
#define INT(n, f, lo, hi) {n, 0, offsetof(struct dir_conf, f), true, lo, hi}
static const struct key keys[] = {
    TEXT("url", url), TEXT("ca-file", ca_file), TEXT("bind-dn", bind_dn), TEXT("base", base), TEXT("filter", filter),
    TEXT("key", key), TEXT("login", login), TEXT("name", name), TEXT("kana", kana), TEXT("mail", mail), TEXT("code", code),
    TEXT("department", department), TEXT("joined", joined), TEXT("group", group), TEXT("disabled", disabled),
    INT("page-size", page_size, 1, 5000), INT("people-max", people_max, 1, 1000000),
};

/* role = ROLE GROUP-DN */
static bool role_read(struct dir_conf *c, const char *v)
{
    struct str rest = str_of(v), role;
    if (!str_next(&rest, ' ', &role) || role.n == 0 || str_trim(rest).n == 0)
        return false;
    *vec_push(&c->role_name) = str_dup(c, role);
    *vec_push(&c->role_group) = str_dup(c, str_trim(rest));
    return true;
}

/* false: no such key, or no such value. */
static bool store(struct dir_conf *c, struct str name, const char *v)
{
    int64_t n;
    for (size_t i = 0; i < ARRAY_N(keys); i++) {
        const struct key *k = &keys[i];
        if (!str_is(name, k->name))
            continue;
        if (!k->is_int) {
            *(const char **)((char *)c + k->text_at) = strcmp(v, "-") == 0 ? NULL : mem_strdup(c, v);
            return true;
        }
        if (!str_to_i64(str_of(v), &n) || n < k->min || n > k->max)
            return false;
        *(int *)((char *)c + k->int_at) = (int)n;
        return true;
    }
    if (str_is(name, "starttls"))
        return conf_yes_no(v, &c->starttls);
    if (str_is(name, "connect-timeout"))
        return conf_seconds(v, &c->connect_us);
    if (str_is(name, "timeout"))
        return conf_seconds(v, &c->limit_us);
    return str_is(name, "role") && role_read(c, v);
}

/* What the two kinds call things; a line of the file says otherwise. */
static void kind_set(struct dir_conf *c, bool ad)
{
    c->ad = ad;
    c->filter = ad ? "(&(objectCategory=person)(objectClass=user))" : "(objectClass=inetOrgPerson)";
    c->key = ad ? "objectGUID" : "entryUUID";
    c->login = ad ? "sAMAccountName" : "uid";
    c->name = ad ? "displayName" : "cn";
    c->kana = ad ? "msDS-PhoneticDisplayName" : NULL;
    c->mail = "mail";
    c->code = ad ? "employeeID" : "employeeNumber";
    c->department = ad ? "department" : "ou";
    c->group = "memberOf";
}

/* A password goes over the network only inside TLS, or not at all over a network. */
static bool url_ok(const struct dir_conf *c)
{
    static const char *const here[] = {"ldap://127.0.0.1", "ldap://localhost", "ldap://[::1]", "ldapi://"};
    struct str rest = str_of(c->url), one;
    while (str_next(&rest, ' ', &one)) {
        bool ok = str_starts(one, "ldaps://") || (str_starts(one, "ldap://") && c->starttls);
        for (size_t i = 0; !ok && i < ARRAY_N(here); i++) {
            size_t n = strlen(here[i]);
            ok = str_starts(one, here[i]) && (i == 3 || one.n == n || one.p[n] == ':' || one.p[n] == '/');
        }
        if (one.n > 0 && !ok)
            return false;
    }
    return true;
}

static enum rc whole(const struct dir_conf *c, const char *path, struct err *e)
{
    if (c->url == NULL || c->base == NULL)
        return err_set_arg(e, ERR_CONF, path, "%s: url and base are needed", path);
    if (!url_ok(c))
        return err_set_arg(e, ERR_CONF, path, "%s: url: ldaps://, or ldap:// with starttls = yes; without either only on this machine", path);
    if (c->key == NULL || c->login == NULL || c->name == NULL || c->filter == NULL || c->filter[0] != '(')
        return err_set_arg(e, ERR_CONF, path, "%s: key, login, name and filter cannot be left out; a filter stands in brackets", path);
    if (c->disabled != NULL && c->disabled[0] != '(')
        return err_set_arg(e, ERR_CONF, path, "%s: disabled: a filter in brackets", path);
    if ((c->bind_dn == NULL) != (c->bind_password == NULL))
        return err_set_arg(e, ERR_CONF, path, "%s: bind-dn and bind-password-file belong together", path);
    return RC_OK;
}

static enum rc line_read(void *ctx, struct str name, const char *value, const char **ret_why, struct err *e)
{
    struct dir_conf *c = ctx;
    if (str_is(name, "kind")) {                             /* the first line, if it is there: it sets what others change */
        if (c->url != NULL || (strcmp(value, "ad") != 0 && strcmp(value, "ldap") != 0))
            *ret_why = "kind = ad or kind = ldap, before anything else";
        else
            kind_set(c, strcmp(value, "ad") == 0);
    } else if (str_is(name, "bind-password-file")) {
        TRY(conf_secret(c, value, &c->bind_password, e));
    } else if (value[0] == '\0' || !store(c, name, value)) {
        *ret_why = "no such key, or not a value of it";
    }
    return RC_OK;
}

enum rc dir_conf_read(TALLOC_CTX *mem, const char *path, struct dir_conf **ret, struct err *e)
{
    struct dir_conf *c = mem_new(mem, struct dir_conf);
    *c = (struct dir_conf){.connect_us = 3 * US_PER_S, .limit_us = 5 * US_PER_S, .page_size = 500, .people_max = 100000, .role_group = VEC_INIT(c), .role_name = VEC_INIT(c)};
    kind_set(c, false);
    TRY(conf_lines(c, path, line_read, c, e));
    TRY(whole(c, path, e));
    *ret = c;
    return RC_OK;
}
