/* Taking turns at a server elsewhere: turn.h. */
#include "base/clock.h"
#include "base/turn.h"

#define DOWN_US 5000000
#define ASKING_MAX 6

void turn_ready(struct turn *t)
{
    *t = (struct turn){0};
    pthread_mutex_init(&t->lock, NULL);
}

const char *turn_begin(struct turn *t)
{
    pthread_mutex_lock(&t->lock);
    bool down = t->down_until_us > clock_mono_us(), many = t->asking == ASKING_MAX;
    t->asking += !down && !many;
    pthread_mutex_unlock(&t->lock);
    return down ? "did not answer a moment ago" : many ? "too many ask at once" : NULL;
}

void turn_end(struct turn *t, enum turn_how how)
{
    pthread_mutex_lock(&t->lock);
    t->asking--;
    t->down_until_us = how == TURN_WELL ? 0 : how == TURN_DOWN ? clock_mono_us() + DOWN_US : t->down_until_us;
    pthread_mutex_unlock(&t->lock);
}
