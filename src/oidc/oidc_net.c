/* One request to the provider through libcurl: TLS 1.2 at least with a certificate that holds (no option lets another pass), no redirects (a secret must
 * not be sent elsewhere), a limit for connecting, for the whole and for the size. One handle per request: nothing is shared between threads. */
#include <curl/curl.h>
#include "oidc/oidc_int.h"

struct taking { struct buf *body; };

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    struct taking *t = ctx;
    buf_put(t->body, p, size * n);
    return buf_ok(t->body) ? size * n : 0;             /* too long: the transfer ends */
}

static size_t head_take(char *p, size_t size, size_t n, void *ctx)
{
    int64_t *date_us = ctx;
    struct str line = str_trim((struct str){p, size * n});
    MEM_SCOPE(tmp, NULL);
    if (line.n > 5 && line.n < 60 && strncasecmp(line.p, "date:", 5) == 0) {
        time_t at = curl_getdate(str_dup(tmp, (struct str){line.p + 5, line.n - 5}), NULL);
        *date_us = at > 0 ? (int64_t)at * US_PER_S : 0;
    }
    return size * n;
}

void net_ready(void)
{
    static bool done;                                   /* main's thread alone */
    if (!done)
        (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    done = true;
}

char *url_escape(TALLOC_CTX *mem, const char *s)
{
    char *raw = curl_easy_escape(NULL, s, (int)strlen(s)), *out = mem_strdup(mem, raw ? raw : "");
    curl_free(raw);
    return out;
}

#define SET(opt, value) (rc = rc == CURLE_OK ? curl_easy_setopt(h, (opt), (value)) : rc)

static CURLcode request_set(CURL *h, const struct oidc_conf *c, const struct net_ask *ask, bool here, struct taking *t, int64_t *date_us, char *said)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, ask->url);
    SET(CURLOPT_PROTOCOLS_STR, here ? "http" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(c->connect_us / 1000));
    SET(CURLOPT_TIMEOUT_MS, (long)((c->connect_us + c->limit_us) / 1000));
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_ERRORBUFFER, said);
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, head_take);
    SET(CURLOPT_HEADERDATA, date_us);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (here)
        SET(CURLOPT_NOPROXY, "*");                     /* in the clear: not even to a proxy */
    if (c->ca_file != NULL)
        SET(CURLOPT_CAINFO, c->ca_file);
    if (ask->form != NULL)
        SET(CURLOPT_POSTFIELDS, ask->form);
    if (ask->user != NULL) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, ask->user);
        SET(CURLOPT_PASSWORD, ask->password);
    }
    return rc;
}

enum rc net_do(TALLOC_CTX *mem, const struct oidc_conf *c, const struct net_ask *ask, struct net_answer *ret, struct err *e)
{
    char said[CURL_ERROR_SIZE] = "";
    bool here;
    long status = 0;
    struct taking t = {buf_new(mem, ask->max)};
    if (!url_sound(ask->url, &here))
        return err_set(e, ERR_OIDC, "oidc: %.200s: not an address of https (http only on this machine)", ask->url);
    CURL *h = curl_easy_init();
    struct curl_slist *accept = curl_slist_append(NULL, "Accept: application/json");
    if (h == NULL || accept == NULL)
        return err_set(e, ERR_BUG, "libcurl does not start");
    *ret = (struct net_answer){0};
    CURLcode rc = request_set(h, c, ask, here, &t, &ret->date_us, said);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(h, CURLOPT_HTTPHEADER, accept);
    if (rc == CURLE_OK)
        rc = curl_easy_perform(h);
    if (rc == CURLE_OK)
        rc = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(h);
    curl_slist_free_all(accept);
    if (rc != CURLE_OK)
        return err_set(e, ERR_OIDC, "oidc: %.200s: %s", ask->url, !buf_ok(t.body) ? "the answer is too long" : said[0] ? said : curl_easy_strerror(rc));
    ret->status = (int)status;
    ret->body = buf_slice(t.body);
    return RC_OK;
}
