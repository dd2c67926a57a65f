#!/usr/bin/env python3
"""The first hour of an organisation that brings its own lists, page by page as a browser without JavaScript: set-up code, words, staff list (CP932 and
UTF-8, with faults first), roles, administrator, sign-in; then the asset register from CSV: faults, a row that a rule refuses, approval by somebody
else, and nothing half-kept on the way.

    test_first_hour.py BUILD        closes with "N passed, N failed"
"""
import os
import re
import sys
import time

from webclient import Browser, Count, House

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "Hajime-no-2026!"
count = Count()


def office(name):
    with open(os.path.join(HERE, "..", "data", "office", name), "rb") as f:
        return f.read()


def start(b, house):
    p = b.get("/")
    count.check("an empty house leads to set-up", p.url.endswith("/setup") and "はじめの設定" in p.text, p.text[:200])
    f = p.form("/setup")
    f.set("code", "wrong-code-1")
    f.set("adopt[]", ["sme"])
    f.set("name", "北山製作所")
    p = b.send(f)
    count.check("a wrong code is refused and what was typed stays", p.status == 422 and "初期設定コードが違います" in p.text and 'value="北山製作所"' in p.html, p.text[:300])
    f = p.form("/setup")
    count.check("what was ticked stays", ["adopt[]", "sme"] in f.fields and ["adopt[]", "pms"] not in f.fields, f.fields)
    f.set("code", house.code)
    f.set("adopt[]", [])
    p = b.send(f)
    count.check("no regulation chosen is told", p.status == 422 and "規程を一つ以上選んでください" in p.text, p.text[:300])
    f = p.form("/setup")
    f.set("code", house.code)
    f.set("adopt[]", ["sme"])
    f.set("name", "")
    p = b.send(f)
    count.check("a missing name is named", p.status == 422 and "組織の名称を入力してください" in p.text, p.text[:300])
    f = p.form("/setup")
    f.set("code", house.code)
    f.set("name", "北山製作所")
    f.set("representative", "髙橋 一郎")
    f.set("fiscal_start", "4 月")
    return b.send(f)


def words(b, p):
    count.check("words and alternatives come next", "規程の言葉と選択" in p.text and "会社名" in p.text, p.text[:300])
    f = p.form("/setup")
    f.set("w.sme.company_name", "株式会社北山製作所")
    return b.send(f)


def people(b, p):
    count.check("the staff list comes next", "人と部門" in p.text, p.text[:300])
    f = p.form("/setup")
    bad = b.send(f, files={"people": ("people.csv", office("people-bad-cp932.csv"))})
    count.check("faults are told with their lines", bad.status == 422 and "6ログインID「takahashi」が重複しています" in bad.text, bad.text[:900])
    count.check("nothing was kept", "まだ何も登録していません" in bad.text, bad.text[:300])
    csv = b.send(bad.form("/setup"), button="errors")
    count.check("the faults can be saved as CSV", csv.body.startswith(b"\xef\xbb\xbf") and "田中 健".encode() in csv.body and "重複".encode() in csv.body, csv.body[:300])
    again = b.send(bad.form("/setup"), files={"people": ("people.csv", office("people-cp932.csv")), "departments": ("b.csv", office("departments-cp932.csv"))})
    count.check("the mended list can be read", again.status == 200 and "従業者 5 人" in again.text and "部門 4 件" in again.text, again.text[:900])
    count.check("髙 and 﨑 survive CP932", "髙橋 一郎" in again.text and "﨑山 花子" in again.text, again.text[:900])
    count.check("a column that fits no field is named", "「備考欄」の列は使いません" in again.text, again.text[:900])
    count.check("a required column that the list lacks and that has a default is told", "「区分」の列がないので" in again.text and "正社員・職員" in again.text, again.text[:900])
    return b.send(again.form("/setup"), button="keep")


def roles(b, p):
    count.check("roles come next", "役割と管理者" in p.text, p.text[:600])
    f = p.form("/setup")
    names = {n: o for n, o in f.options.items()}
    who = lambda role, person: f.set("a.core:" + role, next(v for t, v in names["a.core:" + role].items() if person in t))
    who("administrator", "sakiyama")
    who("security_officer", "takahashi")
    who("top_management", "takahashi")
    who("it_admin", "sakiyama")
    for name, opts in names.items():
        if name.startswith("u.") and name.endswith("dept_security_officer"):
            f.set(name, next(v for t, v in opts.items() if "tanaka2" in t))
    f.set("password", "short")
    f.set("again", "short")
    p = b.send(f)
    count.check("a weak password is refused and the choices stay", p.status == 422 and "12" in p.text and 'selected' in p.html, p.text[:400])
    f = p.form("/setup")
    f.set("password", PASSWORD)
    f.set("again", PASSWORD)
    return b.send(f)


def first_password(admin, login):
    p = admin.get("/people?q=" + login)
    f = next(f for f in p.forms if re.match(r"/people/\d+$", f.action))
    p = admin.send(f, button="password")
    return re.search(r"<pre>([^<]+)</pre>", p.html).group(1).replace("&amp;", "&").replace("&lt;", "<")


def person(house, admin, login):
    """Signs somebody in for the first time: the given password must be changed."""
    b, given = Browser(house.port), first_password(admin, login)
    p = b.login(login, given)
    count.check(login + " must change the first password", "パスワードの変更" in p.text, p.text[:200])
    refused = b.get("/api/v1/desk")
    count.check(login + " can do nothing else through the API", refused.status == 403 and b"ERR_PASSWORD_CHANGE" in refused.body, refused.body[:200])
    f = p.form("/password")
    f.set("now", given)
    f.set("next", "Aratana-no-77?" + login[:1])
    f.set("again", "Aratana-no-77?" + login[:1])
    p = b.send(f)
    p = b.login(login, "Aratana-no-77?" + login[:1])
    count.check(login + " is in", "ホーム" in p.text and "サインアウト" in p.text, p.text[:300])
    return b


def assets(house, admin):
    b = person(house, admin, "tanaka1")                     # head of 営業部: keeps its register
    officer = person(house, admin, "takahashi")
    p = b.get("/f/asset/import")
    count.check("the head may import assets", p.status == 200 and "取込み" in p.text, p.text[:300])
    bad = b.send(p.form("/import"), files={"file": ("assets.csv", office("assets-bad-cp932.csv"))})
    count.check("a value that cannot be read is told with its line", bad.status == 422 and "金庫の中" in bad.text + bad.html, bad.text[:600])
    csv = b.send(next(f for f in bad.forms if any(x[1] == "faults" for x in f.buttons)), button="faults")
    count.check("faulty rows as CSV", "金庫の中".encode() in csv.body and "製品カタログ".encode() in csv.body and "原価表".encode() not in csv.body, csv.body[:300])
    ruled = b.send(next(f for f in bad.forms if f.multipart), files={"file": ("a.csv", office("assets-rule-cp932.csv"))})
    count.check("the regulation's rule refuses the row, with line and article",
                ruled.status == 422 and "3 行のうち 1 行" in ruled.text and "直すところ 4" in ruled.text and "極秘" in ruled.text and "3-1.1" in ruled.text, ruled.text[:600])
    count.check("rows with faults cannot be handed in", not any(x[1] == "run" for f in ruled.forms for x in f.buttons))
    count.check("nothing was kept of it", "顧客名簿" not in b.get("/f/asset").text)
    good = b.send(next(f for f in ruled.forms if f.multipart), files={"file": ("assets.csv", office("assets-cp932.csv"))})
    p = b.send(next(f for f in good.forms if any(x[1] == "run" for x in f.buttons)), button="run")
    count.check("the import waits for somebody else", "承認待ち" in p.text and "顧客名簿" in p.text and p.url.startswith("/r/"), p.text[:600])
    url = p.url.split("?")[0]
    count.check("nothing is in force before", "承認済み" not in b.get("/f/asset").text)
    own = b.request("POST", url + "/act", "act=approve&csrf=" + next(v for n, v in p.forms[0].fields if n == "csrf"), {"Content-Type": "application/x-www-form-urlencoded"})
    count.check("the importer cannot approve it", own.status in (403, 409, 422), (own.status, own.text[:300]))
    p = officer.get("/")
    count.check("it waits on the officer's home page", "台帳の取込み" in p.text, p.text[:500])
    p = officer.get(url)
    count.check("the officer sees the rows", "顧客名簿" in p.text and "原価表" in p.text, p.text[:800])
    p = officer.send(next(f for f in p.forms if f.action.endswith("/act")), button="approve")
    count.check("approved", "承認しました" in p.text, p.text[:400])
    for _ in range(100):                                     # the rows follow in chunks and are shown at once
        p = officer.get("/f/asset")
        if "顧客名簿" in p.text:
            break
        time.sleep(0.1)
    count.check("all rows are in force", p.text.count("承認済み") >= 3 and all(n in p.text for n in ("顧客名簿", "製品カタログ", "原価表")), p.text[:800])


def main():
    house = House(sys.argv[1])
    b = Browser(house.port)
    p = people(b, words(b, start(b, house)))
    p = roles(b, p)
    count.check("set-up ends at sign-in", p.url.startswith("/login") and "初期設定が終わりました" in p.text, p.text[:300])
    count.check("set-up is over", b.get("/setup").url.startswith("/login"))
    admin = Browser(house.port)
    p = admin.login("sakiyama", PASSWORD)
    count.check("the administrator is in", "ホーム" in p.text and "北山製作所" in p.text, p.text[:300])
    p = admin.get("/regulation/sme")
    count.check("the organisation's own regulation stands", "情報資産の社外持出し" in p.text and "の許可を、前もって得ます" in p.text, p.text[:300])
    assets(house, admin)
    p = admin.get("/ledger?verify=1")
    count.check("the ledger verifies", "検証できました" in p.text, p.text[:300])
    count.check("the server ends well", house.stop() == 0, house.log())
    sys.exit(count.end())


main()
