/* Inside the condition compiler only: tokens, tree, limits. */
#ifndef PACK_COND_INT_H
#define PACK_COND_INT_H
#include "pack/pack.h"

/* Every limit of the dialect, by name. */
#define COND_CHARS_MAX 4000
#define COND_TOKENS_MAX 800
#define COND_DEPTH_MAX 24
#define COND_SELECTS_MAX 12
#define COND_ARGS_MAX 8
#define COND_DIGITS_MAX 15          /* of a whole number: stays exact on both engines, also as a product of few */
#define COND_WEIGHT_MAX 75          /* of the 100 places of SQLite's parser stack; joined facets and the statement around add some */
#define COND_FROM_MAX 8
#define COND_SQL_MAX 60000

enum tok { TK_END, TK_NAME, TK_NUM, TK_TEXT, TK_OP, TK_BAD };
struct token { enum tok t; struct str s; size_t at; };        /* s: the word, digits, operator or the text between the quotes (still with '') */

struct lex { const char *src; struct token *v; size_t n; };
/* Cuts src into tokens; false with a problem at the first character that the dialect does not know. */
bool cond_lex(TALLOC_CTX *mem, const char *src, struct pos pos, struct lex *ret, struct problem_vec *problems);

enum node_kind { N_NUM, N_TEXT, N_NULL, N_BOOL, N_NAME, N_BIN, N_NOT, N_NEG, N_ISNULL, N_IN, N_BETWEEN, N_CASE, N_EXISTS, N_SELECT, N_CALL };
struct from_item { struct str view, alias; size_t at; bool joined; struct node *on; };
struct select { struct node **expr; size_t expr_n; struct from_item *from; size_t from_n; struct node *where; };
struct node {
    enum node_kind k; size_t at;
    struct str s;                 /* number, text, operator, function or the name's first part */
    struct str part2, part3;      /* r.sme.level */
    bool neg;                     /* is not null, not in, not between, not exists; true/false of N_BOOL */
    struct node *a, *b, *c;       /* operands; CASE: a = else */
    struct node **list; size_t list_n;     /* IN items, call arguments, CASE when/then pairs */
    struct select *sel;
};
struct node *cond_parse(TALLOC_CTX *mem, const struct lex *l, struct pos pos, struct problem_vec *problems);

/* Position of an offset inside src. */
struct pos cond_pos(struct pos pos, const char *src, size_t at);
void cond_problem(struct problem_vec *p, TALLOC_CTX *mem, struct pos pos, const char *src, size_t at, const char *key, const char *a, const char *b);

/* ---- types and text (cond_type.c, cond_write.c) ---- */
enum vt { V_BOOL, V_NUM, V_TEXT, V_DATE, V_TIME, V_REF, V_CHOICE, V_LIT /* a text literal: takes the other side's type */, V_NULL, V_BAD };
/* real: a number that may have decimals. lit: the text of a V_LIT; a case of literals has all of them, one a line. period: what the number sql
 * stands for, when it is a setting that is a period; by it dates and times are computed exactly. Meant only while period.of is sql itself. */
struct val {
    enum vt t; const struct choice_set *of; const struct form *ref; const char *sql; const char *lit; bool real;
    struct { const char *of; int64_t months, days, minutes /* the whole of it */; } period;
};
/* sql: the alias as written out. Those of selects end in _, so that they can meet neither a word of an engine nor a name of ours.
 * uses: columns read so far, by which a select finds out that it mixes aggregates and plain columns. */
struct view { const char *alias, *sql; const struct form *f; const struct field *child; bool is_r; struct view *outer; size_t uses; };
/* A column of a view, and which columns are equal to it (cond_path.c): an id (col "record") or a reference. */
struct place { const struct view *v; const char *col; const struct form *ref; int class; };
VEC_TYPE(place_vec, struct place);
struct gen {
    TALLOC_CTX *mem; const struct cond_scope *scope; const char *src; struct pos pos; struct problem_vec *problems; bool failed;
    struct view *views; int selects; bool aggregate_ok;
    struct view *own; size_t own_n, own_aggregated; bool own_aggregates;     /* the select that is being written */
    struct cond *out; VEC(struct cond_read) reads; VEC(const char *) fields;
    struct place_vec places; VEC(const char *) apart;           /* cond_path.c */
};
struct val cond_gen(struct gen *g, const struct node *n);
struct val cond_bad(struct gen *g, size_t at, const char *key, const char *a, const char *b);
struct val cond_call(struct gen *g, const struct node *n);
/* Column or child of a view; NULL child name: the column. */
struct val cond_column(struct gen *g, const struct node *n);
const struct field *cond_child(struct gen *g, const struct node *n, struct view **ret_view);
/* The text built; too long a text fails the condition. */
const char *cond_options(struct gen *g, const struct choice_set *of);
const char *cond_text(struct gen *g, const struct buf *b);
size_t cond_own_uses(const struct gen *g);
bool cond_same_ref(struct gen *g, struct val a, struct val b, size_t at);
struct val cond_as(struct gen *g, struct val v, enum vt want, const struct choice_set *of, size_t at);    /* literal to type */
char *cond_quote(TALLOC_CTX *mem, const char *text);
void cond_reads(struct gen *g, const char *form_ident, const char *col);
struct view *cond_view(const struct gen *g, struct str alias);
const struct field *cond_field(const struct gen *g, const struct form *f, struct str name, struct str second);
/* ---- cond_path.c ---- */
/* The form is read otherwise than through a reference between it and the subject. */
void cond_apart(struct gen *g, const char *form_ident);
/* What is equal outside of a select, to be put back at its end. */
struct place_vec cond_places_kept(struct gen *g);
/* Looks at the views of a select, once its FROM is written and before its WHERE is. */
void cond_paths(struct gen *g, const struct select *s, const struct view *views);
#endif
