"""The writes of a job from its acceptance to its settlement, as a fleet's processes make them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.domain.models import AccountStatus, Card, Job, JobState, new_id
from bot.runtime.clock import SystemClock
from bot.store import Store

GUILD = 10**18
"""The first of them."""
STATES: tuple[tuple[JobState, Mapping[str, Any]], ...] = (
    (JobState.QUEUED, {"attempts": 1}),
    (JobState.PROCESSING, {}),
    (JobState.READY, {"cost": Decimal(7)}),
    (JobState.DELIVERED, {"settle": Decimal(7), "message_id": 9}),
)


def guild_ids(count: int) -> range:
    return range(GUILD, GUILD + count)


async def give_keys(store: Store, count: int) -> None:
    """Give so many servers a key of their own."""
    status = AccountStatus(credits=Decimal(1000), plan="Creator", scopes=("media", "status"))
    for guild_id in guild_ids(count):
        await store.keys.set(guild_id, f"key of {guild_id}", set_by=1, status=status)


def card_with_job(guild_id: int, number: int, key_id: int) -> tuple[Card, Job]:
    now = SystemClock().wall()
    card = Card(
        id=new_id(), guild_id=guild_id, channel_id=55, author_id=1 + number % 50, interaction_id=number, token="token",
        token_expires_at=now + 900, created_at=now,
    )  # fmt: skip
    job = Job(
        id=new_id(), card_id=card.id, guild_id=guild_id, position=0, author_id=card.author_id,
        operation="image.generate", input={"prompt": "a fox"}, state=JobState.SUBMITTING, idempotency_key=new_id(),
        key_id=key_id, held=Decimal(10), basis="fixed", created_at=now,
    )  # fmt: skip
    return card, job
