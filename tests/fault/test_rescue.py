#!/usr/bin/env python3
"""Who is locked out: `daicho rescue` as a command, and keys/signin.key through backup and restore, with the real programs.

    test_rescue.py BUILD        closes with "N passed, N failed"
"""
import base64
import hmac
import os
import re
import shutil
import struct
import subprocess
import sys

import faultlib as fl
from faultserver import PASSWORD, Server

START = 1780272000                             # 2026-06-01 09:00 in Tokyo


class House:
    """A house whose clock goes on by two minutes with each start and each sign-in, so that no code of the second factor is ever used twice."""

    def __init__(self, bench, folder=None):
        self.bench, self.now, self.secret = bench, START, None
        self.dir = folder or bench.fresh()

    def later(self):
        self.now += 120
        return self.now * 1000000

    def tool(self, command, *args):
        p = subprocess.run([self.bench.daicho, command, "--data-dir", self.dir, "--packs-dir", "tests/core/packs", *args], cwd=fl.ROOT,
                           env=self.bench.env(DAICHO_SCENE_NOW=self.later()), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def serve(self):
        s = Server(self.bench, self.dir, DAICHO_SCENE_NOW=self.later())
        fl.check(s.up(), "starts")
        return s

    def code(self, wrong=False):
        mac = hmac.new(base64.b32decode(self.secret), struct.pack(">Q", self.now // 30), "sha1").digest()
        at = mac[-1] & 15
        n = (struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000
        return "%06d" % ((n + 1) % 1000000 if wrong else n)


def sign_in(s, password=PASSWORD, code=None, name="kanri"):
    status, said = s.ask("POST", "/api/v1/login", {"login": name, "password": password, **({"code": code} if code else {})})
    if status == 200:
        s.cookie, s.csrf = s.new_cookie, said["csrf"]
    return said.get("code") or status


def enrolled(h):
    """kanri has a second factor."""
    s = h.serve()
    fl.check(sign_in(s) == 200, "signs in by the password alone")
    status, said = s.ask("GET", "/api/v1/factor")
    h.secret = said.get("secret")
    status, said = s.ask("POST", "/api/v1/factor", {"do": "confirm", "ticket": said.get("ticket"), "password": PASSWORD, "code": h.code()})
    fl.check(status == 200 and len(said.get("codes", [])) == 10, "a second factor: %d %s" % (status, said))
    s.stop()
    return said.get("codes", [])


def entries(h):
    out = h.bench.fresh()
    fl.check(h.tool("export", out)[0] == 0, "export")
    text = b""
    for folder, _, names in os.walk(out):
        for n in names:
            with open(os.path.join(folder, n), "rb") as f:
                text += f.read()
    p = subprocess.run([sys.executable, h.bench.verifier, out], stdout=subprocess.PIPE)
    fl.check(p.returncode == 0, "the outsider verifies: %s" % p.stdout.decode())
    return {t: text.count(t) for t in (b"auth.factor-reset", b"auth.account")}


def rescue(h):
    s = h.serve()
    fl.check(sign_in(s) != 200, "not by the password alone")
    fl.check(sign_in(s, code=h.code(wrong=True)) != 200, "not with a wrong code")
    for _ in range(12):
        said = sign_in(s, password="falsch-Falsch-1")
    fl.check(said == "ERR_LOGIN_LOCKED", "locked: %s" % said)
    fl.check(sign_in(s, code=h.code()) == "ERR_LOGIN_LOCKED", "locked, though it is the right password and code")
    code, out, err = h.tool("rescue", "kanri")
    fl.check(code == 1 and not re.search("first password", out) and err, "refused while it serves: %d %s %s" % (code, out, err))
    fl.check(sign_in(s, code=h.code()) == "ERR_LOGIN_LOCKED", "and nothing changed")
    s.stop()
    before = entries(h)
    for args, want in (((), 2), (("kanri", "suzuki"), 2), (("nobody",), 1), (("",), 1)):
        code, out, err = h.tool("rescue", *args)
        fl.check(code == want and err and "first password" not in out, "rescue %s: %d %s %s" % (args, code, out, err))
    fl.check(entries(h) == before, "wrong use writes nothing")
    code, out, err = h.tool("rescue", "kanri")
    m = re.search(r"first password: (\S+)", out)
    if not fl.check(code == 0 and m and "解除しました" in out, "rescued: %d %s %s" % (code, out, err)):
        return
    after = entries(h)
    fl.check(all(after[t] > before[t] for t in after), "the ledger says so: %s, %s before" % (after, before))
    fl.check(h.tool("verify")[0] == 0, "verifies")
    s = h.serve()
    fl.check(sign_in(s) != 200, "the old password is gone")
    fl.check(sign_in(s, password=m.group(1)) == 200, "in again by the printed password, without a code and in spite of the lock")
    status, said = s.ask("GET", "/api/v1/forms/takeout/records")
    fl.check(status == 403, "which is changed before anything else: %d %s" % (status, said))
    s.stop()
    code, out, err = h.tool("rescue", "suzuki")
    fl.check(code == 0 and "使われていませんでした" in out, "somebody without a second factor: %d %s %s" % (code, out, err))


def restored(h, backup, key=None):
    """A new machine; `key`: the file that is put there before."""
    n = House(h.bench)
    n.now, n.secret = h.now, h.secret
    os.makedirs(os.path.join(n.dir, "keys"), 0o700)
    if key is not None:
        shutil.copy(key, os.path.join(n.dir, "keys", "signin.key"))
        shutil.copy(os.path.join(h.dir, "keys", "ledger.seed"), os.path.join(n.dir, "keys", "ledger.seed"))
    code, out, err = n.tool("restore", backup)
    return n, code, err


def through_backup(h, codes):
    whole, bare = h.bench.fresh(), h.bench.fresh()
    fl.check(h.tool("backup", whole)[0] == 0 and h.tool("backup", bare, "without-keys")[0] == 0, "backups")
    with open(os.path.join(h.dir, "keys", "signin.key"), "rb") as f:
        key = f.read()
    n, code, err = restored(h, whole)
    fl.check(code == 0 and "signin.key" not in err, "restored with keys: %d %s" % (code, err))
    with open(os.path.join(n.dir, "keys", "signin.key"), "rb") as f:
        fl.check(f.read() == key, "the key is the one of the backup")
    s = n.serve()
    fl.check(sign_in(s, code=n.code()) == 200, "with the code after the restore")
    s.stop()
    n, code, err = restored(h, bare, key=os.path.join(h.dir, "keys", "signin.key"))
    fl.check(code == 0 and "signin.key" not in err, "without keys, which were put there: %d %s" % (code, err))
    s = n.serve()
    fl.check(sign_in(s, code=n.code()) == 200, "with the code after that")
    s.stop()
    cut = h.bench.fresh(whole)
    os.unlink(os.path.join(cut, "keys", "signin.key"))
    n, code, err = restored(h, cut)
    fl.check(code != 0 and "signin.key" in err, "a backup that lost its key is refused by name: %d %s" % (code, err))
    with open(h.bench.path("other.key"), "w") as f:
        f.write("%064x\n" % 7)
    cut = h.bench.fresh(whole)
    shutil.copy(h.bench.path("other.key"), os.path.join(cut, "keys", "signin.key"))
    n, code, err = restored(h, cut)
    fl.check(code != 0 and "signin.key" in err, "a backup with another's key is refused by name: %d %s" % (code, err))
    n, code, err = restored(h, bare, key=h.bench.path("other.key"))
    fl.check(code == 0 and "signin.key" in err, "another's key that was put there: %d %s" % (code, err))
    s = n.serve()
    fl.check(sign_in(s, code=n.code()) == "ERR_FACTOR_KEY", "the code is not called wrong")
    fl.check(sign_in(s, code=codes[0]) == 200, "a recovery code opens")
    s.stop()
    code, out, err = n.tool("rescue", "kanri")
    fl.check(code == 0 and "解除しました" in out, "and rescue helps, too: %d %s" % (code, err))
    s = n.serve()
    s.stop()
    with open(n.dir + ".log") as f:
        starts = f.read().count(" signin.key ")
    fl.check(starts == 1, "told by the start of the server while it was so, and no more: %d" % starts)


def main():
    with fl.Bench(sys.argv[1]) as bench:
        h = House(bench)
        p = bench.run("make", h.dir, DAICHO_SCENE_NOW=h.later())
        fl.check(p.returncode == 0, "make: %s" % p.stderr.decode()[-300:])
        codes = enrolled(h)
        through_backup(h, codes)
        rescue(h)
    fl.end()


if __name__ == "__main__":
    main()
