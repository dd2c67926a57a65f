/* libFuzzer target for dates and times as people type them: what is understood is a day that exists. */
#include <stdlib.h>
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    char *text = mem_strndup(mem, (const char *)data, n);
    size_t bad;
    int64_t us, again;
    if (utf8_ok(text, strlen(text), &bad) && strlen(text) < 400 && datetime_read_loose(mem, str_of(text), &us)) {
        char *local = time_local(mem, us);
        if (us >= 0 && us < INT64_C(4102444800000000) && (!datetime_read_loose(mem, str_of(local), &again) || again / US_PER_S / 60 != us / US_PER_S / 60))
            abort();
    }
    talloc_free(mem);
    return 0;
}
