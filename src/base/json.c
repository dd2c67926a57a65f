/* JSON over jansson, known to this file only. A struct json is a json_t; roots are owned by a talloc holder on the caller's context,
 * children by their parents. */
/* Three names of jansson stand for other things in our own face. */
#define json_type jansson_type
#define JSON_NULL JANSSON_NULL
#define JSON_REAL JANSSON_REAL
#include <jansson.h>
#undef json_type
#undef JSON_NULL
#undef JSON_REAL
#include <stdlib.h>
#include <string.h>
#include "base/json.h"

#define JSON_DEPTH_MAX 32

struct holder { json_t *root; };

static json_t *j(const struct json *x) { return (json_t *)(uintptr_t)x; }
static struct json *s(json_t *x) { return (struct json *)x; }

static int holder_end(struct holder *h)
{
    json_decref(h->root);
    return 0;
}

static struct json *hold(TALLOC_CTX *mem, json_t *root)
{
    struct holder *h = mem_new(mem, struct holder);
    if (root == NULL)
        abort();
    h->root = root;
    talloc_set_destructor(h, holder_end);
    return s(root);
}

static bool depth_ok(struct str t)
{
    int depth = 0;
    bool in = false;
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (in) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in = false;
        } else if (c == '"') {
            in = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return true;
}

enum rc json_read(TALLOC_CTX *mem, struct str text, size_t max_bytes, struct json **ret, struct err *e)
{
    json_error_t je;
    if (text.n > max_bytes)
        return err_set(e, ERR_LIMIT, "json of %zu bytes", text.n);
    if (!depth_ok(text))
        return err_set(e, ERR_JSON, "nested deeper than %d", JSON_DEPTH_MAX);
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &je);
    if (root == NULL)
        return err_set_arg(e, ERR_JSON, je.text, "line %d column %d: %s", je.line, je.column, je.text);
    *ret = hold(mem, root);
    return RC_OK;
}

struct json *json_obj(TALLOC_CTX *mem) { return hold(mem, json_object()); }
struct json *json_arr(TALLOC_CTX *mem) { return hold(mem, json_array()); }

static char *dump(TALLOC_CTX *mem, const struct json *x, size_t flags)
{
    char *t = json_dumps(j(x), flags | JSON_COMPACT | JSON_ENCODE_ANY);
    char *r = mem_strdup(mem, t ? t : "null");
    free(t);
    return r;
}

char *json_text(TALLOC_CTX *mem, const struct json *x) { return dump(mem, x, 0); }
char *json_canonical(TALLOC_CTX *mem, const struct json *x) { return dump(mem, x, JSON_SORT_KEYS); }

void json_quote(struct buf *b, const char *text)
{
    buf_putc(b, '"');
    for (const char *p = text; *p != '\0';) {
        size_t n = 0;
        while ((unsigned char)p[n] >= 0x20 && p[n] != '"' && p[n] != '\\')
            n++;
        buf_put(b, p, n);
        p += n;
        if (*p == '"' || *p == '\\') {
            buf_putc(b, '\\');
            buf_putc(b, *p++);
        } else if (*p != '\0') {
            buf_fmt(b, "\\u%04x", (unsigned char)*p++);
        }
    }
    buf_putc(b, '"');
}

enum json_type json_type(const struct json *x)
{
    if (x == NULL)
        return JSON_NULL;
    switch (json_typeof(j(x))) {
    case JSON_OBJECT: return JSON_OBJ;
    case JSON_ARRAY: return JSON_ARR;
    case JSON_STRING: return JSON_STR;
    case JSON_INTEGER: return JSON_INT;
    case JANSSON_REAL: return JSON_REAL;
    case JSON_TRUE: case JSON_FALSE: return JSON_BOOL;
    case JANSSON_NULL: return JSON_NULL;
    }
    return JSON_NULL;
}

const struct json *json_get(const struct json *obj, const char *key)
{
    return obj == NULL ? NULL : s(json_object_get(j(obj), key));
}

struct json *json_child(struct json *obj, const char *key) { return s(json_object_get(j(obj), key)); }

const char *json_str(const struct json *x) { return x == NULL ? NULL : json_string_value(j(x)); }

const char *json_get_str(const struct json *obj, const char *key) { return json_str(json_get(obj, key)); }

int64_t json_i64(const struct json *x, int64_t otherwise)
{
    return x != NULL && json_typeof(j(x)) == JSON_INTEGER ? (int64_t)json_integer_value(j(x)) : otherwise;
}

int64_t json_get_i64(const struct json *obj, const char *key, int64_t absent) { return json_i64(json_get(obj, key), absent); }

bool json_get_bool(const struct json *obj, const char *key)
{
    const struct json *x = json_get(obj, key);
    return x != NULL && json_typeof(j(x)) == JSON_TRUE;
}

size_t json_n(const struct json *x)
{
    if (x == NULL)
        return 0;
    return json_typeof(j(x)) == JSON_ARRAY ? json_array_size(j(x)) : json_typeof(j(x)) == JSON_OBJECT ? json_object_size(j(x)) : 0;
}

const struct json *json_at(const struct json *arr, size_t i) { return arr == NULL ? NULL : s(json_array_get(j(arr), i)); }

struct json *json_item(struct json *arr, size_t i) { return s(json_array_get(j(arr), i)); }

bool json_next(const struct json *obj, struct json_pos *p)
{
    if (obj == NULL)
        return false;
    p->it = p->it == NULL ? json_object_iter(j(obj)) : json_object_iter_next(j(obj), p->it);
    if (p->it == NULL)
        return false;
    p->key = json_object_iter_key(p->it);
    p->val = s(json_object_iter_value(p->it));
    return true;
}

/* ---- writing ---- */

static json_t *text_value(const char *v)
{
    json_t *t = v == NULL ? json_null() : json_string(v);
    return t == NULL ? json_string_nocheck("\xef\xbf\xbd") : t;            /* not UTF-8: never silently dropped */
}

static void put(struct json *obj, const char *key, json_t *v)
{
    if (json_object_set_new(j(obj), key, v) != 0)
        abort();
}

static void append(struct json *arr, json_t *v)
{
    if (json_array_append_new(j(arr), v) != 0)
        abort();
}

void json_set_str(struct json *obj, const char *key, const char *v) { put(obj, key, text_value(v)); }
void json_set_i64(struct json *obj, const char *key, int64_t v) { put(obj, key, json_integer(v)); }
void json_set_bool(struct json *obj, const char *key, bool v) { put(obj, key, json_boolean(v)); }
void json_set_null(struct json *obj, const char *key) { put(obj, key, json_null()); }
void json_set(struct json *obj, const char *key, const struct json *v) { put(obj, key, v == NULL ? json_null() : json_incref(j(v))); }

struct json *json_set_obj(struct json *obj, const char *key)
{
    json_t *o = json_object();
    put(obj, key, o);
    return s(o);
}

struct json *json_set_arr(struct json *obj, const char *key)
{
    json_t *a = json_array();
    put(obj, key, a);
    return s(a);
}

void json_add_str(struct json *arr, const char *v) { append(arr, text_value(v)); }
void json_add_i64(struct json *arr, int64_t v) { append(arr, json_integer(v)); }
void json_add(struct json *arr, const struct json *v) { append(arr, v == NULL ? json_null() : json_incref(j(v))); }

struct json *json_add_obj(struct json *arr)
{
    json_t *o = json_object();
    append(arr, o);
    return s(o);
}

struct json *json_add_arr(struct json *arr)
{
    json_t *a = json_array();
    append(arr, a);
    return s(a);
}
