/* Backup, while the server runs or not: the database through the engine's own copy (SQLite: VACUUM INTO on a reading connection; PostgreSQL:
 * pg_dump of one snapshot), the attachments that it names, the ledger's key, the high-water file, and last a manifest with the SHA-256 of
 * every file. The copy is verified against the ledger before it is called a backup (trust.md 3.10; docs/LEDGER.md section 8). */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core_state.h"

struct backup {
    const struct conf *conf; TALLOC_CTX *mem; const char *dir, *from; struct json *manifest, *files, *missing;
    struct backup_report *report;
};

enum rc file_digest(const char *path, uint8_t ret[HASH_N], int64_t *ret_bytes, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct sha256 *h = sha256_new(tmp);
    char *block = mem_alloc(tmp, 1, 1 << 18, "block");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    *ret_bytes = 0;
    if (fd < 0)
        return err_set_arg(e, ERR_FILE_MISSING, path, "%s", path);
    while ((n = read(fd, block, 1 << 18)) > 0) {
        sha256_add(h, block, (size_t)n);
        *ret_bytes += n;
    }
    close(fd);
    sha256_end(h, ret);
    return n == 0 ? RC_OK : err_set_arg(e, ERR_FILE_READ, path, "%s", path);
}

static enum rc manifest_add(struct backup *b, const char *name, struct err *e)
{
    uint8_t sum[HASH_N];
    int64_t bytes;
    TRY(file_digest(file_join(b->mem, b->dir, name), sum, &bytes, e));
    struct json *o = json_add_obj(b->files);
    json_set_str(o, "path", name);
    json_set_i64(o, "bytes", bytes);
    json_set_str(o, "sha256", hex_text(b->mem, sum, sizeof sum));
    b->report->bytes += bytes;
    b->report->files++;
    return RC_OK;
}

static enum rc copy_in(struct backup *b, const char *from, const char *name, struct err *e)
{
    TRY(file_copy(from, file_join(b->mem, b->dir, name), 0600, e));
    return manifest_add(b, name, e);
}

/* Whoever lost one file must still be able to save all others: it is named, in the manifest and by the command. */
static enum rc attachment_copy(struct backup *b, const struct str sha, struct err *e)
{
    MEM_SCOPE(tmp, b->mem);
    uint8_t sum[HASH_N];
    int64_t bytes;
    char *hex = hex_text(tmp, (const uint8_t *)sha.p, sha.n);
    char *name = mem_fmt(b->mem, "attachments/%.2s/%s", hex, hex), *from = file_join(tmp, b->conf->data_dir, name), *to = file_join(tmp, b->dir, name);
    if (file_exists(to))
        return RC_OK;                          /* named by two rows */
    if (file_digest(from, sum, &bytes, e) != RC_OK || memcmp(sum, sha.p, HASH_N) != 0) {
        json_add_str(b->missing, name);
        b->report->missing++;
        return RC_OK;
    }
    TRY(file_mkdirs(file_join(tmp, b->dir, mem_fmt(tmp, "attachments/%.2s", hex)), 0700, e));
    return copy_in(b, from, name, e);
}

static enum rc attachments_copy(struct backup *b, struct db *db, struct err *e)
{
    for (int64_t after = 0;;) {
        MEM_SCOPE(tmp, b->mem);
        struct q_truth_attachments_rows row;
        TRY(q_truth_attachments(db, tmp, after, &row, e));
        for (size_t i = 0; i < row.n; i++) {
            if (row.v[i].sha256.n == HASH_N && row.v[i].name != NULL)          /* else erased */
                TRY(attachment_copy(b, row.v[i].sha256, e));
            after = row.v[i].id;
        }
        if (row.n == 0)
            return RC_OK;
    }
}

/* db is the copy (SQLite) or the snapshot that was copied (PostgreSQL). */
static enum rc verified(struct backup *b, struct db *db, struct err *e)
{
    struct ledger_report rep;
    char *vkey;
    TRY(ledger_vkey_of(db, b->mem, file_join(b->mem, b->conf->data_dir, "keys"), &vkey, e));
    TRY(ledger_verify(db, b->mem, vkey, &rep, e));
    if (rep.problem != NULL)
        return err_set(e, ERR_LEDGER_BROKEN, "the copy does not verify: %s %lld %s", rep.problem, (long long)rep.first_bad, rep.detail);
    json_set_str(b->manifest, "vkey", vkey);
    json_set_str(b->manifest, "checkpoint", rep.checkpoint);
    json_set_i64(b->manifest, "entries", rep.entries);
    b->report->entries = rep.entries;
    TRY(file_write_atomic(file_join(b->mem, b->dir, "checkpoint"), rep.checkpoint, strlen(rep.checkpoint), 0600, e));
    return file_write_atomic(file_join(b->mem, b->dir, "vkey"), vkey, strlen(vkey), 0600, e);
}

static enum rc sqlite_copy(struct backup *b, struct db *db, struct err *e)
{
    char *to = file_join(b->mem, b->dir, "daicho.db");
    struct db *copy;
    TRY(db_backup(db, to, e));
    TRY(file_sync(to, e));
    TRY(db_open(b->mem, to, NULL, DB_READER, &copy, e));
    enum rc rc = verified(b, copy, e);
    if (rc == RC_OK)
        rc = attachments_copy(b, copy, e);
    talloc_free(copy);
    TRY(rc);
    return manifest_add(b, "daicho.db", e);
}

static enum rc pg_copy(struct backup *b, struct db *db, struct err *e)
{
    char *to = file_join(b->mem, b->dir, "daicho.pgdump");
    TRY(db_read_begin(db, e));
    enum rc rc = db_backup(db, to, e);
    if (rc == RC_OK)
        rc = file_sync(to, e);
    if (rc == RC_OK)
        rc = verified(b, db, e);
    if (rc == RC_OK)
        rc = attachments_copy(b, db, e);
    db_read_end(db);
    TRY(rc);
    return manifest_add(b, "daicho.pgdump", e);
}

static enum rc side_files(struct backup *b, bool with_keys, struct err *e)
{
    char *keys = file_join(b->mem, b->conf->data_dir, "keys/ledger.seed");
    TRY(file_mkdirs(file_join(b->mem, b->dir, "highwater"), 0700, e));
    static const char *const high[] = {"highwater", "erasures"};
    for (size_t i = 0; i < ARRAY_N(high); i++) {
        char *from = file_join(b->mem, b->from, high[i]);
        if (file_exists(from))
            TRY(copy_in(b, from, mem_fmt(b->mem, "highwater/%s", high[i]), e));
    }
    if (!with_keys)
        return RC_OK;
    TRY(file_mkdirs(file_join(b->mem, b->dir, "keys"), 0700, e));
    TRY(copy_in(b, keys, "keys/ledger.seed", e));
    char *vault = file_join(b->mem, b->conf->data_dir, "keys/" VAULT_KEY);
    return file_exists(vault) ? copy_in(b, vault, "keys/" VAULT_KEY, e) : RC_OK;
}

static enum rc folder_is_new(const char *dir, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct name_vec names = VEC_INIT(tmp);
    TRY(file_mkdirs(dir, 0700, e));
    TRY(file_list(tmp, dir, &names, e));
    return names.n == 0 ? RC_OK : err_set_arg(e, ERR_BACKUP, dir, "%s is not empty", dir);
}

enum rc core_backup(const struct conf *conf, const char *dir, bool with_keys, struct backup_report *ret, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct db *db;
    bool pg = conf->db_url != NULL && conf->db_url[0] != '\0';
    struct backup b = {.conf = conf, .mem = mem, .dir = dir, .from = highwater_dir(mem, conf), .manifest = json_obj(mem), .report = ret};
    *ret = (struct backup_report){0};
    json_set_str(b.manifest, "format", BACKUP_FORMAT);
    json_set_str(b.manifest, "engine", pg ? "postgresql" : "sqlite");
    json_set_i64(b.manifest, "made_at", clock_now_us());
    json_set_bool(b.manifest, "keys", with_keys);
    b.files = json_set_arr(b.manifest, "files");
    b.missing = json_set_arr(b.manifest, "missing");
    TRY(folder_is_new(dir, e));
    TRY(db_open(mem, file_join(mem, conf->data_dir, "daicho.db"), pg ? conf->db_url : NULL, DB_READER, &db, e));
    enum rc rc = pg ? pg_copy(&b, db, e) : sqlite_copy(&b, db, e);
    talloc_free(db);
    TRY(rc);
    TRY(side_files(&b, with_keys, e));
    char *text = json_text(mem, b.manifest);
    return file_write_atomic(file_join(mem, dir, "manifest.json"), text, strlen(text), 0600, e);      /* last: without it, it is no backup */
}
