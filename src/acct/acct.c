/* Which files belong together, limits, and what all readers share. */
#include "acct/acct_int.h"

enum rc acct_fail(struct acct_reader *r, enum err_code code, const char *why, struct err *e)
{
    return err_set_arg(e, code, mem_fmt(r->tmp, "%.120s:%d", r->file->name, r->line), "%.120s:%d: %s", r->file->name, r->line, why);
}

void acct_doubt(struct acct_reader *r, enum acct_doubt d, struct str what)
{
    if (r->list->doubt[d]++ == 0 && what.n > 0)
        r->list->doubt_what[d] = str_dup(r->mem, (struct str){what.p, what.n < 60 ? what.n : 60});
}

enum rc acct_line(struct acct_reader *r, struct str *rest, struct str *ret, bool *ret_there, struct err *e)
{
    size_t bad;
    *ret_there = rest->n > 0;
    if (rest->n == 0)
        return RC_OK;
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    r->line++;
    *ret = (struct str){rest->p, n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n};
    rest->p += n + (end != NULL);
    rest->n -= n + (end != NULL);
    if (ret->n > ACCT_LINE_MAX)
        return acct_fail(r, ERR_ACCT_LIMIT, "line too long", e);
    return utf8_ok(ret->p, ret->n, &bad) ? RC_OK : acct_fail(r, ERR_ACCT_BYTES, "not UTF-8, or a NUL", e);
}

enum rc acct_text(struct acct_reader *r, struct str s, const char **ret, struct err *e)
{
    s = str_trim(s);
    *ret = NULL;
    if (s.n > ACCT_TEXT_MAX)
        return acct_fail(r, ERR_ACCT_LIMIT, "a name is too long", e);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return acct_fail(r, ERR_ACCT_BYTES, "a control character in a name", e);
    if (s.n > 0)
        *ret = text_nfc(r->mem, str_dup(r->tmp, s));
    return RC_OK;
}

char *acct_fold(TALLOC_CTX *mem, struct str s)
{
    char *t = str_dup(mem, s);
    for (char *p = t; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return t;
}

enum rc acct_add(struct acct_reader *r, struct acct_entry entry, bool fold, struct err *e)
{
    const char *key = fold ? acct_fold(r->tmp, str_of(entry.account)) : entry.account;
    if (map_get(r->by_name, key) != NULL)
        return acct_fail(r, ERR_ACCT_TWICE, "the account is there already", e);
    if (r->list->entries.n >= ACCT_ENTRIES_MAX)
        return acct_fail(r, ERR_ACCT_LIMIT, "too many accounts", e);
    entry.line = r->line;
    entry.file = r->at_file;
    *vec_push(&r->list->entries) = entry;
    map_set(r->by_name, key, (void *)(uintptr_t)r->list->entries.n);
    return RC_OK;
}

struct acct_entry *acct_find(struct acct_reader *r, struct str account, bool fold)
{
    size_t at = (size_t)(uintptr_t)map_get(r->by_name, fold ? acct_fold(r->tmp, account) : str_dup(r->tmp, account));
    return at > 0 ? &r->list->entries.v[at - 1] : NULL;
}

/* Groups whose members may do everything, as Unix, sudo and Windows come with them. */
static bool group_rules(struct str g)
{
    static const char *const name[] = {"root", "wheel", "sudo", "admin", "sudoers", "Domain Admins", "Enterprise Admins", "Schema Admins", "Administrators",
                                       "Account Operators", "Server Operators", "Backup Operators", "Domain Controllers", "Group Policy Creator Owners"};
    for (size_t i = 0; i < ARRAY_N(name); i++)
        if (acct_same(g, name[i]))
            return true;
    return false;
}

void acct_group_add(struct acct_reader *r, struct acct_entry *entry, struct str g)
{
    g = str_trim(g);
    if (g.n == 0)
        return;
    entry->privileged |= group_rules(g);
    size_t had = entry->groups ? strlen(entry->groups) : 0;
    struct str rest = str_of(entry->groups), one;
    while (str_next(&rest, ',', &one))
        if (str_eq(str_trim(one), g))
            return;
    if (had + g.n + 2 > ACCT_GROUPS_MAX) {
        acct_doubt(r, ACCT_GROUPS_CUT, str_of(entry->account));
        return;
    }
    entry->groups = had ? mem_fmt(r->mem, "%s, %.*s", entry->groups, (int)g.n, g.p) : str_dup(r->mem, g);
}

bool acct_guest_name(const char *account)
{
    return acct_same(str_of(account), "guest") || acct_same(str_of(account), "ゲスト") || acct_same(str_of(account), "anonymous");
}

/* ---- which files these are ---- */

static enum acct_file_kind file_kind(const struct acct_file *f)
{
    struct str rest = f->bytes, line;
    if (rest.n >= 3 && memcmp(rest.p, "\xef\xbb\xbf", 3) == 0)
        rest = (struct str){rest.p + 3, rest.n - 3};
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.n == 0 || (line.p[0] == '#' && !str_starts(line, "#TYPE")))
            continue;
        char *low = acct_fold(NULL, (struct str){line.p, line.n < 12 ? line.n : 12});
        bool ldif = strncmp(low, "dn:", 3) == 0 || strncmp(low, "version:", 8) == 0;
        talloc_free(low);
        return ldif ? ACCT_F_LDIF : acct_unix_kind(line) != ACCT_F_NONE ? acct_unix_kind(line) : ACCT_F_CSV;
    }
    return ACCT_F_NONE;
}

static enum rc files_check(TALLOC_CTX *tmp, const struct acct_file *file, size_t n, struct err *e)
{
    size_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += file[i].bytes.n;
    if (n == 0)
        return err_set_arg(e, ERR_ACCT_FILE, "", "no file");
    if (n > ACCT_FILES_MAX || all > ACCT_BYTES_MAX)
        return err_set_arg(e, ERR_ACCT_LIMIT, mem_fmt(tmp, "%.120s:1", file[0].name), "%zu files of %zu bytes", n, all);
    return RC_OK;
}

/* One file read alone: LDIF or CSV. Several of a kind would be several lists. */
static enum rc alone(struct acct_reader *r, enum acct_file_kind kind, size_t n, enum acct_source source, const struct acct_map *map, struct err *e)
{
    if (n > 1 || kind == ACCT_F_NONE)
        return err_set_arg(e, ERR_ACCT_FILE, r->file[n > 1].name, "%zu files, not of one system", n);
    if (kind == ACCT_F_LDIF && source != ACCT_AD && source != ACCT_CSV) {
        r->list->source = ACCT_LDIF;
        return acct_ldif(r, e);
    }
    r->list->source = source == ACCT_CSV || source == ACCT_AD ? source : ACCT_ANY;
    return acct_csv(r, map, e);
}

enum rc acct_read(TALLOC_CTX *mem, const struct acct_file *file, size_t n, enum acct_source source, const struct acct_map *map, struct civil on,
                  struct acct_list **ret, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    TRY(files_check(tmp, file, n, e));
    struct acct_list *list = mem_new(tmp, struct acct_list);
    struct acct_reader r = {.mem = list, .tmp = tmp, .list = list, .by_name = map_new(tmp), .file = file, .on = on};
    enum acct_file_kind kind = file_kind(&file[0]);
    bool is_unix = kind == ACCT_F_PASSWD || kind == ACCT_F_GROUP || kind == ACCT_F_SHADOW;
    list->entries.mem = list;
    if (source == ACCT_UNIX || (source == ACCT_ANY && is_unix)) {
        list->source = ACCT_UNIX;
        TRY(acct_unix(&r, file, n, e));
    } else {
        TRY(alone(&r, kind, n, source, map, e));
    }
    if (list->entries.n == 0)
        return err_set_arg(e, ERR_ACCT_FILE, file[0].name, "no account in %s", file[0].name);
    *ret = talloc_steal(mem, list);
    return RC_OK;
}
