#!/usr/bin/env python3
"""Fails when a file includes what its floor may not (design.md: arrows point down only; services never meet).

check_includes.py [ROOT]
"""
import pathlib
import re
import sys

LIB = {
    'lib/base': ['lib/base/'],
    'lib/loop': ['lib/base/', 'lib/loop/'],
    'lib/json': ['lib/base/', 'lib/json/'],
    'lib/http': ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/http/'],
    'lib/db': ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/db/'],
    'lib/feed': ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/db/', 'lib/http/', 'lib/feed/'],
    'lib/aws': ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/http/', 'lib/aws/'],
    'lib/frame': ['lib/'],
}
# Shapes are tables, not I/O: a model may have them.
PURE = ['lib/base/', 'lib/json/shape.h']
OUTSIDE_WORLD = re.compile(r'^(sys/(socket|epoll|file|stat)|fcntl|unistd|netinet/.*|sqlite3|sodium|jansson|libpq-fe|mysql.*|mongoc.*)\.h$|/')


def allowed_for(path):
    """Prefixes of project headers that this file may include; None: anything."""
    parts = path.parts
    own = '/'.join(parts[:2]) + '/'
    name = path.name
    if parts[0] == 'lib':
        return LIB.get('/'.join(parts[:2]), [])
    if parts[0] == 'taquilla':
        return None
    if name.startswith('test_'):
        return ['lib/', own]
    if name.startswith('model'):
        return PURE + [own + 'model']
    if name == 'store.h':
        return PURE + [own + 'model']
    if name.startswith(('store_mongo', 'store_postgres_sole')):  # they keep a log, or what it tells, by fibers of their own
        return PURE + ['lib/json/', 'lib/loop/', 'lib/db/', 'lib/feed/export', own + 'model', own + 'store']
    if name.startswith('store_'):
        return PURE + ['lib/json/', 'lib/db/', 'lib/feed/export', 'lib/feed/snapshot', own + 'model', own + 'store', own + 'replay']  # what is asked of a store
    if name.startswith('service.'):
        return ['lib/', own]
    if parts[1] == 'ingestion':  # whose store is the cloud
        return ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/http/', 'lib/feed/', 'lib/aws/', own]
    # handlers, routes, owners, follow, upkeep and the like: no database, no frame below the service's own headers
    return ['lib/base/', 'lib/loop/', 'lib/json/', 'lib/http/', 'lib/feed/', own]


def problems_of(path, root):
    allowed = allowed_for(path)
    pure = path.parts[0] == 'services' and path.name.startswith('model')
    for number, line in enumerate((root / path).read_text(encoding='utf-8').split('\n'), 1):
        found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if not found:
            continue
        kind, header = found.groups()
        where = '%s:%d: ' % (path, number)
        if kind == '<':
            if pure and OUTSIDE_WORLD.search(header):
                yield where + 'a model does no I/O: <%s>' % header
            continue
        if not header.startswith(('lib/', 'services/', 'taquilla/')):
            yield where + 'an include is written from the root: "%s"' % header
        elif allowed is not None and not header.startswith(tuple(allowed)):
            yield where + '"%s" is not for this floor' % header
        elif re.match(r'services/[^/]+/store_', header) and not path.name.startswith(('store_', 'service.', 'test_')):
            yield where + 'only store_* and service.c know a store\'s database: "%s"' % header
        elif path.parts[0] == 'lib' and header.startswith('lib/') and not (root / header).exists():
            yield where + 'there is no "%s"' % header


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    files = [path.relative_to(root) for folder in ('lib', 'services', 'taquilla')
             for path in sorted((root / folder).rglob('*.[ch]'))]
    problems = [problem for path in files for problem in problems_of(path, root)]
    print('\n'.join(problems) or '%d files include what they may' % len(files))
    sys.exit(1 if problems or not files else 0)


main()
