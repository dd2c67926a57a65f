#!/usr/bin/env python3
"""Runs every test that the build knows and counts single cases.

    tools/run_tests.py BUILD_DIR [-v] [NAME...]     NAME: only tests whose name contains one of these

A cmocka program counts by its cases; a program that prints `N passed, N failed` counts by that line; any other counts as one
case by its exit code. A program that crashes, runs out of time or fails without naming a case counts as one failed case.
The last line of the output is `N passed, N failed`; the exit code is 1 when anything failed or nothing ran.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

OK = re.compile(r"^\[       OK \] ", re.M)
FAILED = re.compile(r"^\[  FAILED  \] (\S+)\s*$", re.M)
SKIPPED = re.compile(r"^\[  SKIPPED \] (\S+)\s*$", re.M)
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed\s*$", re.M)


def count(text, code):
    """(passed, failed) of one program's output and exit code."""
    own = SUMMARY.findall(text)
    if own:
        passed, failed = int(own[-1][0]), int(own[-1][1])
    else:
        passed, failed = len(OK.findall(text)), len(set(FAILED.findall(text)))
    if code != 0 and failed == 0:
        failed = 1
    if code == 0 and passed == 0 and failed == 0 and not SKIPPED.search(text):
        passed = 1
    return passed, failed


def run(test, build):
    env = dict(os.environ)
    env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    env.update(test.get("env") or {})
    try:
        p = subprocess.run(test["cmd"], env=env, cwd=test.get("workdir") or build, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=test.get("timeout") or None)
        text, code = p.stdout, p.returncode
    except subprocess.TimeoutExpired as late:
        text, code = (late.stdout or b"") + b"\ntimed out\n", 124
    except OSError as why:
        text, code = str(why).encode(), 127
    text = text.decode("utf-8", "replace")
    passed, failed = count(text, code)
    return test["name"], passed, failed, sorted(set(SKIPPED.findall(text))), text, code


def main():
    args = [a for a in sys.argv[1:] if a != "-v"]
    if not args:
        sys.exit(__doc__)
    listed = subprocess.run(["meson", "introspect", args[0], "--tests"], check=True, stdout=subprocess.PIPE).stdout
    tests = [t for t in json.loads(listed) if not args[1:] or any(n in t["name"] for n in args[1:])]
    tests.sort(key=lambda t: -(t.get("timeout") or 0))            # the long ones first
    all_passed = all_failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1)) as pool:
        for job in concurrent.futures.as_completed([pool.submit(run, t, os.path.abspath(args[0])) for t in tests]):
            name, passed, failed, skipped, text, code = job.result()
            all_passed += passed
            all_failed += failed
            print("%-6s %-28s %d passed, %d failed%s" % ("FAILED" if failed else "ok", name, passed, failed,
                                                         "; skipped: " + " ".join(skipped) if skipped else ""), flush=True)
            if failed:
                print("".join("    | %s\n" % line for line in text.splitlines()[-80:]) + "    exit code %d" % code, flush=True)
            elif "-v" in sys.argv:
                print("".join("    | %s\n" % line for line in text.splitlines()), end="", flush=True)
    print("%d passed, %d failed" % (all_passed, all_failed))
    return 1 if all_failed or not all_passed else 0


if __name__ == "__main__":
    sys.exit(main())
