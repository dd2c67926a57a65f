/* Logs (entries and exits, uses of a file): rows that are only added. They have no route and no later version; one ledger entry commits to
 * all rows that were entered together, each bound like a first revision (docs/LEDGER.md section 4). A correction is a new row that names the
 * old one, which stays, out of force. Decision: docs/decisions/0005. */
#include "core/core_int.h"

#define ROWS_MAX 500

struct row { struct record rec; struct content *c; struct revision rev; uint8_t hash[HASH_N]; };
VEC_TYPE(rows, struct row);

/* Without any condition the table need not hold the row before it is kept. */
static bool judged(const struct form *f)
{
    bool any = f->rule_n > 0;
    for (size_t i = 0; i < f->facet_n; i++)
        any = any || f->facet[i].applies != NULL;
    for (size_t i = 0; i < f->field_n; i++)
        any = any || f->field[i].value != NULL || f->field[i].dflt != NULL || f->field[i].required_when != NULL || f->field[i].allowed != NULL;
    return any;
}

static enum rc row_judge(struct work *w, struct row *r, struct err *e)
{
    bool changed;
    const struct form *f = r->rec.form;
    content_order(r->c, f);
    if (!judged(f))
        return judge_plain(w, &r->rec, r->c, e);
    TRY(ftable_put(w->tx, w->mem, f, &r->rec, SLOT_DRAFT, "draft", r->c, e));
    TRY(judge_values(w, &r->rec, SLOT_DRAFT, r->c, &changed, e));
    content_order(r->c, f);
    TRY(judge_rules(w, &r->rec, SLOT_DRAFT, r->c, "submit", e));
    return ftable_drop(w->tx, w->mem, f, r->rec.id, SLOT_DRAFT, e);
}

/* Faults are told by the row that they are in. */
static void troubles_place(struct work *w, size_t from, size_t row)
{
    for (size_t i = from; i < w->troubles->n; i++)
        w->troubles->v[i].path = mem_fmt(w->mem, "rows[%zu].%s", row, w->troubles->v[i].path ? w->troubles->v[i].path : "-");
}

static enum rc rows_make(struct work *w, const struct form *f, struct rows *rows, bool several, struct err *e)
{
    struct numbers numbers;
    TRY(numbers_take(w, f, rows->n, &numbers, e));
    for (size_t i = 0; i < rows->n; i++) {
        struct row *r = &rows->v[i];
        size_t before = w->troubles->n;
        r->rec.number = numbers_next(w->mem, &numbers);
        TRY(record_department(w, f, r->c, r->rec.department, &r->rec.department, e));
        TRY(row_judge(w, r, e));
        if (several)
            troubles_place(w, before, i);
    }
    TRY(work_troubles_refuse(w, e));
    for (size_t i = 0; i < rows->n; i++)
        TRY(revision_make(w, rows->v[i].rec.id, 1, f, rows->v[i].c, &rows->v[i].rev, rows->v[i].hash, e));
    return RC_OK;
}

/* "record revision department happened-on origin hash number", a line a row. */
static char *body_make(struct work *w, const struct rows *rows)
{
    struct buf *b = buf_new(w->mem, rows->n * 400 + 1);
    for (size_t i = 0; i < rows->n; i++) {
        const struct record *rec = &rows->v[i].rec;
        buf_fmt(b, "%lld %lld %lld %s %s ", (long long)rec->id, (long long)rows->v[i].rev.id, (long long)rec->department, rec->happened_on ? rec->happened_on : "-", rec->origin);
        buf_b64(b, rows->v[i].hash, HASH_N);
        buf_fmt(b, " %s\n", rec->number);
    }
    return buf_ok(b) ? mem_strdup(w->mem, b->p) : NULL;
}

static enum rc batch_put(struct work *w, const struct form *f, int64_t id, const struct rows *rows, struct log_batch *ret, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    uint8_t hash[HASH_N];
    int64_t seq;
    *ret = (struct log_batch){.id = id, .form = f->ident, .pack_set = w->set->id, .actor = w->actor.person, .at = w->now_us, .body = body_make(w, rows)};
    if (ret->body == NULL)
        return err_set(e, ERR_LIMIT, "batch of %zu rows", rows->n);
    struct log_fields lf = {.id = id, .form = f->ident, .pack_set = ret->pack_set, .actor = ret->actor, .on_behalf = w->actor.on_behalf, .at = ret->at, .body = ret->body};
    log_hash(&lf, hash);
    struct entry *en = entry_new(tmp, "log.added", work_pseudo(w, w->actor.person), mem_fmt(tmp, "log:%lld", (long long)id));
    entry_field(en, "form", f->ident);
    entry_field(en, "rows", mem_fmt(tmp, "%zu", rows->n));
    entry_hash(en, "batch", hash);
    TRY(ledger_append(w->ledger, w->tx, en, &seq, e));
    w->seq = seq;
    TRY(q_log_batch_add(w->tx, id, ret->form, ret->pack_set, ret->actor, w->actor.on_behalf, w->actor.on_behalf == 0, ret->at, ret->body, (struct str){(const char *)hash, HASH_N}, seq, e));
    for (size_t i = 0; i < rows->n; i++) {
        rows->v[i].rev.seq = seq;
        TRY(revision_put(w, &rows->v[i].rev, e));
    }
    return RC_OK;
}

/* ---- applying: also done again by rebuild ---- */

static enum rc corrected(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, int64_t old, int64_t at, struct err *e)
{
    struct record r;
    TRY(record_get(tx_db(tx), mem, set, old, &r, e));
    if (r.form == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s of record %lld", r.form_ident, (long long)old);
    r.state = "corrected";
    r.version++;
    r.updated_at = at;
    TRY(ftable_move(tx, mem, r.form, old, SLOT_FORCE, SLOT_VOID, e));
    TRY(record_row_write(tx, &r, false, e));
    return ftable_sync(tx, mem, r.form, &r, e);
}

static enum rc row_apply(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, const struct log_batch *b, struct record *r, struct content *c, struct err *e)
{
    int64_t old;
    char *title;
    const char *fix = content_get(c, LOG_CORRECTS);
    r->note = content_get(c, LOG_LATE) ? "late" : NULL;
    TRY(ftable_put(tx, mem, r->form, r, SLOT_FORCE, r->state, c, e));
    TRY(ftable_title(tx_db(tx), mem, r->form, c, &title, e));
    r->title = title;
    TRY(record_row_write(tx, r, true, e));
    return fix != NULL && str_to_i64(str_of(fix), &old) ? corrected(tx, mem, set, old, b->at, e) : RC_OK;
}

static bool line_read(TALLOC_CTX *mem, const struct log_batch *b, const struct form *f, struct str line, struct record *ret)
{
    struct str p[6];
    for (size_t i = 0; i < ARRAY_N(p); i++)
        if (!str_next(&line, ' ', &p[i]) || line.p == NULL)
            return false;
    *ret = (struct record){.form = f, .form_ident = f->ident, .state = "approved", .made_by = b->actor, .made_at = b->at, .updated_at = b->at, .pack_set = b->pack_set,
                           .number = str_dup(mem, line), .origin = str_dup(mem, p[4]), .happened_on = str_is(p[3], "-") ? NULL : str_dup(mem, p[3]), .title = ""};
    return str_to_i64(p[0], &ret->id) && str_to_i64(p[1], &ret->force_rev) && str_to_i64(p[2], &ret->department);
}

enum rc log_apply(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, const struct log_batch *b, struct err *e)
{
    const struct form *f = pack_form(set, b->form);
    struct str rest = str_of(b->body), line;
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s of batch %lld", b->form, (long long)b->id);
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        MEM_SCOPE(tmp, mem);
        struct record r;
        struct content *c;
        size_t erased;
        if (!line_read(tmp, b, f, line, &r))
            return err_set(e, ERR_LEDGER_BROKEN, "batch %lld", (long long)b->id);
        TRY(revision_content(tx_db(tx), tmp, r.force_rev, &c, &erased, e));
        content_order(c, f);
        TRY(row_apply(tx, tmp, set, b, &r, c, e));
    }
    return RC_OK;
}

/* ---- commands ---- */

/* old: the row that the only one stands for, or NULL. It is out of force while the new one is judged: a rule that both break together is not broken. */
static enum rc rows_keep(struct work *w, const struct form *f, struct rows *rows, bool several, const struct record *old, struct err *e)
{
    struct log_batch b;
    int64_t id = work_new_id(w);
    for (size_t i = 0; i < rows->n; i++)
        rows->v[i].rec.id = work_new_id(w);
    if (old != NULL)
        TRY(ftable_move(w->tx, w->mem, f, old->id, SLOT_FORCE, SLOT_VOID, e));
    TRY(rows_make(w, f, rows, several, e));
    if (old != NULL)
        TRY(ftable_move(w->tx, w->mem, f, old->id, SLOT_VOID, SLOT_FORCE, e));
    TRY(batch_put(w, f, id, rows, &b, e));
    TRY(log_apply(w->tx, w->mem, w->set, &b, e));
    for (size_t i = 0; i < rows->n; i++) {
        TRY(work_todo(w, "search", rows->v[i].rec.id, e));
        TRY(work_todo(w, "check", rows->v[i].rec.id, e));
    }
    return RC_OK;
}

static struct row *row_add(struct work *w, struct rows *rows, const struct form *f, struct content *c, const char *origin)
{
    struct row *r = vec_push(rows);
    *r = (struct row){.c = c};
    r->rec = (struct record){.form = f, .form_ident = f->ident, .state = "approved", .title = "", .origin = origin, .made_by = w->actor.person, .made_at = w->now_us, .pack_set = w->set->id};
    return r;
}

enum rc log_put(struct work *w, const struct form *f, struct content *const *c, size_t n, const char *origin, const char *happened_on, int64_t *ret_first, struct err *e)
{
    struct rows rows = VEC_INIT(w->mem);
    for (size_t i = 0; i < n; i++)
        row_add(w, &rows, f, content_copy(w->mem, c[i]), origin)->rec.happened_on = happened_on;
    TRY(rows_keep(w, f, &rows, n > 1, NULL, e));
    *ret_first = rows.v[0].rec.id;
    return RC_OK;
}

/* One row as it was sent: {values, happened_on?, late_reason?}. */
static enum rc row_read(struct work *w, const struct form *f, const struct json *in, bool several, struct rows *rows, struct err *e)
{
    struct reader rd;
    struct value_ctx vc = record_value_ctx(w, &rd);
    const char *on, *note;
    size_t before = w->troubles->n, at = rows->n;
    TRY(record_claim(w, f, in, &on, &note, e));
    struct content *c = content_read(w->mem, &vc, f, NULL, json_get(in, "values"), true, w->troubles);
    if (several)
        troubles_place(w, before, at);
    if (note != NULL)
        content_set(c, LOG_LATE, json_get_str(in, "late_reason"));
    row_add(w, rows, f, c, "app")->rec.happened_on = on;
    return RC_OK;
}

static enum rc log_form(struct work *w, const struct json *args, const struct form **ret_form, struct err *e)
{
    const struct grant *g;
    const struct form *f;
    TRY(form_named(w, args, &f, e));
    if (f->kind != FORM_LOG)
        return err_set(e, ERR_LOG_FORM, "form %s is no log", f->ident);
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_MAKE, f, NULL, w->today, &g, e));
    grant_assert(g, PERMIT_MAKE, NULL);
    *ret_form = f;
    return RC_OK;
}

static void rows_answer(const struct work *w, const struct rows *rows, struct json *body)
{
    struct json *arr = json_set_arr(body, "rows");
    for (size_t i = 0; i < rows->n; i++) {
        struct json *o = json_add_obj(arr);
        json_set_i64(o, "record", rows->v[i].rec.id);
        json_set_str(o, "number", rows->v[i].rec.number);
    }
    json_set_i64(body, "record", rows->v[0].rec.id);
    json_set_str(body, "number", rows->v[0].rec.number);
    json_set_i64(body, "seq", w->seq);
}

/* rows: [{values, ...}]; without it the arguments themselves are the one row. */
enum rc cmd_log_add(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct form *f;
    struct rows rows = VEC_INIT(w->mem);
    const struct json *in = json_get(args, "rows");
    bool several = in != NULL;
    size_t n = several ? json_n(in) : 1;
    TRY(log_form(w, args, &f, e));
    if (several && (json_type(in) != JSON_ARR || n == 0 || n > ROWS_MAX))
        return err_set(e, ERR_LIMIT, "%zu rows", n);
    for (size_t i = 0; i < n; i++)
        TRY(row_read(w, f, several ? json_at(in, i) : args, several, &rows, e));
    TRY(work_troubles_refuse(w, e));
    TRY(rows_keep(w, f, &rows, several, NULL, e));
    rows_answer(w, &rows, body);
    return RC_OK;
}

/* What the new row says of itself is its own: the reason, and which row it stands for. */
static struct content *base_of(struct work *w, const struct content *old)
{
    struct content *c = content_copy(w->mem, old);
    static const char *const own[] = {LOG_CORRECTS, LOG_REASON, LOG_LATE};
    for (size_t i = 0; i < ARRAY_N(own); i++)
        content_set(c, own[i], NULL);
    return c;
}

static enum rc correct_lock(struct work *w, const struct json *args, struct record *ret, struct err *e)
{
    const struct grant *g;
    const struct pack_set *now = w->set;
    TRY(record_lock(w, args, PERMIT_SEE, ret, &g, e));
    if (ret->form->kind != FORM_LOG)
        return err_set(e, ERR_LOG_FORM, "record %lld is of no log", (long long)ret->id);
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_EDIT, ret->form, ret, w->today, &g, e));
    grant_assert(g, PERMIT_EDIT, ret);
    if (pack_form(now, ret->form_ident) == NULL)
        return err_set_arg(e, ERR_FORM_RETIRED, ret->form->name, "form %s is not in the set in force", ret->form_ident);
    return strcmp(ret->state, "approved") == 0 ? RC_OK : err_set(e, ERR_STATE, "row %lld is %s", (long long)ret->id, ret->state);
}

enum rc cmd_log_correct(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record old;
    struct reader rd;
    struct content *was, *base;
    struct change_vec changes = VEC_INIT(w->mem);
    struct rows rows = VEC_INIT(w->mem);
    size_t erased;
    const char *why = json_get_str(args, "comment"), *on, *note;
    TRY(correct_lock(w, args, &old, e));
    if (why == NULL || str_trim(str_of(why)).n == 0)
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.correct-reason")), "no reason");
    TRY(record_claim(w, old.form, args, &on, &note, e));
    TRY(revision_content(w->db, w->mem, old.force_rev, &was, &erased, e));
    struct value_ctx vc = record_value_ctx(w, &rd);
    base = base_of(w, was);
    struct content *c = content_read(w->mem, &vc, old.form, base, json_get(args, "values"), json_get_bool(args, "replace_rows"), w->troubles);
    TRY(work_troubles_refuse(w, e));
    content_order(base, old.form);
    content_diff(w->mem, base, c, &changes);
    if (changes.n == 0 && (on == NULL || text_eq(on, old.happened_on)))
        return err_set_arg(e, ERR_FIELDS, msg_text(w->actor.lang, MSG("core.nothing-corrected")), "nothing corrected");
    content_set(c, LOG_CORRECTS, mem_fmt(w->mem, "%lld", (long long)old.id));
    content_set(c, LOG_REASON, text_nfc(w->mem, why));
    if (note != NULL)
        content_set(c, LOG_LATE, json_get_str(args, "late_reason"));
    struct row *r = row_add(w, &rows, old.form, c, "app");
    r->rec.happened_on = on ? on : old.happened_on;
    r->rec.department = old.department;
    r->rec.version = 1;                              /* its values are given: defaults are for new rows */
    TRY(rows_keep(w, old.form, &rows, false, &old, e));
    TRY(work_todo(w, "search", old.id, e));
    TRY(work_todo(w, "check", old.id, e));
    TRY(work_todo(w, "route", old.id, e));
    rows_answer(w, &rows, body);
    return RC_OK;
}

/* ---- reading ---- */

enum rc log_read(struct reader *r, const struct record *rec, struct log_note *ret, struct err *e)
{
    struct content *c;
    struct q_links_to_rows to;
    size_t erased;
    *ret = (struct log_note){0};
    if (rec->form == NULL || rec->form->kind != FORM_LOG)
        return RC_OK;
    TRY(revision_content(r->db, r->mem, rec->force_rev, &c, &erased, e));
    const char *fix = content_get(c, LOG_CORRECTS);
    ret->reason = content_get(c, LOG_REASON);
    ret->late = content_get(c, LOG_LATE);
    if (fix != NULL && !str_to_i64(str_of(fix), &ret->corrects))
        ret->corrects = 0;
    TRY(q_links_to(r->db, r->mem, rec->id, 200, &to, e));
    for (size_t i = 0; i < to.n; i++)
        if (strcmp(to.v[i].path, LOG_CORRECTS) == 0)
            ret->corrected_by = to.v[i].from_record;
    return RC_OK;
}

enum rc log_batch_may(struct reader *r, int64_t batch, bool *ret, struct err *e)
{
    struct q_log_batches_after_rows q;
    struct str rest, line, id;
    *ret = false;
    TRY(q_log_batches_after(r->db, r->mem, batch - 1, batch, 1, &q, e));
    rest = str_of(q.n == 1 ? q.v[0].body : "");
    while (!*ret && str_next(&rest, '\n', &line) && line.n > 0) {
        MEM_SCOPE(tmp, r->mem);
        struct record rec;
        const struct grant *g;
        int64_t record;
        if (!str_next(&line, ' ', &id) || !str_to_i64(id, &record))
            return err_set(e, ERR_LEDGER_BROKEN, "batch %lld", (long long)batch);
        enum rc rc = perm_see(r, record, &rec, &g, e);
        *ret = rc == RC_OK;
        if (rc != RC_OK && rc != RC_NOTFOUND)
            return rc;
    }
    return RC_OK;
}
