/* An open house for the tests of core, without HTTP: ten people in four departments (the packs of tests/core/packs), on SQLite or on a
 * throw-away PostgreSQL. One house at a time; results live in house_mem until it closes. */
#ifndef TESTS_HOUSE_H
#define TESTS_HOUSE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core_int.h"

extern struct core *house_core;
extern TALLOC_CTX *house_mem;

/* adopt: JSON array of packs; roles: JSON array of assignments (NULL: those of test_house). The last people of the list have no post. */
int house_open_as(bool on_pg, const char *adopt, const char *roles);
/* With the packs `trial` and `routes` and their posts. */
int house_open_routes(bool on_pg);
/* An example of examples/ with a pack of packs/; house_person and house_dept know its people and departments. */
int house_open_example(bool on_pg, const char *example, const char *pack);
int house_end(void);
/* Everything so far is bound by the ledger, and projections made anew are the same. */
void house_holds(void);
const char *house_dir(void);

struct json *house_obj(const char *text);
int64_t house_person(const char *login);
int64_t house_dept(const char *name);
struct actor house_as(const char *login);
const char *house_code_of(const struct answer *ans);        /* "ok" or the refusal's code */
struct answer *house_say(const struct actor *a, const char *name, const struct json *args);
struct answer *house_good(const struct actor *a, const char *name, const struct json *args);        /* fails the test unless it succeeds */
/* Makes and submits; the record's id, or 0 with *ret_code. */
int64_t house_make(const char *login, const char *form, const char *values, const char **ret_code);
/* A command on one record, with a comment; its refusal's code or "ok". */
const char *house_act(const char *login, const char *name, int64_t record, const char *values);
/* The same with more arguments: a JSON object that record and comment are added to. */
struct answer *house_ask(const char *login, const char *name, int64_t record, const char *args);
struct reader house_reading(const char *login);
int64_t house_number(const struct sql *s);                  /* the one number that it asks for */
struct json *house_batch(int64_t batch);                    /* {batch} */
void house_account(const char *login, const char *password, bool disabled);        /* account.set by the administrator kanri */
/* Uploads bytes as a file of the record; its id. `from`: with another path (NULL: where they lie), whatever comes of it. */
struct answer *house_attach_from(const char *login, int64_t record, const char *name, const char *bytes, const char *path);
int64_t house_attach(const char *login, int64_t record, const char *name, const char *bytes);
/* The route in one line: "first:done kacho done second:open/climbed bucho open"; a deputy's seat as "sato=kacho done". */
const char *house_route(int64_t record);
const char *house_state(int64_t record);                    /* "approved/-", "draft/submitted" */
/* Open tasks of that name on the record, for that person (NULL: anybody). */
size_t house_tasks(int64_t record, const char *name, const char *login);
#endif
