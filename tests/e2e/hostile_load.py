"""Bodies that are no bodies, floods, slow clients, the same thing a hundred times at once, a key used twice, and a database that cannot answer."""
import json
import re
import socket
import threading
import time

from hostile import Client, raw, until
from hostile_session import at_once

TAKEOUT = {"dest": "客先", "purpose": "納品", "from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00"}


def head(path, kind, n, who, more=""):
    return ("POST %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nX-CSRF-Token: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" % (path, who.cookie, who.csrf, kind, n, more)).encode()


def bodies(house):
    check = house.check
    kato = house.person("kato")
    before = house.sql("SELECT count(*) FROM record")[0][0]
    mp = "multipart/form-data; boundary="
    part = b'--XX\r\nContent-Disposition: form-data; name="f.dest"\r\n\r\nx\r\n'
    cases = [("no boundary", "multipart/form-data", b"x"), ("an empty boundary", mp, b"----\r\n"), ("a boundary of 71", mp + "x" * 71, b"x"), ("a boundary with a quote", mp + '"a', b"x"), ("no end", mp + "XX", part),
             ("a second disposition", mp + "XX", b'--XX\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"\r\n\r\nx\r\n--XX--\r\n'),
             ("a NUL in a name", mp + "XX", b'--XX\r\nContent-Disposition: form-data; name="a\0b"\r\n\r\nx\r\n--XX--\r\n'), ("a preamble", mp + "XX", b"hello\r\n" + part + b"--XX--\r\n"),
             ("something after the end", mp + "XX", part + b"--XX--\r\nGET / HTTP/1.1\r\n"), ("a transfer encoding inside", mp + "XX", b'--XX\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--XX--\r\n'),
             ("a head of 100 kB", mp + "XX", b"--XX\r\nX: " + b"x" * 100000 + b"\r\n\r\n--XX--\r\n"), ("51 files", mp + "XX", b"".join(b'--XX\r\nContent-Disposition: form-data; name="u.x"; filename="a%d.pdf"\r\n\r\n%%PDF-1.4\r\n' % i for i in range(51)) + b"--XX--\r\n"),
             ("10,000 parts", mp + "XX", b"".join(b'--XX\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % i for i in range(10000)) + b"--XX--\r\n"),
             ("10,000 fields", "application/x-www-form-urlencoded", "&".join("f%d=x" % i for i in range(10000)).encode()), ("a field of 100 kB", "application/x-www-form-urlencoded", b"f.dest=" + b"x" * 100000),
             ("a name of 10 kB", "application/x-www-form-urlencoded", b"f" * 10000 + b"=x"), ("a NUL", "application/x-www-form-urlencoded", b"f.dest=a%00b"), ("no UTF-8", "application/x-www-form-urlencoded", b"f.dest=%ff%fe"),
             ("a surrogate", "application/x-www-form-urlencoded", b"f.dest=%ed%a0%80"), ("an overlong slash", "application/x-www-form-urlencoded", b"f.dest=%c0%af"), ("half an escape", "application/x-www-form-urlencoded", b"f.dest=%4"),
             ("another charset", "application/x-www-form-urlencoded; charset=shift_jis", b"f.dest=x"), ("XML", "application/xml", b"<x/>"), ("no type", "", b"x")]
    for what, kind, body in cases:
        out, _ = raw(house, head("/f/takeout/new", kind, len(body), kato) + body, 3)
        check("a body with %s" % what, re.match(rb"HTTP/1\.1 4\d\d", out), (what, out[:80]))
    for what, text in (("1,000 deep", "[" * 1000 + "]" * 1000), ("100,000 deep", "[" * 100000 + "]" * 100000), ("a key twice", '{"form":"takeout","form":"person","values":{}}'), ("a NUL in it", '{"form":"takeout\\u0000x","values":{}}'),
                       ("no UTF-8 in it", b'{"form":"\xff"}'), ("a lone surrogate", '{"form":"\\ud800"}'), ("a number out of range", '{"record":1e999}'), ("a long number", '{"record":%s}' % ("9" * 500)), ("something after it", '{"form":"takeout"} x'),
                       ("NaN", '{"record":NaN}'), ("a list", '[]'), ("a comment", '{/*x*/"form":"takeout"}'), ("other types", '{"form":{},"values":"x"}'), ("other types still", '{"form":"takeout","values":[1,2]}'),
                       ("values of other types", '{"form":"takeout","values":{"dest":{"a":1}}}'), ("200,000 keys", json.dumps({"form": "nothing", "values": {"k%d" % i: "x" for i in range(200000)}}))):
        a = kato.command("record.create", text)
        check("JSON with %s" % what, 400 <= a.status < 500, (a.status, a.text[:200]))
    big = kato.command("record.create", json.dumps({"form": "takeout", "values": {**TAKEOUT, "purpose": "x" * 3000000}}))
    check("a value of 3 MB", 400 <= big.status < 500, (big.status, big.text[:200]))
    rows = kato.command("record.create", json.dumps({"form": "takeout", "values": {**TAKEOUT, "items": [{"asset": "x"}] * 20000}}))
    check("20,000 rows", 400 <= rows.status < 500, (rows.status, rows.text[:200]))
    check("none of them became a record", house.sql("SELECT count(*) FROM record")[0][0] == before)
    for path in ("/f/asset?q=%25%25%25%5F%5F%5C", "/f/asset?q=" + "x" * 3000, "/f/asset?q=%27%20OR%201%3D1%20--", "/f/asset?after=-1", "/f/asset?after=9223372036854775807", "/f/asset?after=x", "/f/asset?state=%27", "/api/v1/forms/asset/records?limit=0",
                 "/api/v1/forms/asset/records?limit=99999", "/api/v1/forms/asset/records?after=9223372036854775807&q=%25", "/api/v1/forms/asset/resolve?q=%27", "/api/v1/duty?key=%27", "/api/v1/check?key=", "/api/v1/holders?role=%27&department=%27",
                 "/api/v1/head?department=-1", "/api/v1/conformity/%27", "/api/v1/conformity/sme/violators?article=%27&check=%27", "/f/asset?q=a&q=b", "/api/v1/ledger/9223372036854775807", "/receipt/999999999999999999", "/regulation/sme/%27", "/f/%27", "/ledger?verify=1"):
        a = kato.get(path)
        check("%s is answered" % path[:40], a.status in (200, 400, 403, 404, 409, 422), (a.status, a.text[:200]))


def keys(house):
    """An idempotency key gives its first answer to nobody else and to nothing else; a hundred at once have one effect."""
    check = house.check
    suzuki, kato = house.person("suzuki"), house.person("kato")
    body = {"form": "takeout", "values": TAKEOUT}
    first = suzuki.command("record.create", body, {"Idempotency-Key": "k-1"})
    again = suzuki.command("record.create", body, {"Idempotency-Key": "k-1"})
    check("the same again gives the first answer", again.status == 200 and again.json()["record"] == first.json()["record"] and again.json()["repeated"], again.text[:200])
    a = kato.command("record.create", body, {"Idempotency-Key": "k-1"})
    check("another person does not get it", a.status == 409 and "record" not in a.json(), a.text[:200])
    a = suzuki.command("record.create", {**body, "values": {**TAKEOUT, "dest": "別"}}, {"Idempotency-Key": "k-1"})
    check("nor does another body", a.status == 409, a.text[:200])
    a = suzuki.command("record.submit", {"record": first.json()["record"]}, {"Idempotency-Key": "k-1"})
    check("nor another command", a.status == 409, a.text[:200])
    check("a key too long is refused", suzuki.command("record.create", body, {"Idempotency-Key": "k" * 101}).status == 413)
    one, two = suzuki.command("record.create", body, {"Idempotency-Key": ""}), kato.command("record.create", body, {"Idempotency-Key": ""})
    check("an empty key is none", one.status == 200 and two.status == 200, (one.status, two.status))
    n = house.sql("SELECT count(*) FROM record WHERE form = 'takeout'")[0][0]
    got = at_once([lambda: suzuki.command("record.create", body, {"Idempotency-Key": "k-100"})] * 100)
    check("a hundred at once are one record", {a.status for a in got} == {200} and len({a.json()["record"] for a in got}) == 1 and house.sql("SELECT count(*) FROM record WHERE form = 'takeout'")[0][0] == n + 1, {a.status for a in got})
    rec, version = got[0].json()["record"], got[0].json()["version"]
    got = at_once([lambda: suzuki.command("record.submit", {"record": rec, "version": version})] * 100)
    codes = sorted(a.status for a in got)
    acts = suzuki.get("/api/v1/records/%d/history" % rec).json()["acts"]
    check("a hundred submissions are one", codes.count(200) <= 1 and set(codes) <= {200, 409, 422} and len([x for x in acts if x["kind"] == "submit"]) <= 1, codes[:3] + codes[-3:])


def slow(house):
    """Three hundred connections that never finish: others are served meanwhile, and the slow ones are cut."""
    check = house.check
    kato = house.person("kato")
    held = []
    for i in range(300):
        s = socket.create_connection(("127.0.0.1", house.port), timeout=30)
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-" if i % 3 else b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\nlogin=")
        held.append(s)
    stop = threading.Event()

    def drip():
        while not stop.wait(1):
            for s in held:
                try:
                    s.send(b"a")
                except OSError:
                    pass
    t = threading.Thread(target=drip)
    t.start()
    times = []
    for _ in range(40):
        begin = time.time()
        a = kato.get("/f/asset")
        times.append(time.time() - begin)
        if a.status != 200:
            times.append(99)
    check("others are served while 300 connections drip", max(times) < 5, max(times))

    def cut():
        n = 0
        for i, s in enumerate(held):
            if i % 3:
                try:
                    s.settimeout(0.001)
                    n += s.recv(1, socket.MSG_PEEK) == b""
                except socket.timeout:
                    pass
                except OSError:
                    n += 1
        return n == 200
    check("a head that does not end is cut", until(cut, 40))
    stop.set()
    t.join()
    for s in held:
        s.close()


def flood(house):
    """Sign-ins by the hundred do not stop the others."""
    check = house.check
    kato = house.person("kato")
    codes, times, stop = [], [], threading.Event()

    def look():
        while not stop.is_set():
            begin = time.time()
            if kato.get("/f/asset").status != 200:
                times.append(99)
            times.append(time.time() - begin)
    t = threading.Thread(target=look)
    t.start()
    codes = [a.status for a in at_once([lambda: Client(house).login("dareka", "wrong-Guess-1!")] * 100)]
    stop.set()
    t.join()
    check("a hundred guesses at once are refused", set(codes) <= {401, 423, 429, 503} and codes.count(401) <= 20 + 16 + 4, {c: codes.count(c) for c in codes})
    check("and whoever is signed in is served", times and max(times) < 5, max(times or [99]))
    house.sql("DELETE FROM login_rate", write=True)
    big = house.person("suzuki").make("takeout", TAKEOUT)
    check("the house still writes", big > 0)


def broken(house):
    """A table that cannot be read is an error with a number that stands in the log, never "not allowed" and never "allowed"; no page tells the machine's paths."""
    check = house.check
    suzuki, kato = house.person("suzuki"), house.person("kato")
    rec = suzuki.make("takeout", TAKEOUT, submit=False)
    other = house.person("sato")
    for table in ("act", "step_who", "task", "f_assignment", "f_department"):
        house.sql("ALTER TABLE %s RENAME TO %s_gone" % (table, table), write=True)
        try:
            for who, path in ((kato, "/r/%d" % rec), (kato, "/api/v1/records/%d" % rec), (other, "/r/%d/history" % rec), (kato, "/people"), (kato, "/f/takeout"), (kato, "/f/takeout/csv"), (kato, "/settings"), (kato, "/f/person/import"), (kato, "/"), (kato, "/api/v1/desk")):
                a = who.get(path)
                allowed = (200, 500) if path in ("/", "/settings", "/f/takeout", "/api/v1/desk", "/people", "/f/person/import", "/f/takeout/csv") else (500,)
                if path in ("/people", "/f/person/import", "/f/takeout/csv"):
                    allowed = (500,) if table == "f_assignment" else (200, 403, 500)
                number = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", a.text)
                check("without %s: %s" % (table, re.sub(r"\d+", "N", path)), a.status in allowed, (a.status, a.text[-300:]))
                if a.status == 500:
                    check("its number is in the log", number and number.group(0) in house.log_text(), a.text[-300:])
                    check("it tells nothing of the machine", not re.search(r"/tmp/|\.db|no such table|does not exist|PostgreSQL|SELECT|src/", a.text), a.text)
        finally:
            house.sql("ALTER TABLE %s_gone RENAME TO %s" % (table, table), write=True)
    admin = house.person("yamamoto")
    for what, a in (("by the API", admin.command("set.adopt", {"adopt": ["broken"]})), ("by the page", admin.form("/settings", {"do": "adopt", "pack": "broken", "adopt": "broken"}))):
        check("a faulty regulation adopted %s does not tell where it lies" % what, a.status < 500 and house.data not in a.text and "/tmp/" not in a.text, a.text[:500])
    a = admin.command("set.adopt", {"adopt": ["broken"]})
    check("it is refused with the file inside the regulation", a.status == 400 and "broken/" in a.text, a.text[:500])
    check("then all is as before", suzuki.get("/r/%d" % rec).status == 200 and kato.get("/r/%d" % rec).status == 404)


def types(house):
    """Every command, each of its arguments with a value of another type, by an administrator and by somebody else: refused or done, never an error of ours, and always answered."""
    check = house.check
    yamamoto, kato = house.person("yamamoto"), house.person("kato")
    paths = yamamoto.get("/api/v1/openapi.json").json()["paths"]
    commands = {p.rsplit("/", 1)[1]: re.findall(r"(\w+) (?:str|i64|obj|arr|bool)", re.search(r"\(([^()]*)\)$", o["post"]["summary"]).group(1)) for p, o in paths.items() if "/commands/" in p and "{" not in p}
    check("the commands are known", len(commands) > 20 and commands["record.create"] == ["form", "values", "happened_on", "late_reason", "submit"], commands)
    rec = kato.make("takeout", TAKEOUT)
    sound = {"form": "takeout", "values": TAKEOUT, "record": rec, "version": 1, "comment": "x", "task": 1, "person": 1, "login": "x", "settings": {}, "adopt": ["sme"], "set": 1, "rows": [{"line": 1, "values": {}}], "batch": 1, "days": 1, "name": "x",
             "paths": ["dest"], "ground": "x", "happened_on": "2026-01-01", "late_reason": "x", "submit": False, "answer": "approve", "attachment": 1, "step": "x", "to": "x", "on_behalf": 1, "hash": "$argon2id$x", "token": "x" * 43, "disabled": False, "restart": False}
    odd = [None, True, 0, -1, 9223372036854775807, 1e300, "", "x", "\u202e", [], [1], [[1]], ["x"], [None], {}, {"a": 1}, {"": ""}, [{"values": [1]}], {"dest": [1]}, {"items": {"a": 1}}, {"items": [[1]]}, {"items[0]": 1}, {"items[499].asset": "x"}, {"items[-1]": "x"},
           {"items[99999999999]": "x"}, {"items[": "x"}, {"dest[0]": "x"}, {"a.b.c[1].d": "x"}]
    worst, sent = [], 0
    for name, names in sorted(commands.items()):
        if name in ("set.undo", "set.adopt"):                         # by right what they ask for switches the house
            continue
        for arg in names:
            for v in odd:
                if name == "account.set" and arg in ("person", "login", "hash", "disabled") and v == 1:
                    continue
                for who in (yamamoto, kato):
                    args = {k: sound[k] for k in names if k in sound and k not in ("dir", "path")}
                    args[arg] = v
                    if arg == "path" or (name == "account.set" and who is yamamoto and arg != "person"):
                        args["person"] = 987654321
                    a = who.command(name, {k: x for k, x in args.items() if k != "path"})
                    sent += 1
                    if a.status >= 500:
                        worst.append((name, arg, v, a.status, a.text[:200]))
        rec = kato.make("takeout", TAKEOUT)
        sound["record"] = rec
    check("%d odd commands are answered, none with an error of ours" % sent, not worst and sent > 2000, worst[:10])
    check("the house still stands", kato.get("/r/%d" % rec).status == 200)
