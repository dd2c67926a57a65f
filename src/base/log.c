/* Structured log lines on stderr; values are quoted and escaped, so that data cannot forge a line. */
#include <stdio.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/civil.h"
#include "base/log.h"

static enum log_level max_level = LOG_INFO;

void log_set_level(enum log_level level) { max_level = level; }

static void value(struct buf *b, const char *v)
{
    buf_putc(b, '"');
    for (; *v != '\0'; v++) {
        unsigned char c = (unsigned char)*v;
        if (c == '"' || c == '\\')
            buf_putc(b, '\\');
        if (c < 0x20 || c == 0x7f)
            buf_fmt(b, "\\x%02x", c);
        else
            buf_putc(b, (char)c);
    }
    buf_putc(b, '"');
}

void log_event(enum log_level level, const char *event, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    va_list ap;
    if (level > max_level)
        return;
    MEM_SCOPE(mem, NULL);
    struct buf *b = buf_new(mem, 8192);
    buf_fmt(b, "%s %s %s", time_text(mem, clock_now_us()), names[level], event);
    va_start(ap, event);
    for (const char *k = va_arg(ap, const char *); k != NULL; k = va_arg(ap, const char *)) {
        const char *v = va_arg(ap, const char *);
        buf_fmt(b, " %s=", k);
        value(b, v ? v : "-");
    }
    va_end(ap);
    if (!buf_ok(b)) {                      /* cut, but still one line */
        b->over = false;
        b->max += 8;
        buf_puts(b, "...\"");
    }
    buf_putc(b, '\n');
    ssize_t n = write(STDERR_FILENO, b->p, b->n);
    (void)n;
}

void log_err(const char *event, const char *request_id, const struct err *e)
{
    MEM_SCOPE(mem, NULL);
    const struct err_info *i = err_info(e->code);
    log_event(i->http >= 500 ? LOG_ERROR : LOG_WARN, event, "request", request_id, "code", i->name, "at",
              mem_fmt(mem, "%s:%d", e->file ? e->file : "-", e->line), "detail", e->detail, NULL);
}
