"""What one server's trouble costs another: seconds from a picture's success until it is posted.

The whole bot as a process of its own, beside a wire Discord and a sandbox of Cannon Studio. In each scenario other
servers have work of which nothing comes, while a quiet server asks for one picture after another. Success is when
Cannon Studio says that it was done; posted is when Discord has the file. Options as of bench.py; the quick version has
less noise and fewer pictures. Exit code 1 if a picture was posted later than 2 seconds after its success.
`make bench OF=neighbours` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

import aiohttp  # noqa: E402 - found by the line above
import bench_bot  # noqa: E402 - the same
from bench_report import Row, Table  # noqa: E402 - the same
from simcord.actors import MemberActor  # noqa: E402 - the same

from bot.cannon.client import CannonClient  # noqa: E402 - the same
from bot.domain.models import AccountStatus, Books, Card, Job, JobState, Media, MediaKind, new_id  # noqa: E402 - the same
from bot.runtime.clock import SystemClock  # noqa: E402 - the same
from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from bot.store import Store  # noqa: E402 - the same

BAR_S = 2.0
SPEED = 10.0
"""How much faster than life the sandbox is: a picture takes 0.8 seconds."""
NOISY_KEY = "cs_test_noisy_0000000000"
PATIENCE_S = 90.0
"""How long a picture is waited for: the row is missed by then anyway."""
SETTLED_S = 3.0
"""How long the noise goes on before the first picture is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    pictures: int = 8
    few: int = 6
    many: int = 80
    refused: int = 64
    hanging: int = 80
    servers: int = 20
    """Over how many servers much noise is spread."""


QUICK = Effort(pictures=2, few=6, many=12, refused=8, hanging=12, servers=4)


# ---------------------------------------------------------------------- the noise


class Noise:
    """Work of other servers, left in the bot's database by an earlier life of it."""

    def __init__(self, place: bench_bot.Stage, store: Store) -> None:
        self._place = place
        self._store = store
        self._wire = place.wire
        self.channels: list[int] = []

    async def results(self, count: int, *, servers: int, prompt: str) -> None:
        """Leave results that are to be posted, of a request with this prompt."""
        media = await _result(self._place.api_url, prompt)
        made: dict[str, Any] = {"media": (media,), "output": {"image_url": media.url}, "cost": Decimal(1)}
        await self._leave(count, servers, JobState.READY, lambda _: {**made, "remote_id": "req_of_another_life"})

    async def hanging(self, count: int, *, servers: int) -> None:
        """Leave jobs of a key that the API does not answer: one half is to be sent, the other to be polled."""
        status = AccountStatus(credits=Decimal(10**6), plan=None, scopes=())
        await self._sandbox("/_sandbox/keys", {"key": NOISY_KEY, "credits": 10**6})
        for where in ("submit", "get"):
            await self._sandbox("/_sandbox/faults", {"where": where, "kind": "stall", "times": None, "key": NOISY_KEY})

        async def key_of(guild_id: int) -> dict[str, Any]:
            return {"key_id": (await self._store.keys.set(guild_id, NOISY_KEY, set_by=1, status=status)).key.id}

        polled = {"remote_id": "req_hangs", "attempts": 1, "submitted_at": SystemClock().wall()}
        await self._leave(count // 2, servers, JobState.SUBMITTING, lambda key: key, key_of)
        await self._leave(count - count // 2, servers, JobState.PROCESSING, lambda key: {**key, **polled}, key_of)

    async def flooded(self, count: int) -> None:
        """Leave jobs of a member's own account in the quiet server, which the API answers with 429."""
        place, member_id, now = self._place, self._wire.backend.bot_user.id, SystemClock().wall()
        await self._sandbox("/_sandbox/keys", {"key": NOISY_KEY, "credits": 10**6})
        for where in ("submit", "get"):
            fault = {"where": where, "kind": "flood", "times": None, "key": NOISY_KEY, "retry_after": "30"}
            await self._sandbox("/_sandbox/faults", fault)
        status = AccountStatus(credits=Decimal(10**6), plan=None, scopes=())
        key = (await self._store.keys.set(member_id, NOISY_KEY, set_by=member_id, status=status, own=True)).key
        # Overdue ones take no place of the server's: what is measured is their account.
        more = {"key_id": key.id, "books": Books.OWN, "attempts": 1, "submitted_at": now, "overdue_at": now}
        for _ in range(count):
            await self._card(
                place.guild.id, place.channel.id, JobState.PROCESSING, {**more, "remote_id": "req_flooded"}
            )

    def unposted(self, **fault: Any) -> None:
        """Let whatever is to be posted in these channels meet a fault of Discord."""
        for channel_id in self.channels:
            self._wire.fault("PATCH", f"/channels/{channel_id}/messages/*", times=10**6, **fault)
            self._wire.fault("POST", f"/channels/{channel_id}/messages", times=10**6, **fault)

    async def _leave(
        self,
        count: int,
        servers: int,
        state: JobState,
        values: Callable[[dict[str, Any]], dict[str, Any]],
        given: Callable[[int], Awaitable[dict[str, Any]]] | None = None,
    ) -> None:
        for number in range(servers):
            guild = self._wire.create_guild(f"Noisy {number}")
            channel = self._wire.create_text_channel(guild, "noise")
            self.channels.append(channel.id)
            more = values({} if given is None else await given(guild.id))
            for _ in range(count * number // servers, count * (number + 1) // servers):
                await self._card(guild.id, channel.id, state, more)

    async def _card(self, guild_id: int, channel_id: int, state: JobState, values: dict[str, Any]) -> None:
        backend, now, job_id = self._wire.backend, SystemClock().wall(), new_id()
        message = backend.create_message(channel_id, backend.bot_user.id, "noise")
        card = Card(
            id=new_id(), guild_id=guild_id, channel_id=channel_id, author_id=backend.bot_user.id,
            interaction_id=None, created_at=now,
        )  # fmt: skip
        defaults: dict[str, Any] = {"key_id": None, "held": Decimal(1), "basis": "unknown"}
        if "remote_id" in values:
            values = values | {"remote_id": f"{values['remote_id']}_{job_id}"}  # a request is of one job
        job = Job(
            id=job_id, card_id=card.id, guild_id=guild_id, position=0, author_id=card.author_id, state=state,
            operation="image.generate", input={"prompt": "noise"}, idempotency_key=f"cannon-bot-{job_id}",
            created_at=now, **(defaults | values),
        )  # fmt: skip
        await self._store.cards.accept(card, [job], lambda _spending: None)
        await self._store.cards.mark_answered(guild_id, card.id, message.id, channel_id)

    async def _sandbox(self, path: str, body: dict[str, Any]) -> None:
        async with aiohttp.ClientSession() as session, session.post(self._place.api_url + path, json=body) as answer:
            answer.raise_for_status()


async def _result(api_url: str, prompt: str) -> Media:
    """Have a picture made and return its file."""
    async with CannonClient(api_url, clock=SystemClock()) as client:
        made = await client.submit(
            bench_bot.KEY, "image.generate", {"prompt": f"{prompt} #fast"}, idempotency_key=new_id()
        )
        done = await client.get(bench_bot.KEY, made.remote_id)
        for _ in range(int(2 * PATIENCE_S)):
            if done.status.ended:
                break
            await asyncio.sleep(0.5)
            done = await client.get(bench_bot.KEY, made.remote_id)
        return Media(url=str(done.output["image_url"]), kind=MediaKind.IMAGE, key="image_url")


# ---------------------------------------------------------------------- the quiet server


async def _pictures(place: bench_bot.Stage, count: int) -> list[float]:
    """Ask for one picture after another; return for each the seconds from its success until it was posted."""
    member = place.wire.add_member(place.guild, "ada")
    found: list[float] = []
    while len(found) < count and max(found, default=0.0) <= PATIENCE_S / 2:
        found.append(await picture(place, member, f"a quiet heron {len(found)}"))
    return found


async def picture(place: bench_bot.Stage, member: MemberActor, prompt: str) -> float:
    """Ask for a picture in the quiet server; return the seconds from its success until it was posted.

    One that is never answered, or never posted, counts from when it was asked for or done.
    """
    asked = time.time()
    try:
        reply = await place.wire.slash(member, place.channel, "image generate", prompt=prompt)
    except TimeoutError:
        return time.time() - asked
    assert not reply.message.ephemeral, reply.message.content
    with contextlib.suppress(TimeoutError):
        await place.wire.until(lambda: reply.message.attachments, PATIENCE_S)
    posted = time.time()
    return posted - _succeeded_at(place, reply.message.id)


def _succeeded_at(place: bench_bot.Stage, message_id: int) -> float:
    """Return when the job of this card was done, as Cannon Studio says; if never, when it began."""
    with contextlib.closing(sqlite3.connect(f"file:{place.database}?mode=ro", uri=True)) as db:
        query = """SELECT coalesce(jobs.finished_at, jobs.created_at) FROM jobs JOIN cards ON cards.id = jobs.card_id
                   WHERE cards.message_id = ?"""
        return float(db.execute(query, (message_id,)).fetchone()[0])


# ---------------------------------------------------------------------- the scenarios


@contextlib.asynccontextmanager
async def _scene(folder: Path) -> AsyncIterator[tuple[bench_bot.Stage, Noise]]:
    """Give a place before the bot's start, and the noise that may be left there."""
    async with bench_bot.sandbox(speed=SPEED) as api_url, bench_bot.stage(folder, api_url) as place:
        store = await Store.open(place.database, clock=SystemClock())
        try:
            yield place, Noise(place, store)
        finally:
            await store.close()


Prepare = Callable[[Noise], Awaitable[None]]


def _scenarios(effort: Effort) -> Iterator[tuple[str, str, Prepare]]:
    """Give each scenario's name, what its noise is, and what prepares it."""

    async def nothing(_: Noise) -> None: ...

    async def few(noise: Noise) -> None:
        await noise.results(effort.few, servers=1, prompt="#drip")

    async def many(noise: Noise) -> None:
        await noise.results(effort.many, servers=effort.servers, prompt="#drip")

    async def alone(noise: Noise) -> None:
        await noise.results(effort.many, servers=effort.many, prompt="#drip")

    async def refused(noise: Noise) -> None:
        await noise.results(effort.refused, servers=min(effort.servers, effort.refused), prompt="noise")
        noise.unposted(status=503)

    async def silent(noise: Noise) -> None:
        await noise.results(effort.refused, servers=min(effort.servers, effort.refused), prompt="noise")
        noise.unposted(status=200, hold=True)

    async def hanging(noise: Noise) -> None:
        await noise.hanging(effort.hanging, servers=1)

    async def hanging_widely(noise: Noise) -> None:
        await noise.hanging(effort.hanging, servers=effort.servers)

    async def flooded(noise: Noise) -> None:
        await noise.flooded(effort.many)

    widely, refusing = f"in {effort.servers} servers", f"in {min(effort.servers, effort.refused)} servers"
    yield "no noise", "", nothing
    yield f"{effort.few} files drip", "in one server", few
    yield f"{effort.many} files drip", widely, many
    yield f"{effort.many} files drip, each elsewhere", f"in {effort.many} servers", alone
    yield f"{effort.refused} results are answered 503", refusing, refused
    yield f"{effort.refused} results are not answered", refusing, silent
    yield f"the API hangs for {effort.hanging} jobs", "one server with a key of its own", hanging
    yield f"the API hangs for {effort.hanging} jobs", f"{widely} that have the same key", hanging_widely
    yield f"the API answers 429 to {effort.many} jobs", "a member's own account in the same server", flooded


async def _row(folder: Path, effort: Effort, number: int, name: str, note: str, prepare: Prepare) -> Row:
    async with _scene(folder / f"{number}") as (place, noise):
        await prepare(noise)
        await noise._store.close()
        async with place.bot() as bot:
            await bot.online(bench_bot.PATIENCE_S)
            await SystemClock().wait(asyncio.Event(), SETTLED_S)
            seconds = await _pictures(place, effort.pictures)
    middle = f"median {median(seconds):.2f} s of {len(seconds)} pictures"
    note = f"{note}; {middle}" if note else middle
    return Row(number=number, figure=name, ours=max(seconds), unit="s", bar=BAR_S, note=note)


async def _rows(effort: Effort, folder: Path, table: Table) -> list[Row]:
    found = []
    for number, scenario in enumerate(_scenarios(effort), 1):
        found.append(await _row(folder, effort, number, *scenario))
        table.add(found[-1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what one server's trouble costs another.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="less noise and fewer pictures")
    arguments = parser.parse_args()
    configure_logs(level="ERROR", log_format="json")  # to standard error: what is printed here is the table alone
    with tempfile.TemporaryDirectory(prefix="cannon-bot-bench-") as folder:
        table = Table(as_json=arguments.json)
        rows = asyncio.run(_rows(QUICK if arguments.quick else Effort(), Path(folder), table))
    return int(not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
