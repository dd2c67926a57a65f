"""The main job with the example: register an asset, take it out (refused, returned, approved), bring it back, dispose of a medium with proof, an
account from request to its end; then ホーム, 適合状況 and the ledger, which an outsider verifies."""
import os
import subprocess
import sys

from browser import DESK, PHONE
from job_kita import PASSWORD, set_up, sign_in
from served import ROOT


def as_(b, login, password=PASSWORD):
    b.driver.delete_all_cookies()
    sign_in(b, login, password)


def refused(b):
    return b.driver.find_elements("css selector", ".problems") != []


def state(b):
    return b.driver.find_element("css selector", "main .badge").text


def at_home(b, words):
    b.go("/")
    return b.has(words)


def decide(b, login, title, button, comment=None):
    """From ホーム to the record that waits, and the decision."""
    as_(b, login)
    b.row(title)
    if comment:
        b.fill("コメント", comment)
    b.press(button)


def asset(b, check):
    as_(b, "takahashi")
    b.go("/rooms/registers")
    b.link("情報資産管理台帳")
    b.link("新しく作る")
    b.fill("情報資産名称", "展示会の来場者名簿")
    b.press("保存して提出")
    check("an asset that is not filled in is refused, what was typed stays", refused(b) and b.control("情報資産名称").get_attribute("value") == "展示会の来場者名簿", b.text()[:600])
    check("a refusal speaks of fields by their labels", "sme." not in b.driver.find_element("css selector", ".problems").text, b.text()[:900])
    b.tick("営業部")
    b.fill("管理部署", "営業部")
    b.fill("媒体・保存先", "サーバー")
    b.fill("保管場所・保管方法", "ファイルサーバー 営業/展示会")
    b.fill("保存期限", "2031-03-31")
    b.fill("機密性", "社外秘")
    b.fill("個人情報", "個人情報")
    b.fill("漏えい時の事業への影響", "大きい")
    b.fill("機密性の表示", "フォルダー名")
    b.fill("最終見直し日", "2026-11-21")
    b.press("保存して提出")
    check("personal data that is not 極秘 is refused in the regulation's words", b.has("機密性は「極秘」を選んでください"), b.text()[:900])
    b.fill("機密性", "極秘")
    b.press("保存して提出")
    check("the asset enters its route", b.path().startswith("/r/") and state(b) == "承認待ち", b.text()[:900])
    check("its maker cannot approve it", not b.driver.find_elements("xpath", "//button[contains(., '承認・確認する')]"))
    where = b.path().split("?")[0]
    decide(b, "kitagawa", "展示会の来場者名簿", "承認・確認する")
    decide(b, "nakamura", "展示会の来場者名簿", "承認・確認する")
    check("both have stamped the asset", b.driver.find_elements("css selector", ".seal") != [] and "承認済み" in b.driver.find_element("css selector", "main .badge").text, b.text()[:600])
    b.both_languages()
    b.go(where + "/history")
    check("the history names who and when", b.has("北川 誠一") and b.has("中村 理恵"), b.text()[:600])
    b.both_languages()
    b.go(where + "/print")
    return where


def takeout(b, check):
    as_(b, "suzuki")
    b.link("社外持出し許可申請書")
    b.fill("持出し先", "東京ビッグサイト 第3展示場")
    b.fill("目的", "展示会での名刺の照合")
    b.fill("持出し日時", "2026-12-01T09:00")
    b.fill("返却予定", "2026-12-02T18:00")
    row = b.driver.find_elements("css selector", "tbody tr")[0].find_elements("css selector", "select")
    b.choose(row[0], "展示会の来場者名簿")
    b.choose(row[1], "ノートパソコン")
    b.choose(row[2], "いいえ")
    b.tick("携行中は目を離さず")
    b.fill("特定個人情報を含む", "なし")
    b.press("保存して提出")
    check("a laptop that is not encrypted is refused", b.has("暗号化してください"), b.text()[:900])
    row = b.driver.find_elements("css selector", "tbody tr")[0].find_elements("css selector", "select")
    b.choose(row[2], "はい")
    b.press("保存して提出")
    check("encrypted, it waits for the president", state(b) == "承認待ち" and b.has("北川 誠一"), b.text()[:900])
    where = b.path().split("?")[0]
    as_(b, "takahashi")
    check("the head of the department is not asked for 極秘", not at_home(b, "東京ビッグサイト"), b.text()[:600])
    decide(b, "kitagawa", "東京ビッグサイト", "差し戻す")
    check("returning needs a reason", refused(b), b.text()[:600])
    b.fill("コメント", "返却予定を 12 月 1 日中にしてください。")
    b.press("差し戻す")
    as_(b, "suzuki")
    check("the applicant sees what came back", b.has("東京ビッグサイト"), b.text()[:600])
    b.both_languages()
    b.row("東京ビッグサイト")
    check("and why", b.has("差戻し") and b.has("返却予定を 12 月 1 日中に"), b.text()[:900])
    b.link("内容を直す")
    b.fill("返却予定", "2026-12-01T20:00")
    b.press("保存して提出")
    check("handed in again", state(b) == "承認待ち", b.text()[:600])
    decide(b, "kitagawa", "東京ビッグサイト", "承認・確認する")
    as_(b, "suzuki")
    check("approved, its return is a task on ホーム", b.has("持出し品の返却"), b.text()[:600])
    b.row("東京ビッグサイト")
    check("approved", "承認済み" in state(b), b.text()[:400])
    b.link("後から書く欄を書く")
    b.fill("返却日時", "2026-12-01T19:30")
    for box in ("すべてそろっている", "媒体から消去した", "紛失はない"):
        b.tick(box)
    b.press("記録する")
    check("returned and closed", "完了" in state(b), b.text()[:600])
    check("the task is gone", not at_home(b, "持出し品の返却"), b.text()[:600])
    return where


def disposal(house, b, check):
    as_(b, "tanaka")
    b.go("/rooms/registers")
    b.link("媒体廃棄・再利用記録")
    b.link("新しく作る")
    b.fill("区分", "再利用")
    b.fill("媒体の種類", "CD・CD-R")
    b.fill("識別番号・数量", "D-009")
    b.tick("見積書")
    b.fill("実施者", "田中")
    b.fill("処分方法", "完全消去")
    b.fill("消去ツールと版", "WipeDrive 9")
    b.press("保存して提出")
    check("a disc that can be written once is not used again", b.has("CD-R・DVD-Rは再利用できません"), b.text()[:900])
    b.fill("区分", "廃棄")
    b.fill("処分方法", "破壊")
    b.fill("消去ツールと版", "")
    b.fill("外部業者", "北国リサイクル株式会社")
    b.press("保存して提出")
    check("handed in", b.path().startswith("/r/") and state(b) == "承認待ち", b.text()[:900])
    decide(b, "takahashi", "D-009", "承認・確認する")
    as_(b, "tanaka")
    b.go("/f/disposal")
    b.row("D-009")
    proof = house.file("certificate.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    b.link("後から書く欄を書く")
    b.fill("実施日", "2026-11-20")
    b.press("記録する")
    check("without the certificate it does not close", refused(b) and b.has("廃棄証明書"), b.text()[:600])
    b.fill("廃棄証明書", proof)
    b.press("記録する")
    check("the proof is part of the record", b.has("certificate.pdf"), b.text()[:900])
    check("with the proof it is closed", "完了" in state(b), b.text()[:900])


def account(b, check):
    as_(b, "ito")
    b.go("/rooms/applications")
    b.link("利用者アカウント")
    b.link("新しく作る")
    b.fill("利用者", "加藤")
    b.fill("区分", "登録")
    b.fill("対象システム", "ファイルサーバー")
    b.fill("種別", "一般")
    b.fill("アカウント名", "kato")
    b.fill("理由", "仕入価格表の更新を担当するため")
    b.fill("利用開始日", "2026-12-01")
    row = b.driver.find_elements("css selector", "tbody tr")[0].find_elements("css selector", "select")
    b.choose(row[0], "仕入価格表")
    row[1].find_elements("css selector", "option")[1].click()
    b.press("保存して提出")
    check("a name of one's own is refused: the staff number it must be", b.has("社員番号と同じにしてください"), b.text()[:900])
    b.fill("アカウント名", "0032")
    b.press("保存して提出")
    check("handed in", b.path().startswith("/r/") and state(b) == "承認待ち", b.text()[:900])
    decide(b, "yamamoto", "0032", "承認・確認する")
    decide(b, "nakamura", "0032", "承認・確認する")
    check("the request is approved", "承認済み" in state(b), b.text()[:400])
    as_(b, "yamamoto")
    b.go("/f/account/new")
    b.fill("アカウント名", "0032")
    b.fill("システム", "ファイルサーバー")
    b.fill("利用者", "加藤")
    b.fill("種別", "一般")
    b.fill("登録日", "2026-12-01")
    b.fill("状態", "有効")
    b.fill("登録承認", "0032")
    b.press("保存して提出")
    check("the account is handed in", b.path().startswith("/r/") and state(b) == "承認待ち", b.text()[:900])
    where = b.path().split("?")[0]
    decide(b, "nakamura", "0032", "承認・確認する")
    as_(b, "yamamoto")
    b.go(where)
    b.link("内容を直す")
    b.fill("不要になる日", "2026-11-30")
    b.fill("状態", "無効")
    b.press("保存して提出")
    check("a disabled account must say since when", b.has("削除・無効化日") and refused(b), b.text()[:600])
    b.fill("削除・無効化日", "2026-11-30")
    b.press("保存して提出")
    decide(b, "nakamura", "0032", "承認・確認する")
    as_(b, "yamamoto")
    b.go(where)
    check("the account is closed in the register", b.has("無効") and "承認済み" in state(b), b.text()[:600])


def ledger(served, b, check, where):
    as_(b, "matsui")
    for path in ("/conformity", "/regulation/sme", "/regulation/sme/3-2"):
        b.go(path)
        b.both_languages()
    check("適合状況 shows the articles", b.has("3-2") or "3-2" in b.title(), b.text()[:300])
    b.go(where)
    b.link("台帳の受領証")
    check("a receipt is a proof in text", b.has("c2sp.org/tlog-proof"), b.text()[:600])
    b.both_languages()
    b.go("/ledger")
    b.both_languages()
    b.link("今すぐ全体を検証する")
    check("the ledger verifies in the page", b.has("検証できました"), b.text()[:600])


def outside(served, check):
    """The server is stopped; whoever has the export needs no daicho."""
    served.stop()
    out = os.path.join(served.data, "export")
    code, text = served.command("export", out)
    check("the ledger is exported", code == 0, text)
    p = subprocess.run([sys.executable, os.path.join(ROOT, "verifier", "daicho_verify.py"), out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check("an outsider verifies it offline", p.returncode == 0, p.stdout.decode("utf-8", "replace")[-800:])


def job(house):
    check = house.count.check
    served, b = set_up(house)
    asset(b, check)
    where = takeout(b, check)
    for step in (lambda: disposal(house, b, check), lambda: account(b, check), lambda: ledger(served, b, check, where)):
        try:
            step()
        except AssertionError as why:
            check("goes on", False, str(why))
    b.size(PHONE)
    as_(b, "suzuki")
    b.go(where)
    b.go(where + "/history")
    b.size(DESK)
    outside(served, check)
