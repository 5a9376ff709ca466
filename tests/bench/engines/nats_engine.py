"""NATS JetStream, whose server is a package of Debian's: a message for each server that has open jobs.

A message whose follower does not say "in progress" in time is delivered to another. It is published after our commit,
so that a process that dies between the two leaves jobs that nothing follows: a bot would need an outbox, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nats
import psycopg
from adapters import Variant
from books import Plan
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

STREAM, SUBJECTS = "servers", "follow.*"
FETCHED = 200
ANSWER_S = 3
CONFIG = """
listen: 127.0.0.1:{port}
jetstream {{ store_dir: "{folder}", sync_interval: always }}
"""


class Adapter(Variant):
    package = "nats-py"
    add = None
    refused = (psycopg.Error, nats.errors.Error, TimeoutError)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        program = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise SystemExit("nats-server is not installed: apt-get install nats-server")
        with tempfile.TemporaryDirectory() as folder:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            config = Path(folder) / "config"
            config.write_text(CONFIG.format(port=port, folder=folder), encoding="utf-8")
            self.extra = f"nats://127.0.0.1:{port}"
            self._command = [program, "-c", str(config)]
            self._server = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
            try:
                yield
            finally:
                self._server.terminate()
                self._server.wait()

    def restart(self) -> None:
        self._server.terminate()
        self._server.wait()
        self._server = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    async def install(self, url: str) -> None:
        self._nats = await nats.connect(self.extra, max_reconnect_attempts=-1)
        self._stream = self._nats.jetstream(publish_async_max_pending=1_000)
        await self._stream.add_stream(
            StreamConfig(name=STREAM, subjects=[SUBJECTS], retention=RetentionPolicy.WORK_QUEUE)
        )

    async def publish(self, tasks: Sequence[tuple[int, int]]) -> None:
        async with asyncio.timeout(ANSWER_S * max(1, len(tasks) / FETCHED)):
            await asyncio.gather(*[await self._stream.publish_async(f"follow.{server}") for server, _ in tasks])

    async def close(self) -> None:
        await super().close()
        await self._nats.close()

    async def work(self, plan: Plan) -> None:
        client = await nats.connect(plan.extra, max_reconnect_attempts=-1)
        subscription = await client.jetstream().pull_subscribe(
            SUBJECTS,
            durable="workers",
            config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=plan.liveness_s, max_ack_pending=1_000_000),
        )
        running: dict[asyncio.Task[None], Msg] = {}

        async def beat() -> None:
            while True:
                # A worker whose database is out of reach lets its servers go.
                if time.monotonic() - self.books.heard_at < plan.liveness_s / 2:
                    for message in list(running.values()):
                        await message.in_progress()
                await asyncio.sleep(plan.liveness_s / 4)

        async with self.follower(plan) as follower, asyncio.TaskGroup() as group:
            group.create_task(beat())

            async def follow(message: Msg) -> None:
                told = message.metadata
                server = int(message.subject.rpartition(".")[2])
                await follower.follow(server, told.sequence.stream * 1_000 + told.num_delivered)
                await message.ack()

            while True:
                if (room := plan.at_once - len(running)) <= 0:
                    await asyncio.sleep(0.1)
                    continue
                with contextlib.suppress(TimeoutError, nats.errors.TimeoutError):
                    for message in await subscription.fetch(min(room, FETCHED), timeout=1):
                        task = group.create_task(follow(message))
                        running[task] = message
                        task.add_done_callback(running.pop)
