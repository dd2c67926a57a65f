/* Asking a server elsewhere (directory, provider of sign-ins). While it does not answer, nobody waits for it: after a failure others are told at once for
 * some seconds, and only so many ask at the same time, so that the workers of this server stay free for who does not need the other. */
#ifndef BASE_TURN_H
#define BASE_TURN_H
#include <pthread.h>
#include "mem.h"
struct turn { pthread_mutex_t lock; int64_t down_until_us; int asking; };
void turn_ready(struct turn *t);
/* NULL: go on, and call turn_end; else why not. */
const char *turn_begin(struct turn *t);
enum turn_how { TURN_WELL, TURN_DOWN, TURN_OTHER /* says nothing about the server */ };
void turn_end(struct turn *t, enum turn_how how);
#endif
