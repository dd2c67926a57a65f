#!/usr/bin/env python3
"""Hostile users against a running server with the example organisation: what each of them tried is one counted check (docs/SECURITY.md names them).

    test_hostile.py BUILD_DIR [SECTION...]
"""
import sys

import hostile_access
from hostile import House


def access(house):
    suzuki, own = hostile_access.belongings(house)
    hostile_access.unseen(house, suzuki, own)
    hostile_access.receipts(house, own)
    hostile_access.everywhere(house, own)
    hostile_access.references(house, own)
    hostile_access.fields(house, suzuki)


SECTIONS = {"access": access}


def main():
    house = House(sys.argv[1])
    try:
        for name, section in SECTIONS.items():
            if not sys.argv[2:] or name in sys.argv[2:]:
                section(house)
        code = house.stop()
        house.check("the server ends by itself", code == 0, code)
        log = house.log_text()
        house.check("no sanitizer spoke", "ERROR: " not in log and "runtime error" not in log, log[-3000:])
    finally:
        house.remove()
    return house.count.end()


if __name__ == "__main__":
    sys.exit(main())
