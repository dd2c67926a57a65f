/* pack_int: what the files of this room share and nobody else sees. A folder is read into `raw_*` structs that still hold
 * names and YAML nodes; pack_combine.c turns them into the immutable set (references resolved, conditions compiled).
 *
 *   pack_words.c   the keyword tables: one row a keyword (reader, unknown-key error and docs/PACKS.md all follow it)
 *   pack_read.c    walks a YAML mapping along a keyword table; reads a folder */
#ifndef PACK_INT_H
#define PACK_INT_H
#include "pack/pack.h"
#include "pack/pack_yaml.h"

/* ---- keyword tables ---- */
enum kw_type {
    KW_TEXT,      /* const char * */
    KW_IDENT,     /* const char *: [a-z][a-z0-9_]* */
    KW_KEY,       /* const char *: letters, digits, . _ - */
    KW_BOOL,      /* bool */
    KW_INT,       /* struct raw_int */
    KW_ENUM,      /* int: 1 + index in `names`; 0 absent */
    KW_ENUMS,     /* struct raw_list of int */
    KW_TEXTS,     /* struct raw_list of const char *: a scalar or a sequence */
    KW_CARRIES,   /* struct carries */
    KW_COND,      /* const struct ynode *: a condition, compiled later */
    KW_WHO,       /* struct raw_who */
    KW_WHOS,      /* struct raw_list of struct who */
    KW_VALUE,     /* const char *: scalar, or a sequence joined with blanks */
    KW_MONTHS,    /* struct raw_int: P3Y, P6M, P1Y6M */
    KW_DAYS,      /* struct raw_int: P14D, P2W */
    KW_LIST,      /* struct raw_list of the sub table's struct */
    KW_MAP,       /* struct of the sub table inside; absent: its head.node is NULL */
    KW_FORM,      /* const char *: id of a form */
    KW__N
};
struct kw_table;
struct kw { const char *word; enum kw_type type; size_t off; bool must; const char *names; const struct kw_table *sub; const char *doc; };
struct kw_table { const char *context; const struct kw *kw; size_t n; size_t size; const char *doc; const char *bare /* a text instead of a mapping is this word's value */; };

struct raw_head { struct pos pos; const struct ynode *node; };      /* first member of every raw struct */
struct raw_list { void *v; size_t n; };
struct raw_int { int64_t v; bool set; };
struct raw_who { bool set; struct who who; };

/* ---- one folder as read ---- */
struct raw_option { struct raw_head head; const char *id, *label, *label_en; };
struct raw_article { struct raw_head head; const char *id, *title, *title_en, *chapter; };
struct raw_pack { struct raw_head head; const char *id, *title, *title_en, *version, *source, *top_post; struct raw_list requires;
                  int separation; struct raw_int countersign_days, demands; struct raw_list articles; };
struct raw_exclusion { struct raw_head head; const char *role, *article; };
struct raw_role { struct raw_head head; const char *id, *name, *name_en, *is, *under, *summary; struct raw_list exclusive; int per;
                  bool head_of_department, everyone, sees_all, optional; struct carries carries; };
struct raw_param { struct raw_head head; const char *id, *label, *label_en, *dflt, *article, *is, *note; int type, stricter;
                   bool stated, many; struct carries carries; };
struct raw_choice { struct raw_head head; const char *id, *label, *label_en, *dflt, *article, *is, *note; struct raw_list options;
                    bool many; struct carries carries; };
struct raw_set { struct raw_head head; const char *id, *label, *label_en; bool ordered; struct raw_list options; };
struct raw_duty { struct raw_head head; const char *id, *article, *must, *must_en, *only_if, *weaker; struct raw_list who, how; };
struct raw_field {
    struct raw_head head;
    const char *id, *refine, *label, *label_en, *help, *help_en, *group, *of, *form, *stage, *pattern, *audited_by, *item;
    int type;
    struct raw_list options, columns;
    bool ordered, all_ticked, many, required, unique, personal, listed, indexed, ongoing;
    struct raw_who fill_by;
    struct raw_int min, max;
    const struct ynode *required_when, *show_when, *allowed, *value, *dflt;
    struct carries carries;
};
struct raw_rule { struct raw_head head; const char *id, *deny, *warn, *text_en, *at, *field, *article; const struct ynode *when; struct carries carries; };
struct raw_step { struct raw_head head; const char *id, *label, *label_en, *article; int kind; struct raw_who by; const struct ynode *when;
                  struct raw_int n; bool distinct; struct carries carries; };
struct raw_then { struct raw_head head; const char *id, *on, *task, *task_en, *make; struct raw_who by; const struct ynode *when, *due, *done;
                  bool follows; struct carries carries; };
struct raw_keep { struct raw_head head; const char *from, *note; struct raw_int floor, ceiling; };
struct raw_no_approval { struct raw_head head; const struct ynode *when; const char *because; struct carries carries; };
struct raw_form {
    struct raw_head head;
    const char *form, *is, *name, *name_en, *article, *number, *title, *department, *book_of, *note;
    int kind, category, room, see, closes;
    bool proof, tasks_first;
    const struct ynode *applies;
    struct raw_list make;
    struct raw_int grace;
    struct raw_list fields, values, rules, route, then;
    struct raw_keep keep;
    struct raw_no_approval no_approval;
    struct carries carries;
};
struct raw_check { struct raw_head head; const char *id, *article, *label, *label_en, *every, *none, *within, *text, *text_en;
                   const struct ynode *where, *must, *deadline; struct raw_who task_by; bool wide; struct carries carries; };
struct raw_schedule { struct raw_head head; const char *id, *article, *label, *label_en, *rrule, *month, *per, *make; struct raw_who by;
                      struct raw_int due; const struct ynode *done; struct carries carries; };
struct raw_declaration { struct raw_head head; const char *id, *article, *label, *label_en, *source; struct raw_who by; struct raw_int every;
                         struct carries carries; };
struct raw_clock { struct raw_head head; const char *id, *label, *label_en, *article, *source, *source_en, *from; struct raw_int days, hours, early; int first, count, ends; };
struct raw_file_clocks { struct raw_head head; struct raw_list clocks; };
struct raw_file_roles { struct raw_head head; struct raw_list roles; };
struct raw_file_settings { struct raw_head head; struct raw_list parameters, choices; };
struct raw_file_lists { struct raw_head head; struct raw_list lists; };
struct raw_file_duties { struct raw_head head; struct raw_list duties; };
struct raw_file_checks { struct raw_head head; struct raw_list checks; };
struct raw_file_schedules { struct raw_head head; struct raw_list schedules; };
struct raw_file_declarations { struct raw_head head; struct raw_list declarations; };

VEC_TYPE(raw_form_vec, struct raw_form);
struct raw {                                  /* a folder */
    const char *id, *dir;
    struct raw_pack pack;
    struct raw_list roles, params, choices, lists, duties, checks, schedules, declarations, clocks;
    struct raw_form_vec forms;
    struct para *para; size_t para_n;
    bool broken;                              /* a file is no YAML: names in it are unknown, so nothing more is judged */
};

extern const struct kw_table kw_pack, kw_roles, kw_settings, kw_lists, kw_duties, kw_checks, kw_schedules, kw_declarations, kw_form,
    kw_field, kw_role, kw_exclusion, kw_param, kw_choice, kw_list, kw_option, kw_duty, kw_rule, kw_step, kw_then, kw_keep, kw_no_approval,
    kw_check, kw_schedule, kw_declaration, kw_article, kw_clocks, kw_clock;
extern const struct kw_table *const kw_all[];
extern const size_t kw_all_n;
extern const char *const ftype_names;         /* "text|longtext|..." in the order of enum ftype */
extern const char *const strength_names;
const char *kw_type_name(enum kw_type t);
/* 1 + index of `word` in "a|b|c", 0 when absent. */
int name_index(const char *names, const char *word);
char *name_at(TALLOC_CTX *mem, const char *names, int index);
/* The nearest of the table's words within two edits, or NULL. */
const char *name_near(TALLOC_CTX *mem, const char *const *names, size_t n, const char *word);

/* ---- pack_read.c ---- */
void kw_read(TALLOC_CTX *mem, const struct ynode *map, const struct kw_table *t, void *ret, struct problem_vec *problems);
MUST enum rc raw_read(TALLOC_CTX *mem, const char *packs_dir, const char *id, struct raw *ret_raw, struct problem_vec *problems, struct err *e);
const struct ynode *yaml_load(TALLOC_CTX *mem, const char *path, struct problem_vec *problems, bool *ret_missing);
struct pos member_pos(const struct raw_head *h, const char *word);    /* of the value of a keyword, else of the element */
#define RAW_EACH(type, var, list) \
    for (struct type *var = (list).v, *var##_end = (struct type *)(list).v + (list).n; var < var##_end; var++)

/* ---- pack_text.c ---- */
void text_read(TALLOC_CTX *mem, const char *file, struct str data, struct para **ret_para, size_t *ret_n, struct problem_vec *problems);

/* ---- the set while it is being built ---- */
struct list_def { const struct pack *pack; const char *id; struct choice_set *set; struct pos pos; };
VEC_TYPE(list_vec, struct list_def);
struct facet_work { const struct raw *raw; const struct raw_form *raw_form; struct form *form; struct facet *facet; const struct pack *pack;
                    struct cond *applies; bool root; };
VEC_TYPE(work_vec, struct facet_work);
struct build {
    TALLOC_CTX *mem;
    struct pack_set *set;
    struct raw *raw; size_t raw_n;            /* raw[i] became set->pack[i] */
    struct list_vec lists;
    struct work_vec work;                     /* every form file: roots first, then facets */
    struct map *form_by_name;                 /* "takeout", "SF-302", "sf_302" -> struct form */
    struct map *duty_by_key, *role_by_key;
    struct map *carried;                      /* duty key -> anything */
    struct problem_vec *problems;
    struct map *element;                      /* key of rules, steps, ... -> position, against duplicates */
};
/* pack_form.c */
void forms_declare(struct build *b);          /* forms, facets, fields; no conditions yet */
/* pack_route.c */
void forms_compile(struct build *b);          /* conditions, rules, routes, then */
struct cond *node_compile(struct build *b, const struct ynode *n, const struct form *r, const struct pack *p, int want);
void carries_add(TALLOC_CTX *mem, struct carries *to, const struct carries *from);
struct choice_set *options_build(struct build *b, const struct raw_list *options, const char *id, bool ordered);
/* pack_duty.c */
void duties_build(struct build *b);           /* roles, settings, duties, articles: before the forms */
void checks_build(struct build *b);           /* checks, schedules, declarations, text: after the forms */
void carries_check(struct build *b, const struct carries *c, const struct raw_head *at, const struct pack *p);
char *element_key(struct build *b, const struct pack *p, const char *id, struct pos pos);
/* References; NULL or false after adding a problem. */
const struct role *role_find(struct build *b, const struct pack *p, const char *id);        /* no problem added */
bool pack_knows(const struct build *b, const struct pack *p, const struct pack *other);     /* itself, core, requires */
struct form *form_find(struct build *b, const char *name);
const char *article_check(struct build *b, const struct pack *p, const char *article, struct pos pos);
struct who *who_resolve(struct build *b, const struct pack *p, const struct form *f, struct who *w);
/* A field as pack p names it on form f: own facet's field, or the bare one. */
const struct field *field_find(const struct form *f, const struct pack *p, const char *path);
/* pack_clock.c */
void clocks_build(struct build *b, const struct raw *raw, struct pack *p);      /* before the conditions, which name them */
/* pack_combine.c */
struct cond *cond_join(TALLOC_CTX *mem, struct cond *a, bool either, struct cond *b);      /* NULL a: b */
struct cond *cond_negate(TALLOC_CTX *mem, struct cond *a);
/* pack_cover.c */
void cover_route(struct build *b, const struct facet_work *w);
/* pack_lint.c */
void lint_set(struct build *b);
/* Documentation of the conditions, written by cond_*.c. */
void cond_doc(struct buf *b);
#endif
