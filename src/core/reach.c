/* The matrix of permissions: what the holder of a role may do with the records of a form. It is no table of its own: the ways are those by which
 * perm_check decides (perm_way.h), and who decides at a step is what the route says by itself (`by`). A cell names what must be so of the record
 * (own, own department, ...) and where the way is written down. Someone who holds a role is employed as well, so what everybody may is in each row. */
#include "core/perm_way.h"

static const char *const act_keys[REACH_ACT__N] = {"see", "list", "print", "make", "edit", "correct", "decide", "fill-at", "fill", "close", "void", "attach",
                                                   "export", "import", "erase", "exempt", "administer", "read-all"};
static const char *const how_keys[REACH__N] = {"always", "department", "own", "post", "named", "superior", "route", "task", "deputy"};

const char *reach_act_key(enum reach_act a) { return act_keys[a]; }
const char *reach_how_key(enum reach_how h) { return how_keys[h]; }

/* Does whoever holds `r` hold the named one (org_holds_set)? */
static bool covers(const struct pack_set *set, const char *named, const struct role *r)
{
    const struct role *n = pack_role(set, named);
    const char *keys[ORG_KEYS_MAX];
    size_t keys_n;
    if (n != NULL && (n->everyone || n->derived_head))
        return n->everyone || r->derived_head;
    org_role_keys(set, named, keys, &keys_n, ARRAY_N(keys));
    for (size_t i = 0; i < keys_n; i++)
        if (strcmp(keys[i], r->key) == 0)
            return true;
    return false;
}

static void from_add(struct reach *x, enum reach_how how, const char *role, struct pos pos)
{
    for (size_t i = 0; i < x->from.n; i++) {
        const struct reach_from *f = &x->from.v[i];
        if (f->how == how && f->pos.file == pos.file && f->pos.line == pos.line && (role == NULL) == (f->role == NULL))
            return;
    }
    x->how |= 1u << how;
    *vec_push(&x->from) = (struct reach_from){how, role, pos};
}

/* ---- the ways of a permit ---- */

struct asking_reach { TALLOC_CTX *mem; const struct pack_set *set; const struct role *role; const struct form *f; };

static void permit_into(const struct asking_reach *a, enum permit p, struct reach *x);

/* One way, for this role: it may be open through several of the roles that it names. */
static void way_into(const struct asking_reach *a, const struct way *w, struct reach *x)
{
    struct way_role named;
    struct pos form = a->f ? a->f->pos : (struct pos){0};
    if (w->form != NULL && (a->f == NULL || !w->form(a->f)))
        return;
    if (w->also != PERMIT__N) {
        struct reach other = {.from = VEC_INIT(a->mem)};
        permit_into(a, w->also, &other);
        for (size_t i = 0; i < other.from.n; i++)
            from_add(x, w->how, other.from.v[i].role, other.from.v[i].pos);
        return;
    }
    if (w->roles == NULL)
        from_add(x, w->how, NULL, form);
    for (size_t i = 0; w->roles != NULL && w->roles(a->set, a->f, i, &named); i++)
        if (covers(a->set, named.role, a->role))
            from_add(x, w->how, named.role, named.pos.file ? named.pos : form);
}

static void step_into(const struct asking_reach *a, const struct step *s, struct reach *x);

/* An open seat is that of a step, and who comes to it the route says. */
static void permit_into(const struct asking_reach *a, enum permit p, struct reach *x)
{
    for (size_t i = 0; p == PERMIT_ACT && i < a->f->step_n; i++)
        step_into(a, &a->f->step[i], x);
    for (size_t i = 0; i < perm_ways_n; i++)
        if (perm_ways[i].permit == p && p != PERMIT_ACT)
            way_into(a, &perm_ways[i], x);
}

/* ---- who decides at a step ---- */

/* A post that is vacant or made the record itself gives way to the heads above, at the top to the post that the adopter or the packs name (org.c, climb). */
static bool is_superior(const struct asking_reach *a)
{
    const char *top = pack_value(a->set, "core.top_post");
    if (a->role->derived_head || (top != NULL && covers(a->set, top, a->role)))
        return true;
    for (size_t i = 0; i < a->set->pack_n; i++)
        if (a->set->pack[i].top_post != NULL && covers(a->set, a->set->pack[i].top_post, a->role))
            return true;
    return false;
}

static bool seat_of(const struct asking_reach *a, const struct who *by, struct pos pos, struct reach *x)
{
    bool inside = by->kind != WHO_OUTSIDE;
    switch (by->kind) {
    case WHO_APPLICANT: from_add(x, REACH_OWN, NULL, pos); break;
    case WHO_FIELD: from_add(x, REACH_NAMED, NULL, pos); break;
    case WHO_ROLE: case WHO_HOLDER_IN:
        if (by->role != NULL && covers(a->set, by->role, a->role))
            from_add(x, REACH_POST, by->role, pos);
        break;
    case WHO_HEAD_OF:
        if (a->role->derived_head)
            from_add(x, REACH_POST, a->role->key, pos);
        break;
    case WHO_ANY: case WHO_ALL:
        inside = false;
        for (size_t i = 0; i < by->sub_n; i++)
            inside = seat_of(a, &by->sub[i], pos, x) || inside;
        break;
    case WHO_OUTSIDE: break;
    }
    return inside;
}

static void step_into(const struct asking_reach *a, const struct step *s, struct reach *x)
{
    bool inside = seat_of(a, &s->by, s->pos, x);
    if (inside && is_superior(a) && !(x->how & (1u << REACH_POST)))
        from_add(x, REACH_SUPERIOR, a->role->key, s->pos);
    if (x->how & (1u << REACH_POST))
        from_add(x, REACH_DEPUTY, NULL, s->pos);
}

/* ---- the acts ---- */

static bool later_stage(const struct form *f)
{
    for (size_t i = 0; i < f->field_n; i++)
        if (pack_field_later(&f->field[i]))
            return true;
    return false;
}

static bool filled_at(const struct form *f, const struct step *s)
{
    for (size_t i = 0; i < f->field_n; i++)
        if (field_at_step(&f->field[i], s))
            return true;
    return false;
}

/* Which acts there are for records of a form, and by which permits: any of them will do. */
struct reach_row { enum reach_act act; enum permit permit[3]; size_t n; bool (*form)(const struct form *f); };

static bool any_form(const struct form *f) { return true; }
static bool a_log(const struct form *f) { return f->kind == FORM_LOG; }
static bool no_log(const struct form *f) { return f->kind != FORM_LOG; }
static bool fills_later(const struct form *f) { return no_log(f) && later_stage(f); }
static bool is_closed_by_hand(const struct form *f) { return no_log(f) && (f->closes == NULL || strcmp(f->closes, "manual") == 0); }

static const struct reach_row acts[] = {
    {REACH_SEE, {PERMIT_SEE}, 1, any_form}, {REACH_LIST, {PERMIT_SEE}, 1, any_form}, {REACH_PRINT, {PERMIT_SEE}, 1, any_form},
    {REACH_MAKE, {PERMIT_MAKE}, 1, any_form}, {REACH_EDIT, {PERMIT_EDIT}, 1, no_log}, {REACH_CORRECT, {PERMIT_EDIT}, 1, a_log},
    {REACH_FILL, {PERMIT_FILL}, 1, fills_later}, {REACH_CLOSE, {PERMIT_FILL}, 1, is_closed_by_hand}, {REACH_VOID, {PERMIT_VOID}, 1, any_form},
    {REACH_ATTACH, {PERMIT_EDIT, PERMIT_FILL, PERMIT_ACT}, 3, any_form}, {REACH_EXPORT, {PERMIT_EXPORT}, 1, any_form},
    {REACH_IMPORT, {PERMIT_IMPORT}, 1, no_log}, {REACH_ERASE, {PERMIT_ERASE}, 1, any_form},
};

static struct reach *row_new(const struct asking_reach *a, struct reaches *ret, enum reach_act act, const struct step *s)
{
    struct reach *x = vec_push(ret);
    *x = (struct reach){.act = act, .step = s, .from = VEC_INIT(a->mem)};
    return x;
}

/* A list holds what everybody or the department sees: what one made elsewhere, or acts on, stands on ホーム (perm_departments). */
static void listed_only(struct reach *x)
{
    size_t n = 0;
    x->how &= 1u << REACH_ALWAYS | 1u << REACH_DEPARTMENT;
    for (size_t i = 0; i < x->from.n; i++)
        if (x->how & (1u << x->from.v[i].how))
            x->from.v[n++] = x->from.v[i];
    x->from.n = n;
}

static void steps_into(const struct asking_reach *a, struct reaches *ret)
{
    for (size_t i = 0; i < a->f->step_n; i++) {
        const struct step *s = &a->f->step[i];
        step_into(a, s, row_new(a, ret, REACH_DECIDE, s));
        if (filled_at(a->f, s))
            step_into(a, s, row_new(a, ret, REACH_FILL_AT, s));
    }
}

/* What is not about the records of one form. An exception from an article is asked for with a record of its own form. */
static void house_into(struct asking_reach *a, struct reaches *ret)
{
    permit_into(a, PERMIT_ADMIN, row_new(a, ret, REACH_ADMINISTER, NULL));
    permit_into(a, PERMIT_READ_ALL, row_new(a, ret, REACH_READ_ALL, NULL));
    a->f = pack_form(a->set, "exception");
    if (a->f != NULL)
        permit_into(a, PERMIT_MAKE, row_new(a, ret, REACH_EXEMPT, NULL));
}

void reach_cells(TALLOC_CTX *mem, const struct pack_set *set, const struct role *role, const struct form *f, struct reaches *ret)
{
    struct asking_reach a = {mem, set, role, f};
    if (ret->mem == NULL)
        ret->mem = mem;
    if (f == NULL) {
        house_into(&a, ret);
        return;
    }
    for (size_t i = 0; i < ARRAY_N(acts); i++) {
        if (!acts[i].form(f))
            continue;
        struct reach *x = row_new(&a, ret, acts[i].act, NULL);
        for (size_t k = 0; k < acts[i].n; k++)
            permit_into(&a, acts[i].permit[k], x);
        if (acts[i].act == REACH_LIST)
            listed_only(x);
    }
    steps_into(&a, ret);
}
