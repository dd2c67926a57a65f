/* coverage: shared by coverage.c (duties) and coverage_forms.c (forms): reading the catalogue. */
#ifndef PACK_COVERAGE_H
#define PACK_COVERAGE_H
#include "pack/pack_int.h"
/* requirements/<pack>.yaml; NULL with e set. */
const struct ynode *catalogue_read(TALLOC_CTX *mem, const char *dir, const char *pack, struct err *e);
#endif
