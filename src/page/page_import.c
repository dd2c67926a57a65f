/* Import of a register from CSV as an office has it: look through first (which column is which field, what must be mended, as a list and as a
 * CSV), then register everything at once. The rows wait in the staging area; nothing is half-imported. */
#include "page/env.h"

#define SHOWN_ROWS 20
#define SHOWN_COLUMNS 12
#define SHOWN_FAULTS 50
#define BATCH_ROWS 10000
#define APPROVER_ROWS 500

const struct form *import_begin(struct screen *s, struct req *r, void *ctx)
{
    struct err e = {0};
    const struct grant *g;
    if (!screen_begin(s, r, ctx))
        return NULL;
    const struct form *f = s->rd.set ? pack_form(s->rd.set, req_arg(r, 0)) : NULL;
    if (f == NULL)
        (void)!err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    else if (f->kind == FORM_LOG)
        (void)!err_set(&e, ERR_LOG_IMPORT, "%s", f->ident);
    else if (perm_check(s->rd.db, r, s->rd.set, &s->rd.actor, PERMIT_IMPORT, f, NULL, s->rd.today, &g, &e) == RC_OK)
        return f;
    screen_fail(s, &e);
    return NULL;
}

static void file_form(struct screen *s, const struct form *f, const char *label_key)
{
    const struct ui_row row = {.id = "file", .label = msg_text(req_lang(s->r), label_key), .help = msg_text(req_lang(s->r), MSG("import.file-help")), .required = true};
    html_open(s->h, E_FORM);
    html_attr(s->h, A_ENCTYPE, "multipart/form-data");
    html_action(s->h, page_path("import.post"), screen_csrf(s), URL_S(f->ident));
    ui_row_open(s->h, &row);
    ui_input(s->h, "file", "file", NULL, &row);
    ui_row_close(s->h, &row);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("import.look"), "do", "look", true);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
}

static void import_page(struct screen *s, const struct form *f, const char *problem, const struct trouble_vec *troubles)
{
    screen_open(s, msg_fill(s->r, req_lang(s->r), MSG("import.title"), pick_lang(req_lang(s->r), f->name, f->name_en), NULL), f->room ? f->room : "registers");
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){"file", problem}, 1);
    if (troubles != NULL && troubles->n > 0) {                /* rules speak of rows, whose fields are not on this page */
        struct ui_problem *p = mem_array(s->r, struct ui_problem, troubles->n);
        for (size_t i = 0; i < troubles->n; i++)
            p[i] = (struct ui_problem){NULL, troubles->v[i].article ? mem_fmt(s->r, "%s(%s)", troubles->v[i].text, troubles->v[i].article) : troubles->v[i].text};
        ui_problems(s->h, p, troubles->n < SHOWN_FAULTS ? troubles->n : SHOWN_FAULTS);
    }
    html_el_msg(s->h, E_P, MSG("import.help"));
    template_out(s, f);
    file_form(s, f, MSG("import.file"));
    screen_close(s, problem || (troubles && troubles->n) ? 422 : 200);
}

void page_import(struct req *r, void *ctx)
{
    struct screen s;
    const struct form *f = import_begin(&s, r, ctx);
    if (f != NULL)
        import_page(&s, f, NULL, NULL);
}

/* ---- looking through ---- */

static const char *problems_text(struct screen *s, const char *json_text)
{
    struct json *arr;
    struct err e = {0};
    const char *out = "";
    if (json_read(s->r, str_of(json_text), 1 << 20, &arr, &e) != RC_OK)
        return "";
    for (size_t i = 0; i < json_n(arr); i++)
        out = mem_fmt(s->r, "%s%s%s", out, i ? " " : "", json_str(json_at(arr, i)));
    return out;
}

/* A cell as it was typed; several values in one cell are shown with commas. */
static const char *cell_of(struct screen *s, const struct json *values, const char *path)
{
    const struct json *v = json_get(values, path);
    const char *out = "";
    if (json_type(v) != JSON_ARR)
        return json_str(v) ? json_str(v) : "";
    for (size_t i = 0; i < json_n(v); i++)
        out = mem_fmt(s->r, "%s%s%s", out, i ? "、" : "", json_str(json_at(v, i)));
    return out;
}

static void faults_out(struct screen *s, const struct q_staging_of_rows *rows)
{
    const char *const label[] = {msg_text(req_lang(s->r), MSG("setup.line")), msg_text(req_lang(s->r), MSG("setup.what"))};
    size_t shown = 0;
    ui_table_open(s->h, label[1]);
    ui_table_head(s->h, label, 2);
    for (size_t i = 0; i < rows->n && shown < SHOWN_FAULTS; i++) {
        if (strcmp(rows->v[i].state, "ok") == 0)
            continue;
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, mem_fmt(s->r, "%lld", (long long)rows->v[i].line));
        html_el(s->h, E_TD, problems_text(s, rows->v[i].problems));
        html_close(s->h, E_TR);
        shown++;
    }
    ui_table_close(s->h);
}

struct cells { const char **path, **label; size_t n; };

static struct cells cells_new(struct screen *s, const struct form *f)
{
    return (struct cells){mem_array(s->r, const char *, f->field_n + 1), mem_array(s->r, const char *, f->field_n + 1), 0};
}

static void cells_add(struct screen *s, struct cells *c, const struct field *fd)
{
    c->path[c->n] = fd->path;
    c->label[c->n++] = pick_lang(req_lang(s->r), fd->label, fd->label_en);
}

/* The rows as they were typed, in these columns. */
static void rows_table(struct screen *s, const struct q_staging_of_rows *rows, const struct cells *c, size_t max)
{
    ui_table_open(s->h, msg_text(req_lang(s->r), MSG("setup.preview")));
    ui_table_head(s->h, c->label, c->n);
    for (size_t i = 0; i < rows->n && i < max; i++) {
        struct json *v;
        struct err e = {0};
        if (json_read(s->r, str_of(rows->v[i].cells), 1 << 20, &v, &e) != RC_OK)
            continue;
        html_open(s->h, E_TR);
        for (size_t k = 0; k < c->n; k++)
            html_el(s->h, E_TD, cell_of(s, v, c->path[k]));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static void rows_out(struct screen *s, const struct form *f, const struct q_staging_of_rows *rows, const struct json *columns)
{
    struct cells c = cells_new(s, f);
    for (size_t i = 0; i < f->field_n && c.n < SHOWN_COLUMNS; i++)
        for (size_t k = 0; k < json_n(columns); k++)
            if (text_eq(json_get_str(json_at(columns, k), "path"), f->field[i].path)) {
                cells_add(s, &c, &f->field[i]);
                break;
            }
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("setup.preview")));
    rows_table(s, rows, &c, SHOWN_ROWS);
}

static void batch_button(struct screen *s, const struct form *f, int64_t batch, const char *label, const char *what)
{
    html_open(s->h, E_FORM);
    html_action(s->h, page_path("import.post"), screen_csrf(s), URL_S(f->ident));
    html_open(s->h, E_INPUT);
    html_attr(s->h, A_TYPE, "hidden");
    html_attr(s->h, A_NAME, "batch");
    html_attr(s->h, A_VALUE, mem_fmt(s->r, "%lld", (long long)batch));
    html_close(s->h, E_INPUT);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, label, "do", what, false);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
}

/* After the approval: how far the chunks are, or which rows ended the import. */
static void progress_out(struct screen *s, const struct form *f, const struct q_batch_get *b)
{
    struct q_staging_of_rows rows;
    struct err e = {0};
    bool mine = b->person == s->rd.actor.person, ended = strcmp(b->state, "ending") == 0 || strcmp(b->state, "ended") == 0;
    const char *n = mem_fmt(s->r, "%lld", (long long)b->n);
    if (strcmp(b->state, "clearing") == 0)
        return;
    if (ended) {
        html_el_msg(s->h, E_P, text_eq(b->why, "faults") ? MSG("import.ended-faults") : MSG("import.ended"));
        if (text_eq(b->why, "faults") && q_staging_of(s->rd.db, s->r, b->batch, BATCH_ROWS, &rows, &e) == RC_OK)
            faults_out(s, &rows);
        if (text_eq(b->why, "faults") && mine)
            batch_button(s, f, b->batch, MSG("setup.errors-csv"), "faults");
        return;
    }
    if (strcmp(b->state, "applying") == 0)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("import.progress"), n, mem_fmt(s->r, "%lld", (long long)b->done), NULL));
    else
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("import.showing"), n, NULL));
    html_open(s->h, E_P);
    record_link(s->h, b->record, msg_text(req_lang(s->r), MSG("import.reload")));
    html_close(s->h, E_P);
    if (mine && strcmp(b->state, "applying") == 0)
        batch_button(s, f, b->batch, MSG("import.cancel"), "cancel");
}

void import_rows_out(struct screen *s, const struct record *rec)
{
    struct q_staging_of_rows rows;
    struct content *c;
    struct err e = {0};
    size_t erased;
    int64_t batch;
    const char *no, *target;
    int64_t rev = rec->draft_rev ? rec->draft_rev : rec->force_rev;
    if (rev == 0)
        return;
    if (revision_content(s->rd.db, s->r, rev, &c, &erased, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    no = content_get(c, "batch");
    target = content_get(c, "target");
    const struct form *f = target ? pack_form(s->rd.set, target) : NULL;
    struct q_batch_get own;
    if (f == NULL || no == NULL || !str_to_i64(str_of(no), &batch))
        return;
    if (import_batch_get(s->rd.db, s->r, batch, rec->made_by, f->ident, &own, &e) != RC_OK)
        return;                                          /* the rows of somebody else's batch are nobody's to see here */
    if (strcmp(own.state, "handed") != 0) {
        progress_out(s, f, &own);
        return;
    }
    if (q_staging_of(s->rd.db, s->r, batch, APPROVER_ROWS, &rows, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (rows.n == 0)
        return;
    ui_heading(s->h, 2, msg_fill(s->r, req_lang(s->r), MSG("import.rows"), mem_fmt(s->r, "%lld", (long long)own.n), NULL));
    struct cells cells = cells_new(s, f);
    for (size_t i = 0; i < f->field_n && cells.n < SHOWN_COLUMNS; i++)
        if (f->field[i].value == NULL && (f->field[i].required || f->field[i].listed))
            cells_add(s, &cells, &f->field[i]);
    rows_table(s, &rows, &cells, APPROVER_ROWS);
    if (own.n > APPROVER_ROWS)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("import.more"), mem_fmt(s->r, "%lld", (long long)own.n - APPROVER_ROWS), NULL));
}

static void batch_form_out(struct screen *s, const struct form *f, int64_t batch, bool bad)
{
    struct html *h = s->h;
    html_open(h, E_FORM);
    html_action(h, page_path("import.post"), screen_csrf(s), URL_S(f->ident));
    ui_hidden(h, "batch", mem_fmt(s->r, "%lld", (long long)batch));
    html_open(h, E_DIV);
    html_class(h, "actions");
    if (!bad)
        ui_button(h, MSG("import.run"), "do", "run", true);
    else
        ui_button(h, MSG("setup.errors-csv"), "do", "faults", false);
    ui_button(h, MSG("import.drop"), "do", "drop", false);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
}

static void look(struct screen *s, const struct form *f)
{
    const struct upload *up = upload_of(s->r, "file");
    struct site *site = s->site;
    struct str data;
    struct json *rows, *columns;
    struct answer *a;
    struct err e = {0};
    struct q_staging_of_rows staged;
    const char **map = NULL;
    size_t map_n = 0;
    bool carried = up == NULL && columns_carried(s->r, &data);
    if (up == NULL && !carried) {
        import_page(s, f, msg_text(req_lang(s->r), MSG("import.no-file")), NULL);
        return;
    }
    if (carried)
        map_n = columns_chosen(s->r, &map);
    if ((!carried && upload_text(s->r, up, &data, &e) != RC_OK) || sheet_rows_as(s->r, data, f, map, map_n, &rows, &columns, &e) != RC_OK) {
        import_page(s, f, err_say(s->r, req_lang(s->r), &e), NULL);
        return;
    }
    const char *f_ident = mem_strdup(s->r, f->ident);
    screen_end(s);
    core_import_stage(site->core, s->r, &s->user->actor, f_ident, rows, &a);
    if (!screen_begin(s, s->r, site))
        return;
    f = pack_form(s->rd.set, req_arg(s->r, 0));
    int64_t batch = json_get_i64(a->body, "batch", 0), bad = json_get_i64(a->body, "bad", 0);
    if (a->rc != RC_OK) {
        import_page(s, f, err_say(s->r, req_lang(s->r), &a->err), NULL);
        return;
    }
    if (q_staging_of(s->rd.db, s->r, batch, BATCH_ROWS, &staged, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    screen_open(s, msg_fill(s->r, req_lang(s->r), MSG("import.title"), pick_lang(req_lang(s->r), f->name, f->name_en), NULL), f->room ? f->room : "registers");
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), bad ? MSG("import.bad") : MSG("import.good"), mem_fmt(s->r, "%zu", staged.n), mem_fmt(s->r, "%lld", (long long)bad), NULL));
    if (bad > 0)
        faults_out(s, &staged);
    batch_form_out(s, f, batch, bad > 0);
    if (bad > 0)
        file_form(s, f, MSG("import.again"));
    rows_out(s, f, &staged, columns);
    columns_form(s, f, columns, data);
    screen_close(s, bad ? 422 : 200);
}

/* ---- what follows ---- */

/* The rows with faults: line, what is wrong, and the cells as they were. */
static void faults_download(struct screen *s, const struct form *f, int64_t batch)
{
    struct q_staging_of_rows rows;
    struct q_batch_get own;
    struct err e = {0};
    struct buf *b = buf_new(s->r, 4 * SHEET_MAX);
    if (import_batch_get(s->rd.db, s->r, batch, s->rd.actor.person, f->ident, &own, &e) != RC_OK || q_staging_of(s->rd.db, s->r, batch, BATCH_ROWS, &rows, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    buf_puts(b, "\xef\xbb\xbf");
    csv_put(b, msg_text(LANG_JA, MSG("setup.line")), true);
    csv_put(b, msg_text(LANG_JA, MSG("setup.what")), false);
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].type != FT_TABLE && f->field[i].value == NULL)
            csv_put(b, f->field[i].label, false);
    csv_end(b);
    for (size_t k = 0; k < rows.n; k++) {
        struct json *v;
        if (strcmp(rows.v[k].state, "ok") == 0 || json_read(s->r, str_of(rows.v[k].cells), 1 << 20, &v, &e) != RC_OK)
            continue;
        csv_put(b, mem_fmt(s->r, "%lld", (long long)rows.v[k].line), true);
        csv_put(b, problems_text(s, rows.v[k].problems), false);
        for (size_t i = 0; i < f->field_n; i++)
            if (f->field[i].type != FT_TABLE && f->field[i].value == NULL)
                csv_put(b, cell_of(s, v, f->field[i].path), false);
        csv_end(b);
    }
    screen_end(s);
    resp_download(s->r, "text/csv; charset=utf-8", mem_fmt(s->r, "%s-%s.csv", f->name, msg_text(LANG_JA, MSG("setup.what"))), b);
}

void page_import_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct json *args = json_obj(r);
    const char *act = req_form(r, "do");
    int64_t batch = 0;
    const struct form *f = import_begin(&s, r, ctx);
    if (f == NULL)
        return;
    if (req_form(r, "batch") != NULL && !str_to_i64(str_of(req_form(r, "batch")), &batch))
        batch = 0;
    if (batch == 0) {
        look(&s, f);
        return;
    }
    if (text_eq(act, "faults")) {
        faults_download(&s, f, batch);
        return;
    }
    if (text_eq(act, "run") && proof_first(&s, f))
        return;
    screen_end(&s);
    json_set_i64(args, "batch", batch);
    if (text_eq(act, "run"))
        core_import_run(site->core, r, &page_user(r)->actor, args, &a);
    else
        core_command(site->core, r, &page_user(r)->actor, text_eq(act, "cancel") ? "import.cancel" : "import.drop", args, NULL, &a);
    if (a->rc == RC_OK && text_eq(act, "run")) {
        const struct url_arg to[] = {URL_I(json_get_i64(a->body, "import", 0)), URL_Q("done", "done.import")};
        resp_redirect(r, url_make(r, page_path("record"), to, 2));
    } else if (a->rc == RC_OK) {
        const struct url_arg to[] = {URL_S(f->ident), URL_Q("done", text_eq(act, "cancel") ? "done.import-cancel" : "done.drop")};
        resp_redirect(r, url_make(r, page_path("list"), to, 2));
    } else {
        struct answer *dropped;
        if (text_eq(act, "run"))                             /* rows that were made already must not stay behind */
            core_command(site->core, r, &page_user(r)->actor, "import.drop", args, NULL, &dropped);
        if (!screen_begin(&s, r, ctx))
            return;
        struct trouble_vec t = VEC_INIT(r);
        troubles_of(r, a->body, &t);
        import_page(&s, pack_form(s.rd.set, req_arg(r, 0)), t.n > 0 ? NULL : err_say(r, req_lang(r), &a->err), &t);
    }
}
