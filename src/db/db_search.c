/* Search over pairs of characters, since no trigram index of either engine finds a Japanese word of two. `gram` holds
 * for each record every pair of neighbouring characters of a word of its fold, and each word's last character alone,
 * so that one character is found as the beginning of a token. A hit is checked again on record.fold.
 * How a search runs is decided by counting (at most search_drive_max) how often its tokens occur: a rare one is read first and
 * its rows sorted; when all are common the list is read in its own order and hits come soon. Both stay flat. */
#include <stdlib.h>
#include <string.h>
#include "db/db_int.h"

enum { TOKEN_MAX = 16 };
int search_drive_max = 5000;

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static void unique(struct name_vec *v)
{
    if (v->n < 2)
        return;
    qsort(v->v, v->n, sizeof(char *), by_text);
    size_t keep = 1;
    for (size_t i = 1; i < v->n; i++)
        if (!text_eq(v->v[i], v->v[keep - 1]))
            v->v[keep++] = v->v[i];
    v->n = keep;
}

/* The next run of characters without blanks; false at the end. */
static bool word_next(struct str *rest, struct str *ret_word)
{
    const char *start = NULL;
    size_t used = 0;
    while (rest->n > 0) {
        uint32_t cp = 0;
        size_t n = utf8_next(rest->p, rest->n, &cp);
        bool blank = n == 0 || cp <= ' ' || cp == 0x3000 || cp == 0xa0;
        if (n == 0)
            n = 1;
        if (blank && start != NULL)
            break;
        if (!blank && start == NULL)
            start = rest->p;
        if (!blank)
            used += n;
        rest->p += n;
        rest->n -= n;
    }
    *ret_word = (struct str){start, used};
    return start != NULL;
}

/* Pairs of a word, at most max; *ret_last is its last character. */
static void pairs(TALLOC_CTX *mem, struct str word, struct name_vec *to, size_t max, struct str *ret_last)
{
    uint32_t cp = 0;
    size_t first = utf8_next(word.p, word.n, &cp);
    *ret_last = (struct str){word.p, first};
    while (first < word.n) {
        size_t second = utf8_next(word.p + first, word.n - first, &cp);
        if (second == 0)
            return;
        if (to->n < max)
            *vec_push(to) = mem_strndup(mem, word.p, first + second);
        word.p += first;
        word.n -= first;
        first = second;
        *ret_last = (struct str){word.p, first};
    }
}

struct name_vec db_grams(TALLOC_CTX *mem, const char *fold)
{
    struct name_vec all = VEC_INIT(mem);
    struct str rest = str_of(fold), word, last;
    while (word_next(&rest, &word)) {
        pairs(mem, word, &all, SIZE_MAX, &last);
        *vec_push(&all) = str_dup(mem, last);
    }
    unique(&all);
    return all;
}

static char *range_end(TALLOC_CTX *mem, const char *from)
{
    static const char last[] = {(char)0xf4, (char)0x8f, (char)0xbf, (char)0xbf, '\0'};
    return mem_fmt(mem, "%s%s", from, last);
}

static void range_put(struct sql *s, const char *from)
{
    sql_lit(s, "g.tok >= ");
    sql_text(s, from);
    sql_lit(s, " AND g.tok < ");
    sql_text(s, range_end(s, from));
}

/* One statement that counts all tokens, each up to search_drive_max. */
static enum rc counts(struct db *db, TALLOC_CTX *mem, const struct name_vec *token, bool range, int64_t *ret_n, struct err *e)
{
    struct sql *s = sql_new(mem);
    for (size_t i = 0; i < token->n; i++) {
        if (i == 0)
            sql_lit(s, "SELECT (SELECT count(*) FROM (SELECT 1 AS x FROM gram g WHERE ");
        else
            sql_lit(s, ", (SELECT count(*) FROM (SELECT 1 AS x FROM gram g WHERE ");
        if (range) {
            range_put(s, token->v[i]);
        } else {
            sql_lit(s, "g.tok = ");
            sql_text(s, token->v[i]);
        }
        sql_lit(s, " LIMIT ");
        sql_i64(s, search_drive_max);
        sql_lit(s, ") c)");
    }
    struct db_rows *rows = NULL;
    bool more = false;
    TRY(db_query(db, mem, s, &rows, e));
    enum rc rc = db_next(rows, &more, e);
    for (size_t i = 0; rc == RC_OK && more && i < token->n; i++)
        ret_n[i] = db_i64(rows, (int)i);
    talloc_free(rows);
    return rc;
}

enum rc search_plan(struct db *db, TALLOC_CTX *mem, const char *fold, struct search *ret, struct err *e)
{
    *ret = (struct search){.word.mem = mem, .token.mem = mem, .single.mem = mem};
    struct name_vec singles = VEC_INIT(mem);
    struct str rest = str_of(fold), word, last;
    while (ret->word.n < TOKEN_MAX && word_next(&rest, &word)) {
        *vec_push(&ret->word) = str_dup(mem, word);
        size_t before = ret->token.n;
        pairs(mem, word, &ret->token, TOKEN_MAX, &last);
        if (ret->token.n == before && last.n == word.n)
            *vec_push(&singles) = str_dup(mem, word);
    }
    unique(&ret->token);
    int64_t n[TOKEN_MAX] = {0};
    size_t rarest = 0;
    if (ret->token.n > 0) {
        TRY(counts(db, mem, &ret->token, false, n, e));
        for (size_t i = 1; i < ret->token.n; i++)
            rarest = n[i] < n[rarest] ? i : rarest;
        if (n[rarest] < search_drive_max)
            ret->drive = ret->token.v[rarest];
    }
    if (ret->drive != NULL || singles.n == 0)
        return RC_OK;
    TRY(counts(db, mem, &singles, true, n, e));
    for (size_t i = 0; i < singles.n; i++)
        if (n[i] < search_drive_max)
            *vec_push(&ret->single) = singles.v[i];
    return RC_OK;
}

/* A word of two characters is itself a token: where the token is, the word is, and the fold need not be read. */
static bool is_token(const struct search *se, const char *word)
{
    for (size_t i = 0; i < se->token.n; i++)
        if (text_eq(se->token.v[i], word))
            return true;
    return false;
}

void search_where(struct db *db, struct sql *s, const struct search *se)
{
    if (se->drive != NULL) {
        sql_lit(s, " AND g.tok = ");
        sql_text(s, se->drive);
        sql_lit(s, " AND t.record = g.record");
    }
    for (size_t i = 0; i < se->single.n; i++) {
        sql_lit(s, " AND t.record IN (SELECT g.record FROM gram g WHERE ");
        range_put(s, se->single.v[i]);
        sql_lit(s, ")");
    }
    for (size_t i = 0; i < se->token.n; i++) {
        if (se->drive != NULL && text_eq(se->token.v[i], se->drive))
            continue;
        sql_lit(s, " AND EXISTS (SELECT 1 FROM gram g2 WHERE g2.record = t.record AND g2.tok = ");
        sql_text(s, se->token.v[i]);
        sql_lit(s, ")");
    }
    size_t exact = 0;
    for (size_t i = 0; i < se->word.n; i++)
        exact += is_token(se, se->word.v[i]);
    if (se->word.n == exact)
        return;
    sql_lit(s, " AND EXISTS (SELECT 1 FROM record r WHERE r.id = t.record");
    for (size_t i = 0; i < se->word.n; i++) {
        if (is_token(se, se->word.v[i]))
            continue;
        if (db->drv->engine == DB_SQLITE)
            sql_lit(s, " AND instr(r.fold, ");
        else
            sql_lit(s, " AND strpos(r.fold, ");
        sql_text(s, se->word.v[i]);
        sql_lit(s, ") > 0");
    }
    sql_lit(s, ")");
}
