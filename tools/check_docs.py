"""check_docs.py ROOT: no link of the documents is dead, no translation is missing or behind, no name of the walk is gone."""

import re
import subprocess
import sys
from pathlib import Path

# Each has a Spanish twin beside it, with the same headings, tables and examples.
TRANSLATED = ("README.md", "docs/guide/operator.md", "docs/guide/cloud.md", "docs/api.md")
SAME_EXAMPLES = ("docs/api.md",)  # its twin repeats the code byte for byte, so the test that runs the one holds for both
WALK = "docs/guide/maintainer.md"  # the names in code that it gives must be in the code
CODE_ROOMS = ("lib", "services", "taquilla")


def documents(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True)
    found = [root / line for line in listed.stdout.splitlines() if (root / line).is_file()]
    return found or [p for p in root.rglob("*.md") if ".git" not in p.parts]


def without_code(text):
    return re.sub(r"(?ms)^```.*?^```", "", text)


def anchors(text):
    """As the pages that show Markdown make them: lower case, no punctuation, a hyphen for each space."""
    heads = re.findall(r"(?m)^#+ (.+)$", without_code(text))
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in heads}


def dead_links(document):
    text = without_code(document.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        if not there.exists():
            yield f"{target} leads nowhere"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
            yield f"{target}: there is no such heading"


def skeleton(text):
    """What a translation shares with its original: levels of headings, rows of tables, blocks of code."""
    prose = without_code(text)
    return {
        "headings": [len(h) for h in re.findall(r"(?m)^(#+) ", prose)],
        "rows of tables": len(re.findall(r"(?m)^\|", prose)),
        "blocks of code": re.findall(r"(?ms)^```(\w*)$.*?^```", text),
    }


def behind(original):
    twin = original.with_name(f"{original.stem}.es.md")
    if not twin.is_file():
        yield f"has no translation {twin.name}"
        return
    ours, theirs = skeleton(original.read_text()), skeleton(twin.read_text())
    for what in ours:
        if ours[what] != theirs[what]:
            yield f"{twin.name} has other {what}: {theirs[what]} instead of {ours[what]}"


def examples(document):
    """Each block of code with the number of its first line."""
    text = document.read_bytes()
    return [(text.count(b"\n", 0, m.start()) + 1, m[0]) for m in re.finditer(rb"(?ms)^```.*?^```[^\n]*$", text)]


def examples_changed(original):
    twin = original.with_name(f"{original.stem}.es.md")
    pairs = zip(examples(original), examples(twin)) if twin.is_file() else ()
    for (ours, block), (theirs, copy) in pairs:
        if block != copy:
            yield f"the example in line {ours} is another one in line {theirs} of {twin.name}"
            return  # one too many would make all that follow differ


def names_gone(root, walk):
    code = "\n".join(p.read_text() for room in CODE_ROOMS for p in (root / room).rglob("*.[ch]"))
    words = set(re.findall(r"\w+", code))
    for name in sorted(set(re.findall(r"`([a-z]\w*_\w+)`", walk.read_text()))):
        if name not in words:
            yield f"`{name}` is not in the code any more"


def main(root):
    root = Path(root).resolve()
    found = [(d, problem) for d in documents(root) for problem in dead_links(d)]
    for name in TRANSLATED:
        found += [(root / name, problem) for problem in behind(root / name)]
    for name in SAME_EXAMPLES:
        found += [(root / name, problem) for problem in examples_changed(root / name)]
    found += [(root / WALK, problem) for problem in names_gone(root, root / WALK)]
    for document, problem in found:
        print(f"{document.relative_to(root)}: {problem}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
