/* Verbs on the whole house: clock, servers, rebuild, verify, backup and restore, packs, and the search for bytes that must be gone. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "scene/scene.h"

/* ---- clock ---- */

static bool hour_minute(const char *s, int64_t *ret_us)
{
    int64_t h, m;
    if (strlen(s) != 5 || s[2] != ':' || !str_to_i64((struct str){s, 2}, &h) || !str_to_i64(str_of(s + 3), &m))
        return false;
    *ret_us = (h * 60 + m) * 60 * US_PER_S;
    return true;
}

static bool clock_move(struct run *r, struct args *a, const char *by)
{
    struct str num = str_of(by + 1);
    const char *unit = by + strlen(by) - 1;
    int64_t n;
    if (*unit >= '0' && *unit <= '9') {
        const struct word *w = args_next(a);
        unit = w ? w->text : "";
    } else {
        num.n--;
    }
    if (!str_to_i64(num, &n) || n < 0)
        return false;
    if (strncmp(unit, "month", 5) == 0) {
        int64_t day = civil_to_us(civil_of_us(r->now_us), 0, 0);
        r->now_us = civil_to_us(civil_add_months(civil_of_us(r->now_us), (int)n), 0, 0) + (r->now_us - day);
        return true;
    }
    int64_t each = unit[0] == 'd' ? US_PER_DAY : unit[0] == 'h' ? 3600 * US_PER_S : unit[0] == 'm' ? 60 * US_PER_S : unit[0] == 's' ? US_PER_S : unit[0] == 'w' ? 7 * US_PER_DAY : 0;
    r->now_us += n * each;
    return each != 0;
}

/* clock 2026-06-01 [09:00]   clock +2 days   clock +2d 09:00 */
static bool verb_clock(struct run *r, struct args *a, const char *verb)
{
    const struct word *w = args_next(a), *t;
    struct civil day;
    int64_t in, before = r->now_us;
    (void)verb;
    if (w == NULL)
        return run_bad(r, "clock DATE [TIME] or clock +N days|hours|minutes|months");
    if (w->text[0] == '+') {
        if (!clock_move(r, a, w->text))
            return run_bad(r, "clock +N days|hours|minutes|months");
    } else if (civil_read(str_of(w->text), &day)) {
        r->now_us = civil_to_us(day, 9, 0);
    } else {
        return run_bad(r, "clock YYYY-MM-DD [HH:MM]");
    }
    if ((t = args_next(a)) != NULL) {
        if (!hour_minute(t->text, &in))
            return run_bad(r, "HH:MM");
        r->now_us = civil_to_us(civil_of_us(r->now_us), 0, 0) + in;
    }
    return r->now_us < before ? run_bad(r, "the clock of a scene never goes back") : clock_tell(r);
}

/* ---- servers ---- */

static bool verb_restart(struct run *r, struct args *a, const char *verb)
{
    (void)a;
    return server_stop(r, r->on, strcmp(verb, "kill") == 0 ? SIGKILL : SIGTERM) && server_start(r, r->on) && settle(r);
}

/* server 2: another daicho on the same PostgreSQL database. It has the keys of the first, and its own folder for the rest. */
static bool verb_server(struct run *r, struct args *a, const char *verb)
{
    const struct word *w = args_next(a);
    int64_t n;
    (void)verb;
    if (w == NULL || !str_to_i64(str_of(w->text), &n) || n < 2 || n > SERVERS_MAX || r->sv[n - 1].up)
        return run_bad(r, "server 2");
    if (!r->pg)
        return run_bad(r, "several servers need PostgreSQL: begin the scene's file with `only pg`");
    r->sv[n - 1].dir = mem_fmt(r->mem, "%s/data%lld", r->dir, (long long)n);
    if (!host_copy(r->step, r->base->dir, r->sv[n - 1].dir))
        return run_fail(r, "a data folder for the second server", r->sv[n - 1].dir);
    return server_start(r, (int)n - 1) && settle(r);
}

static bool all_down(struct run *r)
{
    for (int i = 0; i < SERVERS_MAX; i++)
        if (!server_stop(r, i, SIGTERM))
            return false;
    return true;
}

/* daicho SUBCOMMAND [more] on the data of server 1. */
static int tool(struct run *r, const char *sub, const char *more, char **ret_out)
{
    const char *argv[14] = {r->o->daicho, sub, "--data-dir", r->sv[0].dir, "--packs-dir", r->packs};
    const char *env[] = {"DAICHO_SCENE_NOW", mem_fmt(r->step, "%lld", (long long)r->now_us), "ASAN_OPTIONS", "detect_leaks=0", NULL};
    size_t n = 6;
    if (r->db != NULL) {
        argv[n++] = "--db";
        argv[n++] = r->db;
    }
    if (more != NULL)
        argv[n++] = more;
    return host_run(r->step, argv, env, ret_out);
}

static bool outcome(struct run *r, const char *what, int code, const char *out)
{
    if (r->expect_refusal != NULL)
        return code != 0 ? true : run_fail(r, mem_fmt(r->step, "%s is refused", what), out);
    return code == 0 ? true : run_fail(r, mem_fmt(r->step, "%s succeeds", what), mem_fmt(r->step, "exit code %d: %s", code, out));
}

/* Stops, runs, starts again. */
static bool offline(struct run *r, const char *sub, const char *more)
{
    char *out;
    if (!all_down(r))
        return false;
    int code = tool(r, sub, more, &out);
    return outcome(r, mem_fmt(r->step, "daicho %s %s", sub, more ? more : ""), code, out) && server_start(r, 0) && settle(r);
}

/* The projections as they are must equal those made anew from the truth. */
static bool verb_rebuild(struct run *r, struct args *a, const char *verb)
{
    (void)a, (void)verb;
    return settle(r) && offline(r, "rebuild", "compare") && offline(r, "rebuild", NULL);
}

/* Both verifiers: daicho's own and the outsider's. */
static bool verb_verify(struct run *r, struct args *a, const char *verb)
{
    char *out, *dir = mem_fmt(r->step, "%s/export%d", r->dir, ++r->serial), *script = file_join(r->step, r->o->root, "verifier/daicho_verify.py");
    const char *argv[] = {"python3", script, dir, NULL};
    (void)a, (void)verb;
    if (!settle(r) || !offline(r, "verify", NULL) || !offline(r, "export", dir))
        return false;
    int code = host_run(r->step, argv, NULL, &out);
    return outcome(r, "the outsider's verifier", code, out);
}

static char *backup_dir(struct run *r, struct args *a)
{
    const struct word *w = args_next(a);
    return mem_fmt(r->step, "%s/backup-%s", r->dir, w ? w->text : "1");
}

static bool verb_backup(struct run *r, struct args *a, const char *verb)
{
    char *out, *dir = backup_dir(r, a);
    (void)verb;
    int code = tool(r, "backup", dir, &out);
    return outcome(r, "daicho backup", code, out);
}

/* In place on SQLite; on PostgreSQL into a database that must be empty. */
static bool verb_restore(struct run *r, struct args *a, const char *verb)
{
    (void)verb;
    if (r->pg && r->db_second == NULL) {
        r->db_second = mem_fmt(r->mem, "%s_restored", r->db_name);
        if (!all_down(r) || (r->db = base_new_db(r->mem, r->o, r->db_second)) == NULL)
            return run_fail(r, "an empty database", r->db_second);
    } else if (r->pg) {
        return run_bad(r, "a scene on PostgreSQL restores once");
    }
    r->logins = map_new(r->mem);                     /* a restore ends all sessions */
    return offline(r, "restore", backup_dir(r, a));
}

/* ---- packs ---- */

static bool adopt(struct run *r)
{
    struct json *args = json_obj(r->step);
    const char *who = r->who;
    json_set(args, "adopt", r->adopted);
    r->who = who ? who : r->base->admin;
    bool ok = command(r, "set.adopt", args, NULL);
    r->who = who;
    return ok;
}

/* The scene's own copy of the packs, in place of the link to the shipped ones. */
static bool packs_copy(struct run *r)
{
    char *out, *mine = mem_fmt(r->mem, "%s/packs%d", r->dir, ++r->serial);
    const char *argv[] = {"cp", "-rL", "--", r->packs, mine, NULL};
    if (host_run(r->step, argv, NULL, &out) != 0)
        return run_fail(r, "a copy of the packs", out);
    (void)unlink(r->packs);
    return symlink(mine, r->packs) == 0 ? true : run_fail(r, "a folder of packs", mine);
}

/* patch PACK/FILE "text" "other text": in the scene's copy; `switch` adopts it. */
static bool verb_patch(struct run *r, struct args *a, const char *verb)
{
    const struct word *file = args_next(a), *old = args_next(a), *new = args_next(a);
    struct err e = {0};
    struct str data;
    (void)verb;
    if (new == NULL)
        return run_bad(r, "patch PACK/FILE \"text\" \"other text\"");
    if (!packs_copy(r))
        return false;
    char *path = file_join(r->step, r->packs, file->text);
    if (file_read(r->step, path, 4 << 20, &data, &e) != RC_OK)
        return run_fail(r, "a file of the packs", e.detail);
    const char *text = str_dup(r->step, data), *at = strstr(text, old->text);
    if (at == NULL || strstr(at + 1, old->text) != NULL)
        return run_fail(r, mem_fmt(r->step, "%s once in %s", old->text, file->text), at ? "it stands there more than once" : "it does not stand there");
    char *now = mem_fmt(r->step, "%.*s%s%s", (int)(at - text), text, new->text, at + strlen(old->text));
    return file_write_atomic(path, now, strlen(now), 0600, &e) == RC_OK ? true : run_fail(r, "a file of the packs", e.detail);
}

/* switch [DIR]: files of DIR (beside the scene) are laid over the packs; what is there now is adopted. */
static bool verb_switch(struct run *r, struct args *a, const char *verb)
{
    const struct word *w = args_next(a);
    const char *slash = strrchr(r->at->file, '/');
    char *out;
    (void)verb;
    if (w == NULL)
        return adopt(r);
    char *from = mem_fmt(r->step, "%s/%s/.", slash ? mem_strndup(r->step, r->at->file, (size_t)(slash - r->at->file)) : ".", w->text);
    const char *argv[] = {"cp", "-rL", "--", from, mem_fmt(r->step, "%s/", r->packs), NULL};
    if (!packs_copy(r))
        return false;
    return host_run(r->step, argv, NULL, &out) == 0 ? adopt(r) : run_fail(r, "a folder of packs", out);
}

static bool verb_adopt(struct run *r, struct args *a, const char *verb)
{
    const struct word *w;
    (void)verb;
    r->adopted = json_arr(r->mem);
    while ((w = args_next(a)) != NULL)
        json_add_str(r->adopted, w->text);
    return adopt(r);
}

/* undo: the pack set before the present one is adopted again, as a new set. */
static bool verb_undo(struct run *r, struct args *a, const char *verb)
{
    struct json *args = json_obj(r->step);
    const struct word *w = args_next(a);
    int64_t set = 1;
    (void)verb;
    if (w != NULL && !str_to_i64(str_of(w->text), &set))
        return run_bad(r, "undo [SET]");
    json_set_i64(args, "set", set);
    return command(r, "set.undo", args, NULL);
}

/* ---- bytes ---- */

static bool file_has(TALLOC_CTX *mem, const char *path, const char *text)
{
    struct err e = {0};
    struct str data;
    return file_read(mem, path, 1 << 30, &data, &e) == RC_OK && memmem(data.p, data.n, text, strlen(text)) != NULL;
}

static const char *tree_has(struct run *r, const char *dir, const char *text)
{
    struct name_vec names = VEC_INIT(r->step);
    struct err e = {0};
    if (file_list(r->step, dir, &names, &e) != RC_OK)
        return NULL;
    for (size_t i = 0; i < names.n; i++) {
        MEM_SCOPE(tmp, NULL);
        const char *path = file_join(r->step, dir, names.v[i]), *in = tree_has(r, path, text);
        if (in != NULL)
            return in;
        if (file_has(tmp, path, text))
            return path;
    }
    return NULL;
}

/* Where the text still stands: files of the data folder; on PostgreSQL the whole dump. NULL: nowhere. */
static bool look_for(struct run *r, const char *text, const char **ret_where)
{
    char *out;
    *ret_where = tree_has(r, r->sv[0].dir, text);
    if (*ret_where != NULL || !r->pg)
        return true;
    char *dump = mem_fmt(r->step, "%s/dump%d", r->dir, ++r->serial);
    const char *argv[] = {"pg_dump", "-f", dump, "-d", r->db, NULL};
    MEM_SCOPE(tmp, NULL);
    if (host_run(r->step, argv, NULL, &out) != 0)
        return run_fail(r, "a dump of the database", out);
    if (file_has(tmp, dump, text))
        *ret_where = "the database (pg_dump)";
    return true;
}

static bool verb_grep(struct run *r, struct args *a, const char *verb)
{
    const struct word *w = args_next(a);
    const char *where;
    bool no = strcmp(verb, "grep-not") == 0;
    if (w == NULL || strlen(w->text) < 4)
        return run_bad(r, "a text of at least four bytes");
    if (!settle(r) || !look_for(r, filled(r, w->text), &where))
        return false;
    if (no)
        return where == NULL ? true : run_fail(r, mem_fmt(r->step, "%s is gone from every file", w->text), where);
    return where != NULL ? true : run_fail(r, mem_fmt(r->step, "%s stands in some file", w->text), "it is in none");
}

static int64_t entries(struct run *r)
{
    struct reply p;
    return ask_get(r, r->base->admin, "/api/v1/ledger", &p) ? json_get_i64(p.json, "size", -1) : -1;
}

static bool verb_mark(struct run *r, struct args *a, const char *verb)
{
    (void)a, (void)verb;
    if (!settle(r))
        return false;
    (void)entries(r);                                /* a sign-in that this needs is counted before */
    r->mark = entries(r);
    return r->mark >= 0;
}

const struct verb verbs_house[] = {
    {"clock", verb_clock}, {"restart", verb_restart}, {"kill", verb_restart}, {"server", verb_server}, {"rebuild", verb_rebuild}, {"verify", verb_verify},
    {"backup", verb_backup}, {"restore", verb_restore}, {"patch", verb_patch}, {"switch", verb_switch}, {"adopt", verb_adopt}, {"undo", verb_undo}, {"grep", verb_grep},
    {"grep-not", verb_grep}, {"mark", verb_mark}, {NULL, NULL},
};
