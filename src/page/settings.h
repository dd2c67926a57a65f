/* Shared by page_settings.c (overview, changing), page_settings_words.c (words, figures, alternatives) and page_settings_packs.c (what carries what). */
#ifndef PAGE_SETTINGS_H
#define PAGE_SETTINGS_H
#include "page/regulation.h"
struct settings { struct screen s; bool admin; struct ui_problem *problem; size_t problem_n; };
const char *settings_text(const struct settings *t, const char *key);
void settings_trouble(struct settings *t, const char *field_id, const char *text);
/* Frame, tabs, problems; then the view is written and settings_close ends it. */
void settings_open(struct settings *t, const char *view);
void settings_close(struct settings *t);
void settings_words(struct settings *t, const struct pack *p);
/* Reads what was typed in the words view; problems are noted; json of what differs from what is in force. */
struct json *settings_words_read(struct settings *t, const struct pack *p);
void settings_coverage(struct settings *t, const struct pack *p, const char *chapter);
void settings_coverage_totals(struct settings *t, const struct pack *p);
#endif
