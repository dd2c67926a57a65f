/* Programs of the host: run to their end or kept running, always ended with this process; folders copied and removed. No shell. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "scene/scene.h"

#define OUT_MAX (1 << 20)

void say(const char *text)
{
    MEM_SCOPE(tmp, NULL);
    char *line = mem_fmt(tmp, "%s\n", text);
    const char *p = line;
    for (size_t n = strlen(line); n > 0;) {
        ssize_t k = write(STDOUT_FILENO, p, n);
        if (k <= 0)
            return;
        p += k;
        n -= (size_t)k;
    }
}

/* "psql" -> "/usr/bin/psql" by PATH. */
static const char *path_of(TALLOC_CTX *mem, const char *name)
{
    struct str rest = str_of(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), dir;
    if (strchr(name, '/') != NULL)
        return name;
    while (str_next(&rest, ':', &dir)) {
        char *p = file_join(mem, str_dup(mem, dir), name);
        if (access(p, X_OK) == 0)
            return p;
    }
    return name;
}

/* Only system calls: other threads do not exist here, but the child must be small. */
static void child(const char *path, const char *const *argv, int out, int err)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        _exit(126);
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static bool start(const char *const *argv, const char *const *env, int err_fd, struct program *ret)
{
    MEM_SCOPE(tmp, NULL);
    const char *path = path_of(tmp, argv[0]);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; env != NULL && env[i] != NULL; i += 2)
            setenv(env[i], env[i + 1], 1);
        child(path, argv, ends[1], err_fd >= 0 ? err_fd : ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    *ret = (struct program){.pid = pid, .out = ends[0]};
    return true;
}

static int ended(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int host_run(TALLOC_CTX *mem, const char *const *argv, const char *const *env, char **ret_out)
{
    struct buf *b = buf_new(mem, OUT_MAX);
    struct program p;
    char part[8192];
    ssize_t n;
    *ret_out = b->p;
    if (!start(argv, env, -1, &p))
        return -1;
    while ((n = read(p.out, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && b->n + (size_t)n < OUT_MAX)
            buf_put(b, part, (size_t)n);
    close(p.out);
    buf_putc(b, '\0');
    *ret_out = b->p;
    return ended(p.pid);
}

bool host_start(const char *const *argv, const char *const *env, const char *log, struct program *ret)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && start(argv, env, fd, ret);
    if (fd >= 0)
        close(fd);
    return ok;
}

int host_stop(struct program *p, int sig)
{
    int code;
    if (p->pid <= 0)
        return 0;
    kill(p->pid, sig);
    code = ended(p->pid);
    close(p->out);
    p->pid = 0;
    return code;
}

bool host_copy(TALLOC_CTX *mem, const char *from, const char *to)
{
    char *out;
    const char *argv[] = {"cp", "-a", "--", from, to, NULL};
    return host_run(mem, argv, NULL, &out) == 0;
}

void host_remove(TALLOC_CTX *mem, const char *path)
{
    char *out;
    const char *argv[] = {"rm", "-rf", "--", path, NULL};
    (void)host_run(mem, argv, NULL, &out);
}
