/* Posted fields -> {path: typed}. Names are f.<path>; f.<path>[] gathers a list; rows of a table that are blank in every column are left out.
 * Unknown names are dropped here: content_read would refuse them, and a page never sends any. */
#include "form/form.h"

static bool asked(const struct field *f, const char *const *stages)
{
    for (size_t i = 0; stages[i] != NULL; i++)
        if (pack_field_asked(f, stages[i]))
            return f->value == NULL;
    return false;
}

static void bind_list(struct json *out, const struct field *f, const struct form_posted *p, size_t n)
{
    MEM_SCOPE(tmp, NULL);
    const char *name = mem_fmt(tmp, "f.%s[]", f->path);
    struct json *arr = json_set_arr(out, f->path);
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0 && p[i].value[0] != '\0')
            json_add_str(arr, p[i].value);
}

static const char *posted(const struct form_posted *p, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0)
            return p[i].value;
    return NULL;
}

#define TABLE_ROWS_MAX 500
static void bind_table(struct json *out, const struct field *f, const struct form_posted *p, size_t n)
{
    MEM_SCOPE(tmp, NULL);
    struct json *arr = json_set_arr(out, f->path);
    for (size_t r = 0; r < TABLE_ROWS_MAX; r++) {
        bool there = false, any = false;
        struct json *row = json_obj(tmp);
        for (size_t i = 0; i < f->cols_n; i++) {
            const char *v = posted(p, n, mem_fmt(tmp, "f.%s[%zu].%s", f->path, r, f->cols[i].id));
            there = there || v != NULL;
            any = any || (v != NULL && v[0] != '\0');
            if (v != NULL)
                json_set_str(row, f->cols[i].id, v);
        }
        if (!there)
            return;
        if (any)
            json_add(arr, row);
    }
}

struct json *form_bind(TALLOC_CTX *mem, const struct form *f, const struct form_posted *p, size_t n, const char *const *stages)
{
    MEM_SCOPE(tmp, NULL);
    struct json *out = json_obj(mem);
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (!asked(fd, stages))
            continue;
        if (fd->type == FT_TABLE) {
            bind_table(out, fd, p, n);
        } else if (field_is_child(fd)) {
            bind_list(out, fd, p, n);
        } else {
            const char *v = posted(p, n, mem_fmt(tmp, "f.%s", fd->path));
            if (v != NULL)
                json_set_str(out, fd->path, v);
        }
    }
    return out;
}

static void typed_list(struct content *c, TALLOC_CTX *mem, const struct field *f, const struct json *arr)
{
    for (size_t r = 0; r < json_n(arr); r++) {
        const struct json *v = json_at(arr, r);
        if (f->type != FT_TABLE)
            content_set(c, mem_fmt(mem, "%s[%zu]", f->path, r), json_str(v));
        for (struct json_pos p = {0}; f->type == FT_TABLE && json_next(v, &p);)
            if (json_str(p.val) != NULL && json_str(p.val)[0] != '\0')
                content_set(c, mem_fmt(mem, "%s[%zu].%s", f->path, r, p.key), json_str(p.val));
    }
}

struct content *form_typed(TALLOC_CTX *mem, const struct form *f, const struct content *base, const struct json *typed)
{
    struct content *c = base ? content_copy(mem, base) : content_new(mem);
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        const struct json *v = json_get(typed, fd->path);
        if (v == NULL)
            continue;
        if (field_is_child(fd)) {
            for (size_t r = content_rows(c, fd->path); r-- > 0;) {
                content_set(c, mem_fmt(mem, "%s[%zu]", fd->path, r), NULL);
                for (size_t k = 0; k < fd->cols_n; k++)
                    content_set(c, mem_fmt(mem, "%s[%zu].%s", fd->path, r, fd->cols[k].id), NULL);
            }
            typed_list(c, mem, fd, v);
        } else {
            content_set(c, fd->path, json_str(v) && json_str(v)[0] ? json_str(v) : NULL);
        }
    }
    content_order(c, f);
    return c;
}

void form_diff(struct html *h, const char *caption, const struct form *f, const struct change_vec *changes, const struct form_env *env)
{
    MEM_SCOPE(mem, NULL);
    const char *const labels[] = {msg_text(env->lang, MSG("form.field")), msg_text(env->lang, MSG("form.before")), msg_text(env->lang, MSG("form.after"))};
    ui_table_open(h, caption);
    ui_table_head(h, labels, 3);
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *c = &changes->v[i];
        const struct field *col = NULL;
        int64_t row, id;
        const struct field *fd = content_field(f, c->path, &col, &row);
        const struct field *t = col ? col : fd;
        html_open(h, E_TR);
        html_el(h, E_TH, t == NULL ? c->path : row >= 0 ? mem_fmt(mem, "%s %lld", pick_lang(env->lang, t->label ? t->label : t->id, t->label_en), (long long)row + 1)
                                                        : pick_lang(env->lang, t->label ? t->label : t->id, t->label_en));
        for (int side = 0; side < 2; side++) {
            const char *v = side == 0 ? c->before : c->after;
            bool ref = v != NULL && t != NULL && value_is_ref(t) && str_to_i64(str_of(v), &id);
            html_el(h, E_TD, v == NULL ? "–" : ref ? env->ref_title(env->ctx, t, id) : t ? form_value_text(mem, t, v, env) : v);
        }
        html_close(h, E_TR);
    }
    ui_table_close(h);
}
