/* From which addresses people may sign in and go on working (`core.sign_in_from`; sme 4-7): numeric addresses and networks with blanks or commas between
 * them, nothing: from everywhere. Asked at every request, so that a session that is carried elsewhere ends there, and a token, too. Behind a proxy the
 * address is what a trusted proxy says (http/peer.c). Whoever sets the list must stand in it; `daicho rescue` empties it. */
#include <arpa/inet.h>
#include <string.h>
#include "core/core_state.h"

#define KEY "core.sign_in_from"

struct net { uint8_t raw[16]; int bits; bool v6; };

/* ::ffff:192.0.2.1 is 192.0.2.1. */
static bool address_read(const char *text, struct net *ret)
{
    *ret = (struct net){.bits = 32};
    if (inet_pton(AF_INET, text, ret->raw) == 1)
        return true;
    ret->v6 = true;
    ret->bits = 128;
    if (inet_pton(AF_INET6, text, ret->raw) != 1)
        return false;
    if (memcmp(ret->raw, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
        memmove(ret->raw, ret->raw + 12, 4);
        ret->v6 = false;
        ret->bits = 32;
    }
    return true;
}

static bool net_read(TALLOC_CTX *mem, struct str word, struct net *ret)
{
    int64_t bits;
    char *text = str_dup(mem, word), *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = '\0';
    if (!address_read(text, ret))
        return false;
    if (slash == NULL)
        return true;
    if (!str_to_i64(str_of(slash + 1), &bits) || bits < 1 || bits > ret->bits)
        return false;
    ret->bits = (int)bits;
    return true;
}

static bool net_holds(const struct net *n, const struct net *a)
{
    if (n->v6 != a->v6)
        return false;
    int whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->raw, a->raw, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((n->raw[whole] ^ a->raw[whole]) >> (8 - rest)) == 0;
}

/* The next word of a list; false: no more. */
static bool word_next(struct str *rest, struct str *ret)
{
    while (rest->n > 0) {
        size_t n = 0;
        while (n < rest->n && strchr(" ,\t\r\n", rest->p[n]) == NULL)
            n++;
        *ret = (struct str){rest->p, n};
        size_t used = n < rest->n ? n + 1 : n;
        *rest = (struct str){rest->p + used, rest->n - used};
        if (n > 0)
            return true;
    }
    return false;
}

const char *device_list_bad(TALLOC_CTX *mem, const char *list)
{
    struct str rest = str_of(list), word;
    struct net n;
    while (word_next(&rest, &word))
        if (!net_read(mem, word, &n))
            return str_dup(mem, word);
    return NULL;
}

bool device_list_holds(TALLOC_CTX *mem, const char *list, const char *addr)
{
    struct str rest = str_of(list), word;
    struct net n, a;
    if (str_trim(rest).n == 0)
        return true;
    if (addr == NULL || !address_read(addr, &a))
        return false;
    while (word_next(&rest, &word))
        if (net_read(mem, word, &n) && net_holds(&n, &a))
            return true;
    return false;
}

static const char *list_of(const struct pack_set *set)
{
    const char *v = set != NULL ? pack_value(set, KEY) : NULL;
    return v ? v : "";
}

enum rc device_allowed(struct core *c, TALLOC_CTX *mem, const char *addr, struct err *e)
{
    const struct pack_set *set = core_set_hold(c);
    const char *article = NULL;
    bool ok = device_list_holds(mem, list_of(set), addr);
    if (!ok)
        article = mem_strdup(mem, setting_article(set, KEY));
    core_set_release(c, set);
    return ok ? RC_OK : err_set_arg(e, ERR_DEVICE, article, "address %s is not in " KEY, addr ? addr : "-");
}

/* A new set must not shut out who makes it. Set-up and the console come from no address. */
enum rc device_self(struct work *w, const struct pack_set *next, struct err *e)
{
    if (w->actor.kind != ACTOR_PERSON || device_list_holds(w->mem, list_of(next), w->actor.addr))
        return RC_OK;
    return err_set_arg(e, ERR_DEVICE_SELF, w->actor.addr ? w->actor.addr : "-", "address %s is not in the new " KEY, w->actor.addr ? w->actor.addr : "-");
}
