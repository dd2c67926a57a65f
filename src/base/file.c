/* Files: bounded reads, atomic durable writes, sorted listings. Descriptors are always close-on-exec. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"

#define COPY_BLOCK (1 << 18)

char *file_join(TALLOC_CTX *mem, const char *dir, const char *name) { return mem_fmt(mem, "%s/%s", dir, name); }

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static int fd_close(int *fd)
{
    int rc = *fd >= 0 ? close(*fd) : 0;
    *fd = -1;
    return rc;
}

static void fd_drop(int *fd) { (void)fd_close(fd); }

enum rc file_read(TALLOC_CTX *mem, const char *path, size_t max_bytes, struct str *ret, struct err *e)
{
    int fd __attribute__((cleanup(fd_drop))) = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT ? err_set(e, ERR_FILE_MISSING, "%s", path) : err_set(e, ERR_FILE_READ, "%s: errno %d", path, errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_FILE_READ, "%s: not a file", path);
    if ((size_t)st.st_size > max_bytes)
        return err_set(e, ERR_FILE_TOO_LARGE, "%s: %lld bytes", path, (long long)st.st_size);
    char *p = mem_alloc(mem, 1, (size_t)st.st_size + 1, "char");
    size_t n = 0;
    while (n < (size_t)st.st_size) {
        ssize_t k = read(fd, p + n, (size_t)st.st_size - n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_set(e, ERR_FILE_READ, "%s: errno %d", path, errno);
        if (k == 0)
            break;
        n += (size_t)k;
    }
    p[n] = '\0';
    *ret = (struct str){p, n};
    return RC_OK;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static bool sync_dir_of(TALLOC_CTX *mem, const char *path)
{
    const char *slash = strrchr(path, '/');
    int fd __attribute__((cleanup(fd_drop))) = open(slash == path ? "/" : slash ? mem_strndup(mem, path, (size_t)(slash - path)) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

enum rc file_write_atomic(const char *path, const void *p, size_t n, int mode, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    char *part = mem_fmt(tmp, "%s.tmp.%ld", path, (long)getpid());
    int fd __attribute__((cleanup(fd_drop))) = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", part, errno);
    bool ok = write_all(fd, p, n) && fsync(fd) == 0;
    ok = fd_close(&fd) == 0 && ok;
    ok = ok && rename(part, path) == 0 && sync_dir_of(tmp, path);
    if (!ok) {
        int why = errno;
        (void)unlink(part);
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", path, why);
    }
    return RC_OK;
}

enum rc file_sync(const char *path, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    int fd __attribute__((cleanup(fd_drop))) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0 || !sync_dir_of(tmp, path))
        return err_set(e, ERR_FILE_WRITE, "%s: fsync, errno %d", path, errno);
    return RC_OK;
}

static bool copy_all(TALLOC_CTX *mem, int from, int to)
{
    char *block = mem_alloc(mem, 1, COPY_BLOCK, "block");
    for (;;) {
        ssize_t n = read(from, block, COPY_BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        if (!write_all(to, block, (size_t)n))
            return false;
    }
}

enum rc file_copy(const char *from, const char *to, int mode, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    char *part = mem_fmt(tmp, "%s.tmp.%ld", to, (long)getpid());
    int in __attribute__((cleanup(fd_drop))) = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return errno == ENOENT ? err_set(e, ERR_FILE_MISSING, "%s", from) : err_set(e, ERR_FILE_READ, "%s: errno %d", from, errno);
    int out __attribute__((cleanup(fd_drop))) = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (out < 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", part, errno);
    bool ok = copy_all(tmp, in, out) && fsync(out) == 0;
    ok = fd_close(&out) == 0 && ok;
    if (!ok || rename(part, to) != 0 || !sync_dir_of(tmp, to)) {
        int why = errno;
        (void)unlink(part);
        return err_set(e, ERR_FILE_WRITE, "%s to %s: errno %d", from, to, why);
    }
    return RC_OK;
}

/* A new folder's name is flushed too: what is put into it must not be lost with it. */
static bool folder_make(TALLOC_CTX *mem, const char *path, int mode)
{
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0)
        return sync_dir_of(mem, path);
    return errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum rc file_mkdirs(const char *path, int mode, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    char *p = mem_strdup(tmp, path);
    for (char *s = p + 1;; s++) {
        char c = *s;
        if (c != '/' && c != '\0')
            continue;
        *s = '\0';
        if (!folder_make(tmp, p, mode))
            return err_set(e, ERR_FILE_WRITE, "%s: errno %d", p, errno);
        *s = c;
        if (c == '\0')
            return RC_OK;
    }
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void dir_drop(DIR **d)
{
    if (*d != NULL)
        closedir(*d);
}

enum rc file_list(TALLOC_CTX *mem, const char *dir, struct name_vec *ret, struct err *e)
{
    DIR *d __attribute__((cleanup(dir_drop))) = opendir(dir);
    struct dirent *de;
    if (d == NULL)
        return errno == ENOENT || errno == ENOTDIR ? err_set(e, ERR_FILE_MISSING, "%s", dir) : err_set(e, ERR_FILE_READ, "%s: errno %d", dir, errno);
    if (ret->mem == NULL)
        ret->mem = mem;
    ret->n = 0;
    while ((de = readdir(d)) != NULL)
        if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
            *vec_push(ret) = mem_strdup(mem, de->d_name);
    if (ret->n > 1)
        qsort(ret->v, ret->n, sizeof ret->v[0], by_name);
    return RC_OK;
}
