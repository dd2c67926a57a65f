/* The pages of the first hour share this: each page is the answer to the form of the one before and carries the set-up code on. */
#ifndef PAGE_SETUP_PAGE_H
#define PAGE_SETUP_PAGE_H
#include "page/page_int.h"

struct setup_page { struct screen s; struct req *r; void *ctx; const char *code; const char *problem; struct ui_problem *problems; size_t problems_n; bool faulty; };
#define SETUP_STEPS 4
/* The frame with title, place in the steps, problems; then a form that carries the code. step names the handler of what is typed. */
void setup_open(struct setup_page *u, int no, const char *title_key, const char *help_key);
void setup_form(struct setup_page *u, const char *step, bool upload);
void setup_close(struct setup_page *u, const char *button_key);            /* button (NULL: none), form, frame; answers */
/* A command as the set-up actor; the snapshot is taken anew. A refusal becomes u->problem or u->problems. */
bool setup_run(struct setup_page *u, const char *command, const struct json *args, const struct json **ret_body);
void setup_trouble(struct setup_page *u, const char *field, const char *text);
const char *setup_text(const struct setup_page *u, const char *key);

void setup_start_show(struct setup_page *u);
void setup_words_show(struct setup_page *u);  void setup_words_do(struct setup_page *u);
void setup_people_show(struct setup_page *u); void setup_people_do(struct setup_page *u);
void setup_roles_show(struct setup_page *u);  void setup_roles_do(struct setup_page *u);
#endif
