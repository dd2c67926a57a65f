/* The error catalogue (errors.def) and the recording of causes. */
#include <stdio.h>
#include "base/err.h"

static const struct err_info infos[] = {
#define X(code, rc, http, key) {#code, rc, http, key},
#include "base/errors.def"
#undef X
};

const struct err_info *err_info(enum err_code code)
{
    return &infos[(unsigned)code < ARRAY_N(infos) ? code : ERR_BUG];
}

static enum rc set(struct err *e, const char *file, int line, enum err_code code, const char *arg, const char *fmt, va_list ap)
{
    if (e != NULL) {
        e->code = code;
        e->file = file;
        e->line = line;
        vsnprintf(e->detail, sizeof e->detail, fmt, ap);
        snprintf(e->arg, sizeof e->arg, "%s", arg ? arg : "");
        size_t n = 0;                                 /* a cut inside a character would not be UTF-8 any more */
        while (e->arg[n] != '\0')
            n++;
        if (n == sizeof e->arg - 1) {
            while (n > 0 && ((unsigned char)e->arg[n - 1] & 0xc0) == 0x80)
                n--;
            e->arg[n > 0 ? n - 1 : 0] = '\0';
        }
    }
    return infos[code].rc;
}

enum rc err_set_at(struct err *e, const char *file, int line, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    enum rc rc = set(e, file, line, code, NULL, fmt, ap);
    va_end(ap);
    return rc;
}

enum rc err_set_arg_at(struct err *e, const char *file, int line, enum err_code code, const char *arg, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    enum rc rc = set(e, file, line, code, arg, fmt, ap);
    va_end(ap);
    return rc;
}

enum rc err_rc(const struct err *e) { return err_info(e->code)->rc; }
