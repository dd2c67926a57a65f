/* Lists: conditions on top, order, count, key paging, CSV. Which columns: number, state, and the fields that the form marks as listed. */
#include "page/page_int.h"

struct list { struct screen *s; const struct form *f; const char **cols; const struct field **fd; size_t n; struct list_query q; struct list_filter state; struct db_val state_val; const char *sort /* NULL: by number */; bool too_long; char *place /* behind the last row read */; };

static void columns(struct list *l)
{
    TALLOC_CTX *mem = l->s->r;
    const struct field *shown[LIST_COLUMNS_MAX];
    size_t shown_n = list_columns(l->f, shown);
    l->cols = mem_array(mem, const char *, shown_n + 4);        /* one more for an order by what is not shown */
    l->fd = mem_array(mem, const struct field *, shown_n + 4);
    l->cols[0] = "record";
    l->cols[1] = "number";
    l->cols[2] = "state";
    l->n = 3;
    for (size_t i = 0; i < shown_n; i++) {
        l->fd[l->n] = shown[i];
        l->cols[l->n++] = shown[i]->col;
    }
}

/* Order and place; an order that is asked of too many rows gives way to that by number, and the page says so. */
static enum rc order_make(struct list *l, struct err *e)
{
    struct screen *s = l->s;
    const char *at = req_query(s->r, "after");
    bool sorts, listed = false;
    l->sort = req_query(s->r, "sort");
    if (l->sort != NULL && (l->sort[0] == '\0' || text_eq(l->sort, "number")))
        l->sort = NULL;
    TRY(list_order(s->r, l->f, l->sort, at, &l->q, e));
    TRY(db_list_sorts(s->rd.db, s->r, &l->q, &sorts, e));
    l->too_long = !sorts;
    if (!sorts) {
        l->q.sort_col = NULL;
        l->q.after = NULL;
        l->q.sort_desc = false;
        l->sort = NULL;
    }
    for (size_t i = 0; i < l->n; i++)
        listed = listed || text_eq(l->cols[i], l->q.sort_col);
    l->q.cols_n = l->n;
    if (l->q.sort_col != NULL && !listed)
        l->cols[l->q.cols_n++] = l->q.sort_col;
    return RC_OK;
}

static enum rc list_make(struct list *l, struct err *e)
{
    struct screen *s = l->s;
    bool all;
    int64_t *ids;
    size_t n;
    const char *q = req_query(s->r, "q"), *state = req_query(s->r, "state");
    static int64_t nothing;
    columns(l);
    TRY(perm_departments(s->rd.db, s->r, s->rd.set, &s->rd.actor, l->f, s->rd.today, &all, &ids, &n, e));
    l->q = (struct list_query){.table = form_table(s->r, l->f), .cols = l->cols, .cols_n = l->n, .limit = PAGE_ROWS, .sort_desc = l->f->kind == FORM_LOG /* newest first */, .depts = all ? NULL : ids ? ids : &nothing, .depts_n = n};
    if (q != NULL && str_trim(str_of(q)).n > 0)
        l->q.search = text_fold(s->r, str_dup(s->r, str_trim(str_of(q))));
    if (state != NULL && state[0] != '\0') {
        l->state_val = (struct db_val){DB_VAL_TEXT, 0, 0, state};
        l->state = (struct list_filter){"state", LIST_EQ, &l->state_val, 1};
        l->q.filter = &l->state;
        l->q.filter_n = 1;
    }
    return order_make(l, e);
}

static const char *cell(struct list *l, struct db_rows *rows, size_t i, int64_t *ret_ref)
{
    const struct field *f = l->fd[i];
    const char *text = db_is_null(rows, (int)i) ? NULL : db_text(rows, (int)i);
    *ret_ref = 0;
    if (text == NULL)
        return "";
    if (value_is_ref(f)) {
        *ret_ref = db_i64(rows, (int)i);
        return "";
    }
    if (f->type == FT_ROLE)
        return role_title(l->s, text);
    return value_show(l->s->r, f, text, req_lang(l->s->r));
}

struct line { int64_t id; const char **text; int64_t *ref; const char *number, *state; };
VEC_TYPE(line_vec, struct line);

static enum rc lines_read(struct list *l, struct line_vec *ret, bool *ret_more, struct err *e)
{
    struct db_rows *rows;
    bool more;
    TRY(db_list(l->s->rd.db, l->s->r, &l->q, &rows, e));
    *ret_more = false;
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        if (ret->n == (size_t)l->q.limit) {
            *ret_more = true;
            break;
        }
        struct line x = {.id = db_i64(rows, 0), .number = mem_strdup(l->s->r, db_text(rows, 1)), .state = mem_strdup(l->s->r, db_text(rows, 2)),
                         .text = mem_array(l->s->r, const char *, l->n), .ref = mem_array(l->s->r, int64_t, l->n)};
        for (size_t i = 3; i < l->n; i++)
            x.text[i] = cell(l, rows, i, &x.ref[i]);
        if (ret->n + 1 == (size_t)l->q.limit)
            TRY(list_place(l->s->r, l->f, l->sort ? l->sort : "number", &l->q, rows, &l->place, e));
        *vec_push(ret) = x;
    }
    db_rows_end(rows);
    struct id_vec ids = VEC_INIT(l->s->r);
    for (size_t k = 0; k < ret->n; k++)
        for (size_t i = 3; i < l->n; i++)
            ids_want(&ids, ret->v[k].ref[i]);
    TRY(titles_read(l->s->rd.db, l->s->r, &ids, e));
    for (size_t k = 0; k < ret->n; k++)
        for (size_t i = 3; i < l->n; i++)
            if (ret->v[k].ref[i] != 0)
                ret->v[k].text[i] = record_name(&l->s->rd, ret->v[k].ref[i]);
    return RC_OK;
}

/* The same orders as the headings give, and that by department: for phones, where the headings are far to the side. */
static void sort_select(struct list *l)
{
    struct html *h = l->s->h;
    TALLOC_CTX *mem = l->s->r;
    enum lang lang = req_lang(mem);
    struct ui_opt *opt = mem_array(mem, struct ui_opt, 2 * l->n + 4);
    const struct ui_row row = {.id = "sort", .label = msg_text(lang, MSG("list.sort"))};
    size_t n = 0;
    opt[n++] = (struct ui_opt){"", msg_text(lang, MSG("list.number-up")), l->sort == NULL};
    opt[n++] = (struct ui_opt){"-number", msg_text(lang, MSG("list.number-down")), text_eq(l->sort, "-number")};
    for (size_t i = 1; i < l->n; i++) {
        const char *name = i == 1 ? "department" : i == 2 ? "state" : list_sort_field(l->f, l->fd[i]) != NULL ? l->fd[i]->path : NULL;
        const char *label = i == 1 ? msg_text(lang, MSG("list.department")) : i == 2 ? msg_text(lang, MSG("col.state")) : pick_lang(lang, l->fd[i]->label, l->fd[i]->label_en);
        for (int back = 0; name != NULL && back < 2; back++) {
            const char *value = mem_fmt(mem, "%s%s", back ? "-" : "", name);
            opt[n++] = (struct ui_opt){value, msg_fill(mem, lang, back ? MSG("list.sort-back") : MSG("list.sort-by"), label, NULL), text_eq(l->sort, value)};
        }
    }
    ui_row_open(h, &row);
    ui_select(h, "sort", opt, n, false, &row);
    ui_row_close(h, &row);
}

static void search_form(struct list *l)
{
    static const char *const states[] = {"draft", "submitted", "approved", "returned", "closed", "void", "corrected"};
    struct html *h = l->s->h;
    struct ui_opt opt[ARRAY_N(states) + 1];
    enum lang lang = req_lang(l->s->r);
    const struct ui_row q = {.id = "q", .label = msg_text(lang, MSG("list.search"))}, st = {.id = "state", .label = msg_text(lang, MSG("col.state"))};
    for (size_t i = 0; i < ARRAY_N(states); i++)
        opt[i + 1] = (struct ui_opt){states[i], state_label(lang, states[i]), text_eq(states[i], req_query(l->s->r, "state"))};
    opt[0] = (struct ui_opt){"", msg_text(lang, MSG("list.all-states")), false};
    html_open(h, E_FORM);
    html_class(h, "conditions");
    html_action_(h, page_path("list"), (const struct url_arg[]){URL_S(l->f->ident)}, 1, NULL);
    ui_row_open(h, &q);
    ui_input(h, "search", "q", req_query(l->s->r, "q"), &q);
    ui_row_close(h, &q);
    ui_row_open(h, &st);
    ui_select(h, "state", opt, ARRAY_N(opt), false, &st);
    ui_row_close(h, &st);
    sort_select(l);
    ui_button(h, MSG("list.go"), NULL, NULL, false);
    html_close(h, E_FORM);
}

static void tool(struct list *l, const char *route, const char *msg)
{
    html_open(l->s->h, E_A);
    html_class(l->s->h, "btn");
    if (text_eq(route, "csv"))                    /* what is on the screen, in its order */
        html_href(l->s->h, page_path(route), URL_S(l->f->ident), URL_Q("q", req_query(l->s->r, "q")), URL_Q("state", req_query(l->s->r, "state")), URL_Q("sort", l->sort));
    else
        html_href(l->s->h, page_path(route), URL_S(l->f->ident));
    html_msg(l->s->h, msg);
    html_close(l->s->h, E_A);
}

/* People look for the name, not for the number: it leads to the record, too. */
static void name_cell(struct html *h, const struct line *x, const char *text)
{
    html_open(h, E_TD);
    if (text != NULL && text[0] != '\0') {
        record_link(h, x->id, text);
    }
    html_close(h, E_TD);
}

/* A heading sorts by its column, and the other way round when it does already. */
static struct ui_head head_of(struct list *l, const char *name, const char *label)
{
    struct req *r = l->s->r;
    bool up = text_eq(l->sort ? l->sort : "number", name), down = l->sort != NULL && l->sort[0] == '-' && text_eq(l->sort + 1, name);
    const struct url_arg to[] = {URL_S(l->f->ident), URL_Q("q", req_query(r, "q")), URL_Q("state", req_query(r, "state")),
                                 URL_Q("sort", name == NULL ? NULL : up ? mem_fmt(r, "-%s", name) : text_eq(name, "number") ? NULL : name)};
    return (struct ui_head){label, name ? url_make(r, page_path("list"), to, ARRAY_N(to)) : NULL, name == NULL ? 0 : up ? 1 : down ? -1 : 0};
}

static void lines_out(struct list *l, const struct line_vec *v)
{
    struct html *h = l->s->h;
    enum lang lang = req_lang(l->s->r);
    struct ui_head *head = mem_array(l->s->r, struct ui_head, l->n);
    head[0] = head_of(l, "number", msg_text(lang, MSG("col.number")));
    head[1] = head_of(l, "state", msg_text(lang, MSG("col.state")));
    for (size_t i = 3; i < l->n; i++)
        head[i - 1] = head_of(l, list_sort_field(l->f, l->fd[i]) ? l->fd[i]->path : NULL, pick_lang(lang, l->fd[i]->label, l->fd[i]->label_en));
    ui_table_open(h, pick_lang(lang, l->f->name, l->f->name_en));
    ui_table_head_sort(h, head, l->n - 1);
    for (size_t k = 0; k < v->n; k++) {
        html_open(h, E_TR);
        html_open(h, E_TD);
        record_link(h, v->v[k].id, v->v[k].number);
        html_close(h, E_TD);
        html_open(h, E_TD);
        ui_badge(h, state_tone(v->v[k].state), state_label(lang, v->v[k].state));
        html_close(h, E_TD);
        for (size_t i = 3; i < l->n; i++)
            if (i == 3)
                name_cell(h, &v->v[k], v->v[k].text[i]);
            else
                html_el(h, E_TD, v->v[k].text[i]);
        html_close(h, E_TR);
    }
    ui_table_close(h);
}

static bool list_begin(struct list *l, struct screen *s, struct req *r, void *ctx)
{
    struct err e = {0};
    if (!screen_begin(s, r, ctx))
        return false;
    l->s = s;
    l->f = s->rd.set ? pack_form(s->rd.set, req_arg(r, 0)) : NULL;
    if (l->f != NULL && list_make(l, &e) == RC_OK)
        return true;
    if (e.code == ERR_NONE)
        (void)!err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    screen_fail(s, &e);
    return false;
}

void page_list(struct req *r, void *ctx)
{
    struct screen s;
    struct list l = {0};
    struct line_vec v = VEC_INIT(r);
    struct err e = {0};
    bool more;
    int64_t n = 0;
    if (!list_begin(&l, &s, r, ctx))
        return;
    if (lines_read(&l, &v, &more, &e) != RC_OK || db_list_count(s.rd.db, r, &l.q, 1000, &n, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, pick_lang(req_lang(r), l.f->name, l.f->name_en), l.f->room ? l.f->room : "registers");
    html_open(s.h, E_P);
    html_class(s.h, "tools");
    if (!accounts_own(l.f->ident) && screen_may(&s, PERMIT_MAKE, l.f, NULL))
        tool(&l, l.f->kind == FORM_LOG ? "log.add" : "new", l.f->kind == FORM_LOG ? MSG("list.add-rows") : MSG("list.new"));
    if (screen_may(&s, PERMIT_EXPORT, l.f, NULL))
        tool(&l, "csv", MSG("list.csv"));
    if (screen_may(&s, PERMIT_IMPORT, l.f, NULL))
        tool(&l, "import", MSG("list.import"));
    html_close(s.h, E_P);
    if (l.f->kind == FORM_LOG && screen_may(&s, PERMIT_MAKE, l.f, NULL))
        html_el_msg(s.h, E_SMALL, MSG("err.log-import"));
    search_form(&l);
    if (l.too_long)
        html_el_msg(s.h, E_P, MSG("list.long"));
    if (v.n == 0)
        html_el_msg(s.h, E_P, MSG("list.empty"));
    else
        lines_out(&l, &v);
    const struct url_arg next[] = {URL_S(l.f->ident), URL_Q("q", req_query(r, "q")), URL_Q("state", req_query(r, "state")), URL_Q("sort", l.sort), URL_Q("after", l.place)};
    ui_pager(s.h, NULL, more ? url_make(r, page_path("list"), next, ARRAY_N(next)) : NULL,
             msg_fill(r, req_lang(r), n > 1000 ? MSG("list.count-more") : MSG("list.count"), mem_fmt(r, "%lld", (long long)(n > 1000 ? 1000 : n)), NULL));
    screen_close(&s, 200);
}

#define CSV_MAX (32 << 20)
#define CSV_ROWS_MAX 20000
static enum rc csv_rows_out(struct list *l, struct buf *b, struct err *e)
{
    for (int64_t total = 0; total < CSV_ROWS_MAX;) {
        struct line_vec v = VEC_INIT(l->s->r);
        bool more;
        l->q.limit = 200;
        TRY(lines_read(l, &v, &more, e));
        for (size_t k = 0; k < v.n; k++) {
            csv_put(b, v.v[k].number, true);
            csv_put(b, state_label(LANG_JA, v.v[k].state), false);
            for (size_t i = 3; i < l->n; i++)
                csv_put(b, v.v[k].text[i], false);
            csv_end(b);
        }
        total += (int64_t)v.n;
        if (!more)
            break;
        TRY(list_order(l->s->r, l->f, l->sort, l->place, &l->q, e));
    }
    return RC_OK;
}

void page_csv(struct req *r, void *ctx)
{
    struct screen s;
    struct list l = {0};
    struct err e = {0};
    const struct grant *g;
    if (!list_begin(&l, &s, r, ctx))
        return;
    if (perm_check(s.rd.db, r, s.rd.set, &s.rd.actor, PERMIT_EXPORT, l.f, NULL, s.rd.today, &g, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    if (proof_fresh(s.rd.set, &s.rd.actor, s.rd.now_us, &e) != RC_OK) {
        screen_end(&s);
        proof_page(r, ctx, NULL);
        return;
    }
    struct buf *b = buf_new(r, CSV_MAX);
    buf_puts(b, "\xef\xbb\xbf");                    /* Excel takes UTF-8 only with it */
    csv_put(b, msg_text(LANG_JA, MSG("col.number")), true);
    csv_put(b, msg_text(LANG_JA, MSG("col.state")), false);
    for (size_t i = 3; i < l.n; i++)
        csv_put(b, l.fd[i]->label, false);
    csv_end(b);
    enum rc rc = csv_rows_out(&l, b, &e);
    if (rc != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_end(&s);
    resp_download(r, "text/csv; charset=utf-8", mem_fmt(r, "%s.csv", l.f->name), b);
}
