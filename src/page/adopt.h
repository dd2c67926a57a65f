/* Which regulations daicho ships, shared by the first page of set-up and 設定. */
#ifndef PAGE_ADOPT_H
#define PAGE_ADOPT_H
#include "page/page_int.h"

#define OFFERS_MAX 16
VEC_TYPE(fault_vec, const char *);
/* faults: why a folder is not offered, for the reader. */
struct offers { struct ui_opt opt[OFFERS_MAX]; size_t n; struct fault_vec faults; };
/* The shipped regulations that are not adopted yet, each with how many of its duties this daicho carries. Ticked: what was posted as adopt[]. */
void offers_read(struct screen *s, struct offers *ret);
void offers_out(struct screen *s, const struct offers *o, const char *label);
/* "規程の義務 N 件のうち ...", for a pack that says how many there are. */
void carries_out(struct screen *s, const struct pack_set *set, const struct pack *p, const char *msg);
#endif
