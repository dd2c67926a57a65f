/* What the form room is told by pages: titles and candidates of references, names of files. */
#ifndef PAGE_ENV_H
#define PAGE_ENV_H
#include "page/page_int.h"
struct form_env env_of(struct screen *s);
/* The titles of what a content refers to, in one statement. */
void titles_ready(struct screen *s, const struct form *f, const struct content *c);
/* Files that the form's own fields brought (u.<path>). The command attaches them with what it does; refused, nothing of them stays, and uploads_lost
 * says at each field that its file must be chosen again. */
bool uploads_sent(const struct req *r);
const char *uploads_keep(struct req *r, struct site *site, struct html *h);      /* while a proof is asked for, into the form that is open: the names of files, or NULL */
void uploads_command(struct req *r, struct site *site, const char *command, struct json *args, const char *ikey, struct answer **ret);
void uploads_lost(struct req *r, struct site *site, const struct form *f, const struct answer *a, struct trouble_vec *t);
void files_of(struct screen *s, const struct record *rec, struct form_env *env);       /* what is attached, to choose from */
void troubles_of(struct req *r, const struct json *body, struct trouble_vec *ret);
/* page_act.c, page_record.c */
void record_acts_out(struct screen *s, const struct record *rec, const char **acts, size_t n, const struct trouble_vec *troubles);
void record_page(struct screen *s, const struct record *rec, const struct trouble_vec *troubles, const char *problem, int status);
/* page_schedule.c */
void schedule_article_out(struct screen *s, const struct schedule *k);
void schedule_do_out(struct screen *s, const struct task_info *t);
void schedule_about(struct screen *s, const struct form *f, struct content *c);       /* ?about=RECORD into a new record */
void schedules_out(struct screen *s, const struct pack *p, const char *article);
void schedule_ended_out(struct screen *s, int64_t record);
/* page_log.c, page_book.c: on a record's page */
void log_note_out(struct screen *s, const struct record *rec);
/* print: every row, without paging. */
void book_out(struct screen *s, const struct record *rec, int64_t rev, bool print);
#endif
