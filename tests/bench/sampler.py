"""Where a process spends its time: samples of what its threads do, for the bench's `--profile`.

A sample counts for the innermost function, and for the function of the bot's nearest to it. Threads that wait for work
are not counted; one that waits for the disk is.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = f"{Path(__file__).resolve().parents[2]}/"
EVERY_S, WRITTEN_EVERY = 0.005, 200
"""Seconds between samples, and after how many the file is written: a bot is killed without notice."""
MOST = 12
IDLE = frozenset({"select", "poll", "wait", "get", "accept", "_connection_worker_thread", "_worker", "run_forever"})
"""Innermost functions of a thread that has nothing to do."""


class Sampler(threading.Thread):
    """Samples all other threads of this process until it ends, and keeps `file` up to date."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self._file = file
        self._ended = threading.Event()
        self._counts: Counter[str] = Counter()

    def run(self) -> None:
        taken = 0
        while not self._ended.wait(EVERY_S):
            mine = threading.get_ident()
            for thread, frame in sys._current_frames().items():
                if thread != mine and frame.f_code.co_name not in IDLE:
                    self._counts[f"{_nearest(frame)} → {_name(frame)}"] += 1
            taken += 1
            if taken % WRITTEN_EVERY == 0:
                self._write()

    def end(self) -> None:
        self._ended.set()
        self.join()
        self._write()

    def _write(self) -> None:
        partial = self._file.with_suffix(".part")
        partial.write_text(json.dumps(self._counts.most_common()))
        partial.replace(self._file)


def told(file: Path, name: str) -> str:
    """Return the largest shares of a written profile, in lines."""
    counts: list[tuple[str, int]] = json.loads(file.read_text())
    every = sum(count for _, count in counts)
    shares = [f"  {count / every:6.1%}  {what}" for what, count in counts[:MOST]]
    callers: Counter[str] = Counter()
    for what, count in counts:
        callers[what.partition(" → ")[0]] += count
    nearest = [f"  {count / every:6.1%}  {what}" for what, count in callers.most_common(MOST)]
    return "\n".join([f"profile of {name}, {every} busy samples:", *shares, "  by the bot's function:", *nearest])


def _nearest(frame: FrameType) -> str:
    """Return the innermost function that is the bot's own."""
    each: FrameType | None = frame
    while each is not None:
        if each.f_code.co_filename.startswith((f"{ROOT}bot/", f"{ROOT}cogs/")):
            return _name(each)
        each = each.f_back
    return "elsewhere"


def _name(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    short = (
        path.removeprefix(ROOT) if path.startswith(ROOT) and "/.venv/" not in path else "/".join(path.split("/")[-2:])
    )
    return f"{short}:{frame.f_code.co_qualname}"
