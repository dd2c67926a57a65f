/* JSON: bounded reading (duplicate keys, bad UTF-8, depth > 32 and trailing text are refused) and
 * writing with keys in the order they were set (json_text) or sorted (json_canonical, for hashing).
 * A struct json is owned by the talloc context it was made on; children are borrowed from their root
 * and valid as long as the root. jansson is known only to json.c. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "buf.h"
#include "err.h"
#include "str.h"
struct json;                                             /* one value */
enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_STR, JSON_ARR, JSON_OBJ };

MUST enum rc json_read(TALLOC_CTX *mem, struct str text, size_t max_bytes, struct json **ret_root, struct err *e);
struct json *json_obj(TALLOC_CTX *mem);                  /* new roots */
struct json *json_arr(TALLOC_CTX *mem);
char *json_text(TALLOC_CTX *mem, const struct json *j);
char *json_canonical(TALLOC_CTX *mem, const struct json *j);   /* sorted keys, no spaces */

enum json_type json_type(const struct json *j);          /* NULL pointer counts as JSON_NULL */
const struct json *json_get(const struct json *obj, const char *key);   /* NULL when absent */
const char *json_get_str(const struct json *obj, const char *key);      /* NULL when absent or no string */
int64_t json_get_i64(const struct json *obj, const char *key, int64_t absent);
bool json_get_bool(const struct json *obj, const char *key);            /* absent: false */
const char *json_str(const struct json *j);              /* NULL when not a string */
int64_t json_i64(const struct json *j, int64_t otherwise);
size_t json_n(const struct json *j);                     /* items of an array or object */
const struct json *json_at(const struct json *arr, size_t i);
struct json *json_item(struct json *arr, size_t i);                            /* to be filled further */
/* The pairs of an object in the order they were set: for (struct json_pos p = {0}; json_next(obj, &p);). A step costs the same however many
 * there are. Values may be replaced meanwhile, pairs not added or taken away. False at once when it is no object. */
struct json_pos { void *it; const char *key; const struct json *val; };
bool json_next(const struct json *obj, struct json_pos *p);

void json_set_str(struct json *obj, const char *key, const char *v);    /* NULL writes null */
void json_set_i64(struct json *obj, const char *key, int64_t v);
void json_set_bool(struct json *obj, const char *key, bool v);
void json_set_null(struct json *obj, const char *key);
void json_set(struct json *obj, const char *key, const struct json *v); /* copies by reference count */
struct json *json_child(struct json *obj, const char *key);               /* existing child, to be filled further; NULL when absent */
struct json *json_set_obj(struct json *obj, const char *key);           /* new child, filled through the result */
struct json *json_set_arr(struct json *obj, const char *key);
void json_add_str(struct json *arr, const char *v);
void json_add_i64(struct json *arr, int64_t v);
void json_add(struct json *arr, const struct json *v);
struct json *json_add_obj(struct json *arr);
struct json *json_add_arr(struct json *arr);
/* A string as JSON, with its quotes, straight into a text: for bodies that are written a hundred times a second. s is valid UTF-8. */
void json_quote(struct buf *b, const char *s);
#endif
