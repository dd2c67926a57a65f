/* pack_text: the regulation's own text. Markdown cut into paragraphs: every paragraph, list item, table, heading and :::choose block
 * is one `para` that knows its article and, by a following `{: carries="..." ack only_if="choice=option" }` line, its duties.
 * What {parameters}, choices and articles it names is judged in pack_lint.c. */
#include "pack/pack_int.h"
#include <string.h>

VEC_TYPE(para_list, struct para);

struct text {
    TALLOC_CTX *mem;
    const char *file;
    struct problem_vec *problems;
    struct para_list paras;
    struct buf *open;                 /* lines of the paragraph being read */
    int open_line;
    bool choose;                      /* inside ::: */
    const char *article;
};

static struct pos line_pos(const struct text *t, int line, int col) {
    return (struct pos){.file = t->file, .line = line, .col = col};
}

static void para_end(struct text *t) {
    if (!t->open->n)
        return;
    struct para *p = vec_push(&t->paras);
    p->article = t->article;
    p->md = mem_strndup(t->mem, t->open->p, t->open->n);
    p->pos = line_pos(t, t->open_line, 1);
    buf_reset(t->open);
}

static void para_line(struct text *t, struct str line, int no) {
    if (!t->open->n)
        t->open_line = no;
    else
        buf_putc(t->open, '\n');
    buf_put(t->open, line.p, line.n);
}

/* A list item: "- ", "* ", "1. ", "(1) ", "① " begin paragraphs of their own. */
static bool starts_item(struct str line) {
    struct str s = str_trim(line);
    size_t i = 0;
    if (str_starts(s, "- ") || str_starts(s, "* "))
        return true;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i && i + 1 < s.n && s.p[i] == '.' && s.p[i + 1] == ' ';
}

/* name="value": the value, or an empty slice. */
static bool attr(struct str s, const char *name, struct str *ret_value) {
    size_t n = strlen(name);
    for (size_t i = 0; i + n + 2 <= s.n; i++)
        if (strncmp(s.p + i, name, n) == 0 && s.p[i + n] == '=' && s.p[i + n + 1] == '"') {
            const char *from = s.p + i + n + 2, *end = memchr(from, '"', s.n - i - n - 2);
            *ret_value = (struct str){from, end ? (size_t)(end - from) : 0};
            return end != NULL;
        }
    return false;
}

static void words_read(TALLOC_CTX *mem, struct str s, struct carries *ret) {
    struct str part;
    const char **v = mem_array(mem, const char *, s.n / 2 + 2);
    while (str_next(&s, ' ', &part))
        if (part.n)
            v[ret->n++] = str_dup(mem, part);
    ret->duty = v;
}

/* What is left of the line when the known attributes are taken out must be nothing. */
static bool attrs_known(TALLOC_CTX *mem, struct str s) {
    bool quoted = false;
    struct buf *b = buf_new(mem, 4096);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted)
            buf_putc(b, s.p[i]);
    }
    struct str rest = buf_slice(b), part;
    while (str_next(&rest, ' ', &part))
        if (part.n && !str_is(part, "ack") && !str_is(part, "carries=") && !str_is(part, "only_if="))
            return false;
    return !quoted;
}

static void tie(struct text *t, struct str line, int no) {
    struct str s = str_trim(line), v;
    para_end(t);
    if (!t->paras.n || s.n < 3 || s.p[s.n - 1] != '}') {
        problem_add(t->problems, line_pos(t, no, 1), MSG("pack.text.tie"), NULL, NULL, NULL);
        return;
    }
    s = str_trim((struct str){s.p + 2, s.n - 3});
    struct para *p = &t->paras.v[t->paras.n - 1];
    if (!attrs_known(t->mem, s))
        problem_add(t->problems, line_pos(t, no, 1), MSG("pack.text.tie"), NULL, NULL, NULL);
    if (attr(s, "carries", &v))
        words_read(t->mem, v, &p->carries);
    if (attr(s, "only_if", &v))
        p->only_if = str_dup(t->mem, v);
    struct buf *b = buf_new(t->mem, 4096);
    buf_puts(b, " ");
    buf_put(b, s.p, s.n);
    buf_puts(b, " ");
    p->ack = strstr(b->p, " ack ") != NULL;
}

static void line_read(struct text *t, struct str line, int no) {
    if (t->choose) {
        para_line(t, line, no);
        if (str_is(str_trim(line), ":::")) {
            t->choose = false;
            para_end(t);
        }
        return;
    }
    if (!str_trim(line).n) {
        para_end(t);
    } else if (str_starts(line, "{:")) {
        tie(t, line, no);
    } else if (str_starts(line, ":::")) {
        para_end(t);
        t->choose = str_starts(line, ":::choose ");
        if (!t->choose)
            problem_add(t->problems, line_pos(t, no, 1), MSG("pack.text.block"), NULL, NULL, NULL);
        para_line(t, line, no);
    } else if (str_starts(line, "## ")) {
        struct str rest = str_trim((struct str){line.p + 3, line.n - 3}), id;
        para_end(t);
        if (str_next(&rest, ' ', &id))
            t->article = str_dup(t->mem, id);
        para_line(t, line, no);
        para_end(t);
    } else if (str_starts(line, "#")) {
        para_end(t);
        para_line(t, line, no);
        para_end(t);
    } else {
        if (starts_item(line))
            para_end(t);
        para_line(t, line, no);
    }
}

void text_read(TALLOC_CTX *mem, const char *file, struct str data, struct para **ret_para, size_t *ret_n, struct problem_vec *problems) {
    struct text t = {.mem = mem, .file = mem_strdup(mem, file), .problems = problems, .paras = VEC_INIT(mem),
                     .open = buf_new(mem, YAML_MAX_BYTES)};
    struct str line;
    size_t bad = 0;
    int no = 1;
    if (!utf8_ok(data.p, data.n, &bad)) {
        for (size_t i = 0; i < bad; i++)
            no += data.p[i] == '\n' ? 1 : 0;
        problem_add(problems, line_pos(&t, no, 1), MSG("pack.yaml.utf8"), NULL, NULL, NULL);
        return;
    }
    for (; str_next(&data, '\n', &line); no++) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        line_read(&t, line, no);
    }
    if (t.choose)
        problem_add(problems, line_pos(&t, t.open_line, 1), MSG("pack.text.open"), NULL, NULL, NULL);
    para_end(&t);
    *ret_para = t.paras.v;
    *ret_n = t.paras.n;
}
