/* Random writes on an open house (tests/lib/house.h): what people, the administrator and the clock do, by chance but the same for the same
 * seed. Forms, fields and routes are read from the set in force, so that every pack can be exercised; what a rule refuses is tried again
 * with other values. Forms that checks read come more often. */
#ifndef TESTS_WRITES_H
#define TESTS_WRITES_H
#include "house.h"

enum write_kind { WRITE_CREATE, WRITE_SAVE, WRITE_SUBMIT, WRITE_APPROVE, WRITE_RETURN, WRITE_FILL, WRITE_CLOSE, WRITE_VOID, WRITE_LOG, WRITE_CORRECT, WRITE_CLOCK, WRITE__N };
extern const char *const write_names[WRITE__N];

struct writes {
    uint64_t rnd;
    int64_t clock_us;                       /* what clock_scene_set was given last */
    size_t done[WRITE__N], refused[WRITE__N];
    struct buf *story;                      /* a line for each write since it was emptied */
};

/* clock_us: where the clock stands already. */
void writes_begin(struct writes *w, uint64_t seed, int64_t clock_us);
/* One occasion: a write and what its route asks for, or a step of the clock. */
void writes_step(struct writes *w);
void writes_end(struct writes *w);
#endif
