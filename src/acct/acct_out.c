/* What was read, as rows of a command; the mapping of columns as a text that is kept with a list. */
#include "acct/acct_int.h"

const char *acct_source_key(enum acct_source s)
{
    static const char *const key[] = {[ACCT_ANY] = "", [ACCT_UNIX] = "unix", [ACCT_LDIF] = "ldif", [ACCT_AD] = "ad", [ACCT_CSV] = "csv"};
    return key[s];
}

static void text_put(struct json *v, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_set_str(v, key, text);
}

struct json *acct_rows(TALLOC_CTX *mem, const struct acct_list *l)
{
    static const char *const status[] = {[ACCT_ACTIVE] = "active", [ACCT_LOCKED] = "locked", [ACCT_DISABLED] = "disabled"};
    static const char *const kind[] = {[ACCT_PERSON] = "person", [ACCT_SERVICE] = "service", [ACCT_GUEST] = "guest"};
    static const char *const password[] = {[ACCT_PW_UNKNOWN] = "unknown", [ACCT_PW_SET] = "set", [ACCT_PW_EMPTY] = "empty", [ACCT_PW_LOCKED] = "locked"};
    struct json *rows = json_arr(mem);
    for (size_t i = 0; i < l->entries.n; i++) {
        const struct acct_entry *x = &l->entries.v[i];
        struct json *row = json_add_obj(rows);
        json_set_i64(row, "line", (int64_t)i + 1);
        struct json *v = json_set_obj(row, "values");
        const struct { const char *key, *text; } texts[] = {{"account", x->account}, {"name", x->name}, {"email", x->email}, {"code", x->code}, {"group_names", x->groups},
            {"status", status[x->status]}, {"kind", kind[x->kind]}, {"password", password[x->password]}, {"privileged", x->privileged ? "1" : "0"},
            {"must_change", x->must_change ? "1" : "0"}, {"pw_on", x->pw_on}, {"last_on", x->last_on}, {"ends_on", x->ends_on}, {"made_on", x->made_on}};
        for (size_t k = 0; k < ARRAY_N(texts); k++)
            text_put(v, texts[k].key, texts[k].text);
    }
    return rows;
}

char *acct_map_text(TALLOC_CTX *mem, const struct acct_map *map)
{
    struct buf *b = buf_new(mem, 1 << 14);
    for (int i = 0; i < ACCT__COLUMNS; i++)
        if (map->heading[i] != NULL)
            buf_fmt(b, "%s=%s\n", acct_column_key((enum acct_column)i), map->heading[i]);
    return mem_strdup(mem, b->p);
}

void acct_map_read(TALLOC_CTX *mem, const char *text, struct acct_map *ret)
{
    struct str rest = str_of(text), line, key;
    *ret = (struct acct_map){{0}};
    while (str_next(&rest, '\n', &line))
        if (str_next(&line, '=', &key))
            for (int i = 0; i < ACCT__COLUMNS; i++)
                if (str_is(key, acct_column_key((enum acct_column)i)) && line.n > 0)
                    ret->heading[i] = str_dup(mem, str_trim(line));
}
