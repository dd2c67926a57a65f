/* Backup: the database through the engine's own copy, the attachments by content, keys left where they are. The copy is verified before
 * it is called a backup (trust.md 3.10). */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core_state.h"

#define ATTACHMENT_MAX (64 << 20)

static enum rc folder_copy(TALLOC_CTX *mem, const char *from, const char *to, int depth, struct err *e)
{
    struct name_vec names = VEC_INIT(mem);
    TRY(file_mkdirs(to, 0700, e));
    TRY(file_list(mem, from, &names, e));
    for (size_t i = 0; i < names.n; i++) {
        char *a = file_join(mem, from, names.v[i]), *b = file_join(mem, to, names.v[i]);
        struct stat st;
        struct str data;
        if (strcmp(names.v[i], "tmp") == 0 || stat(a, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth > 0) {
            TRY(folder_copy(mem, a, b, depth - 1, e));
        } else if (S_ISREG(st.st_mode) && !file_exists(b)) {
            MEM_SCOPE(tmp, mem);
            TRY(file_read(tmp, a, ATTACHMENT_MAX, &data, e));
            TRY(file_write_atomic(b, data.p, data.n, 0600, e));
        }
    }
    return RC_OK;
}

static enum rc copy_verified(struct core *c, TALLOC_CTX *mem, const char *path, struct err *e)
{
    struct db *copy;
    struct ledger_report rep;
    TRY(db_open(mem, path, NULL, DB_READER, &copy, e));
    TRY(ledger_verify(copy, mem, c->vkey, &rep, e));
    return rep.problem == NULL ? RC_OK : err_set(e, ERR_LEDGER_BROKEN, "the copy does not verify: %s", rep.problem);
}

enum rc core_backup(struct core *c, const char *dir, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    struct db *db;
    char *path = file_join(mem, dir, "daicho.db");
    TRY(file_mkdirs(dir, 0700, e));
    if (file_exists(path))
        return err_set(e, ERR_FILE_WRITE, "%s exists already", path);
    TRY(db_pool_take(c->pool, &db, e));
    enum rc rc = db_backup(db, path, e);
    db_pool_give(c->pool, db);
    TRY(rc);
    TRY(folder_copy(mem, c->attach_dir, file_join(mem, dir, "attachments"), 2, e));
    return copy_verified(c, mem, path, e);
}
