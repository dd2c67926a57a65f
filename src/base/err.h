/* Errors: seven results for control flow, one catalogue (errors.def) for the cause.
 * Library rooms return; boundary rooms (page, api, job, cmd) log once. Users see the message of
 * the code's key, never `detail`. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "mem.h"

enum rc { RC_OK, RC_INVALID, RC_NOTFOUND, RC_DENIED, RC_CONFLICT, RC_BUSY, RC_FAIL };

enum err_code {
#define X(code, rc, http, key) code,
#include "errors.def"
#undef X
    ERR__N
};

struct err {
    enum err_code code;
    const char *file;        /* where err_set was called */
    int line;
    char detail[512];        /* for the log */
    char arg[256];           /* one user-visible word: a field, rule, article or name; may be empty */
};

struct err_info { const char *name; enum rc rc; int http; const char *msg_key; };
const struct err_info *err_info(enum err_code code);

/* Records the cause and returns its rc. e may be NULL. */
enum rc err_set_at(struct err *e, const char *file, int line, enum err_code code,
                   const char *fmt, ...) PRINTF_LIKE(5, 6);
#define err_set(e, code, ...) err_set_at((e), __FILE__, __LINE__, (code), __VA_ARGS__)
/* As err_set, and `arg` is shown to the user inside the message (its {0}). */
enum rc err_set_arg_at(struct err *e, const char *file, int line, enum err_code code,
                       const char *arg, const char *fmt, ...) PRINTF_LIKE(6, 7);
#define err_set_arg(e, code, arg, ...) \
    err_set_arg_at((e), __FILE__, __LINE__, (code), (arg), __VA_ARGS__)
enum rc err_rc(const struct err *e);

/* if (TRY(x)) return the same rc */
#define TRY(expr)                       \
    do {                                \
        enum rc try_rc_ = (expr);       \
        if (try_rc_ != RC_OK)           \
            return try_rc_;             \
    } while (0)
#endif
