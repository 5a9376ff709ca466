"""Check that a tag, the version and the changelog agree, and print the tag's section of the changelog.

The project must also name its source, for users of the wheel.

Run by the release workflow before anything is built: `python tools/release_notes.py v1.2.3`. Standard library only.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the version's section. Exits if the tag does not match, or the section is not ready."""
    if tag != f"v{version}":
        sys.exit(f"the tag {tag} is not v{version}, which pyproject.toml says")
    heading = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)
    if heading is None:
        sys.exit(f"CHANGELOG.md has no section '## [{version}] - DATE'")
    text = re.split(r"^## ", changelog[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not text:
        sys.exit(f"CHANGELOG.md says nothing of {version}")
    return text


def main() -> None:
    """Check the command line's tag, and print its section."""
    if len(sys.argv) != 2:
        sys.exit("usage: release_notes.py TAG")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if "Source" not in project["urls"]:
        sys.exit("[project.urls] in pyproject.toml lacks Source, the address of the repository")
    print(notes(sys.argv[1], project["version"], (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
