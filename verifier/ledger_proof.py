"""Of daicho_verify, the outsider's verifier: signatures, checkpoints and the tree. Knows nothing of what entries say.

Ed25519 (RFC 8032), notes and checkpoints (C2SP signed-note, tlog-checkpoint), inclusion and consistency (RFC 6962).
"""
import base64
import hashlib
import re


class Bad(Exception):
    """One thing that does not hold: a kind of CODES and what it is about."""

    def __init__(self, kind, about=""):
        super().__init__(kind, about)
        self.kind, self.about = kind, about


# ---- Ed25519, RFC 8032 5.1.7 ----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def _add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    h, g, k, m = f - e, d - c, d + c, f + e
    return h * g % P, k * m % P, g * k % P, h * m % P


def _mul(n, a):
    r = (0, 1, 1, 0)
    while n:
        if n & 1:
            r = _add(r, a)
        a = _add(a, a)
        n >>= 1
    return r


def _point(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * I % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_ok(pub, msg, sig):
    if len(pub) != 32 or len(sig) != 64:
        return False
    a, r, s = _point(pub), _point(sig[:32]), int.from_bytes(sig[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(sig[:32] + pub + msg).digest(), "little") % L
    x1, y1, z1, _ = _mul(s, BASE)
    x2, y2, z2, _ = _add(r, _mul(k, a))
    return (x1 * z2 - x2 * z1) % P == 0 and (y1 * z2 - y2 * z1) % P == 0


# ---- notes (C2SP signed-note, tlog-checkpoint) ----

def b64(text, n=None):
    """Strict: one text for one value."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return None
    if base64.b64encode(raw).decode() != text or (n is not None and len(raw) != n):
        return None
    return raw


class Key:
    def __init__(self, text):
        parts = text.strip().split("+", 2)
        raw = b64(parts[2]) if len(parts) == 3 else None
        if raw is None or len(raw) != 33 or raw[0] != 1 or not parts[0]:
            raise Bad("vkey")
        self.name, self.pub = parts[0], raw[1:]
        self.id = hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Bad("vkey")


def origin_parts(origin):
    """("<base>", number) of an origin "<base>/e<number>"."""
    m = re.fullmatch("(.+)/e([1-9][0-9]{0,17})", origin)
    return (m.group(1), int(m.group(2))) if m else (None, 0)


def key_for(key, note):
    """The same public key under the name that this note is signed as, when it is an epoch of the same ledger."""
    origin = note.split(b"\n", 1)[0].decode("utf-8", "replace")
    base = origin_parts(origin)[0]
    if origin == key.name or base is None or base != origin_parts(key.name)[0]:
        return key
    raw = b"\1" + key.pub
    return Key("%s+%s+%s" % (origin, sha(origin.encode() + b"\n" + raw).digest()[:4].hex(), base64.b64encode(raw).decode()))


class Checkpoint:
    """Text and signature are checked by this key; lines of other keys are ignored."""

    def __init__(self, note, key):
        try:
            text = note.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("signature") from None
        if any(ord(c) < 32 and c != "\n" for c in text) or not text.endswith("\n") or "\n\n" not in text:
            raise Bad("signature")
        cut = text.rindex("\n\n")
        body, sigs = text[:cut + 1], text[cut + 2:-1].split("\n")
        good = False
        for line in sigs:
            m = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
            blob = b64(m.group(2)) if m else None
            if blob is None or len(blob) < 5:
                raise Bad("signature")
            if m.group(1) == key.name and blob[:4] == key.id:
                if not ed25519_ok(key.pub, body.encode(), blob[4:]):
                    raise Bad("signature")
                good = True
        lines = body.split("\n")
        root = b64(lines[2], 32) if len(lines) >= 4 else None
        if not good or root is None or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]) or lines[0] != key.name:
            raise Bad("signature")
        self.origin, self.size, self.root, self.text = lines[0], int(lines[1]), root, text


# ---- the tree (RFC 6962) ----

sha = hashlib.sha256
EMPTY = sha(b"").digest()


def leaf_hash(entry):
    return sha(b"\0" + entry).digest()


def node(a, b):
    return sha(b"\1" + a + b).digest()


def subtree_root(hashes):
    """Root of a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [sha(b"\1" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes), 2)]
    return hashes[0]


def fold(front):
    """front: roots of complete subtrees, largest first."""
    if not front:
        return EMPTY
    r = front[-1]
    for h in reversed(front[:-1]):
        r = node(h, r)
    return r


class Tree:
    """Grows leaf by leaf; gives the full tiles and the roots of chosen sizes on the way."""

    def __init__(self, want=()):
        self.size, self.stack, self.open, self.tiles = 0, [], [[]], []     # stack: (height, root)
        self.want, self.roots = set(want), {}
        if 0 in self.want:
            self.roots[0] = EMPTY

    def push(self, h):
        self.tile(0, h)
        height, s = 0, self.stack
        while s and s[-1][0] == height:
            h = sha(b"\1" + s.pop()[1] + h).digest()
            height += 1
        s.append((height, h))
        self.size += 1
        if self.size in self.want:
            self.roots[self.size] = self.root()

    def tile(self, level, h):
        if level == len(self.open):
            self.open.append([])
        self.open[level].append(h)
        if len(self.open[level]) == 256:
            full = self.open[level]
            self.open[level] = []
            self.tiles.append((level, (self.size // 256 ** (level + 1)), b"".join(full)))
            self.tile(level + 1, subtree_root(full))

    def front(self):
        return [h for _, h in self.stack]

    def root(self):
        return fold(self.front())


def inclusion_ok(index, size, leaf, proof, root):
    """RFC 9162 2.1.3.2"""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def subtree_valid(start, end):
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def subtree_inclusion_ok(index, start, end, leaf, proof, root):
    return subtree_valid(start, end) and inclusion_ok(index - start, end - start, leaf, proof, root)


def subtree_ok(start, end, size, proof, part, root):
    """Leaves [start, end) of a tree of `size`; start 0 is RFC 9162 2.1.4.2."""
    if 0 <= start == end <= size:
        return not proof and part == EMPTY
    if not subtree_valid(start, end) or end > size:
        return False
    fn, sn, tn = start, end - 1, size - 1
    last = sn == tn
    while fn != sn and (last or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    proof = list(proof)
    if fn == sn:
        fr = sr = part
    elif proof:
        fr = sr = proof.pop(0)
    else:
        return False
    for p in proof:
        if tn == 0:
            return False
        if sn & 1 or sn == tn:
            if fn < sn:
                fr = node(p, fr)
            sr = node(p, sr)
            while not sn & 1 and sn:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            sr = node(sr, p)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    return tn == 0 and fr == part and sr == root


def consistency_ok(size1, size2, proof, root1, root2):
    return size1 > 0 and subtree_ok(0, size1, size2, proof, root1, root2)
