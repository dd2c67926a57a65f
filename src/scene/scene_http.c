/* A small HTTP/1.1 client over TCP on 127.0.0.1: one request a connection, so that many can be in flight at once and nothing is shared between them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "scene/scene.h"

#define REPLY_MAX (32 << 20)
#define WAIT_S 120

static bool put(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {WAIT_S, 0};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct str text_of(TALLOC_CTX *mem, int port, const struct request *q)
{
    struct buf *b = buf_new(mem, 64 << 20);
    buf_fmt(b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n", q->method, q->path, port);
    if (q->cookie != NULL)
        buf_fmt(b, "Cookie: %s\r\n", q->cookie);
    if (q->csrf != NULL)
        buf_fmt(b, "X-CSRF-Token: %s\r\n", q->csrf);
    if (q->ikey != NULL)
        buf_fmt(b, "Idempotency-Key: %s\r\n", q->ikey);
    if (q->body != NULL)
        buf_fmt(b, "Content-Type: %s\r\nContent-Length: %zu\r\n", q->type ? q->type : "application/json", q->body_n);
    buf_puts(b, "\r\n");
    if (q->body != NULL)
        buf_put(b, q->body, q->body_n);
    return buf_slice(b);
}

int http_send(int port, const struct request *q, bool whole)
{
    MEM_SCOPE(tmp, NULL);
    struct str text = text_of(tmp, port, q);
    int fd = dial(port);
    if (fd >= 0 && !put(fd, text.p, whole ? text.n : text.n - 1)) {
        close(fd);
        return -1;
    }
    return fd;
}

bool http_last(int fd, const struct request *q)
{
    const char *last = q->body != NULL && q->body_n > 0 ? q->body + q->body_n - 1 : "\n";
    return put(fd, last, 1);
}

static const char *header(TALLOC_CTX *mem, const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(head, "\r\n"); p != NULL; p = strstr(p, "\r\n")) {
        p += 2;
        if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
            const char *end = strstr(p, "\r\n");
            return str_dup(mem, str_trim((struct str){p + n + 1, (size_t)(end - p) - n - 1}));
        }
    }
    return NULL;
}

/* Undoes the chunked coding in place. */
static size_t dechunk(char *p, size_t n)
{
    size_t out = 0, i = 0;
    while (i < n) {
        size_t len = 0;
        for (; i < n && p[i] != '\r' && p[i] != ';'; i++)
            len = len * 16 + (size_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
        while (i < n && p[i] != '\n')
            i++;
        i++;
        if (len == 0 || i + len > n)
            break;
        memmove(p + out, p + i, len);
        out += len;
        i += len + 2;
    }
    return out;
}

static bool head_end(const struct buf *b, size_t *ret_head, size_t *ret_want)
{
    MEM_SCOPE(tmp, NULL);
    const char *end = strstr(b->p, "\r\n\r\n");
    int64_t len;
    if (end == NULL)
        return false;
    *ret_head = (size_t)(end - b->p) + 4;
    const char *l = header(tmp, mem_strndup(tmp, b->p, *ret_head), "Content-Length");
    *ret_want = l != NULL && str_to_i64(str_of(l), &len) && len >= 0 ? *ret_head + (size_t)len : SIZE_MAX;
    return true;
}

bool http_read(TALLOC_CTX *mem, int fd, struct reply *ret)
{
    struct buf *b = buf_new(mem, REPLY_MAX);
    char part[16384];
    size_t head = 0, want = SIZE_MAX;
    struct err e = {0};
    int64_t status;
    *ret = (struct reply){0};
    for (;;) {
        ssize_t k = recv(fd, part, sizeof part, 0);
        if (k <= 0)
            break;
        buf_put(b, part, (size_t)k);
        if (head == 0)
            (void)head_end(b, &head, &want);
        if (b->n >= want)
            break;
    }
    close(fd);
    if (head == 0 || b->n < 12 || !str_to_i64((struct str){b->p + 9, 3}, &status) || (want != SIZE_MAX && b->n < want))
        return false;
    char *text = mem_strndup(mem, b->p, head), *coding;
    ret->status = (int)status;
    ret->body = b->p + head;
    ret->n = b->n - head;
    const char *c = header(mem, text, "Transfer-Encoding");
    if (c != NULL && strcmp(c, "chunked") == 0)
        ret->n = dechunk(ret->body, ret->n);
    ret->body[ret->n] = '\0';
    ret->location = header(mem, text, "Location");
    c = header(mem, text, "Set-Cookie");
    coding = c ? mem_strdup(mem, c) : NULL;
    if (coding != NULL && strchr(coding, ';') != NULL)
        *strchr(coding, ';') = '\0';
    ret->cookie = coding;
    c = header(mem, text, "Content-Type");
    if (c != NULL && strncmp(c, "application/json", 16) == 0 && json_read(mem, (struct str){ret->body, ret->n}, REPLY_MAX, &ret->json, &e) != RC_OK)
        ret->json = NULL;
    return true;
}

bool http_ask(TALLOC_CTX *mem, int port, const struct request *q, struct reply *ret)
{
    int fd = http_send(port, q, true);
    *ret = (struct reply){0};
    return fd >= 0 && http_read(mem, fd, ret);
}

char *url_text(TALLOC_CTX *mem, const char *s)
{
    struct buf *b = buf_new(mem, 1 << 16);
    for (; *s != '\0'; s++)
        if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._~", *s) != NULL)
            buf_putc(b, *s);
        else
            buf_fmt(b, "%%%02X", (unsigned char)*s);
    return b->p;
}
