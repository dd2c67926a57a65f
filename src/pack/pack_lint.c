/* pack_lint: what only the whole set can tell: routes that leave a gap (pack_cover.c), duties that nothing carries, texts that name
 * parameters, choices or articles that do not exist. References of single elements are judged where they are resolved. */
#include "pack/pack_int.h"
#include <string.h>

static void routes_lint(struct build *b) {
    for (size_t k = 0; k < b->work.n; k++)
        if (b->work.v[k].raw_form->route.n)
            cover_route(b, &b->work.v[k]);
}

static void duties_lint(struct build *b) {
    for (size_t i = 0; i < b->set->duty_n; i++)
        if (!map_get(b->carried, b->set->duty[i].key))
            problem_warn(b->problems, b->set->duty[i].pos, MSG("pack.duty.nothing"), b->set->duty[i].key, NULL, NULL);
}

/* ---- auditing ---- */
static void audited_lint(struct build *b, const struct field *f, const struct field *beside, size_t n, bool column) {
    bool person = text_eq(f->audited_by, "made_by"), kind = (f->type == FT_DEPARTMENT || f->type == FT_REF) && !f->many;
    for (size_t i = 0; i < n && f->audited_by; i++)
        person = person || (text_eq(column ? beside[i].id : beside[i].path, f->audited_by) && beside[i].type == FT_PERSON && !beside[i].many);
    if (f->audited_by && (!person || !kind))
        problem_add(b->problems, f->pos, MSG("pack.field.audited"), f->audited_by, NULL, NULL);
}

static void audits_lint(struct build *b) {
    for (size_t i = 0; i < b->set->form_n; i++)
        for (size_t k = 0; k < b->set->form[i].field_n; k++) {
            const struct form *f = &b->set->form[i];
            audited_lint(b, &f->field[k], f->field, f->field_n, false);
            for (size_t c = 0; c < f->field[k].cols_n; c++)
                audited_lint(b, &f->field[k].cols[c], f->field[k].cols, f->field[k].cols_n, true);
        }
}

/* ---- text ---- */
static const struct choice *choice_find(const struct pack *p, struct str id) {
    for (size_t i = 0; i < p->choice_n; i++)
        if (str_is(id, p->choice[i].id))
            return &p->choice[i];
    return NULL;
}

static bool param_known(const struct pack *p, struct str id) {
    for (size_t i = 0; i < p->param_n; i++)
        if (str_is(id, p->param[i].id))
            return true;
    return false;
}

static void words_lint(struct build *b, const struct pack *p, struct str line, struct pos pos) {
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '{')
            continue;
        const char *end = memchr(line.p + i, '}', line.n - i);
        struct str name = {line.p + i + 1, end ? (size_t)(end - line.p) - i - 1 : 0};
        if (!end || param_known(p, name))
            continue;
        MEM_SCOPE(tmp, b->mem);
        pos.col = (int)utf8_len(mem_strndup(tmp, line.p, i)) + 1;
        problem_add(b->problems, pos, MSG("pack.text.parameter"), str_dup(tmp, name), NULL, NULL);
    }
}

static void choose_lint(struct build *b, const struct pack *p, const struct para *para) {
    struct str rest = str_of(para->md), line, id;
    (void)str_next(&rest, '\n', &line);
    id = str_trim((struct str){line.p + 10, line.n > 10 ? line.n - 10 : 0});
    const struct choice *c = choice_find(p, id);
    if (!c) {
        problem_add(b->problems, para->pos, MSG("pack.text.choice"), str_dup(b->mem, id), NULL, NULL);
        return;
    }
    MEM_SCOPE(tmp, b->mem);
    bool *said = mem_array(tmp, bool, c->n + 1);
    struct pos pos = para->pos;
    while (str_next(&rest, '\n', &line)) {
        const char *colon = memchr(line.p, ':', line.n);
        pos.line++;
        if (str_is(str_trim(line), ":::") || !str_trim(line).n || line.p[0] == ' ')
            continue;
        size_t k = 0;
        struct str word = str_trim((struct str){line.p, colon ? (size_t)(colon - line.p) : line.n});
        while (k < c->n && !str_is(word, c->opt[k].id))
            k++;
        if (k == c->n || !colon)
            problem_add(b->problems, pos, MSG("pack.text.option"), str_dup(tmp, word), c->id, NULL);
        else
            said[k] = true;
    }
    for (size_t k = 0; k < c->n; k++)
        if (!said[k])
            problem_add(b->problems, para->pos, MSG("pack.text.option-missing"), c->opt[k].id, c->id, NULL);
}

static void para_lint(struct build *b, const struct pack *p, const struct para *para) {
    struct str rest = str_of(para->md), line;
    struct pos pos = para->pos;
    if (strncmp(para->md, ":::choose ", 10) == 0)
        choose_lint(b, p, para);
    for (; str_next(&rest, '\n', &line); pos.line++)
        words_lint(b, p, line, pos);
    if (strncmp(para->md, "## ", 3) == 0 && para->article) {
        pos = para->pos;
        pos.col = 4;
        (void)article_check(b, p, para->article, pos);
    }
    const char *eq = para->only_if ? strchr(para->only_if, '=') : NULL;
    const struct choice *c = eq ? choice_find(p, (struct str){para->only_if, (size_t)(eq - para->only_if)}) : NULL;
    bool ok = false;
    for (size_t i = 0; c && i < c->n; i++)
        ok = ok || text_eq(c->opt[i].id, eq + 1);
    if (para->only_if && !ok)
        problem_add(b->problems, para->pos, MSG("pack.duty.only-if"), para->only_if, NULL, NULL);
}

static void texts_lint(struct build *b) {
    for (size_t i = 0; i < b->set->pack_n; i++)
        for (size_t k = 0; k < b->set->pack[i].para_n; k++)
            para_lint(b, &b->set->pack[i], &b->set->pack[i].para[k]);
}

/* ---- logs and books ---- */

/* A row of a log is in force as it is entered and stays as it is: nothing follows it, nothing is filled later, no file can hang on it, and a
 * correction repeats its values. */
static void log_lint(struct build *b, const struct facet_work *w) {
    const struct form *f = w->form;
    if (w->raw_form->then.n)
        problem_add(b->problems, member_pos(&w->raw_form->head, "then"), MSG("pack.form.log-not"), f->id, "then", NULL);
    if (w->raw_form->closes)
        problem_add(b->problems, member_pos(&w->raw_form->head, "closes"), MSG("pack.form.log-not"), f->id, "closes", NULL);
    if (w->raw_form->route.n && !w->root)
        problem_add(b->problems, member_pos(&w->raw_form->head, "route"), MSG("pack.form.log-route"), f->id, NULL, NULL);
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        const char *what = fd->stage && !text_eq(fd->stage, "submit") ? "stage" : fd->unique ? "unique" : fd->type == FT_FILE ? "type: file" : NULL;
        if (what && text_eq(fd->pack->id, w->pack->id))
            problem_add(b->problems, fd->pos, MSG("pack.form.log-not"), f->id, what, NULL);
    }
    for (size_t i = 0; i < f->rule_n; i++) {
        const struct rule *r = &f->rule[i];
        if (r->at && !text_eq(r->at, "submit") && !text_eq(r->at, "save") && text_eq(r->pack->id, w->pack->id))
            problem_add(b->problems, r->pos, MSG("pack.form.log-not"), f->id, "at", NULL);
    }
}

static void book_lint(struct build *b, const struct facet_work *w) {
    const struct form *f = w->form, *of = f->book_of ? form_find(b, f->book_of) : NULL;
    if (w->raw_form->book_of && f->kind != FORM_BOOK)
        problem_add(b->problems, member_pos(&w->raw_form->head, "book_of"), MSG("pack.form.book-of"), f->id, NULL, NULL);
    if (f->kind == FORM_BOOK && w->root && !w->raw_form->book_of)
        problem_add(b->problems, member_pos(&w->raw_form->head, "kind"), MSG("pack.form.book-nothing"), f->id, NULL, NULL);
    if (f->kind == FORM_BOOK && of && of->kind != FORM_ROW)
        problem_add(b->problems, member_pos(&w->raw_form->head, "book_of"), MSG("pack.form.book-row"), w->raw_form->book_of, NULL, NULL);
}

static void kinds_lint(struct build *b) {
    for (size_t k = 0; k < b->work.n; k++) {
        if (b->work.v[k].form->kind == FORM_LOG)
            log_lint(b, &b->work.v[k]);
        book_lint(b, &b->work.v[k]);
    }
}

void lint_set(struct build *b) {
    kinds_lint(b);
    routes_lint(b);
    audits_lint(b);
    texts_lint(b);
    duties_lint(b);
}
