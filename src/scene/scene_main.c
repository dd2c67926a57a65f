/* daicho-scene [options] FILE|FOLDER...: options, states loaded once, scenes in worker processes, the closing line `N passed, N failed`. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "scene/scene.h"

#define JOBS_MAX 16
struct job { pid_t pid; int fd; const struct scene *s; bool pg; int64_t began; struct buf *out; };
struct tally { int passed, failed, left_out; };

static void usage(void)
{
    say("usage: daicho-scene [--engine sqlite|pg|both] [--pg CONNECTION] [--daicho PROGRAM] [--root SOURCE] [--tmp DIR] [--jobs N] [--only TEXT] [--keep] [-v] FILE|FOLDER...\n"
        "Acts on a daicho that was built with -Dscene=true; the language is docs/TESTING.md. --only: scenes whose file or name contains TEXT.\n"
        "--keep leaves the data of each scene behind. Ends with `N passed, N failed`; exit code 1 when anything failed.");
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool collect(TALLOC_CTX *mem, const char *path, struct scenes *ret)
{
    struct name_vec names = VEC_INIT(mem);
    struct err e = {0};
    bool ok = true;
    if (!is_dir(path))
        return scene_read(mem, path, ret);
    if (file_list(mem, path, &names, &e) != RC_OK)
        return false;
    for (size_t i = 0; i < names.n; i++) {
        size_t n = strlen(names.v[i]);
        if (n > 6 && strcmp(names.v[i] + n - 6, ".scene") == 0)
            ok = scene_read(mem, file_join(mem, path, names.v[i]), ret) && ok;
        else if (is_dir(file_join(mem, path, names.v[i])) && strcmp(names.v[i], "packs") != 0)
            ok = collect(mem, file_join(mem, path, names.v[i]), ret) && ok;
    }
    return ok;
}

/* ---- options ---- */

static const char *beside(TALLOC_CTX *mem)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
    return mem_strdup(mem, path);
}

static const char *source_root(TALLOC_CTX *mem, const char *from)
{
    char *dir = realpath(from, NULL), *s = mem_strdup(mem, dir ? dir : "."), *slash;
    free(dir);
    while (!file_exists(file_join(mem, s, "packs/core/pack.yaml")) && (slash = strrchr(s, '/')) != NULL && slash != s)
        *slash = '\0';
    return s;
}

static bool option(struct options *o, const char *name, const char *value)
{
    int64_t n;
    if (strcmp(name, "--engine") == 0) {
        o->sqlite = strcmp(value, "pg") != 0;
        o->pg = strcmp(value, "sqlite") != 0;
        return strcmp(value, "pg") == 0 || strcmp(value, "sqlite") == 0 || strcmp(value, "both") == 0;
    }
    if (strcmp(name, "--jobs") == 0 && str_to_i64(str_of(value), &n) && n > 0 && n <= JOBS_MAX) {
        o->jobs = (int)n;
        return true;
    }
    const char **at = strcmp(name, "--daicho") == 0 ? &o->daicho : strcmp(name, "--root") == 0 ? &o->root : strcmp(name, "--tmp") == 0 ? &o->tmp :
                      strcmp(name, "--only") == 0 ? &o->only : strcmp(name, "--pg") == 0 ? &o->pg_url : NULL;
    if (at != NULL)
        *at = value;
    return at != NULL;
}

/* In memory where there is enough of it: what survives a power cut is tests/fault's question. */
static const char *place_for(void)
{
    struct statvfs v;
    bool roomy = statvfs("/dev/shm", &v) == 0 && v.f_bavail * v.f_frsize > (1UL << 30) && access("/dev/shm", W_OK) == 0;
    return roomy ? "/dev/shm" : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
}

static int options_read(TALLOC_CTX *mem, int argc, char **argv, struct options *o)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-v") == 0)
            o->verbose = true;
        else if (strcmp(argv[i], "--keep") == 0)
            o->keep = true;
        else if (i + 1 >= argc || !option(o, argv[i], argv[i + 1]))
            return 0;
        else
            i++;
    }
    const char *here = beside(mem);
    char *abs = o->daicho ? realpath(o->daicho, NULL) : NULL;
    o->daicho = abs ? mem_strdup(mem, abs) : file_join(mem, here, "daicho");
    free(abs);
    o->root = o->root ? source_root(mem, o->root) : file_exists("packs/core/pack.yaml") ? source_root(mem, ".") : source_root(mem, here);
    o->tmp = mem_fmt(mem, "%s/daicho-scene.%d", o->tmp ? o->tmp : place_for(), (int)getpid());
    return i;
}

/* ---- PostgreSQL ---- */

static bool pg_start(TALLOC_CTX *mem, struct options *o)
{
    char *out, *script = file_join(mem, o->root, "tools/pg_cluster.sh"), *dir = mem_fmt(mem, "%s-pg", o->tmp);
    const char *argv[] = {"sh", script, "start", dir, NULL};
    if (o->pg_url != NULL)
        return true;
    if (host_run(mem, argv, NULL, &out) != 0) {
        say(mem_fmt(mem, "PostgreSQL does not start: %s", out));
        return false;
    }
    o->pg_url = str_dup(mem, str_trim(str_of(out)));
    return true;
}

static void pg_stop(TALLOC_CTX *mem, const struct options *o)
{
    char *out, *script = file_join(mem, o->root, "tools/pg_cluster.sh"), *dir = mem_fmt(mem, "%s-pg", o->tmp);
    const char *argv[] = {"sh", script, "stop", dir, NULL};
    if (file_exists(dir))
        (void)host_run(mem, argv, NULL, &out);
}

/* ---- workers ---- */

static void job_start(const struct options *o, struct job *j)
{
    int ends[2];
    if (pipe(ends) != 0)
        _exit(70);
    j->began = clock_mono_us();
    j->pid = fork();
    if (j->pid == 0) {
        char *report = NULL;
        TALLOC_CTX *mem = mem_root(1 << 16);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        bool ok = run_scene(mem, o, j->s, j->pg, &report);
        if (report != NULL)
            say(report);
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    j->fd = ends[0];
}

static void job_end(TALLOC_CTX *mem, const struct options *o, struct job *j, struct tally *t)
{
    char part[4096];
    ssize_t n;
    int status = 0;
    struct buf *b = buf_new(mem, 1 << 20);
    while ((n = read(j->fd, part, sizeof part)) > 0)
        buf_put(b, part, (size_t)n);
    close(j->fd);
    waitpid(j->pid, &status, 0);
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    int64_t ms = (clock_mono_us() - j->began) / 1000;
    *(ok ? &t->passed : &t->failed) += 1;
    if (!ok || o->verbose)
        say(mem_fmt(mem, "%s %s:%d %s [%s] %lld ms\n%s", ok ? "ok    " : "FAILED", j->s->file, j->s->no, j->s->name, j->pg ? "pg" : "sqlite", (long long)ms, b->p));
    j->pid = 0;
}

static void jobs_wait(TALLOC_CTX *mem, const struct options *o, struct job *jobs, size_t most, struct tally *t)
{
    for (;;) {
        struct pollfd p[JOBS_MAX];
        size_t at[JOBS_MAX], n = 0;
        for (int i = 0; i < o->jobs; i++)
            if (jobs[i].pid != 0) {
                p[n] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
                at[n++] = (size_t)i;
            }
        if (n <= most)
            return;
        (void)poll(p, (nfds_t)n, -1);
        for (size_t i = 0; i < n; i++)
            if (p[i].revents != 0)
                job_end(mem, o, &jobs[at[i]], t);
    }
}

static bool asked(const struct options *o, const struct scene *s)
{
    return o->only == NULL || strstr(s->file, o->only) != NULL || strstr(s->name, o->only) != NULL;
}

static void engine_run(TALLOC_CTX *mem, const struct options *o, const struct scenes *all, bool pg, struct tally *t)
{
    struct job jobs[JOBS_MAX] = {{0}};
    for (size_t i = 0; i < all->n; i++) {
        const struct scene *s = &all->v[i];
        if (!asked(o, s))
            continue;
        if (s->engine != NULL && strcmp(s->engine, pg ? "pg" : "sqlite") != 0) {
            t->left_out++;
            continue;
        }
        if (base_get(mem, o, s, pg) == NULL) {
            say(mem_fmt(mem, "FAILED %s:%d %s [%s]: its example does not load", s->file, s->no, s->name, pg ? "pg" : "sqlite"));
            t->failed++;
            continue;
        }
        jobs_wait(mem, o, jobs, (size_t)o->jobs - 1, t);
        int k = 0;
        while (jobs[k].pid != 0)
            k++;
        jobs[k].s = s;
        jobs[k].pg = pg;
        job_start(o, &jobs[k]);
    }
    jobs_wait(mem, o, jobs, 0, t);
}

/* Tidies up when this process ends, however it ends: the guardian sees the pipe close. */
static pid_t guardian(TALLOC_CTX *mem, const struct options *o, int *ret_fd)
{
    int ends[2];
    char c;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        (void)setsid();                       /* whoever kills the whole process group does not kill this one */
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        while (read(ends[0], &c, 1) > 0)
            ;
        pg_stop(mem, o);
        if (!o->keep)
            host_remove(mem, o->tmp);
        _exit(0);
    }
    close(ends[0]);
    *ret_fd = ends[1];
    return pid;
}

static int run_all(TALLOC_CTX *mem, struct options *o, int argc, char **argv, int first)
{
    struct scenes all = VEC_INIT(mem);
    struct tally t = {0};
    int fd = -1;
    pid_t guard = guardian(mem, o, &fd);
    for (int i = first; i < argc; i++)
        if (!collect(mem, argv[i], &all))
            t.failed++;
    if (o->sqlite)
        engine_run(mem, o, &all, false, &t);
    if (o->pg && pg_start(mem, o))
        engine_run(mem, o, &all, true, &t);
    else if (o->pg)
        t.failed++;
    if (guard > 0) {
        close(fd);
        waitpid(guard, NULL, 0);
    }
    say(mem_fmt(mem, "%d passed, %d failed", t.passed, t.failed));
    return t.failed > 0 || t.passed == 0;
}

int main(int argc, char **argv)
{
    struct options o = {.sqlite = true, .jobs = 2};
    mem_init();
    signal(SIGPIPE, SIG_IGN);
    TALLOC_CTX *mem = mem_root(1 << 20);
    int first = options_read(mem, argc, argv, &o);
    if (first == 0 || first >= argc) {
        usage();
        return 2;
    }
    int code = run_all(mem, &o, argc, argv, first);
    talloc_free(mem);
    return code;
}
