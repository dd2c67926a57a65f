/* Files that come with a form: which one, and a sheet's bytes. */
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
