/* What the holder of a role may do, read from the adopted regulations (core/reach.c): for those who read everything. */
#include "api/api_int.h"

static void cell_out(const struct reach *x, struct json *o)
{
    struct json *how = json_set_arr(o, "how");
    json_set_str(o, "act", reach_act_key(x->act));
    if (x->step != NULL)
        json_set_str(o, "step", x->step->key);
    for (int h = 0; h < REACH__N; h++)
        if (x->how & (1u << h))
            json_add_str(how, reach_how_key((enum reach_how)h));
}

static void form_out(struct reader *rd, const struct role *role, const struct form *f, struct json *o)
{
    struct reaches v = VEC_INIT(rd->mem);
    struct json *acts = json_set_arr(o, "acts");
    reach_cells(rd->mem, rd->set, role, f, &v);
    json_set_str(o, "role", role->key);
    json_set_str(o, "form", f ? f->ident : NULL);
    for (size_t i = 0; i < v.n; i++)
        cell_out(&v.v[i], json_add_obj(acts));
}

static enum rc matrix_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    const struct grant *g;
    const char *role = req_query(r, "role"), *form = req_query(r, "form");
    TRY(perm_check(rd->db, rd->mem, rd->set, &rd->actor, PERMIT_READ_ALL, NULL, NULL, rd->today, &g, e));
    const struct role *one = role ? pack_role(rd->set, role) : NULL;
    const struct form *f = form ? pack_form(rd->set, form) : NULL;
    if (role != NULL && one == NULL)
        return err_set(e, ERR_RECORD_MISSING, "role %s", role);
    if (form != NULL && f == NULL)
        return err_set(e, ERR_RECORD_MISSING, "form %s", form);
    if (one == NULL && f == NULL)
        return err_set_arg(e, ERR_FIELDS, "role", "neither role nor form");
    struct json *arr = json_set_arr(o, "permissions");
    for (size_t i = 0; i < rd->set->role_n; i++) {
        const struct role *x = &rd->set->role[i];
        if (one != NULL && one != x)
            continue;
        if (f == NULL)
            form_out(rd, x, NULL, json_add_obj(arr));
        for (size_t k = 0; k < rd->set->form_n; k++)
            if (f == NULL || f == &rd->set->form[k])
                form_out(rd, x, &rd->set->form[k], json_add_obj(arr));
    }
    return RC_OK;
}

void api_permissions(struct req *r, void *ctx) { api_read(r, ctx, matrix_out); }
