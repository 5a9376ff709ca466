"""There is one escape for text of others: `bot/domain/words/text.py`."""

from __future__ import annotations

import ast
from pathlib import Path

from tools.refusals import parsed, walked

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("bot", "cogs", "sandbox") for path in (ROOT / folder).rglob("*.py"))
OTHERS = {"escape_markdown", "escape_mentions", "remove_markdown"}
"""discord.py's: they leave masked links alive, and some texts take them seconds."""


def names_in(tree: ast.AST) -> set[str]:
    """Return the names that a module uses, of attributes and imports, too."""
    found: set[str] = set()
    for node in walked(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found.update(each.name for each in node.names)
    return found


def test_no_module_uses_another_escape() -> None:
    texts = {path: path.read_text("utf-8") for path in FILES}
    named = [path for path, text in texts.items() if any(name in text for name in OTHERS)]
    assert [path for path in named if names_in(parsed(texts[path])) & OTHERS] == []
