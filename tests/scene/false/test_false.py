"""The runner of scenes finds what is false: every scene of false.scenes must fail, and for a reason of its own line, not by a crash. What it says is
whole letters, however long the answer was."""
import os
import re
import subprocess
import sys

RUNNER, ROOT = sys.argv[1], sys.argv[2]
FILE = os.path.join(ROOT, "tests", "scene", "false", "false.scenes")


def main():
    text = open(FILE, encoding="utf-8").read()
    names = re.findall(r'^scene "(.*)"$', text, re.M)
    start = {m.group(1): text.count("\n", 0, m.start()) + 1 for m in re.finditer(r'^scene "(.*)"$', text, re.M)}
    said = subprocess.run([RUNNER, "--root", ROOT, FILE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode("utf-8")
    passed = failed = 0
    for name in names:
        report = re.search(r"^FAILED \S+:%d .*\n(.*)" % start[name], said, re.M)
        ok = report is not None and ("expected" in report.group(1) or "cannot be understood" in report.group(1))
        if ok and "signs in" not in report.group(1):
            passed += 1
        else:
            failed += 1
            print("not found false: %s\n    %s" % (name, report.group(0) if report else "no report"))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
