"""docs/security.md: who could want what, what stops them, and the test that shows it. Each test named there exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.named_tests import missing, named

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
LINES_MAX = 170
ATTACKERS = ("member", "moderator", "outsider", "file host", "disk", "log", "host", "dependency")
ASVS = (
    "1.2.10", "1.3.6", "2.3.1", "2.3.2", "2.3.4", "2.4.1", "5.2", "8.2.1", "8.2.2", "8.3.1", "8.3.3", "8.4.1", "13.1.2",
    "13.3.1", "13.3.4", "14.2.1", "14.2.4", "14.2.7", "15.1", "15.2.2", "15.4", "16.2",
)  # fmt: skip
"""The items of ASVS 5.0 that a bot without pages, passwords and sessions of its own has to meet."""
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


def test_it_is_a_page_and_not_a_book() -> None:
    assert len(page().splitlines()) <= LINES_MAX


def test_every_threat_has_tests_that_exist() -> None:
    for name, least in (("threats", 20), ("held", 12)):
        assert len(rows(name)) >= least
        assert [row for row in rows(name) if not named(row)] == []
    assert missing(page()) == []


def test_every_kind_of_attacker_is_thought_of() -> None:
    assert [each for each in ATTACKERS if each not in part("attackers").lower()] == []


def test_each_item_that_applies_has_its_line() -> None:
    there = re.findall(r"\d+(?:\.\d+)+", " ".join(row.split("|")[0] for row in rows("asvs")))
    assert [item for item in ASVS if not any(f"{each}.".startswith(f"{item}.") for each in there)] == []


def test_what_is_not_met_is_said() -> None:
    for row in rows("asvs"):
        assert re.search(r"\b(met|partly|not met)\b", row), row


def test_security_md_leads_there_and_promises_nothing_else() -> None:
    short = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "docs/security.md" in short
    # What it once said and what was not so: a removal while the bot was off, links in texts, a decoder without reach.
    assert "deleted when the bot is removed from the server" not in short


def test_the_readme_leads_there_too() -> None:
    assert "docs/security.md" in (ROOT / "README.md").read_text(encoding="utf-8")
