/* keys/signin.key: the key under which secrets of sign-in lie in the database. A file of its own, so that the database (or a backup without
 * keys) alone opens nothing. Whoever loses it must give second factors anew; nothing else depends on it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "core/core_state.h"

#define KEY_N 32

static enum rc key_read(TALLOC_CTX *mem, const char *path, uint8_t key[KEY_N], struct err *e)
{
    struct str text;
    TRY(file_read(mem, path, 1000, &text, e));
    return hex_read(str_trim(text), key, KEY_N) ? RC_OK : err_set(e, ERR_LEDGER_KEY, "%s holds no key", path);
}

enum rc vault_open(struct core *c, const char *keys, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    char *path = file_join(tmp, keys, VAULT_KEY);
    if (file_exists(path))
        return key_read(tmp, path, c->vault, e);
    crypt_random(c->vault, sizeof c->vault);
    char *text = mem_fmt(tmp, "%s\n", hex_text(tmp, c->vault, sizeof c->vault));
    return file_write_atomic(path, text, strlen(text), 0600, e);
}

static const char *place(TALLOC_CTX *mem, const char *what, int64_t person) { return mem_fmt(mem, "%s:%lld", what, (long long)person); }

void vault_seal(struct core *c, TALLOC_CTX *mem, const char *what, int64_t person, const void *p, size_t n, uint8_t **ret, size_t *ret_n)
{
    crypt_seal(mem, c->vault, place(mem, what, person), p, n, ret, ret_n);
}

bool vault_unseal(struct core *c, const char *what, int64_t person, const uint8_t *sealed, size_t n, void *ret, size_t want_n)
{
    MEM_SCOPE(tmp, NULL);
    return crypt_unseal(c->vault, place(tmp, what, person), sealed, n, ret, want_n);
}
