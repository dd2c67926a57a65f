/* Making, changing, filling, closing and voiding records. What is in force changes only through record_promote; everything before that
 * happens in the draft. Routes are in route.c. */
#include "core/order.h"
#include "core/leaver.h"

/* ---- shared by the commands ---- */

enum rc record_lock(struct work *w, const struct json *args, enum permit p, struct record *ret_rec, const struct grant **ret_grant, struct err *e)
{
    int64_t id = json_get_i64(args, "record", 0), version = json_get_i64(args, "version", -1);
    const struct pack_set *now = w->set;
    TRY(record_get(w->db, w->mem, now, id, ret_rec, e));
    TRY(work_record_set(w, ret_rec, e));
    if (ret_rec->form == NULL)
        return err_set(e, ERR_FORM_MISSING, "%s", ret_rec->form_ident);
    bool changes = p == PERMIT_EDIT || p == PERMIT_FILL || p == PERMIT_ACT;
    if (w->actor.kind == ACTOR_PERSON) {
        const struct grant *see;
        enum rc rc = perm_check(w->db, w->mem, now, &w->actor, PERMIT_SEE, ret_rec->form, ret_rec, w->today, &see, e);
        if (rc != RC_OK)
            return rc == RC_DENIED ? err_set(e, ERR_RECORD_MISSING, "record %lld is not visible", (long long)id) : rc;
    }
    if (version >= 0 && version != ret_rec->version)
        return err_set(e, ERR_STALE, "record %lld is at %lld, not %lld", (long long)id, (long long)ret_rec->version, (long long)version);
    if (changes && ret_rec->form->kind == FORM_LOG)
        return err_set(e, ERR_LOG, "record %lld is a row of a log", (long long)id);
    TRY(perm_check(w->db, w->mem, now, &w->actor, p, ret_rec->form, ret_rec, w->today, ret_grant, e));
    if (p == PERMIT_EDIT && !record_runs(ret_rec) && now != NULL && pack_form(now, ret_rec->form_ident) == NULL)
        return err_set_arg(e, ERR_FORM_RETIRED, ret_rec->form->name, "form %s is not in the set in force", ret_rec->form_ident);
    return proof_form(w, ret_rec->form, e);
}

static enum rc content_at(struct db *db, TALLOC_CTX *mem, int64_t rev, struct content **ret, struct err *e)
{
    size_t erased;
    if (rev != 0)
        return revision_content(db, mem, rev, ret, &erased, e);
    *ret = content_new(mem);
    return RC_OK;
}

enum rc record_force_content(struct db *db, TALLOC_CTX *mem, const struct record *rec, struct content **ret_content, struct err *e)
{
    return content_at(db, mem, rec->force_rev, ret_content, e);
}

enum rc record_content(struct db *db, TALLOC_CTX *mem, const struct record *rec, struct content **ret_content, struct err *e)
{
    return content_at(db, mem, rec->draft_rev ? rec->draft_rev : rec->force_rev, ret_content, e);
}

enum rc form_named(struct work *w, const struct json *args, const struct form **ret, struct err *e)
{
    const char *name = json_get_str(args, "form");
    *ret = name != NULL ? pack_form(w->set, name) : NULL;
    return *ret != NULL ? RC_OK : err_set(e, ERR_FORM_MISSING, "form %s", name ? name : "-");
}

struct value_ctx record_value_ctx(struct work *w, struct reader *r)
{
    *r = (struct reader){.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    memcpy(r->today, w->today, sizeof r->today);
    return (struct value_ctx){.lang = w->actor.lang, .resolve = core_resolve, .resolve_ctx = r, .sign = value_sign_text(w->mem, w->actor.person, w->now_us)};
}

static void body_record(struct json *body, const struct record *rec)
{
    json_set_i64(body, "record", rec->id);
    json_set_str(body, "number", rec->number);
    json_set_str(body, "form", rec->form_ident);
    json_set_str(body, "state", rec->state);
    json_set_str(body, "draft_state", rec->draft_state);
    json_set_i64(body, "version", rec->version);
}

enum rc record_answer(struct work *w, int64_t id, struct json *body, struct err *e)
{
    struct record rec;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    body_record(body, &rec);
    json_set_i64(body, "seq", w->seq);
    return RC_OK;
}

/* Gap-free numbers within form and fiscal year; within the form alone when the number does not name the year. */
static enum rc number_last(struct work *w, const struct form *f, struct numbers *n, int64_t *ret_last, struct err *e)
{
    struct q_number_next year;
    struct q_number_next_ever ever;
    if (strstr(n->pattern, "{fy}") != NULL) {
        TRY(q_number_next(w->db, w->mem, f->ident, n->fy, &year, e));
        *ret_last = year.last;
        return RC_OK;
    }
    n->fy = 0;
    TRY(q_number_next_ever(w->db, w->mem, f->ident, &ever, e));
    *ret_last = ever.last;
    return RC_OK;
}

/* "SF302-{fy}-{seq:4}": the fiscal year of today. */
enum rc numbers_take(struct work *w, const struct form *f, size_t n, struct numbers *ret, struct err *e)
{
    struct civil today;
    int64_t start = 4, last;
    const char *month = pack_value(w->set, "core.fiscal_start");
    if (month != NULL && (!str_to_i64(str_of(month), &start) || start < 1 || start > 12))
        start = 4;
    if (!civil_read(str_of(w->today), &today))
        return err_set(e, ERR_BUG, "today %s", w->today);
    *ret = (struct numbers){.pattern = f->number ? f->number : "{fy}-{seq:5}", .fy = civil_fiscal_year(today, (int)start)};
    TRY(number_last(w, f, ret, &last, e));
    ret->next = last + 1;
    return q_number_put(w->tx, f->ident, ret->fy, last + (int64_t)n, e);
}

char *numbers_next(TALLOC_CTX *mem, struct numbers *n)
{
    struct buf *b = buf_new(mem, 200);
    for (const char *p = n->pattern; *p != '\0';) {
        if (strncmp(p, "{fy}", 4) == 0) {
            buf_i64(b, n->fy);
            p += 4;
        } else if (strncmp(p, "{seq:", 5) == 0 && p[5] >= '1' && p[5] <= '9' && p[6] == '}') {
            buf_fmt(b, "%0*lld", p[5] - '0', (long long)n->next);
            p += 7;
        } else {
            buf_putc(b, *p++);
        }
    }
    n->next++;
    return mem_strdup(mem, b->p);
}

/* ---- the department that a record belongs to ---- */
enum rc record_department(struct work *w, const struct form *f, const struct content *c, int64_t otherwise, int64_t *ret_dept, struct err *e)
{
    int64_t d = 0;
    if (f->department != NULL && str_to_i64(str_of(content_get(c, f->department)), &d) && d > 0) {
        *ret_dept = d;
        return RC_OK;
    }
    if (otherwise != 0) {
        *ret_dept = otherwise;
        return RC_OK;
    }
    return w->actor.person == 0 ? setup_department(w, f, c, ret_dept, e) : org_department_of(w->db, w->actor.person, w->today, ret_dept, e);
}

/* Puts content into the draft slot provisionally, so that conditions can read it, computes values, and judges. */
static enum rc draft_prepare(struct work *w, struct record *rec, struct content *c, const char *at, struct err *e)
{
    bool changed;
    org_roles_read(w, rec->form, c);
    content_order(c, rec->form);
    bool born = rec->version == 0;                       /* no act yet: the slot is empty */
    TRY((born ? ftable_add : ftable_put)(w->tx, w->mem, rec->form, rec, SLOT_DRAFT, rec->draft_state ? rec->draft_state : "draft", c, e));
    TRY(judge_values(w, rec, SLOT_DRAFT, c, &changed, e));
    content_order(c, rec->form);
    w->drafted = c;
    w->drafted_record = rec->id;
    w->drafted_slot = SLOT_DRAFT;
    return at ? judge_rules(w, rec, SLOT_DRAFT, c, at, e) : RC_OK;
}

/* Troubles of typing stop a save; missing fields do not: a draft may be incomplete. */
static enum rc typing_refuse(struct work *w, struct err *e)
{
    return work_troubles_refuse(w, e);
}

static bool claim_is_late(const struct work *w, const struct form *f, const char *happened_on)
{
    struct civil h, t;
    if (happened_on == NULL || !civil_read(str_of(happened_on), &h) || !civil_read(str_of(w->today), &t))
        return false;
    return civil_days(t) - civil_days(h) > (f->grace_days > 0 ? f->grace_days : 3);
}

enum rc record_claim(struct work *w, const struct form *f, const struct json *args, const char **ret_on, const char **ret_note, struct err *e)
{
    const char *on = json_get_str(args, "happened_on"), *why = json_get_str(args, "late_reason");
    struct civil h, t;
    *ret_on = NULL;
    *ret_note = NULL;
    if (on == NULL || on[0] == '\0')
        return RC_OK;
    if (!civil_read_loose(w->mem, str_of(on), &h) || !civil_read(str_of(w->today), &t) || civil_days(h) > civil_days(t))
        return err_set_arg(e, ERR_FIELDS, msg_text(w->actor.lang, MSG("core.happened-on")), "happened_on %s", on);
    char *text = mem_alloc(w->mem, 1, CIVIL_TEXT_N, "char");
    civil_text(h, text);
    *ret_on = text;
    if (claim_is_late(w, f, text)) {
        if (why == NULL || why[0] == '\0')
            return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.late-reason")), "late claim without reason");
        *ret_note = "late";
    }
    return RC_OK;
}

/* A draft holds what is filled in before it is handed in; a step's own fields are filled with its act, later ones by record.fill. Whoever names
 * one of those is refused, or an applicant would write down what the approver found. */
static void stage_check(struct work *w, const struct form *f, const struct content *before, const struct content *after)
{
    struct change_vec changes = VEC_INIT(w->mem);
    content_diff(w->mem, before, after, &changes);
    for (size_t i = 0; i < changes.n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(f, changes.v[i].path, &col, &row);
        if (fd != NULL && fd->value == NULL && fd->stage != NULL && strcmp(fd->stage, "submit") != 0)
            trouble_add(w, changes.v[i].path, "stage", msg_fill(w->mem, w->actor.lang, MSG("core.later-stage"), pick_lang(w->actor.lang, fd->label, fd->label_en), NULL), NULL, NULL, false);
    }
}

/* ---- commands ---- */

enum rc record_make(struct work *w, const struct form *f, const struct content *content, const char *origin, const char *happened_on, const char *note,
                    const char *comment, int64_t *ret_id, struct err *e)
{
    struct revision rev;
    struct numbers numbers;
    struct record rec = {.id = work_new_id(w), .form = f, .form_ident = f->ident, .state = "draft", .draft_state = "draft", .origin = origin,
                         .made_by = w->actor.person, .made_at = w->now_us, .pack_set = w->set->id, .happened_on = happened_on, .note = note};
    struct content *c = content_copy(w->mem, content);
    TRY(numbers_take(w, f, 1, &numbers, e));
    rec.number = numbers_next(w->mem, &numbers);
    rec.title = "";
    TRY(record_department(w, f, c, 0, &rec.department, e));
    TRY(draft_prepare(w, &rec, c, w->staged ? "submit" : "save", e));
    TRY(typing_refuse(w, e));
    TRY(revision_write(w, rec.id, f, c, &rev, e));
    struct json *effect = json_obj(w->mem), *n = json_set_obj(effect, "new");
    json_set_str(n, "form", f->ident);
    json_set_str(n, "number", rec.number);
    if (rec.department != 0)
        json_set_i64(n, "department", rec.department);
    json_set_i64(n, "made_by", rec.made_by);
    json_set_str(n, "origin", origin);
    json_set_str(n, "happened_on", happened_on);
    json_set_str(n, "note", note);
    json_set_i64(n, "pack_set", rec.pack_set);
    if (w->staged) {
        json_set_i64(effect, "staged", rev.id);
        json_set_str(effect, "state", STATE_STAGED);
        json_set_null(effect, "draft_state");
    } else {
        json_set_i64(effect, "draft", rev.id);
        json_set_str(effect, "draft_state", "draft");
    }
    TRY(act_do(w, rec.id, rev.id, "create", NULL, comment, effect, e));
    *ret_id = rec.id;
    return RC_OK;
}

enum rc record_try(struct work *w, const struct form *f, const struct content *content, struct err *e)
{
    struct record rec = {.id = work_new_id(w), .form = f, .form_ident = f->ident, .number = "-", .title = "", .state = "draft", .draft_state = "draft",
                         .origin = "import", .made_by = w->actor.person, .made_at = w->now_us, .pack_set = w->set->id};
    struct content *c = content_copy(w->mem, content);
    TRY(record_department(w, f, c, 0, &rec.department, e));
    TRY(draft_prepare(w, &rec, c, "submit", e));
    w->drafted = NULL;
    w->drafted_record = 0;
    return ftable_drop(w->tx, w->mem, f, rec.id, SLOT_DRAFT, e);
}

enum rc cmd_record_create(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const char *on, *note;
    const struct form *f;
    const struct grant *g;
    struct reader r;
    int64_t id;
    TRY(form_named(w, args, &f, e));
    if (strcmp(f->ident, "import") == 0)                 /* import.run alone makes one, from rows that it judged */
        return err_set(e, ERR_DENIED, "an import is made by import.run");
    if (f->kind == FORM_LOG)
        return err_set(e, ERR_LOG, "form %s", f->ident);
    TRY(perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_MAKE, f, NULL, w->today, &g, e));
    if (accounts_own(f->ident))                          /* to make one means: to take a list in */
        return err_set(e, ERR_COMMAND, "%s is written by accounts.take", f->ident);
    TRY(record_claim(w, f, args, &on, &note, e));
    struct value_ctx vc = record_value_ctx(w, &r);
    struct content *c = content_read(w->mem, &vc, f, NULL, json_get(args, "values"), true, w->troubles);
    stage_check(w, f, content_new(w->mem), c);
    TRY(typing_refuse(w, e));
    TRY(record_make(w, f, c, "app", on, note, note ? json_get_str(args, "late_reason") : NULL, &id, e));
    if (json_get_bool(args, "submit")) {
        struct json *sub = json_obj(w->mem);
        json_set_i64(sub, "record", id);
        json_set_str(sub, "comment", json_get_str(args, "comment"));
        w->troubles->n = 0;
        return cmd_record_submit(w, sub, body, e);
    }
    return record_answer(w, id, body, e);
}

/* Content that differs from what an open step bound sends the draft back to the start of its route. */
static enum rc save_effect(struct work *w, struct record *rec, const struct content *c, int64_t rev, struct json *effect, struct err *e)
{
    json_set_i64(effect, "draft", rev);
    if (rec->draft_state == NULL || strcmp(rec->draft_state, "submitted") != 0) {
        json_set_str(effect, "draft_state", "draft");
        return RC_OK;
    }
    return route_rebind(w, rec, c, rev, effect, e);
}

enum rc cmd_record_save(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct reader r;
    struct content *base;
    struct revision rev;
    TRY(record_lock(w, args, PERMIT_EDIT, &rec, &g, e));
    grant_assert(g, PERMIT_EDIT, &rec);
    if (strcmp(rec.form_ident, "import") == 0)           /* what was handed in is what is approved: import anew instead */
        return err_set(e, ERR_DENIED, "an import is not changed");
    if (strcmp(rec.state, "void") == 0 || strcmp(rec.state, "closed") == 0)
        return err_set(e, ERR_STATE, "save in %s", rec.state);
    TRY(record_content(w->db, w->mem, &rec, &base, e));
    struct value_ctx vc = record_value_ctx(w, &r);
    struct content *c = content_read(w->mem, &vc, rec.form, base, json_get(args, "values"), json_get_bool(args, "replace_rows"), w->troubles);
    stage_check(w, rec.form, base, c);
    TRY(typing_refuse(w, e));
    order_anew(&rec, c);
    TRY(draft_prepare(w, &rec, c, "save", e));
    TRY(typing_refuse(w, e));
    struct change_vec changes = VEC_INIT(w->mem);
    content_diff(w->mem, base, c, &changes);
    if (changes.n == 0 && rec.draft_rev != 0)
        return record_answer(w, rec.id, body, e);
    TRY(revision_write(w, rec.id, rec.form, c, &rev, e));
    struct json *effect = json_obj(w->mem);
    int64_t dept;
    TRY(record_department(w, rec.form, c, rec.department, &dept, e));
    if (rec.force_rev == 0 && dept != rec.department)
        json_set_i64(effect, "department", dept);
    TRY(save_effect(w, &rec, c, rev.id, effect, e));
    TRY(act_do(w, rec.id, rev.id, "save", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

/* A field that only some people fill in: whoever else does is refused, and a deputy of one of them is not. */
static enum rc fill_by_check(struct work *w, const struct record *rec, const struct field *fd, const struct content *c, struct err *e)
{
    struct seat_vec seats = VEC_INIT(w->mem);
    struct deputy_vec d = VEC_INIT(w->mem);
    const char *label = pick_lang(w->actor.lang, fd->label, fd->label_en);
    TRY(org_resolve(w, fd->fill_by, c, rec->department, rec->made_by, NULL, 0, &seats, e));
    for (size_t i = 0; i < seats.n; i++)
        if (seats.v[i].person == w->actor.person)
            return RC_OK;
    TRY(deputies_of(w->db, w->mem, w->set, w->actor.person, w->today, &d, e));
    for (size_t i = 0; i < seats.n; i++)
        for (size_t k = 0; k < d.n; k++)
            if (d.v[k].from == seats.v[i].person && (d.v[k].role == NULL || text_eq(d.v[k].role, seats.v[i].post)))
                return RC_OK;
    trouble_add(w, fd->path, "fill-by", msg_fill(w->mem, w->actor.lang, MSG("core.fill-by"), label, NULL), NULL, pack_field_article(rec->form, fd), false);
    return RC_OK;
}

/* Only fields that are filled after approval may change without a new approval. */
static enum rc fill_check(struct work *w, const struct record *rec, const struct content *before, const struct content *after, struct err *e)
{
    const struct form *f = rec->form;
    struct change_vec changes = VEC_INIT(w->mem);
    content_diff(w->mem, before, after, &changes);
    for (size_t i = 0; i < changes.n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(f, changes.v[i].path, &col, &row);
        if (fd != NULL && fd->value == NULL && !pack_field_later(fd))
            return err_set_arg(e, ERR_FIELDS, msg_fill(w->mem, w->actor.lang, MSG("core.needs-approval"), pick_lang(w->actor.lang, fd->label, fd->label_en), NULL),
                               "fill of %s", changes.v[i].path);
        if (fd != NULL && fd->fill_by != NULL)
            TRY(fill_by_check(w, rec, fd, before, e));
    }
    TRY(work_troubles_refuse(w, e));
    return changes.n > 0 ? RC_OK : err_set_arg(e, ERR_FIELDS, msg_text(w->actor.lang, MSG("core.nothing-filled")), "nothing filled");
}

static bool all_filled(const struct form *f, const struct content *c)
{
    for (size_t i = 0; i < f->field_n; i++) {
        const struct field *fd = &f->field[i];
        if (pack_field_later(fd) && fd->required && content_get(c, fd->path) == NULL && content_rows(c, fd->path) == 0)
            return false;
    }
    return true;
}

/* What was asked of such a field when the record was handed in is asked of what it becomes. */
static bool has_ongoing(const struct form *f)
{
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].ongoing)
            return true;
    return false;
}

static enum rc close_effect(struct work *w, const struct record *rec, struct json *effect, struct err *e)
{
    json_set_str(effect, "state", "closed");
    json_set_i64(effect, "closed_at", w->now_us);
    return task_plan(w, rec, "closed", effect, e);
}

enum rc cmd_record_fill(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct reader r;
    struct content *base;
    struct revision rev;
    size_t erased;
    bool changed;
    TRY(record_lock(w, args, PERMIT_FILL, &rec, &g, e));
    grant_assert(g, PERMIT_FILL, &rec);
    if (rec.force_rev == 0 || strcmp(rec.state, "approved") != 0 || rec.draft_rev != 0)
        return err_set(e, ERR_STATE, "fill in %s", rec.state);
    TRY(revision_content(w->db, w->mem, rec.force_rev, &base, &erased, e));
    struct value_ctx vc = record_value_ctx(w, &r);
    struct content *c = content_read(w->mem, &vc, rec.form, base, json_get(args, "values"), json_get_bool(args, "replace_rows"), w->troubles);
    TRY(typing_refuse(w, e));
    TRY(fill_check(w, &rec, base, c, e));
    content_order(c, rec.form);
    TRY(ftable_change(w->tx, w->mem, rec.form, &rec, SLOT_FORCE, rec.state, base, c, e));
    TRY(judge_values(w, &rec, SLOT_FORCE, c, &changed, e));
    content_order(c, rec.form);
    w->drafted = c;
    w->drafted_record = rec.id;
    w->drafted_slot = SLOT_FORCE;
    bool closing = rec.form->closes != NULL && strcmp(rec.form->closes, "filled") == 0 && all_filled(rec.form, c);
    if (closing || has_ongoing(rec.form)) {
        TRY(judge_rules(w, &rec, SLOT_FORCE, c, closing ? "close" : "approve", e));
        TRY(work_troubles_refuse(w, e));
    }
    TRY(revision_write(w, rec.id, rec.form, c, &rev, e));
    struct json *effect = json_obj(w->mem);
    json_set_i64(effect, "promote", rev.id);
    TRY(check_left(w, rec.form, base, c, e));
    if (closing)
        TRY(close_effect(w, &rec, effect, e));
    if (!closing)
        TRY(task_follow(w, &rec, c, SLOT_FORCE, effect, e));
    TRY(task_settle(w, &rec, SLOT_FORCE, effect, e));
    if (closing)
        TRY(task_first_check(w, &rec, effect, e));
    TRY(act_do(w, rec.id, rev.id, closing ? "close" : "fill", NULL, json_get_str(args, "comment"), effect, e));
    TRY(work_todo(w, "route", rec.id, e));               /* what hangs on it: routes, tasks of the records that it refers to */
    TRY(seats_moved(w, rec.form->ident, e));
    return record_answer(w, rec.id, body, e);
}

enum rc cmd_record_close(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct content *c;
    size_t erased;
    TRY(record_lock(w, args, PERMIT_FILL, &rec, &g, e));
    grant_assert(g, PERMIT_FILL, &rec);
    if (strcmp(rec.state, "approved") != 0 || rec.draft_rev != 0)
        return err_set(e, ERR_STATE, "close in %s", rec.state);
    TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
    content_order(c, rec.form);
    TRY(judge_rules(w, &rec, SLOT_FORCE, c, "close", e));
    TRY(work_troubles_refuse(w, e));
    struct json *effect = json_obj(w->mem);
    TRY(close_effect(w, &rec, effect, e));
    TRY(task_settle(w, &rec, SLOT_FORCE, effect, e));
    TRY(task_first_check(w, &rec, effect, e));
    TRY(act_do(w, rec.id, rec.force_rev, "close", NULL, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

enum rc record_void_effect(struct work *w, const struct record *rec, struct json *effect, struct err *e)
{
    json_set_bool(effect, "void", true);
    json_set_str(effect, "state", "void");
    json_set_null(effect, "draft_state");
    return task_close_all(w, rec, effect, e);
}

enum rc cmd_record_void(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    const struct grant *g;
    const char *why = json_get_str(args, "comment");
    TRY(record_lock(w, args, PERMIT_VOID, &rec, &g, e));
    grant_assert(g, PERMIT_VOID, &rec);
    if (why == NULL || why[0] == '\0')
        return err_set_arg(e, ERR_REASON, msg_text(w->actor.lang, MSG("core.void-reason")), "void without reason");
    if (strcmp(rec.state, "void") == 0 || strcmp(rec.state, "corrected") == 0)
        return err_set(e, ERR_STATE, "already %s", rec.state);
    TRY(org_void_check(w, &rec, e));
    struct json *effect = json_obj(w->mem);
    TRY(record_void_effect(w, &rec, effect, e));
    struct json *steps = json_set_obj(effect, "steps");
    json_set_arr(steps, "rows");
    TRY(act_do(w, rec.id, 0, "void", NULL, why, effect, e));
    TRY(seats_moved(w, rec.form_ident, e));
    return record_answer(w, rec.id, body, e);
}

enum rc record_promote(struct work *w, const struct record *rec, const struct content *c, struct json *effect, struct err *e)
{
    struct content *was;
    TRY(proof_form(w, rec->form, e));
    TRY(exclude_appointment(w, rec, c, effect, e));
    TRY(deputy_check(w, rec, c, e));
    TRY(org_promote_check(w, rec, c, e));
    if (strcmp(rec->form->ident, "import") == 0)
        TRY(import_apply(w, rec, c, e));
    json_set_i64(effect, "promote", rec->draft_rev);
    json_set_str(effect, "state", "approved");
    json_set_null(effect, "draft_state");
    json_set_i64(effect, "pack_set", w->set->id);
    int64_t dept;
    TRY(record_department(w, rec->form, c, rec->department, &dept, e));
    if (dept != 0)
        json_set_i64(effect, "department", dept);
    TRY(record_force_content(w->db, w->mem, rec, &was, e));
    TRY(check_left(w, rec->form, was, c, e));
    TRY(task_plan(w, rec, "in_force", effect, e));
    TRY(task_follow(w, rec, c, SLOT_DRAFT, effect, e));
    TRY(task_settle(w, rec, SLOT_DRAFT, effect, e));
    TRY(work_todo(w, "route", rec->id, e));
    TRY(seats_moved(w, rec->form->ident, e));
    TRY(orders_moved(w, rec->form->ident, e));
    TRY(leaver_moved(w, rec, c, e));
    if (rec->form->closes != NULL && strcmp(rec->form->closes, "filled") == 0 && all_filled(rec->form, c))
        return close_effect(w, rec, effect, e);
    return RC_OK;
}
