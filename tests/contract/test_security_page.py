"""docs/security.md: who could want what, what stops them, and the test that shows it. Each test named there exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
LINES_MAX = 160
ATTACKERS = ("member", "moderator", "outsider", "file host", "disk", "log", "host", "dependency")
ASVS = (
    "1.2.10", "1.3.6", "2.3.1", "2.3.2", "2.3.4", "2.4.1", "5.2", "8.2.1", "8.2.2", "8.3.1", "8.3.3", "8.4.1", "13.1.2",
    "13.3.1", "13.3.4", "14.2.1", "14.2.4", "14.2.7", "15.1", "15.2.2", "15.4", "16.2",
)  # fmt: skip
"""The items of ASVS 5.0 that a bot without pages, passwords and sessions of its own has to meet."""
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
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


@pytest.mark.parametrize(("name", "least"), [("threats", 20), ("held", 12)])
def test_every_threat_has_a_test(name: str, least: int) -> None:
    found = rows(name)
    assert len(found) >= least
    assert [row for row in found if not _TEST.search(row)] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(_TEST.findall(page()))))
def test_every_test_that_is_named_is_there(file: str, name: str) -> None:
    path = ROOT / file
    assert path.is_file()
    assert re.search(rf"def {name or 'test_'}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_every_kind_of_attacker_is_thought_of(attacker: str) -> None:
    assert attacker in part("attackers").lower()


@pytest.mark.parametrize("item", ASVS)
def test_each_item_that_applies_has_its_line(item: str) -> None:
    named = re.findall(r"\d+(?:\.\d+)+", " ".join(row.split("|")[0] for row in rows("asvs")))
    assert any(f"{each}.".startswith(f"{item}.") for each in named)


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
