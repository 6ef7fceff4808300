#!/usr/bin/env python3
"""A PostgreSQL server for tests: fresh, on a free port of 127.0.0.1, gone with whoever started it.

postgres.py COMMAND ARGS...   runs COMMAND with TAQUILLA_TEST_POSTGRES=postgres://... of a server that lives as long as it;
                              exits as the command does.
"""
import ctypes
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

USER = 'taquilla'
PR_SET_PDEATHSIG = 1
READY_S = 60


def programs():
    """Where initdb and postgres are; Debian keeps them out of PATH."""
    places = sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda path: int(path.split('/')[4]))
    found = [place for place in places if os.path.exists(place + '/initdb')] or \
        [os.path.dirname(path) for path in [shutil.which('initdb')] if path]
    if not found:
        raise SystemExit('tests/harness/postgres.py: PostgreSQL is not installed (script/test installs it)')
    return pathlib.Path(found[-1])


def someone():
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam('postgres')
    return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Postgres:
    """Started with start(), ended with stop(); after kill(), a crash, or rest() start() starts it again on the same port."""

    def __init__(self, *settings, durable=False):
        """settings: 'max_connections=20' ...; durable: with fsync, as a cinema runs it."""
        self.port = free_port()
        self.bin = programs()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='taquilla-postgres-'))
        self.settings = [f'port={self.port}', 'listen_addresses=127.0.0.1', f'unix_socket_directories={self.home}',
                         'max_connections=100', *([] if durable else ['fsync=off', 'synchronous_commit=off']), *settings]
        self.url = f'postgres://{USER}@127.0.0.1:{self.port}/cinema_reservations'
        self.process = None
        if os.getuid() == 0:
            os.chown(self.home, someone()['user'], someone()['group'])
        subprocess.run([self.bin / 'initdb', '-D', self.home / 'data', '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale',
                        '--no-sync'], check=True, stdout=subprocess.DEVNULL, cwd='/', **someone())

    def encrypt(self):
        """From its next start on; a certificate for localhost and 127.0.0.1 by an authority of its own, as a path."""
        certificate = self.home / 'cert.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
                        '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout',
                        self.home / 'key.pem', '-out', certificate], check=True, capture_output=True)
        for path in (certificate, self.home / 'key.pem'):
            path.chmod(0o600)
            if os.getuid() == 0:
                os.chown(path, someone()['user'], someone()['group'])
        self.settings += ['ssl=on', f'ssl_cert_file={certificate}', f'ssl_key_file={self.home}/key.pem']
        return certificate

    def start(self):
        words = [word for setting in self.settings for word in ('-c', setting)]
        with open(self.home / 'log', 'ab') as log:
            self.process = subprocess.Popen([self.bin / 'postgres', '-D', self.home / 'data', *words], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd='/', preexec_fn=end_with_parent, **someone())
        end = time.monotonic() + READY_S
        ready = [self.bin / 'pg_isready', '-q', '-h', '127.0.0.1', '-p', str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < end, (self.home / 'log').read_text()[-3000:]
            time.sleep(0.05)
        return self

    def rest(self):
        """Shut down, its data kept."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def kill(self):
        """A crash."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        self.start()
        self.database('cinema_reservations')
        return self

    def __exit__(self, *_):
        self.stop()

    def database(self, name):
        """A fresh, empty database; its URL."""
        self.sql(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)', database='postgres')
        self.sql(f'CREATE DATABASE {name}', database='postgres')
        return urllib.parse.urlsplit(self.url)._replace(path='/' + name).geturl()

    def sql(self, text, database='cinema_reservations'):
        """The rows of the last statement, as lists of texts."""
        run = subprocess.run([self.bin / 'psql', '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p',
                              str(self.port), '-U', USER, database], input=text, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise AssertionError(run.stderr)
        return [line.split('\t') for line in run.stdout.splitlines()]


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with Postgres() as server:
        child = subprocess.Popen(sys.argv[1:], env={**os.environ, 'TAQUILLA_TEST_POSTGRES': server.url})
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code = child.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == '__main__':
    main()
