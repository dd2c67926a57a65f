/* Tokens with which other programs act in one's place: made, shown once, ended. */
#include "page/page_int.h"

#define DAYS_TEXT "90"

static void post_open(struct screen *s)
{
    html_open(s->h, E_FORM);
    html_action0(s->h, page_path("token.post"), screen_csrf(s));
}

static void tokens_out(struct screen *s, const struct q_token_of_rows *v)
{
    static const char *const keys[] = {MSG("token.name"), MSG("token.made"), MSG("token.until"), MSG("people.what")};
    if (v->n == 0) {
        html_el_msg(s->h, E_P, MSG("token.none"));
        return;
    }
    screen_table(s, MSG("token.title"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v->n; i++) {
        html_open(s->h, E_TR);
        html_el(s->h, E_TD, v->v[i].name);
        html_el(s->h, E_TD, when_text(s->r, v->v[i].made_at));
        html_el(s->h, E_TD, when_text(s->r, v->v[i].ends_at));
        html_open(s->h, E_TD);
        post_open(s);
        ui_hidden(s->h, "name", v->v[i].name);
        ui_button(s->h, MSG("token.end"), "do", "end", false);
        html_close(s->h, E_FORM);
        html_close(s->h, E_TD);
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static void make_out(struct screen *s)
{
    const struct ui_row name = {.id = "name", .label = msg_text(req_lang(s->r), MSG("token.name")), .required = true};
    const struct ui_row days = {.id = "days", .label = msg_text(req_lang(s->r), MSG("token.days")), .required = true};
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("token.make")));
    post_open(s);
    ui_row_open(s->h, &name);
    ui_input(s->h, "text", "name", req_form(s->r, "name"), &name);
    ui_row_close(s->h, &name);
    ui_row_open(s->h, &days);
    ui_input(s->h, "text", "days", req_form(s->r, "days") ? req_form(s->r, "days") : DAYS_TEXT, &days);
    ui_row_close(s->h, &days);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    ui_button(s->h, MSG("token.make"), "do", "make", true);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
}

static void tokens_page(struct screen *s, const struct ui_problem *problem)
{
    struct q_token_of_rows v;
    struct err e = {0};
    if (token_list(&s->rd, &v, &e) != RC_OK) {
        screen_fail(s, &e);
        return;
    }
    screen_open(s, msg_text(req_lang(s->r), MSG("token.title")), "settings");
    ui_problems(s->h, problem, problem ? 1 : 0);
    html_el_msg(s->h, E_P, MSG("token.help"));
    tokens_out(s, &v);
    make_out(s);
    screen_close(s, problem ? 422 : 200);
}

void page_token(struct req *r, void *ctx)
{
    struct screen s;
    if (screen_begin(&s, r, ctx))
        tokens_page(&s, NULL);
}

/* Once, and never again. */
static void shown(struct screen *s, const char *name, const char *token)
{
    screen_open(s, msg_text(req_lang(s->r), MSG("token.title")), "settings");
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("token.shown"), name, NULL));
    html_open(s->h, E_PRE);
    html_text(s->h, token);
    html_close(s->h, E_PRE);
    html_open(s->h, E_P);
    page_link0(s->h, MSG("token.back"), "token");
    html_close(s->h, E_P);
    screen_close(s, 200);
}

/* What was typed for a new one; false: *ret says what is wrong. */
static bool typed(struct req *r, struct json *args, struct ui_problem *ret)
{
    const char *name = req_form(r, "name");
    int64_t days;
    if (name == NULL || str_trim(str_of(name)).n == 0 || utf8_len(name) > 100) {
        *ret = (struct ui_problem){"name", msg_text(req_lang(r), MSG("token.name-bad"))};
        return false;
    }
    if (!str_to_i64(str_of(text_nfkc(r, req_form(r, "days") ? req_form(r, "days") : "")), &days) || days < 1 || days > 366) {
        *ret = (struct ui_problem){"days", msg_text(req_lang(r), MSG("token.days-bad"))};
        return false;
    }
    json_set_str(args, "name", str_dup(r, str_trim(str_of(name))));
    json_set_i64(args, "days", days);
    return true;
}

void page_token_post(struct req *r, void *ctx)
{
    struct screen s;
    struct site *site = ctx;
    struct answer *a;
    struct json *args = json_obj(r);
    struct ui_problem bad;
    const bool end = text_eq(req_form(r, "do"), "end");
    char *token = crypt_token(r);
    if (end) {
        json_set_str(args, "name", req_form(r, "name"));
    } else if (!typed(r, args, &bad)) {
        if (screen_begin(&s, r, ctx))
            tokens_page(&s, &bad);
        return;
    } else {
        json_set_str(args, "token", token);
    }
    core_command(site->core, r, &page_user(r)->actor, end ? "token.end" : "token.make", args, NULL, &a);
    if (a->err.code == ERR_PROOF) {
        proof_page(r, ctx, NULL);
        return;
    }
    if (!screen_begin(&s, r, ctx))
        return;
    if (a->rc != RC_OK)
        tokens_page(&s, &(struct ui_problem){NULL, err_say(r, req_lang(r), &a->err)});
    else if (end)
        screen_go(&s, "token", 0, "done.token-ended");
    else
        shown(&s, json_get_str(args, "name"), token);
}
