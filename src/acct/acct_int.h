/* Inside acct only. */
#ifndef ACCT_ACCT_INT_H
#define ACCT_ACCT_INT_H
#include "acct/acct.h"

struct acct_reader {
    TALLOC_CTX *mem /* of the list */, *tmp;
    struct acct_list *list;
    struct map *by_name;                   /* account -> place + 1 in list->entries; keys folded where the system folds */
    const struct acct_file *file; int at_file, line;
    struct civil on;
};

enum acct_file_kind { ACCT_F_NONE, ACCT_F_PASSWD, ACCT_F_GROUP, ACCT_F_SHADOW, ACCT_F_LDIF, ACCT_F_CSV };

enum rc acct_fail(struct acct_reader *r, enum err_code code, const char *why, struct err *e);
/* The next line without its end; false: none is left. Refuses what is too long or no text. */
MUST enum rc acct_line(struct acct_reader *r, struct str *rest, struct str *ret_line, bool *ret_there, struct err *e);
/* A text that is kept: its length is checked, control characters are refused; NULL when it is empty. */
MUST enum rc acct_text(struct acct_reader *r, struct str s, const char **ret, struct err *e);
/* A new entry; fold: letter case does not tell accounts of this system apart. Refuses one that is there. */
MUST enum rc acct_add(struct acct_reader *r, struct acct_entry entry, bool fold, struct err *e);
struct acct_entry *acct_find(struct acct_reader *r, struct str account, bool fold);
void acct_doubt(struct acct_reader *r, enum acct_doubt d, struct str what);
void acct_group_add(struct acct_reader *r, struct acct_entry *entry, struct str group);       /* also whether it makes privileged */
bool acct_guest_name(const char *account);

MUST enum rc acct_unix(struct acct_reader *r, const struct acct_file *file, size_t n, struct err *e);
MUST enum rc acct_ldif(struct acct_reader *r, struct err *e);
MUST enum rc acct_csv(struct acct_reader *r, const struct acct_map *map, struct err *e);
enum acct_file_kind acct_unix_kind(struct str bytes);
struct csv;
MUST enum rc acct_csv_open(TALLOC_CTX *tmp, const struct acct_file *f, struct csv **ret, size_t *ret_head, struct err *e);
bool acct_csv_is_ad(const struct csv *c, size_t head);

/* ---- acct_attr.c: attributes of directories ---- */
/* What an entry of a directory said; judged together when it is complete. */
struct acct_attrs {
    struct acct_entry e;
    struct str sam, uid, cn, display, given, sn, dn;
    int64_t control /* userAccountControl, or -1 */, uid_number, primary_group; bool has_shell, shell_opens, enabled_said, enabled, locked, machine, is_group, is_account;
    VEC(struct str) groups; VEC(struct str) members;
};
void acct_attrs_begin(struct acct_reader *r, struct acct_attrs *a);
/* Whether the attribute is of any interest (a password's is, for its state: acct_attr_password). */
bool acct_attr_known(struct str name);
bool acct_attr_password(struct str name);
void acct_attr_password_put(struct acct_attrs *a, struct str value /* of a hash: looked at, not kept */);
MUST enum rc acct_attr_put(struct acct_reader *r, struct acct_attrs *a, struct str name, struct str value, struct err *e);
MUST enum rc acct_attrs_end(struct acct_reader *r, struct acct_attrs *a, bool *ret_account, struct err *e);
struct str acct_rdn(TALLOC_CTX *tmp, struct str dn);       /* the value of the first part of a name: "CN=Domain Admins,..." */
bool acct_same(struct str a, const char *b);               /* letter case of ASCII aside */
char *acct_fold(TALLOC_CTX *mem, struct str s);
bool acct_shell_opens(struct str shell);
enum acct_password acct_hash_state(struct str field);      /* of a shadow field */
/* A day as these systems write it: FILETIME, generalized time, what Windows shows, days since 1970. "" for none and never. false: none of these. */
bool acct_day(TALLOC_CTX *tmp, struct str s, char ret[CIVIL_TEXT_N]);
#endif
