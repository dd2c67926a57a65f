"""The real server of the fault tests: starts, signs in, sends commands, is killed."""
import http.client
import json
import re
import subprocess
import threading

from faultlib import ROOT

PASSWORD = "Himitsu-no-kagi-1"


class Server:
    def __init__(self, bench, folder, url=None, log=None, **env):
        args = [bench.daicho, "serve", "--data-dir", folder, "--port", "0", "--packs-dir", "tests/core/packs", "--workers", "8", *(["--db", url] if url else [])]
        self.log = open(log or folder + ".log", "ab")
        self.p = subprocess.Popen(args, cwd=ROOT, env=bench.env(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        bench.servers.append(self.p)
        self.port, self.said = None, b""
        for line in self.p.stdout:
            self.said += line
            m = re.match(rb"daicho: http://127.0.0.1:(\d+)", line)
            if m:
                self.port = int(m.group(1))
                break
        self.cookie = self.csrf = None
        threading.Thread(target=self.p.stdout.read, daemon=True).start()

    def up(self):
        return self.port is not None

    def ask(self, method, path, body=None, key=None, timeout=30):
        """(status, JSON); status 0 when the connection broke: the outcome is not known."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = self.cookie
            headers["X-CSRF-Token"] = self.csrf
        if key:
            headers["Idempotency-Key"] = key
        try:
            c.request(method, path, json.dumps(body) if body is not None else None, headers)
            r = c.getresponse()
            data = r.read()
            cookie = r.getheader("Set-Cookie")
            if cookie:
                self.new_cookie = cookie.split(";")[0]
            try:
                return r.status, json.loads(data)
            except ValueError:
                return r.status, {"raw": data[:300].decode("utf-8", "replace")}
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            c.close()

    def login(self, name="kanri", password=PASSWORD):
        self.cookie = self.csrf = None
        status, said = self.ask("POST", "/api/v1/login", {"login": name, "password": password})
        if status == 200:
            self.cookie, self.csrf = self.new_cookie, said["csrf"]
        return status, said

    def page(self, path):
        """The text of a page."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request("GET", path, headers={"Cookie": self.cookie} if self.cookie else {})
            return c.getresponse().read().decode("utf-8", "replace")
        finally:
            c.close()

    def make(self, key, destination=None):
        values = {"destination": destination or "客先" + key, "return_on": "2030-01-01"}
        return self.ask("POST", "/api/v1/commands/record.create", {"form": "takeout", "values": values}, key)

    def kill(self):
        self.p.kill()
        return self.wait()

    def stop(self):
        self.p.terminate()
        return self.wait()

    def wait(self, timeout=60):
        code = self.p.wait(timeout)
        self.log.close()
        return code
