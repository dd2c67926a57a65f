#!/usr/bin/env python3
"""daicho_verify: the outsider's verifier of a daicho ledger. Python 3 standard library only; shares no code with daicho itself.
It is three files, which are copied together: daicho_verify.py, ledger_proof.py and ledger_read.py.

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
import hmac
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    from ledger_proof import Bad, Checkpoint, Key, Tree, b64, inclusion_ok, key_for, leaf_hash, origin_parts, sha
    from ledger_read import Entry, Folder, Sqlite, read_file
except ImportError as missing:
    print("ledger_proof.py と ledger_read.py を daicho_verify.py と同じフォルダーに置いてください。 / Keep ledger_proof.py and ledger_read.py in the folder of "
          "daicho_verify.py. (%s)" % missing, file=sys.stderr)
    sys.exit(2)

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
            part = line.split(" ", 6)
            if len(part) != 7 or self.logged.pop(int(part[1]), None) != (int(part[0]), b["seq"], b64(part[5], 32)):
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
