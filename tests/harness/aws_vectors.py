"""AWS's published test suite of Signature Version 4, as botocore's source distribution carries it: fetched once into the cache."""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.40.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "taquilla-test"
WITHIN = f"botocore-{VERSION}/tests/unit/auth/aws4_testsuite/"


def folder():
    """Where it lies; fetched when it is not there yet."""
    made = CACHE / f"aws4-testsuite-{VERSION}"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=made.parent) as room:
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "botocore"]
        done = subprocess.run([*fetch, "-d", room, f"botocore=={VERSION}"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        with tarfile.open(f"{room}/botocore-{VERSION}.tar.gz") as archive:
            for member in archive.getmembers():
                if member.isfile() and member.name.startswith(WITHIN) and ".." not in member.name:
                    to = Path(room) / "suite" / member.name.removeprefix(WITHIN)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    to.write_bytes(archive.extractfile(member).read())
        try:
            os.rename(f"{room}/suite", made)
        except OSError:
            assert made.exists()  # whoever else fetched it has the same
    return made


def requests():
    """Every request of it, by its path in the suite."""
    return sorted(folder().rglob("*.req"))
