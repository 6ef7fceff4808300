"""docker-compose.yml as `docker compose` understands it, read by compose-go, the library under it; built once into the cache."""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "taquilla-test"
SOURCE = ROOT / "tests" / "servers" / "compose"


def program():
    """Built with the versions that go.sum names, when it is not there yet."""
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum"))).hexdigest()[:16]
    made = CACHE / f"compose-{key}" / "compose"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=made.parent) as folder:
        done = subprocess.run(
            ["go", "build", "-trimpath", "-o", f"{folder}/compose", "."], cwd=SOURCE, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        os.replace(f"{folder}/compose", made)  # whoever else builds it makes the same
    return made


def read(file, variables):
    """The run of the reader: its output is the project as JSON, its errors say what `docker compose` would say."""
    return subprocess.run([program(), file, variables], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)


def project(file, variables):
    done = read(file, variables)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, f"a variable is not set, or the like: {done.stderr}"
    return json.loads(done.stdout)
