/* Restore: a backup is checked file by file and verified, what is there is moved aside, the copy takes its place, and `restore.json` tells the
 * next start to finish: a new epoch unless nothing that was ever signed is missing, erasures done again, all sessions ended. The mark is
 * written before the database takes its place and removed last, so that a restore cut off at any point is either repeated or finished.
 * `here` does the same with the data that is there: an administrator vouches for it (lost high-water file, clock, a copy made otherwise). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core_state.h"

#define MANIFEST_MAX (64 << 20)
#define MARK "restore.json"

struct restore { const struct conf *conf; TALLOC_CTX *mem; const char *dir; struct json *manifest; bool pg; const char *db_path; };

char *highwater_dir(TALLOC_CTX *mem, const struct conf *conf)
{
    return conf->highwater_dir && conf->highwater_dir[0] ? mem_strdup(mem, conf->highwater_dir) : file_join(mem, conf->data_dir, "highwater");
}

/* ---- the mark ---- */

enum rc restore_mark_read(TALLOC_CTX *mem, const struct conf *conf, struct restore_mark *ret, struct err *e)
{
    struct str text;
    struct json *j;
    char *path = file_join(mem, conf->data_dir, MARK);
    *ret = (struct restore_mark){.there = file_exists(path)};
    if (!ret->there)
        return RC_OK;
    TRY(file_read(mem, path, 1 << 20, &text, e));
    TRY(json_read(mem, text, 1 << 20, &j, e));
    ret->why = json_get_str(j, "why");
    ret->known = json_get_str(j, "known");
    ret->epoch = json_get_i64(j, "epoch", 0);
    ret->size = json_get_i64(j, "size", 0);
    return RC_OK;
}

static enum rc mark_write(const struct conf *conf, const char *checkpoint, const char *known, const char *why, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct json *j = json_obj(tmp);
    int64_t epoch, size;
    if (checkpoint == NULL || !ledger_note_read(checkpoint, &epoch, &size))
        return err_set(e, ERR_BACKUP, "no checkpoint");
    json_set_str(j, "why", why);
    json_set_str(j, "known", known);
    json_set_i64(j, "epoch", epoch);
    json_set_i64(j, "size", size);
    char *text = json_text(tmp, j);
    return file_write_atomic(file_join(tmp, conf->data_dir, MARK), text, strlen(text), 0600, e);
}

enum rc restore_mark_done(const struct conf *conf, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    if (unlink(file_join(tmp, conf->data_dir, MARK)) != 0 && errno != ENOENT)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", MARK, errno);
    int fd = open(conf->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? RC_OK : err_set(e, ERR_FILE_WRITE, "fsync of %s", conf->data_dir);
}

/* ---- is it a backup? ---- */

static bool name_ok(const char *name) { return name != NULL && name[0] != '/' && name[0] != '\0' && strstr(name, "..") == NULL; }

static enum rc files_check(struct restore *r, struct err *e)
{
    const struct json *files = json_get(r->manifest, "files");
    bool db = false;
    for (size_t i = 0; i < json_n(files); i++) {
        MEM_SCOPE(tmp, r->mem);
        const struct json *f = json_at(files, i);
        const char *name = json_get_str(f, "path"), *sum = json_get_str(f, "sha256");
        uint8_t want[HASH_N], got[HASH_N];
        int64_t bytes;
        if (!name_ok(name) || sum == NULL || !hex_read(str_of(sum), want, sizeof want))
            return err_set_arg(e, ERR_BACKUP, "manifest.json", "entry %zu of the manifest", i);
        TRY(file_digest(file_join(tmp, r->dir, name), got, &bytes, e));
        if (memcmp(want, got, sizeof want) != 0 || bytes != json_get_i64(f, "bytes", -1))
            return err_set_arg(e, ERR_BACKUP, name, "%s is not what the manifest says", name);
        db = db || strcmp(name, r->pg ? "daicho.pgdump" : "daicho.db") == 0;
    }
    return db ? RC_OK : err_set_arg(e, ERR_BACKUP, "daicho.db", "there is no database in it");
}

static enum rc backup_check(struct restore *r, struct err *e)
{
    struct str text;
    if (file_read(r->mem, file_join(r->mem, r->dir, "manifest.json"), MANIFEST_MAX, &text, e) != RC_OK)
        return err_set_arg(e, ERR_BACKUP, r->dir, "%s has no manifest.json: not a complete backup", r->dir);
    TRY(json_read(r->mem, text, MANIFEST_MAX, &r->manifest, e));
    if (!text_eq(json_get_str(r->manifest, "format"), BACKUP_FORMAT))
        return err_set_arg(e, ERR_BACKUP, "manifest.json", "format of the manifest");
    if (!text_eq(json_get_str(r->manifest, "engine"), r->pg ? "postgresql" : "sqlite"))
        return err_set_arg(e, ERR_BACKUP, json_get_str(r->manifest, "engine"), "the backup is of the other database engine");
    return files_check(r, e);
}

static enum rc copy_verify(struct restore *r, struct db *db, struct err *e)
{
    struct ledger_report rep;
    const char *vkey = json_get_str(r->manifest, "vkey");
    TRY(ledger_verify(db, r->mem, vkey ? vkey : "", &rep, e));
    if (rep.problem != NULL)
        return err_set(e, ERR_LEDGER_BROKEN, "the backup does not verify: %s %lld %s", rep.problem, (long long)rep.first_bad, rep.detail);
    return text_eq(rep.checkpoint, json_get_str(r->manifest, "checkpoint")) ? RC_OK : err_set_arg(e, ERR_BACKUP, "checkpoint", "checkpoint of the manifest");
}

/* ---- putting it in place ---- */

static enum rc aside(struct restore *r, const char *folder, const char *name, struct err *e)
{
    char *from = file_join(r->mem, r->conf->data_dir, name), *to = file_join(r->mem, folder, strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
    if (!file_exists(from))
        return RC_OK;
    TRY(file_mkdirs(folder, 0700, e));
    return rename(from, to) == 0 ? RC_OK : err_set(e, ERR_FILE_WRITE, "%s to %s: errno %d", from, to, errno);
}

/* A key that differs from what is there: what is there goes aside. */
static enum rc key_put(struct restore *r, const char *folder, const char *name, struct err *e)
{
    char *have = file_join(r->mem, r->conf->data_dir, name), *from = file_join(r->mem, r->dir, name);
    uint8_t a[HASH_N], b[HASH_N];
    int64_t n;
    TRY(file_digest(from, a, &n, e));
    if (file_exists(have)) {
        TRY(file_digest(have, b, &n, e));
        if (memcmp(a, b, sizeof a) == 0)
            return RC_OK;
        TRY(aside(r, folder, name, e));
    }
    return file_copy(from, have, 0600, e);
}

static enum rc keys_put(struct restore *r, const char *folder, struct err *e)
{
    TRY(file_mkdirs(file_join(r->mem, r->conf->data_dir, "keys"), 0700, e));
    if (!file_exists(file_join(r->mem, r->dir, "keys/ledger.seed")))
        return file_exists(file_join(r->mem, r->conf->data_dir, "keys/ledger.seed")) ? RC_OK
                   : err_set_arg(e, ERR_BACKUP, "keys/ledger.seed", "the backup was made without keys: put ledger.seed into %s/keys first", r->conf->data_dir);
    TRY(key_put(r, folder, "keys/ledger.seed", e));
    return file_exists(file_join(r->mem, r->dir, "keys/" VAULT_KEY)) ? key_put(r, folder, "keys/" VAULT_KEY, e) : RC_OK;
}

static enum rc attachments_put(struct restore *r, struct err *e)
{
    const struct json *files = json_get(r->manifest, "files");
    for (size_t i = 0; i < json_n(files); i++) {
        MEM_SCOPE(tmp, r->mem);
        const char *name = json_get_str(json_at(files, i), "path");
        uint8_t sum[HASH_N];
        int64_t bytes;
        if (strncmp(name, "attachments/", 12) != 0)
            continue;
        char *to = file_join(tmp, r->conf->data_dir, name);
        if (file_digest(to, sum, &bytes, NULL) == RC_OK && text_eq(hex_text(tmp, sum, sizeof sum), json_get_str(json_at(files, i), "sha256")))
            continue;
        TRY(file_mkdirs(mem_strndup(tmp, to, (size_t)(strrchr(to, '/') - to)), 0700, e));
        TRY(file_copy(file_join(tmp, r->dir, name), to, 0600, e));
    }
    return RC_OK;
}

static enum rc sqlite_put(struct restore *r, const char *folder, const char *known, struct err *e)
{
    static const char *const old[] = {"daicho.db", "daicho.db-wal", "daicho.db-shm"};
    char *part = file_join(r->mem, r->conf->data_dir, "daicho.db.restoring");
    struct db *copy;
    TRY(file_copy(file_join(r->mem, r->dir, "daicho.db"), part, 0600, e));
    TRY(db_open(r->mem, part, NULL, DB_READER, &copy, e));
    enum rc rc = copy_verify(r, copy, e);
    talloc_free(copy);
    TRY(rc);
    for (size_t i = 0; i < ARRAY_N(old); i++)
        TRY(aside(r, folder, old[i], e));
    TRY(keys_put(r, folder, e));
    TRY(attachments_put(r, e));
    TRY(mark_write(r->conf, json_get_str(r->manifest, "checkpoint"), known, "restored", e));
    if (rename(part, r->db_path) != 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", r->db_path, errno);
    return file_sync(r->db_path, e);
}

/* The dump was verified when it was made and its bytes are as then; it is verified again after loading, before anything is signed. */
static enum rc pg_put(struct restore *r, const char *folder, const char *known, struct err *e)
{
    struct db *db;
    bool empty = false;
    TRY(db_open(r->mem, NULL, r->conf->db_url, DB_READER, &db, e));
    enum rc rc = db_is_empty(db, &empty, e);
    if (rc == RC_OK && !empty)
        rc = err_set_arg(e, ERR_BACKUP, "PostgreSQL", "the database has tables: give an empty one");
    if (rc == RC_OK)
        rc = keys_put(r, folder, e);
    if (rc == RC_OK)
        rc = attachments_put(r, e);
    if (rc == RC_OK)
        rc = mark_write(r->conf, json_get_str(r->manifest, "checkpoint"), known, "restored", e);
    if (rc == RC_OK)
        rc = db_load(db, file_join(r->mem, r->dir, "daicho.pgdump"), e);
    if (rc == RC_OK)
        rc = copy_verify(r, db, e);
    talloc_free(db);
    return rc;
}

static enum rc note_read(TALLOC_CTX *mem, const char *path, const char **ret, struct err *e)
{
    struct str text;
    int64_t epoch, size;
    *ret = NULL;
    if (path == NULL)
        return RC_OK;
    TRY(file_read(mem, path, 1 << 16, &text, e));
    *ret = text.p;
    return ledger_note_read(text.p, &epoch, &size) ? RC_OK : err_set_arg(e, ERR_BACKUP, path, "%s is no checkpoint", path);
}

static enum rc here_mark(struct restore *r, const char *known, struct err *e)
{
    struct db *db;
    struct q_ledger_head head;
    bool found = false;
    TRY(db_open(r->mem, r->db_path, r->pg ? r->conf->db_url : NULL, DB_READER, &db, e));
    enum rc rc = q_ledger_head(db, r->mem, &head, &found, e);
    talloc_free(db);
    TRY(rc);
    return found ? mark_write(r->conf, head.checkpoint, known, "vouched", e) : err_set(e, ERR_LEDGER_BROKEN, "there is no ledger");
}

enum rc core_restore(const struct conf *conf, const char *dir, const char *known_file, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct restore r = {.conf = conf, .mem = mem, .dir = dir, .pg = conf->db_url != NULL && conf->db_url[0] != '\0', .db_path = file_join(mem, conf->data_dir, "daicho.db")};
    struct db_lock *lock = NULL;
    const char *known;
    TRY(note_read(mem, known_file, &known, e));
    TRY(file_mkdirs(conf->data_dir, 0700, e));
    if (!r.pg)
        TRY(db_lock_take(mem, r.db_path, &lock, e));
    if (dir == NULL)
        return here_mark(&r, known, e);
    TRY(backup_check(&r, e));
    char *folder = file_join(mem, conf->data_dir, mem_fmt(mem, "replaced-%lld", (long long)(clock_now_us() / US_PER_S)));
    return r.pg ? pg_put(&r, folder, known, e) : sqlite_put(&r, folder, known, e);
}
