/* Typed vectors and a string-keyed, insertion-ordered map.
 *   VEC(struct row) rows = VEC_INIT(mem);  *vec_push(&rows) = (struct row){...};  rows.v[i]; rows.n */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include "mem.h"

#define VEC(type) struct { type *v; size_t n, cap; TALLOC_CTX *mem; }
#define VEC_INIT(m) {.v = NULL, .n = 0, .cap = 0, .mem = (m)}
void *vec_grow(TALLOC_CTX *mem, void *v, size_t *cap, size_t need, size_t item_bytes);
/* Address of a new zeroed item at the end. */
#define vec_push(a)                                                                        \
    ((a)->v = vec_grow((a)->mem, (a)->v, &(a)->cap, (a)->n + 1, sizeof(*(a)->v)),         \
     &(a)->v[(a)->n++])
/* Declares a named vector type, for use in structs: VEC_TYPE(rule_vec, struct rule); */
#define VEC_TYPE(name, type) struct name { type *v; size_t n, cap; TALLOC_CTX *mem; }

struct map;
struct map *map_new(TALLOC_CTX *mem);
void map_set(struct map *m, const char *key, void *value);     /* copies key; value is borrowed */
void *map_get(const struct map *m, const char *key);           /* NULL when absent */
size_t map_n(const struct map *m);
const char *map_key(const struct map *m, size_t i);            /* in insertion order */
void *map_at(const struct map *m, size_t i);
#endif
