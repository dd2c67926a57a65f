/* page: the screens. One file per screen; gate.c stands before every handler of pages and API alike.
 *
 *   gate.c            session, CSRF, origin, set-up first, must-change-password: decides before any handler runs
 *   frame.c           the page frame with the navigation, error pages, reading the draft back after a refusal
 *   task_say.c        what a task asks                              page_login.c page_language.c  sign-in and out, password, language
 *   page_setup*.c     the first hour                                page_home.c     ホーム: my tasks, approvals, what came back
 *   page_notice.c     お知らせ: what one was told
 *   page_list.c       registers and applications                    page_log.c page_book.c  logs; reviews of a whole register
 *   page_record.c     one record: view, history, print              page_act.c page_attach.c  what may be done to it; its files
 *   page_edit.c       new, change, fill                             page_import*.c page_upload.c  imports
 *   page_accounts.c   accounts that systems really have
 *   page_state.c      適合状況, ledger, receipt                       page_article.c page_regulation.c  the text with live state
 *   page_account.c    one's own sign-in                             page_factor.c page_proof.c  second factor; who is there?
 *   page_settings*.c page_words.c  figures, alternatives, roles     page_people.c   accounts of people */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H
#include "core/core.h"
#include "http/http.h"


extern const struct route page_routes[];
extern const size_t page_routes_n;
/* The gate for http_start; ctx is a struct site. */
bool page_gate(struct req *r, const struct route *route, void *ctx);
const struct user *page_user(const struct req *r);      /* NULL only on routes that need nothing */
#endif
