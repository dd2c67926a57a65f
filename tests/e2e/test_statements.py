#!/usr/bin/env python3
"""Statements per request (design section 8): each page and API read is asked at two sizes of the data; it must not ask more statements for more data
(N+1), nor more than TABLE says. The server of a scene build says in each answer how many it sent.

    test_statements.py BUILD_DIR [-v]
"""
import csv
import io
import json
import os
import shutil
import sys

import hostile
from served import ROOT

SIZES = {"few": {"departments": 1, "people": 3, "assets": 5, "applications": 10, "rows": 1, "revisions": 2, "files": 1, "deputies": 1},
         "many": {"departments": 20, "people": 60, "assets": 40, "applications": 200, "rows": 30, "revisions": 40, "files": 12, "deputies": 6}}

# (who, what is asked, the most that it may ask, how many more it may ask of the greater data: none, but where the answer itself is as long)
TABLE = [
    ("nakamura", "/", 23, 0), ("takahashi", "/", 24, 0), ("suzuki", "/", 24, 0), ("tanaka", "/", 26, 0),
    ("nakamura", "/registers", 12, 0), ("nakamura", "/f/takeout", 16, 0), ("suzuki", "/f/takeout", 20, 0), ("takahashi", "/f/takeout", 21, 0),
    ("nakamura", "/f/takeout?sort=-dest", 16, 0), ("nakamura", "/f/takeout?q=%E6%9D%B1%E9%83%BD", 18, 0),
    ("nakamura", "/f/account", 20, 0), ("nakamura", "/f/person", 20, 0), ("nakamura", "/f/asset", 20, 0), ("nakamura", "/f/takeout/csv", 16, 1),      # each 200 rows
    ("nakamura", "/r/{wide}", 42, 0), ("suzuki", "/r/{wide}", 30, 0), ("takahashi", "/r/{wide}", 41, 0), ("tanaka", "/r/{wide}", 45, 0),
    ("suzuki", "/r/{wide}/edit", 20, 0), ("suzuki", "/r/{wide}/print", 20, 0), ("nakamura", "/r/{long}", 42, 0), ("suzuki", "/r/{long}/history", 22, 0),
    ("suzuki", "/f/takeout/new", 18, 0), ("nakamura", "/conformity", 49, 0), ("nakamura", "/regulation/sme/3-2", 47, 0), ("nakamura", "/regulation/sme", 42, 0),
    ("yamamoto", "/people", 18, 0), ("suzuki", "/account/token", 13, 0), ("nakamura", "/settings", 74, 0), ("nakamura", "/ledger", 16, 0), ("nakamura", "/settings/roles", 71, 0), ("nakamura", "/settings/roles?role=core:committee", 22, 0), ("nakamura", "/settings/chart", 71, 0), ("nakamura", "/r/{wide}/sight", 40, 0), ("nakamura", "/r/{long}/sight", 40, 0),
    ("nakamura", "/api/v1/roles", 70, 0), ("nakamura", "/api/v1/records/{wide}/sight", 40, 0), ("suzuki", "/receipt/{receipt}", 30, 9),          # the proof grows with the logarithm
    ("nakamura", "/api/v1/forms/takeout/records?limit=200", 15, 0), ("suzuki", "/api/v1/forms/takeout/records?limit=50", 19, 0), ("nakamura", "/api/v1/forms/account/records?limit=200", 15, 0),
    ("nakamura", "/api/v1/records/{wide}", 38, 0), ("suzuki", "/api/v1/records/{wide}", 26, 0), ("suzuki", "/api/v1/records/{long}/history", 15, 0),
    ("takahashi", "/api/v1/desk", 20, 0), ("tanaka", "/api/v1/desk", 22, 0), ("nakamura", "/api/v1/conformity/sme", 41, 0), ("nakamura", "/api/v1/conformity/sme/days", 12, 0), ("nakamura", "/api/v1/conformity", 48, 0), ("nakamura", "/conformity/by", 52, 0), ("nakamura", "/conformity/sme/days/3-2", 14, 0), ("nakamura", "/api/v1/conformity/sme/violators", 49, 0),
    ("nakamura", "/api/v1/regulations/sme/articles/3-2", 60, 0), ("nakamura", "/api/v1/settings", 12, 0), ("yamamoto", "/api/v1/people", 18, 0),
    ("nakamura", "/api/v1/holders?role=committee", 20, 0), ("suzuki", "/api/v1/me", 8, 0),
]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WHEN = {"from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00", "sme.watch": ["near"], "sme.pni_use": "no"}


class Sized(hostile.House):
    """The example with more people, accounts and assets."""

    def __init__(self, build, size):
        self.size = size
        super().__init__(build)

    def options(self):
        own = os.path.join(self.data, "examples")
        if not os.path.isdir(own):
            shutil.copytree(os.path.join(ROOT, "examples"), own)
            self.extend(os.path.join(own, "kita"))
        return [own if o == os.path.join(ROOT, "examples") else o for o in super().options()]

    def extend(self, folder):
        with open(os.path.join(folder, "records.json"), encoding="utf-8") as f:
            doc = json.load(f)
        with open(os.path.join(folder, "departments.csv"), "a", encoding="utf-8") as f:
            for i in range(self.size["departments"]):
                f.write("第%d係,D9%02d,%s,takahashi,2010-04-01\n" % (i, i, "営業部" if i % 2 == 0 else "第%d係" % (i - 1)))
        asset = next(r for r in doc["records"] if r["form"] == "asset" and r["values"]["confidentiality"] == "c1")
        account = next(r for r in doc["records"] if r["form"] == "account")
        for i in range(self.size["assets"]):
            doc["records"].append({"form": "asset", "values": {**asset["values"], "name": "計測資料 %03d" % i}})
        people = io.StringIO()
        for i in range(self.size["people"]):
            csv.writer(people, lineterminator="\n").writerow(["9%03d" % i, "計測 %03d" % i, "けいそく", "m%03d" % i, "", "regular", "営業部", "2020-04-01"])
            doc["records"].append({"form": "account", "values": {**account["values"], "owner": "m%03d" % i, "account": "9%03d" % i}})
        with open(os.path.join(folder, "people.csv"), "a", encoding="utf-8") as f:
            f.write(people.getvalue())
        with open(os.path.join(folder, "records.json"), "w", encoding="utf-8") as f:
            json.dump(doc, f, ensure_ascii=False)


def must(a):
    if a.status not in (200, 303):
        raise RuntimeError("%d %s" % (a.status, a.text[:600]))
    return a


def grow(house):
    """Records as people make them; returns what the addresses name."""
    size, suzuki, takahashi = house.size, house.person("suzuki"), house.person("takahashi")
    items = [{"asset": "計測資料 %03d" % (i % size["assets"]), "medium": "paper"} for i in range(size["rows"])]
    for i in range(size["applications"]):
        rec = suzuki.make("takeout", {"dest": "東都商事 %d" % i, "purpose": "打合せ", "items": [items[i % len(items)]], **WHEN}, submit=True)
        if i % 3 == 1:
            must(takahashi.command("record.return", {"record": rec, "comment": "もう少し詳しく"}))
        if i % 3 == 2:
            must(takahashi.command("record.approve", {"record": rec}))
    wide = suzuki.make("takeout", {"dest": "東都商事 本社", "purpose": "展示", "items": items, **WHEN}, submit=True)
    for i in range(size["files"]):
        must(suzuki.multipart("/r/%d/attach" % wide, [], [("file", "a%d.pdf" % i, PDF)]))
    long = suzuki.make("takeout", {"dest": "東都商事 支社", "purpose": "0", "items": items, **WHEN})
    for i in range(1, size["revisions"]):
        must(suzuki.command("record.save", {"record": long, "values": {"purpose": "%d" % i, "items": [items[i % len(items)]]}, "replace_rows": True}))
    for i in range(size["deputies"]):
        rec = takahashi.make("delegation", {"from_person": "takahashi", "to_person": "tanaka", "reason": "不在のため", "from_on": "2020-01-01", "until_on": "2040-01-%02d" % (i + 1)}, submit=True)
        a = takahashi.get("/api/v1/records/%d" % rec).json()
        if a["state"] != "approved":
            must(house.person("kitagawa").command("record.approve", {"record": rec}))
    must(house.person("nakamura").ask("POST", "/api/v1/scene", json.dumps({"settle": True}), hostile.JSON))
    receipt = suzuki.get("/api/v1/records/%d/history" % long).json()["acts"][0]["seq"]
    return {"wide": wide, "long": long, "receipt": receipt}


def asked(build, size):
    """{(who, path): statements}"""
    house, seen = Sized(build, SIZES[size]), {}
    try:
        names = grow(house)
        for who in sorted({w for w, _, _, _ in TABLE}):
            person = house.person(who)
            person.get("/")                                  # what a process does once is not what a page costs
            for w, path, _, _ in TABLE:
                if w != who:
                    continue
                a = person.get(path.format(**names))
                if a.status != 200:
                    raise RuntimeError("%s %s: %d %s" % (who, path, a.status, a.text[:600]))
                seen[who, path] = int(a.headers["X-Daicho-Statements"])
        if house.stop() != 0 or "ERROR: " in house.log_text():
            raise RuntimeError(house.log_text()[-3000:])
    except Exception:
        print(house.log_text()[-3000:])
        raise
    finally:
        house.remove()
    return seen


def growing(few, many, slack):
    return many > few + slack


def over(few, many, most):
    return max(few, many) > most


def main():
    count = hostile.Count()
    count.check("a statement a row is found", growing(18, 47, 0) and growing(18, 19, 0) and not growing(18, 18, 0))
    count.check("too many statements are found", over(10, 21, 20) and not over(20, 20, 20))
    few, many = asked(sys.argv[1], "few"), asked(sys.argv[1], "many")
    for who, path, most, slack in TABLE:
        a, b = few[who, path], many[who, path]
        if "-v" in sys.argv:
            print("%-10s %-50s %4d %4d" % (who, path, a, b))
        count.check("%s asks %s without a statement a row" % (who, path), not growing(a, b, slack), "%d with few, %d with many" % (a, b))
        count.check("%s asks %s with at most %d statements" % (who, path, most), not over(a, b, most), "%d, %d" % (a, b))
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
