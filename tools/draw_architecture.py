"""Draw docs/images/architecture.svg: the packages in the import contract's order, each with its first sentence.

The picture has no source of its own to fall out of date: the rows are the layers in pyproject.toml, the words are the
packages' docstrings. Run by `make picture`; a contract test compares the file with what the code gives now.
"""

from __future__ import annotations

import ast
import textwrap
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
CONTRACT = "layers"

WIDTH_PX = 1040
MARGIN_PX = 24
BOX_PX = 60
GAP_PX = 24
LINE_PX = 16
CHARACTER_PX = 6.1
"""Slightly more than an average character of the 12 px font, so that no line leaves its box."""
FACE = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
TONES = {"discord": "#eef0ff", "plain": "#f6f8fa"}
ARROW_TIP = (
    "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
    "<path d='M0 0 8 4 0 8z' fill='#57606a'/></marker></defs>"
)
LEGEND = "Violet: may import discord. Names in one row do not import each other; every import runs down."
KNOWS_DISCORD = frozenset({"cogs", "fleet", "app", "delivery", "sandbox"})
BESIDE_BOT = ("cogs", "sandbox")


@dataclass(frozen=True, slots=True)
class Box:
    """A package or a module, with its sentence."""

    name: str
    sentence: str
    knows_discord: bool


def layers(root: Path = ROOT) -> list[list[str]]:
    """Return the contract's rows from the top: the names in one row may not import each other."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == CONTRACT)
    return [[name.strip() for name in row.replace(":", "|").split("|")] for row in contract["layers"]]


def first_sentence(path: Path) -> str:
    """Return a module's first docstring sentence, up to its colon or full stop; "" if it has none."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n", 1)[0].split()).rstrip(".")


def boxes(root: Path = ROOT) -> list[list[Box]]:
    """Return the picture's rows, from the top: the core's layers, and the surface in the row above the app."""
    rows = []
    for names in layers(root):
        row = [_box(root, name, root / "bot" / name) for name in names if name != "__main__"]
        if "fleet" in names:
            row = [*(_box(root, name, root / name) for name in BESIDE_BOT), *row]
        rows += [row] if row else []
    return rows


def _box(root: Path, name: str, place: Path) -> Box:
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    shown = f"{place.relative_to(root)}/" if place.is_dir() else str(source.relative_to(root))
    return Box(name=shown, sentence=first_sentence(source), knows_discord=name in KNOWS_DISCORD)


def svg(rows: list[list[Box]]) -> str:
    """Return the picture as SVG, one row of boxes a layer, an arrow from each row to the next."""
    height = MARGIN_PX * 2 + len(rows) * BOX_PX + (len(rows) - 1) * GAP_PX + 2 * LINE_PX
    drawn = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH_PX} {height}' role='img' {FACE}>",
        "<title>The packages of cannon-bot; imports run from the top to the bottom</title>",
        f"<rect width='{WIDTH_PX}' height='{height}' fill='#ffffff'/>",
        ARROW_TIP,
    ]
    for number, row in enumerate(rows):
        top = MARGIN_PX + number * (BOX_PX + GAP_PX)
        if number:
            drawn.append(
                f"<path d='M{WIDTH_PX // 2} {top - GAP_PX + 2}V{top - 4}' stroke='#57606a' marker-end='url(#tip)'/>"
            )
        width = (WIDTH_PX - 2 * MARGIN_PX - (len(row) - 1) * 16) / len(row)
        for place, box in enumerate(row):
            drawn += _draw(box, MARGIN_PX + place * (width + 16), top, width)
    drawn.append(_text(LEGEND, MARGIN_PX, height - MARGIN_PX + 4, "font-size='12' fill='#57606a'"))
    return "\n".join([*drawn, "</svg>", ""])


def _draw(box: Box, left: float, top: float, width: float) -> list[str]:
    tone = TONES["discord" if box.knows_discord else "plain"]
    lines = textwrap.wrap(box.sentence, max(12, int((width - 24) / CHARACTER_PX)), max_lines=2, placeholder=" …")
    parts = [
        f"<rect x='{left:.0f}' y='{top}' width='{width:.0f}' height='{BOX_PX}' rx='8' fill='{tone}' stroke='#d0d7de'/>",
        _text(box.name, left + 12, top + 20, "font-size='14' font-weight='600' fill='#1f2328'"),
    ]
    parts += [
        _text(line, left + 12, top + 37 + number * LINE_PX, "font-size='12' fill='#57606a'")
        for number, line in enumerate(lines)
    ]
    return parts


def _text(text: str, left: float, top: float, style: str) -> str:
    return f"<text x='{left:.0f}' y='{top:.0f}' {style}>{escape(text)}</text>"


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(svg(boxes()), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
