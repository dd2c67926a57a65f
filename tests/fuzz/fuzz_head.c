/* libFuzzer target for the guard of request heads and for bodies that are no multipart: the first line is method and address, then headers, an empty
 * line, the body. What is accepted has one length at most, one host, no folded or control bytes in a value, and a body that is read the
 * same whole and in pieces. build/fuzz_head tests/fuzz/corpus/head */
#include <stdlib.h>
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct req *head_of(struct str in, struct str *ret_body)
{
    struct str line, word;
    if (!str_next(&in, '\n', &line) || !str_next(&line, ' ', &word))
        return NULL;
    MEM_SCOPE(tmp, NULL);
    struct req *r = req_new(line.n ? str_dup(tmp, line) : "/");
    r->method = str_is(word, "POST") ? METHOD_POST : str_is(word, "GET") ? METHOD_GET : METHOD_OTHER;
    r->version = "HTTP/1.1";
    r->body_max = 5000;
    while (str_next(&in, '\n', &line) && line.n > 0) {
        const char *colon = memchr(line.p, ':', line.n);
        size_t k = colon ? (size_t)(colon - line.p) : line.n;
        req_header_add(r, line.p, k, colon ? colon + 1 : NULL, colon ? line.n - k - 1 : 0);
    }
    *ret_body = in.p ? in : (struct str){"", 0};
    return r;
}

static void sound(const struct req *r)
{
    int hosts = 0, lengths = 0;
    for (size_t i = 0; i < r->header.n; i++) {
        const struct header *h = &r->header.v[i];
        hosts += ascii_ieq(h->name, "host");
        lengths += ascii_ieq(h->name, "content-length") || ascii_ieq(h->name, "transfer-encoding");
        for (size_t k = 0; k < h->value_n; k++)
            if ((unsigned char)h->value[k] < ' ' && h->value[k] != '\t')
                abort();
    }
    if (hosts != 1 || lengths > 1 || r->header.n > LIMIT_HEADERS || (r->method != METHOD_POST && r->body_len != 0))
        abort();
}

static enum err_code feed(struct req *r, struct str body, size_t piece)
{
    enum err_code rc = guard_head(r);
    if (rc == ERR_NONE) {
        sound(r);
        rc = req_parse(r);
    }
    if (rc == ERR_NONE)
        rc = body_begin(r);
    for (size_t i = 0; rc == ERR_NONE && i < body.n; i += piece)
        rc = body_feed(r, body.p + i, body.n - i < piece ? body.n - i : piece);
    return rc == ERR_NONE ? body_end(r) : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str in = {(const char *)data, n}, body;
    struct req *a = head_of(in, &body), *b = head_of(in, &body);
    if (a != NULL && b != NULL) {
        enum err_code ra = feed(a, body, n + 1), rb = feed(b, body, 7);
        if ((ra == ERR_NONE) != (rb == ERR_NONE) || (ra == ERR_NONE && a->form.n != b->form.n))
            abort();
    }
    if (a != NULL)
        req_free(a);
    if (b != NULL)
        req_free(b);
    return 0;
}
