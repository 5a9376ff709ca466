"""Every part that the cogs name can be made, each once."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

from tests.support.rig import Rig

ROOT = Path(__file__).resolve().parents[2]


def used_in(path: Path) -> set[type[Any]]:
    """Return the classes that a module of cogs passes to `use`."""
    calls = [each for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(each, ast.Call)]
    kinds = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "use"]
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {getattr(module, kind.id) for kind in kinds if isinstance(kind, ast.Name)}


async def test_every_part_that_a_cog_uses_is_made_once(rig: Rig):
    named = set[type[Any]]().union(*(used_in(path) for path in (ROOT / "cogs").rglob("*.py")))
    assert named
    assert all(rig.bot.get(kind) is rig.bot.get(kind) for kind in named)
