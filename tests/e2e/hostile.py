"""What the hostile users of test_hostile.py share: a served example of twelve people, signed-in clients, raw sockets, a crawler. Python's library only."""
import http.client
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse

from served import ROOT, Served
from webclient import Count

PASSWORD = "Kita-2026-example"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)

    def where(self):
        return self.headers.get("Location") or ""


class Pg:
    """A throw-away PostgreSQL, asked through psql; its rows look like those of SQLite."""

    def __init__(self, folder):
        self.folder, self.tool = folder, os.path.join(ROOT, "tools", "pg_cluster.sh")
        self.url = subprocess.run([self.tool, "start", folder], stdout=subprocess.PIPE, check=True).stdout.decode().strip()

    def sql(self, text):
        text = text.replace("CAST(entry AS TEXT)", "convert_from(entry, 'UTF8')")
        p = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode != 0:
            raise RuntimeError(p.stderr.decode())
        out = p.stdout.decode()
        return [tuple(self.cell(c) for c in row.split("\x1f")) for row in out.rstrip("\n").split("\x1e")] if out.strip() else []

    def cell(self, c):
        if re.fullmatch(r"-?\d+", c):
            return int(c)
        return bytes.fromhex(c[2:]) if c.startswith("\\x") else {"t": 1, "f": 0}.get(c, c)

    def at_rest(self):
        """All rows as text, and what the columns of bytes hold."""
        text = subprocess.run(["pg_dump", "--data-only", "-d", self.url], stdout=subprocess.PIPE, check=True).stdout
        return text + b"\n".join(bytes.fromhex(h.decode()) for h in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", text))

    def stop(self):
        subprocess.run([self.tool, "stop", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class House(Served):
    """The example organisation behind a running server of the build; every address of a client is 127.0.0.1."""

    def __init__(self, build, pg=False):
        super().__init__(os.path.join(build, "daicho"), tempfile.gettempdir())
        self.pg = Pg(tempfile.mkdtemp(prefix="e2e-pg-")) if pg else None      # outside of the data: the server runs as another user
        shutil.copytree(os.path.join(ROOT, "packs"), os.path.join(self.data, "packs"))
        shutil.copytree(os.path.join(ROOT, "packs", "sme"), os.path.join(self.data, "packs", "broken"))
        with open(os.path.join(self.data, "packs", "broken", "roles.yaml"), "a", encoding="utf-8") as f:
            f.write("\n- nothing: [that\n")
        self.count = Count()
        self.check = self.count.check
        code, said = self.command("example", "kita", "sme")
        if code != 0:
            raise RuntimeError(said)
        self.start()
        self.port = int(self.url.rsplit(":", 1)[1])

    def options(self):
        own = [os.path.join(self.data, "packs") if o == os.path.join(ROOT, "packs") else o for o in super().options()]
        return own + (["--db", self.pg.url] if self.pg else [])

    def remove(self):
        self.stop()
        if self.pg:
            self.pg.stop()
        super().remove()

    def log_text(self):
        with open(self.log, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def at_rest(self):
        """Everything that the database keeps, as bytes."""
        if self.pg:
            return self.pg.at_rest()
        raw = b""
        for name in ("daicho.db", "daicho.db-wal"):
            with open(os.path.join(self.data, "data", name), "rb") as f:
                raw += f.read()
        return raw

    def sql(self, text, *args, write=False):
        """Straight at the data, as somebody with the machine's disk could; only to look, or to break it on purpose."""
        if self.pg:
            return self.pg.sql(text)
        db = sqlite3.connect(os.path.join(self.data, "data", "daicho.db"), timeout=10)
        try:
            rows = db.execute(text, args).fetchall()
            if write:
                db.commit()
            return rows
        finally:
            db.close()

    def entries(self):
        return self.sql("SELECT count(*) FROM ledger")[0][0]

    def person(self, login, password=PASSWORD):
        return Person(self, login, password)


class Client:
    """Somebody who is not signed in."""

    def __init__(self, house):
        self.house, self.cookie, self.csrf = house, None, ""

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=120)
        h = {k: v for k, v in (headers or {}).items() if v is not None}
        if self.cookie and "Cookie" not in h:
            h["Cookie"] = self.cookie
        try:
            c.request(method, path, body.encode() if isinstance(body, str) else body, h)
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def get(self, path, headers=None):
        return self.ask("GET", path, None, headers)

    def form(self, path, fields=(), headers=None):
        fields = list(fields.items() if isinstance(fields, dict) else fields)
        if self.csrf:
            fields = [("csrf", self.csrf)] + fields
        return self.ask("POST", path, urllib.parse.urlencode(fields), {**FORM, **(headers or {})})

    def multipart(self, path, fields, files, mark="----hostile-7d1"):
        """files: (field, name, bytes)"""
        out = []
        for k, v in [("csrf", self.csrf)] + list(fields):
            out.append(('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, k, v)).encode())
        for k, name, data in files:
            out.append(('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (mark, k, name)).encode() + data + b"\r\n")
        out.append(("--%s--\r\n" % mark).encode())
        return self.ask("POST", path, b"".join(out), {"Content-Type": "multipart/form-data; boundary=" + mark})

    def command(self, name, args, headers=None):
        body = args if isinstance(args, (str, bytes)) else json.dumps(args)
        return self.ask("POST", "/api/v1/commands/" + name, body, {**JSON, "X-CSRF-Token": self.csrf or None, **(headers or {})})

    def json(self, path, body):
        return self.ask("POST", path, json.dumps(body), {**JSON, "X-CSRF-Token": self.csrf or None})

    def login(self, login, password, headers=None):
        a = self.ask("POST", "/api/v1/login", json.dumps({"login": login, "password": password}), {**JSON, **(headers or {})})
        if a.status == 200:
            self.cookie = a.headers["Set-Cookie"].split(";")[0]
            self.csrf, self.id = a.json()["csrf"], a.json()["person"]
        return a


class Person(Client):
    def __init__(self, house, login, password=PASSWORD):
        super().__init__(house)
        self.name = login
        a = self.login(login, password)
        if a.status != 200:
            raise RuntimeError("%s cannot sign in: %d %s" % (login, a.status, a.text))

    def make(self, form, values, submit=False):
        """The record's number, or 0."""
        a = self.command("record.create", {"form": form, "values": values})
        if a.status != 200:
            raise RuntimeError("%s %s: %s" % (self.name, form, a.text))
        rec = a.json()["record"]
        if submit:
            b = self.command("record.submit", {"record": rec})
            if b.status != 200:
                raise RuntimeError("%s %s submit: %s" % (self.name, form, b.text))
        return rec

    def crawl(self, start=("/",), limit=600):
        """Every page and file that can be reached by links: {path: Answer}."""
        seen, todo = {}, list(start)
        while todo and len(seen) < limit:
            path = todo.pop(0)
            if path in seen:
                continue
            seen[path] = self.get(path)
            for href in re.findall(r'href="([^"]*)"', seen[path].text):
                href = href.replace("&amp;", "&").split("#")[0]
                if href.startswith("/") and not href.startswith("/assets/") and href not in seen:
                    todo.append(href)
        return seen


def raw(house, data, seconds=5.0):
    """Bytes as they are; what came back until the server closed or was silent, and whether it closed."""
    s = socket.create_connection(("127.0.0.1", house.port), timeout=seconds)
    out = b""
    try:
        s.sendall(data)
        while True:
            part = s.recv(65536)
            if not part:
                return out, True
            out += part
    except socket.timeout:
        return out, False
    except OSError:
        return out, True
    finally:
        s.close()


def reference(a):
    """The answer without what differs by itself: numbers, tokens, times."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}|[A-Za-z0-9_-]{43}|\d+", "#", a.text)


def until(what, seconds=10.0):
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


__all__ = ["Answer", "Client", "FORM", "House", "JSON", "PASSWORD", "Person", "ROOT", "raw", "reference", "subprocess", "until"]
