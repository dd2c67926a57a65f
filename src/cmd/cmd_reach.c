/* cmd_reach: `daicho pack reach`: what the holder of a role may do with the records of each form, and in which line of which pack that is written.
 * Read from the packs alone; no database is opened. */
#include "cmd/cmd.h"
#include "core/core.h"
#include <stdio.h>
#include <string.h>

struct reach_args { const char *role, *pack, *form, *dir; bool json; };

static int usage(void)
{
    fprintf(stderr, "%s\n", msg_text(LANG_JA, MSG("cmd.pack.usage")));
    return 2;
}

static const char *place(TALLOC_CTX *mem, const struct reach_args *a, struct pos p)
{
    return p.file ? mem_fmt(mem, "%s:%d", pos_inside(p.file, a->dir), p.line) : "";
}

static const char *words(TALLOC_CTX *mem, const struct reach *x)
{
    const char *out = "";
    for (int h = 0; h < REACH__N; h++)
        if (x->how & (1u << h))
            out = mem_fmt(mem, "%s%s%s", out, out[0] ? "、" : "", msg_text(LANG_JA, mem_fmt(mem, "reach.how.%s", reach_how_key((enum reach_how)h))));
    return out[0] ? out : msg_text(LANG_JA, MSG("reach.never"));
}

static void cell_print(TALLOC_CTX *mem, const struct reach_args *a, const struct reach *x)
{
    const char *act = msg_text(LANG_JA, mem_fmt(mem, "reach.act.%s", reach_act_key(x->act)));
    printf("  %s%s%s: %s\n", act, x->step ? " " : "", x->step ? x->step->key : "", words(mem, x));
    for (size_t i = 0; i < x->from.n; i++) {
        const struct reach_from *f = &x->from.v[i];
        printf("      %s  %s %s\n", msg_text(LANG_JA, mem_fmt(mem, "reach.how.%s", reach_how_key(f->how))), f->role ? f->role : msg_text(LANG_JA, MSG("reach.employed")), place(mem, a, f->pos));
    }
}

static void cell_json(TALLOC_CTX *mem, const struct reach_args *a, const struct reach *x, struct json *o)
{
    struct json *how = json_set_arr(o, "how"), *from = json_set_arr(o, "from");
    json_set_str(o, "act", reach_act_key(x->act));
    if (x->step != NULL)
        json_set_str(o, "step", x->step->key);
    for (int h = 0; h < REACH__N; h++)
        if (x->how & (1u << h))
            json_add_str(how, reach_how_key((enum reach_how)h));
    for (size_t i = 0; i < x->from.n; i++) {
        struct json *f = json_add_obj(from);
        json_set_str(f, "how", reach_how_key(x->from.v[i].how));
        json_set_str(f, "role", x->from.v[i].role);
        json_set_str(f, "at", place(mem, a, x->from.v[i].pos));
    }
}

static void form_out(TALLOC_CTX *mem, const struct reach_args *a, const struct pack_set *set, const struct role *role, const struct form *f, struct json *out)
{
    struct reaches v = VEC_INIT(mem);
    struct json *o = out ? json_add_obj(out) : NULL, *cells = o ? json_set_arr(o, "acts") : NULL;
    reach_cells(mem, set, role, f, &v);
    if (o != NULL)
        json_set_str(o, "form", f ? f->ident : NULL);
    else
        printf("%s %s\n", f ? f->ident : "-", f ? f->name : msg_text(LANG_JA, MSG("reach.house")));
    for (size_t i = 0; i < v.n; i++) {
        if (o != NULL)
            cell_json(mem, a, &v.v[i], json_add_obj(cells));
        else
            cell_print(mem, a, &v.v[i]);
    }
}

static void role_out(TALLOC_CTX *mem, const struct reach_args *a, const struct pack_set *set, const struct role *role, struct json *out)
{
    struct json *o = out ? json_add_obj(out) : NULL, *forms = o ? json_set_arr(o, "forms") : NULL;
    if (o != NULL) {
        json_set_str(o, "role", role->key);
        json_set_str(o, "name", role->name);
        json_set_str(o, "is", role->is);
    } else {
        printf("%s %s\n", role->key, role->name);
    }
    if (a->form == NULL)
        form_out(mem, a, set, role, NULL, forms);
    for (size_t i = 0; i < set->form_n; i++)
        if (a->form == NULL || pack_form(set, a->form) == &set->form[i])
            form_out(mem, a, set, role, &set->form[i], forms);
}

static int failed(TALLOC_CTX *mem, const struct err *e, const struct problem_vec *problems)
{
    struct buf *b = buf_new(mem, 64u << 20);
    if (e->code != ERR_NONE)
        fprintf(stderr, "%s: %s\n", msg_text(LANG_JA, err_info(e->code)->msg_key), e->detail);
    else
        pack_problems_print(b, problems);
    fwrite(b->p, 1, b->n, stderr);
    return 2;
}

static int unknown(TALLOC_CTX *mem, const char *name)
{
    fprintf(stderr, "%s\n", msg_fill(mem, LANG_JA, MSG("reach.unknown"), name, NULL));
    return 2;
}

static int reach_run(TALLOC_CTX *mem, const struct reach_args *a)
{
    struct err e = {0};
    struct pack_set *set;
    struct problem_vec problems;
    const char *adopt[1] = {a->pack};
    struct json *out = a->json ? json_arr(mem) : NULL;
    if (pack_load(mem, a->dir, adopt, strcmp(a->pack, "core") == 0 ? 0 : 1, NULL, 0, &set, &problems, &e) != RC_OK || set == NULL)
        return failed(mem, &e, &problems);
    const struct role *one = a->role ? pack_role(set, a->role) : NULL;
    if (a->role != NULL && one == NULL)
        return unknown(mem, a->role);
    if (a->form != NULL && pack_form(set, a->form) == NULL)
        return unknown(mem, a->form);
    for (size_t i = 0; i < set->role_n; i++)
        if (one == NULL || one == &set->role[i])
            role_out(mem, a, set, &set->role[i], out);
    if (out != NULL)
        printf("%s\n", json_text(mem, out));
    return 0;
}

int cmd_reach(int argc, char **argv)
{
    struct reach_args a = {.dir = "packs", .pack = "sme"};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        const char **to = text_eq(argv[i], "--role") ? &a.role : text_eq(argv[i], "--pack") ? &a.pack : text_eq(argv[i], "--form") ? &a.form : text_eq(argv[i], "--dir") ? &a.dir : NULL;
        if (text_eq(argv[i], "--json"))
            a.json = true;
        else if (to != NULL && next != NULL)
            *to = argv[++i];
        else
            return usage();
    }
    TALLOC_CTX *mem = mem_root(1 << 16);
    int status = reach_run(mem, &a);
    talloc_free(mem);
    return status;
}
