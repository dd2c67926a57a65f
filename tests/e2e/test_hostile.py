#!/usr/bin/env python3
"""Hostile users against a running server with the example organisation: what each of them tried is one counted check (docs/SECURITY.md names them).

    test_hostile.py BUILD_DIR [--pg] [SECTION...]       --pg: on a throw-away PostgreSQL
"""
import sys

import hostile_access
import hostile_content
import hostile_load
import hostile_session
from hostile import House


def access(house):
    suzuki, own = hostile_access.belongings(house)
    hostile_access.unseen(house, suzuki, own)
    hostile_access.receipts(house, own)
    hostile_access.everywhere(house, own)
    hostile_access.references(house, own)
    hostile_access.fields(house, suzuki)


def session(house):
    for section in (hostile_session.cross_site, hostile_session.cookies, hostile_session.ends, hostile_session.second_factor, hostile_session.enumeration, hostile_session.odd_sign_ins, hostile_session.guessing):
        section(house)


def content(house):
    for section in (hostile_content.echoed, hostile_content.formulas, hostile_content.files, hostile_content.addresses):
        section(house)


def load(house):
    for section in (hostile_load.bodies, hostile_load.keys, hostile_load.slow, hostile_load.flood, hostile_load.broken, hostile_load.types):
        section(house)


SECTIONS = {"access": access, "content": content, "load": load, "session": session}


def main():
    house = House(sys.argv[1], "--pg" in sys.argv)
    named = [a for a in sys.argv[2:] if a != "--pg"]
    try:
        for name, section in SECTIONS.items():
            if not named or name in named:
                section(house)
        code = house.stop()
        house.check("the server ends by itself", code == 0, code)
        log = house.log_text()
        house.check("no sanitizer spoke", "==ERROR: " not in log and "runtime error" not in log, log[-3000:])
    except Exception:
        print(house.log_text()[-6000:])
        raise
    finally:
        house.remove()
    return house.count.end()


if __name__ == "__main__":
    sys.exit(main())
