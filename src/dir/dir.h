/* dir: the organisation's directory (LDAP, Active Directory), read only: who somebody is, whether a password is theirs, who is in it.
 *
 *   dir_conf.c    the file that says where it is and what its attributes are called
 *   dir_link.c    libldap, known here alone: connections, TLS, timeouts, binds, searches by page
 *   dir_watch.c   ends a connection whose time is up, whatever the library waits for
 *   dir_entry.c   an entry as a person: key, names, state (userAccountControl and its kin); safe texts for filters
 *   dir.c         sign-in by bind, everybody in it, the check for whoever sets it up
 *
 * Nothing here writes to the directory. A certificate that does not hold is refused; there is no option that lets it pass. Referrals are not
 * followed: a server must not send passwords elsewhere. Everything has a limit in time and number, since the other side may hang or lie. */
#ifndef DIR_DIR_H
#define DIR_DIR_H
#include "base/base.h"

#define DIR_KEY_MAX 64                       /* of a key as text: hex of objectGUID, or an entryUUID */

struct dir_conf {
    const char *url;                         /* several: tried in order */
    bool starttls, ad;                       /* ad: the states of Active Directory; else those of OpenLDAP's ppolicy */
    const char *ca_file;                     /* NULL: the system's */
    const char *bind_dn, *bind_password;     /* NULL: anonymous reading */
    const char *base, *filter;
    const char *key, *login, *name, *kana, *mail, *code, *department, *joined, *group;      /* attributes; NULL: not read */
    const char *disabled;                    /* a filter that the disabled ones match, or NULL */
    int64_t connect_us, limit_us;            /* to reach it; for each operation */
    int page_size, people_max;
    struct name_vec role_group, role_name;   /* who is in this group is proposed for that role */
};
/* ERR_CONF with the line; ERR_FILE_MISSING. The secret's file may be read by its owner alone (and a group). */
MUST enum rc dir_conf_read(TALLOC_CTX *mem, const char *path, struct dir_conf **ret, struct err *e);

/* How an account stands there. */
enum dir_state { DIR_ACTIVE, DIR_DISABLED, DIR_EXPIRED, DIR_MUST_CHANGE };
struct dir_person { const char *dn, *key, *login, *name, *kana, *mail, *code, *department, *joined /* YYYY-MM-DD */; enum dir_state state; struct name_vec group; };

struct dir;
/* Before threads; reads no network. */
MUST enum rc dir_open(TALLOC_CTX *mem, const char *path, struct dir **ret, struct err *e);
const struct dir_conf *dir_conf(const struct dir *d);

enum dir_answer { DIR_IN, DIR_WRONG /* also: nobody there has that key */, DIR_REFUSED /* right, but the account may not be used: see state */ };
/* Is this the password of whoever has that key? An empty one never is. ERR_DIRECTORY: no answer within the limit, or none at all; while it is so,
 * others are told at once. */
MUST enum rc dir_sign_in(struct dir *d, TALLOC_CTX *mem, const char *key, const char *password, enum dir_answer *ret, enum dir_state *ret_state, struct err *e);
/* By login; *ret NULL: nobody. */
MUST enum rc dir_find(struct dir *d, TALLOC_CTX *mem, const char *login, struct dir_person **ret, struct err *e);
/* Everybody, page by page; each may refuse. What it is given lives until it returns. ERR_DIRECTORY_MANY. */
typedef enum rc (*dir_each)(void *ctx, const struct dir_person *p, struct err *e);
MUST enum rc dir_everybody(struct dir *d, dir_each each, void *ctx, struct err *e);

/* For whoever sets it up: what works, in order, until something does not. */
struct dir_check { bool reached, bound, base; int64_t people, without_key, without_login; struct dir_person *sample; };
MUST enum rc dir_check(struct dir *d, TALLOC_CTX *mem, struct dir_check *ret, struct err *e);
#endif
