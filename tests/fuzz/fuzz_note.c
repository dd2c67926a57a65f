/* libFuzzer target for signed notes, checkpoints and verifier keys, as they come from backups, witnesses and outsiders: nothing is signed by a key
 * that did not sign it, what is read is in range, and a checkpoint of ours with any byte changed is refused. build/fuzz_note tests/fuzz/corpus/note */
#include <stdlib.h>
#include "ledger/ledger_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t seed[32] = "a seed that signs in fuzzing onl";

static void read_as_it_is(TALLOC_CTX *mem, struct str in, const struct vkey *k)
{
    struct checkpoint c;
    struct vkey v;
    int64_t epoch, size;
    if (checkpoint_read(mem, in, &c) && (c.size < 0 || c.origin == NULL))
        abort();
    if (checkpoint_ok(mem, in, k, &c))
        abort();                                 /* only who has the seed can make one */
    (void)vkey_read(mem, in, &v);
    if (ledger_note_read(mem_strndup(mem, in.p, in.n), &epoch, &size) && size < 0)
        abort();
}

/* Byte `at` of a note of ours made another: never accepted, whatever the byte. */
static void one_byte(TALLOC_CTX *mem, const struct key *k, const struct vkey *v, size_t at, char to)
{
    hash_t root = {1, 2, 3};
    struct checkpoint c;
    char *note = checkpoint_sign(mem, k, "example.org/log", 12345, root);
    size_t n = strlen(note);
    if (!checkpoint_ok(mem, str_of(note), v, &c) || c.size != 12345)
        abort();
    if (note[at % n] == to)
        return;
    note[at % n] = to;
    if (to != '\0' && checkpoint_ok(mem, (struct str){note, n}, v, &c) && (c.size != 12345 || memcmp(c.root, root, sizeof root) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    TALLOC_CTX *mem = mem_root(0);
    struct err e = {0};
    struct key k;
    struct vkey v;
    if (crypt_init(&e) != RC_OK)
        abort();
    key_make(&k, "example.org/log", seed);
    if (!vkey_read(mem, str_of(key_vkey(mem, &k)), &v))
        abort();
    read_as_it_is(mem, (struct str){(const char *)data, n}, &v);
    if (n >= 3)
        one_byte(mem, &k, &v, data[0] * 256u + data[1], (char)data[2]);
    talloc_free(mem);
    return 0;
}
