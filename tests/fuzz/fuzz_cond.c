/* libFuzzer target for conditions: any bytes give a condition or a problem with a place; what is accepted passes the fence of db and
 * runs on SQLite without an error, and leaves no memory behind.
 *   build/fuzz_cond -max_len=2000 tests/fuzz/corpus/cond */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "condrun.h"
#include "condset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct db *db;
static char path[64];

static void gone(void)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    talloc_free(db);
    for (size_t i = 0; i < ARRAY_N(tails); i++) {
        char *p = mem_fmt(NULL, "%s%s", path, tails[i]);
        unlink(p);
        talloc_free(p);
    }
}

static void db_make(void)
{
    struct err e = {0};
    struct tx *tx;
    bool fatal;
    mem_init();
    memcpy(path, "/tmp/daicho-fuzz-XXXXXX", sizeof "/tmp/daicho-fuzz-XXXXXX");
    int fd = mkstemp(path);
    close(fd);
    unlink(path);
    atexit(gone);
    if (db_open(NULL, path, NULL, DB_WRITER, &db, &e) != RC_OK || db_migrate(db, &e) != RC_OK || tx_begin(db, &tx, &e) != RC_OK)
        abort();
    MEM_SCOPE(tmp, db);
    struct sql *s = sql_new(tmp);
    sql_lit(s, "INSERT INTO head (one, size, root, frontier, checkpoint, epoch, last_us, pack_set, next_id, boot) VALUES (1, 0, ");
    sql_blob(s, "", 0);
    sql_lit(s, ", ");
    sql_blob(s, "", 0);
    sql_lit(s, ", '', 1, 0, 0, 1, '')");
    if (tx_exec(tx, s, NULL, &e) != RC_OK || tx_commit(tx, &fatal, &e) != RC_OK || condrun_fill(db, condset(), 12, 1, &e) != RC_OK)
        abort();
}

static void run(TALLOC_CTX *mem, const struct cond *c)
{
    struct condrun_case k = {"fuzz", c, pack_form(condset(), "takeout"), "r"};
    struct condrun_keys keys = VEC_INIT(mem);
    struct err e = {0};
    const char *answer;
    if (condrun_keys_of(db, k.f, true, &keys, &e) != RC_OK || keys.n == 0)
        abort();
    enum rc rc = condrun_ask(db, mem, &k, keys.v[0].record, keys.v[0].slot, &answer, &e);
    if (rc != RC_OK && e.code != ERR_DB_STEPS && strstr(e.detail, "integer overflow") == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (db == NULL)
        db_make();
    TALLOC_CTX *mem = mem_root(0);
    struct problem_vec problems = VEC_INIT(mem);
    struct cond_scope scope = condset_scope();
    char *src = mem_strndup(mem, (const char *)data, n);
    if (n % 3 == 0)
        scope.option_field = pack_field(scope.r, "basis");       /* `allowed`: always a yes or no */
    struct cond *c = cond_compile(mem, src, (struct pos){"fuzz", 1, 1}, &scope, scope.option_field ? (int)CT_BOOL : -1, &problems);
    if ((c == NULL) != (problems.n > 0))
        abort();
    for (size_t i = 0; i < problems.n; i++)
        if (problems.v[i].pos.line < 1 || problems.v[i].pos.col < 1 || problems.v[i].text[0] == '\0')
            abort();
    if (c != NULL)
        run(mem, c);
    talloc_free(mem);
    return 0;
}
