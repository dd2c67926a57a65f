/* parallel ... end: requests that are all in flight before any is answered. Every socket holds its last byte back until all others are written. */
#include <unistd.h>
#include "scene/scene.h"

#define FLIGHT_MAX 400
struct flight { struct request q; int fd; struct reply p; const struct line *at; };

static bool add(struct run *r, const struct line *l, struct flight *f, size_t *n, int64_t times)
{
    struct args a = {r, &l->w, 0};
    const char *who = r->who, *name, *ikey;
    struct json *args;
    if (args_take(&a, "as") && (who = args_who(&a)) == NULL)
        return false;
    const struct word *verb = args_next(&a);
    if (verb == NULL || who == NULL)
        return run_bad(r, "[as WHO] ACT ...");
    if (!act_command(r, &a, verb->text, &name, &args, &ikey))
        return false;
    for (int64_t i = 0; i < times && *n < FLIGHT_MAX; i++) {
        f[*n].q = command_request(r, name, args, ikey);
        f[*n].at = l;
        if (!request_for(r, who, &f[*n].q))
            return false;
        (*n)++;
    }
    return true;
}

static bool fly(struct run *r, struct flight *f, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        f[i].fd = http_send(r->sv[r->on].port, &f[i].q, false);
    for (size_t i = 0; i < n; i++)
        if (f[i].fd < 0 || !http_last(f[i].fd, &f[i].q))
            ok = false;
    for (size_t i = 0; i < n; i++)
        if (f[i].fd >= 0 && !http_read(r->step, f[i].fd, &f[i].p))
            ok = false;
    return ok ? true : run_fail(r, "an answer to every request", "a connection broke");
}

static bool counts(const struct reply *p, const char *what)
{
    MEM_SCOPE(tmp, NULL);
    if (strcmp(what, "ok") == 0)
        return p->status == 200;
    if (strcmp(what, "repeated") == 0)
        return p->status == 200 && json_get_bool(p->json, "repeated");
    return refused_as(tmp, p, what);
}

static bool one_record(struct run *r, const struct flight *f, size_t n)
{
    int64_t first = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t id = f[i].p.status == 200 ? json_get_i64(f[i].p.json, "record", 0) : 0;
        first = first ? first : id;
        if (id != 0 && id != first)
            return run_fail(r, "the same record in every answer", reply_text(r->step, &f[i].p));
    }
    return true;
}

/* end ok=1 not-your-step=1 same */
static bool ends(struct run *r, const struct flight *f, size_t n)
{
    struct args a = {r, &r->at->w, 1};
    const struct word *w;
    while ((w = args_next(&a)) != NULL) {
        const char *eq = strrchr(w->text, '=');
        int64_t want, have = 0;
        if (strcmp(w->text, "same") == 0) {
            if (!one_record(r, f, n))
                return false;
            continue;
        }
        if (eq == NULL || !str_to_i64(str_of(eq + 1), &want))
            return run_bad(r, "end ok=N CODE=N repeated=N same");
        char *what = mem_strndup(r->step, w->text, (size_t)(eq - w->text));
        struct buf *b = buf_new(r->step, 1 << 16);
        for (size_t i = 0; i < n; i++) {
            have += counts(&f[i].p, what);
            const char *text = i < 6 ? reply_text(r->step, &f[i].p) : "";
            if (i < 6)
                buf_fmt(b, "\n      %.*s", text_cut(text, 300), text);
        }
        if (have != want)
            return run_fail(r, w->text, mem_fmt(r->step, "%lld of %zu%s", (long long)have, n, b->p));
    }
    return true;
}

bool parallel_run(struct run *r, struct args *a, const char *verb)
{
    struct flight *f = mem_array(r->step, struct flight, FLIGHT_MAX);
    const struct word *times = args_next(a);
    size_t n = 0;
    int64_t k = 1;
    (void)verb;
    if (times != NULL && (!str_to_i64(str_of(times->text), &k) || k < 1))
        return run_bad(r, "parallel [TIMES]");
    for (; r->next < r->s->lines.n; r->next++) {
        r->at = &r->s->lines.v[r->next];
        if (strcmp(r->at->w.v[0].raw, "end") == 0)
            break;
        if (!add(r, r->at, f, &n, k))
            return false;
    }
    if (r->next == r->s->lines.n)
        return run_bad(r, "parallel without end");
    r->next++;
    if (!fly(r, f, n) || !ends(r, f, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        r->at = f[i].at;
        if (f[i].p.status == 200 && json_get_i64(f[i].p.json, "record", 0) != 0 && !keep_var(r, json_get_i64(f[i].p.json, "record", 0)))
            return false;
    }
    return settle(r);
}
