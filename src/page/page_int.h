/* Inside page only. */
#ifndef PAGE_PAGE_INT_H
#define PAGE_PAGE_INT_H
#include "form/form.h"
#include "page/page.h"

#define PAGE_BYTES_MAX (8 << 20)
#define PAGE_ROWS 50

const struct route_path *page_path(const char *name);      /* by the route's name; html_href(h, page_path("record"), URL_I(id)) */

/* <a href="…">message</a>; the arguments of the route as html_href takes them. */
void page_link_(struct html *h, const char *key, const char *route, const struct url_arg *arg, size_t n);
#define page_link(h, key, route, ...) page_link_((h), (key), (route), (const struct url_arg[]){__VA_ARGS__, {0}}, \
    sizeof((const struct url_arg[]){__VA_ARGS__, {0}}) / sizeof(struct url_arg) - 1)
#define page_link0(h, key, route) page_link_((h), (key), (route), NULL, 0)

/* One screen being answered: snapshot, writer, frame. */
struct screen { struct req *r; struct site *site; const struct user *user; struct reader rd; struct html *h; bool reading; struct err broke /* while the page was written: it is not shown */; };
enum lang language_of(const struct req *r);                                    /* before sign-in: from a cookie */
void language_keep(struct req *r, struct core *core, const char *token);       /* what was chosen before goes into the new session */
/* Opens the snapshot; false when it answered with an error page. */
bool screen_begin(struct screen *s, struct req *r, void *ctx);
/* Begins the page with the frame; title is text, room the place in the navigation. */
void screen_open(struct screen *s, const char *title, const char *room);
void screen_close(struct screen *s, int status);            /* ends frame and snapshot, answers */
void screen_fail(struct screen *s, const struct err *e);    /* ends the snapshot, answers with the error page; logs what is ours */
/* May the reader do this? An error while asking is no answer: the page that is being written becomes an error page (s->broke). */
bool screen_may(struct screen *s, enum permit p, const struct form *f, const struct record *rec);
void screen_broke(struct screen *s, const struct err *e);
void screen_end(struct screen *s);                          /* ends the snapshot only (before a command or a redirect) */
const char *screen_csrf(const struct screen *s);
const char *screen_org(struct screen *s);                  /* the organisation's name */
/* Flash message carried by the query of the redirect that follows a POST: ?done=KEY. */
void screen_go(struct screen *s, const char *route, int64_t id, const char *done);
/* A record that the person may see, else 404. */
MUST enum rc screen_record(struct screen *s, int64_t id, struct record *ret_rec, struct err *e);
void screen_table(struct screen *s, const char *caption, const char *const *keys, size_t n);    /* opened, with its head; all are keys of messages */
void screen_table_of(struct screen *s, const char *caption, const char *const *keys, size_t n); /* the same; the caption is text, so that tables of one page differ */
void record_link(struct html *h, int64_t record, const char *text);
void number_sent(struct req *r, struct json *args, const char *name);      /* a field of the form that holds a number (an id, a version), if it does */
void task_say(struct screen *s, const struct form *f /* of its record, or NULL */, const struct task_info *t);   /* into the open element */
const char *room_title(enum lang lang, const char *room);
const char *state_label(enum lang lang, const char *state);
enum ui_tone state_tone(const char *state);
const char *role_names(struct screen *s, int64_t person);    /* names of the posts that somebody holds, for people */
const char *when_text(TALLOC_CTX *mem, int64_t us);

#define SHEET_MAX (8 << 20)                          /* bytes of a CSV that is looked through */
const struct upload *upload_of(struct req *r, const char *field);           /* NULL: none or empty */
MUST enum rc upload_text(struct req *r, const struct upload *up, struct str *ret, struct err *e);

/* A long text in hidden fields of the form that is open, and what came back. */
void text_carry(struct screen *s, const char *name, const char *p, size_t n);
struct str text_carried(struct req *r, const char *name, size_t max);

/* Words and alternatives of a regulation as fields of the form that is open; and what came back, only what changed. */
void words_form(struct screen *s, const struct pack *p, int level);      /* of its headings */
void words_param(struct screen *s, const char *key);                     /* one of them, by "pack.id" */
struct json *words_read(struct req *r, const struct pack_set *set);       /* what differs from what is in force */
/* Makes the values canonical; at most max problems: what cannot be read, is weaker than stated, or is no alternative. */
size_t words_check(struct screen *s, struct json *settings, struct ui_problem *ret, size_t max);

/* 任命書: of which records there is one, the way to it, and the letter itself (page_letter.c). */
bool letter_of(const struct record *rec);
void letter_link(struct screen *s, const struct record *rec);
void letter_page(struct screen *s, const struct record *rec);

const char *role_title(struct screen *s, const char *key);  /* as the adopted regulation calls it; the key when the set does not have it any more */
const struct role *role_spoken(const struct pack_set *set, const struct role *base);     /* the regulation's own name of a post of core */
bool role_asked(const struct pack_set *set, const struct role *base);      /* a route, task, check or schedule calls for it */
/* The form of an import page that the person may use, else NULL (answered). page_template.c: how its columns are written, and an empty sheet. */
const struct form *import_begin(struct screen *s, struct req *r, void *ctx);
void template_out(struct screen *s, const struct form *f);
/* Which column is which field, to be put right: the sheet is carried in the form, so that it need not be chosen again. */
void columns_form(struct screen *s, const struct form *f, const struct json *columns, struct str sheet);
bool columns_carried(struct req *r, struct str *ret_sheet);
size_t columns_chosen(struct req *r, const char ***ret_map);       /* by column: path, "" for none, NULL when not asked */
/* The rows of an import that waits for approval, as they were typed. */
void import_rows_out(struct screen *s, const struct record *rec);

/* Asks who is there; sent again, the request goes on with what was typed (gate.c). */
void proof_page(struct req *r, void *ctx, const struct err *refused);
/* Will handing in (or filling) a record of this form be refused for want of a proof? Then it is asked before anything is saved; true: answered. */
bool proof_first(struct screen *s, const struct form *f);

/* Accounts of a system (page_accounts.c): the way from its record to the page, and on an account that was found the choice of its person. */
void accounts_link(struct screen *s, const struct record *system);
void accounts_person_out(struct screen *s, const struct record *found);

/* Sign-in at the provider of the organisation's accounts (page_oidc.c): the way there from the sign-in page, and from the question who is there. */
void oidc_login_out(struct screen *s);
void oidc_proof_out(struct screen *s);
void login_page(struct screen *s, const char *problem, const char *login, int status);      /* page_login.c */

#define PAGE(name) void name(struct req *r, void *ctx)
PAGE(page_home); PAGE(page_login); PAGE(page_login_post); PAGE(page_logout_post); PAGE(page_password); PAGE(page_password_post); PAGE(page_language_post);
PAGE(page_adopt); PAGE(page_adopt_post); PAGE(page_setup); PAGE(page_setup_post); PAGE(page_rooms); PAGE(page_list); PAGE(page_csv); PAGE(page_new); PAGE(page_new_post); PAGE(page_import); PAGE(page_import_post); PAGE(page_import_template);
PAGE(page_record); PAGE(page_edit); PAGE(page_edit_post); PAGE(page_act_post); PAGE(page_history); PAGE(page_attach_post); PAGE(page_print); PAGE(page_attachment);
PAGE(page_log_add); PAGE(page_log_add_post); PAGE(page_log_correct); PAGE(page_log_correct_post);
PAGE(page_receipt); PAGE(page_conform); PAGE(page_conform_days); PAGE(page_conform_article); PAGE(page_conform_by); PAGE(page_article); PAGE(page_ledger); PAGE(page_settings); PAGE(page_settings_post); PAGE(page_task_post);
PAGE(page_words); PAGE(page_words_post); PAGE(page_coverage); PAGE(page_regulation); PAGE(page_people); PAGE(page_people_post); PAGE(page_account); PAGE(page_account_post); PAGE(page_proof_post);
PAGE(page_past_roles); PAGE(page_past_chart); PAGE(page_past_sight); PAGE(page_permissions);
PAGE(page_factor); PAGE(page_factor_post); PAGE(page_login_code); PAGE(page_oidc_go); PAGE(page_oidc_back); PAGE(page_login_code_post); PAGE(page_token); PAGE(page_token_post);
PAGE(page_notices); PAGE(page_notices_post); PAGE(page_accounts); PAGE(page_accounts_post); PAGE(page_accounts_person);
#undef PAGE
#endif
