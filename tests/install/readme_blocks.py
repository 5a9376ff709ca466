"""The commands of the README and the documents as tests follow them, read from code blocks: a new page is a new test.

A block that is followed has `<!-- follow NAME -->` in the line before it; what stands after a `#` is left out.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^( *)<!-- follow ([a-z-]+) -->\n\1```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def commands(lines: str) -> list[str]:
    """Return the commands of a block, each on one line."""
    whole = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in lines.replace("\\\n", " ").splitlines())
    return [re.sub(r"\s+", " ", line) for line in whole if line]


def followed(text: str | None = None) -> dict[str, list[str]]:
    """Return the commands of each block that is followed, by its name: of all pages. No name may stand twice."""
    found: dict[str, list[str]] = {}
    pages = [page.read_text(encoding="utf-8") for page in PAGES] if text is None else [text]
    for _, name, lines in (block for page in pages for block in BLOCK.findall(page)):
        assert name not in found, f"two blocks are called {name}"
        found[name] = commands(lines)
    return found
