/* Third and fourth step of the first hour: people and departments from the lists that an office has, looked through before anything is
 * kept; then who holds which role and the first administrator. */
#include "page/setup_page.h"

#define SHOWN_ROWS 10
#define SELECT_PEOPLE_MAX 300

/* {rows, columns} of one file; rows NULL when none was sent. */
static void sheet_read(struct setup_page *u, const char *field, const char *form, struct json **ret_rows, struct json **ret_columns)
{
    const struct upload *up = upload_of(u->r, field);
    struct str data;
    struct err e = {0};
    *ret_rows = *ret_columns = NULL;
    if (up == NULL)
        return;
    if (upload_text(u->r, up, &data, &e) != RC_OK || sheet_rows(u->r, data, pack_form(u->s.rd.set, form), ret_rows, ret_columns, &e) != RC_OK) {
        setup_trouble(u, field, mem_fmt(u->r, "%s: %s", up->name, err_say(u->r, req_lang(u->r), &e)));
        *ret_rows = NULL;
    }
}

/* ---- looking rows through ---- */

static const char *cell(const struct json *row, const char *path) { return json_get_str(json_get(row, "values"), path); }

/* How many rows of a list bear a text in one of these columns: {text: n}. A list of 10,000 people is looked through once, not once per row. */
static void texts_count(struct json *index, const struct json *row, const char *const *paths)
{
    for (size_t k = 0; paths[k] != NULL; k++) {
        const char *v = cell(row, paths[k]);
        bool again = v == NULL;
        for (size_t j = 0; j < k && !again; j++)
            again = text_eq(cell(row, paths[j]), v);
        if (!again)
            json_set_i64(index, v, json_get_i64(index, v, 0) + 1);
    }
}

static struct json *index_of(TALLOC_CTX *mem, const struct json *rows, const char *const *paths)
{
    struct json *index = json_obj(mem);
    for (size_t i = 0; i < json_n(rows); i++)
        texts_count(index, json_at(rows, i), paths);
    return index;
}

static const char *const d_names[] = {"name", NULL}, *const p_names[] = {"name", "login", "code", NULL};

struct known { const struct json *departments, *people; /* indexes */ };
/* References inside a list that is not kept yet: anything named in it counts as found. */
static bool known_resolve(void *ctx, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several)
{
    const struct known *k = ctx;
    int64_t n = 0;
    *ret_id = 1;
    if (strcmp(target->ident, "department") == 0)
        n = json_get(k->departments, typed) != NULL;
    else if (strcmp(target->ident, "person") == 0)
        n = json_get_i64(k->people, typed, 0);
    *ret_several = n > 1;
    return n == 1;
}

struct look { struct setup_page *u; const struct form *f; struct value_ctx ctx; struct json *errors; /* [{line, text}] */ };

static void look_bad(struct look *l, const struct json *row, const char *text)
{
    struct json *o = json_add_obj(l->errors);
    json_set_i64(o, "line", json_get_i64(row, "line", 0));
    json_set_str(o, "text", text);
    json_set(o, "values", json_get(row, "values"));
}

static bool seen_before(struct json *seen, const struct json *row, const char *path)
{
    const char *v = cell(row, path);
    struct json *column = json_child(seen, path);
    bool before = v != NULL && column != NULL && json_get(column, v) != NULL;
    if (v != NULL)
        json_set_bool(column != NULL ? column : json_set_obj(seen, path), v, true);
    return before;
}

/* An empty cell that is required but that a new record begins with: keeping the list fills it in. */
static bool begins_filled(const struct form *f, const struct trouble *t)
{
    const struct field *fd = t->path && strcmp(t->code, "required") == 0 ? pack_field(f, t->path) : NULL;
    return fd != NULL && fd->dflt != NULL;
}

static void look_through(struct look *l, const struct json *rows, const char *const *unique)
{
    static const char *const stages[] = {"submit"};
    struct json *seen = json_obj(l->u->r);
    for (size_t i = 0; i < json_n(rows); i++) {
        MEM_SCOPE(tmp, NULL);
        struct trouble_vec t = VEC_INIT(tmp);
        struct content *c = content_read(tmp, &l->ctx, l->f, NULL, json_get(json_at(rows, i), "values"), true, &t);
        if (t.n == 0)
            content_check(tmp, l->f, c, stages, 1, req_lang(l->u->r), &t);
        for (size_t k = 0; k < t.n; k++)
            if (!begins_filled(l->f, &t.v[k]))
                look_bad(l, json_at(rows, i), t.v[k].text);
        for (size_t k = 0; unique[k] != NULL; k++)
            if (seen_before(seen, json_at(rows, i), unique[k]))
                look_bad(l, json_at(rows, i), msg_fill(tmp, req_lang(l->u->r), MSG("setup.twice"), pack_field(l->f, unique[k])->label, cell(json_at(rows, i), unique[k]), NULL));
    }
}

/* A parent stands before its children; one that never can (a circle, or a name that is not there) is reported by its row. */
static struct json *parents_first(struct look *l, struct json *rows)
{
    size_t n = json_n(rows), up_n;
    struct json *out = json_arr(l->u->r), *row_of = json_obj(l->u->r), *in = json_obj(l->u->r);
    size_t *up = mem_array(l->u->r, size_t, n + 1);
    bool *used = mem_array(l->u->r, bool, n + 1), *passed = mem_array(l->u->r, bool, n + 1);
    for (size_t i = 0; i < n; i++)
        if (cell(json_at(rows, i), "name") != NULL && json_get(row_of, cell(json_at(rows, i), "name")) == NULL)
            json_set_i64(row_of, cell(json_at(rows, i), "name"), (int64_t)i);
    for (size_t i = 0; i < n; i++) {                     /* up to one that stands already or needs no parent, then down again: each row is passed once */
        int64_t at = (int64_t)i;
        const char *parent = NULL;
        for (up_n = 0; at >= 0 && !passed[at]; at = json_get_i64(row_of, parent, -1)) {
            passed[at] = true;
            up[up_n++] = (size_t)at;
            parent = cell(json_at(rows, (size_t)at), "parent");
            if (parent == NULL)
                break;
        }
        bool stands = parent == NULL || json_get(in, parent) != NULL;
        while (stands && up_n-- > 0) {
            const struct json *row = json_at(rows, up[up_n]);
            json_add(out, row);
            used[up[up_n]] = true;
            if (cell(row, "name") != NULL)
                json_set_bool(in, cell(row, "name"), true);
        }
    }
    for (size_t i = 0; i < n; i++)
        if (!used[i])
            look_bad(l, json_at(rows, i), msg_fill(l->u->r, req_lang(l->u->r), MSG("setup.parent"), cell(json_at(rows, i), "parent"), NULL));
    return out;
}

/* Without a list of departments those that people name are taken; without a login column the staff number is the sign-in name. */
static struct json *departments_of(struct setup_page *u, const struct json *people)
{
    struct json *out = json_arr(u->r), *have = json_obj(u->r);
    for (size_t i = 0; i < json_n(people); i++) {
        const char *d = cell(json_at(people, i), "department");
        if (d == NULL || json_get(have, d) != NULL)
            continue;
        json_set_bool(have, d, true);
        struct json *row = json_add_obj(out);
        json_set_str(json_set_obj(row, "values"), "name", d);
    }
    return out;
}

static bool has_column(const struct json *columns, const char *path)
{
    for (size_t i = 0; i < json_n(columns); i++)
        if (text_eq(json_get_str(json_at(columns, i), "path"), path))
            return true;
    return false;
}

static void logins_from_codes(struct json *people)
{
    for (size_t i = 0; i < json_n(people); i++) {
        struct json *v = json_child(json_item(people, i), "values");
        if (json_get_str(v, "code") != NULL)
            json_set_str(v, "login", json_get_str(v, "code"));
    }
}

static struct json *look(struct setup_page *u, struct json **departments, struct json *people)
{
    static const char *const d_unique[] = {"name", NULL}, *const p_unique[] = {"login", "code", NULL};
    struct known known = {index_of(u->r, *departments, d_names), index_of(u->r, people, p_names)};
    struct look l = {.u = u, .f = pack_form(u->s.rd.set, "department"), .ctx = {.lang = req_lang(u->r), .resolve = known_resolve, .resolve_ctx = &known}, .errors = json_arr(u->r)};
    look_through(&l, *departments, d_unique);
    *departments = parents_first(&l, *departments);
    known.departments = index_of(u->r, *departments, d_names);
    l.f = pack_form(u->s.rd.set, "person");
    look_through(&l, people, p_unique);
    return l.errors;
}

/* ---- showing ---- */

static void file_row(struct setup_page *u, const char *id, const char *label_key, const char *help_key, bool required)
{
    const struct ui_row row = {.id = id, .label = setup_text(u, label_key), .help = setup_text(u, help_key), .required = required};
    ui_row_open(u->s.h, &row);
    ui_input(u->s.h, "file", id, NULL, &row);
    ui_row_close(u->s.h, &row);
}

void setup_people_show(struct setup_page *u)
{
    setup_open(u, 3, MSG("setup.people"), MSG("setup.people-help"));
    setup_form(u, "people", true);
    file_row(u, "people", MSG("setup.people-file"), MSG("setup.people-columns"), true);
    file_row(u, "departments", MSG("setup.departments-file"), MSG("setup.departments-columns"), false);
    setup_close(u, MSG("setup.look"));
}

static void rows_carry(struct setup_page *u, const char *name, const struct json *rows)
{
    const char *t = json_canonical(u->r, rows);
    text_carry(&u->s, name, t, strlen(t));
}

static struct json *carried(struct setup_page *u, const char *name)
{
    struct json *j;
    struct err e = {0};
    struct str text = text_carried(u->r, name, 2 * SHEET_MAX);
    if (text.n == 0 || json_read(u->r, text, 2 * SHEET_MAX, &j, &e) != RC_OK || json_type(j) != JSON_ARR)
        return NULL;
    return j;
}

static void sheet_out(struct setup_page *u, const char *title_key, const struct form *f, const struct json *rows, const struct json *columns)
{
    struct html *h = u->s.h;
    size_t n = json_n(columns), used = 0;
    const char **label = mem_array(u->r, const char *, n + 1), **path = mem_array(u->r, const char *, n + 1);
    ui_heading(h, 2, msg_fill(u->r, req_lang(u->r), title_key, mem_fmt(u->r, "%zu", json_n(rows)), NULL));
    for (size_t i = 0; i < n; i++) {
        const char *p = json_get_str(json_at(columns, i), "path"), *head = json_get_str(json_at(columns, i), "header");
        const struct field *fd = p ? pack_field(f, p) : NULL;
        if (fd == NULL) {
            if (head != NULL && str_trim(str_of(head)).n > 0)
                html_el(h, E_P, msg_fill(u->r, req_lang(u->r), MSG("setup.column-unused"), head, NULL));
            continue;
        }
        path[used] = p;
        label[used++] = mem_fmt(u->r, "%s ← %s", pick_lang(req_lang(u->r), fd->label, fd->label_en), head ? head : "");
    }
    for (size_t i = 0; used > 0 && i < f->field_n; i++) {
        bool there = false;
        for (size_t k = 0; k < used; k++)
            there = there || strcmp(path[k], f->field[i].path) == 0;
        if (!there && f->field[i].required && f->field[i].dflt != NULL)
            html_el(h, E_P, msg_fill(u->r, req_lang(u->r), MSG("setup.column-default"), pick_lang(req_lang(u->r), f->field[i].label, f->field[i].label_en),
                                     f->field[i].help ? pick_lang(req_lang(u->r), f->field[i].help, f->field[i].help_en) : "", NULL));
    }
    if (used == 0)
        return;
    ui_table_open(h, msg_fill(u->r, req_lang(u->r), title_key, mem_fmt(u->r, "%zu", json_n(rows)), NULL));
    ui_table_head(h, label, used);
    for (size_t i = 0; i < json_n(rows) && i < SHOWN_ROWS; i++) {
        html_open(h, E_TR);
        for (size_t k = 0; k < used; k++)
            html_el(h, E_TD, cell(json_at(rows, i), path[k]) ? cell(json_at(rows, i), path[k]) : "");
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static void errors_out(struct setup_page *u, const struct json *errors)
{
    struct html *h = u->s.h;
    const char *const label[] = {setup_text(u, MSG("setup.line")), setup_text(u, MSG("setup.what"))};
    if (json_n(errors) == 0)
        return;
    ui_heading(h, 2, msg_fill(u->r, req_lang(u->r), MSG("setup.errors"), mem_fmt(u->r, "%zu", json_n(errors)), NULL));
    ui_table_open(h, label[1]);
    ui_table_head(h, label, 2);
    for (size_t i = 0; i < json_n(errors) && i < 50; i++) {
        html_open(h, E_TR);
        html_el(h, E_TD, mem_fmt(u->r, "%lld", (long long)json_get_i64(json_at(errors, i), "line", 0)));
        html_el(h, E_TD, json_get_str(json_at(errors, i), "text"));
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static void preview_show(struct setup_page *u, const struct json *departments, const struct json *people, const struct json *d_columns, const struct json *p_columns, const struct json *errors)
{
    setup_open(u, 3, MSG("setup.people-look"), json_n(errors) ? MSG("setup.people-bad") : MSG("setup.people-good"));
    errors_out(u, errors);
    sheet_out(u, MSG("setup.people-n"), pack_form(u->s.rd.set, "person"), people, p_columns);
    sheet_out(u, MSG("setup.departments-n"), pack_form(u->s.rd.set, "department"), departments, d_columns);
    setup_form(u, "people", true);
    rows_carry(u, "people[]", people);
    rows_carry(u, "departments[]", departments);
    u->faulty = json_n(errors) > 0;
    if (u->faulty) {
        ui_button(u->s.h, MSG("setup.errors-csv"), "then", "errors", false);
        file_row(u, "people", MSG("setup.people-file"), MSG("setup.people-again"), true);
        file_row(u, "departments", MSG("setup.departments-file"), MSG("setup.departments-columns"), false);
        setup_close(u, MSG("setup.look"));
    } else {
        ui_button(u->s.h, MSG("setup.people-keep"), "then", "keep", true);
        setup_close(u, NULL);
    }
}

/* The rows with faults as CSV: line, what is wrong, and the cells as they were, to be mended and sent again. */
static void errors_download(struct setup_page *u, const struct json *errors)
{
    struct buf *b = buf_new(u->r, SHEET_MAX);
    const struct form *f = pack_form(u->s.rd.set, "person");
    buf_puts(b, "\xef\xbb\xbf");
    csv_put(b, setup_text(u, MSG("setup.line")), true);
    csv_put(b, setup_text(u, MSG("setup.what")), false);
    for (size_t i = 0; i < f->field_n; i++)
        csv_put(b, f->field[i].label, false);
    csv_end(b);
    for (size_t i = 0; i < json_n(errors); i++) {
        csv_put(b, mem_fmt(u->r, "%lld", (long long)json_get_i64(json_at(errors, i), "line", 0)), true);
        csv_put(b, json_get_str(json_at(errors, i), "text"), false);
        for (size_t k = 0; k < f->field_n; k++)
            csv_put(b, cell(json_at(errors, i), f->field[k].path), false);
        csv_end(b);
    }
    screen_end(&u->s);
    resp_download(u->r, "text/csv; charset=utf-8", "people-errors.csv", b);
}

static struct json *values_only(struct setup_page *u, const struct json *rows)
{
    struct json *out = json_arr(u->r);
    for (size_t i = 0; i < json_n(rows); i++)
        json_add(out, json_get(json_at(rows, i), "values"));
    return out;
}

static void people_keep(struct setup_page *u, const struct json *departments, const struct json *people)
{
    struct json *args = json_obj(u->r);
    const struct json *body;
    json_set(args, "departments", values_only(u, departments));
    json_set(args, "people", values_only(u, people));
    if (setup_run(u, "setup.people", args, &body))
        setup_roles_show(u);
    else if (u->s.reading)
        setup_people_show(u);
}

void setup_people_do(struct setup_page *u)
{
    struct json *people, *departments, *p_columns = NULL, *d_columns = NULL;
    const char *then = req_form(u->r, "then");
    sheet_read(u, "people", "person", &people, &p_columns);
    sheet_read(u, "departments", "department", &departments, &d_columns);
    if (people == NULL && then != NULL) {
        people = carried(u, "people[]");
        departments = carried(u, "departments[]");
    } else if (people != NULL && !has_column(p_columns, "login")) {
        logins_from_codes(people);
    }
    if (people == NULL || json_n(people) == 0) {
        setup_trouble(u, "people", setup_text(u, MSG("setup.people-none")));
        setup_people_show(u);
        return;
    }
    if (departments == NULL)
        departments = departments_of(u, people);
    const struct json *errors = look(u, &departments, people);
    if (text_eq(then, "errors"))
        errors_download(u, errors);
    else if (text_eq(then, "keep") && json_n(errors) == 0)
        people_keep(u, departments, people);
    else
        preview_show(u, departments, people, d_columns, p_columns, errors);
}
