/* Files of a request that was asked for a proof first: they wait in attachments/tmp for the same request to come back, so that nobody chooses
 * them twice (decisions/0011). The page carries a ticket for each, sealed for this person and session; the file's own name says whose it is
 * and when it is thrown away. Nothing is in the database, and nothing names the bytes until the command takes them. */
#include <unistd.h>
#include "core/core_state.h"

#define KEPT_US (15 * 60 * US_PER_S)
#define KEPT_N_MAX 20                  /* of one person at a time; more must be chosen again */
#define KEPT_NAME_MAX 800
#define KEPT_FIELD_MAX 100

struct ticket { int64_t session, until; char file[KEPT_FIELD_MAX], field[KEPT_FIELD_MAX], name[KEPT_NAME_MAX]; };

static char *kept_dir(TALLOC_CTX *mem, const struct core *c) { return file_join(mem, c->attach_dir, "tmp"); }

/* "k<person>.<until>.<token>" */
static bool name_read(struct str name, int64_t *ret_person, int64_t *ret_until)
{
    struct str person, until;
    if (!str_starts(name, "k") || !str_next(&name, '.', &person) || !str_next(&name, '.', &until))
        return false;
    person = (struct str){person.p + 1, person.n - 1};
    return str_to_i64(person, ret_person) && str_to_i64(until, ret_until);
}

static size_t kept_n(struct core *c, TALLOC_CTX *mem, int64_t person)
{
    struct name_vec names = VEC_INIT(mem);
    size_t n = 0;
    int64_t whose, until;
    if (file_list(mem, kept_dir(mem, c), &names, NULL) != RC_OK)
        return 0;
    for (size_t i = 0; i < names.n; i++)
        n += name_read(str_of(names.v[i]), &whose, &until) && whose == person;
    return n;
}

char *kept_begin(struct core *c, TALLOC_CTX *mem, const struct actor *a)
{
    MEM_SCOPE(tmp, mem);
    char *token = crypt_token(tmp);
    if (a->session == 0 || kept_n(c, tmp, a->person) >= KEPT_N_MAX)
        return NULL;
    for (char *p = token; *p != '\0'; p++)
        *p = *p == '-' ? '_' : *p;
    __atomic_store_n(&c->kept_some, true, __ATOMIC_RELAXED);
    return file_join(mem, kept_dir(tmp, c), mem_fmt(tmp, "k%lld.%lld.%s", (long long)a->person, (long long)(clock_now_us() + KEPT_US), token));
}

char *kept_ticket(struct core *c, TALLOC_CTX *mem, const struct actor *a, const struct kept *k)
{
    struct ticket t;
    uint8_t *sealed;
    size_t n;
    int64_t person;
    const char *file = strrchr(k->path, '/') + 1;
    memset(&t, 0, sizeof t);
    if (strlen(file) >= sizeof t.file || strlen(k->field) >= sizeof t.field || strlen(k->name) >= sizeof t.name || !name_read(str_of(file), &person, &t.until))
        return NULL;
    t.session = a->session;
    memcpy(t.file, file, strlen(file));
    memcpy(t.field, k->field, strlen(k->field));
    memcpy(t.name, k->name, strlen(k->name));
    vault_seal(c, mem, "kept", a->person, &t, sizeof t, &sealed, &n);
    return b64_text(mem, sealed, n);
}

bool kept_open(struct core *c, TALLOC_CTX *mem, const struct actor *a, const char *ticket, struct kept *ret)
{
    struct ticket t;
    uint8_t *p;
    size_t n;
    if (a->session == 0 || !b64_read(mem, str_of(ticket), &p, &n) || !vault_unseal(c, "kept", a->person, p, n, &t, sizeof t) || t.session != a->session || t.until < clock_now_us())
        return false;
    *ret = (struct kept){.field = mem_strdup(mem, t.field), .name = mem_strdup(mem, t.name), .path = file_join(mem, kept_dir(mem, c), t.file)};
    return true;
}

void kept_sweep(struct core *c)
{
    MEM_SCOPE(mem, NULL);
    struct name_vec names = VEC_INIT(mem);
    char *dir = kept_dir(mem, c);
    int64_t person, until;
    if (!__atomic_exchange_n(&c->kept_some, false, __ATOMIC_RELAXED) || file_list(mem, dir, &names, NULL) != RC_OK)
        return;
    for (size_t i = 0; i < names.n; i++) {
        if (!name_read(str_of(names.v[i]), &person, &until))
            continue;
        if (until < clock_now_us())
            (void)unlink(file_join(mem, dir, names.v[i]));
        else
            __atomic_store_n(&c->kept_some, true, __ATOMIC_RELAXED);
    }
}
