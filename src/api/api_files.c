/* Files through the API: one read, one added to a record, and commands that come with the files of their fields. Such a request is
 * multipart/form-data as a browser sends it: `args` holds the command's JSON, each file stands under `u.` and its field's path. */
#include <fcntl.h>
#include <unistd.h>
#include "api/api_int.h"

void api_attachment(struct req *r, void *ctx)
{
    struct reader rd;
    struct attachment a;
    struct err e = {0};
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = attach_get(&rd, req_arg_i64(r, 0), &a, &e);
    core_read_end(&rd);
    int fd = rc == RC_OK ? open(a.path, O_RDONLY | O_CLOEXEC) : -1;
    if (rc == RC_OK && fd < 0)
        rc = err_set(&e, ERR_FILE_MISSING, "attachment %lld", (long long)a.id);
    if (rc == RC_OK)
        resp_file(r, a.type, a.name, fd, a.bytes);
    else
        api_error(r, &e);
}

static bool parts(const struct req *r) { return req_header(r, "Content-Type") != NULL && strncasecmp(req_header(r, "Content-Type"), "multipart/form-data", 19) == 0; }

/* A file comes as an upload, a folder of packs through the command line: never as a path from outside. */
static enum rc args_sound(const struct json *args, struct err *e)
{
    bool path = json_get(args, "path") != NULL || json_get(args, "dir") != NULL || json_get(args, "files") != NULL;
    return json_type(args) != JSON_OBJ || path ? err_set(e, ERR_COMMAND, "not an object, or it names a path") : RC_OK;
}

static enum rc file_keep(struct req *r, struct core *c, const struct upload *up, struct json *files, struct err *e)
{
    char *path;
    if (up->bytes == 0 || strncmp(up->field, "u.", 2) != 0)
        return err_set_arg(e, ERR_FIELDS, up->field, "a file is named u.<path>");
    TRY(attach_keep(c, r, up->fd, &path, e));
    struct json *file = json_add_obj(files);
    json_set_str(file, "field", up->field + 2);
    json_set_str(file, "name", up->name);
    json_set_str(file, "path", path);
    return RC_OK;
}

enum rc api_args(struct req *r, struct core *c, const struct json **ret_args, struct json **ret_files, struct err *e)
{
    struct json *args;
    *ret_files = NULL;
    if (!parts(r)) {
        TRY(req_json(r, ret_args, e));
        return args_sound(*ret_args, e);
    }
    TRY(json_read(r, str_of(req_form(r, "args") ? req_form(r, "args") : "{}"), API_ARGS_MAX, &args, e));
    TRY(args_sound(args, e));
    *ret_args = args;
    if (req_upload_n(r) > 0)
        *ret_files = json_set_arr(args, "files");
    for (size_t i = 0; i < req_upload_n(r); i++)
        TRY(file_keep(r, c, req_upload_at(r, i), *ret_files, e));
    return RC_OK;
}

void api_files_drop(const struct json *files)
{
    for (size_t i = 0; i < json_n(files); i++)
        (void)unlink(json_get_str(json_at(files, i), "path"));
}

/* One file, under any name of its part. */
void api_attach(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct err e = {0};
    struct answer *a;
    struct json *args = json_obj(r);
    const struct upload *up = req_upload_n(r) == 1 ? req_upload_at(r, 0) : NULL;
    char *path;
    enum rc rc = up == NULL || up->bytes == 0 ? err_set_arg(&e, ERR_ATTACHMENT, "file", "one file is wanted") : attach_keep(s->core, r, up->fd, &path, &e);
    if (rc != RC_OK) {
        api_error(r, &e);
        return;
    }
    json_set_i64(args, "record", req_arg_i64(r, 0));
    json_set_str(args, "name", up->name);
    json_set_str(args, "path", path);
    core_command(s->core, r, api_actor(r), "attach.add", args, NULL, &a);
    if (a->rc != RC_OK)
        (void)unlink(path);
    api_answer(r, a);
}

/* ---- imports ---- */

#define FAULTS_SHOWN 200

static enum rc import_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct q_batch_get b;
    struct q_staging_faults_rows rows;
    struct json *arr = json_set_arr(o, "faults"), *problems;
    TRY(import_batch_get(rd->db, r, req_arg_i64(r, 0), rd->actor.person, NULL, &b, e));
    json_set_i64(o, "batch", b.batch);
    json_set_str(o, "form", b.form);
    json_set_str(o, "state", b.state);
    json_set_str(o, "why", b.why);
    json_set_i64(o, "rows", b.n);
    json_set_i64(o, "bad", b.bad);
    json_set_i64(o, "done", b.done);
    if (b.record != 0)
        json_set_i64(o, "record", b.record);
    TRY(q_staging_faults(rd->db, r, b.batch, FAULTS_SHOWN, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "line", rows.v[i].line);
        TRY(json_read(r, str_of(rows.v[i].problems), API_ARGS_MAX, &problems, e));
        json_set(x, "problems", problems);
    }
    return RC_OK;
}

void api_import(struct req *r, void *ctx) { api_read(r, ctx, import_out); }
