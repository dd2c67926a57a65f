/* RFC 6962 section 2.1: leaf and node hashes, roots; verification after RFC 9162 sections 2.1.3.2 and 2.1.4.2. Pure. */
#include "ledger/ledger.h"

void merkle_leaf(const void *p, size_t n, uint8_t ret[HASH_N])
{
    MEM_SCOPE(tmp, NULL);
    uint8_t small[1024], *b = n + 1 <= sizeof small ? small : mem_alloc(tmp, 1, n + 1, "leaf");
    b[0] = 0;
    if (n > 0)
        memcpy(b + 1, p, n);
    crypt_sha256(b, n + 1, ret);
}

void merkle_node(const uint8_t l[HASH_N], const uint8_t r[HASH_N], uint8_t ret[HASH_N])
{
    uint8_t b[1 + 2 * HASH_N] = {1};
    memcpy(b + 1, l, HASH_N);
    memcpy(b + 1 + HASH_N, r, HASH_N);
    crypt_sha256(b, sizeof b, ret);
}

void merkle_root(const uint8_t (*leaf)[HASH_N], size_t n, uint8_t ret[HASH_N])
{
    uint8_t l[HASH_N], r[HASH_N];
    size_t k = 1;
    if (n == 0) {
        crypt_sha256("", 0, ret);
        return;
    }
    if (n == 1) {
        memcpy(ret, leaf[0], HASH_N);
        return;
    }
    while (k * 2 < n)
        k *= 2;
    merkle_root(leaf, k, l);
    merkle_root(leaf + k, n - k, r);
    merkle_node(l, r, ret);
}

bool merkle_verify_inclusion(int64_t index, int64_t size, const uint8_t leaf[HASH_N], const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root[HASH_N])
{
    if (index < 0 || index >= size)
        return false;
    uint64_t fn = (uint64_t)index, sn = (uint64_t)size - 1;
    uint8_t r[HASH_N];
    memcpy(r, leaf, HASH_N);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(proof[i], r, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, proof[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, HASH_N) == 0;
}

static bool consistency_walk(uint64_t fn, uint64_t sn, const uint8_t seed[HASH_N], const uint8_t (*proof)[HASH_N], size_t n, uint8_t fr[HASH_N], uint8_t sr[HASH_N])
{
    memcpy(fr, seed, HASH_N);
    memcpy(sr, seed, HASH_N);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(proof[i], fr, fr);
            merkle_node(proof[i], sr, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sr, proof[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool merkle_verify_consistency(int64_t size1, int64_t size2, const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root1[HASH_N], const uint8_t root2[HASH_N])
{
    uint8_t fr[HASH_N], sr[HASH_N];
    if (size1 < 0 || size2 < size1)
        return false;
    if (size1 == size2)
        return n == 0 && memcmp(root1, root2, HASH_N) == 0;
    if (size1 == 0)
        return false;                       /* an empty log is consistent with anything: such a proof proves nothing */
    if (n == 0)
        return false;
    uint64_t fn = (uint64_t)size1 - 1, sn = (uint64_t)size2 - 1;
    bool power = (size1 & (size1 - 1)) == 0;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    const uint8_t *seed = power ? root1 : proof[0];
    size_t skip = power ? 0 : 1;
    return consistency_walk(fn, sn, seed, proof + skip, n - skip, fr, sr) && memcmp(fr, root1, HASH_N) == 0 && memcmp(sr, root2, HASH_N) == 0;
}
