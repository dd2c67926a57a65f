/* Inside oidc only. */
#ifndef OIDC_OIDC_INT_H
#define OIDC_OIDC_INT_H
#include "oidc/oidc.h"

#define CLOCK_SLACK_US (60 * US_PER_S)       /* how far clocks may be apart */

/* ---- oidc_conf.c ---- */
bool url_sound(const char *url, bool *ret_here);          /* https, or http on this machine; nothing in it but what an address has */

/* ---- oidc_net.c ---- */
void net_ready(void);                        /* before the first thread */
/* form NULL: GET. user: of HTTP Basic, or NULL. The body is whole, or it is an error (ERR_OIDC); redirects are not followed. */
struct net_ask { const char *url, *form, *user, *password; size_t max; };
struct net_answer { int status; struct str body; int64_t date_us /* of its Date header; 0: none */; };
MUST enum rc net_do(TALLOC_CTX *mem, const struct oidc_conf *c, const struct net_ask *ask, struct net_answer *ret, struct err *e);
char *url_escape(TALLOC_CTX *mem, const char *s);

/* ---- oidc_token.c ---- */
struct token_want { const char *issuer, *client, *nonce; int64_t now_us; };
/* Signed by one of the keys (a JWK set), for us, now, for this way there. *ret_stranger: by a key that is not among them. */
MUST enum rc token_read(TALLOC_CTX *mem, const char *jwt, const struct json *keys, const struct token_want *w, struct json **ret_claims, bool *ret_stranger, struct err *e);
int keys_usable(const struct json *keys);    /* how many of them could sign a token */
#endif
