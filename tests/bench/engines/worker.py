"""A worker process: takes turns until SIGTERM, or claims until nothing is left.

Its first argument is its plan as JSON, its second `turns` or `claims`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress

import uvloop
from adapters import engine_of
from turns import Plan, Turns


async def _work(plan: Plan) -> None:
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    with suppress(asyncio.CancelledError):
        await engine_of(plan.engine).work(Turns(plan))


async def _claim(plan: Plan) -> None:
    turns = Turns(plan)
    await engine_of(plan.engine).claim(turns)


def main() -> None:
    """Do what the arguments say; leave without waiting for threads of the engine."""
    logging.disable(logging.CRITICAL)  # a look that finds a job still running is an error or a retry to most engines
    plan = Plan(**json.loads(sys.argv[1]))
    try:
        uvloop.run(_work(plan) if sys.argv[2] == "turns" else _claim(plan))
    except Exception as error:  # noqa: BLE001 - whatever ends the worker is told in one line, not in a traceback
        sys.stderr.write(f"{plan.worker}: {error!r}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
