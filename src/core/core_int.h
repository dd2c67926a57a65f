/* Inside core only: the open house and what its files share. */
#ifndef CORE_CORE_INT_H
#define CORE_CORE_INT_H
#include "core/core.h"

enum slot { SLOT_FORCE = 0, SLOT_DRAFT = 1, SLOT_VOID = 2, SLOT_STAGED = 3 /* a row of an import that is not in force yet: nobody sees it */ };
#define STATE_STAGED "importing"

struct revision { int64_t id, record, no, author, at, pack_set, seq; const char *form; uint8_t hash[HASH_N]; const char *commits, *body /* only while it is made */; };

/* ---- revision.c ---- */
/* Writes a revision of ordered content; entry record.revised names its hash. blinds of unchanged values are fresh: commitments never repeat. */
MUST enum rc revision_write(struct work *w, int64_t record, const struct form *f, const struct content *c, struct revision *ret_rev, struct err *e);
/* The same in two steps, for rows that one entry binds together: made with their commitments; put once seq is known. */
MUST enum rc revision_make(struct work *w, int64_t record, int64_t no, const struct form *f, const struct content *c, struct revision *ret_rev, uint8_t ret_row[HASH_N], struct err *e);
MUST enum rc revision_put(struct work *w, const struct revision *r, struct err *e);
MUST enum rc revision_get(struct db *db, TALLOC_CTX *mem, int64_t id, struct revision *ret_rev, struct err *e);
/* Hash over what an approval at step `stage_step` binds: values of all fields up to that stage, computed values, form, pack set (attachments: row_bind). It is computed
 * from values, not commitments, under the revision-independent key kept in `keep` (bind_key), so that it tells "same content" without revealing it. */
MUST enum rc revision_bind(struct work *w, const struct form *f, const struct content *c, const char *step_key, uint8_t ret_bind[HASH_N], struct err *e);

/* ---- book.c ---- */
/* At submission of a review: what it lists goes into a new revision of the draft. Nothing for other forms. */
MUST enum rc book_capture(struct work *w, struct record *rec, struct content *c, bool *ret_changed, struct err *e);

/* ---- log.c ---- */
#define LOG_CORRECTS "@corrects"       /* values of a row that no field holds: the row that it stands for, why, and why it was entered late */
#define LOG_REASON "@reason"
#define LOG_LATE "@late"
struct log_batch { int64_t id, pack_set, actor, at; const char *form, *body; };
/* Rows already read, in one batch: set-up and imports. */
MUST enum rc log_put(struct work *w, const struct form *f, struct content *const *c, size_t n, const char *origin, const char *happened_on, int64_t *ret_first, struct err *e);
/* May the reader see a row of this batch? Then its receipt, too. */
MUST enum rc log_batch_may(struct reader *r, int64_t batch, bool *ret, struct err *e);
/* The rows of a batch into the projections; log.c and rebuild call it. */
MUST enum rc log_apply(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, const struct log_batch *b, struct err *e);

/* ---- act.c ---- */
MUST enum rc record_row_write(struct tx *tx, const struct record *r, bool fresh /* its first row */, struct err *e);
/* Records an act with its effect (canonical JSON; keys in act.c's head) and applies it. comment may be NULL. Entry type "act.<kind>". */
MUST enum rc act_do(struct work *w, int64_t record, int64_t revision, const char *kind, const char *step, const char *comment,
                    const struct json *effect, struct err *e);
/* Applies an effect to the projections; act_do and rebuild call it. */
struct act_row { int64_t id, record, revision, no, actor, on_behalf, at, seq; const char *kind, *step; const struct json *effect; const struct content *drafted /* what drafted_slot holds already, or NULL */; int drafted_slot; const struct content *written; int64_t written_rev /* a revision whose content is known, or 0 */;
                 bool again /* rebuild: `show` is done at once; else import.step does it in chunks */; };
/* One row of an import comes into force; one that is there already is left alone. */
MUST enum rc act_show(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, int64_t id, struct err *e);
MUST enum rc act_apply(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, const struct act_row *a, struct err *e);

/* ---- past.c ---- */
MUST enum rc revision_body_content(TALLOC_CTX *mem, const char *body, struct content **ret_content, struct err *e);
/* Set `id`; *ret_other: it cannot be read any more, and *ret_set stays as it is. */
MUST enum rc reader_set_at(struct reader *r, int64_t id, const struct pack_set **ret_set, bool *ret_other, struct err *e);

/* ---- span.c: what the forms of the organisation said, and when ---- */
bool span_kept(const char *form);
MUST enum rc span_begin(struct tx *tx, const struct record *rec, int64_t revision, const struct content *c, int64_t at, struct err *e);
MUST enum rc span_over(struct tx *tx, const struct record *rec, const struct json *effect, int64_t at, struct err *e);
MUST enum rc span_again(struct work *w, const struct record *rec, struct err *e);         /* after an erasure */
/* At start: made once for a house that is older than it. */
MUST enum rc span_wanted(struct db *db, bool *ret, struct err *e);
MUST enum rc span_make(struct core *c, struct err *e);

/* ---- ftable.c ---- */
enum db_type ftable_type(const struct field *f);           /* of its column */
MUST enum rc ftable_ensure(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, struct err *e);     /* tables of all forms of the set */
/* add: into a slot that is known to be empty; put: whatever is there goes first. */
MUST enum rc ftable_add(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state, const struct content *c, struct err *e);
MUST enum rc ftable_put(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state, const struct content *c, struct err *e);
/* The same when the slot holds `was`, written in this transaction: only what differs. */
MUST enum rc ftable_change(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, enum slot slot, const char *state,
                           const struct content *was, const struct content *c, struct err *e);
MUST enum rc ftable_drop(struct tx *tx, TALLOC_CTX *mem, const struct form *f, int64_t record, enum slot slot, struct err *e);
/* The draft slot, which holds this content, becomes the one in force (that goes): columns shared with the record as in rec. */
MUST enum rc ftable_promote(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, bool was_force, const struct content *c, struct err *e);
MUST enum rc ftable_move(struct tx *tx, TALLOC_CTX *mem, const struct form *f, int64_t record, enum slot from, enum slot to, struct err *e);
/* state, department, closed_at of the shared columns after a change of the record row; and `show`. */
MUST enum rc ftable_sync(struct tx *tx, TALLOC_CTX *mem, const struct form *f, const struct record *rec, struct err *e);
MUST enum rc ftable_title(struct db *db, TALLOC_CTX *mem, const struct form *f, const struct content *c, char **ret_title, struct err *e);

/* ---- judge.c: one fenced SELECT per form and purpose; runs on w->db inside the transaction ---- */
enum truth { T_FALSE, T_TRUE, T_UNKNOWN };
MUST enum rc judge_values(struct work *w, const struct record *rec, enum slot slot, struct content *c, bool *ret_changed, struct err *e);  /* computed fields into c; also defaults when fresh */
MUST enum rc judge_conds(struct work *w, const struct record *rec, enum slot slot, const struct cond *const *cond, size_t n, enum truth *ret_truth, struct err *e);
MUST enum rc judge_scalar(struct work *w, const struct record *rec, enum slot slot, const struct cond *c, char **ret_text, struct err *e);   /* NULL: unknown */
/* Rules, required_when, allowed, unique for an act at `at` ("save", "submit", "approve", "close", step id): troubles into w->troubles. */
MUST enum rc judge_rules(struct work *w, const struct record *rec, enum slot slot, const struct content *c, const char *at, struct err *e);
/* The same for a form without conditions, whose row is in no table yet: what is required, and unique. */
MUST enum rc judge_plain(struct work *w, const struct record *rec, const struct content *c, struct err *e);
/* Which steps of the form belong to a pack whose facets apply (ret_on has form->step_n places). */
MUST enum rc judge_packs_on(struct work *w, const struct record *rec, enum slot slot, bool *ret_on, struct err *e);
/* audit.c: a trouble own-audit for each value of the field that its auditor may not audit. */
MUST enum rc audit_judge(struct work *w, const struct record *rec, const struct content *c, const struct field *fd, struct err *e);
/* A trouble undecided:<field> for a condition that came out unknown. */
void judge_undecided(struct work *w, const struct form *f, const struct cond *c, const char *article);

/* ---- route.c ---- */
/* (Re)opens the route of the draft: evaluates step conditions, resolves the first open step; effect keys steps/draft_state or promotion into `effect`. */
/* A saved change of a draft in its route: keeps what approvals bound, or voids them and reopens the route from its start. */
MUST enum rc route_attached(struct work *w, struct record *rec, struct err *e);       /* an attachment was added */
MUST enum rc route_rebind(struct work *w, struct record *rec, const struct content *c, int64_t rev, struct json *effect, struct err *e);
MUST enum rc route_open(struct work *w, const struct record *rec, const struct content *c, const char *note, struct json *effect, bool *ret_done, struct err *e);

/* ---- record.c ---- */
struct numbers { const char *pattern; int64_t fy, next; };
MUST enum rc numbers_take(struct work *w, const struct form *f, size_t n, struct numbers *ret, struct err *e);     /* n numbers, in order */
char *numbers_next(TALLOC_CTX *mem, struct numbers *n);
MUST enum rc record_department(struct work *w, const struct form *f, const struct content *c, int64_t otherwise, int64_t *ret_dept, struct err *e);
/* args.happened_on and args.late_reason: a claim that is not in the future, and has a reason when it is older than the form's grace (note "late"). */
MUST enum rc record_claim(struct work *w, const struct form *f, const struct json *args, const char **ret_on, const char **ret_note, struct err *e);
/* The department of a record that nobody of the organisation makes. */
MUST enum rc setup_department(struct work *w, const struct form *f, const struct content *c, int64_t *ret_dept, struct err *e);
/* The form that the arguments name. */
MUST enum rc form_named(struct work *w, const struct json *args, const struct form **ret, struct err *e);
/* Struck out: the version in force goes to the void slot, its tasks end. */
MUST enum rc record_void_effect(struct work *w, const struct record *rec, struct json *effect, struct err *e);
struct value_ctx record_value_ctx(struct work *w, struct reader *r);
MUST enum rc record_lock(struct work *w, const struct json *args, enum permit p, struct record *ret_rec, const struct grant **ret_grant, struct err *e);   /* by args.record; checks args.version */
/* Draft content when there is a draft, else content in force. */
MUST enum rc record_force_content(struct db *db, TALLOC_CTX *mem, const struct record *rec, struct content **ret_content, struct err *e);       /* empty: nothing is in force */
MUST enum rc record_content(struct db *db, TALLOC_CTX *mem, const struct record *rec, struct content **ret_content, struct err *e);
/* A new record with its first draft revision; content is canonical. */
MUST enum rc record_make(struct work *w, const struct form *f, const struct content *content, const char *origin, const char *happened_on, const char *note,
                         const char *comment, int64_t *ret_id, struct err *e);
/* Judges content as if it were handed in and leaves nothing behind: troubles into w->troubles. */
MUST enum rc record_try(struct work *w, const struct form *f, const struct content *content, struct err *e);
MUST enum rc record_answer(struct work *w, int64_t id, struct json *body, struct err *e);
/* What happens when a draft becomes the version in force: then: tasks, numbering, todo. Fills effect. */
MUST enum rc record_promote(struct work *w, const struct record *rec, const struct content *c, struct json *effect, struct err *e);

/* ---- known.c ---- */
MUST enum rc record_row(struct db *db, TALLOC_CTX *mem, int64_t id, struct q_record_row *ret, bool *ret_found, struct err *e);
bool part_known(struct db *db, TALLOC_CTX *mem, int64_t person, int64_t record, bool *ret);      /* false: nobody looked */

/* ---- org.c ---- */
#define ORG_KEYS_MAX 24
/* Keys under which a role may be held: its own, and other packs' roles that are the same post. */
void org_role_keys(const struct pack_set *set, const char *role, const char **keys, size_t *n, size_t max);
void org_role_in(struct sql *s, const struct pack_set *set, const char *role);        /* " AND x.role IN (...)" of those keys */
MUST enum rc org_heads(struct db *db, TALLOC_CTX *mem, int64_t person, const char *on, struct id_vec *ret, struct err *e);        /* departments */
/* The main department first, then those of additional posts that last on that day. */
MUST enum rc org_departments_of(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *on, struct id_vec *ret, struct err *e);
MUST enum rc org_member(struct db *db, const struct pack_set *set, int64_t person, int64_t department, const char *on, bool *ret, struct err *e);
MUST enum rc org_below(struct db *db, TALLOC_CTX *mem, const int64_t *department, size_t n, struct id_vec *ret, struct err *e);     /* directly below one of these */
/* The next superior of a department's people who is none of `avoid`, at the top the post that a pack names; nothing when there is nobody. */
MUST enum rc org_climb(struct work *w, int64_t department, const int64_t *avoid, size_t avoid_n, struct seat_vec *ret, struct err *e);
void org_roles_read(struct work *w, const struct form *f, struct content *c);       /* typed roles to role keys; troubles for unknown ones */
/* ---- exclude.c ---- */
/* An appointment comes into force: nobody holds two roles that exclude each other. Sets effect's `exception` when one lets it through. */
MUST enum rc exclude_appointment(struct work *w, const struct record *rec, const struct content *c, struct json *effect, struct err *e);
MUST enum rc exclude_refuse(struct work *w, const struct role *a, const struct role *b, struct err *e);       /* the refusal: both posts, the regulation, its article */

/* ---- org_rules.c: what the tree of departments keeps to ---- */
/* Troubles circle, closed, in-use for a department, a person, an appointment or a post that is handed in; nothing for other forms. */
MUST enum rc org_judge(struct work *w, const struct record *rec, const struct content *c, struct err *e);
MUST enum rc org_promote_check(struct work *w, const struct record *rec, const struct content *c, struct err *e);
MUST enum rc org_void_check(struct work *w, const struct record *rec, struct err *e);

/* ---- deputy.c ---- */
struct deputy { int64_t record /* the delegation */, from, to; const char *role /* key, NULL: all posts */; };
VEC_TYPE(deputy_vec, struct deputy);
/* Whose deputy this person is on that day. */
MUST enum rc deputies_of(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *on, struct deputy_vec *ret, struct err *e);
/* Adds who stands in for this person on that day: for everything, or for that post. */
MUST enum rc deputies_for(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *post /* NULL: none */, const char *on, struct id_vec *ret, struct err *e);
bool deputy_covers(const struct pack_set *set, const struct step *s, const char *role /* NULL: all posts */);
MUST enum rc deputy_fits(struct db *db, const struct pack_set *set, const struct deputy *d, const struct step *s, const char *on, bool *ret, struct err *e);
/* Whose open seat of the record this person may take today; 0: nobody's. */
MUST enum rc deputy_stands(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const struct form *f, int64_t record, int64_t person, const char *on, int64_t *ret_from, struct err *e);
MUST enum rc deputy_check(struct work *w, const struct record *rec, const struct content *c, struct err *e);      /* asked when a delegation comes into force */

/* ---- task.c ---- */
MUST enum rc task_plan(struct work *w, const struct record *rec, const char *on, struct json *effect, struct err *e);      /* then: of the form into effect.tasks */
MUST enum rc task_follow(struct work *w, const struct record *rec, const struct content *c, enum slot slot, struct json *effect, struct err *e);      /* then: with `follows` */
MUST enum rc task_first_check(struct work *w, const struct record *rec, const struct json *effect, struct err *e);      /* ERR_TASKS_OPEN */
MUST enum rc task_settle(struct work *w, const struct record *rec, enum slot slot, struct json *effect, struct err *e);                    /* done: of open tasks */
MUST enum rc task_close_all(struct work *w, const struct record *rec, struct json *effect, struct err *e);
/* A task that the route itself sets for somebody. `at` tells several of one name apart: telling the same again changes nothing.
 * NOTICE_AT makes it of a place in the route and this moment. */
struct notice { const char *name, *title; int64_t at, person; const struct step *step /* whose duties it carries, or NULL */; int due_days /* 0: none */; };
#define NOTICE_AT(now_us, ord) ((now_us) * 100 + (ord))
#define NOTICE_US(at) ((at) / 100)
void task_notice(struct work *w, const struct record *rec, const struct notice *n, struct json *effect);
/* Which open ones end; 0: any. */
struct notice_sel { const char *name; int64_t at, person, since_us; };
MUST enum rc task_notice_end(struct work *w, const struct record *rec, const struct notice_sel *sel, struct json *effect, struct err *e);
struct task_new { const char *key, *name; const struct pack *pack /* NULL: core's */; const char *duty, *role, *title; int64_t record /* of an act of the house */, person, due, opened; /* 0: none */ };
void task_add(struct work *w, struct json *arr, const struct task_new *t);
void task_closed_add(struct json *arr, const char *tkey, const char *state, int64_t by, int64_t record, int64_t at);     /* 0: as the act says */
void task_closed(struct json *effect, const char *key, const char *state);
/* Of a task's key: its `at`; -1: not one of that name. */
int64_t task_notice_at(struct work *w, const struct record *rec, const char *name, const char *tkey);
/* effect: the whole effect; reads its keys tasks and tasks_closed. */
MUST enum rc task_apply(struct tx *tx, TALLOC_CTX *mem, const struct act_row *a, const struct json *effect, struct err *e);

/* ---- password.c ---- */
/* Effective figure of the adopted packs and the article that it comes from. */
/* Verifies a password outside the writer, with the counters of address and account; what it found is compared by session_verified in the command. */
MUST enum rc session_verify(struct core *c, TALLOC_CTX *mem, const char *login, const char *password, const char *addr, struct q_login_by_name *ret_acc, struct err *e);
MUST enum rc session_verified(struct work *w, const struct json *args, struct err *e);       /* args: person, verified (the hash) */
int64_t password_figure(const struct pack_set *set, const char *key, int64_t otherwise, const char **ret_article);

MUST enum rc account_kind(struct work *w, int64_t person, const char **ret, struct err *e);       /* privileged, general */
#define ROLE_NOTICE "directory-role:"      /* dir_plan.c, dir_sync.c: the task that proposes a post, with its key behind */
/* ---- device_net.c ---- */
const char *device_list_bad(TALLOC_CTX *mem, const char *list);           /* the first word that is neither address nor network; NULL: none */
bool device_list_holds(TALLOC_CTX *mem, const char *list, const char *addr);      /* an empty list holds everybody */
MUST enum rc device_self(struct work *w, const struct pack_set *next, struct err *e);
const char *setting_article(const struct pack_set *set, const char *key);       /* password.c: the regulation that asks for it */
/* ---- dir_sign.c: whose password the directory says ---- */
const char *account_proof(TALLOC_CTX *mem, const char *hash, const char *dkey);        /* what a sign-in verified: compared again in the command; NULL: nothing there */
/* ERR_DIRECTORY: no answer, and nothing is counted. ERR_DIRECTORY_DISABLED and its kin: the password is right. */
MUST enum rc directory_right(struct core *c, TALLOC_CTX *mem, const char *dkey, const char *password, bool *ret, struct err *e);
MUST enum rc directory_unknown(struct core *c, TALLOC_CTX *mem, const char *login, struct err *e);
MUST enum rc password_right(struct core *c, TALLOC_CTX *mem, const struct q_login_of *acc, const char *password, bool *ret, struct err *e);      /* of the house or of the directory */
/* ---- oidc_sign.c: identities at a provider ---- */
#define OIDC_PROOF "oidc:"                 /* before issuer and subject, as what a sign-in verified */
MUST enum rc oidc_proof(struct db *db, TALLOC_CTX *mem, int64_t person, const char **ret, struct err *e);        /* NULL: none */
MUST enum rc oidc_password_allowed(struct core *c, TALLOC_CTX *mem, int64_t person, struct err *e);         /* ERR_PASSWORD_OIDC */
MUST enum rc sign_in_rate(struct core *c, TALLOC_CTX *mem, const char *addr, struct err *e);       /* session.c: ERR_HTTP_RATE after too many failures from there */
/* The last administrator with a password of the house. */
MUST enum rc directory_last(struct work *w, int64_t person, bool *ret, struct err *e);
MUST enum rc directory_keeps(struct work *w, int64_t person, struct err *e);           /* ERR_DIRECTORY_LAST while others depend on the directory */

/* ---- pw_words.c ---- */
const char *password_common(TALLOC_CTX *mem, const char *password);         /* the word that it leans on, or NULL */
bool password_has_name(TALLOC_CTX *mem, const char *password, const char *name);      /* in any spelling */

/* ---- sessions.c, device.c ---- */
struct session_limits { int64_t idle_us, absolute_us; };
struct session_limits session_limits(const struct pack_set *set);
const char *device_name(TALLOC_CTX *mem, const char *agent);        /* "Windows / Chrome"; NULL: unknown */

/* ---- attach.c ---- */
/* The files of a command (`files`: field, name, path, sha256?) are looked through and named, their ids put into its values; stored at its end. */
struct taken;
VEC_TYPE(taken_vec, struct taken *);
MUST enum rc attach_take(struct work *w, const struct record *rec, const struct json *args, struct json **ret_values, struct taken_vec *ret, struct err *e);
MUST enum rc attach_store(struct work *w, const struct taken_vec *t, struct err *e);
MUST enum rc proof_form(struct work *w, const struct form *f, struct err *e);
MUST enum rc proof_approval(struct work *w, bool final, struct err *e);
void work_as_house(struct work *w);                 /* nobody did it; the caller puts the actor back */
/* core_command for whom only its outcome matters. */
MUST enum rc core_send(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *name, const struct json *args, struct err *e);
/* ---- session.c: of sign-ins and proofs alike ---- */
MUST enum rc sign_in_run(struct core *c, TALLOC_CTX *mem, const char *name, const struct json *args, struct err *e);
MUST enum rc sign_in_failed(struct core *c, TALLOC_CTX *mem, int64_t person, const char *login, const char *addr, enum err_code code, struct err *e);    /* counts; never RC_OK */
MUST enum rc sign_in_open(struct core *c, TALLOC_CTX *mem, int64_t person, const char *addr, struct q_login_of *ret, struct err *e);      /* not locked, not disabled */
struct json *sign_in_args(TALLOC_CTX *mem, int64_t person, const char *verified, const char *addr, char **ret_token);

/* ---- factor.c ---- */
struct factor_used { int64_t step, no /* of a recovery code; -1: none */; const char *hash; };
MUST enum rc factor_check(struct core *c, TALLOC_CTX *mem, int64_t person, const char *typed, struct factor_used *ret, bool *ret_ok, struct err *e);
/* The same as one try of a sign-in: a wrong one counts and is refused. */
MUST enum rc sign_in_code(struct core *c, TALLOC_CTX *mem, int64_t person, const char *login, const char *code, const char *addr, struct factor_used *ret, struct err *e);
void factor_args(struct json *args, const struct factor_used *used);
MUST enum rc factor_spend(struct work *w, int64_t person, const struct json *args, const char **ret_by, struct err *e);
MUST enum rc factor_wanted(struct db *db, const struct pack_set *set, int64_t person, bool privileged, const char *today, bool *ret, struct err *e);
MUST enum rc factor_ticket(struct core *c, TALLOC_CTX *mem, int64_t person, const char *ticket, const char *code, uint8_t **ret_sealed, size_t *ret_n, int64_t *ret_step, struct err *e);
MUST enum rc factor_codes_make(TALLOC_CTX *mem, char *ret_code[RECOVERY_N], struct json *hashes, struct err *e);

/* ---- setup.c ---- */
/* A record that is in force at once, without a route: set-up and imports alone; its origin says so. */
MUST enum rc import_apply(struct work *w, const struct record *rec, const struct content *c, struct err *e);     /* a record of the form `import` comes into force */
#define CHECKED_SET "checked_set"          /* in keep: the pack set whose checks were all judged */
/* ---- excepted.c: exceptions in force today ---- */
struct excepted { const char *pack, *article, *duty /* NULL: the whole article */, *subject /* number; NULL: every record */, *until; };
VEC_TYPE(exceptions, struct excepted);
MUST enum rc exceptions_read(struct reader *r, struct exceptions *ret, struct err *e);
const struct excepted *exception_whole(const struct exceptions *v, const char *pack, const char *article, const char *const *duty, size_t n);
bool exception_one(const struct exceptions *v, const struct duty *d, const char *number);
const struct excepted *exception_covering(const struct exceptions *v, const char *pack, const char *article, const struct check *k, const char *number);
MUST enum rc exception_singles(struct reader *r, const struct exceptions *v, const char *pack, const char *article, const struct check *k, int64_t *ret_n, const struct excepted **ret_one, struct err *e);
MUST enum rc setup_open_check(struct work *w, struct err *e);       /* refuses once set-up is over */
MUST enum rc record_put_in_force(struct work *w, const struct form *f, const struct content *content, const char *origin, const char *happened_on, const char *note, int64_t *ret_id, struct err *e);

/* ---- erase.c ---- */
/* Blanks the paths in all revision bodies, form tables, title and search; used by the command and after a restore. */
MUST enum rc erase_apply(struct work *w, int64_t record, const struct json *paths, int64_t *ret_n, struct err *e);
MUST enum rc erase_note(struct work *w, int64_t record, const struct json *paths, const char *ground, int64_t n, struct err *e);

/* ---- setting.c ---- */
MUST enum rc setting_body(struct work *w, const char *dir, const struct json *adopt, const struct json *settings, struct json **ret_body, struct err *e);
/* Writes the set, loads it, makes its tables; w->set is the new one at once, everybody else's after COMMIT. */
/* Refuses a word, figure or alternative that no pack of the set has. */
MUST enum rc setting_names_check(struct work *w, const struct json *in, struct err *e);
MUST enum rc setting_values_check(struct work *w, const struct json *in, struct json *ret_clean /* or NULL */, struct err *e);      /* setting_value.c; names are known */
MUST enum rc setting_switch(struct work *w, const struct json *body, const char *why, int64_t *ret_id, struct err *e);
MUST enum rc setting_reopen(struct work *w, bool restart, struct err *e);

/* ---- oldset.c ---- */
struct set_held { const struct pack_set *set; struct set_held *next; };
void set_held_end(struct core *c, struct set_held **list);
/* Set `id`, loaded when need be and kept until the command ends. ERR_SET_UNREADABLE: this program cannot read it (any more). */
MUST enum rc work_set_at(struct work *w, int64_t id, const struct pack_set **ret_set, struct err *e);
/* Before a record is worked on: w->set becomes the one it is worked on under (record_own_form), and rec->form that set's. */
MUST enum rc work_record_set(struct work *w, struct record *rec, struct err *e);
MUST enum rc reader_form_at(struct reader *r, int64_t id /* of a set; 0: today's */, const char *ident, const struct form **ret_form, struct err *e);

/* ---- keeper: after-commit work ---- */
/* A record leaves the search index (its text too). */
MUST enum rc search_clear(struct work *w, int64_t record, struct err *e);
enum rc cmd_search_run(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_check_run(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_conform_day(struct work *w, const struct json *args, struct json *body, struct err *e);     /* conform_day.c */
#define CHECK_PREFIX "check:"          /* check:<check>:<subject>:<person> is the key of a violation's task */
/* The tasks of violations of one check, which bear its name: handed on to who answers for them now. */
MUST enum rc check_tasks_again(struct work *w, const char *name, const int64_t *subject, size_t n, struct err *e);
/* Of what is in force (before) something else comes into force (after): whom only the former names is judged again. */
MUST enum rc check_left(struct work *w, const struct form *f, const struct content *before, const struct content *after, struct err *e);
/* todo.run or check.run; when a condition cannot be computed, once more with each condition apart, and what failed goes into the log. */
void check_command(struct core *c, TALLOC_CTX *mem, const char *name, const struct json *args, struct answer **ret);
void check_faults_begin(struct work *w, const struct json *args, struct json *body);      /* `apart`: w->faults */
enum rc cmd_route_restart(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_route_run(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_seats_run(struct work *w, const struct json *args, struct json *body, struct err *e);
enum rc cmd_seats_day(struct work *w, const struct json *args, struct json *body, struct err *e);
/* A record of that form changed in force: who answers at open steps may be others now. */
bool seats_told_by(const char *form_ident);               /* who holds which post stands in records of these forms */
MUST enum rc seats_moved(struct work *w, const char *form_ident, struct err *e);

/* ---- handlers, one line per row of command_table ---- */
#define HANDLER(name) enum rc name(struct work *w, const struct json *args, struct json *body, struct err *e)
HANDLER(cmd_record_create); HANDLER(cmd_record_save); HANDLER(cmd_record_fill); HANDLER(cmd_record_close); HANDLER(cmd_record_void);
HANDLER(cmd_record_submit); HANDLER(cmd_record_withdraw); HANDLER(cmd_record_approve); HANDLER(cmd_record_return); HANDLER(cmd_record_reject);
HANDLER(cmd_record_erase); HANDLER(cmd_task_done); HANDLER(cmd_record_letter); HANDLER(cmd_record_ahead); HANDLER(cmd_record_countersign);
HANDLER(cmd_attach_add); HANDLER(cmd_log_add); HANDLER(cmd_log_correct);
HANDLER(cmd_login); HANDLER(cmd_login_failed); HANDLER(cmd_logout); HANDLER(cmd_password_set); HANDLER(cmd_session_touch); HANDLER(cmd_session_end); HANDLER(cmd_session_prove);
HANDLER(cmd_totp_set); HANDLER(cmd_totp_codes); HANDLER(cmd_totp_off); HANDLER(cmd_totp_reset); HANDLER(cmd_account_seen); HANDLER(cmd_token_make); HANDLER(cmd_token_end);
HANDLER(cmd_account_set); HANDLER(cmd_account_directory); HANDLER(cmd_oidc_bind); HANDLER(cmd_account_oidc); HANDLER(cmd_directory_apply);
HANDLER(cmd_setup_start); HANDLER(cmd_setup_people); HANDLER(cmd_setup_roles); HANDLER(cmd_setup_records); HANDLER(cmd_setup_passwords); HANDLER(cmd_setup_finish);
HANDLER(cmd_set_adopt); HANDLER(cmd_set_settings); HANDLER(cmd_set_undo);
HANDLER(cmd_import_stage); HANDLER(cmd_import_run); HANDLER(cmd_import_drop); HANDLER(cmd_import_cancel); HANDLER(cmd_import_step);
HANDLER(cmd_accounts_stage); HANDLER(cmd_accounts_take); HANDLER(cmd_accounts_match);
HANDLER(cmd_notice_run); HANDLER(cmd_notice_read); HANDLER(cmd_schedule_run); HANDLER(cmd_span_fill); HANDLER(cmd_rebuild); HANDLER(cmd_restore_finish);
#undef HANDLER

MUST enum rc work_troubles_refuse(struct work *w, struct err *e);        /* RC_OK when none but warnings; else ERR_RULE / ERR_UNDECIDED / ERR_FIELDS by the first */
void trouble_add(struct work *w, const char *path, const char *code, const char *text, const char *rule, const char *article, bool warning);
#endif
