/* page: the screens. One file per screen; gate.c stands before every handler of pages and API alike.
 *
 *   gate.c          session, CSRF, origin, set-up first, must-change-password: decides before any handler runs
 *   frame.c         the page frame with the navigation, error pages, reading the draft back after a refusal
 *   page_login.c    sign-in, sign-out, password, language        page_setup.c   the first hour
 *   page_home.c     ホーム: my tasks, approvals, what came back    page_list.c    registers and applications: list, filter, export
 *   page_record.c   one record: view, acts, receipt               page_edit.c    new, change, fill
 *   page_history.c  revisions, differences, acts                  page_conform.c 適合状況, article with live state
 *   page_ledger.c   ledger and verification                       page_admin.c   settings, packs, coverage, import */
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
