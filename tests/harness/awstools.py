#!/usr/bin/env python3
"""The programs that stand in for AWS, each made once into the cache with the version that tests/servers names.

    versitygw()   S3 over a folder, by `go build`: checks signatures as AWS does
    s3s()         a second S3 over a folder, by `cargo install`: stricter with signatures, knows fewer operations
    moto()        S3, DynamoDB, IAM and STS in memory, by `pip`: the only one that checks DynamoDB's signatures and session tokens
    dynamodb()    DynamoDB Local, by `mvn`: Amazon's own, checks no signature

As a program it makes them all, or those named: awstools.py [versitygw] [s3s] [moto] [dynamodb]. Who comes while another makes the same waits.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness.goprogram import CACHE, GO  # noqa: E402

SOURCES = Path(__file__).resolve().parent.parent / "servers"
S3S_VERSION = "0.14.1"


def run(*command, **more):
    try:
        done = subprocess.run(
            [str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **more
        )
    except FileNotFoundError:
        raise AssertionError(f"{command[0]} is not installed (script/test installs it)") from None
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"


@contextlib.contextmanager
def alone(name):
    """Only one at a time makes a thing: two would take all the machine twice."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(name, key, make):
    """The folder of that name and key; make(folder) fills it when it is not there."""
    place = CACHE / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}"
    with alone(name):
        if not place.is_dir():
            for left in CACHE.glob(f"half-{name}-*"):  # by one that was ended halfway
                shutil.rmtree(left, ignore_errors=True)
            half = Path(tempfile.mkdtemp(dir=CACHE, prefix=f"half-{name}-"))
            try:
                make(half)
                os.rename(half, place)
            finally:
                shutil.rmtree(half, ignore_errors=True)
    return place


def source(name, *files):
    return b"\0".join((SOURCES / name / file).read_bytes() for file in files)


def versitygw():
    def make(folder):
        package = "github.com/versity/versitygw/cmd/versitygw"
        run(GO, "build", "-trimpath", "-o", folder / "versitygw", package, cwd=SOURCES / "versitygw")

    return made("versitygw", source("versitygw", "go.mod", "go.sum"), make) / "versitygw"


def s3s():
    def make(folder):
        # Its own target folder: what cargo leaves of building is many times the program.
        with tempfile.TemporaryDirectory(prefix="taquilla-s3s-") as target:
            run(
                *("cargo", "install", "--quiet", "--locked", "--features", "binary", "--root", folder),
                *("--version", S3S_VERSION, "s3s-fs"),
                env=os.environ | {"CARGO_TARGET_DIR": target},
            )

    return made("s3s", S3S_VERSION.encode(), make) / "bin" / "s3s-fs"


def moto():
    """The Python of its own environment: its versions must not meet those of the tests."""

    def make(folder):
        run(sys.executable, "-m", "venv", folder / "venv")
        run(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "-r", SOURCES / "moto" / "requirements.txt")

    return made("moto", sys.version.encode() + source("moto", "requirements.txt"), make) / "venv" / "bin" / "python"


def dynamodb():
    """The folder of its jars."""

    def make(folder):
        # Maven would leave its target folder beside the pom.
        shutil.copy(SOURCES / "dynamodb" / "pom.xml", folder)
        run("mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime", cwd=folder)

    return made("dynamodb", source("dynamodb", "pom.xml"), make) / "lib"


ALL = {"versitygw": versitygw, "dynamodb": dynamodb, "moto": moto, "s3s": s3s}


def main(names):
    unknown = set(names) - set(ALL)
    if unknown:
        sys.exit(__doc__)
    for name in names or ALL:
        started = time.monotonic()
        ALL[name]()
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
