/* Words, figures and alternatives of a regulation as a form, folded by chapter: used by the first hour and by 設定. In each chapter comes first what
 * the regulation leaves open, then the alternatives, then what has a proposal; each with its article and with what is in force. */
#include "page/page_int.h"

static const char *typed_or(struct screen *s, const char *name, const char *otherwise)
{
    const char *t = req_form(s->r, name);
    return t ? t : otherwise;
}

static bool figure_read(struct req *r, const struct param *a, const char *typed, const char **ret_text, struct trouble_vec *bad)
{
    return setting_figure_read(r, req_lang(r), a, typed, ret_text, bad);
}

/* Canonical text as people read it ("P1Y" as a span), unless typing that back would mean something else. */
static const char *shown(struct screen *s, const struct param *a, const char *value)
{
    struct field f = {.id = a->id, .path = a->id, .label = a->label, .type = a->type};
    struct trouble_vec bad = VEC_INIT(s->r);
    const char *back = NULL, *text = value && value[0] ? value_show(s->r, &f, value, req_lang(s->r)) : value;
    return text && figure_read(s->r, a, text, &back, &bad) && text_eq(back, value) ? text : value;
}

/* The article that asks for it, what the source states, which regulation's stricter figure is in force instead, the pack's own note. */
static const char *help_of(struct screen *s, const struct pack *p, const char *article, const char *stated, const char *key, const char *note)
{
    const struct article *a = pack_article(p, article);
    const struct effective *f = NULL;
    const char *own = NULL, *part[4] = {a ? mem_fmt(s->r, "%s %s", a->id, pick_lang(req_lang(s->r), a->title, a->title_en)) : NULL, NULL, NULL, note};
    char *out = mem_strdup(s->r, "");
    for (size_t i = 0; i < s->rd.set->effective_n; i++)
        if (text_eq(s->rd.set->effective[i].key, key))
            f = &s->rd.set->effective[i];
    for (size_t i = 0; i < s->rd.set->setting_n; i++)
        if (text_eq(s->rd.set->setting[i].key, key))
            own = s->rd.set->setting[i].value;
    if (stated != NULL)
        part[1] = msg_fill(s->r, req_lang(s->r), MSG("settings.stated"), stated, NULL);
    if (f != NULL && f->from_key != NULL && !text_eq(f->from_key, key) && !text_eq(f->value, own))
        part[2] = msg_fill(s->r, req_lang(s->r), MSG("settings.stricter"), f->value ? f->value : "–", f->article ? f->article : f->from_key, NULL);
    for (size_t i = 0; i < ARRAY_N(part); i++)
        if (part[i] != NULL && part[i][0] != '\0')
            out = mem_fmt(s->r, "%s%s%s", out, out[0] ? " / " : "", part[i]);
    return out;
}

/* A post that somebody is appointed to; one of a pack that is core's is named once. */
static void role_select(struct screen *s, const char *name, const char *value, const struct ui_row *row)
{
    const struct pack_set *set = s->rd.set;
    const struct role *now = value != NULL && value[0] != '\0' ? pack_role(set, value) : NULL;
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, set->role_n + 1);
    size_t n = 0;
    opt[n++] = (struct ui_opt){"", msg_text(req_lang(s->r), MSG("settings.no-post")), now == NULL};
    for (size_t i = 0; i < set->role_n; i++) {
        const struct role *r = &set->role[i];
        if (r->is == NULL && !r->everyone && !r->derived_head)
            opt[n++] = (struct ui_opt){r->key, pick_lang(req_lang(s->r), r->name, r->name_en), r == now || (now != NULL && text_eq(now->is, r->id))};
    }
    ui_select(s->h, name, opt, n, false, row);
}

static void param_out(struct screen *s, const struct pack *p, const struct param *a)
{
    char *key = mem_fmt(s->r, "%s.%s", p->id, a->id), *name = mem_fmt(s->r, "w.%s", key);
    const char *value = typed_or(s, name, shown(s, a, pack_value(s->rd.set, key)));
    const struct ui_row row = {.id = name, .label = pick_lang(req_lang(s->r), a->label, a->label_en),
                               .help = help_of(s, p, a->article, a->stated ? shown(s, a, a->dflt) : NULL, key, a->note)};
    ui_row_open(s->h, &row);
    if (a->type == FT_ROLE)
        role_select(s, name, value, &row);
    else if (a->type == FT_LONGTEXT)
        ui_textarea(s->h, name, value, &row);
    else
        ui_input(s->h, a->type == FT_DATE ? "date" : "text", name, value, &row);
    ui_row_close(s->h, &row);
}

static void choice_out(struct screen *s, const struct pack *p, const struct choice *c)
{
    char *key = mem_fmt(s->r, "%s.%s", p->id, c->id), *name = mem_fmt(s->r, c->many ? "c.%s[]" : "c.%s", key);
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, c->n + 1);
    const char *now = typed_or(s, name, pack_value(s->rd.set, key));
    const struct ui_row row = {.id = mem_fmt(s->r, "c.%s", key), .label = pick_lang(req_lang(s->r), c->label, c->label_en), .help = help_of(s, p, c->article, NULL, key, c->note)};
    for (size_t i = 0; i < c->n; i++)
        opt[i] = (struct ui_opt){c->opt[i].id, pick_lang(req_lang(s->r), c->opt[i].label, c->opt[i].label_en), text_has_word(now, c->opt[i].id)};
    if (c->many)
        ui_hidden(s->h, mem_fmt(s->r, "m.%s", key), "1");
    ui_row_open(s->h, &row);
    if (c->many)
        ui_checks(s->h, "checkbox", name, opt, c->n, &row);
    else
        ui_select(s->h, name, opt, c->n, now == NULL, &row);
    ui_row_close(s->h, &row);
}

void words_param(struct screen *s, const char *key)
{
    for (size_t i = 0; i < s->rd.set->pack_n; i++)
        for (size_t k = 0; k < s->rd.set->pack[i].param_n; k++)
            if (strcmp(mem_fmt(s->r, "%s.%s", s->rd.set->pack[i].id, s->rd.set->pack[i].param[k].id), key) == 0)
                param_out(s, &s->rd.set->pack[i], &s->rd.set->pack[i].param[k]);
}

/* ---- by chapter, in the order in which the pack names what it leaves open ---- */

struct chapters { const char **name; size_t n, max; };

static void chapter_add(struct chapters *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->name[i], name) == 0)
            return;
    if (c->n < c->max)
        c->name[c->n++] = name;
}

static bool is_open(const struct param *a) { return a->dflt == NULL && a->is == NULL; }

/* What every organisation writes first: the open words of the article that the pack names first. */
static const char *first_article(const struct pack *p)
{
    for (size_t i = 0; i < p->param_n; i++)
        if (is_open(&p->param[i]))
            return p->param[i].article;
    return NULL;
}

static bool is_first(const struct pack *p, const struct param *a) { return is_open(a) && a->article != NULL && text_eq(a->article, first_article(p)); }

static void first_out(struct screen *s, const struct pack *p, int level)
{
    if (first_article(p) == NULL)
        return;
    ui_heading(s->h, level, msg_text(req_lang(s->r), MSG("words.first")));
    for (size_t i = 0; i < p->param_n; i++)
        if (is_first(p, &p->param[i]))
            param_out(s, p, &p->param[i]);
    ui_heading(s->h, level, msg_text(req_lang(s->r), MSG("words.chapters")));
}

static void chapter_out(struct screen *s, const struct pack *p, const char *chapter, int level)
{
    struct html *h = s->h;
    size_t open = 0, chosen = 0, given = 0;
    for (size_t i = 0; i < p->param_n; i++)
        if (!is_first(p, &p->param[i]) && text_eq(pack_chapter(p, p->param[i].article), chapter))
            (*(is_open(&p->param[i]) ? &open : &given))++;
    for (size_t i = 0; i < p->choice_n; i++)
        chosen += p->choice[i].is == NULL && text_eq(pack_chapter(p, p->choice[i].article), chapter);
    if (open + chosen + given == 0)
        return;
    html_open(h, E_DETAILS);
    html_open(h, E_SUMMARY);
    html_text(h, msg_fill(s->r, req_lang(s->r), MSG("words.chapter"), chapter[0] ? chapter : msg_text(req_lang(s->r), MSG("words.no-chapter")),
                          mem_fmt(s->r, "%zu", open), mem_fmt(s->r, "%zu", chosen), mem_fmt(s->r, "%zu", given), NULL));
    html_close(h, E_SUMMARY);
    for (int part = 0; part < 2; part++) {
        if ((part == 0 ? open : given) > 0)
            ui_heading(h, level + 1, msg_text(req_lang(s->r), part == 0 ? MSG("setup.words-open") : MSG("setup.words-proposed")));
        for (size_t i = 0; i < p->param_n; i++)
            if (is_open(&p->param[i]) == (part == 0) && !is_first(p, &p->param[i]) && text_eq(pack_chapter(p, p->param[i].article), chapter))
                param_out(s, p, &p->param[i]);
        if (part == 0 && chosen > 0)
            ui_heading(h, level + 1, msg_text(req_lang(s->r), MSG("setup.words-choices")));
        for (size_t i = 0; part == 0 && i < p->choice_n; i++)
            if (p->choice[i].is == NULL && text_eq(pack_chapter(p, p->choice[i].article), chapter))
                choice_out(s, p, &p->choice[i]);
    }
    html_close(h, E_DETAILS);
}

void words_form(struct screen *s, const struct pack *p, int level)
{
    struct chapters c = {.name = mem_array(s->r, const char *, p->article_n + 2), .max = p->article_n + 1};
    first_out(s, p, level);
    for (size_t i = 0; i < p->article_n; i++)
        chapter_add(&c, p->article[i].chapter ? p->article[i].chapter : "");
    chapter_add(&c, "");
    for (size_t i = 0; i < c.n; i++)
        chapter_out(s, p, c.name[i], level);
}

/* ---- what was typed ---- */

/* A figure that cannot be read, or is weaker than the source states: told, not quietly put right. */
static const char *param_wrong(struct screen *s, const struct param *a, const char *typed, const char **ret_text)
{
    const char *label = pick_lang(req_lang(s->r), a->label, a->label_en);
    struct trouble_vec bad = VEC_INIT(s->r);
    *ret_text = NULL;
    if (!figure_read(s->r, a, typed, ret_text, &bad))
        return bad.n ? bad.v[0].text : label;
    if (pack_weaker(s->rd.set, a, *ret_text))
        return msg_fill(s->r, req_lang(s->r), MSG("settings.weaker"), label, shown(s, a, *ret_text), shown(s, a, a->dflt), NULL);
    return NULL;
}

static bool within(const char *list, const char *other)
{
    struct str rest = str_of(list), one;
    while (str_next(&rest, ' ', &one))
        if (one.n > 0 && !text_has_word_n(other, one))
            return false;
    return true;
}

size_t words_check(struct screen *s, struct json *settings, struct ui_problem *ret, size_t max)
{
    size_t n = 0;
    struct json *clean = json_obj(s->r);
    for (struct json_pos p = {0}; n < max && json_next(settings, &p);) {
        const char *key = p.key, *v = json_str(p.val), *text = v;
        const struct pack_named it = pack_named(s->rd.set, key);
        const struct param *a = it.param;
        const struct choice *c = it.choice;
        const char *why = a ? param_wrong(s, a, v ? v : "", &text) : NULL;
        if (a == NULL && (c == NULL || !pack_options_known(c, v ? v : "")))
            why = msg_fill(s->r, req_lang(s->r), MSG("settings.unknown-option"), c ? pick_lang(req_lang(s->r), c->label, c->label_en) : key, NULL);
        if (why != NULL)
            ret[n++] = (struct ui_problem){mem_fmt(s->r, a ? "w.%s" : "c.%s", key), why};
        json_set_str(clean, key, text);
    }
    for (struct json_pos p = {0}; json_next(clean, &p);)
        json_set(settings, p.key, p.val);
    return n;
}

/* A multiple choice is the list of its ticked options; one that was shown and is wholly unticked becomes empty. */
static bool same_list(const char *a, const char *b) { return within(a, b) && within(b, a); }

static void multi_read(struct req *r, const char *key, const char *now, struct json *settings)
{
    char *name = mem_fmt(r, "c.%s[]", key), *list = mem_strdup(r, "");
    for (size_t i = 0; i < req_form_n(r); i++)
        if (strcmp(req_form_at(r, i)->name, name) == 0)
            list = mem_fmt(r, "%s%s%s", list, list[0] ? " " : "", req_form_at(r, i)->value);
    if (!same_list(list, now))
        json_set_str(settings, key, list);
}

/* "1年" typed where P1Y is in force is no change. */
static bool same_value(struct req *r, const struct param *a, const char *typed, const char *now)
{
    struct trouble_vec bad = VEC_INIT(r);
    const char *text = NULL;
    return figure_read(r, a, typed, &text, &bad) && text_eq(text, now);
}

struct json *words_read(struct req *r, const struct pack_set *set)
{
    struct json *settings = json_obj(r);
    for (size_t i = 0; i < req_form_n(r); i++) {
        const struct req_param *f = req_form_at(r, i);
        const char *value = str_dup(r, str_trim(str_of(f->value))), *now;
        if (strncmp(f->name, "m.", 2) == 0) {
            multi_read(r, f->name + 2, pack_value(set, f->name + 2), settings);
            continue;
        }
        if ((strncmp(f->name, "w.", 2) != 0 && strncmp(f->name, "c.", 2) != 0) || strstr(f->name, "[]") != NULL)
            continue;
        now = pack_value(set, f->name + 2);
        const struct param *a = pack_named(set, f->name + 2).param;
        if (strcmp(now ? now : "", value) != 0 && !(a != NULL && now != NULL && same_value(r, a, value, now)))
            json_set_str(settings, f->name + 2, value);
    }
    return settings;
}
