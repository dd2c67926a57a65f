/* Acts: one thing that somebody did to a record. An act carries its effect as canonical JSON, so that the projections can be made anew
 * from acts and revisions alone: act_do decides nothing, it writes the act and applies the effect; rebuild applies the same effects.
 *
 * Effect keys (no personal data, only ids and pack keys):
 *   new {form number department made_by origin happened_on? pack_set note?}   the record row is born
 *   draft N        revision N becomes the draft        drop_draft true       the draft goes
 *   staged N       revision N is a row of an import that nobody sees    show [N...]  those records of an import come into force together
 *   promote N      revision N becomes the version in force, the draft goes
 *   void true      the version in force moves to the void slot
 *   state, draft_state (null: no draft), department, closed_at, pack_set
 *   steps {rev, set?, rows [{ord step state need bind? opened? done? note? who [{p post s b?}]}]}   the whole route as it stands now; set: the pack set
 *                  it runs under
 *   tasks [{id key name pack duty? record? person? role? title due? state opened?}]  tasks_closed [{key state by? record? at?}]
 * An act of the house itself (record 0) has no record row; only these, beside tasks:
 *   sched [{key rule since upto? day? after?}]  sched_gone [key]  tasks_reopened [key]    how far each schedule is (sched.c) */
#include "core/core_int.h"

static int64_t opt(bool null, int64_t v) { return null ? 0 : v; }

enum rc record_get(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t id, struct record *ret_record, struct err *e)
{
    struct q_record_row q;
    bool found;
    TRY(record_row(db, mem, id, &q, &found, e));
    if (!found)
        return err_set(e, ERR_RECORD_MISSING, "record %lld", (long long)id);
    *ret_record = (struct record){.id = q.id, .form_ident = q.form, .form = set ? pack_form(set, q.form) : NULL, .number = q.number, .state = q.state,
        .draft_state = q.draft_state, .title = q.title, .origin = q.origin, .happened_on = q.happened_on, .note = q.note,
        .department = opt(q.department_null, q.department), .made_by = q.made_by, .made_at = q.made_at, .updated_at = q.updated_at,
        .closed_at = opt(q.closed_at_null, q.closed_at), .force_rev = opt(q.force_rev_null, q.force_rev),
        .draft_rev = opt(q.draft_rev_null, q.draft_rev), .version = q.version, .pack_set = q.pack_set, .route_set = opt(q.route_set_null, q.route_set)};
    return RC_OK;
}

/* ---- applying ---- */

/* A record as it is born: its row is written once, when the whole act has been applied. */
static struct record born(const struct pack_set *set, const struct act_row *a, const struct json *n)
{
    const char *form = json_get_str(n, "form");
    return (struct record){.id = a->record, .form_ident = form, .form = set ? pack_form(set, form) : NULL, .number = json_get_str(n, "number"), .state = "draft", .draft_state = "draft",
                           .title = "", .origin = json_get_str(n, "origin"), .happened_on = json_get_str(n, "happened_on"), .note = json_get_str(n, "note"),
                           .department = json_get_i64(n, "department", 0), .made_by = json_get_i64(n, "made_by", 0), .made_at = a->at, .updated_at = a->at,
                           .pack_set = json_get_i64(n, "pack_set", 0)};
}

enum rc record_row_write(struct tx *tx, const struct record *r, bool fresh, struct err *e)
{
    if (!fresh)
        return q_record_put(tx, r->id, r->state, r->draft_state, r->department, r->department == 0, r->title, r->updated_at, r->closed_at, r->closed_at == 0,
                            r->force_rev, r->force_rev == 0, r->draft_rev, r->draft_rev == 0, r->version, r->pack_set, r->route_set, r->route_set == 0, e);
    return q_record_born(tx, r->id, r->form_ident, r->number, r->state, r->draft_state, r->department, r->department == 0, r->made_by, r->title, r->made_at, r->updated_at,
                         r->closed_at, r->closed_at == 0, r->happened_on, r->origin, r->force_rev, r->force_rev == 0, r->draft_rev, r->draft_rev == 0, r->version, r->pack_set,
                         r->note, r->route_set, r->route_set == 0, e);
}

static enum rc apply_who(struct tx *tx, int64_t record, int64_t rev, int64_t ord, const struct json *who, struct err *e)
{
    for (size_t i = 0; i < json_n(who); i++) {
        const struct json *p = json_at(who, i);
        int64_t behalf = json_get_i64(p, "b", 0);
        TRY(q_step_who_add(tx, record, rev, ord, json_get_i64(p, "p", 0), json_get_str(p, "post"), json_get_str(p, "s"), behalf, behalf == 0, e));
    }
    return RC_OK;
}

static enum rc apply_steps(struct tx *tx, const struct act_row *a, const struct json *steps, struct err *e)
{
    const struct json *rows = json_get(steps, "rows");
    int64_t rev = json_get_i64(steps, "rev", 0);
    TRY(q_step_clear(tx, a->record, e));
    TRY(q_step_who_clear(tx, a->record, e));
    for (size_t i = 0; i < json_n(rows); i++) {
        const struct json *s = json_at(rows, i);
        int64_t ord = json_get_i64(s, "ord", 0), opened = json_get_i64(s, "opened", 0), done = json_get_i64(s, "done", 0);
        const char *hex = json_get_str(s, "bind");
        uint8_t bind[HASH_N];
        bool has = hex != NULL && hex_read(str_of(hex), bind, HASH_N);
        TRY(q_step_add(tx, a->record, rev, ord, json_get_str(s, "step"), json_get_str(s, "state"), json_get_i64(s, "need", 1),
                       has ? (struct str){(const char *)bind, HASH_N} : (struct str){NULL, 0}, opened, opened == 0, done, done == 0,
                       json_get_str(s, "note"), e));
        TRY(apply_who(tx, a->record, rev, ord, json_get(s, "who"), e));
    }
    return RC_OK;
}

static void apply_columns(struct record *r, const struct act_row *a, const struct json *ef)
{
    const struct json *ds = json_get(ef, "draft_state");
    if (json_get_str(ef, "state") != NULL)
        r->state = json_get_str(ef, "state");
    if (ds != NULL)
        r->draft_state = json_str(ds);
    r->department = json_get_i64(ef, "department", r->department);
    r->closed_at = json_get_i64(ef, "closed_at", r->closed_at);
    r->pack_set = json_get_i64(ef, "pack_set", r->pack_set);
    if (json_get(ef, "steps") != NULL)
        r->route_set = json_get_i64(json_get(ef, "steps"), "set", 0);
    r->updated_at = a->at;
    r->version = a->no;
}

static enum rc content_of(struct tx *tx, TALLOC_CTX *mem, const struct act_row *a, int64_t rev, struct content **ret_content, struct err *e)
{
    size_t erased;
    if (a->written_rev != rev)
        return revision_content(tx_db(tx), mem, rev, ret_content, &erased, e);
    *ret_content = content_copy(mem, a->written);
    return RC_OK;
}

static enum rc apply_content(struct tx *tx, TALLOC_CTX *mem, struct record *r, const struct act_row *a, int64_t rev, enum slot slot, const struct content *there,
                             struct err *e)
{
    struct content *c;
    char *title;
    TRY(content_of(tx, mem, a, rev, &c, e));
    content_order(c, r->form);
    if (slot == SLOT_DRAFT || slot == SLOT_STAGED)
        r->draft_rev = rev;
    else
        r->force_rev = rev;
    if (there != NULL)                                   /* state and department follow in ftable_sync */
        TRY(ftable_change(tx, mem, r->form, r, slot, r->draft_state ? r->draft_state : "draft", there, c, e));
    else
        TRY(ftable_put(tx, mem, r->form, r, slot, slot == SLOT_DRAFT ? (r->draft_state ? r->draft_state : "draft") : r->state, c, e));
    if (slot == SLOT_FORCE || r->force_rev == 0) {
        TRY(ftable_title(tx_db(tx), mem, r->form, c, &title, e));
        r->title = title;
    }
    return RC_OK;
}

static enum rc draft_drop(struct tx *tx, TALLOC_CTX *mem, struct record *r, struct err *e)
{
    r->draft_rev = 0;
    return ftable_drop(tx, mem, r->form, r->id, SLOT_DRAFT, e);
}

/* The draft that is already there comes into force: moved, not written anew, unless it was written under another set of packs. */
static enum rc apply_promote(struct tx *tx, TALLOC_CTX *mem, struct record *r, const struct record *was, const struct act_row *a, int64_t rev, bool *ret_moved, struct err *e)
{
    struct content *c;
    char *title;
    *ret_moved = r->draft_rev == rev && was->pack_set == r->pack_set && json_get(a->effect, "new") == NULL;
    if (!*ret_moved) {
        if (r->draft_rev != 0)
            TRY(draft_drop(tx, mem, r, e));
        return apply_content(tx, mem, r, a, rev, SLOT_FORCE, a->drafted_slot == SLOT_FORCE ? a->drafted : NULL, e);
    }
    TRY(content_of(tx, mem, a, rev, &c, e));
    r->force_rev = rev;
    r->draft_rev = 0;
    TRY(ftable_promote(tx, mem, r->form, r, was->force_rev != 0 || a->again, c, e));       /* what a rebuild has not cleared, of fields that today's set lacks */
    TRY(ftable_title(tx_db(tx), mem, r->form, c, &title, e));
    r->title = title;
    return RC_OK;
}

static enum rc apply_slots(struct tx *tx, TALLOC_CTX *mem, struct record *r, const struct record *was, const struct act_row *a, bool *ret_moved, struct err *e)
{
    const struct json *ef = a->effect;
    const struct content *drafted = json_get(ef, "pack_set") == NULL && a->drafted_slot == SLOT_DRAFT ? a->drafted : NULL;
    int64_t draft = json_get_i64(ef, "draft", 0), promote = json_get_i64(ef, "promote", 0), staged = json_get_i64(ef, "staged", 0);
    if (staged != 0) {
        TRY(ftable_drop(tx, mem, r->form, r->id, SLOT_DRAFT, e));
        TRY(apply_content(tx, mem, r, a, staged, SLOT_STAGED, NULL, e));
    }
    if (draft != 0)
        TRY(apply_content(tx, mem, r, a, draft, SLOT_DRAFT, drafted, e));
    if (promote != 0)
        TRY(apply_promote(tx, mem, r, was, a, promote, ret_moved, e));
    if (json_get_bool(ef, "drop_draft"))
        TRY(draft_drop(tx, mem, r, e));
    if (json_get_bool(ef, "void")) {
        if (r->force_rev == 0)
            TRY(ftable_drop(tx, mem, r->form, r->id, SLOT_STAGED, e));
        if (r->force_rev != 0)
            TRY(ftable_move(tx, mem, r->form, r->id, SLOT_FORCE, SLOT_VOID, e));
        TRY(draft_drop(tx, mem, r, e));
    }
    return RC_OK;
}

/* What the organisation says from now on (span.c). */
static enum rc apply_span(struct tx *tx, TALLOC_CTX *mem, const struct record *r, const struct act_row *a, struct err *e)
{
    struct content *c;
    int64_t rev = json_get_i64(a->effect, "promote", 0);
    if (rev != 0 && span_kept(r->form_ident)) {
        TRY(content_of(tx, mem, a, rev, &c, e));
        TRY(span_begin(tx, r, rev, c, a->at, e));
    }
    return span_over(tx, r, a->effect, a->at, e);
}

/* What the rows of the form's table repeat of the record (ftable_sync). */
static bool shown_alike(const struct record *a, const struct record *b)
{
    return text_eq(a->state, b->state) && text_eq(a->draft_state ? a->draft_state : "draft", b->draft_state ? b->draft_state : "draft") && a->department == b->department &&
           a->closed_at == b->closed_at && (a->force_rev != 0) == (b->force_rev != 0);
}

enum rc act_show(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, int64_t id, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct record r;
    TRY(record_get(tx_db(tx), tmp, set, id, &r, e));
    if (strcmp(r.state, STATE_STAGED) != 0)
        return RC_OK;
    if (r.form == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s of record %lld", r.form_ident, (long long)id);
    r.state = r.closed_at != 0 ? "closed" : "approved";
    r.force_rev = r.draft_rev;
    r.draft_rev = 0;
    r.draft_state = NULL;
    TRY(ftable_move(tx, tmp, r.form, id, SLOT_STAGED, SLOT_FORCE, e));
    TRY(record_row_write(tx, &r, false, e));
    TRY(ftable_sync(tx, tmp, r.form, &r, e));
    if (span_kept(r.form_ident)) {                       /* since it was made ready: the same moment in a rebuild */
        struct content *c;
        size_t erased;
        TRY(revision_content(tx_db(tx), tmp, r.force_rev, &c, &erased, e));
        TRY(span_begin(tx, &r, r.force_rev, c, r.updated_at, e));
    }
    return q_task_show(tx, id, e);
}

enum rc act_apply(struct tx *tx, TALLOC_CTX *mem, const struct pack_set *set, const struct act_row *a, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    const struct json *ef = a->effect, *fresh = json_get(ef, "new");
    struct record r;
    bool moved = false;
    if (a->record == 0)
        return task_apply(tx, tmp, a, ef, e);
    if (fresh != NULL)
        r = born(set, a, fresh);
    else
        TRY(record_get(tx_db(tx), tmp, set, a->record, &r, e));
    if (r.form == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s of record %lld", r.form_ident, (long long)r.id);
    struct record was = r;
    apply_columns(&r, a, ef);
    TRY(apply_slots(tx, tmp, &r, &was, a, &moved, e));
    TRY(apply_span(tx, tmp, &r, a, e));
    TRY(record_row_write(tx, &r, fresh != NULL, e));
    if (!moved && !shown_alike(&was, &r))
        TRY(ftable_sync(tx, tmp, r.form, &r, e));
    if (json_get(ef, "steps") != NULL)
        TRY(apply_steps(tx, a, json_get(ef, "steps"), e));
    const struct json *show = a->again ? json_get(ef, "show") : NULL;
    for (size_t i = 0; i < json_n(show); i++)
        TRY(act_show(tx, tmp, set, json_i64(json_at(show, i), 0), e));
    return task_apply(tx, tmp, a, ef, e);
}

/* ---- doing ---- */

static enum rc comment_put(struct work *w, int64_t act, const char *comment, const uint8_t blind[32], struct err *e)
{
    if (comment == NULL)
        return RC_OK;
    return q_act_body_add(w->tx, act, comment, (struct str){(const char *)blind, 32}, e);
}

#define COMMENT_MAX 4000
enum rc act_do(struct work *w, int64_t record, int64_t revision, const char *kind, const char *step, const char *comment,
               const struct json *effect, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_act_last_no last;
    uint8_t blind[32], commit[HASH_N], hash[HASH_N];
    if (comment != NULL && comment[0] == '\0')
        comment = NULL;
    if (comment != NULL && utf8_len(comment) > COMMENT_MAX)
        return err_set(e, ERR_LIMIT, "comment");
    TRY(q_act_last_no(w->db, tmp, record, &last, e));
    if (comment != NULL) {
        comment = text_nfc(tmp, comment);
        crypt_random(blind, sizeof blind);
        commitment(blind, "comment", comment, strlen(comment), commit);
    }
    char *text = json_canonical(tmp, effect);
    struct act_row a = {.id = work_new_id(w), .record = record, .revision = revision, .no = last.no + 1, .actor = w->actor.person,
                        .on_behalf = w->actor.on_behalf, .at = w->now_us, .kind = kind, .step = step, .effect = effect, .drafted = w->drafted_record == record ? w->drafted : NULL, .drafted_slot = w->drafted_slot,
                        .written = w->written, .written_rev = w->written_rev};
    w->drafted = NULL;                                   /* known for this act alone */
    w->drafted_record = 0;
    struct act_fields af = {.id = a.id, .record = record, .revision = revision, .no = a.no, .kind = kind, .step = step, .actor = a.actor,
                            .on_behalf = a.on_behalf, .at = a.at, .comment_commit = comment ? commit : NULL, .effect = text};
    act_hash(&af, hash);
    struct entry *en = entry_new(tmp, mem_fmt(tmp, "act.%s", kind), work_pseudo(w, w->actor.person), mem_fmt(tmp, "r:%lld", (long long)record));
    entry_hash(en, "act", hash);
    if (step != NULL)
        entry_field(en, "step", step);
    if (comment != NULL)
        entry_commit(en, "comment", commit);
    TRY(ledger_append(w->ledger, w->tx, en, &a.seq, e));
    w->seq = a.seq;
    TRY(q_act_add(w->tx, a.id, record, revision, revision == 0, a.no, kind, step, a.actor, a.on_behalf, a.on_behalf == 0, a.at,
                  comment ? (struct str){(const char *)commit, HASH_N} : (struct str){NULL, 0}, text, (struct str){(const char *)hash, HASH_N}, a.seq, e));
    TRY(comment_put(w, a.id, comment, blind, e));
    TRY(act_apply(w->tx, w->mem, w->set, &a, e));
    if (record == 0)
        return RC_OK;
    TRY(work_todo(w, "search", record, e));
    return work_todo(w, "check", record, e);
}
