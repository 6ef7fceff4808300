"""porcupine, which looks for an order of acts that explains every answer; our seat map for it is built once into the cache."""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "taquilla-test"
SOURCE = Path(__file__).resolve().parents[1] / "servers" / "porcupine"


def program():
    """Built with the version that go.sum names, when it is not there yet."""
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum"))).hexdigest()[:16]
    made = CACHE / f"porcupine-{key}" / "porcupine"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=made.parent) as folder:
        done = subprocess.run(
            ["go", "build", "-trimpath", "-o", f"{folder}/porcupine", "."], cwd=SOURCE, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        os.replace(f"{folder}/porcupine", made)  # whoever else builds it makes the same
    return made


def verdicts(history):
    """Of each showing, by its name: "Ok", "Illegal", or "Unknown" when it took too long; and the folder where those that are not Ok are
    drawn."""
    folder = Path(tempfile.mkdtemp(prefix="taquilla-history-"))
    file = folder / "history.json"
    file.write_text(json.dumps(history))
    done = subprocess.run([program(), file, folder], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder
