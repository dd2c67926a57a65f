#!/usr/bin/env python3
"""A full disk under the real server (trust.md 4, row 17): the person is told so in Japanese with status 507, nothing is half saved, reading, signing
in and a backup elsewhere go on, and writing resumes by itself within five seconds of space. Needs root for a small tmpfs; skipped without.

    test_full.py BUILD        closes with "N passed, N failed"
"""
import os
import shutil
import subprocess
import sys
import time

import faultlib as fl
from faultserver import Server


def fill(path):
    """Writes until nothing more fits."""
    with open(path, "ab", buffering=0) as f:
        for size in (1 << 20, 1 << 16, 4096, 512):
            try:
                while f.write(b"x" * size):
                    pass
            except OSError:
                pass


def until(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def story(bench, mount):
    house, neighbour, answers = os.path.join(mount, "house"), os.path.join(mount, "neighbour"), bench.path("answers")
    shutil.copytree(bench.house(), house)
    s, acked = Server(bench, house, log=bench.path("server.log")), {}
    fl.check(s.up() and s.login()[0] == 200, "starts")
    for i in range(5):
        status, said = s.make("k%d" % i)
        if fl.check(status == 200, "with space: %d" % status):
            acked["k%d" % i] = said
    fill(neighbour)
    first = None
    for i in range(5, 400):                        # what SQLite has in its files still takes a few writes
        status, said = s.make("k%d" % i)
        if status == 200:
            acked["k%d" % i] = said
            fill(neighbour)
            continue
        first = (status, said)
        break
    fl.check(first is not None and first[0] == 507 and "ディスクの空きがない" in first[1].get("text", ""), "the answer when it is full: %s" % (first,))
    refused = ["r%d" % i for i in range(6)]
    fl.check(all(s.make(k)[0] == 507 for k in refused), "stays refused")
    record = acked["k0"]["record"]
    fl.check(s.ask("GET", "/api/v1/records/%d" % record)[0] == 200, "a record is read")
    fl.check(s.ask("GET", "/api/v1/forms/takeout/records")[0] == 200, "a list is read")
    status, said = s.login()
    fl.check(status == 200, "signing in on a full disk: %d %s" % (status, said))
    fl.check(s.ask("GET", "/health")[1].get("writes") == "ERR_DB_FULL", "health says so")
    out = bench.path("backup")
    p = subprocess.run([bench.daicho, "backup", "--data-dir", house, out], cwd=fl.ROOT, env=bench.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    fl.check(p.returncode == 0 and os.path.exists(os.path.join(out, "manifest.json")), "a backup elsewhere while full: %s" % p.stdout.decode())
    fl.check(s.p.poll() is None, "the server lives")
    s.stop()
    s = Server(bench, house, log=bench.path("server1.log"))     # closing gave the WAL's space back: the reserve is there again
    fl.check(s.up() and s.ask("GET", "/health")[1].get("writes") == "ok", "closing the WAL made space")
    s.stop()
    fill(neighbour)
    s = Server(bench, house, log=bench.path("server2.log"))
    fl.check(s.up(), "starts on a full disk: %s" % open(bench.path("server2.log")).read()[-400:])
    if s.up():
        fl.check(s.login()[0] in (200, 507), "answers")
        fl.check(s.ask("GET", "/health")[1].get("writes") == "ERR_DB_FULL", "and knows that it is full")
        status, said = s.make("r9")
        fl.check(status in (401, 507), "and refuses to write: %d %s" % (status, said))
    os.remove(neighbour)
    began = time.time()
    fl.check(until(lambda: s.ask("GET", "/health")[1].get("writes") == "ok", 5), "resumes by itself")
    s.login()
    status, said = s.make("k999")
    fl.check(status == 200, "writes again: %d %s" % (status, said))
    acked["k999"] = said
    print("full disk: %d acknowledged before and after, writing resumed after %.1f s" % (len(acked), time.time() - began))
    for k in refused:
        status, said = s.make(k)                   # not saved before: the same key is a first request
        fl.check(status == 200 and not said.get("repeated"), "%s afterwards: %d %s" % (k, status, said))
    s.stop()
    with open(answers, "w") as f:
        for k, said in acked.items():
            f.write("%s ok %d %d\n" % (k, said["record"], said["seq"]))
    code, said = bench.judge(house, answers)
    fl.check(said.get("lost") == 0 and said.get("problem") == "" and said.get("difference") == "", "afterwards: %s" % said)


def main():
    with fl.Bench(sys.argv[1]) as bench:
        mount = bench.path("small")
        os.makedirs(mount)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", mount], stderr=subprocess.DEVNULL).returncode != 0:
            print("[  SKIPPED ] full_disk (no right to mount a small file system)")
            sys.exit(0)
        try:
            story(bench, mount)
        finally:
            subprocess.run(["umount", "-l", mount])
    fl.end()


if __name__ == "__main__":
    main()
