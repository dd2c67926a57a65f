/* Draws 体制図 as SVG. On top the head of the organisation; below, side by side and in as many rows as it takes, the posts that answer to it, each with what
 * answers to it hanging below: a post with many of them spreads over several columns. Then posts that answer to nobody in the picture, and the departments. A
 * picture that would be too small on one sheet of A4 is cut between posts and departments. */
#include "page/chart.h"

#define LINE_H 19
#define MARGIN 16              /* the trunk that joins the rows */
#define GAP CHART_GAP
#define GAP_IN 10              /* between boxes that hang in a column */
#define COL_W (CHART_BOX_W + GAP)
#define WIDTH (MARGIN + CHART_COLUMNS * COL_W - GAP)
#define SHEET_H 720            /* what is still well readable on a sheet */
#define PER_COLUMN 4

/* One post below the top with all that hangs under it. from: how many of its children begin each column; total w columns. */
struct block { size_t node, w; int h; size_t end[CHART_COLUMNS]; };
VEC_TYPE(block_vec, struct block);

static void line(struct html *h, int x1, int y1, int x2, int y2)
{
    html_open(h, E_LINE);
    html_attr_i64(h, A_X1, x1);
    html_attr_i64(h, A_Y1, y1);
    html_attr_i64(h, A_X2, x2);
    html_attr_i64(h, A_Y2, y2);
    html_close(h, E_LINE);
}

static int box_height(const struct box *b) { return (int)b->n * LINE_H + CHART_PAD * 2; }

static void box_out(struct html *h, const struct box *b, int x, int y, int height)
{
    html_open(h, E_G);
    if (b->vacant)
        html_class(h, "vacant");
    html_open(h, E_RECT);
    html_attr_i64(h, A_X, x);
    html_attr_i64(h, A_Y, y);
    html_attr_i64(h, A_WIDTH, b->w);
    html_attr_i64(h, A_HEIGHT, height);
    html_close(h, E_RECT);
    for (size_t i = 0; i < b->n; i++) {
        html_open(h, E_TEXT);
        if (i < b->heading_n)
            html_class(h, "post");
        html_attr_i64(h, A_X, x + CHART_PAD);
        html_attr_i64(h, A_Y, y + CHART_PAD + (int)i * LINE_H + 14);
        html_text(h, b->line[i]);
        html_close(h, E_TEXT);
    }
    html_close(h, E_G);
}

/* ---- what hangs in a column ---- */

static int stack_height(const struct chart *c, size_t at)
{
    int y = box_height(&c->node.v[at].box);
    for (size_t i = 0; c->node.v[at].below > 0 && i < c->node.n; i++)
        if (c->node.v[i].up == at)
            y += GAP_IN + stack_height(c, i);
    return y;
}

static int stack_out(struct html *h, const struct chart *c, size_t at, int x, int y);

/* The children from the nth up to (not including) `to`, one below the other, with their line from `top`. Returns where they end. */
static int children_out(struct html *h, const struct chart *c, size_t up, size_t nth, size_t to, int x, int top, int y)
{
    size_t k = 0;
    int last = top;
    for (size_t i = 0; i < c->node.n; i++) {
        if (c->node.v[i].up != up || k++ < nth || k > to)
            continue;
        int mid = y + CHART_PAD + LINE_H / 2;
        line(h, x + CHART_INDENT / 2, mid, x + CHART_INDENT, mid);
        last = mid;
        y = stack_out(h, c, i, x + CHART_INDENT, y) + GAP_IN;
    }
    if (last > top)
        line(h, x + CHART_INDENT / 2, top, x + CHART_INDENT / 2, last);
    return y - GAP_IN;
}

static int stack_out(struct html *h, const struct chart *c, size_t at, int x, int y)
{
    int height = box_height(&c->node.v[at].box);
    box_out(h, &c->node.v[at].box, x, y, height);
    if (c->node.v[at].below == 0)
        return y + height;
    return children_out(h, c, at, 0, c->node.v[at].below, x, y + height, y + height + GAP_IN);
}

/* ---- blocks ---- */

/* Children are dealt to the columns in order, so that these end at about the same height. */
static struct block block_new(const struct chart *c, size_t at)
{
    const struct node *n = &c->node.v[at];
    struct block b = {.node = at, .w = n->below > PER_COLUMN ? (n->below + PER_COLUMN - 1) / PER_COLUMN : 1};
    int total = 0, col = 0, most = 0;
    size_t k = 0, w = 0;
    b.w = b.w > CHART_COLUMNS ? CHART_COLUMNS : b.w;
    for (size_t i = 0; n->below > 0 && i < c->node.n; i++)
        if (c->node.v[i].up == at)
            total += stack_height(c, i) + GAP_IN;
    for (size_t i = 0; n->below > 0 && i < c->node.n; i++) {
        if (c->node.v[i].up != at)
            continue;
        int height = stack_height(c, i) + GAP_IN;
        if (w + 1 < b.w && col > 0 && col + height / 2 > total / (int)b.w) {
            w++;
            col = 0;
        }
        col += height;
        most = col > most ? col : most;
        b.end[w] = ++k;
    }
    b.w = w + 1;
    b.h = box_height(&n->box) + (most > 0 ? (b.w > 1 ? GAP : GAP_IN) + most - GAP_IN : 0);
    return b;
}

static int block_middle(const struct block *b, int x) { return x + ((int)b->w * COL_W - GAP) / 2; }

static void block_out(struct html *h, const struct chart *c, const struct block *b, int x, int y)
{
    const struct box *head = &c->node.v[b->node].box;
    int height = box_height(head), below = y + height, bus = below + GAP / 2, mid = block_middle(b, x);
    if (b->w == 1) {
        (void)stack_out(h, c, b->node, x, y);
        return;
    }
    box_out(h, head, mid - CHART_BOX_W / 2, y, height);
    line(h, mid, below, mid, bus);
    line(h, x + CHART_INDENT / 2, bus, x + ((int)b->w - 1) * COL_W + CHART_INDENT / 2 > mid ? x + ((int)b->w - 1) * COL_W + CHART_INDENT / 2 : mid, bus);
    for (size_t k = 0; k < b->w; k++)
        (void)children_out(h, c, b->node, k ? b->end[k - 1] : 0, b->end[k], x + (int)k * COL_W, bus, below + GAP);
}

/* How many of the blocks from `from` fit into one row, and how high that row is. */
static size_t row_of(const struct block_vec *v, size_t from, int *ret_height)
{
    size_t n = 0, w = 0;
    *ret_height = 0;
    while (from + n < v->n && w + v->v[from + n].w <= CHART_COLUMNS) {
        w += v->v[from + n].w;
        *ret_height = v->v[from + n].h > *ret_height ? v->v[from + n].h : *ret_height;
        n++;
    }
    return n;
}

static int rows_height(const struct block_vec *v)
{
    int y = 0, height;
    for (size_t i = 0, n; i < v->n; i += n) {
        n = row_of(v, i, &height);
        y += height + GAP * 2;
    }
    return y;
}

/* Rows of blocks under a line from `top` (x in the middle of the picture) down the margin; top < 0: they answer to nobody. Returns where they end. */
static int rows_out(struct html *h, const struct chart *c, const struct block_vec *v, int top, int y)
{
    int height, bus = 0, first = y - GAP / 2;
    for (size_t i = 0, n; i < v->n; i += n) {
        int x = MARGIN, last = MARGIN;
        n = row_of(v, i, &height);
        bus = y - GAP / 2;
        for (size_t k = i; k < i + n; k++) {
            int mid = block_middle(&v->v[k], x);
            if (top >= 0)
                line(h, mid, bus, mid, y);
            block_out(h, c, &v->v[k], x, y);
            last = mid;
            x += (int)v->v[k].w * COL_W;
        }
        bool only = n == v->n;
        int from = only ? block_middle(&v->v[i], MARGIN) : 0;
        if (i == 0 && WIDTH / 2 > last)
            last = WIDTH / 2;
        if (top >= 0)
            line(h, from < WIDTH / 2 ? from : WIDTH / 2, bus, last, bus);
        y += height + GAP * 2;
    }
    if (top >= 0 && v->n > 0) {
        line(h, WIDTH / 2, top, WIDTH / 2, first);
        if (bus > first)
            line(h, 0, first, 0, bus);
    }
    return y;
}

/* ---- the picture ---- */

static int departments_height(const struct boxes *v)
{
    int y = 0;
    for (size_t i = 0; i < v->n; i += CHART_COLUMNS) {
        int most = 0;
        for (size_t k = i; k < v->n && k < i + CHART_COLUMNS; k++)
            most = box_height(&v->v[k]) > most ? box_height(&v->v[k]) : most;
        y += most + GAP;
    }
    return y;
}

static void departments_out(struct html *h, const struct boxes *v, int y)
{
    for (size_t i = 0; i < v->n; i += CHART_COLUMNS) {
        int most = 0;
        for (size_t k = i; k < v->n && k < i + CHART_COLUMNS; k++)
            most = box_height(&v->v[k]) > most ? box_height(&v->v[k]) : most;
        for (size_t k = i; k < v->n && k < i + CHART_COLUMNS; k++)
            box_out(h, &v->v[k], MARGIN + (int)(k - i) * COL_W, y, most);
        y += most + GAP;
    }
}

static void caption(struct screen *s, const char *key, int y)
{
    html_open(s->h, E_TEXT);
    html_class(s->h, "post");
    html_attr_i64(s->h, A_X, MARGIN);
    html_attr_i64(s->h, A_Y, y + 14);
    html_msg(s->h, key);
    html_close(s->h, E_TEXT);
}

static void picture_open(struct screen *s, const char *title, int height)
{
    struct html *h = s->h;
    html_open(h, E_DIV);
    html_class(h, "landscape");
    html_open(h, E_DIV);
    html_class(h, "scroll");
    html_attr(h, A_ROLE, "region");
    html_attr(h, A_TABINDEX, "0");
    html_attr(h, A_ARIA_LABEL, title);
    html_open(h, E_SVG);
    html_class(h, "chart");
    html_attr(h, A_VIEWBOX, mem_fmt(s->r, "-1 -1 %d %d", WIDTH + 2, height + 2));
    html_attr(h, A_ROLE, "img");
    html_attr(h, A_ARIA_LABEL, msg_fill(s->r, req_lang(s->r), MSG("chart.says"), title, NULL));
}

static void picture_close(struct screen *s)
{
    html_close(s->h, E_SVG);
    html_close(s->h, E_DIV);
    html_close(s->h, E_DIV);
}

#define CAPTION_H 30
void chart_draw(struct screen *s, const struct chart *c, const char *title)
{
    struct block_vec under = VEC_INIT(s->r), apart = VEC_INIT(s->r);
    for (size_t i = 0; i < c->node.n; i++)
        if (i != c->top && c->node.v[i].up == c->top && c->top != CHART_NONE)
            *vec_push(&under) = block_new(c, i);
        else if (i != c->top && c->node.v[i].up == CHART_NONE)
            *vec_push(&apart) = block_new(c, i);
    int top = c->top != CHART_NONE ? box_height(&c->node.v[c->top].box) : 0, y = top + (top > 0 ? GAP * 2 : 0);
    int posts = y + rows_height(&under) + (apart.n > 0 ? CAPTION_H + rows_height(&apart) : 0);
    int rest = c->department.n > 0 ? CAPTION_H + departments_height(&c->department) : 0;
    bool two = posts > 0 && rest > 0 && posts + rest > SHEET_H;
    picture_open(s, title, two ? posts : posts + rest);
    if (top > 0)
        box_out(s->h, &c->node.v[c->top].box, (WIDTH - CHART_BOX_W) / 2, 0, top);
    y = rows_out(s->h, c, &under, top, y);
    if (apart.n > 0) {
        caption(s, MSG("chart.apart"), y);
        y = rows_out(s->h, c, &apart, -1, y + CAPTION_H);
    }
    if (two) {
        picture_close(s);
        picture_open(s, mem_fmt(s->r, "%s %s", title, msg_text(req_lang(s->r), MSG("chart.departments"))), rest);
        y = 0;
    }
    if (c->department.n > 0) {
        caption(s, MSG("chart.departments"), y);
        departments_out(s->h, &c->department, y + CAPTION_H);
    }
    picture_close(s);
}
