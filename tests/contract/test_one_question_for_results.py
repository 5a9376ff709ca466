"""Whether a member may see a result is decided in one module: nobody else reads results for a member."""

from __future__ import annotations

import ast
from pathlib import Path

from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
READS = {
    "job_lists": {"results", "found", "placed", "in_message", "page", "search"},
    "lineage": {"of", "made_from"},
}
"""Reads of `store` that return jobs for people, whoever may see them."""
DECIDES = Path("bot/generation/visible_jobs.py")


def reads_in(source: str) -> list[str]:
    """Return the reads of results for people in a module, as `job_lists.placed`."""
    found = []
    for node in walked(parsed(source)):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if node.attr in READS.get(name, ()):
            found.append(f"{name}.{node.attr}")
    return found


def readers() -> dict[Path, list[str]]:
    paths = [path for folder in ("bot", "cogs", "sandbox") for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT): found for path in paths if (found := reads_in(path.read_text(encoding="utf-8")))}


def test_results_are_read_for_people_in_one_module() -> None:
    assert set(readers()) == {DECIDES}
