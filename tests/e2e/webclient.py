"""A browser without a screen: keeps cookies, reads forms as a browser does (values, ticked boxes, chosen options), sends them, follows redirects.
Only the Python library; no script is run, so whatever passes here works without JavaScript."""
import html.parser
import http.client
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import urllib.parse


class Form:
    def __init__(self, attrs):
        self.action = attrs.get("action", "")
        self.method = attrs.get("method", "get").lower()
        self.multipart = attrs.get("enctype") == "multipart/form-data"
        self.fields = []                 # [name, value] in order, as they would be sent
        self.buttons = []                # (name, value, text)
        self.options = {}                # name -> {text: value}
        self.files = []

    def set(self, name, value):
        """A text, an option by its value or by what it says; a list ticks boxes."""
        if isinstance(value, list):
            self.fields = [f for f in self.fields if f[0] != name] + [[name, v] for v in value]
            return
        value = self.options.get(name, {}).get(value, value)
        for f in self.fields:
            if f[0] == name:
                f[1] = value
                return
        if name not in self.options:
            raise KeyError("the form has no field %s: %s" % (name, [f[0] for f in self.fields]))
        self.fields.append([name, value])


class Reader(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.forms, self.text, self.form, self.select, self.option, self.area, self.button, self.title = [], [], None, None, None, None, None, ""
        self.links, self.skip, self.label = [], 0, {}
        self.feed(text)

    def handle_starttag(self, tag, a):
        attrs = dict(a)
        if tag == "form":
            self.form = Form({k: v or "" for k, v in attrs.items()})
            self.forms.append(self.form)
        elif tag == "a" and attrs.get("href"):
            self.links.append([attrs["href"], ""])
        elif self.form is not None:
            self.control(tag, attrs)

    def control(self, tag, attrs):
        name, kind = attrs.get("name"), attrs.get("type", "text")
        if tag == "input" and name:
            if kind in ("checkbox", "radio"):
                self.form.options.setdefault(name, {})[attrs.get("value", "on")] = attrs.get("value", "on")
                if "checked" in attrs:
                    self.form.fields.append([name, attrs.get("value", "on")])
            elif kind == "file":
                self.form.files.append(name)
            else:
                self.form.fields.append([name, attrs.get("value") or ""])
        elif tag == "textarea" and name:
            self.area = [name, ""]
        elif tag == "select" and name:
            self.select = [name, None, None]
            self.form.options.setdefault(name, {})
        elif tag == "option" and self.select:
            self.option = [attrs.get("value"), "", "selected" in attrs]
        elif tag == "button":
            self.button = [name, attrs.get("value"), ""]

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            self.form.fields.append(self.area)
            self.area = None
        elif tag == "option" and self.option:
            value = self.option[1] if self.option[0] is None else self.option[0]
            self.form.options[self.select[0]][self.option[1]] = value
            if self.select[2] is None:
                self.select[2] = value
            if self.option[2]:
                self.select[1] = value
            self.option = None
        elif tag == "select" and self.select:
            self.form.fields.append([self.select[0], self.select[1] if self.select[1] is not None else self.select[2] or ""])
            self.select = None
        elif tag == "button" and self.button:
            self.form.buttons.append(tuple(self.button))
            self.button = None
        elif tag == "form":
            self.form = None

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data
        elif self.option is not None:
            self.option[1] += data
        elif self.button is not None:
            self.button[2] += data
            self.text.append(data)
        else:
            self.text.append(data)
            if self.links:
                self.links[-1][1] += data


class Page:
    def __init__(self, status, url, body, headers):
        self.status, self.url, self.body, self.headers = status, url, body, headers
        kind = headers.get("Content-Type", "")
        self.html = body.decode("utf-8", "replace") if "html" in kind or "text" in kind else ""
        r = Reader(self.html) if "html" in kind else None
        self.forms = r.forms if r else []
        self.links = r.links if r else []
        self.text = re.sub(r"\s+", " ", "".join(r.text)) if r else self.html

    def form(self, action_has):
        for f in self.forms:
            if action_has in f.action:
                return f
        raise KeyError("no form %s on %s: %s" % (action_has, self.url, [f.action for f in self.forms]))


class Browser:
    def __init__(self, port):
        self.port, self.cookies = port, {}

    def request(self, method, url, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        h = {"Host": "127.0.0.1:%d" % self.port, **(headers or {})}
        if self.cookies:
            h["Cookie"] = "; ".join("%s=%s" % kv for kv in self.cookies.items())
        c.request(method, url, body, h)
        r = c.getresponse()
        data = r.read()
        for v in r.headers.get_all("Set-Cookie") or []:
            name, value = v.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        c.close()
        if r.status in (301, 302, 303) and r.headers.get("Location"):
            return self.request("GET", r.headers["Location"])
        return Page(r.status, url, data, dict(r.headers))

    def get(self, url):
        return self.request("GET", url)

    def send(self, form, button=None, files=None):
        """button: its value; files: {field: (name, bytes)}"""
        fields = [tuple(f) for f in form.fields]
        for b in form.buttons:
            if button is not None and b[1] == button and b[0]:
                fields.append((b[0], b[1]))
        if form.method == "get":
            return self.get(form.action + "?" + urllib.parse.urlencode(fields))
        if not form.multipart:
            return self.request("POST", form.action, urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})
        mark, out = "----daicho-test-7d1", []
        for k, v in fields:
            out.append(("--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % (mark, k, v)).encode())
        for k, (name, data) in (files or {}).items():
            out.append(("--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n" % (mark, k, name)).encode() + data + b"\r\n")
        out.append(("--%s--\r\n" % mark).encode())
        return self.request("POST", form.action, b"".join(out), {"Content-Type": "multipart/form-data; boundary=" + mark})

    def login(self, name, password):
        f = self.get("/login").form("/login")
        f.set("login", name)
        f.set("password", password)
        return self.send(f)


class House:
    """A server of the build on an empty data folder."""

    def __init__(self, build, data=None, db=None):
        self.build, self.tmp = os.path.abspath(build), None if data else tempfile.TemporaryDirectory(prefix="daicho-e2e-")
        self.data, self.db = data or self.tmp.name, db
        self.start()

    def start(self):
        args = [os.path.join(self.build, "daicho"), "serve", "--data-dir", self.data, "--port", "0"]
        if self.db:
            args += ["--db", self.db]
        self.proc = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        self.code = None
        said = self.heard(60, b"daicho: http://")
        m = re.search(r"daicho: http://.*:(\d+)", said)
        if not m:
            raise RuntimeError("no start: " + said)
        self.port = int(m.group(1))
        m = re.search(r"set-up code: (\S+)", said + self.heard(0.2))
        self.code = m.group(1) if m else None

    def heard(self, seconds, until=None):
        """What the server said within that time, or until it said so."""
        said, end, fd = b"", time.time() + seconds, self.proc.stdout.fileno()
        while time.time() < end and not (until and until in said and said.endswith(b"\n")):
            if select.select([fd], [], [], max(0, end - time.time()))[0]:
                part = os.read(fd, 65536)
                if not part:
                    break
                said += part
        return said.decode("utf-8", "replace")

    def log(self):
        return self.heard(0.1)

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        return self.proc.wait(60)


class Count:
    """Checks that are named and counted; the last line is `N passed, N failed`."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, ok, seen=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED %s: %s" % (what, str(seen)[:1500]))
        return ok

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0
