/* Taking over what dir_plan.c found: chunk by chunk through the writer, each person two acts at most. Somebody who is gone or disabled there is not
 * deleted: the sign-in is marked, sessions end, and every administrator gets a task, since what follows (the last day, posts, open tasks) is for people to decide. */
#include <string.h>
#include <time.h>
#include "core/core_state.h"
#include "core/import_int.h"

#define CHUNK 50
#define NIGHT_H 3
#define NIGHT_DAY "directory_day"        /* in keep: the day of the last sync that came to its end */
#define OFF_NOTICE "directory-off"
static const struct actor syncs = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "directory"};

/* ---- one person ---- */

static enum rc read_into(struct work *w, const struct form *f, const struct content *base, const struct json *values, struct content **ret, struct err *e)
{
    struct reader r;
    struct value_ctx vc = record_value_ctx(w, &r);
    *ret = content_read(w->mem, &vc, f, base, values, base == NULL, w->troubles);
    return work_troubles_refuse(w, e);
}

static enum rc person_new(struct work *w, const struct json *row, int64_t *ret, struct err *e)
{
    const struct form *f = pack_form(w->set, "person");
    struct content *c;
    const char *login = json_get_str(row, "login");
    TRY(read_into(w, f, NULL, json_get(row, "values"), &c, e));
    TRY(record_try(w, f, c, e));
    TRY(work_troubles_refuse(w, e));
    TRY(record_put_in_force(w, f, c, "import", NULL, NULL, ret, e));
    return q_login_put(w->tx, *ret, login, "general", NULL, w->now_us, true, 0, 0, e);
}

/* A new version in force. A draft that somebody has begun is theirs: it is told, and tried again the next night. */
static enum rc person_change(struct work *w, int64_t person, const struct json *values, struct err *e)
{
    struct record rec;
    struct content *base, *c;
    struct revision rev;
    size_t erased;
    struct json *save = json_obj(w->mem), *effect = json_obj(w->mem);
    TRY(record_get(w->db, w->mem, w->set, person, &rec, e));
    if (rec.force_rev == 0 || rec.draft_rev != 0 || rec.form == NULL || strcmp(rec.form_ident, "person") != 0)
        return err_set_arg(e, ERR_STATE, rec.number, "%s is being changed by somebody", rec.number);
    TRY(revision_content(w->db, w->mem, rec.force_rev, &base, &erased, e));
    TRY(read_into(w, rec.form, base, values, &c, e));
    content_order(c, rec.form);
    TRY(ftable_put(w->tx, w->mem, rec.form, &rec, SLOT_DRAFT, "draft", c, e));
    TRY(judge_rules(w, &rec, SLOT_DRAFT, c, "submit", e));
    TRY(work_troubles_refuse(w, e));
    TRY(revision_write(w, person, rec.form, c, &rev, e));
    json_set_i64(save, "draft", rev.id);
    json_set_str(save, "draft_state", "draft");
    TRY(act_do(w, person, rev.id, "save", NULL, NULL, save, e));
    TRY(record_get(w->db, w->mem, w->set, person, &rec, e));
    TRY(record_promote(w, &rec, c, effect, e));
    return act_do(w, person, rev.id, "import", NULL, NULL, effect, e);
}

/* Marked, signed out, told. */
static enum rc person_state(struct work *w, int64_t person, const char *state, struct err *e)
{
    struct record rec;
    struct id_vec admins = VEC_INIT(w->mem);
    struct json *effect = json_obj(w->mem);
    bool off = strcmp(state, "active") != 0;
    TRY(q_directory_state(w->tx, person, state, w->now_us, e));
    TRY(work_entry(w, "auth.directory", work_pseudo(w, person), e, "on", state, NULL));
    if (!off)
        return RC_OK;
    TRY(q_session_end_all(w->tx, person, e));
    TRY(record_get(w->db, w->mem, w->set, person, &rec, e));
    TRY(org_holders_set(w->db, w->mem, w->set, "administrator", 0, w->today, &admins, e));
    for (size_t i = 0; i < admins.n; i++)
        task_notice(w, &rec, &(struct notice){.name = OFF_NOTICE, .at = NOTICE_AT(w->now_us, 0), .person = admins.v[i],
                    .title = msg_text(LANG_JA, strcmp(state, "gone") == 0 ? MSG("directory.task-gone") : MSG("directory.task-disabled"))}, effect);
    return admins.n > 0 ? act_do(w, person, rec.force_rev, "import", NULL, NULL, effect, e) : RC_OK;
}

static enum rc person_propose(struct work *w, int64_t person, const char *role, struct err *e)
{
    struct record rec;
    struct id_vec admins = VEC_INIT(w->mem);
    struct json *effect = json_obj(w->mem);
    const struct role *r = pack_role(w->set, role);
    if (r == NULL)
        return err_set_arg(e, ERR_FIELDS, role, "propose %s", role);
    TRY(record_get(w->db, w->mem, w->set, person, &rec, e));
    TRY(org_holders_set(w->db, w->mem, w->set, "administrator", 0, w->today, &admins, e));
    for (size_t i = 0; i < admins.n; i++)
        task_notice(w, &rec, &(struct notice){.name = mem_fmt(w->mem, ROLE_NOTICE "%s", role), .person = admins.v[i],
                    .title = msg_fill(w->mem, LANG_JA, MSG("directory.task-propose"), r->name, NULL)}, effect);
    return admins.n > 0 ? act_do(w, person, rec.force_rev, "import", NULL, NULL, effect, e) : RC_OK;
}

static bool state_ok(const char *s) { return text_eq(s, "active") || text_eq(s, "disabled") || text_eq(s, "gone"); }

/* The account of who is new or was not linked: no password here from now on. */
static enum rc person_link(struct work *w, int64_t person, const struct json *row, struct err *e)
{
    const char *dkey = json_get_str(row, "dkey"), *login = json_get_str(row, "login"), *kind;
    struct q_login_of acc;
    struct q_login_by_name other;
    bool found, taken;
    TRY(q_login_of(w->db, w->mem, person, &acc, &found, e));
    if (found && acc.hash != NULL)
        return err_set_arg(e, ERR_STATE, login, "%s has a password of the house by now", login);
    if (!found) {
        TRY(q_login_by_name(w->db, w->mem, login, &other, &taken, e));
        if (taken)
            return err_set_arg(e, ERR_DB_CONSTRAINT, login, "login %s is taken", login);
        TRY(account_kind(w, person, &kind, e));
        TRY(q_login_put(w->tx, person, login, kind, NULL, w->now_us, true, 0, 0, e));
    }
    TRY(q_login_no_hash(w->tx, person, e));
    TRY(q_directory_put(w->tx, person, dkey, w->now_us, e));
    return work_entry(w, "auth.directory", work_pseudo(w, person), e, "on", "yes", NULL);
}

static enum rc row_apply(struct work *w, const struct json *row, struct err *e)
{
    int64_t person = json_get_i64(row, "person", 0);
    const char *dkey = json_get_str(row, "dkey"), *state = json_get_str(row, "state");
    const struct json *values = json_get(row, "values");
    struct q_directory_by_key had;
    bool linked;
    if (dkey == NULL || dkey[0] == '\0' || strlen(dkey) > DIR_KEY_MAX || !state_ok(state))
        return err_set(e, ERR_FIELDS, "rows: dkey, state");
    TRY(q_directory_by_key(w->db, w->mem, dkey, &had, &linked, e));
    if (linked ? had.person != person : json_get_str(row, "login") == NULL)      /* somebody linked or unlinked meanwhile */
        return err_set(e, ERR_DIRECTORY_TAKEN, "the plan is out of date for %lld", (long long)person);
    if (person == 0)
        TRY(person_new(w, row, &person, e));
    else if (json_n(values) > 0)
        TRY(person_change(w, person, values, e));
    if (linked && json_get_str(row, "propose") != NULL)
        return person_propose(w, person, json_get_str(row, "propose"), e);
    if (!linked)
        return person_link(w, person, row, e);
    return strcmp(had.state, state) != 0 ? person_state(w, person, state, e) : RC_OK;
}

/* As many rows as fit into the writer's time; done: how many. */
enum rc cmd_directory_apply(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    const struct json *rows = json_get(args, "rows");
    int64_t t0 = clock_mono_us();
    size_t i = 0;
    if (w->set == NULL)
        return err_set(e, ERR_STATE, "no set");
    for (; i < json_n(rows) && i < CHUNK && (i == 0 || !import_time_over(t0)); i++) {
        w->troubles->n = 0;
        TRY(row_apply(w, json_at(rows, i), e));
    }
    json_set_i64(body, "done", (int64_t)i);
    return json_get_str(args, "day") != NULL ? q_keep_put(w->tx, NIGHT_DAY, json_get_str(args, "day"), e) : RC_OK;
}

/* ---- all of them ---- */

static struct json *part(TALLOC_CTX *mem, const struct json *rows, size_t from, size_t n)
{
    struct json *args = json_obj(mem), *arr = json_set_arr(args, "rows");
    for (size_t i = from; i < json_n(rows) && i < from + n; i++)
        json_add(arr, json_at(rows, i));
    return args;
}

static bool row_fault(const struct err *e) { return err_info(e->code)->http < 500; }

/* Why a row was refused, for people. */
static void refused(TALLOC_CTX *mem, struct dir_plan *p, const struct json *row, const struct answer *a)
{
    const char *who = json_get_str(row, "login") ? json_get_str(row, "login") : mem_fmt(mem, "%lld", (long long)json_get_i64(row, "person", 0));
    const struct json *t = json_at(json_get(a->body, "troubles"), 0);
    const char *text = json_get_str(t, "text");
    json_add_str(p->notes, mem_fmt(mem, "%s: %s", who, text ? text : err_say(mem, LANG_JA, &a->err)));
}

enum rc directory_apply(struct core *c, TALLOC_CTX *mem, struct dir_plan *p, struct err *e)
{
    size_t at = 0, step = CHUNK, all = json_n(p->rows);
    while (at < all && !c->nightly.stop) {
        MEM_SCOPE(tmp, NULL);
        struct answer *a;
        core_command(c, tmp, &syncs, "directory.apply", part(tmp, p->rows, at, step), NULL, &a);
        if (a->rc == RC_OK) {
            at += (size_t)json_get_i64(a->body, "done", 1);
            step = CHUNK;
        } else if (!row_fault(&a->err)) {
            *e = a->err;
            return a->rc;
        } else if (step > 1) {
            step = 1;                                    /* one of them: the others go alone */
        } else {
            refused(mem, p, json_at(p->rows, at), a);
            at++;
        }
    }
    return at < all ? err_set(e, ERR_STATE, "stopped at %zu of %zu", at, all) : RC_OK;
}

/* ---- nightly, on a thread of its own: a directory that hangs must not hold the keeper ---- */

static bool night_due(struct core *c, char today[CIVIL_TEXT_N])
{
    MEM_SCOPE(mem, NULL);
    bool ok;
    const int64_t now = clock_now_us();
    civil_text(civil_of_us(now), today);
    if (civil_of_us(now - NIGHT_H * 3600 * US_PER_S).d != civil_of_us(now).d)        /* before three o'clock */
        return false;
    const char *last = keep_says(c, mem, NIGHT_DAY, &ok);
    return ok && !core_setup_open(c) && !text_eq(last, today);
}

static void night(struct core *c, const char *today)
{
    MEM_SCOPE(mem, NULL);
    struct dir_plan p;
    struct err e = {0};
    struct json *args = json_obj(mem);
    enum rc rc = directory_plan(c, mem, false, &p, &e);
    if (rc == RC_OK)
        rc = directory_apply(c, mem, &p, &e);
    json_set_str(args, "day", today);                    /* what is not believed today is looked at tomorrow */
    if (rc != RC_OK) {
        log_err("directory", "nightly", &e);
        if (e.code != ERR_DIRECTORY_HALF)
            return;                                      /* tried again in a quarter of an hour */
    }
    if (core_send(c, mem, &syncs, "directory.apply", args, &e) != RC_OK)
        log_err("directory", "nightly", &e);
    for (size_t i = 0; rc == RC_OK && i < json_n(p.notes); i++)
        log_event(LOG_WARN, "directory.note", "what", json_str(json_at(p.notes, i)), NULL);
}

static void *night_main(void *arg)
{
    struct core *c = arg;
    struct nightly *n = &c->nightly;
    char today[CIVIL_TEXT_N];
    pthread_mutex_lock(&n->lock);
    while (!n->stop) {
        int64_t next = clock_mono_us() + 900 * US_PER_S;
        pthread_mutex_unlock(&n->lock);
        if (night_due(c, today))
            night(c, today);
        pthread_mutex_lock(&n->lock);
        const struct timespec t = {next / US_PER_S, next % US_PER_S * 1000};
        while (!n->stop && clock_mono_us() < next)
            (void)pthread_cond_clockwait(&n->cond, &n->lock, CLOCK_MONOTONIC, &t);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

void core_directory_nightly(struct core *c)
{
    struct nightly *n = &c->nightly;
    if (c->dir == NULL || n->started)
        return;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->cond, NULL);
    n->started = pthread_create(&n->thread, NULL, night_main, c) == 0;
}

void nightly_stop(struct core *c)
{
    struct nightly *n = &c->nightly;
    if (!n->started)
        return;
    pthread_mutex_lock(&n->lock);
    n->stop = true;
    pthread_cond_signal(&n->cond);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    n->started = false;
}
