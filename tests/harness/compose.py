"""docker-compose.yml as `docker compose` understands it, read by compose-go, the library under it; built once into the cache."""

import json
import os
import subprocess
from pathlib import Path

from harness.goprogram import built

ROOT = Path(__file__).resolve().parents[2]


def read(file, variables):
    """The run of the reader: its output is the project as JSON, its errors say what `docker compose` would say."""
    return subprocess.run([built("compose"), file, variables], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)


def project(file, variables):
    done = read(file, variables)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, f"a variable is not set, or the like: {done.stderr}"
    return json.loads(done.stdout)
