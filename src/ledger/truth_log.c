/* Verification of what a row of its own does not bind: the batches of logs, whose one entry commits to all their rows, and the books, the
 * lists of rows that a review of a whole register names by their hash (docs/LEDGER.md section 4). */
#include "ledger/ledger_int.h"

/* One line of a batch: record revision department happened-on origin hash number. The number is last, for it may hold blanks. */
struct log_line { int64_t record, revision; hash_t row; };

static bool line_read(TALLOC_CTX *mem, struct str line, struct log_line *ret)
{
    struct str part[6];
    uint8_t *h;
    size_t n;
    for (size_t i = 0; i < ARRAY_N(part); i++)
        if (!str_next(&line, ' ', &part[i]) || line.p == NULL)
            return false;
    if (!str_to_i64(part[0], &ret->record) || !str_to_i64(part[1], &ret->revision) || !b64_read(mem, part[5], &h, &n) || n != HASH_N)
        return false;
    memcpy(ret->row, h, HASH_N);
    return true;
}

/* The row that the line speaks of is there as it was written. */
static enum rc line_check(struct verify *v, TALLOC_CTX *mem, const struct q_truth_logs *b, const struct log_line *l, bool *ret_ok, struct err *e)
{
    struct q_truth_log_row r;
    hash_t row;
    *ret_ok = false;
    bool found;
    TRY(q_truth_log_row(v->db, mem, l->revision, &r, &found, e));
    if (!found || r.hash.n != HASH_N || r.record != l->record || r.no != 1 || r.seq != b->seq)
        return RC_OK;
    struct revision_fields f = {.id = l->revision, .record = r.record, .no = r.no, .form = r.form, .pack_set = r.pack_set, .author = r.author, .at = r.at,
                                .hash = (const uint8_t *)r.hash.p};
    revision_row_hash(&f, row);
    *ret_ok = memcmp(row, l->row, HASH_N) == 0;
    return RC_OK;
}

static bool batch_holds(TALLOC_CTX *mem, const struct q_truth_logs *b, int64_t lines)
{
    struct entry_scan s;
    hash_t h;
    if (b->entry.p == NULL || b->hash.n != HASH_N || !entry_scan(b->entry, &s))
        return false;
    struct log_fields f = {.id = b->id, .form = b->form, .pack_set = b->pack_set, .actor = b->actor, .on_behalf = b->on_behalf_null ? 0 : b->on_behalf, .at = b->at, .body = b->body};
    log_hash(&f, h);
    return memcmp(h, b->hash.p, HASH_N) == 0 && truth_object_is(mem, &s, "log.added", mem_fmt(mem, "log:%lld", (long long)b->id)) && truth_field_is(&s, "form", b->form) &&
           truth_field_is(&s, "rows", mem_fmt(mem, "%lld", (long long)lines)) && truth_sha_is(mem, &s, "batch", h);
}

/* Revisions rise from line to line: no row is spoken of twice. */
static enum rc batch_check(struct verify *v, TALLOC_CTX *mem, const struct q_truth_logs *b, int64_t *ret_lines, struct err *e)
{
    struct str rest = str_of(b->body), line;
    int64_t last = 0;
    *ret_lines = 0;
    while (str_next(&rest, '\n', &line)) {
        MEM_SCOPE(one, mem);
        struct log_line l;
        bool ok;
        if (rest.p == NULL && line.n == 0)
            break;
        if (!line_read(one, line, &l) || l.revision <= last)
            return verify_bad(v, MSG("ledger.problem.log"), b->id, "a line of the batch cannot be read");
        TRY(line_check(v, one, b, &l, &ok, e));
        if (!ok)
            return verify_bad(v, MSG("ledger.problem.log"), b->id, mem_fmt(one, "row of record %lld", (long long)l.record));
        last = l.revision;
        (*ret_lines)++;
    }
    return batch_holds(mem, b, *ret_lines) ? RC_OK : verify_bad(v, MSG("ledger.problem.log"), b->id, "batch does not match its entry");
}

enum rc truth_logs(struct verify *v, struct err *e)
{
    int64_t batches = 0, lines = 0, n;
    for (int64_t last = 0; v->report->problem == NULL;) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_logs_rows rows;
        TRY(q_truth_logs(v->db, tmp, last, &rows, e));
        if (rows.n == 0)
            break;
        for (size_t i = 0; i < rows.n && v->report->problem == NULL; i++, batches++) {
            TRY(batch_check(v, tmp, &rows.v[i], &n, e));
            lines += n;
        }
        last = rows.v[rows.n - 1].id;
    }
    return batches == v->bound[BOUND_LOG] && lines == v->logged ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "rows of logs are missing");
}

/* ---- books ---- */

/* The second line of a book is the review's record; -1 when it is none. */
static int64_t book_record(const char *body)
{
    struct str rest = str_of(body), line;
    int64_t record;
    if (!str_next(&rest, '\n', &line) || !str_is(line, "daicho-book/v1") || !str_next(&rest, '\n', &line) || !str_to_i64(line, &record))
        return -1;
    return record;
}

enum rc truth_books(struct verify *v, struct err *e)
{
    hash_t last = {0};
    for (size_t last_n = 0;; last_n = HASH_N) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_books_rows rows;
        hash_t h;
        TRY(q_truth_books(v->db, tmp, (struct str){(const char *)last, last_n}, &rows, e));
        for (size_t i = 0; i < rows.n; i++) {
            crypt_sha256(rows.v[i].body, strlen(rows.v[i].body), h);
            if (rows.v[i].hash.n != HASH_N || memcmp(h, rows.v[i].hash.p, HASH_N) != 0)
                return verify_bad(v, MSG("ledger.problem.book"), book_record(rows.v[i].body), "");
        }
        if (rows.n == 0)
            return RC_OK;
        memcpy(last, rows.v[rows.n - 1].hash.p, HASH_N);
    }
}

enum rc truth_book_named(struct verify *v, TALLOC_CTX *mem, int64_t record, const char *value, bool *ret_ok, struct err *e)
{
    struct q_book_get book;
    uint8_t *h;
    size_t n;
    bool found;
    *ret_ok = false;
    if (!b64_read(mem, str_of(value), &h, &n) || n != HASH_N)
        return RC_OK;
    TRY(q_book_get(v->db, mem, (struct str){(const char *)h, HASH_N}, &book, &found, e));
    *ret_ok = found && book_record(book.body) == record;
    return RC_OK;
}
