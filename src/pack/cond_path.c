/* How the rows that a condition looks at hang together with its subject. A check is judged again for few subjects when a record is written only
 * if each of its selects reaches that record's form through a reference between the two: x.person = p.id, or z.id = a.sme.area, also by way of
 * equal columns (y.asset = x.asset and x.asset = a.id) and child tables. A form that is reached otherwise, by another form or not at all, is
 * read apart: a write there may concern any subject. What is not understood counts as apart. */
#include "pack/cond_int.h"

static const char col_id[] = "record";

static struct place *place_of(struct gen *g, const struct view *v, const char *col, const struct form *ref)
{
    for (size_t i = 0; i < g->places.n; i++)
        if (g->places.v[i].v == v && strcmp(g->places.v[i].col, col) == 0)
            return &g->places.v[i];
    *vec_push(&g->places) = (struct place){v, col, ref, (int)g->places.n};
    return &g->places.v[g->places.n - 1];
}

static int class_of(struct gen *g, const struct view *v, const char *col, const struct form *ref) { return place_of(g, v, col, ref)->class; }

/* The column that a name means, as far as it is an id or a reference; false: something else. */
static bool named(struct gen *g, const struct node *n, int *ret_class)
{
    const struct view *v = n->k == N_NAME && n->part2.n > 0 ? cond_view(g, n->s) : NULL;
    const struct field *fd = NULL;
    if (v == NULL)
        return false;
    bool id = n->part3.n == 0 && str_is(n->part2, v->child != NULL ? v->f->ident : "id");
    if (!id && v->child == NULL)
        fd = cond_field(g, v->f, n->part2, n->part3);
    if (!id && v->child != NULL && str_is(n->part2, "value"))
        fd = v->child;
    for (size_t i = 0; !id && fd == NULL && v->child != NULL && i < v->child->cols_n; i++)
        if (str_is(n->part2, v->child->cols[i].id))
            fd = &v->child->cols[i];
    if (!id && (fd == NULL || fd->ref == NULL))
        return false;
    *ret_class = class_of(g, v, id ? col_id : fd == v->child ? "value" : fd->col, id ? v->f : fd->ref);
    return true;
}

/* What must be equal in every row: joined by `and` only. */
static void equal_add(struct gen *g, const struct node *n)
{
    int a, b;
    if (n == NULL || n->k != N_BIN)
        return;
    if (str_is(n->s, "and")) {
        equal_add(g, n->a);
        equal_add(g, n->b);
    }
    if (!str_is(n->s, "=") || !named(g, n->a, &a) || !named(g, n->b, &b))
        return;
    for (size_t i = 0; i < g->places.n; i++)
        if (g->places.v[i].class == b)
            g->places.v[i].class = a;
}

/* A column of the record `of` (through any view of it) refers to the record `to`. */
static bool refers_to(struct gen *g, int of, int to, const struct form *form)
{
    for (size_t i = 0; i < g->places.n; i++) {
        const struct place *p = &g->places.v[i];
        if (p->class == to && strcmp(p->col, col_id) != 0 && p->ref == form && class_of(g, p->v, col_id, p->v->f) == of)
            return true;
    }
    return false;
}

void cond_apart(struct gen *g, const char *form_ident)
{
    for (size_t i = 0; i < g->apart.n; i++)
        if (strcmp(g->apart.v[i], form_ident) == 0)
            return;
    *vec_push(&g->apart) = form_ident;
}

struct place_vec cond_places_kept(struct gen *g)
{
    struct place_vec kept = VEC_INIT(g->mem);
    for (size_t i = 0; i < g->places.n; i++)
        *vec_push(&kept) = g->places.v[i];
    return kept;
}

void cond_paths(struct gen *g, const struct select *s, const struct view *views)
{
    const struct view *subject = g->views;
    for (; subject->outer != NULL; subject = subject->outer)
        ;
    for (size_t i = 0; i < s->from_n; i++)
        equal_add(g, s->from[i].on);
    equal_add(g, s->where);
    for (size_t i = 0; i < s->from_n; i++) {
        const struct view *v = &views[i];
        int own = class_of(g, v, col_id, v->f), is = subject->is_r ? class_of(g, subject, col_id, subject->f) : -1;
        if (is < 0 || (own != is && !refers_to(g, own, is, subject->f) && !refers_to(g, is, own, v->f)))
            cond_apart(g, v->f->ident);
    }
}
