/* scene: daicho-scene, the runner of scene files (docs/TESTING.md). It starts daicho, acts on it through HTTP as people do, and compares. It shares
 * only base with daicho: what it believes, it was told by the API.
 *
 *   scene_main.c   options, the scenes of all files, worker processes, the closing line      scene_parse.c  words of a line, blocks, `let` and `include`
 *   scene_run.c    one scene: its copy, its server, its lines
 *   scene_host.c   programs: daicho, cp, psql; ports; temporary folders                      scene_base.c   loaded example states, copied for each scene
 *   scene_http.c   a small HTTP/1.1 client                                                   scene_say.c    sign-in, commands, refusals, names -> ids
 *   scene_verb.c   acts on records                                                           scene_house.c  clock, restart, verify, backup, pack switch
 *   scene_parallel.c  many requests in flight                                                scene_web.c    raw API, pages, attachments, imports
 *   scene_expect.c, scene_expect_state.c   expectations */
#ifndef SCENE_SCENE_H
#define SCENE_SCENE_H
#include <sys/types.h>
#include "base/base.h"

/* ---- scene files ---- */
struct word { char *text /* without quotes */, *raw; bool quoted; };
VEC_TYPE(words, struct word);
struct line { const char *file; int no; struct words w; char *block /* what stood between <<END and END */; };
VEC_TYPE(lines, struct line);
struct scene { const char *file, *name; int no; struct lines lines; const char *example, *at, *engine /* NULL: both */; struct words adopt; };
VEC_TYPE(scenes, struct scene);
/* False after printing what is wrong with the file. */
bool scene_read(TALLOC_CTX *mem, const char *path, struct scenes *ret_scenes);

/* ---- the host ---- */
struct options { const char *daicho, *root, *tmp, *only; bool sqlite, pg, keep, verbose; int jobs; const char *pg_url; };
struct program { pid_t pid; int out; };
/* Runs to its end; its output (at most 1 MiB) and exit code. */
int host_run(TALLOC_CTX *mem, const char *const *argv, const char *const *env, char **ret_out);
bool host_start(const char *const *argv, const char *const *env, const char *log, struct program *ret);
int host_stop(struct program *p, int sig);
bool host_copy(TALLOC_CTX *mem, const char *from, const char *to);
void host_remove(TALLOC_CTX *mem, const char *path);
void say(const char *text);                     /* a line to stdout */

/* ---- loaded states ---- */
#define BASE_AT "2026-05-01"                    /* when examples are loaded, unless the scene says otherwise */
struct base { const char *key, *dir, *db /* NULL: SQLite */, *admin; struct json *people; };
const struct base *base_get(TALLOC_CTX *mem, const struct options *o, const struct scene *s, bool pg);
/* The connection string of a fresh copy. */
char *base_copy_db(TALLOC_CTX *mem, const struct options *o, const struct base *b, const char *name);
char *base_new_db(TALLOC_CTX *mem, const struct options *o, const char *name);
void base_drop_db(TALLOC_CTX *mem, const struct options *o, const char *name);
char *base_url(TALLOC_CTX *mem, const struct options *o, const char *name);

/* ---- HTTP ---- */
struct reply { int status; char *body; size_t n; const char *cookie, *location; struct json *json; };
struct request { const char *method, *path, *type, *cookie, *csrf, *ikey; const char *body; size_t body_n; };
int http_send(int port, const struct request *q, bool whole);       /* socket or -1; not whole: the last byte is held back */
bool http_last(int fd, const struct request *q);
bool http_read(TALLOC_CTX *mem, int fd, struct reply *ret);
bool http_ask(TALLOC_CTX *mem, int port, const struct request *q, struct reply *ret);
char *url_text(TALLOC_CTX *mem, const char *s);

/* ---- a running scene ---- */
#define SERVERS_MAX 3
struct server { struct program p; int port; bool up; char *dir; };
struct login { const char *cookie, *csrf; };
struct run {
    TALLOC_CTX *mem, *step /* one line's */; const struct options *o; const struct scene *s; const struct base *base; bool pg;
    char *dir, *packs, *db, *db_name, *db_second /* after a restore */, *report; const struct line *at; size_t next;
    struct server sv[SERVERS_MAX]; int on; int64_t now_us;
    struct map *vars, *logins, *passwords; const char *who; struct reply last; bool acted, hushed; int64_t mark, set_before; const char *expect_refusal;
    struct json *adopted; int serial; const char *full_day /* on which everything was judged last */;
};
bool run_scene(TALLOC_CTX *mem, const struct options *o, const struct scene *s, bool pg, char **ret_report);
/* Notes the failure of the present line; always false. */
bool run_fail(struct run *r, const char *expected, const char *came);
bool run_bad(struct run *r, const char *why);                        /* the line itself is wrong */
bool server_start(struct run *r, int i);
bool server_stop(struct run *r, int i, int sig);
bool settle(struct run *r);
bool clock_tell(struct run *r);

/* ---- arguments of a line ---- */
struct args { struct run *r; const struct words *w; size_t i; };
bool args_end(const struct args *a);
const struct word *args_next(struct args *a);                        /* NULL at the end, at `->` and at `!` */
bool args_take(struct args *a, const char *word);
char *filled(struct run *r, const char *text);                       /* $VARs, @today and @now */
/* WHO: a login, admin, me, role NAME [in DEPT], head-of DEPT. NULL after run_fail. */
const char *args_who(struct args *a);
/* A record: a variable, or form:name. 0 after run_fail. */
int64_t args_record(struct args *a);
int64_t record_id(struct run *r, const char *text);
/* field=value into values, option:value into args, a bare text becomes the comment, other bare words go to `bare`. */
bool args_fields(struct args *a, struct json *args, struct json *values, const char **ret_ikey, struct words *bare);

/* ---- talking ---- */
bool ask(struct run *r, const char *who, const struct request *q, struct reply *ret);    /* signs in when needed; false after run_fail */
bool ask_get(struct run *r, const char *who, const char *path, struct reply *ret);
bool request_for(struct run *r, const char *who, struct request *q);                     /* cookie and token */
/* Sends and judges: the answer must be 200, or the refusal that the line expects. */
bool command(struct run *r, const char *name, struct json *args, const char *ikey);
struct request command_request(struct run *r, const char *name, struct json *args, const char *ikey);
bool judged(struct run *r, const struct reply *p);                   /* the same for an answer that is there */
bool refused_as(TALLOC_CTX *mem, const struct reply *p, const char *code);
char *code_text(TALLOC_CTX *mem, const char *err_name);              /* ERR_SELF_APPROVAL -> self-approval */
char *reply_text(TALLOC_CTX *mem, const struct reply *p);
int text_cut(const char *s, size_t max);                /* bytes, at most max, that end with a whole letter */
bool keep_var(struct run *r, int64_t id);                            /* -> VAR of the present line */

/* ---- verbs ---- */
typedef bool (*verb_fn)(struct run *r, struct args *a, const char *verb);
struct verb { const char *name; verb_fn fn; };
extern const struct verb verbs_acts[], verbs_house[], verbs_web[];
verb_fn verb_find(const char *name);
bool line_run(struct run *r, const struct line *l);
bool expect_run(struct run *r, struct args *a, const char *verb);
bool expect_state(struct run *r, struct args *a, const char *what, bool no);
bool parallel_run(struct run *r, struct args *a, const char *verb);
/* The command that an act's words make, without sending it. */
bool act_command(struct run *r, struct args *a, const char *verb, const char **ret_name, struct json **ret_args, const char **ret_ikey);
#endif
