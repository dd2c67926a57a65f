/* The first hour: who stands before the set-up code, the organisation and its regulations, or an example; the other steps are in
 * page_setup_words.c and page_setup_people.c. Which step comes next is read from the data, so a browser that was closed loses nothing. */
#include "page/setup_page.h"
#include "page/adopt.h"

static const struct actor setup_actor = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};

const char *setup_text(const struct setup_page *u, const char *key) { return msg_text(req_lang(u->r), key); }

void setup_trouble(struct setup_page *u, const char *field, const char *text)
{
    struct ui_problem *p = mem_array(u->r, struct ui_problem, u->problems_n + 1);
    if (u->problems_n > 0)
        memcpy(p, u->problems, u->problems_n * sizeof *p);
    p[u->problems_n] = (struct ui_problem){field, text};
    u->problems = p;
    u->problems_n++;
}

void setup_open(struct setup_page *u, int no, const char *title_key, const char *help_key)
{
    char *at = mem_fmt(u->r, "%d", no);
    screen_open(&u->s, msg_fill(u->r, req_lang(u->r), MSG("setup.title"), setup_text(u, title_key), at, mem_fmt(u->r, "%d", SETUP_STEPS), NULL), "");
    if (u->problem != NULL)
        setup_trouble(u, NULL, u->problem);
    if (u->problems_n > 0)
        ui_problems(u->s.h, u->problems, u->problems_n < 20 ? u->problems_n : 20);
    html_el_msg(u->s.h, E_P, help_key);
}

void setup_form(struct setup_page *u, const char *step, bool upload)
{
    html_open(u->s.h, E_FORM);
    if (upload)
        html_attr(u->s.h, A_ENCTYPE, "multipart/form-data");
    html_attr(u->s.h, A_NOVALIDATE, "");
    html_action0(u->s.h, page_path("setup.post"), "");
    ui_hidden(u->s.h, "step", step);
    if (u->code != NULL)
        ui_hidden(u->s.h, "code", u->code);
}

void setup_close(struct setup_page *u, const char *button_key)
{
    if (button_key != NULL) {
        html_open(u->s.h, E_DIV);
        html_class(u->s.h, "actions");
        ui_button(u->s.h, button_key, NULL, NULL, true);
        html_close(u->s.h, E_DIV);
    }
    html_close(u->s.h, E_FORM);
    screen_close(&u->s, u->problems_n > 0 || u->faulty ? 422 : 200);
}

bool setup_run(struct setup_page *u, const char *command, const struct json *args, const struct json **ret_body)
{
    struct answer *a;
    struct site *site = u->ctx;
    struct actor actor = setup_actor;
    actor.lang = req_lang(u->r);
    screen_end(&u->s);
    core_command(site->core, u->r, &actor, command, args, NULL, &a);
    if (!screen_begin(&u->s, u->r, u->ctx))
        return false;
    *ret_body = a->body;
    if (a->rc == RC_OK)
        return true;
    if (err_info(a->err.code)->http >= 500)
        log_err("setup", req_id(u->r), &a->err);
    const struct json *t = json_get(a->body, "troubles");
    for (size_t i = 0; i < json_n(t); i++)
        setup_trouble(u, NULL, json_get_str(json_at(t, i), "text"));
    if (json_n(t) == 0)
        u->problem = err_say(u->r, req_lang(u->r), &a->err);
    return false;
}

/* ---- step 1 ---- */

static void row_input(struct setup_page *u, const char *type, const char *id, const char *label_key, const char *help_key, bool required)
{
    const struct ui_row row = {.id = id, .label = setup_text(u, label_key), .help = help_key ? setup_text(u, help_key) : NULL, .required = required};
    ui_row_open(u->s.h, &row);
    ui_input(u->s.h, type, id, strcmp(type, "password") == 0 ? NULL : req_form(u->r, id), &row);
    ui_row_close(u->s.h, &row);
}

static void month_row(struct setup_page *u)
{
    const struct ui_row row = {.id = "fiscal_start", .label = setup_text(u, MSG("setup.fiscal")), .required = true};
    struct ui_opt opt[12];
    const char *now = req_form(u->r, "fiscal_start");
    for (int i = 0; i < 12; i++) {
        char *v = mem_fmt(u->r, "%d", i + 1);
        opt[i] = (struct ui_opt){v, msg_fill(u->r, req_lang(u->r), MSG("setup.month"), v, NULL), now ? strcmp(now, v) == 0 : i == 3};
    }
    ui_row_open(u->s.h, &row);
    ui_select(u->s.h, "fiscal_start", opt, 12, false, &row);
    ui_row_close(u->s.h, &row);
}

void setup_start_show(struct setup_page *u)
{
    struct ui_opt mode[2] = {{"own", setup_text(u, MSG("setup.mode-own")), !text_eq(req_form(u->r, "mode"), "example")},
                                              {"example", setup_text(u, MSG("setup.mode-example")), text_eq(req_form(u->r, "mode"), "example")}};
    const struct ui_row mode_row = {.id = "mode", .label = setup_text(u, MSG("setup.mode")), .required = true};
    struct html *h;
    struct offers offers;
    offers_read(&u->s, &offers);
    setup_open(u, 1, MSG("setup.start"), MSG("setup.start-help"));
    u->code = NULL;
    setup_form(u, "start", false);
    h = u->s.h;
    row_input(u, "text", "code", MSG("setup.code"), MSG("setup.code-help"), true);
    offers_out(&u->s, &offers, setup_text(u, MSG("setup.packs")));
    ui_row_open(h, &mode_row);
    ui_checks(h, "radio", "mode", mode, 2, &mode_row);
    ui_row_close(h, &mode_row);
    ui_heading(h, 2, setup_text(u, MSG("setup.mode-own")));
    row_input(u, "text", "name", MSG("setup.name"), NULL, true);
    row_input(u, "text", "address", MSG("setup.address"), NULL, false);
    row_input(u, "text", "representative", MSG("setup.representative"), NULL, false);
    month_row(u);
    ui_heading(h, 2, setup_text(u, MSG("setup.mode-example")));
    html_el_msg(h, E_P, MSG("setup.example-help"));
    row_input(u, "password", "password", MSG("setup.example-password"), MSG("setup.password-help"), false);
    setup_close(u, MSG("setup.next"));
}

static struct json *adopted(struct setup_page *u, struct json *args)
{
    struct json *arr = json_set_arr(args, "adopt");
    for (size_t i = 0; i < req_form_n(u->r); i++)
        if (strcmp(req_form_at(u->r, i)->name, "adopt[]") == 0)
            json_add_str(arr, req_form_at(u->r, i)->value);
    if (json_n(arr) == 0)
        setup_trouble(u, "adopt", setup_text(u, MSG("setup.packs-none")));
    return arr;
}

struct login_row { int64_t id; const char *login, *name; };
VEC_TYPE(login_rows, struct login_row);
/* Everybody of the example may sign in with the one password: for looking around only, and the page says so. */
static void example_done(struct setup_page *u)
{
    struct sql *q = sql_new(u->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    const char *const label[] = {setup_text(u, MSG("login.login")), setup_text(u, MSG("setup.person")), setup_text(u, MSG("setup.roles-held"))};
    struct html *h;
    u->code = NULL;
    setup_open(u, SETUP_STEPS, MSG("setup.example-done"), MSG("setup.example-done-help"));
    h = u->s.h;
    ui_table_open(h, label[0]);
    ui_table_head(h, label, 3);
    sql_lit(q, "SELECT p.record, p.login, p.name FROM f_person p WHERE p.slot = 0 AND p.login IS NOT NULL ORDER BY p.record LIMIT 200");
    if (db_query(u->s.rd.db, u->r, q, &rows, &e) == RC_OK) {
        struct login_rows v = VEC_INIT(u->r);
        while (db_next(rows, &more, &e) == RC_OK && more)
            *vec_push(&v) = (struct login_row){db_i64(rows, 0), mem_strdup(u->r, db_text(rows, 1)), mem_strdup(u->r, db_text(rows, 2))};
        db_rows_end(rows);
        for (size_t i = 0; i < v.n; i++) {
            html_open(h, E_TR);
            html_el(h, E_TD, v.v[i].login);
            html_el(h, E_TD, v.v[i].name);
            html_el(h, E_TD, role_names(&u->s, v.v[i].id));
            html_close(h, E_TR);
        }
    }
    if (e.code != ERR_NONE)
        screen_broke(&u->s, &e);
    ui_table_close(h);
    html_open(h, E_P);
    html_open(h, E_A);
    html_class(h, "btn");
    html_href0(h, page_path("login"));
    html_msg(h, MSG("login.go"));
    html_close(h, E_A);
    html_close(h, E_P);
    screen_close(&u->s, 200);
}

static void example_do(struct setup_page *u)
{
    struct site *site = u->ctx;
    struct json *args = json_obj(u->r);
    const struct json *a = adopted(u, args);
    const char *password = req_form(u->r, "password"), **id = mem_array(u->r, const char *, json_n(a) + 1);
    char *why = NULL;
    struct err e = {0};
    for (size_t i = 0; i < json_n(a); i++)
        id[i] = json_str(json_at(a, i));
    if (password_check(u->s.rd.db, u->r, NULL, 0, true, password ? password : "", &why, &e) != RC_OK)
        setup_trouble(u, "password", why ? why : setup_text(u, MSG("setup.password-help")));
    if (u->problems_n > 0) {
        setup_start_show(u);
        return;
    }
    screen_end(&u->s);
    enum rc rc = example_load(site->core, file_join(u->r, core_conf(site->core)->examples_dir, "kita"), id, json_n(a), password, &e);
    if (rc == RC_OK)
        core_settle(site->core);
    if (!screen_begin(&u->s, u->r, u->ctx))
        return;
    if (rc == RC_OK) {
        example_done(u);
        return;
    }
    log_err("setup", req_id(u->r), &e);
    u->problem = err_say(u->r, req_lang(u->r), &e);
    setup_start_show(u);
}

static void start_do(struct setup_page *u)
{
    static const char *const fields[] = {"name", "address", "representative", "fiscal_start"};
    struct json *args = json_obj(u->r), *org = json_set_obj(args, "organization"), *settings = json_set_obj(args, "settings");
    const struct json *body;
    if (text_eq(req_form(u->r, "mode"), "example")) {
        example_do(u);
        return;
    }
    (void)adopted(u, args);
    for (size_t i = 0; i < ARRAY_N(fields); i++)
        json_set_str(org, fields[i], req_form(u->r, fields[i]));
    json_set_str(settings, "core.fiscal_start", req_form(u->r, "fiscal_start"));
    if (req_form(u->r, "name") == NULL || str_trim(str_of(req_form(u->r, "name"))).n == 0)
        setup_trouble(u, "name", setup_text(u, MSG("setup.name-none")));
    if (u->problems_n == 0 && setup_run(u, "setup.start", args, &body))
        setup_words_show(u);
    else if (u->s.reading)
        setup_start_show(u);
}

/* ---- the way through ---- */

static bool any_people(struct setup_page *u)
{
    struct sql *q = sql_new(u->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    sql_lit(q, "SELECT record FROM f_person WHERE slot = 0 LIMIT 1");
    if (db_query(u->s.rd.db, u->r, q, &rows, &e) != RC_OK || db_next(rows, &more, &e) != RC_OK)
        return false;
    db_rows_end(rows);
    return more;
}

/* Begun before and the browser was closed: the code alone leads back to where it stopped. */
static void resume_show(struct setup_page *u)
{
    u->code = NULL;
    setup_open(u, 1, MSG("setup.resume"), MSG("setup.resume-help"));
    setup_form(u, "resume", false);
    row_input(u, "text", "code", MSG("setup.code"), MSG("setup.code-help"), true);
    setup_close(u, MSG("setup.next"));
}

static bool setup_begin(struct setup_page *u, struct req *r, void *ctx)
{
    struct site *site = ctx;
    *u = (struct setup_page){.r = r, .ctx = ctx};
    if (!core_setup_open(site->core)) {
        resp_redirect(r, url_make(r, page_path("login"), NULL, 0));
        return false;
    }
    return screen_begin(&u->s, r, ctx);
}

void page_setup(struct req *r, void *ctx)
{
    struct setup_page u;
    if (!setup_begin(&u, r, ctx))
        return;
    if (u.s.rd.set == NULL)
        setup_start_show(&u);
    else
        resume_show(&u);
}

void page_setup_post(struct req *r, void *ctx)
{
    struct setup_page u;
    struct site *site = ctx;
    const char *step = req_form(r, "step");
    if (!setup_begin(&u, r, ctx))
        return;
    u.code = req_form(r, "code");
    bool right = core_setup_code_ok(site->core, u.code ? str_dup(r, str_trim(str_of(u.code))) : NULL);
    if (!right)
        setup_trouble(&u, "code", setup_text(&u, MSG("setup.code-wrong")));
    if (!right || u.s.rd.set == NULL) {
        if (!right && u.s.rd.set != NULL)
            resume_show(&u);
        else if (!right || !text_eq(step, "start"))
            setup_start_show(&u);
        else
            start_do(&u);
        return;
    }
    bool people = any_people(&u);
    if (text_eq(step, "words"))
        setup_words_do(&u);
    else if (text_eq(step, "people") && !people)
        setup_people_do(&u);
    else if (text_eq(step, "roles") && people)
        setup_roles_do(&u);
    else if (people)
        setup_roles_show(&u);
    else
        setup_words_show(&u);
}
