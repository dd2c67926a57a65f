/* The list of erasures, kept beside the high-water file: one line `epoch seq record ground path` each, no personal data. A copy of the
 * database made before an erasure still has what was erased; after its restore the list erases it again before anybody is served
 * (trust.md 3.7, 3.10). The list only grows. */
#include "core/core_state.h"

#define LIST_MAX (64 << 20)

struct line { int64_t epoch, seq, record; const char *ground, *path; };
VEC_TYPE(line_vec, struct line);

static char *list_path(TALLOC_CTX *mem, const struct core *c) { return file_join(mem, highwater_dir(mem, c->conf), "erasures"); }

static bool line_read(TALLOC_CTX *mem, struct str text, struct line *ret)
{
    struct str part[4];
    for (size_t i = 0; i < ARRAY_N(part); i++)
        if (!str_next(&text, ' ', &part[i]))
            return false;
    ret->ground = str_dup(mem, part[3]);
    ret->path = str_dup(mem, text);
    return str_to_i64(part[0], &ret->epoch) && str_to_i64(part[1], &ret->seq) && str_to_i64(part[2], &ret->record) && text.n > 0;
}

static enum rc list_read(TALLOC_CTX *mem, const struct core *c, struct line_vec *ret, struct err *e)
{
    struct str text, one;
    char *path = list_path(mem, c);
    if (!file_exists(path))
        return RC_OK;
    TRY(file_read(mem, path, LIST_MAX, &text, e));
    while (str_next(&text, '\n', &one) && one.n > 0) {
        struct line l;
        if (!line_read(mem, one, &l))
            return err_set(e, ERR_LEDGER_BROKEN, "%s: %.100s", path, str_dup(mem, one));
        *vec_push(ret) = l;
    }
    return RC_OK;
}

static bool listed(const struct line_vec *have, const struct q_truth_erasures *row)
{
    for (size_t i = have->n; i-- > 0;)
        if (have->v[i].seq == row->seq && have->v[i].record == row->record && strcmp(have->v[i].path, row->path) == 0)
            return true;
    return false;
}

enum rc erasures_keep(struct core *c, struct db *db, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct line_vec have = VEC_INIT(mem);
    struct q_ledger_head head;
    bool found, more = false;
    TRY(q_ledger_head(db, mem, &head, &found, e));
    TRY(list_read(mem, c, &have, e));
    for (int64_t after = 0; found;) {
        struct q_truth_erasures_rows row;
        TRY(q_truth_erasures(db, mem, after, &row, e));
        for (size_t i = 0; i < row.n; i++) {
            after = row.v[i].id;
            if (listed(&have, &row.v[i]))
                continue;
            *vec_push(&have) = (struct line){.epoch = head.epoch, .seq = row.v[i].seq, .record = row.v[i].record, .ground = row.v[i].ground, .path = row.v[i].path};
            more = true;
        }
        if (row.n == 0)
            break;
    }
    if (!more)
        return RC_OK;
    struct buf *b = buf_new(mem, LIST_MAX);
    for (size_t i = 0; i < have.n; i++)
        buf_puts(b, mem_fmt(mem, "%lld %lld %lld %s %s\n", (long long)have.v[i].epoch, (long long)have.v[i].seq, (long long)have.v[i].record, have.v[i].ground, have.v[i].path));
    return file_write_atomic(list_path(mem, c), b->p, b->n, 0600, e);
}

enum rc erasures_since(struct core *c, TALLOC_CTX *mem, int64_t epoch, int64_t seq, struct json *ret_arr, struct err *e)
{
    struct line_vec have = VEC_INIT(mem);
    struct json *paths = NULL;
    TRY(list_read(mem, c, &have, e));
    for (size_t i = 0; i < have.n; i++) {
        const struct line *l = &have.v[i], *before = i > 0 ? &have.v[i - 1] : NULL;
        if (l->epoch < epoch || (l->epoch == epoch && l->seq < seq))
            continue;
        if (paths == NULL || before == NULL || before->epoch != l->epoch || before->seq != l->seq || before->record != l->record) {
            struct json *o = json_add_obj(ret_arr);
            json_set_i64(o, "record", l->record);
            json_set_str(o, "ground", l->ground);
            paths = json_set_arr(o, "paths");
        }
        json_add_str(paths, l->path);
    }
    return RC_OK;
}

/* ---- the command that ends a restore ---- */

static enum rc one_again(struct work *w, const struct json *what, int64_t *ret_n, struct err *e)
{
    struct record rec;
    int64_t n = 0, id = json_get_i64(what, "record", 0);
    const struct json *paths = json_get(what, "paths");
    if (record_get(w->db, w->mem, w->set, id, &rec, e) != RC_OK)
        return e->code == ERR_RECORD_MISSING ? RC_OK : err_rc(e);             /* made after the backup, and lost with it */
    TRY(erase_apply(w, id, paths, &n, e));
    if (n == 0)
        return RC_OK;
    (*ret_n)++;
    return erase_note(w, id, paths, json_get_str(what, "ground"), n, e);
}

enum rc cmd_restore_finish(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *erase = json_get(args, "erase");
    int64_t n = 0;
    for (size_t i = 0; w->set != NULL && i < json_n(erase); i++)
        TRY(one_again(w, json_at(erase, i), &n, e));
    TRY(q_session_clear(w->tx, e));
    TRY(q_token_clear(w->tx, e));
    w->scrub = true;
    json_set_i64(body, "erased", n);
    return RC_OK;
}

enum rc restore_finish(struct core *c, const struct restore_mark *mark, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct answer *ans;
    const struct actor sys = {.kind = ACTOR_SYSTEM, .login = "system"};
    struct json *args = json_obj(mem);
    TRY(erasures_since(c, mem, mark->epoch, mark->size, json_set_arr(args, "erase"), e));
    core_command(c, mem, &sys, "restore.finish", args, NULL, &ans);
    if (ans->rc != RC_OK) {
        *e = ans->err;
        return ans->rc;
    }
    log_event(LOG_WARN, "restore.finished", "vkey", c->vkey, "erased", mem_fmt(mem, "%lld", (long long)json_get_i64(ans->body, "erased", 0)), NULL);
    return restore_mark_done(c->conf, e);
}
