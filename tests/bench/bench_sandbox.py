"""The sandbox in a process of its own: `python bench_sandbox.py SPEED BIG_BYTES` prints its address and serves.

Pictures are tiny, so that drawing them takes nothing from the bot; `#big` makes a file of BIG_BYTES.
"""

from __future__ import annotations

import asyncio
import sys

from bot.sandbox import work
from bot.sandbox.server import Sandbox

CREDITS = 10**9


async def serve(speed: float, big_bytes: int) -> None:
    work.BIG_BYTES = big_bytes
    async with Sandbox(speed=speed, credits=CREDITS, small=True) as sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), int(sys.argv[2])))
