#!/usr/bin/env python3
"""The clock of the machine steps under the real server (trust.md 4, row 23): each step of more than half a minute is an entry, time in the ledger
never goes back, a restart after a known step back goes on, a clock far behind without one lets nothing be written until it is right.

    test_clock.py BUILD        closes with "N passed, N failed"
"""
import os
import sqlite3
import subprocess
import sys

import faultlib as fl
from faultserver import Server

HOUR, YEARS = 3600, 10 * 365 * 86400


def entries(house):
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(house, "daicho.db"), uri=True)
    out = [bytes(e).decode() for (e,) in db.execute("SELECT entry FROM ledger ORDER BY seq")]
    db.close()
    return out


def steps(house):
    """Seconds of every clock.stepped entry, in order."""
    return [int(line.split(" ")[2]) for e in entries(house) if "\ntype clock.stepped\n" in e for line in e.split("\n") if line.startswith("field seconds ")]


def main():
    with fl.Bench(sys.argv[1]) as bench:
        house, clock = bench.fresh(bench.house()), bench.path("offset")

        def step(seconds):
            with open(clock + ".new", "w") as f:
                f.write("%d" % seconds)
            os.rename(clock + ".new", clock)

        def server():
            s = Server(bench, house, FAULT_CLOCK=clock)
            fl.check(s.up(), "starts: %s" % open(house + ".log").read()[-300:])
            return s

        def writes(s, key):
            status, said = s.make(key)
            return fl.check(status == 200, "%s: %d %s" % (key, status, said))

        step(0)
        s = server()
        fl.check(s.login()[0] == 200, "signs in")
        writes(s, "a")
        step(20)                                       # less than the limit: no entry
        writes(s, "b")
        fl.check(steps(house) == [], "no entry for 20 seconds")
        step(HOUR + 20)
        s.login()                                      # the session has ended by its idle limit
        writes(s, "c")
        writes(s, "d")                                 # one entry a step
        step(-HOUR)
        writes(s, "e")
        got = steps(house)
        fl.check(len(got) == 2 and abs(got[0] - HOUR) <= 2 and abs(got[1] + 2 * HOUR + 20) <= 2, "an hour on, two back: %s" % got)
        fl.check(s.stop() == 0, "stops")

        s = server()                                   # the clock is two hours behind the last entry, and the ledger says why
        fl.check(s.ask("GET", "/health")[1].get("writes") == "ok", "goes on after a known step back")
        fl.check(s.login()[0] == 200 and writes(s, "f"), "and writes")
        step(YEARS)
        s.login()
        writes(s, "g")
        step(0)
        s.login()
        writes(s, "h")
        fl.check(s.stop() == 0, "stops")
        s = server()                                   # ten years on and back: not locked out for ten years
        fl.check(s.login()[0] == 200 and writes(s, "i"), "writes after ten years and back")
        fl.check(s.stop() == 0, "stops")

        step(-2 * YEARS)
        s = server()
        fl.check(s.ask("GET", "/health")[1].get("writes") == "ERR_LEDGER_CLOCK", "a clock twenty years back lets nothing be written")
        status, said = s.login()
        fl.check(status == 503 and "時計" in said.get("text", ""), "and says why: %d %s" % (status, said))
        n = len(entries(house))
        step(0)
        fl.check(s.login()[0] == 200 and writes(s, "j"), "writes as soon as the clock is right")
        fl.check(s.stop() == 0, "stops")
        all_entries = entries(house)
        fl.check(len(all_entries) > n, "entries grew")
        times = [e.split("\n")[2] for e in all_entries]
        fl.check(times == sorted(times), "time never goes back")
        with open(bench.path("answers"), "w"):
            pass
        code, said = bench.judge(house, bench.path("answers"))
        fl.check(said.get("problem") == "" and said.get("difference") == "", "afterwards: %s" % said)
        vkey = [line.split(" ", 2)[2] for line in all_entries[0].split("\n") if line.startswith("field vkey ")][0]
        p = subprocess.run([sys.executable, bench.verifier, os.path.join(house, "daicho.db"), "--vkey", vkey], stdout=subprocess.PIPE)
        fl.check(p.returncode == 0, "the outsider's verifier: %s" % p.stdout.decode())
        print("clock: steps noted %s" % steps(house))
    fl.end()


if __name__ == "__main__":
    main()
