#!/usr/bin/env python3
"""`daicho directory check` against a real slapd and against servers that hang, drip or lie.

    test_directory.py BUILD        closes with "N passed, N failed"
"""
import os
import socket
import ssl
import subprocess
import sys
import time

from slapd import Fake, Slapd, person_ldif
from webclient import Count

count = Count()
DAICHO = os.path.join(os.path.abspath(sys.argv[1]), "daicho")
LIMIT = 2 + 2 + 3                              # connect-timeout, timeout, and room for a loaded machine


def check(path, env=None):
    began = time.time()
    p = subprocess.run([DAICHO, "directory", "--directory", path, "check"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, env={**os.environ, **(env or {})})
    return p.returncode, p.stdout.decode("utf-8", "replace"), time.time() - began


def works(said, path, people, env=None, sample=None):
    code, text, _ = check(path, env)
    count.check(said, code == 0 and "%d 人" % people in text and "×" not in text and (sample is None or sample in text), text)


def refused(said, path, mark, env=None, within=LIMIT):
    """mark: the line that must be the first to fail."""
    code, text, took = check(path, env)
    first = next((line for line in text.splitlines() if line.startswith("×")), "")
    count.check(said, code == 1 and mark in first and "人の検索: " not in text.replace(first, ""), text)
    count.check(said + ": within the limit", took < within, "%.1f s" % took)


def real(d):
    plain = "ldap://127.0.0.1:%d" % d.port
    works("ldaps", d.conf(), 1203, sample="田中 太郎(経理)*")
    works("StartTLS", d.conf(url=plain, starttls="yes"), 1203)
    works("without TLS on this machine", d.conf(url=plain), 1203)
    works("pages of 7", d.conf(page_size=7), 1203)
    works("pages that come out even", d.conf(page_size=401), 1203)
    works("a filter", d.conf(filter="(&(objectClass=inetOrgPerson)(uid=u000*))"), 100)
    works("the second server of two", d.conf(url="ldaps://127.0.0.1:1 ldaps://127.0.0.1:%d" % d.tls_port), 1203)
    refused("more people than the limit", d.conf(people_max=1000), "人の検索")
    refused("nobody there", d.conf(filter="(uid=nobody)"), "人の検索")
    refused("no such base", d.conf(base="dc=nowhere,dc=jp"), "検索の起点")
    refused("anonymous sees nothing", d.conf(bind_dn=None, bind_password_file=None), "検索の起点")
    wrong = os.path.join(d.dir, "wrong")
    with open(wrong, "w") as f:
        f.write("wrong\n")
    os.chmod(wrong, 0o600)
    refused("a wrong password of the reader", d.conf(bind_password_file=wrong), "認証")
    refused("a filter that is none", d.conf(filter="(uid=x"), "人の検索")
    os.chmod(wrong, 0o644)
    refused("a secret that everybody can read", d.conf(bind_password_file=wrong), "設定ファイル")


def certificates(d):
    other = os.path.join(d.dir, "stranger.pem")
    refused("signed by somebody else", d.conf(ca_file=other), "TLS")
    refused("StartTLS, signed by somebody else", d.conf(url="ldap://127.0.0.1:%d" % d.port, starttls="yes", ca_file=other), "TLS")
    refused("a CA file that is not there", d.conf(ca_file="/nonexistent/ca.pem"), "TLS")
    refused("not signed by an authority of the system", d.conf(ca_file=None), "TLS")
    never = {"LDAPTLS_REQCERT": "never"}
    rc = os.path.join(d.dir, ".ldaprc")
    with open(rc, "w") as f:
        f.write("TLS_REQCERT never\n")
    refused("whatever the environment says", d.conf(ca_file=other), "TLS", never)
    refused("and the files of the library", d.conf(ca_file=other), "TLS", {"HOME": d.dir, "LDAPCONF": rc})
    d.stop()
    for cert, said in (("elsewhere", "the name of another server"), ("stranger", "signed by itself")):
        d.cert = cert
        d.start()
        refused(said, d.conf(), "TLS")
        refused("StartTLS, " + said, d.conf(url="ldap://127.0.0.1:%d" % d.port, starttls="yes"), "TLS")
        d.stop()
    d.cert = "server"
    d.start()


def limits(d):
    """A server that gives at most 100 entries: by page all come; a page larger than that must not pass for everybody."""
    d.stop()
    d.size_limit = "size.soft=100 size.hard=100 size.pr=100 size.prtotal=unlimited"
    d.start()
    works("a server's limit on pages", d.conf(page_size=100), 1203)
    refused("pages larger than the server's limit", d.conf(page_size=500), "人の検索")
    d.stop()
    d.size_limit = "size.soft=500 size.hard=500 size.pr=500 size.prtotal=500"
    d.start()
    refused("a server's limit on all pages", d.conf(page_size=100), "人の検索")
    d.stop()
    d.size_limit = "unlimited"
    d.start()


def ber(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")) + body


def number(n, tag=2):
    return ber(tag, n.to_bytes(4, "big"))


def answer(i, *parts):
    return ber(0x30, number(i), *parts)


def result(tag, code=0):
    return ber(tag, ber(10, bytes([code])), ber(4), ber(4))


def liar(search):
    """Binds whoever asks and answers a search as it likes."""
    def talk(s):
        while True:
            ask = s.recv(65536)
            if not ask:
                return
            at = 2 + (ask[1] & 0x7f if ask[1] & 0x80 else 0)
            i = int.from_bytes(ask[at + 2:at + 2 + ask[at + 1]], "big")
            tag = ask[at + 2 + ask[at + 1]]
            if tag == 0x60:
                s.sendall(answer(i, result(0x61)))
            elif tag == 0x63:
                search(s, i)
    return talk


def entry(i, dn=b"o=x"):
    return answer(i, ber(0x64, ber(4, dn), ber(0x30)))


def hanging(d):
    """Each holds whoever asks for as long as the file says, and no longer."""
    slow = {"connect_timeout": 2, "timeout": 2}
    shut = socket.create_server(("127.0.0.1", 0))
    refused("nobody listens", d.conf(url="ldap://127.0.0.1:1", **slow), "接続")
    refused("listens and never accepts", d.conf(url="ldap://127.0.0.1:%d" % shut.getsockname()[1], **slow), "認証")
    shut.close()

    def silent(s):
        time.sleep(60)

    def drip(text, pause=0.2):
        def talk(s):
            s.recv(65536)
            for i in range(300):
                s.sendall(text[i % len(text):i % len(text) + 1])
                time.sleep(pause)
        return talk

    def half(s):
        s.recv(65536)
        s.sendall(answer(1, result(0x61))[:5])
        time.sleep(60)

    def endless(s, i):
        while True:
            s.sendall(entry(i))

    def base_then_drip(s, i):
        s.sendall(entry(i) + answer(i, result(0x65)) if i == 2 else b"")
        for _ in range(300):
            if i > 2:
                s.sendall(entry(i))
            time.sleep(0.2)

    def base_then_unpaged(s, i):
        s.sendall(entry(i) + answer(i, result(0x65)))

    def huge(s, i):
        s.sendall(b"\x30\x84\x7f\xff\xff\xff")
        for _ in range(4096):
            s.sendall(b"\x00" * 65536)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(d.dir, "server.pem"), os.path.join(d.dir, "server.key"))

    def tls_then_half_a_record(s):
        t = context.wrap_socket(s, server_side=True)
        t.recv(65536)
        raw = socket.socket(fileno=os.dup(t.fileno()))
        raw.sendall(b"\x17\x03\x03\x40\x00")
        for _ in range(300):
            raw.sendall(b"\x00")
            time.sleep(0.2)

    record = b"\x16\x03\x03\x40\x00" + b"\x02" * 400
    for said, talk, mark, tls in (("accepts and is silent", silent, "認証", False), ("one byte at a time", drip(b"\x30\x82\x10\x00" + b"\x02" * 300), "認証", False), ("half an answer", half, "認証", False),
                                  ("TLS that never begins", silent, "TLS", True), ("a record of TLS byte by byte", drip(record), "TLS", True),
                                  ("a record within TLS byte by byte", tls_then_half_a_record, "認証", True),
                                  ("entries without end", liar(endless), "検索の起点", False), ("an entry now and then", liar(base_then_drip), "人の検索", False),
                                  ("no pages", liar(base_then_unpaged), "人の検索", False), ("an answer of two gigabytes", liar(huge), "検索の起点", False),
                                  ("something else", drip(b"HTTP/1.1 400 Bad Request\r\n\r\n", 0), "認証", False)):
        fake = Fake(talk)
        refused(said, d.conf(url="ldap%s://127.0.0.1:%d" % ("s" if tls else "", fake.port), **slow), mark)
        fake.end()


def main():
    people = person_ldif("tanaka", "田中 太郎(経理)*", "x", mail="tanaka@example.jp") + person_ldif("noname", "山田", "x") + person_ldif("x*y", "鈴木", "x")
    d = Slapd(people + "".join(person_ldif("u%05d" % i, "従業者 %d" % i) for i in range(1200)))
    try:
        d.start()
        real(d)
        certificates(d)
        limits(d)
        hanging(d)
    finally:
        d.remove()
    sys.exit(count.end())


main()
