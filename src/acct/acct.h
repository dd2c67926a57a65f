/* acct: what other systems say about their accounts. Knows base only.
 *
 *   acct.c       which files belong together, limits, the list that comes of them
 *   acct_unix.c  /etc/passwd, /etc/group, /etc/shadow           acct_ldif.c  LDIF (RFC 2849): directories, Active Directory
 *   acct_csv.c   CSV: Active Directory (Get-ADUser, csvde), anything else by a mapping of columns
 *   acct_out.c   what was read as rows of a command
 *   acct_attr.c  one attribute of a directory into an entry, shared by LDIF and CSV
 *
 * Of passwords only the state is read. A hash is looked at where it lies in the file and copied nowhere; what is returned cannot hold one. */
#ifndef ACCT_ACCT_H
#define ACCT_ACCT_H
#include "base/base.h"

#define ACCT_FILES_MAX 6
#define ACCT_BYTES_MAX (24u << 20)         /* all files together */
#define ACCT_LINE_MAX (256u << 10)         /* a group of thousands is one line */
#define ACCT_ENTRIES_MAX 10000             /* as many as an import takes */
#define ACCT_TEXT_MAX 200                  /* bytes of a name; longer ones are refused */
#define ACCT_GROUPS_MAX 1500               /* bytes of all group names of one account; what is beyond is counted */

enum acct_source { ACCT_ANY /* by what the files look like */, ACCT_UNIX, ACCT_LDIF, ACCT_AD, ACCT_CSV };
enum acct_status { ACCT_ACTIVE, ACCT_LOCKED /* no password opens it; a key might */, ACCT_DISABLED };
enum acct_kind { ACCT_PERSON, ACCT_SERVICE, ACCT_GUEST };
enum acct_password { ACCT_PW_UNKNOWN, ACCT_PW_SET, ACCT_PW_EMPTY, ACCT_PW_LOCKED };

/* Texts are NULL, days "" when the system does not say. */
struct acct_entry {
    int line, file;                        /* where it stands: file is a place in what was given */
    const char *account, *name, *email, *code /* staff number */, *groups /* "adm, sudo" */;
    enum acct_status status; enum acct_kind kind; enum acct_password password;
    bool privileged, must_change /* the password was given by somebody else and not changed since */;
    char pw_on[CIVIL_TEXT_N], last_on[CIVIL_TEXT_N], ends_on[CIVIL_TEXT_N], made_on[CIVIL_TEXT_N];
};
VEC_TYPE(acct_entries, struct acct_entry);

enum acct_doubt {
    ACCT_NO_SHADOW                         /* whether accounts are locked is unknown */, ACCT_NO_GROUP /* who is privileged by a group is unknown */,
    ACCT_UNKNOWN_NAME /* shadow or group names an account that is not there */, ACCT_GROUPS_CUT, ACCT_NOT_ACCOUNTS /* entries of a directory that are no accounts */,
    ACCT_GROUPS_LOST                       /* the export holds the name of a type instead of the groups */, ACCT__DOUBTS
};
struct acct_list {
    enum acct_source source;
    struct acct_entries entries;
    size_t doubt[ACCT__DOUBTS];            /* how often */
    const char *doubt_what[ACCT__DOUBTS];  /* one example, or NULL */
};

struct acct_file { const char *name; struct str bytes; };

/* What a column of any CSV may mean, in the order of acct_column_key. */
enum acct_column { ACCT_C_ACCOUNT, ACCT_C_NAME, ACCT_C_EMAIL, ACCT_C_CODE, ACCT_C_ENABLED, ACCT_C_GROUPS, ACCT_C_PRIVILEGED, ACCT_C_LAST_ON, ACCT_C_PW_ON, ACCT_C_ENDS_ON,
                   ACCT_C_MADE_ON, ACCT_C_MUST_CHANGE, ACCT__COLUMNS };
const char *acct_column_key(enum acct_column c);       /* "account", ... */
/* Headings of the columns; NULL: no such column. Headings are compared without blanks at their ends and without regard to letter case. */
struct acct_map { const char *heading[ACCT__COLUMNS]; };

/* Reads the files of one system as they were found on day `on`. One of these errors, its argument "passwd:12" (file and line):
 * ERR_ACCT_BYTES (NUL, no UTF-8), ERR_ACCT_LINE (not a line of such a file), ERR_ACCT_LIMIT (too long, too many), ERR_ACCT_TWICE (an account twice),
 * ERR_ACCT_VALUE (a day or a yes/no that is none); ERR_ACCT_FILE, argument the file: of no known kind, or no account in it;
 * ERR_ACCT_MAP, argument a heading: not there, there twice, or no column for the account. */
MUST enum rc acct_read(TALLOC_CTX *mem, const struct acct_file *file, size_t n, enum acct_source source, const struct acct_map *map, struct civil on,
                       struct acct_list **ret, struct err *e);
/* The rows of the command accounts.stage: [{line, values}], counted from 1 through all files. */
struct json *acct_rows(TALLOC_CTX *mem, const struct acct_list *l);
const char *acct_source_key(enum acct_source s);       /* "unix", "ldif", "ad", "csv" */
/* A mapping as a text, "account=heading" a line, and back; unknown lines are passed over. */
char *acct_map_text(TALLOC_CTX *mem, const struct acct_map *map);
void acct_map_read(TALLOC_CTX *mem, const char *text, struct acct_map *ret);
/* The headings of a CSV file, for somebody who says what they mean; ret_map: what is known of them by itself. */
MUST enum rc acct_headings(TALLOC_CTX *mem, const struct acct_file *file, const char ***ret, size_t *ret_n, struct acct_map *ret_map, struct err *e);
#endif
