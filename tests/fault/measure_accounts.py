#!/usr/bin/env python3
"""How long a list of accounts holds the writer: an LDIF through the API of the example organisation, then one that drops a tenth of it.

    measure_accounts.py BUILD [ENTRIES] [--pg]        one line of metrics after each part; works with any build, a release build says most
"""
import os
import sys
import time

import faultlib as fl

sys.path.insert(0, os.path.join(fl.ROOT, "tests", "e2e"))
import hostile  # noqa: E402


def part(admin, what, began):
    m = admin.get("/api/v1/metrics").json()
    print("%-8s %6.1f s  longest hold %.1f ms, %d commits, %d commands" % (what, time.time() - began, m["writer_longest_hold_us"] / 1000, m["writer_commits"], m["writer_commands"]), flush=True)


def ldif(names):
    return "".join("dn: uid=%s,ou=People,dc=town,dc=example\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nmail: %s@town.example\n\n" % (n, n, n, n) for n in names)


def house_measured(house, n):
    admin, began = house.person("yamamoto"), time.time()
    systems = admin.get("/api/v1/forms/system/records").json()["records"]
    if not systems:
        sys.exit("no system in the example")
    for day, names in (("2020-01-01", range(n)), ("2020-01-02", range(n // 10, n))):
        a = admin.json("/api/v1/systems/%d/accounts" % systems[0]["record"], {"found_on": day, "files": [{"name": "town.ldif", "text": ldif("u%05d" % i for i in names)}]})
        if a.status != 200:
            sys.exit(a.text)
        batch = a.json()["batch"]
        part(admin, "looked", began)
        a = admin.command("accounts.take", {"batch": batch})
        if a.status != 200:
            sys.exit(a.text)
        while admin.get("/api/v1/imports/%d" % batch).status == 200:
            time.sleep(0.2)
        part(admin, "taken", began)
    print("the newest list has %d accounts, of %d" % (admin.get("/api/v1/systems/%d/accounts" % systems[0]["record"]).json()["list"]["accounts"], n - n // 10))


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    house = hostile.House(words[0], "--pg" in sys.argv)
    try:
        house_measured(house, int(words[1]) if len(words) > 1 else 5000)
    finally:
        house.remove()


if __name__ == "__main__":
    main()
