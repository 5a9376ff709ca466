"""One process that races for a server's last credits: `python -m tests.fleet.racer`, told by lines of JSON.

For each race it opens the fleet's database and puts the bot's own parts together on it. Then it takes in what it is
asked for, through the real intake: at once, or one request after the other. Each line is answered by one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog

from bot.app.client import CannonBot
from bot.app.parts import Parts, assemble
from bot.app.practice_process import NoPracticeStudio
from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin, Place
from bot.domain.money.costs import ListedPrice
from bot.domain.money.spend_request import DEFAULT_HOLD
from bot.errors import Refused
from bot.jobs.intake import Accepted
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from tests.support.rig import HOST_KEY
from tests.support.viewers import seeing

SECRET = "the secret of all processes of this fleet"
GUILD, CHANNEL = 700, 55
NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there: whoever takes in a request calls nobody."""


@dataclass(frozen=True)
class Ask:
    """A member's request, by an interaction of its own."""

    member: int
    interaction: int
    operation: str
    count: int = 1
    guild: int = GUILD

    def spec(self) -> CardSpec:
        """Return it as a command makes it."""
        step = JobSpec(operation=self.operation, input={"prompt": "a fox"})
        origin = Origin(
            place=Place(guild_id=self.guild, channel_id=CHANNEL),
            author_id=self.member,
            viewer=seeing(self.guild, self.member),
            interaction_id=10**18 + self.interaction,
        )
        return CardSpec(origin=origin, steps=(step,) * self.count)


@dataclass(frozen=True)
class Outcome:
    """What came of a request: the holds of its jobs if it won, else the first sentence of the refusal."""

    member: int
    card: str = ""
    held: tuple[str, ...] = ()
    fresh: bool = False
    refusal: str = ""


@asynccontextmanager
async def parts_on(url: str, monthly_limit: str, monthly_total: str) -> AsyncIterator[Parts]:
    """Give the bot's parts on a store of their own; nothing of them runs by itself."""
    with tempfile.TemporaryDirectory() as folder:
        values: dict[str, Any] = {
            "cannon_api_url": NOWHERE,
            "cannon_api_key": SecretStr(HOST_KEY),
            "cannon_api_key_guilds": "*",
            "cannon_api_key_limit": Decimal(monthly_limit) if monthly_limit else None,
            "cannon_api_key_total": Decimal(monthly_total) if monthly_total else None,
            "database": Path(folder) / "unused.db",
            "health_port": 0,
        }
        settings = Settings(**values)
        bot = CannonBot(settings, run_worker=False, serve_http=False, practice=NoPracticeStudio())
        store = await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET])
        try:
            parts = await assemble(bot.setup, store)
            parts.host_prices.lines = {("image.generate", ""): ListedPrice(credits=DEFAULT_HOLD)}
            yield parts
            await parts.aclose()
        finally:
            await store.close()
            bot._folder.cleanup()


async def taken(parts: Parts, asks: Sequence[Ask], *, at_once: bool) -> list[Outcome]:
    """Take the requests in; whatever is neither a win nor a refusal rises."""

    async def take(ask: Ask) -> Outcome:
        try:
            won: Accepted = await parts.jobs.accept(ask.spec())
        except Refused as error:
            return Outcome(ask.member, refusal=error.sentence.partition(". ")[0])
        return Outcome(ask.member, won.card.id, tuple(str(job.held) for job in won.jobs), won.fresh)

    if at_once:
        return list(await asyncio.gather(*map(take, asks)))
    return [await take(ask) for ask in asks]


async def serve_one(told: Mapping[str, Any], lines: AsyncIterator[Any]) -> None:
    """Take part in one race: open the database, and take in what is requested until `asks` is null."""
    async with parts_on(told["url"], told["monthly_limit"], told["monthly_total"]) as parts:
        answer("ready")
        async for each in lines:
            if each["asks"] is None:
                break
            outcomes = await taken(parts, [Ask(**ask) for ask in each["asks"]], at_once=each["at_once"])
            answer([asdict(outcome) for outcome in outcomes])
    answer("closed")


async def read_lines() -> AsyncIterator[Any]:
    """Give what the lines of the standard input say, until it ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


def answer(said: Any) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Take part in one race after the other."""
    lines = read_lines()
    async for told in lines:
        await serve_one(told, lines)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main())
