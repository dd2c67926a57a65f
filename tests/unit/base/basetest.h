/* What every test of base and crypt begins with: cmocka, a context per case, and a leak count at its end. */
#ifndef BASETEST_H
#define BASETEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/base.h"

static TALLOC_CTX *root, *mem;
static size_t blocks;

static int set_up(void **state)
{
    (void)state;
    root = mem_root(0);
    blocks = mem_blocks(root);
    mem = mem_scope_new(root);
    return 0;
}

/* Everything a case made hangs below mem; nothing may have been put beside it. */
static int tear_down(void **state)
{
    (void)state;
    mem_scope_end(&mem);
    assert_int_equal(mem_blocks(root), blocks);
    talloc_free(root);
    return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#endif
