"""Write what documents and deploy/ derive: tables, pages about refusals, the packages' picture, Grafana's rules.

`--check` only reports whether the tables are current.

Each table is between two markers, `<!-- name -->` and `<!-- /name -->`. Run by `make readme`.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

from bot.settings import describe_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]
from refusal_pages import DOCUMENT, SEEN, contents, pages, seen  # noqa: E402 - the same

from tests.support.command_rows import rows  # noqa: E402 - found by the line above

DOCS = ROOT / "docs"
SETTINGS = DOCS / "settings.md"
COMMANDS = DOCS / "commands.md"


def settings_table() -> str:
    """Return the table of settings as Markdown."""
    lines = [(f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in describe_settings()]
    return _table(("setting", "default", "meaning"), lines)


def commands_table(commands: list[dict[str, Any]]) -> str:
    """Return the table of slash commands as Markdown; required options come first, optional ones in brackets."""
    lines = []
    for command in commands:
        options = sorted(command["options"], key=lambda option: not option["required"])
        names = (f"`{option['name']}`" if option["required"] else f"[`{option['name']}`]" for option in options)
        lines.append((f"`/{command['name']}`", command["description"], " ".join(names)))
    return _table(("command", "what it does", "options"), lines)


def with_table(text: str, name: str, table: str) -> str:
    """Return `text` with `table` between the markers of `name`. Raises ValueError unless the markers occur once."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    written, times = pattern.subn(lambda match: f"{match[1]}{table}{match[2]}", text)
    if times != 1:
        raise ValueError(f"there must be <!-- {name} --> and <!-- /{name} --> once, each at the start of a line")
    return written


def with_commands(text: str) -> str:
    """Return the `text` of the page of commands with its table up to date."""
    from bot.app.entry_points import describe_commands  # noqa: PLC0415 - the settings' table alone needs no Discord

    return with_table(text, "commands", commands_table(rows(describe_commands())))


def with_refusals(text: str) -> str:
    """Return the page about refusals with the pages of all of them."""
    return with_table(with_table(text, "contents", f"\n{contents()}\n"), "pages", f"{pages()}\n")


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    table = [head, tuple("---" for _ in head), *lines]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in table)


# ---------------------------------------------------------------------- Grafana's copy of the alert rules

DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus-alerts.yaml"
RULES = DEPLOY / "grafana" / "alerting" / "rules.json"
DATAALERTS = "prometheus"
"""The uid in deploy/grafana/datasource.yaml."""
WINDOW_S = 600
"""What Grafana passes as the range of an instant query; expressions name their own."""


def _plain(text: str) -> str:
    """Return an annotation's template for Grafana, without `$`: provisioning would read the environment there."""
    return re.sub(r"\$labels\.(\w+)", r".Labels.\1", text).replace("$value", ".Values.A.Value")


def grafana_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of Prometheus as Grafana's: it fires for each series that the expression returns."""
    return {
        "uid": f"cannon-bot-{rule['alert'].lower()}"[:40],
        "title": rule["alert"],
        "condition": "B",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": {"from": WINDOW_S, "to": 0},
                "datasourceUid": DATAALERTS,
                "model": {"refId": "A", "expr": rule["expr"], "instant": True, "range": False},
            },
            {
                "refId": "B",
                "datasourceUid": "__expr__",
                "model": {
                    "refId": "B",
                    "type": "threshold",
                    "expression": "A",
                    # Every value: the expression itself says what is too much, and none of its values is negative.
                    "conditions": [{"evaluator": {"type": "gt", "params": [-1]}}],
                },
            },
        ],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": rule.get("for", "0s"),
        "annotations": {name: _plain(text) for name, text in rule["annotations"].items()},
        "labels": dict(rule["labels"]),
    }


def grafana_rules(text: str) -> str:
    """Return the provisioning file for the rules of a Prometheus file's text."""
    groups = [
        {
            "orgId": 1,
            "name": group["name"],
            "folder": "cannon-bot",
            "interval": "1m",
            "rules": [grafana_rule(rule) for rule in group["rules"]],
        }
        for group in yaml.safe_load(text)["groups"]
    ]
    return f"{json.dumps({'apiVersion': 1, 'groups': groups}, indent=2, ensure_ascii=False)}\n"


def write_rules() -> None:
    """Write Grafana's rules."""
    RULES.write_text(grafana_rules(ALERTS.read_text(encoding="utf-8")), encoding="utf-8")


# ---------------------------------------------------------------------- the picture of the packages

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


def write_picture() -> None:
    """Write the picture."""
    PICTURE.write_text(svg(boxes()), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} written")


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if the tables are out of date"
    )
    check = parser.parse_args().check
    old = {path: path.read_text(encoding="utf-8") for path in (SETTINGS, COMMANDS, DOCUMENT, SEEN)}
    new = {
        SETTINGS: with_table(old[SETTINGS], "settings", settings_table()),
        COMMANDS: with_commands(old[COMMANDS]),
        DOCUMENT: with_refusals(old[DOCUMENT]),
        SEEN: seen(),
    }
    if check and new != old:
        print("The tables are out of date. Write them with: make readme", file=sys.stderr)
        return 1
    if not check:
        for path, text in new.items():
            path.write_text(text, encoding="utf-8")
        write_rules()
        write_picture()
    return 0


if __name__ == "__main__":
    sys.exit(main())
