/* Erasure of one person's data from a record: values and blindings go from every revision body, the form tables, the title and the
 * search index; hashes, approvals, receipts and proofs stay (trust.md 3.7). The act of erasing is a ledger entry without the data. */
#include "core/core_state.h"

#define BODY_READ_MAX (8 << 20)

/* "name" erases name; a table or multi field erases all its rows; "items[3]" one row; "items[3].asset" one cell. */
static bool path_hit(const char *path, const char *want)
{
    size_t n = strlen(want);
    return strncmp(path, want, n) == 0 && (path[n] == '\0' || path[n] == '[' || (path[n] == '.' && strchr(want, '[') != NULL));
}

static bool any_hit(const char *path, const struct json *paths)
{
    for (size_t i = 0; i < json_n(paths); i++)
        if (json_str(json_at(paths, i)) != NULL && path_hit(path, json_str(json_at(paths, i))))
            return true;
    return false;
}

static enum rc body_blank(struct work *w, int64_t revision, const struct json *paths, int64_t *erased_n, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_revision_body_get row;
    struct json *body, *out = json_arr(tmp);
    bool found, changed = false;
    TRY(q_revision_body_get(w->db, tmp, revision, &row, &found, e));
    if (!found)
        return err_set(e, ERR_LEDGER_BROKEN, "body of revision %lld", (long long)revision);
    TRY(json_read(tmp, str_of(row.body), BODY_READ_MAX, &body, e));
    for (size_t i = 0; i < json_n(body); i++) {
        const struct json *item = json_at(body, i);
        const char *path = json_str(json_at(item, 0));
        if (path == NULL || json_str(json_at(item, 1)) == NULL || !any_hit(path, paths)) {
            json_add(out, item);
            continue;
        }
        struct json *blank = json_add_arr(out);
        json_add_str(blank, path);
        json_add_str(blank, NULL);
        json_add_str(blank, NULL);
        changed = true;
        (*erased_n)++;
    }
    return changed ? q_revision_body_set(w->tx, revision, json_text(tmp, out), e) : RC_OK;
}

static enum rc bodies_blank(struct work *w, int64_t record, const struct json *paths, int64_t *erased_n, struct err *e)
{
    struct q_revisions_of_rows row;
    TRY(q_revisions_of(w->db, w->mem, record, 10000, &row, e));
    for (size_t i = 0; i < row.n; i++)
        TRY(body_blank(w, row.v[i].id, paths, erased_n, e));
    return RC_OK;
}

/* Form tables and title anew from what is left. */
static enum rc projections_again(struct work *w, struct record *rec, struct err *e)
{
    struct content *c;
    size_t erased;
    char *title;
    if (rec->form == NULL)
        return RC_OK;
    if (rec->draft_rev != 0) {
        TRY(revision_content(w->db, w->mem, rec->draft_rev, &c, &erased, e));
        content_order(c, rec->form);
        TRY(ftable_put(w->tx, w->mem, rec->form, rec, SLOT_DRAFT, rec->draft_state ? rec->draft_state : "draft", c, e));
    }
    if (rec->force_rev != 0) {
        bool is_void = strcmp(rec->state, "void") == 0 || strcmp(rec->state, "corrected") == 0;
        TRY(revision_content(w->db, w->mem, rec->force_rev, &c, &erased, e));
        content_order(c, rec->form);
        TRY(ftable_put(w->tx, w->mem, rec->form, rec, is_void ? SLOT_VOID : SLOT_FORCE, rec->state, c, e));
        if (is_void)                                 /* it stays in the list */
            TRY(ftable_sync(w->tx, w->mem, rec->form, rec, e));
    }
    TRY(record_content(w->db, w->mem, rec, &c, e));
    content_order(c, rec->form);
    TRY(ftable_title(w->db, w->mem, rec->form, c, &title, e));
    rec->title = title;
    TRY(record_row_write(w->tx, rec, false, e));
    TRY(search_clear(w, rec->id, e));
    TRY(work_todo(w, "check", rec->id, e));              /* a check may have read what is gone */
    return work_todo(w, "search", rec->id, e);
}

enum rc erase_apply(struct work *w, int64_t record, const struct json *paths, int64_t *ret_n, struct err *e)
{
    struct record rec;
    struct content *was, *left;
    *ret_n = 0;
    TRY(record_get(w->db, w->mem, w->set, record, &rec, e));
    const struct pack_set *now = w->set;
    TRY(work_record_set(w, &rec, e));
    TRY(record_force_content(w->db, w->mem, &rec, &was, e));
    TRY(bodies_blank(w, record, paths, ret_n, e));
    TRY(attach_erase(w, record, paths, ret_n, e));
    TRY(projections_again(w, &rec, e));
    TRY(span_again(w, &rec, e));
    TRY(record_force_content(w->db, w->mem, &rec, &left, e));
    if (rec.form != NULL)
        TRY(check_left(w, rec.form, was, left, e));
    w->set = now;                                        /* a restore erases of many records */
    if (rec.form != NULL && strcmp(rec.form->ident, "person") == 0)
        TRY(q_pseudonym_drop(w->tx, record, e));
    return q_act_bodies_blank(w->tx, record, e);        /* comments may name the person */
}

/* A retention floor that has not passed holds erasure back, unless the ground is the person's right. */
static bool ground_known(const char *ground)
{
    static const char *const known[] = {"request", "retention", "mistake"};
    for (size_t i = 0; ground != NULL && i < ARRAY_N(known); i++)
        if (strcmp(ground, known[i]) == 0)
            return true;
    return false;
}

static enum rc paths_known(struct work *w, const struct record *rec, const struct json *paths, struct err *e)
{
    for (size_t i = 0; i < json_n(paths); i++) {
        const struct field *col = NULL;
        int64_t row;
        bool attached = false;
        const char *p = json_str(json_at(paths, i));
        if (p != NULL)
            TRY(attach_erasable(w, rec->id, p, &attached, e));
        if (attached || text_eq(p, LOG_REASON) || text_eq(p, LOG_LATE))
            continue;
        if (p == NULL || rec->form == NULL || content_field(rec->form, p, &col, &row) == NULL)
            return err_set_arg(e, ERR_FIELDS, p ? p : "-", "no field %s", p ? p : "-");
    }
    return json_n(paths) > 0 ? RC_OK : err_set_arg(e, ERR_FIELDS, "paths", "no paths");
}

/* The entry and its rows: which values may be missing, by the names of their fields. */
enum rc erase_note(struct work *w, int64_t record, const struct json *paths, const char *ground, int64_t n, struct err *e)
{
    const char *which = mem_strdup(w->mem, json_str(json_at(paths, 0)));
    for (size_t i = 1; i < json_n(paths); i++)
        which = mem_fmt(w->mem, "%s %s", which, json_str(json_at(paths, i)));
    TRY(work_entry(w, "erase.executed", mem_fmt(w->mem, "r:%lld", (long long)record), e, "ground", ground, "paths", which, "values",
                   mem_fmt(w->mem, "%lld", (long long)n), NULL));
    for (size_t i = 0; i < json_n(paths); i++)
        TRY(q_erasure_add(w->tx, work_new_id(w), record, json_str(json_at(paths, i)), ground, w->actor.person, w->now_us, w->seq, e));
    return RC_OK;
}

enum rc cmd_record_erase(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    const char *ground = json_get_str(args, "ground");
    const struct json *paths = json_get(args, "paths");
    int64_t n = 0;
    TRY(record_lock(w, args, PERMIT_ERASE, &rec, &g, e));
    grant_assert(g, PERMIT_ERASE, &rec);
    if (!ground_known(ground))
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.erase-ground")), "ground");
    TRY(paths_known(w, &rec, paths, e));
    TRY(erase_apply(w, rec.id, paths, &n, e));
    if (n == 0)
        return err_set(e, ERR_ERASED, "nothing to erase in record %lld", (long long)rec.id);
    TRY(erase_note(w, rec.id, paths, ground, n, e));
    w->scrub = true;
    json_set_i64(body, "erased", n);
    return record_answer(w, rec.id, body, e);
}
