"""What whoever approves fills in: SF-104 (the signature of who was audited), the conditions of an exception; once without JavaScript."""
from browser import DESK, PHONE
from desk import Desk, EXAMPLE
from job_takeout import as_, refused, state


def sheet(served):
    """An inspection of 営業部, handed in: the head of 営業部 confirms it with a signature."""
    matsui = Desk(served, "matsui")
    plan = matsui.create("SF-103", True, fiscal_year="2026", month="2026-11-01", scope=["ch3"], method=["records"],
                         targets=[{"dept": "営業部", "date": "2026-11-10", "inspector": "matsui"}])
    Desk(served, "nakamura").command("record.approve", record=plan)
    return matsui.create("SF-104", True, plan=str(plan), dept="営業部", date="2026-11-10",
                         items=[{"clause": "3-2", "question": "持出しの記録があるか", "result": "ok"}])


def exception(served):
    """An application for an exception: the officer may set conditions when permitting it."""
    return Desk(served, "suzuki").create("exception", True, pack="sme", article="3-2", reason="客先の指定の媒体を使うため", measures="封筒に入れて手渡しする",
                                         granted_from="2026-11-01", expires_on="2027-03-31")


def signed(b, check, record, how):
    as_(b, "takahashi", EXAMPLE)
    b.go("/r/%d" % record)
    check("the field of the step stands in the approval box " + how, b.control("被点検者の確認") is not None and b.has("承認する人が書く欄"), b.text()[:900])
    if b.script:
        b.both_languages()
        b.size(PHONE)
        b.go("/r/%d" % record)
        b.size(DESK)
        b.go("/r/%d" % record)
    b.tick("私が署名する")
    b.press("差し戻す")
    box = b.driver.find_element("css selector", "[name='f.auditee']")
    check("sent back without a reason is refused, the tick stays " + how, refused(b) and box.is_selected(), b.text()[:900])
    b.press("承認・確認する")
    check("the signature is the approver's own " + how, "承認済み" in state(b) and b.has("高橋 健 署名"), b.text()[:900])


def conditions(b, check, record):
    as_(b, "nakamura", EXAMPLE)
    b.go("/r/%d" % record)
    b.fill("許可の条件", "月末に持出しの記録を見せること")
    b.press("却下する")
    check("refused for want of a reason, the conditions stay", refused(b) and b.control("許可の条件").get_attribute("value") == "月末に持出しの記録を見せること", b.text()[:900])
    b.press("承認・確認する")
    check("the conditions are part of what is permitted", "承認済み" in state(b) and b.has("月末に持出しの記録を見せること"), b.text()[:900])


def job(house):
    check = house.count.check
    served = house.kita("sme")
    b = house.browser(served)
    signed(b, check, sheet(served), "")
    conditions(b, check, exception(served))
    plain = house.browser(served, script=False)
    signed(plain, check, sheet(served), "without JavaScript")
