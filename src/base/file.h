/* Files: every read is bounded, every durable write is tmp + fsync + rename + fsync(dir). */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "err.h"
#include "str.h"
#include "vec.h"
VEC_TYPE(name_vec, char *);
MUST enum rc file_read(TALLOC_CTX *mem, const char *path, size_t max_bytes, struct str *ret_data, struct err *e);
MUST enum rc file_write_atomic(const char *path, const void *p, size_t n, int mode, struct err *e);
MUST enum rc file_mkdirs(const char *path, int mode, struct err *e);
bool file_exists(const char *path);
/* Sorted names in a directory, without . and ..; missing directory gives ERR_FILE_MISSING. */
MUST enum rc file_list(TALLOC_CTX *mem, const char *dir, struct name_vec *ret_names, struct err *e);
/* fsync of a file that somebody else wrote, and of its folder. */
MUST enum rc file_sync(const char *path, struct err *e);
/* Copies durably (tmp + fsync + rename + fsync(dir)), block by block; `to` may exist. */
MUST enum rc file_copy(const char *from, const char *to, int mode, struct err *e);
char *file_join(TALLOC_CTX *mem, const char *dir, const char *name);
#endif
