"""docs/security.md: who could want what, what stops them, and the test that shows it. Each test named there exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.named_tests import missing, named

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
_ROW = re.compile(r"^\|(?!\s*-)(.+)\|$", re.MULTILINE)


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def part(name: str) -> str:
    """Return what is between the two marks of that name."""
    found = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", page(), re.DOTALL)
    assert found is not None, f"docs/security.md has no part {name}"
    return found[1]


def rows(name: str) -> list[str]:
    return _ROW.findall(part(name))[1:]


def test_every_threat_has_tests_that_exist() -> None:
    for name, least in (("threats", 20), ("held", 12)):
        assert len(rows(name)) >= least
        assert [row for row in rows(name) if not named(row)] == []
    assert missing(page()) == []
