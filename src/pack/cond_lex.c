/* Tokens of conditions. Only what the dialect lists is known: no comments, no double quotes, back quotes, brackets, dollars, colons,
 * backslashes, no capital letters; whatever else stands there is refused at its position. */
#include "pack/cond_int.h"

struct pos cond_pos(struct pos pos, const char *src, size_t at)
{
    struct pos p = pos;
    for (size_t i = 0; i < at && src[i] != '\0'; i++) {
        if (src[i] == '\n') {
            p.line++;
            p.col = 1;
        } else if (((unsigned char)src[i] & 0xc0) != 0x80) {
            p.col++;
        }
    }
    return p;
}

void cond_problem(struct problem_vec *p, TALLOC_CTX *mem, struct pos pos, const char *src, size_t at, const char *key, const char *a, const char *b)
{
    *vec_push(p) = (struct problem){.pos = cond_pos(pos, src, at), .text = msg_fill(mem, LANG_JA, key, a ? a : "", b ? b : "", NULL)};
}

static bool low(char c) { return c >= 'a' && c <= 'z'; }
static bool dig(char c) { return c >= '0' && c <= '9'; }

static size_t name_end(const char *s, size_t i)
{
    while (low(s[i]) || dig(s[i]) || s[i] == '_')
        i++;
    return i;
}

static size_t number_end(const char *s, size_t i)
{
    while (dig(s[i]))
        i++;
    if (s[i] == '.' && dig(s[i + 1]))
        for (i++; dig(s[i]);)
            i++;
    return low(s[i]) || s[i] == '_' ? 0 : i;
}

/* The closing quote of a text; '' inside stands for one quote. */
static size_t text_end(const char *s, size_t i)
{
    for (i++; s[i] != '\0'; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == '\\')
            return 0;
        if (s[i] == '\'' && s[i + 1] != '\'')
            return i;
        if (s[i] == '\'')
            i++;
    }
    return 0;
}

static size_t operator_end(const char *s, size_t i)
{
    static const char *const ops[] = {"<>", "<=", ">=", "=", "<", ">", "+", "*", "(", ")", ",", "."};
    if (s[i] == '-')
        return s[i + 1] == '-' ? 0 : i + 1;              /* -- would open a comment */
    for (size_t k = 0; k < ARRAY_N(ops); k++)
        if (strncmp(s + i, ops[k], strlen(ops[k])) == 0)
            return i + strlen(ops[k]);
    return 0;
}

static struct token next(const char *s, size_t i)
{
    size_t end;
    if (low(s[i]))
        return (struct token){TK_NAME, {s + i, name_end(s, i) - i}, i};
    if (dig(s[i]) && (end = number_end(s, i)) > 0)
        return (struct token){TK_NUM, {s + i, end - i}, i};
    if (s[i] == '\'' && (end = text_end(s, i)) > 0)
        return (struct token){TK_TEXT, {s + i + 1, end - i - 1}, i};
    if ((end = operator_end(s, i)) > 0)
        return (struct token){TK_OP, {s + i, end - i}, i};
    return (struct token){TK_BAD, {s + i, 1}, i};
}

bool cond_lex(TALLOC_CTX *mem, const char *src, struct pos pos, struct lex *ret, struct problem_vec *problems)
{
    VEC(struct token) v = VEC_INIT(mem);
    size_t i = 0;
    if (strlen(src) > COND_CHARS_MAX || !utf8_ok(src, strlen(src), NULL)) {
        cond_problem(problems, mem, pos, src, 0, MSG("cond.long"), NULL, NULL);
        return false;
    }
    for (;;) {
        size_t digits;
        while (src[i] == ' ' || src[i] == '\n' || src[i] == '\r')
            i++;
        if (src[i] == '\0')
            break;
        struct token t = next(src, i);
        if (t.t == TK_BAD) {
            uint32_t cp = 0;
            size_t n = utf8_next(src + i, strlen(src + i), &cp);
            cond_problem(problems, mem, pos, src, i, src[i] == '\'' ? MSG("cond.quote") : MSG("cond.char"), mem_strndup(mem, src + i, n ? n : 1), NULL);
            return false;
        }
        for (digits = 0; t.t == TK_NUM && digits < t.s.n && t.s.p[digits] != '.';)
            digits++;
        if (digits > COND_DIGITS_MAX || (t.t == TK_NUM && t.s.n - digits > COND_DIGITS_MAX)) {
            cond_problem(problems, mem, pos, src, i, MSG("cond.digits"), str_dup(mem, t.s), NULL);
            return false;
        }
        if (v.n >= COND_TOKENS_MAX) {
            cond_problem(problems, mem, pos, src, i, MSG("cond.long"), NULL, NULL);
            return false;
        }
        *vec_push(&v) = t;
        i = t.at + t.s.n + (t.t == TK_TEXT ? 2 : 0);
    }
    *vec_push(&v) = (struct token){TK_END, {"", 0}, i};
    *ret = (struct lex){src, v.v, v.n};
    return true;
}
