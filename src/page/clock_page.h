/* page_clock.c: clocks of a record and the items that a report still lacks. */
#ifndef PAGE_CLOCK_PAGE_H
#define PAGE_CLOCK_PAGE_H
void clocks_out(struct screen *s, const struct record *rec);
void items_missing_out(struct screen *s, const struct record *rec);
#endif
