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

static enum rc record_out(struct reader *rd, int64_t id, struct json *o, struct err *e)
{
    struct record rec;
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

void api_record(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = record_out(&rd, req_arg_i64(r, 0), o, &e);
    api_end(r, &rd, rc, &e, o);
}

static enum rc history_out(struct reader *rd, int64_t id, struct json *o, struct err *e)
{
    struct record rec;
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
    return RC_OK;
}

void api_history(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = history_out(&rd, req_arg_i64(r, 0), o, &e);
    api_end(r, &rd, rc, &e, o);
}

/* ---- lists ---- */

static enum rc list_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    const struct form *f = pack_form(rd->set, req_arg(r, 0));
    bool all;
    int64_t *ids, limit = 50;
    size_t ids_n;
    struct db_rows *rows;
    bool more;
    bool sorts;
    char *place = NULL;
    const char *sort = req_query(r, "sort") && req_query(r, "sort")[0] ? req_query(r, "sort") : "number";
    const char *cols[4] = {"record", "number", "state"};
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    if (req_query(r, "limit") != NULL && (!str_to_i64(str_of(req_query(r, "limit")), &limit) || limit < 1 || limit > 200))
        return err_set_arg(e, ERR_FIELDS, "limit", "limit");
    TRY(perm_departments(rd->db, rd->mem, rd->set, &rd->actor, f, rd->today, &all, &ids, &ids_n, e));
    struct list_query q = {.table = form_table(rd->mem, f), .cols = cols, .cols_n = 3, .limit = (int)limit, .depts = all ? NULL : ids ? ids : &(int64_t){0}, .depts_n = ids_n};
    TRY(list_order(rd->mem, f, sort, req_query(r, "after"), &q, e));
    if (q.sort_col != NULL)
        cols[q.cols_n++] = q.sort_col;
    if (req_query(r, "q") != NULL && req_query(r, "q")[0] != '\0')
        q.search = text_fold(rd->mem, req_query(r, "q"));
    TRY(db_list_sorts(rd->db, rd->mem, &q, &sorts, e));
    if (!sorts)
        return err_set(e, ERR_LIST_LONG, "%s", sort);
    TRY(db_list(rd->db, rd->mem, &q, &rows, e));
    struct json *arr = json_set_arr(o, "records");
    int64_t n = 0, last = 0;
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more || n == limit)
            break;
        struct json *x = json_add_obj(arr);
        last = db_i64(rows, 0);
        json_set_i64(x, "record", last);
        json_set_str(x, "number", db_text(rows, 1));
        json_set_str(x, "state", db_text(rows, 2));
        if (++n == limit)
            TRY(list_place(rd->mem, f, sort, &q, rows, &place, e));
    }
    db_rows_end(rows);
    if (more && q.sort_col == NULL)
        json_set_i64(o, "after", last);
    else if (more)
        json_set_str(o, "after", place);
    struct id_vec shown = VEC_INIT(rd->mem);
    for (size_t i = 0; i < json_n(arr); i++)
        ids_want(&shown, json_get_i64(json_at(arr, i), "record", 0));
    TRY(titles_read(rd->db, rd->mem, &shown, e));
    for (size_t i = 0; i < json_n(arr); i++) {
        int64_t id = json_get_i64(json_at(arr, i), "record", 0);
        json_set_str(json_item(arr, i), "title", record_title(rd->db, rd->mem, id));
    }
    return RC_OK;
}

void api_list(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = list_out(r, &rd, o, &e);
    api_end(r, &rd, rc, &e, o);
}

/* ---- forms ---- */

static void form_out(struct json *o, const struct form *f, enum lang lang, bool fields)
{
    json_set_str(o, "form", f->ident);
    json_set_str(o, "id", f->id);
    json_set_str(o, "name", pick_lang(lang, f->name, f->name_en));
    json_set_str(o, "category", f->category);
    json_set_str(o, "room", f->room);
    if (!fields)
        return;
    struct json *arr = json_set_arr(o, "fields");
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        struct json *x = json_add_obj(arr);
        json_set_str(x, "path", fd->path);
        json_set_str(x, "label", pick_lang(lang, fd->label, fd->label_en));
        json_set_i64(x, "type", fd->type);
        json_set_bool(x, "required", fd->required);
        json_set_str(x, "stage", fd->stage ? fd->stage : "submit");
        json_set_bool(x, "computed", fd->value != NULL);
        json_set_bool(x, "many", field_is_child(fd));
    }
}

void api_forms(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r), *arr = json_set_arr(o, "forms");
    if (!api_begin(r, ctx, true, &rd))
        return;
    for (size_t i = 0; i < rd.set->form_n; i++)
        form_out(json_add_obj(arr), &rd.set->form[i], req_lang(r), false);
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
        form_out(o, f, req_lang(r), true);
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

static enum rc desk_out(struct reader *rd, struct json *o, struct err *e)
{
    struct task_infos tasks = VEC_INIT(rd->mem);
    struct waitings wait = VEC_INIT(rd->mem), back = VEC_INIT(rd->mem);
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

void api_tasks(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = desk_out(&rd, o, &e);
    api_end(r, &rd, rc, &e, o);
}
