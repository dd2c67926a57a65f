/* Verification of the rows that entries speak of: every revision, act, erasure, attachment and pack set (truth_log.c: batch and book) matches the entry at its seq, every
 * value opens its commitment or is missing under an erasure that was executed, and no entry lacks its row (docs/LEDGER.md). */
#include "ledger/ledger_int.h"

#define BODY_MAX (16 << 20)

void verify_count(struct verify *v, const struct entry_scan *s)
{
    struct str x;
    bool set = str_is(s->type, "set.adopted");
    v->bound[BOUND_REVISION] += str_is(s->type, "record.revised");
    v->bound[BOUND_ACT] += str_starts(s->type, "act.") && scan_find(s->lines, "hash", "act", &x);
    v->bound[BOUND_ERASURE] += str_is(s->type, "erase.executed");
    v->bound[BOUND_ATTACHMENT] += str_is(s->type, "attach.added");
    v->bound[BOUND_SET] += set;
    v->bound[BOUND_LOG] += str_is(s->type, "log.added");
}

/* The line "kind key algorithm base64" of the entry holds exactly these 32 bytes. */
static bool line_is(TALLOC_CTX *mem, const struct entry_scan *s, const char *kind, const char *key, const char *alg, const void *h)
{
    struct str got;
    const char *want = mem_fmt(mem, "%s %s", alg, b64_text(mem, h, HASH_N));
    return scan_find(s->lines, kind, key, &got) && str_is(got, want);
}

bool truth_sha_is(TALLOC_CTX *mem, const struct entry_scan *s, const char *key, const void *h) { return line_is(mem, s, "hash", key, "sha256", h); }

bool truth_field_is(const struct entry_scan *s, const char *key, const char *value)
{
    struct str got;
    return scan_find(s->lines, "field", key, &got) && str_is(got, value);
}

bool truth_object_is(TALLOC_CTX *mem, const struct entry_scan *s, const char *type, const char *object)
{
    return str_is(s->type, type) && str_is(s->object, object);
}

/* ---- what was erased ---- */

/* "name" covers name and its rows, "items[3]" one row and its cells, as erasing does. */
static bool path_covered(const char *path, const char *by)
{
    size_t n = strlen(by);
    return strncmp(path, by, n) == 0 && (path[n] == '\0' || path[n] == '[' || (path[n] == '.' && strchr(by, '[') != NULL));
}

/* An erasure row counts only with its erase.executed entry, and only for a path that the entry names. */
static bool erasure_holds(TALLOC_CTX *mem, const struct q_truth_erasures *r)
{
    struct entry_scan s;
    struct str paths, one;
    if (r->entry.p == NULL || !entry_scan(r->entry, &s) || !truth_object_is(mem, &s, "erase.executed", mem_fmt(mem, "r:%lld", (long long)r->record)))
        return false;
    if (!truth_field_is(&s, "ground", r->ground) || !scan_find(s.lines, "field", "paths", &paths))
        return false;
    while (str_next(&paths, ' ', &one))
        if (str_is(one, r->path))
            return true;
    return false;
}

/* Was this erased after it was written at seq? path NULL: anything of the record, for erasing blanks all its comments. */
static enum rc erased(struct verify *v, int64_t record, int64_t seq, const char *path, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, v->mem);
    *ret = false;
    for (int64_t last = 0;;) {
        struct q_truth_erasures_of_rows rows;
        TRY(q_truth_erasures_of(v->db, tmp, record, last, &rows, e));
        for (size_t i = 0; i < rows.n; i++)
            if (rows.v[i].seq > seq && (path == NULL || path_covered(path, rows.v[i].path))) {
                *ret = true;
                return RC_OK;
            }
        if (rows.n == 0)
            return RC_OK;
        last = rows.v[rows.n - 1].id;
    }
}

static enum rc erasures_check(struct verify *v, struct err *e)
{
    struct q_truth_erasure_seqs n;
    for (int64_t last = 0;;) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_erasures_rows rows;
        TRY(q_truth_erasures(v->db, tmp, last, &rows, e));
        for (size_t i = 0; i < rows.n; i++)
            if (!erasure_holds(tmp, &rows.v[i]))
                return verify_bad(v, MSG("ledger.problem.erasure"), rows.v[i].id, "row does not match its entry");
        if (rows.n == 0)
            break;
        last = rows.v[rows.n - 1].id;
    }
    TRY(q_truth_erasure_seqs(v->db, v->mem, &n, e));
    return n.n == v->bound[BOUND_ERASURE] ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "erasure rows are missing");
}

/* ---- revisions ---- */

/* A row of a log is bound by its batch (truth_log.c), everything else by an entry of its own. */
static bool revision_holds(TALLOC_CTX *mem, const struct q_truth_revisions *r, bool *ret_logged)
{
    struct entry_scan s;
    hash_t h;
    if (r->entry.p == NULL || r->hash.n != HASH_N || !entry_scan(r->entry, &s))
        return false;
    revision_hash(r->commits, strlen(r->commits), h);
    *ret_logged = str_is(s.type, "log.added");
    if (memcmp(h, r->hash.p, HASH_N) != 0 || !truth_field_is(&s, "form", r->form))
        return false;
    if (*ret_logged)
        return true;
    if (!truth_sha_is(mem, &s, "revision", h) ||
        !truth_object_is(mem, &s, "record.revised", mem_fmt(mem, "r:%lld@rev%lld", (long long)r->record, (long long)r->no)))
        return false;
    struct revision_fields f = {.id = r->id, .record = r->record, .no = r->no, .form = r->form, .pack_set = r->pack_set, .author = r->author,
                                .at = r->at, .hash = (const uint8_t *)r->hash.p};
    hash_t row;
    revision_row_hash(&f, row);
    return truth_sha_is(mem, &s, "row", row);
}

/* One item [path, value, blinding] against its line "path base64". */
static enum rc item_check(struct verify *v, TALLOC_CTX *mem, const struct q_truth_revisions *r, const struct json *item, struct str line, bool *ret_ok, struct err *e)
{
    const char *path = json_str(json_at(item, 0)), *value = json_str(json_at(item, 1)), *blind = json_str(json_at(item, 2));
    struct str name;
    uint8_t *c, *b, want[HASH_N];
    size_t n;
    *ret_ok = false;
    if (!str_next(&line, ' ', &name) || line.p == NULL || path == NULL || json_n(item) != 3 || !str_is(name, path))
        return RC_OK;
    if (value == NULL && blind == NULL && json_type(json_at(item, 1)) == JSON_NULL && json_type(json_at(item, 2)) == JSON_NULL)
        return erased(v, r->record, r->seq, path, ret_ok, e);
    if (value == NULL || blind == NULL || !b64_read(mem, line, &c, &n) || n != HASH_N || !b64_read(mem, str_of(blind), &b, &n) || n != 32)
        return RC_OK;
    commitment(b, path, value, strlen(value), want);
    *ret_ok = memcmp(want, c, HASH_N) == 0;
    return *ret_ok && text_eq(path, BOOK_PATH) ? truth_book_named(v, mem, r->record, value, ret_ok, e) : RC_OK;
}

static enum rc body_check(struct verify *v, TALLOC_CTX *mem, const struct q_truth_revisions *r, struct err *e)
{
    struct json *body;
    struct str lines = str_of(r->commits), line;
    size_t n = 0;
    struct err no;
    if (r->body == NULL || json_read(mem, str_of(r->body), BODY_MAX, &body, &no) != RC_OK || !text_eq(json_text(mem, body), r->body))
        return verify_bad(v, MSG("ledger.problem.value"), r->id, "body is missing or no JSON of ours");
    while (str_next(&lines, '\n', &line)) {
        bool ok;
        if (lines.p == NULL && line.n == 0)
            break;
        TRY(item_check(v, mem, r, json_at(body, n++), line, &ok, e));
        if (!ok)
            return verify_bad(v, MSG("ledger.problem.value"), r->id, mem_fmt(mem, "commitment %zu", n));
    }
    return n == json_n(body) ? RC_OK : verify_bad(v, MSG("ledger.problem.value"), r->id, "more values than commitments");
}

static enum rc revisions_check(struct verify *v, struct err *e)
{
    int64_t n = 0;
    for (int64_t last = 0; v->report->problem == NULL;) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_revisions_rows rows;
        TRY(q_truth_revisions(v->db, tmp, last, &rows, e));
        if (rows.n == 0)
            break;
        for (size_t i = 0; i < rows.n && v->report->problem == NULL; i++) {
            MEM_SCOPE(one, tmp);
            bool logged = false;
            if (!revision_holds(one, &rows.v[i], &logged))
                return verify_bad(v, MSG("ledger.problem.revision"), rows.v[i].id, "");
            v->logged += logged;
            n += !logged;
            TRY(body_check(v, one, &rows.v[i], e));
        }
        last = rows.v[rows.n - 1].id;
    }
    return n == v->bound[BOUND_REVISION] ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "revision rows are missing");
}

/* ---- acts ---- */

static enum rc comment_check(struct verify *v, const struct q_truth_acts *a, bool *ret_ok, struct err *e)
{
    uint8_t want[HASH_N];
    *ret_ok = a->comment == NULL && a->blind.n == 0;
    if (a->comment_commit.p == NULL)
        return RC_OK;
    if (a->comment == NULL && a->blind.n == 0)
        return erased(v, a->record, a->seq, NULL, ret_ok, e);
    if (a->comment != NULL && a->blind.n == 32) {
        commitment((const uint8_t *)a->blind.p, "comment", a->comment, strlen(a->comment), want);
        *ret_ok = a->comment_commit.n == HASH_N && memcmp(want, a->comment_commit.p, HASH_N) == 0;
    }
    return RC_OK;
}

static bool act_holds(TALLOC_CTX *mem, const struct q_truth_acts *a)
{
    struct entry_scan s;
    hash_t h;
    struct str x;
    if (a->entry.p == NULL || a->hash.n != HASH_N || !entry_scan(a->entry, &s) || (a->comment_commit.p != NULL && a->comment_commit.n != HASH_N))
        return false;
    struct act_fields f = {.id = a->id, .record = a->record, .revision = a->revision, .no = a->no, .kind = a->kind, .step = a->step, .actor = a->actor,
                           .on_behalf = a->on_behalf, .at = a->at, .comment_commit = a->comment_commit.p == NULL ? NULL : (const uint8_t *)a->comment_commit.p,
                           .effect = a->effect};
    act_hash(&f, h);
    bool step = a->step == NULL ? !scan_find(s.lines, "field", "step", &x) : truth_field_is(&s, "step", a->step);
    bool comment = a->comment_commit.p == NULL ? !scan_find(s.lines, "commit", "comment", &x)
                                          : line_is(mem, &s, "commit", "comment", "hmac-sha256", a->comment_commit.p);
    return memcmp(h, a->hash.p, HASH_N) == 0 && step && comment && truth_sha_is(mem, &s, "act", h) &&
           truth_object_is(mem, &s, mem_fmt(mem, "act.%s", a->kind), mem_fmt(mem, "r:%lld", (long long)a->record));
}

static enum rc acts_check(struct verify *v, struct err *e)
{
    int64_t n = 0;
    for (int64_t last = 0;;) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_acts_rows rows;
        TRY(q_truth_acts(v->db, tmp, last, &rows, e));
        if (rows.n == 0)
            break;
        for (size_t i = 0; i < rows.n; i++, n++) {
            MEM_SCOPE(one, tmp);
            bool ok;
            if (!act_holds(one, &rows.v[i]))
                return verify_bad(v, MSG("ledger.problem.act"), rows.v[i].id, "");
            TRY(comment_check(v, &rows.v[i], &ok, e));
            if (!ok)
                return verify_bad(v, MSG("ledger.problem.comment"), rows.v[i].id, "");
        }
        last = rows.v[rows.n - 1].id;
    }
    return n == v->bound[BOUND_ACT] ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "act rows are missing");
}

/* ---- attachments and pack sets ---- */

static bool attachment_holds(TALLOC_CTX *mem, const struct q_truth_attachments *a, const uint8_t house[32])
{
    struct entry_scan s;
    hash_t commit;
    uint8_t blind[32];
    const char *name = mem_fmt(mem, "attachment:%lld", (long long)a->id);
    if (a->entry.p == NULL || a->sha256.n != HASH_N || !entry_scan(a->entry, &s))
        return false;
    crypt_hmac256(house, 32, name, strlen(name), blind);
    commitment(blind, "attachment", a->sha256.p, HASH_N, commit);
    return truth_object_is(mem, &s, "attach.added", mem_fmt(mem, "r:%lld", (long long)a->record)) &&
           truth_field_is(&s, "attachment", mem_fmt(mem, "%lld", (long long)a->id)) && truth_field_is(&s, "type", a->type) &&
           line_is(mem, &s, "commit", "sha256", "hmac-sha256", commit);
}

static enum rc attachments_check(struct verify *v, struct err *e)
{
    struct q_truth_house_key key;
    uint8_t house[32];
    bool found;
    int64_t n = 0;
    MEM_SCOPE(mem, v->mem);
    TRY(q_truth_house_key(v->db, mem, &key, &found, e));
    bool readable = found && hex_read(str_of(key.v), house, sizeof house);
    for (int64_t last = 0;;) {
        MEM_SCOPE(tmp, mem);
        struct q_truth_attachments_rows rows;
        TRY(q_truth_attachments(v->db, tmp, last, &rows, e));
        if (rows.n == 0)
            break;
        for (size_t i = 0; i < rows.n; i++, n++)
            if (!readable || !attachment_holds(tmp, &rows.v[i], house))
                return verify_bad(v, MSG("ledger.problem.attachment"), rows.v[i].id, "");
        last = rows.v[rows.n - 1].id;
    }
    return n == v->bound[BOUND_ATTACHMENT] ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "attachment rows are missing");
}

static bool set_holds(TALLOC_CTX *mem, const struct q_truth_sets *r)
{
    struct entry_scan s;
    hash_t h;
    crypt_sha256(r->body, strlen(r->body), h);
    return r->entry.p != NULL && r->hash.n == HASH_N && memcmp(h, r->hash.p, HASH_N) == 0 && entry_scan(r->entry, &s) && truth_sha_is(mem, &s, "set", h) &&
           truth_object_is(mem, &s, "set.adopted", mem_fmt(mem, "set:%lld", (long long)r->id));
}

static enum rc sets_check(struct verify *v, struct err *e)
{
    int64_t n = 0;
    for (int64_t last = 0;;) {
        MEM_SCOPE(tmp, v->mem);
        struct q_truth_sets_rows rows;
        TRY(q_truth_sets(v->db, tmp, last, &rows, e));
        if (rows.n == 0)
            break;
        for (size_t i = 0; i < rows.n; i++, n++)
            if (!set_holds(tmp, &rows.v[i]))
                return verify_bad(v, MSG("ledger.problem.set"), rows.v[i].id, "");
        last = rows.v[rows.n - 1].id;
    }
    return n == v->bound[BOUND_SET] ? RC_OK : verify_bad(v, MSG("ledger.problem.rows"), -1, "pack set rows are missing");
}

enum rc verify_truth(struct verify *v, struct err *e)
{
    static enum rc (*const part[])(struct verify *, struct err *) = {erasures_check, truth_books, revisions_check, truth_logs, acts_check, attachments_check, sets_check};
    for (size_t i = 0; i < ARRAY_N(part) && v->report->problem == NULL; i++)
        TRY(part[i](v, e));
    return RC_OK;
}
