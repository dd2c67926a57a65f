#!/usr/bin/env python3
"""Backup and restore with the real programs, on both engines: backups while four clients write, restored older copies that open a new epoch and say
what is lost, damaged and incomplete backups, rolled back files, a restore killed at any point (trust.md 4, rows 31, 33, 34).

    test_backup.py BUILD        closes with "N passed, N failed"
"""
import json
import os
import shutil
import subprocess
import sys
import threading

import faultlib as fl
from faultserver import Server
from pgproxy import Cluster


class House:
    """A house on one engine, and the commands on it."""

    def __init__(self, bench, cluster=None, name="h"):
        self.bench, self.cluster, self.db = bench, cluster, name
        self.dir = bench.path("house-" + name)
        self.url = None
        if cluster:
            cluster.sql("CREATE DATABASE %s TEMPLATE template0" % name)
            self.url = cluster.of(name)
        p = bench.run("make", self.dir, *([self.url] if self.url else []))
        fl.check(p.returncode == 0, "make: %s" % p.stderr.decode()[-300:])

    def tool(self, command, *args, folder=None, **env):
        db = ["--db", self.url] if self.url else []
        p = subprocess.run([self.bench.daicho, command, "--data-dir", folder or self.dir, "--packs-dir", "tests/core/packs", *db, *args], cwd=fl.ROOT,
                           env=self.bench.env(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def write(self, n, first):
        p = self.bench.run("write", self.dir, self.bench.path("ack-" + self.db), 1, n, first, *([self.url] if self.url else []))
        fl.check(p.returncode == 0, "write: %s" % p.stderr.decode()[-300:])

    def judge(self):
        return self.bench.judge(self.dir, "/nonexistent", *([self.url] if self.url else []))[1]

    def empty_again(self):
        """PostgreSQL is restored into an empty database."""
        if self.cluster:
            self.cluster.sql("DROP DATABASE %s" % self.db)
            self.cluster.sql("CREATE DATABASE %s TEMPLATE template0" % self.db)

    def outside(self, *args):
        """The outsider's verifier on an export."""
        out = self.bench.fresh()
        code, said, err = self.tool("export", out)
        fl.check(code == 0, "export: %s" % err)
        p = subprocess.run([sys.executable, self.bench.verifier, out, *args], stdout=subprocess.PIPE)
        return p.returncode, p.stdout.decode()


def note(backup):
    return os.path.join(backup, "checkpoint")


def while_writing(h):
    s = Server(h.bench, h.dir, url=h.url)
    fl.check(s.up() and s.login()[0] == 200, "starts")
    stop, n = threading.Event(), [0]

    def client(i):
        while not stop.is_set():
            status, said = s.make("w%d-%d" % (i, n[0]))
            if not fl.check(status == 200, "writing during a backup: %d %s" % (status, said)):
                return
            n[0] += 1
    threads = [threading.Thread(target=client, args=(i,), daemon=True) for i in range(4)]
    for t in threads:
        t.start()
    sizes = []
    for i in range(3):
        out = h.bench.fresh()
        code, said, err = h.tool("backup", out)
        if fl.check(code == 0 and "検証しました" in said, "backup %d while writing: %d %s %s" % (i, code, said, err)):
            manifest = json.load(open(os.path.join(out, "manifest.json")))
            sizes.append(manifest["entries"])
            if not h.cluster:
                p = subprocess.run([sys.executable, h.bench.verifier, os.path.join(out, "daicho.db"), "--vkey", manifest["vkey"]], stdout=subprocess.PIPE)
                fl.check(p.returncode == 0, "the copy alone verifies: %s" % p.stdout.decode())
    stop.set()
    for t in threads:
        t.join()
    fl.check(s.stop() == 0 and sizes == sorted(sizes) and sizes[0] < sizes[-1], "the copies grow: %s, %d written meanwhile" % (sizes, n[0]))


def lost_tail(h):
    h.write(5, 100)
    a, b = h.bench.fresh(), h.bench.fresh()
    fl.check(h.tool("backup", a)[0] == 0, "backup a")
    vkey = os.path.join(a, "vkey")
    h.write(4, 200)
    fl.check(h.tool("backup", b)[0] == 0, "backup b")
    size = [json.load(open(os.path.join(x, "manifest.json")))["entries"] for x in (a, b)]
    if not h.cluster:
        shutil.copy(os.path.join(a, "daicho.db"), os.path.join(h.dir, "daicho.db"))       # somebody puts the old file back by hand
        code, said, err = h.tool("verify")
        fl.check(code == 1 and "以前に署名した状態より古く" in err, "a rolled back file is refused: %d %s %s" % (code, said, err))
    h.empty_again()
    code, said, err = h.tool("restore", a)
    fl.check(code == 0 and "失われたと確認できた記録: %d 件" % (size[1] - size[0]) in said, "restore of the older copy: %d %s %s" % (code, said, err))
    said = h.judge()
    fl.check(said.get("epochs") == 2 and said.get("declared_lost") == size[1] - size[0] and said.get("problem") == "" and said.get("difference") == "",
             "after the restore: %s" % said)
    h.write(3, 300)
    code, said = h.outside("--vkey", vkey, "--older", note(a))
    fl.check(code == 0 and "新しい世代" in said, "the outsider, with the old key and the checkpoint of the backup: %d %s" % (code, said))
    code, said = h.outside("--vkey", vkey, "--older", note(b))
    fl.check(code == 23, "the outsider with a checkpoint of what is lost: %d %s" % (code, said))
    alien = h.bench.path("alien-" + h.db)
    with open(note(b), encoding="utf-8") as f:
        text = f.read()
    with open(alien, "w", encoding="utf-8") as f:
        f.write(text.replace("\n%d\n" % size[1], "\n%d\n" % (size[1] + 1)))
    fl.check(h.outside("--vkey", vkey, "--older", alien)[0] == 20, "an altered old checkpoint")
    c = h.bench.fresh()
    fl.check(h.tool("backup", c)[0] == 0, "backup c")
    h.empty_again()
    code, said, err = h.tool("restore", c)
    fl.check(code == 0 and h.judge().get("epochs") == 2, "nothing was lost, so the epoch goes on: %d %s %s" % (code, said, err))
    h.empty_again()
    code, said, err = h.tool("restore", b)                     # a copy of the abandoned first epoch
    fl.check(code == 0 and "/e3+" in said, "never again under an old name: %d %s %s" % (code, said, err))
    return b


def not_a_backup(h, good):
    before = h.judge()
    for name in ("daicho.pgdump" if h.cluster else "daicho.db", "keys/ledger.seed", "highwater/highwater", "manifest.json"):
        bad = h.bench.fresh(good)
        path = os.path.join(bad, name)
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            byte = f.read(1)
            f.seek(-1, 1)
            f.write(bytes([byte[0] ^ 1]))
        code, said, err = h.tool("restore", bad)
        fl.check(code == 1, "one bit of %s: %d %s %s" % (name, code, said, err))
    bad = h.bench.fresh(good)
    os.remove(os.path.join(bad, "manifest.json"))
    fl.check(h.tool("restore", bad)[0] == 1, "without a manifest")
    fl.check(h.tool("backup", good)[0] == 1, "a backup goes into an empty folder only")
    fl.check(h.judge() == before, "nothing was touched")


def keys_apart(h):
    a, elsewhere = h.bench.fresh(), h.bench.fresh()
    fl.check(h.tool("backup", a, "without-keys")[0] == 0 and not os.path.exists(os.path.join(a, "keys")), "without keys")
    code, said, err = h.tool("restore", a, folder=elsewhere)
    fl.check(code == 1 and "without keys" in err, "needs the key: %d %s %s" % (code, said, err))
    os.makedirs(os.path.join(elsewhere, "keys"), exist_ok=True)
    shutil.copy(os.path.join(h.dir, "keys", "ledger.seed"), os.path.join(elsewhere, "keys", "ledger.seed"))
    code, said, err = h.tool("restore", a, note(a), folder=elsewhere)
    fl.check(code == 0 and "/e3+" in said, "elsewhere, with a checkpoint that says that it is whole: %d %s %s" % (code, said, err))
    s = Server(h.bench, h.dir)
    fl.check(s.up(), "server for the lock")
    fl.check(h.tool("restore", a)[0] == 1, "not while the server runs")
    s.stop()


def killed(h):
    """A restore that is killed at its n-th write or flush is finished by the next start or asked for again."""
    a, count = h.bench.fresh(), h.bench.path("count")
    fl.check(h.tool("backup", a)[0] == 0, "backup")
    h.write(3, 900)
    kept = h.bench.fresh(h.dir)
    h.tool("restore", a, FAULT_DIR=h.dir, FAULT_COUNT=count)
    calls = int(open(count).read())
    finished = again = 0
    for at in range(1, calls + 1, max(1, calls // 12)):
        shutil.rmtree(h.dir)
        shutil.copytree(kept, h.dir)
        h.tool("restore", a, FAULT_DIR=h.dir, FAULT_AT=at, FAULT_KIND="kill")
        code, said = h.bench.judge(h.dir, "/nonexistent")
        if said.get("refused") in ("ERR_RESTORE", "ERR_LEDGER_HIGHWATER", "ERR_LEDGER_NOHIGHWATER"):
            again += 1
            code, out, err = h.tool("restore", a)
            fl.check(code == 0, "killed at %d of %d, run again: %s %s" % (at, calls, out, err))
            code, said = h.bench.judge(h.dir, "/nonexistent")
        else:
            finished += 1
        fl.check(said.get("problem") == "" and said.get("difference") == "" and not os.path.exists(os.path.join(h.dir, "restore.json")),
                 "killed at %d of %d: %s" % (at, calls, said))
    print("restore killed at %d points: %d finished or had not begun, %d run again" % (finished + again, finished, again))
    os.remove(os.path.join(h.dir, "highwater", "highwater"))
    code, said, err = h.tool("verify")
    fl.check(code == 1 and "restore here" in err, "a lost high-water file is refused, and what to do is said: %d %s" % (code, err))
    code, said, err = h.tool("restore", "here")
    fl.check(code == 0, "somebody vouches for the data: %s %s" % (said, err))
    fl.check(h.tool("verify")[0] == 0, "and it opens")


def main():
    with fl.Bench(sys.argv[1]) as bench:
        os.chmod(bench.dir, 0o711)
        h = House(bench)
        while_writing(h)
        b = lost_tail(h)
        not_a_backup(h, b)
        keys_apart(h)
        killed(h)
        cluster = Cluster(bench.path("pg"))
        try:
            h = House(bench, cluster, "p")
            while_writing(h)
            not_a_backup(h, lost_tail(h))
        finally:
            cluster.stop()
    fl.end()


if __name__ == "__main__":
    main()
