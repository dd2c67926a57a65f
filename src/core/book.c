/* Books: a review of a whole register (yearly, say) is a record whose revision lists the rows in force at the moment when it was handed in, each
 * by its number of revision and hash. The list is a text of its own under its SHA-256, which the revision holds as the value @book: hash, approvals
 * and receipts cover it. Later changes of rows do not touch the approval; the page shows them. Decision: docs/decisions/0005. */
#include "core/core_int.h"

#define BOOK_ROWS_MAX 20000
#define LINE_BYTES 90                /* two numbers and a hash */

/* Whoever hands a review in must see everything that it lists: otherwise it would look whole and not be. */
static enum rc scope_check(struct work *w, const struct form *of, int64_t department, struct err *e)
{
    bool all, mine = false;
    int64_t *ids;
    size_t n;
    TRY(perm_departments(w->db, w->mem, w->set, &w->actor, of, w->today, &all, &ids, &n, e));
    for (size_t i = 0; i < n; i++)
        mine = mine || (department != 0 && ids[i] == department);
    return all || mine ? RC_OK : err_set_arg(e, ERR_BOOK, pick_lang(w->actor.lang, of->name, of->name_en), "not all of %s is visible", of->ident);
}

static enum rc lines_make(struct work *w, const struct form *of, int64_t department, struct buf *lines, int64_t *ret_n, struct err *e)
{
    struct q_book_rows_rows rows;
    *ret_n = 0;
    TRY(q_book_rows(w->db, w->mem, of->ident, BOOK_ROWS_MAX + 1, &rows, e));
    if (rows.n > BOOK_ROWS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d rows of %s", BOOK_ROWS_MAX, of->ident);
    for (size_t i = 0; i < rows.n; i++) {
        if (department != 0 && (rows.v[i].department_null || rows.v[i].department != department))
            continue;
        buf_fmt(lines, "%lld %lld ", (long long)rows.v[i].id, (long long)rows.v[i].no);
        buf_b64(lines, (const uint8_t *)rows.v[i].hash.p, rows.v[i].hash.n);
        buf_putc(lines, '\n');
        (*ret_n)++;
    }
    return RC_OK;
}

/* Whose department is asked for stands in the field that the form names as its department; empty: the whole register. */
enum rc book_capture(struct work *w, struct record *rec, struct content *c, bool *ret_changed, struct err *e)
{
    const struct form *f = rec->form, *of = f->book_of ? pack_form(w->set, f->book_of) : NULL;
    int64_t department = 0, n;
    uint8_t hash[HASH_N];
    struct revision rev;
    const char *d = f->department ? content_get(c, f->department) : NULL;
    if (f->kind != FORM_BOOK || of == NULL)
        return RC_OK;
    if (d != NULL && !str_to_i64(str_of(d), &department))
        return err_set(e, ERR_BUG, "department %s", d);
    TRY(scope_check(w, of, department, e));
    struct buf *lines = buf_new(w->mem, BOOK_ROWS_MAX * LINE_BYTES), *b = buf_new(w->mem, BOOK_ROWS_MAX * LINE_BYTES + 400);
    TRY(lines_make(w, of, department, lines, &n, e));
    buf_fmt(b, "daicho-book/v1\n%lld\n%s\n%lld\n%lld\n", (long long)rec->id, of->ident, (long long)department, (long long)n);
    buf_put(b, lines->p, lines->n);
    if (!buf_ok(lines) || !buf_ok(b))
        return err_set(e, ERR_LIMIT, "book of %lld rows", (long long)n);
    crypt_sha256(b->p, b->n, hash);
    const char *name = b64_text(w->mem, hash, HASH_N);
    if (text_eq(content_get(c, BOOK_PATH), name))
        return RC_OK;
    TRY(q_book_add(w->tx, (struct str){(const char *)hash, HASH_N}, mem_strndup(w->mem, b->p, b->n), e));
    content_set(c, BOOK_PATH, name);
    content_order(c, f);
    TRY(revision_write(w, rec->id, f, c, &rev, e));
    rec->draft_rev = rev.id;
    *ret_changed = true;
    return RC_OK;
}

/* ---- reading ---- */

struct listed { int64_t record, no; };
VEC_TYPE(listed_vec, struct listed);

static bool listed_read(struct str *rest, struct listed *ret)
{
    struct str line, part;
    if (!str_next(rest, '\n', &line) || line.n == 0)
        return false;
    return str_next(&line, ' ', &part) && str_to_i64(part, &ret->record) && str_next(&line, ' ', &part) && str_to_i64(part, &ret->no);
}

static enum rc book_load(struct reader *r, int64_t rev, struct book *ret, struct listed_vec *lines, struct err *e)
{
    struct content *c;
    struct q_book_get q;
    struct listed x;
    struct str rest, head[5];
    size_t erased;
    uint8_t *hash;
    bool found;
    TRY(revision_content(r->db, r->mem, rev, &c, &erased, e));
    const char *name = content_get(c, BOOK_PATH);
    ret->hash = name ? mem_strdup(r->mem, name) : NULL;
    if (name == NULL)
        return RC_OK;
    if (!b64_read(r->mem, str_of(name), &hash, &erased) || erased != HASH_N)
        return err_set(e, ERR_LEDGER_BROKEN, "book of revision %lld", (long long)rev);
    TRY(q_book_get(r->db, r->mem, (struct str){(const char *)hash, HASH_N}, &q, &found, e));
    if (!found)
        return err_set(e, ERR_LEDGER_BROKEN, "book of revision %lld", (long long)rev);
    rest = str_of(q.body);
    for (size_t i = 0; i < ARRAY_N(head); i++)
        if (!str_next(&rest, '\n', &head[i]))
            return err_set(e, ERR_LEDGER_BROKEN, "book of revision %lld", (long long)rev);
    ret->of = pack_form(r->set, str_dup(r->mem, head[2]));
    if (!str_to_i64(head[3], &ret->department) || !str_to_i64(head[4], &ret->n))
        return err_set(e, ERR_LEDGER_BROKEN, "book of revision %lld", (long long)rev);
    while (listed_read(&rest, &x))
        *vec_push(lines) = x;
    return RC_OK;
}

/* Name of the row as it was reviewed; nothing for those who may not see it. */
static enum rc row_show(struct reader *r, struct book_row *row, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct q_revision_at at;
    struct content *c;
    size_t erased;
    bool found;
    struct err no = {0};
    TRY(record_get(r->db, r->mem, r->set, row->record, &rec, e));
    row->number = rec.number;
    if (rec.form == NULL || perm_check(r->db, r->mem, r->set, &r->actor, PERMIT_SEE, rec.form, &rec, r->today, &g, &no) != RC_OK)
        return RC_OK;
    TRY(q_revision_at(r->db, r->mem, row->record, row->no ? row->no : row->now, &at, &found, e));
    if (!found)
        return err_set(e, ERR_LEDGER_BROKEN, "revision %lld of record %lld", (long long)row->no, (long long)row->record);
    TRY(revision_content(r->db, r->mem, at.id, &c, &erased, e));
    char *title;
    TRY(ftable_title(r->db, r->mem, rec.form, c, &title, e));
    row->title = title;
    row->visible = true;
    return RC_OK;
}

static void row_note(struct book *b, size_t from, size_t max, size_t *at, struct listed was, int64_t now)
{
    b->changed += now != 0 && now != was.no;
    b->gone += now == 0;
    if (*at >= from && b->row_n < max)
        b->row[b->row_n++] = (struct book_row){.record = was.record, .no = was.no, .now = now};
    (*at)++;
}

/* Both lists are in the order of the record's number: one walk tells what is the same, changed, gone and new. */
static void compare(struct book *b, const struct listed_vec *was, const struct q_book_rows_rows *now, size_t from, size_t max)
{
    size_t i = 0, k = 0, at = 0;
    while (i < was->n || k < now->n) {
        if (k < now->n && b->department != 0 && (now->v[k].department_null || now->v[k].department != b->department)) {
            if (i < was->n && was->v[i].record == now->v[k].id)
                row_note(b, from, max, &at, was->v[i++], 0);           /* moved to another department */
            k++;
        } else if (k == now->n || (i < was->n && was->v[i].record < now->v[k].id)) {
            row_note(b, from, max, &at, was->v[i++], 0);
        } else if (i == was->n || now->v[k].id < was->v[i].record) {
            if (b->fresh++ < (int64_t)max)
                b->fresh_row[b->fresh_n++] = (struct book_row){.record = now->v[k].id, .now = now->v[k].no};
            k++;
        } else {
            row_note(b, from, max, &at, was->v[i++], now->v[k++].no);
        }
    }
}

enum rc book_read(struct reader *r, int64_t revision, size_t from, size_t max, struct book *ret, struct err *e)
{
    struct listed_vec was = VEC_INIT(r->mem);
    struct q_book_rows_rows now;
    *ret = (struct book){.from = from, .row = mem_array(r->mem, struct book_row, max + 1), .fresh_row = mem_array(r->mem, struct book_row, max + 1)};
    TRY(book_load(r, revision, ret, &was, e));
    if (ret->hash == NULL || ret->of == NULL)
        return RC_OK;
    TRY(q_book_rows(r->db, r->mem, ret->of->ident, BOOK_ROWS_MAX * 10, &now, e));
    compare(ret, &was, &now, from, max);
    for (size_t i = 0; i < ret->row_n; i++)
        TRY(row_show(r, &ret->row[i], e));
    for (size_t i = 0; i < ret->fresh_n; i++)
        TRY(row_show(r, &ret->fresh_row[i], e));
    return RC_OK;
}
