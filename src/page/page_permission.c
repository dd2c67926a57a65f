/* 権限の一覧: what the holder of a role may do, form by form; what each role may do with the records of a form. Read from the adopted regulations
 * (core/reach.c) for those who read everything. */
#include "page/page_int.h"

/* The columns of both tables; acts that ask the same permit for records of the same kind share one. */
static const struct { const char *key; enum reach_act act[2]; } columns[] = {
    {MSG("reach.act.see"), {REACH_SEE, REACH_PRINT}}, {MSG("reach.act.list"), {REACH_LIST, REACH_LIST}}, {MSG("reach.act.make"), {REACH_MAKE, REACH_MAKE}},
    {MSG("reach.act.change"), {REACH_EDIT, REACH_CORRECT}}, {MSG("reach.act.fill"), {REACH_FILL, REACH_FILL}}, {MSG("reach.act.close"), {REACH_CLOSE, REACH_CLOSE}},
    {MSG("reach.act.void"), {REACH_VOID, REACH_VOID}}, {MSG("reach.act.attach"), {REACH_ATTACH, REACH_ATTACH}}, {MSG("reach.act.export"), {REACH_EXPORT, REACH_EXPORT}},
    {MSG("reach.act.import"), {REACH_IMPORT, REACH_IMPORT}}, {MSG("reach.act.erase"), {REACH_ERASE, REACH_ERASE}},
};
#define COLUMNS ARRAY_N(columns)
#define ROLES_MAX 200

struct view { struct screen *s; const struct role *role[ROLES_MAX]; size_t role_n; const struct role *one; const struct form *form; };

static const char *say(const struct view *v, const char *key) { return msg_text(req_lang(v->s->r), key); }
static const char *role_name(const struct view *v, const struct role *r)
{
    const struct role *spoken = role_spoken(v->s->rd.set, r);
    return pick_lang(req_lang(v->s->r), spoken->name, spoken->name_en);
}
static const char *form_name(const struct view *v, const struct form *f) { return pick_lang(req_lang(v->s->r), f->name, f->name_en); }

/* Posts, and words that a form or a route names; others ("the finder") are nobody's post. */
static void roles_find(struct view *v)
{
    const struct pack_set *set = v->s->rd.set;
    for (size_t i = 0; i < set->role_n && v->role_n < ROLES_MAX; i++) {
        const struct role *r = &set->role[i];
        if (r->is == NULL && (r->everyone || r->derived_head || r->sees_all || role_asked(set, r)))
            v->role[v->role_n++] = r;
    }
}

/* ---- one cell ---- */

static void words_out(struct view *v, unsigned how)
{
    struct html *h = v->s->h;
    bool first = true;
    if (how & (1u << REACH_ALWAYS))                       /* nothing is added to "always" */
        how = 1u << REACH_ALWAYS;
    if (how == 0)
        html_msg(h, MSG("reach.none"));
    for (int k = 0; k < REACH__N; k++)
        if (how & (1u << k)) {
            html_text(h, first ? "" : "、");
            html_text(h, say(v, mem_fmt(v->s->r, "reach.how.%s", reach_how_key((enum reach_how)k))));
            first = false;
        }
}

static void cell_out(struct view *v, const struct reaches *x, size_t column)
{
    unsigned how = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].act == columns[column].act[0] || x->v[i].act == columns[column].act[1])
            how |= x->v[i].how;
    html_open(v->s->h, E_TD);
    words_out(v, how);
    html_close(v->s->h, E_TD);
}

/* The steps at which this role decides. */
static void steps_out(struct view *v, const struct reaches *x)
{
    struct html *h = v->s->h;
    html_open(h, E_TD);
    html_open(h, E_UL);
    html_class(h, "plain");
    for (size_t i = 0; i < x->n; i++) {
        const struct step *st = x->v[i].step;
        if (x->v[i].act != REACH_DECIDE || x->v[i].how == 0)
            continue;
        html_open(h, E_LI);
        html_text(h, pick_lang(req_lang(v->s->r), st->label ? st->label : st->id, st->label_en));
        html_text(h, ": ");
        words_out(v, x->v[i].how);
        html_close(h, E_LI);
    }
    html_close(h, E_UL);
    html_close(h, E_TD);
}

/* ---- the tables ---- */

static void row_out(struct view *v, const struct role *role, const struct form *f, const char *heading, const struct url_arg to)
{
    struct html *h = v->s->h;
    struct reaches x = VEC_INIT(v->s->r);
    reach_cells(v->s->r, v->s->rd.set, role, f, &x);
    html_open(h, E_TR);
    html_open(h, E_TD);
    html_open(h, E_A);
    html_href_(h, page_path("permissions"), &to, 1);
    html_text(h, heading);
    html_close(h, E_A);
    html_close(h, E_TD);
    for (size_t i = 0; i < COLUMNS; i++)
        cell_out(v, &x, i);
    steps_out(v, &x);
    html_close(h, E_TR);
}

static void table_begin(struct view *v, const char *caption, const char *first)
{
    const char *label[COLUMNS + 2];
    label[0] = say(v, first);
    for (size_t i = 0; i < COLUMNS; i++)
        label[i + 1] = say(v, columns[i].key);
    label[COLUMNS + 1] = say(v, MSG("reach.steps"));
    ui_table_open(v->s->h, caption);
    ui_table_head(v->s->h, label, ARRAY_N(label));
}

static void house_out(struct view *v)
{
    struct html *h = v->s->h;
    struct reaches x = VEC_INIT(v->s->r);
    reach_cells(v->s->r, v->s->rd.set, v->one, NULL, &x);
    ui_heading(h, 2, say(v, MSG("reach.house")));
    ui_kv_open(h);
    for (size_t i = 0; i < x.n; i++)
        ui_kv(h, say(v, mem_fmt(v->s->r, "reach.act.%s", reach_act_key(x.v[i].act))), say(v, x.v[i].how ? MSG("reach.how.always") : MSG("reach.never")));
    ui_kv_close(h);
}

static void tables_out(struct view *v)
{
    const struct pack_set *set = v->s->rd.set;
    const char *caption = v->one ? msg_fill(v->s->r, req_lang(v->s->r), MSG("reach.of-role"), role_name(v, v->one), NULL)
                                 : msg_fill(v->s->r, req_lang(v->s->r), MSG("reach.of-form"), form_name(v, v->form), NULL);
    ui_heading(v->s->h, 2, caption);
    if (v->one != NULL)
        html_el_msg(v->s->h, E_P, MSG("reach.role-note"));
    table_begin(v, caption, v->one ? MSG("reach.by-form") : MSG("reach.by-role"));
    for (size_t i = 0; v->one != NULL && i < set->form_n; i++)
        row_out(v, v->one, &set->form[i], form_name(v, &set->form[i]), URL_Q("form", set->form[i].ident));
    for (size_t i = 0; v->one == NULL && i < v->role_n; i++)
        row_out(v, v->role[i], v->form, role_name(v, v->role[i]), URL_Q("role", v->role[i]->key));
    ui_table_close(v->s->h);
    if (v->one != NULL)
        house_out(v);
}

static void legend_out(struct view *v)
{
    ui_heading(v->s->h, 2, say(v, MSG("reach.legend")));
    ui_kv_open(v->s->h);
    for (int k = 0; k < REACH__N; k++)
        ui_kv(v->s->h, say(v, mem_fmt(v->s->r, "reach.how.%s", reach_how_key((enum reach_how)k))), say(v, mem_fmt(v->s->r, "reach.why.%s", reach_how_key((enum reach_how)k))));
    ui_kv(v->s->h, say(v, MSG("reach.none")), say(v, MSG("reach.never")));
    ui_kv_close(v->s->h);
}

/* ---- choosing ---- */

static void choice_out(struct view *v, const char *name, const char *label, const struct ui_opt *opt, size_t n)
{
    const struct ui_row row = {.id = name, .label = say(v, label)};
    struct html *h = v->s->h;
    html_open(h, E_FORM);
    html_class(h, "conditions");
    html_action0(h, page_path("permissions"), NULL);
    ui_row_open(h, &row);
    ui_select(h, name, opt, n, false, &row);
    ui_row_close(h, &row);
    ui_button(h, MSG("reach.go"), NULL, NULL, false);
    html_close(h, E_FORM);
}

static void choices_out(struct view *v)
{
    const struct pack_set *set = v->s->rd.set;
    struct ui_opt *roles = mem_array(v->s->r, struct ui_opt, v->role_n + 1), *forms = mem_array(v->s->r, struct ui_opt, set->form_n + 1);
    roles[0] = forms[0] = (struct ui_opt){"", say(v, MSG("reach.choose")), false};
    for (size_t i = 0; i < v->role_n; i++)
        roles[i + 1] = (struct ui_opt){v->role[i]->key, role_name(v, v->role[i]), v->role[i] == v->one};
    for (size_t i = 0; i < set->form_n; i++)
        forms[i + 1] = (struct ui_opt){set->form[i].ident, form_name(v, &set->form[i]), &set->form[i] == v->form};
    choice_out(v, "role", MSG("reach.by-role"), roles, v->role_n + 1);
    choice_out(v, "form", MSG("reach.by-form"), forms, set->form_n + 1);
}

static enum rc view_read(struct view *v, struct err *e)
{
    struct screen *s = v->s;
    const struct grant *g;
    const char *role = req_query(s->r, "role"), *form = req_query(s->r, "form");
    TRY(perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, PERMIT_READ_ALL, NULL, NULL, s->rd.today, &g, e));
    roles_find(v);
    if (role != NULL && role[0] != '\0') {
        v->one = pack_role(s->rd.set, role);
        return v->one != NULL ? RC_OK : err_set(e, ERR_HTTP_NOTFOUND, "role %s", role);
    }
    if (form != NULL && form[0] != '\0') {
        v->form = pack_form(s->rd.set, form);
        return v->form != NULL ? RC_OK : err_set(e, ERR_HTTP_NOTFOUND, "form %s", form);
    }
    return RC_OK;
}

void page_permissions(struct req *r, void *ctx)
{
    struct screen s;
    struct view v = {.s = &s};
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    enum rc rc = s.rd.set == NULL ? err_set(&e, ERR_SETUP_FIRST, "no set") : view_read(&v, &e);
    if (rc != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, say(&v, MSG("reach.title")), "settings");
    html_open(s.h, E_DIV);
    html_class(s.h, "landscape");
    html_el_msg(s.h, E_P, MSG("reach.help"));
    choices_out(&v);
    if (v.one != NULL || v.form != NULL)
        tables_out(&v);
    html_close(s.h, E_DIV);
    legend_out(&v);
    screen_close(&s, 200);
}
