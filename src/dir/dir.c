/* The directory as core uses it: sign-in by bind, everybody, and a check. Asked in turns (base/turn.h): a directory that is down holds nobody up. */
#include "dir/dir_int.h"

#define EMPTY_PAGES_MAX 3

struct dir { struct dir_conf *conf; struct turn turn; };

enum rc dir_open(TALLOC_CTX *mem, const char *path, struct dir **ret, struct err *e)
{
    struct dir *d = mem_new(mem, struct dir);
    link_ready();
    TRY(dir_conf_read(d, path, &d->conf, e));
    turn_ready(&d->turn);
    *ret = d;
    return RC_OK;
}

const struct dir_conf *dir_conf(const struct dir *d) { return d->conf; }

static enum rc asking_begin(struct dir *d, struct err *e)
{
    const char *no = turn_begin(&d->turn);
    return no != NULL ? err_set(e, ERR_DIRECTORY, "directory: %s", no) : RC_OK;
}

static void asking_end(struct dir *d, enum rc rc, const struct err *e) { turn_end(&d->turn, rc == RC_OK ? TURN_WELL : e->code == ERR_DIRECTORY ? TURN_DOWN : TURN_OTHER); }

/* Connected and bound as who may read. */
static enum rc link_reading(TALLOC_CTX *mem, const struct dir_conf *c, struct link **ret, struct err *e)
{
    bool right;
    const char *why;
    TRY(link_open(mem, c, ret, e));
    TRY(link_bind(*ret, c->bind_dn, c->bind_password, &right, &why, e));
    return right ? RC_OK : err_set(e, ERR_DIRECTORY, "directory: bind-dn %s is refused: %s", c->bind_dn ? c->bind_dn : "(anonymous)", why ? why : "password?");
}

/* The one whom the filter finds; NULL: nobody. Two are nobody, too: it must not be the wrong one. */
static enum rc one(struct link *l, TALLOC_CTX *mem, const struct dir_conf *c, const char *filter, struct dir_person **ret, struct err *e)
{
    const char *attrs[24];
    struct entries v;
    bool there;
    *ret = NULL;
    (void)entry_attrs(c, attrs);
    struct search s = {.base = c->base, .filter = filter, .attrs = attrs, .paged = true, .page_size = 2};
    TRY(link_search(l, mem, &s, &v, &there, e));
    if (v.n != 1)
        return RC_OK;
    struct dir_person *p = entry_person(mem, c, &v.v[0], clock_now_us());
    if (p->key == NULL)
        return RC_OK;
    if (c->disabled != NULL && p->state == DIR_ACTIVE) {
        s = (struct search){.base = p->dn, .filter = c->disabled, .attrs = attrs, .here = true, .size_limit = 1};
        TRY(link_search(l, mem, &s, &v, &there, e));
        p->state = v.n > 0 || !there ? DIR_DISABLED : DIR_ACTIVE;
    }
    *ret = p;
    return RC_OK;
}

static enum rc sign_in(const struct dir_conf *c, TALLOC_CTX *mem, const char *filter, const char *password, enum dir_answer *ret, enum dir_state *ret_state, struct err *e)
{
    struct link *l;
    struct dir_person *p;
    bool right;
    const char *why;
    TRY(link_reading(mem, c, &l, e));
    TRY(one(l, mem, c, filter, &p, e));
    *ret = DIR_WRONG;
    if (p == NULL)
        return RC_OK;
    TRY(link_bind(l, p->dn, password, &right, &why, e));
    *ret_state = p->state;
    if (right)
        *ret = p->state == DIR_ACTIVE ? DIR_IN : DIR_REFUSED;
    else if (c->ad && bind_refused(why, ret_state))
        *ret = DIR_REFUSED;
    return RC_OK;
}

enum rc dir_sign_in(struct dir *d, TALLOC_CTX *mem, const char *key, const char *password, enum dir_answer *ret, enum dir_state *ret_state, struct err *e)
{
    MEM_SCOPE(tmp, mem);
    struct err own = {0};
    char *filter = filter_key(tmp, d->conf, key);
    *ret = DIR_WRONG;
    *ret_state = DIR_ACTIVE;
    if (filter == NULL || password == NULL || password[0] == '\0')
        return RC_OK;
    TRY(asking_begin(d, e));
    enum rc rc = sign_in(d->conf, tmp, filter, password, ret, ret_state, &own);
    asking_end(d, rc, &own);
    if (rc != RC_OK && e != NULL)
        *e = own;
    return rc;
}

static enum rc find(const struct dir_conf *c, TALLOC_CTX *tmp, TALLOC_CTX *mem, const char *login, struct dir_person **ret, struct err *e)
{
    struct link *l;
    TRY(link_reading(tmp, c, &l, e));
    return one(l, mem, c, mem_fmt(tmp, "(&%s(%s=%s))", c->filter, c->login, filter_text(tmp, login)), ret, e);
}

enum rc dir_find(struct dir *d, TALLOC_CTX *mem, const char *login, struct dir_person **ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct err own = {0};
    *ret = NULL;
    if (login[0] == '\0' || strlen(login) > 100)
        return RC_OK;
    TRY(asking_begin(d, e));
    enum rc rc = find(d->conf, tmp, mem, login, ret, &own);
    asking_end(d, rc, &own);
    if (rc != RC_OK && e != NULL)
        *e = own;
    return rc;
}

/* ---- everybody ---- */

/* Page by page of one filter. */
static enum rc pages(struct link *l, const struct dir_conf *c, const char *filter, dir_each each, void *ctx, bool *ret_there, struct err *e)
{
    const char *attrs[24];
    int64_t n = 0, now = clock_now_us();
    int empty = 0;
    (void)entry_attrs(c, attrs);
    char cookie[4096];
    struct search s = {.base = c->base, .filter = filter, .attrs = attrs, .paged = true, .page_size = c->page_size};
    do {
        MEM_SCOPE(page, l);
        struct entries v;
        TRY(link_search(l, page, &s, &v, ret_there, e));
        n += (int64_t)v.n;
        empty = v.n > 0 ? 0 : empty + 1;
        if (n > c->people_max || empty > EMPTY_PAGES_MAX || s.cookie.n > sizeof cookie)
            return err_set(e, ERR_DIRECTORY_MANY, "directory: more than %d people, or pages without end", c->people_max);
        for (size_t i = 0; i < v.n; i++)
            TRY(each(ctx, entry_person(page, c, &v.v[i], now), e));
        if (s.cookie.n > 0)                                               /* it lives in the page */
            s.cookie.p = memcpy(cookie, s.cookie.p, s.cookie.n);
    } while (s.cookie.n > 0);
    return RC_OK;
}

struct marked { dir_each each; void *ctx; struct map *disabled; };

static enum rc mark(void *ctx, const struct dir_person *p, struct err *e)
{
    struct marked *m = ctx;
    (void)e;
    map_set(m->disabled, p->dn, m);
    return RC_OK;
}

static enum rc pass_on(void *ctx, const struct dir_person *p, struct err *e)
{
    struct marked *m = ctx;
    struct dir_person q = *p;
    if (map_get(m->disabled, p->dn) != NULL)
        q.state = DIR_DISABLED;
    return m->each(m->ctx, &q, e);
}

enum rc dir_everybody(struct dir *d, dir_each each, void *ctx, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    const struct dir_conf *c = d->conf;
    struct link *l;
    bool there = true;
    struct marked m = {each, ctx, map_new(tmp)};
    TRY(link_reading(tmp, c, &l, e));
    if (c->disabled != NULL)
        TRY(pages(l, c, mem_fmt(tmp, "(&%s%s)", c->filter, c->disabled), mark, &m, &there, e));
    TRY(pages(l, c, c->filter, pass_on, &m, &there, e));
    return there ? RC_OK : err_set(e, ERR_DIRECTORY, "directory: base %s is not there", c->base);
}

/* ---- the check ---- */

struct counted { struct dir_check *check; TALLOC_CTX *mem; };

static struct dir_person *person_kept(TALLOC_CTX *mem, const struct dir_person *p)
{
    struct dir_person *q = mem_new(mem, struct dir_person);
    *q = (struct dir_person){.dn = mem_strdup(q, p->dn), .key = mem_strdup(q, p->key), .login = mem_strdup(q, p->login), .name = mem_strdup(q, p->name), .kana = mem_strdup(q, p->kana),
                             .mail = mem_strdup(q, p->mail), .code = mem_strdup(q, p->code), .department = mem_strdup(q, p->department), .joined = mem_strdup(q, p->joined), .state = p->state, .group = VEC_INIT(q)};
    for (size_t i = 0; i < p->group.n; i++)
        *vec_push(&q->group) = mem_strdup(q, p->group.v[i]);
    return q;
}

static enum rc count_one(void *ctx, const struct dir_person *p, struct err *e)
{
    struct counted *c = ctx;
    (void)e;
    c->check->people++;
    c->check->without_key += p->key == NULL;
    c->check->without_login += p->login == NULL;
    if (c->check->sample == NULL && p->key != NULL)
        c->check->sample = person_kept(c->mem, p);
    return RC_OK;
}

enum rc dir_check(struct dir *d, TALLOC_CTX *mem, struct dir_check *ret, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    const struct dir_conf *c = d->conf;
    struct link *l;
    struct entries v;
    bool there;
    const char *why;
    struct counted n = {ret, mem};
    static const char *const nothing[] = {"1.1", NULL};
    *ret = (struct dir_check){0};
    TRY(link_open(tmp, c, &l, e));
    ret->reached = true;
    TRY(link_bind(l, c->bind_dn, c->bind_password, &ret->bound, &why, e));
    if (!ret->bound)
        return err_set(e, ERR_DIRECTORY, "directory: bind-dn %s is refused: %s", c->bind_dn ? c->bind_dn : "(anonymous)", why ? why : "password?");
    struct search s = {.base = c->base, .filter = "(objectClass=*)", .attrs = nothing, .here = true, .size_limit = 1};
    TRY(link_search(l, tmp, &s, &v, &there, e));
    ret->base = there && v.n == 1;
    link_close(l);
    return ret->base ? dir_everybody(d, count_one, &n, e) : err_set(e, ERR_DIRECTORY, "directory: base %s is not there, or may not be read", c->base);
}
