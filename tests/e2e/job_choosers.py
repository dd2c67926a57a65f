"""More than four hundred things to choose from: a word finds the right one, with and without JavaScript, and what was chosen or typed is never lost."""
from selenium.webdriver.support.ui import Select

from browser import DESK, PHONE
from desk import Desk, EXAMPLE
from job_import import arrived
from job_takeout import as_, refused

MANY = 450
FIRST = "items[0].asset"


def many_assets(served):
    yamamoto = Desk(served, "yamamoto")
    rows = [{"line": i + 2, "values": {"name": "検証資料%04d" % i, "user_range": ["営業部", "総務部"], "owner_dept": "総務部", "media": "server", "place": "むらさき棚%d" % i, "keep": "2031-03-31",
                                       "confidentiality": "c0", "sme.personal": "none", "sme.business_impact": "little", "sme.label": "folder",
                                       "sme.reviewed": "2026-11-01"}} for i in range(MANY)]
    batch, at = 0, 0
    while at < len(rows):
        a = yamamoto.command("import.stage", form="asset", rows=rows[at:at + 100], batch=batch)
        batch, at = a["batch"], at + a["taken"]
        if a["bad"]:
            raise RuntimeError("rows are refused: %s" % a)
    a = {"more": True}
    while a.get("more"):
        a = yamamoto.command("import.run", batch=batch)
    Desk(served, "nakamura").command("record.approve", record=a["import"])
    arrived(yamamoto, "asset", "検証資料0449")


def select(b, path=FIRST):
    return Select(b.driver.find_element("css selector", "select[name='f.%s']" % path))


def shown(b, path=FIRST):
    return [o.get_attribute("textContent") for o in select(b, path).options]


def find(b, word, path=FIRST):
    e = b.driver.find_element("css selector", "input[name='q.f.%s']" % path)
    e.clear()
    e.send_keys(word)
    b._after(b.driver.find_element("css selector", "button[name='find'][value='f.%s']" % path).click)


def application(b, check, how):
    as_(b, "suzuki", EXAMPLE)
    b.go("/f/takeout/new")
    check("too many to show: the page says so and offers to look " + how, b.has("候補が多いため") and not any("検証資料0449" in t for t in shown(b)), "%d options\n%s" % (len(shown(b)), b.text()[:600]))
    if b.script:
        b.both_languages()
        b.size(PHONE)
        b.go("/f/takeout/new")
        b.size(DESK)
        b.go("/f/takeout/new")
    b.fill("持出し先", "むつ営業所")
    find(b, "0449")
    check("a part of the name or of the number finds it " + how, "検証資料0449" in shown(b) and len(shown(b)) <= 4, "%s" % shown(b)[:5])
    find(b, "検証資料0449")
    check("a longer word finds it alone, and the only one that fits is chosen " + how, select(b).first_selected_option.get_attribute("textContent") == "検証資料0449", "%s" % shown(b)[:5])
    check("what was typed elsewhere stays " + how, b.control("持出し先").get_attribute("value") == "むつ営業所", b.text()[:300])
    find(b, "商品カタログ", "items[1].asset")
    check("the other row is looked for by itself " + how, select(b).first_selected_option.get_attribute("textContent") == "検証資料0449", "%s" % shown(b)[:5])
    find(b, "そんなものはない")
    check("nothing that fits: the page says so, what was chosen stays " + how, b.has("「そんなものはない」に当てはまる候補はありません") and
          select(b).first_selected_option.get_attribute("textContent") == "検証資料0449", b.text()[:600])
    find(b, "むらさき棚")
    check("what a record says that one may not see is not found by asking for it " + how, b.has("「むらさき棚」に当てはまる候補はありません"), "%s" % shown(b)[:5])
    b.press("下書きとして保存")
    check("the draft is saved with it " + how, b.path().startswith("/r/") and b.has("検証資料0449"), b.text()[:900])
    b.link("内容を直す")
    check("and shows it again, though it is not among the first " + how, select(b).first_selected_option.get_attribute("textContent") == "検証資料0449", "%s" % shown(b)[:5])
    b.press("保存して提出")
    check("a refusal keeps it as well " + how, refused(b) and select(b).first_selected_option.get_attribute("textContent") == "検証資料0449", b.text()[:600])


def several(b, check):
    """A field of many: what is ticked stays ticked while one looks for more."""
    as_(b, "tanaka", EXAMPLE)
    b.go("/f/disposal/new")
    for word in ("検証資料0448", "検証資料0447"):
        e = b.driver.find_element("css selector", "input[name='q.f.assets[]']")
        e.clear()
        e.send_keys(word)
        b._after(b.driver.find_element("css selector", "button[name='find'][value='f.assets[]']").click)
    ticked = [e.find_element("xpath", "..").text for e in b.driver.find_elements("css selector", "input[name='f.assets[]']") if e.is_selected()]
    check("one after the other is found and stays ticked", len(ticked) >= 1 and any("0448" in t for t in ticked), "%s" % ticked)


def job(house):
    check = house.count.check
    served = house.kita("sme")
    many_assets(served)
    b = house.browser(served)
    application(b, check, "")
    several(b, check)
    plain = house.browser(served, script=False)
    application(plain, check, "without JavaScript")
