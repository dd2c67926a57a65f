/* The file that --oidc names: `key = value` lines. Like the directory's it belongs to whoever runs the server, not to whoever administrates the
 * regulations: who may say which provider is believed could be anybody (decisions/0016). */
#include "oidc/oidc_int.h"

struct key { const char *name; size_t at; };
static const struct key keys[] = {
    {"issuer", offsetof(struct oidc_conf, issuer)}, {"client-id", offsetof(struct oidc_conf, client)}, {"claim", offsetof(struct oidc_conf, claim)},
    {"domain", offsetof(struct oidc_conf, domain)}, {"label", offsetof(struct oidc_conf, label)}, {"scope", offsetof(struct oidc_conf, scope)},
    {"ca-file", offsetof(struct oidc_conf, ca_file)},
};

static bool host_here(struct str host)
{
    static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < ARRAY_N(here); i++) {
        size_t n = strlen(here[i]);
        if (str_starts(host, here[i]) && (host.n == n || host.p[n] == ':' || host.p[n] == '/'))
            return true;
    }
    return false;
}

bool url_sound(const char *url, bool *ret_here)
{
    struct str s = str_of(url);
    bool tls = str_starts(s, "https://"), plain = str_starts(s, "http://");
    size_t head = tls ? 8 : 7;
    if ((!tls && !plain) || s.n <= head || s.n > 2000)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127 || strchr("\"'<>\\^`{|}#", s.p[i]) != NULL)
            return false;
    const struct str host = {s.p + head, s.n - head};
    size_t end = strcspn(host.p, "/?");
    if (end == 0 || memchr(host.p, '@', end) != NULL)         /* a name before @ only looks like the host */
        return false;
    *ret_here = plain && host_here(host);
    return tls || *ret_here;
}

static enum rc line_read(void *ctx, struct str name, const char *value, const char **ret_why, struct err *e)
{
    struct oidc_conf *c = ctx;
    if (value[0] == '\0') {
        *ret_why = "no value";
        return RC_OK;
    }
    for (size_t i = 0; i < ARRAY_N(keys); i++)
        if (str_is(name, keys[i].name)) {
            *(const char **)((char *)c + keys[i].at) = value;
            return RC_OK;
        }
    if (str_is(name, "client-secret-file"))
        return conf_secret(c, value, &c->secret, e);
    bool ok = str_is(name, "passwords") ? conf_yes_no(value, &c->passwords) : str_is(name, "connect-timeout") ? conf_seconds(value, &c->connect_us)
            : str_is(name, "timeout") && conf_seconds(value, &c->limit_us);
    *ret_why = ok ? NULL : "no such key, or not a value of it";
    return RC_OK;
}

static enum rc whole(const struct oidc_conf *c, const char *path, struct err *e)
{
    bool here;
    if (c->issuer == NULL || c->client == NULL)
        return err_set_arg(e, ERR_CONF, path, "%s: issuer and client-id are needed", path);
    if (!url_sound(c->issuer, &here) || strchr(c->issuer, '?') != NULL)
        return err_set_arg(e, ERR_CONF, path, "%s: issuer: https://HOST..., without ? and #; http:// only on this machine", path);
    if (!text_has_word(c->scope, "openid"))
        return err_set_arg(e, ERR_CONF, path, "%s: scope: openid is always part of it", path);
    if (c->domain != NULL && strchr(c->domain, '@') != NULL)
        return err_set_arg(e, ERR_CONF, path, "%s: domain: what follows @, without it", path);
    return RC_OK;
}

enum rc oidc_conf_read(TALLOC_CTX *mem, const char *path, struct oidc_conf **ret, struct err *e)
{
    struct oidc_conf *c = mem_new(mem, struct oidc_conf);
    *c = (struct oidc_conf){.claim = "preferred_username", .scope = "openid profile email", .passwords = true, .connect_us = 3 * US_PER_S, .limit_us = 5 * US_PER_S};
    TRY(conf_lines(c, path, line_read, c, e));
    TRY(whole(c, path, e));
    *ret = c;
    return RC_OK;
}
