/* Sign-ins: who has one, and a first password for somebody by the administrator. The password is shown once, never kept as text, and must be
 * changed at the first sign-in. */
#include "page/page_int.h"

#define PEOPLE_ROWS 50

static void post_add(struct screen *s, const char **names, const char *key)
{
    const struct role *r = pack_role(s->rd.set, key);
    const char *name = r ? pick_lang(req_lang(s->r), r->name, r->name_en) : NULL;
    if (name != NULL && strstr(*names, name) == NULL)
        *names = mem_fmt(s->r, "%s%s%s", *names, (*names)[0] ? "、" : "", name);
}

static const char *post_names(struct screen *s, const struct post_held_vec *v)
{
    const char *out = "";
    for (size_t i = 0; i < v->n; i++)
        post_add(s, &out, v->v[i].role);
    return out;
}

const char *role_names(struct screen *s, int64_t person)
{
    struct post_held_vec v = VEC_INIT(s->r);
    struct err e = {0};
    if (posts_of(s->rd.db, s->r, &person, 1, &v, &e) != RC_OK)
        screen_broke(s, &e);
    return post_names(s, &v);
}

/* Else answered with the refusal. */
static bool admin_only(struct screen *s)
{
    struct err e = {0};
    if (screen_may(s, PERMIT_ADMIN, NULL, NULL))
        return true;
    if (s->broke.code != ERR_NONE)
        e = s->broke;
    else
        (void)!err_set(&e, ERR_DENIED, "people");
    screen_fail(s, &e);
    return false;
}

/* Of people_sign_ins. */
static const char *state_msg(const char *state)
{
    return strcmp(state, "disabled") == 0 ? MSG("people.disabled") : strcmp(state, "directory") == 0 ? MSG("people.directory") : strcmp(state, "no-password") == 0 ? MSG("people.no-password")
         : strcmp(state, "must-change") == 0 ? MSG("people.must-change") : strcmp(state, "active") == 0 ? MSG("people.active") : MSG("people.none");
}

static void row_out(struct screen *s, const struct person_sign_in *p)
{
    struct html *h = s->h;
    html_open(h, E_TR);
    html_open(h, E_TD);
    record_link(h, p->person, p->name);
    html_close(h, E_TD);
    html_el(h, E_TD, p->login ? p->login : "");
    html_el(h, E_TD, post_names(s, &p->posts));
    const char *state = msg_text(req_lang(s->r), state_msg(p->state));
    html_el(h, E_TD, p->oidc ? mem_fmt(s->r, "%s・%s", state, msg_text(req_lang(s->r), MSG("people.oidc"))) : state);
    html_open(h, E_TD);
    page_link(h, MSG("account.devices"), "person.account", URL_I(p->person));
    if (p->login != NULL && p->login[0] != '\0') {
        html_open(h, E_FORM);
        html_action(h, page_path("people.post"), screen_csrf(s), URL_I(p->person));
        ui_button(h, MSG("people.issue"), "do", "password", false);
        if (core_has_directory(s->site->core) && strcmp(p->state, "directory") != 0)
            ui_button(h, MSG("people.directory-go"), "do", "directory", false);
        if (p->oidc)
            ui_button(h, MSG("people.oidc-end"), "do", "oidc-end", false);
        ui_button(h, MSG("people.disable"), "do", "disable", false);
        html_close(h, E_FORM);
    }
    html_close(h, E_TD);
    html_close(h, E_TR);
}

static void people_page(struct screen *s, const char *shown_login, const char *shown_password, const char *problem)
{
    static const char *const keys[] = {MSG("setup.person"), MSG("login.login"), MSG("setup.roles-held"), MSG("people.state"), MSG("people.what")};
    struct person_sign_ins v = VEC_INIT(s->r);
    const struct grant *g;
    bool more;
    struct err e = {0};
    int64_t after = 0;
    struct html *h;
    const struct ui_row q = {.id = "q", .label = msg_text(req_lang(s->r), MSG("list.search"))};
    if (req_query(s->r, "after") != NULL && !str_to_i64(str_of(req_query(s->r, "after")), &after))
        after = 0;
    if (perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_ADMIN, NULL, NULL, s->rd.today, &g, &e) != RC_OK ||
        people_sign_ins(&s->rd, g, req_query(s->r, "q"), after, PEOPLE_ROWS, &v, &more, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    screen_open(s, msg_text(req_lang(s->r), MSG("people.title")), "settings");
    h = s->h;
    if (problem != NULL)
        ui_problems(h, &(struct ui_problem){NULL, problem}, 1);
    html_el_msg(h, E_P, MSG("people.help"));
    if (shown_password != NULL) {
        ui_heading(h, 2, msg_fill(s->r, req_lang(s->r), MSG("people.issued"), shown_login, NULL));
        html_open(h, E_PRE);
        html_text(h, shown_password);
        html_close(h, E_PRE);
    }
    html_open(h, E_FORM);
    html_class(h, "conditions");
    html_action_(h, page_path("people"), NULL, 0, NULL);
    ui_row_open(h, &q);
    ui_input(h, "search", "q", req_query(s->r, "q"), &q);
    ui_row_close(h, &q);
    ui_button(h, MSG("list.go"), NULL, NULL, false);
    html_close(h, E_FORM);
    screen_table(s, MSG("people.title"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v.n; i++)
        row_out(s, &v.v[i]);
    ui_table_close(h);
    const struct url_arg next[] = {URL_Q("q", req_query(s->r, "q")), URL_QI("after", v.n ? v.v[v.n - 1].person : 0)};
    ui_pager(h, NULL, more ? url_make(s->r, page_path("people"), next, 2) : NULL, "");
    screen_close(s, problem ? 422 : 200);
}

void page_people(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        people_page(&s, NULL, NULL, NULL);
}

/* The sign-in that somebody has, or the one that the list of people says; NULL: none. */
static enum rc login_of(struct screen *s, int64_t person, const char **ret, struct err *e)
{
    struct q_login_of l;
    struct record rec;
    struct content *c;
    size_t erased;
    bool found;
    *ret = NULL;
    TRY(q_login_of(s->rd.db, s->r, person, &l, &found, e));
    if (found) {
        *ret = l.login;
        return RC_OK;
    }
    TRY(record_get(s->rd.db, s->r, s->rd.set, person, &rec, e));
    if (strcmp(rec.form_ident, "person") != 0 || rec.force_rev == 0)
        return RC_OK;
    TRY(revision_content(s->rd.db, s->r, rec.force_rev, &c, &erased, e));
    *ret = content_get(c, "login");
    return RC_OK;
}

/* From now on the directory says the password. */
static void directory_chosen(struct screen *s, int64_t person, const char *login)
{
    struct err e = {0};
    struct req *r = s->r;
    struct site *site = s->site;
    enum rc rc = directory_link(site->core, r, &page_user(r)->actor, person, login, &e);
    if (rc != RC_OK && err_info(e.code)->http >= 500)
        log_err("directory", req_id(r), &e);
    if (screen_begin(s, r, site))
        people_page(s, NULL, NULL, rc == RC_OK ? NULL : err_say(r, req_lang(r), &e));
}

void page_people_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct err e = {0};
    bool disable = text_eq(req_form(r, "do"), "disable");
    struct json *args = json_obj(r);
    char *hash = NULL, *password = password_first(r);
    const char *login;
    int64_t person = req_arg_i64(r, 0);
    if (!screen_begin(&s, r, ctx) || !admin_only(&s))
        return;
    enum rc rc = login_of(&s, person, &login, &e);
    screen_end(&s);
    if (rc == RC_OK && text_eq(req_form(r, "do"), "directory")) {
        directory_chosen(&s, person, login);
        return;
    }
    bool end = text_eq(req_form(r, "do"), "oidc-end");
    if (rc == RC_OK && !disable && !end)
        rc = crypt_password_hash(r, password, &hash, &e);
    if (rc != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    json_set_i64(args, "person", person);
    if (!end) {
        json_set_str(args, "login", login);
        json_set_bool(args, "disabled", disable);
        json_set_str(args, "hash", hash);
    }
    core_command(site->core, r, &page_user(r)->actor, end ? "account.oidc" : "account.set", args, NULL, &a);
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc == RC_OK)
        people_page(&s, login, disable || end ? NULL : password, NULL);
    else
        people_page(&s, NULL, NULL, err_say(r, req_lang(r), &a->err));
}
