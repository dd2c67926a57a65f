/* One's own sign-in: where one is signed in, and the end of each; the same of somebody else for administrators. */
#include "page/page_int.h"

/* Whose page it is: the path's person for administrators, else one's own. */
static int64_t whose(struct req *r) { return strncmp(req_path(r), "/people/", 8) == 0 ? req_arg_i64(r, 0) : page_user(r)->session->person; }
static bool own(const struct screen *s, int64_t person) { return s->user->session->person == person; }

static void account_form(struct screen *s, int64_t person)
{
    if (strncmp(req_path(s->r), "/people/", 8) == 0)
        html_action(s->h, page_path("person.account.post"), screen_csrf(s), URL_I(person));
    else
        html_action0(s->h, page_path("account.post"), screen_csrf(s));
}

static void session_row(struct screen *s, int64_t person, const struct session_info *v)
{
    html_open(s->h, E_TR);
    html_el(s->h, E_TD, v->device ? v->device : msg_text(req_lang(s->r), MSG("account.device-unknown")));
    html_el(s->h, E_TD, v->addr ? v->addr : "–");
    html_el(s->h, E_TD, when_text(s->r, v->since));
    html_el(s->h, E_TD, when_text(s->r, v->used));
    html_open(s->h, E_TD);
    if (v->here) {
        ui_badge(s->h, UI_GOOD, msg_text(req_lang(s->r), MSG("account.here")));
    } else {
        html_open(s->h, E_FORM);
        account_form(s, person);
        ui_hidden(s->h, "session", mem_fmt(s->r, "%lld", (long long)v->id));
        ui_button(s->h, MSG("account.end"), "do", "end", false);
        html_close(s->h, E_FORM);
    }
    html_close(s->h, E_TD);
    html_close(s->h, E_TR);
}

static void sessions_out(struct screen *s, int64_t person, const struct session_infos *v)
{
    static const char *const keys[] = {MSG("account.device"), MSG("account.addr"), MSG("account.since"), MSG("account.used"), MSG("people.what")};
    size_t others = 0;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("account.devices")));
    html_el_msg(s->h, E_P, MSG("account.devices-help"));
    screen_table(s, MSG("account.devices"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v->n; i++) {
        session_row(s, person, &v->v[i]);
        others += !v->v[i].here;
    }
    ui_table_close(s->h);
    if (others == 0)
        return;
    html_open(s->h, E_FORM);
    account_form(s, person);
    ui_button(s->h, own(s, person) ? MSG("account.end-others") : MSG("account.end-all"), "do", "others", false);
    html_close(s->h, E_FORM);
}

/* What others did to this sign-in. */
static void notes_out(struct screen *s, int64_t person, const struct q_note_of_rows *v)
{
    bool fresh = false;
    if (v->n == 0)
        return;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("account.notes")));
    html_open(s->h, E_UL);
    for (size_t i = 0; i < v->n; i++) {
        fresh = fresh || v->v[i].seen_at_null;
        html_el(s->h, E_LI, msg_fill(s->r, req_lang(s->r), MSG("account.note-reset"), when_text(s->r, v->v[i].at), person_name(s->rd.db, s->r, v->v[i].by_person), v->v[i].reason, NULL));
    }
    html_close(s->h, E_UL);
    if (!fresh || !own(s, person))
        return;
    html_open(s->h, E_FORM);
    account_form(s, person);
    ui_button(s->h, MSG("account.seen"), "do", "seen", false);
    html_close(s->h, E_FORM);
}

static void factor_out(struct screen *s, int64_t person, const struct factor *f)
{
    const struct ui_row why = {.id = "reason", .label = msg_text(req_lang(s->r), MSG("account.reset-reason")), .help = msg_text(req_lang(s->r), MSG("account.reset-help")), .required = true};
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("factor.title")));
    html_el_msg(s->h, E_P, f->on ? MSG("account.factor-on") : f->wanted ? MSG("account.factor-wanted") : MSG("account.factor-none"));
    if (own(s, person)) {
        html_open(s->h, E_P);
        page_link0(s->h, f->on ? MSG("factor.change") : MSG("factor.begin"), "factor");
        html_close(s->h, E_P);
    } else if (f->on) {
        html_open(s->h, E_FORM);
        account_form(s, person);
        ui_row_open(s->h, &why);
        ui_textarea(s->h, "reason", req_form(s->r, "reason"), &why);
        ui_row_close(s->h, &why);
        ui_button(s->h, MSG("account.reset"), "do", "reset", false);
        html_close(s->h, E_FORM);
    }
}

static void own_links(struct screen *s)
{
    html_open(s->h, E_UL);
    html_class(s->h, "forms");
    html_open(s->h, E_LI);
    page_link0(s->h, MSG("password.title"), "password");
    html_close(s->h, E_LI);
    html_open(s->h, E_LI);
    page_link0(s->h, MSG("token.title"), "token");
    html_close(s->h, E_LI);
    html_close(s->h, E_UL);
}

static void account_page(struct screen *s, int64_t person, const char *problem)
{
    struct session_infos v = VEC_INIT(s->r);
    struct err e = {0};
    struct factor f;
    struct q_note_of_rows notes;
    if (session_list(&s->rd, person, &v, &e) != RC_OK || factor_of(&s->rd, person, &f, &e) != RC_OK || q_note_of(s->rd.db, s->r, person, &notes, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    screen_open(s, own(s, person) ? msg_text(req_lang(s->r), MSG("account.title"))
                                  : msg_fill(s->r, req_lang(s->r), MSG("account.title-of"), person_name(s->rd.db, s->r, person), NULL), "settings");
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
    if (own(s, person))
        own_links(s);
    notes_out(s, person, &notes);
    factor_out(s, person, &f);
    sessions_out(s, person, &v);
    screen_close(s, problem ? 422 : 200);
}

void page_account(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        account_page(&s, whose(r), NULL);
}

void page_account_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct json *args = json_obj(r);
    int64_t person = whose(r);
    const char *what = req_form(r, "do");
    bool others = text_eq(what, "others"), reset = text_eq(what, "reset"), seen = text_eq(what, "seen"), mine = person == page_user(r)->session->person;
    if (others)
        json_set_bool(args, "others", true);
    else
        number_sent(r, args, "session");
    if (!seen)
        json_set_i64(args, "person", person);
    if (reset)
        json_set_str(args, "reason", req_form(r, "reason"));
    core_command(site->core, r, &page_user(r)->actor, reset ? "totp.reset" : seen ? "account.seen" : "session.end", args, NULL, &a);
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc == RC_OK)
        screen_go(&s, mine ? "account" : "person.account", person, reset ? "done.factor-reset" : seen ? NULL : "done.session-ended");
    else
        account_page(&s, person, err_say(r, req_lang(r), &a->err));
}
