/* お知らせ: what one was told, newest first; what was read, done or decided since is shown on request. */
#include "page/page_int.h"

static const struct { const char *kind, *msg; enum ui_tone tone; } kinds[] = {
    {"wait", MSG("notice.wait"), UI_WARN}, {"task", MSG("notice.task"), UI_PLAIN}, {"soon", MSG("notice.soon"), UI_WARN}, {"late", MSG("notice.late"), UI_BAD},
    {"back", MSG("notice.back"), UI_WARN}, {"reject", MSG("notice.reject"), UI_BAD}, {"done", MSG("notice.done"), UI_GOOD}, {"up1", MSG("notice.up"), UI_BAD}, {"up2", MSG("notice.up"), UI_BAD},
};

static void kind_cell(struct screen *s, const struct notice_info *n)
{
    size_t i = 0;
    while (i + 1 < ARRAY_N(kinds) && strcmp(kinds[i].kind, n->kind) != 0)
        i++;
    html_open(s->h, E_TD);
    ui_badge(s->h, n->over ? UI_PLAIN : kinds[i].tone, msg_text(req_lang(s->r), kinds[i].msg));
    if (n->over)
        html_el_msg(s->h, E_SMALL, MSG("notice.over"));
    html_close(s->h, E_TD);
}

/* Whoever is told of a late task may not see the record that it is about: then only what is to be done, and by whom. */
static void about_cells(struct screen *s, const struct notice_info *n, bool see)
{
    const struct form *f = s->rd.set && n->task.form_ident ? pack_form(s->rd.set, n->task.form_ident) : NULL;
    html_open(s->h, E_TD);
    if (n->task.id != 0)
        task_say(s, f, &n->task);
    else
        html_text(s->h, f ? pick_lang(req_lang(s->r), f->name, f->name_en) : "–");
    if (n->kind[0] == 'u')
        html_el(s->h, E_SMALL, n->whom != 0 ? msg_fill(s->r, req_lang(s->r), MSG("notice.whose"), person_name(s->rd.db, s->r, n->whom), NULL) : msg_text(req_lang(s->r), MSG("notice.nobody")));
    html_close(s->h, E_TD);
    html_open(s->h, E_TD);
    if (n->record != 0 && see)
        record_link(s->h, n->record, record_name(&s->rd, n->record));
    else
        html_text(s->h, "–");
    html_close(s->h, E_TD);
}

static bool seen(struct screen *s, const struct notice_info *n)
{
    struct record rec;
    struct err e = {0};
    bool yes = false;
    if (n->record == 0)
        return false;
    enum rc rc = record_get(s->rd.db, s->r, s->rd.set, n->record, &rec, &e);
    if (rc == RC_OK && rec.form != NULL)
        rc = perm_may(&s->rd, PERMIT_SEE, rec.form, &rec, &yes, &e);
    if (rc != RC_OK)
        screen_broke(s, &e);
    return yes;
}

static void read_form(struct screen *s, int64_t id, bool upto)
{
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("notices.post"), screen_csrf(s));
    ui_hidden(s->h, "notice", mem_fmt(s->r, "%lld", (long long)id));
    ui_button(s->h, upto ? MSG("notice.read-all") : MSG("notice.read"), "do", upto ? "upto" : "one", false);
    html_close(s->h, E_FORM);
}

static void notice_row(struct screen *s, const struct notice_info *n)
{
    html_open(s->h, E_TR);
    kind_cell(s, n);
    about_cells(s, n, seen(s, n));
    html_el(s->h, E_TD, when_text(s->r, n->task.due_us));
    html_el(s->h, E_TD, when_text(s->r, n->at));
    html_open(s->h, E_TD);
    if (n->fresh)
        read_form(s, n->id, false);
    html_close(s->h, E_TD);
    html_close(s->h, E_TR);
}

static void go_link(struct screen *s, const char *key, bool all, int64_t before)
{
    html_open(s->h, E_P);
    html_open(s->h, E_A);
    html_href(s->h, page_path("notices"), URL_Q("all", all ? "1" : NULL), URL_Q("before", before > 0 ? mem_fmt(s->r, "%lld", (long long)before) : NULL));
    html_msg(s->h, key);
    html_close(s->h, E_A);
    html_close(s->h, E_P);
}

static void notices_out(struct screen *s, const struct notice_infos *v)
{
    static const char *const keys[] = {MSG("notice.kind"), MSG("col.task"), MSG("col.about"), MSG("col.due"), MSG("notice.at"), MSG("people.what")};
    screen_table(s, MSG("notice.title"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v->n && i < PAGE_ROWS; i++)
        notice_row(s, &v->v[i]);
    ui_table_close(s->h);
}

void page_notices(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct notice_infos v = VEC_INIT(r);
    bool all = text_eq(req_query(r, "all"), "1");
    int64_t before = 0;
    if (req_query(r, "before") != NULL && !str_to_i64(str_of(req_query(r, "before")), &before))
        before = 0;
    if (!screen_begin(&s, r, ctx))
        return;
    if (notice_list(&s.rd, all, before, PAGE_ROWS + 1, &v, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_text(req_lang(r), MSG("notice.title")), "home");
    if (v.n == 0)
        html_el_msg(s.h, E_P, all ? MSG("notice.none") : MSG("notice.none-fresh"));
    else
        notices_out(&s, &v);
    if (v.n > 0 && !all)
        read_form(&s, v.v[0].id, true);
    if (v.n > PAGE_ROWS)
        go_link(&s, MSG("notice.older"), all, v.v[PAGE_ROWS - 1].id);
    go_link(&s, all ? MSG("notice.show-fresh") : MSG("notice.show-all"), !all, 0);
    screen_close(&s, 200);
}

void page_notices_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct json *args = json_obj(r);
    number_sent(r, args, "notice");
    json_set_bool(args, "upto", text_eq(req_form(r, "do"), "upto"));
    core_command(site->core, r, &page_user(r)->actor, "notice.read", args, NULL, &a);
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc == RC_OK)
        screen_go(&s, "notices", 0, NULL);
    else
        screen_fail(&s, &a->err);
}
