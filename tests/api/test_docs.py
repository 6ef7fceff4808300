"""What docs/api.md and the READMEs show is what happens: the examples run, and the printed answers are the real ones."""

import json
import re
import time

import pytest

from harness.cinema import ROOT, SERVICES, Cinema
from harness.session import Comparison, blocks_of, run_blocks

API = blocks_of("docs/api.md")
READMES = ["README.md", "README.es.md"]
QUEUE_SETTLE_S = 3  # a gateway that was just started gives nobody a place before (services/gateway/queue_turns.h)


@pytest.fixture(scope="module")
def demo():
    """The cinema that script/server opens."""
    cinema = Cinema()
    done = cinema.run("demo", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        time.sleep(QUEUE_SETTLE_S)
        yield cinema


@pytest.fixture(scope="module")
def api(demo, tmp_path_factory):
    """The whole session of docs/api.md."""
    return run_blocks(blocks_of("docs/api.md"), tmp_path_factory.mktemp("api"), GATEWAY=demo.url("gateway"))


@pytest.fixture(scope="module")
def comparison():
    """One for all examples: an id that is printed twice is the same thing."""
    return Comparison()


@pytest.mark.parametrize("number", [i for i, b in enumerate(API) if b.expected], ids=lambda i: f"line-{API[i].line}")
def test_example(api, comparison, number):
    block = api[number]
    assert block.calls, "an answer is printed, but nothing is asked"
    comparison.same_answer(block.expected, block.calls[-1])


def test_every_curl_has_its_answer_printed():
    assert len(API) > 50
    assert not [b.line for b in API if "curl" in b.script and not b.expected]


def test_every_public_path_is_shown(api):
    """Each method and path of the services that its description lists."""
    shown = [call.said for block in api for call in block.calls]
    missing = []
    for service in SERVICES:
        described = json.loads((ROOT / "api" / f"{service}.openapi.json").read_text())["paths"]
        for path, operations in described.items():
            if path.startswith(("/internal", "/feed", "/metrics", "/docs")):
                continue
            wanted = re.compile(re.sub(r"{[^}]*}", "[^/? ]+", path) + r"([?\s]|$)")
            for method in {"get", "post", "put", "delete"} & set(operations):
                if not any(wanted.search(said) and method_of(said) == method for said in shown):
                    missing.append(f"{service}: {method.upper()} {path}")
    assert not missing


def method_of(said):
    """What curl is asked for: -X, or POST with a body, or GET."""
    named = re.search(r"-X (\w+)", said)
    return named.group(1).lower() if named else "post" if " -d " in said else "get"


@pytest.mark.parametrize("name", READMES)
def test_readme_session(demo, tmp_path, name):
    """Behind `#>` stands what the curl before it is answered: the status, and pieces of the body."""
    sessions = [b for b in blocks_of(name) if "curl" in b.script]
    assert len(sessions) == 1
    session = sessions[0]
    session.script = session.script.replace("http://127.0.0.1:3004", demo.url("gateway"))
    calls = run_blocks([session], tmp_path)[0].calls
    asked, checked = 0, 0
    for line in session.script.splitlines():
        asked += len(re.findall(r"\bcurl\b", line.split("#")[0]))
        expected = re.search(r"#> (\d+) ?(.*)$", line)
        if expected:
            call, checked = calls[asked - 1], checked + 1
            assert call.status == int(expected[1]), f"{line}\n{call.body}"
            assert all(piece in call.body for piece in expected[2].split()), f"{line}\n{call.body}"
    assert asked == len(calls) and checked >= 5


def test_both_readmes_have_the_same_session():
    """But for the comments."""

    def commands(name):
        (session,) = (b.script for b in blocks_of(name) if "curl" in b.script)
        return [line for line in session.splitlines() if not line.startswith("#")]

    assert commands("README.md") == commands("README.es.md")
