"""Set the version everywhere it is written: `python tools/set_version.py 1.2.0`, and `1.3.0.dev0` after the release.

A release also makes `## [Unreleased]` of CHANGELOG.md the section of its version, dated today, and begins a new one.
Standard library only.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    ("pyproject.toml", re.compile(r'^(version = ")[^"]+(")$', re.MULTILINE)),
    ("bot/__init__.py", re.compile(r'^(__version__ = ")[^"]+(")$', re.MULTILINE)),
)
VERSION = re.compile(r"\d+\.\d+\.\d+(?:\.dev0)?")
UNRELEASED = re.compile(r"^## \[Unreleased\]\n", re.MULTILINE)


def with_section(changelog: str, version: str, today: dt.date) -> str:
    """Return the changelog with what is unreleased as the section of `version`. Exits if there is nothing."""
    if len(UNRELEASED.findall(changelog)) != 1:
        sys.exit("CHANGELOG.md has no section '## [Unreleased]'")
    text = UNRELEASED.sub(f"## [Unreleased]\n\n## [{version}] - {today:%Y-%m-%d}\n", changelog)
    return re.sub(r"^This will be .*?\n\n", "", text, count=1, flags=re.MULTILINE | re.DOTALL)


def main() -> None:
    """Write the command line's version into each place."""
    if len(sys.argv) != 2 or VERSION.fullmatch(sys.argv[1]) is None:
        sys.exit("usage: set_version.py X.Y.Z, or X.Y.Z.dev0 between two releases")
    version = sys.argv[1]
    changed = {}
    for name, pattern in PLACES:
        text = (ROOT / name).read_text(encoding="utf-8")
        if len(pattern.findall(text)) != 1:
            sys.exit(f"{name} does not say the version once")
        changed[name] = pattern.sub(rf"\g<1>{version}\g<2>", text)
    if not version.endswith(".dev0"):
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        changed["CHANGELOG.md"] = with_section(changelog, version, dt.datetime.now(tz=dt.UTC).date())
    for name, text in changed.items():
        (ROOT / name).write_text(text, encoding="utf-8")
    print(f"{version} is written into {', '.join(changed)}")


if __name__ == "__main__":
    main()
