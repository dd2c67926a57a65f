/* Inside dir only. */
#ifndef DIR_DIR_INT_H
#define DIR_DIR_INT_H
#include "dir/dir.h"

/* ---- dir_link.c ---- */
struct link;
struct value { const char *p; size_t n; };
struct attr { const char *name; struct value *value; size_t n; };
struct entry { const char *dn; struct attr *attr; size_t n; };
/* Connects, with TLS when it is asked for. *ret_found of bind: the password was right. why: what the server said beside it (AD: "data 532"). */
MUST enum rc link_open(TALLOC_CTX *mem, const struct dir_conf *c, struct link **ret, struct err *e);
void link_ready(void);                       /* before the first thread */
void link_close(struct link *l);             /* also with its memory */
MUST enum rc link_bind(struct link *l, const char *dn /* NULL: anonymous */, const char *password, bool *ret_right, const char **ret_why, struct err *e);
/* One page of a search; cookie empty at the start, and empty again after the last page. size_limit 0: none. Entries in mem. */
struct search { const char *base, *filter; const char *const *attrs; bool here /* the base itself alone */, paged; int page_size, size_limit; struct value cookie; };
struct entries { struct entry *v; size_t n, cap; TALLOC_CTX *mem; };
MUST enum rc link_search(struct link *l, TALLOC_CTX *mem, struct search *s, struct entries *ret, bool *ret_there /* the base */, struct err *e);

/* ---- dir_watch.c ---- */
struct watch;
struct watch *watch_begin(int fd, int64_t until_us);      /* of clock_mono_us; NULL: cannot be watched, so do not go on */
void watch_until(struct watch *w, int64_t until_us);
bool watch_end(struct watch *w);                          /* true: it was cut */

/* ---- dir_entry.c ---- */
char *filter_text(TALLOC_CTX *mem, const char *s);        /* RFC 4515 */
char *filter_key(TALLOC_CTX *mem, const struct dir_conf *c, const char *key);          /* NULL: not a key */
size_t entry_attrs(const struct dir_conf *c, const char *ret[24]);                     /* NULL at the end */
struct dir_person *entry_person(TALLOC_CTX *mem, const struct dir_conf *c, const struct entry *x, int64_t now_us);
/* What Active Directory says beside a refused password. */
bool bind_refused(const char *why, enum dir_state *ret_state);
#endif
