#!/usr/bin/env python3
"""A house from before there was a history of the organisation (migration 0018) makes it at its next start: the same rows that a rebuild makes, also of
what was struck out, closed, imported and erased. The control: without the mark of the migration nothing makes them, and the comparison says so.

    test_history.py BUILD        closes with "N passed, N failed"
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENE = """example kita at 2026-03-02
adopt sme
clock 2026-03-02 09:30
scene "what a history has to tell"
as yamamoto
import department paper_by:"総務部長" paper_on:2026-03-02 <<CSV -> M
name,code,parent
第三営業課,D91,営業部
CSV
set "department:営業部" name="第一営業部" head=tanaka
submit "department:営業部"
create assignment person=tanaka role=pni_chief from_on=2026-03-02 -> A
submit A
as kitagawa
approve A
as takahashi
create delegation from_person=takahashi to_person=kato from_on=2026-03-02 until_on=2026-03-31 reason="出張" -> D
submit D
close D
as yamamoto
void A "人を取り違えた"
set "person:kato" left_on=2026-03-31
submit "person:kato"
erase "person:kato" left_on ground:mistake
"""


def rows(db):
    with sqlite3.connect(db) as c:
        return sorted(c.execute("SELECT record, revision, form, since_us, until_us, person, other, department, role, from_on, to_on FROM org_span"), key=str)


def main():
    build = os.path.abspath(sys.argv[1])
    daicho, folder, n = os.path.join(build, "daicho"), tempfile.mkdtemp(prefix="history-"), [0, 0]

    def check(what, good, why=""):
        n[0 if good else 1] += 1
        if not good:
            print("FAILED %s: %s" % (what, why))

    def compare(data):
        p = subprocess.run([daicho, "rebuild", "--data-dir", data, "compare"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return p.returncode, p.stdout

    try:
        scene = os.path.join(folder, "history.scene")
        with open(scene, "w", encoding="utf-8") as f:
            f.write(SCENE)
        said = subprocess.run([os.path.join(build, "daicho-scene"), "--engine", "sqlite", "--daicho", daicho, "--root", ROOT, "--tmp", folder, "--keep", scene], cwd=folder,
                              env={**os.environ, "TMPDIR": folder}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True).stdout
        check("the scene runs", "1 passed, 0 failed" in said, said[-2000:])
        found = [os.path.join(d, "daicho.db") for d, _, names in os.walk(folder) if "daicho.db" in names]
        found.sort(key=lambda p: len(rows(p)))          # the state that the scene began with, and the scene
        data = os.path.dirname(found[-1])
        before = rows(found[-1])
        check("there is something to tell", len(before) > 40 and any(r[4] for r in before), "%d rows" % len(before))
        check("what was erased is not told", not any(r[2] == "person" and r[10] for r in before), str([r for r in before if r[10]]))
        with sqlite3.connect(found[-1]) as c:
            c.execute("DELETE FROM org_span")
        code, out = compare(data)
        check("control: without the mark the comparison finds that it is missing", code != 0 and "org_span" in out, out[-500:])
        with sqlite3.connect(found[-1]) as c:
            c.execute("INSERT INTO keep (k, v) VALUES ('org_span', 'wanted')")
        code, out = compare(data)
        check("with the mark it is made, and equal", code == 0, "%d %s" % (code, out[-800:]))
        check("row by row", rows(found[-1]) == before, str(set(rows(found[-1])) ^ set(before)))
        with sqlite3.connect(found[-1]) as c:
            check("and the mark is gone", c.execute("SELECT count(*) FROM keep WHERE k = 'org_span'").fetchone()[0] == 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % tuple(n))
    return 1 if n[1] or n[0] < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
