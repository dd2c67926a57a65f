/* The search index of one record: what people read of it (title, number, texts, labels of choices), folded, and its pairs of characters.
 * Filled after commit; values that were erased are not in the revision any more and leave the index with it. */
#include "core/core_int.h"

#define GRAMS_MAX 2000
#define FOLD_MAX 60000

static bool searched(const struct field *fd)
{
    switch (fd->type) {
    case FT_TEXT: case FT_LONGTEXT: case FT_CHOICE: case FT_MULTI:
        return true;
    case FT_INT: case FT_NUMBER: case FT_MONEY: case FT_DATE: case FT_DATETIME: case FT_MONTH: case FT_DURATION: case FT_BOOL: case FT_REF: case FT_PERSON:
    case FT_DEPARTMENT: case FT_ROLE: case FT_FILE: case FT_SIGN: case FT_TABLE: case FT__N:
        return false;
    }
    return false;
}

static void words_of(struct buf *b, TALLOC_CTX *mem, const struct form *f, const struct content *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(f, c->v[i].path, &col, &row);
        fd = col ? col : fd;
        if (fd == NULL)
            continue;
        if (searched(fd)) {
            buf_putc(b, '\n');
            buf_puts(b, value_show(mem, fd, c->v[i].text, LANG_JA));
        }
    }
}

/* The version in force and a draft beside it are both found. */
static enum rc record_words(struct work *w, TALLOC_CTX *mem, const struct record *rec, struct buf *b, struct err *e)
{
    const int64_t revs[] = {rec->force_rev, rec->draft_rev};
    buf_puts(b, rec->title);
    buf_putc(b, '\n');
    buf_puts(b, rec->number);
    for (size_t i = 0; i < ARRAY_N(revs); i++) {
        struct content *c;
        size_t erased;
        if (revs[i] == 0 || rec->form == NULL)
            continue;
        TRY(revision_content(w->db, mem, revs[i], &c, &erased, e));
        words_of(b, mem, rec->form, c);
    }
    return RC_OK;
}

static size_t grams_n(const struct name_vec *v) { return v->n < GRAMS_MAX ? v->n : GRAMS_MAX; }

#define GRAMS_AT_ONCE 8            /* the rows of gram_add: one statement a pair was two fifths of all after-commit work */

/* A last group that is not full repeats its first pair, which the statement ignores. */
static enum rc grams_add(struct work *w, int64_t id, const char *const *v, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i += GRAMS_AT_ONCE) {
        const char *t[GRAMS_AT_ONCE];
        for (size_t k = 0; k < GRAMS_AT_ONCE; k++)
            t[k] = v[i + k < n ? i + k : i];
        TRY(q_gram_add(w->tx, id, t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], e));
    }
    return RC_OK;
}

/* Both are sorted: only what differs is written. Most changes of a record change few of its pairs, or none. */
static enum rc grams_put(struct work *w, int64_t id, const struct name_vec *old, const struct name_vec *now, struct err *e)
{
    size_t i = 0, k = 0, fresh_n = 0;
    const char **fresh = mem_array(w->mem, const char *, grams_n(now) + 1);
    while (i < grams_n(old) || k < grams_n(now)) {
        int order = i == grams_n(old) ? 1 : k == grams_n(now) ? -1 : strcmp(old->v[i], now->v[k]);
        if (order < 0)
            TRY(q_gram_drop(w->tx, old->v[i], id, e));
        if (order > 0)
            fresh[fresh_n++] = now->v[k];
        i += order <= 0;
        k += order >= 0;
    }
    return grams_add(w, id, fresh, fresh_n, e);
}

/* `fold` and the pairs change together always: the pairs that stand are those of the fold that stands. */
static enum rc index_put(struct work *w, TALLOC_CTX *mem, int64_t id, const char *fold, struct err *e)
{
    struct q_record_fold_get was;
    bool found;
    TRY(q_record_fold_get(w->db, mem, id, &was, &found, e));
    if (found && strcmp(was.fold, fold) == 0)
        return RC_OK;
    struct name_vec old = db_grams(mem, found ? was.fold : ""), now = db_grams(mem, fold);
    TRY(q_record_fold_set(w->tx, id, fold, e));
    return grams_put(w, id, &old, &now, e);
}

enum rc search_clear(struct work *w, int64_t record, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    return index_put(w, tmp, record, "", e);
}

/* Cuts at a whole character. */
static void cut(char *s, size_t most)
{
    size_t n = strlen(s);
    if (n <= most)
        return;
    while (most > 0 && ((unsigned char)s[most] & 0xc0) == 0x80)
        most--;
    s[most] = '\0';
}

enum rc cmd_search_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct record rec;
    struct buf *b = buf_new(tmp, 4 << 20);
    int64_t id = json_get_i64(args, "record", 0);
    (void)body;
    TRY(record_get(w->db, tmp, w->set, id, &rec, e));
    if (strcmp(rec.state, "void") == 0 || strcmp(rec.state, STATE_STAGED) == 0)
        return index_put(w, tmp, id, "", e);
    TRY(record_words(w, tmp, &rec, b, e));
    char *fold = text_fold(tmp, b->p);
    cut(fold, FOLD_MAX);
    return index_put(w, tmp, id, fold, e);
}
