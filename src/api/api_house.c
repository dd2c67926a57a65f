/* Who holds a role, who heads a department, how one duty or one check stands, and the verification of the whole ledger. */
#include "api/api_int.h"

static const char *const states[] = {"ok", "failing", "unknown", "excepted", "none"};

/* A department by name, code or number; 0 when none was asked for. */
static enum rc department(struct reader *rd, const char *q, int64_t *ret, struct err *e)
{
    bool several;
    const struct form *f = pack_form(rd->set, "department");
    *ret = 0;
    if (q == NULL || q[0] == '\0')
        return RC_OK;
    return f != NULL && core_resolve(rd, f, q, ret, &several) ? RC_OK : err_set(e, ERR_RECORD_MISSING, "department %s", q);
}

static enum rc person_out(struct reader *rd, int64_t id, struct json *o, struct err *e)
{
    struct q_login_of l;
    bool found;
    TRY(q_login_of(rd->db, rd->mem, id, &l, &found, e));
    json_set_i64(o, "person", id);
    json_set_str(o, "name", person_name(rd->db, rd->mem, id));
    json_set_str(o, "login", found ? l.login : NULL);
    return RC_OK;
}

static enum rc holders_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    const struct role *role = req_query(r, "role") ? pack_role(rd->set, req_query(r, "role")) : NULL;
    struct id_vec v = VEC_INIT(r);
    int64_t dept;
    struct json *arr = json_set_arr(o, "holders");
    if (role == NULL)
        return err_set(e, ERR_RECORD_MISSING, "role %s", req_query(r, "role") ? req_query(r, "role") : "-");
    TRY(department(rd, req_query(r, "department"), &dept, e));
    TRY(org_holders_set(rd->db, r, rd->set, role->key, dept, rd->today, &v, e));
    TRY(titles_read(rd->db, r, &v, e));
    for (size_t i = 0; i < v.n; i++)
        TRY(person_out(rd, v.v[i], json_add_obj(arr), e));
    return RC_OK;
}

void api_holders(struct req *r, void *ctx) { api_read(r, ctx, holders_out); }

static enum rc head_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    int64_t dept, head;
    TRY(department(rd, req_query(r, "department"), &dept, e));
    if (dept == 0)
        return err_set(e, ERR_RECORD_MISSING, "department");
    TRY(org_head(rd->db, r, dept, rd->today, &head, e));
    if (head == 0) {
        json_set_null(o, "head");
        return RC_OK;
    }
    return person_out(rd, head, json_set_obj(o, "head"), e);
}

void api_head(struct req *r, void *ctx) { api_read(r, ctx, head_out); }

static void failing_out(struct json *o, const struct violators *v)
{
    struct json *arr = json_set_arr(o, "failing");
    for (size_t i = 0; i < v->n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "by", v->v[i].check);
        json_set_i64(x, "record", v->v[i].subject);
        json_set_str(x, "number", v->v[i].number);
        json_set_str(x, "title", v->v[i].title);
        json_set_str(x, "state", states[v->v[i].state]);
        json_set_i64(x, "since", v->v[i].since_us);
    }
}

void api_duty(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct violators v = VEC_INIT(r);
    enum verdict_state state = VERDICT_NONE;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = duty_state(&rd, req_query(r, "key") ? req_query(r, "key") : "", &state, &v, &e);
    json_set_str(o, "state", states[state]);
    failing_out(o, &v);
    api_end(r, &rd, rc, &e, o);
}

void api_check(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct violators v = VEC_INIT(r);
    const char *state = "ok", *key = req_query(r, "key");
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    const struct check *k = key ? pack_check(rd.set, key) : NULL;
    enum rc rc = k == NULL ? err_set(&e, ERR_DB_NOTFOUND, "check %s", key ? key : "-") : conformity_violators(&rd, NULL, NULL, k->key, 200, &v, &e);
    for (size_t i = 0; i < v.n; i++)
        if (strcmp(state, "failing") != 0)
            state = states[v.v[i].state];
    json_set_str(o, "state", state);
    failing_out(o, &v);
    api_end(r, &rd, rc, &e, o);
}

/* Reads the whole ledger: for those who administrate. */
void api_verify(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct reader rd;
    struct err e = {0};
    struct ledger_report rep = {0};
    const struct grant *g;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = perm_check(rd.db, r, rd.set, &rd.actor, PERMIT_ADMIN, NULL, NULL, rd.today, &g, &e);
    if (rc == RC_OK)
        rc = ledger_verify(rd.db, r, core_vkey(s->core), &rep, &e);
    if (rc == RC_OK) {
        json_set_str(o, "state", rep.problem ? "broken" : "ok");
        json_set_i64(o, "entries", rep.entries);
        json_set_str(o, "checkpoint", rep.checkpoint);
        json_set_str(o, "problem", rep.problem ? msg_fill(r, req_lang(r), rep.problem, mem_fmt(r, "%lld", (long long)rep.first_bad), NULL) : NULL);
        json_set_str(o, "detail", rep.problem ? rep.detail : NULL);
    }
    api_end(r, &rd, rc, &e, o);
}

/* ---- people ---- */

static enum rc people_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    const struct grant *g;
    struct person_sign_ins v = VEC_INIT(r);
    int64_t limit, after = 0;
    bool more;
    struct json *arr = json_set_arr(o, "people");
    TRY(perm_check(rd->db, r, rd->set, &rd->actor, PERMIT_ADMIN, NULL, NULL, rd->today, &g, e));
    TRY(limit_asked(r, 200, &limit, e));
    if (req_query(r, "after") != NULL && !str_to_i64(str_of(req_query(r, "after")), &after))
        return err_set_arg(e, ERR_FIELDS, "after", "after");
    TRY(people_sign_ins(rd, g, req_query(r, "q"), after, (size_t)limit, &v, &more, e));
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr), *posts;
        json_set_i64(x, "person", v.v[i].person);
        json_set_str(x, "number", v.v[i].number);
        json_set_str(x, "name", v.v[i].name);
        json_set_str(x, "login", v.v[i].login);
        json_set_str(x, "state", v.v[i].state);
        posts = json_set_arr(x, "posts");
        for (size_t k = 0; k < v.v[i].posts.n; k++)
            json_add_str(posts, v.v[i].posts.v[k].role);
    }
    if (more)
        json_set_i64(o, "after", v.v[v.n - 1].person);
    return RC_OK;
}

void api_people(struct req *r, void *ctx) { api_read(r, ctx, people_out); }
