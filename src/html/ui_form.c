/* The controls of forms: a row ties label, required mark, help and error to its control by id, so that a screen reader says
 * all of them and a link in the list of problems leads to the control. The ids ID-label, ID-help and ID-error are made from
 * the row's id. Values are whatever the person typed last; nothing is lost by a refused form. */
#include "html_int.h"
#include <assert.h>

static bool given(const char *s) { return s && *s; }

void ui_row_open(struct html *h, const struct ui_row *r)
{
    assert(r && r->id);
    MEM_SCOPE(tmp, h->mem);
    html_open(h, E_DIV);
    html_class(h, "row");
    if (given(r->error))
        html_class(h, "row-bad");
    html_open(h, E_LABEL);
    html_attr(h, A_FOR, r->id);
    html_attr(h, A_ID, mem_fmt(tmp, "%s-label", r->id));
    html_text(h, r->label);
    if (r->required) {
        html_text(h, " ");
        html_open(h, E_SPAN);
        html_class(h, "must");
        html_msg(h, MSG("ui.required"));
        html_close(h, E_SPAN);
    }
    html_close(h, E_LABEL);
    html_open(h, E_DIV);
    html_class(h, "row-body");
    if (given(r->help)) {
        html_open(h, E_P);
        html_class(h, "help");
        html_attr(h, A_ID, mem_fmt(tmp, "%s-help", r->id));
        html_text(h, r->help);
        html_close(h, E_P);
    }
}

void ui_row_close(struct html *h, const struct ui_row *r)
{
    if (given(r->error)) {
        MEM_SCOPE(tmp, h->mem);
        html_open(h, E_P);
        html_class(h, "error");
        html_attr(h, A_ID, mem_fmt(tmp, "%s-error", r->id));
        html_text(h, r->error);
        html_close(h, E_P);
    }
    html_close(h, E_DIV);
    html_close(h, E_DIV);
}

static void describe(struct html *h, const struct ui_row *r)
{
    if (!r || (!given(r->help) && !given(r->error)))
        return;
    MEM_SCOPE(tmp, h->mem);
    html_attr(h, A_ARIA_DESCRIBEDBY, mem_fmt(tmp, "%s%s%s%s%s", given(r->help) ? r->id : "", given(r->help) ? "-help" : "",
        given(r->help) && given(r->error) ? " " : "", given(r->error) ? r->id : "", given(r->error) ? "-error" : ""));
}

/* id, state and descriptions; `required` is checked by the server, which words the refusal, so the browser is only told by aria. */
static void control(struct html *h, const char *name, const struct ui_row *r)
{
    html_attr(h, A_NAME, name);
    if (!r)
        return;
    html_attr(h, A_ID, r->id);
    if (r->required)
        html_attr(h, A_ARIA_REQUIRED, "true");
    if (given(r->error))
        html_attr(h, A_ARIA_INVALID, "true");
    describe(h, r);
}

void ui_input(struct html *h, const char *type, const char *name, const char *value, const struct ui_row *r)
{
    html_open(h, E_INPUT);
    html_attr(h, A_TYPE, type);
    control(h, name, r);
    bool secret = text_eq(type, "password") || text_eq(type, "file");
    if (!secret)
        html_attr(h, A_VALUE, value ? value : "");
    if (text_eq(type, "number"))
        html_attr(h, A_INPUTMODE, "decimal");
    html_close(h, E_INPUT);
}

void ui_input_complete(struct html *h, const char *type, const char *name, const char *autocomplete, const struct ui_row *r)
{
    html_open(h, E_INPUT);
    html_attr(h, A_TYPE, type);
    control(h, name, r);
    html_attr(h, A_AUTOCOMPLETE, autocomplete);
    html_close(h, E_INPUT);
}

void ui_hidden(struct html *h, const char *name, const char *value)
{
    html_open(h, E_INPUT);
    html_attr(h, A_TYPE, "hidden");
    html_attr(h, A_NAME, name);
    html_attr(h, A_VALUE, value ? value : "");
    html_close(h, E_INPUT);
}

void ui_textarea(struct html *h, const char *name, const char *value, const struct ui_row *r)
{
    size_t lines = 3;
    for (const char *p = value; p && *p && lines < 12; p++)
        lines += *p == '\n';
    html_open(h, E_TEXTAREA);
    control(h, name, r);
    html_attr_i64(h, A_ROWS, (int64_t)lines);
    html_text(h, value);
    html_close(h, E_TEXTAREA);
}

void ui_select(struct html *h, const char *name, const struct ui_opt *opt, size_t n, bool with_empty, const struct ui_row *r)
{
    html_open(h, E_SELECT);
    control(h, name, r);
    if (n > 20)
        html_attr(h, A_DATA_FILTER, msg_text(h->lang, MSG("ui.filter")));
    if (with_empty) {
        html_open(h, E_OPTION);
        html_attr(h, A_VALUE, "");
        html_msg(h, MSG("ui.choose"));
        html_close(h, E_OPTION);
    }
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_OPTION);
        html_attr(h, A_VALUE, opt[i].value);
        html_flag(h, A_SELECTED, opt[i].on);
        html_text(h, opt[i].label);
        html_close(h, E_OPTION);
    }
    html_close(h, E_SELECT);
}

void ui_checks(struct html *h, const char *type, const char *name, const struct ui_opt *opt, size_t n, const struct ui_row *r)
{
    bool radio = text_eq(type, "radio");
    assert(radio || text_eq(type, "checkbox"));
    MEM_SCOPE(tmp, h->mem);
    html_open(h, E_DIV);
    html_class(h, "checks");
    html_attr(h, A_ROLE, radio ? "radiogroup" : "group");
    if (r) {
        html_attr(h, A_ARIA_LABELLEDBY, mem_fmt(tmp, "%s-label", r->id));
        describe(h, r);
    }
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_LABEL);
        html_open(h, E_INPUT);
        html_attr(h, A_TYPE, type);
        html_attr(h, A_NAME, name);
        html_attr(h, A_VALUE, opt[i].value);
        if (r && i == 0)
            html_attr(h, A_ID, r->id);
        html_flag(h, A_CHECKED, opt[i].on);
        html_close(h, E_INPUT);
        html_open(h, E_SPAN);
        html_text(h, opt[i].label);
        html_close(h, E_SPAN);
        html_close(h, E_LABEL);
    }
    html_close(h, E_DIV);
}

void ui_button(struct html *h, const char *msg_key, const char *name, const char *value, bool primary)
{
    html_open(h, E_BUTTON);
    html_attr(h, A_TYPE, "submit");
    html_attr(h, A_NAME, name);
    html_attr(h, A_VALUE, value);
    html_class(h, "btn");
    if (primary)
        html_class(h, "btn-primary");
    html_msg(h, msg_key);
    html_close(h, E_BUTTON);
}

void ui_problems(struct html *h, const struct ui_problem *p, size_t n)
{
    if (n == 0)
        return;
    MEM_SCOPE(tmp, h->mem);
    html_open(h, E_DIV);
    html_class(h, "problems");
    html_attr(h, A_ROLE, "alert");
    html_open(h, E_H2);
    html_msgf(h, MSG("ui.problems"), mem_fmt(tmp, "%zu", n), NULL);
    html_close(h, E_H2);
    html_open(h, E_UL);
    for (size_t i = 0; i < n; i++) {
        html_open(h, E_LI);
        if (given(p[i].field_id)) {
            html_open(h, E_A);
            html_href_id(h, p[i].field_id);
            html_text(h, p[i].text);
            html_close(h, E_A);
        } else {
            html_text(h, p[i].text);
        }
        html_close(h, E_LI);
    }
    html_close(h, E_UL);
    html_close(h, E_DIV);
}
