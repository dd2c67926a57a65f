/* pack: a regulation as data. Reads pack folders (YAML, Markdown), checks them, compiles conditions to SQL text, combines the adopted
 * packs into one immutable set. Knows cal (whether a recurrence is one) and no database: it only writes condition text that core binds and runs.
 *
 *   yaml.c         libyaml events to a positioned tree; limits; refuses anchors, aliases, tags, duplicate keys (libyaml known here only)
 *   pack_read.c    one folder -> struct pack (tables of keywords: one declaration for reader, lint and docs/PACKS.md)
 *   pack_form.c    forms, fields, rules, routes     pack_duty.c  duties, checks, schedules, events
 *   cond_lex.c cond_parse.c cond_type.c cond_write.c   conditions: tokens -> tree -> types -> SQL text for both engines   cond_path.c  how what is read hangs together with the subject
 *   pack_combine.c facets over core forms, strictest settings, the set       pack_lint.c  cross references, route cover, unreachable
 *   pack_text.c    the regulation's text: Markdown with {parameter} and choose: blocks, tied to duties
 *   pack_words.c   the keyword tables     pack_route.c  conditions, rules, routes merged over facets     pack_set.c  look-ups, problems printed
 *   pack_cover.c   proof that a route leaves no gap     pack_clock.c  how terms are counted     pack_doc.c  docs/PACKS.md
 *   coverage.c     duties demanded (catalogue) against carried     coverage_forms.c  forms against the catalogue
 *
 * Names: `id` is what the file says; `key` is unique in the set ("sme:medium-encrypted", "sme-3-2a"); `col` is a database column. */
#ifndef PACK_PACK_H
#define PACK_PACK_H
#include "base/base.h"
#include "cal/cal.h"

/* ---- positions and problems ---- */
struct pos { const char *file; int line, col; };
struct problem { struct pos pos; const char *text; bool warning; };      /* text in Japanese, names the rule */
VEC_TYPE(problem_vec, struct problem);

/* ---- values ---- */
enum ftype {
    FT_TEXT, FT_LONGTEXT, FT_INT, FT_NUMBER, FT_MONEY, FT_DATE, FT_DATETIME, FT_MONTH, FT_DURATION /* ISO 8601 P3Y.. as text */,
    FT_BOOL, FT_CHOICE, FT_MULTI /* multichoice and checklist: child table with column value */,
    FT_REF /* record of ref_form; ref_many -> child table with column value */, FT_PERSON, FT_DEPARTMENT, FT_ROLE /* role key as text */,
    FT_FILE /* attachment id; many */, FT_SIGN /* signature: person and time of an act */, FT_TABLE, FT__N
};
struct choice_opt { const char *id, *label, *label_en; };
/* A choice set: named in lists.yaml (`of: media`) or given inline by `options`. ordered: options stand from the least to the strictest. */
struct choice_set { const char *id; struct choice_opt *opt; size_t n; bool ordered; };

struct cond;                          /* a compiled condition, below */
struct pack;
struct form;

struct carries { const char **duty; size_t n; };         /* duty keys */

/* who: people, named by a role, a field, or their place in the organisation */
enum who_kind { WHO_APPLICANT, WHO_ROLE, WHO_HEAD_OF, WHO_HOLDER_IN, WHO_FIELD, WHO_ANY, WHO_ALL, WHO_OUTSIDE };
struct who { enum who_kind kind; const char *role; const char *path /* field path for HEAD_OF / HOLDER_IN / FIELD / OUTSIDE; "department" = the record's */;
             struct who *sub; size_t sub_n; struct pos pos; };

struct field {
    const char *id;                   /* as written: lower-case identifier */
    const char *path;                 /* in content, lists, API: "destination" (core form or pack-own form) or "sme.level" (facet) */
    const char *col;                  /* column or child table suffix: "destination" / "sme__level" */
    const char *label, *label_en, *help, *help_en, *group;
    const struct pack *pack;
    struct pos pos;
    enum ftype type;
    const struct choice_set *of;      /* FT_CHOICE, FT_MULTI */
    const struct form *ref;           /* FT_REF, FT_PERSON (person), FT_DEPARTMENT (department) */
    const char *ref_name;
    bool many;                        /* FT_REF/FT_PERSON/FT_DEPARTMENT/FT_FILE lists */
    struct field *cols; size_t cols_n;/* FT_TABLE */
    bool all_ticked;                  /* checklist: every option must be ticked */
    bool required; struct cond *required_when; struct cond *show_when;
    const char *stage;                /* "submit" (default), a step id, "approved", "close" */
    struct cond *allowed;             /* for FT_CHOICE/FT_MULTI: condition over `r` and the name `option` that must hold for the chosen options */
    struct cond *value;               /* computed: not editable; from values: */
    struct cond *dflt;                /* default for a new record */
    int64_t min, max; bool has_min, has_max;  /* numbers; text: characters */
    const char *pattern;              /* a named pattern: mac, ip, email, tel, postal, url_https, code */
    const char *audited_by;           /* a department or record that is audited: the person field (of its table or form) or "made_by" that audits it */
    const char *item;                 /* number of the item, of those that a law asks for, which it answers; or NULL */
    bool unique;                      /* among records in force */
    bool personal;                    /* personal data: blanked by erasure of a person */
    bool listed;                      /* shown as a list column */
    bool indexed;
    bool ongoing;                     /* of stage submit, and yet filled in and changed while the record is in force */
    struct who *fill_by;              /* who alone fills it in once the record is in force; NULL: who may fill the record */
    struct carries carries;
};

/* ---- rules, routes ---- */
enum rule_kind { RULE_DENY, RULE_WARN };
struct rule { const char *id, *key; struct pos pos; const struct pack *pack; enum rule_kind kind; struct cond *when; const char *text, *text_en;
              const char *article; const char *field; const char *at /* "submit" (default: submit and every later act), "save", "approve", "close", step id */; struct carries carries; };

enum step_kind { STEP_CONFIRM, STEP_APPROVE, STEP_RECEIVE };
struct step { const char *id, *key, *label, *label_en; struct pos pos; const struct pack *pack; enum step_kind kind; struct who by; struct cond *when /* NULL: always */;
              int need /* n: different persons, default 1 */; bool distinct; const char *article; struct carries carries; };
/* then: what follows. on: in_force (default), submitted, closed, returned, field set... */
struct then { const char *id, *key, *label, *label_en; struct pos pos; const struct pack *pack; const char *on; struct cond *when; struct who by;
              struct cond *due /* date or datetime; NULL: none */; struct cond *done /* the task closes when true */; const char *make /* form to fill, or NULL */;
              bool follows /* the task comes and goes with `when` while the record is in force */; struct carries carries; };
struct keep { const char *from /* closed, in_force, made, or a date field */; int floor_months, ceiling_months /* 0: none */; const char *note; };
struct no_approval { struct cond *when; const char *because; struct carries carries; bool set; };

enum form_kind { FORM_ROW, FORM_BOOK, FORM_LOG };
/* Who sees a record besides its maker, the people of its route and administrators: */
enum form_see { SEE_ALL, SEE_DEPARTMENT, SEE_ROUTE };
struct facet { const struct pack *pack; const char *form_id; const char *name, *name_en, *article, *category; struct cond *applies; struct pos pos;
               const char *number; struct keep keep; };
struct form {
    const char *id;                   /* "takeout" (core), "SF-105" (pack-own without is:) */
    const char *name, *name_en;       /* of the facet when exactly one pack's facet exists, else core's */
    const char *ident;                /* lower-case: takeout, sf_105; table f_<ident>; name in conditions */
    const char *category;             /* register application record report plan checklist certificate notice contract */
    const struct pack *pack; struct pos pos;
    enum form_kind kind; enum form_see see;
    const char *room;                 /* the screen it belongs to: registers applications incidents education audit vendors rights documents settings */
    struct facet *facet; size_t facet_n;
    struct field *field; size_t field_n;        /* core's, then each facet's, in layout order; computed ones included */
    struct rule *rule; size_t rule_n;
    struct step *step; size_t step_n;           /* union of the facets' routes in the order of crosswalk 7.1 */
    struct then *then; size_t then_n;
    struct no_approval no_approval;
    const char *article;              /* of the root form; a facet has its own */
    const char *number;               /* "SF302-{fy}-{seq:4}" */
    const char *title;                /* template of field paths: "{name}" */
    const char *department;           /* field path, or NULL: the applicant's main department */
    struct who *make; size_t make_n;  /* who may make one; empty: every employee */
    struct keep keep; int grace_days; /* a claim older than this is 後日記録 */
    const char *closes;               /* "manual", "filled" (when all close-stage fields are filled), "never" (registers) */
    bool tasks_first;                 /* closed only when the tasks of its `then` are done */
    bool proof;                       /* whoever decides about a record proves anew who they are */
    const char *book_of;              /* FORM_BOOK: form whose rows it approves */
    struct carries carries;
};

/* ---- regulation level ---- */
struct exclusion { const char *role /* key */, *article /* of the pack that says so; may be NULL */; };
struct role { const char *id, *key; const char *name, *name_en; const struct pack *pack; struct pos pos; const char *is /* core role id */;
              struct exclusion *exclusive; size_t exclusive_n; const char *under /* key of the role that it answers to */; bool optional /* nobody has to hold it */; const char *summary; bool unit /* held per department */; bool derived_head /* head of a department */; bool everyone; bool sees_all /* reads every record */; struct carries carries; };
enum stricter { STRICT_NONE, STRICT_MIN, STRICT_MAX };
struct param { const char *id, *label, *label_en, *article; const struct pack *pack; struct pos pos; enum ftype type; const char *dflt; enum stricter stricter; const char *is; bool stated; bool many; const char *note; struct carries carries; };
struct choice { const char *id, *label, *label_en, *article, *note; const struct pack *pack; struct pos pos; struct choice_opt *opt; size_t n; bool many; const char *dflt /* space separated ids */; const char *is; struct carries carries; };
enum strength { S_TEXT, S_INFORM, S_MEASURE, S_CHECK, S_SCHEDULE, S_EVENT, S_FLOW, S_ENFORCE, S__N };
struct article { const char *id /* "3-2" */, *title, *title_en; const struct pack *pack; const char *chapter; };
struct duty { const char *key /* sme-3-2a */; const struct pack *pack; struct pos pos; const char *article; const char **who; size_t who_n; const char *must, *must_en; enum strength how[2]; size_t how_n;
              const char *weaker_because; const char *only_if /* choice=option */; };
enum check_shape { CHECK_EVERY, CHECK_NONE, CHECK_WITHIN };
struct check { const char *id, *key, *label, *label_en; struct pos pos; const struct pack *pack; const char *article; enum check_shape shape; const struct form *subject; const char *alias;
               struct cond *where /* which subjects */, *must /* EVERY: must hold; NONE: must not hold; WITHIN: met */, *deadline /* WITHIN */; struct who task; bool has_task; const char *text, *text_en; bool wide; struct carries carries; };
struct schedule { const char *id, *key, *label, *label_en; struct pos pos; const struct pack *pack; const char *article; const char *rrule; const char *months_param; struct who by; const char *per /* "" or department person asset ... form ident */; const char *make; struct cond *done /* which record of `make` ends the task; NULL: any */; int due_days; struct carries carries; };
struct declaration { const char *id, *key, *label, *label_en; struct pos pos; const struct pack *pack; const char *article; struct who by; int every_months; const char *source; struct carries carries; };
/* How a term of the law (or of a contract) is counted, from a day on; several of one id are dated versions, the newest first. */
struct clock { const char *id, *label, *label_en, *article, *source, *source_en; const struct pack *pack; struct pos pos; struct cal_term term; int early /* number of the day on which to warn; 0: none */; int64_t from_us; };
struct para { const char *article; const char *md; struct pos pos; struct carries carries; const char *only_if; bool ack; };

struct pack { const char *id, *title, *title_en, *version, *source, *dir; const char **requires; size_t requires_n; const char *separation /* never | waiver | countersign */; int countersign_days; int64_t demands /* duties of the regulation; 0: not said */; const char *top_post /* role that approves when nobody is above */;
              struct article *article; size_t article_n; struct role *role; size_t role_n; struct param *param; size_t param_n; struct choice *choice; size_t choice_n;
              struct duty *duty; size_t duty_n; struct check *check; size_t check_n; struct schedule *schedule; size_t schedule_n; struct declaration *declaration; size_t declaration_n; struct clock *clock; size_t clock_n; struct para *para; size_t para_n; };

/* ---- the set ---- */
/* Effective settings: "sme.takeout_max_days" -> value as text (choices: space separated option ids). */
struct setting { const char *key; const char *value; };
struct effective { const char *key, *value; const char *from_key; const char *article; };    /* after strictest-wins */
struct pack_set { int64_t id; struct pack *pack; size_t pack_n; struct form *form; size_t form_n; struct role *role; size_t role_n; struct check *check; size_t check_n;
                  struct duty *duty; size_t duty_n; struct setting *setting; size_t setting_n; struct effective *effective; size_t effective_n; };

/* Reads and checks pack folders and combines them. Problems of all packs at once; *ret_set is NULL when one is not a warning.
 * packs_dir holds one folder per pack; `adopt` lists pack ids (core is added); settings may be empty (defaults). */
MUST enum rc pack_load(TALLOC_CTX *mem, const char *packs_dir, const char *const *adopt, size_t adopt_n, const struct setting *setting, size_t setting_n,
                       struct pack_set **ret_set, struct problem_vec *ret_problems, struct err *e);
/* Prints problems with underlined source: file:line:col: text \n source \n ^~~~ */
void pack_problems_print(struct buf *b, const struct problem_vec *p);

const struct form *pack_form(const struct pack_set *s, const char *ident_or_id);    /* core ident, pack form id, or facet form id (SF-302 -> takeout) */
const struct field *pack_field(const struct form *f, const char *path);             /* "sme.level", "items" , "items.asset" (column of a table) */
bool pack_field_later(const struct field *f);                                       /* filled in while the record is in force */
bool pack_field_asked(const struct field *f, const char *stage);                    /* among the fields of the stage; `approved` asks for the ongoing ones too */
const struct step *pack_step(const struct form *f, const char *key);
const struct pack *pack_by_id(const struct pack_set *s, const char *id);             /* s may be NULL */
const struct article *pack_article(const struct pack *p, const char *id);
const char *pack_chapter(const struct pack *p, const char *article);    /* "" without one */
const char *pack_field_article(const struct form *f, const struct field *fd);       /* of the part of the form that the field's pack wrote */
const char *pos_inside(const char *file, const char *dir);              /* "sme/forms/SF-302.yaml": where it lies on this machine is nobody's business but the log's */
bool field_at_step(const struct field *fd, const struct step *s);       /* whoever acts at the step fills it (`stage: STEP`) */
const struct role *pack_role(const struct pack_set *s, const char *key_or_id);
const struct duty *pack_duty(const struct pack_set *s, const char *key);
const struct check *pack_check(const struct pack_set *s, const char *key);
const struct schedule *pack_schedule(const struct pack_set *s, const char *key);
/* The clock as the pack knows it: its own, core's, or that of a pack which it requires; newest version. NULL: none. */
const struct clock *pack_clock(const struct pack_set *s, const struct pack *p, const char *id);
/* The version that counts what began then; NULL: none did yet. c: from pack_clock. */
const struct clock *pack_clock_at(const struct clock *c, int64_t start_us);
/* The first moment of the day from which to warn; 0: none. And how it is counted, in words: "2026/12/01 を1日目とする30日目(...)". */
int64_t pack_clock_early(const struct clock *c, int64_t start_us);
const char *pack_clock_say(TALLOC_CTX *mem, const struct clock *c, int64_t start_us, enum lang lang);
/* By which field a record of `make` names a record of `per`; NULL: by none. */
const struct field *pack_names(const struct form *make, const struct form *per);
/* A word, figure or alternative by "pack.id"; neither param nor choice: there is none of that name. */
struct pack_named { const struct pack *pack; const struct param *param; const struct choice *choice; };
struct pack_named pack_named(const struct pack_set *s, const char *key);
bool pack_options_known(const struct choice *c, const char *list);                  /* space separated ids */
const char *pack_value(const struct pack_set *s, const char *key);                  /* effective value, NULL when open */
/* A figure as a number: whole numbers as they are, periods (ISO 8601) in minutes. */
bool pack_figure(const char *text, int64_t *ret_value);
/* A period by its parts; weeks are days, hours are minutes. */
struct period { int64_t years, months, days, minutes; };
bool pack_period(const char *text, struct period *ret);
int64_t period_minutes(const struct period *x);
/* The source states this figure, and value is weaker: such a value never comes into force. */
bool pack_weaker(const struct pack_set *s, const struct param *p, const char *value);
/* The posts (core roles, or the packs' own) that nobody may hold together with this one. */
size_t pack_role_rivals(const struct pack_set *s, const struct role *r, const struct role **ret, size_t max);
bool pack_roles_exclude(const struct pack_set *s, const char *role_a, const char *role_b);
/* Which regulation forbids one person to hold both, and where: one that names an article comes first. NULL: none does. */
const struct pack *pack_roles_apart(const struct pack_set *s, const char *role_a, const char *role_b, const char **ret_article);
/* The core role that a regulation's name means (`is:`), or the role itself. */
const struct role *pack_role_base(const struct pack_set *s, const struct role *r);
/* The role above (a base): its own `under`, or that of another regulation's name for the same post. NULL: none. */
const struct role *pack_role_above(const struct pack_set *s, const struct role *r);
const char *pack_opt_label(const struct choice_set *c, const char *id, enum lang lang);
const char *pick_lang(enum lang lang, const char *ja, const char *en);              /* en when asked for and present */

/* ---- conditions (design.md section 6) ----
 * Source: SQL expressions in a small safe dialect over `r` (the version under judgement) and the forms' views. Compiled text is an
 * expression with fixed parameters $1 record id, $2 slot of r, $3 now (us), $4 today (text), to be used in
 *   SELECT (<text>) FROM <cond_from(form)> r WHERE r.record = $1 AND r.slot = $2
 * Views: form ident = slot 0 rows of f_<ident> (r's own record: the judged slot); <ident>_any = every slot but 3 (rows of an import that is still being made); child tables likewise, with a column named after the
 * form for the parent id. Record columns of every view: id, number, state, department, made_by, made_at, closed_at, happened_on, version.
 * Functions: docs/PACKS.md. Parameters: param('id') and choice('id') become constants of the set; chosen('choice_id', x) tests a multiple choice. */
enum ctype { CT_BOOL, CT_NUM, CT_TEXT, CT_DATE, CT_TIME /* us */, CT_REF, CT_CHOICE };
/* What the condition reads, for the paths of checks; col may be NULL. apart: a record of that form may concern any subject, not only those that it
 * refers to or that refer to it. */
struct cond_read { const char *form_ident; const char *col; bool apart; };
struct cond { const char *src; struct pos pos; enum ctype type; const struct choice_set *of; const char *sql; struct cond_read *read; size_t read_n; bool uses_now, uses_today;
              const struct clock *clock; const struct field *clock_from; /* deadline(): by which it counts (the newest version), and from which field of r; or NULL */
              const char **fields; size_t fields_n; /* fields of r that it reads: named in undecided:<field> */ };
/* A scope: the set's forms, the form of r (may be NULL: checks use aliases of their own), the pack that speaks, extra names. */
struct cond_scope { const struct pack_set *set; const struct form *r; const struct pack *pack; const char *alias; const struct form *alias_form; const struct choice_set *option; const struct field *option_field; };
/* Appends problems with exact positions inside src; returns NULL when there are errors. want < 0: any type. */
struct cond *cond_compile(TALLOC_CTX *mem, const char *src, struct pos pos, const struct cond_scope *scope, int want_type, struct problem_vec *problems);
/* Table text for FROM of a judgement on form f: "f_takeout". */
const char *cond_from(TALLOC_CTX *mem, const struct form *f);
/* Names of the physical table and its child tables for form f: used by core to build db_table. */
const char *form_table(TALLOC_CTX *mem, const struct form *f);
const char *form_child_table(TALLOC_CTX *mem, const struct form *f, const struct field *fd);
bool field_is_child(const struct field *fd);               /* table, multi, many: stored in a child table */

/* ---- coverage ---- */
struct cover_row { const struct duty *duty /* NULL: the pack does not know it */; const char *key, *article; enum strength demanded; bool carried; enum strength strength; const char *by /* "rule sme:medium-encrypted, ..." */; size_t by_n;
                   unsigned demanded_all, carried_all /* bits 1 << strength */; const char *weaker_because; };
VEC_TYPE(cover_vec, struct cover_row);
/* Catalogue file requirements/<pack>.yaml is the demand. */
MUST enum rc coverage_duties(TALLOC_CTX *mem, const struct pack_set *s, const char *catalogue_dir, const char *pack, struct cover_vec *ret_rows, struct err *e);
/* What carries the duties of one article (NULL: of all) in this set, without the catalogue. */
void coverage_carried(TALLOC_CTX *mem, const struct pack_set *s, const char *pack, const char *article, struct cover_vec *ret_rows);
struct form_diff { const char *form, *field, *what, *explained; };
VEC_TYPE(form_diff_vec, struct form_diff);
MUST enum rc coverage_forms(TALLOC_CTX *mem, const struct pack_set *s, const char *catalogue_dir, const char *pack, struct form_diff_vec *ret_rows, struct err *e);
const char *strength_name(enum strength s);
char *ftype_name(TALLOC_CTX *mem, enum ftype t);          /* as packs write it */
/* Prints docs/PACKS.md. */
void pack_doc(struct buf *b);
#endif
