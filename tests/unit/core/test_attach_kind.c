/* What may be attached: first bytes and extension must agree; names that could deceive are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/core.h"

static void kinds(void **state)
{
    static const struct { const char *name, *head; size_t n; const char *type; } all[] = {
        {"a.pdf", "%PDF-1.7\n\x01", 10, "application/pdf"}, {"a.PDF", "%PDF-1.7", 8, "application/pdf"}, {"ａ．ｐｄｆ.pdf", "%PDF-1.7", 8, "application/pdf"}, {"a.png", "%PDF-1.7", 8, NULL},
        {"a.png", "\x89PNG\r\n\x1a\n", 8, "image/png"}, {"a.jpg", "\xff\xd8\xff\xe0", 4, "image/jpeg"}, {"a.xlsx", "PK\x03\x04", 4, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        {"a.exe", "PK\x03\x04", 4, NULL}, {"a.exe", "MZ\x90", 3, NULL}, {"a.txt", "MZ\x90\x00", 4, NULL}, {"a.pdf", "MZ\x90\x00", 4, NULL}, {"a.txt", "\x7f" "ELF", 4, NULL},
        {"a.txt", "hello", 5, "text/plain"}, {"a.csv", "\x93\xfa\x96\x7b,1\r\n", 8, "text/csv"}, {"a.txt", "a\0b", 3, NULL}, {"a.html", "<html>", 6, NULL}, {"a.txt", "  <script>", 10, NULL},
        {"a.txt", "#!/bin/sh", 9, NULL}, {"a.svg", "<svg>", 5, NULL}, {"a", "hello", 5, NULL}, {"a.txt", "", 0, NULL}, {"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "application/msword"},
        {"a.pdf.exe", "%PDF-1.7", 8, NULL},
    };
    TALLOC_CTX *mem = mem_root(0);
    size_t blocks = mem_blocks(mem);
    (void)state;
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        const char *type = attach_type(mem, all[i].name, all[i].head, all[i].n);
        if (!text_eq(type, all[i].type))
            fail_msg("%s: %s", all[i].name, type ? type : "refused");
    }
    assert_int_equal(mem_blocks(mem), blocks);
    talloc_free(mem);
}

static void names(void **state)
{
    static const char *const good[] = {"名簿.pdf", "a b (1).pdf", "髙𠮷①.csv"};
    static const char *const bad[] = {"", ".hidden", "../a.pdf", "a/b.pdf", "a\\b.pdf", "a\n.pdf", "a\x7f.pdf", "gpj.\xe2\x80\xae" "exe.pdf", "a\xe2\x80\x8b.pdf", "C:a.pdf", "\xff.pdf", "a\"b.pdf"};
    (void)state;
    for (size_t i = 0; i < ARRAY_N(good); i++)
        assert_true(attach_name_ok(good[i]));
    for (size_t i = 0; i < ARRAY_N(bad); i++)
        assert_false(attach_name_ok(bad[i]));
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
