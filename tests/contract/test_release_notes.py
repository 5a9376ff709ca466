from __future__ import annotations

import pytest

from tools.release_notes import notes

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
