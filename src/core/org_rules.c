/* What the tree of departments and whoever stands in it must keep to: no circle, nothing put into a department that is closed on that day, no closing while
 * somebody or something is still in it. Conditions of a pack cannot say it (a circle has no bounded depth), so core does, for every regulation: asked where
 * rules are judged for handing in and again where the version comes into force, hence on page, API and import alike. */
#include "core/order.h"

#define TREE_MAX 64                    /* a circle that was there before ends here */
#define NAMES_MAX 5

/* A department as it is in force; "" when it has no such day. */
struct dept { bool there; char closed_on[CIVIL_TEXT_N]; };

static enum rc dept_read(struct work *w, int64_t id, struct dept *ret, struct err *e)
{
    MEM_SCOPE(tmp, w->mem);
    struct db_rows *rows;
    struct sql *s = sql_new(tmp);
    *ret = (struct dept){0};
    sql_lit(s, "SELECT closed_on FROM f_department WHERE slot = 0 AND record = ");
    sql_i64(s, id);
    TRY(db_query(w->db, tmp, s, &rows, e));
    TRY(db_next(rows, &ret->there, e));
    if (ret->there && !db_is_null(rows, 0) && strlen(db_text(rows, 0)) < sizeof ret->closed_on)
        memcpy(ret->closed_on, db_text(rows, 0), strlen(db_text(rows, 0)) + 1);
    db_rows_end(rows);
    return RC_OK;
}

static const char *later(const char *a, const char *b) { return a != NULL && strcmp(a, b) > 0 ? a : b; }

/* Whoever or whatever is in the department from one day to another (NULL: for good) must not be there when it is closed: neither on its first day nor today. */
static enum rc closed_judge(struct work *w, const char *path, int64_t dept, const char *from, const char *to, struct err *e)
{
    struct dept d;
    if (dept == 0)
        return RC_OK;
    TRY(dept_read(w, dept, &d, e));
    if (!d.there || d.closed_on[0] == '\0' || strcmp(d.closed_on, later(from, w->today)) >= 0 || (to != NULL && strcmp(to, d.closed_on) <= 0))
        return RC_OK;
    trouble_add(w, path, "closed", msg_fill(w->mem, w->actor.lang, MSG("core.org-closed"), record_title(w->db, w->mem, dept), d.closed_on, NULL), NULL, NULL, false);
    return RC_OK;
}

/* ---- the tree ---- */

static enum rc circle_judge(struct work *w, const struct record *rec, int64_t parent, struct err *e)
{
    int64_t at = parent;
    for (int i = 0; at != 0 && i < TREE_MAX; i++) {
        if (at == rec->id) {
            const char *text = i == 0 ? msg_text(w->actor.lang, MSG("core.org-own-parent")) : msg_fill(w->mem, w->actor.lang, MSG("core.org-circle"), record_title(w->db, w->mem, parent), NULL);
            trouble_add(w, "parent", "circle", text, NULL, NULL, false);
            return RC_OK;
        }
        TRY(org_parent(w->db, at, &at, e));
    }
    return RC_OK;
}

/* ---- closing ---- */

struct inside { struct work *w; struct buf *said; int64_t dept; const char *closed_on /* NULL: it goes altogether */; };

static void after(const struct inside *in, struct sql *s, const char *col)
{
    if (in->closed_on == NULL)
        return;
    sql_lit(s, " AND (x.");
    sql_ident(s, col);
    sql_lit(s, " IS NULL OR x.");
    sql_ident(s, col);
    sql_lit(s, " > ");
    sql_text(s, in->closed_on);
    sql_lit(s, ")");
}

/* Whom or what an order takes away by then does not stay behind. */
static void unless_ordered(const struct inside *in, struct sql *s, const char *person, const char *what)
{
    struct civil day;
    char next[CIVIL_TEXT_N];
    if (in->closed_on == NULL || pack_form(in->w->set, ORDER_FORM) == NULL || !civil_read(str_of(in->closed_on), &day))
        return;
    civil_text(civil_from_days(civil_days(day) + 1), next);
    sql_lit(s, " AND NOT EXISTS (SELECT 1 FROM f_personnel_order o WHERE o.slot = 0 AND o.state = 'approved' AND o.done_on IS NULL AND o.failed IS NULL AND o.person = x.");
    sql_ident(s, person);
    if (strcmp(what, "dismiss") == 0)
        sql_lit(s, " AND o.role = x.role");
    if (strcmp(what, "end_add") == 0)
        sql_lit(s, " AND o.department_ = x.department_");
    sql_lit(s, " AND (o.what = ");
    sql_text(s, what);
    sql_lit(s, " AND o.effective_on <= ");
    sql_text(s, next);
    sql_lit(s, " OR o.what = 'retire' AND o.effective_on <= ");
    sql_text(s, in->closed_on);
    sql_lit(s, "))");
}

/* The first few by name, and that there are more. */
static enum rc names_say(struct inside *in, const struct sql *s, const char *what, struct err *e)
{
    MEM_SCOPE(tmp, in->w->mem);
    struct db_rows *rows;
    bool more;
    size_t n = 0;
    TRY(db_query(in->w->db, tmp, s, &rows, e));
    for (;; n++) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        if (n == 0 && in->said->n > 0)
            buf_puts(in->said, msg_text(in->w->actor.lang, MSG("core.org-inside-and")));
        if (n == 0)
            buf_puts(in->said, what);
        else if (n <= NAMES_MAX)
            buf_puts(in->said, msg_text(in->w->actor.lang, n == NAMES_MAX ? MSG("core.org-inside-more") : MSG("core.org-inside-comma")));
        if (n < NAMES_MAX)
            buf_puts(in->said, record_title(in->w->db, tmp, db_i64(rows, 0)));
    }
    return RC_OK;
}

static enum rc people_inside(struct inside *in, struct err *e)
{
    struct sql *s = sql_new(in->w->mem);
    sql_lit(s, "SELECT x.record FROM f_person x WHERE x.slot = 0 AND x.department_ = ");
    sql_i64(s, in->dept);
    after(in, s, "left_on");
    unless_ordered(in, s, "record", "move");
    sql_lit(s, " ORDER BY x.record LIMIT 6");
    return names_say(in, s, msg_text(in->w->actor.lang, MSG("core.org-inside-people")), e);
}

/* Whoever has left by then holds nothing. */
static void still(const struct inside *in, struct sql *s)
{
    sql_lit(s, " AND EXISTS (SELECT 1 FROM f_person p WHERE p.record = x.person AND p.slot = 0 AND (p.left_on IS NULL OR p.left_on > ");
    sql_text(s, in->closed_on ? in->closed_on : in->w->today);
    sql_lit(s, "))");
}

static enum rc posts_inside(struct inside *in, struct err *e)
{
    struct sql *s = sql_new(in->w->mem);
    sql_lit(s, "SELECT x.record FROM f_assignment x WHERE x.slot = 0 AND x.department_ = ");
    sql_i64(s, in->dept);
    after(in, s, "to_on");
    still(in, s);
    unless_ordered(in, s, "person", "dismiss");
    sql_lit(s, " ORDER BY x.record LIMIT 6");
    return names_say(in, s, msg_text(in->w->actor.lang, MSG("core.org-inside-posts")), e);
}

static enum rc postings_inside(struct inside *in, struct err *e)
{
    struct sql *s = sql_new(in->w->mem);
    if (pack_form(in->w->set, "posting") == NULL)
        return RC_OK;
    sql_lit(s, "SELECT x.person FROM f_posting x WHERE x.slot = 0 AND x.department_ = ");
    sql_i64(s, in->dept);
    after(in, s, "to_on");
    still(in, s);
    unless_ordered(in, s, "person", "end_add");
    sql_lit(s, " ORDER BY x.record LIMIT 6");
    return names_say(in, s, msg_text(in->w->actor.lang, MSG("core.org-inside-postings")), e);
}

static enum rc departments_inside(struct inside *in, struct err *e)
{
    struct sql *s = sql_new(in->w->mem);
    sql_lit(s, "SELECT x.record FROM f_department x WHERE x.slot = 0 AND x.parent = ");
    sql_i64(s, in->dept);
    after(in, s, "closed_on");
    sql_lit(s, " ORDER BY x.record LIMIT 6");
    return names_say(in, s, msg_text(in->w->actor.lang, MSG("core.org-inside-departments")), e);
}

/* What would be left behind, in words; NULL: nothing. */
static enum rc left_inside(struct work *w, int64_t dept, const char *closed_on, const char **ret_said, struct err *e)
{
    struct inside in = {.w = w, .said = buf_new(w->mem, 4000), .dept = dept, .closed_on = closed_on};
    TRY(people_inside(&in, e));
    TRY(posts_inside(&in, e));
    TRY(postings_inside(&in, e));
    TRY(departments_inside(&in, e));
    *ret_said = in.said->n > 0 ? in.said->p : NULL;
    return RC_OK;
}

static enum rc closing_judge(struct work *w, const struct record *rec, const struct content *c, const char *closed_on, struct err *e)
{
    const char *said;
    TRY(left_inside(w, rec->id, closed_on, &said, e));
    if (said != NULL)
        trouble_add(w, "closed_on", "in-use", msg_fill(w->mem, w->actor.lang, MSG("core.org-in-use"), said, NULL), NULL, NULL, false);
    if (content_get(c, "head") != NULL && strcmp(closed_on, w->today) < 0)
        trouble_add(w, "head", "closed", msg_text(w->actor.lang, MSG("core.org-head-closed")), NULL, NULL, false);
    return RC_OK;
}

static enum rc department_judge(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    const char *closed_on = content_get(c, "closed_on");
    int64_t parent = content_id(c, "parent");
    size_t before = w->troubles->n;
    TRY(circle_judge(w, rec, parent, e));
    if (w->troubles->n == before)
        TRY(closed_judge(w, "parent", parent, content_get(c, "opened_on"), closed_on, e));
    return closed_on != NULL ? closing_judge(w, rec, c, closed_on, e) : RC_OK;
}

enum rc org_judge(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    const char *form = rec->form->ident;
    if (strcmp(form, "department") == 0)
        return department_judge(w, rec, c, e);
    if (strcmp(form, "person") == 0)
        return closed_judge(w, "department", content_id(c, "department"), content_get(c, "joined_on"), content_get(c, "left_on"), e);
    if (strcmp(form, "assignment") == 0 || strcmp(form, "posting") == 0)
        return closed_judge(w, "department", content_id(c, "department"), content_get(c, "from_on"), content_get(c, "to_on"), e);
    if (order_is(form) && !text_eq(content_get(c, "what"), "end_add") && !text_eq(content_get(c, "what"), "dismiss"))
        return closed_judge(w, "department", content_id(c, "department"), content_get(c, "effective_on"), NULL, e);
    if (strcmp(form, "post") == 0)
        return closed_judge(w, "department", content_id(c, "department"), NULL, content_get(c, "ended_on"), e);
    return RC_OK;
}

/* Once more when it comes into force: what was handed in days ago may not hold any more. */
enum rc org_promote_check(struct work *w, const struct record *rec, const struct content *c, struct err *e)
{
    TRY(org_judge(w, rec, c, e));
    return work_troubles_refuse(w, e);
}

/* A department that is struck out altogether leaves nobody behind, either. */
enum rc org_void_check(struct work *w, const struct record *rec, struct err *e)
{
    const char *said;
    if (rec->force_rev == 0 || strcmp(rec->form_ident, "department") != 0)
        return RC_OK;
    TRY(left_inside(w, rec->id, NULL, &said, e));
    return said == NULL ? RC_OK : err_set_arg(e, ERR_FIELDS, msg_fill(w->mem, w->actor.lang, MSG("core.org-in-use"), said, NULL), "department %lld is in use", (long long)rec->id);
}
