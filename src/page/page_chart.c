/* 体制図: the roles of the adopted regulations with who holds them on a day, drawn as SVG, and below it the same as a table. What the picture is made of:
 * a tree of posts as the packs state it (`under`: to whom a role answers), and the departments with their heads and the roles that each of them fills. How it
 * is drawn: page_chart_draw.c. */
#include "page/chart.h"

#define NAMES_MAX 6
#define HALF_W 69              /* tenths of a unit that half a kanji takes */

static size_t text_halves(uint32_t cp) { return cp < 0x250 ? 1 : 2; }

/* How many bytes of the text fit on one line of so many halves of a kanji. */
static size_t line_fits(struct str text, size_t halves)
{
    size_t at = 0, width = 0;
    while (at < text.n) {
        uint32_t cp;
        size_t bytes = utf8_next(text.p + at, text.n - at, &cp);
        width += text_halves(cp);
        if (bytes == 0 || width > halves)
            break;
        at += bytes;
    }
    return at;
}

/* At most two lines; what does not fit is cut, the table below has it all. */
static void wrap(struct screen *s, struct box *b, const char *text)
{
    struct str rest = str_of(text);
    for (int lines = 0; lines < 2 && rest.n > 0; lines++) {
        size_t n = line_fits(rest, (size_t)((b->w - CHART_PAD * 2) * 10 / HALF_W));
        b->line[b->n++] = mem_fmt(s->r, "%s%s", mem_strndup(s->r, rest.p, n), lines == 1 && n < rest.n ? "…" : "");
        rest = (struct str){rest.p + n, rest.n - n};
    }
}

static void box_begin(struct screen *s, struct box *b, const char *heading, size_t depth)
{
    *b = (struct box){.w = CHART_BOX_W - (int)depth * CHART_INDENT};
    wrap(s, b, heading);
    b->heading_n = b->n;
}

/* A post that several regulations name stands under all its names. */
static void names_add(struct screen *s, const struct pack_set *set, const struct role *base, const struct role *spoken, struct box *b)
{
    const char *said[CHART_TITLES] = {spoken->name};
    size_t n = 1;
    for (size_t i = 0; i < set->role_n && n < CHART_TITLES; i++) {
        const struct role *r = &set->role[i];
        bool again = r == base || pack_role_base(set, r) != base;
        for (size_t k = 0; k < n; k++)
            again = again || strcmp(said[k], r->name) == 0;
        if (again)
            continue;
        said[n++] = r->name;
        wrap(s, b, pick_lang(req_lang(s->r), r->name, r->name_en));
    }
    b->heading_n = b->n;
}

static void name_add(struct screen *s, struct box *b, const char *name)
{
    struct box one = {.w = b->w};
    if (b->n >= ARRAY_N(b->line))
        return;
    wrap(s, &one, name);
    b->line[b->n++] = one.n > 1 ? mem_fmt(s->r, "%s…", one.line[0]) : one.line[0];
}

static const char *holder_name(struct screen *s, const struct roles_view *v, const struct holder *x)
{
    if (x->person == 0)
        return msg_text(req_lang(s->r), MSG("settings.vacant"));
    return past_name(&s->rd, &v->p, x->person);
}

static void role_box(struct screen *s, const struct roles_view *v, const struct role_day *d, size_t depth, struct box *b)
{
    const struct role *spoken = role_spoken(v->p.set, d->role);
    box_begin(s, b, pick_lang(req_lang(s->r), spoken->name, spoken->name_en), depth);
    names_add(s, v->p.set, d->role, spoken, b);
    for (size_t i = 0; i < d->v.n && i < NAMES_MAX; i++)
        name_add(s, b, holder_name(s, v, &d->v.v[i]));
    if (d->v.n > NAMES_MAX || d->next != 0)
        name_add(s, b, msg_text(req_lang(s->r), MSG("chart.more")));
    b->vacant = d->v.n == 0;
    if (b->vacant)
        name_add(s, b, msg_text(req_lang(s->r), MSG("settings.vacant")));
}

/* The head, and whoever fills the roles that every department has; of those that need not be filled, only where they are. */
static void department_box(struct screen *s, const struct roles_view *v, const struct holder *dept, struct box *b)
{
    box_begin(s, b, past_name(&s->rd, &v->p, dept->department), 0);
    b->vacant = dept->person == 0;
    name_add(s, b, msg_fill(s->r, req_lang(s->r), MSG("chart.head"), holder_name(s, v, dept), NULL));
    for (size_t i = 0; i < v->day.n; i++) {
        const struct role_day *d = &v->day.v[i];
        const struct role *spoken = role_spoken(v->p.set, d->role);
        bool any = false, asked = role_asked(v->p.set, d->role);
        if (!d->role->unit && !spoken->unit)
            continue;
        for (size_t k = 0; k < d->v.n; k++)
            any = any || d->v.v[k].department == dept->department;
        if (!any && (!asked || d->next != 0))
            continue;
        name_add(s, b, pick_lang(req_lang(s->r), spoken->name, spoken->name_en));
        for (size_t k = 0; k < d->v.n; k++)
            if (d->v.v[k].department == dept->department)
                name_add(s, b, mem_fmt(s->r, "  %s", holder_name(s, v, &d->v.v[k])));
        if (!any) {
            name_add(s, b, mem_fmt(s->r, "  %s", msg_text(req_lang(s->r), MSG("settings.vacant"))));
            b->vacant = true;
        }
    }
}

/* ---- the tree ---- */

static bool drawn(const struct roles_view *v, const struct role *r)
{
    return !r->everyone && !r->derived_head && !r->unit && !role_spoken(v->p.set, r)->unit;
}

static size_t node_of(const struct chart *c, const struct role *r)
{
    size_t i = 0;
    while (i < c->node.n && c->node.v[i].role != r)
        i++;
    return i < c->node.n ? i : CHART_NONE;
}

/* The nearest post above that is in the picture: one that nobody holds or needs is passed over. */
static size_t node_above(const struct roles_view *v, const struct chart *c, size_t at)
{
    const struct role *r = c->node.v[at].role;
    for (size_t i = 0; r != NULL && i <= v->p.set->role_n; i++) {
        r = pack_role_above(v->p.set, r);
        size_t up = r ? node_of(c, r) : CHART_NONE;
        if (up != CHART_NONE)
            return up == at ? CHART_NONE : up;
    }
    return CHART_NONE;
}

static size_t depth_of(const struct chart *c, size_t at)
{
    size_t n = 0;
    while (c->node.v[at].up != CHART_NONE && n < c->node.n) {
        at = c->node.v[at].up;
        n++;
    }
    return n;
}

static void chart_fill(struct screen *s, const struct roles_view *v, struct chart *c)
{
    for (size_t i = 0; i < v->day.n && c->node.n < CHART_BOXES_MAX; i++)
        if (drawn(v, v->day.v[i].role))
            *vec_push(&c->node) = (struct node){.role = v->day.v[i].role, .day = &v->day.v[i], .up = CHART_NONE};
    for (size_t i = 0; i < c->node.n; i++)
        c->node.v[i].up = node_above(v, c, i);
    c->top = CHART_NONE;
    for (size_t i = 0; i < c->node.n; i++) {
        size_t depth = depth_of(c, i);
        if (c->node.v[i].up != CHART_NONE)
            c->node.v[c->node.v[i].up].below++;
        if (strcmp(c->node.v[i].role->id, "top_management") == 0)
            c->top = i;
        role_box(s, v, c->node.v[i].day, depth > 1 ? depth - 1 : 0, &c->node.v[i].box);
    }
    for (size_t i = 0; c->top == CHART_NONE && i < c->node.n; i++)
        if (c->node.v[i].up == CHART_NONE && c->node.v[i].below > 0)
            c->top = i;
    for (size_t i = 0; i < v->department.n && i < CHART_BOXES_MAX; i++)
        department_box(s, v, &v->department.v[i], vec_push(&c->department));
}

void page_past_chart(struct req *r, void *ctx)
{
    struct screen s;
    struct roles_view v = {.day = VEC_INIT(r), .department = VEC_INIT(r)};
    struct chart c = {.node = VEC_INIT(r), .department = VEC_INIT(r)};
    const char *problem;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx) || !past_day(&s, &v.p, &problem))
        return;
    if (past_roles_read(&s, &v, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    chart_fill(&s, &v, &c);
    const char *title = msg_fill(r, req_lang(r), MSG("chart.of"), day_shown(r, v.p.on), NULL);
    screen_open(&s, title, "settings");
    past_day_form(&s, &v.p, page_path("past.chart"), 0, problem);
    chart_draw(&s, &c, title);
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("chart.table")));
    past_roles_table(&s, &v);
    screen_close(&s, problem ? 422 : 200);
}
