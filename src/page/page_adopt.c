/* Adopting regulations: what daicho ships and how much of each it carries today (no regulation is offered as if daicho kept all of it), and the page on which
 * an organisation takes one more beside those that it has. */
#include "page/adopt.h"

#define FAULTS_SHOWN 5

static const char *say(struct screen *s, const char *key) { return msg_text(req_lang(s->r), key); }

static const char *carries_text(struct screen *s, const struct pack_set *set, const struct pack *p, const char *msg)
{
    struct cover_vec rows;
    size_t carried = 0;
    if (p->demands == 0)
        return "";
    coverage_carried(s->r, set, p->id, NULL, &rows);
    for (size_t i = 0; i < rows.n; i++)
        carried += rows.v[i].carried;
    return msg_fill(s->r, req_lang(s->r), msg, mem_fmt(s->r, "%lld", (long long)p->demands), mem_fmt(s->r, "%zu", carried), NULL);
}

void carries_out(struct screen *s, const struct pack_set *set, const struct pack *p, const char *msg)
{
    const char *text = carries_text(s, set, p, msg);
    if (text[0] != '\0')
        html_el(s->h, E_P, text);
}

/* A regulation that cannot be read is not offered, and says why: file, line and what is wrong there. */
static void faults_add(struct screen *s, const char *id, const struct problem_vec *v, const struct err *e, struct fault_vec *ret)
{
    const char *dir = core_conf(s->site->core)->packs_dir;
    const char *why = v->n == 0 && e->code != ERR_NONE ? err_say(s->r, req_lang(s->r), e) : "";
    *vec_push(ret) = msg_fill(s->r, req_lang(s->r), MSG("setup.pack-unread"), id, why, NULL);
    for (size_t i = 0, shown = 0; i < v->n && shown < FAULTS_SHOWN; i++)
        if (!v->v[i].warning) {
            *vec_push(ret) = msg_fill(s->r, req_lang(s->r), MSG("setup.pack-fault"), pos_inside(v->v[i].pos.file, dir), mem_fmt(s->r, "%d", v->v[i].pos.line), v->v[i].text, NULL);
            shown++;
        }
}

static bool posted(const struct req *r, const char *id)
{
    for (size_t i = 0; i < req_form_n(r); i++)
        if (strcmp(req_form_at(r, i)->name, "adopt[]") == 0 && strcmp(req_form_at(r, i)->value, id) == 0)
            return true;
    return false;
}

static void offer(struct screen *s, const char *id, struct offers *ret)
{
    struct pack_set *set = NULL;
    struct problem_vec problems = VEC_INIT(s->r);
    struct err e = {0};
    if (pack_load(s->r, core_conf(s->site->core)->packs_dir, &id, 1, NULL, 0, &set, &problems, &e) != RC_OK || set == NULL) {
        faults_add(s, id, &problems, &e, &ret->faults);
        return;
    }
    const struct pack *p = pack_by_id(set, id);
    if (p == NULL || p->article_n == 0)
        return;
    const char *title = pick_lang(req_lang(s->r), p->title, p->title_en), *carries = carries_text(s, set, p, MSG("adopt.carries"));
    ret->opt[ret->n++] = (struct ui_opt){mem_strdup(s->r, id), carries[0] ? mem_fmt(s->r, "%s %s", title, carries) : title, posted(s->r, id)};
}

void offers_read(struct screen *s, struct offers *ret)
{
    struct name_vec names = VEC_INIT(s->r);
    struct err e = {0};
    *ret = (struct offers){.faults = VEC_INIT(s->r)};
    if (file_list(s->r, core_conf(s->site->core)->packs_dir, &names, &e) != RC_OK)
        log_err("adopt", req_id(s->r), &e);
    for (size_t i = 0; i < names.n && ret->n < OFFERS_MAX; i++)
        if (text_is_ident(names.v[i]) && strcmp(names.v[i], "core") != 0 && pack_by_id(s->rd.set, names.v[i]) == NULL)
            offer(s, names.v[i], ret);
    if (ret->n == 1 && s->rd.set == NULL)
        ret->opt[0].on = true;                           /* there is nothing to choose from */
}

static void faults_out(struct screen *s, const struct fault_vec *v)
{
    if (v->n == 0)
        return;
    html_open(s->h, E_DIV);
    html_class(s->h, "banner");
    html_open(s->h, E_UL);
    for (size_t i = 0; i < v->n; i++)
        html_el(s->h, E_LI, v->v[i]);
    html_close(s->h, E_UL);
    html_close(s->h, E_DIV);
}

void offers_out(struct screen *s, const struct offers *o, const char *label)
{
    const struct ui_row row = {.id = "adopt", .label = label, .help = say(s, MSG("adopt.help")), .required = true};
    ui_row_open(s->h, &row);
    ui_checks(s->h, "checkbox", "adopt[]", o->opt, o->n, &row);
    faults_out(s, &o->faults);
    ui_row_close(s->h, &row);
}

/* ---- one more regulation ---- */

static void adopt_page(struct screen *s, const char *problem)
{
    struct offers o;
    offers_read(s, &o);
    screen_open(s, say(s, MSG("adopt.title")), "settings");
    if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){"adopt", problem}, 1);
    html_el_msg(s->h, E_P, o.n > 0 ? MSG("adopt.what") : MSG("adopt.all"));
    html_open(s->h, E_FORM);
    html_attr(s->h, A_NOVALIDATE, "");
    html_action0(s->h, page_path("adopt.post"), screen_csrf(s));
    if (o.n > 0 || o.faults.n > 0)
        offers_out(s, &o, say(s, MSG("adopt.which")));
    if (o.n > 0) {
        html_open(s->h, E_DIV);
        html_class(s->h, "actions");
        ui_button(s->h, MSG("adopt.go"), NULL, NULL, true);
        html_close(s->h, E_DIV);
    }
    html_close(s->h, E_FORM);
    screen_close(s, problem ? 422 : 200);
}

static bool adopt_begin(struct screen *s, struct req *r, void *ctx)
{
    struct err e = {0};
    if (!screen_begin(s, r, ctx))
        return false;
    if (screen_may(s, PERMIT_ADMIN, NULL, NULL))
        return true;
    (void)!err_set(&e, ERR_DENIED, "adopting is the administrator's");
    screen_fail(s, &e);
    return false;
}

void page_adopt(struct req *r, void *ctx)
{
    struct screen s;
    if (adopt_begin(&s, r, ctx))
        adopt_page(&s, NULL);
}

void page_adopt_post(struct req *r, void *ctx)
{
    struct screen s;
    struct answer *a;
    struct site *site = ctx;
    struct json *args = json_obj(r), *adopt = json_set_arr(args, "adopt");
    size_t more = 0;
    if (!adopt_begin(&s, r, ctx))
        return;
    for (size_t i = 0; s.rd.set != NULL && i < s.rd.set->pack_n; i++)
        json_add_str(adopt, s.rd.set->pack[i].id);
    for (size_t i = 0; i < req_form_n(r); i++)
        if (strcmp(req_form_at(r, i)->name, "adopt[]") == 0 && pack_by_id(s.rd.set, req_form_at(r, i)->value) == NULL && ++more <= OFFERS_MAX)
            json_add_str(adopt, req_form_at(r, i)->value);
    if (more == 0) {
        adopt_page(&s, say(&s, MSG("setup.packs-none")));
        return;
    }
    screen_end(&s);
    core_command(site->core, r, &s.user->actor, "set.adopt", args, NULL, &a);
    if (a->rc == RC_OK)
        resp_redirect(r, url_make(r, page_path("settings"), (const struct url_arg[]){URL_Q("done", "done.settings")}, 1));
    else if (screen_begin(&s, r, ctx))
        adopt_page(&s, err_say(r, req_lang(r), &a->err));
}
