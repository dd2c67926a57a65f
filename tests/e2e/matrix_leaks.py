"""What must not be learnt by the side: somebody looks for a word that stands only in records which they must not see, on every path that shows records
without being asked for one. Each case also asks somebody who may, so that the word is there to be found."""
import re
from urllib.parse import quote

from hostile import reference
from matrix_house import Keeper

WORD = "猫目石検証"
ENTRY = {"area": "本社受付", "person": "鈴木 翔太", "in_at": "2026-04-01 08:10", "purpose": "検証"}
WHEN = {"from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00", "sme.watch": ["near"], "sme.pni_use": "no"}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
COUNTED = ("/", "/registers", "/rooms/applications", "/rooms/registers", "/f/takeout", "/f/asset", "/f/takeout?state=submitted", "/conformity", "/regulation/sme", "/regulation/sme/3-2", "/ledger",
           "/api/v1/desk", "/api/v1/forms/takeout/records", "/api/v1/forms/asset/records", "/api/v1/conformity/sme", "/api/v1/conformity/sme/violators", "/api/v1/forms")
# the size of the ledger is everybody's to see, and violations of what one may not see are counted and not named (docs/SECURITY.md, Decided)
OPEN_COUNTS = ("/ledger", "/conformity", "/regulation/sme", "/regulation/sme/3-2", "/api/v1/conformity/sme", "/api/v1/conformity/sme/violators")
FOUND = ("/f/takeout?q=%s", "/f/asset?q=%s", "/f/takeout/csv?q=%s", "/api/v1/forms/takeout/records?q=%s", "/api/v1/forms/asset/records?q=%s")


def plain(text):
    """Without what differs between any two answers of the same page."""
    return re.sub(r'name="(csrf|ikey)" value="[^"]*"|\d{1,2}:\d\d(:\d\d)?|"(at|as_of|size|seq)":\d+|"request":"[^"]*"|[A-Za-z0-9+/=_-]{40,}', "#", text)


def unseen(suzuki, takahashi):
    """Of the sales department: a draft with a file, an application in its route, a draft of a register."""
    draft = suzuki.make("takeout", {"dest": WORD, "purpose": WORD, **WHEN})
    suzuki.multipart("/r/%d/attach" % draft, [], [("file", WORD + ".pdf", PDF)])
    asked = suzuki.make("takeout", {"dest": WORD, "purpose": WORD, "items": [{"asset": "見積書", "medium": "paper"}], **WHEN}, submit=True)
    return {"draft": draft, "asked": asked, "asset": takahashi.make("asset", {"name": WORD + "名簿"})}


def counts(house, before, after):
    for path in COUNTED:
        if path in OPEN_COUNTS:
            continue
        house.check("leaks: %s reads the same with and without what is not to be seen" % path, before[path] == after[path], path)


def words(house, asker, owner, own):
    for path in COUNTED:
        house.check("leaks: %s does not hold the word" % path, WORD not in asker.get(path).text)
    for path in FOUND:
        a, b = asker.get(path % quote(WORD)), owner.get(path % quote(WORD))
        house.check("leaks: %s finds it for its owner alone" % path, WORD not in a.text.replace('value="%s"' % WORD, "") and (b.status != 200 or WORD in b.text.replace('value="%s"' % WORD, "")),
                    (a.status, b.status, b.text[-600:]))
    for typed in (str(own["asset"]), WORD + "名簿"):
        a = asker.get("/api/v1/forms/asset/resolve?q=" + quote(typed))
        b = asker.get("/api/v1/forms/asset/resolve?q=" + quote("そのような資産はない"))
        house.check("leaks: a reference to it is as unknown as any other", (a.status, plain(a.text)) == (b.status, plain(b.text)), (a.text, b.text))
    a = asker.form("/f/takeout/new", {"find": "1", "q.items[0].asset": WORD, "f.dest": "x"})
    house.check("leaks: a chooser does not offer it", a.status == 200 and WORD not in a.text.replace('value="%s"' % WORD, ""), (a.status, re.findall(".{80}%s.{80}" % WORD, a.text)[:3]))
    never = asker.get("/r/9000001")
    for name, no in own.items():
        a = asker.get("/r/%d" % no)
        house.check("leaks: %s answers like what was never given" % name, (a.status, reference(a)) == (404, reference(never)), (a.status, a.text[-500:], never.text[-500:]))


def references(house, boss, asker, own):
    """A record that everybody sees names a draft that the asker does not see: by its maker's eyes it has a title, by theirs none."""
    a = boss.command("record.create", {"form": "system", "values": {"name": "検証基盤", "assets": [str(own["asset"])]}})
    house.check("leaks: an administrator names somebody's draft", a.status == 200, a.text[:300])
    if a.status != 200:
        return
    no = a.json()["record"]
    for path in ("/r/%d", "/r/%d/print", "/r/%d/history", "/api/v1/records/%d", "/api/v1/records/%d/history", "/f/system?q=&n=%d", "/api/v1/forms/system/records?x=%d"):
        x = asker.get(path % no)
        house.check("leaks: %s does not tell the title of a draft that it names" % path, x.status == 200 and WORD not in x.text, (x.status, re.findall(".{60}%s.{60}" % WORD, x.text)[:2]))
    house.check("leaks: who sees the draft reads its title there", WORD in boss.get("/r/%d" % no).text)


def tasks(house, boss, asker, suzuki):
    """A task of another, with a text of its own."""
    a = suzuki.command("record.create", {"form": "task", "values": {"what": WORD, "assignee": "鈴木 翔太", "due_on": "2030-01-07"}, "submit": True})
    house.check("leaks: a task of another", a.status == 200, a.text[:300])
    house.check("leaks: it is on the desk of who has it", WORD in suzuki.get("/").text + suzuki.get("/api/v1/desk").text)
    for path in ("/", "/api/v1/desk", "/f/task", "/f/task/csv", "/api/v1/forms/task/records"):
        house.check("leaks: %s tells no task of others" % path, WORD not in asker.get(path).text)
    desk = suzuki.get("/api/v1/desk").json()
    mine = [t["task"] for t in desk["tasks"] if t["record"] == a.json().get("record")]
    house.check("leaks: nobody ends another's task", mine and asker.command("task.done", {"task": mine[0], "comment": "x"}).status == 403, desk["tasks"][:2])
    house.check("leaks: nor by the page", mine and asker.form("/task/%d" % mine[0], {"comment": "x"}).status == 403)


def all_of_it(house, boss, people):
    asker = next(p for p in people if p.name == "mplain")
    suzuki, takahashi = Keeper(house, "suzuki"), Keeper(house, "takahashi")
    before = {p: plain(asker.get(p).text) for p in COUNTED}
    again = {p: plain(asker.get(p).text) for p in COUNTED}
    house.check("leaks: pages can be compared at all", before == again, [p for p in COUNTED if before[p] != again[p]])
    own = unseen(suzuki, takahashi)
    counts(house, before, {p: plain(asker.get(p).text) for p in COUNTED})
    words(house, asker, takahashi, own)
    references(house, boss, asker, own)
    tasks(house, boss, asker, suzuki)
