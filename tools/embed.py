#!/usr/bin/env python3
"""Turns files into a C table, so that the program carries its pages with it.

embed.py OUT.c SYMBOL FILE...   or   embed.py OUT.c SYMBOL --root DIR FILE...

OUT.c then holds `const struct embedded SYMBOL[]` (lib/http/embed.h): name (the file's own, or its path below DIR),
content type, bytes, the same gzipped where that is smaller, and an ETag of the content.
"""
import gzip
import hashlib
import os
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.json': 'application/json',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.jpg': 'image/jpeg',
    '.webp': 'image/webp',
    '.ico': 'image/x-icon',
    '.woff2': 'font/woff2',
    '.txt': 'text/plain; charset=utf-8',
    '.webmanifest': 'application/manifest+json',
}


def c_text(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def c_array(name, data):
    rows = [', '.join(str(byte) for byte in data[i:i + 32]) for i in range(0, len(data), 32)]
    return 'static const unsigned char %s[] = {\n    %s\n};\n' % (name, ',\n    '.join(rows) or '0')


def c_str(name, data):
    return '{ (const char *)%s, %d }' % (name, len(data))


def etag(data, suffix=''):
    return c_text('"%s%s"' % (hashlib.sha256(data).hexdigest()[:16], suffix))


def c_tag(text):
    return '{ %s, sizeof(%s) - 1 }' % (text, text)


def main():
    out, symbol, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    root = None
    if files and files[0] == '--root':
        root, files = files[1], files[2:]
    arrays, rows = [], []
    for i, path in enumerate(files):
        kind = TYPES.get(os.path.splitext(path)[1])
        if kind is None:
            sys.exit('embed.py: %s: no content type is known for this ending' % path)
        with open(path, 'rb') as file:
            data = file.read()
        packed = gzip.compress(data, 9, mtime=0)
        name = os.path.relpath(path, root).replace(os.sep, '/') if root else os.path.basename(path)
        arrays.append(c_array('bytes_%d' % i, data))
        row = ['.name = ' + c_text(name), '.content_type = ' + c_text(kind),
               '.bytes = ' + c_str('bytes_%d' % i, data), '.etag = ' + c_tag(etag(data))]
        if len(packed) + 64 < len(data):
            arrays.append(c_array('gzip_%d' % i, packed))
            row += ['.gzip = ' + c_str('gzip_%d' % i, packed), '.gzip_etag = ' + c_tag(etag(data, '-gz'))]
        rows.append('    { %s },\n' % ',\n      '.join(row))
    with open(out, 'w', encoding='ascii') as file:
        file.write('/* Made by tools/embed.py; change the files it names instead. */\n'
                   '#include "lib/http/embed.h"\n\n')
        file.writelines(arrays)
        file.write('\nextern const struct embedded %s[];\nconst struct embedded %s[] = {\n' % (symbol, symbol))
        file.writelines(rows)
        file.write('    { .name = 0 },\n};\n')


main()
