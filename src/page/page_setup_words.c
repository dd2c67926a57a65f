/* Second step of the first hour: the words to fill in and the alternatives to choose, chapter by chapter. What the regulation leaves open
 * comes first; figures and words that have a proposal are folded away, each with its article. */
#include "page/setup_page.h"

static const char *article_title(const struct pack *p, const char *id)
{
    for (size_t i = 0; i < p->article_n; i++)
        if (text_eq(p->article[i].id, id))
            return p->article[i].title;
    return "";
}

static const char *typed_or(struct setup_page *u, const char *name, const char *otherwise)
{
    const char *t = req_form(u->r, name);
    return t ? t : otherwise;
}

static const char *label_of(struct setup_page *u, const struct pack *p, const char *label, const char *article)
{
    return article ? msg_fill(u->r, req_lang(u->r), MSG("setup.label-article"), label, article, article_title(p, article), NULL) : label;
}

static void param_out(struct setup_page *u, const struct pack *p, const struct param *a)
{
    char *key = mem_fmt(u->r, "%s.%s", p->id, a->id), *name = mem_fmt(u->r, "w.%s", key);
    const char *value = typed_or(u, name, pack_value(u->s.rd.set, key));
    const struct ui_row row = {.id = name, .label = label_of(u, p, pick_lang(req_lang(u->r), a->label, a->label_en), a->article), .help = a->note};
    ui_row_open(u->s.h, &row);
    if (a->type == FT_LONGTEXT)
        ui_textarea(u->s.h, name, value, &row);
    else
        ui_input(u->s.h, a->type == FT_DATE ? "date" : "text", name, value, &row);
    ui_row_close(u->s.h, &row);
}

static bool listed(const char *list, const char *id)
{
    size_t n = strlen(id);
    for (const char *p = list; p != NULL && (p = strstr(p, id)) != NULL; p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    return false;
}

static void choice_out(struct setup_page *u, const struct pack *p, const struct choice *c)
{
    char *key = mem_fmt(u->r, "%s.%s", p->id, c->id), *name = mem_fmt(u->r, c->many ? "c.%s[]" : "c.%s", key);
    struct ui_opt *opt = mem_array(u->r, struct ui_opt, c->n + 1);
    const char *now = typed_or(u, name, pack_value(u->s.rd.set, key));
    const struct ui_row row = {.id = mem_fmt(u->r, "c.%s", key), .label = label_of(u, p, pick_lang(req_lang(u->r), c->label, c->label_en), c->article), .help = c->note};
    for (size_t i = 0; i < c->n; i++)
        opt[i] = (struct ui_opt){c->opt[i].id, pick_lang(req_lang(u->r), c->opt[i].label, c->opt[i].label_en), listed(now, c->opt[i].id)};
    ui_row_open(u->s.h, &row);
    if (c->many) {
        setup_hidden(u, mem_fmt(u->r, "m.%s", key), "1");
        ui_checks(u->s.h, "checkbox", name, opt, c->n, &row);
    } else {
        ui_select(u->s.h, name, opt, c->n, now == NULL, &row);
    }
    ui_row_close(u->s.h, &row);
}

static void pack_words(struct setup_page *u, const struct pack *p)
{
    struct html *h = u->s.h;
    ui_heading(h, 2, pick_lang(req_lang(u->r), p->title, p->title_en));
    ui_heading(h, 3, setup_text(u, MSG("setup.words-open")));
    for (size_t i = 0; i < p->param_n; i++)
        if (p->param[i].dflt == NULL && p->param[i].is == NULL)
            param_out(u, p, &p->param[i]);
    ui_heading(h, 3, setup_text(u, MSG("setup.words-choices")));
    for (size_t i = 0; i < p->choice_n; i++)
        if (p->choice[i].is == NULL)
            choice_out(u, p, &p->choice[i]);
    html_open(h, E_DETAILS);
    html_open(h, E_SUMMARY);
    html_msg(h, MSG("setup.words-proposed"));
    html_close(h, E_SUMMARY);
    for (size_t i = 0; i < p->param_n; i++)
        if (p->param[i].dflt != NULL)
            param_out(u, p, &p->param[i]);
    html_close(h, E_DETAILS);
}

void setup_words_show(struct setup_page *u)
{
    setup_open(u, 2, MSG("setup.words"), MSG("setup.words-help"));
    setup_form(u, "words", false);
    for (size_t i = 0; u->s.rd.set != NULL && i < u->s.rd.set->pack_n; i++)
        if (u->s.rd.set->pack[i].article_n > 0)
            pack_words(u, &u->s.rd.set->pack[i]);
    setup_close(u, MSG("setup.next"));
}

/* A multiple choice is the list of its ticked options; one that was shown and is wholly unticked becomes empty. */
static void multi_read(struct setup_page *u, const char *key, struct json *settings)
{
    char *name = mem_fmt(u->r, "c.%s[]", key), *list = mem_strdup(u->r, "");
    for (size_t i = 0; i < req_form_n(u->r); i++)
        if (strcmp(req_form_at(u->r, i)->name, name) == 0)
            list = mem_fmt(u->r, "%s%s%s", list, list[0] ? " " : "", req_form_at(u->r, i)->value);
    json_set_str(settings, key, list);
}

void setup_words_do(struct setup_page *u)
{
    struct json *args = json_obj(u->r), *settings = json_set_obj(args, "settings");
    const struct json *body;
    for (size_t i = 0; i < req_form_n(u->r); i++) {
        const struct req_param *f = req_form_at(u->r, i);
        const char *value = str_dup(u->r, str_trim(str_of(f->value)));
        if (strncmp(f->name, "m.", 2) == 0)
            multi_read(u, f->name + 2, settings);
        else if ((strncmp(f->name, "w.", 2) == 0 || strncmp(f->name, "c.", 2) == 0) && strstr(f->name, "[]") == NULL && value[0] != '\0' &&
                 !text_eq(pack_value(u->s.rd.set, f->name + 2), value))
            json_set_str(settings, f->name + 2, value);
    }
    if (setup_run(u, "set.settings", args, &body)) {
        setup_people_show(u);
    } else if (u->s.reading) {
        setup_words_show(u);
    }
}
