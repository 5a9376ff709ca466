from __future__ import annotations

import re

import pytest

from bot.app.entry_points import describe_commands
from tests.support.command_rows import rows
from tools.release import ROOT, notes

CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-26

### Added

- A thing.

## [1.1.0] - 2026-10-01

- Older.
"""


def test_the_section_of_the_tag_is_printed_and_no_other() -> None:
    assert notes("v1.2.0", "1.2.0", CHANGELOG) == "### Added\n\n- A thing."
    assert notes("v1.1.0", "1.1.0", CHANGELOG) == "- Older."


@pytest.mark.parametrize(
    ("tag", "version", "complaint"),
    [("v1.3.0", "1.2.0", "not v1.2.0"), ("1.2.0", "1.2.0", "not v1.2.0"), ("v1.3.0", "1.3.0", "no section")],
)
def test_what_does_not_agree_stops_the_release(tag: str, version: str, complaint: str) -> None:
    with pytest.raises(SystemExit, match=complaint):
        notes(tag, version, CHANGELOG)


def test_an_empty_section_stops_the_release() -> None:
    with pytest.raises(SystemExit, match="says nothing"):
        notes("v2.0.0", "2.0.0", "## [2.0.0] - 2026-12-01\n\n## [1.0.0] - 2026-01-01\n")


def test_the_first_release_begins_with_hosts_and_changes_nothing_that_anyone_had() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.split(r"^## ", text, flags=re.MULTILINE)[-1]
    assert re.findall(r"^### (\w+)", first, re.MULTILINE) == ["Added", "Removed"]
    assert re.findall(r"^For (\w+)", first, re.MULTILINE)[0] == "hosts"
    assert (
        re.findall(r"\b(?:no longer|renamed|is called .* now|than before|used to|could take|the first time)\b", first)
        == []
    )


def test_the_changelog_names_commands_that_there_are() -> None:
    known = {row["name"] for row in rows(describe_commands())}
    known |= {name.partition(" ")[0] for name in known}
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`/([a-z]+(?: [a-z]+)?)`", text)) - {"healthz", "metrics"}
    assert named - known == set()
