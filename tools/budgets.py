"""Compare the size of each package with its budget in pyproject.toml, which `--lower` lowers to today's size.

A budget is a pair: lines, and tokens of code (Python's tokenize, without comments, docstrings, and layout). It is only
ever lowered: a change that adds takes as much away elsewhere. Run by `make check`.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TABLE = "[tool.cannon-bot.budgets]"
ROWS = re.compile(rf'({re.escape(TABLE)}\n(?:#.*\n)*)(?:"[^\n]*\n?)*(?<!\n)')
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip


class Size(NamedTuple):
    """A package's size: lines, and tokens of code."""

    lines: int
    tokens: int

    def __add__(self, other: object) -> Size:
        if not isinstance(other, Size):
            return NotImplemented
        return Size(self.lines + other.lines, self.tokens + other.tokens)


def size_of(source: str) -> Size:
    """Return the size of a module. A string that is a statement of its own is a docstring, and no token."""
    tokens, begins = 0, True
    for each in tokenize.generate_tokens(io.StringIO(source).readline):
        if each.type in LAYOUT:
            begins = begins or each.type == tokenize.NEWLINE
            continue
        tokens += not (begins and each.type == tokenize.STRING)
        begins = False
    return Size(source.count("\n"), tokens)


def package_of(path: Path) -> str:
    """Return the budget that a module counts for: `bot/jobs`, `cogs` for a loose module, `sandbox`, `tests`."""
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] in {"bot", "cogs"} and len(parts) > 2 else parts[0]


def sizes(root: Path = ROOT) -> dict[str, Size]:
    """Return the size of each package as it is."""
    found: dict[str, Size] = {}
    for top in ("bot", "cogs", "sandbox", "tests"):
        for path in sorted((root / top).rglob("*.py")):
            name = package_of(path.relative_to(root))
            found[name] = found.get(name, Size(0, 0)) + size_of(path.read_text(encoding="utf-8"))
    return found


def budgets(root: Path = ROOT) -> dict[str, Size]:
    """Return the budgets of pyproject.toml."""
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["cannon-bot"]["budgets"]
    return {name: Size(*pair) for name, pair in table.items()}


def excesses(found: Mapping[str, Size], allowed: Mapping[str, Size]) -> list[str]:
    """Return a sentence for each package above its budget, or without one."""
    said = []
    for name, size in sorted(found.items()):
        if name not in allowed:
            said.append(
                f"{name} has no budget: it brings {size.lines:,} lines, {size.tokens:,} tokens; pay for them elsewhere."
            )
            continue
        over = [
            f"{is_ - may:,} {unit} above its {may:,}"
            for unit, is_, may in zip(Size._fields, size, allowed[name], strict=True)
            if is_ > may
        ]
        if over:
            said.append(f"{name} is {' and '.join(over)}.")
    return said


def lowered(text: str, found: Mapping[str, Size], allowed: Mapping[str, Size]) -> str:
    """Return pyproject.toml with each budget at most today's size; a package that is gone has none."""
    rows = []
    for name, size in sorted(found.items()):
        may = allowed.get(name, size)
        rows.append(f'"{name}" = [{min(size.lines, may.lines)}, {min(size.tokens, may.tokens)}]')
    return ROWS.sub(lambda kept: kept[1] + "\n".join(rows), text, count=1)


def main() -> int:
    """Check or lower the budgets; return 1 if a package is above its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lower", action="store_true", help="write today's sizes where they are smaller")
    is_lowering = asked.parse_args().lower
    found, allowed = sizes(), budgets()
    if is_lowering:
        file = ROOT / "pyproject.toml"
        file.write_text(lowered(file.read_text(encoding="utf-8"), found, allowed), encoding="utf-8")
    product = sum((size for name, size in found.items() if name.startswith(("bot", "cogs"))), Size(0, 0))
    for name, size in (("bot and cogs", product), ("sandbox", found["sandbox"]), ("tests", found["tests"])):
        print(f"{name}: {size.lines:,} lines, {size.tokens:,} tokens")
    said = excesses(found, allowed)
    print("\n".join(said), file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
