/* What the forms of the organisation said, and from when to when: a row of org_span for each version that was in force. Permission today asks the
 * form tables; who held a post or could see a record on a day that has passed is asked here (past.c, sight.c). Written where acts are
 * applied, so that a rebuild makes the same rows; an erased value goes from here, too. */
#include "core/core_state.h"

#define FILL_AT_ONCE 500

static const char *const kept_forms[] = {"person", "department", "assignment", "delegation", "posting"};

bool span_kept(const char *form)
{
    for (size_t i = 0; i < ARRAY_N(kept_forms); i++)
        if (strcmp(kept_forms[i], form) == 0)
            return true;
    return false;
}

/* What of a content is kept; 0 and NULL: it says nothing. */
struct said { int64_t person, other, department; const char *role, *from_on, *to_on; };

static int64_t id_of(const struct content *c, const char *path)
{
    int64_t id;
    const char *text = content_get(c, path);
    return text != NULL && str_to_i64(str_of(text), &id) ? id : 0;
}

static struct said said_by(const char *form, const struct content *c)
{
    if (strcmp(form, "person") == 0)
        return (struct said){.department = id_of(c, "department"), .from_on = content_get(c, "joined_on"), .to_on = content_get(c, "left_on")};
    if (strcmp(form, "department") == 0)
        return (struct said){.person = id_of(c, "head"), .department = id_of(c, "parent"), .from_on = content_get(c, "opened_on"), .to_on = content_get(c, "closed_on")};
    if (strcmp(form, "delegation") == 0)
        return (struct said){.person = id_of(c, "to_person"), .other = id_of(c, "from_person"), .role = content_get(c, "role"), .from_on = content_get(c, "from_on"),
                             .to_on = content_get(c, "until_on")};
    return (struct said){.person = id_of(c, "person"), .department = id_of(c, "department"), .role = content_get(c, "role"), .from_on = content_get(c, "from_on"),
                         .to_on = content_get(c, "to_on")};
}

enum rc span_begin(struct tx *tx, const struct record *rec, int64_t revision, const struct content *c, int64_t at, struct err *e)
{
    if (!span_kept(rec->form_ident))
        return RC_OK;
    struct said s = said_by(rec->form_ident, c);
    TRY(q_span_end(tx, rec->id, at, e));
    return q_span_put(tx, rec->id, revision, rec->form_ident, at, s.person, s.person == 0, s.other, s.other == 0, s.department, s.department == 0, s.role, s.from_on, s.to_on, e);
}

/* Voided, or a delegation that was closed. */
enum rc span_over(struct tx *tx, const struct record *rec, const struct json *effect, int64_t at, struct err *e)
{
    bool closed = strcmp(rec->form_ident, "delegation") == 0 && text_eq(json_get_str(effect, "state"), "closed");
    if (!span_kept(rec->form_ident) || !(closed || json_get_bool(effect, "void")))
        return RC_OK;
    return q_span_end(tx, rec->id, at, e);
}

enum rc span_again(struct work *w, const struct record *rec, struct err *e)
{
    struct q_spans_of_rows rows;
    struct content *c;
    size_t erased;
    if (!span_kept(rec->form_ident))
        return RC_OK;
    TRY(q_spans_of(w->db, w->mem, rec->id, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(revision_content(w->db, w->mem, rows.v[i].revision, &c, &erased, e));
        struct said s = said_by(rec->form_ident, c);
        TRY(q_span_set(w->tx, rec->id, rows.v[i].revision, s.person, s.person == 0, s.other, s.other == 0, s.department, s.department == 0, s.role, s.from_on, s.to_on, e));
    }
    return RC_OK;
}

/* ---- a house from before there was such a table ---- */

static enum rc act_replay(struct work *w, TALLOC_CTX *mem, struct record *rec, const struct q_acts_upto *a, int64_t *staged, struct err *e)
{
    struct json *effect;
    struct content *c;
    size_t erased;
    TRY(json_read(mem, str_of(a->effect), 8 << 20, &effect, e));
    int64_t promote = json_get_i64(effect, "promote", 0);
    *staged = json_get_i64(effect, "staged", *staged);
    if (promote == 0 && *staged != 0 && strcmp(a->kind, "import") == 0 && json_get(effect, "staged") == NULL && rec->force_rev != 0)
        promote = *staged;                               /* a row of an import that came into force (act_show) */
    if (promote != 0) {
        TRY(revision_content(w->db, mem, promote, &c, &erased, e));
        TRY(span_begin(w->tx, rec, promote, c, a->at, e));
    }
    return span_over(w->tx, rec, effect, a->at, e);
}

static enum rc record_fill(struct work *w, int64_t id, const char *form, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_acts_upto_rows acts;
    struct record rec;
    int64_t no = 0, staged = 0;
    TRY(record_get(w->db, tmp, w->set, id, &rec, e));
    rec.form_ident = form;
    do {
        TRY(q_acts_upto(w->db, tmp, id, no, INT64_MAX, FILL_AT_ONCE, &acts, e));
        for (size_t i = 0; i < acts.n; i++) {
            TRY(act_replay(w, tmp, &rec, &acts.v[i], &staged, e));
            no = acts.v[i].no;
        }
    } while (acts.n == FILL_AT_ONCE);
    return RC_OK;
}

enum rc cmd_span_fill(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_records_of_form_rows rows;
    (void)args;
    (void)body;
    TRY(q_spans_clear(w->tx, e));
    for (size_t i = 0; i < ARRAY_N(kept_forms); i++) {
        int64_t after = 0;
        do {
            TRY(q_records_of_form(w->db, w->mem, kept_forms[i], after, FILL_AT_ONCE, &rows, e));
            for (size_t k = 0; k < rows.n; k++) {
                TRY(record_fill(w, rows.v[k].id, kept_forms[i], e));
                after = rows.v[k].id;
            }
        } while (rows.n == FILL_AT_ONCE);
    }
    return q_keep_del(w->tx, "org_span", e);
}

enum rc span_wanted(struct db *db, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_keep_get row;
    return q_keep_get(db, tmp, "org_span", &row, ret, e);
}

enum rc span_make(struct core *c, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct answer *ans;
    const struct actor sys = {.kind = ACTOR_SYSTEM, .login = "system"};
    core_command(c, tmp, &sys, "span.fill", json_obj(tmp), NULL, &ans);
    if (ans->rc != RC_OK)
        *e = ans->err;
    return ans->rc;
}
