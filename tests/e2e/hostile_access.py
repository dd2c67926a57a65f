"""Records, files, receipts and batches of others: by their numbers, by links, by search, by reference, by fields that are not one's own to fill."""
import json
import re

from hostile import Client, reference

SECRET = "猫目石作戦"                     # stands only in what the sales department keeps to itself
TAKEOUT = {"dest": SECRET + "の打合せ", "purpose": SECRET, "from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00"}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
ACTS = ("submit", "withdraw", "approve", "return", "reject", "close", "void", "ahead", "countersign", "letter")


def belongings(house):
    """Of suzuki (sales): a draft with a file, an asset's draft; their numbers."""
    suzuki = house.person("suzuki")
    own = {"record": suzuki.make("takeout", TAKEOUT)}
    own["asset"] = house.person("takahashi").make("asset", {"name": SECRET + "名簿"})
    a = suzuki.multipart("/r/%d/attach" % own["record"], [], [("file", SECRET + ".pdf", PDF)])
    house.check("a file is attached by its owner", a.status == 303, a.text[:300])
    rec = suzuki.get("/api/v1/records/%d" % own["record"]).json()
    own["file"] = rec["attachments"][0]["attachment"]
    own["seq"] = suzuki.get("/api/v1/records/%d/history" % own["record"]).json()["acts"][0]["seq"]
    return suzuki, own


def paths_of(own):
    n = own["record"]
    return ["/r/%d" % n, "/r/%d/edit" % n, "/r/%d/edit?stage=later" % n, "/r/%d/history" % n, "/r/%d/print" % n, "/r/%d" % own["asset"], "/attachment/%d" % own["file"],
            "/receipt/%d" % own["seq"], "/api/v1/records/%d" % n, "/api/v1/records/%d/history" % n, "/api/v1/ledger/%d" % own["seq"], "/api/v1/attachments/%d" % own["file"]]


def unseen(house, suzuki, own):
    """What one may not see answers as a number that was never given; nothing of it is done."""
    check = house.check
    never = {"record": 9000001, "asset": 9000002, "file": 9000003, "seq": 9000004}
    for login in ("kato", "watanabe", "sato"):
        other = house.person(login)
        if login == "watanabe":                       # of the same department: sees it, changes nothing
            check("a colleague sees a record of the department", other.get("/r/%d" % own["record"]).status == 200)
        else:
            for mine, none in zip(paths_of(own), paths_of(never)):
                a, b = other.get(mine), other.get(none)
                check("%s: %s is not there" % (login, re.sub(r"\d+", "N", mine)), a.status == 404 and reference(a) == reference(b), (a.status, a.text[:300], b.status))
        before = house.entries()
        refused = 404 if login != "watanabe" else None
        for act in ACTS:
            a = other.form("/r/%d/act" % own["record"], {"act": act, "comment": "x", "version": "1"})
            b = other.command("record." + act, {"record": own["record"], "comment": "x", "attachment": own["file"], "answer": "approve"})
            check("%s: %s is refused" % (login, act), a.status in ((refused,) if refused else (403, 404, 409, 422)) and b.status in ((refused,) if refused else (403, 404, 409, 422)), (a.status, b.status, b.text[:200]))
        for name, args in (("record.save", {"values": {"dest": "x"}}), ("record.fill", {"values": {"returned_at": "2030-01-08 10:00"}}), ("record.erase", {"paths": ["dest"], "ground": "x"})):
            a = other.command(name, {"record": own["record"], **args})
            check("%s: %s is refused" % (login, name), a.status in (403, 404), (a.status, a.text[:200]))
        a = other.multipart("/r/%d/attach" % own["record"], [], [("file", "a.pdf", PDF)])
        check("%s: attach is refused" % login, a.status in (403, 404), a.status)
        a = other.form("/r/%d/edit" % own["record"], {"f.dest": "x", "then": "submit"})
        check("%s: edit is refused" % login, a.status in (403, 404), a.status)
        check("%s: nothing of it is in the ledger" % login, house.entries() == before, (before, house.entries()))
    n = own["record"]
    nobody = Client(house)
    for p in paths_of(own):
        a = nobody.get(p)
        check("nobody: %s" % re.sub(r"\d+", "N", p), a.status in (303, 401) and SECRET not in a.text, (a.status, p))
    check("the owner still opens all of it", all(suzuki.get(p).status == 200 for p in paths_of(own)), [(p, suzuki.get(p).status) for p in paths_of(own)])
    check("who reads everything opens it", house.person("matsui").get("/r/%d" % n).status == 200)


def receipts(house, own):
    check = house.check
    kato, matsui, suzuki = house.person("kato"), house.person("matsui"), house.person("suzuki")
    rows = house.sql("SELECT seq, CAST(entry AS TEXT) FROM ledger ORDER BY seq DESC LIMIT 60")
    signin = [s for s, e in rows if "\nauth.login" in e or " auth.login" in e or "auth.login" in e]
    mine = [s for s in signin if suzuki.get("/receipt/%d" % s).status == 200]
    check("one's own sign-ins can be opened, others' not", 0 < len(mine) < len(signin), (len(mine), len(signin)))
    check("who reads everything opens any entry", all(matsui.get("/receipt/%d" % s).status == 200 for s in signin[:5]))
    last = house.entries()
    a, b = kato.get("/receipt/%d" % own["seq"]), kato.get("/receipt/%d" % (last + 1000))
    check("a receipt of what one may not see is no receipt", (a.status, reference(a)) == (b.status, reference(b)) and a.status == 404, (a.status, b.status))


def everywhere(house, own):
    """Whatever can be reached by links, searched, listed or exported by somebody else does not hold the words."""
    check = house.check
    kato = house.person("kato")
    pages = kato.crawl()
    check("the crawl is worth something", len(pages) > 60, len(pages))
    check("no page that kato can reach is broken", not [p for p, a in pages.items() if a.status >= 500], [p for p, a in pages.items() if a.status >= 500])
    check("no page that kato can reach holds the words", not [p for p, a in pages.items() if SECRET in a.text], [p for p, a in pages.items() if SECRET in a.text])
    forms = [f["form"] for f in kato.get("/api/v1/forms").json()["forms"]]
    leaks = []
    for f in forms:
        for path in ("/f/%s?q=%s", "/f/%s/csv?q=%s", "/api/v1/forms/%s/records?q=%s", "/api/v1/forms/%s/resolve?q=%s", "/f/%s/new?q=%s"):
            a = kato.get(path % (f, "%E7%8C%AB%E7%9B%AE%E7%9F%B3%E4%BD%9C%E6%88%A6"))
            text = a.text.replace('value="%s"' % SECRET, "")               # the search box repeats what was typed
            if SECRET in text or a.status >= 500 or re.search(r'href="/r/(%d|%d)"' % (own["record"], own["asset"]), text):
                leaks.append((path % (f, "Q"), a.status))
    check("no search finds the words", not leaks, leaks)
    for path in ("/api/v1/desk", "/api/v1/conformity/sme", "/api/v1/conformity/sme/violators", "/conformity", "/"):
        check("%s does not hold the words" % path, SECRET not in kato.get(path).text)
    before = house.entries()
    for p in pages:
        kato.get(p)
    check("reading changes nothing", house.entries() == before, (before, house.entries()))


def references(house, own):
    """A reference may name what is in force; a draft of others is not shown by naming its number or title."""
    check = house.check
    kato = house.person("kato")
    for typed in (str(own["asset"]), SECRET + "名簿"):
        a = kato.command("record.create", {"form": "takeout", "values": {**TAKEOUT, "dest": "客先", "purpose": "納品", "items": [{"asset": typed}]}})
        shown = ""
        if a.status == 200:
            rec = a.json()["record"]
            shown = kato.get("/r/%d" % rec).text + kato.get("/r/%d/edit" % rec).text + kato.get("/api/v1/records/%d" % rec).text
        check("naming %s shows nothing of it" % ("its number" if typed.isdigit() else "its title"), SECRET not in shown.replace(typed, "") if not typed.isdigit() else SECRET not in shown, shown[:200])
        if not typed.isdigit():
            check("a title of an unseen draft is as unknown as any other", a.status == 422 or SECRET + "名簿" in shown, a.text[:300])


def fields(house, suzuki):
    """Fields that are not of this stage, that are computed, of signatures, of other people."""
    check = house.check
    for extra in ({"returned_at": "2030-01-07 19:00"}, {"sme.level": "c0"}, {"state": "approved"}, {"made_by": "1"}, {"department": "1"}, {"number": "X-1"}, {"force_rev": 1}, {"nothing": "x"},
                  {"sme.return_check": ["count"]}):
        a = suzuki.command("record.create", {"form": "takeout", "values": {**TAKEOUT, **extra}})
        rec = suzuki.get("/api/v1/records/%d" % a.json()["record"]).json() if a.status == 200 else {}
        kept = rec.get("draft", {})
        key = list(extra)[0]
        good = a.status == 422 or (rec["state"] == "draft" and rec["made_by"] == suzuki.id and not rec["number"].startswith("X") and kept.get(key) in (None, [], "") or (key == "sme.level" and kept.get(key) != "c0"))
        check("%s cannot be typed" % key, good, (a.status, a.text[:300], json.dumps(kept, ensure_ascii=False)[:300]))
    a = suzuki.command("record.create", {"form": "takeout", "values": {**TAKEOUT}, "origin": "import", "state": "approved", "made_by": 1, "number": "X", "department": 1, "grant": True})
    rec = suzuki.get("/api/v1/records/%d" % a.json()["record"]).json() if a.status == 200 else {"state": "draft", "origin": "app", "made_by": suzuki.id}
    check("arguments that nobody asked for do nothing", rec["state"] == "draft" and rec["origin"] == "app" and rec["made_by"] == suzuki.id, rec)
    for form in ("person", "assignment", "department", "organization", "import", "delegation", "asset"):
        a = suzuki.command("record.create", {"form": form, "values": {"name": "x", "person": str(suzuki.id), "role": "administrator", "from_on": "2020-01-01"}, "submit": True})
        done = a.status == 200 and suzuki.get("/api/v1/records/%d" % a.json()["record"]).json()["state"] == "approved"
        check("%s is not put in force by anybody" % form, not done, a.text[:300])
    holders = suzuki.get("/api/v1/holders?role=administrator").json()["holders"]
    check("the administrator is who it was", [h["login"] for h in holders] == ["yamamoto"], holders)
