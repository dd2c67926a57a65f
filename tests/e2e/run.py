#!/usr/bin/python3
"""Drives daicho with a real Chromium: tests/e2e/run.py PROGRAM BUILD_DIR [--shots DIR] [NAME...]

Each job_*.py is one job of a person from beginning to end (a function `job(house)`); NAME: only jobs whose name contains it. Every check is
counted; the last line is `N passed, N failed`, and before it `SKIPPED N` when axe-core could not be fetched. Exit code 1 when anything failed.
Debian's python3 is named above because python3-selenium belongs to it.
"""
import importlib
import os
import shutil
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import axe  # noqa: E402
from browser import Browser  # noqa: E402
from served import Served  # noqa: E402


class Count:
    def __init__(self, downloads):
        self.passed, self.failed, self.skipped, self.downloads, self.job = 0, 0, 0, downloads, ""

    def check(self, what, good, why=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED %s: %s%s" % (self.job, what, "\n    " + why.replace("\n", "\n    ") if why else ""), flush=True)
        return good

    def skip(self, what):
        self.skipped += 1


class House:
    """What a job works with: servers, browsers, the count; all ended after the job."""
    def __init__(self, program, folder, count, axe_source, shots):
        self.program, self.folder, self.count, self.axe, self.shots, self.open = program, folder, count, axe_source, shots, []

    def served(self, **how):
        s = Served(self.program, self.folder, **how)
        self.open.append(s.remove)
        return s.start()

    def kita(self, *packs):
        """The example organisation, loaded without the browser; everybody has desk.EXAMPLE."""
        s = Served(self.program, self.folder)
        self.open.append(s.remove)
        code, text = s.command("example", "kita", *packs)
        if code != 0:
            raise RuntimeError("the example is not loaded:\n" + text)
        return s.start()

    def browser(self, served, script=True):
        shots = None
        if self.shots:
            shots = os.path.join(self.shots, self.count.job)
            os.makedirs(shots, exist_ok=True)
        b = Browser(self.count, self.axe, shots, script)
        b.base = served.url
        self.open.append(b.close)
        return b

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def end(self):
        while self.open:
            self.open.pop()()


def axe_source(folder, count):
    try:
        return axe.source(folder)
    except axe.Unreachable as why:
        print("axe-core cannot be fetched (%s): its checks are skipped" % why, flush=True)
    except ValueError as why:
        count.check("axe-core is the pinned package", False, str(why))
    return None


def main():
    words = sys.argv[1:]
    shots = words.pop(words.index("--shots") + 1) if "--shots" in words else None
    words = [w for w in words if w != "--shots"]
    if len(words) < 2:
        sys.exit(__doc__)
    folder = tempfile.mkdtemp(prefix="daicho-e2e-")
    os.makedirs(os.path.join(folder, "downloads"))
    count = Count(os.path.join(folder, "downloads"))
    source = axe_source(os.path.join(os.path.abspath(words[1]), "npm"), count)
    jobs = sorted(f[:-3] for f in os.listdir(HERE) if f.startswith("job_") and f.endswith(".py"))
    for name in [j for j in jobs if not words[2:] or any(w in j for w in words[2:])]:
        count.job, begun, before = name, time.monotonic(), (count.passed, count.failed)
        house = House(os.path.abspath(words[0]), folder, count, source, shots and os.path.abspath(shots))
        try:
            importlib.import_module(name).job(house)
        except Exception:                                 # a job that cannot go on is one failure, and the next job still runs
            count.check("goes on to its end", False, traceback.format_exc())
        finally:
            house.end()
        print("%-6s %-24s %d passed, %d failed (%.0f s)" % ("FAILED" if count.failed > before[1] else "ok", name, count.passed - before[0],
                                                         count.failed - before[1], time.monotonic() - begun), flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if count.skipped:
        print("SKIPPED %d" % count.skipped)
    print("%d passed, %d failed" % (count.passed, count.failed))
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
