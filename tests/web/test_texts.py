"""Every sentence of the pages is there in Spanish and in English, and none stands in the pages' own code."""

import json
import re
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"
SPANISH = sorted((WEB / "src" / "texts").glob("*.es.js"))
# For each text its path and what it is: a text's words count, of a sentence with gaps how many it takes.
TREE = """
import texts from %s;
const flat = (value, path) => typeof value === 'object' ? Object.entries(value).flatMap(([k, v]) => flat(v, path ? `${path}.${k}` : k))
    : [[path, typeof value === 'function' ? `function of ${value.length}` : value.trim() ? 'text' : 'nothing']];
console.log(JSON.stringify(Object.fromEntries(flat(texts, ''))));
"""


def tree(file):
    done = subprocess.run(
        ["node", "--input-type=module", "-e", TREE % json.dumps(file.as_uri())], capture_output=True, text=True, cwd=WEB
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def english_of(file):
    return file.with_name(file.name.replace(".es.js", ".en.js"))


def code():
    """Without its comments."""
    return {f.name: re.sub(r"/\*.*?\*/|//[^\n]*", "", f.read_text(), flags=re.S) for f in sorted((WEB / "src").glob("*.js*"))}


def test_there_are_texts_in_both():
    names = {f.name for f in (WEB / "src" / "texts").iterdir()}
    assert SPANISH and names == {n for f in SPANISH for n in (f.name, english_of(f).name)}


@pytest.mark.parametrize("file", SPANISH, ids=lambda f: f.name.split(".")[0])
def test_same_texts_in_both(file):
    es, en = tree(file), tree(english_of(file))
    assert es == en, {k: (es.get(k), en.get(k)) for k in es.keys() ^ en.keys() or [k for k in es if es[k] != en[k]]}
    assert "nothing" not in es.values()


def test_every_text_asked_for_is_there():
    known = {path for f in SPANISH for path in tree(f)}
    tops = {path.split(".")[0] for path in known}
    for name, text in code().items():
        asked = set(re.findall(r"\bt\.(\w+)", text))
        assert asked <= tops, f"{name} asks for {sorted(asked - tops)}"


def test_no_text_is_there_for_nothing():
    everything = "\n".join(code().values())
    # view_pay.jsx and others name some by a table: as 'name'
    idle = {p.split(".")[0] for f in SPANISH for p in tree(f) if not re.search(rf"\bt\.{p.split('.')[0]}\b|'{p.split('.')[0]}'", everything)}
    assert not idle, f"nobody says {sorted(idle)}"


def test_no_sentence_in_the_code():
    """Between tags stands what is computed, never a word; neither do names for those who listen."""
    found = []
    for name, text in code().items():
        if not name.endswith(".jsx"):
            continue
        found += [(name, m) for m in re.findall(r"<\w[^<>{}]*>([^<>{}]*[A-Za-zÁ-ú]{2,}[^<>{}]*)</", text)]
        found += [(name, m) for m in re.findall(r"(?:aria-label|title|alt|placeholder)=\"([^\"]+)\"", text)]
    assert not found, found
