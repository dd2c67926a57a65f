/* The page frame and what every screen shares: snapshot, navigation by the work, error pages, labels of states. */
#include "page/page_int.h"

struct nav_row { const char *room, *msg, *route, *arg; };
static const struct nav_row nav_rows[] = {
    {"home", MSG("nav.home"), "home", NULL}, {"registers", MSG("nav.registers"), "rooms", "registers"}, {"applications", MSG("nav.applications"), "rooms", "applications"},
    {"incidents", MSG("nav.incidents"), "rooms", "incidents"}, {"education", MSG("nav.education"), "rooms", "education"}, {"audit", MSG("nav.audit"), "rooms", "audit"},
    {"vendors", MSG("nav.vendors"), "rooms", "vendors"}, {"rights", MSG("nav.rights"), "rooms", "rights"}, {"documents", MSG("nav.documents"), "rooms", "documents"}, {"conformity", MSG("nav.conformity"), "conformity", NULL},
    {"ledger", MSG("nav.ledger"), "ledger", NULL}, {"settings", MSG("nav.settings"), "settings", NULL},
};

/* The heading of a page that lists the forms of one kind of work. */
const char *room_title(enum lang lang, const char *room)
{
    for (size_t i = 0; i < ARRAY_N(nav_rows); i++)
        if (strcmp(nav_rows[i].room, room) == 0 && strcmp(nav_rows[i].route, "rooms") == 0)
            return msg_text(lang, nav_rows[i].msg);
    return msg_text(lang, MSG("nav.registers"));
}

/* Work for which no adopted regulation has a form has no place in the navigation. */
static bool nav_used(const struct screen *s, const struct nav_row *row)
{
    bool used = strcmp(row->route, "rooms") != 0 || strcmp(row->arg, "registers") == 0 || s->rd.set == NULL;
    for (size_t i = 0; !used && i < s->rd.set->form_n; i++)
        used = text_eq(s->rd.set->form[i].room, row->arg);
    return used;
}

const char *screen_csrf(const struct screen *s) { return s->user && s->user->session->csrf ? s->user->session->csrf : ""; }

bool screen_begin(struct screen *s, struct req *r, void *ctx)
{
    struct err e = {0};
    *s = (struct screen){.r = r, .site = ctx, .user = page_user(r)};
    if (core_read_begin(s->site->core, r, s->user ? &s->user->actor : NULL, &s->rd, &e) != RC_OK) {
        log_err("page", req_id(r), &e);
        resp_error(r, e.code, NULL);
        return false;
    }
    s->reading = true;
    return true;
}

void screen_end(struct screen *s)
{
    if (s->reading)
        core_read_end(&s->rd);
    s->reading = false;
}

void screen_fail(struct screen *s, const struct err *e)
{
    screen_end(s);
    if (err_info(e->code)->http >= 500)
        log_err("page", req_id(s->r), e);
    resp_error(s->r, e->code, e->arg);
}

const char *screen_org(struct screen *s)
{
    struct sql *q = sql_new(s->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    const char *name = NULL;
    if (s->rd.set == NULL || pack_form(s->rd.set, "organization") == NULL)
        return "daicho";
    sql_lit(q, "SELECT name FROM f_organization WHERE slot = 0 ORDER BY record LIMIT 1");
    if (db_query(s->rd.db, s->r, q, &rows, &e) == RC_OK && db_next(rows, &more, &e) == RC_OK && more)
        name = mem_strdup(s->r, db_text(rows, 0));
    if (e.code != ERR_NONE)
        screen_broke(s, &e);
    return name ? name : "daicho";
}

/* Above every page: why nothing can be saved just now, or that this ledger is on trial. */
static const char *notice(const struct screen *s)
{
    enum err_code no = core_writes_refused(s->site->core);
    if (no != ERR_NONE)
        return err_say(s->r, req_lang(s->r), &(struct err){.code = no});
    return core_is_trial(s->site->core) ? msg_text(req_lang(s->r), MSG("page.trial")) : NULL;
}

/* The way to the inbox, with how many wait there. */
static const char *inbox_text(struct screen *s)
{
    struct err e = {0};
    int64_t n = 0;
    if (s->user == NULL || s->rd.set == NULL || !s->reading)
        return NULL;
    if (notice_fresh(&s->rd, &n, &e) != RC_OK)
        screen_broke(s, &e);
    if (n == 0)
        return msg_text(req_lang(s->r), MSG("notice.title"));
    return msg_fill(s->r, req_lang(s->r), MSG("notice.title-n"), mem_fmt(s->r, n < NOTICE_FRESH_MAX ? "%lld" : "%lld+", (long long)(n < NOTICE_FRESH_MAX ? n : n - 1)), NULL);
}

void screen_open(struct screen *s, const char *title, const char *room)
{
    struct ui_nav *nav = mem_array(s->r, struct ui_nav, ARRAY_N(nav_rows));
    const char *done = req_query(s->r, "done");
    size_t nav_n = 0;
    for (size_t i = 0; i < ARRAY_N(nav_rows); i++)
        if (nav_used(s, &nav_rows[i]))
            nav[nav_n++] = (struct ui_nav){nav_rows[i].msg, page_path(nav_rows[i].route), nav_rows[i].arg, strcmp(nav_rows[i].room, room) == 0};
    s->h = html_new(s->r, req_lang(s->r), PAGE_BYTES_MAX);
    bool known = done != NULL && strncmp(done, "done.", 5) == 0 && msg_has(LANG_JA, done);
    struct ui_frame f = {.title = title, .org = screen_org(s), .person = s->user ? s->user->session->name : NULL, .csrf = screen_csrf(s), .nav = s->user ? nav : NULL,
                         .nav_n = s->user ? nav_n : 0, .flash = known ? msg_text(req_lang(s->r), done) : NULL, .logout = page_path("logout.post"),
                         .lang = page_path("language.post"), .account = page_path("account"), .home = page_path("home"), .inbox = page_path("notices"), .inbox_text = inbox_text(s),
                         .trial_msg = notice(s)};
    ui_frame_open(s->h, &f);
    ui_heading(s->h, 1, title);
}

void screen_close(struct screen *s, int status)
{
    if (s->broke.code != ERR_NONE) {
        screen_fail(s, &s->broke);
        return;
    }
    ui_frame_close(s->h);
    screen_end(s);
    resp_html(s->r, status, html_done(s->h));
}

void screen_go(struct screen *s, const char *route, int64_t id, const char *done)
{
    screen_end(s);
    const struct url_arg with[] = {URL_I(id), URL_Q("done", done)};
    const struct url_arg without[] = {URL_Q("done", done)};
    bool has = strstr(page_path(route)->pattern, "{i}") != NULL;
    resp_redirect(s->r, url_make(s->r, page_path(route), has ? with : without, has ? 2 : 1));
}

void screen_table_of(struct screen *s, const char *caption, const char *const *keys, size_t n)
{
    const char **label = mem_array(s->r, const char *, n);
    for (size_t i = 0; i < n; i++)
        label[i] = msg_text(req_lang(s->r), keys[i]);
    ui_table_open(s->h, caption);
    ui_table_head(s->h, label, n);
}

void screen_table(struct screen *s, const char *caption, const char *const *keys, size_t n) { screen_table_of(s, msg_text(req_lang(s->r), caption), keys, n); }

void record_link(struct html *h, int64_t record, const char *text)
{
    html_open(h, E_A);
    html_href(h, page_path("record"), URL_I(record));
    html_text(h, text);
    html_close(h, E_A);
}

void number_sent(struct req *r, struct json *args, const char *name)
{
    int64_t n;
    if (req_form(r, name) != NULL && str_to_i64(str_of(req_form(r, name)), &n))
        json_set_i64(args, name, n);
}

enum rc screen_record(struct screen *s, int64_t id, struct record *ret, struct err *e)
{
    const struct grant *g;
    return s->rd.set == NULL ? err_set(e, ERR_SETUP_FIRST, "no set") : perm_see(&s->rd, id, ret, &g, e);
}

void screen_broke(struct screen *s, const struct err *e)
{
    if (s->broke.code == ERR_NONE)
        s->broke = *e;
}

bool screen_may(struct screen *s, enum permit p, const struct form *f, const struct record *rec)
{
    struct err e = {0};
    bool yes = false;
    if (s->rd.set != NULL && perm_may(&s->rd, p, f, rec, &yes, &e) != RC_OK)
        screen_broke(s, &e);
    return yes;
}

const char *state_label(enum lang lang, const char *state)
{
    static const struct { const char *state, *msg; } rows[] = {{"draft", MSG("state.draft")}, {"submitted", MSG("state.submitted")}, {"approved", MSG("state.approved")},
        {"returned", MSG("state.returned")}, {"rejected", MSG("state.rejected")}, {"closed", MSG("state.closed")}, {"void", MSG("state.void")}, {"corrected", MSG("state.corrected")}};
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        if (text_eq(state, rows[i].state))
            return msg_text(lang, rows[i].msg);
    return state ? state : "";
}

enum ui_tone state_tone(const char *state)
{
    if (text_eq(state, "approved") || text_eq(state, "closed"))
        return UI_GOOD;
    if (text_eq(state, "returned") || text_eq(state, "submitted"))
        return UI_WARN;
    return text_eq(state, "rejected") || text_eq(state, "void") ? UI_BAD : UI_PLAIN;
}

const char *when_text(TALLOC_CTX *mem, int64_t us)
{
    char *t = us == 0 ? NULL : time_local(mem, us);
    if (t != NULL && strlen(t) >= 10)
        t[4] = t[7] = '/';                       /* as dates are written everywhere on screen */
    return t ? t : "–";
}
