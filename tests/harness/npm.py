"""Tools from npm that the tests use, installed once into the cache as their lock files have them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.goprogram import CACHE

LOCKED = Path(__file__).resolve().parents[1] / "servers"


def installed(name):
    """The node_modules of tests/servers/NAME."""
    key = hashlib.sha256((LOCKED / name / "package-lock.json").read_bytes()).hexdigest()[:16]
    made = CACHE / f"{name}-{key}"
    if not made.is_dir():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="half-", dir=made.parent) as half:
            for file in ("package.json", "package-lock.json"):
                shutil.copy(LOCKED / name / file, half)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=half, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            assert done.returncode == 0, done.stdout + done.stderr
            shutil.copytree(half, f"{half}.whole", symlinks=True)
        try:
            os.rename(f"{half}.whole", made)
        except OSError:
            shutil.rmtree(f"{half}.whole")  # another test run was faster
    return made / "node_modules"
