/* LD_PRELOAD shim of the fault tests: sees what a program writes below FAULT_DIR.
 *
 *   FAULT_DIR     only files below this folder are watched
 *   FAULT_MATCH   ... whose path contains this text, or ends with it when it ends with $ (faults only; the log has all)
 *   FAULT_OPS     which calls count: "write" (write, pwrite, ftruncate), "sync" (fsync, fdatasync), "any" (default)
 *   FAULT_AT      the n-th counted call (from 1) fails as FAULT_KIND says; FAULT_FOREVER: it and all later ones
 *   FAULT_KIND    kill (SIGKILL instead of the call), eio, enospc, short (half of the bytes are written, then eio)
 *   FAULT_COUNT   file that gets the number of counted calls so far, as text
 *   FAULT_LOG     file that gets every call, for the power-cut simulation (power.py); flushes are then only noted, not done
 *   FAULT_FS      number that statfs shows as the kind of the file system below FAULT_DIR
 *   FAULT_CLOCK   file with an offset in seconds that CLOCK_REALTIME shows */
#undef _FILE_OFFSET_BITS                  /* both names of each call are defined here */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define FD_MAX 4096
static struct { bool dsync; char *path; } fds[FD_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *dir, *match, *ops, *kind, *clock_path;
static long at, count;
static bool forever;
static int log_fd = -1, count_fd = -1;

static int raw_open(const char *path, int flags, int mode) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode); }

static void setup(void)
{
    const char *s;
    dir = getenv("FAULT_DIR");
    match = getenv("FAULT_MATCH");
    ops = getenv("FAULT_OPS");
    kind = getenv("FAULT_KIND");
    clock_path = getenv("FAULT_CLOCK");
    at = (s = getenv("FAULT_AT")) != NULL ? atol(s) : 0;
    forever = getenv("FAULT_FOREVER") != NULL;
    if ((s = getenv("FAULT_LOG")) != NULL)
        log_fd = raw_open(s, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if ((s = getenv("FAULT_COUNT")) != NULL)
        count_fd = raw_open(s, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static bool below(const char *path)
{
    size_t n;
    pthread_once(&once, setup);
    n = dir != NULL ? strlen(dir) : 0;
    return n > 0 && strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

struct head { uint8_t op; uint8_t zero[3]; uint32_t path_n; int64_t off; uint32_t n, n2; };

static void note(char op, const char *path, int64_t off, const void *p, size_t n)
{
    struct head h = {.op = (uint8_t)op, .path_n = (uint32_t)strlen(path), .off = off, .n = (uint32_t)n};
    if (log_fd < 0)
        return;
    if (syscall(SYS_write, log_fd, &h, sizeof h) < 0 || syscall(SYS_write, log_fd, path, strlen(path)) < 0 || (n > 0 && syscall(SYS_write, log_fd, p, n) < 0))
        abort();
}

/* 0: do it; else the errno to fail with; -1: short. */
static int fault(bool sync, const char *path)
{
    char text[24];
    if (ops != NULL && strcmp(ops, "any") != 0 && strcmp(ops, sync ? "sync" : "write") != 0)
        return 0;
    size_t match_n = match != NULL ? strlen(match) : 0, path_n = strlen(path);
    if (match_n > 1 && match[match_n - 1] == '$') {
        if (path_n < match_n - 1 || strncmp(path + path_n - (match_n - 1), match, match_n - 1) != 0)
            return 0;
    } else if (match != NULL && strstr(path, match) == NULL) {
        return 0;
    }
    count++;
    if (count_fd >= 0) {
        int n = snprintf(text, sizeof text, "%ld\n", count);
        (void)!syscall(SYS_pwrite64, count_fd, text, n, 0L);
    }
    if (at == 0 || kind == NULL || !(count == at || (forever && count > at)))
        return 0;
    if (strcmp(kind, "kill") == 0)
        syscall(SYS_kill, getpid(), SIGKILL);
    return strcmp(kind, "enospc") == 0 ? ENOSPC : strcmp(kind, "short") == 0 && !sync ? -1 : EIO;
}

static const char *path_of(int fd) { return fd >= 0 && fd < FD_MAX ? fds[fd].path : NULL; }

static int opened(int fd, const char *path, int flags, bool existed)
{
    char full[PATH_MAX];
    if (path[0] != '/' && getcwd(full, sizeof full / 2) != NULL) {
        strcat(full, "/");
        strncat(full, path, sizeof full / 2 - 2);
    } else {
        snprintf(full, sizeof full, "%s", path);
    }
    if (fd < 0 || fd >= FD_MAX || !below(full))
        return fd;
    pthread_mutex_lock(&lock);
    free(fds[fd].path);
    fds[fd].path = strdup(full);
    fds[fd].dsync = (flags & (O_DSYNC | O_SYNC)) != 0;
    if ((flags & O_CREAT) != 0 && !existed)
        note('C', full, 0, NULL, 0);
    else if ((flags & O_TRUNC) != 0)
        note('T', full, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

static int open_any(int at_fd, const char *path, int flags, mode_t mode)
{
    struct stat st;
    bool existed = (flags & O_CREAT) == 0 || stat(path, &st) == 0;
    int fd = (int)syscall(SYS_openat, at_fd, path, flags, mode);
    return opened(fd, path, flags, existed);
}

#define MODE_ARG                                     \
    mode_t mode = 0;                                 \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {      \
        va_list ap;                                  \
        va_start(ap, flags);                         \
        mode = (mode_t)va_arg(ap, int);              \
        va_end(ap);                                  \
    }
int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...) { MODE_ARG return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...);
int open64(const char *path, int flags, ...) { MODE_ARG return open_any(AT_FDCWD, path, flags, mode); }
int openat(int at_fd, const char *path, int flags, ...);
int openat(int at_fd, const char *path, int flags, ...) { MODE_ARG return open_any(at_fd, path, flags, mode); }

int close(int fd)
{
    if (path_of(fd) != NULL) {
        pthread_mutex_lock(&lock);
        free(fds[fd].path);
        fds[fd].path = NULL;
        pthread_mutex_unlock(&lock);
    }
    return (int)syscall(SYS_close, fd);
}

static ssize_t put(int fd, const void *p, size_t n, off_t off, bool here)
{
    const char *path = path_of(fd);
    ssize_t k;
    if (path == NULL)
        return here ? syscall(SYS_pwrite64, fd, p, n, off) : syscall(SYS_write, fd, p, n);
    pthread_mutex_lock(&lock);
    int why = fault(false, path);
    if (why > 0) {
        pthread_mutex_unlock(&lock);
        errno = why;
        return -1;
    }
    if (!here)
        off = lseek(fd, 0, SEEK_CUR);
    if (why < 0 && n > 1)
        n /= 2;
    note('W', path, off, p, n);
    k = here ? syscall(SYS_pwrite64, fd, p, n, off) : syscall(SYS_write, fd, p, n);
    if (fds[fd].dsync)
        note('S', path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return k;
}

ssize_t write(int fd, const void *p, size_t n) { return put(fd, p, n, 0, false); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t off) { return put(fd, p, n, off, true); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off) { return put(fd, p, n, off, true); }

static int cut(int fd, off_t size)
{
    const char *path = path_of(fd);
    if (path == NULL)
        return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int why = fault(false, path);
    if (why < 0)
        why = 0;                                     /* a file is never cut by half */
    if (why == 0)
        note('T', path, size, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (why != 0) {
        errno = why;
        return -1;
    }
    return (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int flush(int fd, long nr)
{
    const char *path = path_of(fd);
    if (path == NULL)
        return (int)syscall(nr, fd);
    pthread_mutex_lock(&lock);
    int why = fault(true, path);
    if (why == 0)
        note('S', path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (why != 0) {
        errno = why > 0 ? why : EIO;
        return -1;
    }
    return log_fd >= 0 ? 0 : (int)syscall(nr, fd);
}
int fsync(int fd) { return flush(fd, SYS_fsync); }
int fdatasync(int fd) { return flush(fd, SYS_fdatasync); }

int rename(const char *from, const char *to)
{
    if (below(from)) {
        pthread_mutex_lock(&lock);
        note('R', from, 0, to, strlen(to));
        pthread_mutex_unlock(&lock);
    }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    if (below(path)) {
        pthread_mutex_lock(&lock);
        note('U', path, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return (int)syscall(SYS_unlink, path);
}

int statfs(const char *path, struct statfs *st)
{
    int rc = (int)syscall(SYS_statfs, path, st);
    const char *s = getenv("FAULT_FS");
    if (rc == 0 && s != NULL && below(path))
        st->f_type = strtol(s, NULL, 0);
    return rc;
}
int statfs64(const char *path, struct statfs64 *st) { return statfs(path, (struct statfs *)st); }

int mkdir(const char *path, mode_t mode)
{
    int rc = (int)syscall(SYS_mkdir, path, mode);
    if (rc == 0 && below(path)) {
        pthread_mutex_lock(&lock);
        note('M', path, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return rc;
}

int posix_fallocate(int fd, off_t off, off_t n)
{
    struct stat st;
    if (path_of(fd) == NULL || fstat(fd, &st) != 0 || off + n > st.st_size) {
        if (path_of(fd) != NULL) {
            pthread_mutex_lock(&lock);
            note('T', path_of(fd), off + n, NULL, 0);
            pthread_mutex_unlock(&lock);
        }
    }
    return syscall(SYS_fallocate, fd, 0, off, n) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t off, off64_t n);
int posix_fallocate64(int fd, off64_t off, off64_t n) { return posix_fallocate(fd, off, n); }

int clock_gettime(clockid_t id, struct timespec *t)
{
    char text[32] = "";
    int rc = (int)syscall(SYS_clock_gettime, id, t);
    pthread_once(&once, setup);
    if (id != CLOCK_REALTIME || clock_path == NULL)
        return rc;
    int fd = raw_open(clock_path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        (void)!syscall(SYS_read, fd, text, sizeof text - 1);
        syscall(SYS_close, fd);
        t->tv_sec += atol(text);
    }
    return rc;
}
