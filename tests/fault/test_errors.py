#!/usr/bin/env python3
"""The n-th write or flush fails with EIO or ENOSPC, or is short (trust.md 4, rows 11, 12, 15, 18): nothing is answered as done that is not, a
failed flush ends the process and is never tried again, a full disk is answered as such, and after the restart all that was answered is there.

    test_errors.py BUILD [POINTS]        closes with "N passed, N failed"
"""
import os
import shutil
import sys

import faultlib as fl

WRITES, THREADS = 6, 2
FATAL = 70


class Case:
    def __init__(self, bench):
        self.bench, self.house, self.ack, self.count = bench, bench.path("live"), bench.path("ack"), bench.path("count")

    def run(self, writes=WRITES, **env):
        shutil.rmtree(self.house, ignore_errors=True)
        for path in (self.ack, self.count):
            if os.path.exists(path):
                os.remove(path)
        shutil.copytree(self.bench.house(), self.house)
        return self.bench.run("write", self.house, self.ack, THREADS, writes, 0, FAULT_DIR=self.house, FAULT_COUNT=self.count, **env)

    def calls(self):
        try:
            with open(self.count) as f:
                return int(f.read() or 0)
        except (OSError, ValueError):
            return 0

    def answers(self, what):
        try:
            with open(self.ack) as f:
                return sum(1 for line in f if " %s" % what in line)
        except OSError:
            return 0


def points(n, want):
    return sorted(set(range(1, n + 1, max(1, n // want))) | {n})


def main():
    want = int(sys.argv[2]) if len(sys.argv) > 2 else 14
    with fl.Bench(sys.argv[1]) as bench:
        c = Case(bench)
        for match, ops, kind, forever in (("daicho.db", "sync", "eio", False), ("daicho.db", "sync", "eio", True), ("daicho.db", "write", "eio", False),
                                          ("daicho.db", "write", "short", False), ("daicho.db", "write", "enospc", False), ("highwater/", "write", "eio", False),
                                          ("highwater/", "write", "enospc", False)):
            p = c.run(FAULT_MATCH=match, FAULT_OPS=ops)
            n = c.calls()
            fl.check(p.returncode == 0 and n > 0 and c.answers("ok") == WRITES, "without a fault: %d calls, %s" % (n, p.stderr.decode()[-200:]))
            fell = ended = full = kept = 0
            for at in points(n, want if ops == "write" else 2 * want):
                p = c.run(FAULT_MATCH=match, FAULT_OPS=ops, FAULT_KIND=kind, FAULT_AT=at, FAULT_FOREVER=1 if forever else None)
                name = "%s %s %s at %d of %d" % (match, ops, kind, at, n)
                if c.calls() < at:
                    continue                              # threads met in fewer batches this time
                fell += 1
                ok = c.answers("ok")
                kept += ok
                if kind == "enospc" and match == "daicho.db":
                    fl.check(p.returncode in (0, 3) and ok + c.answers("ERR_DB_FULL") in ((WRITES,) if p.returncode == 0 else (0,)),
                             "%s: ended with %d, %d answered ok, %d full: %s" % (name, p.returncode, ok, c.answers("ERR_DB_FULL"), p.stderr.decode()[-300:]))
                    full += c.answers("ERR_DB_FULL")
                elif kind == "short":
                    fl.check(p.returncode == 0 and ok == WRITES, "%s: the rest is written, ended with %d, %d answered" % (name, p.returncode, ok))
                elif p.returncode == FATAL or p.returncode == 3:
                    ended += p.returncode == FATAL
                    fl.check(ops != "sync" or c.calls() == at, "%s: flushed again after the failure: %d calls" % (name, c.calls()))
                else:
                    # Only what nobody waits for may fail quietly: the last checkpoint when the file is closed.
                    fl.check(ok == WRITES and (ops != "sync" or at > n - 4), "%s: went on with %d, %d answered: %s" % (name, p.returncode, ok, p.stderr.decode()[-300:]))
                code, said = bench.judge(c.house, c.ack)
                fl.check(code == 0, "%s, afterwards: %s" % (name, said))
            fl.check(fell > 0 and (ended > 0 or full > 0 or kind == "short"), "%s %s %s: the fault fell %d times, ended the process %d times, was told as full %d times" %
                     (match, ops, kind, fell, ended, full))
            print("%-10s %-5s %-6s %s %3d faults, process ended %d times, told as full %d times, %d acknowledged writes all there" %
                  (match, ops, kind, "forever" if forever else "once   ", fell, ended, full, kept))
        checkpoints(c)
    fl.end()


def checkpoints(c):
    """SQLite's own automatic checkpoint ignores a failed flush of the database file and flushes again later, which succeeds and proves nothing."""
    many = 160
    p = c.run(many, FAULT_MATCH="daicho.db$", FAULT_OPS="sync")
    n = c.calls()
    if not fl.check(p.returncode == 0 and n > 1, "checkpoints while writing: %d flushes of the file, ended with %d" % (n, p.returncode)):
        return
    ended = 0
    for at in range(1, n):                             # the last one is that of closing
        p = c.run(many, FAULT_MATCH="daicho.db$", FAULT_OPS="sync", FAULT_KIND="eio", FAULT_AT=at)
        closing = p.returncode == 0 and c.answers("ok") == many and at >= n - 2        # batches differ from run to run
        fl.check(closing or (p.returncode == FATAL and c.calls() == at and c.answers("ok") < many), "a checkpoint that cannot be flushed at %d of %d: ended with %d, "
                 "%d flushes, %d answered" % (at, n, p.returncode, c.calls(), c.answers("ok")))
        code, said = c.bench.judge(c.house, c.ack)
        fl.check(code == 0, "afterwards: %s" % said)
        ended += p.returncode == FATAL
    fl.check(ended > 0, "no checkpoint fell while writing")
    print("checkpoints: %d failed flushes of the database file while writing, each the end of the process" % ended)


if __name__ == "__main__":
    main()
