/* What a condition may say to an engine: one SELECT over the tables below, functions from a list, no words that
 * write, lock or leave. The pack compiler writes conditions from its own tokens; this is the second line behind
 * it, the same for both engines, looked at once per text (then the statement is cached). On SQLite an
 * authorizer asks the same two lists again. */
#include <ctype.h>
#include <string.h>
#include "db/db_int.h"

static const char *const tables[] = {"record", "day", "step", "step_who", "task", "link"};
static const char *const funcs[] = {"coalesce", "nullif", "sum", "count", "min", "max", "avg", "length", "substr", "abs", "round",
                                    "exists", "cast", "trim", "replace", "upper", "lower"};
/* Words that may stand before a parenthesis without calling anything. */
static const char *const words[] = {"in", "and", "or", "not", "select", "from", "where", "on", "when", "then", "else", "as", "case",
                                    "values", "any", "all", "by", "union", "except", "intersect", "having", "limit", "join",
                                    "between", "is", "filter", "over", "distinct"};
static const char *const never[] = {"insert", "update", "delete", "merge", "into", "for", "lock", "copy", "do", "call", "create", "alter",
                                    "drop", "grant", "revoke", "set", "reset", "begin", "commit", "rollback", "savepoint", "release",
                                    "truncate", "execute", "prepare", "deallocate", "vacuum", "attach", "detach", "pragma", "reindex",
                                    "analyze", "explain", "listen", "notify", "load", "table", "show", "declare", "fetch", "operator",
                                    "returning", "tablesample", "information_schema", "indexed"};

static bool among(const char *w, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(w, list[i]) == 0)
            return true;
    return false;
}
#define AMONG(w, list) among((w), (list), ARRAY_N(list))

bool fence_table(const char *name)
{
    return strncmp(name, "f_", 2) == 0 || AMONG(name, tables);
}

bool fence_func(const char *name)
{
    return AMONG(name, funcs);
}

enum { DEPTH_MAX = 64, WORD_MAX = 64 };

struct scan {
    const char *p;
    char word[WORD_MAX];      /* the word just read, "" after anything else */
    char before[WORD_MAX];    /* the word before it */
    char before2[WORD_MAX];
    char cte[WORD_MAX];       /* a leading WITH's name; must begin with w_, so that it can hide no table */
    bool from[DEPTH_MAX];     /* inside a FROM list at this depth */
    bool want_table;
    int depth;
};

/* `-` before `-` and `/` before `*` would open comments; the rest are the operators of conditions. */
static bool mark_ok(const char *p)
{
    if ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'))
        return false;
    return strchr("+-*/%<>=!|.,()", p[0]) != NULL;
}

static bool word_read(struct scan *s)
{
    size_t n = 0;
    memcpy(s->before2, s->before, sizeof s->before2);
    memcpy(s->before, s->word, sizeof s->before);
    while (islower((unsigned char)*s->p) || isupper((unsigned char)*s->p) || isdigit((unsigned char)*s->p) || *s->p == '_') {
        if (n + 1 >= WORD_MAX)
            return false;
        s->word[n++] = (char)tolower((unsigned char)*s->p++);
    }
    s->word[n] = '\0';
    return true;
}

static enum rc word_check(struct scan *s, struct err *e)
{
    const char *w = s->word;
    if (AMONG(w, never) || strncmp(w, "pg_", 3) == 0 || strncmp(w, "sqlite_", 7) == 0)
        return err_set(e, ERR_DB_REFUSED, "a condition may not say `%s`", w);
    bool named = strcmp(s->before, "recursive") == 0 || (strcmp(s->before, "with") == 0 && strcmp(w, "recursive") != 0);
    if (named && (s->cte[0] != '\0' || strncmp(w, "w_", 2) != 0))
        return err_set(e, ERR_DB_REFUSED, "one WITH, with a name in w_: `%s`", w);
    if (named)
        memcpy(s->cte, w, sizeof s->cte);
    const char *p = s->p;
    while (isspace((unsigned char)*p))
        p++;
    bool cte = s->cte[0] != '\0' && strcmp(w, s->cte) == 0;
    if (s->want_table && strcmp(w, "select") != 0) {
        s->want_table = false;
        if (!(fence_table(w) || cte) || *p == '.' || *p == '(')
            return err_set(e, ERR_DB_REFUSED, "a condition may not read `%s`", w);
    } else if (*p == '(' && !AMONG(w, words) && !fence_func(w) && !named) {
        return err_set(e, ERR_DB_REFUSED, "a condition may not call `%s`", w);
    }
    bool *from = &s->from[s->depth];
    bool compares = strcmp(s->before, "distinct") == 0 && (strcmp(s->before2, "is") == 0 || strcmp(s->before2, "not") == 0);
    if ((strcmp(w, "from") == 0 && !compares) || strcmp(w, "join") == 0)
        *from = s->want_table = true;
    else if (strcmp(w, "select") == 0)
        *from = s->want_table = false;
    else if (strcmp(w, "where") == 0 || strcmp(w, "group") == 0 || strcmp(w, "order") == 0 || strcmp(w, "union") == 0 ||
             strcmp(w, "limit") == 0 || strcmp(w, "having") == 0 || strcmp(w, "window") == 0)
        *from = false;
    return RC_OK;
}

static enum rc mark_check(struct scan *s, struct err *e)
{
    char c = *s->p;
    if (!mark_ok(s->p))
        return err_set(e, ERR_DB_REFUSED, "a condition may not hold the character 0x%02x", (unsigned char)c);
    s->p++;
    if (c == '(') {
        if (++s->depth >= DEPTH_MAX)
            return err_set(e, ERR_DB_REFUSED, "a condition is nested too deep");
        /* a parenthesis in a FROM list opens a subselect or a joined table */
        s->from[s->depth] = s->want_table;
    } else if (c == ')') {
        if (--s->depth < 0)
            return err_set(e, ERR_DB_REFUSED, "unbalanced parentheses");
        s->want_table = false;
    } else if (c == ',') {
        s->want_table = s->from[s->depth];
    }
    return RC_OK;
}

enum rc fence_check(const char *text, struct err *e)
{
    struct scan s = {.p = text};
    bool first = true;
    while (*s.p != '\0') {
        unsigned char c = (unsigned char)*s.p;
        enum rc rc = RC_OK;
        if (isspace(c)) {
            s.p++;
            continue;
        }
        if (isalpha(c) || c == '_') {
            rc = word_read(&s) ? word_check(&s, e) : err_set(e, ERR_DB_REFUSED, "a word is too long");
            if (rc == RC_OK && first && strcmp(s.word, "select") != 0 && strcmp(s.word, "with") != 0)
                rc = err_set(e, ERR_DB_REFUSED, "a condition starts with select");
        } else {
            s.word[0] = '\0';
            s.before[0] = '\0';
            if (c == '$' && !isdigit((unsigned char)s.p[1])) {
                rc = err_set(e, ERR_DB_REFUSED, "a dollar without a number");
            } else if (isdigit(c) || c == '$') {
                s.p++;
                while (isdigit((unsigned char)*s.p) || *s.p == '.')
                    s.p++;
            } else if (c == '\'') {
                if (s.p > text && (isalnum((unsigned char)s.p[-1]) || s.p[-1] == '_'))
                    return err_set(e, ERR_DB_REFUSED, "a quotation mark directly after a word");
                const char *q = strchr(s.p + 1, '\'');
                s.p = q == NULL ? s.p : q + 1;
                rc = q == NULL ? err_set(e, ERR_DB_REFUSED, "an open quotation mark") : RC_OK;
            } else {
                rc = mark_check(&s, e);
            }
        }
        if (rc != RC_OK)
            return rc;
        first = false;
    }
    return s.depth == 0 ? RC_OK : err_set(e, ERR_DB_REFUSED, "unbalanced parentheses");
}
