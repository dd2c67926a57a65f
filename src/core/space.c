/* A full disk: a reserve of a few megabytes lies in the data folder. When the disk is full it is given back, so that people can still sign in
 * and read, everything else that writes is refused with the reason, and every second it is tried to take the reserve again: once that
 * works there is space, and writing goes on by itself. PostgreSQL's disk is not ours to see: there every command tries. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "core/core_state.h"

#define RESERVE_BYTES (4 << 20)
#define TRY_EVERY_US US_PER_S

static bool reserve_take(const struct core *c)
{
    MEM_SCOPE(tmp, NULL);
    char *path = file_join(tmp, c->conf->data_dir, "reserve");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int why = fd < 0 ? errno : posix_fallocate(fd, 0, RESERVE_BYTES);
    if (fd >= 0)
        close(fd);
    if (why != 0)
        (void)unlink(path);
    return why != ENOSPC && why != EDQUOT;
}

bool space_give_back(const struct conf *conf)
{
    MEM_SCOPE(tmp, NULL);
    return unlink(file_join(tmp, conf->data_dir, "reserve")) == 0;
}

void space_open(struct core *c)
{
    struct space *s = &c->writer.space;
    if (c->db_url == NULL && !reserve_take(c))
        space_full(c);
    s->next_us = clock_mono_us() + TRY_EVERY_US;
}

void space_full(struct core *c)
{
    struct space *s = &c->writer.space;
    if (c->db_url != NULL)
        return;
    (void)space_give_back(c->conf);
    s->full = true;
    s->next_us = clock_mono_us() + TRY_EVERY_US;
    log_event(LOG_ERROR, "space.full", "folder", c->conf->data_dir, NULL);
}

bool space_short(struct core *c)
{
    struct space *s = &c->writer.space;
    if (!s->full || clock_mono_us() < s->next_us)
        return s->full;
    s->next_us = clock_mono_us() + TRY_EVERY_US;
    s->full = !reserve_take(c);
    if (!s->full)
        log_event(LOG_WARN, "space.again", "folder", c->conf->data_dir, NULL);
    return s->full;
}

/* Signing in and out is what the reserve is for. */
bool space_spares(const char *command)
{
    static const char *const small[] = {"login", "login.failed", "logout", "session.touch"};
    for (size_t i = 0; i < ARRAY_N(small); i++)
        if (strcmp(small[i], command) == 0)
            return true;
    return false;
}
