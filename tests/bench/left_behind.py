"""Work that an earlier life of the bot has left in its database: cards that Discord has, with jobs under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import aiohttp
from bench_bot import KEY, Stage
from simcord.backend.models import Message
from simcord.builders import ChannelHandle

from bot.cannon.client import CannonClient
from bot.domain.models import Card, Job, JobState, new_id
from bot.runtime.clock import SystemClock
from bot.store import Store

AT_ONCE = 20
"""Requests that are sent at the same time."""


async def requests(api_url: str, operation: str, values: dict[str, Any], count: int) -> list[str]:
    """Have Cannon Studio make something so many times; return the requests' ids."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(client: CannonClient) -> str:
        async with room:
            return (await client.submit(KEY, operation, values, idempotency_key=f"bench-{new_id()}")).remote_id

    async with CannonClient(api_url, clock=SystemClock()) as client:
        return await asyncio.gather(*(one(client) for _ in range(count)))


async def finish(api_url: str, remote_ids: Sequence[str]) -> None:
    """Let the sandbox be done with requests now."""
    async with aiohttp.ClientSession() as session:
        for remote_id in remote_ids:
            async with session.post(f"{api_url}/_sandbox/finish", json={"id": remote_id}) as answer:
                answer.raise_for_status()


async def leave(
    place: Stage,
    channels: Sequence[ChannelHandle],
    remote_ids: Sequence[str],
    *,
    operation: str,
    values: dict[str, Any],
    age_s: float,
    due_s: float,
) -> list[Message]:
    """Leave a card in each of the channels whose job is under way since `age_s`; all are polled in `due_s` seconds.

    Returns their messages. Each job has one of the requests.
    """
    clock, backend = SystemClock(), place.wire.backend
    messages: list[Message] = []
    due_at = clock.wall() + due_s
    store = await Store.open(place.database, clock=clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        for channel, remote_id in zip(channels, remote_ids, strict=True):
            message = backend.create_message(channel.id, backend.bot_user.id, embeds=[{"author": {"name": "ada"}}])
            messages.append(message)
            now, guild_id, job_id = clock.wall(), backend.channels[channel.id].guild_id, new_id()
            assert guild_id is not None
            card = Card(
                id=new_id(), guild_id=guild_id, channel_id=channel.id, author_id=backend.bot_user.id,
                interaction_id=None, created_at=now,
            )  # fmt: skip
            job = Job(
                id=job_id, card_id=card.id, guild_id=guild_id, position=0, author_id=card.author_id,
                operation=operation, input=values, state=JobState.PROCESSING, idempotency_key=f"cannon-bot-{job_id}",
                key_id=None, held=Decimal(50), basis="fixed", remote_id=remote_id, created_at=now,
                submitted_at=now - age_s, active_s=age_s, next_at=due_at, wait_s=due_s,
            )  # fmt: skip
            await store.cards.accept(card, [job], lambda _spending: None)
            await store.cards.mark_answered(guild_id, card.id, message.id, channel.id)
    return messages
