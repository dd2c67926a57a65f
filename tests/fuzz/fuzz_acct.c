/* libFuzzer target for lists of accounts. The first byte says what the bytes are (passwd with shadow and group behind lines "%", LDIF, a CSV of Active Directory, any CSV);
 * whatever they are: what is read keeps its limits, is text, and no account stands there twice. */
#include <stdlib.h>
#include "acct/acct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void text_ok(const char *s, size_t max)
{
    size_t bad;
    if (s != NULL && (s[0] == '\0' || strlen(s) > max || !utf8_ok(s, strlen(s), &bad) || strpbrk(s, "\n\r\t") != NULL))
        abort();
}

static void day_ok(const char *s)
{
    struct civil c;
    if (s[0] != '\0' && !civil_read(str_of(s), &c))
        abort();
}

static void list_ok(TALLOC_CTX *mem, const struct acct_list *l)
{
    struct map *seen = map_new(mem);
    if (l->entries.n == 0 || l->entries.n > ACCT_ENTRIES_MAX)
        abort();
    for (size_t i = 0; i < l->entries.n; i++) {
        const struct acct_entry *x = &l->entries.v[i];
        if (x->account == NULL || map_get(seen, x->account) != NULL || x->line < 1)
            abort();
        map_set(seen, x->account, seen);
        text_ok(x->account, 3 * ACCT_TEXT_MAX);          /* a normal form may be longer */
        text_ok(x->name, 3 * ACCT_TEXT_MAX);
        text_ok(x->email, 3 * ACCT_TEXT_MAX);
        text_ok(x->code, 3 * ACCT_TEXT_MAX);
        if (x->groups != NULL && strlen(x->groups) > ACCT_GROUPS_MAX)
            abort();
        day_ok(x->pw_on);
        day_ok(x->last_on);
        day_ok(x->ends_on);
        day_ok(x->made_on);
    }
}

static size_t files_of(const uint8_t *data, size_t n, struct acct_file *file)
{
    size_t from = 0, k = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && !(data[i] == '%' && i + 1 < n && data[i + 1] == '\n'))
            continue;
        if (k < ACCT_FILES_MAX)
            file[k++] = (struct acct_file){"file", {(const char *)data + from, i - from}};
        from = i + 2 < n ? i + 2 : n;
    }
    return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const enum acct_source source[] = {ACCT_ANY, ACCT_UNIX, ACCT_LDIF, ACCT_AD, ACCT_CSV};
    struct acct_file file[ACCT_FILES_MAX];
    struct acct_map map = {{0}};
    struct acct_list *list;
    const char **headings;
    size_t heading_n;
    struct err e = {0};
    if (n < 1)
        return 0;
    TALLOC_CTX *mem = mem_root(0);
    size_t files = files_of(data + 1, n - 1, file);
    bool mapped = acct_headings(mem, &file[0], &headings, &heading_n, &map, &e) == RC_OK;
    if (acct_read(mem, file, files, source[data[0] % ARRAY_N(source)], mapped ? &map : NULL, (struct civil){2026, 6, 1}, &list, &e) == RC_OK)
        list_ok(mem, list);
    else if (err_info(e.code)->http >= 500)
        abort();
    talloc_free(mem);
    return 0;
}
