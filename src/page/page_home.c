/* ホーム: what waits for me, what is due, what came back; and the forms of one kind of work. */
#include "page/env.h"

#define DESK_MAX 100

static void link_cell(struct html *h, int64_t record, const char *text)
{
    html_open(h, E_TD);
    record_link(h, record, text && text[0] ? text : "–");
    html_close(h, E_TD);
}

static const char *form_name(const struct screen *s, const char *ident)
{
    const struct form *f = s->rd.set && ident ? pack_form(s->rd.set, ident) : NULL;
    return f ? pick_lang(req_lang(s->r), f->name, f->name_en) : "";
}

static void head(struct screen *s, const char *caption, const char *const *keys, size_t n)
{
    ui_heading(s->h, 2, msg_text(req_lang(s->r), caption));
    screen_table(s, caption, keys, n);
}

/* Somebody else changed this person's sign-in: told until seen. */
static void account_told(struct screen *s)
{
    struct q_note_of_rows v;
    struct err e = {0};
    if (q_note_of(s->rd.db, s->r, s->user->session->person, &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (v.n == 0 || !v.v[0].seen_at_null)
        return;
    html_open(s->h, E_DIV);
    html_class(s->h, "banner");
    page_link0(s->h, MSG("home.account"), "account");
    html_close(s->h, E_DIV);
}

static void waiting_out(struct screen *s, const struct waitings *w)
{
    static const char *const keys[] = {MSG("col.number"), MSG("col.form"), MSG("col.title"), MSG("col.post"), MSG("col.since")};
    if (w->n == 0) {
        ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("home.waiting")));
        html_el_msg(s->h, E_P, MSG("home.none-waiting"));
        return;
    }
    head(s, MSG("home.waiting"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < w->n; i++) {
        html_open(s->h, E_TR);
        link_cell(s->h, w->v[i].record, w->v[i].number);
        html_el(s->h, E_TD, form_name(s, w->v[i].form_ident));
        html_el(s->h, E_TD, w->v[i].title);
        html_el(s->h, E_TD, w->v[i].post);
        html_el(s->h, E_TD, when_text(s->r, w->v[i].since));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static const char *post_name(const struct screen *s, const char *role)
{
    const struct role *r = role ? pack_role(s->rd.set, role) : NULL;
    return r ? pick_lang(req_lang(s->r), r->name, r->name_en) : "–";
}

/* own: the reader may do it, else it says whose post is vacant. */
/* Where the regulation says so, one step away. */
static void article_cell(struct screen *s, const char *duty)
{
    const struct duty *d = duty && s->rd.set ? pack_duty(s->rd.set, duty) : NULL;
    html_open(s->h, E_TD);
    if (d != NULL) {
        html_open(s->h, E_A);
        html_href(s->h, page_path("article"), URL_S(d->pack->id), URL_S(d->article));
        html_text(s->h, d->article);
        html_close(s->h, E_A);
    } else {
        html_text(s->h, "–");
    }
    html_close(s->h, E_TD);
}

static void task_row(struct screen *s, const struct task_info *t, bool own)
{
    bool late = t->due_us != 0 && t->due_us <= s->rd.now_us;
    html_open(s->h, E_TR);
    html_open(s->h, E_TD);
    task_say(s, s->rd.set && t->form_ident ? pack_form(s->rd.set, t->form_ident) : NULL, t);
    if (t->schedule != NULL && (t->duty == NULL || !own)) {
        html_text(s->h, " ");
        schedule_article_out(s, t->schedule);
    }
    if (t->schedule != NULL && own)
        schedule_do_out(s, t);
    html_close(s->h, E_TD);
    if (t->record != 0)
        link_cell(s->h, t->record, t->record_title && t->record_title[0] ? t->record_title : t->record_number);
    else
        html_el(s->h, E_TD, "–");
    html_open(s->h, E_TD);
    html_text(s->h, when_text(s->r, t->due_us));
    if (late)
        ui_badge(s->h, UI_BAD, msg_text(req_lang(s->r), MSG("home.overdue")));
    html_close(s->h, E_TD);
    if (own)
        article_cell(s, t->duty);
    else
        html_el(s->h, E_TD, post_name(s, t->role));
    html_close(s->h, E_TR);
}

/* What nobody does, since nobody holds the post. */
static void vacant_out(struct screen *s, const struct task_infos *t)
{
    static const char *const keys[] = {MSG("col.task"), MSG("col.about"), MSG("col.due"), MSG("col.post")};
    if (t->n == 0)
        return;
    head(s, MSG("home.vacant"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < t->n; i++)
        task_row(s, &t->v[i], false);
    ui_table_close(s->h);
}

static void tasks_out(struct screen *s, const struct task_infos *t)
{
    static const char *const keys[] = {MSG("col.task"), MSG("col.about"), MSG("col.due"), MSG("col.article")};
    if (t->n == 0) {
        ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("home.tasks")));
        html_el_msg(s->h, E_P, MSG("home.none-tasks"));
        return;
    }
    head(s, MSG("home.tasks"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < t->n; i++)
        task_row(s, &t->v[i], true);
    ui_table_close(s->h);
}

static void returned_out(struct screen *s, const struct waitings *w)
{
    static const char *const keys[] = {MSG("col.number"), MSG("col.form"), MSG("col.title"), MSG("col.state")};
    if (w->n == 0)
        return;
    head(s, MSG("home.mine"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < w->n; i++) {
        html_open(s->h, E_TR);
        link_cell(s->h, w->v[i].record, w->v[i].number);
        html_el(s->h, E_TD, form_name(s, w->v[i].form_ident));
        html_el(s->h, E_TD, w->v[i].title);
        html_open(s->h, E_TD);
        ui_badge(s->h, state_tone(w->v[i].state), state_label(req_lang(s->r), w->v[i].state));
        html_close(s->h, E_TD);
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

/* What a person does most: the applications that she may make, one step away. */
static void begin_out(struct screen *s)
{
    size_t n = 0;
    for (size_t i = 0; s->rd.set != NULL && i < s->rd.set->form_n && n < 12; i++) {
        const struct form *f = &s->rd.set->form[i];
        if (!text_eq(f->room, "applications") || !screen_may(s, PERMIT_MAKE, f, NULL))
            continue;
        if (n++ == 0) {
            ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("home.begin")));
            html_open(s->h, E_UL);
            html_class(s->h, "forms");
        }
        html_open(s->h, E_LI);
        html_open(s->h, E_A);
        html_href(s->h, page_path("new"), URL_S(f->ident));
        html_text(s->h, pick_lang(req_lang(s->r), f->name, f->name_en));
        html_close(s->h, E_A);
        html_close(s->h, E_LI);
    }
    if (n > 0)
        html_close(s->h, E_UL);
}

void page_home(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct task_infos tasks = VEC_INIT(r), vacant = VEC_INIT(r);
    struct waitings wait = VEC_INIT(r), mine = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    if (task_mine(&s.rd, false, DESK_MAX, &tasks, &e) != RC_OK || task_vacant(&s.rd, DESK_MAX, &vacant, &e) != RC_OK || route_waiting_for_me(&s.rd, DESK_MAX, &wait, &e) != RC_OK ||
        route_returned_to_me(&s.rd, 20, &mine, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_text(req_lang(r), MSG("nav.home")), "home");
    account_told(&s);
    waiting_out(&s, &wait);
    tasks_out(&s, &tasks);
    vacant_out(&s, &vacant);
    returned_out(&s, &mine);
    begin_out(&s);
    screen_close(&s, 200);
}

/* Forms of one kind of work: registers, applications, audit, documents, ... */
void page_rooms(struct req *r, void *ctx)
{
    struct screen s;
    const char *room = req_arg(r, 0) ? req_arg(r, 0) : "registers";
    if (!screen_begin(&s, r, ctx))
        return;
    screen_open(&s, room_title(req_lang(r), room), room);
    html_open(s.h, E_UL);
    html_class(s.h, "forms");
    for (size_t i = 0; s.rd.set != NULL && i < s.rd.set->form_n; i++) {
        const struct form *f = &s.rd.set->form[i];
        if (!text_eq(f->room ? f->room : "registers", room))
            continue;
        html_open(s.h, E_LI);
        html_open(s.h, E_A);
        html_href(s.h, page_path("list"), URL_S(f->ident));
        html_text(s.h, pick_lang(req_lang(r), f->name, f->name_en));
        html_close(s.h, E_A);
        html_close(s.h, E_LI);
    }
    html_close(s.h, E_UL);
    screen_close(&s, 200);
}

void page_task_post(struct req *r, void *ctx)
{
    struct screen s;
    struct answer *a;
    struct json *args = json_obj(r);
    if (!screen_begin(&s, r, ctx))
        return;
    screen_end(&s);
    json_set_i64(args, "task", req_arg_i64(r, 0));
    json_set_str(args, "comment", req_form(r, "comment"));
    core_command(s.site->core, r, &s.user->actor, "task.done", args, NULL, &a);
    if (a->rc == RC_OK)
        screen_go(&s, "home", 0, "done.task");
    else
        screen_fail(&s, &a->err);
}
