/* Auditors never audit their own department or work (design.md 6): a department or record that a pack says is audited (field `audited_by`)
 * is refused when whoever audits it belongs to that department, heads it, holds a post in it, or made that record. It is asked whenever
 * rules are judged for handing in, so on every path: page, API, import, delegate, administrator. */
#include "core/route_int.h"

/* Somebody from outside is listed in a department, but is not of it. */
static enum rc from_outside(struct work *w, int64_t person, bool *ret, struct err *e)
{
    const struct form *f = pack_form(w->set, "person");
    struct db_rows *rows;
    *ret = false;
    if (f == NULL || pack_field(f, "kind") == NULL)
        return RC_OK;
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT record FROM f_person WHERE slot = 0 AND kind = 'outside' AND record = ");
    sql_i64(s, person);
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, ret, e));
    db_rows_end(rows);
    return RC_OK;
}

static enum rc post_in(struct work *w, int64_t person, int64_t dept, bool *ret, struct err *e)
{
    struct db_rows *rows;
    struct sql *s = sql_new(w->mem);
    sql_lit(s, "SELECT x.record FROM f_assignment x WHERE x.slot = 0 AND x.person = ");
    sql_i64(s, person);
    sql_lit(s, " AND x.department_ = ");
    sql_i64(s, dept);
    sql_lit(s, " AND (x.from_on IS NULL OR x.from_on <= ");
    sql_text(s, w->today);
    sql_lit(s, ") AND (x.to_on IS NULL OR x.to_on >= ");
    sql_text(s, w->today);
    sql_lit(s, ") LIMIT 1");
    TRY(db_query(w->db, w->mem, s, &rows, e));
    TRY(db_next(rows, ret, e));
    db_rows_end(rows);
    return RC_OK;
}

static enum rc belongs(struct work *w, int64_t person, int64_t dept, bool *ret, struct err *e)
{
    int64_t head;
    bool member;
    TRY(org_member(w->db, w->set, person, dept, w->today, &member, e));
    TRY(org_head(w->db, w->mem, dept, w->today, &head, e));
    TRY(post_in(w, person, dept, ret, e));
    if (member && !*ret) {
        TRY(from_outside(w, person, ret, e));
        *ret = !*ret;
    }
    *ret = *ret || head == person;
    return RC_OK;
}

struct audited { const struct field *field; const char *path, *article; int64_t target; };

static void refused(struct work *w, const struct audited *a, int64_t person)
{
    const char *label = pick_lang(w->actor.lang, a->field->label, a->field->label_en);
    trouble_add(w, a->path, "own-audit", msg_fill(w->mem, w->actor.lang, MSG("core.own-audit"), label, person_name(w->db, w->mem, person), record_title(w->db, w->mem, a->target),
                                                  a->article ? a->article : "-", NULL), NULL, a->article, false);
}

static enum rc one_auditor(struct work *w, const struct audited *a, int64_t person, struct err *e)
{
    bool own = false;
    int64_t dept = a->target;
    struct record rec = {0};
    if (a->field->type == FT_REF) {
        TRY(record_get(w->db, w->mem, w->set, a->target, &rec, e));
        own = rec.made_by == person;
        dept = rec.department;
    }
    if (!own && dept != 0)
        TRY(belongs(w, person, dept, &own, e));
    if (own)
        refused(w, a, person);
    return RC_OK;
}

static enum rc one_value(struct work *w, const struct record *rec, const struct audited *a, const char *auditor, struct err *e)
{
    struct id_vec who = VEC_INIT(w->mem);
    int64_t id;
    if (strcmp(a->field->audited_by, "made_by") == 0)
        TRY(route_makers(w, rec, &who, e));
    else if (auditor != NULL && str_to_i64(str_of(auditor), &id))
        *vec_push(&who) = id;
    for (size_t i = 0; i < who.n; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || who.v[k] == who.v[i];
        if (!again && who.v[i] != 0)
            TRY(one_auditor(w, a, who.v[i], e));
    }
    return RC_OK;
}

enum rc audit_judge(struct work *w, const struct record *rec, const struct content *c, const struct field *fd, struct err *e)
{
    struct audited a = {.field = fd, .path = fd->path, .article = pack_field_article(rec->form, fd)};
    const char *target = content_get(c, fd->path);
    if (fd->audited_by != NULL && target != NULL && str_to_i64(str_of(target), &a.target))
        TRY(one_value(w, rec, &a, content_get(c, fd->audited_by), e));
    for (size_t i = 0; i < fd->cols_n; i++)
        for (size_t r = 0; fd->cols[i].audited_by != NULL && r < content_rows(c, fd->path); r++) {
            a.field = &fd->cols[i];
            a.path = mem_fmt(w->mem, "%s[%zu].%s", fd->path, r, fd->cols[i].id);
            target = content_get(c, a.path);
            const char *auditor = content_get(c, mem_fmt(w->mem, "%s[%zu].%s", fd->path, r, fd->cols[i].audited_by));
            if (target != NULL && str_to_i64(str_of(target), &a.target))
                TRY(one_value(w, rec, &a, auditor, e));
        }
    return RC_OK;
}
