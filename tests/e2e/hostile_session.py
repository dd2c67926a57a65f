"""Sign-in and sessions: cross-site posts, fixed and stolen cookies, guessing in parallel, what a first password opens, what an end ends."""
import base64
import hmac
import re
import statistics
import struct
import threading
import time

from hostile import FORM, JSON, PASSWORD, Client, raw

POSTS = ["/logout", "/password", "/f/takeout/new", "/f/person/import", "/r/1/edit", "/r/1/act", "/r/1/attach", "/settings", "/settings/words/sme", "/settings/adopt", "/people/1", "/task/1", "/account", "/people/1/account", "/account/factor", "/proof", "/api/v1/factor", "/api/v1/proof",
         "/api/v1/commands/record.create", "/api/v1/commands/set.undo", "/api/v1/commands/account.set", "/api/v1/commands/token.make"]


def cross_site(house):
    check = house.check
    victim, attacker = house.person("yamamoto"), house.person("kato")
    before = house.entries()
    own = "http://127.0.0.1:%d" % house.port
    for path in POSTS:
        kind = JSON if path.startswith("/api/") else FORM
        body = "{}" if kind is JSON else "x=1"
        for what, token in (("no token", None), ("another's token", attacker.csrf), ("a token cut short", victim.csrf[:-1]), ("an empty token", "")):
            a = victim.ask("POST", path, body, {**kind, "X-CSRF-Token": token})
            check("%s: %s" % (path, what), a.status == 403, (a.status, a.text[:200]))
        for what, h in (("cross-site", {"Sec-Fetch-Site": "cross-site"}), ("same-site", {"Sec-Fetch-Site": "same-site"}), ("another origin", {"Origin": "https://evil.example"}), ("no origin at all", {"Origin": "null"}),
                        ("a longer origin", {"Origin": own + ".evil.example"}), ("an origin with a name before it", {"Origin": "http://evil@127.0.0.1:%d" % house.port})):
            a = victim.ask("POST", path, body, {**kind, "X-CSRF-Token": victim.csrf, **h})
            check("%s: %s" % (path, what), a.status == 403, (a.status, a.text[:200]))
    for path in ("/login", "/api/v1/login", "/language", "/setup"):
        a = Client(house).ask("POST", path, "login=kato&password=x", {**FORM, "Origin": "https://evil.example"})
        check("%s from elsewhere" % path, a.status == 403, a.status)
    a = victim.ask("POST", "/api/v1/commands/record.create", '{"form":"takeout"}', {"Content-Type": "text/plain", "X-CSRF-Token": victim.csrf})
    check("a plain text body is none", a.status == 415, a.status)
    for origin in ("https://evil.example", own, "null"):
        a = victim.get("/api/v1/me", {"Origin": origin})
        check("no answer is opened to %s" % origin, not [k for k in a.headers.keys() if k.lower().startswith("access-control")], a.headers.items())
    check("none of it is in the ledger", house.entries() == before, (before, house.entries()))
    a = victim.form("/settings", {"csrf": "x"}, {"Origin": own, "Sec-Fetch-Site": "same-origin"})
    check("the right token opens it (the control)", a.status != 403, a.status)


def cookies(house):
    check = house.check
    c = Client(house)
    c.cookie = "daicho=" + "A" * 43                                   # fixed by somebody before the sign-in
    a = c.form("/login", {"login": "kato", "password": PASSWORD})
    new = a.headers.get("Set-Cookie") or ""
    check("a sign-in gives a new session", a.status == 303 and new.startswith("daicho=") and "A" * 43 not in new, new)
    check("the cookie is for this site and no script", all(x in new for x in ("HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in new, new)
    token = new.split(";")[0]
    c.cookie = token
    check("it opens the house", c.get("/").status == 200)
    c.cookie = "daicho=" + "A" * 43
    check("the fixed one does not", c.get("/").status == 303)
    c.cookie = token + "; " + token.replace("daicho=", "daicho=x")
    check("two cookies of one name are none", c.get("/").status == 303)
    for bad in ("daicho=", "daicho=" + "x" * 5000, "daicho=%00", "daicho=" + token[7:-1] + "\u0001".encode().decode("latin-1") if False else "daicho=" + token[7:].swapcase(), "__Host-daicho=" + token[7:], "Daicho=" + token[7:]):
        c.cookie = bad
        check("cookie %s" % bad[:20], c.get("/").status in (303, 400), bad[:40])
    c.cookie = token
    csrf = re.search(r'name="csrf" value="([^"]+)"', c.get("/").text).group(1)
    c.csrf = csrf
    other = house.person("kato")
    a = c.form("/logout")
    check("sign-out", a.status == 303 and "Max-Age=0" in (a.headers.get("Set-Cookie") or ""), a.headers.items())
    check("the session is gone on the server", c.get("/").status == 303 and c.get("/api/v1/me").status == 401)
    check("another session of the same person is not", other.get("/").status == 200)
    stored = house.sql("SELECT token FROM session")
    check("sessions are kept as hashes", stored and all(len(t[0]) == 32 and other.cookie[7:].encode() != t[0] for t in stored), len(stored))
    check("tokens are not in the log", other.cookie[7:] not in house.log_text() and PASSWORD not in house.log_text())


def ends(house):
    """A new password ends what was open; so does a disabled account, a first password, and an ended token."""
    check = house.check
    admin = house.person("yamamoto")
    one, two = house.person("ito"), house.person("ito")
    bearer = "T" * 42 + "t"
    check("a token is made", one.command("token.make", {"name": "t", "days": 1, "token": bearer}).status == 200)
    api = Client(house)
    check("the token opens the API", api.get("/api/v1/me", {"Authorization": "Bearer " + bearer}).status == 200)
    check("the token opens no page", api.get("/", {"Authorization": "Bearer " + bearer}).status == 303)
    a = one.form("/password", {"now": "wrong-Now-1!", "next": "Atarashii-2027-x", "again": "Atarashii-2027-x"})
    check("a password is not changed without the present one", a.status == 422 and two.get("/").status == 200, a.status)
    a = one.form("/password", {"now": "wrong-Now-1!", "next": PASSWORD, "again": PASSWORD})
    check("former passwords are not told to who does not know the present one", "前" not in re.sub(r"<[^>]+>", "", a.text.split("problems", 1)[-1])[:200] or a.status == 422, a.text[:300])
    a = one.form("/password", {"now": PASSWORD, "next": "Atarashii-2027-x", "again": "Atarashii-2027-x"})
    check("a new password ends every session", a.status == 303 and one.get("/").status == 303 and two.get("/").status == 303, a.status)
    a = admin.form("/people/%d" % one.id, {"do": "password"})
    first = re.search(r"<pre>([^<]+)</pre>", a.text)
    check("a first password is shown once to the administrator", a.status == 200 and first, a.text[:300])
    first = first.group(1).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    check("the old one is no more", Client(house).login("ito", "Atarashii-2027-x").status == 401)
    new = house.person("ito", first)
    must_change(house, new)
    check("nor does a token pass it by", api.get("/api/v1/desk", {"Authorization": "Bearer " + bearer}).status == 403)
    a = new.form("/password", {"now": first, "next": "Shinki-2027-kagi", "again": "Shinki-2027-kagi"})
    check("the first password is changed", a.status == 303, a.text[:400])
    new = house.person("ito", "Shinki-2027-kagi")
    check("then the house is open", new.get("/").status == 200)
    a = admin.form("/people/%d" % new.id, {"do": "disable"})
    check("disabled: session, token and sign-in end", a.status == 200 and new.get("/").status == 303 and Client(house).login("ito", "Shinki-2027-kagi").status == 401 and
          api.get("/api/v1/me", {"Authorization": "Bearer " + bearer}).status == 401, a.status)


def code_of(secret, steps=0, at=None):
    """What an authenticator app shows (RFC 6238), from Python's library alone."""
    counter = int((time.time() if at is None else at) // 30) + steps
    mac = hmac.new(base64.b32decode(secret.replace(" ", "")), struct.pack(">Q", counter), "sha1").digest()
    k = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[k:k + 4])[0] & 0x7fffffff) % 1000000)


def calm():
    """Not within the last seconds of a step: what is shown must still be shown when it arrives."""
    while time.time() % 30 > 20:
        time.sleep(1)


def second_factor(house):
    """Half a sign-in opens nothing; no code works twice, also at the same moment; another's ticket, form and session are no help."""
    check = house.check
    who, other, admin = house.person("watanabe"), house.person("kato"), house.person("yamamoto")
    calm()
    n = who.get("/api/v1/factor").json()
    page = who.get("/account/factor")
    check("a picture and its text are shown", "<svg" in page.text and len(re.findall(r"<code>[A-Z2-7 ]{39}</code>", page.text)) == 1, page.text[:500])
    check("they are not kept by anybody between", "no-store" in (page.headers.get("Cache-Control") or ""), page.headers.items())
    code = code_of(n["secret"])
    check("a session left open does not begin one", who.json("/api/v1/factor", {"do": "confirm", "ticket": n["ticket"], "code": code}).status == 422)
    check("nor does another's ticket", other.json("/api/v1/factor", {"do": "confirm", "ticket": n["ticket"], "code": code, "password": PASSWORD}).status == 422)
    check("nor commands of their own", who.command("totp.set", {"person": who.id, "secret": "AAAA", "step": 1, "recovery": []}).status == 400 and
          who.command("totp.off", {"person": who.id}).status == 400 and who.command("session.prove", {"token": "x"}).status == 400)
    a = who.json("/api/v1/factor", {"do": "confirm", "ticket": n["ticket"], "code": code, "password": PASSWORD})
    kept = a.json().get("codes", [])
    check("begun with password and code", a.status == 200 and len(set(kept)) == 10, a.text[:300])
    c = Client(house)
    check("the API asks for the code", c.login("watanabe", PASSWORD).status == 401)
    a = c.ask("POST", "/login", "login=watanabe&password=" + PASSWORD, FORM)
    c.cookie = (a.headers.get("Set-Cookie") or "").split(";")[0]
    check("the page asks for the code", a.status == 303 and a.where() == "/login/code" and c.cookie, a.where())
    for path in ("/", "/account", "/account/factor", "/f/asset", "/f/asset/csv", "/password", "/people", "/settings"):
        check("half a sign-in does not open %s" % path, c.get(path).where() == "/login", path)
    for path in ("/api/v1/me", "/api/v1/desk", "/api/v1/sessions", "/api/v1/factor"):
        check("nor %s" % path, c.get(path).status == 401)
    check("nor is it listed", len(who.get("/api/v1/sessions").json()["sessions"]) == 1)
    check("a code that was used opens nothing", c.ask("POST", "/login/code", "code=" + code, FORM).status == 401)
    a = Client(house).ask("POST", "/login/code", "code=" + code_of(n["secret"], 1), FORM)
    check("a code without its half opens nothing", a.where() == "/login", (a.status, a.where()))
    calm()
    one = [Client(house) for _ in range(6)]
    for x in one:
        a = x.ask("POST", "/login", "login=watanabe&password=" + PASSWORD, FORM)
        x.cookie = (a.headers.get("Set-Cookie") or "").split(";")[0]
    got = at_once([lambda x=x: x.ask("POST", "/login/code", "code=" + code_of(n["secret"], 1), FORM).status for x in one[:4]])
    check("one code at the same moment opens one session", got.count(303) == 1, got)
    a = house.sql("SELECT count(*) FROM account_recovery WHERE person = %d" % who.id)
    check("ten recovery codes are kept as hashes", a[0][0] == 10, a)
    got = at_once([lambda x=x: x.ask("POST", "/login/code", "code=" + kept[2], FORM).status for x in one[4:]])
    check("one recovery code opens one session", got.count(303) <= 1, got)
    raw = house.at_rest()
    seed = base64.b32decode(n["secret"])
    check("neither secret nor codes lie in the database", seed not in raw and n["secret"].encode() not in raw and not any(k.encode() in raw or k.replace("-", "").encode() in raw for k in kept))
    check("nor in the log", n["secret"] not in house.log_text() and code not in house.log_text() and kept[0] not in house.log_text())
    check("their reset is for administrators", other.form("/people/%d/account" % who.id, {"do": "reset", "reason": "x"}).status in (403, 422))
    check("and wants a reason", admin.form("/people/%d/account" % who.id, {"do": "reset", "reason": " "}).status == 422)
    a = admin.form("/people/%d/account" % who.id, {"do": "reset", "reason": "失くした<b>"})
    check("reset by an administrator", a.status == 303, a.text[:300])
    check("ends every session", who.get("/").status == 303)
    again = house.person("watanabe")
    page = again.get("/account")
    check("the person reads why, as text", "失くした&lt;b&gt;" in page.text and "失くした<b>" not in page.text, page.text[:300])
    check("and is told at home", "サインインが変更されました" in again.get("/").text)
    entry = b"".join(bytes(r[0]) for r in house.sql("SELECT entry FROM ledger"))
    check("the ledger binds the reason without telling it", b"auth.factor-reset" in entry and "失くした".encode() not in entry and b"watanabe" not in entry)


def must_change(house, new):
    check = house.check
    for path in ("/", "/registers", "/f/asset", "/f/asset/csv", "/r/1", "/people", "/settings", "/ledger", "/conformity", "/attachment/1", "/receipt/1"):
        a = new.get(path)
        check("a first password does not open %s" % path, a.status == 303 and a.where() == "/password", (a.status, a.where()))
    for path in ("/api/v1/desk", "/api/v1/forms", "/api/v1/records/1", "/api/v1/ledger", "/api/v1/metrics"):
        check("nor %s" % path, new.get(path).status == 403)
    for path in POSTS:
        if path not in ("/logout", "/password"):
            a = new.ask("POST", path, "{}" if "/api/" in path else "csrf=" + new.csrf, {**(JSON if "/api/" in path else FORM), "X-CSRF-Token": new.csrf})
            check("nor POST %s" % path, a.status == 403, a.status)


def at_once(todo):
    got = [None] * len(todo)

    def run(i):
        got[i] = todo[i]()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(todo))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return got


def guessing(house):
    """Many guesses at the same moment, written differently: no more than the regulation's number of tries, and the right one among them opens nothing once locked."""
    check = house.check
    wrong = lambda: Client(house).login("kobayashi", "wrong-Guess-1!").status
    codes = at_once([wrong] * 10)
    check("parallel guesses are all refused", set(codes) <= {401, 423, 429}, codes)
    check("the account is locked afterwards", Client(house).login("kobayashi", PASSWORD).status in (423, 429), "")
    row = house.sql("SELECT locked_until IS NOT NULL FROM account_login WHERE login = 'kobayashi'")
    check("and stays locked", row == [(1,)], row)
    for form in ("KOBAYASHI", "kobayashi ", " kobayashi", "ｋｏｂａｙａｓｈｉ", "kobayashi\u200b", "koba\u0079ashi"):
        check("another spelling does not pass the lock: %r" % form, Client(house).login(form, PASSWORD).status in (401, 423, 429))
    check("an address that failed twenty times waits", 429 in [Client(house).login("dare-%d" % i, "x").status for i in range(25)])
    spoofed = [Client(house).login("dare-%d" % i, "x", {"X-Forwarded-For": "198.51.100.%d" % i, "Forwarded": "for=198.51.100.%d" % i}).status for i in range(25)]
    check("whatever address its headers name", 429 in spoofed, spoofed)
    house.sql("DELETE FROM login_rate", write=True)


def enumeration(house):
    """Whether a name exists is told neither by words nor by time."""
    check = house.check
    a, b = Client(house).login("tanaka", "wrong-Guess-1!"), Client(house).login("sonzai-shinai", "wrong-Guess-1!")
    strip = lambda x: re.sub(r'"request":"[^"]*"', "", x.text)
    check("the same words for a known and an unknown name", (a.status, strip(a)) == (b.status, strip(b)), (a.text, b.text))
    times = {"tanaka": [], "sonzai-shinai": []}
    for i in range(12):
        for name in times:
            house.sql("DELETE FROM login_rate", write=True)
            house.sql("UPDATE account_login SET failed = 0, locked_until = NULL WHERE login = 'tanaka'", write=True)
            t = time.time()
            Client(house).login(name, "wrong-Guess-1!")
            times[name].append(time.time() - t)
    known, unknown = (statistics.median(times[n]) for n in ("tanaka", "sonzai-shinai"))
    check("and about the same time", abs(known - unknown) < max(0.01, 0.5 * max(known, unknown)), (known, unknown))
    house.sql("DELETE FROM login_rate", write=True)
    house.sql("UPDATE account_login SET failed = 0, locked_until = NULL", write=True)


def odd_sign_ins(house):
    check = house.check
    for body in ('{"login":["kato"],"password":{}}', '{"login":null}', "[]", '"x"', "{", "", '{"login":"kato","password":"%s"}' % ("x" * 3000), '{"login":"kato","login":"ito","password":"x"}',
                 '{"login":"kato\\u0000","password":"x"}', '{"login":"\\ud800","password":"x"}', "[" * 900 + "]" * 900, "nul", '{"login":"kato","password":"' + "\x00" + '"}'):
        a = Client(house).ask("POST", "/api/v1/login", body, JSON)
        check("sign-in with %s" % body[:30], a.status in (400, 401, 413, 415), (a.status, a.text[:200]))
    a = Client(house).form("/login", {"login": '"><script>alert(1)</script>', "password": "x"})
    check("a hostile name is shown as text", "<script>alert" not in a.text and a.status in (401, 423, 429), a.status)
    out, _ = raw(house, b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 23\r\n\r\nlogin=kato&password=%ff", 2)
    check("bytes that are no text are refused", out.startswith(b"HTTP/1.1 400"), out[:60])
    house.sql("DELETE FROM login_rate", write=True)
    check("setup is over", Client(house).get("/setup").status in (303, 404, 409) and Client(house).form("/setup", {"code": "x"}).status in (303, 403, 404, 409), "")
    a = house.person("yamamoto").command("setup.finish", {"admin": 1, "hash": "$argon2id$"})
    check("its commands are not to be had", a.status == 400, a.status)
    for name in ("login", "login.failed", "logout", "password.set", "session.touch", "setup.start", "todo.run", "rebuild", "check.run", "restore.finish", "../login", "record.create/x"):
        a = house.person("yamamoto").command(name, {"person": 1, "token": "x", "hash": "$argon2id$x"})
        check("command %s is not to be had" % name, a.status in (400, 404, 405), a.status)
    check("commands with a path are refused", house.person("yamamoto").command("set.adopt", {"adopt": [], "dir": "/etc"}).status == 400 and
          house.person("kato").command("attach.add", {"record": 1, "path": "/etc/passwd", "name": "a.txt"}).status == 400)
