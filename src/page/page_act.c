/* What may be done with a record: the buttons, the fields that whoever approves fills, the letter of somebody outside, and the request that does it. */
#include "page/page_int.h"
#include "page/env.h"

static const struct { const char *act, *msg; bool primary; } rows[] = {
    {"submit", MSG("act.submit"), true}, {"approve", MSG("act.approve"), true}, {"countersign", MSG("act.countersign"), true}, {"ahead", MSG("act.ahead"), false},
    {"return", MSG("act.return"), false}, {"reject", MSG("act.reject"), false}, {"withdraw", MSG("act.withdraw"), false}, {"close", MSG("act.close"), false},
    {"void", MSG("act.void"), false},
};

static bool may(const char **acts, size_t n, const char *act)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(acts[i], act) == 0)
            return true;
    return false;
}

/* The answer of somebody outside came by letter: one person writes down what it says and names the scan, another confirms it. */
static void letter_out(struct screen *s, const struct record *rec)
{
    struct html *h = s->h;
    enum lang lang = req_lang(s->r);
    struct attachments a = VEC_INIT(s->r);
    const struct grant *g;
    struct err e = {0};
    const struct ui_row scan = {.id = "attachment", .label = msg_text(lang, MSG("letter.scan")), .help = msg_text(lang, MSG("letter.scan-help")), .required = true};
    const struct ui_row said = {.id = "answer", .label = msg_text(lang, MSG("letter.answer")), .required = true};
    const struct ui_opt answer[] = {{"approve", msg_text(lang, MSG("letter.approve")), text_eq(req_form(s->r, "answer"), "approve")}, {"return", msg_text(lang, MSG("letter.return")), text_eq(req_form(s->r, "answer"), "return")}, {"reject", msg_text(lang, MSG("letter.reject")), text_eq(req_form(s->r, "answer"), "reject")}};
    if (perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_SEE, rec->form, rec, s->rd.today, &g, &e) != RC_OK || attach_of_record(&s->rd, g, rec, &a, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, a.n + 1);
    for (size_t i = 0; i < a.n; i++) {
        char *id = mem_fmt(s->r, "%lld", (long long)a.v[i].id);
        opt[i] = (struct ui_opt){id, a.v[i].name, text_eq(req_form(s->r, "attachment"), id)};
    }
    ui_heading(h, 2, msg_text(lang, MSG("letter.title")));
    html_open(h, E_FORM);
    html_action(h, page_path("act.post"), screen_csrf(s), URL_I(rec->id));
    ui_hidden(h, "version", mem_fmt(s->r, "%lld", (long long)rec->version));
    ui_row_open(h, &scan);
    ui_select(h, "attachment", opt, a.n, true, &scan);
    ui_row_close(h, &scan);
    ui_row_open(h, &said);
    ui_checks(h, "radio", "answer", answer, ARRAY_N(answer), &said);
    ui_row_close(h, &said);
    html_open(h, E_DIV);
    html_class(h, "actions");
    ui_button(h, MSG("letter.record"), "act", "letter", true);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
}

/* ---- the fields of the open step ---- */

struct asks { const char *const *stages; bool any, files; };

static struct json *typed(struct req *r, const struct form *f, const char *const *stages)
{
    size_t n = req_form_n(r);
    struct form_posted *p = mem_array(r, struct form_posted, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct form_posted){req_form_at(r, i)->name, req_form_at(r, i)->value};
    return form_bind(r, f, p, n, stages);
}

/* What the actor's open step, and those that are decided with it, ask for beside yes or no. */
static enum rc step_asks(struct screen *s, const struct record *rec, struct asks *ret, struct err *e)
{
    struct step_list steps = VEC_INIT(s->r);
    *ret = (struct asks){0};
    TRY(record_steps_mine(&s->rd, rec, &steps, e));
    if (steps.n == 0 || rec->form == NULL)
        return RC_OK;
    const char **stages = mem_array(s->r, const char *, 2 * steps.n + 1);
    size_t n = 0;
    for (size_t k = 0; k < steps.n; k++) {
        stages[n++] = steps.v[k]->id;
        if (strcmp(steps.v[k]->key, steps.v[k]->id) != 0)
            stages[n++] = steps.v[k]->key;
        for (size_t i = 0; i < rec->form->field_n; i++)
            ret->any = ret->any || (rec->form->field[i].value == NULL && field_at_step(&rec->form->field[i], steps.v[k]));
    }
    ret->stages = stages;
    ret->files = form_asks_files(rec->form, stages);
    return RC_OK;
}

/* As the draft says, or, after a refusal, as it was typed. */
static void step_fields_out(struct screen *s, const struct record *rec, const struct asks *asks, const struct trouble_vec *troubles)
{
    struct form_env env = env_of(s);
    struct content *c;
    struct err e = {0};
    size_t erased;
    if (revision_content(s->rd.db, s->r, rec->draft_rev, &c, &erased, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    content_order(c, rec->form);
    if (asks->files)
        files_of(s, rec, &env);
    if (req_form(s->r, "act") != NULL || req_form(s->r, "find") != NULL)
        c = form_typed(s->r, rec->form, c, typed(s->r, rec->form, asks->stages));
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("act.step-fields")));
    form_edit(s->h, rec->form, c, asks->stages, troubles, &env);
}

static void tools_out(struct screen *s, const struct record *rec, const char **acts, size_t n)
{
    struct html *h = s->h;
    html_open(h, E_P);
    html_class(h, "tools");
    if (may(acts, n, "correct")) {
        html_open(h, E_A);
        html_class(h, "btn");
        html_href(h, page_path("log.correct"), URL_I(rec->id));
        html_msg(h, MSG("act.correct"));
        html_close(h, E_A);
    }
    for (int i = 0; i < 2; i++)
        if (may(acts, n, i == 0 ? "save" : "fill")) {
            html_open(h, E_A);
            html_class(h, "btn");
            html_href(h, page_path("edit"), URL_I(rec->id), URL_Q("stage", i == 0 ? NULL : "later"));
            html_msg(h, i == 0 ? MSG("act.edit") : MSG("act.fill"));
            html_close(h, E_A);
        }
    static const struct { const char *route, *msg; } links[] = {{"history", MSG("record.history")}, {"print", MSG("record.print")}};
    for (size_t i = 0; i < ARRAY_N(links); i++) {
        html_open(h, E_A);
        html_class(h, "btn");
        html_href(h, page_path(links[i].route), URL_I(rec->id));
        html_msg(h, links[i].msg);
        html_close(h, E_A);
    }
    html_close(h, E_P);
}

void record_acts_out(struct screen *s, const struct record *rec, const char **acts, size_t n, const struct trouble_vec *troubles)
{
    struct html *h = s->h;
    struct asks asks = {0};
    struct err e = {0};
    bool any = false;
    const struct ui_row why = {.id = "comment", .label = msg_text(req_lang(s->r), MSG("act.comment")), .help = msg_text(req_lang(s->r), MSG("act.comment-help"))};
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        any = any || may(acts, n, rows[i].act);
    tools_out(s, rec, acts, n);
    if (may(acts, n, "letter"))
        letter_out(s, rec);
    if (!any)
        return;
    if (may(acts, n, "approve") && step_asks(s, rec, &asks, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    html_open(h, E_FORM);
    html_attr(h, A_NOVALIDATE, "");                      /* what the step asks for is needed to approve, not to send back */
    if (asks.any)
        html_attr(h, A_DATA_DIRTY, "");
    if (asks.files)
        html_attr(h, A_ENCTYPE, "multipart/form-data");
    html_action(h, page_path("act.post"), screen_csrf(s), URL_I(rec->id));
    ui_hidden(h, "version", mem_fmt(s->r, "%lld", (long long)rec->version));
    if (asks.any)
        step_fields_out(s, rec, &asks, troubles);
    ui_row_open(h, &why);
    ui_textarea(h, "comment", req_form(s->r, "comment"), &why);
    ui_row_close(h, &why);
    html_open(h, E_DIV);
    html_class(h, "actions");
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        if (may(acts, n, rows[i].act))
            ui_button(h, rows[i].msg, "act", rows[i].act, rows[i].primary);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
}

void troubles_of(struct req *r, const struct json *body, struct trouble_vec *ret)
{
    const struct json *arr = json_get(body, "troubles");
    ret->mem = r;
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *t = json_at(arr, i);
        *vec_push(ret) = (struct trouble){.path = json_get_str(t, "path"), .code = json_get_str(t, "code"), .text = json_get_str(t, "text"), .rule = json_get_str(t, "rule"),
                                          .article = json_get_str(t, "article"), .warning = json_get_bool(t, "warning")};
    }
}

/* What an approval fills in with it. False: answered already. */
static bool approval_values(struct req *r, struct site *site, struct json *args)
{
    struct screen s;
    struct record rec;
    struct asks asks = {0};
    struct err e = {0};
    if (!screen_begin(&s, r, site))
        return false;
    enum rc rc = screen_record(&s, req_arg_i64(r, 0), &rec, &e);
    if (rc == RC_OK)
        rc = step_asks(&s, &rec, &asks, &e);
    if (rc != RC_OK) {
        screen_fail(&s, &e);
        return false;
    }
    if (asks.any)
        json_set(args, "values", typed(r, rec.form, asks.stages));
    screen_end(&s);
    return true;
}

static const char *done_text(struct req *r, const char *act, const struct json *body)
{
    if (json_get_bool(body, "reopened"))
        return json_get_bool(body, "filled") ? "done.reopened-filled" : "done.reopened";
    return mem_fmt(r, "done.%s", act);
}

/* A refusal shows the record again with the reason and the article; nothing is lost. */
void page_act_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    const char *act = req_form(r, "act");
    struct json *args = json_obj(r);
    struct answer *a;
    struct screen s;
    struct record rec;
    struct err e = {0};
    bool known = false;
    for (size_t i = 0; i < ARRAY_N(rows); i++)
        known = known || text_eq(act, rows[i].act);
    if (act == NULL && req_form(r, "find") != NULL) {        /* a candidate is looked for: nothing is done yet */
        if (screen_begin(&s, r, ctx) && screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK)
            screen_fail(&s, &e);
        else if (s.reading)
            record_page(&s, &rec, NULL, NULL, 200);
        return;
    }
    known = known || text_eq(act, "letter");
    if (!known) {
        resp_error(r, ERR_COMMAND, act);
        return;
    }
    json_set_i64(args, "record", req_arg_i64(r, 0));
    number_sent(r, args, "version");
    json_set_str(args, "comment", req_form(r, "comment"));
    json_set_str(args, "answer", req_form(r, "answer"));
    number_sent(r, args, "attachment");
    if (strcmp(act, "approve") != 0)
        core_command(site->core, r, &page_user(r)->actor, mem_fmt(r, "record.%s", act), args, NULL, &a);
    else if (approval_values(r, site, args))
        uploads_command(r, site, "record.approve", args, NULL, &a);
    else
        return;
    if (a->err.code == ERR_PROOF) {
        proof_page(r, ctx, NULL);
        return;
    }
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc == RC_OK) {
        screen_go(&s, "record", req_arg_i64(r, 0), done_text(r, act, a->body));
        return;
    }
    struct trouble_vec t = VEC_INIT(r);
    troubles_of(r, a->body, &t);
    if (err_info(a->err.code)->http >= 500 || screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK)
        screen_fail(&s, &a->err);
    else {
        uploads_lost(r, site, rec.form, a, &t);
        record_page(&s, &rec, &t, json_get_str(a->body, "text"), err_info(a->err.code)->http);
    }
}
