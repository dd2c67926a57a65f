/* Reading through the API: records with content, route and tasks; lists; what is due; conformity; the ledger. What the actor may not see
 * does not exist for them: 404, never 403. */
#include "api/api_int.h"

static enum rc seen(struct reader *rd, int64_t id, struct record *rec, struct err *e)
{
    const struct grant *g;
    return perm_see(rd, id, rec, &g, e);
}

static enum rc files_out(struct reader *rd, const struct grant *see, const struct record *rec, struct json *arr, struct err *e)
{
    struct attachments files = VEC_INIT(rd->mem);
    TRY(attach_of_record(rd, see, rec, &files, e));
    for (size_t i = 0; i < files.n; i++) {
        struct json *o = json_add_obj(arr);
        json_set_i64(o, "attachment", files.v[i].id);
        json_set_str(o, "name", files.v[i].name);
        json_set_str(o, "type", files.v[i].type);
        json_set_i64(o, "bytes", files.v[i].bytes);
        json_set_i64(o, "at", files.v[i].at);
    }
    return RC_OK;
}

static void head_out(struct json *o, const struct record *rec)
{
    json_set_i64(o, "record", rec->id);
    json_set_str(o, "form", rec->form_ident);
    json_set_str(o, "number", rec->number);
    json_set_str(o, "title", rec->title);
    json_set_str(o, "state", rec->state);
    json_set_str(o, "draft_state", rec->draft_state);
    json_set_str(o, "origin", rec->origin);
    json_set_str(o, "happened_on", rec->happened_on);
    json_set_i64(o, "department", rec->department);
    json_set_i64(o, "made_by", rec->made_by);
    json_set_i64(o, "made_at", rec->made_at);
    json_set_i64(o, "version", rec->version);
    json_set_i64(o, "pack_set", rec->pack_set);
}

static enum rc content_out(struct reader *rd, int64_t rev, const char *key, struct json *o, struct err *e)
{
    struct content *c;
    size_t erased;
    if (rev == 0)
        return RC_OK;
    TRY(revision_content(rd->db, rd->mem, rev, &c, &erased, e));
    json_set(o, key, content_json(rd->mem, c));
    json_set_i64(o, "erased", (int64_t)erased);
    return RC_OK;
}

static enum rc steps_out(struct reader *rd, int64_t id, struct json *o, struct err *e)
{
    struct step_infos steps = VEC_INIT(rd->mem);
    struct json *arr = json_set_arr(o, "steps");
    TRY(record_steps(rd, id, &steps, e));
    for (size_t i = 0; i < steps.n; i++) {
        struct json *s = json_add_obj(arr), *who;
        json_set_str(s, "step", steps.v[i].key);
        json_set_str(s, "label", steps.v[i].label);
        json_set_str(s, "state", steps.v[i].state);
        json_set_str(s, "note", steps.v[i].note);
        json_set_i64(s, "need", steps.v[i].need);
        who = json_set_arr(s, "who");
        for (size_t k = 0; k < steps.v[i].who_n; k++) {
            struct json *p = json_add_obj(who);
            json_set_i64(p, "person", steps.v[i].who[k].person);
            json_set_str(p, "post", steps.v[i].who[k].post);
            json_set_str(p, "state", steps.v[i].who[k].state);
            if (steps.v[i].who[k].on_behalf != 0)
                json_set_i64(p, "on_behalf", steps.v[i].who[k].on_behalf);
        }
    }
    return RC_OK;
}

static enum rc tasks_out(struct reader *rd, const struct task_infos *t, struct json *arr)
{
    for (size_t i = 0; i < t->n; i++) {
        struct json *o = json_add_obj(arr);
        json_set_i64(o, "task", t->v[i].id);
        json_set_str(o, "name", t->v[i].name);
        json_set_str(o, "title", t->v[i].title);
        json_set_str(o, "duty", t->v[i].duty);
        json_set_str(o, "state", t->v[i].state);
        json_set_i64(o, "person", t->v[i].person);
        json_set_i64(o, "record", t->v[i].record);
        json_set_i64(o, "due", t->v[i].due_us);
        if (t->v[i].schedule != NULL) {
            json_set_str(o, "article", t->v[i].schedule->article);
            json_set_str(o, "make", t->v[i].schedule->make);
        }
        json_set_bool(o, "overdue", t->v[i].due_us != 0 && t->v[i].due_us <= rd->now_us && strcmp(t->v[i].state, "open") == 0);
    }
    return RC_OK;
}

/* What of schedules the record ended, and when. */
static enum rc ended_out(struct reader *rd, int64_t id, struct json *arr, struct err *e)
{
    struct task_infos t = VEC_INIT(rd->mem);
    TRY(task_ended_by(rd, id, &t, e));
    for (size_t i = 0; i < t.n; i++) {
        struct json *o = json_add_obj(arr);
        json_set_str(o, "name", t.v[i].name);
        json_set_str(o, "title", t.v[i].title);
        json_set_i64(o, "record", t.v[i].record);
        json_set_i64(o, "due", t.v[i].due_us);
        json_set_i64(o, "at", t.v[i].opened_at);
    }
    return RC_OK;
}

static enum rc record_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct record rec;
    int64_t id = req_arg_i64(r, 0);
    struct task_infos tasks = VEC_INIT(rd->mem);
    const char **may;
    const struct grant *see;
    size_t n;
    TRY(perm_see(rd, id, &rec, &see, e));
    head_out(o, &rec);
    TRY(content_out(rd, rec.force_rev, "force", o, e));
    TRY(content_out(rd, rec.draft_rev, "draft", o, e));
    TRY(steps_out(rd, id, o, e));
    TRY(task_of_record(rd, id, &tasks, e));
    TRY(tasks_out(rd, &tasks, json_set_arr(o, "tasks")));
    TRY(ended_out(rd, id, json_set_arr(o, "ended"), e));
    TRY(files_out(rd, see, &rec, json_set_arr(o, "attachments"), e));
    TRY(record_may(rd, &rec, &may, &n, e));
    struct json *m = json_set_arr(o, "may");
    for (size_t i = 0; i < n; i++)
        json_add_str(m, may[i]);
    return RC_OK;
}

void api_record(struct req *r, void *ctx) { api_read(r, ctx, record_out); }

#define CHANGES_MAX 20

/* What each of the newest changed, beside the one before it. */
static enum rc revisions_out(struct reader *rd, int64_t id, struct json *arr, struct err *e)
{
    struct revision_infos revs = VEC_INIT(rd->mem);
    struct content *c[CHANGES_MAX + 1];
    size_t n = 0;
    TRY(record_revisions(rd, id, &revs, e));
    TRY(revision_contents(rd, id, ARRAY_N(c), c, &n, e));
    for (size_t i = 0; i < revs.n; i++) {
        struct change_vec ch = VEC_INIT(rd->mem);
        struct json *o = json_add_obj(arr), *changes;
        json_set_i64(o, "revision", revs.v[i].id);
        json_set_i64(o, "no", revs.v[i].no);
        json_set_i64(o, "author", revs.v[i].author);
        json_set_i64(o, "at", revs.v[i].at);
        json_set_i64(o, "seq", revs.v[i].seq);
        json_set_i64(o, "pack_set", revs.v[i].pack_set);
        if (i >= n || i == CHANGES_MAX)
            continue;
        content_diff(rd->mem, i + 1 < n ? c[i + 1] : content_new(rd->mem), c[i], &ch);
        changes = json_set_arr(o, "changes");
        for (size_t k = 0; k < ch.n; k++) {
            struct json *x = json_add_obj(changes);
            json_set_str(x, "path", ch.v[k].path);
            json_set_str(x, "before", ch.v[k].before);
            json_set_str(x, "after", ch.v[k].after);
        }
    }
    return RC_OK;
}

static enum rc history_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct record rec;
    int64_t id = req_arg_i64(r, 0);
    struct act_infos acts = VEC_INIT(rd->mem);
    struct json *arr = json_set_arr(o, "acts");
    TRY(seen(rd, id, &rec, e));
    TRY(record_acts(rd, id, &acts, e));
    for (size_t i = 0; i < acts.n; i++) {
        struct json *a = json_add_obj(arr);
        json_set_i64(a, "no", acts.v[i].no);
        json_set_str(a, "kind", acts.v[i].kind);
        json_set_str(a, "step", acts.v[i].step);
        json_set_i64(a, "actor", acts.v[i].actor);
        if (acts.v[i].on_behalf != 0)
            json_set_i64(a, "on_behalf", acts.v[i].on_behalf);
        json_set_i64(a, "at", acts.v[i].at);
        json_set_i64(a, "seq", acts.v[i].seq);
        json_set_str(a, "comment", acts.v[i].comment);
    }
    return revisions_out(rd, id, json_set_arr(o, "revisions"), e);
}

void api_history(struct req *r, void *ctx) { api_read(r, ctx, history_out); }

/* ---- lists ---- */

struct list { const struct form *f; const struct field *shown[LIST_COLUMNS_MAX]; size_t shown_n; const char *cols[LIST_COLUMNS_MAX + 4]; struct list_query q;
              struct list_filter state; struct db_val state_val; const char *sort; };
#define HEAD_COLS 3

static enum rc list_make(struct req *r, struct reader *rd, struct list *l, struct err *e)
{
    static int64_t nothing;
    bool all, sorts, listed = false;
    int64_t *ids, limit;
    size_t ids_n;
    const char *search = req_query(r, "q"), *state = req_query(r, "state");
    TRY(limit_asked(r, 200, &limit, e));
    l->shown_n = list_columns(l->f, l->shown);
    l->cols[0] = "record";
    l->cols[1] = "number";
    l->cols[2] = "state";
    for (size_t i = 0; i < l->shown_n; i++)
        l->cols[HEAD_COLS + i] = l->shown[i]->col;
    TRY(perm_departments(rd->db, rd->mem, rd->set, &rd->actor, l->f, rd->today, &all, &ids, &ids_n, e));
    l->q = (struct list_query){.table = form_table(rd->mem, l->f), .cols = l->cols, .cols_n = HEAD_COLS + l->shown_n, .limit = (int)limit,
                               .depts = all ? NULL : ids ? ids : &nothing, .depts_n = ids_n};
    if (search != NULL && search[0] != '\0')
        l->q.search = text_fold(rd->mem, search);
    if (state != NULL && state[0] != '\0') {
        l->state_val = (struct db_val){DB_VAL_TEXT, 0, 0, state};
        l->state = (struct list_filter){"state", LIST_EQ, &l->state_val, 1};
        l->q.filter = &l->state;
        l->q.filter_n = 1;
    }
    l->sort = req_query(r, "sort") && req_query(r, "sort")[0] ? req_query(r, "sort") : "number";
    TRY(list_order(rd->mem, l->f, l->sort, req_query(r, "after"), &l->q, e));
    for (size_t i = 0; i < l->q.cols_n; i++)
        listed = listed || text_eq(l->cols[i], l->q.sort_col);
    if (l->q.sort_col != NULL && !listed)
        l->cols[l->q.cols_n++] = l->q.sort_col;
    TRY(db_list_sorts(rd->db, rd->mem, &l->q, &sorts, e));
    return sorts ? RC_OK : err_set(e, ERR_LIST_LONG, "%s", l->sort);
}

static void row_out(const struct list *l, struct db_rows *rows, struct json *o)
{
    json_set_i64(o, "record", db_i64(rows, 0));
    json_set_str(o, "number", db_text(rows, 1));
    json_set_str(o, "state", db_text(rows, 2));
    struct json *values = json_set_obj(o, "values");
    for (size_t i = 0; i < l->shown_n; i++) {
        int at = (int)(HEAD_COLS + i);
        if (db_is_null(rows, at))
            continue;
        if (value_is_ref(l->shown[i]))
            json_set_i64(values, l->shown[i]->path, db_i64(rows, at));
        else
            json_set_str(values, l->shown[i]->path, db_text(rows, at));
    }
}

static enum rc rows_out(struct reader *rd, const struct list *l, struct json *o, struct err *e)
{
    struct db_rows *rows;
    struct json *arr = json_set_arr(o, "records");
    struct id_vec shown = VEC_INIT(rd->mem);
    char *place = NULL;
    bool more;
    TRY(db_list(rd->db, rd->mem, &l->q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more || shown.n == (size_t)l->q.limit)
            break;
        ids_want(&shown, db_i64(rows, 0));
        row_out(l, rows, json_add_obj(arr));
        if (shown.n == (size_t)l->q.limit)
            TRY(list_place(rd->mem, l->f, l->sort, &l->q, rows, &place, e));
    }
    db_rows_end(rows);
    if (more && l->q.sort_col == NULL)
        json_set_i64(o, "after", shown.v[shown.n - 1]);
    else if (more)
        json_set_str(o, "after", place);
    TRY(titles_read(rd->db, rd->mem, &shown, e));
    for (size_t i = 0; i < shown.n; i++)
        json_set_str(json_item(arr, i), "title", record_title(rd->db, rd->mem, shown.v[i]));
    return RC_OK;
}

static enum rc list_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct list l = {.f = pack_form(rd->set, req_arg(r, 0))};
    if (l.f == NULL)
        return err_set(e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    TRY(list_make(r, rd, &l, e));
    return rows_out(rd, &l, o, e);
}

void api_list(struct req *r, void *ctx) { api_read(r, ctx, list_out); }

/* ---- forms ---- */

static void field_out(TALLOC_CTX *mem, struct json *o, const struct field *fd, enum lang lang)
{
    json_set_str(o, "path", fd->path);
    json_set_str(o, "label", pick_lang(lang, fd->label, fd->label_en));
    json_set_str(o, "type", ftype_name(mem, fd->type));
    json_set_bool(o, "required", fd->required);
    json_set_str(o, "stage", fd->stage ? fd->stage : "submit");
    json_set_bool(o, "computed", fd->value != NULL);
    json_set_bool(o, "many", field_is_child(fd));
    if (fd->ref != NULL)
        json_set_str(o, "ref", fd->ref->ident);
    struct json *opt = fd->of ? json_set_arr(o, "options") : NULL;
    for (size_t k = 0; fd->of != NULL && k < fd->of->n; k++) {
        struct json *y = json_add_obj(opt);
        json_set_str(y, "id", fd->of->opt[k].id);
        json_set_str(y, "label", pick_lang(lang, fd->of->opt[k].label, fd->of->opt[k].label_en));
    }
    struct json *cols = fd->cols_n ? json_set_arr(o, "columns") : NULL;
    for (size_t k = 0; k < fd->cols_n; k++)
        field_out(mem, json_add_obj(cols), &fd->cols[k], lang);
}

static void form_out(TALLOC_CTX *mem, struct json *o, const struct form *f, enum lang lang, bool fields)
{
    json_set_str(o, "form", f->ident);
    json_set_str(o, "id", f->id);
    json_set_str(o, "name", pick_lang(lang, f->name, f->name_en));
    json_set_str(o, "category", f->category);
    json_set_str(o, "room", f->room);
    struct json *arr = fields ? json_set_arr(o, "fields") : NULL;
    for (size_t i = 0; fields && i < f->field_n; i++)
        field_out(mem, json_add_obj(arr), &f->field[i], lang);
}

void api_forms(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r), *arr = json_set_arr(o, "forms");
    if (!api_begin(r, ctx, true, &rd))
        return;
    for (size_t i = 0; i < rd.set->form_n; i++)
        form_out(r, json_add_obj(arr), &rd.set->form[i], req_lang(r), false);
    api_end(r, &rd, RC_OK, &e, o);
}

void api_form(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    const struct form *f = pack_form(rd.set, req_arg(r, 0));
    enum rc rc = f == NULL ? err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0)) : RC_OK;
    if (f != NULL)
        form_out(r, o, f, req_lang(r), true);
    api_end(r, &rd, rc, &e, o);
}

/* A reference by number, title, login or code. Only what the actor may see resolves. */
void api_resolve(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct record rec;
    struct json *o = json_obj(r);
    int64_t id = 0;
    bool several = false;
    if (!api_begin(r, ctx, true, &rd))
        return;
    const struct form *f = pack_form(rd.set, req_arg(r, 0));
    const char *q = req_query(r, "q");
    enum rc rc = f == NULL || q == NULL ? err_set(&e, ERR_FORM_MISSING, "resolve") : RC_OK;
    if (rc == RC_OK)
        rc = core_resolve(&rd, f, q, &id, &several) ? seen(&rd, id, &rec, &e) : err_set(&e, ERR_RECORD_MISSING, "%s", q);
    json_set_i64(o, "record", id);
    api_end(r, &rd, rc, &e, o);
}

/* ---- what is due ---- */

static enum rc desk_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct task_infos tasks = VEC_INIT(r);
    struct waitings wait = VEC_INIT(r), back = VEC_INIT(r);
    TRY(task_mine(rd, false, 200, &tasks, e));
    TRY(tasks_out(rd, &tasks, json_set_arr(o, "tasks")));
    struct task_infos vacant = VEC_INIT(rd->mem);
    TRY(task_vacant(rd, 200, &vacant, e));
    TRY(tasks_out(rd, &vacant, json_set_arr(o, "vacant")));
    TRY(route_waiting_for_me(rd, 200, &wait, e));
    TRY(route_returned_to_me(rd, 200, &back, e));
    struct json *w = json_set_arr(o, "waiting"), *b = json_set_arr(o, "returned");
    for (size_t i = 0; i < wait.n; i++) {
        struct json *x = json_add_obj(w);
        json_set_i64(x, "record", wait.v[i].record);
        json_set_str(x, "number", wait.v[i].number);
        json_set_str(x, "title", wait.v[i].title);
        json_set_str(x, "post", wait.v[i].post);
        if (wait.v[i].on_behalf != 0)
            json_set_i64(x, "on_behalf", wait.v[i].on_behalf);
    }
    for (size_t i = 0; i < back.n; i++) {
        struct json *x = json_add_obj(b);
        json_set_i64(x, "record", back.v[i].record);
        json_set_str(x, "number", back.v[i].number);
        json_set_str(x, "state", back.v[i].state);
    }
    return RC_OK;
}

void api_tasks(struct req *r, void *ctx) { api_read(r, ctx, desk_out); }

static enum rc notices_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct notice_infos v = VEC_INIT(r);
    struct json *arr = json_set_arr(o, "notices");
    int64_t fresh, before = 0;
    if (req_query(r, "before") != NULL && !str_to_i64(str_of(req_query(r, "before")), &before))
        return err_set(e, ERR_LIST_PLACE, "before");
    TRY(notice_fresh(rd, &fresh, e));
    TRY(notice_list(rd, text_eq(req_query(r, "all"), "1"), before, 100, &v, e));
    json_set_i64(o, "fresh", fresh);
    for (size_t i = 0; i < v.n; i++) {
        const struct notice_info *n = &v.v[i];
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "notice", n->id);
        json_set_str(x, "kind", n->kind);
        json_set_i64(x, "at", n->at);
        json_set_bool(x, "fresh", n->fresh);
        if (n->over)
            json_set_bool(x, "over", true);
        if (n->record != 0)
            json_set_i64(x, "record", n->record);
        if (n->task.id != 0) {
            json_set_i64(x, "task", n->task.id);
            json_set_str(x, "name", n->task.name);
            json_set_str(x, "title", n->task.title);
        }
        if (n->task.due_us != 0)
            json_set_i64(x, "due", n->task.due_us);
        if (n->whom != 0)
            json_set_i64(x, "whom", n->whom);
    }
    return RC_OK;
}

void api_notices(struct req *r, void *ctx) { api_read(r, ctx, notices_out); }
