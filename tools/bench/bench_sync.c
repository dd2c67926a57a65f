/* bench_sync: how many appends of 4 KiB with fdatasync this disk takes in a second, one after another: the floor of every durable write.
 *   bench_sync FILE SECONDS   prints {"n", "per_s", "p50_us", "p99_us"} */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static char block[4096];
    static int64_t took[1000000];
    size_t n = 0;
    int fd = argc == 3 ? open(argv[1], O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0) {
        perror("usage: bench_sync FILE SECONDS");
        return 2;
    }
    int64_t t0 = now_us(), end = t0 + (int64_t)(atof(argv[2]) * 1e6), t = t0;
    while (t < end && n < sizeof took / sizeof took[0]) {
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0) {
            perror("fdatasync");
            return 1;
        }
        int64_t now = now_us();
        took[n++] = now - t;
        t = now;
    }
    qsort(took, n, sizeof took[0], by_value);
    printf("{\"n\": %zu, \"per_s\": %.0f, \"p50_us\": %lld, \"p99_us\": %lld}\n", n, (double)n * 1e6 / (double)(t - t0), (long long)took[n / 2], (long long)took[n * 99 / 100]);
    close(fd);
    unlink(argv[1]);
    return 0;
}
