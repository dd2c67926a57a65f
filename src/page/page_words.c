/* Words, figures and alternatives of a regulation as a form: used by the first hour and by 設定. What the regulation leaves open comes first;
 * figures and words that have a proposal are folded away, each with its article. */
#include "page/page_int.h"

static const char *article_title(const struct pack *p, const char *id)
{
    for (size_t i = 0; i < p->article_n; i++)
        if (text_eq(p->article[i].id, id))
            return p->article[i].title;
    return "";
}

static const char *typed_or(struct screen *s, const char *name, const char *otherwise)
{
    const char *t = req_form(s->r, name);
    return t ? t : otherwise;
}

static const char *label_of(struct screen *s, const struct pack *p, const char *label, const char *article)
{
    return article ? msg_fill(s->r, req_lang(s->r), MSG("setup.label-article"), label, article, article_title(p, article), NULL) : label;
}

static void param_out(struct screen *s, const struct pack *p, const struct param *a)
{
    char *key = mem_fmt(s->r, "%s.%s", p->id, a->id), *name = mem_fmt(s->r, "w.%s", key);
    const char *value = typed_or(s, name, pack_value(s->rd.set, key));
    const struct ui_row row = {.id = name, .label = label_of(s, p, pick_lang(req_lang(s->r), a->label, a->label_en), a->article), .help = a->note};
    ui_row_open(s->h, &row);
    if (a->type == FT_LONGTEXT)
        ui_textarea(s->h, name, value, &row);
    else
        ui_input(s->h, a->type == FT_DATE ? "date" : "text", name, value, &row);
    ui_row_close(s->h, &row);
}

static bool listed(const char *list, const char *id)
{
    size_t n = strlen(id);
    for (const char *p = list; p != NULL && (p = strstr(p, id)) != NULL; p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    return false;
}

static void choice_out(struct screen *s, const struct pack *p, const struct choice *c)
{
    char *key = mem_fmt(s->r, "%s.%s", p->id, c->id), *name = mem_fmt(s->r, c->many ? "c.%s[]" : "c.%s", key);
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, c->n + 1);
    const char *now = typed_or(s, name, pack_value(s->rd.set, key));
    const struct ui_row row = {.id = mem_fmt(s->r, "c.%s", key), .label = label_of(s, p, pick_lang(req_lang(s->r), c->label, c->label_en), c->article), .help = c->note};
    for (size_t i = 0; i < c->n; i++)
        opt[i] = (struct ui_opt){c->opt[i].id, pick_lang(req_lang(s->r), c->opt[i].label, c->opt[i].label_en), listed(now, c->opt[i].id)};
    ui_row_open(s->h, &row);
    if (c->many) {
        html_open(s->h, E_INPUT);
        html_attr(s->h, A_TYPE, "hidden");
        html_attr(s->h, A_NAME, mem_fmt(s->r, "m.%s", key));
        html_attr(s->h, A_VALUE, "1");
        html_close(s->h, E_INPUT);
        ui_checks(s->h, "checkbox", name, opt, c->n, &row);
    } else {
        ui_select(s->h, name, opt, c->n, now == NULL, &row);
    }
    ui_row_close(s->h, &row);
}

void words_form(struct screen *s, const struct pack *p, int level)
{
    struct html *h = s->h;
    ui_heading(h, level, msg_text(req_lang(s->r), MSG("setup.words-open")));
    for (size_t i = 0; i < p->param_n; i++)
        if (p->param[i].dflt == NULL && p->param[i].is == NULL)
            param_out(s, p, &p->param[i]);
    ui_heading(h, level, msg_text(req_lang(s->r), MSG("setup.words-choices")));
    for (size_t i = 0; i < p->choice_n; i++)
        if (p->choice[i].is == NULL)
            choice_out(s, p, &p->choice[i]);
    html_open(h, E_DETAILS);
    html_open(h, E_SUMMARY);
    html_msg(h, MSG("setup.words-proposed"));
    html_close(h, E_SUMMARY);
    for (size_t i = 0; i < p->param_n; i++)
        if (p->param[i].dflt != NULL)
            param_out(s, p, &p->param[i]);
    html_close(h, E_DETAILS);
}

/* A multiple choice is the list of its ticked options; one that was shown and is wholly unticked becomes empty. */
static void multi_read(struct req *r, const char *key, struct json *settings)
{
    char *name = mem_fmt(r, "c.%s[]", key), *list = mem_strdup(r, "");
    for (size_t i = 0; i < req_form_n(r); i++)
        if (strcmp(req_form_at(r, i)->name, name) == 0)
            list = mem_fmt(r, "%s%s%s", list, list[0] ? " " : "", req_form_at(r, i)->value);
    json_set_str(settings, key, list);
}

struct json *words_read(struct req *r, const struct pack_set *set)
{
    struct json *settings = json_obj(r);
    for (size_t i = 0; i < req_form_n(r); i++) {
        const struct req_param *f = req_form_at(r, i);
        const char *value = str_dup(r, str_trim(str_of(f->value))), *now;
        if (strncmp(f->name, "m.", 2) == 0) {
            multi_read(r, f->name + 2, settings);
            continue;
        }
        if ((strncmp(f->name, "w.", 2) != 0 && strncmp(f->name, "c.", 2) != 0) || strstr(f->name, "[]") != NULL)
            continue;
        now = pack_value(set, f->name + 2);
        if (strcmp(now ? now : "", value) != 0)
            json_set_str(settings, f->name + 2, value);
    }
    return settings;
}
