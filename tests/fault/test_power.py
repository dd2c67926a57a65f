#!/usr/bin/env python3
"""Power cuts: the house writes, the power goes at the n-th write or flush, what was not flushed is gone or survives by chance, and the house
opens again. No answered write may be missing, everything verifies, projections equal the truth (trust.md 4, rows 5, 8, 9, 10).

    test_power.py BUILD [POINTS]        closes with "N passed, N failed"

The controls must lose: synchronous=NORMAL, answers before COMMIT, a disk whose flush lies. A test that does not see that loss tests nothing.
"""
import os
import shutil
import sys

import faultlib as fl

WRITES, THREADS = 6, 2


def trial(bench, at, seeds, lie=None, **env):
    """One cut at the n-th call; yields (exit code, report, acknowledged) for each way to survive."""
    template, below = bench.house(), bench.path("live")
    log, ack = bench.path("log"), bench.path("ack")
    shutil.rmtree(below, ignore_errors=True)
    for path in (log, ack):
        if os.path.exists(path):
            os.remove(path)
    shutil.copytree(template, below)
    p = bench.run("write", below, ack, THREADS, WRITES, 0, HOUSEDRIVER_ATTACH=1, FAULT_DIR=below, FAULT_LOG=log, FAULT_AT=at, FAULT_KIND="kill", **env)
    if lie:
        with open(log, "rb") as f:
            data = f.read()
        with open(log, "wb") as f:
            f.write(without_flushes(data))
    for seed in seeds:
        after, lost_writes = fl.power_cut(bench, template, below, log, seed)
        code, said = bench.judge(after, ack)
        yield code, said, fl.acked(ack), p.returncode, lost_writes
        shutil.rmtree(after)


def without_flushes(data):
    out, at = b"", 0
    while at + 24 <= len(data):
        op, path_n, off, n, _ = fl.struct.unpack_from("<B3xIqII", data, at)
        end = at + 24 + path_n + n
        if chr(op) != "S":
            out += data[at:end]
        at = end
    return out


def lost(code, said):
    """Acknowledged writes are gone, or the start is refused because the high-water file knows more than the database."""
    return said.get("lost", 0) > 0 or said.get("refused") in ("ERR_LEDGER_HIGHWATER", "ERR_LEDGER_NOHIGHWATER", "ERR_LEDGER_BROKEN", "ERR_DB") or "crashed" in said or \
        (code != 0 and said.get("problem", "") != "")


def main():
    points = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with fl.Bench(sys.argv[1]) as bench:
        template, count = bench.house(), bench.path("count")
        below = bench.fresh(template)
        p = bench.run("write", below, bench.path("ack0"), THREADS, WRITES, 0, HOUSEDRIVER_ATTACH=1, FAULT_DIR=below, FAULT_COUNT=count)
        fl.check(p.returncode == 0 and fl.acked(bench.path("ack0")) == 2 * WRITES, "without a fault: %s" % p.stderr.decode()[-300:])
        calls = int(open(count).read())
        step = max(1, calls // points)
        acked = dropped = trials = 0
        for at in range(1, calls + 1, step):
            for code, said, n, how, gone in trial(bench, at, (None, at, at + 100000)):
                fl.check(code == 0, "cut at call %d of %d, %d acknowledged: %s" % (at, calls, n, said))
                acked, dropped, trials = acked + n, dropped + gone, trials + 1
        fl.check(acked > trials and dropped > trials, "the cuts fell while writing: %d trials, %d acknowledged, %d writes dropped" % (trials, acked, dropped))
        print("power cuts: %d trials at %d points of %d calls, %d acknowledged writes, %d unflushed writes dropped" %
              (trials, len(range(1, calls + 1, step)), calls, acked, dropped))
        twice(bench, calls)
        first_start(bench)
        controls(bench, calls)
    fl.end()


def twice(bench, calls):
    """The power goes again while what the first cut left is being recovered."""
    trials = 0
    for at in range(calls // 6, calls, max(1, calls // 8)):
        template, below = bench.house(), bench.path("live")
        log, ack = bench.path("log"), bench.path("ack")
        for code, said, n, how, gone in trial(bench, at, ()):
            pass
        once, _ = fl.power_cut(bench, template, below, log, at)
        for again in (1, 3, 7, 20, 60):
            shutil.rmtree(below, ignore_errors=True)
            shutil.copytree(once, below)
            os.remove(log)
            bench.run("check", below, ack, FAULT_DIR=below, FAULT_LOG=log, FAULT_AT=again, FAULT_KIND="kill")
            after, _ = fl.power_cut(bench, once, below, log, again)
            code, said = bench.judge(after, ack)
            fl.check(code == 0, "cut at call %d, and again at call %d of recovery: %s" % (at, again, said))
            shutil.rmtree(after)
            trials += 1
        shutil.rmtree(once)
    print("cut again during recovery: %d trials" % trials)


def first_start(bench):
    """The power goes while the house is being made: the next start opens it, however far that came, or begins anew."""
    count, log, nothing = bench.path("count1"), bench.path("log"), bench.path("nothing")
    os.makedirs(nothing)
    below = bench.fresh()
    p = bench.run("make", below, FAULT_DIR=below, FAULT_COUNT=count)
    calls = int(open(count).read())
    fl.check(p.returncode == 0 and calls > 100, "made with %d calls" % calls)
    opened = anew = 0
    for at in [*range(1, 120, 13), *range(120, calls, max(1, calls // 10))]:
        for seed in ((None, at)[at % 2],):
            below = bench.path("making")
            shutil.rmtree(below, ignore_errors=True)
            os.makedirs(below)
            if os.path.exists(log):
                os.remove(log)
            bench.run("make", below, FAULT_DIR=below, FAULT_LOG=log, FAULT_AT=at, FAULT_KIND="kill")
            after, _ = fl.power_cut(bench, nothing, below, log, seed)
            p = bench.run("make", after)                   # it opens, and then what was done of the set-up is refused
            said = p.stdout.decode().strip()
            fl.check(p.returncode == 0 or (p.returncode == 3 and b"housedriver: open:" not in p.stderr), "cut at call %d of the first start: %s %s" % (at, said, p.stderr.decode()[-300:]))
            anew += p.returncode == 0
            opened += p.returncode != 0
            shutil.rmtree(after)
    fl.check(opened > 0 and anew > 0, "both kinds were met")
    print("first start: %d cuts of %d calls, %d began anew, %d went on" % (opened + anew, calls, anew, opened))


def controls(bench, calls):
    for name, env, lie in (("synchronous=NORMAL", {"DAICHO_FAULT_SYNC_NORMAL": 1}, False), ("answers before COMMIT", {"DAICHO_FAULT_ACK_EARLY": 1}, False),
                           ("flushes that lie", {}, True)):
        seen = tried = 0
        for at in range(calls // 4, calls + 1, max(1, calls // 24)):
            for code, said, n, how, gone in trial(bench, at, (None,), lie, **env):
                tried += 1
                seen += n > 0 and lost(code, said)
        fl.check(seen > 0, "control %s: no loss seen in %d cuts" % (name, tried))
        print("control %-24s loss seen in %d of %d cuts" % (name, seen, tried))


if __name__ == "__main__":
    main()
