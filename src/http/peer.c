/* Who sent a request when proxies stand in front: the address that limits of failed sign-ins count by. A peer that the configuration does not name is
 * itself, whatever it writes into its headers. A named proxy is believed in what it added to X-Forwarded-For, which is the end of the last such
 * header: from there to the front, past further named proxies, to the first address that is none. What stands before that was written by whoever
 * sent it. `Forwarded` is not read: a proxy that writes the one header passes the other on as the client wrote it. */
#include <arpa/inet.h>
#include <string.h>
#include "http/http_int.h"

enum { HOPS_MAX = 32, TRUSTED_MAX = 32 };

static char *address_of(TALLOC_CTX *mem, int family, const char *text)
{
    unsigned char raw[sizeof(struct in6_addr)];
    char out[INET6_ADDRSTRLEN];
    if (inet_pton(family, text, raw) != 1 || inet_ntop(family, raw, out, sizeof(out)) == NULL)
        return NULL;
    return mem_strdup(mem, strncmp(out, "::ffff:", 7) == 0 && strchr(out, '.') != NULL ? out + 7 : out);
}

/* In one way of writing: 192.0.2.1, 192.0.2.1:80, 2001:DB8::1, [2001:db8::1]:80, ::ffff:192.0.2.1. NULL: anything else. */
char *peer_address(TALLOC_CTX *mem, struct str s)
{
    s = str_trim(s);
    if (s.n == 0 || s.n > 60)
        return NULL;
    char *text = str_dup(mem, s), *colon = strchr(text, ':');
    if (text[0] == '[') {
        char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return NULL;
        *end = '\0';
        return address_of(mem, AF_INET6, text + 1);
    }
    if (colon == NULL || strchr(colon + 1, ':') == NULL) {
        if (colon != NULL)
            *colon = '\0';
        return address_of(mem, AF_INET, text);
    }
    return address_of(mem, AF_INET6, text);
}

enum rc peer_list(TALLOC_CTX *mem, const char *list, struct name_vec *ret, struct err *e)
{
    struct str rest = str_of(list ? list : ""), one;
    ret->mem = mem;
    if (str_trim(rest).n == 0)
        return RC_OK;
    while (str_next(&rest, ',', &one)) {
        char *a = peer_address(mem, one);
        if (a == NULL || ret->n == TRUSTED_MAX)
            return err_set_arg(e, ERR_CONF, "trusted-proxy", "trusted-proxy: %.*s is not a numeric address", (int)one.n, one.p);
        *vec_push(ret) = a;
    }
    return RC_OK;
}

static bool trusted(const struct name_vec *v, const char *addr)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->v[i], addr) == 0)
            return true;
    return false;
}

static struct str last_hop(struct str *rest)
{
    size_t at = rest->n;
    while (at > 0 && rest->p[at - 1] != ',')
        at--;
    struct str hop = {rest->p + at, rest->n - at};
    rest->n = at > 0 ? at - 1 : 0;
    return hop;
}

const char *peer_client(const struct req *r, const char *peer, const struct name_vec *v)
{
    const char *at = peer;
    int hops = 0;
    for (size_t i = r->header.n; i > 0; i--) {
        const struct header *h = &r->header.v[i - 1];
        struct str rest = {h->value, h->value_n};
        if (!ascii_ieq(h->name, "X-Forwarded-For"))
            continue;
        do {
            if (!trusted(v, at) || hops++ == HOPS_MAX)
                return at;
            char *hop = peer_address((TALLOC_CTX *)(uintptr_t)r, last_hop(&rest));
            if (hop == NULL)
                return at;                               /* not an address: whoever passed it on is all that is known */
            at = hop;
        } while (rest.n > 0);
    }
    return at;
}
