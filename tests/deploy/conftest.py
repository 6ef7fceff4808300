"""What an operator with Docker has: the compose file, and a file of variables filled in as the guide says."""

import re
import subprocess

import pytest

from harness import compose
from harness.cinema import ROOT

FILE = ROOT / "docker-compose.yml"
GUIDE = ROOT / "docs" / "guide" / "operator.md"


def fill(folder):
    """Runs the guide's own command for it in a copy of what the command reads."""
    (folder / "env.docker.example").write_bytes((ROOT / "env.docker.example").read_bytes())
    command = re.search(r"(?m)^\(umask .*env\.docker\.example > \.env\.docker\)$", GUIDE.read_text())[0]
    subprocess.run(["bash", "-ec", command], cwd=folder, check=True)
    filled = folder / ".env.docker"
    filled.write_text(filled.read_text().replace("TIME_ZONE=\n", "TIME_ZONE=America/Lima\n"))
    return filled


@pytest.fixture(scope="session")
def variables(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="session")
def project(variables):
    """The compose file as Docker understands it, with those variables."""
    return compose.project(FILE, variables)
