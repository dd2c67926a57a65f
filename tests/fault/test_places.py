#!/usr/bin/env python3
"""Where the data lies (trust.md 3.4): network file systems are refused, tmpfs and overlay run with a warning, a second instance and a second link are
refused, a reading backup is not. The kind of the file system is what statfs says; the shim says it.

    test_places.py BUILD        closes with "N passed, N failed"
"""
import os
import subprocess
import sys

import faultlib as fl
from faultserver import Server

NETWORK = {"NFS": 0x6969, "SMB": 0x517B, "CIFS": 0xFF534D42, "SMB2": 0xFE534D42, "9p": 0x01021997, "FUSE": 0x65735546, "Ceph": 0x00C36400, "AFS": 0x5346414F}
PASSING = {"tmpfs": 0x01021994, "overlay": 0x794C7630}


def main():
    with fl.Bench(sys.argv[1]) as bench:
        house = bench.fresh(bench.house())
        for name, kind in NETWORK.items():
            for folder in (house, bench.path("new-" + name)):
                s = Server(bench, folder, log=bench.path("log"), FAULT_DIR=folder, FAULT_FS=kind)
                fl.check(not s.up() and s.wait() == 1, "%s is refused" % name)
                with open(bench.path("log"), encoding="utf-8") as f:
                    fl.check("安全に開けない" in f.read(), "%s: and says why" % name)
                os.remove(bench.path("log"))
        for name, kind in PASSING.items():
            s = Server(bench, house, FAULT_DIR=house, FAULT_FS=kind)
            fl.check(s.up() and s.login()[0] == 200, "%s runs" % name)
            said = s.page("/login")
            fl.check("試用" in said, "%s: every page says that it is a trial: %s" % (name, said[:200]))
            s.stop()
        s = Server(bench, house, FAULT_DIR=house, FAULT_FS=0xEF53)
        fl.check(s.up() and s.login()[0] == 200 and "試用" not in s.page("/login"), "control: an ordinary place has no warning")
        other = Server(bench, house, log=bench.path("log"))
        fl.check(not other.up() and other.wait() == 1, "a second instance is refused")
        with open(bench.path("log"), encoding="utf-8") as f:
            fl.check("別の daicho が動いています" in f.read(), "and says why")
        copy = bench.path("nfs")
        p = subprocess.run([bench.daicho, "backup", "--data-dir", house, copy], cwd=fl.ROOT, env=bench.env(FAULT_DIR=copy, FAULT_FS=NETWORK["NFS"]),
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        fl.check(p.returncode == 0, "a backup may lie on a network file system: %s" % p.stdout.decode())
        s.stop()
        os.link(os.path.join(house, "daicho.db"), bench.path("second-link"))
        s = Server(bench, house)
        fl.check(not s.up() and s.wait() == 1, "a second link to the file is refused")
    fl.end()


if __name__ == "__main__":
    main()
