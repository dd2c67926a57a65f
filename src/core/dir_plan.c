/* What a sync would take over from the directory. Everybody is read there first, outside of the writer, and compared with the people here: rows for
 * directory.apply, and notes about what is left alone. A person is who has the same key. Whoever has none yet is linked by the login, but never who
 * has a password of this house: the directory would gain power over that account without anybody's proof. A directory that lost more than half of
 * the people is not believed. */
#include <string.h>
#include <strings.h>
#include "core/core_state.h"

#define HALF_FROM 6                      /* below that, one who leaves may be half of them */
#define NOTES_MAX 200

/* The fields that the directory is asked for; values of a person as both sides know them. */
enum { NAME, KANA, CODE, MAIL, LOGIN, JOINED, FIELD_N };
static const char *const path[FIELD_N] = {"name", "kana", "code", "email", "login", "joined_on"};

struct known { int64_t person, department; const char *is[FIELD_N], *dkey, *state, *account; bool local, left, seen; };
VEC_TYPE(known_vec, struct known);
struct plan { struct dir_plan *out; TALLOC_CTX *mem; const struct dir_conf *conf; struct known_vec all; struct map *by_key, *by_login, *by_code, *department, *said, *holds /* "person role": held, or proposed before */; int64_t linked, there; };

static void note(struct plan *p, const char *who, const char *what)
{
    if (json_n(p->out->notes) < NOTES_MAX)
        json_add_str(p->out->notes, mem_fmt(p->mem, "%s: %s", who, what));
}

/* ---- who is here ---- */

static void column(struct sql *q, const struct form *f, const char *name)
{
    if (pack_field(f, name) == NULL) {
        sql_lit(q, ", NULL");
        return;
    }
    sql_lit(q, ", p.");
    sql_ident(q, name);
}

static const char *cell(TALLOC_CTX *mem, struct db_rows *rows, int i) { return db_is_null(rows, i) ? NULL : mem_strdup(mem, db_text(rows, i)); }

static enum rc people_read(struct reader *r, struct plan *p, struct err *e)
{
    struct sql *q = sql_new(r->mem);
    struct db_rows *rows;
    bool more;
    const struct form *f = pack_form(r->set, "person");
    sql_lit(q, "SELECT p.record, p.department_, p.left_on, d.dkey, d.state, a.login, a.hash IS NOT NULL");
    for (size_t i = 0; i < FIELD_N; i++)
        column(q, f, path[i]);
    sql_lit(q, " FROM f_person p LEFT JOIN account_login a ON a.person = p.record LEFT JOIN account_directory d ON d.person = p.record WHERE p.slot = 0");
    TRY(db_query(r->db, r->mem, q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        struct known *k = vec_push(&p->all);
        *k = (struct known){.person = db_i64(rows, 0), .department = db_is_null(rows, 1) ? 0 : db_i64(rows, 1), .dkey = cell(p->mem, rows, 3), .state = cell(p->mem, rows, 4),
                            .account = cell(p->mem, rows, 5), .local = db_i64(rows, 6) != 0};
        k->left = !db_is_null(rows, 2) && strcmp(db_text(rows, 2), r->today) < 0;
        for (int i = 0; i < FIELD_N; i++)
            k->is[i] = cell(p->mem, rows, 7 + i);
    }
}

/* By what people call it and by its code; two of the same are none. */
static enum rc departments_read(struct reader *r, struct plan *p, struct err *e)
{
    static struct known two;
    struct sql *q = sql_new(r->mem);
    struct db_rows *rows;
    bool more;
    sql_lit(q, "SELECT record, name, code FROM f_department WHERE slot = 0");
    TRY(db_query(r->db, r->mem, q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        struct known *d = mem_new(p->mem, struct known);
        d->person = db_i64(rows, 0);
        for (int i = 1; i <= 2; i++)
            if (!db_is_null(rows, i))
                map_set(p->department, db_text(rows, i), map_get(p->department, db_text(rows, i)) ? &two : d);
    }
}

static enum rc pairs_read(struct reader *r, struct plan *p, struct sql *q, size_t skip, struct err *e)
{
    struct db_rows *rows;
    bool more;
    TRY(db_query(r->db, r->mem, q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            return RC_OK;
        map_set(p->holds, mem_fmt(r->mem, "%lld %s", (long long)db_i64(rows, 0), db_text(rows, 1) + skip), p);
    }
}

/* Who holds the posts of groups, and for whom they were proposed before: once is enough. */
static enum rc posts_read(struct reader *r, struct plan *p, struct err *e)
{
    struct sql *q = sql_new(r->mem);
    if (p->conf->role_name.n == 0)
        return RC_OK;
    for (size_t i = 0; i < p->conf->role_name.n; i++)
        if (pack_role(r->set, p->conf->role_name.v[i]) == NULL)
            return err_set_arg(e, ERR_CONF, p->conf->role_name.v[i], "role = %s: no such role", p->conf->role_name.v[i]);
    sql_lit(q, "SELECT person, role FROM f_assignment WHERE slot = 0 AND (to_on IS NULL OR to_on >= ");
    sql_text(q, r->today);
    sql_lit(q, ")");
    TRY(pairs_read(r, p, q, 0, e));
    q = sql_new(r->mem);
    sql_lit(q, "SELECT record, name FROM task WHERE record IS NOT NULL AND name >= 'directory-role:' AND name < 'directory-role;'");
    return pairs_read(r, p, q, strlen(ROLE_NOTICE), e);
}

static void indexed(struct plan *p)
{
    for (size_t i = 0; i < p->all.n; i++) {
        struct known *k = &p->all.v[i];
        const char *login = k->account ? k->account : k->is[LOGIN];
        if (k->dkey != NULL)
            map_set(p->by_key, k->dkey, k);
        if (login != NULL)
            map_set(p->by_login, login, k);
        if (k->is[CODE] != NULL)
            map_set(p->by_code, k->is[CODE], k);
        p->linked += k->dkey != NULL && !k->left && strcmp(k->state, "active") == 0;
    }
}

/* ---- compared ---- */

static struct json *row_new(struct plan *p, int64_t person, const char *dkey, const char *state)
{
    struct json *o = json_add_obj(p->out->rows);
    json_set_i64(o, "person", person);
    json_set_str(o, "dkey", dkey);
    json_set_str(o, "state", state);
    return o;
}

static const char *department_id(struct plan *p, const struct dir_person *x)
{
    const struct known *d = x->department ? map_get(p->department, x->department) : NULL;
    if (x->department != NULL && (d == NULL || d->person == 0) && map_get(p->said, x->department) == NULL) {
        map_set(p->said, x->department, p);
        note(p, x->department, "この名前かコードの部門は部門台帳にないか、二つあります。所属は変えません");
    }
    return d != NULL && d->person != 0 ? mem_fmt(p->mem, "%lld", (long long)d->person) : NULL;
}

/* What the directory says otherwise; NULL: nothing. What it does not say stays. */
static struct json *values_of(struct plan *p, const struct known *k, const struct dir_person *x)
{
    const char *const says[FIELD_N] = {x->name, x->kana, x->code, x->mail, k == NULL ? x->login : NULL, k == NULL || k->is[JOINED] == NULL ? x->joined : NULL};
    const char *dept = department_id(p, x);
    struct json *v = json_obj(p->mem);
    for (size_t i = 0; i < FIELD_N; i++)
        if (says[i] != NULL && (k == NULL || !text_eq(says[i], k->is[i])))
            json_set_str(v, path[i], says[i]);
    if (dept != NULL && (k == NULL || strcmp(dept, mem_fmt(p->mem, "%lld", (long long)k->department)) != 0))
        json_set_str(v, "department", dept);
    return json_n(v) > 0 ? v : NULL;
}

static void known_one(struct plan *p, struct known *k, const struct dir_person *x)
{
    const char *state = x->state == DIR_DISABLED ? "disabled" : "active";
    struct json *v = k->left ? NULL : values_of(p, k, x);
    bool turned = strcmp(state, k->state) != 0;
    k->seen = true;
    p->there += x->state != DIR_DISABLED && strcmp(k->state, "active") == 0 && !k->left;
    if (k->left || (v == NULL && !turned)) {
        p->out->same++;
        return;
    }
    struct json *o = row_new(p, k->person, k->dkey, state);
    json_set_str(o, "login", k->account);                /* by which notes name who is meant */
    if (v != NULL)
        json_set(o, "values", v);
    p->out->changed += v != NULL;
    p->out->on += turned && x->state != DIR_DISABLED;
    p->out->off += turned && x->state == DIR_DISABLED;
}

static bool in_group(const struct dir_person *x, const char *group)
{
    for (size_t i = 0; i < x->group.n; i++)
        if (strcasecmp(x->group.v[i], group) == 0)
            return true;
    return false;
}

/* A group gives no power: it is proposed to the administrators, who appoint with their proof, or do not. */
static void roles_of(struct plan *p, const struct known *k, const struct dir_person *x)
{
    for (size_t i = 0; i < p->conf->role_name.n && !k->left && x->state == DIR_ACTIVE; i++) {
        const char *pair = mem_fmt(p->mem, "%lld %s", (long long)k->person, p->conf->role_name.v[i]);
        if (!in_group(x, p->conf->role_group.v[i]) || map_get(p->holds, pair) != NULL)
            continue;
        json_set_str(row_new(p, k->person, k->dkey, "active"), "propose", p->conf->role_name.v[i]);
        p->out->proposed++;
    }
}

/* Nobody here has the key. */
static void new_one(struct plan *p, const struct dir_person *x)
{
    struct known *k = map_get(p->by_login, x->login);
    const struct known *code = x->code ? map_get(p->by_code, x->code) : NULL;
    const char *why = k != NULL && k->dkey != NULL ? "このログインIDの人は、ディレクトリの別の人に結び付いています" :
                      k != NULL && k->local ? "このシステムのパスワードでサインインしています。結び付けるときは、サインインの画面で選んでください" :
                      k != NULL && k->left ? "退職した人と同じログインIDです" : k == NULL && code != NULL ? "同じ社員番号の人がすでにいます" : NULL;
    if (why != NULL) {
        note(p, x->login, why);
        return;
    }
    struct json *v = values_of(p, k, x), *o = row_new(p, k ? k->person : 0, x->key, "active");
    json_set_str(o, "login", x->login);
    if (v != NULL)
        json_set(o, "values", v);
    if (k != NULL)
        k->seen = true;
    else
        map_set(p->by_code, x->code ? x->code : x->key, mem_new(p->mem, struct known));
    p->out->linked += k != NULL;
    p->out->added += k == NULL;
}

static enum rc look(void *ctx, const struct dir_person *x, struct err *e)
{
    struct plan *p = ctx;
    (void)e;
    p->out->seen++;
    if (x->key == NULL || x->login == NULL || x->name == NULL) {
        note(p, x->dn, "識別子、ログインID、氏名のどれかがありません");
        return RC_OK;
    }
    struct known *k = map_get(p->by_key, x->key);
    if (map_get(p->said, x->key) != NULL) {
        note(p, x->login, "同じ識別子が二つあります");
        return RC_OK;
    }
    map_set(p->said, x->key, p);
    if (k != NULL) {
        known_one(p, k, x);
        roles_of(p, k, x);
    }
    if (k == NULL && x->state != DIR_DISABLED)           /* who is disabled there and unknown here stays unknown */
        new_one(p, x);
    return RC_OK;
}

static void gone(struct plan *p)
{
    for (size_t i = 0; i < p->all.n; i++) {
        struct known *k = &p->all.v[i];
        if (k->dkey == NULL || k->seen || k->left || strcmp(k->state, "gone") == 0)
            continue;
        (void)row_new(p, k->person, k->dkey, "gone");
        p->out->off++;
    }
}

static enum rc here_read(struct core *c, TALLOC_CTX *mem, struct plan *p, struct err *e)
{
    struct reader r;
    TRY(core_read_begin(c, mem, NULL, &r, e));
    enum rc rc = r.set == NULL || pack_form(r.set, "person") == NULL ? err_set(e, ERR_STATE, "no people yet: set-up is not over") : people_read(&r, p, e);
    if (rc == RC_OK)
        rc = departments_read(&r, p, e);
    if (rc == RC_OK)
        rc = posts_read(&r, p, e);
    core_read_end(&r);
    return rc;
}

enum rc directory_plan(struct core *c, TALLOC_CTX *mem, bool fewer, struct dir_plan *ret, struct err *e)
{
    struct plan p = {.out = ret, .mem = mem, .all = VEC_INIT(mem), .by_key = map_new(mem), .by_login = map_new(mem), .by_code = map_new(mem), .department = map_new(mem), .said = map_new(mem), .holds = map_new(mem)};
    if (c->dir == NULL)
        return err_set(e, ERR_DIRECTORY, "directory: none is configured (--directory)");
    *ret = (struct dir_plan){.rows = json_arr(mem), .notes = json_arr(mem)};
    p.conf = dir_conf(c->dir);
    TRY(here_read(c, mem, &p, e));
    indexed(&p);
    TRY(dir_everybody(c->dir, look, &p, e));
    gone(&p);
    if (!fewer && p.linked >= HALF_FROM && p.there * 2 < p.linked)
        return err_set_arg(e, ERR_DIRECTORY_HALF, mem_fmt(mem, "%lld / %lld", (long long)p.there, (long long)p.linked), "directory: %lld of %lld people who are linked", (long long)p.there, (long long)p.linked);
    return RC_OK;
}
