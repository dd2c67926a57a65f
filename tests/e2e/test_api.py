#!/usr/bin/env python3
"""What a program does that works as people do: lists page by page, files, history, regulations, settings, people, imports; and that every path which
the OpenAPI document names is asked by this test or by one that says so.

    test_api.py BUILD [--pg]        closes with "N passed, N failed"
"""
import json
import re
import sys
import time
import urllib.parse

import hostile

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WHEN = {"from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00", "sme.watch": ["near"], "sme.pni_use": "no"}
ITEMS = [{"asset": "会社案内", "medium": "paper"}]
# asked elsewhere: by the runner of scenes with every scene (scene_host.c, scene_expect*.c), by job_sign_in.py and test_factor.c, by tests/scene/book.scene
ELSEWHERE = {"/api/v1/login", "/api/v1/scene", "/api/v1/factor", "/api/v1/proof", "/api/v1/sessions", "/api/v1/commands/{s}", "/api/v1/records/{i}/book", "/api/v1/verify", "/api/v1/duty", "/api/v1/check", "/api/v1/head"}
asked = set()


def get(who, path, **values):
    """The template of the OpenAPI document, filled in."""
    asked.add(path.split("?")[0])
    return who.get(re.sub(r"\{(\w)\d?\}", lambda m: str(values[m.group(1)].pop(0) if isinstance(values[m.group(1)], list) else values[m.group(1)]), path))


def lists(house, suzuki):
    check = house.check
    made = [suzuki.make("takeout", {"dest": "東都商事 %02d" % i, "purpose": "打合せ", "items": ITEMS, **WHEN}, submit=i % 2 == 0) for i in range(9)]
    for sort in ("number", "-number", "dest", "-dest"):
        seen, after = [], ""
        for _ in range(20):
            a = get(suzuki, "/api/v1/forms/{s}/records?limit=2&sort=" + sort + after, s="takeout").json()
            seen += [(x["record"], x["values"]["dest"]) for x in a["records"]]
            if "after" not in a:
                break
            after = "&after=" + hostile.urllib.parse.quote(str(a["after"]), safe="")
        mine = [d for r, d in seen if r in made]
        order = sorted(mine, reverse=sort.startswith("-"))
        check("page by page by %s, each once and in order" % sort, mine == order and sorted(r for r, _ in seen if r in made) == sorted(made) and len(seen) == len(set(seen)), seen)
    drafts = get(suzuki, "/api/v1/forms/{s}/records?state=draft&limit=200", s="takeout").json()["records"]
    check("a state narrows a list", {x["record"] for x in drafts} >= set(made[1::2]) and not {x["record"] for x in drafts} & set(made[0::2]) and {x["state"] for x in drafts} == {"draft"}, drafts)
    for bad in ("limit=0", "limit=201", "limit=x", "sort=nothing", "after=zzz"):
        a = get(suzuki, "/api/v1/forms/{s}/records?" + bad, s="takeout")
        check("%s is refused" % bad, a.status in (400, 422), (a.status, a.text))
    form = get(suzuki, "/api/v1/forms/{s}", s="takeout").json()
    fields = {f["path"]: f for f in form["fields"]}
    cols = {c["path"].split(".")[-1]: c for c in fields["items"]["columns"]}
    check("a field names its type, its register and its options", fields["from_at"]["type"] == "datetime" and fields["items"]["type"] == "table" and cols["asset"]["ref"] == "asset" and
          "usb" in [o["id"] for o in cols["medium"]["options"]], cols)
    check("all forms", "takeout" in [f["form"] for f in get(suzuki, "/api/v1/forms").json()["forms"]])
    found = get(suzuki, "/api/v1/forms/{s}/resolve?q=suzuki", s="person").json()
    check("a reference by its sign-in", found["record"] == suzuki.id, found)
    return made


def histories(house, suzuki):
    rec = suzuki.make("takeout", {"dest": "東都商事", "purpose": "はじめ", **WHEN})
    suzuki.command("record.save", {"record": rec, "values": {"purpose": "つぎ"}})
    h = get(suzuki, "/api/v1/records/{i}/history", i=rec).json()
    house.check("a history has its revisions and what each changed", [r["no"] for r in h["revisions"]] == [2, 1] and
                {"path": "purpose", "before": "はじめ", "after": "つぎ"} in h["revisions"][0]["changes"] and any(c["path"] == "dest" and c["before"] is None for c in h["revisions"][1]["changes"]), h["revisions"])
    house.check("and its acts", h["acts"] and all(a["seq"] > 0 for a in h["acts"]), h["acts"])
    seq = h["revisions"][0]["seq"]
    r = get(suzuki, "/api/v1/ledger/{i}", i=seq).json()
    house.check("each stands in the ledger", r["receipt"].startswith("c2sp.org/tlog-proof@v1") and "rev" in r["entry"], r)
    house.check("the ledger names its key", get(suzuki, "/api/v1/ledger").json()["vkey"].count("+") >= 2)


def files(house, suzuki):
    check = house.check
    rec = suzuki.make("takeout", {"dest": "東都商事", "purpose": "資料", **WHEN})
    asked.add("/api/v1/records/{i}/attachments")
    a = suzuki.multipart("/api/v1/records/%d/attachments" % rec, [], [("file", "資料.pdf", PDF)])
    check("a file is added", a.status == 200 and a.json()["bytes"] == len(PDF) and "receipt" in a.json(), a.text)
    no = a.json()["attachment"]
    b = get(suzuki, "/api/v1/attachments/{i}", i=no)
    check("and read back, byte by byte, to be kept and not shown", b.status == 200 and b.body == PDF and b.headers["Content-Disposition"].startswith("attachment") and "sandbox" in b.headers["Content-Security-Policy"], b.headers.items())
    check("to somebody else it is not there", house.person("kato").get("/api/v1/attachments/%d" % no).status == 404)
    check("nor may they add one", house.person("kato").multipart("/api/v1/records/%d/attachments" % rec, [], [("file", "a.pdf", PDF)]).status in (403, 404))
    check("what is no PDF is refused", suzuki.multipart("/api/v1/records/%d/attachments" % rec, [], [("file", "a.pdf", b"MZ")]).status == 422)
    check("nothing at all is refused", suzuki.multipart("/api/v1/records/%d/attachments" % rec, [("x", "y")], []).status == 422)
    keeper = house.person("yamamoto")
    area = keeper.make("area", {})
    a = keeper.multipart("/api/v1/commands/record.save", [("args", json.dumps({"record": area, "values": {}}))], [("u.map", "図面.pdf", PDF)])
    got = keeper.get("/api/v1/records/%d" % area).json()
    check("a file comes into its field with the command", a.status == 200 and [f["name"] for f in got["attachments"]] == ["図面.pdf"] and got["draft"].get("map") is not None, (a.text, got["draft"]))
    before = house.entries()
    for what, args, parts in (("a path from outside", {"record": area, "values": {}, "path": "/etc/passwd"}, []), ("a list of paths", {"record": area, "values": {}, "files": [{"field": "map", "name": "a.pdf", "path": "/etc/passwd"}]}, []),
                              ("a list of paths beside a file", {"record": area, "values": {}, "files": []}, [("u.map", "a.pdf", PDF)]), ("a file of no field", {"record": area, "values": {}}, [("file", "a.pdf", PDF)])):
        a = keeper.multipart("/api/v1/commands/record.save", [("args", json.dumps(args))], parts)
        b = keeper.command("record.save", args) if not parts else a
        check(what + " is refused", a.status in (400, 422) and b.status in (400, 422), (a.status, b.status, a.text))
    check("JSON that is none is refused", keeper.multipart("/api/v1/commands/record.save", [("args", "{")], []).status in (400, 422))
    check("nothing of it is in the ledger", house.entries() == before, (before, house.entries()))


def regulations(house, nakamura):
    check = house.check
    packs = get(nakamura, "/api/v1/regulations").json()["regulations"]
    check("the adopted regulations", [p["pack"] for p in packs] == ["core", "sme", "law"] and packs[1]["duties"] == 268 and packs[1]["demands"] == 741, packs)
    state = {a["article"]: a["state"] for a in get(nakamura, "/api/v1/conformity/{s}", s="sme").json()["articles"]}
    bad = get(nakamura, "/api/v1/conformity/{s}/violators", s="sme").json()["violators"]
    check("somebody does not conform", bad and all(v["check"] for v in bad))
    by = get(nakamura, "/api/v1/conformity").json()
    sme = [c for c in by["chapters"] if c["regulation"] == "sme"]
    check("rolled up by chapter, each article once", len(sme) > 3 and sum(c[k] for c in sme for k in ("conforming", "nonconforming", "unknown", "excepted", "none")) == len(state), sme)
    check("and by department, the worst first", [d["bad"] for d in by["departments"]] == sorted((d["bad"] for d in by["departments"]), reverse=True) and by["departments"][0]["bad"] > 0, by["departments"])
    check("by person: tasks with their oldest day", by["people"] and all(p["tasks"] > 0 and p["oldest"] > 0 for p in by["people"]), by["people"])
    days = get(nakamura, "/api/v1/conformity/{s}/days", s="sme").json()["days"]
    check("today was looked at", len(days) == 1 and sum(days[0][k] for k in ("conforming", "nonconforming", "unknown", "excepted", "none")) == len(state), days)
    a = get(nakamura, "/api/v1/regulations/{s}/articles/{s}", s=["sme", "3-1.1"]).json()
    check("an article says what it demands and how it stands", a["state"] == state["3-1.1"] and a["text"] and a["duties"] and all(d["article"] == "3-1.1" for d in a["duties"]), a)
    check("its schedules have a next day", a["schedules"] and all(re.fullmatch(r"\d{4}-\d\d-\d\d", s["next"]) for s in a["schedules"] if s["next"]), a["schedules"])
    rows = get(nakamura, "/api/v1/regulations/{s}/coverage", s="sme").json()["duties"]
    check("what carries each duty", len(rows) == 268 and all(d["carried"] for d in rows) and all(d["by"] for d in rows if d["carried"]), len(rows))
    for none in ("/api/v1/regulations/none/coverage", "/api/v1/regulations/none/articles/1-1", "/api/v1/regulations/sme/articles/99-9"):
        check("%s is not there" % none, nakamura.get(none).status == 404)


def settings(house, yamamoto):
    check = house.check
    s = get(yamamoto, "/api/v1/settings").json()
    rows = {x["key"]: x for x in s["settings"]}
    name = "sme.company_name"
    check("settings have value and article", name in rows and any(x["type"] == "choice" and x["options"] for x in s["settings"]), list(rows)[:5])
    a = yamamoto.command("set.settings", {"settings": {name: "株式会社きたの"}})
    t = get(yamamoto, "/api/v1/settings").json()
    check("a change is in force and makes a set", a.status == 200 and next(x["value"] for x in t["settings"] if x["key"] == name) == "株式会社きたの" and t["set"] > s["set"] and len(t["sets"]) == len(s["sets"]) + 1, (a.text, t["sets"]))
    check("everybody may look", house.person("kato").get("/api/v1/settings").status == 200)


def tokens(house, suzuki):
    check = house.check
    a = suzuki.form("/account/token", {"do": "make", "name": "集計 <表>", "days": "30"})
    token = re.search(r"<pre>([\w-]{43})</pre>", a.text)
    check("a token is made and shown once", a.status == 200 and token and token.group(1) not in suzuki.get("/account/token").text, a.text[-600:])
    bearer = {"Authorization": "Bearer " + (token.group(1) if token else "")}
    nobody = hostile.Client(house)
    check("it opens what its owner may see", nobody.get("/api/v1/me", bearer).json().get("login") == "suzuki" and nobody.get("/api/v1/people", bearer).status == 403)
    check("and no page", nobody.get("/account/token", bearer).status == 303)
    check("its owner sees it", [t["name"] for t in get(suzuki, "/api/v1/tokens").json()["tokens"]] == ["集計 <表>"] and "集計 &lt;表&gt;" in suzuki.get("/account/token").text)
    check("nobody else does", house.person("kato").get("/api/v1/tokens").json()["tokens"] == [])
    for what, fields in (("the same name", {"name": "集計 <表>", "days": "30"}), ("no name", {"name": " ", "days": "30"}), ("too long", {"name": "x", "days": "367"}), ("no days", {"name": "x", "days": "ten"})):
        b = suzuki.form("/account/token", {"do": "make", **fields})
        check("%s is refused, and what was typed stays" % what, b.status == 422 and 'value="%s"' % fields["days"] in b.text and "<pre>" not in b.text, (b.status, b.text[-400:]))
    for i in range(19):
        suzuki.form("/account/token", {"do": "make", "name": "x%d" % i, "days": "1"})
    check("there is a limit", suzuki.form("/account/token", {"do": "make", "name": "y", "days": "1"}).status == 422 and "20 個まで" in suzuki.form("/account/token", {"do": "make", "name": "y", "days": "1"}).text)
    c = suzuki.form("/account/token", {"do": "end", "name": "集計 <表>"})
    check("ended, it opens nothing", c.status == 303 and nobody.get("/api/v1/me", bearer).status == 401, c.status)


def people(house, yamamoto):
    check = house.check
    seen, after = [], ""
    for _ in range(20):
        a = get(yamamoto, "/api/v1/people?limit=5" + after).json()
        seen += a["people"]
        if "after" not in a:
            break
        after = "&after=%d" % a["after"]
    every = get(yamamoto, "/api/v1/forms/{s}/records?limit=200", s="person").json()["records"]
    by = {p["login"]: p for p in seen}
    check("all people, page by page", sorted(p["person"] for p in seen) == sorted(r["record"] for r in every), (len(seen), len(every)))
    check("their sign-ins and posts", by["suzuki"]["state"] == "active" and "core:administrator" in by["yamamoto"]["posts"], by.get("yamamoto"))
    check("who looks for somebody finds them", [p["login"] for p in get(yamamoto, "/api/v1/people?q=suzuki").json()["people"]] == ["suzuki"])
    check("nobody else reads them", house.person("suzuki").get("/api/v1/people").status == 403)


def permissions(house, yamamoto):
    check = house.check
    a = get(yamamoto, "/api/v1/permissions?role=administrator&form=takeout").json()["permissions"]
    check("what a role may with a form", [(x["role"], x["form"]) for x in a] == [("core:administrator", "takeout")] and {"act": "erase", "how": ["always"]} in a[0]["acts"], a)
    b = get(yamamoto, "/api/v1/permissions?form=takeout").json()["permissions"]
    head = [x for x in b if x["role"] == "core:head_of_department"]
    check("what each role may with a form", len(b) > 20 and {"act": "decide", "step": "sme:head", "how": ["post", "deputy"]} in [dict(sorted(c.items())) for c in head[0]["acts"]], head)
    check("nobody else reads it", house.person("suzuki").get("/api/v1/permissions?form=takeout").status == 403)


def imports(house, yamamoto):
    a = yamamoto.command("import.stage", {"form": "person", "rows": [{"line": 2, "values": {"name": "読込 花子"}}, {"line": 4, "values": {}}]})
    batch = a.json().get("batch")
    b = get(yamamoto, "/api/v1/imports/{i}", i=batch).json() if batch else {}
    house.check("an import says what is wrong with which row", b.get("bad", 0) >= 1 and b["faults"] and b["faults"][0]["problems"], (a.text, b))
    for what, rows in (("without lines", [{"values": {}}]), ("in another order", [{"line": 9, "values": {}}, {"line": 8, "values": {}}]), ("twice the same", [{"line": 9, "values": {}}] * 2),
                       ("that are there", [{"line": 4, "values": {}}]), ("without values", [{"line": 9, "name": "x"}]), ("that are none", ["x"])):
        c = yamamoto.command("import.stage", {"form": "person", "batch": batch, "rows": rows})
        house.check("rows %s are refused" % what, c.status == 422 and "rows[" in c.text, (c.status, c.text))
    house.check("to others it is not there", house.person("suzuki").get("/api/v1/imports/%d" % (batch or 0)).status in (403, 404))


def settled(ask):
    """What is answered once the list before is wholly taken in: until then another one is refused."""
    for _ in range(600):
        answer = ask()
        if answer.status != 409 or "ERR_ACCT_BUSY" not in answer.text:
            break
        time.sleep(0.1)
    return answer


def accounts(house, yamamoto):
    check, path = house.check, "/api/v1/systems/{i}/accounts"
    system = get(yamamoto, "/api/v1/forms/{s}/resolve?q=" + urllib.parse.quote("ファイルサーバー"), s="system").json()["record"]
    url, head = path.replace("{i}", str(system)), {"found_on": "2020-01-01"}
    files = lambda *f: {**head, "files": [{"name": n, "text": t} for n, t in f]}
    a = yamamoto.json(url, files(("passwd", "0012:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n"), ("shadow", "bob:$6$salt$hash:19000::::::\n")))
    check("a list is looked over", a.status == 200 and a.json()["changes"] == {"new": 2, "changed": 0, "same": 0, "gone": 0} and a.json()["doubts"] and "$6$" not in a.text, a.text)
    b = yamamoto.command("accounts.take", {"batch": a.json().get("batch")})
    check("and taken in", b.status == 200 and b.json()["accounts"] == 2, b.text)
    check("once", yamamoto.command("accounts.take", {"batch": a.json().get("batch")}).status in (404, 409))
    check("the newest list is told", get(yamamoto, path, i=system).json()["list"]["accounts"] == 2)
    csv = ("app.csv", "who,what\nbob,Bob\n")
    look = lambda said: settled(lambda: yamamoto.json(url, said))
    check("columns must be said", look(files(csv)).status == 422)
    c = look({**files(csv), "columns": {"account": "who", "name": "what"}})
    check("and are read", c.json().get("changes", {}).get("gone") == 1, (c.status, c.text[:600]))
    for what, body, status in (("no day", {"files": []}, 422), ("no files", head, 422), ("neither text nor base64", {**head, "files": [{"name": "x"}]}, 422), ("no base64", {**head, "files": [{"base64": "*"}]}, 422),
                               ("a day to come", {**files(("passwd", "a:x:1:1::/:\n")), "found_on": "2099-01-01"}, 422), ("an older list", {**files(("passwd", "a:x:1:1::/:\n")), "found_on": "2019-01-01"}, 409),
                               ("a hostile line", files(("passwd", "a:x:1:1::/:\n" + "b" * 300000)), 413), ("NUL", {**head, "files": [{"name": "passwd", "base64": "YTp4OjE6MTo6LzoKYgA6Og=="}]}, 422)):
        c = yamamoto.json(url, body)
        check("%s is refused" % what, c.status == status and "ERR_" in c.text, (c.status, c.text[:300]))
    for what, rows in (("a key that is daicho's", [{"line": 1, "values": {"account": "x", "person": "1"}}]), ("no status", [{"line": 1, "values": {"account": "x"}}]), ("no rows", []),
                       ("twice a line", [{"line": 1, "values": ROW}] * 2), ("gone", [{"line": 1, "values": {**ROW, "status": "gone"}}]), ("no option", [{"line": 1, "values": {**ROW, "kind": "alien"}}])):
        c = yamamoto.command("accounts.stage", {"system": system, "found_on": "2020-01-02", "source": "api", "rows": rows})
        check("rows with %s are refused" % what, c.status == 422, (what, c.status, c.text[:300]))
    kato = house.person("kato")
    check("others neither see nor bring lists", kato.get(url).status == 403 and kato.json(url, files(csv)).status == 403 and
          kato.command("accounts.stage", {"system": system, "found_on": "2020-01-02", "source": "api", "rows": [{"line": 1, "values": ROW}]}).status == 403)


ROW = {"account": "x", "status": "active", "kind": "person", "password": "set", "privileged": "0", "must_change": "0"}


def main():
    house = hostile.House(sys.argv[1], "--pg" in sys.argv)
    try:
        suzuki, yamamoto, nakamura = (house.person(p) for p in ("suzuki", "yamamoto", "nakamura"))
        made = lists(house, suzuki)
        histories(house, suzuki)
        files(house, suzuki)
        regulations(house, nakamura)
        settings(house, yamamoto)
        people(house, yamamoto)
        tokens(house, suzuki)
        imports(house, yamamoto)
        permissions(house, yamamoto)
        accounts(house, yamamoto)
        house.check("a record", get(suzuki, "/api/v1/records/{i}", i=made[0]).json()["record"] == made[0])
        house.check("a desk", "tasks" in get(suzuki, "/api/v1/desk").json())
        told = get(suzuki, "/api/v1/notices?all=1").json()
        house.check("what one was told", isinstance(told["notices"], list) and told["fresh"] >= 0, told)
        house.check("oneself", get(suzuki, "/api/v1/me").json()["login"] == "suzuki")
        house.check("holders", get(suzuki, "/api/v1/holders?role=administrator").json()["holders"])
        house.check("figures", "writer_commits" in get(suzuki, "/api/v1/metrics").json())
        house.check("health", get(hostile.Client(house), "/health").json()["status"] == "ok")
        house.check("who held a role on a day", get(nakamura, "/api/v1/roles?on=2026-04-01").status == 200)
        house.check("who could see a record on a day", get(nakamura, "/api/v1/records/{i}/sight?on=2026-04-01", i=made[0]).status == 200)
        doc = get(suzuki, "/api/v1/openapi.json").json()
        named = {p for p in doc["paths"] if not p.startswith("/api/v1/commands/") or p.endswith("{s}")}
        house.check("every path of the document is asked", not named - asked - ELSEWHERE, sorted(named - asked - ELSEWHERE))
        house.check("and none that it does not name", not (asked | ELSEWHERE) - named - {"/api/v1/scene"}, sorted((asked | ELSEWHERE) - named))
        return house.count.end()
    finally:
        house.remove()


sys.exit(main())
