/* Schedules as people see them: what one does about a task (the form to make, or a note), what an article's schedules ask of whom and when,
 * and what a record has ended. */
#include "page/env.h"

static const char *label_of(struct screen *s, const struct schedule *k)
{
    return pick_lang(req_lang(s->r), k->label, k->label_en);
}

void schedule_article_out(struct screen *s, const struct schedule *k)
{
    if (k->article == NULL)
        return;
    html_open(s->h, E_SMALL);
    html_open(s->h, E_A);
    html_href(s->h, page_path("article"), URL_S(k->pack->id), URL_S(k->article));
    html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("schedule.article"), k->article, NULL));
    html_close(s->h, E_A);
    html_close(s->h, E_SMALL);
}

/* One's own task: a link to the form, filled in as far as the subject goes, or a note that ends it. */
void schedule_do_out(struct screen *s, const struct task_info *t)
{
    struct html *h = s->h;
    const struct form *f = t->schedule->make ? pack_form(s->rd.set, t->schedule->make) : NULL;
    if (f != NULL) {
        if (!screen_may(s, PERMIT_MAKE, f, NULL))
            return;
        html_open(h, E_A);
        if (t->record != 0)
            html_href(h, page_path("new"), URL_S(f->ident), URL_QI("about", t->record));
        else
            html_href(h, page_path("new"), URL_S(f->ident));
        html_text(h, msg_fill(s->r, req_lang(s->r), MSG("schedule.make"), pick_lang(req_lang(s->r), f->name, f->name_en), NULL));
        html_close(h, E_A);
        return;
    }
    const char *id = mem_fmt(s->r, "comment%lld", (long long)t->id);
    const struct ui_row row = {.id = id, .label = msg_text(req_lang(s->r), MSG("schedule.note")), .required = true};
    html_open(h, E_FORM);
    html_action(h, page_path("task.post"), screen_csrf(s), URL_I(t->id));
    ui_row_open(h, &row);
    ui_input(h, "text", "comment", "", &row);
    ui_row_close(h, &row);
    ui_button(h, MSG("schedule.done"), NULL, NULL, false);
    html_close(h, E_FORM);
}

/* What was asked about goes into the field that names such a record. */
void schedule_about(struct screen *s, const struct form *f, struct content *c)
{
    struct record rec;
    const struct grant *g;
    struct err e = {0};
    int64_t id;
    const char *text = req_query(s->r, "about");
    if (text == NULL || !str_to_i64(str_of(text), &id) || perm_see(&s->rd, id, &rec, &g, &e) != RC_OK || rec.form == NULL)
        return;
    const struct field *fd = pack_names(f, rec.form);
    if (fd != NULL)
        content_set(c, fd->many ? mem_fmt(s->r, "%s[0]", fd->path) : fd->path, mem_fmt(s->r, "%lld", (long long)id));
}

/* ---- an article's schedules ---- */

static const char *who_of(struct screen *s, const struct who *by)
{
    const struct role *r = by->role ? pack_role(s->rd.set, by->role) : NULL;
    char *out = mem_strdup(s->r, "");
    if (by->kind == WHO_HEAD_OF)
        return msg_text(req_lang(s->r), MSG("core.head"));
    if (r != NULL)
        return pick_lang(req_lang(s->r), r->name, r->name_en);
    for (size_t i = 0; i < by->sub_n; i++)
        out = mem_fmt(s->r, "%s%s%s", out, i > 0 ? "、" : "", who_of(s, &by->sub[i]));
    return out[0] ? out : "–";
}

static void last_cell(struct screen *s, const struct sched_info *i)
{
    struct html *h = s->h;
    struct record rec;
    const struct grant *g;
    struct err e = {0};
    html_open(h, E_TD);
    if (i->last_at == 0) {
        html_text(h, "–");
    } else {
        html_text(h, when_text(s->r, i->last_at));
        html_text(h, " ");
        html_text(h, person_name(s->rd.db, s->r, i->last_by));
        if (i->late)
            ui_badge(h, UI_WARN, msg_text(req_lang(s->r), MSG("schedule.late")));
        if (i->last_record != 0 && perm_see(&s->rd, i->last_record, &rec, &g, &e) == RC_OK) {
            html_text(h, " ");
            record_link(h, i->last_record, rec.number);
        }
    }
    html_close(h, E_TD);
}

static void row_out(struct screen *s, const struct sched_info *i)
{
    struct html *h = s->h;
    html_open(h, E_TR);
    html_el(h, E_TD, label_of(s, i->schedule));
    html_el(h, E_TD, who_of(s, &i->schedule->by));
    char next[CIVIL_TEXT_N];
    memcpy(next, i->next, sizeof next);
    if (next[0] != '\0')
        next[4] = next[7] = '/';                 /* as dates are written everywhere on screen */
    html_el(h, E_TD, next[0] ? next : msg_text(req_lang(s->r), MSG("schedule.no-month")));
    html_open(h, E_TD);
    html_text(h, i->due_us ? when_text(s->r, i->due_us) : "–");
    if (i->due_us != 0 && i->due_us <= s->rd.now_us)
        ui_badge(h, UI_BAD, msg_text(req_lang(s->r), MSG("home.overdue")));
    html_close(h, E_TD);
    last_cell(s, i);
    html_close(h, E_TR);
}

void schedules_out(struct screen *s, const struct pack *p, const char *article)
{
    static const char *const keys[] = {MSG("col.task"), MSG("col.who"), MSG("schedule.next"), MSG("col.due"), MSG("article.last")};
    struct sched_info info;
    struct err e = {0};
    size_t n = 0;
    for (size_t i = 0; i < p->schedule_n; i++) {
        if (!text_eq(p->schedule[i].article, article))
            continue;
        if (sched_info_get(&s->rd, &p->schedule[i], &info, &e) != RC_OK) {
            screen_broke(s, &e);
            return;
        }
        if (n++ == 0) {
            ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("schedule.title")));
            screen_table(s, MSG("schedule.title"), keys, ARRAY_N(keys));
        }
        row_out(s, &info);
    }
    if (n > 0)
        ui_table_close(s->h);
}

/* ---- a record's page ---- */

void schedule_ended_out(struct screen *s, int64_t record)
{
    struct task_infos t = VEC_INIT(s->r);
    struct err e = {0};
    if (task_ended_by(&s->rd, record, &t, &e) != RC_OK)
        screen_broke(s, &e);
    for (size_t i = 0; i < t.n; i++)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), t.v[i].due_us && t.v[i].opened_at > t.v[i].due_us ? MSG("schedule.ended-late") : MSG("schedule.ended"),
                                    t.v[i].schedule ? label_of(s, t.v[i].schedule) : t.v[i].title, when_text(s->r, t.v[i].opened_at), when_text(s->r, t.v[i].due_us), NULL));
}
