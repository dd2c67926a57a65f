/* yaml: libyaml events to a tree with positions. What libyaml lets through and a pack must not contain is refused here:
 * invalid UTF-8 (checked before libyaml sees a byte), anchors, aliases, tags, directives, a second document, duplicate keys.
 * Knows nothing of packs. */
#include "pack/pack_yaml.h"
#include <string.h>
#include <yaml.h>

#define KEYS_LINEAR 24       /* mappings above this size find duplicate keys through a map */
#define PROBLEMS_MAX 500

struct yctx {
    TALLOC_CTX *mem;
    const char *file;
    struct str data;
    struct problem_vec *problems;
    yaml_parser_t parser;
    bool failed;
};

static void add(struct problem_vec *v, bool warning, struct pos pos, const char *key, const char *const arg[3]) {
    if (v->n >= PROBLEMS_MAX)
        return;
    struct problem *p = vec_push(v);
    p->pos = pos;
    p->warning = warning;
    p->text = msg_fill(v->mem, LANG_JA, key, arg[0], arg[1], arg[2], NULL);
}

void problem_add(struct problem_vec *v, struct pos pos, const char *key, const char *a, const char *b, const char *c) {
    const char *arg[3] = {a, b, c};
    add(v, false, pos, key, arg);
}

void problem_warn(struct problem_vec *v, struct pos pos, const char *key, const char *a, const char *b, const char *c) {
    const char *arg[3] = {a, b, c};
    add(v, true, pos, key, arg);
}

size_t problem_errors(const struct problem_vec *v) {
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->v[i].warning ? 0 : 1;
    return n;
}

static struct pos at_mark(const struct yctx *y, yaml_mark_t m) {
    return (struct pos){.file = y->file, .line = (int)m.line + 1, .col = (int)m.column + 1};
}

static void refuse(struct yctx *y, yaml_mark_t m, const char *key, const char *arg) {
    y->failed = true;
    problem_add(y->problems, at_mark(y, m), key, arg, NULL, NULL);
}

/* libyaml speaks English; these are the faults that people make. */
static const struct { const char *part, *key; } syntax_words[] = {
    {"did not find expected key", MSG("pack.yaml.indent")},
    {"did not find expected '-' indicator", MSG("pack.yaml.indent")},
    {"mapping values are not allowed", MSG("pack.yaml.colon")},
    {"block sequence entries are not allowed", MSG("pack.yaml.indent")},
    {"could not find expected ':'", MSG("pack.yaml.no-colon")},
    {"did not find expected ',' or", MSG("pack.yaml.flow")},
    {"unexpected end of stream", MSG("pack.yaml.quote")},
    {"cannot start any token", MSG("pack.yaml.token")},
    {"unknown escape character", MSG("pack.yaml.escape")},
    {"control characters are not allowed", MSG("pack.yaml.control")},
    {"found unexpected end of stream", MSG("pack.yaml.quote")},
    {"found unexpected document indicator", MSG("pack.yaml.quote")},
};

static void syntax_problem(struct yctx *y) {
    const char *said = y->parser.problem ? y->parser.problem : "";
    const char *key = MSG("pack.yaml.syntax");
    for (size_t i = 0; i < ARRAY_N(syntax_words); i++)
        if (strstr(said, syntax_words[i].part)) {
            key = syntax_words[i].key;
            break;
        }
    y->failed = true;
    problem_add(y->problems, at_mark(y, y->parser.problem_mark), key, NULL, NULL, NULL);
}

static bool next(struct yctx *y, yaml_event_t *ev) {
    if (yaml_parser_parse(&y->parser, ev))
        return true;
    syntax_problem(y);
    return false;
}

/* The first character of a block scalar's text: the first line after the indicator that is not blank. */
static struct pos block_start(const struct yctx *y, yaml_mark_t m) {
    struct pos p = at_mark(y, m);
    const char *s = y->data.p, *end = s + y->data.n;
    for (int line = 1; line <= p.line && s < end; s++)
        line += *s == '\n' ? 1 : 0;
    for (p.line++; s < end; p.line++) {
        const char *q = s;
        while (q < end && *q == ' ')
            q++;
        if (q < end && *q != '\n') {
            p.col = (int)(q - s) + 1;
            break;
        }
        s = q + 1;
    }
    return p;
}

static struct ynode *node_new(struct yctx *y, enum ykind kind, yaml_mark_t m) {
    struct ynode *n = mem_new(y->mem, struct ynode);
    n->kind = kind;
    n->pos = n->in = at_mark(y, m);
    return n;
}

static struct ynode *scalar_node(struct yctx *y, const yaml_event_t *ev) {
    struct ynode *n = node_new(y, Y_SCALAR, ev->start_mark);
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;
    if (ev->data.scalar.anchor)
        refuse(y, ev->start_mark, MSG("pack.yaml.anchor"), NULL);
    if (ev->data.scalar.tag)
        refuse(y, ev->start_mark, MSG("pack.yaml.tag"), NULL);
    if (memchr(text, 0, len))
        refuse(y, ev->start_mark, MSG("pack.yaml.control"), NULL);
    n->text = mem_strndup(y->mem, text, len);
    switch (ev->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: n->in.col++; break;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE: n->in = block_start(y, ev->start_mark); break;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE: n->plain = true; break;
    }
    return n;
}

VEC_TYPE(node_vec, const struct ynode *);

static bool key_seen(const struct node_vec *keys, struct map **seen, const struct ynode *k) {
    if (keys->n == KEYS_LINEAR) {
        *seen = map_new(keys->mem);
        for (size_t i = 0; i < keys->n; i++)
            map_set(*seen, keys->v[i]->text, keys->mem);
    }
    if (*seen) {
        bool was = map_get(*seen, k->text) != NULL;
        map_set(*seen, k->text, keys->mem);
        return was;
    }
    for (size_t i = 0; i < keys->n; i++)
        if (text_eq(keys->v[i]->text, k->text))
            return true;
    return false;
}

static struct ynode *node_read(struct yctx *y, const yaml_event_t *first, int depth);

/* One child: reads an event and the node it starts. *ret_end is true at `end`. NULL and not at the end: failed. */
static struct ynode *child_read(struct yctx *y, yaml_event_type_t end, int depth, bool *ret_end) {
    yaml_event_t ev;
    *ret_end = false;
    if (!next(y, &ev))
        return NULL;
    *ret_end = ev.type == end;
    struct ynode *n = *ret_end ? NULL : node_read(y, &ev, depth);
    yaml_event_delete(&ev);
    return n;
}

static bool items_read(struct yctx *y, struct ynode *n, yaml_event_type_t end, int depth) {
    struct node_vec keys = VEC_INIT(y->mem), items = VEC_INIT(y->mem);
    struct map *seen = NULL;
    bool at_end = false, ok = true;
    while (ok) {
        if (n->kind == Y_MAP) {
            const struct ynode *k = child_read(y, end, depth, &at_end);
            if (!k)
                break;
            if (k->kind != Y_SCALAR) {
                y->failed = true;
                problem_add(y->problems, k->pos, MSG("pack.yaml.key"), NULL, NULL, NULL);
                return false;
            }
            if (key_seen(&keys, &seen, k)) {
                y->failed = true;
                problem_add(y->problems, k->pos, MSG("pack.yaml.duplicate"), k->text, NULL, NULL);
            }
            *vec_push(&keys) = k;
        }
        const struct ynode *v = child_read(y, end, depth, &at_end);
        if (!v)
            break;
        *vec_push(&items) = v;
    }
    n->key = keys.v;
    n->item = items.v;
    n->n = items.n;
    return at_end;
}

static struct ynode *collection(struct yctx *y, enum ykind kind, const yaml_event_t *ev, int depth) {
    bool anchor = kind == Y_SEQ ? ev->data.sequence_start.anchor != NULL : ev->data.mapping_start.anchor != NULL;
    bool tag = kind == Y_SEQ ? ev->data.sequence_start.tag != NULL : ev->data.mapping_start.tag != NULL;
    if (anchor)
        refuse(y, ev->start_mark, MSG("pack.yaml.anchor"), NULL);
    if (tag)
        refuse(y, ev->start_mark, MSG("pack.yaml.tag"), NULL);
    if (depth >= YAML_MAX_DEPTH) {
        refuse(y, ev->start_mark, MSG("pack.yaml.depth"), NULL);
        return NULL;
    }
    struct ynode *n = node_new(y, kind, ev->start_mark);
    bool ok = items_read(y, n, kind == Y_SEQ ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT, depth + 1);
    return ok ? n : NULL;
}

static struct ynode *node_read(struct yctx *y, const yaml_event_t *first, int depth) {
    switch ((int)first->type) {
    case YAML_SCALAR_EVENT: return scalar_node(y, first);
    case YAML_SEQUENCE_START_EVENT: return collection(y, Y_SEQ, first, depth);
    case YAML_MAPPING_START_EVENT: return collection(y, Y_MAP, first, depth);
    case YAML_ALIAS_EVENT: refuse(y, first->start_mark, MSG("pack.yaml.alias"), NULL); return NULL;
    default: refuse(y, first->start_mark, MSG("pack.yaml.syntax"), NULL); return NULL;
    }
}

static struct ynode *document(struct yctx *y) {
    struct ynode *root = NULL;
    for (int docs = 0;;) {
        yaml_event_t ev;
        if (!next(y, &ev))
            return NULL;
        bool stop = ev.type == YAML_STREAM_END_EVENT;
        if (ev.type == YAML_DOCUMENT_START_EVENT) {
            if (++docs > 1)
                refuse(y, ev.start_mark, MSG("pack.yaml.second"), NULL);
            if (ev.data.document_start.version_directive
                || ev.data.document_start.tag_directives.start != ev.data.document_start.tag_directives.end)
                refuse(y, ev.start_mark, MSG("pack.yaml.directive"), NULL);
        } else if (ev.type != YAML_STREAM_START_EVENT && ev.type != YAML_DOCUMENT_END_EVENT && !stop) {
            root = node_read(y, &ev, 0);
        }
        yaml_event_delete(&ev);
        if (stop || y->failed)
            return root;
    }
}

/* The place of byte `at`. */
static struct pos byte_pos(const struct yctx *y, size_t at) {
    struct pos p = {.file = y->file, .line = 1, .col = 1};
    for (size_t i = 0; i < at; i++) {
        unsigned char c = (unsigned char)y->data.p[i];
        if (c == '\n') {
            p.line++;
            p.col = 1;
        } else if ((c & 0xC0) != 0x80) {
            p.col++;
        }
    }
    return p;
}

static bool control(const char *p, size_t left) {
    unsigned char c = (unsigned char)*p, d = left > 1 ? (unsigned char)p[1] : 0;
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F || (c == 0xC2 && d < 0xA0);
}

static bool bytes_ok(struct yctx *y) {
    size_t bad = 0;
    if (y->data.n > YAML_MAX_BYTES) {
        problem_add(y->problems, byte_pos(y, 0), MSG("pack.yaml.large"), NULL, NULL, NULL);
        return false;
    }
    if (!utf8_ok(y->data.p, y->data.n, &bad)) {
        problem_add(y->problems, byte_pos(y, bad), MSG("pack.yaml.utf8"), NULL, NULL, NULL);
        return false;
    }
    for (size_t i = 0; i < y->data.n; i++)
        if (control(y->data.p + i, y->data.n - i)) {
            problem_add(y->problems, byte_pos(y, i), MSG("pack.yaml.control"), NULL, NULL, NULL);
            return false;
        }
    return true;
}

const struct ynode *yaml_parse(TALLOC_CTX *mem, const char *file, struct str data, struct problem_vec *problems) {
    struct yctx y = {.mem = mem, .file = mem_strdup(mem, file), .data = data, .problems = problems};
    if (!bytes_ok(&y))
        return NULL;
    if (!yaml_parser_initialize(&y.parser)) {
        problem_add(problems, (struct pos){y.file, 1, 1}, MSG("pack.yaml.syntax"), NULL, NULL, NULL);
        return NULL;
    }
    yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y.parser, (const unsigned char *)data.p, data.n);
    struct ynode *root = document(&y);
    yaml_parser_delete(&y.parser);
    if (y.failed)
        return NULL;
    if (!root || yaml_is_null(root)) {
        root = mem_new(mem, struct ynode);
        root->kind = Y_MAP;
        root->pos = root->in = (struct pos){y.file, 1, 1};
    }
    return root;
}

const struct ynode *yaml_get(const struct ynode *map, const char *key) {
    if (!map || map->kind != Y_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (text_eq(map->key[i]->text, key))
            return map->item[i];
    return NULL;
}

const char *yaml_text(const struct ynode *map, const char *key) {
    const struct ynode *n = yaml_get(map, key);
    return n && n->kind == Y_SCALAR ? n->text : NULL;
}

bool yaml_is_null(const struct ynode *n) {
    if (!n)
        return true;
    return n->kind == Y_SCALAR && n->plain && (!*n->text || text_eq(n->text, "~") || text_eq(n->text, "null"));
}
