#!/usr/bin/env python3
"""Sign-in through a provider (OpenID Connect), on pages and API of the example organisation: against a real glewlwyd, and against one that lies.

    test_oidc.py BUILD [--pg]        closes with "N passed, N failed"
"""
import os
import socket
import sys
import time
import urllib.parse

import hostile
from hostile_session import calm, code_of
from provider import CLIENT, PLAIN_SECRET, SECRET, Fake, Glewlwyd, Key
from slapd import free_port

BACK = "/login/org/back"
PASSWORD = hostile.PASSWORD


class House(hostile.House):
    oidc = None

    def __init__(self, build, pg):
        self.own_port = free_port()
        self.public = "http://127.0.0.1:%d" % self.own_port
        super().__init__(build, pg)

    def options(self):
        return super().options() + ["--port", str(self.own_port), "--public-url", self.public] + (["--oidc", self.oidc] if self.oidc else [])

    def again(self, path):
        self.stop()
        self.oidc = path
        self.start()

    def conf(self, issuer, secret=SECRET, name="oidc.conf", **lines):
        """A line with the value None is left out. _ stands for -."""
        keep = os.path.join(self.data, name + ".secret")
        with open(keep, "w", encoding="utf-8") as f:
            f.write(secret + "\n")
        os.chmod(keep, 0o600)
        has = {"issuer": issuer, "client_id": CLIENT, "client_secret_file": keep, "connect_timeout": "2", "timeout": "2", **lines}
        path = os.path.join(self.data, name)
        with open(path, "w", encoding="utf-8") as f:
            f.writelines("%s = %s\n" % (k.replace("_", "-"), v) for k, v in has.items() if v is not None)
        return path

    def calm(self):
        """Failures from this address are counted for a minute; each case begins anew."""
        self.sql("DELETE FROM login_rate", write=True)


class Browser:
    """Somebody at a browser: cookies by name, no redirect followed by itself."""

    def __init__(self, house):
        self.house, self.cookies = house, {}

    def ask(self, method, path, body=None, headers=None):
        c = hostile.Client(self.house)
        c.cookie = "; ".join("%s=%s" % kv for kv in self.cookies.items())
        a = c.ask(method, path, body, headers)
        for v in a.headers.get_all("Set-Cookie") or []:
            name, value = v.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return a

    def get(self, path):
        return self.ask("GET", path)

    def me(self):
        a = self.get("/api/v1/me")
        return a.json()["login"] if a.status == 200 else None

    def there(self, proof=False):
        """Where the browser is sent to sign in."""
        a = self.get("/login/org" + ("?proof=1" if proof else ""))
        return a.where() if a.status == 303 else "%d" % a.status

    def back(self, code, state, **more):
        return self.get(BACK + "?" + urllib.parse.urlencode({"code": code, "state": state, **more}))


class Tests:
    def __init__(self, build, pg):
        self.house = House(build, pg)
        self.check, self.fake = self.house.check, Fake()
        self.ids = {login: person for person, login in self.house.sql("SELECT person, login FROM account_login")}

    def sign_in(self, login=None, sub=None, proof=False, who=None, **claims):
        """The whole way through the provider that is ours: (browser, last answer)."""
        self.house.calm()
        b = who or Browser(self.house)
        there = b.there(proof)
        if login is not None:
            claims["preferred_username"] = login
        code, q = self.fake.code(there, sub=sub or "sub-of-%s" % login, **claims)
        return b, b.back(code, q["state"])

    def refused(self, what, text, twist=None, status=403, **claims):
        """Nobody gets in, the page says why, and it is an entry."""
        before = self.failures()
        self.fake.twist = twist or {}
        b, a = self.sign_in("sato", **claims)
        self.fake.twist = {}
        self.check(what, a.status == status and text in a.text and b.me() is None and "daicho" not in b.cookies, (a.status, a.text[-900:]))
        self.check(what + ": an entry", self.failures() == before + (1 if status == 403 else 0), (before, self.failures()))

    def entries_of(self, kind):
        return [r[0] for r in self.house.sql("SELECT CAST(entry AS TEXT) FROM ledger") if kind in r[0]]

    def failures(self):
        return len(self.entries_of("auth.failed"))

    # ---- glewlwyd ----

    def real(self):
        check, house = self.check, self.house
        g = Glewlwyd({"sato": "Sato no kagi 1", "gaibu": "Gaibu no kagi 1"}, house.public + BACK)
        try:
            house.again(house.conf(g.issuer, PLAIN_SECRET, label="Kita のアカウントで入る"))
            code, said = house.command("oidc", "check")
            check("the check of a real provider", code == 0 and "×" not in said and house.public + BACK in said, said)
            b = Browser(house)
            check("the sign-in page offers it", "Kita のアカウントで入る" in b.get("/login").text and 'href="/login/org"' in b.get("/login").text)
            there = b.there()
            check("with PKCE, state and nonce", all(w in there for w in ("code_challenge_method=S256", "code_challenge=", "state=", "nonce=", "response_type=code")), there)
            back = g.go(there, g.sign_in("sato", "Sato no kagi 1"))
            check("it sends back here", back.startswith(house.public + BACK), back)
            a = b.get(back[len(house.public):])
            check("sato is in", a.status == 303 and a.where() == "/" and b.me() == "sato", (a.status, a.text[-900:], house.log_text()[-800:]))
            check("the way's cookie is gone", "daicho_oidc" not in b.cookies, b.cookies)
            again = b.get(back[len(house.public):])
            check("the same address again opens nothing", again.status == 403, again.status)
            c = Browser(house)
            back = g.go(c.there(), g.sign_in("gaibu", "Gaibu no kagi 1"))
            a = c.get(back[len(house.public):])
            check("known there, not here", a.status == 403 and "登録されていません" in a.text and c.me() is None, a.text[-900:])
            d = Browser(house)
            back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
            q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(d.there()).query))
            a = d.back(back["code"], q["state"])
            check("a code that was spent", a.status == 403 and "完了しませんでした" in a.text and d.me() is None, a.text[-900:])
            check("the same identity a second time", len(house.sql("SELECT sub FROM account_oidc")) == 1 and self.real_again(g, b) == "sato")
            proof = b.there(True)
            check("a proof asks to be asked again", "prompt=login" in proof and "max_age=1" in proof, proof)
            back = g.go(proof, g.sign_in("sato", "Sato no kagi 1"))
            a = b.get(back[len(house.public):])
            check("this one says auth_time 0: no proof", a.status == 403 and "確かめられませんでした" in a.text, (back, a.text[-600:]))
            check("one entry that it was bound, one that sato came", len(self.entries_of("auth.oidc")) == 1 and len(self.entries_of("auth.login")) >= 1)
            rows = house.sql("SELECT iss, sub FROM account_oidc")
            check("bound to issuer and subject", len(rows) == 1 and rows[0][0] == g.issuer, rows)
            check("no subject in the ledger", not any(rows[0][1] in r[0] for r in house.sql("SELECT CAST(entry AS TEXT) FROM ledger")))
            g.stop()
            began = time.time()
            a = Browser(house).get("/login/org")
            check("its document is kept: the way there is open still", a.status == 303, a.status)
            house.again(house.oidc)
            a = Browser(house).get("/login/org")
            check("it is down", a.status == 503 and "接続できない" in a.text and time.time() - began < 20, (a.status, a.text[-600:]))
            check("who has a password is in meanwhile", house.person("nakamura").get("/").status == 200)
            code, said = house.command("oidc", "check")
            check("the check says so", code == 1 and "×  接続" in said, said)
        finally:
            g.remove()

    def real_again(self, g, b):
        c = Browser(self.house)
        back = g.go(c.there(), g.sign_in("sato", "Sato no kagi 1"))
        c.get(back[len(self.house.public):])
        return c.me()

    # ---- one of our own ----

    def good(self):
        check, house, fake = self.check, self.house, self.fake
        house.sql("DELETE FROM account_oidc", write=True)
        house.again(house.conf(fake.issuer))
        b, a = self.sign_in("sato")
        check("in", a.where() == "/" and b.me() == "sato", (a.status, a.text[-600:], house.log_text()[-800:]))
        check("bound once, also after a second time", self.sign_in("sato")[0].me() == "sato" and len(house.sql("SELECT person FROM account_oidc")) == 1)
        check("the password goes on", hostile.Client(house).login("sato", PASSWORD).status == 200)
        fake.keys = [Key("first"), Key("curve", "ES256")]
        fake.twist = {"key": fake.keys[1]}
        house.again(house.oidc)
        check("an elliptic curve", self.sign_in("sato")[0].me() == "sato")
        fake.twist = {"claims": {"aud": [CLIENT, "another"], "azp": CLIENT}}
        check("several audiences, made for us", self.sign_in("sato")[0].me() == "sato")
        fake.twist = {"claims": {"iat": int(time.time()) + 30}}
        check("a clock half a minute ahead", self.sign_in("sato")[0].me() == "sato")
        fake.twist = {}
        fake.keys = [Key("second")]
        before = fake.asked.count("/jwks")
        check("new keys are fetched when a token asks for them", self.sign_in("sato")[0].me() == "sato" and fake.asked.count("/jwks") == before + 1, fake.asked[-5:])

    def tokens(self):
        fake, now = self.fake, int(time.time())
        first, weak, stranger = fake.keys[0], Key("weak", bits=1024), Key("stranger")
        before = fake.asked.count("/jwks")
        self.refused("another nonce", "確かめられません", {"claims": {"nonce": "x"}})
        self.refused("no nonce", "確かめられません", {"claims": {"nonce": None}})
        self.refused("another issuer", "確かめられません", {"claims": {"iss": "https://another.example.jp"}})
        self.refused("another audience", "宛てたものではありません", {"claims": {"aud": "another"}})
        self.refused("several audiences, made for nobody", "宛てたものではありません", {"claims": {"aud": [CLIENT, "another"]}})
        self.refused("made for another", "宛てたものではありません", {"claims": {"azp": "another"}})
        self.refused("expired", "時計が合っていない", {"claims": {"iat": now - 500, "exp": now - 200}})
        self.refused("from tomorrow", "時計が合っていない", {"claims": {"iat": now + 86400, "exp": now + 90000}})
        self.refused("an old one that never ends", "時計が合っていない", {"claims": {"iat": now - 86400, "exp": now + 864000}})
        self.refused("not yet", "時計が合っていない", {"claims": {"nbf": now + 600}})
        self.refused("without an end", "確かめられません", {"claims": {"exp": None}})
        self.refused("without a subject", "確かめられません", {"claims": {"sub": ""}})
        self.refused("a subject that is too long", "確かめられません", {"claims": {"sub": "x" * 256}})
        self.refused("no algorithm", "確かめられません", {"head": {"alg": "none"}})
        self.refused("the public key as a shared secret", "確かめられません", {"head": {"alg": "HS256"}, "secret": first.pem()})
        self.refused("a signature that is wrong", "確かめられません", {"broken": True})
        self.refused("signed by somebody else under the known id", "確かめられません", {"key": stranger, "head": {"kid": first.kid}})
        self.refused("a header that must be understood", "確かめられません", {"head": {"crit": ["x"], "x": 1}})
        self.refused("a key nobody knows", "確かめられません", {"key": stranger})
        self.refused("keys are not fetched again and again", "確かめられません", {"key": stranger})
        self.check("keys fetched within that minute", fake.asked.count("/jwks") == before, fake.asked.count("/jwks") - before)
        self.house.again(self.house.oidc)
        fake.keys.append(weak)
        self.refused("a short key", "確かめられません", {"key": weak})
        fake.keys.pop()
        self.refused("the claim is missing", "preferred_username", {"claims": {"preferred_username": None}})

    def provider_lies(self):
        fake, house = self.fake, self.house
        self.refused("a redirect instead of a token", "接続できない", {"status": (302, {}, (("Location", fake.issuer + "/elsewhere"),))}, status=503)
        self.check("which is not followed", "/elsewhere" not in fake.asked)
        house.again(house.oidc)
        self.refused("an answer that is too long", "接続できない", {"status": (200, b'{"id_token":"' + b"x" * 300000 + b'"}')}, status=503)
        house.again(house.oidc)
        self.refused("no JSON", "接続できない", {"status": (200, b"<html>")}, status=503)
        house.again(house.oidc)
        self.refused("an error of its own", "接続できない", {"status": (500, {"error": "server_error"})}, status=503)
        house.again(house.oidc)
        self.refused("our secret is wrong", "接続できない", {"status": (401, {"error": "invalid_client"})}, status=503)
        house.again(house.oidc)
        began = time.time()
        self.refused("it hangs", "接続できない", {"sleep": 30}, status=503)
        self.check("no longer than its time", time.time() - began < 12, time.time() - began)
        began = time.time()
        self.check("then all are told at once", Browser(house).get("/login/org").status == 503 and time.time() - began < 2)
        for what, twist in (("calls itself another", {"issuer": "https://another.example.jp"}), ("leads to http elsewhere", {"token_endpoint": "http://203.0.113.1/token"}), ("has no keys", {"jwks_uri": None})):
            house.again(house.oidc)
            fake.twist = {"document": twist}
            a = Browser(house).get("/login/org")
            self.check("a provider that " + what, a.status == 503 and "接続できない" in a.text, a.status)
            code, said = house.command("oidc", "check")
            self.check("the check of a provider that " + what, code == 1 and "×" in said, said)
            fake.twist = {}
        house.again(house.oidc)

    def ways(self):
        """State, cookies, codes."""
        check, house, fake = self.check, self.house, self.fake
        house.calm()
        b = Browser(house)
        code, q = fake.code(b.there(), sub="sub-of-sato", preferred_username="sato")
        before = self.failures()
        a = Browser(house).back(code, q["state"])
        check("a way back without its cookie", a.status == 403 and "途中で切れました" in a.text, a.text[-600:])
        check("which anybody's page could have sent: it counts against nobody", self.failures() == before and house.sql("SELECT count(*) FROM login_rate")[0][0] == 0)
        other = Browser(house)
        other.there()
        a = other.back(code, q["state"])
        check("another's way back: nobody is signed in as somebody else", a.status == 403 and other.me() is None and self.failures() == before + 1, (a.status, self.failures() - before))
        fixed = Browser(house)
        fixed.cookies = {"daicho_oidc": "ab" * 200, "daicho": "x" * 43}
        check("a cookie that was put there", fixed.back(code, q["state"]).status == 403 and fixed.me() is None)
        keep = dict(b.cookies)
        a = b.back(code, q["state"][:-1] + ("A" if q["state"][-1] != "A" else "B"))
        check("a state that differs in a letter", a.status == 403 and b.me() is None)
        b.cookies = dict(keep)
        b.cookies["daicho"] = fixed_session = "y" * 43
        a = b.back(code, q["state"])
        check("the right one, and a session that nobody could have put there", a.where() == "/" and b.me() == "sato" and b.cookies["daicho"] != fixed_session, (a.status, a.text[-300:]))
        fake.twist = {"codes_again": True}
        c = Browser(house)
        code, q = fake.code(c.there(), sub="sub-of-sato", preferred_username="sato")
        keep = dict(c.cookies)
        check("in by a code", c.back(code, q["state"]).where() == "/")
        again = Browser(house)
        again.cookies = keep
        a = again.back(code, q["state"])
        check("the whole way back replayed, at a provider that takes codes twice", a.status == 403 and "途中で切れました" in a.text and again.me() is None, a.text[-400:])
        fake.twist = {}
        d = Browser(house)
        q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(d.there()).query))
        a = d.back("no-such-code", q["state"])
        check("a code that the provider never gave", a.status == 403 and "完了しませんでした" in a.text)
        d = Browser(house)
        q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(d.there()).query))
        a = d.get(BACK + "?" + urllib.parse.urlencode({"error": "access_denied<script>", "state": q["state"]}))
        check("the provider says no", a.status == 403 and "完了しませんでした" in a.text and "script>" not in a.text.split("<main")[1], a.text[-400:])
        d = Browser(house)
        code, q = fake.code(d.there(), sub="sub-of-sato", preferred_username="sato")
        a = d.back(code, q["state"], iss="https://another.example.jp")
        check("a way back that another provider sent", a.status == 403 and d.me() is None)
        house.calm()
        said = []
        for _ in range(21):
            d = Browser(house)
            q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(d.there()).query))
            said.append(d.back("no-such-code", q.get("state", "x")).status)
        check("twenty failures from one address, then it waits", said == [403] * 20 + [429] or said[:20] == [403] * 20 and said[20] in (403, 429) and Browser(house).get("/login/org").status == 429, said)
        house.calm()

    def people(self):
        check, house = self.check, self.house
        b, a = self.sign_in("yamamoto", sub="sub-of-sato")
        check("whoever is called like somebody else now stays who they are", b.me() == "sato", b.me())
        b, a = self.sign_in("sato", sub="sub-of-an-intruder")
        check("whoever is given a login that is somebody's gets nothing of theirs", b.me() is None and "すでに別の" in a.text, a.text[-600:])
        b, a = self.sign_in("nobody-here")
        check("nobody is made by signing in", b.me() is None and "登録されていません" in a.text and len(house.sql("SELECT person FROM account_oidc WHERE sub = 'sub-of-nobody-here'")) == 0, a.text[-600:])
        admin = house.person("yamamoto")
        ids = self.ids
        a = admin.form("/people/%d" % ids["ito"], {"do": "password"})
        first = a.text.split("<pre>")[1].split("</pre>")[0] if "<pre>" in a.text else ""
        b, a = self.sign_in("ito")
        check("a first password that was never used is in nobody's way", first and b.me() == "ito" and b.get("/").status == 200, a.status)
        check("and is gone", house.sql("SELECT hash IS NULL FROM account_login WHERE login = 'ito'")[0][0] in (1, True))
        a = admin.command("account.set", {"person": ids["ito"], "login": "ito", "disabled": True})
        check("disabling ends the session", a.status == 200 and b.me() is None)
        b, a = self.sign_in("ito")
        check("who is disabled does not get in", b.me() is None and "登録されていません" in a.text, a.text[-400:])
        house.sql("UPDATE f_person SET left_on = '2020-01-01' WHERE record = %d AND slot = 0" % ids["kobayashi"], write=True)
        house.again(house.oidc)
        b, a = self.sign_in("kobayashi")
        check("who left does not get in", b.me() is None and "登録されていません" in a.text, a.text[-400:])
        check("nor is bound", len(house.sql("SELECT person FROM account_oidc WHERE person = %d" % ids["kobayashi"])) == 0)
        page = admin.get("/people").text
        check("the page shows who is bound", "組織のアカウントとの結び付きを解く" in page and "・組織のアカウント" in page)
        b, _ = self.sign_in("sato")
        a = admin.form("/people/%d" % ids["sato"], {"do": "oidc-end"})
        check("an administrator ends it", a.status == 200 and b.me() is None and len(house.sql("SELECT person FROM account_oidc WHERE person = %d" % ids["sato"])) == 0, a.text[-600:])
        check("once", admin.command("account.oidc", {"person": ids["sato"]}).json()["code"] == "ERR_DB_NOTFOUND")
        check("others do not", house.person("nakamura").command("account.oidc", {"person": ids["ito"]}).json()["code"] == "ERR_DENIED")
        a = admin.command("oidc.bind", {"person": ids["nakamura"], "iss": self.fake.issuer, "sub": "x"})
        check("nobody binds by a command", a.status in (400, 403), a.text)
        b, _ = self.sign_in("sato", sub="sub-of-sato-2")
        check("then the next sign-in binds anew", b.me() == "sato")

    def claims(self):
        house, fake = self.house, self.fake
        house.sql("DELETE FROM account_oidc", write=True)
        house.again(house.conf(fake.issuer, claim="email", domain="Example.JP"))
        self.refused("an address that nobody confirmed", "email", {"claims": {"email": "sato@example.jp"}})
        self.refused("said to be confirmed by a word", "email", {"claims": {"email": "sato@example.jp", "email_verified": "true"}})
        self.refused("an address elsewhere", "登録されていません", {"claims": {"email": "sato@example.com", "email_verified": True}})
        self.refused("an address that only ends alike", "登録されていません", {"claims": {"email": "sato@notexample.jp", "email_verified": True}})
        b, a = self.sign_in("x", email="sato@example.jp", email_verified=True)
        self.check("by a confirmed address, without its domain", b.me() == "sato", a.text[-400:])

    def passwords(self):
        check, house = self.check, self.house
        house.sql("DELETE FROM account_oidc", write=True)
        house.again(house.conf(self.fake.issuer, passwords="no"))
        b, _ = self.sign_in("sato")
        adm, _ = self.sign_in("yamamoto")
        check("both are in", b.me() == "sato" and adm.me() == "yamamoto")
        a = hostile.Client(house).login("sato", PASSWORD)
        check("no password beside an identity", a.status == 403 and a.json()["code"] == "ERR_PASSWORD_OIDC", a.text)
        check("a wrong one is told nothing of that", hostile.Client(house).login("sato", "x").json()["code"] == "ERR_LOGIN")
        a = Browser(house).ask("POST", "/login", "login=sato&password=" + PASSWORD, hostile.FORM)
        check("the page says what to do", a.status == 403 and "組織のアカウントでサインイン" in a.text)
        check("who has none goes on", hostile.Client(house).login("nakamura", PASSWORD).status == 200)
        check("an administrator keeps the password: the provider may be down", hostile.Client(house).login("yamamoto", PASSWORD).status == 200)
        s = hostile.Client(house)
        s.cookie, s.csrf = "daicho=" + b.cookies["daicho"], b.get("/api/v1/me").json()["csrf"]
        check("nor is a password a proof", s.json("/api/v1/proof", {"password": PASSWORD}).json()["code"] == "ERR_PASSWORD_OIDC")

    def proofs(self):
        check, house, fake, ids = self.check, self.house, self.fake, self.ids
        house.sql("DELETE FROM account_oidc", write=True)
        house.again(house.conf(fake.issuer))
        s = hostile.Client(house)

        def adm_command():
            s.cookie, s.csrf = "daicho=" + adm.cookies["daicho"], adm.get("/api/v1/me").json()["csrf"]
            return s.command("account.oidc", {"person": ids["nakamura"]}).json()["code"]

        adm, _ = self.sign_in("yamamoto", auth_time=int(time.time()) - 7200)
        check("a proof is as old as the provider says", adm_command() == "ERR_PROOF", adm_command())
        adm, _ = self.sign_in("yamamoto")
        check("and none when it does not say", adm_command() == "ERR_PROOF")
        adm, _ = self.sign_in("yamamoto", auth_time=int(time.time()))
        check("fresh", adm_command() == "ERR_DB_NOTFOUND")
        adm, _ = self.sign_in("yamamoto")
        page = s.form("/people/%d" % ids["nakamura"], {"do": "disable"}) if adm_command() else None
        check("the page that asks offers it", page.status == 403 and "組織のアカウントで確認する" in page.text and 'href="/login/org?proof=1"' in page.text, page.text[-1500:])
        _, a = self.sign_in("yamamoto", proof=True, who=adm)
        check("asked again, without a time", a.status == 403 and "確かめられませんでした" in a.text and adm_command() == "ERR_PROOF", a.text[-600:])
        _, a = self.sign_in("yamamoto", proof=True, who=adm, auth_time=int(time.time()) - 3600)
        check("asked again, and nobody was", a.status == 403 and adm_command() == "ERR_PROOF")
        _, a = self.sign_in("sato", proof=True, who=adm, auth_time=int(time.time()))
        check("asked again, and somebody else answered", a.status == 403 and adm_command() == "ERR_PROOF" and adm.me() == "yamamoto")
        before = len(house.sql("SELECT person FROM account_oidc"))
        check("who is not bound by that", before == 1, before)
        again = s.form("/people/%d" % ids["nakamura"], {"do": "disable", "proof_password": "", "proof_code": ""})
        check("going on without a proof is asked again", again.status == 403 and "proof_password" in again.text)
        _, a = self.sign_in("yamamoto", proof=True, who=adm, auth_time=int(time.time()))
        check("asked again, and right", a.status == 200 and "確認しました" in a.text and adm_command() == "ERR_DB_NOTFOUND", a.text[-600:])
        check("an entry", any("oidc" in r for r in self.entries_of("auth.proved")))
        a = s.form("/people/%d" % ids["nakamura"], {"do": "disable", "proof_password": "", "proof_code": ""})
        check("what waited goes on", a.status == 200 and house.sql("SELECT disabled FROM account_login WHERE login = 'nakamura'")[0][0] == 1, a.text[-600:])
        house.sql("UPDATE account_login SET disabled = 0 WHERE login = 'nakamura'", write=True)

    def factor(self):
        """Who has a second factor here is asked for it, whoever said the first."""
        check, house = self.check, self.house
        who = house.person("tanaka")
        calm()
        n = who.get("/api/v1/factor").json()
        a = who.json("/api/v1/factor", {"do": "confirm", "ticket": n["ticket"], "code": code_of(n["secret"]), "password": PASSWORD})
        check("a second factor", a.status == 200, a.text)
        house.sql("UPDATE account_login SET hash = NULL WHERE login = 'tanaka'", write=True)
        b, a = self.sign_in("tanaka")
        check("half a sign-in", a.where() == "/login/code" and b.me() is None, (a.status, a.where()))
        a = b.ask("POST", "/login/code", "code=" + code_of(n["secret"], 1), hostile.FORM)
        check("the code lets in, also without a password", a.where() == "/" and b.me() == "tanaka", (a.status, a.text[-600:]))

    def files(self):
        """What the file may say."""
        check, house, fake = self.check, self.house, self.fake
        house.stop()
        for what, lines in (("http elsewhere", {"issuer": "http://login.example.jp"}), ("a host that only looks like this machine", {"issuer": "http://127.0.0.1.example.jp"}),
                            ("a name before the host", {"issuer": "http://127.0.0.1@login.example.jp"}), ("no issuer", {"issuer": None}), ("no client", {"client_id": None}),
                            ("a key that is none", {"verify": "no"}), ("a scope without openid", {"scope": "email"}), ("passwords = maybe", {"passwords": "maybe"})):
            issuer = lines.pop("issuer", fake.issuer)
            house.oidc = house.conf(issuer, name="bad.conf", **lines)
            code, said = house.command("oidc", "check")
            check("the file: " + what, code == 1 and "×  設定ファイル" in said, said)
        house.oidc = house.conf(fake.issuer, name="bad.conf")
        os.chmod(house.oidc + ".secret", 0o644)
        code, said = house.command("oidc", "check")
        check("a secret that everybody can read", code == 1 and "chmod" in said, said)
        house.oidc = house.conf(fake.issuer, name="bad.conf")
        public, house.public = house.public, "http://daicho.example.jp"
        code, said = house.command("oidc", "check")
        check("where browsers find this server: http elsewhere", code == 1 and "public-url" in said, said)
        house.public = public
        code, said = house.command("oidc", "check")
        check("the check", code == 0 and "×" not in said, said)
        dead = socket.socket()
        dead.bind(("127.0.0.1", 0))
        house.oidc = house.conf("http://127.0.0.1:%d" % dead.getsockname()[1], name="bad.conf")
        code, said = house.command("oidc", "check")
        check("nobody listens", code == 1 and "×  接続" in said, said)
        house.oidc = None
        code, said = house.command("oidc", "check")
        check("no file", code == 2 and "--oidc" in said, said)
        house.start()
        check("without it there is nothing", Browser(house).get("/login/org").status == 404 and Browser(house).get(BACK).status == 404 and "/login/org" not in Browser(house).get("/login").text)
        house.stop()
        code, said = house.command("verify")
        check("the ledger holds", code == 0, said)


def main():
    t = Tests(sys.argv[1], "--pg" in sys.argv)
    try:
        for part in (t.real, t.good, t.tokens, t.provider_lies, t.ways, t.people, t.claims, t.passwords, t.proofs, t.factor, t.files):
            part()
    finally:
        t.house.remove()
        t.fake.end()
    sys.exit(t.house.count.end())


main()
