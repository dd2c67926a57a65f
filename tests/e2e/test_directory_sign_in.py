#!/usr/bin/env python3
"""Sign-in by the directory, on pages and API of the example organisation, against a real slapd.

    test_directory_sign_in.py BUILD [--pg]        closes with "N passed, N failed"
"""
import html
import sys
import threading
import time

import hostile
from slapd import Fake, Slapd, person_ldif

PASSWORD = "Sōko no kagi 7"
GUID = bytes(range(16))
DAY = 864000000000
NOW = 134247456000000000                       # 2026-06-01, as Windows counts
NEVER = 9223372036854775807


class House(hostile.House):
    directory = None

    def options(self):
        return super().options() + (["--directory", self.directory] if self.directory else [])

    def again(self, path):
        self.stop()
        self.directory = path
        self.start()
        self.port = int(self.url.rsplit(":", 1)[1])


def user(uid, n, uac=512, **more):
    ad = {"objectGUID": bytes([n]) + GUID[1:], "userAccountControl": uac, "pwdLastSet": NOW, "accountExpires": 0}
    ad.update(more)
    return person_ldif(uid, uid, PASSWORD, ad=ad)


def everybody(**edit):
    """uid: the AD attributes that differ; None: not there."""
    out = ""
    for n, uid in enumerate(("tanaka", "sato", "kobayashi", "takahashi", "ito", "yamamoto", "matsui")):
        if edit.get(uid, {}) is not None:
            out += user(uid, n, **edit.get(uid, {}))
    return out


class Tests:
    def __init__(self, build, pg):
        self.d = Slapd(everybody())
        self.d.start()
        self.house = House(build, pg)
        self.check = self.house.check
        self.conf = self.d.conf(kind="ad", filter="(objectClass=user)", login="sAMAccountName", name="cn", connect_timeout="2", timeout="2")

    def code(self, login, password, status=None):
        """What the API says to a sign-in; 200 when it lets in."""
        a = hostile.Client(self.house).login(login, password)
        if status is not None:
            self.check("%s: status" % login, a.status == status, a.text)
        return a.status if a.status == 200 else a.json()["code"]

    def become(self, people):
        self.d.stop()
        self.d.load(people)
        self.d.start()
        time.sleep(0.1)

    def linked(self):
        """The administrator makes the directory say some people's passwords."""
        check, house = self.check, self.house
        house.again(self.conf)
        admin = house.person("yamamoto")
        page = admin.get("/people").text
        check("the page offers it", "ディレクトリでサインインする" in page, page[:2000])
        ids = {login: person for person, login in house.sql("SELECT person, login FROM account_login")}
        for login in ("tanaka", "sato", "kobayashi", "takahashi", "ito"):
            a = admin.form("/people/%d" % ids[login], {"do": "directory"})
            check("%s is linked" % login, a.status == 200 and a.text.count("ディレクトリ</td>") > 0, a.text[-1500:])
        check("nobody of that login there", "見つからないか" in admin.form("/people/%d" % ids["nakamura"], {"do": "directory"}).text)
        a = admin.form("/people/%d" % ids["yamamoto"], {"do": "directory"})
        check("the last administrator stays local", "最後のシステム管理者" in a.text, a.text[:1500])
        a = admin.command("account.directory", {"person": ids["yamamoto"], "dkey": "00" * 16})
        check("on the API, too", a.json().get("code") == "ERR_DIRECTORY_LAST", a.text)
        a = admin.command("account.set", {"person": ids["yamamoto"], "login": "yamamoto", "disabled": True})
        check("and is not disabled", a.json().get("code") == "ERR_DIRECTORY_LAST", a.text)
        key = house.sql("SELECT dkey FROM account_directory WHERE person = %d" % ids["sato"])[0][0]
        check("the key is the objectGUID", key == (bytes([1]) + GUID[1:]).hex(), key)
        a = admin.command("account.directory", {"person": ids["nakamura"], "dkey": key})
        check("a key belongs to one person", a.json().get("code") == "ERR_DIRECTORY_TAKEN", a.text)
        for args in ({"person": 1, "dkey": "22" * 16}, {"person": 1}, {"person": ids["nakamura"]}):
            check("nobody, or nobody who is linked: %s" % args, admin.command("account.directory", args).json().get("code") == "ERR_DB_NOTFOUND")
        check("a key that is none", admin.command("account.directory", {"person": ids["nakamura"], "dkey": "x" * 65}).json().get("code") == "ERR_FIELDS")
        clerk = house.person("nakamura")
        check("others do not do it", clerk.command("account.directory", {"person": ids["nakamura"], "dkey": "11" * 16}).json().get("code") in ("ERR_DENIED", "ERR_PROOF"))
        self.ids = ids

    def signed_in(self):
        check, code, house = self.check, self.code, self.house
        check("by the directory's password", code("sato", PASSWORD) == 200)
        check("not by the former one of the house", code("sato", hostile.PASSWORD) == "ERR_LOGIN")
        check("not by none", code("sato", "") == "ERR_LOGIN")
        check("a local one as before", code("nakamura", hostile.PASSWORD) == 200)
        check("a local one not by the directory", code("matsui", PASSWORD) == "ERR_LOGIN")
        sato = house.person("sato", PASSWORD)
        a = sato.form("/password", {"now": PASSWORD, "next": "Atarashii-2026-kagi", "again": "Atarashii-2026-kagi"})
        check("the password is changed there, not here", "ディレクトリ側で" in a.text and a.status == 422, a.text[:1500])
        a = sato.command("password.set", {"person": sato.id, "verified": "directory:" + (bytes([1]) + GUID[1:]).hex(), "hash": "$argon2id$x"})
        check("the command is not offered", a.json()["error"]["code"] == "ERR_COMMAND", a.text)
        a = sato.json("/api/v1/proof", {"password": PASSWORD})
        check("a proof by the directory", a.status == 200, a.text)
        check("a wrong proof", sato.json("/api/v1/proof", {"password": "x"}).json()["code"] == "ERR_PASSWORD_WRONG")
        rows = house.sql("SELECT CAST(entry AS TEXT) FROM ledger")
        check("the ledger tells that it was set up, five times", sum("auth.directory" in r[0] for r in rows) == 5)
        check("no key of the directory in it", not any((bytes([1]) + GUID[1:]).hex() in r[0] for r in rows))
        for _ in range(5):
            code("ito", "wrong")
        check("wrong ones lock here as ever", code("ito", PASSWORD) == "ERR_LOGIN_LOCKED")

    def states(self):
        check, code = self.check, self.code
        self.become(everybody(tanaka={"userAccountControl": 514}, sato={"pwdLastSet": 0}, kobayashi={"accountExpires": NOW - DAY}, takahashi=None))
        check("disabled there", code("tanaka", PASSWORD, 403) == "ERR_DIRECTORY_DISABLED")
        check("a new password is due there", code("sato", PASSWORD, 403) == "ERR_DIRECTORY_CHANGE")
        check("expired there", code("kobayashi", PASSWORD, 403) == "ERR_DIRECTORY_EXPIRED")
        check("gone there", code("takahashi", PASSWORD) == "ERR_LOGIN")
        check("the state is no secret of who has no password", code("tanaka", "wrong") == "ERR_LOGIN" and code("sato", "wrong") == "ERR_LOGIN")
        self.become(everybody(takahashi=None).replace("uid=sato,", "uid=betsu,").replace("sAMAccountName: sato\n", "sAMAccountName: betsu\n").replace("\nuid: sato", "\nuid: betsu"))
        check("a new name there is the same person", code("sato", PASSWORD) == 200)
        self.become(everybody(takahashi=None) + user("takahashi", 99))
        check("the same name is not the same person", code("takahashi", PASSWORD) == "ERR_LOGIN")
        self.become(everybody())
        check("as before", code("takahashi", PASSWORD) == 200)

    def down(self):
        check, code, house = self.check, self.code, self.house
        self.d.stop()
        check("no directory", code("sato", PASSWORD, 503) == "ERR_DIRECTORY")
        for _ in range(6):
            code("sato", PASSWORD)
        check("nothing is counted for it", house.sql("SELECT failed, locked_until FROM account_login WHERE login = 'sato'")[0][0] == 0)
        check("a name that nobody has says the same", code("dareka", PASSWORD, 503) == "ERR_DIRECTORY")
        check("the administrator is in", code("yamamoto", hostile.PASSWORD) == 200)
        a = hostile.Client(house).form("/login", {"login": "sato", "password": PASSWORD})
        check("the page says so, with a number", a.status == 503 and "ディレクトリに接続できません" in a.text and "照会番号" in a.text, a.text[:1500])
        self.d.start()
        time.sleep(5.5)
        check("and it is back", code("sato", PASSWORD) == 200)

    def hangs(self):
        """Somebody who answers nothing holds a few for the limit, and nobody who signs in here."""
        fake = Fake(lambda s: time.sleep(60))
        path = self.d.conf("hang.conf", kind="ad", filter="(objectClass=user)", login="sAMAccountName", name="cn", url="ldap://127.0.0.1:%d" % fake.port, connect_timeout="2", timeout="2")
        self.house.again(path)
        took, said = [], []

        def one():
            began = time.time()
            said.append(self.code("kobayashi", PASSWORD))
            took.append(time.time() - began)

        threads = [threading.Thread(target=one) for _ in range(12)]
        for t in threads:
            t.start()
        began = time.time()
        local = self.code("nakamura", hostile.PASSWORD)
        self.check("who needs no directory is in meanwhile", local == 200 and time.time() - began < 20, "%s %.1f" % (local, time.time() - began))
        for t in threads:
            t.join()
        self.check("all are told", said == ["ERR_DIRECTORY"] * 12, said)
        self.check("nobody waits longer than the limit and the queue", max(took) < 20, sorted(took))
        began = time.time()
        self.code("kobayashi", PASSWORD)
        self.check("then at once", time.time() - began < 3, time.time() - began)
        fake.end()

    def back(self):
        check, code, house = self.check, self.code, self.house
        house.again(None)
        check("without a configuration nobody gets in by it", code("sato", PASSWORD, 503) == "ERR_DIRECTORY")
        admin = house.person("yamamoto")
        page = admin.get("/people").text
        check("and the page offers nothing", "ディレクトリでサインインする" not in page)
        a = admin.form("/people/%d" % self.ids["sato"], {"do": "password"})
        first = a.text.split("<pre>")[1].split("</pre>")[0] if "<pre>" in a.text else ""
        check("a first password of the house takes its place", code("sato", html.unescape(first)) == 200, a.text[:1500])
        check("the link is gone", house.sql("SELECT count(*) FROM account_directory WHERE person = %d" % self.ids["sato"])[0][0] == 0)
        a = admin.command("account.directory", {"person": self.ids["tanaka"]})
        check("the link is ended", a.status == 200 and code("tanaka", PASSWORD) == "ERR_LOGIN", a.text)
        house.stop()
        said = house.command("rescue", "kobayashi")
        check("rescue works without it", said[0] == 0, said[1])
        code_, text = house.command("verify")
        check("the ledger holds", code_ == 0, text)


def main():
    t = Tests(sys.argv[1], "--pg" in sys.argv)
    try:
        for part in (t.linked, t.signed_in, t.states, t.down, t.hangs, t.back):
            part()
    finally:
        t.house.remove()
        t.d.remove()
    sys.exit(t.house.count.end())


main()
