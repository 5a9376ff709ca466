"""All that a fleet lives through, several times, as a table. `make chaos`; ARGS="--runs 1 --only deaths,database".

What takes longer than its bar is wrong here, if the machine has nothing else to do: in the tests it may take longer.
The exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.chaos import BARS, Outcome
from tests.fleet.troubles import PLAYS, play


@dataclass(frozen=True)
class Played:
    """One run of one kind of trouble."""

    name: str
    outcome: Outcome
    seconds: float
    load: float
    """How busy the machine was when it began: processes that want to run."""


def table(all_played: Sequence[Played]) -> str:
    """Return what came of it as Markdown: the counts of each kind of trouble, then each take-over beside its bar."""
    lines = [
        "| trouble | commands | jobs | wrong | unanswered | told to try again | seconds | load |",
        "|---" * 8 + "|",
    ]
    for each in all_played:
        outcome = each.outcome
        counts = (
            outcome.asked, outcome.states.total(), len(outcome.wrong), outcome.unanswered, outcome.put_off,
            f"{each.seconds:.0f}", f"{each.load:.1f}",
        )  # fmt: skip
        lines.append(f"| {each.name} | {' | '.join(map(str, counts))} |")
    lines += ["", "| until others have it, in seconds | bar | of each run |", "|---" * 3 + "|"]
    for name, bar in BARS.items():
        took = [each.outcome.took[name] for each in all_played if name in each.outcome.took]
        if took:
            lines.append(f"| {name} | {bar:.0f} | {', '.join(f'{seconds:.1f}' for seconds in took)} |")
    return "\n".join(lines)


def main() -> int:
    """Live through it; return the exit status."""
    parser = argparse.ArgumentParser(description="Let all go wrong that can go wrong with a fleet, and count.")
    parser.add_argument("--runs", type=int, default=3, help="of each kind of trouble; each has another seed")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--only", default=",".join(PLAYS), help=f"of {', '.join(PLAYS)}")
    parser.add_argument("--busy", action="store_true", help="as in the tests: bars are wider, and outages shorter")
    arguments = parser.parse_args()
    all_played = [
        _played(name, seed, is_quiet=not arguments.busy)
        for seed in range(arguments.seed, arguments.seed + arguments.runs)
        for name in arguments.only.split(",")
    ]
    _say(table(all_played))
    return int(any(each.outcome.wrong for each in all_played))


def _played(name: str, seed: int, *, is_quiet: bool) -> Played:
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    load, began = os.getloadavg()[0], time.monotonic()
    try:
        outcome, noted = asyncio.run(play(name, folder, seed=seed, is_quiet=is_quiet))
    except Exception:  # noqa: BLE001 - the others are worth living through
        outcome, noted = Outcome(wrong=[traceback.format_exc()[-3000:]]), []
    played = Played(name, outcome, time.monotonic() - began, load)
    _say("\n".join([f"{name}, seed {seed}: {played.seconds:.0f} s", *noted, *outcome.lines()]))
    if outcome.wrong:
        _say(f"kept: {folder}")
    else:
        shutil.rmtree(folder)
    return played


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
