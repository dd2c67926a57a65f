/* The open house itself: what core.c owns and writer.c, keeper.c, setting.c use. Nobody else includes this. */
#ifndef CORE_CORE_STATE_H
#define CORE_CORE_STATE_H
#include <pthread.h>
#include "core/core_int.h"

/* One loaded pack set; freed by its last user after a switch. */
struct set_ref { TALLOC_CTX *mem; struct pack_set *set; int refs; struct set_ref *next; };

struct job {
    const struct command *cmd; const struct actor *actor; const struct json *args; const char *ikey;
    TALLOC_CTX *mem; struct answer *ans; bool done; struct job *next;
};
struct space { bool full; int64_t next_us; };
struct writer {
    struct core *core; pthread_t thread; bool started, stop, readonly;
    pthread_mutex_t lock; pthread_cond_t work_cond, done_cond;
    struct job *first, *last;
    struct db *db; struct ledger *ledger;
    int64_t longest_hold_us, commits, commands; bool scrub, saw_full; struct space space;
};
struct full_at { TALLOC_CTX *mem; struct json *args; };
/* What the last look at conformity told the writer, so that only differences are sent; at_us: when. */
struct conform_seen { TALLOC_CTX *mem; struct map *said; char day[CIVIL_TEXT_N]; int64_t set, at_us; };
struct keeper { struct core *core; pthread_t thread; bool started, stop, busy, kicked /* there is work */, hurry /* somebody waits for it */; pthread_mutex_t lock; pthread_cond_t cond, idle; int64_t judged_set /* all its checks were judged */, issued_set, issued_day /* schedules made their tasks for that set and day */;
                 int64_t told_us /* on the clock that does not jump: people were told last */; char seats_day[CIVIL_TEXT_N] /* all open steps were looked at that day */;
                char full_day[CIVIL_TEXT_N] /* on which everything was judged */; struct full_at full /* where that stands */; struct conform_seen seen; };

struct nightly { pthread_t thread; bool started, stop; pthread_mutex_t lock; pthread_cond_t cond; };
struct core {
    const struct conf *conf; char *db_path; const char *db_url;
    struct db_pool *pool;
    pthread_mutex_t set_lock, load_lock; struct set_ref *current, *old /* in use still, or kept for what was begun under them */;
    struct set_ref *pending;          /* made by a command of this batch, adopted after COMMIT */
    struct writer writer; struct keeper keeper;
    char *vkey; bool trial; char *setup_code;
    uint8_t bind_key[32], vault[32]; bool vault_fits;
    int64_t shown /* atomic; odd: the rows of an import are coming into sight, new readers wait */;
    bool kept_some /* atomic; files may be waiting in attachments/tmp */;
    char *attach_dir; struct dir *dir /* NULL: none is configured */; struct oidc *oidc /* likewise */; struct nightly nightly;
};

/* ---- writer.c ---- */
MUST enum rc writer_start(struct core *c, struct err *e);
void writer_stop(struct core *c);
/* ---- backup.c, restore.c ---- */
#define BACKUP_FORMAT "daicho-backup/v1"
char *highwater_dir(TALLOC_CTX *mem, const struct conf *conf);
MUST enum rc file_digest(const char *path, uint8_t ret[HASH_N], int64_t *ret_bytes, struct err *e);
/* restore.json in the data folder: a restore is to be finished by this start. */
struct restore_mark { bool there; const char *why, *known; int64_t epoch, size; };
MUST enum rc restore_mark_read(TALLOC_CTX *mem, const struct conf *conf, struct restore_mark *ret, struct err *e);
MUST enum rc restore_mark_done(const struct conf *conf, struct err *e);
/* ---- erasures.c ---- */
MUST enum rc restore_finish(struct core *c, const struct restore_mark *mark, struct err *e);
MUST enum rc erasures_keep(struct core *c, struct db *db, struct err *e);       /* adds what the database has and the list lacks */
MUST enum rc erasures_since(struct core *c, TALLOC_CTX *mem, int64_t epoch, int64_t seq, struct json *ret_arr, struct err *e);
/* ---- dir_sync.c ---- */
void nightly_stop(struct core *c);
/* ---- vault.c ---- */
#define VAULT_KEY "signin.key"
MUST enum rc vault_open(struct core *c, const char *keys, struct err *e);
/* Whether the key opens the second factors that are there: not after a restore without it, or with another house's. */
MUST enum rc factor_key_fits(struct core *c, struct db *db, bool *ret, struct err *e);
void vault_seal(struct core *c, TALLOC_CTX *mem, const char *what, int64_t person, const void *p, size_t n, uint8_t **ret, size_t *ret_n);
bool vault_unseal(struct core *c, const char *what, int64_t person, const uint8_t *sealed, size_t n, void *ret, size_t want_n);
/* ---- space.c (under the writer's lock, or before it runs) ---- */
bool space_give_back(const struct conf *conf);          /* false: there was nothing left to give */
void space_open(struct core *c);
void space_full(struct core *c);
bool space_short(struct core *c);                       /* looks again once a second */
bool space_spares(const char *command);
/* ---- doubt.c (on the writer's thread) ---- */
/* Connects anew; *ret_committed: what was sealed last is in the database (adopted), else it is forgotten. */
MUST enum rc writer_again(struct writer *wr, bool wait, bool *ret_committed, struct err *e);
/* After COMMIT was lost: RC_OK it happened; ERR_DB_LOST it did not; ERR_DB_DOUBT nobody knows yet. */
MUST enum rc commit_settle(struct writer *wr, struct err *e);
/* ---- attach.c ---- */
/* A path "attachment[<id>]" erases an attachment's name and, after COMMIT, its bytes. */
MUST enum rc attach_erasable(struct work *w, int64_t record, const char *path, bool *ret_yes, struct err *e);
/* Runs a command whose fields bring new files (`files`: field, name, path, sha256?): they are attached with it, or, when it is refused, not at all. */
MUST enum rc attach_with(struct work *w, const struct json *args, struct json *body, command_fn run, struct err *e);
MUST enum rc attach_erase(struct work *w, int64_t record, const struct json *paths, int64_t *erased_n, struct err *e);
MUST enum rc attach_sweep(struct core *c, struct db *db, struct err *e);
/* ---- kept.c ---- */
void kept_sweep(struct core *c);             /* the keeper's, once a second: what nobody came back for goes */
/* ---- import_apply.c ---- */
/* What import.step would work on; 0: nothing. */
MUST enum rc import_next(struct db *db, TALLOC_CTX *mem, int64_t now_us, int64_t *ret_batch, const char **ret_state, struct err *e);
/* ---- check_full.c ---- */
/* The keeper's, once in a day of the organisation: judges everything until `busy` says that there is other work. */
void check_day(struct core *c, bool (*busy)(struct core *));
/* ---- conform_day.c ---- */
void conform_look(struct core *c, bool (*busy)(struct core *));
void conform_seen_end(struct conform_seen *s);
void full_end(struct full_at *at);
/* ---- keeper.c ---- */
MUST enum rc keeper_start(struct core *c, struct err *e);
void keeper_kick(struct core *c);
void keeper_show(struct core *c);         /* at start: what a crash left half in sight comes into sight before anybody reads */
void keeper_stop(struct core *c);
/* ---- setting.c ---- */
/* Loads set `id` from the database into a new reference (not yet current). */
MUST enum rc setting_load(struct core *c, struct db *db, int64_t id, struct set_ref **ret_ref, struct err *e);
void core_set_adopt(struct core *c, struct set_ref *ref);      /* makes it current */
const struct pack_set *core_set_find(struct core *c, int64_t id);        /* held; NULL: not loaded */
void core_set_keep(struct core *c, struct set_ref *ref);       /* an older set, held once */
/* ---- oldset.c ---- */
MUST enum rc set_hold_at(struct core *c, struct db *db, int64_t id, const struct pack_set **ret_set, struct err *e);
const char *keep_says(struct core *c, TALLOC_CTX *mem, const char *name, bool *ret_ok);    /* keeper.c */
bool seats_day_due(struct core *c);                      /* reseat.c: a new day began */
#endif
