"""The state of each of the bot's connections to Discord's gateway."""

from __future__ import annotations

import math
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class ShardState:
    """One shard, by its number. `latency_s` is how long its last heartbeat took, in seconds; None: not known."""

    number: int
    is_connected: bool
    latency_s: float | None


def shard_states(bot: discord.AutoShardedClient) -> list[ShardState]:
    """Return the state of each shard, in order; [] before the first one is connected."""
    return [
        ShardState(number, not shard.is_closed(), shard.latency if math.isfinite(shard.latency) else None)
        for number, shard in sorted(bot.shards.items())
    ]
