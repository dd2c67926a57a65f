/* 体制図: the roles of the adopted regulations with who holds them on a day, drawn as SVG, and below it the same as a table. On top the head of the
 * organisation, below the roles that there is one of, then the departments with their heads and the roles that each of them fills. */
#include "page/past.h"

#define COLUMNS 4
#define BOX_W 255
#define GAP 20
#define WIDTH (COLUMNS * BOX_W + (COLUMNS - 1) * GAP)
#define LINE_H 19
#define PAD 10
#define NAMES_MAX 6
#define LINE_WIDTH 34          /* in halves of a kanji */
#define BOXES_MAX 200

struct box { const char *line[2 + NAMES_MAX * 2]; size_t n, heading_n; bool vacant; };
VEC_TYPE(boxes, struct box);

static size_t text_halves(uint32_t cp) { return cp < 0x250 ? 1 : 2; }

/* How many bytes of the text fit on one line. */
static size_t line_fits(struct str text)
{
    size_t at = 0, width = 0;
    while (at < text.n) {
        uint32_t cp;
        size_t bytes = utf8_next(text.p + at, text.n - at, &cp);
        width += text_halves(cp);
        if (bytes == 0 || width > LINE_WIDTH)
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
        size_t n = line_fits(rest);
        b->line[b->n++] = mem_fmt(s->r, "%s%s", mem_strndup(s->r, rest.p, n), lines == 1 && n < rest.n ? "…" : "");
        rest = (struct str){rest.p + n, rest.n - n};
    }
}

static struct box box_new(struct screen *s, const char *heading)
{
    struct box b = {0};
    wrap(s, &b, heading);
    b.heading_n = b.n;
    return b;
}

static void name_add(struct screen *s, struct box *b, const char *name)
{
    struct box one = {0};
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

static struct box role_box(struct screen *s, const struct roles_view *v, const struct role_day *d)
{
    const struct role *spoken = role_spoken(v->p.set, d->role);
    struct box b = box_new(s, pick_lang(req_lang(s->r), spoken->name, spoken->name_en));
    for (size_t i = 0; i < d->v.n && i < NAMES_MAX; i++)
        name_add(s, &b, holder_name(s, v, &d->v.v[i]));
    if (d->v.n > NAMES_MAX || d->next != 0)
        name_add(s, &b, msg_text(req_lang(s->r), MSG("chart.more")));
    b.vacant = d->v.n == 0;
    if (b.vacant)
        name_add(s, &b, msg_text(req_lang(s->r), MSG("settings.vacant")));
    return b;
}

/* The head, and whoever fills the roles that every department has. */
static struct box department_box(struct screen *s, const struct roles_view *v, const struct holder *dept)
{
    struct box b = box_new(s, past_name(&s->rd, &v->p, dept->department));
    b.vacant = dept->person == 0;
    name_add(s, &b, msg_fill(s->r, req_lang(s->r), MSG("chart.head"), holder_name(s, v, dept), NULL));
    for (size_t i = 0; i < v->day.n; i++) {
        const struct role_day *d = &v->day.v[i];
        const struct role *spoken = role_spoken(v->p.set, d->role);
        bool unit = d->role->unit || spoken->unit, any = false;
        if (!unit)
            continue;
        name_add(s, &b, pick_lang(req_lang(s->r), spoken->name, spoken->name_en));
        for (size_t k = 0; k < d->v.n; k++)
            if (d->v.v[k].department == dept->department) {
                name_add(s, &b, mem_fmt(s->r, "  %s", holder_name(s, v, &d->v.v[k])));
                any = true;
            }
        if (!any && d->next == 0) {
            name_add(s, &b, mem_fmt(s->r, "  %s", msg_text(req_lang(s->r), MSG("settings.vacant"))));
            b.vacant = true;
        }
    }
    return b;
}

/* ---- drawing ---- */

static void line(struct html *h, int x1, int y1, int x2, int y2)
{
    html_open(h, E_LINE);
    html_attr_i64(h, A_X1, x1);
    html_attr_i64(h, A_Y1, y1);
    html_attr_i64(h, A_X2, x2);
    html_attr_i64(h, A_Y2, y2);
    html_close(h, E_LINE);
}

static int box_height(const struct box *b) { return (int)b->n * LINE_H + PAD * 2; }

static void box_out(struct html *h, const struct box *b, int x, int y, int height)
{
    html_open(h, E_G);
    if (b->vacant)
        html_class(h, "vacant");
    html_open(h, E_RECT);
    html_attr_i64(h, A_X, x);
    html_attr_i64(h, A_Y, y);
    html_attr_i64(h, A_WIDTH, BOX_W);
    html_attr_i64(h, A_HEIGHT, height);
    html_close(h, E_RECT);
    for (size_t i = 0; i < b->n; i++) {
        html_open(h, E_TEXT);
        if (i < b->heading_n)
            html_class(h, "post");
        html_attr_i64(h, A_X, x + PAD);
        html_attr_i64(h, A_Y, y + PAD + (int)i * LINE_H + 14);
        html_text(h, b->line[i]);
        html_close(h, E_TEXT);
    }
    html_close(h, E_G);
}

static int row_height(const struct boxes *v, size_t from)
{
    int most = 0;
    for (size_t i = from; i < v->n && i < from + COLUMNS; i++)
        most = box_height(&v->v[i]) > most ? box_height(&v->v[i]) : most;
    return most;
}

static int level_height(const struct boxes *v)
{
    int y = 0;
    for (size_t i = 0; i < v->n; i += COLUMNS)
        y += row_height(v, i) + GAP * 2;
    return y;
}

/* Rows of four under a trunk in the middle, which runs between the second and the third. Returns where the level ends. */
static int level_out(struct html *h, const struct boxes *v, int y)
{
    int trunk = y - GAP;
    for (size_t i = 0; i < v->n; i += COLUMNS) {
        size_t n = v->n - i < COLUMNS ? v->n - i : COLUMNS;
        int height = row_height(v, i), bus = y - GAP / 2, right = ((int)n - 1) * (BOX_W + GAP) + BOX_W / 2;
        line(h, WIDTH / 2, trunk, WIDTH / 2, bus);
        line(h, BOX_W / 2, bus, right > WIDTH / 2 ? right : WIDTH / 2, bus);
        for (size_t k = 0; k < n; k++) {
            int x = (int)k * (BOX_W + GAP);
            line(h, x + BOX_W / 2, bus, x + BOX_W / 2, y);
            box_out(h, &v->v[i + k], x, y, height);
        }
        trunk = bus;
        y += height + GAP * 2;
    }
    return y;
}

struct chart { struct boxes top, role, department; };

static bool is_top(const struct role *r) { return strcmp(r->id, "top_management") == 0; }

static void chart_fill(struct screen *s, const struct roles_view *v, struct chart *c)
{
    for (size_t i = 0; i < v->day.n && c->role.n < BOXES_MAX; i++) {
        const struct role_day *d = &v->day.v[i];
        if (!d->role->everyone && !d->role->derived_head && !d->role->unit && !role_spoken(v->p.set, d->role)->unit)
            *vec_push(is_top(d->role) && c->top.n == 0 ? &c->top : &c->role) = role_box(s, v, d);
    }
    for (size_t i = 0; i < v->department.n && i < BOXES_MAX; i++)
        *vec_push(&c->department) = department_box(s, v, &v->department.v[i]);
}

static void chart_out(struct screen *s, const struct roles_view *v, const struct chart *c)
{
    struct html *h = s->h;
    int top = c->top.n > 0 ? box_height(&c->top.v[0]) : 0, y = top + GAP * 2;
    const char *title = msg_fill(s->r, req_lang(s->r), MSG("chart.of"), v->p.on, NULL);
    html_open(h, E_DIV);
    html_class(h, "scroll");
    html_attr(h, A_ROLE, "region");
    html_attr(h, A_TABINDEX, "0");
    html_attr(h, A_ARIA_LABEL, title);
    html_open(h, E_SVG);
    html_class(h, "chart");
    html_attr(h, A_VIEWBOX, mem_fmt(s->r, "-1 -1 %d %d", WIDTH + 2, y + level_height(&c->role) + level_height(&c->department) + 2));
    html_attr(h, A_ROLE, "img");
    html_attr(h, A_ARIA_LABEL, msg_fill(s->r, req_lang(s->r), MSG("chart.says"), title, NULL));
    if (c->top.n > 0) {
        line(h, WIDTH / 2, top, WIDTH / 2, top + GAP);
        box_out(h, &c->top.v[0], (WIDTH - BOX_W) / 2, 0, top);
    }
    int below = level_out(h, &c->role, y);
    if (c->department.n > 0 && c->role.n > 0)
        line(h, WIDTH / 2, y - GAP / 2, WIDTH / 2, below - GAP);
    (void)level_out(h, &c->department, below);
    html_close(h, E_SVG);
    html_close(h, E_DIV);
}

void page_past_chart(struct req *r, void *ctx)
{
    struct screen s;
    struct roles_view v = {.day = VEC_INIT(r), .department = VEC_INIT(r)};
    struct chart c = {VEC_INIT(r), VEC_INIT(r), VEC_INIT(r)};
    const char *problem;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx) || !past_day(&s, &v.p, &problem))
        return;
    if (past_roles_read(&s, &v, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    chart_fill(&s, &v, &c);
    screen_open(&s, msg_fill(r, req_lang(r), MSG("chart.of"), v.p.on, NULL), "settings");
    html_open(s.h, E_DIV);
    html_class(s.h, "landscape");
    past_day_form(&s, &v.p, page_path("past.chart"), 0, problem);
    chart_out(&s, &v, &c);
    html_close(s.h, E_DIV);
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("chart.table")));
    past_roles_table(&s, &v);
    screen_close(&s, problem ? 422 : 200);
}
