/* Inside core only: the rows of a route, as route.c, decide.c, deputy.c, letter.c and ahead.c share them.
 *
 * A row's state: waiting, open, done. A seat's: open (may act), done (acted), free (somebody else did). note says how a row came to be as
 * it is, or NULL: climbed, collapsed, reopened, ... */
#ifndef CORE_ROUTE_INT_H
#define CORE_ROUTE_INT_H
#include "core/core_int.h"

struct seat_row { int64_t person, on_behalf; const char *post, *state; };
VEC_TYPE(seat_rows, struct seat_row);
struct row { int64_t ord, need, opened, done; const char *step, *state, *note, *bind; struct seat_rows who; };
VEC_TYPE(row_vec, struct row);

bool ids_have(const struct id_vec *v, int64_t id);
/* ---- route.c ---- */
MUST enum rc route_makers(struct work *w, const struct record *rec, struct id_vec *ret, struct err *e);     /* who made or changed the draft */
MUST enum rc rows_load(struct work *w, const struct record *rec, struct row_vec *ret, struct err *e);
void rows_effect(const struct work *w, const struct row_vec *rows, int64_t rev, struct json *effect);
/* rows_effect, and the tasks that follow from where the route stands (an answer from outside to be got). */
MUST enum rc rows_out(struct work *w, const struct record *rec, const struct row_vec *rows, int64_t rev, struct json *effect, struct err *e);
/* Tells who had approved, and the maker, that the approvals are void. */
void route_void_tell(struct work *w, const struct record *rec, const struct row_vec *was, struct json *effect);
const char *step_label(const struct form *f, const char *key);
bool row_is(const struct row *r, const char *state);
bool rows_acted(const struct row_vec *rows, int64_t person);
int64_t row_done_n(const struct row *r);
void row_finish(struct row *r, int64_t now_us);
const struct who *row_who(const struct step *s, const struct row_vec *rows, size_t at);
bool who_outside(const struct who *by);
/* Who may act at a row: resolved against today's appointments, without makers; "outside" or an exception when there is nobody. */
MUST enum rc row_seats(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e);
MUST enum rc row_bind(struct work *w, const struct record *rec, const struct content *c, struct row *r, struct err *e);
MUST enum rc row_open(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, const struct id_vec *makers, struct err *e);
/* Opens the next step (all its rows) until one waits for somebody; *ret_done when none is left. */
MUST enum rc rows_advance(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, bool *ret_done, struct err *e);
/* The draft as it stands, with computed values brought up to date; *ret_changed: a new revision was written. */
MUST enum rc route_fresh(struct work *w, struct record *rec, struct content **ret_c, bool *ret_changed, struct err *e);
/* Which steps are still to come, after a step filled in what they depend on; not *ret_fits: also those begun would be others. */
MUST enum rc rows_replan(struct work *w, const struct record *rec, struct row_vec *rows, bool *ret_fits, struct err *e);
/* The same, and whether other steps apply now: the approvals so far rest on something else. */
MUST enum rc route_stale(struct work *w, struct record *rec, struct content **ret_c, bool *ret_stale, struct err *e);
/* The basis of earlier approvals changed: they are voided, the route starts anew, nobody's approval is taken. */
MUST enum rc route_reopen(struct work *w, struct record *rec, const struct content *c, struct err *e);
/* ---- reseat.c ---- */
bool row_lacks(const struct row *r);                      /* open, and fewer may act than it needs */
MUST enum rc route_lacks_tell(struct work *w, const struct record *rec, const struct row_vec *rows, struct json *effect, struct err *e);
/* Before somebody acts: when people, posts or the day changed since and the keeper was not there yet, open steps are resolved anew first. */
MUST enum rc seats_fresh(struct work *w, const struct record *rec, struct row_vec *rows, struct err *e);
/* ---- exception.c ---- */
MUST enum rc exception_of(struct work *w, int64_t person, int64_t *ret_id, struct err *e);           /* the one in force for this person today; 0: none */
/* Nobody is left for a step: the applicant, when the step's regulation allows an exception and one is in force; else ERR_NO_APPROVER. */
MUST enum rc exception_seat(struct work *w, const struct record *rec, const struct step *s, struct row *r, struct err *e);
bool row_is_exception(const struct row *r);
MUST enum rc exception_use(struct work *w, const struct record *rec, const struct step *s, const struct row *r, const char *why, struct json *effect, struct err *e);
/* ---- exclude.c ---- */
/* Whoever acts at this step in a post must not hold another that excludes it, nor may the one for whom they act. */
MUST enum rc exclude_act(struct work *w, const struct step *s, struct err *e);
/* ---- together.c ---- */
/* The steps that the actor decides by approving at s: s, and what would collapse into it. */
MUST enum rc steps_together(struct work *w, const struct record *rec, const struct content *c, const struct row_vec *rows, const struct step *s, struct step_list *ret, struct err *e);
/* ---- letter.c ---- */
bool row_is_letter(const struct row *r);
/* Who confirms a letter that this person recorded, and who recorded it. Nobody confirms: only the latter. */
MUST enum rc letter_seats(struct work *w, const struct record *rec, struct row *r, int64_t recorder, struct err *e);
MUST enum rc letter_back(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, struct err *e);
/* ---- decide.c ---- */
MUST enum rc route_told_end(struct work *w, const struct record *rec, struct json *effect, struct err *e);
/* The row's end: binds what was approved, and opens what comes next. */
MUST enum rc row_decided(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, bool *ret_done, struct err *e);
#endif
