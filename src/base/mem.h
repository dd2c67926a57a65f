/* Memory: talloc, wrapped once. Nothing here returns NULL: out of memory ends the process
 * (state is in transactions). A function's first parameter names the lifetime that its result joins. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

#define MUST __attribute__((warn_unused_result))
#define PRINTF_LIKE(a, b) __attribute__((format(printf, a, b)))
#define ARRAY_N(a) (sizeof(a) / sizeof((a)[0]))

/* Call once, before the first thread. */
void mem_init(void);

/* A top context for one request or job: a pool of `bytes` (no pool under ASan). Free with talloc_free. */
TALLOC_CTX *mem_root(size_t bytes);

/* Scratch that dies with the block: MEM_SCOPE(tmp, mem); */
TALLOC_CTX *mem_scope_new(TALLOC_CTX *mem);
void mem_scope_end(TALLOC_CTX **tmp);
#define MEM_SCOPE(name, mem) \
    TALLOC_CTX *name __attribute__((cleanup(mem_scope_end))) = mem_scope_new(mem)

/* Zeroed object / array named after its type, so that talloc_get_type_abort works. */
void *mem_alloc(TALLOC_CTX *mem, size_t size, size_t n, const char *name);
#define mem_new(mem, type) ((type *)mem_alloc((mem), sizeof(type), 1, #type))
#define mem_array(mem, type, n) ((type *)mem_alloc((mem), sizeof(type), (n), #type))

char *mem_strdup(TALLOC_CTX *mem, const char *s);               /* s may be NULL: returns NULL */
char *mem_strndup(TALLOC_CTX *mem, const char *p, size_t n);    /* copies n bytes and a NUL */
void *mem_dup(TALLOC_CTX *mem, const void *p, size_t n);
char *mem_fmt(TALLOC_CTX *mem, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Number of talloc blocks below mem, for leak tests. */
size_t mem_blocks(TALLOC_CTX *mem);
#endif
