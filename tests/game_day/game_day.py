"""A game day: what an operator, a member and the books see while something goes wrong. `make game-day`.

    make game-day ARGS="--only database,key --on SQLite"

Real processes of the bot between a wire Discord and the sandbox, on SQLite (one process) and on PostgreSQL (three
processes). What was played on both is written to build/game-day.md, unless something was wrong with it: then the
exit status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.game_day.scenarios import POSTGRES, SCENARIOS, SQLITE, Row, can_mount, play

PAGE = Path(__file__).parents[2] / "build" / "game-day.md"
DATABASES = (SQLITE, POSTGRES)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown: a section for each scenario, with a table of both databases."""
    lines: list[str] = []
    for title in dict.fromkeys(row.scenario for row in rows):
        both = [row for row in rows if row.scenario == title]
        lines += [f"## {title}", "", f"| | {' | '.join(row.database for row in both)} |"]
        lines.append(f"|---|{'---|' * len(both)}")
        for name, cells in (
            ("trouble", [row.trouble for row in both]),
            ("health", [row.health for row in both]),
            ("report to the host", [row.report for row in both]),
            ("members read", ["<br>".join(row.member) for row in both]),
            ("log", [row.log for row in both]),
            ("end", ["<br>".join(row.end) for row in both]),
            ("books", ["<br>".join(filter(None, [row.books, *row.wrong])) for row in both]),
        ):
            if any(cells):
                lines.append(f"| {name} | {' | '.join(each.replace('|', '/') or '-' for each in cells)} |")
        lines.append("")
    return "\n".join(lines)


def write(page: Path, rows: Sequence[Row]) -> None:
    """Write the sections of these rows as a page."""
    page.parent.mkdir(exist_ok=True)
    page.write_text("\n\n".join(["# Game day", *table_of_each(rows)]) + "\n", encoding="utf-8")


def table_of_each(rows: Sequence[Row]) -> list[str]:
    """Return a section for each scenario that was played on both databases."""
    titles = dict.fromkeys(row.scenario for row in rows)
    both = [[row for row in rows if row.scenario == title] for title in titles]
    return [table(each) for each in both if len(each) == len(DATABASES)]


def main() -> int:
    """Play; return the exit status."""
    parser = argparse.ArgumentParser(description="Let things go wrong, one after the other, and note what is seen.")
    parser.add_argument("--only", default=",".join(SCENARIOS), help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--on", default=",".join(DATABASES), help="SQLite, PostgreSQL, or both with a comma")
    arguments = parser.parse_args()
    rows: list[Row] = []
    began = time.monotonic()
    for name in arguments.only.split(","):
        if SCENARIOS[name].disk and not can_mount():
            _say(f"{name}: left out, no disk can be mounted here")
            continue
        played = [_played(name, database) for database in arguments.on.split(",")]
        write(PAGE, [row for row in played if not row.wrong])
        rows += played
    _say(f"{len(rows)} scenarios in {time.monotonic() - began:.0f} s")
    return int(any(row.wrong for row in rows))


def _played(name: str, database: str) -> Row:
    folder = Path(tempfile.mkdtemp(prefix="game-day-"))
    folder.chmod(0o755)
    try:
        row = asyncio.run(play(name, database, folder))
    except Exception:  # noqa: BLE001 - the others are worth playing
        row = Row(SCENARIOS[name].title, database, wrong=[traceback.format_exc()[-3000:]])
    _say(f"{row.scenario}, {database}: {row.seconds:.0f} s{''.join(f'{chr(10)}  WRONG: {each}' for each in row.wrong)}")
    _say(table([row]))
    if row.wrong:
        _say(f"  kept: {folder}")
    else:
        shutil.rmtree(folder)
    return row


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
