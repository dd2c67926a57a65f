/* oidc: signing in through a provider elsewhere (OpenID Connect): authorization code with PKCE, and nothing else of it.
 *
 *   oidc_conf.c    the file that says which provider, and what of a token is somebody's login
 *   oidc_net.c     libcurl, known here alone: one request, with TLS, limits in time and size, no redirects
 *   oidc_token.c   cjose, known here alone: is the token signed by a key of the provider; what it says of itself
 *   oidc.c         the way there and back, what the provider says about itself, its keys, the check for whoever sets it up
 *
 * Nothing here knows people. What the browser carries between the way there and the way back is sealed under a key of this process, and opens one
 * way back only. Everything that the provider says has a limit in time and size, since it may hang or lie; a token counts only when everything in it fits. */
#ifndef OIDC_OIDC_H
#define OIDC_OIDC_H
#include "base/base.h"

#define OIDC_SUB_MAX 255                     /* of an identity at the provider (OpenID Connect Core 2) */
#define OIDC_KEEP_S 600                      /* from the way there to the way back */

struct oidc_conf {
    const char *issuer, *client, *secret;    /* secret NULL: a public client; PKCE alone */
    const char *claim, *domain;              /* whose value is the login here; domain: what follows @ and is cut off, NULL: nothing is */
    const char *label;                       /* of the button; NULL: the usual words */
    const char *scope, *ca_file;
    bool passwords;                          /* who has an identity there may go on with a password of the house */
    int64_t connect_us, limit_us;
};
/* ERR_CONF with the line; ERR_FILE_MISSING. */
MUST enum rc oidc_conf_read(TALLOC_CTX *mem, const char *path, struct oidc_conf **ret, struct err *e);

struct oidc;
/* Before threads; reads no network. public_url: where browsers find this server; https, or this machine itself. */
MUST enum rc oidc_open(TALLOC_CTX *mem, const char *path, const char *public_url, const char *back_path, struct oidc **ret, struct err *e);
const struct oidc_conf *oidc_conf(const struct oidc *o);
const char *oidc_redirect(const struct oidc *o);             /* what must be registered at the provider */

/* The way there. session 0: a sign-in; else the provider asks who is there again, for that session. */
struct oidc_there { const char *url, *keep /* for a cookie, OIDC_KEEP_S long */; };
MUST enum rc oidc_there(struct oidc *o, TALLOC_CTX *mem, int64_t session, struct oidc_there *ret, struct err *e);

/* The way back: what the browser brought. ERR_OIDC_STATE: not its own, too old or used; ERR_OIDC_REFUSED: the provider says no; ERR_OIDC: it does not answer,
 * or not as it should; ERR_OIDC_TOKEN, _AUDIENCE, _CLOCK, _CLAIM, _AGAIN: the token does not hold. */
struct oidc_back { const char *keep, *state, *code, *iss, *error; };
struct oidc_who { const char *iss, *sub, *login /* by the claim; NULL: it is not of the domain */; int64_t session, proved_us /* when they were asked for a proof there; 0: unknown */; };
bool oidc_session(struct oidc *o, const char *keep, int64_t *ret_session);       /* what a way there was for; false: cannot be read */
MUST enum rc oidc_back(struct oidc *o, TALLOC_CTX *mem, const struct oidc_back *b, struct oidc_who *ret, struct err *e);

/* For whoever sets it up: what works, in order, until something does not. */
struct oidc_check { bool reached, keys; int key_n; const char *authorize, *token, *jwks; int64_t apart_us /* its clock before ours */; bool apart_known; };
MUST enum rc oidc_check(struct oidc *o, TALLOC_CTX *mem, struct oidc_check *ret, struct err *e);
#endif
