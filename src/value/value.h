/* value: typed reading and checking of field values, from a form post, JSON or a sheet row.
 *
 *   value.c     one value: what people type -> canonical text, or a problem; canonical text -> what people read
 *   content.c   a record's content: ordered list of (path, canonical text); compare, merge, commitment order
 *
 * Canonical text per type (this is what commitments bind, what the API speaks and what form tables are filled from):
 *   text longtext   NFC, no control bytes but LF (longtext), trimmed; max 200 / 10,000 characters unless the field says otherwise
 *   int money       decimal    number  shortest decimal    bool  "1" / "0"    date  YYYY-MM-DD    datetime  UTC microseconds, decimal
 *   month 1..12     duration   ISO 8601 (P3Y, P6M, P14D)    choice  option id    ref person department file  record / attachment id, decimal
 *   role  role key  sign  "person id@microseconds"
 * Paths: "destination", "sme.level", multi or many field: "basis2[0]", table: "items[0].asset". Rows are numbered without gaps. */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H
#include "base/base.h"
#include "pack/pack.h"

/* A refusal of one value or rule, shown beside the field. Data, not an error. */
struct trouble { const char *path; const char *code /* required, type, option, length, range, pattern, unique, allowed, rule key, undecided:<field> */;
                 const char *text /* in the reader's language; names the field */; const char *rule, *article; bool warning; };
VEC_TYPE(trouble_vec, struct trouble);

/* Resolves what people write for a reference (number, title, login, code) to an id; false when none or several (*ret_several). */
typedef bool (*resolve_fn)(void *ctx, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several);
/* sign: what a ticked signature becomes (value_sign_text of who acts, now); NULL: nobody can sign here. sign_claim: an import may say what
 * stands on paper; it is kept and shown as a claim. hours: periods of hours and minutes too (PT30M), for figures; fields of forms take none. */
struct value_ctx { enum lang lang; resolve_fn resolve; void *resolve_ctx; const char *sign; bool sign_claim, hours; };
char *value_sign_text(TALLOC_CTX *mem, int64_t person, int64_t us);
bool value_sign_read(const char *text, int64_t *ret_person, int64_t *ret_us);         /* false: a claim, or no signature */

/* typed: UTF-8. Empty gives *ret_text = NULL (unset). Trouble is appended and false returned when it cannot be read. Full-width digits,
 * wareki, 2026/6/1, ○/×, はい/いいえ, option labels as well as ids are understood. */
bool value_read(TALLOC_CTX *mem, const struct value_ctx *c, const struct field *f, const char *path, const char *typed,
                const char **ret_text, struct trouble_vec *troubles);
/* For people. References need their title from the caller (value_ref_id gives the id). */
char *value_show(TALLOC_CTX *mem, const struct field *f, const char *text, enum lang lang);
bool value_is_ref(const struct field *f);

struct item { const char *path; const char *text; };                    /* text never NULL: unset fields have no item */
struct content { struct item *v; size_t n, cap; TALLOC_CTX *mem; };     /* sorted by form order, then row number */
struct content *content_new(TALLOC_CTX *mem);
const char *content_get(const struct content *c, const char *path);     /* NULL when unset */
int64_t content_id(const struct content *c, const char *path);          /* of a person, department, record; 0: unset */
void content_set(struct content *c, const char *path, const char *text);/* NULL removes */
size_t content_rows(const struct content *c, const char *field_path);   /* rows of a table / values of a multi field */
/* Orders items as the form does and renumbers rows; must run before hashing or comparing. */
void content_order(struct content *c, const struct form *f);
/* The field (and for tables the column and row) that a path names; NULL when the form has none. */
const struct field *content_field(const struct form *f, const char *path, const struct field **ret_col, int64_t *ret_row);
struct change { const char *path; const char *before, *after; };        /* NULL: was / is unset */
VEC_TYPE(change_vec, struct change);
void content_diff(TALLOC_CTX *mem, const struct content *a, const struct content *b, struct change_vec *ret_changes);
struct content *content_copy(TALLOC_CTX *mem, const struct content *c);
struct json *content_json(TALLOC_CTX *mem, const struct content *c);    /* {"path": "text", ...} */
/* From {"items[0].asset": "..."} with values as typed by people or canonical. Merges over base (may be NULL): a table or multi field
 * named in `in` with "field": [] or "field[n]..." replaces the whole field when replace_rows, else single cells. Unknown names and computed
 * fields are troubles (code unknown / computed). */
struct content *content_read(TALLOC_CTX *mem, const struct value_ctx *c, const struct form *f, const struct content *base,
                             const struct json *in, bool replace_rows, struct trouble_vec *troubles);
/* Only option labels, required etc. that need no database: required at stage, all_ticked, min/max. */
void content_check(TALLOC_CTX *mem, const struct form *f, const struct content *c, const char *const *stages, size_t stages_n, enum lang lang, struct trouble_vec *troubles);
#endif
