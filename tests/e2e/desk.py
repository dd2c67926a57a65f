"""One person at the API: what a job needs to stand already is made here, so that the browser walks only what the job is about."""
import json
import urllib.error
import urllib.request

EXAMPLE = "Kita-2026-example"


class Desk:
    def __init__(self, served, login, password=EXAMPLE):
        self.url, self.headers = served.url, {"Content-Type": "application/json"}
        answer, headers = self.ask("/api/v1/login", {"login": login, "password": password})
        self.headers["X-CSRF-Token"] = answer["csrf"]
        self.headers["Cookie"] = headers["Set-Cookie"].split(";")[0]

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, self.headers), timeout=120) as r:
                return json.loads(r.read().decode()), r.headers
        except urllib.error.HTTPError as why:
            raise RuntimeError("%s %s: %s" % (path, body, why.read().decode("utf-8", "replace")))

    def command(self, name, **args):
        return self.ask("/api/v1/commands/" + name, args)[0]

    def create(self, form, submit=False, **values):
        """The id of a new record."""
        record = self.command("record.create", form=form, values=values)["record"]
        if submit:
            self.command("record.submit", record=record)
        return record

    def get(self, path):
        return self.ask(path)[0]
