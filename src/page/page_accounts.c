/* The accounts that a system really has: what was found wrong by the newest list, and taking in the next one: files, what the columns of a CSV mean,
 * what would change, taken in. Files end with the request; of /etc/shadow only states leave the reader. */
#include "acct/acct.h"
#include "page/env.h"

#define SHOWN_FINDINGS 50

static const char *const kind_msg[ACCOUNTS__N] = {[ACCOUNTS_NEW] = MSG("accounts.new"), [ACCOUNTS_CHANGED] = MSG("accounts.changed"), [ACCOUNTS_SAME] = MSG("accounts.same"),
                                                  [ACCOUNTS_GONE] = MSG("accounts.gone")};
static const char *const column_msg[ACCT__COLUMNS] = {
    [ACCT_C_ACCOUNT] = MSG("accounts.col-account"), [ACCT_C_NAME] = MSG("accounts.col-name"), [ACCT_C_EMAIL] = MSG("accounts.col-email"), [ACCT_C_CODE] = MSG("accounts.col-code"),
    [ACCT_C_ENABLED] = MSG("accounts.col-enabled"), [ACCT_C_GROUPS] = MSG("accounts.col-groups"), [ACCT_C_PRIVILEGED] = MSG("accounts.col-privileged"),
    [ACCT_C_LAST_ON] = MSG("accounts.col-last"), [ACCT_C_PW_ON] = MSG("accounts.col-pw"), [ACCT_C_ENDS_ON] = MSG("accounts.col-ends"), [ACCT_C_MADE_ON] = MSG("accounts.col-made"),
    [ACCT_C_MUST_CHANGE] = MSG("accounts.col-must-change")};
static const char *const doubt_msg[ACCT__DOUBTS] = {
    [ACCT_NO_SHADOW] = MSG("accounts.no-shadow"), [ACCT_NO_GROUP] = MSG("accounts.no-group"), [ACCT_UNKNOWN_NAME] = MSG("accounts.unknown-name"),
    [ACCT_GROUPS_CUT] = MSG("accounts.groups-cut"), [ACCT_NOT_ACCOUNTS] = MSG("accounts.not-accounts"), [ACCT_GROUPS_LOST] = MSG("accounts.groups-lost")};

/* The system of the address, for somebody who may see what lists say; else answered. */
static bool accounts_begin(struct screen *s, struct req *r, void *ctx, struct record *ret_system, bool *ret_take)
{
    struct err e = {0};
    if (!screen_begin(s, r, ctx))
        return false;
    if (screen_record(s, req_arg_i64(r, 0), ret_system, &e) == RC_OK && (strcmp(ret_system->form_ident, "system") != 0 || ret_system->force_rev == 0))
        (void)!err_set(&e, ERR_RECORD_MISSING, "no system");
    if (e.code == ERR_NONE && accounts_may(&s->rd, ret_take, &e) == RC_OK)
        return true;
    screen_fail(s, &e);
    return false;
}

/* ---- what is found wrong ---- */

static void finding_group(struct screen *s, const struct findings *v, size_t from, size_t to)
{
    const struct check *k = v->v[from].check;
    enum lang lang = req_lang(s->r);
    ui_heading(s->h, 3, mem_fmt(s->r, "%s(%s) %zu", pick_lang(lang, k->label, k->label_en), k->article ? k->article : "-", to - from));
    html_el(s->h, E_P, pick_lang(lang, k->text ? k->text : "", k->text_en));
    html_open(s->h, E_UL);
    for (size_t i = from; i < to && i < from + SHOWN_FINDINGS; i++) {
        html_open(s->h, E_LI);
        record_link(s->h, v->v[i].subject, v->v[i].title);
        html_text(s->h, " ");
        html_text(s->h, msg_fill(s->r, lang, MSG("accounts.since"), when_text(s->r, v->v[i].since_us), NULL));
        if (v->v[i].excepted) {
            html_text(s->h, " ");
            ui_badge(s->h, UI_PLAIN, v->v[i].until ? msg_fill(s->r, lang, MSG("accounts.excepted-until"), v->v[i].until, NULL) : msg_text(lang, MSG("accounts.excepted")));
        }
        html_close(s->h, E_LI);
    }
    html_close(s->h, E_UL);
    if (to - from > SHOWN_FINDINGS)
        html_el(s->h, E_P, msg_fill(s->r, lang, MSG("accounts.more"), mem_fmt(s->r, "%zu", to - from - SHOWN_FINDINGS), NULL));
}

static void findings_out(struct screen *s, int64_t system)
{
    struct findings v = {0};
    struct err e = {0};
    if (accounts_findings(&s->rd, system, &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("accounts.findings")));
    if (v.n == 0)
        html_el_msg(s->h, E_P, MSG("accounts.none-found"));
    for (size_t i = 0, k; i < v.n; i = k) {
        for (k = i + 1; k < v.n && v.v[k].check == v.v[i].check; k++)
            ;
        finding_group(s, &v, i, k);
    }
}

/* ---- the page ---- */

static void file_row(struct screen *s, const char *name, const char *label, const char *help, bool required)
{
    const struct ui_row row = {.id = name, .label = msg_text(req_lang(s->r), label), .help = msg_text(req_lang(s->r), help), .required = required};
    ui_row_open(s->h, &row);
    ui_input(s->h, "file", name, NULL, &row);
    ui_row_close(s->h, &row);
}

static void day_row(struct screen *s, const char *value)
{
    const struct ui_row row = {.id = "found_on", .label = msg_text(req_lang(s->r), MSG("accounts.found-on")), .help = msg_text(req_lang(s->r), MSG("accounts.found-on-help")), .required = true};
    ui_row_open(s->h, &row);
    ui_input(s->h, "date", "found_on", value, &row);
    ui_row_close(s->h, &row);
}

static void form_begin(struct screen *s, const struct record *system)
{
    html_open(s->h, E_FORM);
    html_attr(s->h, A_ENCTYPE, "multipart/form-data");
    html_action(s->h, page_path("accounts.post"), screen_csrf(s), URL_I(system->id));
}

static void form_end(struct screen *s, const char *label, const char *what, bool drop)
{
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, label, "do", what, true);
    if (drop)
        ui_button(s->h, MSG("import.drop"), "do", "drop", false);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
}

static void take_form(struct screen *s, const struct record *system)
{
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("accounts.take-title")));
    html_el_msg(s->h, E_P, MSG("accounts.take-help"));
    form_begin(s, system);
    day_row(s, req_form(s->r, "found_on") ? req_form(s->r, "found_on") : s->rd.today);
    file_row(s, "list", MSG("accounts.file"), MSG("accounts.file-help"), true);
    file_row(s, "shadow", MSG("accounts.file-shadow"), MSG("accounts.file-shadow-help"), false);
    file_row(s, "group", MSG("accounts.file-group"), MSG("accounts.file-group-help"), false);
    form_end(s, MSG("import.look"), "look", false);
}

static void newest_out(struct screen *s, const struct record *system)
{
    struct accounts_list last;
    struct err e = {0};
    enum lang lang = req_lang(s->r);
    if (accounts_newest(s->rd.db, s->r, s->rd.set, system->id, &last, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    html_open(s->h, E_P);
    record_link(s->h, system->id, system->title);
    html_text(s->h, " ");
    if (last.record == 0)
        html_text(s->h, msg_text(lang, MSG("accounts.no-list")));
    else
        record_link(s->h, last.record, msg_fill(s->r, lang, MSG("accounts.newest"), last.found_on, mem_fmt(s->r, "%lld", (long long)last.accounts), NULL));
    html_close(s->h, E_P);
}

static void accounts_open(struct screen *s, const struct record *system)
{
    screen_open(s, msg_fill(s->r, req_lang(s->r), MSG("accounts.title"), system->title, NULL), "registers");
}

static void accounts_page(struct screen *s, const struct record *system, bool take, const char *problem)
{
    accounts_open(s, system);
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){"list", problem}, 1);
    newest_out(s, system);
    findings_out(s, system->id);
    if (take)
        take_form(s, system);
    screen_close(s, problem ? 422 : 200);
}

void page_accounts(struct req *r, void *ctx)
{
    struct screen s;
    struct record system;
    bool take;
    if (accounts_begin(&s, r, ctx, &system, &take))
        accounts_page(&s, &system, take, NULL);
}

/* ---- looking over ---- */

/* A CSV whose columns mean nothing yet: each is chosen; the file travels with the form. */
static void columns_page(struct screen *s, const struct record *system, const struct acct_file *file, const struct acct_map *map, const char *problem)
{
    const char **heading;
    struct acct_map usual;
    struct err e = {0};
    size_t n;
    enum lang lang = req_lang(s->r);
    if (acct_headings(s->r, file, &heading, &n, &usual, &e) != RC_OK) {
        accounts_page(s, system, true, err_say(s->r, lang, &e));
        return;
    }
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, n + 1);
    accounts_open(s, system);
    ui_problems(s->h, &(struct ui_problem){"col.account", problem}, 1);
    html_el_msg(s->h, E_P, MSG("accounts.columns-help"));
    form_begin(s, system);
    day_row(s, req_form(s->r, "found_on"));
    for (int c = 0; c < ACCT__COLUMNS; c++) {
        const char *name = mem_fmt(s->r, "col.%s", acct_column_key((enum acct_column)c)), *chosen = map->heading[c] ? map->heading[c] : usual.heading[c];
        const struct ui_row row = {.id = name, .label = msg_text(lang, column_msg[c]), .required = c == ACCT_C_ACCOUNT};
        size_t k = 0;
        for (size_t i = 0; i < n; i++)
            if (heading[i][0] != '\0')
                opt[k++] = (struct ui_opt){.value = heading[i], .label = heading[i], .on = text_eq(heading[i], chosen)};
        ui_row_open(s->h, &row);
        ui_select(s->h, name, opt, k, true, &row);
        ui_row_close(s->h, &row);
    }
    const char *bytes = b64_text(s->r, (const uint8_t *)file->bytes.p, file->bytes.n);
    ui_hidden(s->h, "file", file->name);
    text_carry(s, "bytes", bytes, strlen(bytes));
    form_end(s, MSG("import.look"), "look", false);
    screen_close(s, 422);
}

static void doubts_out(struct screen *s, const struct acct_list *l)
{
    html_open(s->h, E_UL);
    for (int d = 0; d < ACCT__DOUBTS; d++)
        if (l->doubt[d] > 0) {
            html_open(s->h, E_LI);
            html_text(s->h, msg_fill(s->r, req_lang(s->r), doubt_msg[d], mem_fmt(s->r, "%zu", l->doubt[d]), l->doubt_what[d] ? l->doubt_what[d] : "", NULL));
            html_close(s->h, E_LI);
        }
    html_close(s->h, E_UL);
}

static void changes_out(struct screen *s, const struct accounts_look *look, enum accounts_change_kind kind)
{
    if (look->n[kind] == 0 || kind == ACCOUNTS_SAME)
        return;
    ui_heading(s->h, 2, msg_fill(s->r, req_lang(s->r), kind_msg[kind], mem_fmt(s->r, "%lld", (long long)look->n[kind]), NULL));
    html_open(s->h, E_UL);
    for (size_t i = 0; i < look->changes.n; i++)
        if (look->changes.v[i].kind == kind)
            html_el(s->h, E_LI, mem_fmt(s->r, "%s %s", look->changes.v[i].account, look->changes.v[i].name ? look->changes.v[i].name : ""));
    html_close(s->h, E_UL);
}

static void look_page(struct screen *s, const struct record *system, const struct acct_list *l, int64_t batch)
{
    struct accounts_look look;
    struct err e = {0};
    if (accounts_look(&s->rd, batch, &look, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    accounts_open(s, system);
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("accounts.look"), mem_fmt(s->r, "%zu", l->entries.n), look.found_on, NULL));
    doubts_out(s, l);
    html_open(s->h, E_UL);
    for (int k = 0; k < ACCOUNTS__N; k++)
        html_el(s->h, E_LI, msg_fill(s->r, req_lang(s->r), kind_msg[k], mem_fmt(s->r, "%lld", (long long)look.n[k]), NULL));
    html_close(s->h, E_UL);
    form_begin(s, system);
    ui_hidden(s->h, "batch", mem_fmt(s->r, "%lld", (long long)batch));
    form_end(s, MSG("accounts.take"), "take", true);
    for (int k = 0; k < ACCOUNTS__N; k++)
        changes_out(s, &look, (enum accounts_change_kind)k);
    screen_close(s, 200);
}

static enum rc files_read(struct req *r, struct acct_file *file, size_t *ret_n, struct err *e)
{
    static const char *const field[] = {"list", "shadow", "group"};
    struct str carried = text_carried(r, "bytes", 32 << 20);
    uint8_t *p;
    *ret_n = 0;
    for (size_t i = 0; i < ARRAY_N(field); i++) {
        const struct upload *up = upload_of(r, field[i]);
        if (up == NULL)
            continue;
        file[*ret_n].name = up->name;
        TRY(upload_text(r, up, &file[*ret_n].bytes, e));
        (*ret_n)++;
    }
    if (*ret_n > 0 || carried.n == 0)
        return *ret_n > 0 ? RC_OK : err_set_arg(e, ERR_ACCT_FILE, "", "no file");
    if (!b64_read(r, carried, &p, &file[0].bytes.n))
        return err_set_arg(e, ERR_ACCT_FILE, "", "carried bytes");
    file[0].bytes.p = (const char *)p;
    file[0].name = req_form(r, "file") ? req_form(r, "file") : "";
    *ret_n = 1;
    return RC_OK;
}

/* What was chosen on the page; else what the last list of the system was read by, as far as its columns are there. */
static void map_get_chosen(struct screen *s, const struct record *system, struct acct_map *ret, bool *ret_chosen)
{
    struct accounts_list last;
    struct err e = {0};
    *ret = (struct acct_map){{0}};
    *ret_chosen = req_form(s->r, "col.account") != NULL;
    for (int c = 0; c < ACCT__COLUMNS && *ret_chosen; c++) {
        const char *v = req_form(s->r, mem_fmt(s->r, "col.%s", acct_column_key((enum acct_column)c)));
        ret->heading[c] = v != NULL && v[0] != '\0' ? v : NULL;
    }
    if (!*ret_chosen && accounts_newest(s->rd.db, s->r, s->rd.set, system->id, &last, &e) == RC_OK && last.record != 0 && last.columns != NULL)
        acct_map_read(s->r, last.columns, ret);
}

static void look(struct screen *s, struct record *system)
{
    struct acct_file file[ACCT_FILES_MAX];
    struct acct_list *l;
    struct acct_map map;
    struct err e = {0};
    struct answer *a;
    struct civil on;
    struct site *site = s->site;
    size_t n;
    bool chosen, take;
    const char *day = req_form(s->r, "found_on");
    if (files_read(s->r, file, &n, &e) != RC_OK) {
        accounts_page(s, system, true, err_say(s->r, req_lang(s->r), &e));
        return;
    }
    map_get_chosen(s, system, &map, &chosen);
    bool mapped = map.heading[ACCT_C_ACCOUNT] != NULL;
    if (day == NULL || !civil_read_loose(s->r, str_of(day), &on)) {
        accounts_page(s, system, true, msg_fill(s->r, req_lang(s->r), err_info(ERR_DAY)->msg_key, day ? day : "", NULL));
        return;
    }
    if (acct_read(s->r, file, n, ACCT_ANY, mapped ? &map : NULL, on, &l, &e) != RC_OK) {
        if (e.code == ERR_ACCT_MAP && n == 1)
            columns_page(s, system, &file[0], &map, err_say(s->r, req_lang(s->r), &e));
        else
            accounts_page(s, system, true, err_say(s->r, req_lang(s->r), &e));
        return;
    }
    struct json *head = json_obj(s->r);
    json_set_i64(head, "system", system->id);
    json_set_str(head, "found_on", day);
    json_set_str(head, "source", acct_source_key(l->source));
    if (l->source == ACCT_CSV)
        json_set_str(head, "columns", acct_map_text(s->r, &map));
    screen_end(s);
    core_accounts_stage(site->core, s->r, &s->user->actor, head, acct_rows(s->r, l), &a);
    if (!accounts_begin(s, s->r, site, system, &take))
        return;
    if (a->rc != RC_OK)
        accounts_page(s, system, take, err_say(s->r, req_lang(s->r), &a->err));
    else
        look_page(s, system, l, json_get_i64(a->body, "batch", 0));
}

void page_accounts_post(struct req *r, void *ctx)
{
    struct screen s;
    struct record system;
    struct site *site = ctx;
    struct answer *a;
    struct json *args = json_obj(r);
    bool take, wanted = text_eq(req_form(r, "do"), "take");
    if (!accounts_begin(&s, r, ctx, &system, &take))
        return;
    number_sent(r, args, "batch");
    if (json_get(args, "batch") == NULL) {
        look(&s, &system);
        return;
    }
    int64_t id = system.id;
    screen_end(&s);
    core_command(site->core, r, &page_user(r)->actor, wanted ? "accounts.take" : "import.drop", args, NULL, &a);
    if (a->rc == RC_OK) {
        const struct url_arg to[] = {URL_I(id), URL_Q("done", wanted ? "done.accounts" : "done.drop")};
        resp_redirect(r, url_make(r, page_path("accounts"), to, 2));
    } else if (accounts_begin(&s, r, ctx, &system, &take)) {
        accounts_page(&s, &system, take, err_say(r, req_lang(r), &a->err));
    }
}

/* ---- on records ---- */

void accounts_link(struct screen *s, const struct record *system)
{
    struct err e = {0};
    bool take;
    if (system->force_rev == 0 || strcmp(system->state, "approved") != 0 || accounts_may(&s->rd, &take, &e) != RC_OK)
        return;
    html_open(s->h, E_P);
    html_open(s->h, E_A);
    html_href(s->h, page_path("accounts"), URL_I(system->id));
    html_text(s->h, msg_text(req_lang(s->r), take ? MSG("accounts.link") : MSG("accounts.link-read")));
    html_close(s->h, E_A);
    html_close(s->h, E_P);
}

/* Whose it is, chosen by hand; empty: looked for anew. */
void accounts_person_out(struct screen *s, const struct record *found)
{
    struct err e = {0};
    const struct ui_row row = {.id = "person", .label = msg_text(req_lang(s->r), MSG("accounts.person")), .help = msg_text(req_lang(s->r), MSG("accounts.person-help"))};
    bool take;
    if (strcmp(found->state, "approved") != 0 || accounts_may(&s->rd, &take, &e) != RC_OK || !take)
        return;
    html_open(s->h, E_FORM);
    html_action(s->h, page_path("accounts.person"), screen_csrf(s), URL_I(found->id));
    ui_row_open(s->h, &row);
    ui_input(s->h, "text", "person", NULL, &row);
    ui_row_close(s->h, &row);
    form_end(s, MSG("accounts.person-set"), "person", false);
}

void page_accounts_person(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct err e = {0};
    struct json *args = json_obj(r);
    const char *typed = req_form(r, "person");
    int64_t person, record = req_arg_i64(r, 0);
    bool several;
    if (!screen_begin(&s, r, ctx))
        return;
    if (typed != NULL && typed[0] != '\0') {
        if (!core_resolve(&s.rd, pack_form(s.rd.set, "person"), typed, &person, &several)) {
            (void)!err_set_arg(&e, ERR_FIELDS, typed, "person %s", typed);
            screen_fail(&s, &e);
            return;
        }
        json_set_i64(args, "person", person);
    }
    json_set_i64(args, "record", record);
    screen_end(&s);
    core_command(site->core, r, &page_user(r)->actor, "accounts.match", args, NULL, &a);
    if (a->rc != RC_OK) {
        if (screen_begin(&s, r, ctx))
            screen_fail(&s, &a->err);
        return;
    }
    const struct url_arg to[] = {URL_I(record), URL_Q("done", "done.save")};
    resp_redirect(r, url_make(r, page_path("record"), to, 2));
}
