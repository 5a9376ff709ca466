"""The sandbox in a process of its own: `python bench_sandbox.py SPEED BIG_BYTES [SEEN]` prints its address and serves.

Pictures are tiny, so that drawing them takes nothing from the bot; `#big` makes a file of BIG_BYTES. For each success
that a poll has seen, the file SEEN gets a line of JSON. A request that it does not know is one of a database that a
bench has filled: it says that it works on it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from sandbox.server import Sandbox
from sandbox.studio import studio as work
from sandbox.studio.accounts import Account
from sandbox.studio.studio import Studio

CREDITS = 10**9
FILES_BYTES = 10**10


def note_successes(seen: Path) -> None:
    """Write down when each request succeeded, and when which poll saw it; times are Unix seconds."""
    document = Studio.document
    noted: set[str] = set()
    file = seen.open("a", buffering=1)

    async def noting(self: Studio, account: Account, remote_id: str) -> dict[str, Any]:
        shown = await document(self, account, remote_id)
        if shown["status"] == "succeeded" and remote_id not in noted:
            noted.add(remote_id)
            request = self.accounts.requests[remote_id]
            line = {
                "prompt": request.input["prompt"],
                "succeeded_at": request.ends_at,
                "seen_at": self.clock.wall(),
                "polls": request.polls,
            }
            file.write(f"{json.dumps(line)}\n")
        return shown

    Studio.document = noting  # type: ignore[method-assign]  # the same, and a note


def work_on_all() -> None:
    """Say of each unknown request that it is being worked on, for ever."""
    document = Studio.document

    async def shown(self: Studio, account: Account, remote_id: str) -> dict[str, Any]:
        if remote_id not in self.accounts.requests:
            return {"id": remote_id, "operation": "image.generate", "status": "processing"}
        return await document(self, account, remote_id)

    Studio.document = shown  # type: ignore[method-assign]  # the same for those it knows


async def serve(speed: float, big_bytes: int) -> None:
    work.BIG_BYTES = big_bytes
    async with Sandbox(speed=speed, credits=CREDITS, small=True, files_bytes=FILES_BYTES) as sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        note_successes(Path(sys.argv[3]))
    work_on_all()
    asyncio.run(serve(float(sys.argv[1]), int(sys.argv[2])))
