"""The commands of the README as tests follow them, read from its code blocks: a changed README changes the test.

A block that is followed has `<!-- follow NAME -->` in the line before it; what stands after a `#` is left out.
"""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^( *)<!-- follow ([a-z-]+) -->\n\1```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def followed(text: str | None = None) -> dict[str, list[str]]:
    """Return the commands of each block of the README that is followed, by its name. No name may stand twice."""
    found: dict[str, list[str]] = {}
    for _, name, lines in BLOCK.findall(README.read_text(encoding="utf-8") if text is None else text):
        assert name not in found, f"two blocks of the README are called {name}"
        commands = [re.sub(r"(^|\s+)#.*$", "", line).strip() for line in lines.splitlines()]
        found[name] = [command for command in commands if command]
    return found
