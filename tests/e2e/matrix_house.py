"""An organisation in which every role of the adopted regulations is held by somebody who holds nothing else, served; and what the matrix
(`daicho pack reach --json`) says that each of them may. Used by test_matrix.py."""
import csv
import http.client
import json
import os
import shutil
import subprocess
import tempfile

import hostile
from hostile import ROOT

OWN, BELOW = "検証部", "検証課"                # the department of those who hold a role; one below it


def reach(build):
    """{role: {"is": core role or None, "forms": {form or None: {act or (act, step): set of how}}}}"""
    p = subprocess.run([os.path.join(build, "daicho"), "pack", "reach", "--json", "--pack", "sme", "--dir", os.path.join(ROOT, "packs")], stdout=subprocess.PIPE, check=True)
    out = {}
    for r in json.loads(p.stdout):
        forms = {f["form"]: {(a["act"], a["step"]) if "step" in a else a["act"]: frozenset(a["how"]) for a in f["acts"]} for f in r["forms"]}
        out[r["role"]] = {"is": r["is"], "forms": forms}
    return out


def crew(matrix):
    """{login: (roles, department)}: one person for each role that opens anything beyond employment, one for all others together (words of a
    regulation), one without any, and the heads of two departments."""
    plain = matrix["core:employee"]["forms"]
    heads = {r for r, x in matrix.items() if "head_of_department" in (r.split(":")[1], x["is"])}
    everyone = {r for r, x in matrix.items() if "employee" in (r.split(":")[1], x["is"])}
    rest = [r for r in sorted(matrix) if r not in heads | everyone]
    words = [r for r in rest if matrix[r]["forms"] == plain]
    out = {"mplain": ((), OWN), "mhead": (("core:head_of_department",), OWN), "mbelow": (("core:head_of_department",), BELOW), "mwords": (tuple(words), OWN)}
    for r in rest:
        if r not in words:
            out["m-" + r.replace(":", "-").replace("_", "-")] = ((r,), OWN)
    return out


def example(people, folder):
    """kita and these people."""
    at = os.path.join(folder, "matrix")
    shutil.copytree(os.path.join(ROOT, "examples", "kita"), at)

    def more(name, rows):
        with open(os.path.join(at, name), "a", encoding="utf-8", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows(rows)
    more("departments.csv", [(OWN, "D90", "本社", "mhead", "2010-04-01"), (BELOW, "D91", OWN, "mbelow", "2010-04-01")])
    more("people.csv", [("9%03d" % i, "検証 %s" % chr(0x4E00 + 7 * i), "けんしょう ひと", login, login + "@kitaya.example", "regular", dept, "2015-04-01")
                        for i, (login, (roles, dept)) in enumerate(people.items())])
    with open(os.path.join(at, "records.json"), encoding="utf-8") as f:
        records = json.load(f)
    quote = next(r for r in records["records"] if r["form"] == "asset" and r["values"]["name"] == "見積書")
    records["records"].append({**quote, "values": {**quote["values"], "name": "検証資料", "owner_dept": OWN}})
    with open(os.path.join(at, "records.json"), "w", encoding="utf-8") as f:
        json.dump(records, f, ensure_ascii=False)
    more("roles.csv", [(login, role, OWN if role.endswith("dept_security_officer") else "", "2024-04-01")
                       for login, (roles, dept) in people.items() for role in roles if "head_of_department" not in role])
    return folder


class House(hostile.House):
    def __init__(self, build, pg=False):
        self.matrix = reach(build)
        self.crew = crew(self.matrix)
        self.examples = example(self.crew, tempfile.mkdtemp(prefix="e2e-examples-"))
        super().__init__(build, pg)
        self.departments = {}                  # id: (name, parent)
        boss = self.person("yamamoto")
        listed = boss.get("/api/v1/forms/department/records?limit=200").json()["records"]
        self.departments = {r["record"]: r["title"] for r in listed}

    def command(self, *words):
        return super().command(*("matrix" if w == "kita" else w for w in words))

    def options(self):
        return [self.examples if o == os.path.join(ROOT, "examples") else o for o in super().options()]

    def remove(self):
        super().remove()
        shutil.rmtree(self.examples, ignore_errors=True)


class Keeper(hostile.Person):
    """Somebody whose connection stays open: thousands of questions each."""

    def __init__(self, house, login):
        self.line = None
        super().__init__(house, login)
        self.near = {"mhead": {OWN, BELOW}, "mbelow": {BELOW}}.get(login, {OWN})

    def ask(self, method, path, body=None, headers=None):
        h = {k: v for k, v in (headers or {}).items() if v is not None}
        if self.cookie and "Cookie" not in h:
            h["Cookie"] = self.cookie
        for again in (False, True):
            if self.line is None:
                self.line = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=120)
            try:
                self.line.request(method, path, body.encode() if isinstance(body, str) else body, h)
                r = self.line.getresponse()
                return hostile.Answer(r.status, r.headers, r.read())
            except (http.client.HTTPException, OSError):
                self.line.close()
                self.line = None
                if again:
                    raise


__all__ = ["BELOW", "House", "Keeper", "OWN", "crew", "reach"]
