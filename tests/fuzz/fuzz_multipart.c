/* libFuzzer target for multipart bodies: the first byte is the size of the pieces; fed whole and in pieces, the same result, the same
 * fields and the same files must come out. build/fuzz_multipart tests/fuzz/corpus/multipart */
#include <stdlib.h>
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum err_code run(struct req *r, const char *p, size_t n, size_t piece)
{
    static const char TYPE[] = "multipart/form-data; boundary=XX";
    r->method = METHOD_POST;
    r->body_len = -1;
    req_header_add(r, "Content-Type", 12, TYPE, sizeof(TYPE) - 1);
    enum err_code rc = body_begin(r);
    for (size_t i = 0; rc == ERR_NONE && i < n; i += piece)
        rc = body_feed(r, p + i, n - i < piece ? n - i : piece);
    return rc == ERR_NONE ? body_end(r) : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    struct req *a = req_new("/"), *b = req_new("/");
    const char *p = (const char *)data + 1;
    enum err_code ra = run(a, p, n - 1, n), rb = run(b, p, n - 1, data[0] % 60 + 1u);
    if ((ra == ERR_NONE) != (rb == ERR_NONE))
        abort();
    if (ra == ERR_NONE) {
        if (a->form.n != b->form.n || a->upload.n != b->upload.n)
            abort();
        for (size_t i = 0; i < a->form.n; i++)
            if (!text_eq(a->form.v[i].name, b->form.v[i].name) || !text_eq(a->form.v[i].value, b->form.v[i].value))
                abort();
        for (size_t i = 0; i < a->upload.n; i++)
            if (!text_eq(a->upload.v[i]->name, b->upload.v[i]->name) || a->upload.v[i]->bytes != b->upload.v[i]->bytes || strpbrk(a->upload.v[i]->name, "/\\\r\n"))
                abort();
    }
    req_free(a);
    req_free(b);
    return 0;
}
