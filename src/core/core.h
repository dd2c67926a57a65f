/* core: the domain; the only room that calls write statements.
 *
 *   core.c       the open house: database, ledger, pack set, writer, background keeper; start-up refusals
 *   writer.c     one writer thread: queue -> savepoint per command -> seal -> one COMMIT -> answers   (the write path, design.md 5)
 *   command.c    the table of commands: every change from page, API, import or timer is one of these, named, with JSON arguments
 *   revision.c   immutable revisions: commitments, bodies, hash           act.c    acts and their effects: apply (also used by rebuild)
 *   ftable.c     form tables: build from a pack set, fill from content    judge.c  values, rules, step conditions: one fenced SELECT a form
 *   log.c        rows that are only added, in batches of one entry             book.c   a review of a whole register
 *   record.c     create, save, fill, void                                 route.c  the rows of a route: planned, opened, opened anew, voided
 *   decide.c     submit, approve, return, reject, withdraw                deputy.c 代理   letter.c answers from outside   ahead.c 先決・後閲   exception.c 職務分離の例外
 *   org.c        departments, assignments, who stands above whom          perm.c   the one decision function     reach.c  what a role may
 *   org_rules.c  what the tree of departments keeps to: no circle, nothing in a closed department    order.c 発令 on its day   leaver.c what a leaver leaves behind
 *   span.c past.c sight.c   the organisation on a day that has passed: who held which role, who could see a record
 *   session.c password.c  sign-in                                         task.c   tasks   sched.c sched_done.c  schedules      check.c check_eval.c check_full.c  checks, verdicts   conform.c  articles
 *   device_net.c   from which addresses people work
 *   dir_sign.c   whose password the directory says        dir_plan.c dir_sync.c   people from it, nightly
 *   oidc_sign.c   sign-ins through a provider elsewhere
 *   sessions.c device.c  where somebody is signed in       factor.c factor_cmd.c vault.c  second factor, its key    prove.c  proofs
 *   together.c   steps that one approval decides
 *   attach.c kept.c  attachments, and what waits for a proof       import.c  CSV in, staged               erase.c  erasure    rebuild.c  projections from truth
 *   accounts*.c  lists of accounts of other systems: looked over, taken in, whose they are
 *   notice.c escalate.c  what people are told, and who else when nothing happens
 *   people.c     sign-ins and posts of people, a page at a time
 *   listing.c    what lists show, by what they sort, where a page goes on
 *   backup.c restore.c erasures.c   a verified copy, and going on from one (epochs: ledger)
 *   setting.c    pack sets: adopt, settings, switch, undo     audit.c  nobody audits their own   oldset.c  older sets, for what was begun under them
 *                   search.c bigrams    setup.c  the first hour
 *
 * Everything that changes goes through core_command. Reads take a connection from core_read_begin. */
#ifndef CORE_CORE_H
#define CORE_CORE_H
#include "base/base.h"
#include "crypt/crypt.h"
#include "db/db.h"
#include "dir/dir.h"
#include "ledger/ledger.h"
#include "oidc/oidc.h"
#include "pack/pack.h"
#include "value/value.h"

struct core;
VEC_TYPE(id_vec, int64_t);
/* Opens everything; on an empty data directory creates it and waits for set-up. */
MUST enum rc core_open(TALLOC_CTX *mem, const struct conf *conf, struct core **ret_core, struct err *e);
void core_close(struct core *c);                           /* stops writer and keeper after the queue is empty */
const struct conf *core_conf(const struct core *c);
const char *core_vkey(const struct core *c);
bool core_is_trial(const struct core *c);
/* The pack set in use, held until released (a switch frees the old one after its last user). NULL before set-up. */
const struct pack_set *core_set_hold(struct core *c);
void core_set_release(struct core *c, const struct pack_set *s);

/* ---- who acts ---- */
enum actor_kind { ACTOR_PERSON, ACTOR_SYSTEM, ACTOR_SETUP };
struct actor { enum actor_kind kind; int64_t person; int64_t on_behalf /* 0, or the person deputised for */; enum lang lang; const char *login;
               int64_t session /* 0: a token, or no session */, proof_us /* when they last proved who they are; 0: never */; const char *addr /* from where, when it is a request; else NULL */; };

/* ---- commands: the write path ---- */
struct answer {
    enum rc rc; struct err err;
    struct json *body;             /* result; for refusals {"code","text","troubles":[{path,code,text,rule,article,warning}]} */
    int64_t seq;                   /* last ledger entry of the command, -1 when none */
    const char *receipt;           /* tlog-proof of that entry */
    bool repeated;                 /* this answer was given before for the same idempotency key */
};
/* Why nothing can be written now (full disk, clock), for a notice on every page; ERR_NONE when all is well. */
enum err_code core_writes_refused(struct core *c);
/* What the writer has done since the start, for operators and `make bench`. longest_hold_us is one batch from BEGIN to COMMIT. */
struct core_counters { int64_t commands, commits, longest_hold_us; };
void core_counters(struct core *c, struct core_counters *ret);
/* Hands the command to the writer and waits until it is durable (or refused). name: see command.c; args: an object. ikey may be NULL.
 * Never fails itself: answer->rc tells. The same ikey with other arguments is ERR_IDEMPOTENCY. */
void core_command(struct core *c, TALLOC_CTX *mem, const struct actor *actor, const char *name, const struct json *args,
                  const char *ikey, struct answer **ret_answer);
/* ---- imports (docs/decisions/0006) ---- */
/* Whose import it is, and of which register (NULL: any); else ERR_DB_NOTFOUND or ERR_DENIED. */
MUST enum rc import_batch_get(struct db *db, TALLOC_CTX *mem, int64_t batch, int64_t person, const char *form, struct q_batch_get *ret, struct err *e);
/* import.stage and import.run until the whole list is through; the answer is the last one. */
void core_import_stage(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *form, const struct json *rows, struct answer **ret);
void core_import_run(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct json *args, struct answer **ret);
/* What a command handler works with. Handlers run on the writer thread inside a savepoint. */
struct command;
struct work { struct core *core; const struct command *cmd; struct tx *tx; struct db *db; TALLOC_CTX *mem; struct ledger *ledger; const struct pack_set *set; struct actor actor;
              int64_t now_us; char today[CIVIL_TEXT_N]; int64_t seq; struct trouble_vec *troubles; bool quiet /* import: no task mail */;
              bool staged /* records are made as rows of an import: judged as handed in, seen by nobody */;
              const struct content *drafted; int64_t drafted_record; int drafted_slot /* what this command has put into which slot of which record */;
              const struct content *written; int64_t written_rev /* the revision that this command wrote last */; int64_t id_next, id_end; bool failed;
              struct set_held *held /* older sets in use until the command ends */; bool scrub /* after COMMIT: no erased bytes may stay in the WAL */;
              struct json *faults /* checks: a condition that cannot be computed is told here and stops no other; NULL: it fails the command */; };
#define WORK_ID_BLOCK 16          /* ids taken from head at a time; unused ones are left out */
typedef enum rc (*command_fn)(struct work *w, const struct json *args, struct json *body, struct err *e);
enum command_need { CMD_SIGNED_IN, CMD_ADMIN, CMD_SYSTEM, CMD_SETUP, CMD_OPEN /* sign-in itself */ };
/* Who is there is asked again when the last proof is too old: PROOF_FORM for what changes, in the end, a record of a form that the packs mark (`proof`). */
enum command_proof { PROOF_NONE, PROOF_ALWAYS, PROOF_FORM };
struct command { const char *name; enum command_need need; enum command_proof proof; command_fn fn; const char *summary; const char *args /* "record i64, version i64, values obj" for OpenAPI */; };
extern const struct command command_table[];
extern const size_t command_n;
/* Appends one ledger entry for the actor of w; field pairs "key","value",..., NULL. Sets w->seq. */
MUST enum rc work_entry(struct work *w, const char *type, const char *object, struct err *e, ...) __attribute__((sentinel));
const char *work_pseudo(struct work *w, int64_t person);   /* pseudonym in the ledger; made on first use */
int64_t work_new_id(struct work *w);                       /* from head.next_id, in the transaction */
/* After-commit work: kind "search", "check", "route" for a record. */
MUST enum rc work_todo(struct work *w, const char *kind, int64_t record, struct err *e);

/* ---- reading ---- */
struct reader { struct core *core; struct db *db; TALLOC_CTX *mem; const struct pack_set *set; struct actor actor; int64_t now_us; char today[CIVIL_TEXT_N]; struct set_held *held /* older sets in use until core_read_end */; };
/* A connection with a stable snapshot and the pack set held; end it before answering. */
MUST enum rc core_read_begin(struct core *c, TALLOC_CTX *mem, const struct actor *actor, struct reader *ret_reader, struct err *e);
void core_read_end(struct reader *r);

struct record { int64_t id; const struct form *form; const char *form_ident, *number, *state, *draft_state /* NULL: no draft */, *title, *origin, *happened_on, *note;
                int64_t department, made_by, made_at, updated_at, closed_at, force_rev, draft_rev, version, pack_set, route_set /* the set its route runs or ran under; 0: no route */; };
MUST enum rc record_get(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t id, struct record *ret_record, struct err *e);
/* The form that the record is read with: while its route runs, that of the set it was handed in under; else today's; when today's set has
 * no such form, that of the set it was made under. Call it after record_get before showing a record. */
MUST enum rc record_own_form(struct reader *r, struct record *rec, struct err *e);
bool record_runs(const struct record *rec);                    /* its draft is in its route */
/* Content of a revision; erased items are left out and counted. */
/* The same inside a command: what this very command wrote is known and not read again. Owned by w->mem. */
MUST enum rc work_content(struct work *w, int64_t revision, struct content **ret_content, struct err *e);
MUST enum rc revision_content(struct db *db, TALLOC_CTX *mem, int64_t revision, struct content **ret_content, size_t *ret_erased, struct err *e);
/* The newest contents of a record, newest first, in one statement. */
MUST enum rc revision_contents(struct reader *r, int64_t record, size_t max, struct content **ret_content /* max places */, size_t *ret_n, struct err *e);
/* What a row of a log says beside its fields: which row it stands for and why, which one stands for it, why it was entered late. */
struct log_note { int64_t corrects, corrected_by; const char *reason, *late; };
MUST enum rc log_read(struct reader *r, const struct record *rec, struct log_note *ret, struct err *e);
/* The rows that a review of a whole register lists, as they stood, beside what became of them since. hash NULL: it lists none. */
struct book_row { int64_t record, no /* of the revision reviewed; 0: new since */, now /* in force now; 0: no longer */; const char *number, *title; bool visible; };
struct book { const char *hash; const struct form *of; int64_t department /* 0: the whole register */, n, changed, gone, fresh;
              struct book_row *row, *fresh_row; size_t from, row_n, fresh_n; };
MUST enum rc book_read(struct reader *r, int64_t revision, size_t from, size_t max, struct book *ret, struct err *e);
struct revision_info { int64_t id, no, author, at, pack_set, seq; uint8_t hash[32]; };
struct act_info { int64_t id, no, revision, actor, on_behalf, at, seq; const char *kind, *step, *comment; const struct json *effect; };
struct step_info { int64_t ord; const char *key, *label, *state, *note; int64_t need, opened_at, done_at; const struct step *step; struct { int64_t person; const char *post, *state; int64_t on_behalf; } *who; size_t who_n; };
struct task_info { int64_t id, record, person, due_us, opened_at; const char *name, *pack, *duty, *title, *state, *role, *record_title, *record_number, *form_ident;
                   const struct schedule *schedule /* NULL: of no schedule of the set */; };
VEC_TYPE(revision_infos, struct revision_info);
VEC_TYPE(act_infos, struct act_info);
VEC_TYPE(step_infos, struct step_info);
VEC_TYPE(task_infos, struct task_info);
MUST enum rc record_revisions(struct reader *r, int64_t record, struct revision_infos *ret, struct err *e);
MUST enum rc record_acts(struct reader *r, int64_t record, struct act_infos *ret, struct err *e);
/* An entry and its proof, for those who may see its record; of entries without a record: one's own, or for those who read everything. Else as for a
 * number that was never given. */
MUST enum rc receipt_get(struct reader *r, int64_t seq, struct str *ret_entry, char **ret_text, struct err *e);
int64_t record_last_seq(struct reader *r, int64_t record);     /* ledger entry of the newest act; -1: none */
MUST enum rc record_steps(struct reader *r, int64_t record, struct step_infos *ret, struct err *e);    /* of the draft, or of the last approved revision */
/* The step at which the actor would approve now, for themselves or as a deputy; NULL: none. Its fields come with the approval. */
MUST enum rc record_step_mine(struct reader *r, const struct record *rec, const struct step **ret, struct err *e);
/* All steps that their approval would decide at once, the open one first (together.c). */
VEC_TYPE(step_list, const struct step *);
MUST enum rc record_steps_mine(struct reader *r, const struct record *rec, struct step_list *ret, struct err *e);
/* What the actor may do with the record right now, for buttons: subset of save submit withdraw approve return
 * reject letter ahead countersign fill close void erase; ahead: may be tried, the command decides. */
MUST enum rc record_may(struct reader *r, const struct record *rec, const char ***ret_acts, size_t *ret_n, struct err *e);
MUST enum rc task_mine(struct reader *r, bool overdue_only, int limit, struct task_infos *ret, struct err *e);
MUST enum rc task_of_record(struct reader *r, int64_t record, struct task_infos *ret, struct err *e);
/* Tasks of schedules that nobody has, since nobody holds the post: for those who read everything; others get none. */
MUST enum rc task_vacant(struct reader *r, int limit, struct task_infos *ret, struct err *e);
/* What of schedules this record ended: title, due, and closed in opened_at. */
MUST enum rc task_ended_by(struct reader *r, int64_t record, struct task_infos *ret, struct err *e);
/* A schedule as it goes: when its next day is, what is open of it, when it was done last, by whom and with which record. 0: none. */
struct sched_info { const struct schedule *schedule; char next[CIVIL_TEXT_N] /* "": its month is not set */; int64_t due_us, last_at, last_by, last_record; bool late /* the last was done after its time */; };
MUST enum rc sched_info_get(struct reader *r, const struct schedule *s, struct sched_info *ret, struct err *e);
struct waiting { int64_t record; const char *number, *title, *form_ident, *post, *state; int64_t since, on_behalf /* 0, or whose deputy one is here */; };
VEC_TYPE(waitings, struct waiting);
MUST enum rc route_waiting_for_me(struct reader *r, int limit, struct waitings *ret, struct err *e);   /* approvals */
MUST enum rc route_returned_to_me(struct reader *r, int limit, struct waitings *ret, struct err *e);
/* ---- the inbox (notice.c): one's own, newest first; what is over (done, decided, handed in again) is no news any more ---- */
struct notice_info { int64_t id, at, record /* 0: none */, whom /* whose task is late; 0: one's own */; const char *kind /* wait task soon late back reject done up1 up2 */, *number; bool fresh, over;
                     struct task_info task /* what it is about; id 0: no task */; };
VEC_TYPE(notice_infos, struct notice_info);
#define NOTICE_FRESH_MAX 100              /* counted no further */
MUST enum rc notice_fresh(struct reader *r, int64_t *ret_n, struct err *e);
MUST enum rc notice_list(struct reader *r, bool all, int64_t before /* 0: from the newest */, int limit, struct notice_infos *ret, struct err *e);
/* ---- known.c: what a page will ask about many records, read at once and kept for the snapshot; asking one by one stays right, and dear ---- */
MUST enum rc ids_read(struct db *db, TALLOC_CTX *mem, const struct sql *s, struct id_vec *ret, struct err *e);      /* adds the first column of each row, NULLs left out */
void ids_want(struct id_vec *ids, int64_t id);                                       /* 0 names nobody */
void titles_in(const struct form *f, const struct content *c, struct id_vec *ids);      /* whom and what a content refers to */
MUST enum rc titles_read(struct db *db, TALLOC_CTX *mem, const struct id_vec *ids, struct err *e);       /* for person_name and record_title */
MUST enum rc records_read(struct db *db, TALLOC_CTX *mem, const struct id_vec *ids, struct err *e);      /* for record_get */
MUST enum rc parts_read(struct db *db, TALLOC_CTX *mem, int64_t person, const struct id_vec *ids, struct err *e);   /* for PERMIT_SEE: in whose route, acts or tasks the person is */
const char *person_name(struct db *db, TALLOC_CTX *mem, int64_t person);    /* "(消去済み)" when erased; "system" for 0 */
const char *record_title(struct db *db, TALLOC_CTX *mem, int64_t record);
/* What a field refers to, for who reads: a draft that never was in force has no name for whoever does not see it (docs/SECURITY.md). */
const char *record_name(struct reader *r, int64_t record);
bool core_resolve(void *ctx /* struct reader */, const struct form *target, const char *typed, int64_t *ret_id, bool *ret_several);    /* a resolve_fn */

/* ---- permission: the one decision function ---- */
enum permit { PERMIT_SEE, PERMIT_MAKE, PERMIT_EDIT, PERMIT_ACT, PERMIT_FILL, PERMIT_VOID, PERMIT_ERASE, PERMIT_EXPORT, PERMIT_IMPORT, PERMIT_ADMIN, PERMIT_READ_ALL, PERMIT__N };
struct grant;                      /* only perm_check makes one; core asserts that it names this permit on this record */
MUST enum rc perm_check(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct actor *a, enum permit p, const struct form *f,
                        const struct record *rec, const char *today, const struct grant **ret_grant, struct err *e);
/* For buttons and lists: a refusal is an answer, an error is not. */
MUST enum rc perm_may(struct reader *r, enum permit p, const struct form *f, const struct record *rec, bool *ret, struct err *e);
/* A record that the reader may see; otherwise, or when there is none, ERR_RECORD_MISSING. */
MUST enum rc perm_see(struct reader *r, int64_t id, struct record *ret_rec, const struct grant **ret_grant, struct err *e);
void grant_assert(const struct grant *g, enum permit p, const struct record *rec);
/* Departments whose records the actor may list for form f: *ret_all or ids. */
MUST enum rc perm_departments(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct actor *a, const struct form *f, const char *today,
                              bool *ret_all, int64_t **ret_ids, size_t *ret_n, struct err *e);

/* ---- what a role may: the ways of perm_check, and the steps of the routes, read without a record (reach.c) ---- */
enum reach_how { REACH_ALWAYS, REACH_DEPARTMENT /* records of one's own department, and of what one heads */, REACH_OWN /* made by oneself; a step: as the applicant */, REACH_POST /* as the step's post */,
                 REACH_NAMED /* whoever a field names */, REACH_SUPERIOR /* in the place of a post that is vacant or made the record */, REACH_ROUTE /* whoever stands in its route or acted on it */,
                 REACH_TASK, REACH_DEPUTY, REACH__N };
enum reach_act { REACH_SEE, REACH_LIST, REACH_PRINT, REACH_MAKE, REACH_EDIT, REACH_CORRECT, REACH_DECIDE /* at a step */, REACH_FILL_AT /* the fields of a step, with its decision */, REACH_FILL, REACH_CLOSE,
                 REACH_VOID, REACH_ATTACH, REACH_EXPORT, REACH_IMPORT, REACH_ERASE, REACH_EXEMPT, REACH_ADMINISTER, REACH_READ_ALL, REACH_ACT__N };
struct reach_from { enum reach_how how; const char *role /* key; NULL: whoever is employed */; struct pos pos; };
VEC_TYPE(reach_froms, struct reach_from);
struct reach { enum reach_act act; const struct step *step /* NULL: none */; unsigned how /* bits 1 << reach_how; 0: never */; struct reach_froms from; };
VEC_TYPE(reaches, struct reach);
/* All acts that there are for records of f, also those that the role never comes to; f NULL: for the house. */
void reach_cells(TALLOC_CTX *mem, const struct pack_set *set, const struct role *role, const struct form *f, struct reaches *ret);
const char *reach_act_key(enum reach_act a);                   /* "see", ...: of the API, and of messages ("reach.see") */
const char *reach_how_key(enum reach_how h);

/* ---- lists ---- */
#define LIST_COLUMNS_MAX 8
size_t list_columns(const struct form *f, const struct field *ret[LIST_COLUMNS_MAX]);      /* the fields that a list of f shows */
const struct field *list_sort_field(const struct form *f, const struct field *fd);         /* by which a heading sorts (its reading); NULL: it does not */
/* Order ("number", "-due", "state" ...; NULL: number) and place (of list_place, or NULL) into q. ERR_LIST_SORT, ERR_LIST_PLACE. */
MUST enum rc list_order(TALLOC_CTX *mem, const struct form *f, const char *sort, const char *after, struct list_query *q, struct err *e);
/* Where the page after this row begins. The sort column must be among q's columns. */
MUST enum rc list_place(TALLOC_CTX *mem, const struct form *f, const char *sort, const struct list_query *q, struct db_rows *rows, char **ret, struct err *e);

/* ---- organisation ---- */
MUST enum rc org_holders(struct db *db, TALLOC_CTX *mem, const char *role_key, int64_t department /* 0: any */, const char *on, struct id_vec *ret, struct err *e);
MUST enum rc org_head(struct db *db, TALLOC_CTX *mem, int64_t department, const char *on, int64_t *ret_person, struct err *e);  /* 0: vacant */
MUST enum rc org_department_of(struct db *db, int64_t person, const char *on, int64_t *ret_department, struct err *e);           /* main post; 0: none */
MUST enum rc org_parent(struct db *db, int64_t department, int64_t *ret_parent, struct err *e);
MUST enum rc org_is_here(struct db *db, int64_t person, const char *on, bool *ret, struct err *e);                   /* in force and not left; somebody who left may nothing */
MUST enum rc org_holds_set(struct db *db, const struct pack_set *set, int64_t person, const char *role, const char *on, bool *ret, struct err *e);   /* also through `is:` */
MUST enum rc org_holders_set(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const char *role, int64_t department, const char *on, struct id_vec *ret, struct err *e);
/* Who answers for a `who`, for record content c in department; climbing past `avoid` (makers). posts say in which capacity. */
struct seat { int64_t person; const char *post; bool climbed; int64_t on_behalf; };
VEC_TYPE(seat_vec, struct seat);
MUST enum rc org_resolve(struct work *w, const struct who *by, const struct content *c, int64_t department, int64_t applicant,
                         const int64_t *avoid, size_t avoid_n, struct seat_vec *ret, struct err *e);

/* ---- the organisation on a day that has passed (past.c, sight.c): for those who read everything, else ERR_DENIED ---- */
struct past { char on[CIVIL_TEXT_N]; int64_t at /* what was recorded at the end of that day; today: now */, began_us /* the first regulation was adopted */;
              const struct pack_set *set /* of that day */; bool before /* began */, ahead /* of today */, other_set /* that day's cannot be read: today's */; struct map *names; };
MUST enum rc past_begin(struct reader *r, const char *typed /* NULL or "": today */, struct past *ret, struct err *e);          /* ERR_DAY */
/* What people and departments were called that day; read together, then asked one by one. */
MUST enum rc past_names(struct reader *r, struct past *p, const struct id_vec *ids, struct err *e);
const char *past_name(struct reader *r, const struct past *p, int64_t id);
enum held_how { HELD, HELD_NOTED_LATER /* entered or changed after that day: noted_us */, HELD_CORRECTED /* known so that day, and struck or changed since, at noted_us */ };
struct holder { int64_t assignment /* where a page goes on after; of heads: the department */, person /* 0: a department without head */, department, noted_us;
                const char *from_on, *to_on; enum held_how how; };
VEC_TYPE(holders, struct holder);
/* At most limit; *ret_next: where it goes on, 0 when that was all. Nothing for a role that everybody has. */
MUST enum rc past_holders(struct reader *r, const struct past *p, const struct role *role, int64_t after, size_t limit, struct holders *ret, int64_t *ret_next, struct err *e);
/* Who could see a record that day, and through what. The same person may stand in several lines. */
enum sight_how { SIGHT_EVERYBODY, SIGHT_MADE, SIGHT_SELF, SIGHT_STEP, SIGHT_ACTED, SIGHT_TASK, SIGHT_DEPUTY, SIGHT_HEAD, SIGHT_ROLE, SIGHT_MEMBER };
struct seer { int64_t person /* SIGHT_EVERYBODY: 0 */, other /* the department, or whose deputy */; enum sight_how how; const char *what /* step, act, task or role, as a page names it */; };
VEC_TYPE(seers, struct seer);
struct sight { bool there /* it was recorded by then */, known /* its form of that day can be read */; int64_t department, everybody /* how many, at most SIGHT_COUNT_MAX */;
               struct seers who; int64_t next /* members go on after this one; 0: that was all */; bool cut /* a role has more holders than are listed */; };
#define SIGHT_COUNT_MAX 1000
/* after 0: all lines and the first members of the department; else members only. ERR_DAY_AHEAD; ERR_RECORD_MISSING for what the reader does not see. */
MUST enum rc sight_on(struct reader *r, struct past *p, int64_t record, int64_t after, size_t limit, struct sight *ret, struct err *e);

/* ---- sign-in ---- */
struct session { int64_t id, person; const char *csrf; enum lang lang; const char *name, *login; bool privileged, must_change, must_enrol /* a setting asks for a second factor, and there is none */; int64_t strong_at; };
/* What handlers of pages and API get as ctx. */
struct site { struct core *core; bool https; };
/* Who is signed in, as the gate attaches it to a request. */
struct user { struct session *session; struct actor actor; bool by_token; };
/* Both write through the writer. addr counts failures. Unknown login and wrong password are indistinguishable in text and time. */
struct sign_in { const char *login, *password, *addr, *agent /* what the browser calls itself */, *code; bool whole /* password and code at once */; };
/* *ret_half: the password was right, and the token opens nothing but session_code. */
MUST enum rc session_login(struct core *c, TALLOC_CTX *mem, const struct sign_in *how, char **ret_token, bool *ret_half, struct err *e);
MUST enum rc session_code(struct core *c, TALLOC_CTX *mem, const char *half, const char *code, const char *addr, char **ret_token, struct err *e);
/* A new proof within a session: the password, or a code. */
struct proof { const char *password, *code, *addr; };
MUST enum rc session_prove(struct core *c, TALLOC_CTX *mem, const char *token, int64_t person, const struct proof *p, struct err *e);
MUST enum rc session_get(struct core *c, TALLOC_CTX *mem, const char *token, struct session **ret_session, struct err *e);     /* ERR_SESSION: none, unused or too old */
MUST enum rc session_api(struct core *c, TALLOC_CTX *mem, const char *bearer, struct session **ret_session, struct err *e);
MUST enum rc session_logout(struct core *c, const char *token, struct err *e);
/* ERR_PROOF when administration or an export wants a newer proof than the actor's. A token proves nothing. */
MUST enum rc proof_fresh(const struct pack_set *set, const struct actor *a, int64_t now_us, struct err *e);
/* ---- the second factor (factor.c, prove.c) ---- */
#define RECOVERY_N 10
struct factor { bool on, wanted /* a setting asks for one */; int64_t since, codes_left; };
MUST enum rc factor_of(struct reader *r, int64_t person, struct factor *ret, struct err *e);
/* A fresh secret, which nobody keeps until a code of it comes back with the ticket; `again`: the ticket of the one that was shown. */
struct factor_new { const char *secret, *uri, *ticket; };
void factor_begin(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *issuer, const char *again, struct factor_new *ret);
MUST enum rc factor_confirm(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *ticket, const struct proof *p, char *ret_code[RECOVERY_N], struct err *e);
MUST enum rc factor_codes(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct proof *p, char *ret_code[RECOVERY_N], struct err *e);
MUST enum rc factor_off(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct proof *p, struct err *e);
char *password_first(TALLOC_CTX *mem);            /* one to be changed at the first sign-in */
/* The directory (LDAP), when one is configured: it says somebody's password from now on. Asks it who has that login. */
bool core_has_directory(const struct core *c);
MUST enum rc directory_link(struct core *c, TALLOC_CTX *mem, const struct actor *a, int64_t person, const char *login, struct err *e);
/* Signing in through a provider (OpenID Connect), when one is configured. The way there: a sign-in, or a new proof for a session. */
#define OIDC_BACK_PATH "/login/org/back"       /* the route of the way back, as it is registered at the provider */
const struct oidc_conf *core_oidc(const struct core *c);       /* NULL: none */
MUST enum rc oidc_go(struct core *c, TALLOC_CTX *mem, const struct session *s /* NULL: a sign-in */, const char *addr, struct oidc_there *ret, struct err *e);
/* The way back, with whoever is signed in already and their cookie. A refusal is an entry, unless the provider does not answer. */
struct oidc_in { struct oidc_back back; const char *addr, *agent, *token; const struct session *session; };
struct oidc_done { char *token /* a sign-in: the new session */; bool half /* which waits for the code of the second factor */, proof /* it was for an open session; known after a refusal, too */; };
MUST enum rc oidc_come(struct core *c, TALLOC_CTX *mem, const struct oidc_in *in, struct oidc_done *ret, struct err *e);
/* May anybody work from that address (core.sign_in_from)? ERR_DEVICE with the article. */
MUST enum rc device_allowed(struct core *c, TALLOC_CTX *mem, const char *addr, struct err *e);
/* What a sync would take over from the directory (dir_plan.c), and taking it over (dir_sync.c). `fewer`: even when more than half are gone there. */
struct dir_plan { struct json *rows /* for directory.apply */, *notes /* what is left alone, and why */; int64_t seen, added, changed, linked, off /* gone or disabled */, on, same, proposed /* posts, by groups */; };
MUST enum rc directory_plan(struct core *c, TALLOC_CTX *mem, bool fewer, struct dir_plan *ret, struct err *e);
MUST enum rc directory_apply(struct core *c, TALLOC_CTX *mem, struct dir_plan *p, struct err *e);      /* rows that are refused become notes */
void core_directory_nightly(struct core *c);              /* of a server: each night from three o'clock, until core_close */
/* While nothing serves: no second factor any more, and this password as a first one. */
MUST enum rc core_rescue(struct core *c, TALLOC_CTX *mem, const char *login, const char *password, bool *ret_factor, struct err *e);
/* Where somebody is signed in, last used first: their own, or for administrators. Ended by the command session.end. */
struct session_info { int64_t id, since, used; const char *addr, *device /* NULL: unknown */; bool here /* the one that asks */; };
VEC_TYPE(session_infos, struct session_info);
MUST enum rc session_list(struct reader *r, int64_t person, struct session_infos *ret, struct err *e);
/* Tokens of who asks; made and ended by token.make and token.end. */
#define TOKENS_MAX 20
MUST enum rc token_list(struct reader *r, struct q_token_of_rows *ret, struct err *e);
/* Figures of the adopted packs per kind of account; *ret_why is a message naming the article. login and names are forbidden parts. */
MUST enum rc password_check(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, bool privileged, const char *password, char **ret_why, struct err *e);
/* One's own password by the present one: wrong ones count like failed sign-ins. All sessions end. A new one for somebody else is account.set. */
MUST enum rc password_change(struct core *c, TALLOC_CTX *mem, const struct session *s, const char *now, const char *next, const char *addr, char **ret_why, struct err *e);

/* ---- settings ---- */
/* What was sent or typed for a figure as canonical text; false: bad says why. */
bool setting_figure_read(TALLOC_CTX *mem, enum lang lang, const struct param *a, const char *text, const char **ret_text, struct trouble_vec *bad);

/* ---- people and their sign-ins, for those who administrate ---- */
struct post_held { int64_t person; const char *role /* key */; };
VEC_TYPE(post_held_vec, struct post_held);
MUST enum rc posts_of(struct db *db, TALLOC_CTX *mem, const int64_t *person, size_t n, struct post_held_vec *ret, struct err *e);
struct person_sign_in { int64_t person; const char *number, *name, *login /* NULL: none */, *state /* none, disabled, directory, no-password, must-change, active */; bool oidc /* has an identity at the provider */; struct post_held_vec posts; };
VEC_TYPE(person_sign_ins, struct person_sign_in);
/* A page of them behind `after` (0: the first). typed: what is looked for, or NULL. g: PERMIT_ADMIN. */
MUST enum rc people_sign_ins(struct reader *r, const struct grant *g, const char *typed, int64_t after, size_t max, struct person_sign_ins *ret, bool *ret_more, struct err *e);

/* ---- attachments (bytes under attachments/, by content) ---- */
struct attachment { int64_t id, record, bytes, at, actor; const char *type /* from content and extension */, *name /* "(消去済み)" when erased */, *path /* attach_get only */; };
VEC_TYPE(attachments, struct attachment);
char *attach_tmp_path(struct core *c, TALLOC_CTX *mem);      /* a fresh name in attachments/tmp */
MUST enum rc attach_copy(int fd, const char *path, struct err *e);      /* all of it, from its beginning, made durable */
/* An upload into the house, under such a name; then the command attach.add {record, name, path, sha256?}. Refused: the caller
 * unlinks it. ERR_FILE_WRITE. */
MUST enum rc attach_keep(struct core *c, TALLOC_CTX *mem, int fd, char **ret_path, struct err *e);
/* A file that waits while its sender is asked for a proof (kept.c): where to put its bytes (NULL: not kept, it must be chosen again), a ticket for
 * the page that asks, and the file of a ticket that came back to the same session within 15 minutes. */
struct kept { const char *field, *name, *path; };
char *kept_begin(struct core *c, TALLOC_CTX *mem, const struct actor *a);
char *kept_ticket(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct kept *k);
bool kept_open(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *ticket, struct kept *ret);
/* Asks for permission on its record: not visible and not there are the same ERR_RECORD_MISSING. */
MUST enum rc attach_get(struct reader *r, int64_t id, struct attachment *ret, struct err *e);
MUST enum rc attach_of_record(struct reader *r, const struct grant *see, const struct record *rec, struct attachments *ret, struct err *e);
/* Type by first bytes and extension, which must agree; NULL: refused. */
const char *attach_type(TALLOC_CTX *mem, const char *name, const void *head, size_t head_n);
bool attach_name_ok(const char *name);

/* ---- lists of accounts of other systems (docs/decisions/0013) ---- */
/* Forms whose records only the commands accounts.* write. */
bool accounts_own(const char *form_ident);
/* accounts.stage until the whole list is through. head: {system, found_on, source, columns?}. */
void core_accounts_stage(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct json *head, const struct json *rows, struct answer **ret);
/* May the reader see what lists say? ERR_DENIED; *ret_take: and take one in. */
MUST enum rc accounts_may(struct reader *r, bool *ret_take, struct err *e);
struct accounts_list { int64_t record /* 0: none was taken in */, accounts, batch /* that brought it, gone when it is through */; const char *found_on, *source, *columns /* how the columns of its CSV were read, or NULL */; };
MUST enum rc accounts_newest(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t system, struct accounts_list *ret, struct err *e);
/* Violations of checks over accounts that were found on the system or are registered for it, by check. */
struct finding { const struct check *check; int64_t subject, since_us; const char *title, *number, *until /* of the exception */; bool excepted; };
struct findings { struct finding *v; size_t n, cap; TALLOC_CTX *mem; };
MUST enum rc accounts_findings(struct reader *r, int64_t system, struct findings *ret, struct err *e);
/* What one's own list on its way would change: how many, and the first hundred of each kind. */
enum accounts_change_kind { ACCOUNTS_NEW, ACCOUNTS_CHANGED, ACCOUNTS_SAME, ACCOUNTS_GONE, ACCOUNTS__N };
struct accounts_change { enum accounts_change_kind kind; const char *account, *name; };
VEC_TYPE(accounts_changes, struct accounts_change);
struct accounts_look { int64_t batch, system; const char *found_on, *source; int64_t n[ACCOUNTS__N]; struct accounts_changes changes; };
MUST enum rc accounts_look(struct reader *r, int64_t batch, struct accounts_look *ret, struct err *e);

/* ---- conformity ---- */
enum verdict_state { VERDICT_OK, VERDICT_BAD, VERDICT_UNKNOWN, VERDICT_EXCEPTED, VERDICT_NONE };
struct article_state { const char *pack, *article, *title; enum verdict_state state; int64_t since_us; int64_t bad_n, unknown_n, excepted_n /* subjects, each check to 1,000 */, ok_n /* checks, declarations and schedules that something conforms to */; const char *why; };
VEC_TYPE(article_states, struct article_state);
MUST enum rc conformity(struct reader *r, const char *pack, struct article_states *ret, int64_t *ret_as_of, struct err *e);
struct violator { const char *check; int64_t subject; const char *title, *number; enum verdict_state state; int64_t since_us; const char *why /* NULL, or why the condition could not be computed */, *until /* of the exception that covers it; else NULL */; };
VEC_TYPE(violators, struct violator);
/* What an article or a check is violated by; asked about an article, what an exception covers comes last, as VERDICT_EXCEPTED. */
MUST enum rc conformity_violators(struct reader *r, const char *pack, const char *article, const char *check, int limit, struct violators *ret, struct err *e);
/* One duty: overdue tasks, violated or unknown checks, missing declarations. ERR_DB_NOTFOUND: no adopted pack has it. */
MUST enum rc duty_state(struct reader *r, const char *duty, enum verdict_state *ret_state, struct violators *ret, struct err *e);
/* ---- conformity through time (conform_day.c): n by enum verdict_state; a day that is not there, or not seen, was not looked at ---- */
#define CONFORM_DAYS_MAX 400
struct conform_total { const char *day; int64_t n[VERDICT_NONE + 1] /* articles, as the day ended */, at_us; };
VEC_TYPE(conform_totals, struct conform_total);
struct conform_span { const char *from, *upto; bool seen; enum verdict_state state /* as the day ended */, worst /* of the day */; int64_t bad_n, unknown_n, excepted_n; };
VEC_TYPE(conform_spans, struct conform_span);
MUST enum rc conform_totals(struct reader *r, const char *pack, const char *from, const char *upto, struct conform_totals *ret, struct err *e);
/* Days of one article, the newest first, those alike together. ERR_DAY: a day cannot be read. */
MUST enum rc conform_spans(struct reader *r, const char *pack, const char *article, const char *from, const char *upto, struct conform_spans *ret, struct err *e);
/* ---- who has what to mend (conform_by.c); each list ends after CONFORM_OPEN_MAX violations, and says so ---- */
#define CONFORM_OPEN_MAX 2000
struct conform_by { int64_t id /* 0: nobody's */; const char *name; int64_t bad_n, unknown_n, excepted_n, oldest_us; };
VEC_TYPE(conform_bys, struct conform_by);
MUST enum rc conform_by_department(struct reader *r, struct conform_bys *ret, bool *ret_more, struct err *e);
/* bad_n: open tasks of checks. All people for who reads everything; else oneself. */
MUST enum rc conform_by_person(struct reader *r, struct conform_bys *ret, bool *ret_more, struct err *e);
/* Full evaluation of all checks (rebuild, pack switch, nightly); the incremental one runs from the keeper. */
MUST enum rc check_full(struct core *c, struct err *e);
/* What the last daily one found: missed counts verdicts that the incremental path should have changed before (which: JSON list of the first). */
struct full_check { const char *day; int64_t at_us, judged, changed, missed; const char *which; };
MUST enum rc check_last(struct db *db, TALLOC_CTX *mem, struct full_check *ret, bool *ret_found, struct err *e);
/* Waits until after-commit work is done up to now (tests, scenes, "as of entry N"). */
void core_settle(struct core *c);

/* ---- house-keeping for cmd ---- */
MUST enum rc core_rebuild(struct core *c, bool compare_only, char **ret_difference /* NULL: equal */, struct err *e);
/* Writes a verified backup into the empty or missing folder dir, while the server runs or not. The house is not opened. */
struct backup_report { int64_t entries, files, bytes, missing /* attachments that are lost or damaged: named in the manifest */; };
MUST enum rc core_backup(const struct conf *conf, const char *dir, bool with_keys, struct backup_report *ret_report, struct err *e);
/* Checks and verifies the backup in dir and puts it in place of what is there (moved aside); the next core_open finishes. dir NULL: the data
 * that is there is vouched for. known_file: a newer checkpoint kept elsewhere, or NULL. */
MUST enum rc core_restore(const struct conf *conf, const char *dir, const char *known_file, struct err *e);
/* keys/signin.key opens the second factors that are there. */
bool core_signin_key_fits(const struct core *c);
/* Set-up code for the first administrator, printed on the console; NULL when set-up is done. */
const char *core_setup_code(const struct core *c);
/* Loads examples/<name>: organization.json settings.json departments.csv people.csv roles.csv records.json. Everybody gets the same password;
 * the first holder of `administrator` ends set-up. For looking around and for scenes. */
MUST enum rc example_load(struct core *c, const char *dir, const char *const *adopt, size_t adopt_n, const char *password, struct err *e);
/* CSV of a people or department list as an office has it -> rows of {path: typed}: columns by header, merged-looking headers, blank lines. */
/* The heading by which sheet_rows knows the field again: its label, or its path where labels of the form are too much alike. */
const char *sheet_heading(TALLOC_CTX *mem, const struct form *f, const struct field *fd);
MUST enum rc sheet_rows(TALLOC_CTX *mem, struct str data, const struct form *f, struct json **ret_rows, struct json **ret_columns, struct err *e);
/* The same with columns chosen by somebody: map[i] is the path of column i, "" for none, NULL or beyond map_n: by its header. */
MUST enum rc sheet_rows_as(TALLOC_CTX *mem, struct str data, const struct form *f, const char *const *map, size_t map_n, struct json **ret_rows, struct json **ret_columns, struct err *e);
bool core_setup_open(struct core *c);                      /* set-up is not finished */
bool core_setup_code_ok(struct core *c, const char *code);  /* constant time; false once set-up is done */
#endif
