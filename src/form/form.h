/* form: values to widgets, posted fields to values, and differences of two revisions.
 *
 *   render.c   one form as input controls or as text      bind.c   request fields -> {path: typed}, differences */
#ifndef FORM_FORM_H
#define FORM_FORM_H
#include "base/base.h"
#include "html/html.h"
#include "pack/pack.h"
#include "value/value.h"

/* What the page knows and form does not: titles of references, options for references (bounded), links to records and files. */
struct form_opt { int64_t id; const char *label; };
struct form_env {
    enum lang lang; void *ctx;
    const char *(*ref_title)(void *ctx, const struct field *f, int64_t id);
    /* At most `max` candidates, sorted by title; word: those only whose name or number it is part of. */
    size_t (*ref_options)(void *ctx, const struct field *f, const char *word, struct form_opt *ret, size_t max);
    /* What was typed to look for candidates of the control of this name; NULL: nothing. A form with too many of them has buttons `find`. */
    const char *(*word)(void *ctx, const char *name);
    const struct ui_opt *role; size_t role_n;            /* the posts of the set: the choice for fields of type role; none: typed */
    const char *(*role_name)(void *ctx, const char *key);
    const char *(*role_base)(void *ctx, const char *key);          /* the key of the post that it is, among those of `role` */
    const struct route_path *record_path, *file_path;
    const char *(*file_name)(void *ctx, int64_t id);
    const char *prefix;                                  /* of names and ids when several of one form stand on a page; NULL: "f" */
    const struct form_opt *file; size_t file_n;          /* what is attached to the record: the choice for fields of type file */
};

/* Controls for the fields of the given stages (NULL ends), grouped; with troubles beside their fields. Computed fields are shown, not asked. */
void form_edit(struct html *h, const struct form *f, const struct content *c, const char *const *stages, const struct trouble_vec *troubles, const struct form_env *env);
/* A field of type file is among them: the page must send multipart; a new file comes as upload u.<path>. */
bool form_asks_files(const struct form *f, const char *const *stages);
/* The record as text, grouped; erased values say so. */
void form_show(struct html *h, const struct form *f, const struct content *c, const struct form_env *env);
/* Problems on top of the form, linked to the fields. */
void form_problems(struct html *h, const struct form *f, const struct trouble_vec *troubles);
/* The same as single problems, for a page with several of one form; returns how many. */
size_t form_problem_list(TALLOC_CTX *mem, const struct form *f, const struct trouble_vec *troubles, const struct form_env *env, struct ui_problem *ret);
/* Posted fields named f.<path> (f.items[0].asset) -> {path: typed}; lists that were shown and came back empty become []. */
struct form_posted { const char *name, *value; };
struct json *form_bind(TALLOC_CTX *mem, const struct form *f, const struct form_posted *p, size_t n, const char *const *stages);
/* What was typed, as content, so that nothing is lost after a refusal. */
struct content *form_typed(TALLOC_CTX *mem, const struct form *f, const struct content *base, const struct json *typed);
/* A value as people read it, with the title of what it refers to. */
const char *form_value_text(TALLOC_CTX *mem, const struct field *f, const char *text, const struct form_env *env);
void form_diff(struct html *h, const char *caption, const struct form *f, const struct change_vec *changes, const struct form_env *env);
#endif
