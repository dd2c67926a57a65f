/* Writes ledgers for those who judge them from outside (Go, Python), and measures verification.
 *   ledgertool make DIR ENTRIES     DIR/house.db, DIR/export, receipts, consistency proofs; prints the verifier key
 *   ledgertool verify DB VKEY       prints "ok ENTRIES MILLISECONDS" or the problem */
#include <stdio.h>
#include <stdlib.h>
#include "ledgertest.h"

static void text_put(struct lt *t, const char *name, const char *text, size_t n)
{
    lt_must(t, file_write_atomic(file_join(t->mem, t->dir, name), text, n, 0600, &t->e), name);
}

static void proofs(struct lt *t, struct db *r, int64_t size)
{
    int64_t step = size / 40 + 1;
    for (int64_t i = 0; i < size; i += step) {
        char *receipt;
        struct str bytes;
        lt_must(t, ledger_receipt(r, t->mem, i, &receipt, &t->e), "receipt");
        lt_must(t, ledger_entry(r, t->mem, i, &bytes, &t->e), "entry");
        text_put(t, mem_fmt(t->mem, "receipt-%lld", (long long)i), receipt, strlen(receipt));
        text_put(t, mem_fmt(t->mem, "entry-%lld", (long long)i), bytes.p, bytes.n);
        lt_must(t, ledger_consistency(r, t->mem, i + 1, size, &receipt, &t->e), "consistency");
        text_put(t, mem_fmt(t->mem, "consistency-%lld", (long long)i + 1), receipt, strlen(receipt));
    }
}

static int make(TALLOC_CTX *mem, const char *dir, int64_t n)
{
    struct lt t;
    struct db *w, *r;
    struct err e;
    const char *path = file_join(mem, dir, "house.db");
    if (db_open(mem, path, NULL, DB_WRITER, &w, &e) != RC_OK || db_migrate(w, &e) != RC_OK) {
        fprintf(stderr, "%s\n", e.detail);
        return 1;
    }
    lt_init(&t, mem, w, dir);
    lt_must(&t, lt_open(&t), "open");
    lt_house(&t);
    for (int64_t left = n - ledger_size(t.l); left > 0; left -= 5000)
        lt_append(&t, left < 5000 ? left : 5000);
    lt_must(&t, db_open(mem, path, NULL, DB_READER, &r, &t.e), "reader");
    lt_must(&t, db_read_begin(r, &t.e), "read");
    proofs(&t, r, ledger_size(t.l));
    lt_must(&t, ledger_export(r, file_join(mem, dir, "export"), ledger_vkey(t.l), &t.e), "export");
    db_read_end(r);
    printf("%s\n", ledger_vkey(t.l));
    return 0;
}

static int verify(TALLOC_CTX *mem, const char *path, const char *vkey)
{
    struct db *r;
    struct ledger_report rep;
    struct err e;
    int64_t from = clock_mono_us();
    if (db_open(mem, path, NULL, DB_READER, &r, &e) != RC_OK || ledger_verify(r, mem, vkey, &rep, &e) != RC_OK) {
        fprintf(stderr, "%s\n", e.detail);
        return 1;
    }
    if (rep.problem != NULL)
        printf("%s %lld %s\n", rep.problem, (long long)rep.first_bad, rep.detail);
    else
        printf("ok %lld %lld\n", (long long)rep.entries, (long long)(clock_mono_us() - from) / 1000);
    return rep.problem != NULL;
}

int main(int argc, char **argv)
{
    struct err e;
    mem_init();
    TALLOC_CTX *mem = mem_root(0);
    int code = 2;
    if (crypt_init(&e) != RC_OK)
        return 1;
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        code = make(mem, argv[2], atoll(argv[3]));
    else if (argc == 4 && strcmp(argv[1], "verify") == 0)
        code = verify(mem, argv[2], argv[3]);
    talloc_free(mem);
    return code;
}
