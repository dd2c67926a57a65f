/* Talking to daicho: sign-in (kept for each person), commands, how refusals are named, and names of people, roles and records. */
#include <signal.h>
#include <stdlib.h>
#include "scene/scene.h"

#define PASSWORD "Kita-2026-example"

static const char *password(void) { return getenv("DAICHO_EXAMPLE_PASSWORD") ? getenv("DAICHO_EXAMPLE_PASSWORD") : PASSWORD; }

bool run_fail(struct run *r, const char *expected, const char *came)
{
    if (r->hushed || r->report != NULL)
        return false;
    r->report = mem_fmt(r->mem, "%s:%d: %s%sexpected %s\n    came: %s", r->at->file, r->at->no, r->s->name, r->s->name[0] ? ": " : "", expected, came ? came : "-");
    return false;
}

bool run_bad(struct run *r, const char *why)
{
    if (r->report == NULL)
        r->report = mem_fmt(r->mem, "%s:%d: this line cannot be understood: %s", r->at->file, r->at->no, why);
    return false;
}

char *code_text(TALLOC_CTX *mem, const char *name)
{
    char *s = mem_strdup(mem, strncmp(name, "ERR_", 4) == 0 ? name + 4 : name);
    if (strncmp(name, "ERR_", 4) != 0)
        return s;
    for (char *p = s; *p != '\0'; p++)
        *p = *p == '_' ? '-' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return s;
}

int text_cut(const char *s, size_t max)
{
    size_t n = strlen(s);
    if (n > max)
        for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
            n--;
    return (int)n;
}

char *reply_text(TALLOC_CTX *mem, const struct reply *p)
{
    const char *page = p->json == NULL && p->body != NULL ? strstr(p->body, "<main") : NULL;
    if (p->status == 0)
        return mem_strdup(mem, "no answer (did the server end?)");
    const char *text = p->json ? json_text(mem, p->json) : page ? page : p->body ? p->body : "";
    return mem_fmt(mem, "%d %.*s", p->status, text_cut(text, 1500), text);
}

/* Commands answer {code, error}, everything before them (session, permission of a route, size) {error: {code}}. */
static const char *error_of(const struct reply *p, const char *key)
{
    const struct json *e = json_get(p->json, key);
    return json_type(e) == JSON_OBJ ? json_get_str(e, "code") : json_str(e);
}

/* A refusal is named by its code (self-approval), by a rule (sme:medium-encrypted), by field and fault (items:required), or by its status. */
bool refused_as(TALLOC_CTX *mem, const struct reply *p, const char *code)
{
    int64_t status;
    const struct json *t = json_get(p->json, "troubles");
    if (str_to_i64(str_of(code), &status))
        return p->status == status;
    if (p->status < 400 || p->json == NULL)
        return false;
    const char *keys[] = {"code", "error"};
    for (size_t i = 0; i < ARRAY_N(keys); i++) {
        const char *v = error_of(p, keys[i]);
        if (v != NULL && (strcmp(code_text(mem, v), code) == 0 || strcmp(v, code) == 0))
            return true;
    }
    for (size_t i = 0; i < json_n(t); i++) {
        const struct json *one = json_at(t, i);
        const char *c = json_get_str(one, "code"), *path = json_get_str(one, "path"), *rule = json_get_str(one, "rule");
        if (json_get_bool(one, "warning"))
            continue;
        if (text_eq(c, code) || text_eq(rule, code) || (path != NULL && c != NULL && strcmp(mem_fmt(mem, "%s:%s", path, c), code) == 0))
            return true;
    }
    return false;
}

/* ---- sign-in ---- */

/* Every sign-in is an entry of the ledger and counts: it is made once for each person and kept. */
static bool sign_in(struct run *r, const char *who, struct login **ret)
{
    struct reply p;
    struct json *o = json_obj(r->step);
    json_set_str(o, "login", who);
    json_set_str(o, "password", map_get(r->passwords, who) ? (const char *)map_get(r->passwords, who) : password());
    char *body = json_text(r->step, o);
    struct request q = {.method = "POST", .path = "/api/v1/login", .body = body, .body_n = strlen(body)};
    if (!http_ask(r->step, r->sv[r->on].port, &q, &p) || p.status != 200 || p.cookie == NULL)
        return run_fail(r, mem_fmt(r->step, "%s signs in", who), reply_text(r->step, &p));
    struct login *l = mem_new(r->mem, struct login);
    l->cookie = mem_strdup(r->mem, p.cookie);
    l->csrf = mem_strdup(r->mem, json_get_str(p.json, "csrf"));
    map_set(r->logins, who, l);
    *ret = l;
    return true;
}

bool request_for(struct run *r, const char *who, struct request *q)
{
    struct login *l = map_get(r->logins, who);
    if (l == NULL && !sign_in(r, who, &l))
        return false;
    q->cookie = l->cookie;
    q->csrf = strcmp(q->method, "POST") == 0 ? l->csrf : NULL;
    return true;
}

bool ask(struct run *r, const char *who, const struct request *q, struct reply *ret)
{
    struct request mine = *q;
    if (who == NULL)
        return run_bad(r, "nobody acts yet: `as WHO` first");
    for (int again = 0; again < 2; again++) {
        if (!request_for(r, who, &mine))
            return false;
        if (!http_ask(r->step, r->sv[r->on].port, &mine, ret))
            return run_fail(r, mem_fmt(r->step, "an answer to %s %s", q->method, q->path), "none: did the server end?");
        const char *code = error_of(ret, "error");
        bool get = strcmp(q->method, "GET") == 0, ended = ret->status == 401 && (ret->json == NULL || text_eq(code, "ERR_SESSION"));
        ended = ended || (get && ret->status == 303 && text_eq(ret->location, "/login"));
        if (!ended)
            return true;
        map_set(r->logins, who, NULL);                /* the session ended with the clock: as people do, sign in again */
    }
    return true;
}

bool ask_get(struct run *r, const char *who, const char *path, struct reply *ret)
{
    struct request q = {.method = "GET", .path = path};
    return ask(r, who, &q, ret);
}

/* ---- commands ---- */

struct request command_request(struct run *r, const char *name, struct json *args, const char *ikey)
{
    char *body = json_text(r->step, args);
    return (struct request){.method = "POST", .path = mem_fmt(r->step, "/api/v1/commands/%s", name), .body = body, .body_n = strlen(body), .ikey = ikey};
}

static void last_keep(struct run *r, const struct reply *p)
{
    struct err e = {0};
    struct json *copy = NULL;
    r->last = (struct reply){.status = p->status};
    if (p->json != NULL && json_read(r->mem, str_of(json_text(r->step, p->json)), 32 << 20, &copy, &e) == RC_OK)
        r->last.json = copy;
}

bool judged(struct run *r, const struct reply *p)
{
    last_keep(r, p);
    if (r->expect_refusal == NULL)
        return p->status >= 200 && p->status < 400 ? true : run_fail(r, "success", reply_text(r->step, p));
    if (p->status >= 200 && p->status < 400)
        return run_fail(r, mem_fmt(r->step, "refused %s", r->expect_refusal), mem_fmt(r->step, "it was done: %s", reply_text(r->step, p)));
    return refused_as(r->step, p, r->expect_refusal) ? true : run_fail(r, mem_fmt(r->step, "refused %s", r->expect_refusal), reply_text(r->step, p));
}

bool command(struct run *r, const char *name, struct json *args, const char *ikey)
{
    struct reply p;
    struct request q = command_request(r, name, args, ikey);
    if (!ask(r, r->who, &q, &p))
        return false;
    if (text_eq(error_of(&p, "error"), "ERR_PROOF") && r->expect_refusal == NULL) {       /* asked again who is there: as people do */
        map_set(r->logins, r->who, NULL);
        if (!ask(r, r->who, &q, &p))
            return false;
    }
    r->acted = true;
    return judged(r, &p) && (p.status >= 400 || settle(r));
}

/* ---- names ---- */

char *filled(struct run *r, const char *text)
{
    struct buf *b = buf_new(r->step, 1 << 20);
    for (const char *p = text; *p != '\0'; p++) {
        size_t n = 0;
        while (*p == '$' && ((p[1 + n] >= 'A' && p[1 + n] <= 'Z') || (n > 0 && ((p[1 + n] >= 'a' && p[1 + n] <= 'z') || (p[1 + n] >= '0' && p[1 + n] <= '9') || p[1 + n] == '_'))))
            n++;
        const char *v = n > 0 ? map_get(r->vars, mem_strndup(r->step, p + 1, n)) : NULL;
        if (v != NULL) {
            buf_puts(b, v);
            p += n;
            continue;
        }
        if (*p == '@' && (strncmp(p, "@today", 6) == 0 || strncmp(p, "@now", 4) == 0)) {
            bool day = p[1] == 't';
            int64_t us = r->now_us, k = 0;
            p += day ? 6 : 4;
            int sign = *p == '-' ? -1 : *p == '+' ? 1 : 0;
            for (p += sign != 0; sign != 0 && *p >= '0' && *p <= '9'; p++)
                k = k * 10 + (*p - '0');
            if (sign != 0) {
                us += sign * k * (*p == 'h' ? 3600 * US_PER_S : *p == 'm' ? 60 * US_PER_S : US_PER_DAY);
                p += *p == 'h' || *p == 'm' || *p == 'd';
            }
            char *t = time_local(r->step, us);
            buf_put(b, t, day ? 10 : strlen(t));
            p--;
            continue;
        }
        buf_putc(b, *p);
    }
    return b->p;
}

static const char *holder(struct run *r, const char *role, const char *dept)
{
    struct reply p;
    char *path = mem_fmt(r->step, "/api/v1/holders?role=%s%s%s", url_text(r->step, role), dept ? "&department=" : "", dept ? url_text(r->step, dept) : "");
    if (!ask_get(r, r->base->admin, path, &p))
        return NULL;
    const char *login = p.status == 200 ? json_get_str(json_at(json_get(p.json, "holders"), 0), "login") : NULL;
    if (login == NULL)
        run_fail(r, mem_fmt(r->step, "somebody who holds %s%s%s", role, dept ? " in " : "", dept ? dept : ""), reply_text(r->step, &p));
    return login ? mem_strdup(r->mem, login) : NULL;
}

static const char *head_of(struct run *r, const char *dept)
{
    struct reply p;
    if (!ask_get(r, r->base->admin, mem_fmt(r->step, "/api/v1/head?department=%s", url_text(r->step, dept)), &p))
        return NULL;
    const char *login = json_get_str(json_get(p.json, "head"), "login");
    if (login == NULL)
        run_fail(r, mem_fmt(r->step, "a head of %s", dept), reply_text(r->step, &p));
    return login ? mem_strdup(r->mem, login) : NULL;
}

const char *args_who(struct args *a)
{
    const struct word *w = args_next(a);
    if (w == NULL) {
        run_bad(a->r, "WHO is missing");
        return NULL;
    }
    if (strcmp(w->raw, "admin") == 0)
        return a->r->base->admin;
    if (strcmp(w->raw, "me") == 0)
        return a->r->who;
    bool role = strcmp(w->raw, "role") == 0, head = strcmp(w->raw, "head-of") == 0;
    if (!role && !head && (json_get(a->r->base->people, w->text) != NULL || map_get(a->r->logins, w->text) != NULL))
        return w->text;
    const struct word *name = role || head ? args_next(a) : w;
    if (name == NULL) {
        run_bad(a->r, "a name is missing");
        return NULL;
    }
    if (head)
        return head_of(a->r, filled(a->r, name->text));
    const struct word *dept = role && args_take(a, "in") ? args_next(a) : NULL;
    if (role || strchr(name->text, ':') != NULL)
        return holder(a->r, name->text, dept ? filled(a->r, dept->text) : NULL);
    return mem_strdup(a->r->mem, filled(a->r, name->text));               /* a login that the scene itself made */
}

int64_t record_id(struct run *r, const char *text)
{
    const char *v = map_get(r->vars, text[0] == '$' ? text + 1 : text), *colon = strchr(text, ':');
    int64_t id = 0;
    struct reply p;
    if (v != NULL && str_to_i64(str_of(v), &id))
        return id;
    if (colon == NULL) {
        run_bad(r, mem_fmt(r->step, "%s is no record of this scene", text));
        return 0;
    }
    char *form = mem_strndup(r->step, text, (size_t)(colon - text)), *name = filled(r, colon + 1);
    char *path = mem_fmt(r->step, "/api/v1/forms/%s/resolve?q=%s", form, url_text(r->step, name));
    if (r->who != NULL && ask_get(r, r->who, path, &p) && p.status == 200)
        return json_get_i64(p.json, "record", 0);
    if (!ask_get(r, r->base->admin, path, &p))
        return 0;
    if (p.status != 200) {
        run_fail(r, mem_fmt(r->step, "a record of %s called %s", form, name), reply_text(r->step, &p));
        return 0;
    }
    return json_get_i64(p.json, "record", 0);
}

int64_t args_record(struct args *a)
{
    const struct word *w = args_next(a);
    if (w == NULL) {
        run_bad(a->r, "a record is missing");
        return 0;
    }
    return record_id(a->r, w->text);
}

bool keep_var(struct run *r, int64_t id)
{
    const struct words *w = &r->at->w;
    for (size_t i = 0; i + 1 < w->n; i++)
        if (strcmp(w->v[i].raw, "->") == 0) {
            const char *name = w->v[i + 1].text;
            if (name[0] < 'A' || name[0] > 'Z')
                return run_bad(r, "a variable begins with a capital");
            map_set(r->vars, name, mem_fmt(r->mem, "%lld", (long long)id));
        }
    return true;
}
