/* The cluster of a test program; see pgtest.h. The server is a child of this process, run by tools/pg_cluster.sh, whose
 * path the build gives as PG_CLUSTER_SH. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "db/db_int.h"
#include "pgtest.h"

static pid_t server;
static char dir[64];
static char base[160];
static struct db *admin;
static int made;

static void die(const char *why, const struct err *e)
{
    fprintf(stderr, "pgtest: %s %s\n", why, e == NULL ? "" : e->detail);
    exit(99);
}

static int run_tool(const char *verb, const char *where)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(PG_CLUSTER_SH, PG_CLUSTER_SH, verb, where, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

/* Folders of programs that crashed. */
static void sweep(void)
{
    DIR *d = opendir("/tmp");
    if (d == NULL)
        return;
    for (struct dirent *it = readdir(d); it != NULL; it = readdir(d)) {
        int64_t pid = 0;
        struct str rest = str_of(it->d_name);
        if (!str_starts(rest, "daicho-pg-") || !str_to_i64((struct str){rest.p + 10, rest.n - 10}, &pid))
            continue;
        if (pid > 1 && kill((pid_t)pid, 0) != 0) {
            char path[300];
            snprintf(path, sizeof path, "/tmp/%s", it->d_name);
            run_tool("stop", path);
        }
    }
    closedir(d);
}

void pgtest_stop(void)
{
    if (server == 0)
        return;
    talloc_free(admin);
    admin = NULL;
    kill(server, SIGQUIT);
    waitpid(server, NULL, 0);
    server = 0;
    run_tool("stop", dir);
}

static int port_read(void)
{
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/data/postgresql.conf", dir);
    FILE *f = fopen(path, "r");
    int port = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "port = ", 7) == 0)
            port = (int)strtol(line + 7, NULL, 10);
    if (f != NULL)
        fclose(f);
    return port;
}

static void start(void)
{
    struct err e = {0};
    sweep();
    snprintf(dir, sizeof dir, "/tmp/daicho-pg-%d", (int)getpid());
    server = fork();
    if (server == 0) {
        execl(PG_CLUSTER_SH, PG_CLUSTER_SH, "run", dir, (char *)NULL);
        _exit(127);
    }
    atexit(pgtest_stop);
    for (int i = 0; i < 600; i++) {
        struct timespec wait = {0, 50 * 1000 * 1000};
        nanosleep(&wait, NULL);
        if (waitpid(server, NULL, WNOHANG) == server) {
            server = 0;
            die("the server ended", NULL);
        }
        int port = port_read();
        if (port == 0)
            continue;
        snprintf(base, sizeof base, "host=%s port=%d user=postgres", dir, port);
        char *url = mem_fmt(NULL, "%s dbname=postgres", base);
        enum rc rc = db_open(NULL, NULL, url, DB_WRITER, &admin, &e);
        talloc_free(url);
        if (rc == RC_OK)
            return;
    }
    die("no answer", &e);
}

char *pgtest_new(TALLOC_CTX *mem, const char *template_name, char **ret_name)
{
    struct err e = {0};
    if (server == 0)
        start();
    char *name = mem_fmt(mem, "t%d", ++made);
    char *text = mem_fmt(mem, "CREATE DATABASE %s TEMPLATE %s", name, template_name == NULL ? "template0" : template_name);
    if (db_script(admin, text, &e) != RC_OK)
        die("create database:", &e);
    talloc_free(text);
    if (ret_name != NULL)
        *ret_name = name;
    return mem_fmt(mem, "%s dbname=%s", base, name);
}
