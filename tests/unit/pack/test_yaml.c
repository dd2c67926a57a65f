/* yaml: positions, what is refused, that nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "pack/pack_yaml.h"

static TALLOC_CTX *mem;

static int setup(void **state) {
    (void)state;
    mem = mem_root(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    talloc_free(mem);
    return 0;
}

static const struct ynode *parse(const char *text, struct problem_vec *problems) {
    *problems = (struct problem_vec)VEC_INIT(mem);
    return yaml_parse(mem, "f.yaml", str_of(text), problems);
}

static void test_positions(void **state) {
    (void)state;
    struct problem_vec p;
    const struct ynode *n = parse("a: 甲\nb: \"乙\"\nc:\n  - {d: 'e', f: g}\nh: |\n\n    x = 1\n    y\n", &p);
    assert_non_null(n);
    assert_int_equal(p.n, 0);
    const struct ynode *a = yaml_get(n, "a"), *b = yaml_get(n, "b"), *f = yaml_get(yaml_get(n, "c")->item[0], "f"), *h = yaml_get(n, "h");
    assert_int_equal(a->in.line, 1);
    assert_int_equal(a->in.col, 4);
    assert_true(a->plain);
    assert_int_equal(b->pos.col, 4);
    assert_int_equal(b->in.col, 5);
    assert_false(b->plain);
    assert_int_equal(f->in.line, 4);
    assert_int_equal(f->in.col, 17);
    assert_int_equal(h->in.line, 7);
    assert_int_equal(h->in.col, 5);
    assert_string_equal(h->text, "\nx = 1\ny\n");
}

static void test_empty(void **state) {
    (void)state;
    struct problem_vec p;
    assert_int_equal(parse("", &p)->n, 0);
    assert_int_equal(parse("# nothing\n", &p)->kind, Y_MAP);
    assert_true(yaml_is_null(yaml_get(parse("a: ~\n", &p), "a")));
    assert_false(yaml_is_null(yaml_get(parse("a: '~'\n", &p), "a")));
}

static void test_refused(void **state) {
    (void)state;
    static const struct { const char *text; int line, col; } cases[] = {
        {"a: 1\na: 2\n", 2, 1},       {"a: &x 1\n", 1, 4},          {"a: !!str 1\n", 1, 4},    {"a: 1\n---\nb: 2\n", 2, 1},
        {"%YAML 1.1\n---\na: 1\n", 1, 1}, {"[a]: b\n", 1, 1},      {"a: \"b\n", 2, 1},          {"a: b: c\n", 1, 5},
        {"甲: \x01\n", 1, 4},         {"a: \xff\n", 1, 4},          {"a: {b: 1\n", 2, 1},      {"a: *x\n", 1, 4},
        {"a: \"\\0\"\n", 1, 4},       {"a: \x7f\n", 1, 4},
    };
    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct problem_vec p;
        const struct ynode *n = parse(cases[i].text, &p);
        if (n || p.n == 0 || p.v[0].pos.line != cases[i].line || p.v[0].pos.col != cases[i].col)
            fail_msg("case %zu: %zu problems at %d:%d", i, p.n, p.n ? p.v[0].pos.line : 0, p.n ? p.v[0].pos.col : 0);
    }
}

static void test_limits(void **state) {
    (void)state;
    struct problem_vec p;
    struct buf *b = buf_new(mem, 4u << 20);
    for (int i = 0; i < YAML_MAX_DEPTH; i++)
        buf_putc(b, '[');
    for (int i = 0; i < YAML_MAX_DEPTH; i++)
        buf_putc(b, ']');
    assert_non_null(parse(b->p, &p));
    buf_reset(b);
    for (int i = 0; i < 100000; i++)
        buf_putc(b, '[');
    assert_null(parse(b->p, &p));
    assert_int_equal(p.n, 1);
    buf_reset(b);
    for (int i = 0; i < 100000; i++)
        buf_fmt(b, "k%d: v\n", i);
    assert_non_null(parse(b->p, &p));           /* many keys in reasonable time */
    buf_puts(b, "k77777: v\n");
    assert_null(parse(b->p, &p));
    assert_int_equal(p.v[0].pos.line, 100001);
    while (b->n <= YAML_MAX_BYTES)
        buf_puts(b, "# filling\n");
    assert_null(parse(b->p, &p));
}

static void test_problems_capped(void **state) {
    (void)state;
    struct problem_vec v = VEC_INIT(mem);
    for (int i = 0; i < 1000; i++)
        problem_warn(&v, (struct pos){"f", i, 1}, "pack.yaml.syntax", NULL, NULL, NULL);
    assert_int_equal(v.n, 500);
    assert_int_equal(problem_errors(&v), 0);
    assert_string_equal(v.v[0].text, msg_text(LANG_JA, "pack.yaml.syntax"));
}

static void test_leak(void **state) {
    (void)state;
    size_t before = mem_blocks(mem);
    TALLOC_CTX *tmp = talloc_new(mem);
    struct problem_vec p = VEC_INIT(tmp);
    assert_non_null(yaml_parse(tmp, "f", str_of("a: [1, 2, {b: c}]\n"), &p));
    assert_null(yaml_parse(tmp, "f", str_of("a: [1, &x 2, {b: c}\n"), &p));
    talloc_free(tmp);
    assert_int_equal(mem_blocks(mem), before);
}

int main(void) {
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions), cmocka_unit_test(test_empty), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_problems_capped), cmocka_unit_test(test_leak),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
