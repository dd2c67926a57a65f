/* Loading a complete small organisation through the same commands that the first hour uses. */
#include "core/core_state.h"

#define EXAMPLE_FILE_MAX (4 << 20)
static const struct actor setup_actor = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};

static enum rc run(struct core *c, TALLOC_CTX *mem, const char *name, const struct json *args, struct json **ret_body, struct err *e)
{
    struct answer *ans;
    core_command(c, mem, &setup_actor, name, args, NULL, &ans);
    *ret_body = ans->body;
    if (ans->rc == RC_OK)
        return RC_OK;
    *e = ans->err;
    const struct json *t = json_get(ans->body, "troubles");
    if (json_n(t) > 0)
        return err_set_arg(e, ERR_IMPORT, json_get_str(json_at(t, 0), "text"), "%s: %s: %s", name, json_get_str(json_at(t, 0), "path"), json_get_str(json_at(t, 0), "text"));
    return ans->rc;
}

static enum rc json_file(TALLOC_CTX *mem, const char *dir, const char *name, struct json **ret, struct err *e)
{
    struct str data;
    char *path = file_join(mem, dir, name);
    if (!file_exists(path)) {
        *ret = json_obj(mem);
        return RC_OK;
    }
    TRY(file_read(mem, path, EXAMPLE_FILE_MAX, &data, e));
    return json_read(mem, data, EXAMPLE_FILE_MAX, ret, e);
}

/* First line: names of paths; returns [{path: cell}]. */
static enum rc csv_file(TALLOC_CTX *mem, const char *dir, const char *name, struct json **ret, struct err *e)
{
    struct str data;
    struct csv *c;
    struct json *arr = json_arr(mem);
    TRY(file_read(mem, file_join(mem, dir, name), EXAMPLE_FILE_MAX, &data, e));
    TRY(csv_read(mem, data, (struct csv_limit){EXAMPLE_FILE_MAX, 20000, 400000, 4000}, &c, e));
    for (size_t i = 1; i < c->rows.n; i++) {
        struct json *o = json_add_obj(arr);
        for (size_t k = 0; k < c->rows.v[i].n && k < c->rows.v[0].n; k++)
            if (c->rows.v[i].cell[k][0] != '\0')
                json_set_str(o, c->rows.v[0].cell[k], c->rows.v[i].cell[k]);
    }
    *ret = arr;
    return RC_OK;
}

static enum rc start(struct core *c, TALLOC_CTX *mem, const char *dir, const char *const *adopt, size_t adopt_n, struct err *e)
{
    struct json *args = json_obj(mem), *org, *settings, *body, *a = json_set_arr(args, "adopt");
    TRY(json_file(mem, dir, "organization.json", &org, e));
    TRY(json_file(mem, dir, "settings.json", &settings, e));
    json_set(args, "organization", org);
    json_set(args, "settings", settings);
    for (size_t i = 0; i < adopt_n; i++)
        json_add_str(a, adopt[i]);
    return run(c, mem, "setup.start", args, &body, e);
}

static const char *admin_login(const struct json *roles)
{
    for (size_t i = 0; i < json_n(roles); i++) {
        const char *role = json_get_str(json_at(roles, i), "role");
        if (role != NULL && (strcmp(role, "administrator") == 0 || strcmp(role, "core:administrator") == 0))
            return json_get_str(json_at(roles, i), "person");
    }
    return NULL;
}

enum rc example_load(struct core *c, const char *dir, const char *const *adopt, size_t adopt_n, const char *password, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct json *args = json_obj(mem), *departments, *people, *roles, *records, *body, *ids;
    char *hash;
    TRY(csv_file(mem, dir, "departments.csv", &departments, e));
    TRY(csv_file(mem, dir, "people.csv", &people, e));
    TRY(csv_file(mem, dir, "roles.csv", &roles, e));
    TRY(json_file(mem, dir, "records.json", &records, e));
    TRY(crypt_password_hash(mem, password, &hash, e));
    TRY(start(c, mem, dir, adopt, adopt_n, e));
    json_set(args, "departments", departments);
    json_set(args, "people", people);
    TRY(run(c, mem, "setup.people", args, &ids, e));
    args = json_obj(mem);
    json_set(args, "assignments", roles);
    TRY(run(c, mem, "setup.roles", args, &body, e));
    if (json_n(json_get(records, "records")) > 0)
        TRY(run(c, mem, "setup.records", records, &body, e));
    args = json_obj(mem);
    json_set(args, "people", json_get(ids, "people"));
    json_set_str(args, "hash", hash);
    TRY(run(c, mem, "setup.passwords", args, &body, e));
    args = json_obj(mem);
    const char *admin = admin_login(roles);
    json_set_i64(args, "admin", admin ? json_get_i64(json_get(ids, "people"), admin, 0) : 0);
    json_set_str(args, "hash", hash);
    return run(c, mem, "setup.finish", args, &body, e);
}
