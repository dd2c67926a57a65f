/* The adopted regulations: their articles with text, duties, schedules and state; what carries each duty; words, figures and alternatives in
 * force; earlier sets. What 適合状況, the article pages and 設定 show. */
#include "api/api_int.h"

#define SETS_SHOWN 20

static const struct pack *pack_asked(struct req *r, struct reader *rd, struct err *e)
{
    const struct pack *p = pack_by_id(rd->set, req_arg(r, 0));
    if (p == NULL)
        (void)!err_set(e, ERR_HTTP_NOTFOUND, "regulation %s", req_arg(r, 0));
    return p;
}

void api_regulations(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r), *arr = json_set_arr(o, "regulations");
    if (!api_begin(r, ctx, true, &rd))
        return;
    for (size_t i = 0; i < rd.set->pack_n; i++) {
        const struct pack *p = &rd.set->pack[i];
        struct json *x = json_add_obj(arr);
        json_set_str(x, "pack", p->id);
        json_set_str(x, "title", pick_lang(req_lang(r), p->title, p->title_en));
        json_set_str(x, "version", p->version);
        json_set_str(x, "source", p->source);
        json_set_i64(x, "articles", (int64_t)p->article_n);
        json_set_i64(x, "duties", (int64_t)p->duty_n);
        if (p->demands > 0)
            json_set_i64(x, "demands", p->demands);            /* of the regulation itself */
    }
    api_end(r, &rd, RC_OK, &e, o);
}

/* ---- duties ---- */

static void duty_out(struct req *r, struct json *o, const struct cover_row *c)
{
    json_set_str(o, "duty", c->key);
    json_set_str(o, "article", c->article);
    json_set_str(o, "must", pick_lang(req_lang(r), c->duty->must, c->duty->must_en));
    json_set_str(o, "demanded", strength_name(c->demanded));
    json_set_str(o, "carried", c->carried ? strength_name(c->strength) : NULL);
    json_set_str(o, "by", c->by);
    json_set_str(o, "weaker_because", c->weaker_because);
    struct json *who = json_set_arr(o, "who");
    for (size_t i = 0; i < c->duty->who_n; i++)
        json_add_str(who, c->duty->who[i]);
}

void api_coverage(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct cover_vec rows;
    struct json *o = json_obj(r), *arr = json_set_arr(o, "duties");
    if (!api_begin(r, ctx, true, &rd))
        return;
    const struct pack *p = pack_asked(r, &rd, &e);
    if (p != NULL) {
        coverage_carried(r, rd.set, p->id, NULL, &rows);
        for (size_t i = 0; i < rows.n; i++)
            duty_out(r, json_add_obj(arr), &rows.v[i]);
    }
    api_end(r, &rd, p ? RC_OK : RC_FAIL, &e, o);
}

/* ---- one article ---- */

static enum rc duties_out(struct req *r, struct reader *rd, const struct pack *p, const char *article, struct json *arr, struct err *e)
{
    struct cover_vec rows;
    struct q_task_duty_next next;
    struct q_task_duty_last last;
    coverage_carried(r, rd->set, p->id, article, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        struct json *o = json_add_obj(arr);
        duty_out(r, o, &rows.v[i]);
        TRY(q_task_duty_next(rd->db, r, rows.v[i].key, &next, e));
        TRY(q_task_duty_last(rd->db, r, rows.v[i].key, &last, e));
        if (!next.due_us_null)
            json_set_i64(o, "next", next.due_us);
        if (!last.closed_at_null)
            json_set_i64(o, "last", last.closed_at);
    }
    return RC_OK;
}

/* The record that ended a task is named to those who may see it. */
static enum rc schedules_out(struct req *r, struct reader *rd, const struct pack *p, const char *article, struct json *arr, struct err *e)
{
    struct sched_info info;
    for (size_t i = 0; i < p->schedule_n; i++) {
        const struct schedule *s = &p->schedule[i];
        struct record rec;
        const struct grant *g;
        struct err unseen = {0};
        if (!text_eq(s->article, article))
            continue;
        TRY(sched_info_get(rd, s, &info, e));
        struct json *o = json_add_obj(arr);
        json_set_str(o, "schedule", s->key);
        json_set_str(o, "label", pick_lang(req_lang(r), s->label, s->label_en));
        json_set_str(o, "next", info.next[0] ? info.next : NULL);
        if (info.due_us != 0)
            json_set_i64(o, "due", info.due_us);
        if (info.last_at == 0)
            continue;
        json_set_i64(o, "last", info.last_at);
        json_set_i64(o, "last_by", info.last_by);
        json_set_bool(o, "late", info.late);
        if (info.last_record != 0 && perm_see(rd, info.last_record, &rec, &g, &unseen) == RC_OK)
            json_set_i64(o, "last_record", info.last_record);
        else if (unseen.code != ERR_NONE && err_info(unseen.code)->http >= 500)
            return *e = unseen, err_rc(e);
    }
    return RC_OK;
}

static enum rc article_out(struct req *r, struct reader *rd, const struct pack *p, const struct article *a, struct json *o, struct err *e)
{
    struct article_states st = VEC_INIT(r);
    int64_t as_of = 0;
    json_set_str(o, "article", a->id);
    json_set_str(o, "title", pick_lang(req_lang(r), a->title, a->title_en));
    json_set_str(o, "chapter", a->chapter);
    struct json *text = json_set_arr(o, "text");
    for (size_t i = 0; i < p->para_n; i++)
        if (text_eq(p->para[i].article, a->id))
            json_add_str(text, p->para[i].md);
    TRY(conformity(rd, p->id, &st, &as_of, e));
    for (size_t i = 0; i < st.n; i++)
        if (text_eq(st.v[i].article, a->id))
            json_set_str(o, "state", verdict_name(st.v[i].state));
    TRY(duties_out(r, rd, p, a->id, json_set_arr(o, "duties"), e));
    return schedules_out(r, rd, p, a->id, json_set_arr(o, "schedules"), e);
}

void api_article(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    const struct pack *p = pack_asked(r, &rd, &e);
    const struct article *a = p ? pack_article(p, req_arg(r, 1)) : NULL;
    enum rc rc = p == NULL ? RC_FAIL : a == NULL ? err_set(&e, ERR_HTTP_NOTFOUND, "article %s", req_arg(r, 1)) : article_out(r, &rd, p, a, o, &e);
    api_end(r, &rd, rc, &e, o);
}

/* ---- settings ---- */

static void param_out(struct req *r, const struct pack_set *set, const struct pack *p, const struct param *a, struct json *o)
{
    const char *key = mem_fmt(r, "%s.%s", p->id, a->id);
    json_set_str(o, "key", key);
    json_set_str(o, "label", pick_lang(req_lang(r), a->label, a->label_en));
    json_set_str(o, "article", a->article);
    json_set_str(o, "type", ftype_name(r, a->type));
    json_set_str(o, "value", pack_value(set, key));
    json_set_str(o, "stated", a->stated ? a->dflt : NULL);
}

static void choice_out(struct req *r, const struct pack_set *set, const struct pack *p, const struct choice *c, struct json *o)
{
    const char *key = mem_fmt(r, "%s.%s", p->id, c->id);
    json_set_str(o, "key", key);
    json_set_str(o, "label", pick_lang(req_lang(r), c->label, c->label_en));
    json_set_str(o, "article", c->article);
    json_set_str(o, "type", c->many ? "multichoice" : "choice");
    json_set_str(o, "value", pack_value(set, key));
    struct json *arr = json_set_arr(o, "options");
    for (size_t i = 0; i < c->n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "id", c->opt[i].id);
        json_set_str(x, "label", pick_lang(req_lang(r), c->opt[i].label, c->opt[i].label_en));
    }
}

static enum rc settings_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct q_pack_set_list_rows v;
    struct json *arr = json_set_arr(o, "settings"), *sets = json_set_arr(o, "sets");
    json_set_i64(o, "set", rd->set->id);
    for (size_t i = 0; i < rd->set->pack_n; i++) {
        const struct pack *p = &rd->set->pack[i];
        for (size_t k = 0; k < p->param_n; k++)
            param_out(r, rd->set, p, &p->param[k], json_add_obj(arr));
        for (size_t k = 0; k < p->choice_n; k++)
            choice_out(r, rd->set, p, &p->choice[k], json_add_obj(arr));
    }
    TRY(q_pack_set_list(rd->db, r, SETS_SHOWN, &v, e));
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(sets);
        json_set_i64(x, "set", v.v[i].id);
        json_set_i64(x, "at", v.v[i].at);
        json_set_i64(x, "by", v.v[i].actor);
        json_set_i64(x, "seq", v.v[i].seq);
    }
    return RC_OK;
}

void api_settings(struct req *r, void *ctx) { api_read(r, ctx, settings_out); }
