"""The bot's HTTP server in a process of its own, with the usual limit of open files and the bot's own logs.

Prints the two addresses, webhooks first; its health opens a file, as all that the bot does.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Mapping
from pathlib import Path

from bot.runtime.clock import SystemClock
from bot.runtime.logs import configure_logs
from bot.runtime.metrics import Metrics
from bot.runtime.network.listener import Endpoint
from bot.runtime.network.web_server import HttpServer

SOFT_LIMIT = 1024


def health() -> Mapping[str, object]:
    Path(__file__).read_bytes()
    return {"ok": True, "ready": True}


async def serve() -> None:
    server = HttpServer(
        private=Endpoint("HEALTH", "127.0.0.1", 0),
        public=Endpoint("HTTP", "127.0.0.1", 0),
        health=health,
        hint=lambda _: True,
        metrics=Metrics(),
        clock=SystemClock(),
    )
    await server.start()
    print(server.webhook_address, server.health_address, flush=True)  # noqa: T201 - for the test that starts it
    await asyncio.Event().wait()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    configure_logs(log_format="json")
    asyncio.run(serve())
