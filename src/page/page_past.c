/* The organisation on a day: who held each role of the regulations, and for one record, who could see it and through what. For those who read
 * everything (past_begin refuses others). */
#include "page/past.h"

#define SHOWN_EACH 8
#define SHOWN_ONE 50
#define DEPARTMENTS_SHOWN 20
#define DEPARTMENTS_READ 200

static const char *say(struct screen *s, const char *key, const char *arg) { return msg_fill(s->r, req_lang(s->r), key, arg, NULL); }

const char *day_shown(TALLOC_CTX *mem, const char *on)
{
    struct civil d;
    return on != NULL && civil_read(str_of(on), &d) ? mem_fmt(mem, "%d/%02d/%02d", d.y, d.m, d.d) : on ? on : "";
}

static const char *label_of(struct screen *s, const struct role *r) { return pick_lang(req_lang(s->r), r->name, r->name_en); }

bool past_day(struct screen *s, struct past *p, const char **ret_problem)
{
    struct err e = {0}, e2 = {0};
    *ret_problem = NULL;
    enum rc rc = past_begin(&s->rd, req_query(s->r, "on"), p, &e);
    if (rc != RC_OK && e.code == ERR_DAY) {
        *ret_problem = err_say(s->r, req_lang(s->r), &e);
        rc = past_begin(&s->rd, NULL, p, &e2);
        e = e2;
    }
    if (rc != RC_OK)
        screen_fail(s, &e);
    return rc == RC_OK;
}

void past_day_form(struct screen *s, const struct past *p, const struct route_path *route, int64_t record, const char *problem)
{
    const struct ui_row row = {.id = "on", .label = msg_text(req_lang(s->r), MSG("past.day"))};
    struct html *h = s->h;
    if (problem != NULL)
        ui_problems(h, &(struct ui_problem){"on", problem}, 1);
    html_open(h, E_FORM);
    html_class(h, "conditions");
    if (record != 0)
        html_action(h, route, NULL, URL_I(record));
    else
        html_action0(h, route, NULL);
    ui_row_open(h, &row);
    ui_input(h, "date", "on", p->on, &row);
    ui_row_close(h, &row);
    ui_button(h, MSG("past.go"), NULL, NULL, false);
    html_close(h, E_FORM);
    if (p->other_set)
        html_el_msg(h, E_P, MSG("past.other-set"));
}

static void person_link(struct screen *s, const struct past *p, int64_t person)
{
    record_link(s->h, person, past_name(&s->rd, p, person));
}

/* ---- roles ---- */

static enum rc role_read(struct screen *s, struct roles_view *v, const struct role *role, int64_t after, size_t limit, struct err *e)
{
    struct role_day d = {.role = role, .v = VEC_INIT(s->r)};
    TRY(past_holders(&s->rd, &v->p, role, after, limit, &d.v, &d.next, e));
    if (v->only != NULL || role->everyone || d.v.n > 0 || role_asked(v->p.set, role))
        *vec_push(&v->day) = d;
    return RC_OK;
}

/* The departments of that day, for roles that each of them has to fill. */
static enum rc departments_read(struct screen *s, struct roles_view *v, struct err *e)
{
    static const struct role head = {.derived_head = true};
    int64_t next;
    TRY(past_holders(&s->rd, &v->p, &head, 0, DEPARTMENTS_READ, &v->department, &next, e));
    if (next != 0)
        v->department.n = 0;
    return RC_OK;
}

enum rc past_roles_read(struct screen *s, struct roles_view *v, struct err *e)
{
    struct id_vec ids = VEC_INIT(s->r);
    const struct pack_set *set = v->p.set;
    int64_t after = 0;
    if (req_query(s->r, "after") != NULL && !str_to_i64(str_of(req_query(s->r, "after")), &after))
        return err_set(e, ERR_LIST_PLACE, "after");
    v->only = req_query(s->r, "role") ? pack_role(set, req_query(s->r, "role")) : NULL;
    if (v->only == NULL && req_query(s->r, "role") != NULL)
        return err_set(e, ERR_HTTP_NOTFOUND, "role %s", req_query(s->r, "role"));
    TRY(departments_read(s, v, e));
    for (size_t i = 0; v->only == NULL && i < set->role_n; i++)
        if (set->role[i].is == NULL)
            TRY(role_read(s, v, &set->role[i], 0, SHOWN_EACH, e));
    if (v->only != NULL)
        TRY(role_read(s, v, v->only, after, SHOWN_ONE, e));
    for (size_t i = 0; i < v->day.n; i++)
        for (size_t k = 0; k < v->day.v[i].v.n; k++) {
            ids_want(&ids, v->day.v[i].v.v[k].person);
            ids_want(&ids, v->day.v[i].v.v[k].department);
        }
    for (size_t i = 0; i < v->department.n; i++)
        ids_want(&ids, v->department.v[i].department);
    return past_names(&s->rd, &v->p, &ids, e);
}

static void vacant(struct screen *s)
{
    ui_badge(s->h, UI_WARN, msg_text(req_lang(s->r), MSG("settings.vacant")));
}

static const char *span_text(struct screen *s, const struct holder *x)
{
    return mem_fmt(s->r, " %s 〜 %s", day_shown(s->r, x->from_on), day_shown(s->r, x->to_on));
}

static void holder_out(struct screen *s, const struct roles_view *v, const struct role *role, const struct holder *x)
{
    struct html *h = s->h;
    html_open(h, E_LI);
    if (role->derived_head) {
        html_text(h, past_name(&s->rd, &v->p, x->department));
        html_text(h, " ");
    }
    if (x->person == 0)
        vacant(s);
    else
        person_link(s, &v->p, x->person);
    if (!role->derived_head) {
        if (x->department != 0)
            html_text(h, say(s, MSG("past.in"), past_name(&s->rd, &v->p, x->department)));
        html_text(h, span_text(s, x));
    }
    if (x->how != HELD) {
        html_text(h, " ");
        ui_badge(h, UI_UNKNOWN, say(s, x->how == HELD_CORRECTED ? MSG("past.corrected") : MSG("past.noted-later"), x->noted_us ? when_text(s->r, x->noted_us) : ""));
    }
    html_close(h, E_LI);
}

static bool filled(const struct holders *v, int64_t department)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].department == department)
            return true;
    return false;
}

/* Departments without a holder of a role that each of them has to fill. */
static void unfilled_out(struct screen *s, const struct roles_view *v, const struct role_day *d)
{
    const char *names = "";
    size_t n = 0;
    for (size_t i = 0; i < v->department.n; i++)
        if (!filled(&d->v, v->department.v[i].department) && n++ < DEPARTMENTS_SHOWN)
            names = mem_fmt(s->r, "%s%s%s", names, n > 1 ? "、" : "", past_name(&s->rd, &v->p, v->department.v[i].department));
    if (n == 0)
        return;
    html_open(s->h, E_LI);
    vacant(s);
    html_text(s->h, " ");
    html_text(s->h, names);
    if (n > DEPARTMENTS_SHOWN)
        html_text(s->h, say(s, MSG("settings.and-more"), mem_fmt(s->r, "%zu", n - DEPARTMENTS_SHOWN)));
    html_close(s->h, E_LI);
}

static void role_out(struct screen *s, const struct roles_view *v, const struct role_day *d)
{
    struct html *h = s->h;
    const struct url_arg one[] = {URL_Q("on", v->p.on), URL_Q("role", d->role->key)};
    const struct role *spoken = v->only ? d->role : role_spoken(v->p.set, d->role);
    html_open(h, E_TR);
    html_el(h, E_TD, label_of(s, spoken));
    html_open(h, E_TD);
    html_open(h, E_UL);
    html_class(h, "plain");
    for (size_t i = 0; i < d->v.n; i++)
        holder_out(s, v, d->role, &d->v.v[i]);
    if ((spoken->unit || d->role->unit) && d->v.n > 0 && d->next == 0 && req_query(s->r, "after") == NULL)
        unfilled_out(s, v, d);
    if (d->v.n == 0) {
        html_open(h, E_LI);
        if (d->role->everyone)
            html_msg(h, MSG("settings.everyone"));
        else if (d->role->derived_head && v->p.before)   /* who headed what has no dates: before the records began nobody knows */
            ui_badge(h, UI_UNKNOWN, msg_text(req_lang(s->r), MSG("past.no-record")));
        else if (req_query(s->r, "after") == NULL)
            vacant(s);
        html_close(h, E_LI);
    }
    if (d->next != 0 && v->only == NULL) {
        html_open(h, E_LI);
        html_open(h, E_A);
        html_href_(h, page_path("past.roles"), one, ARRAY_N(one));
        html_text(h, say(s, MSG("past.all-of"), label_of(s, spoken)));
        html_close(h, E_A);
        html_close(h, E_LI);
    }
    html_close(h, E_UL);
    html_close(h, E_TD);
    html_close(h, E_TR);
}

void past_roles_table(struct screen *s, const struct roles_view *v)
{
    const char *const label[] = {msg_text(req_lang(s->r), MSG("settings.role")), say(s, MSG("past.holders"), day_shown(s->r, v->p.on))};
    ui_table_open(s->h, label[1]);
    ui_table_head(s->h, label, ARRAY_N(label));
    for (size_t i = 0; i < v->day.n; i++)
        role_out(s, v, &v->day.v[i]);
    ui_table_close(s->h);
    if (v->only != NULL) {
        const struct url_arg next[] = {URL_Q("on", v->p.on), URL_Q("role", v->only->key), URL_QI("after", v->day.n ? v->day.v[0].next : 0)};
        ui_pager(s->h, NULL, v->day.n && v->day.v[0].next ? url_make(s->r, page_path("past.roles"), next, ARRAY_N(next)) : NULL, "");
    }
}

static void chart_link(struct screen *s, const struct past *p)
{
    html_open(s->h, E_P);
    page_link(s->h, MSG("chart.title"), "past.chart", URL_Q("on", p->on));
    html_close(s->h, E_P);
}

void page_past_roles(struct req *r, void *ctx)
{
    struct screen s;
    struct roles_view v = {.day = VEC_INIT(r), .department = VEC_INIT(r)};
    const char *problem;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx) || !past_day(&s, &v.p, &problem))
        return;
    if (past_roles_read(&s, &v, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_text(req_lang(r), MSG("past.roles")), "settings");
    html_el_msg(s.h, E_P, MSG("past.roles-help"));
    past_day_form(&s, &v.p, page_path("past.roles"), 0, problem);
    if (v.p.before)
        html_el(s.h, E_P, say(&s, MSG("past.before"), when_text(r, v.p.began_us)));
    if (v.p.ahead)
        html_el_msg(s.h, E_P, MSG("past.ahead"));
    chart_link(&s, &v.p);
    past_roles_table(&s, &v);
    screen_close(&s, problem ? 422 : 200);
}

/* ---- one record ---- */

static const char *through(struct screen *s, const struct past *p, const struct sight *v, const struct seer *x)
{
    const char *other = past_name(&s->rd, p, x->other);
    switch (x->how) {
    case SIGHT_EVERYBODY: return say(s, v->everybody < SIGHT_COUNT_MAX ? MSG("past.everybody") : MSG("past.everybody-many"), mem_fmt(s->r, "%lld", (long long)v->everybody));
    case SIGHT_MADE: return msg_text(req_lang(s->r), MSG("past.made"));
    case SIGHT_SELF: return msg_text(req_lang(s->r), MSG("past.self"));
    case SIGHT_STEP: return say(s, MSG("past.step"), x->what);
    case SIGHT_ACTED: return say(s, MSG("past.acted"), msg_text(req_lang(s->r), mem_fmt(s->r, "kind.%s", x->what)));
    case SIGHT_TASK: return say(s, MSG("past.task"), x->what);
    case SIGHT_DEPUTY: return msg_fill(s->r, req_lang(s->r), MSG("past.deputy"), other, x->what ? x->what : "", NULL);
    case SIGHT_HEAD: return say(s, MSG("past.head"), other);
    case SIGHT_ROLE: return say(s, MSG("past.role"), x->what);
    case SIGHT_MEMBER: return say(s, MSG("past.member"), other);
    }
    return "";
}

static void seers_out(struct screen *s, const struct past *p, const struct sight *v)
{
    const char *const label[] = {msg_text(req_lang(s->r), MSG("col.who")), msg_text(req_lang(s->r), MSG("past.through"))};
    ui_table_open(s->h, say(s, MSG("past.seers"), p->on));
    ui_table_head(s->h, label, ARRAY_N(label));
    for (size_t i = 0; i < v->who.n; i++) {
        const struct seer *x = &v->who.v[i];
        html_open(s->h, E_TR);
        html_open(s->h, E_TD);
        if (x->person != 0)
            person_link(s, p, x->person);
        else
            html_msg(s->h, MSG("settings.everyone"));
        html_close(s->h, E_TD);
        html_el(s->h, E_TD, through(s, p, v, x));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

static void sight_out(struct screen *s, const struct past *p, const struct record *rec, const struct sight *v)
{
    const struct url_arg next[] = {URL_I(rec->id), URL_Q("on", p->on), URL_QI("after", v->next)};
    if (!v->there) {
        html_el_msg(s->h, E_P, MSG("past.not-there"));
        return;
    }
    if (!v->known)
        ui_problems(s->h, &(struct ui_problem){NULL, msg_text(req_lang(s->r), MSG("past.unknown"))}, 1);
    ui_kv_open(s->h);
    ui_kv(s->h, msg_text(req_lang(s->r), MSG("past.moment")), when_text(s->r, p->at));
    ui_kv(s->h, msg_text(req_lang(s->r), MSG("record.department")), v->department ? past_name(&s->rd, p, v->department) : "–");
    ui_kv_close(s->h);
    if (v->cut)
        html_el_msg(s->h, E_P, MSG("past.cut"));
    seers_out(s, p, v);
    ui_pager(s->h, NULL, v->next ? url_make(s->r, page_path("past.sight"), next, ARRAY_N(next)) : NULL, "");
}

void page_past_sight(struct req *r, void *ctx)
{
    struct screen s;
    struct past p;
    struct sight v;
    struct record rec;
    struct err e = {0};
    const char *problem;
    int64_t after = 0;
    if (!screen_begin(&s, r, ctx))
        return;
    if (screen_record(&s, req_arg_i64(r, 0), &rec, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    if (!past_day(&s, &p, &problem))
        return;
    if (req_query(r, "after") != NULL && !str_to_i64(str_of(req_query(r, "after")), &after))
        (void)!err_set(&e, ERR_LIST_PLACE, "after");
    enum rc rc = e.code != ERR_NONE ? RC_INVALID : sight_on(&s.rd, &p, rec.id, after, SHOWN_ONE, &v, &e);
    if (rc != RC_OK && e.code != ERR_DAY_AHEAD) {
        screen_fail(&s, &e);
        return;
    }
    problem = rc != RC_OK ? err_say(r, req_lang(r), &e) : problem;
    screen_open(&s, say(&s, MSG("past.sight-of"), rec.number), rec.form->room ? rec.form->room : "registers");
    html_el_msg(s.h, E_P, MSG("past.sight-help"));
    past_day_form(&s, &p, page_path("past.sight"), rec.id, problem);
    if (rc == RC_OK)
        sight_out(&s, &p, &rec, &v);
    screen_close(&s, problem ? 422 : 200);
}
