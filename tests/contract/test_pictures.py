"""The pictures of the README and the documents: each is there, is one of `make screenshots`, and says what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tools.screenshots import REEL_BYTES, SHOTS, SIZES, STYLES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "tour.md")
SHOWN = re.compile(
    r'!\[(?P<alt>[^\]]*)\]\((?!\.\./\.\./actions/)(?P<path>[^)]+)\)|<img src="(?P<src>[^"]+)" alt="(?P<words>[^"]*)"'
)
LISTED = re.compile(r'srcset="(?P<path>[^"]+)"')


def shown(document: Path) -> list[tuple[Path, str]]:
    """The pictures that a document shows, each with its alternative text."""
    found = SHOWN.finditer(document.read_text(encoding="utf-8"))
    return [(document.parent / (each["path"] or each["src"]), each["alt"] or each["words"] or "") for each in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_picture_is_there_and_says_what_it_shows(document: Path) -> None:
    pictures = shown(document)
    assert pictures
    assert [path for path, _ in pictures if not path.is_file()] == []
    assert [path for path, words in pictures if len(words) < 20] == []


def test_the_tour_shows_every_picture_that_is_taken_and_no_other_lies_there() -> None:
    taken = {f"{shot.name}{suffix}.webp" for shot in SHOTS for suffix in SIZES}
    assert {path.name for path, _ in shown(DOCUMENTS[1])} == taken
    assert {path.name for path in (ROOT / "docs" / "images").glob("*.webp")} == taken | set(STYLES)


def test_the_readme_shows_the_moving_picture_on_both_backgrounds() -> None:
    readme = DOCUMENTS[0]
    listed = [readme.parent / each["path"] for each in LISTED.finditer(readme.read_text(encoding="utf-8"))]
    pictures = [path for path, _ in shown(readme)] + listed
    assert {path.name for path in pictures} == set(STYLES)
    assert [path for path in pictures if path.stat().st_size > REEL_BYTES] == []
    for path in pictures:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) > 1
