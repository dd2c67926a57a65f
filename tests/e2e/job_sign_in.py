"""A sign-in from the person's side: devices, a second factor with its picture and codes, a recovery code when the phone is lost, the reset by the
administrator and how the person hears of it."""
from browser import DESK, PHONE
from hostile_session import calm, code_of
from desk import EXAMPLE as PASSWORD
from job_kita import sign_in


def account(b):
    b.go("/account")


def half(b, login):
    b.driver.delete_all_cookies()
    sign_in(b, login, PASSWORD)


def begin(b, check):
    account(b)
    check("one's own page lists this device", b.has("サインイン中の端末") and b.has("この端末") and b.has("Linux / Chrome"), b.text()[:600])
    b.look()
    b.link("二段階のサインインを始める")
    secret = b.driver.find_element("css selector", "main code").text.replace(" ", "")
    check("a picture for the phone and the same to type", b.driver.find_elements("css selector", "svg.qr path") and len(secret) == 32, secret)
    b.look()
    b.fill("アプリに表示された番号", "000000")
    b.fill("今のパスワード", PASSWORD)
    b.press("二段階のサインインを始める")
    again = b.driver.find_element("css selector", "main code").text.replace(" ", "")
    check("after a wrong code the picture is the same", b.has("番号が違うか") and again == secret, again)
    calm()
    b.fill("アプリに表示された番号", code_of(secret))
    b.fill("今のパスワード", PASSWORD)
    b.press("二段階のサインインを始める")
    codes = [e.text for e in b.driver.find_elements("css selector", ".codes code")]
    check("ten recovery codes to print", len(set(codes)) == 10 and b.has("印刷"), str(codes))
    b.look()
    b.link("保管しました")
    check("it is in use", b.has("使っています"), b.text()[:400])
    return secret, codes


def come_back(b, check, secret, codes):
    half(b, "suzuki")
    check("the password alone asks for the code", b.path() == "/login/code", b.path())
    b.look()
    b.go("/")
    check("and opens nothing", b.path() == "/login", b.path())
    half(b, "suzuki")
    calm()
    b.fill("番号または回復コード", code_of(secret, 1))
    b.press("サインイン")
    check("with the code one is at home", b.path() == "/", b.path())
    half(b, "suzuki")
    b.fill("番号または回復コード", codes[5])
    b.press("サインイン")
    b.go("/account/factor")
    check("without the phone a recovery code does", b.has("9 個"), b.text()[:400])


def reset(b, check):
    half(b, "yamamoto")
    b.go("/people?q=%E9%88%B4%E6%9C%A8")
    b.link("サインイン中の端末")
    b.look()
    b.fill("解除する理由", "スマートフォンを紛失。上長が本人を確認")
    b.press("二段階のサインインを解除する")
    check("the administrator ends it with a reason", b.has("解除し、本人に知らせました"), b.text()[:400])
    half(b, "suzuki")
    check("the person is told at home", b.path() == "/" and b.has("サインインが変更されました"), b.text()[:300])
    account(b)
    check("and reads by whom and why", b.has("上長が本人を確認"), b.text()[:600])
    b.press("確認しました")
    b.go("/")
    check("once", not b.has("サインインが変更されました"))


def job(house):
    check = house.count.check
    b = house.browser(house.kita("sme"))
    b.size(DESK)
    sign_in(b, "suzuki", PASSWORD)
    secret, codes = begin(b, check)
    b.size(PHONE)
    come_back(b, check, secret, codes)
    b.size(DESK)
    reset(b, check)
