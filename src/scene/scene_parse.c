/* Scene files: lines of words. `\` at the end goes on in the next line; <<END takes the lines up to END; `let NAME words` and `with NAME` save
 * repeating; `include FILE` puts another file's lines here; `scene NAME` begins another scene with the lines before the first one as its start. */
#include "scene/scene.h"

#define FILE_MAX (1 << 20)
#define INCLUDE_MAX 8

struct reader { TALLOC_CTX *mem; const char *file; struct str rest; int no; struct lines *out; struct map *lets; int depth; };

static bool wrong(const struct reader *r, const char *why, const char *what)
{
    MEM_SCOPE(tmp, NULL);
    say(mem_fmt(tmp, "%s:%d: %s %s", r->file, r->no, why, what ? what : ""));
    return false;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* One word: quotes may stand anywhere in it, \" \\ \n within them. */
static bool word_next(struct reader *r, const char **p, struct word *ret)
{
    struct buf *b = buf_new(r->mem, 1 << 16);
    const char *s = *p;
    bool in = false, any = false;
    for (; *s != '\0' && (in || !blank(*s)); s++) {
        if (*s == '"') {
            in = !in;
            any = true;
        } else if (in && *s == '\\' && s[1] != '\0') {
            s++;
            buf_putc(b, *s == 'n' ? '\n' : *s == 't' ? '\t' : *s);
        } else {
            buf_putc(b, *s);
        }
    }
    if (in)
        return wrong(r, "a quote is not closed:", *p);
    *ret = (struct word){.text = b->p, .raw = mem_strndup(r->mem, *p, (size_t)(s - *p)), .quoted = any && **p == '"'};
    *p = s;
    return true;
}

static bool words_of(struct reader *r, const char *text, struct words *ret)
{
    const char *p = text;
    struct word w;
    for (;;) {
        while (blank(*p))
            p++;
        if (*p == '\0' || *p == '#')
            return true;
        if (!word_next(r, &p, &w))
            return false;
        *vec_push(ret) = w;
    }
}

static bool raw_line(struct reader *r, char **ret)
{
    struct str part;
    if (!str_next(&r->rest, '\n', &part))
        return false;
    r->no++;
    if (part.n > 0 && part.p[part.n - 1] == '\r')
        part.n--;
    *ret = str_dup(r->mem, part);
    return true;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static bool block_read(struct reader *r, struct line *l)
{
    struct word *last = l->w.n > 0 ? &l->w.v[l->w.n - 1] : NULL;
    char *text;
    size_t at = l->w.n;
    for (size_t i = 0; i < l->w.n; i++)
        if (strncmp(l->w.v[i].raw, "<<", 2) == 0)
            at = i;
    if (at == l->w.n)
        return true;
    last = &l->w.v[at];
    const char *end = mem_strdup(r->mem, last->text + 2);
    struct buf *b = buf_new(r->mem, FILE_MAX);
    for (;;) {
        if (!raw_line(r, &text))
            return wrong(r, "the block never ends with", end);
        if (str_is(str_trim(str_of(text)), end))
            break;
        buf_puts(b, text);
        buf_putc(b, '\n');
    }
    l->block = b->p;
    memmove(last, last + 1, (l->w.n - at - 1) * sizeof *last);
    l->w.n--;
    return true;
}

/* `with NAME` becomes the words of `let NAME ...`. */
static bool withs(struct reader *r, struct words *w)
{
    struct words out = VEC_INIT(r->mem);
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->v[i].raw, "with") != 0 || i + 1 == w->n || i == 0) {
            *vec_push(&out) = w->v[i];
            continue;
        }
        const struct words *let = map_get(r->lets, w->v[++i].text);
        if (let == NULL)
            return wrong(r, "no `let` is called", w->v[i].text);
        for (size_t k = 0; k < let->n; k++)
            *vec_push(&out) = let->v[k];
    }
    *w = out;
    return true;
}

static bool file_lines(struct reader *r);

static bool include(struct reader *r, const char *name)
{
    const char *slash = strrchr(r->file, '/');
    char *dir = slash ? mem_strndup(r->mem, r->file, (size_t)(slash - r->file)) : mem_strdup(r->mem, ".");
    struct reader in = {.mem = r->mem, .file = file_join(r->mem, dir, name), .out = r->out, .lets = r->lets, .depth = r->depth + 1};
    return in.depth > INCLUDE_MAX ? wrong(r, "includes are too deep:", name) : file_lines(&in);
}

static bool line_add(struct reader *r, struct line *l)
{
    const char *verb = l->w.v[0].raw;
    if (strcmp(verb, "include") == 0)
        return l->w.n == 2 ? include(r, l->w.v[1].text) : wrong(r, "include FILE", NULL);
    if (!withs(r, &l->w) || !block_read(r, l))
        return false;
    if (strcmp(verb, "let") != 0) {
        *vec_push(r->out) = *l;
        return true;
    }
    if (l->w.n < 3)
        return wrong(r, "let NAME words", NULL);
    struct words *kept = mem_new(r->mem, struct words);
    *kept = (struct words)VEC_INIT(r->mem);
    for (size_t i = 2; i < l->w.n; i++)
        *vec_push(kept) = l->w.v[i];
    map_set(r->lets, l->w.v[1].text, kept);
    return true;
}

static bool file_lines(struct reader *r)
{
    struct err e = {0};
    struct str data;
    char *text, *more;
    if (file_read(r->mem, r->file, FILE_MAX, &data, &e) != RC_OK)
        return wrong(r, "cannot be read:", e.detail);
    r->rest = data;
    while (raw_line(r, &text)) {
        struct line l = {.file = r->file, .no = r->no, .w = VEC_INIT(r->mem)};
        while (ends_with(text, "\\") && raw_line(r, &more)) {
            text[strlen(text) - 1] = '\0';
            text = mem_fmt(r->mem, "%s%s", text, more);
        }
        if (!words_of(r, text, &l.w) || (l.w.n > 0 && !line_add(r, &l)))
            return false;
    }
    return true;
}

/* The state that the scene begins with: `only pg`, `example NAME [at DATE]`, `adopt PACK...` before anything else happens. */
static bool start_of(struct reader *r, struct scene *s)
{
    size_t i = 0;
    s->at = BASE_AT;
    s->adopt = (struct words)VEC_INIT(r->mem);
    for (; i < s->lines.n; i++) {
        const struct words *w = &s->lines.v[i].w;
        if (strcmp(w->v[0].raw, "example") == 0 && w->n >= 2) {
            s->example = w->v[1].text;
            if (w->n == 4 && strcmp(w->v[2].raw, "at") == 0)
                s->at = w->v[3].text;
        } else if (strcmp(w->v[0].raw, "only") == 0 && w->n == 2) {
            s->engine = w->v[1].text;
        } else if (strcmp(w->v[0].raw, "adopt") == 0 && s->adopt.n == 0) {
            for (size_t k = 1; k < w->n; k++)
                *vec_push(&s->adopt) = w->v[k];
        } else {
            break;
        }
    }
    struct line *v = s->lines.v;
    s->lines.n -= i;
    memmove(v, v + i, s->lines.n * sizeof *v);
    r->no = s->no;
    if (s->example == NULL || s->adopt.n == 0)
        return wrong(r, "a scene begins with `example NAME` and `adopt PACK...`", NULL);
    return s->lines.n > 0 ? true : wrong(r, "nothing happens in this scene", NULL);
}

static bool is_scene(const struct line *l) { return strcmp(l->w.v[0].raw, "scene") == 0; }

bool scene_read(TALLOC_CTX *mem, const char *path, struct scenes *ret_scenes)
{
    struct lines all = VEC_INIT(mem);
    struct reader r = {.mem = mem, .file = path, .out = &all, .lets = map_new(mem)};
    size_t first = 0, i = 0;
    if (!file_lines(&r))
        return false;
    while (first < all.n && !is_scene(&all.v[first]))
        first++;
    do {
        struct scene s = {.file = path, .name = "", .no = 1, .lines = VEC_INIT(mem)};
        for (size_t k = 0; k < first; k++)
            *vec_push(&s.lines) = all.v[k];
        i = i == 0 ? first : i;
        if (i < all.n) {
            s.no = all.v[i].no;
            s.name = all.v[i].w.n > 1 ? all.v[i].w.v[1].text : "";
            i++;
        }
        for (; i < all.n && !is_scene(&all.v[i]); i++)
            *vec_push(&s.lines) = all.v[i];
        if (!start_of(&r, &s))
            return false;
        *vec_push(ret_scenes) = s;
    } while (i < all.n);
    return true;
}
