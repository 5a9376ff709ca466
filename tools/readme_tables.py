"""Write the tables of commands, settings and fields from the code; `--check` only reports whether they are current.

Each table is between two markers, `<!-- name -->` and `<!-- /name -->`. Run by `make readme`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.app.connection.commands import rows
from bot.catalogue import OPERATIONS, Field, Operation
from bot.settings import describe_settings

sys.path.insert(0, str(Path(__file__).resolve().parent))
from refusal_pages import DOCUMENT, SEEN, contents, pages, seen

DOCS = Path(__file__).resolve().parent.parent / "docs"
SETTINGS = DOCS / "settings.md"
COMMANDS = DOCS / "commands.md"
REQUESTS = DOCS / "requests.md"


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


def fields_tables() -> str:
    """Return a table of each operation's fields as Markdown."""
    return "\n".join(_fields_of(operation) for operation in OPERATIONS)


def _fields_of(operation: Operation) -> str:
    title = f"### `{operation.id}`: {operation.title}\n\n"
    if not operation.fields:
        return f"{title}Its fields are not public.\n"
    lines = [(f"`{field.name}`", field.kind, _needed(field), field.help) for field in operation.fields]
    return title + _table(("field", "kind", "required", "meaning"), lines)


def _needed(field: Field) -> str:
    return ("probably" if field.rule_inferred else "yes") if field.required else ""


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


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if the tables are out of date"
    )
    check = parser.parse_args().check
    old = {path: path.read_text(encoding="utf-8") for path in (SETTINGS, COMMANDS, REQUESTS, DOCUMENT, SEEN)}
    new = {
        SETTINGS: with_table(old[SETTINGS], "settings", settings_table()),
        COMMANDS: with_commands(old[COMMANDS]),
        REQUESTS: with_table(old[REQUESTS], "fields", fields_tables()),
        DOCUMENT: with_refusals(old[DOCUMENT]),
        SEEN: seen(),
    }
    if check and new != old:
        print("The tables are out of date. Write them with: make readme", file=sys.stderr)
        return 1
    if not check:
        for path, text in new.items():
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
