#!/usr/bin/env python3
"""300 personnel orders (発令) of one morning: one file through the pages of the import, looked over, corrected, accepted; then kill -9 of the server between
two orders of that morning, again and again. Each is carried out exactly once, none is lost, the ledger verifies and a rebuild makes the same registers.

    test_orders.py BUILD [--pg]        closes with "N passed, N failed"; prints how long looking over, accepting and carrying out took
"""
import datetime
import os
import sys
import time

import faultlib as fl

sys.path.insert(0, os.path.join(fl.ROOT, "tests", "e2e"))
import hostile  # noqa: E402
from webclient import Browser  # noqa: E402

N, KILLS = 300, 12
DAY = "2026-06-03"
DEPARTMENTS = ("総務部", "業務部", "営業部")


def tokyo(day, hour):
    return str(int(datetime.datetime(2026, 6, day, hour, tzinfo=datetime.timezone(datetime.timedelta(hours=9))).timestamp()) * 1000000)


def what_of(i):
    """Half of them move, a quarter gets a post beside the main one, the rest join or leave."""
    return ("異動", "異動", "兼務", "採用" if i % 8 < 4 else "退職")[i % 4]


class House(hostile.House):
    def serve(self, day, hour):
        os.environ["DAICHO_SCENE_NOW"] = tokyo(day, hour)
        self.start()
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        return self.process.wait()

    def one(self, text):
        return self.sql(text)[0][0]


def people(house):
    """Everybody whom the orders are about, by an import of the register of people."""
    admin, batch, at = house.person("yamamoto"), 0, 0
    rows = [{"line": i + 2, "values": {"name": "発令 太郎%d" % i, "code": "H%04d" % i, "login": "h%04d" % i, "kind": "regular", "department": "総務部" if what_of(i) == "採用" else DEPARTMENTS[i % 2],
                                       "joined_on": "2026-07-01" if what_of(i) == "採用" else "2024-04-01"}} for i in range(N)]
    while at < N:
        a = admin.command("import.stage", {"form": "person", "rows": rows[at:at + 200], **({"batch": batch} if batch else {})})
        said = a.json()
        if not house.check("people are looked over", a.status == 200 and said.get("bad") == 0, a.text[:600]):
            return
        batch, at = said["batch"], at + said["taken"]
    more = True
    while more:
        a = admin.command("import.run", {"batch": batch})
        more = house.check("and handed in", a.status == 200, a.text[:600]) and a.json().get("more")
    house.check("all are there", hostile.until(lambda: house.one("SELECT count(*) FROM f_person WHERE slot = 0 AND code LIKE 'H0%'") == N, 120))


def csv(edit=None):
    rows = ["h%04d,%s,%s,%s,%s" % (i, DAY, what_of(i), "" if what_of(i) == "退職" else DEPARTMENTS[(i + 1) % 2], "担当%d" % i) for i in range(N)]
    if edit:
        edit(rows)
    return ("\ufeff" + "\r\n".join(["人,発令日,発令の種類,部門,職名"] + rows) + "\r\n").encode()


def wrong(rows):
    rows[9] = rows[9].replace(DEPARTMENTS[0], "どこにもない部")
    rows[250] = rows[250].replace("h0250", "h9999")


def one_file(house):
    check, b = house.check, Browser(house.port)
    b.login("yamamoto", hostile.PASSWORD)
    t0 = time.time()
    p = b.send(b.get("/f/personnel_order/import").form("/import"), files={"file": ("hatsurei.csv", csv(wrong))})
    check("rows with faults are told by line and cannot be handed in", p.status == 422 and "どこにもない部" in p.text and "h9999" in p.text and not any(x[1] == "run" for f in p.forms for x in f.buttons), p.text[:900])
    check("nothing was kept of them", house.one("SELECT count(*) FROM f_personnel_order") == 0)
    t1 = time.time()
    p = b.send(next(f for f in p.forms if f.multipart), files={"file": ("hatsurei.csv", csv())})
    t2 = time.time()
    check("the right file is shown before it counts", p.status == 200 and "300" in p.text and "h0000" in p.text and "担当0" in p.text, p.text[:900])
    check("nothing of it counts yet", house.one("SELECT count(*) FROM f_personnel_order WHERE slot = 0 AND state = 'approved'") == 0)
    p = b.send(next(f for f in p.forms if any(x[1] == "run" for x in f.buttons)), button="run")
    check("accepted", p.status == 200, p.text[:900])
    check("all in force", hostile.until(lambda: house.one("SELECT count(*) FROM f_personnel_order WHERE slot = 0 AND state = 'approved'") == N, 120))
    print("%d orders: faulty file looked over in %.1f s, the right one in %.1f s, in force %.1f s after it was accepted" % (N, t1 - t0, t2 - t1, time.time() - t2))


def done(house):
    return house.one("SELECT count(*) FROM f_personnel_order WHERE slot = 0 AND state = 'closed'")


def morning(house):
    check, between, began = house.check, [], time.time()
    house.serve(2, 17)
    time.sleep(1)
    check("the evening before nothing is carried out", done(house) == 0)
    house.stop()
    for n in range(KILLS):
        before = done(house)
        house.serve(3, 8)
        end = time.time() + 60
        while time.time() < end and done(house) < min(before + 1 + n % 3, N):
            time.sleep(0.003)
        time.sleep(0.02 * (n % 5))
        check("killed", house.kill() == -9)
        now = done(house)
        check("each start carries some out", now > before or now == N, (before, now))
        if 0 < now < N:
            between.append(now)
    house.serve(3, 8)
    check("all are carried out", hostile.until(lambda: done(house) == N, 300), done(house))
    check("killed at least three times with some done and some not", len(between) >= 3, between)
    print("carried out with kills after %s; %.1f s with all starts" % (", ".join(map(str, between)), time.time() - began))


def once(house):
    check = house.check
    check("none failed", house.one("SELECT count(*) FROM f_personnel_order WHERE slot = 0 AND failed IS NOT NULL") == 0)
    check("all on that day", house.sql("SELECT DISTINCT CAST(done_on AS TEXT) FROM f_personnel_order WHERE slot = 0") == [(DAY,)])
    check("each closed once", house.sql("SELECT record FROM act WHERE kind = 'close' AND record IN (SELECT record FROM f_personnel_order) GROUP BY record HAVING count(*) <> 1") == [])
    kinds = [what_of(i) for i in range(N)]
    seen = house.sql("SELECT p.code, d.name, CAST(p.moved_on AS TEXT), CAST(p.joined_on AS TEXT), CAST(p.left_on AS TEXT), (SELECT count(*) FROM act a WHERE a.record = p.record AND a.kind = 'submit'),"
                     " (SELECT count(*) FROM f_posting k WHERE k.slot = 0 AND k.person = p.record) FROM f_person p JOIN f_department d ON d.record = p.department_ AND d.slot = 0"
                     " WHERE p.slot = 0 AND p.code LIKE 'H0%' ORDER BY p.code")
    blank = lambda row: tuple(None if c == "" else c for c in row)      # psql shows what is not there as nothing
    want = []
    for i, what in enumerate(kinds):
        here, there = "総務部" if what == "採用" else DEPARTMENTS[i % 2], DEPARTMENTS[(i + 1) % 2]
        goes = what in ("異動", "採用")
        want.append(("H%04d" % i, there if goes else here, DAY if goes and here != there else None, DAY if what == "採用" else "2024-04-01", DAY if what == "退職" else None,
                     0 if what == "兼務" else 1, 1 if what == "兼務" else 0))
    bad = [(w, s) for w, s in zip(want, map(blank, seen)) if w != s]
    check("each person changed exactly once, as ordered", len(seen) == N and not bad, bad[:5])
    check("as many posts as ordered", house.one("SELECT count(*) FROM f_posting WHERE slot = 0 AND from_on = '%s'" % DAY) == kinds.count("兼務"))
    house.stop()
    code, text = house.command("verify")
    check("the ledger holds", code == 0, text[-600:])
    code, text = house.command("rebuild", "compare")
    check("the registers are what the ledger says", code == 0, text[-600:])
    house.serve(4, 8)
    check("the next morning changes nothing more", not hostile.until(lambda: house.one("SELECT count(*) FROM act WHERE kind = 'close' AND record IN (SELECT record FROM f_personnel_order)") != N, 2))


def main():
    os.environ["DAICHO_SCENE_NOW"] = tokyo(1, 9)
    house = House(sys.argv[1], "--pg" in sys.argv)
    try:
        people(house)
        one_file(house)
        house.stop()
        morning(house)
        once(house)
    finally:
        house.remove()
    sys.exit(house.count.end())


main()
