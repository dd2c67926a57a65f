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

static bool subtree_valid(int64_t start, int64_t end)
{
    int64_t k = 1;
    if (start < 0 || end <= start)
        return false;
    while (k < end - start)
        k *= 2;
    return start % k == 0;
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

bool merkle_verify_subtree_inclusion(int64_t index, int64_t start, int64_t end, const uint8_t leaf[HASH_N], const uint8_t (*proof)[HASH_N], size_t n,
                                     const uint8_t root[HASH_N])
{
    return subtree_valid(start, end) && index >= start && merkle_verify_inclusion(index - start, end - start, leaf, proof, n, root);
}

/* Walks up with fr the subtree's root and sr the tree's (RFC 9162 2.1.4.2 with a start other than 0). */
static bool subtree_walk(uint64_t fn, uint64_t sn, uint64_t tn, const uint8_t seed[HASH_N], const uint8_t (*proof)[HASH_N], size_t n, uint8_t fr[HASH_N],
                         uint8_t sr[HASH_N])
{
    memcpy(fr, seed, HASH_N);
    memcpy(sr, seed, HASH_N);
    for (size_t i = 0; i < n; i++) {
        if (tn == 0)
            return false;
        if ((sn & 1) != 0 || sn == tn) {
            if (fn < sn)
                merkle_node(proof[i], fr, fr);
            merkle_node(proof[i], sr, sr);
            for (; (sn & 1) == 0 && sn != 0; sn >>= 1, tn >>= 1)
                fn >>= 1;
        } else {
            merkle_node(sr, proof[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    return tn == 0;
}

bool merkle_verify_subtree(int64_t start, int64_t end, int64_t size, const uint8_t (*proof)[HASH_N], size_t n, const uint8_t part[HASH_N],
                           const uint8_t root[HASH_N])
{
    uint8_t fr[HASH_N], sr[HASH_N];
    if (start == end && start >= 0 && end <= size) {            /* an empty subtree needs no proof */
        merkle_root(NULL, 0, fr);
        return n == 0 && memcmp(fr, part, HASH_N) == 0;
    }
    if (!subtree_valid(start, end) || end > size)
        return false;
    uint64_t fn = (uint64_t)start, sn = (uint64_t)end - 1, tn = (uint64_t)size - 1;
    for (bool last = sn == tn; fn != sn && (last || (sn & 1) != 0); sn >>= 1, tn >>= 1)
        fn >>= 1;
    bool whole = fn == sn;
    if (!whole && n == 0)
        return false;
    size_t skip = whole ? 0 : 1;
    return subtree_walk(fn, sn, tn, whole ? part : proof[0], proof + skip, n - skip, fr, sr) && memcmp(fr, part, HASH_N) == 0 &&
           memcmp(sr, root, HASH_N) == 0;
}

bool merkle_verify_consistency(int64_t size1, int64_t size2, const uint8_t (*proof)[HASH_N], size_t n, const uint8_t root1[HASH_N], const uint8_t root2[HASH_N])
{
    return size1 > 0 && merkle_verify_subtree(0, size1, size2, proof, n, root1, root2);   /* from size 0 a proof would prove nothing */
}
