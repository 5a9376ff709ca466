"""The one door for what Cannon Studio answers: its JSON is read off the event loop, and only so much of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

NODES_MAX: Final = 20_000
"""Objects, lists, and values of one answer."""
DOCUMENT_NODES_MAX: Final = 200_000
"""Of the description of the whole API."""
DEPTH_MAX: Final = 100
"""What reads an answer further may recurse."""
PIECES_MAX: Final = 64
"""Pieces of a tool's answer, and events before it."""
INLINE_BYTES: Final = 16 * 1024
"""An answer below this size is read in less than a millisecond."""

T = TypeVar("T")


async def aside(size: int, read: Callable[[], T]) -> T:
    """Return what `read` makes of an answer of `size` bytes: in a thread, unless it is small."""
    return read() if size <= INLINE_BYTES else await asyncio.to_thread(read)


def parsed(text: str | bytes, nodes_max: int = NODES_MAX, **hooks: Any) -> Any:
    """Return JSON; `hooks` are those of `json.loads`.

    Raises ValueError, also for an answer that is too deep or has too many parts, and RecursionError.
    """
    found = json.loads(text, **hooks)
    nodes, level = 0, _children([found])
    for _ in range(DEPTH_MAX):
        nodes += sum(map(len, level))
        if nodes > nodes_max:
            raise ValueError("too many parts")
        level = [child for each in level for child in _children(each)]
        if not level:
            return found
    raise ValueError("too deep")


def _children(value: Any) -> Sequence[Any]:
    inner = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, dict | list)]
