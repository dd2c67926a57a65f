#!/usr/bin/env python3
"""How long a list of accounts holds the writer: an LDIF through the API, then one that drops a tenth of it.

    measure_accounts.py BUILD [ENTRIES]        one line of metrics after each part
"""
import sys
import time

from faultlib import Bench
from faultserver import Server


def part(s, what, began):
    print("%-8s %6.1f s  %s" % (what, time.time() - began, s.ask("GET", "/api/v1/metrics")[1]))


def ldif(names):
    return "".join("dn: uid=%s,ou=People,dc=town,dc=example\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nmail: %s@town.example\n\n" % (n, n, n, n) for n in names)


def main():
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with Bench(sys.argv[1]) as bench:
        s = Server(bench, bench.fresh(bench.house()))
        if not s.up() or s.login()[0] != 200:
            sys.exit("the server does not start")
        said = s.ask("GET", "/api/v1/forms/system/records")[1]
        system = said["records"][0]["record"] if said["records"] else sys.exit("no system in the house")
        began = time.time()
        for day, names in (("2020-01-01", range(n)), ("2020-01-02", range(n // 10, n))):
            status, said = s.ask("POST", "/api/v1/systems/%d/accounts" % system, {"found_on": day, "files": [{"name": "town.ldif", "text": ldif("u%05d" % i for i in names)}]})
            if status != 200:
                sys.exit(str(said))
            part(s, "looked", began)
            status, said = s.ask("POST", "/api/v1/commands/accounts.take", {"batch": said["batch"]})
            while s.ask("GET", "/api/v1/imports/%d" % said["batch"])[0] == 200:
                time.sleep(0.2)
            part(s, "taken", began)
        s.stop()


if __name__ == "__main__":
    main()
