"""Deadlines: no call to Discord is waited for without an end. discord.py's own is 300 seconds of aiohttp's, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

CALL_TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 300.0
"""For a message with files."""


async def in_time(call: Awaitable[T], seconds: float = CALL_TIMEOUT_S) -> T:
    """Return what the call to Discord returns. Raises TimeoutError after `seconds`, or what the call raises."""
    async with asyncio.timeout(seconds):
        return await call
