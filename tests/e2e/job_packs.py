"""A regulation that cannot be read: the first page of the first hour says why, by file and line, and offers it again once it is mended."""
import os
import shutil

from browser import DESK, PHONE
from served import ROOT

FILE = os.path.join("sme", "forms", "SF-302.yaml")


def job(house):
    check = house.count.check
    packs = os.path.join(house.folder, "packs-broken")
    shutil.copytree(os.path.join(ROOT, "packs"), packs)
    with open(os.path.join(packs, FILE), encoding="utf-8") as f:
        whole = f.read()
    with open(os.path.join(packs, FILE), "w", encoding="utf-8") as f:
        f.write(whole.replace("label: ", "lable: ", 1))
    line = whole[:whole.index("label: ")].count("\n") + 1
    served = house.served(packs=packs)
    b = house.browser(served)
    b.go("/")
    check("the page says which regulation cannot be read, where and why", b.has("規程「sme」は読み込めない") and b.has("sme/forms/SF-302.yaml の %d 行目" % line) and b.has("lable"), b.text()[:900])
    check("it is not offered", not b.driver.find_elements("css selector", "input[name='adopt[]'][value='sme']"), b.text()[:600])
    check("where the files lie on this machine is not told", packs not in b.driver.page_source and house.folder not in b.driver.page_source)
    b.both_languages_here()
    b.size(PHONE)
    b.go("/")
    b.size(DESK)
    with open(os.path.join(packs, FILE), "w", encoding="utf-8") as f:
        f.write(whole)
    b.go("/")
    check("mended, it is offered", bool(b.driver.find_elements("css selector", "input[name='adopt[]'][value='sme']")) and not b.has("読み込めない"), b.text()[:600])
