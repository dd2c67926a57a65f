"""The auditor asks who held the roles and who could see a record on a day; others do not get there."""
from browser import DESK, PHONE
from desk import Desk, EXAMPLE
from job_takeout import as_


def job(house):
    check = house.count.check
    served = house.kita("sme")
    record = Desk(served, "suzuki").create("takeout", True, **{"dest": "東都商事", "purpose": "打合せ", "from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00", "sme.watch": ["near"],
                                                               "sme.pni_use": "no", "items": [{"asset": "見積書", "medium": "paper"}]})
    b = house.browser(served)
    as_(b, "matsui", EXAMPLE)
    b.go("/settings")
    b.link("日を指定して役割の担当を見る")
    check("設定 leads to the roles of a day", b.path() == "/settings/roles" and b.has("北川 誠一"), b.text()[:600])
    b.both_languages()
    b.go("/settings/roles?on=2024-03-31")
    check("before the first appointment every post is vacant", b.has("担当者なし") and not b.has("2024/04/01"), b.text()[:900])
    b.go("/settings/roles?on=2024-04-01&role=core:committee")
    check("one role on its own page", b.has("高橋 健") and b.has("2024/04/01"), b.text()[:600])
    b.go("/settings/roles")
    b.link("体制図")
    check("the chart of the day, with a table that says the same", b.path().startswith("/settings/chart") and b.driver.find_elements("css selector", "svg.chart text") != [] and b.has("体制の一覧"), b.text()[:600])
    b.both_languages()
    assignment = Desk(served, "matsui").get("/api/v1/roles?role=core:auditor")["roles"][0]["holders"][0]["assignment"]
    b.go("/r/%d/print" % assignment)
    b.link("任命書")
    check("the letter of an appointment", b.has("松井 綾子 殿") and b.has("任命します") and b.has("株式会社北屋商事"), b.text()[:600])
    b.both_languages()
    b.go("/r/%d/history" % record)
    b.link("この記録をその日に見ることができた人")
    check("a record's history leads to who could see it", b.path() == "/r/%d/sight" % record and b.has("営業部 の部門長") and b.has("作成した本人"), b.text()[:900])
    b.both_languages()
    b.go("/r/%d/sight?on=2020-01-01" % record)
    check("on a day before it there was no such record", b.has("まだありませんでした"), b.text()[:600])
    b.size(PHONE)
    b.go("/settings/roles")
    b.go("/settings/chart")
    b.go("/r/%d/print?as=letter" % assignment)
    b.go("/settings/roles?on=2031-01-01")
    b.go("/r/%d/sight" % record)
    b.size(DESK)
    as_(b, "suzuki", EXAMPLE)
    b.go("/settings")
    check("who does not read everything is not led there", not b.has("日を指定して役割の担当を見る"), b.text()[:600])
