"""Programs in Go of tests/servers that tests run, built once into the cache."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "taquilla-test"
GO = Path(sys.executable).with_name("go")  # of PyPI: Debian 12 has 1.19, which reads no go.mod of today
SERVERS = Path(__file__).resolve().parents[1] / "servers"


def built(name):
    """With the versions that its go.sum names, when it is not there yet."""
    source = SERVERS / name
    key = hashlib.sha256(b"".join((source / file).read_bytes() for file in ("main.go", "go.mod", "go.sum"))).hexdigest()[:16]
    made = CACHE / f"{name}-{key}" / name
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=made.parent) as folder:
        done = subprocess.run(
            [GO, "build", "-trimpath", "-o", f"{folder}/{name}", "."], cwd=source, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        os.replace(f"{folder}/{name}", made)  # whoever else builds it makes the same
    return made
