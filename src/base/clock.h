/* The only clock. UTC microseconds since 1970. In scene builds (DAICHO_SCENE) it can be set. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "mem.h"
#define US_PER_S INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_S)
int64_t clock_now_us(void);          /* wall clock, UTC */
int64_t clock_mono_us(void);         /* for durations */
bool clock_is_set(void);             /* the wall clock is one that a test has set */
#ifdef DAICHO_SCENE
void clock_scene_set(int64_t now_us);   /* stands still until set again; 0 returns to the real one */
#endif
#endif
