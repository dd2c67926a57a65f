/* pack_set: looking things up in a finished set, and printing problems with the source underlined. Nothing here changes a set. */
#include "pack/pack_int.h"
#include <string.h>

const struct form *pack_form(const struct pack_set *s, const char *name) {
    for (size_t i = 0; name && i < s->form_n; i++) {
        const struct form *f = &s->form[i];
        if (text_eq(f->ident, name) || text_eq(f->id, name))
            return f;
        for (size_t k = 0; k < f->facet_n; k++)
            if (text_eq(f->facet[k].form_id, name))
                return f;
    }
    return NULL;
}

const struct field *pack_field(const struct form *f, const char *path) {
    for (size_t i = 0; path && i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (text_eq(fd->path, path))
            return fd;
        size_t n = strlen(fd->path);
        if (!fd->cols_n || strncmp(path, fd->path, n) != 0 || path[n] != '.')
            continue;
        for (size_t k = 0; k < fd->cols_n; k++)
            if (text_eq(fd->cols[k].path, path))
                return &fd->cols[k];
    }
    return NULL;
}

const struct pack *pack_by_id(const struct pack_set *s, const char *id)
{
    for (size_t i = 0; s != NULL && id != NULL && i < s->pack_n; i++)
        if (strcmp(s->pack[i].id, id) == 0)
            return &s->pack[i];
    return NULL;
}

const struct article *pack_article(const struct pack *p, const char *id)
{
    for (size_t i = 0; id != NULL && i < p->article_n; i++)
        if (strcmp(p->article[i].id, id) == 0)
            return &p->article[i];
    return NULL;
}

const char *pack_chapter(const struct pack *p, const char *article)
{
    const struct article *a = pack_article(p, article);
    return a != NULL && a->chapter != NULL ? a->chapter : "";
}

const char *pack_field_article(const struct form *f, const struct field *fd)
{
    for (size_t i = 0; i < f->facet_n; i++)
        if (f->facet[i].pack == fd->pack)
            return f->facet[i].article;
    return f->article;
}

const char *pos_inside(const char *file, const char *dir)
{
    size_t n = strlen(dir);
    const char *last = file ? strrchr(file, '/') : NULL;
    if (file == NULL || strncmp(file, dir, n) != 0)
        return last ? last + 1 : file;
    return file[n] == '/' ? file + n + 1 : file + n;
}

bool field_at_step(const struct field *fd, const struct step *s)
{
    return fd->stage != NULL && (strcmp(fd->stage, s->id) == 0 || strcmp(fd->stage, s->key) == 0);
}

bool pack_field_later(const struct field *f) {
    return f->ongoing || text_eq(f->stage, "approved") || text_eq(f->stage, "close");
}

bool pack_field_asked(const struct field *f, const char *stage) {
    return text_eq(f->stage ? f->stage : "submit", stage) || (f->ongoing && text_eq(stage, "approved"));
}

const struct step *pack_step(const struct form *f, const char *key) {
    for (size_t i = 0; key && i < f->step_n; i++)
        if (text_eq(f->step[i].key, key))
            return &f->step[i];
    for (size_t i = 0; key && i < f->step_n; i++)
        if (text_eq(f->step[i].id, key))
            return &f->step[i];
    return NULL;
}

const struct role *pack_role(const struct pack_set *s, const char *key) {
    for (size_t i = 0; key && i < s->role_n; i++)
        if (text_eq(s->role[i].key, key))
            return &s->role[i];
    for (size_t i = 0; key && i < s->role_n; i++)
        if (text_eq(s->role[i].id, key))
            return &s->role[i];
    return NULL;
}

const struct duty *pack_duty(const struct pack_set *s, const char *key) {
    for (size_t i = 0; key && i < s->duty_n; i++)
        if (text_eq(s->duty[i].key, key))
            return &s->duty[i];
    return NULL;
}

const struct check *pack_check(const struct pack_set *s, const char *key) {
    for (size_t i = 0; key && i < s->check_n; i++)
        if (text_eq(s->check[i].key, key))
            return &s->check[i];
    return NULL;
}

const struct schedule *pack_schedule(const struct pack_set *s, const char *key) {
    for (size_t i = 0; i < s->pack_n; i++)
        for (size_t k = 0; k < s->pack[i].schedule_n; k++)
            if (text_eq(s->pack[i].schedule[k].key, key))
                return &s->pack[i].schedule[k];
    return NULL;
}

const struct field *pack_names(const struct form *make, const struct form *per) {
    for (size_t i = 0; i < make->field_n; i++)
        if ((make->field[i].type == FT_REF || make->field[i].type == FT_PERSON || make->field[i].type == FT_DEPARTMENT) && make->field[i].ref == per)
            return &make->field[i];
    return NULL;
}

struct pack_named pack_named(const struct pack_set *s, const char *key)
{
    for (size_t i = 0; i < s->pack_n; i++) {
        const struct pack *p = &s->pack[i];
        size_t n = strlen(p->id);
        if (strncmp(key, p->id, n) != 0 || key[n] != '.')
            continue;
        for (size_t k = 0; k < p->param_n; k++)
            if (strcmp(key + n + 1, p->param[k].id) == 0)
                return (struct pack_named){p, &p->param[k], NULL};
        for (size_t k = 0; k < p->choice_n; k++)
            if (strcmp(key + n + 1, p->choice[k].id) == 0)
                return (struct pack_named){p, NULL, &p->choice[k]};
    }
    return (struct pack_named){0};
}

bool pack_options_known(const struct choice *c, const char *list)
{
    struct str rest = str_of(list), one;
    while (str_next(&rest, ' ', &one)) {
        bool known = one.n == 0;
        for (size_t i = 0; i < c->n; i++)
            known = known || str_eq(one, str_of(c->opt[i].id));
        if (!known)
            return false;
    }
    return true;
}

const char *pack_value(const struct pack_set *s, const char *key) {
    for (size_t i = 0; key && i < s->effective_n; i++)
        if (text_eq(s->effective[i].key, key))
            return s->effective[i].value;
    return NULL;
}

const struct role *pack_role_base(const struct pack_set *s, const struct role *r) {
    for (size_t i = 0; r->is && i < s->role_n; i++)
        if (text_eq(s->role[i].id, r->is) && text_eq(s->role[i].pack->id, "core"))
            return &s->role[i];
    return r;
}

const struct role *pack_role_above(const struct pack_set *s, const struct role *r) {
    const struct role *base = pack_role_base(s, r), *above = r->under ? pack_role(s, r->under) : NULL;
    for (size_t i = 0; !above && i < s->role_n; i++)
        if (s->role[i].under && pack_role_base(s, &s->role[i]) == base)
            above = pack_role(s, s->role[i].under);
    return above ? pack_role_base(s, above) : NULL;
}

const struct pack *pack_roles_apart(const struct pack_set *s, const char *role_a, const char *role_b, const char **ret_article) {
    const struct role *x = pack_role(s, role_a), *y = pack_role(s, role_b);
    const struct role *a = x ? pack_role_base(s, x) : NULL, *b = y ? pack_role_base(s, y) : NULL;
    const struct pack *found = NULL;
    *ret_article = NULL;
    for (size_t i = 0; a && b && a != b && i < s->role_n; i++)
        for (size_t k = 0; k < s->role[i].exclusive_n; k++) {
            const struct role *one = pack_role_base(s, &s->role[i]), *other = pack_role_base(s, pack_role(s, s->role[i].exclusive[k].role));
            if (!((one == a && other == b) || (one == b && other == a)) || (found && (*ret_article || !s->role[i].exclusive[k].article)))
                continue;
            found = s->role[i].pack;
            *ret_article = s->role[i].exclusive[k].article;
        }
    return found;
}

size_t pack_role_rivals(const struct pack_set *s, const struct role *r, const struct role **ret, size_t max) {
    const struct role *mine = pack_role_base(s, r);
    size_t n = 0;
    for (size_t i = 0; i < s->role_n; i++)
        for (size_t k = 0; k < s->role[i].exclusive_n; k++) {
            const struct role *one = pack_role_base(s, &s->role[i]), *other = pack_role_base(s, pack_role(s, s->role[i].exclusive[k].role));
            const struct role *rival = one == mine ? other : other == mine ? one : NULL;
            size_t at = 0;
            while (at < n && ret[at] != rival)
                at++;
            if (rival && rival != mine && at == n && n < max)
                ret[n++] = rival;
        }
    return n;
}

bool pack_roles_exclude(const struct pack_set *s, const char *role_a, const char *role_b) {
    const char *article;
    return pack_roles_apart(s, role_a, role_b, &article) != NULL;
}

const char *pick_lang(enum lang lang, const char *ja, const char *en) {
    return lang == LANG_EN && en && *en ? en : ja;
}

const char *pack_opt_label(const struct choice_set *c, const char *id, enum lang lang) {
    for (size_t i = 0; c && i < c->n; i++)
        if (text_eq(c->opt[i].id, id))
            return pick_lang(lang, c->opt[i].label, c->opt[i].label_en);
    return id;
}

const char *strength_name(enum strength s) {
    static const char *const names[S__N] = {"text", "inform", "measure", "check", "schedule", "event", "flow", "enforce"};
    return s < S__N ? names[s] : "";
}

/* ---- problems ---- */
static bool wide(uint32_t cp) {
    return (cp >= 0x1100 && cp <= 0x115F) || (cp >= 0x2E80 && cp <= 0xA4CF) || (cp >= 0xAC00 && cp <= 0xD7A3)
        || (cp >= 0xF900 && cp <= 0xFAFF) || (cp >= 0xFE30 && cp <= 0xFE6F) || (cp >= 0xFF00 && cp <= 0xFF60)
        || (cp >= 0xFFE0 && cp <= 0xFFE6) || (cp >= 0x20000 && cp <= 0x3FFFD);
}

static bool word_end(uint32_t cp) {
    return cp == ' ' || cp == '\t' || cp == ',' || cp == ']' || cp == '}' || cp == '\r' || cp == ')' || cp == '"' || cp == '\'' || cp == ':';
}

/* Blanks up to the column, then the word that stands there underlined; full-width characters take two places. */
static void underline(struct buf *b, struct str line, int col) {
    size_t i = 0;
    int at = 1, marks = 0;
    while (i < line.n) {
        uint32_t cp;
        size_t n = utf8_next(line.p + i, line.n - i, &cp);
        if (!n || (marks && at > col && word_end(cp)))
            break;
        if (at < col)
            buf_puts(b, cp == '\t' ? "\t" : wide(cp) ? "  " : " ");
        else if (!marks++)
            buf_puts(b, wide(cp) ? "^~" : "^");
        else
            buf_puts(b, wide(cp) ? "~~" : "~");
        at++;
        i += n;
    }
    if (!marks)
        buf_puts(b, "^");
}

static bool source_line(struct str data, int line, struct str *ret_line) {
    for (int i = 1; str_next(&data, '\n', ret_line); i++)
        if (i == line)
            return true;
    return false;
}

void pack_problems_print(struct buf *b, const struct problem_vec *p) {
    MEM_SCOPE(tmp, p->mem);
    const char *file = NULL;
    struct str data = {NULL, 0}, line;
    for (size_t i = 0; i < p->n; i++) {
        const struct problem *x = &p->v[i];
        struct err e = {0};
        buf_fmt(b, "%s:%d:%d: %s%s\n", x->pos.file, x->pos.line, x->pos.col, x->warning ? msg_text(LANG_JA, MSG("pack.warning")) : "", x->text);
        if (!text_eq(file, x->pos.file)) {
            file = x->pos.file;
            size_t bad;
            if (!file || file_read(tmp, file, YAML_MAX_BYTES, &data, &e) != RC_OK || !utf8_ok(data.p, data.n, &bad))
                data = (struct str){NULL, 0};
        }
        if (!data.n || !source_line(data, x->pos.line, &line) || line.n > 400)
            continue;
        buf_put(b, line.p, line.n);
        buf_putc(b, '\n');
        underline(b, line, x->pos.col);
        buf_putc(b, '\n');
    }
}

/* Y 365 days, M 30 days: enough to say which of two periods is longer. */
bool pack_figure(const char *text, int64_t *ret_value) {
    struct period x;
    if (!text || text[0] != 'P')
        return str_to_i64(str_of(text), ret_value);
    if (!pack_period(text, &x))
        return false;
    *ret_value = period_minutes(&x);
    return true;
}

int64_t period_minutes(const struct period *x) { return x->years * 525600 + x->months * 43200 + x->days * 1440 + x->minutes; }

bool pack_period(const char *text, struct period *ret) {
    struct period x = {0};
    const struct { char unit; bool time; int64_t times; int64_t *sum; } units[] = {{'Y', false, 1, &x.years}, {'M', false, 1, &x.months}, {'W', false, 7, &x.days},
                                                                                    {'D', false, 1, &x.days}, {'H', true, 60, &x.minutes}, {'M', true, 1, &x.minutes}};
    bool time = false, any = false;
    if (!text || text[0] != 'P')
        return false;
    for (const char *p = text + 1; *p;) {
        if (*p == 'T' && !time) {
            time = true;
            p++;
            continue;
        }
        size_t n = strspn(p, "0123456789"), i = 0;
        int64_t v;
        while (i < ARRAY_N(units) && (units[i].unit != p[n] || units[i].time != time))
            i++;
        if (n == 0 || n > 6 || i == ARRAY_N(units) || !str_to_i64((struct str){p, n}, &v))
            return false;
        *units[i].sum += v * units[i].times;
        any = true;
        p += n + 1;
    }
    *ret = x;
    return any;
}
