/* api: JSON for all that the screens do. The same commands, the same permissions; the gate is page's, passed by cmd.
 *
 *   api_command.c  POST /api/v1/commands/{name}: every row of core's command table; sign-in        api_read.c  records, lists, tasks, conformity, ledger
 *   api_account.c  where one is signed in, the second factor, a new proof
 *   api_book.c    the rows that a review lists
 *   api_house.c   roles, heads, one duty, one check, verification, sign-ins of people
 *   api_set.c     the adopted regulations: articles, coverage, settings      api_files.c   files, and commands that come with files; imports
 *   openapi.c      the OpenAPI document, from the route table and the command table                   api_scene.c clock and settling, scene builds only */
#ifndef API_API_H
#define API_API_H
#include "core/core.h"
#include "http/http.h"
/* ctx of handlers is a struct site; the gate attached a struct user (both core.h). */
extern const struct route api_routes[];
extern const size_t api_routes_n;
void api_error(struct req *r, const struct err *e);
#endif
