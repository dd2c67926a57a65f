/* Files that come with a form: which one, a sheet's bytes; long texts that travel in hidden fields. */
#include <unistd.h>
#include "page/page_int.h"

const struct upload *upload_of(struct req *r, const char *field)
{
    for (size_t i = 0; i < req_upload_n(r); i++)
        if (strcmp(req_upload_at(r, i)->field, field) == 0 && req_upload_at(r, i)->bytes > 0)
            return req_upload_at(r, i);
    return NULL;
}

enum rc upload_text(struct req *r, const struct upload *up, struct str *ret, struct err *e)
{
    char *p;
    size_t n = 0;
    if (up->bytes > SHEET_MAX)
        return err_set_arg(e, ERR_LIMIT, "8 MiB", "sheet of %lld bytes", (long long)up->bytes);
    p = mem_array(r, char, (size_t)up->bytes + 1);
    while (n < (size_t)up->bytes) {
        ssize_t got = pread(up->fd, p + n, (size_t)up->bytes - n, (off_t)n);
        if (got <= 0)
            return err_set(e, ERR_FILE_READ, "upload");
        n += (size_t)got;
    }
    *ret = (struct str){p, n};
    return RC_OK;
}

#define PART_BYTES 60000                             /* one hidden field holds at most LIMIT_FIELD bytes */

/* Cut between characters, and never before a line break: browsers put those right at the beginning and end of a field. */
void text_carry(struct screen *s, const char *name, const char *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t len = n - at < PART_BYTES ? n - at : PART_BYTES;
        while (at + len < n && len > 1 && (((unsigned char)p[at + len] & 0xc0) == 0x80 || p[at + len] == '\n'))
            len--;
        ui_hidden(s->h, name, mem_strndup(s->r, p + at, len));
        at += len;
    }
}

struct str text_carried(struct req *r, const char *name, size_t max)
{
    struct buf *b = buf_new(r, max);
    for (size_t i = 0; i < req_form_n(r); i++)
        if (strcmp(req_form_at(r, i)->name, name) == 0)
            buf_puts(b, req_form_at(r, i)->value);
    return (struct str){b->p, b->n};
}
