/* One scene: its own copy of the loaded state, its own daicho, line after line until the first that does not hold. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "scene/scene.h"

static const struct verb *const tables[] = {verbs_acts, verbs_house, verbs_web};

verb_fn verb_find(const char *name)
{
    for (size_t t = 0; t < ARRAY_N(tables); t++)
        for (const struct verb *v = tables[t]; v->name != NULL; v++)
            if (strcmp(v->name, name) == 0)
                return v->fn;
    return NULL;
}

/* ---- the server ---- */

static bool port_read(struct run *r, struct server *s)
{
    struct buf *b = buf_new(r->step, 1 << 16);
    char c;
    int64_t port;
    while (read(s->p.out, &c, 1) == 1) {
        if (c != '\n') {
            buf_putc(b, c);
            continue;
        }
        const char *at = strncmp(b->p, "daicho: http://", 15) == 0 ? strrchr(b->p, ':') : NULL;
        if (at != NULL && str_to_i64(str_of(at + 1), &port)) {
            s->port = (int)port;
            return true;
        }
        buf_reset(b);
    }
    return false;
}

static char *log_tail(struct run *r)
{
    struct err e = {0};
    struct str data;
    if (file_read(r->step, file_join(r->step, r->dir, "log"), 4 << 20, &data, &e) != RC_OK)
        return mem_strdup(r->step, "");
    size_t n = data.n > 3000 ? 3000 : data.n;
    return mem_strndup(r->step, data.p + data.n - n, n);
}

bool server_start(struct run *r, int i)
{
    struct server *s = &r->sv[i];
    const char *argv[] = {r->o->daicho, "serve", "--data-dir", s->dir, "--port", "0", "--packs-dir", r->packs, "--workers", "4", "--log-level", "warn",
                          r->db ? "--db" : NULL, r->db, NULL};
    const char *env[] = {"DAICHO_SCENE_NOW", mem_fmt(r->step, "%lld", (long long)r->now_us), "ASAN_OPTIONS", "detect_leaks=0:log_path=stderr", NULL};
    if (!host_start(argv, env, file_join(r->step, r->dir, "log"), &s->p))
        return run_fail(r, "daicho serve starts", "it cannot be run");
    if (!port_read(r, s)) {
        host_stop(&s->p, SIGKILL);
        return run_fail(r, "daicho serve starts", log_tail(r));
    }
    s->up = true;
    return true;
}

bool server_stop(struct run *r, int i, int sig)
{
    struct server *s = &r->sv[i];
    if (!s->up)
        return true;
    int code = host_stop(&s->p, sig);
    s->up = false;
    return sig == SIGKILL || code == 0 ? true : run_fail(r, "daicho ends in peace", mem_fmt(r->step, "exit code %d %s", code, log_tail(r)));
}

static bool scene_post(struct run *r, int i, const char *body)
{
    struct reply p;
    struct request q = {.method = "POST", .path = "/api/v1/scene", .body = body, .body_n = strlen(body)};
    if (!http_ask(r->step, r->sv[i].port, &q, &p) || p.status != 200)
        return run_fail(r, "the server settles (is it built with -Dscene=true?)", mem_fmt(r->step, "%s %s", reply_text(r->step, &p), p.status == 0 ? log_tail(r) : ""));
    r->full_day = mem_strdup(r->mem, json_get_str(p.json, "full_day"));
    return json_get_i64(p.json, "full_missed", 0) == 0 ? true : run_fail(r, "judging everything finds what judging step by step has found", json_get_str(p.json, "full_which"));
}

bool settle(struct run *r)
{
    for (int i = 0; i < SERVERS_MAX; i++)
        if (r->sv[i].up && !scene_post(r, i, "{}"))
            return false;
    return true;
}

bool clock_tell(struct run *r)
{
    char *body = mem_fmt(r->step, "{\"now_us\":%lld}", (long long)r->now_us);
    for (int i = 0; i < SERVERS_MAX; i++)
        if (r->sv[i].up && !scene_post(r, i, body))
            return false;
    return true;
}

/* ---- lines ---- */

/* "! refused CODE" at the end. */
static bool refusal_of(struct run *r, const struct line *l)
{
    r->expect_refusal = NULL;
    for (size_t i = 0; i < l->w.n; i++)
        if (!l->w.v[i].quoted && strcmp(l->w.v[i].raw, "!") == 0) {
            if (i + 2 >= l->w.n || strcmp(l->w.v[i + 1].raw, "refused") != 0)
                return run_bad(r, "! refused CODE");
            r->expect_refusal = l->w.v[i + 2].text;
        }
    return true;
}

bool line_run(struct run *r, const struct line *l)
{
    struct args a = {r, &l->w, 0};
    int64_t server;
    r->on = 0;
    if (args_take(&a, "on")) {
        const struct word *w = args_next(&a);
        if (w == NULL || !str_to_i64(str_of(w->text), &server) || server < 1 || server > SERVERS_MAX || !r->sv[server - 1].up)
            return run_bad(r, "on N: no such server");
        r->on = (int)server - 1;
    }
    const struct word *w = args_next(&a);
    verb_fn fn = w ? verb_find(w->text) : NULL;
    if (fn == NULL)
        return run_bad(r, mem_fmt(r->step, "no verb is called %s", w ? w->text : "-"));
    if (!refusal_of(r, l) || !fn(r, &a, w->text))
        return false;
    return args_end(&a) || strcmp(w->text, "parallel") == 0 ? true : run_bad(r, mem_fmt(r->step, "what does %s mean here?", a.w->v[a.i].raw));
}

static bool lines_run(struct run *r)
{
    for (r->next = 0; r->next < r->s->lines.n;) {
        r->at = &r->s->lines.v[r->next++];
        TALLOC_CTX *step = mem_root(1 << 16);
        r->step = step;
        bool ok = line_run(r, r->at);
        r->step = r->mem;
        talloc_free(step);
        if (!ok)
            return false;
    }
    return true;
}

/* Every scene ends with the next day's judging of everything: it must find that no write and no day before has left a verdict behind. */
static bool day_after(struct run *r)
{
    char day[CIVIL_TEXT_N];
    r->now_us += US_PER_DAY;
    if (!r->sv[0].up)
        return true;
    civil_text(civil_of_us(r->now_us), day);
    if (!clock_tell(r))
        return false;
    return text_eq(r->full_day, day) ? true : run_fail(r, mem_fmt(r->step, "everything judged again on %s", day), r->full_day);
}

static bool place(struct run *r)
{
    struct civil on;
    static int serial;
    const char *name = mem_fmt(r->mem, "s%d_%d", (int)getpid(), ++serial);
    struct err e = {0};
    r->dir = file_join(r->mem, r->o->tmp, name);
    r->packs = file_join(r->mem, r->dir, "packs");
    r->sv[0].dir = file_join(r->mem, r->dir, "data");
    if (file_mkdirs(r->dir, 0700, &e) != RC_OK || !host_copy(r->mem, r->base->dir, r->sv[0].dir) ||
        symlink(file_join(r->mem, r->o->root, "packs"), r->packs) != 0)
        return run_fail(r, "a copy of the loaded state", r->dir);
    if (r->pg) {
        r->db_name = mem_strdup(r->mem, name);
        r->db = base_copy_db(r->mem, r->o, r->base, name);
        if (r->db == NULL)
            return run_fail(r, "a copy of the database", name);
    }
    r->adopted = json_arr(r->mem);
    for (size_t i = 0; i < r->s->adopt.n; i++)
        json_add_str(r->adopted, r->s->adopt.v[i].text);
    if (!civil_read(str_of(r->s->at), &on))
        return false;
    r->now_us = civil_to_us(on, 9, 1);
    return true;
}

bool run_scene(TALLOC_CTX *mem, const struct options *o, const struct scene *s, bool pg, char **ret_report)
{
    struct line first = {.file = s->file, .no = s->no};
    struct run r = {.mem = mem, .step = mem, .o = o, .s = s, .pg = pg, .vars = map_new(mem), .logins = map_new(mem), .passwords = map_new(mem), .at = &first};
    r.base = base_get(mem, o, s, pg);
    bool ok = r.base != NULL ? place(&r) && server_start(&r, 0) && lines_run(&r) && day_after(&r) : run_fail(&r, "the example loads", "see above");
    for (int i = 0; i < SERVERS_MAX; i++) {
        bool ended = server_stop(&r, i, SIGTERM);
        ok = ok && ended;
    }
    if (r.db_name != NULL && !o->keep)
        base_drop_db(mem, o, r.db_name);
    if (r.db_second != NULL && !o->keep)
        base_drop_db(mem, o, r.db_second);
    if (r.dir != NULL && !o->keep)
        host_remove(mem, r.dir);
    if (!ok && o->keep)
        r.report = mem_fmt(mem, "%s\n    kept in %s", r.report, r.dir);
    *ret_report = r.report;
    return ok;
}
