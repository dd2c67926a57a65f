/* The picture of an organisation: made in page_chart.c, drawn in page_chart_draw.c. */
#ifndef PAGE_CHART_H
#define PAGE_CHART_H
#include "page/past.h"

#define CHART_COLUMNS 4
#define CHART_BOX_W 255
#define CHART_GAP 20
#define CHART_PAD 10
#define CHART_INDENT 18
#define CHART_BOXES_MAX 200
#define CHART_NONE SIZE_MAX

/* Lines of text in a frame of w units; the first heading_n are the post. */
#define CHART_TITLES 4
struct box { const char *line[16]; size_t n, heading_n; int w; bool vacant; };
VEC_TYPE(boxes, struct box);
/* A post: up is the node above, CHART_NONE at the top; below: how many nodes are directly under it. */
struct node { const struct role *role; const struct role_day *day; size_t up, below; struct box box; };
VEC_TYPE(nodes, struct node);
/* top: the node on top of the picture, CHART_NONE when there is none. */
struct chart { struct nodes node; struct boxes department; size_t top; };
void chart_draw(struct screen *s, const struct chart *c, const char *title);
#endif
