"""The practice process: `python -m sandbox.practice`, started and ended with the bot.

It reads its secret path from standard input, prints the port, and ends when the input closes: then the bot is gone. It
has little memory, the lowest priority, is the first to be killed when memory runs out, writes no file, decodes no
uploads of members (sandbox/studio/files.py), and fetches links as the bot does: from public addresses only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

from bot.catalogue.catalogue import Catalogue
from bot.domain import practice
from bot.runtime.clock import SystemClock
from bot.runtime.network.fetching import PublicFetch
from sandbox.server import Sandbox
from sandbox.studio.files import SOURCE_LIMIT_BYTES, SOURCE_TIMEOUT_S

CREDITS = Decimal(10_000)
"""Each server's practice credits; a new process counts from what it is asked about."""
FILES_BYTES = 128 * 1024 * 1024
MEMORY_BYTES = 1024**3
"""Of address space, of which threads and libraries reserve twice what they use."""
OPEN_FILES = 512
KEPT_S = 6 * 3600.0
"""How long an ended request is kept. Who asks for it later has it adopted, and made, again."""
TIDY_EVERY_S = 60.0
LOWEST_PRIORITY = 19


def main() -> None:
    """Serve until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the bot decides when to end
    limit()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(json.loads(sys.stdin.buffer.readline())["path"]))


def limit() -> None:
    """Drop resources and privileges that this process does not need."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    os.nice(LOWEST_PRIORITY)
    with contextlib.suppress(OSError):  # no /proc on macOS
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


async def serve(path: str) -> None:
    """Serve below the secret `path`, print the port, and end with standard input."""
    async with PublicFetch(timeout_s=SOURCE_TIMEOUT_S, limit_bytes=SOURCE_LIMIT_BYTES) as public:
        sandbox = Sandbox(
            credits=CREDITS,
            catalogue=Catalogue(),
            fetch=public.get,
            path=path,
            links=practice.URL,
            files_bytes=FILES_BYTES,
            seeds_by_id=True,
        )
        async with sandbox:
            print(json.dumps({"url": sandbox.url}), flush=True)  # noqa: T201 - the bot reads this line
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # and nothing after it
            tidying = asyncio.create_task(tidy(sandbox))
            await asyncio.to_thread(sys.stdin.buffer.read)
            tidying.cancel()


async def tidy(sandbox: Sandbox) -> None:
    """Forget old ended requests, every minute."""
    clock, pause = SystemClock(), asyncio.Event()
    while True:
        await clock.wait(pause, TIDY_EVERY_S)
        sandbox.accounts.forget_ended(clock.wall() - KEPT_S)


if __name__ == "__main__":
    main()
