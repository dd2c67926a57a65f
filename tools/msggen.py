#!/usr/bin/env python3
"""Message catalogues -> C. Reads msg/ja.po and msg/en.po (msgid / msgstr, strings may continue on following lines), demands the same keys
in both and no duplicates, and writes a table sorted by key (bytes), for binary search in base/msg.c.
usage: msggen.py JA.po EN.po OUT.c OUT.h"""
import ast
import sys


def read_po(path):
    out, key, text, where = {}, None, None, None
    with open(path, encoding="utf-8") as f:
        for no, raw in enumerate(f, 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("msgid "):
                if key is not None:
                    out[key] = text
                key, text, where = ast.literal_eval(line[6:]), None, "id"
                if key in out:
                    sys.exit(f"{path}:{no}: duplicate key {key}")
            elif line.startswith("msgstr "):
                text, where = ast.literal_eval(line[7:]), "str"
            elif line.startswith('"') and where == "str":
                text += ast.literal_eval(line)
            else:
                sys.exit(f"{path}:{no}: not understood: {line}")
    if key is not None:
        out[key] = text
    for k, v in out.items():
        if not v:
            sys.exit(f"{path}: empty text for {k}")
    return out


def c_str(s):
    out = []
    for b in s.encode("utf-8"):
        out.append(chr(b) if 32 <= b < 127 and b not in (34, 92, 63) else "\\%03o" % b)
    return '"' + "".join(out) + '"'


def main():
    ja, en = read_po(sys.argv[1]), read_po(sys.argv[2])
    if set(ja) != set(en):
        sys.exit("keys differ: only ja: %s; only en: %s" % (sorted(set(ja) - set(en)), sorted(set(en) - set(ja))))
    with open(sys.argv[3], "w", encoding="ascii") as f:
        f.write('#include "msg.gen.h"\nconst struct msg_row msg_table[] = {\n')
        for k in sorted(ja, key=lambda s: s.encode("utf-8")):
            f.write("    {%s, {%s, %s}},\n" % (c_str(k), c_str(ja[k]), c_str(en[k])))
        f.write("};\nconst size_t msg_table_n = sizeof msg_table / sizeof msg_table[0];\n")
    with open(sys.argv[4], "w", encoding="ascii") as f:
        f.write("#ifndef MSG_GEN_H\n#define MSG_GEN_H\n#include <stddef.h>\nstruct msg_row { const char *key; const char *text[2]; };\n"
                "extern const struct msg_row msg_table[];\nextern const size_t msg_table_n;\n#endif\n")


main()
