#!/usr/bin/env python3
"""PostgreSQL is lost under the real server (trust.md 4, rows 39, 41): the connection is cut at COMMIT before and after it took place, backends and
the whole cluster are killed while four clients write, the server itself is killed. What was answered is true, what could not be known is said to be
unknown and settled by the idempotency key.

    test_pg.py BUILD        closes with "N passed, N failed"
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import faultlib as fl
from faultserver import Server
from pgproxy import Cluster, Proxy


def at_commit(bench, cluster, proxy, house):
    s = Server(bench, house, url=proxy.url("h"))
    fl.check(s.up() and s.login()[0] == 200, "starts behind the proxy: %s" % open(house + ".log").read()[-300:])

    def cut(how, key, closed=False):
        s.ask("POST", "/api/v1/scene", {})             # after-commit work is done: the next COMMIT is ours
        cuts = proxy.cuts
        proxy.armed = how
        if closed:
            proxy.closed = True
        out = s.make(key)
        fl.check(proxy.cuts == cuts + 1, "%s: the cut fell" % key)
        return out

    status, said = s.make("a0")
    fl.check(status == 200, "without a fault: %d %s" % (status, said))
    status, said = cut("after", "a1")
    fl.check(status == 200 and "receipt" in said, "committed, answer lost: settled as done: %d %s" % (status, said))
    status, again = s.make("a1")
    fl.check(status == 200 and again.get("repeated") and again["seq"] == said.get("seq"), "and its key gives the same answer: %d %s" % (status, again))
    status, said = cut("before", "a2")
    fl.check(status == 503 and said.get("code") == "ERR_DB_LOST" and "保存していません" in said["text"], "never committed: told so: %d %s" % (status, said))
    status, said = s.make("a2")
    fl.check(status == 200 and not said.get("repeated"), "its key is a first request: %d %s" % (status, said))
    for how, key, repeated in (("after", "a3", True), ("before", "a4", False)):
        status, said = cut(how, key, closed=True)
        fl.check(status == 503 and said.get("code") == "ERR_DB_DOUBT" and "確認できません" in said["text"], "%s, nobody to ask: %d %s" % (how, status, said))
        status, said = s.make("b" + key)
        fl.check(status in (401, 500, 503), "%s, still away: %d %s" % (how, status, said))
        proxy.closed = False
        status, said = s.make(key)
        fl.check(status == 200 and bool(said.get("repeated")) == repeated, "%s, settled by its key: %d %s" % (how, status, said))
    fl.check(s.ask("GET", "/api/v1/forms/takeout/records")[0] == 200, "reading works again")
    fl.check(s.stop() == 0, "stops")


def under_load(bench, cluster, house, db, break_it, rounds, name):
    """Four clients write while something is broken again and again; the answers go into a file that the check compares."""
    s = Server(bench, house, url=cluster.of(db))
    fl.check(s.up() and s.login()[0] == 200, "%s: starts" % name)
    lines, lock, stop = [], threading.Lock(), threading.Event()

    def client(i):
        n = 0
        while not stop.is_set():
            key = "k%s-%d-%d" % (name, i, n)
            n += 1
            for _ in range(40):                        # the same key until there is an answer that tells the truth
                status, said = s.make(key)
                if status == 200:
                    with lock:
                        lines.append("%s ok %d %d" % (key, said["record"], said["seq"]))
                    break
                if status not in (0, 500, 503) or stop.is_set():
                    fl.check(status in (0, 500, 503), "%s: %d %s" % (key, status, said))
                    return
                time.sleep(0.1)
    threads = [threading.Thread(target=client, args=(i,), daemon=True) for i in range(4)]
    for t in threads:
        t.start()
    for n in range(rounds):
        time.sleep(0.7)
        break_it(s)
    time.sleep(1.5)
    stop.set()
    for t in threads:
        t.join()
    fl.check(s.ask("GET", "/api/v1/forms/takeout/records")[0] == 200, "%s: reads at last" % name)
    fl.check(s.stop() == 0, "%s: stops" % name)
    answers = bench.path("answers-" + name)
    with open(answers, "w") as f:
        f.write("\n".join(lines) + "\n")
    code, said = bench.judge(house, answers, cluster.of(db))
    fl.check(code == 0 and said.get("acked") == len(lines) and len(lines) > 20, "%s: %s" % (name, said))
    print("PostgreSQL, %-22s %d times, %d acknowledged writes all there" % (name + ":", rounds, len(lines)))


def main():
    rng = random.Random(7)
    with fl.Bench(sys.argv[1]) as bench:
        os.chmod(bench.dir, 0o711)
        cluster = Cluster(bench.path("pg"))
        try:
            for db in ("h", "l"):
                cluster.sql("CREATE DATABASE %s TEMPLATE template0" % db)
                p = bench.run("make", bench.path("house-" + db), cluster.of(db))
                fl.check(p.returncode == 0, "make: %s" % p.stderr.decode()[-300:])
            at_commit(bench, cluster, Proxy(cluster, bench.path("proxy")), bench.path("house-h"))
            house = bench.path("house-l")

            def terminate(s):
                cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'l'")

            def kill_one(s):
                pids = cluster.backends("l")
                if pids:
                    os.kill(rng.choice(pids), signal.SIGKILL)      # the server restarts itself and recovers
                    time.sleep(0.3)
                    cluster.wait()

            under_load(bench, cluster, house, "l", terminate, 4, "terminated")
            if os.geteuid() == 0:
                under_load(bench, cluster, house, "l", kill_one, 2, "killed")
            key_of = [line.split(" ", 2)[2] for line in cluster.sql("SELECT convert_from(entry, 'UTF8') FROM ledger WHERE seq = 0", "l").split("\n")
                      if line.startswith("field vkey ")][0]
            export = bench.path("export")
            p = subprocess.run([bench.daicho, "export", "--data-dir", house, "--db", cluster.of("l"), "--packs-dir", "tests/core/packs", export], cwd=fl.ROOT,
                               env=bench.env(), stderr=subprocess.PIPE)
            fl.check(p.returncode == 0, "export: %s" % p.stderr.decode()[-300:])
            p = subprocess.run([sys.executable, bench.verifier, export, "--vkey", key_of], stdout=subprocess.PIPE)
            fl.check(p.returncode == 0, "the outsider's verifier: %s" % p.stdout.decode())
        finally:
            cluster.stop()
    fl.end()


if __name__ == "__main__":
    main()
