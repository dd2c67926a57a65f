/* The first hour: organisation and regulations, people and departments, roles, words; then the first administrator. Commands run with the
 * set-up actor, whom only the one-time code on the console makes; setup.finish ends that for good. Records made here have origin
 * `setup`: they are in force at once and carry no stamp of daicho. */
#include "core/core_state.h"

/* ---- records that are in force at once (set-up, import) ---- */

enum rc record_put_in_force(struct work *w, const struct form *f, const struct content *content, const char *origin, const char *happened_on, const char *note, int64_t *ret_id, struct err *e)
{
    struct record rec;
    struct content *c;
    size_t erased;
    if (f->kind == FORM_LOG)
        return log_put(w, f, (struct content *const[]){content_copy(w->mem, content)}, 1, origin, happened_on, ret_id, e);
    TRY(record_make(w, f, content, origin, happened_on, note, NULL, ret_id, e));
    TRY(record_get(w->db, w->mem, w->set, *ret_id, &rec, e));
    TRY(revision_content(w->db, w->mem, rec.draft_rev, &c, &erased, e));
    struct json *effect = json_obj(w->mem);
    TRY(record_promote(w, &rec, c, effect, e));
    return act_do(w, *ret_id, rec.draft_rev, "import", NULL, NULL, effect, e);
}

static int64_t first_of(const struct form *f, const struct content *c, enum ftype type)
{
    int64_t id;
    for (size_t i = 0; i < f->field_n; i++)
        if (f->field[i].type == type && str_to_i64(str_of(content_get(c, f->field[i].path)), &id) && id > 0)
            return id;
    return 0;
}

/* Whoever makes a record gives it their department. One that set-up brings belongs to the department that it names, else to that of the person
 * whom it names (who holds the medium), else to that of who keeps such records: without one its steps would find no head. */
enum rc setup_department(struct work *w, const struct form *f, const struct content *c, int64_t *ret_dept, struct err *e)
{
    int64_t person = first_of(f, c, FT_PERSON);
    struct id_vec keepers = VEC_INIT(w->mem);
    *ret_dept = 0;
    if (f->step_n == 0)
        return RC_OK;
    *ret_dept = first_of(f, c, FT_DEPARTMENT);
    if (*ret_dept == 0 && person != 0)
        TRY(org_department_of(w->db, person, w->today, ret_dept, e));
    for (size_t i = 0; *ret_dept == 0 && i < f->make_n; i++) {
        if (f->make[i].role != NULL)
            TRY(org_holders_set(w->db, w->mem, w->set, f->make[i].role, 0, w->today, &keepers, e));
        for (size_t k = 0; *ret_dept == 0 && k < keepers.n; k++)
            TRY(org_department_of(w->db, keepers.v[k], w->today, ret_dept, e));
    }
    return RC_OK;
}

static enum rc values_read(struct work *w, const struct form *f, const struct json *values, struct content **ret, struct err *e)
{
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set, .actor = w->actor, .now_us = w->now_us};
    struct value_ctx vc = {.lang = LANG_JA, .resolve = core_resolve, .resolve_ctx = &r, .sign_claim = true};
    memcpy(r.today, w->today, sizeof r.today);
    *ret = content_read(w->mem, &vc, f, NULL, values, true, w->troubles);
    return work_troubles_refuse(w, e);
}

static enum rc make_one(struct work *w, const char *form, const struct json *values, int64_t *ret_id, struct err *e)
{
    const struct form *f = pack_form(w->set, form);
    struct content *c;
    if (f == NULL)
        return err_set(e, ERR_FORM_MISSING, "form %s", form);
    TRY(values_read(w, f, values, &c, e));
    return record_put_in_force(w, f, c, "setup", NULL, NULL, ret_id, e);
}

enum rc setup_open_check(struct work *w, struct err *e)
{
    struct q_keep_get row;
    bool found;
    TRY(q_keep_get(w->db, w->mem, "setup_done", &row, &found, e));
    return found ? err_set(e, ERR_SETUP_DONE, "set-up is over") : RC_OK;
}

/* ---- commands ---- */

enum rc cmd_setup_start(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct json *set;
    int64_t id, org;
    TRY(setup_open_check(w, e));
    TRY(setting_body(w, w->core->conf->packs_dir, json_get(args, "adopt"), json_get(args, "settings"), &set, e));
    TRY(setting_switch(w, set, "setup", &id, e));
    TRY(setting_names_check(w, json_get(args, "settings"), e));
    TRY(setting_values_check(w, json_get(args, "settings"), NULL, e));
    if (json_get(args, "organization") != NULL) {
        TRY(make_one(w, "organization", json_get(args, "organization"), &org, e));
        json_set_i64(body, "organization", org);
    }
    json_set_i64(body, "set", id);
    return RC_OK;
}

/* Departments first (parents by name, in the order given), people next, heads last: a head is a person who was not there before. */
static enum rc departments(struct work *w, const struct json *arr, struct json *ids, struct err *e)
{
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *d = json_at(arr, i);
        struct json *v = json_obj(w->mem);
        int64_t id;
        for (struct json_pos p = {0}; json_next(d, &p);)
            if (strcmp(p.key, "head") != 0)
                json_set(v, p.key, p.val);
        TRY(make_one(w, "department", v, &id, e));
        json_set_i64(ids, json_get_str(d, "name"), id);
    }
    return RC_OK;
}

static enum rc people(struct work *w, const struct json *arr, struct json *ids, struct err *e)
{
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *p = json_at(arr, i);
        const char *login = json_get_str(p, "login");
        int64_t id;
        TRY(make_one(w, "person", p, &id, e));
        if (login == NULL || login[0] == '\0')
            continue;
        json_set_i64(ids, login, id);
        TRY(q_login_put(w->tx, id, login, "general", NULL, w->now_us, true, 1, 0, e));
    }
    return RC_OK;
}

static enum rc heads(struct work *w, const struct json *arr, const struct json *ids, struct err *e)
{
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *d = json_at(arr, i);
        const char *head = json_get_str(d, "head");
        struct record rec;
        struct content *c;
        struct revision rev;
        size_t erased;
        int64_t person;
        bool several;
        struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set};
        if (head == NULL || head[0] == '\0')
            continue;
        if (!core_resolve(&r, pack_form(w->set, "person"), head, &person, &several))
            return err_set_arg(e, ERR_FIELDS, head, "head %s of a department is not known", head);
        TRY(record_get(w->db, w->mem, w->set, json_get_i64(ids, json_get_str(d, "name"), 0), &rec, e));
        TRY(revision_content(w->db, w->mem, rec.force_rev, &c, &erased, e));
        content_set(c, "head", mem_fmt(w->mem, "%lld", (long long)person));
        content_order(c, rec.form);
        TRY(revision_write(w, rec.id, rec.form, c, &rev, e));
        struct json *effect = json_obj(w->mem);
        json_set_i64(effect, "promote", rev.id);
        TRY(act_do(w, rec.id, rev.id, "import", NULL, NULL, effect, e));
    }
    return RC_OK;
}

enum rc cmd_setup_people(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct json *dept_ids = json_set_obj(body, "departments"), *person_ids = json_set_obj(body, "people");
    TRY(setup_open_check(w, e));
    TRY(departments(w, json_get(args, "departments"), dept_ids, e));
    TRY(people(w, json_get(args, "people"), person_ids, e));
    return heads(w, json_get(args, "departments"), dept_ids, e);
}

enum rc cmd_setup_roles(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *arr = json_get(args, "assignments");
    struct reader r = {.core = w->core, .db = w->db, .mem = w->mem, .set = w->set};
    TRY(setup_open_check(w, e));
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *a = json_at(arr, i);
        const char *role = json_get_str(a, "role"), *person = json_get_str(a, "person");
        const struct role *ro = role ? pack_role(w->set, role) : NULL;
        int64_t id, person_id;
        bool several;
        if (ro == NULL)
            return err_set_arg(e, ERR_FIELDS, role ? role : "role", "role %s", role ? role : "-");
        if (person == NULL || !core_resolve(&r, pack_form(w->set, "person"), person, &person_id, &several))
            return err_set_arg(e, ERR_FIELDS, person ? person : "person", "person %s", person ? person : "-");
        struct json *v = json_obj(w->mem);
        json_set_str(v, "person", mem_fmt(w->mem, "%lld", (long long)person_id));
        json_set_str(v, "role", ro->key);
        json_set_str(v, "from_on", json_get_str(a, "from_on") ? json_get_str(a, "from_on") : w->today);
        if (json_get_str(a, "department") != NULL)
            json_set_str(v, "department", json_get_str(a, "department"));
        TRY(make_one(w, "assignment", v, &id, e));
    }
    json_set_i64(body, "made", (int64_t)json_n(arr));
    return RC_OK;
}

/* Records of an example or of the registers that an organisation already has. */
enum rc cmd_setup_records(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *arr = json_get(args, "records");
    TRY(setup_open_check(w, e));
    for (size_t i = 0; i < json_n(arr); i++) {
        const struct json *r = json_at(arr, i);
        int64_t id;
        struct err e2 = {0};
        if (make_one(w, json_get_str(r, "form") ? json_get_str(r, "form") : "-", json_get(r, "values"), &id, &e2) != RC_OK)
            return err_set_arg(e, ERR_IMPORT, mem_fmt(w->mem, "%zu: %s", i + 1, e2.arg), "record %zu: %s", i + 1, e2.detail);
    }
    json_set_i64(body, "made", (int64_t)json_n(arr));
    return RC_OK;
}

/* A password for everybody of an example that is for looking around and for scenes; never for people who were loaded by hand. */
enum rc cmd_setup_passwords(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *people_of = json_get(args, "people");
    const char *hash = json_get_str(args, "hash");
    (void)body;
    TRY(setup_open_check(w, e));
    for (struct json_pos p = {0}; hash != NULL && json_next(people_of, &p);)
        TRY(q_login_hash(w->tx, json_i64(p.val, 0), hash, w->now_us, 0, e));
    return RC_OK;
}

/* The first administrator's password was hashed by the caller. After this only signed-in people act. */
enum rc cmd_setup_finish(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    int64_t admin = json_get_i64(args, "admin", 0);
    const char *hash = json_get_str(args, "hash");
    struct q_login_of acc;
    bool found, is_admin;
    (void)body;
    TRY(setup_open_check(w, e));
    if (w->set == NULL)
        return err_set(e, ERR_SETUP_FIRST, "no pack set");
    TRY(q_login_of(w->db, w->mem, admin, &acc, &found, e));
    TRY(org_holds_set(w->db, w->set, admin, "administrator", w->today, &is_admin, e));
    if (!found || hash == NULL || !is_admin)
        return err_set_arg(e, ERR_FIELDS, "administrator", "set-up ends with an administrator who can sign in");
    TRY(q_login_put(w->tx, admin, acc.login, "privileged", NULL, w->now_us, true, 0, 0, e));
    TRY(q_login_hash(w->tx, admin, hash, w->now_us, 0, e));
    TRY(q_keep_put(w->tx, "setup_done", w->today, e));
    return work_entry(w, "setup.finished", work_pseudo(w, admin), e, NULL);
}

bool core_setup_open(struct core *c)
{
    MEM_SCOPE(tmp, NULL);
    struct q_keep_get row;
    struct db *db;
    struct err e = {0};
    bool found = true;
    if (db_pool_take(c->pool, &db, &e) != RC_OK)
        return false;
    if (q_keep_get(db, tmp, "setup_done", &row, &found, &e) != RC_OK)
        found = true;
    db_pool_give(c->pool, db);
    return !found;
}

bool core_setup_code_ok(struct core *c, const char *code)
{
    return c->setup_code != NULL && code != NULL && strlen(code) == strlen(c->setup_code) && crypt_same(code, c->setup_code, strlen(code)) && core_setup_open(c);
}
