#!/usr/bin/env python3
"""sqlgen: typed C from named SQL statements, and the embedded migrations.

    tools/sqlgen.py OUT_DIR sql/query sql/migrate [DEPFILE]     writes OUT_DIR/db_query.gen.{h,c}

A statement (one file per table under sql/query/; the text runs on both engines, placeholders $1..$n in the order of `in:`):

    -- name: record_by_id :opt  in: id i64  out: id i64, rev i64?, state text
    SELECT id, rev, state FROM record WHERE id = $1;

The head may go on over several comment lines (`--   out: ...`). Other comment lines belong to the reader only.
  kinds   :one      one row, none is ERR_DB_NOTFOUND      q_x(db|tx, mem, in..., struct q_x *ret, e)
          :opt      one row or none                       q_x(db|tx, mem, in..., struct q_x *ret, bool *ret_found, e)
          :many     all rows, in an array                 q_x(db|tx, mem, in..., struct q_x_rows *ret, e)   ret->v[i], ret->n
                    must have LIMIT, or the head says `bounded: why it is`
          :exec     no result                             q_x(tx, in..., e)
          :one-row  exactly one row changes, none is ERR_DB_STALE    q_x(tx, in..., e)
  types   i64 -> int64_t   real -> double   text -> const char *   blob -> struct str
          a ? after the type: may be null (text NULL, blob p == NULL, i64 and real with a second `bool x_null`)
Statements that write (INSERT UPDATE DELETE) take `struct tx *tx`, reads take `struct db *db`.
A column that is not marked ? and comes back null is ERR_DB. Texts and blobs are copied to mem.

Migrations: BIGINT REAL TEXT BLOB are mapped per engine, STRICT is added on SQLite and COLLATE "C" on PostgreSQL text;
blocks between `-- only sqlite` or `-- only pg` and `-- end` are for that engine alone. The checksum is over the file.
"""
import hashlib
import os
import re
import sys

KINDS = ("one", "opt", "many", "exec", "one-row")
TYPES = {"i64": "i", "real": "r", "text": "t", "blob": "b"}
IDENT = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


def fail(where, text):
    sys.exit("%s: %s" % (where, text))


def columns(where, text):
    out = []
    for part in [p.strip() for p in text.split(",") if p.strip()]:
        words = part.split()
        if len(words) != 2 or not IDENT.match(words[0]):
            fail(where, "expected `name type`, found `%s`" % part)
        kind, null = words[1].rstrip("?"), words[1].endswith("?")
        if kind not in TYPES:
            fail(where, "unknown type `%s`" % words[1])
        out.append((words[0], TYPES[kind], null))
    return out


def parse_head(where, head):
    m = re.match(r"^([a-z][a-z0-9_]*)\s+:([a-z-]+)\s*(.*)$", head)
    if not m or m.group(2) not in KINDS:
        fail(where, "expected `name :kind`, found `%s`" % head)
    st = {"where": where, "name": m.group(1), "kind": m.group(2), "in": [], "out": [], "bounded": False}
    parts = re.split(r"\b(in|out|bounded):", m.group(3))
    if parts[0].strip():
        fail(where, "unexpected `%s`" % parts[0])
    for key, text in zip(parts[1::2], parts[2::2]):
        if key == "bounded":
            if not text.strip():
                fail(where, "bounded: needs a reason")
            st["bounded"] = True
        else:
            st[key] = columns(where, text)
    return st


def check(st):
    where, sql = st["where"], st["sql"]
    st["write"] = bool(re.match(r"(WITH\b.*\b)?(INSERT|UPDATE|DELETE)\b", sql, re.S))
    used = set(int(n) for n in re.findall(r"\$(\d+)", sql))
    if used != set(range(1, len(st["in"]) + 1)):
        fail(where, "in: has %d values, the text uses %s" % (len(st["in"]), sorted(used)))
    rows = st["kind"] in ("one", "opt", "many")
    if rows != bool(st["out"]):
        fail(where, ":%s %s out:" % (st["kind"], "needs" if rows else "has no"))
    if not rows and not st["write"]:
        fail(where, ":%s must write" % st["kind"])
    if st["kind"] == "many" and not st["bounded"] and not re.search(r"\bLIMIT\b", sql):
        fail(where, ":many needs LIMIT or `bounded: reason`")


def parse_file(path):
    out, st, head, sql = [], None, None, []
    for no, line in enumerate(open(path, encoding="utf-8"), 1):
        where = "%s:%d" % (path, no)
        text = line.strip()
        m = re.match(r"^--\s*name:\s*(.*)$", text)
        if m:
            if head is not None:
                fail(where, "the statement before has no `;`")
            head, st, sql = m.group(1), where, []
        elif text.startswith("--"):
            if head is not None and not sql and re.match(r"^--\s+(in|out|bounded):", text):
                head += " " + text.lstrip("-").strip()
        elif text:
            if head is None:
                fail(where, "SQL without `-- name:`")
            if "--" in text:
                fail(where, "no comment inside a statement")
            sql.append(text)
            if text.endswith(";"):
                s = parse_head(st, head)
                s["sql"] = "\n".join(sql)[:-1]
                check(s)
                out.append(s)
                head = None
    if head is not None:
        fail(path, "the last statement has no `;`")
    return out


def c_text(text, pad):
    lines = text.split("\n")
    esc = [l.replace("\\", "\\\\").replace('"', '\\"') for l in lines]
    return ("\n" + pad).join('"%s%s"' % (l, "\\n" if i + 1 < len(esc) else "") for i, l in enumerate(esc))


def c_in(col):
    name, kind, null = col
    if kind == "i":
        return "int64_t %s" % name + (", bool %s_null" % name if null else "")
    if kind == "r":
        return "double %s" % name + (", bool %s_null" % name if null else "")
    return ("const char *%s" if kind == "t" else "struct str %s") % name


def c_proto(st):
    args = ["struct tx *tx" if st["write"] else "struct db *db"]
    if st["out"]:
        args.append("TALLOC_CTX *mem")
    args += [c_in(c) for c in st["in"]]
    if st["kind"] in ("one", "opt"):
        args.append("struct q_%s *ret" % st["name"])
    if st["kind"] == "opt":
        args.append("bool *ret_found")
    if st["kind"] == "many":
        args.append("struct q_%s_rows *ret" % st["name"])
    args.append("struct err *e")
    return "enum rc q_%s(%s)" % (st["name"], ", ".join(args))


def c_struct(st):
    lines = ["struct q_%s {" % st["name"]]
    for name, kind, null in st["out"]:
        c = {"i": "int64_t %s;", "r": "double %s;", "t": "const char *%s;", "b": "struct str %s;"}[kind] % name
        lines.append("    " + c + (" bool %s_null;" % name if null and kind in "ir" else ""))
    lines.append("};")
    if st["kind"] == "many":
        lines.append("struct q_%s_rows { struct q_%s *v; size_t n; };" % (st["name"], st["name"]))
    return "\n".join(lines)


def c_bind(col):
    name, kind, null = col
    if kind == "i":
        return "{.t = DB_P_INT, .i = %s%s}" % (name, ", .null = %s_null" % name if null else "")
    if kind == "r":
        return "{.t = DB_P_REAL, .r = %s%s}" % (name, ", .null = %s_null" % name if null else "")
    if kind == "t":
        return "{.t = DB_P_TEXT, .s = %s, .null = %s == NULL}" % (name, name)
    if null:
        return "{.t = DB_P_BLOB, .s = %s.p, .n = %s.n, .null = %s.p == NULL}" % (name, name, name)
    return "{.t = DB_P_BLOB, .s = %s.p, .n = %s.n}" % (name, name)


def c_read(st):
    lines = ["static enum rc read_%s(struct db_rows *rows, TALLOC_CTX *mem, struct q_%s *ret, struct err *e)" %
             (st["name"], st["name"]), "{"]
    if not any(k in "tb" for _, k, _ in st["out"]):
        lines.append("    (void)mem;")
    if all(n for _, _, n in st["out"]):
        lines.append("    (void)e;")
    for i, (name, kind, null) in enumerate(st["out"]):
        if not null:
            lines.append('    TRY(db_need(rows, %d, "%s.%s", e));' % (i, st["name"], name))
        if kind == "i":
            lines.append("    ret->%s = db_i64(rows, %d);" % (name, i))
        elif kind == "r":
            lines.append("    ret->%s = db_real(rows, %d);" % (name, i))
        elif kind == "t":
            lines.append("    ret->%s = mem_strdup(mem, db_text(rows, %d));" % (name, i))
        else:
            lines.append("    ret->%s = db_blob_dup(rows, %d, mem);" % (name, i))
        if null and kind in "ir":
            lines.append("    ret->%s_null = db_is_null(rows, %d);" % (name, i))
    return "\n".join(lines + ["    return RC_OK;", "}"])


def c_body(st, index):
    name, kind = st["name"], st["kind"]
    db = "tx_db(tx)" if st["write"] else "db"
    lines = ([c_read(st), ""] if st["out"] else []) + [c_proto(st), "{"]
    if st["in"]:
        lines += ["    const struct db_param p[] = {"] + ["        %s," % c_bind(c) for c in st["in"]] + ["    };"]
    args = "%s, %%s&statements[%d], %s, %%s, e" % (db, index, "p" if st["in"] else "NULL")
    if not st["out"]:
        lines.append("    int64_t changed = 0;")
        lines.append("    TRY(db_def_exec(%s));" % (args % ("", "&changed")))
        if kind == "one-row":
            lines.append('    return changed == 1 ? RC_OK : err_set(e, ERR_DB_STALE, "%s: %%lld rows", (long long)changed);' % name)
        else:
            lines.append("    return RC_OK;")
        return "\n".join(lines + ["}"])
    lines.append("    struct db_rows *rows = NULL;")
    lines.append("    TRY(db_def_query(%s));" % (args % ("mem, ", "&rows")))
    lines.append("    bool more = false;")
    if kind == "many":
        lines += ["    VEC(struct q_%s) all = VEC_INIT(mem);" % name,
                  "    enum rc rc = db_next(rows, &more, e);",
                  "    while (rc == RC_OK && more) {",
                  "        struct q_%s one = {0};" % name,
                  "        rc = read_%s(rows, mem, &one, e);" % name,
                  "        if (rc == RC_OK) {",
                  "            *vec_push(&all) = one;",
                  "            rc = db_next(rows, &more, e);",
                  "        }",
                  "    }",
                  "    talloc_free(rows);",
                  "    ret->v = all.v;",
                  "    ret->n = all.n;",
                  "    return rc;"]
    else:
        lines += ["    enum rc rc = db_next(rows, &more, e);",
                  "    if (rc == RC_OK && more)",
                  "        rc = read_%s(rows, mem, ret, e);" % name]
        if kind == "one":
            lines += ["    else if (rc == RC_OK)", '        rc = err_set(e, ERR_DB_NOTFOUND, "%s");' % name]
        else:
            lines += ["    if (rc == RC_OK)", "        *ret_found = more;"]
        lines += ["    talloc_free(rows);", "    return rc;"]
    return "\n".join(lines + ["}"])


def engine_text(text, engine):
    out, only = [], None
    for line in text.split("\n"):
        m = re.match(r"^--\s*(only (sqlite|pg)|end)\s*$", line)
        if m:
            only = m.group(2)
        elif line.strip() and not line.startswith("--") and only in (None, engine):
            out.append(line)
    text = "\n".join(out)
    if engine == "sqlite":
        text = re.sub(r"\bBIGINT\b", "INTEGER", text)
        return re.sub(r"^(CREATE TABLE [^;]*\));", r"\1 STRICT;", text, flags=re.M | re.S)
    text = re.sub(r"\bBLOB\b", "bytea", text)
    text = re.sub(r"\bREAL\b", "double precision", text)
    return re.sub(r"\bTEXT\b", 'text COLLATE "C"', text)


def migration(path):
    m = re.match(r"^(\d{4})-([a-z0-9-]+)\.sql$", os.path.basename(path))
    if not m:
        fail(path, "expected NNNN-name.sql")
    data = open(path, "rb").read()
    text = data.decode("utf-8")
    return (int(m.group(1)), m.group(2), hashlib.sha256(data).hexdigest(),
            engine_text(text, "sqlite"), engine_text(text, "pg"))


def sql_files(folder):
    return [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith(".sql")]


def main():
    if len(sys.argv) not in (4, 5):
        fail("sqlgen.py", "usage: OUT_DIR QUERY_DIR MIGRATE_DIR [DEPFILE]")
    queries, steps = sql_files(sys.argv[2]), sql_files(sys.argv[3])
    sts = [s for path in queries for s in parse_file(path)]
    names = [s["name"] for s in sts]
    for s in sts:
        if names.count(s["name"]) > 1:
            fail(s["where"], "`%s` is there twice" % s["name"])
    migs = sorted(migration(p) for p in steps)
    if [m[0] for m in migs] != list(range(1, len(migs) + 1)):
        fail("migrations", "numbers must be 1.. without gaps")

    h = ["/* Generated by tools/sqlgen.py from sql/query. Do not edit. */", "#ifndef DB_QUERY_GEN_H", "#define DB_QUERY_GEN_H"]
    for s in sts:
        h.append("/* %s */" % s["where"].split("sql/query/")[-1].split(":")[0])
        if s["out"]:
            h.append(c_struct(s))
        h.append("MUST " + c_proto(s) + ";")
    h.append("#endif\n")

    c = ["/* Generated by tools/sqlgen.py from sql/query and sql/migrate. Do not edit. */", '#include "db/db_int.h"', "",
         "static const struct db_statement statements[] = {"]
    for s in sts:
        sig = "".join(k for _, k, _ in s["in"])
        c.append('    {"%s", "%s", %s, %zu},\n        /* %s */' .replace("%zu", "%d") % (
            s["name"], sig, c_text(s["sql"], "     "), len(s["in"]), ":" + s["kind"]))
    if not sts:
        c.append("    {NULL, NULL, NULL, 0},")
    c += ["};", "", "size_t db_statement_n(void)", "{", "    return %d;" % len(sts), "}", "",
          "const struct db_statement *db_statement_at(size_t i)", "{", "    return &statements[i];", "}", ""]
    for i, s in enumerate(sts):
        c += [c_body(s, i), ""]
    c.append("static const struct db_migration migrations[] = {")
    for no, name, digest, lite, pg in migs:
        c.append('    {%d, "%s", "%s",\n     %s,\n     %s},' % (no, name, digest, c_text(lite, "     "), c_text(pg, "     ")))
    c += ["};", "", "size_t db_migration_n(void)", "{", "    return %d;" % len(migs), "}", "",
          "const struct db_migration *db_migration_at(size_t i)", "{", "    return &migrations[i];", "}", ""]
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, lines in (("db_query.gen.h", h), ("db_query.gen.c", c)):
        with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
    if len(sys.argv) == 5:      # the folders too: a new file is noticed
        with open(sys.argv[4], "w", encoding="utf-8") as f:
            out = os.path.normpath(sys.argv[1])
            f.write("%s/db_query.gen.h: %s\n" % (out, " ".join(sys.argv[2:4] + queries + steps)))


main()
