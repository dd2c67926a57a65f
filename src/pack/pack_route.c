/* pack_route: the second pass over the forms: conditions compiled, rules, routes merged over the facets, what follows.
 * What a facet adds holds only when the facet applies: its condition is folded into every `when`, `required_when` and
 * `show_when` here, so that nobody who runs a form needs to know of facets. */
#include "pack/pack_int.h"
#include <string.h>

/* Compiled conditions give 1, 0 or NULL on both engines, as CAST((...) AS INTEGER). Joined in SQL's own three-valued logic and without
 * nesting the casts: a form of many facets would else outgrow SQLite's parser stack. */
static const char cast_head[] = "CAST((", cast_tail[] = ") AS INTEGER)";

static const char *truth(TALLOC_CTX *mem, const struct cond *c) {
    size_t n = strlen(c->sql), head = sizeof cast_head - 1, tail = sizeof cast_tail - 1;
    if (n > head + tail && strncmp(c->sql, cast_head, head) == 0 && strcmp(c->sql + n - tail, cast_tail) == 0)
        return mem_strndup(mem, c->sql + head, n - head - tail);
    return mem_fmt(mem, "(%s) = 1", c->sql);
}

struct cond *cond_join(TALLOC_CTX *mem, struct cond *a, bool either, struct cond *b) {
    if (!a || !b)
        return a ? a : b;
    struct cond *c = mem_new(mem, struct cond);
    *c = *a;
    c->type = CT_BOOL;
    c->src = mem_fmt(mem, either ? "(%s) or (%s)" : "(%s) and (%s)", a->src, b->src);
    c->sql = mem_fmt(mem, "%s(%s) %s (%s)%s", cast_head, truth(mem, a), either ? "OR" : "AND", truth(mem, b), cast_tail);
    c->read_n = a->read_n + b->read_n;
    c->read = mem_array(mem, struct cond_read, c->read_n ? c->read_n : 1);
    for (size_t i = 0; i < c->read_n; i++)
        c->read[i] = i < a->read_n ? a->read[i] : b->read[i - a->read_n];
    c->fields_n = a->fields_n + b->fields_n;
    c->fields = mem_array(mem, const char *, c->fields_n ? c->fields_n : 1);
    for (size_t i = 0; i < c->fields_n; i++)
        c->fields[i] = i < a->fields_n ? a->fields[i] : b->fields[i - a->fields_n];
    c->uses_now = a->uses_now || b->uses_now;
    c->uses_today = a->uses_today || b->uses_today;
    return c;
}

struct cond *cond_negate(TALLOC_CTX *mem, struct cond *a) {
    if (!a)
        return NULL;
    struct cond *c = mem_new(mem, struct cond);
    *c = *a;
    c->src = mem_fmt(mem, "not (%s)", a->src);
    c->sql = mem_fmt(mem, "%sNOT (%s)%s", cast_head, truth(mem, a), cast_tail);
    return c;
}

void carries_add(TALLOC_CTX *mem, struct carries *to, const struct carries *from) {
    if (!from->n)
        return;
    const char **v = mem_array(mem, const char *, to->n + from->n);
    size_t n = 0;
    for (size_t i = 0; i < to->n + from->n; i++) {
        const char *d = i < to->n ? to->duty[i] : from->duty[i - to->n];
        bool had = false;
        for (size_t k = 0; k < n; k++)
            had = had || text_eq(v[k], d);
        if (!had)
            v[n++] = d;
    }
    *to = (struct carries){.duty = v, .n = n};
}

struct cond *node_compile(struct build *b, const struct ynode *n, const struct form *r, const struct pack *p, int want) {
    struct cond_scope scope = {.set = b->set, .r = r, .pack = p};
    return n ? cond_compile(b->mem, n->text, n->in, &scope, want, b->problems) : NULL;
}

static struct cond *compile(struct build *b, const struct facet_work *w, const struct ynode *n, int want) {
    return node_compile(b, n, w->form, w->pack, want);
}

static struct cond *guarded(struct build *b, const struct facet_work *w, const struct ynode *n) {
    return cond_join(b->mem, w->applies, false, compile(b, w, n, CT_BOOL));
}

/* ---- stages ---- */
static const char *stage_find(const struct facet_work *w, const char *stage) {
    for (size_t i = 0; i < w->form->step_n; i++)
        if (text_eq(w->form->step[i].id, stage) && w->form->step[i].pack == w->pack)
            return w->form->step[i].key;
    for (size_t i = 0; i < w->form->step_n; i++)
        if (text_eq(w->form->step[i].id, stage) && text_eq(w->form->step[i].pack->id, "core"))
            return w->form->step[i].key;
    return NULL;
}

static const char *stage_resolve(struct build *b, const struct facet_work *w, const struct raw_head *h, const char *stage) {
    if (name_index("submit|approved|close", stage))
        return stage;
    const char *key = stage_find(w, stage);
    if (!key)
        problem_add(b->problems, member_pos(h, "stage"), MSG("pack.field.stage"), stage, NULL, NULL);
    return key ? stage : "submit";
}

/* ---- fields ---- */
static struct field *field_of(struct form *f, const struct facet_work *w, const char *id) {
    for (size_t i = 0; i < f->field_n; i++)
        if (text_eq(f->field[i].id, id) && f->field[i].pack == w->pack && (w->root == (strchr(f->field[i].path, '.') == NULL)))
            return &f->field[i];
    return NULL;
}

static bool value_fits(const struct field *f, const struct cond *c) {
    switch (f->type) {
    case FT_TEXT: case FT_LONGTEXT: case FT_MONTH: case FT_DURATION: case FT_ROLE: return c->type == CT_TEXT;
    case FT_INT: case FT_NUMBER: case FT_MONEY: return c->type == CT_NUM;
    case FT_DATE: return c->type == CT_DATE;
    case FT_DATETIME: return c->type == CT_TIME;
    case FT_BOOL: return c->type == CT_BOOL;
    case FT_CHOICE: return c->type == CT_TEXT || (c->type == CT_CHOICE && (!c->of || c->of == f->of));
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT: return c->type == CT_REF;
    case FT_MULTI: return c->type == CT_TEXT;
    case FT_FILE: case FT_SIGN: case FT_TABLE: case FT__N: return false;
    }
    return false;
}

static void require_when(struct build *b, const struct facet_work *w, struct field *f, bool required, struct cond *when) {
    if (required && !w->applies)
        f->required = true;
    else if (required)
        f->required_when = cond_join(b->mem, f->required_when, true, w->applies);
    else if (when)
        f->required_when = cond_join(b->mem, f->required_when, true, cond_join(b->mem, w->applies, false, when));
}

static void show_add(struct build *b, const struct facet_work *w, struct field *f, struct cond *show, bool first) {
    struct cond *c = cond_join(b->mem, w->applies, false, show);
    if (first)
        f->show_when = c;
    else
        f->show_when = f->show_when && c ? cond_join(b->mem, f->show_when, true, c) : NULL;
}

static void columns_compile(struct build *b, const struct facet_work *w, const struct raw_field *rf, struct field *f) {
    RAW_EACH(raw_field, rc, rf->columns) {
        struct field *c = NULL;
        for (size_t i = 0; i < f->cols_n && !c; i++)
            c = text_eq(f->cols[i].id, rc->id) ? &f->cols[i] : NULL;
        const char *wrong = rc->required_when ? "required_when" : rc->show_when ? "show_when" : rc->allowed ? "allowed" : rc->value ? "value"
                            : rc->stage ? "stage" : rc->ongoing ? "ongoing" : rc->fill_by.set ? "fill_by" : NULL;
        if (wrong)
            problem_add(b->problems, member_pos(&rc->head, wrong), MSG("pack.field.column-cond"), wrong, NULL, NULL);
        if (c && rc->dflt)
            c->dflt = compile(b, w, rc->dflt, -1);
    }
}

/* Which fields are filled while the record is in force, and by whom. */
static void later_compile(struct build *b, const struct facet_work *w, const struct raw_field *rf, struct field *f) {
    bool later = f->ongoing || text_eq(f->stage, "approved") || text_eq(f->stage, "close");
    if (f->ongoing && (!text_eq(f->stage, "submit") || rf->value || w->form->kind != FORM_ROW))
        problem_add(b->problems, member_pos(&rf->head, "ongoing"), MSG("pack.field.ongoing"), f->id, NULL, NULL);
    if (!rf->fill_by.set)
        return;
    if (!later || rf->value)
        problem_add(b->problems, member_pos(&rf->head, "fill_by"), MSG("pack.field.fill-by"), f->id, NULL, NULL);
    f->fill_by = mem_array(b->mem, struct who, 1);
    *f->fill_by = rf->fill_by.who;
    who_resolve(b, w->pack, w->form, f->fill_by);
}

static void field_compile(struct build *b, const struct facet_work *w, const struct raw_field *rf, struct map *seen) {
    struct field *f = rf->id && rf->type ? field_of(w->form, w, rf->id) : NULL;
    if (!f)
        return;
    bool first = map_get(seen, f->path) == NULL;
    map_set(seen, f->path, f);
    if (first) {
        struct cond_scope scope = {.set = b->set, .r = w->form, .pack = w->pack, .option = f->of, .option_field = f};
        f->stage = stage_resolve(b, w, &rf->head, rf->stage ? rf->stage : "submit");
        f->required = false;
        f->dflt = compile(b, w, rf->dflt, -1);
        f->value = compile(b, w, rf->value, -1);
        if (rf->allowed)
            f->allowed = cond_compile(b->mem, rf->allowed->text, rf->allowed->in, &scope, CT_BOOL, b->problems);
        columns_compile(b, w, rf, f);
        later_compile(b, w, rf, f);
    }
    if (f->value && first && !value_fits(f, f->value))
        problem_add(b->problems, member_pos(&rf->head, "value"), MSG("pack.field.value-type"), f->id, NULL, NULL);
    if (f->dflt && first && !value_fits(f, f->dflt))
        problem_add(b->problems, member_pos(&rf->head, "default"), MSG("pack.field.default-type"), f->id, NULL, NULL);
    require_when(b, w, f, rf->required, compile(b, w, rf->required_when, CT_BOOL));
    show_add(b, w, f, compile(b, w, rf->show_when, CT_BOOL), first);
}

/* refine: only what makes the core form's field stricter. */
static void refine_apply(struct build *b, const struct facet_work *w, const struct raw_field *rf) {
    static const char may[] = "refine|required|required_when|allowed|help|help_en|label|label_en|carries";
    struct field *f = NULL;
    for (size_t i = 0; i < w->form->field_n && !f; i++)
        f = text_eq(w->form->field[i].path, rf->refine) ? &w->form->field[i] : NULL;
    if (w->root || !f) {
        problem_add(b->problems, member_pos(&rf->head, "refine"), MSG("pack.refine.unknown"), rf->refine, w->form->id, NULL);
        return;
    }
    for (size_t i = 0; i < rf->head.node->n; i++)
        if (!name_index(may, rf->head.node->key[i]->text))
            problem_add(b->problems, rf->head.node->key[i]->pos, MSG("pack.refine.word"), rf->head.node->key[i]->text, NULL, NULL);
    require_when(b, w, f, rf->required, compile(b, w, rf->required_when, CT_BOOL));
    if (rf->allowed) {
        struct cond_scope scope = {.set = b->set, .r = w->form, .pack = w->pack, .option = f->of, .option_field = f};
        struct cond *c = cond_compile(b->mem, rf->allowed->text, rf->allowed->in, &scope, CT_BOOL, b->problems);
        if (c && w->applies)
            c = cond_join(b->mem, cond_negate(b->mem, w->applies), true, c);
        f->allowed = cond_join(b->mem, f->allowed, false, c);
    }
    if (rf->help)
        f->help = rf->help, f->help_en = rf->help_en;
    if (rf->label && w->form->facet_n == 1)
        f->label = rf->label;
    if (rf->label_en && w->form->facet_n == 1)
        f->label_en = rf->label_en;
    carries_check(b, &rf->carries, &rf->head, w->pack);
    carries_add(b->mem, &f->carries, &rf->carries);
}

/* ---- rules and what follows ---- */
static void rules_compile(struct build *b, struct form *f) {
    size_t n = 1;
    for (size_t k = 0; k < b->work.n; k++)
        n += b->work.v[k].form == f ? b->work.v[k].raw_form->rules.n : 0;
    f->rule = mem_array(b->mem, struct rule, n);
    for (size_t k = 0; k < b->work.n; k++) {
        const struct facet_work *w = &b->work.v[k];
        if (w->form != f)
            continue;
        RAW_EACH(raw_rule, rr, w->raw_form->rules) {
            if (!rr->id || !rr->when)
                continue;
            struct rule *r = &f->rule[f->rule_n++];
            const struct field *fd = rr->field ? field_find(f, w->pack, rr->field) : NULL;
            *r = (struct rule){.id = rr->id, .key = element_key(b, w->pack, rr->id, rr->head.pos), .pos = rr->head.pos, .pack = w->pack,
                               .kind = rr->deny ? RULE_DENY : RULE_WARN, .when = guarded(b, w, rr->when), .text = rr->deny ? rr->deny : rr->warn,
                               .text_en = rr->text_en, .field = fd ? fd->path : NULL, .at = rr->at ? rr->at : "submit", .carries = rr->carries,
                               .article = article_check(b, w->pack, rr->article, member_pos(&rr->head, "article"))};
            if (!rr->deny == !rr->warn)
                problem_add(b->problems, rr->head.pos, MSG("pack.rule.text"), rr->id, NULL, NULL);
            if (rr->field && !fd)
                problem_add(b->problems, member_pos(&rr->head, "field"), MSG("pack.form.field"), rr->field, f->id, NULL);
            if (!name_index("submit|save|approve|close", r->at)) {
                const char *key = stage_find(w, r->at);
                if (!key)
                    problem_add(b->problems, member_pos(&rr->head, "at"), MSG("pack.field.stage"), r->at, NULL, NULL);
                r->at = key ? key : "submit";
            }
            carries_check(b, &rr->carries, &rr->head, w->pack);
        }
    }
}

static const char *on_resolve(struct build *b, const struct facet_work *w, const struct raw_then *rt) {
    const char *on = rt->on ? rt->on : "in_force";
    if (name_index("in_force|submitted|closed|returned|rejected|void", on))
        return on;
    if (strncmp(on, "set ", 4) == 0) {
        const struct field *fd = field_find(w->form, w->pack, on + 4);
        if (fd)
            return mem_fmt(b->mem, "set %s", fd->path);
    }
    const char *key = stage_find(w, on);
    if (!key)
        problem_add(b->problems, member_pos(&rt->head, "on"), MSG("pack.then.on"), on, NULL, NULL);
    return key;
}

static void then_compile(struct build *b, struct form *f) {
    size_t n = 1;
    for (size_t k = 0; k < b->work.n; k++)
        n += b->work.v[k].form == f ? b->work.v[k].raw_form->then.n : 0;
    f->then = mem_array(b->mem, struct then, n);
    for (size_t k = 0; k < b->work.n; k++) {
        const struct facet_work *w = &b->work.v[k];
        if (w->form != f)
            continue;
        RAW_EACH(raw_then, rt, w->raw_form->then) {
            if (!rt->id || !rt->by.set)
                continue;
            struct then *t = &f->then[f->then_n++];
            *t = (struct then){.id = rt->id, .key = element_key(b, w->pack, rt->id, rt->head.pos), .label = rt->task, .label_en = rt->task_en,
                               .pos = rt->head.pos, .pack = w->pack, .on = on_resolve(b, w, rt), .when = guarded(b, w, rt->when), .by = rt->by.who,
                               .due = compile(b, w, rt->due, -1), .done = compile(b, w, rt->done, CT_BOOL), .follows = rt->follows, .carries = rt->carries};
            who_resolve(b, w->pack, f, &t->by);
            if (t->due && t->due->type != CT_DATE && t->due->type != CT_TIME)
                problem_add(b->problems, member_pos(&rt->head, "due"), MSG("pack.then.due"), rt->id, NULL, NULL);
            if (t->follows && (!t->when || !text_eq(t->on, "in_force")))
                problem_add(b->problems, member_pos(&rt->head, "follows"), MSG("pack.then.follows"), rt->id, NULL, NULL);
            const struct form *make = form_find(b, rt->make);
            t->make = make ? make->ident : NULL;
            if (rt->make && (!make || !pack_knows(b, w->pack, make->pack)))
                problem_add(b->problems, member_pos(&rt->head, "make"), MSG("pack.form.unknown"), rt->make, NULL, NULL);
            carries_check(b, &rt->carries, &rt->head, w->pack);
        }
    }
}

/* ---- routes ---- */
/* crosswalk 7.1: person, department, security or privacy post, top, client. */
static int step_rank(const struct build *b, const struct step *s) {
    const struct role *r = s->by.role ? pack_role(b->set, s->by.role) : NULL;
    switch (s->by.kind) {
    case WHO_APPLICANT: case WHO_FIELD: return 0;
    case WHO_HEAD_OF: case WHO_HOLDER_IN: return 1;
    case WHO_OUTSIDE: return 4;
    case WHO_ANY: case WHO_ALL: case WHO_ROLE: break;
    }
    if (r && (text_eq(r->id, "representative_director") || text_eq(r->is, "representative_director") || text_eq(r->id, r->pack->top_post)))
        return 3;
    return r && (r->unit || r->derived_head) ? 1 : 2;
}

struct queue { struct step *step; size_t n, at; };

static void route_merge(const struct build *b, struct form *f, struct queue *q, size_t n) {
    for (;;) {
        struct queue *best = NULL;
        int best_rank = 0;
        for (size_t i = 0; i < n; i++) {
            if (q[i].at == q[i].n)
                continue;
            const struct step *s = &q[i].step[q[i].at];
            int rank = step_rank(b, s) * 4 + (int)s->kind;
            if (!best || rank < best_rank) {
                best = &q[i];
                best_rank = rank;
            }
        }
        if (!best)
            return;
        f->step[f->step_n++] = best->step[best->at++];
    }
}

static void step_declare(struct build *b, const struct facet_work *w, const struct raw_step *rs, struct step *s) {
    *s = (struct step){.id = rs->id, .key = mem_fmt(b->mem, "%s:%s", w->pack->id, rs->id), .label = rs->label, .label_en = rs->label_en,
                       .pos = rs->head.pos, .pack = w->pack, .kind = rs->kind ? (enum step_kind)(rs->kind - 1) : STEP_APPROVE, .by = rs->by.who,
                       .need = rs->n.set ? (int)rs->n.v : 1, .distinct = rs->distinct, .carries = rs->carries,
                       .article = article_check(b, w->pack, rs->article, member_pos(&rs->head, "article"))};
    if (rs->n.set && (rs->n.v < 1 || rs->n.v > 20))
        problem_add(b->problems, member_pos(&rs->head, "n"), MSG("pack.step.n"), rs->id, NULL, NULL);
    who_resolve(b, w->pack, w->form, &s->by);
    carries_check(b, &rs->carries, &rs->head, w->pack);
}

static void route_declare(struct build *b, struct form *f) {
    struct queue *q = mem_array(b->mem, struct queue, b->work.n + 1);
    size_t n = 0, steps = 0;
    for (size_t k = 0; k < b->work.n; k++) {
        const struct facet_work *w = &b->work.v[k];
        if (w->form != f || !w->raw_form->route.n)
            continue;
        q[n].step = mem_array(b->mem, struct step, w->raw_form->route.n);
        RAW_EACH(raw_step, rs, w->raw_form->route) {
            if (!rs->id || !rs->by.set)
                continue;
            for (size_t i = 0; i <= n; i++)
                for (size_t j = 0; j < q[i].n; j++)
                    if (text_eq(q[i].step[j].id, rs->id) && q[i].step[j].pack == w->pack)
                        problem_add(b->problems, rs->head.pos, MSG("pack.step.duplicate"), rs->id, NULL, NULL);
            step_declare(b, w, rs, &q[n].step[q[n].n++]);
        }
        steps += q[n++].n;
    }
    f->step = mem_array(b->mem, struct step, steps ? steps : 1);
    route_merge(b, f, q, n);
}

static void route_compile(struct build *b, const struct facet_work *w) {
    RAW_EACH(raw_step, rs, w->raw_form->route)
        for (size_t i = 0; i < w->form->step_n; i++) {
            struct step *s = &w->form->step[i];
            if (s->pack == w->pack && text_eq(s->id, rs->id) && s->pos.line == rs->head.pos.line && s->pos.file == rs->head.pos.file)
                s->when = guarded(b, w, rs->when);
        }
}

/* A form may stand without approval when every facet that has a route and applies says so. */
static void no_approval_combine(struct build *b, struct form *f) {
    bool possible = true;
    struct cond *all = NULL;
    for (size_t k = 0; k < b->work.n; k++) {
        struct facet_work *w = &b->work.v[k];
        const struct raw_no_approval *na = &w->raw_form->no_approval;
        if (w->form != f || (!w->raw_form->route.n && !na->head.node))
            continue;
        struct cond *c = na->when ? compile(b, w, na->when, CT_BOOL) : NULL;
        if (c && w->applies)
            c = cond_join(b->mem, cond_negate(b->mem, w->applies), true, c);
        else if (!c && w->applies)
            c = cond_negate(b->mem, w->applies);
        possible = possible && c != NULL;
        all = cond_join(b->mem, all, false, c);
        if (na->because && !f->no_approval.because)
            f->no_approval.because = na->because;
        carries_add(b->mem, &f->no_approval.carries, &na->carries);
        if (na->head.node)
            carries_check(b, &na->carries, &na->head, w->pack);
    }
    f->no_approval.set = possible && all;
    if (f->no_approval.set && !f->no_approval.because)
        f->no_approval.because = msg_text(LANG_JA, MSG("pack.no-approval.facet"));
    f->no_approval.when = f->no_approval.set ? all : NULL;
}

void forms_compile(struct build *b) {
    for (size_t i = 0; i < b->set->form_n; i++)
        route_declare(b, &b->set->form[i]);
    for (size_t k = 0; k < b->work.n; k++) {
        struct facet_work *w = &b->work.v[k];
        bool always = !w->raw_form->applies || text_eq(w->raw_form->applies->text, "true");
        w->applies = always || w->root ? NULL : compile(b, w, w->raw_form->applies, CT_BOOL);
        if (w->facet)
            w->facet->applies = w->applies;
    }
    for (size_t i = 0; i < b->set->form_n; i++) {
        struct map *seen = map_new(b->mem);
        for (size_t k = 0; k < b->work.n; k++) {
            const struct facet_work *w = &b->work.v[k];
            if (w->form != &b->set->form[i])
                continue;
            RAW_EACH(raw_field, rf, w->raw_form->fields)
                field_compile(b, w, rf, seen);
            RAW_EACH(raw_field, rv, w->raw_form->values)
                field_compile(b, w, rv, seen);
            RAW_EACH(raw_field, rx, w->raw_form->fields)
                if (rx->refine && !rx->id)
                    refine_apply(b, w, rx);
            route_compile(b, w);
        }
        rules_compile(b, &b->set->form[i]);
        then_compile(b, &b->set->form[i]);
        no_approval_combine(b, &b->set->form[i]);
    }
}
