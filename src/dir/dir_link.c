/* libldap, known here alone. Each connection has one handle with all of its options set on it: what stands in the system's ldap.conf, in ~/.ldaprc or
 * in LDAP* of the environment counts for nothing, since `TLS_REQCERT never` there would let anybody read passwords. */
#define LDAP_DEPRECATED 0
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include "dir/dir_int.h"

#define MESSAGE_MAX (8 * 1024 * 1024)         /* one entry or answer */
#define VALUES_MAX 5000                       /* of one attribute */

struct link { LDAP *ld; const struct dir_conf *conf; struct watch *watch; struct ldap_conncb cb; int64_t until_us; };

static void limit_set(struct link *l, int64_t us)
{
    l->until_us = clock_mono_us() + us;
    if (l->watch != NULL)
        watch_until(l->watch, l->until_us);
}

/* The library has a socket, before TLS begins on it. Without a watch no connection. */
static int socket_new(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *addr, struct ldap_conncb *cb)
{
    struct link *l = cb->lc_arg;
    ber_len_t max = MESSAGE_MAX;
    int fd = -1;
    (void)ld, (void)url, (void)addr;
    if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd) <= 0 || fd < 0)
        return -1;
    (void)ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max);
    if (l->watch != NULL)                              /* the next of several servers */
        (void)watch_end(l->watch);
    l->watch = watch_begin(fd, l->until_us);
    return l->watch == NULL ? -1 : 0;
}

static void socket_gone(LDAP *ld, Sockbuf *sb, struct ldap_conncb *cb) { (void)ld, (void)sb, (void)cb; }

/* What happened, for the log and the check; the user reads the text of ERR_DIRECTORY. */
static enum rc failed(struct link *l, int code, const char *what, struct err *e)
{
    char *more = NULL;
    (void)ldap_get_option(l->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
    bool late = clock_mono_us() >= l->until_us;
    enum rc rc = err_set(e, ERR_DIRECTORY, "directory: %s: %s%s%s%s", what, ldap_err2string(code), more && more[0] ? ": " : "", more ? more : "", late ? " (time is up)" : "");
    ldap_memfree(more);
    return rc;
}

/* Process-wide, before the library reads its files. */
static void no_files(void) { (void)setenv("LDAPNOINIT", "1", 1); }
static pthread_once_t once = PTHREAD_ONCE_INIT;
void link_ready(void) { (void)pthread_once(&once, no_files); }

static int options_set(struct link *l)
{
    const struct dir_conf *c = l->conf;
    const int v3 = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0, never = LDAP_DEREF_NEVER, none = 0;
    const struct timeval connect = {c->connect_us / US_PER_S, 0}, each = {c->limit_us / US_PER_S, 0};
    l->cb = (struct ldap_conncb){.lc_add = socket_new, .lc_del = socket_gone, .lc_arg = l};
    const struct { int option; const void *value; } all[] = {
        {LDAP_OPT_PROTOCOL_VERSION, &v3}, {LDAP_OPT_REFERRALS, LDAP_OPT_OFF}, {LDAP_OPT_RESTART, LDAP_OPT_ON}, {LDAP_OPT_DEREF, &never}, {LDAP_OPT_SIZELIMIT, &none},
        {LDAP_OPT_NETWORK_TIMEOUT, &connect}, {LDAP_OPT_TIMEOUT, &each}, {LDAP_OPT_CONNECT_CB, &l->cb},
        {LDAP_OPT_X_TLS_REQUIRE_CERT, &demand}, {LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12}, {LDAP_OPT_X_TLS_CACERTFILE, c->ca_file ? c->ca_file : "/etc/ssl/certs/ca-certificates.crt"},
        {LDAP_OPT_X_TLS_NEWCTX, &client}};
    for (size_t i = 0; i < ARRAY_N(all); i++) {
        int rc = ldap_set_option(l->ld, all[i].option, all[i].value);
        if (rc != LDAP_OPT_SUCCESS)
            return all[i].option;
    }
    return 0;
}

static int link_free(struct link *l)
{
    if (l->ld != NULL)
        (void)ldap_unbind_ext(l->ld, NULL, NULL);
    if (l->watch != NULL)
        (void)watch_end(l->watch);
    return 0;
}

void link_close(struct link *l) { talloc_free(l); }

enum rc link_open(TALLOC_CTX *mem, const struct dir_conf *c, struct link **ret, struct err *e)
{
    struct link *l = mem_new(mem, struct link);
    link_ready();
    l->conf = c;
    int rc = ldap_initialize(&l->ld, c->url);
    if (rc != LDAP_SUCCESS)
        return err_set_arg(e, ERR_CONF, c->url, "directory: %s: %s", c->url, ldap_err2string(rc));
    talloc_set_destructor(l, link_free);
    limit_set(l, c->connect_us + c->limit_us);
    int option = options_set(l);
    if (option != 0)
        return err_set_arg(e, ERR_CONF, c->ca_file ? c->ca_file : "ldap", "directory: option %x is not taken (ca-file?)", (unsigned)option);
    rc = ldap_connect(l->ld);
    if (rc == LDAP_SUCCESS && c->starttls)
        rc = ldap_start_tls_s(l->ld, NULL, NULL);
    if (rc != LDAP_SUCCESS)
        return failed(l, rc, c->url, e);
    *ret = l;
    return RC_OK;
}

/* Up to the limit, one message. */
static int wait_one(struct link *l, int id, LDAPMessage **ret)
{
    int64_t left = l->until_us - clock_mono_us();
    struct timeval t = {left > 0 ? left / US_PER_S : 0, left > 0 ? left % US_PER_S : 0};
    *ret = NULL;
    int type = left > 0 ? ldap_result(l->ld, id, LDAP_MSG_ONE, &t, ret) : 0;
    if (type <= 0)
        (void)ldap_abandon_ext(l->ld, id, NULL, NULL);
    return type;
}

static int broken(struct link *l, int type)
{
    int code = LDAP_TIMEOUT;
    if (type < 0)
        (void)ldap_get_option(l->ld, LDAP_OPT_RESULT_CODE, &code);
    return code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code;
}

enum rc link_bind(struct link *l, const char *dn, const char *password, bool *ret_right, const char **ret_why, struct err *e)
{
    LDAPMessage *m;
    int id, code = LDAP_OTHER;
    char *more = NULL;
    struct berval cred = {password ? strlen(password) : 0, (char *)(uintptr_t)(password ? password : "")};
    *ret_right = false;
    *ret_why = NULL;
    if (dn != NULL && (dn[0] == '\0' || cred.bv_len == 0))            /* RFC 4513 5.1.2: a name without a password binds as nobody, and succeeds */
        return RC_OK;
    limit_set(l, l->conf->limit_us);
    int rc = ldap_sasl_bind(l->ld, dn ? dn : "", LDAP_SASL_SIMPLE, &cred, NULL, NULL, &id);
    if (rc != LDAP_SUCCESS)
        return failed(l, rc, "bind", e);
    int type = wait_one(l, id, &m);
    if (type <= 0)
        return failed(l, broken(l, type), "bind", e);
    rc = type == LDAP_RES_BIND ? ldap_parse_result(l->ld, m, &code, NULL, &more, NULL, NULL, 1) : LDAP_PROTOCOL_ERROR;
    if (type != LDAP_RES_BIND)
        (void)ldap_msgfree(m);
    *ret_why = more && more[0] ? mem_strdup(l, more) : NULL;
    ldap_memfree(more);
    if (rc != LDAP_SUCCESS)
        return failed(l, rc, "bind", e);
    *ret_right = code == LDAP_SUCCESS;
    const bool judged = code == LDAP_SUCCESS || code == LDAP_INVALID_CREDENTIALS || code == LDAP_NO_SUCH_OBJECT || code == LDAP_INAPPROPRIATE_AUTH ||
                        code == LDAP_CONSTRAINT_VIOLATION || code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_INVALID_DN_SYNTAX;
    return judged ? RC_OK : failed(l, code, "bind", e);
}

/* ---- searches ---- */

static void entry_read(struct link *l, TALLOC_CTX *mem, LDAPMessage *m, struct entry *x)
{
    BerElement *ber = NULL;
    char *dn = ldap_get_dn(l->ld, m);
    struct { struct attr *v; size_t n, cap; TALLOC_CTX *mem; } attrs = {.mem = mem};
    x->dn = mem_strdup(mem, dn ? dn : "");
    ldap_memfree(dn);
    for (char *name = ldap_first_attribute(l->ld, m, &ber); name != NULL; name = ldap_next_attribute(l->ld, m, ber)) {
        struct berval **v = ldap_get_values_len(l->ld, m, name);
        struct attr *a = vec_push(&attrs);
        int n = ldap_count_values_len(v);
        a->name = mem_strdup(mem, name);
        a->n = n > VALUES_MAX ? VALUES_MAX : (size_t)n;
        a->value = mem_array(mem, struct value, a->n ? a->n : 1);
        for (size_t i = 0; i < a->n; i++)
            a->value[i] = (struct value){mem_strndup(mem, v[i]->bv_val, v[i]->bv_len), v[i]->bv_len};
        ldap_value_free_len(v);
        ldap_memfree(name);
    }
    ber_free(ber, 0);
    x->attr = attrs.v;
    x->n = attrs.n;
}

/* The cookie of the next page. */
static enum rc page_read(struct link *l, TALLOC_CTX *mem, struct search *s, LDAPControl **controls, struct err *e)
{
    ber_int_t estimate = 0;
    struct berval cookie = {0};
    LDAPControl *c = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    s->cookie = (struct value){NULL, 0};
    if (c == NULL)
        return s->paged ? err_set(e, ERR_DIRECTORY, "directory: answers without pages (1.2.840.113556.1.4.319)") : RC_OK;
    int rc = ldap_parse_pageresponse_control(l->ld, c, &estimate, &cookie);
    if (rc != LDAP_SUCCESS)
        return failed(l, rc, "page", e);
    if (cookie.bv_len > 0)
        s->cookie = (struct value){mem_strndup(mem, cookie.bv_val, cookie.bv_len), cookie.bv_len};
    ber_memfree(cookie.bv_val);
    return RC_OK;
}

static enum rc done_read(struct link *l, TALLOC_CTX *mem, struct search *s, LDAPMessage *m, bool *ret_there, struct err *e)
{
    LDAPControl **controls = NULL;
    int code = LDAP_OTHER;
    int rc = ldap_parse_result(l->ld, m, &code, NULL, NULL, NULL, &controls, 0);
    if (rc == LDAP_SUCCESS && code == LDAP_NO_SUCH_OBJECT) {
        *ret_there = false;
        ldap_controls_free(controls);
        return RC_OK;
    }
    enum rc done = rc != LDAP_SUCCESS || code != LDAP_SUCCESS ? failed(l, rc ? rc : code, "search", e) : page_read(l, mem, s, controls, e);
    ldap_controls_free(controls);
    return done;
}

static enum rc messages(struct link *l, TALLOC_CTX *mem, struct search *s, int id, struct entries *ret, bool *ret_there, struct err *e)
{
    const size_t most = s->paged ? (size_t)s->page_size : s->size_limit > 0 ? (size_t)s->size_limit : 1;
    for (;;) {
        LDAPMessage *m;
        enum rc rc = RC_OK;
        int type = wait_one(l, id, &m);
        if (type <= 0)
            return failed(l, broken(l, type), "search", e);
        if (type == LDAP_RES_SEARCH_ENTRY && ret->n == most)
            rc = err_set(e, ERR_DIRECTORY, "directory: more entries than were asked for");
        else if (type == LDAP_RES_SEARCH_ENTRY)
            entry_read(l, mem, m, (struct entry *)vec_push(ret));
        else if (type == LDAP_RES_SEARCH_RESULT)
            rc = done_read(l, mem, s, m, ret_there, e);
        (void)ldap_msgfree(m);
        if (rc != RC_OK || type == LDAP_RES_SEARCH_RESULT)
            return rc;
    }
}

enum rc link_search(struct link *l, TALLOC_CTX *mem, struct search *s, struct entries *ret, bool *ret_there, struct err *e)
{
    LDAPControl *page = NULL, *controls[2] = {NULL, NULL};
    struct berval cookie = {s->cookie.n, (char *)(uintptr_t)s->cookie.p};
    int id, rc = LDAP_SUCCESS;
    *ret = (struct entries){.mem = mem};
    *ret_there = true;
    limit_set(l, l->conf->limit_us);
    if (s->paged)
        rc = ldap_create_page_control(l->ld, s->page_size, s->cookie.n > 0 ? &cookie : NULL, 1, &page);
    controls[0] = page;
    if (rc == LDAP_SUCCESS)
        rc = ldap_search_ext(l->ld, s->base, s->here ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE, s->filter, (char **)(uintptr_t)s->attrs, 0, page ? controls : NULL, NULL, NULL,
                             s->size_limit, &id);
    if (page != NULL)
        ldap_control_free(page);
    return rc == LDAP_SUCCESS ? messages(l, mem, s, id, ret, ret_there, e) : failed(l, rc, "search", e);
}
