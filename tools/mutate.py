#!/usr/bin/env python3
"""A duty counts as carried only if its absence would be noticed (docs/TESTING.md). Each element of a pack that carries duties is made ineffective, turned
round or given to somebody else, one at a time, and its figures are moved by one (tools/mutate_pack.py); at least one scene must then fail.

    tools/mutate.py BUILD [--pack sme] [--chapters 1,2,3,4,5] [--jobs N] [--only TEXT] [--list] [--quick] [--left] [--table FILE]

A mutant is caught when the pack is refused as it stands, when a scene that speaks of the element fails, or when any other scene does; --quick asks only those
that speak of it, and --left asks only of mutants that nothing caught yet. What caught a mutant is kept in BUILD/mutate.json and asked first the next time. --table writes, for each duty, a scene that noticed that
it was gone, and one that noticed that it refused what it must let pass.

Survivors are printed with file and line. The last line is `N passed, N failed`: caught and survived; the exit code is 1 when one survived that is not in
tests/mutate/survivors.txt (a line there: name  -- why; it may end in `*`).
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import mutate_pack

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REFUSED = "refused by pack check"
EXAMPLE = "its example does not load"


def scenes():
    """[(file, name, text)] with the preamble of the file in each text."""
    out = []
    folder = os.path.join(ROOT, "tests", "scene")
    for f in sorted(os.listdir(folder)):
        if not f.endswith(".scene") or f.startswith("house"):
            continue
        parts = re.split(r'^scene "', open(os.path.join(folder, f), encoding="utf-8").read(), flags=re.M)
        if "adopt sme" not in parts[0]:
            continue
        for p in parts[1:]:
            name, text = p.split('"', 1)
            out.append((os.path.join(folder, f), name, parts[0] + text))
    return out


def speaks(mutant, text):
    """How much: the element, its duties, their article; tenfold in a scene of its form (an element called `admin` or `badge` is named everywhere)."""
    def times(w):
        return len(re.findall(r"(?<![\w-])" + re.escape(w) + r"(?![\w-])", text)) if w else 0

    words = [(mutant["id"], 2)] + [(d, 1) for d in mutant["duties"]] + [(a, 1) for a in {re.sub(r"^\w+-|[a-z]+$", "", d) for d in mutant["duties"]}]
    return sum(n * times(w) for w, n in words) * (10 if any(times(f) for f in mutant["forms"]) else 1)


def why_of(known, m):
    return next((known[k] for k in known if fnmatch.fnmatchcase(m["name"], k)), None)


class Bench:
    def __init__(self, build, everything, quick, known):
        self.build, self.scenes, self.quick, self.known = build, everything, quick, known
        self.memory = os.path.join(build, "mutate.json")
        self.seen = json.load(open(self.memory, encoding="utf-8")) if os.path.exists(self.memory) else {}

    def remember(self, name, by):
        self.seen[name] = by
        with open(self.memory + ".new", "w", encoding="utf-8") as f:
            json.dump(self.seen, f, ensure_ascii=False, indent=0)
        os.replace(self.memory + ".new", self.memory)

    def run(self, root, tmp, files, only=None):
        """The name of the scene that failed first, or None; stops there."""
        args = [os.path.join(self.build, "daicho-scene"), "--engine", "sqlite", "--daicho", os.path.join(self.build, "daicho"), "--root", root, "--tmp", tmp, "--jobs", "1"]
        if only:
            args += ["--only", only]
        p = subprocess.Popen(args + files, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                             start_new_session=True)                # an answer may be cut in the middle of a letter
        failed, any_ran = None, False
        for line in p.stdout:
            if line.startswith("FAILED"):
                failed = EXAMPLE if line.rstrip().endswith(EXAMPLE) else re.sub(r"^FAILED \S+ (.*) \[\w+\].*$", r"\1", line.strip())
                break
            m = re.match(r"(\d+) passed, (\d+) failed", line)
            any_ran = any_ran or bool(m and int(m.group(1)))
        if failed:
            os.killpg(p.pid, 15)
        p.stdout.close()
        code = p.wait()
        if not failed and not only and not any_ran:
            raise RuntimeError("the scenes did not run (exit %d)" % code)
        return failed or ("exit %d" % code if code and any_ran else None)

    def control(self):
        """Nothing changed, nothing fails: else a catch would say nothing."""
        tmp = tempfile.mkdtemp(prefix="daicho-mutate-")
        try:
            return self.run(ROOT, tmp, sorted({f for f, _, _ in self.scenes}))
        finally:
            shutil.rmtree(tmp, ignore_errors=True)

    def changed(self, m, tmp):
        """A copy of the house with this mutant: links but for the packs."""
        root = os.path.join(tmp, "root")
        os.mkdir(root)
        for name in os.listdir(ROOT):
            if name not in ("packs", ".git") and not name.startswith("build"):
                os.symlink(os.path.join(ROOT, name), os.path.join(root, name))
        shutil.copytree(os.path.join(ROOT, "packs"), os.path.join(root, "packs"))
        path = os.path.join(root, os.path.relpath(m["path"], ROOT))
        os.unlink(path)
        if m["text"] is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(m["text"])
        return root

    def judge(self, m):
        tmp = tempfile.mkdtemp(prefix="daicho-mutate-")
        try:
            root = self.changed(m, tmp)
            check = subprocess.run([os.path.join(self.build, "daicho"), "pack", "check", os.path.join(root, "packs")], capture_output=True)
            if check.returncode != 0:
                return m, REFUSED
            before = self.seen.get(m["name"])
            ranked = sorted(((speaks(m, t), f, n) for f, n, t in self.scenes), key=lambda x: (-x[0], x[1]))
            first = [(f, n) for _, f, n in ranked if n == before] + [(f, n) for score, f, n in ranked[:6 if self.quick else 3] if score and n != before]
            for f, n in first:
                if by := self.run(root, tmp, [f], n):
                    return m, by
            if self.quick or why_of(self.known, m):
                return m, None
            return m, self.run(root, tmp, list(dict.fromkeys(f for _, f, _ in ranked)))
        finally:
            shutil.rmtree(tmp, ignore_errors=True)


def excused():
    path = os.path.join(ROOT, "tests", "mutate", "survivors.txt")
    rows = {}
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            if line.strip() and not line.startswith("#"):
                name, _, why = line.strip().partition(" -- ")
                rows[name.strip()] = why.strip()
    return rows


def table(path, pack, chapters, results):
    """Per duty that is to be enforced, flowed or checked: who noticed its absence, who its excess. Returns how many have both, and the others."""
    both, lacking, out = 0, [], []
    demanded = {}
    for line in open(os.path.join(ROOT, "packs", pack, "duties.yaml"), encoding="utf-8"):
        m = re.search(r"\{id: ([^,]+),.*how: \[([^\]]*)\]", line)
        if m and m.group(1).count("-") > 1 and m.group(1).split("-")[1] in chapters:
            demanded[m.group(1)] = [h.strip() for h in m.group(2).split(",")]
    for duty, how in demanded.items():
        if not set(how) & {"enforce", "flow", "check"}:
            continue
        mine = [(m, by) for m, by in results if duty in m["duties"] and by]
        less = next((by for m, by in mine if m["sense"] in ("less", "figure") and by != REFUSED), None)
        more = next((by for m, by in mine if m["sense"] in ("more", "who", "figure") and by != REFUSED), None)
        out.append("%-14s %-16s %-70s %s" % (duty, ",".join(how), less or "-", more or "-"))
        if less and more:
            both += 1
        else:
            lacking.append(duty)
    if path:
        with open(path, "w", encoding="utf-8") as f:
            f.write("duty, how, a scene in which it refuses or fails, a scene in which it lets pass\n" + "\n".join(out) + "\n")
    return both, lacking


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("build")
    a.add_argument("--pack", default="sme")
    a.add_argument("--chapters", default="1,2,3,4,5")
    a.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    a.add_argument("--only", default="")
    a.add_argument("--list", action="store_true")
    a.add_argument("--quick", action="store_true")
    a.add_argument("--left", action="store_true")
    a.add_argument("--table", default="")
    o = a.parse_args()
    chapters = o.chapters.split(",") if o.chapters else []
    all_of = [m for m in mutate_pack.mutants(os.path.join(ROOT, "packs", o.pack), chapters) if o.only in m["name"] or o.only in m["duties"]]
    if o.list:
        for m in all_of:
            print(m["sense"], m["name"], " ".join(m["duties"]))
        return 0
    began = time.monotonic()
    known, results, survived, allowed = excused(), [], 0, 0
    bench = Bench(os.path.abspath(o.build), scenes(), o.quick, known)
    if o.left:
        all_of = [m for m in all_of if m["name"] not in bench.seen]
    broken = bench.control()
    if broken:
        print("without any change a scene fails: %s" % broken)
        return 2
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        jobs = {pool.submit(bench.judge, m): m for m in all_of}
        for f in concurrent.futures.as_completed(jobs):
            if f.exception():                # of one mutant: the others are judged all the same
                survived += 1
                print("BROKEN   %s: %r" % (jobs[f]["name"], f.exception()), flush=True)
                continue
            m, by = f.result()
            results.append((m, by))
            if by:
                bench.remember(m["name"], by)
                print("caught   %-60s %s" % (m["name"], by), flush=True)
                continue
            why = why_of(known, m)
            allowed, survived = allowed + (why is not None), survived + (why is None)
            print("known    %-60s %s" % (m["name"], why) if why is not None else "SURVIVED packs/%s/%s %s  %s" % (o.pack, m["at"], m["name"], " ".join(m["duties"])), flush=True)
    refused = sum(1 for _, by in results if by == REFUSED)
    caught = sum(1 for _, by in results if by)
    print("%d mutants in %d s: %d caught by scenes, %d refused by the check of packs, %d excused" % (len(results), time.monotonic() - began, caught - refused, refused, allowed))
    if not o.only and not o.left:
        both, lacking = table(o.table, o.pack, chapters, results)
        print("%d duties to be enforced, flowed or checked have a case that is refused or fails and one that passes; not: %s" % (both, " ".join(lacking) or "none"))
    print("%d passed, %d failed" % (caught, survived))
    return 1 if survived or not caught else 0


sys.exit(main())
