/* Message catalogue look-up; the tables are generated from msg/ja.po and msg/en.po by tools/msggen.py, sorted by key. */
#include <string.h>
#include "base/buf.h"
#include "base/msg.h"
#include "msg.gen.h"

static const struct msg_row *find(const char *key)
{
    size_t lo = 0, hi = msg_table_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int d = strcmp(key, msg_table[mid].key);
        if (d == 0)
            return &msg_table[mid];
        if (d < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

bool msg_has(enum lang lang, const char *key)
{
    const struct msg_row *r = find(key);
    return r != NULL && r->text[lang] != NULL;
}

const char *msg_text(enum lang lang, const char *key)
{
    const struct msg_row *r = find(key);
    return r == NULL ? key : r->text[lang];
}

#define MSG_MAX 16384
#define MSG_ARGS 4
char *msg_fill(TALLOC_CTX *mem, enum lang lang, const char *key, ...)
{
    const char *arg[MSG_ARGS] = {NULL};
    va_list ap;
    size_t n = 0;
    va_start(ap, key);
    for (const char *a = va_arg(ap, const char *); a != NULL; a = va_arg(ap, const char *))
        if (n < MSG_ARGS)
            arg[n++] = a;
    va_end(ap);
    struct buf *b = buf_new(mem, MSG_MAX);
    for (const char *p = msg_text(lang, key); *p != '\0';) {
        if (p[0] == '{' && p[1] >= '0' && p[1] < '0' + MSG_ARGS && p[2] == '}') {
            buf_puts(b, arg[p[1] - '0']);
            p += 3;
        } else {
            buf_putc(b, *p++);
        }
    }
    char *s = mem_strdup(mem, b->p);
    talloc_free(b);
    return s;
}

char *err_say(TALLOC_CTX *mem, enum lang lang, const struct err *e) { return msg_fill(mem, lang, err_info(e->code)->msg_key, e->arg, NULL); }
