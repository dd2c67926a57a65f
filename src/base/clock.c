/* The only clock of the program. */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

#ifdef DAICHO_SCENE
static _Atomic int64_t scene_now;

/* A test build starts at this time when it is told one, so that nothing is ever judged by the real clock. */
__attribute__((constructor)) static void scene_start(void)
{
    const char *now = getenv("DAICHO_SCENE_NOW");
    if (now != NULL)
        atomic_store(&scene_now, strtoll(now, NULL, 10));
}

void clock_scene_set(int64_t now_us) { atomic_store(&scene_now, now_us); }

int64_t clock_now_us(void)
{
    int64_t t = atomic_load(&scene_now);
    return t != 0 ? t : read_clock(CLOCK_REALTIME);
}

bool clock_is_set(void) { return atomic_load(&scene_now) != 0; }
#else
int64_t clock_now_us(void) { return read_clock(CLOCK_REALTIME); }
bool clock_is_set(void) { return false; }
#endif

int64_t clock_mono_us(void) { return read_clock(CLOCK_MONOTONIC); }
