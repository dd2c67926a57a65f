/* The single writer: one thread owns the only read-write connection. It takes what is queued (never waits for more), runs each command
 * in a savepoint, seals the ledger, commits once, and only then answers all. See design.md 5 "The write path", trust.md 3.4.
 *
 * A command that fails leaves nothing behind but its answer. An I/O error ends the process (it is never retried): whoever waits gets no
 * answer, and start-up tells the truth from the ledger. A full disk: space.c. A lost PostgreSQL: doubt.c. */
#include <stdlib.h>
#include <unistd.h>
#include "core/core_state.h"

#define WRITER_BATCH_MAX 256
#define WRITER_BATCH_US 20000
#define WRITER_QUEUE_MAX 4096
#define IKEY_MAX 100

/* ---- one command ---- */

static enum rc need_met(struct work *w, const struct command *cmd, struct err *e)
{
    switch (cmd->need) {
    case CMD_OPEN:
        return RC_OK;
    case CMD_SYSTEM:
        return w->actor.kind == ACTOR_SYSTEM ? RC_OK : err_set(e, ERR_DENIED, "%s is for the system", cmd->name);
    case CMD_SETUP:
        return w->actor.kind == ACTOR_SETUP || w->actor.kind == ACTOR_SYSTEM ? RC_OK
                                                                              : err_set(e, ERR_SETUP_DONE, "%s", cmd->name);
    case CMD_ADMIN:
        if (w->actor.kind == ACTOR_SETUP)               /* words and figures of the first hour */
            return setup_open_check(w, e);
        if (w->actor.kind != ACTOR_PERSON)
            return w->actor.kind == ACTOR_SYSTEM ? RC_OK : err_set(e, ERR_DENIED, "%s", cmd->name);
        {
            const struct grant *g;
            return perm_check(w->db, w->mem, w->set, &w->actor, PERMIT_ADMIN, NULL, NULL, w->today, &g, e);
        }
    case CMD_SIGNED_IN:
        return w->actor.kind == ACTOR_PERSON || w->actor.kind == ACTOR_SYSTEM ? RC_OK
                                                                               : err_set(e, ERR_SESSION, "%s", cmd->name);
    }
    return err_set(e, ERR_BUG, "command need");
}

static void digest_of(const struct job *j, TALLOC_CTX *mem, uint8_t ret[32])
{
    const char *text = json_canonical(mem, j->args);
    struct buf *b = buf_new(mem, strlen(text) + 200);
    buf_puts(b, j->cmd->name);
    buf_putc(b, '\n');
    buf_puts(b, text);
    crypt_sha256(b->p, b->n, ret);
}

/* The same key with the same arguments by the same actor gets the first answer again. */
static enum rc answered_before(struct work *w, struct job *j, const uint8_t digest[32], bool *ret_found, struct err *e)
{
    struct q_answered_get row;
    bool found;
    *ret_found = false;
    if (j->ikey == NULL)
        return RC_OK;
    if (strlen(j->ikey) > IKEY_MAX)
        return err_set(e, ERR_LIMIT, "idempotency key");
    TRY(q_answered_get(w->db, w->mem, j->ikey, &row, &found, e));
    if (!found)
        return RC_OK;
    if (row.actor != w->actor.person || row.digest.n != 32 || memcmp(row.digest.p, digest, 32) != 0)
        return err_set(e, ERR_IDEMPOTENCY, "key %s", j->ikey);
    struct json *body;
    TRY(json_read(j->mem, str_of(row.result), 1 << 22, &body, e));
    j->ans->body = body;
    j->ans->seq = row.seq;
    j->ans->repeated = true;
    *ret_found = true;
    return RC_OK;
}

static struct json *troubles_json(TALLOC_CTX *mem, const struct work *w, const struct err *e, struct json *body)
{
    const struct err_info *info = err_info(e->code);
    const char *code = info->name;
    for (size_t i = 0; i < w->troubles->n; i++)
        if (!w->troubles->v[i].warning && (e->code == ERR_RULE || e->code == ERR_UNDECIDED)) {
            code = w->troubles->v[i].code;
            break;
        }
    json_set_str(body, "code", code);
    json_set_str(body, "error", info->name);
    json_set_str(body, "text", msg_fill(mem, w->actor.lang, info->msg_key, e->arg, NULL));
    return body;
}

static void troubles_into(const struct work *w, struct json *body)
{
    if (w->troubles->n == 0)
        return;
    struct json *arr = json_set_arr(body, "troubles");
    for (size_t i = 0; i < w->troubles->n; i++) {
        const struct trouble *t = &w->troubles->v[i];
        struct json *o = json_add_obj(arr);
        json_set_str(o, "path", t->path);
        json_set_str(o, "code", t->code);
        json_set_str(o, "text", t->text);
        json_set_str(o, "rule", t->rule);
        json_set_str(o, "article", t->article);
        json_set_bool(o, "warning", t->warning);
    }
}

/* Runs the handler; true when something is to be kept. */
static bool command_run(struct writer *wr, struct tx *tx, struct job *j, int64_t now_us)
{
    struct answer *ans = j->ans;
    struct trouble_vec troubles = VEC_INIT(j->mem);
    struct work w = {.core = wr->core, .cmd = j->cmd, .tx = tx, .db = tx_db(tx), .mem = j->mem, .ledger = wr->ledger, .actor = *j->actor,
                     .now_us = now_us, .seq = -1, .troubles = &troubles};
    w.set = wr->core->current ? wr->core->current->set : NULL;
    civil_text(civil_of_us(now_us), w.today);
    uint8_t digest[32];
    bool found = false;
    int64_t mark = ledger_mark(wr->ledger);

    ans->body = json_obj(j->mem);
    ans->seq = -1;
    if (j->ikey != NULL)
        digest_of(j, j->mem, digest);
    enum rc rc = answered_before(&w, j, digest, &found, &ans->err);
    if (rc == RC_OK && found) {
        ans->rc = RC_OK;
        return false;
    }
    if (rc == RC_OK)
        rc = tx_savepoint(tx, &ans->err);
    if (rc != RC_OK) {
        ans->rc = rc;
        troubles_json(j->mem, &w, &ans->err, ans->body);
        return false;
    }
    rc = need_met(&w, j->cmd, &ans->err);
    if (rc == RC_OK && j->cmd->proof == PROOF_ALWAYS)
        rc = proof_fresh(w.set, &w.actor, w.now_us, &ans->err);
    if (rc == RC_OK)
        rc = j->cmd->fn(&w, j->args, ans->body, &ans->err);
    if (rc == RC_OK && w.failed)
        rc = err_set(&ans->err, ERR_DB, "%s could not take an id", j->cmd->name);
    if (rc == RC_OK && j->ikey != NULL) {
        char *text = json_text(j->mem, ans->body);
        rc = q_answered_add(tx, j->ikey, w.actor.person, (struct str){(const char *)digest, 32}, now_us, w.seq, text, &ans->err);
    }
    struct err e2 = {0};
    enum rc end = tx_savepoint_end(tx, rc == RC_OK, &e2);
    if (rc == RC_OK && end != RC_OK) {
        rc = end;
        ans->err = e2;
    }
    wr->scrub = wr->scrub || (rc == RC_OK && w.scrub);
    ans->rc = rc;
    ans->seq = rc == RC_OK ? w.seq : -1;
    if (rc != RC_OK) {
        ledger_unwind(wr->ledger, mark);
        troubles_json(j->mem, &w, &ans->err, ans->body);
    }
    troubles_into(&w, ans->body);                        /* their texts are the set's */
    set_held_end(wr->core, &w.held);
    return rc == RC_OK;
}

/* ---- the batch ---- */

static void batch_fail(struct job *first, const struct err *e)
{
    for (struct job *j = first; j != NULL; j = j->next) {
        if (j->ans->rc != RC_OK && j->ans->err.code != ERR_NONE)
            continue;                        /* was refused anyway */
        j->ans->err = *e;
        j->ans->rc = err_rc(e);
        j->ans->seq = -1;
        j->ans->body = json_obj(j->mem);
        json_set_str(j->ans->body, "code", err_info(e->code)->name);
        json_set_str(j->ans->body, "error", err_info(e->code)->name);
        json_set_str(j->ans->body, "text", err_say(j->mem, j->actor->lang, e));
    }
}

/* Another process may have switched the pack set: load it before any command sees it. */
static enum rc set_current(struct writer *wr, struct tx *tx, TALLOC_CTX *mem, struct err *e)
{
    struct q_head_next_id head;
    struct core *c = wr->core;
    TRY(q_head_next_id(tx_db(tx), mem, &head, e));
    int64_t have = c->current ? c->current->set->id : 0;
    if (head.pack_set == have || head.pack_set == 0)
        return RC_OK;
    struct set_ref *ref;
    TRY(setting_load(c, tx_db(tx), head.pack_set, &ref, e));
    core_set_adopt(c, ref);
    return RC_OK;
}

static void die_after_commit(const struct err *e)
{
    log_err("writer.commit", "-", e);
    log_event(LOG_ERROR, "writer.fatal", "why", "the disk did not confirm a commit; nothing was acknowledged", NULL);
    _exit(70);
}

static enum rc batch_commit(struct writer *wr, struct tx *tx, struct err *e)
{
    bool fatal = false;
    enum rc rc = ledger_seal(wr->ledger, tx, e);
    if (rc != RC_OK) {
        tx_rollback(tx);
        ledger_abandon(wr->ledger);
        return rc;
    }
    rc = tx_commit(tx, &fatal, e);
    if (rc != RC_OK) {
        if (fatal && db_engine(wr->db) == DB_PG)
            return commit_settle(wr, e);
        if (fatal)
            die_after_commit(e);
        ledger_abandon(wr->ledger);
        return rc;
    }
    struct err e2 = {0};
    if (ledger_committed(wr->ledger, &e2) != RC_OK)
        die_after_commit(&e2);              /* a checkpoint that is not in the high-water file must not leave */
    return RC_OK;
}

/* Whoever waits may go; the memory of their jobs is theirs again. */
static bool jobs_done(struct writer *wr, struct job *first)
{
    bool wrote = false;
    for (struct job *j = first, *next; j != NULL; j = next) {
        next = j->next;
        wrote = wrote || j->ans->rc == RC_OK;
        j->done = true;
    }
    pthread_cond_broadcast(&wr->done_cond);
    return wrote;
}

/* The control of tests/fault, in scene builds only: answers before COMMIT. The tests of power cuts must find the loss. */
static bool fault_early(struct writer *wr, struct job *first)
{
#ifdef DAICHO_SCENE
    if (getenv("DAICHO_FAULT_ACK_EARLY") != NULL) {
        pthread_mutex_lock(&wr->lock);
        (void)jobs_done(wr, first);
        pthread_mutex_unlock(&wr->lock);
        return true;
    }
#endif
    (void)wr, (void)first;
    return false;
}

static enum rc batch_begin(struct writer *wr, TALLOC_CTX *mem, struct tx **ret_tx, struct err *e)
{
    bool committed;
    if (wr->db == NULL)
        TRY(writer_again(wr, false, &committed, e));
    enum rc rc = tx_begin(wr->db, ret_tx, e);
    if (rc != RC_OK && db_is_lost(wr->db) && db_engine(wr->db) == DB_PG) {          /* the server was restarted while nobody wrote */
        TRY(writer_again(wr, true, &committed, e));
        rc = tx_begin(wr->db, ret_tx, e);
    }
    TRY(rc);
    rc = ledger_begin(wr->ledger, *ret_tx, e);
    if (rc == RC_OK)
        rc = set_current(wr, *ret_tx, mem, e);
    if (rc != RC_OK) {
        tx_rollback(*ret_tx);
        ledger_abandon(wr->ledger);
    }
    return rc;
}

static enum rc batch_end(struct writer *wr, struct tx *tx, bool keep, struct err *e)
{
    bool lost = tx_is_lost(tx);
    if (keep && !lost) {
        (void)__atomic_add_fetch(&wr->commits, 1, __ATOMIC_RELAXED);
        return batch_commit(wr, tx, e);
    }
    tx_rollback(tx);
    ledger_abandon(wr->ledger);
    return lost && e->code == ERR_NONE ? err_set(e, db_is_lost(wr->db) ? ERR_DB_LOST : ERR_DB_FULL, "the transaction was rolled back") : lost ? err_rc(e) : RC_OK;
}

static void pending_end(struct core *c, bool kept)
{
    if (c->pending == NULL)
        return;
    if (kept)
        core_set_adopt(c, c->pending);
    else
        talloc_free(c->pending->mem);
    c->pending = NULL;
}

/* After an error that leaves the connection useless: SQLite's is the end of the process, PostgreSQL is asked again by the next batch. */
static void connection_end(struct writer *wr, const struct err *e)
{
    if (wr->db == NULL || !db_is_lost(wr->db))
        return;
    if (db_engine(wr->db) == DB_SQLITE)
        die_after_commit(e);
    talloc_free(wr->db);
    wr->db = NULL;
}

/* A long batch is cut: what is left goes back to the head of the queue, so that nobody waits behind more than this and one command. */
static bool batch_cut(struct writer *wr, struct job *at, int64_t t0)
{
    struct job *rest = at->next, *last = rest;
    if (rest == NULL || clock_mono_us() - t0 < WRITER_BATCH_US)
        return false;
    while (last->next != NULL)
        last = last->next;
    at->next = NULL;
    pthread_mutex_lock(&wr->lock);
    last->next = wr->first;
    wr->first = rest;
    if (wr->last == NULL)
        wr->last = last;
    pthread_mutex_unlock(&wr->lock);
    return true;
}

static void batch_run(struct writer *wr, struct job *first, bool *ret_answered)
{
    MEM_SCOPE(mem, NULL);
    struct tx *tx = NULL;
    struct err e = {0};
    bool keep = false;
    int64_t t0 = clock_mono_us();
    enum rc rc = batch_begin(wr, mem, &tx, &e);
    if (rc != RC_OK) {
        for (struct job *j = first; j != NULL; j = j->next)
            j->ans->rc = RC_OK;
        batch_fail(first, &e);
        connection_end(wr, &e);
        return;
    }
    int64_t now = clock_now_us();
    for (struct job *j = first; j != NULL; j = j->next) {
        (void)__atomic_add_fetch(&wr->commands, 1, __ATOMIC_RELAXED);
        keep = command_run(wr, tx, j, now) || keep;
        wr->saw_full = wr->saw_full || j->ans->err.code == ERR_DB_FULL;
        if (batch_cut(wr, j, t0))
            break;
    }
    *ret_answered = fault_early(wr, first);
    rc = batch_end(wr, tx, keep, &e);
    if (rc != RC_OK && !*ret_answered) {
        log_err("writer.batch", "-", &e);
        batch_fail(first, &e);
    }
    wr->saw_full = wr->saw_full || e.code == ERR_DB_FULL;
    pending_end(wr->core, rc == RC_OK);
    if (wr->scrub && rc == RC_OK) {
        wr->scrub = db_scrub(wr->db, &e) != RC_OK;                  /* tried again by the keeper, once a second */
        if (wr->scrub || erasures_keep(wr->core, wr->db, &e) != RC_OK || attach_sweep(wr->core, wr->db, &e) != RC_OK)
            log_err("writer.scrub", "-", &e);
    }
    connection_end(wr, &e);
    int64_t held = clock_mono_us() - t0;
    if (held > wr->longest_hold_us)
        __atomic_store_n(&wr->longest_hold_us, held, __ATOMIC_RELAXED);
}

static bool job_alone(const struct job *j)
{
    return strncmp(j->cmd->name, "set.", 4) == 0 || strncmp(j->cmd->name, "setup.", 6) == 0;
}

/* Cuts a batch off the queue: a pack switch runs alone, so that no other command of the batch sees two sets. */
static struct job *batch_take(struct writer *wr)
{
    struct job *first = wr->first, *last = first;
    size_t n = 1;
    if (first == NULL)
        return NULL;
    while (last->next != NULL && n < WRITER_BATCH_MAX && !job_alone(first) && !job_alone(last->next)) {
        last = last->next;
        n++;
    }
    wr->first = last->next;
    if (wr->first == NULL)
        wr->last = NULL;
    last->next = NULL;
    return first;
}

static void *writer_main(void *arg)
{
    struct writer *wr = arg;
    pthread_mutex_lock(&wr->lock);
    for (;;) {
        while (wr->first == NULL && !wr->stop)
            pthread_cond_wait(&wr->work_cond, &wr->lock);
        struct job *batch = batch_take(wr);
        if (batch == NULL)
            break;
        pthread_mutex_unlock(&wr->lock);
        bool answered = false;
        batch_run(wr, batch, &answered);
        pthread_mutex_lock(&wr->lock);
        if (wr->saw_full)
            space_full(wr->core);
        wr->saw_full = false;
        bool wrote = answered || jobs_done(wr, batch);
        if (wrote) {
            pthread_mutex_unlock(&wr->lock);
            keeper_kick(wr->core);
            pthread_mutex_lock(&wr->lock);
        }
    }
    pthread_mutex_unlock(&wr->lock);
    return NULL;
}

enum rc writer_start(struct core *c, struct err *e)
{
    struct writer *wr = &c->writer;
    wr->core = c;
    pthread_mutex_init(&wr->lock, NULL);
    pthread_cond_init(&wr->work_cond, NULL);
    pthread_cond_init(&wr->done_cond, NULL);
    if (pthread_create(&wr->thread, NULL, writer_main, wr) != 0)
        return err_set(e, ERR_BUG, "cannot start the writer thread");
    wr->started = true;
    return RC_OK;
}

void writer_stop(struct core *c)
{
    struct writer *wr = &c->writer;
    if (!wr->started)
        return;
    pthread_mutex_lock(&wr->lock);
    wr->stop = true;
    pthread_cond_broadcast(&wr->work_cond);
    pthread_mutex_unlock(&wr->lock);
    pthread_join(wr->thread, NULL);
    wr->started = false;
}

static const struct command *command_by_name(const char *name)
{
    for (size_t i = 0; i < command_n; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}

/* The receipt is built by the caller's thread: it must not lengthen the writer's hold. */
static void receipt_add(struct core *c, TALLOC_CTX *mem, struct answer *ans)
{
    struct db *db;
    struct err e = {0};
    if (ans->rc != RC_OK || ans->seq < 0 || db_pool_take(c->pool, &db, &e) != RC_OK)
        return;
    char *text;
    if (ledger_receipt(db, mem, ans->seq, &text, &e) == RC_OK)
        ans->receipt = text;
    db_pool_give(c->pool, db);
}

/* Why nothing is written just now; ERR_NONE when all is well. Under the lock. */
static enum err_code refused_now(struct writer *wr, const struct command *cmd)
{
    if (cmd == NULL)
        return ERR_COMMAND;
    if (wr->stop || wr->readonly)
        return ERR_LEDGER_READONLY;
    if (ledger_clock_behind(wr->ledger))
        return ERR_LEDGER_CLOCK;
    return space_short(wr->core) && !space_spares(cmd->name) ? ERR_DB_FULL : ERR_NONE;
}

enum err_code core_writes_refused(struct core *c)
{
    static const struct command any = {.name = "-"};
    pthread_mutex_lock(&c->writer.lock);
    enum err_code code = refused_now(&c->writer, &any);
    pthread_mutex_unlock(&c->writer.lock);
    return code;
}

void core_counters(struct core *c, struct core_counters *ret)
{
    struct writer *wr = &c->writer;
    *ret = (struct core_counters){.commands = __atomic_load_n(&wr->commands, __ATOMIC_RELAXED), .commits = __atomic_load_n(&wr->commits, __ATOMIC_RELAXED),
                                  .longest_hold_us = __atomic_load_n(&wr->longest_hold_us, __ATOMIC_RELAXED)};
}

void core_command(struct core *c, TALLOC_CTX *mem, const struct actor *actor, const char *name, const struct json *args,
                  const char *ikey, struct answer **ret_answer)
{
    struct writer *wr = &c->writer;
    struct answer *ans = mem_new(mem, struct answer);
    struct job j = {.cmd = command_by_name(name), .actor = actor, .args = args, .ikey = ikey && ikey[0] ? ikey : NULL, .mem = mem, .ans = ans};
    ans->seq = -1;
    *ret_answer = ans;
    pthread_mutex_lock(&wr->lock);
    enum err_code no = refused_now(wr, j.cmd);
    if (no != ERR_NONE) {
        pthread_mutex_unlock(&wr->lock);
        struct err e = {0};
        (void)!err_set(&e, no, "%s", name);
        ans->rc = RC_OK;
        batch_fail(&j, &e);
        return;
    }
    if (wr->last != NULL)
        wr->last->next = &j;
    else
        wr->first = &j;
    wr->last = &j;
    pthread_cond_signal(&wr->work_cond);
    while (!j.done)
        pthread_cond_wait(&wr->done_cond, &wr->lock);
    pthread_mutex_unlock(&wr->lock);
    receipt_add(c, mem, ans);
}

void work_as_house(struct work *w) { w->actor = (struct actor){.kind = ACTOR_SYSTEM, .lang = w->actor.lang, .login = "system"}; }

enum rc core_send(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *name, const struct json *args, struct err *e)
{
    struct answer *ans;
    core_command(c, mem, a, name, args, NULL, &ans);
    if (ans->rc != RC_OK)
        *e = ans->err;
    return ans->rc;
}
