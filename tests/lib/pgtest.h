/* One throw-away PostgreSQL cluster per test program (tools/pg_cluster.sh): started at the first use, ended and removed at
 * exit; when the program crashes the server ends too (parent-death signal), and the next program removes its folder. */
#ifndef TESTS_PGTEST_H
#define TESTS_PGTEST_H
#include "base/base.h"
/* A new database, empty or copied from one made before (a name given back in *ret_name; nobody may be connected to it).
 * Returns its connection string. Ends the program when there is no server. */
char *pgtest_new(TALLOC_CTX *mem, const char *template_name, char **ret_name);
void pgtest_stop(void);
#endif
