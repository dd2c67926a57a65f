#!/usr/bin/env python3
"""How long an import holds the writer: a register of the trial packs, through the API.

    measure_import.py BUILD [ROWS]        one line of metrics after each part
"""
import sys
import time

from faultlib import Bench
from faultserver import Server


def part(s, what, began):
    print("%-8s %6.1f s  %s" % (what, time.time() - began, s.ask("GET", "/api/v1/metrics")[1]))


def main():
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with Bench(sys.argv[1]) as bench:
        s = Server(bench, bench.fresh(bench.house()))
        if not s.up() or s.login()[0] != 200:
            sys.exit("the server does not start")
        rows = [{"line": i + 2, "values": {"name": "品%d" % i, "dept": "本社", "confidentiality": "c0"}} for i in range(n)]
        batch, at, began = 0, 0, time.time()
        while at < n:
            body = {"form": "asset", "rows": rows[at:at + 200], **({"batch": batch} if batch else {})}
            status, said = s.ask("POST", "/api/v1/commands/import.stage", body)
            if status != 200:
                sys.exit(str(said))
            batch, at = said["batch"], at + said["taken"]
        part(s, "looked", began)
        said = {"more": True}
        while said.get("more"):
            status, said = s.ask("POST", "/api/v1/commands/import.run", {"batch": batch})
        part(s, "handed", began)
        while not s.ask("GET", "/api/v1/forms/asset/records")[1]["records"]:
            time.sleep(0.1)
        part(s, "in force", began)
        s.stop()


if __name__ == "__main__":
    main()
