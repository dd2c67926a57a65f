/* Logs: several rows entered on one page, sent as one batch; a correction, which is a new row; what a row of a log says beside its fields. */
#include "page/env.h"

#define ROWS_SHOWN 3
#define ROWS_MOST 20

static const char *const stages[] = {"submit", NULL};

struct line { struct content *c; struct json *typed; struct trouble_vec troubles; struct form_env env; };
struct sheet { struct screen *s; const struct form *f; struct line line[ROWS_MOST]; size_t n; };

/* Row k is posted as f<k>.<path>: its fields alone, under the names that the form room knows. */
static struct json *row_posted(struct req *r, const struct form *f, const char *prefix)
{
    size_t n = req_form_n(r), m = 0, len = strlen(prefix);
    struct form_posted *p = mem_array(r, struct form_posted, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *name = req_form_at(r, i)->name;
        if (strncmp(name, prefix, len) == 0 && name[len] == '.')
            p[m++] = (struct form_posted){mem_fmt(r, "f%s", name + len), req_form_at(r, i)->value};
    }
    return form_bind(r, f, p, m, stages);
}

static bool blank(const struct json *typed)
{
    for (struct json_pos p = {0}; json_next(typed, &p);)
        if (json_type(p.val) == JSON_STR ? str_trim(str_of(json_str(p.val))).n > 0 : json_n(p.val) > 0)
            return false;
    return true;
}

static void sheet_make(struct sheet *sh, struct screen *s, const struct form *f, size_t n)
{
    *sh = (struct sheet){.s = s, .f = f, .n = n < 1 ? 1 : n > ROWS_MOST ? ROWS_MOST : n};
    for (size_t i = 0; i < sh->n; i++) {
        sh->line[i].c = content_new(s->r);
        sh->line[i].troubles.mem = s->r;
        sh->line[i].env = env_of(s);
        sh->line[i].env.prefix = mem_fmt(s->r, "f%zu", i + 1);
    }
}

static void problems_out(struct sheet *sh, const char *problem)
{
    size_t max = 1, n = 0;
    for (size_t i = 0; i < sh->n; i++)
        max += sh->line[i].troubles.n;
    struct ui_problem *p = mem_array(sh->s->r, struct ui_problem, max);
    for (size_t i = 0; i < sh->n; i++) {
        size_t had = n;
        n += form_problem_list(sh->s->r, sh->f, &sh->line[i].troubles, &sh->line[i].env, p + n);
        for (size_t k = had; k < n; k++)
            p[k].text = msg_fill(sh->s->r, req_lang(sh->s->r), MSG("log.row-problem"), mem_fmt(sh->s->r, "%zu", i + 1), p[k].text, NULL);
    }
    if (n == 0 && problem != NULL)
        p[n++] = (struct ui_problem){NULL, problem};
    if (n > 0)
        ui_problems(sh->s->h, p, n);
}

static void sheet_out(struct sheet *sh, const char *problem, int status)
{
    struct screen *s = sh->s;
    enum lang lang = req_lang(s->r);
    screen_open(s, pick_lang(lang, sh->f->name, sh->f->name_en), sh->f->room ? sh->f->room : "registers");
    problems_out(sh, problem);
    html_el_msg(s->h, E_P, MSG("log.help"));
    html_open(s->h, E_FORM);
    html_attr(s->h, A_NOVALIDATE, "");
    html_attr(s->h, A_DATA_DIRTY, "");
    html_action(s->h, page_path("log.add.post"), screen_csrf(s), URL_S(sh->f->ident));
    ui_hidden(s->h, "ikey", crypt_token(s->r));
    ui_hidden(s->h, "rows", mem_fmt(s->r, "%zu", sh->n));
    for (size_t i = 0; i < sh->n; i++) {
        html_open(s->h, E_FIELDSET);
        html_el(s->h, E_LEGEND, msg_fill(s->r, lang, MSG("log.row"), mem_fmt(s->r, "%zu", i + 1), NULL));
        form_edit(s->h, sh->f, sh->line[i].c, stages, &sh->line[i].troubles, &sh->line[i].env);
        html_close(s->h, E_FIELDSET);
    }
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("log.save"), "then", "save", true);
    if (sh->n < ROWS_MOST)
        ui_button(s->h, MSG("log.more"), "then", "more", false);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
    screen_close(s, status);
}

/* A log that the person may write in; false when it answered. */
static bool log_begin(struct screen *s, struct req *r, void *ctx, const struct form **ret_form)
{
    struct err e = {0};
    const struct grant *g;
    if (!screen_begin(s, r, ctx))
        return false;
    const struct form *f = *ret_form = s->rd.set ? pack_form(s->rd.set, req_arg(r, 0)) : NULL;
    if (f == NULL || f->kind != FORM_LOG)
        (void)!err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    else if (perm_check(s->rd.db, r, s->rd.set, &s->rd.actor, PERMIT_MAKE, f, NULL, s->rd.today, &g, &e) == RC_OK)
        return true;
    screen_fail(s, &e);
    return false;
}

void page_log_add(struct req *r, void *ctx)
{
    struct screen s;
    const struct form *f;
    struct sheet sh;
    if (!log_begin(&s, r, ctx, &f))
        return;
    sheet_make(&sh, &s, f, ROWS_SHOWN);
    schedule_about(&s, f, sh.line[0].c);
    sheet_out(&sh, NULL, 200);
}

/* "rows[2].path": of the third row that was sent, which is row at[2] of the page. */
static void troubles_spread(struct sheet *sh, const struct trouble_vec *all, const size_t *at, size_t sent)
{
    for (size_t i = 0; i < all->n; i++) {
        struct trouble t = all->v[i];
        int64_t k;
        const char *close = t.path && strncmp(t.path, "rows[", 5) == 0 ? strchr(t.path, ']') : NULL;
        if (close == NULL || close[1] != '.' || !str_to_i64((struct str){t.path + 5, (size_t)(close - t.path) - 5}, &k) || k < 0 || (size_t)k >= sent)
            continue;
        t.path = close + 2;
        *vec_push(&sh->line[at[k]].troubles) = t;
    }
}

static size_t rows_read(struct sheet *sh, struct json *rows, size_t *at)
{
    size_t sent = 0;
    for (size_t i = 0; i < sh->n; i++) {
        struct line *l = &sh->line[i];
        l->typed = row_posted(sh->s->r, sh->f, l->env.prefix);
        l->c = form_typed(sh->s->r, sh->f, NULL, l->typed);
        if (blank(l->typed))
            continue;
        at[sent++] = i;
        json_set(json_add_obj(rows), "values", l->typed);
    }
    return sent;
}

void page_log_add_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct screen s;
    const struct form *f;
    struct sheet sh;
    struct answer *a;
    struct trouble_vec t = VEC_INIT(r);
    struct json *args = json_obj(r);
    size_t at[ROWS_MOST], sent;
    int64_t n = ROWS_SHOWN;
    if (!log_begin(&s, r, ctx, &f))
        return;
    if (req_form(r, "rows") == NULL || !str_to_i64(str_of(req_form(r, "rows")), &n) || n < 1 || n > ROWS_MOST)
        n = ROWS_SHOWN;
    bool more = text_eq(req_form(r, "then"), "more"), find = req_form(r, "find") != NULL;
    sheet_make(&sh, &s, f, (size_t)n + (more ? ROWS_SHOWN : 0));
    json_set_str(args, "form", f->ident);
    sent = rows_read(&sh, json_set_arr(args, "rows"), at);
    if (more || find || sent == 0) {
        sheet_out(&sh, more || find ? NULL : msg_text(req_lang(r), MSG("log.nothing")), more || find ? 200 : 422);
        return;
    }
    screen_end(&s);
    core_command(site->core, r, &page_user(r)->actor, "log.add", args, req_form(r, "ikey"), &a);
    if (a->rc == RC_OK) {
        resp_redirect(r, url_make(r, page_path("list"), (const struct url_arg[]){URL_S(req_arg(r, 0)), URL_Q("done", "done.log")}, 2));
        return;
    }
    if (!log_begin(&s, r, ctx, &f))
        return;
    if (err_info(a->err.code)->http >= 500) {
        screen_fail(&s, &a->err);
        return;
    }
    sheet_make(&sh, &s, f, (size_t)n);
    (void)rows_read(&sh, json_arr(r), at);
    troubles_of(r, a->body, &t);
    troubles_spread(&sh, &t, at, sent);
    sheet_out(&sh, json_get_str(a->body, "text"), err_info(a->err.code)->http);
}

/* ---- correcting ---- */

static void correct_page(struct screen *s, const struct record *rec, const struct content *c, const struct trouble_vec *t, const char *problem, int status)
{
    enum lang lang = req_lang(s->r);
    struct form_env env = env_of(s);
    const struct ui_row why = {.id = "comment", .label = msg_text(lang, MSG("log.reason")), .required = true};
    screen_open(s, msg_fill(s->r, lang, MSG("log.correct-of"), rec->number, NULL), rec->form->room ? rec->form->room : "registers");
    if (t != NULL && t->n > 0)
        form_problems(s->h, rec->form, t);
    else if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
    html_el_msg(s->h, E_P, MSG("log.correct-help"));
    html_open(s->h, E_FORM);
    html_attr(s->h, A_NOVALIDATE, "");
    html_attr(s->h, A_DATA_DIRTY, "");
    html_action(s->h, page_path("log.correct.post"), screen_csrf(s), URL_I(rec->id));
    ui_hidden(s->h, "ikey", crypt_token(s->r));
    ui_hidden(s->h, "version", mem_fmt(s->r, "%lld", (long long)rec->version));
    form_edit(s->h, rec->form, c, stages, t, &env);
    ui_row_open(s->h, &why);
    ui_textarea(s->h, "comment", req_form(s->r, "comment"), &why);
    ui_row_close(s->h, &why);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("log.correct-go"), NULL, NULL, true);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
    screen_close(s, status);
}

static enum rc correct_read(struct screen *s, struct record *rec, struct content **ret_c, struct err *e)
{
    const struct grant *g;
    size_t erased;
    TRY(screen_record(s, req_arg_i64(s->r, 0), rec, e));
    if (rec->form->kind != FORM_LOG)
        return err_set(e, ERR_LOG_FORM, "record %lld", (long long)rec->id);
    TRY(perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_EDIT, rec->form, rec, s->rd.today, &g, e));
    TRY(revision_content(s->rd.db, s->r, rec->force_rev, ret_c, &erased, e));
    content_order(*ret_c, rec->form);
    return RC_OK;
}

void page_log_correct(struct req *r, void *ctx)
{
    struct screen s;
    struct record rec;
    struct content *c;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    if (correct_read(&s, &rec, &c, &e) != RC_OK)
        screen_fail(&s, &e);
    else
        correct_page(&s, &rec, c, NULL, NULL, 200);
}

void page_log_correct_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct screen s;
    struct record rec;
    struct content *c;
    struct answer *a;
    struct err e = {0};
    struct trouble_vec t = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    if (correct_read(&s, &rec, &c, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    struct json *args = json_obj(r), *values = row_posted(r, rec.form, "f");
    if (req_form(r, "find") != NULL) {
        correct_page(&s, &rec, form_typed(r, rec.form, c, values), NULL, NULL, 200);
        return;
    }
    screen_end(&s);
    json_set_i64(args, "record", rec.id);
    number_sent(r, args, "version");
    json_set(args, "values", values);
    json_set_bool(args, "replace_rows", true);
    json_set_str(args, "comment", req_form(r, "comment"));
    core_command(site->core, r, &page_user(r)->actor, "log.correct", args, req_form(r, "ikey"), &a);
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc == RC_OK) {
        screen_go(&s, "record", json_get_i64(a->body, "record", 0), "done.correct");
        return;
    }
    troubles_of(r, a->body, &t);
    if (err_info(a->err.code)->http >= 500 || correct_read(&s, &rec, &c, &e) != RC_OK)
        screen_fail(&s, &a->err);
    else
        correct_page(&s, &rec, form_typed(r, rec.form, c, values), &t, json_get_str(a->body, "text"), err_info(a->err.code)->http);
}

/* ---- on the record's page ---- */

static void row_link(struct screen *s, const char *msg, int64_t id)
{
    struct record rec;
    struct err e = {0};
    if (record_get(s->rd.db, s->r, s->rd.set, id, &rec, &e) != RC_OK)
        return;
    html_open(s->h, E_P);
    html_text(s->h, msg_text(req_lang(s->r), msg));
    html_text(s->h, " ");
    record_link(s->h, id, rec.number);
    html_close(s->h, E_P);
}

void log_note_out(struct screen *s, const struct record *rec)
{
    struct log_note n;
    struct err e = {0};
    if (log_read(&s->rd, rec, &n, &e) != RC_OK)
        return;
    if (n.corrected_by != 0)
        row_link(s, MSG("log.corrected-by"), n.corrected_by);
    if (n.corrects != 0)
        row_link(s, MSG("log.corrects"), n.corrects);
    ui_kv_open(s->h);
    if (n.reason != NULL)
        ui_kv(s->h, msg_text(req_lang(s->r), MSG("log.reason")), n.reason);
    if (n.late != NULL)
        ui_kv(s->h, msg_text(req_lang(s->r), MSG("log.late")), n.late);
    ui_kv_close(s->h);
}
