"""One daicho being served for a test: a fresh data folder, a free port, its set-up code; stopped and removed at the end."""
import os
import re
import shutil
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Served:
    def __init__(self, program, folder, packs=os.path.join(ROOT, "packs")):
        self.program, self.packs = program, packs
        self.data = tempfile.mkdtemp(prefix="e2e-", dir=folder)
        self.log = os.path.join(self.data, "log")
        self.process = None

    def options(self):
        return ["--data-dir", os.path.join(self.data, "data"), "--packs-dir", self.packs, "--examples-dir", os.path.join(ROOT, "examples")]

    def start(self):
        log = open(self.log, "ab")
        begin = log.tell()
        self.process = subprocess.Popen([self.program, "serve", "--port", "0"] + self.options(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        for _ in range(600):
            with open(self.log, "rb") as file:
                file.seek(begin)
                text = file.read().decode("utf-8", "replace")
            at = re.search(r"^daicho: (http://\S+)$", text, re.M)
            code = re.search(r"set-up code: (\S+)", text)
            if at and (code or os.path.exists(os.path.join(self.data, "data", "ready")) or "set-up" not in text):
                self.url = at.group(1)
                self.code = code.group(1) if code else None
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("daicho does not serve:\n" + text)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError("daicho does not stop")
        code = self.process.returncode if self.process else 0
        return code

    def command(self, *words):
        """Another subcommand on the same data: (exit code, text)."""
        p = subprocess.run([self.program, words[0]] + self.options() + list(words[1:]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        return p.returncode, p.stdout.decode("utf-8", "replace")

    def remove(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
