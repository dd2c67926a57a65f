/* Conformity: what the verdicts of checks, overdue duties and missing declarations mean for each article of a regulation. Red when a
 * check of the article is violated or a duty of it is overdue; unknown when something cannot be judged or nobody declared it; an article
 * that nothing judges says so ("none"), it is never green by default. */
#include "core/core_int.h"

#define VIOLATORS_MAX 200
#define OVERDUE_OF "t.state = 'open' AND NOT (t.tkey >= 'check:' AND t.tkey < 'check;')"        /* those of violations are judged by their check */

struct carried { const struct duty **v; size_t n; };       /* duties that a check carries */

struct tally { int64_t bad, unknown, ok, since_bad, since_unknown; struct carried carried; };

struct overdue { int64_t n, due_us; };

static int64_t int_or_0(struct db_rows *rows, int col) { return db_is_null(rows, col) ? 0 : db_i64(rows, col); }

/* One statement about many keys, since each statement costs a journey on PostgreSQL. Its text is written as far as the FROM, with k.column1 (the name on
 * both engines) as its first column. */
struct keyed { const char **key; size_t n, at /* the key of the row */; struct db_rows *rows; };

static enum rc keyed_query(struct reader *r, struct sql *s, struct keyed *k, struct err *e)
{
    sql_lit(s, " FROM (VALUES ");
    for (size_t i = 0; i < k->n; i++) {
        if (i > 0)
            sql_lit(s, ", ");
        sql_lit(s, "(");
        sql_text(s, k->key[i]);
        sql_lit(s, ")");
    }
    sql_lit(s, ") k");
    return db_query(r->db, r->mem, s, &k->rows, e);
}

/* Rows come in the order of the keys; a surprise leaves a key without counts, never with another's. */
static enum rc keyed_next(struct keyed *k, bool *ret_more, struct err *e)
{
    TRY(db_next(k->rows, ret_more, e));
    while (*ret_more && k->at < k->n && strcmp(k->key[k->at], db_text(k->rows, 0)) != 0)
        k->at++;
    return *ret_more && k->at == k->n ? err_set(e, ERR_BUG, "counts out of order at %s", db_text(k->rows, 0)) : RC_OK;
}

/* Counts of all checks, each to 1,000 from the index alone; what conforms is only asked for, not counted: it is most of it. */
static enum rc tallies_read(struct reader *r, struct tally *ret, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct keyed k = {.key = mem_array(r->mem, const char *, r->set->check_n + 1), .n = r->set->check_n};
    bool more = k.n > 0;
    for (size_t i = 0; i < k.n; i++)
        k.key[i] = r->set->check[i].key;
    sql_lit(s, "SELECT k.column1, (SELECT count(*) FROM (SELECT 1 AS x FROM verdict v WHERE v.chk = k.column1 AND v.state = 'bad' LIMIT 1001) d),"
               " (SELECT v.since_us FROM verdict v WHERE v.chk = k.column1 AND v.state = 'bad' ORDER BY v.since_us LIMIT 1),"
               " (SELECT count(*) FROM (SELECT 1 AS x FROM verdict v WHERE v.chk = k.column1 AND v.state = 'unknown' LIMIT 1001) d),"
               " (SELECT v.since_us FROM verdict v WHERE v.chk = k.column1 AND v.state = 'unknown' ORDER BY v.since_us LIMIT 1),"
               " (SELECT count(*) FROM (SELECT 1 AS x FROM verdict v WHERE v.chk = k.column1 AND v.state = 'ok' LIMIT 1) d)");
    if (more)
        TRY(keyed_query(r, s, &k, e));
    for (; more; k.at++) {
        TRY(keyed_next(&k, &more, e));
        if (more)
            ret[k.at] = (struct tally){.bad = db_i64(k.rows, 1), .since_bad = int_or_0(k.rows, 2), .unknown = db_i64(k.rows, 3), .since_unknown = int_or_0(k.rows, 4), .ok = db_i64(k.rows, 5)};
    }
    return RC_OK;
}

static struct carried duties_of(struct reader *r, const struct check *k)
{
    struct carried c = {.v = mem_array(r->mem, const struct duty *, k->carries.n + 1)};
    for (size_t i = 0; i < k->carries.n; i++) {
        const struct duty *d = pack_duty(r->set, k->carries.duty[i]);
        if (d != NULL)
            c.v[c.n++] = d;
    }
    return c;
}

/* What is overdue of the duties of the set; bounded, so that a page costs the same with a million tasks. From one duty that has tasks to the next (few of
 * them have any), each by the index. */
static enum rc overdue_read(struct reader *r, struct overdue *ret, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct db_rows *rows;
    bool more;
    sql_lit(s, "WITH RECURSIVE d(duty) AS (SELECT (SELECT min(t.duty) FROM task t WHERE t.duty > '')"
               " UNION ALL SELECT (SELECT min(t.duty) FROM task t WHERE t.duty > d.duty) FROM d WHERE d.duty IS NOT NULL)");
    sql_lit(s, " SELECT d.duty, (SELECT count(*) FROM (SELECT 1 AS x FROM task t WHERE t.duty = d.duty AND " OVERDUE_OF " AND t.due_us < ");
    sql_i64(s, r->now_us);
    sql_lit(s, " LIMIT 1001) c), (SELECT t.due_us FROM task t WHERE t.duty = d.duty AND " OVERDUE_OF " AND t.due_us < ");
    sql_i64(s, r->now_us);
    sql_lit(s, " ORDER BY t.due_us LIMIT 1) FROM d WHERE d.duty IS NOT NULL");
    TRY(db_query(r->db, r->mem, s, &rows, e));
    TRY(db_next(rows, &more, e));
    while (more) {
        const struct duty *d = pack_duty(r->set, db_text(rows, 0));      /* NULL: of a set that was left */
        if (d != NULL)
            ret[d - r->set->duty] = (struct overdue){db_i64(rows, 1), int_or_0(rows, 2)};
        TRY(db_next(rows, &more, e));
    }
    return RC_OK;
}

/* A check speaks for its own article, and for the article of every duty that it carries (a core check carries several packs' duties). */
static bool speaks_for(const struct check *k, const struct carried *c, const struct pack *p, const char *article)
{
    if (k->pack == p && text_eq(k->article, article))
        return true;
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->pack == p && text_eq(c->v[i]->article, article))
            return true;
    return false;
}

static void since_min(int64_t *since, int64_t us)
{
    if (us != 0 && (*since == 0 || us < *since))
        *since = us;
}

struct summing { struct reader *r; const struct tally *tally; const struct overdue *overdue; const struct exceptions *excepted; const struct schedule **once; size_t once_n /* schedules that were
                 done at least once */; };

static const char *named(const struct summing *s, const char *key, const char *what)
{
    return msg_fill(s->r->mem, s->r->actor.lang, key, what, NULL);
}

static void excepted_add(const struct summing *s, struct article_state *a, int64_t n, const struct excepted *x)
{
    a->excepted_n += n;
    if (n > 0 && a->bad_n == 0)
        a->why = named(s, MSG("conform.excepted"), x->until);
}

/* An exception covers a check when it covers every duty of the article that the check carries. */
static const struct excepted *check_excepted(struct reader *r, const struct exceptions *v, const struct pack *p, const char *article, const struct carried *c)
{
    if (v->n == 0)
        return NULL;
    const char **duty = mem_array(r->mem, const char *, c->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->pack == p && text_eq(c->v[i]->article, article))
            duty[n++] = c->v[i]->key;
    return exception_whole(v, p->id, article, duty, n);
}

static enum rc add_checks(const struct summing *s, const struct pack *p, struct article_state *a, int64_t *since_unknown, struct err *e)
{
    for (size_t i = 0; i < s->r->set->check_n; i++) {
        const struct check *k = &s->r->set->check[i];
        const struct tally *t = &s->tally[i];
        const char *label = pick_lang(s->r->actor.lang, k->label ? k->label : k->key, k->label_en);
        const struct excepted *whole, *one = NULL;
        int64_t singles;
        if (!speaks_for(k, &t->carried, p, a->article))
            continue;
        whole = check_excepted(s->r, s->excepted, p, a->article, &t->carried);
        if (whole != NULL) {                             /* what cannot be judged stays unknown: an exception is for what is known */
            excepted_add(s, a, t->bad, whole);
            a->unknown_n += t->unknown;
            a->ok_n += t->ok;
            since_min(since_unknown, t->since_unknown);
            continue;
        }
        TRY(exception_singles(s->r, s->excepted, p->id, a->article, k, &singles, &one, e));
        singles = singles < t->bad ? singles : t->bad;
        if (a->bad_n == 0 && t->bad > singles)
            a->why = named(s, MSG("conform.check"), label);
        else if (a->why == NULL && t->unknown > 0)
            a->why = named(s, MSG("conform.unknown"), label);
        if (singles > 0)
            excepted_add(s, a, singles, one);
        a->bad_n += t->bad - singles;
        a->unknown_n += t->unknown;
        a->ok_n += t->ok;
        if (t->bad + t->unknown + t->ok == 0)
            a->ok_n++;                                   /* judged, and nothing there that could violate it */
        if (t->bad > singles)
            since_min(&a->since_us, t->since_bad);
        since_min(since_unknown, t->since_unknown);
    }
    return RC_OK;
}

static void add_overdue(const struct summing *s, const struct pack *p, struct article_state *a)
{
    for (size_t i = 0; i < s->r->set->duty_n; i++) {
        const struct duty *d = &s->r->set->duty[i];
        if (s->overdue[i].n == 0 || d->pack != p || !text_eq(d->article, a->article))
            continue;
        const struct excepted *whole = exception_whole(s->excepted, p->id, a->article, &d->key, 1);
        if (whole != NULL) {
            excepted_add(s, a, s->overdue[i].n, whole);
            continue;
        }
        if (a->bad_n == 0)
            a->why = named(s, MSG("conform.overdue"), pick_lang(s->r->actor.lang, d->must ? d->must : d->key, d->must_en));
        a->bad_n += s->overdue[i].n;
        since_min(&a->since_us, s->overdue[i].due_us);
    }
}

/* Declared within its period: a row of the core form `declaration` in force names it, made by one who held the post that declares. */
static enum rc declared(struct reader *r, const struct declaration *d, bool *ret, struct err *e)
{
    const struct form *f = pack_form(r->set, "declaration");
    struct civil today;
    char since[CIVIL_TEXT_N];
    struct db_rows *rows;
    bool more;
    *ret = false;
    if (f == NULL || pack_field(f, "declaration") == NULL || pack_field(f, "declared_on") == NULL || !civil_read(str_of(r->today), &today))
        return RC_OK;
    civil_text(civil_add_months(today, -(d->every_months > 0 ? d->every_months : 12)), since);
    struct sql *s = sql_new(r->mem);
    sql_lit(s, "SELECT DISTINCT r.made_by, x.declared_on FROM f_declaration x JOIN record r ON r.id = x.record WHERE x.slot = 0 AND x.declaration = ");
    sql_text(s, d->key);
    sql_lit(s, " AND x.declared_on > ");
    sql_text(s, since);
    sql_lit(s, " AND x.declared_on <= ");
    sql_text(s, r->today);
    sql_lit(s, " LIMIT 100");
    TRY(db_query(r->db, r->mem, s, &rows, e));
    struct said { int64_t person; const char *on; } said[100];
    size_t n = 0;
    TRY(db_next(rows, &more, e));
    while (more && n < ARRAY_N(said)) {
        said[n++] = (struct said){db_i64(rows, 0), mem_strdup(r->mem, db_text(rows, 1))};
        TRY(db_next(rows, &more, e));
    }
    db_rows_end(rows);
    for (size_t i = 0; i < n && !*ret; i++)
        if (d->by.kind != WHO_ROLE)
            *ret = true;
        else
            TRY(org_holds_set(r->db, r->set, said[i].person, d->by.role, said[i].on, ret, e));
    return RC_OK;
}

static enum rc add_declarations(const struct summing *s, const struct pack *p, struct article_state *a, struct err *e)
{
    for (size_t i = 0; i < p->declaration_n; i++) {
        const struct declaration *d = &p->declaration[i];
        bool made;
        if (!text_eq(d->article, a->article))
            continue;
        TRY(declared(s->r, d, &made, e));
        if (made) {
            a->ok_n++;
            continue;
        }
        a->unknown_n++;
        if (a->why == NULL)
            a->why = named(s, MSG("conform.undeclared"), pick_lang(s->r->actor.lang, d->label ? d->label : d->key, d->label_en));
    }
    return RC_OK;
}

/* Which schedules of the set were done at least once. */
static enum rc once_read(struct reader *r, const struct schedule **ret, size_t *ret_n, struct err *e)
{
    struct sql *s = sql_new(r->mem);
    struct keyed k = {.n = 0};
    bool more;
    for (size_t i = 0; i < r->set->pack_n; i++)
        k.n += r->set->pack[i].schedule_n;
    *ret_n = 0;
    if (k.n == 0)
        return RC_OK;
    k.key = mem_array(r->mem, const char *, k.n);
    k.n = 0;
    for (size_t i = 0; i < r->set->pack_n; i++)
        for (size_t j = 0; j < r->set->pack[i].schedule_n; j++)
            k.key[k.n++] = r->set->pack[i].schedule[j].key;
    sql_lit(s, "SELECT k.column1, (SELECT count(*) FROM (SELECT 1 AS x FROM task t WHERE t.name = k.column1 AND t.state = 'done' LIMIT 1) d)");
    TRY(keyed_query(r, s, &k, e));
    for (more = true; more; k.at++) {
        TRY(keyed_next(&k, &more, e));
        if (more && db_i64(k.rows, 1) > 0)
            ret[(*ret_n)++] = pack_schedule(r->set, k.key[k.at]);
    }
    return RC_OK;
}

/* What a schedule was done for is judged; one that was never done yet says nothing, and is unknown where nothing else speaks. */
static bool add_schedules(const struct summing *s, const struct pack *p, struct article_state *a)
{
    bool coming = false;
    for (size_t i = 0; i < p->schedule_n; i++) {
        bool done = false;
        if (!text_eq(p->schedule[i].article, a->article) || p->schedule[i].carries.n == 0)
            continue;
        for (size_t k = 0; k < s->once_n; k++)
            done = done || s->once[k] == &p->schedule[i];
        a->ok_n += done;
        coming = coming || !done;
    }
    return coming;
}

static enum rc article_sum(const struct summing *s, const struct pack *p, const struct article *art, struct article_states *ret, struct err *e)
{
    struct article_state a = {.pack = p->id, .article = art->id, .title = pick_lang(s->r->actor.lang, art->title, art->title_en)};
    int64_t since_unknown = 0;
    TRY(add_checks(s, p, &a, &since_unknown, e));
    add_overdue(s, p, &a);
    TRY(add_declarations(s, p, &a, e));
    if (add_schedules(s, p, &a) && a.bad_n + a.unknown_n + a.excepted_n + a.ok_n == 0) {
        a.unknown_n = 1;
        a.why = msg_text(s->r->actor.lang, MSG("conform.coming"));
    }
    a.state = a.bad_n > 0 ? VERDICT_BAD : a.unknown_n > 0 ? VERDICT_UNKNOWN : a.excepted_n > 0 ? VERDICT_EXCEPTED : a.ok_n > 0 ? VERDICT_OK : VERDICT_NONE;
    if (a.state == VERDICT_UNKNOWN)
        a.since_us = since_unknown;
    *vec_push(ret) = a;
    return RC_OK;
}

enum rc conformity(struct reader *r, const char *pack, struct article_states *ret, int64_t *ret_as_of, struct err *e)
{
    struct q_head_next_id head;
    if (ret->mem == NULL)
        ret->mem = r->mem;
    TRY(q_head_next_id(r->db, r->mem, &head, e));
    *ret_as_of = head.size;
    if (r->set == NULL)
        return RC_OK;
    struct tally *tally = mem_array(r->mem, struct tally, r->set->check_n + 1);
    TRY(tallies_read(r, tally, e));
    for (size_t i = 0; i < r->set->check_n; i++)
        tally[i].carried = duties_of(r, &r->set->check[i]);
    struct overdue *overdue = mem_array(r->mem, struct overdue, r->set->duty_n + 1);
    TRY(overdue_read(r, overdue, e));
    struct exceptions excepted = VEC_INIT(r->mem);
    TRY(exceptions_read(r, &excepted, e));
    struct summing s = {.r = r, .tally = tally, .overdue = overdue, .excepted = &excepted};
    size_t schedules = 1;
    for (size_t i = 0; i < r->set->pack_n; i++)
        schedules += r->set->pack[i].schedule_n;
    s.once = mem_array(r->mem, const struct schedule *, schedules);
    TRY(once_read(r, s.once, &s.once_n, e));
    for (size_t i = 0; i < r->set->pack_n; i++) {
        const struct pack *p = &r->set->pack[i];
        for (size_t k = 0; k < p->article_n && (pack == NULL || strcmp(p->id, pack) == 0); k++)
            TRY(article_sum(&s, p, &p->article[k], ret, e));
    }
    return RC_OK;
}

/* ---- who violates ---- */

/* A record that the reader may not see is counted but not named. What deciding it needs is read for all of them together. */
static enum rc violators_hide(struct reader *r, struct violators *v, struct err *e)
{
    struct id_vec ids = VEC_INIT(r->mem);
    for (size_t i = 0; i < v->n; i++)
        ids_want(&ids, v->v[i].subject);
    TRY(records_read(r->db, r->mem, &ids, e));
    TRY(parts_read(r->db, r->mem, r->actor.person, &ids, e));
    for (size_t i = 0; i < v->n; i++) {
        struct record rec;
        bool sees = false;
        if (v->v[i].subject == 0)
            continue;
        TRY(record_get(r->db, r->mem, r->set, v->v[i].subject, &rec, e));
        if (rec.form != NULL)
            TRY(perm_may(r, PERMIT_SEE, rec.form, &rec, &sees, e));
        if (!sees) {
            v->v[i].subject = 0;
            v->v[i].number = "";
            v->v[i].title = msg_text(r->actor.lang, MSG("conform.hidden"));
        }
    }
    return RC_OK;
}

/* Of "steps REF" or "error REF". */
static const char *fault_text(struct reader *r, const char *why)
{
    const char *ref = why ? strchr(why, ' ') : NULL;
    if (ref == NULL)
        return NULL;
    return strncmp(why, "steps ", 6) == 0 ? msg_fill(r->mem, r->actor.lang, MSG("conform.fault-steps"), ref + 1, NULL)
                                           : msg_fill(r->mem, r->actor.lang, MSG("conform.fault"), ref + 1, NULL);
}

static enum rc violators_of(struct reader *r, const struct check *k, const char *state, enum verdict_state as, int limit, struct violators *ret, struct err *e)
{
    struct q_verdict_violators_rows row;
    if ((int)ret->n >= limit)
        return RC_OK;
    TRY(q_verdict_violators(r->db, r->mem, k->key, state, limit - (int)ret->n, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct violator){.check = k->key, .subject = row.v[i].subject, .title = row.v[i].title, .number = row.v[i].number,
                                           .state = as, .since_us = row.v[i].since_us, .why = fault_text(r, row.v[i].why)};
    return RC_OK;
}

static enum rc duty_overdue(struct reader *r, const char *duty, enum verdict_state as, int limit, struct violators *ret, struct err *e)
{
    struct q_tasks_overdue_of_duty_rows row;
    TRY(q_tasks_overdue_of_duty(r->db, r->mem, duty, r->now_us, limit - (int)ret->n, &row, e));
    for (size_t k = 0; k < row.n; k++)
        *vec_push(ret) = (struct violator){.check = row.v[k].name, .subject = row.v[k].record_null ? 0 : row.v[k].record, .title = row.v[k].title, .number = row.v[k].number,
                                           .state = as, .since_us = row.v[k].due_us};
    return RC_OK;
}

/* An article's exceptions beside what it is asked about: covered violations are kept apart. */
struct shade { const struct pack *p; const char *article; struct exceptions v; struct violators covered; };

/* Of a whole regulation only what has something to show is asked. */
static enum rc overdue_of(struct reader *r, struct shade *x, int limit, struct violators *ret, struct err *e)
{
    struct overdue *n = x->article == NULL ? mem_array(r->mem, struct overdue, r->set->duty_n + 1) : NULL;
    if (n != NULL)
        TRY(overdue_read(r, n, e));
    for (size_t i = 0; i < r->set->duty_n && (int)ret->n < limit; i++) {
        const struct duty *d = &r->set->duty[i];
        if (d->pack != x->p || (x->article == NULL ? n[i].n == 0 : !text_eq(d->article, x->article)))
            continue;
        const struct excepted *whole = x->article != NULL ? exception_whole(&x->v, x->p->id, x->article, &d->key, 1) : NULL;
        size_t from = x->covered.n;
        TRY(duty_overdue(r, d->key, whole ? VERDICT_EXCEPTED : VERDICT_BAD, limit, whole ? &x->covered : ret, e));
        for (size_t k = from; whole != NULL && k < x->covered.n; k++)
            x->covered.v[k].until = whole->until;
    }
    return RC_OK;
}

/* As many more are read as there are exceptions, so that covered ones never hide one that counts. */
static enum rc shaded_of(struct reader *r, const struct check *k, struct shade *x, int limit, struct violators *ret, struct err *e)
{
    struct q_verdict_violators_rows row;
    struct carried c = duties_of(r, k);
    const struct excepted *whole = check_excepted(r, &x->v, x->p, x->article, &c);
    TRY(q_verdict_violators(r->db, r->mem, k->key, "bad", limit + (int)x->v.n, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        const struct excepted *one = whole ? whole : exception_covering(&x->v, x->p->id, x->article, k, row.v[i].number);
        struct violators *to = one ? &x->covered : ret;
        if ((int)to->n < limit)
            *vec_push(to) = (struct violator){.check = k->key, .subject = row.v[i].subject, .title = row.v[i].title, .number = row.v[i].number,
                                               .state = one ? VERDICT_EXCEPTED : VERDICT_BAD, .since_us = row.v[i].since_us, .until = one ? one->until : NULL};
    }
    return RC_OK;
}

/* Whether the check is asked about: by its name, by the article it speaks for, or by its pack. */
static bool asked_about(struct reader *r, const struct check *k, const struct pack *p, const char *article, const char *check)
{
    if (check != NULL)
        return strcmp(k->key, check) == 0;
    if (p == NULL || article == NULL)
        return p != NULL && k->pack == p;
    struct carried c = duties_of(r, k);
    return speaks_for(k, &c, p, article);
}

enum rc conformity_violators(struct reader *r, const char *pack, const char *article, const char *check, int limit, struct violators *ret, struct err *e)
{
    const struct pack *p = r->set && pack ? pack_by_id(r->set, pack) : NULL;
    struct shade x = {.p = p, .article = article, .v = VEC_INIT(r->mem), .covered = VEC_INIT(r->mem)};
    if (ret->mem == NULL)
        ret->mem = r->mem;
    struct tally *n = article == NULL && check == NULL && r->set != NULL ? mem_array(r->mem, struct tally, r->set->check_n + 1) : NULL;
    limit = limit < 1 || limit > VIOLATORS_MAX ? VIOLATORS_MAX : limit;
    bool shaded = p != NULL && article != NULL && check == NULL;
    if (shaded)
        TRY(exceptions_read(r, &x.v, e));
    if (n != NULL)
        TRY(tallies_read(r, n, e));
    for (int pass = 0; r->set != NULL && pass < 2; pass++)
        for (size_t i = 0; i < r->set->check_n; i++) {
            const struct check *k = &r->set->check[i];
            if (!asked_about(r, k, p, article, check) || (n != NULL && (pass == 0 ? n[i].bad : n[i].unknown) == 0))
                continue;
            if (pass == 0 && shaded)
                TRY(shaded_of(r, k, &x, limit, ret, e));
            else
                TRY(violators_of(r, k, pass == 0 ? "bad" : "unknown", pass == 0 ? VERDICT_BAD : VERDICT_UNKNOWN, limit, ret, e));
        }
    if (p != NULL && check == NULL)
        TRY(overdue_of(r, &x, limit, ret, e));
    for (size_t i = 0; i < x.covered.n && (int)ret->n < limit; i++)
        *vec_push(ret) = x.covered.v[i];
    return violators_hide(r, ret, e);
}

/* ---- one duty ---- */

static bool carries_duty(const struct carries *c, const char *duty)
{
    for (size_t i = 0; i < c->n; i++)
        if (text_eq(c->duty[i], duty))
            return true;
    return false;
}

/* Exceptions of the duty's article as they fall on this duty alone. */
struct relief { const struct duty *duty; const struct exceptions *excepted; bool whole; struct violators covered; };

/* Violations of one check: into `ret` what counts, into `covered` what an exception covers. As many more are read as there are exceptions, so that
 * covered ones never hide one that counts. */
static enum rc unrelieved(struct reader *r, const struct check *k, struct relief *x, struct violators *ret, struct err *e)
{
    struct q_verdict_violators_rows row;
    int left = VIOLATORS_MAX - (int)ret->n;
    TRY(q_verdict_violators(r->db, r->mem, k->key, "bad", left + (int)x->excepted->n, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        bool covered = x->whole || exception_one(x->excepted, x->duty, row.v[i].number);
        struct violators *to = covered ? &x->covered : ret;
        if (to->n < VIOLATORS_MAX)
            *vec_push(to) = (struct violator){.check = k->key, .subject = row.v[i].subject, .title = row.v[i].title, .number = row.v[i].number,
                                              .state = covered ? VERDICT_EXCEPTED : VERDICT_BAD, .since_us = row.v[i].since_us};
    }
    return RC_OK;
}

/* Declarations that carry the duty, schedules, and forms that set tasks for it. */
static enum rc duty_promised(struct reader *r, const struct duty *d, bool *ret_judged, bool *ret_undeclared, struct err *e)
{
    struct q_sched_last last;
    bool made, done, coming = false;
    for (size_t i = 0; i < d->pack->declaration_n; i++)
        if (carries_duty(&d->pack->declaration[i].carries, d->key)) {
            TRY(declared(r, &d->pack->declaration[i], &made, e));
            *ret_judged = true;
            *ret_undeclared = *ret_undeclared || !made;
        }
    for (size_t i = 0; i < r->set->form_n; i++)
        for (size_t k = 0; k < r->set->form[i].then_n; k++)
            *ret_judged = *ret_judged || carries_duty(&r->set->form[i].then[k].carries, d->key);
    for (size_t i = 0; i < d->pack->schedule_n; i++)
        if (carries_duty(&d->pack->schedule[i].carries, d->key)) {
            TRY(q_sched_last(r->db, r->mem, d->pack->schedule[i].key, &last, &done, e));
            *ret_judged = *ret_judged || done;
            coming = coming || !done;
        }
    *ret_undeclared = *ret_undeclared || (coming && !*ret_judged);
    return RC_OK;
}

static enum rc duty_checks(struct reader *r, struct relief *x, bool *ret_judged, struct violators *ret, struct err *e)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->set->check_n; i++) {
            const struct check *k = &r->set->check[i];
            if (!carries_duty(&k->carries, x->duty->key))
                continue;
            *ret_judged = true;
            TRY(pass == 0 ? unrelieved(r, k, x, ret, e) : violators_of(r, k, "unknown", VERDICT_UNKNOWN, VIOLATORS_MAX, ret, e));
        }
    return RC_OK;
}

/* What its tasks, its checks and its declarations say, and which exceptions cover it; VERDICT_NONE when nothing of it is judged by the engine. An
 * exception is for what is known: what cannot be judged stays unknown. */
enum rc duty_state(struct reader *r, const char *duty, enum verdict_state *ret_state, struct violators *ret, struct err *e)
{
    const struct duty *d = pack_duty(r->set, duty);
    struct exceptions excepted = VEC_INIT(r->mem);
    struct relief x = {.duty = d, .excepted = &excepted, .covered = VEC_INIT(r->mem)};
    bool judged = false, undeclared = false;
    if (d == NULL)
        return err_set(e, ERR_DB_NOTFOUND, "duty %s", duty);
    if (ret->mem == NULL)
        ret->mem = r->mem;
    TRY(exceptions_read(r, &excepted, e));
    x.whole = exception_whole(&excepted, d->pack->id, d->article, &d->key, 1) != NULL;
    TRY(duty_overdue(r, duty, x.whole ? VERDICT_EXCEPTED : VERDICT_BAD, VIOLATORS_MAX, x.whole ? &x.covered : ret, e));
    TRY(duty_checks(r, &x, &judged, ret, e));
    TRY(duty_promised(r, d, &judged, &undeclared, e));
    if (ret->n > 0)                                      /* the bad ones stand first */
        *ret_state = ret->v[0].state;
    else
        *ret_state = undeclared ? VERDICT_UNKNOWN : x.covered.n > 0 ? VERDICT_EXCEPTED : judged ? VERDICT_OK : VERDICT_NONE;
    for (size_t i = 0; i < x.covered.n && ret->n < VIOLATORS_MAX; i++)
        *vec_push(ret) = x.covered.v[i];
    return violators_hide(r, ret, e);
}
