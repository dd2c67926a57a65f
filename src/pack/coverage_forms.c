/* coverage_forms: every form of the catalogue against the loaded facet or form: name, kind, fields (type, options, required, stage,
 * columns), route and retention. Every difference is one row; packs/<pack>/explained.yaml gives reasons and where a field went. */
#include "pack/coverage.h"
#include <string.h>

struct cmp {
    TALLOC_CTX *mem;
    const struct pack_set *set;
    const char *pack;
    const struct ynode *explained;      /* sequence of {form, field, because, by} */
    bool *used;
    struct form_diff_vec *rows;
    const struct form *form;
    const struct facet *facet;
    const char *id;                     /* of the catalogue form */
};

static const struct ynode *explanation(struct cmp *c, const char *field) {
    for (size_t i = 0; c->explained && i < c->explained->n; i++) {
        const struct ynode *x = c->explained->item[i];
        const char *f = yaml_text(x, "field");
        if (text_eq(yaml_text(x, "form"), c->id) && (text_eq(f, field) || (!f && !field))) {
            c->used[i] = true;
            return x;
        }
    }
    return NULL;
}

static void differ(struct cmp *c, const char *field, const char *key, const char *a, const char *b) {
    const struct ynode *x = explanation(c, field);
    if (!x && field && strchr(field, '.'))
        x = explanation(c, mem_strndup(c->mem, field, strcspn(field, ".")));
    *vec_push(c->rows) = (struct form_diff){.form = c->id, .field = field ? field : "", .what = msg_fill(c->mem, LANG_JA, key, a ? a : "-", b ? b : "-", NULL),
                                            .explained = x ? yaml_text(x, "because") : NULL};
}

static bool truth(const struct ynode *map, const char *key) {
    return text_eq(yaml_text(map, key), "true");
}

/* ---- fields ---- */
static const struct { const char *word; unsigned mask; } type_words[] = {
    {"text", 1u << FT_TEXT}, {"longtext", 1u << FT_LONGTEXT}, {"number", 1u << FT_INT | 1u << FT_NUMBER | 1u << FT_MONEY},
    {"percent", 1u << FT_INT | 1u << FT_NUMBER}, {"money", 1u << FT_MONEY}, {"date", 1u << FT_DATE}, {"datetime", 1u << FT_DATETIME},
    {"month", 1u << FT_MONTH}, {"duration", 1u << FT_DURATION}, {"choice", 1u << FT_CHOICE}, {"multichoice", 1u << FT_MULTI},
    {"checklist", 1u << FT_MULTI}, {"record-reference", 1u << FT_REF}, {"xref", 1u << FT_REF}, {"person", 1u << FT_PERSON},
    {"department", 1u << FT_DEPARTMENT}, {"role", 1u << FT_ROLE}, {"file", 1u << FT_FILE}, {"signature", 1u << FT_SIGN},
    {"table", 1u << FT_TABLE}, {"boolean", 1u << FT_BOOL},
};

static void type_compare(struct cmp *c, const struct ynode *want, const char *path, const struct field *f) {
    const char *type = yaml_text(want, "type");
    for (size_t i = 0; type && i < ARRAY_N(type_words); i++)
        if (text_eq(type_words[i].word, type) && !((type_words[i].mask >> f->type) & 1u))
            differ(c, path, MSG("pack.diff.type"), type, name_at(c->mem, ftype_names, (int)f->type));
    const char *target = yaml_text(want, "target") ? yaml_text(want, "target") : yaml_text(want, "ref");
    const struct form *t = target ? pack_form(c->set, target) : NULL;
    if (t && f->type == FT_REF && f->ref != t)
        differ(c, path, MSG("pack.diff.target"), target, f->ref ? f->ref->id : f->ref_name);
}

static void options_compare(struct cmp *c, const struct ynode *want, const char *path, const struct field *f) {
    const struct ynode *o = yaml_get(want, "options");
    if (!o || o->kind != Y_SEQ || !f->of)
        return;
    for (size_t i = 0; i < o->n; i++) {
        const char *id = o->item[i]->kind == Y_SCALAR ? o->item[i]->text : yaml_text(o->item[i], "id");
        const char *label = o->item[i]->kind == Y_SCALAR ? o->item[i]->text : yaml_text(o->item[i], "label");
        bool found = false;
        for (size_t k = 0; k < f->of->n && !found; k++)
            found = text_eq(f->of->opt[k].id, id) || text_eq(f->of->opt[k].label, label);
        if (!found)
            differ(c, path, MSG("pack.diff.option"), id, NULL);
    }
    for (size_t k = 0; k < f->of->n; k++) {
        bool found = false;
        for (size_t i = 0; i < o->n && !found; i++) {
            const char *id = o->item[i]->kind == Y_SCALAR ? o->item[i]->text : yaml_text(o->item[i], "id");
            const char *label = o->item[i]->kind == Y_SCALAR ? o->item[i]->text : yaml_text(o->item[i], "label");
            found = text_eq(f->of->opt[k].id, id) || text_eq(f->of->opt[k].label, label);
        }
        if (!found)
            differ(c, path, MSG("pack.diff.option-more"), f->of->opt[k].id, NULL);
    }
}

static const struct field *column_find(const struct field *t, const char *id) {
    for (size_t i = 0; i < t->cols_n; i++)
        if (text_eq(t->cols[i].id, id))
            return &t->cols[i];
    return NULL;
}

static void field_compare(struct cmp *c, const struct ynode *want, const char *path, const struct field *f, bool column) {
    const struct ynode *cols = yaml_get(want, "columns");
    type_compare(c, want, path, f);
    options_compare(c, want, path, f);
    for (size_t i = 0; cols && cols->kind == Y_SEQ && i < cols->n && f->type == FT_TABLE; i++) {
        const char *id = cols->item[i]->kind == Y_SCALAR ? cols->item[i]->text : yaml_text(cols->item[i], "id");
        const struct field *col = id ? column_find(f, id) : NULL;
        const char *at = mem_fmt(c->mem, "%s.%s", path, id ? id : "?");
        if (!col)
            differ(c, at, MSG("pack.diff.column"), NULL, NULL);
        else if (cols->item[i]->kind == Y_MAP)
            field_compare(c, cols->item[i], at, col, true);
    }
    if (column)
        return;
    bool required = truth(want, "required"), conditional = yaml_get(want, "required_when") != NULL;
    bool filled = f->required || f->required_when || f->value || f->all_ticked;
    if ((required || conditional) && !filled)
        differ(c, path, MSG("pack.diff.required"), required ? "true" : yaml_text(want, "required_when"), NULL);
    if (!required && !conditional && f->required)
        differ(c, path, MSG("pack.diff.not-required"), NULL, NULL);
    bool close = text_eq(yaml_text(want, "fill_at"), "close");
    if (close != !(text_eq(f->stage, "submit") || !f->stage) && !f->value)
        differ(c, path, MSG("pack.diff.stage"), close ? "close" : "submit", f->stage);
}

static void fields_compare(struct cmp *c, const struct ynode *form) {
    const struct ynode *fields = yaml_get(form, "fields");
    for (size_t i = 0; fields && fields->kind == Y_SEQ && i < fields->n; i++) {
        const char *id = yaml_text(fields->item[i], "id");
        if (!id)
            continue;
        const struct field *f = pack_field(c->form, mem_fmt(c->mem, "%s.%s", c->pack, id));
        if (!f)
            f = pack_field(c->form, id);
        const struct ynode *x = f ? NULL : explanation(c, id);
        const char *by = x ? yaml_text(x, "by") : NULL;
        if (!f && by)
            f = pack_field(c->form, by);
        if (!f)
            differ(c, id, by ? MSG("pack.diff.field-by") : MSG("pack.diff.field"), by, NULL);
        else
            field_compare(c, fields->item[i], id, f, false);
    }
}

/* ---- route ---- */
static bool who_is(const struct cmp *c, const struct who *w, const char *role) {
    const struct role *want = pack_role(c->set, mem_fmt(c->mem, "%s:%s", c->pack, role)), *r = w->role ? pack_role(c->set, w->role) : NULL;
    if (text_eq(role, "applicant"))
        return w->kind == WHO_APPLICANT || w->kind == WHO_FIELD;
    for (size_t i = 0; i < w->sub_n; i++)
        if (who_is(c, &w->sub[i], role))
            return true;
    if (w->kind == WHO_HEAD_OF)
        return want && (want->derived_head || want->unit || (want->is && strstr(want->is, "head")));
    if (w->kind == WHO_OUTSIDE || w->kind == WHO_FIELD)
        return true;                     /* people named by the record: the catalogue names the post */
    return r && (text_eq(r->id, role) || (want && (text_eq(want->is, r->id) || (want->is && text_eq(want->is, r->is)))));
}

static int act_kind(const struct ynode *s) {
    const char *act = yaml_text(s, "step") ? yaml_text(s, "step") : yaml_text(s, "act");
    static const struct { const char *word; int kind; } acts[] = {
        {"confirms", STEP_CONFIRM}, {"confirm", STEP_CONFIRM}, {"approves", STEP_APPROVE}, {"approve", STEP_APPROVE},
        {"receives", STEP_RECEIVE}, {"receive", STEP_RECEIVE}, {"sign", STEP_CONFIRM}, {"signs", STEP_CONFIRM},
    };
    for (size_t i = 0; act && i < ARRAY_N(acts); i++)
        if (text_eq(acts[i].word, act))
            return acts[i].kind;
    return -1;                           /* makes */
}

static bool role_matches(const struct cmp *c, const struct ynode *s, const struct who *w) {
    const struct ynode *role = yaml_get(s, "role") ? yaml_get(s, "role") : yaml_get(s, "who");
    if (!role)
        return true;
    if (role->kind == Y_SCALAR)
        return who_is(c, w, role->text);
    for (size_t i = 0; i < role->n; i++)
        if (role->item[i]->kind == Y_SCALAR && who_is(c, w, role->item[i]->text))
            return true;
    return false;
}

static const char *role_text(const struct ynode *s) {
    const char *t = yaml_text(s, "role") ? yaml_text(s, "role") : yaml_text(s, "who");
    return t ? t : "-";
}

static void route_compare(struct cmp *c, const struct ynode *form) {
    const struct ynode *route = yaml_get(form, "route");
    const char *file = c->facet ? c->facet->pos.file : c->form->pos.file;
    size_t at = 0;
    for (size_t i = 0; route && route->kind == Y_SEQ && i < route->n; i++) {
        const struct ynode *s = route->item[i];
        int kind = act_kind(s);
        if (kind < 0)
            continue;
        while (at < c->form->step_n && !text_eq(c->form->step[at].pos.file, file))
            at++;
        size_t look = at;
        while (look < c->form->step_n && !(text_eq(c->form->step[look].pos.file, file) && (int)c->form->step[look].kind == kind
                                           && role_matches(c, s, &c->form->step[look].by)))
            look++;
        if (look == c->form->step_n)
            differ(c, "route", MSG("pack.diff.step"), yaml_text(s, "step") ? yaml_text(s, "step") : yaml_text(s, "act"), role_text(s));
        else
            at = look + 1;
    }
}

/* ---- the rest of a form ---- */
static int months_of(const char *s) {
    int v = 0, total = 0;
    if (!s || *s++ != 'P')
        return -1;
    for (; (*s >= '0' && *s <= '9') || *s == 'Y' || *s == 'M'; s++) {
        if (*s >= '0' && *s <= '9') {
            v = v * 10 + (*s - '0');
            continue;
        }
        total += *s == 'Y' ? v * 12 : v;
        v = 0;
    }
    return total > 0 ? total : -1;
}

static void keep_compare(struct cmp *c, const struct ynode *form) {
    const char *want = yaml_text(form, "retention");
    const struct keep *k = c->facet ? &c->facet->keep : &c->form->keep;
    int months = months_of(want);
    if (!want)
        return;
    if (!k->from || (!k->floor_months && !k->ceiling_months && !k->note))
        differ(c, "retention", MSG("pack.diff.keep"), want, NULL);
    else if (months > 0 && k->floor_months != months)
        differ(c, "retention", MSG("pack.diff.keep-months"), want, mem_fmt(c->mem, "%d", k->floor_months));
}

static void form_compare(struct cmp *c, const struct ynode *form) {
    c->id = yaml_text(form, "id");
    c->form = pack_form(c->set, c->id);
    c->facet = NULL;
    for (size_t i = 0; c->form && i < c->form->facet_n; i++)
        if (text_eq(c->form->facet[i].form_id, c->id))
            c->facet = &c->form->facet[i];
    if (!c->form || !(c->facet ? text_eq(c->facet->pack->id, c->pack) : text_eq(c->form->id, c->id))) {
        differ(c, NULL, MSG("pack.diff.form"), NULL, NULL);
        return;
    }
    const char *name = c->facet ? c->facet->name : c->form->name, *kind = c->facet ? c->facet->category : c->form->category;
    if (!text_eq(name, yaml_text(form, "name")))
        differ(c, "name", MSG("pack.diff.name"), yaml_text(form, "name"), name);
    if (kind && yaml_text(form, "kind") && !text_eq(kind, yaml_text(form, "kind")))
        differ(c, "kind", MSG("pack.diff.kind"), yaml_text(form, "kind"), kind);
    fields_compare(c, form);
    route_compare(c, form);
    keep_compare(c, form);
}

static const struct pack *pack_of(const struct pack_set *s, const char *id) {
    for (size_t i = 0; i < s->pack_n; i++)
        if (text_eq(s->pack[i].id, id))
            return &s->pack[i];
    return NULL;
}

enum rc coverage_forms(TALLOC_CTX *mem, const struct pack_set *s, const char *catalogue_dir, const char *pack, struct form_diff_vec *ret_rows,
                       struct err *e) {
    struct problem_vec problems = VEC_INIT(mem);
    const struct pack *p = pack_of(s, pack);
    const struct ynode *root = catalogue_read(mem, catalogue_dir, pack, e);
    bool missing;
    *ret_rows = (struct form_diff_vec)VEC_INIT(mem);
    if (!root)
        return err_rc(e);
    if (!p)
        return err_set_arg(e, ERR_PACK_UNKNOWN, pack, "not in the set");
    struct cmp c = {.mem = mem, .set = s, .pack = pack, .rows = ret_rows};
    const struct ynode *why = yaml_load(mem, file_join(mem, p->dir, "explained.yaml"), &problems, &missing);
    if (problems.n)
        return err_set(e, ERR_PACK, "%s:%d:%d: %s", problems.v[0].pos.file, problems.v[0].pos.line, problems.v[0].pos.col, problems.v[0].text);
    c.explained = yaml_get(why, "explained");
    if (c.explained && c.explained->kind != Y_SEQ)
        c.explained = NULL;
    c.used = mem_array(mem, bool, c.explained ? c.explained->n + 1 : 1);
    const struct ynode *forms = yaml_get(root, "forms");
    for (size_t i = 0; forms && forms->kind == Y_SEQ && i < forms->n; i++)
        if (yaml_text(forms->item[i], "id"))
            form_compare(&c, forms->item[i]);
    for (size_t i = 0; c.explained && i < c.explained->n; i++)
        if (!c.used[i])
            *vec_push(ret_rows) = (struct form_diff){.form = yaml_text(c.explained->item[i], "form"), .field = yaml_text(c.explained->item[i], "field"),
                                                     .what = msg_text(LANG_JA, MSG("pack.diff.unused"))};
    return RC_OK;
}
