"""Results reach Discord through the gate alone: who turns them into files asks it first."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text()
    for folder in ("bot", "cogs", "sandbox")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def users(pattern: str) -> set[str]:
    return {name for name, text in SOURCES.items() if re.search(pattern, text)}


def test_results_become_files_in_three_places_only() -> None:
    """On a card or in a new message, in a copy, and in the question whether it may be posted, for moderators alone."""
    assert users(r"(?<!def )\bmedia_files\(") == {"bot/delivery/posting/places.py", "bot/delivery/posting/review.py"}
    assert users(r"discord\.File\(file\.path") == {
        "bot/delivery/files/attachments.py",
        "bot/delivery/posting/copies.py",
    }


def test_each_of_them_has_asked_the_gate() -> None:
    assert users(r"(?<!class )\bPosting\(") == {"bot/delivery/posting/poster.py"}
    assert "await self.gate.open_places(" in SOURCES["bot/delivery/posting/poster.py"]
    copies = SOURCES["bot/delivery/posting/copies.py"]
    post, opened = (
        copies.partition(f"async def {name}(")[2].partition("\n    async def ")[0] for name in ("post", "opened")
    )
    assert 0 < post.index("self.gate.require(") < post.index("self._send(")
    assert 0 < opened.index("self.gate.require_person(") < opened.index("self._files(")
