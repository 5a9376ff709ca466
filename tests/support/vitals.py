"""What only a process itself knows of its inside, asked from outside: it answers SIGUSR1 with a file."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the process loads nothing that the bot does not
    from tests.support.wire.bot import BotProcess

PATIENCE_S, CHECK_EVERY_S = 60.0, 0.02


def answer_signals(file: Path, measure: Callable[[], Mapping[str, Any]]) -> None:
    """In the process: write what `measure` returns into the file, whenever SIGUSR1 comes."""

    def write(*_: object) -> None:
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(measure()))
        partial.replace(file)

    signal.signal(signal.SIGUSR1, write)


async def asked(bot: BotProcess, file: Path) -> dict[str, Any]:
    """From outside: ask the process, and return its answer. Raises TimeoutError if it gives none."""
    file.unlink(missing_ok=True)  # noqa: ASYNC240 - a small file, of a test
    bot.send(signal.SIGUSR1)
    until = time.monotonic() + PATIENCE_S
    while not file.exists():  # noqa: ASYNC240 - a file announces nothing
        if time.monotonic() > until:
            raise TimeoutError(f"the bot does not write {file.name}")
        await asyncio.sleep(CHECK_EVERY_S)
    found: dict[str, Any] = json.loads(file.read_text())  # noqa: ASYNC240 - the same
    return found
