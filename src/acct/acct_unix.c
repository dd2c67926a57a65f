/* /etc/passwd, /etc/group and /etc/shadow: together they say who can sign in. Comments and blank lines pass; + and - entries of NIS are no accounts. */
#include "acct/acct_int.h"

/* By the number of colons of its first line: passwd has 6, group 3, shadow 8. */
enum acct_file_kind acct_unix_kind(struct str line)
{
    size_t colons = 0;
    for (size_t i = 0; i < line.n && line.p[i] != '\n'; i++)
        colons += line.p[i] == ':';
    return colons == 6 ? ACCT_F_PASSWD : colons == 3 ? ACCT_F_GROUP : colons == 8 ? ACCT_F_SHADOW : ACCT_F_NONE;
}

bool acct_shell_opens(struct str shell)
{
    static const char *const none[] = {"nologin", "false", "sync", "halt", "shutdown", "git-shell", "true"};
    struct str rest = shell, part, name = {0};
    while (str_next(&rest, '/', &part))
        name = part;
    if (shell.n == 0)
        return true;                                     /* passwd(5): /bin/sh */
    for (size_t i = 0; i < ARRAY_N(none); i++)
        if (str_is(name, none[i]))
            return false;
    return true;
}

/* shadow(5): empty opens without a password; what begins with ! or * and anything that is no hash opens for no password. */
enum acct_password acct_hash_state(struct str f)
{
    if (f.n == 0)
        return ACCT_PW_EMPTY;
    bool traditional = f.n == 13 && memchr(f.p, '!', f.n) == NULL && memchr(f.p, '*', f.n) == NULL;
    return f.p[0] == '$' || f.p[0] == '_' || traditional ? ACCT_PW_SET : ACCT_PW_LOCKED;
}

static enum rc fields_read(struct acct_reader *r, struct str line, struct str *field, size_t want, struct err *e)
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= line.n; i++) {
        if (i < line.n && line.p[i] != ':')
            continue;
        if (n == want)
            return acct_fail(r, ERR_ACCT_LINE, "too many fields", e);
        field[n++] = (struct str){line.p + from, i - from};
        from = i + 1;
    }
    return n == want && field[0].n > 0 ? RC_OK : acct_fail(r, ERR_ACCT_LINE, "fields are missing", e);
}

static bool no_entry(struct str line) { return str_trim(line).n == 0 || line.p[0] == '#' || line.p[0] == '+' || line.p[0] == '-'; }

static enum rc days_text(struct acct_reader *r, struct str s, char ret[CIVIL_TEXT_N], struct err *e)
{
    int64_t days;
    ret[0] = '\0';
    if (s.n == 0 || str_is(s, "-1"))
        return RC_OK;
    if (!str_to_i64(s, &days) || days < 0 || days > 2000000)
        return acct_fail(r, ERR_ACCT_VALUE, "not a number of days", e);
    if (days > 0)
        civil_text(civil_from_days(days), ret);
    return RC_OK;
}

struct owner { int64_t uid, gid; bool opens; };
VEC_TYPE(owners, struct owner);

/* GECOS: the full name up to the first comma; & stands for the login (finger), which nobody uses any more. */
static struct str gecos_name(struct str g)
{
    const char *comma = memchr(g.p, ',', g.n);
    return comma ? (struct str){g.p, (size_t)(comma - g.p)} : g;
}

static enum rc passwd_read(struct acct_reader *r, struct owners *own, struct err *e)
{
    struct str rest = r->file->bytes, line, f[7];
    bool there;
    for (r->line = 0;;) {
        struct acct_entry entry = {.password = ACCT_PW_UNKNOWN};
        struct owner o = {0};
        TRY(acct_line(r, &rest, &line, &there, e));
        if (!there)
            return RC_OK;
        if (no_entry(line))
            continue;
        TRY(fields_read(r, line, f, 7, e));
        TRY(acct_text(r, f[0], &entry.account, e));
        TRY(acct_text(r, gecos_name(f[4]), &entry.name, e));
        if (entry.account == NULL || !str_to_i64(f[2], &o.uid) || !str_to_i64(f[3], &o.gid) || o.uid < 0 || o.gid < 0)
            return acct_fail(r, ERR_ACCT_LINE, "no user or group number", e);
        o.opens = acct_shell_opens(f[6]);
        /* Debian gives 0-999 and 65534 to the system's own; root is somebody's */
        bool own_use = (o.uid > 0 && o.uid < 1000) || o.uid == 65534 || o.uid == 65535;
        entry.kind = acct_guest_name(entry.account) ? ACCT_GUEST : own_use ? ACCT_SERVICE : ACCT_PERSON;
        entry.status = o.opens ? ACCT_ACTIVE : ACCT_DISABLED;
        entry.privileged = o.uid == 0;
        if (!str_is(f[1], "x"))
            entry.password = acct_hash_state(f[1]);
        TRY(acct_add(r, entry, false, e));
        *vec_push(own) = o;
    }
}

static enum rc shadow_line(struct acct_reader *r, struct str line, struct err *e)
{
    struct str f[9];
    struct civil ends;
    TRY(fields_read(r, line, f, 9, e));
    struct acct_entry *entry = acct_find(r, f[0], false), none = {0};
    if (entry == NULL) {
        acct_doubt(r, ACCT_UNKNOWN_NAME, f[0]);
        entry = &none;                                   /* judged all the same: a wrong line is told */
    }
    entry->password = acct_hash_state(f[1]);
    entry->must_change = str_is(f[2], "0");
    TRY(days_text(r, f[2], entry->pw_on, e));
    TRY(days_text(r, f[7], entry->ends_on, e));
    bool over = str_is(f[7], "0") || (civil_read(str_of(entry->ends_on), &ends) && civil_days(ends) <= civil_days(r->on));
    if (entry->status == ACCT_ACTIVE)
        entry->status = over ? ACCT_DISABLED : entry->password == ACCT_PW_LOCKED ? ACCT_LOCKED : ACCT_ACTIVE;
    return RC_OK;
}

static enum rc group_line(struct acct_reader *r, const struct owners *own, struct str line, struct err *e)
{
    struct str f[4], one;
    int64_t gid;
    const char *name;
    TRY(fields_read(r, line, f, 4, e));
    TRY(acct_text(r, f[0], &name, e));
    if (name == NULL || !str_to_i64(f[2], &gid) || gid < 0)
        return acct_fail(r, ERR_ACCT_LINE, "no group number", e);
    for (size_t i = 0; i < own->n; i++)
        if (own->v[i].gid == gid)
            acct_group_add(r, &r->list->entries.v[i], str_of(name));
    while (str_next(&f[3], ',', &one)) {
        struct acct_entry *entry = acct_find(r, str_trim(one), false);
        if (entry != NULL)
            acct_group_add(r, entry, str_of(name));
        else if (str_trim(one).n > 0)
            acct_doubt(r, ACCT_UNKNOWN_NAME, str_trim(one));
    }
    return RC_OK;
}

static enum rc others_read(struct acct_reader *r, const struct owners *own, enum acct_file_kind kind, struct err *e)
{
    struct str rest = r->file->bytes, line;
    bool there;
    for (r->line = 0;;) {
        TRY(acct_line(r, &rest, &line, &there, e));
        if (!there)
            return RC_OK;
        if (!no_entry(line))
            TRY(kind == ACCT_F_SHADOW ? shadow_line(r, line, e) : group_line(r, own, line, e));
    }
}

static void at_file(struct acct_reader *r, const struct acct_file *file, size_t i)
{
    r->file = &file[i];
    r->at_file = (int)i;
    r->line = 0;
}

static enum acct_file_kind first_kind(struct str bytes)
{
    struct str line;
    while (str_next(&bytes, '\n', &line))
        if (!no_entry(line))
            return acct_unix_kind(line);
    return ACCT_F_NONE;
}

enum rc acct_unix(struct acct_reader *r, const struct acct_file *file, size_t n, struct err *e)
{
    struct owners own = VEC_INIT(r->tmp);
    int at[ACCT_F_CSV] = {0};                            /* place + 1 of each kind */
    for (size_t i = 0; i < n; i++) {
        enum acct_file_kind k = first_kind(file[i].bytes);
        if (k == ACCT_F_NONE || at[k] > 0)
            return err_set_arg(e, ERR_ACCT_FILE, file[i].name, "%s: not passwd, group or shadow, or there twice", file[i].name);
        at[k] = (int)i + 1;
    }
    if (at[ACCT_F_PASSWD] == 0)
        return err_set_arg(e, ERR_ACCT_FILE, file[0].name, "no passwd among the files");
    at_file(r, file, (size_t)at[ACCT_F_PASSWD] - 1);
    TRY(passwd_read(r, &own, e));
    static const struct { enum acct_file_kind kind; enum acct_doubt missing; } more[] = {{ACCT_F_SHADOW, ACCT_NO_SHADOW}, {ACCT_F_GROUP, ACCT_NO_GROUP}};
    for (size_t i = 0; i < ARRAY_N(more); i++) {
        if (at[more[i].kind] == 0) {
            acct_doubt(r, more[i].missing, STR(""));
            continue;
        }
        at_file(r, file, (size_t)at[more[i].kind] - 1);
        TRY(others_read(r, &own, more[i].kind, e));
    }
    return RC_OK;
}
