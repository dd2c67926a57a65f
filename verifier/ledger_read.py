"""Of daicho_verify, the outsider's verifier: entries in their canonical form, and the two places that a ledger is read from."""
import base64
import hmac
import json
import os
import re
import sqlite3
import time

from ledger_proof import Bad, b64

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


def read_file(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError as x:
        raise Bad("input", str(x)) from None
