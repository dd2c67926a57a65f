#!/usr/bin/env python3
"""daicho_verify: the outsider's verifier of a daicho ledger. Python 3 standard library only; shares no code with daicho itself.

    daicho_verify.py EXPORT_DIR            an export folder (daicho export DIR)
    daicho_verify.py DATABASE.db           the SQLite file itself (opened read-only)
    daicho_verify.py --receipt FILE ENTRY  one receipt (c2sp.org/tlog-proof@v1) and the entry that it speaks of

    --vkey KEY|FILE      the verifier key that you hold yourself; without it an export's own `vkey` is used and a warning is shown
    --older FILE         a checkpoint kept earlier (paper, USB, mail): proves that the ledger only grew since; may be given several times
    --from N --to M      only these entries (N <= seq < M) are read for canonical form and listed as verified; the tree is still computed from
                         the hashes of all entries
    --no-truth           entries and tree only, no revisions, acts and values
    --lang ja|en         language of the messages (Japanese by default)

Exit codes: 0 all holds, 2 wrong use, 3 unreadable input, 10 verifier key, 11 signature, 12 head, 13 entry missing, 14 leaf, 15 entry not canonical,
16 order, 17 tile, 18 root, 19 entries that were not signed, 20 older checkpoint, 21 receipt, 22 chain of epochs, 23 entries of an older checkpoint
that a restore declares lost (all else holds), 30 revision, 31 value, 32 act, 33 comment, 34 erasure,
35 attachment, 36 pack set, 37 rows missing, 38 batch of a log, 39 book.  Formats: docs/LEDGER.md.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import time

CODES = {"use": 2, "input": 3, "vkey": 10, "signature": 11, "head": 12, "missing": 13, "leaf": 14, "entry": 15, "order": 16, "tile": 17, "root": 18,
         "extra": 19, "older": 20, "receipt": 21, "epoch": 22, "lost": 23, "revision": 30, "value": 31, "act": 32, "comment": 33, "erasure": 34, "attachment": 35, "set": 36, "rows": 37,
         "log": 38, "book": 39}
TEXT = {
    "ok": ("検証に成功しました。記録 {0} 件に、改ざん・欠落・順序の乱れはありません。", "Verified: {0} entries; nothing was altered, removed or reordered."),
    "rows_ok": ("文書の版 {0} 件、操作 {1} 件、消去 {2} 件、添付 {3} 件も台帳と一致します。消去済みの値は {4} 件です。",
                "{0} revisions, {1} acts, {2} erasures and {3} attachments match the ledger; {4} values were erased."),
    "span": ("記録 {0} から {1} の手前までを読みました。", "Entries {0} up to, not including, {1} were read."),
    "checkpoint": ("検証した署名（この控えを保管してください）:", "Verified checkpoint (keep a copy of it):"),
    "older_ok": ("以前の控え（記録 {0} 件）から、書き換えられずに続いています。", "Grown without change since the earlier checkpoint of {0} entries."),
    "receipt_ok": ("受領証は正しく、記録 {0} は記録 {1} 件の台帳に含まれています。", "The receipt holds: entry {0} is in the ledger of {1} entries."),
    "own_key": ("注意: 検証鍵を指定していないため、書き出しに入っていた鍵を使いました。別の経路で受け取った鍵と比べてください。",
                "Note: no verifier key was given, the one inside the export was used. Compare it with one that you received by another way."),
    "unproven": ("この控えより後の記録については、何も証明していません。", "Nothing is proven about entries after this checkpoint."),
    "use": ("指定に誤りがあります: {0}", "Wrong use: {0}"),
    "input": ("読めません: {0}", "Cannot be read: {0}"),
    "vkey": ("検証鍵が正しくありません。", "The verifier key is not valid."),
    "signature": ("署名が検証鍵と合いません。", "The signature does not match the verifier key."),
    "head": ("先頭の記録が、署名された内容と違います。", "The head differs from what was signed."),
    "missing": ("記録 {0} がありません。", "Entry {0} is missing."),
    "leaf": ("記録 {0} が書き換えられています。", "Entry {0} was altered."),
    "entry": ("記録 {0} が正しい書式ではありません。", "Entry {0} is not in canonical form."),
    "order": ("記録 {0} の番号か時刻の順序が正しくありません。", "Entry {0} is out of order in number or time."),
    "tile": ("木の区画 {0} が記録と合いません。", "Tile {0} does not match the entries."),
    "root": ("全体のハッシュが、署名された値と違います。", "The hash of the whole differs from the signed one."),
    "extra": ("署名されていない余分な記録があります。", "There are entries that were not signed."),
    "older": ("以前の控え（{0}）と矛盾します。台帳が書き換えられたおそれがあります。", "It contradicts the earlier checkpoint ({0}): history may have been rewritten."),
    "receipt": ("受領証が正しくありません: {0}", "The receipt does not hold: {0}"),
    "epoch": ("記録 {0} で、復元による引継ぎ（世代）の記録が正しくつながっていません。", "At entry {0} the chain of epochs (restores) is broken."),
    "epoch_at": ("注意: 記録 {0} から先は、バックアップの復元または管理者の確認による新しい世代（{1}）です。失われたと記録されている件数: {2}。",
                 "Note: from entry {0} on this is a new epoch ({1}), opened by a restore or an administrator's word. Entries declared lost: {2}."),
    "epoch_key": ("注意: 検証鍵は前の世代のものです。同じ公開鍵による世代 {0} の署名として検証しました。", "Note: the key given names an earlier epoch; the signature of {0} was verified with the same public key."),
    "lost": ("以前の控え（{0}）の一部は、復元で失われたと台帳が述べています。残りの記録はすべて正しく検証できました。",
             "Part of the earlier checkpoint ({0}) is declared lost by a restore. Everything that is left holds."),
    "revision": ("文書の版 {0} が台帳の記録と合いません。", "Revision {0} does not match its entry."),
    "value": ("文書の版 {0} の内容が台帳の約束値と合いません。", "The content of revision {0} does not match its commitments."),
    "act": ("操作の記録 {0} が台帳と合いません。", "Act {0} does not match its entry."),
    "comment": ("操作の記録 {0} のコメントが台帳の約束値と合いません。", "The comment of act {0} does not match its commitment."),
    "erasure": ("消去の記録 {0} が台帳と合いません。", "Erasure {0} does not match its entry."),
    "attachment": ("添付ファイル {0} の記録が台帳と合いません。", "Attachment {0} does not match its entry."),
    "set": ("規程の組 {0} の記録が台帳と合いません。", "Pack set {0} does not match its entry."),
    "log": ("記録簿のまとまり {0} が台帳の記録と合いません。", "Log batch {0} does not match its entry."),
    "book": ("点検した台帳の写し {0} が、点検の記録と合いません。", "Book {0} (the rows that a review lists) does not match the review."),
    "rows": ("台帳にある操作に対応するデータが失われています（{0}）。", "Data that the ledger speaks of is missing ({0})."),
}


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


# ---- entries ----

WORD = rb"[!-$&-~]{1,200}"
ESCAPE = rb"%(?:0[1-9A-F]|1[0-9A-F]|25|7F)"
MIDDLE = rb"(?:[ -$&-~\x80-\xff]|" + ESCAPE + rb")"
EDGE = rb"(?:[!-$&-~\x80-\xff]|%20|" + ESCAPE + rb")"
ENTRY = re.compile(rb"ledger-entry/v1\nseq (0|[1-9][0-9]{0,17})\ntime ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\ntype (" + WORD +
                   rb")\nactor (" + WORD + rb")\nobject (" + WORD + rb")\n((?:" + WORD + rb" " + WORD + rb"(?: " + EDGE + rb"(?:" + MIDDLE + rb"*" + EDGE +
                   rb")?)?\n){0,64})")
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_seen_hours = set()


def time_ok(t):
    """The hour is checked once, as millions of entries share few of them."""
    if t[14:16] > b"59" or t[17:19] > b"59":
        return False
    hour = t[:13]
    if hour in _seen_hours:
        return True
    y, m, d, h = int(t[:4]), int(t[5:7]), int(t[8:10]), int(t[11:13])
    if not (1 <= m <= 12 and 1 <= d <= DAYS[m - 1] and h <= 23) or (m == 2 and d == 29 and (y % 4 or (y % 100 == 0 and y % 400))):
        return False
    if len(_seen_hours) < 100000:
        _seen_hours.add(hour)
    return True


class Entry:
    __slots__ = ("seq", "time", "type", "object", "lines")

    def __init__(self, b):
        m = ENTRY.fullmatch(b) if len(b) <= 60000 else None
        if m is None or not time_ok(m.group(2)):
            raise ValueError
        if not b.isascii():
            b.decode("utf-8")
        self.seq, self.time, self.type, self.object, self.lines = int(m.group(1)), m.group(2), m.group(3).decode(), m.group(5).decode(), m.group(6)

    def line(self, kind, key):
        for text in self.lines.decode("utf-8").split("\n"):
            part = text.split(" ", 2)
            if part[0] == kind and len(part) > 1 and part[1] == key:
                return part[2] if len(part) == 3 else ""
        return None

    def holds(self, kind, key, alg, raw):
        return self.line(kind, key) == alg + " " + base64.b64encode(raw).decode()


# ---- where the ledger is read from ----

class Folder:
    """An export folder: tlog-tiles and JSON lines."""

    def __init__(self, path):
        self.path = path
        self.checkpoint = self.read("checkpoint")
        self.vkey = self.read("vkey").decode("ascii", "replace")

    def read(self, *name):
        try:
            with open(os.path.join(self.path, *name), "rb") as f:
                return f.read()
        except OSError as x:
            raise Bad("input", str(x)) from None

    @staticmethod
    def place(n, width):
        text = "%03d" % (n % 1000)
        while n >= 1000:
            n //= 1000
            text = "x%03d/%s" % (n % 1000, text)
        return text if width == 256 else "%s.p/%d" % (text, width)

    def bundle(self, kind, n, width):
        name = os.path.join("tile", kind, *self.place(n, width).split("/"))
        if not os.path.exists(os.path.join(self.path, name)):
            raise Bad("missing", str(n * 256)) if kind == "entries" else Bad("tile", "%s/%d" % (kind, n))
        return self.read(name)

    def head_ok(self, cp, tree, last_time):
        pass

    def entries(self, size):
        for n in range((size + 255) // 256):
            width = min(256, size - n * 256)
            data, hashes, at = self.bundle("entries", n, width), self.bundle("0", n, width), 0
            if len(hashes) != 32 * width:
                raise Bad("tile", "0/%d" % n)
            for i in range(width):
                k = int.from_bytes(data[at:at + 2], "big")
                entry = data[at + 2:at + 2 + k]
                if at + 2 > len(data) or len(entry) != k:
                    raise Bad("missing", str(n * 256 + i))
                yield n * 256 + i, entry, hashes[32 * i:32 * i + 32]
                at += 2 + k
            if at != len(data):
                raise Bad("extra")

    def tile_ok(self, level, n, hashes):
        if level > 0 and self.bundle(str(level), n, 256) != hashes:
            raise Bad("tile", "%d/%d" % (level, n))

    def end_ok(self, size, tiles, open_tiles):
        for level, hashes in enumerate(open_tiles):
            if level > 0 and hashes and self.bundle(str(level), size // 256 ** (level + 1), len(hashes)) != b"".join(hashes):
                raise Bad("tile", "%d" % level)

    def rows(self, name):
        path = os.path.join(self.path, name + ".jsonl")
        try:
            with open(path, encoding="utf-8", newline="\n") as f:
                for line in f:
                    row = json.loads(line)
                    for k in ("hash", "comment_commit", "blind", "sha256"):
                        if row.get(k) is not None:
                            row[k] = b64(row[k])
                            if row[k] is None:
                                raise ValueError("base64")
                    yield row
        except (OSError, ValueError) as x:
            raise Bad("input", "%s: %s" % (path, x)) from None

    def entry(self, seq, size):
        n = seq // 256
        data, at = self.bundle("entries", n, min(256, size - n * 256)), 0
        for _ in range(seq % 256):
            at += 2 + int.from_bytes(data[at:at + 2], "big")
        return data[at + 2:at + 2 + int.from_bytes(data[at:at + 2], "big")]


class Sqlite:
    """The database itself, read-only."""
    QUERY = {
        "revisions": "SELECT r.id, r.record, r.no, r.form, r.pack_set, r.author, r.at, r.hash, r.commits, r.seq, b.body FROM revision r "
                     "LEFT JOIN revision_body b ON b.revision = r.id ORDER BY r.id",
        "acts": "SELECT a.*, b.comment, b.blind FROM act a LEFT JOIN act_body b ON b.act = a.id ORDER BY a.id",
        "erasures": "SELECT * FROM erasure ORDER BY id",
        "attachments": "SELECT * FROM attachment ORDER BY id",
        "sets": "SELECT id, at, actor, hash, body, seq FROM pack_set ORDER BY id",
        "logs": "SELECT * FROM log_batch ORDER BY id",
        "books": "SELECT hash, body FROM book ORDER BY hash",
    }

    def __init__(self, path, connection=None):
        self.vkey = None
        try:
            self.db = connection or sqlite3.connect("file:%s?mode=ro" % path.replace("?", "%3f").replace("#", "%23"), uri=True)
            if connection is None:
                self.db.execute("BEGIN")
            row = self.db.execute("SELECT size, root, frontier, checkpoint, epoch, last_us FROM head WHERE one = 1").fetchone()
        except sqlite3.Error as x:
            raise Bad("input", "%s: %s" % (path, x)) from None
        if row is None or not isinstance(row[3], str):
            raise Bad("head")
        self.head, self.checkpoint = row, row[3].encode("utf-8", "surrogateescape")

    def ask(self, text, *args):
        try:
            return self.db.execute(text, args)
        except sqlite3.Error as x:
            raise Bad("input", str(x)) from None

    def head_ok(self, cp, tree, last_time):
        size, root, front, _, epoch, last_us = self.head
        us = "%s.%06dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(last_us // 1000000)), last_us % 1000000) if 0 <= last_us < 1 << 57 else ""
        if (size, root, front) != (cp.size, cp.root, b"".join(tree.front())) or us.encode() != last_time or not cp.origin.endswith("/e%d" % epoch):
            raise Bad("head")

    def entries(self, size):
        want = 0
        for seq, entry, leaf in self.ask("SELECT seq, entry, leaf FROM ledger WHERE seq < ? ORDER BY seq", size):
            if seq != want or not isinstance(entry, bytes):
                raise Bad("missing", str(want))
            yield seq, entry, leaf
            want += 1

    def tile_ok(self, level, n, hashes):
        row = self.ask("SELECT hashes FROM tile WHERE level = ? AND n = ?", level, n).fetchone()
        if row is None or row[0] != hashes:
            raise Bad("tile", "%d/%d" % (level, n))

    def end_ok(self, size, tiles, open_tiles):
        if self.ask("SELECT count(*) FROM ledger").fetchone()[0] != size or self.ask("SELECT count(*) FROM tile").fetchone()[0] != tiles:
            raise Bad("extra")

    def rows(self, name):
        key = self.ask("SELECT v FROM keep WHERE k = 'bind_key'").fetchone()
        cursor = self.ask(self.QUERY[name])
        names = [d[0] for d in cursor.description]
        try:
            for values in cursor:
                row = dict(zip(names, values))
                if name == "attachments" and key is not None:
                    row["blind"] = hmac.new(bytes.fromhex(key[0]), b"attachment:%d" % row["id"], "sha256").digest()
                yield row
        except (sqlite3.Error, ValueError) as x:
            raise Bad("input", str(x)) from None

    def entry(self, seq, size):
        row = self.ask("SELECT entry FROM ledger WHERE seq = ?", seq).fetchone()
        return row[0] if row else b""


# ---- epochs ----

class Epochs:
    """The chain of ledger.opened and ledger.epoch entries: who signs from where on, and what is declared lost."""

    def __init__(self):
        self.origin, self.steps = None, []            # steps: (seq, origin, lost text, known size or None, known root)

    def entry(self, seq, b, tree):
        if seq > 0 and b"\ntype ledger.epoch\n" not in b and b"\ntype ledger.opened\n" not in b:
            return
        try:
            e = Entry(b)
            if e.type not in ("ledger.opened", "ledger.epoch"):
                if seq == 0:
                    raise ValueError
                return
            origin, (base, no) = e.line("field", "origin"), origin_parts(e.line("field", "origin") or "")
            if (seq == 0) != (e.type == "ledger.opened") or Key(e.line("field", "vkey") or "").name != origin or no < 1 or (seq == 0 and no != 1):
                raise ValueError
            if seq > 0:
                old_base, old_no = origin_parts(self.origin)
                if e.line("field", "old") != self.origin or base != old_base or no <= old_no or e.line("field", "size") != str(seq) or \
                        not e.holds("hash", "root", "sha256", tree.root()) or e.line("field", "lost") is None:
                    raise ValueError
                known, root = e.line("field", "known"), (e.line("hash", "known-root") or "").split(" ")[-1]
                self.steps.append((seq, origin, e.line("field", "lost"), int(known) if known else None, b64(root)))
            self.origin = origin
        except (ValueError, Bad):
            raise Bad("epoch", str(seq)) from None

    def older(self, o, roots):
        """True when the log grew from o; False when a later epoch declares part of o lost; else Bad."""
        no = origin_parts(o.origin)[1]
        step = next((s for s in self.steps if origin_parts(s[1])[1] > no), None)
        if step is None or o.size <= step[0]:
            if roots.get(o.size) != o.root:
                raise Bad("older", str(o.size))
            return True
        if step[3] is not None and (o.size > step[3] or (o.size == step[3] and o.root != step[4])):
            raise Bad("older", str(o.size))
        return False


# ---- what is verified ----

def verify_tree(src, cp, older, span, counts, epochs):
    tree = Tree([o.size for o in older])
    last, tiles, seen = b"", 0, 0
    for seq, entry, leaf in src.entries(cp.size):
        h = sha(b"\0" + entry).digest()
        if h != leaf:
            raise Bad("leaf", str(seq))
        if span[0] <= seq < span[1]:
            try:
                e = Entry(entry)
            except ValueError:
                raise Bad("entry", str(seq)) from None
            if e.seq != seq or e.time < last:
                raise Bad("order", str(seq))
            last = e.time
            count(counts, e)
            seen += 1
        epochs.entry(seq, entry, tree)
        tree.push(h)
        if tree.tiles:
            for t in tree.tiles:
                src.tile_ok(t[0], t[1], t[2])
            tiles += len(tree.tiles)
            tree.tiles.clear()
    if tree.size < cp.size:
        raise Bad("missing", str(tree.size))
    if tree.root() != cp.root:
        raise Bad("root")
    src.end_ok(cp.size, tiles, tree.open)
    if span[1] >= cp.size and cp.size > 0:
        src.head_ok(cp, tree, last)
    if cp.size > 0 and epochs.origin != cp.origin:
        raise Bad("epoch", str(cp.size))
    for o in older:
        o.grown = epochs.older(o, tree.roots)
    return seen


def count(counts, e):
    t = e.type
    if t == "record.revised":
        counts["revisions"] += 1
    elif t.startswith("act.") and e.line("hash", "act") is not None:
        counts["acts"] += 1
    elif t == "erase.executed":
        counts["erasures"] += 1
    elif t == "attach.added":
        counts["attachments"] += 1
    elif t == "set.adopted":
        counts["sets"] += 1
    elif t == "log.added":
        counts["logs"] += 1


def commitment(blind, name, value):
    return hmac.new(blind, b"ledger-commit/v1\0" + name.encode() + b"\0" + value, "sha256").digest()


def fields_hash(head, *fields):
    text = head + "\n" + "".join(("-" if f is None else str(f)) + "\n" for f in fields)
    return sha(text.encode("utf-8")).digest()


def covered(path, by):
    rest = path[len(by):]
    return path.startswith(by) and (rest == "" or rest[0] == "[" or (rest[0] == "." and "[" in by))


class Truth:
    def __init__(self, src, cp, span):
        self.src, self.cp, self.span, self.erased, self.values_erased, self.erase_seqs = src, cp, span, {}, 0, set()
        self.logged, self.book_hashes = {}, set()         # row of a log -> (record, seq, row hash), until its batch names it; (record, hash) of books

    def entry_of(self, row, kind):
        try:
            if not 0 <= row["seq"] < self.cp.size:
                raise ValueError
            return Entry(self.src.entry(row["seq"], self.cp.size))
        except (ValueError, TypeError, OverflowError):
            raise Bad(kind, str(row.get("id"))) from None

    def rows(self, name):
        """With --from/--to only rows whose entry lies inside."""
        for row in self.src.rows(name):
            if not isinstance(row.get("seq"), int) or self.span[0] <= row["seq"] < self.span[1]:
                yield row

    def erasures(self):
        seqs = set()
        for r in self.src.rows("erasures"):
            e = self.entry_of(r, "erasure")
            paths = e.line("field", "paths")
            if e.type != "erase.executed" or e.object != "r:%d" % r["record"] or e.line("field", "ground") != r["ground"] or \
                    paths is None or r["path"] not in paths.split(" "):
                raise Bad("erasure", str(r["id"]))
            self.erased.setdefault(r["record"], []).append((r["seq"], r["path"]))
            if self.span[0] <= r["seq"] < self.span[1]:
                seqs.add(r["seq"])
        return len(seqs)

    def revision(self, r):
        e, h = self.entry_of(r, "revision"), sha(r["commits"].encode("utf-8")).digest()
        row = fields_hash("daicho-revision/v1", r["id"], r["record"], r["no"], r["form"], r["pack_set"], r["author"], r["at"], base64.b64encode(h).decode())
        if h != r["hash"] or e.line("field", "form") != r["form"]:
            raise Bad("revision", str(r["id"]))
        if e.type == "log.added":                         # one entry for the whole batch: log() asks for this row
            if r["no"] != 1:
                raise Bad("revision", str(r["id"]))
            self.logged[r["id"]] = (r["record"], r["seq"], row)
        elif e.type != "record.revised" or e.object != "r:%d@rev%d" % (r["record"], r["no"]) or \
                not e.holds("hash", "revision", "sha256", h) or not e.holds("hash", "row", "sha256", row):
            raise Bad("revision", str(r["id"]))
        try:
            body = json.loads(r["body"])
            lines = r["commits"].split("\n")
            if lines.pop() != "" or len(body) != len(lines):
                raise ValueError
            for line, (path, value, blind) in zip(lines, body):
                name, commit = line.split(" ")
                if name != path:
                    raise ValueError
                if value is None and blind is None:
                    if not any(seq > r["seq"] and covered(path, by) for seq, by in self.erased.get(r["record"], ())):
                        raise ValueError
                    self.values_erased += 1
                elif commitment(b64(blind, 32), path, value.encode("utf-8")) != b64(commit, 32):
                    raise ValueError
                elif path == "@book" and (r["record"], b64(value, 32)) not in self.book_hashes:
                    raise ValueError
        except (ValueError, TypeError, AttributeError):
            raise Bad("value", str(r["id"])) from None

    def act(self, a):
        e, c = self.entry_of(a, "act"), a["comment_commit"]
        h = fields_hash("daicho-act/v1", a["id"], a["record"], a["revision"] or 0, a["no"], a["kind"], a["step"], a["actor"], a["on_behalf"] or 0, a["at"],
                        None if c is None else base64.b64encode(c).decode(), a["effect"])
        if h != a["hash"] or e.type != "act." + a["kind"] or e.object != "r:%d" % a["record"] or not e.holds("hash", "act", "sha256", h) or \
                e.line("field", "step") != a["step"] or (e.line("commit", "comment") is not None if c is None else not e.holds("commit", "comment", "hmac-sha256", c)):
            raise Bad("act", str(a["id"]))
        comment, blind = a["comment"], a["blind"] or None
        if c is None:
            good = comment is None and blind is None
        elif comment is None and blind is None:
            good = any(seq > a["seq"] for seq, _ in self.erased.get(a["record"], ()))        # erasing blanks all comments of the record
        else:
            good = comment is not None and blind is not None and len(blind) == 32 and commitment(blind, "comment", comment.encode("utf-8")) == c
        if not good:
            raise Bad("comment", str(a["id"]))

    def attachment(self, a):
        e = self.entry_of(a, "attachment")
        if not a.get("blind") or e.type != "attach.added" or e.object != "r:%d" % a["record"] or e.line("field", "attachment") != str(a["id"]) or \
                e.line("field", "type") != a["type"] or not e.holds("commit", "sha256", "hmac-sha256", commitment(a["blind"], "attachment", a["sha256"])):
            raise Bad("attachment", str(a["id"]))

    def pack_set(self, s):
        e, h = self.entry_of(s, "set"), sha(s["body"].encode("utf-8")).digest()
        if h != s["hash"] or e.type != "set.adopted" or e.object != "set:%d" % s["id"] or not e.holds("hash", "set", "sha256", h):
            raise Bad("set", str(s["id"]))

    def book(self, b):
        h, head = sha(b["body"].encode("utf-8")).digest(), b["body"].split("\n", 2)
        if h != b["hash"] or head[0] != "daicho-book/v1" or len(head) < 3:
            raise Bad("book", head[1] if len(head) > 1 else "")
        self.book_hashes.add((int(head[1]), h))

    def log(self, b):
        e, lines = self.entry_of(b, "log"), b["body"].split("\n")
        h = sha(("daicho-log/v1\n%d\n%s\n%d\n%d\n%d\n%d\n" % (b["id"], b["form"], b["pack_set"], b["actor"], b["on_behalf"] or 0, b["at"]) + b["body"]).encode("utf-8")).digest()
        if lines.pop() != "" or h != b["hash"] or e.type != "log.added" or e.object != "log:%d" % b["id"] or e.line("field", "form") != b["form"] or \
                e.line("field", "rows") != str(len(lines)) or not e.holds("hash", "batch", "sha256", h):
            raise Bad("log", str(b["id"]))
        for line in lines:
            part = line.split(" ", 7)
            if len(part) != 8 or self.logged.pop(int(part[1]), None) != (int(part[0]), b["seq"], b64(part[6], 32)):
                raise Bad("log", str(b["id"]))

    def verify(self, counts):
        for row in self.src.rows("books"):
            try:
                self.book(row)
            except (KeyError, TypeError, AttributeError, ValueError):
                raise Bad("book") from None
        seen = {"erasures": self.erasures()}
        for name, kind, check in (("revisions", "revision", self.revision), ("logs", "log", self.log), ("acts", "act", self.act), ("attachments", "attachment", self.attachment),
                                  ("sets", "set", self.pack_set)):
            seen[name] = 0
            for row in self.rows(name):
                try:
                    check(row)
                except (KeyError, TypeError, AttributeError, ValueError):
                    raise Bad(kind, str(row.get("id"))) from None
                seen[name] += 1 if name != "revisions" or row["id"] not in self.logged else 0
        if self.logged:
            raise Bad("rows", "logs")
        for name, n in counts.items():
            if seen[name] != n:
                raise Bad("rows", name)
        return seen


def receipt(text, entry, key):
    """C2SP tlog-proof."""
    head, _, note = text.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
        raise Bad("receipt", "format")
    at = 2 if lines[1].startswith("extra ") else 1
    m = re.fullmatch("index (0|[1-9][0-9]{0,17})", lines[at]) if len(lines) > at else None
    proof = [b64(line, 32) for line in lines[at + 1:]]
    if m is None or None in proof or (at == 2 and b64(lines[1][6:]) is None):
        raise Bad("receipt", "format")
    cp, index = Checkpoint(note, key_for(key, note)), int(m.group(1))
    if not inclusion_ok(index, cp.size, leaf_hash(entry), proof, cp.root):
        raise Bad("receipt", "proof")
    try:
        if Entry(entry).seq != index:
            raise ValueError
    except ValueError:
        raise Bad("entry", str(index)) from None
    return index, cp


def read_file(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError as x:
        raise Bad("input", str(x)) from None


def verify_source(src, vkey, older_notes=(), span=(0, 1 << 62), truth=True):
    """Everything about one ledger; returns what was found or raises Bad."""
    key = key_for(Key(vkey), src.checkpoint)
    cp = Checkpoint(src.checkpoint, key)
    older = []
    for note in older_notes:
        try:
            older.append(Checkpoint(note, key_for(key, note)))
        except Bad:
            raise Bad("older", "signature") from None
    counts = {"revisions": 0, "acts": 0, "erasures": 0, "attachments": 0, "sets": 0, "logs": 0}
    cp.epochs = Epochs()
    n = verify_tree(src, cp, older, span, counts, cp.epochs)
    t = Truth(src, cp, span)
    seen = t.verify(counts) if truth else None
    return n, cp, older, seen, t.values_erased


def run(args, say):
    vkey = None
    if args.vkey:
        vkey = read_file(args.vkey).decode("ascii", "replace") if os.path.exists(args.vkey) else args.vkey
    if args.receipt:
        if vkey is None or len(args.receipt) != 2:
            raise Bad("use", "--receipt FILE ENTRY --vkey KEY")
        index, cp = receipt(read_file(args.receipt[0]), read_file(args.receipt[1]), Key(vkey))
        say("receipt_ok", index, cp.size)
        return
    if not args.source:
        raise Bad("use", "EXPORT_DIR | DATABASE.db")
    src = Folder(args.source) if os.path.isdir(args.source) else Sqlite(args.source)
    if vkey is None:
        if src.vkey is None:
            raise Bad("use", "--vkey")
        vkey = src.vkey
        say("own_key")
    span = (args.first, args.to if args.to is not None else 1 << 62)
    n, cp, older, seen, erased = verify_source(src, vkey, [read_file(p) for p in args.older], span, not args.no_truth)
    say("ok", n)
    if span != (0, 1 << 62):
        say("span", span[0], min(span[1], cp.size))
    if seen is not None:
        say("rows_ok", seen["revisions"], seen["acts"], seen["erasures"], seen["attachments"], erased)
    if Key(vkey).name != cp.origin:
        say("epoch_key", cp.origin)
    for step in cp.epochs.steps:
        say("epoch_at", *step[:3])
    for o in older:
        if o.grown:
            say("older_ok", o.size)
    say("checkpoint")
    print(cp.text, end="")
    say("unproven")
    lost = [str(o.size) for o in older if not o.grown]
    if lost:
        raise Bad("lost", ", ".join(lost))


def main(argv):
    p = argparse.ArgumentParser(prog="daicho_verify.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("source", nargs="?")
    p.add_argument("--receipt", nargs=2, metavar=("FILE", "ENTRY"))
    p.add_argument("--vkey")
    p.add_argument("--older", action="append", default=[])
    p.add_argument("--from", dest="first", type=int, default=0)
    p.add_argument("--to", type=int)
    p.add_argument("--no-truth", action="store_true")
    p.add_argument("--lang", choices=("ja", "en"), default="ja")
    args = p.parse_args(argv)
    lang = 0 if args.lang == "ja" else 1
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        run(args, lambda key, *a: print(TEXT[key][lang].format(*a)))
    except Bad as x:
        print(TEXT[x.kind][lang].format(x.about))
        return CODES[x.kind]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
