/* What a review of a whole register lists, and what became of the rows since: GET /api/v1/records/{i}/book?from=N&limit=M. */
#include "api/api_int.h"

#define LIMIT_MOST 500

static void rows_out(struct json *arr, const struct book_row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_add_obj(arr);
        json_set_i64(o, "record", row[i].record);
        json_set_str(o, "number", row[i].number);
        json_set_str(o, "title", row[i].visible ? row[i].title : NULL);
        if (row[i].no != 0)
            json_set_i64(o, "revision", row[i].no);
        json_set_str(o, "state", row[i].no == 0 ? "new" : row[i].now == 0 ? "gone" : row[i].now != row[i].no ? "changed" : "same");
    }
}

static enum rc book_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct record rec;
    struct book b;
    const struct grant *g;
    int64_t from = 0, limit;
    TRY(record_get(rd->db, rd->mem, rd->set, req_arg_i64(r, 0), &rec, e));
    if (rec.form == NULL || perm_check(rd->db, rd->mem, rd->set, &rd->actor, PERMIT_SEE, rec.form, &rec, rd->today, &g, e) != RC_OK || rec.form->kind != FORM_BOOK)
        return err_set(e, ERR_RECORD_MISSING, "book of record %lld", (long long)rec.id);
    if (req_query(r, "from") != NULL && (!str_to_i64(str_of(req_query(r, "from")), &from) || from < 0))
        return err_set_arg(e, ERR_FIELDS, "from", "from");
    TRY(limit_asked(r, LIMIT_MOST, &limit, e));
    TRY(book_read(rd, rec.draft_rev ? rec.draft_rev : rec.force_rev, (size_t)from, (size_t)limit, &b, e));
    json_set_str(o, "hash", b.hash);
    json_set_str(o, "form", b.of ? b.of->ident : NULL);
    json_set_i64(o, "department", b.department);
    json_set_i64(o, "rows", b.n);
    json_set_i64(o, "changed", b.changed);
    json_set_i64(o, "gone", b.gone);
    json_set_i64(o, "fresh", b.fresh);
    rows_out(json_set_arr(o, "list"), b.row, b.row_n);
    rows_out(json_set_arr(o, "fresh_list"), b.fresh_row, b.fresh_n);
    return RC_OK;
}

void api_book(struct req *r, void *ctx) { api_read(r, ctx, book_out); }
