#!/usr/bin/env python3
"""Fails when database-designs/ draws another table or column than the schema makes.

check_designs.py [ROOT]
"""
import pathlib
import re
import sqlite3
import sys

SERVICES = ['movies', 'rooms', 'reservations', 'analytics']
LOG = 'CREATE TABLE log (position INTEGER PRIMARY KEY, type, subject, time_ms, data)'  # lib/db makes it; migrations may read it


def made(service, root):
    """{table: columns} as the migrations leave them; the tables that full-text search keeps for itself are not ours."""
    db = sqlite3.connect(':memory:')
    db.execute(LOG)
    for step in sorted((root / 'services' / service / 'schema').glob('*.sql')):
        db.executescript(step.read_text(encoding='utf-8'))
    tables = [row[1] for row in db.execute('PRAGMA table_list')
              if row[2] in ('table', 'virtual') and row[1] != 'log' and not row[1].startswith('sqlite_')]
    # hidden: 0 a plain column, 1 the search's own, 2 and 3 a computed one
    return {table: {row[1] for row in db.execute("SELECT * FROM pragma_table_xinfo(?)", [table]) if row[6] != 1}
            for table in tables}


def drawn(service, root):
    """{table: columns} of the drawing."""
    text = (root / 'database-designs' / (service + '.md')).read_text(encoding='utf-8')
    drawing = text.split('```mermaid', 1)[1].split('```', 1)[0]
    return {name: {re.match(r'\s*\w+ (\w+)', line).group(1) for line in body.split('\n') if line.strip()}
            for name, body in re.findall(r'(?m)^ {4}(\w+) \{ (.*?) \}$', drawing, re.S)}


def problems_of(service, root):
    real, shown = made(service, root), drawn(service, root)
    for table in sorted(real.keys() | shown.keys()):
        for column in sorted(real.get(table, set()) ^ shown.get(table, set())):
            where = 'drawn and not made' if table not in real or column not in real[table] else 'made and not drawn'
            yield '%s.%s.%s is %s' % (service, table, column, where)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    problems = [problem for service in SERVICES for problem in problems_of(service, root)]
    print('\n'.join(problems) or 'the drawings show what is made')
    sys.exit(1 if problems else 0)


main()
