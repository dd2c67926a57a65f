/* pack_form: declares the forms of all packs: roots first, then the facets that extend them, then every field with its path,
 * column, options and target. Conditions, rules and routes need all fields of all forms and are compiled in pack_route.c. */
#include "pack/pack_int.h"
#include <string.h>

/* Words that an engine keeps for itself: a column named so gets a trailing underscore (the path stays),
 * and so does `department`, which is also a column of the record. */
static const char sql_words[] =
    "add|all|alter|analyze|and|any|as|asc|begin|between|by|case|cast|check|collate|column|commit|constraint|create|cross|current|default|"
    "delete|desc|distinct|do|drop|each|else|end|except|exists|false|fetch|for|foreign|from|full|function|grant|group|having|if|in|index|"
    "inner|insert|intersect|into|is|join|key|left|like|limit|natural|not|null|of|offset|on|only|or|order|outer|over|primary|references|"
    "right|row|rows|select|set|some|table|temp|then|to|transaction|trigger|true|union|unique|update|user|using|values|view|when|where|"
    "window|with";
static const char record_columns[] = "id|record|slot|number|state|made_by|made_at|closed_at|happened_on|version|pack_set|show";
static const char patterns[] = "mac|ip|email|tel|postal|url_https|code";

static char *form_ident(TALLOC_CTX *mem, const char *id) {
    char *s = mem_strdup(mem, id);
    for (char *p = s; *p; p++)
        *p = *p == '-' || *p == '.' ? '_' : *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    return s;
}

struct form *form_find(struct build *b, const char *name) {
    return name ? map_get(b->form_by_name, name) : NULL;
}

bool pack_knows(const struct build *b, const struct pack *p, const struct pack *other) {
    if (p == other || text_eq(other->id, "core"))
        return true;
    (void)b;
    for (size_t i = 0; i < p->requires_n; i++)
        if (text_eq(p->requires[i], other->id))
            return true;
    return false;
}

static void form_name(struct build *b, const char *name, struct form *f, struct pos pos) {
    const struct form *was = form_find(b, name);
    if (was && was != f)
        problem_add(b->problems, pos, MSG("pack.form.duplicate"), name, NULL, NULL);
    map_set(b->form_by_name, name, f);
}

static void root_declare(struct build *b, const struct raw *r, const struct pack *p, const struct raw_form *rf, struct form *f) {
    f->id = rf->form;
    f->ident = form_ident(b->mem, rf->form);
    f->pack = p;
    f->pos = rf->head.pos;
    if (!text_is_ident(f->ident))
        problem_add(b->problems, member_pos(&rf->head, "form"), MSG("pack.form.ident"), rf->form, NULL, NULL);
    if (rf->applies)
        problem_add(b->problems, member_pos(&rf->head, "applies"), MSG("pack.form.applies"), rf->form, NULL, NULL);
    if (form_find(b, f->id) || form_find(b, f->ident))
        problem_add(b->problems, member_pos(&rf->head, "form"), MSG("pack.form.duplicate"), rf->form, NULL, NULL);
    map_set(b->form_by_name, f->id, f);
    map_set(b->form_by_name, f->ident, f);
    *vec_push(&b->work) = (struct facet_work){.raw = r, .raw_form = rf, .form = f, .pack = p, .root = true};
}

static void roots_declare(struct build *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->raw_n; i++)
        for (size_t k = 0; k < b->raw[i].forms.n; k++)
            n += b->raw[i].forms.v[k].is ? 0 : 1;
    b->set->form = mem_array(b->mem, struct form, n ? n : 1);
    for (size_t i = 0; i < b->raw_n; i++)
        for (size_t k = 0; k < b->raw[i].forms.n; k++)
            if (!b->raw[i].forms.v[k].is)
                root_declare(b, &b->raw[i], &b->set->pack[i], &b->raw[i].forms.v[k], &b->set->form[b->set->form_n++]);
}

static void facets_declare(struct build *b) {
    for (size_t i = 0; i < b->raw_n; i++)
        for (size_t k = 0; k < b->raw[i].forms.n; k++) {
            const struct raw_form *rf = &b->raw[i].forms.v[k];
            const struct pack *p = &b->set->pack[i];
            if (!rf->is)
                continue;
            struct form *f = form_find(b, rf->is);
            if (!f || !(text_eq(f->id, rf->is) || text_eq(f->ident, rf->is)) || !pack_knows(b, p, f->pack)) {
                problem_add(b->problems, member_pos(&rf->head, "is"), MSG("pack.form.is"), rf->form, rf->is, NULL);
                continue;
            }
            form_name(b, rf->form, f, member_pos(&rf->head, "form"));
            form_name(b, form_ident(b->mem, rf->form), f, member_pos(&rf->head, "form"));
            *vec_push(&b->work) = (struct facet_work){.raw = &b->raw[i], .raw_form = rf, .form = f, .pack = p};
            f->facet_n++;
        }
    for (size_t i = 0; i < b->set->form_n; i++) {
        struct form *f = &b->set->form[i];
        f->facet = mem_array(b->mem, struct facet, f->facet_n ? f->facet_n : 1);
        f->facet_n = 0;
    }
    for (size_t i = 0; i < b->work.n; i++)
        if (!b->work.v[i].root)
            b->work.v[i].facet = &b->work.v[i].form->facet[b->work.v[i].form->facet_n++];
}

/* ---- fields ---- */
struct choice_set *options_build(struct build *b, const struct raw_list *options, const char *id, bool ordered) {
    struct choice_set *s = mem_new(b->mem, struct choice_set);
    s->id = id;
    s->ordered = ordered;
    s->opt = mem_array(b->mem, struct choice_opt, options->n ? options->n : 1);
    RAW_EACH(raw_option, o, *options) {
        if (!o->id)
            continue;
        for (size_t i = 0; i < s->n; i++)
            if (text_eq(s->opt[i].id, o->id))
                problem_add(b->problems, o->head.pos, MSG("pack.list.option"), o->id, NULL, NULL);
        s->opt[s->n++] = (struct choice_opt){o->id, o->label, o->label_en};
    }
    return s;
}

static const struct choice_set *list_find(struct build *b, const struct pack *p, const char *id) {
    const struct choice_set *found = NULL;
    for (size_t i = 0; i < b->lists.n; i++) {
        const struct list_def *l = &b->lists.v[i];
        if (!text_eq(l->id, id) || !pack_knows(b, p, l->pack))
            continue;
        if (l->pack == p)
            return l->set;
        found = l->set;
    }
    return found;
}

static const char *list_near(struct build *b, const char *id) {
    const char **names = mem_array(b->mem, const char *, b->lists.n + 1);
    for (size_t i = 0; i < b->lists.n; i++)
        names[i] = b->lists.v[i].id;
    return name_near(b->mem, names, b->lists.n, id);
}

static void list_unknown(struct build *b, const struct raw_field *rf) {
    const char *near = list_near(b, rf->of);
    problem_add(b->problems, member_pos(&rf->head, "of"), near ? MSG("pack.field.list-near") : MSG("pack.field.list"), rf->of, near, NULL);
}

#define T(name) (1u << FT_##name)
static bool type_in(enum ftype t, unsigned mask) {
    return ((mask >> t) & 1u) != 0;
}

static void field_choice(struct build *b, const struct pack *p, const struct raw_field *rf, struct field *f) {
    bool wants = f->type == FT_CHOICE || f->type == FT_MULTI;
    if (!wants) {
        if (rf->of || rf->options.n)
            problem_add(b->problems, member_pos(&rf->head, rf->of ? "of" : "options"), MSG("pack.field.no-options"), f->id, NULL, NULL);
        return;
    }
    if (rf->of && rf->options.n)
        problem_add(b->problems, member_pos(&rf->head, "of"), MSG("pack.field.both-options"), f->id, NULL, NULL);
    else if (rf->of && !(f->of = list_find(b, p, rf->of)))
        list_unknown(b, rf);
    else if (rf->options.n)
        f->of = options_build(b, &rf->options, f->path, rf->ordered);
    else if (!rf->of)
        problem_add(b->problems, rf->head.pos, MSG("pack.field.options"), f->id, NULL, NULL);
    if (!f->of)
        f->of = options_build(b, &(struct raw_list){0}, f->path, false);
}

static void field_target(struct build *b, const struct pack *p, const struct raw_field *rf, struct field *f) {
    const char *name = f->type == FT_PERSON ? "person" : f->type == FT_DEPARTMENT ? "department" : rf->form;
    if (rf->form && f->type != FT_REF)
        problem_add(b->problems, member_pos(&rf->head, "form"), MSG("pack.field.no-form"), f->id, NULL, NULL);
    if (f->type == FT_REF && !rf->form)
        problem_add(b->problems, rf->head.pos, MSG("pack.field.form"), f->id, NULL, NULL);
    if (!name || !type_in(f->type, T(REF) | T(PERSON) | T(DEPARTMENT)))
        return;
    const struct form *t = form_find(b, name);
    f->ref_name = name;
    f->ref = t;
    if (f->type == FT_REF && (!t || !pack_knows(b, p, t->pack)))
        problem_add(b->problems, member_pos(&rf->head, "form"), MSG("pack.field.ref"), f->id, name, NULL);
}

static void field_limits(struct build *b, const struct raw_field *rf, struct field *f) {
    f->has_min = rf->min.set;
    f->has_max = rf->max.set;
    f->min = rf->min.v;
    f->max = rf->max.v;
    if ((f->has_min || f->has_max) && !type_in(f->type, T(TEXT) | T(LONGTEXT) | T(INT) | T(NUMBER) | T(MONEY)))
        problem_add(b->problems, member_pos(&rf->head, f->has_min ? "min" : "max"), MSG("pack.field.limit"), f->id, NULL, NULL);
    if (f->has_min && f->has_max && f->min > f->max)
        problem_add(b->problems, member_pos(&rf->head, "min"), MSG("pack.field.limits"), f->id, NULL, NULL);
    bool year = rf->pattern && text_eq(rf->pattern, "year") && f->type == FT_INT;
    if (rf->pattern && !year && (!name_index(patterns, rf->pattern) || f->type != FT_TEXT))
        problem_add(b->problems, member_pos(&rf->head, "pattern"), MSG("pack.field.pattern"), f->id, rf->pattern, NULL);
    if (rf->many && !type_in(f->type, T(REF) | T(PERSON) | T(DEPARTMENT) | T(FILE)))
        problem_add(b->problems, member_pos(&rf->head, "many"), MSG("pack.field.many"), f->id, NULL, NULL);
    if (rf->all_ticked && f->type != FT_MULTI)
        problem_add(b->problems, member_pos(&rf->head, "all_ticked"), MSG("pack.field.ticked"), f->id, NULL, NULL);
    if (rf->ordered && !rf->options.n)
        problem_add(b->problems, member_pos(&rf->head, "ordered"), MSG("pack.field.ordered"), f->id, NULL, NULL);
    if (rf->allowed && f->type != FT_CHOICE && f->type != FT_MULTI)
        problem_add(b->problems, member_pos(&rf->head, "allowed"), MSG("pack.field.allowed"), f->id, NULL, NULL);
}

static char *column_name(TALLOC_CTX *mem, const char *id) {
    return mem_fmt(mem, name_index(sql_words, id) || text_eq(id, "department") ? "%s_" : "%s", id);
}

static void field_fill(struct build *b, const struct pack *p, const struct raw_field *rf, struct field *f);

static void field_columns(struct build *b, const struct pack *p, const struct raw_field *rf, struct field *f, const char *parent) {
    if (f->type != FT_TABLE) {
        if (rf->columns.n)
            problem_add(b->problems, member_pos(&rf->head, "columns"), MSG("pack.field.no-columns"), f->id, NULL, NULL);
        return;
    }
    if (!rf->columns.n)
        problem_add(b->problems, rf->head.pos, MSG("pack.field.columns"), f->id, NULL, NULL);
    f->cols = mem_array(b->mem, struct field, rf->columns.n ? rf->columns.n : 1);
    RAW_EACH(raw_field, rc, rf->columns) {
        if (!rc->id || !rc->type) {
            problem_add(b->problems, rc->head.pos, MSG("pack.field.id-type"), NULL, NULL, NULL);
            continue;
        }
        struct field *c = &f->cols[f->cols_n];
        for (size_t i = 0; i < f->cols_n; i++)
            if (text_eq(f->cols[i].id, rc->id))
                problem_add(b->problems, rc->head.pos, MSG("pack.field.duplicate"), rc->id, NULL, NULL);
        f->cols_n++;
        c->id = rc->id;
        c->path = mem_fmt(b->mem, "%s.%s", f->path, rc->id);
        c->col = column_name(b->mem, rc->id);
        field_fill(b, p, rc, c);
        if (field_is_child(c))
            problem_add(b->problems, rc->head.pos, MSG("pack.field.column-type"), rc->id, NULL, NULL);
        if (name_index("id|ord|record|slot|value", rc->id) || text_eq(rc->id, parent))
            problem_add(b->problems, rc->head.pos, MSG("pack.field.reserved"), rc->id, NULL, NULL);
    }
}

static void field_fill(struct build *b, const struct pack *p, const struct raw_field *rf, struct field *f) {
    f->pack = p;
    f->pos = rf->head.pos;
    f->label = rf->label ? rf->label : rf->id;
    f->label_en = rf->label_en;
    f->help = rf->help;
    f->help_en = rf->help_en;
    f->group = rf->group;
    f->type = (enum ftype)(rf->type - 1);
    f->many = rf->many;
    f->all_ticked = rf->all_ticked;
    f->stage = rf->stage ? rf->stage : "submit";
    f->pattern = rf->pattern;
    f->unique = rf->unique;
    f->audited_by = rf->audited_by;
    f->item = rf->item;
    f->personal = rf->personal;
    f->listed = rf->listed;
    f->ongoing = rf->ongoing;
    f->indexed = rf->indexed;
    f->required = rf->required;
    carries_add(b->mem, &f->carries, &rf->carries);
    if (!rf->label)
        problem_add(b->problems, rf->head.pos, MSG("pack.field.label"), rf->id, NULL, NULL);
    if (rf->refine)
        problem_add(b->problems, rf->head.pos, MSG("pack.field.refine-id"), rf->id, NULL, NULL);
    field_choice(b, p, rf, f);
    field_target(b, p, rf, f);
    field_limits(b, rf, f);
    carries_check(b, &rf->carries, &rf->head, p);
}

static void field_declare(struct build *b, const struct facet_work *w, const struct raw_field *rf, bool computed) {
    struct form *form = w->form;
    struct field f = {.id = rf->id};
    if (!rf->id || !rf->type) {
        problem_add(b->problems, rf->head.pos, MSG("pack.field.id-type"), NULL, NULL, NULL);
        return;
    }
    if (computed != (rf->value != NULL))
        problem_add(b->problems, rf->head.pos, computed ? MSG("pack.field.value") : MSG("pack.field.no-value"), rf->id, NULL, NULL);
    if (w->root && name_index(record_columns, rf->id))
        problem_add(b->problems, rf->head.pos, MSG("pack.field.reserved"), rf->id, NULL, NULL);
    f.path = w->root ? rf->id : mem_fmt(b->mem, "%s.%s", w->pack->id, rf->id);
    f.col = w->root ? column_name(b->mem, rf->id) : mem_fmt(b->mem, "%s__%s", w->pack->id, rf->id);
    for (size_t i = 0; i < form->field_n; i++) {
        struct field *was = &form->field[i];
        if (!text_eq(was->path, f.path))
            continue;
        bool options = !was->of || (rf->of ? text_eq(was->of->id, rf->of) : was->of->n == rf->options.n);
        bool same = !w->root && options && was->type == (enum ftype)(rf->type - 1) && was->pos.file != rf->head.pos.file;
        if (!same)
            problem_add(b->problems, rf->head.pos, MSG("pack.field.duplicate"), rf->id, NULL, NULL);
        carries_check(b, &rf->carries, &rf->head, w->pack);
        carries_add(b->mem, &was->carries, &rf->carries);
        return;
    }
    field_fill(b, w->pack, rf, &f);
    field_columns(b, w->pack, rf, &f, form->ident);
    form->field[form->field_n++] = f;
}

static void fields_declare(struct build *b) {
    for (size_t i = 0; i < b->set->form_n; i++) {
        struct form *f = &b->set->form[i];
        size_t n = 1;
        for (size_t k = 0; k < b->work.n; k++)
            if (b->work.v[k].form == f)
                n += b->work.v[k].raw_form->fields.n + b->work.v[k].raw_form->values.n;
        f->field = mem_array(b->mem, struct field, n);
    }
    for (size_t k = 0; k < b->work.n; k++) {
        const struct facet_work *w = &b->work.v[k];
        RAW_EACH(raw_field, rf, w->raw_form->fields)
            if (!rf->refine || rf->id)
                field_declare(b, w, rf, false);
        RAW_EACH(raw_field, rv, w->raw_form->values)
            field_declare(b, w, rv, true);
    }
}

const struct field *field_find(const struct form *f, const struct pack *p, const char *path) {
    const struct field *fd = pack_field(f, path);
    if (fd || !p)
        return fd;
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].pack == p && text_eq(f->field[i].id, path))
            return &f->field[i];
    const char *dot = strchr(path, '.');
    for (size_t i = 0; dot && i < f->field_n; i++)
        if (f->field[i].pack == p && str_is((struct str){path, (size_t)(dot - path)}, f->field[i].id))
            for (size_t k = 0; k < f->field[i].cols_n; k++)
                if (text_eq(f->field[i].cols[k].id, dot + 1))
                    return &f->field[i].cols[k];
    return NULL;
}

static void lists_declare(struct build *b) {
    for (size_t i = 0; i < b->raw_n; i++)
        RAW_EACH(raw_set, l, b->raw[i].lists) {
            if (!l->id)
                continue;
            for (size_t k = 0; k < b->lists.n; k++)
                if (text_eq(b->lists.v[k].id, l->id) && b->lists.v[k].pack == &b->set->pack[i])
                    problem_add(b->problems, l->head.pos, MSG("pack.list.duplicate"), l->id, NULL, NULL);
            struct choice_set *s = options_build(b, &l->options, l->id, l->ordered);
            *vec_push(&b->lists) = (struct list_def){&b->set->pack[i], l->id, s, l->head.pos};
        }
}

void forms_declare(struct build *b) {
    lists_declare(b);
    roots_declare(b);
    facets_declare(b);
    fields_declare(b);
}
