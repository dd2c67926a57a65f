/* pack_duty: the regulation level of a set: roles, settings, articles and duties (before the forms, which name them), then checks,
 * schedules, declarations and text (after the forms, which they name). Resolves who, role, article and duty references. */
#include "cal/cal.h"
#include "pack/pack_int.h"
#include <string.h>

/* ---- references ---- */
const struct role *role_find(struct build *b, const struct pack *p, const char *id) {
    const struct role *found = NULL;
    for (size_t i = 0; i < b->set->role_n; i++) {
        const struct role *r = &b->set->role[i];
        if (!text_eq(r->id, id) || !pack_knows(b, p, r->pack))
            continue;
        if (r->pack == p)
            return r;
        found = r;
    }
    return found;
}

static const char *role_near(struct build *b, const struct pack *p, const char *id) {
    const char **names = mem_array(b->mem, const char *, b->set->role_n + 1);
    size_t n = 0;
    for (size_t i = 0; i < b->set->role_n; i++)
        if (pack_knows(b, p, b->set->role[i].pack))
            names[n++] = b->set->role[i].id;
    return name_near(b->mem, names, n, id);
}

static const struct role *role_need(struct build *b, const struct pack *p, const char *id, struct pos pos) {
    const struct role *r = role_find(b, p, id);
    const char *near = r ? NULL : role_near(b, p, id);
    if (!r)
        problem_add(b->problems, pos, near ? MSG("pack.role.unknown-near") : MSG("pack.role.unknown"), id, near, NULL);
    return r;
}

const char *article_check(struct build *b, const struct pack *p, const char *article, struct pos pos) {
    if (!article || !p->article_n)
        return article;
    for (size_t i = 0; i < p->article_n; i++)
        if (text_eq(p->article[i].id, article))
            return article;
    problem_add(b->problems, pos, MSG("pack.article.unknown"), article, p->id, NULL);
    return article;
}

void carries_check(struct build *b, const struct carries *c, const struct raw_head *at, const struct pack *p) {
    struct pos pos = member_pos(at, "carries");
    const struct ynode *list = yaml_get(at->node, "carries");
    for (size_t i = 0; i < c->n; i++) {
        const struct duty *d = map_get(b->duty_by_key, c->duty[i]);
        struct pos here = list && list->kind == Y_SEQ && i < list->n ? list->item[i]->in : pos;
        if (!d || d->pack != p)
            problem_add(b->problems, here, MSG("pack.duty.unknown"), c->duty[i], p->id, NULL);
        else
            map_set(b->carried, c->duty[i], b);
    }
    if (c->n > 3)
        problem_warn(b->problems, pos, MSG("pack.duty.many"), NULL, NULL, NULL);
}

/* "sme:medium-encrypted": one element of a pack; ids of rules, then, checks, schedules, declarations share one space. */
char *element_key(struct build *b, const struct pack *p, const char *id, struct pos pos) {
    char *key = mem_fmt(b->mem, "%s:%s", p->id, id);
    if (map_get(b->element, key))
        problem_add(b->problems, pos, MSG("pack.element.duplicate"), id, NULL, NULL);
    map_set(b->element, key, b);
    return key;
}

static bool who_type_ok(enum who_kind kind, enum ftype t) {
    switch (kind) {
    case WHO_HEAD_OF: return t == FT_DEPARTMENT || t == FT_PERSON;
    case WHO_HOLDER_IN: return t == FT_DEPARTMENT;
    case WHO_FIELD: return t == FT_PERSON || t == FT_ROLE;
    case WHO_OUTSIDE: return true;
    case WHO_APPLICANT: case WHO_ROLE: case WHO_ANY: case WHO_ALL: break;
    }
    return false;
}

static bool in_table(struct build *b, const struct pack *p, const struct form *f, const char *path, const char *dot) {
    const struct field *up = field_find(f, p, mem_strndup(b->mem, path, (size_t)(dot - path)));
    return up && up->type == FT_TABLE;
}

/* A path of a who: a field, or a field of the record that a reference points to. */
static const char *who_path(struct build *b, const struct pack *p, const struct form *f, const struct who *w) {
    const char *dot = strrchr(w->path, '.');
    const struct field *fd = f ? field_find(f, p, w->path) : NULL;
    if (text_eq(w->path, "department") && w->kind != WHO_FIELD)
        return w->path;
    if (text_eq(w->path, "made_by") && (w->kind == WHO_FIELD || w->kind == WHO_HEAD_OF))
        return w->path;
    if (fd && dot && in_table(b, p, f, w->path, dot))
        fd = NULL;                                       /* a column has many values: nobody would be found */
    else if (fd && who_type_ok(w->kind, fd->type))
        return fd->path;
    if (!fd && f && dot) {
        const struct field *ref = field_find(f, p, mem_strndup(b->mem, w->path, (size_t)(dot - w->path)));
        const struct field *far = ref && ref->ref ? field_find(ref->ref, p, dot + 1) : NULL;
        if (far && who_type_ok(w->kind, far->type))
            return mem_fmt(b->mem, "%s.%s", ref->path, far->path);
        if (ref && ref->ref && text_eq(dot + 1, "department") && w->kind != WHO_FIELD)
            return mem_fmt(b->mem, "%s.department", ref->path);
    }
    problem_add(b->problems, w->pos, fd ? MSG("pack.who.type") : MSG("pack.who.path"), w->path, NULL, NULL);
    return w->path;
}

struct who *who_resolve(struct build *b, const struct pack *p, const struct form *f, struct who *w) {
    if (w->role) {
        const struct role *r = role_need(b, p, w->role, w->pos);
        w->role = r ? r->key : w->role;
    }
    if (w->path)
        w->path = who_path(b, p, f, w);
    for (size_t i = 0; i < w->sub_n; i++)
        who_resolve(b, p, f, &w->sub[i]);
    return w;
}

/* ---- roles ---- */
static void roles_build(struct build *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->raw_n; i++)
        n += b->raw[i].roles.n;
    b->set->role = mem_array(b->mem, struct role, n ? n : 1);
    for (size_t i = 0; i < b->raw_n; i++) {
        struct pack *p = &b->set->pack[i];
        p->role = b->set->role + b->set->role_n;
        RAW_EACH(raw_role, rr, b->raw[i].roles) {
            if (!rr->id || !rr->name)
                continue;
            const struct role *was = role_find(b, p, rr->id);
            if (was && was->pack == p)
                problem_add(b->problems, rr->head.pos, MSG("pack.role.duplicate"), rr->id, NULL, NULL);
            b->set->role[b->set->role_n++] = (struct role){.id = rr->id, .key = mem_fmt(b->mem, "%s:%s", p->id, rr->id), .name = rr->name,
                .name_en = rr->name_en, .pack = p, .pos = rr->head.pos, .is = rr->is, .summary = rr->summary, .unit = rr->per == 1,
                .derived_head = rr->head_of_department, .everyone = rr->everyone, .optional = rr->optional, .sees_all = rr->sees_all, .carries = rr->carries};
            p->role_n++;
        }
    }
}

static void role_exclusions(struct build *b, const struct pack *p, const struct raw_role *rr, struct role *r, const struct role *core) {
    r->exclusive = mem_array(b->mem, struct exclusion, rr->exclusive.n + 1);
    RAW_EACH(raw_exclusion, x, rr->exclusive) {
        struct pos pos = member_pos(&x->head, "role");
        const struct role *other = x->role ? role_need(b, p, x->role, pos) : NULL;
        if (!other)
            continue;
        r->exclusive[r->exclusive_n++] = (struct exclusion){other->key, article_check(b, p, x->article, member_pos(&x->head, "article"))};
        if (other == r || other->everyone || other == core)
            problem_add(b->problems, pos, MSG("pack.role.nobody"), r->id, NULL, NULL);
    }
}

static const struct role *role_core(const struct build *b, const char *id) {
    for (size_t i = 0; id && i < b->set->role_n; i++)
        if (text_eq(b->set->role[i].id, id) && text_eq(b->set->role[i].pack->id, "core"))
            return &b->set->role[i];
    return NULL;
}

static void role_link(struct build *b, const struct pack *p, const struct raw_role *rr, struct role *r) {
    const struct role *core = role_core(b, rr->is);
    if (rr->is && (!core || core == r))
        problem_add(b->problems, member_pos(&rr->head, "is"), MSG("pack.role.is"), rr->is, NULL, NULL);
    role_exclusions(b, p, rr, r, core);
    const struct role *above = rr->under ? role_need(b, p, rr->under, member_pos(&rr->head, "under")) : NULL;
    r->under = above ? above->key : NULL;
    carries_check(b, &rr->carries, &rr->head, p);
}

/* Nobody stands above themselves: walked up through the posts as they are in this set, where several regulations may name one. */
static void role_tree(struct build *b, const struct raw_role *rr, const struct role *r) {
    const struct role *above = r->under ? pack_role_above(b->set, r) : NULL, *mine = pack_role_base(b->set, r);
    const char *way = r->name;
    for (size_t i = 0; above && i <= b->set->role_n; i++) {
        way = mem_fmt(b->mem, "%s → %s", way, above->name);
        if (above == mine) {
            problem_add(b->problems, member_pos(&rr->head, "under"), MSG("pack.role.loop"), r->id, way, NULL);
            return;
        }
        above = pack_role_above(b->set, above);
    }
}

static void roles_link(struct build *b) {
    for (size_t i = 0; i < b->raw_n; i++) {
        struct pack *p = &b->set->pack[i];
        size_t k = 0;
        RAW_EACH(raw_role, rr, b->raw[i].roles)
            if (rr->id && rr->name)
                role_link(b, p, rr, &p->role[k++]);
        const char *top = b->raw[i].pack.top_post;
        const struct role *r = top ? role_need(b, p, top, member_pos(&b->raw[i].pack.head, "top_post")) : NULL;
        p->top_post = r ? r->key : NULL;
    }
    for (size_t i = 0; i < b->raw_n; i++) {
        size_t k = 0;
        RAW_EACH(raw_role, rr, b->raw[i].roles)
            if (rr->id && rr->name)
                role_tree(b, rr, &b->set->pack[i].role[k++]);
    }
}

/* ---- settings ---- */
static void params_build(struct build *b, const struct raw *raw, struct pack *p) {
    p->param = mem_array(b->mem, struct param, raw->params.n + 1);
    RAW_EACH(raw_param, rp, raw->params) {
        if (!rp->id || !rp->type)
            continue;
        for (size_t i = 0; i < p->param_n; i++)
            if (text_eq(p->param[i].id, rp->id))
                problem_add(b->problems, rp->head.pos, MSG("pack.setting.duplicate"), rp->id, NULL, NULL);
        p->param[p->param_n++] = (struct param){.id = rp->id, .label = rp->label, .label_en = rp->label_en, .pack = p, .pos = rp->head.pos,
            .type = (enum ftype)(rp->type - 1), .dflt = rp->dflt, .stricter = (enum stricter)rp->stricter, .is = rp->is, .stated = rp->stated,
            .many = rp->many, .note = rp->note, .carries = rp->carries,
            .article = article_check(b, p, rp->article, member_pos(&rp->head, "article"))};
    }
}

static bool option_has(const struct choice *c, struct str id) {
    for (size_t i = 0; i < c->n; i++)
        if (str_is(id, c->opt[i].id))
            return true;
    return false;
}

static void choices_build(struct build *b, const struct raw *raw, struct pack *p) {
    p->choice = mem_array(b->mem, struct choice, raw->choices.n + 1);
    RAW_EACH(raw_choice, rc, raw->choices) {
        if (!rc->id)
            continue;
        for (size_t i = 0; i < p->choice_n; i++)
            if (text_eq(p->choice[i].id, rc->id))
                problem_add(b->problems, rc->head.pos, MSG("pack.setting.duplicate"), rc->id, NULL, NULL);
        const struct choice_set *s = options_build(b, &rc->options, rc->id, false);
        struct choice *c = &p->choice[p->choice_n++];
        *c = (struct choice){.id = rc->id, .label = rc->label, .label_en = rc->label_en, .note = rc->note, .pack = p, .pos = rc->head.pos,
            .opt = s->opt, .n = s->n, .many = rc->many, .dflt = rc->dflt, .is = rc->is, .carries = rc->carries,
            .article = article_check(b, p, rc->article, member_pos(&rc->head, "article"))};
        struct str rest = str_of(rc->dflt), part;
        size_t picked = 0;
        while (str_next(&rest, ' ', &part)) {
            if (!part.n)
                continue;
            picked++;
            if (!option_has(c, part))
                problem_add(b->problems, member_pos(&rc->head, "default"), MSG("pack.choice.default"), str_dup(b->mem, part), rc->id, NULL);
        }
        if (picked > 1 && !c->many)
            problem_add(b->problems, member_pos(&rc->head, "default"), MSG("pack.choice.one"), rc->id, NULL, NULL);
    }
}

static const struct param *param_of(const struct pack *p, const char *id) {
    for (size_t i = 0; i < p->param_n; i++)
        if (text_eq(p->param[i].id, id))
            return &p->param[i];
    return NULL;
}

static const struct choice *choice_of(const struct pack *p, const char *id) {
    for (size_t i = 0; i < p->choice_n; i++)
        if (text_eq(p->choice[i].id, id))
            return &p->choice[i];
    return NULL;
}

static void settings_link(struct build *b, const struct raw *raw, const struct pack *p) {
    const struct pack *core = &b->set->pack[0];
    RAW_EACH(raw_param, rp, raw->params) {
        carries_check(b, &rp->carries, &rp->head, p);
        if (rp->is && (p == core || !param_of(core, rp->is)))
            problem_add(b->problems, member_pos(&rp->head, "is"), MSG("pack.setting.is"), rp->is, NULL, NULL);
    }
    RAW_EACH(raw_choice, rc, raw->choices) {
        carries_check(b, &rc->carries, &rc->head, p);
        if (rc->is && (p == core || !choice_of(core, rc->is)))
            problem_add(b->problems, member_pos(&rc->head, "is"), MSG("pack.setting.is"), rc->is, NULL, NULL);
    }
}

/* ---- duties ---- */
static void articles_build(struct build *b, const struct raw *raw, struct pack *p) {
    p->article = mem_array(b->mem, struct article, raw->pack.articles.n + 1);
    RAW_EACH(raw_article, ra, raw->pack.articles) {
        if (!ra->id)
            continue;
        for (size_t i = 0; i < p->article_n; i++)
            if (text_eq(p->article[i].id, ra->id))
                problem_add(b->problems, ra->head.pos, MSG("pack.article.duplicate"), ra->id, NULL, NULL);
        p->article[p->article_n++] = (struct article){ra->id, ra->title, ra->title_en, p, ra->chapter};
    }
}

static bool only_if_ok(const struct pack *p, const char *text) {
    const char *eq = strchr(text, '=');
    for (size_t i = 0; eq && i < p->choice_n; i++)
        if (str_is((struct str){text, (size_t)(eq - text)}, p->choice[i].id))
            return option_has(&p->choice[i], str_of(eq + 1));
    return false;
}

static void duty_declare(struct build *b, const struct raw_duty *rd, struct pack *p, struct duty *d) {
    *d = (struct duty){.key = rd->id, .pack = p, .pos = rd->head.pos, .must = rd->must, .must_en = rd->must_en, .weaker_because = rd->weaker,
                       .only_if = rd->only_if, .article = article_check(b, p, rd->article, member_pos(&rd->head, "article"))};
    if (map_get(b->duty_by_key, rd->id))
        problem_add(b->problems, rd->head.pos, MSG("pack.duty.duplicate"), rd->id, NULL, NULL);
    map_set(b->duty_by_key, rd->id, d);
    d->who = mem_array(b->mem, const char *, rd->who.n + 1);
    for (size_t i = 0; i < rd->who.n; i++) {
        const struct role *r = role_need(b, p, ((const char **)rd->who.v)[i], member_pos(&rd->head, "who"));
        if (r)
            d->who[d->who_n++] = r->key;
    }
    for (size_t i = 0; i < rd->how.n && d->how_n < 2; i++)
        if (((int *)rd->how.v)[i])
            d->how[d->how_n++] = (enum strength)(((int *)rd->how.v)[i] - 1);
    if (rd->only_if && !only_if_ok(p, rd->only_if))
        problem_add(b->problems, member_pos(&rd->head, "only_if"), MSG("pack.duty.only-if"), rd->only_if, NULL, NULL);
}

/* A regulation has at least the duties that its pack names. */
static void demands_check(struct build *b, const struct raw *raw, struct pack *p) {
    p->demands = raw->pack.demands.set ? raw->pack.demands.v : 0;
    if (raw->pack.demands.set && (p->demands < 1 || p->demands < (int64_t)p->duty_n))
        problem_add(b->problems, member_pos(&raw->pack.head, "demands"), MSG("pack.demands"), p->id, mem_fmt(b->mem, "%zu", p->duty_n), NULL);
}

static void duties_declare(struct build *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->raw_n; i++)
        n += b->raw[i].duties.n;
    b->set->duty = mem_array(b->mem, struct duty, n ? n : 1);
    for (size_t i = 0; i < b->raw_n; i++) {
        struct pack *p = &b->set->pack[i];
        p->duty = b->set->duty + b->set->duty_n;
        RAW_EACH(raw_duty, rd, b->raw[i].duties)
            if (rd->id && rd->article) {
                duty_declare(b, rd, p, &b->set->duty[b->set->duty_n++]);
                p->duty_n++;
            }
        demands_check(b, &b->raw[i], p);
    }
}

void duties_build(struct build *b) {
    for (size_t i = 0; i < b->raw_n; i++)
        articles_build(b, &b->raw[i], &b->set->pack[i]);
    roles_build(b);
    for (size_t i = 0; i < b->raw_n; i++) {          /* before the duties: only_if names choices */
        params_build(b, &b->raw[i], &b->set->pack[i]);
        choices_build(b, &b->raw[i], &b->set->pack[i]);
        clocks_build(b, &b->raw[i], &b->set->pack[i]);
    }
    duties_declare(b);
    roles_link(b);
    for (size_t i = 0; i < b->raw_n; i++)
        settings_link(b, &b->raw[i], &b->set->pack[i]);
}

/* ---- checks, schedules, declarations ---- */
static const struct form *subject(struct build *b, const struct pack *p, const char *text, struct pos pos, const char **ret_alias) {
    struct str rest = str_trim(str_of(text)), word;
    *ret_alias = NULL;
    if (!str_next(&rest, ' ', &word) || !word.n)
        return NULL;
    const struct form *f = form_find(b, str_dup(b->mem, word));
    *ret_alias = rest.n ? str_dup(b->mem, str_trim(rest)) : f ? f->ident : NULL;
    if (!f || !pack_knows(b, p, f->pack))
        problem_add(b->problems, pos, MSG("pack.form.unknown"), str_dup(b->mem, word), NULL, NULL);
    else if (!text_is_ident(*ret_alias))
        problem_add(b->problems, pos, MSG("pack.check.alias"), *ret_alias, NULL, NULL);
    else
        return f;
    return NULL;
}

static struct cond *check_cond(struct build *b, const struct pack *p, const struct check *c, const struct ynode *n, int want) {
    struct cond_scope scope = {.set = b->set, .pack = p, .alias = c->alias, .alias_form = c->subject};
    return n && c->subject ? cond_compile(b->mem, n->text, n->in, &scope, want, b->problems) : NULL;
}

static void check_build(struct build *b, const struct raw_check *rc, const struct pack *p, struct check *c) {
    const char *shape = rc->every ? "every" : rc->none ? "none" : "within";
    const char *text = rc->every ? rc->every : rc->none ? rc->none : rc->within;
    *c = (struct check){.id = rc->id, .key = element_key(b, p, rc->id, rc->head.pos), .label = rc->label, .label_en = rc->label_en,
        .pos = rc->head.pos, .pack = p, .article = article_check(b, p, rc->article, member_pos(&rc->head, "article")),
        .shape = rc->every ? CHECK_EVERY : rc->none ? CHECK_NONE : CHECK_WITHIN, .task = rc->task_by.who, .has_task = rc->task_by.set,
        .text = rc->text, .text_en = rc->text_en, .wide = rc->wide, .carries = rc->carries};
    carries_check(b, &rc->carries, &rc->head, p);
    if ((rc->every != NULL) + (rc->none != NULL) + (rc->within != NULL) != 1) {
        problem_add(b->problems, rc->head.pos, MSG("pack.check.shape"), rc->id, NULL, NULL);
        return;
    }
    const char *need = c->shape == CHECK_NONE ? (rc->where || rc->must ? NULL : "where") : !rc->must ? "must" : NULL;
    if (c->shape == CHECK_WITHIN && !need && !rc->deadline)
        need = "deadline";
    if (need)
        problem_add(b->problems, rc->head.pos, MSG("pack.check.need"), rc->id, shape, need);
    if (c->shape != CHECK_WITHIN && rc->deadline)
        problem_add(b->problems, member_pos(&rc->head, "deadline"), MSG("pack.check.deadline"), rc->id, NULL, NULL);
    c->subject = subject(b, p, text, member_pos(&rc->head, shape), &c->alias);
    c->where = check_cond(b, p, c, rc->where, CT_BOOL);
    c->must = check_cond(b, p, c, rc->must, CT_BOOL);
    c->deadline = check_cond(b, p, c, rc->deadline, -1);
    if (c->deadline && c->deadline->type != CT_DATE && c->deadline->type != CT_TIME)
        problem_add(b->problems, member_pos(&rc->head, "deadline"), MSG("pack.then.due"), rc->id, NULL, NULL);
    if (c->has_task && c->subject)
        who_resolve(b, p, c->subject, &c->task);
}

static void rrule_check(struct build *b, const struct raw_schedule *rs) {
    static const char *const why[] = {[CAL_RULE] = MSG("pack.schedule.rrule"), [CAL_ENDS] = MSG("pack.schedule.ends"), [CAL_NEVER] = MSG("pack.schedule.never")};
    enum cal_why w = cal_check(rs->rrule);
    if (w != CAL_OK)
        problem_add(b->problems, member_pos(&rs->head, "rrule"), why[w], rs->rrule, NULL, NULL);
}

/* A parameter gives the month of a rule that is yearly and names none itself. */
static void month_check(struct build *b, const struct raw_schedule *rs, const struct pack *p) {
    const struct param *m = rs->month ? param_of(p, rs->month) : NULL;
    if (!rs->month)
        return;
    if (!m)
        problem_add(b->problems, member_pos(&rs->head, "month"), MSG("pack.setting.unknown"), rs->month, NULL, NULL);
    else if (m->type != FT_MONTH || cal_freq(rs->rrule) != CAL_YEARLY || cal_has(rs->rrule, "BYMONTH"))
        problem_add(b->problems, member_pos(&rs->head, "month"), MSG("pack.schedule.month"), rs->month, NULL, NULL);
}

/* People and departments are known of every record; any other subject must be named by what is made for it. */
static bool subject_known(const struct form *make, const struct form *per) {
    return text_eq(per->ident, "person") || text_eq(per->ident, "department") || pack_names(make, per);
}

static void schedule_build(struct build *b, const struct raw_schedule *rs, const struct pack *p, struct schedule *s) {
    const struct form *make = form_find(b, rs->make), *per = form_find(b, rs->per);
    struct cond_scope scope = {.set = b->set, .r = make, .pack = p};
    *s = (struct schedule){.id = rs->id, .key = element_key(b, p, rs->id, rs->head.pos), .label = rs->label, .label_en = rs->label_en,
        .pos = rs->head.pos, .pack = p, .article = article_check(b, p, rs->article, member_pos(&rs->head, "article")), .rrule = rs->rrule,
        .months_param = rs->month, .by = rs->by.who, .per = per ? per->ident : "", .make = make ? make->ident : NULL,
        .due_days = (int)rs->due.v, .carries = rs->carries};
    rrule_check(b, rs);
    month_check(b, rs, p);
    if (rs->per && (!per || !pack_knows(b, p, per->pack)))
        problem_add(b->problems, member_pos(&rs->head, "per"), MSG("pack.form.unknown"), rs->per, NULL, NULL);
    if (rs->make && (!make || !pack_knows(b, p, make->pack)))
        problem_add(b->problems, member_pos(&rs->head, "make"), MSG("pack.form.unknown"), rs->make, NULL, NULL);
    if (make && per && !subject_known(make, per))
        problem_add(b->problems, member_pos(&rs->head, "make"), MSG("pack.schedule.subject"), rs->make, rs->per, NULL);
    if (rs->done && make)
        s->done = cond_compile(b->mem, rs->done->text, rs->done->in, &scope, CT_BOOL, b->problems);
    if (rs->done && !rs->make)
        problem_add(b->problems, member_pos(&rs->head, "done"), MSG("pack.schedule.done"), rs->id, NULL, NULL);
    who_resolve(b, p, per, &s->by);
    carries_check(b, &rs->carries, &rs->head, p);
}

static void declaration_build(struct build *b, const struct raw_declaration *rd, const struct pack *p, struct declaration *d) {
    *d = (struct declaration){.id = rd->id, .key = element_key(b, p, rd->id, rd->head.pos), .label = rd->label, .label_en = rd->label_en,
        .pos = rd->head.pos, .pack = p, .article = article_check(b, p, rd->article, member_pos(&rd->head, "article")), .by = rd->by.who,
        .every_months = (int)rd->every.v, .source = rd->source, .carries = rd->carries};
    if (d->every_months < 1)
        problem_add(b->problems, member_pos(&rd->head, "every"), MSG("pack.declaration.every"), rd->id, NULL, NULL);
    who_resolve(b, p, NULL, &d->by);
    carries_check(b, &rd->carries, &rd->head, p);
}

static void texts_check(struct build *b, const struct raw *raw, struct pack *p) {
    p->para = raw->para;
    p->para_n = raw->para_n;
    for (size_t i = 0; i < p->para_n; i++) {
        struct raw_head at = {.pos = p->para[i].pos};
        carries_check(b, &p->para[i].carries, &at, p);
    }
}

void checks_build(struct build *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->raw_n; i++)
        n += b->raw[i].checks.n;
    b->set->check = mem_array(b->mem, struct check, n ? n : 1);
    for (size_t i = 0; i < b->raw_n; i++) {
        struct pack *p = &b->set->pack[i];
        const struct raw *raw = &b->raw[i];
        p->check = b->set->check + b->set->check_n;
        p->schedule = mem_array(b->mem, struct schedule, raw->schedules.n + 1);
        p->declaration = mem_array(b->mem, struct declaration, raw->declarations.n + 1);
        RAW_EACH(raw_check, rc, raw->checks)
            if (rc->id && rc->label) {
                check_build(b, rc, p, &b->set->check[b->set->check_n++]);
                p->check_n++;
            }
        RAW_EACH(raw_schedule, rs, raw->schedules)
            if (rs->id && rs->rrule && rs->by.set)
                schedule_build(b, rs, p, &p->schedule[p->schedule_n++]);
        RAW_EACH(raw_declaration, rd, raw->declarations)
            if (rd->id && rd->by.set)
                declaration_build(b, rd, p, &p->declaration[p->declaration_n++]);
        texts_check(b, raw, p);
    }
}
