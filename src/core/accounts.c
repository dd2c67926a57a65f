/* Lists of accounts of other systems: looked over row by row (accounts.stage), then taken in (accounts.take). Taking makes one record of the form
 * account_list, which is history; the keeper then writes what changed into account_found, chunk by chunk (accounts_take.c). Checks of the packs read
 * that: docs/decisions/0013. Passwords and their hashes are no part of what comes here. */
#include "core/accounts_int.h"
#include "core/core_state.h"

/* What a list may say of an account; the rest of the form is daicho's. */
static const char *const said_by_list[] = {"account", "name", "email", "code", "group_names", "status", "kind", "password", "privileged", "must_change", "pw_on", "last_on", "ends_on", "made_on"};

bool accounts_own(const char *form_ident) { return strcmp(form_ident, LIST_FORM) == 0 || strcmp(form_ident, FOUND_FORM) == 0; }

/* ---- what is known ---- */

enum rc found_get(struct work *w, int64_t system, const char *account, int64_t *ret_id, struct content **ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    struct record rec;
    size_t erased;
    bool more;
    *ret_id = 0;
    *ret = NULL;
    sql_lit(s, "SELECT record FROM ");
    sql_ident(s, form_table(w->mem, pack_form(w->set, FOUND_FORM)));
    sql_lit(s, " WHERE slot = 0 AND account = ");
    sql_text(s, account);
    sql_lit(s, " AND system = ");
    sql_i64(s, system);
    sql_lit(s, " ORDER BY record LIMIT 1");
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, &more, e));
    if (more)
        *ret_id = db_i64(rows, 0);
    db_rows_end(rows);
    if (!more)
        return RC_OK;
    TRY(record_get(w->db, w->mem, w->set, *ret_id, &rec, e));
    return revision_content(w->db, w->mem, rec.force_rev, ret, &erased, e);
}

struct content *found_merge(struct work *w, const struct content *base, const struct content *said)
{
    struct content *c = base ? content_copy(w->mem, base) : content_new(w->mem);
    for (size_t i = 0; i < ARRAY_N(said_by_list); i++)
        content_set(c, said_by_list[i], content_get(said, said_by_list[i]));
    content_set(c, "system", content_get(said, "system"));
    content_set(c, "shared_name", found_shared_name(w, content_get(said, "account"), content_get(said, "name")) ? "1" : "0");
    content_set(c, "gone_on", NULL);
    if (content_get(c, "first_on") == NULL)
        content_set(c, "first_on", content_get(said, "first_on"));
    if (text_eq(base ? content_get(base, "status") : NULL, "gone"))      /* it is back: whose it is, is asked anew */
        content_set(c, "matched", NULL);
    return c;
}

bool found_same(struct work *w, const struct content *a, const struct content *b)
{
    struct change_vec changes = VEC_INIT(w->mem);
    content_diff(w->mem, a, b, &changes);
    for (size_t i = 0; i < changes.n; i++)
        if (strcmp(changes.v[i].path, "list") != 0)
            return false;
    return true;
}

enum rc found_write(struct work *w, int64_t id, const struct content *was, struct content *c, struct err *e)
{
    struct record rec;
    struct revision rev;
    struct json *effect = json_obj(w->mem);
    bool changed;
    TRY(record_get(w->db, w->mem, w->set, id, &rec, e));
    content_order(c, rec.form);
    TRY(ftable_change(w->tx, w->mem, rec.form, &rec, SLOT_FORCE, rec.state, was, c, e));
    TRY(judge_values(w, &rec, SLOT_FORCE, c, &changed, e));
    content_order(c, rec.form);
    w->drafted = c;
    w->drafted_record = rec.id;
    w->drafted_slot = SLOT_FORCE;
    TRY(revision_write(w, id, rec.form, c, &rev, e));
    json_set_i64(effect, "promote", rev.id);
    TRY(check_left(w, rec.form, was, c, e));
    return act_do(w, id, rev.id, "fill", NULL, NULL, effect, e);
}

/* ---- looking over ---- */

static enum rc system_of(struct work *w, int64_t id, struct err *e)
{
    struct record rec;
    const struct grant *g;
    struct reader r;
    (void)record_value_ctx(w, &r);
    TRY(perm_see(&r, id, &rec, &g, e));
    if (strcmp(rec.form_ident, "system") != 0 || rec.force_rev == 0 || strcmp(rec.state, "approved") != 0)
        return err_set(e, ERR_RECORD_MISSING, "system %lld", (long long)id);
    return RC_OK;
}

static enum rc day_of(struct work *w, const char *typed, char ret[CIVIL_TEXT_N], struct err *e)
{
    struct civil c, today;
    if (typed == NULL || !civil_read_loose(w->mem, str_of(typed), &c) || !civil_read(str_of(w->today), &today))
        return err_set_arg(e, ERR_DAY, typed ? typed : "", "day of the list");
    if (civil_days(c) > civil_days(today))
        return err_set_arg(e, ERR_DAY_AHEAD, typed, "day of the list");
    civil_text(c, ret);
    return RC_OK;
}

static bool listed(const char *key)
{
    for (size_t i = 0; i < ARRAY_N(said_by_list); i++)
        if (strcmp(key, said_by_list[i]) == 0)
            return true;
    return false;
}

static enum rc row_read(struct work *w, const struct form *f, const struct json *row, const char *system, const char *on, struct content **ret, struct err *e)
{
    struct reader r;
    struct value_ctx vc = record_value_ctx(w, &r);
    const char *const must[] = {"account", "status", "kind", "password", "privileged", "must_change"};
    const char *line = mem_fmt(w->mem, "%lld", (long long)json_get_i64(row, "line", 0));
    for (struct json_pos p = {0}; json_next(json_get(row, "values"), &p);)
        if (!listed(p.key))
            return err_set_arg(e, ERR_FIELDS, p.key, "line %s: %s", line, p.key);
    w->troubles->n = 0;
    struct content *c = content_read(w->mem, &vc, f, NULL, json_get(row, "values"), true, w->troubles);
    if (w->troubles->n > 0)
        return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%s: %s", line, w->troubles->v[0].text), "line %s", line);
    for (size_t i = 0; i < ARRAY_N(must); i++)
        if (content_get(c, must[i]) == NULL)
            return err_set_arg(e, ERR_FIELDS, must[i], "line %s: no %s", line, must[i]);
    if (text_eq(content_get(c, "status"), "gone"))
        return err_set_arg(e, ERR_FIELDS, "status", "line %s: what is gone stands in no list", line);
    content_set(c, "system", system);
    content_set(c, "first_on", on);
    content_order(c, f);
    *ret = c;
    return RC_OK;
}

/* One row against what is known: new, changed, same. Twice the same account in one list is refused. */
static enum rc row_stage(struct work *w, const struct form *f, struct q_batch_get *b, const struct json *row, int64_t system, const char *on, struct err *e)
{
    struct content *c, *was, *now;
    int64_t id;
    const char *state = "new";
    uint8_t hash[HASH_N];
    TRY(row_read(w, f, row, mem_fmt(w->mem, "%lld", (long long)system), on, &c, e));
    TRY(found_get(w, system, content_get(c, "account"), &id, &was, e));
    if (id != 0) {
        now = found_merge(w, was, c);
        TRY(found_match(w, now, e));
        content_order(now, f);
        state = found_same(w, was, now) ? "same" : "changed";
    }
    struct json *said = content_json(w->mem, c);
    const char *text = mem_fmt(w->mem, "%s%s\n", b->chain, json_canonical(w->mem, said));
    crypt_sha256(text, strlen(text), hash);
    b->chain = hex_text(w->mem, hash, HASH_N);
    b->n++;
    return q_staging_add(w->tx, b->batch, json_get_i64(row, "line", 0), state, "{}", json_text(w->mem, said), "[]", e);
}

static enum rc batch_open(struct work *w, const struct json *args, struct q_batch_get *ret, struct err *e)
{
    int64_t batch = json_get_i64(args, "batch", 0);
    bool found;
    if (batch == 0) {
        batch = work_new_id(w);
        TRY(q_batch_add(w->tx, batch, FOUND_FORM, w->actor.person, w->now_us, e));
        TRY(q_batch_get(w->db, w->mem, batch, ret, &found, e));
        return RC_OK;
    }
    TRY(import_batch_get(w->db, w->mem, batch, w->actor.person, FOUND_FORM, ret, e));
    return strcmp(ret->state, "looked") == 0 ? RC_OK : err_set(e, ERR_STATE, "batch %lld is %s", (long long)batch, ret->state);
}

static enum rc may_take(struct work *w, struct err *e)
{
    const struct grant *g;
    const struct form *f = pack_form(w->set, LIST_FORM);
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, LIST_FORM);
    return perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_MAKE, f, NULL, w->today, &g, e);
}

/* The newest list counts: an older one would take back what a newer one said. And what a list was looked over against must still be all that is known:
 * a list taken in since, or one that the keeper is still writing, would make its figures untrue, and they stay in the record of the list. */
static enum rc newest_check(struct work *w, int64_t system, const char *on, int64_t batch, struct err *e)
{
    struct accounts_list last;
    struct q_batch_get b;
    bool found;
    TRY(accounts_newest(w->db, w->mem, w->set, system, &last, e));
    if (last.record == 0)
        return RC_OK;
    if (strcmp(last.found_on, on) > 0)
        return err_set_arg(e, ERR_ACCT_OLD, last.found_on, "list of %s after %s", on, last.found_on);
    TRY(q_batch_get(w->db, w->mem, last.batch, &b, &found, e));
    if (last.record > batch || (found && (strcmp(b.state, "taking") == 0 || strcmp(b.state, "leaving") == 0)))
        return err_set(e, ERR_ACCT_BUSY, "list %lld, batch %lld", (long long)last.record, (long long)batch);
    return RC_OK;
}

/* {why}: of a batch, which system, day and kind of list it is of: kept with it until it is taken. */
static enum rc head_check(struct work *w, const struct json *args, struct q_batch_get *b, int64_t *ret_system, char ret_on[CIVIL_TEXT_N], struct err *e)
{
    const char *source = json_get_str(args, "source"), *columns = json_get_str(args, "columns");
    *ret_system = json_get_i64(args, "system", 0);
    TRY(system_of(w, *ret_system, e));
    TRY(day_of(w, json_get_str(args, "found_on"), ret_on, e));
    TRY(newest_check(w, *ret_system, ret_on, b->batch, e));
    if (source == NULL || !text_has_word("unix ldif ad csv api", source))
        return err_set_arg(e, ERR_FIELDS, "source", "source %s", source ? source : "-");
    if (columns != NULL && strlen(columns) > 4000)
        return err_set_arg(e, ERR_FIELDS, "columns", "columns");
    struct json *head = json_obj(w->mem);
    json_set_i64(head, "system", *ret_system);
    json_set_str(head, "found_on", ret_on);
    json_set_str(head, "source", source);
    json_set_str(head, "columns", columns);
    const char *text = json_canonical(w->mem, head);
    if (b->why != NULL && strcmp(b->why, text) != 0)
        return err_set_arg(e, ERR_FIELDS, "batch", "another list");
    b->why = text;
    return RC_OK;
}

enum rc cmd_accounts_stage(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct form *f = pack_form(w->set, FOUND_FORM);
    const struct json *rows = json_get(args, "rows");
    struct q_batch_get b;
    char on[CIVIL_TEXT_N];
    int64_t t0 = clock_mono_us(), system, last = 0;
    size_t i = 0;
    TRY(may_take(w, e));
    if (f == NULL || json_n(rows) == 0)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "no rows");
    TRY(batch_open(w, args, &b, e));
    TRY(head_check(w, args, &b, &system, on, e));
    if (b.n + (int64_t)json_n(rows) > IMPORT_ROWS_MAX)
        return err_set_arg(e, ERR_IMPORT, msg_text(w->actor.lang, MSG("core.import-none")), "%lld rows", (long long)(b.n + (int64_t)json_n(rows)));
    for (; i < json_n(rows) && (i == 0 || !import_time_over(t0)); i++) {
        int64_t line = json_get_i64(json_at(rows, i), "line", 0);
        if (line <= (i > 0 ? last : b.line) || json_type(json_get(json_at(rows, i), "values")) != JSON_OBJ)
            return err_set_arg(e, ERR_FIELDS, mem_fmt(w->mem, "rows[%zu]: line, values", i), "row %zu, line %lld", i, (long long)line);
        TRY(row_stage(w, f, &b, json_at(rows, i), system, on, e));
        last = line;
    }
    b.line = last;
    w->troubles->n = 0;
    json_set_i64(body, "batch", b.batch);
    json_set_i64(body, "taken", (int64_t)i);
    json_set_i64(body, "rows", b.n);
    return import_batch_put(w, &b, e);
}

/* ---- taking in ---- */

/* Known on the system before and not gone, as many as the list does not show. */
static enum rc known_n(struct work *w, int64_t system, int64_t *ret, struct err *e)
{
    struct sql *s = sql_new(w->mem);
    struct db_rows *rows;
    bool more;
    sql_lit(s, "SELECT count(*) FROM ");
    sql_ident(s, form_table(w->mem, pack_form(w->set, FOUND_FORM)));
    sql_lit(s, " WHERE slot = 0 AND status <> 'gone' AND system = ");
    sql_i64(s, system);
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, &more, e));
    *ret = more ? db_i64(rows, 0) : 0;
    db_rows_end(rows);
    return RC_OK;
}

static enum rc list_make(struct work *w, struct q_batch_get *b, const struct json *head, struct json *body, struct err *e)
{
    const struct form *f = pack_form(w->set, LIST_FORM);
    struct content *c = content_new(w->mem);
    int64_t n[3] = {0}, known;
    static const char *const state[] = {"new", "changed", "same"};
    struct q_staging_counts_rows counts;
    TRY(q_staging_counts(w->db, w->mem, b->batch, &counts, e));
    for (size_t i = 0; i < counts.n; i++)
        for (size_t k = 0; k < ARRAY_N(state); k++)
            if (strcmp(counts.v[i].state, state[k]) == 0)
                n[k] = counts.v[i].n;
    TRY(known_n(w, json_get_i64(head, "system", 0), &known, e));
    int64_t gone = known - n[1] - n[2];
    const struct { const char *path; int64_t n; } figure[] = {{"system", json_get_i64(head, "system", 0)}, {"accounts", b->n}, {"fresh", n[0]}, {"changed", n[1]}, {"gone", gone > 0 ? gone : 0}, {"batch", b->batch}};
    for (size_t i = 0; i < ARRAY_N(figure); i++) {
        content_set(c, figure[i].path, mem_fmt(w->mem, "%lld", (long long)figure[i].n));
        json_set_i64(body, figure[i].path, figure[i].n);
    }
    content_set(c, "found_on", json_get_str(head, "found_on"));
    content_set(c, "source", json_get_str(head, "source"));
    content_set(c, "csv_columns", json_get_str(head, "columns"));
    content_set(c, "digest", b->chain);
    content_order(c, f);
    return record_put_in_force(w, f, c, "app", NULL, NULL, &b->record, e);
}

static enum rc batch_head(struct work *w, const struct q_batch_get *b, struct json **ret, struct err *e)
{
    if (b->why == NULL)
        return err_set(e, ERR_STATE, "batch %lld", (long long)b->batch);
    return json_read(w->mem, str_of(b->why), 1 << 16, ret, e);
}

enum rc cmd_accounts_take(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_batch_get b;
    struct json *head;
    TRY(may_take(w, e));
    TRY(import_batch_get(w->db, w->mem, json_get_i64(args, "batch", 0), w->actor.person, FOUND_FORM, &b, e));
    if (strcmp(b.state, "looked") != 0)
        return err_set(e, ERR_STATE, "batch %lld is %s", (long long)b.batch, b.state);
    TRY(batch_head(w, &b, &head, e));
    TRY(system_of(w, json_get_i64(head, "system", 0), e));
    TRY(newest_check(w, json_get_i64(head, "system", 0), json_get_str(head, "found_on"), b.batch, e));
    TRY(list_make(w, &b, head, body, e));
    json_set_i64(body, "list", b.record);
    TRY(work_entry(w, "accounts.taken", mem_fmt(w->mem, "batch:%lld", (long long)b.batch), e, "list", mem_fmt(w->mem, "%lld", (long long)b.record),
                   "rows", mem_fmt(w->mem, "%lld", (long long)b.n), "digest", b.chain, NULL));
    b.state = "taking";
    b.line = -1;
    b.done = 0;
    return import_batch_put(w, &b, e);
}

/* ---- somebody's choice ---- */

enum rc cmd_accounts_match(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec, person;
    struct content *was, *c;
    size_t erased;
    struct reader r;
    const struct grant *g;
    int64_t who = json_get_i64(args, "person", 0);
    TRY(may_take(w, e));
    (void)record_value_ctx(w, &r);
    TRY(perm_see(&r, json_get_i64(args, "record", 0), &rec, &g, e));
    if (strcmp(rec.form_ident, FOUND_FORM) != 0 || strcmp(rec.state, "approved") != 0)
        return err_set(e, ERR_RECORD_MISSING, "record %lld", (long long)rec.id);
    TRY(revision_content(w->db, w->mem, rec.force_rev, &was, &erased, e));
    c = content_copy(w->mem, was);
    content_set(c, "matched", NULL);
    content_set(c, "person", NULL);
    if (who != 0) {
        TRY(perm_see(&r, who, &person, &g, e));
        if (strcmp(person.form_ident, "person") != 0 || person.force_rev == 0 || strcmp(person.state, "approved") != 0)
            return err_set_arg(e, ERR_FIELDS, "person", "no person");
        content_set(c, "person", mem_fmt(w->mem, "%lld", (long long)who));
        content_set(c, "matched", "hand");
        for (size_t i = content_rows(c, "candidates"); i > 0; i--)
            content_set(c, mem_fmt(w->mem, "candidates[%zu]", i - 1), NULL);
    }
    TRY(found_match(w, c, e));
    content_order(c, rec.form);
    if (!found_same(w, was, c))
        TRY(found_write(w, rec.id, was, c, e));
    return record_answer(w, rec.id, body, e);
}

/* ---- whoever has a whole list ---- */

void core_accounts_stage(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct json *head, const struct json *rows, struct answer **ret)
{
    int64_t batch = 0;
    size_t at = 0;
    do {
        MEM_SCOPE(tmp, mem);
        struct json *args = json_obj(tmp);
        for (struct json_pos p = {0}; json_next(head, &p);)
            json_set(args, p.key, p.val);
        struct json *part = json_set_arr(args, "rows");
        json_set_i64(args, "batch", batch);
        for (size_t i = at; i < json_n(rows) && i < at + IMPORT_CHUNK_MAX; i++)
            json_add(part, json_at(rows, i));
        core_command(c, mem, a, "accounts.stage", args, NULL, ret);
        batch = json_get_i64((*ret)->body, "batch", batch);
        at += (size_t)json_get_i64((*ret)->body, "taken", 0);
    } while ((*ret)->rc == RC_OK && at < json_n(rows));
}
