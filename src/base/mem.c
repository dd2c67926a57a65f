/* Memory: talloc wrapped so that nothing returns NULL. Pools are left off under ASan, which cannot see an overflow inside a pool. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static void *sure(void *p)
{
    if (p == NULL) {
        fputs("daicho: out of memory\n", stderr);
        abort();
    }
    return p;
}

void mem_init(void)
{
    talloc_disable_null_tracking();
    /* A page needs some hundred KiB for some hundred microseconds: they stay with the process instead of going back to the kernel each time. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, 4);
}

TALLOC_CTX *mem_root(size_t bytes)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)bytes;
    return sure(talloc_new(NULL));
#else
    return sure(bytes > 0 ? talloc_pool(NULL, bytes) : talloc_new(NULL));
#endif
}

TALLOC_CTX *mem_scope_new(TALLOC_CTX *mem)
{
    return sure(talloc_new(mem));
}

void mem_scope_end(TALLOC_CTX **tmp)
{
    talloc_free(*tmp);
    *tmp = NULL;
}

void *mem_alloc(TALLOC_CTX *mem, size_t size, size_t n, const char *name)
{
    if (n != 0 && size > SIZE_MAX / n)
        sure(NULL);
    void *p = sure(talloc_zero_size(mem, size * n > 0 ? size * n : 1));
    talloc_set_name_const(p, name);
    return p;
}

char *mem_strdup(TALLOC_CTX *mem, const char *s)
{
    return s == NULL ? NULL : sure(talloc_strdup(mem, s));
}

char *mem_strndup(TALLOC_CTX *mem, const char *p, size_t n)
{
    char *s = sure(talloc_size(mem, n + 1));
    if (n > 0)
        memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

void *mem_dup(TALLOC_CTX *mem, const void *p, size_t n)
{
    void *q = sure(talloc_size(mem, n > 0 ? n : 1));
    if (n > 0)
        memcpy(q, p, n);
    return q;
}

char *mem_fmt(TALLOC_CTX *mem, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = sure(talloc_vasprintf(mem, fmt, ap));
    va_end(ap);
    return s;
}

size_t mem_blocks(TALLOC_CTX *mem)
{
    return talloc_total_blocks(mem);
}
