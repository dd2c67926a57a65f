/* The organisation on a day, as JSON: who held the roles, who could see a record (core/past.c, sight.c). For those who read everything. */
#include "api/api_int.h"

#define HOLDERS_MAX 100
#define SEERS_MAX 200

static enum rc after_of(struct req *r, int64_t *ret, struct err *e)
{
    *ret = 0;
    if (req_query(r, "after") == NULL || str_to_i64(str_of(req_query(r, "after")), ret))
        return RC_OK;
    return err_set(e, ERR_LIST_PLACE, "after");
}

static void day_out(struct json *o, const struct past *p)
{
    json_set_str(o, "on", p->on);
    json_set_i64(o, "at", p->at);
    json_set_i64(o, "began", p->began_us);
    json_set_bool(o, "before", p->before);
    json_set_i64(o, "pack_set", p->set->id);
    json_set_bool(o, "pack_set_unreadable", p->other_set);
}

static void holder_out(struct reader *rd, const struct past *p, const struct holder *x, struct json *o)
{
    static const char *const how[] = {"held", "noted-later", "corrected"};
    json_set_i64(o, "person", x->person);
    json_set_str(o, "name", x->person ? past_name(rd, p, x->person) : NULL);
    json_set_i64(o, "department", x->department);
    json_set_str(o, "department_name", x->department ? past_name(rd, p, x->department) : NULL);
    json_set_i64(o, "assignment", x->assignment);
    json_set_str(o, "from_on", x->from_on);
    json_set_str(o, "to_on", x->to_on);
    json_set_str(o, "how", how[x->how]);
    json_set_i64(o, "noted_at", x->noted_us);
}

struct role_read { const struct role *role; struct holders v; int64_t next; };
VEC_TYPE(role_reads, struct role_read);

static enum rc role_read(struct reader *rd, const struct past *p, const struct role *role, int64_t after, struct role_reads *v, struct id_vec *names, struct err *e)
{
    struct role_read x = {.role = role, .v = VEC_INIT(rd->mem)};
    TRY(past_holders(rd, p, role, after, HOLDERS_MAX, &x.v, &x.next, e));
    for (size_t i = 0; i < x.v.n; i++) {
        ids_want(names, x.v.v[i].person);
        ids_want(names, x.v.v[i].department);
    }
    *vec_push(v) = x;
    return RC_OK;
}

static enum rc roles_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct past p;
    struct role_reads v = VEC_INIT(r);
    struct id_vec names = VEC_INIT(r);
    int64_t after;
    const char *only = req_query(r, "role");
    TRY(past_begin(rd, req_query(r, "on"), &p, e));
    TRY(after_of(r, &after, e));
    const struct role *one = only ? pack_role(p.set, only) : NULL;
    if (only != NULL && one == NULL)
        return err_set(e, ERR_RECORD_MISSING, "role %s", only);
    if (one != NULL)
        TRY(role_read(rd, &p, one, after, &v, &names, e));
    for (size_t i = 0; one == NULL && i < p.set->role_n; i++)
        if (p.set->role[i].is == NULL)
            TRY(role_read(rd, &p, &p.set->role[i], 0, &v, &names, e));
    TRY(past_names(rd, &p, &names, e));
    day_out(o, &p);
    struct json *arr = json_set_arr(o, "roles");
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr), *who;
        json_set_str(x, "role", v.v[i].role->key);
        json_set_str(x, "name", pick_lang(rd->actor.lang, v.v[i].role->name, v.v[i].role->name_en));
        json_set_bool(x, "everyone", v.v[i].role->everyone);
        json_set_bool(x, "vacant", !v.v[i].role->everyone && v.v[i].v.n == 0 && after == 0 && !(v.v[i].role->derived_head && p.before));
        who = json_set_arr(x, "holders");
        for (size_t k = 0; k < v.v[i].v.n; k++)
            holder_out(rd, &p, &v.v[i].v.v[k], json_add_obj(who));
        if (v.v[i].next != 0)
            json_set_i64(x, "next", v.v[i].next);
    }
    return RC_OK;
}

void api_past_roles(struct req *r, void *ctx) { api_read(r, ctx, roles_out); }

static enum rc sight_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    static const char *const how[] = {"everybody", "made", "self", "step", "acted", "task", "deputy", "head", "role", "member"};
    struct past p;
    struct sight v;
    struct record rec;
    const struct grant *g;
    int64_t after;
    TRY(perm_see(rd, req_arg_i64(r, 0), &rec, &g, e));
    TRY(past_begin(rd, req_query(r, "on"), &p, e));
    TRY(after_of(r, &after, e));
    TRY(sight_on(rd, &p, rec.id, after, SEERS_MAX, &v, e));
    day_out(o, &p);
    json_set_bool(o, "there", v.there);
    json_set_bool(o, "known", v.known);
    json_set_bool(o, "cut", v.cut);
    json_set_i64(o, "department", v.department);
    json_set_str(o, "department_name", v.department ? past_name(rd, &p, v.department) : NULL);
    json_set_i64(o, "everybody", v.everybody);
    struct json *arr = json_set_arr(o, "seers");
    for (size_t i = 0; i < v.who.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "person", v.who.v[i].person);
        json_set_str(x, "name", v.who.v[i].person ? past_name(rd, &p, v.who.v[i].person) : NULL);
        json_set_str(x, "how", how[v.who.v[i].how]);
        json_set_str(x, "what", v.who.v[i].what);
        json_set_i64(x, "other", v.who.v[i].other);
        json_set_str(x, "other_name", v.who.v[i].other ? past_name(rd, &p, v.who.v[i].other) : NULL);
    }
    if (v.next != 0)
        json_set_i64(o, "next", v.next);
    return RC_OK;
}

void api_past_sight(struct req *r, void *ctx) { api_read(r, ctx, sight_out); }
