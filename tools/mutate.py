#!/usr/bin/env python3
"""A duty counts as carried only if its absence would be noticed (docs/TESTING.md). Each element of a pack that carries duties is made ineffective, one
at a time, and its figures are moved by one; at least one scene must then fail.

    tools/mutate.py BUILD [--pack sme] [--chapters 1,3,4] [--jobs N] [--only TEXT] [--list]

A mutant is caught when the pack is refused as it stands, when a scene that speaks of the element fails, or when any other scene does. Survivors are
printed with file and line. The last line is `N passed, N failed`: caught and survived; the exit code is 1 when one survived that is not in
tests/mutate/survivors.txt (each line there: id, and why).
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CARRIES = re.compile(r"carries: \[([^\]]*)\]")
QUOTED = r'"(?:[^"\\]|\\.)*"'


def first(pattern, text, new):
    out, n = re.subn(pattern, new, text, count=1)
    return out if n and out != text else None


def period(text):
    """P12M -> P13M"""
    m = re.search(r"P(T?)(\d+)", text)
    return text[:m.start(2)] + str(int(m.group(2)) + 1) + text[m.end(2):] if m else None


def variants(kind, line):
    """(what, line) for one element that carries duties."""
    if kind == "rules":
        yield "never", first(r"when: " + QUOTED, line, 'when: "1 = 2"')
    elif kind == "route":
        if "when: " in line:
            yield "never", first(r"when: " + QUOTED, line, 'when: "1 = 2"')
        else:
            yield "never", first(r"(- \{id: [^,]+), ", line, r'\1, when: "1 = 2", ')
        if "distinct: true" in line:
            yield "not distinct", first(r", distinct: true", line, "")
    elif kind == "then":
        if "when: " in line:
            yield "never", first(r"when: " + QUOTED, line, 'when: "1 = 2"')
        else:
            yield "never", first(r"(- \{id: [^,]+), ", line, r'\1, when: "1 = 2", ')
        if "add_days(" in line:
            yield "a day later", first(r"add_days\(([^,()]+), ([^)]*\)?)\)", line, r"add_days(\1, 1 + \2)")
        if "add_hours(" in line:
            yield "later", first(r"add_hours\(([^,()]+), (\d+)\)", line, lambda m: "add_hours(%s, %d)" % (m.group(1), int(m.group(2)) + 24))
    elif kind == "checks":
        if "none: " in line:
            yield "never", first(r"where: " + QUOTED, line, 'where: "1 = 2"')
        else:
            yield "always met", first(r"must: " + QUOTED, line, 'must: "1 = 1"')
    elif kind == "fields":
        for word, new in (("required: true", "required: false"), ("all_ticked: true", "all_ticked: false")):
            if word in line:
                yield "not " + word.split(":")[0], line.replace(word, new, 1)
        for word in ("required_when", "allowed"):
            if word + ": " in line:
                yield "no " + word, first(r", " + word + ": " + QUOTED, line, "")
    elif kind == "values":
        if "'c2'" in line:
            yield "the strictest lowered", line.replace("'c2'", "'c1'", 1)
        else:
            yield "nothing", first(r"value: " + QUOTED, line, 'value: "null"')
    elif kind == "parameters":
        m = re.search(r'default: "(\d+)"', line)
        if m:
            yield "one more", line[:m.start(1)] + str(int(m.group(1)) + 1) + line[m.end(1):]
            yield "one less", line[:m.start(1)] + str(int(m.group(1)) - 1) + line[m.end(1):]
        elif re.search(r'default: "P', line):
            at = line.index('default: "P')
            yield "longer", line[:at] + period(line[at:])
    elif kind in ("schedules", "declarations"):
        if re.search(r"every: P", line):
            at = line.index("every: P")
            yield "more seldom", line[:at] + period(line[at:])
        if "FREQ=" in line:
            yield "never", first(r"FREQ=[A-Z]+", line, "FREQ=YEARLY;INTERVAL=50")
    elif kind == "no_approval":
        yield "never", first(r"when: " + QUOTED, line, 'when: "1 = 2"')


def mutants(pack, chapters):
    folder = os.path.join(ROOT, "packs", pack)
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith(".yaml") or name in ("duties.yaml", "explained.yaml", "roles.yaml"):
                continue
            path, kind = os.path.join(base, name), None
            lines = open(path, encoding="utf-8").read().split("\n")
            for i, line in enumerate(lines):
                m = re.match(r"([a-z_]+):", line)
                if m:
                    kind = m.group(1)
                carried = CARRIES.search(line)
                if not carried:
                    continue
                duties = [d.strip() for d in carried.group(1).split(",")]
                if chapters and not any(d.split("-")[1] in chapters for d in duties if d.count("-") > 1):
                    continue
                m = re.search(r"(?:id|refine): ([\w.-]+)", line)
                element = m.group(1) if m else kind
                for what, new in variants(kind, line):
                    if new is not None and new != line:
                        yield {"file": os.path.relpath(path, os.path.join(ROOT, "packs")), "line": i, "id": element, "what": what, "new": new, "duties": duties,
                               "name": "%s:%d %s %s" % (os.path.relpath(path, folder), i + 1, element, what)}


def scenes():
    """[(file, name, text)] with the preamble of the file in each text."""
    out = []
    folder = os.path.join(ROOT, "tests", "scene")
    for f in sorted(os.listdir(folder)):
        if not f.endswith(".scene") or f.startswith("house"):
            continue
        parts = re.split(r'^scene "', open(os.path.join(folder, f), encoding="utf-8").read(), flags=re.M)
        for p in parts[1:]:
            name, text = p.split('"', 1)
            out.append((os.path.join(folder, f), name, parts[0] + text))
    return out


def speaks(mutant, text):
    words = [mutant["id"]] + mutant["duties"]
    return sum(len(re.findall(r"(?<![\w-])" + re.escape(w) + r"(?![\w-])", text)) for w in words)


class Bench:
    def __init__(self, build, everything):
        self.build, self.scenes = build, everything

    def run(self, root, tmp, files, only=None):
        """What failed first, or None; stops there."""
        args = [os.path.join(self.build, "daicho-scene"), "--engine", "sqlite", "--daicho", os.path.join(self.build, "daicho"), "--root", root, "--tmp", tmp, "--jobs", "1"]
        if only:
            args += ["--only", only]
        p = subprocess.Popen(args + files, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        failed = None
        for line in p.stdout:
            if line.startswith("FAILED") or re.match(r"\d+ passed, [1-9]\d* failed", line):
                failed = line.strip()
                break
        if failed:
            os.killpg(p.pid, 15)
        p.stdout.close()
        code = p.wait()
        return failed or ("exit %d" % code if code else None)

    def control(self):
        """Nothing changed, nothing fails: else a catch would say nothing."""
        tmp = tempfile.mkdtemp(prefix="daicho-mutate-")
        try:
            return self.run(ROOT, tmp, sorted({f for f, _, _ in self.scenes}))
        finally:
            shutil.rmtree(tmp, ignore_errors=True)

    def judge(self, m):
        tmp = tempfile.mkdtemp(prefix="daicho-mutate-")
        try:
            root = os.path.join(tmp, "root")
            os.mkdir(root)
            for name in os.listdir(ROOT):
                if name not in ("packs", ".git") and not name.startswith("build"):
                    os.symlink(os.path.join(ROOT, name), os.path.join(root, name))
            shutil.copytree(os.path.join(ROOT, "packs"), os.path.join(root, "packs"))
            path = os.path.join(root, "packs", m["file"])
            lines = open(path, encoding="utf-8").read().split("\n")
            lines[m["line"]] = m["new"]
            open(path, "w", encoding="utf-8").write("\n".join(lines))
            check = subprocess.run([os.path.join(self.build, "daicho"), "pack", "check", os.path.join(root, "packs")], capture_output=True, text=True)
            if check.returncode != 0:
                return m, "refused by pack check"
            ranked = sorted(((speaks(m, t), f, n) for f, n, t in self.scenes), key=lambda x: (-x[0], x[1]))
            for score, f, n in ranked[:6]:
                if score and self.run(root, tmp, [f], n):
                    return m, n
            return m, self.run(root, tmp, sorted({f for f, _, _ in self.scenes}))
        finally:
            shutil.rmtree(tmp, ignore_errors=True)


def excused():
    path = os.path.join(ROOT, "tests", "mutate", "survivors.txt")
    rows = {}
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            if line.strip() and not line.startswith("#"):
                name, _, why = line.strip().partition(" -- ")
                rows[name] = why
    return rows


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("build")
    a.add_argument("--pack", default="sme")
    a.add_argument("--chapters", default="1,3,4")
    a.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    a.add_argument("--only", default="")
    a.add_argument("--list", action="store_true")
    o = a.parse_args()
    all_of = [m for m in mutants(o.pack, o.chapters.split(",") if o.chapters else []) if o.only in m["name"] or o.only in " ".join(m["duties"])]
    if o.list:
        for m in all_of:
            print(m["name"], " ".join(m["duties"]))
        return 0
    bench, known, caught, survived, allowed = Bench(os.path.abspath(o.build), scenes()), excused(), 0, [], 0
    broken = bench.control()
    if broken:
        print("without any change a scene fails: %s" % broken)
        return 2
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        for m, by in pool.map(bench.judge, all_of):
            if by is None:
                name = re.sub(r":\d+ ", " ", m["name"])
                if name in known:
                    allowed += 1
                    print("known    %-60s %s" % (m["name"], known[name]), flush=True)
                    continue
                survived.append(m)
                print("SURVIVED packs/%s/%s  %s" % (o.pack, m["name"], " ".join(m["duties"])), flush=True)
            else:
                caught += 1
                print("caught   %-60s %s" % (m["name"], by), flush=True)
    print("%d known survivors" % allowed)
    print("%d passed, %d failed" % (caught, len(survived)))
    return 1 if survived or not caught else 0


sys.exit(main())
