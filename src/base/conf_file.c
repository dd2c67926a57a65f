/* Files of `key = value` lines that whoever runs the server writes (the directory, the provider of sign-ins), and the secrets beside them. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"

#define CONF_MAX (64 * 1024)
#define SECRET_MAX 1024

static enum rc wrong(struct err *e, const char *path, int line, const char *what)
{
    MEM_SCOPE(tmp, NULL);
    return err_set_arg(e, ERR_CONF, mem_fmt(tmp, "%s:%d", path, line), "%s:%d: %s", path, line, what);
}

enum rc conf_lines(TALLOC_CTX *mem, const char *path, conf_line each, void *ctx, struct err *e)
{
    struct str rest, line, name;
    TRY(file_read(mem, path, CONF_MAX, &rest, e));
    for (int no = 1; str_next(&rest, '\n', &line); no++) {
        const char *why = NULL;
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        struct str v = line;
        if (memchr(line.p, '=', line.n) == NULL || !str_next(&v, '=', &name))
            return wrong(e, path, no, "key = value");
        const char *text = str_dup(mem, str_trim(v));
        TRY(each(ctx, str_trim(name), text, &why, e));
        if (why != NULL)
            return wrong(e, path, no, why);
    }
    return RC_OK;
}

enum rc conf_secret(TALLOC_CTX *mem, const char *path, const char **ret, struct err *e)
{
    struct stat st;
    struct str data;
    if (stat(path, &st) != 0)
        return err_set_arg(e, errno == ENOENT ? ERR_FILE_MISSING : ERR_FILE_READ, path, "%s: %m", path);
    if ((st.st_mode & 007) != 0)
        return err_set_arg(e, ERR_CONF, path, "%s: everybody on this machine can read it; chmod 640", path);
    TRY(file_read(mem, path, SECRET_MAX, &data, e));
    while (data.n > 0 && (data.p[data.n - 1] == '\n' || data.p[data.n - 1] == '\r'))
        data.n--;
    if (data.n == 0 || memchr(data.p, '\0', data.n) != NULL)
        return err_set_arg(e, ERR_CONF, path, "%s: no password in it", path);
    *ret = str_dup(mem, data);
    return RC_OK;
}

bool conf_seconds(const char *v, int64_t *ret_us)
{
    int64_t n;
    bool ok = str_to_i64(str_of(v), &n) && n >= 1 && n <= 60;
    *ret_us = ok ? n * 1000000 : *ret_us;
    return ok;
}

bool conf_yes_no(const char *v, bool *ret)
{
    *ret = strcmp(v, "yes") == 0;
    return *ret || strcmp(v, "no") == 0;
}
