#!/usr/bin/env python3
"""The matrix of permissions against a running server: every route of the pages and the API, every command, every role, objects of one's own, of one's
own department, of another, erased and never given. What the server answers must be what `daicho pack reach` says; refused commands leave no entry.

    test_matrix.py BUILD [--pg]         closes with "N passed, N failed"
"""
import collections
import os
import re
import sys

import matrix_leaks
from hostile import ROOT
from matrix_house import House, Keeper

WHEN = {"from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00", "sme.watch": ["near"], "sme.pni_use": "no"}
TRIP = {"dest": "検証先", "purpose": "打合せ", "items": [{"asset": "見積書", "medium": "paper"}], **WHEN}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NEVER = 9000001
DRAFT = {"dest": "検証先"}                # not yet to be handed in
Object = collections.namedtuple("Object", "name id form maker dept in_force running seats parts tasks file seq")
Seen = collections.namedtuple("Seen", "who obj need where status")

# what a record route or command asks beside seeing the record: any of these acts
RECORD_GET = {"record": (), "history": (), "print": (), "edit": ("edit",), "log.correct": ("correct",), "past.sight": ("read-all",), "api.record": (), "api.history": (), "api.sight": ("read-all",)}
COMMANDS = {"save": ("edit", {"values": {"nothing": "x"}}), "submit": ("edit", {"comment": "x"}), "fill": ("later", {"values": {"nothing": "x"}}), "close": ("later", {}),
            "letter": ("later", {"answer": "no"}), "void": ("void", {}), "erase": ("erase", {"paths": [], "ground": "mistake"}), "approve": ("act", {"values": {"nothing": "x"}}),
            "return": ("act", {}), "reject": ("act", {})}
# form routes and what they ask
FORM_GET = {"list": None, "api.list": None, "api.form": None, "csv": "export", "new": "make", "import": "import", "import.template": "import"}
HOUSE_GET = {"people": "administer", "adopt": "administer", "person.account": "administer", "past.roles": "read-all", "past.chart": "read-all", "permissions": "read-all", "api.people": "administer", "api.roles": "read-all",
             "api.permissions": "read-all", "api.verify": "administer"}
ADMIN_COMMANDS = {"account.directory": {"person": NEVER, "dkey": "x"}, "account.oidc": {"person": NEVER}, "totp.reset": {"person": NEVER, "reason": "x"}, "account.set": {"person": NEVER, "login": "x", "disabled": True}, "set.adopt": {"adopt": ["nothing"]},
                  "set.settings": {"settings": {}}, "set.undo": {"set": NEVER}}
# for whoever is signed in, about themselves or about what everybody may read
OPEN_GET = {"home", "password", "registers", "rooms", "conformity", "conformity.by", "conformity.days", "conformity.article", "regulation", "article", "ledger", "settings", "words", "coverage", "account", "factor", "token", "notices", "api.me", "api.factor", "api.tokens",
            "api.sessions", "api.notices", "api.forms", "api.desk", "api.regulations", "api.article", "api.coverage", "api.settings", "api.conformity", "api.conform.days", "api.conform.by", "api.violators", "api.ledger", "api.holders", "api.head", "api.duty",
            "api.check", "api.openapi", "api.metrics", "api.health", "login", "login.code", "setup"}
OPEN_POST = {"login.post", "login.code.post", "logout.post", "password.post", "language.post", "setup.post", "account.post", "factor.post", "token.post", "notices.post", "proof.post", "api.login", "api.factor.post",
             "api.proof", "api.scene", "api.logout"}
ELSEWHERE = {"accounts": "account_lists.scene", "accounts.post": "account_lists.scene", "login.org": "test_oidc", "login.org.back": "test_oidc", "accounts.person": "account_lists.scene", "api.accounts": "account_lists.scene", "api.accounts.post": "account_lists.scene, test_api",
             "api.resolve": "matrix_leaks, test_api", "api.book": "book.scene", "api.import": "test_api", "task.post": "the task of another: hostile"}
ARGS = {"rooms": ["rights"], "regulation": ["sme"], "article": ["sme", "3-2"], "words": ["sme"], "coverage": ["sme"], "api.regulations": [], "api.article": ["sme", "3-2"], "api.coverage": ["sme"],
        "api.conformity": ["sme"], "conformity.days": ["sme"], "conformity.article": ["sme", "3-2"], "api.conform.days": ["sme"], "api.violators": ["sme"]}
QUERY = {"api.permissions": "?role=administrator", "api.holders": "?role=administrator", "api.duty": "?key=sme-3-2a", "api.check": "?key=sme:asset-owner", "api.head": "?department=1", "api.violators": "?article=3-2"}


def routes():
    """{name: (method, pattern)} of both tables."""
    out = {}
    for path in ("src/page/routes.c", "src/api/api_state.c"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            for pattern, method, name in re.findall(r'\{\{"([^"]+)"\}, METHOD_(\w+), NEED_\w+, \w+, "([^"]+)"', f.read()):
                out[name] = (method, pattern)
    return out


# about oneself, one's own import, or the route (docs/SECURITY.md, Decided elsewhere): asked by hostile users and scenes
COMMANDS_ELSEWHERE = {"record.withdraw", "record.ahead", "record.countersign", "task.done", "notice.read", "attach.add", "session.end", "account.seen", "token.make", "token.end", "import.run", "import.cancel", "import.drop",
                      "accounts.stage", "accounts.take", "accounts.match"}          # account_lists.scene


def commands():
    """{name: need} of the table of commands."""
    with open(os.path.join(ROOT, "src/core/command.c"), encoding="utf-8") as f:
        return dict(re.findall(r'^    \{"([a-z.]+)", CMD_(\w+),', f.read(), re.M))


def fill(pattern, *args):
    args = [str(a) for a in args]
    return re.sub(r"\{\w\}", lambda m: args.pop(0), pattern)


class Judge:
    """What the matrix says, and what the server said."""

    def __init__(self, house):
        self.house, self.seen = house, []

    def row(self, matrix, who, form):
        """act: how, of all that the person holds."""
        out = {}
        for role in ("core:employee",) + self.house.crew[who.name][0]:
            for act, how in matrix[role]["forms"][form].items():
                out[act] = out.get(act, frozenset()) | how
        return out

    def may(self, matrix, who, obj, act):
        if act == "read-all":
            return "always" in self.row(matrix, who, None)["read-all"]
        row = self.row(matrix, who, obj.form)
        if act == "act":
            return who.id in obj.seats
        if act == "later":
            act = "fill" if "fill" in row else "close"
        how = row.get(act, frozenset())
        mine, near = obj.maker == who.id, self.house.departments.get(obj.dept) in who.near
        if act == "edit" and not obj.in_force:                 # a draft is its maker's, whoever keeps the register
            return "own" in how and mine
        if act == "void" and mine and not obj.in_force:        # and thrown away by them, unless it is in its route
            return "own" in how and not obj.running
        return "always" in how or ("department" in how and near) or ("own" in how and mine and (act != "void" or not obj.in_force)) or \
            ("route" in how and who.id in obj.parts) or ("task" in how and who.id in obj.tasks) or ("post" in how and who.id in obj.seats)

    def expect(self, matrix, x):
        """"missing", "refused" or "allowed"."""
        if x.obj is None:
            return "allowed" if x.need is None or "always" in self.row(matrix, x.who, None)[x.need] else "refused"
        if isinstance(x.obj, str):
            return "allowed" if x.need is None or "always" in self.row(matrix, x.who, x.obj).get(x.need, ()) else "refused"
        if x.obj.id == NEVER or not self.may(matrix, x.who, x.obj, "see"):
            return "missing"
        return "allowed" if not x.need or any(self.may(matrix, x.who, x.obj, a) for a in x.need) else "refused"

    def right(self, matrix, x):
        want = self.expect(matrix, x)
        if want == "missing":
            return x.status == 404
        if want == "refused":
            return x.status == 403 or (x.status == 409 and x.need == ("act",))
        return x.status < 500 and x.status not in (401, 403, 404)

    def note(self, who, obj, need, where, status):
        self.seen.append(Seen(who, obj, need, where, status))


def name_of(obj):
    return "the house" if obj is None else obj if isinstance(obj, str) else obj.name


# ---- what is asked about ----

def record(house, boss, name, no, in_force=False):
    a = boss.get("/api/v1/records/%d" % no).json()
    acts = boss.get("/api/v1/records/%d/history" % no).json()["acts"]
    files = a.get("attachments") or []
    whos = [(s["state"], w) for s in a.get("steps", ()) for w in s["who"]]
    return Object(name, no, a["form"], a["made_by"], a["department"], in_force, a["draft_state"] == "submitted", {w["person"] for state, w in whos if state == "open" and w["state"] == "open"},
                  {w["person"] for state, w in whos} | {x.get("actor", 0) for x in acts} | {t["person"] for t in a.get("tasks", ())}, {t["person"] for t in a.get("tasks", ()) if t["state"] == "open"},
                  files[0]["attachment"] if files else 0, acts[0]["seq"] if acts else 0)


def attached(who, no):
    a = who.multipart("/r/%d/attach" % no, [], [("file", "資料.pdf", PDF)])
    if a.status != 303:
        raise RuntimeError(a.text[-600:])
    return no


def objects(house, boss, plain):
    """Of the department of those who ask, of another, erased, in a route, in force, never given."""
    suzuki, takahashi = Keeper(house, "suzuki"), Keeper(house, "takahashi")
    find = lambda form, title: next(r["record"] for r in boss.get("/api/v1/forms/%s/records?limit=200" % form).json()["records"] if r["title"] == title)
    erased = suzuki.make("takeout", TRIP, submit=True)
    a = takahashi.command("record.approve", {"record": erased})
    b = boss.command("record.erase", {"record": erased, "paths": ["purpose"], "ground": "mistake"})
    house.check("an application is approved, and a value of it erased", (a.status, b.status) == (200, 200), a.text[:300] + b.text[:300])
    asked = plain.make("takeout", TRIP, submit=True)
    a = suzuki.command("log.add", {"form": "entry", "rows": [{"values": matrix_leaks.ENTRY}]})
    house.check("a row of a log", a.status == 200, a.text[:500])
    row = boss.get("/api/v1/forms/entry/records?limit=1&sort=-number").json()["records"][0]["record"]
    out = [record(house, boss, "a draft of a colleague", attached(plain, plain.make("takeout", DRAFT))),
           record(house, boss, "a draft of another department", attached(suzuki, suzuki.make("takeout", DRAFT))),
           record(house, boss, "an erased record of another department", erased, True),
           record(house, boss, "a colleague's application in its route", asked),
           record(house, boss, "a row of a register of one's department", find("asset", "検証資料"), True),
           record(house, boss, "a row of a register of another department", find("asset", "見積書"), True),
           record(house, boss, "a person", find("person", "加藤 亮"), True),
           record(house, boss, "a draft that its route alone sees", boss.make("leaving", {})),
           record(house, boss, "a row of a log", row, True)]
    return out + [Object("what was never given", NEVER, "takeout", 0, 0, False, False, set(), set(), set(), NEVER, NEVER)]


def of_each_form(house, boss, people):
    """A draft of every form of which there are drafts: by an administrator of another department, and by somebody of the department."""
    out, none = [], []
    for form in [f["form"] for f in boss.get("/api/v1/forms").json()["forms"]]:
        for who in [boss] + people:
            a = who.command("record.create", {"form": form, "values": {}})
            if a.status == 200:
                out.append(record(house, boss, "a draft of %s %s" % (form, "by the administrator" if who is boss else "of one's department"), a.json()["record"]))
            elif who is boss:
                none.append(form)
            if a.status == 200 and who is not boss:
                break
            if who is boss and a.status != 200:
                break
    return out, none


# ---- asking ----

def ask_records(j, table, who, objs):
    for o in objs:
        log = o.form == "entry"
        for name, need in RECORD_GET.items():
            if name in ("edit", "log.correct") and log != (name == "log.correct") and o.id != NEVER:
                continue
            j.note(who, o, need, name, who.get(fill(table[name][1], o.id)).status)
        if o.file:
            for name in ("attachment", "api.attachment"):
                j.note(who, o, (), name, who.get(fill(table[name][1], o.file)).status)
        if o.seq:
            for name in ("receipt", "api.receipt"):
                j.note(who, o, (), name, who.get(fill(table[name][1], o.seq)).status)


def acts_of(j, o):
    log = o.form == "entry"
    for name, (act, args) in COMMANDS.items():
        if log and name not in ("void", "erase"):
            continue
        if act == "later" and o.id != NEVER and not {"fill", "close"} & {a for a in j.house.matrix["core:employee"]["forms"][o.form]}:
            continue
        yield name, (act,), args
    if log:
        yield "correct", ("correct",), {"values": {"nothing": "x"}, "comment": "x"}


def ask_acts(j, table, who, objs, refused):
    """Each command on each object, by the API and as a page sends it: first what must be refused, then what must not."""
    for o in objs:
        for name, need, args in acts_of(j, o):
            if (j.expect(j.house.matrix, Seen(who, o, need, name, 0)) != "allowed") != refused:
                continue
            a = who.command(("log." if name == "correct" else "record.") + name, {"record": o.id, **args})
            j.note(who, o, need, "command " + name, a.status)
            if refused and name != "correct":
                page = who.form("/r/%d/act" % o.id, {"act": name, "comment": "x"}) if name not in ("save", "fill", "erase") else \
                    who.form("/r/%d/edit" % o.id, {"f.dest": "x", **({"later": "1"} if name == "fill" else {})}) if name != "erase" else None
                if page is not None:
                    j.note(who, o, need, "page " + name, page.status)
            if refused and name == "correct":
                j.note(who, o, need, "page correct", who.form("/r/%d/correct" % o.id, {"comment": "x"}).status)
        need = ("attach",)
        if (j.expect(j.house.matrix, Seen(who, o, need, "", 0)) != "allowed") == refused:              # who may is sent back for what is no file of ours
            for path in ("/r/%d/attach", "/api/v1/records/%d/attachments"):
                j.note(who, o, need, "attach " + path, who.multipart(path % o.id, [], [("file", "a.pdf" if refused else "a.exe", PDF)]).status)


def ask_forms(j, table, who, forms, shown, refused):
    for f in forms:
        log = "correct" in j.house.matrix["core:employee"]["forms"][f]
        for name, need in FORM_GET.items():
            if (name in ("new", "import", "import.template", "list") and f not in shown) or (log and need == "import") or not refused:
                continue
            j.note(who, f, need, name, who.get(fill(table[name][1], f)).status)
        make = j.expect(j.house.matrix, Seen(who, f, "make", "", 0)) == "allowed"
        if make == refused:
            continue
        if not log:
            j.note(who, f, "make", "command create", who.command("record.create", {"form": f, "values": {"nothing": "x"}}).status)
            j.note(who, f, "make", "page new", who.form("/f/%s/new" % f, {"find": "x"}).status)
        else:
            j.note(who, f, "make", "command log.add", who.command("log.add", {"form": f, "rows": [{"values": {"nothing": "x"}}]}).status)
            j.note(who, f, "make", "page log.add", who.form("/f/%s/add" % f, {}).status)
        if not log and (j.expect(j.house.matrix, Seen(who, f, "import", "", 0)) == "allowed") != refused:
            j.note(who, f, "import", "command import.stage", who.command("import.stage", {"form": f, "rows": []}).status)
            j.note(who, f, "import", "page import", who.form("/f/%s/import" % f, {}).status)


def ask_house(j, table, who):
    admin = "always" in j.row(j.house.matrix, who, None)["administer"]
    for name, need in HOUSE_GET.items():
        j.note(who, None, need, name, who.get(fill(table[name][1], who.id if name != "person.account" else j.house.other) + QUERY.get(name, "")).status)
    for name in sorted(OPEN_GET - {"login", "login.code", "setup", "api.health"}):
        j.note(who, None, None, name, who.get(fill(table[name][1], *ARGS.get(name, [])) + QUERY.get(name, "")).status)
    if not admin:
        for name, args in ADMIN_COMMANDS.items():
            j.note(who, None, "administer", "command " + name, who.command(name, args).status)
        for path, fields in (("/settings", {"do": "undo", "set": "1"}), ("/settings/adopt", {"adopt[]": "broken"}), ("/settings/words/sme", {"w.sme.takeout_max_days": "9"}), ("/people/%d" % j.house.other, {"do": "reset"}), ("/people/%d/account" % j.house.other, {"do": "end"})):
            j.note(who, None, "administer", "page " + path, who.form(path, fields).status)


# ---- what is said ----

def judge(j, matrix, check=None):
    """Every answer against the matrix; {(person, object): what differs}."""
    wrong = collections.defaultdict(list)
    asked = collections.Counter()
    for x in j.seen:
        asked[(x.who.name, name_of(x.obj))] += 1
        if not j.right(matrix, x):
            wrong[(x.who.name, name_of(x.obj))].append((x.where, x.need, j.expect(matrix, x), x.status))
    for key in asked if check else ():
        check("%s, %s: %d answers" % (key + (asked[key],)), not wrong[key], wrong[key][:8])
    return sum(len(v) for v in wrong.values())


def control(j):
    """The same answers against a matrix that is wrong in one act: each must be noticed."""
    for act in ("see", "make", "edit", "correct", "void", "erase", "export", "import", "attach", "administer", "read-all"):
        for turned in ("always", "never"):
            bad = {r: {"is": x["is"], "forms": {f: {a: (frozenset() if turned == "never" else frozenset(["always"])) if a == act else h for a, h in acts.items()} for f, acts in x["forms"].items()}}
                   for r, x in j.house.matrix.items()}
            j.house.check("a matrix in which %s is %s is found out" % (act, turned), judge(j, bad) > 0)


def complete(house, table):
    named = set(RECORD_GET) | set(FORM_GET) | set(HOUSE_GET) | OPEN_GET | OPEN_POST | set(ELSEWHERE)
    named |= {"attachment", "api.attachment", "receipt", "api.receipt", "attach.post", "api.attach", "act.post", "edit.post", "new.post", "log.add", "log.add.post", "log.correct.post", "import.post",
              "settings.post", "adopt.post", "words.post", "people.post", "person.account.post", "api.command"}
    house.check("every route is asked", not set(table) - named, sorted(set(table) - named))
    house.check("no route is named that is not there", not named - set(table) - {"api.logout"}, sorted(named - set(table)))


def closed(house, boss):
    """Each command is asked, or excused; those of the server itself are nobody's, not even an administrator's."""
    table = commands()
    named = {"record." + c for c in COMMANDS} | {"record.create", "log.add", "log.correct", "import.stage"} | set(ADMIN_COMMANDS) | COMMANDS_ELSEWHERE
    left = {c for c, need in table.items() if need in ("SIGNED_IN", "ADMIN")} - named
    house.check("every command that somebody can send is asked", len(table) > 50 and not left, sorted(left))
    house.check("the commands of administrators are all refused to others", {c for c, need in table.items() if need == "ADMIN"} == set(ADMIN_COMMANDS), table)
    before = house.entries()
    for c, need in sorted(table.items()):
        if need in ("OPEN", "SYSTEM", "SETUP"):
            a = boss.command(c, {"person": NEVER, "admin": boss.id, "batch": NEVER})
            house.check("%s is not to be had" % c, a.status == 400, (a.status, a.text[:200]))
    house.check("and nothing of it is in the ledger", house.entries() == before)


def main():
    house = House(sys.argv[1], "--pg" in sys.argv)
    table = routes()
    try:
        complete(house, table)
        j = Judge(house)
        boss = Keeper(house, "yamamoto")
        people = [Keeper(house, login) for login in house.crew]
        house.other = Keeper(house, "suzuki").id
        plain = next(p for p in people if p.name == "mplain")
        closed(house, boss)
        objs = objects(house, boss, plain)
        QUERY["api.head"] = "?department=%d" % next(iter(house.departments))
        drafts, none = of_each_form(house, boss, people)
        house.check("nearly every form has a draft to ask about", len(drafts) > 90 and len(set(none) - {"account_found", "account_list"}) < 8, (len(drafts), none))
        own = {p.name: record(house, boss, "one's own draft", p.make("takeout", DRAFT)) for p in people}
        forms = [f["form"] for f in boss.get("/api/v1/forms").json()["forms"]]
        for p in people:
            before = house.entries()
            mine = objs + [own[p.name]]
            ask_records(j, table, p, mine)
            for o in drafts:
                j.note(p, o, (), "api.record", p.get("/api/v1/records/%d" % o.id).status)
            ask_acts(j, table, p, mine, True)
            ask_forms(j, table, p, forms, ("takeout", "asset", "person", "leaving", "system", "entry", "medium", "document"), True)
            ask_house(j, table, p)
            now = house.entries()
            house.check("%s: nothing that was refused is in the ledger" % p.name, now == before, (before, now))
        for p in people:
            ask_forms(j, table, p, forms, (), False)
            ask_acts(j, table, p, objs + [own[p.name]], False)
        house.check("many answers", len(j.seen) > 10000, len(j.seen))
        judge(j, house.matrix, house.check)
        control(j)
        matrix_leaks.all_of_it(house, boss, people)
        code = house.stop()
        log = house.log_text()
        house.check("the server ends by itself, and no sanitizer spoke", code == 0 and "==ERROR: " not in log and "runtime error" not in log, log[-3000:])
    except Exception:
        print(house.log_text()[-3000:])
        raise
    finally:
        house.remove()
    return house.count.end()


if __name__ == "__main__":
    sys.exit(main())
