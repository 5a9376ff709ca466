"""A worker's process: follows what its engine gives it, until it is killed. Its argument is its plan as JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[3]))

from adapters import engine_of
from books import Plan, leave_at_once


async def main(plan: Plan) -> None:
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave_at_once, "stopped")
    await engine_of(plan.engine).work(plan)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # a database that is away is logged for each task
    plan = Plan(**json.loads(sys.argv[1]))
    try:
        asyncio.run(main(plan))
    except Exception as error:  # noqa: BLE001 - a supervisor starts it again
        leave_at_once(f"{plan.worker}: {error!r}"[:300])
    leave_at_once(f"{plan.worker}: its engine has stopped")
