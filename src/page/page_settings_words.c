/* 設定, the words of one regulation: each parameter and alternative with the article it comes from, the value in force and, where another
 * regulation is stricter, which one decides. A form for the administrator, a table for everybody else. */
#include "page/settings.h"

static const char *article_name(struct settings *t, const struct pack *p, const char *id)
{
    for (size_t i = 0; id != NULL && i < p->article_n; i++)
        if (text_eq(p->article[i].id, id))
            return mem_fmt(t->s.r, "%s %s", id, pick_lang(req_lang(t->s.r), p->article[i].title, p->article[i].title_en));
    return id ? id : "";
}

static const struct effective *effective_of(const struct settings *t, const char *key)
{
    for (size_t i = 0; i < t->s.rd.set->effective_n; i++)
        if (text_eq(t->s.rd.set->effective[i].key, key))
            return &t->s.rd.set->effective[i];
    return NULL;
}

/* The adopter's own value before the strictest of all regulations was taken. */
static const char *own_value(const struct settings *t, const char *key)
{
    for (size_t i = 0; i < t->s.rd.set->setting_n; i++)
        if (text_eq(t->s.rd.set->setting[i].key, key))
            return t->s.rd.set->setting[i].value;
    return NULL;
}

/* "sme.takeout_days" -> the regulation's name and the article, for people. */
static const char *source_of(struct settings *t, const struct effective *f)
{
    for (size_t i = 0; f->from_key != NULL && i < t->s.rd.set->pack_n; i++) {
        const struct pack *p = &t->s.rd.set->pack[i];
        size_t n = strlen(p->id);
        if (strncmp(f->from_key, p->id, n) == 0 && f->from_key[n] == '.')
            return mem_fmt(t->s.r, "%s %s", pick_lang(req_lang(t->s.r), p->title, p->title_en), f->article ? f->article : "");
    }
    return "";
}

/* What else decides: another regulation's stricter figure. NULL when the own value is in force. */
static const char *decided_elsewhere(struct settings *t, const char *key)
{
    const struct effective *f = effective_of(t, key);
    if (f == NULL || f->from_key == NULL || strcmp(f->from_key, key) == 0 || text_eq(f->value, own_value(t, key)))
        return NULL;
    return msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.stricter"), f->value ? f->value : "–", source_of(t, f), NULL);
}

/* Canonical text as people read it ("P1Y" -> 1年), unless typing it back would mean something else. */
static const char *shown(struct settings *t, const struct param *a, const char *value)
{
    struct field f = {.id = a->id, .path = a->id, .label = a->label, .type = a->type};
    struct value_ctx c = {.lang = req_lang(t->s.r)};
    struct trouble_vec bad = VEC_INIT(t->s.r);
    const char *back = NULL, *text = value && value[0] ? value_show(t->s.r, &f, value, req_lang(t->s.r)) : value;
    return text && value_read(t->s.r, &c, &f, a->id, text, &back, &bad) && text_eq(back, value) ? text : value;
}

static const char *joined(struct settings *t, const char *a, const char *b, const char *c)
{
    const char *part[] = {a, b, c};
    char *out = mem_strdup(t->s.r, "");
    for (size_t i = 0; i < ARRAY_N(part); i++)
        if (part[i] != NULL && part[i][0] != '\0')
            out = mem_fmt(t->s.r, "%s%s%s", out, out[0] ? " / " : "", part[i]);
    return out;
}

static const char *typed_or(struct settings *t, const char *name, const char *otherwise)
{
    const char *v = req_form(t->s.r, name);
    return v ? v : otherwise;
}

static const char *field_error(const struct settings *t, const char *id)
{
    for (size_t i = 0; i < t->problem_n; i++)
        if (text_eq(t->problem[i].field_id, id))
            return t->problem[i].text;
    return NULL;
}

static bool listed(const char *list, const char *id)
{
    struct str rest = str_of(list ? list : ""), one;
    while (str_next(&rest, ' ', &one))
        if (str_eq(one, str_of(id)))
            return true;
    return false;
}

static const char *chosen_text(struct settings *t, const struct choice *c, const char *list)
{
    char *out = mem_strdup(t->s.r, "");
    for (size_t i = 0; i < c->n; i++)
        if (listed(list, c->opt[i].id))
            out = mem_fmt(t->s.r, "%s%s%s", out, out[0] ? "、" : "", pick_lang(req_lang(t->s.r), c->opt[i].label, c->opt[i].label_en));
    return out[0] ? out : settings_text(t, MSG("settings.open"));
}

/* ---- the form ---- */

static void param_row(struct settings *t, const struct pack *p, const struct param *a)
{
    char *key = mem_fmt(t->s.r, "%s.%s", p->id, a->id), *name = mem_fmt(t->s.r, "w.%s", key);
    const char *stated = a->stated && a->dflt ? msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.stated"), shown(t, a, a->dflt), NULL) : NULL;
    const char *article = a->article ? article_name(t, p, a->article) : NULL;
    const struct ui_row row = {.id = name, .label = pick_lang(req_lang(t->s.r), a->label, a->label_en), .error = field_error(t, name),
                               .help = joined(t, article, a->note, joined(t, stated, decided_elsewhere(t, key), NULL))};
    const char *value = typed_or(t, name, shown(t, a, own_value(t, key)));
    ui_row_open(t->s.h, &row);
    if (a->type == FT_LONGTEXT)
        ui_textarea(t->s.h, name, value, &row);
    else
        ui_input(t->s.h, a->type == FT_DATE ? "date" : "text", name, value, &row);
    ui_row_close(t->s.h, &row);
}

static void choice_row(struct settings *t, const struct pack *p, const struct choice *c)
{
    char *key = mem_fmt(t->s.r, "%s.%s", p->id, c->id), *name = mem_fmt(t->s.r, c->many ? "c.%s[]" : "c.%s", key);
    struct ui_opt *opt = mem_array(t->s.r, struct ui_opt, c->n + 1);
    const char *now = typed_or(t, name, own_value(t, key));
    char *id = mem_fmt(t->s.r, "c.%s", key);
    const struct ui_row row = {.id = id, .label = pick_lang(req_lang(t->s.r), c->label, c->label_en), .error = field_error(t, id),
                               .help = joined(t, c->article ? article_name(t, p, c->article) : NULL, c->note, NULL)};
    for (size_t i = 0; i < c->n; i++)
        opt[i] = (struct ui_opt){c->opt[i].id, pick_lang(req_lang(t->s.r), c->opt[i].label, c->opt[i].label_en), listed(now, c->opt[i].id)};
    if (c->many) {
        html_open(t->s.h, E_INPUT);
        html_attr(t->s.h, A_TYPE, "hidden");
        html_attr(t->s.h, A_NAME, mem_fmt(t->s.r, "m.%s", key));
        html_attr(t->s.h, A_VALUE, "1");
        html_close(t->s.h, E_INPUT);
    }
    ui_row_open(t->s.h, &row);
    if (c->many)
        ui_checks(t->s.h, "checkbox", name, opt, c->n, &row);
    else
        ui_select(t->s.h, name, opt, c->n, now == NULL, &row);
    ui_row_close(t->s.h, &row);
}

static void words_form(struct settings *t, const struct pack *p)
{
    struct html *h = t->s.h;
    struct ui_opt restart = {"1", settings_text(t, MSG("settings.restart")), req_form(t->s.r, "restart") != NULL};
    const struct ui_row row = {.id = "restart", .label = settings_text(t, MSG("settings.running"))};
    html_open(h, E_FORM);
    html_attr(h, A_NOVALIDATE, "");
    html_action0(h, page_path("settings.post"), screen_csrf(&t->s));
    html_open(h, E_INPUT);
    html_attr(h, A_TYPE, "hidden");
    html_attr(h, A_NAME, "pack");
    html_attr(h, A_VALUE, p->id);
    html_close(h, E_INPUT);
    if (p->choice_n > 0)
        ui_heading(h, 2, settings_text(t, MSG("settings.choices")));
    for (size_t i = 0; i < p->choice_n; i++)
        choice_row(t, p, &p->choice[i]);
    if (p->param_n > 0)
        ui_heading(h, 2, settings_text(t, MSG("settings.params")));
    for (size_t i = 0; i < p->param_n; i++)
        param_row(t, p, &p->param[i]);
    ui_row_open(h, &row);
    ui_checks(h, "checkbox", "restart", &restart, 1, &row);
    ui_row_close(h, &row);
    html_open(h, E_DIV);
    html_class(h, "actions");
    ui_button(h, MSG("settings.change"), NULL, NULL, true);
    html_close(h, E_DIV);
    html_close(h, E_FORM);
}

/* ---- the table ---- */

static void word_line(struct settings *t, const char *label, const char *value, const char *article, const char *why)
{
    html_open(t->s.h, E_TR);
    html_el(t->s.h, E_TD, label);
    html_el(t->s.h, E_TD, value && value[0] ? value : settings_text(t, MSG("settings.open")));
    html_el(t->s.h, E_TD, article);
    html_el(t->s.h, E_TD, why ? why : "");
    html_close(t->s.h, E_TR);
}

static void words_table(struct settings *t, const struct pack *p)
{
    static const char *const keys[] = {MSG("settings.word"), MSG("settings.value"), MSG("settings.article"), MSG("settings.why")};
    const char *label[ARRAY_N(keys)];
    for (size_t i = 0; i < ARRAY_N(keys); i++)
        label[i] = settings_text(t, keys[i]);
    ui_table_open(t->s.h, settings_text(t, MSG("settings.params")));
    ui_table_head(t->s.h, label, ARRAY_N(keys));
    for (size_t i = 0; i < p->choice_n; i++) {
        const struct choice *c = &p->choice[i];
        word_line(t, pick_lang(req_lang(t->s.r), c->label, c->label_en), chosen_text(t, c, pack_value(t->s.rd.set, mem_fmt(t->s.r, "%s.%s", p->id, c->id))),
                  article_name(t, p, c->article), c->note);
    }
    for (size_t i = 0; i < p->param_n; i++) {
        const struct param *a = &p->param[i];
        char *key = mem_fmt(t->s.r, "%s.%s", p->id, a->id);
        word_line(t, pick_lang(req_lang(t->s.r), a->label, a->label_en), shown(t, a, pack_value(t->s.rd.set, key)), article_name(t, p, a->article),
                  joined(t, a->stated && a->dflt ? msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.stated"), shown(t, a, a->dflt), NULL) : NULL, decided_elsewhere(t, key), a->note));
    }
    ui_table_close(t->s.h);
}

void settings_words(struct settings *t, const struct pack *p)
{
    settings_open(t, "words");
    ui_heading(t->s.h, 2, pick_lang(req_lang(t->s.r), p->title, p->title_en));
    html_el_msg(t->s.h, E_P, t->admin ? MSG("settings.words-help") : MSG("settings.words-read"));
    if (t->admin)
        words_form(t, p);
    else
        words_table(t, p);
    settings_close(t);
}

/* ---- what was typed ---- */

static const char *param_typed(struct settings *t, const struct param *a, const char *name, const char *typed)
{
    struct field f = {.id = a->id, .path = a->id, .label = pick_lang(req_lang(t->s.r), a->label, a->label_en), .type = a->type};
    struct value_ctx c = {.lang = req_lang(t->s.r)};
    struct trouble_vec bad = VEC_INIT(t->s.r);
    const char *text = NULL;
    int64_t n, least;
    if (typed[0] == '\0')
        return "";
    if (!value_read(t->s.r, &c, &f, a->id, typed, &text, &bad)) {
        settings_trouble(t, name, bad.n ? bad.v[0].text : typed);
        return NULL;
    }
    bool figures = a->stated && a->stricter != STRICT_NONE && text && a->dflt && str_to_i64(str_of(text), &n) && str_to_i64(str_of(a->dflt), &least);
    if (figures && (a->stricter == STRICT_MIN ? n > least : n < least)) {
        settings_trouble(t, name, msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.weaker"), f.label, text, shown(t, a, a->dflt), NULL));
        return NULL;
    }
    return text;
}

static const char *choice_typed(struct settings *t, const struct choice *c, const char *key)
{
    const char *name = mem_fmt(t->s.r, c->many ? "c.%s[]" : "c.%s", key);
    char *list = mem_strdup(t->s.r, "");
    for (size_t i = 0; i < req_form_n(t->s.r); i++) {
        const struct req_param *f = req_form_at(t->s.r, i);
        bool known = false;
        if (strcmp(f->name, name) != 0 || f->value[0] == '\0')
            continue;
        for (size_t k = 0; k < c->n; k++)
            known = known || text_eq(c->opt[k].id, f->value);
        if (!known) {
            settings_trouble(t, mem_fmt(t->s.r, "c.%s", key), msg_fill(t->s.r, req_lang(t->s.r), MSG("settings.unknown-option"), c->label, NULL));
            return NULL;
        }
        list = mem_fmt(t->s.r, "%s%s%s", list, list[0] ? " " : "", f->value);
    }
    return list;
}

struct json *settings_words_read(struct settings *t, const struct pack *p)
{
    struct json *out = json_obj(t->s.r);
    for (size_t i = 0; i < p->param_n; i++) {
        char *key = mem_fmt(t->s.r, "%s.%s", p->id, p->param[i].id), *name = mem_fmt(t->s.r, "w.%s", key);
        const char *typed = req_form(t->s.r, name), *now = own_value(t, key);
        const char *v = typed ? param_typed(t, &p->param[i], name, str_dup(t->s.r, str_trim(str_of(typed)))) : NULL;
        if (v != NULL && !text_eq(v, now ? now : ""))
            json_set_str(out, key, v[0] ? v : NULL);
    }
    for (size_t i = 0; i < p->choice_n; i++) {
        char *key = mem_fmt(t->s.r, "%s.%s", p->id, p->choice[i].id);
        bool shown = req_form(t->s.r, mem_fmt(t->s.r, p->choice[i].many ? "m.%s" : "c.%s", key)) != NULL;
        const char *v = shown ? choice_typed(t, &p->choice[i], key) : NULL, *now = own_value(t, key);
        if (v != NULL && !text_eq(v, now ? now : "") && (v[0] || p->choice[i].many))
            json_set_str(out, key, v);
    }
    return out;
}
