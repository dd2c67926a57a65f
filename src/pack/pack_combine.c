/* pack_combine: pack_load. Reads core and the adopted packs (and what they require), builds one set: references, conditions, facets
 * over core forms (names, numbers, retention: longest floor, shortest ceiling), settings (the strictest of those that are the same). */
#include "pack/pack_int.h"
#include <string.h>

VEC_TYPE(raw_vec, struct raw);

static bool have(const struct raw_vec *v, const char *id) {
    for (size_t i = 0; i < v->n; i++)
        if (text_eq(v->v[i].id, id))
            return true;
    return false;
}

MUST static enum rc read_with_required(TALLOC_CTX *mem, const char *dir, const char *id, struct raw_vec *all, struct problem_vec *problems,
                                       struct err *e) {
    if (have(all, id))
        return RC_OK;
    struct raw r;
    TRY(raw_read(mem, dir, id, &r, problems, e));
    *vec_push(all) = r;                        /* before what it requires: packs may require each other */
    const char **req = r.pack.requires.v;
    for (size_t i = 0; i < r.pack.requires.n; i++) {
        if (!text_is_ident(req[i]) || !file_exists(file_join(mem, file_join(mem, dir, req[i]), "pack.yaml")))
            problem_add(problems, member_pos(&r.pack.head, "requires"), MSG("pack.requires"), req[i], NULL, NULL);
        else
            TRY(read_with_required(mem, dir, req[i], all, problems, e));
    }
    return RC_OK;
}

static void pack_fill(TALLOC_CTX *mem, const struct raw *r, struct pack *p) {
    static const char *const separation[] = {"never", "never", "waiver", "countersign"};
    (void)mem;
    *p = (struct pack){.id = r->id, .title = r->pack.title, .title_en = r->pack.title_en, .version = r->pack.version, .source = r->pack.source,
                       .dir = r->dir, .requires = r->pack.requires.v, .requires_n = r->pack.requires.n,
                       .separation = separation[r->pack.separation], .countersign_days = r->pack.countersign_days.set ? (int)r->pack.countersign_days.v : 7};
}

/* ---- settings ---- */
VEC_TYPE(effective_vec, struct effective);
VEC_TYPE(setting_vec, struct setting);

static const char *given(const struct setting *s, size_t n, const char *key) {
    for (size_t i = 0; i < n; i++)
        if (text_eq(s[i].key, key))
            return s[i].value;
    return NULL;
}

/* -1, 0, 1: a is less, equally, more strict than b. */
static int stricter(enum stricter way, const char *a, const char *b) {
    int64_t x, y;
    if (way == STRICT_NONE || !a || !b || !pack_figure(a, &x) || !pack_figure(b, &y) || x == y)
        return 0;
    return (x < y) == (way == STRICT_MIN) ? 1 : -1;
}

static enum stricter way_of(const struct pack_set *s, const struct param *p) {
    const struct pack *core = &s->pack[0];
    for (size_t i = 0; p->is && p->stricter == STRICT_NONE && i < core->param_n; i++)
        if (text_eq(core->param[i].id, p->is))
            return core->param[i].stricter;
    return p->stricter;
}

bool pack_weaker(const struct pack_set *s, const struct param *p, const char *value) {
    return p->stated && stricter(way_of(s, p), value, p->dflt) < 0;
}

/* The figure that counts for one parameter by itself: the adopter's, but never weaker than what the source states. */
static const char *own_value(struct build *b, const struct param *p, const char *key, const struct setting *s, size_t n) {
    const char *v = given(s, n, key);
    if (!v && p->is)
        v = given(s, n, mem_fmt(b->mem, "core.%s", p->is));
    if (pack_weaker(b->set, p, v)) {
        problem_warn(b->problems, p->pos, MSG("pack.setting.weaker"), p->label, v, p->dflt);
        return p->dflt;
    }
    return v ? v : p->dflt;
}

static void params_effective(struct build *b, const struct setting *s, size_t n, struct effective_vec *eff, struct setting_vec *own) {
    struct map *at = map_new(b->mem);          /* core group -> 1 + index of the strictest so far */
    size_t first = eff->n;
    for (size_t i = 0; i < b->set->pack_n; i++) {
        const struct pack *p = &b->set->pack[i];
        for (size_t k = 0; k < p->param_n; k++) {
            const char *key = mem_fmt(b->mem, "%s.%s", p->id, p->param[k].id);
            const char *v = own_value(b, &p->param[k], key, s, n);
            *vec_push(eff) = (struct effective){key, v, key, p->param[k].article};
            *vec_push(own) = (struct setting){key, v};
        }
    }
    for (int round = 0; round < 2; round++) {
        size_t e = first;
        for (size_t i = 0; i < b->set->pack_n; i++) {
            const struct pack *p = &b->set->pack[i];
            for (size_t k = 0; k < p->param_n; k++, e++) {
                const struct param *pa = &p->param[k];
                const char *group = pa->is ? pa->is : i == 0 ? pa->id : NULL;
                size_t *best = group ? map_get(at, group) : NULL;
                if (!group)
                    continue;
                if (!best) {
                    best = mem_new(b->mem, size_t);
                    *best = e;
                    map_set(at, group, best);
                }
                const struct effective *have_now = &eff->v[*best];
                bool better = stricter(way_of(b->set, pa), eff->v[e].value, have_now->value) > 0 || (!have_now->value && eff->v[e].value);
                if (round == 0 && better)
                    *best = e;
                else if (round == 1)
                    eff->v[e] = (struct effective){eff->v[e].key, have_now->value, have_now->from_key, have_now->article};
            }
        }
    }
}

static void choices_effective(struct build *b, const struct setting *s, size_t n, struct effective_vec *eff, struct setting_vec *own) {
    for (size_t i = 0; i < b->set->pack_n; i++) {
        const struct pack *p = &b->set->pack[i];
        for (size_t k = 0; k < p->choice_n; k++) {
            const struct choice *c = &p->choice[k];
            const char *key = mem_fmt(b->mem, "%s.%s", p->id, c->id);
            const char *core = c->is ? mem_fmt(b->mem, "core.%s", c->is) : NULL;
            const char *v = core ? given(s, n, core) : NULL;
            const char *from = v ? core : key;
            if (!v)
                v = given(s, n, key);
            *vec_push(eff) = (struct effective){key, v ? v : c->dflt, from, c->article};
            *vec_push(own) = (struct setting){key, v ? v : c->dflt};
        }
    }
}

static void settings_build(struct build *b, const struct setting *s, size_t n) {
    struct effective_vec eff = VEC_INIT(b->mem);
    struct setting_vec own = VEC_INIT(b->mem);
    params_effective(b, s, n, &eff, &own);
    choices_effective(b, s, n, &eff, &own);
    b->set->effective = eff.v;
    b->set->effective_n = eff.n;
    b->set->setting = own.v;
    b->set->setting_n = own.n;
}

/* ---- what a form takes from its facets ---- */
static const char *const categories[] = {NULL, "register", "application", "record", "report", "plan", "checklist", "certificate", "notice", "contract"};
static const char *const rooms[] = {NULL, "registers", "applications", "incidents", "education", "audit", "vendors", "rights", "documents", "settings"};
static const char *const closings[] = {NULL, "manual", "filled", "never"};

static const char *template_check(struct build *b, const struct facet_work *w, const char *text, const char *word, const char *builtin) {
    struct str s = str_of(text);
    const char *at = s.p;
    struct buf *out = buf_new(b->mem, 4096);
    while (text && (at = strchr(at, '{'))) {
        const char *end = strchr(at, '}');
        const char *name = end ? mem_strndup(b->mem, at + 1, (size_t)(end - at) - 1) : "";
        const struct field *fd = builtin ? NULL : field_find(w->form, w->pack, name);
        bool seq = builtin && strncmp(name, "seq", 3) == 0 && (!name[3] || (name[3] == ':' && name[4] >= '1' && name[4] <= '9' && !name[5]));
        if (!fd && !seq && !name_index(builtin ? builtin : "number|made_by|happened_on|department", name))
            problem_add(b->problems, member_pos(&w->raw_form->head, word), MSG("pack.form.template"), name, w->form->id, NULL);
        buf_put(out, s.p, (size_t)(at - s.p));
        buf_fmt(out, "{%s}", fd ? fd->path : name);
        if (!end)
            return text;
        s.p = at = end + 1;
    }
    if (text)
        buf_puts(out, s.p);
    return text ? out->p : NULL;
}

static void keep_join(struct form *f, const struct keep *k) {
    struct keep *to = &f->keep;
    static const char order[] = "made|in_force|closed";
    if (!k->from)
        return;
    if (!to->from || (name_index(order, k->from) > name_index(order, to->from) && name_index(order, to->from)))
        to->from = k->from;
    if (k->floor_months > to->floor_months)
        to->floor_months = k->floor_months;
    if (k->ceiling_months && (!to->ceiling_months || k->ceiling_months < to->ceiling_months))
        to->ceiling_months = k->ceiling_months;
    if (!to->note)
        to->note = k->note;
}

static struct keep keep_of(struct build *b, const struct facet_work *w) {
    const struct raw_keep *rk = &w->raw_form->keep;
    struct keep k = {.from = rk->from, .floor_months = (int)rk->floor.v, .ceiling_months = (int)rk->ceiling.v, .note = rk->note};
    if (k.ceiling_months && k.ceiling_months < k.floor_months)
        problem_add(b->problems, rk->head.pos, MSG("pack.keep.order"), NULL, NULL, NULL);
    if (!rk->from || name_index("closed|in_force|made", rk->from))
        return k;
    const struct field *fd = field_find(w->form, w->pack, rk->from);
    if (!fd || (fd->type != FT_DATE && fd->type != FT_DATETIME))
        problem_add(b->problems, member_pos(&rk->head, "from"), MSG("pack.keep.from"), rk->from, NULL, NULL);
    else
        k.from = fd->path;
    return k;
}

static bool personal(const struct form *f) {
    for (size_t i = 0; i < f->field_n; i++) {
        if (f->field[i].personal || f->field[i].type == FT_PERSON)
            return true;
        for (size_t k = 0; k < f->field[i].cols_n; k++)
            if (f->field[i].cols[k].personal || f->field[i].cols[k].type == FT_PERSON)
                return true;
    }
    return false;
}

static void makers_add(struct build *b, const struct facet_work *w, struct form *f) {
    const struct raw_list *l = &w->raw_form->make;
    struct who *v = mem_array(b->mem, struct who, f->make_n + l->n + 1);
    if (f->make_n)
        memcpy(v, f->make, f->make_n * sizeof(*v));
    for (size_t i = 0; i < l->n; i++) {
        v[f->make_n] = ((struct who *)l->v)[i];
        who_resolve(b, w->pack, f, &v[f->make_n++]);
    }
    f->make = v;
}

static void facet_fill(struct build *b, const struct facet_work *w) {
    const struct raw_form *rf = w->raw_form;
    struct form *f = w->form;
    struct keep keep = keep_of(b, w);
    const char *number = template_check(b, w, rf->number, "number", "fy|seq"), *title = template_check(b, w, rf->title, "title", NULL);
    const char *article = article_check(b, w->pack, rf->article, member_pos(&rf->head, "article"));
    if (w->facet)
        *w->facet = (struct facet){.pack = w->pack, .form_id = rf->form, .name = rf->name, .name_en = rf->name_en, .article = article,
                                   .category = categories[rf->category], .applies = w->applies, .pos = rf->head.pos, .number = number, .keep = keep};
    if (w->root || (f->facet_n == 1 && !text_eq(f->pack->id, w->pack->id))) {
        f->name = rf->name;
        f->name_en = rf->name_en;
        f->number = number ? number : f->number;
    }
    f->article = w->root ? article : f->article;
    f->number = f->number ? f->number : number;
    f->title = f->title ? f->title : title;
    f->category = f->category ? f->category : categories[rf->category];
    f->room = f->room ? f->room : rooms[rf->room];
    f->closes = f->closes ? f->closes : closings[rf->closes];
    f->proof = f->proof || rf->proof;
    f->tasks_first = f->tasks_first || rf->tasks_first;
    if (rf->kind && w->root)
        f->kind = (enum form_kind)(rf->kind - 1);
    if (rf->grace.set && (!f->grace_days || rf->grace.v < f->grace_days))
        f->grace_days = (int)rf->grace.v;
    if (rf->department && !f->department) {
        const struct field *fd = field_find(f, w->pack, rf->department);
        f->department = fd ? fd->path : NULL;
        if (!fd || fd->type != FT_DEPARTMENT)
            problem_add(b->problems, member_pos(&rf->head, "department"), MSG("pack.form.department"), rf->department, NULL, NULL);
    }
    keep_join(f, &keep);
    makers_add(b, w, f);
    carries_add(b->mem, &f->carries, &rf->carries);
    carries_check(b, &rf->carries, &rf->head, w->pack);
}

/* Core decides who sees its records; without its word the narrowest facet does. */
static void see_fill(struct build *b, struct form *f) {
    int see = 0;
    for (size_t k = 0; k < b->work.n; k++)
        if (b->work.v[k].form == f && b->work.v[k].raw_form->see > see)
            see = b->work.v[k].raw_form->see;
    for (size_t k = 0; k < b->work.n; k++)
        if (b->work.v[k].form == f && b->work.v[k].root && b->work.v[k].raw_form->see)
            see = b->work.v[k].raw_form->see;
    f->see = see ? (enum form_see)(see - 1) : SEE_DEPARTMENT;
}

static void book_fill(struct build *b, const struct facet_work *w) {
    const struct form *of = form_find(b, w->raw_form->book_of);
    if (w->raw_form->book_of && !of)
        problem_add(b->problems, member_pos(&w->raw_form->head, "book_of"), MSG("pack.form.unknown"), w->raw_form->book_of, NULL, NULL);
    if (of && !w->form->book_of)
        w->form->book_of = of->ident;
    if (w->root && w->form->kind == FORM_LOG && w->raw_form->route.n)
        problem_add(b->problems, member_pos(&w->raw_form->head, "route"), MSG("pack.form.log-route"), w->form->id, NULL, NULL);
}

static void forms_finish(struct build *b) {
    for (size_t k = 0; k < b->work.n; k++) {
        facet_fill(b, &b->work.v[k]);
        book_fill(b, &b->work.v[k]);
    }
    for (size_t i = 0; i < b->set->form_n; i++) {
        struct form *f = &b->set->form[i];
        see_fill(b, f);
        f->category = f->category ? f->category : "register";
        f->room = f->room ? f->room : text_eq(f->category, "application") ? "applications" : "registers";
        f->closes = f->closes ? f->closes : text_eq(f->category, "register") ? "never" : "manual";
        if (f->keep.ceiling_months && f->keep.ceiling_months < f->keep.floor_months && personal(f))
            f->keep.floor_months = f->keep.ceiling_months;
        else if (f->keep.ceiling_months && f->keep.ceiling_months < f->keep.floor_months)
            f->keep.ceiling_months = f->keep.floor_months;
    }
}

/* ---- the set ---- */
static void set_build(struct build *b, const struct setting *setting, size_t setting_n) {
    duties_build(b);
    settings_build(b, setting, setting_n);
    forms_declare(b);
    forms_compile(b);
    forms_finish(b);
    checks_build(b);
    lint_set(b);
}

static int place(const struct problem *a, const struct problem *b) {
    int d = strcmp(a->pos.file, b->pos.file);
    if (d)
        return d;
    return a->pos.line != b->pos.line ? a->pos.line - b->pos.line : a->pos.col - b->pos.col;
}

/* By file and place; at most 500 of them. */
static void problems_sort(struct problem_vec *v) {
    for (size_t i = 1; i < v->n; i++) {
        struct problem p = v->v[i];
        size_t k = i;
        for (; k > 0 && place(&v->v[k - 1], &p) > 0; k--)
            v->v[k] = v->v[k - 1];
        v->v[k] = p;
    }
}

enum rc pack_load(TALLOC_CTX *mem, const char *packs_dir, const char *const *adopt, size_t adopt_n, const struct setting *setting,
                  size_t setting_n, struct pack_set **ret_set, struct problem_vec *ret_problems, struct err *e) {
    struct pack_set *set = mem_new(mem, struct pack_set);
    struct raw_vec all = VEC_INIT(set);
    *ret_set = NULL;
    *ret_problems = (struct problem_vec)VEC_INIT(mem);
    TRY(read_with_required(set, packs_dir, "core", &all, ret_problems, e));
    for (size_t i = 0; i < adopt_n; i++)
        TRY(read_with_required(set, packs_dir, adopt[i], &all, ret_problems, e));
    bool broken = false;
    set->pack = mem_array(set, struct pack, all.n);
    for (size_t i = 0; i < all.n; i++) {
        pack_fill(set, &all.v[i], &set->pack[set->pack_n++]);
        broken = broken || all.v[i].broken;
    }
    if (!broken) {
        struct build b = {.mem = set, .set = set, .raw = all.v, .raw_n = all.n, .lists = VEC_INIT(set), .work = VEC_INIT(set),
                          .form_by_name = map_new(set), .duty_by_key = map_new(set), .role_by_key = map_new(set), .carried = map_new(set),
                          .problems = ret_problems, .element = map_new(set)};
        set_build(&b, setting, setting_n);
    }
    problems_sort(ret_problems);
    if (problem_errors(ret_problems)) {
        for (size_t i = 0; i < ret_problems->n; i++) {        /* file names and texts outlive the set */
            ret_problems->v[i].pos.file = mem_strdup(mem, ret_problems->v[i].pos.file);
            ret_problems->v[i].text = mem_strdup(mem, ret_problems->v[i].text);
        }
        talloc_free(set);
        return RC_OK;
    }
    *ret_set = set;
    return RC_OK;
}
