/* The organisation as the engine needs it: who holds which role on a day, who heads what, who stands above whom, and who answers for a
 * step's `who`. People, departments and assignments are forms; their rows in force are read. */
#include "core/route_int.h"

#define PEOPLE_MAX 500
#define CLIMB_MAX 12

static void dated(struct sql *s, const char *on)
{
    sql_lit(s, " AND (x.from_on IS NULL OR x.from_on <= ");
    sql_text(s, on);
    sql_lit(s, ") AND (x.to_on IS NULL OR x.to_on >= ");
    sql_text(s, on);
    sql_lit(s, ")");
}

/* A department that is closed has no head. */
static void open_on(struct sql *s, const char *on)
{
    sql_lit(s, " AND (x.closed_on IS NULL OR x.closed_on >= ");
    sql_text(s, on);
    sql_lit(s, ")");
}

static void id_add(struct id_vec *v, int64_t id)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i] == id)
            return;
    *vec_push(v) = id;
}

static enum rc ids_of(struct db *db, TALLOC_CTX *mem, const struct sql *s, struct id_vec *ret, struct err *e)
{
    struct id_vec v = VEC_INIT(mem);
    if (ret->mem == NULL)
        ret->mem = mem;
    TRY(ids_read(db, mem, s, &v, e));
    for (size_t i = 0; i < v.n; i++)
        id_add(ret, v.v[i]);
    return RC_OK;
}

/* Somebody who left holds nothing. */
static void still_here(struct sql *s, const char *on)
{
    sql_lit(s, " AND EXISTS (SELECT 1 FROM f_person p WHERE p.record = x.person AND p.slot = 0 AND (p.left_on IS NULL OR p.left_on >= ");
    sql_text(s, on);
    sql_lit(s, "))");
}

/* ---- answers kept: the same few people and departments are asked about all day (db_memo; ftable.c forgets them when such a form is written) ---- */

struct kept_ids { size_t n; int64_t v[]; };
#define KEPT_KEY 200

/* What is asked, of whom and where, which role, on which day: everything that the answer depends on. */
static const char *kept_key(TALLOC_CTX *mem, const char *what, int64_t a, int64_t b, const char *role, const char *on)
{
    struct buf *k = buf_new(mem, KEPT_KEY * 4);
    buf_puts(k, what);
    buf_i64(k, a);
    buf_putc(k, ' ');
    buf_i64(k, b);
    buf_putc(k, ' ');
    buf_puts(k, on ? on : "");
    buf_putc(k, ' ');
    buf_puts(k, role ? role : "");
    return k->p;
}

static bool kept(const struct db *db, TALLOC_CTX *mem, const char *key, struct id_vec *ret)
{
    const struct kept_ids *ids = db_memo_get(db, key);
    if (ids == NULL)
        return false;
    if (ret->mem == NULL)
        ret->mem = mem;
    for (size_t i = 0; i < ids->n; i++)
        id_add(ret, ids->v[i]);
    return true;
}

/* Asks, and keeps the answer by its key. */
static enum rc kept_ask(struct db *db, TALLOC_CTX *mem, const char *key, const struct sql *s, struct id_vec *ret, struct err *e)
{
    struct id_vec v = VEC_INIT(mem);
    TRY(ids_of(db, mem, s, &v, e));
    struct kept_ids *ids = mem_alloc(mem, 1, sizeof *ids + v.n * sizeof v.v[0], "kept_ids");
    ids->n = v.n;
    if (ret->mem == NULL)
        ret->mem = mem;
    for (size_t i = 0; i < v.n; i++) {
        ids->v[i] = v.v[i];
        id_add(ret, v.v[i]);
    }
    (void)db_memo_put(db, key, ids);
    return RC_OK;
}

static enum rc kept_one(struct db *db, TALLOC_CTX *mem, const char *key, const struct sql *s, int64_t *ret, struct err *e)
{
    struct id_vec v = VEC_INIT(mem);
    TRY(kept_ask(db, mem, key, s, &v, e));
    *ret = v.n > 0 ? v.v[0] : 0;
    return RC_OK;
}

static bool kept_id(const struct db *db, TALLOC_CTX *mem, const char *key, int64_t *ret)
{
    struct id_vec v = VEC_INIT(mem);
    if (!kept(db, mem, key, &v))
        return false;
    *ret = v.n > 0 ? v.v[0] : 0;
    return true;
}

enum rc org_holders(struct db *db, TALLOC_CTX *mem, const char *role_key, int64_t department, const char *on, struct id_vec *ret, struct err *e)
{
    const char *key = kept_key(mem, "org.holders ", department, 0, role_key, on);
    if (kept(db, mem, key, ret))
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT x.person FROM f_assignment x WHERE x.slot = 0 AND x.role = ");
    sql_text(s, role_key);
    dated(s, on);
    still_here(s, on);
    if (department != 0) {
        sql_lit(s, " AND x.department_ = ");
        sql_i64(s, department);
    }
    sql_lit(s, " ORDER BY x.person LIMIT 500");
    return kept_ask(db, mem, key, s, ret, e);
}

enum rc org_parent(struct db *db, int64_t department, int64_t *ret_parent, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    const char *key = kept_key(tmp, "org.parent ", department, 0, NULL, NULL);
    if (kept_id(db, tmp, key, ret_parent))
        return RC_OK;
    struct sql *s = sql_new(tmp);
    sql_lit(s, "SELECT parent FROM f_department WHERE slot = 0 AND record = ");
    sql_i64(s, department);
    return kept_one(db, tmp, key, s, ret_parent, e);
}

enum rc org_department_of(struct db *db, int64_t person, const char *on, int64_t *ret_department, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    const char *key = kept_key(tmp, "org.department ", person, 0, NULL, NULL);
    (void)on;
    if (kept_id(db, tmp, key, ret_department))
        return RC_OK;
    struct sql *s = sql_new(tmp);
    sql_lit(s, "SELECT department_ FROM f_person WHERE slot = 0 AND record = ");
    sql_i64(s, person);
    return kept_one(db, tmp, key, s, ret_department, e);
}

/* A house whose regulations are older than the register of additional posts has no such table. */
static bool has_postings(const struct pack_set *set)
{
    return set != NULL && pack_form(set, "posting") != NULL;
}

enum rc org_departments_of(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *on, struct id_vec *ret, struct err *e)
{
    const char *key = kept_key(mem, "org.departments ", person, has_postings(set), NULL, on);
    if (kept(db, mem, key, ret))
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT department_, 0 FROM f_person WHERE slot = 0 AND record = ");
    sql_i64(s, person);
    if (has_postings(set)) {
        sql_lit(s, " UNION ALL SELECT x.department_, 1 FROM f_posting x WHERE x.slot = 0 AND x.person = ");
        sql_i64(s, person);
        dated(s, on);
    }
    sql_lit(s, " ORDER BY 2, 1 LIMIT 50");
    return kept_ask(db, mem, key, s, ret, e);
}

enum rc org_member(struct db *db, const struct pack_set *set, int64_t person, int64_t department, const char *on, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct id_vec in = VEC_INIT(tmp);
    *ret = false;
    if (department == 0 || person == 0)
        return RC_OK;
    TRY(org_departments_of(db, tmp, set, person, on, &in, e));
    *ret = ids_have(&in, department);
    return RC_OK;
}

enum rc org_head(struct db *db, TALLOC_CTX *mem, int64_t department, const char *on, int64_t *ret_person, struct err *e)
{
    const char *key = kept_key(mem, "org.head ", department, 0, NULL, on);
    if (kept_id(db, mem, key, ret_person))
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT x.head FROM f_department x WHERE x.slot = 0 AND x.record = ");
    sql_i64(s, department);
    open_on(s, on);
    sql_lit(s, " AND EXISTS (SELECT 1 FROM f_person p WHERE p.record = x.head AND p.slot = 0 AND (p.left_on IS NULL OR p.left_on >= ");
    sql_text(s, on);
    sql_lit(s, "))");
    return kept_one(db, mem, key, s, ret_person, e);
}

enum rc org_is_here(struct db *db, int64_t person, const char *on, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    int64_t id = 0;
    const char *key = kept_key(tmp, "org.here ", person, 0, NULL, on);
    if (kept_id(db, tmp, key, &id)) {
        *ret = id == person;
        return RC_OK;
    }
    struct sql *s = sql_new(tmp);
    sql_lit(s, "SELECT record FROM f_person WHERE slot = 0 AND record = ");
    sql_i64(s, person);
    sql_lit(s, " AND (left_on IS NULL OR left_on >= ");
    sql_text(s, on);
    sql_lit(s, ")");
    TRY(kept_one(db, tmp, key, s, &id, e));
    *ret = id == person;
    return RC_OK;
}

/* ---- roles and their `is:` ---- */

/* Keys under which a role may be held: its own, the core role that it is, and other packs' roles that are the same core role. */
void org_role_keys(const struct pack_set *set, const char *role, const char **keys, size_t *n, size_t max)
{
    const struct role *r = pack_role(set, role);
    const char *core = r == NULL ? role : r->is ? r->is : r->id;
    *n = 0;
    keys[(*n)++] = r ? r->key : role;
    for (size_t i = 0; i < set->role_n && *n + 1 < max; i++) {
        const struct role *o = &set->role[i];
        bool same = (o->is != NULL && strcmp(o->is, core) == 0) || (strcmp(o->id, core) == 0 && o->pack != NULL && strcmp(o->pack->id, "core") == 0);
        if (same && strcmp(o->key, keys[0]) != 0)
            keys[(*n)++] = o->key;
    }
}

void org_role_in(struct sql *s, const struct pack_set *set, const char *role)
{
    const char *keys[ORG_KEYS_MAX];
    size_t n;
    org_role_keys(set, role, keys, &n, ARRAY_N(keys));
    for (size_t i = 0; i < n; i++) {
        if (i == 0)
            sql_lit(s, " AND x.role IN (");
        else
            sql_lit(s, ", ");
        sql_text(s, keys[i]);
    }
    sql_lit(s, ")");
}

enum rc org_holders_set(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, const char *role, int64_t department, const char *on, struct id_vec *ret, struct err *e)
{
    const char *keys[ORG_KEYS_MAX];
    size_t n;
    const struct role *r = pack_role(set, role);
    org_role_keys(set, role, keys, &n, ARRAY_N(keys));
    if (ret->mem == NULL)
        ret->mem = mem;
    if (r != NULL && r->derived_head && department != 0) {
        int64_t head;
        TRY(org_head(db, mem, department, on, &head, e));
        if (head != 0)
            id_add(ret, head);
        return RC_OK;
    }
    for (size_t i = 0; i < n; i++)
        TRY(org_holders(db, mem, keys[i], department, on, ret, e));
    return RC_OK;
}

/* Asked from the person's side: a person has few posts, a post may have thousands of holders. */
static enum rc held(struct db *db, TALLOC_CTX *mem, const struct pack_set *set, int64_t person, const char *role, const char *on, struct id_vec *ret, struct err *e)
{
    const char *key = kept_key(mem, "org.held ", person, set->id, role, on);        /* which posts are one is the set's to say */
    if (kept(db, mem, key, ret))
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT x.person FROM f_assignment x WHERE x.slot = 0 AND x.person = ");
    sql_i64(s, person);
    org_role_in(s, set, role);
    dated(s, on);
    still_here(s, on);
    sql_lit(s, " LIMIT 1");
    return kept_ask(db, mem, key, s, ret, e);
}

/* The departments that this person heads. */
enum rc org_heads(struct db *db, TALLOC_CTX *mem, int64_t person, const char *on, struct id_vec *ret, struct err *e)
{
    const char *key = kept_key(mem, "org.heads ", person, 0, NULL, on);
    if (kept(db, mem, key, ret))
        return RC_OK;
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT x.record FROM f_department x WHERE x.slot = 0 AND x.head = ");
    sql_i64(s, person);
    open_on(s, on);
    sql_lit(s, " LIMIT 500");
    return kept_ask(db, mem, key, s, ret, e);
}

enum rc org_below(struct db *db, TALLOC_CTX *mem, const int64_t *department, size_t n, struct id_vec *ret, struct err *e)
{
    struct sql *s = sql_new(mem);
    sql_lit(s, "SELECT record FROM f_department WHERE slot = 0 AND parent");
    sql_in_ids(s, department, n);
    sql_lit(s, " LIMIT 1000");
    return ids_of(db, mem, s, ret, e);
}

enum rc org_holds_set(struct db *db, const struct pack_set *set, int64_t person, const char *role, const char *on, bool *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct id_vec v = VEC_INIT(tmp);
    const struct role *r = pack_role(set, role);
    *ret = false;
    if (r != NULL && r->everyone)
        return org_is_here(db, person, on, ret, e);
    if (r != NULL && r->derived_head) {
        TRY(org_heads(db, tmp, person, on, &v, e));
    } else {
        TRY(held(db, tmp, set, person, role, on, &v, e));
    }
    *ret = v.n > 0;
    return RC_OK;
}

/* ---- who answers ---- */

struct asking { struct work *w; const struct content *c; int64_t department, applicant; const int64_t *avoid; size_t avoid_n; bool flat /* any of: others may stand in before anybody climbs */; };

static bool avoided(const struct asking *a, int64_t person)
{
    for (size_t i = 0; i < a->avoid_n; i++)
        if (a->avoid[i] == person)
            return true;
    return false;
}

/* What a path names: a field of the content, the record's department or maker, or a field of the record that a reference points to. */
static enum rc path_text(const struct asking *a, const char *path, const char **ret_text, struct err *e)
{
    const char *dot = strrchr(path, '.');
    struct work *w = a->w;
    struct record far;
    struct content *c;
    size_t erased;
    int64_t id = 0;
    if (strcmp(path, "department") == 0 || strcmp(path, "made_by") == 0) {
        *ret_text = mem_fmt(w->mem, "%lld", (long long)(path[0] == 'd' ? a->department : a->applicant));
        return RC_OK;
    }
    *ret_text = a->c ? content_get(a->c, path) : NULL;
    if (*ret_text != NULL || dot == NULL || a->c == NULL)
        return RC_OK;
    const char *ref = content_get(a->c, mem_strndup(w->mem, path, (size_t)(dot - path)));
    if (ref == NULL || !str_to_i64(str_of(ref), &id))
        return RC_OK;
    TRY(record_get(w->db, w->mem, w->set, id, &far, e));
    if (far.force_rev == 0)
        return RC_OK;
    TRY(revision_content(w->db, w->mem, far.force_rev, &c, &erased, e));
    *ret_text = content_get(c, dot + 1);
    if (*ret_text == NULL && strcmp(dot + 1, "department") == 0 && far.department != 0)
        *ret_text = mem_fmt(w->mem, "%lld", (long long)far.department);
    return RC_OK;
}

static enum rc path_id(const struct asking *a, const char *path, int64_t *ret_id, struct err *e)
{
    const char *text;
    TRY(path_text(a, path ? path : "department", &text, e));
    if (text == NULL || !str_to_i64(str_of(text), ret_id))
        *ret_id = 0;
    return RC_OK;
}

static const char *role_label(struct work *w, const char *role)
{
    const struct role *r = role ? pack_role(w->set, role) : NULL;
    return r ? pick_lang(w->actor.lang, r->name, r->name_en) : role ? role : "";
}

/* The next different superior: heads of the departments above; at the top the post that the pack names. */
static enum rc climb(struct asking *a, int64_t from_dept, struct seat_vec *ret, struct err *e)
{
    int64_t dept = from_dept, head;
    if (a->flat)
        return RC_OK;
    for (int i = 0; dept != 0 && i < CLIMB_MAX; i++) {
        TRY(org_head(a->w->db, a->w->mem, dept, a->w->today, &head, e));
        if (head != 0 && !avoided(a, head)) {
            *vec_push(ret) = (struct seat){.person = head, .post = msg_text(LANG_JA, MSG("core.superior")), .climbed = true};
            return RC_OK;
        }
        TRY(org_parent(a->w->db, dept, &dept, e));
    }
    for (size_t i = 0; i <= a->w->set->pack_n; i++) {            /* the adopter's own word comes before the packs' */
        const char *top = i == 0 ? pack_value(a->w->set, "core.top_post") : a->w->set->pack[i - 1].top_post;
        struct id_vec v = VEC_INIT(a->w->mem);
        if (top == NULL)
            continue;
        TRY(org_holders_set(a->w->db, a->w->mem, a->w->set, top, 0, a->w->today, &v, e));
        for (size_t k = 0; k < v.n; k++)
            if (!avoided(a, v.v[k])) {
                *vec_push(ret) = (struct seat){.person = v.v[k], .post = role_label(a->w, top), .climbed = true};
                return RC_OK;
            }
    }
    return RC_OK;
}

static enum rc seats_take(struct asking *a, const struct id_vec *ids, const char *post, int64_t dept, struct seat_vec *ret, struct err *e)
{
    size_t before = ret->n;
    for (size_t i = 0; i < ids->n; i++)
        if (!avoided(a, ids->v[i]))
            *vec_push(ret) = (struct seat){.person = ids->v[i], .post = post};
    return ret->n == before && ids->n > 0 && a->avoid_n > 0 ? climb(a, dept ? dept : a->department, ret, e) : RC_OK;
}

static enum rc resolve(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e);

/* Somebody with several posts applies for the department of the record when it is one of theirs; else, and as anybody but the applicant, the main post
 * counts (docs/decisions/0012). */
static enum rc department_for(struct asking *a, int64_t person, int64_t *ret, struct err *e)
{
    bool member = false;
    if (person == a->applicant)
        TRY(org_member(a->w->db, a->w->set, person, a->department, a->w->today, &member, e));
    *ret = a->department;
    return member ? RC_OK : org_department_of(a->w->db, person, a->w->today, ret, e);
}

/* The head of a department, or of the department of a person: nobody is their own superior. */
static enum rc resolve_head(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e)
{
    struct work *w = a->w;
    int64_t dept, head = 0, *more = mem_array(w->mem, int64_t, a->avoid_n + 1);
    struct id_vec ids = VEC_INIT(w->mem);
    struct asking under = *a;
    struct record rec;
    TRY(path_id(a, by->path, &dept, e));
    if (dept == 0)
        return RC_OK;
    TRY(record_get(w->db, w->mem, w->set, dept, &rec, e));
    if (strcmp(rec.form_ident, "person") == 0) {
        for (size_t i = 0; i < a->avoid_n; i++)
            more[i] = a->avoid[i];
        more[a->avoid_n] = rec.id;
        under.avoid = more;
        under.avoid_n = a->avoid_n + 1;
        TRY(department_for(a, rec.id, &dept, e));
    }
    if (dept != 0)
        TRY(org_head(w->db, w->mem, dept, w->today, &head, e));
    if (head == 0)                                   /* vacant: the next above */
        return climb(&under, dept, ret, e);
    *vec_push(&ids) = head;
    return seats_take(&under, &ids, msg_text(LANG_JA, MSG("core.head")), dept, ret, e);
}

static enum rc resolve_role(struct asking *a, const struct who *by, int64_t dept, struct seat_vec *ret, struct err *e)
{
    struct id_vec ids = VEC_INIT(a->w->mem);
    const struct role *r = pack_role(a->w->set, by->role);
    if (r != NULL && r->derived_head && dept == 0)
        dept = a->department;
    if (r != NULL && r->unit && dept == 0) {         /* held per department: the record's first, else anybody who holds it */
        TRY(org_holders_set(a->w->db, a->w->mem, a->w->set, by->role, a->department, a->w->today, &ids, e));
        if (ids.n > 0)
            return seats_take(a, &ids, role_label(a->w, by->role), a->department, ret, e);
    }
    TRY(org_holders_set(a->w->db, a->w->mem, a->w->set, by->role, dept, a->w->today, &ids, e));
    return seats_take(a, &ids, role_label(a->w, by->role), dept, ret, e);
}

static enum rc resolve_one(struct asking *a, int64_t person, const char *post, struct seat_vec *ret, struct err *e)
{
    struct id_vec ids = VEC_INIT(a->w->mem);
    bool here = false;
    if (person != 0)
        TRY(org_is_here(a->w->db, person, a->w->today, &here, e));
    if (!here)
        return RC_OK;
    *vec_push(&ids) = person;
    return seats_take(a, &ids, post, 0, ret, e);
}

/* A field names a person, or a role whose holders are meant. */
static enum rc resolve_field(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e)
{
    const char *text;
    int64_t id;
    TRY(path_text(a, by->path, &text, e));
    if (text == NULL)
        return RC_OK;
    if (str_to_i64(str_of(text), &id))
        return resolve_one(a, id, msg_text(LANG_JA, MSG("core.named")), ret, e);
    const struct who role = {.kind = WHO_ROLE, .role = text};
    return resolve_role(a, &role, 0, ret, e);
}

static enum rc resolve_holder(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e)
{
    int64_t dept;
    TRY(path_id(a, by->path, &dept, e));
    return dept == 0 ? RC_OK : resolve_role(a, by, dept, ret, e);        /* without a department there is no such post */
}

/* Whoever of them there is; only when nobody is left, the next superior. */
static enum rc resolve_any(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e)
{
    struct asking flat = *a;
    size_t before = ret->n;
    flat.flat = true;
    for (size_t i = 0; i < by->sub_n; i++)
        TRY(resolve(&flat, &by->sub[i], ret, e));
    for (size_t i = 0; i < by->sub_n && ret->n == before && !a->flat; i++)
        TRY(resolve(a, &by->sub[i], ret, e));
    return RC_OK;
}

static enum rc resolve(struct asking *a, const struct who *by, struct seat_vec *ret, struct err *e)
{
    switch (by->kind) {
    case WHO_APPLICANT: return resolve_one(a, a->applicant, msg_text(LANG_JA, MSG("core.applicant")), ret, e);
    case WHO_ROLE: return resolve_role(a, by, 0, ret, e);
    case WHO_HOLDER_IN: return resolve_holder(a, by, ret, e);
    case WHO_HEAD_OF: return resolve_head(a, by, ret, e);
    case WHO_FIELD: return resolve_field(a, by, ret, e);
    case WHO_ANY: return resolve_any(a, by, ret, e);
    case WHO_ALL:
        for (size_t i = 0; i < by->sub_n; i++)
            TRY(resolve(a, &by->sub[i], ret, e));
        return RC_OK;
    case WHO_OUTSIDE: return RC_OK;                  /* answered from outside: letter.c */
    }
    return RC_OK;
}

enum rc org_climb(struct work *w, int64_t department, const int64_t *avoid, size_t avoid_n, struct seat_vec *ret, struct err *e)
{
    struct asking a = {.w = w, .department = department, .avoid = avoid, .avoid_n = avoid_n};
    return climb(&a, department, ret, e);
}

enum rc org_resolve(struct work *w, const struct who *by, const struct content *c, int64_t department, int64_t applicant,
                    const int64_t *avoid, size_t avoid_n, struct seat_vec *ret, struct err *e)
{
    struct asking a = {.w = w, .c = c, .department = department, .applicant = applicant, .avoid = avoid, .avoid_n = avoid_n};
    struct seat_vec all = VEC_INIT(w->mem);
    TRY(resolve(&a, by, &all, e));
    if (ret->mem == NULL)
        ret->mem = w->mem;
    for (size_t i = 0; i < all.n && ret->n < PEOPLE_MAX; i++) {
        bool twice = false;
        for (size_t k = 0; k < ret->n; k++)
            twice = twice || ret->v[k].person == all.v[i].person;
        if (!twice)
            *vec_push(ret) = all.v[i];
    }
    return RC_OK;
}

/* ---- appointments ---- */

static const struct role *role_named(const struct pack_set *set, const char *text)
{
    const struct role *r = pack_role(set, text), *found = NULL;
    for (size_t i = 0; r == NULL && i < set->role_n; i++)
        if (text_eq(set->role[i].name, text) || text_eq(set->role[i].name_en, text)) {
            if (found != NULL && !text_eq(found->is ? found->is : found->id, set->role[i].is ? set->role[i].is : set->role[i].id))
                return NULL;                     /* two posts of one name: say which */
            found = found ? found : &set->role[i];
        }
    return r ? r : found;
}

/* A role is kept by its key, whatever was typed: id, key or name. */
void org_roles_read(struct work *w, const struct form *f, struct content *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct field *col = NULL;
        int64_t row;
        const struct field *fd = content_field(f, c->v[i].path, &col, &row);
        fd = col ? col : fd;
        if (fd == NULL || fd->type != FT_ROLE)
            continue;
        const struct role *r = role_named(w->set, c->v[i].text);
        if (r != NULL)
            content_set(c, c->v[i].path, r->key);
        else
            trouble_add(w, c->v[i].path, "option", msg_fill(w->mem, w->actor.lang, MSG("value.option"), pick_lang(w->actor.lang, fd->label, fd->label_en), c->v[i].text, NULL), NULL, NULL, false);
    }
}
