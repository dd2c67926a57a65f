/* multipart/form-data as a stream: fields are kept in memory, files go to an unlinked temporary file as they arrive, so that an
 * upload costs no memory. Strict: no preamble, one Content-Disposition per part, names in UTF-8, nothing after the last
 * boundary. Browsers write a double quote, CR and LF inside names as %22, %0D and %0A; only these are undone. */
#include "http_int.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum part_state { AT_FIRST, AT_HEAD, AT_DATA, AT_BOUNDARY_END, AT_END };

struct multipart {
    struct req *r;
    enum part_state state;
    struct buf *in;              /* bytes not yet understood */
    char *delim;                 /* CR LF -- boundary */
    size_t delim_n;
    struct upload *file;         /* the part is a file */
    char *name;
    struct buf *field;
    bool skip;                   /* a file control that was left empty */
};

static int upload_close(struct upload *u)
{
    if (u->fd >= 0)
        close(u->fd);
    return 0;
}

struct multipart *multipart_new(struct req *r, struct str boundary)
{
    struct multipart *m = mem_new(r, struct multipart);
    m->r = r;
    char *b = str_dup(m, boundary);
    m->delim = mem_fmt(m, "\r\n--%s", b);
    m->delim_n = strlen(m->delim);
    m->in = buf_new(m, 4 * 1024 * 1024);
    return m;
}

static int temp_open(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    MEM_SCOPE(tmp, NULL);
    char *path = mem_fmt(tmp, "%s/daicho-upload-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* The quoted value of `key` in a Content-Disposition. False when it is malformed; NULL when absent. */
static bool quoted(TALLOC_CTX *mem, struct str line, const char *key, char **ret_value)
{
    size_t kn = strlen(key), n = 0;
    *ret_value = NULL;
    for (size_t i = 0; i + kn + 2 <= line.n; i++) {
        if (line.p[i] == '"') {                            /* skip another parameter's value */
            while (++i < line.n && line.p[i] != '"') {}
            continue;
        }
        bool starts = i > 0 && (line.p[i - 1] == ' ' || line.p[i - 1] == ';' || line.p[i - 1] == '\t');
        if (!starts || !ascii_istarts((struct str){line.p + i, line.n - i}, key) || line.p[i + kn] != '=')
            continue;
        if (line.p[i + kn + 1] != '"' || *ret_value)
            return false;
        size_t from = i + kn + 2, end = from;
        while (end < line.n && line.p[end] != '"')
            end++;
        if (end == line.n)
            return false;
        char *out = mem_array(mem, char, end - from + 1);
        for (size_t k = from; k < end; k++) {
            struct str rest = {line.p + k, end - k};
            bool esc = str_starts(rest, "%22") || ascii_istarts(rest, "%0d") || ascii_istarts(rest, "%0a");
            if (esc)
                out[n++] = str_starts(rest, "%22") ? '"' : ' ';
            else
                out[n++] = line.p[k];
            k += esc ? 2 : 0;
        }
        *ret_value = out;
        i = end;
    }
    return true;
}

static bool text_sound(const char *s, size_t max)
{
    size_t bad, n = strlen(s);
    if (n > max || !utf8_ok(s, n, &bad))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < ' ' || s[i] == 127)
            return false;
    return true;
}

static enum err_code file_begin(struct multipart *m, char *name, const char *type)
{
    struct req *r = m->r;
    for (char *p = name; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    m->skip = *name == '\0';
    if (m->skip)
        return ERR_NONE;
    if (!text_sound(name, LIMIT_FILE_NAME) || r->upload.n >= LIMIT_FILES)
        return ERR_HTTP_BAD;
    m->file = mem_new(r, struct upload);
    m->file->fd = -1;
    talloc_set_destructor(m->file, upload_close);
    m->file->field = m->name;
    m->file->name = mem_strdup(r, name);
    m->file->type = type ? type : "application/octet-stream";
    m->file->fd = temp_open(r->tmp_dir);
    if (m->file->fd < 0)
        return ERR_FILE_WRITE;
    *vec_push(&r->upload) = m->file;
    return ERR_NONE;
}

/* The head of a part, without the empty line. */
static enum err_code part_begin(struct multipart *m, struct str head)
{
    char *name = NULL, *file = NULL, *type = NULL;
    struct str line;
    if (memchr(head.p, '\0', head.n))
        return ERR_HTTP_BAD;                               /* a name cut short is another name */
    while (str_next(&head, '\n', &line)) {
        if (head.p && (line.n == 0 || line.p[--line.n] != '\r'))
            return ERR_HTTP_BAD;                           /* every line but the last, whose break the caller took */
        if (ascii_istarts(line, "content-disposition:")) {
            struct str v = str_trim((struct str){line.p + 20, line.n - 20});
            if (name || !ascii_istarts(v, "form-data;") || !quoted(m->r, v, "name", &name) || !quoted(m->r, v, "filename", &file) || !name)
                return ERR_HTTP_BAD;
        } else if (ascii_istarts(line, "content-type:")) {
            struct str v = str_trim((struct str){line.p + 13, line.n - 13});
            size_t bad;
            if (type || v.n > LIMIT_NAME || !utf8_ok(v.p, v.n, &bad))
                return ERR_HTTP_BAD;
            type = str_dup(m->r, v);
        } else {
            return ERR_HTTP_BAD;                           /* a transfer encoding or something nobody sends */
        }
    }
    if (!name || !*name || !text_sound(name, LIMIT_NAME) || (type && !text_sound(type, LIMIT_NAME)))
        return ERR_HTTP_BAD;
    m->name = name;
    m->file = NULL;
    m->skip = false;
    if (file)
        return file_begin(m, file, type);
    if (m->r->form.n >= LIMIT_FIELDS)
        return ERR_HTTP_BODY;
    m->field = buf_new(m, LIMIT_FIELD);
    return ERR_NONE;
}

static enum err_code part_data(struct multipart *m, const char *p, size_t n)
{
    struct req *r = m->r;
    if (m->skip)
        return n == 0 ? ERR_NONE : ERR_HTTP_BAD;
    if (!m->file) {
        buf_put(m->field, p, n);
        return buf_ok(m->field) ? ERR_NONE : ERR_HTTP_BODY;
    }
    if (r->upload_budget) {
        *r->upload_budget += (int64_t)n;
        r->upload_used += (int64_t)n;
        if (*r->upload_budget > LIMIT_UPLOADS)
            return ERR_HTTP_BUSY;
    }
    while (n > 0) {
        ssize_t k = write(m->file->fd, p, n);
        if (k <= 0)
            return ERR_FILE_WRITE;
        p += k;
        n -= (size_t)k;
        m->file->bytes += k;
    }
    return ERR_NONE;
}

static enum err_code part_end(struct multipart *m)
{
    struct req *r = m->r;
    if (m->skip)
        return ERR_NONE;
    if (m->file)
        return lseek(m->file->fd, 0, SEEK_SET) == 0 ? ERR_NONE : ERR_FILE_WRITE;
    size_t n, bad;
    char *v = text_lines(r, m->field->n ? m->field->p : "", m->field->n, &n);
    talloc_free(m->field);
    m->field = NULL;
    if (!utf8_ok(v, n, &bad))
        return ERR_HTTP_BAD;
    *vec_push(&r->form) = (struct req_param){m->name, v, n};
    return ERR_NONE;
}

static void drop(struct multipart *m, size_t n)
{
    memmove(m->in->p, m->in->p + n, m->in->n - n);
    m->in->n -= n;
    m->in->p[m->in->n] = '\0';
}

/* One step over m->in; *ret_more is false when more bytes are needed. */
static enum err_code step(struct multipart *m, bool *ret_more)
{
    struct buf *in = m->in;
    enum err_code rc = ERR_NONE;
    *ret_more = false;
    switch (m->state) {
    case AT_FIRST:                                         /* the first delimiter has no line break before it */
        if (in->n < m->delim_n - 2)
            return ERR_NONE;
        if (memcmp(in->p, m->delim + 2, m->delim_n - 2) != 0)
            return ERR_HTTP_BAD;
        drop(m, m->delim_n - 2);
        m->state = AT_BOUNDARY_END;
        break;
    case AT_BOUNDARY_END:
        if (in->n < 2)
            return ERR_NONE;
        if (memcmp(in->p, "\r\n", 2) != 0 && memcmp(in->p, "--", 2) != 0)
            return ERR_HTTP_BAD;
        m->state = in->p[0] == '-' ? AT_END : AT_HEAD;
        drop(m, 2);
        break;
    case AT_HEAD: {
        char *end = memmem(in->p, in->n, "\r\n\r\n", 4);
        if (!end)
            return in->n > LIMIT_PART_HEAD ? ERR_HTTP_BAD : ERR_NONE;
        size_t n = (size_t)(end - in->p);
        if (n > LIMIT_PART_HEAD)
            return ERR_HTTP_BAD;
        rc = part_begin(m, (struct str){in->p, n});
        drop(m, n + 4);
        m->state = AT_DATA;
        break;
    }
    case AT_DATA: {
        char *end = memmem(in->p, in->n, m->delim, m->delim_n);
        size_t n = end ? (size_t)(end - in->p) : in->n >= m->delim_n ? in->n - (m->delim_n - 1) : 0;
        rc = n > 0 ? part_data(m, in->p, n) : ERR_NONE;
        if (rc != ERR_NONE)
            return rc;
        drop(m, n);
        if (!end)
            return ERR_NONE;
        drop(m, m->delim_n);
        rc = part_end(m);
        m->state = AT_BOUNDARY_END;
        break;
    }
    case AT_END:
        if (in->n > 2 || memcmp(in->p, "\r\n", in->n) != 0)
            return ERR_HTTP_BAD;
        return ERR_NONE;
    }
    *ret_more = true;
    return rc;
}

enum err_code multipart_feed(struct multipart *m, const char *p, size_t n)
{
    while (n > 0) {
        size_t k = n < 65536 ? n : 65536;
        buf_put(m->in, p, k);
        if (!buf_ok(m->in))
            return ERR_HTTP_BAD;
        p += k;
        n -= k;
        for (bool more = true; more;) {
            enum err_code rc = step(m, &more);
            if (rc != ERR_NONE)
                return rc;
        }
    }
    return ERR_NONE;
}

enum err_code multipart_end(struct multipart *m)
{
    return m->state == AT_END ? ERR_NONE : ERR_HTTP_BAD;
}
