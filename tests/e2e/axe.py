"""axe-core, the accessibility rules that run inside the browser: one file of one pinned npm package.

Fetched from the npm registry into the build folder, once; its sha512 is the integrity that the registry states for this version, so a
changed package is refused. Without a network the caller goes on and counts what it had to skip.
"""
import base64
import hashlib
import io
import os
import tarfile
import urllib.error
import urllib.request

VERSION = "4.10.3"
INTEGRITY = "Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg=="
URL = "https://registry.npmjs.org/axe-core/-/axe-core-%s.tgz" % VERSION


class Unreachable(Exception):
    """The registry cannot be reached: not a failure of the product."""


def source(folder):
    """The text of axe.min.js; raises Unreachable, or ValueError when the package is not the pinned one."""
    kept = os.path.join(folder, "axe-core-%s.tgz" % VERSION)
    if not os.path.exists(kept):
        try:
            with urllib.request.urlopen(os.environ.get("DAICHO_AXE_URL", URL), timeout=30) as answer:
                data = answer.read(16 << 20)
        except (urllib.error.URLError, OSError) as why:
            raise Unreachable(str(why)) from why
        checked(data)
        os.makedirs(folder, exist_ok=True)
        with open(kept + ".part", "wb") as out:
            out.write(data)
        os.replace(kept + ".part", kept)
    with open(kept, "rb") as file:
        data = checked(file.read())
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.extractfile("package/axe.min.js").read().decode("utf-8")


def checked(data):
    found = base64.b64encode(hashlib.sha512(data).digest()).decode("ascii")
    if found != INTEGRITY:
        raise ValueError("axe-core %s is not the pinned package: sha512-%s" % (VERSION, found))
    return data
