/* One record: content, stamps, tasks, attachments, receipt; its history with differences; its print view. */
#include "page/page_int.h"
#include "page/clock_page.h"
#include "page/env.h"

#define CHANGES_MAX 20

static void stamps_out(struct screen *s, const struct step_infos *steps)
{
    struct ui_stamp *st = mem_array(s->r, struct ui_stamp, steps->n * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < steps->n; i++) {
        const struct step_info *x = &steps->v[i];
        bool any = false;
        for (size_t k = 0; k < x->who_n && n < steps->n * 4; k++)
            if (strcmp(x->who[k].state, "done") == 0) {
                st[n++] = (struct ui_stamp){x->label, person_name(s->rd.db, s->r, x->who[k].person), when_text(s->r, x->done_at), UI_GOOD, x->who[k].post};
                any = true;
            }
        if (!any && n < steps->n * 4) {
            bool open = strcmp(x->state, "open") == 0;
            const char *nobody = text_eq(x->note, "nobody") ? msg_text(req_lang(s->r), MSG("record.nobody")) : NULL;
            st[n++] = (struct ui_stamp){x->label, open && x->who_n > 0 ? person_name(s->rd.db, s->r, x->who[0].person) : nobody, NULL, open ? UI_WARN : UI_PLAIN,
                                        open && x->who_n > 0 ? x->who[0].post : NULL};
        }
    }
    if (n > 0) {
        ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("record.stamps")));
        ui_stamps(s->h, st, n);
    }
}

/* Names and titles that the page will show, in one statement. */
static void people_ready(struct screen *s, const struct id_vec *ids)
{
    struct err e = {0};
    if (titles_read(s->rd.db, s->r, ids, &e) != RC_OK)
        screen_broke(s, &e);
}

void titles_ready(struct screen *s, const struct form *f, const struct content *c)
{
    struct id_vec ids = VEC_INIT(s->r);
    titles_in(f, c, &ids);
    people_ready(s, &ids);
}

static void route_people(struct screen *s, const struct record *rec, const struct step_infos *steps)
{
    struct id_vec ids = VEC_INIT(s->r);
    ids_want(&ids, rec->made_by);
    ids_want(&ids, rec->department);
    for (size_t i = 0; i < steps->n; i++)
        for (size_t k = 0; k < steps->v[i].who_n; k++)
            ids_want(&ids, steps->v[i].who[k].person);
    people_ready(s, &ids);
}

static void head_out(struct screen *s, const struct record *rec)
{
    struct html *h = s->h;
    enum lang lang = req_lang(s->r);
    html_open(h, E_P);
    ui_badge(h, state_tone(rec->state), state_label(lang, rec->force_rev || strcmp(rec->state, "void") == 0 ? rec->state : rec->draft_state));
    if (rec->force_rev && rec->draft_state)
        ui_badge(h, state_tone(rec->draft_state), msg_fill(s->r, lang, MSG("record.has-draft"), state_label(lang, rec->draft_state), NULL));
    if (text_eq(rec->note, "late"))
        ui_badge(h, UI_WARN, msg_text(lang, MSG("record.late")));
    if (strcmp(rec->origin, "app") != 0)
        ui_badge(h, UI_PLAIN, msg_text(lang, MSG("record.imported")));
    html_close(h, E_P);
    ui_kv_open(h);
    ui_kv(h, msg_text(lang, MSG("col.number")), rec->number);
    items_missing_out(s, rec);
    ui_kv(h, msg_text(lang, MSG("record.made-by")), mem_fmt(s->r, "%s %s", person_name(s->rd.db, s->r, rec->made_by), when_text(s->r, rec->made_at)));
    if (rec->department != 0)
        ui_kv(h, msg_text(lang, MSG("record.department")), record_title(s->rd.db, s->r, rec->department));
    if (rec->happened_on != NULL)
        ui_kv(h, msg_text(lang, MSG("record.happened-on")), rec->happened_on);
    ui_kv_close(h);
}

/* Why the draft came back: the last act that sent it back, in the words of who did. */
static void reason_out(struct screen *s, const struct record *rec)
{
    struct act_infos acts = VEC_INIT(s->r);
    struct err e = {0};
    if ((!text_eq(rec->draft_state, "returned") && !text_eq(rec->state, "rejected")) || record_acts(&s->rd, rec->id, &acts, &e) != RC_OK)
        return;
    for (size_t i = 0; i < acts.n; i++)
        if (strcmp(acts.v[i].kind, "return") == 0 || strcmp(acts.v[i].kind, "reject") == 0) {
            html_open(s->h, E_DIV);
            html_class(s->h, "banner");
            html_el(s->h, E_STRONG, msg_fill(s->r, req_lang(s->r), strcmp(acts.v[i].kind, "return") == 0 ? MSG("record.returned-by") : MSG("record.rejected-by"),
                                             person_name(s->rd.db, s->r, acts.v[i].actor), when_text(s->r, acts.v[i].at), NULL));
            html_el(s->h, E_P, acts.v[i].comment);
            html_close(s->h, E_DIV);
            return;
        }
}

static void content_out(struct screen *s, const struct record *rec, struct form_env *env, int64_t rev, const char *caption)
{
    struct content *c;
    struct err e = {0};
    size_t erased;
    if (rev == 0)
        return;
    if (revision_content(s->rd.db, s->r, rev, &c, &erased, &e) != RC_OK) {
        screen_broke(s, &e);                         /* what does not verify is not passed over */
        return;
    }
    content_order(c, rec->form);
    titles_ready(s, rec->form, c);
    ui_heading(s->h, 2, msg_text(req_lang(s->r), caption));
    form_show(s->h, rec->form, c, env);
    if (erased > 0)
        html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("record.erased"), mem_fmt(s->r, "%zu", erased), NULL));
}

static void tasks_out(struct screen *s, const struct record *rec)
{
    struct task_infos t = VEC_INIT(s->r);
    struct id_vec ids = VEC_INIT(s->r);
    struct err e = {0};
    if (task_of_record(&s->rd, rec->id, &t, &e) != RC_OK)
        screen_broke(s, &e);
    for (size_t i = 0; i < t.n; i++)
        ids_want(&ids, t.v[i].person);
    people_ready(s, &ids);
    if (t.n == 0)
        return;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("home.tasks")));
    html_open(s->h, E_UL);
    for (size_t i = 0; i < t.n; i++) {
        html_open(s->h, E_LI);
        task_say(s, rec->form, &t.v[i]);
        html_text(s->h, " ");
        html_text(s->h, t.v[i].person ? person_name(s->rd.db, s->r, t.v[i].person) : "");
        html_text(s->h, " ");
        html_text(s->h, t.v[i].due_us ? when_text(s->r, t.v[i].due_us) : "");
        bool open = strcmp(t.v[i].state, "open") == 0, dropped = strcmp(t.v[i].state, "void") == 0;
        ui_badge(s->h, open ? t.v[i].due_us && t.v[i].due_us <= s->rd.now_us ? UI_BAD : UI_WARN : dropped ? UI_PLAIN : UI_GOOD,
                 msg_text(req_lang(s->r), open ? MSG("task.open") : dropped ? MSG("task.dropped") : MSG("task.done")));
        html_close(s->h, E_LI);
    }
    html_close(s->h, E_UL);
}

static void files_out(struct screen *s, const struct record *rec)
{
    struct attachments a = VEC_INIT(s->r);
    const struct grant *g;
    struct err e = {0};
    struct html *h = s->h;
    const struct ui_row row = {.id = "file", .label = msg_text(req_lang(s->r), MSG("record.attach"))};
    if (perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_SEE, rec->form, rec, s->rd.today, &g, &e) != RC_OK || attach_of_record(&s->rd, g, rec, &a, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    ui_heading(h, 2, msg_text(req_lang(s->r), MSG("record.files")));
    html_open(h, E_UL);
    for (size_t i = 0; i < a.n; i++) {
        html_open(h, E_LI);
        html_open(h, E_A);
        html_href(h, page_path("attachment"), URL_I(a.v[i].id));
        html_text(h, a.v[i].name);
        html_close(h, E_A);
        html_close(h, E_LI);
    }
    html_close(h, E_UL);
    html_open(h, E_FORM);
    html_attr(h, A_ENCTYPE, "multipart/form-data");
    html_action(h, page_path("attach.post"), screen_csrf(s), URL_I(rec->id));
    ui_row_open(h, &row);
    ui_input(h, "file", "file", NULL, &row);
    ui_row_close(h, &row);
    html_open(h, E_DIV);
    html_class(h, "actions");
    ui_button(h, MSG("record.attach-go"), NULL, NULL, false);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
}

static void receipt_link(struct screen *s, int64_t id)
{
    int64_t seq = record_last_seq(&s->rd, id);
    if (seq < 0)
        return;
    html_open(s->h, E_P);
    html_open(s->h, E_A);
    html_href(s->h, page_path("receipt"), URL_I(seq));
    html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("record.receipt"), mem_fmt(s->r, "%lld", (long long)seq), NULL));
    html_close(s->h, E_A);
    html_close(s->h, E_P);
}

void record_page(struct screen *s, const struct record *rec, const struct trouble_vec *troubles, const char *problem, int status)
{
    struct step_infos steps = VEC_INIT(s->r);
    struct form_env env = env_of(s);
    struct err e = {0};
    const char **acts;
    size_t n;
    if (record_steps(&s->rd, rec->id, &steps, &e) != RC_OK || record_may(&s->rd, rec, &acts, &n, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    const char *title = mem_fmt(s->r, "%s %s", pick_lang(req_lang(s->r), rec->form->name, rec->form->name_en), rec->title[0] ? rec->title : rec->number);
    screen_open(s, title, rec->form->room ? rec->form->room : "registers");
    if (troubles != NULL && troubles->n > 0)
        form_problems(s->h, rec->form, troubles);
    else if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
    route_people(s, rec, &steps);
    reason_out(s, rec);
    head_out(s, rec);
    log_note_out(s, rec);
    stamps_out(s, &steps);
    record_acts_out(s, rec, acts, n, troubles);
    content_out(s, rec, &env, rec->force_rev, MSG("record.in-force"));
    content_out(s, rec, &env, rec->draft_rev, rec->force_rev ? MSG("record.draft") : MSG("record.content"));
    book_out(s, rec, rec->draft_rev ? rec->draft_rev : rec->force_rev, false);
    if (strcmp(rec->form_ident, "import") == 0)
        import_rows_out(s, rec);
    if (strcmp(rec->form_ident, "system") == 0)
        accounts_link(s, rec);
    if (strcmp(rec->form_ident, "account_found") == 0)
        accounts_person_out(s, rec);
    clocks_out(s, rec);
    tasks_out(s, rec);
    schedule_ended_out(s, rec->id);
    files_out(s, rec);
    receipt_link(s, rec->id);
    screen_close(s, status);
}

void page_record(struct req *r, void *ctx)
{
    struct screen s;
    struct record rec;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    if (screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK)
        screen_fail(&s, &e);
    else
        record_page(&s, &rec, NULL, NULL, 200);
}

/* ---- history ---- */

static const char *step_label(struct screen *s, const struct form *f, const char *key)
{
    const struct step *x = key ? pack_step(f, key) : NULL;
    return x ? pick_lang(req_lang(s->r), x->label ? x->label : x->key, x->label_en) : key ? key : "";
}

static void acts_table(struct screen *s, const struct form *f, const struct act_infos *acts)
{
    static const char *const keys[] = {MSG("col.when"), MSG("col.who"), MSG("col.what"), MSG("col.step"), MSG("act.comment"), MSG("col.entry")};
    struct id_vec ids = VEC_INIT(s->r);
    for (size_t i = 0; i < acts->n; i++)
        ids_want(&ids, acts->v[i].actor);
    people_ready(s, &ids);
    screen_table(s, MSG("record.acts"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < acts->n; i++) {
        const struct act_info *a = &acts->v[i];
        const char *key = mem_fmt(s->r, "kind.%s", a->kind);
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, when_text(s->r, a->at));
        html_el(s->h, E_TD, person_name(s->rd.db, s->r, a->actor));
        html_el(s->h, E_TD, msg_text(req_lang(s->r), key));
        html_el(s->h, E_TD, step_label(s, f, a->step));
        html_el(s->h, E_TD, a->comment ? a->comment : "");
        html_open(s->h, E_TD);
        html_open(s->h, E_A);
        html_href(s->h, page_path("receipt"), URL_I(a->seq));
        html_i64(s->h, a->seq);
        html_close(s->h, E_A);
        html_close(s->h, E_TD);
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static void diff_out(struct screen *s, const struct record *rec, const struct revision_info *now, const struct content *a, const struct content *b)
{
    struct form_env env = env_of(s);
    struct change_vec ch = VEC_INIT(s->r);
    content_diff(s->r, a, b, &ch);
    const char *title = msg_fill(s->r, req_lang(s->r), MSG("record.revision"), mem_fmt(s->r, "%lld", (long long)now->no), when_text(s->r, now->at),
                                 person_name(s->rd.db, s->r, now->author), NULL);
    ui_heading(s->h, 3, title);
    form_diff(s->h, title, rec->form, &ch, &env);
}

/* The newest twenty beside what each of them changed: their contents and the names in them are read together. */
static void changes_out(struct screen *s, const struct record *rec, const struct revision_infos *revs)
{
    struct content *c[CHANGES_MAX + 1];
    struct id_vec ids = VEC_INIT(s->r);
    struct err e = {0};
    size_t n = 0;
    if (revision_contents(&s->rd, rec->id, CHANGES_MAX + 1, c, &n, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    for (size_t i = 0; i < n; i++)
        titles_in(rec->form, c[i], &ids);
    for (size_t i = 0; i < revs->n && i < CHANGES_MAX; i++)
        ids_want(&ids, revs->v[i].author);
    people_ready(s, &ids);
    for (size_t i = 0; i < revs->n && i < n && i < CHANGES_MAX; i++)
        diff_out(s, rec, &revs->v[i], i + 1 < n ? c[i + 1] : content_new(s->r), c[i]);
}

void page_history(struct req *r, void *ctx)
{
    struct screen s;
    struct record rec;
    struct err e = {0};
    struct act_infos acts = VEC_INIT(r);
    struct revision_infos revs = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    if (screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK || record_acts(&s.rd, rec.id, &acts, &e) != RC_OK || record_revisions(&s.rd, rec.id, &revs, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_fill(r, req_lang(r), MSG("record.history-of"), rec.number, NULL), rec.form->room ? rec.form->room : "registers");
    if (screen_may(&s, PERMIT_READ_ALL, NULL, NULL)) {
        html_open(s.h, E_P);
        page_link(s.h, MSG("past.sight"), "past.sight", URL_I(rec.id));
        html_close(s.h, E_P);
    }
    acts_table(&s, rec.form, &acts);
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("form.changes")));
    changes_out(&s, &rec, &revs);
    screen_close(&s, 200);
}

/* The form as it lies on A4 paper; the print style sheet does the rest. */
void page_print(struct req *r, void *ctx)
{
    struct screen s;
    struct record rec;
    struct err e = {0};
    struct step_infos steps = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    struct form_env env = env_of(&s);
    if (screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK || record_steps(&s.rd, rec.id, &steps, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    if (text_eq(req_query(r, "as"), "letter") && letter_of(&rec)) {
        letter_page(&s, &rec);
        return;
    }
    screen_open(&s, pick_lang(req_lang(r), rec.form->name, rec.form->name_en), "");
    if (letter_of(&rec))
        letter_link(&s, &rec);
    int64_t rev = rec.draft_rev && !rec.force_rev ? rec.draft_rev : rec.force_rev;
    route_people(&s, &rec, &steps);
    head_out(&s, &rec);
    log_note_out(&s, &rec);
    stamps_out(&s, &steps);
    content_out(&s, &rec, &env, rev, MSG("record.content"));
    book_out(&s, &rec, rev, true);
    receipt_link(&s, rec.id);
    screen_close(&s, 200);
}
