/* A record's content: ordered (path, canonical text) items; reading from JSON, comparing, ordering, checks that need no database. */
#include "value/value.h"

#define ROWS_MAX 500
#define PAIRS_MAX 4000
#define COLS_MAX 200

struct content *content_new(TALLOC_CTX *mem)
{
    struct content *c = mem_new(mem, struct content);
    c->mem = c;
    return c;
}

static struct item *find(const struct content *c, const char *path)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->v[i].path, path) == 0)
            return &c->v[i];
    return NULL;
}

const char *content_get(const struct content *c, const char *path)
{
    struct item *it = find(c, path);
    return it == NULL ? NULL : it->text;
}

int64_t content_id(const struct content *c, const char *path)
{
    int64_t id;
    return str_to_i64(str_of(content_get(c, path)), &id) ? id : 0;
}

void content_set(struct content *c, const char *path, const char *text)
{
    struct item *it = find(c, path);
    if (it != NULL && text == NULL) {
        memmove(it, it + 1, (size_t)(c->v + c->n - it - 1) * sizeof *it);
        c->n--;
    } else if (it != NULL) {
        it->text = mem_strdup(c, text);
    } else if (text != NULL) {
        *vec_push(c) = (struct item){mem_strdup(c, path), mem_strdup(c, text)};
    }
}

/* "items[3].asset" -> base "items", row 3, rest "asset"; row -1 when there is none. */
static struct str path_split(const char *path, int64_t *ret_row, const char **ret_col)
{
    const char *open = strchr(path, '['), *close = open ? strchr(open, ']') : NULL;
    *ret_row = -1;
    *ret_col = NULL;
    if (open == NULL)
        return str_of(path);
    if (close == NULL || !str_to_i64((struct str){open + 1, (size_t)(close - open - 1)}, ret_row) || *ret_row < 0 || *ret_row >= ROWS_MAX) {
        *ret_row = -2;                          /* not a path at all */
        return str_of("");
    }
    if (close[1] == '.')
        *ret_col = close + 2;
    else if (close[1] != '\0')
        *ret_row = -2;
    return (struct str){path, (size_t)(open - path)};
}

const struct field *content_field(const struct form *f, const char *path, const struct field **ret_col, int64_t *ret_row)
{
    const char *col;
    struct str base = path_split(path, ret_row, &col);
    *ret_col = NULL;
    if (*ret_row == -2)
        return NULL;
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (!str_is(base, fd->path))
            continue;
        for (size_t k = 0; col != NULL && k < fd->cols_n; k++)
            if (strcmp(fd->cols[k].id, col) == 0) {
                *ret_col = &fd->cols[k];
                return fd;
            }
        return col == NULL ? fd : NULL;
    }
    return NULL;
}

size_t content_rows(const struct content *c, const char *field_path)
{
    size_t n = strlen(field_path);
    int64_t most = -1, row;
    const char *col;
    for (size_t i = 0; i < c->n; i++)
        if (strncmp(c->v[i].path, field_path, n) == 0 && c->v[i].path[n] == '[') {
            path_split(c->v[i].path, &row, &col);
            most = row > most ? row : most;
        }
    return (size_t)(most + 1);
}

/* ---- order ---- */

/* Where an item stands: its field in the form (unknown ones last), its row, its column. */
struct place { struct item it; const struct field *fd, *col; int64_t row; };

static int place_cmp(const struct form *f, const struct place *a, const struct place *b)
{
    ptrdiff_t fa = a->fd ? a->fd - f->field : PTRDIFF_MAX, fb = b->fd ? b->fd - f->field : PTRDIFF_MAX;
    if (fa != fb)
        return fa < fb ? -1 : 1;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    ptrdiff_t ca = a->col ? a->col - a->fd->cols : -1, cb = b->col ? b->col - b->fd->cols : -1;
    return ca != cb ? (ca < cb ? -1 : 1) : strcmp(a->it.path, b->it.path);
}

static int place_cmp_r(const void *a, const void *b, void *form) { return place_cmp(form, a, b); }

/* Nearly sorted almost always: insertion is the cheapest. Not when somebody sends 4,000 rows backwards. */
static void places_sort(const struct form *f, struct place *v, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n && moves <= 8 * n; i++) {
        struct place p = v[i];
        size_t k = i;
        for (; k > 0 && place_cmp(f, &v[k - 1], &p) > 0; k--, moves++)
            v[k] = v[k - 1];
        v[k] = p;
    }
    if (moves > 8 * n)
        qsort_r(v, n, sizeof *v, place_cmp_r, (void *)(uintptr_t)f);
}

/* Rows are numbered from 0 without gaps. */
static void place_renumber(struct content *c, struct place *v, size_t n)
{
    const struct field *last = NULL;
    int64_t last_row = -1, next = -1;
    for (size_t i = 0; i < n; i++) {
        struct place *p = &v[i];
        if (p->fd == NULL || p->row < 0) {
            last = NULL;
            continue;
        }
        if (p->fd != last)
            next = last_row = -1;
        if (p->row != last_row)
            next++;
        last = p->fd;
        last_row = p->row;
        if (p->row != next)
            p->it.path = p->col ? mem_fmt(c, "%s[%lld].%s", p->fd->path, (long long)next, p->col->id) : mem_fmt(c, "%s[%lld]", p->fd->path, (long long)next);
    }
}

void content_order(struct content *c, const struct form *f)
{
    MEM_SCOPE(tmp, NULL);
    struct place *v = mem_array(tmp, struct place, c->n + 1);
    for (size_t i = 0; i < c->n; i++) {
        v[i].it = c->v[i];
        v[i].fd = content_field(f, c->v[i].path, &v[i].col, &v[i].row);
    }
    places_sort(f, v, c->n);
    place_renumber(c, v, c->n);
    for (size_t i = 0; i < c->n; i++)
        c->v[i] = v[i].it;
}

/* ---- compare, copy, JSON ---- */

void content_diff(TALLOC_CTX *mem, const struct content *a, const struct content *b, struct change_vec *ret)
{
    if (ret->mem == NULL)
        ret->mem = mem;
    for (size_t i = 0; i < a->n; i++) {
        const char *now = content_get(b, a->v[i].path);
        if (!text_eq(now, a->v[i].text))
            *vec_push(ret) = (struct change){a->v[i].path, a->v[i].text, now};
    }
    for (size_t i = 0; i < b->n; i++)
        if (content_get(a, b->v[i].path) == NULL)
            *vec_push(ret) = (struct change){b->v[i].path, NULL, b->v[i].text};
}

struct content *content_copy(TALLOC_CTX *mem, const struct content *c)
{
    struct content *n = content_new(mem);
    for (size_t i = 0; i < c->n; i++)
        *vec_push(n) = (struct item){mem_strdup(n, c->v[i].path), mem_strdup(n, c->v[i].text)};
    return n;
}

struct json *content_json(TALLOC_CTX *mem, const struct content *c)
{
    struct json *o = json_obj(mem);
    for (size_t i = 0; i < c->n; i++)
        json_set_str(o, c->v[i].path, c->v[i].text);
    return o;
}

/* ---- reading ---- */

static void trouble(struct trouble_vec *t, const char *path, const char *code, const char *text)
{
    *vec_push(t) = (struct trouble){.path = path, .code = code, .text = text};
}

static void field_clear(struct content *c, const char *path)
{
    size_t n = strlen(path), keep = 0;
    for (size_t i = 0; i < c->n; i++)
        if (!(strncmp(c->v[i].path, path, n) == 0 && (c->v[i].path[n] == '[' || c->v[i].path[n] == '\0')))
            c->v[keep++] = c->v[i];
    c->n = keep;
}

/* Text, number or boolean of the JSON as a person would have typed it. */
static const char *typed_of(TALLOC_CTX *mem, const struct json *v)
{
    switch (json_type(v)) {
    case JSON_STR:
        return json_str(v);
    case JSON_INT: case JSON_REAL:
        return json_text(mem, v);
    case JSON_BOOL:
        return strcmp(json_text(mem, v), "true") == 0 ? "1" : "0";
    case JSON_NULL: case JSON_ARR: case JSON_OBJ:
        return "";
    }
    return "";
}

struct reading {
    TALLOC_CTX *mem; const struct value_ctx *ctx; const struct form *form; struct content *out; struct trouble_vec *troubles;
    bool *started;                                       /* per field of the form: a row of it was among the pairs; NULL: rows are kept */
};

static void read_one(struct reading *r, const struct field *type, const char *path, const struct json *v)
{
    const char *text;
    if (json_type(v) == JSON_OBJ || json_type(v) == JSON_ARR) {           /* not "nothing": that would empty the field */
        trouble(r->troubles, path, "shape", msg_fill(r->mem, r->ctx->lang, MSG("value.shape"), pick_lang(r->ctx->lang, type->label ? type->label : path, type->label_en), NULL));
        return;
    }
    if (type->type == FT_SIGN && text_eq(typed_of(r->mem, v), content_get(r->out, path)))
        return;                                          /* what was signed is sent again as it stands */
    if (value_read(r->mem, r->ctx, type, path, typed_of(r->mem, v), &text, r->troubles))
        content_set(r->out, path, text);
}

static void read_row(struct reading *r, const struct field *fd, size_t row, const struct json *v)
{
    if (json_type(v) != JSON_OBJ || fd->type != FT_TABLE) {
        read_one(r, fd, mem_fmt(r->mem, "%s[%zu]", fd->path, row), v);
        return;
    }
    if (json_n(v) > COLS_MAX)
        trouble(r->troubles, fd->path, "unknown", msg_fill(r->mem, r->ctx->lang, MSG("value.unknown"), fd->path, NULL));
    for (struct json_pos p = {0}; json_n(v) <= COLS_MAX && json_next(v, &p);) {
        char *path = mem_fmt(r->mem, "%s[%zu].%s", fd->path, row, p.key);
        const struct field *col = NULL;
        int64_t at;
        if (content_field(r->form, path, &col, &at) == NULL || col == NULL)
            trouble(r->troubles, path, "unknown", msg_fill(r->mem, r->ctx->lang, MSG("value.unknown"), path, NULL));
        else
            read_one(r, col, path, p.val);
    }
}

static void read_list(struct reading *r, const struct field *fd, const struct json *arr)
{
    field_clear(r->out, fd->path);
    if (json_n(arr) > ROWS_MAX) {
        trouble(r->troubles, fd->path, "length", msg_fill(r->mem, r->ctx->lang, MSG("value.rows"), pick_lang(r->ctx->lang, fd->label, fd->label_en), NULL));
        return;
    }
    for (size_t i = 0; i < json_n(arr); i++)
        read_row(r, fd, i, json_at(arr, i));
}

/* The first row of a field that comes puts aside what stood there. */
static void row_start(struct reading *r, const struct field *fd)
{
    bool *started = r->started == NULL ? NULL : &r->started[fd - r->form->field];
    if (started != NULL && !*started)
        field_clear(r->out, fd->path);
    if (started != NULL)
        *started = true;
}

static void read_pair(struct reading *r, const char *path, const struct json *v)
{
    const struct field *col = NULL;
    int64_t row;
    const struct field *fd = content_field(r->form, path, &col, &row);
    if (fd == NULL) {
        trouble(r->troubles, path, "unknown", msg_fill(r->mem, r->ctx->lang, MSG("value.unknown"), path, NULL));
        return;
    }
    if (fd->value != NULL) {
        trouble(r->troubles, path, "computed", msg_fill(r->mem, r->ctx->lang, MSG("value.computed"), pick_lang(r->ctx->lang, fd->label, fd->label_en), NULL));
        return;
    }
    bool list = field_is_child(fd);
    if (row >= 0 && list) {
        row_start(r, fd);
        if (fd->type == FT_TABLE && col == NULL)
            read_row(r, fd, (size_t)row, v);
        else
            read_one(r, col ? col : fd, path, v);
    } else if (list && json_type(v) == JSON_ARR) {
        read_list(r, fd, v);
    } else if (list && json_type(v) == JSON_OBJ) {
        read_one(r, fd, path, v);
    } else if (list) {                                /* one value typed for a list: "a, b" */
        struct json *arr = json_arr(r->mem);
        struct str rest = str_of(typed_of(r->mem, v)), part;
        while (fd->type != FT_TABLE && str_next(&rest, ',', &part))
            if (str_trim(part).n > 0)
                json_add_str(arr, str_dup(r->mem, str_trim(part)));
        read_list(r, fd, arr);
    } else {
        read_one(r, fd, path, v);
    }
}

struct content *content_read(TALLOC_CTX *mem, const struct value_ctx *ctx, const struct form *f, const struct content *base, const struct json *in,
                             bool replace_rows, struct trouble_vec *troubles)
{
    struct reading r = {.mem = mem, .ctx = ctx, .form = f, .out = base ? content_copy(mem, base) : content_new(mem), .troubles = troubles};
    bool sound = in == NULL || json_type(in) == JSON_NULL || json_type(in) == JSON_OBJ;
    if (!sound || json_n(in) > PAIRS_MAX) {
        trouble(troubles, "values", sound ? "length" : "unknown", msg_fill(mem, ctx->lang, MSG("value.unknown"), "values", NULL));
        return r.out;
    }
    r.started = replace_rows ? mem_array(mem, bool, f->field_n + 1) : NULL;
    for (struct json_pos p = {0}; json_next(in, &p);)
        read_pair(&r, p.key, p.val);
    content_order(r.out, f);
    return r.out;
}

/* ---- checks without a database ---- */

static bool stage_in(const char *stage, const char *const *stages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(stage ? stage : "submit", stages[i]) == 0)
            return true;
    return false;
}

static bool has(const struct content *c, const struct field *fd, const char *opt)
{
    size_t rows = content_rows(c, fd->path);
    MEM_SCOPE(tmp, NULL);
    for (size_t i = 0; i < rows; i++)
        if (text_eq(content_get(c, mem_fmt(tmp, "%s[%zu]", fd->path, i)), opt))
            return true;
    return false;
}

static void check_table(TALLOC_CTX *mem, const struct field *fd, const struct content *c, enum lang lang, struct trouble_vec *troubles)
{
    size_t rows = content_rows(c, fd->path);
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < fd->cols_n; k++) {
            char *path = mem_fmt(mem, "%s[%zu].%s", fd->path, r, fd->cols[k].id);
            if (fd->cols[k].required && content_get(c, path) == NULL)
                trouble(troubles, path, "required", msg_fill(mem, lang, MSG("core.required"), pick_lang(lang, fd->cols[k].label, fd->cols[k].label_en), NULL));
        }
}

void content_check(TALLOC_CTX *mem, const struct form *f, const struct content *c, const char *const *stages, size_t stages_n, enum lang lang, struct trouble_vec *troubles)
{
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        const char *label = pick_lang(lang, fd->label, fd->label_en);
        bool filled = content_get(c, fd->path) != NULL || content_rows(c, fd->path) > 0;
        if (!stage_in(fd->stage, stages, stages_n))
            continue;
        if (fd->required && !filled && fd->value == NULL)
            trouble(troubles, fd->path, "required", msg_fill(mem, lang, MSG("core.required"), label, NULL));
        for (size_t k = 0; fd->all_ticked && filled && fd->of != NULL && k < fd->of->n; k++)
            if (!has(c, fd, fd->of->opt[k].id))
                trouble(troubles, fd->path, "required", msg_fill(mem, lang, MSG("value.all-ticked"), label, fd->of->opt[k].label, NULL));
        if (fd->type == FT_TABLE)
            check_table(mem, fd, c, lang, troubles);
    }
}
