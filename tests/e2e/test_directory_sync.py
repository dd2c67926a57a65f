#!/usr/bin/env python3
"""People from the directory, against a real slapd: the example organisation takes over what is there, by `daicho directory sync`.

    test_directory_sync.py BUILD [--pg] [--people N]        closes with "N passed, N failed"; prints how long N people (500) took;
    of 5,000 the preview is made
"""
import os
import re
import sys
import time

import hostile
from slapd import Slapd, person_ldif

PASSWORD = "Sōko no kagi 7"
MANY = int(sys.argv[sys.argv.index("--people") + 1]) if "--people" in sys.argv else 500
LISTED = max(MANY, 5000)


TWO, FOUR = 1780246800, 1780254000                # 2026-06-01, at two and at four in the morning in Tokyo


class House(hostile.House):
    directory = None

    def options(self):
        return super().options() + (["--directory", self.directory] if self.directory else [])

    def serve(self):
        self.start()
        self.port = int(self.url.rsplit(":", 1)[1])


def person(uid, name, **more):
    uuid = more.pop("uuid", None)
    tail = more.pop("tail", "") + "description: 20240401000000Z\n" + ("entryUUID: %s\n" % uuid if uuid else "")
    return person_ldif(uid, name, PASSWORD, more=tail, **more)


def few(n, **edit):
    """n new ones; edit: uid -> what differs, or None: not there."""
    out = ""
    for i in range(n):
        uid = "s%03d" % i
        if edit.get(uid, {}) is not None:
            has = {"name": "新人 %d" % i, "mail": "%s@kitaya.example" % uid, "code": "N%03d" % i, "department": "営業部" if i % 2 else "総務部", "uuid": "00000000-0000-4000-8000-%012d" % i}
            has.update(edit.get(uid, {}))
            out += person(has.pop("uid", uid), has.pop("name"), **has)
    return out


class Tests:
    def __init__(self, build, pg):
        self.d = Slapd(few(8))
        self.d.start()
        self.house = House(build, pg)
        self.house.stop()
        self.check = self.house.check
        self.house.directory = self.conf()

    def conf(self, **lines):
        return self.d.conf(joined="description", **lines)

    def become(self, people):
        self.d.stop()
        self.d.load(people)
        self.d.start()

    def sync(self, *words):
        code, text = self.house.command("directory", "sync", *words)
        return code, text, {k: int(v) for k, v in re.findall(r"^(\S+): (\d+) 人$", text, re.M)}

    def rows(self, sql):
        return self.house.sql(sql)

    def at(self, login):
        """name, mail, department, state of the link; how many sessions"""
        return self.rows("SELECT p.name, p.email, (SELECT name FROM f_department WHERE slot = 0 AND record = p.department_), d.state, (SELECT count(*) FROM session s WHERE s.person = p.record)"
                         " FROM f_person p LEFT JOIN account_login a ON a.person = p.record LEFT JOIN account_directory d ON d.person = p.record WHERE p.slot = 0 AND a.login = '%s'" % login)

    def first(self):
        check = self.check
        before = self.rows("SELECT count(*) FROM ledger")
        self.house.directory = self.d.conf()
        code, text, n = self.sync()
        check("what the regulation asks for and the directory does not say is told", code == 0 and "s000: 「入社日」を入力してください" in text and not self.at("s000"), text)
        self.house.directory = self.conf()
        before = self.rows("SELECT count(*) FROM ledger")
        code, text, n = self.sync("--dry-run")
        check("the preview tells", code == 0 and n.get("新しく加える人") == 8 and "何も変えていません" in text, text)
        check("and changes nothing", self.rows("SELECT count(*) FROM f_person WHERE name LIKE '新人%'")[0][0] == 0)
        code, text, n = self.sync()
        check("taken over", code == 0 and n.get("新しく加える人") == 8 and "注意" not in text, text)
        check("as people", self.at("s001") == [("新人 1", "s001@kitaya.example", "営業部", "active", 0)], self.at("s001"))
        check("in the ledger", self.rows("SELECT count(*) FROM ledger")[0][0] > before[0][0])
        code, text, n = self.sync()
        check("again: nothing", code == 0 and n.get("変わらない人") == 8 and n.get("新しく加える人") == 0 and n.get("変わる人") == 0, text)
        self.house.serve()
        check("they sign in", hostile.Client(self.house).login("s001", PASSWORD).status == 200)
        self.house.stop()

    def changes(self):
        check = self.check
        self.become(few(8, s000={"name": "改姓 花子"}, s001={"department": "本社"}, s002={"mail": "atarashii@kitaya.example"}, s003={"department": "どこにもない課"}, s004={"uid": "s004x"}))
        code, text, n = self.sync()
        check("three differ", code == 0 and n.get("変わる人") == 3, text)
        check("a new name", self.at("s000")[0][0] == "改姓 花子", self.at("s000"))
        check("another department: sme asks for the day of the move, which the directory does not know", "s001: 「今の部署に移った日」を入力してください" in text and self.at("s001")[0][2] == "営業部", text)
        check("another address", self.at("s002")[0][1] == "atarashii@kitaya.example", self.at("s002"))
        check("a department that is not here is told, and stays", "どこにもない課" in text and self.at("s003")[0][2] == "営業部", text)
        check("a new login there is the same person", self.at("s004")[0][0] == "新人 4" and n.get("新しく加える人") == 0)
        check("its history is kept", self.rows("SELECT count(*) FROM revision r JOIN f_person p ON p.record = r.record AND p.slot = 0 WHERE p.name = '改姓 花子'")[0][0] == 2)
        self.become(few(8) + person("yamamoto", "別人", code="Z1") + person("dup", "同じ番号", code="N001") + person("nakamura2", "x" * 90))
        before = self.at("yamamoto")
        code, text, n = self.sync()
        check("a local password is left alone", code == 0 and "yamamoto: このシステムのパスワード" in text and self.at("yamamoto") == before, text)
        check("a staff number that somebody has", "dup: 同じ社員番号" in text, text)
        check("a name that is too long is told, the others go on", "nakamura2: " in text and self.at("s000")[0][0] == "新人 0", text)

    def off(self):
        check, house = self.check, self.house
        self.become(few(8))
        house.serve()
        people = {u: hostile.Client(house) for u in ("s005", "s006")}
        for u, c in people.items():
            check("%s signs in" % u, c.login(u, PASSWORD).status == 200)
        house.stop()
        house.directory = self.conf(disabled="(employeeType=retired)")
        self.become(few(8, s006=None).replace("uid: s005\n", "uid: s005\nemployeeType: retired\n"))
        code, text, n = self.sync()
        check("one disabled, one gone", code == 0 and n.get("無効になった・いなくなった人") == 2, text)
        check("marked, signed out, not deleted", self.at("s005")[0][3:] == ("disabled", 0) and self.at("s006")[0][3:] == ("gone", 0), (self.at("s005"), self.at("s006")))
        tasks = self.rows("SELECT title FROM task WHERE state = 'open' AND name = 'directory-off' ORDER BY title")
        check("the administrator has a task for each", [t[0].split("。")[0] for t in tasks] == ["ディレクトリから消えました", "ディレクトリで無効になりました"], tasks)
        code, text, n = self.sync()
        check("told once", code == 0 and n.get("無効になった・いなくなった人") == 0 and self.rows("SELECT count(*) FROM task WHERE name = 'directory-off'")[0][0] == 2, text)
        house.serve()
        check("who is disabled does not get in", hostile.Client(house).login("s005", PASSWORD).json()["code"] == "ERR_DIRECTORY_DISABLED")
        check("who is gone does not get in", hostile.Client(house).login("s006", PASSWORD).json()["code"] == "ERR_LOGIN")
        check("their sessions opened nothing", people["s005"].get("/api/v1/me").status == 401)
        house.stop()
        self.become(few(8))
        code, text, n = self.sync()
        check("back again", code == 0 and n.get("有効に戻った人") == 2 and self.at("s005")[0][3] == "active", text)

    def groups(self):
        """A group proposes a post; nobody is appointed by it."""
        check, house = self.check, self.house
        group = "cn=kansa,ou=groups,dc=example,dc=jp"
        house.directory = self.conf(role="auditor " + group)
        people = few(8, s007={"ad": {"memberOf": group.upper()}}, s001={"ad": {"memberOf": "cn=other,dc=example,dc=jp"}})
        self.become(people)
        held = self.rows("SELECT count(*) FROM f_assignment")
        code, text, n = self.sync()
        tasks = self.rows("SELECT t.title FROM task t JOIN account_login a ON a.person = t.record WHERE t.name = 'directory-role:auditor' AND a.login = 's007'")
        check("proposed", code == 0 and "グループによる任命の提案: 1 件" in text and len(tasks) == 1 and "任命の提案" in tasks[0][0], (text, tasks))
        check("not appointed", self.rows("SELECT count(*) FROM f_assignment") == held)
        code, text, n = self.sync()
        check("once", code == 0 and "グループによる任命の提案: 0 件" in text, text)
        house.directory = self.conf(role="nobody_has_this " + group)
        code, text, n = self.sync()
        check("a role that there is not", code == 1 and "nobody_has_this" in text, text)
        house.directory = self.conf()

    def half(self):
        check = self.check
        self.become(few(3))
        code, text, n = self.sync()
        check("less than half is not believed", code == 1 and "半分に届きません" in text and "3 / 8" in text, text)
        check("nothing is marked", self.rows("SELECT count(*) FROM account_directory WHERE state <> 'active'")[0][0] == 0)
        self.become(few(8).replace("\nuid: s", "\nemployeeType: retired\nuid: s"))
        self.house.directory = self.conf(disabled="(employeeType=retired)")
        code, text, n = self.sync()
        self.house.directory = self.conf()
        check("nor that all are disabled", code == 1 and "0 / 8" in text, text)
        self.become(few(4))
        code, text, n = self.sync("--dry-run")
        check("half is", code == 0 and n.get("無効になった・いなくなった人") == 4, text)
        self.become(few(3))
        code, text, n = self.sync("--fewer")
        check("unless it is said to be so", code == 0 and n.get("無効になった・いなくなった人") == 5, text)
        self.d.stop()
        code, text, n = self.sync()
        check("no directory: nothing is done", code == 1 and "ディレクトリに接続できません" in text, text)
        check("nobody more is marked", self.rows("SELECT count(*) FROM account_directory WHERE state <> 'active'")[0][0] == 5)

    def nightly(self):
        """A server does it by itself when it is past three and has not been done that day."""
        self.become(few(9))
        self.house.directory = self.conf()
        self.house.serve()
        time.sleep(3)
        self.check("not before three", self.rows("SELECT count(*) FROM keep WHERE k = 'directory_day'")[0][0] == 0)
        self.house.stop()
        os.environ["DAICHO_SCENE_NOW"] = str(FOUR * 1000000)
        began = time.time()
        self.house.serve()
        while time.time() < began + 60 and not self.rows("SELECT v FROM keep WHERE k = 'directory_day'"):
            time.sleep(0.3)
        due = self.rows("SELECT v FROM keep WHERE k = 'directory_day'")
        self.check("by night", len(due) == 1 and len(self.at("s008")) == 1, (due, self.at("s008")))
        self.check("that day", due == [("2026-06-01",)], due)
        self.house.stop()

    def many(self):
        people = "".join(person("u%05d" % i, "従業者 %d" % i, mail="u%05d@kitaya.example" % i, code="M%05d" % i, department="営業部") for i in range(LISTED))
        self.become(few(9) + people)
        code, text, n = self.sync("--dry-run")
        self.check("%d people are listed" % LISTED, code == 0 and n.get("新しく加える人") == LISTED, text[-1500:])
        print("%d listed: %s" % (LISTED, text.splitlines()[-1]))
        self.become(few(9) + "".join(people.split("dn: ")[0:1] + ["dn: " + p for p in people.split("dn: ")[1:MANY + 1]]))
        code, text, n = self.sync()
        self.check("%d people" % MANY, code == 0 and n.get("新しく加える人") == MANY, text[-1500:])
        print("first: " + text.splitlines()[-1])
        code, text, n = self.sync()
        self.check("again, nothing new", code == 0 and n.get("変わらない人", 0) >= MANY - 9 and n.get("変わる人") == 0, text[-1500:])
        print("again: " + text.splitlines()[-1])
        code, text = self.house.command("rebuild", "compare")
        self.check("projections are what the ledger says", code == 0, text)
        code, text = self.house.command("verify")
        self.check("the ledger holds", code == 0, text)


def main():
    os.environ["DAICHO_SCENE_NOW"] = str(TWO * 1000000)
    t = Tests(sys.argv[1], "--pg" in sys.argv)
    try:
        for part in (t.first, t.changes, t.off, t.groups, t.half, t.nightly, t.many):
            part()
    finally:
        t.house.remove()
        t.d.remove()
    sys.exit(t.house.count.end())


main()
