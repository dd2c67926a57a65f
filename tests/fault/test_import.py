#!/usr/bin/env python3
"""kill -9 of the real server while an approved import is applied: it goes on by itself at the next start, a list shows none or all of the rows, and
everything verifies.

    test_import.py BUILD        closes with "N passed, N failed"
"""
import sys
import time

import faultlib as fl
from faultserver import Server

ROWS = 150


def command(s, name, body):
    return s.ask("POST", "/api/v1/commands/" + name, body)


def hand_in(s):
    rows = [{"line": i + 2, "values": {"name": "品%d" % i, "dept": "本社", "confidentiality": "c0"}} for i in range(ROWS)]
    batch, at = 0, 0
    while at < ROWS:
        body = {"form": "asset", "rows": rows[at:]}
        if batch:
            body["batch"] = batch
        status, said = command(s, "import.stage", body)
        if not fl.check(status == 200 and said.get("bad") == 0, "stage at %d: %d %s" % (at, status, said)):
            return 0
        batch, at = said["batch"], at + said["taken"]
    said = {"more": True}
    while said.get("more"):
        status, said = command(s, "import.run", {"batch": batch})
        if not fl.check(status == 200, "run: %d %s" % (status, said)):
            return 0
    return said["import"]


def shown(s):
    status, said = s.ask("GET", "/api/v1/forms/asset/records?limit=200")
    return len(said.get("rows", said.get("records", []))) if status == 200 else -1


def main():
    with fl.Bench(sys.argv[1]) as bench:
        house = bench.fresh(bench.house())
        s = Server(bench, house)
        fl.check(s.up() and s.login()[0] == 200, "starts and signs in")
        before = shown(s)
        record = hand_in(s)
        fl.check(record > 0, "handed in")
        kills, counts = 0, set()
        for n in range(12):
            time.sleep(0.1 * (n % 5))
            now = shown(s)
            counts.add(now)
            if now != before:
                break
            fl.check(s.kill() == -9, "killed")
            kills += 1
            s = Server(bench, house)
            fl.check(s.up() and s.login()[0] == 200, "starts again")
        for _ in range(600):
            if shown(s) != before:
                break
            time.sleep(0.1)
        counts.add(shown(s))
        fl.check(counts <= {before, before + ROWS} and before + ROWS in counts, "none or all: %s, %d killed" % (sorted(counts), kills))
        fl.check(kills > 0, "killed at least once in the middle")
        s.stop()
        ack = bench.path("ack")
        open(ack, "w").close()
        code, said = bench.judge(house, ack)
        fl.check(code == 0, "verifies: %s" % said)
        print("an import of %d rows through %d kills" % (ROWS, kills))
    fl.end()


if __name__ == "__main__":
    main()
