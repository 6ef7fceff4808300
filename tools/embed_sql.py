#!/usr/bin/env python3
"""embed_sql.py OUT.c SYMBOL FILE...: turns numbered migrations (001_first.sql) into a table of struct migration."""
import pathlib
import sys


def c_text(sql):
    lines = [line.split(" --")[0].rstrip() for line in sql.splitlines()]
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("--")]
    return "\n".join('        "%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in kept)


out, symbol, *files = sys.argv[1:]
rows = []
for number, path in enumerate(sorted(map(pathlib.Path, files)), start=1):
    digits, _, name = path.stem.partition("_")
    if int(digits) != number:
        sys.exit(f"{path}: migrations are numbered 1, 2, 3 ... without a gap; this is number {number}")
    rows.append("    { %d, \"%s\",\n%s },\n" % (number, name, c_text(path.read_text())))
pathlib.Path(out).write_text(
    "/* Made from the files of schema/, where the comments are. */\n"
    '#include "lib/db/migration.h"\n\n#include <stddef.h>\n\n'
    f"extern const struct migration {symbol}[];\n"
    f"const struct migration {symbol}[] = {{\n" + "".join(rows) + "    { 0, NULL, NULL },\n};\n")
