/* libFuzzer target for the values of a record as the API sends them: any JSON gives content whose paths the form has, in its order, and which is read back
 * as itself; or troubles. One field of every type. build/fuzz_content tests/fuzz/corpus/content */
#include <stdlib.h>
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct choice_opt opt[] = {{"usb", "USB", NULL}, {"paper", "紙", NULL}};
static struct choice_set of = {.id = "media", .opt = opt, .n = 2};
static struct cond computed;
static struct field cols[] = {{.id = "t", .path = "rows.t", .label = "文", .type = FT_TEXT, .required = true}, {.id = "n", .path = "rows.n", .label = "数", .type = FT_INT}, {.id = "d", .path = "rows.d", .label = "日", .type = FT_DATE}};
static struct form person = {.id = "person", .ident = "person"};
static struct field fields[] = {
    {.id = "text", .path = "text", .col = "text", .label = "文", .type = FT_TEXT}, {.id = "long", .path = "long", .col = "long", .label = "長文", .type = FT_LONGTEXT}, {.id = "int", .path = "int", .col = "int", .label = "数", .type = FT_INT},
    {.id = "number", .path = "number", .col = "number", .label = "実数", .type = FT_NUMBER}, {.id = "money", .path = "money", .col = "money", .label = "金額", .type = FT_MONEY}, {.id = "date", .path = "date", .col = "date", .label = "日", .type = FT_DATE},
    {.id = "when", .path = "when", .col = "when_", .label = "日時", .type = FT_DATETIME}, {.id = "month", .path = "month", .col = "month", .label = "月", .type = FT_MONTH}, {.id = "span", .path = "span", .col = "span", .label = "期間", .type = FT_DURATION},
    {.id = "yes", .path = "yes", .col = "yes", .label = "有無", .type = FT_BOOL}, {.id = "one", .path = "one", .col = "one", .label = "選択", .type = FT_CHOICE, .of = &of}, {.id = "many", .path = "many", .col = "many", .label = "複数", .type = FT_MULTI, .of = &of},
    {.id = "who", .path = "who", .col = "who", .label = "人", .type = FT_PERSON, .ref = &person}, {.id = "role", .path = "role", .col = "role", .label = "役割", .type = FT_ROLE}, {.id = "file", .path = "file", .col = "file", .label = "添付", .type = FT_FILE, .many = true},
    {.id = "rows", .path = "rows", .col = "rows", .label = "明細", .type = FT_TABLE, .cols = cols, .cols_n = 3}, {.id = "level", .path = "sme.level", .col = "sme__level", .label = "算出", .type = FT_TEXT, .value = &computed},
};
static const struct form form = {.id = "all", .ident = "all", .field = fields, .field_n = ARRAY_N(fields)};

static bool resolve(void *ctx, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several)
{
    (void)ctx;
    (void)target;
    *ret_several = false;
    return str_to_i64(str_of(typed), ret_id) && *ret_id > 0;
}

static struct content *reading(TALLOC_CTX *mem, const struct json *in, const struct content *base, struct trouble_vec *t)
{
    const struct value_ctx ctx = {.lang = LANG_JA, .resolve = resolve};
    struct content *c = content_read(mem, &ctx, &form, base, in, true, t);
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col;
        int64_t row;
        size_t bad;
        const struct field *fd = content_field(&form, c->v[i].path, &col, &row);
        if (fd == NULL || fd->value != NULL || c->v[i].text == NULL || c->v[i].text[0] == '\0' || !utf8_ok(c->v[i].text, strlen(c->v[i].text), &bad))
            abort();
        (void)value_show(mem, col ? col : fd, c->v[i].text, LANG_JA);
    }
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct trouble_vec t = VEC_INIT(mem), none = VEC_INIT(mem);
    struct change_vec changes = VEC_INIT(mem);
    struct json *in;
    struct err e = {0};
    if (json_read(mem, (struct str){(const char *)data, n}, 1 << 16, &in, &e) == RC_OK) {
        struct content *c = reading(mem, in, NULL, &t), *again;
        const char *const stages[] = {"submit"};
        content_check(mem, &form, c, stages, 1, LANG_JA, &t);
        again = reading(mem, content_json(mem, c), NULL, &none);
        content_diff(mem, c, again, &changes);
        if (none.n > 0 || changes.n > 0)
            abort();                                     /* what is canonical stays as it is */
        (void)reading(mem, in, c, &t);
    }
    talloc_free(mem);
    return 0;
}
