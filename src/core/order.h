/* Inside core: personnel orders that daicho carries out on their day (order.c). */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H
#include "core/core_int.h"

#define ORDER_FORM "personnel_order"
#define ORDERS_WAITING "orders"        /* in keep: "1" while some may be due */

bool order_is(const char *form_ident);
/* One came into force, or a day began: the keeper looks. */
MUST enum rc orders_moved(struct work *w, const char *form_ident, struct err *e);
MUST enum rc orders_day(struct work *w, struct err *e);
/* A correction forgets why the last attempt failed. */
void order_anew(const struct record *rec, struct content *c);
enum rc cmd_order_run(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_order_fail(struct work *w, const struct json *args, struct json *body, struct err *e);
#endif
