/* Files, configuration, errors, messages and log lines. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "basetest.h"

static char *folder(void)
{
    char *dir = mem_strdup(mem, "/tmp/daicho-base-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void files(void **state)
{
    (void)state;
    struct err e = {0};
    struct str got;
    struct stat st;
    char *dir = folder(), *deep = file_join(mem, dir, "a/b"), *path = file_join(mem, deep, "f");
    assert_int_equal(file_read(mem, path, 100, &got, &e), RC_NOTFOUND);
    assert_int_equal(file_write_atomic(path, "x", 1, 0600, &e), RC_FAIL);
    assert_int_equal(file_mkdirs(deep, 0700, &e), RC_OK);
    assert_int_equal(file_mkdirs(deep, 0700, &e), RC_OK);
    assert_int_equal(file_write_atomic(path, "one", 3, 0600, &e), RC_OK);
    assert_int_equal(file_write_atomic(path, "tw\0", 3, 0600, &e), RC_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_read(mem, path, 3, &got, &e), RC_OK);
    assert_memory_equal(got.p, "tw\0", 4);
    assert_int_equal(file_read(mem, path, 2, &got, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_FILE_TOO_LARGE);
    assert_int_equal(file_read(mem, deep, 100, &got, &e), RC_FAIL);
    assert_int_equal(file_mkdirs(path, 0700, &e), RC_FAIL);           /* exists, and is no folder */
    assert_int_equal(file_mkdirs(file_join(mem, path, "c"), 0700, &e), RC_FAIL);
    assert_int_equal(file_write_atomic(file_join(mem, deep, "e"), "", 0, 0600, &e), RC_OK);
    struct name_vec names = {0};
    assert_int_equal(file_list(mem, deep, &names, &e), RC_OK);
    assert_int_equal(names.n, 2);                                       /* and no half-written file */
    assert_string_equal(names.v[0], "e");
    assert_int_equal(file_list(mem, file_join(mem, dir, "none"), &names, &e), RC_NOTFOUND);
    assert_true(file_exists(path) && !file_exists(file_join(mem, dir, "none")));
    assert_int_equal(unlink(path) + unlink(file_join(mem, deep, "e")) + rmdir(deep) + rmdir(file_join(mem, dir, "a")) + rmdir(dir), 0);
}

static enum rc conf(int argc, const char *const *argv, struct conf **c, int *rest, struct err *e)
{
    char *copy[8];
    for (int i = 0; i < argc; i++)
        copy[i] = mem_strdup(mem, argv[i]);
    return conf_read(mem, argc, copy, c, rest, e);
}

static void configuration(void **state)
{
    (void)state;
    struct conf *c;
    struct err e = {0};
    int rest = 0;
    const char *args[] = {"--port", "0", "--data-dir=/x=y", "backup", "--listen", "z"};
    setenv("DAICHO_PORT", "99", 1);
    setenv("DAICHO_WORKERS", "3", 1);
    setenv("DAICHO_LOG_LEVEL", "", 1);
    assert_int_equal(conf(6, args, &c, &rest, &e), RC_OK);
    assert_int_equal(rest, 3);
    assert_int_equal(c->port, 0);
    assert_int_equal(c->workers, 3);
    assert_string_equal(c->data_dir, "/x=y");
    assert_string_equal(c->listen_addr, "127.0.0.1");
    assert_string_equal(c->log_level, "info");
    static const char *const bad[][2] = {{"--port", "65536"}, {"--port", "1x"}, {"--nonsense", "1"}, {"--workers=0", "x"}, {"--dat", "x"}, {"--", "x"}};
    for (size_t i = 0; i < ARRAY_N(bad); i++)
        assert_int_equal(conf(2, bad[i], &c, &rest, &e), RC_INVALID);
    assert_int_equal(conf(1, (const char *[]){"--port"}, &c, &rest, &e), RC_INVALID);
    setenv("DAICHO_PORT", "many", 1);
    assert_int_equal(conf(0, args, &c, &rest, &e), RC_INVALID);
    assert_int_equal(e.code, ERR_CONF);
    unsetenv("DAICHO_PORT");
    unsetenv("DAICHO_WORKERS");
    unsetenv("DAICHO_LOG_LEVEL");
}

static enum rc inner(struct err *e)
{
    return err_set_arg(e, ERR_CSV, "7", "line %d", 7);
}

static enum rc outer(struct err *e)
{
    TRY(inner(e));
    return RC_OK;
}

static void errors(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(outer(&e), RC_INVALID);
    assert_int_equal(outer(NULL), RC_INVALID);
    assert_int_equal(err_rc(&e), RC_INVALID);
    assert_string_equal(e.arg, "7");
    assert_string_equal(e.detail, "line 7");
    assert_non_null(strstr(e.file, "test_file.c"));
    for (unsigned i = 0; i < ERR__N; i++) {
        const struct err_info *info = err_info((enum err_code)i);
        for (enum lang l = 0; l < LANG__N; l++)
            assert_true(msg_has(l, info->msg_key));
        assert_int_equal(info->rc == RC_OK, i == ERR_NONE);
        assert_true(info->rc != RC_FAIL || info->http >= 500);
    }
    /* An argument that is too long is cut between characters. */
    char word[400];
    for (int shift = 0; shift < 3; shift++) {
        memset(word, 'a', sizeof word);
        for (int i = shift; i + 3 < 390; i += 3)
            memcpy(word + i, "語", 3);
        word[390] = '\0';
        (void)err_set_arg(&e, ERR_CSV, word, "x");
        assert_true(strlen(e.arg) > 245 && utf8_ok(e.arg, strlen(e.arg), NULL));
    }
}

static void messages(void **state)
{
    (void)state;
    assert_string_equal(msg_text(LANG_JA, "no.such.key"), "no.such.key");
    assert_false(msg_has(LANG_JA, "no.such.key"));
    assert_string_not_equal(msg_text(LANG_JA, "err.denied"), msg_text(LANG_EN, "err.denied"));
    assert_string_equal(msg_fill(mem, LANG_EN, "a {1} {0} {9} {", "x", "y", NULL), "a y x {9} {");
    assert_string_equal(msg_fill(mem, LANG_EN, "{0}{1}", "{1}", NULL), "{1}");       /* an argument is never filled again */
}

/* What log_event writes, by way of a pipe in place of stderr. */
static char *logged(const char *name, const char *value)
{
    int fd[2], keep = dup(STDERR_FILENO);
    char *text = mem_alloc(mem, 1, 20000, "char");
    assert_int_equal(pipe(fd), 0);
    dup2(fd[1], STDERR_FILENO);
    log_event(LOG_WARN, "test.event", name, value, NULL);
    dup2(keep, STDERR_FILENO);
    close(keep);
    close(fd[1]);
    ssize_t n = read(fd[0], text, 19999);
    assert_true(n >= 0);
    close(fd[0]);
    return text;
}

static void log_lines(void **state)
{
    (void)state;
    char *line = logged("k", "a\nforged \"x\" \\ \x1b[31m");
    assert_non_null(strstr(line, " warn test.event k=\"a\\x0aforged \\\"x\\\" \\\\ \\x1b[31m\"\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    char *huge = mem_alloc(mem, 1, 12001, "char");
    memset(huge, '\n', 12000);
    line = logged("k", huge);
    assert_true(strlen(line) > 8000);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);       /* cut, and still exactly one line */
    log_set_level(LOG_ERROR);
    assert_string_equal(logged("k", "v"), "");
    log_set_level(LOG_INFO);
    assert_non_null(strstr(logged("k", NULL), "k=\"-\""));
}

static void clocks(void **state)
{
    (void)state;
    int64_t mono = clock_mono_us();
    assert_true(clock_now_us() > civil_to_us((struct civil){2024, 1, 1}, 0, 0));
    assert_true(clock_mono_us() >= mono);
#ifdef DAICHO_SCENE
    clock_scene_set(42);
    assert_int_equal(clock_now_us(), 42);
    clock_scene_set(0);
    assert_true(clock_now_us() > 42);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(files), CASE(configuration), CASE(errors), CASE(messages), CASE(log_lines), CASE(clocks)};
    mem_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
