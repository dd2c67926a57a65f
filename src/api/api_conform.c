/* Conformity through time and rolled up: what the pages 日ごとの適合状況 and 適合状況のまとめ say. */
#include "api/api_int.h"

#define DAYS_ASKED 90

/* ?from and ?until, YYYY-MM-DD; without them the last 90 days. */
static enum rc days_asked(struct req *r, const struct reader *rd, char ret_from[CIVIL_TEXT_N], char ret_until[CIVIL_TEXT_N], struct err *e)
{
    const char *from = req_query(r, "from"), *until = req_query(r, "until");
    struct civil first, last = civil_of_us(rd->now_us);
    if (until != NULL && !civil_read(str_of(until), &last))
        return err_set_arg(e, ERR_DAY, until, "until %s", until);
    first = civil_from_days(civil_days(last) - (DAYS_ASKED - 1));
    if (from != NULL && !civil_read(str_of(from), &first))
        return err_set_arg(e, ERR_DAY, from, "from %s", from);
    if (civil_days(first) > civil_days(last) || civil_days(last) - civil_days(first) >= CONFORM_DAYS_MAX)
        return err_set_arg(e, ERR_DAY, from ? from : until, "from %s until %s: at most %d days", from ? from : "-", until ? until : "-", CONFORM_DAYS_MAX);
    civil_text(first, ret_from);
    civil_text(last, ret_until);
    return RC_OK;
}

static enum rc totals_into(struct reader *rd, struct json *o, const char *pack, const char *from, const char *until, struct err *e)
{
    struct conform_totals t = VEC_INIT(rd->mem);
    struct json *arr = json_set_arr(o, "days");
    TRY(conform_totals(rd, pack, from, until, &t, e));
    for (size_t i = 0; i < t.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "day", t.v[i].day);
        json_set_i64(x, "at", t.v[i].at_us);
        for (int k = 0; k <= VERDICT_NONE; k++)
            json_set_i64(x, verdict_name((enum verdict_state)k), t.v[i].n[k]);
    }
    return RC_OK;
}

static enum rc spans_into(struct reader *rd, struct json *o, const char *pack, const char *article, const char *from, const char *until, struct err *e)
{
    struct conform_spans v = VEC_INIT(rd->mem);
    struct json *arr = json_set_arr(o, "spans");
    TRY(conform_spans(rd, pack, article, from, until, &v, e));
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "from", v.v[i].from);
        json_set_str(x, "until", v.v[i].upto);
        json_set_str(x, "state", v.v[i].seen ? verdict_name(v.v[i].state) : "unrecorded");
        json_set_str(x, "worst", v.v[i].seen ? verdict_name(v.v[i].worst) : "unrecorded");
        json_set_i64(x, "bad", v.v[i].bad_n);
        json_set_i64(x, "unknown", v.v[i].unknown_n);
        json_set_i64(x, "excepted", v.v[i].excepted_n);
    }
    return RC_OK;
}

static bool article_there(const struct pack *p, const char *article)
{
    for (size_t i = 0; i < p->article_n; i++)
        if (text_eq(p->article[i].id, article))
            return true;
    return false;
}

void api_conform_days(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    char from[CIVIL_TEXT_N], until[CIVIL_TEXT_N];
    const char *article = req_query(r, "article");
    if (!api_begin(r, ctx, false, &rd))
        return;
    const struct pack *p = rd.set ? pack_by_id(rd.set, req_arg(r, 0)) : NULL;
    enum rc rc = p == NULL || (article != NULL && !article_there(p, article)) ? err_set(&e, ERR_HTTP_NOTFOUND, "regulation %s %s", req_arg(r, 0), article ? article : "")
                                                                              : days_asked(r, &rd, from, until, &e);
    if (rc == RC_OK)
        rc = article ? spans_into(&rd, o, p->id, article, from, until, &e) : totals_into(&rd, o, p->id, from, until, &e);
    api_end(r, &rd, rc, &e, o);
}

static void bys_into(struct json *o, const char *name, const struct conform_bys *v, bool more, bool tasks)
{
    struct json *arr = json_set_arr(o, name);
    for (size_t i = 0; i < v->n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_i64(x, "record", v->v[i].id);
        json_set_str(x, "name", v->v[i].name);
        json_set_i64(x, tasks ? "tasks" : "bad", v->v[i].bad_n);
        if (!tasks) {
            json_set_i64(x, "unknown", v->v[i].unknown_n);
            json_set_i64(x, "excepted", v->v[i].excepted_n);
        }
        json_set_i64(x, "oldest", v->v[i].oldest_us);
    }
    if (more)
        json_set_bool(o, "more", true);
}

static enum rc chapters_into(struct reader *rd, struct json *o, struct err *e)
{
    struct article_states st = VEC_INIT(rd->mem);
    struct json *arr = json_set_arr(o, "chapters");
    int64_t as_of;
    TRY(conformity(rd, NULL, &st, &as_of, e));
    for (size_t i = 0; i < st.n;) {
        int64_t n[VERDICT_NONE + 1] = {0};
        const struct pack *p = pack_by_id(rd->set, st.v[i].pack);
        const char *chapter = pack_chapter(p, st.v[i].article);
        for (; i < st.n && text_eq(st.v[i].pack, p->id) && text_eq(pack_chapter(p, st.v[i].article), chapter); i++)
            n[st.v[i].state]++;
        struct json *x = json_add_obj(arr);
        json_set_str(x, "regulation", p->id);
        json_set_str(x, "chapter", chapter);
        for (int k = 0; k <= VERDICT_NONE; k++)
            json_set_i64(x, verdict_name((enum verdict_state)k), n[k]);
    }
    return RC_OK;
}

void api_conform_by(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, false, &rd))
        return;
    struct conform_bys departments = VEC_INIT(r), people = VEC_INIT(r);
    bool more = false, more_tasks = false;
    enum rc rc = chapters_into(&rd, o, &e);
    if (rc == RC_OK)
        rc = conform_by_department(&rd, &departments, &more, &e);
    if (rc == RC_OK)
        rc = conform_by_person(&rd, &people, &more_tasks, &e);
    bys_into(o, "departments", &departments, more, false);
    bys_into(o, "people", &people, more_tasks, true);
    api_end(r, &rd, rc, &e, o);
}
