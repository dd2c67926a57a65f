#!/usr/bin/env python3
"""From which addresses people may work (core.sign_in_from): sign-in, open sessions and tokens, the administrator's own address, rescue.

    test_devices.py BUILD [--pg]        closes with "N passed, N failed"
"""
import json
import secrets
import sys

import hostile

OFFICE, HOME, SIX = "192.0.2.17", "203.0.113.5", "2001:db8:0:1::9"


class House(hostile.House):
    proxy = "127.0.0.1"

    def options(self):
        return super().options() + (["--trusted-proxy", self.proxy] if self.proxy else [])

    def again(self, proxy):
        self.stop()
        self.proxy = proxy
        self.start()
        self.port = int(self.url.rsplit(":", 1)[1])


class At(hostile.Client):
    """Somebody behind the proxy, at an address."""

    def __init__(self, house, addr, cookie=None, csrf=""):
        super().__init__(house)
        self.addr, self.cookie, self.csrf = addr, cookie, csrf

    def ask(self, method, path, body=None, headers=None):
        return super().ask(method, path, body, {"X-Forwarded-For": self.addr, **(headers or {})})

    def elsewhere(self, addr):
        return At(self.house, addr, self.cookie, self.csrf)


def code(a):
    said = a.json() if a.body[:1] == b"{" else {}
    return said.get("code") or said.get("error", {}).get("code") or a.status


def main():
    house = House(sys.argv[1], "--pg" in sys.argv)
    check = house.check
    try:
        def enter(login, addr):
            c = At(house, addr)
            return c, code(c.login(login, hostile.PASSWORD))

        admin, said = enter("yamamoto", OFFICE)
        check("everybody from everywhere at first", said == 200 and enter("sato", HOME)[1] == 200)

        def listed(text, who=admin):
            return who.command("set.settings", {"settings": {"core.sign_in_from": text}})

        for bad in ("192.0.2.0/33", "192.0.2.0/0", "office", "192.0.2.300", "192.0.2.0/24;203.0.113.5", "2001:db8::/129", "192.0.2.0/24 /8"):
            a = listed(bad)
            check("not a list: %s" % bad, code(a) == "ERR_SETTING_VALUE", a.text)
        for other in (HOME, "192.0.3.0/24 203.0.113.0/24", "2001:db8::/32", "192.0.2.16/32", "192.0.2.0/28"):
            a = listed(other)
            check("one's own address must be in it: %s" % other, code(a) == "ERR_DEVICE_SELF", a.text)
        sato, said = enter("sato", HOME)
        token = secrets.token_urlsafe(32)
        check("a token", sato.command("token.make", {"name": "t", "days": 3, "token": token}).status == 200)
        bearer = {"Authorization": "Bearer " + token}
        check("opens from home", At(house, HOME).get("/api/v1/me", bearer).status == 200)
        a = listed("192.0.2.16/28, 10.0.0.0/8  2001:db8:0:1::/64")
        check("the list is taken", a.status == 200, a.text)
        check("the office is in", enter("sato", OFFICE)[1] == 200)
        check("the last and the first of the network", enter("sato", "192.0.2.31")[1] == 200 and enter("sato", "192.0.2.16")[1] == 200)
        check("the next one is out", enter("sato", "192.0.2.32")[1] == "ERR_DEVICE" and enter("sato", "192.0.2.15")[1] == "ERR_DEVICE")
        check("another network of the list", enter("sato", "10.255.0.1")[1] == 200)
        check("IPv6", enter("sato", SIX)[1] == 200 and enter("sato", "2001:db8:0:2::9")[1] == "ERR_DEVICE")
        check("an IPv4 address as IPv6 writes it", enter("sato", "::ffff:192.0.2.17")[1] == 200)
        c, said = enter("sato", HOME)
        check("home is out, by the article", said == "ERR_DEVICE" and "4-7" in c.login("sato", hostile.PASSWORD).text)
        check("with a wrong password, too: nothing is told", code(At(house, HOME).login("sato", "x")) == "ERR_DEVICE" and code(At(house, HOME).login("nobody", "x")) == "ERR_DEVICE")
        page = At(house, HOME).form("/login", {"login": "sato", "password": hostile.PASSWORD})
        check("the page says why", page.status == 403 and "この機器" in page.text and "4-7" in page.text, page.text[:800])
        check("an open session ends there", code(sato.get("/api/v1/me")) == "ERR_DEVICE" and sato.get("/").status == 403)
        check("a session that is carried away", admin.get("/api/v1/me").status == 200 and code(admin.elsewhere(HOME).get("/api/v1/me")) == "ERR_DEVICE")
        check("the token", code(At(house, HOME).get("/api/v1/me", bearer)) == "ERR_DEVICE" and At(house, OFFICE).get("/api/v1/me", bearer).status == 200)
        check("commands, too", code(admin.elsewhere(HOME).command("set.settings", {"settings": {"core.sign_in_from": ""}})) == "ERR_DEVICE")
        check("not even one's own out of it later", code(listed("10.0.0.0/8")) == "ERR_DEVICE_SELF")
        house.again(None)
        check("a header of whoever is not the proxy counts for nothing", code(At(house, OFFICE).login("sato", hostile.PASSWORD)) == "ERR_DEVICE")
        house.stop()
        said, text = house.command("rescue", "yamamoto")
        check("rescue opens the door", said == 0, text)
        house.again("127.0.0.1")
        check("from everywhere again", enter("sato", HOME)[1] == 200)
        rows = house.sql("SELECT body FROM pack_set ORDER BY id DESC LIMIT 1")
        check("by a set of its own in the ledger", json.loads(rows[0][0]).get("settings", {}).get("core.sign_in_from", "") == "", rows[0][0][:500])
    finally:
        house.remove()
    sys.exit(house.count.end())


main()
