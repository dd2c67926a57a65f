/* The high-water file: the newest checkpoints in 512-byte slots, written with O_DSYNC after every COMMIT, in a folder that may lie on
 * another disk. A database that is older than it was restored or rolled back: start-up refuses (trust.md 3.4). */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ledger/ledger_int.h"

#define SLOT_BYTES 512
#define SLOTS 64

struct highwater { int fd; int64_t next; };

static int highwater_drop(struct highwater *h)
{
    if (h->fd >= 0)
        close(h->fd);
    return 0;
}

enum rc highwater_open(TALLOC_CTX *mem, const char *dir, struct highwater **ret, struct err *e)
{
    struct highwater *h = mem_new(mem, struct highwater);
    struct stat st;
    char *path = file_join(h, dir, "highwater");
    h->fd = open(path, O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC, 0600);
    talloc_set_destructor(h, highwater_drop);
    if (h->fd < 0 || fstat(h->fd, &st) != 0)
        return err_set(e, ERR_LEDGER_HIGHWATER, "%s: errno %d", path, errno);
    int why = st.st_size < SLOT_BYTES * SLOTS ? posix_fallocate(h->fd, 0, SLOT_BYTES * SLOTS) : 0;     /* a full disk must not stop a slot */
    if (why != 0)
        return err_set(e, why == ENOSPC ? ERR_DB_FULL : ERR_LEDGER_HIGHWATER, "%s: errno %d", path, why);
    if (st.st_size < SLOT_BYTES * SLOTS)
        TRY(file_sync(path, e));                     /* its name as well: a file that a power cut takes away speaks for nobody */
    *ret = h;
    return RC_OK;
}

enum rc highwater_newest(struct highwater *h, TALLOC_CTX *mem, const struct key *k, struct checkpoint *ret, struct err *e)
{
    char slot[SLOT_BYTES + 1];
    *ret = (struct checkpoint){.size = -1};
    for (int i = 0; i < SLOTS; i++) {
        struct checkpoint c;
        ssize_t n = pread(h->fd, slot, SLOT_BYTES, (off_t)i * SLOT_BYTES);
        if (n < 0)
            return err_set(e, ERR_LEDGER_HIGHWATER, "read: errno %d", errno);
        slot[n > 0 ? n : 0] = '\0';
        if (slot[0] == '\0' || !checkpoint_of_house(mem, str_of(slot), k, &c) || !checkpoint_newer(&c, ret))
            continue;                        /* empty, torn, or of another key: an older slot still speaks */
        *ret = c;
        h->next = i + 1;
    }
    return RC_OK;
}

enum rc highwater_used(struct highwater *h, int *ret, struct err *e)
{
    char first;
    *ret = 0;
    for (int i = 0; i < SLOTS; i++) {
        ssize_t n = pread(h->fd, &first, 1, (off_t)i * SLOT_BYTES);
        if (n < 0)
            return err_set(e, ERR_LEDGER_HIGHWATER, "read: errno %d", errno);
        *ret += n == 1 && first != '\0';
    }
    return RC_OK;
}

enum rc highwater_put(struct highwater *h, const char *checkpoint, struct err *e)
{
    char slot[SLOT_BYTES] = {0};
    size_t n = strlen(checkpoint);
    if (n >= sizeof slot)
        return err_set(e, ERR_LEDGER_HIGHWATER, "checkpoint of %zu bytes", n);
    memcpy(slot, checkpoint, n);
    if (pwrite(h->fd, slot, sizeof slot, (off_t)(h->next % SLOTS) * SLOT_BYTES) != (ssize_t)sizeof slot)
        return err_set(e, ERR_LEDGER_HIGHWATER, "write: errno %d", errno);
    h->next++;
    return RC_OK;
}
