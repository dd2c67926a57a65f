#!/usr/bin/env python3
"""kill -9 of the real server while four clients write: every acknowledged write is there afterwards with its receipt, a request without an answer
is settled by its idempotency key (present at most once), and everything verifies (trust.md 4, rows 1, 46). Also SIGTERM: nothing is cut off.

    test_kill.py BUILD [ROUNDS]        closes with "N passed, N failed"
"""
import os
import random
import subprocess
import sys
import threading
import time

import faultlib as fl
from faultserver import Server

sys.path.insert(0, os.path.join(fl.ROOT, "verifier"))
sys.dont_write_bytecode = True
import daicho_verify as dv  # noqa: E402


def clients(server, first, stop, acked, open_keys, lock):
    def one(i):
        n = 0
        while not stop.is_set():
            key = "k%d-%d-%d" % (first, i, n)
            n += 1
            with lock:
                open_keys.add(key)
            status, said = server.make(key)
            if status in (0, 503):
                return                                    # no answer, or it is stopping: the key stays open
            with lock:
                open_keys.discard(key)
                if status == 200:
                    acked[key] = said
                else:
                    fl.check(False, "%s: %d %s" % (key, status, said))
                    return
    threads = [threading.Thread(target=one, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    return threads


def receipts_hold(server, acked, vkey):
    key, bad = dv.Key(vkey), 0
    for k, said in acked.items():
        status, entry = server.ask("GET", "/api/v1/ledger/%d" % said["seq"])
        try:
            index, _ = dv.receipt(said["receipt"].encode(), entry["entry"].encode(), key)
            bad += status != 200 or index != said["seq"] or "record" not in said
        except (dv.Bad, KeyError):
            bad += 1
    return bad


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    rng = random.Random(20261121)
    with fl.Bench(sys.argv[1]) as bench:
        house, acked, open_keys, lock = bench.fresh(bench.house()), {}, set(), threading.Lock()
        settled = 0
        for n in range(rounds):
            s = Server(bench, house)
            if not fl.check(s.up() and s.login()[0] == 200, "round %d: starts and signs in" % n):
                break
            for key in sorted(open_keys):                 # what had no answer is asked again with its key
                status, said = s.make(key)
                if fl.check(status == 200, "%s again: %d %s" % (key, status, said)):
                    settled += 1
                    acked[key] = said
            open_keys.clear()
            stop = threading.Event()
            threads = clients(s, n, stop, acked, open_keys, lock)
            time.sleep(rng.uniform(0.05, 0.6))
            code = s.kill() if n + 1 < rounds else s.stop()
            stop.set()
            for t in threads:
                t.join()
            fl.check(code == (-9 if n + 1 < rounds else 0), "round %d: ended with %d" % (n, code))
        s = Server(bench, house)
        fl.check(s.up() and s.login()[0] == 200, "starts at last")
        status, ledger = s.ask("GET", "/api/v1/ledger")
        fl.check(status == 200 and len(acked) > 10 * rounds, "%d acknowledged, ledger %s" % (len(acked), ledger))
        vkey = ledger.get("vkey", "")
        fl.check(receipts_hold(s, acked, vkey) == 0, "every receipt holds and every acknowledged entry is there")
        again = [s.make(k) for k in list(acked)[-40:]]
        fl.check(all(st == 200 and a.get("repeated") and a["seq"] == acked[k]["seq"] for k, (st, a) in zip(list(acked)[-40:], again)),
                 "a repeated key gets the first answer")
        s.stop()
        answers = bench.path("answers")
        with open(answers, "w") as f:
            for k, said in acked.items():
                f.write("%s ok %d %d\n" % (k, said["record"], said["seq"]))
        code, said = bench.judge(house, answers)
        fl.check(code == 0 and said.get("lost") == 0 and said["keys"] - len(acked) <= 4, "after all rounds: %s" % said)
        p = subprocess.run([sys.executable, bench.verifier, os.path.join(house, "daicho.db"), "--vkey", vkey], stdout=subprocess.PIPE)
        fl.check(p.returncode == 0, "the outsider's verifier: %s" % p.stdout.decode())
        print("kill -9: %d rounds, %d acknowledged writes, %d settled by their key after a lost answer" % (rounds - 1, len(acked), settled))
    fl.end()


if __name__ == "__main__":
    main()
