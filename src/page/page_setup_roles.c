/* Last step of the first hour: who holds which role, and the first administrator's password. Offered are the roles that a route, task,
 * check or recurring duty of the adopted regulations calls for, so that nothing stops later for want of a person. */
#include "page/setup_page.h"

#define SELECT_MAX 300
#define UNITS_MAX 30
#define ROLES_MAX 200

struct pick { int64_t id; const char *label; };
VEC_TYPE(pick_vec, struct pick);

static void picks(struct setup_page *u, const char *form, struct pick_vec *ret)
{
    struct sql *q = sql_new(u->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false, person = strcmp(form, "person") == 0;
    ret->mem = u->r;
    if (person)
        sql_lit(q, "SELECT record, name, login FROM f_person WHERE slot = 0 ORDER BY kana, record LIMIT 301");
    else
        sql_lit(q, "SELECT record, name, name FROM f_department WHERE slot = 0 ORDER BY record LIMIT 301");
    if (db_query(u->s.rd.db, u->r, q, &rows, &e) != RC_OK) {
        screen_broke(&u->s, &e);
        return;
    }
    while (db_next(rows, &more, &e) == RC_OK && more) {
        const char *login = db_is_null(rows, 2) ? NULL : db_text(rows, 2);
        *vec_push(ret) = (struct pick){db_i64(rows, 0), person && login ? mem_fmt(u->r, "%s(%s)", db_text(rows, 1), login) : mem_strdup(u->r, db_text(rows, 1))};
    }
    if (e.code != ERR_NONE)
        screen_broke(&u->s, &e);
    db_rows_end(rows);
}

/* ---- which roles ---- */

static bool who_asks(const struct pack_set *set, const struct who *w, const struct role *base)
{
    const struct role *r = w->role ? pack_role(set, w->role) : NULL;
    if (r != NULL && pack_role_base(set, r) == base)
        return true;
    for (size_t i = 0; i < w->sub_n; i++)
        if (who_asks(set, &w->sub[i], base))
            return true;
    return false;
}

static bool form_asks(const struct pack_set *set, const struct form *f, const struct role *base)
{
    for (size_t i = 0; i < f->step_n; i++)
        if (who_asks(set, &f->step[i].by, base))
            return true;
    for (size_t i = 0; i < f->then_n; i++)
        if (who_asks(set, &f->then[i].by, base))
            return true;
    for (size_t i = 0; i < f->make_n; i++)
        if (who_asks(set, &f->make[i], base))
            return true;
    return false;
}

/* A post of the organisation (`under`), or the one at the top. */
static bool in_chart(const struct pack_set *set, const struct role *base)
{
    for (size_t i = 0; i < set->role_n; i++)
        if (set->role[i].under != NULL && !set->role[i].optional && pack_role_base(set, &set->role[i]) == base)
            return true;
    for (size_t i = 0; i < set->pack_n; i++)
        if (set->pack[i].top_post != NULL && pack_role_base(set, pack_role(set, set->pack[i].top_post)) == base)
            return true;
    return false;
}

const char *role_title(struct screen *s, const char *key)
{
    const struct role *r = s->rd.set ? pack_role(s->rd.set, key) : NULL, *spoken = r && r->is == NULL ? role_spoken(s->rd.set, r) : r;
    return r ? pick_lang(req_lang(s->r), spoken->name, spoken->name_en) : mem_strdup(s->r, key);
}

bool role_asked(const struct pack_set *set, const struct role *base)
{
    if (in_chart(set, base))
        return true;
    for (size_t i = 0; i < set->form_n; i++)
        if (form_asks(set, &set->form[i], base))
            return true;
    for (size_t p = 0; p < set->pack_n; p++) {
        const struct pack *k = &set->pack[p];
        for (size_t i = 0; i < k->schedule_n; i++)
            if (who_asks(set, &k->schedule[i].by, base))
                return true;
        for (size_t i = 0; i < k->declaration_n; i++)
            if (who_asks(set, &k->declaration[i].by, base))
                return true;
        for (size_t i = 0; i < k->check_n; i++)
            if (k->check[i].has_task && who_asks(set, &k->check[i].task, base))
                return true;
    }
    return false;
}

static bool is_admin(const struct role *r) { return strcmp(r->id, "administrator") == 0; }

static size_t roles(const struct pack_set *set, const struct role **ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < set->role_n && n < max; i++) {
        const struct role *r = &set->role[i];
        if (pack_role_base(set, r) == r && !r->everyone && !r->derived_head && (is_admin(r) || role_asked(set, r)))
            ret[n++] = r;
    }
    return n;
}

/* ---- the page ---- */

static void person_select(struct setup_page *u, const char *name, const char *label, const char *help, const struct pick_vec *people, bool required)
{
    const char *typed = req_form(u->r, name);
    const struct ui_row row = {.id = name, .label = label, .help = help, .required = required};
    ui_row_open(u->s.h, &row);
    if (people->n > SELECT_MAX) {                    /* too many to choose from: the sign-in name is typed */
        ui_input(u->s.h, "text", name, typed, &row);
    } else {
        struct ui_opt *opt = mem_array(u->r, struct ui_opt, people->n + 1);
        for (size_t i = 0; i < people->n; i++) {
            char *id = mem_fmt(u->r, "%lld", (long long)people->v[i].id);
            opt[i] = (struct ui_opt){id, people->v[i].label, text_eq(typed, id)};
        }
        ui_select(u->s.h, name, opt, people->n, true, &row);
    }
    ui_row_close(u->s.h, &row);
}

static void role_out(struct setup_page *u, const struct role *base, const struct pick_vec *people, const struct pick_vec *depts)
{
    const struct role *r = role_spoken(u->s.rd.set, base);
    const char *label = pick_lang(req_lang(u->r), r->name, r->name_en);
    if (!base->unit && !r->unit) {
        person_select(u, mem_fmt(u->r, "a.%s", base->key), label, r->summary, people, is_admin(base));
        return;
    }
    ui_heading(u->s.h, 3, label);
    html_el(u->s.h, E_P, r->summary ? r->summary : "");
    for (size_t i = 0; i < depts->n && i < UNITS_MAX; i++)
        person_select(u, mem_fmt(u->r, "u.%lld.%s", (long long)depts->v[i].id, base->key), mem_fmt(u->r, "%s %s", depts->v[i].label, label), NULL, people, false);
}

static void password_row(struct setup_page *u, const char *id, const char *key, const char *help)
{
    const struct ui_row row = {.id = id, .label = setup_text(u, key), .help = help ? setup_text(u, help) : NULL, .required = true};
    ui_row_open(u->s.h, &row);
    ui_input(u->s.h, "password", id, NULL, &row);
    ui_row_close(u->s.h, &row);
}

void setup_roles_show(struct setup_page *u)
{
    const struct role *role[ROLES_MAX];
    struct pick_vec people, depts;
    picks(u, "person", &people);
    picks(u, "department", &depts);
    size_t n = roles(u->s.rd.set, role, ROLES_MAX);
    setup_open(u, 4, MSG("setup.roles"), people.n > SELECT_MAX ? MSG("setup.roles-help-typed") : MSG("setup.roles-help"));
    setup_form(u, "roles", false);
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++)
            if (is_admin(role[i]) == (pass == 0)) {
                role_out(u, role[i], &people, &depts);
                if (pass == 0) {
                    password_row(u, "password", MSG("setup.admin-password"), MSG("setup.password-help"));
                    password_row(u, "again", MSG("password.again"), NULL);
                    ui_heading(u->s.h, 2, setup_text(u, MSG("setup.roles-of-packs")));
                }
            }
    setup_close(u, MSG("setup.finish"));
}

/* ---- what was chosen ---- */

static void assignment_add(struct setup_page *u, struct json *arr, const char *name, const char *person)
{
    struct json *a;
    if (person[0] == '\0')
        return;
    a = json_add_obj(arr);
    json_set_str(a, "person", person);
    if (strncmp(name, "a.", 2) == 0) {
        json_set_str(a, "role", name + 2);
    } else {
        const char *dot = strchr(name + 2, '.');
        json_set_str(a, "department", mem_strndup(u->r, name + 2, dot ? (size_t)(dot - name - 2) : 0));
        json_set_str(a, "role", dot ? dot + 1 : "");
    }
}

static const char *admin_of(struct setup_page *u, const struct json *arr)
{
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct role *r = pack_role(u->s.rd.set, json_get_str(json_at(arr, i), "role"));
        if (r != NULL && is_admin(r))
            return json_get_str(json_at(arr, i), "person");
    }
    return NULL;
}

/* Appointed once: a form that comes back after a bad password does not appoint twice. */
static bool appointed(struct setup_page *u)
{
    struct sql *q = sql_new(u->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    sql_lit(q, "SELECT record FROM f_assignment WHERE slot = 0 LIMIT 1");
    if (db_query(u->s.rd.db, u->r, q, &rows, &e) != RC_OK || db_next(rows, &more, &e) != RC_OK)
        return false;
    db_rows_end(rows);
    return more;
}

static bool password_ready(struct setup_page *u, int64_t person, char **ret_hash)
{
    struct err e = {0};
    char *why = NULL;
    const char *password = req_form(u->r, "password") ? text_nfc(u->r, req_form(u->r, "password")) : "";
    if (!text_eq(req_form(u->r, "password"), req_form(u->r, "again")))
        setup_trouble(u, "again", setup_text(u, MSG("password.differ")));
    else if (password_check(u->s.rd.db, u->r, u->s.rd.set, person, true, password, &why, &e) != RC_OK)
        setup_trouble(u, "password", why ? why : setup_text(u, MSG("setup.password-help")));
    return u->problems_n == 0 && crypt_password_hash(u->r, password, ret_hash, &e) == RC_OK;
}

void setup_roles_do(struct setup_page *u)
{
    struct json *args = json_obj(u->r), *arr = json_set_arr(args, "assignments"), *end = json_obj(u->r);
    const struct json *body;
    struct site *site = u->ctx;
    int64_t admin = 0;
    bool several;
    char *hash = NULL;
    for (size_t i = 0; i < req_form_n(u->r); i++) {
        const struct req_param *f = req_form_at(u->r, i);
        if (strncmp(f->name, "a.", 2) == 0 || strncmp(f->name, "u.", 2) == 0)
            assignment_add(u, arr, f->name, str_dup(u->r, str_trim(str_of(f->value))));
    }
    const char *who = admin_of(u, arr);
    if (who == NULL || !core_resolve(&u->s.rd, pack_form(u->s.rd.set, "person"), who, &admin, &several))
        setup_trouble(u, "a.core:administrator", setup_text(u, MSG("setup.admin-none")));
    if (u->problems_n > 0 || !password_ready(u, admin, &hash)) {
        setup_roles_show(u);
        return;
    }
    if (!appointed(u) && !setup_run(u, "setup.roles", args, &body)) {
        if (u->s.reading)
            setup_roles_show(u);
        return;
    }
    json_set_i64(end, "admin", admin);
    json_set_str(end, "hash", hash);
    if (setup_run(u, "setup.finish", end, &body)) {
        core_settle(site->core);
        screen_go(&u->s, "login", 0, "done.setup");
    } else if (u->s.reading) {
        setup_roles_show(u);
    }
}
