/* The open house: database, migrations, ledger, pack set, writer, keeper. Start-up refuses what trust.md 3.4 refuses. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/core_state.h"

#define READERS_MAX 24
#define SHOWN_WAIT_MS 5000
#define SETS_KEPT 4                       /* older sets that stay loaded although nobody uses them just now */

static enum rc bind_key_ready(struct core *c, struct db *writer, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_keep_get row;
    bool found;
    struct tx *tx;
    bool fatal;
    uint8_t k[32];
    TRY(q_keep_get(writer, tmp, "bind_key", &row, &found, e));
    if (found)
        return RC_OK;
    crypt_random(k, sizeof k);
    TRY(tx_begin(writer, &tx, e));
    enum rc rc = q_keep_put(tx, "bind_key", hex_text(tmp, k, sizeof k), e);
    if (rc != RC_OK) {
        tx_rollback(tx);
        return rc;
    }
    (void)c;
    return tx_commit(tx, &fatal, e);
}

static enum rc set_up_needed(struct core *c, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_keep_get row;
    struct db *db;
    bool found;
    TRY(db_pool_take(c->pool, &db, e));
    enum rc rc = q_keep_get(db, tmp, "setup_done", &row, &found, e);
    db_pool_give(c->pool, db);
    TRY(rc);
    if (!found) {
        char *token = crypt_token(c);
        c->setup_code = mem_strndup(c, token, 12);
        talloc_free(token);
    }
    return RC_OK;
}

/* A newer program may want indexes that the tables of this set did not get when it was adopted. */
static enum rc tables_ready(struct db *writer, const struct pack_set *set, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct tx *tx;
    bool fatal;
    TRY(tx_begin(writer, &tx, e));
    enum rc rc = ftable_ensure(tx, tmp, set, e);
    if (rc == RC_OK)
        return tx_commit(tx, &fatal, e);
    tx_rollback(tx);
    return rc;
}

static enum rc set_first(struct core *c, struct db *writer, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_head_next_id head;
    struct set_ref *ref;
    TRY(q_head_next_id(writer, tmp, &head, e));
    if (head.pack_set == 0)
        return RC_OK;
    TRY(setting_load(c, writer, head.pack_set, &ref, e));
    core_set_adopt(c, ref);
    return tables_ready(writer, ref->set, e);
}

/* A restore that was cut off before the database took its place must be run again: an empty database is no substitute. */
static enum rc restore_whole(struct core *c, const struct restore_mark *mark, struct db *writer, struct err *e)
{
    bool empty = false;
    if (!mark->there)
        return RC_OK;
    if (writer == NULL)
        return c->db_url != NULL || file_exists(c->db_path) ? RC_OK : err_set(e, ERR_RESTORE, "a restore was interrupted: run it again");
    TRY(db_is_empty(writer, &empty, e));
    return empty ? err_set(e, ERR_RESTORE, "a restore was interrupted: run it again") : RC_OK;
}

static enum rc core_start(struct core *c, struct err *e)
{
    struct restore_mark mark;
    const struct conf *conf = c->conf;
    struct db *writer;
    bool spans;
    char *keys = file_join(c, conf->data_dir, "keys");
    char *hw = highwater_dir(c, conf);
    if (conf->directory != NULL && conf->directory[0] != '\0')
        TRY(dir_open(c, conf->directory, &c->dir, e));
    if (conf->oidc != NULL && conf->oidc[0] != '\0')
        TRY(oidc_open(c, conf->oidc, conf->public_url, OIDC_BACK_PATH, &c->oidc, e));
    TRY(file_mkdirs(conf->data_dir, 0700, e));
    TRY(file_mkdirs(keys, 0700, e));
    TRY(file_mkdirs(hw, 0700, e));
    c->kept_some = true;                                 /* from before this start, perhaps */
    c->attach_dir = file_join(c, conf->data_dir, "attachments");
    TRY(file_mkdirs(c->attach_dir, 0700, e));
    TRY(file_mkdirs(file_join(c, c->attach_dir, "tmp"), 0700, e));
    c->db_path = file_join(c, conf->data_dir, "daicho.db");
    c->db_url = conf->db_url && conf->db_url[0] ? conf->db_url : NULL;
    TRY(restore_mark_read(c, conf, &mark, e));
    TRY(restore_whole(c, &mark, NULL, e));
    TRY(db_open(c, c->db_path, c->db_url, DB_WRITER, &writer, e));
    TRY(restore_whole(c, &mark, writer, e));
    TRY(db_migrate(writer, e));
    c->trial = db_is_trial(writer);
    TRY(bind_key_ready(c, writer, e));
    TRY(vault_open(c, keys, e));
    TRY(factor_key_fits(c, writer, &c->vault_fits, e));
    if (!c->vault_fits)
        log_event(LOG_ERROR, "signin.key", "why", "keys/" VAULT_KEY " is missing or another house's: nobody's second factor opens. Put back the one that belongs to this data", NULL);
    struct ledger_conf lc = {.key_dir = keys, .highwater_dir = hw, .org = "daicho", .trial = c->trial,
                             .restored = mark.there, .known = mark.known, .why = mark.why};
    TRY(ledger_open(c, writer, &lc, &c->writer.ledger, e));
    c->writer.db = writer;
    c->vkey = mem_strdup(c, ledger_vkey(c->writer.ledger));
    TRY(set_first(c, writer, e));
    TRY(db_pool_new(c, c->db_path, c->db_url, conf->workers + 4 < READERS_MAX ? conf->workers + 4 : READERS_MAX, &c->pool, e));
    TRY(set_up_needed(c, e));
    TRY(erasures_keep(c, writer, e));
    TRY(attach_sweep(c, writer, e));
    TRY(span_wanted(writer, &spans, e));
    space_open(c);
    TRY(writer_start(c, e));
    if (mark.there)
        TRY(restore_finish(c, &mark, e));
    keeper_show(c);
    if (spans)
        TRY(span_make(c, e));
    return keeper_start(c, e);
}

enum rc core_open(TALLOC_CTX *mem, const struct conf *conf, struct core **ret_core, struct err *e)
{
    struct core *c = mem_new(mem, struct core);
    c->conf = conf;
    pthread_mutex_init(&c->set_lock, NULL);
    pthread_mutex_init(&c->load_lock, NULL);
    enum rc rc = core_start(c, e);
    if (rc != RC_OK) {
        keeper_stop(c);
        writer_stop(c);
        talloc_free(c);
        return e->code == ERR_DB_FULL && space_give_back(conf) ? core_open(mem, conf, ret_core, e) : rc;     /* even opening needs a little space */
    }
    *ret_core = c;
    return RC_OK;
}

void core_close(struct core *c)
{
    nightly_stop(c);
    keeper_stop(c);
    writer_stop(c);
    for (struct set_ref *r = c->old, *next; r != NULL; r = next) {
        next = r->next;
        talloc_free(r->mem);
    }
    if (c->current != NULL)
        talloc_free(c->current->mem);
    talloc_free(c);
}

const struct conf *core_conf(const struct core *c) { return c->conf; }
const char *core_vkey(const struct core *c) { return c->vkey; }
bool core_is_trial(const struct core *c) { return c->trial; }
bool core_signin_key_fits(const struct core *c) { return c->vault_fits; }
const char *core_setup_code(const struct core *c) { return c->setup_code; }

/* ---- the pack set in use ---- */

const struct pack_set *core_set_hold(struct core *c)
{
    const struct pack_set *s = NULL;
    pthread_mutex_lock(&c->set_lock);
    if (c->current != NULL) {
        c->current->refs++;
        s = c->current->set;
    }
    pthread_mutex_unlock(&c->set_lock);
    return s;
}

static void old_sweep(struct core *c)
{
    int idle = 0;
    for (struct set_ref **p = &c->old; *p != NULL;) {
        struct set_ref *r = *p;
        if (r->refs > 0 || ++idle <= SETS_KEPT) {
            p = &r->next;
            continue;
        }
        *p = r->next;
        talloc_free(r->mem);
    }
}

void core_set_release(struct core *c, const struct pack_set *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&c->set_lock);
    if (c->current != NULL && c->current->set == s)
        c->current->refs--;
    else
        for (struct set_ref *r = c->old; r != NULL; r = r->next)
            if (r->set == s)
                r->refs--;
    old_sweep(c);
    pthread_mutex_unlock(&c->set_lock);
}

const struct pack_set *core_set_find(struct core *c, int64_t id)
{
    struct set_ref *r = NULL;
    pthread_mutex_lock(&c->set_lock);
    if (c->current != NULL && c->current->set->id == id)
        r = c->current;
    for (struct set_ref *o = c->old; r == NULL && o != NULL; o = o->next)
        if (o->set->id == id)
            r = o;
    if (r != NULL)
        r->refs++;
    pthread_mutex_unlock(&c->set_lock);
    return r != NULL ? r->set : NULL;
}

void core_set_keep(struct core *c, struct set_ref *ref)
{
    pthread_mutex_lock(&c->set_lock);
    ref->refs = 1;
    ref->next = c->old;
    c->old = ref;
    old_sweep(c);
    pthread_mutex_unlock(&c->set_lock);
}

void core_set_adopt(struct core *c, struct set_ref *ref)
{
    pthread_mutex_lock(&c->set_lock);
    if (c->current != NULL) {
        c->current->next = c->old;
        c->old = c->current;
    }
    c->current = ref;
    old_sweep(c);
    pthread_mutex_unlock(&c->set_lock);
}

/* ---- reading ---- */

/* The rows of an import come into sight all at once: for the moment that takes, nobody begins to read. Not for ever: a writer that refuses (a full
 * disk) must not close the house. */
static int64_t shown_wait(struct core *c)
{
    int64_t n = __atomic_load_n(&c->shown, __ATOMIC_ACQUIRE);
    for (int i = 0; i < SHOWN_WAIT_MS / 2 && n % 2 != 0; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        n = __atomic_load_n(&c->shown, __ATOMIC_ACQUIRE);
    }
    return n;
}

/* A snapshot that began while rows were coming into sight may hold half of them. */
static enum rc snapshot_begin(struct core *c, struct db *db, struct err *e)
{
    for (int i = 0;; i++) {
        int64_t n = shown_wait(c);
        TRY(db_read_begin(db, e));
        if (i == 3 || n == __atomic_load_n(&c->shown, __ATOMIC_ACQUIRE))
            return RC_OK;
        db_read_end(db);
    }
}

enum rc core_read_begin(struct core *c, TALLOC_CTX *mem, const struct actor *actor, struct reader *ret_reader, struct err *e)
{
    struct reader r = {.core = c, .mem = mem, .now_us = clock_now_us()};
    if (actor != NULL)
        r.actor = *actor;
    civil_text(civil_of_us(r.now_us), r.today);
    enum rc rc = RC_FAIL;
    for (int i = 0; i < READERS_MAX && rc != RC_OK; i++) {
        TRY(db_pool_take(c->pool, &r.db, e));
        rc = snapshot_begin(c, r.db, e);
        bool lost = rc != RC_OK && db_is_lost(r.db);             /* the server was restarted: the next connection is tried, at last a new one */
        if (rc != RC_OK)
            db_pool_give(c->pool, r.db);
        if (rc != RC_OK && !lost)
            return rc;
    }
    TRY(rc);
    /* Another process may have switched the set: this process's writer reloads on its next command; wake it when a reader sees it first. */
    r.set = core_set_hold(c);
    struct q_head_next_id head;
    if (r.set != NULL && q_head_next_id(r.db, mem, &head, e) == RC_OK && head.pack_set != r.set->id && head.pack_set != 0) {
        core_set_release(c, r.set);
        r.set = NULL;
        struct set_ref *ref;
        rc = setting_load(c, r.db, head.pack_set, &ref, e);
        if (rc != RC_OK) {
            core_read_end(&r);
            return rc;
        }
        core_set_adopt(c, ref);
        r.set = core_set_hold(c);
    }
    *ret_reader = r;
    return RC_OK;
}

void core_read_end(struct reader *r)
{
    if (r->db == NULL)
        return;
    db_read_end(r->db);
    db_pool_give(r->core->pool, r->db);
    core_set_release(r->core, r->set);
    set_held_end(r->core, &r->held);
    r->db = NULL;
    r->set = NULL;
}

/* ---- helpers of commands ---- */

int64_t work_new_id(struct work *w)
{
    MEM_SCOPE(tmp, w->mem);
    struct q_head_next_id head;
    struct err e = {0};
    if (w->id_next == w->id_end) {                       /* take a block: one statement serves many ids */
        if (q_head_next_id(w->db, tmp, &head, &e) != RC_OK || q_head_set_next_id(w->tx, head.next_id + WORK_ID_BLOCK, &e) != RC_OK) {
            w->failed = true;                            /* the following statement of the command fails too; nothing is kept */
            return -1;
        }
        w->id_next = head.next_id;
        w->id_end = head.next_id + WORK_ID_BLOCK;
    }
    return w->id_next++;
}

const char *work_pseudo(struct work *w, int64_t person)
{
    struct q_pseudonym_of row;
    bool found;
    struct err e = {0};
    uint8_t raw[8];
    if (person == 0)
        return "system";
    if (q_pseudonym_of(w->db, w->mem, person, &row, &found, &e) == RC_OK && found)
        return row.pseudo;
    crypt_random(raw, sizeof raw);
    const char *p = mem_fmt(w->mem, "p:%s", hex_text(w->mem, raw, sizeof raw));
    if (q_pseudonym_add(w->tx, person, p, &e) != RC_OK)
        w->failed = true;
    return p;
}

enum rc work_entry(struct work *w, const char *type, const char *object, struct err *e, ...)
{
    struct entry *en = entry_new(w->mem, type, work_pseudo(w, w->actor.person), object);
    va_list ap;
    va_start(ap, e);
    for (const char *k = va_arg(ap, const char *); k != NULL; k = va_arg(ap, const char *)) {
        const char *v = va_arg(ap, const char *);
        entry_field(en, k, v ? v : "-");
    }
    va_end(ap);
    return ledger_append(w->ledger, w->tx, en, &w->seq, e);
}

enum rc work_todo(struct work *w, const char *kind, int64_t record, struct err *e)
{
    return q_todo_add(w->tx, work_new_id(w), kind, record, w->now_us, e);
}
