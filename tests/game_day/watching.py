"""What an operator sees of the bot's processes: /healthz once a second, and their logs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from tests.soak.soaked_bot import ClockError

EVERY_S = 1.0
ANSWER_S = 4.0
SILENT = "no answer"
RACE = "Can't keep up, shard ID"
"""discord.py notes when it sent a heartbeat after it has; loopback has answered by then, and that looks 41 s late."""


class Watched(Protocol):
    """A process with a port for health."""

    name: str
    port: int

    @property
    def is_up(self) -> bool:
        """Whether it is there."""
        ...


@dataclass(frozen=True)
class Look:
    """What one process said at a time of the game's clock."""

    at: float
    process: str
    said: str


@dataclass
class Watch:
    """Looks at processes until it is cancelled. `clock` is the bot's, whose time may hurry."""

    processes: Sequence[Watched]
    clock: ClockError
    reported: Callable[[], list[str]] = list
    """Gives what the reports to the host say now."""
    reports_at: list[tuple[float, list[str]]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    def now(self) -> float:
        return time.monotonic() + self.clock.lead_s

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session:
            while True:
                at = self.now()
                await asyncio.gather(*(self._look(session, at, each) for each in self.processes))
                self.reports_at.append((at, self.reported()))
                await asyncio.sleep(EVERY_S)

    async def _look(self, session: aiohttp.ClientSession, at: float, process: Watched) -> None:
        said = SILENT
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
            async with session.get(f"http://127.0.0.1:{process.port}/healthz") as answer:
                said = health_words(answer.status, await answer.json())
        self.looks.append(Look(at, process.name, said if process.is_up else "not running"))

    # ------------------------------------------------------------------ what it came to

    def health(self, begins: float, ends: float) -> str:
        """Return what each process said from `begins` on, with seconds after it; a process like the one before once.

        What comes after `ends` has the seconds since then.
        """
        told: dict[str, list[str]] = {}
        for process in self.processes:
            looks = [each for each in self.looks if each.process == process.name]
            before = [each.said for each in looks if each.at < begins]
            said = before[-1] if before else ""
            changes = [said] if said else []
            for each in looks:
                if each.at >= begins and each.said != said:
                    said = each.said
                    changes.append(f"{said} {_when(each.at, begins, ends)}")
            told.setdefault(" → ".join(changes) or SILENT, []).append(process.name)
        return "; ".join(f"{', '.join(names)}: {said}" for said, names in told.items())

    def reports(self, begins: float, ends: float) -> str:
        """Return which reports were posted or changed from `begins` on, and when."""
        before = [said for at, said in self.reports_at if at < begins][-1:] or [[]]
        known, told = Counter(before[0]), list[str]()
        for at, said in self.reports_at:
            for words in Counter(said) - known if at >= begins else ():
                told.append(f"“{words[:240]}” {_when(at, begins, ends)}")
            known |= Counter(said)  # one that is posted twice is told twice
        return "<br>".join(told) or "nothing"


def _when(at: float, begins: float, ends: float) -> str:
    return f"at {at - begins:.0f} s" if at < ends else f"{at - ends:.0f} s after the end"


def health_words(status: int, health: Mapping[str, Any]) -> str:
    """Return an answer of /healthz in a few words."""
    if status == 200:
        return "200"
    why = [] if health.get("ok") else ["not ok"]
    database = health.get("database") or {}
    if not database.get("up", True):
        why.append(f"database {database.get('fails') or 'silent'}")
    why += [] if health.get("ready") else ["not ready"]
    return f"{status} ({', '.join(why)})"


# ---------------------------------------------------------------------- logs


@dataclass
class Lines:
    """What logs said: lines by level and by event, tracebacks, and lines that are no JSON."""

    levels: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    """Warnings and errors alone."""
    tracebacks: int = 0
    plain: list[str] = field(default_factory=list)

    def words(self) -> str:
        levels = ", ".join(
            f"{self.levels[each]} {each}" for each in ("info", "warning", "error", "critical") if self.levels[each]
        )
        most = ", ".join(f"{event} × {count}" for event, count in self.events.most_common(4))
        tracebacks = f"{self.tracebacks} traceback{'s' * (self.tracebacks != 1)}"
        return f"{levels or 'nothing'}; {tracebacks}" + (f" ({most})" if most else "")


def lines_of(logs: Iterable[str]) -> Lines:
    """Count the lines of logs in JSON."""
    found = Lines()
    for line in "\n".join(logs).splitlines():
        if not line.strip() or RACE in line:
            continue
        found.tracebacks += "Traceback" in line
        try:
            entry = json.loads(line)
            level = str(entry["level"])
        except (ValueError, TypeError, KeyError):
            found.plain.append(line)
            continue
        found.levels[level] += 1
        if level != "info":
            found.events[str(entry.get("event"))] += 1
    return found
