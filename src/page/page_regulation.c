/* 規程: the organisation's own text with its words filled in and its alternatives chosen, article by article beside the live state; under an
 * article its duties: what makes each happen, when it is due next, what was done last, and what fails now. */
#include "page/adopt.h"
#include "page/regulation.h"

/* ---- words ---- */

static const char *choice_labels(struct screen *s, const struct choice *c, const char *chosen)
{
    char *out = mem_strdup(s->r, "");
    for (size_t i = 0; i < c->n; i++)
        if (text_has_word(chosen, c->opt[i].id))
            out = mem_fmt(s->r, "%s%s%s", out, out[0] ? "、" : "", pick_lang(req_lang(s->r), c->opt[i].label, c->opt[i].label_en));
    return out;
}

static const char *label_of(const struct pack *p, const char *id)
{
    for (size_t i = 0; i < p->param_n; i++)
        if (strcmp(p->param[i].id, id) == 0)
            return p->param[i].label;
    return id;
}

/* One {word}: its value in force, or a mark that it is still open. */
static void word_out(struct screen *s, const struct pack *p, const char *id)
{
    const char *value = pack_value(s->rd.set, mem_fmt(s->r, "%s.%s", p->id, id));
    for (size_t i = 0; i < p->choice_n; i++)
        if (strcmp(p->choice[i].id, id) == 0 && value != NULL)
            value = choice_labels(s, &p->choice[i], value);
    if (value != NULL && value[0] != '\0') {
        html_text(s->h, value);
        return;
    }
    html_open(s->h, E_MARK);
    html_text(s->h, msg_fill(s->r, req_lang(s->r), MSG("regulation.open-word"), label_of(p, id), NULL));
    html_close(s->h, E_MARK);
}

static void words_out(struct screen *s, const struct pack *p, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        const char *open = strchr(at, '{'), *end = open ? strchr(open, '}') : NULL;
        if (end == NULL) {
            html_text(s->h, at);
            return;
        }
        if (open > at)
            html_text(s->h, mem_strndup(s->r, at, (size_t)(open - at)));
        word_out(s, p, mem_strndup(s->r, open + 1, (size_t)(end - open - 1)));
        at = end + 1;
    }
}

/* ---- paragraphs ---- */

static bool holds(struct screen *s, const struct pack *p, const char *only_if)
{
    const char *eq = only_if ? strchr(only_if, '=') : NULL;
    const char *v = eq ? pack_value(s->rd.set, mem_fmt(s->r, "%s.%s", p->id, mem_strndup(s->r, only_if, (size_t)(eq - only_if)))) : NULL;
    return only_if == NULL || (eq != NULL && text_has_word(v, eq + 1));
}

/* ":::choose id", lines "option: text", ":::": the chosen ones, each a paragraph. */
static void choose_out(struct screen *s, const struct pack *p, const char *md)
{
    struct str all = str_of(md), line, id = {NULL, 0};
    const char *chosen = NULL;
    size_t n = 0;
    for (; str_next(&all, '\n', &line);) {
        if (str_starts(line, ":::choose")) {
            id = str_trim((struct str){line.p + 9, line.n - 9});
            chosen = pack_value(s->rd.set, mem_fmt(s->r, "%s.%s", p->id, str_dup(s->r, id)));
            continue;
        }
        const char *colon = memchr(line.p, ':', line.n);
        if (colon == NULL || colon == line.p || chosen == NULL)
            continue;
        const char *opt = mem_strndup(s->r, line.p, (size_t)(colon - line.p));
        if (strstr(mem_fmt(s->r, " %s ", chosen), mem_fmt(s->r, " %s ", opt)) == NULL)
            continue;
        html_open(s->h, E_P);
        words_out(s, p, str_dup(s->r, str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)})));
        html_close(s->h, E_P);
        n++;
    }
    if (n == 0 && id.p != NULL) {
        html_open(s->h, E_P);
        word_out(s, p, str_dup(s->r, id));
        html_close(s->h, E_P);
    }
}

static void table_row_out(struct screen *s, const struct pack *p, struct str line, bool head)
{
    struct str cell;
    if (line.n > 0 && line.p[0] == '|')
        line = (struct str){line.p + 1, line.n - 1};
    if (line.n > 0 && line.p[line.n - 1] == '|')
        line.n--;
    html_open(s->h, E_TR);
    while (str_next(&line, '|', &cell)) {
        html_open(s->h, head ? E_TH : E_TD);
        words_out(s, p, str_dup(s->r, str_trim(cell)));
        html_close(s->h, head ? E_TH : E_TD);
    }
    html_close(s->h, E_TR);
}

static void table_out(struct screen *s, const struct pack *p, const char *md)
{
    struct str all = str_of(md), line;
    html_open(s->h, E_DIV);
    html_class(s->h, "scroll");
    html_open(s->h, E_TABLE);
    html_open(s->h, E_TBODY);
    for (bool first = true; str_next(&all, '\n', &line); first = false)
        if (!str_starts(line, "|-") && !str_starts(line, "| -") && !str_starts(line, "|:"))
            table_row_out(s, p, str_trim(line), first);
    html_close(s->h, E_TBODY);
    html_close(s->h, E_TABLE);
    html_close(s->h, E_DIV);
}

void regulation_para(struct screen *s, const struct pack *p, const struct para *a)
{
    const char *md = a->md;
    if (!holds(s, p, a->only_if))
        return;
    if (strncmp(md, ":::choose", 9) == 0) {
        choose_out(s, p, md);
    } else if (md[0] == '|') {
        table_out(s, p, md);
    } else if (strncmp(md, "- ", 2) == 0 || strncmp(md, "* ", 2) == 0) {
        html_open(s->h, E_UL);
        html_open(s->h, E_LI);
        words_out(s, p, md + 2);
        html_close(s->h, E_LI);
        html_close(s->h, E_UL);
    } else {
        html_open(s->h, E_P);
        words_out(s, p, md);
        html_close(s->h, E_P);
    }
}

/* ---- the whole regulation ---- */

static void article_out(struct screen *s, const struct pack *p, const struct article *a, const struct article_states *st)
{
    struct html *h = s->h;
    html_open(h, E_SECTION);
    html_class(h, "pair");
    html_open(h, E_DIV);
    html_class(h, "article");
    ui_heading(h, 3, mem_fmt(s->r, "%s %s", a->id, pick_lang(req_lang(s->r), a->title, a->title_en)));
    for (size_t i = 0; i < p->para_n; i++)
        if (text_eq(p->para[i].article, a->id) && p->para[i].md[0] != '#')
            regulation_para(s, p, &p->para[i]);
    html_close(h, E_DIV);
    html_open(h, E_P);
    for (size_t i = 0; i < st->n; i++)
        if (text_eq(st->v[i].article, a->id))
            verdict_badge(s, st->v[i].state);
    html_text(h, " ");
    html_open(h, E_A);
    html_href(h, page_path("article"), URL_S(p->id), URL_S(a->id));
    html_text(h, msg_fill(s->r, req_lang(s->r), MSG("regulation.article"), a->id, NULL));
    html_close(h, E_A);
    html_close(h, E_P);
    html_close(h, E_SECTION);
}

void page_regulation(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct article_states st = VEC_INIT(r);
    int64_t as_of;
    const char *chapter = NULL;
    if (!screen_begin(&s, r, ctx))
        return;
    const struct pack *p = pack_by_id(s.rd.set, req_arg(r, 0));
    if (p == NULL || conformity(&s.rd, p->id, &st, &as_of, &e) != RC_OK) {
        if (e.code == ERR_NONE)
            (void)!err_set(&e, ERR_HTTP_NOTFOUND, "regulation %s", req_arg(r, 0));
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, pick_lang(req_lang(r), p->title, p->title_en), "documents");
    html_el(s.h, E_P, msg_fill(r, req_lang(r), MSG("regulation.version"), p->version ? p->version : "", mem_fmt(r, "%lld", (long long)as_of), NULL));
    carries_out(&s, s.rd.set, p, MSG("regulation.part"));
    for (size_t i = 0; i < p->article_n; i++) {
        if (p->article[i].chapter != NULL && !text_eq(p->article[i].chapter, chapter))
            ui_heading(s.h, 2, p->article[i].chapter);
        chapter = p->article[i].chapter;
        article_out(&s, p, &p->article[i], &st);
    }
    screen_close(&s, 200);
}
