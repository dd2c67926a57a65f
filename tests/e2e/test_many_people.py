#!/usr/bin/env python3
"""Set-up with a long list of people: 2,000 people in 60 departments whose list names every child before its parent; a list with faults first (somebody
twice, a department that is nowhere, parents in a circle), then the right one, which is kept as a whole.

    test_many_people.py BUILD [PEOPLE DEPARTMENTS]        closes with "N passed, N failed"; prints how long looking and keeping took
"""
import sys
import time

from webclient import Browser, Count, House

count = Count()
PEOPLE = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
DEPTS = int(sys.argv[3]) if len(sys.argv) > 3 else 60


def csv(head, rows):
    return ("\ufeff" + "\r\n".join([head] + rows) + "\r\n").encode()


def people(edit=None):
    rows = ["従業者 %d,ju-%05d,u%05d,正社員・職員,第%d課" % (i, i, i, i % DEPTS) for i in range(PEOPLE)]
    if edit:
        edit(rows)
    return csv("氏名,社員番号,ログインID,区分,所属", rows)


def departments(edit=None):
    """Six levels; the last department of the list is the one that all the others stand below."""
    rows = ["第%d課,%s,u%05d" % (i, "第%d課" % (i // 3) if i else "", i) for i in reversed(range(DEPTS))]
    if edit:
        edit(rows)
    return csv("部門名,上位の部門,部門長", rows)


def main():
    house = House(sys.argv[1])
    b = Browser(house.port)
    f = b.get("/").form("/setup")
    f.set("code", house.code)
    f.set("adopt[]", ["sme"])
    f.set("name", "大所帯製作所")
    f.set("fiscal_start", "4 月")
    f = b.send(f).form("/setup")
    f.set("w.sme.company_name", "株式会社大所帯製作所")
    p = b.send(f)

    def twice(rows):
        rows[-1] = rows[-1].replace(",u%05d" % (PEOPLE - 1), ",u%05d" % (PEOPLE - 2))

    def lost(rows):
        rows[7] = rows[7].rsplit(",", 1)[0] + ",どこにもない課"

    def circle(rows):
        rows[-1] = rows[-1].replace(",,", ",第%d課," % (DEPTS - 1))

    bad = b.send(p.form("/setup"), files={"people": ("p.csv", people(twice)), "departments": ("d.csv", departments())})
    count.check("the second of two who share a login is named by its line", bad.status == 422 and "直すところ 1 件" in bad.text and "%dログインID「u%05d」が重複" % (PEOPLE + 1, PEOPLE - 2) in bad.text, bad.text[:500])
    bad = b.send(bad.form("/setup"), files={"people": ("p.csv", people(lost)), "departments": ("d.csv", departments())})
    count.check("a department that is nowhere", bad.status == 422 and "直すところ 1 件" in bad.text and "9「所属」" in bad.text and "どこにもない課" in bad.text, bad.text[:500])
    bad = b.send(bad.form("/setup"), files={"people": ("p.csv", people()), "departments": ("d.csv", departments(circle))})
    count.check("parents in a circle", bad.status == 422 and "第0課" in bad.text, bad.text[:500])
    t0 = time.time()
    good = b.send(bad.form("/setup"), files={"people": ("p.csv", people()), "departments": ("d.csv", departments())})
    t1 = time.time()
    count.check("the list can be read", good.status == 200 and "従業者 %s 人" % PEOPLE in good.text.replace(",", "") and "部門 %d 件" % DEPTS in good.text.replace(",", ""), good.text[:700])
    p = b.send(good.form("/setup"), button="keep")
    t2 = time.time()
    count.check("and is kept as a whole", p.status == 200 and "役割と管理者" in p.text, p.text[:500])
    f = p.form("/setup")
    f.set("a.core:administrator", "u00001")
    f.set("password", "Hajime-no-2026!")
    f.set("again", "Hajime-no-2026!")
    p = b.send(f)
    count.check("set-up ends", p.url.startswith("/login"), p.text[:500])
    admin = Browser(house.port)
    p = admin.login("u00001", "Hajime-no-2026!")
    count.check("the administrator is in", "ホーム" in p.text, p.text[:300])
    p = admin.get("/f/department?q=" + "%E7%AC%AC0%E8%AA%B2")
    count.check("the department at the top has its head", "従業者 0" in p.text, p.text[:600])
    p = admin.get("/people?q=u%05d" % (PEOPLE - 1))
    count.check("the last person of the list is there", "u%05d" % (PEOPLE - 1) in p.text, p.text[:600])
    print("%d people, %d departments: looked through in %.2f s, kept in %.2f s" % (PEOPLE, DEPTS, t1 - t0, t2 - t1))
    count.check("the server ends well", house.stop() == 0, house.log())
    sys.exit(count.end())


main()
