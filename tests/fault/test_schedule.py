#!/usr/bin/env python3
"""kill -9 while the tasks of a schedule are made, chunk by chunk: at each start it goes on where it was, and in the end each occurrence is there exactly
once, the ledger verifies, and a rebuild makes the same tasks. On both engines. And a machine so slow that no chunk ever has time left comes to the end of
both rounds (what is due, and who holds the posts of what is open) all the same: a chunk does one thing at least.

    test_schedule.py BUILD        closes with "N passed, N failed"
"""
import datetime
import json
import os
import subprocess
import sys

import faultlib as fl
from pgproxy import Cluster

ASSETS = 450                                   # a chunk has at most 200 tasks
KILLS_MAX = 8
TOKYO = datetime.timezone(datetime.timedelta(hours=9))


def noon(day):
    return int(datetime.datetime(2026, 6, day, 12, tzinfo=TOKYO).timestamp()) * 1000000


def said(p):
    lines = p.stdout.decode().strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


def through_kills(bench, where, *url):
    house = bench.fresh()
    p = bench.run("assets", house, ASSETS, *url, DAICHO_SCENE_NOW=noon(1), timeout=300)
    if not fl.check(p.returncode == 0, "%s: made: %s" % (where, p.stderr[-600:])):
        return
    counts = []
    for day in (2, 3):                         # on the third day the tasks of the second stand already
        kills = 0
        while True:
            p = bench.run("issue", house, ASSETS * (day - 1), *url, DAICHO_SCENE_NOW=noon(day), timeout=300)
            if p.returncode != -9 or kills == KILLS_MAX:
                break
            kills += 1
            counts.append(said(p).get("killed"))
        end = said(p)
        if p.returncode == -9:                 # killed often enough: now to its end
            p = bench.run("issue", house, 0, *url, DAICHO_SCENE_NOW=noon(day), timeout=300)
            end = said(p)
        fl.check(kills > 0, "%s: killed with some of the tasks there on day %d" % (where, day))
        fl.check(p.returncode == 0 and end.get("problem") == "" and end.get("difference") == "", "%s: %s %s" % (where, end, p.stderr[-600:]))
        fl.check(end.get("tasks") == ASSETS * (day - 1) and end.get("subjects") == ASSETS and end.get("twice") == 0, "%s: each once: %s" % (where, end))
    try:
        p = bench.run("issue", house, 0, *url, DAICHO_SCENE_NOW=noon(4), DAICHO_FAULT_NO_TIME=1, timeout=240)
        end = said(p)
        fl.check(p.returncode == 0 and end.get("tasks") == ASSETS * 3 and end.get("twice") == 0, "%s: without time: %s %s" % (where, end, p.stderr[-600:]))
    except subprocess.TimeoutExpired:
        fl.check(False, "%s: without time it does not come to its end" % where)
    print("%s: tasks of %d records on two days; killed at %s" % (where, ASSETS, ", ".join(map(str, counts))))


def main():
    with fl.Bench(sys.argv[1]) as bench:
        through_kills(bench, "SQLite")
        os.chmod(bench.dir, 0o711)
        cluster = Cluster(bench.path("pg"))
        try:
            cluster.sql("CREATE DATABASE l TEMPLATE template0")
            through_kills(bench, "PostgreSQL", cluster.of("l"))
        finally:
            cluster.stop()
    fl.end()


if __name__ == "__main__":
    main()
