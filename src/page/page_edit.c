/* New records, changes, later stages. A refusal shows the form again with everything that was typed. */
#include "page/env.h"

/* ---- what the form room asks ---- */

static const char *ref_title(void *ctx, const struct field *f, int64_t id)
{
    struct screen *s = ctx;
    (void)f;
    return record_name(&s->rd, id);
}

struct kept_options { size_t n; struct form_opt v[]; };      /* a table asks for the same ones in every row (db_memo) */

/* All by title, as far as they go; what is in force may be named by everybody (docs/SECURITY.md). */
static size_t options_all(struct screen *s, const struct form *of, struct form_opt *ret, size_t max)
{
    struct sql *q = sql_new(s->r);
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    size_t n = 0;
    const char *key = mem_fmt(s->r, "options %s %zu", of->ident, max);
    const struct kept_options *old = db_memo_get(s->rd.db, key);
    if (old != NULL) {
        for (; n < max && n < old->n; n++)
            ret[n] = (struct form_opt){old->v[n].id, mem_strdup(s->r, old->v[n].label)};
        return n;
    }
    sql_lit(q, "SELECT id, title, number FROM record WHERE form = ");
    sql_text(q, of->ident);
    sql_lit(q, " AND state IN ('approved','closed') ORDER BY title, id LIMIT ");
    sql_i64(q, (int64_t)max);
    if (db_query(s->rd.db, s->r, q, &rows, &e) != RC_OK) {
        screen_broke(s, &e);
        return 0;
    }
    while (n < max && db_next(rows, &more, &e) == RC_OK && more) {
        const char *t = db_text(rows, 1);
        ret[n].id = db_i64(rows, 0);
        ret[n++].label = mem_strdup(s->r, t && t[0] ? t : db_text(rows, 2));
    }
    if (e.code != ERR_NONE)
        screen_broke(s, &e);
    db_rows_end(rows);
    struct kept_options *k = mem_alloc(s->r, 1, sizeof *k + n * sizeof ret[0], "kept_options");
    k->n = n;
    for (size_t i = 0; i < n; i++)
        k->v[i] = (struct form_opt){ret[i].id, mem_strdup(k, ret[i].label)};
    (void)db_memo_put(s->rd.db, key, k);
    return n;
}

/* The word is part of what everybody may name, its title or number: what else a record says must not be found out by asking for it. */
static bool named_so(struct screen *s, int64_t id, const char *fold, const char **ret_label)
{
    struct record rec;
    struct err e = {0};
    if (record_get(s->rd.db, s->r, s->rd.set, id, &rec, &e) != RC_OK) {
        screen_broke(s, &e);
        return false;
    }
    *ret_label = rec.title[0] ? rec.title : rec.number;
    return strstr(text_fold(s->r, rec.title), fold) != NULL || strstr(text_fold(s->r, rec.number), fold) != NULL;
}

#define FOUND_PAGES 10
static size_t options_found(struct screen *s, const struct form *of, const char *word, struct form_opt *ret, size_t max)
{
    const char *const cols[] = {"record"};
    const struct db_val states[] = {{DB_VAL_TEXT, 0, 0, "approved"}, {DB_VAL_TEXT, 0, 0, "closed"}};
    const struct list_filter state = {"state", LIST_IN, states, ARRAY_N(states)};
    const char *fold = text_fold(s->r, word);
    struct list_query q = {.table = form_table(s->r, of), .cols = cols, .cols_n = 1, .filter = &state, .filter_n = 1, .search = fold, .limit = 200};
    struct db_val after[2] = {{.t = DB_VAL_NULL}, {.t = DB_VAL_INT}};
    struct err e = {0};
    bool all, more = true;
    int64_t *ids;
    size_t n = 0, depts;
    if (perm_departments(s->rd.db, s->r, s->rd.set, &s->rd.actor, of, s->rd.today, &all, &ids, &depts, &e) != RC_OK)
        all = more = false;
    for (int page = 0; more && n < max && page < FOUND_PAGES; page++) {
        struct db_rows *rows;
        struct id_vec hit = VEC_INIT(s->r);
        if (db_list(s->rd.db, s->r, &q, &rows, &e) != RC_OK)
            break;
        while (hit.n < (size_t)q.limit && db_next(rows, &more, &e) == RC_OK && more)
            *vec_push(&hit) = db_i64(rows, 0);
        db_rows_end(rows);
        for (size_t i = 0; i < hit.n && n < max; i++) {
            const char *label = "";
            if (!named_so(s, hit.v[i], fold, &label) && !all)
                continue;
            ret[n++] = (struct form_opt){hit.v[i], label};
        }
        if (hit.n > 0)
            after[1].i = hit.v[hit.n - 1];
        q.after = after;
    }
    if (e.code != ERR_NONE)
        screen_broke(s, &e);
    return n;
}

static size_t ref_options(void *ctx, const struct field *f, const char *word, struct form_opt *ret, size_t max)
{
    if (f->ref == NULL)
        return 0;
    return word != NULL ? options_found(ctx, f->ref, word, ret, max) : options_all(ctx, f->ref, ret, max);
}

static const char *word_typed(void *ctx, const char *name)
{
    struct screen *s = ctx;
    const char *word = req_form(s->r, mem_fmt(s->r, "q.%s", name));
    struct str w = str_trim(str_of(word ? word : ""));
    return w.n > 0 ? str_dup(s->r, w) : NULL;
}

static const char *file_name(void *ctx, int64_t id)
{
    struct screen *s = ctx;
    struct attachment a;
    struct err e = {0};
    return attach_get(&s->rd, id, &a, &e) == RC_OK ? a.name : "?";
}

static const char *role_name(void *ctx, const char *key) { return role_title(ctx, key); }

static const char *role_base(void *ctx, const char *key)
{
    struct screen *s = ctx;
    const struct role *r = s->rd.set ? pack_role(s->rd.set, key) : NULL;
    return r ? pack_role_base(s->rd.set, r)->key : key;
}

/* A post that several regulations name is there once. */
static void roles_of(struct screen *s, struct form_env *env)
{
    const struct pack_set *set = s->rd.set;
    struct ui_opt *opt = mem_array(s->r, struct ui_opt, set ? set->role_n + 1 : 1);
    for (size_t i = 0; set != NULL && i < set->role_n; i++) {
        const struct role *r = &set->role[i], *spoken;
        if (r->is != NULL || r->everyone)
            continue;
        spoken = role_spoken(set, r);
        opt[env->role_n++] = (struct ui_opt){r->key, pick_lang(req_lang(s->r), spoken->name, spoken->name_en), false};
    }
    env->role = opt;
}

struct form_env env_of(struct screen *s)
{
    struct form_env env = {.lang = req_lang(s->r), .ctx = s, .ref_title = ref_title, .ref_options = ref_options, .word = word_typed, .record_path = page_path("record"),
                             .file_path = page_path("attachment"), .file_name = file_name, .role_name = role_name, .role_base = role_base};
    roles_of(s, &env);
    return env;
}

/* ---- posted fields ---- */

static struct json *posted(struct req *r, const struct form *f, const char *const *stages)
{
    size_t n = req_form_n(r);
    struct form_posted *p = mem_array(r, struct form_posted, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct form_posted){req_form_at(r, i)->name, req_form_at(r, i)->value};
    return form_bind(r, f, p, n, stages);
}

static const char *const stages_first[] = {"submit", NULL};
static const char *const stages_later[] = {"approved", "close", NULL};

static void edit_page(struct screen *s, const struct form *f, const struct record *rec, const struct content *c, bool later, const struct trouble_vec *t, const char *problem, int status)
{
    const char *const *stages = later ? stages_later : stages_first;
    struct form_env env = env_of(s);
    const char *name = pick_lang(req_lang(s->r), f->name, f->name_en);
    if (rec != NULL)
        files_of(s, rec, &env);
    screen_open(s, rec ? mem_fmt(s->r, "%s %s", name, rec->number) : name, f->room ? f->room : "registers");
    if (t != NULL && t->n > 0)
        form_problems(s->h, f, t);
    else if (problem != NULL)
        ui_problems(s->h, &(struct ui_problem){NULL, problem}, 1);
    html_open(s->h, E_FORM);
    html_attr(s->h, A_NOVALIDATE, "");
    html_attr(s->h, A_DATA_DIRTY, "");
    if (form_asks_files(f, stages))
        html_attr(s->h, A_ENCTYPE, "multipart/form-data");
    if (rec != NULL)
        html_action(s->h, page_path("edit.post"), screen_csrf(s), URL_I(rec->id));
    else
        html_action(s->h, page_path("new.post"), screen_csrf(s), URL_S(f->ident));
    ui_hidden(s->h, "ikey", crypt_token(s->r));
    if (rec != NULL)
        ui_hidden(s->h, "version", mem_fmt(s->r, "%lld", (long long)rec->version));
    if (later)
        ui_hidden(s->h, "later", "1");
    form_edit(s->h, f, c, stages, t, &env);
    html_open(s->h, E_DIV);
    html_class(s->h, "actions");
    if (!later)
        ui_button(s->h, MSG("edit.submit"), "then", "submit", true);
    ui_button(s->h, later ? MSG("edit.fill") : MSG("edit.save"), "then", "save", later);
    html_close(s->h, E_DIV);
    html_close(s->h, E_FORM);
    screen_close(s, status);
}

/* A word was typed to look for candidates: the same page with what fits, and with all that was typed. */
static void find_again(struct screen *s, const struct form *f, const struct record *rec, const struct content *c, const struct json *values, bool later)
{
    struct trouble_vec t = VEC_INIT(s->r);
    struct answer none = {.body = json_obj(s->r)};
    uploads_lost(s->r, s->site, f, &none, &t);
    edit_page(s, f, rec, form_typed(s->r, f, c, values), later, &t, NULL, 200);
}

void page_new(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    const struct grant *g;
    if (!screen_begin(&s, r, ctx))
        return;
    const struct form *f = s.rd.set ? pack_form(s.rd.set, req_arg(r, 0)) : NULL;
    if (f != NULL && f->kind == FORM_LOG) {
        screen_end(&s);
        page_log_add(r, ctx);
        return;
    }
    if (f == NULL)
        (void)!err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0));
    else if (perm_check(s.rd.db, r, s.rd.set, &s.rd.actor, PERMIT_MAKE, f, NULL, s.rd.today, &g, &e) == RC_OK) {
        struct content *c = content_new(r);
        schedule_about(&s, f, c);
        edit_page(&s, f, NULL, c, false, NULL, NULL, 200);
        return;
    }
    screen_fail(&s, &e);
}

static enum rc edit_content(struct screen *s, const struct record *rec, struct content **ret, struct err *e)
{
    size_t erased;
    int64_t rev = rec->draft_rev ? rec->draft_rev : rec->force_rev;
    if (rev == 0)                                /* a draft that was thrown away: there is nothing to change */
        return err_set(e, ERR_STATE, "edit of record %lld in %s", (long long)rec->id, rec->state);
    TRY(revision_content(s->rd.db, s->r, rev, ret, &erased, e));
    content_order(*ret, rec->form);
    return RC_OK;
}

/* After a save: submit as well when that button was pressed. */
static bool submit_too(struct req *r, struct site *site, int64_t record, struct answer **a)
{
    struct json *args = json_obj(r);
    if (!text_eq(req_form(r, "then"), "submit"))
        return true;
    json_set_i64(args, "record", record);
    core_command(site->core, r, &page_user(r)->actor, "record.submit", args, NULL, a);
    return (*a)->rc == RC_OK;
}

/* Files that came with a new record: attached to its draft, which is saved once more with them. */
static bool files_too(struct req *r, struct site *site, int64_t record, const struct json *values, struct answer **a)
{
    struct json *args = json_obj(r);
    if (!uploads_sent(r))
        return true;
    json_set_i64(args, "record", record);
    json_set(args, "values", values);
    json_set_bool(args, "replace_rows", true);
    uploads_command(r, site, "record.save", args, NULL, a);
    return (*a)->rc == RC_OK;
}

void page_new_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct screen s;
    struct answer *a;
    const struct grant *g;
    struct err e = {0};
    struct trouble_vec t = VEC_INIT(r);
    if (!screen_begin(&s, r, ctx))
        return;
    const struct form *f = s.rd.set ? pack_form(s.rd.set, req_arg(r, 0)) : NULL;
    enum rc may = f == NULL ? err_set(&e, ERR_FORM_MISSING, "%s", req_arg(r, 0)) : perm_check(s.rd.db, r, s.rd.set, &s.rd.actor, PERMIT_MAKE, f, NULL, s.rd.today, &g, &e);
    if (may != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    struct json *args = json_obj(r), *values = posted(r, f, stages_first);
    if (req_form(r, "find") != NULL) {
        find_again(&s, f, NULL, NULL, values, false);
        return;
    }
    if (text_eq(req_form(r, "then"), "submit") && proof_first(&s, f))
        return;
    screen_end(&s);
    json_set_str(args, "form", req_arg(r, 0));
    json_set(args, "values", values);
    core_command(site->core, r, &page_user(r)->actor, "record.create", args, req_form(r, "ikey"), &a);
    int64_t id = json_get_i64(a->body, "record", 0);
    bool made = a->rc == RC_OK, filed = made && files_too(r, site, id, values, &a), ok = filed && submit_too(r, site, id, &a);
    if (!screen_begin(&s, r, ctx))
        return;
    if (ok) {
        screen_go(&s, "record", id, text_eq(req_form(r, "then"), "submit") ? "done.submit" : "done.save");
        return;
    }
    f = pack_form(s.rd.set, req_arg(r, 0));
    troubles_of(r, a->body, &t);
    struct record rec;
    bool have = made && record_get(s.rd.db, r, s.rd.set, id, &rec, &e) == RC_OK;
    struct content *c = NULL;
    if (have && filed && edit_content(&s, &rec, &c, &e) != RC_OK)            /* with the files that it has now */
        c = NULL;
    if (f != NULL && !filed)
        uploads_lost(r, site, f, a, &t);
    if (f == NULL || err_info(a->err.code)->http >= 500)
        screen_fail(&s, &a->err);
    else                                        /* saved as a draft, but not handed in: the same fields, now of that record */
        edit_page(&s, f, have ? &rec : NULL, c ? c : form_typed(r, f, NULL, values), false, &t, json_get_str(a->body, "text"), err_info(a->err.code)->http);
}

/* The record of an edit page, for who may change it, or fill what comes later. */
static enum rc edit_begin(struct screen *s, bool later, struct record *rec, struct content **ret, struct err *e)
{
    const struct grant *g;
    TRY(screen_record(s, req_arg_i64(s->r, 0), rec, e));
    TRY(perm_check(s->rd.db, s->r, s->rd.set, &s->rd.actor, later ? PERMIT_FILL : PERMIT_EDIT, rec->form, rec, s->rd.today, &g, e));
    return edit_content(s, rec, ret, e);
}

void page_edit(struct req *r, void *ctx)
{
    struct screen s;
    struct record rec;
    struct content *c;
    struct err e = {0};
    if (!screen_begin(&s, r, ctx))
        return;
    bool later = text_eq(req_query(r, "stage"), "later");
    if (edit_begin(&s, later, &rec, &c, &e) != RC_OK)
        screen_fail(&s, &e);
    else
        edit_page(&s, rec.form, &rec, c, later, NULL, NULL, 200);
}

void page_edit_post(struct req *r, void *ctx)
{
    struct site *site = ctx;
    struct screen s;
    struct record rec;
    struct content *c;
    struct answer *a;
    struct err e = {0};
    struct trouble_vec t = VEC_INIT(r);
    int64_t id = req_arg_i64(r, 0);
    bool later = req_form(r, "later") != NULL;
    if (!screen_begin(&s, r, ctx))
        return;
    if (edit_begin(&s, later, &rec, &c, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    struct json *args = json_obj(r), *values = posted(r, rec.form, later ? stages_later : stages_first);
    if (req_form(r, "find") != NULL) {
        find_again(&s, rec.form, &rec, c, values, later);
        return;
    }
    if ((later || text_eq(req_form(r, "then"), "submit")) && proof_first(&s, rec.form))
        return;
    screen_end(&s);
    json_set_i64(args, "record", id);
    number_sent(r, args, "version");
    json_set(args, "values", values);
    json_set_bool(args, "replace_rows", true);
    uploads_command(r, site, later ? "record.fill" : "record.save", args, req_form(r, "ikey"), &a);
    bool saved = a->rc == RC_OK, ok = saved && (later || submit_too(r, site, id, &a));
    if (!screen_begin(&s, r, ctx))
        return;
    if (ok) {
        screen_go(&s, "record", id, text_eq(req_form(r, "then"), "submit") ? "done.submit" : "done.save");
        return;
    }
    troubles_of(r, a->body, &t);
    if (err_info(a->err.code)->http >= 500 || screen_record(&s, id, &rec, &e) != RC_OK || edit_content(&s, &rec, &c, &e) != RC_OK)
        screen_fail(&s, &a->err);
    else {
        if (!saved)
            uploads_lost(r, site, rec.form, a, &t);
        edit_page(&s, rec.form, &rec, saved ? c : form_typed(r, rec.form, c, values), later, &t, json_get_str(a->body, "text"), err_info(a->err.code)->http);
    }
}
