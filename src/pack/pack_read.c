/* pack_read: walks a YAML mapping along a keyword table into a raw struct (every wrong key and value is reported, none stops the
 * reading), and reads a pack's folder. Which keywords exist: pack_words.c. What the names point to: pack_form.c, pack_duty.c. */
#include "pack/pack_int.h"
#include <string.h>

#define SLOT(type, base, off) ((type *)(void *)((char *)(base) + (off)))

static bool is_key(const char *s) {
    if (!*s)
        return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("._-", *s)
              || (unsigned char)*s >= 0x80))
            return false;
    return true;
}

/* Identifiers may be long in a language of compound words, but not longer than a column name. */
static bool is_ident(const char *s) {
    return text_is_ident(s);
}

static const char *scalar(const struct ynode *n, const char *word, struct problem_vec *problems) {
    if (n->kind != Y_SCALAR) {
        problem_add(problems, n->pos, MSG("pack.read.scalar"), word, NULL, NULL);
        return NULL;
    }
    if (yaml_is_null(n) || !*n->text) {
        problem_add(problems, n->pos, MSG("pack.read.empty"), word, NULL, NULL);
        return NULL;
    }
    return n->text;
}

static const char *checked(const struct ynode *n, const struct kw *k, struct problem_vec *problems) {
    const char *s = scalar(n, k->word, problems);
    if (!s)
        return NULL;
    if (k->type == KW_IDENT && !is_ident(s)) {
        problem_add(problems, n->in, MSG("pack.read.ident"), k->word, s, NULL);
        return NULL;
    }
    if ((k->type == KW_KEY || k->type == KW_FORM) && !is_key(s)) {
        problem_add(problems, n->in, MSG("pack.read.key"), k->word, s, NULL);
        return NULL;
    }
    return s;
}

static void read_bool(const struct ynode *n, const struct kw *k, bool *ret, struct problem_vec *problems) {
    const char *s = scalar(n, k->word, problems);
    if (!s)
        return;
    bool yes = n->plain && text_eq(s, "true");
    if (!yes && !(n->plain && text_eq(s, "false")))
        problem_add(problems, n->pos, MSG("pack.read.bool"), k->word, s, NULL);
    *ret = yes;
}

static void read_int(const struct ynode *n, const struct kw *k, struct raw_int *ret, struct problem_vec *problems) {
    const char *s = scalar(n, k->word, problems);
    if (!s)
        return;
    ret->set = n->plain && str_to_i64(str_of(s), &ret->v);
    if (!ret->set)
        problem_add(problems, n->pos, MSG("pack.read.int"), k->word, s, NULL);
}

/* P3Y6M to months, P14D or P2W to days; -1 when it is not such a period. */
static int64_t period(const char *s, bool months) {
    int64_t total = 0;
    if (*s++ != 'P' || !*s)
        return -1;
    while (*s) {
        int64_t v = 0;
        int digits = 0;
        for (; *s >= '0' && *s <= '9' && digits < 5; s++, digits++)
            v = v * 10 + (*s - '0');
        if (!digits)
            return -1;
        if (months && (*s == 'Y' || *s == 'M'))
            total += *s == 'Y' ? v * 12 : v;
        else if (!months && (*s == 'W' || *s == 'D'))
            total += *s == 'W' ? v * 7 : v;
        else
            return -1;
        s++;
    }
    return total;
}

static void read_period(const struct ynode *n, const struct kw *k, struct raw_int *ret, struct problem_vec *problems) {
    const char *s = scalar(n, k->word, problems);
    if (!s)
        return;
    ret->v = period(s, k->type == KW_MONTHS);
    ret->set = ret->v >= 0;
    if (!ret->set)
        problem_add(problems, n->in, k->type == KW_MONTHS ? MSG("pack.read.months") : MSG("pack.read.days"), k->word, s, NULL);
}

static int enum_value(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct problem_vec *problems) {
    const char *s = scalar(n, k->word, problems);
    if (!s)
        return 0;
    int i = name_index(k->names, s);
    if (!i) {
        MEM_SCOPE(tmp, mem);
        struct buf *all = buf_new(tmp, 4096);
        struct str rest = str_of(k->names), part;
        while (str_next(&rest, '|', &part)) {
            if (all->n)
                buf_puts(all, "、");
            buf_put(all, part.p, part.n);
        }
        problem_add(problems, n->in, MSG("pack.read.enum"), k->word, s, all->p);
    }
    return i;
}

/* Calls for a scalar or each item of a sequence. */
static size_t items_of(const struct ynode *n, const struct ynode *const **ret_items, const struct ynode *const *self) {
    if (n->kind == Y_SEQ) {
        *ret_items = n->item;
        return n->n;
    }
    *ret_items = self;
    return 1;
}

static void read_texts(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct raw_list *ret, struct problem_vec *problems) {
    const struct ynode *const *item;
    size_t count = items_of(n, &item, &n);
    const char **v = mem_array(mem, const char *, count ? count : 1);
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        const char *s = scalar(item[i], k->word, problems);
        if (s)
            v[done++] = s;
    }
    *ret = (struct raw_list){v, done};
}

static void read_enums(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct raw_list *ret, struct problem_vec *problems) {
    const struct ynode *const *item;
    size_t count = items_of(n, &item, &n);
    int *v = mem_array(mem, int, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        v[i] = enum_value(mem, item[i], k, problems);
    if (!count || count > 2)
        problem_add(problems, n->pos, MSG("pack.read.two"), k->word, NULL, NULL);
    *ret = (struct raw_list){v, count};
}

static void read_value(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, const char **ret, struct problem_vec *problems) {
    if (yaml_is_null(n))
        return;
    struct raw_list l = {0};
    read_texts(mem, n, k, &l, problems);
    struct buf *b = buf_new(mem, YAML_MAX_BYTES);
    for (size_t i = 0; i < l.n; i++) {
        if (i)
            buf_putc(b, ' ');
        buf_puts(b, ((const char **)l.v)[i]);
    }
    *ret = l.n ? b->p : "";
}

/* ---- who ---- */
static const char *word_cut(TALLOC_CTX *mem, const char *s, const char *prefix) {
    size_t n = strlen(prefix);
    if (strncmp(s, prefix, n) != 0)
        return NULL;
    const char *path = str_dup(mem, str_trim(str_of(s + n)));
    return strncmp(path, "r.", 2) == 0 ? path + 2 : path;
}

static bool who_read(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct who *ret, struct problem_vec *problems);

static bool who_group(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct who *ret, struct problem_vec *problems) {
    bool any = n->n == 1 && text_eq(n->key[0]->text, "any");
    if (n->n != 1 || (!any && !text_eq(n->key[0]->text, "all")) || n->item[0]->kind != Y_SEQ || !n->item[0]->n) {
        problem_add(problems, n->pos, MSG("pack.read.who"), k->word, NULL, NULL);
        return false;
    }
    ret->kind = any ? WHO_ANY : WHO_ALL;
    ret->sub_n = n->item[0]->n;
    ret->sub = mem_array(mem, struct who, ret->sub_n);
    bool ok = true;
    for (size_t i = 0; i < ret->sub_n; i++)
        ok = who_read(mem, n->item[0]->item[i], k, &ret->sub[i], problems) && ok;
    return ok;
}

static bool who_read(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct who *ret, struct problem_vec *problems) {
    ret->pos = n->in;
    if (n->kind == Y_MAP)
        return who_group(mem, n, k, ret, problems);
    const char *s = scalar(n, k->word, problems), *in;
    if (!s)
        return false;
    if (text_eq(s, "applicant")) {
        ret->kind = WHO_APPLICANT;
    } else if ((ret->path = word_cut(mem, s, "head of "))) {
        ret->kind = WHO_HEAD_OF;
    } else if ((ret->path = word_cut(mem, s, "field "))) {
        ret->kind = WHO_FIELD;
    } else if ((ret->path = word_cut(mem, s, "outside "))) {
        ret->kind = WHO_OUTSIDE;
    } else if (strncmp(s, "holder of ", 10) == 0 && (in = strstr(s, " in "))) {
        ret->kind = WHO_HOLDER_IN;
        ret->role = str_dup(mem, str_trim((struct str){s + 10, (size_t)(in - s) - 10}));
        ret->path = word_cut(mem, in + 1, "in ");
    } else {
        ret->kind = WHO_ROLE;
        ret->role = s;
        if (!is_ident(s)) {
            problem_add(problems, n->in, MSG("pack.read.who"), k->word, NULL, NULL);
            return false;
        }
    }
    return true;
}

static void read_whos(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct raw_list *ret, struct problem_vec *problems) {
    const struct ynode *const *item;
    size_t count = items_of(n, &item, &n), done = 0;
    struct who *v = mem_array(mem, struct who, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        if (who_read(mem, item[i], k, &v[done], problems))
            done++;
    *ret = (struct raw_list){v, done};
}

/* ---- tables ---- */
/* A text where the table has a word for it: as if `word: text` stood there. */
static void read_bare(TALLOC_CTX *mem, const struct ynode *n, const struct kw_table *t, void *ret, struct problem_vec *problems);

static void read_list(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, struct raw_list *ret, struct problem_vec *problems) {
    const struct ynode *const *item;
    size_t count = items_of(n, &item, &n), done = 0;
    if (n->kind != Y_SEQ && (yaml_is_null(n) || !k->sub->bare)) {
        if (!yaml_is_null(n))
            problem_add(problems, n->pos, MSG("pack.read.list"), k->word, NULL, NULL);
        return;
    }
    char *v = mem_alloc(mem, k->sub->size, count ? count : 1, k->sub->context);
    for (size_t i = 0; i < count; i++) {
        if (item[i]->kind == Y_MAP)
            kw_read(mem, item[i], k->sub, v + done++ * k->sub->size, problems);
        else if (item[i]->kind == Y_SCALAR && k->sub->bare)
            read_bare(mem, item[i], k->sub, v + done++ * k->sub->size, problems);
        else
            problem_add(problems, item[i]->pos, MSG("pack.read.map"), k->word, NULL, NULL);
    }
    *ret = (struct raw_list){v, done};
}

static void read_one(TALLOC_CTX *mem, const struct ynode *n, const struct kw *k, void *base, struct problem_vec *problems) {
    switch (k->type) {
    case KW_TEXT: case KW_IDENT: case KW_KEY: case KW_FORM: *SLOT(const char *, base, k->off) = checked(n, k, problems); break;
    case KW_BOOL: read_bool(n, k, SLOT(bool, base, k->off), problems); break;
    case KW_INT: read_int(n, k, SLOT(struct raw_int, base, k->off), problems); break;
    case KW_MONTHS: case KW_DAYS: read_period(n, k, SLOT(struct raw_int, base, k->off), problems); break;
    case KW_ENUM: *SLOT(int, base, k->off) = enum_value(mem, n, k, problems); break;
    case KW_ENUMS: read_enums(mem, n, k, SLOT(struct raw_list, base, k->off), problems); break;
    case KW_TEXTS: read_texts(mem, n, k, SLOT(struct raw_list, base, k->off), problems); break;
    case KW_CARRIES: {
        struct raw_list l = {0};
        read_texts(mem, n, k, &l, problems);
        *SLOT(struct carries, base, k->off) = (struct carries){.duty = l.v, .n = l.n};
        break;
    }
    case KW_COND:
        if (scalar(n, k->word, problems))
            *SLOT(const struct ynode *, base, k->off) = n;
        break;
    case KW_WHO: {
        struct raw_who *w = SLOT(struct raw_who, base, k->off);
        w->set = who_read(mem, n, k, &w->who, problems);
        break;
    }
    case KW_WHOS: read_whos(mem, n, k, SLOT(struct raw_list, base, k->off), problems); break;
    case KW_VALUE: read_value(mem, n, k, SLOT(const char *, base, k->off), problems); break;
    case KW_LIST: read_list(mem, n, k, SLOT(struct raw_list, base, k->off), problems); break;
    case KW_MAP:
        if (n->kind != Y_MAP)
            problem_add(problems, n->pos, MSG("pack.read.map"), k->word, NULL, NULL);
        else
            kw_read(mem, n, k->sub, SLOT(char, base, k->off), problems);
        break;
    case KW__N: break;
    }
}

static void read_bare(TALLOC_CTX *mem, const struct ynode *n, const struct kw_table *t, void *ret, struct problem_vec *problems) {
    struct raw_head *head = ret;
    head->pos = n->in;
    head->node = n;
    for (size_t i = 0; i < t->n; i++)
        if (text_eq(t->kw[i].word, t->bare))
            read_one(mem, n, &t->kw[i], ret, problems);
}

static void unknown_key(TALLOC_CTX *mem, const struct ynode *key, const struct kw_table *t, struct problem_vec *problems) {
    MEM_SCOPE(tmp, mem);
    const char **words = mem_array(tmp, const char *, t->n);
    for (size_t i = 0; i < t->n; i++)
        words[i] = t->kw[i].word;
    const char *near = name_near(tmp, words, t->n, key->text);
    problem_add(problems, key->pos, near ? MSG("pack.read.unknown-near") : MSG("pack.read.unknown"), t->context, key->text, near);
}

void kw_read(TALLOC_CTX *mem, const struct ynode *map, const struct kw_table *t, void *ret, struct problem_vec *problems) {
    struct raw_head *head = ret;
    head->pos = map->pos;
    head->node = map;
    for (size_t i = 0; i < map->n; i++) {
        const struct kw *k = NULL;
        for (size_t j = 0; j < t->n && !k; j++)
            k = text_eq(t->kw[j].word, map->key[i]->text) ? &t->kw[j] : NULL;
        if (k)
            read_one(mem, map->item[i], k, ret, problems);
        else
            unknown_key(mem, map->key[i], t, problems);
    }
    for (size_t j = 0; j < t->n; j++)
        if (t->kw[j].must && !yaml_get(map, t->kw[j].word))
            problem_add(problems, map->pos, MSG("pack.read.missing"), t->context, t->kw[j].word, NULL);
}

struct pos member_pos(const struct raw_head *h, const char *word) {
    const struct ynode *n = yaml_get(h->node, word);
    return n ? n->in : h->pos;
}

/* ---- a folder ---- */
const struct ynode *yaml_load(TALLOC_CTX *mem, const char *path, struct problem_vec *problems, bool *ret_missing) {
    struct str data;
    struct err e = {0};
    *ret_missing = !file_exists(path);
    if (*ret_missing)
        return NULL;
    enum rc rc = file_read(mem, path, YAML_MAX_BYTES, &data, &e);
    if (rc != RC_OK) {
        problem_add(problems, (struct pos){mem_strdup(mem, path), 1, 1},
                    e.code == ERR_FILE_TOO_LARGE ? MSG("pack.yaml.large") : MSG("pack.read.file"), NULL, NULL, NULL);
        return NULL;
    }
    return yaml_parse(mem, path, data, problems);
}

static bool file_table(TALLOC_CTX *mem, const char *dir, const char *name, const struct kw_table *t, void *ret, bool *ret_broken,
                       struct problem_vec *problems) {
    bool missing;
    const struct ynode *root = yaml_load(mem, file_join(mem, dir, name), problems, &missing);
    if (!root) {
        *ret_broken = *ret_broken || !missing;
        return false;
    }
    if (root->kind != Y_MAP) {
        problem_add(problems, root->pos, MSG("pack.read.map"), name, NULL, NULL);
        return false;
    }
    kw_read(mem, root, t, ret, problems);
    return true;
}

static bool name_ends(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n > m && s[0] != '.' && strcmp(s + n - m, end) == 0;
}

MUST static enum rc forms_read(TALLOC_CTX *mem, struct raw *r, struct problem_vec *problems, struct err *e) {
    struct name_vec names = VEC_INIT(mem);
    const char *dir = file_join(mem, r->dir, "forms");
    r->forms = (struct raw_form_vec)VEC_INIT(mem);
    if (!file_exists(dir))
        return RC_OK;
    TRY(file_list(mem, dir, &names, e));
    for (size_t i = 0; i < names.n; i++) {
        if (!name_ends(names.v[i], ".yaml")) {
            problem_add(problems, (struct pos){file_join(mem, dir, names.v[i]), 1, 1}, MSG("pack.read.stray"), NULL, NULL, NULL);
            continue;
        }
        struct raw_form f = {0};
        if (file_table(mem, dir, names.v[i], &kw_form, &f, &r->broken, problems) && f.form && f.name)
            *vec_push(&r->forms) = f;
    }
    return RC_OK;
}

VEC_TYPE(para_vec, struct para);

MUST static enum rc texts_read(TALLOC_CTX *mem, struct raw *r, struct problem_vec *problems, struct err *e) {
    struct name_vec names = VEC_INIT(mem);
    struct para_vec all = VEC_INIT(mem);
    const char *dir = file_join(mem, r->dir, "text");
    if (!file_exists(dir))
        return RC_OK;
    TRY(file_list(mem, dir, &names, e));
    for (size_t i = 0; i < names.n; i++) {
        struct str data;
        struct para *p = NULL;
        size_t n = 0;
        const char *path = file_join(mem, dir, names.v[i]);
        if (!name_ends(names.v[i], ".md")) {
            problem_add(problems, (struct pos){path, 1, 1}, MSG("pack.read.stray"), NULL, NULL, NULL);
            continue;
        }
        TRY(file_read(mem, path, YAML_MAX_BYTES, &data, e));
        text_read(mem, path, data, &p, &n, problems);
        for (size_t k = 0; k < n; k++)
            *vec_push(&all) = p[k];
    }
    r->para = all.v;
    r->para_n = all.n;
    return RC_OK;
}

static void folder_check(TALLOC_CTX *mem, const char *dir, const struct name_vec *names, struct problem_vec *problems) {
    static const char known[] = "pack.yaml|roles.yaml|settings.yaml|lists.yaml|duties.yaml|checks.yaml|schedules.yaml|declarations.yaml|clocks.yaml|"
                                "explained.yaml|text|forms|README.md";
    for (size_t i = 0; i < names->n; i++)
        if (names->v[i][0] != '.' && !name_index(known, names->v[i]))
            problem_add(problems, (struct pos){file_join(mem, dir, names->v[i]), 1, 1}, MSG("pack.read.stray"), NULL, NULL, NULL);
}

enum rc raw_read(TALLOC_CTX *mem, const char *packs_dir, const char *id, struct raw *ret_raw, struct problem_vec *problems, struct err *e) {
    *ret_raw = (struct raw){.id = mem_strdup(mem, id), .dir = file_join(mem, packs_dir, id)};
    struct raw *r = ret_raw;
    struct name_vec names = VEC_INIT(mem);
    struct raw_file_roles roles = {0};
    struct raw_file_settings settings = {0};
    struct raw_file_lists lists = {0};
    struct raw_file_duties duties = {0};
    struct raw_file_checks checks = {0};
    struct raw_file_schedules schedules = {0};
    struct raw_file_declarations declarations = {0};
    struct raw_file_clocks clocks = {0};
    if (!text_is_ident(id) || !file_exists(file_join(mem, r->dir, "pack.yaml")))
        return err_set_arg(e, ERR_PACK_UNKNOWN, id, "no pack.yaml in %s", r->dir);
    TRY(file_list(mem, r->dir, &names, e));
    folder_check(mem, r->dir, &names, problems);
    if (file_table(mem, r->dir, "pack.yaml", &kw_pack, &r->pack, &r->broken, problems) && r->pack.id && !text_eq(r->pack.id, id))
        problem_add(problems, member_pos(&r->pack.head, "pack"), MSG("pack.read.folder"), r->pack.id, id, NULL);
    (void)file_table(mem, r->dir, "roles.yaml", &kw_roles, &roles, &r->broken, problems);
    (void)file_table(mem, r->dir, "settings.yaml", &kw_settings, &settings, &r->broken, problems);
    (void)file_table(mem, r->dir, "lists.yaml", &kw_lists, &lists, &r->broken, problems);
    (void)file_table(mem, r->dir, "duties.yaml", &kw_duties, &duties, &r->broken, problems);
    (void)file_table(mem, r->dir, "checks.yaml", &kw_checks, &checks, &r->broken, problems);
    (void)file_table(mem, r->dir, "schedules.yaml", &kw_schedules, &schedules, &r->broken, problems);
    (void)file_table(mem, r->dir, "declarations.yaml", &kw_declarations, &declarations, &r->broken, problems);
    (void)file_table(mem, r->dir, "clocks.yaml", &kw_clocks, &clocks, &r->broken, problems);
    r->roles = roles.roles;
    r->params = settings.parameters;
    r->choices = settings.choices;
    r->lists = lists.lists;
    r->duties = duties.duties;
    r->checks = checks.checks;
    r->schedules = schedules.schedules;
    r->declarations = declarations.declarations;
    r->clocks = clocks.clocks;
    TRY(forms_read(mem, r, problems, e));
    return texts_read(mem, r, problems, e);
}
