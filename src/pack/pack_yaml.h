/* pack_yaml: a file as a tree of nodes that know where they stand. A strict subset of YAML: plain and quoted scalars, block
 * scalars, sequences and mappings; no anchors, aliases, tags, directives, second documents, duplicate keys; 1 MiB, depth 32.
 * Problems are collected, not returned one by one. */
#ifndef PACK_PACK_YAML_H
#define PACK_PACK_YAML_H
#include "pack/pack.h"

#define YAML_MAX_BYTES (1024 * 1024)
#define YAML_MAX_DEPTH 32

enum ykind { Y_SCALAR, Y_SEQ, Y_MAP };
struct ynode {
    enum ykind kind;
    struct pos pos;                   /* where the node starts */
    struct pos in;                    /* scalars: where the text itself starts (inside the quotes) */
    bool plain;                       /* scalar without quotes: numbers, true and false are only those */
    const char *text;                 /* scalars; no NUL inside */
    const struct ynode **key;         /* mappings: key[i] names item[i] */
    const struct ynode **item;
    size_t n;
};

/* NULL when there was a problem. An empty file gives an empty mapping. `file` is kept for positions. */
const struct ynode *yaml_parse(TALLOC_CTX *mem, const char *file, struct str data, struct problem_vec *problems);
const struct ynode *yaml_get(const struct ynode *map, const char *key);       /* NULL when absent or map is no mapping */
const char *yaml_text(const struct ynode *map, const char *key);              /* text of a scalar member, or NULL */
bool yaml_is_null(const struct ynode *n);                                     /* absent, or plain: empty, ~, null */

/* Adds a problem with the message `key`, filled with up to three arguments. At most 500 are kept. */
void problem_add(struct problem_vec *v, struct pos pos, const char *key, const char *a, const char *b, const char *c);
void problem_warn(struct problem_vec *v, struct pos pos, const char *key, const char *a, const char *b, const char *c);
size_t problem_errors(const struct problem_vec *v);
#endif
