"""What the fault tests share: the house driver, the shim, counting, and the image of a disk after a power cut."""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECTOR = 512
passed = failed = 0


def check(ok, what):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        if failed <= 40:
            print("failed:", what, flush=True)
    return bool(ok)


def end():
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


def place():
    """Memory when there is enough: what a disk keeps is simulated, and flushes of a busy disk would only cost time."""
    try:
        free = os.statvfs("/dev/shm")
        return "/dev/shm" if free.f_bavail * free.f_frsize > 2 << 30 else None
    except OSError:
        return None


class Bench:
    """Programs of the build, a folder that is removed at the end, and a house made once."""

    def __init__(self, build):
        self.driver = os.path.join(build, "tests", "fault", "housedriver")
        self.shim = os.path.join(build, "tests", "fault", "faultshim.so")
        self.daicho = os.path.join(build, "daicho")
        self.verifier = os.path.join(ROOT, "verifier", "daicho_verify.py")
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="daicho-fault-", dir=place()))
        self.made, self.servers = 0, []

    def __enter__(self):
        return self

    def __exit__(self, *why):
        for p in self.servers:
            if p.poll() is None:                           # the test has failed somewhere in between
                p.kill()
                p.wait()
        os.environ.get("FAULT_KEEP") or shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def fresh(self, like=None):
        self.made += 1
        path = self.path("h%d" % self.made)
        if like:
            shutil.copytree(like, path)
        return path

    def env(self, **more):
        env = dict(os.environ)
        env["ASAN_OPTIONS"] = "detect_leaks=0:verify_asan_link_order=0:abort_on_error=0"
        env.update({k: str(v) for k, v in more.items() if v is not None})
        if any(k.startswith("FAULT_") for k in more):
            env["LD_PRELOAD"] = self.shim
        return env

    def run(self, *args, timeout=120, **env):
        return subprocess.run([self.driver, *map(str, args)], cwd=ROOT, env=self.env(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout)

    def house(self):
        """A house made once; its folder is only to be copied."""
        path = self.path("template")
        if not os.path.exists(path):
            p = self.run("make", path)
            if p.returncode != 0:
                sys.exit("make: %s %s" % (p.stdout, p.stderr))
        return path

    def judge(self, path, ack, *url):
        """(exit code, what the check said)."""
        p = self.run("check", path, ack, *url)
        lines = p.stdout.decode().strip().splitlines()
        try:
            said = json.loads(lines[-1])
        except (IndexError, ValueError):
            said = {"crashed": p.returncode, "stderr": p.stderr.decode("utf-8", "replace")[-600:]}
        return p.returncode, said


def acked(path):
    try:
        with open(path) as f:
            return sum(1 for line in f if " ok " in line)
    except OSError:
        return 0


# ---- a disk after a power cut ----

class File:
    """What is on the platter, and what was written since the last flush."""

    def __init__(self, data=b""):
        self.data, self.pending = bytearray(data), []

    def put(self, op, off, data):
        if op == "T":
            if off < len(self.data):
                del self.data[off:]
            else:
                self.data.extend(bytes(off - len(self.data)))
            return
        if len(self.data) < off + len(data):
            self.data.extend(bytes(off + len(data) - len(self.data)))
        self.data[off:off + len(data)] = data

    def flush(self):
        for p in self.pending:
            self.put(*p)
        self.pending = []

    def cut(self, rng):
        """Each sector of what was not flushed survives by chance; none does when rng is None."""
        for op, off, data in self.pending if rng else ():
            if op == "T":
                if rng.random() < 0.5:
                    self.put(op, off, data)
                continue
            at = off
            while at < off + len(data):
                stop = min((at // SECTOR + 1) * SECTOR, off + len(data))
                if rng.random() < 0.5:
                    self.put("W", at, data[at - off:stop - off])
                at = stop
        self.pending = []


class Disk:
    """Replays the shim's log over the folder that the program started from."""

    def __init__(self, start, below):
        self.below, self.kept, self.names, self.queue, self.lost_writes = below, {}, {}, {}, 0
        for folder, _, files in os.walk(start):
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    self.kept[os.path.join(below, os.path.relpath(path, start))] = File(f.read())
        self.names, self.new_dirs = dict(self.kept), set()

    def replay(self, log):
        with open(log, "rb") as f:
            data = f.read()
        at = 0
        while at + 24 <= len(data):
            op, path_n, off, n, _ = struct.unpack_from("<B3xIqII", data, at)
            body = data[at + 24 + path_n:at + 24 + path_n + n]
            if at + 24 + path_n + n > len(data):
                break                                      # killed while noting: the call was not made
            self.one(chr(op), data[at + 24:at + 24 + path_n].decode(), off, body)
            at += 24 + path_n + n

    def one(self, op, path, off, body):
        folder = os.path.dirname(path)
        if op == "C":
            self.names[path] = File()
            self.queue.setdefault(folder, []).append((path, self.names[path]))
        elif op == "U":
            self.names.pop(path, None)
            self.queue.setdefault(folder, []).append((path, None))
        elif op == "R":
            f, to = self.names.pop(path, None), body.decode()
            self.names[to] = f
            if os.path.dirname(to) == folder:
                self.queue.setdefault(folder, []).append((path, None, to, f))
            else:                                          # each folder is flushed by itself
                self.queue.setdefault(folder, []).append((path, None))
                self.queue.setdefault(os.path.dirname(to), []).append((to, f))
        elif op == "M":
            self.new_dirs.add(path)
        elif op == "S" and path in self.names:
            self.names[path].flush()
        elif op == "S":                                    # a folder: its entries are on the platter
            for change in self.queue.pop(path, []):
                self.entry(change)
            self.new_dirs = {d for d in self.new_dirs if os.path.dirname(d) != path}
        elif path in self.names:
            self.names[path].pending.append((op, off, body))

    def entry(self, change):
        for path, f in (change[:2], change[2:]) if len(change) == 4 else (change,):
            if f is None:
                self.kept.pop(path, None)
            else:
                self.kept[path] = f

    def after_cut(self, rng, to):
        """Writes what a reboot would find. Entries of a folder that were not flushed survive as a prefix, as journals keep them."""
        for changes in self.queue.values():
            for change in changes[:rng.randint(0, len(changes)) if rng else 0]:
                self.entry(change)
        gone = {d for d in self.new_dirs if not rng or rng.random() < 0.5}
        for path, f in self.kept.items():
            if path.endswith("-shm") or any(path.startswith(d + "/") for d in gone):
                continue                                   # memory, not disk; or in a folder that nobody flushed
            self.lost_writes += len(f.pending)
            f.cut(rng)
            place = os.path.join(to, os.path.relpath(path, self.below))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as out:
                out.write(f.data)
            os.chmod(place, 0o600)


def power_cut(bench, start, below, log, seed):
    """A folder as it is after the cut; seed None: everything that was not flushed is gone."""
    disk = Disk(start, below)
    disk.replay(log)
    to = bench.fresh()
    os.makedirs(to)
    disk.after_cut(random.Random(seed) if seed is not None else None, to)
    return to, disk.lost_writes
