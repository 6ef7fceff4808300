#!/usr/bin/env python3
"""A Redis server for tests: on a free port of 127.0.0.1, with an append-only file, gone with whoever started it.

redis.py COMMAND ARGS...   runs COMMAND with TAQUILLA_TEST_REDIS=redis://... of a server that lives as long as it; exits as it does.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

PASSWORD = 'p@ss:word/1'
PR_SET_PDEATHSIG = 1
READY_S = 20


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Redis:
    """Started with start(), ended with stop(); after kill() start() starts it again on the same port, with its data or without."""

    def __init__(self, password=PASSWORD, database=3):
        if not shutil.which('redis-server'):
            raise SystemExit('tests/harness/redis.py: Redis is not installed (script/test installs it)')
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='taquilla-redis-'))
        self.password, self.database = password, database
        self.url = f'redis://:{urllib.parse.quote(password, safe="")}@127.0.0.1:{self.port}/{database}'
        self.process = None
        self.folder().mkdir()

    def folder(self):
        return self.home / 'data'

    def start(self):
        settings = {'port': self.port, 'bind': '127.0.0.1', 'dir': self.folder(), 'appendonly': 'yes', 'appendfsync': 'everysec',
                    'save': '', 'requirepass': self.password}
        words = [str(word) for name, value in settings.items() for word in (f'--{name}', value)]
        with open(self.home / 'log', 'ab') as log:
            self.process = subprocess.Popen(['redis-server', *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home,
                                            preexec_fn=end_with_parent)
        end = time.monotonic() + READY_S
        while self.ask('PING', check=False) != 'PONG':
            assert self.process.poll() is None and time.monotonic() < end, (self.home / 'log').read_text()[-3000:]
            time.sleep(0.02)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def keep(self):
        """What is on the disk now, for start_from_kept()."""
        copy = self.home / 'kept'
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder(), copy)

    def start_from_kept(self):
        """With the append-only file of back then."""
        shutil.rmtree(self.folder())
        shutil.copytree(self.home / 'kept', self.folder())
        return self.start()

    def start_empty(self):
        """As after a failover to a replica that knows nothing."""
        shutil.rmtree(self.folder())
        self.folder().mkdir()
        return self.start()

    def ask(self, *words, check=True):
        """A command's answer, as redis-cli prints it."""
        done = subprocess.run(['redis-cli', '-p', str(self.port), '-n', str(self.database), '--raw', *map(str, words)], capture_output=True, text=True,
                              env={**os.environ, 'REDISCLI_AUTH': self.password}, timeout=10, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with Redis() as server:
        child = subprocess.Popen(sys.argv[1:], env={**os.environ, 'TAQUILLA_TEST_REDIS': server.url})
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code = child.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == '__main__':
    main()
