/* Attachments: files that come with a form's own fields (u.<path>), a file added to a record, a file taken out. */
#include <fcntl.h>
#include <unistd.h>
#include "page/env.h"

#define FILES_SHOWN 100

static struct answer *not_kept(struct req *r, const struct err *e)
{
    struct answer *a = mem_new(r, struct answer);
    a->rc = err_rc(e);
    a->err = *e;
    a->body = json_obj(r);
    return a;
}

/* One upload into the house; the answer carries its id as "attachment". */
static struct answer *attach(struct req *r, struct site *site, int64_t record, const struct upload *up)
{
    struct json *args = json_obj(r);
    struct answer *a;
    struct err e = {0};
    char *tmp;
    if (attach_keep(site->core, r, up->fd, &tmp, &e) != RC_OK)
        return not_kept(r, &e);
    json_set_i64(args, "record", record);
    json_set_str(args, "name", up->name);
    json_set_str(args, "path", tmp);
    core_command(site->core, r, &page_user(r)->actor, "attach.add", args, NULL, &a);
    if (a->rc != RC_OK)
        (void)unlink(tmp);
    return a;
}

static bool is_field_file(const struct upload *up) { return up->bytes > 0 && strncmp(up->field, "u.", 2) == 0; }

#define KEPT_NAME "kept"                             /* hidden fields of the page that asks for a proof: one ticket each */

static bool is_kept(const struct req_param *p) { return strcmp(p->name, KEPT_NAME) == 0; }

bool uploads_sent(const struct req *r)
{
    for (size_t i = 0; i < req_upload_n(r); i++)
        if (is_field_file(req_upload_at(r, i)))
            return true;
    for (size_t i = 0; i < req_form_n(r); i++)
        if (is_kept(req_form_at(r, i)))
            return true;
    return false;
}

/* Before the question who is there: the files of the request wait for it to come back. Their names, for the page; what could not be kept is not named. */
const char *uploads_keep(struct req *r, struct site *site, struct html *h)
{
    const struct actor *a = &page_user(r)->actor;
    const char *names = NULL;
    for (size_t i = 0; i < req_upload_n(r); i++) {
        const struct upload *up = req_upload_at(r, i);
        char *path = is_field_file(up) && attach_name_ok(up->name) ? kept_begin(site->core, r, a) : NULL;
        if (path == NULL)
            continue;
        struct err e = {0};
        char *ticket = attach_copy(up->fd, path, &e) == RC_OK ? kept_ticket(site->core, r, a, &(struct kept){up->field + 2, up->name, path}) : NULL;
        if (ticket == NULL) {
            (void)unlink(path);
            continue;
        }
        ui_hidden(h, KEPT_NAME, ticket);
        names = names ? mem_fmt(r, "%s、%s", names, up->name) : up->name;
    }
    for (size_t i = 0; i < req_form_n(r); i++) {                      /* asked once more: the tickets are carried like every field */
        struct kept k;
        if (is_kept(req_form_at(r, i)) && kept_open(site->core, r, a, req_form_at(r, i)->value, &k))
            names = names ? mem_fmt(r, "%s、%s", names, k.name) : k.name;
    }
    return names;
}

static bool kept_add(struct req *r, struct site *site, struct json *files, struct answer **ret)
{
    for (size_t i = 0; i < req_form_n(r); i++) {
        struct kept k;
        if (!is_kept(req_form_at(r, i)))
            continue;
        if (!kept_open(site->core, r, &page_user(r)->actor, req_form_at(r, i)->value, &k) || !file_exists(k.path)) {
            struct answer *a = mem_new(r, struct answer);
            a->rc = err_set_arg(&a->err, ERR_ATTACHMENT, msg_text(req_lang(r), MSG("form.file-gone")), "kept file");
            a->body = json_obj(r);
            json_set_str(a->body, "text", err_say(r, req_lang(r), &a->err));
            *ret = a;
            return false;
        }
        struct json *file = json_add_obj(files);
        json_set_str(file, "field", k.field);
        json_set_str(file, "name", k.name);
        json_set_str(file, "path", k.path);
    }
    return true;
}

void uploads_command(struct req *r, struct site *site, const char *command, struct json *args, const char *ikey, struct answer **ret)
{
    struct json *files = uploads_sent(r) ? json_set_arr(args, "files") : NULL;
    bool copied = true;
    for (size_t i = 0; copied && i < req_upload_n(r); i++) {
        const struct upload *up = req_upload_at(r, i);
        if (!is_field_file(up))
            continue;
        struct err e = {0};
        char *tmp;
        copied = attach_keep(site->core, r, up->fd, &tmp, &e) == RC_OK;
        if (!copied) {
            *ret = not_kept(r, &e);
            break;
        }
        struct json *file = json_add_obj(files);
        json_set_str(file, "field", up->field + 2);
        json_set_str(file, "name", up->name);
        json_set_str(file, "path", tmp);
    }
    const size_t sent = json_n(files);
    copied = copied && (files == NULL || kept_add(r, site, files, ret));
    if (copied)                                          /* with files no two posts are the same: the version tells the second one */
        core_command(site->core, r, &page_user(r)->actor, command, args, files ? NULL : ikey, ret);
    size_t end = (*ret)->err.code == ERR_PROOF ? sent : json_n(files);       /* asked who is there: what waits goes on waiting */
    for (size_t i = 0; i < end; i++)                     /* what was taken is not there any more */
        (void)unlink(json_get_str(json_at(files, i), "path"));
}

void uploads_lost(struct req *r, struct site *site, const struct form *f, const struct answer *a, struct trouble_vec *t)
{
    const char *why = json_get_str(a->body, "text");
    if (uploads_sent(r) && t->n == 0 && why != NULL)         /* why comes first */
        *vec_push(t) = (struct trouble){.code = "", .text = why};
    for (size_t i = 0; i < req_upload_n(r); i++) {
        const struct upload *up = req_upload_at(r, i);
        const struct field *fd = is_field_file(up) ? pack_field(f, up->field + 2) : NULL;
        if (fd != NULL)
            *vec_push(t) = (struct trouble){.path = fd->path, .code = "file-again", .text = msg_fill(r, req_lang(r), MSG("form.file-again"), up->name, NULL)};
    }
    for (size_t i = 0; i < req_form_n(r); i++) {
        struct kept k;
        if (is_kept(req_form_at(r, i)) && kept_open(site->core, r, &page_user(r)->actor, req_form_at(r, i)->value, &k) && pack_field(f, k.field) != NULL)
            *vec_push(t) = (struct trouble){.path = pack_field(f, k.field)->path, .code = "file-again", .text = msg_fill(r, req_lang(r), MSG("form.file-again"), k.name, NULL)};
    }
}

void files_of(struct screen *s, const struct record *rec, struct form_env *env)
{
    struct attachments v = VEC_INIT(s->r);
    const struct grant *g;
    struct err e = {0};
    if (perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_SEE, rec->form, rec, s->rd.today, &g, &e) != RC_OK || attach_of_record(&s->rd, g, rec, &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    struct form_opt *o = mem_array(s->r, struct form_opt, v.n + 1);
    for (size_t i = 0; i < v.n && i < FILES_SHOWN; i++)
        o[env->file_n++] = (struct form_opt){v.v[i].id, v.v[i].name};
    env->file = o;
}

void page_attach_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct screen s;
    struct answer *a;
    struct err e = {0};
    struct record rec;
    const struct upload *up = req_upload_n(r) > 0 ? req_upload_at(r, 0) : NULL;
    if (!screen_begin(&s, r, ctx))
        return;
    enum rc rc = screen_record(&s, req_arg_i64(r, 0), &rec, &e);
    screen_end(&s);
    if (rc == RC_OK && (up == NULL || up->bytes == 0))
        rc = err_set_arg(&e, ERR_ATTACHMENT, msg_text(req_lang(r), MSG("record.no-file")), "no file");
    if (rc != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    a = attach(r, site, req_arg_i64(r, 0), up);
    if (a->rc != RC_OK) {
        screen_fail(&s, &a->err);
        return;
    }
    screen_go(&s, "record", req_arg_i64(r, 0), "done.attach");
}

void page_attachment(struct req *r, void *ctx)
{
    struct screen s;
    struct attachment a;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    if (attach_get(&s.rd, req_arg_i64(r, 0), &a, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_end(&s);
    int fd = open(a.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        resp_error(r, ERR_FILE_MISSING, NULL);
    else
        resp_file(r, a.type, a.name, fd, a.bytes);
}
