/* What does not go through a command of its own: the API as it is, pages as a browser gets them, files to attach, imports of CSV. */
#include "scene/scene.h"

static bool number_is(const char *text, int64_t have)
{
    int64_t n;
    return str_to_i64(str_of(text), &n) && n == have;
}

/* status=404 contains="..." lacks="..." location=/login  KEY.KEY=value of a JSON answer */
static bool answer_fits(struct run *r, struct args *a, const struct reply *p, int status)
{
    const struct word *w;
    bool asked = false;
    while ((w = args_next(a)) != NULL) {
        const char *text = filled(r, w->text), *v = strchr(text, '=');
        bool ok;
        if (v == NULL)
            return run_bad(r, "status=N contains=\"...\" lacks=\"...\" location=PATH");
        v++;
        if (strncmp(text, "status=", 7) == 0) {
            ok = number_is(v, p->status);
            asked = true;
        } else if (strncmp(text, "contains=", 9) == 0) {
            ok = strstr(p->body, v) != NULL;
        } else if (strncmp(text, "lacks=", 6) == 0) {
            ok = strstr(p->body, v) == NULL;
        } else if (strncmp(text, "location=", 9) == 0) {
            ok = p->location != NULL && strncmp(p->location, v, strlen(v)) == 0;
        } else {
            return run_bad(r, mem_fmt(r->step, "nothing of an answer is called %s", text));
        }
        if (!ok)
            return run_fail(r, text, mem_fmt(r->step, "%s%s%s", reply_text(r->step, p), p->location ? " -> " : "", p->location ? p->location : ""));
    }
    return asked || p->status == status || (status == 200 && p->status == 303) ? true : run_fail(r, "status=200", reply_text(r->step, p));
}

/* get PATH [status=..] ; page PATH: the same for people; nobody before it: without a session. */
static bool verb_get(struct run *r, struct args *a, const char *verb)
{
    struct reply p;
    const struct word *w = args_next(a);
    bool nobody = w != NULL && strcmp(w->raw, "nobody") == 0;
    (void)verb;
    if (nobody)
        w = args_next(a);
    if (w == NULL || w->text[0] != '/')
        return run_bad(r, "get [nobody] /PATH status=N ...");
    struct request q = {.method = "GET", .path = filled(r, w->text)};
    if (nobody ? !http_ask(r->step, r->sv[r->on].port, &q, &p) : !ask(r, r->who, &q, &p))
        return run_fail(r, "an answer", "none");
    return answer_fits(r, a, &p, 200);
}

/* post [nobody] PATH {json} status=N: with the session's token, as the API wants it. */
static bool verb_post(struct run *r, struct args *a, const char *verb)
{
    struct reply p;
    const struct word *w = args_next(a), *body;
    bool nobody = w != NULL && strcmp(w->raw, "nobody") == 0;
    (void)verb;
    if (nobody)
        w = args_next(a);
    body = r->at->block ? NULL : args_next(a);
    if (w == NULL || w->text[0] != '/' || (body == NULL && r->at->block == NULL))
        return run_bad(r, "post [nobody] /PATH \"{json}\" status=N   (or <<END)");
    const char *text = filled(r, body ? body->text : r->at->block);
    struct request q = {.method = "POST", .path = filled(r, w->text), .body = text, .body_n = strlen(text)};
    if (nobody ? !http_ask(r->step, r->sv[r->on].port, &q, &p) : !ask(r, r->who, &q, &p))
        return run_fail(r, "an answer", "none");
    if (json_get_i64(p.json, "batch", 0) != 0)
        map_set(r->vars, "Batch", mem_fmt(r->mem, "%lld", (long long)json_get_i64(p.json, "batch", 0)));
    return answer_fits(r, a, &p, 200) && settle(r);
}

/* One field of a form: as a browser writes it without files, and with one. "@u.terms=terms.pdf:%PDF-1.4" is a file. */
static void form_field(struct run *r, struct buf *plain, struct buf *parts, const char *name, const char *value)
{
    const char *colon = name[0] == '@' ? strchr(value, ':') : NULL;
    if (colon != NULL) {
        buf_fmt(parts, "--scene-part\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n", name + 1,
                mem_strndup(r->step, value, (size_t)(colon - value)), colon + 1);
        return;
    }
    buf_fmt(plain, "%s%s=%s", plain->n > 0 ? "&" : "", url_text(r->step, name), url_text(r->step, value));
    buf_fmt(parts, "--scene-part\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", name, value);
}

/* The ticket of a file that waits for a proof is $Kept from here on, the number of a list that was looked over $Batch. */
static void hidden_note(struct run *r, const struct reply *p)
{
    static const struct { const char *mark, *var; } hidden[] = {{"name=\"kept\" value=\"", "Kept"}, {"name=\"batch\" value=\"", "Batch"}};
    for (size_t i = 0; i < ARRAY_N(hidden); i++) {
        size_t n = strlen(hidden[i].mark);
        const char *at = strstr(p->body, hidden[i].mark), *end = at != NULL ? strchr(at + n, '"') : NULL;
        if (end != NULL)
            map_set(r->vars, hidden[i].var, mem_strndup(r->mem, at + n, (size_t)(end - at) - n));
    }
}

/* form PATH name=value... [status=N]: what a browser posts; the words up to the first `->`-less condition are the form. */
static bool verb_form(struct run *r, struct args *a, const char *verb)
{
    struct reply p;
    const struct word *path = args_next(a), *w;
    struct buf *b = buf_new(r->step, 1 << 20), *parts = buf_new(r->step, 1 << 20);
    bool files = false;
    static const char *const conditions[] = {"status=", "contains=", "lacks=", "location="};
    (void)verb;
    if (path == NULL || path->text[0] != '/')
        return run_bad(r, "form /PATH name=value ... status=N");
    while (!args_end(a)) {
        bool condition = false;
        for (size_t i = 0; i < ARRAY_N(conditions); i++)
            condition = condition || strncmp(a->w->v[a->i].raw, conditions[i], strlen(conditions[i])) == 0;
        if (condition)
            break;
        w = args_next(a);
        const char *text = filled(r, w->text), *eq = strchr(text, '=');
        if (eq == NULL)
            return run_bad(r, "name=value");
        files = files || text[0] == '@';
        form_field(r, b, parts, mem_strndup(r->step, text, (size_t)(eq - text)), eq + 1);
    }
    buf_puts(parts, "--scene-part--\r\n");
    const struct buf *body = files ? parts : b;
    struct request q = {.method = "POST", .path = filled(r, path->text), .type = files ? "multipart/form-data; boundary=scene-part" : "application/x-www-form-urlencoded",
                        .body = body->p, .body_n = body->n};
    if (!ask(r, r->who, &q, &p))
        return false;
    hidden_note(r, &p);
    return answer_fits(r, a, &p, 303) && settle(r);
}

/* attach VAR NAME "bytes": as the page does it, multipart. The stored type must fit the name: .txt, .csv, .pdf begin as such files begin. */
static bool verb_attach(struct run *r, struct args *a, const char *verb)
{
    struct reply p;
    int64_t id = args_record(a);
    const struct word *name = args_next(a), *bytes = r->at->block ? NULL : args_next(a);
    (void)verb;
    if (id == 0)
        return false;
    if (name == NULL || (bytes == NULL && r->at->block == NULL))
        return run_bad(r, "attach VAR NAME \"bytes\"");
    struct buf *b = buf_new(r->step, 8 << 20);
    buf_fmt(b, "--scene-part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n", filled(r, name->text));
    buf_puts(b, filled(r, bytes ? bytes->text : r->at->block));
    buf_puts(b, "\r\n--scene-part--\r\n");
    struct request q = {.method = "POST", .path = mem_fmt(r->step, "/r/%lld/attach", (long long)id), .type = "multipart/form-data; boundary=scene-part", .body = b->p, .body_n = b->n};
    if (!ask(r, r->who, &q, &p) || !judged(r, &p))
        return false;
    if (r->expect_refusal != NULL)
        return true;
    if (!settle(r) || !ask_get(r, r->who, mem_fmt(r->step, "/api/v1/records/%lld", (long long)id), &p))
        return false;
    const struct json *files = json_get(p.json, "attachments");
    int64_t newest = 0;
    for (size_t i = 0; i < json_n(files); i++)
        newest = json_get_i64(json_at(files, i), "attachment", 0) > newest ? json_get_i64(json_at(files, i), "attachment", 0) : newest;
    return newest != 0 ? keep_var(r, newest) : run_fail(r, "the file among those of the record", reply_text(r->step, &p));
}

/* A first password opens nothing but the page that changes it: the runner does what the person must do. */
static bool first_change(struct run *r, const char *login, const char *given)
{
    static const char next[] = "Hajime-2026-sign";
    struct reply p;
    char *body = mem_fmt(r->step, "now=%s&next=%s&again=%s", url_text(r->step, given), next, next);
    struct request q = {.method = "POST", .path = "/password", .type = "application/x-www-form-urlencoded", .body = body, .body_n = strlen(body)};
    if (!ask(r, login, &q, &p))
        return false;
    if (p.status != 303)
        return run_fail(r, "the first password is changed", reply_text(r->step, &p));
    map_set(r->passwords, login, mem_strdup(r->mem, next));
    return true;
}

/* account RECORD: somebody who came in this scene gets a first password, as the administrator gives it on the page of people. */
static bool verb_account(struct run *r, struct args *a, const char *verb)
{
    struct reply p;
    int64_t id = args_record(a);
    struct request q = {.method = "POST", .path = mem_fmt(r->step, "/people/%lld", (long long)id), .type = "application/x-www-form-urlencoded", .body = "do=password", .body_n = 11};
    (void)verb;
    if (id == 0 || !ask(r, r->base->admin, &q, &p))
        return false;
    if (p.status == 403) {                                   /* asked again who is there */
        map_set(r->logins, r->base->admin, NULL);
        if (!ask(r, r->base->admin, &q, &p))
            return false;
    }
    const char *at = p.body ? strstr(p.body, "<pre>") : NULL, *end = at ? strstr(at, "</pre>") : NULL;
    if (end == NULL)
        return run_fail(r, "a first password", reply_text(r->step, &p));
    char *password = mem_strndup(r->mem, at + 5, (size_t)(end - at - 5));
    if (!ask_get(r, r->base->admin, mem_fmt(r->step, "/api/v1/records/%lld", (long long)id), &p))
        return false;
    const char *login = json_get_str(json_get(p.json, "force"), "login");
    if (login == NULL)
        return run_fail(r, "a person in force with a login", reply_text(r->step, &p));
    map_set(r->passwords, login, password);
    return first_change(r, mem_strdup(r->mem, login), password);
}

/* password WHO "TEXT": what the runner signs in with from here on; who is signed in stays so. */
static bool verb_password(struct run *r, struct args *a, const char *verb)
{
    const char *who = args_who(a);
    const struct word *w = args_next(a);
    (void)verb;
    if (who == NULL || w == NULL)
        return who == NULL ? false : run_bad(r, "password WHO TEXT");
    map_set(r->passwords, who, mem_strdup(r->mem, w->text));
    return true;
}

/* find RECORD -> V */
static bool verb_found(struct run *r, struct args *a, const char *verb)
{
    int64_t id = args_record(a);
    (void)verb;
    return id != 0 && keep_var(r, id);
}

/* import FORM [paper_by:.. paper_on:..] <<CSV: the first line names fields by their paths. */
static bool verb_import(struct run *r, struct args *a, const char *verb)
{
    const struct word *form = args_next(a);
    struct json *stage = json_obj(r->step), *rows = json_arr(r->step), *run = json_obj(r->step);
    struct csv *c;
    struct err e = {0};
    const char *ikey = NULL, *refusal = r->expect_refusal;
    (void)verb;
    if (form == NULL || r->at->block == NULL || !args_fields(a, run, NULL, &ikey, NULL))
        return run_bad(r, "import FORM <<CSV");
    if (csv_read(r->step, str_of(filled(r, r->at->block)), (struct csv_limit){4 << 20, 6000, 400000, 4000}, &c, &e) != RC_OK || c->rows.n < 2)
        return run_bad(r, e.detail);
    for (size_t i = 1; i < c->rows.n; i++) {
        struct json *row = json_add_obj(rows), *values;
        json_set_i64(row, "line", c->rows.v[i].line);
        values = json_set_obj(row, "values");
        for (size_t k = 0; k < c->rows.v[i].n && k < c->rows.v[0].n; k++)
            if (c->rows.v[i].cell[k][0] != '\0')
                json_set_str(values, c->rows.v[0].cell[k], c->rows.v[i].cell[k]);
    }
    json_set_str(stage, "form", form->text);
    struct reply p;
    for (size_t at = 0; at < json_n(rows);) {                /* the server takes as many as fit and says so */
        struct json *part = json_set_arr(stage, "rows");
        for (size_t i = at; i < json_n(rows); i++)
            json_add(part, json_at(rows, i));
        struct request q = command_request(r, "import.stage", stage, NULL);
        if (!ask(r, r->who, &q, &p))
            return false;
        if (p.status != 200 || json_get_i64(p.json, "taken", 0) < 1)
            return judged(r, &p);
        at += (size_t)json_get_i64(p.json, "taken", 0);
        json_set_i64(stage, "batch", json_get_i64(p.json, "batch", 0));
    }
    json_set_i64(run, "batch", json_get_i64(p.json, "batch", 0));
    do {
        r->expect_refusal = refusal;
        if (!command(r, "import.run", run, ikey))
            return false;
    } while (json_get_bool(r->last.json, "more"));
    int64_t id = json_get_i64(r->last.json, "import", 0);
    return id ? keep_var(r, id) : true;
}

const struct verb verbs_web[] = {
    {"get", verb_get}, {"page", verb_get}, {"post", verb_post}, {"form", verb_form}, {"attach", verb_attach}, {"import", verb_import}, {"account", verb_account}, {"find", verb_found}, {"password", verb_password}, {NULL, NULL},
};
