/* The clocks of a record: each task whose deadline is counted by a clock of a regulation (clocks.yaml), with what it follows from (start, rule,
 * source), what was made for it, and which of the items that the law asks for are still empty there. */
#include "page/page_int.h"
#include "page/clock_page.h"

enum { REPORTS_MAX = 40 };

/* ---- items that a law asks for ---- */

/* "4 原因、6 本人への対応": of the version that counts, or of the draft before there is one. */
static const char *missing_of(struct screen *s, const struct record *rec)
{
    struct err e = {0};
    struct content *c;
    struct buf *b = buf_new(s->r, 4096);
    size_t erased;
    if (revision_content(s->rd.db, s->r, rec->draft_rev ? rec->draft_rev : rec->force_rev, &c, &erased, &e) != RC_OK) {
        screen_broke(s, &e);
        return "";
    }
    for (size_t i = 0; i < rec->form->field_n; i++) {
        const struct field *f = &rec->form->field[i];
        if (f->item != NULL && content_get(c, f->path) == NULL && content_rows(c, f->path) == 0)
            buf_fmt(b, "%s%s %s", b->n > 0 ? msg_text(req_lang(s->r), MSG("clock.comma")) : "", f->item, pick_lang(req_lang(s->r), f->label, f->label_en));
    }
    return b->n > 0 ? str_dup(s->r, buf_slice(b)) : NULL;
}

void items_missing_out(struct screen *s, const struct record *rec)
{
    bool asks = false;
    for (size_t i = 0; i < rec->form->field_n; i++)
        asks = asks || rec->form->field[i].item != NULL;
    const char *missing = asks && (rec->draft_rev != 0 || rec->force_rev != 0) ? missing_of(s, rec) : NULL;
    if (missing != NULL)
        ui_kv(s->h, msg_text(req_lang(s->r), MSG("clock.missing")), missing);
}

/* ---- one clock ---- */

struct clock_row { const struct then *then; const struct clock *clock; int64_t start_us; const struct task_info *task; };

static bool open_task(const struct task_info *t) { return t->state != NULL && strcmp(t->state, "open") == 0; }

/* Its task: an open one before one that is over; several people may have it. */
static const struct task_info *task_for(const struct task_infos *t, const char *key)
{
    const struct task_info *found = NULL;
    for (size_t i = 0; i < t->n; i++)
        if (text_eq(t->v[i].name, key) && !text_eq(t->v[i].state, "void") && (found == NULL || (open_task(&t->v[i]) && !open_task(found))))
            found = &t->v[i];
    return found;
}

static void state_out(struct screen *s, const struct clock_row *k)
{
    enum lang lang = req_lang(s->r);
    int64_t now = s->rd.now_us, due = k->task->due_us;
    int64_t early = k->clock != NULL && k->start_us != 0 ? pack_clock_early(k->clock, k->start_us) : 0;
    if (!open_task(k->task))
        ui_badge(s->h, UI_GOOD, msg_text(lang, MSG("clock.met")));
    else if (due != 0 && due <= now)
        ui_badge(s->h, UI_BAD, msg_text(lang, MSG("clock.passed")));
    else if (early != 0 && early <= now)
        ui_badge(s->h, UI_WARN, msg_text(lang, MSG("clock.soon")));
    else
        ui_badge(s->h, UI_PLAIN, msg_text(lang, MSG("clock.running")));
}

static void due_out(struct screen *s, const struct clock_row *k)
{
    int64_t due = k->task->due_us;
    char text[CIVIL_TEXT_N];
    if (due == 0)
        return;
    if (due != civil_end_us(civil_of_us(due - 1))) {
        html_text(s->h, when_text(s->r, due));
        return;
    }
    civil_text(civil_of_us(due - 1), text);                      /* until the end of that day */
    text[4] = text[7] = '/';
    html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("clock.until"), text, NULL));
}

/* What was made for it, newest last, with what is missing there; or the way to make it. */
static void reports_out(struct screen *s, const struct record *rec, const struct clock_row *k)
{
    const struct form *f = k->then->make ? pack_form(s->rd.set, k->then->make) : NULL;
    struct q_links_to_rows to;
    struct err e = {0};
    int64_t last = 0;
    if (f == NULL)
        return;
    if (q_links_to(s->rd.db, s->r, rec->id, REPORTS_MAX, &to, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    for (size_t i = 0; i < to.n; i++) {
        struct record r;
        const struct grant *g;
        if (to.v[i].from_record == last || perm_see(&s->rd, to.v[i].from_record, &r, &g, &e) != RC_OK || !text_eq(r.form_ident, f->ident) || text_eq(r.state, "void"))
            continue;
        last = r.id;
        html_open(s->h, E_DIV);
        record_link(s->h, r.id, mem_fmt(s->r, "%s %s", r.number, r.title));
        const char *missing = text_eq(r.state, "closed") || r.form == NULL ? NULL : missing_of(s, &r);
        if (missing != NULL)
            html_el(s->h, E_SMALL, mem_fmt(s->r, " %s: %s", msg_text(req_lang(s->r), MSG("clock.missing")), missing));
        html_close(s->h, E_DIV);
    }
    if (!open_task(k->task) || !screen_may(s, PERMIT_MAKE, f, NULL))
        return;
    html_open(s->h, E_A);
    html_href(s->h, page_path("new"), URL_S(f->ident), URL_QI("about", rec->id));
    html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("schedule.make"), pick_lang(req_lang(s->r), f->name, f->name_en), NULL));
    html_close(s->h, E_A);
}

static void row_out(struct screen *s, const struct record *rec, const struct clock_row *k)
{
    enum lang lang = req_lang(s->r);
    struct html *h = s->h;
    html_open(h, E_TR);
    html_open(h, E_TD);
    html_text(h, pick_lang(lang, k->then->label, k->then->label_en));
    html_close(h, E_TD);
    html_open(h, E_TD);
    due_out(s, k);
    html_text(h, " ");
    state_out(s, k);
    html_close(h, E_TD);
    html_open(h, E_TD);
    if (k->start_us != 0)
        html_text(h, pack_clock_say(s->r, k->clock, k->start_us, lang));
    html_el(h, E_SMALL, mem_fmt(s->r, " %s", pick_lang(lang, k->clock->source, k->clock->source_en)));
    if (k->clock->article != NULL) {
        html_text(h, " ");
        html_open(h, E_A);
        html_href(h, page_path("article"), URL_S(k->clock->pack->id), URL_S(k->clock->article));
        html_text(h, msg_fill(s->r, lang, MSG("schedule.article"), k->clock->article, NULL));
        html_close(h, E_A);
    }
    html_close(h, E_TD);
    html_open(h, E_TD);
    reports_out(s, rec, k);
    html_close(h, E_TD);
    html_close(h, E_TR);
}

/* ---- all of a record ---- */

static int64_t start_of(const struct content *c, const struct cond *due)
{
    const char *text = due->clock_from != NULL ? content_get(c, due->clock_from->path) : NULL;
    int64_t us = 0;
    return text != NULL && str_to_i64(str_of(text), &us) ? us : 0;
}

void clocks_out(struct screen *s, const struct record *rec)
{
    static const char *const keys[] = {MSG("clock.what"), MSG("clock.due"), MSG("clock.follows"), MSG("clock.made")};
    struct task_infos t = VEC_INIT(s->r);
    struct content *c = NULL;
    struct err e = {0};
    size_t erased, n = 0;
    if (rec->force_rev == 0)
        return;
    for (size_t i = 0; i < rec->form->then_n; i++) {
        const struct then *th = &rec->form->then[i];
        if (th->due == NULL || th->due->clock == NULL)
            continue;
        if (c == NULL && (task_of_record(&s->rd, rec->id, &t, &e) != RC_OK || revision_content(s->rd.db, s->r, rec->force_rev, &c, &erased, &e) != RC_OK)) {
            screen_broke(s, &e);
            return;
        }
        struct clock_row k = {.then = th, .start_us = start_of(c, th->due), .task = task_for(&t, th->key)};
        k.clock = k.start_us != 0 ? pack_clock_at(th->due->clock, k.start_us) : th->due->clock;
        if (k.task == NULL || k.clock == NULL)
            continue;
        if (n++ == 0)
            screen_table(s, MSG("clock.title"), keys, ARRAY_N(keys));
        row_out(s, rec, &k);
    }
    if (n > 0)
        ui_table_close(s->h);
}
