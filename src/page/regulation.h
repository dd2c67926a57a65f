/* Shared by page_state.c (適合状況) and page_regulation.c, page_article.c (the text). */
#ifndef PAGE_REGULATION_H
#define PAGE_REGULATION_H
#include "page/page_int.h"
void verdict_badge(struct screen *s, enum verdict_state v);
void article_days_out(struct screen *s, const struct pack *p, const char *article);     /* page_conform_days.c: its last days, and a link to more */
void trend_brief_out(struct screen *s, const struct pack *p);                            /* the picture of the last 90 days */
void regulation_para(struct screen *s, const struct pack *p, const struct para *a);     /* with words filled in, alternatives chosen */
const char *strength_label(enum lang lang, enum strength v);
void words_page(struct screen *s, const struct pack *p, const struct ui_problem *problem, size_t n);           /* p NULL: not found */
void roles_out(struct screen *s);                                                        /* who holds which role today */
void coverage_totals(struct screen *s, const struct pack *p, const struct cover_vec *rows);     /* per chapter and strength */
#endif
