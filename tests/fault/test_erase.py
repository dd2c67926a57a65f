#!/usr/bin/env python3
"""Erasing one person, on both engines: the bytes are gone from database, WAL, search index, export and later backups while the server runs; everything
still verifies; an older backup that still has them is erased again when it is restored (trust.md 3.7; 4, row 35).

    test_erase.py BUILD        closes with "N passed, N failed"
"""
import json
import os
import shutil
import subprocess
import sys

import faultlib as fl
from faultserver import Server
from pgproxy import Cluster
from test_backup import House

FILE = "%PDF-1.7 鱻麤の履歴書"
NAME, COMMENT, PAIR = "鱻麤太郎カナリア", "鱻麤のコメント", "鱻麤"


def files(*folders):
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in names:
                yield os.path.join(path, name)


def holds(paths, *words):
    """Names of files that hold one of the words, in any of the encodings that a program could have used."""
    found = []
    for path in paths:
        try:
            with open(path, "rb") as f:
                data = f.read()
        except OSError:
            continue
        if any(w.encode(code) in data for w in words for code in ("utf-8", "utf-16-le", "cp932", "euc-jp") if encodes(w, code)):
            found.append(os.path.basename(path))
    return found


def encodes(word, code):
    try:
        return bool(word.encode(code))
    except UnicodeEncodeError:
        return False


def stored(h, *words):
    """Where the words still are in what the engine keeps on disk."""
    if not h.cluster:
        return holds((p for p in files(h.dir) if "replaced-" not in p), *words)
    h.cluster.sql("CHECKPOINT")
    base = os.path.join(h.cluster.folder, "data", "base")
    text = subprocess.run(["pg_dump", "-d", h.url], stdout=subprocess.PIPE, check=True).stdout
    return holds(files(base, h.dir), *words) + ["dump"] * any(w.encode() in text for w in words)


def dumped(h, backup):
    """A backup as plain bytes: PostgreSQL's is compressed."""
    if not h.cluster:
        return holds(files(backup), NAME, PAIR, COMMENT)
    text = subprocess.run(["pg_restore", "-f", "-", os.path.join(backup, "daicho.pgdump")], stdout=subprocess.PIPE, check=True).stdout
    return ["dump"] * any(w.encode() in text for w in (NAME, PAIR, COMMENT))


def command(s, name, **args):
    status, said = s.ask("POST", "/api/v1/commands/" + name, args)
    fl.check(status == 200, "%s: %d %s" % (name, status, said))
    return said


def attach(h, record, text, name):
    """Through the house itself: the API takes no files. The id."""
    p = h.bench.run("attach", h.dir, record, text, name, *([h.url] if h.url else []))
    fl.check(p.returncode == 0, "attach: %s" % p.stderr.decode()[-300:])
    return json.loads(p.stdout.decode().strip().splitlines()[-1])["attachment"]


def attachments(h):
    """One file twice on two records: its bytes go with the last one that names it."""
    h.write(2, 50)
    with open(h.bench.path("ack-" + h.db)) as f:
        records = [int(line.split()[2]) for line in f if line.startswith(("k50 ok", "k51 ok"))]
    ids = [attach(h, r, FILE, "鱻麤.pdf") for r in records]
    s = Server(h.bench, h.dir, url=h.url)
    fl.check(s.up() and s.login()[0] == 200 and stored(h, FILE) != [], "a file twice")
    old = h.bench.fresh()
    fl.check(h.tool("backup", old)[0] == 0 and holds(files(old), FILE) != [], "a backup that has it")
    status, said = s.ask("POST", "/api/v1/commands/record.erase", {"record": records[0], "paths": ["attachment[%d]" % ids[1]], "ground": "request"})
    fl.check(status == 422, "an attachment of another record: %d %s" % (status, said))
    command(s, "record.erase", record=records[0], paths=["attachment[%d]" % ids[0]], ground="request")
    fl.check(stored(h, FILE) != [], "the other record still has it")
    command(s, "record.erase", record=records[1], paths=["attachment[%d]" % ids[1]], ground="mistake")
    fl.check(stored(h, FILE, "鱻麤.pdf") == [], "bytes and name are gone: %s" % stored(h, FILE, "鱻麤.pdf"))
    new = h.bench.fresh()
    code, said, err = h.tool("backup", new)
    fl.check(code == 0 and holds(files(new), FILE) == [], "a backup made later, with nothing missing: %d %s %s" % (code, said, err))
    s.stop()
    said = h.judge()
    fl.check(said.get("problem") == "" and said.get("difference") == "", "verifies: %s" % said)
    code, said = h.outside()
    fl.check(code == 0, "the outsider: %d %s" % (code, said))
    h.empty_again()
    code, said, err = h.tool("restore", old)
    fl.check(code == 0 and 'erased="2"' in err and stored(h, FILE, "鱻麤.pdf") == [], "erased again on restore: %d %s %s" % (code, said, err))


def story(h):
    h.write(6, 0)
    s = Server(h.bench, h.dir, url=h.url)
    fl.check(s.up() and s.login()[0] == 200, "starts")
    status, said = s.make("canary", NAME)
    fl.check(status == 200, "made: %d %s" % (status, said))
    record = said["record"]
    command(s, "record.submit", record=record, comment=COMMENT)
    command(s, "record.withdraw", record=record, comment=COMMENT)
    command(s, "record.save", record=record, values={"destination": NAME + "二", "return_on": "2030-02-02"})
    s.ask("POST", "/api/v1/scene", {})
    fl.check(stored(h, NAME) != [] and stored(h, COMMENT) != [] and stored(h, PAIR) != [], "the words are there before: the search for them works")
    a, b = h.bench.fresh(), h.bench.fresh()
    fl.check(h.tool("backup", a)[0] == 0 and dumped(h, a) != [], "a backup that has them")
    said = command(s, "record.erase", record=record, paths=["destination"], ground="request")
    fl.check(said.get("erased") == 2, "erased: %s" % said)
    s.ask("POST", "/api/v1/scene", {})
    for word in (NAME, COMMENT, PAIR):
        left = stored(h, word)
        fl.check(left == [], "%s is still in %s while the server runs" % (word, left))
    fl.check(h.tool("backup", b)[0] == 0 and dumped(h, b) == [], "a backup made later")
    status, said = s.ask("GET", "/api/v1/records/%d" % record)
    fl.check(status == 200 and NAME not in str(said), "the record without the value: %d" % status)
    s.ask("POST", "/api/v1/scene", {})
    fl.check(s.stop() == 0 and stored(h, NAME, COMMENT, PAIR) == [], "nor when it has stopped")
    said = h.judge()
    fl.check(said.get("problem") == "" and said.get("difference") == "", "verifies, projections equal: %s" % said)
    code, said = h.outside()
    fl.check(code == 0 and "消去済みの値は 2 件" in said, "the outsider: %d %s" % (code, said))

    kept = h.bench.fresh(h.dir)                            # the restore of the older copy, with and without the list of erasures
    os.remove(os.path.join(h.dir, "highwater", "erasures"))
    h.empty_again()
    fl.check(h.tool("restore", a)[0] == 0 and stored(h, NAME) != [], "control: without the list the value is back")
    shutil.rmtree(h.dir)
    shutil.copytree(kept, h.dir)
    h.empty_again()
    code, said, err = h.tool("restore", a)
    fl.check(code == 0 and 'erased="1"' in err, "restore of the older copy: %d %s %s" % (code, said, err))
    left = stored(h, NAME, COMMENT, PAIR)
    fl.check(left == [], "after the restore still in %s" % left)
    said = h.judge()
    fl.check(said.get("problem") == "" and said.get("difference") == "" and said.get("epochs") == 2, "and verifies: %s" % said)
    code, said = h.outside()
    fl.check(code == 0 and "消去済みの値は 2 件" in said, "the outsider: %d %s" % (code, said))


def main():
    with fl.Bench(sys.argv[1]) as bench:
        os.chmod(bench.dir, 0o711)
        attachments(House(bench, None, "a"))
        story(House(bench, None, "h"))
        cluster = Cluster(bench.path("pg"))
        try:
            attachments(House(bench, cluster, "b"))
            story(House(bench, cluster, "p"))
        finally:
            cluster.stop()
    fl.end()


if __name__ == "__main__":
    main()
