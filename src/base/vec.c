/* Growth of typed vectors; the string-keyed, insertion-ordered map (open addressing over an entry list). */
#include <stdlib.h>
#include <string.h>
#include "base/vec.h"

void *vec_grow(TALLOC_CTX *mem, void *v, size_t *cap, size_t need, size_t item_bytes)
{
    if (need > *cap) {
        size_t n = *cap < 8 ? 8 : *cap * 2;
        v = talloc_realloc_size(mem, v, n * item_bytes);
        if (v == NULL)
            abort();
        *cap = n;
    }
    memset((char *)v + (need - 1) * item_bytes, 0, item_bytes);
    return v;
}

struct pair { char *key; void *value; uint64_t hash; };
struct map { VEC(struct pair) pairs; uint32_t *slot; size_t slot_n; };

static uint64_t hash_of(const char *s)
{
    uint64_t h = UINT64_C(1469598103934665603);
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h ^ h >> 29;
}

struct map *map_new(TALLOC_CTX *mem)
{
    struct map *m = mem_new(mem, struct map);
    m->pairs.mem = m;
    m->slot_n = 16;
    m->slot = mem_array(m, uint32_t, m->slot_n);
    return m;
}

static uint32_t *find(const struct map *m, const char *key, uint64_t h)
{
    size_t i = (size_t)h & (m->slot_n - 1);
    while (m->slot[i] != 0) {
        const struct pair *p = &m->pairs.v[m->slot[i] - 1];
        if (p->hash == h && strcmp(p->key, key) == 0)
            break;
        i = (i + 1) & (m->slot_n - 1);
    }
    return &m->slot[i];
}

static void rehash(struct map *m)
{
    talloc_free(m->slot);
    m->slot_n *= 2;
    m->slot = mem_array(m, uint32_t, m->slot_n);
    for (size_t i = 0; i < m->pairs.n; i++)
        *find(m, m->pairs.v[i].key, m->pairs.v[i].hash) = (uint32_t)i + 1;
}

void map_set(struct map *m, const char *key, void *value)
{
    uint64_t h = hash_of(key);
    uint32_t *s = find(m, key, h);
    if (*s != 0) {
        m->pairs.v[*s - 1].value = value;
        return;
    }
    if ((m->pairs.n + 1) * 2 > m->slot_n) {
        rehash(m);
        s = find(m, key, h);
    }
    *vec_push(&m->pairs) = (struct pair){mem_strdup(m, key), value, h};
    *s = (uint32_t)m->pairs.n;
}

void *map_get(const struct map *m, const char *key)
{
    uint32_t s = *find(m, key, hash_of(key));
    return s == 0 ? NULL : m->pairs.v[s - 1].value;
}

size_t map_n(const struct map *m) { return m->pairs.n; }
const char *map_key(const struct map *m, size_t i) { return m->pairs.v[i].key; }
void *map_at(const struct map *m, size_t i) { return m->pairs.v[i].value; }
