"""porcupine, which looks for an order of acts that explains every answer; our seat map for it is built once into the cache."""

import json
import subprocess
import tempfile
from pathlib import Path

from harness.goprogram import built


def verdicts(history):
    """Of each showing, by its name: "Ok", "Illegal", or "Unknown" when it took too long; and the folder where those that are not Ok are
    drawn."""
    folder = Path(tempfile.mkdtemp(prefix="taquilla-history-"))
    file = folder / "history.json"
    file.write_text(json.dumps(history))
    done = subprocess.run([built("porcupine"), file, folder], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder
